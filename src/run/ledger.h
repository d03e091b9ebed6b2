/* What rank 0 keeps on disk while a run goes on: the journal of its answers,
 * and the proofs that belong to them. */
#ifndef RAMPART_RUN_LEDGER_H
#define RAMPART_RUN_LEDGER_H

#include <stdio.h>

#include "input/job.h"
#include "run/setup.h"
#include "sched/sched.h"
#include "store/proof_file.h"
#include "store/results.h"

typedef struct rp_ledger rp_ledger;

/** Look at what earlier runs left, unless the job starts afresh. No file is
 *  changed.
 *  @param job, setup  borrowed until rp_ledger_close; cap and evidence are
 *                     raised to those of the files
 *  Errors: RP_E_INPUT: results or a journal of another job, damaged ones, or
 *  answers that contradict each other; RP_E_IO, RP_E_MEMORY. */
rp_status rp_ledger_open(rp_job *job, rp_setup *setup, rp_ledger **ledger,
                         rp_error *err);

/** The rows of this job, if earlier runs answered all of them and no journal
 *  waits; else NULL. What was left unknown counts as answered only on resuming
 *  with the same limits. The caller's to free. */
rp_results *rp_ledger_complete(const rp_ledger *ledger);

/** Keep older files under another name if the job starts afresh; else hand the
 *  scheduler what is known. Then make the files ready for more. Before any
 *  worker joins.
 *  Errors: RP_E_INPUT: an answer that is not about this job; files are as they
 *  were. RP_E_IO, RP_E_MEMORY. */
rp_status rp_ledger_begin(rp_ledger *ledger, rp_sched *sched, rp_error *err);

/** Print what was taken over, or which older files were renamed. */
void rp_ledger_say(const rp_ledger *ledger, FILE *out);
/** Print that nothing is left to ask. */
void rp_ledger_say_complete(const rp_ledger *ledger, FILE *out);

/** Keep an answer; the arguments are those of the scheduler's `answered`. What
 *  cannot be written is logged and tried again later. */
void rp_ledger_answer(rp_ledger *ledger, int32_t worker,
                      const rp_sched_task *task, const rp_answer *answer,
                      const uint8_t *witness);

/** Note what a worker may be working on, for the next run if this one is
 * killed.
 *  @param task  [n], n <= RP_SCHED_HOLD */
void rp_ledger_running(rp_ledger *ledger, int32_t worker,
                       const rp_sched_task *task, int32_t n);

/** Keep what a stop left of a question; the argument is that of the scheduler's
 *  `left`. */
void rp_ledger_left(rp_ledger *ledger, const rp_sched_left *left);

/** Note that a task has ended; the arguments are those of the scheduler's
 *  `task_ended`. A proof of which a task has left no stream is not whole. */
void rp_ledger_ended(rp_ledger *ledger, int32_t worker,
                     const rp_sched_task *task, const rp_answer *answer);

/** Keep a block of a proof, before its answer. Errors: RP_E_IO. */
rp_status rp_ledger_proof(rp_ledger *ledger, const rp_proof_key *key,
                          const uint8_t *bytes, size_t size, rp_error *err);

/** Write what waits; now and then put it on the disk. Proofs go first.
 *  @param now_s   on rp_clock_wall_s
 *  Errors: RP_E_IO: proofs cannot be kept. (A journal that cannot is tried
 *  again, and said.) */
rp_status rp_ledger_write(rp_ledger *ledger, double now_s, rp_error *err);

/** Write the results to the job's output, united with what was known before,
 *  and let the proofs that they rest on have their name: the older two stay, or
 *  both are new.
 *  @param results  sorted; what they say of their proofs is filled in
 *  Errors: RP_E_INPUT: an answer contradicts an earlier one, and nothing is
 *  written; RP_E_IO, RP_E_MEMORY. */
rp_status rp_ledger_results(rp_ledger *ledger, rp_results *results,
                            rp_error *err);

/** Replace the rows of a run by what is known of its questions from earlier
 *  runs too.
 *  @param results  sorted
 *  Errors: RP_E_INPUT: a contradiction; RP_E_MEMORY; the rows stay. */
rp_status rp_ledger_settle(rp_ledger *ledger, rp_results **results,
                           rp_error *err);

/** Where the proofs are now; the ledger's own. NULL: there are none,
 *  or they are gone. */
const char *rp_ledger_proofs(const rp_ledger *ledger);

/** Write all that is left, and put it on the disk.
 *  Errors: RP_E_IO: proofs cannot be kept. */
rp_status rp_ledger_end(rp_ledger *ledger, rp_error *err);

/** @param complete  every row is decided or given up and safe in the results:
 *                   the journal is removed. Else it stays. */
void rp_ledger_close(rp_ledger *ledger, bool complete); /* NULL is fine */

#endif
