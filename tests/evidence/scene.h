/* A tiny network with a verifier that records proofs, and a sample of it whose
 * nearest counterexample is known by enumeration. */
#ifndef RAMPART_TESTS_SCENE_H
#define RAMPART_TESTS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "small_world.h"
#include "verify/verify.h"

typedef struct scene {
  rp_net *engine;
  net n;
  enumeration all;
  rp_verifier *verifier;
  rp_proof *recorder;
  const uint8_t *x;
  int32_t label, distance; /* of the nearest counterexample */
} scene;

/** @param engine      the scene's from now on
 *  @param dual_steps  of the verifier, which has no attacks: what is not proved
 *                     is found by the search */
static inline void scene_init_with(rp_rng *rng, rp_net *engine,
                                   int32_t dual_steps, scene *s) {
  rp_options options;
  rp_options_default(&options);
  options.threads = between(rng, 1, 4);
  options.dual_steps = dual_steps;
  options.box_points = rp_rng_below(rng, 4) ? 0 : 65536;
  options.attack_moves = 0;
  *s = (scene){.engine = engine};
  assert_non_null(s->engine);
  assert_true(net_for_check(s->engine, &s->n));
  enumerate(s->engine, &s->all);
  assert_int_equal(rp_verifier_create(s->engine, &options, &s->verifier, NULL),
                   RP_OK);
  rp_verifier_cut_at_once(s->verifier);
  assert_int_equal(rp_proof_create(&s->recorder), RP_OK);
  rp_verifier_record(s->verifier, s->recorder);
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  s->x = input_of(&s->all, k);
  s->label = s->all.prediction[k];
  (void)nearest_change(&s->all, s->x, s->label, &s->distance);
}

static inline void scene_init(rp_rng *rng, const tiny_plan *plan,
                              int32_t dual_steps, scene *s) {
  scene_init_with(rng, small_net(rng, plan), dual_steps, s);
}

static inline void scene_fini(scene *s) {
  rp_verifier_free(s->verifier);
  rp_proof_free(s->recorder);
  enumeration_fini(&s->all);
  check_net_free(&s->n);
  rp_net_free(s->engine);
}

#endif
