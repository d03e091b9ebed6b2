/* A network small enough to enumerate, as engine and checker see it. */
#ifndef RAMPART_TESTS_SMALL_WORLD_H
#define RAMPART_TESTS_SMALL_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"
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
  return t->kind == SELECT ? b->n_out : b->n_out * t->n_in;
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

/** The checker's own form of a network; *to is zero. */
static inline bool net_for_check(const rp_net *from, net *to) {
  *to = (net){.n_blocks = from->n_blocks,
              .n_in = from->n_in,
              .in_hi = from->in_hi,
              .block = calloc((size_t)from->n_blocks, sizeof *to->block)};
  for (int32_t k = 0; k < from->n_blocks; k++) {
    const rp_block *f = &from->block[k];
    const size_t n = (size_t)f->n_out;
    block *b = &to->block[k];
    *b = (block){.n_out = f->n_out,
                 .n_terms = f->n_terms,
                 .n_stairs = f->n_out,
                 .term = calloc((size_t)f->n_terms, sizeof *b->term),
                 .b = calloc(n, sizeof *b->b),
                 .stair = calloc(n, sizeof *b->stair)};
    for (int32_t t = 0; t < f->n_terms; t++)
      b->term[t] = term_for_check(b, &f->term[t]);
    for (size_t i = 0; i < n; i++) b->b[i] = f->bias[i];
    for (size_t i = 0; i < n; i++) b->stair[i] = stair_for_check(&f->stair[i]);
  }
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
    b->b[rp_rng_below(rng, (uint32_t)b->n_out)] += between(rng, -20, 20);
}

/** Ready again after a change of its weights or biases. */
static inline bool net_changed(net *n) {
  free(n->of);
  for (int32_t k = 0; k < n->n_blocks; k++) {
    free(n->block[k].own);
    free(n->block[k].folded);
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
    free(b->own);
    free(b->folded);
  }
  free(n->block);
  free(n->of);
  *n = (net){0};
}

/** A chain or a graph. */
static inline rp_net *small_net(rp_rng *rng, const tiny_plan *plan) {
  return rp_rng_below(rng, 2) ? tiny_net(rng, plan) : tiny_graph(rng, plan);
}

static inline void widened(const uint8_t *x, int32_t n, int32_t *to) {
  for (int32_t p = 0; p < n; p++) to[p] = x[p];
}

#endif
