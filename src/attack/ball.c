/* Points and moves of balls in L1 and L0. */
#include "attack/ball.h"

#include <math.h>
#include <string.h>

#include "core/assert.h"

int32_t ball_find_left(const rp_attack_target *ball, const uint8_t *x,
                       int32_t n) {
  return ball ? (int32_t)(ball->radius -
                          rp_norm_measure(ball->norm, ball->x, x, n))
              : INT32_MAX;
}

int32_t ball_find_cost(const rp_attack_target *ball, int32_t pixel,
                       int32_t from, int32_t to) {
  if (!ball) return 0;
  const int32_t centre = ball->x[pixel];
  return rp_norm_cost(ball->norm, to - centre) -
         rp_norm_cost(ball->norm, from - centre);
}

/* ---------------------------------------------------------- best and random
 */

/* How far an input can go along the direction. */
static int32_t find_reach(const rp_attack *attack, const rp_attack_target *ball,
                          int32_t p) {
  return attack->direction[p] > 0 ? ball->box_hi[p] - ball->x[p]
                                  : ball->x[p] - ball->box_lo[p];
}

/* What a unit of the radius gains there. */
static float find_gain(const rp_attack *attack, const rp_attack_target *ball,
                       int32_t p) {
  const int32_t reach = find_reach(attack, ball, p);
  const float slope = fabsf(attack->direction[p]);
  return ball->norm == RP_NORM_L0 ? slope * (float)reach
                                  : (reach > 0 ? slope : 0);
}

/* The dearest inputs into attack->moved, at most `most`; returns how many. */
static int32_t list_dearest(rp_attack *attack, const rp_attack_target *ball,
                            int32_t most) {
  int32_t *const best = attack->moved, n = 0;
  for (int32_t p = 0; p < attack->net->n_in; p++) {
    const float gain = find_gain(attack, ball, p);
    attack->gain[p] = gain;
    if (!(gain > 0) || (n == most && gain <= attack->gain[best[n - 1]]))
      continue;
    int32_t at = n < most ? n++ : n - 1;
    for (; at > 0 && attack->gain[best[at - 1]] < gain; at--)
      best[at] = best[at - 1];
    best[at] = p;
  }
  return n;
}

/* Move an input away from the sample by as much as is left. */
static void go(rp_attack *attack, const rp_attack_target *ball, int32_t p,
               bool up, int32_t *left) {
  const int32_t reach =
      up ? ball->box_hi[p] - ball->x[p] : ball->x[p] - ball->box_lo[p];
  const bool is_whole = ball->norm == RP_NORM_L0 || reach < *left;
  const int32_t moved = is_whole ? reach : *left;
  attack->x[p] = (uint8_t)(up ? ball->x[p] + moved : ball->x[p] - moved);
  *left -= rp_norm_cost(ball->norm, moved);
}

void ball_go_farthest(rp_attack *attack, const rp_attack_target *ball) {
  const int32_t n = attack->net->n_in;
  const int32_t most = ball->radius < n ? ball->radius : n;
  const int32_t count = list_dearest(attack, ball, most);
  int32_t left = ball->radius;
  memcpy(attack->x, ball->x, (size_t)n);
  for (int32_t i = 0; i < count && left > 0; i++) {
    const int32_t p = attack->moved[i];
    go(attack, ball, p, attack->direction[p] > 0, &left);
  }
}

void ball_choose_start(rp_attack *attack, const rp_attack_target *ball,
                       rp_rng *rng) {
  const int32_t n = attack->net->n_in;
  int32_t left = ball->radius;
  memcpy(attack->x, ball->x, (size_t)n);
  for (int32_t tries = 0; tries < 2 * ball->radius && left > 0; tries++) {
    const int32_t p = (int32_t)rp_rng_below(rng, (uint32_t)n);
    if (attack->x[p] == ball->x[p])
      go(attack, ball, p, rp_rng_u64(rng) >> 63, &left);
  }
}

/* --------------------------------------------------------------------- room
 */

/* A random input other than `pixel` that has changed; -1: none. */
static int32_t pick_changed(rp_attack *attack, const rp_attack_target *ball,
                            rp_rng *rng, int32_t pixel) {
  int32_t n = 0;
  for (int32_t p = 0; p < attack->net->n_in; p++)
    if (attack->graph.x[p] != ball->x[p] && p != pixel) attack->moved[n++] = p;
  return n > 0 ? attack->moved[rp_rng_below(rng, (uint32_t)n)] : -1;
}

/* Toward the sample, by as much as frees `need`. */
static int32_t find_value_back(const rp_attack_target *ball, int32_t from,
                               int32_t centre, int32_t need) {
  const int32_t away = from > centre ? from - centre : centre - from;
  if (ball->norm == RP_NORM_L0 || need >= away) return centre;
  return from > centre ? from - need : from + need;
}

static void set(rp_attack *attack, const rp_attack_target *ball, int32_t pixel,
                int32_t value, int32_t *left) {
  *left -= ball_find_cost(ball, pixel, attack->graph.x[pixel], value);
  graph_try(&attack->graph, pixel, value);
  graph_accept(&attack->graph);
}

bool ball_make_room(rp_attack *attack, const rp_attack_target *ball,
                    rp_rng *rng, int32_t pixel, int32_t *value, int32_t *left,
                    ball_room *room) {
  *room = (ball_room){-1, 0};
  if (!ball) return true;
  const int32_t from = attack->graph.x[pixel];
  const int32_t cost = ball_find_cost(ball, pixel, from, *value);
  if (cost <= *left) return true;
  const int32_t other = pick_changed(attack, ball, rng, pixel);
  if (other >= 0) {
    *room = (ball_room){other, attack->graph.x[other]};
    set(attack, ball, other,
        find_value_back(ball, room->value, ball->x[other], cost - *left), left);
  }
  const int32_t lacking = cost - *left;
  if (lacking <= 0) return true;
  if (ball->norm == RP_NORM_L0) return false;
  *value += *value > ball->x[pixel] ? -lacking : lacking;
  return *value != from;
}

void ball_restore(rp_attack *attack, const rp_attack_target *ball,
                  const ball_room *room, int32_t *left) {
  if (room->pixel >= 0) set(attack, ball, room->pixel, room->value, left);
}

/* ------------------------------------------------------------------- shrink
 */

/* Does it stay a counterexample with another value of an input? */
static bool may_become(rp_attack *attack, const rp_attack_target *ball,
                       uint8_t *witness, int32_t p, int32_t value) {
  const uint8_t was = witness[p];
  witness[p] = (uint8_t)value;
  if (chain_is_fooled(attack, witness, ball->label)) return true;
  witness[p] = was;
  return false;
}

/* By halving the rest of the way, which in L0 is not worth it. */
static void shrink_input(rp_attack *attack, const rp_attack_target *ball,
                         uint8_t *witness, int32_t p) {
  int32_t failed = ball->x[p];
  if (witness[p] == failed) return;
  if (may_become(attack, ball, witness, p, failed)) return;
  while (ball->norm == RP_NORM_L1) {
    const int32_t middle = (failed + witness[p]) / 2;
    if (middle == failed || middle == witness[p]) return;
    if (!may_become(attack, ball, witness, p, middle)) failed = middle;
  }
}

void ball_shrink(rp_attack *attack, const rp_attack_target *ball,
                 uint8_t *witness) {
  for (int32_t p = 0; p < attack->net->n_in; p++) {
    if (rp_deadline_has_passed(ball->deadline)) return;
    shrink_input(attack, ball, witness, p);
  }
}
