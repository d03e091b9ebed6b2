/* An interval is written as the difference from what follows without it. */
#include "bound/region_pack.h"

#include <string.h>

#include "core/assert.h"

/* ---- inputs ---- */

/* How many were passed over, and by how much the ends have moved. */
void rp_region_put_inputs(const rp_net *net, const rp_region *root,
                          const rp_region *region, rp_trail *to) {
  int32_t next = 0;
  for (int32_t p = 0; p < net->n_in; p++) {
    const int32_t up = region->x_lo[p] - root->x_lo[p];
    const int32_t down = root->x_hi[p] - region->x_hi[p];
    RP_ASSERT(up >= 0 && down >= 0);
    if (up == 0 && down == 0) continue;
    rp_trail_put(to, (uint64_t)(p - next));
    rp_trail_put(to, (uint64_t)up);
    rp_trail_put(to, (uint64_t)down);
    next = p + 1;
  }
  rp_trail_put(to, (uint64_t)(net->n_in - next));
}

static int32_t get_up_to(rp_trail_reader *from, int32_t most) {
  return (int32_t)rp_trail_get_up_to(from, most);
}

void rp_region_get_inputs(const rp_net *net, const rp_region *root,
                          rp_trail_reader *from, rp_region *region) {
  region->ball = root->ball;
  memcpy(region->x_lo, root->x_lo, (size_t)net->n_in);
  memcpy(region->x_hi, root->x_hi, (size_t)net->n_in);
  for (int32_t p = 0; !from->failed; p++) {
    p += get_up_to(from, net->n_in - p);
    if (p == net->n_in) return;
    const int32_t width = region->x_hi[p] - region->x_lo[p];
    const int32_t up = get_up_to(from, width);
    const int32_t down = get_up_to(from, width - up);
    region->x_lo[p] = (uint8_t)(region->x_lo[p] + up);
    region->x_hi[p] = (uint8_t)(region->x_hi[p] - down);
  }
}

/* ---- accumulators ---- */

/* The interval of an accumulator that follows from what is below it. */
typedef struct interval {
  int32_t lo, hi;
} interval;

static interval expect(const rp_region *root, rp_interval_ends ends, int32_t at,
                       int32_t i) {
  return (interval){root->z_lo[at] > ends.lo[i] ? root->z_lo[at] : ends.lo[i],
                    root->z_hi[at] < ends.hi[i] ? root->z_hi[at] : ends.hi[i]};
}

/* How many were passed over, and how far the ends are from what was expected.
 */
static bool put_block(const rp_block *block, const rp_region *root,
                      const rp_region *region, rp_interval_ends ends,
                      rp_trail *to) {
  const int32_t n = rp_block_end(block) - block->first;
  int32_t next = 0;
  for (int32_t i = 0, at = block->first; i < n; i++, at++) {
    const interval e = expect(root, ends, at, i);
    const int32_t lo = region->z_lo[at], hi = region->z_hi[at];
    if (lo > hi) return false;
    if (lo == e.lo && hi == e.hi) continue;
    rp_trail_put(to, (uint64_t)(i - next));
    rp_trail_put_signed(to, (int64_t)lo - e.lo);
    rp_trail_put_signed(to, (int64_t)hi - e.hi);
    next = i + 1;
  }
  rp_trail_put(to, (uint64_t)(n - next));
  return true;
}

bool rp_region_pack(const rp_net *net, const rp_region *root,
                    const rp_region *region, int32_t *work, rp_trail *to) {
  rp_region_put_inputs(net, root, region, to);
  for (int32_t k = 0; k < net->n_blocks; k++) {
    rp_interval_ends ends;
    if (!rp_interval_block(net, k, region, work, &ends) ||
        !put_block(&net->block[k], root, region, ends, to))
      return false;
  }
  return true;
}

static void get_block(const rp_block *block, const rp_region *root,
                      rp_interval_ends ends, rp_trail_reader *from,
                      rp_region *region) {
  const int32_t n = rp_block_end(block) - block->first;
  int32_t next = get_up_to(from, n);
  for (int32_t i = 0, at = block->first; i < n; i++, at++) {
    interval e = expect(root, ends, at, i);
    if (i == next) {
      e.lo = (int32_t)(e.lo + rp_trail_get_signed(from));
      e.hi = (int32_t)(e.hi + rp_trail_get_signed(from));
      next += 1 + get_up_to(from, n - i - 1);
    }
    region->z_lo[at] = e.lo;
    region->z_hi[at] = e.hi;
  }
}

void rp_region_unpack(const rp_net *net, const rp_region *root,
                      rp_trail_reader *from, int32_t *work, rp_region *region) {
  rp_region_get_inputs(net, root, from, region);
  for (int32_t k = 0; k < net->n_blocks && !from->failed; k++) {
    rp_interval_ends ends;
    const bool is_full = rp_interval_block(net, k, region, work, &ends);
    RP_ASSERT(is_full);
    if (is_full) get_block(&net->block[k], root, ends, from, region);
  }
}
