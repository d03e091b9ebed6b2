/* Workers that die, by random tasks which kill whoever runs them, or by
 * themselves. Every question has its row. Only what workers died of repeatedly
 * is given up: never a task that merely waited behind it, or whose answer the
 * worker had not told yet. A killer costs RP_SCHED_LOSSES workers, no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sched/sched.h"
#include "seeded.h"

enum {
  QUERIES = 400,
  WORKERS = 24,
  MOST_KILLERS = 4,
  MOST_CRASHES = 8, /* with these and the killers some workers live */
  RUNS = 200
};

/* Its first `answered` tasks are done and not told; it runs the next one. */
typedef struct far_worker {
  bool live;
  rp_sched_task task[RP_SCHED_HOLD];
  int32_t n_tasks, answered;
} far_worker;

typedef struct world {
  rp_rng *rng;
  rp_sched *sched;
  far_worker worker[WORKERS];
  bool kills[QUERIES];
  int32_t killers, crashes_left, losses;
  int32_t died_running[QUERIES]; /* workers */
  int32_t rows[QUERIES];
  int32_t shared_losses; /* of workers that held several tasks */
} world;

static void on_send(void *context, int32_t worker, const rp_sched_task *task) {
  world *const w = context;
  far_worker *const f = &w->worker[worker];
  assert_true(f->live && f->n_tasks < RP_SCHED_HOLD);
  f->task[f->n_tasks++] = *task;
}

/* Recalls come too late. */
static void on_cancel(void *context, int32_t worker, int64_t task,
                      bool abandon) {
  (void)context, (void)worker, (void)task;
  assert_false(abandon);
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  world *const w = context;
  (void)worker, (void)witness;
  assert_int_equal(w->rows[query]++, 0);
  if (answer->verdict == RP_ROBUST) {
    assert_false(w->kills[query]);
    return;
  }
  assert_int_equal(answer->verdict, RP_UNKNOWN);
  assert_int_equal(answer->reason, RP_REASON_MEMORY);
  /* It may have been a suspect wrongly once; since then it was alone. */
  assert_true(w->died_running[query] >= RP_SCHED_LOSSES - 1);
}

static void die(world *w, int32_t worker) {
  far_worker *const f = &w->worker[worker];
  w->died_running[f->task[f->answered].query]++;
  w->losses++;
  if (f->n_tasks > 1) w->shared_losses++;
  f->live = false;
  rp_sched_lost(w->sched, worker);
}

static void tell(world *w, int32_t worker) {
  far_worker *const f = &w->worker[worker];
  const rp_answer answer = {.verdict = RP_ROBUST, .seconds = 1e-3};
  for (; f->answered > 0; f->answered--) {
    const int64_t id = f->task[0].id;
    f->n_tasks--;
    memmove(f->task, f->task + 1, (size_t)f->n_tasks * sizeof *f->task);
    rp_sched_result(w->sched, worker, id, &answer, NULL);
  }
}

static void step(world *w, int32_t worker) {
  far_worker *const f = &w->worker[worker];
  if (!f->live || f->n_tasks == 0) return;
  if (w->kills[f->task[f->answered].query]) {
    die(w, worker);
  } else if (w->crashes_left > 0 && between(w->rng, 1, QUERIES) == 1) {
    w->crashes_left--;
    die(w, worker);
  } else {
    f->answered++;
    const rp_sched_news news = {.answered = f->answered,
                                .unanswered = f->n_tasks - f->answered,
                                .oldest_s =
                                    between(w->rng, 1, 20) == 1 ? 1e3 : 0,
                                .silent_s = between(w->rng, 1, 3) == 1 ? 0 : 1};
    if (rp_sched_report_due(&news, WORKERS)) tell(w, worker);
  }
}

static int32_t random_run(rp_rng *rng) {
  static rp_question query[QUERIES];
  for (int32_t q = 0; q < QUERIES; q++)
    query[q] = (rp_question){.sample = q, .radius = 1};
  const rp_sched_plan plan = {
      .query = query, .n_queries = QUERIES, .cap = 1, .n_in = 4};
  world w = {.rng = rng};
  const rp_sched_actions actions = {.context = &w,
                                    .send = on_send,
                                    .cancel = on_cancel,
                                    .query_row = on_query_row};
  w.crashes_left =
      (int32_t)(between(rng, 0, 1) * between(rng, 1, MOST_CRASHES));
  const bool crashes = w.crashes_left > 0;
  for (int64_t k = between(rng, 0, MOST_KILLERS); k > 0; k--) {
    bool *const kills = &w.kills[between(rng, 0, QUERIES - 1)];
    w.killers += !*kills;
    *kills = true;
  }
  assert_int_equal(rp_sched_create(&plan, &actions, WORKERS, &w.sched), RP_OK);
  for (int32_t i = 0; i < WORKERS; i++) {
    w.worker[i].live = true;
    rp_sched_join(w.sched, i, RP_SCHED_HOLD);
  }
  for (int32_t n = 0; !rp_sched_done(w.sched); n++) {
    assert_true(n < 1000000);
    step(&w, (int32_t)between(rng, 0, WORKERS - 1));
  }
  for (int32_t q = 0; q < QUERIES; q++) assert_int_equal(w.rows[q], 1);
  if (!crashes) { /* two killers may be suspected of the same death, once */
    assert_true(w.losses <= w.killers * RP_SCHED_LOSSES);
    assert_true(w.losses >= w.killers * (RP_SCHED_LOSSES - 1));
  }
  rp_sched_free(w.sched);
  return w.shared_losses;
}

static void only_killers_are_given_up(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("only_killers_are_given_up");
  int32_t shared_losses = 0;
  for (int i = 0; i < RUNS; i++) shared_losses += random_run(&rng);
  assert_true(shared_losses > RUNS / 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_killers_are_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
