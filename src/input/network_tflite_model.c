/* From tables to structs: field numbers are those of TFLite's schema. */
#include "input/network_tflite_model.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { OFFSET = 4 };
/* Fields. */
enum { MODEL_CODES = 1, MODEL_GRAPHS = 2, MODEL_BUFFERS = 4 };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS };
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_QUANTIZATION = 4 };
enum { TENSOR_SPARSITY = 6 };
enum { QUANT_SCALE = 2, QUANT_ZERO = 3, QUANT_DIMENSION = 6 };
enum { OP_CODE, OP_INPUTS, OP_OUTPUTS, OP_OPTIONS = 4 };
enum { CODE_OLD, CODE_NEW = 3 };
enum { BUFFER_DATA, BUFFER_OFFSET };

size_t rp_tflite_size(int32_t type) {
  switch (type) {
  case RP_TFLITE_FLOAT32:
  case RP_TFLITE_INT32:
    return 4;
  case RP_TFLITE_INT64:
    return 8;
  default:
    return 1;
  }
}

int64_t rp_tflite_get(const rp_tflite_tensor *tensor, int32_t i) {
  const size_t size = rp_tflite_size(tensor->type);
  const uint8_t *const bytes = tensor->data + (size_t)i * size;
  uint64_t number = 0;
  for (size_t k = size; k > 0; k--) number = number << 8 | bytes[k - 1];
  if (tensor->type == RP_TFLITE_INT8) return (int8_t)number;
  return size == 4 ? (int32_t)number : (int64_t)number;
}

float rp_tflite_get_real(const rp_tflite_tensor *tensor, int32_t i) {
  const uint32_t bits = (uint32_t)rp_tflite_get(tensor, i);
  float real;
  memcpy(&real, &bits, sizeof real);
  return real;
}

static rp_status fail_tensor(const rp_tflite_model *m, int32_t t,
                             const char *expected, int64_t found,
                             rp_error *err) {
  return rp_fail(err, RP_E_INPUT, "%s: tensor %d: expected %s, found %lld",
                 m->flat.content->file, t, expected, (long long)found);
}

static rp_status parse_shape(rp_tflite_model *m, size_t table, int32_t t,
                             rp_tflite_tensor *tensor, rp_error *err) {
  const rp_flat_vector shape =
      rp_flat_get_vector(&m->flat, table, TENSOR_SHAPE, sizeof(int32_t));
  int64_t count = 1;
  if (shape.n > RP_TFLITE_DIMS)
    return fail_tensor(m, t, "at most 6 dimensions", shape.n, err);
  tensor->n_dims = shape.n;
  for (int32_t d = 0; d < shape.n; d++) {
    const int32_t size = rp_flat_int32_at(&m->flat, shape, d);
    if (size < 1) return fail_tensor(m, t, "sizes from 1", size, err);
    count *= size;
    if (count > RP_TFLITE_MOST_ELEMENTS)
      return fail_tensor(m, t, "at most 2^24 elements", count, err);
    tensor->dims[d] = size;
  }
  tensor->count = (int32_t)count;
  return RP_OK;
}

/* Buffer 0 is no data. */
static rp_status parse_data(rp_tflite_model *m, rp_flat_vector buffers,
                            size_t table, int32_t t, rp_tflite_tensor *tensor,
                            rp_error *err) {
  const int32_t number = rp_flat_int32(&m->flat, table, TENSOR_BUFFER, 0);
  if (number < 0 || (number > 0 && number >= buffers.n))
    return fail_tensor(m, t, "the number of a buffer", number, err);
  if (number == 0) return RP_OK;
  const size_t buffer = rp_flat_table_at(&m->flat, buffers, number);
  const rp_flat_vector data =
      rp_flat_get_vector(&m->flat, buffer, BUFFER_DATA, 1);
  if (rp_flat_int32(&m->flat, buffer, BUFFER_OFFSET, 0) != 0)
    return fail_tensor(m, t, "data inside the model", number, err);
  const int64_t size = (int64_t)rp_tflite_size(tensor->type) * tensor->count;
  if (data.n != 0 && data.n != size)
    return fail_tensor(m, t, "as many bytes of data as its shape has", data.n,
                       err);
  if (data.n != 0) tensor->data = m->flat.content->bytes + data.at;
  return RP_OK;
}

static rp_status parse_tensor(rp_tflite_model *m, rp_flat_vector buffers,
                              size_t table, int32_t t, rp_error *err) {
  rp_tflite_tensor *const tensor = &m->tensor[t];
  rp_flat *const flat = &m->flat;
  tensor->type = rp_flat_int8(flat, table, TENSOR_TYPE, RP_TFLITE_FLOAT32);
  RP_TRY(parse_shape(m, table, t, tensor, err));
  if (rp_flat_table(flat, table, TENSOR_SPARSITY))
    return fail_tensor(m, t, "no sparse encoding", 1, err);
  RP_TRY(parse_data(m, buffers, table, t, tensor, err));
  const size_t quantization = rp_flat_table(flat, table, TENSOR_QUANTIZATION);
  tensor->scale = rp_flat_get_vector(flat, quantization, QUANT_SCALE, 4);
  tensor->zero = rp_flat_get_vector(flat, quantization, QUANT_ZERO, 8);
  tensor->channel_dim = rp_flat_int32(flat, quantization, QUANT_DIMENSION, 0);
  return RP_OK;
}

static rp_status parse_tensors(rp_tflite_model *m, size_t root, size_t graph,
                               rp_error *err) {
  const rp_flat_vector buffers =
      rp_flat_get_vector(&m->flat, root, MODEL_BUFFERS, OFFSET);
  const rp_flat_vector tables =
      rp_flat_get_vector(&m->flat, graph, GRAPH_TENSORS, OFFSET);
  if (tables.n > RP_TFLITE_MOST_LISTS)
    return rp_fail(err, RP_E_INPUT, "%s: expected at most %d tensors, found %d",
                   m->flat.content->file, RP_TFLITE_MOST_LISTS, tables.n);
  m->tensor = rp_alloc((size_t)tables.n, sizeof *m->tensor);
  if (!m->tensor)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory for %d tensors",
                   m->flat.content->file, tables.n);
  m->n_tensors = tables.n;
  for (int32_t t = 0; t < tables.n; t++) {
    const size_t table = rp_flat_table_at(&m->flat, tables, t);
    RP_TRY(rp_flat_check(&m->flat, err));
    RP_TRY(parse_tensor(m, buffers, table, t, err));
  }
  return RP_OK;
}

/* Every number must be a tensor's; -1 stands for an operand left out. */
static rp_status check_list(const rp_tflite_model *m, rp_flat_vector list,
                            int32_t least, const char *what, int32_t number,
                            rp_error *err) {
  for (int32_t i = 0; i < list.n; i++) {
    const int32_t t = rp_flat_int32_at(&m->flat, list, i);
    if (t < least || t >= m->n_tensors)
      return rp_fail(err, RP_E_INPUT,
                     "%s: %s %d: expected tensors below %d, found %d",
                     m->flat.content->file, what, number, m->n_tensors, t);
  }
  return RP_OK;
}

static rp_status parse_op(rp_tflite_model *m, rp_flat_vector codes,
                          size_t table, int32_t k, rp_error *err) {
  rp_tflite_op *const op = &m->op[k];
  rp_flat *const flat = &m->flat;
  const int32_t number = rp_flat_int32(flat, table, OP_CODE, 0);
  if (number < 0 || number >= codes.n)
    return rp_fail(err, RP_E_INPUT,
                   "%s: operator %d: expected a code below %d, found %d",
                   flat->content->file, k, codes.n, number);
  const size_t code = rp_flat_table_at(flat, codes, number);
  const int32_t old = rp_flat_int8(flat, code, CODE_OLD, 0);
  const int32_t new = rp_flat_int32(flat, code, CODE_NEW, 0);
  op->code = old > new ? old : new;
  op->input = rp_flat_get_vector(flat, table, OP_INPUTS, sizeof(int32_t));
  op->output = rp_flat_get_vector(flat, table, OP_OUTPUTS, sizeof(int32_t));
  op->options = rp_flat_table(flat, table, OP_OPTIONS);
  RP_TRY(check_list(m, op->input, -1, "operator", k, err));
  return check_list(m, op->output, 0, "operator", k, err);
}

static rp_status parse_ops(rp_tflite_model *m, size_t root, size_t graph,
                           rp_error *err) {
  const rp_flat_vector codes =
      rp_flat_get_vector(&m->flat, root, MODEL_CODES, OFFSET);
  const rp_flat_vector tables =
      rp_flat_get_vector(&m->flat, graph, GRAPH_OPERATORS, OFFSET);
  if (tables.n > RP_TFLITE_MOST_LISTS)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected at most %d operators, found %d",
                   m->flat.content->file, RP_TFLITE_MOST_LISTS, tables.n);
  m->op = rp_alloc((size_t)tables.n, sizeof *m->op);
  if (!m->op)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory for %d operators",
                   m->flat.content->file, tables.n);
  m->n_ops = tables.n;
  for (int32_t k = 0; k < tables.n; k++) {
    const size_t table = rp_flat_table_at(&m->flat, tables, k);
    RP_TRY(rp_flat_check(&m->flat, err));
    RP_TRY(parse_op(m, codes, table, k, err));
  }
  return RP_OK;
}

rp_status rp_tflite_model_parse(const rp_file_content *content,
                                rp_tflite_model *model, rp_error *err) {
  *model = (rp_tflite_model){.flat = rp_flat_open(content)};
  rp_flat *const flat = &model->flat;
  const size_t root = rp_flat_root(flat);
  const rp_flat_vector graphs =
      rp_flat_get_vector(flat, root, MODEL_GRAPHS, OFFSET);
  RP_TRY(rp_flat_check(flat, err));
  if (graphs.n != 1)
    return rp_fail(err, RP_E_INPUT, "%s: expected 1 graph, found %d",
                   content->file, graphs.n);
  const size_t graph = rp_flat_table_at(flat, graphs, 0);
  RP_TRY(parse_tensors(model, root, graph, err));
  RP_TRY(parse_ops(model, root, graph, err));
  model->input = rp_flat_get_vector(flat, graph, GRAPH_INPUTS, sizeof(int32_t));
  model->output =
      rp_flat_get_vector(flat, graph, GRAPH_OUTPUTS, sizeof(int32_t));
  RP_TRY(rp_flat_check(flat, err));
  RP_TRY(check_list(model, model->input, 0, "inputs of graph", 0, err));
  return check_list(model, model->output, 0, "outputs of graph", 0, err);
}

const rp_tflite_op *rp_tflite_find_producer(const rp_tflite_model *model,
                                            int32_t tensor) {
  for (int32_t k = model->n_ops - 1; k >= 0; k--) {
    const rp_flat_vector output = model->op[k].output;
    for (int32_t i = 0; i < output.n; i++)
      if (rp_flat_int32_at(&model->flat, output, i) == tensor)
        return &model->op[k];
  }
  return NULL;
}

void rp_tflite_model_fini(rp_tflite_model *model) {
  for (int32_t t = 0; model->tensor && t < model->n_tensors; t++)
    free(model->tensor[t].computed);
  free(model->tensor);
  free(model->op);
}
