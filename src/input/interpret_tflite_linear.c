/* Operators of TFLite files that sum: loops over all taps, with the profile's
 * rounding behind them. */
#include <string.h>

#include "input/interpret_tflite.h"

enum { SAME };

int32_t rp_plain_window(int32_t padding, int32_t at, int32_t stride,
                        int32_t reach, int32_t in, int32_t out) {
  const int32_t all = (out - 1) * stride + reach - in;
  const int32_t before = padding == SAME && all > 0 ? all / 2 : 0;
  return at * stride - before;
}

static bool is_profile(const rp_tflite_plain *p, const char *name) {
  return !strcmp(p->profile, name);
}

/* ---- Weights, biases, rounding. ---- */

typedef struct linear {
  rp_tflite_plain *p;
  const rp_tflite_tensor *x, *w, *bias, *y;
  const int32_t *in;
  int32_t *out;
  rp_plain_numbers of_in, of_out;
  rp_plain_rounding rounding;
  int32_t w_zero;
  bool is_whole;
} linear;

static rp_plain_rounding choose_rounding(const rp_tflite_plain *p,
                                         bool is_depthwise, bool is_uint8) {
  if (is_profile(p, "tflm")) return RP_PLAIN_TWICE;
  if (is_profile(p, "litert-builtin"))
    return is_depthwise || is_uint8 ? RP_PLAIN_TWICE : RP_PLAIN_ONCE;
  return is_depthwise && is_uint8 ? RP_PLAIN_TWICE : RP_PLAIN_FLOAT;
}

static linear begin(rp_tflite_plain *p, int activation_field, bool is_depthwise,
                    bool is_dense) {
  linear l = {.p = p,
              .x = rp_plain_operand(p, 0),
              .w = rp_plain_operand(p, 1),
              .bias = rp_plain_operand(p, 2),
              .y = rp_plain_output(p)};
  const bool is_uint8 = l.x->type == RP_TFLITE_UINT8;
  l.in = rp_plain_numbers_of(p, l.x);
  l.out = rp_plain_numbers_of(p, l.y);
  l.of_in = rp_plain_describe(p, l.x);
  l.of_out = rp_plain_describe(p, l.y);
  rp_plain_clip(rp_plain_option_byte(p, activation_field), &l.of_out);
  l.rounding = choose_rounding(p, is_depthwise, is_uint8);
  l.w_zero = (int32_t)rp_flat_int64_at(&p->flat, l.w->zero, 0);
  l.is_whole = l.w->scale.n == 1 && (is_dense || is_uint8);
  return l;
}

static int64_t get_bias(const linear *l, int32_t channel) {
  return l->bias ? rp_tflite_get(l->bias, channel) : 0;
}

static int64_t multiply(const linear *l, int32_t x, int32_t w) {
  return (int64_t)(l->in[x] - l->of_in.zero) *
         (rp_tflite_get(l->w, w) - l->w_zero);
}

static int32_t finish(const linear *l, int64_t z, int32_t channel) {
  const float scale = rp_flat_float_at(&l->p->flat, l->w->scale,
                                       l->w->scale.n == 1 ? 0 : channel);
  return rp_plain_requantize(l->rounding, z, &l->of_in, scale, l->is_whole,
                             &l->of_out);
}

/* ---- Convolutions. ---- */

typedef struct taps {
  int32_t padding, stride[2], dilation[2];
  bool is_depthwise;
} taps;

static taps get_taps(rp_tflite_plain *p, bool is_depthwise) {
  const int dilation_w = is_depthwise ? 5 : 4;
  return (taps){rp_plain_option_byte(p, 0),
                {rp_plain_option(p, 2, 0), rp_plain_option(p, 1, 0)},
                {rp_plain_option(p, dilation_w + 1, 1),
                 rp_plain_option(p, dilation_w, 1)},
                is_depthwise};
}

/* What one position of the input contributes; channels of a depthwise
 * convolution read one channel. */
static int64_t sum_position(const linear *l, const taps *t, int32_t at,
                            int32_t tap, int32_t c) {
  const int32_t in_c = l->x->dims[3], out_c = l->y->dims[3];
  const int32_t n_taps = l->w->dims[1] * l->w->dims[2];
  int64_t sum = 0;
  if (t->is_depthwise)
    return multiply(l, at * in_c + c / (out_c / in_c), tap * out_c + c);
  for (int32_t i = 0; i < in_c; i++)
    sum += multiply(l, at * in_c + i, (c * n_taps + tap) * in_c + i);
  return sum;
}

static int64_t sum_window(const linear *l, const taps *t, int32_t oy,
                          int32_t ox, int32_t c) {
  const int32_t h = l->x->dims[1], w = l->x->dims[2];
  const int32_t kh = l->w->dims[1], kw = l->w->dims[2];
  const int32_t top =
      rp_plain_window(t->padding, oy, t->stride[0],
                      (kh - 1) * t->dilation[0] + 1, h, l->y->dims[1]);
  const int32_t left =
      rp_plain_window(t->padding, ox, t->stride[1],
                      (kw - 1) * t->dilation[1] + 1, w, l->y->dims[2]);
  int64_t sum = 0;
  for (int32_t i = 0; i < kh; i++)
    for (int32_t j = 0; j < kw; j++) {
      const int32_t y = top + i * t->dilation[0];
      const int32_t x = left + j * t->dilation[1];
      if (y >= 0 && y < h && x >= 0 && x < w)
        sum += sum_position(l, t, y * w + x, i * kw + j, c);
    }
  return sum;
}

static void run_windows(const linear *l, const taps *t) {
  const int32_t w = l->y->dims[2], out_c = l->y->dims[3];
  for (int32_t k = 0; k < l->y->count; k++) {
    const int32_t c = k % out_c, at = k / out_c;
    const int64_t z = get_bias(l, c) + sum_window(l, t, at / w, at % w, c);
    l->out[k] = finish(l, z, c);
  }
}

void rp_plain_conv(rp_tflite_plain *p) {
  const linear l = begin(p, 3, false, false);
  const taps t = get_taps(p, false);
  run_windows(&l, &t);
}

void rp_plain_depthwise(rp_tflite_plain *p) {
  const linear l = begin(p, 4, true, false);
  const taps t = get_taps(p, true);
  run_windows(&l, &t);
}

void rp_plain_dense(rp_tflite_plain *p) {
  const linear l = begin(p, 0, false, true);
  const int32_t n = l.w->dims[1];
  for (int32_t c = 0; c < l.y->count; c++) {
    int64_t z = get_bias(&l, c);
    for (int32_t i = 0; i < n; i++) z += multiply(&l, i, c * n + i);
    l.out[c] = finish(&l, z, c);
  }
}

/* ---- Means and additions. ---- */

void rp_plain_mean(rp_tflite_plain *p) {
  const rp_tflite_tensor *const x = rp_plain_operand(p, 0);
  const rp_tflite_tensor *const y = rp_plain_output(p);
  const rp_plain_numbers in = rp_plain_describe(p, x);
  const rp_plain_numbers out = rp_plain_describe(p, y);
  const int32_t n = x->dims[1] * x->dims[2], channels = x->dims[3];
  const bool keeps_dims = rp_plain_option_byte(p, 0) != 0;
  const int32_t *const from = rp_plain_numbers_of(p, x);
  int32_t *const to = rp_plain_numbers_of(p, y);
  for (int32_t c = 0; c < channels; c++) {
    int64_t sum = 0;
    for (int32_t k = 0; k < n; k++) sum += from[k * channels + c];
    to[c] = is_profile(p, "litert-xnnpack")
                ? rp_plain_mean_float(sum, n, &in, &out)
            : keeps_dims ? rp_plain_mean_offset(sum, n, &in, &out)
                         : rp_plain_mean_fixed(sum, n, &in, &out);
  }
}

/* Which number of an operand belongs to number i of the sum: sizes of 1 are
 * repeated. */
static int32_t find_summand(const rp_tflite_tensor *x,
                            const rp_tflite_tensor *y, int32_t i) {
  int32_t at = 0, step = 1;
  for (int32_t d = 1; d <= x->n_dims && x->count < y->count; d++) {
    const int32_t own = x->dims[x->n_dims - d], all = y->dims[y->n_dims - d];
    at += i % all % own * step;
    step *= own;
    i /= all;
  }
  return x->count < y->count ? at : i;
}

void rp_plain_add(rp_tflite_plain *p) {
  const rp_tflite_tensor *const a = rp_plain_operand(p, 0);
  const rp_tflite_tensor *const b = rp_plain_operand(p, 1);
  const rp_tflite_tensor *const y = rp_plain_output(p);
  const rp_plain_numbers of_a = rp_plain_describe(p, a);
  const rp_plain_numbers of_b = rp_plain_describe(p, b);
  rp_plain_numbers out = rp_plain_describe(p, y);
  const int32_t *const from_a = rp_plain_numbers_of(p, a);
  const int32_t *const from_b = rp_plain_numbers_of(p, b);
  int32_t *const to = rp_plain_numbers_of(p, y);
  const bool is_together = is_profile(p, "litert-xnnpack");
  rp_plain_clip(rp_plain_option_byte(p, 0), &out);
  for (int32_t i = 0; i < y->count; i++) {
    const int32_t q = from_a[find_summand(a, y, i)];
    const int32_t s = from_b[find_summand(b, y, i)];
    to[i] = is_together ? rp_plain_add_together(q, &of_a, s, &of_b, &out)
                        : rp_plain_add_apart(q, &of_a, s, &of_b, &out);
  }
}
