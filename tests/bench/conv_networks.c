#include "conv_networks.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/rng.h"
#include "net/op_conv.h"

const conv_net_plan conv_networks[CONV_NETWORKS] = {
    {"valid",
     4,
     3,
     {{4, 3, 3, 2, 0, 1}, {8, 3, 3, 2, 0, 1}, {16, 3, 3, 2, 0, 1}}},
    {"rect",
     4,
     3,
     {{4, 5, 3, 2, 1, 1}, {8, 5, 3, 2, 1, 1}, {16, 5, 3, 2, 1, 1}}},
    {"depthwise",
     2,
     4,
     {{4, 3, 3, 2, 1, 1},
      {4, 3, 3, 1, 1, 4},
      {16, 3, 3, 2, 1, 1},
      {32, 3, 3, 2, 1, 1}}}};

typedef struct shape {
  int32_t h, w, c;
} shape;

void *bench_allocate(size_t count, size_t size) {
  void *block = calloc(count ? count : 1, size);
  if (!block) abort();
  return block;
}

/* A staircase of 0..255, steps of `unit`, thresholds off the line by rounding.
 */
static rp_stair make_stair(rp_net *net, double unit) {
  int64_t threshold[255];
  const rp_stair_table *table;
  for (int32_t v = 0; v < 255; v++)
    threshold[v] = (int64_t)((v + 0.5) * unit + 0.999);
  if (rp_net_add_table(net, threshold, 255, &table, NULL) != RP_OK) abort();
  return (rp_stair){0, 255, 0, table};
}

static void add_conv(rp_net *net, rp_rng *rng, const rp_conv_shape *s,
                     bool is_mean) {
  const int32_t n_weights = rp_conv_count_weights(s);
  const int32_t taps = n_weights / s->out_c,
                n_out = s->out_h * s->out_w * s->out_c;
  int32_t *weight = bench_allocate((size_t)n_weights, sizeof *weight);
  int64_t *bias = bench_allocate((size_t)n_out, sizeof *bias);
  rp_stair *stair = bench_allocate((size_t)s->out_c, sizeof *stair);
  for (int32_t i = 0; i < n_weights; i++)
    weight[i] = is_mean ? 1 : (int32_t)rp_rng_below(rng, 200) - 95;
  for (int32_t c = 0; c < s->out_c; c++)
    stair[c] = make_stair(
        net, is_mean ? taps : 40.0 * taps / 9 * (1 + rp_rng_unit(rng)));
  rp_term term = {net->n_blocks - 1, NULL};
  if (rp_op_conv_create(s, weight, &term.op, NULL) != RP_OK) abort();
  const rp_block_spec spec = {.n_out = n_out,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = s->out_c,
                              .stair = stair};
  rp_error err;
  if (rp_net_add_block(net, &spec, &err) != RP_OK) {
    fprintf(stderr, "%s\n", err.text);
    exit(1);
  }
  free(weight);
  free(bias);
  free(stair);
}

rp_net *build_conv_network(const conv_net_plan *plan) {
  rp_rng rng;
  rp_rng_init(&rng, 7);
  const int32_t dims[3] = {28, 28, 1};
  rp_net *net;
  if (rp_net_create(plan->name, dims, 3, 255, &net, NULL) != RP_OK) abort();
  shape in = {28, 28, 1};
  for (int32_t k = 0; k < plan->n; k++) {
    const conv_layer_plan *l = &plan->layer[k];
    const shape out = {(in.h + 2 * l->pad - l->kernel_h) / l->stride + 1,
                       (in.w + 2 * l->pad - l->kernel_w) / l->stride + 1, l->c};
    const rp_conv_shape s = {in.h,      in.w,      in.c,        out.h,
                             out.w,     out.c,     l->kernel_h, l->kernel_w,
                             l->stride, l->stride, 1,           1,
                             l->pad,    l->pad,    l->groups};
    add_conv(net, &rng, &s, false);
    in = out;
  }
  const rp_conv_shape mean = {in.h, in.w, in.c, 1, 1, in.c, in.h, in.w,
                              1,    1,    1,    1, 0, 0,    in.c};
  add_conv(net, &rng, &mean, true);
  const rp_conv_shape last = {1, 1, in.c, 1, 1, 10, 1, 1, 1, 1, 1, 1, 0, 0, 1};
  add_conv(net, &rng, &last, false);
  if (rp_net_finish(net, NULL) != RP_OK) abort();
  return net;
}
