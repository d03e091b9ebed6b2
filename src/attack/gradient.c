/* Sign-gradient ascent on the integer network, straight-through.
 *
 * The gradient of z_j - z_y is taken as if every staircase were its line, and
 * passed on where the step is not clipped. Each start, the sample and random
 * corners, is followed for each rival: a long stride to the far corner first,
 * then shorter ones. Any wrong prediction on the way counts, not only the
 * rival's. Most violated queries fall here, in the first few strides. A
 * patient ascent takes more strides, which keep part of their direction. */
#include <math.h>
#include <string.h>

#include "attack/climb.h"

enum { STARTS = 3, NEAREST = 5 };

static const climb_plan quick_climb = {6, 1, 0.5f, 0};
const climb_plan patient_climb = {30, 1, 0.85f, 0.75f};

/* Of a maximum's accumulators only the greatest has the gradient. */
static void pass_to_greatest(rp_attack *attack, const rp_block *block,
                             const int32_t *z) {
  float *gradient = attack->above + block->first;
  float *of_neuron = attack->spare;
  memcpy(of_neuron, gradient, (size_t)block->n_out * sizeof *gradient);
  memset(gradient, 0, (size_t)block->n_acc * sizeof *gradient);
  for (int32_t i = 0; i < block->n_out; i++) {
    const rp_rows members = rp_block_members(block, i);
    int32_t best = members.row[0];
    for (int32_t n = 1; n < members.n; n++)
      if (z[members.row[n]] > z[best]) best = members.row[n];
    gradient[best] = of_neuron[i];
  }
}

/* Gradient of the activations of block k, times the slope of their lines. */
static void pass_through_stairs(rp_attack *attack, const rp_block *block,
                                const int32_t *all_z) {
  const int32_t *z = all_z + block->first;
  float *gradient = attack->above + block->first;
  if (block->owner) pass_to_greatest(attack, block, z);
  for (int32_t i = 0; i < block->n_acc; i++) {
    const rp_stair *stair = &block->stair[i];
    gradient[i] *= rp_stair_is_clipped(stair, z[i]) ? 0 : rp_stair_slope(stair);
  }
}

/* Sum over the terms that read one source of n values. */
static void collect(rp_attack *attack, const rp_use *uses, int32_t n_uses,
                    rp_rows last_rows, int32_t n, float *gradient) {
  const rp_net *net = attack->net;
  memset(gradient, 0, (size_t)n * sizeof *gradient);
  for (int32_t u = 0; u < n_uses; u++) {
    const rp_block *above = &net->block[uses[u].block];
    const rp_op *op = above->term[uses[u].term].op;
    const bool last = uses[u].block + 1 == net->n_blocks;
    op->kind->transpose_gradient(op, last ? last_rows : rp_op_rows(op),
                                 attack->above + above->first, gradient);
  }
}

void climb_find_gradient(rp_attack *attack, const int32_t *z,
                         const climb_goal *goal) {
  const rp_net *net = attack->net;
  const int32_t last = net->n_blocks - 1, row[2] = {goal->rival, goal->label};
  const rp_rows rows = {2, row};
  float weight[2] = {1, -1};
  if (!climb_is_on_chain(attack, goal)) {
    const rival_aim aim = rival_aim_at(net, goal->label, goal->rival);
    rival_find_weights(&aim, z, weight);
  }
  attack->above[net->block[last].first + goal->rival] = weight[0];
  attack->above[net->block[last].first + goal->label] = weight[1];
  for (int32_t k = last - 1; k >= 0; k--) {
    const rp_block *block = &net->block[k];
    collect(attack, block->use, block->n_uses, rows, block->n_out,
            attack->above + block->first);
    pass_through_stairs(attack, block, z);
  }
  collect(attack, net->use, net->n_uses, rows, net->n_in, attack->gradient);
}

/* Gradients count by their signs and proportions, not by their size. */
static void turn(rp_attack *attack, float momentum) {
  const int32_t n = attack->net->n_in;
  float most = 0;
  for (int32_t p = 0; p < n; p++)
    most = fmaxf(most, fabsf(attack->gradient[p]));
  if (most == 0) return;
  for (int32_t p = 0; p < n; p++)
    attack->direction[p] =
        momentum * attack->direction[p] + attack->gradient[p] / most;
}

/* x moves by `part` of each pixel's box along the direction's sign; in a ball
 * it goes where the direction is best served. */
static void stride(rp_attack *attack, const climb_goal *goal, float part) {
  if (goal->ball) {
    ball_go_farthest(attack, goal->ball);
    return;
  }
  for (int32_t p = 0; p < attack->net->n_in; p++) {
    const float g = attack->direction[p];
    if (g == 0) continue;
    const int32_t lo = goal->lo[p], hi = goal->hi[p];
    const int32_t length = (int32_t)ceilf(part * (float)(hi - lo));
    const int32_t moved = attack->x[p] + (g > 0 ? length : -length);
    attack->x[p] = (uint8_t)(moved < lo ? lo : moved > hi ? hi : moved);
  }
}

/* attack->x is the best point so far, if it is. */
static void keep_best(rp_attack *attack, const rival_aim *aim, double *margin) {
  const double found = rival_measure_margin(aim, attack->all_z);
  if (found < *margin) return;
  *margin = found;
  memcpy(attack->best, attack->x, (size_t)attack->net->n_in);
}

bool climb_by_gradient(rp_attack *attack, const climb_goal *goal,
                       const climb_plan *plan, double *margin) {
  const rival_aim aim = rival_aim_at(attack->net, goal->label, goal->rival);
  float part = plan->first;
  memset(attack->direction, 0,
         (size_t)attack->net->n_in * sizeof *attack->direction);
  *margin = -HUGE_VAL;
  if (!climb_is_on_chain(attack, goal)) keep_best(attack, &aim, margin);
  for (int s = 0; s < plan->strides; s++, part *= plan->factor) {
    climb_find_gradient(attack, attack->all_z, goal);
    turn(attack, plan->momentum);
    stride(attack, goal, part);
    if (chain_is_fooled(attack, attack->x, goal->label)) return true;
    if (!climb_is_on_chain(attack, goal)) keep_best(attack, &aim, margin);
  }
  if (!climb_is_on_chain(attack, goal))
    attack->nearest = fmax(attack->nearest, *margin);
  return false;
}

static void choose_start(rp_attack *attack, const rp_attack_target *target,
                         int start, rp_rng *rng) {
  if (start > 0 && ball_of_target(target)) {
    ball_choose_start(attack, target, rng);
    return;
  }
  for (int32_t p = 0; p < attack->net->n_in; p++)
    attack->x[p] = start == 0              ? target->x[p]
                   : rp_rng_u64(rng) >> 63 ? target->box_hi[p]
                                           : target->box_lo[p];
}

/* Toward the first n rivals of attack->order. */
static bool climb_from_all_starts(rp_attack *attack,
                                  const rp_attack_target *target, int32_t n,
                                  const climb_plan *plan) {
  rp_rng rng;
  rp_rng_init(&rng, target->seed);
  for (int start = 0; start < STARTS; start++)
    for (int32_t i = 0; i < n; i++) {
      const climb_goal goal = climb_goal_of(target, attack->order[i]);
      double margin;
      if (rp_deadline_has_passed(target->deadline)) return false;
      choose_start(attack, target, start, &rng);
      if (chain_is_fooled(attack, attack->x, target->label) ||
          climb_by_gradient(attack, &goal, plan, &margin))
        return true;
    }
  return false;
}

void climb_sort_rivals(rp_attack *attack, const rp_attack_target *target,
                       int32_t n) {
  (void)chain_is_fooled(attack, target->x, target->label);
  for (int32_t i = 0; i < n; i++) {
    const int32_t rival = attack->order[i];
    const rival_aim aim = rival_aim_at(attack->net, target->label, rival);
    attack->promise[rival] = (float)rival_measure_margin(&aim, attack->all_z);
  }
  rivals_sort(attack->order, attack->promise, n);
}

static bool climb_toward_all(rp_attack *attack, const rp_attack_target *target,
                             const climb_plan *plan) {
  const int32_t n = chain_list_rivals(attack, target->label, NULL);
  if (attack->n_layers > 0 && !ball_of_target(target))
    return climb_from_all_starts(attack, target, n, plan);
  climb_sort_rivals(attack, target, n);
  return climb_from_all_starts(attack, target, n < NEAREST ? n : NEAREST, plan);
}

bool rp_attack_gradient(rp_attack *attack, const rp_attack_target *target,
                        rp_attack_effort effort, uint8_t *witness,
                        rp_stats *stats) {
  const double start_s = rp_clock_wall_s();
  attack->nearest = NAN;
  const bool hit = climb_toward_all(attack, target,
                                    effort == RP_ATTACK_QUICK ? &quick_climb
                                                              : &patient_climb);
  if (hit) memcpy(witness, attack->x, (size_t)attack->net->n_in);
  stats->attack_hits += hit;
  stats->attack_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  return hit;
}

double rp_attack_nearest(const rp_attack *attack) {
  return attack->nearest;
}
