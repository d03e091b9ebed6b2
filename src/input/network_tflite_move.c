/* Operators that move numbers, or round them once more. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_tflite.h"

enum { MOST_TERMS = 64 };

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

static rp_status transpose(rp_tflite_reader *r, const rp_tflite_value *in,
                           int32_t *index, rp_tflite_value *out) {
  rp_term term;
  bool moves = false;
  RP_TRY(rp_tflite_index_transposed(r, index));
  for (int32_t i = 0; i < out->count; i++) moves |= index[i] != i;
  if (!moves) return rename_value(r, in, out);
  RP_TRY(make_selection(r, in, out->count, index, &term));
  return add_selection(r, &term, 1, out);
}

rp_status rp_tflite_read_transpose(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(rp_tflite_expect_same(r, in, &out));
  int32_t *const index = rp_alloc((size_t)out.count, sizeof *index);
  if (!index) return rp_tflite_fail_memory(r);
  const rp_status status = transpose(r, in, index, &out);
  free(index);
  return status;
}

/* ---- Concatenation. ---- */

typedef struct joined {
  rp_tflite_value out;
  int32_t axis, begin; /* along the axis, of the part at hand */
  int32_t *index;      /* [neurons] */
  int32_t n_terms;
  rp_term term[MOST_TERMS];
} joined;

static rp_status add_part(rp_tflite_reader *r, joined *j) {
  const rp_tflite_value *in;
  RP_TRY(rp_tflite_get_any_value(r, j->n_terms, &in));
  RP_TRY(rp_tflite_expect_same(r, in, &j->out));
  RP_TRY(rp_tflite_index_part(r, j->n_terms, j->axis, &j->begin, j->index));
  RP_TRY(make_selection(r, in, j->out.count, j->index, &j->term[j->n_terms]));
  j->n_terms++;
  return RP_OK;
}

static rp_status begin_joined(const rp_tflite_reader *r, joined *j) {
  RP_TRY(rp_tflite_describe_output(r, &j->out));
  RP_TRY(rp_tflite_take_axis(r, &j->axis));
  if (r->op->input.n < 1 || r->op->input.n > MOST_TERMS)
    return rp_tflite_fail(r, "expected 1..%d parts, found %d", MOST_TERMS,
                          r->op->input.n);
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
  if (status == RP_OK) status = rp_tflite_expect_filled(r, j.axis, j.begin);
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
  if (rp_tflite_get(number, 0) == in->number.zero) return RP_OK;
  return rp_tflite_fail(r,
                        "expected padding with the zero point %d, found "
                        "%lld",
                        in->number.zero, (long long)rp_tflite_get(number, 0));
}

/* Only height and width are padded. */
static rp_status take_sides(const rp_tflite_reader *r,
                            const rp_tflite_value *in, rp_tflite_value *value) {
  int32_t pad[RP_TFLITE_DIMS][2] = {{0}};
  RP_TRY(rp_tflite_take_padding(r, pad));
  if (in->n_dims != 4 || pad[0][0] + pad[0][1] + pad[3][0] + pad[3][1] > 0)
    return rp_tflite_fail(r, "expected padding of height and width alone, "
                             "found others");
  for (int side = 0; side < SIDES; side++)
    value->pad[side] = pad[1 + side / 2][side % 2];
  return RP_OK;
}

/* Do convolutions alone read the output? They take over the padding. */
static bool is_for_convolutions(const rp_tflite_reader *r) {
  const rp_flat *const flat = &r->model.flat;
  const int32_t t = rp_flat_int32_at(flat, r->op->output, 0);
  int32_t readers = 0;
  for (int32_t k = 0; k < r->model.n_ops; k++) {
    const rp_tflite_op *const op = &r->model.op[k];
    for (int32_t i = 0; i < op->input.n; i++) {
      if (rp_flat_int32_at(flat, op->input, i) != t) continue;
      if (op->code != RP_TFLITE_CONV_2D &&
          op->code != RP_TFLITE_DEPTHWISE_CONV_2D)
        return false;
      readers++;
    }
  }
  return readers > 0;
}

/* A block of the padded numbers, of which those outside are zero points. */
static rp_status add_padded(rp_tflite_reader *r, const rp_tflite_value *in,
                            rp_tflite_value *out) {
  rp_term term;
  if (in->dims[0] != 1)
    return rp_tflite_fail(r, "expected one sample, found %d", in->dims[0]);
  int32_t *const index = rp_alloc((size_t)out->count, sizeof *index);
  if (!index) return rp_tflite_fail_memory(r);
  rp_status status = rp_tflite_index_padded(r, index);
  if (status == RP_OK) status = make_selection(r, in, out->count, index, &term);
  free(index);
  RP_TRY(status);
  return add_selection(r, &term, 1, out);
}

/* For convolutions the value keeps its shape: the padding stands beside it. */
rp_status rp_tflite_read_pad(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out, padded;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(rp_tflite_expect_same(r, in, &out));
  RP_TRY(check_pad_number(r, in));
  padded = *in;
  RP_TRY(take_sides(r, in, &padded));
  if (!is_for_convolutions(r)) return add_padded(r, in, &out);
  return rp_tflite_set_output(r, &padded);
}

/* ---- Other numbers for the same. ---- */

/* XNNPACK takes numbers of one type, and a multiplier of whole 256ths. */
rp_status rp_tflite_choose_quantizer(const rp_tflite_reader *r,
                                     const rp_quantized *in,
                                     const rp_quantized *out, bool is_same_type,
                                     rp_rounding *rounding,
                                     double *multiplier) {
  const float ratio = in->scale / out->scale;
  const bool is_256ths = r->profile->has_quantizer && is_same_type;
  if (!(ratio >= 0x1p-8F && ratio <= 0x1p7F))
    return rp_tflite_fail(r,
                          "expected a scale of 2^-8 to 2^7 of that behind it, "
                          "found %g",
                          (double)ratio);
  *rounding = is_256ths ? RP_ROUND_ONCE : RP_ROUND_TWICE;
  *multiplier = is_256ths ? (double)rintf(ratio * 256) / 256
                          : (double)in->scale / (double)out->scale;
  return RP_OK;
}

static rp_status quantize_again(rp_tflite_reader *r, const rp_tflite_value *in,
                                rp_tflite_value *out) {
  const rp_build_source from = {in->source, in->count, NULL};
  rp_error why = {""};
  rp_rounding rounding = RP_ROUND_TWICE;
  double multiplier = 0;
  rp_stair stair;
  if (in->count != out->count)
    return rp_tflite_fail(r, "expected %d numbers behind it, found %d",
                          in->count, out->count);
  RP_TRY(rp_tflite_choose_quantizer(r, &in->number, &out->number,
                                    in->type == out->type, &rounding,
                                    &multiplier));
  RP_TRY(
      rp_tflite_add_place(r,
                          rp_build_stair(r->net, rounding, multiplier,
                                         UINT8_MAX, &out->number, &stair, &why),
                          &why));
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
