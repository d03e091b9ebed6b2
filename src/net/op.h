/* Linear operators: what a block does to its inputs before it rounds.
 *
 * One file a kind (op_dense.c, op_conv.c, op_select.c) knows how weights are
 * stored; bounds, programs and attacks call what is declared here. `weight` is
 * the specification of all other functions: they equal the plain loops over it,
 * bit for bit where sums are of integers. Vectors over rows are indexed by the
 * row's number, vectors over columns by the column's, and passes ADD to their
 * result, so that an accumulator may collect several terms. Operators are read
 * only once they are built: threads share them. */
#ifndef RAMPART_NET_OP_H
#define RAMPART_NET_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rp_op rp_op;

/** Some rows of an operator. */
typedef struct rp_rows {
  int32_t n;
  const int32_t *row; /* [n] distinct; NULL: 0..n-1 */
} rp_rows;

static inline int32_t rp_rows_get(rp_rows rows, int32_t index) {
  return rows.row ? rows.row[index] : index;
}

/** The weights that a row or a column has: the others are 0. */
typedef struct rp_taps {
  int32_t n;
  const int32_t *index;  /* [n] ascending columns (rows); NULL: 0..n-1 */
  const int16_t *weight; /* [n] */
} rp_taps;

/** Memory for the taps of one row or one column at a time. */
typedef struct rp_tap_space {
  int32_t *index;  /* [max(n_in, n_out)] */
  int16_t *weight; /* [max(n_in, n_out)] */
} rp_tap_space;

static inline int32_t rp_taps_index(rp_taps taps, int32_t t) {
  return taps.index ? taps.index[t] : t;
}

/** What a kind of operator can do. When a network is built it is proved that no
 *  sum of integers leaves its type. Thread: all functions are reentrant. */
typedef struct rp_op_kind {
  const char *name; /* in files and messages */
  void (*free)(rp_op *op);

  /** One weight; 0 where a column does not reach a row. */
  int32_t (*weight)(const rp_op *op, int32_t row, int32_t col);

  /** The taps of a row and of a column, valid as long as both arguments are.
   *  Cost: the number of taps.
   *  @param space  may hold what is returned */
  rp_taps (*row)(const rp_op *op, int32_t row, rp_tap_space space);
  rp_taps (*column)(const rp_op *op, int32_t col, rp_tap_space space);

  /** Rows may share weights if their numbers are equal modulo this, a divisor
   *  of n_out: the number of channels, or n_out if no rows share any. */
  int32_t (*period)(const rp_op *op);

  /** Set all weights of a row to 0, and of the rows that share them. */
  void (*clear_row)(rp_op *op, int32_t row);

  /** Multiplications of one pass: what it costs. */
  int64_t (*count)(const rp_op *op);

  /** z += Op x for inputs of a network. */
  void (*apply_bytes)(const rp_op *op, const uint8_t *x, int32_t *z);

  /** z += Op a for activations.
   *  @param spare  [n_in] scratch */
  void (*apply)(const rp_op *op, const int32_t *a, int16_t *spare, int32_t *z);

  /** Least and greatest value of every row over lo <= x <= lo + width, added
   *  to z_lo and z_hi. The first function is for inputs of a network: 16 bits
   *  are enough there. */
  void (*range_narrow)(const rp_op *op, const int16_t *lo, const int16_t *width,
                       int32_t *z_lo, int32_t *z_hi);
  void (*range)(const rp_op *op, const int32_t *lo, const int32_t *width,
                int32_t *z_lo, int32_t *z_hi);

  /** z += Op a for some rows, in single and in double precision. */
  void (*apply_float)(const rp_op *op, rp_rows rows, const float *a, double *z);
  void (*apply_real)(const rp_op *op, rp_rows rows, const double *a, double *z);

  /** mu += Op^T lambda over some rows: in single precision, with multipliers
   *  rounded to it; in double precision; in integers of |lambda| < 2^31. */
  void (*transpose_float)(const rp_op *op, rp_rows rows, const double *lambda,
                          float *mu);
  void (*transpose)(const rp_op *op, rp_rows rows, const double *lambda,
                    double *mu);
  void (*transpose_exact)(const rp_op *op, rp_rows rows, const int64_t *lambda,
                          int64_t *mu);

  /** The same for gradients of attacks: all in single precision. */
  void (*transpose_gradient)(const rp_op *op, rp_rows rows, const float *above,
                             float *below);

  /** sum += |Op|^T size, over all rows. */
  void (*transpose_sizes)(const rp_op *op, const double *size, double *sum);
} rp_op_kind;

/** Every kind's struct begins with this. */
struct rp_op {
  const rp_op_kind *kind;
  int32_t n_out, n_in;
};

static inline void rp_op_free(rp_op *op) { /* NULL is fine */
  if (op) op->kind->free(op);
}

static inline int32_t rp_op_weight(const rp_op *op, int32_t i, int32_t j) {
  return op->kind->weight(op, i, j);
}

static inline rp_taps rp_op_row(const rp_op *op, int32_t i,
                                rp_tap_space space) {
  return op->kind->row(op, i, space);
}

static inline rp_taps rp_op_column(const rp_op *op, int32_t col,
                                   rp_tap_space space) {
  return op->kind->column(op, col, space);
}

/** All rows. */
static inline rp_rows rp_op_rows(const rp_op *op) {
  return (rp_rows){op->n_out, NULL};
}

#endif
