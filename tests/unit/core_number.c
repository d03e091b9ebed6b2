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
  assert_false(rp_is_formula("-1.5"));
  FILE *const out = open_memstream(&json, &size);
  rp_json_real(out, 0.125, 2);
  fclose(out);
  assert_string_equal(json, "0.12");
  free(json);
  the_locale_has_a_comma(NULL); /* the caller's locale is as it was */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_locale_has_a_comma),
      cmocka_unit_test(options_have_a_point),
      cmocka_unit_test(numbers_have_a_point),
  };
  return cmocka_run_group_tests(tests, use_decimal_comma, leave_it);
}
