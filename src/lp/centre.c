/* The Chebyshev-like centre of a box within intervals of the first
 * accumulators.
 *
 * Rows come in pairs, w_i x - t >= lo_i - b_i and w_i x + t <= hi_i - b_i, for
 * those accumulators alone that the box lets out of their intervals: a handful,
 * where all 64 would cost ten times as much. As long as the box shrinks the
 * others stay inside, and only bounds are rewritten. */
#include "lp/centre.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "net/op_dense.h"

struct rp_centre {
  const rp_net *net;
  rp_stats *stats;
  rp_lp *lp;         /* NULL: to be built */
  rp_region *region; /* as built, but for the bounds */
  int32_t n_rows;    /* pairs of rows in lp */
  int32_t *row;      /* [first layer] their accumulators */
  int32_t *index;    /* [n_in + 1] */
  double *entry;     /* [n_in + 1] */
  double *duals;     /* [2 * first layer] */
  double *values;    /* [n_in + 1] */
};

bool rp_centre_is_for(const rp_net *net) {
  const rp_block *first = &net->block[0];
  return net->n_uses == 1 && !first->owner &&
         rp_op_dense_weights(first->term[0].op);
}

rp_status rp_centre_create(const rp_net *net, rp_stats *stats,
                           rp_centre **centre) {
  rp_centre *c = rp_alloc(1, sizeof *c);
  if (!c) return RP_E_MEMORY;
  c->net = net;
  c->stats = stats;
  const size_t cols = (size_t)net->n_in + 1, n = (size_t)net->block[0].n_out;
  c->row = rp_alloc(n, sizeof *c->row);
  c->index = rp_alloc(cols, sizeof *c->index);
  c->entry = rp_alloc(cols, sizeof *c->entry);
  c->duals = rp_alloc(2 * n, sizeof *c->duals);
  c->values = rp_alloc(cols, sizeof *c->values);
  if (!c->row || !c->index || !c->entry || !c->duals || !c->values ||
      rp_region_create(net, &c->region) != RP_OK) {
    rp_centre_free(c);
    return RP_E_MEMORY;
  }
  *centre = c;
  return RP_OK;
}

static void unload(rp_centre *centre) {
  rp_lp_free(centre->lp);
  centre->lp = NULL;
}

void rp_centre_free(rp_centre *centre) {
  if (!centre) return;
  unload(centre);
  rp_region_free(centre->region);
  free(centre->row);
  free(centre->index);
  free(centre->entry);
  free(centre->duals);
  free(centre->values);
  free(centre);
}

static const int16_t *get_weights(rp_centre *c, int32_t i) {
  return rp_op_dense_row(c->net->block[0].term[0].op, i);
}

/* Does the box let an accumulator out of its interval? */
static bool is_let_out(rp_centre *c, const rp_region *region, int32_t i) {
  const int16_t *w = get_weights(c, i);
  int64_t lo = c->net->block[0].bias[i], hi = lo;
  for (int32_t p = 0; p < c->net->n_in; p++) {
    lo += w[p] * (w[p] > 0 ? region->x_lo[p] : region->x_hi[p]);
    hi += w[p] * (w[p] > 0 ? region->x_hi[p] : region->x_lo[p]);
  }
  return lo < region->z_lo[i] || hi > region->z_hi[i];
}

static rp_status load_row(rp_centre *c, int32_t row, int32_t i, double t) {
  const int16_t *w = get_weights(c, i);
  int32_t n = 0;
  for (int32_t p = 0; p < c->net->n_in; p++) {
    if (w[p] == 0) continue;
    c->index[n] = p;
    c->entry[n++] = w[p];
  }
  c->index[n] = c->net->n_in;
  c->entry[n++] = t;
  return rp_lp_set_row(c->lp, row, n, c->index, c->entry);
}

static rp_status load(rp_centre *c, const rp_region *region,
                      const bool *counts) {
  c->n_rows = 0;
  for (int32_t i = 0; i < c->net->block[0].n_out; i++)
    if (counts[i] && is_let_out(c, region, i)) c->row[c->n_rows++] = i;
  if (c->n_rows == 0) return RP_E_NUMERIC;
  rp_region_copy(c->net, c->region, region);
  RP_TRY(rp_lp_create(c->stats, &c->lp));
  RP_TRY(rp_lp_add_rows(c->lp, 2 * c->n_rows));
  RP_TRY(rp_lp_add_cols(c->lp, c->net->n_in + 1));
  for (int32_t r = 0; r < c->n_rows; r++) {
    RP_TRY(load_row(c, 2 * r, c->row[r], -1));
    RP_TRY(load_row(c, 2 * r + 1, c->row[r], 1));
  }
  RP_TRY(rp_lp_col_bounds(c->lp, c->net->n_in, -HUGE_VAL, HUGE_VAL));
  return rp_lp_objective(c->lp, c->net->n_in, 1);
}

/* Bounds only: the box and the intervals have shrunk, if anything. */
static rp_status follow_region(rp_centre *c, const rp_region *region) {
  for (int32_t p = 0; p < c->net->n_in; p++)
    RP_TRY(rp_lp_col_bounds(c->lp, p, region->x_lo[p], region->x_hi[p]));
  for (int32_t r = 0; r < c->n_rows; r++) {
    const int32_t i = c->row[r];
    RP_ASSERT(region->z_lo[i] <= region->z_hi[i]);
    const double bias = c->net->block[0].bias[i];
    RP_TRY(rp_lp_row_bounds(c->lp, 2 * r, region->z_lo[i] - bias, HUGE_VAL));
    RP_TRY(
        rp_lp_row_bounds(c->lp, 2 * r + 1, -HUGE_VAL, region->z_hi[i] - bias));
  }
  return RP_OK;
}

/* Does the program as built hold for a region? */
static bool is_region_covered(const rp_centre *c, const rp_region *region) {
  for (int32_t p = 0; p < c->net->n_in; p++)
    if (region->x_lo[p] < c->region->x_lo[p] ||
        region->x_hi[p] > c->region->x_hi[p])
      return false;
  for (int32_t i = 0; i < c->net->block[0].n_out; i++)
    if (region->z_lo[i] < c->region->z_lo[i] ||
        region->z_hi[i] > c->region->z_hi[i])
      return false;
  return true;
}

static void take_solution(rp_centre *c, rp_relaxation *relaxation) {
  RP_ASSERT(c->n_rows > 0);
  relaxation->found = true;
  relaxation->value = rp_lp_value(c->lp);
  memset(relaxation->lambda, 0,
         (size_t)c->net->n_acc * sizeof *relaxation->lambda);
  rp_lp_row_duals(c->lp, c->duals);
  for (int32_t r = 0; r < c->n_rows; r++)
    relaxation->lambda[c->row[r]] = -c->duals[2 * r] - c->duals[2 * r + 1];
  rp_lp_col_values(c->lp, c->values);
  memcpy(relaxation->x, c->values,
         (size_t)c->net->n_in * sizeof *relaxation->x);
}

void rp_centre_solve(rp_centre *centre, const rp_region *region,
                     const bool *counts, const rp_deadline *deadline,
                     rp_relaxation *relaxation) {
  relaxation->found = false;
  if (centre->lp &&
      (rp_lp_is_dead(centre->lp) || !is_region_covered(centre, region)))
    unload(centre);
  if ((!centre->lp && load(centre, region, counts) != RP_OK) ||
      follow_region(centre, region) != RP_OK) {
    unload(centre);
    return;
  }
  /* A limit, since GLPK's simplex may cycle for ever. */
  const rp_lp_params params = {.dual = true,
                               .iteration_limit =
                                   1000 + 20 * rp_lp_n_rows(centre->lp),
                               .objective_stop = -HUGE_VAL,
                               .deadline = deadline};
  if (rp_lp_solve(centre->lp, &params) == RP_LP_OPTIMAL)
    take_solution(centre, relaxation);
  else
    unload(centre);
}
