/* Vertices, as columns of the master: an input, and a place for every
 * accumulator of a neuron with max pooling (a maximum).
 *
 * A vertex is kept as it was found, and clipped to the region of the node at
 * hand; first accumulators and maxima follow. */
#ifndef RAMPART_LP_POOL_H
#define RAMPART_LP_POOL_H

#include "bound/region.h"

enum {
  POOL_ROOM = 400, /* vertices at most */
  POOL_FULL = 80,  /* above this the oldest are dropped ... */
  POOL_KEPT = 50   /* ... down to this */
};

typedef struct pool pool;

pool *pool_create(const rp_net *net); /* NULL without memory */
void pool_free(pool *p);
int32_t pool_count(const pool *p);

/** What accumulators of blocks that read the input take from the clipped one,
 *  plus their bias, [n_acc]. */
const int32_t *pool_given(const pool *p, int32_t k);

/** The clipped vertex: places of accumulators of maxima, [n_acc], and the value
 *  of a maximum there. */
const int32_t *pool_z(const pool *p, int32_t k);
int32_t pool_maximum(const pool *p, int32_t k, int32_t block, int32_t neuron);

/** Add a vertex of the present region; false if it is there already or the pool
 *  has no room.
 *  @param x  [n_in]
 *  @param z  [n_acc], of which accumulators of maxima are read */
bool pool_add(pool *p, const uint8_t *x, const double *z);

/** Clip every vertex to a region; pool_changed then tells which ones moved. */
void pool_clip(pool *p, const rp_region *region);
bool pool_changed(const pool *p, int32_t k);

/** Weighted mean of the first n clipped inputs.
 *  @param weight  vertex k has weight[k * stride]
 *  @param x       out, [n_in] */
void pool_mean(const pool *p, const double *weight, int32_t n, int32_t stride,
               double *x);

/** A vertex was of use. */
void pool_touch(pool *p, int32_t k);

/** Those to drop if the pool is full: ascending numbers; returns how many. */
int32_t pool_choose_old(pool *p, int32_t drop[POOL_ROOM]);
void pool_drop(pool *p, int32_t n, const int32_t *drop);

#endif
