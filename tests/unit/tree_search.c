/* How a search ends: which outcome stands when several are reported at once,
 * and that no node can disappear unnoticed. */
#include "tree_scene.h"

static void outcomes_are_totally_ordered(void **state) {
  (void)state;
  static const rp_search_outcome weakest_first[] = {
      RP_SEARCH_PAUSED, RP_SEARCH_NODES,       RP_SEARCH_MEMORY,
      RP_SEARCH_TIME,   RP_SEARCH_INTERRUPTED, RP_SEARCH_EXHAUSTED,
      RP_SEARCH_ERROR,  RP_SEARCH_FOUND};
  const size_t n = sizeof weakest_first / sizeof *weakest_first;
  for (size_t a = 0; a < n; a++)
    for (size_t b = 0; b < n; b++)
      assert_int_equal(rp_search_stronger(weakest_first[a], weakest_first[b]),
                       weakest_first[a > b ? a : b]);
}

/* As another thread would that has used up the round's nodes. */
static void end_by_pause(rp_search *search) {
  search_end(search, RP_SEARCH_PAUSED);
}
static void end_by_time(rp_search *search) {
  search_end(search, RP_SEARCH_TIME);
}
static void end_by_nodes(rp_search *search) {
  search_end(search, RP_SEARCH_NODES);
}

/* The interleaving that once made a violated query robust: the round is ended
 * after a thread has found a witness and before it reports it. */
static void a_witness_outlives_the_end_of_its_round(void **state) {
  (void)state;
  static void (*const enders[])(rp_search *) = {end_by_pause, end_by_time,
                                                end_by_nodes};
  rp_rng rng = rng_of_test(__func__);
  int32_t found = 0;
  for (int32_t i = 0; i < 300; i++) {
    scene s;
    scene_init(&rng, &s);
    s.task.found = enders[i % 3];
    uint8_t witness[TINY_INPUTS];
    const rp_search_outcome outcome =
        rp_search_run(s.search, INT64_MAX, witness);
    const bool violated = s.distance <= s.radius;
    assert_int_equal(outcome, violated ? RP_SEARCH_FOUND : RP_SEARCH_EXHAUSTED);
    if (violated) assert_is_counterexample(&s, witness);
    found += violated;
    scene_fini(&s);
  }
  assert_in_range(found, 50, 250);
}

static void forget_an_open_node(rp_search *search) {
  node_free(heap_pop(&search->open));
}

static void forget_to_count(rp_search *search) {
  search->own->census.left[LEFT_CLOSED]--;
}

static void count_twice(rp_search *search) {
  search->census.left[LEFT_GIVEN]++;
}

/* Whatever loses a node, the search does not claim that it is exhausted. */
static void a_lost_node_is_no_proof(void **state) {
  (void)state;
  static void (*const losers[])(rp_search *) = {forget_an_open_node,
                                                forget_to_count, count_twice};
  rp_rng rng = rng_of_test(__func__);
  int32_t tried = 0;
  for (int32_t i = 0; tried < 60; i++) {
    scene s;
    scene_init(&rng, &s);
    const bool is_open = rp_search_count_open(s.search) > 0;
    if (s.distance > s.radius && (is_open || i % 3 != 0)) {
      uint8_t witness[TINY_INPUTS];
      losers[i % 3](s.search);
      assert_int_equal(rp_search_state(s.search), RP_SEARCH_ERROR);
      assert_int_equal(rp_search_run(s.search, INT64_MAX, witness),
                       RP_SEARCH_ERROR);
      tried++;
    }
    scene_fini(&s);
  }
}

/* A tree without open nodes proves its claim, whatever limit was met with its
 * last node. */
static void limits_met_by_the_last_node_do_not_matter(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t exhausted = 0;
  for (int32_t i = 0; i < 100; i++) {
    scene s;
    scene_init(&rng, &s);
    uint8_t witness[TINY_INPUTS];
    rp_search_outcome outcome = RP_SEARCH_PAUSED;
    for (s.options.node_limit = 1; s.distance > s.radius;) {
      outcome = rp_search_run(s.search, INT64_MAX, witness);
      if (outcome == RP_SEARCH_EXHAUSTED) break;
      assert_int_equal(outcome, RP_SEARCH_NODES);
      assert_true(rp_search_count_open(s.search) > 0);
      s.options.node_limit++;
    }
    exhausted += outcome == RP_SEARCH_EXHAUSTED;
    scene_fini(&s);
  }
  assert_true(exhausted > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(outcomes_are_totally_ordered),
      cmocka_unit_test(a_witness_outlives_the_end_of_its_round),
      cmocka_unit_test(a_lost_node_is_no_proof),
      cmocka_unit_test(limits_met_by_the_last_node_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
