/* What an earlier run found out: answers, questions that it left split, and
 * radii that it proved or refuted. */
#include "sched/sched_internal.h"

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
  rp_sched_search_settle(sched, search);
}

static void feed_known(rp_sched *sched, const rp_sched_task *task,
                       const rp_answer *answer, const uint8_t *witness) {
  rp_sched_search *search = rp_sched_search_begin(sched, task->search);
  if (!search) return;
  rp_radius_claim(&search->radius, task->question.radius,
                  task->question.cpu_limit_s);
  search->waiting++;
  rp_sched_search_feed(sched, search, task, answer, witness);
  search = rp_sched_search_of(sched, task); /* gone if it is over */
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

bool rp_known_is_of_plan(const rp_sched *sched, const rp_sched_task *task) {
  return is_of_plan(sched, task,
                    find_search_about(&sched->plan, task->question.sample));
}

/* The search that an adopted question feeds; NULL: none. */
static rp_sched_search *find_search_to_feed(rp_sched *sched, int64_t sample) {
  const int64_t index = find_search_about(&sched->plan, sample);
  return index >= 0 && !sched->finished[index]
             ? rp_sched_search_begin(sched, index)
             : NULL;
}

bool rp_known_adopt(rp_sched *sched, rp_sched_task *task) {
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
    rp_supply_count_query(sched, answer->verdict);
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
    rp_sched_search_keep_witness(sched, search, &probe, known->refuted,
                                 known->witness);
}

bool rp_sched_known_radius(rp_sched *sched, const rp_sched_interval *known) {
  const int64_t index = find_search_about(&sched->plan, known->sample);
  if (index < 0) return false;
  if (sched->finished[index]) return true;
  rp_sched_search *const search = rp_sched_search_begin(sched, index);
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
