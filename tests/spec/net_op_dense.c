/* Dense operators: every function against plain loops over weights. */
#include "net/op_dense.h"

#include "op_checks.h"

enum { ROUNDS = 400, MOST = 70 };

static rp_op *draw(rp_rng *rng, int32_t size) {
  const int32_t n_out = (int32_t)between(rng, 1, MOST);
  const int32_t n_in = (int32_t)between(rng, 1, MOST);
  rp_op *op = rp_op_dense_create(n_out, n_in);
  assert_non_null(op);
  for (int32_t i = 0; i < n_out; i++) {
    int32_t weights[MOST];
    for (int32_t j = 0; j < n_in; j++)
      weights[j] = (int32_t)between(rng, -size - 1, size);
    assert_int_equal(rp_op_dense_set_row(op, i, weights), n_in);
    for (int32_t j = 0; j < n_in; j++) {
      assert_int_equal(rp_op_weight(op, i, j), weights[j]);
      assert_int_equal(rp_op_dense_row(op, i)[j], weights[j]);
    }
  }
  return op;
}

static void functions_equal_loops_over_weights(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    rp_op *op = draw(&rng, rp_rng_below(&rng, 2) ? 9 : INT16_MAX);
    check_operator(&rng, op);
    rp_op_free(op);
  }
}

/* Activations that leave 16 bits take other loops. */
static void wide_activations(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    rp_op *op = draw(&rng, 9);
    op_scene s;
    op_scene_init(&rng, op, &s);
    check_integer_passes(&s, 32767 / 4);
    check_integer_passes(&s, -100000);
    op_scene_fini(&s);
    rp_op_free(op);
  }
}

static bool is_same(const rp_op *op, int32_t a, int32_t b) {
  (void)op;
  return a == b;
}

static void clearing_a_row_leaves_the_others(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS / 4; round++) {
    rp_op *op = draw(&rng, 9);
    check_cleared(&rng, op, is_same);
    rp_op_free(op);
  }
}

static void weights_beyond_16_bits_are_told(void **state) {
  (void)state;
  rp_op *op = rp_op_dense_create(2, 3);
  const int32_t fine[3] = {INT16_MAX, INT16_MIN, 0};
  const int32_t high[3] = {1, 2, INT16_MAX + 1}, low[3] = {INT16_MIN - 1, 2, 3};
  assert_int_equal(rp_op_dense_set_row(op, 1, fine), 3);
  assert_int_equal(rp_op_dense_set_row(op, 0, high), 2);
  assert_int_equal(rp_op_dense_set_row(op, 0, low), 0);
  assert_int_equal(rp_op_weight(op, 1, 1), INT16_MIN);
  assert_string_equal(op->kind->name, "dense");
  rp_op_free(op);
  rp_op_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_equal_loops_over_weights),
      cmocka_unit_test(wide_activations),
      cmocka_unit_test(clearing_a_row_leaves_the_others),
      cmocka_unit_test(weights_beyond_16_bits_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
