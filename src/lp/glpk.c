/* Linear programs on GLPK, which aborts the process when one of its internal
 * assertions fails. Such an abort happens inside calls that are otherwise
 * harmless, so every call into GLPK here is armed: the error hook jumps back
 * to the calling function, the thread's whole environment is freed, and the
 * generation counter tells every program of the thread that it is dead.
 *
 * A jump skips frames of GLPK only: what those frames own lies in the
 * environment and goes with it, and no function of this file owns memory that
 * is not reachable from its program while it is armed.
 *
 * GLPK's environment is thread-local, so is the state here. Printing is off,
 * and what GLPK prints regardless before it aborts is swallowed by a hook. */
#include "lp/lp.h"

#include <glpk.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"

/* The calling thread's side of GLPK's environment. */
typedef struct thread_home {
  jmp_buf back;        /* where a caught abort continues */
  uint64_t generation; /* environments freed so far */
  bool open;           /* an environment with our hooks exists */
  int32_t abort_after; /* test hook: solves until an abort; 0: never */
} thread_home;

static _Thread_local thread_home home;

struct rp_lp {
  glp_prob *prob;
  const thread_home *home; /* of the thread that created it */
  uint64_t generation;     /* of that home, when it was created */
  rp_stats *stats;
  int32_t n_rows, n_cols;
  int *index; /* [capacity], numbered from 1 as GLPK wants it */
  double *value;
  int32_t capacity;
};

/* A simplex call is cut into slices of this length, because nothing but its
 * time limit can stop it when the stop flag is set from outside. */
enum { SLICE_MS = 500 };

enum { CODE_ABORTED = -1, CODE_STOPPED = -2 };

static void jump_back(void *info) {
  (void)info;
  longjmp(home.back, 1);
}

static int swallow_output(void *info, const char *text) {
  (void)info;
  (void)text;
  return 1;
}

static bool is_environment_open(void) {
  if (home.open) return true;
  if (glp_init_env() > 1) return false;
  glp_term_hook(swallow_output, NULL);
  glp_term_out(GLP_OFF);
  glp_error_hook(jump_back, NULL);
  return home.open = true;
}

void rp_lp_thread_fini(void) {
  if (!home.open) return;
  glp_free_env();
  home.generation++;
  home.open = false;
}

static rp_status bury_after_abort(const rp_lp *lp) {
  rp_lp_thread_fini();
  lp->stats->lp_failures++;
  return RP_E_NUMERIC;
}

/* Run `call` armed; leave the calling function with RP_E_NUMERIC if the
 * program is dead or GLPK aborts. */
#define ARMED(lp, call)                                                        \
  do {                                                                         \
    if (rp_lp_is_dead(lp)) return RP_E_NUMERIC;                                \
    if (setjmp(home.back)) return bury_after_abort(lp);                        \
    call;                                                                      \
  } while (0)

bool rp_lp_is_dead(const rp_lp *lp) {
  return lp->home != &home || lp->generation != home.generation;
}

static rp_status open_program(rp_lp *lp) {
  ARMED(lp, lp->prob = glp_create_prob(); glp_set_obj_dir(lp->prob, GLP_MAX));
  return RP_OK;
}

rp_status rp_lp_create(rp_stats *stats, rp_lp **lp) {
  *lp = NULL;
  if (!is_environment_open()) return RP_E_MEMORY;
  rp_lp *made = rp_alloc(1, sizeof *made);
  if (!made) return RP_E_MEMORY;
  made->home = &home;
  made->generation = home.generation;
  made->stats = stats;
  if (open_program(made) != RP_OK) {
    rp_lp_free(made);
    return RP_E_MEMORY;
  }
  *lp = made;
  return RP_OK;
}

static rp_status close_program(rp_lp *lp) {
  ARMED(lp, glp_delete_prob(lp->prob));
  return RP_OK;
}

void rp_lp_free(rp_lp *lp) {
  if (!lp) return;
  if (lp->prob) (void)close_program(lp);
  free(lp->index);
  free(lp->value);
  free(lp);
}

rp_status rp_lp_add_rows(rp_lp *lp, int32_t count) {
  if (count == 0) return RP_OK;
  ARMED(lp, glp_add_rows(lp->prob, count));
  lp->n_rows += count;
  return RP_OK;
}

rp_status rp_lp_add_cols(rp_lp *lp, int32_t count) {
  if (count == 0) return RP_OK;
  ARMED(lp, glp_add_cols(lp->prob, count));
  lp->n_cols += count;
  return RP_OK;
}

static int choose_bound_type(double lo, double hi) {
  if (lo == -HUGE_VAL) return hi == HUGE_VAL ? GLP_FR : GLP_UP;
  if (hi == HUGE_VAL) return GLP_LO;
  return lo == hi ? GLP_FX : GLP_DB;
}

rp_status rp_lp_row_bounds(rp_lp *lp, int32_t row, double lo, double hi) {
  RP_ASSERT(!isnan(lo) && !isnan(hi));
  ARMED(lp,
        glp_set_row_bnds(lp->prob, row + 1, choose_bound_type(lo, hi), lo, hi));
  return RP_OK;
}

rp_status rp_lp_col_bounds(rp_lp *lp, int32_t col, double lo, double hi) {
  RP_ASSERT(!isnan(lo) && !isnan(hi));
  ARMED(lp,
        glp_set_col_bnds(lp->prob, col + 1, choose_bound_type(lo, hi), lo, hi));
  return RP_OK;
}

rp_status rp_lp_objective(rp_lp *lp, int32_t col, double coefficient) {
  RP_ASSERT(!isnan(coefficient));
  ARMED(lp, glp_set_obj_coef(lp->prob, col + 1, coefficient));
  return RP_OK;
}

rp_status rp_lp_integer(rp_lp *lp, int32_t col) {
  ARMED(lp, glp_set_col_kind(lp->prob, col + 1, GLP_IV));
  return RP_OK;
}

static rp_status grow_buffers(rp_lp *lp, int32_t count) {
  if (count < lp->capacity) return RP_OK;
  const size_t capacity = 2 * (size_t)count + 16;
  int *index = rp_realloc(lp->index, capacity, sizeof *index);
  if (!index) return RP_E_MEMORY;
  lp->index = index;
  double *value = rp_realloc(lp->value, capacity, sizeof *value);
  if (!value) return RP_E_MEMORY;
  lp->value = value;
  lp->capacity = (int32_t)capacity;
  return RP_OK;
}

/* GLPK's arrays start at 1, in their numbers and in their places. */
static rp_status fill_buffers(rp_lp *lp, int32_t count, const int32_t *numbers,
                              const double *values) {
  RP_TRY(grow_buffers(lp, count));
  for (int32_t i = 0; i < count; i++) {
    lp->index[i + 1] = numbers[i] + 1;
    RP_ASSERT(numbers[i] >= 0);
    if (values) lp->value[i + 1] = values[i];
  }
  return RP_OK;
}

rp_status rp_lp_set_row(rp_lp *lp, int32_t row, int32_t count,
                        const int32_t *cols, const double *values) {
  RP_TRY(fill_buffers(lp, count, cols, values));
  ARMED(lp, glp_set_mat_row(lp->prob, row + 1, count, lp->index, lp->value));
  return RP_OK;
}

rp_status rp_lp_set_col(rp_lp *lp, int32_t col, int32_t count,
                        const int32_t *rows, const double *values) {
  RP_TRY(fill_buffers(lp, count, rows, values));
  ARMED(lp, glp_set_mat_col(lp->prob, col + 1, count, lp->index, lp->value));
  return RP_OK;
}

rp_status rp_lp_del_cols(rp_lp *lp, int32_t count, const int32_t *cols) {
  if (count == 0) return RP_OK;
  RP_TRY(fill_buffers(lp, count, cols, NULL));
  ARMED(lp, glp_del_cols(lp->prob, count, lp->index));
  lp->n_cols -= count;
  RP_ASSERT(lp->n_cols >= 0);
  return RP_OK;
}

int32_t rp_lp_n_rows(const rp_lp *lp) {
  return lp->n_rows;
}
rp_status rp_lp_forget_basis(rp_lp *lp) {
  ARMED(lp, glp_std_basis(lp->prob));
  return RP_OK;
}

static rp_status take_triangular_basis(rp_lp *lp) {
  ARMED(lp, glp_adv_basis(lp->prob, 0));
  return RP_OK;
}

static rp_status read_status(const rp_lp *lp, int32_t col, bool *basic) {
  ARMED(lp, *basic = glp_get_col_stat(lp->prob, col + 1) == GLP_BS);
  return RP_OK;
}

bool rp_lp_col_is_basic(const rp_lp *lp, int32_t col) {
  bool basic = false;
  (void)read_status(lp, col, &basic);
  return basic;
}

/* ------------------------------------------------------------- simplex */

static void abort_if_asked(void) {
  if (home.abort_after > 0 && --home.abort_after == 0)
    glp_assert(!"abort asked for by a test");
}

static int run_armed_simplex(rp_lp *lp, const glp_smcp *parm) {
  if (setjmp(home.back)) {
    bury_after_abort(lp);
    return CODE_ABORTED;
  }
  abort_if_asked();
  const int before = glp_get_it_cnt(lp->prob);
  const int code = glp_simplex(lp->prob, parm);
  lp->stats->lp_iterations += glp_get_it_cnt(lp->prob) - before;
  return code;
}

static int choose_slice_ms(const rp_deadline *deadline) {
  if (!deadline) return INT_MAX;
  const double left = 1000 * rp_deadline_left_s(deadline);
  return left < SLICE_MS ? (int)left + 1 : SLICE_MS;
}

/* One simplex run as long as the caller allows, slice after slice. */
static int run_simplex_within_limits(rp_lp *lp, const rp_lp_params *params,
                                     glp_smcp *parm) {
  const int64_t first = lp->stats->lp_iterations;
  for (;;) {
    if (params->deadline && rp_deadline_has_passed(params->deadline))
      return CODE_STOPPED;
    if (params->iteration_limit > 0) {
      const int64_t spent = lp->stats->lp_iterations - first;
      if (spent >= params->iteration_limit) return GLP_EITLIM;
      parm->it_lim = params->iteration_limit - (int)spent;
    }
    parm->tm_lim = choose_slice_ms(params->deadline);
    const int code = run_armed_simplex(lp, parm);
    if (code != GLP_ETMLIM) return code;
  }
}

static void choose_settings(const rp_lp_params *params, glp_smcp *parm) {
  glp_init_smcp(parm);
  parm->msg_lev = GLP_MSG_OFF;
  parm->presolve = GLP_OFF;
  parm->meth = params->dual ? GLP_DUALP : GLP_PRIMAL;
  /* The dual simplex lowers the value of a maximization toward its optimum,
   * and GLPK watches obj_ll on the way. */
  if (params->dual && params->objective_stop > -HUGE_VAL)
    parm->obj_ll = params->objective_stop;
}

/* A basis may have become singular through changed coefficients or lost a
 * deleted column; the simplex may also get lost numerically. */
static bool is_worth_another_basis(int code) {
  return code == GLP_EBADB || code == GLP_ESING || code == GLP_ECOND ||
         code == GLP_EFAIL;
}

static int run_simplex_with_repairs(rp_lp *lp, const rp_lp_params *params) {
  glp_smcp parm;
  choose_settings(params, &parm);
  int code = run_simplex_within_limits(lp, params, &parm);
  if (is_worth_another_basis(code) && take_triangular_basis(lp) == RP_OK)
    code = run_simplex_within_limits(lp, params, &parm);
  if (is_worth_another_basis(code) && rp_lp_forget_basis(lp) == RP_OK) {
    parm.meth = params->dual ? GLP_PRIMAL : GLP_DUALP;
    code = run_simplex_within_limits(lp, params, &parm);
  }
  return code;
}

static rp_lp_outcome translate_status(const rp_lp *lp) {
  switch (glp_get_status(lp->prob)) {
  case GLP_OPT:
    return RP_LP_OPTIMAL;
  case GLP_NOFEAS:
    return RP_LP_INFEASIBLE;
  case GLP_UNBND:
    return RP_LP_UNBOUNDED;
  default:
    return RP_LP_FAILED;
  }
}

static rp_lp_outcome translate_simplex_code(const rp_lp *lp, int code) {
  switch (code) {
  case 0:
    return translate_status(lp);
  case GLP_EBOUND: /* a lower bound above its upper bound */
    return RP_LP_INFEASIBLE;
  case GLP_EOBJLL:
  case GLP_EOBJUL:
    return RP_LP_CUTOFF;
  case GLP_EITLIM:
  case CODE_STOPPED:
    return RP_LP_LIMIT;
  default:
    return RP_LP_FAILED;
  }
}

static void count_solve(const rp_lp *lp, double start_s, bool failed) {
  lp->stats->lp_solves++;
  lp->stats->lp_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  if (failed && !rp_lp_is_dead(lp)) lp->stats->lp_failures++;
}

rp_lp_outcome rp_lp_solve(rp_lp *lp, const rp_lp_params *params) {
  if (rp_lp_is_dead(lp)) return RP_LP_FAILED;
  const double start_s = rp_clock_wall_s();
  const int code = run_simplex_with_repairs(lp, params);
  const rp_lp_outcome outcome = translate_simplex_code(lp, code);
  count_solve(lp, start_s, outcome == RP_LP_FAILED);
  return outcome;
}

static rp_status read_value(const rp_lp *lp, double *value) {
  ARMED(lp, *value = glp_get_obj_val(lp->prob));
  return RP_OK;
}

double rp_lp_value(const rp_lp *lp) {
  double value = 0;
  (void)read_value(lp, &value);
  return value;
}

static rp_status read_numbers(const rp_lp *lp, int32_t count,
                              double (*number)(glp_prob *, int),
                              double *values) {
  memset(values, 0, (size_t)count * sizeof *values);
  ARMED(lp, for (int32_t k = 0; k < count; k++) values[k] =
                number(lp->prob, k + 1));
  return RP_OK;
}

void rp_lp_col_values(const rp_lp *lp, double *values) {
  (void)read_numbers(lp, lp->n_cols, glp_get_col_prim, values);
}

void rp_lp_row_duals(const rp_lp *lp, double *duals) {
  (void)read_numbers(lp, lp->n_rows, glp_get_row_dual, duals);
}

/* ------------------------------------------------------ integer programs */

typedef struct integer_watch {
  const rp_deadline *deadline;
  bool feasible_stop;
} integer_watch;

static void watch_tree(glp_tree *tree, void *info) {
  const integer_watch *watch = info;
  const bool found = watch->feasible_stop && glp_ios_reason(tree) == GLP_IBINGO;
  if (found || (watch->deadline && rp_deadline_has_passed(watch->deadline)))
    glp_ios_terminate(tree);
}

static int run_armed_intopt(rp_lp *lp, const glp_iocp *parm) {
  if (setjmp(home.back)) {
    bury_after_abort(lp);
    return CODE_ABORTED;
  }
  abort_if_asked();
  return glp_intopt(lp->prob, parm);
}

static rp_lp_outcome translate_intopt_code(const rp_lp *lp, int code) {
  if (code == CODE_ABORTED) return RP_LP_FAILED;
  if (code == GLP_ENOPFS) return RP_LP_INFEASIBLE;
  const int status = glp_mip_status(lp->prob);
  if (status == GLP_OPT) return RP_LP_OPTIMAL;
  if (status == GLP_FEAS) return RP_LP_CUTOFF;
  if (code == GLP_ETMLIM || code == GLP_ESTOP) return RP_LP_LIMIT;
  if (code == GLP_EBOUND) return RP_LP_INFEASIBLE;
  return code == 0 && status == GLP_NOFEAS ? RP_LP_INFEASIBLE : RP_LP_FAILED;
}

rp_lp_outcome rp_lp_solve_integer(rp_lp *lp, const rp_deadline *deadline,
                                  bool feasible_stop) {
  if (rp_lp_is_dead(lp)) return RP_LP_FAILED;
  integer_watch watch = {.deadline = deadline, .feasible_stop = feasible_stop};
  glp_iocp parm;
  glp_init_iocp(&parm);
  parm.msg_lev = GLP_MSG_OFF;
  parm.presolve = GLP_ON;
  parm.mir_cuts = parm.gmi_cuts = parm.cov_cuts = parm.clq_cuts = GLP_ON;
  parm.cb_func = watch_tree;
  parm.cb_info = &watch;
  if (deadline) {
    const double left = 1000 * rp_deadline_left_s(deadline);
    parm.tm_lim = left < INT_MAX - 1 ? (int)left + 1 : INT_MAX;
  }
  const double start_s = rp_clock_wall_s();
  const int code = run_armed_intopt(lp, &parm);
  const rp_lp_outcome outcome = translate_intopt_code(lp, code);
  count_solve(lp, start_s, outcome == RP_LP_FAILED);
  return outcome;
}

void rp_lp_int_values(const rp_lp *lp, double *values) {
  (void)read_numbers(lp, lp->n_cols, glp_mip_col_val, values);
}

/* --------------------------------------------------------------- a file */

static void name_columns(const rp_lp *lp) {
  char name[16];
  for (int32_t col = 1; col <= lp->n_cols; col++) {
    snprintf(name, sizeof name, "c%d", col);
    glp_set_col_name(lp->prob, col, name);
  }
}

static rp_status write_lp(const rp_lp *lp, const char *file, int *code) {
  ARMED(lp, name_columns(lp); *code = glp_write_lp(lp->prob, NULL, file));
  return RP_OK;
}

/* Not MPS: an empty column carries a comment there that Cbc does not read. */
rp_status rp_lp_write(const rp_lp *lp, const char *file) {
  int code = 0;
  RP_TRY(write_lp(lp, file, &code));
  return code == 0 ? RP_OK : RP_E_IO;
}

/* ------------------------------------------------------------ the thread */

int64_t rp_lp_thread_bytes(void) {
  if (!home.open) return 0;
  size_t total = 0;
  glp_mem_usage(NULL, NULL, &total, NULL);
  return (int64_t)total;
}

void rp_lp_abort_after(int32_t n) {
  home.abort_after = n;
}
