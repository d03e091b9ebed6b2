/* Balls in L1 and L0 against lists of all points of small boxes: what is left
 * of a box, greatest sums, prices, counts, points that are moved into a ball;
 * then bounds of random networks against points of random regions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bound/dual.h"
#include "random_graph.h"
#include "random_region.h"

enum { INPUTS = 4, MOST_VALUE = 5, SCENES = 3000 };

/* A box and a ball that need not meet. */
typedef struct scene {
  rp_net net; /* n_in and in_hi are all that is read */
  rp_region region;
  rp_ball ball;
  uint8_t lo[INPUTS], hi[INPUTS], x[INPUTS];
} scene;

static void scene_init(rp_rng *rng, scene *s) {
  memset(s, 0, sizeof *s);
  s->net.n_in = INPUTS;
  s->net.in_hi = MOST_VALUE;
  for (int32_t p = 0; p < INPUTS; p++) {
    s->lo[p] = (uint8_t)between(rng, 0, MOST_VALUE);
    s->hi[p] = (uint8_t)between(rng, s->lo[p], MOST_VALUE);
    s->x[p] = (uint8_t)between(rng, 0, MOST_VALUE);
  }
  s->ball = (rp_ball){rp_rng_below(rng, 2) ? RP_NORM_L0 : RP_NORM_L1,
                      (int32_t)between(rng, 0, 8), s->x};
  s->region = (rp_region){.x_lo = s->lo, .x_hi = s->hi, .ball = &s->ball};
}

/* The k-th point of the whole input range, if it is in box and ball. */
static bool get_point(const scene *s, int32_t k, uint8_t *x) {
  int32_t sum = 0, count = 0;
  for (int32_t p = 0; p < INPUTS; p++, k /= MOST_VALUE + 1) {
    x[p] = (uint8_t)(k % (MOST_VALUE + 1));
    if (x[p] < s->lo[p] || x[p] > s->hi[p]) return false;
    sum += abs(x[p] - s->x[p]);
    count += x[p] != s->x[p];
  }
  return (s->ball.norm == RP_NORM_L0 ? count : sum) <= s->ball.radius;
}

enum { POINTS = 6 * 6 * 6 * 6 };

static int32_t count_points(const scene *s) {
  uint8_t x[INPUTS];
  int32_t count = 0;
  for (int32_t k = 0; k < POINTS; k++) count += get_point(s, k, x);
  return count;
}

static int32_t find_greatest(const scene *s, const int16_t *w) {
  uint8_t x[INPUTS];
  int32_t most = INT32_MIN;
  for (int32_t k = 0; k < POINTS; k++) {
    int32_t sum = 0;
    if (!get_point(s, k, x)) continue;
    for (int32_t p = 0; p < INPUTS; p++) sum += w[p] * x[p];
    if (sum > most) most = sum;
  }
  return most;
}

/* Only points outside the ball are cut off, and the box is the least one. */
static void boxes_are_shrunk_to_the_ball(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t empty = 0;
  for (int32_t i = 0; i < SCENES; i++) {
    scene s;
    uint8_t x[INPUTS], least[INPUTS], most[INPUTS] = {0};
    scene_init(&rng, &s);
    memset(least, 255, sizeof least);
    const int32_t before = count_points(&s);
    for (int32_t k = 0; k < POINTS; k++)
      for (int32_t p = 0; p < INPUTS && get_point(&s, k, x); p++) {
        if (x[p] < least[p]) least[p] = x[p];
        if (x[p] > most[p]) most[p] = x[p];
      }
    assert_int_equal(rp_ball_shrink(&s.net, &s.region), before > 0);
    empty += before == 0;
    if (before == 0) continue;
    assert_memory_equal(s.lo, least, INPUTS);
    assert_memory_equal(s.hi, most, INPUTS);
    assert_int_equal(count_points(&s), before);
    assert_true(rp_ball_count_points(&s.net, &s.region, 1e9) == before);
    assert_true(rp_ball_count_points(&s.net, &s.region, before - 1) >
                before - 1);
  }
  assert_in_range(empty, SCENES / 20, SCENES / 2);
}

/* Intervals, floating point and its point, the softened sum. */
static void greatest_sums_are_those_of_all_points(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t used = 0;
  for (int32_t i = 0; i < SCENES; i++) {
    scene s;
    uint8_t memory[4 * INPUTS], x[INPUTS];
    int64_t gain[INPUTS];
    double real[INPUTS];
    int32_t units[INPUTS], lo = 0, hi = 0;
    int16_t w[INPUTS], minus[INPUTS];
    float nu[INPUTS], mean[INPUTS];
    rp_ball_view view;
    scene_init(&rng, &s);
    for (int32_t p = 0; p < INPUTS; p++) {
      w[p] = (int16_t)between(&rng, -4, 4);
      minus[p] = (int16_t)-w[p];
      nu[p] = w[p];
    }
    if (count_points(&s) == 0) continue;
    rp_ball_look(&s.net, &s.region, memory, &view);
    if (!view.is_used) {
      /* Then the ball must cut off nothing. */
      s.ball.radius += 1000;
      const int32_t all = count_points(&s);
      s.ball.radius -= 1000;
      assert_int_equal(count_points(&s), all);
      continue;
    }
    used++;
    const int32_t greatest = find_greatest(&s, w);
    rp_ball_wholes items = {gain, units, 0};
    rp_ball_add_range(&view, (rp_taps){INPUTS, NULL, w}, &items, &lo, &hi);
    assert_int_equal(hi, greatest);
    assert_int_equal(lo, -find_greatest(&s, minus));
    rp_ball_reals reals = {real, units, 0};
    double price, sums[2], sum = 0;
    assert_true(rp_ball_maximize(&view, nu, INPUTS, &reals, x, &price) ==
                greatest);
    assert_true(rp_ball_has(&s.ball, x, INPUTS));
    for (int32_t p = 0; p < INPUTS; p++) {
      assert_in_range(x[p], s.lo[p], s.hi[p]);
      sum += w[p] * x[p];
    }
    assert_true(sum == greatest);
    rp_ball_soften(&view, nu, INPUTS, 0.01, &reals, mean, sums);
    assert_true(fabs(sums[1] - greatest) < 1e-6);
    assert_true(sums[0] >= greatest && sums[0] < greatest + 0.5);
  }
  assert_true(used > SCENES / 8);
}

/* Into the ball, inside the box; a point of the ball stays. */
static void points_are_moved_into_the_ball(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < SCENES; i++) {
    scene s;
    uint8_t x[INPUTS], before[INPUTS];
    scene_init(&rng, &s);
    if (count_points(&s) == 0) continue;
    for (int32_t p = 0; p < INPUTS; p++)
      x[p] = (uint8_t)between(&rng, s.lo[p], s.hi[p]);
    memcpy(before, x, INPUTS);
    const bool was_inside = rp_ball_has(&s.ball, x, INPUTS);
    rp_ball_project(&s.net, &s.region, x);
    assert_true(rp_ball_has(&s.ball, x, INPUTS));
    for (int32_t p = 0; p < INPUTS; p++)
      assert_in_range(x[p], s.lo[p], s.hi[p]);
    if (was_inside) assert_memory_equal(x, before, INPUTS);
  }
}

/* ---- bounds of networks ---- */

static const random_net_plan plan = {4, 8, 15};
static const random_graph_plan graph_plan = {4, 3, 3, 31, 15, 40, true, false};

/* A ball that holds the first point, and the points that it holds. */
static void add_ball(rp_rng *rng, situation *s, rp_ball *ball, uint8_t *x) {
  const rp_norm norm = rp_rng_below(rng, 2) ? RP_NORM_L0 : RP_NORM_L1;
  const int32_t n = s->net->n_in;
  for (int32_t p = 0; p < n; p++)
    x[p] = rp_rng_below(rng, 3) ? s->points[0].x[p]
                                : (uint8_t)between(rng, 0, s->net->in_hi);
  const int64_t least = rp_norm_measure(norm, x, s->points[0].x, n);
  *ball = (rp_ball){norm, (int32_t)(least + between(rng, 0, 3)), x};
  s->region->ball = ball;
  int32_t kept = 0;
  for (int32_t k = 0; k < s->n_points; k++)
    if (rp_ball_has(ball, s->points[k].x, n))
      s->points[kept++] = s->points[k];
    else
      point_free(s->points[k]);
  s->n_points = kept;
  propagate_all(s);
}

static void holds_all_points(const situation *s) {
  for (int32_t k = 0; k < s->n_points; k++)
    assert_true(
        rp_region_holds(s->net, s->region, s->points[k].x, s->points[k].z));
}

static void bounds_hold_in_balls(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  rp_stats stats = {0};
  int32_t tightened = 0;
  for (int32_t i = 0; i < 600; i++) {
    situation s;
    rp_ball ball;
    rp_dual *dual;
    rp_int128 value;
    int32_t frac;
    situation_init(
        &rng, i % 2 ? random_net(&rng, &plan) : random_graph(&rng, &graph_plan),
        &s);
    uint8_t *x = zeros((size_t)s.net->n_in, 1);
    double *lambda = zeros((size_t)s.n_acc + RP_MOST_CUTS, sizeof *lambda);
    add_ball(&rng, &s, &ball, x);
    holds_all_points(&s);
    assert_int_equal(rp_dual_create(s.net, &stats, &dual), RP_OK);
    rp_objective o = random_objective(&rng, s.net);
    o.threshold = objective_at(s.net, &o, &s.points[0]);
    rp_dual_set(dual, s.region, &o);
    rp_dual_slopes(dual, lambda);
    (void)rp_dual_descend(dual, lambda, -1e18, (int32_t)between(&rng, 1, 40));
    const double real = rp_dual_value(dual, lambda);
    assert_true(rp_ball_has(&ball, rp_dual_point(dual), s.net->n_in));
    assert_int_equal(rp_dual_exact(dual, lambda, &value, &frac), RP_OK);
    const double exact = ldexp((double)value, -frac);
    assert_true(fabs(real - exact) <= 1e-3 * (1 + fabs(exact)));
    for (int32_t k = 0; k < s.n_points; k++)
      assert_true(objective_at(s.net, &o, &s.points[k]) <= rp_dual_bound(dual));
    int32_t kept = 0;
    for (int32_t k = 0; k < s.n_points; k++)
      if (objective_at(s.net, &o, &s.points[k]) >= o.threshold)
        s.points[kept++] = s.points[k];
      else
        point_free(s.points[k]);
    s.n_points = kept;
    const int32_t shrunk = rp_dual_tighten(dual, s.region);
    assert_true(shrunk >= 0);
    tightened += shrunk > 0;
    holds_all_points(&s);
    rp_dual_free(dual);
    situation_fini(&s);
    free(lambda);
    free(x);
  }
  assert_true(tightened > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes_are_shrunk_to_the_ball),
      cmocka_unit_test(greatest_sums_are_those_of_all_points),
      cmocka_unit_test(points_are_moved_into_the_ball),
      cmocka_unit_test(bounds_hold_in_balls),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
