/* The checker's own quantizer of real inputs gives what the engine's gives,
 * also at ties, next to them, and far away. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "claims/claims.h"
#include "net/input_quantizer.h"
#include "seeded.h"

enum { RUNS = 100000 };

/* A number at a multiple of half a step, or a few units of binary32 beside. */
static float draw_real(rp_rng *rng, float step) {
  const int64_t halves = between(rng, -600, 600);
  float real = (float)halves / 2 * step;
  for (int64_t k = between(rng, -2, 2); k != 0; k -= k < 0 ? -1 : 1)
    real = nextafterf(real, k < 0 ? -INFINITY : INFINITY);
  return rp_rng_below(rng, 50) ? real : real * 1e30F;
}

static void quantizers_agree(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int i = 0; i < RUNS; i++) {
    const rp_input_rounding rounding = (rp_input_rounding)(i % 3 + 1);
    const rp_quantized number = {.scale = (float)between(&rng, 1, 1 << 20) /
                                          (float)(1 << (i % 24)),
                                 .zero = (int32_t)between(&rng, -200, 200),
                                 .lo = i % 2 ? -128 : 0,
                                 .hi = i % 2 ? 127 : 255};
    net n = {.in_lo = number.lo,
             .in_hi = number.hi - number.lo,
             .in_zero = number.zero,
             .in_step = number.scale};
    const float real = draw_real(&rng, number.scale);
    int64_t packed;
    snprintf(n.in_rounding, sizeof n.in_rounding, "%s",
             rp_input_rounding_name(rounding));
    assert_true(rp_check_pack_real((double)real, &packed));
    assert_true(rp_check_unpack_real(packed) == (double)real);
    assert_int_equal(number.lo + rp_check_quantize(&n, packed),
                     rp_quantize_real(rounding, &number, real));
  }
}

static void reals_of_binary32_are_finite(void **state) {
  (void)state;
  int64_t packed;
  assert_false(rp_check_pack_real(1e39, &packed));
  assert_false(rp_check_pack_real((double)NAN, &packed));
  assert_true(rp_check_pack_real(0.1, &packed));
  assert_true(rp_check_unpack_real(packed) == (double)0.1F);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quantizers_agree),
      cmocka_unit_test(reals_of_binary32_are_finite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
