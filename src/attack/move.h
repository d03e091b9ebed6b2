/* Single-pixel moves: the loops that annealing and walks spend their time in.
 *
 * To be included by files that compile them for several processors: helpers
 * are inlined into functions marked RP_VECTOR_CLONES, and so into each version
 * of them. A trial fills attack->trial from attack->now; accepting it swaps
 * the two. */
#ifndef RAMPART_ATTACK_MOVE_H
#define RAMPART_ATTACK_MOVE_H

#include <string.h>

#include "attack/twin.h"
#include "core/assert.h"
#include "core/vector.h"

typedef int32_t ints __attribute__((vector_size(4 * LANES), may_alias));
typedef int16_t shorts __attribute__((vector_size(2 * LANES), may_alias));
typedef float reals __attribute__((vector_size(4 * LANES), may_alias));

typedef int32_t four_ints __attribute__((vector_size(16), may_alias));
typedef float four_reals __attribute__((vector_size(16), may_alias));

/* Sums over the lanes, folded to four of them first. */
RP_INLINED int32_t sum_of_ints(const ints *lanes) {
  const four_ints *part = (const four_ints *)lanes;
  const four_ints sum = (part[0] + part[1]) + (part[2] + part[3]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

RP_INLINED float sum_of_reals(const reals *lanes) {
  const four_reals *part = (const four_reals *)lanes;
  const four_reals sum = (part[0] + part[1]) + (part[2] + part[3]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* The first layer after x_p changed by `change`. */
RP_INLINED void move_first_layer(const twin_layer *layer, int32_t pixel,
                                 int32_t change, const twin_values *now,
                                 twin_values *trial) {
  const int32_t width = layer->width & -LANES;
  const int16_t *w = layer->column + (size_t)pixel * width;
  const int32_t *z = now->z;
  int32_t *z_new = trial->z;
  float *zt_new = trial->zt;
  RP_NO_OVERLAP for (int32_t i = 0; i < width; i++) {
    z_new[i] = z[i] + change * (int32_t)w[i];
    zt_new[i] = (float)z_new[i];
  }
  rp_stair_lanes_apply(&layer->stair, width, z_new, zt_new, trial->a, trial->t);
}

/* Lists the inputs of an inner layer that a move changed, and by how much. The
 * loop has no branches, because about half of the inputs are on the list and a
 * processor could not predict which. */
RP_INLINED int32_t list_changed(const twin_layer *below, int32_t n,
                                const twin_values *now,
                                const twin_values *trial,
                                const twin_changes *changed) {
  for (size_t b = 0; b < (size_t)below->width; b += LANES) {
    const ints da = *(const ints *)(trial->a + b) - *(const ints *)(now->a + b);
    const reals dt =
        *(const reals *)(trial->t + b) - *(const reals *)(now->t + b);
    *(ints *)(changed->a + b) = da;
    *(reals *)(changed->t + b) = dt;
    *(ints *)(changed->any + b) = da | (ints)dt;
  }
  int32_t count = 0;
  for (int32_t i = 0; i < n; i++) {
    changed->input[count] = i;
    count += changed->any[i] != 0;
  }
  return count;
}

/* An inner layer after some of the activations below it changed: a block of
 * neurons at a time, so that their sums stay in registers. */
RP_INLINED void move_inner_layer(const twin_layer *layer, int32_t n_changed,
                                 const twin_changes *changed,
                                 const twin_values *now,
                                 const twin_values *trial) {
  const size_t width = (size_t)(layer->width & -LANES);
  for (size_t b = 0; b < width; b += LANES) {
    ints z = *(const ints *)(now->z + b);
    reals zt = *(const reals *)(now->zt + b);
    for (int32_t c = 0; c < n_changed; c++) {
      const int32_t k = changed->input[c];
      const size_t at = (size_t)k * width + b;
      const shorts w = *(const shorts *)(layer->column + at);
      z += __builtin_convertvector(w, ints) * changed->a[k];
      zt += *(const reals *)(layer->column_f + at) * changed->t[k];
    }
    *(ints *)(trial->z + b) = z;
    *(reals *)(trial->zt + b) = zt;
  }
  rp_stair_lanes_apply(&layer->stair, (int32_t)width, trial->z, trial->zt,
                       trial->a, trial->t);
}

/* The two last accumulators, from the last hidden layer. */
RP_INLINED twin_ends compute_ends(const rp_attack *attack,
                                  const twin_values *at) {
  const twin_aim *aim = &attack->aim;
  const twin_values *top = &at[attack->n_twins - 1];
  if (attack->net->n_blocks == 1) {
    const int32_t z_y = top->z[aim->label], z_j = top->z[aim->rival];
    return (twin_ends){z_y, z_j, (float)z_y, (float)z_j};
  }
  const int32_t width = attack->layer[attack->n_twins - 1].width;
  ints y = {0}, j = {0};
  reals yt = {0}, jt = {0};
  for (int32_t b = 0; b < width; b += LANES) {
    const ints a = *(const ints *)(top->a + b);
    const reals t = *(const reals *)(top->t + b);
    y += *(const ints *)(aim->row_y + b) * a;
    j += *(const ints *)(aim->row_j + b) * a;
    yt += *(const reals *)(aim->row_y_f + b) * t;
    jt += *(const reals *)(aim->row_j_f + b) * t;
  }
  twin_ends ends = {aim->bias_y, aim->bias_j, (float)aim->bias_y,
                    (float)aim->bias_j};
  ends.z_y += sum_of_ints(&y);
  ends.z_j += sum_of_ints(&j);
  ends.t_y += sum_of_reals(&yt);
  ends.t_j += sum_of_reals(&jt);
  return ends;
}

/* Everything after one pixel changed, into attack->trial. */
RP_INLINED twin_ends compute_ends_after_move(rp_attack *attack, int32_t pixel,
                                             int32_t change) {
  RP_ASSERT(pixel >= 0 && pixel < attack->net->n_in);
  const twin_values *now = attack->now;
  twin_values *trial = attack->trial;
  const twin_changes *changed = &attack->changed;
  move_first_layer(&attack->layer[0], pixel, change, now, trial);
  for (int32_t k = 1; k < attack->n_twins; k++) {
    const twin_layer *layer = &attack->layer[k];
    const int32_t n_changed = list_changed(layer - 1, layer->n_in, &now[k - 1],
                                           &trial[k - 1], changed);
    move_inner_layer(layer, n_changed, changed, &now[k], &trial[k]);
  }
  return compute_ends(attack, trial);
}

RP_INLINED void accept_move(rp_attack *attack, int32_t pixel, int32_t change) {
  RP_ASSERT(attack->x[pixel] + change >= 0);
  RP_ASSERT(attack->x[pixel] + change <= attack->net->in_hi);
  twin_values *now = attack->now;
  attack->now = attack->trial;
  attack->trial = now;
  attack->x[pixel] = (uint8_t)(attack->x[pixel] + change);
}

/* How far the rival is from winning. It cannot win while this is negative.
 * Above 0 the value keeps growing until the two classes are a whole step apart.
 */
RP_INLINED float compute_slack(const twin_aim *aim, float y, float j) {
  if (aim->tie_wins) {
    const float between = 0.5f * (j - y + aim->step - 1);
    const float both = j - aim->top, under = aim->bottom - 1 - y;
    const float saturated = both > under ? both : under;
    return between > saturated ? between : saturated;
  }
  const float between = 0.5f * (j - y);
  const float room_j = j - aim->bottom, room_y = aim->top - 1 - y;
  const float room = room_j < room_y ? room_j : room_y;
  return between < room ? between : room;
}

/* Slack of the integer network and of its twin, mixed. */
RP_INLINED float compute_score(const twin_aim *aim, const twin_ends *ends,
                               float weight) {
  const float whole = compute_slack(aim, (float)ends->z_y, (float)ends->z_j);
  const float smooth = compute_slack(aim, ends->t_y, ends->t_j);
  return smooth + weight * (whole - smooth);
}

/* Exactly: does the rival win? */
RP_INLINED bool is_aim_met(const rp_attack *attack, const twin_ends *ends) {
  const rp_stair *stair = attack->aim.stair;
  const int32_t y = rp_stair_apply(stair, ends->z_y);
  const int32_t j = rp_stair_apply(stair, ends->z_j);
  return attack->aim.tie_wins ? j >= y : j > y;
}

#endif
