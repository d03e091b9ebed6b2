/* Boxes of few points, decided without relaxations.
 *
 * A node whose inputs leave only some thousand points is cheaper to search
 * through than to bound: its box is halved at its widest input until intervals
 * close a half or a single point is left, which is run. Every half is a node of
 * the proof, split and closed by the rules that hold for all nodes, so that
 * evidence needs no rule of its own.
 *
 * A box is taken when it has few points for the nodes that the search has
 * looked at already: an easy query never pays for it, a hard one soon does. One
 * layer with three inputs of five bits, 32,768 points, took 42,483 nodes and
 * three seconds by relaxations, and takes a few hundredths of a second so. */
#include <math.h>
#include <string.h>

#include "core/assert.h"
#include "tree/tree_internal.h"

/* Costs in the unit of one forward pass of a point, as measured on networks
 * 3-5 and 784-64-32: expanding a node costs NODE_POINTS passes, plus as much
 * as a pass over NODE_WEIGHTS weights. A search may spend on one box as much as
 * it has spent on all its nodes so far, plus ADVANCE nodes. */
enum { NODE_WEIGHTS = 32768, NODE_POINTS = 32, ADVANCE = 2 };

static double count_weights(const rp_net *net) {
  double weights = 0;
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t t = 0; t < net->block[k].n_terms; t++) {
      const rp_op *op = net->block[k].term[t].op;
      weights += (double)op->kind->count(op);
    }
  return weights;
}

bool node_has_points_up_to(const worker *w, const node *n, double most) {
  return rp_ball_count_points(w->task->net, n->region, most) <= most;
}

bool node_is_enumerable(const worker *w, const node *n) {
  const double a_node =
      NODE_POINTS + NODE_WEIGHTS / count_weights(w->task->net);
  return node_has_points_up_to(
      w, n,
      fmin((double)w->task->options->box_points,
           a_node * (double)(w->stats.nodes + ADVANCE)));
}

/* At the middle of the widest input, or at its value in the centre of an L0
 * ball: of the two parts only one is free to change another input instead.
 * False: all are fixed. */
static bool choose_half(const worker *w, const node *n, branch *split) {
  int32_t widest = 0, at = 0;
  for (int32_t p = 0; p < w->task->net->n_in; p++) {
    const int32_t width = n->region->x_hi[p] - n->region->x_lo[p];
    if (width > widest) {
      widest = width;
      at = p;
    }
  }
  if (widest > 0)
    *split = (branch){.kind = BRANCH_INPUT,
                      .at = at,
                      .value = branch_value(
                          n->region, at, n->region->x_lo[at] + widest / 2 + 1)};
  RP_ASSERT(widest >= 0);
  RP_ASSERT(widest == 0 || (split->value > n->region->x_lo[at] &&
                            split->value <= n->region->x_hi[at]));
  return widest > 0;
}

/* A half that time left no look at is open; of one that was split, the halves
 * are. */
static void leave_half(worker *w, node *half, fate f) {
  int64_t *const left = w->census.left;
  RP_ASSERT(f != NODE_OPEN);
  if (f == NODE_STOPPED && half->split.kind == BRANCH_NONE) {
    half->next = w->left;
    w->left = half;
    return;
  }
  left[f == NODE_CLOSED    ? LEFT_CLOSED
       : f == NODE_STOPPED ? LEFT_SPLIT
       : f == NODE_WITNESS ? LEFT_WITNESS
                           : LEFT_LOST]++;
  node_free(half);
}

/* Depth first; the low half is freed before the high one is made. When time is
 * over, what was not looked at is left open, as the proof has it. */
static fate enumerate_halves(worker *w, const node *n) {
  fate f = NODE_CLOSED;
  w->census.entered += 2;
  for (int32_t high = 0; high < 2; high++) {
    const bool goes_on = f == NODE_CLOSED || f == NODE_STOPPED;
    node *half = goes_on ? node_child(w->task->net, n, high) : NULL;
    if (half && f == NODE_CLOSED) f = node_enumerate(w, half);
    if (half)
      leave_half(w, half, f);
    else
      w->census.left[LEFT_LOST]++;
    if (goes_on && !half) f = NODE_NO_MEMORY;
  }
  return f;
}

fate node_enumerate(worker *w, node *n) {
  if (rp_deadline_has_passed(w->task->target->deadline)) return NODE_STOPPED;
  const bool empty = !node_propagate(w, n);
  if (!empty && choose_half(w, n, &n->split)) {
    proof_keep(w, n, NODE_OPEN);
    return enumerate_halves(w, n);
  }
  w->stats.points += !empty;
  RP_ASSERT(empty || !memcmp(n->region->x_lo, n->region->x_hi,
                             (size_t)w->task->net->n_in));
  const fate f =
      !empty && node_try(w, n->region->x_lo) ? NODE_WITNESS : NODE_CLOSED;
  proof_keep(w, n, f);
  return f;
}
