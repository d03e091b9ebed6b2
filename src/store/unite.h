/* Two results about the same network and dataset become one that holds what
 * either knows. */
#ifndef RAMPART_STORE_UNITE_H
#define RAMPART_STORE_UNITE_H

#include "store/results.h"

/** The answers of both, question by question. A decided answer is never
 *  replaced by an open one. Two decided answers must be the same; the one with
 *  a counterexample is kept, else the first. Intervals of a maximum radius
 *  intersect. An interval that ends at the cap of its own file says nothing
 *  beyond it; the greater cap becomes that of both.
 *
 *  What the answers say together must be possible for every sample: no proof of
 *  robustness reaches a counterexample.
 *
 *  @param first   its provenance, ranks and timeline are those of the outcome;
 *                 where both are open its reason stands
 *  @param second  may be NULL
 *  @param united  out; sorted; the caller's to free
 *  Both must be sorted, with each question once (rp_results_check_order).
 *  Errors: RP_E_INPUT: a contradiction, with sample and radii; RP_E_MEMORY.
 *  Cost: O(rows + counterexamples). */
rp_status rp_results_unite(const rp_results *first, const rp_results *second,
                           rp_results **united, rp_error *err);

/** Is every row behind the one before it, so that each question is there once?
 *  Errors: RP_E_INPUT with the row. */
rp_status rp_results_check_order(const rp_results *results, rp_error *err);

/** Does the upper end of a radius stand on a counterexample, rather than on the
 *  cap of the search? */
bool rp_radius_is_refuted(const rp_results *results, const rp_radius_row *row);

/** A row's counterexample; NULL: it has none. */
const uint8_t *rp_results_example(const rp_results *results, int64_t number);

#endif
