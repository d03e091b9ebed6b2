/* Pools, and operators of TFLite files that only move numbers. */
#include <string.h>

#include "input/interpret_tflite.h"

/* ---- Pools. ---- */

typedef struct pool {
  const rp_tflite_tensor *x, *y;
  const int32_t *in;
  int32_t padding, stride[2], kernel[2];
  bool is_maximum;
  rp_plain_numbers out;
} pool;

/* What a window holds of one channel. */
static int32_t pool_window(const pool *p, int32_t oy, int32_t ox, int32_t c) {
  const int32_t h = p->x->dims[1], w = p->x->dims[2], n_c = p->x->dims[3];
  const int32_t top = rp_plain_window(p->padding, oy, p->stride[0],
                                      p->kernel[0], h, p->y->dims[1]);
  const int32_t left = rp_plain_window(p->padding, ox, p->stride[1],
                                       p->kernel[1], w, p->y->dims[2]);
  int64_t sum = 0;
  int32_t n = 0, most = INT32_MIN;
  for (int32_t y = top; y < top + p->kernel[0]; y++)
    for (int32_t x = left; x < left + p->kernel[1]; x++) {
      if (y < 0 || y >= h || x < 0 || x >= w) continue;
      const int32_t value = p->in[(y * w + x) * n_c + c];
      sum += value;
      n++;
      if (value > most) most = value;
    }
  if (!p->is_maximum) return rp_plain_average(sum, n, &p->out);
  if (most < p->out.lo) return p->out.lo;
  return most > p->out.hi ? p->out.hi : most;
}

void rp_plain_pool(rp_tflite_plain *p) {
  pool l = {.x = rp_plain_operand(p, 0),
            .y = rp_plain_output(p),
            .padding = rp_plain_option_byte(p, 0),
            .stride = {rp_plain_option(p, 2, 0), rp_plain_option(p, 1, 0)},
            .kernel = {rp_plain_option(p, 4, 0), rp_plain_option(p, 3, 0)},
            .is_maximum = p->op.code == RP_TFLITE_MAX_POOL_2D};
  int32_t *const to = rp_plain_numbers_of(p, l.y);
  l.in = rp_plain_numbers_of(p, l.x);
  l.out = rp_plain_describe(p, l.y);
  rp_plain_clip(rp_plain_option_byte(p, 5), &l.out);
  const int32_t w = l.y->dims[2], n_c = l.y->dims[3];
  for (int32_t k = 0; k < l.y->count; k++)
    to[k] = pool_window(&l, k / n_c / w, k / n_c % w, k % n_c);
}

/* ---- Moves. ---- */

void rp_plain_quantizer(rp_tflite_plain *p) {
  const rp_tflite_tensor *const x = rp_plain_operand(p, 0);
  const rp_tflite_tensor *const y = rp_plain_output(p);
  const rp_plain_numbers in = rp_plain_describe(p, x);
  const rp_plain_numbers out = rp_plain_describe(p, y);
  const int32_t *const from = rp_plain_numbers_of(p, x);
  int32_t *const to = rp_plain_numbers_of(p, y);
  const bool is_xnnpack =
      x->type == y->type && !strcmp(p->profile, "litert-xnnpack");
  for (int32_t i = 0; i < y->count; i++)
    to[i] = is_xnnpack ? rp_plain_convert_256ths(from[i], &in, &out)
                       : rp_plain_convert_twice(from[i], &in, &out);
}

void rp_plain_copy(rp_tflite_plain *p) {
  const rp_tflite_tensor *const x = rp_plain_operand(p, 0);
  const rp_tflite_tensor *const y = rp_plain_output(p);
  const int32_t *const from = rp_plain_numbers_of(p, x);
  int32_t *const to = rp_plain_numbers_of(p, y);
  for (int32_t i = 0; i < y->count; i++) to[i] = from[i];
}

void rp_plain_pad(rp_tflite_plain *p) {
  const rp_tflite_tensor *const x = rp_plain_operand(p, 0);
  const rp_tflite_tensor *const pads = rp_plain_operand(p, 1);
  const rp_tflite_tensor *const y = rp_plain_output(p);
  const int32_t *const from = rp_plain_numbers_of(p, x);
  int32_t *const to = rp_plain_numbers_of(p, y);
  const int32_t zero = rp_plain_describe(p, y).zero;
  const int32_t top = (int32_t)rp_tflite_get(pads, 2);
  const int32_t left = (int32_t)rp_tflite_get(pads, 4);
  const int32_t h = x->dims[1], w = x->dims[2], n_c = x->dims[3];
  for (int32_t k = 0; k < y->count; k++) {
    const int32_t c = k % n_c, at = k / n_c;
    const int32_t row = at / y->dims[2] - top, column = at % y->dims[2] - left;
    const bool is_inside = row >= 0 && row < h && column >= 0 && column < w;
    to[k] = is_inside ? from[(row * w + column) * n_c + c] : zero;
  }
}

/* The output's dimension d is the input's dimension order[d]. */
void rp_plain_transpose(rp_tflite_plain *p) {
  const rp_tflite_tensor *const x = rp_plain_operand(p, 0);
  const rp_tflite_tensor *const order = rp_plain_operand(p, 1);
  const rp_tflite_tensor *const y = rp_plain_output(p);
  const int32_t *const from = rp_plain_numbers_of(p, x);
  int32_t *const to = rp_plain_numbers_of(p, y);
  for (int32_t k = 0; k < y->count; k++) {
    int32_t place[RP_TFLITE_DIMS] = {0}, rest = k, at = 0;
    for (int32_t d = y->n_dims - 1; d >= 0; d--) {
      const int32_t of = (int32_t)rp_tflite_get(order, d);
      place[of < 0 ? of + x->n_dims : of] = rest % y->dims[d];
      rest /= y->dims[d];
    }
    for (int32_t d = 0; d < x->n_dims; d++) at = at * x->dims[d] + place[d];
    to[k] = from[at];
  }
}

/* Parts are written one after the other, each as rows of `inner` numbers. */
void rp_plain_concatenation(rp_tflite_plain *p) {
  const rp_tflite_tensor *const y = rp_plain_output(p);
  int32_t *const to = rp_plain_numbers_of(p, y);
  int32_t axis = rp_plain_option(p, 0, 0), inner = 1, begin = 0;
  if (axis < 0) axis += y->n_dims;
  for (int32_t d = axis + 1; d < y->n_dims; d++) inner *= y->dims[d];
  for (int32_t i = 0; i < p->op.input.n; i++) {
    const rp_tflite_tensor *const x = rp_plain_operand(p, i);
    const int32_t *const from = rp_plain_numbers_of(p, x);
    const int32_t row = x->dims[axis] * inner;
    for (int32_t k = 0; k < x->count; k++)
      to[k / row * y->dims[axis] * inner + begin + k % row] = from[k];
    begin += row;
  }
}
