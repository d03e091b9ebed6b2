/* Every function of an operator against plain loops over its weights: sums of
 * integers must be the same bit for bit, and so must floating-point sums, since
 * the numbers here are small integers, whose sums are exact in any order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/op_dense.h"
#include "seeded.h"

enum { ROUNDS = 400, MOST = 70 };

/* An operator, some of its rows, and vectors of small integers. */
typedef struct scene {
  rp_op *op;
  int32_t row[MOST];
  rp_rows rows;
  int64_t of_row[MOST], of_col[MOST]; /* multipliers, inputs */
  bool in_rows[MOST];
} scene;

static void choose_rows(rp_rng *rng, scene *s) {
  s->rows = rp_op_rows(s->op);
  for (int32_t i = 0; i < s->op->n_out; i++) s->in_rows[i] = true;
  if (rp_rng_below(rng, 3) == 0) return;
  s->rows = (rp_rows){0, s->row};
  for (int32_t i = s->op->n_out - 1; i >= 0; i--) { /* descending */
    s->in_rows[i] = rp_rng_below(rng, 2);
    if (s->in_rows[i]) s->row[s->rows.n++] = i;
  }
}

static void scene_init(rp_rng *rng, scene *s) {
  *s = (scene){0};
  const int32_t n_out = (int32_t)between(rng, 1, MOST);
  const int32_t n_in = (int32_t)between(rng, 1, MOST);
  const int64_t size = rp_rng_below(rng, 2) ? 9 : INT16_MAX;
  s->op = rp_op_dense_create(n_out, n_in);
  assert_non_null(s->op);
  for (int32_t i = 0; i < n_out; i++) {
    int32_t weights[MOST];
    for (int32_t j = 0; j < n_in; j++)
      weights[j] = (int32_t)between(rng, -size - 1, size);
    assert_int_equal(rp_op_dense_set_row(s->op, i, weights), n_in);
    for (int32_t j = 0; j < n_in; j++)
      assert_int_equal(rp_op_weight(s->op, i, j), weights[j]);
    s->of_row[i] = rp_rng_below(rng, 3) ? between(rng, -4, 4) : 0;
  }
  for (int32_t j = 0; j < n_in; j++) s->of_col[j] = between(rng, 0, 5);
  choose_rows(rng, s);
}

/* Sum over the columns of one row. */
static int64_t row_sum(const scene *s, int32_t i) {
  int64_t sum = 0;
  for (int32_t j = 0; j < s->op->n_in; j++)
    sum += rp_op_weight(s->op, i, j) * s->of_col[j];
  return sum;
}

/* Sum over the chosen rows of one column. */
static int64_t column_sum(const scene *s, int32_t j) {
  int64_t sum = 0;
  for (int32_t i = 0; i < s->op->n_out; i++)
    if (s->in_rows[i]) sum += rp_op_weight(s->op, i, j) * s->of_row[i];
  return sum;
}

static void rows_and_columns(const scene *s) {
  const rp_op *op = s->op;
  int32_t index[MOST];
  int16_t weight[MOST];
  const rp_tap_space space = {index, weight};
  assert_true(op->kind->count(op) == (int64_t)op->n_out * op->n_in);
  for (int32_t i = 0; i < op->n_out; i++) {
    const rp_taps taps = rp_op_row(op, i, space);
    assert_int_equal(taps.n, op->n_in);
    for (int32_t j = 0; j < op->n_in; j++)
      assert_int_equal(taps.weight[j], rp_op_weight(op, i, j));
  }
  for (int32_t j = 0; j < op->n_in; j++) {
    const rp_taps taps = rp_op_column(op, j, space);
    assert_int_equal(taps.n, op->n_out);
    for (int32_t i = 0; i < op->n_out; i++)
      assert_int_equal(taps.weight[i], rp_op_weight(op, i, j));
  }
}

static void integer_passes(const scene *s, int32_t wide) {
  const rp_op *op = s->op;
  uint8_t x[MOST];
  int16_t spare[MOST];
  int32_t a[MOST], z[MOST], z_bytes[MOST];
  for (int32_t j = 0; j < op->n_in; j++) {
    x[j] = (uint8_t)s->of_col[j];
    a[j] = (int32_t)s->of_col[j] * wide;
  }
  for (int32_t i = 0; i < op->n_out; i++) z[i] = z_bytes[i] = 7 * i;
  op->kind->apply_bytes(op, x, z_bytes);
  op->kind->apply(op, a, spare, z);
  for (int32_t i = 0; i < op->n_out; i++) {
    assert_true(z_bytes[i] == 7 * i + row_sum(s, i));
    assert_true(z[i] == 7 * i + row_sum(s, i) * wide);
  }
}

static void ranges(const scene *s, rp_rng *rng) {
  const rp_op *op = s->op;
  int16_t lo[MOST], width[MOST];
  int32_t lo_wide[MOST], width_wide[MOST], narrow[2][MOST], range[2][MOST];
  for (int32_t j = 0; j < op->n_in; j++) {
    lo_wide[j] = lo[j] = (int16_t)s->of_col[j];
    width_wide[j] = width[j] = (int16_t)rp_rng_below(rng, 4);
  }
  for (int32_t i = 0; i < op->n_out; i++)
    narrow[0][i] = narrow[1][i] = range[0][i] = range[1][i] = 7 * i;
  op->kind->range_narrow(op, lo, width, narrow[0], narrow[1]);
  op->kind->range(op, lo_wide, width_wide, range[0], range[1]);
  for (int32_t i = 0; i < op->n_out; i++) {
    int64_t least = 7 * i, greatest = 7 * i;
    for (int32_t j = 0; j < op->n_in; j++) {
      const int64_t w = rp_op_weight(op, i, j);
      least += w * (w < 0 ? lo[j] + width[j] : lo[j]);
      greatest += w * (w > 0 ? lo[j] + width[j] : lo[j]);
    }
    assert_true(narrow[0][i] == least && narrow[1][i] == greatest);
    assert_true(range[0][i] == least && range[1][i] == greatest);
  }
}

/* Rows that were not asked for keep what they had. */
static void real_passes(const scene *s) {
  const rp_op *op = s->op;
  double a[MOST], single[MOST], real[MOST];
  float a_single[MOST];
  for (int32_t j = 0; j < op->n_in; j++)
    a[j] = a_single[j] = (float)s->of_col[j];
  for (int32_t i = 0; i < op->n_out; i++) single[i] = real[i] = i;
  op->kind->apply_float(op, s->rows, a_single, single);
  op->kind->apply_real(op, s->rows, a, real);
  for (int32_t i = 0; i < op->n_out; i++) {
    const double sum = i + (s->in_rows[i] ? (double)row_sum(s, i) : 0);
    assert_true(single[i] == sum && real[i] == sum);
  }
}

static void transposes(const scene *s) {
  const rp_op *op = s->op;
  double lambda[MOST], mu[MOST] = {0};
  float above[MOST], nu[MOST] = {0}, below[MOST] = {0};
  int64_t exact[MOST] = {0};
  for (int32_t i = 0; i < op->n_out; i++)
    lambda[i] = above[i] = (float)s->of_row[i];
  exact[0] = 3;
  op->kind->transpose_float(op, s->rows, lambda, nu);
  op->kind->transpose(op, s->rows, lambda, mu);
  op->kind->transpose_exact(op, s->rows, s->of_row, exact);
  op->kind->transpose_gradient(op, s->rows, above, below);
  for (int32_t j = 0; j < op->n_in; j++) {
    const int64_t sum = column_sum(s, j);
    assert_true(nu[j] == (float)sum && mu[j] == (double)sum);
    assert_true(below[j] == (float)sum);
    assert_true(exact[j] == sum + (j == 0 ? 3 : 0));
  }
}

static void sizes(const scene *s) {
  const rp_op *op = s->op;
  double size[MOST], sum[MOST] = {0};
  for (int32_t i = 0; i < op->n_out; i++) size[i] = fabs((double)s->of_row[i]);
  op->kind->transpose_sizes(op, size, sum);
  for (int32_t j = 0; j < op->n_in; j++) {
    double plain = 0;
    for (int32_t i = 0; i < op->n_out; i++)
      plain += size[i] * abs(rp_op_weight(op, i, j));
    assert_true(sum[j] == plain);
  }
}

static void functions_equal_loops_over_weights(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    scene s;
    scene_init(&rng, &s);
    rows_and_columns(&s);
    integer_passes(&s, 1);
    ranges(&s, &rng);
    real_passes(&s);
    transposes(&s);
    sizes(&s);
    rp_op_free(s.op);
  }
}

/* Activations that leave 16 bits take other loops. */
static void wide_activations(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    scene s;
    scene_init(&rng, &s);
    for (int32_t i = 0; i < s.op->n_out; i++) {
      int32_t small[MOST];
      for (int32_t j = 0; j < s.op->n_in; j++)
        small[j] = (int32_t)between(&rng, -9, 9);
      assert_int_equal(rp_op_dense_set_row(s.op, i, small), s.op->n_in);
    }
    integer_passes(&s, 32767 / 4);
    integer_passes(&s, -100000);
    rp_op_free(s.op);
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
      cmocka_unit_test(weights_beyond_16_bits_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
