/* Random graphs of all operators, so small that everything about them is found
 * by enumeration: every kind of operator with odd shapes, strides and paddings,
 * several terms a block, blocks that are read twice, even and uneven
 * staircases, a channel each, outputs with staircases of their own, inputs with
 * numbers of their own. */
#ifndef RAMPART_TESTS_OPERATOR_GRAPH_H
#define RAMPART_TESTS_OPERATOR_GRAPH_H

#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"
#include "tiny_net.h"

enum { GRAPH_BLOCKS = 7, GRAPH_WIDEST = 12 };

/** Height, width and channels of what a block or the input holds. */
typedef struct graph_shape {
  int32_t h, w, c;
} graph_shape;

typedef struct graph_draft {
  rp_rng *rng;
  rp_net *net;
  graph_shape input, shape[GRAPH_BLOCKS];
  int32_t largest_weight;
} graph_draft;

static inline int32_t shape_size(graph_shape s) {
  return s.h * s.w * s.c;
}

static inline graph_shape shape_of_source(const graph_draft *d,
                                          int32_t source) {
  return source == RP_INPUT ? d->input : d->shape[source];
}

/** Largest |value| that a term on a source sees, for the width of staircases.
 */
static inline int32_t reach_of_source(const graph_draft *d, int32_t source) {
  if (source == RP_INPUT) return d->net->in_hi + abs(d->net->in_lo) + 1;
  int32_t most = 1;
  for (int32_t i = 0; i < d->net->block[source].n_out; i++) {
    const rp_stair *stair = &d->net->block[source].stair[i];
    if (abs(stair->lo) > most) most = abs(stair->lo);
    if (abs(stair->hi) > most) most = abs(stair->hi);
  }
  return most;
}

static inline int32_t random_weight(const graph_draft *d) {
  return rp_rng_below(d->rng, 4)
             ? (int32_t)between(d->rng, -d->largest_weight, d->largest_weight)
             : 0;
}

static inline rp_op *random_dense(const graph_draft *d, int32_t n_in,
                                  int32_t n_out) {
  int32_t row[64];
  rp_op *op = rp_op_dense_create(n_out, n_in);
  if (!op) abort();
  for (int32_t i = 0; i < n_out; i++) {
    for (int32_t j = 0; j < n_in; j++) row[j] = random_weight(d);
    if (rp_op_dense_set_row(op, i, row) != n_in) abort();
  }
  return op;
}

static inline rp_op *random_select(const graph_draft *d, int32_t n_in,
                                   int32_t n_out) {
  int32_t index[GRAPH_WIDEST], weight[GRAPH_WIDEST];
  rp_op *op;
  for (int32_t i = 0; i < n_out; i++) {
    index[i] =
        (int32_t)between(d->rng, rp_rng_below(d->rng, 4) ? 0 : -1, n_in - 1);
    weight[i] = random_weight(d);
  }
  const bool plain = rp_rng_below(d->rng, 3) == 0;
  if (rp_op_select_create(n_out, n_in, index, plain ? NULL : weight, &op,
                          NULL) != RP_OK)
    abort();
  return op;
}

static inline rp_op *random_conv(const graph_draft *d, graph_shape in,
                                 graph_shape out) {
  rp_conv_shape s = {.in_h = in.h,
                     .in_w = in.w,
                     .in_c = in.c,
                     .out_h = out.h,
                     .out_w = out.w,
                     .out_c = out.c,
                     .kernel_h = (int32_t)between(d->rng, 1, 3),
                     .kernel_w = (int32_t)between(d->rng, 1, 3),
                     .stride_h = (int32_t)between(d->rng, 1, 3),
                     .stride_w = (int32_t)between(d->rng, 1, 3),
                     .dilation_h = (int32_t)between(d->rng, 1, 2),
                     .dilation_w = (int32_t)between(d->rng, 1, 2),
                     .pad_top = (int32_t)between(d->rng, 0, 2),
                     .pad_left = (int32_t)between(d->rng, 0, 2),
                     .groups = 1};
  if (in.c == out.c && rp_rng_below(d->rng, 2)) s.groups = in.c;
  int32_t weight[9 * 64];
  const int32_t n = rp_conv_count_weights(&s);
  for (int32_t i = 0; i < n; i++) weight[i] = random_weight(d);
  rp_op *op;
  if (rp_op_conv_create(&s, weight, &op, NULL) != RP_OK) abort();
  return op;
}

static inline rp_op *random_op(const graph_draft *d, graph_shape in,
                               graph_shape out) {
  switch (rp_rng_below(d->rng, 4)) {
  case 0:
    return random_dense(d, shape_size(in), shape_size(out));
  case 1:
    return random_select(d, shape_size(in), shape_size(out));
  default:
    return random_conv(d, in, out);
  }
}

/** Thresholds about a line, some equal, some far away. */
static inline rp_stair random_table(const graph_draft *d, rp_stair even) {
  int64_t threshold[32];
  const int32_t n = even.hi - even.lo;
  const int64_t width = (int64_t)1 << even.shift;
  const rp_stair_table *table;
  int64_t at = between(d->rng, -2 * width, 2 * width) + even.lo * width;
  for (int32_t v = 0; v < n; v++) {
    at += rp_rng_below(d->rng, 8) ? between(d->rng, width / 2, 2 * width)
                                  : between(d->rng, 0, 5 * width);
    threshold[v] = at;
  }
  if (rp_net_add_table(d->net, threshold, n, &table, NULL) != RP_OK) abort();
  return (rp_stair){even.lo, even.hi, 0, table};
}

/* A staircase for sums that spread so far; constants now and then. */
static inline rp_stair random_graph_stair(const graph_draft *d, double spread,
                                          bool last) {
  rp_stair stair =
      tiny_stair(d->rng, spread, last || rp_rng_below(d->rng, 4) == 0);
  if (!last && rp_rng_below(d->rng, 12) == 0) stair.hi = stair.lo;
  if (stair.lo < stair.hi && rp_rng_below(d->rng, 2))
    stair = random_table(d, stair);
  return stair;
}

/** A larger shape whose values are divided among the neurons of a pool: each
 * has one at least. */
static inline graph_shape pool_sources(rp_rng *rng, graph_shape pooled,
                                       int32_t *owner) {
  const int32_t n = shape_size(pooled), most = GRAPH_WIDEST / n;
  const graph_shape from = {pooled.h * (int32_t)between(rng, 1, most), pooled.w,
                            pooled.c};
  for (int32_t i = 0; i < shape_size(from); i++) {
    const int32_t position = i / pooled.c % (n / pooled.c);
    owner[i] = position * pooled.c + i % pooled.c;
  }
  return from;
}

static inline void add_random_block(graph_draft *d, graph_shape out,
                                    bool last) {
  const int32_t k = d->net->n_blocks;
  int32_t owner[GRAPH_WIDEST];
  const graph_shape pooled = out;
  const bool is_pool = !last && rp_rng_below(d->rng, 3) == 0;
  if (is_pool) out = pool_sources(d->rng, pooled, owner);
  const int32_t n = shape_size(out);
  rp_term term[3];
  int64_t bias[GRAPH_WIDEST];
  rp_stair stair[GRAPH_WIDEST];
  const int32_t n_terms = (int32_t)between(d->rng, 1, k == 0 ? 2 : 3);
  double spread = 1;
  for (int32_t t = 0; t < n_terms; t++) {
    /* The block before is always read; others may be. */
    term[t].source = t == 0 ? k - 1 : (int32_t)between(d->rng, RP_INPUT, k - 1);
    const graph_shape in = shape_of_source(d, term[t].source);
    term[t].op = random_op(d, in, out);
    spread += d->largest_weight * reach_of_source(d, term[t].source) *
              sqrt(fmin(9, shape_size(in)));
  }
  for (int32_t i = 0; i < n; i++)
    bias[i] = between(d->rng, -(int64_t)spread / 3, (int64_t)spread / 3);
  for (int32_t c = 0; c < out.c; c++)
    stair[c] = random_graph_stair(d, spread, last);
  if (last && rp_rng_below(d->rng, 2))
    for (int32_t c = 1; c < out.c; c++) stair[c] = stair[0];
  const rp_block_spec spec = {.n_out = shape_size(pooled),
                              .n_acc = n,
                              .owner = is_pool ? owner : NULL,
                              .n_terms = n_terms,
                              .term = term,
                              .bias = bias,
                              .n_stairs = out.c,
                              .stair = stair,
                              .folds_constants = true};
  if (rp_net_add_block(d->net, &spec, NULL) != RP_OK) abort();
  d->shape[k] = pooled;
}

/** A finished graph; of the plan count most_layers, most_inputs and
 *  largest_weight. */
static inline rp_net *operator_graph(rp_rng *rng, const tiny_plan *plan) {
  static const graph_shape inputs[] = {{1, 2, 1}, {2, 1, 1}, {1, 3, 1},
                                       {2, 2, 1}, {1, 2, 2}, {1, 1, 4},
                                       {1, 5, 1}, {5, 1, 1}};
  graph_draft d = {.rng = rng, .largest_weight = plan->largest_weight};
  d.input = inputs[rp_rng_below(rng, sizeof inputs / sizeof *inputs)];
  const int32_t dims[3] = {d.input.h, d.input.w, d.input.c};
  int32_t in_hi = (int32_t)between(rng, 3, 15);
  while (in_hi > 1 && power(in_hi + 1, shape_size(d.input)) > plan->most_inputs)
    in_hi--;
  if (rp_net_create("graph", dims, 3, in_hi, &d.net, NULL) != RP_OK) abort();
  if (rp_rng_below(rng, 2)) {
    const int32_t lo = (int32_t)between(rng, -8, 3);
    const int32_t zero = (int32_t)between(rng, lo, lo + in_hi);
    if (rp_net_set_input(d.net, lo, zero, NULL) != RP_OK) abort();
  }
  const int32_t blocks = (int32_t)between(rng, 1, plan->most_layers);
  for (int32_t k = 0; k + 1 < blocks; k++) {
    const graph_shape hidden = {(int32_t)between(rng, 1, 2),
                                (int32_t)between(rng, 1, 3),
                                (int32_t)between(rng, 1, 2)};
    add_random_block(&d, hidden, false);
  }
  const graph_shape out = {1, 1, (int32_t)between(rng, 2, 4)};
  add_random_block(&d, out, true);
  if (rp_net_finish(d.net, NULL) != RP_OK) abort();
  return d.net;
}

#endif
