/* The interpreter of TFLite files: which operators run, and what they read. */
#include "input/interpret_tflite.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"

static const struct {
  int32_t code;
  rp_plain_run *run;
} runs[] = {{RP_TFLITE_ADD, rp_plain_add},
            {RP_TFLITE_AVERAGE_POOL_2D, rp_plain_pool},
            {RP_TFLITE_CONCATENATION, rp_plain_concatenation},
            {RP_TFLITE_CONV_2D, rp_plain_conv},
            {RP_TFLITE_DEPTHWISE_CONV_2D, rp_plain_depthwise},
            {RP_TFLITE_FULLY_CONNECTED, rp_plain_dense},
            {RP_TFLITE_MAX_POOL_2D, rp_plain_pool},
            {RP_TFLITE_MEAN, rp_plain_mean},
            {RP_TFLITE_PAD, rp_plain_pad},
            {RP_TFLITE_PADV2, rp_plain_pad},
            {RP_TFLITE_QUANTIZE, rp_plain_quantizer},
            {RP_TFLITE_RESHAPE, rp_plain_copy},
            {RP_TFLITE_TRANSPOSE, rp_plain_transpose}};

int32_t rp_plain_option(rp_tflite_plain *p, int field, int32_t absent) {
  return rp_flat_int32(&p->flat, p->op.options, field, absent);
}

int32_t rp_plain_option_byte(rp_tflite_plain *p, int field) {
  return rp_flat_int8(&p->flat, p->op.options, field, 0);
}

const rp_tflite_tensor *rp_plain_operand(const rp_tflite_plain *p, int32_t i) {
  if (i >= p->op.input.n) return NULL;
  const int32_t t = rp_flat_int32_at(&p->flat, p->op.input, i);
  return t < 0 ? NULL : &p->model.tensor[t];
}

const rp_tflite_tensor *rp_plain_output(const rp_tflite_plain *p) {
  return &p->model.tensor[rp_flat_int32_at(&p->flat, p->op.output, 0)];
}

int32_t *rp_plain_numbers_of(const rp_tflite_plain *p,
                             const rp_tflite_tensor *tensor) {
  return p->tensor[tensor - p->model.tensor].number;
}

rp_plain_numbers rp_plain_describe(const rp_tflite_plain *p,
                                   const rp_tflite_tensor *tensor) {
  const bool is_signed = tensor->type == RP_TFLITE_INT8;
  return (rp_plain_numbers){
      rp_flat_float_at(&p->flat, tensor->scale, 0),
      (int32_t)rp_flat_int64_at(&p->flat, tensor->zero, 0),
      is_signed ? -128 : 0, is_signed ? 127 : 255};
}

static void set_op(rp_tflite_plain *p, int32_t op) {
  p->op = p->model.op[op];
}

/* The quantizer of the input is left out: its integers are the input. What
 * constants make was computed when the file was read. */
static int32_t get_output(const rp_interpreter *of, int32_t op) {
  rp_tflite_plain *const p = of->file;
  set_op(p, op);
  const rp_tflite_tensor *const in = rp_plain_operand(p, 0);
  if (p->op.output.n != 1 || !in || in->type == RP_TFLITE_FLOAT32) return -1;
  const int32_t t = rp_flat_int32_at(&p->flat, p->op.output, 0);
  return p->tensors.is_known[t] && !p->model.tensor[t].data ? t : -1;
}

static void write_name(const rp_interpreter *of, int32_t op,
                       char text[RP_PLAIN_NAME_SIZE]) {
  const rp_tflite_plain *const p = of->file;
  snprintf(text, RP_PLAIN_NAME_SIZE, "operator %d (%s)", op,
           rp_tflite_op_name(p->model.op[op].code));
}

static rp_status run_op(const rp_interpreter *of, int32_t op, rp_error *err) {
  rp_tflite_plain *const p = of->file;
  set_op(p, op);
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
    if (runs[i].code == p->op.code) {
      runs[i].run(p);
      return RP_OK;
    }
  return rp_fail(err, RP_E_INPUT,
                 "comparison: operator %d: expected one that can be "
                 "interpreted, found %s",
                 op, rp_tflite_op_name(p->op.code));
}

static void free_file(void *file) {
  rp_tflite_plain *const p = file;
  rp_tflite_tensors_fini(&p->tensors);
  free(p);
}

static void set_constant(const rp_tflite_tensor *from, int32_t *number) {
  for (int32_t i = 0; i < from->count; i++)
    number[i] = (int32_t)rp_tflite_get(from, i);
}

/* Which tensors are known, and which are blocks, the reader has found. */
static rp_status make_room(const rp_tflite_plain *p, rp_interpreter *of,
                           rp_error *err) {
  for (int32_t t = 0; t < of->n_tensors; t++) {
    const rp_tflite_tensor *const from = &p->model.tensor[t];
    rp_plain_tensor *const tensor = &of->tensor[t];
    tensor->count = from->count;
    tensor->block = p->tensors.block[t];
    if (!p->tensors.is_known[t]) continue;
    tensor->zero = rp_plain_describe(p, from).zero;
    tensor->number = rp_alloc((size_t)tensor->count, sizeof *tensor->number);
    if (!tensor->number)
      return rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
    if (from->data) set_constant(from, tensor->number);
  }
  return RP_OK;
}

rp_status rp_interpret_tflite(const rp_file_content *content,
                              const rp_network_source *source,
                              rp_interpreter *of, rp_error *err) {
  rp_tflite_plain *const p = rp_alloc(1, sizeof *p);
  if (!p) return rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
  *of = (rp_interpreter){.file = p,
                         .output = get_output,
                         .run = run_op,
                         .name = write_name,
                         .free = free_file};
  RP_TRY(rp_tflite_find_blocks(content, source, &p->tensors, err));
  p->model = p->tensors.model;
  RP_TRY(rp_interpreter_begin(of, p->model.n_tensors, p->model.n_ops, err));
  p->flat = p->model.flat;
  p->tensor = of->tensor;
  p->profile = source->profile;
  return make_room(p, of, err);
}
