/* The discrete-event clock around the scheduler.
 *
 * Ranks are modelled as they are (src/cluster): a worker holds tasks, runs them
 * in order, gathers answers and reports by rp_sched_report_due; a recall or an
 * abandonment makes it report at once. Rank 0 takes in all messages that have
 * come, up to RP_SIM_TURN, hands answers to the scheduler, and posts what that
 * wants sent, one message a rank. Its time for all this is charged, and its
 * link sends one byte after another; so it is the bottleneck here when it would
 * be there.
 *
 * A task that is asked for subproblems gives equal parts of the time it still
 * needs, as soon as a real one would (tree/subproblem.c); a subproblem carries
 * its time in its bytes. That is the best that a split can do.
 *
 * Left out: a rank's computing thread never gives way to its main thread, and
 * an abandoned task ends at once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sim/machine.h"

/* ---- workers ---- */

static void note_busy(machine *m, int32_t change) {
  if (m->n_busy * 10 >= m->n_ranks * 9) m->last_full_s = m->now_s;
  m->n_busy += change;
}

static void await_end(machine *m, int32_t rank) {
  station *const s = &m->station[rank];
  sim_push(m, (event){.at_s = s->ends_s,
                      .kind = TASK_ENDS,
                      .rank = rank,
                      .version = ++s->version});
}

/* The running task has been asked for subproblems: when will it give some? */
static void await_giving(machine *m, int32_t rank) {
  station *const s = &m->station[rank];
  const double at_s = fmax(s->gives_from_s, m->now_s);
  if (s->held[s->n_answered].wanted > 0 && at_s < s->ends_s)
    sim_push(m, (event){.at_s = at_s,
                        .kind = SUBPROBLEMS_GIVEN,
                        .rank = rank,
                        .version = s->version});
}

static void begin_next(machine *m, int32_t rank) {
  station *const s = &m->station[rank];
  if (s->running || s->n_answered == s->n_held) return;
  const sim_task *const task = &s->held[s->n_answered];
  s->running = true;
  s->began_s = m->now_s;
  s->ends_s = m->now_s + task->needs_s;
  s->gives_from_s = m->now_s + fmax(m->model.split_after_s - task->age_s,
                                    m->model.split_again_s);
  note_busy(m, 1);
  await_end(m, rank);
  await_giving(m, rank);
}

static void end_running(machine *m, int32_t rank, bool interrupted) {
  station *const s = &m->station[rank];
  sim_task *const task = &s->held[s->n_answered];
  task->took_s = m->now_s - s->began_s;
  task->interrupted = interrupted;
  m->outcome->busy_s += task->took_s;
  m->outcome->tasks++;
  s->running = false;
  s->version++;
  note_busy(m, -1);
  if (s->n_answered++ == 0) s->oldest_s = m->now_s;
}

static void send_to_rank0(machine *m, int32_t rank, letter *l) {
  double arrives_s = m->now_s;
  if (rank > 0) {
    arrives_s += m->model.latency_s + l->bytes / m->model.bytes_per_s;
    m->outcome->messages++;
    m->outcome->message_bytes += (int64_t)l->bytes;
  }
  sim_push(m, (event){.at_s = arrives_s,
                      .kind = LETTER_AT_RANK0,
                      .rank = rank,
                      .letter = l});
}

/* Post the answers, and the tasks given back if there are any. */
static void report(machine *m, int32_t rank, letter *given_back) {
  enum { RESULT_BYTES = 168, RETURNED_BYTES = 9 };
  station *const s = &m->station[rank];
  letter *const l =
      sim_letter(m, s->n_answered + (given_back ? given_back->n : 0));
  if (!l) return;
  for (int32_t i = 0; i < s->n_answered; i++) {
    const rp_answer a = sim_answer_to(m->work, &s->held[i]);
    l->record[l->n++] = (record){.kind = RECORD_RESULT, .task = s->held[i]};
    l->bytes += RESULT_BYTES + (a.verdict == RP_VIOLATED) * m->model.n_in;
  }
  for (int32_t i = 0; given_back && i < given_back->n; i++) {
    l->record[l->n++] = given_back->record[i];
    l->bytes += RETURNED_BYTES;
  }
  s->n_held -= s->n_answered;
  memmove(s->held, s->held + s->n_answered,
          (size_t)s->n_held * sizeof *s->held);
  s->n_answered = 0;
  s->wanted = false;
  s->last_post_s = m->now_s;
  send_to_rank0(m, rank, l);
}

static bool try_report(machine *m, int32_t rank) {
  const station *const s = &m->station[rank];
  const rp_sched_news news = {.answered = s->n_answered,
                              .unanswered = s->n_held - s->n_answered,
                              .oldest_s = m->now_s - s->oldest_s,
                              .silent_s = m->now_s - s->last_post_s};
  const bool due = s->n_answered > 0 &&
                   (s->wanted || rp_sched_report_due(&news, m->n_ranks));
  if (due) report(m, rank, NULL);
  return due;
}

static void look_again(machine *m, int32_t rank, double at_s) {
  if (at_s > m->now_s)
    sim_push(m, (event){.at_s = at_s + 1e-9, .kind = LOOK, .rank = rank});
}

/* A real rank polls all the time; a simulated one looks only when an answer may
 * have become due. */
static void report_what_is_due(machine *m, int32_t rank) {
  const station *const s = &m->station[rank];
  if (try_report(m, rank)) return;
  if (s->n_answered == 1)
    look_again(m, rank, m->now_s + rp_sched_prefetch_s(m->n_ranks) / 2);
  look_again(m, rank, s->last_post_s + rp_sched_round_s(m->n_ranks));
}

static void give_subproblems(machine *m, int32_t rank) {
  enum { SUBPROBLEM_BYTES = 2000 }; /* open nodes of a search, deflated */
  station *const s = &m->station[rank];
  sim_task *const task = &s->held[s->n_answered];
  letter *const l = sim_letter(m, task->wanted);
  if (!l) return;
  const double part_s = (s->ends_s - m->now_s) / (task->wanted + 1);
  l->n = task->wanted;
  l->bytes = task->wanted * (double)SUBPROBLEM_BYTES;
  for (int32_t i = 0; i < l->n; i++)
    l->record[i] =
        (record){.kind = RECORD_SUBPROBLEM,
                 .task = {.id = task->id,
                          .last = i == l->n - 1,
                          .needs_s = part_s + m->model.subproblem_s,
                          .age_s = task->age_s + m->now_s - s->began_s}};
  task->subproblems += task->wanted;
  task->wanted = 0;
  s->gives_from_s = m->now_s + m->model.split_again_s;
  s->ends_s = m->now_s + part_s;
  await_end(m, rank);
  send_to_rank0(m, rank, l);
}

static void split(machine *m, int32_t rank, const sim_task *asked) {
  station *const s = &m->station[rank];
  for (int32_t i = s->n_answered; i < s->n_held; i++) {
    if (s->held[i].id != asked->id) continue;
    s->held[i].wanted = asked->wanted;
    if (s->running && i == s->n_answered) await_giving(m, rank);
    return;
  }
}

/* A task that runs ends at once; a task that waits is given back. */
static void cancel(machine *m, int32_t rank, const record *r,
                   letter *given_back) {
  station *const s = &m->station[rank];
  for (int32_t i = s->n_answered; i < s->n_held; i++) {
    if (s->held[i].id != r->task.id) continue;
    const bool runs = s->running && i == s->n_answered;
    if (runs && r->kind == RECORD_ABANDON) end_running(m, rank, true);
    if (runs) return;
    given_back->record[given_back->n++] =
        (record){.kind = RECORD_RETURNED, .task = s->held[i]};
    memmove(&s->held[i], &s->held[i + 1],
            (size_t)(s->n_held - i - 1) * sizeof *s->held);
    s->n_held--;
    return;
  }
}

static void deliver_to_worker(machine *m, int32_t rank, letter *l) {
  station *const s = &m->station[rank];
  letter *given_back = NULL;
  for (int32_t i = 0; i < l->n; i++) {
    if (l->record[i].kind == RECORD_TASK) {
      s->held[s->n_held++] = l->record[i].task;
      continue;
    }
    if (l->record[i].kind == RECORD_SPLIT) {
      split(m, rank, &l->record[i].task);
      continue;
    }
    s->wanted = true;
    if (!given_back) given_back = sim_letter(m, l->n);
    if (given_back) cancel(m, rank, &l->record[i], given_back);
  }
  begin_next(m, rank);
  if (given_back && s->n_answered + given_back->n > 0)
    report(m, rank, given_back);
  free(given_back);
  free(l);
}

/* ---- rank 0 ---- */

static letter *get_draft(machine *m, int32_t rank) {
  station *const s = &m->station[rank];
  if (m->no_memory) return NULL; /* the run is over */
  if (!s->draft) m->to_post[m->n_to_post++] = rank;
  if (s->draft && s->draft->n < s->draft->room) return s->draft;
  letter *const l = sim_letter(m, s->draft ? 2 * s->draft->room : 4);
  if (l && s->draft) {
    l->n = s->draft->n;
    l->bytes = s->draft->bytes;
    memcpy(l->record, s->draft->record, (size_t)l->n * sizeof *l->record);
  }
  free(s->draft);
  s->draft = l;
  return l;
}

static void on_send(void *context, int32_t rank, const rp_sched_task *task) {
  enum { TASK_BYTES = 33 };
  machine *const m = context;
  letter *const l = get_draft(m, rank);
  if (!l) return;
  l->bytes +=
      TASK_BYTES + m->model.n_in + (double)task->question.subproblem_size;
  const sim_subproblem known = sim_look_up(m->work, task);
  l->record[l->n++] = (record){
      .kind = RECORD_TASK,
      .task = {.id = task->id,
               .query = task->query,
               .search = task->search,
               .radius = task->question.radius,
               .subproblem_number = task->subproblem_number,
               .cut_short = task->question.cpu_limit_s > 0 &&
                            known.needs_s >= task->question.cpu_limit_s,
               .needs_s = known.needs_s,
               .age_s = known.age_s}};
}

static void on_cancel(void *context, int32_t rank, int64_t task, bool abandon) {
  enum { CANCEL_BYTES = 9 };
  machine *const m = context;
  letter *const l = get_draft(m, rank);
  if (!l) return;
  l->bytes += CANCEL_BYTES;
  l->record[l->n++] = (record){.kind = abandon ? RECORD_ABANDON : RECORD_RECALL,
                               .task = {.id = task}};
}

static void on_split(void *context, int32_t rank, int64_t task,
                     int32_t subproblems) {
  enum { SPLIT_BYTES = 11 };
  machine *const m = context;
  letter *const l = get_draft(m, rank);
  if (!l) return;
  l->bytes += SPLIT_BYTES;
  l->record[l->n++] = (record){.kind = RECORD_SPLIT,
                               .task = {.id = task, .wanted = subproblems}};
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  (void)query, (void)worker, (void)answer, (void)witness;
  ((machine *)context)->outcome->rows++;
}

static void on_radius_row(void *context, const rp_sched_radius *row) {
  (void)row;
  ((machine *)context)->outcome->rows++;
}

/* Looking for messages takes a round over all ranks: one round for all messages
 * that wait, and one more that finds none. */
static double compute_looking_cost(const machine *m, int32_t taken) {
  const double rounds = (double)taken / m->n_inbox + (taken == m->n_inbox);
  return m->model.look_rank_s * m->n_ranks * rounds;
}

/* Post the drafts; rank 0 is at `at_s`, returns when it has done so. */
static double post_drafts(machine *m, double at_s) {
  for (int32_t i = 0; i < m->n_to_post; i++) {
    const int32_t rank = m->to_post[i];
    letter *const l = m->station[rank].draft;
    m->station[rank].draft = NULL;
    if (!l) continue;
    double arrives_s = at_s += l->n * m->model.task_s / 2;
    if (rank > 0) {
      at_s += m->model.message_s;
      m->link_free_s =
          fmax(at_s, m->link_free_s) + l->bytes / m->model.bytes_per_s;
      arrives_s = m->link_free_s + m->model.latency_s + m->model.poll_s;
      m->outcome->messages++;
      m->outcome->message_bytes += (int64_t)l->bytes;
    }
    sim_push(m, (event){.at_s = arrives_s,
                        .kind = LETTER_AT_WORKER,
                        .rank = rank,
                        .letter = l});
  }
  m->n_to_post = 0;
  return at_s;
}

static void take_in(machine *m, int32_t rank, const letter *l) {
  static const uint8_t witness[1] = {0};
  for (int32_t i = 0; i < l->n; i++) {
    const sim_task *const task = &l->record[i].task;
    if (l->record[i].kind == RECORD_RETURNED) {
      rp_sched_returned(m->sched, rank, task->id);
      continue;
    }
    if (l->record[i].kind == RECORD_SUBPROBLEM) {
      const sim_subproblem given = {task->needs_s, task->age_s};
      uint8_t bytes[sizeof given];
      memcpy(bytes, &given, sizeof bytes);
      rp_sched_add_subproblem(m->sched, rank, task->id, bytes, sizeof bytes,
                              task->last);
      continue;
    }
    const rp_answer a = sim_answer_to(m->work, task);
    rp_sched_result(m->sched, rank, task->id, &a,
                    a.verdict == RP_VIOLATED ? witness : NULL);
  }
}

/* One turn of rank 0's loop. The next one begins when the work of this one is
 * done. */
static void run_rank0_turn(machine *m) {
  double at_s = m->now_s;
  m->rank0_at_work = m->n_inbox > 0;
  if (!m->rank0_at_work) return;
  const int32_t n = m->n_inbox < RP_SIM_TURN ? m->n_inbox : RP_SIM_TURN;
  at_s += compute_looking_cost(m, n);
  for (int32_t i = 0; i < n; i++) {
    letter *const l = m->inbox[m->first_in_inbox].letter;
    const int32_t rank = m->inbox[m->first_in_inbox].rank;
    m->first_in_inbox = (m->first_in_inbox + 1) % m->inbox_room;
    if (rank > 0) at_s += m->model.message_s;
    at_s += l->n * m->model.task_s / 2;
    take_in(m, rank, l);
    free(l);
  }
  m->n_inbox -= n;
  at_s = post_drafts(m, at_s);
  m->rank0_free_s = at_s;
  m->outcome->rank0_s += at_s - m->now_s;
  sim_push(m, (event){.at_s = at_s, .kind = RANK0_TURNS});
}

/* At most one letter waits for each task that a rank held. */
static void deliver_to_rank0(machine *m, int32_t rank, letter *l) {
  if (m->n_inbox == m->inbox_room && !sim_grow_inbox(m)) {
    free(l);
    return;
  }
  const int32_t at = (m->first_in_inbox + m->n_inbox++) % m->inbox_room;
  m->inbox[at] = (incoming){.rank = rank, .letter = l};
  if (m->rank0_at_work) return;
  m->rank0_at_work = true;
  const double poll_s = rank > 0 ? m->model.poll_s : 0;
  sim_push(m, (event){.at_s = m->now_s + poll_s, .kind = RANK0_TURNS});
}

/* ---- the clock ---- */

static void happen(machine *m, const event *e) {
  station *const s = &m->station[e->rank];
  switch (e->kind) {
  case TASK_ENDS:
    if (e->version != s->version) return; /* abandoned meanwhile */
    end_running(m, e->rank, false);
    begin_next(m, e->rank);
    report_what_is_due(m, e->rank);
    break;
  case SUBPROBLEMS_GIVEN:
    if (e->version == s->version) give_subproblems(m, e->rank);
    break;
  case LOOK:
    try_report(m, e->rank);
    break;
  case LETTER_AT_WORKER:
    deliver_to_worker(m, e->rank, e->letter);
    break;
  case LETTER_AT_RANK0:
    deliver_to_rank0(m, e->rank, e->letter);
    break;
  case RANK0_TURNS:
    run_rank0_turn(m);
    break;
  }
}

static rp_status run_clock(machine *m, rp_error *err) {
  for (int32_t r = 0; r < m->n_ranks; r++)
    rp_sched_join(m->sched, r, RP_SCHED_HOLD);
  m->outcome->rank0_s = post_drafts(m, 0);
  m->rank0_at_work = true;
  sim_push(m, (event){.at_s = m->outcome->rank0_s, .kind = RANK0_TURNS});
  while (!rp_sched_done(m->sched) && !m->no_memory) {
    event e;
    if (!sim_pop(m, &e))
      return rp_fail(err, RP_E_INTERNAL,
                     "simulation: deadlock: no event is pending");
    m->now_s = e.at_s;
    happen(m, &e);
  }
  if (m->no_memory)
    return rp_fail(err, RP_E_MEMORY, "simulation: out of memory");
  m->now_s = fmax(m->now_s, m->rank0_free_s);
  m->outcome->makespan_s = m->now_s;
  m->outcome->tail_s = m->now_s - m->last_full_s;
  return RP_OK;
}

rp_sim_model rp_sim_model_default(void) {
  const rp_sim_model model = {.latency_s = 20e-6,
                              .bytes_per_s = 1e9,
                              .message_s = 5e-6,
                              .look_rank_s = 1e-9,
                              .task_s = 1.2e-6,
                              .poll_s = 0.5e-3,
                              .split_after_s = RP_SCHED_SPLIT_AFTER_S,
                              .split_again_s = RP_SCHED_SPLIT_AGAIN_S,
                              .subproblem_s = 5e-3,
                              .n_in = 784};
  return model;
}

rp_status rp_simulate(const rp_workload *workload, const rp_sim_model *model,
                      int32_t ranks, rp_sim_outcome *outcome, rp_error *err) {
  machine m = {
      .work = workload, .model = *model, .n_ranks = ranks, .outcome = outcome};
  const rp_sched_actions actions = {.context = &m,
                                    .send = on_send,
                                    .cancel = on_cancel,
                                    .split = model->split_after_s > 0 ? on_split
                                                                      : NULL,
                                    .query_row = on_query_row,
                                    .radius_row = on_radius_row};
  *outcome = (rp_sim_outcome){.ranks = ranks};
  m.station = rp_alloc((size_t)ranks, sizeof *m.station);
  m.to_post = rp_alloc((size_t)ranks, sizeof *m.to_post);
  rp_status st = RP_E_MEMORY;
  if (m.station && m.to_post)
    st = rp_sched_create(&workload->plan, &actions, ranks, &m.sched);
  st = st == RP_OK ? run_clock(&m, err)
                   : rp_fail(err, st, "simulation: out of memory");
  sim_clear(&m);
  return st;
}
