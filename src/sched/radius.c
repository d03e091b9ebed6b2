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
 * With a limit of time, a question that its share of the limit cut short is
 * asked again in the next pass, once nothing else is left to ask and if it can
 * be granted more; one that its own limits ended is not. What is promised to
 * radii in flight is not promised again, so that the sum stays within the limit
 * however many are asked at once. The last radius has nobody to share with: it
 * is granted all that is left at once, since a question that is asked again
 * begins anew. When nothing is left of the limit, all that is open is given up.
 *
 * Galloping up from radius 1 was considered: it proves every power of two on
 * the way, and these proofs are implied by the last one. */
#include "sched/radius.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"

enum { PASSES = 3 };
static const double share_of_pass[PASSES] = {0.05, 0.2, 1};

/* Too little to ask anything with, as a share of the limit. */
static const double LEAST_SHARE = 1e-3;

/* Answers measure their time a little shorter than their deadline did. */
static const double NEARLY = 0.99;

bool rp_radius_init(rp_radius_search *search, int32_t cap, double limit_s) {
  RP_ASSERT(cap >= 1 && cap <= RP_RADIUS_MAX);
  *search = (rp_radius_search){
      .hi = cap,
      .cap = cap,
      .descend = true,
      .mark = rp_alloc((size_t)cap + 1, sizeof *search->mark),
      .limit_s = limit_s};
  return search->mark != NULL;
}

void rp_radius_fini(rp_radius_search *search) {
  free(search->mark);
  search->mark = NULL;
}

static bool is_limited(const rp_radius_search *search) {
  return search->limit_s > 0;
}

static bool has_one_radius_left(const rp_radius_search *search) {
  return search->hi - search->lo == 1;
}

/* What the next question may take; 0: nothing to speak of is left. */
static double compute_allowance(const rp_radius_search *search) {
  const double left = search->limit_s - search->used_s - search->promised_s;
  const double share = share_of_pass[search->pass] * search->limit_s;
  if (left < LEAST_SHARE * search->limit_s) return 0;
  return share < left && !has_one_radius_left(search) ? share : left;
}

bool rp_radius_useful(const rp_radius_search *search, int32_t radius) {
  return !search->contradiction && radius > search->lo && radius <= search->hi;
}

bool rp_radius_is_unasked(const rp_radius_search *search, int32_t radius) {
  return rp_radius_useful(search, radius) && !search->mark[radius].asked &&
         !search->mark[radius].given_up;
}

/* Asking again with no more than before would end as before. */
static bool can_be_granted(const rp_radius_search *search, int32_t radius) {
  const rp_radius_mark *const m = &search->mark[radius];
  const double in_vain_s = m->cut_short ? m->allowed_s : 0;
  return !is_limited(search) || compute_allowance(search) > in_vain_s;
}

static bool is_open(const rp_radius_search *search, int32_t radius) {
  const rp_radius_mark *const m = &search->mark[radius];
  return !m->asked && !m->given_up && can_be_granted(search, radius);
}

typedef struct run {
  int32_t first, last;
  bool above_given_up;
} run;

/* (last + 1) / first compared without division. */
static bool is_wider(run a, run b) {
  return (a.last + 1) * b.first > (b.last + 1) * a.first;
}

static int32_t get_middle(run r) {
  RP_ASSERT(r.first >= 1 && r.first <= r.last);
  if (r.above_given_up) return r.first + (r.last - r.first + 1) / 2;
  int32_t root = r.first;
  while ((root + 1) * (root + 1) <= r.first * r.last) root++;
  return root;
}

static int32_t find_middle_of_widest_run(const rp_radius_search *search) {
  run best = {.first = 1, .last = 0};
  run now = {0};
  for (int32_t r = search->lo + 1; r <= search->hi; r++) {
    if (is_open(search, r)) {
      if (!now.first) now.first = r;
      now.last = r;
      if (is_wider(now, best)) best = now;
    } else {
      now.first = 0;
      if (search->mark[r].given_up) now.above_given_up = true;
    }
  }
  return best.last ? get_middle(best) : 0;
}

int32_t rp_radius_next(rp_radius_search *search) {
  if (search->contradiction || search->lo >= search->hi) return 0;
  const int32_t radius = search->descend && is_open(search, search->hi)
                             ? search->hi
                             : find_middle_of_widest_run(search);
  if (radius)
    rp_radius_claim(search, radius,
                    is_limited(search) ? compute_allowance(search) : 0);
  RP_ASSERT(radius == 0 || (radius > search->lo && radius <= search->hi));
  return radius;
}

void rp_radius_claim(rp_radius_search *search, int32_t radius,
                     double allowed_s) {
  RP_ASSERT(radius >= 1);
  if (radius > search->cap) return;
  search->mark[radius].asked = true;
  search->mark[radius].allowed_s = allowed_s;
  search->promised_s += allowed_s;
}

/* Its promise is void, whatever it used. */
static void take_off(rp_radius_search *search, int32_t radius) {
  if (radius > search->cap || !search->mark[radius].asked) return;
  search->mark[radius].asked = false;
  search->promised_s -= search->mark[radius].allowed_s;
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
    if (search->mark[r].given_up) search->reason = search->mark[r].reason;
}

static bool has_open_radius(const rp_radius_search *search) {
  for (int32_t r = search->lo + 1; r <= search->hi; r++)
    if (is_open(search, r)) return true;
  return false;
}

/* The last pass comes again where what was promised in it was not used. */
static void begin_next_pass(rp_radius_search *search) {
  if (search->pass + 1 < PASSES) search->pass++;
  for (int32_t r = search->lo + 1; r <= search->hi; r++)
    if (search->mark[r].cut_short) search->mark[r].given_up = false;
}

static void mark_as_given_up(rp_radius_search *search, int32_t radius,
                             rp_reason reason) {
  RP_ASSERT(reason != RP_REASON_NONE);
  search->mark[radius].given_up = true;
  search->mark[radius].reason = reason;
}

/* Once nothing is in flight: the next pass, or the end of the limit. */
static void settle_limit(rp_radius_search *search) {
  if (!is_limited(search) || search->contradiction) return;
  for (int32_t r = search->lo + 1; r <= search->hi; r++)
    if (search->mark[r].asked) return;
  if (!has_open_radius(search)) begin_next_pass(search);
  if (has_open_radius(search)) return;
  for (int32_t r = search->lo + 1; r <= search->hi; r++)
    if (!search->mark[r].given_up) mark_as_given_up(search, r, RP_REASON_TIME);
}

static void give_up(rp_radius_search *search, int32_t radius,
                    const rp_answer *answer) {
  const rp_reason reason = answer->reason ? answer->reason : RP_REASON_ERROR;
  if (radius > search->cap) return;
  rp_radius_mark *const m = &search->mark[radius];
  mark_as_given_up(search, radius, reason);
  m->cut_short = m->allowed_s > 0 && reason == RP_REASON_TIME &&
                 answer->cpu_seconds >= NEARLY * m->allowed_s;
}

void rp_radius_answer(rp_radius_search *search, int32_t radius,
                      const rp_answer *answer) {
  take_off(search, radius);
  if (answer->cpu_seconds > 0) search->used_s += answer->cpu_seconds;
  if (search->contradiction || search->lo < 0) return;
  switch (answer->verdict) {
  case RP_ROBUST:
    take_robust(search, radius);
    break;
  case RP_VIOLATED:
    take_violated(search, radius, answer->distance);
    break;
  case RP_MISCLASSIFIED:
  case RP_INVALID:
    search->lo = search->hi = -1;
    break;
  case RP_UNKNOWN:
  case RP_VERDICT_COUNT:
    give_up(search, radius, answer);
    break;
  }
  settle_limit(search);
  settle_reason(search);
}

void rp_radius_withdraw(rp_radius_search *search, int32_t radius) {
  take_off(search, radius);
  settle_limit(search);
  settle_reason(search);
}

bool rp_radius_done(const rp_radius_search *search) {
  if (search->contradiction) return true;
  for (int32_t r = search->lo + 1; r <= search->hi; r++)
    if (!search->mark[r].given_up) return false;
  return true;
}
