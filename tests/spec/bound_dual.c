/* The dual bound against its definition: the exact value bit for bit against
 * sums and maxima written out, the floating-point one near it, and every point
 * of the region that reaches a threshold kept by tightening. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random_graph.h"
#include "random_region.h"
#include "tiny_net.h"

static const random_net_plan narrow = {4, 8, 15};
static const random_net_plan wide = {3, 70, 2000};
static const random_graph_plan graph_plan = {4, 3, 3, 31, 15, 40, true, false};
static const tiny_plan tiny = {1, 4, 6, 4096, 40};

/* Intervals up to this width are looked at z by z. */
enum { NARROW = 5000 };

/* A situation with an objective, and the workspace under test. */
typedef struct scene {
  situation s;
  rp_objective objective;
  rp_dual *dual;
  rp_stats stats;
  double *lambda;
} scene;

static rp_net *some_net(rp_rng *rng) {
  const uint32_t kind = rp_rng_below(rng, 12);
  rp_net *net = kind < 5   ? tiny_net(rng, &tiny)
                : kind < 8 ? random_net(rng, kind < 7 ? &narrow : &wide)
                           : random_graph(rng, &graph_plan);
  assert_non_null(net);
  return net;
}

static void scene_init_with(rp_rng *rng, rp_net *net, scene *c) {
  memset(c, 0, sizeof *c);
  assert_non_null(net);
  situation_init(rng, net, &c->s);
  c->objective = random_objective(rng, c->s.net);
  assert_int_equal(rp_dual_create(c->s.net, &c->stats, &c->dual), RP_OK);
  rp_dual_set(c->dual, c->s.region, &c->objective);
  c->lambda = zeros((size_t)c->s.n_acc, sizeof *c->lambda);
}

static void scene_init(rp_rng *rng, scene *c) {
  scene_init_with(rng, some_net(rng), c);
}

static void scene_fini(scene *c) {
  free(c->lambda);
  rp_dual_free(c->dual);
  situation_fini(&c->s);
}

static const double MOST_MULTIPLIER = 1 << 29;

static void propose_multipliers(rp_rng *rng, const scene *c, double *lambda) {
  const uint32_t kind = rp_rng_below(rng, 5);
  const double size = ldexp(1, (int)between(rng, -45, 29));
  rp_dual_slopes(c->dual, lambda);
  if (kind == 0) return;
  if (kind == 1) {
    rp_dual_descend(c->dual, lambda, -1e12, 20);
    return;
  }
  for (int32_t at = 0; at < c->s.n_acc; at++) {
    const double unit = 2 * rp_rng_unit(rng) - 1;
    if (kind == 2)
      lambda[at] *= 1 + unit;
    else if (kind == 3)
      lambda[at] = size * unit;
    else
      lambda[at] = rp_rng_below(rng, 3) ? 0 : unit;
  }
}

/* From good to absurd, but usable. */
static void random_multipliers(rp_rng *rng, const scene *c, double *lambda) {
  propose_multipliers(rng, c, lambda);
  for (int32_t at = 0; at < c->s.n_acc; at++)
    lambda[at] = fmin(fmax(lambda[at], -MOST_MULTIPLIER), MOST_MULTIPLIER);
}

/* ------------------------------------------------------ the definition */

static int64_t scaled(const scene *c, int32_t layer, int32_t i, int32_t frac) {
  const int32_t at = c->s.net->block[layer].first + i;
  return carries(&c->objective, layer, i)
             ? (int64_t)llrint(ldexp(c->lambda[at], frac))
             : 0;
}

/* Weight of value m of a source in the rows of a block. */
static rp_int128 weight_in_block(const scene *c, int32_t k, int32_t source,
                                 int32_t m, int32_t frac) {
  const rp_block *block = &c->s.net->block[k];
  rp_int128 sum = 0;
  for (int32_t t = 0; t < block->n_terms; t++)
    for (int32_t i = 0; i < block->n_out && block->term[t].source == source;
         i++)
      sum += (rp_int128)scaled(c, k, i, frac) *
             rp_op_weight(block->term[t].op, i, m);
  return sum;
}

/* The same in all blocks that carry multipliers. */
static rp_int128 weight_of_value(const scene *c, int32_t source, int32_t m,
                                 int32_t frac) {
  rp_int128 sum = 0;
  for (int32_t k = source + 1; k <= c->objective.block; k++)
    sum += weight_in_block(c, k, source, m, frac);
  return sum;
}

typedef struct term {
  const rp_stair *stair;
  int64_t lo, hi;
  rp_int128 mu, lambda;
} term;

static term term_of(const scene *c, int32_t layer, int32_t i, int32_t frac) {
  const int32_t at = c->s.net->block[layer].first + i;
  return (term){&c->s.net->block[layer].stair[i], c->s.region->z_lo[at],
                c->s.region->z_hi[at], weight_of_value(c, layer, i, frac),
                scaled(c, layer, i, frac)};
}

static rp_int128 term_at(const term *t, int64_t z) {
  return t->mu * rp_stair_apply(t->stair, z) - t->lambda * z;
}

static rp_int128 larger(rp_int128 a, rp_int128 b) {
  return a > b ? a : b;
}

/* Every z; where there are too many, both ends of every step, between which
 * the term is linear. */
static rp_int128 greatest_of_term(const term *t) {
  rp_int128 best = larger(term_at(t, t->lo), term_at(t, t->hi));
  if (t->hi - t->lo <= NARROW) {
    for (int64_t z = t->lo; z <= t->hi; z++) best = larger(best, term_at(t, z));
    return best;
  }
  const int32_t last = rp_stair_apply(t->stair, t->hi);
  for (int32_t v = rp_stair_apply(t->stair, t->lo) + 1; v <= last; v++) {
    const int64_t z = rp_stair_threshold(t->stair, v);
    best = larger(best, larger(term_at(t, z - 1), term_at(t, z)));
  }
  return best;
}

static rp_int128 weight_of_row(const scene *c, int32_t r, int32_t frac) {
  const rp_objective *o = &c->objective;
  return o->coef[r] * ((rp_int128)1 << frac) -
         scaled(c, o->block, o->row[r], frac);
}

static rp_int128 value_of_definition(const scene *c, int32_t frac) {
  const rp_net *net = c->s.net;
  const rp_objective *o = &c->objective;
  const int32_t first = net->block[o->block].first;
  rp_int128 sum = 0;
  for (int32_t r = 0; r < o->n_rows; r++) {
    const rp_int128 w = weight_of_row(c, r, frac);
    sum += larger(w * c->s.region->z_lo[first + o->row[r]],
                  w * c->s.region->z_hi[first + o->row[r]]);
  }
  for (int32_t k = 0; k <= o->block; k++)
    for (int32_t i = 0; i < net->block[k].n_out; i++) {
      sum += (rp_int128)scaled(c, k, i, frac) * net->block[k].bias[i];
      if (k == o->block) continue;
      const term t = term_of(c, k, i, frac);
      sum += greatest_of_term(&t);
    }
  for (int32_t p = 0; p < net->n_in; p++) {
    const rp_int128 nu = weight_of_value(c, RP_INPUT, p, frac);
    sum += larger(nu * c->s.region->x_lo[p], nu * c->s.region->x_hi[p]);
  }
  return sum;
}

/* -------------------------------------------------------------- values */

static rp_int128 exact_value(scene *c, int32_t *frac) {
  rp_int128 value;
  assert_int_equal(rp_dual_exact(c->dual, c->lambda, &value, frac), RP_OK);
  for (int32_t at = 0; at < c->s.n_acc; at++)
    assert_true(fabs(ldexp(c->lambda[at], *frac)) <= 2147483647.0);
  return value;
}

static bool reaches(const scene *c, const point *p) {
  return objective_at(c->s.net, &c->objective, p) >= c->objective.threshold;
}

static void exact_value_is_the_definition(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 1500; round++) {
    scene c;
    scene_init(&rng, &c);
    random_multipliers(&rng, &c, c.lambda);
    int32_t frac;
    const rp_int128 value = exact_value(&c, &frac);
    assert_true(value == value_of_definition(&c, frac));
    for (int32_t i = 0; i < c.s.n_points; i++)
      assert_true(value >= (rp_int128)objective_at(c.s.net, &c.objective,
                                                   &c.s.points[i]) *
                               ((rp_int128)1 << frac));
    scene_fini(&c);
  }
}

static void bound_rounds_down_and_closes_below(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 400; round++) {
    scene c;
    scene_init(&rng, &c);
    random_multipliers(&rng, &c, c.lambda);
    int32_t frac;
    const rp_int128 value = exact_value(&c, &frac);
    const rp_int128 unit = (rp_int128)1 << frac;
    const int64_t bound = rp_dual_bound(c.dual);
    assert_true(bound == INT64_MAX || (bound + 1) * unit > value);
    assert_true(bound == -INT64_MAX || bound * unit <= value);
    for (int64_t d = -1; d <= 2; d++) {
      if (bound > INT64_MAX / 2 || bound < -INT64_MAX / 2) break;
      c.objective.threshold = bound + d;
      rp_dual_set(c.dual, c.s.region, &c.objective);
      exact_value(&c, &frac);
      assert_int_equal(rp_dual_closes(c.dual), d > 0);
    }
    scene_fini(&c);
  }
}

static void unusable_multipliers_are_refused(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, -1e12};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    scene c;
    rp_int128 value;
    int32_t frac;
    scene_init(&rng, &c);
    rp_dual_slopes(c.dual, c.lambda);
    c.lambda[rp_rng_below(&rng, (uint32_t)c.s.n_acc)] = bad[i];
    assert_int_equal(rp_dual_exact(c.dual, c.lambda, &value, &frac),
                     RP_E_NUMERIC);
    scene_fini(&c);
  }
}

static double tolerance_at(const scene *c, const double *lambda) {
  return 1e-5 * size_of_terms(c->s.net, &c->objective, lambda);
}

static void assert_near(double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance))
    fail_msg("found %.17g, expected %.17g +- %g", found, expected, tolerance);
}

static void floating_value_is_near_the_exact_one(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 600; round++) {
    scene c;
    scene_init(&rng, &c);
    random_multipliers(&rng, &c, c.lambda);
    int32_t frac;
    const double exact = (double)exact_value(&c, &frac);
    const double value = rp_dual_value(c.dual, c.lambda);
    assert_near(value, ldexp(exact, -frac), tolerance_at(&c, c.lambda));
    for (int32_t p = 0; p < c.s.net->n_in; p++)
      assert_in_range(rp_dual_point(c.dual)[p], c.s.region->x_lo[p],
                      c.s.region->x_hi[p]);
    scene_fini(&c);
  }
}

static void descent_never_makes_it_worse(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 300; round++) {
    scene c;
    scene_init(&rng, &c);
    random_multipliers(&rng, &c, c.lambda);
    const double before = rp_dual_value(c.dual, c.lambda);
    const double tolerance = tolerance_at(&c, c.lambda);
    const double target = before - rp_rng_unit(&rng) * fabs(before) - 1;
    const double after = rp_dual_descend(c.dual, c.lambda, target,
                                         (int32_t)between(&rng, 0, 30));
    assert_true(after <= before + tolerance);
    assert_near(rp_dual_value(c.dual, c.lambda), after,
                tolerance + tolerance_at(&c, c.lambda));
    scene_fini(&c);
  }
}

/* ---------------------------------------------------------- tightening */

/* A threshold between what some point takes and the bound. */
static void choose_threshold(rp_rng *rng, scene *c) {
  int64_t most = INT64_MIN;
  for (int32_t i = 0; i < c->s.n_points; i++) {
    const int64_t taken =
        objective_at(c->s.net, &c->objective, &c->s.points[i]);
    if (taken > most) most = taken;
  }
  int32_t frac;
  exact_value(c, &frac);
  const int64_t bound = rp_dual_bound(c->dual);
  const int64_t spread = bound - most < 1000000 ? bound - most : 1000000;
  c->objective.threshold =
      rp_rng_below(rng, 4)
          ? objective_at(
                c->s.net, &c->objective,
                &c->s.points[rp_rng_below(rng, (uint32_t)c->s.n_points)])
          : most + between(rng, 0, spread);
  rp_dual_set(c->dual, c->s.region, &c->objective);
}

/* The least interval around what may reach the value, z by z. */
static void check_term(const term *t, rp_int128 gap, int64_t lo, int64_t hi) {
  const rp_int128 least = greatest_of_term(t) - gap;
  assert_true(term_at(t, lo) >= least);
  assert_true(term_at(t, hi) >= least);
  if (t->hi - t->lo > NARROW) return;
  for (int64_t z = t->lo; z <= t->hi; z++)
    if (z < lo || z > hi) assert_true(term_at(t, z) < least);
}

static int32_t check_line(rp_int128 gap, rp_int128 w, int64_t lo, int64_t hi,
                          int64_t new_lo, int64_t new_hi) {
  const rp_int128 least = larger(w * lo, w * hi) - gap;
  assert_true(w * new_lo >= least && w * new_hi >= least);
  assert_true(lo <= new_lo && new_lo <= new_hi && new_hi <= hi);
  if (new_lo > lo) assert_true(w * (new_lo - 1) < least);
  if (new_hi < hi) assert_true(w * (new_hi + 1) < least);
  return new_lo > lo || new_hi < hi;
}

/* Every interval of `after` is what the definition leaves of the region.
 * Returns how many are smaller. */
static int32_t check_intervals(const scene *c, const rp_region *after,
                               rp_int128 gap, int32_t frac) {
  const rp_net *net = c->s.net;
  const rp_region *before = c->s.region;
  const rp_objective *o = &c->objective;
  int32_t changed = 0;
  for (int32_t k = 0, at = 0; k < o->block; k++)
    for (int32_t i = 0; i < net->block[k].n_out; i++, at++) {
      const term t = term_of(c, k, i, frac);
      check_term(&t, gap, after->z_lo[at], after->z_hi[at]);
      changed += after->z_lo[at] > t.lo || after->z_hi[at] < t.hi;
    }
  for (int32_t r = 0; r < o->n_rows; r++) {
    const int32_t at = net->block[o->block].first + o->row[r];
    changed += check_line(gap, weight_of_row(c, r, frac), before->z_lo[at],
                          before->z_hi[at], after->z_lo[at], after->z_hi[at]);
  }
  for (int32_t p = 0; p < net->n_in; p++)
    changed +=
        check_line(gap, weight_of_value(c, RP_INPUT, p, frac), before->x_lo[p],
                   before->x_hi[p], after->x_lo[p], after->x_hi[p]);
  return changed;
}

/* Returns true if something was cut off. */
static bool tighten_once(rp_rng *rng, scene *c) {
  int32_t frac;
  choose_threshold(rng, c);
  const rp_int128 value = exact_value(c, &frac);
  const rp_int128 gap =
      value - (rp_int128)c->objective.threshold * ((rp_int128)1 << frac);
  if (rp_dual_closes(c->dual)) {
    for (int32_t i = 0; i < c->s.n_points; i++)
      assert_false(reaches(c, &c->s.points[i]));
    return true;
  }
  rp_region *after;
  assert_int_equal(rp_region_create(c->s.net, &after), RP_OK);
  rp_region_copy(c->s.net, after, c->s.region);
  const int32_t shrunk = rp_dual_tighten(c->dual, after);
  assert_true(shrunk >= 0);
  assert_int_equal(shrunk, check_intervals(c, after, gap, frac));
  for (int32_t i = 0; i < c->s.n_points; i++)
    if (reaches(c, &c->s.points[i]))
      assert_true(
          rp_region_holds(c->s.net, after, c->s.points[i].x, c->s.points[i].z));
  rp_region_free(after);
  return shrunk > 0;
}

static void tightening_keeps_what_reaches_the_threshold(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t cut = 0;
  for (int32_t round = 0; round < 1500; round++) {
    scene c;
    scene_init(&rng, &c);
    random_multipliers(&rng, &c, c.lambda);
    cut += tighten_once(&rng, &c);
    scene_fini(&c);
  }
  assert_true(cut > 0);
}

/* -------------------------------------------------------------- tables */

/* What the slacks of uneven steps may add to the value. */
static rp_int128 add_slacks(const scene *c, int32_t frac) {
  const rp_net *net = c->s.net;
  rp_int128 sum = 0;
  for (int32_t k = 0; k < c->objective.block; k++)
    for (int32_t i = 0; i < net->block[k].n_out; i++) {
      const term t = term_of(c, k, i, frac);
      rp_corners corners;
      rp_stair_find_corners(t.stair, (int32_t)t.lo, (int32_t)t.hi, &corners);
      sum += larger(t.lambda, -t.lambda) * corners.slack;
    }
  return sum;
}

static void tables_keep_within_their_slacks(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t equal = 0;
  for (int32_t round = 0; round < 1000; round++) {
    scene c;
    scene_init_with(&rng, random_net_of(&rng, &narrow, true), &c);
    random_multipliers(&rng, &c, c.lambda);
    int32_t frac;
    const rp_int128 value = exact_value(&c, &frac);
    const rp_int128 expected = value_of_definition(&c, frac);
    assert_true(value >= expected);
    assert_true(value <= expected + add_slacks(&c, frac));
    equal += value == expected;
    assert_near(rp_dual_value(c.dual, c.lambda), ldexp((double)value, -frac),
                tolerance_at(&c, c.lambda) +
                    1e-5 * ldexp((double)add_slacks(&c, frac), -frac));
    scene_fini(&c);
  }
  assert_true(equal > 100);
}

static void tightening_of_tables_keeps_points(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t cut = 0;
  for (int32_t round = 0; round < 1500; round++) {
    scene c;
    rp_region *after;
    scene_init_with(&rng, random_net_of(&rng, &narrow, true), &c);
    random_multipliers(&rng, &c, c.lambda);
    choose_threshold(&rng, &c);
    int32_t frac;
    (void)exact_value(&c, &frac);
    assert_int_equal(rp_region_create(c.s.net, &after), RP_OK);
    rp_region_copy(c.s.net, after, c.s.region);
    const int32_t shrunk = rp_dual_tighten(c.dual, after);
    cut += shrunk != 0;
    for (int32_t i = 0; i < c.s.n_points; i++)
      if (reaches(&c, &c.s.points[i]))
        assert_true(
            shrunk >= 0 &&
            rp_region_holds(c.s.net, after, c.s.points[i].x, c.s.points[i].z));
    rp_region_free(after);
    scene_fini(&c);
  }
  assert_true(cut > 100);
}

/* --------------------------------------------------------------- probe */

/* D of the region along one multiplier: convex, so thirds find its least. */
static double least_along(const scene *c, rp_dual *dual, int32_t at,
                          double reach) {
  const size_t n = (size_t)c->s.n_acc;
  double *lambda = zeros(n, sizeof *lambda);
  memcpy(lambda, c->lambda, n * sizeof *lambda);
  double lo = -reach, hi = reach, least = HUGE_VAL;
  for (int32_t i = 0; i < 200; i++) {
    const double a = lo + (hi - lo) / 3, b = hi - (hi - lo) / 3;
    lambda[at] = c->lambda[at] + a;
    const double value_a = rp_dual_value(dual, lambda);
    lambda[at] = c->lambda[at] + b;
    const double value_b = rp_dual_value(dual, lambda);
    least = fmin(least, fmin(value_a, value_b));
    if (value_a < value_b)
      hi = b;
    else
      lo = a;
  }
  free(lambda);
  return least;
}

/* A sub-interval of an accumulator that the objective can see. */
static int32_t choose_cut(rp_rng *rng, const scene *c, int32_t *layer,
                          int32_t *lo, int32_t *hi) {
  const rp_objective *o = &c->objective;
  *layer = (int32_t)between(rng, 0, o->block);
  const int32_t i =
      *layer == o->block
          ? o->row[0]
          : (int32_t)rp_rng_below(rng, (uint32_t)c->s.net->block[*layer].n_out);
  const int32_t at = c->s.net->block[*layer].first + i;
  *lo = (int32_t)between(rng, c->s.region->z_lo[at], c->s.region->z_hi[at]);
  *hi = (int32_t)between(rng, *lo, c->s.region->z_hi[at]);
  return at;
}

/* Then a probe is an estimate. */
static bool reads_a_source_twice(const rp_block *block) {
  for (int32_t t = 0; t < block->n_terms; t++)
    for (int32_t s = 0; s < t; s++)
      if (block->term[t].source == block->term[s].source) return true;
  return false;
}

static void a_probe_is_a_value_of_the_cut_region(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 400; round++) {
    scene c;
    scene_init(&rng, &c);
    if (rp_rng_below(&rng, 2))
      rp_dual_slopes(c.dual, c.lambda);
    else
      random_multipliers(&rng, &c, c.lambda);
    int32_t layer, lo, hi;
    const int32_t at = choose_cut(&rng, &c, &layer, &lo, &hi);
    const double value = rp_dual_value(c.dual, c.lambda);
    const double probe = rp_dual_probe(c.dual, c.lambda, value,
                                       &(rp_dual_cut){layer, at, lo, hi});
    const double tolerance = tolerance_at(&c, c.lambda);
    c.s.region->z_lo[at] = lo;
    c.s.region->z_hi[at] = hi;
    rp_dual_set(c.dual, c.s.region, &c.objective);
    assert_true(probe <= rp_dual_value(c.dual, c.lambda) + tolerance);
    const double reach = 1e4 * (1 + fabs(c.lambda[at]));
    if (!reads_a_source_twice(&c.s.net->block[layer]))
      assert_true(probe >= least_along(&c, c.dual, at, reach) - tolerance);
    scene_fini(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_value_is_the_definition),
      cmocka_unit_test(bound_rounds_down_and_closes_below),
      cmocka_unit_test(unusable_multipliers_are_refused),
      cmocka_unit_test(floating_value_is_near_the_exact_one),
      cmocka_unit_test(descent_never_makes_it_worse),
      cmocka_unit_test(tightening_keeps_what_reaches_the_threshold),
      cmocka_unit_test(tables_keep_within_their_slacks),
      cmocka_unit_test(tightening_of_tables_keeps_points),
      cmocka_unit_test(a_probe_is_a_value_of_the_cut_region),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
