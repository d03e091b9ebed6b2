/* Terms step by step against a look at every accumulator. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bound/steps.h"
#include "random_stair.h"
#include "seeded.h"

enum { STEPS = 40, TERMS = 20, ROUNDS = 600 };

typedef struct term {
  int64_t mu, lambda;
} term;

static int64_t find_greatest(const steps *s, const term *t) {
  int64_t greatest = INT64_MIN;
  for (int32_t z = s->z_lo; z <= s->z_hi; z++) {
    const int64_t value = t->mu * rp_stair_apply(s->stair, z) - t->lambda * z;
    if (value > greatest) greatest = value;
  }
  return greatest;
}

static term draw_term(rp_rng *rng) {
  const term t = {between(rng, -60, 60), between(rng, -40, 40)};
  return t;
}

/* Sharp values are those of the best accumulator; the softened one is above
 * them by at most a smoothing for each factor of e in the number of ends. */
static void check_term(const steps *s, const term *t, double smoothing) {
  const int64_t greatest = find_greatest(s, t);
  const double mu = (double)t->mu, lambda = (double)t->lambda;
  assert_true(steps_evaluate_exactly(s, t->mu, t->lambda) == greatest);
  assert_true(steps_evaluate(s, mu, lambda) == (double)greatest);
  const steps_means means = steps_soften(s, mu, lambda, smoothing);
  assert_true(means.bound == (double)greatest);
  assert_true(means.value >= means.bound);
  assert_true(means.value <= means.bound + smoothing * log(2.0 * (STEPS + 1)));
  assert_true(means.z >= s->z_lo && means.z <= s->z_hi);
}

/* The means are the derivatives of the softened value. */
static void check_means(const steps *s, const term *t) {
  enum { SMOOTHING = 30 };
  const double mu = (double)t->mu, lambda = (double)t->lambda, by = 1e-4;
  const steps_means means = steps_soften(s, mu, lambda, SMOOTHING);
  const double up = steps_soften(s, mu, lambda + by, SMOOTHING).value;
  const double down = steps_soften(s, mu, lambda - by, SMOOTHING).value;
  assert_true(fabs((down - up) / (2 * by) - means.z) < 0.01);
  const double more = steps_soften(s, mu + by, lambda, SMOOTHING).value;
  const double less = steps_soften(s, mu - by, lambda, SMOOTHING).value;
  assert_true(fabs((more - less) / (2 * by) - means.a) < 0.01);
}

static void terms_are_those_of_the_best_accumulator(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < ROUNDS; round++) {
    int64_t threshold[STEPS];
    rp_stair_table *table;
    const int32_t n = (int32_t)between(&rng, 1, STEPS);
    const rp_stair stair = random_table_stair(
        &rng, n, (int32_t)between(&rng, 0, 8), threshold, &table);
    const int32_t lo = (int32_t)between(&rng, -150, 150);
    const steps s = {&stair, lo, lo + (int32_t)between(&rng, 0, 120)};
    for (int k = 0; k < TERMS; k++) {
      const term t = draw_term(&rng);
      check_term(&s, &t, pow(10, (double)between(&rng, -2, 2)));
      if (k == 0) check_means(&s, &t);
    }
    rp_stair_table_free(table);
  }
}

/* The staircase of an average of four: thresholds 0.5, 1.5, ... times 1.58,
 * rounded up. Its table is to be freed. */
static rp_stair make_average(int32_t n) {
  int64_t threshold[300];
  rp_stair_table *table;
  for (int32_t v = 0; v < n; v++)
    threshold[v] = (int64_t)ceil((v + 0.5) * 1.58);
  assert_int_equal(rp_stair_table_create(threshold, n, &table, NULL), RP_OK);
  return (rp_stair){0, n, 0, table};
}

static void free_average(rp_stair *stair) {
  rp_stair_table_free((rp_stair_table *)stair->table);
}

/* Corners and slack are above the term by more than half a step. */
static void averages_matter(void **state) {
  (void)state;
  rp_stair stair = make_average(100);
  rp_corners corners;
  rp_stair_find_corners(&stair, 20, 80, &corners);
  assert_true(steps_matter(&stair, &corners));
  const steps s = {&stair, 20, 80};
  double by_corners = -HUGE_VAL;
  for (int32_t c = 0; c < corners.n; c++)
    by_corners = fmax(by_corners, 158.0 * corners.a[c] - 100.0 * corners.z[c]);
  by_corners += 100.0 * corners.slack;
  assert_true(by_corners - steps_evaluate(&s, 158, 100) > 0.5 * 100);
  rp_stair_find_corners(&stair, 20, 21, &corners);
  assert_false(steps_matter(&stair, &corners)); /* there is no slack */
  free_average(&stair);
}

static void many_steps_keep_their_slack(void **state) {
  (void)state;
  for (int32_t n = 256; n <= 257; n++) {
    rp_stair stair = make_average(n);
    rp_corners corners;
    rp_stair_find_corners(&stair, 20, 80, &corners);
    assert_int_equal(steps_matter(&stair, &corners), n == 256);
    free_average(&stair);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(terms_are_those_of_the_best_accumulator),
      cmocka_unit_test(averages_matter),
      cmocka_unit_test(many_steps_keep_their_slack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
