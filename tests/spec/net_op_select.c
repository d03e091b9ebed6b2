/* Selections: every function against plain loops over weights. */
#include "net/op_select.h"

#include "op_checks.h"

enum { ROUNDS = 400, MOST = 70 };

static rp_op *draw(rp_rng *rng) {
  const int32_t n_out = (int32_t)between(rng, 1, MOST);
  const int32_t n_in = (int32_t)between(rng, 1, MOST);
  int32_t index[MOST], weight[MOST];
  for (int32_t i = 0; i < n_out; i++) {
    index[i] = (int32_t)between(rng, -1, n_in - 1);
    weight[i] = (int32_t)between(rng, INT16_MIN, INT16_MAX);
  }
  const bool plain = rp_rng_below(rng, 3) == 0;
  rp_op *op = NULL;
  assert_int_equal(
      rp_op_select_create(n_out, n_in, index, plain ? NULL : weight, &op, NULL),
      RP_OK);
  assert_string_equal(op->kind->name, "select");
  for (int32_t i = 0; i < n_out; i++) {
    const int32_t expected = plain ? 1 : weight[i];
    assert_int_equal(rp_op_select_index(op)[i], index[i]);
    assert_int_equal(rp_op_select_weights(op)[i], expected);
    for (int32_t j = 0; j < n_in; j++)
      assert_int_equal(rp_op_weight(op, i, j), j == index[i] ? expected : 0);
  }
  return op;
}

static void functions_equal_loops_over_weights(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    rp_op *op = draw(&rng);
    check_operator(&rng, op);
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
    rp_op *op = draw(&rng);
    check_cleared(&rng, op, is_same);
    rp_op_free(op);
  }
}

static void bad_selections_are_told(void **state) {
  (void)state;
  const int32_t fine[2] = {-1, 2}, high[2] = {0, 3}, low[2] = {-2, 0};
  const int32_t weight[2] = {1, -32769};
  rp_op *op = NULL;
  rp_error err;
  assert_int_equal(rp_op_select_create(2, 3, high, NULL, &op, &err),
                   RP_E_INPUT);
  assert_string_equal(err.text,
                      "selection, row 1: expected a column in 0..2 (-1: none), "
                      "found 3");
  assert_int_equal(rp_op_select_create(2, 3, low, NULL, &op, &err), RP_E_INPUT);
  assert_int_equal(rp_op_select_create(2, 3, fine, weight, &op, &err),
                   RP_E_INPUT);
  assert_string_equal(err.text,
                      "selection, row 1: expected a weight in -32768..32767, "
                      "found -32769");
  assert_int_equal(rp_op_select_create(0, 3, fine, NULL, &op, &err),
                   RP_E_INPUT);
  assert_null(op);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_equal_loops_over_weights),
      cmocka_unit_test(clearing_a_row_leaves_the_others),
      cmocka_unit_test(bad_selections_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
