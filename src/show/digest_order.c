/* Sorts times, and finds the most fragile and the most robust samples. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "show/digest_internal.h"

static int compare_seconds(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static void add_time(double *seconds, int64_t *n, double value) {
  if (isfinite(value)) seconds[(*n)++] = value > 0 ? value : 0;
}

void rp_digest_sort_times(rp_digest *d) {
  const rp_results *const r = d->results;
  for (int64_t i = 0; i < r->n_queries; i++)
    if (r->query[i].verdict == RP_ROBUST || r->query[i].verdict == RP_VIOLATED)
      add_time(d->query_seconds, &d->n_query_seconds, r->query[i].seconds);
  for (int64_t i = 0; i < r->n_radii; i++)
    if (r->radius[i].verdict == RP_ROBUST)
      add_time(d->radius_seconds, &d->n_radius_seconds, r->radius[i].seconds);
  qsort(d->query_seconds, (size_t)d->n_query_seconds, sizeof(double),
        compare_seconds);
  qsort(d->radius_seconds, (size_t)d->n_radius_seconds, sizeof(double),
        compare_seconds);
}

typedef struct candidate {
  int64_t index;
  int32_t first, second; /* keys, ascending */
} candidate;

static int compare_candidates(const void *a, const void *b) {
  const candidate *const left = a, *const right = b;
  if (left->first != right->first) return left->first < right->first ? -1 : 1;
  if (left->second != right->second)
    return left->second < right->second ? -1 : 1;
  return (left->index > right->index) - (left->index < right->index);
}

static int copy_first(const candidate *c, int64_t n, int64_t *index) {
  const int count = n < RP_DIGEST_EXTREMES ? (int)n : RP_DIGEST_EXTREMES;
  for (int i = 0; i < count; i++) index[i] = c[i].index;
  return count;
}

/* The most fragile samples have the nearest counterexamples. The most robust
 * ones have the greatest proved radii and are not among the fragile ones. */
static void find_ends(rp_digest *d, candidate *c) {
  int64_t n = 0;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (s->valid && s->lo >= 0 && s->violated)
      c[n++] = (candidate){k, s->hi, s->lo};
  }
  qsort(c, (size_t)n, sizeof *c, compare_candidates);
  d->n_fragile = copy_first(c, n, d->fragile);
  n = 0;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    bool is_listed = !s->valid || s->lo < 1;
    for (int i = 0; i < d->n_fragile; i++) is_listed |= d->fragile[i] == k;
    if (!is_listed) c[n++] = (candidate){k, -s->lo, -s->hi};
  }
  qsort(c, (size_t)n, sizeof *c, compare_candidates);
  d->n_robust = copy_first(c, n, d->robust);
}

rp_status rp_digest_find_extremes(rp_digest *d, rp_error *err) {
  candidate *const c = rp_alloc((size_t)d->n_samples, sizeof *c);
  if (!c) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  find_ends(d, c);
  free(c);
  return RP_OK;
}
