/* Bounds of inner accumulators by one backward pass of slopes each.
 *
 * Every accumulator has two slopes: how steeply it enters a bound where its
 * neuron is wanted large, and where it is wanted small. From an objective +-z
 * of an inner accumulator, the multipliers of all blocks below follow by the
 * rule of docs/evidence.md, section "Slopes", in integers. So no floating point
 * is involved, every bound is exact by construction, and a proof needs two
 * numbers an accumulator instead of a vector of multipliers for each bound. */
#ifndef RAMPART_BOUND_SLOPES_H
#define RAMPART_BOUND_SLOPES_H

#include "bound/region.h"
#include "core/clock.h"
#include "core/stats.h"
#include "evidence/proof.h"

/** Slope with which a staircase enters a bound over an interval, in activation
 *  steps per accumulator unit: that of the chord between the ends, but never
 *  steeper than the steps, and where the staircase is clipped on the side that
 *  counts, either that of the steps or 0, whichever covers more of the
 * interval.
 *  @param wanted_large  the neuron's weight in the objective is at least 0 */
double rp_slope_choose(const rp_stair *stair, int32_t z_lo, int32_t z_hi,
                       bool wanted_large);

/** Scratch memory of one thread, 64 bytes for each accumulator and input.
 *  @param net    borrowed for its life
 *  @param stats  borrowed: counts bounds as exact evaluations
 *  Errors: RP_E_MEMORY. */
typedef struct rp_slopes rp_slopes;
rp_status rp_slopes_create(const rp_net *net, rp_stats *stats,
                           rp_slopes **slopes);
void rp_slopes_free(rp_slopes *slopes); /* NULL is fine */

/** Tighten the unstable accumulators of blocks 1..last, block after block, with
 *  intervals propagated in between and to the last block of the network.
 *  @param trail  steps are recorded here; NULL: nowhere
 *  Returns false if the region holds no input. Stops early at the deadline: the
 *  bounds are then only less tight.
 *  Cost: for every 8 accumulators of a block that are neighbours, one pass with
 *  the transposed operators over the neurons that they depend on. */
bool rp_slopes_tighten(rp_slopes *slopes, rp_region *region, int32_t last,
                       rp_trail *trail, const rp_deadline *deadline);

#endif
