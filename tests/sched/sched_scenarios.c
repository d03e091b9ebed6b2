/* The scheduler in short scenes, one rule each: read these first, and
 * sched_random.c for all that may happen between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sched/sched.h"

enum { MOST = 8, HOLD = 4, NONE = -1, ALL_OF_IT = 0 };

typedef struct far_worker {
  rp_sched_task held[HOLD]; /* oldest first */
  int32_t n_held;
  int64_t recalled, abandoned; /* ids of the last ones; 0: none */
  int32_t recalls;             /* of its tasks */
  int64_t asked;               /* for subproblems, the last one */
  int32_t wanted;              /* so many of them */
} far_worker;

typedef struct world {
  rp_sched *sched;
  rp_question query[MOST];
  int64_t search[MOST];
  rp_sched_plan plan;
  far_worker worker[MOST];
  int32_t rows[MOST]; /* of queries */
  rp_answer row[MOST];
  int32_t radius_rows;
  rp_sched_radius radius;
  int64_t sent; /* tasks, to anybody */
} world;

static world w;

/* ---- what the scheduler does ---- */

static void on_send(void *context, int32_t worker, const rp_sched_task *task) {
  far_worker *const f = &w.worker[worker];
  (void)context;
  assert_true(f->n_held < HOLD);
  f->held[f->n_held++] = *task;
  w.sent++;
}

static void on_cancel(void *context, int32_t worker, int64_t task,
                      bool abandon) {
  (void)context;
  *(abandon ? &w.worker[worker].abandoned : &w.worker[worker].recalled) = task;
  w.worker[worker].recalls += !abandon;
}

static void on_split(void *context, int32_t worker, int64_t task,
                     int32_t subproblems) {
  (void)context;
  w.worker[worker].asked = task;
  w.worker[worker].wanted = subproblems;
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  (void)context, (void)worker, (void)witness;
  w.rows[query]++;
  w.row[query] = *answer;
}

static void on_radius_row(void *context, const rp_sched_radius *row) {
  (void)context;
  w.radius_rows++;
  w.radius = *row;
}

/* ---- what happens to it ---- */

/* So many queries, of samples 0, 1, ... at radius 3, and one search of sample
 * `searched` up to radius 10 unless that is NONE. Worker k joins as the k-th.
 */
static void begin(int32_t queries, int64_t searched, int32_t workers) {
  const rp_sched_actions actions = {.send = on_send,
                                    .cancel = on_cancel,
                                    .split = on_split,
                                    .query_row = on_query_row,
                                    .radius_row = on_radius_row};
  w = (world){.plan = {.query = w.query, .search = w.search, .n_in = 1}};
  w.plan.n_queries = queries;
  w.plan.n_searches = searched != NONE;
  w.plan.cap = 10;
  w.search[0] = searched;
  for (int32_t q = 0; q < queries; q++)
    w.query[q] = (rp_question){.sample = q, .radius = 3};
  assert_int_equal(rp_sched_create(&w.plan, &actions, MOST, &w.sched), RP_OK);
  for (int32_t k = 0; k < workers; k++) rp_sched_join(w.sched, k, HOLD);
}

static int end(void **state) {
  (void)state;
  rp_sched_free(w.sched);
  return 0;
}

static rp_sched_task forget(int32_t worker, int64_t id) {
  far_worker *const f = &w.worker[worker];
  int32_t k = 0;
  while (k < f->n_held && f->held[k].id != id) k++;
  assert_true(k < f->n_held);
  const rp_sched_task task = f->held[k];
  memmove(&f->held[k], &f->held[k + 1],
          (size_t)(--f->n_held - k) * sizeof *f->held);
  return task;
}

/* The worker answers its oldest task; subproblems: that it says to have given.
 */
static void answer(int32_t worker, rp_verdict verdict, int32_t subproblems) {
  static const uint8_t witness[1] = {9};
  const rp_sched_task task = forget(worker, w.worker[worker].held[0].id);
  const rp_answer a = {
      .verdict = verdict,
      .reason = verdict == RP_UNKNOWN ? RP_REASON_TIME : RP_REASON_NONE,
      .distance = verdict == RP_VIOLATED ? task.question.radius : 0,
      .subproblems = subproblems,
      .seconds = 1};
  rp_sched_result(w.sched, worker, task.id, &a,
                  verdict == RP_VIOLATED ? witness : NULL);
}

static void lose(int32_t worker) {
  w.worker[worker].n_held = 0;
  rp_sched_lost(w.sched, worker);
}

/* The worker's oldest task gives so many subproblems away. */
static void give_subproblems(int32_t worker, int32_t subproblems) {
  const uint8_t subproblem = 1;
  for (int32_t k = 1; k <= subproblems; k++)
    rp_sched_add_subproblem(w.sched, worker, w.worker[worker].held[0].id,
                            &subproblem, 1, k == subproblems);
}

static void assert_holds(int32_t worker, int64_t query, int32_t subproblem) {
  assert_int_equal(w.worker[worker].n_held, 1);
  assert_int_equal(w.worker[worker].held[0].query, query);
  assert_int_equal(w.worker[worker].held[0].subproblem_number, subproblem);
}

static void assert_row(int64_t query, rp_verdict verdict, rp_reason reason) {
  assert_int_equal(w.rows[query], 1);
  assert_int_equal(w.row[query].verdict, verdict);
  assert_int_equal(w.row[query].reason, reason);
}

/* ---- tasks ---- */

static void every_worker_is_given_a_query_as_it_joins(void **state) {
  (void)state;
  begin(2, NONE, 2);
  assert_holds(0, 0, ALL_OF_IT);
  assert_holds(1, 1, ALL_OF_IT);
  assert_int_equal(w.worker[0].held[0].question.radius, 3);
}

static void answers_in_any_order_are_one_row_each(void **state) {
  (void)state;
  begin(2, NONE, 2);
  answer(1, RP_VIOLATED, 0);
  assert_false(rp_sched_done(w.sched));
  answer(0, RP_ROBUST, 0);
  assert_true(rp_sched_done(w.sched));
  assert_row(0, RP_ROBUST, RP_REASON_NONE);
  assert_row(1, RP_VIOLATED, RP_REASON_NONE);
}

static void a_worker_prefetches_while_there_is_plenty(void **state) {
  (void)state;
  begin(8, NONE, 1);
  assert_in_range(w.worker[0].n_held, 2, HOLD);
  while (w.worker[0].n_held > 0) answer(0, RP_ROBUST, 0);
  assert_true(rp_sched_done(w.sched));
}

static void an_idle_worker_takes_what_another_has_prefetched(void **state) {
  (void)state;
  begin(3, NONE, 2);
  assert_int_equal(w.worker[0].n_held, 2);
  answer(1, RP_ROBUST, 0);
  const int64_t id = w.worker[0].recalled;
  assert_int_equal(id, w.worker[0].held[1].id);
  const rp_sched_task task = forget(0, id);
  rp_sched_returned(w.sched, 0, id);
  assert_holds(1, task.query, ALL_OF_IT);
}

static void a_recall_that_comes_too_late_changes_nothing(void **state) {
  (void)state;
  begin(3, NONE, 2);
  answer(1, RP_ROBUST, 0);
  assert_true(w.worker[0].recalled > 0);
  answer(0, RP_ROBUST, 0);
  answer(0, RP_ROBUST, 0);
  assert_int_equal(w.worker[1].n_held, 0);
  assert_true(rp_sched_done(w.sched));
  for (int q = 0; q < 3; q++) assert_row(q, RP_ROBUST, RP_REASON_NONE);
}

/* ---- losses ---- */

static void a_lost_workers_task_is_dealt_to_an_idle_one(void **state) {
  (void)state;
  begin(1, NONE, 2);
  assert_int_equal(w.worker[1].n_held, 0);
  lose(0);
  assert_holds(1, 0, ALL_OF_IT);
  answer(1, RP_ROBUST, 0);
  assert_row(0, RP_ROBUST, RP_REASON_NONE);
}

static void an_answer_of_a_lost_worker_is_ignored(void **state) {
  (void)state;
  begin(1, NONE, 1);
  const rp_answer late = {.verdict = RP_ROBUST};
  const int64_t id = w.worker[0].held[0].id;
  lose(0);
  rp_sched_result(w.sched, 0, id, &late, NULL);
  assert_int_equal(w.rows[0], 0);
  rp_sched_join(w.sched, 1, HOLD);
  assert_holds(1, 0, ALL_OF_IT);
}

static void a_task_that_was_with_a_lost_worker_runs_alone(void **state) {
  (void)state;
  begin(8, NONE, 0);
  rp_sched_join(w.sched, 0, 1);
  lose(0);
  rp_sched_join(w.sched, 1, HOLD);
  rp_sched_join(w.sched, 2, HOLD);
  for (int k = 0; k < 7; k++) {
    const int32_t worker = w.worker[1].n_held > 0 ? 1 : 2;
    assert_int_not_equal(w.worker[worker].held[0].query, 0);
    answer(worker, RP_ROBUST, 0);
  }
  const int32_t worker = w.worker[1].n_held > 0 ? 1 : 2;
  assert_holds(worker, 0, ALL_OF_IT);
  assert_int_equal(w.worker[3 - worker].n_held, 0);
  assert_int_equal(w.worker[worker].held[0].losses, 1);
  assert_true(w.worker[worker].held[0].alone);
  answer(worker, RP_ROBUST, 0);
  assert_row(0, RP_ROBUST, RP_REASON_NONE);
}

static void lack_memory(int32_t worker) {
  const rp_sched_task task = forget(worker, w.worker[worker].held[0].id);
  const rp_answer a = {.reason = RP_REASON_MEMORY, .seconds = 1};
  rp_sched_result(w.sched, worker, task.id, &a, NULL);
}

/* Workers 0 and 1 are on one node. */
static void a_question_without_memory_is_asked_alone_on_its_node(void **state) {
  (void)state;
  begin(4, NONE, 0);
  for (int32_t k = 0; k < 3; k++) {
    rp_sched_place(w.sched, k, k / 2);
    rp_sched_join(w.sched, k, 1);
  }
  lack_memory(0); /* query 0; it goes on with query 3 */
  lack_memory(1);
  assert_int_equal(w.rows[0] + w.rows[1], 0);
  assert_int_equal(w.worker[1].n_held, 0); /* others still run */
  answer(0, RP_ROBUST, 0);
  assert_int_equal(w.worker[0].n_held + w.worker[1].n_held, 0);
  answer(2, RP_ROBUST, 0);
  assert_int_equal(w.worker[0].n_held + w.worker[1].n_held, 1);
  assert_int_equal(w.worker[2].n_held, 1);
  answer(2, RP_ROBUST, 0);
  assert_int_equal(w.worker[0].n_held + w.worker[1].n_held, 1);
  const int32_t worker = w.worker[0].n_held > 0 ? 0 : 1;
  const int64_t last = w.worker[worker].held[0].query;
  assert_true(w.worker[worker].held[0].alone);
  lack_memory(worker); /* which counts now */
  assert_row(last, RP_UNKNOWN, RP_REASON_MEMORY);
  assert_true(w.row[last].seconds == 2); /* of both tries */
  assert_true(rp_sched_done(w.sched));
}

static void a_task_that_kills_its_workers_is_given_up(void **state) {
  (void)state;
  begin(1, NONE, 0);
  for (int32_t k = 0; k < RP_SCHED_LOSSES; k++) {
    assert_int_equal(w.rows[0], 0);
    rp_sched_join(w.sched, k, HOLD);
    assert_holds(k, 0, ALL_OF_IT);
    lose(k);
  }
  assert_row(0, RP_UNKNOWN, RP_REASON_MEMORY);
  assert_true(rp_sched_done(w.sched));
}

/* Two earlier runs may have died of query 0. */
static void a_task_that_killed_earlier_runs_is_asked_last(void **state) {
  (void)state;
  begin(2, NONE, 0);
  const rp_sched_task task = {.query = 0,
                              .losses = RP_SCHED_LOSSES - 1,
                              .question = {.sample = 0, .radius = 3}};
  const rp_sched_task other = {.query = 7, .question = task.question};
  assert_true(rp_sched_known_loss(w.sched, &task));
  assert_false(rp_sched_known_loss(w.sched, &task)); /* it waits already */
  assert_false(rp_sched_known_loss(w.sched, &other));
  rp_sched_join(w.sched, 0, HOLD);
  assert_holds(0, 1, ALL_OF_IT);
  answer(0, RP_ROBUST, 0);
  assert_holds(0, 0, ALL_OF_IT);
  lose(0);
  assert_row(0, RP_UNKNOWN, RP_REASON_MEMORY);
}

/* ---- searches ---- */

static void a_search_ends_at_the_maximum_radius(void **state) {
  (void)state;
  begin(0, 0, 1);
  while (w.worker[0].n_held > 0) {
    const int32_t radius = w.worker[0].held[0].question.radius;
    answer(0, radius <= 6 ? RP_ROBUST : RP_VIOLATED, 0);
  }
  assert_int_equal(w.radius_rows, 1);
  assert_true(w.radius.lo == 6 && w.radius.hi == 6);
  assert_int_equal(w.radius.verdict, RP_ROBUST);
}

static void an_idle_worker_asks_another_radius_of_a_search(void **state) {
  (void)state;
  begin(0, 0, 2);
  assert_true(w.worker[0].n_held == 1 && w.worker[1].n_held == 1);
  assert_int_not_equal(w.worker[0].held[0].question.radius,
                       w.worker[1].held[0].question.radius);
}

static void a_radius_that_no_longer_matters_is_abandoned(void **state) {
  (void)state;
  begin(0, 0, 2);
  const int32_t larger =
      w.worker[1].held[0].question.radius > w.worker[0].held[0].question.radius;
  const int64_t other = w.worker[!larger].held[0].id;
  answer(larger, RP_ROBUST, 0);
  assert_int_equal(w.worker[!larger].abandoned, other);
}

static void a_query_is_heard_before_its_samples_search_asks(void **state) {
  (void)state;
  begin(1, 0, 1);
  assert_holds(0, 0, ALL_OF_IT);
  answer(0, RP_VIOLATED, 0);
  while (w.worker[0].n_held > 0) {
    assert_in_range(w.worker[0].held[0].question.radius, 1, 2);
    answer(0, RP_ROBUST, 0);
  }
  assert_true(w.radius.lo == 2 && w.radius.hi == 2);
}

static void a_search_goes_on_where_older_results_ended(void **state) {
  (void)state;
  begin(0, 0, 0);
  const rp_sched_interval older = {.sample = 0, .lo = 4, .refuted = 6};
  assert_true(rp_sched_known_radius(w.sched, &older));
  rp_sched_join(w.sched, 0, HOLD);
  assert_int_equal(w.worker[0].held[0].question.radius, 5);
  answer(0, RP_ROBUST, 0);
  assert_true(w.radius.lo == 5 && w.radius.hi == 5);
}

/* ---- splitting ---- */

static void an_idle_worker_wants_a_share_of_a_task_that_runs(void **state) {
  (void)state;
  begin(1, NONE, 1);
  assert_int_equal(w.worker[0].wanted, 0);
  rp_sched_join(w.sched, 1, HOLD);
  assert_in_range(w.worker[0].wanted, 1, 16);
  give_subproblems(0, 1);
  assert_holds(1, 0, 1);
  assert_int_equal(w.worker[1].held[0].question.subproblem_size, 1);
}

/* One asks for a few, so that the next ones that idle need not wait. */
static void subproblems_to_spare_go_to_those_who_idle_next(void **state) {
  (void)state;
  begin(1, NONE, 1);
  rp_sched_join(w.sched, 1, HOLD);
  const int32_t wanted = w.worker[0].wanted;
  assert_in_range(wanted, 2, 16);
  w.worker[0].wanted = 0;
  rp_sched_join(w.sched, 2, HOLD);
  assert_int_equal(w.worker[0].wanted, 0); /* enough are to come */
  give_subproblems(0, wanted);
  assert_holds(1, 0, 1);
  assert_holds(2, 0, 2);
  rp_sched_join(w.sched, 3, HOLD);
  assert_holds(3, 0, 3);
  assert_int_equal(w.worker[0].wanted, 0);
}

static void take_back(int32_t worker, int64_t id) {
  forget(worker, id);
  rp_sched_returned(w.sched, worker, id);
}

/* Worker 0 has begun its oldest task. What waits behind it goes to others, two
 * tasks for each that idles; only then is what runs asked to share. */
static void tasks_behind_a_long_one_are_recalled_together(void **state) {
  (void)state;
  begin(6, NONE, 4);
  const far_worker *const f = &w.worker[0];
  assert_int_equal(f->n_held, 3);
  assert_int_equal(f->recalls, 0);
  rp_sched_join(w.sched, 4, HOLD);
  assert_int_equal(f->recalls, 2);
  rp_sched_join(w.sched, 5, HOLD);
  assert_int_equal(f->recalls, 2);
  while (f->n_held > 1) take_back(0, f->held[1].id);
  assert_int_equal(w.worker[4].n_held, 1);
  assert_int_equal(w.worker[5].n_held, 1);
  assert_int_equal(f->wanted, 0);
  answer(5, RP_ROBUST, 0);
  assert_int_equal(f->asked, f->held[0].id);
}

static void a_question_is_robust_once_all_its_subproblems_are(void **state) {
  (void)state;
  begin(1, NONE, 3);
  give_subproblems(0, 2);
  answer(0, RP_ROBUST, 2);
  answer(2, RP_ROBUST, 0);
  assert_int_equal(w.rows[0], 0);
  answer(1, RP_ROBUST, 0);
  assert_row(0, RP_ROBUST, RP_REASON_NONE);
}

static void a_violated_subproblem_decides_and_the_others_end(void **state) {
  (void)state;
  begin(1, NONE, 3);
  give_subproblems(0, 2);
  const int64_t rest = w.worker[0].held[0].id,
                subproblem = w.worker[1].held[0].id;
  answer(2, RP_VIOLATED, 0);
  assert_row(0, RP_VIOLATED, RP_REASON_NONE);
  assert_int_equal(w.worker[0].abandoned, rest);
  assert_int_equal(w.worker[1].abandoned, subproblem);
}

static void a_lost_subproblem_is_dealt_again(void **state) {
  (void)state;
  begin(1, NONE, 2);
  give_subproblems(0, 1);
  lose(1);
  answer(0, RP_ROBUST, 1);
  assert_int_equal(w.rows[0], 0);
  assert_holds(0, 0, 1);
  answer(0, RP_ROBUST, 0);
  assert_row(0, RP_ROBUST, RP_REASON_NONE);
}

static void
a_subproblem_that_never_came_makes_the_answer_unknown(void **state) {
  (void)state;
  begin(1, NONE, 2);
  answer(0, RP_ROBUST, 1);
  assert_row(0, RP_UNKNOWN, RP_REASON_ERROR);
}

/* ---- the end, and the beginning ---- */

static void a_stop_leaves_a_row_for_every_query(void **state) {
  (void)state;
  begin(2, NONE, 1);
  const int64_t running = w.worker[0].held[0].id;
  rp_sched_stop(w.sched);
  assert_int_equal(w.worker[0].abandoned, running);
  assert_row(1, RP_UNKNOWN, RP_REASON_INTERRUPTED);
  (void)forget(0, running);
  rp_sched_returned(w.sched, 0, running);
  assert_row(0, RP_UNKNOWN, RP_REASON_INTERRUPTED);
  assert_true(rp_sched_done(w.sched));
}

static void what_an_earlier_run_answered_is_not_asked_again(void **state) {
  (void)state;
  begin(2, NONE, 0);
  const rp_sched_task task = {.query = 0, .question = w.query[0]};
  const rp_answer robust = {.verdict = RP_ROBUST};
  assert_true(rp_sched_known(w.sched, 0, &task, &robust, NULL));
  assert_row(0, RP_ROBUST, RP_REASON_NONE);
  rp_sched_join(w.sched, 0, HOLD);
  assert_holds(0, 1, ALL_OF_IT);
  answer(0, RP_ROBUST, 0);
  assert_true(rp_sched_done(w.sched) && w.sent == 1);
}

#define SCENE(name) cmocka_unit_test_teardown(name, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(every_worker_is_given_a_query_as_it_joins),
      SCENE(answers_in_any_order_are_one_row_each),
      SCENE(a_worker_prefetches_while_there_is_plenty),
      SCENE(an_idle_worker_takes_what_another_has_prefetched),
      SCENE(a_recall_that_comes_too_late_changes_nothing),
      SCENE(a_lost_workers_task_is_dealt_to_an_idle_one),
      SCENE(an_answer_of_a_lost_worker_is_ignored),
      SCENE(a_task_that_was_with_a_lost_worker_runs_alone),
      SCENE(a_task_that_kills_its_workers_is_given_up),
      SCENE(a_question_without_memory_is_asked_alone_on_its_node),
      SCENE(a_task_that_killed_earlier_runs_is_asked_last),
      SCENE(a_search_ends_at_the_maximum_radius),
      SCENE(an_idle_worker_asks_another_radius_of_a_search),
      SCENE(a_radius_that_no_longer_matters_is_abandoned),
      SCENE(a_query_is_heard_before_its_samples_search_asks),
      SCENE(a_search_goes_on_where_older_results_ended),
      SCENE(an_idle_worker_wants_a_share_of_a_task_that_runs),
      SCENE(subproblems_to_spare_go_to_those_who_idle_next),
      SCENE(tasks_behind_a_long_one_are_recalled_together),
      SCENE(a_question_is_robust_once_all_its_subproblems_are),
      SCENE(a_violated_subproblem_decides_and_the_others_end),
      SCENE(a_lost_subproblem_is_dealt_again),
      SCENE(a_subproblem_that_never_came_makes_the_answer_unknown),
      SCENE(a_stop_leaves_a_row_for_every_query),
      SCENE(what_an_earlier_run_answered_is_not_asked_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
