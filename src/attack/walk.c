/* Greedy walk: pixel after pixel to the end of its box that raises the score,
 * round after round until none does. It is meant for points that are nearly
 * there: LP points, dual maximizers, clipped counterexamples. Steps of one unit
 * come last, for the residues. */
#include <string.h>

#include "attack/climb.h"
#include "attack/move.h"

static const float walk_weight = 0.5f;

/* Moves one pixel by `change` if the score rises; *score follows. */
RP_INLINED bool try_improvement(rp_attack *attack, int32_t pixel,
                                int32_t change, float *score, twin_ends *ends) {
  if (change == 0) return false;
  const twin_ends after = compute_ends_after_move(attack, pixel, change);
  const float found = compute_score(&attack->aim, &after, walk_weight);
  if (found <= *score && !is_aim_met(attack, &after)) return false;
  accept_move(attack, pixel, change);
  *score = found;
  *ends = after;
  return true;
}

/* One round over all movable pixels; true if the score rose. unit: by single
 * units, else to the ends of the box. */
RP_VECTOR_CLONES
static bool walk_round(rp_attack *attack, const uint8_t *box_lo,
                       const uint8_t *box_hi, int32_t n_movable, bool unit,
                       twin_ends *ends) {
  float score = compute_score(&attack->aim, ends, walk_weight);
  bool rose = false;
  for (int32_t m = 0; m < n_movable; m++) {
    const int32_t p = attack->movable[m], value = attack->x[p];
    const int32_t down = value > box_lo[p] ? (unit ? 1 : value - box_lo[p]) : 0;
    const int32_t up = value < box_hi[p] ? (unit ? 1 : box_hi[p] - value) : 0;
    if (!try_improvement(attack, p, -down, &score, ends) &&
        !try_improvement(attack, p, up, &score, ends))
      continue;
    rose = true;
    if (is_aim_met(attack, ends)) return true;
  }
  return rose;
}

/* Only a point within a step of its aim is worth single units. */
static bool is_near(const rp_attack *attack, const twin_ends *ends) {
  const twin_aim *aim = &attack->aim;
  return compute_slack(aim, (float)ends->z_y, (float)ends->z_j) >= -aim->step;
}

/* A round works with sums that drift: what it takes for a rise may be none, and
 * the next round would take the way back for another. Only scores that were
 * computed anew are compared from round to round, and so none comes twice. */
bool twin_walk(rp_attack *attack, const uint8_t *box_lo, const uint8_t *box_hi,
               const rp_deadline *deadline) {
  const int32_t n_movable = twin_list_movable(attack, box_lo, box_hi);
  twin_ends ends = compute_ends(attack, attack->now);
  float score = compute_score(&attack->aim, &ends, walk_weight);
  bool unit = false;
  while (!is_aim_met(attack, &ends)) {
    if (rp_deadline_has_passed(deadline)) return false;
    const bool moved =
        walk_round(attack, box_lo, box_hi, n_movable, unit, &ends);
    if (is_aim_met(attack, &ends)) break;
    twin_refresh(attack);
    ends = compute_ends(attack, attack->now);
    const float before = score;
    score = compute_score(&attack->aim, &ends, walk_weight);
    const bool rose = moved && score > before;
    if (!rose && (unit || !is_near(attack, &ends))) return false;
    unit = unit || !rose;
  }
  return true;
}

static bool walk_toward(rp_attack *attack, const rp_attack_target *target,
                        int32_t rival, const uint8_t *start) {
  const climb_goal goal = climb_goal_of(target, rival);
  if (!climb_has_twins(attack, &goal))
    return graph_improve(attack, &goal, start);
  twin_aim_at(attack, target->label, rival);
  twin_move_to(attack, start);
  return twin_walk(attack, target->box_lo, target->box_hi, target->deadline) &&
         twin_is_fooled(attack, attack->x, target->label);
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
