/* Workloads that were recorded in results files, drawn from such a record, or
 * made by a law. The samples of a record are renumbered, file by file, so that
 * the plan is in order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/memory.h"
#include "sim/law.h"

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "workload: out of memory");
}

static bool allocate(rp_workload *w, int64_t queries, int64_t searches,
                     int64_t probes) {
  const size_t nq = (size_t)queries, ns = (size_t)searches;
  memset(w, 0, sizeof *w);
  w->query = rp_alloc(nq, sizeof *w->query);
  w->query_s = rp_alloc(nq, sizeof *w->query_s);
  w->verdict = rp_alloc(nq, sizeof *w->verdict);
  w->distance = rp_alloc(nq, sizeof *w->distance);
  w->search = rp_alloc(ns, sizeof *w->search);
  w->lo = rp_alloc(ns, sizeof *w->lo);
  w->hi = rp_alloc(ns, sizeof *w->hi);
  w->search_s = rp_alloc(ns, sizeof *w->search_s);
  w->probe = rp_alloc((size_t)probes, sizeof *w->probe);
  w->plan.query = w->query;
  w->plan.search = w->search;
  w->plan.n_in = 1;
  return w->query && w->query_s && w->verdict && w->distance && w->search &&
         w->lo && w->hi && w->search_s && w->probe;
}

void rp_workload_free(rp_workload *w) {
  free(w->query);
  free(w->query_s);
  free(w->verdict);
  free(w->distance);
  free(w->search);
  free(w->lo);
  free(w->hi);
  free(w->search_s);
  free(w->probe);
  memset(w, 0, sizeof *w);
}

/* ---- recorded ---- */

/* The time of a timeline's row counts for the search of its sample. Subproblems
 * of one question are added up; of a question that was asked again with a
 * greater allowance the longest counts. */
static int compare_tasks(const void *left, const void *right) {
  const rp_task_row *const a = left, *const b = right;
  const int order =
      rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
  return order ? order : rp_compare_numbers(a->piece, b->piece);
}

static double with_task(double before_s, const rp_task_row *task) {
  const double took_s = fmax(0, task->end_s - task->begin_s);
  return task->piece > 0 ? before_s + took_s : fmax(before_s, took_s);
}

static void record_probes(const rp_results *r, int64_t first_search,
                          rp_task_row *sorted, rp_workload *w) {
  memcpy(sorted, r->task, (size_t)r->n_tasks * sizeof *sorted);
  qsort(sorted, (size_t)r->n_tasks, sizeof *sorted, compare_tasks);
  int64_t s = 0;
  const int64_t first_probe = w->n_probes;
  for (int64_t i = 0; i < r->n_tasks; i++) {
    while (s < r->n_radii && r->radius[s].sample < sorted[i].sample) s++;
    if (s == r->n_radii || r->radius[s].sample != sorted[i].sample) continue;
    rp_sim_probe *const last = &w->probe[w->n_probes - 1];
    if (w->n_probes > first_probe && last->search == first_search + s &&
        last->radius == sorted[i].radius)
      last->seconds = with_task(last->seconds, &sorted[i]);
    else
      w->probe[w->n_probes++] =
          (rp_sim_probe){.search = first_search + s,
                         .radius = sorted[i].radius,
                         .seconds = with_task(0, &sorted[i])};
  }
}

static void record_query(const rp_query_row *q, int64_t sample, bool cpu,
                         rp_workload *w) {
  const int64_t i = w->plan.n_queries++;
  w->query[i] = (rp_question){.sample = sample, .radius = q->radius};
  w->query_s[i] = cpu ? q->cpu_seconds : q->seconds;
  w->verdict[i] = q->verdict;
  w->distance[i] = q->distance;
}

static void record_search(const rp_radius_row *r, int64_t sample, bool cpu,
                          rp_workload *w) {
  const int64_t i = w->plan.n_searches++;
  w->search[i] = sample;
  w->lo[i] = r->lo;
  w->hi[i] = r->hi;
  w->search_s[i] = cpu ? r->cpu_seconds : r->seconds;
}

/* Both tables are sorted by sample. */
static int64_t record_file(const rp_results *r, int64_t first_sample, bool cpu,
                           rp_workload *w) {
  int64_t q = 0, s = 0, sample = first_sample;
  while (q < r->n_queries || s < r->n_radii) {
    const int64_t of_query = q < r->n_queries ? r->query[q].sample : INT64_MAX;
    const int64_t of_search = s < r->n_radii ? r->radius[s].sample : INT64_MAX;
    const int64_t own = of_query < of_search ? of_query : of_search;
    for (; q < r->n_queries && r->query[q].sample == own; q++)
      record_query(&r->query[q], sample, cpu, w);
    for (; s < r->n_radii && r->radius[s].sample == own; s++)
      record_search(&r->radius[s], sample, cpu, w);
    sample++;
  }
  return sample;
}

/* In a record of CPU times each probe gets its part of the CPU time of its
 * search. */
static void scale_probes(rp_workload *w) {
  for (int64_t i = 0, j; i < w->n_probes; i = j) {
    const int64_t s = w->probe[i].search;
    double sum = 0;
    for (j = i; j < w->n_probes && w->probe[j].search == s; j++)
      sum += w->probe[j].seconds;
    for (int64_t k = i; k < j && sum > 0; k++)
      w->probe[k].seconds *= w->search_s[s] / sum;
  }
}

static rp_status record_all(const rp_results *const *files, int32_t n, bool cpu,
                            rp_workload *w, rp_error *err) {
  int64_t sample = 0;
  for (int32_t f = 0; f < n; f++) {
    const rp_results *const r = files[f];
    const int64_t first_search = w->plan.n_searches;
    const int32_t cap = r->provenance.radius_cap;
    const double limit_s = r->provenance.options.sample_limit;
    if (cap > w->plan.cap) w->plan.cap = cap;
    if (r->n_radii > 0 && limit_s < RP_NO_LIMIT_S)
      w->plan.sample_limit_s = fmax(w->plan.sample_limit_s, limit_s);
    sample = record_file(r, sample, cpu, w);
    rp_task_row *const sorted = rp_alloc((size_t)r->n_tasks, sizeof *sorted);
    if (!sorted) return fail_out_of_memory(err);
    record_probes(r, first_search, sorted, w);
    free(sorted);
  }
  for (int64_t s = 0; s < w->plan.n_searches; s++)
    if (w->hi[s] > w->plan.cap) w->plan.cap = w->hi[s];
  if (w->plan.n_searches > 0 && w->plan.cap < 1) w->plan.cap = 1;
  if (cpu) scale_probes(w);
  if (w->plan.n_queries + w->plan.n_searches > 0) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "the results have no rows to simulate");
}

rp_status rp_workload_record(const rp_results *const *files, int32_t n,
                             rp_sim_times times, rp_workload *w,
                             rp_error *err) {
  int64_t queries = 0, searches = 0, probes = 0;
  for (int32_t f = 0; f < n; f++) {
    queries += files[f]->n_queries;
    searches += files[f]->n_radii;
    probes += files[f]->n_tasks;
  }
  const rp_status st = allocate(w, queries, searches, probes)
                           ? record_all(files, n, times == RP_SIM_CPU, w, err)
                           : fail_out_of_memory(err);
  if (st != RP_OK) rp_workload_free(w);
  return st;
}

/* ---- drawn ---- */

/* Where each sample's rows begin in a record; one more at the end. */
typedef struct begins {
  int64_t n;
  int64_t *query, *search, *probe; /* [n + 1] */
} begins;

static bool find_begins(const rp_workload *w, begins *b) {
  const rp_sched_plan *const p = &w->plan;
  const int64_t last_query =
      p->n_queries ? p->query[p->n_queries - 1].sample : -1;
  const int64_t last_search = p->n_searches ? p->search[p->n_searches - 1] : -1;
  b->n = 1 + (last_query > last_search ? last_query : last_search);
  const size_t room = (size_t)b->n + 1;
  b->query = rp_alloc(room, sizeof *b->query);
  b->search = rp_alloc(room, sizeof *b->search);
  b->probe = rp_alloc(room, sizeof *b->probe);
  if (!b->query || !b->search || !b->probe) return false;
  int64_t q = 0, s = 0, k = 0;
  for (int64_t i = 0; i <= b->n; i++) {
    while (q < p->n_queries && p->query[q].sample < i) q++;
    while (s < p->n_searches && p->search[s] < i) s++;
    while (k < w->n_probes && w->probe[k].search < s) k++;
    b->query[i] = q;
    b->search[i] = s;
    b->probe[i] = k;
  }
  return true;
}

static void copy_sample(const rp_workload *from, const begins *b, int64_t i,
                        int64_t sample, rp_workload *to) {
  const int64_t first_search = to->plan.n_searches;
  for (int64_t q = b->query[i]; q < b->query[i + 1]; q++) {
    const int64_t at = to->plan.n_queries++;
    to->query[at] =
        (rp_question){.sample = sample, .radius = from->query[q].radius};
    to->query_s[at] = from->query_s[q];
    to->verdict[at] = from->verdict[q];
    to->distance[at] = from->distance[q];
  }
  for (int64_t s = b->search[i]; s < b->search[i + 1]; s++) {
    const int64_t at = to->plan.n_searches++;
    to->search[at] = sample;
    to->lo[at] = from->lo[s];
    to->hi[at] = from->hi[s];
    to->search_s[at] = from->search_s[s];
  }
  for (int64_t k = b->probe[i]; k < b->probe[i + 1]; k++) {
    rp_sim_probe *const probe = &to->probe[to->n_probes++];
    *probe = from->probe[k];
    probe->search += first_search - b->search[i];
  }
}

rp_status rp_workload_draw(const rp_workload *from, int64_t rows, uint64_t seed,
                           rp_workload *w, rp_error *err) {
  begins b = {0};
  int64_t queries = 0, searches = 0, probes = 0, samples = 0;
  bool good = find_begins(from, &b);
  memset(w, 0, sizeof *w);
  for (int pass = 0; good && pass < 2; pass++) { /* count, then copy */
    rp_rng rng;
    rp_rng_init(&rng, seed);
    if (pass == 1) good = allocate(w, queries, searches, probes);
    for (int64_t k = 0;
         good && (pass ? k < samples : queries + searches < rows); k++) {
      const int64_t i = rp_rng_below(&rng, (uint32_t)b.n);
      if (pass == 1) {
        copy_sample(from, &b, i, k, w);
        continue;
      }
      queries += b.query[i + 1] - b.query[i];
      searches += b.search[i + 1] - b.search[i];
      probes += b.probe[i + 1] - b.probe[i];
      samples++;
    }
  }
  w->plan.cap = from->plan.cap;
  w->plan.sample_limit_s = from->plan.sample_limit_s;
  free(b.query);
  free(b.search);
  free(b.probe);
  if (good) return RP_OK;
  rp_workload_free(w);
  return fail_out_of_memory(err);
}

/* ---- made ---- */

rp_status rp_workload_make(const rp_sim_law *law, int64_t rows, uint64_t seed,
                           rp_workload *w, rp_error *err) {
  rp_rng rng;
  rp_rng_init(&rng, seed);
  if (!allocate(w, rows, 0, 0)) {
    rp_workload_free(w);
    return fail_out_of_memory(err);
  }
  w->plan.n_queries = rows;
  for (int64_t i = 0; i < rows; i++) {
    w->query[i] = (rp_question){.sample = i, .radius = 1};
    w->query_s[i] = sim_law_time(law, &rng);
    w->verdict[i] = RP_ROBUST;
  }
  return RP_OK;
}
