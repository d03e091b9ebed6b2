/* A node whose steps are all fixed: every input of its region has the same
 * activations, and so every one of them is a counterexample. The question is
 * whether the region holds an input at all.
 *
 * The dual bound is a constant, given by the steps, plus a term in the first
 * layer's multipliers. That term grows with the length of the multipliers. So
 * if they show that the region is empty, long enough multipliers close the node
 * however far the constant lies above the threshold. If they do not, longer
 * multipliers still shrink the region more. The multipliers come from the
 * program of the Chebyshev-like centre (lp/centre.h). Its solution is rounded
 * and tried, and the node is then split at an input whose value in the solution
 * is not a whole number. */
#include <math.h>
#include <string.h>

#include "core/assert.h"
#include "tree/tree_internal.h"

enum { MOST_ROUNDS = 4, SHRUNK_ENOUGH = 8, DRAWS = 1000 };

/* Multipliers are scaled so that the constant weighs no more than this fraction
 * of an accumulator unit. */
static const double UNIT_SHARE = 1.0 / 64;

bool node_depends_on(const worker *w, const node *n, int32_t block,
                     int32_t neuron) {
  const rp_net *net = w->task->net;
  RP_ASSERT(block >= 0 && block + 1 < net->n_blocks);
  const rp_objective *objective = &w->part[n->part].objective;
  const rp_block *lower = &net->block[block];
  RP_ASSERT(objective->block + 1 == net->n_blocks);
  if (lower->is_read[neuron]) return true;
  for (int32_t u = 0; u < lower->n_uses; u++) {
    const rp_use *use = &lower->use[u];
    if (use->block != objective->block) continue;
    const rp_op *op = net->block[use->block].term[use->term].op;
    for (int32_t r = 0; r < objective->n_rows; r++)
      if (rp_op_weight(op, objective->row[r], neuron) != 0) return true;
  }
  return false;
}

bool is_node_settled(const worker *w, const node *n) {
  const rp_net *net = w->task->net;
  for (int32_t k = 0; k < net->n_blocks - 1; k++)
    for (int32_t i = 0; i < net->block[k].n_acc; i++)
      if (rp_region_is_unstable(&net->block[k], n->region, i) &&
          node_depends_on(w, n, k, rp_block_owner(&net->block[k], i)))
        return false;
  return net->n_blocks > 1;
}

/* The program's multipliers, scaled as explained above. */
static void take_multipliers(worker *w, node *n) {
  const double threshold = (double)w->part[n->part].objective.threshold;
  const double depth = w->relaxation->value;
  const int32_t n_first = w->task->net->block[0].n_out;
  rp_dual_set(w->dual, n->region, &w->part[n->part].objective);
  rp_dual_slopes(w->dual, n->lambda);
  memset(n->lambda, 0, (size_t)n_first * sizeof *n->lambda);
  const double rest = rp_dual_value(w->dual, n->lambda) - threshold;
  const double length = (fmax(rest, 0) + 1) / fmax(fabs(depth), UNIT_SHARE);
  RP_ASSERT(!(length <= 0));
  for (int32_t i = 0; i < n_first; i++)
    n->lambda[i] =
        (depth < 0 ? 2 : 1 / UNIT_SHARE) * length * w->relaxation->lambda[i];
  n->gap = rest + depth; /* deepest first */
}

/* Lattice points near the Chebyshev-like centre. */
static bool try_lattice(worker *w, const node *n) {
  const double start_s = rp_clock_wall_s();
  bool hit = false;
  if (rp_lattice_reduce(w->lattice, n->region, w->relaxation))
    for (int32_t i = 0; i < DRAWS && !hit; i++)
      hit = rp_lattice_draw(w->lattice, w->point) && node_try(w, w->point);
  w->stats.attack_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  return hit;
}

fate node_settle(worker *w, node *n) {
  const rp_net *net = w->task->net;
  for (int32_t i = 0; i < net->block[0].n_out; i++)
    w->counts[i] = node_depends_on(w, n, 0, i);
  for (int32_t round = 0; round < MOST_ROUNDS; round++) {
    const rp_deadline *deadline = w->task->target->deadline;
    rp_centre_solve(w->centre, n->region, w->counts, deadline, w->relaxation);
    if (!w->relaxation->found) break;
    if (node_try_point(w, n, w->relaxation)) return NODE_WITNESS;
    take_multipliers(w, n);
    int32_t shrunk;
    if (node_tighten(w, n, n->lambda, &shrunk) == NODE_CLOSED)
      return NODE_CLOSED;
    if (shrunk < SHRUNK_ENOUGH) break;
  }
  if (w->relaxation->found) return try_lattice(w, n) ? NODE_WITNESS : NODE_OPEN;
  /* There is no solution to round: try the middle of the box. */
  for (int32_t p = 0; p < net->n_in; p++)
    w->relaxation->x[p] = (n->region->x_lo[p] + n->region->x_hi[p]) / 2.0;
  return node_try_point(w, n, w->relaxation) ? NODE_WITNESS : NODE_OPEN;
}
