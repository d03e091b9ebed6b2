/* Simulated runs: every row is decided, times are what they must be where that
 * can be said in advance, the same seed gives the same run, and a slow rank 0
 * shows as the bottleneck. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "simulated.h"

static void equal_tasks_take_their_even_share(void **state) {
  (void)state;
  const rp_sim_model model = rp_sim_model_default();
  rp_workload w = made("constant:0.05", 4000, 1);
  const rp_sim_outcome one = run(&w, &model, 1), many = run(&w, &model, 100);
  assert_true(fabs(one.makespan_s - 200) < 0.1);
  assert_int_equal(one.messages, 0);
  assert_int_equal(one.tasks, 4000);
  assert_true(many.makespan_s >= 2 && many.makespan_s < 2.06);
  assert_true(fabs(many.busy_s - 200) < 1e-6);
  assert_true(many.messages > 100 && many.messages < 2 * 4000);
  rp_workload_free(&w);
}

static void the_same_seed_gives_the_same_run(void **state) {
  (void)state;
  const rp_sim_model model = rp_sim_model_default();
  rp_workload a = made("lognormal:0.01:1.5", 3000, 7);
  rp_workload b = made("lognormal:0.01:1.5", 3000, 7);
  rp_workload c = made("lognormal:0.01:1.5", 3000, 8);
  const rp_sim_outcome of_a = run(&a, &model, 37), of_b = run(&b, &model, 37);
  assert_memory_equal(&of_a, &of_b, sizeof of_a);
  assert_true(run(&c, &model, 37).makespan_s != of_a.makespan_s);
  rp_workload_free(&a);
  rp_workload_free(&b);
  rp_workload_free(&c);
}

static void a_slow_rank_0_is_the_bottleneck(void **state) {
  (void)state;
  rp_sim_model model = rp_sim_model_default();
  rp_workload w = made("constant:0.001", 20000, 1);
  model.task_s = 0.001; /* as long as a task */
  const rp_sim_outcome o = run(&w, &model, 50);
  assert_true(o.makespan_s >= 20000 * 0.001 * 0.99);
  assert_true(o.rank0_s > 0.95 * o.makespan_s);
  model = rp_sim_model_default();
  model.bytes_per_s = 1e5; /* 0.8 kB a task */
  assert_true(run(&w, &model, 50).makespan_s >
              10); /* rank 0 has no way to go */
  rp_workload_free(&w);
}

/* Searches with known ends and times, queries of some samples before them. */
static rp_results *record(void) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  r->provenance.n_in = 4;
  r->provenance.in_hi = 255;
  r->provenance.radius_cap = 20;
  for (int64_t s = 0; s < 60; s++) {
    const int32_t mrr = (int32_t)(s * 7 % 20) - 1;
    const rp_query_row q = {.sample = 2 * s,
                            .radius = 3,
                            .verdict = mrr < 0    ? RP_MISCLASSIFIED
                                       : mrr >= 3 ? RP_ROBUST
                                                  : RP_VIOLATED,
                            .distance = mrr >= 3 || mrr < 0 ? 0 : mrr + 1,
                            .seconds = 0.25,
                            .cpu_seconds = 0.125};
    const rp_radius_row row = {.sample = 2 * s,
                               .lo = mrr,
                               .hi = s % 9 == 4 && mrr >= 0 ? mrr + 2 : mrr,
                               .verdict = RP_ROBUST,
                               .seconds = 4,
                               .cpu_seconds = 2};
    if (s % 2) assert_int_equal(rp_results_add_query(r, &q, NULL, NULL), RP_OK);
    assert_int_equal(rp_results_add_radius(r, &row, NULL, NULL), RP_OK);
    for (int32_t radius = 1; radius <= 16; radius *= 2) {
      const rp_task_row task = {.sample = 2 * s,
                                .radius = radius,
                                .begin_s = (double)s,
                                .end_s = (double)s + 0.1 * radius};
      assert_int_equal(rp_results_add_task(r, &task, NULL), RP_OK);
    }
  }
  assert_int_equal(rp_results_sort(r, NULL), RP_OK);
  return r;
}

static void recorded_searches_are_carried_out(void **state) {
  (void)state;
  const rp_sim_model model = rp_sim_model_default();
  rp_results *const r = record();
  const rp_results *const files[2] = {r, r};
  rp_workload w, drawn, cpu;
  assert_int_equal(rp_workload_record(files, 2, RP_SIM_RECORDED, &w, NULL),
                   RP_OK);
  assert_int_equal(w.plan.n_queries, 60);
  assert_int_equal(w.plan.n_searches, 120);
  assert_int_equal(w.n_probes, 600);
  assert_int_equal(w.plan.cap, 20);
  assert_int_equal(rp_workload_draw(&w, 1000, 3, &drawn, NULL), RP_OK);
  assert_in_range(drawn.plan.n_queries + drawn.plan.n_searches, 1000, 1001);
  assert_int_equal(rp_workload_record(files, 1, RP_SIM_CPU, &cpu, NULL), RP_OK);
  double sum = 0;
  for (int k = 0; k < 5; k++) sum += cpu.probe[k].seconds;
  assert_true(fabs(sum - 2) < 1e-9 && cpu.query_s[0] == 0.125);
  for (int32_t ranks = 1; ranks < 500; ranks = 3 * ranks + 1) {
    const rp_sim_outcome o = run(&w, &model, ranks);
    assert_true(o.tasks >= o.rows);
    run(&drawn, &model, ranks);
  }
  /* More ranks than searches: several radii at once shorten the run. */
  assert_true(run(&w, &model, 1000).makespan_s <
              0.75 * run(&w, &model, 120).makespan_s);
  rp_workload_free(&w);
  rp_workload_free(&drawn);
  rp_workload_free(&cpu);
  rp_results_free(r);
}

/* Searches whose radii take 0.1 s a step under a limit of a second: no more is
 * worked than the limits allow, and what they cut short is not closed. */
static void limits_of_samples_are_kept(void **state) {
  (void)state;
  rp_results *const r = record();
  const rp_results *const files[1] = {r};
  rp_workload w, limited;
  assert_int_equal(rp_workload_record(files, 1, RP_SIM_RECORDED, &w, NULL),
                   RP_OK);
  r->provenance.options.sample_limit = 1;
  assert_int_equal(
      rp_workload_record(files, 1, RP_SIM_RECORDED, &limited, NULL), RP_OK);
  const rp_sim_model model = rp_sim_model_default();
  for (int32_t ranks = 1; ranks < 500; ranks = 3 * ranks + 1) {
    const double free_s = run(&w, &model, ranks).busy_s;
    const double busy_s = run(&limited, &model, ranks).busy_s;
    assert_true(busy_s < free_s);
    assert_true(busy_s <= 60 * 1.0 + 30 * 0.25 + 1e-6);
  }
  rp_workload_free(&w);
  rp_workload_free(&limited);
  rp_results_free(r);
}

/* One long task among short ones: its subproblems go to the ranks that idle. */
static void long_tasks_are_split(void **state) {
  (void)state;
  rp_sim_model model = rp_sim_model_default();
  rp_workload w = made("constant:0.01", 500, 1);
  w.query_s[499] = 100;
  const rp_sim_outcome split = run(&w, &model, 50);
  model.split_after_s = 0;
  const rp_sim_outcome whole = run(&w, &model, 50);
  assert_true(whole.makespan_s > 100 && whole.tasks == 500);
  assert_true(split.makespan_s < 6 && split.tasks > 500);
  const double resuming_s = (double)(split.tasks - 500) * model.subproblem_s;
  assert_true(fabs(split.busy_s - resuming_s - whole.busy_s) < 1e-6);
  assert_true(split.tail_s < 0.1 * whole.tail_s);
  rp_workload_free(&w);
}

static void laws_are_fitted(void **state) {
  (void)state;
  rp_workload w = made("lognormal:0.02:1.3", 20000, 5);
  rp_sim_law law = {.times = RP_SIM_LOGNORMAL};
  assert_int_equal(rp_sim_law_fit(&w, &law, NULL), RP_OK);
  assert_true(fabs(law.a / 0.02 - 1) < 0.05 && fabs(law.b - 1.3) < 0.05);
  rp_workload_free(&w);
  w = made("pareto:0.001:1.5", 20000, 5);
  law = (rp_sim_law){.times = RP_SIM_PARETO};
  assert_int_equal(rp_sim_law_fit(&w, &law, NULL), RP_OK);
  assert_true(fabs(law.a / 0.001 - 1) < 0.05 && fabs(law.b - 1.5) < 0.05);
  rp_workload_free(&w);
}

static void wrong_laws_are_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "gauss",
                                      "constant",
                                      "constant:0",
                                      "constant:x",
                                      "lognormal:1",
                                      "pareto:1:0",
                                      "recorded:1",
                                      "cpu ",
                                      "lognormal:1:2 ",
                                      "lognormal:1:2:3",
                                      "constant:nan",
                                      "pareto:inf:1"};
  rp_sim_law law;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(rp_sim_law_parse(wrong[i], &law, NULL), RP_E_USAGE);
}

static void lack_of_memory_is_an_error(void **state) {
  (void)state;
  const rp_sim_model model = rp_sim_model_default();
  rp_results *const r = record();
  const rp_results *const files[1] = {r};
  rp_workload w, drawn;
  assert_int_equal(rp_workload_record(files, 1, RP_SIM_RECORDED, &w, NULL),
                   RP_OK);
  rp_status st = RP_E_MEMORY;
  for (uint64_t n = 1; n < 100 && st != RP_OK; n++) {
    rp_alloc_fail_after(n);
    st = rp_workload_draw(&w, 100, 1, &drawn, NULL);
    if (st == RP_OK)
      rp_workload_free(&drawn);
    else
      assert_int_equal(st, RP_E_MEMORY);
  }
  for (uint64_t n = 1; n < 400; n++) {
    rp_sim_outcome o;
    rp_alloc_fail_after(n);
    const rp_status failed = rp_simulate(&w, &model, 9, &o, NULL);
    /* A search that finds no memory ends as unknown; all else fails. */
    if (failed != RP_OK) assert_int_equal(failed, RP_E_MEMORY);
  }
  rp_alloc_fail_after(0);
  rp_workload_free(&w);
  rp_results_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_tasks_take_their_even_share),
      cmocka_unit_test(the_same_seed_gives_the_same_run),
      cmocka_unit_test(a_slow_rank_0_is_the_bottleneck),
      cmocka_unit_test(recorded_searches_are_carried_out),
      cmocka_unit_test(limits_of_samples_are_kept),
      cmocka_unit_test(long_tasks_are_split),
      cmocka_unit_test(laws_are_fitted),
      cmocka_unit_test(wrong_laws_are_refused),
      cmocka_unit_test(lack_of_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
