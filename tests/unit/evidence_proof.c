/* The stream of a proof: what was put is what is read, in memory and beyond it,
 * and nothing is left of a proof that failed or was dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "core/memory.h"
#include "evidence/proof.h"
#include "seeded.h"

/* Numbers of every length, back by the rule of seven bits a byte. */
static void numbers_come_back(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  rp_trail trail = {0};
  uint64_t put[2000];
  for (int i = 0; i < 2000; i++) {
    put[i] = rp_rng_u64(&rng) >> rp_rng_below(&rng, 64);
    rp_trail_put(&trail, put[i]);
  }
  size_t at = 0;
  for (int i = 0; i < 2000; i++) {
    uint64_t value = 0;
    int shift = 0;
    do value |= (uint64_t)(trail.data[at] & 0x7f) << shift, shift += 7;
    while (trail.data[at++] & 0x80);
    assert_true(value == put[i]);
  }
  assert_int_equal(at, trail.size);
  rp_trail_clear(&trail);
  rp_trail_put_signed(&trail, -1);
  rp_trail_put_signed(&trail, 1);
  rp_trail_put_signed(&trail, INT64_MIN);
  assert_int_equal(trail.data[0], 1);
  assert_int_equal(trail.data[1], 2);
  assert_int_equal(trail.size, 12);
  rp_trail_fini(&trail);
}

static void random_steps(rp_rng *rng, rp_trail *trail, int count) {
  while (count-- > 0) rp_trail_put(trail, rp_rng_u64(rng));
}

/* The whole proof, inflated; the caller frees it. */
static uint8_t *plain_of(rp_proof *proof) {
  const size_t packed = rp_proof_size(proof);
  uLongf size = rp_proof_plain_size(proof);
  uint8_t *deflated = malloc(packed), *plain = malloc(size);
  for (size_t at = 0; at < packed; at += 100000) {
    const size_t left = packed - at;
    assert_int_equal(
        rp_proof_read(proof, at, deflated + at, left < 100000 ? left : 100000),
        RP_OK);
  }
  assert_int_equal(uncompress(plain, &size, deflated, packed), Z_OK);
  assert_int_equal(size, rp_proof_plain_size(proof));
  free(deflated);
  return plain;
}

static void a_long_proof_is_read_back(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  rp_proof *proof;
  rp_trail trail = {0}, all = {0};
  assert_int_equal(rp_proof_create(&proof), RP_OK);
  rp_proof_begin(proof, 3, 7, 0);
  for (int i = 0; i < 300; i++) {
    random_steps(&rng, &trail, 1000);
    rp_trail_append(&all, &trail);
    rp_proof_add(proof, RP_RECORD_OPEN, 0, &trail, NULL);
    assert_int_equal(trail.size, 0);
  }
  assert_true(rp_proof_end(proof));
  assert_true(rp_proof_size(proof) > 2 << 20);
  uint8_t *plain = plain_of(proof);
  assert_memory_equal(plain, "\2\3\7\0\2\0", 6);
  assert_memory_equal(plain + 8, all.data, 5000); /* behind its length */
  assert_int_equal(plain[rp_proof_plain_size(proof) - 1], RP_RECORD_END);
  assert_memory_equal(plain + rp_proof_plain_size(proof) - 1001,
                      all.data + all.size - 1000, 1000);
  free(plain);
  rp_proof_begin(proof, 1, 2, 0);
  assert_true(rp_proof_end(proof));
  plain = plain_of(proof);
  assert_memory_equal(plain, "\2\1\2\0\0", 5);
  free(plain);
  rp_proof_drop(proof);
  assert_int_equal(rp_proof_size(proof), 0);
  rp_proof_free(proof);
  rp_trail_fini(&trail);
  rp_trail_fini(&all);
}

static void nodes_are_numbered_as_they_appear(void **state) {
  (void)state;
  rp_proof *proof;
  rp_trail trail = {0};
  const rp_proof_split split = {.input = true, .at = 5, .value = -3};
  assert_int_equal(rp_proof_create(&proof), RP_OK);
  rp_proof_begin(proof, 0, 1, 0);
  assert_int_equal(rp_proof_part(proof, &(rp_proof_head){2, 'B', 1, 1}), 1);
  assert_int_equal(rp_proof_part(proof, &(rp_proof_head){2, 'C', 1, 1}), 2);
  assert_int_equal(rp_proof_part(proof, &(rp_proof_head){3, 'A', 1, 1}), 3);
  assert_int_equal(rp_proof_part(proof, &(rp_proof_head){4, 'A', 5, 6}), 4);
  assert_int_equal(rp_proof_add(proof, RP_RECORD_SPLIT, 1, &trail, &split), 5);
  rp_proof_add(proof, RP_RECORD_LEAF, 2, &trail, NULL);
  assert_int_equal(rp_proof_add(proof, RP_RECORD_SPLIT, 6, &trail, &split), 7);
  assert_true(rp_proof_end(proof));
  uint8_t *plain = plain_of(proof);
  static const uint8_t expected[] = {2, 0, 1, 0, 1, 2, 1, 1, 2, 2, 1, 3,
                                     0, 1, 4, 3, 5, 6, 4, 1, 0, 1, 5, 5,
                                     3, 2, 0, 4, 6, 0, 1, 5, 5, 0};
  assert_int_equal(rp_proof_plain_size(proof), sizeof expected);
  assert_memory_equal(plain, expected, sizeof expected);
  free(plain);
  rp_proof_free(proof);
}

/* The n-th allocation fails: there is no proof, or a whole one. */
static void a_proof_without_memory_is_none(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (uint64_t n = 1; n < 40; n++) {
    rp_proof *proof;
    rp_trail trail = {0};
    rp_alloc_fail_after(n);
    if (rp_proof_create(&proof) == RP_OK) {
      rp_proof_begin(proof, 1, 1, 0);
      for (int i = 0; i < 10; i++) {
        random_steps(&rng, &trail, 700);
        rp_proof_add(proof, RP_RECORD_OPEN, 0, &trail, NULL);
      }
      const bool good = rp_proof_end(proof);
      rp_alloc_fail_after(0);
      assert_int_equal(good, rp_proof_size(proof) > 0);
      if (good) free(plain_of(proof));
      rp_proof_free(proof);
    }
    rp_alloc_fail_after(0);
    rp_trail_fini(&trail);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_come_back),
      cmocka_unit_test(a_long_proof_is_read_back),
      cmocka_unit_test(nodes_are_numbered_as_they_appear),
      cmocka_unit_test(a_proof_without_memory_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
