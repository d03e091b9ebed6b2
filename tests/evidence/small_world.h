/* A network small enough to enumerate, as engine and checker see it. */
#ifndef RAMPART_TESTS_SMALL_WORLD_H
#define RAMPART_TESTS_SMALL_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "net/op_dense.h"
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

static inline term term_for_check(const rp_term *from) {
  const rp_op *op = from->op;
  const size_t n = (size_t)op->n_in * (size_t)op->n_out;
  term to = {.source = from->source,
             .kind = DENSE,
             .n_in = op->n_in,
             .w = calloc(n, sizeof(int16_t))};
  memcpy(to.w, rp_op_dense_weights(op), n * sizeof(int16_t));
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
      b->term[t] = term_for_check(&f->term[t]);
    for (size_t i = 0; i < n; i++) b->b[i] = f->bias[i];
    for (size_t i = 0; i < n; i++) b->stair[i] = stair_for_check(&f->stair[i]);
  }
  return rp_check_prepare(to) == NULL;
}

/** A weight or a bias is changed. */
static inline void change_number(rp_rng *rng, net *n) {
  block *b = &n->block[rp_rng_below(rng, (uint32_t)n->n_blocks)];
  const term *t = &b->term[rp_rng_below(rng, (uint32_t)b->n_terms)];
  const uint32_t weights = (uint32_t)(t->n_in * b->n_out);
  if (rp_rng_below(rng, 2))
    t->w[rp_rng_below(rng, weights)] += (int16_t)between(rng, -4, 4);
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
