/* Every attack on tiny networks: what it returns is a counterexample inside
 * the box, and where enumeration knows one, annealing finds one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attack/chain.h"
#include "core/memory.h"
#include "operator_graph.h"

static const tiny_plan plan = {1, 4, 6, 4096, 15};

typedef struct scene {
  rp_net *net;
  rp_attack_tables *tables;
  rp_attack *attack;
  enumeration all;
  rp_deadline deadline;
  rp_attack_target target;
  uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS];
  int32_t radius;
  int32_t nearest; /* distance of the nearest change, INT32_MAX: none */
} scene;

static void scene_init(rp_rng *rng, bool is_graph, scene *s) {
  s->net = is_graph ? operator_graph(rng, &plan) : tiny_net(rng, &plan);
  assert_non_null(s->net);
  enumerate(s->net, &s->all);
  assert_int_equal(rp_attack_tables_create(s->net, &s->tables), RP_OK);
  assert_int_equal(rp_attack_create(s->tables, &s->attack), RP_OK);
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  const uint8_t *x = input_of(&s->all, k);
  s->radius = (int32_t)between(rng, 1, s->net->in_hi);
  for (int32_t p = 0; p < s->net->n_in; p++) {
    const int32_t lo = x[p] - s->radius, hi = x[p] + s->radius;
    s->lo[p] = (uint8_t)(lo > 0 ? lo : 0);
    s->hi[p] = (uint8_t)(hi < s->net->in_hi ? hi : s->net->in_hi);
  }
  s->deadline = rp_deadline_after(HUGE_VAL, NULL);
  s->target = (rp_attack_target){.x = x,
                                 .box_lo = s->lo,
                                 .box_hi = s->hi,
                                 .label = s->all.prediction[k],
                                 .seed = rp_rng_u64(rng),
                                 .deadline = &s->deadline};
  nearest_change(&s->all, x, s->target.label, &s->nearest);
}

static void scene_fini(scene *s) {
  rp_attack_free(s->attack);
  rp_attack_tables_free(s->tables);
  enumeration_fini(&s->all);
  rp_net_free(s->net);
}

static int32_t predicted(const scene *s, const uint8_t *x) {
  int32_t prediction;
  assert_int_equal(rp_reference_predict(s->net, x, &prediction), RP_OK);
  return prediction;
}

static bool can_win(const scene *s, int32_t rival) {
  for (int32_t k = 0; k < s->all.n; k++)
    if (s->all.prediction[k] == rival &&
        distance_of(s->target.x, input_of(&s->all, k), s->net->n_in) <=
            s->radius)
      return true;
  return false;
}

static void is_a_counterexample(const scene *s, const uint8_t *x) {
  for (int32_t p = 0; p < s->net->n_in; p++)
    assert_in_range(x[p], s->lo[p], s->hi[p]);
  assert_int_not_equal(predicted(s, x), s->target.label);
}

/* Untouched unless there is a hit, which must be right. */
static void check_hit(const scene *s, bool hit, const uint8_t *x) {
  static const uint8_t untouched[TINY_INPUTS] = {250, 250, 250, 250, 250};
  if (hit)
    is_a_counterexample(s, x);
  else
    assert_memory_equal(x, untouched, (size_t)s->net->n_in);
}

static void shrinks_well(scene *s, uint8_t *x) {
  const int32_t before = distance_of(s->target.x, x, s->net->n_in);
  const int32_t after = rp_attack_shrink(s->attack, &s->target, x);
  is_a_counterexample(s, x);
  assert_int_equal(after, distance_of(s->target.x, x, s->net->n_in));
  assert_true(after <= before);
  assert_true(after >= s->nearest);
}

/* Moves to find nearly everything: those of graphs are parts of passes. */
static int64_t enough_moves(const rp_net *net) {
  return rp_net_is_dense_chain(net) ? 3000 : 12000;
}

static void attack_every_way(scene *s, int64_t *found, int64_t *missed) {
  rp_stats stats = {0};
  for (int32_t way = 0; way < 4; way++) {
    uint8_t x[TINY_INPUTS] = {250, 250, 250, 250, 250};
    const bool hit =
        way == 0 ? rp_attack_gradient(s->attack, &s->target, RP_ATTACK_QUICK, x,
                                      &stats)
        : way == 3 ? rp_attack_gradient(s->attack, &s->target,
                                        RP_ATTACK_PATIENT, x, &stats)
        : way == 1 ? rp_attack_anneal(s->attack, &s->target, NULL,
                                      enough_moves(s->net), x, &stats)
                   : rp_attack_anneal(s->attack, &s->target,
                                      (bool[5]){true, true}, 100, x, &stats);
    check_hit(s, hit, x);
    if (way == 1) *(hit ? found : missed) += s->nearest <= s->radius;
    if (hit) shrinks_well(s, x);
  }
}

static void attack_each_rival(scene *s, rp_rng *rng, int64_t *found,
                              int64_t *missed) {
  rp_stats stats = {0};
  for (int32_t j = 0; j < s->net->n_out; j++) {
    if (j == s->target.label) continue;
    uint8_t x[TINY_INPUTS] = {250, 250, 250, 250, 250}, start[TINY_INPUTS];
    for (int32_t p = 0; p < s->net->n_in; p++)
      start[p] = (uint8_t)between(rng, s->lo[p], s->hi[p]);
    bool only[TINY_INPUTS + 8] = {false};
    only[j] = true;
    const bool hit = rp_attack_anneal(s->attack, &s->target, only,
                                      enough_moves(s->net), x, &stats);
    check_hit(s, hit, x);
    if (can_win(s, j)) *(hit ? found : missed) += 1;
    memset(x, 250, sizeof x);
    check_hit(s, rp_attack_walk(s->attack, &s->target, j, start, x, &stats), x);
  }
  if (rp_net_is_dense_chain(s->net))
    assert_true(stats.attack_moves <= 3000 * (s->net->n_out - 1));
}

static void find_what_enumeration_knows(const char *name, bool is_graph,
                                        int rounds) {
  rp_rng rng = rng_of_test(name);
  int64_t found = 0, missed = 0, wins = 0, lost = 0;
  for (int round = 0; round < rounds; round++) {
    scene s;
    scene_init(&rng, is_graph, &s);
    attack_every_way(&s, &found, &missed);
    attack_each_rival(&s, &rng, &wins, &lost);
    scene_fini(&s);
  }
  printf("any rival: found %lld, missed %lld; each rival: found %lld, missed "
         "%lld\n",
         (long long)found, (long long)missed, (long long)wins, (long long)lost);
  assert_true(found >= 50 && wins >= 50);
  assert_true((is_graph ? 12 : 20) * missed <= found && 8 * lost <= wins);
}

/* Where moves are dear: ascents alone, in walks and in shrinking too. */
static void gradients_alone_find_much(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_gradients");
  int64_t found = 0, missed = 0, wins = 0, lost = 0;
  for (int round = 0; round < 200; round++) {
    scene s;
    scene_init(&rng, true, &s);
    s.attack->moves_pay = false;
    attack_every_way(&s, &found, &missed);
    attack_each_rival(&s, &rng, &wins, &lost);
    scene_fini(&s);
  }
  printf("any rival: found %lld, missed %lld; each rival: found %lld, missed "
         "%lld\n",
         (long long)found, (long long)missed, (long long)wins, (long long)lost);
  assert_true(found >= 15 && wins >= 15);
  assert_true(3 * missed <= found && 2 * lost <= wins);
}

/* A counterexample with inputs moved away, until it is none any more; false if
 * they did not get there. */
static bool spoil(const scene *s, rp_rng *rng, uint8_t *x) {
  for (int turn = 0; turn < 8; turn++) {
    const int32_t p = (int32_t)rp_rng_below(rng, (uint32_t)s->net->n_in);
    x[p] = (uint8_t)between(rng, s->lo[p], s->hi[p]);
    if (predicted(s, x) == s->target.label) return true;
  }
  return false;
}

static void walks_find_planted_counterexamples(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_planted");
  int32_t planted = 0, found = 0;
  for (int round = 0; round < 600; round++) {
    scene s;
    int32_t distance;
    scene_init(&rng, true, &s);
    const int32_t k =
        nearest_change(&s.all, s.target.x, s.target.label, &distance);
    uint8_t start[TINY_INPUTS], x[TINY_INPUTS] = {250, 250, 250, 250, 250};
    if (distance <= s.radius) {
      rp_stats stats = {0};
      memcpy(start, input_of(&s.all, k), sizeof start);
      if (spoil(&s, &rng, start)) {
        const bool hit = rp_attack_walk(s.attack, &s.target,
                                        s.all.prediction[k], start, x, &stats);
        check_hit(&s, hit, x);
        assert_int_equal(stats.attack_hits, hit);
        planted++;
        found += hit;
      }
    }
    scene_fini(&s);
  }
  printf("%d of %d found again\n", found, planted);
  assert_true(planted >= 30 && 10 * found >= 8 * planted);
}

static void finds_what_enumeration_knows(void **state) {
  (void)state;
  find_what_enumeration_knows("attack_search", false, 250);
}

static void finds_what_enumeration_knows_on_graphs(void **state) {
  (void)state;
  find_what_enumeration_knows("attack_search_graphs", true, 500);
}

static void same_seed_same_walk(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_repeat");
  for (int round = 0; round < 60; round++) {
    scene s;
    scene_init(&rng, round % 2, &s);
    uint8_t x[2][TINY_INPUTS] = {{0}};
    rp_stats stats[2] = {{0}, {0}};
    bool hit[2];
    for (int turn = 0; turn < 2; turn++)
      hit[turn] = rp_attack_anneal(s.attack, &s.target, NULL, 500, x[turn],
                                   &stats[turn]);
    assert_int_equal(hit[0], hit[1]);
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    assert_int_equal(stats[0].attack_moves, stats[1].attack_moves);
    scene_fini(&s);
  }
}

/* A box of one point, and a deadline that is over. */
static void ends_at_once_where_it_must(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("attack_ends");
  for (int round = 0; round < 60; round++) {
    scene s;
    scene_init(&rng, round % 2, &s);
    rp_stats stats = {0};
    uint8_t x[TINY_INPUTS] = {250, 250, 250, 250, 250};
    rp_attack_target point = s.target;
    point.box_lo = point.box_hi = point.x;
    for (int32_t j = 0; j < s.net->n_out; j++)
      if (j != point.label) {
        assert_false(rp_attack_walk(s.attack, &point, j, point.x, x, &stats));
      }
    assert_false(
        rp_attack_anneal(s.attack, &point, NULL, INT64_MAX / 8, x, &stats));
    assert_false(rp_attack_gradient(
        s.attack, &point, round % 3 ? RP_ATTACK_QUICK : RP_ATTACK_PATIENT, x,
        &stats));
    const rp_deadline over = rp_deadline_after(-1, NULL);
    rp_attack_target late = s.target;
    late.deadline = &over;
    assert_false(
        rp_attack_anneal(s.attack, &late, NULL, INT64_MAX / 8, x, &stats));
    check_hit(&s, false, x);
    scene_fini(&s);
  }
}

/* Found at random: there the sums of one move and those of the way back were
 * both taken for a rise, and the walk went to and fro until its deadline. */
static void a_walk_does_not_go_in_circles(void **state) {
  (void)state;
  static const int32_t first[] = {24601,  -18978, -31704, -21806, -31958, 18625,
                                  -19119, 0,      21342,  -30069, 0,      21919,
                                  -11949, 0,      22281,  5347,   495,    577,
                                  -12929, -2341,  4295,   15337,  0,      0};
  static const int64_t first_bias[] = {-16573, -14079, 4452,
                                       23424,  10027,  22001};
  static const int32_t second[] = {-32767, 32767, 32767, 32767, -32767, 32767};
  static const int64_t second_bias[] = {27240}, last_bias[] = {0, -1, 0, -1};
  static const int32_t last[] = {0, 0, -1, -1};
  const rp_dense_spec layer[] = {
      {4, 6, first, first_bias, {.lo = 0, .hi = 3, .shift = 15}},
      {6, 1, second, second_bias, {.lo = -8, .hi = 7, .shift = 17}},
      {1, 4, last, last_bias, {.lo = -8, .hi = 7, .shift = 0}}};
  static const uint8_t lo[4] = {0}, hi[4] = {2, 2, 2, 2}, start[4] = {2, 0, 2};
  const rp_deadline deadline = rp_deadline_after(20, NULL);
  const rp_attack_target target = {.x = start,
                                   .box_lo = lo,
                                   .box_hi = hi,
                                   .label = 2,
                                   .deadline = &deadline};
  rp_net *net;
  rp_attack_tables *tables;
  rp_attack *attack;
  rp_stats stats = {0};
  uint8_t witness[4];
  assert_int_equal(rp_net_create("circle", (int32_t[]){4}, 1, 2, &net, NULL),
                   RP_OK);
  for (int k = 0; k < 3; k++)
    assert_int_equal(rp_net_add_dense(net, &layer[k], NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  assert_int_equal(rp_attack_tables_create(net, &tables), RP_OK);
  assert_int_equal(rp_attack_create(tables, &attack), RP_OK);
  (void)rp_attack_walk(attack, &target, 3, start, witness, &stats);
  assert_false(rp_deadline_has_passed(&deadline));
  rp_attack_free(attack);
  rp_attack_tables_free(tables);
  rp_net_free(net);
}

static void failed_allocations_are_reported(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 1);
  rp_net *net = tiny_net(&rng, &plan);
  for (uint64_t n = 1; n <= 2; n++) {
    rp_attack *attack;
    rp_attack_tables *none, *tables;
    rp_alloc_fail_after(n);
    assert_int_equal(rp_attack_tables_create(net, &none), RP_E_MEMORY);
    rp_alloc_fail_after(0);
    assert_null(none);
    assert_int_equal(rp_attack_tables_create(net, &tables), RP_OK);
    rp_alloc_fail_after(n);
    assert_int_equal(rp_attack_create(tables, &attack), RP_E_MEMORY);
    rp_alloc_fail_after(0);
    assert_null(attack);
    rp_attack_tables_free(tables);
  }
  rp_attack_free(NULL);
  rp_attack_tables_free(NULL);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_what_enumeration_knows),
      cmocka_unit_test(finds_what_enumeration_knows_on_graphs),
      cmocka_unit_test(gradients_alone_find_much),
      cmocka_unit_test(walks_find_planted_counterexamples),
      cmocka_unit_test(same_seed_same_walk),
      cmocka_unit_test(ends_at_once_where_it_must),
      cmocka_unit_test(a_walk_does_not_go_in_circles),
      cmocka_unit_test(failed_allocations_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
