/* Shards of a job become one results file: all that decides an answer must be
 * the same in every part, each shard may be there once, and each row once.
 *
 * What a shard lacks is known by its own word: it says how many rows it has
 * when it is complete, and which of them are there only because it was stopped.
 */
#include "rampart/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rampart/memory.h"
#include "rampart/text.h"

enum { MOST_SHARDS = 1000000 };

/* ---- the same job? ---- */

static rp_status differs(const rp_merge *m, int32_t i, const char *what,
                         const char *expected, const char *found,
                         rp_error *err) {
  if (!*expected) expected = "none";
  if (!*found) found = "none";
  return rp_fail(
      err, RP_E_INPUT, "%.*s: another %s than %.*s: expected %.*s, found %.*s",
      rp_text_fit(m->file[i], 150), m->file[i], what,
      rp_text_fit(m->file[0], 150), m->file[0], rp_text_fit(expected, 70),
      expected, rp_text_fit(found, 70), found);
}

static rp_status texts_compared(const rp_merge *m, int32_t i, rp_error *err) {
  const rp_provenance *const a = &m->part[0]->provenance;
  const rp_provenance *const b = &m->part[i]->provenance;
  const struct {
    const char *what, *expected, *found;
  } texts[] = {
      {"network", a->network_sha256, b->network_sha256},
      {"dataset", a->dataset_sha256, b->dataset_sha256},
      {"file of labels", a->labels_sha256, b->labels_sha256},
      {"array of samples", a->x_name, b->x_name},
      {"array of labels", a->y_name, b->y_name},
      {"set of samples and radii", a->questions_sha256, b->questions_sha256},
      {"engine", a->engine, b->engine},
      {"evidence", a->evidence, b->evidence},
      {"rounding rule", a->rule, b->rule},
      {"version of Rampart", a->version, b->version},
  };
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
    if (strcmp(texts[k].expected, texts[k].found) != 0)
      return differs(m, i, texts[k].what, texts[k].expected, texts[k].found,
                     err);
  if (!rp_values_agree(a->values, b->values, a->in_hi))
    return differs(m, i, "statement of the dataset's values",
                   rp_values_name(a->values), rp_values_name(b->values), err);
  return RP_OK;
}

static rp_status options_compared(const rp_merge *m, int32_t i, rp_error *err) {
  const rp_options *const a = &m->part[0]->provenance.options;
  const rp_options *const b = &m->part[i]->provenance.options;
  size_t count;
  const rp_option_info *const row = rp_option_rows(&count);
  for (size_t k = 0; k < count; k++) {
    char expected[64], found[64];
    if (!rp_option_decides(&row[k])) continue;
    rp_options_get(a, &row[k], expected, sizeof expected);
    rp_options_get(b, &row[k], found, sizeof found);
    if (strcmp(expected, found) != 0)
      return differs(m, i, row[k].name, expected, found, err);
  }
  return RP_OK;
}

static rp_status wholes_compared(const rp_merge *m, int32_t i, rp_error *err) {
  const rp_provenance *const a = &m->part[0]->provenance;
  const rp_provenance *const b = &m->part[i]->provenance;
  const int32_t own[] = {a->bits, a->input_bits, a->n_in, a->in_hi};
  const int32_t other[] = {b->bits, b->input_bits, b->n_in, b->in_hi};
  static const char *const what[] = {"number of bits", "number of input bits",
                                     "number of inputs", "greatest input"};
  for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
    char expected[16], found[16];
    snprintf(expected, sizeof expected, "%d", own[k]);
    snprintf(found, sizeof found, "%d", other[k]);
    if (own[k] != other[k]) return differs(m, i, what[k], expected, found, err);
  }
  return RP_OK;
}

/* ---- which shards? ---- */

typedef struct shards {
  int32_t n;     /* of the job */
  int32_t *part; /* [n] the part + 1; 0: missing */
} shards;

static rp_status shard_noted(const rp_merge *m, int32_t i, shards *s,
                             rp_error *err) {
  int number, n, used = 0;
  const char *const text = m->part[i]->provenance.shard;
  if (sscanf(text, "%d/%d%n", &number, &n, &used) != 2 || text[used] ||
      number < 1 || number > n || n > MOST_SHARDS)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a shard of a job (--shard), found %s",
                   m->file[i], *text ? text : "a whole one");
  if (!s->part) {
    s->n = n;
    s->part = rp_alloc((size_t)n, sizeof *s->part);
    if (!s->part) return rp_fail(err, RP_E_MEMORY, "merge: out of memory");
  }
  if (n != s->n)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected one of %d shards, as in %s, found shard %s",
                   m->file[i], s->n, m->file[0], text);
  if (s->part[number - 1])
    return rp_fail(err, RP_E_INPUT, "%s: shard %s is in %s already", m->file[i],
                   text, m->file[s->part[number - 1] - 1]);
  s->part[number - 1] = i + 1;
  return RP_OK;
}

static bool is_complete(const rp_results *r) {
  return r->n_queries + r->n_radii >= r->provenance.questions &&
         !rp_results_interrupted(r);
}

/* "shards 2, 5 and 7 of 8", with "and so on" where there are many. */
static void add_shard(rp_error *to, int32_t number, int32_t *count) {
  char word[24];
  const size_t used = strlen(to->text);
  if (++*count > 20) return;
  snprintf(word, sizeof word, "%s%d", *count > 1 ? ", " : "", number);
  if (*count == 20) snprintf(word, sizeof word, ", ...");
  snprintf(to->text + used, sizeof to->text - used, "%s", word);
}

static void say_missing(const rp_merge *m, const shards *s, rp_error *missing) {
  rp_error absent = {""}, unfinished = {""};
  int32_t n_absent = 0, n_unfinished = 0;
  for (int32_t k = 0; k < s->n; k++)
    if (!s->part[k])
      add_shard(&absent, k + 1, &n_absent);
    else if (!is_complete(m->part[s->part[k] - 1]))
      add_shard(&unfinished, k + 1, &n_unfinished);
  missing->text[0] = '\0';
  if (n_absent + n_unfinished == 0) return;
  snprintf(missing->text, sizeof missing->text, "of %d shards%s%.*s%s%s%.*s",
           s->n, n_absent ? " missing: " : "", rp_text_fit(absent.text, 180),
           absent.text, n_absent && n_unfinished ? ";" : "",
           n_unfinished ? " not complete: " : "",
           rp_text_fit(unfinished.text, 180), unfinished.text);
}

/* ---- rows ---- */

static const uint8_t *example(const rp_results *r, int64_t number) {
  return number < 0
             ? NULL
             : r->counterexample + (size_t)number * (size_t)r->provenance.n_in;
}

static int32_t ranks_of(const rp_results *r) {
  int32_t most = r->provenance.ranks;
  for (int64_t i = 0; i < r->n_ranks; i++)
    if (r->rank[i].rank >= most) most = r->rank[i].rank + 1;
  for (int64_t i = 0; i < r->n_queries; i++)
    if (r->query[i].rank >= most) most = r->query[i].rank + 1;
  return most;
}

static rp_status rows_added(rp_results *to, const rp_results *r,
                            int32_t first_rank, rp_error *err) {
  for (int64_t i = 0; i < r->n_queries; i++) {
    rp_query_row row = r->query[i];
    row.rank += first_rank;
    RP_TRY(rp_results_add_query(to, &row, example(r, row.counterexample), err));
  }
  for (int64_t i = 0; i < r->n_radii; i++) {
    const rp_radius_row row = r->radius[i];
    RP_TRY(
        rp_results_add_radius(to, &row, example(r, row.counterexample), err));
  }
  for (int64_t i = 0; i < r->n_ranks; i++) {
    rp_rank_row row = r->rank[i];
    row.rank += first_rank;
    RP_TRY(rp_results_add_rank(to, &row, err));
  }
  for (int64_t i = 0; i < r->n_tasks; i++) {
    rp_task_row row = r->task[i];
    row.rank += first_rank;
    RP_TRY(rp_results_add_task(to, &row, err));
  }
  return RP_OK;
}

static rp_status overlap_refused(const rp_results *r, rp_error *err) {
  for (int64_t i = 1; i < r->n_queries; i++)
    if (r->query[i].sample == r->query[i - 1].sample &&
        r->query[i].radius == r->query[i - 1].radius)
      return rp_fail(err, RP_E_INPUT,
                     "sample %lld, radius %d: in two of the files",
                     (long long)r->query[i].sample, r->query[i].radius);
  for (int64_t i = 1; i < r->n_radii; i++)
    if (r->radius[i].sample == r->radius[i - 1].sample)
      return rp_fail(err, RP_E_INPUT,
                     "radius of sample %lld: in two of the "
                     "files",
                     (long long)r->radius[i].sample);
  return RP_OK;
}

static rp_status merged(const rp_merge *m, rp_results *to, rp_error *err) {
  int32_t ranks = 0;
  int64_t questions = 0;
  to->provenance = m->part[0]->provenance;
  for (int32_t i = 0; i < m->n; i++) {
    RP_TRY(rows_added(to, m->part[i], ranks, err));
    ranks += ranks_of(m->part[i]);
    questions += m->part[i]->provenance.questions;
  }
  to->provenance.ranks = ranks;
  to->provenance.questions =
      questions < INT32_MAX ? (int32_t)questions : INT32_MAX;
  to->provenance.date_created[0] = '\0'; /* now */
  RP_TRY(rp_results_sort(to, err));
  return overlap_refused(to, err);
}

static rp_status parts_checked(const rp_merge *m, shards *s, rp_error *missing,
                               rp_error *err) {
  for (int32_t i = 0; i < m->n; i++) {
    RP_TRY(texts_compared(m, i, err));
    RP_TRY(wholes_compared(m, i, err));
    RP_TRY(options_compared(m, i, err));
    RP_TRY(shard_noted(m, i, s, err));
  }
  say_missing(m, s, missing);
  if (!missing->text[0] || m->partial) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%.*s; --partial merges what is there",
                 rp_text_fit(missing->text, 400), missing->text);
}

rp_status rp_results_merge(const rp_merge *merge, rp_results **results,
                           rp_error *missing, rp_error *err) {
  shards s = {0};
  rp_results *to = NULL;
  *results = NULL;
  rp_status st = parts_checked(merge, &s, missing, err);
  free(s.part);
  if (st == RP_OK) st = rp_results_create(&to, err);
  if (st == RP_OK) st = merged(merge, to, err);
  if (st == RP_OK) {
    snprintf(to->provenance.shard, sizeof to->provenance.shard, "%s",
             missing->text[0] ? "partial" : "");
    *results = to;
  } else {
    rp_results_free(to);
  }
  return st;
}
