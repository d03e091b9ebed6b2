/* An integer program to GLPK, and its answer. */
#include "lp/integer.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "lp/lp.h"
#include "lp/program.h"

static rp_status load(const program *p, rp_lp *lp) {
  RP_TRY(rp_lp_add_cols(lp, p->n_cols));
  RP_TRY(rp_lp_add_rows(lp, p->n_rows));
  for (int32_t col = 0; col < p->n_cols; col++) {
    RP_TRY(rp_lp_col_bounds(lp, col, p->col_lo[col], p->col_hi[col]));
    if (program_col_is_integer(p, col)) RP_TRY(rp_lp_integer(lp, col));
  }
  for (int32_t row = 0; row < p->n_rows; row++) {
    const int32_t at = p->start[row];
    RP_TRY(rp_lp_set_row(lp, row, p->start[row + 1] - at, p->col + at,
                         p->value + at));
    RP_TRY(rp_lp_row_bounds(lp, row, p->row_lo[row], p->row_hi[row]));
  }
  return RP_OK;
}

static rp_status read_witness(const program *p, const rp_lp *lp,
                              uint8_t *witness) {
  double *x = rp_alloc((size_t)p->n_cols, sizeof *x);
  if (!x) return RP_E_MEMORY;
  rp_lp_int_values(lp, x);
  for (int32_t i = 0; i < p->query->net->n_in; i++)
    witness[i] = (uint8_t)fmin(fmax(rint(x[i]), p->col_lo[i]), p->col_hi[i]);
  free(x);
  return RP_OK;
}

static rp_status solve(const program *p, rp_lp *lp, const rp_deadline *deadline,
                       uint8_t *witness, rp_integer_outcome *outcome) {
  switch (rp_lp_solve_integer(lp, deadline, true)) {
  case RP_LP_OPTIMAL:
  case RP_LP_CUTOFF:
    *outcome = RP_INTEGER_POINT;
    return read_witness(p, lp, witness);
  case RP_LP_INFEASIBLE:
    *outcome = RP_INTEGER_CLAIMS_ROBUST;
    return RP_OK;
  case RP_LP_LIMIT:
    *outcome = RP_INTEGER_LIMIT;
    return RP_OK;
  case RP_LP_UNBOUNDED:
  case RP_LP_FAILED:
    *outcome = RP_INTEGER_FAILED;
    return RP_OK;
  }
  return RP_E_INTERNAL;
}

/* Build, and load into a new linear program. */
static rp_status prepare(const rp_integer_query *query, program *p,
                         rp_stats *stats, rp_lp **lp) {
  *lp = NULL;
  RP_TRY(program_build(query, p));
  RP_TRY(rp_lp_create(stats, lp));
  return load(p, *lp);
}

rp_status rp_integer_solve(const rp_integer_query *query,
                           const rp_deadline *deadline, uint8_t *witness,
                           rp_integer_outcome *outcome, rp_stats *stats) {
  program p;
  rp_lp *lp;
  rp_status status = prepare(query, &p, stats, &lp);
  if (status == RP_OK) {
    status = solve(&p, lp, deadline, witness, outcome);
  } else if (status == RP_E_NUMERIC) { /* an abort, caught */
    *outcome = RP_INTEGER_FAILED;
    status = RP_OK;
  }
  rp_lp_free(lp);
  program_fini(&p);
  return status;
}

rp_status rp_integer_write(const rp_integer_query *query, const char *file) {
  program p;
  rp_lp *lp;
  rp_stats stats = {0};
  rp_status status = prepare(query, &p, &stats, &lp);
  if (status == RP_OK) status = rp_lp_write(lp, file);
  rp_lp_free(lp);
  program_fini(&p);
  return status;
}
