/* Converts every row to facts about its sample and joins the facts about each
 * sample. */
#include "show/facts.h"

#include <stdlib.h>

#include "core/memory.h"

static rp_facts make_empty_facts(int64_t sample) {
  return (rp_facts){
      .sample = sample, .refuted = INT32_MAX, .counterexample = -1};
}

static rp_facts make_facts_of_verdict(int64_t sample, int32_t radius,
                                      rp_verdict verdict) {
  rp_facts f = make_empty_facts(sample);
  if (verdict == RP_ROBUST) f.proved = radius;
  if (verdict == RP_VIOLATED) f.refuted = radius;
  f.misclassified = verdict == RP_MISCLASSIFIED;
  f.invalid = verdict == RP_INVALID;
  return f;
}

/* A row that no reader has checked may name a counterexample that is not there.
 */
static int64_t find_counterexample(const rp_results *r, const rp_facts *f,
                                   int64_t row) {
  return f->refuted < INT32_MAX && row < r->n_counterexamples ? row : -1;
}

static rp_facts make_facts_of_query(const rp_results *r,
                                    const rp_query_row *row) {
  rp_facts f = make_facts_of_verdict(row->sample, row->radius, row->verdict);
  f.label = row->label;
  f.asked = !rp_query_is_unasked(row);
  f.counterexample = find_counterexample(r, &f, row->counterexample);
  return f;
}

static rp_facts make_facts_of_search(const rp_results *r,
                                     const rp_radius_row *row) {
  const int32_t cap = r->provenance.radius_cap;
  const bool unbounded = rp_radius_is_unbounded(row, cap);
  rp_facts f = make_facts_of_verdict(row->sample, row->lo, row->verdict);
  f.searched = true;
  f.state = rp_radius_get_state(row, cap);
  f.looked_up_to = unbounded ? row->hi : INT32_MAX;
  f.reason = row->reason;
  f.asked = f.state != RP_RADIUS_UNASKED;
  f.label = row->label;
  if (f.misclassified || f.invalid) return f;
  f.proved = row->lo;
  f.refuted = unbounded ? INT32_MAX : row->hi + 1;
  f.counterexample = find_counterexample(r, &f, row->counterexample);
  return f;
}

static rp_facts make_known_facts(const rp_known *known,
                                 const rp_known_row *row) {
  if (!known->radii)
    return make_facts_of_verdict(row->sample, row->radius, row->verdict);
  rp_facts f = make_empty_facts(row->sample);
  if (row->maximum < 0) return f;
  f.proved = row->maximum;
  f.refuted = row->maximum < INT32_MAX ? row->maximum + 1 : INT32_MAX;
  return f;
}

static void join(rp_facts *to, const rp_facts *more) {
  if (more->counterexample >= 0 &&
      (to->counterexample < 0 || more->refuted < to->refuted))
    to->counterexample = more->counterexample;
  if (more->proved > to->proved) to->proved = more->proved;
  if (more->refuted < to->refuted) to->refuted = more->refuted;
  to->misclassified |= more->misclassified;
  to->invalid |= more->invalid;
  to->asked |= more->asked;
  if (!more->searched) return;
  to->searched = true;
  to->state = more->state;
  to->looked_up_to = more->looked_up_to;
  to->reason = more->reason;
}

static int compare_samples(const void *left, const void *right) {
  const rp_facts *a = left, *b = right;
  return (a->sample > b->sample) - (a->sample < b->sample);
}

static void join_all(rp_fact_list *list) {
  int64_t kept = 0;
  qsort(list->of, (size_t)list->n, sizeof *list->of, compare_samples);
  for (int64_t i = 0; i < list->n; i++)
    if (kept > 0 && list->of[kept - 1].sample == list->of[i].sample)
      join(&list->of[kept - 1], &list->of[i]);
    else
      list->of[kept++] = list->of[i];
  list->n = kept;
}

static rp_status make_room(rp_fact_list *list, int64_t n, rp_error *err) {
  *list = (rp_fact_list){.of = rp_alloc((size_t)n, sizeof *list->of)};
  return list->of ? RP_OK : rp_fail(err, RP_E_MEMORY, "samples: out of memory");
}

rp_status rp_facts_collect_results(const rp_results *r, rp_fact_list *list,
                                   rp_error *err) {
  RP_TRY(make_room(list, r->n_queries + r->n_radii, err));
  for (int64_t i = 0; i < r->n_queries; i++)
    list->of[list->n++] = make_facts_of_query(r, &r->query[i]);
  for (int64_t i = 0; i < r->n_radii; i++)
    list->of[list->n++] = make_facts_of_search(r, &r->radius[i]);
  join_all(list);
  return RP_OK;
}

rp_status rp_facts_collect_known(const rp_known *known, rp_fact_list *list,
                                 rp_error *err) {
  RP_TRY(make_room(list, known->n_rows, err));
  for (int64_t i = 0; i < known->n_rows; i++)
    list->of[list->n++] = make_known_facts(known, &known->row[i]);
  join_all(list);
  return RP_OK;
}

const rp_facts *rp_facts_find(const rp_fact_list *list, int64_t sample) {
  const rp_facts key = {.sample = sample};
  return bsearch(&key, list->of, (size_t)list->n, sizeof *list->of,
                 compare_samples);
}

rp_verdict rp_facts_get_verdict(const rp_facts *f, int32_t radius) {
  if (!f) return RP_UNKNOWN;
  if (f->invalid) return RP_INVALID;
  if (f->misclassified) return RP_MISCLASSIFIED;
  if (radius <= f->proved) return RP_ROBUST;
  return radius >= f->refuted ? RP_VIOLATED : RP_UNKNOWN;
}

bool rp_facts_contradict(const rp_facts *f, int32_t radius,
                         rp_verdict verdict) {
  if (!f || verdict == RP_UNKNOWN) return false;
  if (verdict == RP_MISCLASSIFIED)
    return f->invalid || f->proved > 0 || f->refuted < INT32_MAX;
  if (f->invalid || f->misclassified) return true;
  return verdict == RP_ROBUST ? f->refuted <= radius : f->proved >= radius;
}
