/* The tail: a task that turns out hard is shared by workers that would idle.
 *
 * A worker that idles while nothing is left to deal has subproblems asked of
 * the task that has run longest and has not been asked yet: for itself, and a
 * few for those that will idle next, as a task gives at intervals only. That
 * task's search gives subproblems, made of its open nodes, if it runs for long,
 * and goes on with the other nodes; each is a task like any other. They and
 * what is left of the task, subproblem 0, are a family: all whose end has not
 * been heard.
 *
 * - ROBUST: a subproblem is gone when all its nodes are closed. The family's
 *   question is ROBUST when the last one is gone: at any time every open node
 *   of the question is in a subproblem, because each joins before the task that
 *   it comes from can end (its answer tells how many it gave: if not all of
 *   them are here, that answer is worth nothing). As many must have been proved
 *   as have ever joined.
 * - VIOLATED and UNKNOWN of any subproblem are the answer of the family; the
 *   others are dropped.
 * - A subproblem that comes back or whose worker is lost waits for another
 *   worker. Run again, it does again what those that it gave away do too, which
 *   harms nothing; the task itself, subproblem 0, then begins from the start.
 * - After a stop a family is UNKNOWN as soon as no worker runs one of its
 *   subproblems; what is left of it is told (sched_left.c).
 *
 * Termination: subproblems are asked once of a task at a time and only while
 * some worker idles, and a search gives them at intervals only. */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "sched/sched_internal.h"

/* Asked of a task at a time. */
enum { LEAST_SUBPROBLEMS = 4, MOST_SUBPROBLEMS = 16 };

/* ---- asking ---- */

void rp_split_enlist(rp_sched *s, rp_slot *slot) {
  if (!s->act.split || slot->abandoned || slot->task.alone ||
      !rp_list_empty(&slot->unasked) || slot->task.question.cpu_limit_s > 0)
    return;
  rp_list_append(&s->unasked, &slot->unasked);
  s->n_unasked++;
}

void rp_split_unlist(rp_sched *s, rp_slot *slot) {
  if (!rp_list_empty(&slot->unasked)) s->n_unasked--;
  rp_link_remove(&slot->unasked);
  s->n_wanted -= slot->wanted;
  slot->wanted = 0;
}

void rp_split_ask(rp_sched *s) {
  int32_t idle = s->n_idle - s->n_recalls - s->n_wanted;
  while (idle > 0 && s->n_unasked > 0) {
    rp_slot *slot = RP_CONTAINER(s->unasked.next, rp_slot, unasked);
    int32_t subproblems = (idle + s->n_unasked - 1) / s->n_unasked;
    if (subproblems < LEAST_SUBPROBLEMS) subproblems = LEAST_SUBPROBLEMS;
    if (subproblems > MOST_SUBPROBLEMS) subproblems = MOST_SUBPROBLEMS;
    rp_split_unlist(s, slot);
    slot->wanted = subproblems;
    s->n_wanted += subproblems;
    idle -= subproblems;
    s->act.split(s->act.context, slot->worker, slot->task.id, subproblems);
  }
}

/* ---- families ---- */

rp_subproblem *rp_split_create_subproblem(rp_family *family,
                                          const uint8_t *subproblem,
                                          size_t size) {
  rp_subproblem *p = rp_alloc(1, sizeof *p + size);
  if (!p) return NULL;
  p->family = family;
  p->size = size;
  if (size > 0) memcpy(p->bytes, subproblem, size);
  rp_link_init(&p->kin);
  rp_link_init(&p->waiting);
  rp_list_append(&family->subproblems, &p->kin);
  family->joined++;
  return p;
}

static void free_subproblem(rp_subproblem *p) {
  rp_link_remove(&p->kin);
  rp_link_remove(&p->waiting);
  if (p->slot) p->slot->subproblem = NULL;
  free(p);
}

rp_family *rp_split_create_family(const rp_sched_task *task) {
  rp_family *f = rp_alloc(1, sizeof *f);
  if (!f) return NULL;
  f->task = *task;
  rp_link_init(&f->subproblems);
  rp_link_init(&f->of_search);
  return f;
}

static void join_search(rp_sched *s, rp_family *f) {
  rp_link *const families = rp_sched_search_families(s, &f->task);
  if (families) rp_list_append(families, &f->of_search);
}

static rp_family *create_family_of(rp_sched *s, rp_slot *slot) {
  rp_family *f = rp_split_create_family(&slot->task);
  if (!f) return NULL;
  rp_subproblem *p = rp_split_create_subproblem(f, NULL, 0);
  if (!p) {
    free(f);
    return NULL;
  }
  p->id = slot->task.id;
  p->losses = slot->task.losses;
  p->slot = slot;
  slot->subproblem = p;
  rp_link_remove(&slot->flight);
  join_search(s, f);
  return f;
}

static void let_wait(rp_sched *s, rp_subproblem *p) {
  const bool alone = p->family->task.alone && !s->stopping;
  rp_list_append(alone ? &s->lonely_subproblems : &s->subproblems, &p->waiting);
}

/* One of its subproblems has lost its worker: those that wait, and all to come,
 * are asked alone. */
static void make_alone(rp_sched *s, rp_family *f) {
  f->task.alone = true;
  for (rp_link *at = f->subproblems.next; at != &f->subproblems;
       at = at->next) {
    rp_subproblem *const p = RP_CONTAINER(at, rp_subproblem, kin);
    if (!p->slot) let_wait(s, p);
  }
}

void rp_split_begin_with(rp_sched *s, rp_family *f) {
  join_search(s, f);
  for (rp_link *at = f->subproblems.next; at != &f->subproblems;
       at = at->next) {
    rp_subproblem *const p = RP_CONTAINER(at, rp_subproblem, kin);
    p->id = ++s->last_id;
    p->losses = f->task.losses;
    let_wait(s, p);
  }
}

void rp_split_free_family(rp_family *f) {
  while (!rp_list_empty(&f->subproblems))
    free_subproblem(RP_CONTAINER(f->subproblems.next, rp_subproblem, kin));
  rp_link_remove(&f->of_search);
  free(f);
}

/* Whatever the workers of its subproblems still send is ignored. */
void rp_split_drop(rp_sched *s, rp_family *f) {
  while (!rp_list_empty(&f->subproblems)) {
    rp_subproblem *p =
        RP_CONTAINER(rp_list_take(&f->subproblems), rp_subproblem, kin);
    rp_slot *const slot = p->slot;
    free_subproblem(p);
    if (!slot) continue;
    slot->task.query = slot->task.search = -1;
    rp_sched_drop_slot(s, slot);
  }
  rp_split_free_family(f);
}

void rp_split_free(rp_sched *s) {
  if (!s->subproblems.next) return; /* rp_sched_create failed early */
  for (int32_t i = 0; i < s->n_workers; i++)
    for (int k = 0; k < RP_SCHED_HOLD; k++) {
      rp_subproblem *const p = s->worker[i].slot[k].subproblem;
      if (!p) continue;
      rp_list_append(&s->subproblems, &p->waiting);
      p->slot = NULL;
      s->worker[i].slot[k].subproblem = NULL;
    }
  while (!rp_list_empty(&s->lonely_subproblems))
    rp_list_append(&s->subproblems, rp_list_take(&s->lonely_subproblems));
  while (!rp_list_empty(&s->subproblems)) {
    rp_subproblem *p =
        RP_CONTAINER(rp_list_take(&s->subproblems), rp_subproblem, waiting);
    rp_family *f = p->family;
    free_subproblem(p);
    if (rp_list_empty(&f->subproblems)) free(f);
  }
}

rp_family *rp_split_family_at(rp_link *of_search) {
  return RP_CONTAINER(of_search, rp_family, of_search);
}
const rp_sched_task *rp_split_task(const rp_family *family) {
  return &family->task;
}

static void conclude(rp_sched *s, rp_family *f, int32_t worker,
                     const rp_answer *answer, const uint8_t *witness) {
  const rp_sched_task task = f->task;
  rp_split_drop(s, f);
  rp_supply_answer(s, worker, &task, answer, witness);
}

static void give_up(rp_sched *s, rp_family *f, int32_t worker,
                    rp_reason reason) {
  rp_answer answer = f->answer;
  answer.verdict = RP_UNKNOWN;
  answer.reason = reason;
  answer.evidence = RP_EVIDENCE_NONE;
  conclude(s, f, worker, &answer, NULL);
}

/* The last subproblem is gone: each one that ever joined must have been proved.
 */
static void conclude_robust(rp_sched *s, rp_family *f, int32_t worker) {
  const rp_answer answer = f->answer;
  if (f->proved == f->joined) {
    conclude(s, f, worker, &answer, NULL);
    return;
  }
  rp_log(
      RP_LOG_ERROR,
      "sample %lld at radius %d: %d of %d subproblems were proved, the others "
      "are unaccounted for",
      (long long)f->task.question.sample, f->task.question.radius, f->proved,
      f->joined);
  give_up(s, f, worker, RP_REASON_ERROR);
}

static bool has_running_subproblem(const rp_family *f) {
  for (const rp_link *at = f->subproblems.next; at != &f->subproblems;
       at = at->next)
    if (RP_CONTAINER(at, rp_subproblem, kin)->slot) return true;
  return false;
}

/* After a stop: the family's row, once all its workers were heard. */
static void settle_stopped(rp_sched *s, rp_family *f) {
  if (has_running_subproblem(f)) return;
  rp_left_tell(s, f);
  give_up(s, f, -1, RP_REASON_INTERRUPTED);
}

void rp_split_answer(rp_sched *s, int32_t worker, rp_subproblem *p,
                     const rp_answer *answer, const uint8_t *witness) {
  rp_family *const f = p->family;
  rp_answer sum = *answer;
  sum.seconds += f->answer.seconds;
  sum.cpu_seconds += f->answer.cpu_seconds;
  rp_stats_merge(&sum.stats, &f->answer.stats);
  sum.stats.queries = 1;
  sum.subproblems = 0;
  f->answer = sum;
  if (s->stopping && answer->reason == RP_REASON_INTERRUPTED) {
    let_wait(s, p); /* it stays open */
    settle_stopped(s, f);
    return;
  }
  f->proved += answer->verdict == RP_ROBUST;
  free_subproblem(p);
  if (answer->verdict != RP_ROBUST)
    conclude(s, f, worker, &sum, witness);
  else if (rp_list_empty(&f->subproblems))
    conclude_robust(s, f, worker);
  else if (s->stopping)
    settle_stopped(s, f);
}

void rp_split_return(rp_sched *s, rp_subproblem *p, int32_t losses) {
  p->losses += losses;
  let_wait(s, p);
  if (losses > 0 && !s->stopping) make_alone(s, p->family);
  if (s->stopping)
    settle_stopped(s, p->family);
  else if (p->losses >= RP_SCHED_LOSSES)
    give_up(s, p->family, -1, RP_REASON_MEMORY);
}

void rp_split_stop(rp_sched *s) {
  rp_link later;
  rp_link_init(&later);
  while (!rp_list_empty(&s->subproblems)) {
    rp_link *const first = rp_list_take(&s->subproblems);
    rp_list_append(&later, first);
    settle_stopped(s, RP_CONTAINER(first, rp_subproblem, waiting)->family);
  }
  while (!rp_list_empty(&later))
    rp_list_append(&s->subproblems, rp_list_take(&later));
}

/* ---- subproblems ---- */

bool rp_split_take_from(rp_link *list, rp_sched_task *task,
                        rp_subproblem **subproblem) {
  if (rp_list_empty(list)) return false;
  rp_subproblem *p = RP_CONTAINER(list->next, rp_subproblem, waiting);
  rp_link_remove(&p->waiting);
  *task = p->family->task;
  task->id = p->id;
  task->subproblem_number = p->number;
  task->losses = p->losses;
  task->question.subproblem = p->size > 0 ? p->bytes : NULL;
  task->question.subproblem_size = p->size;
  *subproblem = p;
  return true;
}

void rp_split_given_to(rp_subproblem *p, rp_slot *slot) {
  p->slot = slot;
  if (slot) slot->subproblem = p;
}

/* False: there is no memory, and the answer of the task will be discounted. */
static bool keep_subproblem(rp_sched *s, rp_slot *slot,
                            const uint8_t *subproblem, size_t size) {
  rp_family *const f =
      slot->subproblem ? slot->subproblem->family : create_family_of(s, slot);
  rp_subproblem *const p =
      f ? rp_split_create_subproblem(f, subproblem, size) : NULL;
  if (!p) return false;
  p->id = ++s->last_id;
  p->number = ++f->last_number;
  let_wait(s, p);
  slot->subproblems++;
  return true;
}

/* Its answer no longer matters. */
static bool is_dropped(const rp_slot *slot) {
  return slot->task.query < 0 && slot->task.search < 0;
}

void rp_split_add(rp_sched *s, rp_slot *slot, const uint8_t *subproblem,
                  size_t size, bool last) {
  if (is_dropped(slot)) return;
  if (size > 0) (void)keep_subproblem(s, slot, subproblem, size);
  if (!last || s->stopping) return;
  rp_split_unlist(s, slot);
  rp_split_enlist(s, slot);
}
