/* The dense operator: weights of 16 bits, row after row. */
#include "net/op_dense.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "net/op_matrix.h"

typedef struct dense {
  rp_op op;
  int16_t *weight; /* [n_out][n_in] */
} dense;

static const int16_t *get_row(const rp_op *op, int32_t row) {
  RP_ASSERT(row >= 0 && row < op->n_out);
  const dense *d = (const dense *)op;
  return d->weight + (size_t)row * (size_t)op->n_in;
}

static void free_dense(rp_op *op) {
  free(((dense *)op)->weight);
  free(op);
}

static int32_t get_weight(const rp_op *op, int32_t row, int32_t col) {
  RP_ASSERT(col >= 0 && col < op->n_in);
  return get_row(op, row)[col];
}

static rp_taps get_row_taps(const rp_op *op, int32_t row, rp_tap_space space) {
  (void)space;
  return (rp_taps){op->n_in, NULL, get_row(op, row)};
}

static rp_taps get_column_taps(const rp_op *op, int32_t col,
                               rp_tap_space space) {
  RP_ASSERT(col >= 0 && col < op->n_in);
  for (int32_t i = 0; i < op->n_out; i++) space.weight[i] = get_row(op, i)[col];
  return (rp_taps){op->n_out, NULL, space.weight};
}

static int32_t get_period(const rp_op *op) {
  return op->n_out;
}

static void clear_row(rp_op *op, int32_t row) {
  int16_t *w = ((dense *)op)->weight + (size_t)row * (size_t)op->n_in;
  memset(w, 0, (size_t)op->n_in * sizeof *w);
}

static int64_t count_weights(const rp_op *op) {
  return (int64_t)op->n_out * op->n_in;
}

/* ------------------------------------------------------------------ passes */

static rp_matrix get_matrix(const rp_op *op) {
  return (rp_matrix){get_row(op, 0), 0, op->n_in, (size_t)op->n_in};
}

static void apply_bytes(const rp_op *op, const uint8_t *x, int32_t *z) {
  const rp_matrix m = get_matrix(op);
  rp_matrix_apply_bytes(&m, op->n_out, x, z);
}

/* Activations are narrowed to int16 where they fit: always, but for those of 16
 * bits and more. */
static void apply(const rp_op *op, const int32_t *a, int16_t *spare,
                  int32_t *z) {
  const rp_matrix m = get_matrix(op);
  if (rp_narrow(a, op->n_in, spare))
    rp_matrix_apply_narrow(&m, op->n_out, spare, z);
  else
    rp_matrix_apply_wide(&m, op->n_out, a, z);
}

static void range_narrow(const rp_op *op, const int16_t *lo,
                         const int16_t *width, int32_t *z_lo, int32_t *z_hi) {
  RP_ASSERT(lo[0] >= 0 && width[0] >= 0);
  const rp_matrix m = get_matrix(op);
  rp_matrix_range_narrow(&m, op->n_out, lo, width, z_lo, z_hi);
}

static void range(const rp_op *op, const int32_t *lo, const int32_t *width,
                  int32_t *z_lo, int32_t *z_hi) {
  const rp_matrix m = get_matrix(op);
  rp_matrix_range(&m, op->n_out, lo, width, z_lo, z_hi);
}

static void apply_float(const rp_op *op, rp_rows rows, const float *a,
                        double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_matrix m = get_matrix(op);
  rp_matrix_apply_float(&m, rows, a, z);
}

static void apply_real(const rp_op *op, rp_rows rows, const double *a,
                       double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_matrix m = get_matrix(op);
  rp_matrix_apply_real(&m, rows, a, z);
}

static void transpose_float(const rp_op *op, rp_rows rows, const double *lambda,
                            float *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_matrix m = get_matrix(op);
  rp_matrix_transpose_float(&m, rows, lambda, mu);
}

static void transpose(const rp_op *op, rp_rows rows, const double *lambda,
                      double *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_matrix m = get_matrix(op);
  rp_matrix_transpose(&m, rows, lambda, mu);
}

static void transpose_exact(const rp_op *op, rp_rows rows,
                            const int64_t *lambda, int64_t *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_matrix m = get_matrix(op);
  rp_matrix_transpose_exact(&m, rows, lambda, mu);
}

static void transpose_gradient(const rp_op *op, rp_rows rows,
                               const float *above, float *below) {
  const rp_matrix m = get_matrix(op);
  rp_matrix_transpose_gradient(&m, rows, above, below);
}

static void transpose_sizes(const rp_op *op, const double *size, double *sum) {
  const rp_matrix m = get_matrix(op);
  rp_matrix_transpose_sizes(&m, rp_op_rows(op), size, sum);
}

static const rp_op_kind dense_kind = {
    .name = "dense",
    .free = free_dense,
    .weight = get_weight,
    .row = get_row_taps,
    .column = get_column_taps,
    .period = get_period,
    .clear_row = clear_row,
    .count = count_weights,
    .apply_bytes = apply_bytes,
    .apply = apply,
    .range_narrow = range_narrow,
    .range = range,
    .apply_float = apply_float,
    .apply_real = apply_real,
    .transpose_float = transpose_float,
    .transpose = transpose,
    .transpose_exact = transpose_exact,
    .transpose_gradient = transpose_gradient,
    .transpose_sizes = transpose_sizes,
};

/* ---------------------------------------------------------------- building */

rp_op *rp_op_dense_create(int32_t n_out, int32_t n_in) {
  RP_ASSERT(n_out >= 1 && n_in >= 1);
  dense *d = rp_alloc(1, sizeof *d);
  if (!d) return NULL;
  d->op = (rp_op){&dense_kind, n_out, n_in};
  d->weight = rp_alloc((size_t)n_out * (size_t)n_in, sizeof *d->weight);
  if (d->weight) return &d->op;
  free(d);
  return NULL;
}

int32_t rp_op_dense_set_row(rp_op *op, int32_t row, const int32_t *weights) {
  RP_ASSERT(op->kind == &dense_kind);
  RP_ASSERT(row >= 0 && row < op->n_out);
  int16_t *w = ((dense *)op)->weight + (size_t)row * (size_t)op->n_in;
  for (int32_t j = 0; j < op->n_in; j++) {
    if (weights[j] < INT16_MIN || weights[j] > INT16_MAX) return j;
    w[j] = (int16_t)weights[j];
  }
  return op->n_in;
}

const int16_t *rp_op_dense_row(const rp_op *op, int32_t row) {
  RP_ASSERT(op->kind == &dense_kind);
  return get_row(op, row);
}

const int16_t *rp_op_dense_weights(const rp_op *op) {
  return op->kind == &dense_kind ? ((const dense *)op)->weight : NULL;
}
