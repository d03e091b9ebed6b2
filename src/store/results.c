/* Results in memory: growing tables and the counterexamples. They are sorted,
 * so that they do not depend on the order of the answers.
 *
 * The capacity of a table is the least power of two that holds it. So a table
 * is full if its length is a power of two, and no capacity has to be stored. */
#include "store/results.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/memory.h"
#include "store/results_table.h"

rp_status rp_results_create(rp_results **results, rp_error *err) {
  rp_results *r = rp_alloc(1, sizeof *r);
  if (!r) return rp_fail(err, RP_E_MEMORY, "results: out of memory");
  strcpy(r->provenance.version, RAMPART_VERSION);
  strcpy(r->provenance.tie_rule, "first maximum");
  strcpy(r->provenance.rule, "R0");
  rp_options_default(&r->provenance.options);
  strcpy(r->provenance.evidence, rp_keep_name(r->provenance.options.evidence));
  *results = r;
  return RP_OK;
}

const char *rp_provenance_rounding(const rp_provenance *p) {
  return *p->network_profile ? p->network_profile
                             : "R0, or thresholds where the network's file has "
                               "them";
}

const char *rp_provenance_correct(const rp_provenance *p) {
  const char *const asked = p->options.property;
  return !*asked || !strncmp(asked, "class ", 6) ||
                 (p->targets > 0 && !p->patch)
             ? "classified as labelled"
             : "in keeping with the property";
}

/* Pixels and integers are scaled to the range of the input alone; what a step
 * means to the network matters only where its quantizer made the samples. */
bool rp_provenance_has_same_step(const rp_provenance *a,
                                 const rp_provenance *b) {
  const bool is_quantized =
      a->values == RP_VALUES_REALS ||
      !rp_values_agree(a->values, b->values, a->in_lo, a->in_hi);
  const bool is_same_real =
      !(a->in_step < b->in_step) && !(a->in_step > b->in_step);
  return a->in_hi == b->in_hi && (!is_quantized || is_same_real);
}

void rp_results_free(rp_results *results) {
  if (!results) return;
  free(results->query);
  free(results->radius);
  free(results->rank);
  free(results->task);
  free(results->counterexample);
  rp_boxes_free(results->boxes);
  free(results);
}

/* Make room for another row. Returns NULL, with the old block valid, if memory
 * is lacking. */
static void *make_room_for_one_more(void *block, int64_t n, size_t size) {
  if (n & (n - 1)) return block;
  return rp_realloc(block, n ? (size_t)n * 2 : 1, size);
}

static rp_status fail_no_room(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "results: out of memory for one more row");
}

static rp_status check_inputs(const rp_provenance *p, const uint8_t *x,
                              rp_error *err) {
  if (p->n_in < 1)
    return rp_fail(err, RP_E_RANGE,
                   "results: a counterexample for a network without inputs");
  for (int32_t i = 0; i < p->n_in; i++)
    if (x[i] > p->in_hi)
      return rp_fail(err, RP_E_RANGE,
                     "results: input %d of a counterexample: expected 0..%d, "
                     "found %d",
                     i, p->in_hi, x[i]);
  return RP_OK;
}

/* Store x and return the number of its row; -1 without x. The row counts only
 * after keep_counterexample. */
static rp_status copy_counterexample(rp_results *r, const uint8_t *x,
                                     int64_t *number, rp_error *err) {
  *number = -1;
  if (!x) return RP_OK;
  RP_TRY(check_inputs(&r->provenance, x, err));
  const size_t size = (size_t)r->provenance.n_in;
  uint8_t *block =
      make_room_for_one_more(r->counterexample, r->n_counterexamples, size);
  if (!block) return fail_no_room(err);
  r->counterexample = block;
  *number = r->n_counterexamples;
  memcpy(block + (size_t)*number * size, x, size);
  return RP_OK;
}

static void keep_counterexample(rp_results *r, int64_t number) {
  if (number >= 0) r->n_counterexamples = number + 1;
}

rp_status rp_results_add_query(rp_results *results, const rp_query_row *row,
                               const uint8_t *x, rp_error *err) {
  rp_query_row own = *row;
  RP_TRY(copy_counterexample(results, x, &own.counterexample, err));
  RP_TRY(rp_table_check(&rp_table_queries, &own, err));
  RP_TRY(rp_table_check(&rp_table_query_times, &own, err));
  rp_query_row *rows =
      make_room_for_one_more(results->query, results->n_queries, sizeof own);
  if (!rows) return fail_no_room(err);
  results->query = rows;
  rows[results->n_queries++] = own;
  keep_counterexample(results, own.counterexample);
  return RP_OK;
}

rp_status rp_results_add_radius(rp_results *results, const rp_radius_row *row,
                                const uint8_t *x, rp_error *err) {
  rp_radius_row own = *row;
  RP_TRY(copy_counterexample(results, x, &own.counterexample, err));
  RP_TRY(rp_table_check(&rp_table_radii, &own, err));
  RP_TRY(rp_table_check(&rp_table_radius_times, &own, err));
  if (own.lo > own.hi)
    return rp_fail(err, RP_E_RANGE, "/radii: expected lo <= hi, found %d..%d",
                   own.lo, own.hi);
  rp_radius_row *rows =
      make_room_for_one_more(results->radius, results->n_radii, sizeof own);
  if (!rows) return fail_no_room(err);
  results->radius = rows;
  rows[results->n_radii++] = own;
  keep_counterexample(results, own.counterexample);
  return RP_OK;
}

rp_status rp_results_add_rank(rp_results *results, const rp_rank_row *row,
                              rp_error *err) {
  RP_TRY(rp_table_check(&rp_table_ranks, row, err));
  rp_rank_row *rows =
      make_room_for_one_more(results->rank, results->n_ranks, sizeof *row);
  if (!rows) return fail_no_room(err);
  results->rank = rows;
  rows[results->n_ranks] = *row;
  rows[results->n_ranks++].host[sizeof row->host - 1] = '\0';
  return RP_OK;
}

rp_status rp_results_add_task(rp_results *results, const rp_task_row *row,
                              rp_error *err) {
  RP_TRY(rp_table_check(&rp_table_timeline, row, err));
  rp_task_row *rows =
      make_room_for_one_more(results->task, results->n_tasks, sizeof *row);
  if (!rows) return fail_no_room(err);
  results->task = rows;
  rows[results->n_tasks++] = *row;
  return RP_OK;
}

/* ---- Order ---- */

const uint8_t *rp_results_get_counterexample(const rp_results *results,
                                             int64_t number) {
  if (number < 0) return NULL;
  return results->counterexample +
         (size_t)number * (size_t)results->provenance.n_in;
}

static int compare_counterexamples(const rp_results *r, int64_t a, int64_t b) {
  if (a < 0 || b < 0) return rp_compare_numbers(a >= 0, b >= 0);
  return memcmp(rp_results_get_counterexample(r, a),
                rp_results_get_counterexample(r, b),
                (size_t)r->provenance.n_in);
}

/* Compare every column of the table of verdicts, so that rows that compare
 * equal are equal. */
static int compare_queries(const void *left, const void *right, void *context) {
  const rp_query_row *a = left, *b = right;
  int order = rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
  if (!order) order = rp_compare_numbers(a->verdict, b->verdict);
  if (!order) order = rp_compare_numbers(a->reason, b->reason);
  if (!order) order = rp_compare_numbers(a->evidence, b->evidence);
  if (!order) order = rp_compare_numbers(a->distance, b->distance);
  if (!order) order = rp_compare_numbers(a->label, b->label);
  if (!order)
    order =
        compare_counterexamples(context, a->counterexample, b->counterexample);
  return order;
}

static int compare_radii(const void *left, const void *right, void *context) {
  const rp_radius_row *a = left, *b = right;
  int order = rp_compare_numbers(a->sample, b->sample);
  if (!order) order = rp_compare_numbers(a->lo, b->lo);
  if (!order) order = rp_compare_numbers(a->hi, b->hi);
  if (!order) order = rp_compare_numbers(a->verdict, b->verdict);
  if (!order) order = rp_compare_numbers(a->reason, b->reason);
  if (!order) order = rp_compare_numbers(a->label, b->label);
  if (!order)
    order =
        compare_counterexamples(context, a->counterexample, b->counterexample);
  return order;
}

static int compare_ranks(const void *left, const void *right, void *context) {
  (void)context;
  const rp_rank_row *a = left, *b = right;
  return rp_compare_numbers(a->rank, b->rank);
}

static int compare_tasks(const void *left, const void *right, void *context) {
  (void)context;
  const rp_task_row *a = left, *b = right;
  const int order = (a->begin_s > b->begin_s) - (a->begin_s < b->begin_s);
  return order ? order : rp_compare_numbers(a->rank, b->rank);
}

/* Find the sample's first query at this radius or a greater one. */
static int64_t find_query(const rp_results *r, int64_t sample, int32_t radius) {
  int64_t lo = 0, hi = r->n_queries;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    const rp_query_row *q = &r->query[mid];
    if (q->sample < sample || (q->sample == sample && q->radius < radius))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

/* Whether the counterexample of a radius is that of the query at hi + 1. */
static bool is_counterexample_shared(const rp_results *r,
                                     const rp_radius_row *radius,
                                     int64_t *query) {
  *query = find_query(r, radius->sample, radius->hi + 1);
  if (*query == r->n_queries) return false;
  const rp_query_row *q = &r->query[*query];
  return q->sample == radius->sample && q->radius == radius->hi + 1 &&
         q->counterexample >= 0 &&
         !compare_counterexamples(r, q->counterexample, radius->counterexample);
}

typedef struct renumbering {
  int64_t *query, *radius; /* new numbers, row by row */
  uint8_t *x;
  int64_t n;
} renumbering;

/* Copy a counterexample. Returns its new number; -1 stays -1. */
static int64_t copy_example(renumbering *to, const rp_results *r,
                            int64_t number) {
  const size_t size = (size_t)r->provenance.n_in;
  const uint8_t *const x = rp_results_get_counterexample(r, number);
  if (!x) return -1;
  memcpy(to->x + (size_t)to->n * size, x, size);
  return to->n++;
}

static void renumber_all(const rp_results *r, renumbering *to) {
  int64_t query;
  for (int64_t i = 0; i < r->n_queries; i++)
    to->query[i] = copy_example(to, r, r->query[i].counterexample);
  for (int64_t i = 0; i < r->n_radii; i++) {
    const int64_t number = r->radius[i].counterexample;
    if (number >= 0 && is_counterexample_shared(r, &r->radius[i], &query))
      to->radius[i] = to->query[query];
    else
      to->radius[i] = copy_example(to, r, number);
  }
}

static size_t choose_capacity(int64_t n) {
  size_t capacity = 1;
  while (capacity < (size_t)n) capacity *= 2;
  return capacity;
}

static int64_t count_rows_with_counterexample(const rp_results *r) {
  int64_t n = 0;
  for (int64_t i = 0; i < r->n_queries; i++)
    n += r->query[i].counterexample >= 0;
  for (int64_t i = 0; i < r->n_radii; i++)
    n += r->radius[i].counterexample >= 0;
  return n;
}

static void set_numbers(rp_results *r, const renumbering *from) {
  for (int64_t i = 0; i < r->n_queries; i++)
    r->query[i].counterexample = from->query[i];
  for (int64_t i = 0; i < r->n_radii; i++)
    r->radius[i].counterexample = from->radius[i];
}

static rp_status renumber_counterexamples(rp_results *r, rp_error *err) {
  const int64_t most = count_rows_with_counterexample(r);
  const size_t size = (size_t)r->provenance.n_in;
  renumbering to = {.query = rp_alloc((size_t)r->n_queries, sizeof *to.query),
                    .radius = rp_alloc((size_t)r->n_radii, sizeof *to.radius),
                    .x = rp_alloc(choose_capacity(most), size)};
  rp_status status = RP_OK;
  if (to.query && to.radius && to.x) {
    renumber_all(r, &to);
    set_numbers(r, &to);
    free(r->counterexample);
    r->counterexample = to.x;
    r->n_counterexamples = to.n;
  } else {
    free(to.x);
    status = rp_fail(err, RP_E_MEMORY, "results: out of memory for sorting");
  }
  free(to.query);
  free(to.radius);
  return status;
}

/* The rows of an empty table are NULL, which qsort_r must not get. */
static void sort_rows(void *rows, int64_t n, size_t size, rp_results *context,
                      int (*compare)(const void *, const void *, void *)) {
  if (n > 1) qsort_r(rows, (size_t)n, size, compare, context);
}

rp_status rp_results_sort(rp_results *results, rp_error *err) {
  rp_results *r = results;
  sort_rows(r->query, r->n_queries, sizeof *r->query, r, compare_queries);
  sort_rows(r->radius, r->n_radii, sizeof *r->radius, r, compare_radii);
  sort_rows(r->rank, r->n_ranks, sizeof *r->rank, r, compare_ranks);
  sort_rows(r->task, r->n_tasks, sizeof *r->task, r, compare_tasks);
  return renumber_counterexamples(r, err);
}

int64_t rp_results_count_undecided(const rp_results *results) {
  int64_t count = 0;
  for (int64_t i = 0; i < results->n_queries; i++)
    count += results->query[i].verdict == RP_UNKNOWN;
  for (int64_t i = 0; i < results->n_radii; i++)
    count += results->radius[i].verdict == RP_UNKNOWN;
  return count;
}

bool rp_results_is_interrupted(const rp_results *results) {
  if (results->is_stopped) return true;
  for (int64_t i = 0; i < results->n_queries; i++)
    if (results->query[i].reason == RP_REASON_INTERRUPTED) return true;
  for (int64_t i = 0; i < results->n_radii; i++)
    if (results->radius[i].reason == RP_REASON_INTERRUPTED) return true;
  return false;
}
