/* The pool of box vertices: parallel arrays, one slot a column of the master.
 */
#include "lp/pool.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/compare.h"
#include "core/memory.h"
#include "core/vector.h"

struct pool {
  const rp_net *net;
  int32_t n_in, n_z, count;
  int64_t clock;
  uint8_t *found, *clipped; /* [POOL_ROOM][n_in] */
  int32_t *z;               /* [POOL_ROOM][n_z] */
  int64_t used[POOL_ROOM];
  bool changed[POOL_ROOM];
};

pool *pool_create(const rp_net *net) {
  pool *p = rp_alloc(1, sizeof *p);
  if (!p) return NULL;
  p->net = net;
  p->n_in = net->n_in;
  p->n_z = net->block[0].n_out;
  p->found = rp_alloc(POOL_ROOM, (size_t)p->n_in);
  p->clipped = rp_alloc(POOL_ROOM, (size_t)p->n_in);
  p->z = rp_alloc(POOL_ROOM * (size_t)p->n_z, sizeof *p->z);
  if (p->found && p->clipped && p->z) return p;
  pool_free(p);
  return NULL;
}

void pool_free(pool *p) {
  if (!p) return;
  free(p->found);
  free(p->clipped);
  free(p->z);
  free(p);
}

int32_t pool_count(const pool *p) {
  return p->count;
}

static uint8_t *get_clipped(const pool *p, int32_t k) {
  return p->clipped + (size_t)k * (size_t)p->n_in;
}

static uint8_t *get_found(const pool *p, int32_t k) {
  return p->found + (size_t)k * (size_t)p->n_in;
}

static int32_t *get_z(const pool *p, int32_t k) {
  RP_ASSERT(k >= 0 && k < POOL_ROOM);
  return p->z + (size_t)k * (size_t)p->n_z;
}

const int32_t *pool_z(const pool *p, int32_t k) {
  return get_z(p, k);
}

static void compute_z(pool *p, int32_t k) {
  const rp_block *layer = &p->net->block[0];
  int32_t *z = get_z(p, k);
  memcpy(z, layer->bias, (size_t)p->n_z * sizeof *z);
  const rp_op *op = layer->term[0].op;
  op->kind->apply_bytes(op, get_clipped(p, k), z);
}

bool pool_add(pool *p, const uint8_t *x) {
  for (int32_t k = 0; k < p->count; k++)
    if (!memcmp(get_clipped(p, k), x, (size_t)p->n_in)) return false;
  if (p->count == POOL_ROOM) return false;
  const int32_t k = p->count++;
  RP_ASSERT(p->count <= POOL_ROOM);
  memcpy(get_found(p, k), x, (size_t)p->n_in);
  memcpy(get_clipped(p, k), x, (size_t)p->n_in);
  compute_z(p, k);
  p->used[k] = ++p->clock;
  p->changed[k] = false;
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

void pool_clip(pool *p, const rp_region *region) {
  for (int32_t k = 0; k < p->count; k++) {
    p->changed[k] = clip(get_found(p, k), region->x_lo, region->x_hi,
                         get_clipped(p, k), p->n_in) != 0;
    if (p->changed[k]) compute_z(p, k);
  }
}

bool pool_changed(const pool *p, int32_t k) {
  return p->changed[k];
}

void pool_mean(const pool *p, const double *weight, int32_t n, double *x) {
  memset(x, 0, (size_t)p->n_in * sizeof *x);
  for (int32_t k = 0; k < n; k++) {
    if (weight[k] <= 0) continue;
    const uint8_t *vertex = get_clipped(p, k);
    for (int32_t i = 0; i < p->n_in; i++) x[i] += weight[k] * vertex[i];
  }
}

void pool_touch(pool *p, int32_t k) {
  p->used[k] = ++p->clock;
}

int32_t pool_choose_old(pool *p, int32_t drop[POOL_ROOM]) {
  if (p->count <= POOL_FULL) return 0;
  int64_t used[POOL_ROOM];
  memcpy(used, p->used, (size_t)p->count * sizeof *used);
  qsort(used, (size_t)p->count, sizeof *used, rp_compare_int64);
  const int64_t oldest_kept = used[p->count - POOL_KEPT];
  RP_ASSERT(oldest_kept > 0 && oldest_kept <= p->clock);
  int32_t n = 0;
  for (int32_t k = 0; k < p->count; k++)
    if (p->used[k] < oldest_kept) drop[n++] = k;
  return n;
}

void pool_drop(pool *p, int32_t n, const int32_t *drop) {
  int32_t kept = 0;
  for (int32_t k = 0, d = 0; k < p->count; k++) {
    if (d < n && drop[d] == k) {
      d++;
      continue;
    }
    if (kept != k) {
      memcpy(get_found(p, kept), get_found(p, k), (size_t)p->n_in);
      memcpy(get_clipped(p, kept), get_clipped(p, k), (size_t)p->n_in);
      memcpy(get_z(p, kept), get_z(p, k), (size_t)p->n_z * sizeof *p->z);
      p->used[kept] = p->used[k];
    }
    kept++;
  }
  RP_ASSERT(kept == p->count - n);
  p->count = kept;
}
