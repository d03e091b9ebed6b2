/* Bounds of inner accumulators by the dual, for networks with two or more
 * hidden layers: plain intervals get too wide there. */
#ifndef RAMPART_BOUND_INNER_H
#define RAMPART_BOUND_INNER_H

#include "bound/dual.h"
#include "core/clock.h"

/** How much is done for one bound. */
typedef struct rp_inner_effort {
  int32_t evaluations; /* of the dual, and after each round of cuts */
  int32_t cut_rounds;  /* at most; 0: no cuts */
} rp_inner_effort;

/** Tighten every unstable accumulator of layers 1..last, layer by layer: the
 *  dual bound of +-z on the network cut off there, intervals propagated in
 *  between. Every bound is an exact integer value. The dual is to
 *  be set again before it is used.
 *  Returns false if the region holds no input. Stops early at the deadline or
 *  without memory: the bounds are then only less tight. */
bool rp_inner_tighten(rp_dual *dual, rp_region *region, int32_t last,
                      const rp_inner_effort *effort,
                      const rp_deadline *deadline);

#endif
