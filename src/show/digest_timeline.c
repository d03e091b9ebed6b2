/* Joins tasks to runs. A rank has one compute thread, so its tasks do not
 * overlap; if they do in a file, the overlap is counted once. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "show/digest.h"

enum { MOST_RANKS = 1 << 20 };

static bool is_usable(const rp_task_row *t) {
  return t->rank >= 0 && t->rank < MOST_RANKS && isfinite(t->begin_s) &&
         isfinite(t->end_s) && t->begin_s >= 0 && t->end_s >= t->begin_s;
}

static int compare_runs(const void *a, const void *b) {
  const rp_digest_run *const left = a, *const right = b;
  if (left->rank != right->rank) return left->rank < right->rank ? -1 : 1;
  return (left->begin_s > right->begin_s) - (left->begin_s < right->begin_s);
}

static void gather_runs(rp_digest_timeline *t, const rp_results *r) {
  for (int64_t i = 0; i < r->n_ranks; i++)
    if (r->rank[i].rank >= t->n_ranks && r->rank[i].rank < MOST_RANKS)
      t->n_ranks = r->rank[i].rank + 1;
  for (int64_t i = 0; i < r->n_tasks; i++) {
    const rp_task_row *const task = &r->task[i];
    if (!is_usable(task)) continue;
    t->run[t->n_runs++] =
        (rp_digest_run){task->rank, task->begin_s, task->end_s, 1};
    if (task->end_s > t->span_s) t->span_s = task->end_s;
    if (task->rank >= t->n_ranks) t->n_ranks = task->rank + 1;
  }
  qsort(t->run, (size_t)t->n_runs, sizeof *t->run, compare_runs);
}

static void join_runs(rp_digest_timeline *t, double gap_s) {
  int64_t n = 0;
  for (int64_t i = 0; i < t->n_runs; i++) {
    const rp_digest_run next = t->run[i];
    rp_digest_run *const last = n > 0 ? &t->run[n - 1] : NULL;
    const bool same_rank = last && last->rank == next.rank;
    const double from =
        same_rank && last->end_s > next.begin_s ? last->end_s : next.begin_s;
    if (next.end_s > from) t->busy_s[next.rank] += next.end_s - from;
    if (!same_rank || next.begin_s > last->end_s + gap_s) {
      t->run[n++] = next;
      continue;
    }
    if (next.end_s > last->end_s) last->end_s = next.end_s;
    last->tasks += next.tasks;
  }
  t->n_runs = n;
}

rp_status rp_digest_timeline_create(const rp_results *results, double gap,
                                    rp_digest_timeline **timeline,
                                    rp_error *err) {
  rp_digest_timeline *const t = rp_alloc(1, sizeof *t);
  if (!t) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  t->run = rp_alloc((size_t)results->n_tasks, sizeof *t->run);
  if (t->run) gather_runs(t, results);
  t->busy_s = rp_alloc((size_t)t->n_ranks, sizeof(double));
  if (!t->run || !t->busy_s) {
    rp_digest_timeline_free(t);
    return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  }
  join_runs(t, gap * t->span_s);
  *timeline = t;
  return RP_OK;
}

void rp_digest_timeline_free(rp_digest_timeline *timeline) {
  if (!timeline) return;
  free(timeline->run);
  free(timeline->busy_s);
  free(timeline);
}
