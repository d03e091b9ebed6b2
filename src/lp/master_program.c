/* The master program: rows, columns and how they follow the region.
 *
 * Rows, all accumulators in units of a step and about a centre:
 *   acc i             sum_m W_im a_m - z_i + s+ - s- = -b_i
 *   objective row r   sum_m W_rm a_m - z_r + s+ - s- = -b_r
 *   convexity         sum_c w_ic = 1 a neuron, sum_k theta_k = 1
 * where m runs over the neurons that i reads, a_m stands for sum_c A_mc w_mc
 * and z_i for sum_c Z_ic w_ic. What accumulators read from the input comes from
 * its vertices: sum_k theta_k (W x^k + b)_i, bias included. A maximum (a neuron
 * with max pooling) has vertices of its own in place of corners: places of all
 * its accumulators, and its value there. Six corner columns w_ic a neuron, two
 * slacks an accumulator, z_r within its interval, vertices at the end. What
 * steps of a table reach beyond their corners (rp_corners) is left out: the
 * program proposes, and the exact bound counts it. */
#include <math.h>
#include <string.h>

#include "core/assert.h"
#include "lp/master_internal.h"
#include "lp/price.h"

/* Is a block the source of a term of another one? */
static bool is_read_by(const rp_use *use, int32_t n_uses, int32_t block) {
  for (int32_t u = 0; u < n_uses; u++)
    if (use[u].block == block) return true;
  return false;
}

static bool reads_input(const rp_master *m, int32_t k) {
  return is_read_by(m->net->use, m->net->n_uses, k);
}

/* ------------------------------------------------------------------ columns */

/* Two terms of a block may read the same neuron. */
static void add_reader(readers *r, int32_t row, double worth) {
  if (worth == 0) return;
  if (r->place[row] == 0) {
    r->row[r->n] = row;
    r->worth[r->n] = 0;
    r->place[row] = ++r->n;
  }
  r->worth[r->place[row] - 1] += worth;
}

static void add_readers_of_use(rp_master *m, const rp_use *use,
                               int32_t neuron) {
  const rp_block *above = &m->net->block[use->block];
  const rp_op *op = above->term[use->term].op;
  const double scale = m->scale[use->block];
  if (use->block == m->objective.block) {
    for (int32_t r = 0; r < m->objective.n_rows; r++)
      add_reader(&m->readers, row_objective(m, r),
                 rp_op_weight(op, m->objective.row[r], neuron) * scale);
    return;
  }
  const rp_taps taps = rp_op_column(op, neuron, m->space);
  for (int32_t t = 0; t < taps.n; t++)
    add_reader(&m->readers, row_acc(above->first + rp_taps_index(taps, t)),
               taps.weight[t] * scale);
}

static void list_readers(rp_master *m, int32_t k, int32_t neuron) {
  readers *r = &m->readers;
  while (r->n > 0) r->place[r->row[--r->n]] = 0;
  const rp_block *block = &m->net->block[k];
  for (int32_t u = 0; u < block->n_uses; u++)
    if (block->use[u].block <= m->objective.block)
      add_readers_of_use(m, &block->use[u], neuron);
}

/* A column begins: activation a in the rows that read its neuron. */
static int32_t fill_activation(const rp_master *m, int32_t a) {
  if (a == 0) return 0;
  for (int32_t n = 0; n < m->readers.n; n++) {
    m->index[n] = m->readers.row[n];
    m->entry[n] = a * m->readers.worth[n];
  }
  return m->readers.n;
}

/* It goes on: accumulator z in its own row. */
static int32_t put_place(const rp_master *m, int32_t k, int32_t at, int32_t z,
                         int32_t n) {
  m->index[n] = row_acc(at);
  m->entry[n] = -(z - m->centre[at]) * m->scale[k];
  return n + 1;
}

/* And ends: 1 in a row of convexity. */
static rp_status set_column(rp_master *m, int32_t col, int32_t row, int32_t n) {
  m->index[n] = row;
  m->entry[n++] = 1;
  RP_TRY(rp_lp_set_col(m->lp, col, n, m->index, m->entry));
  return rp_lp_col_bounds(m->lp, col, 0, HUGE_VAL);
}

/* The six corner columns of a neuron, for its interval in m->region. */
static rp_status load_neuron(rp_master *m, int32_t k, int32_t i, int32_t at) {
  rp_corners corners;
  rp_stair_find_corners(&m->net->block[k].stair[i], m->region->z_lo[at],
                        m->region->z_hi[at], &corners);
  list_readers(m, k, i);
  for (int32_t c = 0; c < RP_MAX_CORNERS; c++) {
    const int32_t col = col_corner(at, c);
    if (c >= corners.n) {
      RP_TRY(rp_lp_col_bounds(m->lp, col, 0, 0));
      continue;
    }
    const int32_t n = fill_activation(m, corners.a[c]);
    RP_TRY(set_column(m, col, row_convex(m, at),
                      put_place(m, k, at, corners.z[c], n)));
  }
  return RP_OK;
}

/* Columns of a block's neurons whose interval changed; all of them if asked. */
static rp_status load_block(rp_master *m, const rp_region *region, int32_t k,
                            bool all) {
  const rp_block *block = &m->net->block[k];
  if (block->owner) return RP_OK;
  for (int32_t i = 0, at = block->first; i < block->n_out; i++, at++) {
    if (!all && m->region->z_lo[at] == region->z_lo[at] &&
        m->region->z_hi[at] == region->z_hi[at])
      continue;
    m->region->z_lo[at] = region->z_lo[at];
    m->region->z_hi[at] = region->z_hi[at];
    RP_TRY(load_neuron(m, k, i, at));
  }
  return RP_OK;
}

static rp_status load_theta(rp_master *m, int32_t v) {
  const int32_t last = m->objective.block;
  const int32_t *given = pool_given(m->pool, v);
  int32_t n = 0;
  for (int32_t k = 0; k < last; k++)
    for (int32_t at = m->net->block[k].first;
         reads_input(m, k) && at < rp_block_end(&m->net->block[k]); at++) {
      m->index[n] = row_acc(at);
      m->entry[n++] = (given[at] - m->centre[at]) * m->scale[k];
    }
  for (int32_t r = 0; reads_input(m, last) && r < m->objective.n_rows; r++) {
    m->index[n] = row_objective(m, r);
    m->entry[n++] = given[m->below + m->objective.row[r]] * m->scale[last];
  }
  return set_column(m, col_theta(m, v), row_theta(m), n);
}

/* A vertex's column of one maximum. */
static rp_status load_maximum(rp_master *m, int32_t v, int32_t k, int32_t i,
                              int32_t col) {
  const rp_block *block = &m->net->block[k];
  const rp_rows members = rp_block_members(block, i);
  list_readers(m, k, i);
  int32_t n = fill_activation(m, pool_maximum(m->pool, v, k, i));
  for (int32_t s = 0; s < members.n; s++) {
    const int32_t at = block->first + members.row[s];
    n = put_place(m, k, at, pool_z(m->pool, v)[at], n);
  }
  return set_column(m, col, row_convex(m, block->first + i), n);
}

static rp_status load_vertex(rp_master *m, int32_t v) {
  int32_t col = col_theta(m, v);
  RP_ASSERT(v < POOL_ROOM);
  RP_TRY(load_theta(m, v));
  for (int32_t k = 0; k < m->objective.block; k++)
    for (int32_t i = 0; m->net->block[k].owner && i < m->net->block[k].n_out;
         i++)
      RP_TRY(load_maximum(m, v, k, i, ++col));
  return RP_OK;
}

rp_status master_load_vertices(rp_master *m) {
  const int32_t missing = pool_count(m->pool) - m->n_loaded;
  RP_ASSERT(missing >= 0);
  if (missing > 0)
    RP_TRY(rp_lp_add_cols(m->lp, missing * count_vertex_columns(m)));
  for (; m->n_loaded < pool_count(m->pool); m->n_loaded++)
    RP_TRY(load_vertex(m, m->n_loaded));
  return RP_OK;
}

/* --------------------------------------------------------------------- rows */

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

/* Right-hand sides and slack prices of a block below the objective, in the
 * objective's unit. Maxima need fewer rows of convexity than they have
 * accumulators. */
static rp_status load_rows_of_block(rp_master *m, int32_t k) {
  const rp_block *block = &m->net->block[k];
  const double scale = m->scale[k], unit = m->scale[m->objective.block];
  const bool is_fed = reads_input(m, k);
  for (int32_t i = 0, at = block->first; i < block->n_acc; i++, at++) {
    const double right = is_fed ? 0 : (m->centre[at] - block->bias[i]) * scale;
    const double convex = i < block->n_out;
    RP_TRY(rp_lp_row_bounds(m->lp, row_acc(at), right, right));
    RP_TRY(rp_lp_row_bounds(m->lp, row_convex(m, at), convex, convex));
    RP_TRY(load_slack(m, row_acc(at), m->price[at] * unit / scale));
  }
  return RP_OK;
}

static rp_status load_objective_rows(rp_master *m) {
  const rp_objective *objective = &m->objective;
  const rp_block *block = &m->net->block[objective->block];
  const double scale = m->scale[objective->block];
  const bool is_fed = reads_input(m, objective->block);
  for (int32_t r = 0; r < RP_OBJECTIVE_ROWS; r++) {
    const int32_t row = row_objective(m, r);
    const bool used = r < objective->n_rows;
    const double right =
        used && !is_fed ? -block->bias[objective->row[r]] * scale : 0;
    const double minus = -1;
    RP_TRY(rp_lp_row_bounds(m->lp, row, right, right));
    RP_TRY(rp_lp_set_col(m->lp, col_z(m, r), 1, &row, &minus));
    RP_TRY(rp_lp_objective(m->lp, col_z(m, r), used ? objective->coef[r] : 0));
    const int32_t at = m->below + (used ? objective->row[r] : 0);
    RP_TRY(load_slack(m, row, used ? m->price[at] : 0));
  }
  return RP_OK;
}

static rp_status load_rows(rp_master *m) {
  for (int32_t k = 0; k < m->objective.block; k++)
    RP_TRY(load_rows_of_block(m, k));
  RP_TRY(rp_lp_row_bounds(m->lp, row_theta(m), 1, 1));
  return load_objective_rows(m);
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

/* -------------------------------------------------------------- the program */

static void choose_units(rp_master *m, const rp_region *region) {
  for (int32_t k = 0, at = 0; k < m->net->n_blocks; k++) {
    m->scale[k] = 1 / fmax(1, rp_stair_unit(&m->net->block[k].stair[0]));
    RP_ASSERT(m->scale[k] > 0 && m->scale[k] <= 1);
    for (int32_t i = 0; i < m->net->block[k].n_acc; i++, at++)
      m->centre[at] = floor(((double)region->z_lo[at] + region->z_hi[at]) / 2);
  }
}

static rp_status load(rp_master *m, const rp_region *region,
                      const rp_objective *objective) {
  m->objective = *objective;
  m->below = m->net->block[objective->block].first;
  choose_units(m, region);
  price_slacks(m->net, region, objective, m->trial, m->price);
  rp_region_copy(m->net, m->region, region);
  RP_TRY(rp_lp_create(m->stats, &m->lp));
  RP_TRY(rp_lp_add_rows(m->lp, row_theta(m) + 1));
  RP_TRY(rp_lp_add_cols(m->lp, col_theta(m, 0)));
  RP_TRY(load_rows(m));
  for (int32_t k = 0; k < objective->block; k++)
    RP_TRY(load_block(m, region, k, true));
  m->n_loaded = 0;
  return bound_objective_rows(m, region);
}

/* Do its rows appear in the columns of vertices? */
static bool reads_vertices(const rp_master *m, int32_t block) {
  bool reads = reads_input(m, block);
  for (int32_t k = 0; k < block; k++) {
    const rp_block *source = &m->net->block[k];
    reads |= source->owner && is_read_by(source->use, source->n_uses, block);
  }
  return reads;
}

/* Another part or rival: only rows of the objective and what they read. */
static rp_status change_objective(rp_master *m, const rp_region *region,
                                  const rp_objective *objective) {
  m->objective = *objective;
  price_slacks(m->net, region, objective, m->trial, m->price);
  RP_TRY(load_rows(m));
  for (int32_t k = 0; k < objective->block; k++) {
    const rp_block *block = &m->net->block[k];
    const bool all = is_read_by(block->use, block->n_uses, objective->block);
    RP_TRY(load_block(m, region, k, all));
  }
  if (reads_vertices(m, objective->block))
    for (int32_t v = 0; v < m->n_loaded; v++) RP_TRY(load_vertex(m, v));
  return RP_OK;
}

static rp_status follow_region(rp_master *m, const rp_region *region) {
  for (int32_t k = 0; k < m->objective.block; k++)
    RP_TRY(load_block(m, region, k, false));
  RP_TRY(bound_objective_rows(m, region));
  pool_clip(m->pool, region);
  for (int32_t v = 0; v < m->n_loaded; v++)
    if (pool_changed(m->pool, v)) RP_TRY(load_vertex(m, v));
  return master_load_vertices(m);
}

void master_unload(rp_master *m) {
  rp_lp_free(m->lp);
  m->lp = NULL;
  m->n_loaded = 0;
}

rp_status master_prepare(rp_master *m, const rp_region *region,
                         const rp_objective *objective) {
  if (m->lp && (rp_lp_is_dead(m->lp) || m->objective.block != objective->block))
    master_unload(m);
  if (!m->lp)
    RP_TRY(load(m, region, objective));
  else if (!rp_objective_same(&m->objective, objective))
    RP_TRY(change_objective(m, region, objective));
  return follow_region(m, region);
}
