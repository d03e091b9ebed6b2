/* JSON of any bytes: the escapes, and what is not UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

static void assert_text(const char *text, const char *expected) {
  char *found = NULL;
  size_t size;
  FILE *const out = open_memstream(&found, &size);
  assert_non_null(out);
  rp_json_text(out, text);
  fclose(out);
  assert_string_equal(found, expected);
  free(found);
}

static void texts(void **state) {
  (void)state;
  assert_text("", "\"\"");
  assert_text("a\"b\\c", "\"a\\\"b\\\\c\"");
  assert_text("\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"");
  assert_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
              "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
  assert_text("\xc2\x9b\xe2\x80\xae", "\"\\u009b\\u202e\""); /* CSI, bidi */
  assert_text("\xff", "\"\\ufffd\"");
  assert_text("\xc3", "\"\\ufffd\"");                       /* cut off */
  assert_text("\xe2\x82", "\"\\ufffd\\ufffd\"");            /* cut off */
  assert_text("\xc0\xaf", "\"\\ufffd\\ufffd\"");            /* overlong */
  assert_text("\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""); /* overlong */
  assert_text("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
  assert_text("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

static void assert_real(double value, int decimals, const char *expected) {
  char *found = NULL;
  size_t size;
  FILE *const out = open_memstream(&found, &size);
  assert_non_null(out);
  rp_json_real(out, value, decimals);
  fclose(out);
  assert_string_equal(found, expected);
  free(found);
}

static void numbers(void **state) {
  (void)state;
  assert_real(0.125, 2, "0.12");
  assert_real(-3, 0, "-3");
  assert_real(NAN, 3, "null");
  assert_real(HUGE_VAL, 3, "null");
  assert_real(-HUGE_VAL, 3, "null");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts),
                                     cmocka_unit_test(numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
