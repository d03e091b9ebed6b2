/* The search for one sample's maximum robustness radius, as a pure state
 * machine: radii to ask, answers to take in. It holds no clock and no network,
 * so that rank 0 can run thousands at once and ask several radii of one sample
 * in parallel.
 *
 * Invariant: robust is proved at lo, a counterexample is known at distance
 * hi + 1 (unless hi is the cap). Termination: every answer raises lo, lowers
 * hi, or marks one radius of lo+1..hi as given up, and none is asked twice. */
#ifndef RAMPART_RADIUS_H
#define RAMPART_RADIUS_H

#include <stdbool.h>
#include <stdint.h>

#include "rampart/verdict.h"

enum { RP_RADIUS_MAX = 255 };

typedef struct rp_radius_search {
  int32_t lo, hi, cap;
  bool given_up[RP_RADIUS_MAX + 1]; /* asked, ended UNKNOWN */
  bool asked[RP_RADIUS_MAX + 1];    /* asked, no answer yet */
  rp_reason reason;                 /* of the last radius given up */
} rp_radius_search;

/** @param cap  1..RP_RADIUS_MAX: greatest radius to look at */
void rp_radius_init(rp_radius_search *search, int32_t cap);

/** The next radius worth asking, given those already in flight; marks it as
 *  asked. 0: none (closed, or all that is left is in flight or given up). */
int32_t rp_radius_next(rp_radius_search *search);

/** True while a radius in flight can still change lo or hi. */
bool rp_radius_useful(const rp_radius_search *search, int32_t radius);

/** Take in the answer for a radius that was asked.
 *  @param distance  of the counterexample when VIOLATED, 1..radius */
void rp_radius_answer(rp_radius_search *search, int32_t radius,
                      rp_verdict verdict, rp_reason reason, int32_t distance);

/** Nothing in flight and nothing left to ask. */
bool rp_radius_done(const rp_radius_search *search);

#endif
