/* The fast forward pass: operators and staircases, block after block.
 *
 * Building the network proved that every partial sum stays within 2^30, in any
 * order, so int32 sums cannot overflow. */
#include <string.h>

#include "core/assert.h"
#include "net/net.h"

/* Neurons and accumulators of all blocks, activations of one block, and half as
 * many int32 as the widest source has for narrow activations. */
size_t rp_net_forward_work(const rp_net *net) {
  const size_t width = (size_t)net->widest;
  return 2 * (size_t)net->n_acc + width + (width + 1) / 2;
}

/* Are accumulators where building the network proved them to be? */
static bool is_within_range(const rp_block *block, const int32_t *z) {
  for (int32_t i = 0; i < block->n_acc; i++)
    if (z[i] < block->z_lo[i] || z[i] > block->z_hi[i]) return false;
  return true;
}

static void choose_greatest(const rp_block *block, const int32_t *all,
                            int32_t *a) {
  for (int32_t i = 0; i < block->n_out; i++) {
    const rp_rows members = rp_block_members(block, i);
    a[i] = all[members.row[0]];
    for (int32_t n = 1; n < members.n; n++)
      if (all[members.row[n]] > a[i]) a[i] = all[members.row[n]];
  }
}

void rp_net_forward(const rp_net *net, const uint8_t *x, int32_t *z,
                    int32_t *out, int32_t *work) {
  const size_t n_acc = (size_t)net->n_acc;
  int32_t *a = work, *own_z = work + n_acc, *all = work + 2 * n_acc;
  int16_t *spare = (int16_t *)(all + net->widest);
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    int32_t *acc = (z ? z : own_z) + block->first;
    memcpy(acc, block->bias, (size_t)block->n_acc * sizeof *acc);
    for (int32_t t = 0; t < block->n_terms; t++) {
      const rp_term *term = &block->term[t];
      if (term->source == RP_INPUT)
        term->op->kind->apply_bytes(term->op, x, acc);
      else
        term->op->kind->apply(term->op, a + net->block[term->source].first,
                              spare, acc);
    }
    int32_t *to = k + 1 < net->n_blocks ? a + block->first : out;
    rp_stair_apply_all(block->stair, block->n_acc, acc,
                       block->owner ? all : to);
    if (block->owner) choose_greatest(block, all, to);
    RP_ASSERT(is_within_range(block, acc));
  }
}
