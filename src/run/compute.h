/* The computing thread of a rank.
 *
 * The main thread does all MPI calls and hands tasks over; the computing thread
 * decides them one after the other (with OpenMP inside). So messages are served
 * while a query runs, and a cancellation reaches it at once through its stop
 * flag.
 *
 * All functions are for the main thread. */
#ifndef RAMPART_RUN_COMPUTE_H
#define RAMPART_RUN_COMPUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "core/options.h"
#include "evidence/proof.h"
#include "net/net.h"
#include "store/results.h"

typedef struct rp_compute rp_compute;

/** Start the thread; its verifier is made in it, since LP memory belongs to
 *  the thread that made it.
 *  @param net  borrowed until rp_compute_free
 *  Errors: RP_E_MEMORY, or what the verifier says. */
rp_status rp_compute_create(const rp_net *net, const rp_options *options,
                            rp_compute **compute, rp_error *err);

/** Stop the task that runs, drop those that wait, and join the thread. The
 *  counters stay readable. */
void rp_compute_stop(rp_compute *compute);
void rp_compute_free(rp_compute *compute); /* NULL is fine */

typedef struct rp_compute_task {
  int64_t id;
  uint64_t attempt;     /* at its proof, rp_attempt (store/proof_file.h) */
  rp_question question; /* its x and subproblem are copied */
} rp_compute_task;

/** False if RP_SCHED_HOLD tasks are held: the scheduler never sends more. */
bool rp_compute_push(rp_compute *compute, const rp_compute_task *task);

/** Take a task back if it has not begun; with abandon, also stop it if it runs.
 *  Returns true if it was taken back: there will be no answer. */
bool rp_compute_cancel(rp_compute *compute, int64_t id, bool abandon);

/** Ask a task for subproblems of its search (tree/search.h), which it gives
 * once it has run for a while, unless it ends before. RP_SUBPROBLEMS_OF_ALL:
 * for all open nodes; the task then ends with what it has proved, also if it is
 * stopped. */
void rp_compute_split(rp_compute *compute, int64_t id, int32_t subproblems);

/** A subproblem that a running task gave away. */
typedef struct rp_compute_subproblem {
  int64_t id;     /* of the task */
  uint8_t *bytes; /* [size] the taker's to free; NULL: none after all */
  size_t size;
  bool last; /* of this giving */
} rp_compute_subproblem;

/** The oldest subproblem not yet taken, if there is one. While there is one,
 *  rp_compute_take has no answers: subproblems come before the end of their
 * task. */
bool rp_compute_take_subproblem(rp_compute *compute,
                                rp_compute_subproblem *subproblem);

typedef struct rp_compute_answer {
  rp_compute_task task; /* its x and subproblem are gone with the next */
  rp_answer answer;
  const uint8_t *witness; /* [n_in] if violated, else NULL; until the next */
  double ended_s;         /* by this rank's clock */
  rp_proof *proof;        /* if there is one, else NULL; until the next */
} rp_compute_answer;

/** The oldest answer not yet taken, if there is one. */
bool rp_compute_take(rp_compute *compute, rp_compute_answer *answer);

/** The number of tasks that wait or run. */
int32_t rp_compute_count_unanswered(rp_compute *compute);

/** Sleep until there are at least as many answers as unanswered tasks, and at
 *  least one, or until there is a subproblem; at most this long. */
void rp_compute_wait(rp_compute *compute, double seconds);

/** This rank's counters so far; rank and messages are left out. */
void rp_compute_counters(rp_compute *compute, rp_rank_row *row);

#endif
