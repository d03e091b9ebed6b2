/* Regions and interval propagation, all in integers. Every partial sum stays in
 * int32 because the accumulators' ranges were proved over the whole input range
 * when the network was loaded. */
#include "bound/region.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "core/radii.h"

size_t rp_region_bytes(const rp_net *net) {
  return sizeof(rp_region) + 2 * (size_t)net->n_in +
         2 * (size_t)net->n_acc * sizeof(int32_t);
}

rp_status rp_region_create(const rp_net *net, rp_region **region) {
  rp_region *r = rp_alloc(1, rp_region_bytes(net));
  if (!r) return RP_E_MEMORY;
  const size_t n_acc = (size_t)net->n_acc;
  r->z_lo = (int32_t *)(r + 1);
  r->z_hi = r->z_lo + n_acc;
  r->x_lo = (uint8_t *)(r->z_hi + n_acc);
  r->x_hi = r->x_lo + net->n_in;
  *region = r;
  return RP_OK;
}

void rp_region_free(rp_region *region) {
  free(region);
}

void rp_region_copy(const rp_net *net, rp_region *to, const rp_region *from) {
  RP_ASSERT(to != from);
  to->ball = from->ball;
  memcpy(to + 1, from + 1, rp_region_bytes(net) - sizeof(rp_region));
}

void rp_region_ball(const rp_net *net, const uint8_t *x, int32_t radius,
                    rp_region *region) {
  RP_ASSERT(radius >= 0 && radius <= RP_RADIUS_MAX);
  region->ball = NULL;
  for (int32_t p = 0; p < net->n_in; p++) {
    const int32_t lo = x[p] - radius, hi = x[p] + radius;
    region->x_lo[p] = (uint8_t)(lo < 0 ? 0 : lo);
    region->x_hi[p] = (uint8_t)(hi > net->in_hi ? net->in_hi : hi);
    RP_ASSERT(region->x_lo[p] <= region->x_hi[p]);
    RP_ASSERT(region->x_lo[p] <= x[p] && x[p] <= region->x_hi[p]);
  }
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    const size_t bytes = (size_t)block->n_acc * sizeof(int32_t);
    memcpy(region->z_lo + block->first, block->z_lo, bytes);
    memcpy(region->z_hi + block->first, block->z_hi, bytes);
  }
}

/* An input that changes at all in L0 may be anything. */
void rp_region_within(const rp_net *net, const rp_ball *ball,
                      rp_region *region) {
  const bool is_any = ball->norm == RP_NORM_L0 || ball->radius > UINT8_MAX;
  rp_region_ball(net, ball->x, is_any ? UINT8_MAX : ball->radius, region);
  if (ball->norm != RP_NORM_LINF) region->ball = ball;
}

static bool intersect(int32_t *z_lo, int32_t *z_hi, int64_t lo, int64_t hi) {
  RP_ASSERT(lo <= hi);
  RP_ASSERT(lo >= -RP_ACC_LIMIT && hi <= RP_ACC_LIMIT);
  if (lo > *z_lo) *z_lo = (int32_t)lo;
  if (hi < *z_hi) *z_hi = (int32_t)hi;
  return *z_lo <= *z_hi;
}

/* Least and greatest accumulators of a block, scratch for the values that a
 * term reads: ends and widths, and for what a ball leaves of its sums. */
typedef struct interval_space {
  int32_t *z_lo, *z_hi, *lo, *width; /* [widest] */
  rp_tap_space taps;
  rp_ball_wholes items;
  uint8_t *view; /* [rp_ball_view_bytes] */
} interval_space;

/* Row by row: what all inputs together may spend. */
static void add_range_of_ball(const rp_op *op, const rp_ball_view *view,
                              const interval_space *s) {
  rp_ball_wholes items = s->items;
  for (int32_t i = 0; i < op->n_out; i++)
    rp_ball_add_range(view, rp_op_row(op, i, s->taps), &items, &s->z_lo[i],
                      &s->z_hi[i]);
}

static bool add_range_of_inputs(const rp_net *net, const rp_op *op,
                                const rp_region *region,
                                const interval_space *s) {
  int16_t *lo = (int16_t *)s->lo, *width = (int16_t *)s->width;
  rp_ball_view view;
  rp_ball_look(net, region, s->view, &view);
  for (int32_t p = 0; p < net->n_in; p++) {
    if (region->x_lo[p] > region->x_hi[p]) return false;
    lo[p] = region->x_lo[p];
    width[p] = (int16_t)(region->x_hi[p] - region->x_lo[p]);
  }
  if (view.is_used)
    add_range_of_ball(op, &view, s);
  else
    op->kind->range_narrow(op, lo, width, s->z_lo, s->z_hi);
  return true;
}

static void add_range_of_neurons(const rp_block *below, const rp_op *op,
                                 const rp_region *region,
                                 const interval_space *s) {
  const int32_t *z_lo = region->z_lo + below->first;
  const int32_t *z_hi = region->z_hi + below->first;
  for (int32_t m = 0; m < below->n_out; m++) {
    int32_t ends[2];
    rp_block_range(below, z_lo, z_hi, m, ends);
    s->lo[m] = ends[0];
    s->width[m] = ends[1] - ends[0];
    RP_ASSERT(s->width[m] >= 0);
  }
  op->kind->range(op, s->lo, s->width, s->z_lo, s->z_hi);
}

/* Into s->z_lo and s->z_hi; false: the box is empty. */
static bool compute_ranges(const rp_net *net, const rp_block *block,
                           const rp_region *region, const interval_space *s) {
  const size_t bytes = (size_t)block->n_acc * sizeof(int32_t);
  memcpy(s->z_lo, block->bias, bytes);
  memcpy(s->z_hi, block->bias, bytes);
  for (int32_t t = 0; t < block->n_terms; t++) {
    const rp_term *term = &block->term[t];
    if (term->source != RP_INPUT)
      add_range_of_neurons(&net->block[term->source], term->op, region, s);
    else if (!add_range_of_inputs(net, term->op, region, s))
      return false;
  }
  return true;
}

static bool propagate_block(const rp_net *net, const rp_block *block,
                            rp_region *region, const interval_space *s) {
  if (!compute_ranges(net, block, region, s)) return false;
  for (int32_t i = 0; i < block->n_acc; i++)
    if (!intersect(&region->z_lo[block->first + i],
                   &region->z_hi[block->first + i], s->z_lo[i], s->z_hi[i]))
      return false;
  return true;
}

/* Arrays of the widest block's size, in int32: five of the same, weights of
 * half the size, a view of bytes, gains of twice the size. */
enum { WIDE_ARRAYS = 10 };

size_t rp_interval_work(const rp_net *net) {
  const size_t even = ((size_t)net->widest + 1) & ~(size_t)1;
  return WIDE_ARRAYS * even;
}

static interval_space divide(const rp_net *net, int32_t *work) {
  const size_t width = ((size_t)net->widest + 1) & ~(size_t)1;
  return (interval_space){.z_lo = work,
                          .z_hi = work + width,
                          .lo = work + 2 * width,
                          .width = work + 3 * width,
                          .items = {.gain = (int64_t *)(work + 4 * width),
                                    .units = work + 6 * width},
                          .taps = {.index = work + 7 * width,
                                   .weight = (int16_t *)(work + 8 * width)},
                          .view = (uint8_t *)(work + 9 * width)};
}

bool rp_interval_block(const rp_net *net, int32_t block,
                       const rp_region *region, int32_t *work,
                       rp_interval_ends *ends) {
  const interval_space s = divide(net, work);
  *ends = (rp_interval_ends){s.z_lo, s.z_hi};
  return compute_ranges(net, &net->block[block], region, &s);
}

bool rp_interval_propagate(const rp_net *net, int32_t first, int32_t last,
                           rp_region *region, int32_t *work) {
  RP_ASSERT(first >= 0 && last < net->n_blocks);
  const interval_space s = divide(net, work);
  if (!rp_ball_shrink(net, region)) return false;
  for (int32_t k = first; k <= last; k++)
    if (!propagate_block(net, &net->block[k], region, &s)) return false;
  return true;
}

bool rp_region_is_unstable(const rp_block *block, const rp_region *region,
                           int32_t i) {
  const int32_t at = block->first + i;
  return rp_stair_apply(&block->stair[i], region->z_lo[at]) <
         rp_stair_apply(&block->stair[i], region->z_hi[at]);
}

bool rp_region_holds(const rp_net *net, const rp_region *region,
                     const uint8_t *x, const int32_t *z) {
  for (int32_t p = 0; p < net->n_in; p++)
    if (x[p] < region->x_lo[p] || x[p] > region->x_hi[p]) return false;
  if (!rp_ball_has(region->ball, x, net->n_in)) return false;
  const int32_t n_acc = net->n_acc;
  for (int32_t i = 0; i < n_acc; i++)
    if (z[i] < region->z_lo[i] || z[i] > region->z_hi[i]) return false;
  return true;
}
