/* Softened maxima of many staircases against the definition, one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bound/soften.h"
#include "random_stair.h"
#include "seeded.h"

enum { STAIRS = 37, BEFORE = 3, ROUNDS = 200, STEPS = 9 };

/* What one staircase contributes, by the library's exp and log. */
static soft_sums soften_one(const rp_corners *c, double mu, double lambda,
                            double smoothing, double *z, double *a) {
  double most = -HUGE_VAL, sum = 0;
  *z = *a = 0;
  for (int32_t s = 0; s < c->n; s++)
    most = fmax(most, mu * c->a[s] - lambda * c->z[s]);
  for (int32_t s = 0; s < c->n; s++) {
    const double share =
        exp((mu * c->a[s] - lambda * c->z[s] - most) / smoothing);
    sum += share;
    *z += share * c->z[s];
    *a += share * c->a[s];
  }
  *z = *z / sum - (lambda < 0 ? -c->slack : c->slack);
  *a /= sum;
  const double sharp = most + fabs(lambda) * c->slack;
  return (soft_sums){sharp + smoothing * log(sum), sharp};
}

static void draw_corners(rp_rng *rng, rp_corners *corners) {
  int64_t threshold[STEPS];
  rp_stair_table *table = NULL;
  const int32_t n = (int32_t)between(rng, 1, STEPS);
  rp_stair stair = {-2, 4, (int32_t)between(rng, 0, 5), NULL};
  if (rp_rng_below(rng, 2))
    stair = random_table_stair(rng, n, 20, threshold, &table);
  const int32_t lo = (int32_t)between(rng, -100, 100);
  rp_stair_find_corners(&stair, lo, lo + (int32_t)between(rng, 0, 150),
                        corners);
  rp_stair_table_free(table);
}

static double draw_weight(rp_rng *rng) {
  return rp_rng_below(rng, 5) ? (double)between(rng, -1000, 1000) / 64 : 0;
}

static void compare(rp_rng *rng, soft_corners *corners) {
  double mu[STAIRS], lambda[STAIRS], z[STAIRS], a[STAIRS];
  rp_corners one[STAIRS];
  const double smoothing = pow(10, (double)between(rng, -3, 3));
  soft_sums expected = {0, 0};
  for (int32_t i = 0; i < STAIRS; i++) {
    draw_corners(rng, &one[i]);
    soften_set(corners, i, &one[i]);
    mu[i] = draw_weight(rng);
    lambda[i] = draw_weight(rng);
    z[i] = a[i] = -1e9;
  }
  const soft_sums found = soften_stairs(corners, BEFORE, STAIRS - BEFORE, mu,
                                        lambda, smoothing, z, a);
  for (int32_t i = 0; i < BEFORE; i++) assert_true(z[i] == -1e9);
  for (int32_t i = BEFORE; i < STAIRS; i++) {
    double own_z, own_a;
    const soft_sums own =
        soften_one(&one[i], mu[i], lambda[i], smoothing, &own_z, &own_a);
    expected.soft += own.soft;
    expected.sharp += own.sharp;
    assert_true(fabs(z[i] - own_z) <= 1e-6);
    assert_true(fabs(a[i] - own_a) <= 1e-6);
  }
  assert_true(fabs(found.sharp - expected.sharp) <= 1e-6);
  assert_true(fabs(found.soft - expected.soft) <= 1e-6 * (1 + smoothing));
}

static void test_sums_and_means(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("soften");
  int32_t block[SOFT_CORNER_ARRAYS * STAIRS];
  soft_corners corners;
  soften_place(&corners, block, STAIRS);
  for (int32_t round = 0; round < ROUNDS; round++) compare(&rng, &corners);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums_and_means)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
