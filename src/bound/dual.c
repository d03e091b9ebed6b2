/* The dual bound in floating point: its value, which only proposes. */
#include "bound/dual_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/slopes.h"
#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

rp_status rp_dual_create(const rp_net *net, rp_stats *stats, rp_dual **dual) {
  const size_t n_acc = (size_t)net->n_acc, n_in = (size_t)net->n_in;
  rp_dual *d = rp_alloc(1, sizeof *d);
  if (!d) return RP_E_MEMORY;
  d->net = net;
  d->stats = stats;
  d->corner = rp_alloc(n_acc, sizeof *d->corner);
  d->mu = rp_alloc(n_acc, sizeof *d->mu);
  d->nu = rp_alloc(n_in, sizeof *d->nu);
  d->probe_nu = rp_alloc(n_in, sizeof *d->probe_nu);
  d->x = rp_alloc(n_in, sizeof *d->x);
  d->space.index = rp_alloc((size_t)net->widest, sizeof *d->space.index);
  d->space.weight = rp_alloc((size_t)net->widest, sizeof *d->space.weight);
  d->descent = rp_descent_create(net);
  d->exact_lambda = rp_alloc(n_acc, sizeof *d->exact_lambda);
  d->exact_mu = rp_alloc(n_acc, sizeof *d->exact_mu);
  d->exact_nu = rp_alloc(n_in, sizeof *d->exact_nu);
  d->view_memory = rp_alloc(rp_ball_view_bytes(net->n_in), 1);
  d->items.gain = rp_alloc(n_in, sizeof *d->items.gain);
  d->items.units = rp_alloc(n_in, sizeof *d->items.units);
  d->exact_items.gain = rp_alloc(n_in, sizeof *d->exact_items.gain);
  d->exact_items.units = rp_alloc(n_in, sizeof *d->exact_items.units);
  if (!d->corner || !d->mu || !d->nu || !d->probe_nu || !d->x ||
      !d->space.index || !d->space.weight || !d->descent || !d->exact_lambda ||
      !d->exact_mu || !d->exact_nu || !d->view_memory || !d->items.gain ||
      !d->items.units || !d->exact_items.gain || !d->exact_items.units) {
    rp_dual_free(d);
    return RP_E_MEMORY;
  }
  *dual = d;
  return RP_OK;
}

void rp_dual_free(rp_dual *dual) {
  if (!dual) return;
  for (int32_t c = 0; c < RP_MOST_CUTS; c++) free(dual->cut_rho[c]);
  free(dual->corner);
  free(dual->mu);
  free(dual->nu);
  free(dual->probe_nu);
  free(dual->x);
  free(dual->space.index);
  free(dual->space.weight);
  rp_descent_free(dual->descent);
  free(dual->exact_lambda);
  free(dual->exact_mu);
  free(dual->exact_nu);
  free(dual->view_memory);
  free(dual->items.gain);
  free(dual->items.units);
  free(dual->exact_items.gain);
  free(dual->exact_items.units);
  free(dual);
}

bool rp_objective_same(const rp_objective *a, const rp_objective *b) {
  if (a->n_rows != b->n_rows || a->block != b->block) return false;
  for (int32_t r = 0; r < a->n_rows; r++)
    if (a->row[r] != b->row[r] || a->coef[r] != b->coef[r]) return false;
  return true;
}

/* Rows are distinct accumulators of the block. */
static bool is_objective(const rp_net *net, const rp_objective *o) {
  if (o->block < 0 || o->block >= net->n_blocks) return false;
  if (o->n_rows < 1 || o->n_rows > RP_OBJECTIVE_ROWS) return false;
  for (int32_t r = 0; r < o->n_rows; r++)
    if (o->row[r] < 0 || o->row[r] >= net->block[o->block].n_acc ||
        abs(o->coef[r]) > RP_MOST_COEF)
      return false;
  return o->n_rows == 1 || o->row[0] != o->row[1];
}

/* Are these the corners over the accumulator's interval already? They begin at
 * its lower end and end at its upper one. */
static bool has_corners_of(const rp_corners *c, const rp_region *region,
                           int32_t at) {
  return c->n > 0 && c->z[0] == region->z_lo[at] &&
         c->z[c->n - 1] == region->z_hi[at];
}

void rp_dual_set(rp_dual *dual, const rp_region *region,
                 const rp_objective *objective) {
  const rp_net *net = dual->net;
  dual->region = region;
  RP_ASSERT(is_objective(net, objective));
  dual->objective = *objective;
  dual->n_cuts = 0;
  rp_ball_look(net, region, dual->view_memory, &dual->view);
  for (int32_t k = 0; k < objective->block; k++)
    for (int32_t i = 0; i < net->block[k].n_acc; i++) {
      const int32_t at = dual->net->block[k].first + i;
      if (has_corners_of(&dual->corner[at], region, at)) continue;
      rp_stair_find_corners(&net->block[k].stair[i], region->z_lo[at],
                            region->z_hi[at], &dual->corner[at]);
    }
}

const rp_net *rp_dual_net(const rp_dual *dual) {
  return dual->net;
}

const rp_region *rp_dual_region(const rp_dual *dual) {
  return dual->region;
}

const rp_objective *rp_dual_objective(const rp_dual *dual) {
  return &dual->objective;
}

const uint8_t *rp_dual_point(const rp_dual *dual) {
  return dual->x;
}
const float *rp_dual_nu(const rp_dual *dual) {
  return dual->nu;
}
const double *rp_dual_mu(const rp_dual *dual) {
  return dual->mu;
}

/* mu of block k from the multipliers of the blocks that read it. */
void rp_dual_mu_of_block(rp_dual *dual, int32_t k, const double *lambda) {
  const rp_block *block = &dual->net->block[k];
  double *mu = dual->mu + block->first;
  memset(mu, 0, (size_t)block->n_out * sizeof *mu);
  for (int32_t u = 0; u < block->n_uses; u++) {
    const rp_use *use = &block->use[u];
    if (use->block > dual->objective.block) break;
    const rp_block *above = &dual->net->block[use->block];
    const rp_op *op = above->term[use->term].op;
    op->kind->transpose(op, rp_dual_rows(dual, use->block),
                        lambda + above->first, mu);
  }
  rp_dual_add_cuts_to_mu(dual, k, lambda);
}

void rp_dual_slopes(rp_dual *dual, double *lambda) {
  RP_ASSERT(dual->region);
  const rp_net *net = dual->net;
  const rp_objective *objective = &dual->objective;
  memset(lambda, 0, (size_t)(net->n_acc + dual->n_cuts) * sizeof *lambda);
  for (int32_t r = 0; r < objective->n_rows; r++)
    lambda[net->block[objective->block].first + objective->row[r]] =
        objective->coef[r];
  for (int32_t k = objective->block - 1; k >= 0; k--) {
    rp_dual_mu_of_block(dual, k, lambda);
    const rp_block *block = &net->block[k];
    for (int32_t i = 0; i < block->n_acc; i++) {
      const int32_t at = block->first + i;
      const double mu = dual->mu[block->first + rp_block_owner(block, i)];
      if (mu == 0) continue;
      lambda[at] =
          mu * rp_slope_choose(&block->stair[i], dual->region->z_lo[at],
                               dual->region->z_hi[at], mu > 0);
    }
  }
}

RP_VECTOR_CLONES
static double choose_best_inputs(const float *restrict nu,
                                 const uint8_t *restrict lo,
                                 const uint8_t *restrict hi,
                                 uint8_t *restrict x, int32_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t p = 0; p < n; p++) {
    const uint8_t best = nu[p] > 0 ? hi[p] : lo[p];
    x[p] = best;
    sum += (double)(nu[p] * (float)best);
  }
  return sum;
}

void rp_dual_weigh_inputs(rp_dual *dual, const double *lambda) {
  const rp_net *net = dual->net;
  memset(dual->nu, 0, (size_t)net->n_in * sizeof *dual->nu);
  for (int32_t u = 0; u < net->n_uses; u++) {
    const rp_use *use = &net->use[u];
    if (use->block > dual->objective.block) break;
    const rp_block *above = &net->block[use->block];
    const rp_op *op = above->term[use->term].op;
    op->kind->transpose_float(op, rp_dual_rows(dual, use->block),
                              lambda + above->first, dual->nu);
  }
  rp_dual_add_cuts_to_nu(dual, lambda);
}

static double evaluate_inputs(rp_dual *dual, const double *lambda) {
  rp_dual_weigh_inputs(dual, lambda);
  if (dual->view.is_used)
    return rp_ball_maximize(&dual->view, dual->nu, dual->net->n_in,
                            &dual->items, dual->x, &dual->price);
  return choose_best_inputs(dual->nu, dual->region->x_lo, dual->region->x_hi,
                            dual->x, dual->net->n_in);
}

static double evaluate_neuron(const rp_dual *dual, int32_t at, double lambda) {
  const rp_corners *c = &dual->corner[at];
  const double mu = dual->mu[at];
  double best = mu * c->a[0] - lambda * c->z[0];
  for (int32_t s = 1; s < c->n; s++)
    best = fmax(best, mu * c->a[s] - lambda * c->z[s]);
  return best + fabs(lambda) * c->slack;
}

/* The terms of a block's neurons, added to a sum: its order is kept, as
 * searches depend on every bit. */
static double add_block(const rp_dual *dual, int32_t k, const double *lambda,
                        double sum) {
  const rp_block *block = &dual->net->block[k];
  const bool short_steps = steps_are_short(block);
  for (int32_t i = 0; i < block->n_out; i++) {
    const int32_t at = block->first + i;
    if (short_steps && steps_matter(&block->stair[i], &dual->corner[at])) {
      const steps s = rp_dual_steps(dual, k, i);
      sum += steps_evaluate(&s, dual->mu[at], lambda[at]);
      continue;
    }
    if (!block->owner) {
      sum += evaluate_neuron(dual, at, lambda[at]);
      continue;
    }
    const group g = rp_dual_group(dual, k, i);
    sum +=
        group_evaluate(&g, dual->mu[at], lambda + block->first, 0, NULL).bound;
  }
  return sum;
}

void rp_dual_place_maxima(const rp_dual *dual, const double *lambda,
                          double *z) {
  for (int32_t k = 0; k < dual->objective.block; k++) {
    const rp_block *block = &dual->net->block[k];
    for (int32_t i = 0; block->owner && i < block->n_out; i++) {
      const group g = rp_dual_group(dual, k, i);
      group_evaluate(&g, dual->mu[block->first + i], lambda + block->first, 0,
                     z + block->first);
    }
  }
}

static double evaluate_objective_rows(rp_dual *dual, const double *lambda) {
  const rp_objective *objective = &dual->objective;
  const int32_t offset = dual->net->block[objective->block].first;
  double sum = 0;
  for (int32_t r = 0; r < objective->n_rows; r++) {
    const int32_t at = offset + objective->row[r];
    RP_ASSERT(dual->region->z_lo[at] <= dual->region->z_hi[at]);
    const double weight = objective->coef[r] - lambda[at];
    sum +=
        weight * (weight > 0 ? dual->region->z_hi[at] : dual->region->z_lo[at]);
  }
  return sum;
}

double rp_dual_value_of_biases(const rp_dual *dual, const double *lambda) {
  const rp_net *net = dual->net;
  double sum = rp_dual_value_of_cuts(dual, lambda);
  for (int32_t k = 0; k <= dual->objective.block; k++) {
    const rp_rows rows = rp_dual_rows(dual, k);
    for (int32_t r = 0; r < rows.n; r++) {
      const int32_t i = rp_rows_get(rows, r);
      sum += lambda[net->block[k].first + i] * net->block[k].bias[i];
    }
  }
  return sum;
}

double rp_dual_value(rp_dual *dual, const double *lambda) {
  dual->stats->dual_evals++;
  double sum = evaluate_objective_rows(dual, lambda);
  RP_ASSERT(dual->region);
  for (int32_t k = dual->objective.block - 1; k >= 0; k--) {
    rp_dual_mu_of_block(dual, k, lambda);
    sum = add_block(dual, k, lambda, sum);
  }
  return sum + evaluate_inputs(dual, lambda) +
         rp_dual_value_of_biases(dual, lambda);
}
