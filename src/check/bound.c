/* The bound on which proofs are based.
 *
 * Let lambda be any multipliers, gain_i the objective's weight of z_i minus
 * lambda_i, and mu of a neuron or an input the sum of w lambda over all
 * accumulators that read it with a weight w. Then
 *
 *   D = sum_i max_{z in [lo,hi]} (mu_i sigma(z) + gain_i z)
 *         + sum_p max_{x in [lo,hi]} mu_p x + sum_i lambda_i b_i
 *
 * is at least the objective at every input of the region (docs/evidence.md). In
 * a ball the sum over inputs is that of rp_check_bound_inputs. A neuron that is
 * a maximum has one term for all its accumulators. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

RP_VECTOR_CLONES static void add_products(int64_t *restrict sum,
                                          const int16_t *restrict w,
                                          int32_t factor, int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += (int64_t)factor * w[j];
}

/* Add w lambda to mu of all that the accumulator reads. */
static void add_row(const net *n, const block *b, int32_t v, step *s) {
  const int32_t i = v - b->first;
  for (size_t at = b->row[i]; at < b->row[i + 1]; at++) {
    const run of = b->run[at];
    span *seen = &s->seen[n->of[of.first] + 1];
    add_products(s->mu + of.first, of.w, s->lambda[v], of.n);
    if (of.first < seen->from) seen->from = of.first;
    if (of.first + of.n > seen->to) seen->to = of.first + of.n;
  }
}

/* Find the maximum of mu sigma(z) + gain z over an interval: on a step it is at
 * an end. If steps are equally long, the values at the left ends of whole steps
 * are linear in the step, and so are those at the right ends: then the first
 * two and the last two steps suffice. */
static wide find_greatest_step(const stair *s, wide mu, wide gain, int64_t lo,
                               int64_t hi) {
  const int64_t first = rp_check_apply_stair(s, lo),
                last = rp_check_apply_stair(s, hi);
  wide best = mu * first + gain * lo;
  for (int64_t v = first; v <= last; v++) {
    const int64_t from = rp_check_threshold(s, v),
                  to = rp_check_threshold(s, v + 1) - 1;
    const int64_t left = from > lo ? from : lo, right = to < hi ? to : hi;
    const wide value = mu * v + gain * (gain > 0 ? right : left);
    if (left <= right && value > best) best = value;
    if (!s->threshold && v == first + 1 && v < last - 2) v = last - 2;
  }
  return best;
}

/* Where both factors have one sign, an end of the interval has the maximum. */
static wide find_greatest_term(const stair *s, wide mu, wide gain, int64_t lo,
                               int64_t hi) {
  if (mu >= 0 && gain >= 0) return mu * rp_check_apply_stair(s, hi) + gain * hi;
  if (mu <= 0 && gain <= 0) return mu * rp_check_apply_stair(s, lo) + gain * lo;
  return find_greatest_step(s, mu, gain, lo, hi);
}

static int64_t compute_gain(const step *s, int32_t v) {
  int64_t gain = -(int64_t)s->lambda[v];
  for (int k = 0; k < 2; k++)
    if (s->at_weight[k] == v) gain += s->weight[k];
  return gain;
}

/* The multiplier that follows from mu and the neuron's slopes. */
static int32_t glide(const step *s, int64_t mu, int32_t v, int32_t bits) {
  const wide lambda = (wide)mu * s->slope[mu >= 0][v] >> bits;
  return (int32_t)(lambda > INT32_MAX    ? INT32_MAX
                   : lambda < -INT32_MAX ? -INT32_MAX
                                         : lambda);
}

/* mu is 0 again. */
static void clear_mu(const net *n, step *s) {
  for (int32_t k = 0; k <= n->n_blocks; k++) {
    span *seen = &s->seen[k];
    if (seen->from < seen->to)
      memset(s->mu + seen->from, 0,
             (size_t)(seen->to - seen->from) * sizeof *s->mu);
    *seen = (span){INT32_MAX, 0};
  }
}

static wide find_greatest_product(int64_t gain, int64_t lo, int64_t hi) {
  return (wide)gain * (gain > 0 ? hi : lo);
}

/* The accumulators of a neuron, which are variables. */
typedef struct members {
  const int32_t *v, *end;
} members;

static members get_members(const block *b, int32_t i) {
  return (members){b->member + b->begin[i], b->member + b->begin[i + 1]};
}

/* For mu >= 0, or one accumulator: one is the greatest, the others are free. */
static wide find_greatest_of_high(const stair *own, int64_t mu, members m,
                                  const region *r, const step *s) {
  wide sum = 0, more = 0;
  for (const int32_t *v = m.v; v < m.end; v++) {
    const int64_t gain = compute_gain(s, *v), lo = r->lo[*v], hi = r->hi[*v];
    const wide alone = find_greatest_product(gain, lo, hi);
    const wide more_here = find_greatest_term(own, mu, gain, lo, hi) - alone;
    sum += alone;
    if (v == m.v || more_here > more) more = more_here;
  }
  return sum + more;
}

/* For mu < 0: the greatest is on some step, and none is beyond it. */
static wide find_greatest_of_low(const stair *own, int64_t mu, members m,
                                 const region *r, const step *s) {
  wide best = 0;
  int32_t lo = INT32_MIN, hi = INT32_MIN;
  for (const int32_t *v = m.v; v < m.end; v++) {
    if (r->lo[*v] > lo) lo = r->lo[*v];
    if (r->hi[*v] > hi) hi = r->hi[*v];
  }
  const int32_t first = rp_check_apply_stair(own, lo);
  const int32_t last = rp_check_apply_stair(own, hi);
  for (int32_t a = first; a <= last; a++) {
    const int64_t end = rp_check_threshold(own, (int64_t)a + 1) - 1;
    wide value = (wide)mu * a;
    for (const int32_t *v = m.v; v < m.end; v++)
      value += find_greatest_product(compute_gain(s, *v), r->lo[*v],
                                     end < r->hi[*v] ? end : r->hi[*v]);
    if (a == first || value > best) best = value;
  }
  return best;
}

/* Add the term of a neuron, and what its accumulators read. Nothing reads the
 * objective's block: there mu is what cuts make it. */
static wide add_neuron(const net *n, const block *b, int32_t i, const region *r,
                       step *s) {
  const members m = get_members(b, i);
  const int64_t mu = s->mu[b->first + i];
  const bool is_alone = m.end - m.v == 1;
  wide sum = mu >= 0 || is_alone
                 ? find_greatest_of_high(&b->own[i], mu, m, r, s)
                 : find_greatest_of_low(&b->own[i], mu, m, r, s);
  if (is_alone) s->term[*m.v] = sum;
  for (const int32_t *v = m.v; v < m.end; v++) {
    sum += (wide)s->lambda[*v] * b->b[*v - b->first];
    if (s->lambda[*v] != 0) add_row(n, b, *v, s);
  }
  return sum;
}

/* Compute D of the objective over the blocks up to `top`: over all neurons or,
 * with slopes, over those that were seen, whose multipliers follow from them.
 * The terms of the sum are kept in s->term. */
static wide evaluate(const net *n, const region *r, int32_t top, step *s) {
  wide sum = 0;
  for (int32_t k = top; k >= 0; k--) {
    const block *b = &n->block[k];
    const bool glides = s->action == BOUNDS && k < top;
    for (int32_t at = s->seen[k + 1].from; at < s->seen[k + 1].to; at++) {
      const members m = get_members(b, at - b->first);
      if (glides && s->mu[at] == 0) continue; /* lambda and the term are 0 */
      for (const int32_t *v = m.v; glides && v < m.end; v++)
        s->lambda[*v] = glide(s, s->mu[at], *v, s->bits[k]);
      sum += add_neuron(n, b, at - b->first, r, s);
    }
  }
  if (r->centre)
    return sum + rp_check_bound_inputs(n, r, s->mu, &s->price, s->term);
  for (int32_t p = s->seen[0].from; p < s->seen[0].to; p++)
    sum += s->term[p] = find_greatest_product(s->mu[p], r->lo[p], r->hi[p]);
  return sum;
}

/* ---- reduced costs ----
 * Where the objective reaches the threshold, every term is within `gap` of its
 * maximum; otherwise their sum would be below the threshold. */

/* A term, mu sigma(z) + gain z, over an interval, and what it has to reach. */
typedef struct goal {
  const stair *s; /* NULL: mu is 0, and all is one step */
  wide mu, gain, need;
  int64_t lo, hi;
} goal;

/* Find where the term, which is linear on step a, is at least what is needed.
 * False: nowhere. */
static bool reach(const goal *g, int64_t a, int64_t *from, int64_t *to) {
  const int64_t left = g->s ? rp_check_threshold(g->s, a) : g->lo;
  const int64_t right = g->s ? rp_check_threshold(g->s, a + 1) - 1 : g->hi;
  *from = left > g->lo ? left : g->lo;
  *to = right < g->hi ? right : g->hi;
  const wide at_from = g->mu * a + g->gain * *from - g->need;
  const wide at_to = g->mu * a + g->gain * *to - g->need;
  if (*from > *to || (at_from < 0 && at_to < 0)) return false;
  if (at_from < 0) *from = *to - (int64_t)(at_to / g->gain);
  if (at_to < 0) *to = *from + (int64_t)(at_from / -g->gain);
  return true;
}

/* What equally long steps reach is linear in the step. Find the first that
 * reaches what is needed, between one that does not and one that counts. */
static int64_t bisect_steps(const goal *g, int64_t below, int64_t counts) {
  int64_t from, to;
  while (llabs(counts - below) > 1) {
    const int64_t middle = below + (counts - below) / 2;
    *(reach(g, middle, &from, &to) ? &counts : &below) = middle;
  }
  return counts;
}

/* Find the first step that reaches what is needed, from step a towards `last`,
 * which counts as one. Only the ends of the interval cut steps. */
static int64_t find_step(const goal *g, int64_t a, int64_t last) {
  const int way = a <= last ? 1 : -1;
  int64_t from, to;
  for (int tries = 0; a != last && !reach(g, a, &from, &to); a += way)
    if (!g->s->threshold && tries++ == 1) return bisect_steps(g, a, last);
  return a;
}

static bool tighten_variable(const net *n, int32_t v, const goal *g,
                             region *r) {
  const int64_t first = g->s ? rp_check_apply_stair(g->s, g->lo) : 0;
  const int64_t last = g->s ? rp_check_apply_stair(g->s, g->hi) : 0;
  const int64_t low = find_step(g, first, last);
  int64_t lo, hi, unused;
  return reach(g, low, &lo, &unused) &&
         reach(g, find_step(g, last, low), &unused, &hi) &&
         rp_check_cut(n, r, v, lo, hi);
}

/* Intervals of a maximum have one term together: they are left as they are. */
static bool tighten(const net *n, const step *s, wide gap, region *r) {
  bool left = true;
  for (int32_t p = 0; left && r->centre && p < n->n_in; p++)
    left =
        rp_check_tighten_input(n, r, p, s->mu[p], s->price, s->term[p] - gap);
  for (int32_t v = r->centre ? n->n_in : 0; left && v < n->n_vars; v++) {
    goal g = {NULL, 0, s->mu[v], s->term[v] - gap, r->lo[v], r->hi[v]};
    if (v >= n->n_in) {
      const block *b = &n->block[n->of[v]];
      const int32_t i = rp_check_owner(b, v - b->first);
      const members m = get_members(b, i);
      if (m.end - m.v > 1) continue;
      g.mu = s->mu[b->first + i];
      g.gain = compute_gain(s, v);
      if (g.mu != 0) g.s = &b->own[i];
    }
    left = tighten_variable(n, v, &g, r);
  }
  return left;
}

/* ---- cuts ----
 * A cut times pi >= 0 is added to the objective: pi (sg rho x + f - unit sg a),
 * which is not negative. */

/* What inputs leave of both sides, at most: of -sg rho x on the flat one, where
 * z stays out, and of sg (w - rho) x on the steep one. */
typedef struct sides {
  int64_t flat, steep;
} sides;

RP_VECTOR_CLONES static sides bound_inputs(const run *of, const cut *c,
                                           const region *r) {
  const int32_t *restrict lo = r->lo + of->first;
  const int32_t *restrict hi = r->hi + of->first;
  const uint8_t *restrict chosen = c->chosen + of->first;
  int64_t flat = 0, steep = 0;
  for (int32_t j = 0; j < of->n; j++) {
    const int32_t w = c->sign * of->w[j];
    const int32_t in = chosen[j] ? -w : 0, out = chosen[j] ? 0 : w;
    flat += in * (in > 0 ? hi[j] : lo[j]);
    steep += out * (out > 0 ? hi[j] : lo[j]);
  }
  return (sides){flat, steep};
}

RP_VECTOR_CLONES static void add_chosen(int64_t *restrict sum,
                                        const int16_t *restrict w,
                                        const uint8_t *restrict chosen,
                                        int64_t factor, int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += chosen[j] ? factor * w[j] : 0;
}

/* z = w x + b is put in on the steep side. */
static wide bound_side(const block *b, const cut *c, bool is_steep, int64_t lo,
                       int64_t hi) {
  const int32_t i = c->v - b->first;
  const int64_t slope = is_steep ? c->sign : 0;
  return find_greatest_term(&b->own[i], (wide)c->sign * c->unit, -slope, lo,
                            hi) +
         slope * b->b[i];
}

/* f: z is below `from` or not. The side where the staircase rises is steep. */
static wide bound_cut(const block *b, const cut *c, const region *r) {
  const int32_t i = c->v - b->first;
  const int64_t lo = r->lo[c->v], hi = r->hi[c->v];
  const bool is_above = c->sign > 0;
  wide flat = 0, steep = 0;
  for (size_t at = b->row[i]; at < b->row[i + 1]; at++) {
    const sides s = bound_inputs(&b->run[at], c, r);
    flat += s.flat;
    steep += s.steep;
  }
  const wide low =
      bound_side(b, c, !is_above, lo, hi < c->from ? hi : c->from - 1) +
      (is_above ? flat : steep);
  const wide high =
      bound_side(b, c, is_above, lo < c->from ? c->from : lo, hi) +
      (is_above ? steep : flat);
  return hi < c->from ? low : lo >= c->from || high > low ? high : low;
}

/* A cut of another neuron than one that reads the input alone, by one operator,
 * and has one accumulator, says nothing. */
static wide add_cut(const net *n, const region *r, const cut *c, int64_t pi,
                    step *s) {
  const block *b = &n->block[n->of[c->v]];
  const int32_t i = c->v - b->first;
  if (b->owner || b->n_terms != 1 || b->term[0].source >= 0) return 0;
  s->mu[c->v] -= c->sign * pi * c->unit;
  for (size_t at = b->row[i]; at < b->row[i + 1]; at++) {
    const run *of = &b->run[at];
    add_chosen(s->mu + of->first, of->w, c->chosen + of->first, c->sign * pi,
               of->n);
  }
  return pi * bound_cut(b, c, r);
}

/* ---- a step ---- */

void rp_check_init_step(const net *n, step *s) {
  const size_t vars = (size_t)n->n_vars, blocks = (size_t)n->n_blocks;
  *s = (step){.lambda = rp_check_alloc(vars, sizeof *s->lambda),
              .choice = rp_check_alloc(vars, sizeof *s->choice),
              .slope = {rp_check_alloc(vars, sizeof **s->slope),
                        rp_check_alloc(vars, sizeof **s->slope)},
              .bits = rp_check_alloc(blocks, sizeof *s->bits),
              .mu = rp_check_alloc(vars, sizeof *s->mu),
              .seen = rp_check_alloc(blocks + 1, sizeof *s->seen),
              .term = rp_check_alloc(vars, sizeof *s->term)};
}

void rp_check_fini_step(step *s) {
  free(s->lambda);
  free(s->choice);
  free(s->slope[0]);
  free(s->slope[1]);
  free(s->bits);
  free(s->mu);
  free(s->seen);
  free(s->term);
  for (int64_t k = 0; k < s->n_cuts; k++) free(s->cut[k].chosen);
  free(s->cut);
}

void rp_check_begin_record(const net *n, step *s) {
  for (int side = 0; side < 2 && s->has_slopes; side++)
    memset(s->slope[side], 0, (size_t)n->n_vars * sizeof *s->slope[side]);
  memset(s->bits, 0, (size_t)n->n_blocks * sizeof *s->bits);
  s->has_slopes = false;
  s->n_uses = 0;
}

/* The first block of which a step needs nothing is `top` + 1. */
static int32_t find_top(const net *n, const step *s) {
  if (s->action == BOUNDS) return s->k;
  return s->action >= ABOVE ? n->of[s->at] : n->n_blocks - 1;
}

/* The objective: sign times z. */
static void set_bounded(step *s, int32_t v, int sign) {
  s->at_weight[0] = v;
  s->weight[0] = sign * ((int64_t)1 << s->frac);
  s->at_weight[1] = -1;
}

/* A bound of z follows from D of sign times z: z is an integer. */
static bool apply_bound(const net *n, const step *s, wide value, int32_t v,
                        int sign, region *r) {
  const wide most = value >> s->frac; /* rounded down */
  return sign > 0 ? rp_check_cut(n, r, v, -ACC_LIMIT, most)
                  : rp_check_cut(n, r, v, -most, ACC_LIMIT);
}

/* Only the block itself has multipliers; those below follow from slopes. */
static bool apply_slopes(const net *n, step *s, region *r) {
  const block *b = &n->block[s->k];
  bool left = true;
  memset(s->lambda + b->first, 0, (size_t)b->n_acc * sizeof *s->lambda);
  for (int32_t i = 0; i < b->n_acc; i++)
    for (int side = 0; side < 2; side++) {
      const int sign = side ? -1 : 1;
      if (!(s->choice[i] >> side & 1)) continue;
      const int32_t at = b->first + rp_check_owner(b, i);
      clear_mu(n, s);
      s->seen[s->k + 1] = (span){at, at + 1};
      set_bounded(s, b->first + i, sign);
      s->lambda[b->first + i] = (int32_t)s->weight[0];
      const wide value = evaluate(n, r, s->k, s);
      s->lambda[b->first + i] = 0;
      left = apply_bound(n, s, value, b->first + i, sign, r) && left;
    }
  return left;
}

static bool apply_multipliers(const net *n, const part *p, step *s, region *r) {
  const int64_t unit = (int64_t)1 << s->frac;
  const int sign = s->action == ABOVE ? 1 : -1;
  if (s->action >= ABOVE) {
    set_bounded(s, s->at, sign);
  } else {
    s->at_weight[0] = p->j;
    s->at_weight[1] = p->y;
    s->weight[0] = p->c_j * unit;
    s->weight[1] = -p->c_y * unit;
  }
  clear_mu(n, s);
  for (int32_t k = -1; k < n->n_blocks; k++) {
    const int32_t first = rp_check_first(n, k);
    s->seen[k + 1] = (span){first, first + rp_check_count(n, k)};
  }
  wide value = 0;
  const int32_t top = find_top(n, s);
  for (int32_t k = 0; k < s->n_uses; k++)
    if (n->of[s->use[k]->v] <= top)
      value += add_cut(n, r, s->use[k], s->pi[k], s);
  value += evaluate(n, r, top, s);
  if (s->action >= ABOVE) return apply_bound(n, s, value, s->at, sign, r);
  const wide gap = value - p->threshold * unit;
  return gap >= 0 && (s->action == CLOSE || tighten(n, s, gap, r));
}

bool rp_check_apply_step(const net *n, const part *p, step *s, region *r) {
  const int32_t top = find_top(n, s), last = n->n_blocks - 1;
  if (s->action == SLOPES || s->action == CUTS) return true;
  if (!(top == last ? rp_check_settle(n, p, r) : rp_check_propagate(n, r, top)))
    return false;
  return s->action == BOUNDS ? apply_slopes(n, s, r)
                             : apply_multipliers(n, p, s, r);
}
