/* Which questions each rank may be working on, in a small file beside the
 * results, RESULTS.running: so that the next run knows what a killed process
 * may have died of. It has a place of fixed size for each rank, which is
 * overwritten when the rank comes to others. A process that ends in order
 * removes it, unless a rank did not come back from one. */
#ifndef RAMPART_RUN_RUNNING_H
#define RAMPART_RUN_RUNNING_H

#include "sched/sched.h"

typedef struct rp_running rp_running;

/** Read what an earlier run left: query, question and losses of each task.
 *  Places that are empty or damaged are passed over.
 *  @param task  out: [n], malloc'ed; NULL: nothing
 *  Errors: RP_E_MEMORY. */
rp_status rp_running_read(const char *results, rp_sched_task **task, int64_t *n,
                          rp_error *err);

/** Begin with an empty file. NULL if it cannot be written: a run does without.
 */
rp_running *rp_running_open(const char *results);

/** Note what a rank may be working on, in place of what it did before.
 *  @param task  [n], n <= RP_SCHED_HOLD
 *  Cost: one small write. */
void rp_running_note(rp_running *running, int32_t rank,
                     const rp_sched_task *task, int32_t n);

/** @param keep  leave the file where a rank still works on something */
void rp_running_close(rp_running *running, bool keep); /* NULL is fine */

#endif
