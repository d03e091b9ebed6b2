/* Selections: what is meant is taken, in order, once; anything else is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "input/dataset.h"

static rp_error err;

static void takes(const char *text, int64_t n, const int64_t *expected,
                  int64_t expected_count) {
  int64_t *index, count;
  if (rp_selection_parse(text, n, &index, &count, &err) != RP_OK)
    fail_msg("'%s': %s", text, err.text);
  assert_int_equal(count, expected_count);
  for (int64_t i = 0; i < count; i++) assert_int_equal(index[i], expected[i]);
  free(index);
}

static void refuses(const char *text, int64_t n, const char *part) {
  int64_t *index = NULL, count = -1;
  assert_int_equal(rp_selection_parse(text, n, &index, &count, &err),
                   RP_E_INPUT);
  assert_null(index);
  assert_int_equal(count, -1);
  if (!strstr(err.text, part))
    fail_msg("'%s': expected '%s' in '%s'", text, part, err.text);
}

static void numbers_and_ranges(void **state) {
  (void)state;
  takes("3", 10, (int64_t[]){3}, 1);
  takes("all", 3, (int64_t[]){0, 1, 2}, 3);
  takes("2-4", 10, (int64_t[]){2, 3, 4}, 3);
  takes("5,1-3,0", 10, (int64_t[]){5, 1, 2, 3, 0}, 5);
  takes("2-4,3-6,2", 10, (int64_t[]){2, 3, 4, 5, 6}, 5);
  takes(" 7 , 1 - 2 ", 10, (int64_t[]){7, 1, 2}, 3);
  takes("9-9", 10, (int64_t[]){9}, 1);
}

static void anything_else_is_refused(void **state) {
  (void)state;
  static const char *const malformed[] = {"",    ",",     "1,",   ",1",  "a",
                                          "1-",  "-1",    "1--2", "1 2", "1;2",
                                          "All", "1-2-3", "0x3",  "1.5"};
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    refuses(malformed[i], 10, "expected 'all', or numbers and ranges");
  refuses("4-2", 10, "expected ascending ranges, found 4-2");
  refuses("10", 10,
          "expected samples 0..9, of the 10 in the dataset, found 10");
  refuses("0-10", 10, "found 10");
  refuses("99999999999999999999999999", 10, "expected samples 0..9,");
  refuses("all", 0, "found 'all'");
}

static void memory_may_run_out(void **state) {
  (void)state;
  int64_t *index, count;
  for (uint64_t n = 1; n <= 2; n++) {
    rp_alloc_fail_after(n);
    assert_int_equal(rp_selection_parse("all", 5, &index, &count, &err),
                     RP_E_MEMORY);
  }
  rp_alloc_fail_after(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_and_ranges),
      cmocka_unit_test(anything_else_is_refused),
      cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
