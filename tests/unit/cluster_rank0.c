/* Rank 0 with one other rank, which tells the truth, sends nonsense, breaks off
 * or says nothing: the rows are the true ones each time, because what another
 * rank did not answer well is asked again. */
#include "small_job.h"

#include "cluster/rank0_internal.h"
#include "core/clock.h"
#include "fake_comm.h"

/* A run of rank 0. */
typedef struct scene {
  rp_job *job;
  rp_setup setup;
  rp_compute *compute;
  rp_results *results;
  rp_ledger *ledger;
  rp_rank0_task task;
  rp_rank0 *rank0;
  int taken;     /* tasks that the other rank got */
  bool finished; /* it was told to */
  bool damages, breaks_off, twice, wrong_kind, gives_back;
} scene;

/* The nearest counterexample in the ball, by trying all points. */
static bool find_counterexample(const scene *s, const rp_question *q,
                                uint8_t found[2], int32_t *distance) {
  const uint8_t *const x = s->setup.data->x + 2 * q->sample;
  *distance = INT32_MAX;
  for (int32_t a = x[0] - q->radius; a <= x[0] + q->radius; a++)
    for (int32_t b = x[1] - q->radius; b <= x[1] + q->radius; b++) {
      if (a < 0 || b < 0 || a > 255 || b > 255) continue;
      const uint8_t y[2] = {(uint8_t)a, (uint8_t)b};
      const int32_t d0 = abs(a - x[0]), d1 = abs(b - x[1]);
      const int32_t d = d0 > d1 ? d0 : d1;
      int32_t class;
      assert_int_equal(rp_reference_predict(s->setup.net, y, &class), RP_OK);
      if (class == s->setup.data->label[q->sample] || d >= *distance) continue;
      *distance = d;
      memcpy(found, y, 2);
    }
  return *distance <= q->radius;
}

static rp_verdict find_truth(const scene *s, const rp_question *q) {
  uint8_t x[2];
  int32_t distance, class;
  assert_int_equal(rp_reference_predict(
                       s->setup.net, s->setup.data->x + 2 * q->sample, &class),
                   RP_OK);
  if (class != s->setup.data->label[q->sample]) return RP_MISCLASSIFIED;
  return find_counterexample(s, q, x, &distance) ? RP_VIOLATED : RP_ROBUST;
}

static void answer(scene *s, const rp_compute_task *task) {
  uint8_t witness[2];
  rp_compute_answer a = {.task = *task,
                         .answer = {.verdict = find_truth(s, &task->question),
                                    .evidence = RP_EVIDENCE_TREE,
                                    .seconds = 0.01},
                         .ended_s = rp_clock_wall_s()};
  if (a.answer.verdict == RP_VIOLATED) {
    (void)find_counterexample(s, &task->question, witness, &a.answer.distance);
    a.answer.evidence = RP_EVIDENCE_REPLAY;
    a.witness = witness;
  }
  rp_bytes wire = {0};
  rp_wire_put_result(&wire, &a, 2);
  if (s->twice) rp_wire_put_result(&wire, &a, 2);
  if (s->damages) rp_bytes_put(&wire, 0xff, 1);
  fake_send(&wire);
}

static void report(void) {
  const rp_rank_row row = {
      .rank = 1, .threads = 3, .tasks = 77, .host = "elsewhere"};
  rp_bytes wire = {0};
  rp_wire_put_message(&wire, RP_MESSAGE_REPORT, 0);
  rp_wire_put_rank_row(&wire, &row);
  fake_send(&wire);
}

static void take_task(scene *s, const rp_compute_task *task) {
  s->taken++;
  if (s->wrong_kind) {
    fake_send_plain(RP_MESSAGE_FINISH, 0);
  } else if (s->breaks_off) {
    fake.torn = 1;
  } else if (s->gives_back && s->taken < 3) {
    fake_send_plain(RP_MESSAGE_RETURNED, task->id);
  } else {
    answer(s, task);
  }
}

/* The other rank. */
static void take_record(void *context, rp_message message, rp_bytes *wire) {
  scene *const s = context;
  rp_compute_task task = {.id = message.task};
  switch (message.kind) {
  case RP_MESSAGE_TASK:
    rp_wire_get_task(wire, &task, 2);
    take_task(s, &task);
    break;
  case RP_MESSAGE_SPLIT:
    (void)rp_bytes_get(wire, 2);
    break;
  case RP_MESSAGE_FINISH:
    s->finished = true;
    report();
    break;
  default:
    break;
  }
}

static scene *begin(void **state) {
  scene *const s = calloc(1, sizeof *s);
  rp_error err = {""};
  s->job = make_small_job(*state);
  add_line(s->job, "0-4", 1, 2);
  add_line(s->job, "0,2,4", 3, 9);
  s->job->radius_samples = strdup("0,2");
  assert_true(rp_radii_parse("12", 1, &s->job->radius_cap));
  s->job->options.threads = 1;
  assert_int_equal(rp_setup_load(s->job, &s->setup, &err), RP_OK);
  assert_int_equal(
      rp_compute_create(s->setup.net, &s->job->options, &s->compute, &err),
      RP_OK);
  assert_int_equal(rp_results_create(&s->results, &err), RP_OK);
  rp_setup_describe(&s->setup, s->job, "", 2, 1, &s->results->provenance);
  assert_int_equal(rp_ledger_open(s->job, &s->setup, &s->ledger, &err), RP_OK);
  fake_begin(0, take_record, s);
  s->task = (rp_rank0_task){.job = s->job,
                            .setup = &s->setup,
                            .compute = s->compute,
                            .results = s->results,
                            .ledger = s->ledger};
  assert_int_equal(rp_rank0_create(&s->task, &s->rank0, &err), RP_OK);
  return s;
}

static void end(scene *s) {
  fake_end();
  rp_rank0_free(s->rank0);
  rp_ledger_close(s->ledger, true);
  rp_results_free(s->results);
  rp_compute_free(s->compute);
  rp_setup_free(&s->setup);
  rp_job_free(s->job);
  free(s);
}

/* Every question has one row, which is the truth. */
static void assert_rows(const scene *s) {
  assert_int_equal(rp_results_sort(s->results, NULL), RP_OK);
  assert_int_equal(s->results->n_queries, s->setup.plan.n_queries);
  for (int64_t i = 0; i < s->results->n_queries; i++) {
    const rp_query_row *const row = &s->results->query[i];
    const rp_question *const q = &s->setup.plan.query[i];
    assert_int_equal(row->sample, q->sample);
    assert_int_equal(row->radius, q->radius);
    assert_int_equal(row->verdict, find_truth(s, q));
    if (row->verdict == RP_VIOLATED) assert_true(row->counterexample >= 0);
  }
  assert_int_equal(s->results->n_radii, 2);
  for (int i = 0; i < 2; i++) {
    const rp_radius_row *const row = &s->results->radius[i];
    const rp_question most = {.sample = row->sample, .radius = 12};
    uint8_t x[2];
    int32_t distance;
    const bool is_refuted = find_counterexample(s, &most, x, &distance);
    assert_int_equal(row->lo, is_refuted ? distance - 1 : 12);
    assert_int_equal(row->hi, row->lo);
  }
}

static void run(scene *s) {
  rp_error err = {""};
  bool others_wait;
  if (rp_rank0_run(s->rank0, &others_wait, &err) != RP_OK) fail_msg("%s", err.text);
  assert_true(s->finished || fake.losses > 0);
  assert_rows(s);
}

static void a_rank_that_answers_has_its_row(void **state) {
  scene *const s = begin(state);
  run(s);
  assert_int_equal(fake.losses, 0);
  assert_true(s->taken > 0);
  assert_int_equal(s->results->n_ranks, 2);
  const rp_rank_row *const row = &s->results->rank[1];
  assert_true(row->rank == 1 && row->tasks == 77 && row->threads == 3);
  assert_true(s->results->n_tasks >= s->results->n_queries);
  end(s);
}

static void an_answer_counts_once(void **state) {
  scene *const s = begin(state);
  s->twice = true;
  run(s);
  assert_int_equal(fake.losses, 0);
  end(s);
}

static void returned_tasks_are_dealt_again(void **state) {
  scene *const s = begin(state);
  s->gives_back = true;
  run(s);
  assert_int_equal(fake.losses, 0);
  end(s);
}

static void expect_loss(void **state, scene *s) {
  (void)state;
  run(s);
  assert_int_equal(fake.losses, 1);
  assert_int_equal(s->results->n_ranks, 1);
  end(s);
}

static void a_rank_with_a_damaged_message_is_given_up(void **state) {
  scene *const s = begin(state);
  s->damages = true;
  expect_loss(state, s);
}

static void a_rank_that_sends_orders_is_given_up(void **state) {
  scene *const s = begin(state);
  s->wrong_kind = true;
  expect_loss(state, s);
}

static void a_rank_that_broke_off_is_given_up(void **state) {
  scene *const s = begin(state);
  s->breaks_off = true;
  expect_loss(state, s);
}

/* ---- the clock, as the test sets it ---- */

static void set_clock(scene *s, double now_s, double heard_s) {
  s->rank0->now_s = now_s;
  s->rank0->peer[1].heard_s = heard_s;
  s->rank0->look_at_s = 0;
}

static void silence_is_a_loss_after_the_option(void **state) {
  scene *const s = begin(state);
  const double limit_s = s->job->options.lost_after;
  rp_sched_join(s->rank0->sched, 1, RP_SCHED_HOLD);
  set_clock(s, 1000, 1000 - 0.99 * limit_s);
  rp_rank0_look_for_lost(s->rank0, 999.9);
  assert_false(s->rank0->peer[1].lost);
  assert_true(rp_rank0_awaits_reports(s->rank0));
  set_clock(s, 1000, 1000 - limit_s);
  rp_rank0_look_for_lost(s->rank0, 999.9);
  assert_true(s->rank0->peer[1].lost);
  assert_int_equal(fake.losses, 1);
  assert_false(rp_rank0_awaits_reports(s->rank0));
  rp_rank0_distrust(s->rank0, 1); /* once is enough */
  assert_int_equal(fake.losses, 1);
  end(s);
}

/* Rank 0 was stopped itself: the silence of others means nothing. */
static void a_standstill_of_rank_0_is_no_silence(void **state) {
  scene *const s = begin(state);
  const double limit_s = s->job->options.lost_after;
  set_clock(s, 1000, 1000 - 2 * limit_s);
  rp_rank0_look_for_lost(s->rank0, 1000 - limit_s / 5);
  assert_false(s->rank0->peer[1].lost);
  assert_true(s->rank0->peer[1].heard_s == 1000);
  end(s);
}

static void a_rank_that_has_reported_is_not_awaited(void **state) {
  scene *const s = begin(state);
  s->rank0->peer[1].reported = true;
  set_clock(s, 1000, 0);
  rp_rank0_look_for_lost(s->rank0, 999.9);
  assert_false(s->rank0->peer[1].lost);
  assert_false(rp_rank0_awaits_reports(s->rank0));
  end(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_rank_that_answers_has_its_row),
      cmocka_unit_test(an_answer_counts_once),
      cmocka_unit_test(returned_tasks_are_dealt_again),
      cmocka_unit_test(a_rank_with_a_damaged_message_is_given_up),
      cmocka_unit_test(a_rank_that_sends_orders_is_given_up),
      cmocka_unit_test(a_rank_that_broke_off_is_given_up),
      cmocka_unit_test(silence_is_a_loss_after_the_option),
      cmocka_unit_test(a_standstill_of_rank_0_is_no_silence),
      cmocka_unit_test(a_rank_that_has_reported_is_not_awaited),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
