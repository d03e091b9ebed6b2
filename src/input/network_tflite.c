/* Reads a TFLite file: finds the quantized input and the outputs that are
 * compared, and reads the operators between them in the order in which they
 * run. What does not reach the output is left out, such as operators that
 * compute shapes. */
#include "input/network_tflite.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/interpret.h"
#include "input/network_formats.h"

enum { ALL = INT32_MAX };

/* What an operator becomes: a part of the network; of constants, a constant. */
static const struct {
  int32_t code;
  rp_tflite_read_op *read; /* NULL: of constants alone */
  rp_tflite_fold_op *fold; /* NULL: none */
  int32_t n_operands;      /* the first ones, which the output depends on */
} operators[] = {
    {RP_TFLITE_ADD, rp_tflite_read_add, rp_tflite_fold_arithmetic, ALL},
    {RP_TFLITE_AVERAGE_POOL_2D, rp_tflite_read_average_pool, NULL, ALL},
    {RP_TFLITE_CONCATENATION, rp_tflite_read_concatenation,
     rp_tflite_fold_concatenation, ALL},
    {RP_TFLITE_CONV_2D, rp_tflite_read_conv, NULL, ALL},
    {RP_TFLITE_DEPTHWISE_CONV_2D, rp_tflite_read_depthwise, NULL, ALL},
    {RP_TFLITE_DEQUANTIZE, NULL, rp_tflite_fold_dequantize, ALL},
    {RP_TFLITE_EXPAND_DIMS, NULL, rp_tflite_fold_reshape, 1},
    {RP_TFLITE_FULLY_CONNECTED, rp_tflite_read_dense, NULL, ALL},
    {RP_TFLITE_MAX_POOL_2D, rp_tflite_read_max_pool, NULL, ALL},
    {RP_TFLITE_MEAN, rp_tflite_read_mean, NULL, ALL},
    {RP_TFLITE_MUL, NULL, rp_tflite_fold_arithmetic, ALL},
    {RP_TFLITE_PAD, rp_tflite_read_pad, rp_tflite_fold_pad, ALL},
    {RP_TFLITE_PADV2, rp_tflite_read_pad, rp_tflite_fold_pad, ALL},
    {RP_TFLITE_QUANTIZE, rp_tflite_read_quantize, rp_tflite_fold_quantize, ALL},
    {RP_TFLITE_RESHAPE, rp_tflite_read_reshape, rp_tflite_fold_reshape, 1},
    {RP_TFLITE_SQUEEZE, NULL, rp_tflite_fold_reshape, 1},
    {RP_TFLITE_SUB, NULL, rp_tflite_fold_arithmetic, ALL},
    {RP_TFLITE_TRANSPOSE, rp_tflite_read_transpose, rp_tflite_fold_transpose,
     ALL}};

enum { OPERATORS = sizeof operators / sizeof *operators };

static int find_operator(int32_t code) {
  int i = 0;
  while (i < OPERATORS && operators[i].code != code) i++;
  return i;
}

/* ---- The input. ---- */

static rp_status begin_net(rp_tflite_reader *r, rp_tflite_value *value) {
  const char *const name = r->source->name ? r->source->name : r->stem;
  const int32_t n = value->n_dims;
  rp_error why = {""};
  if (n < 1 || n - 1 > RP_MAX_DIMS || (n > 1 && value->dims[0] != 1))
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected an input of one sample with 1 to %d "
                   "dimensions, found others",
                   r->source->file, RP_MAX_DIMS);
  rp_status status =
      rp_net_create(name, value->dims + (n > 1), n > 1 ? n - 1 : 1,
                    value->number.hi - value->number.lo, &r->net, &why);
  if (status == RP_OK)
    status =
        rp_net_set_input(r->net, value->number.lo, value->number.zero, &why);
  if (status == RP_OK)
    status = rp_net_set_quantizer(r->net, (double)value->number.scale,
                                  r->profile->input, &why);
  if (status != RP_OK)
    return rp_fail(r->err, status, "%s: %s", r->source->file, why.text);
  value->source = RP_INPUT;
  return RP_OK;
}

static rp_status describe_input(rp_tflite_reader *r,
                                const rp_tflite_tensor *tensor,
                                rp_tflite_value *value) {
  if (tensor->type == RP_TFLITE_FLOAT32) {
    *value = (rp_tflite_value){
        .is_real = true, .n_dims = tensor->n_dims, .count = tensor->count};
    return RP_OK;
  }
  r->op = NULL;
  RP_TRY(rp_tflite_describe(r, tensor, value));
  return begin_net(r, value);
}

static rp_status read_input(rp_tflite_reader *r) {
  const rp_flat_vector input = r->model.input;
  if (input.n != 1)
    return rp_fail(r->err, RP_E_INPUT, "%s: expected 1 input, found %d",
                   r->source->file, input.n);
  const int32_t t = rp_flat_int32_at(&r->model.flat, input, 0);
  rp_tflite_value value;
  RP_TRY(describe_input(r, &r->model.tensor[t], &value));
  value.is_known = true;
  r->value[t] = value;
  return RP_OK;
}

/* The quantizer of the input: its integers are what is verified. */
static rp_status read_input_quantizer(rp_tflite_reader *r) {
  rp_tflite_value value;
  if (r->net)
    return rp_tflite_fail(r, "expected one quantizer of the input, found "
                             "another");
  RP_TRY(rp_tflite_describe_output(r, &value));
  RP_TRY(begin_net(r, &value));
  return rp_tflite_set_output(r, &value);
}

static bool is_input_quantizer(const rp_tflite_reader *r) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  return r->op->code == RP_TFLITE_QUANTIZE && in &&
         r->value[in - r->model.tensor].is_real;
}

/* ---- The output. ---- */

/* What comes after the numbers that are compared: it keeps their order. A
 * softmax must compare all of them. */
static rp_status check_end(rp_tflite_reader *r) {
  const rp_tflite_tensor *const in = rp_tflite_operand(r, 0);
  if (!in) return rp_tflite_fail(r, "expected an operand, found none");
  if (r->op->code == RP_TFLITE_DEQUANTIZE || r->op->code == RP_TFLITE_RESHAPE)
    return RP_OK;
  if (in->n_dims < 1 || in->dims[in->n_dims - 1] != in->count)
    return rp_tflite_fail(r,
                          "expected all numbers in the last dimension, "
                          "found %d",
                          in->n_dims ? in->dims[in->n_dims - 1] : 1);
  if (r->op->code == RP_TFLITE_SOFTMAX &&
      !(rp_flat_float(r->flat, r->op->options, 0) > 0))
    return rp_tflite_fail(r, "expected a positive beta, found none");
  return RP_OK;
}

static bool is_end(int32_t code) {
  return code == RP_TFLITE_DEQUANTIZE || code == RP_TFLITE_RESHAPE ||
         code == RP_TFLITE_SOFTMAX || code == RP_TFLITE_LOG_SOFTMAX;
}

/* Go back from the output to the numbers that are compared. Each step looks at
 * all operators, so there are few of them. */
static rp_status find_logits(rp_tflite_reader *r, int32_t *logits) {
  enum { MOST_ENDS = 8 };
  const rp_tflite_model *const m = &r->model;
  if (m->output.n != 1)
    return rp_fail(r->err, RP_E_INPUT, "%s: expected 1 output, found %d",
                   r->source->file, m->output.n);
  int32_t t = rp_flat_int32_at(&m->flat, m->output, 0);
  for (int step = 0; step < MOST_ENDS; step++) {
    r->op = rp_tflite_find_producer(m, t);
    if (!r->op || !is_end(r->op->code)) break;
    RP_TRY(check_end(r));
    t = rp_flat_int32_at(&m->flat, r->op->input, 0);
  }
  *logits = t;
  return RP_OK;
}

/* Backward through the operators, which run in order. */
static void mark_needed(rp_tflite_reader *r, int32_t logits) {
  const rp_tflite_model *const m = &r->model;
  r->is_needed[logits] = true;
  for (int32_t k = m->n_ops - 1; k >= 0; k--) {
    const rp_tflite_op *const op = &m->op[k];
    const int found = find_operator(op->code);
    const int32_t most = found < OPERATORS ? operators[found].n_operands : ALL;
    bool is_needed = false;
    for (int32_t i = 0; i < op->output.n; i++)
      is_needed |= r->is_needed[rp_flat_int32_at(&m->flat, op->output, i)];
    for (int32_t i = 0; is_needed && i < op->input.n && i < most; i++) {
      const int32_t t = rp_flat_int32_at(&m->flat, op->input, i);
      if (t >= 0) r->is_needed[t] = true;
    }
  }
}

static bool is_op_needed(const rp_tflite_reader *r) {
  for (int32_t i = 0; i < r->op->output.n; i++)
    if (r->is_needed[rp_flat_int32_at(&r->model.flat, r->op->output, i)])
      return true;
  return false;
}

/* ---- The whole. ---- */

/* Are all operands constants that the output depends on? */
static bool is_constant(const rp_tflite_reader *r, int32_t n_operands) {
  bool has_any = false;
  for (int32_t i = 0; i < r->op->input.n && i < n_operands; i++) {
    const rp_tflite_tensor *const tensor = rp_tflite_operand(r, i);
    if (tensor && !tensor->data) return false;
    has_any |= tensor != NULL;
  }
  return has_any;
}

static rp_status fold(rp_tflite_reader *r, rp_tflite_fold_op *of) {
  if (!of)
    return rp_tflite_fail(r, "expected what depends on the input, found "
                             "constants, of which it is not computed");
  if (!rp_tflite_operand(r, 0) || r->op->output.n != 1)
    return rp_tflite_fail(r,
                          "expected a first operand and 1 output, found %d "
                          "outputs",
                          r->op->output.n);
  RP_TRY(of(r));
  rp_tflite_output(r)->data = rp_tflite_output(r)->computed;
  return RP_OK;
}

static rp_status read_op(rp_tflite_reader *r) {
  const int found = find_operator(r->op->code);
  if (is_input_quantizer(r)) return read_input_quantizer(r);
  if (found < OPERATORS) {
    if (is_constant(r, operators[found].n_operands))
      return fold(r, operators[found].fold);
    if (operators[found].read) return operators[found].read(r);
  }
  return rp_tflite_fail(r, "profile %s has no rule for operator number %d",
                        r->profile->name, r->op->code);
}

/* The last block has no maxima: they are copied. */
static rp_status finish(rp_tflite_reader *r, const rp_tflite_value *value) {
  int32_t output = value->is_known ? value->source : RP_INPUT;
  if (output >= 0 && r->net->block[output].owner) {
    rp_error why = {""};
    RP_TRY(rp_tflite_add_place(
        r, rp_build_same(r->net, output, value->count, &value->number, &why),
        &why));
    output = r->net->n_blocks - 1;
  }
  return rp_network_finish(r->net, output, r->source->file, r->err);
}

static rp_status read_graph(rp_tflite_reader *r) {
  int32_t logits;
  RP_TRY(find_logits(r, &logits));
  RP_TRY(rp_flat_check(r->flat, r->err));
  mark_needed(r, logits);
  RP_TRY(read_input(r));
  for (int32_t k = 0; k < r->model.n_ops; k++) {
    r->op = &r->model.op[k];
    if (is_op_needed(r)) RP_TRY(read_op(r));
    RP_TRY(rp_flat_check(r->flat, r->err));
  }
  return finish(r, &r->value[logits]);
}

static rp_status check_profile(rp_tflite_reader *r) {
  const char *const name = r->source->profile;
  RP_TRY(rp_network_expect_profile(r->source, RP_TFLITE_PROFILES, r->err));
  r->profile = rp_tflite_find_profile(name);
  if (r->profile) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: profile: expected " RP_TFLITE_PROFILES ", found '%.*s'",
                 r->source->file, rp_text_fit(name, 80), name);
}

static rp_status read_all(rp_tflite_reader *r, const rp_file_content *content) {
  RP_TRY(check_profile(r));
  RP_TRY(rp_tflite_model_parse(content, &r->model, r->err));
  r->flat = &r->model.flat;
  const size_t n = (size_t)r->model.n_tensors;
  r->value = rp_alloc(n, sizeof *r->value);
  r->is_needed = rp_alloc(n, sizeof *r->is_needed);
  if (!r->value || !r->is_needed)
    return rp_fail(r->err, RP_E_MEMORY, "%s: out of memory", r->source->file);
  RP_TRY(read_graph(r));
  rp_text_copy(r->net->profile, sizeof r->net->profile, r->profile->name);
  return RP_OK;
}

bool rp_network_is_tflite(const rp_file_content *content) {
  return content->size >= 8 && !memcmp(content->bytes + 4, "TFL3", 4);
}

rp_status rp_network_explain_tflite(const rp_file_content *content,
                                    rp_error *err) {
  if (content->size < 8)
    return rp_fail(err, RP_E_INPUT,
                   "%s: truncated TFLite file: expected 8 bytes or more, found "
                   "%zu",
                   content->file, content->size);
  return rp_fail(err, RP_E_INPUT,
                 "%s: damaged TFLite file: expected TFL3 at byte 4, found "
                 "0x%02x%02x%02x%02x",
                 content->file, content->bytes[4], content->bytes[5],
                 content->bytes[6], content->bytes[7]);
}

/* What became of each tensor. Padding stands beside a value. */
static rp_status note_tensors(rp_tflite_reader *r, rp_tflite_tensors *tensors) {
  const size_t n = (size_t)r->model.n_tensors;
  tensors->block = rp_alloc(n, sizeof *tensors->block);
  tensors->is_known = rp_alloc(n, sizeof *tensors->is_known);
  if (!tensors->block || !tensors->is_known)
    return rp_fail(r->err, RP_E_MEMORY, "%s: out of memory", r->source->file);
  for (size_t t = 0; t < n; t++) {
    const rp_tflite_value *const value = &r->value[t];
    tensors->is_known[t] = value->is_known && !value->is_real;
    tensors->block[t] = tensors->is_known[t] && !rp_tflite_has_padding(value)
                            ? value->source
                            : RP_NO_BLOCK;
  }
  tensors->model = r->model;
  r->model = (rp_tflite_model){.n_tensors = 0};
  return RP_OK;
}

void rp_tflite_tensors_fini(rp_tflite_tensors *tensors) {
  rp_tflite_model_fini(&tensors->model);
  free(tensors->block);
  free(tensors->is_known);
}

static rp_status read_content(const rp_file_content *content,
                              const rp_network_source *source, const char *stem,
                              rp_tflite_tensors *tensors, rp_net **net,
                              rp_error *err) {
  rp_error spare;
  rp_tflite_reader r = {
      .source = source, .stem = stem, .err = err ? err : &spare};
  rp_status status = read_all(&r, content);
  if (status == RP_OK && tensors) status = note_tensors(&r, tensors);
  rp_tflite_model_fini(&r.model);
  free(r.value);
  free(r.is_needed);
  if (status == RP_OK)
    *net = r.net;
  else
    rp_net_free(r.net);
  return status;
}

rp_status rp_network_read_tflite(const rp_file_content *content,
                                 const rp_network_source *source,
                                 const char *stem, rp_net **net,
                                 rp_error *err) {
  return read_content(content, source, stem, NULL, net, err);
}

rp_status rp_tflite_find_blocks(const rp_file_content *content,
                                const rp_network_source *source,
                                rp_tflite_tensors *tensors, rp_error *err) {
  rp_net *net = NULL;
  *tensors = (rp_tflite_tensors){.block = NULL};
  RP_TRY(read_content(content, source, "", tensors, &net, err));
  rp_net_free(net);
  return RP_OK;
}
