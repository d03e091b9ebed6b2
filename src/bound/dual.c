/* The dual bound in floating point: its value, which only proposes. The passes
 * with W^T add whole rows, so they vectorize without reordering sums. */
#include "dual_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rampart/memory.h"
#include "rampart/vector.h"

rp_status rp_dual_net_create(const rp_net *net, rp_dual_net **dual_net) {
  rp_dual_net *dn = rp_alloc(1, sizeof *dn);
  if (!dn) return RP_E_MEMORY;
  dn->net = net;
  for (int32_t k = 0; k < net->n_layers; k++) {
    const rp_layer *layer = &net->layer[k];
    const size_t count = (size_t)layer->n_out * (size_t)layer->n_in;
    dn->offset[k + 1] = dn->offset[k] + layer->n_out;
    dn->weight[k] = rp_alloc(count, sizeof(float));
    if (!dn->weight[k]) {
      rp_dual_net_free(dn);
      return RP_E_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
      dn->weight[k][i] = (float)layer->weight[i];
  }
  dn->n_acc = dn->offset[net->n_layers];
  *dual_net = dn;
  return RP_OK;
}

void rp_dual_net_free(rp_dual_net *dual_net) {
  if (!dual_net) return;
  for (int32_t k = 0; k < RP_MAX_LAYERS; k++) free(dual_net->weight[k]);
  free(dual_net);
}

const rp_net *rp_dual_net_net(const rp_dual_net *dual_net) {
  return dual_net->net;
}

rp_status rp_dual_create(const rp_dual_net *dual_net, rp_stats *stats,
                         rp_dual **dual) {
  const size_t n_acc = (size_t)dual_net->n_acc;
  const size_t n_in = (size_t)dual_net->net->n_in;
  rp_dual *d = rp_alloc(1, sizeof *d);
  if (!d) return RP_E_MEMORY;
  d->dual_net = dual_net;
  d->stats = stats;
  d->corner = rp_alloc(n_acc, sizeof *d->corner);
  d->mu = rp_alloc(n_acc, sizeof *d->mu);
  d->nu = rp_alloc(n_in, sizeof *d->nu);
  d->x = rp_alloc(n_in, sizeof *d->x);
  d->descent = rp_descent_create((int32_t)n_acc, (int32_t)n_in);
  d->exact_lambda = rp_alloc(n_acc, sizeof *d->exact_lambda);
  d->exact_mu = rp_alloc(n_acc, sizeof *d->exact_mu);
  d->exact_nu = rp_alloc(n_in, sizeof *d->exact_nu);
  if (!d->corner || !d->mu || !d->nu || !d->x || !d->descent ||
      !d->exact_lambda || !d->exact_mu || !d->exact_nu) {
    rp_dual_free(d);
    return RP_E_MEMORY;
  }
  *dual = d;
  return RP_OK;
}

void rp_dual_free(rp_dual *dual) {
  if (!dual) return;
  free(dual->corner);
  free(dual->mu);
  free(dual->nu);
  free(dual->x);
  rp_descent_free(dual->descent);
  free(dual->exact_lambda);
  free(dual->exact_mu);
  free(dual->exact_nu);
  free(dual);
}

bool rp_objective_same(const rp_objective *a, const rp_objective *b) {
  if (a->n_rows != b->n_rows || a->layer != b->layer) return false;
  for (int32_t r = 0; r < a->n_rows; r++)
    if (a->row[r] != b->row[r] || a->coef[r] != b->coef[r]) return false;
  return true;
}

void rp_dual_set(rp_dual *dual, const rp_region *region,
                 const rp_objective *objective) {
  const rp_net *net = dual->dual_net->net;
  dual->region = region;
  dual->objective = *objective;
  for (int32_t k = 0; k < objective->layer; k++)
    for (int32_t i = 0; i < net->layer[k].n_out; i++) {
      const int32_t at = dual->dual_net->offset[k] + i;
      rp_corners_of(&net->layer[k].stair[i], region->z_lo[at], region->z_hi[at],
                    &dual->corner[at]);
    }
}

const uint8_t *rp_dual_point(const rp_dual *dual) {
  return dual->x;
}
const double *rp_dual_mu(const rp_dual *dual) {
  return dual->mu;
}

/* mu of layer k from the multipliers of layer k + 1. */
void rp_dual_mu_of_layer(rp_dual *dual, int32_t k, const double *lambda) {
  const rp_dual_net *dn = dual->dual_net;
  const int32_t n = dn->net->layer[k].n_out;
  double *mu = dual->mu + dn->offset[k];
  memset(mu, 0, (size_t)n * sizeof *mu);
  const int32_t rows = rp_dual_row_count(dual, k + 1);
  for (int32_t r = 0; r < rows; r++) {
    const int32_t i = rp_dual_row(dual, k + 1, r);
    const double factor = lambda[dn->offset[k + 1] + i];
    if (factor == 0) continue;
    const float *w = dn->weight[k + 1] + (size_t)i * (size_t)n;
    for (int32_t m = 0; m < n; m++) mu[m] += factor * (double)w[m];
  }
}

/* Slope of the hull of the neuron's staircase where the objective pulls. */
static double slope_of_hull(const rp_corners *corners) {
  const int32_t last = corners->n - 1;
  if (corners->a[last] == corners->a[0]) return 0;
  return ((double)corners->a[last] - corners->a[0]) /
         ((double)corners->z[last] - corners->z[0]);
}

void rp_dual_slopes(rp_dual *dual, double *lambda) {
  const rp_dual_net *dn = dual->dual_net;
  const rp_objective *objective = &dual->objective;
  memset(lambda, 0, (size_t)dn->n_acc * sizeof *lambda);
  for (int32_t r = 0; r < objective->n_rows; r++)
    lambda[dn->offset[objective->layer] + objective->row[r]] =
        objective->coef[r];
  for (int32_t k = objective->layer - 1; k >= 0; k--) {
    rp_dual_mu_of_layer(dual, k, lambda);
    for (int32_t at = dn->offset[k]; at < dn->offset[k + 1]; at++)
      lambda[at] = dual->mu[at] * slope_of_hull(&dual->corner[at]);
  }
}

/* nu += factor * w, the hot loop of an evaluation. */
RP_VECTOR_CLONES
static void add_row(float *restrict nu, const float *restrict w, float factor,
                    int32_t n) {
  for (int32_t p = 0; p < n; p++) nu[p] += factor * w[p];
}

/* Two rows at once halve the traffic of nu. */
RP_VECTOR_CLONES
static void add_two_rows(float *restrict nu, const float *restrict w0,
                         const float *restrict w1, float f0, float f1,
                         int32_t n) {
  for (int32_t p = 0; p < n; p++) nu[p] += f0 * w0[p] + f1 * w1[p];
}

RP_VECTOR_CLONES
static double best_inputs(const float *restrict nu, const uint8_t *restrict lo,
                          const uint8_t *restrict hi, uint8_t *restrict x,
                          int32_t n) {
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
  const rp_dual_net *dn = dual->dual_net;
  const int32_t n = dn->net->n_in;
  memset(dual->nu, 0, (size_t)n * sizeof *dual->nu);
  const float *waiting = NULL; /* a row that has no partner yet */
  float waiting_factor = 0;
  const int32_t rows = rp_dual_row_count(dual, 0);
  for (int32_t r = 0; r < rows; r++) {
    const int32_t i = rp_dual_row(dual, 0, r);
    const float factor = (float)lambda[i];
    if (factor == 0) continue;
    const float *w = dn->weight[0] + (size_t)i * (size_t)n;
    if (!waiting) {
      waiting = w;
      waiting_factor = factor;
    } else {
      add_two_rows(dual->nu, waiting, w, waiting_factor, factor, n);
      waiting = NULL;
    }
  }
  if (waiting) add_row(dual->nu, waiting, waiting_factor, n);
}

static double value_of_inputs(rp_dual *dual, const double *lambda) {
  rp_dual_weigh_inputs(dual, lambda);
  return best_inputs(dual->nu, dual->region->x_lo, dual->region->x_hi, dual->x,
                     dual->dual_net->net->n_in);
}

static double value_of_neuron(const rp_dual *dual, int32_t at, double lambda) {
  const rp_corners *c = &dual->corner[at];
  const double mu = dual->mu[at];
  double best = mu * c->a[0] - lambda * c->z[0];
  for (int32_t s = 1; s < c->n; s++)
    best = fmax(best, mu * c->a[s] - lambda * c->z[s]);
  return best;
}

static double value_of_objective_rows(rp_dual *dual, const double *lambda) {
  const rp_objective *objective = &dual->objective;
  const int32_t offset = dual->dual_net->offset[objective->layer];
  double sum = 0;
  for (int32_t r = 0; r < objective->n_rows; r++) {
    const int32_t at = offset + objective->row[r];
    const double weight = objective->coef[r] - lambda[at];
    sum +=
        weight * (weight > 0 ? dual->region->z_hi[at] : dual->region->z_lo[at]);
  }
  return sum;
}

double rp_dual_value_of_biases(const rp_dual *dual, const double *lambda) {
  const rp_dual_net *dn = dual->dual_net;
  double sum = 0;
  for (int32_t k = 0; k <= dual->objective.layer; k++) {
    const int32_t rows = rp_dual_row_count(dual, k);
    for (int32_t r = 0; r < rows; r++) {
      const int32_t i = rp_dual_row(dual, k, r);
      sum += lambda[dn->offset[k] + i] * dn->net->layer[k].bias[i];
    }
  }
  return sum;
}

double rp_dual_value(rp_dual *dual, const double *lambda) {
  const rp_dual_net *dn = dual->dual_net;
  dual->stats->dual_evals++;
  double sum = value_of_objective_rows(dual, lambda);
  for (int32_t k = dual->objective.layer - 1; k >= 0; k--) {
    rp_dual_mu_of_layer(dual, k, lambda);
    for (int32_t at = dn->offset[k]; at < dn->offset[k + 1]; at++)
      sum += value_of_neuron(dual, at, lambda[at]);
  }
  return sum + value_of_inputs(dual, lambda) +
         rp_dual_value_of_biases(dual, lambda);
}
