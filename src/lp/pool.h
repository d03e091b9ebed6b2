/* Vertices of the input box, as columns of the master.
 *
 * A vertex is kept as it was found, and clipped to the box of the node at
 * hand; its first-layer accumulators follow. */
#ifndef RAMPART_LP_POOL_H
#define RAMPART_LP_POOL_H

#include "bound/region.h"

enum {
  POOL_ROOM = 400, /* vertices at most */
  POOL_FULL = 150, /* above this the oldest are dropped ... */
  POOL_KEPT = 90   /* ... down to this */
};

typedef struct pool pool;

pool *pool_create(const rp_net *net); /* NULL without memory */
void pool_free(pool *p);
int32_t pool_count(const pool *p);

/** Accumulators of the clipped vertex, [n_out of layer 0]. */
const int32_t *pool_z(const pool *p, int32_t k);

/** Add a vertex of the present box; false if it is there already or the pool
 *  has no room. */
bool pool_add(pool *p, const uint8_t *x);

/** Clip every vertex to a box; pool_changed then tells which ones moved. */
void pool_clip(pool *p, const rp_region *region);
bool pool_changed(const pool *p, int32_t k);

/** Weighted mean of the first n clipped vertices, [n_in]. */
void pool_mean(const pool *p, const double *weight, int32_t n, double *x);

/** A vertex was of use. */
void pool_touch(pool *p, int32_t k);

/** Those to drop if the pool is full: ascending numbers; returns how many. */
int32_t pool_choose_old(pool *p, int32_t drop[POOL_ROOM]);
void pool_drop(pool *p, int32_t n, const int32_t *drop);

#endif
