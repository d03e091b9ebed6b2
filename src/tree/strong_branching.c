/* Looking ahead: what a split gains, by a short descent in both children.
 *
 * In deep networks a split that scores well may gain nothing in one child: the
 * relaxed point moves along a face. Looking costs more than the node itself. A
 * search of some hundred nodes only loses by it, one of tens of thousands takes
 * a third of the nodes (P3-4 104@1). What is seen goes into the pseudo-costs
 * too. In wide networks four looks cost more than they save. */
#include <math.h>

#include "tree/tree_internal.h"

enum {
  STRONG_EVALUATIONS = 15,
  OLD_SEARCH = 1000, /* nodes */
  LONG_SEARCH = 2000
};

int64_t count_nodes_so_far(const worker *w) {
  return w->nodes_before + w->stats.nodes;
}

bool is_search_old(const worker *w) {
  return w->task->nodes_before > 0 || count_nodes_so_far(w) >= OLD_SEARCH;
}

bool is_search_long(const worker *w) {
  return is_deep(w) && !rp_net_is_wide(w->task->net) &&
         count_nodes_so_far(w) >= LONG_SEARCH;
}

double branch_measure_gain(worker *w, const node *n, const branch *split,
                           bool high) {
  node copy = *n;
  const node *const parent = &copy;
  copy.split = *split;
  const double threshold = (double)w->part[parent->part].objective.threshold;
  node *child = node_child(w->task->net, parent, high);
  if (!child) return 0; /* no memory: nothing learned */
  double left = 0;
  if (node_propagate(w, child)) {
    double *const lambda = node_set_dual(w, child, w->splits_with_cuts);
    const double bound =
        rp_dual_descend(w->dual, lambda, threshold - 0.5, STRONG_EVALUATIONS);
    left = fmax(bound - threshold, 0);
    pseudo_learn(&w->pseudo, &parent->split, high, parent->hull_gap - left);
  }
  node_free(child);
  return parent->hull_gap - left;
}
