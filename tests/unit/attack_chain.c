/* Incremental moves against everything computed anew, on random networks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attack/move.h"
#include "net/op_dense.h"
#include "random_net.h"

/* Integers must be those of the forward pass, exactly. */
static void integers_are_exact(const rp_attack *attack) {
  const rp_net *net = attack->net;
  int32_t *z = calloc((size_t)net->n_acc, sizeof *z);
  int32_t *out = calloc((size_t)net->n_out, sizeof *out);
  int32_t *work = calloc(rp_net_forward_work(net), sizeof *work);
  rp_net_forward(net, attack->x, z, out, work);
  const int32_t *found = z;
  for (int32_t k = 0; k < attack->n_layers; k++) {
    const rp_block *layer = &net->block[k];
    for (int32_t i = 0; i < layer->n_out; i++) {
      assert_int_equal(attack->now[k].z[i], found[i]);
      assert_int_equal(attack->now[k].a[i],
                       rp_stair_apply(&layer->stair[i], found[i]));
    }
    found += layer->n_out;
  }
  const chain_ends ends = compute_ends(attack, 0);
  const int32_t *last = z + net->n_acc - net->n_out;
  assert_int_equal(ends.z_y, last[attack->aim.label]);
  assert_int_equal(ends.z_j, last[attack->aim.rival]);
  const bool wins = attack->aim.tie_wins
                        ? out[attack->aim.rival] >= out[attack->aim.label]
                        : out[attack->aim.rival] > out[attack->aim.label];
  assert_int_equal(is_aim_met(attack, &ends), wins);
  free(work);
  free(out);
  free(z);
}

/* What is hidden after many moves, against the same computed anew with the same
 * pulls. */
static void nothing_hidden_drifts(rp_attack *attack) {
  const chain_ends moved = compute_ends(attack, 0);
  for (int32_t k = 0; k < attack->n_layers; k++)
    attack->now[k].part = compute_part(attack, k, &attack->now[k]);
  const chain_ends anew = compute_ends(attack, 0);
  const float size = fabsf(anew.hidden_y) + fabsf(anew.hidden_j) + 1;
  assert_true(fabsf(moved.hidden_y - anew.hidden_y) <= 1e-4f * size);
  assert_true(fabsf(moved.hidden_j - anew.hidden_j) <= 1e-4f * size);
}

/* Every neuron's line is within half a step of its staircase. */
static void lines_are_near(const rp_attack *attack) {
  for (int32_t k = 0; k < attack->n_layers; k++)
    for (int32_t i = 0; i < attack->net->block[k].n_out; i++)
      assert_true(fabsf(attack->now[k].line[i] - (float)attack->now[k].a[i]) <=
                  0.5f + 1e-3f);
}

/* The change of the label's last accumulator per unit of a neuron's activation,
 * by all paths through neurons whose lines are not clipped. */
static double find_pull(const rp_attack *attack, int32_t k, int32_t neuron) {
  const rp_net *net = attack->net;
  const rp_op *op = net->block[k + 1].term[0].op;
  if (k + 2 == net->n_blocks)
    return rp_op_dense_row(op, attack->aim.label)[neuron];
  double sum = 0;
  for (int32_t c = 0; c < net->block[k + 1].n_out; c++) {
    const rp_stair *stair = &net->block[k + 1].stair[c];
    const float line = attack->now[k + 1].line[c];
    if (line <= (float)stair->lo || line >= (float)stair->hi) continue;
    sum += rp_op_dense_row(op, c)[neuron] * (double)rp_stair_slope(stair) *
           find_pull(attack, k + 1, c);
  }
  return sum;
}

static void pulls_follow_all_paths(rp_attack *attack) {
  const int32_t n_inner = attack->net->n_blocks - 1;
  chain_find_pulls(attack);
  for (int32_t k = 0; k < n_inner; k++)
    for (int32_t i = 0; i < attack->net->block[k].n_out; i++) {
      const double pull = find_pull(attack, k, i);
      assert_true(fabs((double)attack->aim.pull[k].y[i] - pull) <=
                  1e-3 * (fabs(pull) + 1));
    }
}

/* To first order an input pulls at the first accumulators by its weights. */
static void inputs_pull_as_their_neurons(rp_attack *attack) {
  const rp_net *net = attack->net;
  chain_find_input_pull(attack);
  for (int32_t p = 0; p < net->n_in; p++) {
    double sum = 0;
    for (int32_t i = 0; i < net->block[0].n_out && net->n_blocks > 1; i++) {
      const rp_stair *stair = &net->block[0].stair[i];
      const float line = attack->now[0].line[i];
      if (line <= (float)stair->lo || line >= (float)stair->hi) continue;
      sum += rp_op_dense_row(net->block[0].term[0].op, i)[p] *
             (double)rp_stair_slope(stair) * (double)attack->aim.pull[0].y[i];
    }
    assert_true(fabs((double)attack->aim.input.y[p] - sum) <=
                1e-3 * (fabs(sum) + 1));
  }
}

static void wander(rp_attack *attack, rp_rng *rng) {
  const rp_net *net = attack->net;
  for (int32_t move = 0; move < 60; move++) {
    const int32_t p = (int32_t)rp_rng_below(rng, (uint32_t)net->n_in);
    const int32_t next = (int32_t)between(rng, 0, net->in_hi);
    const int32_t change = next - attack->x[p];
    compute_ends_after_move(attack, p, change);
    if (rp_rng_below(rng, 3) == 0) continue; /* turned down */
    accept_move(attack, p, change);
    integers_are_exact(attack);
    lines_are_near(attack);
    nothing_hidden_drifts(attack);
    if (rp_rng_below(rng, 10) == 0) chain_find_pulls(attack);
  }
}

static void moves_equal_recomputation(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_chain");
  const random_net_plan plan = {4, 40, 300};
  for (int round = 0; round < 200; round++) {
    rp_net *net = random_net(&rng, &plan);
    assert_non_null(net);
    rp_attack *attack;
    rp_attack_tables *tables;
    assert_int_equal(rp_attack_tables_create(net, &tables), RP_OK);
    assert_int_equal(rp_attack_create(tables, &attack), RP_OK);
    uint8_t *x = calloc((size_t)net->n_in, 1);
    for (int32_t p = 0; p < net->n_in; p++)
      x[p] = (uint8_t)between(&rng, 0, net->in_hi);
    const int32_t label = (int32_t)between(&rng, 0, net->n_out - 1);
    const int32_t other = (int32_t)between(&rng, 1, net->n_out - 1);
    chain_aim_at(attack, label, (label + other) % net->n_out);
    chain_move_to(attack, x);
    integers_are_exact(attack);
    pulls_follow_all_paths(attack);
    inputs_pull_as_their_neurons(attack);
    wander(attack, &rng);
    pulls_follow_all_paths(attack);
    free(x);
    rp_attack_free(attack);
    rp_attack_tables_free(tables);
    rp_net_free(net);
  }
}

/* Two neurons a layer, which all stay between their two steps, and whose pulls
 * grow by a factor of 32,767 a layer. */
static rp_net *make_steep_net(void) {
  enum { INNER_LAYERS = 12 };
  static const int32_t same[] = {1, 0, 1, 0};
  static const int32_t steep[] = {32767, -32767, -32767, 32767};
  static const int64_t none[] = {0, 0}, one[] = {1, 1};
  static const int32_t dims[] = {2};
  const rp_stair step = {.lo = 0, .hi = 1, .shift = 1};
  const rp_stair outputs = {.lo = -20, .hi = 20, .shift = 1};
  rp_dense_spec spec = {2, 2, same, none, step};
  rp_net *net;
  assert_int_equal(rp_net_create("steep", dims, 1, 255, &net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  spec.weight = steep;
  spec.bias = one;
  for (int k = 0; k < INNER_LAYERS; k++)
    assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  spec.stair = outputs;
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

/* Infinite pulls would cancel to no number, and a walk that follows it goes on
 * for ever. */
static void pulls_stay_finite(void **state) {
  (void)state;
  static const uint8_t x[2] = {9, 9}, lo[2] = {0, 0}, hi[2] = {255, 255};
  const rp_deadline never = rp_deadline_after(HUGE_VAL, NULL);
  rp_net *net = make_steep_net();
  rp_attack *attack;
  rp_attack_tables *tables;
  assert_int_equal(rp_attack_tables_create(net, &tables), RP_OK);
  assert_int_equal(rp_attack_create(tables, &attack), RP_OK);
  for (int32_t label = 0; label < 2; label++) {
    chain_aim_at(attack, label, 1 - label);
    chain_move_to(attack, x);
    for (int32_t k = 0; k < attack->n_layers; k++)
      for (int32_t i = 0; i < 2; i++)
        assert_true(isfinite(attack->aim.pull[k].y[i]) &&
                    isfinite(attack->aim.pull[k].j[i]));
    const chain_ends ends = compute_ends(attack, 0);
    assert_true(isfinite(compute_score(&attack->aim, &ends, 1)));
    (void)chain_walk(attack, lo, hi, &never);
  }
  rp_attack_free(attack);
  rp_attack_tables_free(tables);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moves_equal_recomputation),
      cmocka_unit_test(pulls_stay_finite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
