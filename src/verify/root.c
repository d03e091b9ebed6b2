/* Bounds of the root, by rising cost, until every part looks closed. Whether a
 * part is closed is for the search to find out and to prove: here it is only
 * asked whether dearer bounds are worth it. */
#include "verify/root.h"

#include <math.h>
#include <stdlib.h>

#include "bound/inner.h"
#include "bound/property.h"
#include "bound/slopes.h"
#include "core/memory.h"

enum { ROOT_EVALUATIONS = 25 };

typedef struct root {
  const root_task *task;
  rp_dual *dual;
  rp_region *part; /* the region with one part's conditions */
  double *lambda;  /* [n_acc] */
  int32_t *work;
  rp_trail trail;
} root;

static void root_fini(root *r) {
  rp_dual_free(r->dual);
  rp_region_free(r->part);
  free(r->lambda);
  free(r->work);
  rp_trail_fini(&r->trail);
}

static rp_status root_init(const root_task *task, root *r) {
  const rp_net *net = task->net;
  *r = (root){.task = task};
  r->lambda = rp_alloc((size_t)net->n_acc, sizeof *r->lambda);
  r->work = rp_alloc(rp_interval_work(net), sizeof *r->work);
  if (!r->lambda || !r->work) return RP_E_MEMORY;
  RP_TRY(rp_dual_create(net, task->stats, &r->dual));
  return rp_region_create(net, &r->part);
}

/* Does a part still have room, after its conditions are propagated? */
static bool is_part_open(root *r, const rp_part *part) {
  const rp_net *net = r->task->net;
  rp_region_copy(net, r->part, r->task->region);
  return rp_part_restrict(net, part, r->part) &&
         rp_interval_propagate(net, 0, net->n_blocks - 1, r->part, r->work) &&
         rp_part_propagate(net, part, r->part);
}

/* Does the dual leave a part open that intervals leave open? */
static bool is_part_open_to_dual(root *r, const rp_part *part) {
  if (!is_part_open(r, part)) return false;
  const double target = (double)part->objective.threshold - 0.5;
  rp_dual_set(r->dual, r->part, &part->objective);
  rp_dual_slopes(r->dual, r->lambda);
  if (rp_dual_value(r->dual, r->lambda) < target) return false;
  return rp_dual_descend(r->dual, r->lambda, target, ROOT_EVALUATIONS) >=
         target;
}

static bool is_any_part_open(root *r,
                             bool (*is_open)(root *r, const rp_part *part)) {
  const root_task *task = r->task;
  for (int32_t rival = 0; rival < task->net->n_out; rival++) {
    if (rival == task->label) continue;
    rp_part parts[RP_MAX_PARTS];
    const int32_t n = rp_property_parts(task->net, task->label, rival, parts);
    for (int32_t i = 0; i < n; i++)
      if (is_open(r, &parts[i])) return true;
  }
  return false;
}

static rp_status bound_by_slopes(root *r) {
  const root_task *task = r->task;
  rp_slopes *slopes;
  RP_TRY(rp_slopes_create(task->net, task->stats, &slopes));
  rp_slopes_tighten(slopes, task->region, task->net->n_blocks - 2,
                    task->proof ? &r->trail : NULL, task->deadline);
  rp_slopes_free(slopes);
  return RP_OK;
}

/* In wide networks they take as long as a few hundred nodes of the tree, and
 * narrow intervals by one to three percent. */
static void bound_by_evaluations(root *r) {
  const root_task *task = r->task;
  if (rp_net_is_wide(task->net)) return;
  const rp_inner_effort effort = {(int32_t)task->options->dual_steps,
                                  task->cut_rounds};
  if (task->proof) {
    rp_dual_record(r->dual, &r->trail);
    rp_dual_record_cuts(r->dual, task->proof);
  }
  rp_inner_tighten(r->dual, task->region, task->net->n_blocks - 2, &effort,
                   task->deadline);
}

rp_status root_bound(const root_task *task) {
  const rp_net *net = task->net;
  root r;
  rp_status status = root_init(task, &r);
  if (status == RP_OK)
    rp_interval_propagate(net, 0, net->n_blocks - 1, task->region, r.work);
  if (status == RP_OK && net->n_blocks > 2 &&
      is_any_part_open(&r, is_part_open)) {
    status = bound_by_slopes(&r);
    if (status == RP_OK && is_any_part_open(&r, is_part_open_to_dual) &&
        !(task->is_decided && task->is_decided(task->context)))
      bound_by_evaluations(&r);
    if (task->proof)
      rp_proof_add(task->proof, RP_RECORD_OPEN, RP_PROOF_ROOT, &r.trail, NULL);
  }
  root_fini(&r);
  return status;
}
