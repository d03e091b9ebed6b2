/* Additions of quantized numbers: the rules against their formulas written out
 * again, and the staircases that are made of them, on all pairs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/pair_rule.h"
#include "net/stair.h"
#include "seeded.h"

static rp_error err;

/* Scales of two residual additions, and others. */
static const rp_quantized samples[][3] = {
    {{0.0231F, -128, -128, 127},
     {0.041F, 4, -128, 127},
     {0.047F, -5, -128, 127}},
    {{0.1F, 0, -128, 127},
     {0.0377F, -128, -128, 127},
     {0.09F, -128, -128, 127}},
    {{0.02F, 3, -128, 127}, {0.02F, -9, -128, 127}, {0.0333F, 1, 1, 127}},
    {{0.0071F, 130, 0, 255}, {0.0213F, 7, 0, 255}, {0.0305F, 99, 0, 255}},
    /* Weights must come nearer to the ratio than powers of two times it do. */
    {{0.0865827799F, 161, 0, 255},
     {0.0339999162F, 65, 0, 255},
     {0.0874374285F, 225, 0, 255}}};
enum { SAMPLES = sizeof samples / sizeof *samples };

static int32_t clip(int64_t v, const rp_quantized *out) {
  return (int32_t)(v < out->lo ? out->lo : v > out->hi ? out->hi : v);
}

static int32_t add_together(const rp_quantized *s, int32_t a, int32_t b) {
  const float ra = s[0].scale / s[2].scale, rb = s[1].scale / s[2].scale;
  const int shift = 20 - ilogbf(ra > rb ? ra : rb);
  const int64_t ma = lrintf(ldexpf(ra, shift)), mb = lrintf(ldexpf(rb, shift));
  const int64_t sum =
      ((int64_t)1 << (shift - 1)) + (a - s[0].zero) * ma + (b - s[1].zero) * mb;
  return clip((int64_t)floor(ldexp((double)sum, -shift)) + s[2].zero, &s[2]);
}

/* gemmlowp's rounding doubling multiplication and rounding division. */
static int64_t multiply(int64_t x, double by) {
  int exponent;
  int64_t q = llround(ldexp(frexp(by, &exponent), 31));
  if (q == (int64_t)1 << 31) {
    q /= 2;
    exponent++;
  }
  assert_true(exponent <= 0);
  const int64_t high = (x * q + (1 << 30)) >> 31;
  const int64_t mask = ((int64_t)1 << -exponent) - 1;
  return (high >> -exponent) +
         ((high & mask) > (mask >> 1) + (high < 0 ? 1 : 0));
}

static int32_t add_apart(const rp_quantized *s, int32_t a, int32_t b) {
  const float larger = s[0].scale > s[1].scale ? s[0].scale : s[1].scale;
  const double most = 2 * (double)larger;
  const int64_t x =
      multiply((int64_t)(a - s[0].zero) * (1 << 20), (double)s[0].scale / most);
  const int64_t y =
      multiply((int64_t)(b - s[1].zero) * (1 << 20), (double)s[1].scale / most);
  const int64_t sum = multiply(x + y, most / ((1 << 20) * (double)s[2].scale));
  return clip(sum + s[2].zero, &s[2]);
}

/* Every step is exact in double, and then rounded to float once. */
static int32_t add_float(const rp_quantized *s, int32_t a, int32_t b) {
  const double ra = (double)(s[0].scale / s[2].scale);
  const double rb = (double)(s[1].scale / s[2].scale);
  const float part = (float)(rb * s[1].zero);
  const float both = (float)(ra * s[0].zero + (double)part);
  const float fixed = (float)s[2].zero - both;
  const float rest = (float)(b * rb + (double)fixed);
  return clip(lrint((double)(float)(a * ra + (double)rest)), &s[2]);
}

static int32_t add(rp_adding adding, const rp_quantized *s, int32_t a,
                   int32_t b) {
  return adding == RP_ADD_TOGETHER ? add_together(s, a, b)
         : adding == RP_ADD_APART  ? add_apart(s, a, b)
                                   : add_float(s, a, b);
}

static int32_t walk(const rp_quantized *out, const int64_t *threshold,
                    int64_t z) {
  int32_t v = out->lo;
  while (v < out->hi && threshold[v - out->lo] <= z) v++;
  return v;
}

static int64_t add_part(const rp_pair_split *split, const rp_quantized *s,
                        int i, int32_t q) {
  return (int64_t)split->weight[i] * (q - s[i].zero) +
         split->rest[i][q - s[i].lo];
}

/* True: with weights alone. */
static bool compare(rp_adding adding, const rp_quantized *s) {
  int64_t threshold[255];
  rp_pair_split split;
  rp_pair_rule rule;
  assert_int_equal(rp_pair_rule_set(&rule, adding, s, &s[2], &err), RP_OK);
  assert_int_equal(rp_pair_tabulate(&rule, &split, threshold, &err), RP_OK);
  for (int32_t a = s[0].lo; a <= s[0].hi; a++)
    for (int32_t b = s[1].lo; b <= s[1].hi; b++) {
      const int32_t wanted = add(adding, s, a, b);
      const int64_t z = add_part(&split, s, 0, a) + add_part(&split, s, 1, b);
      assert_int_equal(rp_pair_rule_apply(&rule, a, b), wanted);
      if (walk(&s[2], threshold, z) != wanted)
        fail_msg("%d + %d: expected %d", a, b, wanted);
    }
  bool has_rest = false;
  for (int i = 0; i < 2; i++) {
    int32_t rises = 0, falls = 0;
    for (int32_t k = 1; k <= s[i].hi - s[i].lo; k++) {
      const int32_t step = split.rest[i][k] - split.rest[i][k - 1];
      *(step > 0 ? &rises : &falls) += abs(step);
    }
    assert_in_range(rises, 0, RP_MOST_STEPS);
    assert_in_range(falls, 0, RP_MOST_STEPS);
    has_rest |= rises + falls > 0;
  }
  return !has_rest && split.weight[0] <= INT16_MAX &&
         split.weight[1] <= INT16_MAX;
}

static void sums_are_those_of_the_runtimes(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    assert_true(compare(RP_ADD_TOGETHER, samples[i]));
    assert_true(compare(RP_ADD_APART, samples[i]));
    assert_true(compare(RP_ADD_FLOAT, samples[i]));
  }
}

/* Scales of few digits: many sums lie halfway between two values. */
static void sums_that_are_halfway_are_those_of_the_runtime(void **state) {
  rp_rng rng = rng_of_test(__func__);
  int n_plain = 0;
  (void)state;
  for (int i = 0; i < 60; i++) {
    rp_quantized s[3];
    for (int k = 0; k < 3; k++)
      s[k] = (rp_quantized){(float)between(&rng, 1, 9) / 100,
                            between(&rng, 0, 255), 0, 255};
    n_plain += compare(RP_ADD_FLOAT, s);
  }
  printf("%d of 60 have weights alone\n", n_plain);
  assert_in_range(n_plain, 1, 59);
}

static void scales_far_apart_are_refused(void **state) {
  rp_quantized s[3] = {samples[0][0], samples[0][1], samples[0][2]};
  rp_pair_rule rule;
  (void)state;
  s[0].scale = s[2].scale / 2048;
  assert_int_equal(rp_pair_rule_set(&rule, RP_ADD_TOGETHER, s, &s[2], &err),
                   RP_E_INPUT);
  s[2].scale = s[1].scale * 0x1p-20F;
  assert_int_equal(rp_pair_rule_set(&rule, RP_ADD_APART, s, &s[2], &err),
                   RP_E_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_are_those_of_the_runtimes),
      cmocka_unit_test(sums_that_are_halfway_are_those_of_the_runtime),
      cmocka_unit_test(scales_far_apart_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
