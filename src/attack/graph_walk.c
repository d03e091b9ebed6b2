/* Greedy walk on any network: input after input to an end of its box, round
 * after round until the margin does not rise. Ends that the gradient points to
 * come first, and are also taken where they change nothing yet: several
 * together may pass a step. Steps of one unit come last, for the residues. */
#include <math.h>
#include <string.h>

#include "attack/climb.h"

enum { INPUTS_BETWEEN_CHECKS = 32 };

typedef struct walk {
  const climb_goal *goal;
  rival_aim aim;
  double margin; /* at state->x */
  bool unit;     /* by single units, else to the ends of the box */
  bool rose;     /* in this round */
  int32_t left;  /* of the ball's radius */
} walk;

/* Moves one input if the ball has room for it and the margin rises, or stays
 * the same and `flat` is fine. */
static bool try_value(graph_state *state, walk *w, int32_t pixel, int32_t value,
                      bool flat) {
  const int32_t cost =
      ball_find_cost(w->goal->ball, pixel, state->x[pixel], value);
  if (value == state->x[pixel] || cost > w->left) return false;
  graph_try(state, pixel, value);
  const double found = rival_measure_margin(&w->aim, state->z);
  if (!(found > w->margin || (flat && found == w->margin)) &&
      !rival_has_won(&w->aim, state->z)) {
    graph_undo(state);
    return false;
  }
  graph_accept(state);
  w->left -= cost;
  w->rose = w->rose || found > w->margin;
  w->margin = found;
  return true;
}

static int32_t choose_value(const walk *w, int32_t value, int32_t pixel,
                            bool up) {
  const int32_t end = up ? w->goal->hi[pixel] : w->goal->lo[pixel];
  return w->unit && end != value ? value + (up ? 1 : -1) : end;
}

static bool try_pixel(rp_attack *attack, walk *w, int32_t pixel) {
  graph_state *state = &attack->graph;
  const float slope = attack->gradient[pixel];
  const int32_t value = state->x[pixel];
  const int32_t along = choose_value(w, value, pixel, slope > 0);
  const int32_t against = choose_value(w, value, pixel, !(slope > 0));
  return try_value(state, w, pixel, along, slope != 0) ||
         try_value(state, w, pixel, against, false);
}

/* One round over all movable inputs; false when the search must end. */
static bool walk_round(rp_attack *attack, walk *w, int32_t n_movable,
                       int64_t *work) {
  graph_state *state = &attack->graph;
  climb_find_gradient(attack, state->z, w->goal);
  w->rose = false;
  for (int32_t m = 0; m < n_movable; m++) {
    const int64_t before = state->work;
    const bool moved = try_pixel(attack, w, attack->movable[m]);
    *work -= state->work - before;
    if (moved && rival_has_won(&w->aim, state->z)) return true;
    if (*work <= 0) return false;
    if (m % INPUTS_BETWEEN_CHECKS == 0 &&
        rp_deadline_has_passed(w->goal->deadline))
      return false;
  }
  return true;
}

bool graph_walk(rp_attack *attack, const climb_goal *goal, int64_t *work) {
  const int32_t n = chain_list_movable(attack, goal->lo, goal->hi);
  walk w = {.goal = goal,
            .aim = rival_aim_at(attack->net, goal->label, goal->rival)};
  w.left = ball_find_left(goal->ball, attack->graph.x, attack->net->n_in);
  w.margin = rival_measure_margin(&w.aim, attack->graph.z);
  while (!rival_has_won(&w.aim, attack->graph.z)) {
    if (w.margin == -HUGE_VAL || !walk_round(attack, &w, n, work)) return false;
    if (w.rose) continue;
    if (rival_has_won(&w.aim, attack->graph.z)) break;
    if (w.unit || w.margin < -1) return false; /* more than a step away */
    w.unit = true;
  }
  return true;
}
