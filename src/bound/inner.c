/* Bounds of inner accumulators: maximize z and -z on the network cut off at
 * the accumulator's layer. The descent ends at a value that an input really
 * takes, since no bound lies below it. */
#include "bound/inner.h"

#include <math.h>
#include <stdlib.h>

#include "bound/dual_internal.h"
#include "core/assert.h"
#include "core/memory.h"

/* One call's memory: multipliers, and a forward pass. */
typedef struct scratch {
  double *lambda;          /* [n_acc] */
  int32_t *z, *out, *work; /* as rp_net_forward wants them */
} scratch;

static void scratch_fini(scratch *s) {
  free(s->lambda);
  free(s->z);
  free(s->out);
  free(s->work);
}

static bool scratch_init(const rp_net *net, scratch *s) {
  s->lambda = rp_alloc((size_t)net->n_acc, sizeof *s->lambda);
  s->z = rp_alloc((size_t)net->n_acc, sizeof *s->z);
  s->out = rp_alloc((size_t)net->n_out, sizeof *s->out);
  const size_t forward = rp_net_forward_work(net);
  const size_t interval = rp_interval_work(net);
  s->work = rp_alloc(forward > interval ? forward : interval, sizeof *s->work);
  if (s->lambda && s->z && s->out && s->work) return true;
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

/* Exact upper bound of the objective that was set. */
static int64_t compute_bound(rp_dual *dual, int32_t evaluations, scratch *s) {
  rp_dual_slopes(dual, s->lambda);
  (void)rp_dual_value(dual, s->lambda);
  (void)rp_dual_descend(dual, s->lambda, evaluate_chosen_input(dual, s),
                        evaluations);
  rp_int128 value;
  int32_t frac;
  if (rp_dual_exact(dual, s->lambda, &value, &frac) != RP_OK) return INT64_MAX;
  return rp_dual_bound(dual);
}

static bool tighten_neuron(rp_dual *dual, rp_region *region, int32_t k,
                           int32_t i, int32_t evaluations, scratch *s) {
  const int32_t at = dual->net->block[k].first + i;
  RP_ASSERT(region->z_lo[at] <= region->z_hi[at]);
  rp_objective objective = {.block = k, .n_rows = 1, .row = {i}};
  for (int32_t sign = 1; sign >= -1; sign -= 2) {
    objective.coef[0] = sign;
    rp_dual_set(dual, region, &objective);
    const int64_t bound = compute_bound(dual, evaluations, s);
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
                      int32_t evaluations, const rp_deadline *deadline) {
  const rp_net *net = dual->net;
  scratch s = {0};
  RP_ASSERT(last >= 0 && last < net->n_blocks);
  if (!scratch_init(net, &s)) return true; /* nothing learned */
  bool whole = true;
  for (int32_t k = 1; k <= last && whole; k++) {
    whole = rp_interval_propagate(net, k, k, region, s.work);
    for (int32_t i = 0; i < net->block[k].n_acc && whole; i++) {
      if (rp_deadline_has_passed(deadline)) break;
      if (rp_region_is_unstable(&net->block[k], region, i))
        whole = tighten_neuron(dual, region, k, i, evaluations, &s);
    }
  }
  if (whole)
    whole =
        rp_interval_propagate(net, last + 1, net->n_blocks - 1, region, s.work);
  scratch_fini(&s);
  return whole;
}
