/* What earlier runs of this output left: the results, the journal of a run that
 * ended too early, and how far this run can rely on them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/compare.h"
#include "core/number.h"
#include "core/text.h"
#include "run/ledger_internal.h"
#include "sched/radius.h"
#include "store/unite.h"

/* ---- terms ---- */

static void add_term(rp_ledger *self, const char *name, const char *value) {
  rp_journal_term *const t = &self->term[self->terms.n++];
  snprintf(t->name, sizeof t->name, "%s", name);
  snprintf(t->value, sizeof t->value, "%s", value);
}

/* Called again after the job has changed, since the provenance depends on it.
 */
void rp_ledger_fill_terms(rp_ledger *self) {
  rp_same_item item[RP_SAME_MOST];
  char text[64];
  size_t count;
  (void)rp_stats_rows(&count);
  rp_setup_describe(self->setup, self->job, "", 0, 0, &self->own->provenance);
  self->terms = (rp_journal_terms){.term = self->term};
  snprintf(text, sizeof text, "%zu counters, layout %d", count,
           RP_RECORD_LAYOUT);
  add_term(self, "form of records", text);
  const size_t n = rp_same_describe(&self->own->provenance, item);
  for (size_t i = 0; i < n; i++) {
    add_term(self, item[i].name, item[i].value);
    if (item[i].needed_for & (RP_SAME_ANSWERS | RP_SAME_SHARD))
      self->terms.n_strict = self->terms.n;
  }
}

/* ---- what earlier runs left ---- */

/* A file keeps its cap and its evidence: a run that asks for less is raised to
 * what the file has. */
static void raise(rp_ledger *self, int32_t cap, rp_keep evidence) {
  rp_job *const job = self->job;
  char *const said = self->said.text;
  if (job->radius_samples && cap > self->setup->plan.cap) {
    self->setup->plan.cap = cap;
    snprintf(said, sizeof self->said.text,
             "; searched up to radius %d, as in that file", cap);
  }
  if (evidence > job->options.evidence) {
    const size_t used = strlen(said);
    job->options.evidence = evidence;
    snprintf(said + used, sizeof self->said.text - used,
             "; evidence %s, as in that file", rp_keep_name(evidence));
  }
  rp_ledger_fill_terms(self);
}

static bool is_weaker(const rp_ledger *self, rp_keep evidence) {
  return evidence < self->job->options.evidence;
}

static bool is_searched(const rp_sched_plan *plan, int64_t sample) {
  return plan->n_searches > 0 &&
         bsearch(&sample, plan->search, (size_t)plan->n_searches, sizeof sample,
                 rp_compare_int64);
}

/* Rows that this run does not ask for must still agree with what the file will
 * say about its cap and evidence. */
static rp_status check_others(const rp_ledger *self, const rp_results *found,
                              bool weaker, rp_error *err) {
  const rp_sched_plan *const plan = &self->setup->plan;
  const char *const output = self->job->output;
  const int64_t others = rp_earlier_count_others(found, plan);
  if (others > 0 && weaker)
    return rp_fail(err, RP_E_INPUT,
                   "%.*s: %lld rows that this run does not ask for have less "
                   "evidence than %s: ask for them too, or name another output",
                   rp_text_fit(output, 200), output, (long long)others,
                   rp_keep_name(self->job->options.evidence));
  if (!self->job->radius_samples || plan->cap <= found->provenance.radius_cap)
    return RP_OK;
  for (int64_t i = 0; i < found->n_radii; i++) {
    const rp_radius_row *const row = &found->radius[i];
    if (row->hi >= 0 && !rp_radius_is_refuted(found, row) &&
        !is_searched(plan, row->sample))
      return rp_fail(err, RP_E_INPUT,
                     "%.*s: sample %lld, which this run does not ask for, "
                     "was searched up to radius %d, not %d: ask for it too, or "
                     "name another output",
                     rp_text_fit(output, 200), output, (long long)row->sample,
                     found->provenance.radius_cap, plan->cap);
  }
  return RP_OK;
}

/* @param found  taken: its rows are added to what is known */
static rp_status add_earlier(rp_ledger *self, rp_results *found, bool weaker,
                             rp_error *err) {
  rp_results *united = NULL;
  rp_error why;
  rp_status st = check_others(self, found, weaker, err);
  if (st == RP_OK) {
    const rp_results *const known = self->earlier ? self->earlier : self->own;
    st = rp_results_unite(known, found, &united, &why);
    if (st != RP_OK)
      rp_fail(err, st,
              "%.*s: %.*s; --fresh starts anew and keeps what is there "
              "under another name",
              rp_text_fit(self->job->output, 200), self->job->output,
              rp_text_fit(why.text, 250), why.text);
  }
  rp_results_free(found);
  if (st != RP_OK) return st;
  rp_results_free(self->earlier);
  self->earlier = united;
  return RP_OK;
}

static rp_keep name_evidence(const char *name) {
  for (int k = RP_KEEP_NONE; name && k <= RP_KEEP_FULL; k++)
    if (!strcmp(name, rp_keep_name((rp_keep)k))) return (rp_keep)k;
  return RP_KEEP_NONE;
}

static rp_status read_results(rp_ledger *self, rp_error *err) {
  struct stat about;
  rp_results *found;
  const char *const output = self->job->output;
  if (lstat(output, &about) != 0 && errno == ENOENT) return RP_OK;
  RP_TRY(rp_earlier_read(output, self->setup, &self->own->provenance, &found,
                         err));
  const rp_provenance *const p = &found->provenance;
  const rp_keep evidence = name_evidence(p->evidence);
  rp_text_copy(self->before, sizeof self->before, p->history);
  rp_text_copy(self->proofs_before, sizeof self->proofs_before, p->proofs);
  if (evidence < self->held) self->held = evidence;
  self->given_counts =
      self->job->begin == RP_BEGIN_RESUME && !self->job->retry &&
      !rp_same_differ(&self->own->provenance, p, RP_SAME_EFFORT, NULL, NULL);
  raise(self, p->radius_cap, evidence);
  self->same_questions =
      !rp_same_differ(&self->own->provenance, p, RP_SAME_QUESTIONS, NULL, NULL);
  if (*p->proofs)
    self->proofs_there = rp_proof_file_find(output, self->setup->net->sha256,
                                            p->proofs, &self->whole);
  return add_earlier(self, found, is_weaker(self, evidence), err);
}

static rp_status read_journal(rp_ledger *self, rp_error *err) {
  rp_error why;
  rp_results *found;
  RP_TRY(rp_journal_open(self->file, &self->terms, &self->journal, err));
  if (!self->journal) return RP_OK;
  const char *const cap = rp_journal_value(self->journal, "radius cap");
  const rp_keep evidence =
      name_evidence(rp_journal_value(self->journal, "evidence"));
  int64_t radius_cap = 0;
  if (cap) (void)rp_parse_whole(cap, 0, RP_RADIUS_MAX, &radius_cap);
  raise(self, (int32_t)radius_cap, evidence);
  if (evidence < self->held) self->held = evidence;
  self->going_on =
      !self->job->retry && rp_journal_is_same(self->journal, &self->terms);
  if (self->going_on) return RP_OK;
  /* Its searches had a cap, also where this run searches nothing. */
  rp_provenance of_journal = self->own->provenance;
  if (radius_cap > of_journal.radius_cap)
    of_journal.radius_cap = (int32_t)radius_cap;
  const rp_status st =
      rp_earlier_fold(self->journal, self->setup, &of_journal, &found, &why);
  if (st != RP_OK)
    return rp_fail(err, st, "%.*s: %.*s; --fresh starts anew",
                   rp_text_fit(self->file, 200), self->file,
                   rp_text_fit(why.text, 250), why.text);
  return add_earlier(self, found, is_weaker(self, evidence), err);
}

rp_status rp_ledger_look(rp_ledger *self, rp_error *err) {
  if (!self->job->output) return RP_OK;
  self->file = rp_journal_name(self->job->output);
  if (!self->file) return rp_fail(err, RP_E_MEMORY, "journal: out of memory");
  if (self->job->begin == RP_BEGIN_FRESH)
    return rp_journal_check_unused(self->file, err);
  RP_TRY(read_results(self, err));
  RP_TRY(read_journal(self, err));
  if (self->earlier)
    self->n_others = rp_earlier_count_others(self->earlier, &self->setup->plan);
  return RP_OK;
}
