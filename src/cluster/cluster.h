/* The job on MPI: rank 0 cuts it into tasks and deals them out by need; every
 * rank computes, rank 0 too.
 *
 * A process started by hand is rank 0 of 1 and never touches MPI. */
#ifndef RAMPART_CLUSTER_CLUSTER_H
#define RAMPART_CLUSTER_CLUSTER_H

#include <stdbool.h>

#include "input/job.h"
#include "rampart/status.h"
#include "store/results.h"

/** Start MPI if this process was started by mpirun or srun.
 *  Errors: RP_E_USAGE if srun started several tasks without MPI (they would
 *  all write the same file); RP_E_INTERNAL if MPI does not start. */
rp_status rp_cluster_init(int *argc, char ***argv, rp_error *err);

/** End MPI. If the other ranks cannot be reached (one may have died), the
 *  process exits here with this status, so nothing may be left to do but to
 *  return it. Standard output is flushed. */
void rp_cluster_fini(int status);

int rp_cluster_rank(void);
int rp_cluster_size(void);

enum {
  RP_RUN_LIVE = 1, /* show progress on standard error: one line rewritten on a
                      terminal, a line per interval elsewhere */
  RP_RUN_MORE = 2  /* another run is to follow, with another job */
};

/** Run a job. Collective: rank 0 passes the job, the others NULL; they return
 *  when no other run follows.
 *
 *  The stop flag of clock.h, set on any rank, ends the run: what runs is
 *  cancelled, what is left becomes UNKNOWN, interrupted, and the results are
 *  written; the status is still RP_OK. While it runs, the rows finished so far
 *  are written to job->output at intervals, and every answer to the journal
 *  beside it (journal.h), which goes once every row is decided or given up. A
 *  run that finds a journal goes on with it, as job->begin says.
 *
 *  @param history  the command line, for provenance
 *  @param flags    RP_RUN_LIVE, RP_RUN_MORE, on rank 0
 *  @param results  out on rank 0, NULL on the others; sorted; already written
 *                  to job->output if that is set. On RP_E_IO it is set too.
 *  Errors: the same status on every rank if the run cannot start; what fails
 *  later (RP_E_MEMORY, RP_E_RANGE, RP_E_IO: rows cannot be kept) is rank 0's
 *  alone. Rank 0 has the text. */
rp_status rp_cluster_run(const rp_job *job, const char *history, unsigned flags,
                         rp_results **results, rp_error *err);

/** Whether the other ranks take part in another run, on rank 0: not if one was
 *  lost, a run could not start, or a signal ended it. */
bool rp_cluster_is_ready(void);

/** On rank 0, before rp_cluster_fini: let the others go, if they still wait for
 *  a run (an unreadable job file, a job that was complete): their
 *  rp_cluster_run returns this status at once, without a text. */
void rp_cluster_release(rp_status status);

#endif
