/* Rounding formulas as runtimes have them. */
#include "input/interpret_round.h"

#include <math.h>

static int32_t limit(int64_t y, const rp_plain_numbers *to) {
  if (y < to->lo) return to->lo;
  return y > to->hi ? to->hi : (int32_t)y;
}

rp_plain_multiplier rp_plain_quantize(double real) {
  rp_plain_multiplier m = {0, 0};
  if (real == 0) return m;
  int exponent;
  const double mantissa = frexp(real, &exponent);
  int64_t q = llround(mantissa * 2147483648.0);
  if (q == 2147483648LL) {
    q = q / 2;
    exponent++;
  }
  if (exponent < -31) return m;
  m.q = (int32_t)q;
  m.e = exponent;
  return m;
}

int32_t rp_plain_multiply_once(int64_t x, rp_plain_multiplier by) {
  const int total_shift = 31 - by.e;
  const int64_t round = (int64_t)1 << (total_shift - 1);
  return (int32_t)((x * by.q + round) >> total_shift);
}

/* gemmlowp's SaturatingRoundingDoublingHighMul; nothing saturates here. */
static int32_t multiply_high(int64_t a, int32_t b) {
  const int64_t product = a * b;
  const int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
  return (int32_t)((product + nudge) / (1LL << 31));
}

/* gemmlowp's RoundingDivideByPOT. */
static int32_t divide_by_power(int32_t x, int exponent) {
  const int64_t mask = (1LL << exponent) - 1;
  const int64_t remainder = x & mask;
  const int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

int32_t rp_plain_multiply_twice(int64_t x, rp_plain_multiplier by) {
  const int left = by.e > 0 ? by.e : 0, right = by.e > 0 ? 0 : -by.e;
  return divide_by_power(multiply_high(x * (1LL << left), by.q), right);
}

static int32_t requantize_in_float(int64_t z, float multiplier,
                                   const rp_plain_numbers *out) {
  float y = (float)z * multiplier;
  const float least = (float)(out->lo - out->zero);
  const float most = (float)(out->hi - out->zero);
  if (y < least) y = least;
  if (y > most) y = most;
  return (int32_t)nearbyintf(y) + out->zero;
}

int32_t rp_plain_requantize(rp_plain_rounding rounding, int64_t z,
                            const rp_plain_numbers *in, float weight,
                            bool is_whole, const rp_plain_numbers *out) {
  const float product = in->scale * weight;
  if (rounding == RP_PLAIN_FLOAT)
    return requantize_in_float(z, product / out->scale, out);
  const double exact = (double)in->scale * (double)weight;
  const double real = (is_whole ? (double)product : exact) / (double)out->scale;
  const rp_plain_multiplier by = rp_plain_quantize(real);
  const int64_t y = rounding == RP_PLAIN_ONCE ? rp_plain_multiply_once(z, by)
                                              : rp_plain_multiply_twice(z, by);
  return limit(y + out->zero, out);
}

/* XNNPACK: both multipliers have the larger one's exponent less 20 as theirs.
 */
int32_t rp_plain_add_together(int32_t a, const rp_plain_numbers *of_a,
                              int32_t b, const rp_plain_numbers *of_b,
                              const rp_plain_numbers *out) {
  const float by_a = of_a->scale / out->scale, by_b = of_b->scale / out->scale;
  const int shift = 20 - ilogbf(by_a > by_b ? by_a : by_b);
  const int64_t m_a = lrintf(ldexpf(by_a, shift));
  const int64_t m_b = lrintf(ldexpf(by_b, shift));
  const int64_t sum = ((int64_t)1 << (shift - 1)) + (a - of_a->zero) * m_a +
                      (b - of_b->zero) * m_b;
  return limit((sum >> shift) + out->zero, out);
}

/* TFLite's kernels: 20 bits are put before the products that are rounded. */
int32_t rp_plain_add_apart(int32_t a, const rp_plain_numbers *of_a, int32_t b,
                           const rp_plain_numbers *of_b,
                           const rp_plain_numbers *out) {
  const double twice =
      2 * (double)(of_a->scale > of_b->scale ? of_a->scale : of_b->scale);
  const rp_plain_multiplier by_a =
      rp_plain_quantize((double)of_a->scale / twice);
  const rp_plain_multiplier by_b =
      rp_plain_quantize((double)of_b->scale / twice);
  const rp_plain_multiplier by_sum =
      rp_plain_quantize(twice / ((double)(1 << 20) * (double)out->scale));
  const int64_t sum =
      (int64_t)rp_plain_multiply_twice((a - of_a->zero) * (1LL << 20), by_a) +
      rp_plain_multiply_twice((b - of_b->zero) * (1LL << 20), by_b);
  return limit((int64_t)rp_plain_multiply_twice(sum, by_sum) + out->zero, out);
}

int32_t rp_plain_add_in_float(int32_t a, const rp_plain_numbers *of_a,
                              int32_t b, const rp_plain_numbers *of_b,
                              const rp_plain_numbers *out) {
  const float by_a = of_a->scale / out->scale, by_b = of_b->scale / out->scale;
  const float zero_b = by_b * (float)of_b->zero;
  const float zeros = fmaf(by_a, (float)of_a->zero, zero_b);
  const float fixed = (float)out->zero - zeros;
  const float with_b = fmaf((float)b, by_b, fixed);
  return limit(lrintf(fmaf((float)a, by_a, with_b)), out);
}

int32_t rp_plain_mean_float(int64_t sum, int32_t n, const rp_plain_numbers *in,
                            const rp_plain_numbers *out) {
  const float ratio = in->scale / out->scale;
  const float part = 1.0F / (float)n;
  const float multiplier = ratio * part;
  const float moved = (float)(in->zero * n) * multiplier;
  const float added = (float)out->zero - moved;
  const float product = (float)sum * multiplier;
  float y = product + added;
  if (y < (float)out->lo) y = (float)out->lo;
  if (y > (float)out->hi) y = (float)out->hi;
  return (int32_t)nearbyintf(y);
}

int32_t rp_plain_mean_fixed(int64_t sum, int32_t n, const rp_plain_numbers *in,
                            const rp_plain_numbers *out) {
  rp_plain_multiplier by =
      rp_plain_quantize((double)in->scale / (double)out->scale);
  int shift = 63 - __builtin_clzll((uint64_t)n);
  if (shift > 31 + by.e) shift = 31 + by.e;
  by.q = (int32_t)(((int64_t)by.q << shift) / n);
  by.e -= shift;
  const int64_t z = sum - (int64_t)in->zero * n;
  return limit((int64_t)rp_plain_multiply_twice(z, by) + out->zero, out);
}

int32_t rp_plain_mean_offset(int64_t sum, int32_t n, const rp_plain_numbers *in,
                             const rp_plain_numbers *out) {
  const float all = (float)n * out->scale;
  const float multiplier = in->scale / all;
  const float zero = (float)in->zero * in->scale;
  float steps = zero / out->scale;
  steps += steps > 0 ? 0.5F : -0.5F;
  const int32_t bias = out->zero - (int32_t)steps;
  const rp_plain_multiplier by = rp_plain_quantize((double)multiplier);
  return limit((int64_t)rp_plain_multiply_twice(sum, by) + bias, out);
}

int32_t rp_plain_average(int64_t sum, int32_t n, const rp_plain_numbers *out) {
  const int64_t y = sum > 0 ? (sum + n / 2) / n : (sum - n / 2) / n;
  return limit(y, out);
}

int32_t rp_plain_convert_twice(int32_t q, const rp_plain_numbers *in,
                               const rp_plain_numbers *out) {
  const rp_plain_multiplier by =
      rp_plain_quantize((double)in->scale / (double)out->scale);
  return limit((int64_t)rp_plain_multiply_twice(q - in->zero, by) + out->zero,
               out);
}

int32_t rp_plain_convert_256ths(int32_t q, const rp_plain_numbers *in,
                                const rp_plain_numbers *out) {
  const int32_t by = (int32_t)lrintf(256 * (in->scale / out->scale));
  const int32_t y = (out->zero * 256 + 128 + (q - in->zero) * by) >> 8;
  return limit(y, out);
}

static int32_t quantize_limit(float real, const rp_plain_numbers *numbers) {
  return numbers->zero +
         (int32_t)fmaxf(-1024, fminf(1024, roundf(real / numbers->scale)));
}

static void raise_low(int32_t to, rp_plain_numbers *numbers) {
  if (to > numbers->lo) numbers->lo = to;
}

static void lower_high(int32_t to, rp_plain_numbers *numbers) {
  if (to < numbers->hi) numbers->hi = to;
}

void rp_plain_clip(int32_t activation, rp_plain_numbers *numbers) {
  enum { RELU = 1, RELU_N1_TO_1, RELU6 };
  const rp_plain_numbers all = *numbers;
  if (activation == RELU || activation == RELU6)
    raise_low(quantize_limit(0, &all), numbers);
  if (activation == RELU_N1_TO_1) {
    raise_low(quantize_limit(-1, &all), numbers);
    lower_high(quantize_limit(1, &all), numbers);
  }
  if (activation == RELU6) lower_high(quantize_limit(6, &all), numbers);
}
