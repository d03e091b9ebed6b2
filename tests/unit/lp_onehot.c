/* QVIP's encoding against enumeration on tiny networks, its limits, aborts and
 * failed allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rampart/lp.h"
#include "rampart/memory.h"
#include "rampart/onehot.h"
#include "tiny_net.h"

static const tiny_plan small = {1, 3, 3, 256, 7};

/* A ball around a sample, and whether it holds a counterexample. */
typedef struct scene {
  rp_net *net;
  int32_t label;
  uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS];
  bool violated;
} scene;

static void scene_init(rp_rng *rng, scene *s) {
  enumeration all;
  s->net = tiny_net(rng, &small);
  assert_non_null(s->net);
  enumerate(s->net, &all);
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)all.n);
  const int32_t radius = (int32_t)between(rng, 1, s->net->in_hi);
  const uint8_t *x = input_of(&all, k);
  int32_t distance;
  s->label = all.prediction[k];
  nearest_change(&all, x, s->label, &distance);
  s->violated = distance <= radius;
  for (int32_t p = 0; p < s->net->n_in; p++) {
    s->lo[p] = (uint8_t)(x[p] > radius ? x[p] - radius : 0);
    s->hi[p] = (uint8_t)(x[p] + radius < s->net->in_hi ? x[p] + radius
                                                       : s->net->in_hi);
  }
  enumeration_fini(&all);
}

static void is_a_counterexample(const scene *s, const uint8_t *x) {
  int32_t prediction;
  for (int32_t p = 0; p < s->net->n_in; p++)
    assert_in_range(x[p], s->lo[p], s->hi[p]);
  assert_int_equal(rp_reference_predict(s->net, x, &prediction), RP_OK);
  assert_int_not_equal(prediction, s->label);
}

static rp_onehot_outcome solve(const scene *s, double seconds,
                               const atomic_bool *stop) {
  const rp_deadline deadline = rp_deadline_after(seconds, stop);
  rp_stats stats = {0};
  uint8_t x[TINY_INPUTS] = {0};
  rp_onehot_outcome outcome = RP_ONEHOT_FAILED;
  assert_int_equal(rp_onehot_solve(s->net, s->lo, s->hi, s->label, &deadline, x,
                                   &outcome, &stats),
                   RP_OK);
  if (outcome == RP_ONEHOT_POINT) is_a_counterexample(s, x);
  return outcome;
}

static void outcomes_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t points = 0, claims = 0;
  for (int32_t i = 0; i < 150; i++) {
    scene s;
    scene_init(&rng, &s);
    const rp_onehot_outcome outcome = solve(&s, 10, NULL);
    assert_int_equal(outcome,
                     s.violated ? RP_ONEHOT_POINT : RP_ONEHOT_CLAIMS_ROBUST);
    points += s.violated;
    claims += !s.violated;
    rp_net_free(s.net);
  }
  assert_true(points > 0);
  assert_true(claims > 0);
}

static void an_abort_of_glpk_is_a_failure(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(&rng, &s);
  rp_lp_abort_after(1);
  assert_int_equal(solve(&s, 10, NULL), RP_ONEHOT_FAILED);
  assert_int_not_equal(solve(&s, 10, NULL), RP_ONEHOT_FAILED);
  rp_net_free(s.net);
}

static void failed_allocations_are_reported(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(&rng, &s);
  const rp_deadline deadline = rp_deadline_after(10, NULL);
  rp_status status = RP_E_MEMORY;
  for (uint64_t n = 1; status != RP_OK; n++) {
    rp_stats stats = {0};
    uint8_t x[TINY_INPUTS];
    rp_onehot_outcome outcome;
    rp_alloc_fail_after(n);
    status = rp_onehot_solve(s.net, s.lo, s.hi, s.label, &deadline, x, &outcome,
                             &stats);
    rp_alloc_fail_after(0);
    assert_true(status == RP_OK || status == RP_E_MEMORY);
    assert_true(n < 1000);
  }
  rp_net_free(s.net);
}

/* Too many neurons and values for the time: 16 inputs, 20 neurons of 16 values,
 * 10 outputs. */
static rp_net *large_net(rp_rng *rng) {
  enum { N_IN = 16, N_HIDDEN = 20, N_OUT = 10 };
  const int32_t dims[1] = {N_IN};
  int32_t weight[N_HIDDEN * N_IN + N_OUT * N_HIDDEN];
  const int64_t bias[N_HIDDEN] = {0};
  rp_net *net;
  for (size_t i = 0; i < sizeof weight / sizeof weight[0]; i++)
    weight[i] = (int32_t)between(rng, -99, 99);
  assert_int_equal(rp_net_create("large", dims, 1, 255, &net, NULL), RP_OK);
  const rp_layer_spec hidden = {N_IN, N_HIDDEN, weight, bias, {0, 15, 12}};
  const rp_layer_spec last = {
      N_HIDDEN, N_OUT, weight + N_HIDDEN * N_IN, bias, {-8, 7, 9}};
  assert_int_equal(rp_net_add_dense(net, &hidden, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &last, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

/* Some radius is neither refuted nor claimed in time. */
static void the_time_limit_holds(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t limits = 0;
  for (int32_t radius = 2; radius <= 64; radius *= 2) {
    rp_net *net = large_net(&rng);
    uint8_t lo[16], hi[16], x[16];
    int32_t label;
    memset(lo, 128 - radius, sizeof lo);
    memset(hi, 128 + radius, sizeof hi);
    memset(x, 128, sizeof x);
    assert_int_equal(rp_reference_predict(net, x, &label), RP_OK);
    const double start_s = rp_clock_wall_s();
    const rp_deadline deadline = rp_deadline_after(0.3, NULL);
    rp_stats stats = {0};
    rp_onehot_outcome outcome;
    assert_int_equal(
        rp_onehot_solve(net, lo, hi, label, &deadline, x, &outcome, &stats),
        RP_OK);
    assert_true(rp_clock_wall_s() - start_s < 2);
    limits += outcome == RP_ONEHOT_LIMIT;
    rp_net_free(net);
  }
  assert_true(limits > 0);
}

static void the_stop_flag_ends_it(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const atomic_bool stop = true;
  for (int32_t i = 0; i < 20; i++) {
    scene s;
    scene_init(&rng, &s);
    const rp_onehot_outcome outcome = solve(&s, 10, &stop);
    assert_true(outcome == RP_ONEHOT_LIMIT ||
                (outcome == RP_ONEHOT_POINT) == s.violated);
    rp_net_free(s.net);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(outcomes_are_those_of_enumeration),
      cmocka_unit_test(an_abort_of_glpk_is_a_failure),
      cmocka_unit_test(failed_allocations_are_reported),
      cmocka_unit_test(the_time_limit_holds),
      cmocka_unit_test(the_stop_flag_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
