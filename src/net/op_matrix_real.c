/* Loops over a matrix of 16-bit weights in double precision.
 *
 * Search trees depend on every bit of these sums, which therefore are the same
 * on every processor: this file is compiled without contraction to fused
 * multiply-adds (CMakeLists.txt), and sums keep their order. */
#include <stdlib.h>

#include "core/vector.h"
#include "net/op_matrix.h"

static double dot_row(const int16_t *w, const double *a, int32_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t m = 0; m < n; m++) sum += w[m] * a[m];
  return sum;
}

void rp_matrix_apply_real(const rp_matrix *m, rp_rows rows, const double *a,
                          double *z) {
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    z[i] += dot_row(rp_matrix_row(m, i), a, m->n_cols);
  }
}

/* One row after the other, for each column. */
RP_VECTOR_CLONES
static void add_four_rows(double *restrict mu, const int16_t *const w[4],
                          const double factor[4], int32_t n) {
  const int16_t *restrict w0 = w[0], *restrict w1 = w[1];
  const int16_t *restrict w2 = w[2], *restrict w3 = w[3];
  const double f0 = factor[0], f1 = factor[1], f2 = factor[2], f3 = factor[3];
  for (int32_t j = 0; j < n; j++) {
    double sum = mu[j];
    sum += f0 * w0[j];
    sum += f1 * w1[j];
    sum += f2 * w2[j];
    sum += f3 * w3[j];
    mu[j] = sum;
  }
}

void rp_matrix_transpose(const rp_matrix *m, rp_rows rows, const double *lambda,
                         double *mu) {
  const int16_t *w[4];
  double factor[4];
  int32_t waiting = 0; /* rows with a multiplier, until there are four */
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (lambda[i] == 0) continue;
    w[waiting] = rp_matrix_row(m, i);
    factor[waiting++] = lambda[i];
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

RP_VECTOR_CLONES
static void add_size(double *restrict sum, const int16_t *restrict w,
                     double size, int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += size * abs(w[j]);
}

void rp_matrix_transpose_sizes(const rp_matrix *m, rp_rows rows,
                               const double *size, double *sum) {
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    if (size[i] != 0) add_size(sum, rp_matrix_row(m, i), size[i], m->n_cols);
  }
}
