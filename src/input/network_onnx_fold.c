/* Folding: nodes that do not depend on the input's numbers are computed while
 * the file is read. Exporters write shapes this way, and weights that they
 * reorder. The arithmetic is that of the runtimes: float32, and exact integers.
 */
#include "input/network_onnx_fold.h"

#include <string.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"

rp_status rp_onnx_begin_output(rp_onnx_folding *f, int32_t type, size_t n_dims,
                               const int64_t *dims) {
  f->out.type = type;
  RP_TRY(rp_onnx_set_shape(&f->out, n_dims, dims, f->err));
  return rp_onnx_make_constant(&f->out, &f->model->budget, f->err);
}

void rp_onnx_copy_element(rp_onnx_folding *f, int32_t to,
                          const rp_onnx_tensor *tensor, int32_t from) {
  if (f->out.real)
    f->out.real[to] = tensor->real[from];
  else
    f->out.integer[to] = tensor->integer[from];
}

rp_status rp_onnx_get_list(const rp_onnx_folding *f, int32_t operand,
                           const char *attribute, int32_t *n,
                           const int64_t **list) {
  const rp_onnx_tensor *const found =
      rp_onnx_operand(f->model, f->node, operand);
  const rp_onnx_attribute *const old =
      rp_onnx_find_attribute(f->node, attribute);
  *n = RP_ONNX_NONE;
  *list = NULL;
  if (found && !found->integer)
    return rp_fail(f->err, RP_E_INPUT,
                   "operand %d: expected constant integers, found others",
                   operand);
  if (old && old->type != RP_ONNX_ATTR_INTS)
    return rp_fail(f->err, RP_E_INPUT, "attribute %s: expected integers",
                   attribute);
  if (found || old) *n = found ? found->count : old->n;
  if (found || old) *list = found ? found->integer : old->integers;
  return RP_OK;
}

rp_status rp_onnx_normalize_axis(const rp_onnx_folding *f, int64_t axis,
                                 int32_t n, int32_t *normalized) {
  if (axis < -n || axis >= n)
    return rp_fail(f->err, RP_E_INPUT,
                   "expected an axis of %d dimensions, found %lld", n,
                   (long long)axis);
  *normalized = (int32_t)(axis < 0 ? axis + n : axis);
  return RP_OK;
}

/* ---- Constants and shapes. ---- */

static rp_status copy_tensor(rp_onnx_folding *f, const rp_onnx_tensor *from) {
  int64_t dims[RP_ONNX_DIMS];
  for (int32_t d = 0; d < from->n_dims; d++) dims[d] = from->dims[d];
  RP_TRY(rp_onnx_begin_output(f, from->type, (size_t)from->n_dims, dims));
  for (int32_t i = 0; i < from->count; i++) rp_onnx_copy_element(f, i, from, i);
  return RP_OK;
}

static rp_status fold_numbers(rp_onnx_folding *f, const rp_onnx_attribute *from,
                              bool is_real, bool is_list) {
  const int64_t n = is_list ? from->n : 1;
  RP_TRY(rp_onnx_begin_output(f, is_real ? RP_ONNX_FLOAT : RP_ONNX_INT64,
                              is_list ? 1 : 0, &n));
  for (int64_t i = 0; i < n; i++) {
    if (is_real)
      f->out.real[i] = is_list ? from->reals[i] : from->real;
    else
      f->out.integer[i] = is_list ? from->integers[i] : from->integer;
  }
  return RP_OK;
}

static rp_status fold_constant(rp_onnx_folding *f) {
  const rp_onnx_attribute *const from =
      f->node->n_attributes == 1 ? f->node->attribute : NULL;
  if (from && from->type == RP_ONNX_ATTR_TENSOR &&
      rp_onnx_is_constant(&from->tensor))
    return copy_tensor(f, &from->tensor);
  if (from &&
      (from->type == RP_ONNX_ATTR_FLOAT || from->type == RP_ONNX_ATTR_FLOATS))
    return fold_numbers(f, from, true, from->type == RP_ONNX_ATTR_FLOATS);
  if (from &&
      (from->type == RP_ONNX_ATTR_INT || from->type == RP_ONNX_ATTR_INTS))
    return fold_numbers(f, from, false, from->type == RP_ONNX_ATTR_INTS);
  return rp_fail(f->err, RP_E_INPUT,
                 "expected one attribute with float32 or integer numbers, "
                 "found another");
}

static rp_status fold_shape(rp_onnx_folding *f) {
  int64_t first, end;
  const int32_t n_dims = f->in->n_dims;
  RP_TRY(rp_onnx_get_int(f->model, f->node, "start", 0, &first, f->err));
  RP_TRY(rp_onnx_get_int(f->model, f->node, "end", n_dims, &end, f->err));
  if (first < 0) first = first < -n_dims ? 0 : first + n_dims;
  if (end < 0) end += n_dims;
  if (end > n_dims) end = n_dims;
  const int64_t n = end > first ? end - first : 0;
  RP_TRY(rp_onnx_begin_output(f, RP_ONNX_INT64, 1, &n));
  for (int64_t i = 0; i < n; i++) f->out.integer[i] = f->in->dims[first + i];
  return RP_OK;
}

static rp_status fold_size(rp_onnx_folding *f) {
  RP_TRY(rp_onnx_begin_output(f, RP_ONNX_INT64, 0, NULL));
  f->out.integer[0] = f->in->count;
  return RP_OK;
}

static rp_status fold_constant_of_shape(rp_onnx_folding *f) {
  const rp_onnx_attribute *const value =
      rp_onnx_find_attribute(f->node, "value");
  const rp_onnx_tensor *const from = value ? &value->tensor : NULL;
  if (!f->in->integer || f->in->count > RP_ONNX_DIMS ||
      (from && (from->count != 1 || !rp_onnx_is_constant(from))))
    return rp_fail(f->err, RP_E_INPUT,
                   "expected a shape and one number, found others");
  RP_TRY(rp_onnx_begin_output(f, from ? from->type : RP_ONNX_FLOAT,
                              (size_t)f->in->count, f->in->integer));
  for (int32_t i = 0; from && i < f->out.count; i++)
    rp_onnx_copy_element(f, i, from, 0);
  return RP_OK;
}

/* ---- Which nodes. ---- */

static const char CONSTANTS[] =
    "value|value_float|value_floats|value_int|value_ints";

/* Those of QONNX, whatever domain they have. */
static const char QUANTIZERS[] = "quantizers of QONNX";

static const struct {
  const char *op;
  rp_onnx_fold_op *fold;
  const char *attributes; /* those whose meaning is known */
  bool needs_shape_only;
} foldable[] = {
    {"Add", rp_onnx_fold_arithmetic, "", false},
    {"Cast", rp_onnx_fold_cast, "to|saturate", false},
    {"Concat", rp_onnx_fold_concat, "axis", false},
    {"Constant", fold_constant, CONSTANTS, false},
    {"ConstantOfShape", fold_constant_of_shape, "value", false},
    {"Div", rp_onnx_fold_arithmetic, "", false},
    {"Flatten", rp_onnx_fold_flatten, "axis", false},
    {"Gather", rp_onnx_fold_gather, "axis", false},
    {"Identity", rp_onnx_fold_identity, "", false},
    {"Mul", rp_onnx_fold_arithmetic, "", false},
    {"Pow", rp_onnx_fold_arithmetic, "", false},
    {"QuantizeLinear", rp_onnx_fold_quantize, "axis", false},
    {"Reshape", rp_onnx_fold_reshape, "allowzero|shape", false},
    {"Shape", fold_shape, "end|start", true},
    {"Size", fold_size, "", true},
    {"Slice", rp_onnx_fold_slice, "axes|ends|starts", false},
    {"Squeeze", rp_onnx_fold_squeeze, "axes", false},
    {"Sub", rp_onnx_fold_arithmetic, "", false},
    {"Transpose", rp_onnx_fold_transpose, "perm", false},
    {"Unsqueeze", rp_onnx_fold_unsqueeze, "axes", false},
    {QUANTIZERS, rp_onnx_fold_quant, "signed|narrow|rounding_mode", false}};

enum { FOLDABLE = sizeof foldable / sizeof *foldable };

static int find_foldable(const rp_onnx_node *node) {
  const char *const op = rp_onnx_is_quantizer(node) ? QUANTIZERS : node->op;
  int i = 0;
  if (*node->domain && op != QUANTIZERS) return FOLDABLE;
  while (i < FOLDABLE && strcmp(op, foldable[i].op) != 0) i++;
  return i;
}

static bool has_operands(const rp_onnx_folding *f, bool needs_shape_only) {
  for (int32_t i = 0; i < f->node->n_inputs; i++) {
    const rp_onnx_tensor *const in = rp_onnx_operand(f->model, f->node, i);
    if (in && !(needs_shape_only ? in->has_shape : rp_onnx_is_constant(in)))
      return false;
  }
  return f->in || f->node->n_inputs == 0;
}

static rp_status fold_node(rp_onnx_folding *f, int found) {
  const bool is_constant = foldable[found].fold == fold_constant;
  if (!f->in != is_constant)
    return rp_fail(f->err, RP_E_INPUT, "expected %s, found %d operands",
                   is_constant ? "none" : "a first one", f->node->n_inputs);
  return foldable[found].fold(f);
}

rp_status rp_onnx_fold(rp_onnx_model *model, const rp_onnx_node *node,
                       bool *folded, rp_error *err) {
  rp_error why = {""};
  rp_onnx_tensor *const to = rp_onnx_output(model, node, 0);
  rp_onnx_folding f = {.model = model,
                       .node = node,
                       .in = rp_onnx_operand(model, node, 0),
                       .err = &why};
  const int found = find_foldable(node);
  *folded = false;
  if (found == FOLDABLE || node->n_outputs != 1 || !to ||
      !has_operands(&f, foldable[found].needs_shape_only))
    return RP_OK;
  RP_TRY(
      rp_onnx_check_attributes(model, node, foldable[found].attributes, err));
  const rp_status status = fold_node(&f, found);
  if (status != RP_OK) {
    rp_onnx_tensor_fini(&f.out);
    return rp_onnx_add_place(model, node, status, &why, err);
  }
  rp_onnx_tensor_fini(to);
  *to = f.out;
  *folded = true;
  return RP_OK;
}
