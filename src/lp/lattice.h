/* Integer points near the Chebyshev-like centre of a box (lp/centre.h).
 *
 * Where that point lies less than a few units inside its intervals, rounding
 * leaves them: every input that moves takes all accumulators along. Sums of a
 * few moves that leave the accumulators nearly where they are, found by
 * reducing a lattice, lead to integer points that stay inside. */
#ifndef RAMPART_LP_LATTICE_H
#define RAMPART_LP_LATTICE_H

#include "bound/dual.h"
#include "lp/relaxation.h"

/** One thread's basis and scratch memory. */
typedef struct rp_lattice rp_lattice;

/** @param seed  the same seed, the same points. Errors: RP_E_MEMORY. */
rp_status rp_lattice_create(const rp_net *net, uint64_t seed,
                            rp_lattice **lattice);
void rp_lattice_free(rp_lattice *lattice);

/** Make a reduced basis for a solution of rp_centre_solve.
 *  @param region      its region, or a smaller one
 *  @param relaxation  value, lambda of the first layer, x
 *  Returns false if there is none: nothing to move, or numbers beyond use.
 *  Cost: about that of the program itself. */
bool rp_lattice_reduce(rp_lattice *lattice, const rp_region *region,
                       const rp_relaxation *relaxation);

/** A random point of the lattice, close to where integer points are most
 *  likely; after rp_lattice_reduce.
 *  @param point  out, [n_in], inside the region's box; whether its accumulators
 *                are inside their intervals is not looked at
 *  Returns false if the point drawn lies outside the box. Cost: two
 *  microseconds for 60 inputs. */
bool rp_lattice_draw(rp_lattice *lattice, uint8_t *point);

#endif
