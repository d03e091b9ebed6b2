/* Loops over a matrix of 16-bit weights, in integers and in single precision.
 *
 * The loops that run over all weights are compiled for several processors.
 * Products of int16 and int16 become multiply-add instructions. Floating-point
 * sums keep their order, as search trees depend on every bit of them: passes
 * with the transpose add whole rows, one after the other or four at once (for
 * less traffic of the result), and so vectorize without reordering anything. */
#include "net/op_matrix.h"

#include "core/vector.h"

/* ---------------------------------------------------------------- integers */

bool rp_narrow(const int32_t *a, int32_t n, int16_t *narrow) {
  uint32_t wide = 0;
  for (int32_t j = 0; j < n; j++) {
    wide |= (uint32_t)a[j] + 0x8000u;
    narrow[j] = (int16_t)a[j];
  }
  return wide < 0x10000u;
}

RP_VECTOR_CLONES
void rp_matrix_apply_bytes(const rp_matrix *m, int32_t n_rows,
                           const uint8_t *restrict x, int32_t *restrict z) {
  const int16_t *w = m->weight;
  const int32_t n = m->n_cols;
  for (int32_t i = 0; i < n_rows; i++, w += m->stride) {
    int32_t sum = 0;
    for (int32_t p = 0; p < n; p++) sum += (int32_t)w[p] * (int16_t)x[p];
    z[i] += sum;
  }
}

RP_VECTOR_CLONES
void rp_matrix_apply_narrow(const rp_matrix *m, int32_t n_rows,
                            const int16_t *restrict a, int32_t *restrict z) {
  const int16_t *w = m->weight;
  const int32_t n = m->n_cols;
  for (int32_t i = 0; i < n_rows; i++, w += m->stride) {
    int32_t sum = 0;
    for (int32_t j = 0; j < n; j++) sum += (int32_t)w[j] * (int32_t)a[j];
    z[i] += sum;
  }
}

RP_VECTOR_CLONES
void rp_matrix_apply_wide(const rp_matrix *m, int32_t n_rows,
                          const int32_t *restrict a, int32_t *restrict z) {
  const int16_t *w = m->weight;
  const int32_t n = m->n_cols;
  for (int32_t i = 0; i < n_rows; i++, w += m->stride) {
    int32_t sum = 0;
    for (int32_t j = 0; j < n; j++) sum += (int32_t)w[j] * a[j];
    z[i] += sum;
  }
}

/* A row's range is W lo + sum_p w_p^-+ width: two dot products. */
RP_VECTOR_CLONES
void rp_matrix_range_narrow(const rp_matrix *m, int32_t n_rows,
                            const int16_t *lo, const int16_t *width,
                            int32_t *z_lo, int32_t *z_hi) {
  const int16_t *w = m->weight;
  const int32_t n = m->n_cols;
  for (int32_t i = 0; i < n_rows; i++, w += m->stride) {
    int32_t base = 0, down = 0, up = 0;
    for (int32_t p = 0; p < n; p++) {
      base += (int32_t)w[p] * lo[p];
      down += (int32_t)(int16_t)(w[p] < 0 ? w[p] : 0) * width[p];
      up += (int32_t)(int16_t)(w[p] > 0 ? w[p] : 0) * width[p];
    }
    z_lo[i] += base + down;
    z_hi[i] += base + up;
  }
}

RP_VECTOR_CLONES
void rp_matrix_range(const rp_matrix *m, int32_t n_rows, const int32_t *lo,
                     const int32_t *width, int32_t *z_lo, int32_t *z_hi) {
  const int16_t *w = m->weight;
  const int32_t n = m->n_cols;
  for (int32_t i = 0; i < n_rows; i++, w += m->stride) {
    int32_t base = 0, down = 0, up = 0;
    for (int32_t p = 0; p < n; p++) {
      base += w[p] * lo[p];
      down += (w[p] < 0 ? w[p] : 0) * width[p];
      up += (w[p] > 0 ? w[p] : 0) * width[p];
    }
    z_lo[i] += base + down;
    z_hi[i] += base + up;
  }
}

/* Factors fit int32, so these are widening products. */
RP_VECTOR_CLONES
static void add_four_exact(int64_t *restrict sum, const int16_t *const w[4],
                           const int32_t factor[4], int32_t n) {
  const int16_t *restrict w0 = w[0], *restrict w1 = w[1];
  const int16_t *restrict w2 = w[2], *restrict w3 = w[3];
  const int64_t f0 = factor[0], f1 = factor[1], f2 = factor[2], f3 = factor[3];
  for (int32_t p = 0; p < n; p++)
    sum[p] += f0 * (int32_t)w0[p] + f1 * (int32_t)w1[p] + f2 * (int32_t)w2[p] +
              f3 * (int32_t)w3[p];
}

void rp_matrix_transpose_exact(const rp_matrix *m, rp_rows rows,
                               const int64_t *lambda, int64_t *mu) {
  const int16_t *w[4];
  int32_t factor[4];
  int32_t waiting = 0; /* rows with a multiplier, until there are four */
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    RP_ASSERT(lambda[i] >= INT32_MIN && lambda[i] <= INT32_MAX);
    if (lambda[i] == 0) continue;
    w[waiting] = rp_matrix_row(m, i);
    factor[waiting++] = (int32_t)lambda[i];
    if (waiting < 4) continue;
    add_four_exact(mu, w, factor, m->n_cols);
    waiting = 0;
  }
  if (waiting == 0) return;
  for (int32_t spare = waiting; spare < 4; spare++) {
    w[spare] = w[0];
    factor[spare] = 0;
  }
  add_four_exact(mu, w, factor, m->n_cols);
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
void rp_matrix_apply_float(const rp_matrix *m, rp_rows rows, const float *a,
                           double *z) {
  for (int32_t r = 0; r < rows.n; r += 4) {
    const int16_t *w[4];
    for (int32_t s = 0; s < 4; s++)
      w[s] = rp_matrix_row(
          m, rp_rows_get(rows, r + s < rows.n ? r + s : rows.n - 1));
    double sum[4];
    dot_four_rows(w, a, m->n_cols, sum);
    for (int32_t s = 0; s < 4 && r + s < rows.n; s++)
      z[rp_rows_get(rows, r + s)] += sum[s];
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

void rp_matrix_transpose_float(const rp_matrix *m, rp_rows rows,
                               const double *lambda, float *mu) {
  const int16_t *w[4];
  float factor[4];
  int32_t waiting = 0; /* rows with a multiplier, until there are four */
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (lambda[i] == 0) continue;
    w[waiting] = rp_matrix_row(m, i);
    factor[waiting++] = (float)lambda[i];
    if (waiting < 4) continue;
    add_four_rows(mu, w, factor, m->n_cols);
    waiting = 0;
  }
  if (waiting == 0) return;
  for (int32_t spare = waiting; spare < 4; spare++) {
    w[spare] = w[0];
    factor[spare] = 0;
  }
  add_four_rows(mu, w, factor, m->n_cols);
}

void rp_matrix_transpose_gradient(const rp_matrix *m, rp_rows rows,
                                  const float *above, float *below) {
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    const float factor = above[i];
    if (factor == 0) continue;
    const int16_t *w = rp_matrix_row(m, i);
    for (int32_t j = 0; j < m->n_cols; j++) below[j] += factor * w[j];
  }
}
