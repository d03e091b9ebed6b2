/* Max pooling in a dual bound: a neuron that is the greatest activation of
 * several accumulators. Its term,
 *
 *   max over z in the intervals of  mu max_j sigma(z_j) - sum_j lambda_j z_j,
 *
 * has a closed form. For mu >= 0 one accumulator j is the greatest, and the
 * others are free:
 *
 *   max_j [ max (mu sigma(z_j) - lambda_j z_j)
 *           + sum over i other than j of max (-lambda_i z_i) ].
 *
 * For mu < 0 the greatest is some step v, and no accumulator goes beyond it:
 *
 *   max_v [ mu v + sum_j max over l_j <= z_j <= min(u_j, T(v + 1) - 1)
 *                        of -lambda_j z_j ],
 *
 * where v runs over the steps that the greatest may take (docs/evidence.md,
 * "Tables and maxima"). */
#ifndef RAMPART_BOUND_GROUP_H
#define RAMPART_BOUND_GROUP_H

#include "bound/dual.h"

/** The accumulators of a neuron in a region. Arrays begin at the block's first
 *  accumulator. */
typedef struct group {
  const rp_block *block;
  int32_t neuron;
  const int32_t *z_lo, *z_hi;
  const rp_corners *corner; /* of each accumulator over its interval */
} group;

/** What the last evaluation of a group in floating point found. */
typedef struct group_means {
  double value; /* smoothed */
  double bound; /* sharp: not below the term but for rounding */
  double a;     /* the greatest activation */
} group_means;

/** The term in integers. Range: as of rp_dual_exact.
 *  Cost: accumulators times corners, or times steps if mu < 0. */
rp_int128 group_evaluate_exactly(const group *g, int64_t mu,
                                 const int64_t *lambda);

/** The term in floating point, its alternatives softened by log-sum-exp.
 *  @param smoothing  0: not softened
 *  @param z          out, [members' places in the block] means; NULL: not
 * wanted
 */
group_means group_evaluate(const group *g, double mu, const double *lambda,
                           double smoothing, double *z);

#endif
