/* Plots are well-formed whatever they are given: hostile texts, empty series,
 * axes of every size; positions stay in the frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/plot.h"

/* What `write` writes; freed by the caller. */
static char *written(void (*write)(FILE *out, const void *with),
                     const void *with) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  assert_non_null(out);
  write(out, with);
  assert_int_equal(fclose(out), 0);
  return text;
}

static void text_escaped(FILE *out, const void *with) {
  rp_xml_text(out, with);
}

static void assert_escaped(const char *text, const char *expected) {
  char *found = written(text_escaped, text);
  assert_string_equal(found, expected);
  free(found);
}

static void test_xml_text(void **state) {
  (void)state;
  assert_escaped("", "");
  assert_escaped("<script>'\"&", "&lt;script&gt;&#39;&quot;&amp;");
  assert_escaped("Zoë → 2", "Zoë → 2");
  assert_escaped("a\tb\nc", "a b c");
  assert_escaped("\x01\x1f\x7f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  /* Cut short, overlong, a surrogate, beyond Unicode, a lone follower. */
  assert_escaped("\xc3", "\xef\xbf\xbd");
  assert_escaped("\xe2\x82<", "\xef\xbf\xbd\xef\xbf\xbd&lt;");
  assert_escaped("\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  assert_escaped("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  assert_escaped("\xf4\x90\x80\x80",
                 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  assert_escaped("\xe2\x80\xae", "\xef\xbf\xbd"); /* right to left */
  assert_escaped("\x80", "\xef\xbf\xbd");
  assert_escaped("\xef\xbf\xbf", "\xef\xbf\xbd"); /* no XML character */
  assert_escaped("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
}

typedef struct plotting {
  rp_axis x, y;
  rp_series series;
  bool standalone;
} plotting;

static void plot_drawn(FILE *out, const void *with) {
  const plotting *p = with;
  const rp_plot_about about = {.title = "a<b",
                               .desc = "c&d",
                               .id = "p",
                               .n_legend = 1,
                               .standalone = p->standalone};
  rp_plot plot;
  rp_plot_open(&plot, out, &about, &p->x, &p->y);
  rp_plot_series(&plot, &p->series);
  rp_plot_band(&plot, &p->series, &p->series);
  rp_plot_label(out, &(rp_label){.x = plot.left, .y = plot.top}, "<note>");
  for (size_t i = 0; i < p->series.n; i++) {
    const double x = rp_plot_x(&plot, p->series.x[i]);
    const double y = rp_plot_y(&plot, p->series.y[i]);
    assert_true(x >= plot.left && x <= plot.right);
    assert_true(y >= plot.top && y <= plot.bottom);
  }
  rp_plot_close(&plot);
}

static int occurrences(const char *text, const char *word) {
  int n = 0;
  for (; (text = strstr(text, word)); text += strlen(word)) n++;
  return n;
}

static void assert_drawn(const plotting *p) {
  char *text = written(plot_drawn, p);
  assert_non_null(strstr(text, "a&lt;b"));
  assert_null(strstr(text, "<note>"));
  assert_null(strstr(text, "nan"));
  assert_null(strstr(text, "inf"));
  assert_int_equal(occurrences(text, "<svg "), 1);
  assert_int_equal(occurrences(text, "</svg>"), 1);
  const int ticks = occurrences(text, "class=\"tick\"");
  assert_true(ticks >= 2 && ticks <= 32);
  assert_int_equal(occurrences(text, "<style>"), p->standalone);
  free(text);
}

static void test_axes_of_every_size(void **state) {
  (void)state;
  const double x[] = {-1, 0, 1e-9, 0.5, 3, 1e12, NAN, INFINITY, -INFINITY};
  const double hi[] = {1e-6, 0.3, 1, 2, 7, 10, 255, 1e4, 1e9, 1e300};
  for (size_t i = 0; i < sizeof hi / sizeof *hi; i++)
    for (int log = 0; log < 2; log++) {
      const rp_axis axis = {.label = "x, steps",
                            .lo = log ? hi[i] / 1000 : 0,
                            .hi = hi[i],
                            .log = log};
      const plotting p = {axis,
                          axis,
                          {.name = "<s>",
                           .x = x,
                           .y = x,
                           .n = 9,
                           .colour = "#000000",
                           .steps = i & 1,
                           .points = log},
                          .standalone = i & 1};
      assert_drawn(&p);
    }
}

static void test_an_empty_series(void **state) {
  (void)state;
  const rp_axis axis = {.label = "", .lo = 0, .hi = 1, .share = true};
  const plotting p = {axis, axis, {.name = "none", .colour = "#000000"}, false};
  assert_drawn(&p);
}

static void test_whole_axis_has_whole_ticks(void **state) {
  (void)state;
  const rp_axis x = {.label = "", .lo = 0, .hi = 2, .whole = true};
  const plotting p = {x, x, {.colour = "#000000"}, false};
  char *text = written(plot_drawn, &p);
  assert_null(strstr(text, ">0.5<"));
  assert_int_equal(occurrences(text, ">1<"), 2);
  free(text);
}

static void test_shades(void **state) {
  (void)state;
  char colour[8];
  const double at[] = {-1, 0, 1, 2, NAN};
  const char *const expected[] = {"#00224e", "#00224e", "#fee838", "#fee838",
                                  "#00224e"};
  for (int i = 0; i < 5; i++) {
    rp_plot_shade(at[i], colour);
    assert_string_equal(colour, expected[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_xml_text),
      cmocka_unit_test(test_axes_of_every_size),
      cmocka_unit_test(test_an_empty_series),
      cmocka_unit_test(test_whole_axis_has_whole_ticks),
      cmocka_unit_test(test_shades),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
