/* A counterexample nearer to the sample proves a smaller radius.
 *
 * For a smaller ball: clip the counterexample to it; if the clipped point is
 * none any more, walk from there inside the ball, toward the class that won.
 * Balls are tried by bisection, as a far smaller one is often enough, then one
 * by one while that works. */
#include <string.h>

#include "attack/climb.h"
#include "core/assert.h"

/* The ball around x, and the counterexample clipped to it. */
static void clip_to_ball(rp_attack *attack, const uint8_t *x, int32_t radius,
                         const uint8_t *witness) {
  const int32_t in_hi = attack->net->in_hi;
  for (int32_t p = 0; p < attack->net->n_in; p++) {
    const int32_t lo = x[p] - radius, hi = x[p] + radius;
    attack->box_lo[p] = (uint8_t)(lo > 0 ? lo : 0);
    attack->box_hi[p] = (uint8_t)(hi < in_hi ? hi : in_hi);
    const uint8_t from = witness[p];
    attack->best[p] = from < attack->box_lo[p]   ? attack->box_lo[p]
                      : from > attack->box_hi[p] ? attack->box_hi[p]
                                                 : from;
  }
}

/* From the clipped point, at which the class that wins is known. */
static bool walks_in_ball(rp_attack *attack, int32_t label,
                          const rp_deadline *deadline) {
  if (attack->n_layers == 0) {
    const climb_goal goal = {attack->box_lo,    attack->box_hi, label,
                             attack->aim.rival, deadline,       NULL};
    return graph_improve(attack, &goal, attack->best);
  }
  chain_move_to(attack, attack->best);
  return chain_walk(attack, attack->box_lo, attack->box_hi, deadline) &&
         chain_is_fooled(attack, attack->x, label);
}

/* Is there a counterexample in the ball of this radius, near the known one?
 * It replaces *witness. */
static bool has_witness_in_ball(rp_attack *attack, const uint8_t *x,
                                int32_t label, int32_t radius, uint8_t *witness,
                                const rp_deadline *deadline) {
  const size_t n = (size_t)attack->net->n_in;
  clip_to_ball(attack, x, radius, witness);
  if (chain_is_fooled(attack, attack->best, label)) {
    memcpy(witness, attack->best, n);
    return true;
  }
  if (!walks_in_ball(attack, label, deadline)) return false;
  memcpy(witness, attack->x, n);
  return true;
}

static int32_t measure_distance(const rp_attack_target *target,
                                const uint8_t *x, int32_t n) {
  return (int32_t)rp_norm_measure(target->norm, target->x, x, n);
}

int32_t rp_attack_shrink(rp_attack *attack, const rp_attack_target *target,
                         uint8_t *witness) {
  const int32_t n = attack->net->n_in, label = target->label;
  const uint8_t *const x = target->x;
  const rp_deadline *const deadline = target->deadline;
  int32_t distance = measure_distance(target, witness, n);
  if (!chain_is_fooled(attack, witness, label)) return distance;
  if (ball_of_target(target)) {
    ball_shrink(attack, target, witness);
    return measure_distance(target, witness, n);
  }
  const int32_t rival = rp_first_max(attack->out, attack->net->n_out);
  if (attack->n_layers > 0)
    chain_aim_at(attack, label, rival);
  else
    attack->aim.rival = rival;
  int32_t failed = 0; /* no counterexample was found within this radius */
  while (distance - failed > 1 && !rp_deadline_has_passed(deadline)) {
    const int32_t radius = (failed + distance) / 2;
    RP_ASSERT(radius > failed && radius < distance);
    if (has_witness_in_ball(attack, x, label, radius, witness, deadline))
      distance = measure_distance(target, witness, n);
    else
      failed = radius;
  }
  while (distance > 1 && !rp_deadline_has_passed(deadline) &&
         has_witness_in_ball(attack, x, label, distance - 1, witness, deadline))
    distance = measure_distance(target, witness, n);
  return distance;
}
