/* Uniting two results about the same network and dataset. */
#ifndef RAMPART_STORE_UNITE_H
#define RAMPART_STORE_UNITE_H

#include "store/results.h"

/** Unite the answers of both, question by question. A decided answer is never
 *  replaced by an open one. Two decided answers must agree; the one with a
 *  counterexample is kept, else the first. Intervals of a maximum radius are
 *  intersected. An interval that ends at the cap of its file says nothing
 * beyond that; the outcome has the greater cap.
 *
 *  All answers about a sample must be consistent: no counterexample may lie
 *  within a radius that is proved robust.
 *
 *  @param first   determines provenance, ranks, timeline and, where both are
 *                 open, the reason
 *  @param second  may be NULL
 *  @param united  out; sorted; the caller's to free
 *  Both must be sorted, with each question once (rp_results_check_order).
 *  Errors: RP_E_INPUT: a contradiction, with sample and radii; RP_E_MEMORY.
 *  Cost: O(rows + counterexamples). */
rp_status rp_results_unite(const rp_results *first, const rp_results *second,
                           rp_results **united, rp_error *err);

/** Check that rows are in ascending order, so that each question occurs once.
 *  Errors: RP_E_INPUT with the row. */
rp_status rp_results_check_order(const rp_results *results, rp_error *err);

/** Whether the upper end of a radius rests on a counterexample rather than on
 * the cap of the search. */
bool rp_radius_is_refuted(const rp_results *results, const rp_radius_row *row);

#endif
