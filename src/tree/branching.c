/* Where to split a node.
 *
 * A node is split at the neuron with the largest weighted relaxation error,
 * |mu| * |a - sigma(z)| at the relaxed point, where mu is the weight of the
 * neuron's activation in the objective. The split is at the corner where the
 * staircase is clipped if the interval reaches well past it, else at the
 * threshold nearest to z. If no neuron has an error, the two output
 * accumulators of the part are split, and after them the inputs.
 *
 * If a search has looked at many nodes compared with the number of points in
 * the box, it splits inputs only: a node for every point is then cheaper than
 * a node for every combination of steps. */
#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "tree/tree_internal.h"

typedef struct steps {
  const rp_stair *stair;
  int32_t z_lo, z_hi; /* the interval */
  int32_t lo, hi;     /* the steps it meets */
} steps;

static steps get_steps(const rp_net *net, const rp_region *region,
                       int32_t block, int32_t neuron, int32_t at) {
  const rp_stair *stair = &net->block[block].stair[neuron];
  return (steps){stair, region->z_lo[at], region->z_hi[at],
                 rp_stair_apply(stair, region->z_lo[at]),
                 rp_stair_apply(stair, region->z_hi[at])};
}

/* Where a staircase is constant over more than a step at an end of the
 * interval, its hull is much larger than its graph: split there first. */
static bool find_clipping_corner(const steps *s, double z, int32_t *value) {
  const int64_t bottom = rp_stair_threshold(s->stair, s->stair->lo + 1);
  const int64_t top = rp_stair_threshold(s->stair, s->stair->hi);
  const double step = rp_stair_unit(s->stair);
  const bool at_bottom =
      s->lo == s->stair->lo && (double)(bottom - s->z_lo) > step;
  const bool at_top = s->hi == s->stair->hi && (double)(s->z_hi - top) >= step;
  if (!at_bottom && !at_top) return false;
  const bool take_bottom = at_bottom && (!at_top || fabs(z - (double)bottom) <=
                                                        fabs(z - (double)top));
  *value = (int32_t)(take_bottom ? bottom : top);
  return true;
}

static int32_t find_nearest_threshold(const steps *s, double z) {
  const int32_t step = rp_stair_apply(
      s->stair, (int64_t)llrint(fmin(fmax(z, s->z_lo), s->z_hi)));
  const int32_t below = step < s->lo + 1 ? s->lo + 1 : step;
  const int32_t above = step + 1 > s->hi ? s->hi : step + 1;
  RP_ASSERT(below > s->lo && below <= s->hi);
  RP_ASSERT(above > s->lo && above <= s->hi);
  const double t0 = (double)rp_stair_threshold(s->stair, below);
  const double t1 = (double)rp_stair_threshold(s->stair, above);
  return (int32_t)(fabs(z - t0) <= fabs(t1 - z) ? t0 : t1);
}

enum {
  CANDIDATES = 12, /* splits worth looking at */
  LOOKS = 4        /* of them whose children are looked at */
};

/* Keep the best few, worst last. */
static void consider(branch *best, int32_t *count, const branch *c) {
  RP_ASSERT(*count >= 0 && *count <= CANDIDATES);
  if (*count == CANDIDATES) {
    if (best[CANDIDATES - 1].score >= c->score) return;
    --*count; /* the worst makes room */
  }
  int32_t at = (*count)++;
  RP_ASSERT(at < CANDIDATES);
  for (; at > 0 && best[at - 1].score < c->score; at--) best[at] = best[at - 1];
  best[at] = *c;
}

static int32_t choose_split_value(const steps *s, double z) {
  int32_t value;
  return find_clipping_corner(s, z, &value) ? value
                                            : find_nearest_threshold(s, z);
}

/* The step of a neuron at a relaxed point. */
static int32_t compute_step(const rp_block *block, int32_t neuron,
                            const double *z) {
  const rp_rows members = rp_block_accumulators(block, &neuron);
  int32_t most = INT32_MIN;
  for (int32_t n = 0; n < members.n; n++) {
    const int32_t i = members.row[n];
    const int32_t step =
        rp_stair_apply(&block->stair[i], (int64_t)llrint(z[block->first + i]));
    if (step > most) most = step;
  }
  return most;
}

/* The clipped line that a staircase follows: it passes the middle of every
 * step's accumulators. */
static double compute_line(const rp_stair *stair, double z) {
  if (stair->lo == stair->hi) return stair->lo;
  const double first = (double)rp_stair_threshold(stair, stair->lo + 1);
  const double line =
      stair->lo + 0.5 + (z - first + 0.5) * (double)rp_stair_slope(stair);
  return fmin(fmax(line, stair->lo), stair->hi);
}

/* What rounding to the nearest step may add to a line, in steps, and how much
 * of it counts. */
static const double ROUNDING = 0.5, ROUNDING_COUNTS = 0.05;

/* Where convolutions round hundreds of neurons with the same weight, and in
 * large networks, a split at a step gains next to nothing: what counts is what
 * the relaxation grants beyond the clipped line and its rounding, and so
 * corners come first. */
static double compute_error(const worker *w, const rp_block *block,
                            int32_t neuron, const double *z, double a) {
  if (w->centre) return fabs(a - compute_step(block, neuron, z));
  const rp_rows members = rp_block_accumulators(block, &neuron);
  double most = -HUGE_VAL;
  for (int32_t n = 0; n < members.n; n++) {
    const int32_t i = members.row[n];
    most = fmax(most, compute_line(&block->stair[i], z[block->first + i]));
  }
  const double error = fabs(a - most);
  return fmax(error - ROUNDING, 0) + ROUNDING_COUNTS * error;
}

static int32_t find_candidates(const worker *w, const node *n, const double *z,
                               const double *a, const double *lambda,
                               branch best[CANDIDATES]) {
  const rp_net *net = w->task->net;
  int32_t count = 0;
  for (int32_t k = 0, at = 0; k < net->n_blocks - 1; k++)
    for (int32_t i = 0; i < net->block[k].n_acc; i++, at++) {
      const steps s = get_steps(net, n->region, k, i, at);
      const int32_t neuron = rp_block_owner(&net->block[k], i);
      const int32_t of = net->block[k].first + neuron;
      if (s.lo == s.hi || !node_depends_on(w, n, k, neuron)) continue;
      const double error = compute_error(w, &net->block[k], neuron, z, a[of]);
      const double mu = fabs(rp_dual_weight(w->dual, lambda, of));
      /* A little for width keeps the choice total when every hull is met. */
      const branch c = {.kind = BRANCH_STEP,
                        .at = at,
                        .block = k,
                        .value = choose_split_value(&s, z[at]),
                        .score = mu * error + 1e-6 * (1 + mu) * (s.hi - s.lo)};
      consider(best, &count, &c);
    }
  return count;
}

/* Both children must fall: the product of their gains, each at most the gap. */
static double compute_worth(double gap, double low, double high) {
  const double least = 1e-3 * gap;
  return fmax(least, fmin(gap, low)) * fmax(least, fmin(gap, high));
}

/* Gains by a look along the accumulator's own multiplier. */
static double probe_worth(const worker *w, const node *n, const double *lambda,
                          double value, const branch *split) {
  const rp_region *region = n->region;
  rp_dual_cut low_side = {.block = split->block,
                          .at = split->at,
                          .lo = region->z_lo[split->at],
                          .hi = split->value - 1};
  rp_dual_cut high_side = low_side;
  high_side.lo = split->value;
  high_side.hi = region->z_hi[split->at];
  const double low = rp_dual_probe(w->dual, lambda, value, &low_side);
  const double high = rp_dual_probe(w->dual, lambda, value, &high_side);
  const double gap = value - (double)w->part[n->part].objective.threshold + 1;
  return compute_worth(gap, value - low, value - high);
}

/* Gains as earlier splits had them. */
static double recall_worth(const worker *w, const node *n,
                           const branch *split) {
  return compute_worth(fmax(n->hull_gap, 1),
                       pseudo_gain(&w->pseudo, split, false),
                       pseudo_gain(&w->pseudo, split, true));
}

/* With two and more hidden layers a split's worth lies in the intervals above
 * it, which a look along one multiplier does not see: P3-6 sample 116 at radius
 * 2 takes 800 nodes by the hulls alone and over 4,000 by the probes. */
static double predict_worth(const worker *w, const node *n,
                            const double *lambda, double value,
                            const branch *split) {
  return is_deep(w) ? recall_worth(w, n, split)
                    : probe_worth(w, n, lambda, value, split);
}

/* What a split is worth by what its children show. The one that should gain
 * less comes first: where even the whole gap in the other one could not make
 * the split worth more than `most`, that is not looked at. */
static double look_ahead(worker *w, const node *n, const branch *split,
                         double most) {
  const double gap = fmax(n->hull_gap, 1);
  const bool first = pseudo_gain(&w->pseudo, split, true) <
                     pseudo_gain(&w->pseudo, split, false);
  RP_ASSERT(split->kind == BRANCH_STEP);
  const double gain = branch_measure_gain(w, n, split, first);
  if (compute_worth(gap, gain, gap) <= most) return most;
  return compute_worth(gap, gain, branch_measure_gain(w, n, split, !first));
}

/* The best of a few splits by what their children show. */
static void choose_by_strong_branching(worker *w, const node *n,
                                       const branch *candidate,
                                       double promise[CANDIDATES],
                                       int32_t count, branch *split) {
  double most = -1;
  for (int32_t look = 0; look < LOOKS && look < count; look++) {
    int32_t at = 0;
    for (int32_t i = 1; i < count; i++)
      if (promise[i] > promise[at]) at = i;
    promise[at] = -1; /* taken */
    const double seen = look_ahead(w, n, &candidate[at], most);
    if (seen <= most) continue;
    most = seen;
    *split = candidate[at];
  }
}

static bool choose_neuron(worker *w, const node *n, const double *z,
                          const double *a, branch *split) {
  branch best[CANDIDATES] = {0};
  double promise[CANDIDATES];
  const double *const lambda = node_set_dual(w, n, w->splits_with_cuts);
  const double value = rp_dual_value(w->dual, lambda);
  const int32_t count = find_candidates(w, n, z, a, lambda, best);
  for (int32_t i = 0, most = 0; i < count; i++) {
    promise[i] = predict_worth(w, n, lambda, value, &best[i]);
    if (promise[i] > promise[most]) most = i;
    *split = best[most];
  }
  if (is_search_long(w))
    choose_by_strong_branching(w, n, best, promise, count, split);
  return count > 0;
}

static bool choose_output(const worker *w, const node *n, const double *z,
                          branch *split) {
  const rp_net *net = w->task->net;
  const rp_part *part = &w->part[n->part];
  const int32_t last = net->n_blocks - 1;
  const int32_t first = net->block[last].first;
  const int32_t row[2] = {part->label, part->rival};
  for (int32_t r = 0; r < 2 && part->kind == 'A'; r++) {
    const steps s = get_steps(net, n->region, last, row[r], first + row[r]);
    if (s.lo == s.hi) continue;
    split->kind = BRANCH_STEP;
    split->block = last;
    split->at = first + row[r];
    split->value = find_nearest_threshold(&s, z[first + row[r]]);
    return true;
  }
  return false;
}

int32_t branch_value(const rp_region *region, int32_t input, int32_t value) {
  const rp_ball *ball = region->ball;
  const int32_t lo = region->x_lo[input], hi = region->x_hi[input];
  if (!ball || ball->norm != RP_NORM_L0) return value;
  const int32_t centre = ball->x[input];
  if (centre < lo || centre > hi) return value;
  if (centre == lo || (value > centre && centre < hi)) return centre + 1;
  return centre;
}

/* The input that is farthest from an integer, else the widest. */
static bool choose_input(const worker *w, const node *n, const double *x,
                         branch *split) {
  const rp_net *net = w->task->net;
  double best = -1;
  for (int32_t p = 0; p < net->n_in; p++) {
    const int32_t lo = n->region->x_lo[p], hi = n->region->x_hi[p];
    if (lo == hi) continue;
    /* A point may be anything, NaN too: an input that is not fixed is split. */
    const double at = x[p] > lo ? fmin(x[p], hi) : lo;
    const double score = fabs(at - rint(at)) + 1e-6 * (double)(hi - lo);
    if (score <= best) continue;
    best = score;
    const int32_t value = (int32_t)floor(at) + 1;
    *split =
        (branch){.kind = BRANCH_INPUT,
                 .at = p,
                 .value = branch_value(n->region, p, value > hi ? hi : value)};
  }
  return best >= 0;
}

enum { FEW_CHANGES = 2 };

/* In an L0 ball where few inputs may still change: the input whose change is
 * worth most at the relaxed point. With it changed one less may follow, which
 * closes most nodes; without it the next one is asked for. P1-4 at radius 2,
 * samples 0-29, takes 4 s of CPU time so, and by neurons 4 queries are open
 * after 10 s each; with more inputs neurons are the better choice. */
static bool choose_change(const worker *w, const node *n, const double *x,
                          branch *split) {
  const rp_region *r = n->region;
  const float *const nu = rp_dual_nu(w->dual);
  double most = 0;
  if (!r->ball || r->ball->norm != RP_NORM_L0 ||
      rp_ball_find_left(w->task->net, r) > FEW_CHANGES)
    return false;
  for (int32_t p = 0; p < w->task->net->n_in; p++) {
    const int32_t centre = r->ball->x[p];
    const bool is_free = r->x_lo[p] <= centre && centre <= r->x_hi[p];
    const double worth = fabs((double)nu[p] * (x[p] - centre));
    if (!is_free || r->x_lo[p] == r->x_hi[p] || !(worth > most)) continue;
    most = worth;
    *split = (branch){.kind = BRANCH_INPUT,
                      .at = p,
                      .value = branch_value(r, p, centre + (x[p] > centre))};
  }
  return most > 0;
}

enum { POINTS_A_NODE = 8 };

static bool is_box_outgrown(const worker *w, const node *n) {
  return node_has_points_up_to(w, n,
                               (double)POINTS_A_NODE * (double)w->stats.nodes);
}

/* Both children of a split are smaller than the node, and neither is empty. */
static bool is_inside_interval(const node *n, const branch *split) {
  const rp_region *r = n->region;
  const int32_t at = split->at, value = split->value;
  return split->kind == BRANCH_INPUT
             ? r->x_lo[at] < value && value <= r->x_hi[at]
             : r->z_lo[at] < value && value <= r->z_hi[at];
}

bool branch_choose(worker *w, const node *n, const double *x, const double *z,
                   const double *a, branch *split) {
  const bool found =
      is_box_outgrown(w, n)
          ? choose_input(w, n, x, split)
          : choose_change(w, n, x, split) || choose_neuron(w, n, z, a, split) ||
                choose_output(w, n, z, split) || choose_input(w, n, x, split);
  RP_ASSERT(!found || is_inside_interval(n, split));
  return found;
}
