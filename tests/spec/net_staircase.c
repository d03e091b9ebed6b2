/* T(v) is the least z with sigma(z) >= v: for every z and v of small staircases
 * and for random large ones. And sigma is the clamped nearest whole number of
 * z / 2^shift, ties upward. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/net.h"
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
        const rp_stair stair = {lo, hi, shift};
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
                            (int32_t)rp_rng_below(&rng, 31)};
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
    rp_stair stair[N];
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_stairs_exhaustively),
      cmocka_unit_test(large_stairs_at_random),
      cmocka_unit_test(all_at_once_equals_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
