/* Properties of outputs, as the checker compiles them, against enumeration: its
 * network has class 0 for exactly the inputs that keep the property, whatever
 * the kind of network and of property. Proofs of the engine, which compiles for
 * itself, are accepted on it; proofs of true claims are not accepted for
 * properties that are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "random_condition.h"
#include "recorded.h"
#include "scene.h"

enum { NETWORKS = 150, ASKED = 4 };

static const tiny_plan plans[] = {
    {1, 3, 5, 512, 15}, {2, 3, 8, 512, 127}, {1, 4, 6, 256, 31}};

typedef struct tally {
  int64_t met, inputs, proofs, rejected;
} tally;

/* A property and the text that results would have of it. */
typedef struct asked {
  random_condition condition;
  rp_condition *read;
  char text[RP_CONDITION_SIZE];
  net n; /* the checker's */
} asked;

static void forget_derived(net *n) {
  free(n->of);
  n->of = NULL;
  for (int32_t k = 0; k < n->n_blocks; k++) {
    block *const b = &n->block[k];
    free_derived(b);
    b->own = NULL;
    b->begin = NULL;
    b->folded = NULL;
    b->row = NULL;
    b->run = NULL;
  }
}

static void ask(rp_rng *rng, const scene *s, asked *a) {
  rp_error err = {""};
  a->condition = make_condition(rng, s->engine->n_out, s->label, 6);
  if (rp_condition_read(a->condition.text, &a->read, &err) != RP_OK ||
      rp_condition_write(a->read, a->text, &err) != RP_OK)
    fail_msg("%s", err.text);
  assert_true(net_for_check(s->engine, &a->n));
  forget_derived(&a->n);
  const char *const wrong = rp_check_ask(&s->n, a->text, s->label, &a->n);
  if (wrong) fail_msg("'%s': %s", a->text, wrong);
}

static void forget(asked *a) {
  rp_condition_free(a->read);
  check_net_free(&a->n);
}

static bool is_broken(const scene *s, const asked *a, int32_t k) {
  int32_t out[MOST_CLASSES];
  assert_int_equal(rp_reference_forward(s->engine, input_of(&s->all, k), out),
                   RP_OK);
  return is_condition_met(&a->condition, out, s->label);
}

static void classes_say_what_the_property_says(const scene *s, const asked *a,
                                               tally *t) {
  for (int32_t k = 0; k < s->all.n; k++) {
    int32_t x[TINY_INPUTS];
    widened(input_of(&s->all, k), s->n.n_in, x);
    const bool truth = is_broken(s, a, k);
    if ((rp_check_predict(&a->n, x) != 0) != truth)
      fail_msg("'%s', input %d: expected %d", a->text, k, truth);
    t->met += truth;
    t->inputs++;
  }
}

/* Does an input within the radius break it? */
static bool is_violated(const scene *s, const asked *a, int32_t radius) {
  for (int32_t k = 0; k < s->all.n; k++)
    if (distance_of(s->x, input_of(&s->all, k), s->n.n_in) <= radius &&
        is_broken(s, a, k))
      return true;
  return false;
}

/* Is the proof one of another property, too? Then that holds. */
static void try_elsewhere(rp_rng *rng, const scene *s, int32_t radius, bytes b,
                          tally *t) {
  asked other;
  ask(rng, s, &other);
  if (accepted_alone(&other.n, s->x, 0, radius, b))
    assert_false(is_violated(s, &other, radius));
  else
    t->rejected++;
  forget(&other);
}

static void proofs_are_accepted(rp_rng *rng, scene *s, const asked *a,
                                tally *t) {
  rp_error err = {""};
  if (rp_verifier_ask(s->verifier, a->read, &err) != RP_OK)
    fail_msg("%s", err.text);
  const int32_t radius = (int32_t)between(rng, 1, s->engine->in_hi);
  const rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS];
  rp_answer answer;
  rp_verify(s->verifier, &query, NULL, witness, &answer);
  rp_verifier_ask_classes(s->verifier);
  if (answer.verdict != RP_ROBUST) return;
  assert_false(is_violated(s, a, radius));
  const bytes b = stream_recorded(s->recorder);
  if (!accepted_alone(&a->n, s->x, 0, radius, b))
    fail_msg("'%s', radius %d: the proof is refused", a->text, radius);
  t->proofs++;
  for (int32_t i = 0; i < 3; i++) try_elsewhere(rng, s, radius, b, t);
  free(b.data);
}

static void properties_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    scene_init(&rng, &plans[i % 3], rp_rng_below(&rng, 2) ? 0 : 30, &s);
    for (int32_t n = 0; n < ASKED; n++) {
      asked a;
      ask(&rng, &s, &a);
      classes_say_what_the_property_says(&s, &a, &t);
      proofs_are_accepted(&rng, &s, &a, &t);
      forget(&a);
    }
    scene_fini(&s);
  }
  printf("inputs %lld, met %lld, proofs %lld, rejected elsewhere %lld\n",
         (long long)t.inputs, (long long)t.met, (long long)t.proofs,
         (long long)t.rejected);
  assert_true(t.met > t.inputs / 10 && t.met < t.inputs - t.inputs / 10);
  assert_true(t.proofs > 100);
  assert_true(t.rejected > 50);
}

/* ---- many classes ---- */

enum { CROWD = 16 };

/* So many outputs of two inputs that sets of them are too many. */
static rp_net *make_crowd(rp_rng *rng) {
  const int32_t dims[1] = {2};
  int32_t weight[2 * CROWD];
  int64_t bias[CROWD];
  for (int32_t i = 0; i < 2 * CROWD; i++)
    weight[i] = (int32_t)between(rng, -9, 9);
  for (int32_t i = 0; i < CROWD; i++) bias[i] = between(rng, -40, 40);
  const rp_dense_spec spec = {2, CROWD, weight, bias, {-16, 15, 3, NULL}};
  rp_net *made;
  assert_int_equal(rp_net_create("crowd", dims, 1, 15, &made, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(made, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(made, NULL), RP_OK);
  return made;
}

static int32_t count_before(const rp_net *made, const uint8_t *x,
                            int32_t label) {
  int32_t out[CROWD], n = 0;
  assert_int_equal(rp_reference_forward(made, x, out), RP_OK);
  for (int32_t j = 0; j < CROWD; j++)
    n += out[j] > out[label] || (out[j] == out[label] && j < label);
  return n;
}

static void decide_crowd(scene *s, int32_t k, int32_t radius, int64_t *count) {
  rp_condition *read;
  char property[32];
  net n;
  bool truth = false;
  snprintf(property, sizeof property, "not in top %d", k);
  assert_int_equal(rp_condition_read(property, &read, NULL), RP_OK);
  assert_true(net_for_check(s->engine, &n));
  forget_derived(&n);
  assert_null(rp_check_ask(&s->n, property, s->label, &n));
  for (int32_t i = 0; i < s->all.n; i++) {
    const uint8_t *const x = input_of(&s->all, i);
    int32_t wide_x[TINY_INPUTS];
    widened(x, s->n.n_in, wide_x);
    const bool is_out = count_before(s->engine, x, s->label) >= k;
    assert_int_equal(rp_check_predict(&n, wide_x) != 0, is_out);
    truth = truth || (is_out && distance_of(s->x, x, s->n.n_in) <= radius);
  }
  assert_int_equal(rp_verifier_ask(s->verifier, read, NULL), RP_OK);
  const rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS];
  rp_answer answer;
  rp_verify(s->verifier, &query, NULL, witness, &answer);
  assert_int_equal(answer.verdict, truth ? RP_VIOLATED : RP_ROBUST);
  if (truth)
    assert_true(count_before(s->engine, witness, s->label) >= k);
  else {
    const bytes b = stream_recorded(s->recorder);
    assert_true(accepted_alone(&n, s->x, 0, radius, b));
    free(b.data);
  }
  count[truth]++;
  rp_verifier_ask_classes(s->verifier);
  rp_condition_free(read);
  check_net_free(&n);
}

static void many_classes_are_counted(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t count[2] = {0, 0};
  for (int32_t i = 0; i < 60; i++) {
    scene s;
    scene_init_with(&rng, make_crowd(&rng), rp_rng_below(&rng, 2) ? 0 : 30, &s);
    for (int32_t k = 5; k <= 10; k++)
      decide_crowd(&s, k, (int32_t)between(&rng, 1, 15), count);
    scene_fini(&s);
  }
  printf("robust %lld, violated %lld\n", (long long)count[0],
         (long long)count[1]);
  assert_true(count[0] > 10 && count[1] > 10);
}

static void other_texts_are_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "class",
                                      "class 3",
                                      "class -1",
                                      "class 1 ",
                                      "not in top",
                                      "not in top 0",
                                      "not in top 3",
                                      "y0",
                                      "y0 >= ",
                                      "y3 >= 1",
                                      "y0 + y0 >= 1",
                                      "y0 >= 1 or",
                                      "y0 >= 1 xor y1 >= 1",
                                      "y0 >= 1 and",
                                      "70000 y0 >= 1",
                                      "y0 - >= 1",
                                      "0 y0 >= 1",
                                      "y0 > 1"};
  rp_rng rng = rng_of_test(__func__);
  scene s;
  do {
    scene_init(&rng, &plans[0], 0, &s);
    if (s.engine->n_out == 3) break;
    scene_fini(&s);
  } while (true);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    net n;
    assert_true(net_for_check(s.engine, &n));
    forget_derived(&n);
    if (!rp_check_ask(&s.n, texts[i], s.label, &n))
      fail_msg("was taken: '%s'", texts[i]);
    check_net_free(&n);
  }
  scene_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(properties_are_those_of_enumeration),
      cmocka_unit_test(many_classes_are_counted),
      cmocka_unit_test(other_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
