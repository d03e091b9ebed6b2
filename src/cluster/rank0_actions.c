/* Carrying out what the scheduler decides: messages to other ranks, orders to
 * rank 0's own computing thread, and rows of the results. */
#include <math.h>

#include "cluster/comm.h"
#include "cluster/rank0_internal.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/pair.h"

/* ---- tasks ---- */

rp_outbox *rp_rank0_outbox(rp_rank0 *self, int32_t rank) {
  rp_outbox *const outbox = &self->peer[rank].out;
  if (!outbox->listed) self->to_post[self->n_to_post++] = rank;
  outbox->listed = true;
  return outbox;
}

static void put_task(rp_rank0 *self, int32_t to, const rp_compute_task *task) {
  rp_outbox *const outbox = rp_rank0_outbox(self, to);
  do {
    rp_wire_put_task(&outbox->wire, task, self->task->setup->net->n_in);
  } while (!rp_outbox_keep(outbox, self->task->compute));
}

void rp_rank0_post_all(rp_rank0 *self) {
  for (int32_t i = 0; i < self->n_to_post; i++) {
    rp_outbox *const outbox = &self->peer[self->to_post[i]].out;
    rp_outbox_post(outbox);
    outbox->listed = false;
  }
  self->n_to_post = 0;
}

/* If there is no memory for its subproblem, the task is treated as if it had
 * been taken back. */
static void try_later(rp_rank0 *self, int64_t id) {
  self->returned[self->n_returned++] = id;
  rp_compute_wait(self->task->compute, 0.5);
}

/* What is copied before the next one. */
static void set_box(rp_rank0 *self, rp_question *question) {
  const rp_setup *const setup = self->task->setup;
  uint8_t *const lo = self->box, *const hi = lo + setup->net->n_in;
  if (!rp_setup_get_box(setup, question->sample, question->radius, lo, hi))
    return;
  question->box_lo = lo;
  question->box_hi = hi;
}

/* A task that is alone on its node has the memory of all ranks there, and twice
 * its own at least. */
static int32_t choose_memory_times(int32_t worker) {
  int32_t times = 0;
  for (int r = 0; r < rp_comm_size(); r++)
    times += rp_comm_node(r) == rp_comm_node(worker);
  return times < 2 ? 2 : times;
}

/* It may kill its process at once: what is known so far must not be lost, nor
 * another task be blamed. */
static void prepare_for_death(rp_rank0 *self, int32_t worker,
                              const rp_sched_task *task) {
  rp_error err = {""};
  rp_failure_note(&self->failure,
                  rp_ledger_write(self->task->ledger, self->now_s, &err), &err);
  rp_ledger_running(self->task->ledger, worker, task, 1);
}

static void on_send(void *context, int32_t worker, const rp_sched_task *task) {
  rp_rank0 *const self = context;
  const rp_setup *const setup = self->task->setup;
  const int64_t subject = task->question.sample;
  const size_t sample = (size_t)rp_setup_sample(setup, subject);
  if (task->alone) prepare_for_death(self, worker, task);
  rp_compute_task own = {.id = task->id,
                         .attempt = rp_attempt(task->id, 0),
                         .question = task->question};
  own.question.x = setup->data->x + sample * (size_t)setup->data->dim;
  own.question.label = rp_setup_label(setup, subject);
  own.question.target = rp_pair_target(subject, setup->targets);
  set_box(self, &own.question);
  own.question.memory_times = task->alone ? choose_memory_times(worker) : 1;
  if (worker > 0)
    put_task(self, worker, &own);
  else if (!rp_compute_push(self->task->compute, &own))
    try_later(self, task->id);
}

/* A return is an event of its own, so it waits until the current one is over.
 */
static void on_cancel(void *context, int32_t worker, int64_t id, bool abandon) {
  rp_rank0 *const self = context;
  if (worker > 0)
    rp_outbox_put_plain(rp_rank0_outbox(self, worker),
                        abandon ? RP_MESSAGE_ABANDON : RP_MESSAGE_RECALL, id,
                        self->task->compute);
  else if (rp_compute_cancel(self->task->compute, id, abandon))
    self->returned[self->n_returned++] = id;
}

static void on_split(void *context, int32_t worker, int64_t id,
                     int32_t subproblems) {
  rp_rank0 *const self = context;
  if (worker == 0) {
    rp_compute_split(self->task->compute, id, subproblems);
    return;
  }
  rp_outbox *const outbox = rp_rank0_outbox(self, worker);
  do {
    rp_wire_put_message(&outbox->wire, RP_MESSAGE_SPLIT, id);
    rp_bytes_put(&outbox->wire, (uint64_t)subproblems, 2);
  } while (!rp_outbox_keep(outbox, self->task->compute));
}

static void on_hand_over(void *context, int32_t worker, int64_t id) {
  on_split(context, worker, id, RP_SUBPROBLEMS_OF_ALL);
}

/* ---- rows ---- */

/* Counterexamples are left out if the job wants no evidence. */
static const uint8_t *choose_kept_witness(const rp_rank0 *self,
                                          const uint8_t *witness) {
  return self->task->job->options.evidence == RP_KEEP_NONE ? NULL : witness;
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  rp_rank0 *const self = context;
  const rp_setup *const setup = self->task->setup;
  const int64_t sample = setup->query[query].sample;
  const rp_query_row row = {.sample = sample,
                            .label = rp_setup_label(setup, sample),
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
  rp_progress_row(&self->progress, rp_progress_kind(row.radius));
  rp_events_query(self->task->events, &row);
  rp_failure_note(&self->failure,
                  rp_results_add_query(self->task->results, &row,
                                       choose_kept_witness(self, witness),
                                       &err),
                  &err);
}

static void on_radius_row(void *context, const rp_sched_radius *radius) {
  rp_rank0 *const self = context;
  const rp_setup *const setup = self->task->setup;
  const int64_t sample = setup->search[radius->search];
  const rp_radius_row row = {.sample = sample,
                             .label = rp_setup_label(setup, sample),
                             .lo = radius->lo,
                             .hi = radius->hi,
                             .reason = radius->reason,
                             .verdict = radius->verdict,
                             .seconds = radius->seconds,
                             .cpu_seconds = radius->cpu_seconds};
  rp_progress_row(&self->progress, rp_progress_kind(0));
  rp_events_radius(self->task->events, &row);
  if (radius->contradiction)
    rp_log(RP_LOG_ERROR, "sample %lld: answers contradict each other",
           (long long)rp_setup_sample(setup, sample));
  rp_error err = {""};
  rp_failure_note(
      &self->failure,
      rp_results_add_radius(self->task->results, &row,
                            choose_kept_witness(self, radius->witness), &err),
      &err);
}

/* Ranks report when a task ended by their own clocks, and how long it took. */
static void on_task_ended(void *context, int32_t worker,
                          const rp_sched_task *task, const rp_answer *answer) {
  rp_rank0 *const self = context;
  rp_ledger_ended(self->task->ledger, worker, task, answer);
  rp_progress_answer(
      &self->progress,
      rp_progress_kind(task->query >= 0 ? task->question.radius : 0),
      answer->seconds);
  const double end_s = fmax(self->ended_s - self->began_s, 0);
  const rp_task_row row = {.rank = worker,
                           .sample = task->question.sample,
                           .radius = task->question.radius,
                           .piece = task->subproblem_number,
                           .begin_s = fmax(end_s - answer->seconds, 0),
                           .end_s = end_s,
                           .verdict = answer->verdict};
  rp_error err = {""};
  rp_events_task(self->task->events, &row, answer->reason);
  rp_failure_note(&self->failure,
                  rp_results_add_task(self->task->results, &row, &err), &err);
}

static void on_answered(void *context, int32_t worker,
                        const rp_sched_task *task, const rp_answer *answer,
                        const uint8_t *witness) {
  rp_rank0 *const self = context;
  rp_ledger_answer(self->task->ledger, worker, task, answer, witness);
}

/* A message may bring many answers, so it is noted once they are all in. */
static void on_holds_others(void *context, int32_t worker) {
  rp_rank0 *const self = context;
  if (!self->peer[worker].holds_others)
    self->to_note[self->n_to_note++] = worker;
  self->peer[worker].holds_others = true;
}

void rp_rank0_note_running(rp_rank0 *self) {
  rp_sched_task task[RP_SCHED_HOLD];
  while (self->n_to_note > 0) {
    const int32_t worker = self->to_note[--self->n_to_note];
    self->peer[worker].holds_others = false;
    rp_ledger_running(self->task->ledger, worker, task,
                      rp_sched_list_begun(self->sched, worker, task));
  }
}

static void on_left(void *context, const rp_sched_left *left) {
  rp_rank0 *const self = context;
  rp_ledger_left(self->task->ledger, left);
}

rp_sched_actions rp_rank0_actions(rp_rank0 *self) {
  return (rp_sched_actions){.context = self,
                            .send = on_send,
                            .cancel = on_cancel,
                            .split = on_split,
                            .holds_others = on_holds_others,
                            .hand_over = on_hand_over,
                            .left = on_left,
                            .query_row = on_query_row,
                            .radius_row = on_radius_row,
                            .task_ended = on_task_ended,
                            .answered = on_answered};
}
