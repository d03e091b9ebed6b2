/* Cuts at a node: which ones to look for, to use and to drop.
 *
 * The cuts of a node are those of its parent that had weight there, and new
 * ones of the neurons whose activations the relaxed point sets too well, most
 * weight first. One round of separation a node pays best: two close more of the
 * gap and take longer, children go on from where it ends. */
#include <string.h>

#include "bound/cut_find.h"
#include "tree/tree_internal.h"

enum {
  MOST_NEW = 16,      /* cuts at a node */
  MOST_NEW_FLAT = 64, /* in networks of one hidden layer, and */
  MOST_NEW_WIDE = 64  /* in wide networks, below the first node */
};

/* Of the gap, what a cut has to gain. */
static const double LEAST_SHARE = 0.005, LEAST_SHARE_WIDE = 0.001;

/* Where convolutions round hundreds of neurons, many cuts are worth it: the
 * first node of a part has them all, and its descendants keep those with
 * weight. */
static int32_t choose_most(const worker *w, const node *n) {
  if (!rp_net_is_wide(w->task->net))
    return is_flat(w) ? MOST_NEW_FLAT : MOST_NEW;
  return n->depth == 0 ? RP_MOST_CUTS : MOST_NEW_WIDE;
}

static void add_cuts(worker *w, node *n) {
  const rp_relaxation *from = w->cut_relaxation;
  const double share =
      rp_net_is_wide(w->task->net) ? LEAST_SHARE_WIDE : LEAST_SHARE;
  const rp_cut_view view = {.point = w->cut_point,
                            .dual = w->dual,
                            .x = from->x,
                            .z = from->z,
                            .a = from->a,
                            .least_gain = share * n->gap,
                            .most = choose_most(w, n)};
  (void)rp_cut_find(&view, &n->cuts, n->lambda_cut);
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

void node_keep_point(worker *w) {
  rp_relaxation *point = w->cut_relaxation;
  rp_dual_soft_point(w->dual, point->x, point->z, point->a);
  rp_dual_soft_run(w->dual, point->z);
}

fate node_bound_and_try(worker *w, node *n) {
  const fate f = node_bound_with_cuts(w, n);
  if (f != NODE_OPEN) return f;
  node_keep_point(w);
  return node_try_point(w, n, w->cut_relaxation) ? NODE_WITNESS : NODE_OPEN;
}

void node_look_for_cuts(worker *w, node *n) {
  if (n->cuts.n == 0) start_from_hulls(w, n);
  rp_cut_drop_idle(&n->cuts, n->lambda_cut + w->task->net->n_acc);
  node_set_dual(w, n, true);
  add_cuts(w, n);
}
