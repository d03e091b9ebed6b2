/* What may stand behind logits in float32. */
#include "input/network_onnx_float.h"

rp_status rp_onnx_end_floats(rp_onnx_reader *r, int32_t value) {
  rp_onnx_item *const item = &r->item[value];
  if (item->kind != RP_ONNX_FLOATS) return RP_OK;
  RP_TRY(rp_onnx_add_levels(r, item, NULL, &item->number));
  item->kind = RP_ONNX_INTEGERS;
  item->is_order = true;
  item->node = NULL;
  item->last_step = 0;
  item->source = r->net->n_blocks - 1;
  return RP_OK;
}

static rp_status end_operand(rp_onnx_reader *r) {
  if (!rp_onnx_item_of(r, r->node, 0))
    return RP_ONNX_FAIL(r, "operand 0: expected logits, found none");
  return rp_onnx_end_floats(r, r->node->input[0]);
}

rp_status rp_onnx_read_float_end(rp_onnx_reader *r) {
  RP_TRY(end_operand(r));
  return rp_onnx_read_end(r);
}

/* The index of the greatest; of equal ones the first. */
static rp_status check_top(const rp_onnx_reader *r) {
  const rp_onnx_node *const node = r->node;
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, node, 0);
  const rp_onnx_tensor *const k = rp_onnx_operand(&r->model, node, 1);
  int64_t axis, is_largest, count;
  RP_TRY(rp_onnx_get_int(&r->model, node, "axis", -1, &axis, r->err));
  RP_TRY(rp_onnx_get_int(&r->model, node, "largest", 1, &is_largest, r->err));
  RP_TRY(rp_onnx_get_int(&r->model, node, "k", 1, &count, r->err));
  if (axis < 0) axis += x->n_dims;
  if (axis < 0 || axis >= x->n_dims || x->dims[axis] != x->count ||
      is_largest != 1 || count != 1 ||
      (k && (k->count != 1 || rp_onnx_get_integer(k, 0) != 1)))
    return RP_ONNX_FAIL(r, "expected the greatest one of all logits along its "
                           "axis, found another");
  if (node->n_outputs == 2 && node->output[1] != RP_ONNX_NONE &&
      (node->output[0] == RP_ONNX_NONE || r->n_readers[node->output[0]] == 0))
    return RP_OK;
  return RP_ONNX_FAIL(r, "expected its indices alone as an output, found its "
                         "values: they do not say which class is the greatest");
}

rp_status rp_onnx_read_top(rp_onnx_reader *r) {
  RP_TRY(end_operand(r));
  RP_TRY(check_top(r));
  rp_onnx_item item = *rp_onnx_item_of(r, r->node, 0);
  if (item.kind != RP_ONNX_INTEGERS)
    return RP_ONNX_FAIL(r, "operand 0: expected logits, found another value");
  item.kind = RP_ONNX_END;
  r->item[r->node->output[1]] = item;
  return RP_OK;
}
