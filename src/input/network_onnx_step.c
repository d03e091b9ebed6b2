/* Float32 operators on single numbers. Every operation is one of binary32. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"

/* ---- Steps. ---- */

static rp_status fail_memory(const rp_onnx_reader *r) {
  return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
}

/* Does a constant fit by repetition into this shape? */
static bool is_repeatable(const rp_onnx_tensor *shape,
                          const rp_onnx_tensor *constant) {
  const int32_t missing = shape->n_dims - constant->n_dims;
  bool fits = missing >= 0;
  for (int32_t d = 0; fits && d < constant->n_dims; d++)
    fits =
        constant->dims[d] == 1 || constant->dims[d] == shape->dims[d + missing];
  return fits || constant->count == 1;
}

static rp_status check_constant(const rp_onnx_reader *r,
                                const rp_onnx_tensor *shape,
                                const rp_onnx_tensor *constant,
                                const rp_onnx_item *item) {
  char text[RP_ONNX_SHAPE_SIZE];
  if (!constant->real || constant->count < 1 || !shape->has_shape ||
      shape->count != rp_onnx_count(item) || !is_repeatable(shape, constant))
    return RP_ONNX_FAIL(r,
                        "expected a constant of float32 that is repeated over "
                        "the other operand, found %s of shape %s",
                        rp_onnx_type_name(constant->type),
                        rp_onnx_print_shape(constant, text));
  for (int32_t i = 0; i < constant->count; i++)
    if (!isfinite(constant->real[i]))
      return RP_ONNX_FAIL(r, "element %d of the constant: it is not finite", i);
  return RP_OK;
}

static void fill_step(rp_onnx_step *step, const rp_onnx_tensor *shape,
                      const rp_onnx_tensor *constant,
                      const rp_onnx_item *item) {
  if (step->n == 1) {
    step->number[0] = constant->real[0];
    return;
  }
  for (int32_t i = 0; i < step->n; i++)
    step->number[rp_onnx_find_place(item, i)] =
        constant->real[rp_onnx_find_repeated(shape, constant, i)];
}

rp_status rp_onnx_add_step(rp_onnx_reader *r, rp_onnx_step_kind kind,
                           const rp_onnx_tensor *shape,
                           const rp_onnx_tensor *constant, rp_onnx_item *item) {
  int32_t behind = 1;
  RP_TRY(check_constant(r, shape, constant, item));
  for (int32_t s = item->last_step; s > 0; s = r->step[s - 1].before) behind++;
  if (behind > RP_ONNX_MOST_CHAIN)
    return RP_ONNX_FAIL(r, "expected at most %d operators before a quantizer",
                        RP_ONNX_MOST_CHAIN);
  const int32_t n = constant->count == 1 ? 1 : shape->count;
  rp_onnx_step *const grown =
      rp_realloc(r->step, (size_t)r->n_steps + 1, sizeof *grown);
  if (!grown) return fail_memory(r);
  r->step = grown;
  rp_onnx_step *const step = &r->step[r->n_steps];
  *step = (rp_onnx_step){kind, item->last_step, n,
                         rp_alloc((size_t)n, sizeof *step->number)};
  if (!step->number) return fail_memory(r);
  r->n_steps++;
  fill_step(step, shape, constant, item);
  item->kind = RP_ONNX_FLOATS;
  item->last_step = r->n_steps;
  return RP_OK;
}

void rp_onnx_free_steps(rp_onnx_reader *r) {
  for (int32_t s = 0; s < r->n_steps; s++) free(r->step[s].number);
  free(r->step);
}

/* ---- Chains. ---- */

void rp_onnx_get_chain(const rp_onnx_reader *r, const rp_onnx_item *item,
                       rp_onnx_chain *chain) {
  int32_t n = 0;
  for (int32_t s = item->last_step; s > 0; s = r->step[s - 1].before) n++;
  chain->n = n;
  for (int32_t s = item->last_step; s > 0; s = r->step[s - 1].before)
    chain->step[--n] = &r->step[s - 1];
}

static float run_step(rp_onnx_step_kind kind, float x, float number) {
  switch (kind) {
  case RP_ONNX_PLUS:
    return x + number;
  case RP_ONNX_MINUS:
    return x - number;
  case RP_ONNX_FROM:
    return number - x;
  case RP_ONNX_TIMES:
    return x * number;
  case RP_ONNX_OVER:
    return x / number;
  case RP_ONNX_AT_LEAST:
    return x > number ? x : number;
  case RP_ONNX_AT_MOST:
    return x < number ? x : number;
  }
  return x;
}

float rp_onnx_run_chain(const rp_onnx_chain *chain, int32_t place, float x,
                        bool *ok) {
  for (int32_t s = 0; s < chain->n; s++) {
    const rp_onnx_step *const step = chain->step[s];
    x = run_step(step->kind, x, step->number[step->n == 1 ? 0 : place]);
    *ok = *ok && isfinite(x);
  }
  return x;
}

bool rp_onnx_is_uniform(const rp_onnx_chain *chain) {
  return rp_onnx_is_by_channel(chain, 1);
}

bool rp_onnx_is_by_channel(const rp_onnx_chain *chain, int32_t channels) {
  for (int32_t s = 0; s < chain->n; s++)
    for (int32_t i = channels; i < chain->step[s]->n; i++)
      if (chain->step[s]->number[i] != chain->step[s]->number[i - channels])
        return false;
  return true;
}

/* ---- Operands. ---- */

/* The bytes of an image stand for their 255th parts, as deep learning's tools
 * load them, unless the network itself divides by 255. */
static bool divides_bytes(const rp_onnx_reader *r) {
  const rp_onnx_tensor *const by = rp_onnx_operand(&r->model, r->node, 1);
  if (!by || !by->real || by->count != 1) return false;
  return (rp_onnx_is_op(r->node, "", "Div") && by->real[0] == 255) ||
         (rp_onnx_is_op(r->node, "", "Mul") && by->real[0] == 1.0F / 255);
}

static rp_status begin_bytes(rp_onnx_reader *r, const rp_onnx_tensor *shape,
                             rp_onnx_item *item) {
  float whole = 255;
  const rp_onnx_tensor by = {
      .type = RP_ONNX_FLOAT, .has_shape = true, .count = 1, .real = &whole};
  if (r->net)
    return RP_ONNX_FAIL(r, "expected one operator that reads the input, found "
                           "another");
  item->kind = RP_ONNX_FLOATS;
  item->number = (rp_quantized){1, 0, 0, UINT8_MAX};
  item->grid = (rp_onnx_grid){1, 0, 0};
  RP_TRY(rp_onnx_begin_net(r, &item->number));
  if (divides_bytes(r)) return RP_OK;
  return rp_onnx_add_step(r, RP_ONNX_OVER, shape, &by, item);
}

rp_status rp_onnx_get_floats(rp_onnx_reader *r, int32_t i, rp_onnx_item *item) {
  const rp_onnx_item *const found = rp_onnx_item_of(r, r->node, i);
  const rp_onnx_item *same;
  if (found && (found->kind == RP_ONNX_FLOATS || found->kind == RP_ONNX_REALS))
    same = found;
  else
    RP_TRY(rp_onnx_get_item(r, r->node, i, RP_ONNX_INTEGERS, &same));
  *item = *same;
  if (item->kind == RP_ONNX_REALS)
    return begin_bytes(r, rp_onnx_operand(&r->model, r->node, i), item);
  if (item->grid.factor > 0) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "operand %d: expected an input of float32, found "
                      "integers, for which profile %s has no rule",
                      i, r->profile);
}

rp_status rp_onnx_set_same_shape(rp_onnx_reader *r, int32_t operand,
                                 const rp_onnx_item *item) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, operand);
  int64_t dims[RP_ONNX_DIMS];
  for (int32_t d = 0; d < x->n_dims; d++) dims[d] = x->dims[d];
  return rp_onnx_set_item(r, item, x->n_dims, dims);
}

/* ---- Operators. ---- */

/* What an operator does with a constant as operand 1, and as operand 0. */
static const struct {
  const char *op;
  rp_onnx_step_kind kind[2];
} elementwise[] = {{"Add", {RP_ONNX_PLUS, RP_ONNX_PLUS}},
                   {"Sub", {RP_ONNX_MINUS, RP_ONNX_FROM}},
                   {"Mul", {RP_ONNX_TIMES, RP_ONNX_TIMES}},
                   {"Div", {RP_ONNX_OVER, RP_ONNX_OVER}}};

rp_onnx_step_kind rp_onnx_find_step(const rp_onnx_node *node, bool is_second) {
  size_t k = 0;
  while (strcmp(elementwise[k].op, node->op) != 0) k++;
  return elementwise[k].kind[is_second ? 0 : 1];
}

static rp_status check_divisor(const rp_onnx_reader *r,
                               const rp_onnx_tensor *constant,
                               bool is_divisor) {
  if (!is_divisor)
    return RP_ONNX_FAIL(r, "expected a constant divisor, found a constant "
                           "that is divided: the result is no monotone "
                           "function");
  for (int32_t i = 0; constant->real && i < constant->count; i++)
    if (constant->real[i] == 0)
      return RP_ONNX_FAIL(r, "element %d of the divisor: it is 0", i);
  return RP_OK;
}

rp_status rp_onnx_read_elementwise(rp_onnx_reader *r) {
  const rp_onnx_tensor *const a = rp_onnx_operand(&r->model, r->node, 0);
  const rp_onnx_tensor *const b = rp_onnx_operand(&r->model, r->node, 1);
  const bool is_second = b && rp_onnx_is_constant(b);
  rp_onnx_item item;
  if (!a || !b || (!is_second && !rp_onnx_is_constant(a)))
    return RP_ONNX_FAIL(r, "expected a constant as one operand, found none: "
                           "a quantizer before and behind a sum of two values "
                           "would be needed, and a rule for it");
  if (*r->node->op == 'D')
    RP_TRY(check_divisor(r, is_second ? b : a, is_second));
  RP_TRY(rp_onnx_get_floats(r, is_second ? 0 : 1, &item));
  RP_TRY(rp_onnx_add_step(r, rp_onnx_find_step(r->node, is_second),
                          is_second ? a : b, is_second ? b : a, &item));
  return rp_onnx_set_same_shape(r, is_second ? 0 : 1, &item);
}

static rp_status get_norms(const rp_onnx_reader *r, const rp_onnx_tensor *x,
                           const rp_onnx_tensor *part[4]) {
  for (int32_t i = 0; i < 4; i++) {
    part[i] = rp_onnx_operand(&r->model, r->node, i + 1);
    if (!part[i] || !part[i]->real || x->n_dims < 2 ||
        part[i]->count != x->dims[1])
      return RP_ONNX_FAIL(r,
                          "operand %d: expected one constant of float32 a "
                          "channel",
                          i + 1);
  }
  return RP_OK;
}

/* As ONNX Runtime computes it: x gain + shift, both of them in float32. */
static rp_status add_norm(rp_onnx_reader *r, const rp_onnx_tensor *x,
                          const rp_onnx_tensor *const part[4], float epsilon,
                          rp_onnx_item *item) {
  const int32_t n = part[0]->count;
  float *const gain = rp_alloc(2 * (size_t)n, sizeof *gain);
  if (!gain) return fail_memory(r);
  float *const shift = gain + n;
  rp_onnx_tensor by = {.type = RP_ONNX_FLOAT,
                       .has_shape = true,
                       .n_dims = x->n_dims - 1,
                       .dims = {n, 1, 1, 1, 1, 1, 1, 1},
                       .count = n,
                       .real = gain};
  for (int32_t c = 0; c < n; c++) {
    gain[c] = 1.0F / sqrtf(part[3]->real[c] + epsilon) * part[0]->real[c];
    shift[c] = part[1]->real[c] - part[2]->real[c] * gain[c];
  }
  rp_status status = rp_onnx_add_step(r, RP_ONNX_TIMES, x, &by, item);
  by.real = shift;
  if (status == RP_OK) status = rp_onnx_add_step(r, RP_ONNX_PLUS, x, &by, item);
  free(gain);
  return status;
}

rp_status rp_onnx_read_batch_norm(rp_onnx_reader *r) {
  const rp_onnx_tensor *const x = rp_onnx_operand(&r->model, r->node, 0);
  const rp_onnx_tensor *part[4];
  rp_onnx_item item;
  int64_t is_training;
  float epsilon;
  RP_TRY(rp_onnx_get_floats(r, 0, &item));
  RP_TRY(get_norms(r, x, part));
  RP_TRY(rp_onnx_get_float(&r->model, r->node, "epsilon", 1e-5F, &epsilon,
                           r->err));
  RP_TRY(rp_onnx_get_int(&r->model, r->node, "training_mode", 0, &is_training,
                         r->err));
  if (is_training != 0 || r->node->opset < 9)
    return RP_ONNX_FAIL(r, "expected no training_mode, and version 9 or newer "
                           "of ONNX' operators, found others");
  RP_TRY(add_norm(r, x, part, epsilon, &item));
  return rp_onnx_set_same_shape(r, 0, &item);
}

static rp_status add_limit(rp_onnx_reader *r, rp_onnx_step_kind kind,
                           float limit, rp_onnx_item *item) {
  const rp_onnx_tensor by = {
      .type = RP_ONNX_FLOAT, .has_shape = true, .count = 1, .real = &limit};
  if (isinf(limit)) return RP_OK;
  return rp_onnx_add_step(r, kind, rp_onnx_operand(&r->model, r->node, 0), &by,
                          item);
}

rp_status rp_onnx_read_float_relu(rp_onnx_reader *r) {
  rp_onnx_item item;
  RP_TRY(rp_onnx_get_floats(r, 0, &item));
  RP_TRY(add_limit(r, RP_ONNX_AT_LEAST, 0, &item));
  return rp_onnx_set_same_shape(r, 0, &item);
}

rp_status rp_onnx_read_float_clip(rp_onnx_reader *r) {
  rp_onnx_item item;
  float limit[2];
  RP_TRY(rp_onnx_get_floats(r, 0, &item));
  RP_TRY(rp_onnx_get_limits(r, r->node, limit));
  RP_TRY(add_limit(r, RP_ONNX_AT_LEAST, limit[0], &item));
  RP_TRY(add_limit(r, RP_ONNX_AT_MOST, limit[1], &item));
  return rp_onnx_set_same_shape(r, 0, &item);
}
