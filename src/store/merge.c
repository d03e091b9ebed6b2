/* Merges the shards of a job into one results file. The table of same_job.h
 * says what they must have in common, and each shard may be given once. Limits
 * may differ, because a decided answer holds under any limit.
 *
 * Every shard says how many rows it has when it is complete, and which of its
 * rows are open because it was stopped: so it is known what is missing. */
#include "store/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "store/same_job.h"
#include "store/unite.h"

enum { MOST_SHARDS = 1000000 };

/* ---- the same job? ---- */

static rp_status check_same(const rp_provenance *a, const char *file_of_a,
                            const rp_provenance *b, const char *file_of_b,
                            rp_error *err) {
  rp_same_item expected, found;
  if (!rp_same_differ(a, b, RP_SAME_ANSWERS | RP_SAME_QUESTIONS, &expected,
                      &found))
    return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%.*s: another %s than %.*s: expected %s, found %s",
                 rp_text_fit(file_of_b, 150), file_of_b, expected.name,
                 rp_text_fit(file_of_a, 150), file_of_a,
                 *expected.value ? expected.value : "none",
                 *found.value ? found.value : "none");
}

/* ---- which shards? ---- */

typedef struct shards {
  int32_t n;     /* number of shards of the job */
  int32_t *part; /* [n] index of the part plus 1; 0: missing */
} shards;

static rp_status record_shard(const rp_merge *m, int32_t i, shards *s,
                              rp_error *err) {
  int32_t number, n;
  const char *const text = m->part[i]->provenance.shard;
  if (!rp_parse_part(text, MOST_SHARDS, &number, &n))
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a shard of a job (--shard), found %s",
                   m->file[i], *text ? text : "a whole job");
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
         !rp_results_is_interrupted(r);
}

/* Append a number to a list such as "2, 5, 7", which ends with "..." when it
 * gets long. */
static void add_shard(rp_error *to, int32_t number, int32_t *count) {
  char word[24];
  const size_t used = strlen(to->text);
  if (++*count > 20) return;
  snprintf(word, sizeof word, "%s%d", *count > 1 ? ", " : "", number);
  if (*count == 20) snprintf(word, sizeof word, ", ...");
  snprintf(to->text + used, sizeof to->text - used, "%s", word);
}

static void describe_missing(const rp_merge *m, const shards *s,
                             rp_error *missing) {
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

static int32_t count_ranks(const rp_results *r) {
  int32_t most = r->provenance.ranks;
  for (int64_t i = 0; i < r->n_ranks; i++)
    if (r->rank[i].rank >= most) most = r->rank[i].rank + 1;
  for (int64_t i = 0; i < r->n_queries; i++)
    if (r->query[i].rank >= most) most = r->query[i].rank + 1;
  return most;
}

static rp_status add_rows(rp_results *to, const rp_results *r,
                          int32_t first_rank, rp_error *err) {
  for (int64_t i = 0; i < r->n_queries; i++) {
    rp_query_row row = r->query[i];
    row.rank += first_rank;
    RP_TRY(rp_results_add_query(
        to, &row, rp_results_get_counterexample(r, row.counterexample), err));
  }
  for (int64_t i = 0; i < r->n_radii; i++) {
    const rp_radius_row row = r->radius[i];
    RP_TRY(rp_results_add_radius(
        to, &row, rp_results_get_counterexample(r, row.counterexample), err));
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

static bool is_disjoint(const rp_results *r) {
  return rp_results_check_order(r, NULL) == RP_OK;
}

/* Unite parts that have questions in common. Shards have none, unless one was
 * run with the output of another. */
static rp_status unite_parts(const rp_merge *m, rp_results **to,
                             rp_error *err) {
  int32_t ranks = 0;
  for (int32_t i = 0; i < m->n; i++) {
    rp_results *part = NULL, *united = NULL;
    RP_TRY(rp_results_create(&part, err));
    part->provenance = m->part[i]->provenance;
    rp_status st = add_rows(part, m->part[i], ranks, err);
    if (st == RP_OK) st = rp_results_sort(part, err);
    if (st == RP_OK && *to) st = rp_results_unite(*to, part, &united, err);
    ranks += count_ranks(m->part[i]);
    if (st != RP_OK || united) rp_results_free(part);
    RP_TRY(st);
    if (united) rp_results_free(*to);
    *to = united ? united : part;
  }
  return RP_OK;
}

static rp_status join_parts(const rp_merge *m, rp_results *to, rp_error *err) {
  int32_t ranks = 0;
  to->provenance = m->part[0]->provenance;
  for (int32_t i = 0; i < m->n; i++) {
    RP_TRY(add_rows(to, m->part[i], ranks, err));
    ranks += count_ranks(m->part[i]);
  }
  to->provenance.ranks = ranks;
  return rp_results_sort(to, err);
}

static void set_provenance(const rp_merge *m, rp_provenance *p) {
  int64_t questions = 0;
  for (int32_t i = 0; i < m->n; i++)
    questions += m->part[i]->provenance.questions;
  p->questions = questions < INT32_MAX ? (int32_t)questions : INT32_MAX;
  p->date_created[0] = '\0'; /* now */
}

static rp_status merge_parts(const rp_merge *m, rp_results **all,
                             rp_error *err) {
  rp_results *joined = NULL, *united = NULL;
  RP_TRY(rp_results_create(&joined, err));
  rp_status st = join_parts(m, joined, err);
  if (st == RP_OK && !is_disjoint(joined)) st = unite_parts(m, &united, err);
  if (st == RP_OK && united) {
    united->provenance.ranks = joined->provenance.ranks;
    rp_results_free(joined);
    joined = united;
    united = NULL;
  }
  if (st == RP_OK) set_provenance(m, &joined->provenance);
  if (st == RP_OK) st = rp_results_unite(joined, m->older, all, err);
  rp_results_free(united);
  rp_results_free(joined);
  return st;
}

static rp_status check_parts(const rp_merge *m, shards *s, rp_error *missing,
                             rp_error *err) {
  for (int32_t i = 0; i < m->n; i++) {
    RP_TRY(check_same(&m->part[0]->provenance, m->file[0],
                      &m->part[i]->provenance, m->file[i], err));
    RP_TRY(record_shard(m, i, s, err));
  }
  if (m->older)
    RP_TRY(check_same(&m->part[0]->provenance, m->file[0],
                      &m->older->provenance, m->older_file, err));
  describe_missing(m, s, missing);
  if (!missing->text[0] || m->partial) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%.*s; --partial merges what is there",
                 rp_text_fit(missing->text, 400), missing->text);
}

rp_status rp_results_merge(const rp_merge *merge, rp_results **results,
                           rp_error *missing, rp_error *err) {
  shards s = {0};
  *results = NULL;
  rp_status st = check_parts(merge, &s, missing, err);
  free(s.part);
  if (st == RP_OK) st = merge_parts(merge, results, err);
  if (st != RP_OK) return st;
  (*results)->boxes = rp_boxes_share(merge->part[0]->boxes);
  const bool whole =
      !missing->text[0] || (merge->older && !merge->older->provenance.shard[0]);
  char *const shard = (*results)->provenance.shard;
  snprintf(shard, sizeof(*results)->provenance.shard, "%s",
           whole ? "" : "partial");
  return RP_OK;
}
