/* QVIP's own encoding, given whole to GLPK's branch and cut: the reference that
 * the other engine is compared with.
 *
 * What it finds rests on floating point alone: an integer point is to be
 * replayed, and "infeasible" is a claim that nobody has proved. */
#ifndef RAMPART_ONEHOT_H
#define RAMPART_ONEHOT_H

#include "rampart/clock.h"
#include "rampart/net.h"
#include "rampart/stats.h"

typedef enum rp_onehot_outcome {
  RP_ONEHOT_CLAIMS_ROBUST, /* the solver says infeasible */
  RP_ONEHOT_POINT,         /* the witness is the solver's integer point */
  RP_ONEHOT_LIMIT,         /* deadline or stop flag */
  RP_ONEHOT_FAILED         /* numeric trouble or a caught abort */
} rp_onehot_outcome;

/** Is there an input with box_lo <= x <= box_hi that is not predicted as label?
 *  @param witness  out, [n_in], on RP_ONEHOT_POINT; inside the box
 *  @param outcome  out, on RP_OK
 *  Errors: RP_E_MEMORY.
 *  Cost: rows grow with the number of values a neuron can take, the time
 *  without bound; the deadline holds to about a second.
 *  Thread: fills rows with OpenMP, solves in the caller.
 *  Source: Zhang et al., QVIP (ASE 2022). */
rp_status rp_onehot_solve(const rp_net *net, const uint8_t *box_lo,
                          const uint8_t *box_hi, int32_t label,
                          const rp_deadline *deadline, uint8_t *witness,
                          rp_onehot_outcome *outcome, rp_stats *stats);

#endif
