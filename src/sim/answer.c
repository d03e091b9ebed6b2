/* The answer to a task and the time that it takes, from the workload or from
 * the bytes of a subproblem. */
#include <math.h>
#include <string.h>

#include "sim/machine.h"

/* The first recorded question of a search at this radius or above, or the end
 * of what is known about it. */
static int64_t find_first_probe(const rp_workload *w, int64_t search,
                                int32_t radius) {
  int64_t lo = 0, hi = w->n_probes;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    const rp_sim_probe *const p = &w->probe[mid];
    if (p->search < search || (p->search == search && p->radius < radius))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

/* A search that was violated goes on below the distance found: so the next
 * lower radius that was asked tells that distance. */
static int32_t infer_probe_distance(const rp_workload *w, int64_t search,
                                    int32_t radius) {
  const int64_t at = find_first_probe(w, search, radius) - 1;
  const bool below = at >= 0 && w->probe[at].search == search;
  const int32_t next = below ? w->probe[at].radius : 0;
  return 1 + (next > w->hi[search] ? next : w->hi[search]);
}

static double compute_probe_time(const rp_workload *w, int64_t search,
                                 int32_t radius) {
  const int64_t lo = find_first_probe(w, search, radius);
  const bool above = lo < w->n_probes && w->probe[lo].search == search;
  const bool below = lo > 0 && w->probe[lo - 1].search == search;
  if (above && (!below || w->probe[lo].radius - radius <=
                              radius - w->probe[lo - 1].radius))
    return w->probe[lo].seconds;
  if (below) return w->probe[lo - 1].seconds;
  return w->search_s[search] / log2(2.0 + w->plan.cap);
}

static double compute_time(const rp_workload *w, const rp_sched_task *task) {
  if (task->query >= 0) return w->query_s[task->query];
  const double needs_s =
      compute_probe_time(w, task->search, task->question.radius);
  return task->question.cpu_limit_s > 0
             ? fmin(needs_s, task->question.cpu_limit_s)
             : needs_s;
}

sim_subproblem sim_look_up(const rp_workload *w, const rp_sched_task *task) {
  sim_subproblem known;
  if (task->subproblem_number > 0 &&
      task->question.subproblem_size == sizeof known)
    memcpy(&known, task->question.subproblem, sizeof known);
  else
    known = (sim_subproblem){.needs_s = compute_time(w, task)};
  return known;
}

rp_answer sim_answer_to(const rp_workload *w, const sim_task *task) {
  rp_answer a = {.seconds = task->took_s,
                 .cpu_seconds = task->took_s,
                 .subproblems = task->subproblems};
  if (task->interrupted) {
    a.reason = RP_REASON_INTERRUPTED;
  } else if (task->subproblem_number > 0) {
    a.verdict =
        RP_ROBUST; /* a counterexample is always found by subproblem 0 */
  } else if (task->query >= 0) {
    a.verdict = w->verdict[task->query];
    a.distance = w->distance[task->query];
  } else if (task->cut_short) {
    a.reason = RP_REASON_TIME;
  } else if (w->lo[task->search] < 0) {
    a.verdict = RP_MISCLASSIFIED;
  } else if (task->radius > w->hi[task->search]) {
    a.verdict = RP_VIOLATED;
    a.distance = infer_probe_distance(w, task->search, task->radius);
  } else {
    const bool proved = task->radius <= w->lo[task->search];
    a.verdict = proved ? RP_ROBUST : RP_UNKNOWN;
  }
  if (a.verdict == RP_UNKNOWN && !a.reason) a.reason = RP_REASON_TIME;
  return a;
}
