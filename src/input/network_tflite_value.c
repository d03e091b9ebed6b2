/* Operands and outputs of operators: what is there, and what it counts in. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_tflite.h"

enum { SHAPE_SIZE = 96 };

/* "1x28x28x1" */
static const char *print_shape(const rp_tflite_tensor *tensor,
                               char text[SHAPE_SIZE]) {
  size_t used = 0;
  text[0] = 0;
  if (!tensor) return "nothing";
  for (int32_t d = 0; d < tensor->n_dims; d++)
    used += (size_t)snprintf(text + used, SHAPE_SIZE - used, "%s%d",
                             d ? "x" : "", tensor->dims[d]);
  return tensor->n_dims ? text : "a scalar";
}

rp_tflite_tensor *rp_tflite_output(const rp_tflite_reader *r) {
  if (r->op->output.n < 1) return NULL;
  return &r->model.tensor[rp_flat_int32_at(&r->model.flat, r->op->output, 0)];
}

static rp_status fail_at(const rp_tflite_reader *r, rp_status status,
                         const char *text) {
  char from[SHAPE_SIZE], to[SHAPE_SIZE];
  if (!r->op)
    return rp_fail(r->err, status, "%s: input: %s", r->source->file, text);
  return rp_fail(r->err, status, "%s: operator %td (%s, %s to %s): %s",
                 r->source->file, r->op - r->model.op,
                 rp_tflite_op_name(r->op->code),
                 print_shape(rp_tflite_operand(r, 0), from),
                 print_shape(rp_tflite_output(r), to), text);
}

rp_status rp_tflite_fail(const rp_tflite_reader *r, const char *format, ...) {
  char text[sizeof r->err->text];
  va_list list;
  va_start(list, format);
  (void)vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return fail_at(r, RP_E_INPUT, text);
}

rp_status rp_tflite_fail_memory(const rp_tflite_reader *r) {
  return fail_at(r, RP_E_MEMORY, "out of memory");
}

rp_status rp_tflite_add_place(const rp_tflite_reader *r, rp_status status,
                              const rp_error *why) {
  return status == RP_OK ? RP_OK : fail_at(r, status, why->text);
}

const rp_tflite_tensor *rp_tflite_operand(const rp_tflite_reader *r,
                                          int32_t i) {
  if (i >= r->op->input.n) return NULL;
  const int32_t t = rp_flat_int32_at(&r->model.flat, r->op->input, i);
  return t < 0 ? NULL : &r->model.tensor[t];
}

bool rp_tflite_has_padding(const rp_tflite_value *value) {
  for (int side = 0; side < SIDES; side++)
    if (value->pad[side] != 0) return true;
  return false;
}

rp_status rp_tflite_get_value(const rp_tflite_reader *r, int32_t i, bool padded,
                              const rp_tflite_value **value) {
  const rp_tflite_tensor *const tensor = rp_tflite_operand(r, i);
  if (!tensor) return rp_tflite_fail(r, "expected operand %d, found none", i);
  const rp_tflite_value *const found = &r->value[tensor - r->model.tensor];
  if (!found->is_known)
    return rp_tflite_fail(r,
                          "operand %d: expected what depends on the input, "
                          "found %s",
                          i,
                          tensor->data ? "a constant: it would have to be "
                                         "folded into another operator"
                                       : "a tensor that nothing computes");
  if (rp_tflite_has_padding(found) && !padded)
    return rp_tflite_fail(r,
                          "operand %d: expected no padding, which only "
                          "convolutions take over, found some",
                          i);
  if (found->is_real && r->op->code != RP_TFLITE_QUANTIZE)
    return rp_tflite_fail(r,
                          "operand %d: expected quantized numbers, found "
                          "float32: a quantizer of the input is needed",
                          i);
  *value = found;
  return RP_OK;
}

/* A constant is missing: what computes it? */
static rp_status fail_constant(const rp_tflite_reader *r, int32_t i) {
  const rp_tflite_tensor *const tensor = rp_tflite_operand(r, i);
  const rp_tflite_op *const op =
      tensor ? rp_tflite_find_producer(&r->model,
                                       (int32_t)(tensor - r->model.tensor))
             : NULL;
  if (!op)
    return rp_tflite_fail(r, "operand %d: expected a constant, found none", i);
  return rp_tflite_fail(r,
                        "operand %d: expected a constant, found what operator "
                        "%td (%s) computes of the input",
                        i, op - r->model.op, rp_tflite_op_name(op->code));
}

/* What a runtime computes on every run it does not hold as constant. */
static rp_status check_computed(const rp_tflite_reader *r, int32_t i,
                                const rp_tflite_tensor *tensor) {
  if (!tensor->computed || !r->profile->leaves_operators) return RP_OK;
  return rp_tflite_fail(r,
                        "operand %d: expected a constant of the file, found "
                        "one that other operators compute: profile %s has no "
                        "rule for that",
                        i, r->profile->name);
}

rp_status rp_tflite_get_constant(const rp_tflite_reader *r, int32_t i,
                                 int32_t type, int32_t count,
                                 const rp_tflite_tensor **constant) {
  const rp_tflite_tensor *const tensor = rp_tflite_operand(r, i);
  if (!tensor || !tensor->data) return fail_constant(r, i);
  if (tensor->type != type)
    return rp_tflite_fail(r, "operand %d: expected type %s, found %s", i,
                          rp_tflite_type_name(type),
                          rp_tflite_type_name(tensor->type));
  if (count > 0 && tensor->count != count)
    return rp_tflite_fail(r, "operand %d: expected %d numbers, found %d", i,
                          count, tensor->count);
  *constant = tensor;
  return check_computed(r, i, tensor);
}

/* Constants are a block of their own for operators that read them beside the
 * input's numbers. */
static rp_status add_constant(rp_tflite_reader *r,
                              const rp_tflite_tensor *tensor) {
  rp_tflite_value *const value = &r->value[tensor - r->model.tensor];
  rp_tflite_value made;
  rp_error why = {""};
  RP_TRY(rp_tflite_describe(r, tensor, &made));
  int32_t *const number = rp_alloc((size_t)made.count, sizeof *number);
  if (!number) return rp_tflite_fail_memory(r);
  for (int32_t i = 0; i < made.count; i++)
    number[i] = (int32_t)rp_tflite_get(tensor, i);
  const rp_status status =
      rp_build_constants(r->net, made.count, number, &made.number, &why);
  free(number);
  RP_TRY(rp_tflite_add_place(r, status, &why));
  made.source = r->net->n_blocks - 1;
  made.is_known = true;
  *value = made;
  return RP_OK;
}

rp_status rp_tflite_get_any_value(rp_tflite_reader *r, int32_t i,
                                  const rp_tflite_value **value) {
  const rp_tflite_tensor *const tensor = rp_tflite_operand(r, i);
  if (r->net && tensor && tensor->data &&
      !r->value[tensor - r->model.tensor].is_known)
    RP_TRY(add_constant(r, tensor));
  return rp_tflite_get_value(r, i, false, value);
}

static rp_status set_number(const rp_tflite_reader *r,
                            const rp_tflite_tensor *tensor,
                            rp_quantized *number) {
  const bool is_signed = tensor->type == RP_TFLITE_INT8;
  const rp_flat *const flat = &r->model.flat;
  if (tensor->scale.n != 1 || tensor->zero.n > 1)
    return rp_tflite_fail(r, "expected one scale and zero point, found %d, %d",
                          tensor->scale.n, tensor->zero.n);
  number->scale = rp_flat_float_at(flat, tensor->scale, 0);
  if (!isnormal(number->scale) || number->scale < 0)
    return rp_tflite_fail(r, "expected a positive scale, found %g",
                          (double)number->scale);
  number->lo = is_signed ? INT8_MIN : 0;
  number->hi = is_signed ? INT8_MAX : UINT8_MAX;
  const int64_t zero = rp_flat_int64_at(flat, tensor->zero, 0);
  if (zero < number->lo || zero > number->hi)
    return rp_tflite_fail(r, "expected a zero point in %d..%d, found %lld",
                          number->lo, number->hi, (long long)zero);
  number->zero = (int32_t)zero;
  return RP_OK;
}

rp_status rp_tflite_describe(const rp_tflite_reader *r,
                             const rp_tflite_tensor *tensor,
                             rp_tflite_value *value) {
  *value = (rp_tflite_value){
      .type = tensor->type, .n_dims = tensor->n_dims, .count = tensor->count};
  memcpy(value->dims, tensor->dims, sizeof value->dims);
  if (tensor->type != RP_TFLITE_INT8 && tensor->type != RP_TFLITE_UINT8)
    return rp_tflite_fail(r, "expected numbers of type int8 or uint8, found %s",
                          rp_tflite_type_name(tensor->type));
  if (tensor->type == RP_TFLITE_UINT8 && !r->profile->has_uint8)
    return rp_tflite_fail(r,
                          "profile %s has no rule for uint8, which "
                          "litert-xnnpack and litert-builtin have",
                          r->profile->name);
  return set_number(r, tensor, &value->number);
}

rp_status rp_tflite_describe_output(const rp_tflite_reader *r,
                                    rp_tflite_value *value) {
  if (r->op->output.n != 1)
    return rp_tflite_fail(r, "expected 1 output, found %d", r->op->output.n);
  return rp_tflite_describe(r, rp_tflite_output(r), value);
}

rp_status rp_tflite_expect_same(const rp_tflite_reader *r,
                                const rp_tflite_value *in,
                                const rp_tflite_value *out) {
  if (in->type == out->type && in->number.scale == out->number.scale &&
      in->number.zero == out->number.zero)
    return RP_OK;
  return rp_tflite_fail(
      r,
      "expected the same type, scale and zero point before and behind it, "
      "found %s, %.9g, %d and %s, %.9g, %d: a rule that rounds would be needed",
      rp_tflite_type_name(in->type), (double)in->number.scale, in->number.zero,
      rp_tflite_type_name(out->type), (double)out->number.scale,
      out->number.zero);
}

rp_status rp_tflite_set_output(rp_tflite_reader *r,
                               const rp_tflite_value *value) {
  rp_tflite_value *const to = &r->value[rp_tflite_output(r) - r->model.tensor];
  if (to->is_known || rp_tflite_output(r)->data)
    return rp_tflite_fail(r, "its output was computed before");
  *to = *value;
  to->is_known = true;
  return RP_OK;
}
