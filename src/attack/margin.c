/* The margin of the step condition, exact on integers.
 *
 * The rival wins iff some step v lies between the classes: z_j >= T(v) and
 * z_y < T(v), or, when ties go to the rival, iff no step lies between them the
 * other way. With m(v) the amount by which v meets or misses that, the margin
 * is the best (the worst) m(v) over all steps. As a function of T(v), m peaks
 * (has its valley) halfway between z_y and z_j, so only the two steps around
 * that middle need a look. */
#include <math.h>

#include "rampart/attack.h"

/* By how much the step at `edge` is between them; delta = 1. */
static double inside(int64_t edge, int64_t z_y, int64_t z_j) {
  const int64_t above = z_j - edge, below = edge - 1 - z_y;
  return (double)(above < below ? above : below);
}

/* By how much the step at `edge` is not between j below and y above; delta =
 * 0. */
static double outside(int64_t edge, int64_t z_y, int64_t z_j) {
  const int64_t above = z_j - edge, below = edge - 1 - z_y;
  return (double)(above > below ? above : below);
}

double rp_attack_margin(const rp_net *net, const int32_t *z_last, int32_t label,
                        int32_t rival) {
  const rp_stair *stair = &net->layer[net->n_layers - 1].stair[label];
  const int64_t z_y = z_last[label], z_j = z_last[rival];
  const int32_t middle = rp_stair_apply(stair, (z_y + z_j + 1) >> 1);
  const int32_t least = stair->lo + 1;
  const int32_t from = middle < least ? least : middle;
  const int32_t to = middle < stair->hi ? middle + 1 : stair->hi;
  const bool tie_wins = rival < label;
  double margin = tie_wins ? HUGE_VAL : -HUGE_VAL;
  for (int32_t v = from; v <= to; v++) {
    const int64_t edge = rp_stair_threshold(stair, v);
    margin = tie_wins ? fmin(margin, outside(edge, z_y, z_j))
                      : fmax(margin, inside(edge, z_y, z_j));
  }
  return margin;
}
