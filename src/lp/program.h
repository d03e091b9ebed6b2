/* An integer program of a whole network over a box, in compressed rows.
 *
 * Columns: inputs x_p, integer; accumulators z_i, and for every neuron with max
 * pooling the maximum m of its accumulators; the columns of every neuron's own,
 * as its encoding wants them, integer; one binary r_j an output. Rows: for
 * every accumulator z_i = b + sum over its terms Op a; with max pooling, and a
 * binary d_i an accumulator,
 *
 *   m >= z_i         m - z_i + M_i d_i <= M_i         sum_i d_i = 1;
 *
 * then the rows of the neuron's staircase on z or m; at last the property, with
 * y the label:
 *
 *   sum_j r_j = 1                    r_y = 0
 *   a_j - a_y - M_j r_j >= delta_j - M_j    every rival j
 *
 * A neuron with one value over the box is a constant and has no columns. */
#ifndef RAMPART_LP_PROGRAM_H
#define RAMPART_LP_PROGRAM_H

#include "bound/region.h"
#include "lp/integer.h"
#include "lp/sources.h"

typedef struct program program;

/* A neuron that can take several values over the box. */
typedef struct neuron {
  const rp_stair *stair;
  int32_t z_lo, z_hi;      /* its accumulator, by intervals */
  int32_t least, greatest; /* its values */
  int32_t z, own;          /* columns: accumulator, first of its own */
  int32_t choice;          /* of max pooling: first binary of its members */
  int32_t n_value_cols;    /* first ones of its own: they make up its value */
} neuron;

/* What a neuron takes: columns of its own, how many of them make up its value,
 * rows of its staircase and entries of these. */
typedef struct neuron_size {
  int64_t cols, value_cols, rows, entries;
} neuron_size;

/* Writes rows one after the other. */
typedef struct row_writer {
  program *program;
  int32_t row, entry; /* next ones */
} row_writer;
void row_begin(row_writer *w, double lo, double hi);
void row_put(row_writer *w, int32_t col, double value);
void col_bound(row_writer *w, int32_t col, double lo, double hi);

/* How a staircase is written. */
typedef struct staircase_encoding {
  neuron_size (*size)(const neuron *n);
  double (*factor)(const neuron *n, int32_t k); /* of the k-th value column */
  void (*fill)(const neuron *n, row_writer *w); /* rows, and columns' bounds */
} staircase_encoding;
extern const staircase_encoding onehot_encoding, compact_encoding;

struct program {
  const rp_integer_query *query;
  const staircase_encoding *encoding;
  int32_t n_neurons, n_z, n_rows, n_cols;
  sources *reader;                  /* [threads] */
  rp_region *region;                /* intervals over the box */
  neuron *neuron;                   /* [n_neurons] block after block */
  int32_t *first_row, *first_entry; /* [n_neurons + 1] of each one */
  int32_t first_rival;              /* column */
  int32_t *start;                   /* [n_rows + 1] */
  int32_t *col;
  double *value;
  double *row_lo, *row_hi; /* [n_rows] */
  double *col_lo, *col_hi; /* [n_cols] */
};

/* Errors: RP_E_MEMORY, RP_E_RANGE; program_fini in any case. */
rp_status program_build(const rp_integer_query *query, program *p);
void program_fini(program *p);

/* Accumulators are whole because inputs and values are. */
bool program_col_is_integer(const program *p, int32_t col);

#endif
