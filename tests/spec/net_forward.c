/* The fast forward pass equals the plain specification, number by number, on
 * random networks of random shapes, narrow and wide, and on random graphs; and
 * every accumulator is in the range that was proved for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"
#include "random_graph.h"
#include "random_net.h"

enum { NETWORKS = 600, INPUTS = 8 };

static int64_t plain_term(const rp_net *net, const rp_term *term, int32_t i,
                          const uint8_t *x, const int64_t *a) {
  int64_t sum = 0;
  for (int32_t j = 0; j < term->op->n_in; j++)
    sum += rp_op_weight(term->op, i, j) *
           (term->source == RP_INPUT ? x[j]
                                     : a[net->block[term->source].first + j]);
  return sum;
}

/* Accumulators and activations by the definition; neurons' values begin at the
 * block's first accumulator. */
static void plain_pass(const rp_net *net, const uint8_t *x, int64_t *z,
                       int64_t *a) {
  for (int32_t k = 0, at = 0; k < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    for (int32_t i = 0; i < block->n_out; i++) a[block->first + i] = INT64_MIN;
    for (int32_t i = 0; i < block->n_acc; i++, at++) {
      int64_t *own = &a[block->first + rp_block_owner(block, i)];
      z[at] = block->bias[i];
      for (int32_t t = 0; t < block->n_terms; t++)
        z[at] += plain_term(net, &block->term[t], i, x, a);
      const int64_t value = rp_stair_apply(&block->stair[i], z[at]);
      if (value > *own) *own = value;
    }
  }
}

static void passes_agree(const rp_net *net, const uint8_t *x) {
  const size_t n_acc = (size_t)net->n_acc, n_out = (size_t)net->n_out;
  const size_t work_size = rp_net_forward_work(net);
  int64_t *plain_z = calloc(n_acc, sizeof *plain_z);
  int64_t *plain_a = calloc(n_acc, sizeof *plain_a);
  int32_t *z = calloc(n_acc, sizeof *z), *out = calloc(n_out, sizeof *out);
  int32_t *again = calloc(n_out, sizeof *again);
  int32_t *work = calloc(work_size, sizeof *work), prediction;
  plain_pass(net, x, plain_z, plain_a);
  rp_net_forward(net, x, z, out, work);
  for (size_t i = 0; i < n_acc; i++) assert_true(z[i] == plain_z[i]);
  for (size_t i = 0; i < n_out; i++)
    assert_true(out[i] == plain_a[n_acc - n_out + i]);
  rp_net_forward(net, x, NULL, again, work);
  assert_memory_equal(again, out, n_out * sizeof *out);
  assert_int_equal(rp_reference_forward(net, x, again), RP_OK);
  assert_memory_equal(again, out, n_out * sizeof *out);
  assert_int_equal(rp_reference_predict(net, x, &prediction), RP_OK);
  assert_int_equal(prediction, rp_first_max(out, net->n_out));
  const int32_t *acc = z;
  for (int32_t k = 0; k < net->n_blocks; acc += net->block[k++].n_acc)
    for (int32_t i = 0; i < net->block[k].n_acc; i++)
      assert_in_range(acc[i] + RP_ACC_LIMIT,
                      net->block[k].z_lo[i] + RP_ACC_LIMIT,
                      net->block[k].z_hi[i] + RP_ACC_LIMIT);
  free(plain_z);
  free(plain_a);
  free(z);
  free(out);
  free(again);
  free(work);
}

/* Takes the network. */
static void network_agrees(rp_rng *rng, rp_net *net) {
  assert_non_null(net);
  uint8_t *x = calloc((size_t)net->n_in, 1);
  for (int m = 0; m < INPUTS; m++) {
    random_input(rng, net, x);
    passes_agree(net, x);
  }
  free(x);
  rp_net_free(net);
}

static void networks_agree(const char *test, const random_net_plan *plan) {
  rp_rng rng = rng_of_test(test);
  for (int n = 0; n < NETWORKS; n++)
    network_agrees(&rng, random_net_of(&rng, plan, n % 3 == 0));
}

static void graphs(void **state) {
  (void)state;
  const random_graph_plan plan = {5, 5, 4, 255, 300, 1000, false, true};
  rp_rng rng = rng_of_test(__func__);
  for (int n = 0; n < NETWORKS; n++)
    network_agrees(&rng, random_graph(&rng, &plan));
}

static void narrow_networks(void **state) {
  (void)state;
  networks_agree(__func__, &(random_net_plan){4, 40, 1023});
}

static void wide_activations(void **state) {
  (void)state;
  networks_agree(__func__, &(random_net_plan){4, 20, 1 << 20});
}

static void long_rows(void **state) {
  (void)state;
  networks_agree(__func__, &(random_net_plan){2, 150, 63});
}

/* The least room for an int32 sum: products of the largest numbers, at the
 * limit from both sides. */
static void largest_numbers(void **state) {
  (void)state;
  const int32_t dims[1] = {128}, weight_in[2 * 128] = {0};
  for (int sign = -1; sign <= 1; sign += 2) {
    rp_net *net;
    int32_t weight[2 * 128];
    memcpy(weight, weight_in, sizeof weight);
    for (int j = 0; j < 128; j++) weight[j] = sign * 32767;
    const int64_t slack = RP_ACC_LIMIT - (int64_t)128 * 32767 * 255;
    const int64_t bias[2] = {sign * slack, -sign * RP_ACC_LIMIT};
    const rp_dense_spec spec = {128, 2, weight, bias, {-1000, 1000, 0, NULL}};
    assert_int_equal(rp_net_create("l", dims, 1, 255, &net, NULL), RP_OK);
    assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
    assert_int_equal(rp_net_finish(net, NULL), RP_OK);
    uint8_t x[128];
    memset(x, 255, sizeof x);
    passes_agree(net, x);
    assert_int_equal(llabs(net->block[0].z_lo[1]), RP_ACC_LIMIT);
    assert_int_equal(sign > 0 ? net->block[0].z_hi[0] : -net->block[0].z_lo[0],
                     RP_ACC_LIMIT);
    rp_net_free(net);
  }
}

static void inputs_out_of_range(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 1);
  rp_net *net = random_net(&rng, &(random_net_plan){2, 8, 15});
  assert_non_null(net);
  int32_t *out = calloc((size_t)net->n_out, sizeof *out), prediction;
  uint8_t *x = calloc((size_t)net->n_in, 1);
  net->in_hi = 254;
  x[net->n_in - 1] = 255;
  assert_int_equal(rp_reference_forward(net, x, out), RP_E_RANGE);
  assert_int_equal(rp_reference_predict(net, x, &prediction), RP_E_RANGE);
  free(out);
  free(x);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(narrow_networks),     cmocka_unit_test(wide_activations),
      cmocka_unit_test(long_rows),           cmocka_unit_test(largest_numbers),
      cmocka_unit_test(inputs_out_of_range), cmocka_unit_test(graphs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
