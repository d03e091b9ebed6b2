/* Comparing results: every way in which two intervals can lie, and what is a
 * contradiction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "show/diff.h"

enum { CAP = 9 };

static rp_results *new_results(const char *network) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  rp_text_copy(r->provenance.network_sha256,
               sizeof r->provenance.network_sha256, network);
  r->provenance.n_in = 1;
  r->provenance.in_hi = 255;
  r->provenance.radius_cap = CAP;
  return r;
}

/* lo..hi with a counterexample at hi + 1, unless hi is the cap; lo -1 is
 * misclassified. */
static void add_radius(rp_results *r, int64_t sample, int32_t lo, int32_t hi) {
  rp_radius_row row = {.sample = sample, .label = 7, .lo = lo, .hi = hi};
  const uint8_t x = 9;
  row.verdict = lo < 0 ? RP_MISCLASSIFIED : lo == hi ? RP_ROBUST : RP_UNKNOWN;
  if (row.verdict == RP_UNKNOWN) row.reason = RP_REASON_NODES;
  assert_int_equal(
      rp_results_add_radius(r, &row, lo >= 0 && hi < CAP ? &x : NULL, NULL),
      RP_OK);
}

static rp_diff *compare(const rp_results *a, const rp_results *b) {
  rp_diff *diff;
  rp_error err = {""};
  if (rp_diff_results(a, b, &diff, &err) != RP_OK) fail_msg("%s", err.text);
  return diff;
}

static void intervals_are_compared(void **state) {
  (void)state;
  static const struct {
    int32_t a[2], b[2];
    rp_change change;
  } of[] = {
      {{3, 3}, {3, 3}, RP_CHANGE_NONE},
      {{2, 5}, {2, 5}, RP_CHANGE_NONE},
      {{3, 3}, {2, 5}, RP_CHANGE_NARROWER_A},
      {{2, 5}, {2, 4}, RP_CHANGE_NARROWER_B},
      {{2, 5}, {3, 7}, RP_CHANGE_OVERLAP},
      {{2, 5}, {6, 7}, RP_CHANGE_GREATER_B},
      {{CAP, CAP}, {0, 8}, RP_CHANGE_GREATER_A},
      {{CAP, CAP}, {5, CAP}, RP_CHANGE_NARROWER_A},
      {{-1, -1}, {0, 0}, RP_CHANGE_WRONG_A},
      {{4, 6}, {-1, -1}, RP_CHANGE_WRONG_B},
      {{-1, -1}, {-1, -1}, RP_CHANGE_NONE},
  };
  const int64_t n = sizeof of / sizeof *of;
  rp_results *const a = new_results("one"), *const b = new_results("two");
  for (int64_t i = 0; i < n; i++) {
    add_radius(a, i, of[i].a[0], of[i].a[1]);
    add_radius(b, i, of[i].b[0], of[i].b[1]);
  }
  add_radius(a, n, 1, 1);
  add_radius(b, n + 5, 1, 1);
  rp_diff *diff = compare(a, b);
  assert_int_equal(diff->n_rows, n + 2);
  for (int64_t i = 0; i < n; i++)
    if (diff->row[i].change != of[i].change)
      fail_msg("row %d: %s", (int)i, rp_change_name(diff->row[i].change));
  assert_int_equal(diff->row[n].change, RP_CHANGE_ONLY_A);
  assert_int_equal(diff->row[n + 1].change, RP_CHANGE_ONLY_B);
  assert_int_equal(diff->n_contradictions, 0);
  rp_diff_free(diff);
  /* About one network, four of these rows cannot both be right. */
  strcpy(b->provenance.network_sha256, "one");
  diff = compare(a, b);
  assert_int_equal(diff->n_contradictions, 4);
  rp_diff_free(diff);
  rp_results_free(a);
  rp_results_free(b);
}

static void other_samples_are_refused(void **state) {
  (void)state;
  rp_results *const a = new_results("one"), *const b = new_results("one");
  rp_diff *diff;
  rp_error err = {""};
  strcpy(b->provenance.dataset_sha256, "others");
  assert_int_equal(rp_diff_results(a, b, &diff, &err), RP_E_USAGE);
  assert_string_equal(err.text, "diff: expected the same dataset in both "
                                "results, found 'none' and 'others'");
  rp_results_free(a);
  rp_results_free(b);
}

/* A radius of 3 steps of 1/255 is no radius of 3 steps of 1/15. */
static void other_steps_are_refused(void **state) {
  (void)state;
  rp_results *const a = new_results("one"), *const b = new_results("two");
  rp_diff *diff;
  rp_error err = {""};
  b->provenance.in_hi = 15;
  assert_int_equal(rp_diff_results(a, b, &diff, &err), RP_E_USAGE);
  assert_string_equal(err.text,
                      "diff: expected the same input step in both results; "
                      "found 1/255 of the range, 0, and 1/15 of the range, 0");
  /* Other scales of the same pixels are no other steps, but reals are. */
  b->provenance.in_hi = 255;
  a->provenance.in_step = 0.25;
  b->provenance.in_step = 0.5;
  a->provenance.values = b->provenance.values = RP_VALUES_PIXELS;
  rp_diff_free(compare(a, b));
  a->provenance.values = b->provenance.values = RP_VALUES_REALS;
  assert_int_equal(rp_diff_results(a, b, &diff, &err), RP_E_USAGE);
  rp_results_free(a);
  rp_results_free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intervals_are_compared),
      cmocka_unit_test(other_samples_are_refused),
      cmocka_unit_test(other_steps_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
