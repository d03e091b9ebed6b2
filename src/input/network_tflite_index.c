/* Where the numbers of an operator that moves them come from: for each element
 * of the output its place in the operand, or -1 for what is padded. Networks
 * select by it, and constants are copied by it. */
#include "input/network_tflite.h"

enum { MOST_PADDING = 1 << 12, CONCATENATION_AXIS = 0 };

/* Elements behind one place along a dimension. */
static int32_t measure_inner(const rp_tflite_tensor *tensor, int32_t dim) {
  int32_t inner = 1;
  for (int32_t d = dim + 1; d < tensor->n_dims; d++) inner *= tensor->dims[d];
  return inner;
}

/* ---- Transposition. ---- */

/* Dimension d of the output is dimension from[d] of the input. */
static rp_status take_order(const rp_tflite_reader *r,
                            const rp_tflite_tensor *in,
                            const rp_tflite_tensor *out, int32_t *from) {
  const rp_tflite_tensor *order;
  bool is_used[RP_TFLITE_DIMS] = {false};
  RP_TRY(rp_tflite_get_constant(r, 1, RP_TFLITE_INT32, in->n_dims, &order));
  for (int32_t d = 0; d < in->n_dims; d++) {
    int64_t axis = rp_tflite_get(order, d);
    if (axis < 0) axis += in->n_dims;
    if (axis < 0 || axis >= in->n_dims || is_used[axis] ||
        out->n_dims != in->n_dims || out->dims[d] != in->dims[axis])
      return rp_tflite_fail(r, "expected an order of dimensions that gives the "
                               "output's shape, found another");
    is_used[axis] = true;
    from[d] = (int32_t)axis;
  }
  return RP_OK;
}

rp_status rp_tflite_index_transposed(const rp_tflite_reader *r,
                                     int32_t *index) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  const rp_tflite_tensor *const out = rp_tflite_output(r);
  int32_t from[RP_TFLITE_DIMS] = {0};
  RP_TRY(take_order(r, in, out, from));
  for (int32_t i = 0; i < out->count; i++) {
    int32_t rest = i;
    index[i] = 0;
    for (int32_t d = out->n_dims - 1; d >= 0; d--) {
      index[i] += rest % out->dims[d] * measure_inner(in, from[d]);
      rest /= out->dims[d];
    }
  }
  return RP_OK;
}

/* ---- Padding. ---- */

rp_status rp_tflite_take_padding(const rp_tflite_reader *r,
                                 int32_t pad[RP_TFLITE_DIMS][2]) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  const rp_tflite_tensor *const out = rp_tflite_output(r);
  const rp_tflite_tensor *pads = rp_tflite_operand(r, 1);
  const bool is_long = pads && pads->type == RP_TFLITE_INT64;
  RP_TRY(rp_tflite_get_constant(r, 1,
                                is_long ? RP_TFLITE_INT64 : RP_TFLITE_INT32,
                                2 * in->n_dims, &pads));
  bool fits = out->n_dims == in->n_dims;
  for (int32_t i = 0; i < pads->count; i++) {
    const int64_t n = rp_tflite_get(pads, i);
    if (n < 0 || n > MOST_PADDING)
      return rp_tflite_fail(r,
                            "expected padding of 0..%d, found %lld at number "
                            "%d",
                            MOST_PADDING, (long long)n, i);
    pad[i / 2][i % 2] = (int32_t)n;
  }
  for (int32_t d = 0; fits && d < in->n_dims; d++)
    fits = out->dims[d] == in->dims[d] + pad[d][0] + pad[d][1];
  if (fits) return RP_OK;
  return rp_tflite_fail(r, "expected the output's shape to be the input's with "
                           "its padding, found another");
}

rp_status rp_tflite_index_padded(const rp_tflite_reader *r, int32_t *index) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  const rp_tflite_tensor *const out = rp_tflite_output(r);
  int32_t pad[RP_TFLITE_DIMS][2] = {{0}};
  RP_TRY(rp_tflite_take_padding(r, pad));
  for (int32_t i = 0; i < out->count; i++) {
    int32_t rest = i;
    index[i] = 0;
    for (int32_t d = out->n_dims - 1; d >= 0 && index[i] >= 0; d--) {
      const int32_t at = rest % out->dims[d] - pad[d][0];
      if (at < 0 || at >= in->dims[d])
        index[i] = -1;
      else
        index[i] += at * measure_inner(in, d);
      rest /= out->dims[d];
    }
  }
  return RP_OK;
}

/* ---- Concatenation. ---- */

rp_status rp_tflite_take_axis(const rp_tflite_reader *r, int32_t *axis) {
  enum { ACTIVATION = 1 };
  const int32_t n_dims = rp_tflite_output(r)->n_dims;
  const size_t options = r->op->options;
  *axis = rp_flat_int32(r->flat, options, CONCATENATION_AXIS, 0);
  if (*axis < 0) *axis += n_dims;
  if (*axis >= 0 && *axis < n_dims &&
      rp_flat_int8(r->flat, options, ACTIVATION, 0) == 0)
    return RP_OK;
  return rp_tflite_fail(r, "expected parts along a dimension, and no "
                           "activation function, found others");
}

rp_status rp_tflite_index_part(const rp_tflite_reader *r, int32_t part,
                               int32_t axis, int32_t *begin, int32_t *index) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, part);
  const rp_tflite_tensor *const out = rp_tflite_output(r);
  bool fits = in && in->n_dims == out->n_dims &&
              in->dims[axis] <= out->dims[axis] - *begin;
  for (int32_t d = 0; fits && d < in->n_dims; d++)
    fits = d == axis || in->dims[d] == out->dims[d];
  if (!fits)
    return rp_tflite_fail(
        r, "expected parts of the output's shape, found part %d of another",
        part);
  const int32_t inner = measure_inner(out, axis);
  const int32_t whole = out->dims[axis], own = in->dims[axis];
  for (int32_t i = 0; i < out->count; i++) {
    const int32_t place = i / inner % whole - *begin;
    const int32_t outer = i / inner / whole;
    index[i] = place >= 0 && place < own
                   ? (outer * own + place) * inner + i % inner
                   : -1;
  }
  *begin += own;
  return RP_OK;
}

rp_status rp_tflite_expect_filled(const rp_tflite_reader *r, int32_t axis,
                                  int32_t end) {
  const int32_t whole = rp_tflite_output(r)->dims[axis];
  if (end == whole) return RP_OK;
  return rp_tflite_fail(r,
                        "expected parts that fill the output, found %d of "
                        "%d",
                        end, whole);
}

/* ---- Operands that are repeated along dimensions. ---- */

rp_status rp_tflite_index_repeated(const rp_tflite_reader *r, int32_t operand,
                                   int32_t *index) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, operand);
  const rp_tflite_tensor *const out = rp_tflite_output(r);
  const int32_t missing = out->n_dims - in->n_dims;
  bool fits = missing >= 0;
  for (int32_t d = 0; fits && d < in->n_dims; d++)
    fits = in->dims[d] == 1 || in->dims[d] == out->dims[d + missing];
  if (!fits)
    return rp_tflite_fail(r,
                          "operand %d: expected the output's shape, or sizes "
                          "of 1 that are repeated, found another",
                          operand);
  for (int32_t i = 0; i < out->count; i++) {
    int32_t rest = i;
    index[i] = 0;
    for (int32_t d = out->n_dims - 1; d >= missing; d--) {
      if (in->dims[d - missing] > 1)
        index[i] += rest % out->dims[d] * measure_inner(in, d - missing);
      rest /= out->dims[d];
    }
  }
  return RP_OK;
}
