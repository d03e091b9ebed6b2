/* ConvInteger and MatMulInteger, whose sums are exact, and what float32
 * operators make of them before a quantizer: one staircase a channel, because
 * each of these steps is monotone after rounding. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"
#include "net/input_quantizer.h"

/* ---- Steps are collected. ---- */

static rp_status set_sums(rp_onnx_reader *r, const rp_onnx_item *item) {
  const int32_t v = r->node->n_outputs == 1 ? r->node->output[0] : -1;
  if (v < 0 || r->n_readers[v] != 1)
    return RP_ONNX_FAIL(r, "expected one reader of the sums, on their way to a "
                           "quantizer, found others");
  r->item[v] = *item;
  return RP_OK;
}

rp_status rp_onnx_read_sums(rp_onnx_reader *r) {
  const rp_onnx_item *in;
  const rp_onnx_item item = {.kind = RP_ONNX_SUMS, .node = r->node};
  RP_TRY(rp_onnx_get_item(r, r->node, 0, RP_ONNX_INTEGERS, &in));
  return set_sums(r, &item);
}

rp_status rp_onnx_push_step(rp_onnx_reader *r, const rp_onnx_item *sums) {
  rp_onnx_item item = *sums;
  if (item.n_steps == RP_ONNX_MOST_STEPS)
    return RP_ONNX_FAIL(r,
                        "expected at most %d steps between sums and "
                        "quantizer, found more",
                        RP_ONNX_MOST_STEPS);
  item.step[item.n_steps++] = r->node;
  return set_sums(r, &item);
}

/* Which operand of a node has the sums; the other one is a constant. */
static int32_t find_sums(const rp_onnx_reader *r, const rp_onnx_node *node) {
  for (int32_t i = 0; i < 2; i++) {
    const rp_onnx_item *const in = rp_onnx_item_of(r, node, i);
    if (in && in->kind == RP_ONNX_SUMS) return i;
  }
  return RP_ONNX_NONE;
}

rp_status rp_onnx_read_step(rp_onnx_reader *r) {
  const int32_t i = find_sums(r, r->node);
  if (i != RP_ONNX_NONE)
    return rp_onnx_push_step(r, rp_onnx_item_of(r, r->node, i));
  return RP_ONNX_FAIL(r,
                      "profile %s has a rule for it only behind "
                      "ConvInteger and MatMulInteger",
                      r->profile);
}

rp_status rp_onnx_read_add(rp_onnx_reader *r) {
  return find_sums(r, r->node) != RP_ONNX_NONE ? rp_onnx_read_step(r)
                                               : rp_onnx_read_float(r);
}

rp_status rp_onnx_refuse_dynamic(rp_onnx_reader *r) {
  return RP_ONNX_FAIL(r, "its scale depends on the input: quantizers with "
                         "constant scales would be needed");
}

/* ---- Steps of all channels. ---- */

/* Clip is two steps, Cast none. */
typedef struct sum_steps {
  const rp_onnx_item *sums;
  int32_t n_dims, n_channels;
  rp_quantized out;
  float *number; /* [steps][n_channels] */
  rp_onnx_step step[2 * RP_ONNX_MOST_STEPS];
  rp_onnx_chain chain;
} sum_steps;

static void push(sum_steps *of, rp_onnx_step_kind kind) {
  rp_onnx_step *const step = &of->step[of->chain.n];
  *step = (rp_onnx_step){.kind = kind,
                         .n = of->n_channels,
                         .number = of->number + (size_t)of->chain.n *
                                                    (size_t)of->n_channels};
  of->chain.step[of->chain.n++] = step;
}

static void push_limit(sum_steps *of, rp_onnx_step_kind kind, float limit) {
  if (isinf(limit)) return;
  push(of, kind);
  float *const number = of->step[of->chain.n - 1].number;
  for (int32_t c = 0; c < of->n_channels; c++) number[c] = limit;
}

static rp_status push_limits(const rp_onnx_reader *r, const rp_onnx_node *node,
                             sum_steps *of) {
  float limit[2] = {0, INFINITY};
  if (!rp_onnx_is_op(node, "", "Relu"))
    RP_TRY(rp_onnx_get_limits(r, node, limit));
  push_limit(of, RP_ONNX_AT_LEAST, limit[0]);
  push_limit(of, RP_ONNX_AT_MOST, limit[1]);
  return RP_OK;
}

/* A constant for all channels, or one each along the channels' axis. */
static bool is_by_channel(const rp_onnx_tensor *t, const sum_steps *of) {
  const int32_t behind = of->n_dims > 2 ? of->n_dims - 2 : 0; /* sizes of 1 */
  bool fits = t && t->real && t->count >= 1 && t->n_dims <= of->n_dims;
  for (int32_t d = 0; fits && d < t->n_dims; d++)
    fits = t->dims[d] == 1 ||
           (d == t->n_dims - 1 - behind && t->dims[d] == of->n_channels);
  return fits;
}

static rp_status push_numbers(const rp_onnx_reader *r, const rp_onnx_node *node,
                              sum_steps *of) {
  const int32_t place = find_sums(r, node);
  const rp_onnx_tensor *const t = rp_onnx_operand(&r->model, node, 1 - place);
  const rp_onnx_step_kind kind = rp_onnx_find_step(node, place == 0);
  const bool is_factor = kind == RP_ONNX_TIMES || kind == RP_ONNX_OVER;
  if (!is_by_channel(t, of) || kind == RP_ONNX_FROM ||
      (kind == RP_ONNX_OVER && place == 1))
    return rp_onnx_fail(&r->model, node, r->err,
                        "expected a constant of float32, one for all or one "
                        "for each of %d channels, as the second operand",
                        of->n_channels);
  push(of, kind);
  float *const number = of->step[of->chain.n - 1].number;
  for (int32_t c = 0; c < of->n_channels; c++) {
    number[c] = t->real[t->count == 1 ? 0 : c];
    if (!isfinite(number[c]) || (is_factor && !(number[c] > 0)))
      return rp_onnx_fail(&r->model, node, r->err,
                          "channel %d: expected a finite number%s, found %g", c,
                          is_factor ? ", positive as a factor" : "",
                          (double)number[c]);
  }
  return RP_OK;
}

static rp_status push_node(const rp_onnx_reader *r, const rp_onnx_node *node,
                           sum_steps *of) {
  const bool is_cast = rp_onnx_is_op(node, "", "Cast");
  int64_t type = 0;
  if (is_cast) RP_TRY(rp_onnx_get_int(&r->model, node, "to", 0, &type, r->err));
  if (is_cast != (node == of->sums->step[0]) ||
      (is_cast && type != RP_ONNX_FLOAT))
    return RP_ONNX_FAIL(r,
                        "expected Cast to float32 behind %s, first and once, "
                        "found another step",
                        of->sums->node->op);
  if (is_cast) return RP_OK;
  return rp_onnx_is_op(node, "", "Relu") || rp_onnx_is_op(node, "", "Clip")
             ? push_limits(r, node, of)
             : push_numbers(r, node, of);
}

/* ---- Their staircases. ---- */

typedef struct channel {
  const sum_steps *steps;
  int32_t place;
} channel;

/* An rp_stair_rule. The sum becomes float32 first. */
static int32_t run_steps(const void *context, int64_t z) {
  const channel *const c = context;
  const rp_quantized *const out = &c->steps->out;
  bool ok = true;
  const float v = rp_onnx_run_chain(&c->steps->chain, c->place, (float)z, &ok);
  return rp_quantize_real(RP_INPUT_DIVIDE_HALF_EVEN, out, v);
}

static bool is_like_last(const sum_steps *of, int32_t c) {
  bool is_same = c > 0;
  for (int32_t s = 0; is_same && s < of->chain.n; s++)
    is_same = of->step[s].number[c] == of->step[s].number[c - 1];
  return is_same;
}

/* Channels that have the same numbers share a table. */
static rp_status tabulate(rp_onnx_reader *r, const sum_steps *of, int32_t c,
                          rp_stair *stair) {
  const channel own = {of, c};
  int64_t threshold[UINT8_MAX];
  rp_error why = {""};
  if (is_like_last(of, c)) {
    stair[c] = stair[c - 1];
    return RP_OK;
  }
  rp_status status = rp_stair_tabulate(run_steps, &own, of->out.lo, of->out.hi,
                                       threshold, &why);
  if (status == RP_OK)
    status = rp_build_table(r->net, threshold, &of->out, &stair[c], &why);
  return rp_onnx_place(r, status, &why);
}

static rp_status tabulate_all(rp_onnx_reader *r, const rp_build_linear *layer,
                              sum_steps *of, rp_stair *stair) {
  if (of->sums->n_steps == 0)
    return RP_ONNX_FAIL(r, "expected Cast to float32 behind %s, found none",
                        of->sums->node->op);
  for (int32_t i = 0; i < of->sums->n_steps; i++)
    RP_TRY(push_node(r, of->sums->step[i], of));
  for (int32_t c = 0; c < of->n_channels; c++) {
    if (rp_build_measure_sum(layer, c) > INT32_MAX)
      return RP_ONNX_FAIL(r, "channel %d: expected sums of 32 bits", c);
    RP_TRY(tabulate(r, of, c, stair));
  }
  return RP_OK;
}

rp_status rp_onnx_tabulate_steps(rp_onnx_reader *r, const rp_onnx_item *sums,
                                 const rp_build_linear *layer, int32_t n_dims,
                                 rp_stair *stair) {
  sum_steps of = {.sums = sums,
                  .n_dims = n_dims,
                  .n_channels = layer->n_channels,
                  .out = layer->out};
  const size_t n = 2 * RP_ONNX_MOST_STEPS * (size_t)layer->n_channels;
  of.number = rp_alloc(n, sizeof *of.number);
  if (!of.number)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  const rp_status status = tabulate_all(r, layer, &of, stair);
  free(of.number);
  return status;
}

/* ---- The quantizer. ---- */

static rp_status get_zero(const rp_onnx_reader *r, const rp_onnx_node *of,
                          rp_quantized *number) {
  const rp_onnx_tensor *const zero = rp_onnx_operand(&r->model, of, 2);
  if (!zero) return RP_OK;
  if (!zero->integer || zero->count != 1 ||
      zero->type != (number->lo < 0 ? RP_ONNX_INT8 : RP_ONNX_UINT8))
    return RP_ONNX_FAIL(r,
                        "%s: expected one constant zero point of its "
                        "operand's type",
                        of->op);
  number->zero = (int32_t)zero->integer[0];
  return RP_OK;
}

rp_status rp_onnx_quantize_sums(rp_onnx_reader *r, const rp_onnx_item *sums,
                                const rp_quantized *out) {
  const rp_onnx_node *const of = sums->node;
  const rp_onnx_item *in;
  rp_onnx_linear l = {.node = of,
                      .x = rp_onnx_operand(&r->model, of, 0),
                      .out = *out,
                      .weight = rp_onnx_operand(&r->model, of, 1),
                      .zero = rp_onnx_operand(&r->model, of, 3),
                      .sums = sums};
  RP_TRY(rp_onnx_get_item(r, of, 0, RP_ONNX_INTEGERS, &in));
  rp_quantized number = in->number;
  number.zero = 0;
  RP_TRY(get_zero(r, of, &number));
  const bool is_conv = rp_onnx_is_op(of, "", "ConvInteger");
  RP_TRY(rp_onnx_get_integers(r, of, 0, &number, is_conv, &l.in));
  return is_conv ? rp_onnx_add_conv(r, &l) : rp_onnx_add_dense(r, &l, false);
}
