/* Cuts as things: who holds them, and what they prove in a region. */
#include "bound/cut.h"

#include <stdlib.h>
#include <string.h>

#include "bound/cut_pack.h"
#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

int32_t rp_cuts_room(const rp_net *net) {
  enum { NARROW_ROOM = 64 };
  return rp_net_is_wide(net) || net->n_blocks <= 2 ? RP_MOST_CUTS : NARROW_ROOM;
}

bool rp_cut_is_for(const rp_net *net, int32_t block) {
  const rp_block *of = &net->block[block];
  return block + 1 < net->n_blocks && of->n_terms == 1 && !of->owner &&
         of->term[0].source == RP_INPUT;
}

rp_cut *rp_cut_hold(rp_cut *cut) {
  atomic_fetch_add_explicit(&cut->holders, 1, memory_order_relaxed);
  return cut;
}

/* Of all cuts there are. */
static atomic_llong all_bytes;

int64_t rp_cut_all_bytes(void) {
  return atomic_load_explicit(&all_bytes, memory_order_relaxed);
}

/* Of n bits. */
static size_t count_bytes(int32_t n) {
  return ((size_t)n + 7) / 8;
}

static int64_t measure(const rp_cut *cut) {
  const size_t index = cut->index ? (size_t)cut->n * sizeof *cut->index : 0;
  return (int64_t)(sizeof *cut + count_bytes(cut->n) + index);
}

rp_cut *rp_cut_create(int32_t n, const int32_t *index) {
  rp_cut *cut = rp_alloc(1, sizeof *cut);
  if (!cut) return NULL;
  cut->chosen = rp_alloc(count_bytes(n), 1);
  if (index) cut->index = rp_alloc((size_t)n, sizeof *cut->index);
  if (!cut->chosen || (index && !cut->index)) {
    free(cut->chosen);
    free(cut->index);
    free(cut);
    return NULL;
  }
  if (index) memcpy(cut->index, index, (size_t)n * sizeof *index);
  cut->n = n;
  atomic_init(&cut->holders, 1);
  atomic_init(&cut->number, RP_PROOF_UNNUMBERED);
  atomic_fetch_add_explicit(&all_bytes, measure(cut), memory_order_relaxed);
  return cut;
}

void rp_cut_release(rp_cut *cut) {
  if (atomic_fetch_sub(&cut->holders, 1) > 1) return;
  atomic_fetch_sub_explicit(&all_bytes, measure(cut), memory_order_relaxed);
  free(cut->index);
  free(cut->chosen);
  free(cut);
}

typedef int16_t eight __attribute__((vector_size(16)));

/* Eight at a time, without branches. */
RP_VECTOR_CLONES
static void find_rho(const rp_cut *cut, const int16_t *restrict w,
                     int16_t *restrict rho) {
  const eight bits = {1, 2, 4, 8, 16, 32, 64, 128};
  const int32_t n = cut->n, whole = n & ~7;
  for (int32_t t = 0; t < whole; t += 8) {
    eight of;
    memcpy(&of, w + t, sizeof of);
    of &= (bits & cut->chosen[t >> 3]) != 0;
    memcpy(rho + t, &of, sizeof of);
  }
  for (int32_t t = whole; t < n; t++)
    rho[t] = rp_cut_has_chosen(cut, t) ? w[t] : 0;
}

/* The greatest of -sg rho x and of sg (w - rho) x over the box. */
typedef struct box_terms {
  int32_t flat, steep;
} box_terms;

RP_VECTOR_CLONES
static box_terms bound_all_inputs(const rp_cut *cut, const int16_t *restrict w,
                                  const int16_t *restrict rho,
                                  const uint8_t *restrict lo,
                                  const uint8_t *restrict hi) {
  const int32_t n = cut->n, sign = cut->sign;
  int32_t flat = 0, steep = 0;
#pragma omp simd reduction(+ : flat, steep)
  for (int32_t p = 0; p < n; p++) {
    const int32_t in = -sign * rho[p], out = sign * (w[p] - rho[p]);
    flat += in * (in > 0 ? hi[p] : lo[p]);
    steep += out * (out > 0 ? hi[p] : lo[p]);
  }
  return (box_terms){flat, steep};
}

static box_terms bound_inputs(const rp_cut *cut, const int16_t *w,
                              const int16_t *rho, const rp_region *region) {
  if (!cut->index)
    return bound_all_inputs(cut, w, rho, region->x_lo, region->x_hi);
  box_terms sum = {0, 0};
  for (int32_t t = 0; t < cut->n; t++) {
    const int32_t p = cut->index[t];
    const int32_t in = -cut->sign * rho[t];
    const int32_t out = cut->sign * (w[t] - rho[t]);
    sum.flat += in * (in > 0 ? region->x_hi[p] : region->x_lo[p]);
    sum.steep += out * (out > 0 ? region->x_hi[p] : region->x_lo[p]);
  }
  return sum;
}

/* The greatest of unit sg sigma(z) - slope z over an interval. */
static int64_t bound_side(const rp_stair *stair, const rp_cut *cut,
                          int64_t slope, int32_t lo, int32_t hi) {
  rp_corners c;
  rp_stair_find_corners(stair, lo, hi, &c);
  const int64_t rise = (int64_t)cut->unit * cut->sign;
  int64_t best = rise * c.a[0] - slope * c.z[0];
  for (int32_t s = 1; s < c.n; s++) {
    const int64_t value = rise * c.a[s] - slope * c.z[s];
    if (value > best) best = value;
  }
  return best + (slope != 0 ? c.slack : 0);
}

int64_t rp_cut_bound(const rp_net *net, const rp_cut *cut,
                     const rp_region *region, rp_tap_space space,
                     int16_t *rho) {
  const rp_block *block = &net->block[cut->block];
  const int32_t row = cut->at - block->first;
  const rp_stair *stair = &block->stair[row];
  const rp_taps taps = rp_op_row(block->term[0].op, row, space);
  find_rho(cut, taps.weight, rho);
  const box_terms box = bound_inputs(cut, taps.weight, rho, region);
  const int32_t z_lo = region->z_lo[cut->at], z_hi = region->z_hi[cut->at];
  RP_ASSERT(z_lo <= z_hi && taps.n == cut->n);
  const bool up = cut->sign > 0;
  int64_t f = INT64_MIN;
  if (z_lo < cut->from) { /* the low side */
    const int32_t hi = z_hi < cut->from ? z_hi : cut->from - 1;
    f = bound_side(stair, cut, up ? 0 : cut->sign, z_lo, hi) +
        (up ? box.flat : box.steep - (int64_t)block->bias[row]);
  }
  if (z_hi >= cut->from) {
    const int32_t lo = z_lo < cut->from ? cut->from : z_lo;
    const int64_t high =
        bound_side(stair, cut, up ? cut->sign : 0, lo, z_hi) +
        (up ? box.steep + (int64_t)block->bias[row] : box.flat);
    if (high > f) f = high;
  }
  RP_ASSERT(llabs(f) < (int64_t)1 << 56);
  return f;
}

int64_t rp_cut_record(const rp_net *net, rp_cut *cut, rp_proof *proof) {
  if (atomic_load(&cut->number) == RP_PROOF_UNNUMBERED) {
    rp_trail body = {0};
    rp_cut_put(net, cut, &body);
    rp_proof_cut(proof, &body, &cut->number);
    rp_trail_fini(&body);
  }
  return atomic_load(&cut->number);
}
