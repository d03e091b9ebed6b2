/* Options and numbers under a locale whose decimal point is a comma: one made
 * here by localedef, since few machines have it installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/csv.h"
#include "core/json.h"
#include "core/number.h"
#include "core/options.h"
#include "core/ranges.h"

static const char source[] = "LC_NUMERIC\n"
                             "decimal_point \",\"\n"
                             "thousands_sep \".\"\n"
                             "grouping -1\n"
                             "END LC_NUMERIC\n";

static char folder[] = "/tmp/rampart-locale-XXXXXX";

static int use_decimal_comma(void **state) {
  char name[64], command[256];
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(name, sizeof name, "%s/source", folder);
  FILE *const file = fopen(name, "w");
  if (!file || fputs(source, file) < 0 || fclose(file)) return -1;
  snprintf(command, sizeof command,
           "localedef -c -i %s -f ANSI_X3.4-1968 %s/xx_XX >%s/log 2>&1", name,
           folder, folder);
  (void)!system(command); /* warns of what the locale lacks: status 1 */
  setenv("LOCPATH", folder, 1);
  if (setlocale(LC_NUMERIC, "xx_XX")) return 0;
  printf("skipped: localedef is missing or makes no locale\n");
  exit(77);
}

static int leave_it(void **state) {
  char command[64];
  (void)state;
  setlocale(LC_NUMERIC, "C");
  snprintf(command, sizeof command, "rm -r %s", folder);
  return system(command);
}

static void the_locale_has_a_comma(void **state) {
  (void)state;
  char text[16];
  snprintf(text, sizeof text, "%.1f", 1.5);
  assert_string_equal(text, "1,5");
}

static void options_have_a_point(void **state) {
  (void)state;
  rp_options options;
  rp_error err;
  rp_options_default(&options);
  assert_int_equal(rp_options_set(&options, "time_limit", "1.5", &err), RP_OK);
  assert_true(options.time_limit == 1.5);
  assert_int_equal(rp_options_set(&options, "time_limit", "1,5", &err),
                   RP_E_USAGE);
  size_t count;
  const rp_option_info *const row = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++) {
    char text[64];
    rp_options_get(&options, &row[i], text, sizeof text);
    assert_null(strchr(text, ','));
    assert_int_equal(rp_options_set(&options, row[i].name, text, &err), RP_OK);
  }
}

static void numbers_have_a_point(void **state) {
  (void)state;
  char text[RP_REAL_SIZE], *end, *json = NULL;
  size_t size;
  assert_true(rp_read_real("-2.25e1x", &end) == -22.5 && *end == 'x');
  assert_string_equal(rp_write_real(0.1, text), "0.1");
  assert_string_equal(rp_write_real_exactly(0.1, text), "0.1");
  assert_string_equal(rp_write_real_exactly(-1.4999999999999998, text),
                      "-1.4999999999999998");
  assert_false(rp_is_formula("-1.5"));
  FILE *const out = open_memstream(&json, &size);
  rp_json_real(out, 0.125, 2);
  fclose(out);
  assert_string_equal(json, "0.12");
  free(json);
  the_locale_has_a_comma(NULL); /* the caller's locale is as it was */
}

static void a_whole_number_ends_where_its_digits_do(void **state) {
  (void)state;
  int64_t n = 7;
  const char *const text = " -12,5";
  assert_ptr_equal(rp_read_whole(text, -12, 12, &n), text + 4);
  assert_int_equal(n, -12);
  assert_null(rp_read_whole(text, -11, 12, &n));
  assert_null(rp_read_whole("x1", 0, 9, &n));
  assert_null(rp_read_whole("", 0, 9, &n));
  assert_null(rp_read_whole("99999999999999999999", 0, INT64_MAX, &n));
  assert_int_equal(n, -12);
}

static void a_number_is_the_whole_text(void **state) {
  (void)state;
  int64_t n = 7;
  double real = 7;
  assert_true(rp_parse_whole("255", 0, 255, &n) && n == 255);
  assert_false(rp_parse_whole("256", 0, 255, &n));
  assert_false(rp_parse_whole("25 ", 0, 255, &n));
  assert_false(rp_parse_whole("", 0, 255, &n));
  assert_int_equal(n, 255);
  assert_true(rp_parse_real("0.5", 0, 1, &real) && real == 0.5);
  static const char *const bad[] = {"", "1.5", "nan", "0.5x", "0,5", "1e-999"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(rp_parse_real(bad[i], 0, 1, &real));
  assert_true(real == 0.5);
}

static void a_part_is_one_of_so_many(void **state) {
  (void)state;
  int32_t i = 0, n = 0;
  assert_true(rp_parse_part("3/8", 8, &i, &n) && i == 3 && n == 8);
  static const char *const bad[] = {"",     "3",    "3/",  "/8",
                                    "0/8",  "9/8",  "3/9", "+3/8",
                                    "3/ 8", "3/8x", "3:8", "-1/8"};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    assert_false(rp_parse_part(bad[k], 8, &i, &n));
  assert_true(i == 3 && n == 8);
}

static void lists_of_ranges_have_one_grammar(void **state) {
  (void)state;
  rp_ranges r;
  assert_true(rp_ranges_parse("0-9,17 , 20 - 21", 0, 99, &r) && r.n == 3);
  assert_true(rp_ranges_hold(&r, 9) && rp_ranges_hold(&r, 20));
  assert_false(rp_ranges_hold(&r, 10) || rp_ranges_hold(&r, 22));
  static const char *const bad[] = {
      "",   "1-",  "-1",   "1,",    ",1",  "2-1",
      "1x", "1 2", "1--2", "1-2-3", "100", "99999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(rp_ranges_parse(bad[i], 0, 99, &r));
}

static void shares_stay_bounds(void **state) {
  (void)state;
  assert_int_equal(rp_share_tenths(2, 3, RP_ROUND_DOWN), 666);
  assert_int_equal(rp_share_tenths(2, 3, RP_ROUND_UP), 667);
  assert_int_equal(rp_share_tenths(2, 3, RP_ROUND_NEAREST), 667);
  assert_int_equal(rp_share_tenths(1, 3, RP_ROUND_NEAREST), 333);
  for (int r = RP_ROUND_DOWN; r <= RP_ROUND_NEAREST; r++) {
    assert_int_equal(rp_share_tenths(0, INT64_MAX, (rp_rounding)r), 0);
    assert_int_equal(rp_share_tenths(INT64_MAX, INT64_MAX, (rp_rounding)r),
                     1000);
  }
  /* Only all are 100 %, only none are 0 %. */
  assert_int_equal(rp_share_tenths(9999, 10000, RP_ROUND_DOWN), 999);
  assert_int_equal(rp_share_tenths(9999, 10000, RP_ROUND_UP), 1000);
  assert_int_equal(rp_share_tenths(9999, 10000, RP_ROUND_NEAREST), 999);
  assert_int_equal(rp_share_tenths(1, 10000, RP_ROUND_NEAREST), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_locale_has_a_comma),
      cmocka_unit_test(options_have_a_point),
      cmocka_unit_test(numbers_have_a_point),
      cmocka_unit_test(a_whole_number_ends_where_its_digits_do),
      cmocka_unit_test(a_number_is_the_whole_text),
      cmocka_unit_test(a_part_is_one_of_so_many),
      cmocka_unit_test(lists_of_ranges_have_one_grammar),
      cmocka_unit_test(shares_stay_bounds),
  };
  return cmocka_run_group_tests(tests, use_decimal_comma, leave_it);
}
