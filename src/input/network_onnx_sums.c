/* ConvInteger and MatMulInteger, whose sums are exact, and what float32
 * operators make of them before a quantizer: one staircase a channel, because
 * each of these steps is monotone after rounding. */
#include <math.h>
#include <string.h>

#include "input/network_onnx.h"

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

/* ---- Steps of one channel. ---- */

typedef enum step_kind {
  CAST,
  ADD,
  SUBTRACT,
  MULTIPLY,
  DIVIDE,
  CLIP
} step_kind;

typedef struct step {
  step_kind kind;
  float number, most; /* CLIP: least and greatest */
} step;

typedef struct chain {
  int32_t n;
  step step[RP_ONNX_MOST_STEPS];
  rp_quantized out;
} chain;

static float run_step(const step *s, float v) {
  switch (s->kind) {
  case ADD:
    return v + s->number;
  case SUBTRACT:
    return v - s->number;
  case MULTIPLY:
    return v * s->number;
  case DIVIDE:
    return v / s->number;
  case CLIP:
    return fminf(fmaxf(v, s->number), s->most);
  default:
    return v;
  }
}

/* An rp_stair_rule. */
static int32_t run_chain(const void *context, int64_t z) {
  const chain *const c = context;
  float v = (float)z;
  for (int32_t i = 0; i < c->n; i++) v = run_step(&c->step[i], v);
  const float lo = (float)(c->out.lo - c->out.zero);
  const float hi = (float)(c->out.hi - c->out.zero);
  const float steps = rintf(v / c->out.scale);
  return (int32_t)fminf(fmaxf(steps, lo), hi) + c->out.zero;
}

static const struct {
  const char *op;
  step_kind kind;
} kinds[] = {{"Cast", CAST},    {"Add", ADD},    {"Sub", SUBTRACT},
             {"Mul", MULTIPLY}, {"Div", DIVIDE}, {"Relu", CLIP},
             {"Clip", CLIP}};

static step_kind get_kind(const rp_onnx_node *node) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (rp_onnx_is_op(node, "", kinds[i].op)) return kinds[i].kind;
  return CAST;
}

/* A constant for all channels, or one each along the channels' axis. */
static rp_status get_number(const rp_onnx_reader *r, const rp_onnx_node *node,
                            int32_t n_dims, int32_t n_channels, int32_t channel,
                            float *number) {
  const int32_t place = find_sums(r, node);
  const rp_onnx_tensor *const t = rp_onnx_operand(&r->model, node, 1 - place);
  const int32_t behind = n_dims > 2 ? n_dims - 2 : 0; /* sizes of 1 */
  bool fits = t && t->real && t->n_dims <= n_dims;
  for (int32_t d = 0; fits && d < t->n_dims; d++)
    fits = t->dims[d] == 1 ||
           (d == t->n_dims - 1 - behind && t->dims[d] == n_channels);
  if (!fits ||
      (place == 1 && get_kind(node) != ADD && get_kind(node) != MULTIPLY))
    return rp_onnx_fail(&r->model, node, r->err,
                        "expected a constant of float32, one for all or one "
                        "for each of %d channels, as the second operand",
                        n_channels);
  *number = t->real[t->count == 1 ? 0 : channel];
  const bool is_factor = get_kind(node) == MULTIPLY || get_kind(node) == DIVIDE;
  if (isfinite(*number) && (!is_factor || *number > 0)) return RP_OK;
  return rp_onnx_fail(&r->model, node, r->err,
                      "channel %d: expected a finite number%s, found %g",
                      channel, is_factor ? ", positive as a factor" : "",
                      (double)*number);
}

static rp_status get_limits(const rp_onnx_reader *r, const rp_onnx_node *node,
                            step *s) {
  float *const limit[2] = {&s->number, &s->most};
  static const char *const names[] = {"min", "max"};
  s->number = rp_onnx_is_op(node, "", "Relu") ? 0 : -INFINITY;
  s->most = INFINITY;
  if (rp_onnx_is_op(node, "", "Relu")) return RP_OK;
  for (int i = 0; i < 2; i++) {
    const rp_onnx_tensor *const t = rp_onnx_operand(&r->model, node, i + 1);
    if (!t)
      RP_TRY(rp_onnx_get_float(&r->model, node, names[i], *limit[i], limit[i],
                               r->err));
    if (t && (!t->real || t->count != 1 || isnan(t->real[0])))
      return rp_onnx_fail(&r->model, node, r->err,
                          "expected constant limits of float32");
    if (t) *limit[i] = t->real[0];
  }
  return RP_OK;
}

/* The first step makes float32 of the sums. */
static rp_status make_chain(const rp_onnx_reader *r, const rp_onnx_item *sums,
                            int32_t n_dims, int32_t n_channels, int32_t channel,
                            chain *c) {
  int64_t type = 0;
  if (sums->n_steps > 0 && get_kind(sums->step[0]) == CAST)
    RP_TRY(rp_onnx_get_int(&r->model, sums->step[0], "to", 0, &type, r->err));
  if (type != RP_ONNX_FLOAT)
    return RP_ONNX_FAIL(r,
                        "expected Cast to float32 behind %s, found another "
                        "step",
                        sums->node->op);
  c->n = sums->n_steps;
  for (int32_t i = 0; i < c->n; i++) {
    step *const s = &c->step[i];
    *s = (step){.kind = get_kind(sums->step[i])};
    if (s->kind == CAST && i > 0)
      return RP_ONNX_FAIL(r, "expected one Cast behind %s, found two",
                          sums->node->op);
    if (s->kind == CLIP)
      RP_TRY(get_limits(r, sums->step[i], s));
    else if (s->kind != CAST)
      RP_TRY(get_number(r, sums->step[i], n_dims, n_channels, channel,
                        &s->number));
  }
  return RP_OK;
}

/* Channels that have the same numbers share a table. */
rp_status rp_onnx_tabulate_steps(rp_onnx_reader *r, const rp_onnx_item *sums,
                                 const rp_build_linear *layer, int32_t n_dims,
                                 rp_stair *stair) {
  chain last = {.n = 0};
  for (int32_t k = 0; k < layer->n_channels; k++) {
    chain own = {.out = layer->out};
    int64_t threshold[UINT8_MAX];
    rp_error why = {""};
    RP_TRY(make_chain(r, sums, n_dims, layer->n_channels, k, &own));
    if (rp_build_measure_sum(layer, k) > INT32_MAX)
      return RP_ONNX_FAIL(r, "channel %d: expected sums of 32 bits", k);
    if (k > 0) stair[k] = stair[k - 1];
    if (k > 0 && !memcmp(&own, &last, sizeof own)) continue;
    RP_TRY(rp_onnx_place(r,
                         rp_stair_tabulate(run_chain, &own, own.out.lo,
                                           own.out.hi, threshold, &why),
                         &why));
    RP_TRY(rp_onnx_place(
        r, rp_build_table(r->net, threshold, &own.out, &stair[k], &why), &why));
    last = own;
  }
  return RP_OK;
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
