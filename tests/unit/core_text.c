/* Texts of unknown origin: what reaches a terminal or a spreadsheet, and where
 * a text that is too long is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"
#include "core/text.h"
#include "rampart/status.h"

static void assert_shown(const char *text, const char *expected) {
  assert_string_equal(rp_printable(text).text, expected);
}

static void what_a_terminal_obeys_is_replaced(void **state) {
  (void)state;
  assert_shown("plain, caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
               "plain, caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  assert_shown("\x1b[31mred", "\\x1b[31mred");
  assert_shown("a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f");
  assert_shown("\xc2\x9b"
               "31m",
               "\\u009b31m"); /* C1: CSI */
  assert_shown("\x9b"
               "31m\xff",
               "\\x9b31m\\xff"); /* no UTF-8 */
  assert_shown("\xe2\x80\xae"
               "gpj",
               "\\u202egpj"); /* right to left */
  assert_shown("\xe2\x81\xa6x\xd8\x9c", "\\u2066x\\u061c");
  assert_shown("\xe2\x80\xa8\xef\xbb\xbf", "\\u2028\\ufeff");
  assert_shown("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* surrogate */
  assert_shown("\xc0\xaf", "\\xc0\\xaf");          /* overlong */
  assert_shown("\xe2\x82", "\\xe2\\x82");          /* cut off */
  assert_shown(NULL, "");
}

/* Every byte and every character: none that is hidden comes through. */
static void nothing_hidden_comes_through(void **state) {
  (void)state;
  for (int a = 1; a < 256; a++)
    for (int b = 0; b < 256; b++)
      for (int c = 0; c < 256; c += b >= 0x80 && b < 0xc0 ? 1 : 51) {
        const char text[] = {(char)a, (char)b, (char)c, '\0'};
        const rp_printable_text shown = rp_printable(text);
        for (const char *at = shown.text; *at;) {
          uint32_t code;
          const int n = rp_utf8_length(at, &code);
          assert_true(n > 0 && rp_is_printable(code));
          at += n;
        }
      }
}

static void long_texts_end_at_a_character(void **state) {
  (void)state;
  const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1 2 3 4 1 */
  static const int fits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (size_t most = 0; most < sizeof fits / sizeof *fits; most++) {
    char copy[16];
    assert_int_equal(rp_text_fit(text, most), fits[most]);
    rp_text_copy(copy, most + 1, text);
    assert_int_equal(strlen(copy), fits[most]);
    assert_memory_equal(copy, text, (size_t)fits[most]);
    rp_text_make_printable(text, copy, most + 1);
    assert_int_equal(strlen(copy), fits[most]);
  }
  assert_int_equal(rp_text_fit("\x80\x80\x80\x80", 2), 2); /* no characters */
  char few[6];
  rp_text_make_printable("ab\x1b", few, sizeof few); /* the code does not fit */
  assert_string_equal(few, "ab");
}

static void errors_are_one_safe_line(void **state) {
  (void)state;
  rp_error err;
  char name[900];
  assert_int_equal(
      rp_fail(&err, RP_E_INPUT, "%s: \xe2\x80\xae", "a\n\x1b]0;x\x07"),
      RP_E_INPUT);
  assert_string_equal(err.text, "a\\x0a\\x1b]0;x\\x07: \\u202e");
  (void)rp_fail(&err, RP_E_INPUT, "again: %s", err.text); /* its own text */
  assert_string_equal(err.text, "again: a\\x0a\\x1b]0;x\\x07: \\u202e");
  for (size_t i = 0; i + 2 < sizeof name; i += 2)
    memcpy(name + i, "\xc3\xa9", 3);
  for (int shift = 0; shift < 2; shift++) {
    (void)rp_fail(&err, RP_E_INPUT, "%s%s", shift ? "x" : "", name);
    assert_int_equal(strlen(err.text), 510 + shift);
    assert_string_equal(rp_printable(err.text).text, err.text);
  }
}

static void assert_cell(const char *text, const char *expected) {
  char *found = NULL;
  size_t size;
  FILE *const out = open_memstream(&found, &size);
  assert_non_null(out);
  rp_csv_text(out, text);
  fclose(out);
  assert_string_equal(found, expected);
  free(found);
}

static void spreadsheets_see_no_formula(void **state) {
  (void)state;
  assert_cell("P1-6", "P1-6");
  assert_cell("", "");
  assert_cell("a,b", "\"a,b\"");
  assert_cell("say \"x\"", "\"say \"\"x\"\"\"");
  assert_cell("=1+1", "\"'=1+1\"");
  assert_cell("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"");
  assert_cell("@SUM(A1)", "\"'@SUM(A1)\"");
  assert_cell("+cmd", "\"'+cmd\"");
  assert_cell("-cmd", "\"'-cmd\"");
  assert_cell("-", "\"'-\"");
  assert_cell("-1", "-1");
  assert_cell("+2.5e3", "+2.5e3");
  assert_cell("-1+A1", "\"'-1+A1\"");
  assert_cell("\t=1", "\"'\\x09=1\"");
  assert_cell("\r=1", "\"'\\x0d=1\"");
  assert_cell("a\x1b[2J\n", "a\\x1b[2J\\x0a");
}

static void a_word_of_a_list_is_whole(void **state) {
  (void)state;
  static const char words[] = "auto|native|first maximum";
  static const char *const others[] = {"",        "auto|", "auto|native",
                                       "native2", "nativ", "|native",
                                       "maximum", "first", words};
  assert_true(rp_text_is_one_of("auto", words));
  assert_true(rp_text_is_one_of("native", words));
  assert_true(rp_text_is_one_of("first maximum", words));
  assert_true(rp_text_is_one_of("R0", "R0"));
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_false(rp_text_is_one_of(others[i], words));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_terminal_obeys_is_replaced),
      cmocka_unit_test(nothing_hidden_comes_through),
      cmocka_unit_test(long_texts_end_at_a_character),
      cmocka_unit_test(errors_are_one_safe_line),
      cmocka_unit_test(spreadsheets_see_no_formula),
      cmocka_unit_test(a_word_of_a_list_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
