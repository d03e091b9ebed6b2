/* Bounds of inner accumulators: maximize z and -z on the network cut off at
 * the accumulator's layer. The descent ends at a value that an input really
 * takes, since no bound lies below it. Each bound looks for cuts of its own. */
#include "bound/inner.h"

#include <math.h>
#include <stdlib.h>

#include "bound/cut_find.h"
#include "bound/dual_internal.h"
#include "core/assert.h"
#include "core/memory.h"

/* A round of cuts that takes less than this share off what is above an input's
 * value is the last one. */
static const double LEAST_GAIN = 0.02;

enum { MOST_NEW = 16 /* cuts of a round */ };
static const double LEAST_SHARE = 0.005; /* of that, by a cut */

/* One call's memory: multipliers, a forward pass, and what cuts need. */
typedef struct scratch {
  rp_inner_effort effort;
  double *lambda;          /* [n_acc + rp_cuts_room] */
  int32_t *z, *out, *work; /* as rp_net_forward wants them */
  rp_cut_point *point;     /* NULL: no cuts */
  rp_cuts cuts;
  double *soft_x, *soft_z, *soft_a; /* a relaxed point */
} scratch;

static void scratch_fini(scratch *s) {
  rp_cut_drop_all(&s->cuts);
  rp_cut_point_free(s->point);
  free(s->cuts.cut);
  free(s->lambda);
  free(s->z);
  free(s->out);
  free(s->work);
  free(s->soft_x);
  free(s->soft_z);
  free(s->soft_a);
}

static bool scratch_init(const rp_net *net, const rp_inner_effort *effort,
                         scratch *s) {
  const size_t n_acc = (size_t)net->n_acc;
  *s = (scratch){.effort = *effort};
  const size_t room = (size_t)rp_cuts_room(net);
  s->cuts.cut = rp_alloc(room, sizeof *s->cuts.cut);
  s->lambda = rp_alloc(n_acc + room, sizeof *s->lambda);
  s->z = rp_alloc(n_acc, sizeof *s->z);
  s->out = rp_alloc((size_t)net->n_out, sizeof *s->out);
  const size_t forward = rp_net_forward_work(net);
  const size_t interval = rp_interval_work(net);
  s->work = rp_alloc(forward > interval ? forward : interval, sizeof *s->work);
  s->soft_x = rp_alloc((size_t)net->n_in, sizeof *s->soft_x);
  s->soft_z = rp_alloc(n_acc, sizeof *s->soft_z);
  s->soft_a = rp_alloc(n_acc, sizeof *s->soft_a);
  const bool has_cuts = effort->cut_rounds > 0 && rp_cut_is_for(net, 0);
  if (s->cuts.cut && s->lambda && s->z && s->out && s->work && s->soft_x &&
      s->soft_z && s->soft_a &&
      (!has_cuts || rp_cut_point_create(net, &s->point) == RP_OK))
    return true;
  scratch_fini(s);
  return false;
}

/* Value of the objective at the input that the last evaluation chose. */
static double evaluate_chosen_input(rp_dual *dual, scratch *s) {
  const rp_net *net = dual->net;
  const rp_objective *objective = &dual->objective;
  rp_net_forward(net, dual->x, s->z, s->out, s->work);
  return (double)objective->coef[0] *
         s->z[net->block[objective->block].first + objective->row[0]];
}

/* A round: cuts that the last descent's point violates, and a descent with
 * them. Returns the bound, or `before` if there are none. */
static double descend_with_cuts(rp_dual *dual, double before, double target,
                                scratch *s) {
  const rp_cut_view view = {.point = s->point,
                            .dual = dual,
                            .x = s->soft_x,
                            .z = s->soft_z,
                            .a = s->soft_a,
                            .least_gain = LEAST_SHARE * (before - target),
                            .most = MOST_NEW};
  rp_dual_soft_point(dual, s->soft_x, s->soft_z, s->soft_a);
  rp_dual_soft_run(dual, s->soft_z);
  if (rp_cut_find(&view, &s->cuts, s->lambda) == 0) return before;
  rp_dual_use_cuts(dual, &s->cuts);
  const double bound =
      rp_dual_descend(dual, s->lambda, target, s->effort.evaluations);
  rp_cut_drop_idle(&s->cuts, s->lambda + dual->net->n_acc);
  rp_dual_use_cuts(dual, &s->cuts);
  return bound;
}

/* Exact upper bound of the objective that was set. */
static int64_t compute_bound(rp_dual *dual, scratch *s) {
  rp_dual_slopes(dual, s->lambda);
  (void)rp_dual_value(dual, s->lambda);
  const double target = evaluate_chosen_input(dual, s);
  double bound =
      rp_dual_descend(dual, s->lambda, target, s->effort.evaluations);
  rp_cut_drop_all(&s->cuts);
  for (int32_t round = 0; s->point && round < s->effort.cut_rounds; round++) {
    const double before = bound;
    if (bound <= target) break;
    bound = descend_with_cuts(dual, before, target, s);
    if (before - bound < LEAST_GAIN * (before - target)) break;
  }
  rp_int128 value;
  int32_t frac;
  if (rp_dual_exact(dual, s->lambda, &value, &frac) != RP_OK) return INT64_MAX;
  return rp_dual_bound(dual);
}

static bool tighten_neuron(rp_dual *dual, rp_region *region, int32_t k,
                           int32_t i, scratch *s) {
  const int32_t at = dual->net->block[k].first + i;
  RP_ASSERT(region->z_lo[at] <= region->z_hi[at]);
  rp_objective objective = {.block = k, .n_rows = 1, .row = {i}};
  for (int32_t sign = 1; sign >= -1; sign -= 2) {
    objective.coef[0] = sign;
    rp_dual_set(dual, region, &objective);
    const int64_t bound = compute_bound(dual, s);
    if (bound == INT64_MAX) continue;
    if (sign > 0 && bound < region->z_hi[at])
      region->z_hi[at] =
          (int32_t)(bound < region->z_lo[at] ? region->z_lo[at] - 1 : bound);
    if (sign < 0 && -bound > region->z_lo[at])
      region->z_lo[at] =
          (int32_t)(-bound > region->z_hi[at] ? region->z_hi[at] + 1 : -bound);
    if (region->z_lo[at] > region->z_hi[at]) return false;
  }
  return true;
}

bool rp_inner_tighten(rp_dual *dual, rp_region *region, int32_t last,
                      const rp_inner_effort *effort,
                      const rp_deadline *deadline) {
  const rp_net *net = dual->net;
  scratch s;
  RP_ASSERT(last >= 0 && last < net->n_blocks);
  if (!scratch_init(net, effort, &s)) return true; /* nothing learned */
  bool whole = true;
  for (int32_t k = 1; k <= last && whole; k++) {
    whole = rp_interval_propagate(net, k, k, region, s.work);
    for (int32_t i = 0; i < net->block[k].n_acc && whole; i++) {
      if (rp_deadline_has_passed(deadline)) break;
      if (rp_region_is_unstable(&net->block[k], region, i))
        whole = tighten_neuron(dual, region, k, i, &s);
    }
  }
  if (whole)
    whole =
        rp_interval_propagate(net, last + 1, net->n_blocks - 1, region, s.work);
  scratch_fini(&s);
  return whole;
}
