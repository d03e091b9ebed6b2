/* The Lagrangian bound in whole numbers, and what follows from it.
 *
 * For any multipliers lambda, with f_i(z) = mu_i sigma(z) + gain_i z and gain_i
 * the objective's weight of z_i minus lambda_i,
 *
 *   D = sum_i max_{z in [lo,hi]} f_i(z) + sum_p max (nu_p x_p) + lambda.b,
 *   mu = W_next^T lambda_next,  nu = W_0^T lambda_0,
 *
 * is at least the objective at every input of the region (docs/evidence.md). */
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct bench {
  int64_t *mu, *gain; /* [n_acc] */
  int64_t *nu;        /* [n_in] */
  wide *term;         /* [n_acc] max f_i */
  int32_t *narrow;    /* sums that fit 32 bits */
};

bench *rp_check_bench(const net *n) {
  const size_t n_acc = (size_t)n->n_acc, n_in = (size_t)n->n_in;
  bench *b = calloc(1, sizeof *b);
  if (!b) return NULL;
  b->mu = calloc(n_acc, sizeof *b->mu);
  b->gain = calloc(n_acc, sizeof *b->gain);
  b->nu = calloc(n_in, sizeof *b->nu);
  b->term = calloc(n_acc, sizeof *b->term);
  b->narrow = calloc(n_in + n_acc, sizeof *b->narrow);
  if (b->mu && b->gain && b->nu && b->term && b->narrow) return b;
  rp_check_bench_free(b);
  return NULL;
}

void rp_check_bench_free(bench *b) {
  if (!b) return;
  free(b->mu);
  free(b->gain);
  free(b->nu);
  free(b->term);
  free(b->narrow);
  free(b);
}

/* ---- the property ---- */

/* A: y below the top step (delta 0: and above the bottom step), so that z_j and
 * z_y differ by at least 1 (delta 0: 1 - 2^shift), the least difference between
 * a z of step v + delta and one of step v. B: both at the top step. C: y at the
 * bottom step, where every j beats it. B and C need delta 0. */
int32_t rp_check_parts(const net *n, int32_t label, int32_t rival, part p[3]) {
  const layer *last = &n->layer[n->n_layers - 1];
  const int32_t delta = rival > label;
  const int64_t stair = (int64_t)1 << last->shift;
  const part any = {.label = label, .rival = rival, .delta = delta};
  int32_t count = 0;
  if (last->hi - last->lo > 1 - delta) {
    p[count] = any;
    p[count].kind = 'A';
    p[count++].threshold = delta ? 1 : 1 - stair;
  }
  if (delta) return count;
  p[count] = any;
  p[count].kind = 'B';
  p[count++].threshold = rp_check_threshold(last, last->hi);
  p[count] = any;
  p[count].kind = 'C';
  p[count++].threshold = 1 - rp_check_threshold(last, (int64_t)last->lo + 1);
  return count;
}

static void at_least(int32_t *lo, int64_t value) {
  if (value > *lo) *lo = (int32_t)(value > ACC_LIMIT ? ACC_LIMIT + 1 : value);
}

static void at_most(int32_t *hi, int64_t value) {
  if (value < *hi) *hi = (int32_t)(value < -ACC_LIMIT ? -ACC_LIMIT - 1 : value);
}

static bool condition(const net *n, const part *p, region *r) {
  const layer *last = &n->layer[n->n_layers - 1];
  const int32_t y = n->first[n->n_layers - 1] + p->label;
  const int32_t j = n->first[n->n_layers - 1] + p->rival;
  if (r->z_lo[y] > r->z_hi[y] || r->z_lo[j] > r->z_hi[j]) return false;
  if (p->kind != 'A') return true;
  const int64_t j_step = (int64_t)rp_check_sigma(last, r->z_lo[y]) + p->delta;
  const int64_t y_step = (int64_t)rp_check_sigma(last, r->z_hi[j]) - p->delta;
  if (j_step > last->hi || y_step < last->lo) return false;
  if (j_step > last->lo)
    at_least(&r->z_lo[j], rp_check_threshold(last, j_step));
  if (y_step < last->hi)
    at_most(&r->z_hi[y], rp_check_threshold(last, y_step + 1) - 1);
  return r->z_lo[y] <= r->z_hi[y] && r->z_lo[j] <= r->z_hi[j];
}

bool rp_check_restrict(const net *n, const part *p, region *r) {
  const layer *last = &n->layer[n->n_layers - 1];
  const int32_t y = n->first[n->n_layers - 1] + p->label;
  const int32_t j = n->first[n->n_layers - 1] + p->rival;
  const int64_t top = rp_check_threshold(last, last->hi);
  const int64_t above_bottom = rp_check_threshold(last, (int64_t)last->lo + 1);
  if (p->kind == 'A') {
    at_most(&r->z_hi[y], top - 1);
    at_least(&r->z_lo[j], above_bottom);
    if (!p->delta) at_least(&r->z_lo[y], above_bottom);
  } else if (p->kind == 'B') {
    at_least(&r->z_lo[y], top);
    at_least(&r->z_lo[j], top);
  } else {
    at_most(&r->z_hi[y], above_bottom - 1);
  }
  return condition(n, p, r);
}

bool rp_check_settle(const net *n, const part *p, region *r) {
  return rp_check_propagate(n, r, n->n_layers - 1) &&
         (!p || condition(n, p, r));
}

/* ---- the bound ---- */

CLONES static void add_narrow(int32_t *restrict sum, const int16_t *restrict w,
                              int32_t factor, int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += factor * w[j];
}

CLONES static void add_wide(int64_t *restrict sum, const int16_t *restrict w,
                            int32_t factor, int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += (int64_t)factor * w[j];
}

/* W^T lambda; in 32 bits where sum |lambda| times the largest weight fits. */
static void transpose(const layer *l, const int32_t *lambda, int64_t *out,
                      int32_t *narrow) {
  int64_t size = 0;
  for (int32_t i = 0; i < l->n_out; i++) size += llabs(lambda[i]);
  const bool fits = size * l->largest <= INT32_MAX;
  if (fits)
    memset(narrow, 0, (size_t)l->n_in * sizeof *narrow);
  else
    memset(out, 0, (size_t)l->n_in * sizeof *out);
  for (int32_t i = 0; i < l->n_out; i++) {
    const int16_t *w = l->w + (size_t)i * (size_t)l->n_in;
    if (lambda[i] == 0) continue;
    if (fits)
      add_narrow(narrow, w, lambda[i], l->n_in);
    else
      add_wide(out, w, lambda[i], l->n_in);
  }
  for (int32_t j = 0; fits && j < l->n_in; j++) out[j] = narrow[j];
}

static wide value_at(const layer *l, const bench *b, int32_t at, int64_t z) {
  return (wide)b->mu[at] * rp_check_sigma(l, z) + (wide)b->gain[at] * z;
}

/* max f_i. Steps are equally long, so over whole steps inside the interval f is
 * linear at their left ends and at their right ends: only the interval's ends
 * and both sides of its first and last threshold can be greatest. */
static wide greatest(const layer *l, const bench *b, const region *r,
                     int32_t at) {
  const int64_t lo = r->z_lo[at], hi = r->z_hi[at];
  if (b->mu[at] == 0) return (wide)b->gain[at] * (b->gain[at] > 0 ? hi : lo);
  wide best = value_at(l, b, at, lo);
  const int32_t first = rp_check_sigma(l, lo), last = rp_check_sigma(l, hi);
  int64_t z[5] = {hi};
  int count = 1;
  if (first < last) {
    z[count++] = rp_check_threshold(l, (int64_t)first + 1);
    z[count++] = z[1] - 1;
    z[count++] = rp_check_threshold(l, last);
    z[count++] = z[3] - 1;
  }
  for (int c = 0; c < count; c++) {
    const wide value = value_at(l, b, at, z[c]);
    if (value > best) best = value;
  }
  return best;
}

/* D up to layer `top`; its terms stay in the bench. gain holds the objective's
 * weights on entry. */
static wide evaluate(const net *n, const region *r, const int32_t *lambda,
                     int32_t top, bench *b) {
  wide sum = 0;
  for (int32_t k = top; k >= 0; k--) {
    const layer *l = &n->layer[k];
    if (k == top)
      memset(b->mu + n->first[k], 0, (size_t)l->n_out * sizeof *b->mu);
    else
      transpose(&n->layer[k + 1], lambda + n->first[k + 1], b->mu + n->first[k],
                b->narrow);
    for (int32_t i = 0; i < l->n_out; i++) {
      const int32_t at = n->first[k] + i;
      b->gain[at] -= lambda[at];
      b->term[at] = greatest(l, b, r, at);
      sum += b->term[at] + (wide)lambda[at] * l->b[i];
    }
  }
  transpose(&n->layer[0], lambda, b->nu, b->narrow);
  for (int32_t p = 0; p < n->n_in; p++)
    sum += (wide)b->nu[p] * (b->nu[p] > 0 ? r->x_hi[p] : r->x_lo[p]);
  return sum;
}

/* ---- reduced costs ---- */

/* Inputs at which the objective reaches the threshold have every term within
 * `gap` of its maximum, or the sum would stay below. */
static void keep_linear(wide gap, int64_t slope, int64_t *lo, int64_t *hi) {
  const int64_t price = slope < 0 ? -slope : slope;
  if (price == 0 || gap >= (wide)price * (*hi - *lo)) return;
  const int64_t units = (int64_t)(gap / price);
  if (slope > 0)
    *lo = *hi - units;
  else
    *hi = *lo + units;
}

/* The z of step v in lo..hi with f(z) >= need. False: none. */
static bool keep_in_step(const layer *l, const bench *b, int32_t at, int64_t v,
                         wide need, int64_t *lo, int64_t *hi) {
  if (v > rp_check_sigma(l, *lo)) *lo = rp_check_threshold(l, v);
  if (v < rp_check_sigma(l, *hi)) *hi = rp_check_threshold(l, v + 1) - 1;
  const int64_t best = b->gain[at] > 0 ? *hi : *lo;
  const wide spare = (wide)b->mu[at] * v + (wide)b->gain[at] * best - need;
  if (spare < 0) return false;
  keep_linear(spare, b->gain[at], lo, hi);
  return true;
}

static bool keep_accumulator(const layer *l, const bench *b, int32_t at,
                             wide gap, region *r) {
  int64_t lo = r->z_lo[at], hi = r->z_hi[at];
  if (b->mu[at] == 0) {
    keep_linear(gap, b->gain[at], &lo, &hi);
  } else {
    const wide need = b->term[at] - gap;
    const int64_t first = rp_check_sigma(l, lo), last = rp_check_sigma(l, hi);
    int64_t v = first, a = lo, z = hi;
    while (!keep_in_step(l, b, at, v, need, &a, &z)) {
      if (++v > last) return false;
      a = lo, z = hi;
    }
    const int64_t new_lo = a;
    for (v = last, a = lo, z = hi; !keep_in_step(l, b, at, v, need, &a, &z);)
      v--, a = lo, z = hi;
    lo = new_lo;
    hi = z;
  }
  r->z_lo[at] = (int32_t)lo;
  r->z_hi[at] = (int32_t)hi;
  return true;
}

static void keep_inputs(const net *n, const bench *b, wide gap, region *r) {
  for (int32_t p = 0; p < n->n_in; p++) {
    int64_t lo = r->x_lo[p], hi = r->x_hi[p];
    keep_linear(gap, b->nu[p], &lo, &hi);
    if (lo > r->x_lo[p] || hi < r->x_hi[p]) r->stale = 0;
    r->x_lo[p] = (int16_t)lo;
    r->x_hi[p] = (int16_t)hi;
  }
}

static bool tighten(const net *n, const bench *b, wide gap, region *r) {
  for (int32_t k = n->n_layers - 1; k >= 0; k--)
    for (int32_t at = n->first[k]; at < n->first[k + 1]; at++) {
      const int32_t lo = r->z_lo[at], hi = r->z_hi[at];
      if (lo == hi) continue;
      if (!keep_accumulator(&n->layer[k], b, at, gap, r)) return false;
      if (r->z_lo[at] > lo || r->z_hi[at] < hi) r->stale = k + 1;
    }
  keep_inputs(n, b, gap, r);
  return true;
}

/* ---- a step ---- */

static int32_t layer_of(const net *n, int32_t at) {
  int32_t k = 0;
  while (at >= n->first[k + 1]) k++;
  return k;
}

/* The objective's weights, unit 2^-frac. */
static void weigh(const net *n, const part *p, const step *s, bench *b) {
  const int32_t last = n->first[n->n_layers - 1];
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  const int64_t unit = (int64_t)1 << s->frac;
  const int64_t weight = of_part ? unit : s->kappa;
  memset(b->gain, 0, (size_t)n->n_acc * sizeof *b->gain);
  if (weight != 0 && p->kind != 'C') b->gain[last + p->rival] += weight;
  if (weight != 0 && p->kind != 'B') b->gain[last + p->label] -= weight;
  if (!of_part) b->gain[s->at] += s->action == ABOVE ? unit : -unit;
}

static bool take_bound(const step *s, wide value, region *r, int32_t k) {
  const wide bound = value >> s->frac; /* rounds down: z is whole */
  if (s->action == ABOVE && bound < r->z_hi[s->at])
    r->z_hi[s->at] = bound < -ACC_LIMIT ? -ACC_LIMIT - 1 : (int32_t)bound;
  if (s->action == BELOW && -bound > r->z_lo[s->at])
    r->z_lo[s->at] = -bound > ACC_LIMIT ? ACC_LIMIT + 1 : (int32_t)-bound;
  if (r->stale > k + 1) r->stale = k + 1;
  return r->z_lo[s->at] <= r->z_hi[s->at];
}

bool rp_check_step(const net *n, const part *p, const step *s, region *r,
                   bench *b) {
  const int32_t last = n->n_layers - 1;
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  const int32_t k = of_part ? last : layer_of(n, s->at);
  const int32_t top = s->kappa > 0 ? last : k;
  if (!(top == last ? rp_check_settle(n, p, r) : rp_check_propagate(n, r, top)))
    return false;
  weigh(n, p, s, b);
  const wide value = evaluate(n, r, s->lambda, top, b);
  if (!of_part)
    return take_bound(
        s, s->kappa ? value - (wide)s->kappa * p->threshold : value, r, k);
  const wide gap = value - (wide)p->threshold * ((wide)1 << s->frac);
  if (gap < 0) return false;
  return s->action == CLOSE || tighten(n, b, gap, r);
}
