/* A worker with a rank 0 that deals, takes back, sends nonsense or falls
 * silent: each task ends in one record, the report is the last one, and without
 * rank 0 the worker ends. */
#include "small_job.h"

#include <stdatomic.h>

#include "cluster/ranks.h"
#include "core/clock.h"
#include "fake_comm.h"

enum { MOST_TASKS = 16 };

/* What rank 0 has heard. */
typedef struct scene {
  rp_setup setup;
  rp_job *job;
  rp_compute *compute;
  int results, returned, reports, others;
  int of_task[MOST_TASKS]; /* records that end it */
  rp_verdict verdict[MOST_TASKS];
  bool more;
  int wanted; /* tasks after whose ends FINISH is sent */
  rp_rank_row row;
  bool told_stop;
} scene;

static void end_task(scene *s, int64_t id) {
  assert_in_range(id, 1, MOST_TASKS - 1);
  s->of_task[id]++;
  if (s->results + s->returned == s->wanted)
    fake_send_plain(RP_MESSAGE_FINISH, 0);
}

/* Rank 0. */
static void take_record(void *context, rp_message message, rp_bytes *wire) {
  scene *const s = context;
  rp_compute_answer a = {.task.id = message.task};
  assert_int_equal(s->reports, 0); /* nothing comes after it */
  switch (message.kind) {
  case RP_MESSAGE_RESULT:
    rp_wire_get_result(wire, &a, 2);
    s->results++;
    s->verdict[message.task] = a.answer.verdict;
    end_task(s, message.task);
    break;
  case RP_MESSAGE_RETURNED:
    s->returned++;
    end_task(s, message.task);
    break;
  case RP_MESSAGE_REPORT:
    s->reports++;
    rp_wire_get_rank_row(wire, &s->row);
    break;
  case RP_MESSAGE_STOP:
    s->told_stop = true;
    fake_send_plain(RP_MESSAGE_FINISH, 0);
    break;
  default:
    s->others += message.kind != RP_MESSAGE_ALIVE;
    break;
  }
}

static scene *begin(void **state) {
  scene *const s = calloc(1, sizeof *s);
  s->job = make_small_job(*state);
  add_line(s->job, "0", 1, 9);
  s->job->options.threads = 1;
  assert_int_equal(rp_setup_load(s->job, &s->setup, NULL), RP_OK);
  assert_int_equal(
      rp_compute_create(s->setup.net, &s->job->options, &s->compute, NULL),
      RP_OK);
  fake_begin(1, take_record, s);
  return s;
}

static void end(scene *s) {
  fake_end();
  rp_compute_free(s->compute);
  rp_setup_free(&s->setup);
  rp_job_free(s->job);
  free(s);
}

static void put_task(const scene *s, rp_bytes *wire, int64_t id,
                     int32_t radius) {
  const rp_compute_task task = {
      .id = id,
      .question = {.radius = radius, .x = s->setup.data->x, .label = 0}};
  rp_wire_put_task(wire, &task, 2);
}

static rp_status run(scene *s, double lost_after_s) {
  return rp_worker_run(s->compute, s->setup.net, lost_after_s, &s->more);
}

static void tasks_of_one_message_are_answered(void **state) {
  scene *const s = begin(state);
  rp_bytes wire = {0};
  s->wanted = 4;
  for (int64_t id = 1; id <= 4; id++) put_task(s, &wire, id, id % 2 ? 1 : 9);
  fake_send(&wire);
  assert_int_equal(run(s, 60), RP_OK);
  for (int64_t id = 1; id <= 4; id++) {
    assert_int_equal(s->of_task[id], 1);
    assert_int_equal(s->verdict[id], id % 2 ? RP_ROBUST : RP_VIOLATED);
  }
  assert_int_equal(s->reports, 1);
  assert_int_equal(s->others, 0);
  assert_true(s->row.rank == 1 && s->row.tasks == 4);
  end(s);
}

/* Taken back or answered: either way once. */
static void a_recalled_task_ends_once(void **state) {
  scene *const s = begin(state);
  rp_bytes wire = {0};
  s->wanted = 2;
  put_task(s, &wire, 1, 9);
  put_task(s, &wire, 2, 9);
  rp_wire_put_message(&wire, RP_MESSAGE_RECALL, 2);
  rp_wire_put_message(&wire, RP_MESSAGE_ABANDON, 3); /* never heard of */
  fake_send(&wire);
  assert_int_equal(run(s, 60), RP_OK);
  assert_int_equal(s->of_task[1], 1);
  assert_int_equal(s->of_task[2], 1);
  assert_int_equal(s->of_task[3], 0);
  assert_int_equal(s->reports, 1);
  end(s);
}

/* A task whose record is cut is answered UNKNOWN, error. */
static void a_damaged_task_is_answered_too(void **state) {
  scene *const s = begin(state);
  rp_bytes wire = {0};
  s->wanted = 1;
  put_task(s, &wire, 1, 1);
  wire.size -= 3;
  fake_send(&wire);
  assert_int_equal(run(s, 60), RP_OK);
  assert_int_equal(s->of_task[1], 1);
  assert_int_equal(s->verdict[1], RP_UNKNOWN);
  end(s);
}

static void a_stop_signal_is_passed_on(void **state) {
  scene *const s = begin(state);
  atomic_store(rp_stop_flag(), true);
  assert_int_equal(run(s, 60), RP_OK);
  atomic_store(rp_stop_flag(), false);
  assert_true(s->told_stop);
  assert_int_equal(s->reports, 1);
  end(s);
}

static void without_rank_0_it_ends_without_a_report(void **state) {
  scene *const s = begin(state);
  fake.torn = 0;
  assert_int_equal(run(s, 60), RP_E_STOPPED);
  assert_int_equal(s->reports, 0);
  end(s);
}

/* What it does not know ends a message, not the worker. */
static void a_report_from_rank_0_is_passed_over(void **state) {
  scene *const s = begin(state);
  fake_send_plain(RP_MESSAGE_REPORT, 0);
  fake_send_plain(RP_MESSAGE_FINISH, 0);
  assert_int_equal(run(s, 60), RP_OK);
  assert_int_equal(s->reports, 1);
  end(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tasks_of_one_message_are_answered),
      cmocka_unit_test(a_recalled_task_ends_once),
      cmocka_unit_test(a_damaged_task_is_answered_too),
      cmocka_unit_test(a_stop_signal_is_passed_on),
      cmocka_unit_test(without_rank_0_it_ends_without_a_report),
      cmocka_unit_test(a_report_from_rank_0_is_passed_over),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
