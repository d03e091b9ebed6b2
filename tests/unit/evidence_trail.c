/* Reading numbers of variable length: what was put comes back, and the first
 * number that is not there makes all that follow zeros. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evidence/proof.h"
#include "seeded.h"

static rp_trail_reader reader_of(const uint8_t *data, size_t size) {
  return (rp_trail_reader){.data = data, .size = size};
}

static void what_was_put_comes_back(void **state) {
  (void)state;
  static const int64_t edges[] = {0,   -1,  1,         63,        64,
                                  127, 128, -128,      INT32_MIN, INT32_MAX,
                                  255, -65, INT64_MIN, INT64_MAX};
  enum { N = sizeof edges / sizeof *edges };
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 200; round++) {
    rp_trail trail = {0};
    int64_t value[N];
    for (int i = 0; i < N; i++)
      value[i] = round == 0
                     ? edges[i]
                     : (int64_t)(rp_rng_u64(&rng) >> rp_rng_below(&rng, 64));
    for (int i = 0; i < N; i++) {
      rp_trail_put_signed(&trail, value[i]);
      rp_trail_put(&trail, (uint64_t)value[i]);
    }
    rp_trail_reader from = reader_of(trail.data, trail.size);
    for (int i = 0; i < N; i++) {
      assert_true(rp_trail_get_signed(&from) == value[i]);
      assert_true(rp_trail_get(&from) == (uint64_t)value[i]);
    }
    assert_false(from.failed);
    assert_int_equal(from.at, trail.size);
    rp_trail_fini(&trail);
  }
}

/* Cut within a number: it fails, and so does every one after it. */
static void a_missing_number_sticks(void **state) {
  (void)state;
  rp_trail trail = {0};
  rp_trail_put(&trail, 5);
  rp_trail_put(&trail, 1000000);
  for (size_t size = 1; size < trail.size; size++) {
    rp_trail_reader from = reader_of(trail.data, size);
    assert_int_equal(rp_trail_get(&from), 5);
    assert_false(from.failed);
    assert_int_equal(rp_trail_get(&from), 0);
    assert_true(from.failed);
    from.at = 0; /* even where there is one */
    assert_int_equal(rp_trail_get(&from), 0);
    assert_true(from.failed);
  }
  rp_trail_fini(&trail);
}

static void a_number_that_is_too_long_is_refused(void **state) {
  (void)state;
  uint8_t bytes[20];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = 0xff;
  bytes[12] = 1; /* ends after more bits than there are */
  rp_trail_reader from = reader_of(bytes, sizeof bytes);
  assert_int_equal(rp_trail_get(&from), 0);
  assert_true(from.failed);
  from = reader_of(bytes, 0);
  assert_int_equal(rp_trail_get_signed(&from), 0);
  assert_true(from.failed);
}

static void trails_are_joined_with_their_failures(void **state) {
  (void)state;
  rp_trail a = {0}, b = {0}, failed = {.failed = true};
  rp_trail_put(&a, 1);
  rp_trail_put(&b, 300);
  rp_trail_append(&a, &b);
  rp_trail_reader from = reader_of(a.data, a.size);
  assert_int_equal(rp_trail_get(&from), 1);
  assert_int_equal(rp_trail_get(&from), 300);
  assert_int_equal(from.at, a.size);
  rp_trail_append(&a, &failed);
  assert_true(a.failed);
  rp_trail_clear(&a);
  assert_false(a.failed);
  assert_int_equal(a.size, 0);
  rp_trail_fini(&a);
  rp_trail_fini(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_put_comes_back),
      cmocka_unit_test(a_missing_number_sticks),
      cmocka_unit_test(a_number_that_is_too_long_is_refused),
      cmocka_unit_test(trails_are_joined_with_their_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
