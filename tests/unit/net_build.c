/* Building networks: what is accepted is right, what is refused is named by
 * layer and neuron, QVIP's quantizers round as they should, and a failed
 * allocation is an error that leaks nothing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "net/op_dense.h"
#include "random_net.h"

static rp_error err;

static void says(const char *part) {
  if (!strstr(err.text, part))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

static rp_net *net_of(int32_t n_in, int32_t in_hi) {
  rp_net *net;
  assert_int_equal(rp_net_create("n", &n_in, 1, in_hi, &net, &err), RP_OK);
  return net;
}

static void shapes_are_checked(void **state) {
  (void)state;
  rp_net *net = NULL;
  const int32_t none[1] = {0}, huge[2] = {1 << 20, 1 << 20};
  const int32_t overflow[4] = {65536, 65536, 65536, 65536}, fine[1] = {3};
  assert_int_equal(rp_net_create("n", none, 1, 255, &net, &err), RP_E_INPUT);
  says("found 0 in dimension 0");
  assert_int_equal(rp_net_create("n", huge, 2, 255, &net, &err), RP_E_INPUT);
  assert_int_equal(rp_net_create("n", overflow, 4, 255, &net, &err),
                   RP_E_INPUT);
  assert_int_equal(rp_net_create("n", fine, 0, 255, &net, &err), RP_E_INPUT);
  assert_int_equal(rp_net_create("n", fine, 5, 255, &net, &err), RP_E_INPUT);
  assert_int_equal(rp_net_create("n", fine, 1, 0, &net, &err), RP_E_INPUT);
  assert_int_equal(rp_net_create("n", fine, 1, 256, &net, &err), RP_E_INPUT);
  says("found 256");
  assert_null(net);
}

static void long_names_are_cut(void **state) {
  (void)state;
  char name[200];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  const int32_t dims[2] = {2, 3};
  rp_net *net;
  assert_int_equal(rp_net_create(name, dims, 2, 15, &net, &err), RP_OK);
  assert_int_equal(strlen(net->name), RP_NET_NAME_SIZE - 1);
  assert_int_equal(net->n_in, 6);
  assert_int_equal(net->dims[1], 3);
  rp_net_free(net);
}

static void layer_is_copied_and_bounded(void **state) {
  (void)state;
  rp_net *net = net_of(3, 10);
  const int32_t weight[6] = {1, -2, 3, -4, 5, -6};
  const int64_t bias[2] = {7, -8};
  const rp_dense_spec first = {3, 2, weight, bias, {0, 20, 1, NULL}};
  assert_int_equal(rp_net_add_dense(net, &first, &err), RP_OK);
  const rp_block *layer = &net->block[0];
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      assert_int_equal(rp_op_weight(layer->term[0].op, i, j),
                       weight[3 * i + j]);
  assert_int_equal(layer->z_lo[0], 7 - 20);
  assert_int_equal(layer->z_hi[0], 7 + 40);
  assert_int_equal(layer->z_lo[1], -8 - 100);
  assert_int_equal(layer->z_hi[1], -8 + 50);
  /* Activations 0..20 (47 / 2 is clipped) and 0..20 (42 / 2 is). */
  const rp_dense_spec second = {2, 2, weight, bias, {-5, 5, 2, NULL}};
  assert_int_equal(rp_net_add_dense(net, &second, &err), RP_OK);
  assert_int_equal(net->block[1].z_lo[0], 7 - 40);
  assert_int_equal(net->block[1].z_hi[0], 7 + 20);
  assert_int_equal(rp_net_finish(net, &err), RP_OK);
  assert_int_equal(net->n_acc, 4);
  assert_int_equal(net->block[1].first, 2);
  assert_int_equal(net->widest, 3);
  rp_net_free(net);
}

/* One layer of two neurons over n_in inputs; neuron 1 gets the numbers. */
static rp_status add_two(rp_net *net, int32_t n_in, int32_t weight,
                         int64_t bias, rp_stair stair) {
  int32_t *all = calloc(2 * (size_t)n_in, sizeof *all);
  for (int32_t j = 0; j < n_in; j++) all[n_in + j] = weight;
  const int64_t biases[2] = {0, bias};
  const rp_dense_spec spec = {n_in, 2, all, biases, stair};
  const rp_status status = rp_net_add_dense(net, &spec, &err);
  free(all);
  return status;
}

static void refuses(int32_t n_in, int32_t weight, int64_t bias, rp_stair stair,
                    const char *part) {
  rp_net *net = net_of(n_in, 255);
  assert_int_equal(add_two(net, n_in, weight, bias, stair), RP_E_INPUT);
  says(part);
  rp_net_free(net);
}

static void bad_layers_are_named(void **state) {
  (void)state;
  const rp_stair fine = {-8, 7, 3, NULL};
  const int64_t limit = RP_ACC_LIMIT;
  refuses(2, 32768, 0, fine, "block 0, neuron 1, input 0: expected a weight");
  refuses(2, -32769, 0, fine, "found -32769");
  refuses(2, 1, limit - 509, fine, "block 0, neuron 1: expected an accumul");
  refuses(2, -1, -limit + 509, fine, "block 0, neuron 1");
  refuses(2, -1, limit - 509, fine, "block 0, neuron 1");
  refuses(2, 0, limit + 1, fine, "block 0, neuron 1");
  refuses(2, 0, INT64_MIN, fine, "block 0, neuron 1");
  refuses(2, 0, INT64_MAX, fine, "block 0, neuron 1");
  refuses(200, 32767, 0, fine, "block 0, neuron 1");
  refuses(2, 1, 0, (rp_stair){3, 2, 3, NULL}, "found 3..2");
  refuses(2, 1, 0, (rp_stair){0, 7, 31, NULL}, "shift");
  refuses(2, 1, 0, (rp_stair){0, 7, -1, NULL}, "shift");
  refuses(2, 1, 0, (rp_stair){INT32_MIN, 7, 1, NULL}, "activations");
  refuses(2, 1, 0, (rp_stair){0, INT32_MAX, 1, NULL}, "activations");
}

static void deeper_layers_are_proved_too(void **state) {
  (void)state;
  rp_net *net = net_of(2, 255);
  assert_int_equal(add_two(net, 2, 32767, 0, (rp_stair){0, 1 << 24, 0, NULL}),
                   RP_OK);
  assert_int_equal(add_two(net, 3, 1, 0, (rp_stair){0, 1, 0, NULL}),
                   RP_E_INPUT);
  says("block 1: expected 2 inputs");
  assert_int_equal(add_two(net, 2, 100, 0, (rp_stair){0, 1, 0, NULL}),
                   RP_E_INPUT);
  says("block 1, neuron 1: expected an accumulator");
  rp_net_free(net);
}

static void whole_networks_only(void **state) {
  (void)state;
  rp_net *net = net_of(2, 255);
  assert_int_equal(rp_net_finish(net, &err), RP_E_INPUT);
  says("at least one block");
  assert_int_equal(add_two(net, 2, 1, 0, (rp_stair){4, 4, 0, NULL}), RP_OK);
  assert_int_equal(rp_net_finish(net, &err), RP_E_INPUT);
  says("at least 2 values");
  net->block[0].stair[0].hi = net->block[0].stair[1].hi = 5;
  assert_int_equal(rp_net_finish(net, &err), RP_OK);
  assert_int_equal(rp_net_expect_classes(net, &err), RP_OK);
  net->n_out = 1;
  assert_int_equal(rp_net_finish(net, &err), RP_OK);
  assert_int_equal(rp_net_expect_classes(net, &err), RP_E_INPUT);
  says("at least 2 outputs");
  rp_net_free(net);
  rp_net_free(NULL);
}

/* The only limit of the number of blocks is memory. */
static void many_blocks(void **state) {
  (void)state;
  rp_net *net = net_of(2, 255);
  for (int k = 0; k < 200; k++)
    assert_int_equal(add_two(net, 2, 1, 0, (rp_stair){0, 1, 0, NULL}), RP_OK);
  assert_int_equal(rp_net_finish(net, &err), RP_OK);
  assert_int_equal(net->n_blocks, 200);
  rp_net_free(net);
}

/* One input, one kernel row [1][n], quantized with 4 bits after 8. */
static rp_status add_qvip(rp_net *net, const float *kernel, const float *bias,
                          int32_t n, bool last) {
  const rp_qvip_dense dense = {1, n, 8, 4, last, kernel, bias};
  return rp_net_add_qvip_dense(net, &dense, &err);
}

static void qvip_rounds_half_away_and_clips(void **state) {
  (void)state;
  const float kernel[8] = {0.0625f,  -0.0625f, 0.0624f, 0.1875f,
                           -0.1875f, 5,        -5,      3e38f};
  const int32_t weight[8] = {1, -1, 0, 2, -2, 7, -8, 7};
  const float bias[8] = {0.125f,  -0.125f, 0.124f, 0.375f,
                         -0.375f, 9,       -9,     -3e38f};
  const int32_t quantized[8] = {1, -1, 0, 2, -2, 7, -8, -8};
  rp_net *net = net_of(1, 255);
  assert_int_equal(add_qvip(net, kernel, bias, 8, false), RP_OK);
  for (int i = 0; i < 8; i++) {
    assert_int_equal(rp_op_dense_weights(net->block[0].term[0].op)[i],
                     weight[i]);
    assert_int_equal(net->block[0].bias[i], quantized[i] * 512);
  }
  assert_int_equal(net->block[0].stair[0].lo, 0);
  assert_int_equal(net->block[0].stair[0].hi, 15);
  assert_int_equal(net->block[0].stair[0].shift, 9);
  rp_net_free(net);
  net = net_of(1, 255);
  assert_int_equal(add_qvip(net, kernel, bias, 8, true), RP_OK);
  assert_int_equal(net->block[0].stair[7].lo, -8);
  assert_int_equal(net->block[0].stair[7].hi, 7);
  rp_net_free(net);
}

static void qvip_transposes_the_kernel(void **state) {
  (void)state;
  const float kernel[6] = {0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f};
  const float bias[3] = {0};
  const rp_qvip_dense dense = {2, 3, 2, 4, true, kernel, bias};
  rp_net *net = net_of(2, 3);
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_OK);
  const int16_t rows[6] = {1, 4, 2, 5, 3, 6};
  assert_memory_equal(rp_op_dense_weights(net->block[0].term[0].op), rows,
                      sizeof rows);
  assert_int_equal(net->block[0].stair[0].shift, 3);
  rp_net_free(net);
}

static void qvip_refuses(void **state) {
  (void)state;
  rp_net *net = net_of(1, 255);
  const float fine[2] = {0, 1}, not_a_number[2] = {0, NAN};
  const float infinite[2] = {-INFINITY, 0};
  assert_int_equal(add_qvip(net, not_a_number, fine, 2, true), RP_E_INPUT);
  says("block 0, neuron 1, input 0: expected a finite weight");
  assert_int_equal(add_qvip(net, fine, infinite, 2, true), RP_E_INPUT);
  says("block 0, neuron 0: expected a finite bias");
  rp_qvip_dense dense = {1, 2, 8, 1, true, fine, fine};
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_E_INPUT);
  says("bits: expected 2..16, found 1");
  dense.bits = 17;
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_E_INPUT);
  dense.bits = 4;
  dense.in_frac = 15;
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_E_INPUT);
  says("fractional bits");
  dense.in_frac = 8;
  dense.n_in = 0;
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_E_INPUT);
  rp_net_free(net);
}

static void largest_qvip_bits(void **state) {
  (void)state;
  const float one[2] = {1, -1}, zero[2] = {0, 0};
  rp_net *net = net_of(1, 255);
  rp_qvip_dense dense = {1, 1, 8, 16, false, one, zero};
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_OK);
  assert_int_equal(net->block[0].stair[0].hi, 65535);
  dense = (rp_qvip_dense){1, 2, 14, 16, true, one, zero};
  assert_int_equal(rp_net_add_qvip_dense(net, &dense, &err), RP_OK);
  assert_int_equal(rp_op_weight(net->block[1].term[0].op, 1, 0), -32768);
  assert_int_equal(net->block[1].stair[0].shift, 15);
  rp_net_free(net);
}

static rp_status build_all(void) {
  const float kernel[2] = {1, -1};
  const int32_t dims[1] = {1};
  rp_net *net;
  RP_TRY(rp_net_create("n", dims, 1, 255, &net, &err));
  const rp_qvip_dense dense = {1, 2, 8, 6, true, kernel, kernel};
  rp_status status = rp_net_add_qvip_dense(net, &dense, &err);
  const uint8_t x[1] = {1};
  int32_t prediction;
  if (status == RP_OK) status = rp_reference_predict(net, x, &prediction);
  rp_net_free(net);
  return status;
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  uint64_t n = 1;
  for (;; n++) {
    rp_alloc_fail_after(n);
    const rp_status status = build_all();
    rp_alloc_fail_after(0);
    if (status == RP_OK) break;
    assert_int_equal(status, RP_E_MEMORY);
  }
  assert_true(n > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_are_checked),
      cmocka_unit_test(long_names_are_cut),
      cmocka_unit_test(layer_is_copied_and_bounded),
      cmocka_unit_test(bad_layers_are_named),
      cmocka_unit_test(deeper_layers_are_proved_too),
      cmocka_unit_test(whole_networks_only),
      cmocka_unit_test(many_blocks),
      cmocka_unit_test(qvip_rounds_half_away_and_clips),
      cmocka_unit_test(qvip_transposes_the_kernel),
      cmocka_unit_test(qvip_refuses),
      cmocka_unit_test(largest_qvip_bits),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
