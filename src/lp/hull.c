/* The hull program of one thread, kept warm.
 *
 * The program is loaded once from the encoding; from node to node only the
 * bounds of inputs and the bounds and facets of neurons whose interval changed
 * are rewritten (rewriting all of them cost 230 pivots a node instead of 90),
 * and the dual simplex goes on from the last basis. */
#include "lp/hull.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "lp/price.h"

struct rp_hull {
  const rp_net *net;
  int32_t threads;
  rp_stats *stats;
  rp_lp *lp;             /* NULL: to be built */
  rp_encoding *encoding; /* as loaded in lp */
  rp_region *region;     /* as loaded in lp */
  rp_objective objective;
  double *price;  /* [n_acc] slack prices of the objective */
  double *duals;  /* [n_rows] */
  double *values; /* [n_cols] */
};

rp_status rp_relaxation_create(const rp_net *net, rp_relaxation **relaxation) {
  const size_t n_acc = (size_t)net->n_acc;
  rp_relaxation *r = rp_alloc(1, sizeof *r);
  double *block = rp_alloc(3 * n_acc + (size_t)net->n_in, sizeof *block);
  if (!r || !block) {
    free(r);
    free(block);
    return RP_E_MEMORY;
  }
  r->lambda = block;
  r->z = block + n_acc;
  r->a = r->z + n_acc;
  r->x = r->a + n_acc;
  *relaxation = r;
  return RP_OK;
}

void rp_relaxation_free(rp_relaxation *relaxation) {
  if (!relaxation) return;
  free(relaxation->lambda);
  free(relaxation);
}

rp_status rp_hull_create(const rp_net *net, int32_t threads, rp_stats *stats,
                         rp_hull **hull) {
  rp_hull *h = rp_alloc(1, sizeof *h);
  if (!h) return RP_E_MEMORY;
  h->net = net;
  h->threads = threads;
  h->stats = stats;
  const size_t n_acc = (size_t)net->n_acc;
  h->price = rp_alloc(n_acc, sizeof *h->price);
  h->duals = rp_alloc(n_acc * (1 + RP_FACETS), sizeof *h->duals);
  h->values = rp_alloc((size_t)net->n_in + 4 * n_acc, sizeof *h->values);
  if (!h->price || !h->duals || !h->values ||
      rp_region_create(net, &h->region) != RP_OK) {
    rp_hull_free(h);
    return RP_E_MEMORY;
  }
  *hull = h;
  return RP_OK;
}

static void unload(rp_hull *hull) {
  rp_lp_free(hull->lp);
  rp_encoding_free(hull->encoding);
  hull->lp = NULL;
  hull->encoding = NULL;
}

void rp_hull_free(rp_hull *hull) {
  if (!hull) return;
  unload(hull);
  rp_region_free(hull->region);
  free(hull->price);
  free(hull->duals);
  free(hull->values);
  free(hull);
}

static rp_status load_row(rp_hull *hull, int32_t row) {
  const rp_encoding *e = hull->encoding;
  const int32_t at = e->start[row];
  RP_TRY(rp_lp_set_row(hull->lp, row, e->start[row + 1] - at, e->col + at,
                       e->value + at));
  return rp_lp_row_bounds(hull->lp, row, e->row_lo[row], e->row_hi[row]);
}

static rp_status load_column(rp_hull *hull, int32_t col) {
  const rp_encoding *e = hull->encoding;
  return rp_lp_col_bounds(hull->lp, col, e->col_lo[col], e->col_hi[col]);
}

static rp_status load(rp_hull *hull, const rp_region *region, int32_t last) {
  RP_TRY(rp_encoding_build(hull->net, region, last, hull->threads,
                           &hull->encoding));
  RP_TRY(rp_lp_create(hull->stats, &hull->lp));
  RP_TRY(rp_lp_add_rows(hull->lp, hull->encoding->n_rows));
  RP_TRY(rp_lp_add_cols(hull->lp, hull->encoding->n_cols));
  for (int32_t row = 0; row < hull->encoding->n_rows; row++)
    RP_TRY(load_row(hull, row));
  for (int32_t col = 0; col < hull->encoding->n_cols; col++)
    RP_TRY(load_column(hull, col));
  rp_region_copy(hull->net, hull->region, region);
  hull->objective.n_rows = 0;
  return RP_OK;
}

static rp_status rewrite_neuron(rp_hull *hull, int32_t k, int32_t i,
                                int32_t acc) {
  rp_encoding *e = hull->encoding;
  rp_encoding_bound(hull->net, hull->region, k, i, e);
  RP_TRY(load_column(hull, rp_encoding_z(hull->net, acc)));
  if (k == e->last) return RP_OK;
  RP_TRY(load_column(hull, rp_encoding_a(hull->net, acc)));
  for (int32_t f = 0; f < RP_FACETS; f++)
    RP_TRY(load_row(hull, e->first_facet + RP_FACETS * acc + f));
  return RP_OK;
}

static rp_status rewrite_what_changed(rp_hull *hull, const rp_region *region) {
  rp_region *old = hull->region;
  for (int32_t p = 0; p < hull->net->n_in; p++) {
    if (old->x_lo[p] == region->x_lo[p] && old->x_hi[p] == region->x_hi[p])
      continue;
    old->x_lo[p] = region->x_lo[p];
    old->x_hi[p] = region->x_hi[p];
    RP_TRY(rp_lp_col_bounds(hull->lp, rp_encoding_x(hull->net, p),
                            region->x_lo[p], region->x_hi[p]));
  }
  for (int32_t k = 0, acc = 0; k <= hull->encoding->last; k++)
    for (int32_t i = 0; i < hull->net->layer[k].n_out; i++, acc++) {
      if (old->z_lo[acc] == region->z_lo[acc] &&
          old->z_hi[acc] == region->z_hi[acc])
        continue;
      old->z_lo[acc] = region->z_lo[acc];
      old->z_hi[acc] = region->z_hi[acc];
      RP_TRY(rewrite_neuron(hull, k, i, acc));
    }
  return RP_OK;
}

static rp_status set_objective(rp_hull *hull, const rp_objective *objective) {
  const rp_net *net = hull->net;
  const int32_t first = net->layer[objective->layer].first;
  price_slacks(net, hull->region, objective, hull->price);
  for (int32_t i = 0; i < net->layer[objective->layer].n_out; i++) {
    double coef = 0;
    bool used = false;
    for (int32_t r = 0; r < objective->n_rows; r++)
      if (objective->row[r] == i) {
        coef = objective->coef[r];
        used = true;
      }
    const double bias = net->layer[objective->layer].bias[i];
    RP_TRY(rp_lp_objective(hull->lp, rp_encoding_z(net, first + i), coef));
    RP_TRY(rp_lp_row_bounds(hull->lp, first + i, used ? bias : -HUGE_VAL,
                            used ? bias : HUGE_VAL));
  }
  for (int32_t acc = 0; acc < hull->encoding->first_facet; acc++)
    for (int32_t side = 0; side < 2; side++)
      RP_TRY(rp_lp_objective(hull->lp, rp_encoding_slack(net, acc) + side,
                             -hull->price[acc]));
  hull->objective = *objective;
  return RP_OK;
}

static rp_status prepare(rp_hull *hull, const rp_region *region,
                         const rp_objective *objective) {
  if (hull->lp &&
      (rp_lp_is_dead(hull->lp) || hull->encoding->last != objective->layer))
    unload(hull);
  if (!hull->lp)
    RP_TRY(load(hull, region, objective->layer));
  else
    RP_TRY(rewrite_what_changed(hull, region));
  return rp_objective_same(&hull->objective, objective)
             ? RP_OK
             : set_objective(hull, objective);
}

static void take_solution(rp_hull *hull, rp_relaxation *relaxation) {
  const rp_net *net = hull->net;
  const int32_t n_acc = net->n_acc;
  rp_lp_row_duals(hull->lp, hull->duals);
  rp_lp_col_values(hull->lp, hull->values);
  relaxation->found = true;
  relaxation->value = rp_lp_value(hull->lp);
  for (int32_t acc = 0; acc < n_acc; acc++) {
    relaxation->lambda[acc] =
        acc < hull->encoding->first_facet ? hull->duals[acc] : 0;
    relaxation->z[acc] = hull->values[rp_encoding_z(net, acc)];
    relaxation->a[acc] = hull->values[rp_encoding_a(net, acc)];
  }
  for (int32_t p = 0; p < net->n_in; p++)
    relaxation->x[p] = hull->values[rp_encoding_x(net, p)];
}

void rp_hull_solve(rp_hull *hull, const rp_region *region,
                   const rp_objective *objective, const rp_deadline *deadline,
                   rp_relaxation *relaxation) {
  relaxation->found = false;
  if (prepare(hull, region, objective) != RP_OK) {
    unload(hull);
    return;
  }
  /* A limit, since GLPK's simplex may cycle for ever. */
  const rp_lp_params params = {.dual = true,
                               .iteration_limit =
                                   1000 + 20 * rp_lp_n_rows(hull->lp),
                               .objective_stop = -HUGE_VAL,
                               .deadline = deadline};
  if (rp_lp_solve(hull->lp, &params) == RP_LP_OPTIMAL)
    take_solution(hull, relaxation);
  else
    unload(hull);
}
