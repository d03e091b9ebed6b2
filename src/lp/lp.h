/* Linear and integer programs on GLPK, behind a handful of functions.
 *
 * GLPK keeps its environment in thread-local storage and aborts the process on
 * an internal assertion. Here an abort is caught: the thread's environment is
 * freed, every program of that thread is dead from then on (its calls return
 * RP_E_NUMERIC), and its owner builds a new one.
 *
 * Rows and columns are numbered from 0. All programs are maximizations.
 * Nothing found here is proof: multipliers read from a program are checked in
 * integers elsewhere.
 *
 * Thread: a program belongs to the thread that created it. */
#ifndef RAMPART_LP_LP_H
#define RAMPART_LP_LP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/stats.h"
#include "rampart/status.h"

typedef struct rp_lp rp_lp;

typedef enum rp_lp_outcome {
  RP_LP_OPTIMAL,
  RP_LP_INFEASIBLE,
  RP_LP_UNBOUNDED,
  RP_LP_CUTOFF, /* objective limit reached, or a feasible stop (integer) */
  RP_LP_LIMIT,  /* time, iterations or stop flag */
  RP_LP_FAILED  /* numeric trouble or a caught abort: rebuild if dead */
} rp_lp_outcome;

/** Errors: RP_E_MEMORY. Counters go to stats, borrowed for the lp's life:
 *  lp_solves, lp_iterations, lp_failures, and lp_ns of the solves alone. */
rp_status rp_lp_create(rp_stats *stats, rp_lp **lp);
void rp_lp_free(rp_lp *lp); /* NULL and dead programs are fine */

/** True after an abort in this thread, after rp_lp_thread_fini, and in any
 *  thread but its own: free it and build a new one. */
bool rp_lp_is_dead(const rp_lp *lp);

/* Building. Bounds use -HUGE_VAL and HUGE_VAL for none; lo == hi fixes; lo > hi
 * makes the program infeasible. New rows are free and basic, new columns fixed
 * at 0 and nonbasic, so that the last basis stays a basis.
 * Errors of all: RP_E_NUMERIC when dead or aborted (a number out of range and
 * an index given twice abort); RP_E_MEMORY. */
rp_status rp_lp_add_rows(rp_lp *lp, int32_t count);
rp_status rp_lp_add_cols(rp_lp *lp, int32_t count);
rp_status rp_lp_row_bounds(rp_lp *lp, int32_t row, double lo, double hi);
rp_status rp_lp_col_bounds(rp_lp *lp, int32_t col, double lo, double hi);
rp_status rp_lp_objective(rp_lp *lp, int32_t col, double coefficient);
/** Replace a row's (column's) coefficients; each index at most once. */
rp_status rp_lp_set_row(rp_lp *lp, int32_t row, int32_t count,
                        const int32_t *cols, const double *values);
rp_status rp_lp_set_col(rp_lp *lp, int32_t col, int32_t count,
                        const int32_t *rows, const double *values);
/** Delete columns (ascending numbers); later ones move down. The warm start is
 *  lost if a basic column goes. */
rp_status rp_lp_del_cols(rp_lp *lp, int32_t count, const int32_t *cols);
bool rp_lp_col_is_basic(const rp_lp *lp, int32_t col);
rp_status rp_lp_integer(rp_lp *lp, int32_t col); /* for rp_lp_solve_integer */
int32_t rp_lp_n_rows(const rp_lp *lp);

typedef struct rp_lp_params {
  bool dual;               /* dual simplex first, else primal */
  int32_t iteration_limit; /* 0: none */
  double objective_stop;   /* dual simplex: stop once the optimum is known to be
                              below this; -HUGE_VAL: never */
  const rp_deadline *deadline; /* may be NULL */
} rp_lp_params;

/** Solve, warm from the last basis; from a triangular, then the slack basis if
 *  the last one has become singular. The stop flag is seen twice a second. */
rp_lp_outcome rp_lp_solve(rp_lp *lp, const rp_lp_params *params);

/** Start the next solve from the slack basis. */
rp_status rp_lp_forget_basis(rp_lp *lp);

/* The last solve's numbers; arrays are filled whole, with 0 when dead.
 *
 * Signs: the dual of a row is d value / d bound, for a maximization: >= 0 where
 * the upper bound of the row holds the value down, <= 0 where its lower bound
 * does, 0 inside. */
double rp_lp_value(const rp_lp *lp);
void rp_lp_col_values(const rp_lp *lp, double *values);
void rp_lp_row_duals(const rp_lp *lp, double *duals);

/** Branch and cut by glp_intopt over the integer columns, all its cuts on.
 *  @param feasible_stop  stop at the first integer point
 *  Returns OPTIMAL or CUTOFF (an integer point: rp_lp_int_values), INFEASIBLE,
 *  LIMIT, FAILED. The time limit holds to a second. */
rp_lp_outcome rp_lp_solve_integer(rp_lp *lp, const rp_deadline *deadline,
                                  bool feasible_stop);
void rp_lp_int_values(const rp_lp *lp, double *values);

/** Write the program in CPLEX LP format; column k is named c<k + 1>.
 *  Errors: RP_E_IO; RP_E_NUMERIC. */
rp_status rp_lp_write(const rp_lp *lp, const char *file);

/** Bytes GLPK holds for the calling thread. */
int64_t rp_lp_thread_bytes(void);

/** Free GLPK's memory of the calling thread; its programs are dead after. */
void rp_lp_thread_fini(void);

/** Test hook: the n-th solve from now in this thread aborts inside GLPK. */
void rp_lp_abort_after(int32_t n);

#endif
