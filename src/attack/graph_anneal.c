/* Annealing over single inputs on any network, from the best point of an
 * ascent: it gives up little of what the gradient found, and takes the last
 * steps that the gradient does not see. As in anneal.c almost all moves go to
 * an end of the input's box.
 *
 * Temperatures are in units of what moves change at the start: steps of 4-bit
 * and 8-bit outputs differ by more than any schedule could bear. */
#include <math.h>
#include <string.h>

#include "attack/climb.h"

enum { SAMPLED_MOVES = 64, MOVES_BETWEEN_CHECKS = 64 };
static const double HOT = 0.3, COLD = 0.02;

typedef struct annealing {
  const climb_goal *goal;
  rival_aim aim;
  rp_rng *rng;
  int32_t n_movable;
  double scale; /* what a move changes */
  double temperature;
  double margin; /* at state->x */
  int32_t left;  /* of the ball's radius */
} annealing;

/* A random input, and a value for it that is not its own; 15 times in 16 an
 * end of its box. */
static int32_t propose(const rp_attack *attack, const annealing *run,
                       int32_t *pixel) {
  const uint64_t noise = rp_rng_u64(run->rng);
  *pixel = attack->movable[(noise >> 32) * (uint64_t)run->n_movable >> 32];
  const int32_t lo = run->goal->lo[*pixel], hi = run->goal->hi[*pixel];
  const int32_t value = attack->graph.x[*pixel];
  if ((noise & 15) == 0) {
    const int32_t other =
        lo + (int32_t)((noise >> 16 & 0xffff) * (uint64_t)(hi - lo) >> 16);
    return other < value ? other : other + 1;
  }
  const int32_t end = noise & 16 ? hi : lo;
  return end != value ? end : lo + hi - end;
}

/* False, and nothing has changed, if the ball has none for the move. */
static bool make_room(rp_attack *attack, annealing *run, int32_t pixel,
                      int32_t *value, ball_room *room) {
  const rp_attack_target *const ball = run->goal->ball;
  if (ball_make_room(attack, ball, run->rng, pixel, value, &run->left, room))
    return true;
  ball_restore(attack, ball, room, &run->left);
  return false;
}

/* Mean change of the margin by moves that change it; 1 if none does. */
static double measure_scale(rp_attack *attack, annealing *run) {
  graph_state *state = &attack->graph;
  double sum = 0;
  int32_t count = 0, pixel;
  for (int32_t m = 0; m < SAMPLED_MOVES; m++) {
    int32_t value = propose(attack, run, &pixel);
    ball_room room;
    if (!make_room(attack, run, pixel, &value, &room)) continue;
    graph_try(state, pixel, value);
    const double change =
        fabs(rival_measure_margin(&run->aim, state->z) - run->margin);
    graph_undo(state);
    ball_restore(attack, run->goal->ball, &room, &run->left);
    sum += change;
    count += change > 0;
  }
  return count > 0 ? sum / count : 1;
}

/* Some moves at one temperature; true when the rival has won. */
static bool try_moves(rp_attack *attack, annealing *run) {
  graph_state *state = &attack->graph;
  for (int32_t m = 0; m < MOVES_BETWEEN_CHECKS; m++) {
    int32_t pixel;
    int32_t value = propose(attack, run, &pixel);
    const uint64_t pick = rp_rng_u64(run->rng) & (LOG_TABLE - 1);
    ball_room room;
    if (!make_room(attack, run, pixel, &value, &room)) continue;
    const int32_t cost =
        ball_find_cost(run->goal->ball, pixel, state->x[pixel], value);
    graph_try(state, pixel, value);
    const double found = rival_measure_margin(&run->aim, state->z);
    const double bonus = run->temperature * (double)attack->minus_log[pick];
    if (found + bonus < run->margin) {
      graph_undo(state);
      ball_restore(attack, run->goal->ball, &room, &run->left);
      continue;
    }
    graph_accept(state);
    run->left -= cost;
    run->margin = found;
    if (rival_has_won(&run->aim, state->z)) return true;
  }
  return false;
}

bool graph_anneal(rp_attack *attack, const climb_goal *goal, int64_t work,
                  rp_rng *rng) {
  annealing run = {.goal = goal,
                   .aim = rival_aim_at(attack->net, goal->label, goal->rival),
                   .rng = rng,
                   .n_movable = twin_list_movable(attack, goal->lo, goal->hi)};
  run.left = ball_find_left(goal->ball, attack->graph.x, attack->net->n_in);
  run.margin = rival_measure_margin(&run.aim, attack->graph.z);
  if (rival_has_won(&run.aim, attack->graph.z)) return true;
  if (run.n_movable == 0 || run.margin == -HUGE_VAL) return false;
  run.scale = measure_scale(attack, &run);
  const int64_t start = attack->graph.work;
  for (;;) {
    const int64_t used = attack->graph.work - start;
    if (used >= work || rp_deadline_has_passed(goal->deadline)) return false;
    const double part = (double)used / (double)work;
    run.temperature = run.scale * HOT * pow(COLD / HOT, part);
    if (try_moves(attack, &run)) return true;
  }
}
