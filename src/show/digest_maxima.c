/* Counts the maximum radii of all searched samples and computes mean, median,
 * least and greatest radius when some radii are known only by bounds. Lower and
 * upper bounds are never mixed: each statistic is a range, from its value for
 * all lower bounds to its value for all upper bounds. */
#include <math.h>

#include "show/digest_internal.h"

enum { LAST = RP_DIGEST_RADII - 1, NO_BOUND = RP_DIGEST_RADII };

rp_radius_state rp_digest_get_state(const rp_digest *d,
                                    const rp_digest_sample *s) {
  const int32_t cap = d->results->provenance.radius_cap;
  if (!s->valid) return RP_RADIUS_INVALID;
  if (s->lo < 0) return RP_RADIUS_MISCLASSIFIED;
  if (!s->asked) return RP_RADIUS_UNASKED;
  if (s->violated) return s->lo == s->hi ? RP_RADIUS_CLOSED : RP_RADIUS_OPEN;
  return s->lo == LAST || (cap > 0 && s->lo >= cap) ? RP_RADIUS_CAPPED
                                                    : RP_RADIUS_OPEN;
}

/* The number of samples with each lower and each upper bound. */
typedef struct bounds {
  int64_t lo[NO_BOUND + 1], hi[NO_BOUND + 1], n;
  double sum_lo, sum_hi;
} bounds;

static void count_sample(rp_digest *d, bounds *b, const rp_digest_sample *s) {
  const rp_radius_state state = rp_digest_get_state(d, s);
  d->state[state]++;
  if (state == RP_RADIUS_OPEN || state == RP_RADIUS_UNASKED)
    d->radius_reason[s->reason]++;
  if (state == RP_RADIUS_CLOSED) d->closed[s->lo]++;
  if (state == RP_RADIUS_CAPPED) d->capped[s->lo]++;
  if (state == RP_RADIUS_OPEN) d->open[s->lo]++;
  if (state > RP_RADIUS_OPEN) return;
  b->n++;
  b->lo[s->lo]++;
  b->hi[s->violated ? s->hi : NO_BOUND]++;
  b->sum_lo += s->lo;
  b->sum_hi += s->violated ? s->hi : HUGE_VAL;
}

/* Find the bound at a place, counted from 0, in ascending order. */
static double find_bound(const int64_t count[NO_BOUND + 1], int64_t place) {
  int64_t below = 0;
  for (int32_t radius = 0; radius < NO_BOUND; radius++) {
    below += count[radius];
    if (below > place) return radius;
  }
  return HUGE_VAL;
}

static rp_digest_range find_range(const bounds *b, int64_t left,
                                  int64_t right) {
  return (rp_digest_range){
      (find_bound(b->lo, left) + find_bound(b->lo, right)) / 2,
      (find_bound(b->hi, left) + find_bound(b->hi, right)) / 2};
}

void rp_digest_count_maxima(rp_digest *d) {
  bounds b = {.n = 0};
  for (int64_t k = 0; k < d->n_samples; k++)
    if (d->sample[k].searched) count_sample(d, &b, &d->sample[k]);
  d->n_radii = b.n;
  d->mean = d->median = d->least = d->greatest = (rp_digest_range){NAN, NAN};
  if (b.n == 0) return;
  const double n = (double)b.n;
  d->mean = (rp_digest_range){b.sum_lo / n, b.sum_hi / n};
  d->median = find_range(&b, (b.n - 1) / 2, b.n / 2);
  d->least = find_range(&b, 0, 0);
  d->greatest = find_range(&b, b.n - 1, b.n - 1);
}
