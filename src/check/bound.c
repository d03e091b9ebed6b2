/* The network, regions, and the bound from which proofs are made.
 *
 * For any multipliers lambda, with gain_i the objective's weight of z_i minus
 * lambda_i, mu of a layer W_next^T lambda_next and mu of the inputs likewise,
 *
 *   D = sum_i max_{z in [lo,hi]} (mu_i sigma(z) + gain_i z)
 *         + sum_p max_{x in [lo,hi]} mu_p x + sum_i lambda_i b_i
 *
 * is at least the objective at every input of the region (docs/evidence.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

void *rp_check_alloc(size_t count, size_t size) {
  void *made = calloc(count + 1, size);
  if (made) return made;
  fprintf(stderr, "rampart-check: out of memory\n");
  exit(1);
}

/* ---- the network ---- */

static int32_t sigma(const layer *l, int64_t z) {
  const int64_t half = ((int64_t)1 << l->shift) >> 1;
  const int64_t v = (z + half) >> l->shift;
  return (int32_t)(v < l->lo ? l->lo : v > l->hi ? l->hi : v);
}

/* The least z with sigma(z) >= v, for lo < v <= hi. */
static int64_t threshold(const layer *l, int64_t v) {
  return v * ((int64_t)1 << l->shift) - (((int64_t)1 << l->shift) >> 1);
}

static const layer *last_layer(const net *n) {
  return &n->layer[n->n_layers - 1];
}

static const int16_t *row_of(const layer *l, int32_t i) {
  return l->w + (size_t)i * (size_t)l->n_in;
}

int32_t rp_check_predict(const net *n, const int32_t *x) {
  int64_t *a = rp_check_alloc((size_t)n->n_vars, sizeof *a);
  int64_t *in = a, *out = a + n->n_in;
  for (int32_t p = 0; p < n->n_in; p++) a[p] = x[p];
  for (int32_t k = 0; k < n->n_layers; in = out, out += n->layer[k++].n_out)
    for (int32_t i = 0; i < n->layer[k].n_out; i++) {
      const layer *l = &n->layer[k];
      int64_t z = l->b[i];
      for (int32_t j = 0; j < l->n_in; j++) z += row_of(l, i)[j] * in[j];
      out[i] = sigma(l, z);
    }
  int32_t class = 0;
  for (int32_t i = 1; i < n->n_out; i++)
    if (in[i] > in[class]) class = i;
  free(a);
  return class;
}

/* Ranges of one layer's activations from those of its inputs, and the proof
 * that no partial sum, in any order, is beyond the limit. */
static bool layer_proved(const layer *l, const int64_t *lo, const int64_t *hi,
                         int64_t *out_lo, int64_t *out_hi) {
  for (int32_t i = 0; i < l->n_out; i++) {
    int64_t least = l->b[i], most = l->b[i], size = llabs(l->b[i]);
    for (int32_t j = 0; j < l->n_in && size <= ACC_LIMIT; j++) {
      const int64_t a = row_of(l, i)[j] * lo[j], b = row_of(l, i)[j] * hi[j];
      least += a < b ? a : b;
      most += a < b ? b : a;
      size += llabs(a) > llabs(b) ? llabs(a) : llabs(b);
    }
    if (size > ACC_LIMIT) return false;
    out_lo[i] = sigma(l, least);
    out_hi[i] = sigma(l, most);
  }
  return true;
}

rp_status rp_check_prepare(net *n, rp_error *err) {
  bool good = n->n_layers > 0 && n->n_in <= MOST_INPUTS;
  n->first[0] = n->n_in;
  for (int32_t k = 0, below = n->n_in; k < n->n_layers && good; k++) {
    const layer *l = &n->layer[k];
    good = l->n_in == below && l->n_out >= 1 && l->n_out <= MOST_NEURONS &&
           l->shift >= 0 && l->shift <= 30 && l->lo <= l->hi &&
           l->lo >= -ACC_LIMIT && l->hi <= ACC_LIMIT &&
           n->first[k] + l->n_out <= 2 * MOST_INPUTS;
    n->n_out = below = good ? l->n_out : 0;
    n->first[k + 1] = n->n_vars = n->first[k] + below;
  }
  if (!good || n->n_out < 2 || last_layer(n)->lo == last_layer(n)->hi)
    return rp_fail(err, RP_E_INPUT, "layers that do not fit");
  int64_t *lo = rp_check_alloc(2 * (size_t)n->n_vars, sizeof *lo);
  int64_t *hi = lo + n->n_vars;
  for (int32_t p = 0; p < n->n_in; p++) hi[p] = n->in_hi;
  for (int32_t k = 0, in = 0; k < n->n_layers && good; in = n->first[k++])
    good = layer_proved(&n->layer[k], lo + in, hi + in, lo + n->first[k],
                        hi + n->first[k]);
  free(lo);
  return good ? RP_OK : rp_fail(err, RP_E_INPUT, "accumulators beyond 2^30");
}

int32_t rp_check_layer_of(const net *n, int32_t variable) {
  int32_t k = 0;
  while (variable >= n->first[k + 1]) k++;
  return k;
}

/* ---- regions ---- */

region *rp_check_region(const net *n, const region *from) {
  const size_t bytes = 2 * (size_t)n->n_vars * sizeof(int32_t);
  region *r = rp_check_alloc(1, sizeof *r + bytes);
  r->lo = (int32_t *)(r + 1);
  r->hi = r->lo + n->n_vars;
  if (from) memcpy(r->lo, from->lo, bytes);
  if (from) r->stale = from->stale;
  return r;
}

region *rp_check_ball(const net *n, const int32_t *x, int32_t radius) {
  region *r = rp_check_region(n, NULL);
  for (int32_t v = 0; v < n->n_vars; v++) {
    const bool input = v < n->n_in;
    r->lo[v] = !input ? -ACC_LIMIT : x[v] > radius ? x[v] - radius : 0;
    r->hi[v] = !input ? ACC_LIMIT : x[v] + radius;
    if (input && r->hi[v] > n->in_hi) r->hi[v] = n->in_hi;
  }
  return r;
}

static void raise_lo(region *r, int32_t v, wide value) {
  if (value > ACC_LIMIT) value = ACC_LIMIT + 1; /* empty all the same */
  if (value > r->lo[v]) r->lo[v] = (int32_t)value;
}

static void lower_hi(region *r, int32_t v, wide value) {
  if (value < -ACC_LIMIT) value = -ACC_LIMIT - 1;
  if (value < r->hi[v]) r->hi[v] = (int32_t)value;
}

/* Least and greatest w.a over lo <= a <= hi. */
RP_VECTOR_CLONES static void row_range(const int16_t *restrict w,
                                       const int32_t *restrict lo,
                                       const int32_t *restrict hi, int32_t n,
                                       int32_t *least, int32_t *most) {
  int32_t down = 0, up = 0;
  for (int32_t j = 0; j < n; j++) {
    down += w[j] * (w[j] < 0 ? hi[j] : lo[j]);
    up += w[j] * (w[j] < 0 ? lo[j] : hi[j]);
  }
  *least = down;
  *most = up;
}

static bool is_empty(const region *r, int32_t from, int32_t to) {
  for (int32_t v = from; v < to; v++)
    if (r->lo[v] > r->hi[v]) return true;
  return false;
}

static bool propagate_layer(const net *n, int32_t k, region *r) {
  const layer *l = &n->layer[k], *below = k ? l - 1 : NULL;
  const int32_t in = k ? n->first[k - 1] : 0;
  if (is_empty(r, in, in + l->n_in)) return false;
  int32_t *lo = rp_check_alloc(2 * (size_t)l->n_in, sizeof *lo);
  int32_t *hi = lo + l->n_in;
  for (int32_t j = 0; j < l->n_in; j++) {
    lo[j] = below ? sigma(below, r->lo[in + j]) : r->lo[in + j];
    hi[j] = below ? sigma(below, r->hi[in + j]) : r->hi[in + j];
  }
  for (int32_t i = 0; i < l->n_out; i++) {
    int32_t least, most;
    row_range(row_of(l, i), lo, hi, l->n_in, &least, &most);
    raise_lo(r, n->first[k] + i, least + l->b[i]);
    lower_hi(r, n->first[k] + i, most + l->b[i]);
  }
  free(lo);
  return !is_empty(r, n->first[k], n->first[k + 1]);
}

static bool propagate(const net *n, region *r, int32_t last) {
  for (; r->stale <= last; r->stale++)
    if (!propagate_layer(n, r->stale, r)) return false;
  return true;
}

/* ---- the property ---- */

/* A: y below the top step, and for delta 0 above the bottom step; then z_j -
 * z_y is at least the least difference of a z of step v + delta and one of step
 * v: 1, for delta 0 less by a step. B: both at the top. C: y at the bottom,
 * where every j beats it. B and C are for delta 0; C asks nothing of its rival,
 * so that of rival 0 stands for all. */
int32_t rp_check_parts(const net *n, int32_t label, int32_t rival, part p[3]) {
  const layer *l = last_layer(n);
  const int32_t first = n->first[n->n_layers - 1];
  const bool delta = rival > label;
  const part any = {.y = first + label, .j = first + rival, .delta = delta};
  int32_t count = 0;
  if (delta || (int64_t)l->hi - l->lo > 1) {
    p[count] = any;
    p[count].kind = 'A';
    p[count++].threshold = delta ? 1 : 1 - ((int64_t)1 << l->shift);
  }
  if (delta) return count;
  p[count] = any;
  p[count].kind = 'B';
  p[count++].threshold = threshold(l, l->hi);
  if (rival > 0) return count;
  p[count] = any;
  p[count].kind = 'C';
  p[count++].threshold = 1 - threshold(l, (int64_t)l->lo + 1);
  return count;
}

/* sigma(z_j) >= sigma(z_y) + delta, on the ends of their intervals. */
static bool condition(const net *n, const part *p, region *r) {
  const layer *l = last_layer(n);
  if (r->lo[p->y] > r->hi[p->y] || r->lo[p->j] > r->hi[p->j]) return false;
  if (p->kind != 'A') return true;
  const int64_t j_step = (int64_t)sigma(l, r->lo[p->y]) + p->delta;
  const int64_t y_step = (int64_t)sigma(l, r->hi[p->j]) - p->delta;
  if (j_step > l->hi || y_step < l->lo) return false;
  if (j_step > l->lo) raise_lo(r, p->j, threshold(l, j_step));
  if (y_step < l->hi) lower_hi(r, p->y, threshold(l, y_step + 1) - 1);
  return r->lo[p->y] <= r->hi[p->y] && r->lo[p->j] <= r->hi[p->j];
}

bool rp_check_restrict(const net *n, const part *p, region *r) {
  const layer *l = last_layer(n);
  const int64_t top = threshold(l, l->hi);
  const int64_t above_bottom = threshold(l, (int64_t)l->lo + 1);
  if (p->kind == 'A') lower_hi(r, p->y, top - 1);
  if (p->kind == 'A') raise_lo(r, p->j, above_bottom);
  if (p->kind == 'A' && !p->delta) raise_lo(r, p->y, above_bottom);
  if (p->kind == 'B') raise_lo(r, p->y, top);
  if (p->kind == 'B') raise_lo(r, p->j, top);
  if (p->kind == 'C') lower_hi(r, p->y, above_bottom - 1);
  return condition(n, p, r);
}

bool rp_check_settle(const net *n, const part *p, region *r) {
  return propagate(n, r, n->n_layers - 1) && (!p || condition(n, p, r));
}

/* ---- the bound ---- */

RP_VECTOR_CLONES static void add_row(int64_t *restrict sum,
                                     const int16_t *restrict w, int32_t factor,
                                     int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += (int64_t)factor * w[j];
}

static wide value_at(const layer *l, const step *s, int32_t v, int64_t z) {
  return (wide)s->mu[v] * sigma(l, z) + (wide)s->gain[v] * z;
}

/* The greatest mu sigma(z) + gain z. Steps are equally long, so at the left
 * ends of whole steps inside the interval the value is linear, and likewise at
 * the right ends: only the interval's ends and both sides of its first and last
 * threshold can be greatest. */
static wide greatest(const layer *l, const step *s, const region *r,
                     int32_t v) {
  const int64_t lo = r->lo[v], hi = r->hi[v];
  if (s->mu[v] == 0) return (wide)s->gain[v] * (s->gain[v] > 0 ? hi : lo);
  const int64_t first = sigma(l, lo), last = sigma(l, hi);
  const int64_t t0 = threshold(l, first + 1), t1 = threshold(l, last);
  const int64_t z[6] = {lo, hi, t0 - 1, t0, t1 - 1, t1};
  wide best = value_at(l, s, v, lo);
  for (int c = 1; c < (first < last ? 6 : 2); c++) {
    const wide value = value_at(l, s, v, z[c]);
    if (value > best) best = value;
  }
  return best;
}

/* D over layers up to `top`; gain holds the objective's weights on entry, the
 * terms stay in the step. */
static wide evaluate(const net *n, const region *r, int32_t top, step *s) {
  wide sum = 0;
  memset(s->mu, 0, (size_t)n->n_vars * sizeof *s->mu);
  for (int32_t k = top; k >= 0; k--) {
    const layer *l = &n->layer[k];
    for (int32_t i = 0; i < l->n_out; i++) {
      const int32_t v = n->first[k] + i, lambda = s->lambda[v];
      s->gain[v] -= lambda;
      s->term[v] = greatest(l, s, r, v);
      sum += s->term[v] + (wide)lambda * l->b[i];
      if (lambda != 0)
        add_row(s->mu + (k ? n->first[k - 1] : 0), row_of(l, i), lambda,
                l->n_in);
    }
  }
  for (int32_t p = 0; p < n->n_in; p++)
    sum += (wide)s->mu[p] * (s->mu[p] > 0 ? r->hi[p] : r->lo[p]);
  return sum;
}

/* ---- reduced costs: where the objective reaches the threshold, every term is
 * within `gap` of its maximum, or their sum would stay below ---- */

static void keep_linear(wide gap, int64_t slope, int64_t *lo, int64_t *hi) {
  const int64_t price = llabs(slope);
  if (price == 0 || gap >= (wide)price * (*hi - *lo)) return;
  const int64_t units = (int64_t)(gap / price);
  if (slope > 0)
    *lo = *hi - units;
  else
    *hi = *lo + units;
}

/* The z of one output value a with mu a + gain z >= need. False: none. */
static bool keep_in_step(const layer *l, const step *s, int32_t v, int64_t a,
                         wide need, int64_t *lo, int64_t *hi) {
  if (a > sigma(l, *lo)) *lo = threshold(l, a);
  if (a < sigma(l, *hi)) *hi = threshold(l, a + 1) - 1;
  const wide spare = (wide)s->mu[v] * a +
                     (wide)s->gain[v] * (s->gain[v] > 0 ? *hi : *lo) - need;
  if (spare < 0) return false;
  keep_linear(spare, s->gain[v], lo, hi);
  return true;
}

/* Steps from both ends inward until one holds a z that is kept. */
static bool keep_stair(const layer *l, const step *s, int32_t v, wide need,
                       int64_t *lo, int64_t *hi) {
  const int64_t first = sigma(l, *lo), last = sigma(l, *hi);
  int64_t a = first, left_lo = *lo, left_hi = *hi;
  while (!keep_in_step(l, s, v, a, need, &left_lo, &left_hi)) {
    if (++a > last) return false;
    left_lo = *lo, left_hi = *hi;
  }
  int64_t right_lo = *lo, right_hi = *hi;
  for (a = last; !keep_in_step(l, s, v, a, need, &right_lo, &right_hi); a--)
    right_lo = *lo, right_hi = *hi;
  *lo = left_lo;
  *hi = right_hi;
  return true;
}

static bool tighten(const net *n, const step *s, wide gap, region *r) {
  for (int32_t v = n->n_vars - 1; v >= 0; v--) {
    int64_t lo = r->lo[v], hi = r->hi[v];
    const int32_t k = v < n->n_in ? -1 : rp_check_layer_of(n, v);
    if (s->mu[v] == 0 || k < 0)
      keep_linear(gap, k < 0 ? s->mu[v] : s->gain[v], &lo, &hi);
    else if (!keep_stair(&n->layer[k], s, v, s->term[v] - gap, &lo, &hi))
      return false;
    if (lo > r->lo[v] || hi < r->hi[v]) r->stale = k + 1;
    r->lo[v] = (int32_t)lo;
    r->hi[v] = (int32_t)hi;
  }
  return true;
}

/* ---- a step ---- */

step rp_check_step_memory(const net *n) {
  const size_t vars = (size_t)n->n_vars;
  step s = {.term = rp_check_alloc(vars, sizeof(wide) + 20)};
  s.mu = (int64_t *)(s.term + vars);
  s.gain = s.mu + vars;
  s.lambda = (int32_t *)(s.gain + vars);
  return s;
}

/* The objective's weights, unit 2^-frac: the part's (A z_j - z_y, B z_j,
 * C -z_y), or an accumulator and kappa times the part's. */
static void weigh(const net *n, const part *p, bool of_part, step *s) {
  const int64_t unit = (int64_t)1 << s->frac;
  const int64_t weight = of_part ? unit : s->kappa;
  memset(s->gain, 0, (size_t)n->n_vars * sizeof *s->gain);
  if (weight != 0 && p->kind != 'C') s->gain[p->j] += weight;
  if (weight != 0 && p->kind != 'B') s->gain[p->y] -= weight;
  if (!of_part) s->gain[s->at] += s->action == ABOVE ? unit : -unit;
}

bool rp_check_step(const net *n, const part *p, step *s, region *r) {
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  const int32_t last = n->n_layers - 1;
  const int32_t k = of_part ? last : rp_check_layer_of(n, s->at);
  const int32_t top = s->kappa > 0 ? last : k;
  if (!(top == last ? rp_check_settle(n, p, r) : propagate(n, r, top)))
    return false;
  weigh(n, p, of_part, s);
  const wide value = evaluate(n, r, top, s);
  const wide weight = of_part ? (wide)1 << s->frac : s->kappa;
  const wide gap = value - (weight ? weight * p->threshold : 0);
  if (of_part && gap < 0) return false;
  if (s->action == CLOSE) return true;
  if (s->action == TIGHTEN) return tighten(n, s, gap, r);
  if (s->action == ABOVE) /* z is whole: round down */
    lower_hi(r, s->at, gap >> s->frac);
  else
    raise_lo(r, s->at, -(gap >> s->frac));
  if (r->stale > k + 1) r->stale = k + 1;
  return r->lo[s->at] <= r->hi[s->at];
}
