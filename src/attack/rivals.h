/* When does a rival class beat the label, and how far is it from that? */
#ifndef RAMPART_ATTACK_RIVALS_H
#define RAMPART_ATTACK_RIVALS_H

#include "net/net.h"

/** The condition: sigma_j(z_j) >= sigma_y(z_y) + delta. */
typedef struct rival_aim {
  int32_t label, rival;
  int32_t delta;          /* 0 where a tie goes to the rival, else 1 */
  const rp_stair *y, *j;  /* of the label and of the rival */
  const rp_block *output; /* whose accumulators they read */
} rival_aim;

rival_aim rival_aim_at(const rp_net *net, int32_t label, int32_t rival);

/** Exactly: is the condition met?
 *  @param z  all accumulators of the network, [n_acc] */
bool rival_has_won(const rival_aim *aim, const int32_t *z);

/** How far from it, in steps of the outputs, each by its own staircase. The
 *  rival has not won where this is negative; above 0 it grows until the rival
 *  has. -HUGE_VAL: it never wins; HUGE_VAL: it always does. */
double rival_measure_margin(const rival_aim *aim, const int32_t *z);

/** Which way the two accumulators should go to raise the margin, in units of
 *  the rival's: 0 for one whose staircase is at its end.
 *  @param weight  out: of the rival and of the label */
void rival_find_weights(const rival_aim *aim, const int32_t *z,
                        float weight[2]);

/** Sort order[0..n) by falling promise[order[i]]; equal ones keep their order.
 *  Cost: O(n^2) at most. */
void rivals_sort(int32_t *order, const float *promise, int32_t n);

#endif
