/* Proofs about boxes against enumeration, on chains and graphs, on one to four
 * threads: the verdict is the true one; its proof is accepted for its box and
 * radius, and never for a greater region that holds a counterexample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "input/boxes.h"
#include "operator_graph.h"
#include "recorded.h"
#include "scene.h"

enum { NETWORKS = 150, ASKED = 6 };

static const tiny_plan chains = {1, 3, 6, 512, 31};
static const tiny_plan graphs = {1, 4, 0, 512, 31};

typedef struct tally {
  int64_t robust, violated, refused;
} tally;

/* A box around the sample, of which some inputs are masked, and a radius. */
static void draw(rp_rng *rng, const scene *s, rp_boxes *b) {
  for (int32_t p = 0; p < b->n_in; p++) {
    b->lo[p] = (uint8_t)between(rng, 0, s->x[p]);
    b->hi[p] = (uint8_t)between(rng, s->x[p], s->engine->in_hi);
    if (rp_rng_below(rng, 3) > 0) continue;
    b->lo[p] = (uint8_t)s->engine->in_hi;
    b->hi[p] = 0;
  }
}

static bool is_violated(const scene *s, const rp_boxes *b, int32_t radius) {
  for (int32_t k = 0; k < s->all.n; k++) {
    const uint8_t *const x = input_of(&s->all, k);
    if (s->all.prediction[k] != s->label && rp_boxes_hold(b, 0, s->x, x) &&
        distance_of(s->x, x, s->n.n_in) <= radius)
      return true;
  }
  return false;
}

/* As rampart-check reads the box from results. */
static bool is_accepted(const scene *s, const rp_boxes *b, int32_t radius,
                        bytes proof) {
  int32_t x[TINY_INPUTS], lo[TINY_INPUTS], hi[TINY_INPUTS];
  rp_error why = {""};
  widened(s->x, s->n.n_in, x);
  for (int32_t p = 0; p < s->n.n_in; p++) {
    const bool is_masked = b->lo[p] > b->hi[p];
    lo[p] = is_masked ? x[p] : b->lo[p];
    hi[p] = is_masked ? x[p] : b->hi[p];
  }
  const ball within = {x, {lo, hi}};
  stream all = {.radius = radius, .plain = {proof.data, proof.size}};
  return rp_check_proof_in(&s->n, &within, s->label, &all, 1, &why) == RP_OK;
}

static void try_elsewhere(rp_rng *rng, const scene *s, rp_boxes *other,
                          int32_t radius, bytes proof, tally *t) {
  draw(rng, s, other);
  if (is_accepted(s, other, radius, proof))
    assert_false(is_violated(s, other, radius));
  else
    t->refused++;
}

static void ask(rp_rng *rng, scene *s, rp_boxes *b, tally *t) {
  uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS], witness[TINY_INPUTS];
  const int32_t radius = (int32_t)between(rng, 1, s->engine->in_hi);
  rp_answer answer;
  int32_t outside;
  draw(rng, s, b);
  assert_true(rp_boxes_get(b, 0, s->x, radius, lo, hi, &outside));
  const rp_question question = {.x = s->x,
                                .label = s->label,
                                .radius = radius,
                                .box_lo = lo,
                                .box_hi = hi};
  rp_verify(s->verifier, &question, NULL, witness, &answer);
  const bool truth = is_violated(s, b, radius);
  assert_int_equal(answer.verdict, truth ? RP_VIOLATED : RP_ROBUST);
  t->violated += truth;
  if (truth) {
    assert_true(rp_boxes_hold(b, 0, s->x, witness));
    assert_true(distance_of(s->x, witness, s->n.n_in) <= radius);
    return;
  }
  t->robust++;
  const bytes proof = stream_recorded(s->recorder);
  assert_true(is_accepted(s, b, radius, proof));
  for (int32_t i = 0; i < 4; i++) try_elsewhere(rng, s, b, radius, proof, t);
  free(proof.data);
}

static void proofs_of_boxes_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    rp_boxes *b;
    rp_net *const made =
        i % 2 ? operator_graph(&rng, &graphs) : tiny_net(&rng, &chains);
    scene_init_with(&rng, made, rp_rng_below(&rng, 2) ? 0 : 30, &s);
    assert_int_equal(rp_boxes_create(1, s.n.n_in, &b, NULL), RP_OK);
    for (int32_t n = 0; n < ASKED; n++) ask(&rng, &s, b, &t);
    rp_boxes_free(b);
    scene_fini(&s);
  }
  printf("robust %lld, violated %lld, refused elsewhere %lld\n",
         (long long)t.robust, (long long)t.violated, (long long)t.refused);
  assert_true(t.robust > 200);
  assert_true(t.violated > 100);
  assert_true(t.refused > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(proofs_of_boxes_are_those_of_enumeration),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
