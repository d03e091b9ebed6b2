/* One query to a verdict. */
#ifndef RAMPART_VERIFY_VERIFY_H
#define RAMPART_VERIFY_VERIFY_H

#include <stdint.h>

#include "core/clock.h"
#include "core/options.h"
#include "core/stats.h"
#include "evidence/proof.h"
#include "net/net.h"
#include "rampart/verdict.h"
#include "tree/search.h"

/** Is there an input within L-infinity distance radius of x, inside the input
 *  range, that the network does not predict as label? */
typedef struct rp_query {
  const uint8_t *x; /* [n_in], borrowed */
  int32_t label;
  int32_t radius; /* 1..255 */
  /* [share_size] a share of this query's search (search.h), in place of all of
   * it; NULL: all. ROBUST then speaks of the share alone. */
  const uint8_t *share;
  size_t share_size;
  rp_split *split;    /* who may want shares of it; NULL: nobody */
  double cpu_limit_s; /* beside the options' limits; 0: none */
} rp_query;

typedef struct rp_answer {
  rp_verdict verdict;
  rp_reason reason;
  rp_evidence evidence;
  int32_t distance; /* of the counterexample; 0: none */
  int32_t shares;   /* given away: ROBUST is about the rest alone */
  double seconds, cpu_seconds;
  rp_stats stats;
} rp_answer;

/** A network made ready for queries, and memory between them. */
typedef struct rp_verifier rp_verifier;

/** @param net  borrowed for the verifier's life
 *  Errors: RP_E_MEMORY. */
rp_status rp_verifier_create(const rp_net *net, const rp_options *options,
                             rp_verifier **verifier, rp_error *err);
void rp_verifier_free(rp_verifier *verifier);

/** Give the next queries a known counterexample to keep: the process aborts at
 *  the first bound, tightening or branch that cuts it off, and falsification is
 *  left out so that the search has to find it. For tests and check builds.
 *  @param x  [n_in], borrowed; NULL ends it */
void rp_verifier_plant(rp_verifier *verifier, const uint8_t *x);

/** Record the proofs of the next queries: after a query that was ROBUST its
 *  proof can be read there; after any other, and if recording failed, there is
 *  none.
 *  @param proof  borrowed; NULL ends it */
void rp_verifier_record(rp_verifier *verifier, rp_proof *proof);

/** Decide one query.
 *  @param stop     cancels from outside: UNKNOWN, interrupted; may be NULL
 *  @param witness  out, [n_in]: the counterexample when VIOLATED
 *  @param answer   out, always filled: failures are UNKNOWN with a reason
 *  Limits: the options' time (within 10 %), nodes and memory. A share goes on
 *  with the time and the nodes that its query had used when it was given away.
 *  Thread: one call at a time on one verifier; uses OpenMP inside. */
void rp_verify(rp_verifier *verifier, const rp_query *query,
               const atomic_bool *stop, uint8_t *witness, rp_answer *answer);

#endif
