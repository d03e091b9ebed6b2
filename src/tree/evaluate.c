/* One node: bound it, tighten it, try points, choose a split.
 *
 * The order is by cost: intervals (integers), a descent of the dual from the
 * parent's multipliers, and, where that stalls, the linear program. Whatever
 * multipliers come out, the exact evaluation decides: it closes the node or
 * shrinks its region, and a region that shrank much is looked at again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "tree/tree_internal.h"

enum {
  NODE_EVALUATIONS = 25,       /* of the dual at a node */
  WIDE_EVALUATIONS = 50,       /* in a wide network */
  LARGE_EVALUATIONS = 80,      /* in a large one */
  FLAT_EVALUATIONS = 50,       /* where cuts come first */
  TOP_EVALUATIONS = 200,       /* at a part's first node in a wide network */
  LARGE_TOP_EVALUATIONS = 600, /* in a large one */
  MORE_EVALUATIONS = 3,        /* after its region shrank */
  MOST_ROUNDS = 8,             /* of bounding and tightening */
  MOST_SHAVES = 3,             /* passes over a node's intervals */
  SHRUNK_ENOUGH = 4,   /* intervals that make another round worth it, or */
  SHRUNK_SHARE = 32,   /* one of so many */
  MOST_COLUMNS = 16,   /* priced at one node */
  WALKED_NODES = 64,   /* of a deep one, from whose programs' points walks go */
  WALK_EVERY = 8,      /* nodes whose point is walked from */
  WIDE_WALK_EVERY = 64 /* in wide networks, where a walk costs some nodes */
};

/* A descent that leaves more than this share of the parent's gap stalled:
 * the linear program gets past the kink. Without it P1-4 336@4 and P3-6 310@4
 * never end; at every node it costs four times what it saves. In long searches
 * splits often gain a few percent and no more: there the program is for those
 * that gain nothing. Not from the start: P3-6 116@2 then takes three times the
 * nodes. */
static const double STALLED = 0.95, LONG_STALLED = 0.99;

/* Cuts that leave no more than this share of the parent's gap choose the split,
 * too: with one hidden layer, and in deep networks. */
static const double LITTLE_LEFT = 0.5, DEEP_LITTLE_LEFT = 0.7;

/* Steps of the output by which bound and master may differ: where the node may
 * still close, and where it is going to be split anyway. With one hidden layer
 * the latter is not worth another program; in deep ones it pays, in long
 * searches to a share of the gap. */
static const double TOLERANCE = 0.02, DEEP_OPEN_TOLERANCE = 0.1;
static const double LONG_OPEN_SHARE = 0.1;

bool node_propagate(worker *w, node *n) {
  RP_ASSERT(n->part >= 0 && n->part < RP_MAX_PARTS * w->task->net->n_out);
  const rp_net *net = w->task->net;
  return rp_interval_propagate(net, 0, net->n_blocks - 1, n->region, w->work) &&
         rp_part_propagate(net, &w->part[n->part], n->region);
}

/* Does the fast forward pass say that a point violates? */
static bool is_violating(worker *w, const uint8_t *x) {
  const rp_net *net = w->task->net;
  rp_net_forward(net, x, w->z, w->out, w->work);
  return rp_first_max(w->out, net->n_out) != w->task->target->label;
}

bool node_try(worker *w, const uint8_t *x) {
  const int32_t n_in = w->task->net->n_in;
  if (!rp_ball_has(w->task->root->ball, x, n_in) || !is_violating(w, x))
    return false;
  memcpy(w->witness, x, (size_t)n_in);
  w->stats.attack_hits++;
  return true;
}

static bool has_fixed_inputs(const worker *w, const node *n) {
  return !memcmp(n->region->x_lo, n->region->x_hi, (size_t)w->task->net->n_in);
}

fate node_tighten(worker *w, node *n, const double *lambda, int32_t *shrunk) {
  rp_int128 value;
  int32_t frac;
  *shrunk = 0;
  if (rp_dual_exact(w->dual, lambda, &value, &frac) != RP_OK) return NODE_OPEN;
  if (rp_dual_closes(w->dual)) return NODE_CLOSED;
  *shrunk = rp_dual_tighten(w->dual, n->region);
  if (*shrunk < 0) return NODE_CLOSED;
  if (*shrunk > 0 && !node_propagate(w, n)) return NODE_CLOSED;
  return NODE_OPEN;
}

double *node_set_dual(worker *w, const node *n, bool with_cuts) {
  RP_ASSERT(n->part >= 0);
  rp_dual_set(w->dual, n->region, &w->part[n->part].objective);
  if (!with_cuts) return n->lambda;
  rp_dual_use_cuts(w->dual, &n->cuts);
  return n->lambda_cut;
}

/* Several rounds with one of the node's two vectors of multipliers.
 * @param gap  out: what the descent left */
static fate bound(worker *w, node *n, bool with_cuts, int32_t evaluations,
                  double *gap) {
  const double threshold = (double)w->part[n->part].objective.threshold;
  const double start_s = rp_clock_wall_s();
  fate f = NODE_OPEN;
  for (int32_t round = 0; f == NODE_OPEN && round < MOST_ROUNDS; round++) {
    if (rp_deadline_has_passed(w->task->target->deadline)) return NODE_STOPPED;
    double *const lambda = node_set_dual(w, n, with_cuts);
    *gap = rp_dual_descend(w->dual, lambda, threshold - 0.5,
                           round == 0 ? evaluations : MORE_EVALUATIONS) -
           threshold;
    int32_t shrunk;
    f = node_tighten(w, n, lambda, &shrunk);
    if (shrunk < SHRUNK_ENOUGH || shrunk < w->task->net->n_acc / SHRUNK_SHARE)
      break;
  }
  w->stats.bound_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  return f;
}

/* A cut bounds the node below its hulls. */
static void set_hull_gap(node *n, double gap) {
  n->hull_gap = gap;
  n->gap = n->cuts.n > 0 ? fmin(n->gap, gap) : gap;
}

fate node_bound(worker *w, node *n, int32_t evaluations) {
  double gap = n->hull_gap;
  const fate f = bound(w, n, false, evaluations, &gap);
  set_hull_gap(n, gap);
  return f;
}

bool is_deep(const worker *w) {
  return w->task->net->n_blocks > 2;
}

bool is_flat(const worker *w) {
  const rp_net *net = w->task->net;
  return net->n_blocks == 2 && !rp_net_is_wide(net);
}

/* Cuts cost more than they save until a search is of some length: from the
 * first node on, the easy lists take a third more time. */
static bool are_cuts_due(const worker *w) {
  enum { CUTS_FROM = 256 }; /* nodes */
  if (!w->cut_point) return false;
  return w->task->cuts_at_once || count_nodes_so_far(w) >= CUTS_FROM;
}

/* With cuts a descent is far from its end after 25 evaluations. Twice as many
 * pay in long searches; shorter ones end sooner without. */
static bool is_descent_longer(const worker *w, const node *n) {
  enum { LONG_DESCENTS_FROM = 2048 }; /* nodes */
  return is_flat(w) && are_cuts_due(w) &&
         (n->cuts.n == 0 || count_nodes_so_far(w) >= LONG_DESCENTS_FROM);
}

/* All nodes below start from the multipliers of the first one. */
static int32_t choose_evaluations(const worker *w, const node *n) {
  const rp_net *net = w->task->net;
  if (!rp_net_is_wide(net))
    return is_descent_longer(w, n) ? FLAT_EVALUATIONS : NODE_EVALUATIONS;
  if (rp_net_is_large(net))
    return n->depth == 0 ? LARGE_TOP_EVALUATIONS : LARGE_EVALUATIONS;
  return n->depth == 0 ? TOP_EVALUATIONS : WIDE_EVALUATIONS;
}

fate node_bound_with_cuts(worker *w, node *n) {
  double gap = n->gap;
  const fate f = bound(w, n, true, choose_evaluations(w, n), &gap);
  n->gap = fmin(n->gap, gap);
  return f;
}

static void round_point(const worker *w, const node *n, const double *x,
                        uint8_t *point) {
  for (int32_t p = 0; p < w->task->net->n_in; p++) {
    const double nearest = rint(x[p]);
    point[p] = nearest >= n->region->x_hi[p] ? n->region->x_hi[p]
               : nearest > n->region->x_lo[p]
                   ? (uint8_t)nearest
                   : n->region->x_lo[p]; /* NaN too */
  }
  rp_ball_project(w->task->net, n->region, point);
}

static double open_tolerance(const worker *w, const node *n, double unit) {
  if (!is_deep(w)) return HUGE_VAL;
  return DEEP_OPEN_TOLERANCE * unit +
         (is_search_long(w) ? LONG_OPEN_SHARE * n->hull_gap : 0);
}

static void solve_program(worker *w, node *n) {
  const rp_objective *objective = &w->part[n->part].objective;
  const double threshold = (double)objective->threshold;
  const rp_deadline *deadline = w->task->target->deadline;
  const double unit =
      rp_stair_unit(&w->task->net->block[objective->block].stair[0]);
  const rp_master_goal goal = {.enough = threshold - 0.5,
                               .tolerance = TOLERANCE * unit,
                               .open_tolerance = open_tolerance(w, n, unit),
                               .columns = MOST_COLUMNS};
  node_set_dual(w, n, false);
  rp_master_solve(w->master, w->dual, &goal, deadline, n->lambda,
                  w->relaxation);
  if (w->relaxation->value - threshold < n->hull_gap)
    set_hull_gap(n, w->relaxation->value - threshold);
}

/* Where the master fails, the node keeps the multipliers and the point of the
 * descent. */
static fate relax_by_program(worker *w, node *n) {
  int32_t shrunk;
  solve_program(w, n);
  return node_tighten(w, n, node_set_dual(w, n, false), &shrunk);
}

bool node_try_point(worker *w, const node *n, const rp_relaxation *point) {
  round_point(w, n, point->x, w->point);
  return node_try(w, w->point);
}

/* The relaxed point, rounded: does it violate, or does a walk from it? */
static bool try_point(worker *w, const node *n, bool walk) {
  return node_try_point(w, n, w->relaxation) ||
         (walk &&
          rp_attack_walk(w->attack, w->task->target, w->part[n->part].rival,
                         w->point, w->witness, &w->stats));
}

static bool is_walk_due(const worker *w) {
  const int32_t every =
      rp_net_is_wide(w->task->net) ? WIDE_WALK_EVERY : WALK_EVERY;
  return w->stats.nodes % every == 0;
}

/* Descent, and the program where it stalls. The relaxed point is that of the
 * one that came last. */
static fate tighten_bound(worker *w, node *n) {
  const double before = n->hull_gap;
  const fate f = node_bound(w, n, choose_evaluations(w, n));
  if (f != NODE_OPEN) return f;
  rp_dual_soft_point(w->dual, w->relaxation->x, w->relaxation->z,
                     w->relaxation->a);
  const bool stalled =
      n->hull_gap > (is_search_long(w) ? LONG_STALLED : STALLED) * before;
  if (try_point(w, n, (!stalled || !w->master) && is_walk_due(w)))
    return NODE_WITNESS;
  if (!stalled || !w->master) return NODE_OPEN;
  if (relax_by_program(w, n) == NODE_CLOSED) return NODE_CLOSED;
  const bool walk =
      !is_deep(w) || w->stats.nodes < WALKED_NODES || is_walk_due(w);
  return try_point(w, n, walk) ? NODE_WITNESS : NODE_OPEN;
}

/* The descent with cuts was the node's only one. */
static void take_cuts_for_hulls(worker *w, node *n) {
  rp_relaxation *point = w->relaxation;
  n->hull_gap = n->gap;
  memcpy(n->lambda, n->lambda_cut,
         (size_t)w->task->net->n_acc * sizeof *n->lambda);
  rp_dual_soft_point(w->dual, point->x, point->z, point->a);
}

static fate tighten_by_cuts(worker *w, node *n) {
  const fate f = node_bound_with_cuts(w, n);
  if (f != NODE_OPEN) return f;
  take_cuts_for_hulls(w, n);
  node_keep_point(w);
  return try_point(w, n, is_walk_due(w)) ? NODE_WITNESS : NODE_OPEN;
}

/* Wide networks are split at corners of staircases, which the point of the
 * relaxation with cuts shows as well as that of the hulls does: one descent is
 * enough, and new cuts are for the children. So cuts pay from the first node
 * on. */
static fate tighten_wide(worker *w, node *n) {
  const fate f = n->cuts.n > 0 ? tighten_by_cuts(w, n) : tighten_bound(w, n);
  if (f == NODE_OPEN && w->cut_point) node_look_for_cuts(w, n);
  return f;
}

/* With cuts a narrow network has far less of the gap left than with hulls: with
 * two hidden layers a half to a twentieth of it. So the node's cuts come first,
 * and hulls, with the program that gets past a kink, only where that gained
 * little: a descent with cuts stalls, too, and its point then splits one step
 * after the other. New cuts are for the children. */
static fate tighten_narrow(worker *w, node *n) {
  const double most_left = is_deep(w) ? DEEP_LITTLE_LEFT : LITTLE_LEFT;
  const double before = n->gap;
  if (n->cuts.n > 0) {
    const fate f = node_bound_and_try(w, n);
    if (f != NODE_OPEN) return f;
  }
  w->splits_with_cuts = n->cuts.n > 0 && n->gap <= most_left * before;
  if (w->splits_with_cuts) {
    take_cuts_for_hulls(w, n);
  } else {
    const fate f = tighten_bound(w, n);
    if (f != NODE_OPEN) return f;
  }
  node_look_for_cuts(w, n);
  return NODE_OPEN;
}

static fate tighten(worker *w, node *n) {
  if (rp_net_is_wide(w->task->net)) return tighten_wide(w, n);
  return are_cuts_due(w) ? tighten_narrow(w, n) : tighten_bound(w, n);
}

static fate settle_or_tighten(worker *w, node *n) {
  return w->centre && is_node_settled(w, n) ? node_settle(w, n) : tighten(w, n);
}

/* A pass that leaves more than this share of the gap is the last one. */
static const double SHAVED_LITTLE = 0.9;

static fate shave(worker *w, node *n) {
  fate f = NODE_OPEN;
  for (int32_t pass = 0; f == NODE_OPEN && pass < MOST_SHAVES; pass++) {
    const double before = n->gap;
    int32_t shrunk;
    f = node_shave(w, n, &shrunk);
    if (f != NODE_OPEN || shrunk == 0) break;
    f = settle_or_tighten(w, n);
    if (n->gap > SHAVED_LITTLE * before) break;
  }
  node_note_gap(n);
  w->shaved++;
  w->shaved_closed += f == NODE_CLOSED;
  return f;
}

static fate bound_and_shave(worker *w, node *n) {
  const fate f = settle_or_tighten(w, n);
  if (f != NODE_OPEN) return f;
  node_note_half_gap(n);
  return is_shaving_due(w, n) ? shave(w, n) : NODE_OPEN;
}

static fate relax(worker *w, node *n) {
  if (!node_propagate(w, n)) return NODE_CLOSED;
  if (has_fixed_inputs(w, n))
    return node_try(w, n->region->x_lo) ? NODE_WITNESS : NODE_CLOSED;
  const fate f = bound_and_shave(w, n);
  if (f != NODE_OPEN) return f;
  if (rp_deadline_has_passed(w->task->target->deadline)) return NODE_STOPPED;
  if (branch_choose(w, n, w->relaxation->x, w->relaxation->z, w->relaxation->a,
                    &n->split))
    return NODE_OPEN;
  /* A node that cannot be split has fixed inputs. */
  return node_try(w, n->region->x_lo) ? NODE_WITNESS : NODE_CLOSED;
}

/* Short searches keep every bit of their sums: whether one of them ends soon
 * depends on it. With one hidden layer lanes gain next to nothing. */
fate node_relax(worker *w, node *n) {
  w->stats.nodes++;
  if (is_deep(w) && is_search_old(w)) rp_dual_use_lanes(w->dual);
  w->splits_with_cuts = false;
  RP_ASSERT(n->split.kind == BRANCH_NONE);
  if (n->depth > w->stats.depth) w->stats.depth = n->depth;
  const bool planted = planted_inside(w, n);
  fate f;
  if (node_is_enumerable(w, n)) {
    f = node_enumerate(w, n);
  } else {
    f = relax(w, n);
    proof_keep(w, n, f);
  }
  planted_expect(w, n, planted, f == NODE_CLOSED, "bounding");
  return f;
}
