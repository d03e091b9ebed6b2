/* Shaving: outer steps of an interval are dropped where nothing that reaches
 * the threshold can lie.
 *
 * Each end of each interval is tried. With the interval cut to its outer steps,
 * a short descent finds multipliers that are good there. The reduced costs of
 * the whole node at these multipliers then drop those steps, or the outermost
 * of them, if they can be dropped, and what else there is to drop. So every
 * trial is a tightening at other multipliers, and a proof needs no other rule.
 *
 * A pass over all ends costs some twenty nodes, so that only nodes below which
 * the tree has more of them are worth it. How many levels there are to come is
 * told by the path: its gap falls by about the same amount from level to level.
 */
#include <math.h>
#include <string.h>

#include "core/assert.h"
#include "tree/tree_internal.h"

enum {
  LEVELS_BETWEEN = 4,     /* of nodes that are shaved */
  LEVELS_LEFT = 5,        /* of a tree that is worth it */
  CLOSED_SHARE = 4,       /* of shaved nodes, one of so many must be closed */
  FREE_FAILURES = 3,      /* from the start; else only */
  RARELY = 8,             /* one of so many nodes is shaved */
  TRIAL_EVALUATIONS = 30, /* of the dual at an end */
  OUTER_SHARE = 4,        /* of the steps, one of so many is tried at an end */
  LOOK_EVERY = 8          /* trials after which the node itself is bounded */
};

/* If the gap goes on falling as it did since it was noted. */
static double count_levels_left(const node *n) {
  const double fallen = n->noted_gap - n->gap;
  const int32_t levels = n->depth - n->noted_depth;
  RP_ASSERT(levels >= 0);
  return fallen > 0 ? levels * n->gap / fallen : HUGE_VAL;
}

void node_note_gap(node *n) {
  n->noted_gap = n->gap;
  n->noted_depth = n->depth;
}

void node_note_half_gap(node *n) {
  if (!(n->noted_gap > 0) || 2 * n->gap < n->noted_gap) node_note_gap(n);
}

/* Where a counterexample is near, nodes stay open whatever is tried: P3-4
 * 348@4, violated, takes 26 s if 278 nodes are shaved, 12 s if only 25 are. */
static bool has_shaving_paid(const worker *w) {
  return CLOSED_SHARE * (w->shaved_closed + FREE_FAILURES) >= w->shaved;
}

bool is_shaving_due(worker *w, const node *n) {
  if (!is_deep(w) || rp_net_is_wide(w->task->net)) return false;
  if (w->task->cuts_at_once) return true;
  return is_search_old(w) && n->depth - n->noted_depth >= LEVELS_BETWEEN &&
         count_levels_left(n) >= LEVELS_LEFT &&
         (has_shaving_paid(w) || ++w->not_shaved % RARELY == 0);
}

/* One end of an interval. */
typedef struct end {
  int32_t block, at;
  bool high;
} end;

/* Where the outer steps of an interval of several steps begin: at its high end
 * the first accumulator of them, at its low one the last. */
static int32_t find_outer_steps(const rp_stair *stair, int32_t z_lo,
                                int32_t z_hi, bool high) {
  const int32_t lo = rp_stair_apply(stair, z_lo);
  const int32_t hi = rp_stair_apply(stair, z_hi);
  const int32_t share = (hi - lo + 1) / OUTER_SHARE;
  const int32_t steps = share > 1 ? share : 1;
  RP_ASSERT(lo < hi);
  return (int32_t)(high ? rp_stair_threshold(stair, hi - steps + 1)
                        : rp_stair_threshold(stair, lo + steps) - 1);
}

static bool has_cuts(const node *n) {
  return n->cuts.n > 0;
}

/* Multipliers that are good where the interval is cut to its outer steps. */
static void descend_at_end(worker *w, node *n, const end *e) {
  const rp_net *net = w->task->net;
  const rp_block *block = &net->block[e->block];
  rp_region *r = n->region;
  int32_t *cut = e->high ? &r->z_lo[e->at] : &r->z_hi[e->at];
  const int32_t whole = *cut;
  const double target = (double)w->part[n->part].objective.threshold - 0.5;
  *cut = find_outer_steps(&block->stair[e->at - block->first], r->z_lo[e->at],
                          r->z_hi[e->at], e->high);
  memcpy(w->trial, node_set_dual(w, n, has_cuts(n)),
         (size_t)(net->n_acc + n->cuts.n) * sizeof *w->trial);
  (void)rp_dual_descend(w->dual, w->trial, target, TRIAL_EVALUATIONS);
  *cut = whole;
}

static fate bound_again(worker *w, node *n) {
  return has_cuts(n) ? node_bound_with_cuts(w, n)
                     : node_bound(w, n, TRIAL_EVALUATIONS);
}

/* @param trials, shrunk  in and out */
static fate try_end(worker *w, node *n, const end *e, int32_t *trials,
                    int32_t *shrunk) {
  const rp_block *block = &w->task->net->block[e->block];
  int32_t here;
  if (!rp_region_is_unstable(block, n->region, e->at - block->first))
    return NODE_OPEN;
  if (rp_deadline_has_passed(w->task->target->deadline)) return NODE_STOPPED;
  descend_at_end(w, n, e);
  node_set_dual(w, n, has_cuts(n));
  const fate f = node_tighten(w, n, w->trial, &here);
  *shrunk += here;
  if (f != NODE_OPEN || ++*trials % LOOK_EVERY != 0) return f;
  return bound_again(w, n);
}

static fate shave_block(worker *w, node *n, int32_t k, int32_t *trials,
                        int32_t *shrunk) {
  const rp_block *block = &w->task->net->block[k];
  fate f = NODE_OPEN;
  if (block->owner) return f; /* reduced costs leave them alone */
  for (int32_t i = 0; i < block->n_acc && f == NODE_OPEN; i++) {
    end e = {k, block->first + i, false};
    if (!node_depends_on(w, n, k, i)) continue;
    f = try_end(w, n, &e, trials, shrunk);
    e.high = true;
    if (f == NODE_OPEN) f = try_end(w, n, &e, trials, shrunk);
  }
  return f;
}

fate node_shave(worker *w, node *n, int32_t *shrunk) {
  fate f = NODE_OPEN;
  int32_t trials = 0;
  *shrunk = 0;
  for (int32_t k = w->task->net->n_blocks - 2; k >= 0 && f == NODE_OPEN; k--)
    f = shave_block(w, n, k, &trials, shrunk);
  return f;
}
