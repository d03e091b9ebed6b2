/* Runs compared: speed-up, efficiency and idle time as computed by hand,
 * medians of repeated runs, and what cannot be compared is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/scaling.h"

static rp_results *run_of(int32_t ranks, int64_t rows, double wall_s,
                          double busy_s) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  strcpy(r->provenance.network_sha256, "n");
  strcpy(r->provenance.dataset_sha256, "d");
  r->provenance.ranks = ranks;
  r->provenance.threads = 2;
  for (int64_t i = 0; i < rows; i++) {
    const rp_query_row row = {.sample = i,
                              .radius = 1,
                              .verdict = i ? RP_ROBUST : RP_UNKNOWN,
                              .reason = i ? RP_REASON_NONE : RP_REASON_TIME};
    assert_int_equal(rp_results_add_query(r, &row, NULL, NULL), RP_OK);
  }
  for (int32_t k = 0; k < ranks; k++) {
    const rp_rank_row row = {.rank = k,
                             .tasks = 10,
                             .busy_seconds = busy_s / ranks,
                             .wall_seconds = wall_s,
                             .messages = 3,
                             .message_bytes = 100};
    assert_int_equal(rp_results_add_rank(r, &row, NULL), RP_OK);
  }
  return r;
}

enum { FILES = 5 };
static const char *const names[FILES] = {"one", "four", "two", "slow", "fast"};

typedef struct files {
  rp_results *r[FILES];
  const rp_results *read[FILES];
} files;

static files some_runs(bool weak) {
  files f = {{run_of(1, 20, 8, 8), run_of(4, weak ? 80 : 20, 2.5, 9),
              run_of(2, weak ? 40 : 20, 4, 8), run_of(4, weak ? 80 : 20, 9, 9),
              run_of(4, weak ? 80 : 20, 2, 8)},
             {NULL}};
  for (int i = 0; i < FILES; i++) f.read[i] = f.r[i];
  return f;
}

static void free_runs(files *f) {
  for (int i = 0; i < FILES; i++) rp_results_free(f->r[i]);
}

static bool is_near(double a, double b) {
  return fabs(a - b) < 1e-12;
}

static void strong_scaling_is_as_by_hand(void **state) {
  (void)state;
  files f = some_runs(false);
  rp_scaling s;
  assert_int_equal(rp_scaling_compare(f.read, names, FILES, false, &s, NULL),
                   RP_OK);
  assert_int_equal(s.n, 3);
  assert_int_equal(s.run[2].ranks, 4);
  assert_string_equal(s.run[2].file, "four"); /* the median of three */
  assert_true(is_near(s.run[0].speedup, 1) && is_near(s.run[0].idle, 0));
  assert_true(is_near(s.run[1].speedup, 2) && is_near(s.run[1].efficiency, 1));
  assert_true(is_near(s.run[2].speedup, 3.2));
  assert_true(is_near(s.run[2].efficiency, 0.8));
  assert_true(is_near(s.run[2].idle, 0.1));
  assert_int_equal(s.run[2].messages, 12);
  assert_int_equal(s.run[2].message_bytes, 400);
  assert_int_equal(s.run[2].tasks, 40);
  assert_int_equal(s.run[2].undecided, 1);
  rp_scaling_free(&s);
  free_runs(&f);
}

static void weak_scaling_lets_the_work_grow(void **state) {
  (void)state;
  files f = some_runs(true);
  rp_scaling s;
  rp_error err;
  assert_int_equal(rp_scaling_compare(f.read, names, FILES, false, &s, &err),
                   RP_E_INPUT);
  assert_non_null(strstr(err.text, "four: other samples or radii"));
  assert_int_equal(rp_scaling_compare(f.read, names, FILES, true, &s, NULL),
                   RP_OK);
  assert_true(is_near(s.run[2].efficiency, 3.2));
  assert_true(is_near(s.run[2].speedup, 12.8));
  rp_scaling_free(&s);
  free_runs(&f);
}

static void other_runs_are_refused(void **state) {
  (void)state;
  static const char *const says[] = {
      "another network", "another dataset", "another number of threads",
      "expected counters of 5 ranks, found 4", "no wall time"};
  for (int i = 0; i < 5; i++) {
    files f = some_runs(false);
    rp_scaling s;
    rp_error err;
    rp_provenance *const p = &f.r[1]->provenance;
    if (i == 0) strcpy(p->network_sha256, "m");
    if (i == 1) strcpy(p->dataset_sha256, "e");
    if (i == 2) p->threads = 3;
    if (i == 3) p->ranks = 5;
    if (i == 4) f.r[1]->rank[0].wall_seconds = 0;
    assert_int_equal(rp_scaling_compare(f.read, names, FILES, false, &s, &err),
                     RP_E_INPUT);
    assert_non_null(strstr(err.text, says[i]));
    assert_null(s.run);
    free_runs(&f);
  }
}

static void tables_and_plots_have_all_runs(void **state) {
  (void)state;
  files f = some_runs(false);
  rp_scaling s;
  char *text = NULL;
  size_t size;
  assert_int_equal(rp_scaling_compare(f.read, names, FILES, false, &s, NULL),
                   RP_OK);
  FILE *out = open_memstream(&text, &size);
  rp_scaling_csv(out, &s);
  fclose(out);
  assert_non_null(
      strstr(text, "\n4,2,20,1,40,2.500000,9.000000,3.2000,0.8000,0.1000,12,"));
  free(text);
  out = open_memstream(&text, &size);
  rp_scaling_print(out, &s);
  rp_scaling_plot(out, &s);
  fclose(out);
  assert_non_null(strstr(text, "4 ranks: 1 of 20 rows undecided"));
  assert_non_null(strstr(text, "data-n=\"3\""));
  assert_non_null(strstr(text, "</svg>"));
  free(text);
  rp_scaling_free(&s);
  free_runs(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strong_scaling_is_as_by_hand),
      cmocka_unit_test(weak_scaling_lets_the_work_grow),
      cmocka_unit_test(other_runs_are_refused),
      cmocka_unit_test(tables_and_plots_have_all_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
