/* Rounding rules against their definitions in exact arithmetic, and their
 * tables against the rules. Other people's programs say the same: tests/rules.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/stair_rule.h"
#include "seeded.h"

typedef __int128 wide;

enum { ROUNDINGS = RP_ROUND_MEAN + 1, UNCLIPPED = 1 << 16 };

static double random_number(rp_rng *rng, rp_rounding rounding) {
  if (rounding == RP_ROUND_SHIFT) return (double)rp_rng_below(rng, 31);
  if (rounding == RP_ROUND_MEAN) return (double)between(rng, 1, 300);
  return exp((rp_rng_unit(rng) * 2 - 1) * 12);
}

/* Accumulators whose values are near the middle of the range. */
static int64_t random_accumulator(rp_rng *rng, rp_rounding rounding,
                                  double number) {
  const double step = rounding == RP_ROUND_SHIFT  ? ldexp(1, (int)number)
                      : rounding == RP_ROUND_MEAN ? number
                                                  : 1 / number;
  const double z =
      (rp_rng_unit(rng) * 2 - 1) * step * (rp_rng_below(rng, 4) ? 300 : 3);
  const double most = RP_STAIR_REACH;
  return (int64_t)fmin(fmax(rint(z), -most), most);
}

static rp_requantizer unclipped(rp_rounding rounding, double number) {
  rp_requantizer rule;
  assert_int_equal(rp_requantizer_set(&rule, rounding, number, 0, -UNCLIPPED,
                                      UNCLIPPED, NULL),
                   RP_OK);
  return rule;
}

/* floor(a / b), b > 0. */
static wide floor_of(wide a, wide b) {
  const wide quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

/* Nearest whole number of a / b; halves go up, or away from zero. */
static wide nearest(wide a, wide b, bool away) {
  if (away && a < 0) return -nearest(-a, b, false);
  return floor_of(2 * a + b, 2 * b);
}

static wide power_of_two(int32_t exponent) {
  return (wide)1 << exponent;
}

/* q and e from the double's own bits. */
static int64_t fixed_point(double number, int32_t *exponent) {
  int e;
  const double mantissa = frexp(number, &e);
  const wide bits = (wide)ldexp(mantissa, 53);
  int64_t q = (int64_t)nearest(bits, power_of_two(22), true);
  if (q == (int64_t)power_of_two(31)) {
    q /= 2;
    e++;
  }
  *exponent = e;
  return q;
}

static wide expected_of_fixed_point(rp_rounding rounding, double number,
                                    int64_t z) {
  int32_t e;
  const wide q = fixed_point(number, &e);
  if (rounding == RP_ROUND_ONCE)
    return nearest(z * q, power_of_two(31 - e), false);
  const wide left = power_of_two(e > 0 ? e : 0);
  const wide high = nearest(z * left * q, power_of_two(31), false);
  return nearest(high, power_of_two(e < 0 ? -e : 0), true);
}

/* Is v the nearest whole number of p, halves away from zero or to even? */
static void is_nearest(double p, double v, bool away) {
  const double off = fabs(v - p);
  assert_true(off <= 0.5);
  if (off == 0.5) assert_true(away ? fabs(v) > fabs(p) : fmod(v, 2) == 0);
}

static void check_value(rp_rounding rounding, double number, int64_t z) {
  const rp_requantizer rule = unclipped(rounding, number);
  const int32_t v = rp_requantizer_apply(&rule, z);
  if (v == UNCLIPPED || v == -UNCLIPPED) return;
  switch (rounding) {
  case RP_ROUND_SHIFT:
    assert_true(v == nearest(z, power_of_two((int32_t)number), false));
    break;
  case RP_ROUND_MEAN:
    assert_true(v == nearest(z, (wide)number, true));
    break;
  case RP_ROUND_DOUBLE:
    is_nearest((double)z * number, v, true);
    break;
  case RP_ROUND_FLOAT:
    is_nearest((double)((float)z * (float)number), v, false);
    break;
  default:
    assert_true(v == expected_of_fixed_point(rounding, number, z));
  }
}

static void rules_are_their_definitions(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t rounding = 0; rounding < ROUNDINGS; rounding++)
    for (int round = 0; round < 20000; round++) {
      const double number = random_number(&rng, (rp_rounding)rounding);
      check_value((rp_rounding)rounding, number,
                  random_accumulator(&rng, (rp_rounding)rounding, number));
    }
}

/* Ties, where the rules part: a quarter and a half are exact in all of them. */
static void ties_go_where_each_rule_says(void **state) {
  (void)state;
  const struct {
    rp_rounding rounding;
    double number;
    int32_t of[7]; /* z from -6 by 2: -1.5 -1 -0.5 0 0.5 1 1.5 */
  } known[] = {
      {RP_ROUND_SHIFT, 2, {-1, -1, 0, 0, 1, 1, 2}},
      {RP_ROUND_TWICE, 0.25, {-2, -1, -1, 0, 1, 1, 2}},
      {RP_ROUND_ONCE, 0.25, {-1, -1, 0, 0, 1, 1, 2}},
      {RP_ROUND_DOUBLE, 0.25, {-2, -1, -1, 0, 1, 1, 2}},
      {RP_ROUND_FLOAT, 0.25, {-2, -1, 0, 0, 0, 1, 2}},
      {RP_ROUND_MEAN, 4, {-2, -1, -1, 0, 1, 1, 2}},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const rp_requantizer rule = unclipped(known[i].rounding, known[i].number);
    for (int32_t k = 0; k < 7; k++)
      assert_int_equal(rp_requantizer_apply(&rule, 2 * k - 6), known[i].of[k]);
  }
}

/* What is rounded to a half is rounded again: now and then, not often. */
static void rounding_twice_differs_from_once(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t differences = 0;
  for (int round = 0; round < 20000; round++) {
    const double number = exp(-rp_rng_unit(&rng) * 8);
    const rp_requantizer twice = unclipped(RP_ROUND_TWICE, number),
                         once = unclipped(RP_ROUND_ONCE, number);
    const int64_t z = between(&rng, -20000, 20000);
    differences +=
        rp_requantizer_apply(&twice, z) != rp_requantizer_apply(&once, z);
  }
  assert_in_range(differences, 1, 5000);
}

static void numbers_are_checked(void **state) {
  (void)state;
  rp_requantizer rule;
  rp_error err;
  const struct {
    rp_rounding rounding;
    double number;
  } bad[] = {{RP_ROUND_SHIFT, -1},       {RP_ROUND_SHIFT, 31},
             {RP_ROUND_SHIFT, 1.5},      {RP_ROUND_SHIFT, NAN},
             {RP_ROUND_MEAN, 0},         {RP_ROUND_MEAN, 1e9},
             {RP_ROUND_TWICE, 0},        {RP_ROUND_TWICE, -0.5},
             {RP_ROUND_ONCE, NAN},       {RP_ROUND_ONCE, INFINITY},
             {RP_ROUND_DOUBLE, -1},      {RP_ROUND_DOUBLE, 1073741824.0},
             {RP_ROUND_FLOAT, INFINITY}, {RP_ROUND_FLOAT, 0}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(rp_requantizer_set(&rule, bad[i].rounding, bad[i].number,
                                        0, -128, 127, &err),
                     RP_E_INPUT);
    assert_non_null(strstr(err.text, "expected"));
  }
  assert_int_equal(rp_requantizer_set(&rule, RP_ROUND_SHIFT, 1, 0, 5, 4, &err),
                   RP_E_INPUT);
  assert_int_equal(
      rp_requantizer_set(&rule, RP_ROUND_SHIFT, 1, 70000, 0, 4, &err),
      RP_E_INPUT);
  assert_non_null(strstr(err.text, "70000"));
}

/* Below 2^-32 a fixed-point multiplier is nothing. */
static void tiny_multipliers_are_nothing(void **state) {
  (void)state;
  rp_requantizer rule = unclipped(RP_ROUND_ONCE, ldexp(1, -33));
  assert_int_equal(rule.factor, 0);
  assert_int_equal(rp_requantizer_apply(&rule, RP_STAIR_REACH), 0);
  rule = unclipped(RP_ROUND_TWICE, ldexp(1, -32));
  assert_int_equal(rule.exponent, -31);
  assert_true(rule.factor > 0);
}

static void multipliers_of_scales(void **state) {
  (void)state;
  const float input = 0.1F, weight = 0.3F, output = 0.7F;
  const float product = input * weight;
  assert_true(rp_multiplier_of_channel(input, weight, output) ==
              (double)input * (double)weight / (double)output);
  assert_true(rp_multiplier_of_tensor(input, weight, output) ==
              (double)product / (double)output);
  assert_true(rp_multiplier_of_tensor(input, weight, output) !=
              rp_multiplier_of_channel(input, weight, output));
  assert_true(rp_multiplier_in_float(input, weight, output) ==
              (double)(product / output));
}

/* ---- tables ---- */

static void check_table(const rp_stair *stair, const rp_requantizer *rule,
                        int64_t z) {
  if (z < -RP_STAIR_REACH || z > RP_STAIR_REACH) return;
  assert_int_equal(rp_stair_apply(stair, z), rp_requantizer_apply(rule, z));
}

static rp_requantizer random_rule(rp_rng *rng, rp_rounding rounding) {
  rp_requantizer rule;
  const int32_t lo = (int32_t)between(rng, -128, 0);
  const int32_t hi = (int32_t)between(rng, lo + 1, lo + 255);
  const double number =
      rp_rng_below(rng, 6) || rounding == RP_ROUND_SHIFT ||
              rounding == RP_ROUND_MEAN
          ? random_number(rng, rounding)
          : exp(-20 - rp_rng_unit(rng) * 10); /* steps that are not reached */
  assert_int_equal(rp_requantizer_set(&rule, rounding, number,
                                      (int32_t)between(rng, -128, 127), lo, hi,
                                      NULL),
                   RP_OK);
  return rule;
}

static void tables_are_their_rules(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 600; round++) {
    int64_t threshold[255];
    const rp_requantizer rule =
        random_rule(&rng, (rp_rounding)(round % ROUNDINGS));
    const int32_t n = rule.hi - rule.lo;
    assert_int_equal(rp_stair_tabulate(rp_requantizer_apply, &rule, rule.lo,
                                       rule.hi, threshold, NULL),
                     RP_OK);
    rp_stair_table *table;
    assert_int_equal(rp_stair_table_create(threshold, n, &table, NULL), RP_OK);
    const rp_stair stair = {rule.lo, rule.hi, 0, table};
    for (int32_t i = 0; i < n; i++)
      for (int64_t d = -2; d <= 2; d++)
        check_table(&stair, &rule, threshold[i] + d);
    for (int32_t k = 0; k < 300; k++) {
      check_table(&stair, &rule, between(&rng, -RP_ACC_LIMIT, RP_ACC_LIMIT));
      check_table(&stair, &rule, between(&rng, -3000, 3000));
    }
    check_table(&stair, &rule, RP_STAIR_REACH);
    check_table(&stair, &rule, -RP_STAIR_REACH);
    rp_stair_table_free(table);
  }
}

/* Thresholds of deployed multipliers stay near a line: within 2 units of a
 * chord, and 3 where accumulators are rounded twice. */
static void tables_are_near_lines(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 600; round++) {
    const rp_rounding rounding =
        (rp_rounding)between(&rng, RP_ROUND_TWICE, RP_ROUND_FLOAT);
    const double number = exp(-2 - rp_rng_unit(&rng) * 8);
    rp_requantizer rule;
    int64_t threshold[255];
    assert_int_equal(
        rp_requantizer_set(&rule, rounding, number, 3, -128, 127, NULL), RP_OK);
    assert_int_equal(rp_stair_tabulate(rp_requantizer_apply, &rule, -128, 127,
                                       threshold, NULL),
                     RP_OK);
    rp_stair_table *table;
    assert_int_equal(rp_stair_table_create(threshold, 255, &table, NULL),
                     RP_OK);
    const rp_stair stair = {-128, 127, 0, table};
    rp_corners c;
    rp_stair_find_corners(&stair, -(1 << 30), 1 << 30, &c);
    assert_in_range(c.slack, 0, rounding == RP_ROUND_TWICE ? 3 : 2);
    assert_true(fabs(rp_stair_unit(&stair) * number - 1) < 0.01);
    rp_stair_table_free(table);
  }
}

typedef struct odd_rule {
  int64_t from, to; /* where it falls to `value` */
  int32_t value;
  int64_t calls;
} odd_rule;

static int32_t apply_odd(const void *context, int64_t z) {
  odd_rule *odd = *(odd_rule *const *)context;
  odd->calls++;
  if (z >= odd->from && z <= odd->to) return odd->value;
  return z < 0 ? 0 : z >= 700 ? 7 : (int32_t)(z / 100);
}

static rp_status tabulate_odd(odd_rule *odd, int32_t lo, int32_t hi,
                              rp_error *err) {
  int64_t threshold[20];
  return rp_stair_tabulate(apply_odd, &odd, lo, hi, threshold, err);
}

static void rules_that_fall_are_refused(void **state) {
  (void)state;
  rp_error err;
  odd_rule good = {1, 0, 0, 0};
  assert_int_equal(tabulate_odd(&good, 0, 7, &err), RP_OK);
  assert_in_range(good.calls, 7, 7 * 40);
  odd_rule dip = {399, 401, 1, 0}, end = {RP_STAIR_REACH, RP_STAIR_REACH, 2, 0};
  assert_int_equal(tabulate_odd(&dip, 0, 7, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "never fall"));
  assert_int_equal(tabulate_odd(&end, 0, 7, &err), RP_E_INPUT);
  assert_int_equal(tabulate_odd(&good, 0, 6, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "found 7"));
  assert_int_equal(tabulate_odd(&good, 1, 7, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "found 0"));
  assert_int_equal(tabulate_odd(&good, 0, 9, &err), RP_OK);
}

/* Some calls a value, not the 31 of a search over everything. */
static void tables_cost_little(void **state) {
  (void)state;
  rp_requantizer rule;
  int64_t threshold[255];
  odd_rule steps = {1, 0, 0, 0};
  (void)tabulate_odd(&steps, 0, 7, NULL);
  assert_in_range(steps.calls, 0, 200);
  assert_int_equal(
      rp_requantizer_set(&rule, RP_ROUND_FLOAT, 1e-3, 0, -128, 127, NULL),
      RP_OK);
  assert_int_equal(rp_stair_tabulate(rp_requantizer_apply, &rule, -128, 127,
                                     threshold, NULL),
                   RP_OK);
  assert_true(threshold[128] == 501 && threshold[127] == -500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules_are_their_definitions),
      cmocka_unit_test(ties_go_where_each_rule_says),
      cmocka_unit_test(rounding_twice_differs_from_once),
      cmocka_unit_test(numbers_are_checked),
      cmocka_unit_test(tiny_multipliers_are_nothing),
      cmocka_unit_test(multipliers_of_scales),
      cmocka_unit_test(tables_are_their_rules),
      cmocka_unit_test(tables_are_near_lines),
      cmocka_unit_test(rules_that_fall_are_refused),
      cmocka_unit_test(tables_cost_little),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
