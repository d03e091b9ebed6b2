/* The search for one sample's maximum robustness radius, as a pure state
 * machine: radii to ask, answers to take in. It holds no clock and no network,
 * so that rank 0 can run thousands at once and ask several radii of one sample
 * in parallel.
 *
 * A search may have a limit of CPU time over all its questions. Each question
 * then says how much of it the answer may use; what answers did use is told by
 * them. The limit is shared out in passes: a radius gets a twentieth of it
 * first, so that the ends close in cheaply, then a fifth, then what is left. The
 * last radius between the ends gets all that is left at once.
 *
 * Invariant: robust is proved at lo, a counterexample is known at distance
 * hi + 1 (unless hi is the cap). Termination: every answer raises lo, lowers
 * hi, or marks one radius of lo+1..hi as given up, and none is asked twice
 * but with more time. At the end every radius of lo+1..hi has been given up:
 * when all radii can be decided, lo == hi is the maximum radius, whatever was
 * asked in what order. */
#ifndef RAMPART_SCHED_RADIUS_H
#define RAMPART_SCHED_RADIUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "core/radii.h"

/** What is known about one radius. */
typedef struct rp_radius_mark {
  double allowed_s; /* to the last question, of CPU time; 0: no limit */
  bool asked;       /* no answer yet */
  bool given_up;
  bool cut_short;   /* given up for want of allowance */
  rp_reason reason; /* why it was given up */
} rp_radius_mark;

typedef struct rp_radius_search {
  int32_t lo, hi, cap;
  rp_reason reason;     /* why the least radius given up in lo+1..hi was */
  bool descend;         /* ask hi next, not a middle */
  bool contradiction;   /* answers that cannot all be true: see answer */
  rp_radius_mark *mark; /* [cap + 1] */
  /* CPU seconds; limit 0: there is none. */
  double limit_s, used_s;
  double promised_s; /* to radii in flight */
  int32_t pass;
} rp_radius_search;

/** Begin a search; rp_radius_fini frees its memory.
 *  @param cap      1..RP_RADIUS_MAX: greatest radius to look at
 *  @param limit_s  CPU seconds over all questions; 0: no limit
 *  @return  false if there is no memory */
bool rp_radius_init(rp_radius_search *search, int32_t cap, double limit_s);
void rp_radius_fini(rp_radius_search *search);

/** The next radius worth asking, given those already in flight; marks it as
 *  asked, and its mark's allowed_s is what it may take (0: what it will). 0:
 * none (closed, or all that is left is in flight or given up, or what is left
 * of the limit is promised). Cost: O(cap). */
int32_t rp_radius_next(rp_radius_search *search);

/** Mark a radius as asked by someone else, who grants it so much (0: no limit,
 *  nothing is promised). A radius beyond the cap needs no mark. */
void rp_radius_claim(rp_radius_search *search, int32_t radius,
                     double allowed_s);

/** True while a radius in flight can still change lo or hi. */
bool rp_radius_useful(const rp_radius_search *search, int32_t radius);

/** True if a radius can still change lo or hi, and was neither asked nor given
 *  up. */
bool rp_radius_is_unasked(const rp_radius_search *search, int32_t radius);

/** Take in the answer for a radius, asked here or answered elsewhere.
 *
 *  RP_MISCLASSIFIED and RP_INVALID end the search with lo = hi = -1. An answer
 *  that contradicts an earlier one sets `contradiction` and ends the search
 *  with lo = 0: one of the proofs was wrong, so none is kept.
 *
 *  Reads verdict, reason, distance (of the counterexample when VIOLATED,
 *  1..radius) and CPU seconds, which count against the limit. */
void rp_radius_answer(rp_radius_search *search, int32_t radius,
                      const rp_answer *answer);

/** Forget that a radius was asked: its answer will not come. */
void rp_radius_withdraw(rp_radius_search *search, int32_t radius);

/** Nothing left to ask and nothing in flight that could still matter. */
bool rp_radius_done(const rp_radius_search *search);

#endif
