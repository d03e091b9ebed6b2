/* The interpreter of ONNX files: which nodes run, and what their numbers are
 * compared with. */
#include "input/interpret_onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

static const struct {
  const char *op; /* of any domain */
  rp_onnx_plain_run *run;
} runs[] = {{"QLinearConv", rp_plain_qlinear_conv},
            {"QLinearMatMul", rp_plain_qlinear_matmul},
            {"QGemm", rp_plain_qgemm},
            {"ConvInteger", rp_plain_conv_integer},
            {"MatMulInteger", rp_plain_matmul_integer},
            {"Conv", rp_plain_float_conv},
            {"MatMul", rp_plain_float_matmul},
            {"Gemm", rp_plain_float_gemm},
            {"MaxPool", rp_plain_max_pool},
            {"QLinearAdd", rp_plain_qlinear_add},
            {"QLinearGlobalAveragePool", rp_plain_qlinear_mean},
            {"QLinearConcat", rp_plain_qlinear_concat},
            {"Pad", rp_plain_pad_onnx},
            {"QuantizeLinear", rp_plain_quantize_linear},
            {"DequantizeLinear", rp_plain_dequantize},
            {"Relu", rp_plain_relu},
            {"Clip", rp_plain_limits},
            {"BatchNormalization", rp_plain_batch_norm},
            {"Quant", rp_plain_quant},
            {"IntQuant", rp_plain_quant},
            {"BipolarQuant", rp_plain_bipolar},
            {"MultiThreshold", rp_plain_thresholds}};

/* ---- For all operators. ---- */

rp_status rp_plain_refuse(const rp_onnx_plain *p, const char *expected) {
  return rp_onnx_fail(&p->model, p->node, p->err,
                      "comparison: expected %s, found another", expected);
}

rp_onnx_state *rp_plain_state(const rp_onnx_plain *p, const rp_onnx_node *node,
                              int32_t i) {
  if (i >= node->n_inputs || node->input[i] == RP_ONNX_NONE) return NULL;
  return &p->state[node->input[i]];
}

rp_status rp_plain_begin(rp_onnx_plain *p, int32_t type, int32_t n_dims,
                         const int64_t *dims, rp_onnx_tensor **out) {
  rp_error why = {""};
  rp_onnx_tensor *const to = rp_onnx_output(&p->model, p->node, 0);
  if (!to) return rp_plain_refuse(p, "an output");
  rp_onnx_tensor_fini(to);
  *to = (rp_onnx_tensor){.type = type};
  *out = to;
  p->model.budget = RP_ONNX_MOST_ALL_ELEMENTS;
  rp_status status = rp_onnx_set_shape(to, (size_t)n_dims, dims, &why);
  if (status == RP_OK)
    status = rp_onnx_make_constant(to, &p->model.budget, &why);
  return rp_onnx_add_place(&p->model, p->node, status, &why, p->err);
}

rp_status rp_plain_begin_like(rp_onnx_plain *p, int32_t type,
                              const rp_onnx_tensor *like,
                              rp_onnx_tensor **out) {
  int64_t dims[RP_ONNX_DIMS];
  for (int32_t d = 0; d < like->n_dims; d++) dims[d] = like->dims[d];
  return rp_plain_begin(p, type, like->n_dims, dims, out);
}

rp_status rp_plain_fold(rp_onnx_plain *p, const rp_onnx_node *node) {
  bool folded;
  p->model.budget = RP_ONNX_MOST_ALL_ELEMENTS;
  RP_TRY(rp_onnx_fold(&p->model, node, &folded, p->err));
  return folded ? RP_OK
                : rp_plain_refuse(p, "an operator that can be interpreted");
}

/* ---- Nodes. ---- */

static rp_status run_alone(rp_onnx_plain *p) {
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
    if (!strcmp(runs[i].op, p->node->op)) return runs[i].run(p);
  return rp_plain_fold(p, p->node);
}

/* What only moves integers keeps what they stand for. */
static rp_status run_node(rp_onnx_plain *p, const rp_onnx_node *node) {
  p->node = node;
  if (rp_plain_remember(p)) return RP_OK;
  RP_TRY(run_alone(p));
  const rp_onnx_state *const in = rp_plain_state(p, node, 0);
  const bool moves = strcmp(node->op, "QuantizeLinear") != 0 &&
                     strcmp(node->op, "DequantizeLinear") != 0;
  if (moves && in) p->state[node->output[0]].scaled = in->scaled;
  return RP_OK;
}

/* The number of an activation that stands for x exactly. */
static int32_t find_number(const rp_onnx_grid *grid, float x) {
  const double units = ldexp((double)x, -grid->exponent);
  const double number = (units - grid->offset) / grid->factor;
  return fabs(number) < 1 << 30 && number == floor(number) ? (int32_t)number
                                                           : RP_PLAIN_NONE;
}

static int32_t find_rank(const rp_onnx_tensor *from, int32_t i) {
  int32_t rank = 0;
  for (int32_t k = 0; k < from->count; k++)
    rank += from->real[k] < from->real[i];
  return rank;
}

/* Numbers as they are compared. */
static rp_status take_numbers(const rp_onnx_plain *p, int32_t v) {
  const rp_onnx_tensor *const from = &p->model.value[v].tensor;
  const rp_plain_tensor *const to = &p->tensor[v];
  const rp_onnx_grid *const grid = &p->item[v].grid;
  if (!to->number) return RP_OK;
  if (from->count != to->count || !rp_onnx_is_constant(from) ||
      (from->real && !to->is_order && grid->factor < 1))
    return rp_plain_refuse(p, "as many numbers as the block has");
  for (int32_t i = 0; i < to->count; i++) {
    if (from->integer)
      to->number[i] = (int32_t)from->integer[i];
    else if (to->is_order)
      to->number[i] = find_rank(from, i);
    else
      to->number[i] = find_number(grid, from->real[i]);
    if (from->real && !to->is_order && to->number[i] != RP_PLAIN_NONE)
      to->number[i] += to->zero;
  }
  return RP_OK;
}

static int32_t get_output(const rp_interpreter *of, int32_t op) {
  const rp_onnx_plain *const p = of->file;
  const int32_t v = p->is_run[op] ? p->model.node[op].output[0] : -1;
  return v >= 0 && p->depends[v] ? v : -1;
}

static rp_status run_op(const rp_interpreter *of, int32_t op, rp_error *err) {
  rp_onnx_plain *const p = of->file;
  p->err = err;
  RP_TRY(run_node(p, &p->model.node[op]));
  return take_numbers(p, p->node->output[0]);
}

static void write_name(const rp_interpreter *of, int32_t op,
                       char text[RP_PLAIN_NAME_SIZE]) {
  const rp_onnx_plain *const p = of->file;
  const rp_onnx_node *const node = &p->model.node[op];
  snprintf(text, RP_PLAIN_NAME_SIZE, "node %d (%.*s)", op,
           rp_text_fit(node->op, 60), node->op);
}

/* ---- The input. ---- */

/* The first node that does more than move the float32 input. */
static const rp_onnx_node *find_reader(const rp_onnx_plain *p) {
  for (int32_t k = 0; k < p->model.n_nodes; k++) {
    const rp_onnx_node *const node = &p->model.node[k];
    const int32_t in = node->n_inputs > 0 ? node->input[0] : RP_ONNX_NONE;
    if (p->is_run[k] && in != RP_ONNX_NONE && p->depends[in] &&
        p->item[in].kind == RP_ONNX_REALS &&
        p->item[node->output[0]].kind != RP_ONNX_REALS)
      return node;
  }
  return NULL;
}

/* The reals of the input's numbers: those of its quantizer, or of bytes, whose
 * 255th parts an image has unless the network divides by 255. */
static float find_unit(const rp_onnx_plain *p, float *zero) {
  const rp_onnx_node *const reader = find_reader(p);
  const rp_onnx_tensor *const by =
      reader ? rp_onnx_operand(&p->model, reader, 1) : NULL;
  *zero = 0;
  if (!by || !by->real || by->count != 1) return 0;
  const bool is_quantizer = !strcmp(reader->op, "QuantizeLinear") ||
                            rp_text_is_one_of(reader->op, "Quant|IntQuant");
  if (is_quantizer) {
    const rp_onnx_tensor *const t = rp_onnx_operand(&p->model, reader, 2);
    *zero = t && t->real ? t->real[0] : (float)rp_onnx_get_integer(t, 0);
    return by->real[0];
  }
  return (!strcmp(reader->op, "Div") && by->real[0] == 255) ||
                 (!strcmp(reader->op, "Mul") && by->real[0] == 1.0F / 255)
             ? 1
             : 0;
}

static rp_status start(const rp_interpreter *of, rp_error *err) {
  rp_onnx_plain *const p = of->file;
  const int32_t v = p->model.input[0];
  rp_onnx_tensor *const x = &p->model.value[v].tensor;
  const rp_plain_tensor *const given = &of->tensor[v];
  int64_t budget = RP_ONNX_MOST_ALL_ELEMENTS;
  float zero;
  if (!rp_onnx_is_constant(x)) RP_TRY(rp_onnx_make_constant(x, &budget, err));
  const float unit = find_unit(p, &zero);
  for (int32_t i = 0; i < given->count; i++) {
    const float steps = (float)given->number[i] - zero;
    if (x->integer)
      x->integer[i] = given->number[i];
    else
      x->real[i] = unit > 0 ? steps * unit : steps / 255;
  }
  return RP_OK;
}

/* ---- Which nodes run. ---- */

/* Nodes before anything that is compared, from the last to the first. */
static void mark_runs(const rp_onnx_plain *p, bool *is_wanted) {
  for (int32_t v = 0; v < p->model.n_values; v++)
    is_wanted[v] = p->tensor[v].block != RP_NO_BLOCK;
  for (int32_t k = p->model.n_nodes - 1; k >= 0; k--) {
    const rp_onnx_node *const node = &p->model.node[k];
    const int32_t out = node->n_outputs > 0 ? node->output[0] : RP_ONNX_NONE;
    p->is_run[k] = out != RP_ONNX_NONE && is_wanted[out];
    for (int32_t i = 0; p->is_run[k] && i < node->n_inputs; i++)
      if (node->input[i] != RP_ONNX_NONE) is_wanted[node->input[i]] = true;
  }
}

static void mark_dependent(const rp_onnx_plain *p) {
  p->depends[p->model.input[0]] = true;
  for (int32_t k = 0; k < p->model.n_nodes; k++) {
    const rp_onnx_node *const node = &p->model.node[k];
    bool depends = false;
    for (int32_t i = 0; i < node->n_inputs; i++)
      depends |= node->input[i] != RP_ONNX_NONE && p->depends[node->input[i]];
    for (int32_t i = 0; i < node->n_outputs; i++)
      if (node->output[i] != RP_ONNX_NONE)
        p->depends[node->output[i]] = depends;
  }
}

/* Those that do not depend on the input run once. Dequantized weights are
 * taken as they are. */
static rp_status run_constants(rp_onnx_plain *p) {
  for (int32_t k = 0; k < p->model.n_nodes; k++) {
    const rp_onnx_node *const node = &p->model.node[k];
    if (p->is_run[k] && !p->depends[node->output[0]] &&
        strcmp(node->op, "DequantizeLinear") != 0)
      RP_TRY(run_node(p, node));
  }
  return RP_OK;
}

static bool has_padding(const rp_onnx_item *item) {
  bool is_padded = false;
  for (int side = 0; side < RP_ONNX_SIDES; side++)
    is_padded |= item->pad[side] != 0;
  return is_padded;
}

/* ---- Opening. ---- */

static rp_status set_tensors(const rp_onnx_plain *p, rp_interpreter *of,
                             rp_error *err) {
  for (int32_t v = 0; v < of->n_tensors; v++) {
    const rp_onnx_item *const item = &p->item[v];
    rp_plain_tensor *const tensor = &of->tensor[v];
    const bool is_input = v == p->model.input[0];
    if (!is_input && (item->kind != RP_ONNX_INTEGERS || has_padding(item)))
      continue;
    tensor->block = item->source;
    tensor->count = rp_onnx_count(item);
    tensor->positions = item->positions;
    tensor->zero = item->number.zero;
    tensor->is_order = item->is_order;
    tensor->number = rp_alloc((size_t)tensor->count, sizeof *tensor->number);
    if (!tensor->number)
      return rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
  }
  return RP_OK;
}

static void free_file(void *file) {
  rp_onnx_plain *const p = file;
  rp_onnx_model_fini(&p->model);
  free(p->item);
  free(p->depends);
  free(p->is_run);
  free(p->state);
  free(p);
}

static rp_status make_room(rp_onnx_plain *p, rp_error *err) {
  const size_t values = (size_t)p->model.n_values;
  p->depends = rp_alloc(values, sizeof *p->depends);
  p->state = rp_alloc(values, sizeof *p->state);
  p->is_run = rp_alloc((size_t)p->model.n_nodes, sizeof *p->is_run);
  return p->depends && p->state && p->is_run
             ? RP_OK
             : rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
}

static rp_status prepare(rp_onnx_plain *p, rp_interpreter *of, rp_error *err) {
  RP_TRY(make_room(p, err));
  RP_TRY(rp_interpreter_begin(of, p->model.n_values, p->model.n_nodes, err));
  RP_TRY(set_tensors(p, of, err));
  p->tensor = of->tensor;
  bool *const is_wanted =
      rp_alloc((size_t)p->model.n_values, sizeof *is_wanted);
  if (!is_wanted)
    return rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
  mark_runs(p, is_wanted);
  free(is_wanted);
  mark_dependent(p);
  return run_constants(p);
}

rp_status rp_interpret_onnx(const rp_file_content *content,
                            const rp_network_source *source, rp_interpreter *of,
                            rp_error *err) {
  rp_onnx_plain *const p = rp_alloc(1, sizeof *p);
  if (!p) return rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
  *of = (rp_interpreter){.file = p,
                         .start = start,
                         .output = get_output,
                         .run = run_op,
                         .name = write_name,
                         .free = free_file};
  p->err = err;
  RP_TRY(rp_onnx_find_items(content, source, &p->item, err));
  RP_TRY(rp_onnx_model_parse(content, &p->model, err));
  return prepare(p, of, err);
}
