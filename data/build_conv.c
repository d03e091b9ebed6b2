/* A trained convolutional network as the engine's: a block a layer, a table of
 * thresholds a channel. */
#include <stdlib.h>

#include "conv.h"
#include "core/memory.h"
#include "net/op_conv.h"

static rp_status make_operator(const conv_layer *l, rp_op **op, rp_error *err) {
  const conv_shape *s = &l->shape;
  const rp_conv_shape shape = {.in_h = s->in,
                               .in_w = s->in,
                               .in_c = s->c_in,
                               .out_h = s->out,
                               .out_w = s->out,
                               .out_c = s->c_out,
                               .kernel_h = s->kernel,
                               .kernel_w = s->kernel,
                               .stride_h = s->stride,
                               .stride_w = s->stride,
                               .dilation_h = 1,
                               .dilation_w = 1,
                               .pad_top = s->pad,
                               .pad_left = s->pad,
                               .groups = 1};
  const int32_t n = conv_n_weights(s);
  int32_t *weight = rp_alloc((size_t)n, sizeof *weight);
  if (!weight) return RP_E_MEMORY;
  for (int32_t i = 0; i < n; i++) weight[i] = l->weight[i];
  const rp_status st = rp_op_conv_create(&shape, weight, op, err);
  free(weight);
  return st;
}

/** The staircase of a channel, with a table that the network owns. */
static rp_status make_stair(const conv_layer *l, int32_t channel, rp_net *net,
                            rp_stair *stair, rp_error *err) {
  int64_t threshold[CONV_MAX_STEPS];
  for (int32_t v = l->lo + 1; v <= l->hi; v++)
    threshold[v - l->lo - 1] = conv_find_threshold(l, channel, v);
  *stair = (rp_stair){.lo = l->lo, .hi = l->hi};
  return rp_net_add_table(net, threshold, l->hi - l->lo, &stair->table, err);
}

/** All outputs have the same multiplier, hence one staircase. */
static rp_status make_stairs(const conv_layer *l, int32_t n, rp_net *net,
                             rp_stair *stair, rp_error *err) {
  for (int32_t c = 0; c < n; c++) RP_TRY(make_stair(l, c, net, &stair[c], err));
  return RP_OK;
}

static rp_status add_layer(const conv_net *from, int32_t k, rp_net *net,
                           rp_error *err) {
  const conv_layer *l = &from->layer[k];
  const int32_t n_out = conv_n_out(&l->shape);
  rp_term term = {.source = k ? k - 1 : RP_INPUT};
  rp_block_spec spec = {.n_out = n_out, .n_terms = 1, .term = &term};
  int64_t *bias = rp_alloc((size_t)n_out, sizeof *bias);
  rp_stair *stair = rp_alloc((size_t)l->shape.c_out, sizeof *stair);
  rp_status st = RP_E_MEMORY;
  if (!bias || !stair) goto done;
  spec.n_stairs = k + 1 < CONV_LAYERS ? l->shape.c_out : 1;
  RP_TRY_OR(st, done, make_stairs(l, spec.n_stairs, net, stair, err));
  RP_TRY_OR(st, done, make_operator(l, &term.op, err));
  for (int32_t i = 0; i < n_out; i++) bias[i] = l->bias[i % l->shape.c_out];
  spec.bias = bias;
  spec.stair = stair;
  st = rp_net_add_block(net, &spec, err);
done:
  free(bias);
  free(stair);
  return st;
}

rp_status conv_build(const conv_net *from, const char *name, rp_net **net,
                     rp_error *err) {
  const int32_t dims[3] = {DIGITS_SIDE, DIGITS_SIDE, 1};
  rp_net *built = NULL;
  rp_status st = rp_net_create(name, dims, 3, 255, &built, err);
  for (int32_t k = 0; st == RP_OK && k < CONV_LAYERS; k++)
    st = add_layer(from, k, built, err);
  if (st == RP_OK) st = rp_net_finish(built, err);
  if (st == RP_OK)
    *net = built;
  else
    rp_net_free(built);
  return st;
}
