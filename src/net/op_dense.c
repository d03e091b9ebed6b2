/* The dense operator: weights of 16 bits, row after row.
 *
 * The loops that run over all weights are compiled for several processors.
 * Products of int16 and int16 become multiply-add instructions. Floating-point
 * sums keep their order, as search trees depend on every bit of them: passes
 * with the transpose add whole rows, one after the other or four at once (for
 * less traffic of the result), and so vectorize without reordering anything. */
#include "net/op_dense.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

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

static void clear_row(rp_op *op, int32_t row) {
  int16_t *w = ((dense *)op)->weight + (size_t)row * (size_t)op->n_in;
  memset(w, 0, (size_t)op->n_in * sizeof *w);
}

static int64_t count_weights(const rp_op *op) {
  return (int64_t)op->n_out * op->n_in;
}

/* ---------------------------------------------------------------- integers */

RP_VECTOR_CLONES
static void multiply_bytes(const int16_t *w, int32_t n_out, int32_t n_in,
                           const uint8_t *restrict x, int32_t *restrict z) {
  for (int32_t i = 0; i < n_out; i++, w += n_in) {
    int32_t sum = 0;
    for (int32_t p = 0; p < n_in; p++) sum += (int32_t)w[p] * (int16_t)x[p];
    z[i] += sum;
  }
}

static void apply_bytes(const rp_op *op, const uint8_t *x, int32_t *z) {
  multiply_bytes(get_row(op, 0), op->n_out, op->n_in, x, z);
}

RP_VECTOR_CLONES
static void multiply_narrow(const int16_t *w, int32_t n_out, int32_t n_in,
                            const int16_t *restrict a, int32_t *restrict z) {
  for (int32_t i = 0; i < n_out; i++, w += n_in) {
    int32_t sum = 0;
    for (int32_t j = 0; j < n_in; j++) sum += (int32_t)w[j] * (int32_t)a[j];
    z[i] += sum;
  }
}

RP_VECTOR_CLONES
static void multiply_wide(const int16_t *w, int32_t n_out, int32_t n_in,
                          const int32_t *restrict a, int32_t *restrict z) {
  for (int32_t i = 0; i < n_out; i++, w += n_in) {
    int32_t sum = 0;
    for (int32_t j = 0; j < n_in; j++) sum += (int32_t)w[j] * a[j];
    z[i] += sum;
  }
}

static bool is_narrow(const int32_t *a, int32_t n) {
  uint32_t wide = 0;
  for (int32_t j = 0; j < n; j++) wide |= (uint32_t)a[j] + 0x8000u;
  return wide < 0x10000u;
}

/* Activations are narrowed to int16 where they fit: always, but for those of 16
 * bits and more. */
static void apply(const rp_op *op, const int32_t *a, int16_t *spare,
                  int32_t *z) {
  const int16_t *w = get_row(op, 0);
  if (!is_narrow(a, op->n_in)) {
    multiply_wide(w, op->n_out, op->n_in, a, z);
    return;
  }
  for (int32_t j = 0; j < op->n_in; j++) spare[j] = (int16_t)a[j];
  multiply_narrow(w, op->n_out, op->n_in, spare, z);
}

/* A row's range is W lo + sum_p w_p^-+ width: two dot products. */
RP_VECTOR_CLONES
static void compute_narrow_range(const int16_t *w, const int16_t *lo,
                                 const int16_t *width, int32_t n,
                                 int32_t range[2]) {
  int32_t base = 0, down = 0, up = 0;
  for (int32_t p = 0; p < n; p++) {
    base += (int32_t)w[p] * lo[p];
    down += (int32_t)(int16_t)(w[p] < 0 ? w[p] : 0) * width[p];
    up += (int32_t)(int16_t)(w[p] > 0 ? w[p] : 0) * width[p];
  }
  range[0] = base + down;
  range[1] = base + up;
}

RP_VECTOR_CLONES
static void compute_wide_range(const int16_t *w, const int32_t *lo,
                               const int32_t *width, int32_t n,
                               int32_t range[2]) {
  int32_t base = 0, down = 0, up = 0;
  for (int32_t p = 0; p < n; p++) {
    base += w[p] * lo[p];
    down += (w[p] < 0 ? w[p] : 0) * width[p];
    up += (w[p] > 0 ? w[p] : 0) * width[p];
  }
  range[0] = base + down;
  range[1] = base + up;
}

static void range_narrow(const rp_op *op, const int16_t *lo,
                         const int16_t *width, int32_t *z_lo, int32_t *z_hi) {
  RP_ASSERT(lo[0] >= 0 && width[0] >= 0);
  for (int32_t i = 0; i < op->n_out; i++) {
    int32_t ends[2];
    compute_narrow_range(get_row(op, i), lo, width, op->n_in, ends);
    z_lo[i] += ends[0];
    z_hi[i] += ends[1];
  }
}

static void range(const rp_op *op, const int32_t *lo, const int32_t *width,
                  int32_t *z_lo, int32_t *z_hi) {
  for (int32_t i = 0; i < op->n_out; i++) {
    int32_t ends[2];
    compute_wide_range(get_row(op, i), lo, width, op->n_in, ends);
    RP_ASSERT(ends[0] <= ends[1]);
    z_lo[i] += ends[0];
    z_hi[i] += ends[1];
  }
}

/* The factor fits int32, so this is one widening product. */
RP_VECTOR_CLONES
static void add_exact_row(int64_t *restrict sum, const int16_t *restrict w,
                          int32_t factor, int32_t n) {
  for (int32_t m = 0; m < n; m++) sum[m] += (int64_t)factor * (int32_t)w[m];
}

static void transpose_exact(const rp_op *op, rp_rows rows,
                            const int64_t *lambda, int64_t *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    RP_ASSERT(lambda[i] >= INT32_MIN && lambda[i] <= INT32_MAX);
    if (lambda[i] != 0)
      add_exact_row(mu, get_row(op, i), (int32_t)lambda[i], op->n_in);
  }
}

/* ---------------------------------------------------------- floating point */

RP_VECTOR_CLONES
static void dot_four_rows(const int16_t *const w[4], const float *restrict x,
                          int32_t n, double sum[4]) {
  const int16_t *restrict w0 = w[0], *restrict w1 = w[1];
  const int16_t *restrict w2 = w[2], *restrict w3 = w[3];
  float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (int32_t p = 0; p < n; p++) {
    s0 += (float)w0[p] * x[p];
    s1 += (float)w1[p] * x[p];
    s2 += (float)w2[p] * x[p];
    s3 += (float)w3[p] * x[p];
  }
  sum[0] = (double)s0;
  sum[1] = (double)s1;
  sum[2] = (double)s2;
  sum[3] = (double)s3;
}

/* The last row stands in where there are not four. */
static void apply_float(const rp_op *op, rp_rows rows, const float *a,
                        double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  for (int32_t r = 0; r < rows.n; r += 4) {
    const int16_t *w[4];
    for (int32_t s = 0; s < 4; s++)
      w[s] =
          get_row(op, rp_rows_get(rows, r + s < rows.n ? r + s : rows.n - 1));
    double sum[4];
    dot_four_rows(w, a, op->n_in, sum);
    for (int32_t s = 0; s < 4 && r + s < rows.n; s++)
      z[rp_rows_get(rows, r + s)] += sum[s];
  }
}

static double dot_row(const int16_t *w, const double *a, int32_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t m = 0; m < n; m++) sum += w[m] * a[m];
  return sum;
}

static void apply_real(const rp_op *op, rp_rows rows, const double *a,
                       double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    z[i] += dot_row(get_row(op, i), a, op->n_in);
  }
}

/* The hot loop of a dual evaluation. */
RP_VECTOR_CLONES
static void add_four_rows(float *restrict nu, const int16_t *const w[4],
                          const float factor[4], int32_t n) {
  const int16_t *restrict w0 = w[0], *restrict w1 = w[1];
  const int16_t *restrict w2 = w[2], *restrict w3 = w[3];
  const float f0 = factor[0], f1 = factor[1], f2 = factor[2], f3 = factor[3];
  for (int32_t p = 0; p < n; p++)
    nu[p] += f0 * (float)w0[p] + f1 * (float)w1[p] + f2 * (float)w2[p] +
             f3 * (float)w3[p];
}

static void transpose_float(const rp_op *op, rp_rows rows, const double *lambda,
                            float *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const int16_t *w[4];
  float factor[4];
  int32_t waiting = 0; /* rows with a multiplier, until there are four */
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (lambda[i] == 0) continue;
    w[waiting] = get_row(op, i);
    factor[waiting++] = (float)lambda[i];
    if (waiting < 4) continue;
    add_four_rows(mu, w, factor, op->n_in);
    waiting = 0;
  }
  if (waiting == 0) return;
  for (int32_t spare = waiting; spare < 4; spare++) {
    w[spare] = w[0];
    factor[spare] = 0;
  }
  add_four_rows(mu, w, factor, op->n_in);
}

static void transpose(const rp_op *op, rp_rows rows, const double *lambda,
                      double *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    const double factor = lambda[i];
    if (factor == 0) continue;
    const int16_t *w = get_row(op, i);
    for (int32_t m = 0; m < op->n_in; m++) mu[m] += factor * w[m];
  }
}

static void transpose_gradient(const rp_op *op, rp_rows rows,
                               const float *above, float *below) {
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    const float factor = above[i];
    if (factor == 0) continue;
    const int16_t *w = get_row(op, i);
    for (int32_t j = 0; j < op->n_in; j++) below[j] += factor * w[j];
  }
}

static void transpose_sizes(const rp_op *op, const double *size, double *sum) {
  for (int32_t i = 0; i < op->n_out; i++) {
    const int16_t *w = get_row(op, i);
    for (int32_t m = 0; m < op->n_in; m++) sum[m] += size[i] * abs(w[m]);
  }
}

static const rp_op_kind dense_kind = {
    .name = "dense",
    .free = free_dense,
    .weight = get_weight,
    .row = get_row_taps,
    .column = get_column_taps,
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
