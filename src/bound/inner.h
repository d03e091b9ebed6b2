/* Bounds of inner accumulators by the dual, for networks with two or more
 * hidden layers: plain intervals get too wide there. */
#ifndef RAMPART_BOUND_INNER_H
#define RAMPART_BOUND_INNER_H

#include "bound/dual.h"
#include "core/clock.h"

/** Tighten every unstable accumulator of layers 1..last, layer by layer: the
 *  dual bound of +-z on the network cut off there, so many evaluations each,
 *  intervals propagated in between. Every bound is an exact integer value.
 *  Returns false if the region holds no input. Stops early at the deadline or
 *  without memory: the bounds are then only less tight. */
bool rp_inner_tighten(rp_dual *dual, rp_region *region, int32_t last,
                      int32_t evaluations, const rp_deadline *deadline);

#endif
