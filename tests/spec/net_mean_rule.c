/* Means as runtimes computed them, and their tables against the rules. The
 * numbers were recorded from LiteRT 2.5.3: XNNPACK, and its own kernels without
 * and with dimensions kept. tests/oracle compares many more. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/mean_rule.h"
#include "seeded.h"

static const rp_quantized fine = {0.0018F, -3, -128, 127},
                          coarse = {0.012F, 11, -128, 127};

static const struct {
  rp_averaging averaging;
  int32_t n;
  rp_quantized in;
  const rp_quantized *out;
  int64_t z;
  int32_t mean;
} known[] = {
    /* z M is 12.5 and -62.5 in exact numbers, 37.5 with zero point -4 */
    {RP_AVERAGE_FLOAT, 16, {0.02F, 3, -128, 127}, &fine, 18, 10},
    {RP_AVERAGE_FLOAT, 16, {0.02F, 3, -128, 127}, &fine, -90, -66},
    {RP_AVERAGE_FLOAT, 16, {0.02F, 3, -128, 127}, &fine, 162, 110},
    {RP_AVERAGE_FIXED, 16, {0.02F, 3, -128, 127}, &fine, 18, 9},
    {RP_AVERAGE_FIXED, 16, {0.02F, 3, -128, 127}, &fine, -90, -65},
    {RP_AVERAGE_FIXED, 16, {0.02F, 3, -128, 127}, &fine, -18, -15},
    {RP_AVERAGE_FIXED, 15, {0.05F, -7, -128, 127}, &coarse, -279, -67},
    {RP_AVERAGE_FIXED, 15, {0.05F, -7, -128, 127}, &coarse, 171, 59},
    {RP_AVERAGE_OFFSET, 16, {0.02F, 3, -128, 127}, &fine, -27, -21},
    {RP_AVERAGE_OFFSET, 16, {0.02F, 3, -128, 127}, &fine, 172, 117},
    {RP_AVERAGE_OFFSET, 15, {0.05F, -7, -128, 127}, &coarse, -59, -6},
    {RP_AVERAGE_OFFSET, 15, {0.05F, -7, -128, 127}, &coarse, -275, -66}};

static void means_are_those_of_runtimes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    rp_mean_rule rule;
    assert_int_equal(rp_mean_rule_set(&rule, known[i].averaging, known[i].n,
                                      &known[i].in, known[i].out, NULL),
                     RP_OK);
    assert_int_equal(rp_mean_rule_apply(&rule, known[i].z), known[i].mean);
  }
}

static rp_mean_rule random_rule(rp_rng *rng, int32_t *n) {
  const float ratio = ldexpf(1 + (float)rp_rng_below(rng, 1000) / 1000,
                             (int)rp_rng_below(rng, 10) - 6);
  const rp_quantized out = {0.01F, (int32_t)rp_rng_below(rng, 256) - 128, -128,
                            127};
  const rp_quantized in = {0.01F * ratio, (int32_t)rp_rng_below(rng, 256) - 128,
                           -128, 127};
  const rp_averaging averaging = (rp_averaging)rp_rng_below(rng, 3);
  rp_mean_rule rule;
  *n = 1 + (int32_t)rp_rng_below(rng, 200);
  assert_int_equal(rp_mean_rule_set(&rule, averaging, *n, &in, &out, NULL),
                   RP_OK);
  return rule;
}

/* Tabulation fails if a rule falls where it looks. */
static void tables_are_the_rules(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t threshold[255];
  for (int round = 0; round < 200; round++) {
    int32_t n, value = -128;
    const rp_mean_rule rule = random_rule(&rng, &n);
    assert_int_equal(rp_stair_tabulate(rp_mean_rule_apply, &rule, -128, 127,
                                       threshold, NULL),
                     RP_OK);
    for (int64_t z = -300L * n; z <= 300L * n; z++) {
      while (value < 127 && threshold[value + 128] <= z) value++;
      assert_int_equal(rp_mean_rule_apply(&rule, z), value);
    }
  }
}

static void senseless_means_are_refused(void **state) {
  (void)state;
  const rp_quantized in = {1.0F, 100, -128, 127};
  const rp_quantized out = {0x1p-20F, 0, -128, 127};
  rp_mean_rule rule;
  assert_int_equal(rp_mean_rule_set(&rule, RP_AVERAGE_FLOAT, 0, &in, &in, NULL),
                   RP_E_INPUT);
  assert_int_equal(
      rp_mean_rule_set(&rule, RP_AVERAGE_FIXED, 1 << 23, &in, &in, NULL),
      RP_E_INPUT);
  assert_int_equal(
      rp_mean_rule_set(&rule, RP_AVERAGE_OFFSET, 4, &in, &out, NULL),
      RP_E_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(means_are_those_of_runtimes),
      cmocka_unit_test(tables_are_the_rules),
      cmocka_unit_test(senseless_means_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
