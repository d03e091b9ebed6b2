/* Cuts in the dual bound: each is one more multiplier pi >= 0, in activations.
 * What it says, 0 <= sg rho x / unit + f / unit - sg a, is added pi times: mu
 * of its neuron loses sg pi, nu gains pi sg rho / unit, the value pi f / unit.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/dual_internal.h"
#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

/* Room for the rho of one more cut. */
static bool has_room(rp_dual *dual, int32_t c) {
  int16_t **rho = &dual->cut_rho[c];
  if (!*rho) *rho = rp_alloc((size_t)dual->net->n_in, sizeof **rho);
  return *rho;
}

void rp_dual_use_cuts(rp_dual *dual, const rp_cuts *cuts) {
  int32_t c = 0;
  for (; c < cuts->n && has_room(dual, c); c++)
    dual->cut_bound[c] = rp_cut_bound(dual->net, cuts->cut[c], dual->region,
                                      dual->space, dual->cut_rho[c]);
  dual->cuts = cuts;
  dual->n_cuts = c;
}

double rp_dual_weight(const rp_dual *dual, const double *lambda, int32_t at) {
  const double *pi = rp_dual_pi(dual, lambda);
  double mu = dual->mu[at];
  for (int32_t c = 0; c < dual->n_cuts; c++)
    if (dual->cuts->cut[c]->at == at) mu += dual->cuts->cut[c]->sign * pi[c];
  return mu;
}

void rp_dual_add_cuts_to_mu(rp_dual *dual, int32_t block,
                            const double *lambda) {
  const double *pi = rp_dual_pi(dual, lambda);
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    const rp_cut *cut = dual->cuts->cut[c];
    if (cut->block == block) dual->mu[cut->at] -= cut->sign * pi[c];
  }
}

RP_VECTOR_CLONES
static void add_all(float *restrict nu, const int16_t *restrict rho,
                    float factor, int32_t n) {
#pragma omp simd
  for (int32_t p = 0; p < n; p++) nu[p] += factor * (float)rho[p];
}

static void add_cut_to_nu(const rp_dual *dual, int32_t c, double pi,
                          float *nu) {
  if (pi == 0) return;
  const rp_cut *cut = dual->cuts->cut[c];
  const int16_t *rho = dual->cut_rho[c];
  const float factor = (float)(pi * cut->sign / cut->unit);
  if (!cut->index) add_all(nu, rho, factor, cut->n);
  for (int32_t t = 0; cut->index && t < cut->n; t++)
    nu[cut->index[t]] += factor * (float)rho[t];
}

void rp_dual_add_cuts_to_nu(rp_dual *dual, const double *lambda) {
  const double *pi = rp_dual_pi(dual, lambda);
  for (int32_t c = 0; c < dual->n_cuts; c++)
    add_cut_to_nu(dual, c, pi[c], dual->nu);
}

double rp_dual_leave_cuts_out(const rp_dual *dual, const double *lambda,
                              int32_t at, float *nu) {
  const double *pi = rp_dual_pi(dual, lambda);
  double sum = 0;
  memcpy(nu, dual->nu, (size_t)dual->net->n_in * sizeof *nu);
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    const rp_cut *cut = dual->cuts->cut[c];
    if (cut->at != at) continue;
    add_cut_to_nu(dual, c, -pi[c], nu);
    sum += pi[c] * (double)dual->cut_bound[c] / cut->unit;
  }
  return sum;
}

double rp_dual_value_of_cuts(const rp_dual *dual, const double *lambda) {
  const double *pi = rp_dual_pi(dual, lambda);
  double sum = 0;
  for (int32_t c = 0; c < dual->n_cuts; c++)
    sum += pi[c] * (double)dual->cut_bound[c] / dual->cuts->cut[c]->unit;
  return sum;
}

double rp_dual_scale_of_cut(const rp_dual *dual, int32_t c) {
  const rp_corners *of = &dual->corner[dual->cuts->cut[c]->at];
  return 1.0 / (of->a[of->n - 1] - of->a[0] + 1);
}

RP_VECTOR_CLONES
static float multiply_all(const int16_t *restrict rho, const float *restrict x,
                          int32_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t p = 0; p < n; p++) sum += (float)rho[p] * x[p];
  return sum;
}

double rp_dual_slack_of_cut(const rp_dual *dual, int32_t c, const float *x,
                            const double *a) {
  const rp_cut *cut = dual->cuts->cut[c];
  const int16_t *rho = dual->cut_rho[c];
  double sum = 0;
  if (!cut->index) sum = (double)multiply_all(rho, x, cut->n);
  for (int32_t t = 0; cut->index && t < cut->n; t++)
    sum += (double)((float)rho[t] * x[cut->index[t]]);
  return (cut->sign * sum + (double)dual->cut_bound[c]) / cut->unit -
         cut->sign * a[cut->at];
}

/* Range: |pi| < 2^31 and unit <= 2^21, so that all cuts together add less than
 * 2^61 to a mu; |rho| < 2^16 adds less than 2^56 to a nu. Both stay within 2^62
 * without cuts. */
void rp_dual_round_cuts(rp_dual *dual, const double *lambda) {
  const double *pi = rp_dual_pi(dual, lambda);
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    const double scaled =
        ldexp(fmax(pi[c], 0) / dual->cuts->cut[c]->unit, dual->exact_frac);
    dual->exact_pi[c] = (int64_t)llrint(scaled);
    RP_ASSERT(dual->exact_pi[c] >= 0);
    RP_ASSERT(dual->exact_pi[c] < (int64_t)1 << 31);
  }
}

rp_int128 rp_dual_value_of_cuts_exactly(const rp_dual *dual) {
  rp_int128 sum = 0;
  for (int32_t c = 0; c < dual->n_cuts; c++)
    sum += (rp_int128)dual->exact_pi[c] * dual->cut_bound[c];
  return sum;
}

void rp_dual_add_cuts_to_exact_mu(rp_dual *dual, int32_t block) {
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    const rp_cut *cut = dual->cuts->cut[c];
    if (cut->block != block) continue;
    dual->exact_mu[cut->at] -= dual->exact_pi[c] * cut->unit * cut->sign;
  }
}

RP_VECTOR_CLONES
static void add_all_exactly(int64_t *restrict nu, const int16_t *restrict rho,
                            int32_t factor, int32_t n) {
#pragma omp simd
  for (int32_t p = 0; p < n; p++) nu[p] += (int64_t)factor * rho[p];
}

void rp_dual_add_cuts_to_exact_nu(rp_dual *dual) {
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    const rp_cut *cut = dual->cuts->cut[c];
    const int16_t *rho = dual->cut_rho[c];
    const int32_t factor = (int32_t)dual->exact_pi[c] * cut->sign;
    if (factor == 0) continue;
    if (!cut->index) add_all_exactly(dual->exact_nu, rho, factor, cut->n);
    for (int32_t t = 0; cut->index && t < cut->n; t++)
      dual->exact_nu[cut->index[t]] += (int64_t)factor * rho[t];
  }
}
