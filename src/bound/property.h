/* Local robustness, stated on accumulators.
 *
 * Class j beats the label y when sigma(z_j) >= sigma(z_y) + delta, delta 0 for
 * j < y and 1 for j > y (the first maximum wins). Maximizing the difference of
 * the outputs would go flat where they saturate, so the condition is split
 * into at most three parts, each a linear objective on the last accumulators:
 *   A  y below the top step (and for delta 0 above the bottom step): z_j - z_y
 *      is at least the least difference over pairs of steps;
 *   B  delta 0, both at the top step;
 *   C  delta 0, y at the bottom step.
 * An input lets j beat y exactly if it belongs to a part and, in part A, meets
 * the step condition; rp_part_propagate brings that condition into regions. */
#ifndef RAMPART_BOUND_PROPERTY_H
#define RAMPART_BOUND_PROPERTY_H

#include "bound/dual.h"

enum { RP_MAX_PARTS = 3 };

typedef struct rp_part {
  char kind; /* 'A', 'B' or 'C' */
  int32_t label, rival, delta;
  rp_objective objective; /* with the threshold the part needs */
} rp_part;

/** The parts for one rival class. Returns their number. */
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
