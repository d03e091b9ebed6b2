#include "bound/cut_find.h"

#include <math.h>

#include "core/assert.h"

/* A cut that gains less at the relaxed point is not looked at again, in
 * activations. */
static const double LEAST_VIOLATION = 0.02;

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

static bool pays(const rp_cut_view *view, double weight, double violation) {
  return violation >= LEAST_VIOLATION &&
         fabs(weight) * violation >= view->least_gain;
}

/* What any cut can gain at most at the relaxed point: the activation is there
 * as z rounds. */
static double measure_excess(const rp_cut_view *view, const rp_stair *stair,
                             int32_t i, int32_t sign) {
  const double z = floor(view->z[i]);
  const int32_t low = sign * rp_stair_apply(stair, (int64_t)z);
  const int32_t high = sign * rp_stair_apply(stair, (int64_t)z + 1);
  return sign * view->a[i] - (low < high ? low : high);
}

static int32_t find(const rp_cut_view *view, const rp_block *block,
                    const double *lambda, int32_t most, finding *best) {
  const rp_region *region = rp_dual_region(view->dual);
  int32_t count = 0;
  rp_cut_point_set(view->point, region, view->x);
  for (int32_t i = 0; i < block->n_out; i++) {
    const double weight = rp_dual_weight(view->dual, lambda, i);
    const int32_t sign = weight > 0 ? 1 : -1;
    double bound;
    if (!rp_region_is_unstable(block, region, i) ||
        !pays(view, weight, measure_excess(view, &block->stair[i], i, sign)) ||
        !rp_cut_separate(view->point, 0, i, sign, &bound))
      continue;
    const double violation = sign * view->a[i] - bound;
    const finding found = {i, sign, fabs(weight) * violation};
    if (pays(view, weight, violation)) keep_best(best, most, &count, &found);
  }
  return count;
}

int32_t rp_cut_find(const rp_cut_view *view, rp_cuts *cuts, double *lambda) {
  finding best[RP_MOST_CUTS];
  const rp_net *net = rp_dual_net(view->dual);
  const int32_t room = rp_cuts_room(net) - cuts->n;
  const int32_t most = view->most < room ? view->most : room;
  if (most <= 0) return 0;
  (void)rp_dual_value(view->dual, lambda);
  const int32_t count = find(view, &net->block[0], lambda, most, best);
  for (int32_t k = 0; k < count; k++) {
    double bound;
    (void)rp_cut_separate(view->point, 0, best[k].row, best[k].sign, &bound);
    rp_cut *cut = rp_cut_make(view->point);
    if (!cut) return k;
    lambda[net->n_acc + cuts->n] = 0;
    cuts->cut[cuts->n++] = cut;
  }
  RP_ASSERT(cuts->n <= rp_cuts_room(net));
  return count;
}

void rp_cut_drop_idle(rp_cuts *cuts, double *pi) {
  int32_t kept = 0;
  for (int32_t c = 0; c < cuts->n; c++) {
    if (!(pi[c] > 0)) {
      rp_cut_release(cuts->cut[c]);
      continue;
    }
    cuts->cut[kept] = cuts->cut[c];
    pi[kept++] = pi[c];
  }
  cuts->n = kept;
}

void rp_cut_drop_all(rp_cuts *cuts) {
  for (int32_t c = 0; c < cuts->n; c++) rp_cut_release(cuts->cut[c]);
  cuts->n = 0;
}
