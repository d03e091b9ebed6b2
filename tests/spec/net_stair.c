/* Staircases with equal steps. T(v) is the least z with sigma(z) >= v: for
 * every z and v of small ones and for random large ones. And sigma is the
 * clamped nearest whole number of z / 2^shift, ties upward. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/stair_lanes.h"
#include "seeded.h"

/* Nearest whole number, ties upward, by counting in halves of a step. */
static int64_t nearest(int64_t z, int32_t shift) {
  const int64_t step = (int64_t)1 << shift;
  int64_t low = z / step;
  if (low * step > z) low--;
  return 2 * (z - low * step) >= step ? low + 1 : low;
}

static void stair_is_clamped_nearest(const rp_stair *stair, int64_t z) {
  const int64_t v = nearest(z, stair->shift);
  const int64_t expected = v < stair->lo   ? stair->lo
                           : v > stair->hi ? stair->hi
                                           : v;
  assert_true(rp_stair_apply(stair, z) == expected);
}

static void threshold_splits(const rp_stair *stair, int32_t v, int64_t z) {
  assert_int_equal(rp_stair_apply(stair, z) >= v,
                   z >= rp_stair_threshold(stair, v));
}

static void small_stairs_exhaustively(void **state) {
  (void)state;
  for (int32_t shift = 0; shift <= 5; shift++)
    for (int32_t lo = -5; lo <= 4; lo++)
      for (int32_t hi = lo; hi <= 5; hi++) {
        const rp_stair stair = {lo, hi, shift, NULL};
        for (int64_t z = -(int64_t)8 * (1 << shift); z <= 8 * (1 << shift);
             z++) {
          stair_is_clamped_nearest(&stair, z);
          for (int32_t v = lo + 1; v <= hi; v++) threshold_splits(&stair, v, z);
        }
      }
}

static void large_stairs_at_random(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int n = 0; n < 200000; n++) {
    const int64_t reach = (int64_t)1 << rp_rng_below(&rng, 31);
    const int32_t lo = (int32_t)between(&rng, -reach, reach - 1);
    const rp_stair stair = {lo, (int32_t)between(&rng, lo + 1, reach),
                            (int32_t)rp_rng_below(&rng, 31), NULL};
    const int32_t v = (int32_t)between(&rng, lo + 1, stair.hi);
    const int64_t t = rp_stair_threshold(&stair, v);
    for (int64_t z = t - 2; z <= t + 2; z++) {
      threshold_splits(&stair, v, z);
      stair_is_clamped_nearest(&stair, z);
    }
    const int64_t far = ((int64_t)1 << 62) - 1;
    threshold_splits(&stair, v, far);
    threshold_splits(&stair, v, -far);
    threshold_splits(&stair, v, (int64_t)rp_rng_u64(&rng) >> 2);
  }
}

static void all_at_once_equals_one_by_one(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  enum { N = 37 };
  for (int n = 0; n < 20000; n++) {
    rp_stair stair[N] = {{0}};
    int32_t z[N], a[N];
    for (int i = 0; i < N; i++) {
      const int64_t reach = (int64_t)1 << rp_rng_below(&rng, 31);
      stair[i].lo = (int32_t)between(&rng, -reach, reach);
      stair[i].hi = (int32_t)between(&rng, stair[i].lo, reach);
      stair[i].shift = (int32_t)rp_rng_below(&rng, 31);
      z[i] = (int32_t)between(&rng, -RP_ACC_LIMIT, RP_ACC_LIMIT);
      if (rp_rng_below(&rng, 8) == 0)
        z[i] = (int32_t)(rp_rng_below(&rng, 2) ? RP_ACC_LIMIT : -RP_ACC_LIMIT);
    }
    rp_stair_apply_all(stair, N, z, a);
    for (int i = 0; i < N; i++)
      assert_int_equal(a[i], rp_stair_apply(&stair[i], z[i]));
  }
}

/* The least z_j - z_y over all pairs of accumulators, by a look at each pair.
 */
static void least_difference_is_least(const rp_stair *stair, int32_t delta) {
  const int64_t reach = (int64_t)4 << stair->shift;
  int64_t least = INT64_MAX, found = INT64_MAX;
  for (int64_t y = -reach; y <= reach; y++) {
    const int32_t v = rp_stair_apply(stair, y);
    if (v == stair->hi || (delta == 0 && v == stair->lo)) continue;
    for (int64_t j = -reach; j <= reach; j++)
      if (rp_stair_apply(stair, j) >= v + delta && j - y < least) least = j - y;
  }
  const int32_t factor[2] = {1, 1};
  const bool any =
      rp_stair_find_least_difference(stair, stair, delta, factor, &found);
  assert_int_equal(any, least < INT64_MAX);
  assert_true(found == least);
}

/* The line rises by one a unit and passes the middle of every step. */
static void clipped_where_the_line_leaves(const rp_stair *stair) {
  const double unit = rp_stair_unit(stair);
  for (int64_t z = -(int64_t)unit * 5; z <= (int64_t)unit * 5; z++) {
    const double line = (double)z / unit;
    const bool inside = line >= stair->lo && line < stair->hi;
    assert_int_equal(rp_stair_is_clipped(stair, z), !inside);
  }
}

static void questions_of_bounds_and_attacks(void **state) {
  (void)state;
  for (int32_t shift = 0; shift <= 3; shift++)
    for (int32_t lo = -2; lo <= 2; lo++)
      for (int32_t hi = lo; hi <= 3; hi++) {
        const rp_stair stair = {lo, hi, shift, NULL};
        least_difference_is_least(&stair, 0);
        least_difference_is_least(&stair, 1);
        assert_true(rp_stair_slope(&stair) * rp_stair_unit(&stair) == 1);
        if (lo == hi)
          assert_true(rp_stair_is_clipped(&stair, 0));
        else if (shift > 0) /* a step of one unit has no middle */
          clipped_where_the_line_leaves(&stair);
      }
}

static void lanes_equal_one_by_one(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  enum { N = 32 };
  for (int n = 0; n < 5000; n++) {
    int32_t block[7 * N] = {0}, z[N], a[N];
    float t[N];
    rp_stair_lanes lanes;
    rp_stair stair[N] = {{0}};
    assert_int_equal(rp_stair_lanes_bytes(N), sizeof block);
    rp_stair_lanes_place(&lanes, block, N);
    for (int i = 0; i < N; i++) {
      const int64_t reach = (int64_t)1 << rp_rng_below(&rng, 16);
      stair[i].lo = (int32_t)between(&rng, -reach, reach);
      stair[i].hi = (int32_t)between(&rng, stair[i].lo, reach);
      stair[i].shift = (int32_t)rp_rng_below(&rng, 20);
      rp_stair_lanes_set(&lanes, i, &stair[i]);
      z[i] = (int32_t)between(&rng, -RP_ACC_LIMIT, RP_ACC_LIMIT);
      if (rp_rng_below(&rng, 2)) z[i] >>= rp_rng_below(&rng, 30);
    }
    rp_stair_lanes_apply(&lanes, N, z, a, t);
    for (int i = 0; i < N; i++) {
      assert_int_equal(a[i], rp_stair_apply(&stair[i], z[i]));
      assert_true(t[i] >= (float)stair[i].lo && t[i] <= (float)stair[i].hi);
    }
  }
}

static void the_first_other_staircase(void **state) {
  (void)state;
  rp_stair stair[4] = {
      {0, 7, 3, NULL}, {0, 7, 3, NULL}, {0, 7, 3, NULL}, {0, 7, 3, NULL}};
  assert_int_equal(rp_stair_find_other(stair, 4), 4);
  stair[3].shift++;
  assert_int_equal(rp_stair_find_other(stair, 4), 3);
  stair[2].hi--;
  assert_int_equal(rp_stair_find_other(stair, 4), 2);
  stair[1].lo--;
  assert_int_equal(rp_stair_find_other(stair, 4), 1);
  assert_int_equal(rp_stair_find_other(stair, 1), 1);
}

/* Thresholds near 2^60, weighted: what leaves int64 stays on its side. */
static void far_thresholds_do_not_overflow(void **state) {
  (void)state;
  const int32_t top = (int32_t)RP_ACC_LIMIT;
  const rp_stair far = {top - 2, top, 30, NULL}, near = {0, top, 0, NULL};
  const rp_stair low = {-top, -top + 3, 30, NULL};
  const int32_t factor[2] = {64, 1};
  int64_t least = 0;
  assert_true(rp_stair_find_least_difference(&far, &near, 0, factor, &least));
  assert_true(least == (int64_t)1 << 62);
  assert_true(rp_stair_find_least_difference(&low, &low, 0, factor, &least));
  assert_true(least == -((int64_t)1 << 62));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_stairs_exhaustively),
      cmocka_unit_test(large_stairs_at_random),
      cmocka_unit_test(all_at_once_equals_one_by_one),
      cmocka_unit_test(far_thresholds_do_not_overflow),
      cmocka_unit_test(questions_of_bounds_and_attacks),
      cmocka_unit_test(lanes_equal_one_by_one),
      cmocka_unit_test(the_first_other_staircase),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
