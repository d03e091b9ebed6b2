/* Small programs with known answers, and GLPK's aborts survived. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "core/memory.h"
#include "lp/lp.h"

static const double inf = HUGE_VAL;
static const rp_lp_params primal = {.objective_stop = -HUGE_VAL};

/* max 3 x + 2 y, x + y <= 4, x + 3 y <= 7, 0 <= x <= 3, y >= 0. The optimum
 * is 11 at (3, 1); the first row and x's bound hold it, with prices 2 and 1. */
static rp_lp *textbook_program(rp_stats *stats) {
  rp_lp *lp;
  assert_int_equal(rp_lp_create(stats, &lp), RP_OK);
  const int32_t both[] = {0, 1};
  assert_int_equal(rp_lp_add_rows(lp, 2), RP_OK);
  assert_int_equal(rp_lp_add_cols(lp, 2), RP_OK);
  assert_int_equal(rp_lp_row_bounds(lp, 0, -inf, 4), RP_OK);
  assert_int_equal(rp_lp_row_bounds(lp, 1, -inf, 7), RP_OK);
  assert_int_equal(rp_lp_col_bounds(lp, 0, 0, 3), RP_OK);
  assert_int_equal(rp_lp_col_bounds(lp, 1, 0, inf), RP_OK);
  assert_int_equal(rp_lp_objective(lp, 0, 3), RP_OK);
  assert_int_equal(rp_lp_objective(lp, 1, 2), RP_OK);
  assert_int_equal(rp_lp_set_row(lp, 0, 2, both, (double[]){1, 1}), RP_OK);
  assert_int_equal(rp_lp_set_row(lp, 1, 2, both, (double[]){1, 3}), RP_OK);
  return lp;
}

static void assert_near(double found, double expected) {
  if (fabs(found - expected) > 1e-7)
    fail_msg("found %.9g, expected %.9g", found, expected);
}

static void solves_to(rp_lp *lp, const rp_lp_params *params, double value) {
  assert_int_equal(rp_lp_solve(lp, params), RP_LP_OPTIMAL);
  assert_near(rp_lp_value(lp), value);
}

static void optimum_and_signs_of_duals(void **state) {
  (void)state;
  for (int dual = 0; dual < 2; dual++) {
    rp_stats stats = {0};
    rp_lp *lp = textbook_program(&stats);
    const rp_lp_params params = {.dual = dual, .objective_stop = -inf};
    solves_to(lp, &params, 11);
    double x[2], row[2];
    rp_lp_col_values(lp, x);
    rp_lp_row_duals(lp, row);
    assert_near(x[0], 3);
    assert_near(x[1], 1);
    assert_near(row[0], 2); /* d value / d bound */
    assert_near(row[1], 0);
    assert_true(rp_lp_col_is_basic(lp, 1));
    assert_false(rp_lp_col_is_basic(lp, 0));
    assert_int_equal(stats.lp_solves, 1);
    assert_true(stats.lp_iterations >= 2);
    rp_lp_free(lp);
  }
}

static void lower_bounds_have_negative_duals(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp;
  assert_int_equal(rp_lp_create(&stats, &lp), RP_OK);
  assert_int_equal(rp_lp_add_rows(lp, 1), RP_OK);
  assert_int_equal(rp_lp_add_cols(lp, 2), RP_OK);
  const int32_t both[] = {0, 1};
  rp_lp_set_row(lp, 0, 2, both, (double[]){1, 1});
  rp_lp_row_bounds(lp, 0, 2, inf);
  rp_lp_col_bounds(lp, 0, -inf, inf);
  rp_lp_col_bounds(lp, 1, 0, 1);
  rp_lp_objective(lp, 0, -1);
  rp_lp_objective(lp, 1, -5);
  solves_to(lp, &primal, -2);
  double row;
  rp_lp_row_duals(lp, &row);
  assert_near(row, -1);
  rp_lp_row_bounds(lp, 0, 2, 2); /* an equality prices alike */
  solves_to(lp, &primal, -2);
  rp_lp_row_duals(lp, &row);
  assert_near(row, -1);
  rp_lp_free(lp);
}

static void infeasible_and_unbounded(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = textbook_program(&stats);
  rp_lp_row_bounds(lp, 1, 100, inf);
  assert_int_equal(rp_lp_solve(lp, &primal), RP_LP_INFEASIBLE);
  rp_lp_row_bounds(lp, 1, -inf, inf);
  rp_lp_row_bounds(lp, 0, -inf, inf);
  assert_int_equal(rp_lp_solve(lp, &primal), RP_LP_UNBOUNDED);
  rp_lp_col_bounds(lp, 1, 2, 1); /* crossed */
  assert_int_equal(rp_lp_solve(lp, &primal), RP_LP_INFEASIBLE);
  rp_lp_free(lp);
}

static void columns_come_and_go_warm(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = textbook_program(&stats);
  solves_to(lp, &primal, 11);
  const int32_t both[] = {0, 1};
  assert_int_equal(rp_lp_add_cols(lp, 2), RP_OK);
  rp_lp_set_col(lp, 2, 2, both, (double[]){1, 1});
  rp_lp_set_col(lp, 3, 2, both, (double[]){1, 0});
  rp_lp_col_bounds(lp, 2, 0, inf);
  rp_lp_col_bounds(lp, 3, 0, 2);
  rp_lp_objective(lp, 2, 1);
  rp_lp_objective(lp, 3, 4);
  const int64_t before = stats.lp_iterations;
  solves_to(lp, &primal, 14); /* y out, column 3 in, at 2 */
  assert_true(stats.lp_iterations - before <= 3);
  assert_int_equal(rp_lp_del_cols(lp, 1, (int32_t[]){2}), RP_OK);
  solves_to(lp, &primal, 14);
  rp_lp_set_row(lp, 0, 3, (int32_t[]){0, 1, 2}, (double[]){1, 1, 2});
  solves_to(lp, &primal, 11);
  assert_int_equal(rp_lp_del_cols(lp, 2, (int32_t[]){0, 1}), RP_OK);
  solves_to(lp, &primal, 8); /* a basic column went: still solved */
  rp_lp_free(lp);
}

static void warm_start_saves_pivots(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = textbook_program(&stats);
  solves_to(lp, &primal, 11);
  const int64_t first = stats.lp_iterations;
  solves_to(lp, &primal, 11);
  assert_int_equal(stats.lp_iterations, first);
  assert_int_equal(rp_lp_forget_basis(lp), RP_OK);
  solves_to(lp, &primal, 11);
  assert_int_equal(stats.lp_iterations, 2 * first);
  rp_lp_free(lp);
}

/* A program large enough for limits to bite: n columns that compete for rows
 * with pseudo-random coefficients. */
static rp_lp *wide_program(rp_stats *stats, int32_t m, int32_t n) {
  rp_lp *lp;
  assert_int_equal(rp_lp_create(stats, &lp), RP_OK);
  rp_lp_add_rows(lp, m);
  rp_lp_add_cols(lp, n);
  uint32_t noise = 7;
  int32_t cols[200];
  double values[200];
  for (int32_t i = 0; i < m; i++) {
    for (int32_t j = 0; j < n; j++) {
      noise = noise * 1664525u + 1013904223u;
      cols[j] = j;
      values[j] = 1 + (noise >> 24);
    }
    rp_lp_set_row(lp, i, n, cols, values);
    rp_lp_row_bounds(lp, i, -inf, 1000);
  }
  for (int32_t j = 0; j < n; j++) {
    rp_lp_col_bounds(lp, j, 0, inf);
    rp_lp_objective(lp, j, 1 + j % 7);
  }
  return lp;
}

static void limits_stop_and_resume(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = wide_program(&stats, 40, 60);
  const rp_lp_params few = {.iteration_limit = 3, .objective_stop = -inf};
  assert_int_equal(rp_lp_solve(lp, &few), RP_LP_LIMIT);
  assert_int_equal(stats.lp_iterations, 3);
  assert_int_equal(rp_lp_solve(lp, &primal), RP_LP_OPTIMAL);
  const rp_deadline over = rp_deadline_after(-1, NULL);
  const rp_lp_params late = {.objective_stop = -inf, .deadline = &over};
  assert_int_equal(rp_lp_solve(lp, &late), RP_LP_LIMIT);
  const rp_deadline future = rp_deadline_after(1e12, NULL);
  const rp_lp_params long_time = {.objective_stop = -inf, .deadline = &future};
  assert_int_equal(rp_lp_solve(lp, &long_time), RP_LP_OPTIMAL);
  rp_lp_free(lp);
}

static void dual_simplex_stops_below_the_limit(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = wide_program(&stats, 40, 60);
  assert_int_equal(rp_lp_solve(lp, &primal), RP_LP_OPTIMAL);
  const double value = rp_lp_value(lp);
  for (int32_t i = 0; i < 40; i++) rp_lp_row_bounds(lp, i, -inf, 500 + 9 * i);
  const rp_lp_params no_stop = {.dual = true, .objective_stop = value / 10};
  assert_int_equal(rp_lp_solve(lp, &no_stop), RP_LP_OPTIMAL);
  const double lower = rp_lp_value(lp);
  assert_true(lower < value && lower > value / 10);
  for (int32_t i = 0; i < 40; i++) rp_lp_row_bounds(lp, i, -inf, 1000);
  assert_int_equal(rp_lp_solve(lp, &primal), RP_LP_OPTIMAL);
  for (int32_t i = 0; i < 40; i++) rp_lp_row_bounds(lp, i, -inf, 500 + 9 * i);
  const rp_lp_params stop = {.dual = true,
                             .objective_stop = (value + lower) / 2};
  assert_int_equal(rp_lp_solve(lp, &stop), RP_LP_CUTOFF);
  assert_true(rp_lp_value(lp) <= stop.objective_stop + 1e-6);
  assert_true(rp_lp_value(lp) >= lower - 1e-6);
  rp_lp_free(lp);
}

static void integer_optimum_and_first_point(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = textbook_program(&stats);
  rp_lp_row_bounds(lp, 0, -inf, 3.5);
  rp_lp_integer(lp, 0);
  rp_lp_integer(lp, 1);
  double x[2];
  assert_int_equal(rp_lp_solve_integer(lp, NULL, false), RP_LP_OPTIMAL);
  rp_lp_int_values(lp, x);
  assert_near(3 * x[0] + 2 * x[1], 9);
  const rp_lp_outcome first = rp_lp_solve_integer(lp, NULL, true);
  assert_true(first == RP_LP_OPTIMAL || first == RP_LP_CUTOFF);
  rp_lp_int_values(lp, x);
  assert_true(x[0] + x[1] <= 3.5 + 1e-6);
  rp_lp_row_bounds(lp, 0, 0.2, 0.8);
  assert_int_equal(rp_lp_solve_integer(lp, NULL, true), RP_LP_INFEASIBLE);
  rp_lp_free(lp);
}

static void an_abort_kills_the_programs_of_the_thread(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *first = textbook_program(&stats), *second = textbook_program(&stats);
  rp_lp_abort_after(2);
  solves_to(first, &primal, 11);
  assert_int_equal(rp_lp_solve(first, &primal), RP_LP_FAILED);
  assert_int_equal(stats.lp_failures, 1);
  assert_true(rp_lp_is_dead(first) && rp_lp_is_dead(second));
  assert_int_equal(rp_lp_add_cols(second, 1), RP_E_NUMERIC);
  assert_int_equal(rp_lp_solve(second, &primal), RP_LP_FAILED);
  assert_int_equal(rp_lp_solve_integer(second, NULL, true), RP_LP_FAILED);
  assert_int_equal(rp_lp_thread_bytes(), 0);
  double x[2] = {7, 7};
  rp_lp_col_values(second, x);
  assert_true(x[0] == 0 && x[1] == 0);
  rp_lp *third = textbook_program(&stats);
  rp_lp_free(first);
  rp_lp_free(second);
  assert_false(rp_lp_is_dead(third));
  solves_to(third, &primal, 11);
  rp_lp_abort_after(1);
  assert_int_equal(rp_lp_solve_integer(third, NULL, true), RP_LP_FAILED);
  assert_true(rp_lp_is_dead(third));
  rp_lp_free(third);
}

static void bad_arguments_abort_and_are_survived(void **state) {
  (void)state;
  rp_stats stats = {0};
  const int32_t twice[] = {0, 0};
  for (int which = 0; which < 4; which++) {
    rp_lp *lp = textbook_program(&stats);
    const rp_status status =
        which == 0   ? rp_lp_set_row(lp, 0, 2, twice, (double[]){1, 2})
        : which == 1 ? rp_lp_col_bounds(lp, 2, 0, 1)
        : which == 2 ? rp_lp_add_rows(lp, -1)
                     : rp_lp_del_cols(lp, 1, (int32_t[]){9});
    assert_int_equal(status, RP_E_NUMERIC);
    assert_true(rp_lp_is_dead(lp));
    rp_lp_free(lp);
  }
  assert_int_equal(stats.lp_failures, 4);
}

static void aborts_stay_in_their_thread(void **state) {
  (void)state;
  int wrong = 0;
#pragma omp parallel num_threads(4) reduction(+ : wrong)
  {
    const bool unlucky = omp_get_thread_num() % 2;
    rp_stats stats = {0};
    rp_lp *lp = NULL;
    for (int round = 0; round < 50; round++) {
      if (!lp) lp = textbook_program(&stats);
      if (unlucky) rp_lp_abort_after(1);
      const rp_lp_outcome outcome = rp_lp_solve(lp, &primal);
      wrong += outcome != (unlucky ? RP_LP_FAILED : RP_LP_OPTIMAL);
      wrong += rp_lp_is_dead(lp) != unlucky;
      if (!rp_lp_is_dead(lp)) continue;
      rp_lp_free(lp);
      lp = NULL;
    }
    rp_lp_free(lp);
    rp_lp_thread_fini();
  }
  assert_int_equal(wrong, 0);
}

static void programs_do_not_cross_threads(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = textbook_program(&stats);
  int dead_elsewhere = 0;
#pragma omp parallel num_threads(3) reduction(+ : dead_elsewhere)
  dead_elsewhere += rp_lp_is_dead(lp);
  assert_int_equal(dead_elsewhere, 2);
  solves_to(lp, &primal, 11);
  rp_lp_free(lp);
}

static void memory_is_counted_and_given_back(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp = wide_program(&stats, 40, 60);
  assert_true(rp_lp_thread_bytes() > 40 * 60 * 8);
  rp_lp_thread_fini();
  assert_int_equal(rp_lp_thread_bytes(), 0);
  assert_true(rp_lp_is_dead(lp));
  rp_lp_free(lp);
  rp_lp_free(NULL);
}

static void failed_allocations_are_reported(void **state) {
  (void)state;
  rp_stats stats = {0};
  rp_lp *lp;
  rp_alloc_fail_after(1);
  assert_int_equal(rp_lp_create(&stats, &lp), RP_E_MEMORY);
  assert_null(lp);
  for (uint64_t n = 1; n <= 2; n++) {
    assert_int_equal(rp_lp_create(&stats, &lp), RP_OK);
    rp_lp_add_rows(lp, 1);
    rp_lp_add_cols(lp, 1);
    rp_alloc_fail_after(n);
    assert_int_equal(rp_lp_set_row(lp, 0, 1, (int32_t[]){0}, (double[]){1}),
                     RP_E_MEMORY);
    rp_alloc_fail_after(0);
    assert_int_equal(rp_lp_set_row(lp, 0, 1, (int32_t[]){0}, (double[]){1}),
                     RP_OK);
    rp_lp_free(lp);
  }
}

static int fini_thread(void **state) {
  (void)state;
  rp_lp_thread_fini();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(optimum_and_signs_of_duals),
      cmocka_unit_test(lower_bounds_have_negative_duals),
      cmocka_unit_test(infeasible_and_unbounded),
      cmocka_unit_test(columns_come_and_go_warm),
      cmocka_unit_test(warm_start_saves_pivots),
      cmocka_unit_test(limits_stop_and_resume),
      cmocka_unit_test(dual_simplex_stops_below_the_limit),
      cmocka_unit_test(integer_optimum_and_first_point),
      cmocka_unit_test(an_abort_kills_the_programs_of_the_thread),
      cmocka_unit_test(bad_arguments_abort_and_are_survived),
      cmocka_unit_test(aborts_stay_in_their_thread),
      cmocka_unit_test(programs_do_not_cross_threads),
      cmocka_unit_test(memory_is_counted_and_given_back),
      cmocka_unit_test(failed_allocations_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, fini_thread);
}
