/* The master program: rows, columns and how they follow the region.
 *
 * Rows, all accumulators in units of a step and about a centre:
 *   acc i of layer 0   sum_k theta_k z_i^k - sum_c Z_ic w_ic + s+ - s- = 0
 *   acc i above        sum_m W_im a_m      - sum_c Z_ic w_ic + s+ - s- = -b_i
 *   objective row r    sum_m W_rm a_m      - z_r             + s+ - s- = -b_r
 *   convexity          sum_c w_ic = 1 a neuron, sum_k theta_k = 1
 * where a_m stands for sum_c A_mc w_mc. Six corner columns w_ic a neuron, two
 * slacks an accumulator, z_r within its interval, theta_k at the end. What
 * steps of a table reach beyond their corners (rp_corners) is left out: the
 * program proposes, and the exact bound counts it. */
#include "lp/master.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "lp/pool.h"
#include "lp/price.h"
#include "net/op_dense.h"

/* Of chains with tables of thresholds: sizes for which a gain was measured
 * (results/BENCHMARKS.md). Larger ones are left to descent and splits. */
enum { MOST_ACCUMULATORS = 200 };

struct rp_master {
  const rp_net *net;
  rp_stats *stats;
  rp_lp *lp;              /* NULL: to be built */
  rp_region *region;      /* as loaded in lp */
  rp_objective objective; /* as loaded in lp */
  int32_t below;          /* accumulators below the objective's layer */
  double *scale;          /* [n_blocks] step units per accumulator unit */
  double *centre;         /* [n_acc] */
  double *price;          /* [n_acc] */
  pool *pool;
  int32_t n_theta; /* columns of the pool that are in lp */
  double *duals, *values;
  double *trial;    /* [n_acc] multipliers to ask at */
  double *proposed; /* [n_acc] the master's */
  int32_t *index;   /* entries of one column */
  double *entry;
  rp_tap_space space; /* weights of a neuron in the block above */
};

/* Numbers of rows and columns. */
static int32_t row_acc(int32_t at) {
  return at;
}
static int32_t row_objective(const rp_master *m, int32_t r) {
  return m->below + r;
}
static int32_t row_convex(const rp_master *m, int32_t at) {
  return m->below + RP_OBJECTIVE_ROWS + at;
}
static int32_t row_theta(const rp_master *m) {
  return 2 * m->below + RP_OBJECTIVE_ROWS;
}
static int32_t col_corner(int32_t at, int32_t c) {
  return RP_MAX_CORNERS * at + c;
}
/* Slack of row 0 .. below + RP_OBJECTIVE_ROWS - 1. */
static int32_t col_slack(const rp_master *m, int32_t row, int32_t side) {
  return RP_MAX_CORNERS * m->below + 2 * row + side;
}
static int32_t col_z(const rp_master *m, int32_t r) {
  return col_slack(m, m->below + RP_OBJECTIVE_ROWS, 0) + r;
}
static int32_t col_theta(const rp_master *m, int32_t k) {
  return col_z(m, RP_OBJECTIVE_ROWS) + k;
}

static int32_t compute_most_columns(const rp_net *net) {
  const int32_t n_acc = net->n_acc;
  return (RP_MAX_CORNERS + 2) * n_acc + 3 * RP_OBJECTIVE_ROWS + POOL_ROOM;
}

bool rp_master_is_for(const rp_net *net) {
  if (rp_net_is_dense_chain(net)) return true;
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    if (block->owner || block->n_terms != 1 || block->term[0].source != k - 1 ||
        !rp_op_dense_weights(block->term[0].op))
      return false;
  }
  return net->n_acc <= MOST_ACCUMULATORS;
}

rp_status rp_master_create(const rp_net *net, rp_stats *stats,
                           rp_master **master) {
  rp_master *m = rp_alloc(1, sizeof *m);
  if (!m) return RP_E_MEMORY;
  m->net = net;
  m->stats = stats;
  const size_t n_acc = (size_t)net->n_acc;
  m->centre = rp_alloc(n_acc, sizeof *m->centre);
  m->price = rp_alloc(n_acc, sizeof *m->price);
  m->trial = rp_alloc(n_acc, sizeof *m->trial);
  m->proposed = rp_alloc(n_acc, sizeof *m->proposed);
  m->duals = rp_alloc(2 * n_acc + 3, sizeof *m->duals);
  m->values = rp_alloc((size_t)compute_most_columns(net), sizeof *m->values);
  m->index = rp_alloc(n_acc + 4, sizeof *m->index);
  m->entry = rp_alloc(n_acc + 4, sizeof *m->entry);
  m->scale = rp_alloc((size_t)net->n_blocks, sizeof *m->scale);
  m->space.index = rp_alloc((size_t)net->widest, sizeof *m->space.index);
  m->space.weight = rp_alloc((size_t)net->widest, sizeof *m->space.weight);
  m->pool = pool_create(net);
  if (!m->centre || !m->price || !m->trial || !m->proposed || !m->duals ||
      !m->values || !m->index || !m->entry || !m->scale || !m->space.index ||
      !m->space.weight || !m->pool ||
      rp_region_create(net, &m->region) != RP_OK) {
    rp_master_free(m);
    return RP_E_MEMORY;
  }
  *master = m;
  return RP_OK;
}

static void unload(rp_master *m) {
  rp_lp_free(m->lp);
  m->lp = NULL;
  m->n_theta = 0;
}

void rp_master_free(rp_master *master) {
  if (!master) return;
  unload(master);
  rp_region_free(master->region);
  pool_free(master->pool);
  free(master->centre);
  free(master->price);
  free(master->trial);
  free(master->proposed);
  free(master->duals);
  free(master->values);
  free(master->index);
  free(master->entry);
  free(master->scale);
  free(master->space.index);
  free(master->space.weight);
  free(master);
}

/* Entries of a corner column in the rows of the layer above; m->space holds
 * the neuron's weights there. */
static int32_t fill_entries_above(const rp_master *m, int32_t k, int32_t a) {
  const rp_block *upper = &m->net->block[k + 1];
  const bool objective = k + 1 == m->objective.block;
  const int32_t rows = objective ? m->objective.n_rows : upper->n_out;
  int32_t n = 0;
  for (int32_t r = 0; r < rows && a != 0; r++) {
    const int32_t neuron = objective ? m->objective.row[r] : r;
    const int16_t w = m->space.weight[neuron];
    if (w == 0) continue;
    m->index[n] = objective ? row_objective(m, r) : row_acc(upper->first + r);
    m->entry[n++] = (double)w * a * m->scale[k + 1];
  }
  return n;
}

/* The six corner columns of a neuron, for its interval in m->region. */
static rp_status load_neuron(rp_master *m, int32_t k, int32_t i, int32_t at) {
  rp_corners corners;
  rp_stair_find_corners(&m->net->block[k].stair[i], m->region->z_lo[at],
                        m->region->z_hi[at], &corners);
  (void)rp_op_column(m->net->block[k + 1].term[0].op, i, m->space);
  for (int32_t c = 0; c < RP_MAX_CORNERS; c++) {
    const int32_t col = col_corner(at, c);
    if (c >= corners.n) {
      RP_TRY(rp_lp_col_bounds(m->lp, col, 0, 0));
      continue;
    }
    int32_t n = fill_entries_above(m, k, corners.a[c]);
    m->index[n] = row_acc(at);
    m->entry[n++] = -(corners.z[c] - m->centre[at]) * m->scale[k];
    m->index[n] = row_convex(m, at);
    m->entry[n++] = 1;
    RP_TRY(rp_lp_set_col(m->lp, col, n, m->index, m->entry));
    RP_TRY(rp_lp_col_bounds(m->lp, col, 0, HUGE_VAL));
  }
  return RP_OK;
}

/* Columns of neurons whose interval changed; all of them if asked. */
static rp_status load_neurons(rp_master *m, const rp_region *region,
                              int32_t first_layer, bool all) {
  const int32_t last = m->objective.block;
  for (int32_t k = first_layer, at = m->net->block[k].first; k < last; k++)
    for (int32_t i = 0; i < m->net->block[k].n_out; i++, at++) {
      if (!all && m->region->z_lo[at] == region->z_lo[at] &&
          m->region->z_hi[at] == region->z_hi[at])
        continue;
      m->region->z_lo[at] = region->z_lo[at];
      m->region->z_hi[at] = region->z_hi[at];
      RP_TRY(load_neuron(m, k, i, at));
    }
  return RP_OK;
}

static rp_status load_slack(rp_master *m, int32_t row, double price) {
  const double sign[2] = {1, -1};
  for (int32_t side = 0; side < 2; side++) {
    const int32_t col = col_slack(m, row, side);
    RP_TRY(rp_lp_set_col(m->lp, col, 1, &row, &sign[side]));
    RP_TRY(rp_lp_col_bounds(m->lp, col, 0, HUGE_VAL));
    RP_TRY(rp_lp_objective(m->lp, col, -price));
  }
  return RP_OK;
}

/* Right-hand sides and slack prices of the accumulators below the objective,
 * in the objective's unit. */
static rp_status load_rows(rp_master *m) {
  const double unit = m->scale[m->objective.block];
  for (int32_t k = 0, at = 0; k < m->objective.block; k++)
    for (int32_t i = 0; i < m->net->block[k].n_out; i++, at++) {
      const double right =
          k == 0 ? 0 : (m->centre[at] - m->net->block[k].bias[i]) * m->scale[k];
      RP_TRY(rp_lp_row_bounds(m->lp, row_acc(at), right, right));
      RP_TRY(rp_lp_row_bounds(m->lp, row_convex(m, at), 1, 1));
      RP_TRY(load_slack(m, row_acc(at), m->price[at] * unit / m->scale[k]));
    }
  return rp_lp_row_bounds(m->lp, row_theta(m), 1, 1);
}

static rp_status load_objective_rows(rp_master *m) {
  const rp_objective *objective = &m->objective;
  const rp_block *layer = &m->net->block[objective->block];
  const double scale = m->scale[objective->block];
  for (int32_t r = 0; r < RP_OBJECTIVE_ROWS; r++) {
    const int32_t row = row_objective(m, r);
    const bool used = r < objective->n_rows;
    const double right = used ? -layer->bias[objective->row[r]] * scale : 0;
    const double minus = -1;
    RP_TRY(rp_lp_row_bounds(m->lp, row, right, right));
    RP_TRY(rp_lp_set_col(m->lp, col_z(m, r), 1, &row, &minus));
    RP_TRY(rp_lp_objective(m->lp, col_z(m, r), used ? objective->coef[r] : 0));
    const int32_t at = m->below + (used ? objective->row[r] : 0);
    RP_TRY(load_slack(m, row, used ? m->price[at] : 0));
  }
  return RP_OK;
}

static rp_status bound_objective_rows(rp_master *m, const rp_region *region) {
  const double scale = m->scale[m->objective.block];
  for (int32_t r = 0; r < m->objective.n_rows; r++) {
    const int32_t at = m->below + m->objective.row[r];
    RP_TRY(rp_lp_col_bounds(m->lp, col_z(m, r), region->z_lo[at] * scale,
                            region->z_hi[at] * scale));
  }
  return RP_OK;
}

static rp_status load_theta(rp_master *m, int32_t k) {
  const int32_t n = m->net->block[0].n_out;
  const int32_t *z = pool_z(m->pool, k);
  for (int32_t i = 0; i < n; i++) {
    m->index[i] = row_acc(i);
    m->entry[i] = (z[i] - m->centre[i]) * m->scale[0];
  }
  RP_ASSERT(k < POOL_ROOM);
  m->index[n] = row_theta(m);
  m->entry[n] = 1;
  RP_TRY(rp_lp_set_col(m->lp, col_theta(m, k), n + 1, m->index, m->entry));
  return rp_lp_col_bounds(m->lp, col_theta(m, k), 0, HUGE_VAL);
}

static rp_status load_new_thetas(rp_master *m) {
  const int32_t missing = pool_count(m->pool) - m->n_theta;
  RP_ASSERT(missing >= 0);
  if (missing > 0) RP_TRY(rp_lp_add_cols(m->lp, missing));
  for (; m->n_theta < pool_count(m->pool); m->n_theta++)
    RP_TRY(load_theta(m, m->n_theta));
  return RP_OK;
}

static void choose_units(rp_master *m, const rp_region *region) {
  for (int32_t k = 0, at = 0; k < m->net->n_blocks; k++) {
    m->scale[k] = 1 / fmax(1, rp_stair_unit(&m->net->block[k].stair[0]));
    RP_ASSERT(m->scale[k] > 0 && m->scale[k] <= 1);
    for (int32_t i = 0; i < m->net->block[k].n_out; i++, at++)
      m->centre[at] = floor(((double)region->z_lo[at] + region->z_hi[at]) / 2);
  }
}

static rp_status load(rp_master *m, const rp_region *region,
                      const rp_objective *objective) {
  m->objective = *objective;
  m->below = m->net->block[objective->block].first;
  choose_units(m, region);
  price_slacks(m->net, region, objective, m->price);
  rp_region_copy(m->net, m->region, region);
  RP_TRY(rp_lp_create(m->stats, &m->lp));
  RP_TRY(rp_lp_add_rows(m->lp, row_theta(m) + 1));
  RP_TRY(rp_lp_add_cols(m->lp, col_theta(m, 0)));
  RP_TRY(load_rows(m));
  RP_TRY(load_objective_rows(m));
  RP_TRY(load_neurons(m, region, 0, true));
  m->n_theta = 0;
  return bound_objective_rows(m, region);
}

/* Another part or rival: only rows of the objective and what feeds them. */
static rp_status change_objective(rp_master *m, const rp_region *region,
                                  const rp_objective *objective) {
  m->objective = *objective;
  price_slacks(m->net, region, objective, m->price);
  RP_TRY(load_rows(m));
  RP_TRY(load_objective_rows(m));
  RP_TRY(load_neurons(m, region, 0, false));
  return load_neurons(m, region, objective->block - 1, true);
}

static rp_status follow_region(rp_master *m, const rp_region *region) {
  RP_TRY(load_neurons(m, region, 0, false));
  RP_TRY(bound_objective_rows(m, region));
  pool_clip(m->pool, region);
  for (int32_t k = 0; k < m->n_theta; k++)
    if (pool_changed(m->pool, k)) RP_TRY(load_theta(m, k));
  return load_new_thetas(m);
}

static rp_status prepare(rp_master *m, const rp_region *region,
                         const rp_objective *objective) {
  if (m->lp && (rp_lp_is_dead(m->lp) || m->objective.block != objective->block))
    unload(m);
  if (!m->lp)
    RP_TRY(load(m, region, objective));
  else if (!rp_objective_same(&m->objective, objective))
    RP_TRY(change_objective(m, region, objective));
  return follow_region(m, region);
}

/* Multipliers are minus the duals of the accumulators' rows, in their units. */
static void read_multipliers(rp_master *m) {
  const double unit = m->scale[m->objective.block];
  RP_ASSERT(rp_lp_n_rows(m->lp) == row_theta(m) + 1);
  rp_lp_row_duals(m->lp, m->duals);
  memset(m->proposed, 0, (size_t)m->net->n_acc * sizeof *m->proposed);
  for (int32_t k = 0, at = 0; k < m->objective.block; k++)
    for (int32_t i = 0; i < m->net->block[k].n_out; i++, at++)
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

static void read_point(rp_master *m, rp_relaxation *relaxation) {
  rp_lp_col_values(m->lp, m->values);
  memset(relaxation->z, 0, (size_t)m->net->n_acc * sizeof *relaxation->z);
  memset(relaxation->a, 0, (size_t)m->net->n_acc * sizeof *relaxation->a);
  for (int32_t k = 0, at = 0; k < m->objective.block; k++)
    for (int32_t i = 0; i < m->net->block[k].n_out; i++, at++) {
      rp_corners corners;
      rp_stair_find_corners(&m->net->block[k].stair[i], m->region->z_lo[at],
                            m->region->z_hi[at], &corners);
      for (int32_t c = 0; c < corners.n; c++) {
        const double weight = m->values[col_corner(at, c)];
        relaxation->z[at] += weight * corners.z[c];
        relaxation->a[at] += weight * corners.a[c];
      }
    }
  const double unit = m->scale[m->objective.block];
  for (int32_t r = 0; r < m->objective.n_rows; r++)
    relaxation->z[m->below + m->objective.row[r]] =
        m->values[col_z(m, r)] / unit;
  pool_mean(m->pool, m->values + col_theta(m, 0), m->n_theta, relaxation->x);
}

/* Drop columns that have not been in a basis for long. */
static rp_status age_pool(rp_master *m) {
  for (int32_t k = 0; k < m->n_theta; k++)
    if (m->values[col_theta(m, k)] > 1e-9) pool_touch(m->pool, k);
  int32_t drop[POOL_ROOM];
  const int32_t n = pool_choose_old(m->pool, drop);
  if (n == 0) return RP_OK;
  int32_t kept = 0, cols[POOL_ROOM];
  for (int32_t s = 0; s < n; s++)
    if (!rp_lp_col_is_basic(m->lp, col_theta(m, drop[s]))) {
      cols[kept] = col_theta(m, drop[s]);
      drop[kept++] = drop[s];
    }
  RP_TRY(rp_lp_del_cols(m->lp, kept, cols));
  pool_drop(m->pool, kept, drop);
  m->n_theta -= kept;
  RP_ASSERT(m->n_theta >= 0 && m->n_theta <= pool_count(m->pool));
  return RP_OK;
}

/* Ask the dual at lambda; keep it if it is the best yet, and its input as a
 * column. Returns the bound there. */
static double ask(rp_master *m, rp_dual *dual, const double *lambda,
                  double *best, double *best_lambda, bool *is_new) {
  const double bound = rp_dual_value(dual, lambda);
  *is_new = pool_add(m->pool, rp_dual_point(dual));
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
    RP_TRY(load_new_thetas(m));
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
  if (objective->block == 0) return; /* no layer between box and objective */
  if (prepare(master, rp_dual_region(dual), objective) != RP_OK ||
      generate(master, dual, goal, deadline, lambda, relaxation) != RP_OK) {
    relaxation->found = false;
    unload(master);
    return;
  }
  if (!relaxation->found) return;
  read_point(master, relaxation);
  if (age_pool(master) != RP_OK) unload(master);
}
