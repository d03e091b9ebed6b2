/* A network small enough to enumerate, as engine and checker see it. */
#ifndef RAMPART_TESTS_SMALL_WORLD_H
#define RAMPART_TESTS_SMALL_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"
#include "operator_graph.h"
#include "tiny_graph.h"

#include "check/check.h"

static inline stair stair_for_check(const rp_stair *from) {
  stair to = {from->lo, from->hi, from->shift, NULL};
  if (!from->table) return to;
  to.threshold = calloc((size_t)(to.hi - to.lo), sizeof *to.threshold);
  for (int32_t v = to.lo + 1; v <= to.hi; v++)
    to.threshold[v - to.lo - 1] = rp_stair_threshold(from, v);
  return to;
}

static inline void *copy_for_check(const void *from, size_t bytes) {
  return memcpy(calloc(bytes, 1), from, bytes);
}

static inline shape shape_for_check(const rp_conv_shape *s) {
  return (shape){.in = {s->in_h, s->in_w, s->in_c},
                 .out = {s->out_h, s->out_w, s->out_c},
                 .kernel = {s->kernel_h, s->kernel_w},
                 .stride = {s->stride_h, s->stride_w},
                 .dilation = {s->dilation_h, s->dilation_w},
                 .pad = {s->pad_top, s->pad_left},
                 .groups = s->groups};
}

static inline int32_t count_weights(const block *b, const term *t) {
  const shape *s = &t->shape;
  if (t->kind == CONV)
    return s->out[2] * s->kernel[0] * s->kernel[1] * (s->in[2] / s->groups);
  return t->kind == SELECT ? b->n_acc : b->n_acc * t->n_in;
}

static inline term term_for_check(const block *b, const rp_term *from) {
  const rp_op *op = from->op;
  const rp_conv_shape *s = rp_op_conv_shape(op);
  const int32_t *index = rp_op_select_index(op);
  term to = {.source = from->source,
             .kind = s       ? CONV
                     : index ? SELECT
                             : DENSE,
             .n_in = op->n_in};
  const int16_t *w = s       ? rp_op_conv_weights(op)
                     : index ? rp_op_select_weights(op)
                             : rp_op_dense_weights(op);
  if (s) to.shape = shape_for_check(s);
  if (index)
    to.index = copy_for_check(index, (size_t)op->n_out * sizeof *index);
  to.w = copy_for_check(w, (size_t)count_weights(b, &to) * sizeof *w);
  return to;
}

/* The accumulator whose staircase is its neuron's: of constants, which may
 * differ, the greatest. */
static inline int32_t get_spokesman(const rp_block *from, int32_t neuron) {
  if (!from->owner) return neuron;
  const rp_rows members = rp_block_members(from, neuron);
  int32_t best = members.row[0];
  for (int32_t n = 1; n < members.n; n++)
    if (from->stair[members.row[n]].lo > from->stair[best].lo)
      best = members.row[n];
  return best;
}

static inline void block_for_check(const rp_block *from, block *to) {
  const size_t n_out = (size_t)from->n_out, n_acc = (size_t)from->n_acc;
  *to = (block){.n_out = from->n_out,
                .n_acc = from->n_acc,
                .n_terms = from->n_terms,
                .n_stairs = from->n_out,
                .term = calloc((size_t)from->n_terms, sizeof *to->term),
                .b = calloc(n_acc, sizeof *to->b),
                .stair = calloc(n_out, sizeof *to->stair)};
  if (from->owner)
    to->owner = copy_for_check(from->owner, n_acc * sizeof *to->owner);
  for (int32_t t = 0; t < from->n_terms; t++)
    to->term[t] = term_for_check(to, &from->term[t]);
  for (size_t i = 0; i < n_acc; i++) to->b[i] = from->bias[i];
  for (int32_t i = 0; i < from->n_out; i++)
    to->stair[i] = stair_for_check(&from->stair[get_spokesman(from, i)]);
}

/** The checker's own form of a network; *to is zero. */
static inline bool net_for_check(const rp_net *from, net *to) {
  *to = (net){.n_blocks = from->n_blocks,
              .n_in = from->n_in,
              .in_hi = from->in_hi,
              .block = calloc((size_t)from->n_blocks, sizeof *to->block)};
  for (int32_t k = 0; k < from->n_blocks; k++)
    block_for_check(&from->block[k], &to->block[k]);
  return rp_check_prepare(to) == NULL;
}

/** A weight or a bias is changed. */
static inline void change_number(rp_rng *rng, net *n) {
  block *b = &n->block[rp_rng_below(rng, (uint32_t)n->n_blocks)];
  const term *t = &b->term[rp_rng_below(rng, (uint32_t)b->n_terms)];
  if (rp_rng_below(rng, 2))
    t->w[rp_rng_below(rng, (uint32_t)count_weights(b, t))] +=
        (int16_t)between(rng, -4, 4);
  else
    b->b[rp_rng_below(rng, (uint32_t)b->n_acc)] += between(rng, -20, 20);
}

/** What rp_check_prepare allocates. */
static inline void free_derived(block *b) {
  free(b->own);
  free(b->begin);
  free(b->folded);
  free(b->row);
  free(b->run);
}

/** Ready again after a change of its weights or biases. */
static inline bool net_changed(net *n) {
  free(n->of);
  n->of = NULL;
  for (int32_t k = 0; k < n->n_blocks; k++) {
    block *b = &n->block[k];
    free_derived(b);
    b->own = NULL;
    b->begin = NULL;
    b->folded = NULL;
    b->row = NULL;
    b->run = NULL;
  }
  return rp_check_prepare(n) == NULL;
}

static inline void check_net_free(net *n) {
  for (int32_t k = 0; k < n->n_blocks; k++) {
    block *b = &n->block[k];
    for (int32_t t = 0; t < b->n_terms; t++) {
      free(b->term[t].w);
      free(b->term[t].index);
    }
    for (int32_t c = 0; c < b->n_stairs; c++) free(b->stair[c].threshold);
    free(b->term);
    free(b->b);
    free(b->stair);
    free(b->owner);
    free_derived(b);
  }
  free(n->block);
  free(n->of);
  *n = (net){0};
}

/** A chain, or a graph, some with max pooling. */
static inline rp_net *small_net(rp_rng *rng, const tiny_plan *plan) {
  switch (rp_rng_below(rng, 4)) {
  case 0:
    return tiny_net(rng, plan);
  case 1:
    return tiny_graph(rng, plan);
  default:
    return operator_graph(rng, plan);
  }
}

static inline void widened(const uint8_t *x, int32_t n, int32_t *to) {
  for (int32_t p = 0; p < n; p++) to[p] = x[p];
}

#endif
