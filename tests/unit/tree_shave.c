/* Shaving: no input that is wanted is dropped, and steps are that descents of
 * the whole node leave. Nodes are shaved where the way down to them
 * promises many more levels. */
#include "tree_scene.h"

enum { EVALUATIONS = 100 };

/* Bound a node until nothing moves any more. */
static fate bound_to_the_end(worker *w, node *n) {
  fate f = NODE_OPEN;
  for (int32_t round = 0; f == NODE_OPEN && round < 10; round++)
    f = node_bound(w, n, EVALUATIONS);
  return f;
}

typedef struct tally {
  int32_t closed, shrunk;
} tally;

static void shave_one(const scene *s, node *n, tally *all) {
  worker *const w = s->search->own;
  const rp_part *const part = &s->search->part[n->part];
  const int32_t won = survey_points(s, n->region, part).won;
  if (bound_to_the_end(w, n) != NODE_OPEN) {
    assert_int_equal(won, 0);
    return;
  }
  int32_t shrunk;
  const fate f = node_shave(w, n, &shrunk);
  assert_true(f == NODE_OPEN || f == NODE_CLOSED);
  assert_true(shrunk >= 0 || f == NODE_CLOSED);
  all->closed += f == NODE_CLOSED;
  all->shrunk += f == NODE_OPEN && shrunk > 0;
  if (f == NODE_OPEN)
    assert_int_equal(survey_points(s, n->region, part).won, won);
  else
    assert_int_equal(won, 0);
}

static void shaving_drops_steps_and_no_input_that_is_wanted(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally all = {0};
  for (int32_t round = 0; round < 500; round++) {
    scene s;
    scene_init(&rng, &s);
    for (int64_t i = 0; i < s.search->open.count; i++)
      shave_one(&s, s.search->open.item[i], &all);
    scene_fini(&s);
  }
  assert_true(all.closed > 2 && all.shrunk > 100);
}

/* A node so many levels below one whose gap was 100. */
static bool is_due_below(const scene *s, int32_t levels, double gap) {
  node n = {.noted_gap = 100, .noted_depth = 3, .gap = gap};
  n.depth = 3 + levels;
  return is_shaving_due(s->search->own, &n);
}

static void shaving_is_for_nodes_with_many_levels_to_come(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  bool deep = false, flat = false;
  for (int32_t round = 0; round < 20; round++) {
    scene s;
    scene_init(&rng, &s);
    const bool is_deep = s.net->n_blocks > 2;
    s.search->own->stats.nodes = 999;
    assert_false(is_due_below(&s, 4, 90));
    s.task.nodes_before = 1; /* they count as well */
    assert_int_equal(is_due_below(&s, 4, 90), is_deep);
    assert_false(is_due_below(&s, 3, 90));               /* too soon */
    assert_int_equal(is_due_below(&s, 4, 100), is_deep); /* nothing gained */
    assert_int_equal(is_due_below(&s, 4, 56), is_deep);  /* 5.1 levels left */
    assert_false(is_due_below(&s, 4, 55));               /* 4.9 */
    s.search->own->shaved = 12;
    assert_int_equal(is_due_below(&s, 4, 90), is_deep);
    s.search->own->shaved = 13; /* and none of them was closed */
    for (int32_t turn = 1; turn < 8; turn++)
      assert_false(is_due_below(&s, 4, 90));
    assert_int_equal(is_due_below(&s, 4, 90), is_deep); /* one of eight */
    assert_false(is_due_below(&s, 4, 90));
    s.search->own->shaved_closed = 1;
    assert_int_equal(is_due_below(&s, 4, 90), is_deep);
    deep |= is_deep;
    flat |= !is_deep;
    scene_fini(&s);
  }
  assert_true(deep && flat);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shaving_drops_steps_and_no_input_that_is_wanted),
      cmocka_unit_test(shaving_is_for_nodes_with_many_levels_to_come),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
