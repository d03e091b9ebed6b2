/* Whole networks as integer programs, given as they are to a solver's branch
 * and cut: the baselines that the other engine is compared with.
 *
 * What is found so rests on floating point alone: an integer point is to be
 * replayed, and "infeasible" is a claim that nobody has proved. */
#ifndef RAMPART_LP_INTEGER_H
#define RAMPART_LP_INTEGER_H

#include "core/clock.h"
#include "core/stats.h"
#include "net/net.h"

/** How a staircase is written; src/lp has one file for each. */
typedef enum rp_integer_encoding {
  RP_INTEGER_ONEHOT, /* a binary for each value of a neuron: QVIP's */
  RP_INTEGER_COMPACT /* the value as one integer, a binary a clipped end */
} rp_integer_encoding;

/** Is there an input with box_lo <= x <= box_hi that is not predicted as label?
 *  All is borrowed. */
typedef struct rp_integer_query {
  rp_integer_encoding encoding;
  const rp_net *net;
  const uint8_t *box_lo, *box_hi; /* [n_in] inclusive */
  int32_t label;
  int32_t threads; /* OpenMP threads that fill rows, at least 1 */
} rp_integer_query;

typedef enum rp_integer_outcome {
  RP_INTEGER_CLAIMS_ROBUST, /* the solver says infeasible */
  RP_INTEGER_POINT,         /* the witness is the solver's integer point */
  RP_INTEGER_LIMIT,         /* deadline or stop flag */
  RP_INTEGER_FAILED         /* numeric trouble or a caught abort */
} rp_integer_outcome;

/** Ask GLPK.
 *  @param witness  out, [n_in], on RP_INTEGER_POINT; inside the box
 *  @param outcome  out, on RP_OK
 *  Errors: RP_E_MEMORY; RP_E_RANGE if there are 2^31 entries or more.
 *  Cost: building O(weights), one-hot times the values a neuron can take; the
 *  solution without bound. The deadline holds to about a second.
 *  Thread: fills rows with OpenMP, solves in the caller; the program does not
 *  depend on the threads. */
rp_status rp_integer_solve(const rp_integer_query *query,
                           const rp_deadline *deadline, uint8_t *witness,
                           rp_integer_outcome *outcome, rp_stats *stats);

/** Write the program for another solver, in CPLEX LP format. Feasibility alone
 *  is asked, the objective is zero; input p is column c<p + 1>.
 *  Errors: as above; RP_E_IO; RP_E_NUMERIC after a caught abort. */
rp_status rp_integer_write(const rp_integer_query *query, const char *file);

#endif
