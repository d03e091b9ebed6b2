/* Operands and outputs of nodes: what is there, and what it counts in. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_onnx.h"

rp_status rp_onnx_place(const rp_onnx_reader *r, rp_status status,
                        const rp_error *why) {
  return rp_onnx_add_place(&r->model, r->group ? r->group : r->node, status,
                           why, r->err);
}

/* ---- Where elements lie. ---- */

int32_t rp_onnx_count(const rp_onnx_item *item) {
  return item->channels * item->positions;
}

int32_t rp_onnx_find_place(const rp_onnx_item *item, int32_t element) {
  return element % item->positions * item->channels + element / item->positions;
}

/* With one channel or one position both orders are the same. */
static bool is_plain(int32_t channels, int32_t positions) {
  return channels == 1 || positions == 1;
}

bool rp_onnx_is_arranged(const rp_onnx_item *item, int32_t channels,
                         int32_t positions) {
  return (item->channels == channels && item->positions == positions) ||
         (is_plain(item->channels, item->positions) &&
          is_plain(channels, positions));
}

static rp_status append_copy(rp_onnx_reader *r, int32_t *index,
                             const rp_onnx_item *wanted,
                             const rp_onnx_item *item) {
  const int32_t n = rp_onnx_count(item);
  const rp_build_source from = {item->source, n, index};
  rp_error why = {""};
  rp_term term;
  for (int32_t i = 0; i < n; i++)
    index[rp_onnx_find_place(wanted, i)] = rp_onnx_find_place(item, i);
  RP_TRY(rp_onnx_place(r, rp_build_copy(&from, n, NULL, &term, &why), &why));
  return rp_onnx_place(
      r, rp_build_selection(r->net, n, 1, &term, &item->number, &why), &why);
}

rp_status rp_onnx_copy(rp_onnx_reader *r, int32_t channels, int32_t positions,
                       rp_onnx_item *item) {
  rp_onnx_item wanted = *item;
  int32_t *const index = rp_alloc((size_t)rp_onnx_count(item), sizeof *index);
  if (!index)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  wanted.channels = channels;
  wanted.positions = positions;
  const rp_status status = append_copy(r, index, &wanted, item);
  free(index);
  RP_TRY(status);
  wanted.source = r->net->n_blocks - 1;
  *item = wanted;
  return RP_OK;
}

rp_status rp_onnx_arrange(rp_onnx_reader *r, int32_t channels,
                          int32_t positions, rp_onnx_item *item) {
  if (!rp_onnx_is_arranged(item, channels, positions))
    return rp_onnx_copy(r, channels, positions, item);
  item->channels = channels;
  item->positions = positions;
  return RP_OK;
}

/* ---- Operands. ---- */

const rp_onnx_item *rp_onnx_item_of(const rp_onnx_reader *r,
                                    const rp_onnx_node *node, int32_t i) {
  if (i >= node->n_inputs || node->input[i] == RP_ONNX_NONE) return NULL;
  return &r->item[node->input[i]];
}

static const char *describe(const rp_onnx_reader *r, const rp_onnx_node *node,
                            int32_t i, const rp_onnx_item *found) {
  static const char *const kinds[] = {
      "a value that nothing computes",
      "float32 numbers of the input: a quantizer of the input is needed",
      "quantized integers",
      "dequantized numbers: a quantizer behind the operator is needed, and a "
      "rule for both together",
      "dequantized constants",
      "a float32 result that no quantizer follows",
      "sums that no quantizer follows",
      "what follows the logits",
      "a float32 result: a quantizer before it is needed"};
  if (!found) return "none";
  if (rp_onnx_is_constant(rp_onnx_operand(&r->model, node, i)))
    return "a constant: it would have to be folded into another operator";
  return kinds[found->kind];
}

rp_status rp_onnx_get_item(const rp_onnx_reader *r, const rp_onnx_node *node,
                           int32_t i, rp_onnx_kind kind,
                           const rp_onnx_item **item) {
  *item = rp_onnx_item_of(r, node, i);
  if (*item && (*item)->kind == kind) return RP_OK;
  return RP_ONNX_FAIL(r, "operand %d: expected %s, found %s", i,
                      kind == RP_ONNX_INTEGERS ? "quantized integers"
                      : kind == RP_ONNX_SCALED ? "dequantized numbers"
                                               : "dequantized constants",
                      describe(r, node, i, *item));
}

static rp_status get_scale(const rp_onnx_reader *r, const rp_onnx_node *node,
                           int32_t i, float *scale) {
  const rp_onnx_tensor *const t = rp_onnx_operand(&r->model, node, i);
  if (!t || !t->real || t->count != 1)
    return RP_ONNX_FAIL(r,
                        "operand %d: expected one constant scale of "
                        "float32, found %s",
                        i, t && t->real ? "several" : "none");
  *scale = t->real[0];
  if (isnormal(*scale) && *scale > 0) return RP_OK;
  return RP_ONNX_FAIL(r, "operand %d: expected a positive scale, found %g", i,
                      (double)*scale);
}

rp_status rp_onnx_get_number(const rp_onnx_reader *r, const rp_onnx_node *node,
                             int32_t i_scale, int32_t i_zero,
                             rp_quantized *number) {
  const rp_onnx_tensor *const t = rp_onnx_operand(&r->model, node, i_zero);
  *number = (rp_quantized){.lo = 0, .hi = UINT8_MAX};
  RP_TRY(get_scale(r, node, i_scale, &number->scale));
  if (!t) return RP_OK;
  if ((t->type != RP_ONNX_UINT8 && t->type != RP_ONNX_INT8) || !t->integer ||
      t->count != 1)
    return RP_ONNX_FAIL(r,
                        "operand %d: expected one constant zero point of "
                        "uint8 or int8, found %d of %s",
                        i_zero, t->count, rp_onnx_type_name(t->type));
  if (t->type == RP_ONNX_INT8) {
    number->lo = INT8_MIN;
    number->hi = INT8_MAX;
  }
  number->zero = (int32_t)t->integer[0];
  return RP_OK;
}

static bool has_padding(const rp_onnx_item *item) {
  for (int side = 0; side < RP_ONNX_SIDES; side++)
    if (item->pad[side] != 0) return true;
  return false;
}

/* Padding must count as zero for who reads it. */
static rp_status check_padding(const rp_onnx_reader *r, int32_t i, bool padded,
                               const rp_onnx_item *item) {
  if (!has_padding(item)) return RP_OK;
  if (!padded)
    return RP_ONNX_FAIL(r,
                        "operand %d: expected no padding, which only "
                        "convolutions take over, found some",
                        i);
  if (item->pad_number == item->number.zero) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "operand %d: expected padding with the zero point %d, "
                      "found %lld",
                      i, item->number.zero, (long long)item->pad_number);
}

rp_status rp_onnx_get_integers(rp_onnx_reader *r, const rp_onnx_node *node,
                               int32_t i, const rp_quantized *number,
                               bool padded, rp_onnx_item *item) {
  const rp_onnx_item *found;
  RP_TRY(rp_onnx_get_item(r, node, i, RP_ONNX_INTEGERS, &found));
  *item = *found;
  if (item->number.lo != number->lo)
    return RP_ONNX_FAIL(r,
                        "operand %d: expected a zero point of the type of "
                        "its numbers, found another",
                        i);
  if (!r->net) RP_TRY(rp_onnx_begin_net(r, number));
  if (item->source == RP_INPUT) item->number.zero = r->net->in_zero;
  if (item->number.zero != number->zero)
    return RP_ONNX_FAIL(r,
                        "operand %d: expected zero point %d, as what "
                        "computed it, found %d",
                        i, item->number.zero, number->zero);
  item->number.scale = number->scale;
  return check_padding(r, i, padded, item);
}

/* ---- Outputs. ---- */

/* Sizes that are left out, or that another number of samples would have, say
 * nothing. */
static rp_status check_shape(const rp_onnx_reader *r,
                             const rp_onnx_tensor *said, int32_t n_dims,
                             const int64_t *dims) {
  bool is_same = said->n_dims == n_dims;
  for (int32_t d = 0; is_same && d < n_dims; d++)
    is_same = said->dims[d] == dims[d];
  if (!said->has_shape || is_same) return RP_OK;
  rp_onnx_tensor found = {.n_dims = 0};
  char text[RP_ONNX_SHAPE_SIZE];
  (void)rp_onnx_set_shape(&found, (size_t)n_dims, dims, NULL);
  return RP_ONNX_FAIL(r, "expected the shape that the file says, found %s",
                      rp_onnx_print_shape(&found, text));
}

rp_status rp_onnx_set_item(rp_onnx_reader *r, const rp_onnx_item *item,
                           int32_t n_dims, const int64_t *dims) {
  rp_error why = {""};
  if (r->node->n_outputs != 1 || r->node->output[0] == RP_ONNX_NONE)
    return RP_ONNX_FAIL(r, "expected 1 output, found %d", r->node->n_outputs);
  const int32_t v = r->node->output[0];
  rp_onnx_tensor *const tensor = &r->model.value[v].tensor;
  const bool is_float = item->grid.factor > 0;
  const int32_t type = is_float              ? RP_ONNX_FLOAT
                       : item->number.lo < 0 ? RP_ONNX_INT8
                                             : RP_ONNX_UINT8;
  if ((item->kind == RP_ONNX_INTEGERS || is_float) &&
      tensor->type != RP_ONNX_UNKNOWN && tensor->type != type)
    return RP_ONNX_FAIL(r, "expected the type that the file says, %s, found %s",
                        rp_onnx_type_name(tensor->type),
                        rp_onnx_type_name(type));
  RP_TRY(check_shape(r, tensor, n_dims, dims));
  RP_TRY(rp_onnx_place(r, rp_onnx_set_shape(tensor, (size_t)n_dims, dims, &why),
                       &why));
  if ((item->kind == RP_ONNX_INTEGERS || item->kind == RP_ONNX_SCALED) &&
      tensor->count != rp_onnx_count(item) && !has_padding(item))
    return RP_ONNX_FAIL(r,
                        "expected as many numbers behind it, found %d and "
                        "%d",
                        rp_onnx_count(item), tensor->count);
  r->item[v] = *item;
  return RP_OK;
}

rp_status rp_onnx_set_block(rp_onnx_reader *r, const rp_quantized *number,
                            int32_t channels, int32_t positions, int32_t n_dims,
                            const int64_t *dims) {
  const rp_onnx_item item = {.kind = RP_ONNX_INTEGERS,
                             .source = r->net->n_blocks - 1,
                             .channels = channels,
                             .positions = positions,
                             .number = *number};
  return rp_onnx_set_item(r, &item, n_dims, dims);
}
