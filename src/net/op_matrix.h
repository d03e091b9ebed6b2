/* Loops over a matrix of 16-bit weights: what kinds of operators share.
 *
 * A dense operator is one matrix. A convolution is a matrix for each group,
 * used at every position for the part of its input below the window. As in
 * op.h, passes add to their result. */
#ifndef RAMPART_NET_OP_MATRIX_H
#define RAMPART_NET_OP_MATRIX_H

#include "core/assert.h"
#include "net/op.h"

typedef struct rp_matrix {
  const int16_t *weight; /* of its first row */
  int32_t first;         /* number of its first row */
  int32_t n_cols;
  size_t stride; /* from row to row */
} rp_matrix;

static inline const int16_t *rp_matrix_row(const rp_matrix *m, int32_t row) {
  RP_ASSERT(row >= m->first);
  return m->weight + (size_t)(row - m->first) * m->stride;
}

/** Copy integers of 16 bits; false if one has more. */
bool rp_narrow(const int32_t *a, int32_t n, int16_t *narrow);

/** z[0..n_rows-1] += M x, where row numbers do not count. */
void rp_matrix_apply_bytes(const rp_matrix *m, int32_t n_rows, const uint8_t *x,
                           int32_t *z);
void rp_matrix_apply_narrow(const rp_matrix *m, int32_t n_rows,
                            const int16_t *a, int32_t *z);
void rp_matrix_apply_wide(const rp_matrix *m, int32_t n_rows, const int32_t *a,
                          int32_t *z);

/** The range of each of n_rows rows, likewise. */
void rp_matrix_range_narrow(const rp_matrix *m, int32_t n_rows,
                            const int16_t *lo, const int16_t *width,
                            int32_t *z_lo, int32_t *z_hi);
void rp_matrix_range(const rp_matrix *m, int32_t n_rows, const int32_t *lo,
                     const int32_t *width, int32_t *z_lo, int32_t *z_hi);

/** Passes over some rows. Vectors over rows are indexed by row numbers; rows
 *  whose multiplier is 0 cost nothing. */
void rp_matrix_apply_float(const rp_matrix *m, rp_rows rows, const float *a,
                           double *z);
void rp_matrix_apply_real(const rp_matrix *m, rp_rows rows, const double *a,
                          double *z);
void rp_matrix_transpose_float(const rp_matrix *m, rp_rows rows,
                               const double *lambda, float *mu);
void rp_matrix_transpose(const rp_matrix *m, rp_rows rows, const double *lambda,
                         double *mu);
void rp_matrix_transpose_exact(const rp_matrix *m, rp_rows rows,
                               const int64_t *lambda, int64_t *mu);
void rp_matrix_transpose_gradient(const rp_matrix *m, rp_rows rows,
                                  const float *above, float *below);

/** sum += |M|^T size over some rows. */
void rp_matrix_transpose_sizes(const rp_matrix *m, rp_rows rows,
                               const double *size, double *sum);

#endif
