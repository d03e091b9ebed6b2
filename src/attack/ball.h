/* Searches inside a ball in L1 or L0: what points cost, the best point for a
 * direction, and room for a move. A box alone has no ball, and no limit. */
#ifndef RAMPART_ATTACK_BALL_H
#define RAMPART_ATTACK_BALL_H

#include "attack/chain.h"

/** The ball that a target has beside its box; NULL: none. */
static inline const rp_attack_target *
ball_of_target(const rp_attack_target *target) {
  return target->norm == RP_NORM_LINF ? NULL : target;
}

/** What is left of the radius at a point; INT32_MAX without a ball. */
int32_t ball_find_left(const rp_attack_target *ball, const uint8_t *x,
                       int32_t n);

/** What it costs that an input becomes `to` instead of `from`; 0 without a
 *  ball. */
int32_t ball_find_cost(const rp_attack_target *ball, int32_t pixel,
                       int32_t from, int32_t to);

/** Set attack->x to the point of the ball that goes farthest along
 *  attack->direction. Cost: O(inputs + radius^2). */
void ball_go_farthest(rp_attack *attack, const rp_attack_target *ball);

/** Set attack->x to a random point at the ball's edge. */
void ball_choose_start(rp_attack *attack, const rp_attack_target *ball,
                       rp_rng *rng);

/** A move of attack->graph that makes room for another one. */
typedef struct ball_room {
  int32_t pixel, value; /* that went back toward the sample, and what it was;
                           -1: none */
} ball_room;

/** Make room for pixel = *value: a random other input goes back. If there is
 *  too little room *value comes nearer to what the pixel was.
 *  @param left  what is left of the radius, updated
 *  Returns false if no room could be made. */
bool ball_make_room(rp_attack *attack, const rp_attack_target *ball,
                    rp_rng *rng, int32_t pixel, int32_t *value, int32_t *left,
                    ball_room *room);
/** Undo that; no move may be pending. */
void ball_restore(rp_attack *attack, const rp_attack_target *ball,
                  const ball_room *room, int32_t *left);

/** Inputs of a counterexample go back to the sample, or toward it, while it
 *  stays one. */
void ball_shrink(rp_attack *attack, const rp_attack_target *ball,
                 uint8_t *witness);

#endif
