/* Intervals, by propagation and by inner dual bounds, keep the accumulators of
 * every point of the region. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bound/inner.h"
#include "core/memory.h"
#include "random_graph.h"
#include "random_region.h"
#include "tiny_net.h"

static const random_graph_plan graph_plan = {5,   4,   3,     255,
                                             100, 200, false, true};
static const random_net_plan narrow = {5, 8, 15};
static const random_net_plan wide = {3, 70, 40000};

static void every_point_is_held(const situation *s) {
  for (int32_t i = 0; i < s->n_points; i++)
    assert_true(
        rp_region_holds(s->net, s->region, s->points[i].x, s->points[i].z));
}

static rp_net *some_net(rp_rng *rng, int32_t round) {
  rp_net *net = round % 2 ? random_graph(rng, &graph_plan)
                          : random_net_of(rng, round % 3 ? &narrow : &wide,
                                          round % 4 == 0);
  assert_non_null(net);
  return net;
}

static void propagation_keeps_points(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 1500; round++) {
    situation s;
    situation_init(&rng, some_net(&rng, round), &s);
    every_point_is_held(&s);
    propagate_all(&s);
    every_point_is_held(&s);
    situation_fini(&s);
  }
}

/* On a single point, propagation is the forward pass. */
static void a_fixed_box_gives_the_forward_pass(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 300; round++) {
    situation s;
    situation_init(&rng, some_net(&rng, round), &s);
    const point *p = &s.points[s.n_points - 1];
    const size_t bytes = (size_t)s.n_acc * sizeof *p->z;
    memcpy(s.region->x_lo, p->x, (size_t)s.net->n_in);
    memcpy(s.region->x_hi, p->x, (size_t)s.net->n_in);
    propagate_all(&s);
    assert_memory_equal(s.region->z_lo, p->z, bytes);
    assert_memory_equal(s.region->z_hi, p->z, bytes);
    situation_fini(&s);
  }
}

typedef struct dual_pair {
  rp_dual *dual;
  rp_stats stats;
} dual_pair;

static void dual_pair_init(const rp_net *net, dual_pair *d) {
  memset(d, 0, sizeof *d);
  assert_int_equal(rp_dual_create(net, &d->stats, &d->dual), RP_OK);
}

static void dual_pair_fini(dual_pair *d) {
  rp_dual_free(d->dual);
}

static int64_t total_width(const situation *s) {
  int64_t sum = 0;
  for (int32_t at = 0; at < s->n_acc; at++)
    sum += (int64_t)s->region->z_hi[at] - s->region->z_lo[at];
  return sum;
}

static void inner_bounds_keep_points(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const rp_deadline none = rp_deadline_after(1e9, NULL);
  const rp_deadline over = rp_deadline_after(0, NULL);
  int32_t improved = 0;
  for (int32_t round = 0; round < 200; round++) {
    situation s;
    dual_pair d;
    situation_init(&rng, some_net(&rng, round), &s);
    propagate_all(&s);
    const int64_t before = total_width(&s);
    const int32_t last = (int32_t)rp_rng_below(&rng, (uint32_t)s.net->n_blocks);
    const bool in_time = rp_rng_below(&rng, 8) > 0;
    dual_pair_init(s.net, &d);
    const rp_inner_effort effort = {(int32_t)between(&rng, 0, 40),
                                    (int32_t)between(&rng, 0, 3)};
    assert_true(rp_inner_tighten(d.dual, s.region, last, &effort,
                                 in_time ? &none : &over));
    every_point_is_held(&s);
    assert_true(total_width(&s) <= before);
    improved += total_width(&s) < before;
    dual_pair_fini(&d);
    situation_fini(&s);
  }
  assert_true(improved > 0);
}

/* Every input of a tiny network that was in the region still is. */
static void every_input_is_held(const enumeration *all, const rp_net *net,
                                const rp_region *before,
                                const rp_region *after) {
  int32_t *z = zeros((size_t)net->n_acc, sizeof *z);
  for (int32_t k = 0; k < all->n; k++) {
    uint8_t x[TINY_INPUTS];
    memcpy(x, input_of(all, k), sizeof x);
    run_network(net, &(point){x, z});
    if (rp_region_holds(net, before, x, z))
      assert_true(rp_region_holds(net, after, x, z));
  }
  free(z);
}

static void inner_bounds_keep_every_input(void **state) {
  (void)state;
  static const tiny_plan tiny = {2, 4, 5, 256, 20};
  rp_rng rng = rng_of_test(__func__);
  const rp_deadline none = rp_deadline_after(1e9, NULL);
  for (int32_t round = 0; round < 300; round++) {
    rp_net *net = tiny_net(&rng, &tiny);
    assert_non_null(net);
    enumeration all;
    situation s;
    dual_pair d;
    rp_region *before;
    enumerate(net, &all);
    situation_init(&rng, net, &s);
    assert_int_equal(rp_region_create(net, &before), RP_OK);
    rp_region_copy(net, before, s.region);
    dual_pair_init(net, &d);
    const rp_inner_effort effort = {60, round % 4 ? 0 : 2};
    assert_true(
        rp_inner_tighten(d.dual, s.region, net->n_blocks - 1, &effort, &none));
    every_input_is_held(&all, net, before, s.region);
    dual_pair_fini(&d);
    rp_region_free(before);
    enumeration_fini(&all);
    situation_fini(&s);
  }
}

static void inner_bounds_without_memory_change_nothing(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const rp_deadline none = rp_deadline_after(1e9, NULL);
  for (uint64_t n = 1; n <= 4; n++) {
    situation s;
    dual_pair d;
    situation_init(&rng, some_net(&rng, 1), &s);
    dual_pair_init(s.net, &d);
    const int64_t before = total_width(&s);
    rp_alloc_fail_after(n);
    const rp_inner_effort effort = {20, 0};
    assert_true(rp_inner_tighten(d.dual, s.region, s.net->n_blocks - 1, &effort,
                                 &none));
    rp_alloc_fail_after(0);
    assert_int_equal(total_width(&s), before);
    dual_pair_fini(&d);
    situation_fini(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(propagation_keeps_points),
      cmocka_unit_test(a_fixed_box_gives_the_forward_pass),
      cmocka_unit_test(inner_bounds_keep_points),
      cmocka_unit_test(inner_bounds_keep_every_input),
      cmocka_unit_test(inner_bounds_without_memory_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
