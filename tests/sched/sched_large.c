/* The scheduler at the size of a large cluster: simulated workers, heavy-tailed
 * task times, messages that take their time. The end must come close to an
 * even share of the work, and a million tasks must not take long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "sched/sched.h"

/* Every worker is one clock: it runs its tasks in order, and each event is the
 * end of a task. Task times are heavy-tailed; a message takes `latency`. */
typedef struct cluster {
  rp_sched *sched;
  rp_rng rng;
  int32_t n_workers, n_heap;
  double now, latency, work, longest;
  rp_sched_task (*task)[RP_SCHED_HOLD];
  double (*end)[RP_SCHED_HOLD];    /* of each task held, in order */
  double (*length)[RP_SCHED_HOLD]; /* likewise */
  int32_t *n_held, *heap, *at; /* heap of workers by their first task's end */
  int64_t rows;
} cluster;

static double key(const cluster *c, int32_t worker) {
  return c->n_held[worker] ? c->end[worker][0] : 1e300;
}

static void swap_up_or_down(cluster *c, int32_t i) {
  for (;;) {
    const int32_t up = (i - 1) / 2;
    int32_t j = i;
    if (i > 0 && key(c, c->heap[i]) < key(c, c->heap[up])) {
      j = up;
    } else {
      for (int32_t k = 2 * i + 1; k <= 2 * i + 2 && k < c->n_workers; k++)
        if (key(c, c->heap[k]) < key(c, c->heap[j])) j = k;
    }
    if (j == i) return;
    const int32_t worker = c->heap[i];
    c->heap[i] = c->heap[j];
    c->heap[j] = worker;
    c->at[c->heap[i]] = i;
    c->at[c->heap[j]] = j;
    i = j;
  }
}

static void sim_send(void *context, int32_t worker, const rp_sched_task *task) {
  cluster *c = context;
  const double u = 1 - rp_rng_unit(&c->rng);
  const double length = u < 0.001 ? 10 : 0.1 / (u + 0.01);
  const int32_t n = c->n_held[worker]++;
  const double free_at = n ? c->end[worker][n - 1] : 0;
  const double arrives = c->now + c->latency;
  c->task[worker][n] = *task;
  c->end[worker][n] = (free_at > arrives ? free_at : arrives) + length;
  c->length[worker][n] = length;
  c->work += length;
  if (length > c->longest) c->longest = length;
  swap_up_or_down(c, c->at[worker]);
}

/* Recalls always come too late here: the worst for the tail. */
static void sim_cancel(void *context, int32_t worker, int64_t task,
                       bool abandon) {
  (void)context, (void)worker, (void)task, (void)abandon;
}

static void sim_query_row(void *context, int64_t query, int32_t worker,
                          const rp_answer *answer, const uint8_t *witness) {
  (void)query, (void)worker, (void)answer, (void)witness;
  ((cluster *)context)->rows++;
}

static void sim_radius_row(void *context, const rp_sched_radius *row) {
  assert_true(row->lo == row->hi && row->lo == row->search % 12);
  ((cluster *)context)->rows++;
}

static void sim_step(cluster *c) {
  const int32_t worker = c->heap[0];
  assert_true(c->n_held[worker] > 0);
  const rp_sched_task task = c->task[worker][0];
  const int32_t mrr = (int32_t)(task.question.sample % 12);
  const bool robust = task.question.radius <= mrr;
  const rp_answer answer = {.verdict = robust ? RP_ROBUST : RP_VIOLATED,
                            .distance = robust ? 0 : mrr + 1,
                            .seconds = c->length[worker][0]};
  uint8_t witness[4] = {0};
  c->now = c->end[worker][0];
  c->n_held[worker]--;
  for (int32_t k = 0; k < c->n_held[worker]; k++) {
    c->task[worker][k] = c->task[worker][k + 1];
    c->end[worker][k] = c->end[worker][k + 1];
    c->length[worker][k] = c->length[worker][k + 1];
  }
  swap_up_or_down(c, c->at[worker]);
  c->now += c->latency;
  rp_sched_result(c->sched, worker, task.id, &answer, robust ? NULL : witness);
  c->now -= c->latency;
}

static void simulate(const rp_sched_plan *plan, int32_t n_workers) {
  cluster c = {.n_workers = n_workers, .latency = 0.001};
  const size_t n = (size_t)n_workers;
  rp_rng_init(&c.rng, 5);
  c.task = calloc(n, sizeof *c.task);
  c.end = calloc(n, sizeof *c.end);
  c.length = calloc(n, sizeof *c.length);
  c.n_held = calloc(n, sizeof *c.n_held);
  c.heap = calloc(n, sizeof *c.heap);
  c.at = calloc(n, sizeof *c.at);
  assert_true(c.task && c.end && c.length && c.n_held && c.heap && c.at);
  const rp_sched_actions actions = {.context = &c,
                                    .send = sim_send,
                                    .cancel = sim_cancel,
                                    .query_row = sim_query_row,
                                    .radius_row = sim_radius_row};
  assert_int_equal(rp_sched_create(plan, &actions, n_workers, &c.sched), RP_OK);
  for (int32_t i = 0; i < n_workers; i++) c.heap[i] = c.at[i] = i;
  for (int32_t i = 0; i < n_workers; i++)
    rp_sched_join(c.sched, i, RP_SCHED_HOLD);
  while (!rp_sched_done(c.sched)) sim_step(&c);
  const double ideal = c.work / n_workers;
  print_message("%lld rows, %d workers: %.1f s, evenly %.1f s, longest %.1f\n",
                (long long)c.rows, n_workers, c.now, ideal, c.longest);
  assert_int_equal(c.rows, plan->n_queries + plan->n_searches);
  assert_true(c.now < 1.03 * ideal + 2 * c.longest);
  rp_sched_free(c.sched);
  free(c.task), free(c.end), free(c.length), free(c.n_held), free(c.heap),
      free(c.at);
}

static void a_million_queries_on_ten_thousand_workers(void **state) {
  (void)state;
  const int64_t n = 1000000;
  rp_question *query = calloc((size_t)n, sizeof *query);
  assert_non_null(query);
  for (int64_t i = 0; i < n; i++)
    query[i] = (rp_question){.sample = i / 4, .radius = 1 + (int32_t)(i % 4)};
  const rp_sched_plan plan = {.query = query, .n_queries = n, .n_in = 4};
  simulate(&plan, 10000);
  free(query);
}

static void many_searches_on_ten_thousand_workers(void **state) {
  (void)state;
  const int64_t n = 60000;
  int64_t *search = calloc((size_t)n, sizeof *search);
  assert_non_null(search);
  for (int64_t i = 0; i < n; i++) search[i] = i;
  const rp_sched_plan plan = {
      .search = search, .n_searches = n, .cap = 30, .n_in = 4};
  simulate(&plan, 10000);
  free(search);
}

/* One sample and many workers: all radii at once, and the end of the search
 * cancels what still runs. */
static void one_search_spreads_over_workers(void **state) {
  (void)state;
  static const int64_t search[1] = {0};
  const rp_sched_plan plan = {
      .search = search, .n_searches = 1, .cap = 30, .n_in = 4};
  simulate(&plan, 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_million_queries_on_ten_thousand_workers),
      cmocka_unit_test(many_searches_on_ten_thousand_workers),
      cmocka_unit_test(one_search_spreads_over_workers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
