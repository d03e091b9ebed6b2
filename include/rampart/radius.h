/* The search for one sample's maximum robustness radius, as a pure state
 * machine: radii to ask, answers to take in. It holds no clock and no network,
 * so that rank 0 can run thousands at once and ask several radii of one sample
 * in parallel.
 *
 * Invariant: robust is proved at lo, a counterexample is known at distance
 * hi + 1 (unless hi is the cap). Termination: every answer raises lo, lowers
 * hi, or marks one radius of lo+1..hi as given up, and none is asked twice. At
 * the end every radius of lo+1..hi has been given up: when all radii can be
 * decided, lo == hi is the maximum radius, whatever was asked in what order. */
#ifndef RAMPART_RADIUS_H
#define RAMPART_RADIUS_H

#include <stdbool.h>
#include <stdint.h>

#include "rampart/verdict.h"

enum { RP_RADIUS_MAX = 255 };

typedef struct rp_radius_search {
  int32_t lo, hi, cap;
  rp_reason reason;   /* why the least radius given up in lo+1..hi was */
  bool descend;       /* ask hi next, not a middle */
  bool contradiction; /* answers that cannot all be true: see answer */
  uint8_t given_up[RP_RADIUS_MAX + 1]; /* the rp_reason; 0: not given up */
  bool asked[RP_RADIUS_MAX + 1];       /* asked, no answer yet */
} rp_radius_search;

/** @param cap  1..RP_RADIUS_MAX: greatest radius to look at */
void rp_radius_init(rp_radius_search *search, int32_t cap);

/** The next radius worth asking, given those already in flight; marks it as
 *  asked. 0: none (closed, or all that is left is in flight or given up).
 *  Cost: O(cap). */
int32_t rp_radius_next(rp_radius_search *search);

/** True while a radius in flight can still change lo or hi. */
bool rp_radius_useful(const rp_radius_search *search, int32_t radius);

/** Take in the answer for a radius, asked here or answered elsewhere.
 *
 *  RP_MISCLASSIFIED and RP_INVALID end the search with lo = hi = -1. An answer
 *  that contradicts an earlier one sets `contradiction` and ends the search
 *  with lo = 0: one of the proofs was wrong, so none is kept.
 *
 *  @param distance  of the counterexample when VIOLATED, 1..radius */
void rp_radius_answer(rp_radius_search *search, int32_t radius,
                      rp_verdict verdict, rp_reason reason, int32_t distance);

/** Forget that a radius was asked: its answer will not come. */
void rp_radius_withdraw(rp_radius_search *search, int32_t radius);

/** Nothing left to ask and nothing in flight that could still matter. */
bool rp_radius_done(const rp_radius_search *search);

#endif
