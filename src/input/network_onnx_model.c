/* From messages to arrays: names become numbers of values. */
#include "input/network_onnx_model.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/network_onnx_proto.h"

enum { MOST_ATTRIBUTES = 256, SHOWN = 80 };

typedef struct parser {
  rp_onnx_model *m;
  const Onnx__ModelProto *message;
  const Onnx__GraphProto *graph;
  rp_error *err;
} parser;

static const char *get_text(const char *text) {
  return text ? text : "";
}

static rp_status fail_memory(const parser *p) {
  return rp_fail(p->err, RP_E_MEMORY, "%s: out of memory", p->m->file);
}

/* Name a value before the message of a failed step. */
static rp_status add_name(const parser *p, const char *what, size_t index,
                          const char *name, rp_status status,
                          const rp_error *why) {
  if (status == RP_OK) return RP_OK;
  return rp_fail(p->err, status, "%s: %s %zu '%.*s': %s", p->m->file, what,
                 index, rp_text_fit(name, SHOWN), name, why->text);
}

static rp_status check_length(const parser *p, const char *what, size_t n,
                              size_t most) {
  if (n <= most) return RP_OK;
  return rp_fail(p->err, RP_E_INPUT, "%s: expected at most %zu %s, found %zu",
                 p->m->file, most, what, n);
}

/* ---- Values. ---- */

static rp_status count_values(parser *p, size_t *count) {
  const Onnx__GraphProto *const g = p->graph;
  *count = g->n_initializer + g->n_input;
  for (size_t k = 0; k < g->n_node; k++) *count += g->node[k]->n_output;
  return check_length(p, "values", *count, RP_ONNX_MOST_LISTS);
}

static rp_onnx_value *append(parser *p, const char *name) {
  rp_onnx_value *const value = &p->m->value[p->m->n_values++];
  value->name = name;
  value->producer = RP_ONNX_NONE;
  return value;
}

static rp_status take_initializers(parser *p) {
  const Onnx__GraphProto *const g = p->graph;
  for (size_t i = 0; i < g->n_initializer; i++) {
    const Onnx__TensorProto *const from = g->initializer[i];
    rp_error why = {""};
    rp_onnx_value *const value = append(p, get_text(from->name));
    const rp_status status =
        rp_onnx_take_tensor(from, &value->tensor, &p->m->budget, &why);
    RP_TRY(add_name(p, "initializer", i, value->name, status, &why));
  }
  return RP_OK;
}

static void take_definitions(parser *p) {
  const Onnx__GraphProto *const g = p->graph;
  for (size_t i = 0; i < g->n_input; i++)
    append(p, get_text(g->input[i]->name))->is_input = true;
  for (size_t k = 0; k < g->n_node; k++)
    for (size_t i = 0; i < g->node[k]->n_output; i++)
      if (*g->node[k]->output[i])
        append(p, g->node[k]->output[i])->producer = (int32_t)k;
}

static int compare_names(const void *a, const void *b) {
  const rp_onnx_value *const x = a, *const y = b;
  const int order = strcmp(x->name, y->name);
  return order != 0 ? order : (int)x->is_input - (int)y->is_input;
}

static bool is_initializer(const rp_onnx_value *value) {
  return !value->is_input && value->producer == RP_ONNX_NONE;
}

/* Old versions list initializers among the inputs too: those are constants. */
static rp_status merge_values(parser *p) {
  rp_onnx_model *const m = p->m;
  int32_t kept = 0;
  qsort(m->value, (size_t)m->n_values, sizeof *m->value, compare_names);
  for (int32_t i = 0; i < m->n_values; i++) {
    rp_onnx_value *const value = &m->value[i];
    rp_onnx_value *const last = kept > 0 ? &m->value[kept - 1] : NULL;
    const bool is_known = last && !strcmp(last->name, value->name);
    if (is_known && is_initializer(last) && value->is_input) continue;
    if (is_known || !*value->name)
      return rp_fail(
          p->err, RP_E_INPUT, "%s: value '%.*s': expected %s, found %s",
          m->file, rp_text_fit(value->name, SHOWN), value->name,
          is_known ? "one definition" : "a name", is_known ? "two" : "none");
    const rp_onnx_value moved = *value;
    *value = (rp_onnx_value){0};
    m->value[kept++] = moved;
  }
  m->n_values = kept;
  return RP_OK;
}

static int32_t find_value(const rp_onnx_model *m, const char *name) {
  int32_t lo = 0, hi = m->n_values;
  while (lo < hi) {
    const int32_t middle = lo + (hi - lo) / 2;
    if (strcmp(m->value[middle].name, name) < 0)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo < m->n_values && !strcmp(m->value[lo].name, name) ? lo
                                                              : RP_ONNX_NONE;
}

/* ---- What the file says of values. ---- */

/* A shape with sizes that are left open is not taken, but for the number of
 * samples. */
static rp_status take_shape(const Onnx__TensorShapeProto *from,
                            rp_onnx_tensor *to, rp_error *why) {
  int64_t dims[RP_ONNX_DIMS];
  if (!from) return RP_OK;
  for (size_t d = 0; d < from->n_dim && d < RP_ONNX_DIMS; d++) {
    const bool is_given = from->dim[d]->value_case ==
                          ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    if (!is_given && d > 0) return RP_OK;
    dims[d] = is_given ? from->dim[d]->dim_value : 1;
  }
  return rp_onnx_set_shape(to, from->n_dim, dims, why);
}

static rp_status take_info(const parser *p, const char *what, size_t index,
                           const Onnx__ValueInfoProto *from,
                           rp_onnx_tensor *to) {
  rp_error why = {""};
  const bool is_tensor = from->type && from->type->value_case ==
                                           ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
  const Onnx__TypeProto__Tensor *const type =
      is_tensor ? from->type->tensor_type : NULL;
  if (!type || rp_onnx_is_constant(to)) return RP_OK;
  to->type = type->has_elem_type ? type->elem_type : RP_ONNX_UNKNOWN;
  return add_name(p, what, index, get_text(from->name),
                  take_shape(type->shape, to, &why), &why);
}

/* Tools leave behind what they said of values that they removed. */
static rp_status take_infos(parser *p) {
  const Onnx__GraphProto *const g = p->graph;
  for (size_t i = 0; i < g->n_value_info; i++) {
    const int32_t v = find_value(p->m, get_text(g->value_info[i]->name));
    if (v == RP_ONNX_NONE) continue;
    RP_TRY(take_info(p, "value info", i, g->value_info[i],
                     &p->m->value[v].tensor));
  }
  return RP_OK;
}

static rp_status take_inputs(parser *p) {
  const Onnx__GraphProto *const g = p->graph;
  rp_onnx_model *const m = p->m;
  m->input = rp_alloc(g->n_input, sizeof *m->input);
  if (!m->input) return fail_memory(p);
  for (size_t i = 0; i < g->n_input; i++) {
    const int32_t v = find_value(m, get_text(g->input[i]->name));
    if (!m->value[v].is_input) continue;
    m->input[m->n_inputs++] = v;
    RP_TRY(take_info(p, "input", i, g->input[i], &m->value[v].tensor));
  }
  return RP_OK;
}

static rp_status take_outputs(parser *p) {
  const Onnx__GraphProto *const g = p->graph;
  rp_onnx_model *const m = p->m;
  RP_TRY(check_length(p, "outputs", g->n_output, RP_ONNX_MOST_LISTS));
  m->output = rp_alloc(g->n_output, sizeof *m->output);
  if (!m->output) return fail_memory(p);
  for (size_t i = 0; i < g->n_output; i++) {
    const char *const name = get_text(g->output[i]->name);
    const int32_t v = find_value(m, name);
    if (v == RP_ONNX_NONE)
      return rp_fail(p->err, RP_E_INPUT,
                     "%s: output %zu '%.*s': expected a value that is "
                     "computed, found none of this name",
                     m->file, i, rp_text_fit(name, SHOWN), name);
    m->output[m->n_outputs++] = v;
    RP_TRY(take_info(p, "output", i, g->output[i], &m->value[v].tensor));
  }
  return RP_OK;
}

/* ---- Nodes. ---- */

static rp_status take_attribute(parser *p, const Onnx__AttributeProto *from,
                                rp_onnx_attribute *to, rp_error *why) {
  to->name = get_text(from->name);
  to->type = from->has_type ? (int32_t)from->type : 0;
  to->real = from->f;
  to->integer = from->i;
  to->text = from->s.data;
  to->integers = from->ints;
  to->reals = from->floats;
  const size_t n = to->type == RP_ONNX_ATTR_STRING ? from->s.len
                   : to->type == RP_ONNX_ATTR_INTS ? from->n_ints
                                                   : from->n_floats;
  if (n > RP_ONNX_MOST_ELEMENTS)
    return rp_fail(why, RP_E_INPUT, "expected at most 2^24 numbers, found %zu",
                   n);
  to->n = (int32_t)n;
  if (from->ref_attr_name && *from->ref_attr_name)
    return rp_fail(why, RP_E_INPUT, "expected a value, found a reference");
  return to->type == RP_ONNX_ATTR_TENSOR && from->t
             ? rp_onnx_take_tensor(from->t, &to->tensor, &p->m->budget, why)
             : RP_OK;
}

static rp_status take_attributes(parser *p, const Onnx__NodeProto *from,
                                 rp_onnx_node *node) {
  RP_TRY(check_length(p, "attributes of a node", from->n_attribute,
                      MOST_ATTRIBUTES));
  node->attribute = rp_alloc(from->n_attribute, sizeof *node->attribute);
  if (!node->attribute) return fail_memory(p);
  for (size_t i = 0; i < from->n_attribute; i++) {
    rp_error why = {""};
    const char *const name = get_text(from->attribute[i]->name);
    rp_status status = RP_OK;
    if (rp_onnx_find_attribute(node, name))
      status = rp_fail(&why, RP_E_INPUT, "found a second time");
    rp_onnx_attribute *const to = &node->attribute[node->n_attributes++];
    if (status == RP_OK)
      status = take_attribute(p, from->attribute[i], to, &why);
    if (status == RP_OK) continue;
    rp_error placed = {""};
    (void)add_name(&(parser){p->m, NULL, NULL, &placed}, "attribute", i, name,
                   status, &why);
    return rp_fail(p->err, status, "%s, in node %td", placed.text,
                   node - p->m->node);
  }
  return RP_OK;
}

static rp_status fail_operand(const parser *p, const rp_onnx_node *node,
                              size_t i, const char *name, const char *found) {
  return rp_fail(p->err, RP_E_INPUT,
                 "%s: node %td (%.*s '%.*s'): operand %zu: expected a value "
                 "that is defined before it, found '%.*s', which %s",
                 p->m->file, node - p->m->node, rp_text_fit(node->op, SHOWN),
                 node->op, rp_text_fit(node->name, SHOWN), node->name, i,
                 rp_text_fit(name, SHOWN), name, found);
}

static rp_status take_operands(parser *p, const Onnx__NodeProto *from,
                               rp_onnx_node *node) {
  const int32_t number = (int32_t)(node - p->m->node);
  RP_TRY(
      check_length(p, "operands of a node", from->n_input, RP_ONNX_MOST_LISTS));
  node->input = rp_alloc(from->n_input, sizeof *node->input);
  node->output = rp_alloc(from->n_output, sizeof *node->output);
  if (!node->input || !node->output) return fail_memory(p);
  for (size_t i = 0; i < from->n_input; i++) {
    const char *const name = from->input[i];
    const int32_t v = *name ? find_value(p->m, name) : RP_ONNX_NONE;
    if (*name && v == RP_ONNX_NONE)
      return fail_operand(p, node, i, name, "nothing defines");
    if (*name && p->m->value[v].producer >= number)
      return fail_operand(p, node, i, name,
                          "a later node computes, or this one");
    node->input[node->n_inputs++] = v;
  }
  for (size_t i = 0; i < from->n_output; i++)
    node->output[node->n_outputs++] =
        *from->output[i] ? find_value(p->m, from->output[i]) : RP_ONNX_NONE;
  return RP_OK;
}

/* The domain has two names. */
static const char *get_domain(const char *domain) {
  return !domain || !strcmp(domain, "ai.onnx") ? "" : domain;
}

static int64_t find_opset(const Onnx__ModelProto *message, const char *domain) {
  for (size_t i = 0; i < message->n_opset_import; i++)
    if (!strcmp(get_domain(message->opset_import[i]->domain), domain))
      return message->opset_import[i]->version;
  return 0;
}

static rp_status take_nodes(parser *p) {
  const Onnx__GraphProto *const g = p->graph;
  rp_onnx_model *const m = p->m;
  RP_TRY(check_length(p, "nodes", g->n_node, RP_ONNX_MOST_LISTS));
  m->node = rp_alloc(g->n_node, sizeof *m->node);
  if (!m->node) return fail_memory(p);
  for (size_t k = 0; k < g->n_node; k++) {
    rp_onnx_node *const node = &m->node[m->n_nodes++];
    node->op = get_text(g->node[k]->op_type);
    node->domain = get_domain(g->node[k]->domain);
    node->name = get_text(g->node[k]->name);
    node->opset = find_opset(p->message, node->domain);
    RP_TRY(take_operands(p, g->node[k], node));
    RP_TRY(take_attributes(p, g->node[k], node));
  }
  return RP_OK;
}

/* ---- The whole. ---- */

static rp_status check_opsets(const parser *p) {
  const Onnx__ModelProto *const message = p->message;
  RP_TRY(check_length(p, "operator sets", message->n_opset_import, 256));
  for (size_t i = 0; i < message->n_opset_import; i++)
    for (size_t j = 0; j < i; j++)
      if (!strcmp(get_domain(message->opset_import[i]->domain),
                  get_domain(message->opset_import[j]->domain)))
        return rp_fail(p->err, RP_E_INPUT,
                       "%s: expected one version of an operator set, found "
                       "two",
                       p->m->file);
  return RP_OK;
}

static rp_status take_values(parser *p) {
  size_t count;
  RP_TRY(count_values(p, &count));
  p->m->value = rp_alloc(count, sizeof *p->m->value);
  if (!p->m->value) return fail_memory(p);
  RP_TRY(take_initializers(p));
  take_definitions(p);
  RP_TRY(merge_values(p));
  RP_TRY(take_infos(p));
  RP_TRY(take_inputs(p));
  return take_outputs(p);
}

rp_status rp_onnx_model_parse(const rp_file_content *content,
                              rp_onnx_model *model, rp_error *err) {
  Onnx__ModelProto *message = NULL;
  *model = (rp_onnx_model){.file = content->file,
                           .budget = RP_ONNX_MOST_ALL_ELEMENTS};
  RP_TRY(rp_onnx_parse_message(content, &message, err));
  model->message = message;
  parser p = {model, message, message->graph, err};
  if (!p.graph || p.graph->n_sparse_initializer > 0)
    return rp_fail(err, RP_E_INPUT, "%s: expected a graph%s, found %s",
                   content->file, p.graph ? " without sparse initializers" : "",
                   p.graph ? "some" : "none");
  RP_TRY(check_opsets(&p));
  RP_TRY(take_values(&p));
  return take_nodes(&p);
}

static void node_fini(rp_onnx_node *node) {
  for (int32_t i = 0; i < node->n_attributes; i++)
    rp_onnx_tensor_fini(&node->attribute[i].tensor);
  free(node->attribute);
  free(node->input);
  free(node->output);
}

void rp_onnx_model_fini(rp_onnx_model *model) {
  for (int32_t v = 0; v < model->n_values; v++)
    rp_onnx_tensor_fini(&model->value[v].tensor);
  for (int32_t k = 0; k < model->n_nodes; k++) node_fini(&model->node[k]);
  free(model->value);
  free(model->node);
  free(model->input);
  free(model->output);
  rp_onnx_free_message(model->message);
}
