/* One question to a verdict. */
#ifndef RAMPART_VERIFY_VERIFY_H
#define RAMPART_VERIFY_VERIFY_H

#include <stdint.h>

#include "condition/condition.h"
#include "core/answer.h"
#include "core/clock.h"
#include "core/options.h"
#include "evidence/proof.h"
#include "net/net.h"
#include "tree/search.h"

/** A network made ready for queries, and memory between them. */
typedef struct rp_verifier rp_verifier;

/** @param net  borrowed for the verifier's life
 *  @param options  copied; with a property in it, that is asked
 *  Errors: RP_E_MEMORY; with a property those of rp_condition_read and
 *  rp_verifier_ask. */
rp_status rp_verifier_create(const rp_net *net, const rp_options *options,
                             rp_verifier **verifier, rp_error *err);
void rp_verifier_free(rp_verifier *verifier);

/** Ask the next questions by a condition in place of the sample's class: is
 *  there an input in the ball or the box that meets it? MISCLASSIFIED is then a
 *  sample about which there is nothing to decide (rp_condition_is_void),
 *  INVALID the label itself as the class that is asked for.
 *
 *  What is searched is the network with the condition as further blocks
 *  (condition/compile.h), and proofs speak of its blocks; counterexamples are
 *  replayed on the network itself and judged by rp_condition_is_met.
 *  @param condition  borrowed
 *  Errors: those of rp_condition_compile; the next questions are then asked as
 *  before. Cost: that of building the network, with the top k for each label.
 */
rp_status rp_verifier_ask(rp_verifier *verifier, const rp_condition *condition,
                          rp_error *err);

/** Ask by the sample's class again, as in the beginning. */
void rp_verifier_ask_classes(rp_verifier *verifier);

/** Give the next queries a known counterexample to keep: the process aborts at
 *  the first bound, tightening or branch that cuts it off, and falsification is
 *  left out so that the search has to find it. For tests and check builds.
 *  @param x  [n_in], borrowed; NULL ends it */
void rp_verifier_plant(rp_verifier *verifier, const uint8_t *x);

/** Use cuts from the first node of each search on, and shave all nodes of deep
 *  networks, so that the short searches of tests have both. For tests. */
void rp_verifier_cut_at_once(rp_verifier *verifier);

/** Record the proofs of the next queries: after a query that was ROBUST its
 *  proof can be read there; after any other, and if recording failed, there is
 *  none.
 *  @param proof  borrowed; NULL ends it */
void rp_verifier_record(rp_verifier *verifier, rp_proof *proof);

/** Let others take subproblems of the searches of the next questions.
 *  @param split  borrowed; NULL ends it */
void rp_verifier_split(rp_verifier *verifier, rp_split *split);

/** Decide one question.
 *  @param stop     cancels from outside: UNKNOWN, interrupted; may be NULL
 *  @param witness  out, [n_in]: the counterexample when VIOLATED
 *  @param answer   out, always filled: failures are UNKNOWN with a reason
 *  Limits: the options' time (within 10 %), nodes and memory. A subproblem goes
 * on with the time and the nodes that its query had used when it was given
 * away. Thread: one call at a time on one verifier; uses OpenMP inside. */
void rp_verify(rp_verifier *verifier, const rp_question *question,
               const atomic_bool *stop, uint8_t *witness, rp_answer *answer);

#endif
