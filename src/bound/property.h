/* Local robustness, stated on accumulators.
 *
 * Class j beats the label y when sigma_j(z_j) >= sigma_y(z_y) + delta, delta 0
 * for j < y and 1 for j > y (the first maximum wins). Maximizing the difference
 * of the outputs would go flat where they saturate, so the condition is split
 * by v = sigma_y(z_y) into at most three parts, each a linear objective on the
 * last accumulators:
 *   A  v below y's top, and above lo_j - delta, up to which j always wins: a
 *      weighted difference of z_j and z_y is at least the least that any such v
 *      asks for. The weights make up for steps of different lengths;
 *   B  v is y's top: z_j reaches v + delta;
 *   C  v is at most lo_j - delta.
 * If both have the same staircase, B and C are only there for delta 0, and the
 * weights are 1. An input lets j beat y exactly if it belongs to a part and, in
 * part A, meets the step condition; rp_part_propagate brings that condition
 * into regions. */
#ifndef RAMPART_BOUND_PROPERTY_H
#define RAMPART_BOUND_PROPERTY_H

#include "bound/dual.h"

enum { RP_MAX_PARTS = 3 };

typedef struct rp_part {
  char kind; /* 'A', 'B' or 'C' */
  int32_t label, rival, delta;
  rp_objective objective; /* with the threshold the part needs */
} rp_part;

/** The parts for one rival class. Part C, which asks nothing of the rival, is
 *  left out if that of an earlier rival contains it. Returns their number.
 *  Cost: that of rp_stair_find_least_difference. */
int32_t rp_property_parts(const rp_net *net, int32_t label, int32_t rival,
                          rp_part parts[RP_MAX_PARTS]);

/** Cut a region down to the part's own bounds on the last accumulators.
 *  Returns false if nothing is left. */
bool rp_part_restrict(const rp_net *net, const rp_part *part,
                      rp_region *region);

/** Propagate the step condition between the two last accumulators.
 *  Returns false if nothing is left. Keeps every input that meets it. */
bool rp_part_propagate(const rp_net *net, const rp_part *part,
                       rp_region *region);

/** Does rival beat label at these last accumulators? */
bool rp_rival_wins(const rp_net *net, const int32_t *z_last, int32_t label,
                   int32_t rival);

#endif
