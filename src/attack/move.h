/* Single-pixel moves: the loops that annealing and walks spend their time in.
 *
 * To be included by files that compile them for several processors: helpers
 * are inlined into functions marked RP_VECTOR_CLONES, and so into each version
 * of them. A trial fills attack->trial from attack->now; accepting it swaps
 * the two. */
#ifndef RAMPART_ATTACK_MOVE_H
#define RAMPART_ATTACK_MOVE_H

#include <string.h>

#include "attack/chain.h"
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
RP_INLINED void move_first_layer(const chain_layer *layer, int32_t pixel,
                                 int32_t change, const chain_values *now,
                                 chain_values *trial) {
  const int32_t width = layer->width & -LANES;
  const int16_t *w = layer->column + (size_t)pixel * width;
  const int32_t *z = now->z;
  int32_t *z_new = trial->z;
  RP_NO_OVERLAP for (int32_t i = 0; i < width; i++) z_new[i] =
      z[i] + change * (int32_t)w[i];
  rp_stair_lanes_apply(&layer->stair, width, z_new, trial->a, trial->line);
}

/* Lists the inputs of an inner layer that a move changed, and by how much. The
 * loop has no branches, because a processor could not predict which are. */
RP_INLINED int32_t list_changed(const chain_layer *below, int32_t n,
                                const chain_values *now,
                                const chain_values *trial,
                                const chain_changes *changed) {
  for (size_t b = 0; b < (size_t)below->width; b += LANES) {
    const ints da = *(const ints *)(trial->a + b) - *(const ints *)(now->a + b);
    *(ints *)(changed->a + b) = da;
  }
  int32_t count = 0;
  for (int32_t i = 0; i < n; i++) {
    changed->input[count] = i;
    count += changed->a[i] != 0;
  }
  return count;
}

/* An inner layer after some of the activations below it changed: a block of
 * neurons at a time, so that their sums stay in registers. */
RP_INLINED void move_inner_layer(const chain_layer *layer, int32_t n_changed,
                                 const chain_changes *changed,
                                 const chain_values *now,
                                 const chain_values *trial) {
  const size_t width = (size_t)(layer->width & -LANES);
  for (size_t b = 0; b < width; b += LANES) {
    ints z = *(const ints *)(now->z + b);
    for (int32_t c = 0; c < n_changed; c++) {
      const int32_t k = changed->input[c];
      const size_t at = (size_t)k * width + b;
      const shorts w = *(const shorts *)(layer->column + at);
      z += __builtin_convertvector(w, ints) * changed->a[k];
    }
    *(ints *)(trial->z + b) = z;
  }
  rp_stair_lanes_apply(&layer->stair, (int32_t)width, trial->z, trial->a,
                       trial->line);
}

/* What a layer hides in the ends. */
RP_INLINED chain_ends sum_hidden(const chain_layer *layer,
                                 const chain_pull *pull,
                                 const chain_values *at) {
  const int32_t width = layer->width & -LANES;
  reals y = {0}, j = {0};
  for (int32_t b = 0; b < width; b += LANES) {
    const ints a = *(const ints *)(at->a + b);
    const reals hidden =
        *(const reals *)(at->line + b) - __builtin_convertvector(a, reals);
    y += *(const reals *)(pull->y + b) * hidden;
    j += *(const reals *)(pull->j + b) * hidden;
  }
  return (chain_ends){0, 0, sum_of_reals(&y), sum_of_reals(&j)};
}

/* The two last accumulators, from the last hidden layer. */
RP_INLINED void add_last(const rp_attack *attack, const chain_values *top,
                         chain_ends *ends) {
  const chain_aim *aim = &attack->aim;
  const int32_t width = attack->layer[attack->n_layers - 1].width & -LANES;
  ints y = {0}, j = {0};
  for (int32_t b = 0; b < width; b += LANES) {
    const ints a = *(const ints *)(top->a + b);
    y += *(const ints *)(aim->row_y + b) * a;
    j += *(const ints *)(aim->row_j + b) * a;
  }
  ends->z_y = aim->bias_y + sum_of_ints(&y);
  ends->z_j = aim->bias_j + sum_of_ints(&j);
}

/* The part of layer k. */
RP_INLINED chain_ends compute_part(const rp_attack *attack, int32_t k,
                                   const chain_values *at) {
  const chain_aim *aim = &attack->aim;
  if (attack->net->n_blocks == 1)
    return (chain_ends){at->z[aim->label], at->z[aim->rival], 0, 0};
  chain_ends part = sum_hidden(&attack->layer[k], &aim->pull[k], at);
  if (k + 1 == attack->n_layers) add_last(attack, at, &part);
  return part;
}

/* The ends after a move that reached so many layers; 0: those at hand. */
RP_INLINED chain_ends compute_ends(const rp_attack *attack, int32_t n_moved) {
  chain_ends ends = {0};
  for (int32_t k = 0; k < attack->n_layers; k++) {
    const chain_ends *part =
        k < n_moved ? &attack->trial[k].part : &attack->now[k].part;
    ends.z_y += part->z_y;
    ends.z_j += part->z_j;
    ends.hidden_y += part->hidden_y;
    ends.hidden_j += part->hidden_j;
  }
  return ends;
}

/* Everything that one pixel's change reaches, into attack->trial. */
RP_INLINED chain_ends compute_ends_after_move(rp_attack *attack, int32_t pixel,
                                              int32_t change) {
  RP_ASSERT(pixel >= 0 && pixel < attack->net->n_in);
  const chain_values *now = attack->now;
  chain_values *trial = attack->trial;
  const chain_changes *changed = &attack->changed;
  move_first_layer(&attack->layer[0], pixel, change, now, trial);
  trial[0].part = compute_part(attack, 0, &trial[0]);
  int32_t k = 1;
  for (; k < attack->n_layers; k++) {
    const chain_layer *layer = &attack->layer[k];
    const int32_t n_changed = list_changed(layer - 1, layer->n_in, &now[k - 1],
                                           &trial[k - 1], changed);
    if (n_changed == 0) break;
    move_inner_layer(layer, n_changed, changed, &now[k], &trial[k]);
    trial[k].part = compute_part(attack, k, &trial[k]);
  }
  attack->n_moved = k;
  return compute_ends(attack, k);
}

RP_INLINED void accept_move(rp_attack *attack, int32_t pixel, int32_t change) {
  RP_ASSERT(attack->x[pixel] + change >= 0);
  RP_ASSERT(attack->x[pixel] + change <= attack->net->in_hi);
  for (int32_t k = 0; k < attack->n_moved; k++) {
    const chain_values now = attack->now[k];
    attack->now[k] = attack->trial[k];
    attack->trial[k] = now;
  }
  attack->x[pixel] = (uint8_t)(attack->x[pixel] + change);
}

/* How far the rival is from winning. It cannot win while this is negative.
 * Above 0 the value keeps growing until the two classes are a whole step apart.
 */
RP_INLINED float compute_slack(const chain_aim *aim, float y, float j) {
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

/* Slack, if a share of what is hidden counted. */
RP_INLINED float compute_score(const chain_aim *aim, const chain_ends *ends,
                               float share) {
  return compute_slack(aim, (float)ends->z_y + share * ends->hidden_y,
                       (float)ends->z_j + share * ends->hidden_j);
}

/* Exactly: does the rival win? */
RP_INLINED bool is_aim_met(const rp_attack *attack, const chain_ends *ends) {
  const rp_stair *stair = attack->aim.stair;
  const int32_t y = rp_stair_apply(stair, ends->z_y);
  const int32_t j = rp_stair_apply(stair, ends->z_j);
  return attack->aim.tie_wins ? j >= y : j > y;
}

#endif
