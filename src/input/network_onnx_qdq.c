/* Quantizers, and operators in float32 between dequantizers and a quantizer.
 *
 * The runtime replaces such a group by one operator on integers where its
 * optimizer knows it; only those groups are read. In all others float32
 * numbers are added in an order of the runtime's choice. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "input/network_onnx.h"

static const float NO_CLIP[2] = {-INFINITY, INFINITY};

/* ---- Dequantizers. ---- */

static rp_status set_shape_of(rp_onnx_reader *r, const rp_onnx_tensor *x,
                              const rp_onnx_item *item) {
  int64_t dims[RP_ONNX_DIMS];
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = x->dims[d];
  return rp_onnx_set_item(r, item, x->n_dims, dims);
}

rp_status rp_onnx_read_dequantize(rp_onnx_reader *r) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  rp_quantized number;
  rp_onnx_item item = {.kind = RP_ONNX_WEIGHTS, .node = r->node};
  if (x && rp_onnx_is_constant(x)) {
    const rp_onnx_tensor *const scale = rp_onnx_operand(&r->model, r->node, 1);
    if (!scale || !scale->real || scale->count < 1)
      return RP_ONNX_FAIL(r, "expected constant scales of float32, found none");
    return set_shape_of(r, x, &item);
  }
  RP_TRY(rp_onnx_get_number(r, r->node, 1, 2, &number));
  RP_TRY(rp_onnx_get_integers(r, r->node, 0, &number, false, &item));
  item.kind = RP_ONNX_SCALED;
  return set_shape_of(r, x, &item);
}

/* ---- Operators that wait for their quantizer. ---- */

static bool is_read_once(const rp_onnx_reader *r) {
  return r->node->n_outputs == 1 && r->node->output[0] != RP_ONNX_NONE &&
         r->n_readers[r->node->output[0]] == 1;
}

static rp_status set_pending(rp_onnx_reader *r, const rp_onnx_item *item) {
  if (!is_read_once(r))
    return RP_ONNX_FAIL(r, "expected a quantizer alone behind it, found other "
                           "readers: the runtime computes it in float32");
  r->item[r->node->output[0]] = *item;
  return RP_OK;
}

rp_status rp_onnx_read_float(rp_onnx_reader *r) {
  const rp_onnx_item *in;
  const rp_onnx_item item = {.kind = RP_ONNX_PENDING,
                             .node = r->node,
                             .clip = {NO_CLIP[0], NO_CLIP[1]}};
  RP_TRY(rp_onnx_get_item(r, r->node, 0, RP_ONNX_SCALED, &in));
  return set_pending(r, &item);
}

/* Of dequantized numbers themselves, or of a pending operator. */
static rp_status begin_clip(const rp_onnx_reader *r, rp_onnx_item *item) {
  const rp_onnx_item *in = rp_onnx_item_of(r, r->node, 0);
  if (in && in->kind == RP_ONNX_PENDING) {
    *item = *in;
    return RP_OK;
  }
  RP_TRY(rp_onnx_get_item(r, r->node, 0, RP_ONNX_SCALED, &in));
  *item = *in;
  item->kind = RP_ONNX_PENDING;
  item->node = r->node;
  item->clip[0] = NO_CLIP[0];
  item->clip[1] = NO_CLIP[1];
  return RP_OK;
}

/* Of sums it is a step like others. */
static const rp_onnx_item *find_sums(const rp_onnx_reader *r) {
  const rp_onnx_item *const in = rp_onnx_item_of(r, r->node, 0);
  return in && in->kind == RP_ONNX_SUMS ? in : NULL;
}

rp_status rp_onnx_read_relu(rp_onnx_reader *r) {
  rp_onnx_item item;
  if (find_sums(r)) return rp_onnx_push_step(r, find_sums(r));
  RP_TRY(begin_clip(r, &item));
  item.has_relu = true;
  return set_pending(r, &item);
}

static rp_status get_limit(const rp_onnx_reader *r, const rp_onnx_node *node,
                           const char *name, int32_t i, float absent,
                           float *limit) {
  const rp_onnx_tensor *const found = rp_onnx_operand(&r->model, node, i);
  if (!found)
    return rp_onnx_get_float(&r->model, node, name, absent, limit, r->err);
  *limit = rp_onnx_get_real(found, 0);
  if (found->real && found->count == 1 && !isnan(*limit)) return RP_OK;
  return rp_onnx_fail(&r->model, node, r->err,
                      "operand %d: expected one constant limit of float32", i);
}

rp_status rp_onnx_get_limits(const rp_onnx_reader *r, const rp_onnx_node *node,
                             float limit[2]) {
  RP_TRY(get_limit(r, node, "min", 1, NO_CLIP[0], &limit[0]));
  return get_limit(r, node, "max", 2, NO_CLIP[1], &limit[1]);
}

rp_status rp_onnx_read_clip(rp_onnx_reader *r) {
  rp_onnx_item item;
  float limit[2];
  if (find_sums(r)) return rp_onnx_push_step(r, find_sums(r));
  RP_TRY(begin_clip(r, &item));
  RP_TRY(rp_onnx_get_limits(r, r->node, limit));
  item.clip[0] = fmaxf(item.clip[0], limit[0]);
  item.clip[1] = fminf(item.clip[1], limit[1]);
  return set_pending(r, &item);
}

/* The runtime drops what the quantizer clips anyway, and fuses only then. */
static rp_status check_clip(const rp_onnx_reader *r, const rp_onnx_item *item,
                            const rp_quantized *out) {
  const float lo = out->scale * (float)(out->lo - out->zero);
  const float hi = out->scale * (float)(out->hi - out->zero);
  if (item->has_relu && out->zero != out->lo)
    return RP_ONNX_FAIL(r,
                        "expected zero point %d behind Relu, found %d: the "
                        "runtime does not fuse them, and computes in "
                        "float32",
                        out->lo, out->zero);
  if (item->clip[0] - lo <= FLT_EPSILON && hi - item->clip[1] <= FLT_EPSILON)
    return RP_OK;
  return RP_ONNX_FAIL(r,
                      "expected Clip to leave all of %g..%g, found %g..%g: "
                      "the runtime does not fuse it, and computes in "
                      "float32",
                      (double)lo, (double)hi, (double)item->clip[0],
                      (double)item->clip[1]);
}

/* ---- Groups that fuse. ---- */

/* What a dequantizer of constants has: numbers, scales, zero points. */
static rp_status take_weights(const rp_onnx_reader *r, const rp_onnx_node *of,
                              int32_t channel_axis, rp_onnx_linear *l) {
  const rp_onnx_item *weights;
  int64_t axis;
  RP_TRY(rp_onnx_get_item(r, of, 1, RP_ONNX_WEIGHTS, &weights));
  l->weight = rp_onnx_operand(&r->model, weights->node, 0);
  l->scale = rp_onnx_operand(&r->model, weights->node, 1);
  l->zero = rp_onnx_operand(&r->model, weights->node, 2);
  RP_TRY(rp_onnx_get_int(&r->model, weights->node, "axis", 1, &axis, r->err));
  if (axis < 0) axis += l->weight->n_dims;
  if (l->scale->count == 1 || axis == channel_axis) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "weights: expected scales along axis %d, found axis "
                      "%lld",
                      channel_axis, (long long)axis);
}

/* The runtime takes the integers as they are, whatever scale they have. */
static rp_status take_bias(const rp_onnx_reader *r, const rp_onnx_node *of,
                           rp_onnx_linear *l) {
  const rp_onnx_item *bias;
  if (!rp_onnx_item_of(r, of, 2)) return RP_OK;
  RP_TRY(rp_onnx_get_item(r, of, 2, RP_ONNX_WEIGHTS, &bias));
  const rp_onnx_tensor *const scale = rp_onnx_operand(&r->model, bias->node, 1);
  const rp_onnx_tensor *const zero = rp_onnx_operand(&r->model, bias->node, 2);
  l->bias = rp_onnx_operand(&r->model, bias->node, 0);
  for (int32_t c = 0; zero && c < zero->count; c++)
    if (rp_onnx_get_integer(zero, c) != 0)
      return RP_ONNX_FAIL(r, "bias: expected zero points of 0, found others");
  const int32_t n =
      scale->count > l->scale->count ? scale->count : l->scale->count;
  for (int32_t c = 0; c < n; c++) {
    const float product =
        l->in.number.scale *
        rp_onnx_get_real(l->scale, l->scale->count == 1 ? 0 : c);
    const float found = rp_onnx_get_real(scale, scale->count == 1 ? 0 : c);
    if (!(fabsf(found - product) <= product * 0x1p-18F))
      return RP_ONNX_FAIL(r,
                          "bias: expected the product of both scales, %.9g, "
                          "as its scale, found %.9g",
                          (double)product, (double)found);
  }
  return RP_OK;
}

/* Activations of int8 fuse on other processors than x64 alone. */
static rp_status begin_group(rp_onnx_reader *r, const rp_onnx_item *pending,
                             const rp_quantized *out, rp_onnx_linear *l) {
  const rp_onnx_item *in;
  RP_TRY(rp_onnx_get_item(r, pending->node, 0, RP_ONNX_SCALED, &in));
  l->node = pending->node;
  l->in = *in;
  l->out = *out;
  l->x = rp_onnx_operand(&r->model, pending->node, 0);
  if (in->number.lo == 0 && out->lo == 0) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "expected activations of uint8 before and behind %s, "
                      "found int8: the runtime does not fuse them, and "
                      "computes in float32",
                      pending->node->op);
}

static rp_status fuse_conv(rp_onnx_reader *r, const rp_onnx_item *pending,
                           const rp_quantized *out) {
  rp_onnx_linear l = {.node = NULL};
  RP_TRY(begin_group(r, pending, out, &l));
  RP_TRY(take_weights(r, pending->node, 0, &l));
  RP_TRY(take_bias(r, pending->node, &l));
  return rp_onnx_add_conv(r, &l);
}

static rp_status fuse_matmul(rp_onnx_reader *r, const rp_onnx_item *pending,
                             const rp_quantized *out) {
  rp_onnx_linear l = {.node = NULL};
  RP_TRY(begin_group(r, pending, out, &l));
  RP_TRY(take_weights(r, pending->node, 1, &l));
  return rp_onnx_add_dense(r, &l, false);
}

static rp_status fuse_gemm(rp_onnx_reader *r, const rp_onnx_item *pending,
                           const rp_quantized *out) {
  const rp_onnx_node *const of = pending->node;
  rp_onnx_linear l = {.node = NULL};
  int64_t transposes[2];
  float factor[2];
  RP_TRY(rp_onnx_get_int(&r->model, of, "transA", 0, &transposes[0], r->err));
  RP_TRY(rp_onnx_get_int(&r->model, of, "transB", 0, &transposes[1], r->err));
  RP_TRY(rp_onnx_get_float(&r->model, of, "alpha", 1, &factor[0], r->err));
  RP_TRY(rp_onnx_get_float(&r->model, of, "beta", 1, &factor[1], r->err));
  if (transposes[0] != 0 || factor[0] != 1 || factor[1] != 1)
    return RP_ONNX_FAIL(r,
                        "expected transA 0, alpha 1 and beta 1 of Gemm, "
                        "found %lld, %g, %g",
                        (long long)transposes[0], (double)factor[0],
                        (double)factor[1]);
  RP_TRY(begin_group(r, pending, out, &l));
  RP_TRY(take_weights(r, of, transposes[1] ? 0 : 1, &l));
  RP_TRY(take_bias(r, of, &l));
  return rp_onnx_add_dense(r, &l, transposes[1] != 0);
}

static rp_status fuse_add(rp_onnx_reader *r, const rp_onnx_item *pending,
                          const rp_quantized *out) {
  const rp_onnx_item *in[2];
  const rp_onnx_tensor *const shape[2] = {
      rp_onnx_operand(&r->model, pending->node, 0),
      rp_onnx_operand(&r->model, pending->node, 1)};
  for (int i = 0; i < 2; i++)
    RP_TRY(rp_onnx_get_item(r, pending->node, i, RP_ONNX_SCALED, &in[i]));
  const rp_onnx_item both[2] = {*in[0], *in[1]};
  return rp_onnx_add_pair(r, both, shape, out);
}

static rp_status fuse_mean(rp_onnx_reader *r, const rp_onnx_item *pending,
                           const rp_quantized *out) {
  const rp_onnx_item *in;
  RP_TRY(rp_onnx_get_item(r, pending->node, 0, RP_ONNX_SCALED, &in));
  return rp_onnx_add_mean(r, in, rp_onnx_operand(&r->model, pending->node, 0),
                          out);
}

static bool is_same_number(const rp_quantized *a, const rp_quantized *b) {
  return a->scale == b->scale && a->zero == b->zero && a->lo == b->lo;
}

/* Numbers that were quantized before with the same scale come back as they
 * were. */
static rp_status keep_numbers(rp_onnx_reader *r, const rp_onnx_item *in,
                              const rp_onnx_tensor *x,
                              const rp_quantized *out) {
  rp_onnx_item item = *in;
  item.kind = RP_ONNX_INTEGERS;
  if (is_same_number(&in->number, out)) return set_shape_of(r, x, &item);
  return RP_ONNX_FAIL(r,
                      "expected the scale and zero point of what was "
                      "dequantized, %.9g, %d, found %.9g, %d: a rule that "
                      "rounds would be needed",
                      (double)in->number.scale, in->number.zero,
                      (double)out->scale, out->zero);
}

/* ---- Quantizers. ---- */

static const struct {
  const char *op;
  rp_status (*fuse)(rp_onnx_reader *r, const rp_onnx_item *pending,
                    const rp_quantized *out);
} groups[] = {{"Conv", fuse_conv},
              {"MatMul", fuse_matmul},
              {"Gemm", fuse_gemm},
              {"Add", fuse_add},
              {"GlobalAveragePool", fuse_mean}};

static rp_status fuse(rp_onnx_reader *r, const rp_onnx_item *pending,
                      const rp_quantized *out) {
  RP_TRY(check_clip(r, pending, out));
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
    if (rp_onnx_is_op(pending->node, "", groups[i].op))
      return groups[i].fuse(r, pending, out);
  /* Relu or Clip of dequantized numbers, which change nothing here. */
  return keep_numbers(r, pending, rp_onnx_operand(&r->model, pending->node, 0),
                      out);
}

static rp_status quantize_input(rp_onnx_reader *r, const rp_onnx_item *in,
                                const rp_quantized *number) {
  rp_onnx_item item = *in;
  if (r->net)
    return RP_ONNX_FAIL(r, "expected one quantizer of the input, found "
                           "another");
  RP_TRY(rp_onnx_begin_net(r, number));
  item.kind = RP_ONNX_INTEGERS;
  item.number = *number;
  return set_shape_of(r, rp_onnx_operand(&r->model, r->node, 0), &item);
}

rp_status rp_onnx_read_quantize(rp_onnx_reader *r) {
  const rp_onnx_item *const found = rp_onnx_item_of(r, r->node, 0);
  const rp_onnx_item *same;
  rp_quantized out;
  RP_TRY(rp_onnx_get_number(r, r->node, 1, 2, &out));
  if (found && found->kind == RP_ONNX_REALS)
    return quantize_input(r, found, &out);
  r->group = found ? found->node : NULL;
  if (found && found->kind == RP_ONNX_PENDING) {
    const rp_onnx_item pending = *found;
    return fuse(r, &pending, &out);
  }
  if (found && found->kind == RP_ONNX_SUMS) {
    const rp_onnx_item sums = *found;
    return rp_onnx_quantize_sums(r, &sums, &out);
  }
  RP_TRY(rp_onnx_get_item(r, r->node, 0, RP_ONNX_SCALED, &same));
  return keep_numbers(r, same, rp_onnx_operand(&r->model, r->node, 0), &out);
}
