/* Staircases: how an accumulator is rounded to an activation.
 *
 * Only net/stair.c and net/stair_lanes.h know the rounding rule. Everything
 * else asks: which value has z, from which z on is a value reached, how wide
 * is a step, where are the corners over an interval. */
#ifndef RAMPART_NET_STAIR_H
#define RAMPART_NET_STAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "rampart/status.h"

/** Rounding rule of a requantization step. R0 is QVIP's:
 *  sigma(z) = clamp((z + 2^(shift-1)) >> shift, lo, hi), arithmetic shift;
 *  shift 0 means sigma(z) = clamp(z, lo, hi). */
typedef enum rp_rule { RP_RULE_R0 } rp_rule;

/** A monotone staircase from accumulators to activations lo..hi. */
typedef struct rp_stair {
  int32_t lo, hi; /* inclusive */
  int32_t shift;  /* of rule R0, 0..30; net/stair.c alone reads it */
} rp_stair;

/** Check lo, hi and the rule's numbers.
 *  @param layer  its number, for the message
 *  Errors: RP_E_INPUT with the layer and what was found. */
rp_status rp_stair_check(const rp_stair *stair, int32_t layer, rp_error *err);

/** The number of fractional bits that rule R0 drops: for files, messages
 *  between ranks and people. */
int32_t rp_stair_shift(const rp_stair *stair);

/** Do two staircases have the same value everywhere? */
bool rp_stair_is_same(const rp_stair *a, const rp_stair *b);

/** Index of the first of n staircases that is not the same as the first one;
 *  n if all are the same. */
int32_t rp_stair_find_other(const rp_stair *stair, int32_t n);

/** sigma(z). Range: any int64 z with |z| < 2^62. */
int32_t rp_stair_apply(const rp_stair *stair, int64_t z);

/** sigma of n neurons. Range: |z| <= RP_ACC_LIMIT.
 *  Cost: vectorized. Spec: rp_stair_apply one by one. */
void rp_stair_apply_all(const rp_stair *stair, int32_t n, const int32_t *z,
                        int32_t *a);

/** T(v), the least z with sigma(z) >= v. Range: lo < v <= hi. */
int64_t rp_stair_threshold(const rp_stair *stair, int32_t v);

/** Typical width of a step, in accumulator units: how finely it rounds. */
double rp_stair_unit(const rp_stair *stair);

/** Slope of the line that the staircase follows: 1 / unit. */
float rp_stair_slope(const rp_stair *stair);

/** Does the line that the staircase follows leave lo..hi at z? Then a small
 *  change of z changes nothing. */
bool rp_stair_is_clipped(const rp_stair *stair, int64_t z);

/** The least z_j - z_y over all accumulators with sigma(z_y) = v and
 *  sigma(z_j) >= v + delta, where v runs over the values below hi (and above lo
 *  if delta is 0).
 *  @param delta  0 or 1
 *  Returns false if there is no such pair (least untouched). */
bool rp_stair_find_least_difference(const rp_stair *stair, int32_t delta,
                                    int64_t *least);

/** The corners of a staircase over an interval, in ascending order of z: every
 *  linear function of (z, sigma(z)) has its maximum over the interval at one
 *  of them. The first is at lo, the last at hi. */
enum { RP_MAX_CORNERS = 6 };
typedef struct rp_corners {
  int32_t n;
  int32_t z[RP_MAX_CORNERS], a[RP_MAX_CORNERS];
} rp_corners;
void rp_stair_find_corners(const rp_stair *stair, int32_t lo, int32_t hi,
                           rp_corners *corners);

#endif
