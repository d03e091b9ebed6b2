/* Random networks that are graphs: blocks of one or two terms of every kind of
 * operator, from any source below; staircases of one, of every channel or of
 * every neuron, even or with thresholds; neurons that are the maximum of up to
 * four accumulators; inputs with their own least number and zero. Weights are
 * scaled to what they read, so that accumulators stay in range. */
#ifndef RAMPART_TESTS_RANDOM_GRAPH_H
#define RAMPART_TESTS_RANDOM_GRAPH_H

#include <stdlib.h>

#include "net/net.h"
#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"
#include "random_stair.h"
#include "seeded.h"

/** What random_graph may draw. */
typedef struct random_graph_plan {
  int32_t most_blocks, most_side, most_channels; /* of a block's output */
  int32_t most_input;      /* greatest input value, up to 255 */
  int32_t most_activation; /* at least 1 */
  int32_t largest_weight;
  bool even;  /* no staircase has a table */
  bool pools; /* some neurons are maxima */
} random_graph_plan;

/** The shape of a block's output: height, width, channels. */
typedef struct graph_shape {
  int32_t h, w, c;
} graph_shape;

static inline int32_t graph_size(graph_shape s) {
  return s.h * s.w * s.c;
}

static inline int32_t graph_weight(rp_rng *rng, int64_t most) {
  return rp_rng_below(rng, 4) ? (int32_t)between(rng, -most, most) : 0;
}

static inline rp_op *random_dense(rp_rng *rng, int32_t n_out, int32_t n_in,
                                  int64_t most) {
  rp_op *op = rp_op_dense_create(n_out, n_in);
  int32_t *row = calloc((size_t)n_in, sizeof *row);
  if (!op || !row) abort();
  for (int32_t i = 0; i < n_out; i++) {
    for (int32_t j = 0; j < n_in; j++) row[j] = graph_weight(rng, most);
    if (rp_op_dense_set_row(op, i, row) != n_in) abort();
  }
  free(row);
  return op;
}

static inline rp_op *random_select(rp_rng *rng, int32_t n_out, int32_t n_in,
                                   int64_t most) {
  int32_t *index = calloc((size_t)n_out, sizeof *index);
  int32_t *weight = calloc((size_t)n_out, sizeof *weight);
  const bool plain = rp_rng_below(rng, 2);
  rp_op *op = NULL;
  if (!index || !weight) abort();
  for (int32_t i = 0; i < n_out; i++) {
    index[i] = (int32_t)between(rng, -1, n_in - 1);
    weight[i] = plain ? 1 : graph_weight(rng, most);
  }
  if (rp_op_select_create(n_out, n_in, index, weight, &op, NULL) != RP_OK)
    abort();
  free(index);
  free(weight);
  return op;
}

/* A common divisor of two numbers of channels. */
static inline int32_t random_groups(rp_rng *rng, int32_t a, int32_t b) {
  for (;;) {
    const int32_t groups = (int32_t)between(rng, 1, a);
    if (a % groups == 0 && b % groups == 0) return groups;
  }
}

static inline rp_op *random_conv(rp_rng *rng, graph_shape out, graph_shape in,
                                 int64_t most) {
  const rp_conv_shape shape = {.in_h = in.h,
                               .in_w = in.w,
                               .in_c = in.c,
                               .out_h = out.h,
                               .out_w = out.w,
                               .out_c = out.c,
                               .kernel_h = (int32_t)between(rng, 1, 3),
                               .kernel_w = (int32_t)between(rng, 1, 3),
                               .stride_h = (int32_t)between(rng, 1, 2),
                               .stride_w = (int32_t)between(rng, 1, 2),
                               .dilation_h = rp_rng_below(rng, 4) ? 1 : 2,
                               .dilation_w = rp_rng_below(rng, 4) ? 1 : 2,
                               .pad_top = (int32_t)between(rng, 0, 1),
                               .pad_left = (int32_t)between(rng, 0, 1),
                               .groups = random_groups(rng, in.c, out.c)};
  const int32_t n = rp_conv_count_weights(&shape);
  int32_t *weight = calloc((size_t)n, sizeof *weight);
  rp_op *op = NULL;
  if (!weight) abort();
  for (int32_t i = 0; i < n; i++) weight[i] = graph_weight(rng, most);
  if (rp_op_conv_create(&shape, weight, &op, NULL) != RP_OK) abort();
  free(weight);
  return op;
}

static inline rp_op *random_op(rp_rng *rng, graph_shape out, graph_shape in,
                               int64_t most) {
  switch (rp_rng_below(rng, 4)) {
  case 0:
    return random_dense(rng, graph_size(out), graph_size(in), most);
  case 1:
    return random_select(rng, graph_size(out), graph_size(in), most);
  default:
    return random_conv(rng, out, in, most);
  }
}

/** What a graph has so far. */
typedef struct graph_drawer {
  rp_rng *rng;
  const random_graph_plan *plan;
  rp_net *net;
  graph_shape *shape; /* of the input and of every block */
  int64_t *reach;     /* greatest magnitude of what they give */
} graph_drawer;

/* Steps are a fraction of what an accumulator spreads over, from far too fine
 * to far too coarse. */
static inline rp_stair random_graph_stair(const graph_drawer *d, int64_t spread,
                                          bool last) {
  rp_rng *rng = d->rng;
  const int32_t most = d->plan->most_activation;
  const int32_t steps = (int32_t)between(rng, 1, most);
  const int32_t lo = rp_rng_below(rng, 2) || last ? -(steps + 1) / 2 : 0;
  const int64_t width = spread / steps / (1 + rp_rng_below(rng, 4)) + 1;
  rp_stair stair = {.lo = lo, .hi = lo + steps};
  if (d->plan->even || rp_rng_below(rng, 2)) {
    while (((int64_t)1 << stair.shift) < width && stair.shift < 24)
      stair.shift++;
    return stair;
  }
  int64_t *threshold = calloc((size_t)steps, sizeof *threshold);
  if (!threshold) abort();
  random_thresholds(rng, steps, (int32_t)width, threshold);
  if (rp_net_add_table(d->net, threshold, steps, &stair.table, NULL) != RP_OK)
    abort();
  free(threshold);
  return stair;
}

/* A source is counted from the input, 0. */
static inline rp_term random_term(graph_drawer *d, int32_t source,
                                  graph_shape out, int64_t *spread) {
  const graph_shape in = d->shape[source];
  const int64_t fits = ((int64_t)1 << 27) / (graph_size(in) * d->reach[source]);
  int64_t most = between(d->rng, 1, d->plan->largest_weight);
  if (most > fits) most = fits > 1 ? fits : 1;
  *spread += most * d->reach[source] * (1 + graph_size(in) / 4);
  return (rp_term){source - 1, random_op(d->rng, out, in, most)};
}

/* One staircase for all, one a channel, or one a neuron. */
static inline rp_stair *random_graph_stairs(graph_drawer *d, graph_shape out,
                                            int64_t spread, bool last,
                                            int32_t *n) {
  const int32_t sizes[3] = {1, out.c, graph_size(out)};
  *n = sizes[rp_rng_below(d->rng, 3)];
  rp_stair *stair = calloc((size_t)*n, sizeof *stair);
  if (!stair) abort();
  for (int32_t c = 0; c < *n; c++)
    stair[c] = c > 0 && rp_rng_below(d->rng, 3) == 0
                   ? stair[c - 1]
                   : random_graph_stair(d, spread, last);
  return stair;
}

/* Most accumulators, and a neuron of the same channel for each. */
static inline int32_t *random_owners(rp_rng *rng, graph_shape from,
                                     graph_shape pooled) {
  const int32_t n = graph_size(from);
  int32_t *owner = calloc((size_t)n, sizeof *owner);
  if (!owner) abort();
  for (int32_t i = 0; i < n; i++)
    owner[i] =
        i < graph_size(pooled)
            ? i
            : (int32_t)between(rng, 0, pooled.h * pooled.w - 1) * pooled.c +
                  i % pooled.c;
  return owner;
}

static inline rp_status random_block(graph_drawer *d, int32_t k, bool last) {
  const random_graph_plan *plan = d->plan;
  graph_shape out = {(int32_t)between(d->rng, 1, plan->most_side),
                     (int32_t)between(d->rng, 1, plan->most_side),
                     (int32_t)between(d->rng, 1, plan->most_channels)};
  if (last) out = (graph_shape){1, 1, (int32_t)between(d->rng, 2, 4)};
  const graph_shape pooled = out;
  int32_t *owner = NULL;
  if (plan->pools && !last && rp_rng_below(d->rng, 3) == 0) {
    out.h *= (int32_t)between(d->rng, 1, 4);
    owner = random_owners(d->rng, out, pooled);
  }
  rp_term term[2];
  int64_t spread = 1;
  rp_block_spec spec = {.n_out = graph_size(pooled),
                        .n_acc = graph_size(out),
                        .owner = owner,
                        .n_terms = 1,
                        .term = term};
  term[0] = random_term(d, k, out, &spread);
  if (rp_rng_below(d->rng, 2)) {
    const int32_t source = (int32_t)between(d->rng, 0, k);
    term[spec.n_terms++] = random_term(d, source, out, &spread);
  }
  const bool by_channel = rp_rng_below(d->rng, 2);
  int64_t *bias = calloc((size_t)spec.n_acc, sizeof *bias);
  if (!bias) abort();
  for (int32_t i = 0; i < spec.n_acc; i++)
    bias[i] = by_channel && i >= out.c ? bias[i - out.c]
                                       : between(d->rng, -spread, spread);
  rp_stair *stair =
      random_graph_stairs(d, pooled, spread, last, &spec.n_stairs);
  spec.bias = bias;
  spec.stair = stair;
  d->shape[k + 1] = pooled;
  d->reach[k + 1] = plan->most_activation + 1;
  const rp_status status = rp_net_add_block(d->net, &spec, NULL);
  free(bias);
  free(stair);
  free(owner);
  return status;
}

/** A finished network, or NULL if something failed. */
static inline rp_net *random_graph(rp_rng *rng, const random_graph_plan *plan) {
  const int32_t blocks = (int32_t)between(rng, 1, plan->most_blocks);
  const graph_shape in = {(int32_t)between(rng, 1, plan->most_side),
                          (int32_t)between(rng, 1, plan->most_side),
                          (int32_t)between(rng, 1, plan->most_channels)};
  const int32_t dims[3] = {in.h, in.w, in.c};
  const int32_t hi = (int32_t)between(rng, 1, plan->most_input);
  const bool is_own = rp_rng_below(rng, 2);
  const int32_t lo = is_own ? (int32_t)between(rng, -hi, 2) : 0;
  const int32_t zero = is_own ? lo + (int32_t)between(rng, 0, hi) : 0;
  graph_drawer d = {.rng = rng, .plan = plan};
  d.shape = calloc((size_t)blocks + 1, sizeof *d.shape);
  d.reach = calloc((size_t)blocks + 1, sizeof *d.reach);
  if (!d.shape || !d.reach ||
      rp_net_create("graph", dims, 3, hi, &d.net, NULL) != RP_OK ||
      rp_net_set_input(d.net, lo, zero, NULL) != RP_OK)
    abort();
  d.shape[0] = in;
  d.reach[0] = hi + 2;
  rp_status status = RP_OK;
  for (int32_t k = 0; k < blocks && status == RP_OK; k++)
    status = random_block(&d, k, k + 1 == blocks);
  if (status == RP_OK) status = rp_net_finish(d.net, NULL);
  free(d.shape);
  free(d.reach);
  if (status == RP_OK) return d.net;
  rp_net_free(d.net);
  return NULL;
}

#endif
