/* Open nodes of large networks as bytes.
 *
 * A node of 10^5 accumulators holds 1.6 MB, and a search has ten thousands of
 * them. While one waits in the heap it needs neither intervals that follow from
 * others (bound/region_pack.h) nor multipliers to the last bit: they are where
 * the next descent starts, and no proof depends on them. A multiplier takes one
 * bit if it is zero and else 11: its sign and the logarithm of its share of the
 * block's largest one, in steps of 2.8 percent. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/region_pack.h"
#include "core/assert.h"
#include "core/memory.h"
#include "tree/tree_internal.h"

enum {
  LEVEL_BITS = 9,
  LEVELS = 1 << LEVEL_BITS,
  LEVELS_AN_OCTAVE = 25,     /* the smallest share is about 2^-20 */
  MOST_BITS = 2 + LEVEL_BITS /* not zero, sign, level */
};

/* ---- multipliers ---- */

typedef struct bit_writer {
  uint8_t *to;
  uint64_t held;
  int32_t n;
} bit_writer;

static void put_bits(bit_writer *w, uint32_t value, int32_t n) {
  w->held |= (uint64_t)value << w->n;
  for (w->n += n; w->n >= 8; w->n -= 8) {
    *w->to++ = (uint8_t)w->held;
    w->held >>= 8;
  }
}

static uint32_t get_bits(rp_trail_reader *from, bit_writer *held, int32_t n) {
  for (; held->n < n; held->n += 8) {
    if (from->at >= from->size) from->failed = true;
    const uint64_t byte = from->failed ? 0 : from->data[from->at++];
    held->held |= byte << held->n;
  }
  const uint32_t value = (uint32_t)(held->held & (((uint64_t)1 << n) - 1));
  held->held >>= n;
  held->n -= n;
  return value;
}

static double find_largest(const double *lambda, int32_t n) {
  double largest = 0;
  for (int32_t i = 0; i < n; i++)
    if (isfinite(lambda[i])) largest = fmax(largest, fabs(lambda[i]));
  return largest;
}

static void put_multiplier(bit_writer *to, double lambda, double largest) {
  const double level = -LEVELS_AN_OCTAVE * log2(fabs(lambda) / largest);
  const bool is_kept = isfinite(lambda) && lambda != 0 && level < LEVELS - 0.5;
  if (!is_kept) {
    put_bits(to, 0, 1);
    return;
  }
  const uint32_t sign = lambda < 0;
  put_bits(to, 1 | sign << 1 | (uint32_t)lrint(fmax(level, 0)) << 2, MOST_BITS);
}

/* Of one block, in whole bytes. */
static void put_multipliers(rp_trail *to, const double *lambda, int32_t n) {
  const double largest = find_largest(lambda, n);
  uint64_t as_bits;
  memcpy(&as_bits, &largest, sizeof as_bits);
  rp_bytes_put(to, as_bits, sizeof as_bits);
  if (largest == 0) return;
  const size_t most = ((size_t)n * MOST_BITS + 7) / 8;
  uint8_t *const start = rp_bytes_make_room(to, most);
  if (!start) return;
  bit_writer w = {.to = start};
  for (int32_t i = 0; i < n; i++) put_multiplier(&w, lambda[i], largest);
  if (w.n > 0) put_bits(&w, 0, 8 - w.n);
  RP_ASSERT((size_t)(w.to - start) <= most);
  to->size += (size_t)(w.to - start);
}

static double get_largest(rp_trail_reader *from) {
  double largest = 0;
  if (from->size - from->at < sizeof largest) from->failed = true;
  if (from->failed) return 0;
  uint64_t as_bits = 0;
  for (size_t i = 0; i < sizeof as_bits; i++)
    as_bits |= (uint64_t)from->data[from->at++] << (8 * i);
  memcpy(&largest, &as_bits, sizeof largest);
  return largest;
}

static void get_multipliers(rp_trail_reader *from, double *lambda, int32_t n) {
  const double largest = get_largest(from);
  bit_writer held = {.to = NULL};
  for (int32_t i = 0; i < n; i++) {
    lambda[i] = 0;
    if (largest == 0 || !get_bits(from, &held, 1)) continue;
    const bool negative = get_bits(from, &held, 1);
    const double level = get_bits(from, &held, LEVEL_BITS);
    const double size = largest * exp2(-level / LEVELS_AN_OCTAVE);
    lambda[i] = negative ? -size : size;
  }
}

/* ---- nodes ---- */

static bool is_packing(const rp_search_task *task) {
  return task->packs_nodes || rp_net_is_large(task->net);
}

static bool put_node(const rp_search_task *task, const node *n, rp_trail *to) {
  const rp_net *net = task->net;
  int32_t *work = rp_alloc(rp_interval_work(net), sizeof *work);
  if (!work) return false;
  const bool is_put = rp_region_pack(net, task->root, n->region, work, to);
  free(work);
  for (int32_t k = 0; k < net->n_blocks && is_put; k++)
    put_multipliers(to, n->lambda + net->block[k].first,
                    rp_block_end(&net->block[k]) - net->block[k].first);
  return is_put && !to->failed;
}

/* Without room for more cuts. */
static node *trim(const rp_search_task *task, node *n) {
  node *trimmed = node_make_room(task->net, n, n->cuts.n);
  return trimmed ? trimmed : n;
}

node *node_pack(const rp_search_task *task, node *n) {
  if (n->packed) return n;
  if (!is_packing(task)) return trim(task, n);
  rp_trail bytes = {0};
  node *packed = NULL;
  if (put_node(task, n, &bytes))
    packed = rp_alloc(1, sizeof *packed + bytes.size);
  if (packed) {
    *packed = *n;
    packed->region = NULL;
    packed->lambda = NULL;
    packed->cuts = (rp_cuts){0};
    packed->packed = (uint8_t *)(packed + 1);
    packed->bytes = sizeof *packed + bytes.size;
    memcpy(packed + 1, bytes.data, bytes.size);
    node_free(n);
  }
  rp_trail_fini(&bytes);
  return packed ? packed : n;
}

node *node_unpack(const rp_search_task *task, const node *packed) {
  const rp_net *net = task->net;
  rp_trail_reader from = {.data = packed->packed,
                          .size = packed->bytes - sizeof *packed};
  int32_t *work = rp_alloc(rp_interval_work(net), sizeof *work);
  node *full = work ? node_create(net) : NULL;
  if (full) {
    const node made = *full;
    *full = *packed;
    full->region = made.region;
    full->lambda = made.lambda;
    full->lambda_cut = made.lambda_cut;
    full->cuts = made.cuts;
    full->bytes = made.bytes;
    full->packed = NULL;
    rp_region_unpack(net, task->root, &from, work, full->region);
    for (int32_t k = 0; k < net->n_blocks; k++)
      get_multipliers(&from, full->lambda + net->block[k].first,
                      rp_block_end(&net->block[k]) - net->block[k].first);
    RP_ASSERT(!from.failed && from.at == from.size);
  }
  free(work);
  return full;
}
