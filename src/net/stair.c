/* The only file that knows rounding rules (with stair_lanes.h, its copy for
 * inlined loops).
 *
 * Rule R0, with s bits to drop: sigma(z) = clamp(floor((z + 2^(s-1)) / 2^s)),
 * that is, round to nearest with ties upward; s = 0 drops nothing. So
 * sigma(z) >= v  iff  z + 2^(s-1) >= v 2^s, which gives the threshold. The
 * shift of a negative number is arithmetic, as gcc and clang define it. */
#include "net/stair.h"

#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"
#include "net/net.h"
#include "net/stair_lanes.h"

enum { MOST_SHIFT = 30 };

struct rp_stair_table {
  int32_t n;           /* thresholds */
  double unit;         /* typical width of a step */
  int32_t threshold[]; /* [n], ascending */
};

/* Beyond every accumulator. */
static const int64_t OUTSIDE = RP_ACC_LIMIT + 1;

static int32_t cut_threshold(int64_t threshold) {
  if (threshold > OUTSIDE) return (int32_t)OUTSIDE;
  return (int32_t)(threshold < -OUTSIDE ? -OUTSIDE : threshold);
}

/* Mean width of the steps whose ends accumulators can reach. */
static double compute_unit(const rp_stair_table *table) {
  int32_t first = 0, last = table->n - 1;
  while (first < last && table->threshold[first] == -OUTSIDE) first++;
  while (first < last && table->threshold[last] == OUTSIDE) last--;
  const double width =
      (double)table->threshold[last] - (double)table->threshold[first];
  return width > 0 ? width / (last - first) : 1;
}

rp_status rp_stair_table_create(const int64_t *threshold, int32_t n,
                                rp_stair_table **table, rp_error *err) {
  if (n < 1 || n > RP_MOST_STEPS)
    return rp_fail(err, RP_E_INPUT,
                   "staircase: expected 1..%d thresholds, found %d",
                   RP_MOST_STEPS, n);
  for (int32_t v = 1; v < n; v++)
    if (threshold[v] < threshold[v - 1])
      return rp_fail(err, RP_E_INPUT,
                     "staircase: expected ascending thresholds, found %lld "
                     "after %lld at %d",
                     (long long)threshold[v], (long long)threshold[v - 1], v);
  rp_stair_table *made =
      rp_alloc(1, sizeof *made + (size_t)n * sizeof *made->threshold);
  if (!made)
    return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
  made->n = n;
  for (int32_t v = 0; v < n; v++)
    made->threshold[v] = cut_threshold(threshold[v]);
  made->unit = compute_unit(made);
  *table = made;
  return RP_OK;
}

void rp_stair_table_free(rp_stair_table *table) {
  free(table);
}

/* sigma(z) = hi - #{i: z >= t_i}, so mirrored(z) = lo + #{i: z > -t_i}. */
void rp_stair_mirror(const int64_t *threshold, int32_t n, int64_t *mirrored) {
  for (int32_t i = 0; i < n; i++) mirrored[n - 1 - i] = 1 - threshold[i];
}

rp_status rp_stair_check(const rp_stair *stair, int32_t block, rp_error *err) {
  if (stair->shift < 0 || stair->shift > MOST_SHIFT)
    return rp_fail(err, RP_E_INPUT, "block %d: shift: expected 0..%d, found %d",
                   block, MOST_SHIFT, stair->shift);
  if (stair->lo > stair->hi || stair->lo < -RP_ACC_LIMIT ||
      stair->hi > RP_ACC_LIMIT)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected activations lo <= hi of at most 2^30, "
                   "found %d..%d",
                   block, stair->lo, stair->hi);
  if (stair->table && (int64_t)stair->hi - stair->lo != stair->table->n)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected %d thresholds for activations %d..%d, "
                   "found %d",
                   block, stair->hi - stair->lo, stair->lo, stair->hi,
                   stair->table->n);
  return RP_OK;
}

int32_t rp_stair_shift(const rp_stair *stair) {
  return stair->shift;
}

bool rp_stair_is_same(const rp_stair *a, const rp_stair *b) {
  return a->lo == b->lo && a->hi == b->hi && a->shift == b->shift &&
         a->table == b->table;
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

/* How many thresholds are at most z. */
static int32_t count_reached(const rp_stair_table *table, int64_t z) {
  int32_t below = 0, above = table->n; /* [0, below) reached, [above, n) not */
  while (below < above) {
    const int32_t middle = below + (above - below) / 2;
    if (table->threshold[middle] <= z)
      below = middle + 1;
    else
      above = middle;
  }
  return below;
}

int32_t rp_stair_apply(const rp_stair *stair, int64_t z) {
  RP_ASSERT(stair->shift >= 0 && stair->shift <= MOST_SHIFT);
  RP_ASSERT(stair->lo <= stair->hi);
  if (stair->table) return stair->lo + count_reached(stair->table, z);
  const int64_t v = (z + compute_half_step(stair)) >> stair->shift;
  if (v < stair->lo) return stair->lo;
  return v > stair->hi ? stair->hi : (int32_t)v;
}

/* |z| <= 2^30 and half a step <= 2^29: the sum fits int32. */
void rp_stair_apply_all(const rp_stair *stair, int32_t n,
                        const int32_t *restrict z, int32_t *restrict a) {
  for (int32_t i = 0; i < n; i++) {
    if (stair[i].table) {
      a[i] = rp_stair_apply(&stair[i], z[i]);
      continue;
    }
    const int32_t shift = stair[i].shift;
    const int32_t v = (z[i] + (((int32_t)1 << shift) >> 1)) >> shift;
    const int32_t raised = v < stair[i].lo ? stair[i].lo : v;
    a[i] = raised > stair[i].hi ? stair[i].hi : raised;
  }
}

int64_t rp_stair_threshold(const rp_stair *stair, int32_t v) {
  RP_ASSERT(v > stair->lo && v <= stair->hi);
  if (stair->table) return stair->table->threshold[v - stair->lo - 1];
  return (int64_t)v * ((int64_t)1 << stair->shift) - compute_half_step(stair);
}

double rp_stair_unit(const rp_stair *stair) {
  return stair->table ? stair->table->unit
                      : (double)((int64_t)1 << stair->shift);
}

float rp_stair_slope(const rp_stair *stair) {
  return stair->table ? (float)(1 / stair->table->unit)
                      : ldexpf(1, -stair->shift);
}

/* The line passes the middle of every step, so it leaves lo..hi half a step
 * beyond the outermost thresholds. */
bool rp_stair_is_clipped(const rp_stair *stair, int64_t z) {
  if (stair->lo == stair->hi) return true;
  const int64_t half = stair->table ? (int64_t)(stair->table->unit / 2)
                                    : compute_half_step(stair);
  return z < rp_stair_threshold(stair, stair->lo + 1) - half ||
         z >= rp_stair_threshold(stair, stair->hi) + half;
}

/* With equal steps one value stands for all. There may be 2^31 of them, too
 * many for a loop. */
bool rp_stair_find_least_difference(const rp_stair *j, const rp_stair *y,
                                    int32_t delta, const int32_t factor[2],
                                    int64_t *least) {
  const int64_t first =
      y->lo > j->lo - delta + (int64_t)1 ? y->lo : j->lo - delta + (int64_t)1;
  int64_t last = y->hi - (int64_t)1 < j->hi - (int64_t)delta
                     ? y->hi - (int64_t)1
                     : j->hi - (int64_t)delta;
  if (first > last) return false;
  const bool even =
      !j->table && !y->table && j->shift == y->shift && factor[0] == factor[1];
  *least = INT64_MAX;
  if (even) last = first;
  for (int64_t v = first; v <= last; v++) {
    const int64_t found =
        factor[0] * rp_stair_threshold(j, (int32_t)v + delta) -
        factor[1] * (rp_stair_threshold(y, (int32_t)v + 1) - 1);
    if (found < *least) *least = found;
  }
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

/* How far the inner thresholds lie beyond the chord between the first and the
 * last: above it for the lower sides of the steps (T - 1 with the value below),
 * below it for the upper sides (T with its value), whichever is more, rounded
 * up. */
static int32_t measure_slack(const rp_stair *stair, int32_t k0, int32_t k1) {
  const int64_t first = rp_stair_threshold(stair, k0 + 1);
  const int64_t last = rp_stair_threshold(stair, k1);
  const int64_t steps = (int64_t)k1 - k0 - 1;
  int64_t most = 0;
  for (int32_t v = k0 + 2; v < k1; v++) {
    const int64_t off = (rp_stair_threshold(stair, v) - first) * steps -
                        (last - first) * (v - k0 - 1);
    if (llabs(off) > most) most = llabs(off);
  }
  return (int32_t)((most + steps - 1) / (steps > 0 ? steps : 1));
}

/* If the thresholds are equally spaced, then between the first and the last
 * step inside the interval the hull is a straight strip and six points carry
 * it: the two ends, and both sides of the first and of the last threshold.
 * Uneven thresholds lie within the slack of that strip. */
void rp_stair_find_corners(const rp_stair *stair, int32_t lo, int32_t hi,
                           rp_corners *corners) {
  RP_ASSERT(lo <= hi);
  const int32_t k0 = rp_stair_apply(stair, lo), k1 = rp_stair_apply(stair, hi);
  corners->n = corners->slack = 0;
  if (stair->table && k1 > k0 + 2)
    corners->slack = measure_slack(stair, k0, k1);
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
