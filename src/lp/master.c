/* Column generation: create, price, solve, read. */
#include "lp/master_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"

/* Of networks that are no dense chains with equal steps: sizes for which a gain
 * was measured (results/BENCHMARKS.md). From 300 accumulators on programs save
 * nodes but no time: there descents and splits are left to themselves. */
enum { MOST_ACCUMULATORS = 256 };

bool rp_master_is_for(const rp_net *net) {
  return rp_net_is_dense_chain(net) || net->n_acc <= MOST_ACCUMULATORS;
}

/* Arrays that hold a number for each row of the program. */
enum { REALS = 8, INTEGERS = 3 };

static void list_arrays(rp_master *m, double **real[REALS],
                        int32_t **integer[INTEGERS]) {
  double **const reals[REALS] = {&m->centre, &m->price,        &m->duals,
                                 &m->trial,  &m->maxima,       &m->proposed,
                                 &m->entry,  &m->readers.worth};
  int32_t **const integers[INTEGERS] = {&m->index, &m->readers.row,
                                        &m->readers.place};
  memcpy(real, reals, sizeof reals);
  memcpy(integer, integers, sizeof integers);
}

static rp_status allocate_rows(rp_master *m, size_t n) {
  double **real[REALS];
  int32_t **integer[INTEGERS];
  bool enough = true;
  list_arrays(m, real, integer);
  for (int32_t i = 0; i < REALS; i++)
    enough &= (*real[i] = rp_alloc(n, sizeof **real[i])) != NULL;
  for (int32_t i = 0; i < INTEGERS; i++)
    enough &= (*integer[i] = rp_alloc(n, sizeof **integer[i])) != NULL;
  return enough ? RP_OK : RP_E_MEMORY;
}

static void free_rows(rp_master *m) {
  double **real[REALS];
  int32_t **integer[INTEGERS];
  list_arrays(m, real, integer);
  for (int32_t i = 0; i < REALS; i++) free(*real[i]);
  for (int32_t i = 0; i < INTEGERS; i++) free(*integer[i]);
}

/* Layout for an objective in the last block: others need less. */
static rp_status fill(rp_master *m) {
  const rp_net *net = m->net;
  const size_t widest = (size_t)net->widest;
  m->below = net->n_acc;
  for (int32_t k = 0; k < net->n_blocks; k++)
    if (net->block[k].owner) m->n_maxima += net->block[k].n_out;
  RP_TRY(allocate_rows(m, (size_t)row_theta(m) + 1));
  m->values = rp_alloc((size_t)col_theta(m, POOL_ROOM), sizeof *m->values);
  m->scale = rp_alloc((size_t)net->n_blocks, sizeof *m->scale);
  m->space.index = rp_alloc(widest, sizeof *m->space.index);
  m->space.weight = rp_alloc(widest, sizeof *m->space.weight);
  m->pool = pool_create(net);
  if (!m->values || !m->scale || !m->space.index || !m->space.weight ||
      !m->pool)
    return RP_E_MEMORY;
  return rp_region_create(net, &m->region);
}

rp_status rp_master_create(const rp_net *net, rp_stats *stats,
                           rp_master **master) {
  rp_master *m = rp_alloc(1, sizeof *m);
  if (!m) return RP_E_MEMORY;
  m->net = net;
  m->stats = stats;
  const rp_status status = fill(m);
  if (status == RP_OK)
    *master = m;
  else
    rp_master_free(m);
  return status;
}

void rp_master_free(rp_master *master) {
  if (!master) return;
  master_unload(master);
  rp_region_free(master->region);
  pool_free(master->pool);
  free_rows(master);
  free(master->values);
  free(master->scale);
  free(master->space.index);
  free(master->space.weight);
  free(master);
}

/* Multipliers are minus the duals of the accumulators' rows, in their units. */
static void read_multipliers(rp_master *m) {
  const double unit = m->scale[m->objective.block];
  RP_ASSERT(rp_lp_n_rows(m->lp) == row_theta(m) + 1);
  rp_lp_row_duals(m->lp, m->duals);
  memset(m->proposed, 0, (size_t)m->net->n_acc * sizeof *m->proposed);
  for (int32_t k = 0, at = 0; k < m->objective.block; k++)
    for (int32_t i = 0; i < m->net->block[k].n_acc; i++, at++)
      m->proposed[at] = -m->duals[row_acc(at)] * m->scale[k] / unit;
  for (int32_t r = 0; r < m->objective.n_rows; r++)
    m->proposed[m->below + m->objective.row[r]] =
        -m->duals[row_objective(m, r)];
}

/* GLPK's simplex has been seen to cycle for ever on a master of 23 rows. */
static int32_t compute_most_pivots(const rp_master *m) {
  return 1000 + 20 * rp_lp_n_rows(m->lp);
}

static bool solve(rp_master *m, const rp_deadline *deadline, double *value) {
  const rp_lp_params params = {.dual = false,
                               .iteration_limit = compute_most_pivots(m),
                               .objective_stop = -HUGE_VAL,
                               .deadline = deadline};
  if (rp_lp_solve(m->lp, &params) != RP_LP_OPTIMAL) return false;
  *value = rp_lp_value(m->lp) / m->scale[m->objective.block];
  read_multipliers(m);
  return true;
}

static void read_neuron(rp_master *m, int32_t k, int32_t i, int32_t at,
                        rp_relaxation *relaxation) {
  rp_corners corners;
  rp_stair_find_corners(&m->net->block[k].stair[i], m->region->z_lo[at],
                        m->region->z_hi[at], &corners);
  for (int32_t c = 0; c < corners.n; c++) {
    const double weight = m->values[col_corner(at, c)];
    relaxation->z[at] += weight * corners.z[c];
    relaxation->a[at] += weight * corners.a[c];
  }
}

/* The maxima of one vertex. */
static void read_maxima(rp_master *m, int32_t v, rp_relaxation *relaxation) {
  int32_t col = col_theta(m, v);
  const int32_t *z = pool_z(m->pool, v);
  for (int32_t k = 0; k < m->objective.block; k++) {
    const rp_block *block = &m->net->block[k];
    for (int32_t i = 0; block->owner && i < block->n_out; i++) {
      const double weight = m->values[++col];
      const rp_rows members = rp_block_members(block, i);
      if (weight <= 0) continue;
      relaxation->a[block->first + i] +=
          weight * pool_maximum(m->pool, v, k, i);
      for (int32_t s = 0; s < members.n; s++)
        relaxation->z[block->first + members.row[s]] +=
            weight * z[block->first + members.row[s]];
    }
  }
}

static void read_point(rp_master *m, rp_relaxation *relaxation) {
  rp_lp_col_values(m->lp, m->values);
  memset(relaxation->z, 0, (size_t)m->net->n_acc * sizeof *relaxation->z);
  memset(relaxation->a, 0, (size_t)m->net->n_acc * sizeof *relaxation->a);
  for (int32_t k = 0, at = 0; k < m->objective.block; k++)
    for (int32_t i = 0; i < m->net->block[k].n_acc; i++, at++)
      if (!m->net->block[k].owner) read_neuron(m, k, i, at, relaxation);
  for (int32_t v = 0; m->n_maxima > 0 && v < m->n_loaded; v++)
    read_maxima(m, v, relaxation);
  const double unit = m->scale[m->objective.block];
  for (int32_t r = 0; r < m->objective.n_rows; r++)
    relaxation->z[m->below + m->objective.row[r]] =
        m->values[col_z(m, r)] / unit;
  pool_mean(m->pool, m->values + col_theta(m, 0), m->n_loaded,
            count_vertex_columns(m), relaxation->x);
}

/* Is one of its columns above 0? */
static bool is_in_use(const rp_master *m, int32_t v) {
  for (int32_t c = 0; c < count_vertex_columns(m); c++)
    if (m->values[col_theta(m, v) + c] > 1e-9) return true;
  return false;
}

static bool is_basic(const rp_master *m, int32_t v) {
  for (int32_t c = 0; c < count_vertex_columns(m); c++)
    if (rp_lp_col_is_basic(m->lp, col_theta(m, v) + c)) return true;
  return false;
}

/* Drop vertices that have not been in a basis for long. */
static rp_status age_pool(rp_master *m) {
  for (int32_t v = 0; v < m->n_loaded; v++)
    if (is_in_use(m, v)) pool_touch(m->pool, v);
  int32_t drop[POOL_ROOM], kept = 0, n_cols = 0;
  const int32_t n = pool_choose_old(m->pool, drop);
  if (n == 0) return RP_OK;
  int32_t *cols =
      rp_alloc((size_t)n * (size_t)count_vertex_columns(m), sizeof *cols);
  if (!cols) return RP_E_MEMORY;
  for (int32_t s = 0; s < n; s++) {
    if (is_basic(m, drop[s])) continue;
    for (int32_t c = 0; c < count_vertex_columns(m); c++)
      cols[n_cols++] = col_theta(m, drop[s]) + c;
    drop[kept++] = drop[s];
  }
  const rp_status status = rp_lp_del_cols(m->lp, n_cols, cols);
  free(cols);
  if (status != RP_OK) return status;
  pool_drop(m->pool, kept, drop);
  m->n_loaded -= kept;
  RP_ASSERT(m->n_loaded >= 0 && m->n_loaded <= pool_count(m->pool));
  return RP_OK;
}

/* Ask the dual at lambda; keep it if it is the best yet, and its input as a
 * column. Returns the bound there. */
static double ask(rp_master *m, rp_dual *dual, const double *lambda,
                  double *best, double *best_lambda, bool *is_new) {
  const double bound = rp_dual_value(dual, lambda);
  rp_dual_place_maxima(dual, lambda, m->maxima);
  *is_new = pool_add(m->pool, rp_dual_point(dual), m->maxima);
  if (bound < *best) {
    *best = bound;
    memcpy(best_lambda, lambda, (size_t)m->net->n_acc * sizeof *best_lambda);
  }
  return bound;
}

/* Halfway between the master's multipliers and the best ones: in-out
 * separation keeps the first columns from swinging. */
static void move_halfway(rp_master *m, const double *lambda) {
  const size_t n_acc = (size_t)m->net->n_acc;
  for (size_t at = 0; at < n_acc; at++)
    m->trial[at] = (m->proposed[at] + lambda[at]) / 2;
}

static bool is_done(const rp_master_goal *goal, double best, double value) {
  if (best < goal->enough) return true;
  const double tolerance =
      value >= goal->enough ? goal->open_tolerance : goal->tolerance;
  return best - value <= tolerance;
}

static rp_status generate(rp_master *m, rp_dual *dual,
                          const rp_master_goal *goal,
                          const rp_deadline *deadline, double *lambda,
                          rp_relaxation *relaxation) {
  bool is_new;
  double best = HUGE_VAL;
  ask(m, dual, lambda, &best, lambda, &is_new);
  for (int32_t n = 0; best >= goal->enough; n++) {
    double value;
    RP_TRY(master_load_vertices(m));
    if (!solve(m, deadline, &value)) return RP_E_NUMERIC;
    relaxation->found = true;
    if (is_done(goal, best, value) || n >= goal->columns) break;
    move_halfway(m, lambda);
    ask(m, dual, m->trial, &best, lambda, &is_new);
    if (!is_new) {
      ask(m, dual, m->proposed, &best, lambda, &is_new);
      if (!is_new) break;
    }
  }
  relaxation->value = best;
  return RP_OK;
}

void rp_master_solve(rp_master *master, rp_dual *dual,
                     const rp_master_goal *goal, const rp_deadline *deadline,
                     double *lambda, rp_relaxation *relaxation) {
  const rp_objective *objective = rp_dual_objective(dual);
  RP_ASSERT(goal->columns > 0 && goal->tolerance >= 0);
  relaxation->found = false;
  relaxation->value = HUGE_VAL;
  if (master_prepare(master, rp_dual_region(dual), objective) != RP_OK ||
      generate(master, dual, goal, deadline, lambda, relaxation) != RP_OK) {
    relaxation->found = false;
    master_unload(master);
    return;
  }
  if (!relaxation->found) return;
  read_point(master, relaxation);
  if (age_pool(master) != RP_OK) master_unload(master);
}
