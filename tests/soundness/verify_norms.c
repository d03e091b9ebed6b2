/* Verdicts about balls in L1 and L0 against the enumeration of all inputs: tiny
 * chains, tables, graphs and max pooling at every radius, with bounds made
 * loose on purpose or not, with and without attacks and enumerated boxes, on
 * one, two and four threads, with planted counterexamples, and cut into
 * subproblems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "copied_subproblem.h"
#include "operator_graph.h"
#include "tiny_graph.h"
#include "tiny_tables.h"
#include "verify/verify.h"

enum { NETWORKS = 1000, MOST_SUBPROBLEMS = 2000 };

static const tiny_plan tangled = {2, 3, 8, 4096, 127};
static const tiny_plan deep = {3, 4, 6, 512, 31};
static const tiny_plan graphs = {1, 4, 0, 512, 31};

/* What the tests have met. */
typedef struct tally {
  int64_t verdict[RP_VERDICT_COUNT], evidence[RP_EVIDENCE_COUNT];
  int64_t subproblems, points;
} tally;

typedef struct scene {
  rp_net *net;
  enumeration all;
  const uint8_t *x;
  int32_t label;
  rp_norm norm;
  int64_t distance; /* of the nearest counterexample; INT32_MAX: none */
  bool has_box;     /* that inputs stay in, and the counterexample is in */
  uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS];
} scene;

/* By its definition, apart from the engine's. */
static int64_t measure(const scene *s, const uint8_t *y) {
  int64_t sum = 0, count = 0;
  for (int32_t p = 0; p < s->net->n_in; p++) {
    sum += abs(s->x[p] - y[p]);
    count += s->x[p] != y[p];
  }
  return s->norm == RP_NORM_L0 ? count : sum;
}

static rp_net *make_net(rp_rng *rng, int32_t i) {
  switch (i % 5) {
  case 0:
    return tiny_tables_net(rng, &tangled);
  case 1:
    return operator_graph(rng, &graphs);
  case 2:
    return tiny_graph(rng, &deep);
  case 3:
    return tiny_net(rng, &deep);
  default:
    return tiny_net(rng, &tangled);
  }
}

static bool is_inside(const scene *s, const uint8_t *y) {
  for (int32_t p = 0; s->has_box && p < s->net->n_in; p++)
    if (y[p] < s->lo[p] || y[p] > s->hi[p]) return false;
  return true;
}

static void find_distance(scene *s) {
  s->distance = INT32_MAX;
  for (int32_t i = 0; i < s->all.n; i++)
    if (s->all.prediction[i] != s->label &&
        is_inside(s, input_of(&s->all, i)) &&
        measure(s, input_of(&s->all, i)) < s->distance)
      s->distance = measure(s, input_of(&s->all, i));
}

static void choose_sample(rp_rng *rng, scene *s) {
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  s->x = input_of(&s->all, k);
  s->label = s->all.prediction[k];
  s->norm = rp_rng_below(rng, 2) ? RP_NORM_L0 : RP_NORM_L1;
  find_distance(s);
}

static void scene_fini(scene *s) {
  enumeration_fini(&s->all);
  rp_net_free(s->net);
}

/* Most have a counterexample, and few are decided by their sample's neighbours.
 */
static void scene_init(rp_rng *rng, int32_t i, scene *s) {
  for (int32_t tries = 0;; tries++) {
    s->net = make_net(rng, i);
    assert_non_null(s->net);
    enumerate(s->net, &s->all);
    choose_sample(rng, s);
    if ((s->distance > 1 && s->distance < INT32_MAX) || tries == 8) return;
    scene_fini(s);
  }
}

static rp_verifier *loose_verifier(rp_rng *rng, const scene *s) {
  static const int64_t steps[] = {0, 0, 1, 60};
  static const int64_t moves[] = {0, 0, 1, 500};
  static const int64_t threads[] = {1, 1, 2, 4};
  static const int64_t points[] = {0, 0, 20, 65536};
  rp_options options;
  rp_options_default(&options);
  options.norm = s->norm;
  options.threads = threads[rp_rng_below(rng, 4)];
  options.box_points = points[rp_rng_below(rng, 4)];
  options.seed = between(rng, 0, 1000);
  options.dual_steps = steps[rp_rng_below(rng, 4)];
  options.attack_moves = moves[rp_rng_below(rng, 4)];
  rp_verifier *verifier;
  assert_int_equal(rp_verifier_create(s->net, &options, &verifier, NULL),
                   RP_OK);
  return verifier;
}

static void replays(const scene *s, const uint8_t *witness, int32_t radius,
                    const rp_answer *answer) {
  int32_t prediction;
  assert_int_equal(rp_reference_predict(s->net, witness, &prediction), RP_OK);
  assert_int_not_equal(prediction, s->label);
  assert_int_equal(measure(s, witness), answer->distance);
  assert_true(is_inside(s, witness));
  assert_in_range(answer->distance, s->distance, radius);
}

static void ask(rp_verifier *verifier, const scene *s,
                const rp_question *question, rp_answer *answer, tally *t) {
  uint8_t witness[TINY_INPUTS];
  memset(witness, 255, sizeof witness);
  rp_verify(verifier, question, NULL, witness, answer);
  if (answer->verdict == RP_VIOLATED)
    replays(s, witness, question->radius, answer);
  t->verdict[answer->verdict]++;
  t->evidence[answer->evidence]++;
  t->points += answer->stats.points;
}

static int32_t choose_radius(rp_rng *rng, const scene *s) {
  const int64_t most = rp_norm_most(s->norm, s->net->n_in, s->net->in_hi);
  const int64_t border = s->distance - (int64_t)rp_rng_below(rng, 2);
  if (border >= 1 && border <= most && rp_rng_below(rng, 4))
    return (int32_t)border;
  return (int32_t)between(rng, 1, most);
}

static void is_right(const scene *s, int32_t radius, const rp_answer *answer) {
  const rp_verdict truth = s->distance <= radius ? RP_VIOLATED : RP_ROBUST;
  if (answer->verdict != truth)
    fail_msg("%s within %d: expected %s, found %s", rp_norm_name(s->norm),
             radius, rp_verdict_name(truth), rp_verdict_name(answer->verdict));
}

/* Ask, and compare the verdict with that of enumeration. */
static void decide(rp_verifier *verifier, const scene *s, int32_t radius,
                   bool in_box, tally *t) {
  const rp_question q = {.x = s->x,
                         .label = s->label,
                         .radius = radius,
                         .box_lo = in_box ? s->lo : NULL,
                         .box_hi = in_box ? s->hi : NULL};
  rp_answer answer;
  ask(verifier, s, &q, &answer, t);
  is_right(s, radius, &answer);
}

static void verdicts_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s = {0};
    scene_init(&rng, i, &s);
    rp_verifier *verifier = loose_verifier(&rng, &s);
    for (int32_t k = 0; k < 8; k++)
      decide(verifier, &s, choose_radius(&rng, &s), false, &t);
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  printf("robust %lld, violated %lld; by intervals %lld, dual %lld, tree %lld; "
         "%lld points\n",
         (long long)t.verdict[RP_ROBUST], (long long)t.verdict[RP_VIOLATED],
         (long long)t.evidence[RP_EVIDENCE_INTERVAL],
         (long long)t.evidence[RP_EVIDENCE_DUAL],
         (long long)t.evidence[RP_EVIDENCE_TREE], (long long)t.points);
  for (rp_evidence e = RP_EVIDENCE_INTERVAL; e <= RP_EVIDENCE_TREE; e++)
    assert_true(t.evidence[e] > 100);
  assert_true(t.points > 100);
}

/* A box that leaves some inputs alone and holds others where they are. */
static void draw_box(rp_rng *rng, scene *s) {
  s->has_box = true;
  for (int32_t p = 0; p < s->net->n_in; p++) {
    const bool is_free = rp_rng_below(rng, 3) > 0;
    s->lo[p] = is_free ? 0 : (uint8_t)between(rng, 0, s->x[p]);
    s->hi[p] = (uint8_t)(is_free ? s->net->in_hi
                                 : between(rng, s->x[p], s->net->in_hi));
  }
  find_distance(s);
}

static void balls_in_boxes_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s = {0};
    scene_init(&rng, i, &s);
    rp_verifier *verifier = loose_verifier(&rng, &s);
    for (int32_t k = 0; k < 8; k++) {
      draw_box(&rng, &s);
      decide(verifier, &s, choose_radius(&rng, &s), true, &t);
    }
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  assert_true(t.verdict[RP_ROBUST] > 500 && t.verdict[RP_VIOLATED] > 500);
  assert_true(t.points > 100);
}

/* Two inputs of eight bits: distances in L1 that no single input has. */
static rp_net *make_net_of_bytes(rp_rng *rng) {
  static const int32_t dims[1] = {2};
  rp_net *net;
  rp_stair stair;
  assert_int_equal(rp_net_create("bytes", dims, 1, 255, &net, NULL), RP_OK);
  assert_int_equal(tiny_layer(rng, net, 2, 6, 255, 127, false, &stair), RP_OK);
  assert_int_equal(tiny_layer(rng, net, 6, 3, stair.hi, 31, true, &stair),
                   RP_OK);
  return rp_net_finish(net, NULL) == RP_OK ? net : NULL;
}

/* The corner makes far counterexamples possible. */
static void find_far_scene(rp_rng *rng, scene *s) {
  for (;;) {
    s->net = make_net_of_bytes(rng);
    assert_non_null(s->net);
    enumerate(s->net, &s->all);
    s->norm = RP_NORM_L1;
    s->x = input_of(&s->all, (int32_t)rp_rng_below(rng, 2) * (s->all.n - 1));
    s->label = s->all.prediction[(s->x - s->all.x) / TINY_INPUTS];
    find_distance(s);
    if (s->distance > 255 && s->distance < INT32_MAX) return;
    scene_fini(s);
  }
}

static void radii_in_l1_may_exceed_an_input(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < 12; i++) {
    scene s = {0};
    find_far_scene(&rng, &s);
    rp_verifier *verifier = loose_verifier(&rng, &s);
    for (int32_t k = -1; k < 2; k++)
      decide(verifier, &s, (int32_t)s.distance + k, false, &t);
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
}

/* The engine ends the process if a bound or a branch loses the planted one. */
static void planted_points_survive(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s = {0};
    scene_init(&rng, i, &s);
    rp_verifier *verifier = loose_verifier(&rng, &s);
    for (int32_t tries = 0; tries < 30; tries++) {
      const int32_t k = (int32_t)rp_rng_below(&rng, (uint32_t)s.all.n);
      if (s.all.prediction[k] == s.label) continue;
      const rp_question q = {.x = s.x,
                             .label = s.label,
                             .radius =
                                 (int32_t)measure(&s, input_of(&s.all, k))};
      rp_answer answer;
      rp_verifier_plant(verifier, input_of(&s.all, k));
      ask(verifier, &s, &q, &answer, &t);
      rp_verifier_plant(verifier, NULL);
      assert_int_equal(answer.verdict, RP_VIOLATED);
      break;
    }
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  assert_true(t.verdict[RP_VIOLATED] > 300);
}

/* ---- subproblems ---- */

typedef struct pool {
  subproblem subproblem[MOST_SUBPROBLEMS];
  int32_t count;
  rp_split split;
} pool;

static bool give(void *context, const uint8_t *bytes, size_t size, bool last) {
  pool *p = context;
  if (last) atomic_store(&p->split.wanted, 2);
  if (size == 0 || p->count == MOST_SUBPROBLEMS) return false;
  p->subproblem[p->count++] = copy_subproblem(bytes, size);
  return true;
}

static void is_right_in_subproblems(rp_verifier *verifier, const scene *s,
                                    pool *p, int32_t radius, tally *t) {
  rp_question q = {.x = s->x, .label = s->label, .radius = radius};
  bool robust = true;
  p->count = 0;
  for (int32_t next = 0;; next++) {
    rp_answer answer;
    atomic_store(&p->split.wanted, 2);
    p->split.name++;
    ask(verifier, s, &q, &answer, t);
    assert_int_not_equal(answer.verdict, RP_UNKNOWN);
    robust = robust && answer.verdict == RP_ROBUST;
    if (next == p->count) break;
    q.subproblem = p->subproblem[next].bytes;
    q.subproblem_size = p->subproblem[next].size;
  }
  assert_int_equal(robust, radius < s->distance);
  t->subproblems += p->count;
  for (int32_t i = 0; i < p->count; i++) free(p->subproblem[i].bytes);
}

static void subproblems_together_are_the_query(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  pool *p = calloc(1, sizeof *p);
  assert_non_null(p);
  p->split.give = give;
  p->split.context = p;
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s = {0};
    scene_init(&rng, i, &s);
    rp_verifier *verifier = loose_verifier(&rng, &s);
    rp_verifier_split(verifier, &p->split);
    for (int32_t k = 0; k < 3; k++)
      is_right_in_subproblems(verifier, &s, p, choose_radius(&rng, &s), &t);
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  free(p);
  printf("%lld subproblems\n", (long long)t.subproblems);
  assert_true(t.subproblems > 300);
}

/* A box alone is no ball, families have no boxes, and baselines know no balls.
 */
static void what_is_not_known_is_refused(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s = {0};
  scene_init(&rng, 4, &s);
  rp_options options;
  rp_options_default(&options);
  for (int32_t way = 0; way < 3; way++) {
    options.norm = way == 1 ? RP_NORM_CONTRAST : RP_NORM_L0;
    rp_question q = {.x = s.x, .label = s.label, .radius = way > 0};
    if (way < 2)
      q.box_lo = q.box_hi = s.x;
    else
      options.engine = RP_ENGINE_COMPACT;
    rp_verifier *verifier;
    uint8_t witness[TINY_INPUTS];
    rp_answer answer;
    assert_int_equal(rp_verifier_create(s.net, &options, &verifier, NULL),
                     RP_OK);
    rp_verify(verifier, &q, NULL, witness, &answer);
    assert_int_equal(answer.verdict, RP_INVALID);
    rp_verifier_free(verifier);
  }
  scene_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verdicts_are_those_of_enumeration),
      cmocka_unit_test(balls_in_boxes_are_those_of_enumeration),
      cmocka_unit_test(radii_in_l1_may_exceed_an_input),
      cmocka_unit_test(planted_points_survive),
      cmocka_unit_test(subproblems_together_are_the_query),
      cmocka_unit_test(what_is_not_known_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
