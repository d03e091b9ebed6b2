/* Regions: boxes of inputs, intervals of accumulators, interval arithmetic.
 *
 * Sums stay in int32: every partial sum of a row is within ACC_LIMIT. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

region *rp_check_region(const net *n) {
  const size_t n_in = (size_t)n->n_in, n_acc = (size_t)n->n_acc;
  region *r = malloc(sizeof *r + 2 * n_acc * sizeof(int32_t) +
                     2 * n_in * sizeof(int16_t));
  if (!r) return NULL;
  r->z_lo = (int32_t *)(r + 1);
  r->z_hi = r->z_lo + n_acc;
  r->x_lo = (int16_t *)(r->z_hi + n_acc);
  r->x_hi = r->x_lo + n_in;
  return r;
}

void rp_check_region_copy(const net *n, region *to, const region *from) {
  memcpy(to->z_lo, from->z_lo, 2 * (size_t)n->n_acc * sizeof(int32_t));
  memcpy(to->x_lo, from->x_lo, 2 * (size_t)n->n_in * sizeof(int16_t));
  to->stale = from->stale;
}

void rp_check_ball(const net *n, const uint8_t *x, int32_t radius, region *r) {
  for (int32_t p = 0; p < n->n_in; p++) {
    r->x_lo[p] = (int16_t)(x[p] > radius ? x[p] - radius : 0);
    r->x_hi[p] = (int16_t)(x[p] + radius < n->in_hi ? x[p] + radius : n->in_hi);
  }
  for (int32_t i = 0; i < n->n_acc; i++) {
    r->z_lo[i] = -ACC_LIMIT;
    r->z_hi[i] = ACC_LIMIT;
  }
  r->stale = 0;
}

CLONES static void range_of_inputs(const int16_t *restrict w,
                                   const int16_t *restrict lo,
                                   const int16_t *restrict hi, int32_t n,
                                   int32_t out[2]) {
  int32_t least = 0, most = 0;
  for (int32_t j = 0; j < n; j++) {
    const int16_t down = w[j] < 0 ? hi[j] : lo[j];
    const int16_t up = w[j] < 0 ? lo[j] : hi[j];
    least += (int32_t)w[j] * down;
    most += (int32_t)w[j] * up;
  }
  out[0] = least;
  out[1] = most;
}

CLONES static void range_of_hidden(const int16_t *restrict w,
                                   const int32_t *restrict lo,
                                   const int32_t *restrict hi, int32_t n,
                                   int32_t out[2]) {
  int32_t least = 0, most = 0;
  for (int32_t j = 0; j < n; j++) {
    least += w[j] * (w[j] < 0 ? hi[j] : lo[j]);
    most += w[j] * (w[j] < 0 ? lo[j] : hi[j]);
  }
  out[0] = least;
  out[1] = most;
}

static bool meet(region *r, int32_t at, int32_t lo, int32_t hi) {
  if (lo > r->z_lo[at]) r->z_lo[at] = lo;
  if (hi < r->z_hi[at]) r->z_hi[at] = hi;
  return r->z_lo[at] <= r->z_hi[at];
}

static bool propagate_first(const net *n, region *r) {
  const layer *l = &n->layer[0];
  for (int32_t p = 0; p < n->n_in; p++)
    if (r->x_lo[p] > r->x_hi[p]) return false;
  for (int32_t i = 0; i < l->n_out; i++) {
    int32_t range[2];
    range_of_inputs(l->w + (size_t)i * (size_t)l->n_in, r->x_lo, r->x_hi,
                    l->n_in, range);
    if (!meet(r, i, l->b[i] + range[0], l->b[i] + range[1])) return false;
  }
  return true;
}

static bool propagate_hidden(const net *n, int32_t k, region *r) {
  const layer *l = &n->layer[k], *below = &n->layer[k - 1];
  int32_t lo[MOST_NEURONS], hi[MOST_NEURONS];
  for (int32_t j = 0; j < below->n_out; j++) {
    const int32_t at = n->first[k - 1] + j;
    if (r->z_lo[at] > r->z_hi[at]) return false;
    lo[j] = rp_check_sigma(below, r->z_lo[at]);
    hi[j] = rp_check_sigma(below, r->z_hi[at]);
  }
  for (int32_t i = 0; i < l->n_out; i++) {
    int32_t range[2];
    range_of_hidden(l->w + (size_t)i * (size_t)l->n_in, lo, hi, l->n_in, range);
    if (!meet(r, n->first[k] + i, l->b[i] + range[0], l->b[i] + range[1]))
      return false;
  }
  return true;
}

bool rp_check_propagate(const net *n, region *r, int32_t last) {
  for (; r->stale <= last; r->stale++)
    if (!(r->stale == 0 ? propagate_first(n, r)
                        : propagate_hidden(n, r->stale, r)))
      return false;
  return true;
}
