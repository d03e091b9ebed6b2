/* Quantizers of QONNX and FINN: from float32 numbers to levels, and what levels
 * stand for. They are computed as the qonnx package does it, in binary32. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/network_onnx_float.h"
#include "net/input_quantizer.h"

enum { MOST_BITS = 16 };

bool rp_onnx_is_quantizer(const rp_onnx_node *node) {
  return rp_text_is_one_of(
             node->domain,
             "qonnx.custom_op.general|finn.custom_op.general|onnx.brevitas") &&
         rp_text_is_one_of(node->op,
                           "Quant|IntQuant|BipolarQuant|MultiThreshold");
}

/* ---- How numbers are rounded. ---- */

static float round_away(float x) {
  return x < 0 ? floorf(x) : ceilf(x);
}

static float round_half_away(float x) {
  return copysignf(floorf(fabsf(x) + 0.5F), x);
}

static float round_half_to_zero(float x) {
  return copysignf(ceilf(fabsf(x) - 0.5F), x);
}

static const struct {
  const char *name;
  float (*round)(float);
} roundings[] = {{"ROUND", rintf},
                 {"HALF_EVEN", rintf},
                 {"CEIL", ceilf},
                 {"FLOOR", floorf},
                 {"UP", round_away},
                 {"DOWN", truncf},
                 {"ROUND_TO_ZERO", truncf},
                 {"HALF_UP", round_half_away},
                 {"HALF_DOWN", round_half_to_zero}};

static rp_status find_rounding(const rp_onnx_node *node, rp_onnx_quantizer *q,
                               rp_error *err) {
  for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++)
    if (rp_onnx_is_text(node, "rounding_mode", "ROUND", roundings[i].name)) {
      q->round = roundings[i].round;
      return RP_OK;
    }
  return rp_fail(err, RP_E_INPUT,
                 "attribute rounding_mode: expected ROUND, HALF_EVEN, CEIL, "
                 "FLOOR, UP, DOWN, ROUND_TO_ZERO, HALF_UP or HALF_DOWN, found "
                 "another");
}

int32_t rp_onnx_find_level(const rp_onnx_quantizer *q, int32_t channel,
                           float x) {
  if (q->kind == RP_ONNX_BIPOLAR) return x >= 0;
  if (q->kind == RP_ONNX_QUANT) {
    const float y = x / q->scale + q->zero;
    const float raised = y > (float)q->lo ? y : (float)q->lo;
    return (int32_t)q->round(raised < (float)q->hi ? raised : (float)q->hi);
  }
  const float *const row =
      q->threshold + (size_t)(q->n_rows == 1 ? 0 : channel) * (size_t)q->hi;
  int32_t level = 0;
  for (int32_t t = 0; t < q->hi; t++) level += x >= row[t];
  return level;
}

float rp_onnx_get_level(const rp_onnx_quantizer *q, int32_t level) {
  if (q->kind == RP_ONNX_BIPOLAR) return level ? q->scale : -q->scale;
  if (q->kind == RP_ONNX_QUANT) return ((float)level - q->zero) * q->scale;
  return q->scale * (float)level + q->bias;
}

/* ---- What nodes say. ---- */

/* One number of any type that is read. */
static rp_status get_scalar(const rp_onnx_model *m, const rp_onnx_node *node,
                            int32_t i, const char *what, float *number,
                            rp_error *err) {
  const rp_onnx_tensor *const t = rp_onnx_operand(m, node, i);
  if (!t || t->count != 1 || !rp_onnx_is_constant(t))
    return rp_fail(err, RP_E_INPUT,
                   "operand %d: expected one constant %s, found %d", i, what,
                   t && rp_onnx_is_constant(t) ? t->count : 0);
  *number = t->real ? t->real[0] : (float)t->integer[0];
  return RP_OK;
}

/* The qonnx package computes in float64 with a scale or a zero point of
 * integers; that is the same only for a zero point of 0. */
static bool has_float32(const rp_onnx_tensor *t, bool is_zero) {
  bool is_plain = t->real != NULL;
  if (!is_plain && is_zero && t->integer) {
    is_plain = true;
    for (int32_t i = 0; i < t->count; i++) is_plain &= t->integer[i] == 0;
  }
  return is_plain;
}

static rp_status get_number(const rp_onnx_model *m, const rp_onnx_node *node,
                            int32_t i, float *number, rp_error *err) {
  const char *const what = i == 1 ? "scale" : "zero point";
  RP_TRY(get_scalar(m, node, i, what, number, err));
  if (has_float32(rp_onnx_operand(m, node, i), i == 2)) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "operand %d: expected a %s of float32, found %s", i, what,
                 rp_onnx_type_name(rp_onnx_operand(m, node, i)->type));
}

static rp_status check_scale(float scale, rp_error *err) {
  if (isnormal(scale) && scale > 0) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "expected a positive scale, found %g",
                 (double)scale);
}

/* All but scale and zero point, of which weights have several. */
static rp_status take_range(const rp_onnx_model *m, const rp_onnx_node *node,
                            rp_onnx_quantizer *q, rp_error *err) {
  float bits;
  int64_t is_signed, is_narrow;
  RP_TRY(get_scalar(m, node, 3, "number of bits", &bits, err));
  RP_TRY(rp_onnx_get_int(m, node, "signed", -1, &is_signed, err));
  RP_TRY(rp_onnx_get_int(m, node, "narrow", -1, &is_narrow, err));
  if (is_signed < 0 || is_signed > 1 || is_narrow < 0 || is_narrow > 1)
    return rp_fail(err, RP_E_INPUT,
                   "expected attributes signed and narrow of 0 or 1, found "
                   "others or none");
  if (!(bits >= 1 && bits <= MOST_BITS) || bits != floorf(bits))
    return rp_fail(err, RP_E_INPUT, "expected 1..%d bits, found %g", MOST_BITS,
                   (double)bits);
  if (bits == 1 && is_signed)
    return rp_fail(err, RP_E_INPUT,
                   "expected 2 bits or more, found a signed bit, which the "
                   "qonnx package makes -1 or 1: BipolarQuant says that");
  const int32_t half = 1 << ((int32_t)bits - 1);
  q->kind = RP_ONNX_QUANT;
  q->lo = is_signed ? (int32_t)is_narrow - half : 0;
  q->hi = (is_signed ? half : 2 * half - (int32_t)is_narrow) - 1;
  if (q->lo >= q->hi)
    return rp_fail(err, RP_E_INPUT, "expected two levels or more, found one");
  return find_rounding(node, q, err);
}

/* Zero points shift levels by whole numbers. */
static rp_status check_zero(const rp_onnx_quantizer *q, rp_error *err) {
  if (q->zero == floorf(q->zero) && fabsf(q->zero) <= (1 << MOST_BITS))
    return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "expected an integer zero point of at most %d bits, found %g",
                 MOST_BITS, (double)q->zero);
}

static rp_status take_quant(const rp_onnx_model *m, const rp_onnx_node *node,
                            rp_onnx_quantizer *q, rp_error *err) {
  RP_TRY(take_range(m, node, q, err));
  RP_TRY(get_number(m, node, 1, &q->scale, err));
  RP_TRY(get_number(m, node, 2, &q->zero, err));
  RP_TRY(check_zero(q, err));
  return check_scale(q->scale, err);
}

static rp_status take_bipolar(const rp_onnx_model *m, const rp_onnx_node *node,
                              rp_onnx_quantizer *q, rp_error *err) {
  q->kind = RP_ONNX_BIPOLAR;
  q->hi = 1;
  RP_TRY(get_number(m, node, 1, &q->scale, err));
  return check_scale(q->scale, err);
}

static rp_status take_thresholds(const rp_onnx_model *m,
                                 const rp_onnx_node *node, rp_onnx_quantizer *q,
                                 rp_error *err) {
  const rp_onnx_tensor *const x = rp_onnx_operand(m, node, 0);
  const rp_onnx_tensor *const t = rp_onnx_operand(m, node, 1);
  q->kind = RP_ONNX_THRESHOLDS;
  RP_TRY(rp_onnx_get_float(m, node, "out_scale", 1, &q->scale, err));
  RP_TRY(rp_onnx_get_float(m, node, "out_bias", 0, &q->bias, err));
  if (!rp_onnx_is_text(node, "data_layout", "NCHW", "NCHW") &&
      !rp_onnx_is_text(node, "data_layout", "NCHW", "NC"))
    return rp_fail(err, RP_E_INPUT,
                   "attribute data_layout: expected NCHW or NC, found another");
  if (!t || !t->real || t->n_dims != 2 || t->dims[1] < 1 ||
      t->dims[1] >= RP_MOST_STEPS || !x || x->n_dims < 2 ||
      (t->dims[0] != 1 && t->dims[0] != x->dims[1]))
    return rp_fail(err, RP_E_INPUT,
                   "operand 1: expected constant thresholds of float32 for all "
                   "channels, or for each of them, found others");
  for (int32_t i = 0; i < t->count; i++)
    if (isnan(t->real[i]))
      return rp_fail(err, RP_E_INPUT, "threshold %d: it is no number", i);
  q->n_rows = t->dims[0];
  q->hi = t->dims[1];
  q->threshold = t->real;
  return check_scale(q->scale, err);
}

static rp_status take_quantizer(const rp_onnx_reader *r, rp_onnx_quantizer *q) {
  rp_error why = {""};
  rp_status status;
  *q = (rp_onnx_quantizer){.kind = RP_ONNX_QUANT};
  switch (*r->node->op) {
  case 'B':
    status = take_bipolar(&r->model, r->node, q, &why);
    break;
  case 'M':
    status = take_thresholds(&r->model, r->node, q, &why);
    break;
  default:
    status = take_quant(&r->model, r->node, q, &why);
  }
  return rp_onnx_place(r, status, &why);
}

/* ---- Of activations. ---- */

/* Numbers as blocks have them: less the zero point. */
static rp_status find_level_grid(const rp_onnx_reader *r,
                                 const rp_onnx_quantizer *q,
                                 rp_onnx_grid *grid) {
  const int32_t n = q->hi - q->lo + 1;
  float *const number = rp_alloc((size_t)n, sizeof *number);
  if (!number)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  for (int32_t i = 0; i < n; i++) number[i] = rp_onnx_get_level(q, q->lo + i);
  const bool is_found =
      rp_onnx_find_grid(number, n, q->lo - (int32_t)q->zero, grid);
  free(number);
  if (is_found) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "expected levels that are equally spaced in float32, "
                      "found scale %.9g, which rounds them: a power of two, or "
                      "one of few bits, would be needed",
                      (double)q->scale);
}

/* A quantizer that reads the input itself: its integers are the input. Reals
 * are quantized as ONNX does it, where that is the same. */
static rp_status begin_levels(rp_onnx_reader *r, const rp_onnx_quantizer *q,
                              rp_onnx_item *item) {
  rp_error why = {""};
  if (r->net)
    return RP_ONNX_FAIL(r, "expected one operator that reads the input, found "
                           "another");
  item->kind = RP_ONNX_INTEGERS;
  item->number = (rp_quantized){q->scale, (int32_t)q->zero, q->lo, q->hi};
  RP_TRY(rp_onnx_begin_net(r, &item->number));
  if (q->round != rintf || q->zero != 0) return RP_OK;
  return rp_onnx_place(r,
                       rp_net_set_quantizer(r->net, (double)q->scale,
                                            RP_INPUT_DIVIDE_HALF_EVEN, &why),
                       &why);
}

rp_status rp_onnx_read_quantizer(rp_onnx_reader *r) {
  const rp_onnx_item *const found = rp_onnx_item_of(r, r->node, 0);
  rp_onnx_quantizer q;
  rp_onnx_item item;
  RP_TRY(take_quantizer(r, &q));
  if (found && found->kind == RP_ONNX_REALS && q.kind == RP_ONNX_QUANT) {
    item = *found;
    RP_TRY(begin_levels(r, &q, &item));
  } else {
    RP_TRY(rp_onnx_get_floats(r, 0, &item));
    RP_TRY(rp_onnx_add_levels(r, &item, &q, &item.number));
    item.kind = RP_ONNX_INTEGERS;
    item.node = NULL;
    item.last_step = 0;
    item.source = r->net->n_blocks - 1;
  }
  RP_TRY(find_level_grid(r, &q, &item.grid));
  return rp_onnx_set_same_shape(r, 0, &item);
}

/* ---- Of weights. ---- */

/* Scales and zero points of weights are repeated over them. */
static rp_status check_repeated(const rp_onnx_folding *f, int32_t i,
                                const rp_onnx_tensor **tensor) {
  const rp_onnx_tensor *const t = rp_onnx_operand(f->model, f->node, i);
  *tensor = t;
  if (t && has_float32(t, i == 2) && t->count >= 1 &&
      t->n_dims <= f->in->n_dims) {
    bool fits = true;
    for (int32_t d = 0; d < t->n_dims; d++)
      fits &= t->dims[d] == 1 ||
              t->dims[d] == f->in->dims[d + f->in->n_dims - t->n_dims];
    if (fits) return RP_OK;
  }
  return rp_fail(f->err, RP_E_INPUT,
                 "operand %d: expected constants of float32 that are repeated "
                 "over operand 0, found others",
                 i);
}

static rp_status fold_element(rp_onnx_folding *f, rp_onnx_quantizer *q,
                              const rp_onnx_tensor *scale,
                              const rp_onnx_tensor *zero, int32_t i) {
  q->scale = scale->real[rp_onnx_find_repeated(f->in, scale, i)];
  if (zero) {
    const int32_t from = rp_onnx_find_repeated(f->in, zero, i);
    q->zero = zero->real ? zero->real[from] : (float)zero->integer[from];
  }
  RP_TRY(check_scale(q->scale, f->err));
  RP_TRY(check_zero(q, f->err));
  if (isnan(f->in->real[i]))
    return rp_fail(f->err, RP_E_INPUT, "element %d: it is no number", i);
  f->out.real[i] =
      rp_onnx_get_level(q, rp_onnx_find_level(q, 0, f->in->real[i]));
  return RP_OK;
}

rp_status rp_onnx_fold_quant(rp_onnx_folding *f) {
  const rp_onnx_tensor *scale, *zero = NULL;
  int64_t dims[RP_ONNX_DIMS];
  rp_onnx_quantizer q = {.kind = RP_ONNX_BIPOLAR, .hi = 1};
  const bool is_quant = *f->node->op == 'Q' || *f->node->op == 'I';
  if (*f->node->op == 'M' || !f->in->real)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected float32 weights, and Quant or BipolarQuant, found "
                   "others");
  RP_TRY(check_repeated(f, 1, &scale));
  if (is_quant) {
    RP_TRY(take_range(f->model, f->node, &q, f->err));
    RP_TRY(check_repeated(f, 2, &zero));
  }
  for (int32_t d = 0; d < f->in->n_dims; d++) dims[d] = f->in->dims[d];
  RP_TRY(rp_onnx_begin_output(f, RP_ONNX_FLOAT, (size_t)f->in->n_dims, dims));
  for (int32_t i = 0; i < f->in->count; i++)
    RP_TRY(fold_element(f, &q, scale, zero, i));
  return RP_OK;
}
