/* The job on MPI: rank 0 cuts it into tasks and deals them out by need; every
 * rank computes, rank 0 too. */
#ifndef RAMPART_CLUSTER_H
#define RAMPART_CLUSTER_H

#include <stdbool.h>

#include "rampart/job.h"
#include "rampart/results.h"
#include "rampart/status.h"

/** Start MPI if this process was started by mpirun or srun; a process started
 *  by hand is rank 0 of 1 and never touches MPI. */
rp_status rp_cluster_init(int *argc, char ***argv, rp_error *err);
void rp_cluster_fini(void);
int rp_cluster_rank(void);
int rp_cluster_size(void);

/** Run a job. Collective: rank 0 passes the job, the others NULL.
 *  @param history  the command line, for provenance
 *  @param live     show the progress line (rank 0)
 *  @param results  out on rank 0, NULL on the others; sorted; already written
 *                  to job->output if that is set
 *  Errors: the same status on every rank; rank 0 has the text. */
rp_status rp_cluster_run(const rp_job *job, const char *history, bool live,
                         rp_results **results, rp_error *err);

#endif
