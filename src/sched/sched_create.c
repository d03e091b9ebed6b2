/* Creates a scheduler, and frees it. */
#include <stdlib.h>

#include "core/memory.h"
#include "sched/sched_internal.h"

static void init_lists(rp_sched *s) {
  rp_link_init(&s->ready);
  rp_link_init(&s->spread);
  rp_link_init(&s->spare);
  rp_link_init(&s->unasked);
  rp_link_init(&s->subproblems);
  rp_link_init(&s->lonely_subproblems);
  for (int i = 0; i < RP_SCHED_HOLD; i++) rp_link_init(&s->bucket[i]);
  for (int32_t i = 0; i < s->n_workers; i++) {
    rp_worker *w = &s->worker[i];
    rp_link_init(&w->bucket);
    rp_link_init(&w->spare);
    rp_link_init(&w->held);
    for (int k = 0; k < RP_SCHED_HOLD; k++) {
      rp_link_init(&w->slot[k].flight);
      rp_link_init(&w->slot[k].unasked);
      rp_link_init(&w->slot[k].held);
      w->slot[k].worker = i;
    }
  }
}

rp_status rp_sched_create(const rp_sched_plan *plan,
                          const rp_sched_actions *actions, int32_t n_workers,
                          rp_sched **sched) {
  *sched = NULL;
  rp_sched *s = rp_alloc(1, sizeof *s);
  if (!s) return RP_E_MEMORY;
  s->plan = *plan;
  s->act = *actions;
  s->n_workers = n_workers;
  s->progress.total = plan->n_queries + plan->n_searches;
  const size_t workers = (size_t)n_workers;
  const size_t searches = (size_t)plan->n_searches;
  s->worker = rp_alloc(workers, sizeof *s->worker);
  /* A task is created only while none is returned and a slot is free, so there
   * are never more tasks than slots. */
  s->returned = rp_alloc(workers * RP_SCHED_HOLD, sizeof *s->returned);
  s->active = rp_alloc(searches, sizeof(rp_sched_search *));
  s->finished = rp_alloc(searches, sizeof *s->finished);
  s->known = rp_alloc((size_t)plan->n_queries, sizeof *s->known);
  s->node_busy = rp_alloc(workers, sizeof *s->node_busy);
  if (!s->worker || !s->returned || !s->active || !s->finished || !s->known ||
      !s->node_busy) {
    s->plan.n_searches = 0;
    rp_sched_free(s);
    return RP_E_MEMORY;
  }
  init_lists(s);
  *sched = s;
  return RP_OK;
}

void rp_sched_free(rp_sched *s) {
  if (!s) return;
  rp_split_free(s);
  for (int64_t i = 0; i < s->plan.n_searches; i++)
    rp_sched_search_free(s->active[i]);
  free(s->active);
  free(s->finished);
  free(s->known);
  free(s->lonely);
  free(s->node_busy);
  free(s->returned);
  free(s->worker);
  free(s);
}
