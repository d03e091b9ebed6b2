/* Softened maxima over the corners of many staircases at once: the hot loop of
 * a descent. */
#ifndef RAMPART_BOUND_SOFTEN_H
#define RAMPART_BOUND_SOFTEN_H

#include <stddef.h>

#include "net/stair.h"

/** Corners side by side, one array for each place: where a staircase has fewer
 *  corners its last one is repeated. Arrays have an entry for each staircase.
 */
typedef struct soft_corners {
  int32_t *z[RP_MAX_CORNERS], *a[RP_MAX_CORNERS];
  int32_t *n, *slack; /* of rp_corners */
} soft_corners;

enum { SOFT_CORNER_ARRAYS = 2 * RP_MAX_CORNERS + 2 };

/** Place the arrays in a block.
 *  @param block  [SOFT_CORNER_ARRAYS * n] int32 */
void soften_place(soft_corners *to, int32_t *block, size_t n);
void soften_set(soft_corners *to, int32_t at, const rp_corners *corners);

/** What is summed over staircases. */
typedef struct soft_sums {
  double soft;  /* softened by log-sum-exp */
  double sharp; /* the maxima themselves */
} soft_sums;

/** The sums of max (mu a - lambda z) + |lambda| slack over the corners of n
 *  staircases from `first` on, and where the softened maxima are taken.
 *  Exponentials and logarithms have relative errors of some 1e-9.
 *  @param mu,lambda  entries from `first` on are read
 *  @param z,a        out, likewise: means over the corners
 *  Thread: reentrant. */
soft_sums soften_stairs(const soft_corners *corners, int32_t first, int32_t n,
                        const double *mu, const double *lambda,
                        double smoothing, double *z, double *a);

#endif
