/* Reads an ONNX file: finds what the output depends on, computes what does not
 * depend on the input's numbers, and makes blocks of the rest. */
#include "input/network_onnx_float.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/network_formats.h"
#include "input/network_onnx_proto.h"
#include "net/input_quantizer.h"

/* Newer versions may mean something else by the same names. */
enum { LEAST_OPSET = 7, MOST_OPSET = 23 };

static const char MICROSOFT[] = "com.microsoft";

/* Attributes are those whose meaning is known, separated by bars: any other one
 * may change that of the operator. */
#define WINDOWS "auto_pad|dilations|kernel_shape|pads|strides"

typedef struct operation {
  const char *domain, *op;
  rp_onnx_read_node *read;
  const char *attributes;
} operation;

/* Profile ort. */
static const operation runtime_operations[] = {
    {"", "QLinearConv", rp_onnx_read_qlinear_conv, WINDOWS "|group"},
    {"", "QLinearMatMul", rp_onnx_read_qlinear_matmul, ""},
    {"", "ConvInteger", rp_onnx_read_sums, WINDOWS "|group"},
    {"", "MatMulInteger", rp_onnx_read_sums, ""},
    {"", "QuantizeLinear", rp_onnx_read_quantize, "axis|saturate"},
    {"", "DequantizeLinear", rp_onnx_read_dequantize, "axis"},
    {"", "DynamicQuantizeLinear", rp_onnx_refuse_dynamic, ""},
    {"", "MaxPool", rp_onnx_read_max_pool, WINDOWS "|ceil_mode|storage_order"},
    {"", "Reshape", rp_onnx_read_shape, "allowzero|shape"},
    {"", "Flatten", rp_onnx_read_shape, "axis"},
    {"", "Squeeze", rp_onnx_read_shape, "axes"},
    {"", "Unsqueeze", rp_onnx_read_shape, "axes"},
    {"", "Identity", rp_onnx_read_shape, ""},
    {"", "Transpose", rp_onnx_read_transpose, "perm"},
    {"", "Concat", rp_onnx_read_concat, "axis"},
    {"", "Pad", rp_onnx_read_pad, "mode|pads"},
    {"", "Conv", rp_onnx_read_float, WINDOWS "|group"},
    {"", "MatMul", rp_onnx_read_float, ""},
    {"", "Gemm", rp_onnx_read_float, "alpha|beta|transA|transB"},
    {"", "GlobalAveragePool", rp_onnx_read_float, ""},
    {"", "Add", rp_onnx_read_add, ""},
    {"", "Cast", rp_onnx_read_step, "to|saturate"},
    {"", "Mul", rp_onnx_read_step, ""},
    {"", "Div", rp_onnx_read_step, ""},
    {"", "Sub", rp_onnx_read_step, ""},
    {"", "Relu", rp_onnx_read_relu, ""},
    {"", "Clip", rp_onnx_read_clip, "max|min"},
    {"", "AveragePool", rp_onnx_refuse_average,
     WINDOWS "|ceil_mode|count_include_pad"},
    {"", "Softmax", rp_onnx_read_end, "axis"},
    {"", "LogSoftmax", rp_onnx_read_end, "axis"},
    {"", "ArgMax", rp_onnx_read_end, "axis|keepdims|select_last_index"},
    {MICROSOFT, "QLinearAdd", rp_onnx_read_qlinear_add, ""},
    {MICROSOFT, "QLinearGlobalAveragePool", rp_onnx_read_qlinear_mean,
     "channels_last"},
    {MICROSOFT, "QLinearAveragePool", rp_onnx_refuse_average,
     WINDOWS "|ceil_mode|channels_last|count_include_pad"},
    {MICROSOFT, "QLinearConcat", rp_onnx_read_qlinear_concat, "axis"},
    {MICROSOFT, "QGemm", rp_onnx_read_qgemm, "alpha|transA|transB"},
    {MICROSOFT, "QuantizeLinear", rp_onnx_read_quantize, "axis"},
    {MICROSOFT, "DequantizeLinear", rp_onnx_read_dequantize, "axis"}};

/* Profile qonnx-float32. */
static const operation float_operations[] = {
    {"", "MatMul", rp_onnx_read_linear, ""},
    {"", "Gemm", rp_onnx_read_linear, "alpha|beta|transA|transB"},
    {"", "Conv", rp_onnx_read_linear, WINDOWS "|group"},
    {"", "Add", rp_onnx_read_elementwise, ""},
    {"", "Sub", rp_onnx_read_elementwise, ""},
    {"", "Mul", rp_onnx_read_elementwise, ""},
    {"", "Div", rp_onnx_read_elementwise, ""},
    {"", "BatchNormalization", rp_onnx_read_batch_norm,
     "epsilon|momentum|training_mode"},
    {"", "Relu", rp_onnx_read_float_relu, ""},
    {"", "Clip", rp_onnx_read_float_clip, "max|min"},
    {"", "MaxPool", rp_onnx_read_max_pool, WINDOWS "|ceil_mode|storage_order"},
    {"", "Reshape", rp_onnx_read_shape, "allowzero|shape"},
    {"", "Flatten", rp_onnx_read_shape, "axis"},
    {"", "Squeeze", rp_onnx_read_shape, "axes"},
    {"", "Unsqueeze", rp_onnx_read_shape, "axes"},
    {"", "Identity", rp_onnx_read_shape, ""},
    {"", "Transpose", rp_onnx_read_transpose, "perm"},
    {"", "Softmax", rp_onnx_read_float_end, "axis"},
    {"", "LogSoftmax", rp_onnx_read_float_end, "axis"},
    {"", "ArgMax", rp_onnx_read_float_end, "axis|keepdims|select_last_index"},
    {"", "TopK", rp_onnx_read_top, "axis|k|largest|sorted"}};

/* Its quantizers, whatever domain they have. */
static const operation quantizers[] = {
    {"", "Quant", rp_onnx_read_quantizer, "narrow|rounding_mode|signed"},
    {"", "IntQuant", rp_onnx_read_quantizer, "narrow|rounding_mode|signed"},
    {"", "BipolarQuant", rp_onnx_read_quantizer, ""},
    {"", "MultiThreshold", rp_onnx_read_quantizer,
     "data_layout|out_bias|out_dtype|out_scale"}};

#define LIST(operations) operations, sizeof(operations) / sizeof *(operations)

static const operation *find_in(const operation *list, size_t n,
                                const char *domain, const char *op) {
  for (size_t i = 0; i < n; i++)
    if (!strcmp(list[i].op, op) && !strcmp(list[i].domain, domain))
      return &list[i];
  return NULL;
}

static const operation *find_operation(const rp_onnx_reader *r) {
  const rp_onnx_node *const node = r->node;
  if (!strcmp(r->profile, "ort"))
    return find_in(LIST(runtime_operations), node->domain, node->op);
  if (rp_onnx_is_quantizer(node))
    return find_in(LIST(quantizers), "", node->op);
  return find_in(LIST(float_operations), node->domain, node->op);
}

static rp_status read_node(rp_onnx_reader *r) {
  bool folded;
  RP_TRY(rp_onnx_fold(&r->model, r->node, &folded, r->err));
  if (folded) return RP_OK;
  const operation *const found = find_operation(r);
  if (found) {
    RP_TRY(rp_onnx_check_attributes(&r->model, r->node, found->attributes,
                                    r->err));
    return found->read(r);
  }
  return RP_ONNX_FAIL(r, "profile %s has no rule for it%s%.*s", r->profile,
                      *r->node->domain ? ", of domain " : "",
                      rp_text_fit(r->node->domain, 60), r->node->domain);
}

/* ---- What is needed. ---- */

/* Backward through the nodes, which run in order. */
static void mark_needed(rp_onnx_reader *r) {
  const rp_onnx_model *const m = &r->model;
  int32_t *const uses = r->n_readers; /* by nodes that are needed, for now */
  for (int32_t i = 0; i < m->n_outputs; i++) uses[m->output[i]]++;
  for (int32_t k = m->n_nodes - 1; k >= 0; k--) {
    const rp_onnx_node *const node = &m->node[k];
    for (int32_t i = 0; i < node->n_outputs; i++)
      if (node->output[i] != RP_ONNX_NONE && uses[node->output[i]] > 0)
        r->is_needed[k] = true;
    for (int32_t i = 0; r->is_needed[k] && i < node->n_inputs; i++)
      if (node->input[i] != RP_ONNX_NONE) uses[node->input[i]]++;
  }
}

/* Nodes that are not needed count too: the runtime may keep a value for them.
 */
static void count_readers(rp_onnx_reader *r) {
  const rp_onnx_model *const m = &r->model;
  for (int32_t v = 0; v < m->n_values; v++) r->n_readers[v] = 0;
  for (int32_t i = 0; i < m->n_outputs; i++) r->n_readers[m->output[i]]++;
  for (int32_t k = 0; k < m->n_nodes; k++)
    for (int32_t i = 0; i < m->node[k].n_inputs; i++)
      if (m->node[k].input[i] != RP_ONNX_NONE)
        r->n_readers[m->node[k].input[i]]++;
}

/* ---- The input. ---- */

/* Does a node read the input, its quantized or its dequantized numbers, and
 * move the last axis to the front? Then the file has channels last. */
static bool has_channels_last(const rp_onnx_reader *r) {
  static const int64_t to_front[] = {0, 3, 1, 2};
  int32_t value = r->model.input[0];
  for (int32_t k = 0; k < r->model.n_nodes; k++) {
    const rp_onnx_node *const node = &r->model.node[k];
    if (node->n_inputs < 1 || node->input[0] != value || node->n_outputs < 1)
      continue;
    const rp_onnx_attribute *const order = rp_onnx_find_attribute(node, "perm");
    if (!strcmp(node->op, "Transpose"))
      return order && order->type == RP_ONNX_ATTR_INTS && order->n == 4 &&
             !memcmp(order->integers, to_front, sizeof to_front);
    if (strcmp(node->op, "QuantizeLinear") &&
        strcmp(node->op, "DequantizeLinear"))
      return false;
    value = node->output[0];
  }
  return false;
}

static bool is_mover(const rp_onnx_node *node) {
  static const char movers[] =
      "MaxPool|Reshape|Flatten|Squeeze|Unsqueeze|Identity|Transpose|"
      "Concat|Pad";
  return !*node->domain && rp_text_is_one_of(node->op, movers);
}

/* Scale and zero point of integers that are the input itself: the first
 * operator that computes with them, or with a copy, says them behind its
 * operand. */
static void find_input_number(const rp_onnx_reader *r, bool *is_copy,
                              rp_quantized *number) {
  is_copy[r->model.input[0]] = true;
  for (int32_t k = 0; k < r->model.n_nodes; k++) {
    const rp_onnx_node *const node = &r->model.node[k];
    for (int32_t i = 0; r->is_needed[k] && i < node->n_inputs; i++) {
      if (node->input[i] == RP_ONNX_NONE || !is_copy[node->input[i]]) continue;
      if (!is_mover(node)) {
        rp_error unused;
        const rp_quantized known = *number;
        rp_onnx_reader quiet = *r;
        quiet.node = node;
        quiet.err = &unused;
        if (rp_onnx_get_number(&quiet, node, i + 1, i + 2, number) != RP_OK ||
            number->lo != known.lo)
          *number = known; /* refused when it is read */
        return;
      }
      if (node->n_outputs > 0 && node->output[0] != RP_ONNX_NONE)
        is_copy[node->output[0]] = true;
    }
  }
}

static rp_status set_input_number(rp_onnx_reader *r, rp_quantized *number) {
  bool *const is_copy = rp_alloc((size_t)r->model.n_values, sizeof *is_copy);
  if (!is_copy)
    return rp_fail(r->err, RP_E_MEMORY, "%s: out of memory", r->source->file);
  find_input_number(r, is_copy, number);
  free(is_copy);
  return RP_OK;
}

static rp_status read_input(rp_onnx_reader *r) {
  const rp_onnx_model *const m = &r->model;
  if (m->n_inputs != 1)
    return rp_fail(r->err, RP_E_INPUT, "%s: expected 1 input, found %d",
                   r->source->file, m->n_inputs);
  const rp_onnx_tensor *const x = &m->value[m->input[0]].tensor;
  rp_onnx_item *const item = &r->item[m->input[0]];
  if (!x->has_shape || x->count < 1 || x->n_dims < 1 ||
      x->n_dims - 1 > RP_MAX_DIMS || (x->n_dims > 1 && x->dims[0] != 1))
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected an input of one sample with 1 to %d known "
                   "sizes, found another",
                   r->source->file, RP_MAX_DIMS);
  if (x->type != RP_ONNX_FLOAT && x->type != RP_ONNX_UINT8 &&
      x->type != RP_ONNX_INT8)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected an input of float32, uint8 or int8, found %s",
                   r->source->file, rp_onnx_type_name(x->type));
  const bool is_image = x->n_dims == 4 && !has_channels_last(r);
  const bool is_signed = x->type == RP_ONNX_INT8;
  item->kind = x->type == RP_ONNX_FLOAT ? RP_ONNX_REALS : RP_ONNX_INTEGERS;
  item->source = RP_INPUT;
  item->channels = is_image ? x->dims[1] : x->count;
  item->positions = x->count / item->channels;
  item->number = (rp_quantized){0, 0, is_signed ? INT8_MIN : 0,
                                is_signed ? INT8_MAX : UINT8_MAX};
  return set_input_number(r, &item->number);
}

rp_status rp_onnx_begin_net(rp_onnx_reader *r, const rp_quantized *number) {
  const rp_onnx_tensor *const x = &r->model.value[r->model.input[0]].tensor;
  const rp_onnx_item *const item = &r->item[r->model.input[0]];
  const bool has_samples = x->n_dims > 1;
  const int32_t n = has_samples ? x->n_dims - 1 : 1;
  int32_t dims[RP_MAX_DIMS];
  rp_error why = {""};
  for (int32_t d = 0; d < n; d++) dims[d] = x->dims[d + has_samples];
  if (item->channels < x->count) { /* an image: channels go to the end */
    dims[0] = x->dims[2];
    dims[1] = x->dims[3];
    dims[2] = x->dims[1];
  }
  rp_status status =
      rp_net_create(r->source->name ? r->source->name : r->stem, dims, n,
                    number->hi - number->lo, &r->net, &why);
  if (status == RP_OK)
    status = rp_net_set_input(r->net, number->lo, number->zero, &why);
  if (status == RP_OK && number->scale > 0)
    status = rp_net_set_quantizer(r->net, (double)number->scale,
                                  RP_INPUT_DIVIDE_HALF_EVEN, &why);
  if (status != RP_OK) return rp_onnx_place(r, status, &why);
  r->net->was_channels_first = item->channels < x->count;
  return RP_OK;
}

/* ---- The output. ---- */

static rp_status finish(rp_onnx_reader *r) {
  const rp_onnx_model *const m = &r->model;
  if (m->n_outputs != 1)
    return rp_fail(r->err, RP_E_INPUT, "%s: expected 1 output, found %d",
                   r->source->file, m->n_outputs);
  r->node = &m->node[m->n_nodes - 1];
  r->group = NULL;
  RP_TRY(rp_onnx_end_floats(r, m->output[0]));
  rp_onnx_item item = r->item[m->output[0]];
  if (item.kind != RP_ONNX_INTEGERS && item.kind != RP_ONNX_SCALED &&
      item.kind != RP_ONNX_END)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: output: expected quantized logits, found %s",
                   r->source->file,
                   item.kind == RP_ONNX_PENDING
                       ? "a float32 result: a quantizer behind it is needed"
                       : "another value");
  if (!r->net || r->net->n_blocks < 1)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected operators before the output, found none",
                   r->source->file);
  RP_TRY(rp_onnx_arrange(r, rp_onnx_count(&item), 1, &item));
  if (item.source >= 0 && r->net->block[item.source].owner) /* a maximum */
    RP_TRY(rp_onnx_copy(r, rp_onnx_count(&item), 1, &item));
  return rp_network_finish(r->net, item.source, r->source->file, r->err);
}

/* ---- The whole. ---- */

static rp_status check_opset(const rp_onnx_reader *r) {
  for (int32_t k = 0; k < r->model.n_nodes; k++) {
    const rp_onnx_node *const node = &r->model.node[k];
    if (*node->domain ||
        (node->opset >= LEAST_OPSET && node->opset <= MOST_OPSET))
      continue;
    return rp_onnx_fail(&r->model, node, r->err,
                        "expected version %d..%d of ONNX' operators, found "
                        "%lld",
                        LEAST_OPSET, MOST_OPSET, (long long)node->opset);
  }
  return RP_OK;
}

static rp_status check_profile(rp_onnx_reader *r) {
  const char *const name = r->source->profile;
  RP_TRY(rp_network_expect_profile(r->source, RP_ONNX_PROFILES, r->err));
  r->profile = name;
  if (rp_text_is_one_of(name, RP_ONNX_PROFILES)) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: profile: expected " RP_ONNX_PROFILES
                 " for an ONNX file, found '%.*s'",
                 r->source->file, rp_text_fit(name, 80), name);
}

/* What depends on no shape of another value is known at once. */
static rp_status fold_constants(rp_onnx_reader *r) {
  for (int32_t k = 0; k < r->model.n_nodes; k++) {
    bool folded;
    if (r->is_needed[k])
      RP_TRY(rp_onnx_fold(&r->model, &r->model.node[k], &folded, r->err));
  }
  return RP_OK;
}

static bool is_folded(const rp_onnx_reader *r) {
  const rp_onnx_tensor *const out = rp_onnx_output(&r->model, r->node, 0);
  return out && rp_onnx_is_constant(out);
}

static rp_status read_nodes(rp_onnx_reader *r) {
  const size_t values = (size_t)r->model.n_values;
  r->item = rp_alloc(values, sizeof *r->item);
  r->n_readers = rp_alloc(values, sizeof *r->n_readers);
  r->is_needed = rp_alloc((size_t)r->model.n_nodes, sizeof *r->is_needed);
  if (!r->item || !r->n_readers || !r->is_needed)
    return rp_fail(r->err, RP_E_MEMORY, "%s: out of memory", r->source->file);
  mark_needed(r);
  count_readers(r);
  RP_TRY(fold_constants(r));
  RP_TRY(read_input(r));
  for (int32_t k = 0; k < r->model.n_nodes; k++) {
    r->node = &r->model.node[k];
    r->group = NULL;
    if (r->is_needed[k] && !is_folded(r)) RP_TRY(read_node(r));
  }
  return finish(r);
}

static rp_status read_all(rp_onnx_reader *r, const rp_file_content *content) {
  RP_TRY(check_profile(r));
  RP_TRY(rp_onnx_model_parse(content, &r->model, r->err));
  RP_TRY(check_opset(r));
  RP_TRY(read_nodes(r));
  rp_text_copy(r->net->profile, sizeof r->net->profile, r->profile);
  return RP_OK;
}

bool rp_network_is_onnx(const rp_file_content *content) {
  return rp_onnx_is_message(content);
}

rp_status rp_network_explain_onnx(const rp_file_content *content,
                                  rp_error *err) {
  RP_TRY(rp_onnx_check_message(content, err));
  return rp_fail(err, RP_E_INPUT,
                 "%s: damaged ONNX file: expected a version and a graph as its "
                 "fields 1 and 7, found others",
                 content->file);
}

static void reader_fini(rp_onnx_reader *r) {
  rp_onnx_model_fini(&r->model);
  free(r->item);
  free(r->n_readers);
  free(r->is_needed);
  rp_onnx_free_steps(r);
}

rp_status rp_network_read_onnx(const rp_file_content *content,
                               const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err) {
  rp_error spare;
  rp_onnx_reader r = {
      .source = source, .stem = stem, .err = err ? err : &spare};
  const rp_status status = read_all(&r, content);
  reader_fini(&r);
  if (status == RP_OK)
    *net = r.net;
  else
    rp_net_free(r.net);
  return status;
}

rp_status rp_onnx_find_items(const rp_file_content *content,
                             const rp_network_source *source,
                             rp_onnx_item **item, rp_error *err) {
  rp_onnx_reader r = {.source = source, .stem = "", .err = err};
  const rp_status status = read_all(&r, content);
  for (int32_t v = 0; status == RP_OK && v < r.model.n_values; v++) {
    r.item[v].node = NULL;
    if (r.item[v].source == RP_INPUT) r.item[v].number.zero = r.net->in_zero;
  }
  *item = NULL;
  if (status == RP_OK) {
    *item = r.item;
    r.item = NULL;
  }
  reader_fini(&r);
  rp_net_free(r.net);
  return status;
}
