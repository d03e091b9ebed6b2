/* What the tests of the tree share: a search over all parts of a query on a
 * network so small that enumeration knows the answer. */
#ifndef RAMPART_TESTS_TREE_SCENE_H
#define RAMPART_TESTS_TREE_SCENE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_net.h"
#include "tree/tree_internal.h"

static const tiny_plan scene_plan = {2, 3, 8, 4096, 127};

/* A search over all parts of one query. */
typedef struct scene {
  rp_net *net;
  enumeration all;
  const uint8_t *x;
  int32_t label, distance, radius;
  rp_region *root;
  rp_options options;
  rp_deadline deadline;
  rp_attack_target target;
  rp_attack_tables *tables;
  rp_search_task task;
  rp_search *search;
} scene;

static inline void add_all_parts(scene *s) {
  for (int32_t rival = 0; rival < s->net->n_out; rival++) {
    rp_part parts[RP_MAX_PARTS];
    if (rival == s->label) continue;
    const int32_t n = rp_property_parts(s->net, s->label, rival, parts);
    for (int32_t i = 0; i < n; i++) {
      bool by_interval;
      assert_int_equal(rp_search_add(s->search, &parts[i], &by_interval),
                       RP_OK);
    }
  }
}

static inline void choose_query(rp_rng *rng, scene *s) {
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  s->x = input_of(&s->all, k);
  s->label = s->all.prediction[k];
  (void)nearest_change(&s->all, s->x, s->label, &s->distance);
  s->radius = (int32_t)between(rng, 1, s->net->in_hi);
}

static inline void scene_init(rp_rng *rng, scene *s) {
  memset(s, 0, sizeof *s);
  s->net = tiny_net(rng, &scene_plan);
  assert_non_null(s->net);
  enumerate(s->net, &s->all);
  choose_query(rng, s);
  rp_options_default(&s->options);
  s->options.threads = 1;
  s->options.dual_steps = s->options.box_points = 0;
  assert_int_equal(rp_region_create(s->net, &s->root), RP_OK);
  rp_region_ball(s->net, s->x, s->radius, s->root);
  s->deadline = rp_deadline_after(HUGE_VAL, NULL);
  s->target = (rp_attack_target){.x = s->x,
                                 .box_lo = s->root->x_lo,
                                 .box_hi = s->root->x_hi,
                                 .label = s->label,
                                 .deadline = &s->deadline};
  assert_int_equal(rp_attack_tables_create(s->net, &s->tables), RP_OK);
  s->task = (rp_search_task){.net = s->net,
                             .attack_tables = s->tables,
                             .options = &s->options,
                             .target = &s->target,
                             .root = s->root};
  assert_int_equal(rp_search_create(&s->task, &s->search), RP_OK);
  add_all_parts(s);
}

static inline void scene_fini(scene *s) {
  rp_search_free(s->search);
  rp_attack_tables_free(s->tables);
  rp_region_free(s->root);
  enumeration_fini(&s->all);
  rp_net_free(s->net);
}

/** The points of a node's region. */
typedef struct survey {
  double most; /* by which one exceeds the part's threshold; -HUGE_VAL: there
                  are none */
  int32_t won; /* points where the part's rival beats the label */
} survey;

static inline survey survey_points(const scene *s, const rp_region *region,
                                   const rp_part *part) {
  const rp_objective *const o = &part->objective;
  const int32_t first = s->net->block[o->block].first;
  int32_t *const z = calloc((size_t)s->net->n_acc, sizeof *z);
  int32_t *const work = calloc(rp_net_forward_work(s->net), sizeof *work);
  int32_t out[8];
  survey found = {.most = -HUGE_VAL};
  for (int32_t k = 0; k < s->all.n; k++) {
    rp_net_forward(s->net, input_of(&s->all, k), z, out, work);
    if (!rp_region_holds(s->net, region, input_of(&s->all, k), z)) continue;
    int64_t sum = -o->threshold;
    for (int32_t r = 0; r < o->n_rows; r++)
      sum += (int64_t)o->coef[r] * z[first + o->row[r]];
    found.most = fmax(found.most, (double)sum);
    found.won += out[part->rival] >= out[s->label] + (part->rival > s->label);
  }
  free(z);
  free(work);
  return found;
}

static inline void assert_is_counterexample(const scene *s, const uint8_t *x) {
  int32_t prediction;
  assert_int_equal(rp_reference_predict(s->net, x, &prediction), RP_OK);
  assert_int_not_equal(prediction, s->label);
  assert_in_range(distance_of(s->x, x, s->net->n_in), 1, s->radius);
}

#endif
