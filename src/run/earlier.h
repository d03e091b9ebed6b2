/* What earlier runs found, as one table of results: from their output file, and
 * from the journal of a run that ended too early. */
#ifndef RAMPART_RUN_EARLIER_H
#define RAMPART_RUN_EARLIER_H

#include "run/setup.h"
#include "store/journal.h"
#include "store/proof_file.h"
#include "store/results.h"

/** Read the output file if there is one, and check that its answers are answers
 *  of this job: every label, and every counterexample by the network.
 *  @param own    provenance of this run
 *  @param found  out; NULL: there is no such file
 *  Errors: RP_E_INPUT: results of another job, or damaged ones; RP_E_MEMORY. */
rp_status rp_earlier_read(const char *file, const rp_setup *setup,
                          const rp_provenance *own, rp_results **found,
                          rp_error *err);

/** The answers that stand in a journal as rows. What no row can say, such as
 *  which radii a search gave up, is left out.
 *  @param own  provenance of this run, with the cap of the journal's searches
 *  Errors: RP_E_INPUT: an answer that is not about this job, or a
 *  contradiction; RP_E_MEMORY. */
rp_status rp_earlier_fold(rp_journal *journal, const rp_setup *setup,
                          const rp_provenance *own, rp_results **found,
                          rp_error *err);

/** Find a row: its index, or -1. Cost: O(log rows). */
int64_t rp_earlier_query(const rp_results *results, int64_t sample,
                         int32_t radius);
int64_t rp_earlier_radius(const rp_results *results, int64_t sample);

/** The rows that the plan asks for, with ranks, timeline and provenance.
 *  Errors: RP_E_MEMORY. */
rp_status rp_earlier_pick(const rp_results *from, const rp_sched_plan *plan,
                          rp_results **picked, rp_error *err);

/** The rows of a run that goes on, and for each question of its plan that has
 *  none one that says so, as if the run had been stopped now: a file that holds
 *  fewer rows than questions is not a whole one.
 *  Errors: RP_E_MEMORY. */
rp_status rp_earlier_fill(const rp_results *results, const rp_setup *setup,
                          rp_results **filled, rp_error *err);

/** Count the rows that the plan does not ask for. */
int64_t rp_earlier_count_others(const rp_results *results,
                                const rp_sched_plan *plan);

#endif
