/* Greedy walk: pixel after pixel to the end of its box that raises the score,
 * round after round until none does. It is meant for points that are nearly
 * there: LP points, dual maximizers, clipped counterexamples. Steps of one unit
 * come last, for the residues. */
#include <string.h>

#include "attack/climb.h"
#include "attack/move.h"

/* Of what is hidden. */
static const float walk_share = 0.5f;

typedef struct walk {
  const uint8_t *box_lo, *box_hi;
  int32_t n_movable;
  bool unit; /* steps of one unit, not to the ends of the box */
  chain_ends ends;
  float score;
} walk;

/* Moves one pixel by `change` if the score rises. */
RP_INLINED bool try_improvement(rp_attack *attack, walk *w, int32_t pixel,
                                int32_t change) {
  if (change == 0) return false;
  const chain_ends after = compute_ends_after_move(attack, pixel, change);
  const float found = compute_score(&attack->aim, &after, walk_share);
  if (!(found > w->score) && !is_aim_met(attack, &after)) return false;
  accept_move(attack, pixel, change);
  w->score = found;
  w->ends = after;
  return true;
}

/* One round over all movable pixels; true if the score rose. */
RP_VECTOR_CLONES
static bool walk_round(rp_attack *attack, walk *w) {
  bool rose = false;
  for (int32_t m = 0; m < w->n_movable; m++) {
    const int32_t p = attack->movable[m], value = attack->x[p];
    const int32_t lo = w->box_lo[p], hi = w->box_hi[p];
    const int32_t down = value > lo ? (w->unit ? 1 : value - lo) : 0;
    const int32_t up = value < hi ? (w->unit ? 1 : hi - value) : 0;
    if (!try_improvement(attack, w, p, -down) &&
        !try_improvement(attack, w, p, up))
      continue;
    rose = true;
    if (is_aim_met(attack, &w->ends)) return true;
  }
  return rose;
}

/* Only a point within a step of its aim is worth single units. */
static bool is_near(const rp_attack *attack, const chain_ends *ends) {
  const chain_aim *aim = &attack->aim;
  return compute_slack(aim, (float)ends->z_y, (float)ends->z_j) >= -aim->step;
}

/* Pulls stay those of the start: so the score is a function of the point alone,
 * and as it rises, no point comes twice. */
bool chain_walk(rp_attack *attack, const uint8_t *box_lo, const uint8_t *box_hi,
                const rp_deadline *deadline) {
  walk w = {.box_lo = box_lo,
            .box_hi = box_hi,
            .n_movable = chain_list_movable(attack, box_lo, box_hi),
            .ends = compute_ends(attack, 0)};
  w.score = compute_score(&attack->aim, &w.ends, walk_share);
  while (!is_aim_met(attack, &w.ends)) {
    if (rp_deadline_has_passed(deadline)) return false;
    const bool rose = walk_round(attack, &w);
    if (is_aim_met(attack, &w.ends)) break;
    if (!rose && (w.unit || !is_near(attack, &w.ends))) return false;
    w.unit = w.unit || !rose;
  }
  return true;
}

static bool walk_toward(rp_attack *attack, const rp_attack_target *target,
                        int32_t rival, const uint8_t *start) {
  const climb_goal goal = climb_goal_of(target, rival);
  if (!climb_is_on_chain(attack, &goal))
    return graph_improve(attack, &goal, start);
  chain_aim_at(attack, target->label, rival);
  chain_move_to(attack, start);
  return chain_walk(attack, target->box_lo, target->box_hi, target->deadline) &&
         chain_is_fooled(attack, attack->x, target->label);
}

bool rp_attack_walk(rp_attack *attack, const rp_attack_target *target,
                    int32_t rival, const uint8_t *start, uint8_t *witness,
                    rp_stats *stats) {
  const double start_s = rp_clock_wall_s();
  const bool hit = walk_toward(attack, target, rival, start);
  if (hit) memcpy(witness, attack->x, (size_t)attack->net->n_in);
  stats->attack_hits += hit;
  stats->attack_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  return hit;
}
