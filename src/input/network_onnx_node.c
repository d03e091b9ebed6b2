/* Nodes of ONNX files: operands, attributes, and their place for messages. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "input/network_onnx_model.h"

enum { NAME_SIZE = 60 };

static const char *print_operand(const rp_onnx_model *m,
                                 const rp_onnx_node *node,
                                 char text[RP_ONNX_SHAPE_SIZE]) {
  return rp_onnx_print_shape(rp_onnx_operand(m, node, 0), text);
}

static rp_status fail_at(const rp_onnx_model *m, const rp_onnx_node *node,
                         rp_status status, const char *text, rp_error *err) {
  char from[RP_ONNX_SHAPE_SIZE], to[RP_ONNX_SHAPE_SIZE];
  if (!node) return rp_fail(err, status, "%s: %s", m->file, text);
  return rp_fail(err, status, "%s: node %td (%.*s '%.*s', %s to %s): %s",
                 m->file, node - m->node, rp_text_fit(node->op, NAME_SIZE),
                 node->op, rp_text_fit(node->name, NAME_SIZE), node->name,
                 print_operand(m, node, from),
                 rp_onnx_print_shape(rp_onnx_output(m, node, 0), to), text);
}

rp_status rp_onnx_fail(const rp_onnx_model *model, const rp_onnx_node *node,
                       rp_error *err, const char *format, ...) {
  rp_error why;
  va_list list;
  va_start(list, format);
  (void)vsnprintf(why.text, sizeof why.text, format, list);
  va_end(list);
  return fail_at(model, node, RP_E_INPUT, why.text, err);
}

rp_status rp_onnx_add_place(const rp_onnx_model *model,
                            const rp_onnx_node *node, rp_status status,
                            const rp_error *why, rp_error *err) {
  return status == RP_OK ? RP_OK : fail_at(model, node, status, why->text, err);
}

bool rp_onnx_is_op(const rp_onnx_node *node, const char *domain,
                   const char *op) {
  return !strcmp(node->op, op) && !strcmp(node->domain, domain);
}

static rp_onnx_tensor *get_tensor(const rp_onnx_model *model, int32_t n,
                                  const int32_t *list, int32_t i) {
  if (i < 0 || i >= n || list[i] == RP_ONNX_NONE) return NULL;
  return &model->value[list[i]].tensor;
}

rp_onnx_tensor *rp_onnx_operand(const rp_onnx_model *model,
                                const rp_onnx_node *node, int32_t i) {
  return get_tensor(model, node->n_inputs, node->input, i);
}

rp_onnx_tensor *rp_onnx_output(const rp_onnx_model *model,
                               const rp_onnx_node *node, int32_t i) {
  return get_tensor(model, node->n_outputs, node->output, i);
}

/* ---- Attributes. ---- */

const rp_onnx_attribute *rp_onnx_find_attribute(const rp_onnx_node *node,
                                                const char *name) {
  for (int32_t i = 0; i < node->n_attributes; i++)
    if (!strcmp(node->attribute[i].name, name)) return &node->attribute[i];
  return NULL;
}

static rp_status expect_type(const rp_onnx_model *model,
                             const rp_onnx_node *node,
                             const rp_onnx_attribute *found, int32_t type,
                             rp_error *err) {
  static const char *const names[] = {"",        "a number", "an integer",
                                      "a text",  "a tensor", "",
                                      "numbers", "integers"};
  if (found->type == type) return RP_OK;
  return rp_onnx_fail(model, node, err,
                      "attribute %.*s: expected %s, found type %d",
                      rp_text_fit(found->name, NAME_SIZE), found->name,
                      names[type], found->type);
}

rp_status rp_onnx_get_int(const rp_onnx_model *model, const rp_onnx_node *node,
                          const char *name, int64_t absent, int64_t *value,
                          rp_error *err) {
  const rp_onnx_attribute *const found = rp_onnx_find_attribute(node, name);
  *value = found ? found->integer : absent;
  return found ? expect_type(model, node, found, RP_ONNX_ATTR_INT, err) : RP_OK;
}

rp_status rp_onnx_get_float(const rp_onnx_model *model,
                            const rp_onnx_node *node, const char *name,
                            float absent, float *value, rp_error *err) {
  const rp_onnx_attribute *const found = rp_onnx_find_attribute(node, name);
  *value = found ? found->real : absent;
  return found ? expect_type(model, node, found, RP_ONNX_ATTR_FLOAT, err)
               : RP_OK;
}

rp_status rp_onnx_get_ints(const rp_onnx_model *model, const rp_onnx_node *node,
                           const char *name, int32_t *n, const int64_t **list,
                           rp_error *err) {
  const rp_onnx_attribute *const found = rp_onnx_find_attribute(node, name);
  *n = found ? found->n : 0;
  *list = found ? found->integers : NULL;
  return found ? expect_type(model, node, found, RP_ONNX_ATTR_INTS, err)
               : RP_OK;
}

bool rp_onnx_is_text(const rp_onnx_node *node, const char *name,
                     const char *absent, const char *wanted) {
  const rp_onnx_attribute *const found = rp_onnx_find_attribute(node, name);
  if (!found) return !strcmp(absent, wanted);
  return found->type == RP_ONNX_ATTR_STRING &&
         (size_t)found->n == strlen(wanted) &&
         !memcmp(found->text, wanted, (size_t)found->n);
}

rp_status rp_onnx_check_attributes(const rp_onnx_model *model,
                                   const rp_onnx_node *node, const char *known,
                                   rp_error *err) {
  for (int32_t i = 0; i < node->n_attributes; i++) {
    const char *const name = node->attribute[i].name;
    if (!*name || !rp_text_is_one_of(name, known))
      return rp_onnx_fail(model, node, err,
                          "attribute %.*s: expected %s, found one without a "
                          "known meaning here",
                          rp_text_fit(name, NAME_SIZE), name,
                          *known ? known : "none");
  }
  return RP_OK;
}
