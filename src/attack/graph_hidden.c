/* What a move changes inside the steps of inner neurons, where outputs do not
 * show it: by the gradient, how far each accumulator has gone from the middle
 * of its step along the clipped line that its staircase follows. To first order
 * that is the margin of the network without rounding. */
#include <math.h>

#include "attack/climb.h"

/* From the middle of step a, in accumulator units. */
static double measure_offset(const rp_stair *stair, int32_t z, int32_t a) {
  if (a <= stair->lo) {
    const double bottom = (double)rp_stair_threshold(stair, stair->lo + 1) -
                          0.5 * (rp_stair_unit(stair) + 1);
    return fmax(z - bottom, 0);
  }
  const double from = (double)rp_stair_threshold(stair, a);
  if (a >= stair->hi)
    return fmin(z - from - 0.5 * (rp_stair_unit(stair) - 1), 0);
  return z - 0.5 * (from + (double)rp_stair_threshold(stair, a + 1) - 1);
}

/* Margins are in steps, and half as long where both classes count. */
static double find_unit(const rp_attack *attack, const climb_goal *goal) {
  const rp_block *last = &attack->net->block[attack->net->n_blocks - 1];
  const float *gradient = attack->above + last->first;
  const bool both = gradient[goal->rival] != 0 && gradient[goal->label] != 0;
  const int32_t of = gradient[goal->rival] != 0 ? goal->rival : goal->label;
  return (both ? 0.5 : 1) * (double)rp_stair_slope(&last->stair[of]);
}

double graph_measure_hidden(const rp_attack *attack, const climb_goal *goal) {
  const rp_net *net = attack->net;
  const graph_state *state = &attack->graph;
  double sum = 0;
  for (int32_t k = 0; k + 1 < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    for (int32_t r = 0; r < state->n_reached[k]; r++) {
      const int32_t i = state->reached[block->first + r];
      const int32_t at = block->first + i;
      const double gradient = (double)attack->above[at];
      if (gradient == 0) continue;
      const rp_stair *stair = &block->stair[i];
      sum += gradient *
             (measure_offset(stair, state->z[at], state->a[at]) -
              measure_offset(stair, state->kept_z[at], state->kept_a[at]));
    }
  }
  return sum * find_unit(attack, goal);
}
