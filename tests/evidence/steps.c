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

enum { NETWORKS = 1500, TRIES = 300, MOST_VARS = 40 };
static const tiny_plan plan = {1, 4, 6, 256, 31};

typedef struct world {
  rp_net *engine;
  net n;
  enumeration all;
  int32_t (*value)[MOST_VARS]; /* all variables at every input */
  bool (*wins)[8];             /* input, rival: beats `label` */
  int32_t label;
} world;

static void world_init(rp_rng *rng, world *w) {
  *w = (world){.engine = tiny_net(rng, &plan)};
  assert_non_null(w->engine);
  assert_true(net_for_check(w->engine, &w->n));
  enumerate(w->engine, &w->all);
  w->value = calloc((size_t)w->all.n, sizeof *w->value);
  w->wins = calloc((size_t)w->all.n, sizeof *w->wins);
  w->label = (int32_t)rp_rng_below(rng, (uint32_t)w->n.n_out);
  int32_t work[64], out[8];
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

static bool holds(const world *w, const region *r, int32_t input) {
  for (int32_t v = 0; v < w->n.n_vars; v++)
    if (w->value[input][v] < r->lo[v] || w->value[input][v] > r->hi[v])
      return false;
  return true;
}

/* Does the input belong to the part and let its rival win? */
static bool is_wanted(const world *w, const part *p, int32_t rival,
                      int32_t input) {
  if (!p) return true;
  const layer *l = &w->n.layer[w->n.n_layers - 1];
  const rp_stair stair = {l->lo, l->hi, l->shift, NULL};
  const int32_t y = rp_stair_apply(&stair, w->value[input][p->y]);
  const int32_t j = rp_stair_apply(&stair, w->value[input][p->j]);
  if (!w->wins[input][rival]) return false;
  if (p->kind == 'C') return y == l->lo;
  if (p->kind == 'B') return y == l->hi && j == l->hi;
  return p->delta || (y > l->lo && y < l->hi);
}

/* A ball, some accumulators cut near values that inputs take. */
static region *random_region(rp_rng *rng, const world *w) {
  int32_t x[TINY_INPUTS];
  const int32_t centre = (int32_t)rp_rng_below(rng, (uint32_t)w->all.n);
  widened(input_of(&w->all, centre), w->n.n_in, x);
  region *r =
      rp_check_make_ball(&w->n, x, (int32_t)between(rng, 1, w->n.in_hi));
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

/* Slopes of the hulls backward from the objective, with a little noise. */
static void good_multipliers(rp_rng *rng, const world *w, const part *p,
                             const region *r, step *s) {
  const net *n = &w->n;
  double lambda[MOST_VARS] = {0}, mu[MOST_VARS] = {0};
  const double noise = rp_rng_below(rng, 2) ? 0 : 0.2;
  const bool of_part = s->action == CLOSE || s->action == TIGHTEN;
  if (of_part && p->kind != 'C') lambda[p->j] += 1;
  if (of_part && p->kind != 'B') lambda[p->y] -= 1;
  if (!of_part) lambda[s->at] += s->action == ABOVE ? 1 : -1;
  for (int32_t k = n->n_layers - 1; k >= 0; k--) {
    const layer *l = &n->layer[k];
    const rp_stair stair = {l->lo, l->hi, l->shift, NULL};
    for (int32_t i = 0; i < l->n_out; i++) {
      const int32_t v = n->first[k] + i;
      const double rise =
          rp_stair_apply(&stair, r->hi[v]) - rp_stair_apply(&stair, r->lo[v]);
      const double width = (double)r->hi[v] - r->lo[v];
      if (width > 0) lambda[v] += mu[v] * rise / width;
      lambda[v] *= 1 + noise * (rp_rng_unit(rng) - 0.5);
      for (int32_t j = 0; j < l->n_in; j++)
        mu[(k ? n->first[k - 1] : 0) + j] += lambda[v] * l->w[i * l->n_in + j];
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

static void random_step(rp_rng *rng, const world *w, const part *p,
                        const region *r, step *s) {
  s->action = (int32_t)between(rng, p ? CLOSE : ABOVE, BELOW);
  s->frac = (int32_t)between(rng, 0, rp_rng_below(rng, 4) ? 20 : MOST_FRACTION);
  s->at = (int32_t)between(rng, w->n.n_in, w->n.n_vars - 1);
  const bool bounds = s->action == ABOVE || s->action == BELOW;
  if (rp_rng_below(rng, 5))
    good_multipliers(rng, w, p, r, s);
  else
    random_multipliers(rng, w, s);
  if (!bounds) return;
  const int32_t k = rp_check_find_layer(&w->n, s->at);
  for (int32_t v = w->n.first[k + 1]; v < w->n.n_vars; v++) s->lambda[v] = 0;
}

typedef struct tally {
  int64_t steps, closed, shrunk, wanted;
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
  }
  bool left = rp_check_settle(&w->n, p, after);
  if (left) {
    const int64_t width = width_of(w, after);
    random_step(rng, w, p, after, s);
    left = rp_check_apply_step(&w->n, p, s, after);
    t->steps++;
    t->closed += !left;
    t->shrunk += left && width_of(w, after) < width;
  }
  for (int32_t i = 0; i < w->all.n; i++) {
    if (!holds(w, before, i) || !is_wanted(w, p, rival, i)) continue;
    t->wanted++;
    assert_true(left);
    assert_true(holds(w, after, i));
  }
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
    for (int32_t k = 0; k < TRIES; k++) {
      region *before = random_region(&rng, &w);
      region *after = rp_check_copy_region(&w.n, before);
      try_step(&rng, &w, &s, before, after, &t);
      free(before);
      free(after);
    }
    free(s.term);
    world_fini(&w);
  }
  printf("%lld steps: %lld closed, %lld shrank; %lld inputs kept\n",
         (long long)t.steps, (long long)t.closed, (long long)t.shrunk,
         (long long)t.wanted);
  assert_true(t.closed > 300 && t.shrunk > 1000 && t.wanted > 1000);
}

/* Together the parts hold every input that lets the rival win, and no other;
 * part C of rival 0 is that of all. */
static void parts_are_the_property(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < NETWORKS; i++) {
    world w;
    world_init(&rng, &w);
    for (int32_t rival = 0; rival < w.n.n_out; rival++) {
      part parts[3], first[3];
      if (rival == w.label) continue;
      int32_t count = rp_check_make_parts(&w.n, w.label, rival, parts);
      if (rival > 0 && rival < w.label)
        parts[count++] =
            first[rp_check_make_parts(&w.n, w.label, 0, first) - 1];
      for (int32_t k = 0; k < w.all.n; k++) {
        int32_t in = 0;
        for (int32_t c = 0; c < count; c++)
          in += is_wanted(&w, &parts[c], rival, k);
        assert_int_equal(in, w.wins[k][rival]);
      }
    }
    world_fini(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_cut_off_nothing_that_is_wanted),
      cmocka_unit_test(parts_are_the_property),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
