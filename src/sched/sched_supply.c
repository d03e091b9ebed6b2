/* Where tasks come from and where answers go.
 *
 * Tasks come, in this order, from
 *   returned  taken back from a worker or left by a lost one;
 *   ready     searches under way with nothing in flight: they go first so that
 *             only about as many searches are in memory as there are workers;
 *   fresh     the plan, sample by sample: first its queries, then its search,
 *             which so starts from all that the queries have shown;
 * and, when a worker would idle otherwise,
 *   spread    searches under way that have another radius to ask, in turns.
 *
 * A task feeds the search of its sample while that is under way. A search
 * counts the answers it waits for, in flight or returned; when none is left and
 * it is not done it is ready. When an answer makes radii in flight pointless
 * they are dropped: cancelled, and no longer waited for. A search is over when
 * it is done and waits for nothing; then it has its row and is freed. */
#include "sched/sched_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static void count_query(rp_sched *sched, rp_verdict verdict) {
  sched->progress.done++;
  sched->progress.count.of[verdict]++;
}

static void give_up_query(rp_sched *sched, int64_t query, rp_reason reason) {
  const rp_answer answer = {.verdict = RP_UNKNOWN, .reason = reason};
  count_query(sched, RP_UNKNOWN);
  sched->act.query_row(sched->act.context, query, -1, &answer, NULL);
}

/* ---- searches ---- */

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

static void give_up_search(rp_sched *sched, int64_t index, rp_reason reason) {
  rp_sched_radius row = {.search = index,
                         .hi = sched->plan.cap,
                         .verdict = RP_UNKNOWN,
                         .reason = reason};
  send_radius_row(sched, &row);
}

static void unlist(rp_sched *sched, rp_sched_search *search) {
  if (!rp_list_empty(&search->place) && search->waiting == 0) sched->n_ready--;
  rp_link_remove(&search->place);
}

/* The count of ready searches depends on `waiting`, which therefore changes
 * only while the search is in no list. */
static void enlist(rp_sched *sched, rp_sched_search *search) {
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
    give_up_search(sched, index, RP_REASON_MEMORY);
    return NULL;
  }
  search->index = index;
  rp_link_init(&search->place);
  rp_link_init(&search->flight);
  rp_link_init(&search->families);
  sched->active[index] = search;
  return search;
}

/* NULL if there was no memory, which the row of the search then says. */
static rp_sched_search *begin_search_once(rp_sched *sched, int64_t index) {
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

void rp_supply_free_search(rp_sched_search *search) {
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
  rp_supply_free_search(search);
}

/* A search hears out the queries of its sample, even if it is closed: what they
 * show, and their counterexample at hi + 1, count in any order of answers. */
static bool is_over(const rp_sched *sched, const rp_sched_search *search) {
  if (search->waiting > 0) return false;
  if (sched->stopping) return true;
  return search->dealt && rp_radius_done(&search->radius);
}

/* To be called after any change to a search, which must be in no list and may
 * be freed here. */
static void settle(rp_sched *sched, rp_sched_search *search) {
  drop_useless(sched, search);
  if (is_over(sched, search))
    finish_search(sched, search);
  else
    enlist(sched, search);
}

/* The counterexample at hi + 1: that of the query with the least radius, which
 * does not depend on the order of answers, else the first one. */
static void keep_witness(rp_sched *sched, rp_sched_search *search,
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

static void feed(rp_sched *sched, rp_sched_search *search,
                 const rp_sched_task *task, const rp_answer *answer,
                 const uint8_t *witness) {
  unlist(sched, search);
  search->waiting--;
  search->seconds += answer->seconds;
  search->cpu_seconds += answer->cpu_seconds;
  rp_radius_answer(&search->radius, task->question.radius, answer);
  if (answer->verdict == RP_MISCLASSIFIED || answer->verdict == RP_INVALID)
    search->ended = answer->verdict;
  if (witness) keep_witness(sched, search, task, answer->distance, witness);
  settle(sched, search);
}

static rp_sched_search *get_search(const rp_sched *sched,
                                   const rp_sched_task *task) {
  return task->search >= 0 ? sched->active[task->search] : NULL;
}

rp_link *rp_supply_flight(rp_sched *sched, const rp_sched_task *task) {
  rp_sched_search *search = get_search(sched, task);
  return search ? &search->flight : NULL;
}

rp_link *rp_supply_families(rp_sched *sched, const rp_sched_task *task) {
  rp_sched_search *search = get_search(sched, task);
  return search ? &search->families : NULL;
}

/* ---- supply ---- */

static void ask(rp_sched *sched, rp_sched_search *search, int32_t radius,
                rp_sched_task *task) {
  unlist(sched, search);
  search->waiting++;
  const rp_sched_task probe = {
      .id = ++sched->last_id,
      .query = -1,
      .search = search->index,
      .question = {.sample = sched->plan.search[search->index],
                   .radius = radius,
                   .cpu_limit_s = search->radius.mark[radius].allowed_s}};
  *task = probe;
  enlist(sched, search);
}

/* A probe may have become pointless since it was returned. */
bool rp_supply_is_still_wanted(rp_sched *sched, const rp_sched_task *task) {
  if (task->query >= 0) return true;
  rp_sched_search *search = get_search(sched, task);
  if (!search) return false;
  if (rp_radius_useful(&search->radius, task->question.radius)) return true;
  unlist(sched, search);
  search->waiting--;
  rp_radius_withdraw(&search->radius, task->question.radius);
  settle(sched, search);
  return false;
}

static const rp_sched_task *peek_returned(rp_sched *sched) {
  for (; sched->n_returned > 0; sched->n_returned--) {
    const rp_sched_task *const last = &sched->returned[sched->n_returned - 1];
    if (rp_supply_is_still_wanted(sched, last)) return last;
  }
  return NULL;
}

static bool take_returned(rp_sched *sched, rp_sched_task *task) {
  const rp_sched_task *const next = peek_returned(sched);
  if (!next) return false;
  *task = *next;
  sched->n_returned--;
  return true;
}

static bool take_ready(rp_sched *sched, rp_sched_task *task) {
  if (rp_list_empty(&sched->ready)) return false;
  rp_sched_search *search =
      RP_CONTAINER(sched->ready.next, rp_sched_search, place);
  ask(sched, search, rp_radius_next(&search->radius), task);
  return true;
}

static void take_query(rp_sched *sched, rp_sched_task *task) {
  const int64_t q = sched->next_query++;
  const rp_question *query = &sched->plan.query[q];
  const rp_sched_task fresh = {
      .id = ++sched->last_id, .query = q, .search = -1, .question = *query};
  *task = fresh;
  const int64_t s = sched->next_search;
  if (s == sched->plan.n_searches || sched->plan.search[s] != query->sample ||
      sched->finished[s])
    return;
  rp_sched_search *search = begin_search_once(sched, s);
  if (!search) return;
  rp_radius_claim(&search->radius, query->radius, 0);
  search->waiting++;
  task->search = s;
}

/* Skip a query that an earlier run answered. */
static bool pass_known(rp_sched *sched) {
  if (!sched->known[sched->next_query]) return false;
  sched->n_known--;
  sched->next_query++;
  return true;
}

/* False if the search that is next has nothing to ask now. */
static bool take_search(rp_sched *sched, rp_sched_task *task) {
  const int64_t s = sched->next_search++;
  if (sched->finished[s]) return false;
  rp_sched_search *search = begin_search_once(sched, s);
  if (!search) return false;
  search->dealt = true;
  const int32_t radius = rp_radius_next(&search->radius);
  if (radius)
    ask(sched, search, radius, task);
  else
    settle(sched, search);
  return radius != 0;
}

static bool take_fresh(rp_sched *sched, rp_sched_task *task) {
  const rp_sched_plan *plan = &sched->plan;
  for (;;) {
    const bool queries = sched->next_query < plan->n_queries;
    if (queries && pass_known(sched)) continue;
    const bool searches = sched->next_search < plan->n_searches;
    if (!queries && !searches) return false;
    if (queries && (!searches || plan->query[sched->next_query].sample <=
                                     plan->search[sched->next_search])) {
      take_query(sched, task);
      return true;
    }
    if (take_search(sched, task)) return true;
  }
}

bool rp_supply_take(rp_sched *sched, rp_sched_task *task) {
  return take_returned(sched, task) || take_ready(sched, task) ||
         take_fresh(sched, task);
}

bool rp_supply_take_extra(rp_sched *sched, rp_sched_task *task) {
  while (!rp_list_empty(&sched->spread)) {
    rp_sched_search *search =
        RP_CONTAINER(sched->spread.next, rp_sched_search, place);
    const int32_t radius = rp_radius_next(&search->radius);
    if (radius) {
      ask(sched, search, radius, task);
      return true;
    }
    unlist(sched, search); /* until its next answer */
  }
  return false;
}

int64_t rp_supply_left(const rp_sched *sched) {
  return sched->n_returned + sched->n_ready +
         (sched->plan.n_queries - sched->next_query - sched->n_known) +
         (sched->plan.n_searches - sched->next_search);
}

/* ---- answers ---- */

void rp_supply_answer(rp_sched *sched, int32_t worker,
                      const rp_sched_task *task, const rp_answer *of_try,
                      const uint8_t *witness) {
  rp_answer sum = *of_try;
  const rp_answer *const answer = &sum;
  if ((task->query >= 0 || get_search(sched, task)) &&
      rp_alone_ask_again(sched, task, of_try))
    return;
  if (sched->stopping && rp_alone_is_due(task, of_try))
    sum.reason = RP_REASON_INTERRUPTED; /* the next run asks it again */
  sum.seconds += task->spent_s;
  sum.cpu_seconds += task->spent_cpu_s;
  if (sched->act.answered && answer->reason != RP_REASON_INTERRUPTED &&
      (task->query >= 0 || get_search(sched, task)))
    sched->act.answered(sched->act.context, worker, task, answer, witness);
  if (task->query >= 0) {
    count_query(sched, answer->verdict);
    sched->act.query_row(sched->act.context, task->query, worker, answer,
                         witness);
  }
  rp_sched_search *search = get_search(sched, task);
  if (search) feed(sched, search, task, answer, witness);
}

void rp_supply_return(rp_sched *sched, const rp_sched_task *task) {
  if (task->query < 0 && task->search < 0) return; /* dropped */
  if (!sched->stopping) {
    if (task->losses == 0 || !rp_alone_keep(sched, task))
      sched->returned[sched->n_returned++] = *task;
    return;
  }
  if (task->query >= 0)
    give_up_query(sched, task->query, RP_REASON_INTERRUPTED);
  rp_sched_search *search = get_search(sched, task);
  if (!search) return;
  unlist(sched, search);
  search->waiting--;
  rp_radius_withdraw(&search->radius, task->question.radius);
  settle(sched, search);
}

void rp_supply_stop(rp_sched *sched) {
  sched->stopping = true;
  while (sched->n_returned > 0)
    rp_supply_return(sched, &sched->returned[--sched->n_returned]);
  while (!rp_list_empty(&sched->ready)) {
    rp_sched_search *search =
        RP_CONTAINER(sched->ready.next, rp_sched_search, place);
    unlist(sched, search);
    settle(sched, search);
  }
  while (!rp_list_empty(&sched->spread)) rp_link_remove(sched->spread.next);
  while (sched->next_query < sched->plan.n_queries)
    if (!pass_known(sched))
      give_up_query(sched, sched->next_query++, RP_REASON_INTERRUPTED);
  for (; sched->next_search < sched->plan.n_searches; sched->next_search++) {
    const int64_t s = sched->next_search;
    rp_sched_search *search = sched->active[s];
    if (search && search->waiting > 0) continue;
    if (search)
      settle(sched, search);
    else if (!sched->finished[s])
      give_up_search(sched, s, RP_REASON_INTERRUPTED);
  }
}

/* ---- what an earlier run found out ---- */

typedef int64_t sample_at(const rp_sched_plan *plan, int64_t index);

static int64_t get_query_sample(const rp_sched_plan *plan, int64_t query) {
  return plan->query[query].sample;
}
static int64_t get_search_sample(const rp_sched_plan *plan, int64_t search) {
  return plan->search[search];
}

/* The first of n items, in the order of their samples, that does not come
 * before the sample. */
static int64_t find_first_from(const rp_sched_plan *plan, sample_at *at,
                               int64_t n, int64_t sample) {
  int64_t lo = 0, hi = n;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    if (at(plan, mid) < sample)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static int64_t find_search_about(const rp_sched_plan *plan, int64_t sample) {
  const int64_t s =
      find_first_from(plan, get_search_sample, plan->n_searches, sample);
  return s < plan->n_searches && plan->search[s] == sample ? s : -1;
}

static bool has_known_queries(const rp_sched *sched, int64_t sample) {
  const rp_sched_plan *const plan = &sched->plan;
  int64_t q = find_first_from(plan, get_query_sample, plan->n_queries, sample);
  for (; q < plan->n_queries && plan->query[q].sample == sample; q++)
    if (!sched->known[q]) return false;
  return true;
}

/* A search whose end is known has its row at once, like a query: progress then
 * tells what is done from the start. */
static void end_known(rp_sched *sched, rp_sched_search *search,
                      int64_t sample) {
  if (!rp_radius_done(&search->radius) || !has_known_queries(sched, sample))
    return;
  search->dealt = true;
  settle(sched, search);
}

static void feed_known(rp_sched *sched, const rp_sched_task *task,
                       const rp_answer *answer, const uint8_t *witness) {
  rp_sched_search *search = begin_search_once(sched, task->search);
  if (!search) return;
  rp_radius_claim(&search->radius, task->question.radius,
                  task->question.cpu_limit_s);
  search->waiting++;
  feed(sched, search, task, answer, witness);
  search = get_search(sched, task); /* gone if it is over */
  if (search) end_known(sched, search, task->question.sample);
}

static bool is_of_plan(const rp_sched *sched, const rp_sched_task *task,
                       int64_t search) {
  if (task->question.radius < 1 || task->question.radius > RP_RADIUS_MAX)
    return false;
  if (task->query < 0)
    return search >= 0 && task->question.radius <= sched->plan.cap;
  if (task->query >= sched->plan.n_queries) return false;
  const rp_question *const query = &sched->plan.query[task->query];
  return query->sample == task->question.sample &&
         query->radius == task->question.radius;
}

bool rp_supply_is_of_plan(const rp_sched *sched, const rp_sched_task *task) {
  return is_of_plan(sched, task,
                    find_search_about(&sched->plan, task->question.sample));
}

/* The search that an adopted question feeds; NULL: none. */
static rp_sched_search *find_search_to_feed(rp_sched *sched, int64_t sample) {
  const int64_t index = find_search_about(&sched->plan, sample);
  return index >= 0 && !sched->finished[index] ? begin_search_once(sched, index)
                                               : NULL;
}

bool rp_supply_adopt(rp_sched *sched, rp_sched_task *task) {
  const rp_question *const question = &task->question;
  if (task->query >= 0 && sched->known[task->query]) return false;
  rp_sched_search *const search = find_search_to_feed(sched, question->sample);
  if (task->query < 0 &&
      (!search || !rp_radius_is_unasked(&search->radius, question->radius)))
    return false;
  if (task->query >= 0) {
    sched->known[task->query] = true; /* not to be dealt again */
    sched->n_known++;
  }
  task->search = search ? search->index : -1;
  if (!search) return true;
  rp_radius_claim(&search->radius, question->radius,
                  task->query < 0 ? question->cpu_limit_s : 0);
  search->waiting++;
  return true;
}

bool rp_sched_known(rp_sched *sched, int32_t worker, const rp_sched_task *task,
                    const rp_answer *answer, const uint8_t *witness) {
  rp_sched_task own = *task;
  own.search = find_search_about(&sched->plan, task->question.sample);
  if (!is_of_plan(sched, task, own.search)) return false;
  if (own.query >= 0 && sched->known[own.query]) return true;
  if (own.query >= 0) {
    sched->known[own.query] = true;
    sched->n_known++;
    count_query(sched, answer->verdict);
    sched->act.query_row(sched->act.context, own.query, worker, answer,
                         witness);
  }
  if (own.search >= 0 && !sched->finished[own.search])
    feed_known(sched, &own, answer, witness);
  return true;
}

/* Treat the ends as if they had just been asked and answered at no cost. */
static void feed_ends(rp_sched *sched, rp_sched_search *search,
                      const rp_sched_interval *known) {
  const rp_sched_task probe = {.query = -1};
  const rp_answer robust = {.verdict = RP_ROBUST};
  const rp_answer violated = {.verdict = RP_VIOLATED,
                              .distance = known->refuted};
  if (known->lo > 0) rp_radius_answer(&search->radius, known->lo, &robust);
  if (known->refuted == 0 || known->refuted > sched->plan.cap) return;
  rp_radius_answer(&search->radius, known->refuted, &violated);
  if (known->witness)
    keep_witness(sched, search, &probe, known->refuted, known->witness);
}

bool rp_sched_known_radius(rp_sched *sched, const rp_sched_interval *known) {
  const int64_t index = find_search_about(&sched->plan, known->sample);
  if (index < 0) return false;
  if (sched->finished[index]) return true;
  rp_sched_search *const search = begin_search_once(sched, index);
  if (!search) return true;
  const rp_answer ended = {.verdict = known->verdict};
  if (known->verdict == RP_MISCLASSIFIED || known->verdict == RP_INVALID) {
    rp_radius_answer(&search->radius, sched->plan.cap, &ended);
    search->ended = known->verdict;
  } else {
    feed_ends(sched, search, known);
  }
  if (known->seconds > search->seconds) search->seconds = known->seconds;
  if (known->cpu_seconds > search->cpu_seconds)
    search->cpu_seconds = known->cpu_seconds;
  end_known(sched, search, known->sample);
  return true;
}
