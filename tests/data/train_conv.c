/* Training of the sample convolutional network: the same plan gives the same
 * network, it classifies, and what intervals certify is so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "conv.h"

enum { N_TRAIN = 4000, N_TEST = 200, CAP = 40 };

static const conv_plan PLAN = {
    .name = "tiny", .channels = {3, 5}, .radius = 8, .steps = 250, .seed = 11};

static conv_net trained;
static digits_set train_set, test_set;

static int train_once(void **state) {
  (void)state;
  return digits_draw(N_TRAIN, 21, &train_set) != RP_OK ||
         digits_draw(N_TEST, 22, &test_set) != RP_OK ||
         conv_train(&PLAN, &train_set, &trained) != RP_OK;
}

static int release(void **state) {
  (void)state;
  conv_net_fini(&trained);
  digits_fini(&train_set);
  digits_fini(&test_set);
  return 0;
}

static void test_training_repeats(void **state) {
  (void)state;
  conv_net again;
  assert_int_equal(conv_train(&PLAN, &train_set, &again), RP_OK);
  for (int32_t k = 0; k < CONV_LAYERS; k++) {
    const conv_layer *a = &trained.layer[k], *b = &again.layer[k];
    assert_memory_equal(&a->shape, &b->shape, sizeof a->shape);
    assert_memory_equal(a->weight, b->weight, conv_n_weights(&a->shape));
    assert_memory_equal(a->bias, b->bias, 3 * sizeof *a->bias * a->shape.c_out);
  }
  conv_net_fini(&again);
}

/** Activations step up by one from T(v) - 1 to T(v), or by more where values
 *  are skipped; multipliers have 31 bits. */
static void test_thresholds_follow_the_rule(void **state) {
  (void)state;
  for (int32_t k = 0; k < CONV_LAYERS; k++) {
    const conv_layer *l = &trained.layer[k];
    for (int32_t c = 0; c < l->shape.c_out; c++) {
      assert_in_range(l->multiplier[c], 1 << 30, INT32_MAX);
      for (int32_t v = l->lo + 1; v <= l->hi; v++) {
        const int64_t at = conv_find_threshold(l, c, v);
        assert_true(conv_round(l, c, at) >= v);
        assert_true(conv_round(l, c, at - 1) < v);
      }
      assert_int_equal(conv_round(l, c, -INT32_MAX), l->lo);
      assert_int_equal(conv_round(l, c, INT32_MAX), l->hi);
    }
  }
}

/** A dense layer and a padded convolution, counted by hand. */
static void test_taps_leave_out_padding(void **state) {
  (void)state;
  conv_tap tap[CONV_MAX_TAPS];
  const conv_shape padded = {2, 5, 1, 3, 3, 2, 1},
                   dense = {2, 3, 1, 1, 3, 1, 0};
  assert_int_equal(conv_find_taps(&padded, 0, tap), 4); /* a corner */
  assert_int_equal(tap[0].from, 0);
  assert_int_equal(tap[0].weight, (1 * 3 + 1) * 2);
  assert_int_equal(tap[3].from, (1 * 5 + 1) * 2);
  assert_int_equal(tap[3].weight, (2 * 3 + 2) * 2);
  assert_int_equal(conv_find_taps(&padded, 4, tap), 9); /* the middle */
  assert_int_equal(tap[0].from, (1 * 5 + 1) * 2);
  assert_int_equal(conv_find_taps(&padded, 8, tap), 4); /* the other corner */
  assert_int_equal(tap[3].from, (4 * 5 + 4) * 2);
  assert_int_equal(conv_find_taps(&dense, 0, tap), 9);
  assert_int_equal(tap[8].from, tap[8].weight);
}

static void test_network_classifies_and_is_certified(void **state) {
  (void)state;
  int right = 0, sum = 0;
  for (int64_t i = 0; i < N_TEST; i++) {
    const int32_t radius = conv_certify(
        &trained, &test_set.x[i * DIGITS_PIXELS], test_set.y[i], CAP);
    if (radius < 0) continue;
    right++;
    sum += radius;
  }
  print_message("%d of %d right, mean certified radius %.2f\n", right, N_TEST,
                (double)sum / right);
  assert_true(right > N_TEST * 6 / 10);
  assert_true(sum > 4 * right);
}

/** Corners of the certified box, and points of it. */
static void test_certified_boxes_hold(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 31);
  for (int64_t i = 0; i < N_TEST; i++) {
    const uint8_t *x = &test_set.x[i * DIGITS_PIXELS], label = test_set.y[i];
    const int32_t radius = conv_certify(&trained, x, label, CAP);
    for (int trial = 0; radius > 0 && trial < 10; trial++) {
      uint8_t moved[DIGITS_PIXELS];
      for (int32_t p = 0; p < DIGITS_PIXELS; p++) {
        const uint32_t side = rp_rng_below(&rng, trial % 2 ? 2 : 3);
        const int32_t v = x[p] + (side == 0 ? -radius : side == 1 ? radius : 0);
        moved[p] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
      }
      assert_int_equal(conv_predict(&trained, moved), label);
    }
  }
}

/** The engine's network has the accumulators and the answers of the plain
 *  one. */
static void test_engine_computes_the_same(void **state) {
  (void)state;
  rp_net *net = NULL;
  rp_error err = {""};
  assert_int_equal(conv_build(&trained, "tiny", &net, &err), RP_OK);
  const conv_layer *last = &trained.layer[CONV_LAYERS - 1];
  for (int64_t i = 0; i < N_TEST; i++) {
    const uint8_t *x = &test_set.x[i * DIGITS_PIXELS];
    int64_t z[DIGITS_CLASSES];
    int32_t out[DIGITS_CLASSES];
    conv_find_sums(&trained, x, z);
    assert_int_equal(rp_reference_forward(net, x, out), RP_OK);
    for (int32_t j = 0; j < DIGITS_CLASSES; j++)
      assert_int_equal(out[j], conv_round(last, j, z[j]));
  }
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_training_repeats),
      cmocka_unit_test(test_thresholds_follow_the_rule),
      cmocka_unit_test(test_taps_leave_out_padding),
      cmocka_unit_test(test_network_classifies_and_is_certified),
      cmocka_unit_test(test_certified_boxes_hold),
      cmocka_unit_test(test_engine_computes_the_same),
  };
  return cmocka_run_group_tests(tests, train_once, release);
}
