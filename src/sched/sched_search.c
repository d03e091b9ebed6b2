/* The searches under way, one for each sample whose maximum radius is wanted.
 *
 * A search counts the answers it waits for, in flight or returned; when none is
 * left and it is not done it is ready. When an answer makes radii in flight
 * pointless they are dropped: cancelled, and no longer waited for. A search is
 * over when it is done and waits for nothing; then it has its row and is freed.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sched/sched_internal.h"

static void send_radius_row(rp_sched *sched, rp_sched_radius *row) {
  const bool closed = row->lo == row->hi && !row->contradiction;
  if (row->verdict == RP_UNKNOWN && closed) {
    row->verdict = RP_ROBUST;
    row->reason = RP_REASON_NONE;
  }
  sched->finished[row->search] = true;
  sched->progress.done++;
  rp_verdict_count *const count = &sched->progress.count;
  const bool capped = row->hi >= sched->plan.cap && !row->witness;
  count->closed += row->verdict == RP_ROBUST && !capped;
  count->capped += row->verdict == RP_ROBUST && capped;
  count->open += row->verdict == RP_UNKNOWN;
  if (row->verdict == RP_MISCLASSIFIED || row->verdict == RP_INVALID)
    count->of[row->verdict]++;
  sched->act.radius_row(sched->act.context, row);
}

void rp_sched_search_give_up(rp_sched *sched, int64_t index, rp_reason reason) {
  rp_sched_radius row = {.search = index,
                         .hi = sched->plan.cap,
                         .verdict = RP_UNKNOWN,
                         .reason = reason};
  send_radius_row(sched, &row);
}

void rp_sched_search_unlist(rp_sched *sched, rp_sched_search *search) {
  if (!rp_list_empty(&search->place) && search->waiting == 0) sched->n_ready--;
  rp_link_remove(&search->place);
}

void rp_sched_search_enlist(rp_sched *sched, rp_sched_search *search) {
  if (!search->dealt || sched->stopping) return;
  rp_list_append(search->waiting ? &sched->spread : &sched->ready,
                 &search->place);
  if (search->waiting == 0) sched->n_ready++;
}

static rp_sched_search *begin_search(rp_sched *sched, int64_t index) {
  const size_t n_in = (size_t)sched->plan.n_in;
  rp_sched_search *search = rp_alloc(1, sizeof *search + n_in);
  if (!search || !rp_radius_init(&search->radius, sched->plan.cap,
                                 sched->plan.sample_limit_s)) {
    free(search);
    rp_sched_search_give_up(sched, index, RP_REASON_MEMORY);
    return NULL;
  }
  search->index = index;
  rp_link_init(&search->place);
  rp_link_init(&search->flight);
  rp_link_init(&search->families);
  sched->active[index] = search;
  return search;
}

rp_sched_search *rp_sched_search_begin(rp_sched *sched, int64_t index) {
  rp_sched_search *const active = sched->active[index];
  return active ? active : begin_search(sched, index);
}

static void drop_useless_families(rp_sched *sched, rp_sched_search *search) {
  rp_link *next;
  for (rp_link *at = search->families.next; at != &search->families;
       at = next) {
    next = at->next;
    rp_family *const family = rp_split_family_at(at);
    const rp_sched_task *const task = rp_split_task(family);
    if (task->query >= 0 ||
        rp_radius_useful(&search->radius, task->question.radius))
      continue;
    rp_radius_withdraw(&search->radius, task->question.radius);
    search->waiting--;
    rp_split_drop(sched, family);
  }
}

static void drop_useless(rp_sched *sched, rp_sched_search *search) {
  rp_link *next;
  drop_useless_families(sched, search);
  for (rp_link *at = search->flight.next; at != &search->flight; at = next) {
    next = at->next;
    rp_slot *slot = RP_CONTAINER(at, rp_slot, flight);
    const int32_t r = slot->task.question.radius;
    if (slot->task.query >= 0 || rp_radius_useful(&search->radius, r)) continue;
    rp_radius_withdraw(&search->radius, r);
    search->waiting--;
    rp_sched_drop_slot(sched, slot);
    slot->task.search = -1;
  }
}

void rp_sched_search_free(rp_sched_search *search) {
  if (search) rp_radius_fini(&search->radius);
  free(search);
}

static void finish_search(rp_sched *sched, rp_sched_search *search) {
  const rp_radius_search *radius = &search->radius;
  rp_sched_radius row = {.search = search->index,
                         .lo = radius->lo,
                         .hi = radius->hi,
                         .verdict = search->ended,
                         .reason = radius->reason,
                         .contradiction = radius->contradiction,
                         .seconds = search->seconds,
                         .cpu_seconds = search->cpu_seconds};
  if (search->witness_distance > 0 &&
      search->witness_distance == radius->hi + 1)
    row.witness = search->witness;
  if (!rp_radius_done(radius)) row.reason = RP_REASON_INTERRUPTED;
  send_radius_row(sched, &row);
  sched->active[search->index] = NULL;
  rp_sched_search_free(search);
}

/* A search hears out the queries of its sample, even if it is closed: what they
 * show, and their counterexample at hi + 1, count in any order of answers. */
static bool is_over(const rp_sched *sched, const rp_sched_search *search) {
  if (search->waiting > 0) return false;
  if (sched->stopping) return true;
  return search->dealt && rp_radius_done(&search->radius);
}

void rp_sched_search_settle(rp_sched *sched, rp_sched_search *search) {
  drop_useless(sched, search);
  if (is_over(sched, search))
    finish_search(sched, search);
  else
    rp_sched_search_enlist(sched, search);
}

void rp_sched_search_keep_witness(rp_sched *sched, rp_sched_search *search,
                                  const rp_sched_task *task, int32_t distance,
                                  const uint8_t *witness) {
  const int32_t from = task->query >= 0 ? task->question.radius : INT32_MAX;
  if (distance != search->radius.hi + 1 || distance > sched->plan.cap) return;
  if (distance == search->witness_distance && from >= search->witness_from)
    return;
  search->witness_distance = distance;
  search->witness_from = from;
  memcpy(search->witness, witness, (size_t)sched->plan.n_in);
}

void rp_sched_search_feed(rp_sched *sched, rp_sched_search *search,
                          const rp_sched_task *task, const rp_answer *answer,
                          const uint8_t *witness) {
  rp_sched_search_unlist(sched, search);
  search->waiting--;
  search->seconds += answer->seconds;
  search->cpu_seconds += answer->cpu_seconds;
  rp_radius_answer(&search->radius, task->question.radius, answer);
  if (answer->verdict == RP_MISCLASSIFIED || answer->verdict == RP_INVALID)
    search->ended = answer->verdict;
  if (witness)
    rp_sched_search_keep_witness(sched, search, task, answer->distance,
                                 witness);
  rp_sched_search_settle(sched, search);
}

rp_sched_search *rp_sched_search_of(const rp_sched *sched,
                                    const rp_sched_task *task) {
  return task->search >= 0 ? sched->active[task->search] : NULL;
}

rp_link *rp_sched_search_flight(rp_sched *sched, const rp_sched_task *task) {
  rp_sched_search *search = rp_sched_search_of(sched, task);
  return search ? &search->flight : NULL;
}

rp_link *rp_sched_search_families(rp_sched *sched, const rp_sched_task *task) {
  rp_sched_search *search = rp_sched_search_of(sched, task);
  return search ? &search->families : NULL;
}
