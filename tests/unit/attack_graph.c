/* Incremental moves on random graphs against the forward pass, the margin of a
 * rival against the condition itself, and what moves hide inside steps against
 * the gradient. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attack/climb.h"
#include "random_graph.h"

static const random_graph_plan plan = {.most_blocks = 6,
                                       .most_side = 6,
                                       .most_channels = 5,
                                       .most_input = 255,
                                       .most_activation = 255,
                                       .largest_weight = 127,
                                       .pools = true};

typedef struct scene {
  rp_net *net;
  graph_state state;
  void *memory;
  uint8_t *x;
  int32_t *z, *out, *work;
} scene;

static void *allocate(size_t count, size_t size) {
  void *made = calloc(count + 1, size);
  assert_non_null(made);
  return made;
}

static void scene_init(rp_rng *rng, scene *s) {
  do s->net = random_graph(rng, &plan);
  while (!s->net);
  s->state = (graph_state){0};
  carver from = {NULL, 0};
  graph_lay_out(&from, s->net, &s->state);
  from = begin_to_carve(from.used, &s->memory);
  assert_non_null(from.block);
  graph_lay_out(&from, s->net, &s->state);
  s->x = allocate((size_t)s->net->n_in, 1);
  s->z = allocate((size_t)s->net->n_acc, sizeof *s->z);
  s->out = allocate((size_t)s->net->n_out, sizeof *s->out);
  s->work = allocate(rp_net_forward_work(s->net), sizeof *s->work);
  for (int32_t p = 0; p < s->net->n_in; p++)
    s->x[p] = (uint8_t)between(rng, 0, s->net->in_hi);
  graph_move_to(&s->state, s->x, s->work);
}

static void scene_fini(scene *s) {
  free(s->memory);
  free(s->x);
  free(s->z);
  free(s->out);
  free(s->work);
  rp_net_free(s->net);
}

/* s->x says where the state should be. */
static void is_up_to_date(scene *s) {
  const graph_state *state = &s->state;
  assert_memory_equal(state->x, s->x, (size_t)s->net->n_in);
  rp_net_forward(s->net, s->x, s->z, s->out, s->work);
  assert_memory_equal(state->z, s->z, (size_t)s->net->n_acc * sizeof *s->z);
  for (int32_t k = 0; k < s->net->n_blocks; k++) {
    const rp_block *block = &s->net->block[k];
    for (int32_t i = 0; i < block->n_acc; i++)
      assert_int_equal(
          state->a[block->first + i],
          rp_stair_apply(&block->stair[i], s->z[block->first + i]));
  }
}

static int64_t wander(rp_rng *rng, scene *s, int32_t moves) {
  int64_t reached = 0;
  for (int32_t move = 0; move < moves; move++) {
    const int32_t p = (int32_t)rp_rng_below(rng, (uint32_t)s->net->n_in);
    const uint8_t before = s->x[p];
    s->x[p] = (uint8_t)between(rng, 0, s->net->in_hi);
    graph_try(&s->state, p, s->x[p]);
    reached += graph_count_reached(&s->state);
    if (move % 7 == 0) is_up_to_date(s);
    if (rp_rng_below(rng, 3) == 0) {
      graph_accept(&s->state);
    } else {
      graph_undo(&s->state);
      s->x[p] = before;
    }
    if (move % 5 == 0) is_up_to_date(s);
  }
  is_up_to_date(s);
  return reached;
}

static void moves_equal_the_forward_pass(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_graph");
  int64_t reached = 0, all = 0;
  for (int round = 0; round < 120; round++) {
    scene s;
    scene_init(&rng, &s);
    reached += wander(&rng, &s, 60);
    all += 60 * (int64_t)s.net->n_acc;
    scene_fini(&s);
  }
  printf("%lld of %lld accumulators reached\n", (long long)reached,
         (long long)all);
  assert_true(reached > all / 50 && reached < all);
}

/* Without rounding between: what the outputs say of two accumulators. */
static void margins_agree_with_the_condition(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_margin");
  int64_t won = 0, lost = 0;
  for (int round = 0; round < 400; round++) {
    scene s;
    scene_init(&rng, &s);
    const int32_t y = (int32_t)rp_rng_below(&rng, (uint32_t)s.net->n_out);
    const int32_t j =
        (y + 1 + (int32_t)rp_rng_below(&rng, (uint32_t)s.net->n_out - 1)) %
        s.net->n_out;
    const rival_aim aim = rival_aim_at(s.net, y, j);
    int32_t *last = s.z + s.net->n_acc - s.net->n_out;
    for (int32_t n = 0; n < 100; n++) {
      for (int32_t i = 0; i < s.net->n_out; i++) {
        const rp_stair *stair = &aim.output->stair[i];
        const int32_t v = (int32_t)between(&rng, stair->lo + 1, stair->hi);
        const int64_t z = rp_stair_threshold(stair, v) + between(&rng, -2, 1);
        last[i] = (int32_t)(z > RP_ACC_LIMIT    ? RP_ACC_LIMIT
                            : z < -RP_ACC_LIMIT ? -RP_ACC_LIMIT
                                                : z);
      }
      const bool wins = rival_has_won(&aim, s.z);
      assert_int_equal(wins, rp_stair_apply(aim.j, last[j]) >=
                                 rp_stair_apply(aim.y, last[y]) + (j > y));
      const double margin = rival_measure_margin(&aim, s.z);
      if (wins) assert_true(margin >= 0);
      (wins ? won++ : lost++);
      last[j] += 3;
      assert_true(rival_measure_margin(&aim, s.z) >= margin);
      last[j] -= 3;
      last[y] -= 3;
      assert_true(rival_measure_margin(&aim, s.z) >= margin);
    }
    scene_fini(&s);
  }
  assert_true(won > 5000 && lost > 5000);
}

/* Does the move keep to the lines of the staircases that count? */
static bool follows_lines(const rp_attack *attack) {
  const graph_state *state = &attack->graph;
  for (int32_t k = 0; k + 1 < attack->net->n_blocks; k++) {
    const rp_block *block = &attack->net->block[k];
    for (int32_t r = 0; r < state->n_reached[k]; r++) {
      const int32_t i = state->reached[block->first + r];
      const int32_t at = block->first + i;
      const rp_stair *stair = &block->stair[i];
      const int32_t a = state->a[at], before = state->kept_a[at];
      const bool inside = a > stair->lo && a < stair->hi &&
                          before > stair->lo && before < stair->hi;
      if (!(inside && attack->above[at] != 0) &&
          !(attack->above[at] == 0 && a == before))
        return false;
    }
  }
  return true;
}

/* What a move changes at the outputs, and what it hides inside steps, is what
 * the gradient says, as long as every staircase follows its line. */
static bool is_hidden_rest_of_gradient(rp_attack *attack,
                                       const climb_goal *goal, int32_t pixel,
                                       int32_t value) {
  graph_state *state = &attack->graph;
  const int32_t y = attack->net->n_acc - attack->net->n_out + goal->label;
  const int32_t j = y - goal->label + goal->rival;
  const int32_t change = value - state->x[pixel];
  graph_try(state, pixel, value);
  const bool follows = follows_lines(attack);
  const double by_y = (double)attack->above[y], by_j = (double)attack->above[j];
  const double shown = by_y * (state->z[y] - state->kept_z[y]) +
                       by_j * (state->z[j] - state->kept_z[j]);
  const double both = by_y != 0 && by_j != 0 ? 0.5 : 1;
  const rp_block *last = &attack->net->block[attack->net->n_blocks - 1];
  const rp_stair *stair = &last->stair[by_j != 0 ? goal->rival : goal->label];
  const double hidden = graph_measure_hidden(attack, goal) /
                        (both * (double)rp_stair_slope(stair));
  const double expected = (double)attack->gradient[pixel] * change;
  if (follows)
    assert_true(fabs(shown + hidden - expected) <=
                1e-3 * (fabs(shown) + fabs(hidden) + 1));
  graph_undo(state);
  return follows && hidden != 0;
}

static void hidden_changes_are_the_rest_of_the_gradient(void **state) {
  (void)state;
  random_graph_plan even = plan;
  even.even = true;
  even.pools = false;
  even.most_blocks = 3;
  rp_rng rng = rng_of_test("attack_hidden");
  int64_t count = 0;
  for (int round = 0; round < 300; round++) {
    rp_net *net = random_graph(&rng, &even);
    if (!net) continue;
    rp_attack_tables *tables;
    rp_attack *attack;
    assert_int_equal(rp_attack_tables_create(net, &tables), RP_OK);
    assert_int_equal(rp_attack_create(tables, &attack), RP_OK);
    for (int32_t p = 0; p < net->n_in; p++)
      attack->x[p] = (uint8_t)between(&rng, 0, net->in_hi);
    graph_move_to(&attack->graph, attack->x, attack->work);
    const rp_attack_target target = {.x = attack->x};
    climb_goal goal = climb_goal_of(&target, 0);
    goal.label = 1 % net->n_out;
    if (goal.label != 0 && attack->n_layers == 0) {
      climb_find_gradient(attack, attack->graph.z, &goal);
      for (int32_t n = 0; n < 100; n++)
        count += is_hidden_rest_of_gradient(
            attack, &goal, (int32_t)rp_rng_below(&rng, (uint32_t)net->n_in),
            (int32_t)between(&rng, 0, net->in_hi));
    }
    rp_attack_free(attack);
    rp_attack_tables_free(tables);
    rp_net_free(net);
  }
  printf("%lld moves\n", (long long)count);
  assert_true(count > 500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moves_equal_the_forward_pass),
      cmocka_unit_test(margins_agree_with_the_condition),
      cmocka_unit_test(hidden_changes_are_the_rest_of_the_gradient),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
