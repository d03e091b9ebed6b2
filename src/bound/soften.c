/* Six corners a staircase, one vector lane a staircase. Exponential and
 * logarithm are polynomials, since calls of the library would not vectorize. */
#include "bound/soften.h"

#include <math.h>

#include "core/assert.h"
#include "core/vector.h"

void soften_place(soft_corners *to, int32_t *block, size_t n) {
  for (int32_t s = 0; s < RP_MAX_CORNERS; s++) {
    to->z[s] = block, block += n;
    to->a[s] = block, block += n;
  }
  to->n = block, block += n;
  to->slack = block;
}

void soften_set(soft_corners *to, int32_t at, const rp_corners *corners) {
  RP_ASSERT(corners->n >= 1 && corners->n <= RP_MAX_CORNERS);
  for (int32_t s = 0; s < RP_MAX_CORNERS; s++) {
    const int32_t from = s < corners->n ? s : corners->n - 1;
    to->z[s][at] = corners->z[from];
    to->a[s][at] = corners->a[from];
  }
  to->n[at] = corners->n;
  to->slack[at] = corners->slack;
}

/* exp(x) for x <= 0, at least exp(-30): 2^k times a polynomial around 0. Adding
 * the shift rounds to a whole k, which then is in the last bits. */
RP_INLINED double compute_exp(double x) {
  const double shift = 0x1.8p52, log2_e = 0x1.71547652b82fep0;
  const double ln2_high = 0x1.62e42fefap-1, ln2_low = 0x1.cf79abc9e3b3ap-40;
  const double bounded = x < -30 ? -30 : x;
  union {
    double real;
    uint64_t bits;
  } k, power;
  k.real = bounded * log2_e + shift;
  const double whole = k.real - shift;
  const double r = (bounded - whole * ln2_high) - whole * ln2_low;
  power.bits = (k.bits + 1023) << 52;
  double p = 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * power.real;
}

/* log(x) for 1 <= x <= 6: log 2.5 + 2 artanh f. */
RP_INLINED double compute_log(double x) {
  const double f = (x - 2.5) / (x + 2.5), g = f * f;
  double p = 1.0 / 19;
  p = p * g + 1.0 / 17;
  p = p * g + 1.0 / 15;
  p = p * g + 1.0 / 13;
  p = p * g + 1.0 / 11;
  p = p * g + 1.0 / 9;
  p = p * g + 1.0 / 7;
  p = p * g + 1.0 / 5;
  p = p * g + 1.0 / 3;
  p = p * g + 1;
  return 0.91629073187415506518 + 2 * f * p;
}

/* Share of one corner in the mean. */
#define SHARE(s) (s < n[i] ? compute_exp((v##s - most) * sharpness) : 0)

RP_VECTOR_CLONES
soft_sums soften_stairs(const soft_corners *corners, int32_t first,
                        int32_t count, const double *mu, const double *lambda,
                        double smoothing, double *z, double *a) {
  const int32_t *n = corners->n, *slack = corners->slack;
  const int32_t *z0 = corners->z[0], *z1 = corners->z[1];
  const int32_t *z2 = corners->z[2], *z3 = corners->z[3];
  const int32_t *z4 = corners->z[4], *z5 = corners->z[5];
  const int32_t *a0 = corners->a[0], *a1 = corners->a[1];
  const int32_t *a2 = corners->a[2], *a3 = corners->a[3];
  const int32_t *a4 = corners->a[4], *a5 = corners->a[5];
  const double sharpness = 1 / smoothing;
  double soft = 0, sharp = 0;
#pragma omp simd reduction(+ : soft, sharp)
  for (int32_t i = first; i < first + count; i++) {
    const double m = mu[i], l = lambda[i];
    const double v0 = m * a0[i] - l * z0[i], v1 = m * a1[i] - l * z1[i];
    const double v2 = m * a2[i] - l * z2[i], v3 = m * a3[i] - l * z3[i];
    const double v4 = m * a4[i] - l * z4[i], v5 = m * a5[i] - l * z5[i];
    const double most01 = v0 > v1 ? v0 : v1, most23 = v2 > v3 ? v2 : v3;
    const double most45 = v4 > v5 ? v4 : v5;
    const double most03 = most01 > most23 ? most01 : most23;
    const double most = most03 > most45 ? most03 : most45;
    const double e0 = SHARE(0), e1 = SHARE(1), e2 = SHARE(2), e3 = SHARE(3),
                 e4 = SHARE(4), e5 = SHARE(5);
    const double sum = ((e0 + e1) + (e2 + e3)) + (e4 + e5);
    const double weight = 1 / sum;
    const double side = l < 0 ? -slack[i] : slack[i];
    z[i] = weight * (e0 * z0[i] + e1 * z1[i] + e2 * z2[i] + e3 * z3[i] +
                     e4 * z4[i] + e5 * z5[i]) -
           side;
    a[i] = weight * (e0 * a0[i] + e1 * a1[i] + e2 * a2[i] + e3 * a3[i] +
                     e4 * a4[i] + e5 * a5[i]);
    sharp += most + l * side;
    soft += most + l * side + smoothing * compute_log(sum);
  }
  return (soft_sums){soft, sharp};
}
