/* The dual bound in integers: the value that closes a node, and the reduced
 * costs that shrink a region.
 *
 * Multipliers are rounded to multiples of 2^-frac, with frac as large as 31
 * bits allow. From there on everything is integer: mu and nu in int64 (the
 * weights of a column sum to RP_COLUMN_LIMIT at most, multipliers have 31
 * bits), the value in 128 bits. */
#include "bound/dual_internal.h"
#include "core/assert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_FRACTION_BITS = 40,
  RECORDED_BITS = 14 /* of the largest multiplier of a recorded close */
};

/* Largest frac for which every multiplier fits; -1 if one does not. */
static int32_t choose_fraction_bits(const rp_dual *dual, const double *lambda) {
  double largest = 0;
  for (int32_t at = 0; at < dual->net->n_acc; at++) {
    if (!isfinite(lambda[at])) return -1;
    largest = fmax(largest, fabs(lambda[at]));
  }
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    const double pi = rp_dual_pi(dual, lambda)[c] / dual->cuts->cut[c]->unit;
    if (!isfinite(pi)) return -1;
    largest = fmax(largest, pi);
  }
  int exponent;
  frexp(largest, &exponent); /* largest < 2^exponent */
  const int32_t frac = 30 - exponent;
  RP_ASSERT(ldexp(largest, frac) < (double)((int64_t)1 << 30) + 1);
  if (largest == 0 || frac > MOST_FRACTION_BITS) return MOST_FRACTION_BITS;
  return frac < 0 ? -1 : frac;
}

static void round_multipliers(rp_dual *dual, const double *lambda) {
  const rp_net *net = dual->net;
  memset(dual->exact_lambda, 0,
         (size_t)net->n_acc * sizeof *dual->exact_lambda);
  for (int32_t k = 0; k <= dual->objective.block; k++) {
    const rp_rows rows = rp_dual_rows(dual, k);
    for (int32_t r = 0; r < rows.n; r++) {
      const int32_t at = net->block[k].first + rp_rows_get(rows, r);
      dual->exact_lambda[at] =
          (int64_t)llrint(ldexp(lambda[at], dual->exact_frac));
      RP_ASSERT(llabs(dual->exact_lambda[at]) < (int64_t)1 << 31);
    }
  }
  rp_dual_round_cuts(dual, lambda);
}

/* Op^T lambda, summed over the terms that read one source of n values. */
static void multiply_transpose_exactly(rp_dual *dual, const rp_use *uses,
                                       int32_t n_uses, int32_t n,
                                       int64_t *sum) {
  memset(sum, 0, (size_t)n * sizeof *sum);
  for (int32_t u = 0; u < n_uses; u++) {
    if (uses[u].block > dual->objective.block) break;
    const rp_block *above = &dual->net->block[uses[u].block];
    const rp_op *op = above->term[uses[u].term].op;
    op->kind->transpose_exact(op, rp_dual_rows(dual, uses[u].block),
                              dual->exact_lambda + above->first, sum);
  }
}

static rp_int128 evaluate_at_corner(const rp_corners *c, int32_t s, int64_t mu,
                                    int64_t lambda) {
  return (rp_int128)mu * c->a[s] - (rp_int128)lambda * c->z[s];
}

/* Of a neuron i without max pooling, in block k. */
static rp_int128 evaluate_neuron_exactly(const rp_dual *dual, int32_t k,
                                         int32_t i) {
  const int32_t at = dual->net->block[k].first + i;
  RP_ASSERT(dual->corner[at].n >= 1);
  const rp_corners *c = &dual->corner[at];
  const int64_t mu = dual->exact_mu[at], lambda = dual->exact_lambda[at];
  if (steps_are_short(&dual->net->block[k]) &&
      steps_matter(&dual->net->block[k].stair[i], c)) {
    const steps all = rp_dual_steps(dual, k, i);
    return steps_evaluate_exactly(&all, mu, lambda);
  }
  rp_int128 best = evaluate_at_corner(c, 0, mu, lambda);
  for (int32_t s = 1; s < c->n; s++) {
    const rp_int128 value = evaluate_at_corner(c, s, mu, lambda);
    if (value > best) best = value;
  }
  return best + (rp_int128)(lambda < 0 ? -lambda : lambda) * c->slack;
}

static rp_int128 evaluate_block_exactly(const rp_dual *dual, int32_t k) {
  const rp_block *block = &dual->net->block[k];
  rp_int128 sum = 0;
  for (int32_t i = 0; i < block->n_out; i++) {
    const int32_t at = block->first + i;
    if (!block->owner) {
      sum += evaluate_neuron_exactly(dual, k, i);
      continue;
    }
    const group g = rp_dual_group(dual, k, i);
    sum += group_evaluate_exactly(&g, dual->exact_mu[at],
                                  dual->exact_lambda + block->first);
  }
  return sum;
}

static int64_t get_objective_row_weight(const rp_dual *dual, int32_t r,
                                        int32_t at) {
  return dual->objective.coef[r] * ((int64_t)1 << dual->exact_frac) -
         dual->exact_lambda[at];
}

static rp_int128 evaluate_objective_rows_exactly(const rp_dual *dual) {
  const rp_objective *objective = &dual->objective;
  rp_int128 sum = 0;
  for (int32_t r = 0; r < objective->n_rows; r++) {
    const int32_t at =
        dual->net->block[objective->block].first + objective->row[r];
    const int64_t weight = get_objective_row_weight(dual, r, at);
    sum += (rp_int128)weight *
           (weight > 0 ? dual->region->z_hi[at] : dual->region->z_lo[at]);
  }
  return sum;
}

/* What an input is worth at x, less what it then takes of the ball. */
static rp_int128 evaluate_input_at(const rp_dual *dual, int32_t p, int32_t x) {
  const int64_t nu = dual->exact_nu[p];
  const rp_ball_view *view = &dual->view;
  const bool is_at_base = x >= view->base[0][p] && x <= view->base[1][p];
  const int32_t away = is_at_base             ? 0
                       : x < view->base[0][p] ? view->base[0][p] - x
                                              : x - view->base[1][p];
  const int32_t cost = view->counts ? away > 0 : away;
  return (rp_int128)nu * x - dual->exact_price * cost;
}

/* Its greatest worth: at its base, or at the end of its reach. */
static rp_int128 find_input_term(const rp_dual *dual, int32_t p) {
  const rp_ball_view *view = &dual->view;
  const bool up = dual->exact_nu[p] > 0;
  const int32_t base = view->base[up][p], reach = view->reach[up][p];
  const rp_int128 stay = evaluate_input_at(dual, p, base);
  const rp_int128 go =
      evaluate_input_at(dual, p, up ? base + reach : base - reach);
  return stay > go ? stay : go;
}

/* In box and ball: at the price at which the ball is spent, inputs are
 * independent of each other. */
static rp_int128 evaluate_inputs_of_ball(rp_dual *dual) {
  const rp_ball_view *view = &dual->view;
  rp_ball_longs *items = &dual->exact_items;
  items->n = 0;
  for (int32_t p = 0; p < dual->net->n_in; p++) {
    const rp_int128 nu = dual->exact_nu[p];
    RP_BALL_ADD(items, view, p, nu > 0, nu);
  }
  dual->exact_price = rp_ball_price_longs(items, view->left);
  rp_int128 sum = dual->exact_price * view->left;
  for (int32_t p = 0; p < dual->net->n_in; p++) sum += find_input_term(dual, p);
  return sum;
}

static rp_int128 evaluate_inputs_exactly(rp_dual *dual) {
  rp_int128 sum = 0;
  dual->exact_price = 0;
  if (dual->view.is_used) return evaluate_inputs_of_ball(dual);
  for (int32_t p = 0; p < dual->net->n_in; p++) {
    const int64_t nu = dual->exact_nu[p];
    sum += (rp_int128)nu *
           (nu > 0 ? dual->region->x_hi[p] : dual->region->x_lo[p]);
  }
  return sum;
}

static rp_int128 sum_biases_exactly(const rp_dual *dual) {
  const rp_net *net = dual->net;
  rp_int128 sum = 0;
  for (int32_t k = 0; k <= dual->objective.block; k++) {
    const rp_rows rows = rp_dual_rows(dual, k);
    for (int32_t r = 0; r < rows.n; r++) {
      const int32_t i = rp_rows_get(rows, r);
      sum += (rp_int128)dual->exact_lambda[net->block[k].first + i] *
             net->block[k].bias[i];
    }
  }
  return sum;
}

static void evaluate(rp_dual *dual, const double *lambda, int32_t bits) {
  const rp_net *net = dual->net;
  dual->stats->exact_evals++;
  RP_ASSERT(bits >= 0 && bits <= MOST_FRACTION_BITS);
  dual->exact_frac = bits;
  round_multipliers(dual, lambda);
  rp_int128 sum = evaluate_objective_rows_exactly(dual) +
                  sum_biases_exactly(dual) +
                  rp_dual_value_of_cuts_exactly(dual);
  for (int32_t k = dual->objective.block - 1; k >= 0; k--) {
    const rp_block *block = &net->block[k];
    multiply_transpose_exactly(dual, block->use, block->n_uses, block->n_out,
                               dual->exact_mu + block->first);
    rp_dual_add_cuts_to_exact_mu(dual, k);
    sum += evaluate_block_exactly(dual, k);
  }
  multiply_transpose_exactly(dual, net->use, net->n_uses, net->n_in,
                             dual->exact_nu);
  rp_dual_add_cuts_to_exact_nu(dual);
  dual->exact_value = sum + evaluate_inputs_exactly(dual);
}

/* Distance of the last exact value from the threshold; negative: closed. */
static rp_int128 compute_gap(const rp_dual *dual) {
  return dual->exact_value - (rp_int128)dual->objective.threshold *
                                 ((int64_t)1 << dual->exact_frac);
}

/* While a proof is recorded, a step that closes a part is tried with few bits
 * first: proofs become smaller. All other steps are computed as they are
 * without a record, so that recording does not change the search. */
rp_status rp_dual_exact(rp_dual *dual, const double *lambda, rp_int128 *value,
                        int32_t *frac) {
  const int32_t bits = choose_fraction_bits(dual, lambda);
  if (bits < 0) return RP_E_NUMERIC;
  const int32_t fewer = bits - (30 - RECORDED_BITS);
  const bool last = dual->objective.block + 1 == dual->net->n_blocks;
  const bool coarse = dual->trail && last && fewer >= 0;
  if (coarse) evaluate(dual, lambda, fewer);
  if (!coarse || compute_gap(dual) >= 0) evaluate(dual, lambda, bits);
  *value = dual->exact_value;
  *frac = dual->exact_frac;
  return RP_OK;
}

bool rp_dual_closes(const rp_dual *dual) {
  const bool closes = compute_gap(dual) < 0;
  if (closes) rp_dual_write_step(dual, RP_STEP_CLOSE);
  return closes;
}

/* Does the bound move an end of the one accumulator that was bounded? */
static bool is_bound_useful(const rp_dual *dual, int64_t bound) {
  const rp_objective *objective = &dual->objective;
  const int32_t at =
      dual->net->block[objective->block].first + objective->row[0];
  if (objective->n_rows != 1) return false;
  return objective->coef[0] > 0 ? bound < dual->region->z_hi[at]
                                : -bound > dual->region->z_lo[at];
}

int64_t rp_dual_bound(const rp_dual *dual) {
  const rp_int128 exact = dual->exact_value >> dual->exact_frac;
  if (exact > INT64_MAX) return INT64_MAX;
  const int64_t bound = exact < -INT64_MAX ? -INT64_MAX : (int64_t)exact;
  if (is_bound_useful(dual, bound))
    rp_dual_write_step(dual, dual->objective.coef[0] > 0 ? RP_STEP_ABOVE
                                                         : RP_STEP_BELOW);
  return bound;
}

/* Tightening. Every input that reaches the threshold has each term of the sum
 * within gap of that term's maximum, else the sum would stay below. */

/* An interval from which a linear term falls by `price` a unit, away from its
 * good end: units that a gap affords, at most the width. */
static int64_t count_affordable_units(rp_int128 gap, int64_t price,
                                      int64_t width) {
  const rp_int128 units = gap / price;
  RP_ASSERT(gap >= 0 && price > 0 && width >= 0);
  return units < width ? (int64_t)units : width;
}

static int32_t shrink_linear(rp_int128 gap, int64_t weight, int32_t *lo,
                             int32_t *hi) {
  if (weight == 0) return 0;
  const int64_t width = (int64_t)*hi - *lo;
  RP_ASSERT(width >= 0);
  const int64_t units =
      count_affordable_units(gap, weight > 0 ? weight : -weight, width);
  if (units >= width) return 0;
  if (weight > 0)
    *lo = (int32_t)(*hi - units);
  else
    *hi = (int32_t)(*lo + units);
  RP_ASSERT(*lo <= *hi);
  return 1;
}

/* From both ends, as long as an input is worth too little there. */
static int32_t shrink_input_of_ball(const rp_dual *dual, int32_t p,
                                    rp_int128 gap, int32_t *lo, int32_t *hi) {
  const rp_int128 least = find_input_term(dual, p) - gap;
  const int32_t width = *hi - *lo;
  while (*lo < *hi && evaluate_input_at(dual, p, *lo) < least) ++*lo;
  while (*lo < *hi && evaluate_input_at(dual, p, *hi) < least) --*hi;
  return *hi - *lo < width;
}

static int32_t shrink_inputs(const rp_dual *dual, rp_int128 gap,
                             rp_region *region) {
  int32_t shrunk = 0;
  for (int32_t p = 0; p < dual->net->n_in; p++) {
    int32_t lo = region->x_lo[p], hi = region->x_hi[p];
    if (lo == hi) continue;
    if (dual->view.is_used ? !shrink_input_of_ball(dual, p, gap, &lo, &hi)
                           : !shrink_linear(gap, dual->exact_nu[p], &lo, &hi))
      continue;
    RP_ASSERT(lo >= region->x_lo[p] && hi <= region->x_hi[p]);
    region->x_lo[p] = (uint8_t)lo;
    region->x_hi[p] = (uint8_t)hi;
    shrunk++;
  }
  return shrunk;
}

/* One neuron's term as a function of z, with the value that must be reached. */
typedef struct term {
  const rp_stair *stair;
  int64_t mu, lambda;
  rp_int128 least;
} term;

/* The z of one step, from lo to hi, that reach the value: as an interval, or
 * false if none does. A value that a table skips has a step without any z. */
static bool find_step_part(const term *t, int32_t step, int64_t *lo,
                           int64_t *hi) {
  if (*lo > *hi) return false;
  const rp_int128 level = (rp_int128)t->mu * step - t->least;
  /* wanted: level - lambda z >= 0 */
  if (t->lambda == 0) return level >= 0;
  const bool falling = t->lambda > 0;
  const int64_t best = falling ? *lo : *hi;
  const rp_int128 spare = level - (rp_int128)t->lambda * best;
  if (spare < 0) return false;
  const int64_t units = count_affordable_units(
      spare, falling ? t->lambda : -t->lambda, *hi - *lo);
  if (falling)
    *hi = best + units;
  else
    *lo = best - units;
  return true;
}

static void find_step_interval(const term *t, int32_t step, int32_t z_lo,
                               int32_t z_hi, int64_t *lo, int64_t *hi) {
  *lo = z_lo;
  *hi = z_hi;
  if (step > rp_stair_apply(t->stair, z_lo))
    *lo = rp_stair_threshold(t->stair, step);
  if (step < rp_stair_apply(t->stair, z_hi))
    *hi = rp_stair_threshold(t->stair, step + 1) - 1;
  RP_ASSERT(*lo <= *hi || !rp_stair_is_even(t->stair));
}

/* Steps from both ends inward until one holds a z that reaches the value. */
static int32_t shrink_neuron(const term *t, int32_t *z_lo, int32_t *z_hi) {
  const int32_t k0 = rp_stair_apply(t->stair, *z_lo);
  const int32_t k1 = rp_stair_apply(t->stair, *z_hi);
  RP_ASSERT(*z_lo <= *z_hi && k0 <= k1);
  int64_t lo, hi;
  int32_t step = k0;
  for (;; step++) {
    if (step > k1) return -1;
    find_step_interval(t, step, *z_lo, *z_hi, &lo, &hi);
    if (find_step_part(t, step, &lo, &hi)) break;
  }
  const int32_t new_lo = (int32_t)lo;
  for (step = k1;; step--) {
    find_step_interval(t, step, *z_lo, *z_hi, &lo, &hi);
    if (find_step_part(t, step, &lo, &hi)) break;
  }
  const int32_t new_hi = (int32_t)hi;
  RP_ASSERT(new_lo >= *z_lo && new_hi <= *z_hi);
  RP_ASSERT(new_lo <= new_hi);
  const bool changed = new_lo > *z_lo || new_hi < *z_hi;
  *z_lo = new_lo;
  *z_hi = new_hi;
  return changed;
}

static int32_t shrink_block(const rp_dual *dual, int32_t k, rp_int128 gap,
                            rp_region *region) {
  const rp_block *block = &dual->net->block[k];
  int32_t shrunk = 0;
  if (block->owner) return 0; /* left alone: one term has several intervals */
  for (int32_t i = 0; i < block->n_out; i++) {
    const int32_t at = dual->net->block[k].first + i;
    if (region->z_lo[at] == region->z_hi[at]) continue;
    const term t = {&block->stair[i], dual->exact_mu[at],
                    dual->exact_lambda[at],
                    evaluate_neuron_exactly(dual, k, i) - gap};
    const int32_t change =
        shrink_neuron(&t, &region->z_lo[at], &region->z_hi[at]);
    if (change < 0) return -1;
    shrunk += change;
  }
  return shrunk;
}

static int32_t shrink_objective_rows(const rp_dual *dual, rp_int128 gap,
                                     rp_region *region) {
  const rp_objective *objective = &dual->objective;
  int32_t shrunk = 0;
  for (int32_t r = 0; r < objective->n_rows; r++) {
    const int32_t at =
        dual->net->block[objective->block].first + objective->row[r];
    shrunk += shrink_linear(gap, get_objective_row_weight(dual, r, at),
                            &region->z_lo[at], &region->z_hi[at]);
  }
  return shrunk;
}

static int32_t shrink_all(const rp_dual *dual, rp_int128 gap,
                          rp_region *region) {
  int32_t shrunk = shrink_objective_rows(dual, gap, region);
  for (int32_t k = 0; k < dual->objective.block; k++) {
    const int32_t of_block = shrink_block(dual, k, gap, region);
    if (of_block < 0) return -1;
    shrunk += of_block;
  }
  return shrunk + shrink_inputs(dual, gap, region);
}

int32_t rp_dual_tighten(rp_dual *dual, rp_region *region) {
  const rp_int128 gap = compute_gap(dual);
  if (gap < 0) return -1;
  const int32_t shrunk = shrink_all(dual, gap, region);
  if (shrunk != 0) rp_dual_write_step(dual, RP_STEP_TIGHTEN);
  if (shrunk > 0) dual->stats->tightenings += shrunk;
  return shrunk;
}
