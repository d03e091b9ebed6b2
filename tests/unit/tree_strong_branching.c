/* Looking ahead: no split is said to gain more than the points of its children
 * allow, an empty child gains the whole gap, and the node itself stays as it
 * was. Pseudo-costs hear of every child that was bounded. */
#include "tree_scene.h"

/* How much a child's gap may fall: to what its points exceed the threshold
 * by. */
static double find_most_gain(const scene *s, const node *child,
                             const rp_part *part, double gap) {
  return gap - fmax(survey_points(s, child->region, part).most, 0);
}

static branch random_split(rp_rng *rng, const scene *s, const node *n) {
  branch split = {.kind = BRANCH_STEP, .score = 1};
  split.at = (int32_t)rp_rng_below(rng, (uint32_t)s->net->n_acc);
  while (split.block + 1 < s->net->n_blocks &&
         s->net->block[split.block + 1].first <= split.at)
    split.block++;
  split.value = (int32_t)between(rng, n->region->z_lo[split.at],
                                 (int64_t)n->region->z_hi[split.at] + 1);
  return split;
}

static void assert_gain(const scene *s, const node *n, const branch *split,
                        bool high, double gain) {
  node parent = *n;
  parent.split = *split;
  node *const child = node_child(s->net, &parent, high);
  assert_non_null(child);
  const double most =
      find_most_gain(s, child, &s->search->part[n->part], n->gap);
  const int32_t at = split->at;
  if (child->region->z_lo[at] > child->region->z_hi[at])
    assert_true(gain == n->gap);
  assert_true(gain <= n->gap);
  assert_true(gain <= most + 1e-6 * (1 + fabs(n->gap)));
  node_free(child);
}

static void gains_are_what_points_allow(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t whole = 0, some = 0;
  for (int32_t round = 0; round < 150; round++) {
    scene s;
    scene_init(&rng, &s);
    worker *const w = s.search->own;
    if (s.search->open.count > 0) {
      const node *const n = s.search->open.item[0];
      const branch split = random_split(&rng, &s, n);
      for (int32_t high = 0; high < 2; high++) {
        const double gain = branch_measure_gain(w, n, &split, high);
        assert_gain(&s, n, &split, high, gain);
        whole += gain == n->gap;
        some += gain > 0 && gain < n->gap;
      }
    }
    scene_fini(&s);
  }
  assert_true(whole > 10 && some > 10);
}

static void the_node_stays_and_pseudo_costs_learn(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t learned = 0;
  for (int32_t round = 0; round < 60; round++) {
    scene s;
    scene_init(&rng, &s);
    worker *const w = s.search->own;
    if (s.search->open.count > 0) {
      const node *const n = s.search->open.item[0];
      const size_t bytes = (size_t)s.net->n_acc * sizeof(double);
      double *const lambda = malloc(bytes);
      memcpy(lambda, n->lambda, bytes);
      const branch before = n->split;
      const double gap = n->gap;
      const branch split = random_split(&rng, &s, n);
      const int64_t count = w->pseudo.all_count;
      (void)branch_measure_gain(w, n, &split, false);
      (void)branch_measure_gain(w, n, &split, true);
      assert_memory_equal(lambda, n->lambda, bytes);
      assert_int_equal(before.kind, n->split.kind);
      assert_true(n->gap == gap);
      assert_in_range(w->pseudo.all_count - count, 0, 2);
      learned += w->pseudo.all_count > count;
      free(lambda);
    }
    scene_fini(&s);
  }
  assert_true(learned > 10);
}

static void only_long_searches_of_deep_networks_look_ahead(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  bool deep = false, flat = false;
  for (int32_t round = 0; round < 20; round++) {
    scene s;
    scene_init(&rng, &s);
    worker *const w = s.search->own;
    w->stats.nodes = 1999;
    assert_false(is_search_long(w));
    w->stats.nodes = 2000;
    assert_int_equal(is_search_long(w), s.net->n_blocks > 2);
    deep |= s.net->n_blocks > 2;
    flat |= s.net->n_blocks <= 2;
    scene_fini(&s);
  }
  assert_true(deep && flat);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gains_are_what_points_allow),
      cmocka_unit_test(the_node_stays_and_pseudo_costs_learn),
      cmocka_unit_test(only_long_searches_of_deep_networks_look_ahead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
