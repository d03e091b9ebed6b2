/* The handover to the computing thread, with an engine that sleeps: every task
 * has one answer or is taken back, cancellations hit the running query and
 * never the next one. Worth running under ThreadSanitizer too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../mpi/fake_engine.h"
#include "core/rng.h"
#include "run/compute.h"
#include "sched/sched.h"

typedef struct fixture {
  rp_net net;
  rp_options options;
  rp_compute *compute;
} fixture;

static int start(void **state) {
  fixture *const f = calloc(1, sizeof *f);
  assert_non_null(f);
  f->net.n_in = FAKE_N_IN;
  rp_options_default(&f->options);
  f->options.threads = 2;
  *state = f;
  return rp_compute_create(&f->net, &f->options, &f->compute, NULL) == RP_OK
             ? 0
             : -1;
}

static int end(void **state) {
  fixture *const f = *state;
  rp_compute_free(f->compute);
  free(f);
  return 0;
}

enum { ENDLESS = 255 };

static bool push(fixture *f, int64_t id, uint8_t mrr, uint8_t ms) {
  const uint8_t x[FAKE_N_IN] = {mrr, 0, ms, 0, ms == ENDLESS};
  const rp_compute_task task = {.id = id, .question = {.radius = 5, .x = x}};
  return rp_compute_push(f->compute, &task);
}

static rp_compute_answer await(fixture *f) {
  rp_compute_answer answer;
  while (!rp_compute_take(f->compute, &answer))
    rp_compute_wait(f->compute, 0.01);
  return answer;
}

static void answers_come_in_order(void **state) {
  fixture *const f = *state;
  for (int64_t id = 1; id <= RP_SCHED_HOLD; id++)
    assert_true(push(f, id, id % 7 == 2 ? 2 : 9, 2));
  for (int64_t id = 1; id <= 200; id++) {
    const rp_compute_answer a = await(f);
    assert_int_equal(a.task.id, id);
    const bool violated = id % 7 == 2;
    assert_int_equal(a.answer.verdict, violated ? RP_VIOLATED : RP_ROBUST);
    assert_int_equal(a.witness != NULL, violated);
    if (violated) assert_int_equal(a.witness[FAKE_N_IN - 1], 4);
    const int64_t next = id + RP_SCHED_HOLD;
    if (next <= 200) assert_true(push(f, next, next % 7 == 2 ? 2 : 9, 0));
  }
  rp_rank_row row = {.rank = 4};
  rp_compute_counters(f->compute, &row);
  assert_int_equal(row.rank, 4);
  assert_int_equal(row.threads, 2);
  assert_int_equal(row.tasks, 200);
  assert_int_equal(row.stats.queries, 200);
  assert_true(row.busy_seconds > 0.005);
}

/* A task that runs, and then one that waits when it is asked: their subproblems
 * come before their answers, and hold what the answers leave out. */
static void subproblems_come_before_their_task_ends(void **state) {
  fixture *const f = *state;
  const uint8_t x[FAKE_N_IN] = {9, 0, 0, 0, 0, 9};
  for (int64_t id = 1; id <= 2; id++) {
    const rp_compute_task task = {.id = id, .question = {.radius = 5, .x = x}};
    assert_true(rp_compute_push(f->compute, &task));
    rp_compute_split(f->compute, id, 2);
  }
  for (int64_t id = 1; id <= 2; id++) {
    rp_compute_subproblem subproblem;
    rp_compute_answer a;
    for (int k = 0; k < 2; k++) {
      while (!rp_compute_take_subproblem(f->compute, &subproblem)) {
        assert_false(rp_compute_take(f->compute, &a));
        rp_compute_wait(f->compute, 0.01);
      }
      assert_int_equal(subproblem.id, id);
      assert_int_equal(subproblem.last, k == 1);
      assert_int_equal(subproblem.size, sizeof(fake_subproblem));
      const rp_compute_task part = {
          .id = 10 * id + k,
          .question = {.radius = 5,
                       .x = x,
                       .subproblem = subproblem.bytes,
                       .subproblem_size = subproblem.size}};
      assert_true(rp_compute_push(f->compute, &part));
      free(subproblem.bytes);
    }
    a = await(f);
    assert_int_equal(a.task.id, id);
    assert_int_equal(a.answer.subproblems, 2);
    assert_true(a.answer.seconds > 0.4);
  }
  for (int k = 0; k < 4; k++) {
    const rp_compute_answer a = await(f);
    assert_int_equal(a.answer.verdict, RP_ROBUST);
    assert_true(a.answer.subproblems == 0 && a.task.id >= 10);
  }
}

static void a_running_query_is_abandoned_not_recalled(void **state) {
  fixture *const f = *state;
  assert_true(push(f, 1, 9, ENDLESS));
  rp_compute_wait(f->compute, 0.02);
  assert_false(rp_compute_cancel(f->compute, 1, false));
  assert_true(push(f, 2, 9, 1));
  assert_true(push(f, 3, 9, 1));
  assert_true(rp_compute_cancel(f->compute, 2, false));
  assert_false(rp_compute_cancel(f->compute, 1, true));
  rp_compute_answer a = await(f);
  assert_int_equal(a.task.id, 1);
  assert_int_equal(a.answer.verdict, RP_UNKNOWN);
  assert_int_equal(a.answer.reason, RP_REASON_INTERRUPTED);
  a = await(f);
  assert_int_equal(a.task.id, 3);
  assert_int_equal(a.answer.verdict, RP_ROBUST);
  assert_false(rp_compute_cancel(f->compute, 3, true));
}

/* Late cancellations, at random moments, must never end another query. */
static void late_cancellations_hit_nothing(void **state) {
  fixture *const f = *state;
  rp_rng rng;
  rp_rng_init(&rng, 4);
  bool abandoned[4000] = {false};
  int64_t pushed = 0, ended = 0;
  while (ended < 3000) {
    rp_compute_answer a;
    while (pushed - ended < RP_SCHED_HOLD && pushed < 3000)
      assert_true(push(f, ++pushed, 9, rp_rng_below(&rng, 20) == 0));
    const int64_t id = pushed - (int64_t)rp_rng_below(&rng, 5);
    if (id > 0 && rp_rng_below(&rng, 3) == 0) {
      const bool abandon = rp_rng_below(&rng, 2);
      if (abandon) abandoned[id] = true;
      if (rp_compute_cancel(f->compute, id, abandon)) ended++;
    }
    while (rp_compute_take(f->compute, &a)) {
      ended++;
      if (a.answer.verdict == RP_UNKNOWN) assert_true(abandoned[a.task.id]);
    }
  }
}

static void stop_ends_what_runs(void **state) {
  fixture *const f = *state;
  assert_true(push(f, 1, 9, ENDLESS));
  assert_true(push(f, 2, 9, ENDLESS));
  rp_compute_wait(f->compute, 0.02);
  rp_compute_stop(f->compute);
  rp_compute_stop(f->compute);
  rp_rank_row row;
  memset(&row, 0, sizeof row);
  rp_compute_counters(f->compute, &row);
  assert_true(row.tasks <= 1);
}

static void a_verifier_that_does_not_start_is_an_error(void **state) {
  fixture *const f = *state;
  rp_compute *none;
  rp_error err = {""};
  f->options.threads = 0; /* the fake engine insists */
  assert_int_equal(rp_compute_create(&f->net, &f->options, &none, &err),
                   RP_E_INTERNAL);
  assert_null(none);
  assert_string_equal(err.text, "threads are not settled");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(answers_come_in_order, start, end),
      cmocka_unit_test_setup_teardown(subproblems_come_before_their_task_ends,
                                      start, end),
      cmocka_unit_test_setup_teardown(a_running_query_is_abandoned_not_recalled,
                                      start, end),
      cmocka_unit_test_setup_teardown(late_cancellations_hit_nothing, start,
                                      end),
      cmocka_unit_test_setup_teardown(stop_ends_what_runs, start, end),
      cmocka_unit_test_setup_teardown(
          a_verifier_that_does_not_start_is_an_error, start, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
