/* The pool of vertices: one slot a column of the master. */
#include "lp/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/compare.h"
#include "core/memory.h"
#include "core/vector.h"

typedef struct vertex {
  uint8_t *found, *clipped;     /* [n_in] */
  int32_t *found_z, *clipped_z; /* [n_places] of accumulators of maxima */
  int32_t *given;               /* [n_given] */
  int64_t used;
  bool changed;
} vertex;

struct pool {
  const rp_net *net;
  size_t n_in;
  size_t n_places; /* one past the last accumulator of a maximum; or 0 */
  size_t n_given;  /* one past the last accumulator that is given something */
  int32_t count;
  int64_t clock;
  uint8_t *bytes;
  int32_t *numbers;
  vertex vertex[POOL_ROOM];
};

static void place_vertices(pool *p) {
  const size_t numbers = 2 * p->n_places + p->n_given;
  for (size_t k = 0; k < POOL_ROOM; k++) {
    vertex *v = &p->vertex[k];
    v->found = p->bytes + 2 * k * p->n_in;
    v->clipped = v->found + p->n_in;
    v->found_z = p->numbers + k * numbers;
    v->clipped_z = v->found_z + p->n_places;
    v->given = v->clipped_z + p->n_places;
  }
}

pool *pool_create(const rp_net *net) {
  pool *p = rp_alloc(1, sizeof *p);
  if (!p) return NULL;
  p->net = net;
  p->n_in = (size_t)net->n_in;
  p->n_given =
      (size_t)rp_block_end(&net->block[net->use[net->n_uses - 1].block]);
  for (int32_t k = 0; k < net->n_blocks; k++)
    if (net->block[k].owner) p->n_places = (size_t)rp_block_end(&net->block[k]);
  p->bytes = rp_alloc(POOL_ROOM, 2 * p->n_in);
  p->numbers =
      rp_alloc(POOL_ROOM * (2 * p->n_places + p->n_given), sizeof *p->numbers);
  if (!p->bytes || !p->numbers) {
    pool_free(p);
    return NULL;
  }
  place_vertices(p);
  return p;
}

void pool_free(pool *p) {
  if (!p) return;
  free(p->bytes);
  free(p->numbers);
  free(p);
}

int32_t pool_count(const pool *p) {
  return p->count;
}

const int32_t *pool_given(const pool *p, int32_t k) {
  RP_ASSERT(k >= 0 && k < p->count);
  return p->vertex[k].given;
}

const int32_t *pool_z(const pool *p, int32_t k) {
  RP_ASSERT(k >= 0 && k < p->count);
  return p->vertex[k].clipped_z;
}

int32_t pool_maximum(const pool *p, int32_t k, int32_t block, int32_t neuron) {
  const rp_block *of = &p->net->block[block];
  const int32_t *z = pool_z(p, k) + of->first;
  int32_t ends[2];
  rp_block_range(of, z, z, neuron, ends);
  return ends[0];
}

static void compute_given(pool *p, vertex *v) {
  const rp_block *last = NULL;
  for (int32_t u = 0; u < p->net->n_uses; u++) {
    const rp_use *use = &p->net->use[u];
    const rp_block *block = &p->net->block[use->block];
    int32_t *z = v->given + block->first;
    if (block != last) memcpy(z, block->bias, (size_t)block->n_acc * sizeof *z);
    last = block;
    const rp_op *op = block->term[use->term].op;
    op->kind->apply_bytes(op, v->clipped, z);
  }
}

static bool is_same(const pool *p, const vertex *a, const vertex *b) {
  return !memcmp(a->clipped, b->clipped, p->n_in) &&
         !memcmp(a->clipped_z, b->clipped_z,
                 p->n_places * sizeof *a->clipped_z);
}

/* Only accumulators of maxima have a place: the others stay 0. */
static void set_places(const pool *p, vertex *v, const double *z) {
  for (int32_t k = 0; k < p->net->n_blocks; k++) {
    const rp_block *block = &p->net->block[k];
    if (!block->owner) continue;
    for (int32_t at = block->first; at < rp_block_end(block); at++)
      v->found_z[at] = v->clipped_z[at] = (int32_t)lrint(z[at]);
  }
}

bool pool_add(pool *p, const uint8_t *x, const double *z) {
  if (p->count == POOL_ROOM) return false;
  vertex *v = &p->vertex[p->count];
  memcpy(v->found, x, p->n_in);
  memcpy(v->clipped, x, p->n_in);
  set_places(p, v, z);
  for (int32_t k = 0; k < p->count; k++)
    if (is_same(p, &p->vertex[k], v)) return false;
  p->count++;
  compute_given(p, v);
  v->used = ++p->clock;
  v->changed = false;
  return true;
}

RP_VECTOR_CLONES
static int32_t clip(const uint8_t *restrict x, const uint8_t *restrict lo,
                    const uint8_t *restrict hi, uint8_t *restrict clipped,
                    int32_t n) {
  int32_t moved = 0;
  for (int32_t p = 0; p < n; p++) {
    const uint8_t raised = x[p] < lo[p] ? lo[p] : x[p];
    const uint8_t value = raised > hi[p] ? hi[p] : raised;
    moved |= value ^ clipped[p];
    clipped[p] = value;
  }
  return moved;
}

static bool clip_places(const pool *p, const rp_region *region, vertex *v) {
  bool moved = false;
  for (int32_t k = 0; k < p->net->n_blocks; k++) {
    const rp_block *block = &p->net->block[k];
    if (!block->owner) continue;
    for (int32_t at = block->first; at < rp_block_end(block); at++) {
      const int32_t lo = region->z_lo[at], hi = region->z_hi[at];
      const int32_t z = v->found_z[at], value = z < lo ? lo : z > hi ? hi : z;
      moved |= value != v->clipped_z[at];
      v->clipped_z[at] = value;
    }
  }
  return moved;
}

void pool_clip(pool *p, const rp_region *region) {
  for (int32_t k = 0; k < p->count; k++) {
    vertex *v = &p->vertex[k];
    v->changed = clip(v->found, region->x_lo, region->x_hi, v->clipped,
                      p->net->n_in) != 0;
    if (!rp_ball_has(region->ball, v->clipped, p->net->n_in)) {
      rp_ball_project(p->net, region, v->clipped);
      v->changed = true;
    }
    v->changed |= clip_places(p, region, v);
    if (v->changed) compute_given(p, v);
  }
}

bool pool_changed(const pool *p, int32_t k) {
  return p->vertex[k].changed;
}

void pool_mean(const pool *p, const double *weight, int32_t n, int32_t stride,
               double *x) {
  memset(x, 0, p->n_in * sizeof *x);
  for (int32_t k = 0; k < n; k++) {
    const double share = weight[(size_t)k * (size_t)stride];
    if (share <= 0) continue;
    const uint8_t *input = p->vertex[k].clipped;
    for (size_t i = 0; i < p->n_in; i++) x[i] += share * input[i];
  }
}

void pool_touch(pool *p, int32_t k) {
  p->vertex[k].used = ++p->clock;
}

int32_t pool_choose_old(pool *p, int32_t drop[POOL_ROOM]) {
  if (p->count <= POOL_FULL) return 0;
  int64_t used[POOL_ROOM];
  for (int32_t k = 0; k < p->count; k++) used[k] = p->vertex[k].used;
  qsort(used, (size_t)p->count, sizeof *used, rp_compare_int64);
  const int64_t oldest_kept = used[p->count - POOL_KEPT];
  RP_ASSERT(oldest_kept > 0 && oldest_kept <= p->clock);
  int32_t n = 0;
  for (int32_t k = 0; k < p->count; k++)
    if (p->vertex[k].used < oldest_kept) drop[n++] = k;
  return n;
}

/* Slots change places, so that each keeps memory of its own. */
void pool_drop(pool *p, int32_t n, const int32_t *drop) {
  int32_t kept = 0;
  for (int32_t k = 0, d = 0; k < p->count; k++) {
    if (d < n && drop[d] == k) {
      d++;
      continue;
    }
    const vertex dropped = p->vertex[kept];
    p->vertex[kept++] = p->vertex[k];
    p->vertex[k] = dropped;
  }
  RP_ASSERT(kept == p->count - n);
  p->count = kept;
}
