/* Descent of the dual bound: quasi-Newton steps on a smoothed copy.
 *
 * The bound is a sum of maxima, and a supergradient method stalls at its kinks:
 * at a child node of P3-6 sample 303 at radius 4, sixteen output steps above
 * the optimum, 100 Polyak steps gain three and a half. Here every maximum is
 * softened: over a staircase's corners by log-sum-exp, over an input's range
 * and an objective row's interval by sqrt(v^2 + smoothing^2). What comes out is
 * smooth and never below the bound, and limited-memory BFGS descends it while
 * the smoothing shrinks: 30 evaluations gain eleven, 60 gain fourteen. The
 * means that the softening takes are close to a solution of the relaxation and
 * serve to choose splits and points to try.
 *
 * Multipliers are measured against the width of their accumulator's interval,
 * the smoothing against the gap to the target (both by measurement; histories
 * kept from node to node, a fixed smoothing and a fixed schedule were worse).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/dual_internal.h"
#include "bound/soften.h"
#include "bound/vectors.h"
#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

enum {
  PAIRS = 8,        /* steps that the inverse Hessian is made from */
  WIDE_PAIRS = 28,  /* in wide networks */
  LARGE_PAIRS = 12, /* in large ones, where pairs cost more than they save */
  MOST_CUTS = 6     /* of a step that does not descend */
};

/* First smoothing, as a share of the gap; last, as a share of the first. The
 * sum of n softened maxima exceeds the bound by n smoothings or so, which must
 * not hide the gap in networks of many accumulators. */
static const double FIRST_SMOOTHING = 0.005, LAST_SMOOTHING = 0.01;
static const double SUM_OF_SMOOTHINGS = 1, WIDE_SUM_OF_SMOOTHINGS = 3;
/* A step that gains less than this many smoothings is worth a sharper copy. */
static const double SMALL_GAIN = 0.5;

/* The copy at one vector of multipliers. */
typedef struct soft_point {
  double value;              /* of the smoothed copy */
  double bound;              /* of the bound itself */
  double *lambda, *gradient; /* [n] */
  double *z, *a;             /* [n_acc] means over the corners */
  float *x;                  /* [n_in] means over the ranges */
} soft_point;

struct rp_descent {
  int32_t n_acc, n_in;
  bool is_wide;  /* the network */
  bool in_lanes; /* sums in the order that vectors of the processor like best */
  int32_t n;     /* multipliers: of accumulators, then of cuts */
  soft_point point[2];
  soft_point *at, *next;
  double *scale, *direction, *best; /* [n_acc] */
  double lowest;                    /* bound at best */
  double smoothing, last_smoothing;
  int32_t left; /* evaluations */
  /* The last steps and changes of the gradient, in scaled units. */
  int32_t slots; /* how many of them are kept */
  double *step[WIDE_PAIRS], *change[WIDE_PAIRS], curvature[WIDE_PAIRS];
  int32_t n_pairs; /* so far; pair k is in slot k % slots */
  soft_corners corners;
  double *doubles; /* all of the above in one block */
  float *floats;
  int32_t *whole;
};

rp_descent *rp_descent_create(const rp_net *net) {
  const int32_t n_acc = net->n_acc, n_in = net->n_in;
  rp_descent *d = rp_alloc(1, sizeof *d);
  if (!d) return NULL;
  d->n_acc = n_acc;
  d->n_in = n_in;
  d->is_wide = d->in_lanes = rp_net_is_wide(net);
  d->slots = rp_net_is_large(net) ? LARGE_PAIRS
             : d->is_wide         ? WIDE_PAIRS
                                  : PAIRS;
  const size_t n = (size_t)n_acc + RP_MOST_CUTS;
  d->doubles =
      rp_alloc((2 * 4 + 3 + 2 * (size_t)d->slots) * n, sizeof *d->doubles);
  d->floats = rp_alloc(2 * (size_t)n_in, sizeof *d->floats);
  d->whole = rp_alloc(SOFT_CORNER_ARRAYS * n, sizeof *d->whole);
  if (!d->doubles || !d->floats || !d->whole) {
    rp_descent_free(d);
    return NULL;
  }
  double *at = d->doubles;
  for (int32_t i = 0; i < 2; i++) {
    soft_point *p = &d->point[i];
    p->lambda = at, at += n;
    p->gradient = at, at += n;
    p->z = at, at += n;
    p->a = at, at += n;
    p->x = d->floats + (size_t)i * (size_t)n_in;
  }
  d->scale = at, at += n;
  d->direction = at, at += n;
  d->best = at, at += n;
  for (int32_t k = 0; k < d->slots; k++) {
    d->step[k] = at, at += n;
    d->change[k] = at, at += n;
  }
  soften_place(&d->corners, d->whole, n);
  d->at = &d->point[0];
  d->next = &d->point[1];
  return d;
}

void rp_descent_free(rp_descent *descent) {
  if (!descent) return;
  free(descent->doubles);
  free(descent->floats);
  free(descent->whole);
  free(descent);
}

/* ------------------------------------------------------- the smoothed copy */

/* weight times z over an interval, softened. Returns the mean z. */
static double soften_interval(double weight, double lo, double hi,
                              double smoothing, soft_point *p) {
  const double middle = (lo + hi) / 2, half = (hi - lo) / 2;
  RP_ASSERT(half >= 0);
  const double pull = weight * half;
  const double root = sqrt(pull * pull + smoothing * smoothing);
  p->value += weight * middle + root;
  p->bound += weight * middle + fabs(pull);
  return middle + half * pull / root;
}

static void soften_objective_rows(rp_dual *dual, double smoothing,
                                  soft_point *p) {
  const rp_objective *objective = &dual->objective;
  const int32_t offset = dual->net->block[objective->block].first;
  for (int32_t r = 0; r < objective->n_rows; r++) {
    const int32_t at = offset + objective->row[r];
    p->z[at] = soften_interval(objective->coef[r] - p->lambda[at],
                               dual->region->z_lo[at], dual->region->z_hi[at],
                               smoothing, p);
  }
}

/* Log-sum-exp over the corners of one staircase. */
static void soften_neuron(const rp_dual *dual, int32_t at, double smoothing,
                          soft_point *p) {
  const rp_corners *c = &dual->corner[at];
  const double mu = dual->mu[at], lambda = p->lambda[at];
  double value[RP_MAX_CORNERS], most = -HUGE_VAL;
  RP_ASSERT(smoothing > 0);
  RP_ASSERT(c->n >= 1 && c->n <= RP_MAX_CORNERS);
  for (int32_t s = 0; s < c->n; s++) {
    value[s] = mu * c->a[s] - lambda * c->z[s];
    if (value[s] > most) most = value[s];
  }
  double sum = 0, z = 0, a = 0;
  for (int32_t s = 0; s < c->n; s++) {
    const double below = (value[s] - most) / smoothing;
    if (below < -30) continue; /* nothing in double precision's sight */
    const double share = below == 0 ? 1 : exp(below);
    sum += share;
    z += share * c->z[s];
    a += share * c->a[s];
  }
  const double slack = c->slack * fabs(lambda);
  p->z[at] = z / sum - (lambda < 0 ? -c->slack : c->slack);
  p->a[at] = a / sum;
  p->value += most + slack + (sum > 1 ? smoothing * log(sum) : 0);
  p->bound += most + slack;
}

static void soften_steps(const rp_dual *dual, int32_t k, int32_t i,
                         double smoothing, soft_point *p) {
  const int32_t at = dual->net->block[k].first + i;
  const steps s = rp_dual_steps(dual, k, i);
  const steps_means means =
      steps_soften(&s, dual->mu[at], p->lambda[at], smoothing);
  p->z[at] = means.z;
  p->a[at] = means.a;
  p->value += means.value;
  p->bound += means.bound;
}

/* Many staircases at once, or every bit of the sums as they always were. */
static void soften_block(const rp_dual *dual, int32_t k, double smoothing,
                         soft_point *p) {
  const rp_block *block = &dual->net->block[k];
  const bool short_steps = steps_are_short(block);
  if (!block->owner && !short_steps && dual->descent->in_lanes) {
    const soft_sums sums =
        soften_stairs(&dual->descent->corners, block->first, block->n_acc,
                      dual->mu, p->lambda, smoothing, p->z, p->a);
    p->value += sums.soft;
    p->bound += sums.sharp;
    return;
  }
  for (int32_t i = 0; i < block->n_out; i++) {
    const int32_t at = block->first + i;
    if (short_steps && steps_matter(&block->stair[i], &dual->corner[at])) {
      soften_steps(dual, k, i, smoothing, p);
      continue;
    }
    if (!block->owner) {
      soften_neuron(dual, at, smoothing, p);
      continue;
    }
    const group g = rp_dual_group(dual, k, i);
    const group_means means =
        group_evaluate(&g, dual->mu[at], p->lambda + block->first, smoothing,
                       p->z + block->first);
    p->value += means.value;
    p->bound += means.bound;
    p->a[at] = means.a;
  }
}

/* sums: the smoothed and the sharp value. */
RP_VECTOR_CLONES
static void soften_inputs(const rp_dual *dual, float smoothing,
                          float *restrict x, double sums[2]) {
  const float *restrict nu = dual->nu;
  const uint8_t *restrict lo = dual->region->x_lo;
  const uint8_t *restrict hi = dual->region->x_hi;
  const int32_t n = dual->net->n_in;
  double soft = 0, sharp = 0;
#pragma omp simd reduction(+ : soft, sharp)
  for (int32_t p = 0; p < n; p++) {
    const float middle = 0.5F * ((float)lo[p] + (float)hi[p]);
    const float half = 0.5F * ((float)hi[p] - (float)lo[p]);
    const float pull = nu[p] * half;
    const float soften = half > 0 ? smoothing : 0;
    const float root = sqrtf(pull * pull + soften * soften);
    soft += (double)(nu[p] * middle + root);
    sharp += (double)(nu[p] * middle + fabsf(pull));
    x[p] = middle + half * pull / (root + 1e-30F);
  }
  sums[0] = soft;
  sums[1] = sharp;
}

/* The gradient of a block: the forward pass of the means of its sources, minus
 * its own mean accumulators. The order of the sums is not to be changed
 * lightly: searches depend on every bit of them. */
static void apply_to_means(const rp_dual *dual, const rp_term *term,
                           rp_rows rows, const soft_point *p, double *z) {
  if (term->source == RP_INPUT)
    term->op->kind->apply_float(term->op, rows, p->x, z);
  else
    term->op->kind->apply_real(term->op, rows,
                               p->a + dual->net->block[term->source].first, z);
}

static void compute_gradient(const rp_dual *dual, const rp_block *block,
                             rp_rows rows, soft_point *p) {
  double *gradient = p->gradient + block->first;
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    gradient[i] = block->bias[i];
  }
  for (int32_t t = 0; t < block->n_terms; t++)
    if (block->term[t].source == RP_INPUT)
      apply_to_means(dual, &block->term[t], rows, p, gradient);
  for (int32_t r = 0; r < rows.n; r++) {
    const int32_t i = rp_rows_get(rows, r);
    gradient[i] -= p->z[block->first + i];
  }
  for (int32_t t = 0; t < block->n_terms; t++)
    if (block->term[t].source != RP_INPUT)
      apply_to_means(dual, &block->term[t], rows, p, gradient);
}

/* The copy at p->lambda. Keeps the lowest bound seen. */
static void evaluate(rp_dual *dual, soft_point *p) {
  rp_descent *d = dual->descent;
  d->left--;
  RP_ASSERT(d->smoothing >= d->last_smoothing);
  dual->stats->dual_evals++;
  p->value = p->bound = rp_dual_value_of_biases(dual, p->lambda);
  soften_objective_rows(dual, d->smoothing, p);
  for (int32_t k = dual->objective.block - 1; k >= 0; k--) {
    rp_dual_mu_of_block(dual, k, p->lambda);
    soften_block(dual, k, d->smoothing, p);
  }
  double sums[2];
  rp_dual_weigh_inputs(dual, p->lambda);
  if (dual->view.is_used)
    rp_ball_soften(&dual->view, dual->nu, d->n_in, d->smoothing, &dual->items,
                   p->x, sums);
  else
    soften_inputs(dual, (float)d->smoothing, p->x, sums);
  p->value += sums[0];
  p->bound += sums[1];
  for (int32_t k = 0; k <= dual->objective.block; k++)
    compute_gradient(dual, &dual->net->block[k], rp_dual_rows(dual, k), p);
  for (int32_t c = 0; c < dual->n_cuts; c++)
    p->gradient[d->n_acc + c] = rp_dual_slack_of_cut(dual, c, p->x, p->a);
  if (p->bound < d->lowest) {
    d->lowest = p->bound;
    memcpy(d->best, p->lambda, (size_t)d->n * sizeof *d->best);
  }
}

/* ------------------------------------------------------ the inverse Hessian */

/* Without lanes in one order on every processor. */
static double compute_dot_product(const rp_descent *d, const double *a,
                                  const double *b) {
  if (d->in_lanes) return vector_multiply(a, b, d->n);
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t i = 0; i < d->n; i++) sum += a[i] * b[i];
  return sum;
}

/* Is this the multiplier of a cut that is 0 and would be less? */
static bool is_held(const rp_descent *d, int32_t i) {
  return i >= d->n_acc && d->at->lambda[i] <= 0 && d->at->gradient[i] >= 0;
}

/* The two-loop recursion: direction := inverse Hessian times gradient, scaled.
 * Returns its slope along the gradient, 0 if there is no way down. */
static double choose_direction(rp_descent *d, double gap) {
  const int32_t n = d->n;
  double *q = d->direction, share[WIDE_PAIRS];
  for (int32_t i = 0; i < n; i++)
    q[i] = is_held(d, i) ? 0 : d->at->gradient[i] * d->scale[i];
  const double length = compute_dot_product(d, q, q);
  if (!(length > 0)) return 0;
  const int32_t oldest = d->n_pairs > d->slots ? d->n_pairs - d->slots : 0;
  RP_ASSERT(d->n_pairs >= 0 && gap > 0);
  for (int32_t k = d->n_pairs - 1; k >= oldest; k--) {
    const int32_t s = k % d->slots;
    share[s] = compute_dot_product(d, d->step[s], q) / d->curvature[s];
    vector_add(q, -share[s], d->change[s], n);
  }
  double first = 0.1 * gap / length;
  if (d->n_pairs > 0) {
    const int32_t s = (d->n_pairs - 1) % d->slots;
    first =
        d->curvature[s] / compute_dot_product(d, d->change[s], d->change[s]);
  }
  for (int32_t i = 0; i < n; i++) q[i] *= first;
  for (int32_t k = oldest; k < d->n_pairs; k++) {
    const int32_t s = k % d->slots;
    vector_add(
        q, share[s] - compute_dot_product(d, d->change[s], q) / d->curvature[s],
        d->step[s], n);
  }
  double slope = 0;
  for (int32_t i = d->n_acc; i < n; i++)
    if (is_held(d, i)) q[i] = 0;
  for (int32_t i = 0; i < n; i++)
    slope += d->at->gradient[i] * d->scale[i] * q[i];
  return slope;
}

static void remember_step(rp_descent *d) {
  const int32_t n = d->n, s = d->n_pairs % d->slots;
  for (int32_t i = 0; i < n; i++) {
    d->step[s][i] = (d->next->lambda[i] - d->at->lambda[i]) / d->scale[i];
    d->change[s][i] = (d->next->gradient[i] - d->at->gradient[i]) * d->scale[i];
  }
  d->curvature[s] = compute_dot_product(d, d->step[s], d->change[s]);
  if (d->curvature[s] >
      1e-10 * compute_dot_product(d, d->change[s], d->change[s]))
    d->n_pairs++;
}

/* -------------------------------------------------------------- the descent */

/* Along the direction until the copy falls enough; false if it does not. */
static bool step_down(rp_dual *dual, double slope, double target) {
  rp_descent *d = dual->descent;
  double length = 1;
  for (int32_t cut = 0; cut < MOST_CUTS && d->left > 0; cut++) {
    for (int32_t i = 0; i < d->n; i++)
      d->next->lambda[i] =
          d->at->lambda[i] - length * d->scale[i] * d->direction[i];
    for (int32_t i = d->n_acc; i < d->n; i++)
      d->next->lambda[i] = fmax(d->next->lambda[i], 0);
    evaluate(dual, d->next);
    const double rise = d->next->value - d->at->value;
    if (rise <= -1e-4 * length * slope) return true;
    if (d->lowest < target) return false;
    /* The minimum of the parabola through what is known. */
    const double lowest = slope * length / (2 * (rise + slope * length));
    length *= lowest > 0.1 ? fmin(lowest, 0.5) : 0.1;
  }
  return false;
}

static bool sharpen(rp_dual *dual) {
  rp_descent *d = dual->descent;
  if (d->smoothing <= d->last_smoothing || d->left <= 0) return false;
  d->smoothing = fmax(d->last_smoothing, d->smoothing / 2);
  RP_ASSERT(d->smoothing >= d->last_smoothing);
  evaluate(dual, d->at);
  return true;
}

static void start(rp_dual *dual, const double *lambda, double gap,
                  int32_t evaluations) {
  rp_descent *d = dual->descent;
  d->n = d->n_acc + dual->n_cuts;
  const size_t bytes = (size_t)d->n * sizeof *lambda;
  d->n_pairs = 0;
  d->left = evaluations;
  d->lowest = HUGE_VAL;
  const double sum = d->is_wide ? WIDE_SUM_OF_SMOOTHINGS : SUM_OF_SMOOTHINGS;
  d->smoothing = fmin(FIRST_SMOOTHING, sum / d->n_acc) * gap;
  d->last_smoothing = LAST_SMOOTHING * d->smoothing;
  for (int32_t i = 0; i < d->n_acc; i++)
    d->scale[i] =
        1 / ((double)dual->region->z_hi[i] - (double)dual->region->z_lo[i] + 1);
  for (int32_t c = 0; c < dual->n_cuts; c++)
    d->scale[d->n_acc + c] = rp_dual_scale_of_cut(dual, c);
  for (int32_t i = 0; i < 2; i++) {
    memcpy(d->point[i].lambda, lambda, bytes);
    memset(d->point[i].gradient, 0, bytes);
    memset(d->point[i].z, 0, bytes);
    memset(d->point[i].a, 0, bytes);
  }
  memcpy(d->best, lambda, bytes);
  const int32_t below = dual->net->block[dual->objective.block].first;
  for (int32_t i = 0; i < below; i++)
    soften_set(&d->corners, i, &dual->corner[i]);
  evaluate(dual, d->at);
}

double rp_dual_descend(rp_dual *dual, double *lambda, double target,
                       int32_t evaluations) {
  rp_descent *d = dual->descent;
  RP_ASSERT(evaluations >= 0);
  const double gap = fmax(rp_dual_value(dual, lambda) - target, 1);
  start(dual, lambda, gap, evaluations);
  while (d->left > 0 && d->lowest >= target) {
    const double slope = choose_direction(d, gap);
    if (!(slope > 0)) {
      if (d->n_pairs == 0) break;
      d->n_pairs = 0; /* a history that points uphill */
    } else if (!step_down(dual, slope, target)) {
      if (d->lowest < target || !sharpen(dual)) break;
      d->n_pairs = 0;
    } else {
      remember_step(d);
      const double gain = d->at->value - d->next->value;
      soft_point *left_behind = d->at;
      d->at = d->next;
      d->next = left_behind;
      if (gain < SMALL_GAIN * d->smoothing) (void)sharpen(dual);
    }
  }
  RP_ASSERT(d->left < evaluations);
  memcpy(lambda, d->best, (size_t)d->n * sizeof *lambda);
  return d->lowest;
}

void rp_dual_use_lanes(rp_dual *dual) {
  dual->descent->in_lanes = true;
}

void rp_dual_soft_point(const rp_dual *dual, double *x, double *z, double *a) {
  const rp_descent *d = dual->descent;
  memcpy(z, d->at->z, (size_t)d->n_acc * sizeof *z);
  memcpy(a, d->at->a, (size_t)d->n_acc * sizeof *a);
  for (int32_t p = 0; p < d->n_in; p++) x[p] = (double)d->at->x[p];
}

/* The gradient of a multiplier is what its equation lacks. */
void rp_dual_soft_run(const rp_dual *dual, double *z) {
  const soft_point *p = dual->descent->at;
  for (int32_t i = 0; i < dual->descent->n_acc; i++)
    z[i] = p->z[i] + p->gradient[i];
}
