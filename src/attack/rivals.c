/* The condition of a rival as a margin. Each output has a level: the value of
 * its staircase, and between two steps a fraction, so that the level says how
 * far the next step is, whatever the width of steps. */
#include "attack/rivals.h"

#include <math.h>

#include "core/assert.h"

rival_aim rival_aim_at(const rp_net *net, int32_t label, int32_t rival) {
  RP_ASSERT(label >= 0 && label < net->n_out);
  RP_ASSERT(rival >= 0 && rival < net->n_out && rival != label);
  const rp_block *output = &net->block[net->n_blocks - 1];
  return (rival_aim){
      label, rival, rival > label, &output->stair[label], &output->stair[rival],
      output};
}

static int32_t get_z(const rival_aim *aim, const int32_t *z, int32_t class_of) {
  return z[aim->output->first + class_of];
}

bool rival_has_won(const rival_aim *aim, const int32_t *z) {
  return rp_stair_apply(aim->j, get_z(aim, z, aim->rival)) >=
         rp_stair_apply(aim->y, get_z(aim, z, aim->label)) + aim->delta;
}

/* Rising in z; its integer part is the value, at both ends without the clamp.
 */
static double get_level(const rp_stair *stair, int64_t z) {
  const int32_t v = rp_stair_apply(stair, z);
  const int32_t from = v > stair->lo ? v : stair->lo + 1;
  const double start = (double)rp_stair_threshold(stair, from);
  const double width = v > stair->lo && v < stair->hi
                           ? (double)rp_stair_threshold(stair, v + 1) - start
                           : rp_stair_unit(stair);
  return from + ((double)z - start) / width;
}

/* The levels, and the value v at which the rival is nearest: it wins if its
 * level is v + delta at least and the label's is below v + 1. */
typedef struct standing {
  double y, j;
  double best;        /* v, as if values were real numbers */
  double least, most; /* of v */
} standing;

static standing find_standing(const rival_aim *aim, const int32_t *z) {
  const int32_t reach = aim->j->hi - aim->delta;
  standing at = {.y = get_level(aim->y, get_z(aim, z, aim->label)),
                 .j = get_level(aim->j, get_z(aim, z, aim->rival)),
                 .least = aim->y->lo,
                 .most = reach < aim->y->hi ? reach : aim->y->hi};
  at.best = fmin(fmax((at.y + at.j - 1 - aim->delta) / 2, at.least), at.most);
  return at;
}

double rival_measure_margin(const rival_aim *aim, const int32_t *z) {
  const standing at = find_standing(aim, z);
  const int32_t free_below = aim->j->lo - aim->delta;
  if (at.least > at.most) return -HUGE_VAL;
  if (free_below >= aim->y->hi) return HUGE_VAL;
  double margin = fmin(at.j - at.best - aim->delta, at.best + 1 - at.y);
  if (at.most >= aim->y->hi) /* from there on the label does not count */
    margin = fmax(margin, at.j - aim->delta - aim->y->hi);
  if (free_below >= at.least) /* up to there the rival does not count */
    margin = fmax(margin, fmin(free_below, at.most) + 1 - at.y);
  return margin;
}

void rival_find_weights(const rival_aim *aim, const int32_t *z,
                        float weight[2]) {
  const standing at = find_standing(aim, z);
  const double middle = (at.y + at.j - 1 - aim->delta) / 2;
  weight[0] = middle > at.most ? 0 : 1;
  weight[1] = middle < at.least ? 0
              : weight[0] == 0
                  ? -1
                  : -rp_stair_slope(aim->y) / rp_stair_slope(aim->j);
}

void rivals_sort(int32_t *order, const float *promise, int32_t n) {
  for (int32_t i = 1; i < n; i++) {
    const int32_t rival = order[i];
    int32_t at = i;
    for (; at > 0 && promise[order[at - 1]] < promise[rival]; at--)
      order[at] = order[at - 1];
    order[at] = rival;
  }
}
