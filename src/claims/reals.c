/* Real numbers, and the quantizer that makes inputs of them. Every operation is
 * one of binary64 whose result is rounded to binary32, which for single
 * products and quotients of binary32 is what binary32 itself gives. */
#include <math.h>
#include <string.h>

#include "claims/claims.h"

bool rp_check_pack_real(double real, int64_t *packed) {
  const float narrow = (float)real;
  uint32_t bits;
  memcpy(&bits, &narrow, sizeof bits);
  *packed = bits;
  return isfinite(narrow);
}

double rp_check_unpack_real(int64_t packed) {
  const uint32_t bits = (uint32_t)packed;
  float narrow;
  memcpy(&narrow, &bits, sizeof narrow);
  return (double)narrow;
}

/* The nearest whole number; of two the even one, or the one away from 0. */
static double round_half(double x, bool to_even) {
  const double below = floor(x), rest = x - below;
  const bool is_odd = fmod(below, 2) != 0;
  const bool goes_up = rest == 0.5 ? (to_even ? is_odd : x > 0) : rest > 0.5;
  return goes_up ? below + 1 : below;
}

int64_t rp_check_quantize(const net *n, int64_t packed) {
  const double real = rp_check_unpack_real(packed), step = (double)n->in_step;
  const bool multiplies = !strcmp(n->in_rounding, "multiply-half-even");
  const float steps = multiplies ? (float)(real * (double)(float)(1 / step))
                                 : (float)(real / step);
  const double most = (double)n->in_lo + n->in_hi - n->in_zero;
  const double least = (double)n->in_lo - n->in_zero;
  const double whole = round_half(
      (double)steps, strcmp(n->in_rounding, "divide-half-away") != 0);
  if (whole <= least) return 0;
  return whole >= most ? n->in_hi : (int64_t)(whole - least);
}
