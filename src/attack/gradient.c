/* Sign-gradient ascent on the integer network, straight-through.
 *
 * The gradient of z_j - z_y is taken as if every staircase were its line, and
 * passed on where the step is not clipped. Each start, the sample and random
 * corners, is followed for each rival: a long stride to the far corner first,
 * then shorter ones. Any wrong prediction on the way counts, not only the
 * rival's. Most violated queries fall here, in the first few strides. */
#include <math.h>
#include <string.h>

#include "attack/twin.h"

enum { STARTS = 3, STRIDES = 6 };

/* Gradient of the activations of block k, times the slope of their lines. */
static void pass_through_stairs(rp_attack *attack, const rp_block *block) {
  const int32_t *z = attack->all_z + block->first;
  float *gradient = attack->above + block->first;
  for (int32_t i = 0; i < block->n_out; i++) {
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

/* Gradient of z_j - z_y at the point whose accumulators are in all_z. */
static void compute_gradient(rp_attack *attack, int32_t label, int32_t rival) {
  const rp_net *net = attack->net;
  const int32_t last = net->n_blocks - 1, row[2] = {rival, label};
  const rp_rows rows = {2, row};
  attack->above[net->block[last].first + rival] = 1;
  attack->above[net->block[last].first + label] = -1;
  for (int32_t k = last - 1; k >= 0; k--) {
    const rp_block *block = &net->block[k];
    collect(attack, block->use, block->n_uses, rows, block->n_out,
            attack->above + block->first);
    pass_through_stairs(attack, block);
  }
  collect(attack, net->use, net->n_uses, rows, net->n_in, attack->gradient);
}

/* x moves by `part` of each pixel's box along the gradient's sign. */
static void stride(rp_attack *attack, const rp_attack_target *target,
                   float part) {
  for (int32_t p = 0; p < attack->net->n_in; p++) {
    const float g = attack->gradient[p];
    if (g == 0) continue;
    const int32_t lo = target->box_lo[p], hi = target->box_hi[p];
    const int32_t length = (int32_t)ceilf(part * (float)(hi - lo));
    const int32_t moved = attack->x[p] + (g > 0 ? length : -length);
    attack->x[p] = (uint8_t)(moved < lo ? lo : moved > hi ? hi : moved);
  }
}

static bool climb(rp_attack *attack, const rp_attack_target *target,
                  int32_t rival) {
  float part = 1;
  for (int s = 0; s < STRIDES; s++, part *= 0.5f) {
    compute_gradient(attack, target->label, rival);
    stride(attack, target, part);
    if (twin_is_fooled(attack, attack->x, target->label)) return true;
  }
  return false;
}

static void choose_start(rp_attack *attack, const rp_attack_target *target,
                         int start, rp_rng *rng) {
  for (int32_t p = 0; p < attack->net->n_in; p++)
    attack->x[p] = start == 0              ? target->x[p]
                   : rp_rng_u64(rng) >> 63 ? target->box_hi[p]
                                           : target->box_lo[p];
}

static bool climb_from_all_starts(rp_attack *attack,
                                  const rp_attack_target *target) {
  rp_rng rng;
  rp_rng_init(&rng, target->seed);
  for (int start = 0; start < STARTS; start++)
    for (int32_t j = 0; j < attack->net->n_out; j++) {
      if (j == target->label) continue;
      if (rp_deadline_has_passed(target->deadline)) return false;
      choose_start(attack, target, start, &rng);
      if (twin_is_fooled(attack, attack->x, target->label) ||
          climb(attack, target, j))
        return true;
    }
  return false;
}

bool rp_attack_gradient(rp_attack *attack, const rp_attack_target *target,
                        uint8_t *witness, rp_stats *stats) {
  const double start_s = rp_clock_wall_s();
  const bool hit = climb_from_all_starts(attack, target);
  if (hit) memcpy(witness, attack->x, (size_t)attack->net->n_in);
  stats->attack_hits += hit;
  stats->attack_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  return hit;
}
