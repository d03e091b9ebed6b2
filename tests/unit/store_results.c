/* Results files: what is written is read back, by Rampart and by Python, in an
 * order that leaves no trace of who answered first. */
#include "unit/results_example.h"

static void assert_same_provenance(const rp_provenance *a,
                                   const rp_provenance *b) {
  assert_string_equal(a->title, b->title);
  assert_string_equal(a->network, b->network);
  assert_string_equal(a->network_sha256, b->network_sha256);
  assert_string_equal(a->job_sha256, b->job_sha256);
  assert_string_equal(a->tie_rule, b->tie_rule);
  assert_string_equal(a->version, b->version);
  assert_string_equal(a->date_created, b->date_created);
  assert_string_equal(a->history, b->history);
  assert_int_equal(a->n_in, b->n_in);
  assert_int_equal(a->threads, b->threads);
  assert_true(a->options.time_limit == b->options.time_limit);
  assert_int_equal(a->options.seed, b->options.seed);
  assert_int_equal(a->options.engine, b->options.engine);
}

static void what_is_written_is_read_back(void **state) {
  (void)state;
  rp_results *r = example(40, 1);
  rp_results *again = written_and_read(r, path_of("round.h5"));
  assert_same_provenance(&r->provenance, &again->provenance);
  assert_same_verdicts(r, again);
  assert_same_times(r, again);
  add_query(again, 1000, 2, 0); /* tables that were read still grow */
  add_radius(again, 1000, 0);
  add_rank(again, 9);
  add_task(again, 21);
  assert_int_equal(rp_results_sort(again, NULL), RP_OK);
  rp_results_free(again);
  rp_results_free(r);
}

static void more_rows_than_a_block_holds(void **state) {
  (void)state;
  rp_results *r = example(5000, 2);
  assert_true(r->n_queries > 3 * 8192);
  rp_results *again = written_and_read(r, path_of("large.h5"));
  assert_same_verdicts(r, again);
  assert_same_times(r, again);
  rp_results_free(again);
  rp_results_free(r);
}

static void empty_tables_and_gaps(void **state) {
  (void)state;
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  memset(r->provenance.network_sha256, 'a', 64);
  rp_results *again = written_and_read(r, path_of("empty.h5"));
  assert_int_equal(again->n_queries + again->n_radii + again->n_ranks, 0);
  assert_int_equal(again->n_tasks, 0);
  assert_int_equal(again->n_counterexamples, 0);
  assert_true(strlen(again->provenance.date_created) == 20);
  assert_string_equal(again->provenance.engine, "hull");
  assert_int_equal(rp_results_sort(again, NULL), RP_OK);
  rp_results_free(again);
  strcpy(r->provenance.title, "two\nlines\x1b");
  again = written_and_read(r, path_of("empty.h5"));
  assert_string_equal(again->provenance.title, "two lines ");
  rp_results_free(again);
  rp_results_free(r);
}

static void order_of_arrival_leaves_no_trace(void **state) {
  (void)state;
  rp_results *a = example(60, seed), *b = example(60, seed + 1);
  assert_same_verdicts(a, b);
  for (int64_t i = 1; i < a->n_queries; i++) {
    const rp_query_row *p = &a->query[i - 1], *q = &a->query[i];
    assert_true(p->sample < q->sample ||
                (p->sample == q->sample && p->radius < q->radius));
  }
  int64_t next = 0;
  for (int64_t i = 0; i < a->n_queries; i++)
    if (a->query[i].counterexample >= 0)
      assert_int_equal(a->query[i].counterexample, next++);
  /* Every radius shares the counterexample of its query. */
  assert_int_equal(next, a->n_counterexamples);
  for (int64_t i = 0; i < a->n_radii; i++) {
    uint8_t x[N_IN];
    const rp_radius_row *row = &a->radius[i];
    input_filled(x, row->sample, row->hi + 1);
    assert_in_range(row->counterexample, 0, next - 1);
    assert_memory_equal(a->counterexample + row->counterexample * N_IN, x,
                        N_IN);
  }
  rp_results_free(a);
  rp_results_free(b);
}

static void rows_out_of_range_are_refused(void **state) {
  (void)state;
  rp_error err;
  rp_results *r = new_results();
  r->provenance.in_hi = 15;
  const rp_query_row good = {.sample = 1, .radius = 1};
  rp_query_row row = good;
  uint8_t x[N_IN] = {[3] = 16};
  assert_int_equal(rp_results_add_query(r, &good, x, &err), RP_E_RANGE);
  row.radius = RP_RADIUS_MAX + 1;
  assert_int_equal(rp_results_add_query(r, &row, NULL, &err), RP_E_RANGE);
  row = good;
  row.seconds = -1;
  assert_int_equal(rp_results_add_query(r, &row, NULL, &err), RP_E_RANGE);
  row = good;
  row.verdict = RP_VERDICT_COUNT;
  assert_int_equal(rp_results_add_query(r, &row, NULL, &err), RP_E_RANGE);
  const rp_radius_row crossed = {.lo = 3, .hi = 2};
  assert_int_equal(rp_results_add_radius(r, &crossed, NULL, &err), RP_E_RANGE);
  assert_int_equal(r->n_queries + r->n_radii + r->n_counterexamples, 0);
  rp_results_free(r);
}

/* Appends, sorts, writes and reads with the n-th allocation failing. */
static bool done_despite(uint64_t n) {
  rp_results *r = new_results(), *again = NULL;
  rp_query_row row = {.radius = 2, .verdict = RP_VIOLATED};
  const uint8_t x[N_IN] = {1};
  rp_error err = {""};
  rp_status status = RP_OK;
  rp_alloc_fail_after(n);
  for (row.sample = 0; row.sample < 3 && status == RP_OK; row.sample++)
    status = rp_results_add_query(r, &row, x, &err);
  if (status == RP_OK) status = rp_results_sort(r, &err);
  if (status == RP_OK) status = rp_results_write(r, path_of("few.h5"), &err);
  if (status == RP_OK)
    status = rp_results_read(path_of("few.h5"), &again, &err);
  rp_alloc_fail_after(0);
  assert_true(status == RP_OK || status == RP_E_MEMORY);
  assert_true((status == RP_OK) == (again != NULL));
  if (status != RP_OK) assert_true(strlen(err.text) > 0);
  assert_int_equal(r->n_counterexamples, r->n_queries);
  rp_results_free(again);
  rp_results_free(r);
  return status == RP_OK;
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  uint64_t n = 1;
  while (!done_despite(n)) n++;
  assert_in_range(n, 10, 400);
}

static void python_agrees(void **state) {
  (void)state;
  rp_results *a = example(30, seed), *b = example(30, seed + 9), *none;
  strcpy(b->provenance.history, "another run");
  assert_int_equal(rp_results_create(&none, NULL), RP_OK);
  assert_int_equal(rp_results_write(a, path_of("a.h5"), NULL), RP_OK);
  assert_int_equal(rp_results_write(b, path_of("b.h5"), NULL), RP_OK);
  assert_int_equal(rp_results_write(none, path_of("none.h5"), NULL), RP_OK);
  rp_results_free(a);
  rp_results_free(b);
  rp_results_free(none);
  const int how =
      script_run("results_open.py", path_of("a.h5"), path_of("b.h5"));
  if (how == 77) skip();
  assert_int_equal(how, 0);
  assert_int_equal(script_run("results_open.py", path_of("none.h5"), ""), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(more_rows_than_a_block_holds),
      cmocka_unit_test(empty_tables_and_gaps),
      cmocka_unit_test(order_of_arrival_leaves_no_trace),
      cmocka_unit_test(rows_out_of_range_are_refused),
      cmocka_unit_test(every_allocation_may_fail),
      cmocka_unit_test(python_agrees)};
  return cmocka_run_group_tests(tests, folder_made, folder_removed);
}
