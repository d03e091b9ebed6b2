/* Prices of the slacks that keep a relaxation feasible. */
#include "lp/price.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"

/* How much dearer a slack is than the multiplier it bounds: at 2 the bound was
 * up to 18 steps too weak, at 50 none was seen. */
static const double SLACK_PRICE = 50;

/* The sizes of a block's neurons, from what reads them, become those of their
 * accumulators: times the mean slope of the hull. */
static void price_block(const rp_net *net, const rp_region *region, int32_t k,
                        double *size, double *price) {
  const rp_block *block = &net->block[k];
  memset(size, 0, (size_t)block->n_out * sizeof *size);
  for (int32_t u = 0; u < block->n_uses; u++) {
    const rp_block *above = &net->block[block->use[u].block];
    const rp_op *op = above->term[block->use[u].term].op;
    op->kind->transpose_sizes(op, price + above->first, size);
  }
  for (int32_t i = 0; i < block->n_acc; i++) {
    const rp_stair *stair = &block->stair[i];
    const int32_t lo = region->z_lo[block->first + i];
    const int32_t hi = region->z_hi[block->first + i];
    const double width = (double)hi - lo + 1;
    const double steps =
        rp_stair_apply(stair, hi) - rp_stair_apply(stair, lo) + 1;
    price[block->first + i] = size[rp_block_owner(block, i)] * steps / width;
    RP_ASSERT(price[block->first + i] >= 0 && steps >= 1 && width >= 1);
  }
}

/* Backward from the objective through the magnitudes of the weights. */
void price_slacks(const rp_net *net, const rp_region *region,
                  const rp_objective *objective, double *size, double *price) {
  memset(price, 0, (size_t)net->n_acc * sizeof *price);
  for (int32_t r = 0; r < objective->n_rows; r++)
    price[net->block[objective->block].first + objective->row[r]] =
        SLACK_PRICE * fmax(1, abs(objective->coef[r]));
  for (int32_t k = objective->block - 1; k >= 0; k--)
    price_block(net, region, k, size, price);
}
