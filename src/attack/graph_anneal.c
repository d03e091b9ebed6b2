/* Annealing over single inputs on any network, from the best point of an
 * ascent: it gives up little of what the gradient found, and takes the last
 * steps that the gradient does not see. As in anneal.c almost all moves go to
 * an end of the input's box.
 *
 * Two moves of three change no output: they end inside the steps of inner
 * neurons. What they change there is counted too (graph_hidden.c), in full at
 * the start and less as it cools, as in anneal.c. Without it valid
 * sample 33 at radius 2 stays open, with it one series of 300,000 moves in
 * three finds a counterexample.
 *
 * Temperatures are in units of what moves change at the start: steps of 4-bit
 * and 8-bit outputs differ by more than any schedule could bear. */
#include <math.h>
#include <string.h>

#include "attack/climb.h"

enum {
  SAMPLED_MOVES = 64,
  MOVES_BETWEEN_CHECKS = 64,
  PASSES_BETWEEN_GRADIENTS = 24 /* whose worth of moves share a gradient */
};
static const double HOT = 0.04, COLD = 0.01;
/* What counts of the hidden changes, first and last. */
static const double HIDDEN_AT_FIRST = 1, HIDDEN_AT_LAST = 0.2;

typedef struct annealing {
  const climb_goal *goal;
  rival_aim aim;
  rp_rng *rng;
  int32_t n_movable;
  double scale; /* what a move changes */
  double temperature;
  double hidden; /* how much of hidden changes counts */
  double margin; /* at state->x */
  double most;   /* margin so far */
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
    const double hidden = run->hidden * graph_measure_hidden(attack, run->goal);
    if (found + hidden + bonus < run->margin) {
      graph_undo(state);
      ball_restore(attack, run->goal->ball, &room, &run->left);
      continue;
    }
    graph_accept(state);
    run->left -= cost;
    run->margin = found;
    run->most = fmax(run->most, found);
    if (rival_has_won(&run->aim, state->z)) return true;
  }
  return false;
}

/* The gradient follows the point, for a small share of the work. */
static void refresh_gradient(rp_attack *attack, const annealing *run,
                             int64_t *due) {
  const graph_state *state = &attack->graph;
  if (state->work < *due) return;
  climb_find_gradient(attack, state->z, run->goal);
  *due = state->work + PASSES_BETWEEN_GRADIENTS *
                           graph_count_products(attack->net) /
                           GRAPH_PRODUCTS_OF_A_TAP;
}

static bool cool_down(rp_attack *attack, annealing *run, int64_t work) {
  const int64_t start = attack->graph.work;
  int64_t due = start;
  for (;;) {
    const int64_t used = attack->graph.work - start;
    if (used >= work || rp_deadline_has_passed(run->goal->deadline))
      return false;
    const double part = (double)used / (double)work;
    run->temperature = run->scale * HOT * pow(COLD / HOT, part);
    run->hidden = HIDDEN_AT_FIRST + part * (HIDDEN_AT_LAST - HIDDEN_AT_FIRST);
    refresh_gradient(attack, run, &due);
    if (try_moves(attack, run)) return true;
  }
}

bool graph_anneal(rp_attack *attack, const climb_goal *goal, int64_t work,
                  rp_rng *rng, double *margin) {
  annealing run = {.goal = goal,
                   .aim = rival_aim_at(attack->net, goal->label, goal->rival),
                   .rng = rng,
                   .n_movable = chain_list_movable(attack, goal->lo, goal->hi)};
  run.left = ball_find_left(goal->ball, attack->graph.x, attack->net->n_in);
  run.margin = rival_measure_margin(&run.aim, attack->graph.z);
  *margin = run.most = run.margin;
  if (rival_has_won(&run.aim, attack->graph.z)) return true;
  if (run.n_movable == 0 || run.margin == -HUGE_VAL) return false;
  run.scale = measure_scale(attack, &run);
  const bool won = cool_down(attack, &run, work);
  *margin = run.most;
  return won;
}
