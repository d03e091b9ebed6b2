/* The margin of the step condition: >= 0 exactly when the rival wins, for all
 * pairs of accumulators on small staircases, ties and saturation included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rampart/attack.h"

/* A network whose only purpose is its last staircase. */
static rp_net *net_with_stair(rp_stair stair) {
  const int32_t dims[1] = {1}, weight[2] = {1, 1};
  const int64_t bias[2] = {0, 0};
  const rp_layer_spec spec = {1, 2, weight, bias, stair};
  rp_net *net;
  assert_int_equal(rp_net_create("pair", dims, 1, 1, &net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

static bool rival_wins(const rp_stair *stair, const int32_t *z, int32_t label,
                       int32_t rival) {
  const int32_t out[2] = {rp_stair_apply(stair, z[0]),
                          rp_stair_apply(stair, z[1])};
  return rival < label ? out[rival] >= out[label] : out[rival] > out[label];
}

static void check_all_pairs(rp_stair stair) {
  rp_net *net = net_with_stair(stair);
  const int32_t least = (int32_t)rp_stair_threshold(&stair, stair.lo + 1);
  const int32_t most = (int32_t)rp_stair_threshold(&stair, stair.hi);
  const int32_t beyond = 2 << stair.shift;
  for (int32_t y = least - beyond; y <= most + beyond; y++)
    for (int32_t j = least - beyond; j <= most + beyond; j++)
      for (int32_t label = 0; label < 2; label++) {
        int32_t z[2];
        z[label] = y;
        z[1 - label] = j;
        const double margin = rp_attack_margin(net, z, label, 1 - label);
        if ((margin >= 0) != rival_wins(&stair, z, label, 1 - label))
          fail_msg("label %d z %d %d: margin %g", label, z[0], z[1], margin);
      }
  rp_net_free(net);
}

static void sign_is_the_prediction(void **state) {
  (void)state;
  for (int32_t shift = 0; shift <= 4; shift++) {
    check_all_pairs((rp_stair){-2, 1, shift});
    check_all_pairs((rp_stair){0, 1, shift});
    check_all_pairs((rp_stair){3, 5, shift});
    check_all_pairs((rp_stair){-7, -5, shift});
  }
  check_all_pairs((rp_stair){-8, 7, 3});
}

/* One unit of an accumulator is worth one unit of margin at most. */
static void margin_is_in_accumulator_units(void **state) {
  (void)state;
  rp_net *net = net_with_stair((rp_stair){-8, 7, 3});
  const int32_t wins[2] = {3, 4};
  assert_true(rp_attack_margin(net, wins, 0, 1) == 0);
  const int32_t short_of_it[2] = {3, 1};
  assert_true(rp_attack_margin(net, short_of_it, 0, 1) == -3);
  const int32_t tie[2] = {-4, 3};
  assert_true(rp_attack_margin(net, tie, 1, 0) == 0);
  const int32_t far[2] = {-1000, 1000};
  assert_true(rp_attack_margin(net, far, 1, 0) < -900);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sign_is_the_prediction),
      cmocka_unit_test(margin_is_in_accumulator_units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
