/* Queries with long searches on 1, 2, 3, 4 and 8 threads: every verdict is that
 * of enumeration, however often threads meet the end of a round together.
 *
 * Annealing is nearly left out, so that the search finds its own witnesses,
 * while its rounds still double: from the third on they run on all threads, and
 * each round's end is a chance to lose what another thread has just found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_query.h"
#include "verify/verify.h"

enum { REPEATS = 20 };

/* Of scenes whose search takes a hundred nodes and more on one thread, with
 * most compilers' floating point. */
static const uint64_t seeds_of_violated[] = {34906, 13136, 13783};
static const uint64_t seeds_of_robust[] = {16919, 3016,  10980, 9256,
                                           35868, 37831, 8584,  38023};

static const tiny_plan plan = {2, 3, 8, 4096, 127};
static const int64_t threads[] = {2, 3, 4, 8};

typedef struct scene {
  tiny_query query;
  int32_t radius;
} scene;

static void scene_init(rp_rng *rng, scene *s) {
  tiny_query_init(rng, &plan, &s->query);
  const int32_t most = s->query.net->in_hi;
  const int32_t first = s->query.distance > most ? most : s->query.distance;
  s->radius = first > 1 && rp_rng_below(rng, 2) ? first - 1 : first;
}

static void ask(const scene *s, int64_t n_threads, rp_answer *answer) {
  rp_options options;
  rp_options_default(&options);
  options.threads = n_threads;
  options.dual_steps = options.box_points = 0;
  options.attack_moves = 1;
  rp_verifier *verifier;
  assert_int_equal(rp_verifier_create(s->query.net, &options, &verifier, NULL),
                   RP_OK);
  rp_verifier_cut_at_once(verifier);
  const rp_question query = {
      .x = s->query.x, .label = s->query.label, .radius = s->radius};
  uint8_t witness[TINY_INPUTS];
  rp_verify(verifier, &query, NULL, witness, answer);
  rp_verifier_free(verifier);
  const bool violated = s->query.distance <= s->radius;
  assert_int_equal(answer->verdict, violated ? RP_VIOLATED : RP_ROBUST);
  if (!violated) return;
  int32_t prediction;
  assert_int_equal(rp_reference_predict(s->query.net, witness, &prediction),
                   RP_OK);
  assert_int_not_equal(prediction, s->query.label);
}

/* Returns the nodes of one run on one thread. */
static int64_t ask_again_and_again(uint64_t seed, bool violated) {
  rp_rng rng;
  rp_rng_init(&rng, seed);
  scene s;
  scene_init(&rng, &s);
  assert_int_equal(s.query.distance <= s.radius, violated);
  rp_answer answer;
  ask(&s, 1, &answer);
  const int64_t nodes = answer.stats.nodes;
  for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
    for (int32_t i = 0; i < REPEATS; i++) ask(&s, threads[t], &answer);
  tiny_query_fini(&s.query);
  return nodes;
}

static void verdicts_do_not_depend_on_threads(void **state) {
  (void)state;
  int64_t nodes = 0;
  for (size_t i = 0; i < sizeof seeds_of_violated / sizeof(uint64_t); i++)
    nodes += ask_again_and_again(seeds_of_violated[i], true);
  for (size_t i = 0; i < sizeof seeds_of_robust / sizeof(uint64_t); i++)
    nodes += ask_again_and_again(seeds_of_robust[i], false);
  assert_true(nodes > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verdicts_do_not_depend_on_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
