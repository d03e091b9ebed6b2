/* Channels whose accumulators leave the limit but are constant after rounding:
 * they become constants, unless others share their weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/op_conv.h"
#include "net/op_dense.h"

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

/* A channel of a dense block, of which accumulators 0 and 2 are neuron 0's. */
static rp_status add_maxima(rp_net *net, const int64_t *bias, rp_stair stair,
                            rp_error *err) {
  static const int32_t owner[] = {0, 1, 0, 1}, row[2] = {3, -2};
  rp_term term = {RP_INPUT, rp_op_dense_create(4, 2)};
  for (int32_t i = 0; i < 4; i++)
    assert_int_equal(rp_op_dense_set_row(term.op, i, row), 2);
  const rp_stair stairs[2] = {stair, stair};
  const rp_block_spec spec = {.n_out = 2,
                              .n_acc = 4,
                              .owner = owner,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = 2,
                              .stair = stairs,
                              .folds_constants = true};
  return rp_net_add_block(net, &spec, err);
}

/* Beyond all thresholds nothing changes, unless one may have been cut. */
static void tables_are_constant_beyond_their_thresholds(void **state) {
  (void)state;
  const int64_t far = (int64_t)1 << 40;
  const int64_t bias[4] = {-far, 7, far, -9}, near[2] = {-50, 60},
                cut[2] = {-50, (int64_t)1 << 50};
  for (int is_cut = 0; is_cut < 2; is_cut++) {
    rp_net *net = create();
    const rp_stair_table *table;
    rp_error err;
    assert_int_equal(
        rp_net_add_table(net, is_cut ? cut : near, 2, &table, NULL), RP_OK);
    const rp_status status =
        add_maxima(net, bias, (rp_stair){-1, 1, 0, table}, &err);
    assert_int_equal(status, is_cut ? RP_E_INPUT : RP_OK);
    if (status == RP_OK) {
      const uint8_t x[POSITIONS] = {10, 20};
      const int32_t same[4] = {1, 0, 0, 1};
      const int64_t none[2] = {0, 0};
      const rp_dense_spec copy = {2, 2, same, none, {-1, 1, 0, NULL}};
      int32_t out[2], ends[2];
      assert_int_equal(rp_net_add_dense(net, &copy, &err), RP_OK);
      assert_int_equal(rp_reference_forward(net, x, out), RP_OK);
      assert_int_equal(out[0], 1);
      assert_int_equal(out[1], 0);
      const rp_block *block = &net->block[0];
      rp_block_range(block, block->z_lo, block->z_hi, 0, ends);
      assert_int_equal(ends[0], 1);
      assert_int_equal(ends[1], 1);
    }
    rp_net_free(net);
  }
}

/* One of a maximum's accumulators is constant, and another is not. */
static void maxima_are_folded_together(void **state) {
  (void)state;
  const int64_t bias[4] = {(int64_t)1 << 40, 7, 5, -9};
  rp_net *net = create();
  rp_error err;
  assert_int_equal(add_maxima(net, bias, (rp_stair){-8, 7, 4, NULL}, &err),
                   RP_E_INPUT);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constant_channels_are_folded),
      cmocka_unit_test(neurons_that_share_weights_are_not),
      cmocka_unit_test(tables_are_constant_beyond_their_thresholds),
      cmocka_unit_test(maxima_are_folded_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
