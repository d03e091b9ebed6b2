/* Operators with weights: convolutions and dense layers. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx.h"
#include "net/op_dense.h"

/* What both have in common. */
typedef struct layer {
  const rp_onnx_linear *from;
  rp_onnx_channels made;
  int64_t *bias;      /* [n_channels] */
  double *multiplier; /* [n_channels] */
} layer;

static void layer_fini(layer *l) {
  free(l->made.w);
  free(l->bias);
  free(l->made.biases);
  free(l->multiplier);
  free(l->made.stair);
}

static rp_status allocate(const rp_onnx_reader *r, layer *l) {
  const size_t n = (size_t)l->made.n_channels;
  l->made.w = rp_alloc(n * (size_t)l->made.a_channel, sizeof *l->made.w);
  l->bias = rp_alloc(n, sizeof *l->bias);
  l->made.biases =
      rp_alloc(n * (size_t)l->made.n_positions, sizeof *l->made.biases);
  l->multiplier = rp_alloc(n, sizeof *l->multiplier);
  l->made.stair = rp_alloc(n, sizeof *l->made.stair);
  if (l->made.w && l->bias && l->made.biases && l->multiplier && l->made.stair)
    return RP_OK;
  return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
}

/* ---- Scales and zero points. ---- */

static rp_status check_scales(const rp_onnx_reader *r, const layer *l) {
  const rp_onnx_tensor *const scale = l->from->scale;
  if (l->from->sums) return RP_OK;
  if (!scale || !scale->real ||
      (scale->count != 1 && scale->count != l->made.n_channels))
    return RP_ONNX_FAIL(r,
                        "weights: expected 1 or %d constant scales of "
                        "float32, found %d",
                        l->made.n_channels,
                        scale && scale->real ? scale->count : 0);
  for (int32_t c = 0; c < scale->count; c++)
    if (!isnormal(scale->real[c]) || scale->real[c] < 0)
      return RP_ONNX_FAIL(r,
                          "weights, channel %d: expected a positive scale, "
                          "found %g",
                          c, (double)scale->real[c]);
  return RP_OK;
}

static int64_t get_zero(const layer *l, int32_t channel) {
  const rp_onnx_tensor *const zero = l->from->zero;
  if (!zero) return 0;
  return rp_onnx_get_integer(zero, zero->count == 1 ? 0 : channel);
}

static rp_status check_weights(const rp_onnx_reader *r, const layer *l) {
  const rp_onnx_tensor *const w = l->from->weight, *const zero = l->from->zero;
  if (!w || !w->integer ||
      (w->type != RP_ONNX_UINT8 && w->type != RP_ONNX_INT8))
    return RP_ONNX_FAIL(r,
                        "weights: expected constants of uint8 or int8, "
                        "found %s",
                        !w           ? "none"
                        : w->integer ? rp_onnx_type_name(w->type)
                                     : "what is no constant");
  if (w->type == RP_ONNX_UINT8 && l->from->in.number.lo < 0)
    return RP_ONNX_FAIL(r, "weights: expected int8, as the activations, found "
                           "uint8: the runtime has no kernel for that");
  if (zero && (!zero->integer || zero->type != w->type ||
               (zero->count != 1 && zero->count != l->made.n_channels)))
    return RP_ONNX_FAIL(r,
                        "weights: expected 1 or %d constant zero points of "
                        "their type, found %d of %s",
                        l->made.n_channels, zero->count,
                        rp_onnx_type_name(zero->type));
  for (int32_t c = 1; c < l->made.n_channels; c++)
    if (get_zero(l, c) != get_zero(l, 0))
      return RP_ONNX_FAIL(r,
                          "weights, channel %d: expected zero point %lld, as "
                          "of all channels, found %lld",
                          c, (long long)get_zero(l, 0),
                          (long long)get_zero(l, c));
  return check_scales(r, l);
}

static rp_status take_biases(const rp_onnx_reader *r, layer *l) {
  const rp_onnx_tensor *const bias = l->from->bias;
  if (bias && (!bias->integer || bias->type != RP_ONNX_INT32 ||
               bias->count != l->made.n_channels))
    return RP_ONNX_FAIL(r,
                        "bias: expected %d constants of int32, found %d of "
                        "%s",
                        l->made.n_channels, bias->count,
                        rp_onnx_type_name(bias->type));
  for (int32_t i = 0; bias && i < l->made.n_channels; i++)
    l->bias[i] = bias->integer[i];
  for (int32_t i = 0; i < l->made.n_channels * l->made.n_positions; i++)
    l->made.biases[i] = l->bias[i % l->made.n_channels];
  return RP_OK;
}

/* ---- Blocks. ---- */

static rp_status make_stairs(rp_onnx_reader *r, layer *l) {
  const rp_onnx_linear *const from = l->from;
  const int32_t n = from->sums ? 0 : from->scale->count;
  rp_error why = {""};
  for (int32_t c = 0; c < n; c++)
    l->multiplier[c] = rp_multiplier_in_float(
        from->in.number.scale, from->scale->real[c], from->out.scale);
  const rp_build_linear linear = {
      from->in.number,   from->out, RP_ROUND_FLOAT, l->made.n_channels,
      l->made.a_channel, l->made.w, l->bias,        n,
      l->multiplier};
  if (from->sums)
    return rp_onnx_tabulate_steps(r, from->sums, &linear, from->x->n_dims,
                                  l->made.stair);
  return rp_onnx_place(
      r, rp_build_channel_stairs(r->net, &linear, l->made.stair, &why), &why);
}

/* Scales and a bias are for the runtimes' operators on integers. */
static rp_status make_channels(rp_onnx_reader *r, layer *l) {
  const rp_onnx_linear *const from = l->from;
  if (from->make_channels)
    return from->make_channels(r, from->context, &l->made);
  RP_TRY(take_biases(r, l));
  return make_stairs(r, l);
}

static rp_status begin_layer(const rp_onnx_reader *r, layer *l) {
  if (!l->from->make_channels) RP_TRY(check_weights(r, l));
  return allocate(r, l);
}

/* The operator is taken. */
static rp_status add_block(rp_onnx_reader *r, layer *l, rp_op *op) {
  rp_term term = {l->from->in.source, op};
  rp_error why = {""};
  const rp_block_spec spec = {.n_out = l->made.n_channels * l->made.n_positions,
                              .n_terms = 1,
                              .term = &term,
                              .bias = l->made.biases,
                              .n_stairs = l->made.n_channels,
                              .stair = l->made.stair,
                              .folds_constants = true};
  return rp_onnx_place(r, rp_net_add_block(r->net, &spec, &why), &why);
}

/* ---- Convolutions. ---- */

/* [out_c][in_c / groups][height][width] to channels last. */
static void take_kernels(layer *l, const rp_conv_shape *s) {
  const rp_onnx_tensor *const w = l->from->weight;
  const int32_t area = s->kernel_h * s->kernel_w;
  const int32_t channels = s->in_c / s->groups;
  for (int32_t i = 0; i < w->count; i++) {
    const int32_t place = i % area, c = i / area % channels;
    const int32_t out = i / l->made.a_channel;
    l->made.w[out * l->made.a_channel + place * channels + c] =
        (int32_t)(w->integer[i] - get_zero(l, out));
  }
}

static rp_status find_groups(const rp_onnx_reader *r,
                             const rp_onnx_linear *from, rp_conv_shape *shape) {
  const rp_onnx_tensor *const w = from->weight;
  int64_t groups;
  RP_TRY(rp_onnx_get_int(&r->model, from->node, "group", 1, &groups, r->err));
  if (groups < 1 || groups > shape->in_c || shape->in_c % groups != 0 ||
      shape->out_c % groups != 0 || w->dims[1] != shape->in_c / groups)
    return RP_ONNX_FAIL(r,
                        "expected groups that divide %d and %d channels, "
                        "and weights for each, found %lld groups and %d",
                        shape->in_c, shape->out_c, (long long)groups,
                        w->dims[1]);
  shape->groups = (int32_t)groups;
  return RP_OK;
}

rp_status rp_onnx_place_conv(const rp_onnx_reader *r,
                             const rp_onnx_linear *from, rp_conv_shape *shape,
                             int64_t *dims) {
  const rp_onnx_tensor *const w = from->weight;
  const int32_t n_dims = from->x->n_dims;
  if (!w || w->n_dims != n_dims || n_dims < 3 || n_dims > 4)
    return RP_ONNX_FAIL(r,
                        "weights: expected 3 or 4 dimensions, as the input, "
                        "found %d",
                        w ? w->n_dims : 0);
  const int32_t kernel[2] = {n_dims == 4 ? w->dims[2] : 1, w->dims[n_dims - 1]};
  int32_t n;
  const int64_t *said;
  RP_TRY(rp_onnx_get_ints(&r->model, from->node, "kernel_shape", &n, &said,
                          r->err));
  for (int32_t d = 0; d < n; d++)
    if (n != n_dims - 2 || said[d] != w->dims[d + 2])
      return RP_ONNX_FAIL(r, "attribute kernel_shape: expected that of the "
                             "weights, found another");
  RP_TRY(rp_onnx_place_windows(r, from->node, from->x, &from->in, kernel,
                               w->dims[0], shape, dims));
  if (w->count < 1 || (int64_t)shape->out_h * shape->out_w * shape->out_c >
                          RP_BUILD_MOST_ELEMENTS)
    return RP_ONNX_FAIL(r, "expected weights and at most 2^24 outputs, found "
                           "others");
  return find_groups(r, from, shape);
}

static rp_status fill_conv(rp_onnx_reader *r, layer *l,
                           const rp_conv_shape *shape) {
  rp_error why = {""};
  rp_op *op;
  l->made.n_channels = shape->out_c;
  l->made.n_positions = shape->out_h * shape->out_w;
  l->made.a_channel = l->from->weight->count / shape->out_c;
  RP_TRY(begin_layer(r, l));
  take_kernels(l, shape);
  RP_TRY(make_channels(r, l));
  RP_TRY(
      rp_onnx_place(r, rp_op_conv_create(shape, l->made.w, &op, &why), &why));
  return add_block(r, l, op);
}

rp_status rp_onnx_append_conv(rp_onnx_reader *r, rp_onnx_linear *linear,
                              const rp_conv_shape *shape) {
  layer l = {.from = linear};
  RP_TRY(
      rp_onnx_arrange(r, shape->in_c, shape->in_h * shape->in_w, &linear->in));
  const rp_status status = fill_conv(r, &l, shape);
  layer_fini(&l);
  return status;
}

rp_status rp_onnx_add_conv(rp_onnx_reader *r, rp_onnx_linear *linear) {
  rp_conv_shape shape;
  int64_t dims[4];
  RP_TRY(rp_onnx_place_conv(r, linear, &shape, dims));
  RP_TRY(rp_onnx_append_conv(r, linear, &shape));
  return rp_onnx_set_block(r, &linear->out, shape.out_c,
                           shape.out_h * shape.out_w, linear->x->n_dims, dims);
}

/* ---- Dense layers. ---- */

/* Columns are in the order in which the source has its numbers. */
static void take_rows(layer *l, bool is_transposed) {
  const rp_onnx_tensor *const w = l->from->weight;
  const int32_t n = l->made.n_channels;
  for (int32_t c = 0; c < n; c++)
    for (int32_t i = 0; i < l->made.a_channel; i++) {
      const int32_t at = is_transposed ? c * l->made.a_channel + i : i * n + c;
      l->made.w[c * l->made.a_channel + rp_onnx_find_place(&l->from->in, i)] =
          (int32_t)(w->integer[at] - get_zero(l, c));
    }
}

static rp_status fill_dense(rp_onnx_reader *r, layer *l, bool is_transposed) {
  RP_TRY(begin_layer(r, l));
  take_rows(l, is_transposed);
  RP_TRY(make_channels(r, l));
  rp_op *const op = rp_op_dense_create(l->made.n_channels, l->made.a_channel);
  if (!op) return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  for (int32_t c = 0; c < l->made.n_channels; c++) {
    const int32_t *const row =
        l->made.w + (size_t)c * (size_t)l->made.a_channel;
    if (rp_op_dense_set_row(op, c, row) == l->made.a_channel) continue;
    rp_op_free(op);
    return RP_ONNX_FAIL(r,
                        "channel %d: expected weights of 16 bits, found "
                        "others: scales of fewer bits would be needed",
                        c);
  }
  return add_block(r, l, op);
}

rp_status rp_onnx_check_dense(const rp_onnx_reader *r,
                              const rp_onnx_linear *linear,
                              bool is_transposed) {
  const rp_onnx_tensor *const w = linear->weight, *const x = linear->x;
  const int32_t count = rp_onnx_count(&linear->in);
  if (w && w->n_dims == 2 && w->count >= 1 && x->n_dims >= 1 &&
      x->dims[x->n_dims - 1] == count &&
      w->dims[is_transposed ? 1 : 0] == count)
    return RP_OK;
  return RP_ONNX_FAIL(r,
                      "weights: expected two dimensions and one sample of "
                      "as many numbers, found %d x %d for %d",
                      w && w->n_dims == 2 ? w->dims[0] : 0,
                      w && w->n_dims == 2 ? w->dims[1] : 0, count);
}

rp_status rp_onnx_append_dense(rp_onnx_reader *r, rp_onnx_linear *linear,
                               bool is_transposed) {
  layer l = {.from = linear,
             .made = {.n_channels = linear->weight->dims[is_transposed ? 0 : 1],
                      .a_channel = rp_onnx_count(&linear->in),
                      .n_positions = 1}};
  const rp_status status = fill_dense(r, &l, is_transposed);
  layer_fini(&l);
  return status;
}

rp_status rp_onnx_add_dense(rp_onnx_reader *r, rp_onnx_linear *linear,
                            bool is_transposed) {
  const rp_onnx_tensor *const x = linear->x;
  int64_t dims[RP_ONNX_DIMS];
  RP_TRY(rp_onnx_check_dense(r, linear, is_transposed));
  RP_TRY(rp_onnx_append_dense(r, linear, is_transposed));
  const int32_t n = linear->weight->dims[is_transposed ? 0 : 1];
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = x->dims[d];
  dims[x->n_dims - 1] = n;
  return rp_onnx_set_block(r, &linear->out, n, 1, x->n_dims, dims);
}

/* ---- Operators that take scales and zero points as operands. ---- */

static rp_status begin(rp_onnx_reader *r, int32_t i_bias, int32_t i_out,
                       bool padded, rp_onnx_linear *l) {
  const rp_onnx_node *const node = r->node;
  rp_quantized in;
  RP_TRY(rp_onnx_get_number(r, node, 1, 2, &in));
  RP_TRY(rp_onnx_get_number(r, node, i_out, i_out + 1, &l->out));
  RP_TRY(rp_onnx_get_integers(r, node, 0, &in, padded, &l->in));
  l->node = node;
  l->x = rp_onnx_operand(&r->model, node, 0);
  l->weight = rp_onnx_operand(&r->model, node, 3);
  l->scale = rp_onnx_operand(&r->model, node, 4);
  l->zero = rp_onnx_operand(&r->model, node, 5);
  l->bias = rp_onnx_operand(&r->model, node, i_bias);
  if (l->out.lo == in.lo) return RP_OK;
  return RP_ONNX_FAIL(r, "expected an output of the type of the input, found "
                         "another");
}

rp_status rp_onnx_read_qlinear_conv(rp_onnx_reader *r) {
  rp_onnx_linear l = {.node = NULL};
  RP_TRY(begin(r, 8, 6, true, &l));
  return rp_onnx_add_conv(r, &l);
}

rp_status rp_onnx_read_qlinear_matmul(rp_onnx_reader *r) {
  rp_onnx_linear l = {.node = NULL};
  RP_TRY(begin(r, RP_ONNX_NONE, 6, false, &l));
  return rp_onnx_add_dense(r, &l, false);
}

rp_status rp_onnx_read_qgemm(rp_onnx_reader *r) {
  int64_t is_transposed[2];
  float alpha;
  rp_onnx_linear l = {.node = NULL};
  if (!rp_onnx_operand(&r->model, r->node, 7))
    return RP_ONNX_FAIL(r, "expected a scale of the output, found none: "
                           "outputs of float32 would need a rule of their own");
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "transA", 0, &is_transposed[0],
                         r->err));
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "transB", 0, &is_transposed[1],
                         r->err));
  RP_TRY(rp_onnx_get_float(&r->model, r->node, "alpha", 1, &alpha, r->err));
  if (is_transposed[0] != 0 || alpha != 1)
    return RP_ONNX_FAIL(r, "expected transA 0 and alpha 1, found %lld and %g",
                        (long long)is_transposed[0], (double)alpha);
  RP_TRY(begin(r, 6, 7, false, &l));
  return rp_onnx_add_dense(r, &l, is_transposed[1] != 0);
}
