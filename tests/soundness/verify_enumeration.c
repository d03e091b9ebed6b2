/* Every verdict against the enumeration of all inputs.
 *
 * Hundreds of tiny networks, each asked at every radius of its input range,
 * with bounds made loose on purpose (no ascent steps) or not, with and without
 * attacks and enumerated boxes, on one, two and four threads: ROBUST and
 * VIOLATED must be right, and without a tight limit nothing may stay UNKNOWN.
 * Then the same under limits, aborts of GLPK and failed allocations: UNKNOWN
 * with a reason is allowed, a wrong verdict never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "lp/lp.h"
#include "operator_graph.h"
#include "sched/radius.h"
#include "tiny_graph.h"
#include "tiny_tables.h"
#include "verify/verify.h"

/* What intervals and duals mostly decide; wide layers with large weights, where
 * only the tree does; and four layers, on few inputs because their trees are
 * the largest. */
static const tiny_plan plain = {2, 3, 5, 4096, 15};
static const tiny_plan tangled = {2, 3, 8, 4096, 127};
static const tiny_plan deep = {4, 4, 6, 512, 31};
/* Graphs: blocks, inputs and weights of the plan are theirs. */
static const tiny_plan graphs = {1, 5, 0, 512, 31};

/* What a run has met, to see that the tests reach everything. */
typedef struct tally {
  int64_t verdict[RP_VERDICT_COUNT], evidence[RP_EVIDENCE_COUNT];
  int64_t reason[RP_REASON_COUNT];
  int64_t nodes, lp_solves;
} tally;

static void count(tally *t, const rp_answer *answer) {
  t->verdict[answer->verdict]++;
  t->evidence[answer->evidence]++;
  t->reason[answer->reason]++;
  t->nodes += answer->stats.nodes;
  t->lp_solves += answer->stats.lp_solves;
}

static void print_tally(const char *what, const tally *t) {
  printf("%s:", what);
  for (int32_t v = 0; v < RP_VERDICT_COUNT; v++)
    if (t->verdict[v])
      printf(" %s %lld", rp_verdict_name((rp_verdict)v),
             (long long)t->verdict[v]);
  for (int32_t e = 1; e < RP_EVIDENCE_COUNT; e++)
    if (t->evidence[e])
      printf(" %s %lld", rp_evidence_name((rp_evidence)e),
             (long long)t->evidence[e]);
  for (int32_t r = 1; r < RP_REASON_COUNT; r++)
    if (t->reason[r])
      printf(" %s %lld", rp_reason_name((rp_reason)r), (long long)t->reason[r]);
  printf("; nodes %lld, lps %lld\n", (long long)t->nodes,
         (long long)t->lp_solves);
}

/* A network, a sample of it, and the truth. */
typedef struct scene {
  rp_net *net;
  enumeration all;
  const uint8_t *x;
  int32_t label;
  int32_t nearest;  /* a nearest counterexample, -1: none */
  int32_t distance; /* its distance; INT32_MAX: none */
} scene;

static void choose_sample(rp_rng *rng, scene *s) {
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  s->x = input_of(&s->all, k);
  s->label = s->all.prediction[k];
  s->nearest = nearest_change(&s->all, s->x, s->label, &s->distance);
}

static void scene_init_with(rp_rng *rng, rp_net *net, scene *s) {
  s->net = net;
  assert_non_null(s->net);
  enumerate(s->net, &s->all);
  choose_sample(rng, s);
}

static void scene_init(rp_rng *rng, const tiny_plan *plan, scene *s) {
  scene_init_with(
      rng, plan->widest > 0 ? tiny_net(rng, plan) : operator_graph(rng, plan),
      s);
}

static void scene_fini(scene *s) {
  enumeration_fini(&s->all);
  rp_net_free(s->net);
}

/* Loose bounds half of the time and boxes seldom enumerated, so that the tree
 * has something to do. */
static rp_options random_options(rp_rng *rng) {
  static const int64_t steps[] = {0, 0, 1, 60};
  static const int64_t moves[] = {0, 0, 0, 500};
  static const int64_t threads[] = {1, 1, 3, 4};
  static const int64_t points[] = {0, 0, 0, 65536};
  rp_options options;
  rp_options_default(&options);
  options.threads = threads[rp_rng_below(rng, 4)];
  options.box_points = points[rp_rng_below(rng, 4)];
  options.seed = between(rng, 0, 1000);
  options.dual_steps = steps[rp_rng_below(rng, 4)];
  options.attack_moves = moves[rp_rng_below(rng, 4)];
  return options;
}

static void replays(const scene *s, const uint8_t *witness, int32_t radius,
                    const rp_answer *answer) {
  int32_t prediction;
  for (int32_t p = 0; p < s->net->n_in; p++)
    assert_in_range(witness[p], 0, s->net->in_hi);
  assert_int_equal(rp_reference_predict(s->net, witness, &prediction), RP_OK);
  assert_int_not_equal(prediction, s->label);
  const int32_t d = distance_of(s->x, witness, s->net->n_in);
  assert_int_equal(d, answer->distance);
  assert_in_range(d, s->distance, radius);
}

/* The answer is right, or honestly unknown. */
static void is_never_wrong(const scene *s, int32_t radius,
                           const uint8_t *witness, const rp_answer *answer) {
  switch (answer->verdict) {
  case RP_ROBUST:
    assert_true(s->distance > radius);
    assert_int_equal(answer->reason, RP_REASON_NONE);
    assert_in_range(answer->evidence, RP_EVIDENCE_INTERVAL, RP_EVIDENCE_TREE);
    break;
  case RP_VIOLATED:
    assert_true(s->distance <= radius);
    assert_int_equal(answer->reason, RP_REASON_NONE);
    assert_int_equal(answer->evidence, RP_EVIDENCE_REPLAY);
    replays(s, witness, radius, answer);
    break;
  case RP_UNKNOWN:
    assert_int_not_equal(answer->reason, RP_REASON_NONE);
    assert_int_equal(answer->distance, 0);
    break;
  case RP_MISCLASSIFIED:
  case RP_INVALID:
  case RP_VERDICT_COUNT:
    fail_msg("%s at radius %d", rp_verdict_name(answer->verdict), radius);
  }
}

static rp_verifier *verifier_of(const rp_net *net, const rp_options *options) {
  rp_verifier *verifier;
  assert_int_equal(rp_verifier_create(net, options, &verifier, NULL), RP_OK);
  rp_verifier_cut_at_once(verifier);
  return verifier;
}

static void ask(rp_verifier *verifier, const scene *s, int32_t radius,
                rp_answer *answer, tally *t) {
  const rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS];
  memset(witness, 255, sizeof witness);
  rp_verify(verifier, &query, NULL, witness, answer);
  is_never_wrong(s, radius, witness, answer);
  count(t, answer);
}

/* ---------------------------------------------------- generous limits */

/* No tree is much larger than a list of the box's points. */
static void every_radius(rp_verifier *verifier, const scene *s, tally *t) {
  for (int32_t radius = 1; radius <= s->net->in_hi; radius++) {
    rp_answer answer;
    ask(verifier, s, radius, &answer, t);
    assert_int_not_equal(answer.verdict, RP_UNKNOWN);
    assert_in_range(answer.stats.nodes, 0, 16 * s->all.n);
  }
}

/* Networks whose steps combine in up to 200 times as many ways as their inputs
 * have points. */
static void few_points_make_small_trees(void **state) {
  (void)state;
  static const tiny_plan steep = {3, 3, 8, 1024, 127};
  static const uint64_t seeds[] = {8070, 10424, 12402, 15739, 39866};
  rp_options options;
  rp_options_default(&options);
  options.dual_steps = options.attack_moves = options.box_points = 0;
  tally t = {0};
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
    rp_rng rng;
    rp_rng_init(&rng, seeds[i]);
    scene s;
    scene_init(&rng, &steep, &s);
    rp_verifier *verifier = verifier_of(s.net, &options);
    every_radius(verifier, &s, &t);
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
}

/* The search has to find its own counterexample, and every part that holds the
 * planted one must keep it to the end. */
static void planted_points_survive(rp_verifier *verifier, const scene *s,
                                   rp_rng *rng, tally *t) {
  for (int32_t i = 0; i < 4; i++) {
    const int32_t k =
        i == 0 ? s->nearest : (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
    if (k < 0 || s->all.prediction[k] == s->label) continue;
    rp_answer answer;
    rp_verifier_plant(verifier, input_of(&s->all, k));
    ask(verifier, s, distance_of(s->x, input_of(&s->all, k), s->net->n_in),
        &answer, t);
    rp_verifier_plant(verifier, NULL);
    assert_int_equal(answer.verdict, RP_VIOLATED);
  }
}

static void radius_search(rp_verifier *verifier, const scene *s, tally *t) {
  rp_radius_search search;
  assert_true(rp_radius_init(&search, s->net->in_hi, 0));
  for (int32_t r; (r = rp_radius_next(&search)) != 0;) {
    rp_answer answer;
    ask(verifier, s, r, &answer, t);
    rp_radius_answer(&search, r, &answer);
  }
  const int32_t truth =
      s->distance > s->net->in_hi ? s->net->in_hi : s->distance - 1;
  assert_true(rp_radius_done(&search));
  assert_false(search.contradiction);
  assert_int_equal(search.lo, truth);
  assert_int_equal(search.hi, truth);
  rp_radius_fini(&search);
}

static void decide_scene(rp_rng *rng, scene *s, tally *t) {
  const rp_options options = random_options(rng);
  rp_verifier *verifier = verifier_of(s->net, &options);
  for (int32_t sample = 0; sample < 2; sample++) {
    every_radius(verifier, s, t);
    planted_points_survive(verifier, s, rng, t);
    radius_search(verifier, s, t);
    choose_sample(rng, s);
  }
  rp_verifier_free(verifier);
}

static void decide_everything(rp_rng *rng, const tiny_plan *plan, int32_t nets,
                              tally *t) {
  for (int32_t i = 0; i < nets; i++) {
    scene s;
    scene_init(rng, plan, &s);
    decide_scene(rng, &s, t);
    scene_fini(&s);
  }
}

static void verdicts_and_radii_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  decide_everything(&rng, &plain, 100, &t);
  decide_everything(&rng, &tangled, 250, &t);
  decide_everything(&rng, &deep, 100, &t);
  decide_everything(&rng, &graphs, 300, &t);
  print_tally("decided", &t);
  assert_true(t.evidence[RP_EVIDENCE_INTERVAL] > 0);
  assert_true(t.evidence[RP_EVIDENCE_DUAL] > 0);
  assert_true(t.evidence[RP_EVIDENCE_TREE] > 0);
  assert_true(t.evidence[RP_EVIDENCE_REPLAY] > 0);
}

/* Tables of thresholds, outputs with ranges of their own. */
static void staircases_of_any_kind(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < 300; i++) {
    scene s;
    scene_init_with(&rng, tiny_tables_net(&rng, i % 3 ? &tangled : &deep), &s);
    decide_scene(&rng, &s, &t);
    scene_fini(&s);
  }
  print_tally("with tables", &t);
  assert_true(t.lp_solves > 0);
  assert_true(t.evidence[RP_EVIDENCE_DUAL] > 0);
  assert_true(t.evidence[RP_EVIDENCE_TREE] > 0);
  assert_true(t.evidence[RP_EVIDENCE_REPLAY] > 0);
}

/* Graphs, many of which have blocks with max pooling. */
static void greatest_of_several_accumulators(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < 200; i++) {
    scene s;
    scene_init_with(&rng, tiny_graph(&rng, i % 2 ? &tangled : &deep), &s);
    decide_scene(&rng, &s, &t);
    scene_fini(&s);
  }
  print_tally("with max pooling", &t);
  assert_true(t.lp_solves > 0);
  assert_true(t.evidence[RP_EVIDENCE_DUAL] > 0);
  assert_true(t.evidence[RP_EVIDENCE_TREE] > 0);
  assert_true(t.evidence[RP_EVIDENCE_REPLAY] > 0);
}

/* A radius where it is hardest: the last robust one or the first other one. */
static int32_t border_radius(rp_rng *rng, const scene *s) {
  const int32_t first =
      s->distance > s->net->in_hi ? s->net->in_hi : s->distance;
  return first > 1 ? first - (int32_t)rp_rng_below(rng, 2) : first;
}

/* ------------------------------------------------------- the baselines */

static const tiny_plan small = {1, 3, 4, 256, 15};
static const tiny_plan small_graphs = {1, 3, 0, 256, 15};

/* A solver's claim is reported as a claim; a point it finds is replayed. */
static void claim_or_replay(rp_engine engine, rp_rng *rng, const scene *s,
                            tally *t) {
  rp_options options = random_options(rng);
  options.engine = engine;
  options.time_limit = 5;
  rp_verifier *verifier = verifier_of(s->net, &options);
  const int32_t radius = border_radius(rng, s);
  rp_answer answer;
  ask(verifier, s, radius, &answer, t);
  const bool violated = s->distance <= radius;
  assert_int_not_equal(answer.verdict, RP_ROBUST);
  if (answer.verdict == RP_UNKNOWN && answer.reason != RP_REASON_TIME &&
      answer.reason != RP_REASON_NUMERIC) {
    assert_false(violated);
    assert_int_equal(answer.reason, RP_REASON_SOLVER);
    assert_int_equal(answer.evidence, RP_EVIDENCE_SOLVER);
  }
  rp_verifier_free(verifier);
}

static void claims_and_replays(rp_engine engine, const tiny_plan *plan) {
  rp_rng rng = rng_of_test(rp_engine_name(engine));
  tally t = {0};
  for (int32_t i = 0; i < 120; i++) {
    scene s;
    scene_init(&rng, plan, &s);
    claim_or_replay(engine, &rng, &s, &t);
    scene_fini(&s);
  }
  print_tally(rp_engine_name(engine), &t);
  assert_true(t.reason[RP_REASON_SOLVER] > 0);
  assert_true(t.verdict[RP_VIOLATED] > 0);
}

static void claims_and_replays_with_tables(rp_engine engine) {
  rp_rng rng = rng_of_test(rp_engine_name(engine));
  tally t = {0};
  for (int32_t i = 0; i < 60; i++) {
    scene s;
    scene_init_with(&rng, tiny_tables_net(&rng, &small), &s);
    claim_or_replay(engine, &rng, &s, &t);
    scene_fini(&s);
  }
  print_tally(rp_engine_name(engine), &t);
  assert_true(t.verdict[RP_VIOLATED] > 0);
}

static void onehot_claims_and_replays(void **state) {
  (void)state;
  claims_and_replays(RP_ENGINE_ONEHOT, &small);
  claims_and_replays(RP_ENGINE_ONEHOT, &small_graphs);
  claims_and_replays_with_tables(RP_ENGINE_ONEHOT);
}

static void compact_claims_and_replays(void **state) {
  (void)state;
  claims_and_replays(RP_ENGINE_COMPACT, &small);
  claims_and_replays(RP_ENGINE_COMPACT, &small_graphs);
  claims_and_replays_with_tables(RP_ENGINE_COMPACT);
}

/* -------------------------------------------------------- tight limits */

/* One limit, and the only reason it may give. */
typedef struct limit {
  double time_limit, cpu_limit;
  int64_t node_limit, memory_limit;
  bool stopped;
  rp_reason reason;
} limit;

static const limit limits[] = {
    {3600, 1e9, 1, 1024, false, RP_REASON_NODES},
    {3600, 1e9, 3, 1024, false, RP_REASON_NODES},
    {0, 1e9, 1000000, 1024, false, RP_REASON_TIME},
    {1e-4, 1e9, 1000000, 1024, false, RP_REASON_TIME},
    {1e-3, 1e9, 1000000, 1024, false, RP_REASON_TIME},
    {3600, 1e-4, 1000000, 1024, false, RP_REASON_TIME},
    {3600, 1e9, 1000000, 0, false, RP_REASON_MEMORY},
    {3600, 1e9, 1000000, 1024, true, RP_REASON_INTERRUPTED},
};

static void ask_within(const scene *s, const limit *l, int32_t radius,
                       rp_options options, tally *t) {
  options.time_limit = l->time_limit;
  options.cpu_limit = l->cpu_limit;
  options.node_limit = l->node_limit;
  options.memory_limit = l->memory_limit;
  const atomic_bool stop = l->stopped;
  const rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  rp_verifier *verifier = verifier_of(s->net, &options);
  uint8_t witness[TINY_INPUTS] = {0};
  rp_answer answer;
  rp_verify(verifier, &query, &stop, witness, &answer);
  rp_verifier_free(verifier);
  is_never_wrong(s, radius, witness, &answer);
  if (answer.verdict == RP_UNKNOWN) assert_int_equal(answer.reason, l->reason);
  count(t, &answer);
}

static void limits_give_their_reason(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < 150; i++) {
    scene s;
    scene_init(&rng, &tangled, &s);
    const int32_t radius = border_radius(&rng, &s);
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++)
      ask_within(&s, &limits[l], radius, random_options(&rng), &t);
    scene_fini(&s);
  }
  print_tally("limited", &t);
  assert_true(t.reason[RP_REASON_NODES] > 0);
  assert_true(t.reason[RP_REASON_TIME] > 0);
  assert_true(t.reason[RP_REASON_MEMORY] > 0);
  assert_true(t.reason[RP_REASON_INTERRUPTED] > 0);
}

/* -------------------------------------------------------------- faults */

/* A scene whose border radius needs linear programs, but not many: the rest is
 * dropped. */
static int32_t hard_scene(rp_rng *rng, rp_options *options, scene *s) {
  for (;;) {
    scene_init(rng, &tangled, s);
    *options = random_options(rng);
    options->dual_steps = 0;
    options->attack_moves = 0;
    options->box_points = 0;
    options->node_limit = 300;
    const int32_t radius = border_radius(rng, s);
    rp_verifier *verifier = verifier_of(s->net, options);
    rp_answer answer;
    tally t = {0};
    ask(verifier, s, radius, &answer, &t);
    rp_verifier_free(verifier);
    options->node_limit = 100000;
    if (answer.stats.lp_solves > 2 && answer.verdict != RP_UNKNOWN)
      return radius;
    scene_fini(s);
  }
}

static void aborts_of_glpk_are_survived(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  int64_t aborts = 0;
  for (int32_t i = 0; i < 30; i++) {
    scene s;
    rp_options options;
    const int32_t radius = hard_scene(&rng, &options, &s);
    rp_verifier *verifier = verifier_of(s.net, &options);
    for (int32_t n = 1; n <= 12; n++) {
      rp_answer answer;
      rp_lp_abort_after(n);
      ask(verifier, &s, radius, &answer, &t);
      rp_lp_abort_after(0);
      aborts += answer.stats.lp_failures;
    }
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  print_tally("aborted", &t);
  assert_true(aborts > 0);
}

/* The n-th allocation of the query fails. */
static void ask_with_failure(rp_verifier *verifier, const scene *s,
                             int32_t radius, int64_t n, tally *t) {
  const rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS] = {0};
  rp_answer answer;
  rp_alloc_fail_after((uint64_t)n);
  rp_verify(verifier, &query, NULL, witness, &answer);
  rp_alloc_fail_after(0);
  is_never_wrong(s, radius, witness, &answer);
  if (answer.verdict == RP_UNKNOWN)
    assert_int_equal(answer.reason, RP_REASON_MEMORY);
  count(t, &answer);
}

static void failed_allocations_are_survived(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < 10; i++) {
    scene s;
    rp_options options;
    const int32_t radius = hard_scene(&rng, &options, &s);
    rp_verifier *verifier = verifier_of(s.net, &options);
    for (int32_t n = 1; n <= 150; n++)
      ask_with_failure(verifier, &s, radius, n, &t);
    for (int32_t n = 0; n < 50; n++)
      ask_with_failure(verifier, &s, radius, between(&rng, 150, 2000), &t);
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  print_tally("without memory", &t);
  assert_true(t.reason[RP_REASON_MEMORY] > 0);
}

static void a_verifier_without_memory_is_refused(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  rp_options options;
  rp_options_default(&options);
  rp_net *net = tiny_net(&rng, &plain);
  assert_non_null(net);
  rp_status status = RP_E_MEMORY;
  for (uint64_t n = 1; status != RP_OK; n++) {
    rp_verifier *verifier = NULL;
    rp_alloc_fail_after(n);
    status = rp_verifier_create(net, &options, &verifier, NULL);
    rp_alloc_fail_after(0);
    assert_true(status == RP_OK || status == RP_E_MEMORY);
    if (status == RP_OK) rp_verifier_free(verifier);
    assert_true(n < 1000);
  }
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verdicts_and_radii_are_those_of_enumeration),
      cmocka_unit_test(staircases_of_any_kind),
      cmocka_unit_test(greatest_of_several_accumulators),
      cmocka_unit_test(few_points_make_small_trees),
      cmocka_unit_test(onehot_claims_and_replays),
      cmocka_unit_test(compact_claims_and_replays),
      cmocka_unit_test(limits_give_their_reason),
      cmocka_unit_test(aborts_of_glpk_are_survived),
      cmocka_unit_test(failed_allocations_are_survived),
      cmocka_unit_test(a_verifier_without_memory_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
