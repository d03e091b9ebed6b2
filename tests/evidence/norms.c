/* Proofs of claims in L1 and L0: the engine's are accepted by the checker, and
 * nothing proves a claim that enumeration refutes, whatever is done to the
 * bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recorded.h"
#include "scene.h"

enum { NETWORKS = 900, DAMAGES = 40 };

static const tiny_plan plans[] = {{2, 3, 8, 1024, 127}, {1, 4, 6, 512, 31}};

typedef struct tally {
  int64_t accepted, trees, false_claims, still;
} tally;

/* Of the nearest counterexample in the norm; INT32_MAX: none. */
static int32_t find_distance(const scene *s) {
  int64_t nearest = INT32_MAX;
  for (int32_t k = 0; k < s->all.n; k++) {
    int32_t sum = 0, count = 0;
    const uint8_t *const y = input_of(&s->all, k);
    if (s->all.prediction[k] == s->label) continue;
    for (int32_t p = 0; p < s->n.n_in; p++) {
      sum += abs(s->x[p] - y[p]);
      count += s->x[p] != y[p];
    }
    const int32_t distance = s->n.norm == L0 ? count : sum;
    if (distance < nearest) nearest = distance;
  }
  return (int32_t)nearest;
}

/* The scene's verifier is replaced by one that asks in the norm. */
static void ask_in_norm(rp_rng *rng, measure in, scene *s) {
  rp_options options;
  rp_options_default(&options);
  options.norm = in == L0 ? RP_NORM_L0 : RP_NORM_L1;
  options.threads = between(rng, 1, 4);
  options.dual_steps = rp_rng_below(rng, 2) ? 0 : 20;
  options.box_points = rp_rng_below(rng, 4) ? 0 : 65536;
  options.attack_moves = 0;
  rp_verifier_free(s->verifier);
  assert_int_equal(rp_verifier_create(s->engine, &options, &s->verifier, NULL),
                   RP_OK);
  rp_verifier_record(s->verifier, s->recorder);
  s->n.norm = in;
  s->distance = find_distance(s);
}

/* A damaged proof may prove a true claim still, and never a false one. */
static void damage_all(rp_rng *rng, const scene *s, bytes b, int32_t radius,
                       tally *t) {
  for (int32_t k = 0; k < DAMAGES; k++) {
    bytes own = copied(b);
    for (uint32_t d = k ? 1 + rp_rng_below(rng, 3) : 0; d > 0; d--)
      own.data[rp_rng_below(rng, (uint32_t)own.size)] =
          (uint8_t)rp_rng_u64(rng);
    fit_head(&own, s->label, radius);
    const bool good = accepted_alone(&s->n, s->x, s->label, radius, own);
    assert_true(!good || radius < s->distance);
    t->still += good;
    t->false_claims += radius >= s->distance;
    free(own.data);
  }
}

static void one_claim(rp_rng *rng, const scene *s, int32_t radius, tally *t) {
  const rp_question q = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS];
  rp_answer answer;
  rp_verify(s->verifier, &q, NULL, witness, &answer);
  assert_int_equal(answer.verdict,
                   radius < s->distance ? RP_ROBUST : RP_VIOLATED);
  if (answer.verdict != RP_ROBUST) return;
  const bytes b = stream_recorded(s->recorder);
  if (!accepted_alone(&s->n, s->x, s->label, radius, b))
    fail_msg("a proof within %d was refused", radius);
  t->accepted++;
  t->trees += answer.evidence == RP_EVIDENCE_TREE;
  if (rp_rng_below(rng, 8) == 0) damage_all(rng, s, b, radius, t);
  if (s->distance < 100) damage_all(rng, s, b, s->distance, t);
  free(b.data);
}

static void only_true_claims_are_proved(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    scene_init(&rng, &plans[i % 2], 0, &s);
    for (measure in = L1; in <= L0; in++) {
      ask_in_norm(&rng, in, &s);
      const int32_t most = in == L0 ? s.n.n_in : 3 * s.n.in_hi;
      const int32_t last = s.distance <= most ? s.distance : most;
      for (int32_t radius = 1; radius <= last; radius += in == L0 ? 1 : 3)
        one_claim(&rng, &s, radius, &t);
    }
    scene_fini(&s);
  }
  printf("%lld proofs accepted, %lld of trees; %lld bytes for false claims "
         "refused, %lld damaged ones prove their claim still\n",
         (long long)t.accepted, (long long)t.trees, (long long)t.false_claims,
         (long long)t.still);
  assert_true(t.accepted > 1000 && t.trees > 100 && t.false_claims > 8000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_true_claims_are_proved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
