/* Channels whose accumulators leave the limit but are constant after rounding:
 * they become constants, unless others share their weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/op_conv.h"

/* Two positions of two channels: z = 100 x + bias, rounded to 256s. */
enum { POSITIONS = 2, CHANNELS = 2, NEURONS = POSITIONS * CHANNELS };

static const rp_conv_shape shape = {
    1, POSITIONS, 1, 1, POSITIONS, CHANNELS, 1, 1, 1, 1, 1, 1, 0, 0, 1};

static rp_status add(rp_net *net, const int64_t *bias, int32_t n_stairs,
                     rp_error *err) {
  const int32_t weights[CHANNELS] = {100, 100};
  const rp_stair relu = {.lo = 0, .hi = 255, .shift = 8};
  const rp_stair stairs[NEURONS] = {relu, relu, relu, relu};
  rp_term term = {RP_INPUT, NULL};
  assert_int_equal(rp_op_conv_create(&shape, weights, &term.op, err), RP_OK);
  const rp_block_spec spec = {.n_out = NEURONS,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = n_stairs,
                              .stair = stairs,
                              .folds_constants = true};
  return rp_net_add_block(net, &spec, err);
}

static rp_net *create(void) {
  const int32_t dims[3] = {1, POSITIONS, 1};
  rp_net *net;
  assert_int_equal(rp_net_create("fold", dims, 3, 255, &net, NULL), RP_OK);
  return net;
}

static void constant_channels_are_folded(void **state) {
  (void)state;
  const int64_t far = (int64_t)1 << 31;
  const int64_t bias[NEURONS] = {0, far, 0, -far};
  rp_net *net = create();
  rp_error err;
  assert_int_equal(add(net, bias, CHANNELS, &err), RP_OK);
  const uint8_t x[POSITIONS] = {10, 20};
  int32_t out[NEURONS];
  assert_int_equal(rp_reference_forward(net, x, out), RP_OK);
  assert_int_equal(out[0], 4);
  assert_int_equal(out[1], 255);
  assert_int_equal(out[2], 8);
  assert_int_equal(out[3], 0);
  rp_net_free(net);
}

/* Neuron 1 is constant, but neuron 3 has the same weights and a staircase of
 * its own. */
static void neurons_that_share_weights_are_not(void **state) {
  (void)state;
  const int64_t bias[NEURONS] = {0, (int64_t)1 << 31, 0, 0};
  rp_net *net = create();
  rp_error err;
  assert_int_equal(add(net, bias, NEURONS, &err), RP_E_INPUT);
  assert_string_equal(err.text,
                      "block 0, neuron 1: expected an accumulator within "
                      "+-2^30 on every input, found bias and weights that sum "
                      "to more");
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constant_channels_are_folded),
      cmocka_unit_test(neurons_that_share_weights_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
