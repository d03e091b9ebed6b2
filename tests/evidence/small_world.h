/* A network small enough to enumerate, as engine and checker see it. */
#ifndef RAMPART_TESTS_SMALL_WORLD_H
#define RAMPART_TESTS_SMALL_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "net/op_dense.h"
#include "tiny_net.h"

#include "check/check.h"

/** The checker's own form of a network; *to is zero. */
static inline bool net_for_check(const rp_net *from, net *to) {
  to->n_layers = from->n_blocks;
  to->n_in = from->n_in;
  to->in_hi = from->in_hi;
  for (int32_t k = 0; k < from->n_blocks; k++) {
    const rp_block *l = &from->block[k];
    const rp_op *op = l->term[0].op;
    const size_t n = (size_t)op->n_in * (size_t)l->n_out;
    to->layer[k] = (layer){.n_in = op->n_in,
                           .n_out = l->n_out,
                           .lo = l->stair[0].lo,
                           .hi = l->stair[0].hi,
                           .shift = l->stair[0].shift,
                           .w = calloc(n, sizeof(int16_t)),
                           .b = calloc((size_t)l->n_out, sizeof(int32_t))};
    memcpy(to->layer[k].w, rp_op_dense_weights(op), n * sizeof(int16_t));
    memcpy(to->layer[k].b, l->bias, (size_t)l->n_out * sizeof(int32_t));
  }
  return rp_check_prepare(to);
}

static inline void check_net_free(net *n) {
  for (int32_t k = 0; k < MOST_LAYERS; k++) {
    free(n->layer[k].w);
    free(n->layer[k].b);
  }
}

static inline void widened(const uint8_t *x, int32_t n, int32_t *to) {
  for (int32_t p = 0; p < n; p++) to[p] = x[p];
}

#endif
