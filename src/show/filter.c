/* Selects rows. The filter removes all other rows in place, so whatever prints
 * results prints only these. */
#include <string.h>

#include "core/pair.h"
#include "core/text.h"
#include "show/show.h"

static bool add_verdict(const char *name, rp_filter *f) {
  static const rp_verdict verdict_of[RP_RADIUS_STATE_COUNT] = {
      [RP_RADIUS_CLOSED] = RP_ROBUST,
      [RP_RADIUS_CAPPED] = RP_ROBUST,
      [RP_RADIUS_OPEN] = RP_UNKNOWN,
      [RP_RADIUS_UNASKED] = RP_UNKNOWN,
      [RP_RADIUS_MISCLASSIFIED] = RP_MISCLASSIFIED,
      [RP_RADIUS_INVALID] = RP_INVALID};
  for (int v = 0; v < RP_VERDICT_COUNT; v++) {
    if (strcmp(name, rp_verdict_name((rp_verdict)v)) != 0) continue;
    f->verdict[v] = true;
    for (int s = 0; s < RP_RADIUS_STATE_COUNT; s++)
      f->state[s] |= (int)verdict_of[s] == v;
    return true;
  }
  return false;
}

/* These states select only radii. Unasked radii count as open, too. */
static bool add_state(const char *name, rp_filter *f) {
  static const rp_radius_state states[] = {RP_RADIUS_CLOSED, RP_RADIUS_CAPPED,
                                           RP_RADIUS_OPEN, RP_RADIUS_UNASKED};
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    if (strcmp(name, rp_radius_state_name(states[i])) != 0) continue;
    f->state[states[i]] = true;
    if (states[i] == RP_RADIUS_OPEN) f->state[RP_RADIUS_UNASKED] = true;
    return true;
  }
  return false;
}

static rp_status add_word(const char *word, int length, rp_filter *f,
                          rp_error *err) {
  char name[24] = "";
  if (length < (int)sizeof name) memcpy(name, word, (size_t)length);
  if (*name && (add_verdict(name, f) || add_state(name, f))) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "--verdict: expected robust, violated, unknown, "
                 "misclassified, invalid, closed, capped, open or unasked, "
                 "with commas, found '%.*s'",
                 rp_text_fit(word, length < 80 ? (size_t)length : 80), word);
}

rp_status rp_filter_parse_verdicts(rp_filter *filter, const char *text,
                                   rp_error *err) {
  filter->by_verdict = true;
  for (;;) {
    const int length = (int)strcspn(text, ",");
    RP_TRY(add_word(text, length, filter, err));
    if (!text[length]) return RP_OK;
    text += length + 1;
  }
}

static bool is_verdict_wanted(const rp_filter *f, rp_verdict verdict) {
  return !f->by_verdict || f->verdict[verdict];
}

/* A filter and the radii that it means in the results at hand. */
typedef struct sieve {
  const rp_filter *filter;
  bool radius[RP_RADIUS_MAX + 1];
  int32_t cap, targets;
} sieve;

static bool is_sample_wanted(const sieve *s, int64_t subject) {
  return rp_ranges_hold(&s->filter->samples,
                        rp_pair_sample(subject, s->targets));
}

static bool is_radius_meant(const sieve *s, int32_t radius) {
  return s->filter->radii.n == 0 ||
         (radius >= 0 && radius <= RP_RADIUS_MAX && s->radius[radius]);
}

static bool is_query_wanted(const sieve *s, const rp_query_row *q) {
  const rp_filter *const f = s->filter;
  return is_verdict_wanted(f, q->verdict) && is_sample_wanted(s, q->sample) &&
         rp_ranges_hold(&f->classes, q->label) && is_radius_meant(s, q->radius);
}

/* Whether the maximum radius may be one of these radii. */
static bool is_radius_possible(const sieve *s, const rp_radius_row *r) {
  const bool unbounded = rp_radius_is_unbounded(r, s->cap) && r->lo >= 0;
  const int32_t last = unbounded ? RP_RADIUS_MAX : r->hi;
  for (int32_t radius = r->lo < 0 ? 0 : r->lo; radius <= last; radius++)
    if (is_radius_meant(s, radius)) return true;
  return s->filter->radii.n == 0;
}

static bool is_radius_wanted(const sieve *s, const rp_radius_row *r) {
  const rp_filter *const f = s->filter;
  return (!f->by_verdict || f->state[rp_radius_get_state(r, s->cap)]) &&
         is_sample_wanted(s, r->sample) &&
         rp_ranges_hold(&f->classes, r->label) && is_radius_possible(s, r);
}

static bool is_task_wanted(const sieve *s, const rp_task_row *t) {
  const rp_filter *const f = s->filter;
  return is_verdict_wanted(f, t->verdict) && is_sample_wanted(s, t->sample) &&
         is_radius_meant(s, t->radius);
}

bool rp_filter_is_set(const rp_filter *f) {
  return f->by_verdict || f->samples.n || f->classes.n || f->radii.n;
}

rp_status rp_filter_apply(const rp_filter *filter, rp_results *results,
                          rp_error *err) {
  const rp_provenance *const p = &results->provenance;
  sieve s = {.filter = filter, .cap = p->radius_cap, .targets = p->targets};
  RP_TRY(rp_radii_resolve(&filter->radii,
                          rp_radii_find_whole(p->options.norm, p->in_hi),
                          s.radius, err));
#define KEEP(rows, count, wanted)                                              \
  do {                                                                         \
    int64_t kept_ = 0;                                                         \
    for (int64_t i = 0; i < (count); i++)                                      \
      if (wanted) (rows)[kept_++] = (rows)[i];                                 \
    (count) = kept_;                                                           \
  } while (0)
  KEEP(results->query, results->n_queries,
       is_query_wanted(&s, &results->query[i]));
  KEEP(results->radius, results->n_radii,
       is_radius_wanted(&s, &results->radius[i]));
  KEEP(results->task, results->n_tasks, is_task_wanted(&s, &results->task[i]));
#undef KEEP
  return RP_OK;
}
