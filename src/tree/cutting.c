/* Cuts at a node: which ones to look for, to use and to drop.
 *
 * The cuts of a node are those of its parent that had weight there, and new
 * ones of the neurons whose activations the relaxed point sets too well, most
 * weight first. One round of separation a node pays best: two close more of the
 * gap and take longer, children go on from where it ends. */
#include <math.h>
#include <string.h>

#include "core/assert.h"
#include "tree/tree_internal.h"

enum {
  MOST_NEW = 16,     /* cuts at a node */
  MOST_NEW_WIDE = 64 /* in wide networks, below the first node */
};

/* A cut that gains less at the relaxed point is not looked at again: in
 * activations, and of the objective as a share of the gap. */
static const double LEAST_VIOLATION = 0.02, LEAST_SHARE = 0.005;
static const double LEAST_SHARE_WIDE = 0.001;

/* A neuron that a cut bounds better than the relaxation does. */
typedef struct finding {
  int32_t row, sign;
  double score; /* what the cut takes off the objective at the point */
} finding;

/* Keep the best few, worst last. */
static void keep_best(finding *best, int32_t most, int32_t *count,
                      const finding *found) {
  if (*count == most && found->score <= best[most - 1].score) return;
  int32_t at = *count < most ? (*count)++ : most - 1;
  for (; at > 0 && best[at - 1].score < found->score; at--)
    best[at] = best[at - 1];
  best[at] = *found;
}

static bool pays(const worker *w, const node *n, double weight,
                 double violation) {
  const double share =
      rp_net_is_wide(w->task->net) ? LEAST_SHARE_WIDE : LEAST_SHARE;
  return violation >= LEAST_VIOLATION &&
         fabs(weight) * violation >= share * n->gap;
}

/* What any cut can gain at most at the relaxed point: the activation is there
 * as z rounds. */
static double measure_excess(const worker *w, int32_t i, int32_t sign) {
  const rp_stair *stair = &w->task->net->block[0].stair[i];
  const double z = floor(w->cut_relaxation->z[i]);
  const int32_t low = sign * rp_stair_apply(stair, (int64_t)z);
  const int32_t high = sign * rp_stair_apply(stair, (int64_t)z + 1);
  return sign * w->cut_relaxation->a[i] - (low < high ? low : high);
}

/* The worker's dual has its value at the node's multipliers. */
static int32_t find_cuts(worker *w, const node *n, int32_t most,
                         finding *best) {
  const rp_block *block = &w->task->net->block[0];
  int32_t count = 0;
  rp_cut_point_set(w->cut_point, n->region, w->cut_relaxation->x);
  for (int32_t i = 0; i < block->n_out; i++) {
    const double weight = rp_dual_weight(w->dual, n->lambda_cut, i);
    const int32_t sign = weight > 0 ? 1 : -1;
    double bound;
    if (!rp_region_is_unstable(block, n->region, i) ||
        !pays(w, n, weight, measure_excess(w, i, sign)) ||
        !rp_cut_separate(w->cut_point, 0, i, sign, &bound))
      continue;
    const double violation = sign * w->cut_relaxation->a[i] - bound;
    const finding found = {i, sign, fabs(weight) * violation};
    if (pays(w, n, weight, violation)) keep_best(best, most, &count, &found);
  }
  return count;
}

/* Drop cuts without weight. */
static void drop_idle_cuts(const worker *w, node *n) {
  double *const pi = n->lambda_cut + w->task->net->n_acc;
  int32_t kept = 0;
  for (int32_t c = 0; c < n->cuts.n; c++) {
    if (!(pi[c] > 0)) {
      rp_cut_release(n->cuts.cut[c]);
      continue;
    }
    n->cuts.cut[kept] = n->cuts.cut[c];
    pi[kept++] = pi[c];
  }
  n->cuts.n = kept;
}

/* Where convolutions round hundreds of neurons, many cuts are worth it: the
 * first node of a part has them all, and its descendants keep those with
 * weight. */
static int32_t choose_most(const worker *w, const node *n) {
  const int32_t room = rp_cuts_room(w->task->net) - n->cuts.n;
  const int32_t most = !rp_net_is_wide(w->task->net) ? MOST_NEW
                       : n->depth == 0               ? RP_MOST_CUTS
                                                     : MOST_NEW_WIDE;
  return room < most ? room : most;
}

/* Returns how many: none without memory. */
static int32_t add_cuts(worker *w, node *n) {
  finding best[RP_MOST_CUTS];
  const int32_t most = choose_most(w, n);
  if (most == 0) return 0;
  rp_dual_use_cuts(w->dual, &n->cuts);
  (void)rp_dual_value(w->dual, n->lambda_cut);
  const int32_t count = find_cuts(w, n, most, best);
  for (int32_t k = 0; k < count; k++) {
    double bound;
    (void)rp_cut_separate(w->cut_point, 0, best[k].row, best[k].sign, &bound);
    rp_cut *cut = rp_cut_make(w->cut_point);
    if (!cut) return k;
    n->lambda_cut[w->task->net->n_acc + n->cuts.n] = 0;
    n->cuts.cut[n->cuts.n++] = cut;
  }
  RP_ASSERT(n->cuts.n <= rp_cuts_room(w->task->net));
  return count;
}

/* A node without cuts starts from what the hulls gave. */
static void start_from_hulls(const worker *w, node *n) {
  const size_t n_acc = (size_t)w->task->net->n_acc;
  const size_t n_in = (size_t)w->task->net->n_in;
  const rp_relaxation *from = w->relaxation;
  memcpy(n->lambda_cut, n->lambda, n_acc * sizeof *n->lambda);
  memcpy(w->cut_relaxation->x, from->x, n_in * sizeof *from->x);
  memcpy(w->cut_relaxation->z, from->z, n_acc * sizeof *from->z);
  memcpy(w->cut_relaxation->a, from->a, n_acc * sizeof *from->a);
}

/* Where the last descent ended. */
static void place_point(worker *w) {
  rp_relaxation *point = w->cut_relaxation;
  rp_dual_soft_point(w->dual, point->x, point->z, point->a);
  rp_dual_soft_run(w->dual, point->z);
}

static fate bound_and_look(worker *w, node *n) {
  const fate f = node_bound_with_cuts(w, n);
  if (f != NODE_OPEN) return f;
  place_point(w);
  return node_try_point(w, n, w->cut_relaxation) ? NODE_WITNESS : NODE_OPEN;
}

void node_look_for_cuts(worker *w, node *n) {
  if (n->cuts.n == 0)
    start_from_hulls(w, n);
  else
    place_point(w);
  drop_idle_cuts(w, n);
  node_set_dual(w, n);
  (void)add_cuts(w, n);
}

fate node_cut(worker *w, node *n) {
  fate f = NODE_OPEN;
  if (n->cuts.n == 0)
    start_from_hulls(w, n);
  else
    f = bound_and_look(w, n);
  if (f != NODE_OPEN) return f;
  drop_idle_cuts(w, n);
  node_set_dual(w, n);
  if (add_cuts(w, n) > 0) f = bound_and_look(w, n);
  drop_idle_cuts(w, n);
  return f;
}
