/* Prices of the slacks that keep a relaxation feasible. */
#include "lp/price.h"

#include <stdlib.h>
#include <string.h>

/* How much dearer a slack is than the multiplier it bounds: at 2 the bound was
 * up to 18 steps too weak, at 50 none was seen. */
static const double SLACK_PRICE = 50;

/* Natural size of each multiplier: backward from the objective through the
 * magnitudes of the weights and the mean slope of each hull. */
void price_slacks(const rp_net *net, const rp_region *region,
                  const rp_objective *objective, double *price) {
  memset(price, 0, (size_t)net->n_acc * sizeof *price);
  int32_t above = net->layer[objective->layer].first;
  for (int32_t r = 0; r < objective->n_rows; r++)
    price[above + objective->row[r]] = SLACK_PRICE;
  for (int32_t k = objective->layer - 1; k >= 0; k--) {
    const rp_layer *upper = &net->layer[k + 1];
    const int32_t first = above - net->layer[k].n_out;
    for (int32_t m = 0; m < net->layer[k].n_out; m++) {
      const rp_stair *stair = &net->layer[k].stair[m];
      const double width =
          (double)region->z_hi[first + m] - region->z_lo[first + m] + 1;
      const double steps = rp_stair_apply(stair, region->z_hi[first + m]) -
                           rp_stair_apply(stair, region->z_lo[first + m]) + 1;
      double weight = 0;
      for (int32_t i = 0; i < upper->n_out; i++)
        weight +=
            price[above + i] *
            abs(upper->weight[(size_t)i * (size_t)upper->n_in + (size_t)m]);
      price[first + m] = weight * steps / width;
    }
    above = first;
  }
}
