/* No label leaves its picture, whatever the numbers are that it shows. Widths
 * are measured here, by the advances of the widest font that is usual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/scaling.h"

enum { N_IN = 4, CAP = 15 };

/* Advance of a character of DejaVu Sans of 11 px. Letters count as its a, but
 * for capitals, which count as its W in names. */
static double measure_letter(uint32_t code) {
  if (code >= 0x80) return code == 0xb5 ? 7 : 11;
  if (code >= '0' && code <= '9') return 7;
  if (strchr(" .,:/ijlI", (char)code)) return 3.4;
  return code >= 'A' && code <= 'Z' ? 10.9 : 6.7;
}

static double measure_text(const char *text, const char *end) {
  double width = 0;
  while (text < end) {
    uint32_t code = 0xfffd;
    const int n = rp_utf8_length(text, &code);
    width += measure_letter(code);
    text += n > 0 ? n : 1;
  }
  return width;
}

static double read_number(const char *tag, const char *name) {
  const char *const at = strstr(tag, name);
  assert_non_null(at);
  return strtod(at + strlen(name), NULL);
}

/* Every text of the page is in its picture. Returns the number of texts. */
static int assert_inside(const char *page) {
  int n = 0;
  for (const char *tag = page; (tag = strstr(tag, "<text")); tag++, n++) {
    const char *const text = strchr(tag, '>') + 1;
    const char *const end = strstr(text, "</text>");
    char head[200] = "";
    assert_true((size_t)(text - tag) < sizeof head);
    memcpy(head, tag, (size_t)(text - tag));
    const double width = measure_text(text, end),
                 x = read_number(head, " x=\"");
    const double share = strstr(head, "\"middle\"") ? 0.5
                         : strstr(head, "\"end\"")  ? 1
                                                    : 0;
    const double left = x - share * width;
    if (left < 0 || left + width > RP_PLOT_WIDTH)
      fail_msg("%.*s is at %.1f..%.1f", (int)(end - text), text, left,
               left + width);
  }
  return n;
}

static char *write_page(rp_results *results) {
  const rp_page_source source[] = {{.file = "a.h5", .results = results}};
  char *text = NULL;
  size_t size = 0;
  FILE *const out = open_memstream(&text, &size);
  assert_non_null(out);
  assert_int_equal(rp_page_write(out, source, 1, NULL), RP_OK);
  assert_int_equal(fclose(out), 0);
  return text;
}

static void add_rows(rp_results *r, int64_t sample, int32_t label, double s) {
  uint8_t x[N_IN] = {3};
  const rp_query_row query = {.sample = sample,
                              .label = label,
                              .radius = 255,
                              .verdict = RP_ROBUST,
                              .seconds = s};
  const rp_radius_row radius = {.sample = sample,
                                .label = label,
                                .lo = CAP,
                                .hi = CAP,
                                .verdict = RP_ROBUST,
                                .seconds = s};
  assert_int_equal(rp_results_add_query(r, &query, NULL, NULL), RP_OK);
  assert_int_equal(rp_results_add_radius(r, &radius, x, NULL), RP_OK);
}

static void add_run(rp_results *r, int32_t rank, double s) {
  const rp_task_row task = {
      .rank = rank, .radius = 1, .verdict = RP_ROBUST, .end_s = s};
  const rp_rank_row row = {
      .rank = rank, .threads = 1, .busy_seconds = s, .host = "node"};
  assert_int_equal(rp_results_add_task(r, &task, NULL), RP_OK);
  assert_int_equal(rp_results_add_rank(r, &row, NULL), RP_OK);
}

static rp_results *new_results(void) {
  rp_results *r = NULL;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  r->provenance.n_in = N_IN;
  r->provenance.in_hi = CAP;
  r->provenance.radius_cap = CAP;
  return r;
}

static void assert_page_inside(rp_results *r, int least) {
  char *const text = write_page(r);
  assert_true(assert_inside(text) >= least);
  free(text);
  rp_results_free(r);
}

static void test_times_of_all_sizes(void **state) {
  static const double seconds[] = {1e-9,  0.00009, 0.0001, 0.00025, 0.0012,
                                   0.008, 0.0149,  0.2,    7,       250,
                                   9999,  123456,  1e6,    2.5e8,   1e15};
  (void)state;
  for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
    rp_results *const r = new_results();
    add_rows(r, 1, 0, seconds[i]);
    add_run(r, 0, seconds[i]);
    assert_page_inside(r, 20);
  }
}

static void test_large_numbers_of_samples_labels_and_ranks(void **state) {
  (void)state;
  rp_results *const r = new_results();
  add_rows(r, INT64_MAX - 1, INT32_MAX, 0.5);
  add_rows(r, INT64_MAX, INT32_MAX - 1, 0.5);
  add_run(r, 1000000, 0.008);
  assert_page_inside(r, 20);
}

/* Counts of five digits are written where they fit: in verdicts, beside the
 * map, at the axis of the histogram, in the cells of the rivals. */
static void test_large_counts(void **state) {
  enum { N = 30000 };
  (void)state;
  rp_results *const r = new_results();
  for (int64_t i = 0; i < N; i++) {
    uint8_t x[N_IN] = {1};
    const rp_query_row query = {.sample = i,
                                .radius = 1,
                                .distance = 1,
                                .verdict =
                                    i % 16 == 0 ? RP_VIOLATED : RP_ROBUST};
    assert_int_equal(
        rp_results_add_query(r, &query, i % 16 == 0 ? x : NULL, NULL), RP_OK);
    const rp_radius_row radius = {.sample = i,
                                  .lo = i % 2 ? -1 : CAP,
                                  .hi = i % 2 ? -1 : CAP,
                                  .verdict =
                                      i % 2 ? RP_MISCLASSIFIED : RP_ROBUST};
    assert_int_equal(rp_results_add_radius(r, &radius, NULL, NULL), RP_OK);
  }
  assert_page_inside(r, 20);
}

static void test_names_of_wide_letters(void **state) {
  (void)state;
  const rp_axis axis = {.label = "WWW", .hi = 1};
  const rp_plot_about about = {
      .title = "t", .desc = "d", .id = "i", .n_legend = 2, .standalone = true};
  char *text = NULL;
  size_t size = 0;
  FILE *const out = open_memstream(&text, &size);
  rp_plot plot;
  assert_non_null(out);
  rp_plot_open(&plot, out, &about, &axis, &axis);
  for (int i = 0; i < 2; i++)
    rp_plot_legend(&plot, "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", "#000", false);
  rp_plot_close(&plot);
  assert_int_equal(fclose(out), 0);
  assert_true(assert_inside(text) >= 8);
  assert_non_null(strstr(text, "…"));
  free(text);
}

static void test_scaling_of_many_ranks(void **state) {
  (void)state;
  rp_scaling_run run[] = {{.ranks = 1000000, .speedup = 1000000},
                          {.ranks = 2000000000, .speedup = 123456}};
  const rp_scaling scaling = {.run = run, .n = 2};
  char *text = NULL;
  size_t size = 0;
  FILE *const out = open_memstream(&text, &size);
  assert_non_null(out);
  rp_scaling_plot(out, &scaling);
  assert_int_equal(fclose(out), 0);
  assert_true(assert_inside(text) >= 8);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_times_of_all_sizes),
      cmocka_unit_test(test_large_numbers_of_samples_labels_and_ranks),
      cmocka_unit_test(test_large_counts),
      cmocka_unit_test(test_names_of_wide_letters),
      cmocka_unit_test(test_scaling_of_many_ranks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
