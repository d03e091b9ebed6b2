/* A job on all ranks, from its start to its results.
 *
 * Rank 0 reads and checks everything, then broadcasts a head of sixteen bytes:
 * a status and the length of the setup that follows. If the status is a failure
 * nothing follows and every rank returns it. The others build the network from
 * the setup, every rank starts its computing thread, and the ranks agree that
 * all did; from then on there are only messages (rank0.c, worker.c). Several
 * runs may follow each other: the message that ends one says whether the others
 * should wait for another head. */
#include "cluster/cluster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster/comm.h"
#include "cluster/ranks.h"
#include "core/memory.h"
#include "core/text.h"
#include "store/run_status.h"

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

/* While rank 0 reads its files it sends heads that say only that, since the
 * others bear silence only for a limited time (rp_comm_watch). */
enum { READING = 0xffff };
static const double TELL_EVERY_S = 10;

static double tell_reading_every_s(void) {
  return fmin(TELL_EVERY_S, rp_comm_start_within() / 4.0);
}

static void announce(int status, size_t size) {
  uint8_t bytes[HEAD_SIZE];
  rp_bytes head = {.data = bytes, .capacity = HEAD_SIZE};
  rp_comm_watch(true);
  rp_bytes_put(&head, (uint64_t)status, 8);
  rp_bytes_put(&head, size, 8);
  rp_comm_broadcast(bytes, HEAD_SIZE);
}

/* On rank 0: the others wait for a head. */
static bool others_wait = true;

bool rp_cluster_is_ready(void) {
  return others_wait;
}

void rp_cluster_release(rp_status status) {
  /* A broadcast to a rank that died would not end. */
  if (others_wait && !rp_comm_has_loss())
    announce((int)(status == RP_OK ? RP_E_STOPPED : status), 0);
  others_wait = false;
  rp_comm_watch(false);
}

/* On rank 0: broadcast the status, and the setup if the status is RP_OK. */
static rp_status send_setup(rp_status st, const rp_setup *setup,
                            const rp_options *options, rp_error *err) {
  rp_bytes wire = {0};
  if (st == RP_OK && rp_comm_size() > 1)
    st = rp_wire_put_setup(&wire, setup->net, options, err);
  announce(st, st == RP_OK ? wire.size : 0);
  others_wait = false;
  if (st == RP_OK) rp_comm_broadcast(wire.data, wire.size);
  free(wire.data);
  return st;
}

static int receive_head(size_t *size) {
  int announced;
  do {
    uint8_t bytes[HEAD_SIZE];
    rp_comm_watch(true);
    rp_comm_broadcast(bytes, HEAD_SIZE);
    rp_bytes head = rp_bytes_over(bytes, HEAD_SIZE);
    announced = (int)rp_bytes_get(&head, 8);
    *size = (size_t)rp_bytes_get(&head, 8);
  } while (announced == READING);
  return announced;
}

/* The others. What fails here is said when the ranks agree; the bytes are taken
 * in any case, or the broadcast would not end. */
static rp_status receive_setup(rp_net **net, rp_options *options,
                               bool *declined) {
  size_t size;
  const rp_status announced = (rp_status)receive_head(&size);
  *declined = announced != RP_OK;
  if (*declined) return announced;
  uint8_t *const data = rp_alloc(size, 1);
  rp_comm_broadcast(data, size);
  if (!data) return RP_E_MEMORY;
  rp_bytes wire = rp_bytes_over(data, size);
  const rp_status st = rp_wire_get_setup(&wire, net, options, NULL);
  free(data);
  return st;
}

/* ---- start ---- */

/* Every rank calls this, whatever failed before. It yields the failure of the
 * first rank that failed. */
static rp_status agree(rp_status own, rp_error *err) {
  int rank;
  const rp_status st = rp_comm_agree(own, &rank);
  if (st == RP_E_USAGE && rank != rp_comm_rank()) /* of its setup alone */
    return rp_fail(err, st,
                   "rank %d runs another build of Rampart than rank 0: start "
                   "the same program on all ranks",
                   rank);
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

static rp_status run_other(bool *more) {
  rp_net *net = NULL;
  rp_options options;
  rp_options_default(&options); /* should the setup not be read */
  rp_compute *compute = NULL;
  bool declined;
  *more = false;
  rp_status st = receive_setup(&net, &options, &declined);
  if (declined) {
    rp_comm_watch(false);
    return st;
  }
  const int32_t share_of_cores = rp_comm_threads();
  rp_comm_find_nodes();
  if (st == RP_OK)
    st = start_computing(net, &options, share_of_cores, &compute, NULL);
  st = agree(st, NULL);
  rp_comm_watch(false);
  rp_comm_set_patience(RP_PATIENCE_FACTOR * options.lost_after);
  if (st == RP_OK &&
      rp_worker_run(compute, net, options.lost_after, more) != RP_OK)
    rp_comm_note_loss();
  rp_compute_free(compute);
  rp_net_free(net);
  return st;
}

/* Returns the first failure; there is no run after one. */
static rp_status run_others(void) {
  rp_status st;
  bool more;
  do st = run_other(&more);
  while (st == RP_OK && more);
  return st;
}

/* ---- rank 0 ---- */

/* Save the results under a name that no file has; `file` has 256 bytes. */
static bool write_below(const char *folder, const rp_results *results,
                        char *file) {
  if (!folder || !*folder) return false;
  snprintf(file, 256, "%.*s/rampart-results.XXXXXX.h5",
           rp_text_fit(folder, 200), folder);
  const int fd = mkstemps(file, 3);
  if (fd < 0) return false;
  close(fd);
  if (rp_results_write(results, file, NULL) == RP_OK) return true;
  (void)unlink(file);
  return false;
}

/* If the results cannot be written to their place (a full disk, a folder that
 * is gone), hours of work go wherever there is room. The run has failed in any
 * case.
 * @param proofs  where they are; NULL: there are none, or not reliable ones */
static rp_status rescue_results(const rp_results *results, const char *proofs,
                                rp_failure *run) {
  char file[256];
  const rp_error first = run->err;
  if (!write_below(getenv("TMPDIR"), results, file) &&
      !write_below("/tmp", results, file))
    return rp_fail(&run->err, run->status,
                   "%.*s; once that is mended, start again",
                   rp_text_fit(first.text, 300), first.text);
  return rp_fail(
      &run->err, run->status,
      "%.*s; the results so far are in %.*s;%s%.*s%s once "
      "that is mended, start again",
      rp_text_fit(first.text, 150), first.text, rp_text_fit(file, 150), file,
      proofs ? " their proofs in " : "", rp_text_fit(proofs ? proofs : "", 100),
      proofs ? proofs : "", proofs ? ";" : "");
}

typedef struct keeping {
  rp_rank0_task *task;
  rp_failure failure; /* the rest is saved all the same */
} keeping;

/* If proofs could not be written, the older results stay together with their
 * proofs. */
static rp_status keep_all(void *context) {
  keeping *const k = context;
  rp_rank0_task *const task = k->task;
  rp_failure *const run = &k->failure;
  rp_error err = {""};
  rp_failure_note(run, rp_ledger_end(task->ledger, &err), &err);
  const bool proved = run->status != RP_E_IO;
  rp_status st = rp_results_sort(task->results, &err);
  if (st == RP_OK) st = rp_ledger_settle(task->ledger, &task->results, &err);
  if (st == RP_OK && task->job->output && proved)
    st = rp_ledger_results(task->ledger, task->results, &err);
  rp_failure_note(run, st, &err);
  if (task->job->output && run->status == RP_E_IO)
    return rescue_results(task->results,
                          proved ? rp_ledger_proofs(task->ledger) : NULL, run);
  return run->status;
}

static void tell_writing(void *context) {
  const keeping *const k = context;
  if (others_wait)
    announce(READING, 0);
  else
    rp_comm_tell_writing();
  rp_run_status_set_state(k->task->job->output, "writing");
}

static rp_status run_rank0(rp_rank0 *rank0, rp_rank0_task *task,
                           rp_error *err) {
  keeping keep = {.task = task};
  keep.failure.status = rp_rank0_run(rank0, &others_wait, &keep.failure.err);
  const double every_s = fmin(task->job->options.lost_after / 2, TELL_EVERY_S);
  const rp_status st = rp_work_beside(keep_all, &keep, tell_writing, every_s);
  if (st != RP_OK) rp_run_status_set_state(task->job->output, "failed");
  if (st != RP_OK && err) *err = keep.failure.err;
  return st;
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
  rp_comm_find_nodes();
  rp_status st = start_computing(setup->net, &job->options, share_of_cores,
                                 &task.compute, err);
  if (st == RP_OK)
    st = prepare_results(job, setup, history, share_of_cores, &task.results,
                         err);
  if (st == RP_OK && job->events)
    st = rp_events_open(job->events, &task.events, err);
  if (st == RP_OK) st = rp_rank0_create(&task, &rank0, err);
  st = agree(st, err);
  rp_comm_watch(false);
  if (st == RP_OK) {
    rp_events_begin(task.events, &setup->plan, &task.results->provenance,
                    job->output);
    st = run_rank0(rank0, &task, err);
    rp_events_end(task.events, st, task.results);
    *results = task.results;
    task.results = NULL;
  }
  rp_rank0_free(rank0);
  rp_events_close(task.events);
  rp_results_free(task.results);
  rp_compute_free(task.compute);
  return st;
}

typedef struct loading {
  rp_job job; /* the caller's strings; cap and evidence may be raised */
  rp_setup setup;
  rp_ledger *ledger;
  rp_results *complete; /* an earlier run has done all of it */
  rp_error *err;
} loading;

static rp_status load(void *context) {
  loading *const l = context;
  RP_TRY(rp_setup_load(&l->job, &l->setup, l->err));
  RP_TRY(rp_ledger_open(&l->job, &l->setup, &l->ledger, l->err));
  l->complete = rp_ledger_complete(l->ledger);
  return RP_OK;
}

static void tell_reading(void *context) {
  const loading *const l = context;
  announce(READING, 0);
  rp_run_status_set_state(l->job.output, "starting");
}

rp_status rp_cluster_run(const rp_job *job, const char *history, unsigned flags,
                         rp_results **results, rp_error *err) {
  *results = NULL;
  if (rp_comm_rank() != 0) return run_others();
  const bool live = flags & RP_RUN_LIVE;
  loading loaded = {.job = *job, .err = err};
  rp_run_status_begin(job->output);
  rp_status st =
      rp_work_beside(load, &loaded, tell_reading, tell_reading_every_s());
  rp_setup *const setup = &loaded.setup;
  rp_ledger *const ledger = loaded.ledger;
  *results = loaded.complete;
  if (*results) {
    if (live) rp_ledger_say_complete(ledger, stderr);
  } else {
    const rp_rank0_task task = {.job = &loaded.job,
                                .setup = setup,
                                .ledger = ledger,
                                .live = live,
                                .more = flags & RP_RUN_MORE};
    st = send_setup(st, setup, &loaded.job.options, err);
    if (st == RP_OK) st = run_first(task, history, results, err);
    rp_comm_watch(others_wait);
  }
  rp_run_status_end(job->output);
  rp_ledger_close(ledger, st == RP_OK && !rp_results_is_interrupted(*results));
  rp_setup_free(setup);
  return st;
}
