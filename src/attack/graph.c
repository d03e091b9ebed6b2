/* Incremental moves. Sums of integers do not depend on the order, so a point
 * that was moved to equals one computed anew, bit for bit: nothing drifts. */
#include "attack/graph.h"

#include <string.h>

void graph_lay_out(carver *from, const rp_net *net, graph_state *state) {
  const size_t n = (size_t)net->n_acc, wide = (size_t)net->widest;
  state->net = net;
  state->x = carve(from, (size_t)net->n_in, 1);
  state->z = carve(from, n, sizeof *state->z);
  state->a = carve(from, n, sizeof *state->a);
  state->kept_z = carve(from, n, sizeof *state->kept_z);
  state->kept_a = carve(from, n, sizeof *state->kept_a);
  state->reached = carve(from, n, sizeof *state->reached);
  state->n_reached =
      carve(from, (size_t)net->n_blocks, sizeof *state->n_reached);
  state->is_reached = carve(from, n, sizeof *state->is_reached);
  state->space.index = carve(from, wide, sizeof *state->space.index);
  state->space.weight = carve(from, wide, sizeof *state->space.weight);
}

void graph_move_to(graph_state *state, const uint8_t *x, int32_t *work) {
  const rp_net *net = state->net;
  const size_t n = (size_t)net->n_acc;
  RP_ASSERT(!state->has_moved);
  memmove(state->x, x, (size_t)net->n_in);
  const rp_block *last = &net->block[net->n_blocks - 1];
  rp_net_forward(net, state->x, state->z, state->a + last->first, work);
  for (int32_t k = 0; k + 1 < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    rp_stair_apply_all(block->stair, block->n_acc, state->z + block->first,
                       state->a + block->first);
  }
  memcpy(state->kept_z, state->z, n * sizeof *state->z);
  memcpy(state->kept_a, state->a, n * sizeof *state->a);
}

/* What a column reads has changed: so do the accumulators of its taps. */
static void add_column(graph_state *state, rp_use use, int32_t col,
                       int32_t change) {
  const rp_block *block = &state->net->block[use.block];
  const rp_taps taps =
      rp_op_column(block->term[use.term].op, col, state->space);
  int32_t *z = state->z + block->first;
  int32_t *reached = state->reached + block->first;
  bool *is_reached = state->is_reached + block->first;
  int32_t n = state->n_reached[use.block];
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t i = rp_taps_index(taps, t);
    z[i] += taps.weight[t] * change;
    if (is_reached[i]) continue;
    is_reached[i] = true;
    reached[n++] = i;
  }
  RP_ASSERT(n <= block->n_acc);
  state->n_reached[use.block] = n;
  state->work += taps.n;
}

static int32_t find_greatest(const int32_t *a, rp_rows members) {
  int32_t most = a[members.row[0]];
  for (int32_t n = 1; n < members.n; n++)
    if (a[members.row[n]] > most) most = a[members.row[n]];
  return most;
}

/* The first member that changed speaks for its neuron. */
static bool is_first_changed(const int32_t *a, const int32_t *kept,
                             rp_rows members, int32_t i) {
  int32_t n = 0;
  while (n < members.n && a[members.row[n]] == kept[members.row[n]]) n++;
  return n < members.n && members.row[n] == i;
}

/* Max pooling: the neurons of the accumulators that were reached. */
static void pass_on_maxima(graph_state *state, const rp_block *block,
                           int32_t n_reached) {
  const int32_t *a = state->a + block->first;
  const int32_t *kept = state->kept_a + block->first;
  for (int32_t r = 0; r < n_reached; r++) {
    const int32_t i = state->reached[block->first + r];
    const int32_t neuron = rp_block_owner(block, i);
    const rp_rows members = rp_block_members(block, neuron);
    if (!is_first_changed(a, kept, members, i)) continue;
    const int32_t change =
        find_greatest(a, members) - find_greatest(kept, members);
    for (int32_t u = 0; u < block->n_uses && change != 0; u++)
      add_column(state, block->use[u], neuron, change);
  }
}

/* Everything below the block is up to date, and so are its accumulators. */
static void pass_on(graph_state *state, int32_t k) {
  const rp_block *block = &state->net->block[k];
  for (int32_t r = 0; r < state->n_reached[k]; r++) {
    const int32_t i = state->reached[block->first + r], acc = block->first + i;
    state->is_reached[acc] = false;
    const int32_t a = rp_stair_apply(&block->stair[i], state->z[acc]);
    const int32_t change = a - state->a[acc];
    if (change == 0) continue;
    state->a[acc] = a;
    for (int32_t u = 0; u < block->n_uses && !block->owner; u++)
      add_column(state, block->use[u], i, change);
  }
  if (block->owner) pass_on_maxima(state, block, state->n_reached[k]);
}

void graph_try(graph_state *state, int32_t pixel, int32_t value) {
  const rp_net *net = state->net;
  RP_ASSERT(!state->has_moved && pixel >= 0 && pixel < net->n_in);
  RP_ASSERT(value >= 0 && value <= net->in_hi);
  const int32_t change = value - state->x[pixel];
  state->pixel = pixel;
  state->value = state->x[pixel];
  state->x[pixel] = (uint8_t)value;
  state->has_moved = true;
  state->moves++;
  state->work++;
  memset(state->n_reached, 0, (size_t)net->n_blocks * sizeof *state->n_reached);
  if (change == 0) return;
  for (int32_t u = 0; u < net->n_uses; u++)
    add_column(state, net->use[u], pixel, change);
  for (int32_t k = 0; k < net->n_blocks; k++) pass_on(state, k);
}

/* The move's part of one pair of arrays. */
static void copy_reached(const graph_state *state, const int32_t *from,
                         int32_t *to) {
  for (int32_t k = 0; k < state->net->n_blocks; k++) {
    const int32_t first = state->net->block[k].first;
    for (int32_t r = 0; r < state->n_reached[k]; r++) {
      const int32_t acc = first + state->reached[first + r];
      to[acc] = from[acc];
    }
  }
}

void graph_accept(graph_state *state) {
  RP_ASSERT(state->has_moved);
  copy_reached(state, state->z, state->kept_z);
  copy_reached(state, state->a, state->kept_a);
  state->has_moved = false;
}

void graph_undo(graph_state *state) {
  RP_ASSERT(state->has_moved);
  copy_reached(state, state->kept_z, state->z);
  copy_reached(state, state->kept_a, state->a);
  state->x[state->pixel] = (uint8_t)state->value;
  state->has_moved = false;
}

int64_t graph_count_reached(const graph_state *state) {
  int64_t count = 0;
  for (int32_t k = 0; k < state->net->n_blocks; k++)
    count += state->n_reached[k];
  return count;
}
