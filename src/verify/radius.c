/* Which radius to ask next.
 *
 * Refuting a large radius is cheap (attacks find a counterexample and shrink
 * it toward the sample), proving one gets dearer quickly as it grows. A closed
 * search needs exactly one proof, at the maximum radius, and one
 * counterexample, one above it; every other answer is overhead. Hence:
 *
 * - The cap is asked first. It is never wasted: either it is robust and the
 *   search is over, or its counterexample shrinks to a first upper bound, and
 *   no smaller radius would have been easier to refute.
 * - Then hi, just below the counterexample. If shrinking went all the way, its
 *   proof closes the search at once; if not, it is the easiest radius left to
 *   refute.
 * - When hi was refuted again, shrinking is not to be trusted on this sample,
 *   and going down step by step could take cap questions: ask a middle, then hi
 *   again. A middle is the geometric one, since it is proofs that are spared.
 *
 * A radius that was given up is hard, and so are its neighbours; below it the
 * search goes on to raise lo, above it to lower hi, in the widest run of radii
 * that are neither in flight nor given up (widest by the ratio of its ends).
 * Above a radius given up only refutations are to be had, so the middle there
 * leans up. Radii in flight part the runs in the same way, and that is all
 * there is to asking several at once.
 *
 * Galloping up from radius 1 was considered: it proves every power of two on
 * the way, and these proofs are implied by the last one. */
#include "rampart/radius.h"

#include <string.h>

void rp_radius_init(rp_radius_search *search, int32_t cap) {
  memset(search, 0, sizeof *search);
  search->hi = search->cap = cap;
  search->descend = true;
}

bool rp_radius_useful(const rp_radius_search *search, int32_t radius) {
  return !search->contradiction && radius > search->lo && radius <= search->hi;
}

static bool is_open(const rp_radius_search *search, int32_t radius) {
  return !search->asked[radius] && !search->given_up[radius];
}

typedef struct run {
  int32_t first, last;
  bool above_given_up;
} run;

/* (last + 1) / first compared without division. */
static bool is_wider(run a, run b) {
  return (a.last + 1) * b.first > (b.last + 1) * a.first;
}

static int32_t middle(run r) {
  if (r.above_given_up) return r.first + (r.last - r.first + 1) / 2;
  int32_t root = r.first;
  while ((root + 1) * (root + 1) <= r.first * r.last) root++;
  return root;
}

static int32_t middle_of_widest_run(const rp_radius_search *search) {
  run best = {.first = 1, .last = 0};
  run now = {0};
  for (int32_t r = search->lo + 1; r <= search->hi; r++) {
    if (is_open(search, r)) {
      if (!now.first) now.first = r;
      now.last = r;
      if (is_wider(now, best)) best = now;
    } else {
      now.first = 0;
      if (search->given_up[r]) now.above_given_up = true;
    }
  }
  return best.last ? middle(best) : 0;
}

int32_t rp_radius_next(rp_radius_search *search) {
  if (search->contradiction || search->lo >= search->hi) return 0;
  const int32_t radius = search->descend && is_open(search, search->hi)
                             ? search->hi
                             : middle_of_widest_run(search);
  if (radius) search->asked[radius] = true;
  return radius;
}

static void contradict(rp_radius_search *search) {
  search->contradiction = true;
  search->lo = 0;
  search->reason = RP_REASON_ERROR;
}

static void take_robust(rp_radius_search *search, int32_t asked) {
  const int32_t radius = asked < search->cap ? asked : search->cap;
  if (radius > search->hi) {
    contradict(search);
  } else if (radius > search->lo) {
    search->lo = radius;
    search->descend = true;
  }
}

static void take_violated(rp_radius_search *search, int32_t radius,
                          int32_t distance) {
  const int32_t hi = search->hi;
  if (distance <= hi) search->hi = distance - 1;
  if (distance <= search->lo)
    contradict(search);
  else if (radius <= hi)
    search->descend = radius < hi || hi == search->cap;
}

/* The least radius speaks for all, so that the reason depends on which radii
 * were given up, not on which came last. */
static void settle_reason(rp_radius_search *search) {
  if (search->contradiction) return;
  search->reason = RP_REASON_NONE;
  for (int32_t r = search->hi; r > search->lo; r--)
    if (search->given_up[r]) search->reason = (rp_reason)search->given_up[r];
}

void rp_radius_answer(rp_radius_search *search, int32_t radius,
                      rp_verdict verdict, rp_reason reason, int32_t distance) {
  search->asked[radius] = false;
  if (search->contradiction || search->lo < 0) return;
  switch (verdict) {
  case RP_ROBUST:
    take_robust(search, radius);
    break;
  case RP_VIOLATED:
    take_violated(search, radius, distance);
    break;
  case RP_MISCLASSIFIED:
  case RP_INVALID:
    search->lo = search->hi = -1;
    break;
  case RP_UNKNOWN:
  case RP_VERDICT_COUNT:
    search->given_up[radius] = reason ? (uint8_t)reason : RP_REASON_ERROR;
    break;
  }
  settle_reason(search);
}

void rp_radius_withdraw(rp_radius_search *search, int32_t radius) {
  search->asked[radius] = false;
}

bool rp_radius_done(const rp_radius_search *search) {
  if (search->contradiction) return true;
  for (int32_t r = search->lo + 1; r <= search->hi; r++)
    if (!search->given_up[r]) return false;
  return true;
}
