/* The dual bound as a function of a single multiplier, to predict the gain of a
 * split.
 *
 * With t added to the multiplier of accumulator i of layer k, only three things
 * change: i's own term (over the cut interval), the bias, and the terms of the
 * layer below, whose weights mu or nu gain t times row i. The sum is convex in
 * t, and its slope is forward minus z, so a bracket and a few halvings find
 * the least value. */
#include <math.h>

#include "bound/dual_internal.h"
#include "core/assert.h"
#include "core/vector.h"

enum { DOUBLINGS = 5, HALVINGS = 5 };

/* What stays fixed along the line. */
typedef struct line {
  rp_dual *dual;
  const double *lambda;
  int32_t layer, at, row;
  const int16_t *weights; /* of the row */
  int32_t lo, hi;         /* the cut interval */
  rp_corners corners;     /* over it */
  double base;            /* value without the terms that move */
} line;

RP_VECTOR_CLONES
static void evaluate_inputs_along(const rp_dual *dual,
                                  const int16_t *restrict w, float t,
                                  double *value, double *forward) {
  const float *restrict nu = dual->nu;
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
  *value = (double)sum;
  *forward = (double)dot;
}

static void evaluate_neurons_along(const line *l, double t, double *value,
                                   double *forward) {
  const rp_dual *dual = l->dual;
  const int32_t below = dual->net->layer[l->layer - 1].first;
  const int32_t n = dual->net->layer[l->layer].n_in;
  const int16_t *w = l->weights;
  *value = *forward = 0;
  for (int32_t m = 0; m < n; m++) {
    const rp_corners *c = &dual->corner[below + m];
    const double mu = dual->mu[below + m] + t * w[m];
    const double lambda = l->lambda[below + m];
    double best = -HUGE_VAL;
    int32_t activation = 0;
    for (int32_t s = 0; s < c->n; s++) {
      const double corner = mu * c->a[s] - lambda * c->z[s];
      if (corner > best) {
        best = corner;
        activation = c->a[s];
      }
    }
    *value += best;
    *forward += w[m] * activation;
  }
}

static void evaluate_layer_below_along(const line *l, double t, double *value,
                                       double *forward) {
  const rp_dual *dual = l->dual;
  if (l->layer > 0) {
    evaluate_neurons_along(l, t, value, forward);
    return;
  }
  evaluate_inputs_along(dual, l->weights, (float)t, value, forward);
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
  if (l->layer == dual->objective.layer) {
    const double weight = get_coefficient(dual, l->row) - lambda;
    *z = weight > 0 ? hi : lo;
    return weight * *z;
  }
  double best = -HUGE_VAL;
  for (int32_t s = 0; s < corners->n; s++) {
    const double value =
        dual->mu[l->at] * corners->a[s] - lambda * corners->z[s];
    if (value <= best) continue;
    best = value;
    *z = corners->z[s];
  }
  return best;
}

/* Value and slope at t. */
static double evaluate_along(const line *l, double t, double *slope) {
  double below, forward, z = 0;
  evaluate_layer_below_along(l, t, &below, &forward);
  const double own =
      evaluate_own_term(l, &l->corners, l->lo, l->hi, l->lambda[l->at] + t, &z);
  const double bias = l->dual->net->layer[l->layer].bias[l->row];
  *slope = forward + bias - z;
  return l->base + below + own + t * bias;
}

static double choose_first_step(const line *l) {
  const rp_region *region = l->dual->region;
  const double width = (double)region->z_hi[l->at] - region->z_lo[l->at] + 1;
  const double natural = l->layer == l->dual->objective.layer
                             ? 0.1
                             : fabs(l->dual->mu[l->at]) / width;
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

double rp_dual_probe(rp_dual *dual, const double *lambda, double value,
                     const rp_dual_cut *cut) {
  const int32_t layer = cut->layer, at = cut->at;
  RP_ASSERT(layer >= 0 && layer <= dual->objective.layer);
  RP_ASSERT(at >= dual->net->layer[layer].first &&
            at < rp_layer_end(&dual->net->layer[layer]));
  RP_ASSERT(cut->lo <= cut->hi);
  RP_ASSERT(cut->lo >= dual->region->z_lo[at] &&
            cut->hi <= dual->region->z_hi[at]);
  line l = {.dual = dual,
            .lambda = lambda,
            .layer = layer,
            .at = at,
            .row = at - dual->net->layer[layer].first,
            .weights =
                rp_op_row(dual->net->layer[layer].op,
                          at - dual->net->layer[layer].first, dual->weights),
            .lo = cut->lo,
            .hi = cut->hi};
  double below, forward, z;
  if (layer < dual->objective.layer)
    rp_stair_find_corners(&dual->net->layer[layer].stair[l.row], l.lo, l.hi,
                          &l.corners);
  evaluate_layer_below_along(&l, 0, &below, &forward);
  l.base =
      value - below -
      evaluate_own_term(
          &l, layer < dual->objective.layer ? &dual->corner[at] : &l.corners,
          dual->region->z_lo[at], dual->region->z_hi[at], lambda[at], &z);
  return find_least_along(&l);
}
