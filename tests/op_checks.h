/* Every function of an operator against plain loops over its weights.
 *
 * Sums of integers must be the same bit for bit, and so must floating-point
 * sums of small integers, which are exact in any order. Other floating-point
 * sums may differ by rounding. Vectors have exactly the size that functions may
 * use, so that sanitizers see what they read beyond it. */
#ifndef RAMPART_TESTS_OP_CHECKS_H
#define RAMPART_TESTS_OP_CHECKS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/op.h"
#include "seeded.h"

/** An operator, its weights, some of its rows, and vectors of small integers.
 */
typedef struct op_scene {
  const rp_op *op;
  int32_t *weight; /* [n_out][n_in] */
  rp_rows rows;
  int32_t *row;
  bool *in_rows;
  int64_t *of_row, *of_col; /* multipliers, inputs */
} op_scene;

static inline void *some(int32_t n, size_t size) {
  void *array = calloc((size_t)n, size);
  assert_non_null(array);
  return array;
}

static inline int32_t scene_weight(const op_scene *s, int32_t i, int32_t j) {
  return s->weight[(size_t)i * (size_t)s->op->n_in + (size_t)j];
}

static inline void choose_rows(rp_rng *rng, op_scene *s) {
  s->rows = rp_op_rows(s->op);
  for (int32_t i = 0; i < s->op->n_out; i++) s->in_rows[i] = true;
  if (rp_rng_below(rng, 3) == 0) return;
  s->rows = (rp_rows){0, s->row};
  const uint32_t one_in = 1U << rp_rng_below(rng, 5);
  for (int32_t i = s->op->n_out - 1; i >= 0; i--) { /* descending */
    s->in_rows[i] = rp_rng_below(rng, one_in) == 0;
    if (s->in_rows[i]) s->row[s->rows.n++] = i;
  }
}

static inline void op_scene_init(rp_rng *rng, const rp_op *op, op_scene *s) {
  *s = (op_scene){.op = op};
  s->weight = some(op->n_out * op->n_in, sizeof *s->weight);
  s->row = some(op->n_out, sizeof *s->row);
  s->in_rows = some(op->n_out, sizeof *s->in_rows);
  s->of_row = some(op->n_out, sizeof *s->of_row);
  s->of_col = some(op->n_in, sizeof *s->of_col);
  const bool sparse = rp_rng_below(rng, 2);
  for (int32_t i = 0; i < op->n_out; i++) {
    for (int32_t j = 0; j < op->n_in; j++)
      s->weight[(size_t)i * (size_t)op->n_in + (size_t)j] =
          rp_op_weight(op, i, j);
    s->of_row[i] = rp_rng_below(rng, sparse ? 9 : 3) > sparse * 7u
                       ? between(rng, -4, 4)
                       : 0;
  }
  for (int32_t j = 0; j < op->n_in; j++) s->of_col[j] = between(rng, 0, 5);
  choose_rows(rng, s);
}

static inline void op_scene_fini(op_scene *s) {
  free(s->weight);
  free(s->row);
  free(s->in_rows);
  free(s->of_row);
  free(s->of_col);
}

/** Sum over the columns of one row. */
static inline int64_t row_sum(const op_scene *s, int32_t i) {
  int64_t sum = 0;
  for (int32_t j = 0; j < s->op->n_in; j++)
    sum += scene_weight(s, i, j) * s->of_col[j];
  return sum;
}

/** Sum over the chosen rows of one column. */
static inline int64_t column_sum(const op_scene *s, int32_t j) {
  int64_t sum = 0;
  for (int32_t i = 0; i < s->op->n_out; i++)
    if (s->in_rows[i]) sum += scene_weight(s, i, j) * s->of_row[i];
  return sum;
}

/* Taps ascend, have the operator's weights, and are all that are not 0. */
static inline void check_taps(const op_scene *s, rp_taps taps, int32_t at,
                              bool is_row) {
  const int32_t n = is_row ? s->op->n_in : s->op->n_out;
  int32_t t = 0;
  for (int32_t other = 0; other < n; other++) {
    const int32_t weight =
        is_row ? scene_weight(s, at, other) : scene_weight(s, other, at);
    if (t < taps.n && rp_taps_index(taps, t) == other)
      assert_int_equal(taps.weight[t++], weight);
    else
      assert_int_equal(weight, 0);
  }
  assert_int_equal(t, taps.n);
}

static inline void check_rows_and_columns(const op_scene *s) {
  const rp_op *op = s->op;
  const int32_t most = op->n_in > op->n_out ? op->n_in : op->n_out;
  const rp_tap_space space = {some(most, sizeof(int32_t)),
                              some(most, sizeof(int16_t))};
  int64_t in_rows = 0, in_columns = 0;
  for (int32_t i = 0; i < op->n_out; i++) {
    const rp_taps taps = rp_op_row(op, i, space);
    check_taps(s, taps, i, true);
    in_rows += taps.n;
  }
  for (int32_t j = 0; j < op->n_in; j++) {
    const rp_taps taps = rp_op_column(op, j, space);
    check_taps(s, taps, j, false);
    in_columns += taps.n;
  }
  assert_true(op->kind->count(op) == in_rows && in_rows == in_columns);
  free(space.index);
  free(space.weight);
}

/** Activations are `wide` times the small integers of the scene. */
static inline void check_integer_passes(const op_scene *s, int32_t wide) {
  const rp_op *op = s->op;
  uint8_t *x = some(op->n_in, sizeof *x);
  int16_t *spare = some(op->n_in, sizeof *spare);
  int32_t *a = some(op->n_in, sizeof *a);
  int32_t *z = some(op->n_out, sizeof *z);
  int32_t *z_bytes = some(op->n_out, sizeof *z_bytes);
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
  free(x);
  free(spare);
  free(a);
  free(z);
  free(z_bytes);
}

static inline void check_ends(const op_scene *s, const int32_t *lo,
                              const int32_t *width, const int32_t *z_lo,
                              const int32_t *z_hi) {
  for (int32_t i = 0; i < s->op->n_out; i++) {
    int64_t least = 7 * i, greatest = -3 * i;
    for (int32_t j = 0; j < s->op->n_in; j++) {
      const int64_t w = scene_weight(s, i, j);
      least += w * (w < 0 ? lo[j] + width[j] : lo[j]);
      greatest += w * (w > 0 ? lo[j] + width[j] : lo[j]);
    }
    assert_true(z_lo[i] == least && z_hi[i] == greatest);
  }
}

static inline void set_ends(const op_scene *s, int32_t *z_lo, int32_t *z_hi) {
  for (int32_t i = 0; i < s->op->n_out; i++) {
    z_lo[i] = 7 * i;
    z_hi[i] = -3 * i;
  }
}

static inline void check_ranges(const op_scene *s, rp_rng *rng) {
  const rp_op *op = s->op;
  int16_t *lo = some(op->n_in, sizeof *lo);
  int16_t *width = some(op->n_in, sizeof *width);
  int32_t *lo_wide = some(op->n_in, sizeof *lo_wide);
  int32_t *width_wide = some(op->n_in, sizeof *width_wide);
  int32_t *z_lo = some(op->n_out, sizeof *z_lo);
  int32_t *z_hi = some(op->n_out, sizeof *z_hi);
  for (int32_t j = 0; j < op->n_in; j++) {
    lo_wide[j] = lo[j] = (int16_t)s->of_col[j];
    width_wide[j] = width[j] = (int16_t)rp_rng_below(rng, 4);
  }
  set_ends(s, z_lo, z_hi);
  op->kind->range_narrow(op, lo, width, z_lo, z_hi);
  check_ends(s, lo_wide, width_wide, z_lo, z_hi);
  for (int32_t j = 0; j < op->n_in; j++) lo_wide[j] -= 3;
  set_ends(s, z_lo, z_hi);
  op->kind->range(op, lo_wide, width_wide, z_lo, z_hi);
  check_ends(s, lo_wide, width_wide, z_lo, z_hi);
  free(lo);
  free(width);
  free(lo_wide);
  free(width_wide);
  free(z_lo);
  free(z_hi);
}

/** Rows that were not asked for keep what they had. */
static inline void check_real_passes(const op_scene *s) {
  const rp_op *op = s->op;
  double *a = some(op->n_in, sizeof *a);
  float *a_single = some(op->n_in, sizeof *a_single);
  double *single = some(op->n_out, sizeof *single);
  double *real = some(op->n_out, sizeof *real);
  for (int32_t j = 0; j < op->n_in; j++)
    a[j] = a_single[j] = (float)s->of_col[j];
  for (int32_t i = 0; i < op->n_out; i++) single[i] = real[i] = i;
  op->kind->apply_float(op, s->rows, a_single, single);
  op->kind->apply_real(op, s->rows, a, real);
  for (int32_t i = 0; i < op->n_out; i++) {
    const double sum = i + (s->in_rows[i] ? (double)row_sum(s, i) : 0);
    assert_true(single[i] == sum && real[i] == sum);
  }
  free(a);
  free(a_single);
  free(single);
  free(real);
}

static inline void check_transposes(const op_scene *s) {
  const rp_op *op = s->op;
  double *lambda = some(op->n_out, sizeof *lambda);
  float *above = some(op->n_out, sizeof *above);
  double *mu = some(op->n_in, sizeof *mu);
  float *nu = some(op->n_in, sizeof *nu);
  float *below = some(op->n_in, sizeof *below);
  for (int32_t i = 0; i < op->n_out; i++)
    lambda[i] = above[i] = (float)s->of_row[i];
  for (int32_t j = 0; j < op->n_in; j++)
    nu[j] = below[j] = (float)(mu[j] = j % 5);
  op->kind->transpose_float(op, s->rows, lambda, nu);
  op->kind->transpose(op, s->rows, lambda, mu);
  op->kind->transpose_gradient(op, s->rows, above, below);
  for (int32_t j = 0; j < op->n_in; j++) {
    const int64_t sum = j % 5 + column_sum(s, j);
    assert_true(nu[j] == (float)sum && mu[j] == (double)sum);
    assert_true(below[j] == (float)sum);
  }
  free(lambda);
  free(above);
  free(mu);
  free(nu);
  free(below);
}

/** With multipliers of up to 31 bits. */
static inline void check_exact_transpose(const op_scene *s, rp_rng *rng) {
  const rp_op *op = s->op;
  int64_t *lambda = some(op->n_out, sizeof *lambda);
  int64_t *mu = some(op->n_in, sizeof *mu);
  for (int32_t i = 0; i < op->n_out; i++)
    if (s->of_row[i] != 0) lambda[i] = between(rng, -INT32_MAX, INT32_MAX);
  for (int32_t j = 0; j < op->n_in; j++) mu[j] = 3 * j;
  op->kind->transpose_exact(op, s->rows, lambda, mu);
  for (int32_t j = 0; j < op->n_in; j++) {
    int64_t sum = 3 * j;
    for (int32_t i = 0; i < op->n_out; i++)
      if (s->in_rows[i]) sum += lambda[i] * scene_weight(s, i, j);
    assert_true(mu[j] == sum);
  }
  free(lambda);
  free(mu);
}

/** Numbers that are no integers: the same but for rounding. */
static inline void check_rounding(const op_scene *s, rp_rng *rng) {
  const rp_op *op = s->op;
  double *lambda = some(op->n_out, sizeof *lambda);
  float *nu = some(op->n_in, sizeof *nu);
  double *mu = some(op->n_in, sizeof *mu);
  for (int32_t i = 0; i < op->n_out; i++)
    lambda[i] = (double)between(rng, -1000000, 1000000) / 777777;
  op->kind->transpose_float(op, s->rows, lambda, nu);
  op->kind->transpose(op, s->rows, lambda, mu);
  for (int32_t j = 0; j < op->n_in; j++) {
    double sum = 0, size = 0;
    for (int32_t i = 0; i < op->n_out; i++) {
      if (!s->in_rows[i]) continue;
      sum += lambda[i] * scene_weight(s, i, j);
      size += fabs(lambda[i] * scene_weight(s, i, j));
    }
    assert_true(fabs(mu[j] - sum) <= 1e-13 * size);
    assert_true(fabs((double)nu[j] - sum) <= 1e-5 * size);
  }
  free(lambda);
  free(nu);
  free(mu);
}

static inline void check_sizes(const op_scene *s) {
  const rp_op *op = s->op;
  double *size = some(op->n_out, sizeof *size);
  double *sum = some(op->n_in, sizeof *sum);
  for (int32_t i = 0; i < op->n_out; i++) size[i] = fabs((double)s->of_row[i]);
  for (int32_t j = 0; j < op->n_in; j++) sum[j] = j;
  op->kind->transpose_sizes(op, size, sum);
  for (int32_t j = 0; j < op->n_in; j++) {
    double plain = j;
    for (int32_t i = 0; i < op->n_out; i++)
      plain += size[i] * abs(scene_weight(s, i, j));
    assert_true(sum[j] == plain);
  }
  free(size);
  free(sum);
}

/** All of the above, for an operator with small sums: every |row sum| of inputs
 *  0..5 and |column sum| of multipliers -4..4 is below 2^24. */
static inline void check_operator(rp_rng *rng, const rp_op *op) {
  op_scene s;
  op_scene_init(rng, op, &s);
  check_rows_and_columns(&s);
  check_integer_passes(&s, 1);
  check_ranges(&s, rng);
  check_real_passes(&s);
  check_transposes(&s);
  check_exact_transpose(&s, rng);
  check_rounding(&s, rng);
  check_sizes(&s);
  op_scene_fini(&s);
}

/** A row that is cleared has no weights any more, nor have others that share
 *  them. */
static inline void check_cleared(rp_rng *rng, rp_op *op,
                                 bool (*shares)(const rp_op *, int32_t,
                                                int32_t)) {
  op_scene before;
  op_scene_init(rng, op, &before);
  const int32_t row = (int32_t)between(rng, 0, op->n_out - 1);
  op->kind->clear_row(op, row);
  for (int32_t i = 0; i < op->n_out; i++)
    for (int32_t j = 0; j < op->n_in; j++)
      assert_int_equal(rp_op_weight(op, i, j),
                       shares(op, row, i) ? 0 : scene_weight(&before, i, j));
  op_scene_fini(&before);
  check_operator(rng, op);
}

#endif
