/* Rank 0: drives the scheduler with what its own computing thread, the other
 * ranks, signals and the clock bring.
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

#include "cluster/comm.h"
#include "cluster/rank0_internal.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"

/* Intermediate results are written at intervals, which are longer if writing is
 * slow. */
static const double SAVE_EVERY_S = 60, SAVE_SHARE = 0.02;

/* ---- events ---- */

static bool keep_block(void *context, const rp_proof_key *key,
                       const uint8_t *bytes, size_t size) {
  rp_rank0 *const self = context;
  rp_error err = {""};
  const rp_status st =
      rp_ledger_proof(self->task->ledger, key, bytes, size, &err);
  rp_failure_note(&self->failure, st, &err);
  return self->failure.status == RP_OK;
}

static void take_answer(rp_rank0 *self, int from, const rp_compute_answer *a) {
  rp_peer *const p = &self->peer[from];
  if (isfinite(a->ended_s))
    p->ahead_s = fmin(p->ahead_s, rp_clock_wall_s() - a->ended_s);
  self->ended_s = a->ended_s + p->ahead_s;
  rp_sched_result(self->sched, from, a->task.id, &a->answer, a->witness);
}

static bool serve_own_subproblems(rp_rank0 *self) {
  bool any = false;
  rp_compute_subproblem p;
  while (rp_compute_take_subproblem(self->task->compute, &p)) {
    rp_sched_add_subproblem(self->sched, 0, p.id, p.bytes, p.size, p.last);
    free(p.bytes);
    any = true;
  }
  return any;
}

static bool serve_own_thread(rp_rank0 *self) {
  bool any = serve_own_subproblems(self);
  rp_compute_answer a;
  while (rp_compute_take(self->task->compute, &a)) {
    if (a.proof && !rp_proof_blocks(&a, keep_block, self) &&
        self->failure.status == RP_OK)
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

static void take_result(rp_rank0 *self, int from, rp_bytes *wire,
                        int64_t task) {
  rp_compute_answer a = {.task.id = task};
  rp_wire_get_result(wire, &a, self->task->setup->net->n_in);
  if (!wire->failed) take_answer(self, from, &a);
}

static void take_subproblem(rp_rank0 *self, int from, rp_bytes *wire,
                            int64_t task) {
  size_t size;
  bool last;
  const uint8_t *const subproblem = rp_wire_get_subproblem(wire, &size, &last);
  if (!wire->failed)
    rp_sched_add_subproblem(self->sched, from, task, subproblem, size, last);
}

static void take_proof(rp_rank0 *self, rp_bytes *wire) {
  rp_proof_key key;
  rp_wire_get_proof_key(wire, &key);
  const size_t size = wire->size - wire->at;
  const uint8_t *const bytes = rp_bytes_view(wire, size);
  if (!wire->failed) keep_block(self, &key, bytes, size);
}

static void take_report(rp_rank0 *self, int from, rp_bytes *wire) {
  rp_rank_row row;
  rp_wire_get_rank_row(wire, &row);
  self->peer[from].reported = true;
  rp_error err = {""};
  if (rp_bytes_are_read(wire))
    rp_failure_note(&self->failure,
                    rp_results_add_rank(self->task->results, &row, &err), &err);
}

static void serve_record(rp_rank0 *self, int from, rp_bytes *wire) {
  const rp_message message = rp_wire_get_message(wire);
  switch (message.kind) {
  case RP_MESSAGE_RESULT:
    take_result(self, from, wire, message.task);
    break;
  case RP_MESSAGE_SUBPROBLEM:
    take_subproblem(self, from, wire, message.task);
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

/* Nothing after a damaged record can be read, so the rank is given up and its
 * tasks go to others. */
static void serve_message(rp_rank0 *self, int from, rp_bytes *wire) {
  self->peer[from].heard_s = self->now_s;
  do {
    serve_record(self, from, wire);
  } while (!wire->failed && wire->at < wire->size);
  if (wire->failed) rp_rank0_distrust(self, from);
}

static bool serve_messages(rp_rank0 *self) {
  enum { AT_ONCE = 256 }; /* then the own thread and the clock are served */
  int from, count = 0;
  uint8_t *data;
  size_t size;
  while (count < AT_ONCE && rp_comm_poll(&from, &data, &size)) {
    rp_bytes wire = rp_bytes_over(data, size);
    serve_message(self, from, &wire);
    free(data);
    count++;
  }
  return count > 0;
}

/* ---- the clock ---- */

static rp_status save(void *context) {
  rp_rank0 *const self = context;
  rp_error err = {""};
  rp_status st = rp_results_sort(self->task->results, &err);
  if (st == RP_OK)
    st = rp_ledger_results(self->task->ledger, self->task->results, &err);
  if (st != RP_OK) rp_log(RP_LOG_WARN, "results so far: %s", err.text);
  return st;
}

static void tell_alive(void *context) {
  rp_rank0 *const self = context;
  rp_rank0_say_alive(self);
  rp_rank0_post_all(self);
  rp_run_status_set_state(self->task->job->output, "running");
}

static void save_now_and_then(rp_rank0 *self) {
  if (!self->task->job->output || self->now_s < self->save_at_s ||
      self->failure.status != RP_OK)
    return;
  const double every_s =
      fmin(self->task->job->options.lost_after / 2, RP_RUN_STATUS_DEAD_S / 6);
  const rp_results *const rows = self->task->results;
  if (rp_work_beside(save, self, tell_alive, every_s) == RP_OK)
    rp_events_saved(self->task->events, self->task->job->output,
                    rows->n_queries + rows->n_radii);
  const double took_s = rp_clock_wall_s() - self->now_s;
  self->save_at_s = self->now_s + fmax(SAVE_EVERY_S, took_s / SAVE_SHARE);
}

static void serve_clock(rp_rank0 *self) {
  const double last_s = self->now_s;
  rp_error err = {""};
  self->now_s = rp_clock_wall_s();
  rp_failure_note(&self->failure,
                  rp_ledger_write(self->task->ledger, self->now_s, &err), &err);
  if (atomic_load(rp_stop_flag()) || self->failure.status != RP_OK)
    rp_sched_stop(self->sched);
  rp_progress_update(&self->progress, self->sched, self->now_s);
  rp_rank0_look_for_lost(self, last_s);
  rp_rank0_give_sign_of_life(self);
}

/* ---- the run ---- */

static void deal_all(rp_rank0 *self) {
  rp_pace pace = {0};
  for (int r = 0; r < rp_comm_size(); r++)
    rp_sched_place(self->sched, r, rp_comm_node(r));
  for (int r = 0; r < rp_comm_size(); r++)
    rp_sched_join(self->sched, r, RP_SCHED_HOLD);
  rp_rank0_note_running(self);
  while (!rp_sched_done(self->sched)) {
    bool busy = serve_own_thread(self);
    if (serve_messages(self)) busy = true;
    serve_clock(self);
    rp_rank0_note_running(self);
    rp_rank0_post_all(self);
    save_now_and_then(self);
    if (!rp_sched_done(self->sched))
      rp_pace_rest(&pace, busy, self->task->compute);
  }
}

/* Abandoned tasks end at once; their answers are awaited for the timeline. */
static void hear_the_abandoned(rp_rank0 *self) {
  const double until_s = rp_clock_wall_s() + 0.5;
  rp_pace pace = {0};
  while (rp_sched_progress_get(self->sched).busy > 0 &&
         rp_clock_wall_s() < until_s) {
    bool busy = serve_own_thread(self);
    if (serve_messages(self)) busy = true;
    rp_rank0_note_running(self);
    rp_rank0_post_all(self);
    rp_pace_rest(&pace, busy, self->task->compute);
  }
}

/* Returns whether the others then wait for another run. */
static bool finish_all(rp_rank0 *self) {
  rp_compute *const compute = self->task->compute;
  rp_pace pace = {0};
  rp_error err = {""};
  /* Without a rank, or after a signal, this run is the last one. */
  const bool more =
      self->task->more && !rp_comm_has_loss() && !atomic_load(rp_stop_flag());
  for (int r = 1; r < rp_comm_size(); r++)
    rp_outbox_put_plain(rp_rank0_outbox(self, r), RP_MESSAGE_FINISH, more,
                        compute);
  rp_rank0_post_all(self);
  rp_compute_stop(compute);
  self->now_s = rp_clock_wall_s();
  for (int r = 1; r < rp_comm_size(); r++) self->peer[r].heard_s = self->now_s;
  rp_rank_row row = {.rank = 0};
  rp_compute_counters(compute, &row);
  rp_comm_traffic(&row.messages, &row.message_bytes);
  rp_failure_note(&self->failure,
                  rp_results_add_rank(self->task->results, &row, &err), &err);
  while (rp_rank0_awaits_reports(self)) {
    const bool busy = serve_messages(self);
    serve_clock(self);
    rp_rank0_post_all(self);
    rp_pace_rest(&pace, busy, compute);
  }
  rp_comm_flush(1);
  return more;
}

static void begin_progress(rp_rank0 *self) {
  const rp_job *const job = self->task->job;
  const rp_setup *const setup = self->task->setup;
  rp_progress_setting setting = {.live = self->task->live,
                                 .output = job->output,
                                 .n_workers = rp_comm_size(),
                                 .targets = setup->targets,
                                 .limit_s = job->options.time_limit};
  for (int64_t i = 0; i < setup->plan.n_queries; i++)
    setting.rows[rp_progress_kind(setup->query[i].radius)]++;
  setting.rows[rp_progress_kind(0)] = setup->plan.n_searches;
  rp_progress_begin(&self->progress, &setting, self->sched);
}

static rp_status get_outcome(const rp_rank0 *self, rp_error *err) {
  if (self->failure.status != RP_OK && err) *err = self->failure.err;
  return self->failure.status;
}

rp_status rp_rank0_run(rp_rank0 *self, bool *others_wait, rp_error *err) {
  self->began_s = self->now_s = rp_clock_wall_s();
  self->save_at_s = self->now_s + SAVE_EVERY_S;
  for (int r = 0; r < rp_comm_size(); r++) self->peer[r].heard_s = self->now_s;
  if (self->task->live) rp_ledger_say(self->task->ledger, stderr);
  begin_progress(self);
  deal_all(self);
  hear_the_abandoned(self);
  *others_wait = finish_all(self) && !rp_comm_has_loss();
  rp_progress_end(&self->progress);
  return get_outcome(self, err);
}

rp_status rp_rank0_create(const rp_rank0_task *task, rp_rank0 **rank0,
                          rp_error *err) {
  *rank0 = NULL;
  rp_rank0 *const self = rp_alloc(1, sizeof *self);
  if (!self) return rp_fail(err, RP_E_MEMORY, "scheduler: out of memory");
  self->task = task;
  const size_t size = (size_t)rp_comm_size();
  self->peer = rp_alloc(size, sizeof *self->peer);
  self->to_post = rp_alloc(size, sizeof *self->to_post);
  self->to_note = rp_alloc(size, sizeof *self->to_note);
  self->box = rp_alloc(2 * (size_t)task->setup->net->n_in, 1);
  for (int r = 0; self->peer && r < rp_comm_size(); r++)
    self->peer[r] = (rp_peer){.ahead_s = HUGE_VAL, .out = {.to = r}};
  const rp_sched_actions actions = rp_rank0_actions(self);
  if (!self->peer || !self->to_post || !self->to_note || !self->box ||
      rp_sched_create(&task->setup->plan, &actions, rp_comm_size(),
                      &self->sched) != RP_OK) {
    rp_rank0_free(self);
    return rp_fail(err, RP_E_MEMORY, "scheduler: out of memory");
  }
  rp_status st = rp_ledger_begin(task->ledger, self->sched, err);
  if (st == RP_OK) st = get_outcome(self, err);
  if (st == RP_OK)
    *rank0 = self;
  else
    rp_rank0_free(self);
  return st;
}

void rp_rank0_free(rp_rank0 *self) {
  if (!self) return;
  rp_sched_free(self->sched);
  for (int r = 0; self->peer && r < rp_comm_size(); r++)
    rp_outbox_free(&self->peer[r].out);
  free(self->peer);
  free(self->to_post);
  free(self->box);
  free(self->to_note);
  free(self);
}
