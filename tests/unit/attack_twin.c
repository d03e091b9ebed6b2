/* Incremental moves against everything computed anew, on random networks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attack/move.h"
#include "random_net.h"

/* Integers must be those of the forward pass, exactly. */
static void integers_are_exact(const rp_attack *attack) {
  const rp_net *net = attack->net;
  int32_t *z = calloc((size_t)net->n_acc, sizeof *z);
  int32_t *out = calloc((size_t)net->n_out, sizeof *out);
  int32_t *work = calloc(rp_net_forward_work(net), sizeof *work);
  rp_net_forward(net, attack->x, z, out, work);
  const int32_t *found = z;
  for (int32_t k = 0; k < attack->n_twins; k++) {
    const rp_block *layer = &net->block[k];
    for (int32_t i = 0; i < layer->n_out; i++) {
      assert_int_equal(attack->now[k].z[i], found[i]);
      assert_int_equal(attack->now[k].a[i],
                       rp_stair_apply(&layer->stair[i], found[i]));
    }
    found += layer->n_out;
  }
  const twin_ends ends = compute_ends(attack, attack->now);
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

/* The twin after many moves, against the twin computed anew. */
static void twin_drifts_little(rp_attack *attack) {
  const twin_ends moved = compute_ends(attack, attack->now);
  twin_move_to(attack, attack->x);
  const twin_ends anew = compute_ends(attack, attack->now);
  const rp_net *net = attack->net;
  const rp_block *last = &net->block[net->n_blocks - 1];
  const double size = fabs((double)last->z_hi[attack->aim.label]) +
                      fabs((double)last->z_lo[attack->aim.label]) +
                      fabs((double)last->z_hi[attack->aim.rival]) +
                      fabs((double)last->z_lo[attack->aim.rival]) + 1;
  assert_true(fabs((double)moved.t_y - (double)anew.t_y) <= 1e-3 * size);
  assert_true(fabs((double)moved.t_j - (double)anew.t_j) <= 1e-3 * size);
}

/* Activations of the twin lie within half a step of the staircase's. */
static void first_layer_of_twin_is_near(const rp_attack *attack) {
  const twin_values *first = &attack->now[0];
  for (int32_t i = 0; i < attack->net->block[0].n_out; i++)
    assert_true(fabsf(first->t[i] - (float)first->a[i]) <= 0.5f + 1e-3f);
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
    if (rp_rng_below(rng, 10) == 0) twin_refresh(attack);
  }
}

static void moves_equal_recomputation(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_twin");
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
    twin_aim_at(attack, label, (label + other) % net->n_out);
    twin_move_to(attack, x);
    integers_are_exact(attack);
    first_layer_of_twin_is_near(attack);
    wander(attack, &rng);
    twin_drifts_little(attack);
    free(x);
    rp_attack_free(attack);
    rp_attack_tables_free(tables);
    rp_net_free(net);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moves_equal_recomputation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
