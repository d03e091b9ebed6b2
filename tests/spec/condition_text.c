/* Texts of conditions: what is read is what was written, equal conditions have
 * equal texts, and what is no condition is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "condition/condition.h"
#include "random_condition.h"

static rp_condition *read_text(const char *text) {
  rp_condition *c;
  rp_error err = {""};
  if (rp_condition_read(text, &c, &err) != RP_OK)
    fail_msg("'%s': %s", text, err.text);
  return c;
}

static void becomes(const char *text, const char *expected) {
  char written[RP_CONDITION_SIZE];
  rp_condition *const c = read_text(text);
  assert_int_equal(rp_condition_write(c, written, NULL), RP_OK);
  assert_string_equal(written, expected);
  rp_condition_free(c);
}

static void texts_are_normal(void **state) {
  (void)state;
  becomes(" class 8 ", "class 8");
  becomes("not in top 2", "not in top 2");
  becomes("never class 8", "class 8");
  becomes("always in top 2", "not in top 2");
  becomes("always y0 <= 5 and y1 > 2", "y0 >= 6 or -y1 >= -2");
  becomes("always y0 = 3", "-y0 >= -2 or y0 >= 4");
  becomes("y0>=1", "y0 >= 1");
  becomes("y0 > 1", "y0 >= 2");
  becomes("y0 <= 1", "-y0 >= -1");
  becomes("y1 < y0", "y0 - y1 >= 1");
  becomes("2 y0 - 4*y1 >= 3", "y0 - 2 y1 >= 2");
  becomes("2 y0 >= -3", "y0 >= -1");
  becomes("0.5 y0 > 0.25", "y0 >= 1");
  becomes("1e-2 y0 + 0.02 y1 >= .05", "y0 + 2 y1 >= 5");
  becomes("y0 + y1 - y0 >= 3", "y1 >= 3");
  becomes("y0 = 3", "y0 >= 3 and -y0 >= -3");
  becomes("3 < 2", "0 >= 2");
  becomes("y0 >= 1 and y1 >= 2 or y2 >= 3", "y0 >= 1 and y1 >= 2 or y2 >= 3");
  becomes("y0 - 3 >= y1 + 4", "y0 - y1 >= 7");
}

static void others_are_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "y0",
                                      "y0 >=",
                                      ">= 3",
                                      "y0 >= 3 or",
                                      "y >= 3",
                                      "y0 => 3",
                                      "x0 >= 3",
                                      "y0 >= 3 xor",
                                      "class",
                                      "class -1",
                                      "class 1 2",
                                      "top 3",
                                      "not in top",
                                      "y0 >= 3 and and",
                                      "y0 * 2 > 1",
                                      "y-1 >= 0",
                                      "1e30 y0 >= 0",
                                      "y0 >= 1e99",
                                      "--y0 >= 0",
                                      "y0 >= 12345678901234567890",
                                      "y99999999999 >= 1",
                                      "(y0 >= 1)",
                                      "always",
                                      "always class 3",
                                      "always y0 >= 1 or y1 >= 1",
                                      "always not in top 3",
                                      "in top 3",
                                      "never"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    rp_condition *c;
    rp_error err = {""};
    assert_int_equal(rp_condition_read(texts[i], &c, &err), RP_E_INPUT);
    assert_true(err.text[0] != '\0');
  }
}

static void outputs_are_checked(void **state) {
  (void)state;
  static const char *const texts[] = {"class 3", "not in top 3", "not in top 0",
                                      "y0 + y3 >= 0"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    rp_condition *const c = read_text(texts[i]);
    assert_int_equal(rp_condition_check(c, 3, NULL), RP_E_INPUT);
    rp_condition_free(c);
  }
}

static void meaning_is_that_of_the_text(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t met = 0;
  for (int32_t i = 0; i < 20000; i++) {
    const int32_t n_out = (int32_t)between(&rng, 2, MOST_CLASSES);
    const int32_t label = (int32_t)rp_rng_below(&rng, (uint32_t)n_out);
    const random_condition made = make_condition(&rng, n_out, label, 4);
    rp_condition *c, *again;
    char text[RP_CONDITION_SIZE];
    assert_int_equal(rp_condition_read(made.text, &c, NULL), RP_OK);
    assert_int_equal(rp_condition_write(c, text, NULL), RP_OK);
    assert_int_equal(rp_condition_read(text, &again, NULL), RP_OK);
    for (int32_t k = 0; k < 5; k++) {
      int32_t out[MOST_CLASSES];
      for (int32_t j = 0; j < n_out; j++)
        out[j] = (int32_t)between(&rng, -4, 4);
      const bool truth = is_condition_met(&made, out, label);
      assert_int_equal(rp_condition_is_met(c, out, n_out, label), truth);
      assert_int_equal(rp_condition_is_met(again, out, n_out, label), truth);
      met += truth;
    }
    rp_condition_free(c);
    rp_condition_free(again);
  }
  assert_in_range(met, 10000, 90000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_normal),
      cmocka_unit_test(others_are_refused),
      cmocka_unit_test(outputs_are_checked),
      cmocka_unit_test(meaning_is_that_of_the_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
