/* The relaxation by column generation, on chains and on graphs: above every
 * point of the region, equal to the dual bound at the multipliers it gives, and
 * equal to the same program written out with a column an input; warm from node
 * to node as if new; and alive after an abort of GLPK. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lp/master.h"
#include "random_graph.h"
#include "random_region.h"
#include "tiny_net.h"
#include "whole_program.h"

static const tiny_plan tiny = {2, 4, 8, 4096, 127};
static const random_graph_plan graphs = {4, 3, 3, 31, 15, 40, true, false};
static const random_graph_plan pooled = {4, 3, 3, 31, 15, 40, true, true};

/* A situation with an objective and everything that bounds it. */
typedef struct scene {
  situation s;
  rp_objective objective;
  rp_dual *dual;
  rp_master *master;
  rp_relaxation *relaxation;
  rp_stats stats;
  double *lambda;
} scene;

static void master_init(scene *c) {
  assert_int_equal(rp_master_create(c->s.net, &c->stats, &c->master), RP_OK);
}

/* Takes the network. */
static void scene_init_with(rp_rng *rng, rp_net *net, scene *c) {
  assert_non_null(net);
  memset(c, 0, sizeof *c);
  situation_init(rng, net, &c->s);
  propagate_all(&c->s);
  c->objective = random_objective(rng, net);
  assert_int_equal(rp_dual_create(c->s.net, &c->stats, &c->dual), RP_OK);
  assert_int_equal(rp_relaxation_create(net, &c->relaxation), RP_OK);
  c->lambda = zeros((size_t)c->s.n_acc, sizeof *c->lambda);
  master_init(c);
}

static void scene_init(rp_rng *rng, scene *c) {
  scene_init_with(rng, tiny_net(rng, &tiny), c);
}

/* A chain or a graph with maxima. */
static void scene_init_any(rp_rng *rng, scene *c) {
  if (rp_rng_below(rng, 2))
    scene_init(rng, c);
  else
    scene_init_with(rng, random_graph(rng, &pooled), c);
}

static void scene_fini(scene *c) {
  free(c->lambda);
  rp_master_free(c->master);
  rp_relaxation_free(c->relaxation);
  rp_dual_free(c->dual);
  situation_fini(&c->s);
}

static void look_at(scene *c) {
  rp_dual_set(c->dual, c->s.region, &c->objective);
}

/* What GLPK's tolerances come to in the objective's unit. */
static double tolerance_of(const scene *c) {
  const int32_t first = c->s.net->block[c->objective.block].first;
  double span = 1;
  for (int32_t r = 0; r < c->objective.n_rows; r++) {
    const int32_t at = first + c->objective.row[r];
    span += fabs((double)c->s.region->z_lo[at]);
    span += fabs((double)c->s.region->z_hi[at]);
  }
  return 1e-5 * span;
}

/* And the rounding of a dual value: multipliers at the price of a slack are
 * large. */
static double tolerance_at(const scene *c, const double *lambda) {
  return tolerance_of(c) +
         1e-7 * size_of_terms(c->s.net, &c->objective, lambda);
}

static void assert_near(double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance))
    fail_msg("found %.17g, expected %.17g +- %g", found, expected, tolerance);
}

/* The most that a known point of the region takes. */
static double best_point(const scene *c) {
  const rp_net *net = c->s.net;
  double best = -HUGE_VAL;
  for (int32_t i = 0; i < c->s.n_points; i++) {
    const point *p = &c->s.points[i];
    if (rp_region_holds(net, c->s.region, p->x, p->z))
      best = fmax(best, (double)objective_at(net, &c->objective, p));
  }
  return best;
}

static void point_is_inside(const scene *c) {
  const rp_relaxation *r = c->relaxation;
  for (int32_t p = 0; p < c->s.net->n_in; p++) {
    assert_true(r->x[p] >= c->s.region->x_lo[p] - 1e-4);
    assert_true(r->x[p] <= c->s.region->x_hi[p] + 1e-4);
  }
}

/* ------------------------------------------------------------ the values */

/* Column generation to the end. */
static const rp_master_goal to_the_end = {.enough = -HUGE_VAL,
                                          .tolerance = 1e-7,
                                          .open_tolerance = 1e-7,
                                          .columns = 300};

static void solve_master(scene *c) {
  look_at(c);
  rp_dual_slopes(c->dual, c->lambda);
  rp_master_solve(c->master, c->dual, &to_the_end, NULL, c->lambda,
                  c->relaxation);
}

/* GLPK aborts now and then for reasons of its own: then the second call has to
 * find what the first one could not. */
static double master_value(scene *c) {
  solve_master(c);
  if (!c->relaxation->found) solve_master(c);
  assert_true(c->relaxation->found);
  return c->relaxation->value;
}

/* Where no slack is in use, the point's objective is the value; slack only
 * raises it. */
static void point_explains(const scene *c, double value) {
  const rp_objective *o = &c->objective;
  const int32_t first = c->s.net->block[o->block].first;
  double sum = 0;
  for (int32_t r = 0; r < o->n_rows; r++)
    sum += o->coef[r] * c->relaxation->z[first + o->row[r]];
  assert_true(sum >= value - tolerance_at(c, c->lambda));
}

static double checked_master_value(scene *c) {
  const double value = master_value(c);
  point_is_inside(c);
  point_explains(c, value);
  assert_near(rp_dual_value(c->dual, c->lambda), value, 1e-9 * fabs(value));
  assert_true(value >= best_point(c) - tolerance_at(c, c->lambda));
  return value;
}

static double whole_value(scene *c) {
  return solve_whole_program(c->s.net, c->s.region, &c->objective);
}

/* Never below the whole program, and equal to it: but for the multipliers of
 * accumulators that the objective does not depend on, whose slacks are free. */
static bool is_near_the_whole_program(scene *c) {
  const double master = checked_master_value(c), whole = whole_value(c);
  const double tolerance = tolerance_at(c, c->lambda);
  assert_true(master >= whole - tolerance);
  return master <= whole + tolerance;
}

static void master_and_whole_program_agree(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const int32_t rounds = 400;
  int32_t near = 0;
  for (int32_t round = 0; round < rounds; round++) {
    scene c;
    scene_init(&rng, &c);
    near += is_near_the_whole_program(&c);
    scene_fini(&c);
  }
  assert_true(50 * near > 49 * rounds);
}

static void graphs_agree_with_the_whole_program(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const int32_t rounds = 400;
  int32_t near = 0;
  for (int32_t round = 0; round < rounds; round++) {
    scene c;
    scene_init_with(&rng, random_graph(&rng, &graphs), &c);
    near += is_near_the_whole_program(&c);
    scene_fini(&c);
  }
  printf("%d of %d agree\n", near, rounds);
  assert_true(20 * near > 19 * rounds);
}

/* There is no whole program with max pooling: what descents find is not better,
 * and points explain the value. */
static void maxima_are_bounded(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const int32_t rounds = 300;
  int32_t near = 0;
  double descended = 0, gained = 0;
  for (int32_t round = 0; round < rounds; round++) {
    scene c;
    scene_init_with(&rng, random_graph(&rng, &pooled), &c);
    const double master = checked_master_value(&c);
    look_at(&c);
    rp_dual_slopes(c.dual, c.lambda);
    const double start = rp_dual_value(c.dual, c.lambda);
    const double found = rp_dual_descend(c.dual, c.lambda, master, 100);
    assert_true(master <= start + tolerance_at(&c, c.lambda));
    near += master <= found + tolerance_at(&c, c.lambda);
    descended += start - found;
    gained += start - master;
    scene_fini(&c);
  }
  printf("%d of %d not above descents, %.0f%% of what these gain\n", near,
         rounds, 100 * gained / descended);
  assert_true(20 * near > 19 * rounds);
  assert_true(gained >= descended);
}

/* From the hulls' slopes to the optimum, without a program: all but a twentieth
 * of the way in the mean, and a point that the relaxation allows for inputs. */
static void descent_comes_near_the_optimum(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  double before = 0, after = 0;
  for (int32_t round = 0; round < 300; round++) {
    scene c;
    scene_init(&rng, &c);
    const double optimum = whole_value(&c);
    look_at(&c);
    rp_dual_slopes(c.dual, c.lambda);
    before += rp_dual_value(c.dual, c.lambda) - optimum;
    const double found = rp_dual_descend(c.dual, c.lambda, optimum, 200);
    assert_true(found >= best_point(&c) - tolerance_at(&c, c.lambda));
    after += found - optimum;
    rp_dual_soft_point(c.dual, c.relaxation->x, c.relaxation->z,
                       c.relaxation->a);
    point_is_inside(&c);
    scene_fini(&c);
  }
  assert_true(after <= before / 20);
}

/* ------------------------------------------------------- warm, and aborts */

/* Another node, often of another rival: the first region cut around its first
 * point. */
static void next_node(rp_rng *rng, scene *c, const rp_region *first) {
  rp_region_copy(c->s.net, c->s.region, first);
  for (int32_t p = 0; p < c->s.net->n_in; p++) {
    const uint8_t x = c->s.points[0].x[p];
    if (rp_rng_below(rng, 4) == 0)
      c->s.region->x_lo[p] = (uint8_t)between(rng, c->s.region->x_lo[p], x);
    if (rp_rng_below(rng, 4) == 0)
      c->s.region->x_hi[p] = (uint8_t)between(rng, x, c->s.region->x_hi[p]);
  }
  cut_accumulators(rng, &c->s);
  propagate_all(&c->s);
  if (rp_rng_below(rng, 3) > 0) return;
  const int32_t block = c->objective.block;
  const bool is_rival = rp_rng_below(rng, 4);
  do {
    c->objective = random_objective(rng, c->s.net);
  } while (is_rival && c->objective.block != block);
}

static bool is_near_a_new_one(scene *c, double master) {
  scene fresh = *c;
  master_init(&fresh);
  const bool near = fabs(master_value(&fresh) - master) <= tolerance_of(c);
  rp_master_free(fresh.master);
  return near;
}

/* Slack prices are those of the node where a program was built, so that a warm
 * one may be a little weaker; not often. */
static void a_warm_master_is_like_a_new_one(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t near = 0, nodes = 0;
  for (int32_t round = 0; round < 120; round++) {
    scene c;
    scene_init_any(&rng, &c);
    rp_region *first;
    assert_int_equal(rp_region_create(c.s.net, &first), RP_OK);
    rp_region_copy(c.s.net, first, c.s.region);
    for (int32_t i = 0; i < 12; i++, nodes++) {
      near += is_near_a_new_one(&c, checked_master_value(&c));
      next_node(&rng, &c, first);
    }
    rp_region_free(first);
    scene_fini(&c);
  }
  printf("%d of %d nodes as if new\n", near, nodes);
  assert_true(300 * near > 299 * nodes);
}

/* The n-th solve aborts: nothing is found, and the next call is right. */
static void aborts_are_survived(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 60; round++) {
    scene c;
    scene_init_any(&rng, &c);
    const double value = checked_master_value(&c);
    rp_lp_abort_after(1);
    solve_master(&c);
    assert_false(c.relaxation->found);
    assert_near(checked_master_value(&c), value, tolerance_at(&c, c.lambda));
    rp_lp_abort_after((int32_t)between(&rng, 1, 3));
    solve_master(&c);
    rp_lp_abort_after(0);
    assert_near(checked_master_value(&c), value, tolerance_at(&c, c.lambda));
    assert_true(c.stats.lp_failures > 0);
    scene_fini(&c);
  }
}

static void a_passed_deadline_finds_nothing(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const rp_deadline over = rp_deadline_after(0, NULL);
  scene c;
  scene_init(&rng, &c);
  look_at(&c);
  rp_dual_slopes(c.dual, c.lambda);
  rp_master_solve(c.master, c.dual, &to_the_end, &over, c.lambda, c.relaxation);
  assert_false(c.relaxation->found);
  scene_fini(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(master_and_whole_program_agree),
      cmocka_unit_test(graphs_agree_with_the_whole_program),
      cmocka_unit_test(maxima_are_bounded),
      cmocka_unit_test(descent_comes_near_the_optimum),
      cmocka_unit_test(a_warm_master_is_like_a_new_one),
      cmocka_unit_test(aborts_are_survived),
      cmocka_unit_test(a_passed_deadline_finds_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
