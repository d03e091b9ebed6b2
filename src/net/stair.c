/* What a staircase answers. With stair_lanes.h, its copy for inlined loops, the
 * only file that knows rule R0; tables of thresholds are in stair_table.h.
 *
 * Rule R0, with s bits to drop: sigma(z) = clamp(floor((z + 2^(s-1)) / 2^s)),
 * that is, round to nearest with ties upward; s = 0 drops nothing. So
 * sigma(z) >= v  iff  z + 2^(s-1) >= v 2^s, which gives the threshold. The
 * shift of a negative number is arithmetic, as gcc and clang define it. */
#include "net/stair.h"

#include <math.h>
#include <string.h>

#include "core/assert.h"
#include "core/vector.h"
#include "net/net.h"
#include "net/stair_lanes.h"
#include "net/stair_table.h"

enum {
  MOST_SHIFT = 30,
  FEW_THRESHOLDS = 12 /* whose chords are measured again and again */
};

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
  const int64_t steps = (int64_t)stair->hi - stair->lo;
  if (stair->table && steps != stair->table->n)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected %lld thresholds for activations %d..%d, "
                   "found %d",
                   block, (long long)steps, stair->lo, stair->hi,
                   stair->table->n);
  if (stair->table && stair->shift != 0)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected no shift beside a table of thresholds, "
                   "found %d",
                   block, stair->shift);
  return RP_OK;
}

int32_t rp_stair_shift(const rp_stair *stair) {
  return stair->shift;
}

bool rp_stair_is_even(const rp_stair *stair) {
  return !stair->table;
}

static bool is_same_table(const rp_stair_table *a, const rp_stair_table *b) {
  if (a == b) return true;
  return a && b && a->n == b->n &&
         memcmp(a->threshold, b->threshold,
                (size_t)a->n * sizeof *a->threshold) == 0;
}

bool rp_stair_is_same(const rp_stair *a, const rp_stair *b) {
  return a->lo == b->lo && a->hi == b->hi && a->shift == b->shift &&
         is_same_table(a->table, b->table);
}

int32_t rp_stair_find_other(const rp_stair *stair, int32_t n) {
  RP_ASSERT(n >= 1);
  for (int32_t i = 1; i < n; i++)
    if (!rp_stair_is_same(&stair[i], &stair[0])) return i;
  return n;
}

/* ---------------------------------------------------------------- the value */

static int64_t compute_half_step(const rp_stair *stair) {
  return stair->shift ? (int64_t)1 << (stair->shift - 1) : 0;
}

static bool is_within_reach(int64_t z) {
  return z >= -RP_STAIR_REACH && z <= RP_STAIR_REACH;
}

/* A threshold at the reach may stand for one beyond it: it may have been cut
 * before the staircase was mirrored. */
static bool is_known_everywhere(const rp_stair_table *table) {
  return table->threshold[0] > -RP_STAIR_REACH &&
         table->threshold[table->n - 1] < RP_STAIR_REACH;
}

/* A search also beyond accumulators, where folding of constants looks. */
static int32_t count_anywhere(const rp_stair_table *table, int64_t z) {
  if (z >= -RP_ACC_LIMIT && z <= RP_ACC_LIMIT)
    return rp_stair_table_count(table, (int32_t)z);
  RP_ASSERT(is_within_reach(z) || is_known_everywhere(table));
  if (!is_within_reach(z)) return z < 0 ? 0 : table->n;
  return rp_stair_table_search(table, (int32_t)z);
}

int32_t rp_stair_apply(const rp_stair *stair, int64_t z) {
  RP_ASSERT(stair->shift >= 0 && stair->shift <= MOST_SHIFT);
  RP_ASSERT(stair->lo <= stair->hi);
  if (stair->table) return stair->lo + count_anywhere(stair->table, z);
  const int64_t v = (z + compute_half_step(stair)) >> stair->shift;
  if (v < stair->lo) return stair->lo;
  return v > stair->hi ? stair->hi : (int32_t)v;
}

bool rp_stair_has_two_values(const rp_stair *stair) {
  return stair->hi - stair->lo == 1;
}

bool rp_stair_is_constant(const rp_stair *stair, int64_t lo, int64_t hi) {
  RP_ASSERT(lo <= hi);
  if (stair->table && !is_known_everywhere(stair->table) &&
      !(is_within_reach(lo) && is_within_reach(hi)))
    return false;
  return rp_stair_apply(stair, lo) == rp_stair_apply(stair, hi);
}

/* |z| <= 2^30 and half a step <= 2^29: the sum fits int32. */
static void apply_even(const rp_stair *stair, int32_t n,
                       const int32_t *restrict z, int32_t *restrict a) {
  for (int32_t i = 0; i < n; i++) {
    const int32_t shift = stair[i].shift;
    const int32_t v = (z[i] + (((int32_t)1 << shift) >> 1)) >> shift;
    const int32_t raised = v < stair[i].lo ? stair[i].lo : v;
    a[i] = raised > stair[i].hi ? stair[i].hi : raised;
  }
}

static void apply_tables(const rp_stair *stair, int32_t n,
                         const int32_t *restrict z, int32_t *restrict a) {
  for (int32_t i = 0; i < n; i++)
    a[i] = stair[i].lo + rp_stair_table_count(stair[i].table, z[i]);
}

/* Runs of one kind, each in a loop of its own. */
void rp_stair_apply_all(const rp_stair *stair, int32_t n,
                        const int32_t *restrict z, int32_t *restrict a) {
  for (int32_t from = 0, to; from < n; from = to) {
    const bool is_even = rp_stair_is_even(&stair[from]);
    to = from + 1;
    while (to < n && rp_stair_is_even(&stair[to]) == is_even) to++;
    if (is_even)
      apply_even(stair + from, to - from, z + from, a + from);
    else
      apply_tables(stair + from, to - from, z + from, a + from);
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

/* What one value of the label needs. */
/* Thresholds reach 2^60, so a weighted difference may leave int64. It is then
 * cut to +-2^62: far beyond every accumulator, on the same side. */
static int64_t compute_difference(const rp_stair *j, const rp_stair *y,
                                  int32_t delta, const int32_t factor[2],
                                  int32_t v) {
  const __int128 limit = (__int128)1 << 62;
  const __int128 difference =
      (__int128)factor[0] * rp_stair_threshold(j, v + delta) -
      (__int128)factor[1] * (rp_stair_threshold(y, v + 1) - 1);
  return (int64_t)(difference > limit    ? limit
                   : difference < -limit ? -limit
                                         : difference);
}

/* With equal steps the difference is linear in v, so that the ends suffice:
 * there may be 2^31 values, too many for a loop. A table has at most
 * RP_MOST_STEPS. */
bool rp_stair_find_least_difference(const rp_stair *j, const rp_stair *y,
                                    int32_t delta, const int32_t factor[2],
                                    int64_t *least) {
  const int32_t above_j = j->lo - delta + 1, below_j = j->hi - delta;
  const int32_t first = y->lo > above_j ? y->lo : above_j;
  const int32_t last = y->hi - 1 < below_j ? y->hi - 1 : below_j;
  if (first > last) return false;
  const bool is_linear = rp_stair_is_even(j) && rp_stair_is_even(y);
  *least = compute_difference(j, y, delta, factor, last);
  for (int32_t v = first; v < last; v++) {
    const int64_t found = compute_difference(j, y, delta, factor, v);
    if (found < *least) *least = found;
    if (is_linear) break;
  }
  return true;
}

/* -------------------------------------------------------------- the corners */

static void add_corner(rp_corners *corners, int64_t z, int32_t a) {
  RP_ASSERT(corners->n < RP_MAX_CORNERS);
  RP_ASSERT(z >= INT32_MIN && z <= INT32_MAX);
  RP_ASSERT(corners->n == 0 || z >= corners->z[corners->n - 1]);
  RP_ASSERT(corners->n == 0 || a >= corners->a[corners->n - 1]);
  corners->z[corners->n] = (int32_t)z;
  corners->a[corners->n] = a;
  corners->n++;
}

/* If the thresholds are equally spaced, then between the first and the last
 * step inside the interval the hull is a straight strip and six points carry
 * it: the two ends, and both sides of the first and of the last threshold. */
static void add_even_corners(const rp_stair *stair, int32_t k0, int32_t k1,
                             rp_corners *corners) {
  const int64_t first = rp_stair_threshold(stair, k0 + 1);
  add_corner(corners, first - 1, k0);
  add_corner(corners, first, k0 + 1);
  if (k1 == k0 + 1) return;
  const int64_t last = rp_stair_threshold(stair, k1);
  add_corner(corners, last - 1, k1 - 1);
  add_corner(corners, last, k1);
}

/* Thresholds i..k of a table, of which only those between a and b may lie off
 * the strip. The sharp measure pays where they are few, or where thresholds
 * anywhere in the table say too little. */
static int32_t measure_slack(const rp_stair_table *table, int32_t i, int32_t a,
                             int32_t b, int32_t k) {
  if (a + 1 >= k) return 0;
  if (table->is_near && k - i > FEW_THRESHOLDS) return table->dent;
  const int32_t below = rp_stair_table_measure_chord(table, a, k, 1);
  const int32_t above = rp_stair_table_measure_chord(table, i, b, -1);
  return below > above ? below : above;
}

/* Thresholds of indices i..k (from 0) are inside the interval, and w and x are
 * the values below the first and from the last one on. Equal thresholds skip
 * values: a is the last index at the first threshold, b the first one at the
 * last. The term to be bounded is mu v - lambda z over all v of the interval
 * and z of their steps, largest at one side of a step:
 * - lambda > 0, lower ends: T_i .. T_k with the values that they reach. Those
 *   of a and k are corners. Between them, a threshold lies below their chord by
 *   at most the slack; the term is at most that of the chord's point with the
 *   same v plus lambda slack, and on the chord it is largest at an end.
 * - lambda < 0, upper ends: T_i - 1 .. T_k - 1 with the values that they end.
 *   Those of i and b are corners, and a threshold between lies above their
 *   chord by at most the slack.
 * Without thresholds between, the slack is 0, and all that remains are points
 * of the staircase: exact. */
static int32_t add_table_corners(const rp_stair *stair, int32_t i, int32_t k,
                                 rp_corners *corners) {
  const int32_t *t = stair->table->threshold, first_value = stair->lo + 1;
  int32_t a = i, b = k;
  while (a < k && t[a + 1] == t[i]) a++;
  while (b > i && t[b - 1] == t[k]) b--;
  add_corner(corners, (int64_t)t[i] - 1, i + first_value - 1);
  add_corner(corners, t[i], a + first_value);
  if (a == k) return 0;
  add_corner(corners, (int64_t)t[k] - 1, b + first_value - 1);
  add_corner(corners, t[k], k + first_value);
  return measure_slack(stair->table, i, a, b, k);
}

void rp_stair_find_corners(const rp_stair *stair, int32_t lo, int32_t hi,
                           rp_corners *corners) {
  RP_ASSERT(lo <= hi);
  const int32_t k0 = rp_stair_apply(stair, lo), k1 = rp_stair_apply(stair, hi);
  corners->n = corners->slack = 0;
  add_corner(corners, lo, k0);
  if (k0 < k1 && stair->table)
    corners->slack =
        add_table_corners(stair, k0 - stair->lo, k1 - stair->lo - 1, corners);
  else if (k0 < k1)
    add_even_corners(stair, k0, k1, corners);
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
  RP_ASSERT(rp_stair_is_even(stair));
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
