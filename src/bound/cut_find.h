/* Which cuts are worth using: those of the neurons whose activations a relaxed
 * point sets too well, most weight in the objective first. */
#ifndef RAMPART_BOUND_CUT_FIND_H
#define RAMPART_BOUND_CUT_FIND_H

#include "bound/dual.h"

/** Where to look. All borrowed. */
typedef struct rp_cut_view {
  rp_cut_point *point;
  rp_dual *dual;       /* set to the region, with the cuts in use */
  const double *x;     /* [n_in] of the relaxed point */
  const double *z, *a; /* [n_acc] of the same */
  double least_gain;   /* of the objective, by a cut */
  int32_t most;        /* cuts to be found */
} rp_cut_view;

/** Append cuts that the point violates, with multipliers of 0.
 *  @param cuts    in and out: those in use, up to rp_cuts_room
 *  @param lambda  in and out, [n_acc + cuts->n]
 *  Returns how many: none if memory is lacking. The dual uses them from the
 *  next rp_dual_use_cuts on.
 *  Cost: a separation for each unstable neuron of the first block. */
int32_t rp_cut_find(const rp_cut_view *view, rp_cuts *cuts, double *lambda);

/** Drop cuts whose multipliers are 0.
 *  @param pi  in and out, [cuts->n] the multipliers */
void rp_cut_drop_idle(rp_cuts *cuts, double *pi);

/** Let go of all cuts. */
void rp_cut_drop_all(rp_cuts *cuts);

#endif
