/* The only file that knows rounding rules (with stair_lanes.h, its copy for
 * inlined loops).
 *
 * Rule R0, with s bits to drop: sigma(z) = clamp(floor((z + 2^(s-1)) / 2^s)),
 * that is, round to nearest with ties upward; s = 0 drops nothing. So
 * sigma(z) >= v  iff  z + 2^(s-1) >= v 2^s, which gives the threshold. The
 * shift of a negative number is arithmetic, as gcc and clang define it. */
#include "net/stair.h"

#include <math.h>

#include "core/assert.h"
#include "net/net.h"
#include "net/stair_lanes.h"

enum { MOST_SHIFT = 30 };

rp_status rp_stair_check(const rp_stair *stair, int32_t layer, rp_error *err) {
  if (stair->shift < 0 || stair->shift > MOST_SHIFT)
    return rp_fail(err, RP_E_INPUT, "layer %d: shift: expected 0..%d, found %d",
                   layer, MOST_SHIFT, stair->shift);
  if (stair->lo > stair->hi || stair->lo < -RP_ACC_LIMIT ||
      stair->hi > RP_ACC_LIMIT)
    return rp_fail(err, RP_E_INPUT,
                   "layer %d: expected activations lo <= hi of at most 2^30, "
                   "found %d..%d",
                   layer, stair->lo, stair->hi);
  return RP_OK;
}

int32_t rp_stair_shift(const rp_stair *stair) {
  return stair->shift;
}

bool rp_stair_is_same(const rp_stair *a, const rp_stair *b) {
  return a->lo == b->lo && a->hi == b->hi && a->shift == b->shift;
}

int32_t rp_stair_find_other(const rp_stair *stair, int32_t n) {
  RP_ASSERT(n >= 1);
  for (int32_t i = 1; i < n; i++)
    if (!rp_stair_is_same(&stair[i], &stair[0])) return i;
  return n;
}

static int64_t compute_half_step(const rp_stair *stair) {
  return stair->shift ? (int64_t)1 << (stair->shift - 1) : 0;
}

int32_t rp_stair_apply(const rp_stair *stair, int64_t z) {
  RP_ASSERT(stair->shift >= 0 && stair->shift <= MOST_SHIFT);
  RP_ASSERT(stair->lo <= stair->hi);
  const int64_t v = (z + compute_half_step(stair)) >> stair->shift;
  if (v < stair->lo) return stair->lo;
  return v > stair->hi ? stair->hi : (int32_t)v;
}

/* |z| <= 2^30 and half a step <= 2^29: the sum fits int32. */
void rp_stair_apply_all(const rp_stair *stair, int32_t n,
                        const int32_t *restrict z, int32_t *restrict a) {
  for (int32_t i = 0; i < n; i++) {
    const int32_t shift = stair[i].shift;
    const int32_t v = (z[i] + (((int32_t)1 << shift) >> 1)) >> shift;
    const int32_t raised = v < stair[i].lo ? stair[i].lo : v;
    a[i] = raised > stair[i].hi ? stair[i].hi : raised;
  }
}

int64_t rp_stair_threshold(const rp_stair *stair, int32_t v) {
  RP_ASSERT(v > stair->lo && v <= stair->hi);
  return (int64_t)v * ((int64_t)1 << stair->shift) - compute_half_step(stair);
}

double rp_stair_unit(const rp_stair *stair) {
  return (double)((int64_t)1 << stair->shift);
}

float rp_stair_slope(const rp_stair *stair) {
  return ldexpf(1, -stair->shift);
}

/* The line passes the middle of every step, so it leaves lo..hi half a step
 * beyond the outermost thresholds. */
bool rp_stair_is_clipped(const rp_stair *stair, int64_t z) {
  if (stair->lo == stair->hi) return true;
  const int64_t half = compute_half_step(stair);
  return z < rp_stair_threshold(stair, stair->lo + 1) - half ||
         z >= rp_stair_threshold(stair, stair->hi) + half;
}

/* Steps are equally long, so one value stands for all. There may be 2^31 of
 * them, too many for a loop. */
bool rp_stair_find_least_difference(const rp_stair *stair, int32_t delta,
                                    int64_t *least) {
  const int32_t v = delta ? stair->lo : stair->lo + 1;
  if (v >= stair->hi) return false;
  *least = rp_stair_threshold(stair, v + delta) -
           (rp_stair_threshold(stair, v + 1) - 1);
  return true;
}

static void add_corner(rp_corners *corners, int64_t z, int32_t a) {
  RP_ASSERT(corners->n < RP_MAX_CORNERS);
  RP_ASSERT(z >= INT32_MIN && z <= INT32_MAX);
  RP_ASSERT(corners->n == 0 || z >= corners->z[corners->n - 1]);
  RP_ASSERT(corners->n == 0 || a >= corners->a[corners->n - 1]);
  corners->z[corners->n] = (int32_t)z;
  corners->a[corners->n] = a;
  corners->n++;
}

/* The thresholds are equally spaced, so between the first and the last step
 * inside the interval the hull is a straight strip and six points carry it:
 * the two ends, and both sides of the first and of the last threshold. */
void rp_stair_find_corners(const rp_stair *stair, int32_t lo, int32_t hi,
                           rp_corners *corners) {
  RP_ASSERT(lo <= hi);
  const int32_t k0 = rp_stair_apply(stair, lo), k1 = rp_stair_apply(stair, hi);
  corners->n = 0;
  add_corner(corners, lo, k0);
  if (k0 < k1) {
    const int64_t first = rp_stair_threshold(stair, k0 + 1);
    add_corner(corners, first - 1, k0);
    add_corner(corners, first, k0 + 1);
    if (k1 > k0 + 1) {
      const int64_t last = rp_stair_threshold(stair, k1);
      add_corner(corners, last - 1, k1 - 1);
      add_corner(corners, last, k1);
    }
  }
  if (hi > lo) add_corner(corners, hi, k1);
  RP_ASSERT(corners->z[0] == lo && corners->z[corners->n - 1] == hi);
  RP_ASSERT(corners->a[0] == k0 && corners->a[corners->n - 1] == k1);
}

enum { LANE_ARRAYS = 7 };

size_t rp_stair_lanes_bytes(size_t width) {
  return LANE_ARRAYS * width * sizeof(int32_t);
}

void rp_stair_lanes_place(rp_stair_lanes *lanes, void *block, size_t width) {
  if (!block) return;
  int32_t *const whole = block;
  float *const real = (float *)(whole + 5 * width);
  lanes->edge = whole;
  lanes->value = whole + width;
  lanes->shift = whole + 2 * width;
  lanes->lo = whole + 3 * width;
  lanes->hi = whole + 4 * width;
  lanes->slope = real;
  lanes->middle = real + width;
}

/* The step nearest to z = 0: edges of far steps may leave int32. Where all
 * steps lie beyond the accumulators' range, any edge beyond it will do. */
void rp_stair_lanes_set(rp_stair_lanes *lanes, int32_t i,
                        const rp_stair *stair) {
  lanes->lo[i] = stair->lo;
  lanes->hi[i] = stair->hi;
  lanes->value[i] = stair->lo;
  if (stair->lo == stair->hi) return;
  const int32_t at_zero = rp_stair_apply(stair, 0);
  const int32_t v = at_zero > stair->lo ? at_zero : stair->lo + 1;
  RP_ASSERT(rp_stair_threshold(stair, v) - 1 < 0 || v == stair->lo + 1);
  const int64_t edge = rp_stair_threshold(stair, v);
  const int64_t limit = RP_ACC_LIMIT - 1;
  lanes->value[i] = v;
  lanes->shift[i] = stair->shift;
  lanes->edge[i] = (int32_t)(edge > limit    ? limit
                             : edge < -limit ? -limit
                                             : edge);
  lanes->slope[i] = rp_stair_slope(stair);
  lanes->middle[i] = (float)v - 0.5f - ldexpf((float)edge, -stair->shift);
}
