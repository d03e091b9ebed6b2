/* Dealing tasks to workers.
 *
 * Each worker holds at most RP_SCHED_HOLD tasks: the one it runs and a few
 * ahead, so that it does not idle while a message travels. Workers stand in
 * buckets by load, and every event ends with a deal:
 *   1. idle workers get what must be done anyway;
 *   2. if none is left, tasks prefetched by other workers are recalled, one or
 *      two for each idle worker, from few workers at a time; whichever has
 * begun meanwhile simply stays;
 *   3. if none can be recalled, searches under way ask further radii: work that
 *      may turn out pointless, on workers that would do nothing;
 *   4. if there are none, tasks that run are asked for subproblems
 *      (sched_split.c), which are dealt before anything else;
 *   5. the worker that was heard gets tasks ahead, the more the shorter tasks
 *      are, but only when it is down to half of that: a message then carries
 *      many. With few tasks left there are fewer, so that the tail does not
 *      clump; at last none, unless there are so many workers that by then rank
 *      0 would not come round to all of them in time.
 *
 * A lost worker may have been killed by a task that it had begun, as a rule for
 * lack of memory. Such a task is asked alone (sched_alone.c), with nothing
 * ahead, so that the next loss tells whether it was the one, and no other task
 * is given up with it.
 *
 * Termination. Every query of the plan is at any time in exactly one place:
 * fresh, returned, with a worker, or done. It goes back from a worker only by a
 * recall, which is made only while some worker idles and is answered before the
 * next one for that worker, or by the loss of a worker, RP_SCHED_LOSSES times
 * at most. Every task with a worker ends in a result or a return, or the worker
 * is declared lost. A search asks no radius twice and there are at most
 * RP_RADIUS_MAX; while it is not finished it is fresh, ready, or waits for an
 * answer. So as long as one worker lives, every item has its row in the end;
 * after a stop workers are needed only for the tasks they hold.
 *
 * Cost: every list operation is O(1), a deal moves each task once; only the
 * choice of a radius and the end of a search look at all radii up to the cap.
 */
#include "sched/sched_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* ---- workers' places ---- */

static rp_slot *find_oldest_slot(const rp_worker *w) {
  return rp_list_empty(&w->held) ? NULL
                                 : RP_CONTAINER(w->held.next, rp_slot, held);
}

static rp_slot *find_newest_slot(const rp_worker *w) {
  return RP_CONTAINER(w->held.prev, rp_slot, held);
}

/* The newest task that the worker probably has not begun. */
static rp_slot *choose_slot_to_recall(const rp_worker *w) {
  for (rp_link *at = w->held.prev; at != w->held.next && at != &w->held;
       at = at->prev) {
    rp_slot *slot = RP_CONTAINER(at, rp_slot, held);
    if (!slot->recalled && !slot->abandoned) return slot;
  }
  return NULL;
}

/* Move a worker, in all lists, to the place that its load demands. */
static void place(rp_sched *s, rp_worker *w) {
  rp_link_remove(&w->bucket);
  rp_link_remove(&w->spare);
  if (!w->live) return;
  if (w->load < w->hold) rp_list_append(&s->bucket[w->load], &w->bucket);
  if (choose_slot_to_recall(w)) rp_list_append(&s->spare, &w->spare);
}

static int32_t get_number(const rp_sched *s, const rp_worker *w) {
  return (int32_t)(w - s->worker);
}

static void note_busy(rp_sched *s, const rp_worker *w, int32_t more) {
  s->n_idle -= more;
  s->node_busy[w->node] += more;
}

static void tell_change(const rp_sched *s, const rp_worker *w) {
  if (s->act.holds_others)
    s->act.holds_others(s->act.context, get_number(s, w));
}

static void give(rp_sched *s, rp_worker *w, const rp_sched_task *task,
                 rp_subproblem *subproblem) {
  const int free_slot = __builtin_ctz(~w->used);
  rp_slot *slot = &w->slot[free_slot];
  w->used |= 1u << free_slot;
  slot->task = *task;
  rp_list_append(&w->held, &slot->held);
  slot->recalled = slot->abandoned = false;
  rp_link *flight = rp_sched_search_flight(s, task);
  if (subproblem)
    rp_split_given_to(subproblem, slot);
  else if (flight)
    rp_list_append(flight, &slot->flight);
  s->n_alone += task->alone;
  if (w->load++ == 0) {
    note_busy(s, w, 1);
    rp_split_enlist(s, slot);
  }
  place(s, w);
  s->act.send(s->act.context, get_number(s, w), task);
  slot->task.question.subproblem = NULL;
  tell_change(s, w);
}

static void forget_recall(rp_sched *s, rp_slot *slot) {
  if (!slot || !slot->recalled) return;
  s->n_recalls--;
  slot->recalled = false;
}

static rp_subproblem *detach_subproblem(rp_slot *slot) {
  rp_subproblem *const subproblem = slot->subproblem;
  if (subproblem) rp_split_given_to(subproblem, NULL);
  slot->subproblem = NULL;
  return subproblem;
}

/* Empty a slot and return what it held. What is the oldest task then has begun:
 * had its recall come in time, its return would be here already. */
static rp_sched_task release(rp_sched *s, rp_worker *w, rp_slot *slot) {
  const rp_sched_task task = slot->task;
  const bool was_oldest = slot == find_oldest_slot(w);
  forget_recall(s, slot);
  rp_link_remove(&slot->flight);
  rp_link_remove(&slot->held);
  rp_split_unlist(s, slot);
  slot->subproblems = 0;
  slot->task.id = 0;
  w->used &= ~(1u << (slot - w->slot));
  rp_slot *const oldest = find_oldest_slot(w);
  forget_recall(s, oldest);
  if (was_oldest && oldest) rp_split_enlist(s, oldest);
  s->n_alone -= task.alone;
  if (--w->load == 0) note_busy(s, w, -1);
  place(s, w);
  if (w->live) tell_change(s, w);
  return task;
}

static rp_slot *find_slot(rp_sched *s, int32_t worker, int64_t task) {
  if (worker < 0 || worker >= s->n_workers || task < 1) return NULL;
  const rp_link *const held = &s->worker[worker].held;
  for (rp_link *at = held->next; at != held; at = at->next) {
    rp_slot *slot = RP_CONTAINER(at, rp_slot, held);
    if (slot->task.id == task) return slot;
  }
  return NULL;
}

/* ---- dealing ---- */

/* There must be an idle worker: n_idle counts those without load. */
static rp_worker *first_idle(rp_sched *s) {
  assert(!rp_list_empty(&s->bucket[0]));
  return RP_CONTAINER(s->bucket[0].next, rp_worker, bucket);
}

/* As much as a worker has not begun, for two tasks to each idle worker: what
 * waits behind a long task is short, and a message about each would keep rank 0
 * from dealing them. */
static void recall_from_one(rp_sched *s) {
  rp_worker *w = RP_CONTAINER(s->spare.next, rp_worker, spare);
  rp_slot *slot = choose_slot_to_recall(w);
  assert(slot); /* else the worker would not be in this list */
  for (; slot && 2 * s->n_idle > s->n_recalls;
       slot = choose_slot_to_recall(w)) {
    slot->recalled = true;
    s->n_recalls++;
    s->act.cancel(s->act.context, get_number(s, w), slot->task.id, false);
  }
  place(s, w);
}

static void abandon(rp_sched *s, rp_slot *slot) {
  if (slot->abandoned) return;
  slot->abandoned = true;
  rp_split_unlist(s, slot);
  place(s, &s->worker[slot->worker]);
  s->act.cancel(s->act.context, slot->worker, slot->task.id, true);
}

void rp_sched_drop_slot(rp_sched *s, rp_slot *slot) {
  rp_link_remove(&slot->flight);
  abandon(s, slot);
}

enum { MOST_AHEAD = RP_SCHED_HOLD - 1 };

/* How many tasks fill so many seconds, judged by the mean of recent answers. */
static int32_t count_tasks_within(const rp_sched *s, double seconds) {
  static const double guess_s = 0.05;
  const double task_s = s->n_answers > 0 ? s->task_s : guess_s;
  return task_s * MOST_AHEAD <= seconds ? MOST_AHEAD
                                        : (int32_t)(seconds / task_s);
}

/* Workers prefetch only while enough tasks are left for all of them, but at
 * least as many as last until rank 0 has served all workers twice. */
static int32_t count_prefetched_tasks(const rp_sched *s) {
  enum { AT_LEAST = 2 };
  const int32_t workers = s->progress.workers;
  if (workers == 0) return 0;
  const int64_t share = rp_supply_left(s) / (2 * (int64_t)workers);
  const int32_t least = count_tasks_within(s, 2 * rp_sched_round_s(workers));
  int32_t ahead =
      AT_LEAST + (s->n_answers > 0
                      ? count_tasks_within(s, rp_sched_prefetch_s(workers))
                      : least);
  if (ahead > MOST_AHEAD) ahead = MOST_AHEAD;
  if (ahead > share) ahead = (int32_t)share;
  return s->n_answers > 0 && ahead < least ? least : ahead;
}

static void note_time(rp_sched *s, double seconds) {
  enum { MEMORY = 256 };
  if (!(seconds >= 0 && seconds < 1e9)) return; /* a rank's word */
  if (s->n_answers < MEMORY) s->n_answers++;
  s->task_s += (seconds - s->task_s) / (double)s->n_answers;
}

/* With many recalls at a time rank 0 would not learn which workers still have
 * tasks to give back. */
static bool may_recall(const rp_sched *s) {
  enum { AT_LEAST = 64, SHARE = 64 };
  return s->n_recalls < AT_LEAST + s->progress.workers / SHARE;
}

/* Idle workers get what others have prefetched; if those have nothing, more of
 * the searches under way, or subproblems of what runs. */
static void employ_idle(rp_sched *s) {
  rp_sched_task task;
  while (s->n_idle > s->n_recalls && !rp_list_empty(&s->spare) && may_recall(s))
    recall_from_one(s);
  while (s->n_idle > s->n_recalls && rp_list_empty(&s->spare) &&
         rp_supply_take_extra(s, &task))
    give(s, first_idle(s), &task, NULL);
  if (rp_list_empty(&s->spare)) rp_split_ask(s);
}

static void prefetch_tasks(rp_sched *s, rp_worker *heard) {
  rp_sched_task task;
  const int32_t ahead = count_prefetched_tasks(s);
  if (!heard->live || heard->load == 0 || heard->load > (ahead + 1) / 2) return;
  const rp_slot *const oldest = find_oldest_slot(heard);
  assert(oldest); /* as there is load */
  if (oldest->task.alone) return;
  while (heard->load <= ahead && heard->load < heard->hold &&
         rp_supply_take(s, &task))
    give(s, heard, &task, NULL);
}

/* An idle worker of a node of which all workers idle; NULL: there is none. */
static rp_worker *find_free_node(rp_sched *s) {
  for (rp_link *at = s->bucket[0].next; at != &s->bucket[0]; at = at->next) {
    rp_worker *const w = RP_CONTAINER(at, rp_worker, bucket);
    if (s->node_busy[w->node] == 0) return w;
  }
  return NULL;
}

/* Once nothing else runs. */
static void deal_alone(rp_sched *s) {
  rp_sched_task task;
  rp_subproblem *subproblem;
  const int32_t busy = s->progress.workers - s->n_idle;
  if (busy > s->n_alone) return;
  for (rp_worker *w; (w = find_free_node(s)) != NULL;) {
    if (!rp_alone_take(s, &task, &subproblem)) return;
    give(s, w, &task, subproblem);
  }
}

static void deal_together(rp_sched *s, rp_worker *heard) {
  rp_sched_task task;
  rp_subproblem *subproblem;
  while (s->n_idle > 0 &&
         rp_split_take_from(&s->subproblems, &task, &subproblem))
    give(s, first_idle(s), &task, subproblem);
  while (s->n_idle > 0 && rp_supply_take(s, &task))
    give(s, first_idle(s), &task, NULL);
  employ_idle(s);
  prefetch_tasks(s, heard);
}

static void deal(rp_sched *s, rp_worker *heard) {
  if (s->stopping) return;
  if (s->n_alone == 0) deal_together(s, heard);
  deal_alone(s);
}

/* ---- events ---- */

void rp_sched_place(rp_sched *s, int32_t worker, int32_t node) {
  if (node >= 0 && node < s->n_workers) s->worker[worker].node = node;
}

void rp_sched_join(rp_sched *s, int32_t worker, int32_t hold) {
  rp_worker *w = &s->worker[worker];
  if (w->live) return;
  w->live = true;
  w->hold = hold;
  s->progress.workers++;
  s->n_idle++;
  place(s, w);
  deal(s, w);
}

/* A subproblem that never arrived holds open nodes that nobody will close, so
 * the answer proves nothing. */
static rp_answer discount_lost_subproblems(const rp_sched *s,
                                           const rp_slot *slot,
                                           const rp_answer *answer) {
  rp_answer sound = *answer;
  if (answer->subproblems == slot->subproblems ||
      answer->verdict == RP_VIOLATED)
    return sound;
  sound.verdict = RP_UNKNOWN;
  sound.evidence = RP_EVIDENCE_NONE;
  if (sound.reason == RP_REASON_NONE)
    sound.reason = s->stopping ? RP_REASON_INTERRUPTED : RP_REASON_ERROR;
  return sound;
}

void rp_sched_result(rp_sched *s, int32_t worker, int64_t id,
                     const rp_answer *answer, const uint8_t *witness) {
  rp_slot *slot = find_slot(s, worker, id);
  if (!slot) return;
  const rp_answer sound = discount_lost_subproblems(s, slot, answer);
  rp_subproblem *const subproblem = detach_subproblem(slot);
  const rp_sched_task task = release(s, &s->worker[worker], slot);
  if (s->act.task_ended)
    s->act.task_ended(s->act.context, worker, &task, &sound);
  note_time(s, answer->seconds);
  if (subproblem)
    rp_split_answer(s, worker, subproblem, &sound, witness);
  else
    rp_supply_answer(s, worker, &task, &sound, witness);
  deal(s, &s->worker[worker]);
}

void rp_sched_add_subproblem(rp_sched *s, int32_t worker, int64_t id,
                             const uint8_t *subproblem, size_t size,
                             bool last) {
  rp_slot *slot = find_slot(s, worker, id);
  if (!slot) return;
  rp_split_add(s, slot, subproblem, size, last);
  deal(s, &s->worker[worker]);
}

static void take_back(rp_sched *s, rp_worker *w, rp_slot *slot,
                      int32_t losses) {
  rp_subproblem *const subproblem = detach_subproblem(slot);
  rp_sched_task task = release(s, w, slot);
  task.losses += losses;
  if (subproblem)
    rp_split_return(s, subproblem, losses);
  else
    rp_supply_return(s, &task);
}

void rp_sched_returned(rp_sched *s, int32_t worker, int64_t id) {
  rp_slot *slot = find_slot(s, worker, id);
  if (!slot) return;
  take_back(s, &s->worker[worker], slot, 0);
  deal(s, &s->worker[worker]);
}

/* Take back a task whose worker was lost. A task that keeps killing workers is
 * given up. */
static void bereave(rp_sched *s, rp_worker *w, rp_slot *slot, bool is_suspect) {
  if (slot->subproblem || slot->task.losses + is_suspect < RP_SCHED_LOSSES) {
    take_back(s, w, slot, is_suspect);
    return;
  }
  const rp_sched_task task = release(s, w, slot);
  rp_answer answer;
  memset(&answer, 0, sizeof answer);
  answer.verdict = RP_UNKNOWN;
  answer.reason = RP_REASON_MEMORY;
  rp_supply_answer(s, get_number(s, w), &task, &answer, NULL);
}

/* How many of its tasks, the oldest ones, a worker may have begun. With more
 * than half of them done it would have reported (rp_sched_report_due), unless
 * there are so many workers that short tasks end while it waits for its turn.
 */
static int32_t count_tasks_begun(const rp_sched *s, const rp_worker *w) {
  enum { MARGIN = 8 };
  const double silent_s = MARGIN * rp_sched_round_s(s->n_workers);
  return count_tasks_within(s, silent_s) > 0 ? w->load : (w->load + 1) / 2;
}

int32_t rp_sched_list_begun(const rp_sched *s, int32_t worker,
                            rp_sched_task task[RP_SCHED_HOLD]) {
  static const double unheard_s = 1; /* in which a worker may get on so far */
  const int32_t most = 1 + count_tasks_within(s, unheard_s);
  const rp_link *const held = &s->worker[worker].held;
  int32_t n = 0;
  for (const rp_link *at = held->next; at != held && n < most; at = at->next) {
    const rp_slot *const slot = RP_CONTAINER(at, rp_slot, held);
    if (!slot->abandoned) task[n++] = slot->task;
  }
  return n;
}

void rp_sched_lost(rp_sched *s, int32_t worker) {
  rp_worker *w = &s->worker[worker];
  if (!w->live) return;
  w->live = false;
  const int32_t suspects = count_tasks_begun(s, w);
  while (w->load > 0) bereave(s, w, find_newest_slot(w), w->load <= suspects);
  s->progress.workers--;
  s->n_idle--;
  place(s, w);
  deal(s, w);
}

static void stop_slot(rp_sched *s, rp_slot *slot) {
  if (!slot->task.id) return;
  if (s->act.hand_over && !slot->abandoned)
    s->act.hand_over(s->act.context, slot->worker, slot->task.id);
  abandon(s, slot);
}

void rp_sched_stop(rp_sched *s) {
  if (s->stopping) return;
  rp_supply_stop(s);
  rp_alone_stop(s);
  rp_split_stop(s);
  for (int32_t i = 0; i < s->n_workers; i++)
    for (int k = 0; k < RP_SCHED_HOLD; k++) stop_slot(s, &s->worker[i].slot[k]);
}

bool rp_sched_done(const rp_sched *s) {
  return s->progress.done == s->progress.total;
}

rp_sched_progress rp_sched_progress_get(const rp_sched *s) {
  rp_sched_progress progress = s->progress;
  progress.busy = progress.workers - s->n_idle;
  return progress;
}

bool rp_sched_running(const rp_sched *s, int32_t worker, rp_sched_task *task) {
  if (worker < 0 || worker >= s->n_workers) return false;
  const rp_worker *const w = &s->worker[worker];
  const rp_slot *const oldest = find_oldest_slot(w);
  if (!oldest || oldest->abandoned) return false;
  *task = oldest->task;
  return true;
}
