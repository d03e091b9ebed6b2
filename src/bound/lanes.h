/* The backward pass of slopes, for up to 16 objectives at a time: an upper and
 * a lower bound of 8 accumulators of one block. Neighbours depend on nearly the
 * same neurons, so they share the walk over the operators' taps, and each tap
 * is one vector instruction for all of them. */
#ifndef RAMPART_BOUND_LANES_H
#define RAMPART_BOUND_LANES_H

#include "bound/region.h"

enum { LANE_ROWS = 8, LANE_COUNT = 2 * LANE_ROWS };

/** Slopes of all accumulators, in units of 2^-bits of their block. */
typedef struct lane_rule {
  const int32_t *positive, *negative; /* [n_acc] */
  const int32_t *bits;                /* [n_blocks] */
} lane_rule;

/** The accumulators to be bounded. */
typedef struct lane_rows {
  int32_t block, n; /* n <= LANE_ROWS */
  const int32_t *row;
} lane_rows;

/** Scratch memory; NULL without memory.
 *  @param net  borrowed for its life */
typedef struct lanes lanes;
lanes *lanes_create(const rp_net *net);
void lanes_free(lanes *l); /* NULL is fine */

/** Look at a block of a region, which is borrowed: computes its corners. All
 *  blocks below that of an objective must have been set, and be set again after
 *  their intervals changed. */
void lanes_set_block(lanes *l, const rp_region *region, int32_t block);

/** Upper bounds of z and of -z for each of the rows, by the rule of slopes with
 *  objective multipliers +-2^frac.
 *  @param upper, lower  out, [rows->n]
 *  Returns false if a number would leave 32 bits (nothing is known then): fewer
 *  bits may do. */
bool lanes_bound(lanes *l, const lane_rule *rule, const lane_rows *rows,
                 int32_t frac, int64_t *upper, int64_t *lower);

#endif
