/* Where all steps are fixed only inputs are left: is there an integer point of
 * the box whose first accumulators lie in their intervals? The rest of the
 * network is constant there.
 *
 * The program asks for the Chebyshev-like centre: maximize t with
 *   lo_i + t <= w_i x + b_i <= hi_i - t,  x in the box.
 * Deep points stay inside when they are rounded, which a vertex of the plain
 * relaxation never does. A negative t shows that there is none; the row duals
 * are then multipliers for the dual bound. */
#ifndef RAMPART_LP_CENTRE_H
#define RAMPART_LP_CENTRE_H

#include "bound/dual.h"
#include "lp/lp.h"
#include "lp/relaxation.h"

/** Can it help with a network? A dense block must be all that reads the input.
 */
bool rp_centre_is_for(const rp_net *net);

/** One thread's program, kept warm while the box shrinks.
 *  Errors: RP_E_MEMORY. */
typedef struct rp_centre rp_centre;
rp_status rp_centre_create(const rp_net *net, rp_stats *stats,
                           rp_centre **centre);
void rp_centre_free(rp_centre *centre);

/** Solve over a region.
 *  @param counts      [first layer] accumulators to look at: the others do not
 *                     matter
 *  @param relaxation  value: t; lambda: of the first layer, and 0; x. Not z, a.
 *  found is false when the solver failed or no interval is narrower than the
 *  box makes it; the next call builds the program anew. */
void rp_centre_solve(rp_centre *centre, const rp_region *region,
                     const bool *counts, const rp_deadline *deadline,
                     rp_relaxation *relaxation);

#endif
