/* A job on all ranks, from its start to its results.
 *
 * Rank 0 reads and checks everything, then broadcasts a head of sixteen bytes:
 * a status and the length of the setup that follows. If the status is a failure
 * nothing follows and every rank returns it. The others build the network from
 * the setup, every rank starts its computing thread, and the ranks agree that
 * all did; from then on there are only messages (rank0.c, worker.c). */
#include "rampart/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm.h"
#include "rampart/memory.h"
#include "rampart/run_status.h"
#include "ranks.h"

rp_status rp_cluster_init(int *argc, char ***argv, rp_error *err) {
  return rp_comm_init(argc, argv, err);
}
void rp_cluster_fini(int status) {
  fflush(NULL);
  rp_comm_fini(status);
}
int rp_cluster_rank(void) {
  return rp_comm_rank();
}
int rp_cluster_size(void) {
  return rp_comm_size();
}

/* ---- the head and the setup ---- */

enum { HEAD_SIZE = 16 };

/* Longest time until the first task: of rank 0, once its files are read, and of
 * the others. */
enum { ANSWER_S = 600, START_S = 1800 };

static void announce(rp_status status, size_t size) {
  uint8_t bytes[HEAD_SIZE];
  rp_wire head = {.data = bytes, .capacity = HEAD_SIZE};
  rp_wire_put(&head, status, 8);
  rp_wire_put(&head, size, 8);
  rp_comm_broadcast(bytes, HEAD_SIZE);
}

void rp_cluster_decline(rp_status status) {
  announce(status == RP_OK ? RP_E_INTERNAL : status, 0);
}

/* Rank 0: the status, and the setup if it is RP_OK. */
static rp_status send_setup(rp_status st, const rp_setup *setup,
                            const rp_options *options, rp_error *err) {
  rp_wire wire = {0};
  if (st == RP_OK && rp_comm_size() > 1)
    st = rp_wire_put_setup(&wire, setup->net, options, err);
  announce(st, st == RP_OK ? wire.size : 0);
  if (st == RP_OK) rp_comm_broadcast(wire.data, wire.size);
  free(wire.data);
  return st;
}

/* The others. What fails here is said when the ranks agree; the bytes are taken
 * in any case, or the broadcast would not end. */
static rp_status receive_setup(rp_net **net, rp_options *options,
                               bool *declined) {
  uint8_t bytes[HEAD_SIZE];
  rp_comm_broadcast(bytes, HEAD_SIZE);
  rp_wire head = rp_wire_over(bytes, HEAD_SIZE);
  const rp_status announced = (rp_status)rp_wire_get(&head, 8);
  const size_t size = (size_t)rp_wire_get(&head, 8);
  *declined = announced != RP_OK;
  if (*declined) return announced;
  uint8_t *const data = rp_alloc(size, 1);
  rp_comm_broadcast(data, size);
  if (!data) return RP_E_MEMORY;
  rp_wire wire = rp_wire_over(data, size);
  const rp_status st = rp_wire_get_setup(&wire, net, options, NULL);
  free(data);
  return st;
}

/* ---- start ---- */

/* Every rank comes here, whatever failed before: the first failure of all. */
static rp_status agree(rp_status own, rp_error *err) {
  int rank;
  const rp_status st = rp_comm_agree(own, &rank);
  if (st != RP_OK && rank != rp_comm_rank())
    return rp_fail(err, st, "rank %d cannot start: %s", rank,
                   rp_status_name(st));
  return st;
}

static rp_status start_computing(const rp_net *net, const rp_options *options,
                                 int32_t share_of_cores, rp_compute **compute,
                                 rp_error *err) {
  rp_options own = *options;
  if (own.threads == 0) own.threads = share_of_cores;
  return rp_compute_create(net, &own, compute, err);
}

static rp_status run_other(void) {
  rp_net *net = NULL;
  rp_options options;
  rp_compute *compute = NULL;
  bool declined;
  rp_comm_watch(START_S); /* rank 0 may have much to read */
  rp_status st = receive_setup(&net, &options, &declined);
  if (declined) {
    rp_comm_watch(0);
    return st;
  }
  const int32_t share_of_cores = rp_comm_threads();
  if (st == RP_OK)
    st = start_computing(net, &options, share_of_cores, &compute, NULL);
  st = agree(st, NULL);
  rp_comm_watch(0);
  if (st == RP_OK && rp_worker_run(compute, net, options.lost_after) != RP_OK)
    rp_comm_note_loss();
  rp_compute_free(compute);
  rp_net_free(net);
  return st;
}

/* ---- rank 0 ---- */

/* A full disk, a folder that is gone: hours of work go where there is room. The
 * run has failed all the same. */
static rp_status rescue_results(const rp_results *results, rp_status status,
                                rp_error *err) {
  const char *const folder = getenv("TMPDIR");
  char file[256];
  rp_error why = {""};
  snprintf(file, sizeof file, "%.200s/rampart-results.%ld.h5",
           folder && *folder ? folder : "/tmp", (long)getpid());
  if (rp_results_write(results, file, &why) != RP_OK) return status;
  const rp_error first = *err;
  return rp_fail(err, status, "%.230s; the results are in %s", first.text,
                 file);
}

/* Rows as they should stand in the file, and the file if one is wanted. */
static rp_status keep_results(const rp_job *job, rp_results *results,
                              rp_error *err) {
  RP_TRY(rp_results_sort(results, err));
  if (!job->output) return RP_OK;
  const rp_status st = rp_results_write(results, job->output, err);
  return st == RP_E_IO ? rescue_results(results, st, err) : st;
}

static rp_status run_rank0(rp_rank0 *rank0, const rp_rank0_task *task,
                           rp_error *err) {
  const rp_status st = rp_rank0_run(rank0, err);
  rp_error later = {""};
  const rp_status kept = keep_results(task->job, task->results, &later);
  if (task->job->output)
    (st == RP_OK && kept == RP_OK ? rp_run_status_remove
                                  : rp_run_status_fail)(task->job->output);
  if (st != RP_OK) return st;
  if (kept != RP_OK && err) *err = later;
  return kept;
}

static rp_status prepare_results(const rp_job *job, const rp_setup *setup,
                                 const char *history, int32_t share_of_cores,
                                 rp_results **results, rp_error *err) {
  RP_TRY(rp_results_create(results, err));
  const int64_t asked = job->options.threads;
  const int32_t threads = asked ? (int32_t)asked : share_of_cores;
  rp_setup_describe(setup, job, history, rp_comm_size(), threads,
                    &(*results)->provenance);
  return RP_OK;
}

static rp_status run_first(rp_rank0_task task, const char *history,
                           rp_results **results, rp_error *err) {
  const rp_job *const job = task.job;
  const rp_setup *const setup = task.setup;
  rp_rank0 *rank0 = NULL;
  const int32_t share_of_cores = rp_comm_threads();
  rp_status st = start_computing(setup->net, &job->options, share_of_cores,
                                 &task.compute, err);
  if (st == RP_OK)
    st = prepare_results(job, setup, history, share_of_cores, &task.results,
                         err);
  if (st == RP_OK) st = rp_rank0_create(&task, &rank0, err);
  st = agree(st, err);
  rp_comm_watch(0);
  if (st == RP_OK) {
    st = run_rank0(rank0, &task, err);
    *results = task.results;
    task.results = NULL;
  }
  rp_rank0_free(rank0);
  rp_results_free(task.results);
  rp_compute_free(task.compute);
  return st;
}

rp_status rp_cluster_run(const rp_job *job, const char *history, bool live,
                         rp_results **results, rp_error *err) {
  *results = NULL;
  if (rp_comm_rank() != 0) return run_other();
  rp_setup setup;
  rp_ledger *ledger = NULL;
  rp_status st = rp_setup_load(job, &setup, err);
  if (st == RP_OK) st = rp_ledger_open(job, &setup, &ledger, err);
  if (st == RP_OK && (*results = rp_ledger_complete(ledger)) != NULL) {
    rp_cluster_decline(RP_E_STOPPED);
    if (live) fprintf(stderr, "rampart: %s: already complete\n", job->output);
  } else {
    const rp_rank0_task task = {
        .job = job, .setup = &setup, .ledger = ledger, .live = live};
    rp_comm_watch(ANSWER_S);
    st = send_setup(st, &setup, &job->options, err);
    if (st == RP_OK) st = run_first(task, history, results, err);
    rp_comm_watch(0);
  }
  rp_ledger_close(ledger, st == RP_OK && !rp_results_interrupted(*results));
  rp_setup_free(&setup);
  return st;
}
