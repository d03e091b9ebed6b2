/* Verdicts about conditions on outputs against the enumeration of all inputs:
 * classes, the top k, constraints of every sign, in clauses and alone; on
 * chains and graphs, at all radii and in boxes, on one, two and four threads.
 * Outputs are judged by the test's own reading of the condition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "operator_graph.h"
#include "random_condition.h"
#include "tiny_tables.h"
#include "verify/verify.h"

static const tiny_plan plain = {1, 3, 6, 1024, 31};
static const tiny_plan graphs = {1, 4, 0, 512, 31};

typedef struct tally {
  int64_t verdict[RP_VERDICT_COUNT], of_kind[4][RP_VERDICT_COUNT];
  int64_t evidence[RP_EVIDENCE_COUNT];
} tally;

typedef struct scene {
  rp_net *net;
  enumeration all;
  int32_t *out; /* [all.n][n_out] */
  random_condition condition;
  rp_condition *read;
  const uint8_t *x;
  int32_t label;
  bool is_void;
} scene;

static const int32_t *get_outputs(const scene *s, int32_t k) {
  return s->out + (size_t)k * (size_t)s->net->n_out;
}

static void scene_init(rp_rng *rng, int32_t i, scene *s) {
  s->net = i % 3 == 0   ? tiny_net(rng, &plain)
           : i % 3 == 1 ? tiny_tables_net(rng, &plain)
                        : operator_graph(rng, &graphs);
  assert_non_null(s->net);
  enumerate(s->net, &s->all);
  const size_t n_out = (size_t)s->net->n_out;
  s->out = calloc((size_t)s->all.n * n_out, sizeof *s->out);
  assert_non_null(s->out);
  for (int32_t k = 0; k < s->all.n; k++)
    assert_int_equal(rp_reference_forward(s->net, input_of(&s->all, k),
                                          s->out + (size_t)k * n_out),
                     RP_OK);
}

static void scene_fini(scene *s) {
  free(s->out);
  enumeration_fini(&s->all);
  rp_net_free(s->net);
}

/* A sample and a condition about it. */
static void choose(rp_rng *rng, scene *s) {
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  int32_t reach = 1;
  for (int32_t j = 0; j < s->net->n_out; j++)
    if (abs(get_outputs(s, k)[j]) > reach) reach = abs(get_outputs(s, k)[j]);
  s->x = input_of(&s->all, k);
  s->label = rp_rng_below(rng, 4)
                 ? s->all.prediction[k]
                 : (int32_t)rp_rng_below(rng, (uint32_t)s->net->n_out);
  s->condition = make_condition(rng, s->net->n_out, s->label, reach);
  s->is_void =
      s->condition.kind == CLASS
          ? s->all.prediction[k] != s->label
          : is_condition_met(&s->condition, get_outputs(s, k), s->label);
  rp_error err = {""};
  /* The same question in two ways: the question may name the target. */
  const bool is_target = s->condition.kind == CLASS && rp_rng_below(rng, 2);
  if (rp_condition_read(is_target ? "never each class" : s->condition.text,
                        &s->read, &err) != RP_OK)
    fail_msg("'%s': %s", s->condition.text, err.text);
}

static bool is_violated(const scene *s, const uint8_t *lo, const uint8_t *hi) {
  for (int32_t k = 0; k < s->all.n; k++) {
    const uint8_t *const x = input_of(&s->all, k);
    bool inside = true;
    for (int32_t p = 0; p < s->net->n_in; p++)
      inside = inside && lo[p] <= x[p] && x[p] <= hi[p];
    if (inside && is_condition_met(&s->condition, get_outputs(s, k), s->label))
      return true;
  }
  return false;
}

static void replays(const scene *s, const uint8_t *witness, const uint8_t *lo,
                    const uint8_t *hi) {
  int32_t out[MOST_CLASSES];
  for (int32_t p = 0; p < s->net->n_in; p++)
    assert_in_range(witness[p], lo[p], hi[p]);
  assert_int_equal(rp_reference_forward(s->net, witness, out), RP_OK);
  assert_true(is_condition_met(&s->condition, out, s->label));
}

static void ask(rp_verifier *verifier, const scene *s,
                const rp_question *question, const uint8_t *lo,
                const uint8_t *hi, tally *t) {
  uint8_t witness[TINY_INPUTS];
  rp_answer answer;
  rp_question own = *question;
  own.target = s->condition.number; /* not read, but for `each class` */
  rp_verify(verifier, &own, NULL, witness, &answer);
  const rp_verdict truth = s->is_void               ? RP_MISCLASSIFIED
                           : is_violated(s, lo, hi) ? RP_VIOLATED
                                                    : RP_ROBUST;
  if (answer.verdict != truth)
    fail_msg("'%s': expected %s, found %s", s->condition.text,
             rp_verdict_name(truth), rp_verdict_name(answer.verdict));
  if (truth == RP_VIOLATED) replays(s, witness, lo, hi);
  t->verdict[truth]++;
  t->of_kind[s->condition.kind][truth]++;
  t->evidence[answer.evidence]++;
}

static void ask_radii(rp_verifier *verifier, const scene *s, tally *t) {
  for (int32_t radius = 1; radius <= s->net->in_hi; radius++) {
    uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS];
    for (int32_t p = 0; p < s->net->n_in; p++) {
      lo[p] = (uint8_t)(s->x[p] > radius ? s->x[p] - radius : 0);
      const int32_t up = s->x[p] + radius;
      hi[p] = (uint8_t)(up < s->net->in_hi ? up : s->net->in_hi);
    }
    const rp_question question = {
        .x = s->x, .label = s->label, .radius = radius};
    ask(verifier, s, &question, lo, hi, t);
  }
}

static void ask_box(rp_rng *rng, rp_verifier *verifier, const scene *s,
                    tally *t) {
  uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS];
  for (int32_t p = 0; p < s->net->n_in; p++) {
    lo[p] = (uint8_t)between(rng, 0, s->x[p]);
    hi[p] = (uint8_t)between(rng, s->x[p], s->net->in_hi);
  }
  const rp_question question = {
      .x = s->x, .label = s->label, .box_lo = lo, .box_hi = hi};
  ask(verifier, s, &question, lo, hi, t);
}

static rp_options random_options(rp_rng *rng) {
  static const int64_t threads[] = {1, 1, 2, 4};
  rp_options options;
  rp_options_default(&options);
  options.threads = threads[rp_rng_below(rng, 4)];
  options.seed = between(rng, 0, 1000);
  if (rp_rng_below(rng, 2)) options.box_points = 0;
  if (rp_rng_below(rng, 2)) options.dual_steps = 0;
  options.attack_moves = rp_rng_below(rng, 2) ? 0 : 200;
  return options;
}

static void verdicts_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < 240; i++) {
    scene s;
    scene_init(&rng, i, &s);
    const rp_options options = random_options(&rng);
    rp_verifier *verifier;
    assert_int_equal(rp_verifier_create(s.net, &options, &verifier, NULL),
                     RP_OK);
    rp_verifier_cut_at_once(verifier);
    for (int32_t n = 0; n < 6; n++) {
      rp_error err = {""};
      choose(&rng, &s);
      if (rp_verifier_ask(verifier, s.read, &err) != RP_OK)
        fail_msg("'%s': %s", s.condition.text, err.text);
      ask_radii(verifier, &s, &t);
      ask_box(&rng, verifier, &s, &t);
      rp_verifier_ask_classes(verifier);
      rp_condition_free(s.read);
    }
    rp_verifier_free(verifier);
    scene_fini(&s);
  }
  for (int32_t kind = ROWS; kind <= TOP; kind++) {
    printf("kind %d: robust %lld, violated %lld, void %lld\n", kind,
           (long long)t.of_kind[kind][RP_ROBUST],
           (long long)t.of_kind[kind][RP_VIOLATED],
           (long long)t.of_kind[kind][RP_MISCLASSIFIED]);
    assert_true(t.of_kind[kind][RP_ROBUST] > 20);
    assert_true(t.of_kind[kind][RP_VIOLATED] > 20);
    assert_true(t.of_kind[kind][RP_MISCLASSIFIED] > 5);
  }
  assert_true(t.evidence[RP_EVIDENCE_TREE] > 0);
}

/* Every allocation fails once: while the condition becomes blocks, and while a
 * question is decided. The verdict is right, or unknown for lack of memory. */
static void failed_allocations_are_survived(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t failed = 0, decided = 0;
  for (int32_t i = 0; i < 20; i++) {
    scene s;
    scene_init(&rng, i, &s);
    choose(&rng, &s);
    rp_options options = random_options(&rng);
    options.threads = 1;
    rp_verifier *verifier;
    assert_int_equal(rp_verifier_create(s.net, &options, &verifier, NULL),
                     RP_OK);
    rp_verifier_cut_at_once(verifier);
    for (uint64_t n = 1; n <= 120; n++) {
      rp_error err = {""};
      rp_alloc_fail_after(n);
      const rp_status status = rp_verifier_ask(verifier, s.read, &err);
      rp_alloc_fail_after(0);
      if (status != RP_OK) {
        assert_int_equal(status, RP_E_MEMORY);
        failed++;
        continue;
      }
      const uint8_t *const lo = s.x, *const hi = s.x;
      const rp_question question = {
          .x = s.x, .label = s.label, .box_lo = lo, .box_hi = hi};
      uint8_t witness[TINY_INPUTS];
      rp_answer answer;
      rp_alloc_fail_after(n);
      rp_verify(verifier, &question, NULL, witness, &answer);
      rp_alloc_fail_after(0);
      if (answer.verdict == RP_UNKNOWN)
        assert_int_equal(answer.reason, RP_REASON_MEMORY);
      else
        assert_int_equal(answer.verdict,
                         s.is_void ? RP_MISCLASSIFIED : RP_ROBUST);
      decided++;
    }
    rp_verifier_free(verifier);
    rp_condition_free(s.read);
    scene_fini(&s);
  }
  assert_true(failed > 100 && decided > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verdicts_are_those_of_enumeration),
      cmocka_unit_test(failed_allocations_are_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
