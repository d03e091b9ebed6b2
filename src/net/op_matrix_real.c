/* Loops over a matrix of 16-bit weights in double precision.
 *
 * Search trees depend on every bit of these sums, which therefore are the same
 * on every processor: this file is compiled without contraction to fused
 * multiply-adds (CMakeLists.txt), and sums keep their order. */
#include <stdlib.h>
#include <string.h>

#include "core/vector.h"
#include "net/op_matrix.h"

enum { SUMS = 8 };
typedef double sums
    __attribute__((vector_size(SUMS * sizeof(double)), aligned(8), may_alias));
typedef int32_t ints __attribute__((vector_size(SUMS * sizeof(int32_t))));
typedef int16_t shorts
    __attribute__((vector_size(SUMS * sizeof(int16_t)), aligned(2), may_alias));

/* Eight weights as doubles; by way of int32, as the compiler takes the direct
 * way one by one. */
#define WIDEN(w)                                                               \
  __builtin_convertvector(__builtin_convertvector(*(const shorts *)(w), ints), \
                          sums)

/* Four rows at a time, each in eight sums over every eighth column. What is
 * left goes to the first one, and then they are added in order. */
RP_VECTOR_CLONES
static void dot_four_rows(const int16_t *const w[4], const double *a, int32_t n,
                          double total[4]) {
  sums s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  int32_t m = 0;
  for (; m + SUMS <= n; m += SUMS) {
    const sums x = *(const sums *)(a + m);
    s0 += WIDEN(w[0] + m) * x;
    s1 += WIDEN(w[1] + m) * x;
    s2 += WIDEN(w[2] + m) * x;
    s3 += WIDEN(w[3] + m) * x;
  }
  double sum[4][SUMS];
  memcpy(sum[0], &s0, sizeof s0);
  memcpy(sum[1], &s1, sizeof s1);
  memcpy(sum[2], &s2, sizeof s2);
  memcpy(sum[3], &s3, sizeof s3);
  for (int32_t r = 0; r < 4; r++) {
    for (int32_t k = m; k < n; k++) sum[r][0] += w[r][k] * a[k];
    total[r] = 0;
    for (int32_t k = 0; k < SUMS; k++) total[r] += sum[r][k];
  }
}

/* The last row stands in where there are not four. */
void rp_matrix_apply_real(const rp_matrix *m, rp_rows rows, const double *a,
                          double *z) {
  for (int32_t r = 0; r < rows.n; r += 4) {
    const int16_t *w[4];
    double total[4];
    const int32_t n = rows.n - r < 4 ? rows.n - r : 4;
    for (int32_t s = 0; s < 4; s++)
      w[s] = rp_matrix_row(m, rp_rows_get(rows, r + (s < n ? s : n - 1)));
    dot_four_rows(w, a, m->n_cols, total);
    for (int32_t s = 0; s < n; s++) z[rp_rows_get(rows, r + s)] += total[s];
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
