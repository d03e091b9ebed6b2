/* Folding: operators whose operands are constants are computed while the file
 * is read, as the profile's runtime computes them on every run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_tflite.h"

/* Room for the numbers of the output, which are 0. All constants that are
 * computed have as many numbers together as one tensor may have. */
static rp_status begin_output(rp_tflite_reader *r, rp_tflite_tensor **out) {
  rp_tflite_tensor *const to = rp_tflite_output(r);
  r->n_folded += to->count;
  if (r->n_folded > RP_TFLITE_MOST_ELEMENTS)
    return rp_tflite_fail(r,
                          "expected at most %d numbers in all constants that "
                          "are computed, found more",
                          RP_TFLITE_MOST_ELEMENTS);
  if (to->data)
    return rp_tflite_fail(r, "expected an output without data, found a "
                             "constant");
  to->computed = rp_alloc((size_t)to->count, rp_tflite_size(to->type));
  if (!to->computed) return rp_tflite_fail_memory(r);
  *out = to;
  return RP_OK;
}

static void set_integer(const rp_tflite_tensor *out, int32_t i, int32_t value) {
  out->computed[i] = (uint8_t)value;
}

static void set_real(const rp_tflite_tensor *out, int32_t i, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (size_t k = 0; k < sizeof bits; k++)
    out->computed[(size_t)i * sizeof bits + k] = (uint8_t)(bits >> 8 * k);
}

static bool is_quantized(const rp_tflite_tensor *tensor) {
  return tensor->type == RP_TFLITE_INT8 || tensor->type == RP_TFLITE_UINT8;
}

/* The numbers of a constant, of which all have one scale. */
static rp_status describe_operand(const rp_tflite_reader *r, int32_t i,
                                  rp_quantized *number) {
  rp_tflite_value value;
  RP_TRY(rp_tflite_describe(r, rp_tflite_operand(r, i), &value));
  *number = value.number;
  return RP_OK;
}

static rp_status describe_result(const rp_tflite_reader *r,
                                 rp_quantized *number) {
  rp_tflite_value value;
  RP_TRY(rp_tflite_describe_output(r, &value));
  *number = value.number;
  return RP_OK;
}

/* ---- Moves. ---- */

/* Operators that move numbers leave them as they are. */
static rp_status expect_same(const rp_tflite_reader *r,
                             const rp_tflite_tensor *in) {
  const rp_tflite_tensor *const out = rp_tflite_output(r);
  const rp_flat *const flat = &r->model.flat;
  bool is_same = in->type == out->type && in->scale.n == out->scale.n &&
                 in->zero.n == out->zero.n;
  for (int32_t c = 0; is_same && c < in->scale.n; c++)
    is_same = rp_flat_float_at(flat, in->scale, c) ==
              rp_flat_float_at(flat, out->scale, c);
  for (int32_t c = 0; is_same && c < in->zero.n; c++)
    is_same = rp_flat_int64_at(flat, in->zero, c) ==
              rp_flat_int64_at(flat, out->zero, c);
  if (is_same) return RP_OK;
  return rp_tflite_fail(r, "expected the same type, scales and zero points of "
                           "constants before and behind it, found others");
}

static void copy_number(const rp_tflite_tensor *out, int32_t to,
                        const rp_tflite_tensor *in, int32_t from) {
  const size_t size = rp_tflite_size(out->type);
  memcpy(out->computed + (size_t)to * size, in->data + (size_t)from * size,
         size);
}

rp_status rp_tflite_fold_reshape(rp_tflite_reader *r) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  rp_tflite_tensor *out;
  RP_TRY(expect_same(r, in));
  RP_TRY(begin_output(r, &out));
  if (in->count != out->count)
    return rp_tflite_fail(r, "expected %d numbers behind it, found %d",
                          in->count, out->count);
  for (int32_t i = 0; i < out->count; i++) copy_number(out, i, in, i);
  return RP_OK;
}

/* What stands where nothing is copied to. */
static rp_status get_padding(const rp_tflite_reader *r,
                             const rp_tflite_tensor **padding) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  *padding = NULL;
  return rp_tflite_operand(r, 2)
             ? rp_tflite_get_constant(r, 2, in->type, 1, padding)
             : RP_OK;
}

static rp_status fold_moved(rp_tflite_reader *r, rp_tflite_index *find,
                            const rp_tflite_tensor *padding) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  rp_tflite_tensor *out;
  RP_TRY(expect_same(r, in));
  RP_TRY(begin_output(r, &out));
  int32_t *const index = rp_alloc((size_t)out->count, sizeof *index);
  if (!index) return rp_tflite_fail_memory(r);
  const rp_status status = find(r, index);
  for (int32_t i = 0; status == RP_OK && i < out->count; i++) {
    if (index[i] >= 0)
      copy_number(out, i, in, index[i]);
    else if (padding)
      copy_number(out, i, padding, 0);
    else if (is_quantized(in))
      set_integer(out, i,
                  (int32_t)rp_flat_int64_at(&r->model.flat, in->zero, 0));
  }
  free(index);
  return status;
}

rp_status rp_tflite_fold_transpose(rp_tflite_reader *r) {
  return fold_moved(r, rp_tflite_index_transposed, NULL);
}

rp_status rp_tflite_fold_pad(rp_tflite_reader *r) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0), *padding;
  if (is_quantized(in)) {
    rp_quantized number;
    RP_TRY(describe_operand(r, 0, &number));
  }
  RP_TRY(get_padding(r, &padding));
  return fold_moved(r, rp_tflite_index_padded, padding);
}

static rp_status fold_parts(rp_tflite_reader *r, const rp_tflite_tensor *out,
                            int32_t *index) {
  int32_t axis, begin = 0;
  RP_TRY(rp_tflite_take_axis(r, &axis));
  for (int32_t part = 0; part < r->op->input.n; part++) {
    const rp_tflite_tensor *const in = rp_tflite_operand(r, part);
    RP_TRY(expect_same(r, in));
    RP_TRY(rp_tflite_index_part(r, part, axis, &begin, index));
    for (int32_t i = 0; i < out->count; i++)
      if (index[i] >= 0) copy_number(out, i, in, index[i]);
  }
  return rp_tflite_expect_filled(r, axis, begin);
}

rp_status rp_tflite_fold_concatenation(rp_tflite_reader *r) {
  rp_tflite_tensor *out;
  RP_TRY(begin_output(r, &out));
  int32_t *const index = rp_alloc((size_t)out->count, sizeof *index);
  if (!index) return rp_tflite_fail_memory(r);
  const rp_status status = fold_parts(r, out, index);
  free(index);
  return status;
}

/* ---- Quantizers. ---- */

static rp_status quantize_reals(rp_tflite_reader *r, const rp_tflite_tensor *in,
                                const rp_quantized *number,
                                const rp_tflite_tensor *out) {
  for (int32_t i = 0; i < out->count; i++) {
    const float real = rp_tflite_get_real(in, i);
    if (!isfinite(real))
      return rp_tflite_fail(r, "expected finite numbers, found %g at number %d",
                            (double)real, i);
    set_integer(out, i, rp_quantize_real(r->profile->input, number, real));
  }
  return RP_OK;
}

static rp_status quantize_again(rp_tflite_reader *r, const rp_tflite_tensor *in,
                                const rp_quantized *number,
                                const rp_tflite_tensor *out) {
  rp_tflite_value from;
  rp_requantizer rule;
  rp_error why = {""};
  rp_rounding rounding = RP_ROUND_TWICE;
  double multiplier = 0;
  RP_TRY(rp_tflite_describe(r, in, &from));
  RP_TRY(rp_tflite_choose_quantizer(
      r, &from.number, number, in->type == out->type, &rounding, &multiplier));
  RP_TRY(rp_tflite_add_place(r,
                             rp_requantizer_set(&rule, rounding, multiplier,
                                                number->zero, number->lo,
                                                number->hi, &why),
                             &why));
  for (int32_t i = 0; i < out->count; i++)
    set_integer(
        out, i,
        rp_requantizer_apply(&rule, rp_tflite_get(in, i) - from.number.zero));
  return RP_OK;
}

rp_status rp_tflite_fold_quantize(rp_tflite_reader *r) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  rp_tflite_tensor *out;
  rp_quantized number;
  RP_TRY(describe_result(r, &number));
  RP_TRY(begin_output(r, &out));
  if (in->count != out->count)
    return rp_tflite_fail(r, "expected %d numbers behind it, found %d",
                          in->count, out->count);
  return in->type == RP_TFLITE_FLOAT32 ? quantize_reals(r, in, &number, out)
                                       : quantize_again(r, in, &number, out);
}

rp_status rp_tflite_fold_dequantize(rp_tflite_reader *r) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  rp_tflite_tensor *out;
  rp_quantized number;
  RP_TRY(describe_operand(r, 0, &number));
  RP_TRY(begin_output(r, &out));
  if (out->type != RP_TFLITE_FLOAT32 || in->count != out->count)
    return rp_tflite_fail(r,
                          "expected %d numbers of float32 behind it, found "
                          "others",
                          in->count);
  for (int32_t i = 0; i < out->count; i++)
    set_real(out, i,
             number.scale * (float)(rp_tflite_get(in, i) - number.zero));
  return RP_OK;
}

/* ---- Arithmetic. ---- */

typedef struct arithmetic {
  rp_tflite_tensor *out;
  const rp_tflite_tensor *in[2];
  int32_t *index[2]; /* [out->count] */
} arithmetic;

static rp_status find_operands(rp_tflite_reader *r, arithmetic *a) {
  RP_TRY(begin_output(r, &a->out));
  for (int i = 0; i < 2; i++) {
    a->in[i] = rp_tflite_operand(r, i);
    if (!a->in[i] || a->in[i]->type != a->out->type)
      return rp_tflite_fail(r, "expected two operands of the output's type, "
                               "found others");
    a->index[i] = rp_alloc((size_t)a->out->count, sizeof *a->index[i]);
    if (!a->index[i]) return rp_tflite_fail_memory(r);
    RP_TRY(rp_tflite_index_repeated(r, i, a->index[i]));
  }
  return RP_OK;
}

static int32_t get_activation(const rp_tflite_reader *r) {
  return rp_flat_int8(r->flat, r->op->options, 0, 0);
}

static rp_status compute_reals(rp_tflite_reader *r, const arithmetic *a) {
  if (get_activation(r) != 0)
    return rp_tflite_fail(r,
                          "expected no activation function of constants in "
                          "float32, found number %d",
                          get_activation(r));
  for (int32_t i = 0; i < a->out->count; i++) {
    const float x = rp_tflite_get_real(a->in[0], a->index[0][i]);
    const float y = rp_tflite_get_real(a->in[1], a->index[1][i]);
    set_real(a->out, i,
             r->op->code == RP_TFLITE_ADD   ? x + y
             : r->op->code == RP_TFLITE_SUB ? x - y
                                            : x * y);
  }
  return RP_OK;
}

static rp_status add_quantized(rp_tflite_reader *r, const arithmetic *a) {
  rp_quantized in[2], out;
  rp_pair_rule rule;
  rp_error why = {""};
  for (int i = 0; i < 2; i++) RP_TRY(describe_operand(r, i, &in[i]));
  RP_TRY(describe_result(r, &out));
  RP_TRY(rp_tflite_clip(r, get_activation(r), &out));
  RP_TRY(rp_tflite_add_place(
      r, rp_pair_rule_set(&rule, r->profile->adding, in, &out, &why), &why));
  for (int32_t i = 0; i < a->out->count; i++) {
    const int32_t x = (int32_t)rp_tflite_get(a->in[0], a->index[0][i]);
    const int32_t y = (int32_t)rp_tflite_get(a->in[1], a->index[1][i]);
    set_integer(a->out, i, rp_pair_rule_apply(&rule, x, y));
  }
  return RP_OK;
}

static rp_status compute(rp_tflite_reader *r, const arithmetic *a) {
  if (a->out->type == RP_TFLITE_FLOAT32) return compute_reals(r, a);
  if (r->op->code == RP_TFLITE_ADD) return add_quantized(r, a);
  return rp_tflite_fail(r,
                        "expected constants of float32, found %s: a rule of "
                        "the profile would be needed",
                        rp_tflite_type_name(a->out->type));
}

rp_status rp_tflite_fold_arithmetic(rp_tflite_reader *r) {
  arithmetic a = {.out = NULL};
  rp_status status = find_operands(r, &a);
  if (status == RP_OK) status = compute(r, &a);
  for (int i = 0; i < 2; i++) free(a.index[i]);
  return status;
}
