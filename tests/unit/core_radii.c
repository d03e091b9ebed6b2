/* Radii are numbers, ranges and fractions; a fraction is resolved by the input
 * range of the network, and only to whole steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/radii.h"

static void what_is_written_is_meant(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int32_t in_max;
    const char *meant; /* with commas */
  } of[] = {
      {"2", 255, "2,"},
      {"1-3, 7", 15, "1,2,3,7,"},
      {"2/255", 255, "2,"},
      {"1-3/255", 255, "1,2,3,"},
      {"1/5", 15, "3,"},
      {"1-2/5,15/15", 15, "3,6,15,"},
      {"34/255,17/255", 15, "1,2,"},
  };
  for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
    rp_radii radii = {0};
    bool is_meant[RP_RADIUS_MAX + 1];
    char found[64] = "";
    assert_true(rp_radii_parse(of[i].text, 1, &radii));
    assert_int_equal(rp_radii_resolve(&radii, of[i].in_max, is_meant, NULL),
                     RP_OK);
    for (int32_t r = 0; r <= RP_RADIUS_MAX; r++)
      if (is_meant[r])
        snprintf(found + strlen(found), sizeof found - strlen(found), "%d,",
                 (int)r);
    assert_string_equal(found, of[i].meant);
  }
}

static void everything_else_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",    "0",     "4096",  "3-1",     "2/",        "/2",   "2/0",
      "3/2", "1.5",   "-1",    "2/-5",    "1,,2",      "1,",   "2/ 5",
      "a",   "1/2/3", "0/255", "256/255", "1/2097152", "1-2/x"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    rp_radii radii = {0};
    if (rp_radii_parse(texts[i], 1, &radii)) fail_msg("'%s'", texts[i]);
  }
}

static void parts_of_a_step_are_refused(void **state) {
  (void)state;
  rp_radii radii = {0};
  rp_error err = {""};
  bool is_meant[RP_RADIUS_MAX + 1];
  assert_true(rp_radii_parse("17-18/255", 1, &radii));
  assert_int_equal(rp_radii_resolve(&radii, 255, is_meant, &err), RP_OK);
  assert_int_equal(rp_radii_resolve(&radii, 15, is_meant, &err), RP_E_USAGE);
  assert_string_equal(err.text, "radius 18/255: expected a whole number of "
                                "input steps, each of which is 1/15 of the "
                                "network's input range");
}

/* Inputs are bytes, but many of them may change. */
static void norms_have_limits(void **state) {
  (void)state;
  rp_radii radii = {0};
  rp_error err = {""};
  bool is_meant[RP_RADIUS_MAX + 1];
  assert_true(rp_radii_parse("255-256,4095", 1, &radii));
  assert_int_equal(rp_radii_resolve(&radii, 255, is_meant, &err), RP_E_USAGE);
  assert_string_equal(err.text,
                      "radius 256: expected at most 255, as inputs are bytes");
  assert_int_equal(rp_radii_resolve(&radii, 0, is_meant, &err), RP_OK);
  assert_true(is_meant[256] && is_meant[4095] && !is_meant[257]);
}

static void one_radius_is_one(void **state) {
  (void)state;
  rp_radii none = {0}, one = {0}, two = {0};
  int32_t steps = -7;
  assert_int_equal(rp_radii_resolve_one(&none, 255, &steps, NULL), RP_OK);
  assert_int_equal(steps, -7);
  assert_true(rp_radii_parse("51/255", 1, &one) && rp_radii_is_one(&one));
  assert_int_equal(rp_radii_resolve_one(&one, 15, &steps, NULL), RP_OK);
  assert_int_equal(steps, 3);
  assert_true(rp_radii_parse("3-4", 1, &two));
  assert_false(rp_radii_is_one(&two));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_meant),
      cmocka_unit_test(everything_else_is_refused),
      cmocka_unit_test(parts_of_a_step_are_refused),
      cmocka_unit_test(norms_have_limits),
      cmocka_unit_test(one_radius_is_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
