/* Staircases: how an accumulator is rounded to an activation.
 *
 * Only net/stair.c, stair_table.c and stair_lanes.h know how. Everything else
 * asks: which value has z, from which z on is a value reached, how wide is a
 * step, where are the corners over an interval. Tables come from readers;
 * stair_rule.h makes them from the rounding rules of runtimes. */
#ifndef RAMPART_NET_STAIR_H
#define RAMPART_NET_STAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "rampart/status.h"

/** Rounding rule of a requantization step. R0 is QVIP's:
 *  sigma(z) = clamp((z + 2^(shift-1)) >> shift, lo, hi), arithmetic shift;
 *  shift 0 means sigma(z) = clamp(z, lo, hi). */
typedef enum rp_rule { RP_RULE_R0 } rp_rule;

/** The steps of a staircase that are not equally long (net/stair_table.c). */
typedef struct rp_stair_table rp_stair_table;

/** A monotone staircase from accumulators to activations lo..hi: equally long
 *  steps of rule R0, or a table of thresholds. net/stair.c alone reads which.
 */
typedef struct rp_stair {
  int32_t lo, hi;              /* inclusive */
  int32_t shift;               /* of rule R0, 0..30; 0 beside a table */
  const rp_stair_table *table; /* borrowed; NULL: rule R0 */
} rp_stair;

enum {
  RP_MOST_STEPS = 1 << 16,       /* thresholds of a table */
  RP_STAIR_REACH = INT32_MAX - 1 /* thresholds beyond +- this are cut */
};

/** A table of thresholds, to be freed by rp_stair_table_free when no staircase
 *  uses it any more.
 *  @param threshold  T(lo + 1) .. T(hi), ascending (equal ones: a value that is
 *                    skipped). Beyond +-RP_STAIR_REACH they are cut to just
 *                    outside: below it, every z has the value, above it none
 *  @param n          hi - lo, 1..RP_MOST_STEPS
 *  Errors: RP_E_INPUT with the place, RP_E_MEMORY. Cost: O(n). */
rp_status rp_stair_table_create(const int64_t *threshold, int32_t n,
                                rp_stair_table **table, rp_error *err);
void rp_stair_table_free(rp_stair_table *table); /* NULL is fine */

/** The staircase that steps down: value hi below the first threshold. Its
 *  neuron's weights and bias must be negated: sigma(z) = mirrored(-z).
 *  @param threshold  [n], ascending, any int64: sigma falls by one from
 *                    threshold[i] on
 *  @param mirrored   out, [n] thresholds of the ascending one, those beyond
 *                    accumulators cut as in a table; may not overlap */
void rp_stair_mirror(const int64_t *threshold, int32_t n, int64_t *mirrored);

/** Check lo, hi and the rule's numbers.
 *  @param block  its number, for the message
 *  Errors: RP_E_INPUT with the block and what was found. */
rp_status rp_stair_check(const rp_stair *stair, int32_t block, rp_error *err);

/** The number of fractional bits that rule R0 drops: for files, messages
 *  between ranks and people. */
int32_t rp_stair_shift(const rp_stair *stair);

/** Are its steps equally long, rule R0? Others have tables. */
bool rp_stair_is_even(const rp_stair *stair);

/** Are two staircases made of the same numbers, and so equal everywhere? */
bool rp_stair_is_same(const rp_stair *a, const rp_stair *b);

/** Index of the first of n staircases that is not the same as the first one;
 *  n if all are the same. */
int32_t rp_stair_find_other(const rp_stair *stair, int32_t n);

/** Has it two values alone? So have the outputs of conditions, which say
 * whether they are met (condition/compile.h). */
bool rp_stair_has_two_values(const rp_stair *stair);

/** sigma(z). Range: |z| < 2^62; with a table that has a threshold of magnitude
 *  RP_STAIR_REACH or more, |z| <= RP_STAIR_REACH.
 *  Cost: constant; with a table far from a line O(log steps). */
int32_t rp_stair_apply(const rp_stair *stair, int64_t z);

/** Is sigma known to have one value from lo to hi? Beyond RP_STAIR_REACH a
 * table is known only if all its thresholds are less in magnitude: others may
 * have been cut. Range: |lo|, |hi| < 2^62. */
bool rp_stair_is_constant(const rp_stair *stair, int64_t lo, int64_t hi);

/** sigma of n neurons. Range: |z| <= RP_ACC_LIMIT.
 *  Cost: equal steps are vectorized. Spec: rp_stair_apply one by one. */
void rp_stair_apply_all(const rp_stair *stair, int32_t n, const int32_t *z,
                        int32_t *a);

/** T(v), the least z with sigma(z) >= v. Range: lo < v <= hi. With a table at
 *  most RP_STAIR_REACH + 1, where no z has the value. */
int64_t rp_stair_threshold(const rp_stair *stair, int32_t v);

/** Typical width of a step, in accumulator units: how finely it rounds. With a
 *  table, over the thresholds within +-RP_ACC_LIMIT. */
double rp_stair_unit(const rp_stair *stair);

/** Slope of the line that the staircase follows: 1 / unit. */
float rp_stair_slope(const rp_stair *stair);

/** Does the line that the staircase follows leave lo..hi at z? Then a small
 *  change of z changes nothing. */
bool rp_stair_is_clipped(const rp_stair *stair, int64_t z);

/** The least cj z_j - cy z_y over all accumulators with sigma_y(z_y) = v and
 *  sigma_j(z_j) >= v + delta, where v runs over the values of y below its top
 *  step that j can beat (v + delta <= j's top), and for which the second
 *  condition says anything (v + delta > j's bottom).
 *  @param delta   0 or 1
 *  @param factor  cj and cy, positive
 *  Returns false if there is no such v (least untouched).
 *  Cost: constant if both have equal steps, else the number of steps. */
bool rp_stair_find_least_difference(const rp_stair *j, const rp_stair *y,
                                    int32_t delta, const int32_t factor[2],
                                    int64_t *least);

/** The corners of a staircase over an interval, in ascending order of z: points
 *  of its graph, of which the first is at lo and the last at hi. For any mu and
 *  lambda, the largest mu sigma(z) - lambda z over the interval is at most
 *
 *    the largest mu a - lambda z over the corners + |lambda| slack.
 *
 *  Both are equal if steps are equally long or at most two thresholds are
 *  inside; the slack is then 0. Else it is how far, in accumulator units,
 *  thresholds leave the chords between the corners, rounded up.
 *  Range: |lo|, |hi| <= RP_ACC_LIMIT. Cost: constant; where a table is far from
 *  a line the number of steps inside. */
enum { RP_MAX_CORNERS = 6 };
typedef struct rp_corners {
  int32_t n;
  int32_t slack;
  int32_t z[RP_MAX_CORNERS], a[RP_MAX_CORNERS];
} rp_corners;
void rp_stair_find_corners(const rp_stair *stair, int32_t lo, int32_t hi,
                           rp_corners *corners);

#endif
