/* Operators with weights: convolutions and dense layers. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_tflite.h"
#include "net/op_dense.h"

/* What the three have in common. The runtime's accumulator is the sum of
 * (q - zero point)(weight - its zero point), plus the bias. */
typedef struct linear {
  const rp_tflite_value *in;
  rp_tflite_value out;
  rp_quantized clipped; /* its numbers behind the activation function */
  const rp_tflite_tensor *weight;
  rp_rounding rounding, rounding_uint8;
  int32_t n_channels;  /* of the output */
  int32_t channel_dim; /* of the weights */
  int32_t a_channel;   /* weights of one channel */
  bool is_dense;
  int32_t *w;         /* [n_channels][a_channel] */
  int64_t *bias;      /* [accumulators] */
  double *multiplier; /* [scales of the weights] */
  rp_stair *stair;    /* [n_channels] */
} linear;

static void linear_fini(linear *l) {
  free(l->w);
  free(l->bias);
  free(l->multiplier);
  free(l->stair);
}

/* ---- Weights. ---- */

static rp_status check_weights(const rp_tflite_reader *r, const linear *l) {
  const rp_tflite_tensor *const w = l->weight;
  const rp_flat *const flat = &r->model.flat;
  if (w->scale.n != 1 && w->scale.n != l->n_channels)
    return rp_tflite_fail(r, "weights: expected 1 or %d scales, found %d",
                          l->n_channels, w->scale.n);
  if (w->scale.n > 1 && w->channel_dim != l->channel_dim)
    return rp_tflite_fail(r,
                          "weights: expected scales along dimension %d, "
                          "found %d",
                          l->channel_dim, w->channel_dim);
  for (int32_t c = 0; c < w->scale.n; c++) {
    const float scale = rp_flat_float_at(flat, w->scale, c);
    if (!isnormal(scale) || scale < 0)
      return rp_tflite_fail(r,
                            "weights, channel %d: expected a positive scale, "
                            "found %g",
                            c, (double)scale);
  }
  if (w->zero.n != 0 && w->zero.n != w->scale.n)
    return rp_tflite_fail(r,
                          "weights: expected as many zero points as scales, "
                          "found %d and %d",
                          w->zero.n, w->scale.n);
  for (int32_t c = 0; c < w->zero.n; c++) {
    const int64_t zero = rp_flat_int64_at(flat, w->zero, c);
    const bool is_free = w->type == RP_TFLITE_UINT8 && w->zero.n == 1;
    if (zero < 0 || zero > (is_free ? UINT8_MAX : 0))
      return rp_tflite_fail(r, "weights: expected zero points %s, found %lld",
                            is_free ? "0..255" : "of 0", (long long)zero);
  }
  return RP_OK;
}

/* Depthwise weights have the channels last. */
static rp_status take_weights(const rp_tflite_reader *r, linear *l) {
  const bool is_last = l->channel_dim != 0;
  const int64_t zero =
      l->weight->zero.n == 1
          ? rp_flat_int64_at(&r->model.flat, l->weight->zero, 0)
          : 0;
  RP_TRY(check_weights(r, l));
  l->w = rp_alloc((size_t)l->n_channels * (size_t)l->a_channel, sizeof *l->w);
  if (!l->w) return rp_tflite_fail_memory(r);
  for (int32_t c = 0; c < l->n_channels; c++)
    for (int32_t i = 0; i < l->a_channel; i++) {
      const int32_t at = is_last ? i * l->n_channels + c : c * l->a_channel + i;
      l->w[(size_t)c * (size_t)l->a_channel + (size_t)i] =
          (int32_t)(rp_tflite_get(l->weight, at) - zero);
    }
  return RP_OK;
}

/* ---- Biases and staircases. ---- */

/* XNNPACK leaves convolutions whose bias is missing or has no scale to LiteRT's
 * own kernels, which round otherwise. It takes biases with fewer or more scales
 * than the weights, but its results are then arbitrary. */
static rp_status check_bias(const rp_tflite_reader *r, const linear *l,
                            const rp_tflite_tensor *bias) {
  if (!r->profile->leaves_operators) return RP_OK;
  if (bias && bias->scale.n > 0 && bias->scale.n != l->weight->scale.n)
    return rp_tflite_fail(r,
                          "expected as many scales of the bias as of the "
                          "weights, %d, found %d",
                          l->weight->scale.n, bias->scale.n);
  if (l->is_dense || (bias && bias->scale.n > 0)) return RP_OK;
  return rp_tflite_fail(r,
                        "expected a bias with a scale, found %s: profile %s "
                        "has no rule for that",
                        bias ? "one without" : "none", r->profile->name);
}

static rp_status take_biases(const rp_tflite_reader *r, linear *l) {
  const rp_tflite_tensor *bias = NULL;
  const int32_t n = l->out.count;
  if (rp_tflite_operand(r, 2))
    RP_TRY(rp_tflite_get_constant(r, 2, RP_TFLITE_INT32, l->n_channels, &bias));
  RP_TRY(check_bias(r, l, bias));
  l->bias = rp_alloc((size_t)n, sizeof *l->bias);
  if (!l->bias) return rp_tflite_fail_memory(r);
  for (int32_t i = 0; bias && i < n; i++)
    l->bias[i] = rp_tflite_get(bias, i % l->n_channels);
  return RP_OK;
}

static double get_multiplier(const rp_tflite_reader *r, const linear *l,
                             int32_t channel) {
  const rp_tflite_tensor *const w = l->weight;
  const float in = l->in->number.scale, out = l->out.number.scale;
  const float scale =
      rp_flat_float_at(&r->model.flat, w->scale, w->scale.n == 1 ? 0 : channel);
  if (l->rounding == RP_ROUND_FLOAT)
    return rp_multiplier_in_float(in, scale, out);
  const bool is_whole = l->is_dense || w->type == RP_TFLITE_UINT8;
  return is_whole && w->scale.n == 1 ? rp_multiplier_of_tensor(in, scale, out)
                                     : rp_multiplier_of_channel(in, scale, out);
}

static rp_status make_stairs(rp_tflite_reader *r, linear *l) {
  const int32_t n = l->weight->scale.n;
  rp_error why = {""};
  l->stair = rp_alloc((size_t)l->n_channels, sizeof *l->stair);
  l->multiplier = rp_alloc((size_t)n, sizeof *l->multiplier);
  if (!l->stair || !l->multiplier) return rp_tflite_fail_memory(r);
  for (int32_t c = 0; c < n; c++) l->multiplier[c] = get_multiplier(r, l, c);
  const rp_build_linear channels = {
      l->in->number, l->clipped, l->rounding, l->n_channels, l->a_channel,
      l->w,          l->bias,    n,           l->multiplier};
  return rp_tflite_add_place(
      r, rp_build_channel_stairs(r->net, &channels, l->stair, &why), &why);
}

/* ---- Blocks. ---- */

static rp_status begin(const rp_tflite_reader *r, int activation_field,
                       linear *l) {
  RP_TRY(rp_tflite_get_value(r, 0, !l->is_dense, &l->in));
  RP_TRY(rp_tflite_describe_output(r, &l->out));
  RP_TRY(rp_tflite_get_constant(r, 1, l->in->type, 0, &l->weight));
  if (l->out.type != l->in->type)
    return rp_tflite_fail(r, "expected an output of type %s, found %s",
                          rp_tflite_type_name(l->in->type),
                          rp_tflite_type_name(l->out.type));
  if (l->in->type == RP_TFLITE_UINT8) l->rounding = l->rounding_uint8;
  l->clipped = l->out.number;
  return rp_tflite_clip(
      r, rp_flat_int8(r->flat, r->op->options, activation_field, 0),
      &l->clipped);
}

static rp_status finish(rp_tflite_reader *r, linear *l, rp_op *op) {
  rp_term term = {l->in->source, op};
  const rp_block_spec spec = {.n_out = l->out.count,
                              .n_terms = 1,
                              .term = &term,
                              .bias = l->bias,
                              .n_stairs = l->n_channels,
                              .stair = l->stair,
                              .folds_constants = true};
  rp_error why = {""};
  const rp_status status = rp_net_add_block(r->net, &spec, &why);
  return rp_tflite_set_block(r, status, &why, &l->out);
}

static rp_status add_conv(rp_tflite_reader *r, const rp_conv_shape *shape,
                          linear *l) {
  rp_error why = {""};
  rp_op *op = NULL;
  RP_TRY(take_weights(r, l));
  RP_TRY(take_biases(r, l));
  RP_TRY(make_stairs(r, l));
  RP_TRY(
      rp_tflite_add_place(r, rp_op_conv_create(shape, l->w, &op, &why), &why));
  return finish(r, l, op);
}

/* ---- Convolutions. ---- */

enum { PADDING, STRIDE_W, STRIDE_H };
enum { CONV_ACTIVATION = 3, CONV_DILATION_W, CONV_DILATION_H };
enum { DEPTHWISE_ACTIVATION = 4, DEPTHWISE_DILATION_W, DEPTHWISE_DILATION_H };

static rp_tflite_windows get_windows(const rp_tflite_reader *r, const linear *l,
                                     int dilation_w) {
  const size_t options = r->op->options;
  return (rp_tflite_windows){
      .padding = rp_flat_int8(r->flat, options, PADDING, 0),
      .stride = {rp_flat_int32(r->flat, options, STRIDE_H, 0),
                 rp_flat_int32(r->flat, options, STRIDE_W, 0)},
      .dilation = {rp_flat_int32(r->flat, options, dilation_w + 1, 1),
                   rp_flat_int32(r->flat, options, dilation_w, 1)},
      .kernel = {l->weight->dims[1], l->weight->dims[2]}};
}

static rp_status place(const rp_tflite_reader *r, const linear *l,
                       int dilation_w, rp_conv_shape *shape) {
  if (l->weight->n_dims != 4)
    return rp_tflite_fail(r, "weights: expected 4 dimensions, found %d",
                          l->weight->n_dims);
  const rp_tflite_windows windows = get_windows(r, l, dilation_w);
  return rp_tflite_place_windows(r, &windows, l->in, &l->out, shape);
}

static rp_status read_conv(rp_tflite_reader *r, linear *l) {
  rp_conv_shape shape;
  RP_TRY(begin(r, CONV_ACTIVATION, l));
  RP_TRY(place(r, l, CONV_DILATION_W, &shape));
  l->n_channels = shape.out_c;
  l->a_channel = l->weight->count / l->weight->dims[0];
  if (l->weight->dims[0] != shape.out_c || l->weight->dims[3] != shape.in_c)
    return rp_tflite_fail(r,
                          "weights: expected channels %d to %d, found %d to "
                          "%d: groups are not supported",
                          shape.in_c, shape.out_c, l->weight->dims[3],
                          l->weight->dims[0]);
  return add_conv(r, &shape, l);
}

static rp_status read_depthwise(rp_tflite_reader *r, linear *l) {
  rp_conv_shape shape;
  RP_TRY(begin(r, DEPTHWISE_ACTIVATION, l));
  RP_TRY(place(r, l, DEPTHWISE_DILATION_W, &shape));
  l->n_channels = shape.out_c;
  l->a_channel = l->weight->dims[1] * l->weight->dims[2];
  shape.groups = shape.in_c;
  if (l->weight->dims[0] != 1 || l->weight->dims[3] != shape.out_c ||
      shape.out_c % shape.in_c != 0)
    return rp_tflite_fail(r,
                          "weights: expected 1 x height x width x %d, a "
                          "multiple of %d channels, found %d channels",
                          shape.out_c, shape.in_c, l->weight->dims[3]);
  return add_conv(r, &shape, l);
}

rp_status rp_tflite_read_conv(rp_tflite_reader *r) {
  linear l = {.rounding = r->profile->conv,
              .rounding_uint8 = r->profile->uint8};
  const rp_status status = read_conv(r, &l);
  linear_fini(&l);
  return status;
}

rp_status rp_tflite_read_depthwise(rp_tflite_reader *r) {
  linear l = {.rounding = r->profile->depthwise,
              .rounding_uint8 = r->profile->depthwise_uint8,
              .channel_dim = 3};
  const rp_status status = read_depthwise(r, &l);
  linear_fini(&l);
  return status;
}

/* ---- Dense layers. ---- */

enum { DENSE_ACTIVATION, DENSE_WEIGHTS_FORMAT };

static rp_status make_dense(const rp_tflite_reader *r, const linear *l,
                            rp_op **op) {
  rp_op *const made = rp_op_dense_create(l->n_channels, l->a_channel);
  if (!made) return rp_tflite_fail_memory(r);
  for (int32_t c = 0; c < l->n_channels; c++)
    (void)rp_op_dense_set_row(made, c, l->w + (size_t)c * (size_t)l->a_channel);
  *op = made;
  return RP_OK;
}

static rp_status read_dense(rp_tflite_reader *r, linear *l) {
  rp_op *op = NULL;
  RP_TRY(begin(r, DENSE_ACTIVATION, l));
  if (rp_flat_int8(r->flat, r->op->options, DENSE_WEIGHTS_FORMAT, 0) != 0)
    return rp_tflite_fail(r, "expected weights in the default format, found "
                             "shuffled ones");
  l->n_channels = l->weight->dims[0];
  l->a_channel = l->weight->dims[1];
  if (l->weight->n_dims != 2 || l->a_channel != l->in->count ||
      l->n_channels != l->out.count)
    return rp_tflite_fail(r,
                          "weights: expected %d x %d for one sample, found "
                          "%d x %d",
                          l->out.count, l->in->count, l->n_channels,
                          l->a_channel);
  RP_TRY(take_weights(r, l));
  RP_TRY(take_biases(r, l));
  RP_TRY(make_stairs(r, l));
  RP_TRY(make_dense(r, l, &op));
  return finish(r, l, op);
}

rp_status rp_tflite_read_dense(rp_tflite_reader *r) {
  linear l = {.rounding = r->profile->dense,
              .rounding_uint8 = r->profile->uint8,
              .is_dense = true};
  const rp_status status = read_dense(r, &l);
  linear_fini(&l);
  return status;
}
