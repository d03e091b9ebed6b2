/* Every rule of a proof, one step at a time, against enumeration: what a step
 * cuts off holds no input that it may not cut off. Multipliers are random, or
 * follow the slopes of the hulls so that they close and tighten; objectives and
 * weights of every kind, whether the engine uses them or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rng.h"
#include "small_world.h"

enum { NETWORKS = 1500, TRIES = 300, MOST_VARS = 48 };
static const tiny_plan plan = {1, 4, 6, 256, 31};

typedef struct world {
  rp_net *engine;
  net n;
  enumeration all;
  int32_t (*value)[MOST_VARS]; /* all variables at every input */
  bool (*wins)[8];             /* input, rival: beats `label` */
  int32_t label;
  int32_t centre[TINY_INPUTS]; /* of the last region */
} world;

static void world_init(rp_rng *rng, world *w) {
  *w = (world){.engine = small_net(rng, &plan)};
  assert_non_null(w->engine);
  assert_true(net_for_check(w->engine, &w->n));
  enumerate(w->engine, &w->all);
  w->value = calloc((size_t)w->all.n, sizeof *w->value);
  w->wins = calloc((size_t)w->all.n, sizeof *w->wins);
  w->label = (int32_t)rp_rng_below(rng, (uint32_t)w->n.n_out);
  int32_t work[256], out[8];
  assert_true(rp_net_forward_work(w->engine) <= 256);
  for (int32_t i = 0; i < w->all.n; i++) {
    widened(input_of(&w->all, i), w->n.n_in, w->value[i]);
    rp_net_forward(w->engine, input_of(&w->all, i), w->value[i] + w->n.n_in,
                   out, work);
    for (int32_t j = 0; j < w->n.n_out; j++)
      w->wins[i][j] = out[j] >= out[w->label] + (j > w->label);
  }
}

static void world_fini(world *w) {
  free(w->value);
  free(w->wins);
  enumeration_fini(&w->all);
  check_net_free(&w->n);
  rp_net_free(w->engine);
}

/* By the definition of each norm. */
static bool is_in_ball(const world *w, const region *r, const int32_t *x) {
  int32_t sum = 0, count = 0;
  for (int32_t p = 0; p < w->n.n_in; p++) {
    sum += abs(x[p] - w->centre[p]);
    count += x[p] != w->centre[p];
  }
  return w->n.norm == LINF || (w->n.norm == L1 ? sum : count) <= r->radius;
}

static bool holds(const world *w, const region *r, int32_t input) {
  if (!is_in_ball(w, r, w->value[input])) return false;
  for (int32_t v = 0; v < w->n.n_vars; v++)
    if (w->value[input][v] < r->lo[v] || w->value[input][v] > r->hi[v])
      return false;
  return true;
}

/* Does the input belong to the part and let its rival win? */
static bool is_wanted(const world *w, const part *p, int32_t rival,
                      int32_t input) {
  if (!p) return true;
  const rp_stair *of = w->engine->block[w->engine->n_blocks - 1].stair;
  const int32_t y = rp_stair_apply(&of[w->label], w->value[input][p->y]);
  const int32_t free_value = of[rival].lo - p->delta;
  if (!w->wins[input][rival]) return false;
  if (p->kind == 'C') return y <= free_value;
  if (p->kind == 'B') return y > free_value && y == of[w->label].hi;
  return y > free_value && y < of[w->label].hi;
}

/* A ball, some accumulators and inputs cut near values that inputs take. */
static region *random_region(rp_rng *rng, world *w, measure in) {
  const int32_t centre = (int32_t)rp_rng_below(rng, (uint32_t)w->all.n);
  const int32_t most = in == LINF ? w->n.in_hi
                       : in == L0 ? w->n.n_in
                                  : 2 * w->n.in_hi;
  w->n.norm = in;
  widened(input_of(&w->all, centre), w->n.n_in, w->centre);
  region *r =
      rp_check_make_ball(&w->n, w->centre, (int32_t)between(rng, 1, most));
  for (int32_t p = 0; p < w->n.n_in && in != LINF; p++) {
    if (rp_rng_below(rng, 3)) continue;
    r->lo[p] = (int32_t)between(rng, r->lo[p], r->hi[p]);
    r->hi[p] = (int32_t)between(rng, r->lo[p], r->hi[p]);
  }
  for (int32_t cuts = (int32_t)rp_rng_below(rng, 4); cuts > 0; cuts--) {
    const int32_t v = (int32_t)between(rng, w->n.n_in, w->n.n_vars - 1);
    const int32_t at = w->value[rp_rng_below(rng, (uint32_t)w->all.n)][v];
    if (rp_rng_below(rng, 2))
      r->lo[v] = at + (int32_t)between(rng, -3, 3);
    else
      r->hi[v] = at + (int32_t)between(rng, -3, 3);
    if (r->lo[v] > r->hi[v]) r->hi[v] = r->lo[v];
  }
  return r;
}

static void add_row_to(const block *b, int32_t i, double lambda, double *mu) {
  for (size_t at = b->row[i]; at < b->row[i + 1]; at++)
    for (int32_t j = 0; j < b->run[at].n; j++)
      mu[b->run[at].first + j] += lambda * b->run[at].w[j];
}

/* Slopes of the hulls backward from the objective, with a little noise. */
static void good_multipliers(rp_rng *rng, const world *w, const part *p,
                             const region *r, step *s) {
  const net *n = &w->n;
  double lambda[MOST_VARS] = {0}, mu[MOST_VARS] = {0};
  const double noise = rp_rng_below(rng, 2) ? 0 : 0.2;
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  if (of_part) lambda[p->j] += (double)p->c_j;
  if (of_part) lambda[p->y] -= (double)p->c_y;
  if (!of_part) lambda[s->at] += s->action == ABOVE ? 1 : -1;
  for (int32_t k = n->n_blocks - 1; k >= 0; k--) {
    const block *b = &n->block[k];
    for (int32_t i = 0; i < b->n_acc; i++) {
      const int32_t v = b->first + i;
      const int32_t neuron = b->first + rp_check_owner(b, i);
      const rp_stair *of = &w->engine->block[k].stair[i];
      const double rise =
          rp_stair_apply(of, r->hi[v]) - rp_stair_apply(of, r->lo[v]);
      const double width = (double)r->hi[v] - r->lo[v];
      if (width > 0) lambda[v] += mu[neuron] * rise / width;
      lambda[v] *= 1 + noise * (rp_rng_unit(rng) - 0.5);
      add_row_to(b, i, lambda[v], mu);
    }
  }
  for (int32_t v = n->n_in; v < n->n_vars; v++) {
    const double scaled = ldexp(lambda[v], s->frac);
    s->lambda[v] = fabs(scaled) < INT32_MAX ? (int32_t)lrint(scaled) : 0;
  }
}

static void random_multipliers(rp_rng *rng, const world *w, step *s) {
  const int32_t most = (int32_t)rp_rng_below(rng, 31);
  for (int32_t v = w->n.n_in; v < w->n.n_vars; v++)
    s->lambda[v] = rp_rng_below(rng, 3)
                       ? (int32_t)between(rng, -(1LL << most), 1LL << most)
                       : 0;
  for (int32_t v = w->n.n_in; v < w->n.n_vars; v++)
    if (s->lambda[v] == INT32_MIN) s->lambda[v] = 0;
}

/* Slopes of the hulls, with a little noise, or anything. */
static void random_slopes(rp_rng *rng, const world *w, const region *r,
                          step *s) {
  const double noise = rp_rng_below(rng, 2) ? 0.1 : 0;
  for (int32_t v = w->n.n_in; v < w->n.n_vars; v++) {
    const int32_t k = w->n.of[v];
    const rp_stair *of = &w->engine->block[k].stair[v - w->n.block[k].first];
    const double rise =
        rp_stair_apply(of, r->hi[v]) - rp_stair_apply(of, r->lo[v]);
    const double width = (double)r->hi[v] - r->lo[v];
    const double slope = width > 0 ? ldexp(rise / width, s->bits[k]) : 0;
    for (int side = 0; side < 2; side++) {
      const double own = slope * (1 + noise * (rp_rng_unit(rng) - 0.5));
      s->slope[side][v] = fabs(own) < INT32_MAX ? (int32_t)own : INT32_MAX;
      if (rp_rng_below(rng, 64) == 0)
        s->slope[side][v] = (int32_t)between(rng, -INT32_MAX, INT32_MAX);
    }
  }
}

static void random_bounds(rp_rng *rng, const world *w, const region *r,
                          step *s) {
  s->action = BOUNDS;
  s->k = (int32_t)rp_rng_below(rng, (uint32_t)w->n.n_blocks);
  s->frac = (int32_t)between(rng, 0, MOST_SLOPE_FRACTION);
  for (int32_t k = 0; k < w->n.n_blocks; k++)
    s->bits[k] = (int32_t)between(rng, 0, rp_rng_below(rng, 4) ? 20 : 40);
  random_slopes(rng, w, r, s);
  for (int32_t i = 0; i < w->n.block[s->k].n_acc; i++)
    s->choice[i] = (int32_t)rp_rng_below(rng, 4);
}

enum { SHAPES = 6 /* cuts at hand at a time */ };

/* Of any accumulator: where none can be, it must say nothing. */
static void random_cut(rp_rng *rng, const world *w, const region *r, cut *c) {
  c->v = (int32_t)between(rng, w->n.n_in,
                          rp_rng_below(rng, 4)
                              ? w->n.n_in + w->n.block[0].n_acc - 1
                              : w->n.n_vars - 1);
  c->sign = rp_rng_below(rng, 2) ? 1 : -1;
  c->unit = rp_rng_below(rng, 8) ? (int32_t)between(rng, 0, 40) : MOST_CUT_UNIT;
  c->from = rp_rng_below(rng, 16)
                ? between(rng, r->lo[c->v] - 2, (int64_t)r->hi[c->v] + 2)
                : between(rng, INT32_MIN, INT32_MAX);
  for (int32_t p = 0; p < w->n.n_in; p++)
    c->chosen[p] = (uint8_t)rp_rng_below(rng, 2);
}

/* Of the parts that the step's multipliers make, cuts take some. */
static void use_cuts(rp_rng *rng, const world *w, const region *r, step *s) {
  const int32_t most = (int32_t)rp_rng_below(rng, 31);
  s->n_uses = 0;
  for (int32_t k = 0; k < SHAPES && rp_rng_below(rng, 4); k++) {
    random_cut(rng, w, r, &s->cut[k]);
    s->use[s->n_uses] = &s->cut[k];
    s->pi[s->n_uses++] = rp_rng_below(rng, 4)
                             ? (int64_t)ldexp(2 * rp_rng_unit(rng), s->frac) /
                                   16 % ((int64_t)INT32_MAX + 1)
                             : between(rng, 0, 1LL << most);
  }
}

static void random_step(rp_rng *rng, const world *w, const part *p,
                        const region *r, step *s) {
  if (rp_rng_below(rng, 4) == 0) {
    random_bounds(rng, w, r, s);
    return;
  }
  s->action = (int32_t)between(rng, p ? CLOSE : ABOVE, BELOW);
  s->frac = (int32_t)between(rng, 0, rp_rng_below(rng, 4) ? 20 : MOST_FRACTION);
  s->at = (int32_t)between(rng, w->n.n_in, w->n.n_vars - 1);
  const bool bounds = s->action == ABOVE || s->action == BELOW;
  if (rp_rng_below(rng, 5))
    good_multipliers(rng, w, p, r, s);
  else
    random_multipliers(rng, w, s);
  use_cuts(rng, w, r, s);
  if (!bounds) return;
  const block *b = &w->n.block[w->n.of[s->at]];
  for (int32_t v = b->first + b->n_acc; v < w->n.n_vars; v++) s->lambda[v] = 0;
}

typedef struct tally {
  int64_t steps, closed, shrunk, wanted;
  int64_t with_cuts, bounds_with_cuts; /* that closed or shrank */
} tally;

static int64_t width_of(const world *w, const region *r) {
  int64_t sum = 0;
  for (int32_t v = 0; v < w->n.n_vars; v++) sum += (int64_t)r->hi[v] - r->lo[v];
  return sum;
}

static void try_step(rp_rng *rng, const world *w, step *s, const region *before,
                     region *after, tally *t) {
  part parts[3], *p = NULL;
  int32_t rival = 0;
  if (rp_rng_below(rng, 8)) {
    do rival = (int32_t)rp_rng_below(rng, (uint32_t)w->n.n_out);
    while (rival == w->label);
    const int32_t count = rp_check_make_parts(&w->n, w->label, rival, parts);
    if (count == 0) return;
    p = &parts[rp_rng_below(rng, (uint32_t)count)];
    if (p->kind == 'A' && rp_rng_below(rng, 2))
      rp_check_weigh_part(&w->n, 1 + rp_rng_below(rng, 9),
                          1 + rp_rng_below(rng, 9), p);
  }
  bool left = rp_check_settle(&w->n, p, after);
  if (left) {
    const int64_t width = width_of(w, after);
    random_step(rng, w, p, after, s);
    left = rp_check_apply_step(&w->n, p, s, after);
    t->steps++;
    t->closed += !left;
    t->shrunk += left && width_of(w, after) < width;
    const bool is_useful = !left || width_of(w, after) < width;
    t->with_cuts += s->action <= TIGHTEN && s->n_uses > 0 && is_useful;
    t->bounds_with_cuts += (s->action == ABOVE || s->action == BELOW) &&
                           s->n_uses > 0 && is_useful;
    s->n_uses = 0;
  }
  for (int32_t i = 0; i < w->all.n; i++) {
    if (!holds(w, before, i) || !is_wanted(w, p, rival, i)) continue;
    t->wanted++;
    assert_true(left);
    assert_true(holds(w, after, i));
  }
}

/* Freed with the step. */
static void make_cuts(const world *w, step *s) {
  s->cut = calloc(SHAPES, sizeof *s->cut);
  for (s->n_cuts = 0; s->n_cuts < SHAPES; s->n_cuts++)
    s->cut[s->n_cuts].chosen = calloc((size_t)w->n.n_in, 1);
}

static void steps_cut_off_nothing_that_is_wanted(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    world w;
    world_init(&rng, &w);
    assert_true(w.n.n_vars <= MOST_VARS);
    step s;
    rp_check_init_step(&w.n, &s);
    make_cuts(&w, &s);
    for (int32_t k = 0; k < TRIES; k++) {
      const measure in =
          rp_rng_below(&rng, 2) ? LINF : (measure)between(&rng, L1, L0);
      region *before = random_region(&rng, &w, in);
      region *after = rp_check_copy_region(&w.n, before);
      try_step(&rng, &w, &s, before, after, &t);
      free(before);
      free(after);
    }
    rp_check_fini_step(&s);
    world_fini(&w);
  }
  printf("%lld steps: %lld closed, %lld shrank, %lld and %lld of them with "
         "cuts; %lld inputs kept\n",
         (long long)t.steps, (long long)t.closed, (long long)t.shrunk,
         (long long)t.with_cuts, (long long)t.bounds_with_cuts,
         (long long)t.wanted);
  assert_true(t.with_cuts > 300 && t.bounds_with_cuts > 100 && t.closed > 250 &&
              t.shrunk > 1000 && t.wanted > 1000);
}

/* ---- bounds by slopes, as they are defined ---- */

/* The terms of a neuron, mu times its value less lambda z of each of its
 * accumulators: the greatest for every value v that it may have, all z tried
 * one by one. One accumulator has the value v, the others no greater one. */
static wide greatest_by_trial(const world *w, int32_t k, int32_t neuron,
                              wide mu, const wide *lambda, const region *r) {
  const rp_block *b = &w->engine->block[k];
  const int32_t first = w->n.block[k].first;
  int32_t ends[2];
  rp_block_range(b, r->lo + first, r->hi + first, neuron, ends);
  wide best = 0;
  bool found = false;
  for (int32_t v = ends[0]; v <= ends[1]; v++) {
    wide sum = mu * v, lost = 0; /* the least that reaching v costs */
    bool reaches = false;
    for (int32_t i = 0; i < b->n_acc; i++) {
      wide below = 0, at = 0;
      bool is_below = false, is_at = false;
      if (rp_block_owner(b, i) != neuron) continue;
      for (int32_t z = r->lo[first + i]; z <= r->hi[first + i]; z++) {
        const int32_t a = rp_stair_apply(&b->stair[i], z);
        const wide value = -lambda[first + i] * z;
        if (a <= v && (!is_below || value > below)) below = value;
        if (a == v && (!is_at || value > at)) at = value;
        is_below = is_below || a <= v;
        is_at = is_at || a == v;
      }
      assert_true(is_below);
      sum += below;
      if (is_at && (!reaches || below - at < lost)) lost = below - at;
      reaches = reaches || is_at;
    }
    if (reaches && (!found || sum - lost > best)) best = sum - lost;
    found = found || reaches;
  }
  assert_true(found);
  return best;
}

/* Sum of weights times multipliers, over all accumulators that read neuron (or
 * input) j of a source, up to block k. */
static wide mu_of(const world *w, int32_t k, int32_t source, int32_t j,
                  const wide *lambda) {
  wide sum = 0;
  for (int32_t b = source + 1; b <= k; b++)
    for (int32_t t = 0; t < w->engine->block[b].n_terms; t++) {
      const rp_term *of = &w->engine->block[b].term[t];
      for (int32_t i = 0; of->source == source && i < of->op->n_out; i++)
        sum += lambda[w->n.block[b].first + i] * rp_op_weight(of->op, i, j);
    }
  return sum;
}

static wide rounded_down(wide a, wide b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* The bound of sign times accumulator i of block s->k. */
static wide bound_as_defined(const world *w, const step *s, const region *r,
                             int32_t i, int sign) {
  const net *n = &w->n;
  const wide unit = (wide)1 << s->frac;
  wide lambda[MOST_VARS] = {0};
  wide sum = sign * unit * w->engine->block[s->k].bias[i];
  lambda[n->block[s->k].first + i] = sign * unit;
  for (int32_t b = s->k - 1; b >= 0; b--)
    for (int32_t j = 0; j < n->block[b].n_out; j++) {
      const wide mu = mu_of(w, s->k, b, j, lambda);
      for (int32_t c = 0; c < n->block[b].n_acc; c++) {
        const int32_t v = n->block[b].first + c;
        if (rp_check_owner(&n->block[b], c) != j) continue;
        lambda[v] =
            rounded_down(mu * s->slope[mu >= 0][v], (wide)1 << s->bits[b]);
        if (lambda[v] > INT32_MAX) lambda[v] = INT32_MAX;
        if (lambda[v] < -INT32_MAX) lambda[v] = -INT32_MAX;
        sum += lambda[v] * w->engine->block[b].bias[c];
      }
      sum += greatest_by_trial(w, b, j, mu, lambda, r);
    }
  for (int32_t p = 0; p < n->n_in; p++) {
    const wide nu = mu_of(w, s->k, RP_INPUT, p, lambda);
    sum += nu * (nu > 0 ? r->hi[p] : r->lo[p]);
  }
  return rounded_down(sum, unit);
}

static int64_t compare_bounds(const world *w, const step *s,
                              const region *before, const region *after) {
  int64_t shrunk = 0;
  for (int32_t i = 0; i < w->n.block[s->k].n_acc; i++) {
    const int32_t v = w->n.block[s->k].first + i;
    wide lo = before->lo[v], hi = before->hi[v];
    const wide up = bound_as_defined(w, s, before, i, 1);
    const wide down = -bound_as_defined(w, s, before, i, -1);
    if ((s->choice[i] & 1) && up < hi) hi = up;
    if ((s->choice[i] & 2) && down > lo) lo = down;
    assert_true(after->lo[v] == lo && after->hi[v] == hi);
    shrunk += lo > before->lo[v] || hi < before->hi[v];
  }
  return shrunk;
}

static void bounds_by_slopes_are_as_defined(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t shrunk = 0, steps = 0;
  for (int32_t i = 0; i < NETWORKS / 3; i++) {
    world w;
    step s;
    world_init(&rng, &w);
    rp_check_init_step(&w.n, &s);
    for (int32_t k = 0; k < 10; k++) {
      region *before = random_region(&rng, &w, LINF);
      if (rp_check_settle(&w.n, NULL, before)) {
        region *after = rp_check_copy_region(&w.n, before);
        random_bounds(&rng, &w, before, &s);
        if (rp_check_apply_step(&w.n, NULL, &s, after)) {
          shrunk += compare_bounds(&w, &s, before, after);
          steps++;
        }
        free(after);
      }
      free(before);
    }
    rp_check_fini_step(&s);
    world_fini(&w);
  }
  printf("%lld steps; %lld intervals shrank\n", (long long)steps,
         (long long)shrunk);
  assert_true(steps > NETWORKS && shrunk > NETWORKS / 3);
}

/* Whether part C of a smaller rival holds the input. */
static bool is_in_another(const world *w, int32_t rival, int32_t input) {
  part parts[3];
  for (int32_t i = 0; i < rival; i++) {
    if (i == w->label) continue;
    const int32_t n = rp_check_make_parts(&w->n, w->label, i, parts);
    if (n > 0 && parts[n - 1].kind == 'C' &&
        is_wanted(w, &parts[n - 1], i, input))
      return true;
  }
  return false;
}

/* Together the parts hold every input that lets the rival win, and no other;
 * part C of one rival may be that of others. */
static void parts_are_the_property(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < NETWORKS; i++) {
    world w;
    world_init(&rng, &w);
    for (int32_t rival = 0; rival < w.n.n_out; rival++) {
      part parts[3];
      if (rival == w.label) continue;
      const int32_t count = rp_check_make_parts(&w.n, w.label, rival, parts);
      for (int32_t k = 0; k < w.all.n; k++) {
        int32_t in = 0;
        for (int32_t c = 0; c < count; c++)
          in += is_wanted(&w, &parts[c], rival, k);
        assert_true(in <= 1);
        assert_int_equal(in ||
                             (w.wins[k][rival] && is_in_another(&w, rival, k)),
                         w.wins[k][rival]);
      }
    }
    world_fini(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_cut_off_nothing_that_is_wanted),
      cmocka_unit_test(bounds_by_slopes_are_as_defined),
      cmocka_unit_test(parts_are_the_property),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
