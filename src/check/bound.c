/* The network, regions, and the bound on which proofs are based.
 *
 * Let lambda be any multipliers, gain_i the objective's weight of z_i minus
 * lambda_i, mu of a layer W_next^T lambda_next, and gain of the inputs
 * W_first^T lambda_first. Then
 *
 *   D = sum_i max_{z in [lo,hi]} (mu_i sigma(z) + gain_i z)
 *         + sum_p max_{x in [lo,hi]} gain_p x + sum_i lambda_i b_i
 *
 * is at least the objective at every input of the region (docs/evidence.md). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"

/* Without memory the remaining claims are not checked, so the check fails. */
static void *expect_memory(void *made) {
  static const char why[] =
      "rampart-check: out of memory before all rows were checked\n";
  if (made) return made;
  (void)!write(STDERR_FILENO, why, sizeof why - 1);
  _exit(FAILED);
}

void *rp_check_alloc(size_t count, size_t size) {
  return expect_memory(calloc(count + 1, size));
}

void *rp_check_resize(void *memory, size_t bytes) {
  return expect_memory(realloc(memory, bytes));
}

/* ---- the network ---- */

static int32_t apply_stair(const layer *l, int64_t z) {
  const int64_t half = ((int64_t)1 << l->shift) >> 1;
  const int64_t v = (z + half) >> l->shift;
  return (int32_t)(v < l->lo ? l->lo : v > l->hi ? l->hi : v);
}

/* The least z with sigma(z) >= v, for lo < v <= hi. */
static int64_t compute_threshold(const layer *l, int64_t v) {
  return v * ((int64_t)1 << l->shift) - (((int64_t)1 << l->shift) >> 1);
}

static const int16_t *get_row(const layer *l, int32_t i) {
  return l->w + (size_t)i * (size_t)l->n_in;
}

/* The first variable of the layer below. */
static int32_t get_first_below(const net *n, int32_t k) {
  return k > 0 ? n->first[k - 1] : 0;
}

int32_t rp_check_find_layer(const net *n, int32_t variable) {
  int32_t k = 0;
  while (variable >= n->first[k + 1]) k++;
  return k;
}

/* ---- regions ---- */

region *rp_check_copy_region(const net *n, const region *from) {
  const size_t bytes = 2 * (size_t)n->n_vars * sizeof(int32_t);
  region *r = rp_check_alloc(1, sizeof *r + bytes);
  r->lo = (int32_t *)(r + 1);
  r->hi = r->lo + n->n_vars;
  if (from) memcpy(r->lo, from->lo, bytes);
  if (from) r->stale = from->stale;
  return r;
}

region *rp_check_make_ball(const net *n, const int32_t *x, int32_t radius) {
  region *r = rp_check_copy_region(n, NULL);
  for (int32_t v = 0; v < n->n_vars; v++) {
    const bool input = v < n->n_in;
    const int32_t at = input && x ? x[v] : 0;
    r->lo[v] = !input ? -ACC_LIMIT : at > radius ? at - radius : 0;
    r->hi[v] = !input ? ACC_LIMIT : at + radius;
    if (input && r->hi[v] > n->in_hi) r->hi[v] = n->in_hi;
  }
  return r;
}

bool rp_check_cut(const net *n, region *r, int32_t v, wide lo, wide hi) {
  if (lo > ACC_LIMIT) lo = ACC_LIMIT + 1; /* avoids overflow; stays empty */
  if (hi < -ACC_LIMIT) hi = -ACC_LIMIT - 1;
  if (lo <= r->lo[v] && hi >= r->hi[v]) return true;
  const int32_t above = v < n->n_in ? 0 : rp_check_find_layer(n, v) + 1;
  if (above < r->stale) r->stale = above;
  if (lo > r->lo[v]) r->lo[v] = (int32_t)lo;
  if (hi < r->hi[v]) r->hi[v] = (int32_t)hi;
  return r->lo[v] <= r->hi[v];
}

/* Compute the least and the greatest w.a over lo <= a <= hi. */
RP_VECTOR_CLONES static void compute_row_range(const int16_t *restrict w,
                                               const int32_t *restrict lo,
                                               const int32_t *restrict hi,
                                               int32_t n, int32_t *least,
                                               int32_t *most) {
  int32_t down = 0, up = 0;
  for (int32_t j = 0; j < n; j++) {
    down += w[j] * (w[j] < 0 ? hi[j] : lo[j]);
    up += w[j] * (w[j] < 0 ? lo[j] : hi[j]);
  }
  *least = down;
  *most = up;
}

/* Compute the bounds of a layer's inputs, [2][n_in], to be freed by the
 * caller. */
static int32_t *compute_input_ends(const net *n, int32_t k, const region *r) {
  const layer *l = &n->layer[k];
  int32_t *lo = rp_check_alloc(2 * (size_t)l->n_in, sizeof *lo);
  for (int32_t j = 0, v = get_first_below(n, k); j < l->n_in; j++, v++) {
    lo[j] = k ? apply_stair(l - 1, r->lo[v]) : r->lo[v];
    lo[l->n_in + j] = k ? apply_stair(l - 1, r->hi[v]) : r->hi[v];
  }
  return lo;
}

static bool propagate_layer(const net *n, int32_t k, region *r) {
  const layer *l = &n->layer[k];
  bool left = true;
  int32_t *lo = compute_input_ends(n, k, r), *hi = lo + l->n_in;
  for (int32_t i = 0; i < l->n_out; i++) {
    const int32_t v = n->first[k] + i;
    int32_t least, most;
    compute_row_range(get_row(l, i), lo, hi, l->n_in, &least, &most);
    left = rp_check_cut(n, r, v, least + l->b[i], most + l->b[i]) && left;
  }
  free(lo);
  return left;
}

static bool propagate(const net *n, region *r, int32_t last) {
  for (; r->stale <= last; r->stale++)
    if (!propagate_layer(n, r->stale, r)) return false;
  return true;
}

/* In a ball of radius 0 every interval is a single value. */
int32_t rp_check_predict(const net *n, const int32_t *x) {
  region *r = rp_check_make_ball(n, x, 0);
  (void)propagate(n, r, n->n_layers - 1);
  const int32_t *z = r->lo + n->first[n->n_layers - 1];
  const layer *l = &n->layer[n->n_layers - 1];
  int32_t class = 0;
  for (int32_t i = 1; i < n->n_out; i++)
    if (apply_stair(l, z[i]) > apply_stair(l, z[class])) class = i;
  free(r);
  return class;
}

/* Whether no partial sum of a row, in any order, can exceed the limit. */
static bool is_layer_within_limit(const net *n, int32_t k, const region *r) {
  const layer *l = &n->layer[k];
  int32_t *lo = compute_input_ends(n, k, r), *hi = lo + l->n_in;
  int64_t size = 0;
  for (int32_t i = 0; i < l->n_out && size <= ACC_LIMIT; i++) {
    size = llabs(l->b[i]);
    for (int32_t j = 0; j < l->n_in && size <= ACC_LIMIT; j++)
      size += llabs((int64_t)get_row(l, i)[j] *
                    (lo[j] + (int64_t)hi[j] > 0 ? hi[j] : lo[j]));
  }
  free(lo);
  return size <= ACC_LIMIT;
}

bool rp_check_prepare(net *n) {
  const layer *l = n->layer;
  bool good = n->n_layers >= 1 && n->n_in >= 1 && n->n_in <= MOST_INPUTS &&
              n->in_hi >= 1 && n->in_hi <= 255;
  n->n_vars = n->n_out = n->n_in;
  for (int32_t k = 0; good && k < n->n_layers; k++) {
    l = &n->layer[k];
    good = l->n_in == n->n_out && l->n_out >= 1 && l->n_out <= MOST_NEURONS &&
           l->shift >= 0 && l->shift <= 30 && l->lo <= l->hi &&
           l->lo >= -ACC_LIMIT && l->hi <= ACC_LIMIT;
    n->first[k] = n->n_vars;
    n->first[k + 1] = n->n_vars += n->n_out = l->n_out;
  }
  if (!good || n->n_out < 2 || l->lo == l->hi) return false;
  region *all =
      rp_check_make_ball(n, NULL, n->in_hi); /* contains every input */
  for (int32_t k = 0; good && k < n->n_layers; k++)
    good = is_layer_within_limit(n, k, all) && propagate_layer(n, k, all);
  free(all);
  return good;
}

/* ---- the property ---- */

/* The three parts of "j beats y".
 * A: y is below the top step and, for delta 0, above the bottom step. Then
 *    z_j - z_y is at least the least difference between a z of step v + delta
 * and a z of step v, which is 1 for delta 1 and 1 - 2^shift for delta 0. B:
 * both are at the top step (delta 0). C: y is at the bottom step, where every j
 * beats it (delta 0). This does not depend on j, so part C of rival 0 covers
 * all rivals. */
int32_t rp_check_make_parts(const net *n, int32_t label, int32_t rival,
                            part p[3]) {
  const layer *l = &n->layer[n->n_layers - 1];
  const int32_t first = n->first[n->n_layers - 1];
  const int32_t y = first + label, j = first + rival, delta = rival > label;
  const int64_t above = delta ? 1 : 1 - ((int64_t)1 << l->shift);
  const part all[3] = {
      {y, j, delta, 'A', above, false},
      {y, j, delta, 'B', compute_threshold(l, l->hi), false},
      {y, j, delta, 'C', 1 - compute_threshold(l, l->lo + 1), false}};
  const bool is_one[3] = {delta || l->hi > l->lo + 1, !delta,
                          !delta && rival == 0};
  int32_t count = 0;
  for (int k = 0; k < 3; k++)
    if (is_one[k]) p[count++] = all[k];
  return count;
}

/* Cut the region by the bounds of the part, and by sigma(z_j) >= sigma(z_y) +
 * delta at the ends of both intervals. */
static bool restrict_to_part(const net *n, const part *p, region *r) {
  const layer *l = &n->layer[n->n_layers - 1];
  const int64_t top = compute_threshold(l, l->hi),
                above = compute_threshold(l, l->lo + 1);
  if (p->kind == 'C') return rp_check_cut(n, r, p->y, -ACC_LIMIT, above - 1);
  if (p->kind == 'B')
    return rp_check_cut(n, r, p->y, top, ACC_LIMIT) &&
           rp_check_cut(n, r, p->j, top, ACC_LIMIT);
  if (!rp_check_cut(n, r, p->y, p->delta ? -ACC_LIMIT : above, top - 1))
    return false;
  const int32_t least_step = apply_stair(l, r->lo[p->y]) + p->delta;
  if (!rp_check_cut(n, r, p->j, compute_threshold(l, least_step), ACC_LIMIT))
    return false;
  const int32_t most_step = apply_stair(l, r->hi[p->j]) - p->delta;
  return most_step == l->hi ||
         rp_check_cut(n, r, p->y, -ACC_LIMIT,
                      compute_threshold(l, most_step + 1) - 1);
}

bool rp_check_settle(const net *n, const part *p, region *r) {
  return propagate(n, r, n->n_layers - 1) && (!p || restrict_to_part(n, p, r));
}

/* ---- the bound ---- */

RP_VECTOR_CLONES static void add_row(int64_t *restrict sum,
                                     const int16_t *restrict w, int32_t factor,
                                     int32_t n) {
  for (int32_t j = 0; j < n; j++) sum[j] += (int64_t)factor * w[j];
}

/* Find the maximum of mu sigma(z) + gain z over the interval. Steps have equal
 * length, so the values at the left ends of whole steps are linear in the step,
 * and so are those at the right ends. Hence the maximum is at an end of the
 * interval or at one side of its first or last threshold. */
static wide find_greatest_term(const layer *l, const step *s, const region *r,
                               int32_t v) {
  const int64_t lo = r->lo[v], hi = r->hi[v];
  const int64_t first = apply_stair(l, lo), last = apply_stair(l, hi);
  const int64_t t0 = compute_threshold(l, first + 1),
                t1 = compute_threshold(l, last);
  const int64_t z[6] = {lo, hi, t0 - 1, t0, t1 - 1, t1};
  wide best = 0;
  for (int c = 0; c < (first < last ? 6 : 2); c++) {
    const wide value =
        (wide)s->mu[v] * apply_stair(l, z[c]) + (wide)s->gain[v] * z[c];
    if (c == 0 || value > best) best = value;
  }
  return best;
}

/* Compute D over the layers up to `top`. On entry s->gain holds the weights of
 * the objective. The terms of the sum are kept in s->term. */
static wide evaluate(const net *n, const region *r, int32_t top, step *s) {
  wide sum = 0;
  memset(s->mu, 0, (size_t)n->n_vars * sizeof *s->mu);
  for (int32_t k = top; k >= 0; k--) {
    const layer *l = &n->layer[k];
    for (int32_t i = 0; i < l->n_out; i++) {
      const int32_t v = n->first[k] + i, lambda = s->lambda[v];
      s->gain[v] -= lambda;
      s->term[v] = find_greatest_term(l, s, r, v);
      sum += s->term[v] + (wide)lambda * l->b[i];
      if (lambda != 0)
        add_row((k ? s->mu : s->gain) + get_first_below(n, k), get_row(l, i),
                lambda, l->n_in);
    }
  }
  for (int32_t p = 0; p < n->n_in; p++)
    sum += s->term[p] =
        (wide)s->gain[p] * (s->gain[p] > 0 ? r->hi[p] : r->lo[p]);
  return sum;
}

/* ---- reduced costs ----
 * Where the objective reaches the threshold, every term is within `gap` of its
 * maximum; otherwise their sum would be below the threshold. */

/* Count the whole steps that can be skipped. From one step to the next the
 * values at both ends of a step grow by `gain`; `best` is the greater of the
 * two at the first step, minus what is needed. */
static int64_t count_skippable_steps(wide best, wide gain, int64_t whole) {
  if (best >= 0 || whole <= 0) return 0;
  const wide out = gain > 0 ? (-best + gain - 1) / gain : whole;
  return out < whole ? (int64_t)out : whole;
}

/* Find the first z from here towards `end` whose term is at least `need`; a
 * value beyond `end` if there is none. The term is linear on a step, and
 * everywhere for inputs and for mu = 0. Only the first step, the last step and
 * one in between have to be examined; the others are skipped. */
static int64_t find_first_reaching(const layer *l, const step *s, int32_t v,
                                   wide need, int64_t z, int64_t end) {
  const int way = z <= end ? 1 : -1;
  const wide mu = s->mu[v], gain = s->gain[v];
  const wide more = way * (mu + gain * ((wide)1 << l->shift));
  while (way * z <= way * end) {
    const int64_t a = mu ? apply_stair(l, z) : 0,
                  last = mu ? apply_stair(l, end) : 0;
    const int64_t far =
        way > 0 ? compute_threshold(l, a + 1) - 1 : compute_threshold(l, a);
    const int64_t to = a == last ? end : far;
    const wide spare = mu * a + gain * to - need;
    const wide near = spare - gain * (to - z);
    if (near >= 0) return z;
    if (spare >= 0) return to - way * (int64_t)(spare / llabs(s->gain[v]));
    z = to + way;
    if (a == last) break;
    /* the better end of the next step, if that is whole */
    const wide next = mu * (a + way) + gain * z - need;
    const wide across = gain * way * (((int64_t)1 << l->shift) - 1);
    const int64_t out = count_skippable_steps(next + (across > 0 ? across : 0),
                                              more, way * (last - a) - 1);
    z += way * out * ((int64_t)1 << l->shift);
  }
  return z;
}

static bool tighten(const net *n, const step *s, wide gap, region *r) {
  bool left = true;
  for (int32_t v = 0; left && v < n->n_vars; v++) {
    const layer *l = &n->layer[v < n->n_in ? 0 : rp_check_find_layer(n, v)];
    const wide need = s->term[v] - gap;
    const int64_t lo = find_first_reaching(l, s, v, need, r->lo[v], r->hi[v]);
    const int64_t hi = find_first_reaching(l, s, v, need, r->hi[v], lo);
    left = lo <= r->hi[v] && rp_check_cut(n, r, v, lo, hi);
  }
  return left;
}

/* ---- a step ---- */

void rp_check_init_step(const net *n, step *s) {
  const size_t vars = (size_t)n->n_vars;
  *s = (step){.term = rp_check_alloc(vars, sizeof(wide) + 20)};
  s->mu = (int64_t *)(s->term + vars);
  s->gain = s->mu + vars;
  s->lambda = (int32_t *)(s->gain + vars);
}

/* Set the objective: that of the part (A: z_j - z_y, B: z_j, C: -z_y), or plus
 * or minus an accumulator. */
static void set_objective(const net *n, const part *p, step *s) {
  const int64_t unit = (int64_t)1 << s->frac;
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  memset(s->gain, 0, (size_t)n->n_vars * sizeof *s->gain);
  if (of_part && p->kind != 'C') s->gain[p->j] += unit;
  if (of_part && p->kind != 'B') s->gain[p->y] -= unit;
  if (s->action == ABOVE) s->gain[s->at] = unit;
  if (s->action == BELOW) s->gain[s->at] = -unit;
}

bool rp_check_apply_step(const net *n, const part *p, step *s, region *r) {
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  const int32_t last = n->n_layers - 1;
  const int32_t k = of_part ? last : rp_check_find_layer(n, s->at);
  if (!(k == last ? rp_check_settle(n, p, r) : propagate(n, r, k)))
    return false;
  set_objective(n, p, s);
  const wide value = evaluate(n, r, k, s);
  if (of_part) {
    const wide gap = value - (wide)p->threshold * ((wide)1 << s->frac);
    return gap >= 0 && (s->action == CLOSE || tighten(n, s, gap, r));
  }
  const wide most = value >> s->frac; /* rounded down because z is an integer */
  return s->action == ABOVE ? rp_check_cut(n, r, s->at, -ACC_LIMIT, most)
                            : rp_check_cut(n, r, s->at, -most, ACC_LIMIT);
}
