/* The dual bound as a function of a single multiplier, to predict the gain of a
 * split.
 *
 * With t added to the multiplier of accumulator i of a block, only three things
 * change: i's own term (over the cut interval), the bias, and the terms of the
 * sources, whose weights mu or nu gain t times row i. The sum is convex in t,
 * and its slope is forward minus z, so a bracket and a few halvings find the
 * least value. A source that two terms of the block read is counted as if they
 * were two, and the price at which a ball is spent stays as it was: the
 * estimate is then rougher.
 *
 * Cuts of accumulator i say little where its interval is cut, and are left out;
 * those of others stay in use. */
#include <math.h>

#include "bound/dual_internal.h"
#include "core/assert.h"
#include "core/vector.h"

enum { DOUBLINGS = 5, HALVINGS = 5 };

/* What stays fixed along the line. */
typedef struct line {
  rp_dual *dual;
  const double *lambda;
  int32_t at, row;
  const rp_block *block;
  bool is_objective;  /* the block is the objective's */
  int32_t lo, hi;     /* the cut interval */
  rp_corners corners; /* over it */
  double base;        /* value without the terms that move */
  const float *nu;    /* at t = 0, without cuts of the accumulator, */
  double mu;          /* and likewise the weight of its activation */
} line;

RP_VECTOR_CLONES
static void evaluate_all_inputs_along(const rp_dual *dual,
                                      const float *restrict nu,
                                      const int16_t *restrict w, float t,
                                      double *value, double *forward) {
  const uint8_t *restrict lo = dual->region->x_lo;
  const uint8_t *restrict hi = dual->region->x_hi;
  const int32_t n = dual->net->n_in;
  float sum = 0, dot = 0;
#pragma omp simd reduction(+ : sum, dot)
  for (int32_t p = 0; p < n; p++) {
    const float weight = nu[p] + t * (float)w[p];
    const float best = weight > 0 ? (float)hi[p] : (float)lo[p];
    sum += weight * best;
    dot += (float)w[p] * best;
  }
  *value += (double)sum;
  *forward += (double)dot;
}

static void evaluate_inputs_along(const line *l, rp_taps taps, double t,
                                  double *value, double *forward) {
  const rp_dual *const dual = l->dual;
  if (!taps.index && !dual->view.is_used) {
    evaluate_all_inputs_along(dual, l->nu, taps.weight, (float)t, value,
                              forward);
    return;
  }
  for (int32_t n = 0; n < taps.n; n++) {
    const int32_t p = rp_taps_index(taps, n);
    const double weight = (double)l->nu[p] + t * taps.weight[n];
    int32_t best = weight > 0 ? dual->region->x_hi[p] : dual->region->x_lo[p];
    if (dual->view.is_used)
      *value += rp_ball_choose(&dual->view, p, weight, dual->price, &best);
    else
      *value += weight * best;
    *forward += taps.weight[n] * best;
  }
}

/* Value of a neuron's term, and the activation that takes it. */
static double evaluate_corners(const rp_corners *c, double mu, double lambda,
                               int32_t *activation) {
  double best = -HUGE_VAL;
  for (int32_t s = 0; s < c->n; s++) {
    const double corner = mu * c->a[s] - lambda * c->z[s];
    if (corner > best) {
      best = corner;
      *activation = c->a[s];
    }
  }
  return best;
}

/* The same of a neuron that is a maximum. */
static double evaluate_maximum(const line *l, int32_t source, int32_t neuron,
                               double mu, int32_t *activation) {
  const group g = rp_dual_group(l->dual, source, neuron);
  const group_means means =
      group_evaluate(&g, mu, l->lambda + g.block->first, 0, NULL);
  *activation = (int32_t)means.a;
  return means.bound;
}

static void evaluate_neurons_along(const line *l, int32_t source, rp_taps taps,
                                   double t, double *value, double *forward) {
  const rp_dual *dual = l->dual;
  const rp_block *below = &dual->net->block[source];
  double sum = 0, dot = 0;
  for (int32_t n = 0; n < taps.n; n++) {
    const int32_t m = rp_taps_index(taps, n), at = below->first + m;
    int32_t activation = 0;
    if (below->owner) {
      sum += evaluate_maximum(l, source, m, dual->mu[at] + t * taps.weight[n],
                              &activation);
      dot += taps.weight[n] * activation;
      continue;
    }
    sum +=
        evaluate_corners(&dual->corner[at], dual->mu[at] + t * taps.weight[n],
                         l->lambda[at], &activation);
    dot += taps.weight[n] * activation;
  }
  *value += sum;
  *forward += dot;
}

static void evaluate_sources_along(const line *l, double t, double *value,
                                   double *forward) {
  const rp_dual *dual = l->dual;
  *value = *forward = 0;
  for (int32_t n = 0; n < l->block->n_terms; n++) {
    const rp_term *term = &l->block->term[n];
    const rp_taps taps = rp_op_row(term->op, l->row, dual->space);
    if (term->source == RP_INPUT)
      evaluate_inputs_along(l, taps, t, value, forward);
    else
      evaluate_neurons_along(l, term->source, taps, t, value, forward);
  }
}

static double get_coefficient(const rp_dual *dual, int32_t row) {
  for (int32_t r = 0; r < dual->objective.n_rows; r++)
    if (dual->objective.row[r] == row) return dual->objective.coef[r];
  return 0;
}

/* The accumulator's own term over an interval: value and maximizing z. */
static double evaluate_own_term(const line *l, const rp_corners *corners,
                                int32_t lo, int32_t hi, double lambda,
                                double *z) {
  const rp_dual *dual = l->dual;
  if (l->is_objective) {
    const double weight = get_coefficient(dual, l->row) - lambda;
    *z = weight > 0 ? hi : lo;
    return weight * *z;
  }
  double best = -HUGE_VAL;
  for (int32_t s = 0; s < corners->n; s++) {
    const double value = l->mu * corners->a[s] - lambda * corners->z[s];
    if (value <= best) continue;
    best = value;
    *z = corners->z[s];
  }
  return best;
}

/* Value and slope at t. */
static double evaluate_along(const line *l, double t, double *slope) {
  double below, forward, z = 0;
  evaluate_sources_along(l, t, &below, &forward);
  const double own =
      evaluate_own_term(l, &l->corners, l->lo, l->hi, l->lambda[l->at] + t, &z);
  const double bias = l->block->bias[l->row];
  *slope = forward + bias - z;
  return l->base + below + own + t * bias;
}

static double choose_first_step(const line *l) {
  const rp_region *region = l->dual->region;
  const double width = (double)region->z_hi[l->at] - region->z_lo[l->at] + 1;
  const double natural = l->is_objective ? 0.1 : fabs(l->mu) / width;
  return 0.25 * fmax(natural, fabs(l->lambda[l->at]));
}

static double find_least_along(const line *l) {
  double slope, best = evaluate_along(l, 0, &slope);
  if (slope == 0) return best;
  const double direction = slope > 0 ? -1 : 1;
  double inner = 0, outer = direction * choose_first_step(l);
  bool bracketed = false;
  for (int32_t i = 0; i < DOUBLINGS && outer != 0 && !bracketed; i++) {
    best = fmin(best, evaluate_along(l, outer, &slope));
    bracketed = slope * direction >= 0;
    if (!bracketed) {
      inner = outer;
      outer *= 3;
    }
  }
  for (int32_t i = 0; i < HALVINGS && bracketed; i++) {
    const double middle = (inner + outer) / 2;
    best = fmin(best, evaluate_along(l, middle, &slope));
    if (slope * direction >= 0)
      outer = middle;
    else
      inner = middle;
  }
  return best;
}

/* From where the last value was: the terms that move are taken out of it, and
 * the accumulator's cuts out of the rest. */
static void set_base(line *l, double value) {
  rp_dual *dual = l->dual;
  const int32_t at = l->at;
  const rp_region *region = dual->region;
  double below, forward, z;
  l->nu = dual->nu;
  l->mu = dual->mu[l->block->first + rp_block_owner(l->block, l->row)];
  evaluate_sources_along(l, 0, &below, &forward);
  l->base =
      value - below -
      evaluate_own_term(l, l->is_objective ? &l->corners : &dual->corner[at],
                        region->z_lo[at], region->z_hi[at], l->lambda[at], &z);
  if (dual->n_cuts == 0 || l->is_objective || l->block->owner) return;
  l->mu = rp_dual_weight(dual, l->lambda, at);
  l->base -= rp_dual_leave_cuts_out(dual, l->lambda, at, dual->probe_nu);
  l->nu = dual->probe_nu;
}

double rp_dual_probe(rp_dual *dual, const double *lambda, double value,
                     const rp_dual_cut *cut) {
  const int32_t at = cut->at;
  const rp_block *block = &dual->net->block[cut->block];
  RP_ASSERT(cut->block >= 0 && cut->block <= dual->objective.block);
  RP_ASSERT(at >= block->first && at < rp_block_end(block));
  RP_ASSERT(cut->lo <= cut->hi);
  RP_ASSERT(cut->lo >= dual->region->z_lo[at] &&
            cut->hi <= dual->region->z_hi[at]);
  line l = {.dual = dual,
            .lambda = lambda,
            .at = at,
            .row = at - block->first,
            .block = block,
            .is_objective = cut->block == dual->objective.block,
            .lo = cut->lo,
            .hi = cut->hi};
  if (!l.is_objective)
    rp_stair_find_corners(&block->stair[l.row], l.lo, l.hi, &l.corners);
  set_base(&l, value);
  return find_least_along(&l);
}
