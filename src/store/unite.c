/* Unites results. Both tables are sorted, so they are merged in one pass. A
 * contradiction means that one of the answers is wrong. Nothing here can tell
 * which one, so it is an error, and neither file is changed. */
#include "store/unite.h"

#include <string.h>

#include "core/compare.h"
#include "core/pair.h"

typedef struct uniting {
  const rp_results *first, *second; /* second may be NULL */
  rp_results *to;
  int32_t cap; /* the greater of both */
} uniting;

bool rp_radius_is_refuted(const rp_results *results, const rp_radius_row *row) {
  return row->hi >= 0 &&
         !rp_radius_is_unbounded(row, results->provenance.radius_cap);
}

/* For messages. */
static long long get_sample(const rp_results *r, int64_t subject) {
  return (long long)rp_pair_sample(subject, r->provenance.targets);
}

/* ---- order ---- */

static int compare_queries(const rp_query_row *a, const rp_query_row *b) {
  return rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
}

rp_status rp_results_check_order(const rp_results *r, rp_error *err) {
  for (int64_t i = 1; i < r->n_queries; i++)
    if (compare_queries(&r->query[i - 1], &r->query[i]) >= 0)
      return rp_fail(err, RP_E_INPUT,
                     "/queries: sample %lld, radius %d: twice or out of order",
                     get_sample(r, r->query[i].sample), r->query[i].radius);
  for (int64_t i = 1; i < r->n_radii; i++)
    if (r->radius[i - 1].sample >= r->radius[i].sample)
      return rp_fail(err, RP_E_INPUT,
                     "/radii: sample %lld: twice or out of order",
                     get_sample(r, r->radius[i].sample));
  return RP_OK;
}

/* ---- queries ---- */

static rp_status add_query(const uniting *u, const rp_results *from,
                           const rp_query_row *row, rp_error *err) {
  return rp_results_add_query(
      u->to, row, rp_results_get_counterexample(from, row->counterexample),
      err);
}

static rp_status fail_labels(const uniting *u, int64_t sample, int32_t a,
                             int32_t b, rp_error *err) {
  return rp_fail(err, RP_E_INPUT, "sample %lld: label %d and label %d",
                 get_sample(u->to, sample), a, b);
}

static rp_status unite_queries(const uniting *u, const rp_query_row *a,
                               const rp_query_row *b, rp_error *err) {
  if (a->label != b->label)
    return fail_labels(u, a->sample, a->label, b->label, err);
  const bool a_decided = a->verdict != RP_UNKNOWN;
  const bool b_decided = b->verdict != RP_UNKNOWN;
  if (a_decided && b_decided && a->verdict != b->verdict)
    return rp_fail(err, RP_E_INPUT,
                   "contradiction: sample %lld, radius %d is %s and %s",
                   get_sample(u->to, a->sample), a->radius,
                   rp_verdict_name(a->verdict), rp_verdict_name(b->verdict));
  const bool second =
      b_decided &&
      (!a_decided || (a->counterexample < 0 && b->counterexample >= 0));
  return second ? add_query(u, u->second, b, err)
                : add_query(u, u->first, a, err);
}

static rp_status walk_queries(const uniting *u, rp_error *err) {
  const rp_results *const x = u->first, *const y = u->second;
  const int64_t n_y = y ? y->n_queries : 0;
  int64_t i = 0, k = 0;
  while (i < x->n_queries || k < n_y) {
    const int order = i == x->n_queries ? 1
                      : k == n_y        ? -1
                                 : compare_queries(&x->query[i], &y->query[k]);
    if (order < 0)
      RP_TRY(add_query(u, x, &x->query[i++], err));
    else if (order > 0)
      RP_TRY(add_query(u, y, &y->query[k++], err));
    else
      RP_TRY(unite_queries(u, &x->query[i++], &y->query[k++], err));
  }
  return RP_OK;
}

/* ---- maximum radii ---- */

static bool is_asked(const rp_radius_row *row) {
  return row->verdict == RP_UNKNOWN || row->verdict == RP_ROBUST;
}

/* Set the verdict that follows from the interval. */
static void set_verdict(rp_radius_row *row, rp_reason reason) {
  const bool closed = row->lo == row->hi;
  row->verdict = closed ? RP_ROBUST : RP_UNKNOWN;
  if (closed) reason = RP_REASON_NONE;
  row->reason = closed || reason ? reason : RP_REASON_INTERRUPTED;
}

/* Add a row that only one of the results has. If its search ended at a smaller
 * cap, it is open up to the greater one. */
static rp_status add_radius(const uniting *u, const rp_results *from,
                            const rp_radius_row *row, rp_error *err) {
  rp_radius_row own = *row;
  if (is_asked(row) && !rp_radius_is_refuted(from, row)) {
    own.hi = u->cap;
    set_verdict(&own, row->reason);
  }
  return rp_results_add_radius(
      u->to, &own, rp_results_get_counterexample(from, own.counterexample),
      err);
}

static rp_status fail_contradiction(const uniting *u, const rp_radius_row *a,
                                    const rp_radius_row *b, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "contradiction: the maximum radius of sample %lld is in "
                 "%d..%d and in %d..%d",
                 get_sample(u->to, a->sample), a->lo, a->hi, b->lo, b->hi);
}

/* Whether the upper bound of the second row is to be used: the lesser bound
 * that rests on a counterexample; of equal ones, the one whose counterexample
 * is kept. */
static bool is_second_bound(const uniting *u, const rp_radius_row *a,
                            const rp_radius_row *b) {
  if (!rp_radius_is_refuted(u->second, b)) return false;
  if (!rp_radius_is_refuted(u->first, a) || b->hi < a->hi) return true;
  return b->hi == a->hi && a->counterexample < 0;
}

static rp_status intersect(const uniting *u, const rp_radius_row *a,
                           const rp_radius_row *b, rp_error *err) {
  const bool second = is_second_bound(u, a, b);
  const rp_results *const from = second ? u->second : u->first;
  const rp_radius_row *const end = second ? b : a;
  rp_radius_row own = *a;
  own.lo = a->lo > b->lo ? a->lo : b->lo;
  own.hi = rp_radius_is_refuted(from, end) ? end->hi : u->cap;
  if (own.lo > own.hi) return fail_contradiction(u, a, b, err);
  set_verdict(&own, a->verdict == RP_UNKNOWN ? a->reason : b->reason);
  if (b->seconds > a->seconds) own.seconds = b->seconds;
  if (b->cpu_seconds > a->cpu_seconds) own.cpu_seconds = b->cpu_seconds;
  return rp_results_add_radius(
      u->to, &own, rp_results_get_counterexample(from, end->counterexample),
      err);
}

static rp_status unite_radii(const uniting *u, const rp_radius_row *a,
                             const rp_radius_row *b, rp_error *err) {
  if (a->label != b->label)
    return fail_labels(u, a->sample, a->label, b->label, err);
  if (is_asked(a) && is_asked(b)) return intersect(u, a, b, err);
  if (a->verdict == b->verdict) return add_radius(u, u->first, a, err);
  const rp_radius_row *const asked = is_asked(a) ? a : b;
  const bool empty =
      is_asked(asked) && asked->lo == 0 &&
      !rp_radius_is_refuted(asked == a ? u->first : u->second, asked);
  if (!empty) return fail_contradiction(u, a, b, err);
  return asked == a ? add_radius(u, u->second, b, err)
                    : add_radius(u, u->first, a, err);
}

static rp_status walk_radii(const uniting *u, rp_error *err) {
  const rp_results *const x = u->first, *const y = u->second;
  const int64_t n_y = y ? y->n_radii : 0;
  int64_t i = 0, k = 0;
  while (i < x->n_radii || k < n_y) {
    const int order = i == x->n_radii ? 1
                      : k == n_y      ? -1
                                      : rp_compare_numbers(x->radius[i].sample,
                                                           y->radius[k].sample);
    if (order < 0)
      RP_TRY(add_radius(u, x, &x->radius[i++], err));
    else if (order > 0)
      RP_TRY(add_radius(u, y, &y->radius[k++], err));
    else
      RP_TRY(unite_radii(u, &x->radius[i++], &y->radius[k++], err));
  }
  return RP_OK;
}

/* ---- consistency of all answers about a sample ---- */

typedef struct known {
  int32_t robust;    /* greatest radius proved robust */
  int32_t refuted;   /* least distance of a counterexample; INT32_MAX: none */
  bool wrong, right; /* some answers say misclassified; some do not */
} known;

static void note_query(const rp_query_row *q, known *k) {
  if (q->verdict == RP_ROBUST && q->radius > k->robust) k->robust = q->radius;
  if (q->verdict == RP_VIOLATED && q->distance < k->refuted)
    k->refuted = q->distance;
  k->wrong |= q->verdict == RP_MISCLASSIFIED;
  k->right |= q->verdict == RP_ROBUST || q->verdict == RP_VIOLATED;
}

static void note_radius(const rp_results *r, const rp_radius_row *row,
                        known *k) {
  k->wrong |= row->verdict == RP_MISCLASSIFIED;
  if (!is_asked(row)) return;
  if (row->lo > k->robust) k->robust = row->lo;
  if (rp_radius_is_refuted(r, row) && row->hi + 1 < k->refuted)
    k->refuted = row->hi + 1;
  k->right |= row->lo > 0 || rp_radius_is_refuted(r, row);
}

static rp_status check_known(long long sample, const known *k, rp_error *err) {
  if (k->wrong && k->right)
    return rp_fail(err, RP_E_INPUT,
                   "contradiction: sample %lld is both misclassified and "
                   "robust or violated",
                   sample);
  if (k->robust < k->refuted) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "contradiction: sample %lld is robust at radius %d but has a "
                 "counterexample at distance %d",
                 sample, k->robust, k->refuted);
}

static rp_status check_together(const rp_results *r, rp_error *err) {
  int64_t q = 0, s = 0;
  while (q < r->n_queries || s < r->n_radii) {
    int64_t sample = INT64_MAX;
    if (q < r->n_queries) sample = r->query[q].sample;
    if (s < r->n_radii && r->radius[s].sample < sample)
      sample = r->radius[s].sample;
    known k = {.refuted = INT32_MAX};
    while (q < r->n_queries && r->query[q].sample == sample)
      note_query(&r->query[q++], &k);
    if (s < r->n_radii && r->radius[s].sample == sample)
      note_radius(r, &r->radius[s++], &k);
    RP_TRY(check_known(get_sample(r, sample), &k, err));
  }
  return RP_OK;
}

/* ---- all ---- */

static rp_status copy_ranks_and_tasks(const rp_results *from, rp_results *to,
                                      rp_error *err) {
  for (int64_t i = 0; i < from->n_ranks; i++)
    RP_TRY(rp_results_add_rank(to, &from->rank[i], err));
  for (int64_t i = 0; i < from->n_tasks; i++)
    RP_TRY(rp_results_add_task(to, &from->task[i], err));
  return RP_OK;
}

static rp_status unite(const uniting *u, rp_error *err) {
  RP_TRY(walk_queries(u, err));
  RP_TRY(walk_radii(u, err));
  RP_TRY(copy_ranks_and_tasks(u->first, u->to, err));
  RP_TRY(check_together(u->to, err));
  return rp_results_sort(u->to, err);
}

rp_status rp_results_unite(const rp_results *first, const rp_results *second,
                           rp_results **united, rp_error *err) {
  uniting u = {.first = first, .second = second};
  *united = NULL;
  u.cap = first->provenance.radius_cap;
  if (second && second->provenance.radius_cap > u.cap)
    u.cap = second->provenance.radius_cap;
  RP_TRY(rp_results_create(&u.to, err));
  u.to->provenance = first->provenance;
  u.to->provenance.radius_cap = u.cap;
  const rp_status st = unite(&u, err);
  if (st == RP_OK)
    *united = u.to;
  else
    rp_results_free(u.to);
  return st;
}
