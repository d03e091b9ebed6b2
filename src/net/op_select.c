/* Selections: a row has one tap at most, so that loops over rows are loops over
 * taps. Columns may be read by many rows, which a list for each column names.
 */
#include "net/op_select.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"

typedef struct selection {
  rp_op op;
  int32_t *index;  /* [n_out] */
  int16_t *weight; /* [n_out] */
  int32_t *first;  /* [n_in + 1] a column's first reader */
  int32_t *reader; /* [number of taps] rows column after column, ascending */
} selection;

static void free_selection(rp_op *op) {
  selection *s = (selection *)op;
  free(s->index);
  free(s->weight);
  free(s->first);
  free(s->reader);
  free(s);
}

static int32_t get_weight(const rp_op *op, int32_t row, int32_t col) {
  RP_ASSERT(row >= 0 && row < op->n_out && col >= 0 && col < op->n_in);
  const selection *s = (const selection *)op;
  return s->index[row] == col ? s->weight[row] : 0;
}

static rp_taps get_row_taps(const rp_op *op, int32_t row, rp_tap_space space) {
  RP_ASSERT(row >= 0 && row < op->n_out);
  (void)space;
  const selection *s = (const selection *)op;
  return (rp_taps){s->index[row] >= 0, &s->index[row], &s->weight[row]};
}

static rp_taps get_column_taps(const rp_op *op, int32_t col,
                               rp_tap_space space) {
  RP_ASSERT(col >= 0 && col < op->n_in);
  const selection *s = (const selection *)op;
  const int32_t *reader = s->reader + s->first[col];
  const int32_t n = s->first[col + 1] - s->first[col];
  for (int32_t t = 0; t < n; t++) space.weight[t] = s->weight[reader[t]];
  return (rp_taps){n, reader, space.weight};
}

static int32_t get_period(const rp_op *op) {
  return op->n_out;
}

/* The tap stays, with weight 0. */
static void clear_row(rp_op *op, int32_t row) {
  RP_ASSERT(row >= 0 && row < op->n_out);
  ((selection *)op)->weight[row] = 0;
}

static int64_t count_weights(const rp_op *op) {
  return ((const selection *)op)->first[op->n_in];
}

/* ------------------------------------------------------------------ passes */

static void apply_bytes(const rp_op *op, const uint8_t *x, int32_t *z) {
  const selection *s = (const selection *)op;
  for (int32_t i = 0; i < op->n_out; i++)
    if (s->index[i] >= 0) z[i] += s->weight[i] * x[s->index[i]];
}

static void apply(const rp_op *op, const int32_t *a, int16_t *spare,
                  int32_t *z) {
  (void)spare;
  const selection *s = (const selection *)op;
  for (int32_t i = 0; i < op->n_out; i++)
    if (s->index[i] >= 0) z[i] += s->weight[i] * a[s->index[i]];
}

static void add_range(int32_t weight, int32_t lo, int32_t width, int32_t *z_lo,
                      int32_t *z_hi) {
  RP_ASSERT(width >= 0);
  *z_lo += weight * (weight < 0 ? lo + width : lo);
  *z_hi += weight * (weight > 0 ? lo + width : lo);
}

static void range_narrow(const rp_op *op, const int16_t *lo,
                         const int16_t *width, int32_t *z_lo, int32_t *z_hi) {
  const selection *s = (const selection *)op;
  for (int32_t i = 0; i < op->n_out; i++) {
    const int32_t j = s->index[i];
    if (j >= 0) add_range(s->weight[i], lo[j], width[j], &z_lo[i], &z_hi[i]);
  }
}

static void range(const rp_op *op, const int32_t *lo, const int32_t *width,
                  int32_t *z_lo, int32_t *z_hi) {
  const selection *s = (const selection *)op;
  for (int32_t i = 0; i < op->n_out; i++) {
    const int32_t j = s->index[i];
    if (j >= 0) add_range(s->weight[i], lo[j], width[j], &z_lo[i], &z_hi[i]);
  }
}

static void apply_float(const rp_op *op, rp_rows rows, const float *a,
                        double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const selection *s = (const selection *)op;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (s->index[i] >= 0)
      z[i] += (double)((float)s->weight[i] * a[s->index[i]]);
  }
}

static void apply_real(const rp_op *op, rp_rows rows, const double *a,
                       double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const selection *s = (const selection *)op;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (s->index[i] >= 0) z[i] += s->weight[i] * a[s->index[i]];
  }
}

static void transpose_float(const rp_op *op, rp_rows rows, const double *lambda,
                            float *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const selection *s = (const selection *)op;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (s->index[i] >= 0)
      mu[s->index[i]] += (float)lambda[i] * (float)s->weight[i];
  }
}

static void transpose(const rp_op *op, rp_rows rows, const double *lambda,
                      double *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const selection *s = (const selection *)op;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (s->index[i] >= 0) mu[s->index[i]] += lambda[i] * s->weight[i];
  }
}

static void transpose_exact(const rp_op *op, rp_rows rows,
                            const int64_t *lambda, int64_t *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const selection *s = (const selection *)op;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    RP_ASSERT(lambda[i] >= INT32_MIN && lambda[i] <= INT32_MAX);
    if (s->index[i] >= 0) mu[s->index[i]] += lambda[i] * s->weight[i];
  }
}

static void transpose_gradient(const rp_op *op, rp_rows rows,
                               const float *above, float *below) {
  const selection *s = (const selection *)op;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (s->index[i] >= 0) below[s->index[i]] += above[i] * (float)s->weight[i];
  }
}

static void transpose_sizes(const rp_op *op, const double *size, double *sum) {
  const selection *s = (const selection *)op;
  for (int32_t i = 0; i < op->n_out; i++)
    if (s->index[i] >= 0) sum[s->index[i]] += size[i] * abs(s->weight[i]);
}

static const rp_op_kind select_kind = {
    .name = "select",
    .free = free_selection,
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

static rp_status check(int32_t n_out, int32_t n_in, const int32_t *index,
                       const int32_t *weight, rp_error *err) {
  if (n_out < 1 || n_in < 1)
    return rp_fail(err, RP_E_INPUT,
                   "selection: expected at least 1 row and 1 column, found %d "
                   "and %d",
                   n_out, n_in);
  for (int32_t i = 0; i < n_out; i++) {
    if (index[i] < -1 || index[i] >= n_in)
      return rp_fail(err, RP_E_INPUT,
                     "selection, row %d: expected a column in 0..%d (-1: "
                     "none), found %d",
                     i, n_in - 1, index[i]);
    if (weight && (weight[i] < INT16_MIN || weight[i] > INT16_MAX))
      return rp_fail(err, RP_E_INPUT,
                     "selection, row %d: expected a weight in %d..%d, found %d",
                     i, INT16_MIN, INT16_MAX, weight[i]);
  }
  return RP_OK;
}

static selection *allocate(int32_t n_out, int32_t n_in) {
  selection *s = rp_alloc(1, sizeof *s);
  if (!s) return NULL;
  s->op = (rp_op){&select_kind, n_out, n_in};
  s->index = rp_alloc((size_t)n_out, sizeof *s->index);
  s->weight = rp_alloc((size_t)n_out, sizeof *s->weight);
  s->first = rp_alloc((size_t)n_in + 1, sizeof *s->first);
  s->reader = rp_alloc((size_t)n_out, sizeof *s->reader);
  if (s->index && s->weight && s->first && s->reader) return s;
  free_selection(&s->op);
  return NULL;
}

/* Counting sort of the rows by column. While rows are placed, first[j + 1] is
 * where column j's next reader goes, and in the end one past its last. */
static void list_readers(selection *s) {
  const size_t n_in = (size_t)s->op.n_in;
  for (int32_t i = 0; i < s->op.n_out; i++)
    if (s->index[i] >= 0 && s->index[i] < s->op.n_in - 1)
      s->first[s->index[i] + 2]++;
  for (size_t j = 2; j <= n_in; j++) s->first[j] += s->first[j - 1];
  for (int32_t i = 0; i < s->op.n_out; i++)
    if (s->index[i] >= 0) s->reader[s->first[s->index[i] + 1]++] = i;
}

rp_status rp_op_select_create(int32_t n_out, int32_t n_in, const int32_t *index,
                              const int32_t *weight, rp_op **op,
                              rp_error *err) {
  RP_TRY(check(n_out, n_in, index, weight, err));
  selection *s = allocate(n_out, n_in);
  if (!s)
    return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
  for (int32_t i = 0; i < n_out; i++) {
    s->index[i] = index[i];
    s->weight[i] = (int16_t)(weight ? weight[i] : 1);
  }
  list_readers(s);
  *op = &s->op;
  return RP_OK;
}

const int32_t *rp_op_select_index(const rp_op *op) {
  return op->kind == &select_kind ? ((const selection *)op)->index : NULL;
}

const int16_t *rp_op_select_weights(const rp_op *op) {
  return op->kind == &select_kind ? ((const selection *)op)->weight : NULL;
}
