/* Passes of depthwise convolutions over all rows: every output channel reads
 * its own input channel, so that all channels of a place go side by side. The
 * loops are compiled for several processors. */
#include <stdlib.h>

#include "core/vector.h"
#include "net/op_conv_internal.h"

/* Runs `body` for every tap of every position. It sees the weights w of all
 * channels, the first row and the first column of these channels. */
#define FOR_EACH_TAP(body)                                                     \
  do {                                                                         \
    const int32_t n = c->shape.out_c;                                          \
    const int32_t positions = c->shape.out_h * c->shape.out_w;                 \
    for (int32_t position = 0; position < positions; position++) {             \
      const rp_window window = rp_conv_window(c, position, 0);                 \
      const int32_t row = position * n;                                        \
      rp_walk at = {0};                                                        \
      rp_run run;                                                              \
      while (rp_window_next(&window, &at, &run)) {                             \
        const int16_t *w = c->by_tap + (size_t)run.tap * (size_t)n;            \
        const int32_t col = run.col;                                           \
        for (int32_t k = 0; k < n; k++) body;                                  \
      }                                                                        \
    }                                                                          \
  } while (0)

RP_VECTOR_CLONES
void rp_depthwise_apply_bytes(const rp_conv *c, const uint8_t *restrict x,
                              int32_t *restrict z) {
  FOR_EACH_TAP(z[row + k] += w[k] * x[col + k]);
}

RP_VECTOR_CLONES
void rp_depthwise_apply_narrow(const rp_conv *c, const int16_t *restrict a,
                               int32_t *restrict z) {
  FOR_EACH_TAP(z[row + k] += w[k] * a[col + k]);
}

RP_VECTOR_CLONES
void rp_depthwise_apply_wide(const rp_conv *c, const int32_t *restrict a,
                             int32_t *restrict z) {
  FOR_EACH_TAP(z[row + k] += w[k] * a[col + k]);
}

#define ADD_RANGE                                                              \
  do {                                                                         \
    const int32_t weight = w[k], low = weight * lo[col + k];                   \
    const int32_t high = weight * (lo[col + k] + width[col + k]);              \
    z_lo[row + k] += low < high ? low : high;                                  \
    z_hi[row + k] += low < high ? high : low;                                  \
  } while (0)

RP_VECTOR_CLONES
void rp_depthwise_range_narrow(const rp_conv *c, const int16_t *restrict lo,
                               const int16_t *restrict width,
                               int32_t *restrict z_lo, int32_t *restrict z_hi) {
  FOR_EACH_TAP(ADD_RANGE);
}

RP_VECTOR_CLONES
void rp_depthwise_range(const rp_conv *c, const int32_t *restrict lo,
                        const int32_t *restrict width, int32_t *restrict z_lo,
                        int32_t *restrict z_hi) {
  FOR_EACH_TAP(ADD_RANGE);
}

RP_VECTOR_CLONES
void rp_depthwise_apply_float(const rp_conv *c, const float *restrict a,
                              double *restrict z) {
  FOR_EACH_TAP(z[row + k] += (double)((float)w[k] * a[col + k]));
}

RP_VECTOR_CLONES
void rp_depthwise_apply_real(const rp_conv *c, const double *restrict a,
                             double *restrict z) {
  FOR_EACH_TAP(z[row + k] += w[k] * a[col + k]);
}

RP_VECTOR_CLONES
void rp_depthwise_transpose_float(const rp_conv *c,
                                  const double *restrict lambda,
                                  float *restrict mu) {
  FOR_EACH_TAP(mu[col + k] += (float)lambda[row + k] * (float)w[k]);
}

RP_VECTOR_CLONES
void rp_depthwise_transpose(const rp_conv *c, const double *restrict lambda,
                            double *restrict mu) {
  FOR_EACH_TAP(mu[col + k] += lambda[row + k] * w[k]);
}

RP_VECTOR_CLONES
void rp_depthwise_transpose_exact(const rp_conv *c,
                                  const int64_t *restrict lambda,
                                  int64_t *restrict mu) {
  FOR_EACH_TAP(mu[col + k] += (int64_t)(int32_t)lambda[row + k] * w[k]);
}

RP_VECTOR_CLONES
void rp_depthwise_transpose_gradient(const rp_conv *c,
                                     const float *restrict above,
                                     float *restrict below) {
  FOR_EACH_TAP(below[col + k] += above[row + k] * (float)w[k]);
}

RP_VECTOR_CLONES
void rp_depthwise_transpose_sizes(const rp_conv *c, const double *restrict size,
                                  double *restrict sum) {
  FOR_EACH_TAP(sum[col + k] += size[row + k] * abs(w[k]));
}
