/* The relaxation of a network without max pooling as one linear program,
 * without column generation, to compare with. Columns: inputs x, accumulators
 * z, and a weight for every corner of a staircase's hull. Rows of an
 * accumulator below the objective's layer: z - W a = b   where a is the
 * weighted mean of the corners' activations, z - sum_c Z_c w_c = 0,   sum_c w_c
 * = 1. */
#ifndef RAMPART_TESTS_WHOLE_PROGRAM_H
#define RAMPART_TESTS_WHOLE_PROGRAM_H

#include <math.h>

#include <cmocka.h>

#include "bound/dual.h"
#include "lp/lp.h"

typedef struct whole_program {
  const rp_net *net;
  const rp_region *region;
  rp_lp *lp;
  int32_t *col; /* entries of one row */
  double *value;
  int32_t n;
} whole_program;

/* Two terms may read the same neuron. */
static inline void put_entry(whole_program *w, int32_t col, double value) {
  for (int32_t n = 0; n < w->n; n++)
    if (w->col[n] == col) {
      w->value[n] += value;
      return;
    }
  w->col[w->n] = col;
  w->value[w->n++] = value;
}

static inline void put_row(whole_program *w, int32_t row, double right) {
  assert_int_equal(rp_lp_set_row(w->lp, row, w->n, w->col, w->value), RP_OK);
  assert_int_equal(rp_lp_row_bounds(w->lp, row, right, right), RP_OK);
  w->n = 0;
}

static inline int32_t whole_z(const whole_program *w, int32_t acc) {
  return w->net->n_in + acc;
}

static inline int32_t whole_corner(const whole_program *w, int32_t acc,
                                   int32_t c) {
  return w->net->n_in + w->net->n_acc + RP_MAX_CORNERS * acc + c;
}

static inline rp_corners find_corners(const whole_program *w, int32_t k,
                                      int32_t i) {
  rp_corners corners;
  const int32_t at = w->net->block[k].first + i;
  rp_stair_find_corners(&w->net->block[k].stair[i], w->region->z_lo[at],
                        w->region->z_hi[at], &corners);
  return corners;
}

static inline void put_product(whole_program *w, int32_t source, int32_t m,
                               double weight) {
  if (source == RP_INPUT) {
    put_entry(w, m, -weight);
    return;
  }
  const rp_corners corners = find_corners(w, source, m);
  for (int32_t c = 0; c < corners.n; c++)
    put_entry(w, whole_corner(w, w->net->block[source].first + m, c),
              -weight * corners.a[c]);
}

static inline void put_products(whole_program *w, int32_t k, int32_t i) {
  const rp_block *const block = &w->net->block[k];
  for (int32_t t = 0; t < block->n_terms; t++) {
    const rp_term *const term = &block->term[t];
    for (int32_t m = 0; m < term->op->n_in; m++) {
      const int32_t weight = rp_op_weight(term->op, i, m);
      if (weight != 0) put_product(w, term->source, m, weight);
    }
  }
}

static inline void put_accumulator(whole_program *w, int32_t k, int32_t i,
                                   bool has_staircase) {
  const int32_t at = w->net->block[k].first + i;
  rp_lp_col_bounds(w->lp, whole_z(w, at), w->region->z_lo[at],
                   w->region->z_hi[at]);
  put_entry(w, whole_z(w, at), 1);
  put_products(w, k, i);
  put_row(w, 3 * at, w->net->block[k].bias[i]);
  if (!has_staircase) return;
  const rp_corners corners = find_corners(w, k, i);
  for (int32_t c = 0; c < corners.n; c++) {
    rp_lp_col_bounds(w->lp, whole_corner(w, at, c), 0, HUGE_VAL);
    put_entry(w, whole_corner(w, at, c), corners.z[c]);
  }
  put_entry(w, whole_z(w, at), -1);
  put_row(w, 3 * at + 1, 0);
  for (int32_t c = 0; c < corners.n; c++)
    put_entry(w, whole_corner(w, at, c), 1);
  put_row(w, 3 * at + 2, 1);
}

static inline bool is_asked(const rp_objective *o, int32_t i) {
  return i == o->row[0] || (o->n_rows == 2 && i == o->row[1]);
}

static inline void build_whole_program(whole_program *w,
                                       const rp_objective *o) {
  rp_lp_add_rows(w->lp, 3 * w->net->n_acc);
  rp_lp_add_cols(w->lp, whole_corner(w, w->net->n_acc, 0));
  for (int32_t p = 0; p < w->net->n_in; p++)
    rp_lp_col_bounds(w->lp, p, w->region->x_lo[p], w->region->x_hi[p]);
  for (int32_t k = 0; k <= o->block; k++)
    for (int32_t i = 0; i < w->net->block[k].n_out; i++)
      if (k < o->block || is_asked(o, i))
        put_accumulator(w, k, i, k < o->block);
  for (int32_t r = 0; r < o->n_rows; r++)
    rp_lp_objective(w->lp,
                    whole_z(w, w->net->block[o->block].first + o->row[r]),
                    o->coef[r]);
}

/** Compute the optimum of the relaxation, which must not be empty. */
static inline double solve_whole_program(const rp_net *net,
                                         const rp_region *region,
                                         const rp_objective *objective) {
  const size_t most =
      (size_t)(RP_MAX_CORNERS + 1) * (size_t)net->n_acc + (size_t)net->n_in;
  rp_stats stats = {0};
  whole_program w = {net,
                     region,
                     NULL,
                     zeros(most, sizeof *w.col),
                     zeros(most, sizeof *w.value),
                     0};
  assert_int_equal(rp_lp_create(&stats, &w.lp), RP_OK);
  build_whole_program(&w, objective);
  const rp_lp_params params = {.objective_stop = -HUGE_VAL};
  assert_int_equal(rp_lp_solve(w.lp, &params), RP_LP_OPTIMAL);
  const double value = rp_lp_value(w.lp);
  rp_lp_free(w.lp);
  free(w.col);
  free(w.value);
  return value;
}

#endif
