/* Tiny networks that are no chains: blocks with several terms, convolutions,
 * selections and dense ones, which read any blocks below or the input;
 * staircases of rule R0 and tables of thresholds, a channel each, outputs with
 * staircases of their own. */
#ifndef RAMPART_TESTS_TINY_GRAPH_H
#define RAMPART_TESTS_TINY_GRAPH_H

#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"
#include "tiny_net.h"

enum { TINY_TERMS = 3, TINY_WIDTH = 8, TINY_BLOCKS = 6 };

/* Thresholds about as far apart as the steps of the rule, some far apart, some
 * equal: a value that is skipped. */
static inline rp_status tiny_table(rp_rng *rng, rp_net *net, rp_stair *stair) {
  int64_t threshold[16];
  const int32_t n = stair->hi - stair->lo, step = 1 << stair->shift;
  int64_t at = rp_stair_threshold(stair, stair->lo + 1);
  for (int32_t v = 0; v < n; v++) {
    threshold[v] = at;
    at += between(rng, rp_rng_below(rng, 4) ? (step + 1) / 2 : 0, 2 * step);
  }
  stair->shift = 0;
  return rp_net_add_table(net, threshold, n, &stair->table, NULL);
}

static inline rp_op *tiny_dense(rp_rng *rng, int32_t n_out, int32_t n_in,
                                int32_t most) {
  int32_t row[64];
  rp_op *op = rp_op_dense_create(n_out, n_in);
  for (int32_t i = 0; op && i < n_out; i++) {
    for (int32_t j = 0; j < n_in; j++)
      row[j] = rp_rng_below(rng, 4) ? (int32_t)between(rng, -most, most) : 0;
    (void)rp_op_dense_set_row(op, i, row);
  }
  return op;
}

/* Height, width and channels of what a block gives. */
typedef struct tiny_shape {
  int32_t h, w, c;
} tiny_shape;

static inline int32_t tiny_size(tiny_shape s) {
  return s.h * s.w * s.c;
}

static inline tiny_shape tiny_image(rp_rng *rng, int32_t most) {
  for (;;) {
    const tiny_shape s = {(int32_t)between(rng, 1, 3),
                          (int32_t)between(rng, 1, 3),
                          (int32_t)between(rng, 1, 3)};
    if (tiny_size(s) >= 2 && tiny_size(s) <= most) return s;
  }
}

/* Any stride, dilation and padding: windows may lie outside altogether. */
static inline rp_op *tiny_conv(rp_rng *rng, tiny_shape out, tiny_shape in,
                               int32_t most) {
  rp_conv_shape s = {.in_h = in.h,
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
                     .pad_top = (int32_t)between(rng, 0, 2),
                     .pad_left = (int32_t)between(rng, 0, 2),
                     .groups = 1};
  int32_t weight[5 * 3 * 3 * TINY_WIDTH]; /* up to five outputs */
  rp_op *op = NULL;
  if (in.c == out.c && rp_rng_below(rng, 2)) s.groups = in.c;
  for (int32_t i = 0; i < rp_conv_count_weights(&s); i++)
    weight[i] = (int32_t)between(rng, -most, most);
  return rp_op_conv_create(&s, weight, &op, NULL) == RP_OK ? op : NULL;
}

static inline rp_op *tiny_select(rp_rng *rng, int32_t n_out, int32_t n_in,
                                 int32_t most) {
  int32_t index[TINY_WIDTH], weight[TINY_WIDTH];
  rp_op *op = NULL;
  for (int32_t i = 0; i < n_out; i++) {
    index[i] = (int32_t)between(rng, -1, n_in - 1);
    weight[i] = (int32_t)between(rng, -most, most);
  }
  return rp_op_select_create(n_out, n_in, index,
                             rp_rng_below(rng, 2) ? weight : NULL, &op,
                             NULL) == RP_OK
             ? op
             : NULL;
}

static inline rp_op *tiny_op(rp_rng *rng, tiny_shape out, tiny_shape in,
                             int32_t most) {
  switch (rp_rng_below(rng, 4)) {
  case 0:
    return tiny_select(rng, tiny_size(out), tiny_size(in), most);
  case 1:
    return tiny_dense(rng, tiny_size(out), tiny_size(in), most);
  default:
    return tiny_conv(rng, out, in, most);
  }
}

/* What a graph in the making knows of its blocks. */
typedef struct tiny_draft {
  rp_net *net;
  bool is_read[TINY_BLOCKS];
  tiny_shape in, shape[TINY_BLOCKS];
} tiny_draft;

static inline tiny_shape tiny_get_shape(const tiny_draft *d, int32_t source) {
  return source == RP_INPUT ? d->in : d->shape[source];
}

static inline int32_t tiny_reach(const rp_net *net, int32_t source) {
  if (source == RP_INPUT) return net->in_hi;
  int32_t most = 1;
  for (int32_t i = 0; i < net->block[source].n_acc; i++) {
    const rp_stair *s = &net->block[source].stair[i];
    if (s->hi > most) most = s->hi;
    if (-s->lo > most) most = -s->lo;
  }
  return most;
}

/* The last block reads all that nobody has read. */
static inline int32_t tiny_sources(rp_rng *rng, const tiny_draft *d, bool last,
                                   int32_t *source) {
  const int32_t k = d->net->n_blocks;
  int32_t n = 0;
  for (int32_t s = 0; last && s < k; s++)
    if (!d->is_read[s]) source[n++] = s;
  while (n == 0 || (n < TINY_TERMS && rp_rng_below(rng, 2)))
    source[n++] = (int32_t)between(rng, RP_INPUT, k - 1);
  return n;
}

/* Neurons that are maxima of some accumulators each, in any order. Returns
 * their number. */
static inline int32_t tiny_owners(rp_rng *rng, int32_t n_acc, int32_t *owner) {
  const int32_t n = (int32_t)between(rng, 1, n_acc - 1);
  for (int32_t i = 0; i < n_acc; i++)
    owner[i] = i < n ? i : (int32_t)between(rng, 0, n - 1);
  for (int32_t i = n_acc - 1; i > 0; i--) {
    const int32_t j = (int32_t)between(rng, 0, i), kept = owner[i];
    owner[i] = owner[j];
    owner[j] = kept;
  }
  return n;
}

/* The shape of what the block gives is set. */
static inline rp_status tiny_block(rp_rng *rng, tiny_draft *d, tiny_shape out,
                                   int32_t largest, bool last) {
  int32_t source[TINY_BLOCKS + TINY_TERMS];
  rp_term term[TINY_BLOCKS + TINY_TERMS];
  int64_t bias[TINY_WIDTH];
  rp_stair stair[TINY_WIDTH];
  int32_t owner[TINY_WIDTH];
  const int32_t n_acc = tiny_size(out), k = d->net->n_blocks;
  const bool has_maxima = !last && n_acc > 2 && rp_rng_below(rng, 3) == 0;
  const int32_t n_out = has_maxima ? tiny_owners(rng, n_acc, owner) : n_acc;
  const int32_t n_terms = tiny_sources(rng, d, last, source);
  const int32_t most = (int32_t)between(rng, 1, largest);
  double spread = 1;
  for (int32_t t = 0; t < n_terms; t++) {
    const tiny_shape in = tiny_get_shape(d, source[t]);
    spread += most * tiny_reach(d->net, source[t]) * sqrt(tiny_size(in));
    term[t] = (rp_term){source[t], tiny_op(rng, out, in, most)};
    if (!term[t].op) abort();
    if (source[t] != RP_INPUT) d->is_read[source[t]] = true;
  }
  const int64_t shift = (int64_t)(spread * rp_rng_unit(rng) / 2);
  for (int32_t i = 0; i < n_acc; i++) bias[i] = between(rng, -shift, shift);
  const int32_t n_stairs = rp_rng_below(rng, 2)                 ? 1
                           : rp_rng_below(rng, 2) || has_maxima ? n_out
                                                                : out.c;
  d->shape[k] = has_maxima ? (tiny_shape){1, 1, n_out} : out;
  rp_status status = RP_OK;
  for (int32_t c = 0; c < n_stairs; c++) {
    stair[c] = tiny_stair(rng, spread, last || rp_rng_below(rng, 4) == 0);
    if (rp_rng_below(rng, 2) && status == RP_OK)
      status = tiny_table(rng, d->net, &stair[c]);
  }
  const rp_block_spec spec = {.n_out = n_out,
                              .n_acc = n_acc,
                              .owner = has_maxima ? owner : NULL,
                              .n_terms = n_terms,
                              .term = term,
                              .bias = bias,
                              .n_stairs = n_stairs,
                              .stair = stair};
  if (status == RP_OK) return rp_net_add_block(d->net, &spec, NULL);
  for (int32_t t = 0; t < n_terms; t++) rp_op_free(term[t].op);
  return status;
}

/** A finished network, or NULL if something failed.
 *  @param plan  as for tiny_net: at most TINY_BLOCKS layers of TINY_WIDTH */
static inline rp_net *tiny_graph(rp_rng *rng, const tiny_plan *plan) {
  tiny_draft d = {.in = tiny_image(rng, TINY_INPUTS)};
  const int32_t dims[3] = {d.in.h, d.in.w, d.in.c};
  const int32_t n_in = tiny_size(d.in);
  int32_t in_hi = (int32_t)between(rng, 3, 15);
  while (in_hi > 1 && power(in_hi + 1, n_in) > plan->most_inputs) in_hi--;
  if (rp_net_create("tiny", dims, 3, in_hi, &d.net, NULL) != RP_OK) return NULL;
  const int32_t blocks =
      (int32_t)between(rng, plan->least_layers, plan->most_layers);
  rp_status status = RP_OK;
  for (int32_t k = 0; k < blocks && status == RP_OK; k++) {
    const bool last = k + 1 == blocks;
    const tiny_shape out = last
                               ? (tiny_shape){1, 1, (int32_t)between(rng, 2, 5)}
                               : tiny_image(rng, plan->widest);
    status = tiny_block(rng, &d, out, plan->largest_weight, last);
  }
  if (status == RP_OK) status = rp_net_finish(d.net, NULL);
  if (status == RP_OK) return d.net;
  rp_net_free(d.net);
  return NULL;
}

#endif
