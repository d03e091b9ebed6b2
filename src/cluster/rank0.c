/* Rank 0: drives the scheduler with what its own computing thread, the other
 * ranks, signals and the clock bring, and turns its actions into messages and
 * rows.
 *
 * Termination. The scheduler's argument (sched.c) needs every task to come back
 * from a live rank; ranks answer each task once, and a rank that is silent for
 * lost_after is declared lost, its tasks going to others. Rank 0 itself cannot
 * be lost, so at least one worker lives. After the last row FINISH goes to all,
 * and rank 0 waits for each rank's REPORT, or its silence.
 *
 * A row or a proof that cannot be kept (no memory, no room) ends the run like a
 * signal does. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm.h"
#include "progress.h"
#include "rampart/clock.h"
#include "rampart/log.h"
#include "rampart/memory.h"
#include "ranks.h"

/* Results so far are written at intervals, longer ones if writing is slow. */
static const double SAVE_EVERY_S = 60, SAVE_SHARE = 0.02;

typedef struct peer {
  double heard_s;
  double ahead_s; /* rank 0's clock less its own, by its fastest message */
  bool lost, reported;
  rp_outbox out;
} peer;

struct rp_rank0 {
  const rp_rank0_task *task;
  rp_sched *sched;
  peer *peer;                          /* [size], by rank */
  int32_t *to_post, n_to_post;         /* [size], peers with records to post */
  int64_t returned[RP_SCHED_HOLD + 1]; /* taken back from the own thread */
  int n_returned;
  int64_t n_known;  /* answers of an earlier run */
  rp_status status; /* the first failure to keep a row or a proof */
  rp_error *err;
  rp_progress progress;
  double began_s, now_s, save_at_s, look_at_s, alive_at_s;
  double ended_s; /* when the task ended whose answer is taken in */
};

/* ---- actions ---- */

static rp_outbox *outbox_of(rp_rank0 *self, int32_t rank) {
  rp_outbox *const outbox = &self->peer[rank].out;
  if (!outbox->listed) self->to_post[self->n_to_post++] = rank;
  outbox->listed = true;
  return outbox;
}

static void put_task(rp_rank0 *self, int32_t to, const rp_compute_task *task) {
  rp_outbox *const outbox = outbox_of(self, to);
  do {
    rp_wire_put_task(&outbox->wire, task, self->task->setup->net->n_in);
  } while (!rp_outbox_keep(outbox, self->task->compute));
}

static void post_all(rp_rank0 *self) {
  for (int32_t i = 0; i < self->n_to_post; i++) {
    rp_outbox *const outbox = &self->peer[self->to_post[i]].out;
    rp_outbox_post(outbox);
    outbox->listed = false;
  }
  self->n_to_post = 0;
}

/* No memory for its share: like a task that was taken back. */
static void try_later(rp_rank0 *self, int64_t id) {
  self->returned[self->n_returned++] = id;
  rp_compute_wait(self->task->compute, 0.5);
}

static void on_send(void *context, int32_t worker, const rp_sched_task *task) {
  rp_rank0 *const self = context;
  const rp_dataset *const data = self->task->setup->data;
  const rp_compute_task own = {.id = task->id,
                               .sample = task->sample,
                               .label = data->label[task->sample],
                               .radius = task->radius,
                               .name = rp_attempt(task->id, 0),
                               .x = data->x +
                                    (size_t)task->sample * (size_t)data->dim,
                               .share = task->share,
                               .share_size = task->share_size};
  if (worker > 0)
    put_task(self, worker, &own);
  else if (!rp_compute_push(self->task->compute, &own))
    try_later(self, task->id);
}

/* A return is an event, so it waits until this one is over. */
static void on_cancel(void *context, int32_t worker, int64_t id, bool abandon) {
  rp_rank0 *const self = context;
  if (worker > 0)
    rp_outbox_put_plain(outbox_of(self, worker),
                        abandon ? RP_MESSAGE_ABANDON : RP_MESSAGE_RECALL, id,
                        self->task->compute);
  else if (rp_compute_cancel(self->task->compute, id, abandon))
    self->returned[self->n_returned++] = id;
}

static void on_split(void *context, int32_t worker, int64_t id,
                     int32_t shares) {
  rp_rank0 *const self = context;
  if (worker == 0) {
    rp_compute_split(self->task->compute, id, shares);
    return;
  }
  rp_outbox *const outbox = outbox_of(self, worker);
  do {
    rp_wire_put_message(&outbox->wire, RP_MESSAGE_SPLIT, id);
    rp_wire_put(&outbox->wire, (uint64_t)shares, 2);
  } while (!rp_outbox_keep(outbox, self->task->compute));
}

static void note_failure(rp_rank0 *self, rp_status status,
                         const rp_error *err) {
  if (status == RP_OK || self->status != RP_OK) return;
  self->status = status;
  if (self->err) *self->err = *err;
}

static bool keep_block(void *context, const rp_proof_key *key,
                       const uint8_t *bytes, size_t size) {
  rp_rank0 *const self = context;
  rp_error err = {""};
  note_failure(
      self, rp_ledger_proof(self->task->ledger, key, bytes, size, &err), &err);
  return self->status == RP_OK;
}

/* Counterexamples are left out where no evidence is wanted. */
static const uint8_t *kept(const rp_rank0 *self, const uint8_t *witness) {
  return self->task->job->options.evidence == RP_KEEP_NONE ? NULL : witness;
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  rp_rank0 *const self = context;
  const rp_setup *const setup = self->task->setup;
  const int64_t sample = setup->query[query].sample;
  const rp_query_row row = {.sample = sample,
                            .label = setup->data->label[sample],
                            .radius = setup->query[query].radius,
                            .verdict = answer->verdict,
                            .reason = answer->reason,
                            .evidence = answer->evidence,
                            .distance = answer->distance,
                            .seconds = answer->seconds,
                            .cpu_seconds = answer->cpu_seconds,
                            .rank = worker > 0 ? worker : 0,
                            .stats = answer->stats};
  rp_error err = {""};
  note_failure(self,
               rp_results_add_query(self->task->results, &row,
                                    kept(self, witness), &err),
               &err);
}

static void on_radius_row(void *context, const rp_sched_radius *radius) {
  rp_rank0 *const self = context;
  const rp_setup *const setup = self->task->setup;
  const int64_t sample = setup->search[radius->search];
  const rp_radius_row row = {.sample = sample,
                             .label = setup->data->label[sample],
                             .lo = radius->lo,
                             .hi = radius->hi,
                             .reason = radius->reason,
                             .verdict = radius->verdict,
                             .seconds = radius->seconds,
                             .cpu_seconds = radius->cpu_seconds};
  if (radius->contradiction)
    rp_log(RP_LOG_ERROR, "sample %lld: answers contradict each other",
           (long long)sample);
  rp_error err = {""};
  note_failure(self,
               rp_results_add_radius(self->task->results, &row,
                                     kept(self, radius->witness), &err),
               &err);
}

/* Ranks know by their own clocks when a task ended, and how long it took. */
static void on_task_ended(void *context, int32_t worker,
                          const rp_sched_task *task, const rp_answer *answer) {
  rp_rank0 *const self = context;
  const double end_s = fmax(self->ended_s - self->began_s, 0);
  const rp_task_row row = {.rank = worker,
                           .sample = task->sample,
                           .radius = task->radius,
                           .piece = task->piece,
                           .begin_s = fmax(end_s - answer->seconds, 0),
                           .end_s = end_s,
                           .verdict = answer->verdict};
  rp_error err = {""};
  note_failure(self, rp_results_add_task(self->task->results, &row, &err),
               &err);
}

static void on_answered(void *context, int32_t worker,
                        const rp_sched_task *task, const rp_answer *answer,
                        const uint8_t *witness) {
  rp_rank0 *const self = context;
  rp_ledger_answer(self->task->ledger, worker, task, answer, witness);
}

/* ---- events ---- */

static void take_answer(rp_rank0 *self, int from, const rp_compute_answer *a) {
  peer *const p = &self->peer[from];
  if (isfinite(a->ended_s))
    p->ahead_s = fmin(p->ahead_s, rp_clock_wall_s() - a->ended_s);
  self->ended_s = a->ended_s + p->ahead_s;
  rp_progress_answer(&self->progress, a->answer.seconds);
  rp_sched_result(self->sched, from, a->id, &a->answer, a->witness);
}

static bool serve_own_pieces(rp_rank0 *self) {
  bool any = false;
  rp_compute_piece p;
  while (rp_compute_take_piece(self->task->compute, &p)) {
    rp_sched_piece(self->sched, 0, p.id, p.share, p.size, p.last);
    free(p.share);
    any = true;
  }
  return any;
}

static bool serve_own_thread(rp_rank0 *self) {
  bool any = serve_own_pieces(self);
  rp_compute_answer a;
  while (rp_compute_take(self->task->compute, &a)) {
    if (a.proof && !rp_proof_blocks(&a, keep_block, self) &&
        self->status == RP_OK)
      rp_log(RP_LOG_WARN, "a proof could not be kept");
    take_answer(self, 0, &a);
    any = true;
  }
  while (self->n_returned > 0) {
    rp_sched_returned(self->sched, 0, self->returned[--self->n_returned]);
    any = true;
  }
  return any;
}

static void take_result(rp_rank0 *self, int from, rp_wire *wire, int64_t task) {
  rp_compute_answer a = {.id = task};
  rp_wire_get_result(wire, &a, self->task->setup->net->n_in);
  if (!wire->failed) take_answer(self, from, &a);
}

static void take_piece(rp_rank0 *self, int from, rp_wire *wire, int64_t task) {
  size_t size;
  bool last;
  const uint8_t *const share = rp_wire_get_piece(wire, &size, &last);
  if (!wire->failed) rp_sched_piece(self->sched, from, task, share, size, last);
}

static void take_proof(rp_rank0 *self, rp_wire *wire) {
  rp_proof_key key;
  rp_wire_get_proof_key(wire, &key);
  const size_t size = wire->size - wire->at;
  const uint8_t *const bytes = rp_wire_view(wire, size);
  if (!wire->failed) keep_block(self, &key, bytes, size);
}

static void take_report(rp_rank0 *self, int from, rp_wire *wire) {
  rp_rank_row row;
  rp_wire_get_rank_row(wire, &row);
  self->peer[from].reported = true;
  rp_error err = {""};
  if (rp_wire_whole(wire))
    note_failure(self, rp_results_add_rank(self->task->results, &row, &err),
                 &err);
}

static void serve_record(rp_rank0 *self, int from, rp_wire *wire) {
  const rp_message message = rp_wire_get_message(wire);
  switch (message.kind) {
  case RP_MESSAGE_RESULT:
    take_result(self, from, wire, message.task);
    break;
  case RP_MESSAGE_PIECE:
    take_piece(self, from, wire, message.task);
    break;
  case RP_MESSAGE_PROOF:
    take_proof(self, wire);
    break;
  case RP_MESSAGE_RETURNED:
    rp_sched_returned(self->sched, from, message.task);
    break;
  case RP_MESSAGE_STOP:
    atomic_store(rp_stop_flag(), true);
    break;
  case RP_MESSAGE_ALIVE:
    break;
  case RP_MESSAGE_REPORT:
    take_report(self, from, wire);
    break;
  case RP_MESSAGE_TASK:
  case RP_MESSAGE_SPLIT:
  case RP_MESSAGE_RECALL:
  case RP_MESSAGE_ABANDON:
  case RP_MESSAGE_FINISH:
  case RP_MESSAGE_COUNT:
    wire->failed = true;
    break;
  }
}

/* What follows a damaged record cannot be read: the rank's tasks go to others.
 */
static void serve_message(rp_rank0 *self, int from, rp_wire *wire) {
  peer *const p = &self->peer[from];
  p->heard_s = self->now_s;
  do {
    serve_record(self, from, wire);
  } while (!wire->failed && wire->at < wire->size);
  if (!wire->failed || p->lost) return;
  p->lost = true;
  rp_log(RP_LOG_ERROR, "a message from rank %d is damaged: given up", from);
  rp_sched_lost(self->sched, from);
}

static bool serve_messages(rp_rank0 *self) {
  enum {
    AT_ONCE = 256
  }; /* then the own thread and the clock have their turn */
  int from, count = 0;
  uint8_t *data;
  size_t size;
  while (count < AT_ONCE && rp_comm_poll(&from, &data, &size)) {
    rp_wire wire = rp_wire_over(data, size);
    serve_message(self, from, &wire);
    free(data);
    count++;
  }
  return count > 0;
}

/* ---- the clock ---- */

static void save(rp_rank0 *self) {
  const char *const file = self->task->job->output;
  if (!file || self->now_s < self->save_at_s || self->status != RP_OK) return;
  rp_error err = {""};
  rp_status st = rp_ledger_publish(self->task->ledger, &err);
  if (st == RP_OK) st = rp_results_sort(self->task->results, &err);
  if (st == RP_OK) st = rp_results_write(self->task->results, file, &err);
  if (st != RP_OK) rp_log(RP_LOG_WARN, "results so far: %s", err.text);
  const double took_s = rp_clock_wall_s() - self->now_s;
  self->save_at_s = self->now_s + fmax(SAVE_EVERY_S, took_s / SAVE_SHARE);
}

static void give_up_rank(rp_rank0 *self, int rank) {
  self->peer[rank].lost = true;
  rp_comm_note_loss();
  rp_log(RP_LOG_ERROR, "rank %d is given up after %g s of silence", rank,
         self->now_s - self->peer[rank].heard_s);
  rp_sched_lost(self->sched, rank);
}

static void look_for_lost(rp_rank0 *self, double last_s) {
  const double lost_after_s = self->task->job->options.lost_after;
  if (self->now_s - last_s > RP_STANDSTILL_SHARE * lost_after_s)
    for (int r = 1; r < rp_comm_size(); r++)
      self->peer[r].heard_s = self->now_s;
  const int torn = rp_comm_torn();
  if (torn > 0 && !self->peer[torn].lost) give_up_rank(self, torn);
  if (self->now_s < self->look_at_s) return;
  self->look_at_s = self->now_s + fmin(1, lost_after_s / 10);
  for (int r = 1; r < rp_comm_size(); r++) {
    const peer *const p = &self->peer[r];
    if (!p->lost && !p->reported && self->now_s - p->heard_s >= lost_after_s)
      give_up_rank(self, r);
  }
}

/* So that the others know that rank 0 lives. */
static void give_sign_of_life(rp_rank0 *self) {
  if (self->now_s < self->alive_at_s) return;
  self->alive_at_s = self->now_s + self->task->job->options.lost_after / 2;
  for (int r = 1; r < rp_comm_size(); r++)
    if (!self->peer[r].lost && !self->peer[r].reported)
      rp_outbox_put_plain(outbox_of(self, r), RP_MESSAGE_ALIVE, 0,
                          self->task->compute);
}

static void serve_clock(rp_rank0 *self) {
  const double last_s = self->now_s;
  rp_error err = {""};
  self->now_s = rp_clock_wall_s();
  note_failure(self, rp_ledger_write(self->task->ledger, self->now_s, &err),
               &err);
  if (atomic_load(rp_stop_flag()) || self->status != RP_OK)
    rp_sched_stop(self->sched);
  rp_progress_update(&self->progress, self->sched, self->now_s);
  look_for_lost(self, last_s);
  give_sign_of_life(self);
}

/* ---- the run ---- */

static void deal_all(rp_rank0 *self) {
  rp_pace pace = {0};
  for (int r = 0; r < rp_comm_size(); r++)
    rp_sched_join(self->sched, r, RP_SCHED_HOLD);
  while (!rp_sched_done(self->sched)) {
    bool busy = serve_own_thread(self);
    if (serve_messages(self)) busy = true;
    serve_clock(self);
    post_all(self);
    save(self);
    if (!rp_sched_done(self->sched))
      rp_pace_rest(&pace, busy, self->task->compute);
  }
}

/* What was abandoned ends at once: for the timeline it is heard out. */
static void hear_the_abandoned(rp_rank0 *self) {
  const double until_s = rp_clock_wall_s() + 0.5;
  rp_pace pace = {0};
  while (rp_sched_progress_get(self->sched).busy > 0 &&
         rp_clock_wall_s() < until_s) {
    bool busy = serve_own_thread(self);
    if (serve_messages(self)) busy = true;
    post_all(self);
    rp_pace_rest(&pace, busy, self->task->compute);
  }
}

static bool await_reports(const rp_rank0 *self) {
  for (int r = 1; r < rp_comm_size(); r++)
    if (!self->peer[r].lost && !self->peer[r].reported) return true;
  return false;
}

static void finish_all(rp_rank0 *self) {
  rp_compute *const compute = self->task->compute;
  rp_pace pace = {0};
  rp_error err = {""};
  for (int r = 1; r < rp_comm_size(); r++)
    rp_outbox_put_plain(outbox_of(self, r), RP_MESSAGE_FINISH, 0, compute);
  post_all(self);
  rp_compute_stop(compute);
  self->now_s = rp_clock_wall_s();
  for (int r = 1; r < rp_comm_size(); r++) self->peer[r].heard_s = self->now_s;
  rp_rank_row row = {.rank = 0};
  rp_compute_counters(compute, &row);
  rp_comm_traffic(&row.messages, &row.message_bytes);
  note_failure(self, rp_results_add_rank(self->task->results, &row, &err),
               &err);
  while (await_reports(self)) {
    const bool busy = serve_messages(self);
    serve_clock(self);
    post_all(self);
    rp_pace_rest(&pace, busy, compute);
  }
  rp_comm_flush(1);
}

static void begin_progress(rp_rank0 *self) {
  const rp_job *const job = self->task->job;
  const rp_progress_setting setting = {.live = self->task->live,
                                       .output = job->output,
                                       .n_workers = rp_comm_size(),
                                       .limit_s = job->options.time_limit};
  rp_progress_begin(&self->progress, &setting, self->sched);
}

rp_status rp_rank0_run(rp_rank0 *self, rp_error *err) {
  self->err = err;
  self->began_s = self->now_s = rp_clock_wall_s();
  self->save_at_s = self->now_s + SAVE_EVERY_S;
  for (int r = 0; r < rp_comm_size(); r++) self->peer[r].heard_s = self->now_s;
  if (self->n_known > 0 && self->task->live)
    fprintf(stderr, "rampart: going on with %lld answers of an earlier run\n",
            (long long)self->n_known);
  begin_progress(self);
  deal_all(self);
  hear_the_abandoned(self);
  finish_all(self);
  rp_progress_end(&self->progress);
  return self->status;
}

rp_status rp_rank0_create(const rp_rank0_task *task, rp_rank0 **rank0,
                          rp_error *err) {
  *rank0 = NULL;
  rp_rank0 *const self = rp_alloc(1, sizeof *self);
  if (!self) return rp_fail(err, RP_E_MEMORY, "scheduler: out of memory");
  const rp_sched_actions actions = {.context = self,
                                    .send = on_send,
                                    .cancel = on_cancel,
                                    .split = on_split,
                                    .query_row = on_query_row,
                                    .radius_row = on_radius_row,
                                    .task_ended = on_task_ended,
                                    .answered = on_answered};
  self->task = task;
  const size_t size = (size_t)rp_comm_size();
  self->peer = rp_alloc(size, sizeof *self->peer);
  self->to_post = rp_alloc(size, sizeof *self->to_post);
  for (int r = 0; self->peer && r < rp_comm_size(); r++)
    self->peer[r] = (peer){.ahead_s = HUGE_VAL, .out = {.to = r}};
  if (!self->peer || !self->to_post ||
      rp_sched_create(&task->setup->plan, &actions, rp_comm_size(),
                      &self->sched) != RP_OK) {
    rp_rank0_free(self);
    return rp_fail(err, RP_E_MEMORY, "scheduler: out of memory");
  }
  self->err = err;
  rp_status st =
      rp_ledger_begin(task->ledger, self->sched, &self->n_known, err);
  if (st == RP_OK) st = self->status;
  if (st != RP_OK) {
    rp_rank0_free(self);
    return st;
  }
  *rank0 = self;
  return RP_OK;
}

void rp_rank0_free(rp_rank0 *self) {
  if (!self) return;
  rp_sched_free(self->sched);
  for (int r = 0; self->peer && r < rp_comm_size(); r++)
    rp_outbox_free(&self->peer[r].out);
  free(self->peer);
  free(self->to_post);
  free(self);
}
