/* Operators that move numbers, or round them once more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_tflite.h"

enum { MOST_TERMS = 64, MOST_PADDING = 1 << 12 };

/* ---- New names for the same numbers. ---- */

static rp_status rename_value(rp_tflite_reader *r, const rp_tflite_value *in,
                              rp_tflite_value *out) {
  if (in->count != out->count)
    return rp_tflite_fail(r,
                          "expected as many numbers behind it, found %d and "
                          "%d",
                          in->count, out->count);
  out->source = in->source;
  return rp_tflite_set_output(r, out);
}

rp_status rp_tflite_read_reshape(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(rp_tflite_expect_same(r, in, &out));
  return rename_value(r, in, &out);
}

/* ---- Selections. ---- */

static rp_status add_selection(rp_tflite_reader *r, rp_term *term,
                               int32_t n_terms, rp_tflite_value *out) {
  rp_error why = {""};
  const rp_status status =
      rp_build_selection(r->net, out->count, n_terms, term, &out->number, &why);
  return rp_tflite_set_block(r, status, &why, out);
}

static rp_status make_selection(const rp_tflite_reader *r,
                                const rp_tflite_value *in, int32_t n,
                                const int32_t *index, rp_term *term) {
  const rp_build_source from = {in->source, in->count, index};
  rp_error why = {""};
  return rp_tflite_add_place(r, rp_build_copy(&from, n, NULL, term, &why),
                             &why);
}

/* Where in the input the output's element number `at` lies. */
static int32_t find_transposed(const rp_tflite_value *in,
                               const rp_tflite_value *out, const int32_t *from,
                               int32_t at) {
  int32_t stride[RP_TFLITE_DIMS], index = 0, step = 1;
  for (int32_t d = in->n_dims - 1; d >= 0; d--) {
    stride[d] = step;
    step *= in->dims[d];
  }
  for (int32_t d = out->n_dims - 1; d >= 0; d--) {
    index += at % out->dims[d] * stride[from[d]];
    at /= out->dims[d];
  }
  return index;
}

static rp_status take_order(const rp_tflite_reader *r,
                            const rp_tflite_value *in,
                            const rp_tflite_value *out, int32_t *from) {
  const rp_tflite_tensor *order;
  bool is_used[RP_TFLITE_DIMS] = {false};
  RP_TRY(rp_tflite_get_constant(r, 1, RP_TFLITE_INT32, in->n_dims, &order));
  for (int32_t d = 0; d < in->n_dims; d++) {
    int64_t axis = rp_tflite_get(&r->model, order, d);
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

rp_status rp_tflite_read_transpose(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out;
  rp_term term;
  int32_t from[RP_TFLITE_DIMS] = {0};
  bool moves = false;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(rp_tflite_expect_same(r, in, &out));
  RP_TRY(take_order(r, in, &out, from));
  int32_t *const index = rp_alloc((size_t)out.count, sizeof *index);
  if (!index) return rp_tflite_fail_memory(r);
  for (int32_t i = 0; i < out.count; i++) {
    index[i] = find_transposed(in, &out, from, i);
    moves |= index[i] != i;
  }
  rp_status status = RP_OK;
  if (moves) status = make_selection(r, in, out.count, index, &term);
  free(index);
  RP_TRY(status);
  return moves ? add_selection(r, &term, 1, &out) : rename_value(r, in, &out);
}

/* ---- Concatenation. ---- */

enum { AXIS, ACTIVATION };

typedef struct joined {
  rp_tflite_value out;
  int32_t axis, inner; /* numbers behind one place along the axis */
  int32_t begin;       /* along the axis, of the part at hand */
  int32_t *index;      /* [neurons] */
  int32_t n_terms;
  rp_term term[MOST_TERMS];
} joined;

static rp_status check_part(const rp_tflite_reader *r, const joined *j,
                            const rp_tflite_value *in) {
  bool is_same = in->n_dims == j->out.n_dims;
  for (int32_t d = 0; is_same && d < in->n_dims; d++)
    is_same = d == j->axis || in->dims[d] == j->out.dims[d];
  if (is_same && in->dims[j->axis] <= j->out.dims[j->axis] - j->begin)
    return rp_tflite_expect_same(r, in, &j->out);
  return rp_tflite_fail(r,
                        "expected parts of the output's shape, found part "
                        "%d of another",
                        j->n_terms);
}

static void fill_part(const joined *j, const rp_tflite_value *in) {
  const int32_t whole = j->out.dims[j->axis], part = in->dims[j->axis];
  for (int32_t i = 0; i < j->out.count; i++) {
    const int32_t place = i / j->inner % whole - j->begin;
    const int32_t outer = i / j->inner / whole;
    const bool is_in = place >= 0 && place < part;
    j->index[i] = is_in ? (outer * part + place) * j->inner + i % j->inner : -1;
  }
}

static rp_status add_part(const rp_tflite_reader *r, joined *j) {
  const rp_tflite_value *in;
  RP_TRY(rp_tflite_get_value(r, j->n_terms, false, &in));
  RP_TRY(check_part(r, j, in));
  fill_part(j, in);
  RP_TRY(make_selection(r, in, j->out.count, j->index, &j->term[j->n_terms]));
  j->n_terms++;
  j->begin += in->dims[j->axis];
  return RP_OK;
}

static rp_status begin_joined(const rp_tflite_reader *r, joined *j) {
  rp_flat flat = r->model.flat;
  RP_TRY(rp_tflite_describe_output(r, &j->out));
  j->axis = rp_flat_int32(&flat, r->op->options, AXIS, 0);
  if (j->axis < 0) j->axis += j->out.n_dims;
  if (j->axis < 0 || j->axis >= j->out.n_dims || r->op->input.n < 1 ||
      r->op->input.n > MOST_TERMS ||
      rp_flat_int8(&flat, r->op->options, ACTIVATION, 0) != 0)
    return rp_tflite_fail(r,
                          "expected 1..%d parts along a dimension, and no "
                          "activation function, found others",
                          MOST_TERMS);
  j->inner = 1;
  for (int32_t d = j->axis + 1; d < j->out.n_dims; d++)
    j->inner *= j->out.dims[d];
  j->index = rp_alloc((size_t)j->out.count, sizeof *j->index);
  return j->index ? RP_OK : rp_tflite_fail_memory(r);
}

rp_status rp_tflite_read_concatenation(rp_tflite_reader *r) {
  joined j = {.n_terms = 0};
  RP_TRY(begin_joined(r, &j));
  rp_status status = RP_OK;
  while (status == RP_OK && j.n_terms < r->op->input.n)
    status = add_part(r, &j);
  free(j.index);
  if (status == RP_OK && j.begin != j.out.dims[j.axis])
    status = rp_tflite_fail(r,
                            "expected parts that fill the output, found %d "
                            "of %d",
                            j.begin, j.out.dims[j.axis]);
  if (status == RP_OK) return add_selection(r, j.term, j.n_terms, &j.out);
  for (int32_t t = 0; t < j.n_terms; t++) rp_op_free(j.term[t].op);
  return status;
}

/* ---- Padding. ---- */

static rp_status check_pad_number(const rp_tflite_reader *r,
                                  const rp_tflite_value *in) {
  const rp_tflite_tensor *number;
  if (!rp_tflite_operand(r, 2)) return RP_OK;
  RP_TRY(rp_tflite_get_constant(r, 2, in->type, 1, &number));
  if (rp_tflite_get(&r->model, number, 0) == in->number.zero) return RP_OK;
  return rp_tflite_fail(r,
                        "expected padding with the zero point %d, found "
                        "%lld",
                        in->number.zero,
                        (long long)rp_tflite_get(&r->model, number, 0));
}

static rp_status take_padding(const rp_tflite_reader *r,
                              const rp_tflite_tensor *pads,
                              rp_tflite_value *value) {
  for (int32_t i = 0; i < pads->count; i++) {
    const int64_t n = rp_tflite_get(&r->model, pads, i);
    const bool is_side = i >= 2 && i < 2 + SIDES;
    if (n < 0 || n > (is_side ? MOST_PADDING : 0))
      return rp_tflite_fail(r,
                            "expected padding of height and width, 0..%d, "
                            "found %lld at number %d",
                            MOST_PADDING, (long long)n, i);
    if (is_side) value->pad[i - 2] = (int32_t)n;
  }
  return RP_OK;
}

/* Do convolutions alone read the output? They take over the padding. */
static bool is_for_convolutions(const rp_tflite_reader *r) {
  enum { CONV_2D = 3, DEPTHWISE_CONV_2D = 4 };
  const rp_flat *const flat = &r->model.flat;
  const int32_t t = rp_flat_int32_at(flat, r->op->output, 0);
  int32_t readers = 0;
  for (int32_t k = 0; k < r->model.n_ops; k++) {
    const rp_tflite_op *const op = &r->model.op[k];
    for (int32_t i = 0; i < op->input.n; i++) {
      if (rp_flat_int32_at(flat, op->input, i) != t) continue;
      if (op->code != CONV_2D && op->code != DEPTHWISE_CONV_2D) return false;
      readers++;
    }
  }
  return readers > 0;
}

/* A block of the padded numbers, of which those outside are zero points. */
static rp_status add_padded(rp_tflite_reader *r, const rp_tflite_value *in,
                            const int32_t *pad, rp_tflite_value *out) {
  const int32_t h = in->dims[1], w = in->dims[2], channels = in->dims[3];
  rp_term term;
  if (in->dims[0] != 1)
    return rp_tflite_fail(r, "expected one sample, found %d", in->dims[0]);
  int32_t *const index = rp_alloc((size_t)out->count, sizeof *index);
  if (!index) return rp_tflite_fail_memory(r);
  for (int32_t i = 0; i < out->count; i++) {
    const int32_t y = i / channels / out->dims[2] - pad[TOP];
    const int32_t x = i / channels % out->dims[2] - pad[LEFT];
    const bool is_inside = y >= 0 && y < h && x >= 0 && x < w;
    index[i] = is_inside ? (y * w + x) * channels + i % channels : -1;
  }
  const rp_status status = make_selection(r, in, out->count, index, &term);
  free(index);
  RP_TRY(status);
  return add_selection(r, &term, 1, out);
}

/* For convolutions the value keeps its shape: the padding stands beside it. */
rp_status rp_tflite_read_pad(rp_tflite_reader *r) {
  const rp_tflite_tensor *pads = rp_tflite_operand(r, 1);
  const rp_tflite_value *in;
  rp_tflite_value out, padded;
  const bool is_long = pads && pads->type == RP_TFLITE_INT64;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(rp_tflite_expect_same(r, in, &out));
  RP_TRY(check_pad_number(r, in));
  RP_TRY(rp_tflite_get_constant(
      r, 1, is_long ? RP_TFLITE_INT64 : RP_TFLITE_INT32, 8, &pads));
  padded = *in;
  RP_TRY(take_padding(r, pads, &padded));
  const int32_t *const pad = padded.pad;
  if (in->n_dims != 4 || out.n_dims != 4 || out.dims[0] != in->dims[0] ||
      out.dims[1] != in->dims[1] + pad[TOP] + pad[BOTTOM] ||
      out.dims[2] != in->dims[2] + pad[LEFT] + pad[RIGHT] ||
      out.dims[3] != in->dims[3])
    return rp_tflite_fail(r, "expected the output's shape to be the input's "
                             "with its padding, found another");
  if (!is_for_convolutions(r)) return add_padded(r, in, pad, &out);
  return rp_tflite_set_output(r, &padded);
}

/* ---- Other numbers for the same. ---- */

/* XNNPACK takes numbers of one type, and a multiplier of whole 256ths. */
static rp_status make_quantizer_stair(const rp_tflite_reader *r,
                                      const rp_tflite_value *in,
                                      const rp_tflite_value *out,
                                      rp_stair *stair) {
  const float ratio = in->number.scale / out->number.scale;
  const bool is_256ths = r->profile->has_quantizer && in->type == out->type;
  rp_error why = {""};
  if (!(ratio >= 0x1p-8F && ratio <= 0x1p7F))
    return rp_tflite_fail(r,
                          "expected a scale of 2^-8 to 2^7 of that behind it, "
                          "found %g",
                          (double)ratio);
  const double multiplier =
      is_256ths ? (double)rintf(ratio * 256) / 256
                : (double)in->number.scale / (double)out->number.scale;
  return rp_tflite_add_place(
      r,
      rp_build_stair(r->net, is_256ths ? RP_ROUND_ONCE : RP_ROUND_TWICE,
                     multiplier, UINT8_MAX, &out->number, stair, &why),
      &why);
}

static rp_status quantize_again(rp_tflite_reader *r, const rp_tflite_value *in,
                                rp_tflite_value *out) {
  const rp_build_source from = {in->source, in->count, NULL};
  rp_error why = {""};
  rp_stair stair;
  if (in->count != out->count)
    return rp_tflite_fail(r, "expected %d numbers behind it, found %d",
                          in->count, out->count);
  RP_TRY(make_quantizer_stair(r, in, out, &stair));
  const rp_status status =
      rp_build_rounding(r->net, out->count, &from, &stair, &why);
  return rp_tflite_set_block(r, status, &why, out);
}

/* int8 and uint8 with the same scale may differ in where they begin. */
rp_status rp_tflite_read_quantize(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  if (in->number.scale == out.number.scale &&
      in->number.zero - in->number.lo == out.number.zero - out.number.lo)
    return rename_value(r, in, &out);
  return quantize_again(r, in, &out);
}
