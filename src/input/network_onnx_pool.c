/* Additions, means and pools: operators without weights of their own. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx.h"

/* ---- Additions. ---- */

static bool is_same_shape(const rp_onnx_tensor *a, const rp_onnx_tensor *b) {
  bool is_same = a && b && a->has_shape && b->has_shape;
  is_same = is_same && a->n_dims == b->n_dims;
  for (int32_t d = 0; is_same && d < a->n_dims; d++)
    is_same = a->dims[d] == b->dims[d];
  return is_same;
}

/* Both summands lie as the first one does. */
static rp_status add_arranged(rp_onnx_reader *r, const rp_onnx_item in[2],
                              int32_t *index, const rp_quantized *out) {
  const rp_quantized number[2] = {in[0].number, in[1].number};
  const int32_t n = rp_onnx_count(&in[0]);
  const bool is_same =
      rp_onnx_is_arranged(&in[1], in[0].channels, in[0].positions);
  for (int32_t i = 0; i < n; i++)
    index[rp_onnx_find_place(&in[0], i)] = rp_onnx_find_place(&in[1], i);
  const rp_build_source from[2] = {{in[0].source, n, NULL},
                                   {in[1].source, n, is_same ? NULL : index}};
  rp_error why = {""};
  return rp_onnx_place(
      r, rp_build_addition(r->net, RP_ADD_FLOAT, n, from, number, out, &why),
      &why);
}

rp_status rp_onnx_add_pair(rp_onnx_reader *r, const rp_onnx_item in[2],
                           const rp_onnx_tensor *const shape[2],
                           const rp_quantized *out) {
  int64_t dims[RP_ONNX_DIMS];
  if (!is_same_shape(shape[0], shape[1]) || in[0].number.lo != out->lo ||
      in[1].number.lo != out->lo)
    return RP_ONNX_FAIL(r, "expected two summands of one shape and of the "
                           "output's type, found others");
  int32_t *const index = rp_alloc((size_t)rp_onnx_count(&in[0]), sizeof *index);
  if (!index)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  const rp_status status = add_arranged(r, in, index, out);
  free(index);
  RP_TRY(status);
  for (int32_t d = 0; d < shape[0]->n_dims; d++) dims[d] = shape[0]->dims[d];
  return rp_onnx_set_block(r, out, in[0].channels, in[0].positions,
                           shape[0]->n_dims, dims);
}

rp_status rp_onnx_read_qlinear_add(rp_onnx_reader *r) {
  const rp_onnx_tensor *const shape[2] = {
      rp_onnx_operand(&r->model, r->node, 0),
      rp_onnx_operand(&r->model, r->node, 3)};
  rp_quantized number[2], out;
  rp_onnx_item in[2];
  RP_TRY(rp_onnx_get_number(r, r->node, 1, 2, &number[0]));
  RP_TRY(rp_onnx_get_number(r, r->node, 4, 5, &number[1]));
  RP_TRY(rp_onnx_get_number(r, r->node, 6, 7, &out));
  RP_TRY(rp_onnx_get_integers(r, r->node, 0, &number[0], false, &in[0]));
  RP_TRY(rp_onnx_get_integers(r, r->node, 3, &number[1], false, &in[1]));
  return rp_onnx_add_pair(r, in, shape, &out);
}

/* ---- Means over all positions. ---- */

rp_status rp_onnx_add_mean(rp_onnx_reader *r, const rp_onnx_item *in,
                           const rp_onnx_tensor *x, const rp_quantized *out) {
  rp_onnx_item arranged = *in;
  int64_t dims[RP_ONNX_DIMS];
  rp_error why = {""};
  rp_stair stair;
  if (!x->has_shape || x->n_dims < 3 || x->dims[0] != 1 ||
      in->number.lo != out->lo)
    return RP_ONNX_FAIL(r, "expected one sample of channels and positions, and "
                           "one type before and behind it");
  const int32_t channels = x->dims[1], n = x->count / channels;
  RP_TRY(rp_onnx_arrange(r, channels, n, &arranged));
  const float all = out->scale * (float)n;
  RP_TRY(rp_onnx_place(
      r,
      rp_build_stair(r->net, RP_ROUND_FLOAT, (double)(in->number.scale / all),
                     (int64_t)n * UINT8_MAX, out, &stair, &why),
      &why));
  const rp_conv_shape shape = {1, n, channels, 1, 1, channels, 1,       n,
                               1, 1, 1,        1, 0, 0,        channels};
  RP_TRY(rp_onnx_place(
      r, rp_build_mean(r->net, arranged.source, &shape, &stair, &why), &why));
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = d < 2 ? x->dims[d] : 1;
  return rp_onnx_set_block(r, out, channels, 1, x->n_dims, dims);
}

rp_status rp_onnx_read_qlinear_mean(rp_onnx_reader *r) {
  rp_quantized number, out;
  rp_onnx_item in;
  int64_t is_last;
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "channels_last", 0, &is_last,
                         r->err));
  if (is_last != 0)
    return RP_ONNX_FAIL(r, "expected channels first, found channels_last %lld",
                        (long long)is_last);
  RP_TRY(rp_onnx_get_number(r, r->node, 1, 2, &number));
  RP_TRY(rp_onnx_get_number(r, r->node, 3, 4, &out));
  RP_TRY(rp_onnx_get_integers(r, r->node, 0, &number, false, &in));
  return rp_onnx_add_mean(r, &in, rp_onnx_operand(&r->model, r->node, 0), &out);
}

rp_status rp_onnx_refuse_average(rp_onnx_reader *r) {
  return RP_ONNX_FAIL(r,
                      "the runtime adds float32 numbers one after the other, "
                      "so that its result is no function of their sum: a "
                      "global average, or a convolution with equal weights, "
                      "would be needed");
}

/* ---- Maxima. ---- */

static rp_status get_kernel(const rp_onnx_reader *r, const rp_onnx_tensor *x,
                            int32_t kernel[2]) {
  int32_t n;
  const int64_t *said;
  int64_t ceil_mode;
  RP_TRY(
      rp_onnx_get_ints(&r->model, r->node, "kernel_shape", &n, &said, r->err));
  RP_TRY(
      rp_onnx_get_int(&r->model, r->node, "ceil_mode", 0, &ceil_mode, r->err));
  if (ceil_mode != 0 || (n != 1 && n != 2) || n != x->n_dims - 2)
    return RP_ONNX_FAIL(r, "expected ceil_mode 0 and a kernel_shape of 1 or 2 "
                           "sizes, as the input has, found others");
  kernel[0] = 1;
  for (int32_t d = 0; d < n; d++)
    kernel[d + 2 - n] =
        said[d] > 0 && said[d] <= INT16_MAX ? (int32_t)said[d] : 0;
  return RP_OK;
}

/* What is not quantized yet may be: the maximum is the same. */
rp_status rp_onnx_read_max_pool(rp_onnx_reader *r) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  const rp_onnx_item *found = rp_onnx_item_of(r, r->node, 0);
  rp_conv_shape shape;
  rp_error why = {""};
  int32_t kernel[2];
  int64_t dims[4];
  if (!found || found->kind != RP_ONNX_SCALED)
    RP_TRY(rp_onnx_get_item(r, r->node, 0, RP_ONNX_INTEGERS, &found));
  rp_onnx_item in = *found;
  RP_TRY(get_kernel(r, x, kernel));
  if (!r->net) RP_TRY(rp_onnx_begin_net(r, &in.number));
  if (in.source == RP_INPUT) in.number.zero = r->net->in_zero;
  RP_TRY(rp_onnx_place_windows(r, r->node, x, &in, kernel, x->dims[1], &shape,
                               dims));
  for (int side = 0; side < RP_ONNX_SIDES; side++)
    if (in.pad[side] != 0)
      return RP_ONNX_FAIL(r, "expected no padding before it, found some");
  RP_TRY(rp_onnx_arrange(r, shape.in_c, shape.in_h * shape.in_w, &in));
  RP_TRY(rp_onnx_place(
      r, rp_build_max_pool(r->net, in.source, &shape, &in.number, &why), &why));
  in.source = r->net->n_blocks - 1;
  in.positions = shape.out_h * shape.out_w;
  return rp_onnx_set_item(r, &in, x->n_dims, dims);
}
