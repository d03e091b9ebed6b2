/* Rows that are wanted. Everything that prints results then prints these: the
 * filter moves them together in place. */
#include <string.h>

#include "rampart/report.h"

static rp_status verdict_taken(const char *word, int length, rp_filter *f,
                               rp_error *err) {
  static const struct {
    const char *name;
    rp_verdict verdict;
  } also[] = {{"closed", RP_ROBUST}, {"open", RP_UNKNOWN}};
  char name[24] = "";
  if (length < (int)sizeof name) memcpy(name, word, (size_t)length);
  for (int v = 0; *name && v < RP_VERDICT_COUNT; v++)
    if (!strcmp(name, rp_verdict_name((rp_verdict)v)))
      return f->verdict[v] = true, RP_OK;
  for (size_t i = 0; i < sizeof also / sizeof *also; i++)
    if (!strcmp(name, also[i].name))
      return f->verdict[also[i].verdict] = true, RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "--verdict: expected robust, violated, unknown, "
                 "misclassified, invalid, closed or open, with commas, found "
                 "'%.*s'",
                 length < 80 ? length : 80, word);
}

rp_status rp_filter_verdicts(rp_filter *filter, const char *text,
                             rp_error *err) {
  filter->by_verdict = true;
  for (;;) {
    const int length = (int)strcspn(text, ",");
    RP_TRY(verdict_taken(text, length, filter, err));
    if (!text[length]) return RP_OK;
    text += length + 1;
  }
}

static bool verdict_is_wanted(const rp_filter *f, rp_verdict verdict) {
  return !f->by_verdict || f->verdict[verdict];
}

static bool is_query_wanted(const rp_filter *f, const rp_query_row *q) {
  return verdict_is_wanted(f, q->verdict) &&
         rp_ranges_hold(&f->samples, q->sample) &&
         rp_ranges_hold(&f->classes, q->label) &&
         rp_ranges_hold(&f->radii, q->radius);
}

/* A maximum radius that may be one of those wanted. */
static bool radius_may_be(const rp_ranges *radii, const rp_radius_row *r) {
  for (int32_t i = 0; i < radii->n; i++)
    if (radii->range[i].first <= r->hi && r->lo <= radii->range[i].last)
      return true;
  return radii->n == 0;
}

static bool is_radius_wanted(const rp_filter *f, const rp_radius_row *r) {
  return verdict_is_wanted(f, r->verdict) &&
         rp_ranges_hold(&f->samples, r->sample) &&
         rp_ranges_hold(&f->classes, r->label) && radius_may_be(&f->radii, r);
}

static bool is_task_wanted(const rp_filter *f, const rp_task_row *t) {
  return verdict_is_wanted(f, t->verdict) &&
         rp_ranges_hold(&f->samples, t->sample) &&
         rp_ranges_hold(&f->radii, t->radius);
}

bool rp_filter_is_set(const rp_filter *f) {
  return f->by_verdict || f->samples.n || f->classes.n || f->radii.n;
}

void rp_filter_apply(const rp_filter *filter, rp_results *results) {
#define KEEP(rows, count, is_wanted)                                           \
  do {                                                                         \
    int64_t kept_ = 0;                                                         \
    for (int64_t i_ = 0; i_ < (count); i_++)                                   \
      if (is_wanted(filter, &(rows)[i_])) (rows)[kept_++] = (rows)[i_];        \
    (count) = kept_;                                                           \
  } while (0)
  KEEP(results->query, results->n_queries, is_query_wanted);
  KEEP(results->radius, results->n_radii, is_radius_wanted);
  KEEP(results->task, results->n_tasks, is_task_wanted);
#undef KEEP
}
