/* A region: the inputs and accumulators still possible at a node.
 *
 * Inputs lie in a box and, with a ball, in that too; every accumulator lies in
 * an interval. An input belongs to the region if it is in box and ball and its
 * accumulators (of the forward pass) are in their intervals. Everything that
 * shrinks a region keeps every input that is wanted: interval propagation keeps
 * them all, reduced-cost tightening keeps those that reach the threshold. */
#ifndef RAMPART_BOUND_REGION_H
#define RAMPART_BOUND_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bound/ball.h"
#include "net/net.h"

typedef struct rp_region {
  uint8_t *x_lo, *x_hi; /* [n_in] inclusive */
  int32_t *z_lo, *z_hi; /* [n_acc] inclusive, block after block: the
                           accumulators of a block begin at block->first */
  const rp_ball *ball;  /* borrowed; NULL: the box alone */
} rp_region;

/** Bytes of a region's block, for memory limits. */
size_t rp_region_bytes(const rp_net *net);

/** Errors: RP_E_MEMORY. Contents are zero. */
rp_status rp_region_create(const rp_net *net, rp_region **region);
void rp_region_free(rp_region *region);
void rp_region_copy(const rp_net *net, rp_region *to, const rp_region *from);

/** The box of a radius around x, clipped to the input range, and no other ball;
 *  accumulators at their proved ranges. */
void rp_region_ball(const rp_net *net, const uint8_t *x, int32_t radius,
                    rp_region *region);

/** All inputs within a ball of any norm.
 *  @param ball  borrowed for the region's life and that of its copies */
void rp_region_within(const rp_net *net, const rp_ball *ball,
                      rp_region *region);

/** Intersect every accumulator's interval of blocks first..last with what
 *  interval arithmetic gives from their sources; the box is first shrunk to
 * what a ball leaves of it (rp_ball_shrink).
 *  @param work  [rp_interval_work] int32
 *  Returns false if an interval became empty: the region holds no input.
 *  Cost: O(weights of these blocks). Thread: reentrant. */
bool rp_interval_propagate(const rp_net *net, int32_t first, int32_t last,
                           rp_region *region, int32_t *work);
size_t rp_interval_work(const rp_net *net); /* count of int32 */

/** What interval arithmetic gives for the accumulators of one block, from their
 *  sources in the region alone.
 *  @param ends  out: in `work`, in the block's order
 *  Returns false if the box is empty. */
typedef struct rp_interval_ends {
  const int32_t *lo, *hi;
} rp_interval_ends;
bool rp_interval_block(const rp_net *net, int32_t block,
                       const rp_region *region, int32_t *work,
                       rp_interval_ends *ends);

/** May accumulator i of a block take several steps in the region? */
bool rp_region_is_unstable(const rp_block *block, const rp_region *region,
                           int32_t i);

/** True if the point is in box and ball and its accumulators in the intervals.
 *  @param z  [n_acc] accumulators of x */
bool rp_region_holds(const rp_net *net, const rp_region *region,
                     const uint8_t *x, const int32_t *z);

#endif
