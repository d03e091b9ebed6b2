/* Operators of ONNX files on one number after the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/interpret_onnx.h"
#include "input/network_onnx_fold.h"

static const rp_onnx_tensor *get_operand(const rp_onnx_plain *p, int32_t i) {
  return rp_onnx_operand(&p->model, p->node, i);
}

/* A float32 operand 0, and an output of its shape. */
static rp_status begin_reals(rp_onnx_plain *p, const rp_onnx_tensor **x,
                             rp_onnx_tensor **y) {
  *x = get_operand(p, 0);
  if (!*x || !(*x)->real) return rp_plain_refuse(p, "numbers of float32");
  return rp_plain_begin_like(p, RP_ONNX_FLOAT, *x, y);
}

/* One number of any type. */
static float get_number(const rp_onnx_tensor *t, int32_t i) {
  return t && t->real ? rp_onnx_get_real(t, i)
                      : (float)rp_onnx_get_integer(t, i);
}

/* ---- Quantizers and dequantizers of ONNX. ---- */

rp_plain_numbers rp_plain_take_numbers(const rp_onnx_plain *p,
                                       const rp_onnx_node *node,
                                       int32_t i_scale, int32_t i_zero) {
  const rp_onnx_tensor *const scale = rp_onnx_operand(&p->model, node, i_scale);
  const rp_onnx_tensor *const zero = rp_onnx_operand(&p->model, node, i_zero);
  const bool is_signed = zero && zero->type == RP_ONNX_INT8;
  return (rp_plain_numbers){rp_onnx_get_real(scale, 0),
                            (int32_t)rp_onnx_get_integer(zero, 0),
                            is_signed ? -128 : 0, is_signed ? 127 : 255};
}

/* Numbers below an axis that have one scale. */
static int32_t count_inner(const rp_onnx_tensor *x, int64_t axis) {
  int32_t inner = 1;
  for (int64_t d = (axis < 0 ? axis + x->n_dims : axis) + 1; d < x->n_dims; d++)
    inner *= x->dims[d];
  return inner;
}

static rp_status quantize_reals(rp_onnx_plain *p, const rp_onnx_tensor *x) {
  const rp_onnx_tensor *const scale = get_operand(p, 1);
  const rp_onnx_tensor *const zero = get_operand(p, 2);
  const rp_plain_numbers of = rp_plain_take_numbers(p, p->node, 1, 2);
  int64_t axis;
  rp_onnx_tensor *y;
  if (!x || !x->real || !scale || !scale->real || scale->count < 1)
    return rp_plain_refuse(p, "numbers and scales of float32");
  RP_TRY(rp_onnx_get_int(&p->model, p->node, "axis", 1, &axis, p->err));
  RP_TRY(
      rp_plain_begin_like(p, of.lo < 0 ? RP_ONNX_INT8 : RP_ONNX_UINT8, x, &y));
  const int32_t inner = scale->count == 1 ? 1 : count_inner(x, axis);
  for (int32_t i = 0; i < y->count; i++) {
    const int32_t c = scale->count == 1 ? 0 : i / inner % scale->count;
    const float quotient = x->real[i] / scale->real[c];
    const float steps =
        nearbyintf(quotient) + (float)rp_onnx_get_integer(zero, c);
    y->integer[i] = steps < (float)of.lo   ? of.lo
                    : steps > (float)of.hi ? of.hi
                                           : (int64_t)steps;
  }
  return RP_OK;
}

static rp_status copy_integers(rp_onnx_plain *p) {
  const rp_onnx_tensor *const x = get_operand(p, 0);
  rp_onnx_tensor *y;
  if (!x || !x->integer) return rp_plain_refuse(p, "integers");
  RP_TRY(rp_plain_begin_like(p, x->type, x, &y));
  memcpy(y->integer, x->integer, sizeof *y->integer * (size_t)x->count);
  return RP_OK;
}

rp_status rp_plain_quantize_linear(rp_onnx_plain *p) {
  const rp_onnx_state *const in = rp_plain_state(p, p->node, 0);
  if (in && in->pending) return rp_plain_run_group(p, in);
  if (in && in->scaled.scale > 0) return copy_integers(p);
  return quantize_reals(p, get_operand(p, 0));
}

/* The integers stay as they are, and it is said what they stand for. */
rp_status rp_plain_dequantize(rp_onnx_plain *p) {
  p->state[p->node->output[0]].scaled = rp_plain_take_numbers(p, p->node, 1, 2);
  return copy_integers(p);
}

bool rp_plain_remember(rp_onnx_plain *p) {
  const rp_onnx_state *const in = rp_plain_state(p, p->node, 0);
  const char *const op = p->node->op;
  const bool is_limit = !strcmp(op, "Relu") || !strcmp(op, "Clip");
  const bool computes = !strcmp(op, "Conv") || !strcmp(op, "MatMul") ||
                        !strcmp(op, "Gemm") || !strcmp(op, "Add") ||
                        !strcmp(op, "GlobalAveragePool");
  if (!in || (!in->pending && !(in->scaled.scale > 0)) ||
      !(computes || (is_limit && in->pending)))
    return false;
  rp_onnx_state *const out = &p->state[p->node->output[0]];
  out->pending = is_limit ? in->pending : p->node;
  out->has_relu = is_limit && (in->has_relu || !strcmp(op, "Relu"));
  return true;
}

/* ---- Limits. ---- */

static rp_status limit_integers(rp_onnx_plain *p, bool is_relu) {
  const int32_t zero = rp_plain_state(p, p->node, 0)->scaled.zero;
  RP_TRY(copy_integers(p));
  const rp_onnx_tensor *const y = rp_onnx_output(&p->model, p->node, 0);
  for (int32_t i = 0; is_relu && i < y->count; i++)
    if (y->integer[i] < zero) y->integer[i] = zero;
  return RP_OK;
}

static rp_status limit_reals(rp_onnx_plain *p, float least, float most) {
  const rp_onnx_tensor *x;
  rp_onnx_tensor *y;
  RP_TRY(begin_reals(p, &x, &y));
  for (int32_t i = 0; i < y->count; i++)
    y->real[i] = fminf(fmaxf(x->real[i], least), most);
  return RP_OK;
}

static bool is_scaled(const rp_onnx_plain *p) {
  const rp_onnx_state *const in = rp_plain_state(p, p->node, 0);
  return in && in->scaled.scale > 0;
}

rp_status rp_plain_relu(rp_onnx_plain *p) {
  return is_scaled(p) ? limit_integers(p, true) : limit_reals(p, 0, INFINITY);
}

/* Of dequantized numbers the runtime drops it. */
rp_status rp_plain_limits(rp_onnx_plain *p) {
  float least, most;
  if (is_scaled(p)) return limit_integers(p, false);
  RP_TRY(
      rp_onnx_get_float(&p->model, p->node, "min", -INFINITY, &least, p->err));
  RP_TRY(rp_onnx_get_float(&p->model, p->node, "max", INFINITY, &most, p->err));
  if (get_operand(p, 1)) least = get_number(get_operand(p, 1), 0);
  if (get_operand(p, 2)) most = get_number(get_operand(p, 2), 0);
  return limit_reals(p, least, most);
}

/* ---- Norms. ---- */

/* The channel of a number: the second dimension. */
static int32_t find_channel(const rp_onnx_tensor *x, int32_t i) {
  return i / count_inner(x, 1) % x->dims[1];
}

rp_status rp_plain_batch_norm(rp_onnx_plain *p) {
  const rp_onnx_tensor *x;
  rp_onnx_tensor *y;
  float epsilon;
  RP_TRY(rp_onnx_get_float(&p->model, p->node, "epsilon", 1e-5F, &epsilon,
                           p->err));
  RP_TRY(begin_reals(p, &x, &y));
  if (x->n_dims < 2) return rp_plain_refuse(p, "channels");
  for (int32_t i = 0; i < y->count; i++) {
    const int32_t c = find_channel(x, i);
    const float spread = get_number(get_operand(p, 4), c) + epsilon;
    const float gain = 1.0F / sqrtf(spread) * get_number(get_operand(p, 1), c);
    const float moved = get_number(get_operand(p, 3), c) * gain;
    const float shift = get_number(get_operand(p, 2), c) - moved;
    const float product = x->real[i] * gain;
    y->real[i] = product + shift;
  }
  return RP_OK;
}

/* ---- Quantizers of QONNX. ---- */

/* What each rounding does with a number's whole part and the rest, 0..1. */
static float round_level(const rp_onnx_node *node, float x) {
  const float below = floorf(x), rest = x - below;
  const bool is_even = fmodf(below, 2) == 0;
  const char *const name = "rounding_mode";
  bool up = rest > 0.5F || (rest == 0.5F && !is_even);
  if (rp_onnx_is_text(node, name, "", "CEIL")) up = rest > 0;
  if (rp_onnx_is_text(node, name, "", "FLOOR")) up = false;
  if (rp_onnx_is_text(node, name, "", "UP")) up = rest > 0 && x > 0;
  if (rp_onnx_is_text(node, name, "", "DOWN") ||
      rp_onnx_is_text(node, name, "", "ROUND_TO_ZERO"))
    up = rest > 0 && x < 0;
  if (rp_onnx_is_text(node, name, "", "HALF_UP"))
    up = rest > 0.5F || (rest == 0.5F && x > 0);
  if (rp_onnx_is_text(node, name, "", "HALF_DOWN"))
    up = rest > 0.5F || (rest == 0.5F && x < 0);
  return up ? below + 1 : below;
}

static rp_status find_levels(const rp_onnx_plain *p, float *least,
                             float *most) {
  int64_t is_signed, is_narrow;
  const float bits = get_number(get_operand(p, 3), 0);
  RP_TRY(rp_onnx_get_int(&p->model, p->node, "signed", 1, &is_signed, p->err));
  RP_TRY(rp_onnx_get_int(&p->model, p->node, "narrow", 0, &is_narrow, p->err));
  const float narrow = is_narrow ? 1 : 0;
  *least = is_signed ? -exp2f(bits - 1) + narrow : 0;
  *most = is_signed ? exp2f(bits - 1) - 1 : exp2f(bits) - 1 - narrow;
  return RP_OK;
}

rp_status rp_plain_quant(rp_onnx_plain *p) {
  const rp_onnx_tensor *const scale = get_operand(p, 1);
  const rp_onnx_tensor *const zero = get_operand(p, 2);
  const rp_onnx_tensor *x;
  rp_onnx_tensor *y;
  float least, most;
  RP_TRY(find_levels(p, &least, &most));
  RP_TRY(begin_reals(p, &x, &y));
  if (!scale || !scale->real || !zero)
    return rp_plain_refuse(p, "a scale and a zero point");
  for (int32_t i = 0; i < y->count; i++) {
    const float s = scale->real[rp_onnx_find_repeated(x, scale, i)];
    const float z = get_number(zero, rp_onnx_find_repeated(x, zero, i));
    const float quotient = x->real[i] / s;
    const float moved = quotient + z;
    const float level = round_level(p->node, fminf(fmaxf(moved, least), most));
    const float above = level - z;
    y->real[i] = above * s;
  }
  return RP_OK;
}

rp_status rp_plain_bipolar(rp_onnx_plain *p) {
  const rp_onnx_tensor *const scale = get_operand(p, 1);
  const rp_onnx_tensor *x;
  rp_onnx_tensor *y;
  RP_TRY(begin_reals(p, &x, &y));
  if (!scale || !scale->real) return rp_plain_refuse(p, "a scale");
  for (int32_t i = 0; i < y->count; i++) {
    const float s = scale->real[rp_onnx_find_repeated(x, scale, i)];
    y->real[i] = x->real[i] >= 0 ? s : -s;
  }
  return RP_OK;
}

rp_status rp_plain_thresholds(rp_onnx_plain *p) {
  const rp_onnx_tensor *const t = get_operand(p, 1);
  const rp_onnx_tensor *x;
  rp_onnx_tensor *y;
  float scale, bias;
  RP_TRY(rp_onnx_get_float(&p->model, p->node, "out_scale", 1, &scale, p->err));
  RP_TRY(rp_onnx_get_float(&p->model, p->node, "out_bias", 0, &bias, p->err));
  RP_TRY(begin_reals(p, &x, &y));
  if (!t || !t->real || t->n_dims != 2 || x->n_dims < 2 ||
      (t->dims[0] != 1 && t->dims[0] != x->dims[1]))
    return rp_plain_refuse(p, "a row of thresholds, or one for each channel");
  const int32_t n = t->dims[1];
  for (int32_t i = 0; i < y->count; i++) {
    const int32_t row = t->dims[0] == 1 ? 0 : find_channel(x, i);
    int32_t reached = 0;
    for (int32_t k = 0; k < n; k++)
      if (x->real[i] >= t->real[row * n + k]) reached++;
    const float product = scale * (float)reached;
    y->real[i] = product + bias;
  }
  return RP_OK;
}

/* ---- Moves. ---- */

rp_status rp_plain_qlinear_concat(rp_onnx_plain *p) {
  rp_onnx_node parts = *p->node;
  parts.op = "Concat";
  parts.domain = "";
  parts.n_inputs = (p->node->n_inputs - 2) / 3;
  parts.input = rp_alloc((size_t)parts.n_inputs, sizeof *parts.input);
  if (!parts.input)
    return rp_fail(p->err, RP_E_MEMORY, "interpreter: out of memory");
  for (int32_t i = 0; i < parts.n_inputs; i++)
    parts.input[i] = p->node->input[2 + 3 * i];
  const rp_status status = rp_plain_fold(p, &parts);
  free(parts.input);
  return status;
}

/* How far each side reaches beyond the input: all before, then all behind. */
static rp_status find_pads(const rp_onnx_plain *p, const int64_t **pads) {
  const rp_onnx_tensor *const x = get_operand(p, 0);
  const rp_onnx_tensor *const list = get_operand(p, 1);
  int32_t n = list && list->integer ? list->count : 0;
  if (n > 0) *pads = list->integer;
  if (!list)
    RP_TRY(rp_onnx_get_ints(&p->model, p->node, "pads", &n, pads, p->err));
  return x && x->integer && n == 2 * x->n_dims
             ? RP_OK
             : rp_plain_refuse(p, "integers, and two pads a dimension");
}

rp_status rp_plain_pad_onnx(rp_onnx_plain *p) {
  const rp_onnx_tensor *const x = get_operand(p, 0);
  const int64_t number = rp_onnx_get_integer(get_operand(p, 2), 0);
  const int64_t *pads = NULL;
  int64_t dims[RP_ONNX_DIMS];
  rp_onnx_tensor *y;
  RP_TRY(find_pads(p, &pads));
  for (int32_t d = 0; d < x->n_dims; d++)
    dims[d] = x->dims[d] + pads[d] + pads[d + x->n_dims];
  RP_TRY(rp_plain_begin(p, x->type, x->n_dims, dims, &y));
  for (int32_t k = 0; k < y->count; k++) {
    int64_t from = 0, stride = 1;
    int32_t rest = k;
    bool is_inside = true;
    for (int32_t d = y->n_dims - 1; d >= 0; d--) {
      const int64_t at = rest % y->dims[d] - pads[d];
      is_inside = is_inside && at >= 0 && at < x->dims[d];
      from += at * stride;
      stride *= x->dims[d];
      rest /= y->dims[d];
    }
    y->integer[k] = is_inside ? x->integer[from] : number;
  }
  return RP_OK;
}
