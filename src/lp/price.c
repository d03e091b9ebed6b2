/* Prices of the slacks that keep a relaxation feasible. */
#include "lp/price.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"

/* How much dearer a slack is than the multiplier it bounds: at 2 the bound was
 * up to 18 steps too weak, at 50 none was seen. */
static const double SLACK_PRICE = 50;

/* Natural size of each multiplier: backward from the objective through the
 * magnitudes of the weights and the mean slope of each hull. */
void price_slacks(const rp_net *net, const rp_region *region,
                  const rp_objective *objective, double *price) {
  memset(price, 0, (size_t)net->n_acc * sizeof *price);
  for (int32_t r = 0; r < objective->n_rows; r++)
    price[net->block[objective->block].first + objective->row[r]] =
        SLACK_PRICE * fmax(1, abs(objective->coef[r]));
  for (int32_t k = objective->block - 1; k >= 0; k--) {
    const rp_block *layer = &net->block[k];
    const rp_op *op = (layer + 1)->term[0].op;
    const int32_t first = layer->first;
    op->kind->transpose_sizes(op, price + (layer + 1)->first, price + first);
    for (int32_t m = 0; m < layer->n_out; m++) {
      const rp_stair *stair = &layer->stair[m];
      const double width =
          (double)region->z_hi[first + m] - region->z_lo[first + m] + 1;
      const double steps = rp_stair_apply(stair, region->z_hi[first + m]) -
                           rp_stair_apply(stair, region->z_lo[first + m]) + 1;
      price[first + m] = price[first + m] * steps / width;
      RP_ASSERT(price[first + m] >= 0 && steps >= 1 && width >= 1);
    }
  }
}
