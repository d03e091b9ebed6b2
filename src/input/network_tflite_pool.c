/* Pools and means: operators without weights of their own. */
#include "input/network_tflite.h"

/* ---- Means. ---- */

/* Height and width, in any order, counted from the end too. */
static rp_status check_axes(const rp_tflite_reader *r) {
  const rp_tflite_tensor *axes;
  RP_TRY(rp_tflite_get_constant(r, 1, RP_TFLITE_INT32, 2, &axes));
  bool seen[4] = {false};
  for (int32_t i = 0; i < 2; i++) {
    const int64_t axis = rp_tflite_get(axes, i);
    if (axis >= -4 && axis < 4) seen[axis & 3] = true;
  }
  if (seen[1] && seen[2]) return RP_OK;
  return rp_tflite_fail(r, "expected a mean over height and width, found other "
                           "axes");
}

/* TensorFlow Lite Micro has kernels of their own for means that keep four
 * dimensions and for equal scales, which changed from version to version. */
static rp_status check_mean(const rp_tflite_reader *r, bool keeps_dims,
                            const rp_tflite_value *in,
                            const rp_tflite_value *out) {
  const float ratio = in->number.scale / out->number.scale;
  const bool is_same = in->number.scale == out->number.scale &&
                       in->number.zero == out->number.zero;
  if (!(ratio >= 0x1p-8F && ratio < 0x1p8F))
    return rp_tflite_fail(r,
                          "expected scales that differ by less than 2^8, found "
                          "%.9g and %.9g",
                          (double)in->number.scale, (double)out->number.scale);
  if (!r->profile->has_one_mean || (!keeps_dims && !is_same)) return RP_OK;
  return rp_tflite_fail(r,
                        "profile %s has a rule only for means that drop height "
                        "and width and change the scale: one for %s would be "
                        "needed",
                        r->profile->name,
                        keeps_dims ? "means that keep them" : "equal scales");
}

static rp_status make_mean_stair(rp_tflite_reader *r, int32_t n,
                                 const rp_tflite_value *in,
                                 const rp_tflite_value *out, rp_stair *stair) {
  enum { KEEP_DIMS };
  const bool keeps = rp_flat_int8(r->flat, r->op->options, KEEP_DIMS, 0) != 0;
  const rp_quantized *const number = &out->number;
  int64_t threshold[UINT8_MAX];
  rp_mean_rule rule;
  rp_error why = {""};
  RP_TRY(check_mean(r, keeps, in, out));
  RP_TRY(rp_tflite_add_place(
      r,
      rp_mean_rule_set(&rule, keeps ? r->profile->mean_kept : r->profile->mean,
                       n, &in->number, number, &why),
      &why));
  RP_TRY(rp_tflite_add_place(r,
                             rp_stair_tabulate(rp_mean_rule_apply, &rule,
                                               number->lo, number->hi,
                                               threshold, &why),
                             &why));
  return rp_tflite_add_place(
      r, rp_build_table(r->net, threshold, number, stair, &why), &why);
}

rp_status rp_tflite_read_mean(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(check_axes(r));
  if (in->n_dims != 4 || in->dims[0] != 1 || in->type != out.type ||
      out.count != in->dims[3])
    return rp_tflite_fail(r, "expected 1 x height x width x channels to as "
                             "many channels of one type, found others");
  const rp_conv_shape shape = {
      in->dims[1], in->dims[2], in->dims[3], 1, 1,
      in->dims[3], in->dims[1], in->dims[2], 1, 1,
      1,           1,           0,           0, in->dims[3]};
  rp_stair stair;
  rp_error why = {""};
  RP_TRY(make_mean_stair(r, in->dims[1] * in->dims[2], in, &out, &stair));
  const rp_status status =
      rp_build_mean(r->net, in->source, &shape, &stair, &why);
  return rp_tflite_set_block(r, status, &why, &out);
}

/* ---- Windows of pools. ---- */

enum { PADDING, STRIDE_W, STRIDE_H, FILTER_W, FILTER_H, ACTIVATION };

typedef struct pool {
  const rp_tflite_value *in;
  rp_tflite_value out;
  rp_quantized clipped;
  rp_conv_shape shape;
} pool;

static rp_status begin_pool(const rp_tflite_reader *r, pool *p) {
  const size_t options = r->op->options;
  const rp_tflite_windows windows = {
      .padding = rp_flat_int8(r->flat, options, PADDING, 0),
      .stride = {rp_flat_int32(r->flat, options, STRIDE_H, 0),
                 rp_flat_int32(r->flat, options, STRIDE_W, 0)},
      .dilation = {1, 1},
      .kernel = {rp_flat_int32(r->flat, options, FILTER_H, 0),
                 rp_flat_int32(r->flat, options, FILTER_W, 0)}};
  RP_TRY(rp_tflite_get_value(r, 0, false, &p->in));
  RP_TRY(rp_tflite_describe_output(r, &p->out));
  RP_TRY(rp_tflite_expect_same(r, p->in, &p->out));
  RP_TRY(rp_tflite_place_windows(r, &windows, p->in, &p->out, &p->shape));
  if (p->shape.in_c != p->shape.out_c)
    return rp_tflite_fail(r, "expected as many channels behind it, found "
                             "others");
  p->clipped = p->out.number;
  return rp_tflite_clip(r, rp_flat_int8(r->flat, options, ACTIVATION, 0),
                        &p->clipped);
}

rp_status rp_tflite_read_average_pool(rp_tflite_reader *r) {
  rp_error why = {""};
  pool p;
  RP_TRY(begin_pool(r, &p));
  const rp_status status = rp_build_average_pool(
      r->net, p.in->source, &p.shape, p.in->number.zero, &p.clipped, &why);
  return rp_tflite_set_block(r, status, &why, &p.out);
}

rp_status rp_tflite_read_max_pool(rp_tflite_reader *r) {
  rp_error why = {""};
  pool p;
  RP_TRY(begin_pool(r, &p));
  const rp_status status =
      rp_build_max_pool(r->net, p.in->source, &p.shape, &p.clipped, &why);
  return rp_tflite_set_block(r, status, &why, &p.out);
}
