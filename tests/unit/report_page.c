/* The page is whole whatever the tables hold: nothing at all, hostile texts,
 * classes and ranks by the thousand, too little memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "report/page.h"
#include "seeded.h"

enum { N_IN = 9, IN_HI = 15 };

static rp_page_source new_source(char *file) {
  rp_page_source s = {.file = file};
  assert_int_equal(rp_results_create(&s.results, NULL), RP_OK);
  s.results->provenance.n_in = N_IN;
  s.results->provenance.in_hi = IN_HI;
  s.results->provenance.radius_cap = 15;
  return s;
}

static void add_query(rp_results *r, int64_t sample, int32_t label,
                      rp_verdict verdict) {
  uint8_t x[N_IN] = {(uint8_t)(sample % 16)};
  const rp_query_row row = {.sample = sample,
                            .label = label,
                            .radius = 1 + (int32_t)(sample % 3),
                            .verdict = verdict,
                            .seconds = (double)sample};
  assert_int_equal(
      rp_results_add_query(r, &row, verdict == RP_VIOLATED ? x : NULL, NULL),
      RP_OK);
}

static void add_radius(rp_results *r, int64_t sample, int32_t label,
                       int32_t lo) {
  uint8_t x[N_IN] = {3};
  const rp_radius_row row = {.sample = sample,
                             .label = label,
                             .lo = lo,
                             .hi = lo,
                             .verdict = RP_ROBUST,
                             .seconds = 0.1};
  assert_int_equal(rp_results_add_radius(r, &row, x, NULL), RP_OK);
}

static rp_status page_of(const rp_page_source *source, int n, char **text) {
  size_t size = 0;
  *text = NULL;
  FILE *out = open_memstream(text, &size);
  assert_non_null(out);
  const rp_status st = rp_page_write(out, source, n, NULL);
  assert_int_equal(fclose(out), 0);
  return st;
}

static int count_of(const char *text, const char *word) {
  int n = 0;
  for (; (text = strstr(text, word)); text += strlen(word)) n++;
  return n;
}

/* Elements open and close equally often, and the page ends. */
static void assert_whole(const char *text) {
  static const char *const names[] = {"figure",  "svg",   "div",
                                      "section", "table", "title"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char open[16], close[16];
    snprintf(open, sizeof open, "<%s", names[i]);
    snprintf(close, sizeof close, "</%s>", names[i]);
    assert_int_equal(count_of(text, open), count_of(text, close));
  }
  assert_non_null(strstr(text, "</body></html>"));
  assert_null(strstr(text, "<script"));
  assert_null(strstr(text, ">nan"));
  assert_null(strstr(text, "\"nan"));
  assert_null(strstr(text, " nan"));
  /* Nothing is fetched: the only addresses are names of XML namespaces. */
  assert_int_equal(count_of(text, "http"), count_of(text, "=\"http://www.w3."));
}

static char *whole_page(const rp_page_source *source, int n) {
  char *text;
  assert_int_equal(page_of(source, n, &text), RP_OK);
  assert_whole(text);
  return text;
}

static void test_empty(void **state) {
  (void)state;
  rp_page_source s = new_source("empty.h5");
  char *text = whole_page(&s, 1);
  assert_non_null(strstr(text, "No queries and no radii."));
  free(text);
  rp_results_free(s.results);
}

static void test_hostile_texts(void **state) {
  (void)state;
  rp_page_source s = new_source("<b>&.h5");
  rp_provenance *const p = &s.results->provenance;
  strcpy(p->title, "</title><script>alert(1)</script>");
  strcpy(p->network, "\"><img src=x>");
  strcpy(p->history, "a && b \xff\x01");
  strcpy(p->network_sha256, "<i>");
  strcpy(s.net_note, "<script>");
  strcpy(s.data_note, "<script>");
  add_query(s.results, 1, 0, RP_VIOLATED);
  const rp_rank_row rank = {.host = "<script>", .busy_seconds = 1};
  assert_int_equal(rp_results_add_rank(s.results, &rank, NULL), RP_OK);
  const rp_page_source twice[] = {s, s};
  for (int n = 1; n <= 2; n++) {
    char *text = whole_page(twice, n);
    assert_null(strstr(text, "<img src=x"));
    assert_null(strstr(text, "alert(1)</script"));
    assert_non_null(strstr(text, "&lt;script&gt;"));
    free(text);
  }
  rp_results_free(s.results);
}

/* Black ones, with labels 0 and 1. */
typedef struct two_samples {
  uint8_t x[2 * N_IN];
  int32_t label[2];
  rp_dataset data;
} two_samples;

static void init_samples(two_samples *two) {
  *two = (two_samples){.label = {0, 1}};
  two->data = (rp_dataset){.n = 2,
                           .dim = N_IN,
                           .n_dims = 1,
                           .dims = {N_IN},
                           .x = two->x,
                           .label = two->label};
}

static void test_pictures(void **state) {
  (void)state;
  two_samples two;
  init_samples(&two);
  rp_page_source s = new_source("p.h5");
  add_query(s.results, 0, 0, RP_VIOLATED);
  add_query(s.results, 1, 1, RP_ROBUST);
  char *text = whole_page(&s, 1);
  assert_int_equal(count_of(text, "<img "), 1); /* the counterexample alone */
  free(text);
  s.data = &two.data;
  text = whole_page(&s, 1);
  assert_int_equal(count_of(text, "<img "), 4);
  assert_int_equal(count_of(text, "alt=\"Difference, magnified\""), 1);
  free(text);
  two.label[0] = 1; /* another dataset after all: its samples are not shown */
  two.label[1] = 0;
  text = whole_page(&s, 1);
  assert_int_equal(count_of(text, "<img "), 1);
  free(text);
  rp_results_free(s.results);
}

static void test_a_search_of_every_kind(void **state) {
  (void)state;
  rp_page_source s = new_source("all.h5");
  for (int v = 0; v < RP_VERDICT_COUNT; v++)
    for (int i = 0; i < 5; i++)
      add_query(s.results, v * 10 + i, i, (rp_verdict)v);
  for (int i = 100; i < 130; i++) add_radius(s.results, i, i % 7, i % 12);
  assert_int_equal(rp_results_sort(s.results, NULL), RP_OK);
  char *text = whole_page(&s, 1);
  assert_int_equal(count_of(text, "<figure id=\"verdicts-0\""), 1);
  assert_int_equal(count_of(text, "data-class="), 7);
  free(text);
  rp_results_free(s.results);
}

static void test_many_classes_ranks_and_radii(void **state) {
  (void)state;
  rp_page_source s = new_source("many.h5");
  s.results->provenance.radius_cap = 255;
  for (int i = 0; i < 3000; i++) {
    add_radius(s.results, i, i == 7 ? INT32_MAX : i, i % 255);
    const rp_rank_row rank = {.rank = i, .busy_seconds = i};
    const rp_task_row task = {.rank = i, .begin_s = 0.5, .end_s = 1 + i};
    assert_int_equal(rp_results_add_rank(s.results, &rank, NULL), RP_OK);
    assert_int_equal(rp_results_add_task(s.results, &task, NULL), RP_OK);
  }
  char *text = whole_page(&s, 1);
  assert_int_equal(count_of(text, "data-class="), 20);
  assert_non_null(strstr(text, "data-ranks=\"3000\""));
  assert_true(strlen(text) < 2000000);
  free(text);
  rp_results_free(s.results);
}

/* Rows that no run writes, but that a reader lets through. */
static void test_random_rows(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("random rows");
  for (int round = 0; round < 300; round++) {
    rp_page_source s = new_source("random.h5");
    rp_results *const r = s.results;
    const int n = (int)rp_rng_below(&rng, 40);
    r->provenance.radius_cap = (int32_t)between(&rng, 0, 255);
    for (int i = 0; i < n; i++) {
      uint8_t x[N_IN] = {(uint8_t)rp_rng_below(&rng, 16)};
      const bool wild = rp_rng_below(&rng, 4) == 0;
      rp_query_row q = {.sample = between(&rng, 0, 9),
                        .label = (int32_t)between(&rng, -2, 12),
                        .radius = (int32_t)between(&rng, 0, wild ? 255 : 9)};
      q.verdict = (rp_verdict)rp_rng_below(&rng, RP_VERDICT_COUNT);
      q.reason = (rp_reason)rp_rng_below(&rng, RP_REASON_COUNT);
      q.seconds = wild ? 1e300 : rp_rng_unit(&rng);
      assert_int_equal(
          rp_results_add_query(r, &q, rp_rng_below(&rng, 2) ? x : NULL, NULL),
          RP_OK);
      rp_radius_row m = {.sample = q.sample + between(&rng, 0, 3),
                         .label = wild ? INT32_MIN : q.label,
                         .lo = (int32_t)between(&rng, -1, q.radius)};
      m.hi = (int32_t)between(&rng, m.lo, 255);
      m.verdict = (rp_verdict)rp_rng_below(&rng, RP_VERDICT_COUNT);
      m.seconds = q.seconds;
      assert_int_equal(
          rp_results_add_radius(r, &m, rp_rng_below(&rng, 2) ? x : NULL, NULL),
          RP_OK);
      const rp_task_row t = {.rank = wild ? INT32_MAX : 2,
                             .begin_s = q.seconds / 2,
                             .end_s = q.seconds};
      assert_int_equal(rp_results_add_task(r, &t, NULL), RP_OK);
    }
    assert_int_equal(rp_results_sort(r, NULL), RP_OK);
    for (int64_t i = 0; i < r->n_queries; i += 5) /* of another file */
      r->query[i].counterexample = between(&rng, 0, 1000);
    free(whole_page(&s, 1));
    const rp_page_source both[] = {s, s};
    free(whole_page(both, 2));
    rp_results_free(r);
  }
}

static void test_failing_allocations(void **state) {
  (void)state;
  two_samples two;
  init_samples(&two);
  rp_page_source s = new_source("m.h5");
  s.data = &two.data;
  add_query(s.results, 0, 0, RP_VIOLATED);
  rp_status st = RP_E_MEMORY;
  for (uint64_t n = 1; st != RP_OK; n++) {
    char *text;
    rp_alloc_fail_after(n);
    st = page_of(&s, 1, &text);
    rp_alloc_fail_after(0);
    assert_true(st == RP_OK || st == RP_E_MEMORY);
    assert_int_equal(st == RP_OK, strstr(text, "</html>") != NULL);
    assert_true(st == RP_E_MEMORY ? n < 100 : n > 10);
    free(text);
  }
  rp_results_free(s.results);
}

static void test_a_file_that_is_none(void **state) {
  (void)state;
  const rp_page_files instead = {0};
  rp_page_source s;
  rp_error err;
  assert_int_equal(rp_page_source_read("/nonexistent.h5", &instead, &s, &err),
                   RP_E_INPUT);
  assert_non_null(strstr(err.text, "/nonexistent.h5"));
  assert_null(s.file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_hostile_texts),
      cmocka_unit_test(test_pictures),
      cmocka_unit_test(test_a_search_of_every_kind),
      cmocka_unit_test(test_many_classes_ranks_and_radii),
      cmocka_unit_test(test_random_rows),
      cmocka_unit_test(test_failing_allocations),
      cmocka_unit_test(test_a_file_that_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
