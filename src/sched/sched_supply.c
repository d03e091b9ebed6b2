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
 * A task feeds the search of its sample while that is under way
 * (sched_search.c). */
#include "sched/sched_internal.h"

void rp_supply_count_query(rp_sched *sched, rp_verdict verdict) {
  sched->progress.done++;
  sched->progress.count.of[verdict]++;
}

static void give_up_query(rp_sched *sched, int64_t query, rp_reason reason) {
  const rp_answer answer = {.verdict = RP_UNKNOWN, .reason = reason};
  rp_supply_count_query(sched, RP_UNKNOWN);
  sched->act.query_row(sched->act.context, query, -1, &answer, NULL);
}

static void ask(rp_sched *sched, rp_sched_search *search, int32_t radius,
                rp_sched_task *task) {
  rp_sched_search_unlist(sched, search);
  search->waiting++;
  const rp_sched_task probe = {
      .id = ++sched->last_id,
      .query = -1,
      .search = search->index,
      .question = {.sample = sched->plan.search[search->index],
                   .radius = radius,
                   .cpu_limit_s = search->radius.mark[radius].allowed_s}};
  *task = probe;
  rp_sched_search_enlist(sched, search);
}

/* A probe may have become pointless since it was returned. */
bool rp_supply_is_still_wanted(rp_sched *sched, const rp_sched_task *task) {
  if (task->query >= 0) return true;
  rp_sched_search *search = rp_sched_search_of(sched, task);
  if (!search) return false;
  if (rp_radius_useful(&search->radius, task->question.radius)) return true;
  rp_sched_search_unlist(sched, search);
  search->waiting--;
  rp_radius_withdraw(&search->radius, task->question.radius);
  rp_sched_search_settle(sched, search);
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
  rp_sched_search *search = rp_sched_search_begin(sched, s);
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
  rp_sched_search *search = rp_sched_search_begin(sched, s);
  if (!search) return false;
  search->dealt = true;
  const int32_t radius = rp_radius_next(&search->radius);
  if (radius)
    ask(sched, search, radius, task);
  else
    rp_sched_search_settle(sched, search);
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
    rp_sched_search_unlist(sched, search); /* until its next answer */
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
  if ((task->query >= 0 || rp_sched_search_of(sched, task)) &&
      rp_alone_ask_again(sched, task, of_try))
    return;
  if (sched->stopping && rp_alone_is_due(task, of_try))
    sum.reason = RP_REASON_INTERRUPTED; /* the next run asks it again */
  sum.seconds += task->spent_s;
  sum.cpu_seconds += task->spent_cpu_s;
  if (sched->act.answered && answer->reason != RP_REASON_INTERRUPTED &&
      (task->query >= 0 || rp_sched_search_of(sched, task)))
    sched->act.answered(sched->act.context, worker, task, answer, witness);
  if (task->query >= 0) {
    rp_supply_count_query(sched, answer->verdict);
    sched->act.query_row(sched->act.context, task->query, worker, answer,
                         witness);
  }
  rp_sched_search *search = rp_sched_search_of(sched, task);
  if (search) rp_sched_search_feed(sched, search, task, answer, witness);
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
  rp_sched_search *search = rp_sched_search_of(sched, task);
  if (!search) return;
  rp_sched_search_unlist(sched, search);
  search->waiting--;
  rp_radius_withdraw(&search->radius, task->question.radius);
  rp_sched_search_settle(sched, search);
}

void rp_supply_stop(rp_sched *sched) {
  sched->stopping = true;
  while (sched->n_returned > 0)
    rp_supply_return(sched, &sched->returned[--sched->n_returned]);
  while (!rp_list_empty(&sched->ready)) {
    rp_sched_search *search =
        RP_CONTAINER(sched->ready.next, rp_sched_search, place);
    rp_sched_search_unlist(sched, search);
    rp_sched_search_settle(sched, search);
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
      rp_sched_search_settle(sched, search);
    else if (!sched->finished[s])
      rp_sched_search_give_up(sched, s, RP_REASON_INTERRUPTED);
  }
}
