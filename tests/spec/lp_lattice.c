/* Points of the lattice: inside the box, the same for the same seed, and now
 * and then inside all intervals where rounding the Chebyshev-like centre is
 * not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lp/centre.h"
#include "lp/lattice.h"
#include "seeded.h"

enum {
  INPUTS = 120,
  NEURONS = 10,
  REACH = 4,
  CHEAP = 3,
  ROUNDS = 10,
  DRAWS = 4000
};

/* A box, and intervals that ask for almost as much as it can give all
 * accumulators together: but some integer point is inside. */
typedef struct scene {
  rp_net *net;
  rp_region *region;
  rp_relaxation *relaxation;
  bool counts[NEURONS];
} scene;

static void add_layer(rp_rng *rng, rp_net *net, int32_t n_in, int32_t n_out) {
  int32_t weight[INPUTS * NEURONS];
  const int64_t bias[NEURONS] = {0};
  for (int32_t i = 0; i < n_in * n_out; i++)
    weight[i] = (int32_t)between(rng, -8, 7);
  const rp_dense_spec spec = {
      n_in, n_out, weight, bias, {.lo = 0, .hi = 15, .shift = 6}};
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
}

static int32_t accumulator_at(const scene *s, int32_t i, const uint8_t *x) {
  const rp_block *layer = &s->net->block[0];
  int32_t z = layer->bias[i];
  for (int32_t p = 0; p < INPUTS; p++)
    z += rp_op_weight(layer->term[0].op, i, p) * x[p];
  return z;
}

static void scene_init(rp_rng *rng, scene *s) {
  const int32_t dims[1] = {INPUTS};
  assert_int_equal(rp_net_create("lattice", dims, 1, 255, &s->net, NULL),
                   RP_OK);
  add_layer(rng, s->net, INPUTS, NEURONS);
  add_layer(rng, s->net, NEURONS, 2);
  assert_int_equal(rp_net_finish(s->net, NULL), RP_OK);
  assert_int_equal(rp_region_create(s->net, &s->region), RP_OK);
  assert_int_equal(rp_relaxation_create(s->net, &s->relaxation), RP_OK);
  uint8_t centre[INPUTS], inside[INPUTS];
  for (int32_t p = 0; p < INPUTS; p++)
    centre[p] = (uint8_t)between(rng, 0, 255);
  rp_region_ball(s->net, centre, REACH, s->region);
  for (int32_t p = 0; p < INPUTS; p++) {
    int32_t worth = 0;
    for (int32_t i = 0; i < NEURONS; i++)
      worth += rp_op_weight(s->net->block[0].term[0].op, i, p);
    const int32_t lo = s->region->x_lo[p], hi = s->region->x_hi[p];
    inside[p] = (uint8_t)(abs(worth) < CHEAP ? between(rng, lo, hi)
                          : worth > 0        ? hi
                                             : lo);
  }
  for (int32_t i = 0; i < NEURONS; i++) {
    s->region->z_lo[i] = accumulator_at(s, i, inside);
    s->region->z_hi[i] = s->region->z_lo[i] + 500;
    s->counts[i] = true;
  }
  rp_stats stats = {0};
  rp_centre *program;
  const rp_deadline none = rp_deadline_after(1e9, NULL);
  assert_int_equal(rp_centre_create(s->net, &stats, &program), RP_OK);
  rp_centre_solve(program, s->region, s->counts, &none, s->relaxation);
  rp_centre_free(program);
  assert_true(s->relaxation->found);
}

static void scene_fini(scene *s) {
  rp_relaxation_free(s->relaxation);
  rp_region_free(s->region);
  rp_net_free(s->net);
}

static bool is_inside(const scene *s, const uint8_t *x) {
  for (int32_t i = 0; i < NEURONS; i++) {
    const int32_t z = accumulator_at(s, i, x);
    if (z < s->region->z_lo[i] || z > s->region->z_hi[i]) return false;
  }
  return true;
}

static bool rounding_suffices(const scene *s) {
  uint8_t x[INPUTS];
  for (int32_t p = 0; p < INPUTS; p++)
    x[p] = (uint8_t)lrint(s->relaxation->x[p]);
  return is_inside(s, x);
}

/* Draws twice by the same seed; returns how many points are inside. */
static int32_t drawn_inside(const scene *s, uint64_t seed) {
  rp_lattice *one, *two;
  assert_int_equal(rp_lattice_create(s->net, seed, &one), RP_OK);
  assert_int_equal(rp_lattice_create(s->net, seed, &two), RP_OK);
  assert_true(rp_lattice_reduce(one, s->region, s->relaxation));
  assert_true(rp_lattice_reduce(two, s->region, s->relaxation));
  int32_t inside = 0;
  for (int32_t d = 0; d < DRAWS; d++) {
    uint8_t x[INPUTS], again[INPUTS];
    const bool drawn = rp_lattice_draw(one, x);
    assert_int_equal(drawn, rp_lattice_draw(two, again));
    if (!drawn) continue;
    assert_memory_equal(x, again, INPUTS);
    for (int32_t p = 0; p < INPUTS; p++)
      assert_in_range(x[p], s->region->x_lo[p], s->region->x_hi[p]);
    inside += is_inside(s, x);
  }
  rp_lattice_free(one);
  rp_lattice_free(two);
  return inside;
}

static void nearly_empty_boxes(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t rounded = 0, found = 0;
  for (int32_t round = 0; round < ROUNDS; round++) {
    scene s;
    scene_init(&rng, &s);
    rounded += rounding_suffices(&s);
    found += drawn_inside(&s, rp_rng_u64(&rng)) > 0;
    scene_fini(&s);
  }
  printf("of %d boxes: rounding %d, the lattice %d\n", ROUNDS, rounded, found);
  assert_true(found >= ROUNDS / 3 && found > rounded);
}

/* Nothing to move, and numbers that are none: no basis, no point. */
static void no_basis(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(&rng, &s);
  rp_lattice *lattice;
  assert_int_equal(rp_lattice_create(s.net, 1, &lattice), RP_OK);
  double *const lambda = s.relaxation->lambda;
  for (int32_t i = 0; i < NEURONS; i++) lambda[i] = NAN;
  assert_false(rp_lattice_reduce(lattice, s.region, s.relaxation));
  for (int32_t i = 0; i < NEURONS; i++) lambda[i] = 1e300;
  (void)rp_lattice_reduce(lattice, s.region, s.relaxation);
  for (int32_t i = 0; i < NEURONS; i++) lambda[i] = 1;
  for (int32_t p = 0; p < INPUTS; p++) s.relaxation->x[p] = NAN;
  (void)rp_lattice_reduce(lattice, s.region, s.relaxation);
  for (int32_t p = 0; p < INPUTS; p++) s.region->x_lo[p] = s.region->x_hi[p];
  assert_false(rp_lattice_reduce(lattice, s.region, s.relaxation));
  rp_lattice_free(lattice);
  scene_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(nearly_empty_boxes),
                                     cmocka_unit_test(no_basis)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
