/* Operators of ONNX files that read windows or rows: loops over all taps, in
 * integers and in float32. */
#include <stdlib.h>
#include <string.h>

#include "input/interpret_onnx.h"

/* ---- Windows. ---- */

/* Height and width; of one dimension the height is 1. */
typedef struct window {
  int32_t in[2], kernel[2], out[2];
  int32_t stride[2], dilation[2], before[2];
} window;

/* A list of one number for each of n dimensions, the last of two. */
static rp_status take_list(const rp_onnx_plain *p, const rp_onnx_node *node,
                           const char *name, int32_t n, int32_t list[2]) {
  int32_t found;
  const int64_t *numbers;
  RP_TRY(rp_onnx_get_ints(&p->model, node, name, &found, &numbers, p->err));
  for (int32_t d = 0; d < n && d < found; d++)
    list[d + 2 - n] = (int32_t)numbers[d];
  return RP_OK;
}

static int32_t get_reach(const window *w, int d) {
  return (w->kernel[d] - 1) * w->dilation[d] + 1;
}

/* SAME: as many windows as strides; what is odd of the padding goes behind for
 * SAME_UPPER, before for SAME_LOWER. */
static void place_same(window *w, int d, bool is_lower) {
  w->out[d] = (w->in[d] + w->stride[d] - 1) / w->stride[d];
  const int32_t all =
      (w->out[d] - 1) * w->stride[d] + get_reach(w, d) - w->in[d];
  w->before[d] = all > 0 ? (all + is_lower) / 2 : 0;
}

static rp_status place(const rp_onnx_plain *p, const rp_onnx_node *node,
                       int32_t n, window *w) {
  int32_t found;
  const int64_t *pads;
  const bool is_lower = rp_onnx_is_text(node, "auto_pad", "", "SAME_LOWER");
  const bool is_upper = rp_onnx_is_text(node, "auto_pad", "", "SAME_UPPER");
  RP_TRY(rp_onnx_get_ints(&p->model, node, "pads", &found, &pads, p->err));
  for (int d = 0; d < 2; d++) {
    const int own = d - (2 - n);
    const bool is_padded = own >= 0 && found == 2 * n;
    w->before[d] = is_padded ? (int32_t)pads[own] : 0;
    const int32_t after = is_padded ? (int32_t)pads[own + n] : 0;
    w->out[d] =
        (w->in[d] + w->before[d] + after - get_reach(w, d)) / w->stride[d] + 1;
    if (is_lower || is_upper) place_same(w, d, is_lower);
  }
  return RP_OK;
}

/* Of [1][channels][height][width], or without the height. */
static rp_status take_window(const rp_onnx_plain *p, const rp_onnx_node *node,
                             const rp_onnx_tensor *x, const int32_t kernel[2],
                             window *w) {
  const int32_t n = x->n_dims - 2;
  if (n < 1 || n > 2 || x->dims[0] != 1)
    return rp_plain_refuse(p, "one sample with channels and 1 or 2 sizes");
  *w = (window){.in = {n == 2 ? x->dims[2] : 1, x->dims[n + 1]},
                .kernel = {kernel[0], kernel[1]},
                .stride = {1, 1},
                .dilation = {1, 1}};
  RP_TRY(take_list(p, node, "strides", n, w->stride));
  RP_TRY(take_list(p, node, "dilations", n, w->dilation));
  return place(p, node, n, w);
}

/* Where tap (i, j) of the window at (y, x) lies in its channel; -1: outside. */
static int32_t find_tap(const window *w, int32_t at, int32_t i, int32_t j) {
  const int32_t y =
      at / w->out[1] * w->stride[0] - w->before[0] + i * w->dilation[0];
  const int32_t x =
      at % w->out[1] * w->stride[1] - w->before[1] + j * w->dilation[1];
  const bool is_inside = y >= 0 && y < w->in[0] && x >= 0 && x < w->in[1];
  return is_inside ? y * w->in[1] + x : -1;
}

static rp_status begin_windows(rp_onnx_plain *p, const rp_onnx_tensor *x,
                               const window *w, int32_t type, int32_t channels,
                               rp_onnx_tensor **out) {
  const bool is_flat = x->n_dims == 3;
  const int64_t dims[4] = {1, channels, w->out[is_flat ? 1 : 0], w->out[1]};
  return rp_plain_begin(p, type, x->n_dims, dims, out);
}

/* ---- Sums of products. ---- */

/* A convolution or a dense layer, however the file has written it. */
typedef struct linear {
  const rp_onnx_node *node; /* has the attributes */
  const rp_onnx_tensor *x, *w, *bias;
  const rp_onnx_tensor *w_scale, *w_zero; /* NULL: none, 0 */
  rp_plain_numbers in, out;               /* out.scale 0: sums as they are */
  bool is_transposed;
} linear;

typedef struct sum {
  int64_t whole;
  float real;
} sum;

static int32_t get_type(const linear *l) {
  if (l->x->real) return RP_ONNX_FLOAT;
  if (l->out.scale == 0) return RP_ONNX_INT32;
  return l->out.lo < 0 ? RP_ONNX_INT8 : RP_ONNX_UINT8;
}

static int32_t pick(const rp_onnx_tensor *of, int32_t channel) {
  return of && of->count > 1 ? channel : 0;
}

static void multiply(const linear *l, int32_t x, int32_t w, int32_t channel,
                     sum *s) {
  if (l->x->real) {
    const float product = l->x->real[x] * l->w->real[w];
    s->real = s->real + product;
    return;
  }
  const int64_t zero = rp_onnx_get_integer(l->w_zero, pick(l->w_zero, channel));
  s->whole += (l->x->integer[x] - l->in.zero) * (l->w->integer[w] - zero);
}

static void finish(const linear *l, const sum *s, int32_t channel,
                   rp_onnx_tensor *y, int32_t k) {
  if (y->real) {
    const int32_t i = pick(l->bias, channel);
    y->real[k] = l->bias ? s->real + l->bias->real[i] : s->real;
    return;
  }
  const int64_t z = s->whole + rp_onnx_get_integer(l->bias, channel);
  y->integer[k] = z;
  if (l->out.scale == 0) return;
  const float scale = rp_onnx_get_real(l->w_scale, pick(l->w_scale, channel));
  y->integer[k] =
      rp_plain_requantize(RP_PLAIN_FLOAT, z, &l->in, scale, true, &l->out);
}

static rp_status check_operands(const rp_onnx_plain *p, const linear *l) {
  const bool is_real = l->x && l->x->real;
  const bool fits = l->x && l->w && rp_onnx_is_constant(l->x) &&
                    (is_real ? l->w->real != NULL : l->w->integer != NULL) &&
                    (!l->bias || (is_real ? l->bias->real != NULL
                                          : l->bias->integer != NULL));
  return fits ? RP_OK : rp_plain_refuse(p, "numbers and weights of one kind");
}

static sum sum_window(const linear *l, const window *w, int32_t at, int32_t c,
                      int32_t first) {
  const int32_t n = l->w->dims[1], area = w->in[0] * w->in[1];
  int32_t tap = c * n * w->kernel[0] * w->kernel[1];
  sum s = {0, 0};
  for (int32_t k = 0; k < n; k++)
    for (int32_t i = 0; i < w->kernel[0]; i++)
      for (int32_t j = 0; j < w->kernel[1]; j++, tap++) {
        const int32_t from = find_tap(w, at, i, j);
        if (from >= 0) multiply(l, (first + k) * area + from, tap, c, &s);
      }
  return s;
}

static rp_status run_conv(rp_onnx_plain *p, const linear *l) {
  int64_t groups;
  window w;
  rp_onnx_tensor *y;
  RP_TRY(check_operands(p, l));
  const int32_t n = l->w->n_dims, channels = l->w->dims[0];
  const int32_t kernel[2] = {n == 4 ? l->w->dims[2] : 1, l->w->dims[n - 1]};
  RP_TRY(rp_onnx_get_int(&p->model, l->node, "group", 1, &groups, p->err));
  RP_TRY(take_window(p, l->node, l->x, kernel, &w));
  RP_TRY(begin_windows(p, l->x, &w, get_type(l), channels, &y));
  const int32_t area = w.out[0] * w.out[1];
  const int32_t in_a_group = channels / (int32_t)groups;
  for (int32_t k = 0; k < y->count; k++) {
    const int32_t c = k / area;
    const int32_t first = c / in_a_group * l->w->dims[1];
    const sum s = sum_window(l, &w, k % area, c, first);
    finish(l, &s, c, y, k);
  }
  return RP_OK;
}

static rp_status run_dense(rp_onnx_plain *p, const linear *l) {
  int64_t dims[RP_ONNX_DIMS];
  rp_onnx_tensor *y;
  RP_TRY(check_operands(p, l));
  const int32_t n = l->w->dims[l->is_transposed ? 1 : 0];
  const int32_t channels = l->w->dims[l->is_transposed ? 0 : 1];
  if (l->x->count != n) return rp_plain_refuse(p, "one row of numbers");
  for (int32_t d = 0; d < l->x->n_dims; d++) dims[d] = l->x->dims[d];
  dims[l->x->n_dims - 1] = channels;
  RP_TRY(rp_plain_begin(p, get_type(l), l->x->n_dims, dims, &y));
  for (int32_t c = 0; c < channels; c++) {
    sum s = {0, 0};
    for (int32_t i = 0; i < n; i++)
      multiply(l, i, l->is_transposed ? c * n + i : i * channels + c, c, &s);
    finish(l, &s, c, y, c);
  }
  return RP_OK;
}

/* ---- With scales and zero points as operands. ---- */

static linear begin_qlinear(const rp_onnx_plain *p, int32_t i_bias,
                            int32_t i_out) {
  const rp_onnx_node *const node = p->node;
  return (linear){.node = node,
                  .x = rp_onnx_operand(&p->model, node, 0),
                  .w = rp_onnx_operand(&p->model, node, 3),
                  .w_scale = rp_onnx_operand(&p->model, node, 4),
                  .w_zero = rp_onnx_operand(&p->model, node, 5),
                  .bias = rp_onnx_operand(&p->model, node, i_bias),
                  .in = rp_plain_take_numbers(p, node, 1, 2),
                  .out = rp_plain_take_numbers(p, node, i_out, i_out + 1)};
}

rp_status rp_plain_qlinear_conv(rp_onnx_plain *p) {
  const linear l = begin_qlinear(p, 8, 6);
  return run_conv(p, &l);
}

rp_status rp_plain_qlinear_matmul(rp_onnx_plain *p) {
  const linear l = begin_qlinear(p, RP_ONNX_NONE, 6);
  return run_dense(p, &l);
}

static rp_status take_transposed(const rp_onnx_plain *p, linear *l) {
  int64_t is_transposed;
  RP_TRY(
      rp_onnx_get_int(&p->model, l->node, "transB", 0, &is_transposed, p->err));
  l->is_transposed = is_transposed != 0;
  return RP_OK;
}

rp_status rp_plain_qgemm(rp_onnx_plain *p) {
  linear l = begin_qlinear(p, 6, 7);
  RP_TRY(take_transposed(p, &l));
  return run_dense(p, &l);
}

static linear begin_integer(const rp_onnx_plain *p) {
  const rp_onnx_tensor *const zero = rp_onnx_operand(&p->model, p->node, 2);
  return (linear){.node = p->node,
                  .x = rp_onnx_operand(&p->model, p->node, 0),
                  .w = rp_onnx_operand(&p->model, p->node, 1),
                  .w_zero = rp_onnx_operand(&p->model, p->node, 3),
                  .in = {.zero = (int32_t)rp_onnx_get_integer(zero, 0)}};
}

rp_status rp_plain_conv_integer(rp_onnx_plain *p) {
  const linear l = begin_integer(p);
  return run_conv(p, &l);
}

rp_status rp_plain_matmul_integer(rp_onnx_plain *p) {
  const linear l = begin_integer(p);
  return run_dense(p, &l);
}

/* ---- In float32. ---- */

static linear begin_float(const rp_onnx_plain *p) {
  return (linear){.node = p->node,
                  .x = rp_onnx_operand(&p->model, p->node, 0),
                  .w = rp_onnx_operand(&p->model, p->node, 1),
                  .bias = rp_onnx_operand(&p->model, p->node, 2)};
}

rp_status rp_plain_float_conv(rp_onnx_plain *p) {
  const linear l = begin_float(p);
  return run_conv(p, &l);
}

rp_status rp_plain_float_matmul(rp_onnx_plain *p) {
  const linear l = begin_float(p);
  return run_dense(p, &l);
}

rp_status rp_plain_float_gemm(rp_onnx_plain *p) {
  linear l = begin_float(p);
  RP_TRY(take_transposed(p, &l));
  return run_dense(p, &l);
}

/* ---- Sums of integers, with a quantizer behind them. ---- */

static rp_status run_mean(rp_onnx_plain *p, const rp_onnx_tensor *x,
                          const rp_plain_numbers *in,
                          const rp_plain_numbers *out) {
  int64_t dims[RP_ONNX_DIMS];
  rp_onnx_tensor *y;
  if (!x || !x->integer || x->n_dims < 3 || x->dims[1] < 1)
    return rp_plain_refuse(p, "integers with channels and positions");
  const int32_t n = x->count / x->dims[1];
  rp_plain_numbers all = *out;
  all.scale = out->scale * (float)n;
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = d < 2 ? x->dims[d] : 1;
  RP_TRY(rp_plain_begin(p, out->lo < 0 ? RP_ONNX_INT8 : RP_ONNX_UINT8,
                        x->n_dims, dims, &y));
  for (int32_t c = 0; c < y->count; c++) {
    int64_t z = 0;
    for (int32_t i = 0; i < n; i++) z += x->integer[c * n + i] - in->zero;
    y->integer[c] = rp_plain_requantize(RP_PLAIN_FLOAT, z, in, 1, true, &all);
  }
  return RP_OK;
}

rp_status rp_plain_qlinear_mean(rp_onnx_plain *p) {
  const rp_plain_numbers in = rp_plain_take_numbers(p, p->node, 1, 2);
  const rp_plain_numbers out = rp_plain_take_numbers(p, p->node, 3, 4);
  return run_mean(p, rp_onnx_operand(&p->model, p->node, 0), &in, &out);
}

static rp_status run_add(rp_onnx_plain *p, const rp_onnx_tensor *const x[2],
                         const rp_plain_numbers in[2],
                         const rp_plain_numbers *out) {
  rp_onnx_tensor *y;
  if (!x[0] || !x[1] || !x[0]->integer || !x[1]->integer ||
      x[0]->count != x[1]->count)
    return rp_plain_refuse(p, "two summands of integers");
  RP_TRY(rp_plain_begin_like(p, out->lo < 0 ? RP_ONNX_INT8 : RP_ONNX_UINT8,
                             x[0], &y));
  for (int32_t i = 0; i < y->count; i++)
    y->integer[i] =
        rp_plain_add_in_float((int32_t)x[0]->integer[i], &in[0],
                              (int32_t)x[1]->integer[i], &in[1], out);
  return RP_OK;
}

rp_status rp_plain_qlinear_add(rp_onnx_plain *p) {
  const rp_onnx_tensor *const x[2] = {rp_onnx_operand(&p->model, p->node, 0),
                                      rp_onnx_operand(&p->model, p->node, 3)};
  const rp_plain_numbers in[2] = {rp_plain_take_numbers(p, p->node, 1, 2),
                                  rp_plain_take_numbers(p, p->node, 4, 5)};
  const rp_plain_numbers out = rp_plain_take_numbers(p, p->node, 6, 7);
  return run_add(p, x, in, &out);
}

/* ---- Groups in QDQ form. ---- */

/* The operands of the dequantizer that made the i-th operand. */
static const rp_onnx_node *
find_dequantizer(const rp_onnx_plain *p, const rp_onnx_node *node, int32_t i) {
  if (i >= node->n_inputs || node->input[i] == RP_ONNX_NONE) return NULL;
  const int32_t k = p->model.value[node->input[i]].producer;
  return k == RP_ONNX_NONE ? NULL : &p->model.node[k];
}

static rp_status run_linear(rp_onnx_plain *p, const rp_onnx_node *node,
                            const rp_plain_numbers *out) {
  const rp_onnx_node *const w = find_dequantizer(p, node, 1);
  const rp_onnx_node *const bias = find_dequantizer(p, node, 2);
  if (!w) return rp_plain_refuse(p, "dequantized weights");
  linear l = {.node = node,
              .x = rp_onnx_operand(&p->model, node, 0),
              .w = rp_onnx_operand(&p->model, w, 0),
              .w_scale = rp_onnx_operand(&p->model, w, 1),
              .w_zero = rp_onnx_operand(&p->model, w, 2),
              .in = rp_plain_state(p, node, 0)->scaled,
              .out = *out};
  if (bias) l.bias = rp_onnx_operand(&p->model, bias, 0);
  RP_TRY(take_transposed(p, &l));
  return !strcmp(node->op, "Conv") ? run_conv(p, &l) : run_dense(p, &l);
}

rp_status rp_plain_run_group(rp_onnx_plain *p, const rp_onnx_state *behind) {
  const rp_onnx_node *const node = behind->pending;
  const rp_onnx_state *const of[2] = {rp_plain_state(p, node, 0),
                                      rp_plain_state(p, node, 1)};
  const rp_onnx_tensor *const x[2] = {rp_onnx_operand(&p->model, node, 0),
                                      rp_onnx_operand(&p->model, node, 1)};
  rp_plain_numbers out = rp_plain_take_numbers(p, p->node, 1, 2);
  if (behind->has_relu && out.zero > out.lo) out.lo = out.zero;
  if (!strcmp(node->op, "GlobalAveragePool"))
    return run_mean(p, x[0], &of[0]->scaled, &out);
  if (strcmp(node->op, "Add") != 0 || !of[1]) return run_linear(p, node, &out);
  const rp_plain_numbers in[2] = {of[0]->scaled, of[1]->scaled};
  return run_add(p, x, in, &out);
}

/* ---- Maxima. ---- */

static void take_greatest(const window *w, const rp_onnx_tensor *x, int32_t at,
                          int32_t c, rp_onnx_tensor *y, int32_t k) {
  bool is_first = true;
  for (int32_t i = 0; i < w->kernel[0]; i++)
    for (int32_t j = 0; j < w->kernel[1]; j++) {
      const int32_t tap = find_tap(w, at, i, j);
      const int32_t from = c * w->in[0] * w->in[1] + tap;
      if (tap < 0) continue;
      if (y->real && (is_first || x->real[from] > y->real[k]))
        y->real[k] = x->real[from];
      if (y->integer && (is_first || x->integer[from] > y->integer[k]))
        y->integer[k] = x->integer[from];
      is_first = false;
    }
}

rp_status rp_plain_max_pool(rp_onnx_plain *p) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&p->model, p->node, 0);
  int32_t kernel[2] = {1, 1};
  window w;
  rp_onnx_tensor *y;
  if (!x || !rp_onnx_is_constant(x)) return rp_plain_refuse(p, "numbers");
  RP_TRY(take_list(p, p->node, "kernel_shape", x->n_dims - 2, kernel));
  RP_TRY(take_window(p, p->node, x, kernel, &w));
  RP_TRY(begin_windows(p, x, &w, x->type, x->dims[1], &y));
  const int32_t area = w.out[0] * w.out[1];
  for (int32_t k = 0; k < y->count; k++)
    take_greatest(&w, x, k % area, k / area, y, k);
  return RP_OK;
}
