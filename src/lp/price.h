/* Prices of the slacks that keep a relaxation feasible. */
#ifndef RAMPART_LP_PRICE_H
#define RAMPART_LP_PRICE_H

#include "bound/dual.h"

/** Natural size of each accumulator's multiplier times a safe factor.
 *  @param size   [n_acc] scratch
 *  @param price  out, [n_acc], per unit of the accumulator */
void price_slacks(const rp_net *net, const rp_region *region,
                  const rp_objective *objective, double *size, double *price);

#endif
