/* The tools of one thread. */
#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"
#include "tree/tree_internal.h"

void worker_free(worker *w) {
  if (!w) return;
  rp_master_free(w->master);
  rp_centre_free(w->centre);
  rp_lattice_free(w->lattice);
  free(w->counts);
  free(w->trial);
  rp_relaxation_free(w->relaxation);
  rp_relaxation_free(w->cut_relaxation);
  rp_dual_free(w->dual);
  rp_cut_point_free(w->cut_point);
  rp_attack_free(w->attack);
  free(w->point);
  free(w->witness);
  free(w->z);
  free(w->out);
  free(w->work);
  rp_trail_fini(&w->trail);
  pseudo_fini(&w->pseudo);
  RP_ASSERT(!w->left);
  free(w);
}

static rp_status create_programs(worker *w) {
  const rp_net *net = w->task->net;
  RP_TRY(rp_master_create(net, &w->stats, &w->master));
  if (!rp_centre_is_for(net)) return RP_OK;
  RP_TRY(rp_centre_create(net, &w->stats, &w->centre));
  return rp_lattice_create(net, w->task->target->seed, &w->lattice);
}

static rp_status fill(worker *w) {
  const rp_net *net = w->task->net;
  const size_t n_acc = (size_t)net->n_acc, n_in = (size_t)net->n_in;
  const size_t forward = rp_net_forward_work(net);
  const size_t interval = rp_interval_work(net);
  RP_TRY(rp_dual_create(net, &w->stats, &w->dual));
  if (w->task->proof) rp_dual_record(w->dual, &w->trail);
  rp_dual_record_cuts(w->dual, w->task->proof);
  if (!rp_net_is_large(net) && rp_cut_is_for(net, 0) && !w->task->root->ball)
    RP_TRY(rp_cut_point_create(net, &w->cut_point));
  if (rp_master_is_for(net)) RP_TRY(create_programs(w));
  RP_TRY(rp_relaxation_create(net, &w->relaxation));
  RP_TRY(rp_relaxation_create(net, &w->cut_relaxation));
  RP_TRY(rp_attack_create(w->task->attack_tables, &w->attack));
  w->counts = rp_alloc((size_t)net->block[0].n_out, sizeof *w->counts);
  w->trial = rp_alloc(n_acc + (size_t)rp_cuts_room(net), sizeof *w->trial);
  w->point = rp_alloc(n_in, 1);
  w->witness = rp_alloc(n_in, 1);
  w->z = rp_alloc(n_acc, sizeof *w->z);
  w->out = rp_alloc((size_t)net->n_out, sizeof *w->out);
  w->work = rp_alloc(forward > interval ? forward : interval, sizeof *w->work);
  return w->counts && w->trial && w->point && w->witness && w->z && w->out &&
                 w->work && pseudo_init(&w->pseudo, n_acc)
             ? RP_OK
             : RP_E_MEMORY;
}

rp_status worker_create(const rp_search_task *task, const rp_part *parts,
                        worker **w) {
  *w = rp_alloc(1, sizeof **w);
  if (!*w) return RP_E_MEMORY;
  (*w)->task = task;
  (*w)->part = parts;
  const rp_status status = fill(*w);
  if (status == RP_OK) return RP_OK;
  worker_free(*w);
  *w = NULL;
  return status;
}
