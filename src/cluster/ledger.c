/* The journal is only as good as its match with the job: the terms are what
 * answers depend on. Network, dataset, labels, questions, engine and evidence
 * must always be the same. Limits, seed and efforts may change where the job
 * says to ask again what was left unknown: a decided answer holds under any
 * limits. Threads and ranks never matter.
 *
 * Order on disk: a proof before its answer, an answer before the results that
 * count it. Results and their proofs take the places of older ones together:
 * once both are on the disk under other names only two renames are left, which
 * need no room. A host that crashes between the two leaves older results beside
 * newer proofs; results hold the digest of theirs,so rampart-check tells.
 * After a loss of power an answer may still be there without its
 * proof; so on resuming, an answer whose proof is not whole is asked again. */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rampart/clock.h"
#include "rampart/journal.h"
#include "rampart/log.h"
#include "rampart/memory.h"
#include "rampart/text.h"
#include "wire.h"

enum { ANSWER = 1, PROOFS_NAMED = 2, MOST_TERMS = 32, ANSWER_LAYOUT = 2 };

static const double SYNC_EVERY_S = 5, SYNC_SHARE = 0.02, RETRY_EVERY_S = 10;

/* Attempts tell proofs of one query apart; a resumed run counts on. */
enum { ATTEMPT_RANK_BITS = 20 };

struct rp_ledger {
  const rp_job *job;
  const rp_setup *setup;
  char *file; /* NULL: nothing is kept */
  rp_journal_term term[MOST_TERMS];
  rp_journal_terms terms;
  rp_journal *journal; /* NULL: none yet, or none at all */
  rp_proof_file *proofs;
  rp_proof_list whole; /* proofs of an earlier run */
  uint64_t first_attempt;
  bool resumed, proofs_named, empty, failing, unsynced;
  double sync_at_s, retry_at_s;
};

/* ---- terms ---- */

static void add_term(rp_ledger *self, const char *name, const char *value) {
  rp_journal_term *const t = &self->term[self->terms.n++];
  snprintf(t->name, sizeof t->name, "%s", name);
  snprintf(t->value, sizeof t->value, "%s", value ? value : "");
}

static void add_network_term(rp_ledger *self) {
  char text[192];
  snprintf(text, sizeof text, "%s", self->setup->net->sha256);
  if (self->job->bits) /* QVIP's files do not hold them */
    snprintf(text, sizeof text, "%s with %d bits, inputs of %d",
             self->setup->net->sha256, self->job->bits, self->job->input_bits);
  add_term(self, "network", text);
}

static void add_dataset_terms(rp_ledger *self) {
  const rp_job *const job = self->job;
  char text[192];
  snprintf(text, sizeof text, "%s%s%.*s", self->setup->data->sha256,
           job->x_name ? " array " : "",
           rp_text_fit(job->x_name ? job->x_name : "", 100),
           job->x_name ? job->x_name : "");
  add_term(self, "dataset", text);
  snprintf(text, sizeof text, "%s%s%.*s", self->setup->data->labels_sha256,
           job->y_name ? " array " : "",
           rp_text_fit(job->y_name ? job->y_name : "", 100),
           job->y_name ? job->y_name : "");
  add_term(self, "labels", text);
  const bool is_plain =
      rp_values_agree(job->values, RP_VALUES_INTEGERS, self->setup->net->in_hi);
  add_term(self, "values of the dataset",
           rp_values_name(is_plain ? RP_VALUES_INTEGERS : job->values));
}

static void fill_terms(rp_ledger *self) {
  const rp_options *const options = &self->job->options;
  char text[64];
  size_t count;
  (void)rp_stats_rows(&count);
  snprintf(text, sizeof text, "%s, %zu counters, layout %d", RAMPART_VERSION,
           count, ANSWER_LAYOUT);
  add_term(self, "version of Rampart", text); /* answers are laid out by it */
  add_network_term(self);
  add_dataset_terms(self);
  add_term(self, "samples and radii", self->setup->questions_sha256);
  if (self->job->n_shards > 0)
    snprintf(text, sizeof text, "%d/%d", self->job->shard, self->job->n_shards);
  add_term(self, "shard", self->job->n_shards > 0 ? text : "");
  add_term(self, "engine", rp_engine_name(options->engine));
  add_term(self, "evidence", rp_keep_name(options->evidence));
  self->terms.n_strict = self->terms.n;
  const rp_option_info *const row = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++) {
    if (!rp_option_decides(&row[i])) continue;
    rp_options_get(options, &row[i], text, sizeof text);
    add_term(self, row[i].name, text);
  }
  self->terms.term = self->term;
  self->terms.lenient = self->job->retry;
}

/* ---- opening ---- */

rp_status rp_ledger_open(const rp_job *job, const rp_setup *setup,
                         rp_ledger **ledger, rp_error *err) {
  *ledger = NULL;
  rp_ledger *const self = rp_alloc(1, sizeof *self);
  if (!self) return rp_fail(err, RP_E_MEMORY, "journal: out of memory");
  self->job = job;
  self->setup = setup;
  self->empty = true;
  fill_terms(self);
  rp_status st = RP_OK;
  if (job->output && !(self->file = rp_journal_name(job->output)))
    st = rp_fail(err, RP_E_MEMORY, "journal: out of memory");
  if (st == RP_OK && self->file && job->begin != RP_BEGIN_FRESH)
    st = rp_journal_open(self->file, &self->terms, &self->journal, err);
  self->resumed = self->journal != NULL;
  if (st == RP_OK)
    *ledger = self;
  else
    rp_ledger_close(self, false);
  return st;
}

/* ---- answers of an earlier run ---- */

typedef struct known_answer {
  int32_t worker;
  rp_sched_task task;
  rp_answer answer;
  const uint8_t *witness;
  int64_t proofs_end; /* of the file of proofs when it came in */
} known_answer;

static bool read_answer(const rp_ledger *self, const rp_journal_record *record,
                        known_answer *k) {
  rp_wire wire = rp_wire_over(record->bytes, record->size);
  *k = (known_answer){.task.query = rp_wire_get_signed(&wire, 8)};
  k->task.sample = rp_wire_get_signed(&wire, 8);
  k->task.radius = (int32_t)rp_wire_get_signed(&wire, 4);
  k->task.cpu_limit_s = rp_wire_get_real(&wire);
  k->worker = (int32_t)rp_wire_get_signed(&wire, 4);
  k->proofs_end = rp_wire_get_signed(&wire, 8);
  rp_wire_get_answer(&wire, &k->answer);
  const bool violated = k->answer.verdict == RP_VIOLATED;
  k->witness = violated ? record->bytes + wire.at : NULL;
  const size_t left = wire.size - wire.at;
  return !wire.failed && k->task.cpu_limit_s >= 0 &&
         k->task.cpu_limit_s < RP_NO_LIMIT_S &&
         left == (violated ? (size_t)self->setup->net->n_in : 0) &&
         (!violated ||
          (k->answer.distance >= 1 && k->answer.distance <= k->task.radius));
}

static rp_status foreign(const rp_ledger *self, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "%s: holds an answer that is not about this job; --fresh "
                 "starts anew",
                 self->file);
}

/* Asked again: what was left unknown when the job says so or has said so, and
 * what was proved if its proof is gone: it stood before the file's end of then,
 * in one stream or in several. */
static bool counts(const rp_ledger *self, const known_answer *k,
                   bool is_final) {
  if (k->answer.verdict == RP_UNKNOWN) return is_final && !self->job->retry;
  return k->answer.verdict != RP_ROBUST || !self->proofs ||
         (k->proofs_end <= self->whole.end &&
          rp_proof_list_has(&self->whole, k->task.sample, k->task.radius));
}

/* Terms further on mean that unknown answers before them were asked again. */
static int64_t count_terms(rp_ledger *self) {
  rp_journal_record record;
  int64_t count = 0;
  rp_journal_rewind(self->journal);
  while (rp_journal_next(self->journal, &record)) {
    count += record.kind == RP_JOURNAL_TERMS;
    self->proofs_named |= record.kind == PROOFS_NAMED;
  }
  rp_journal_rewind(self->journal);
  return count;
}

static rp_status replay(rp_ledger *self, int64_t terms_left, rp_sched *sched,
                        int64_t *n_known, rp_error *err) {
  rp_journal_record record;
  while (rp_journal_next(self->journal, &record)) {
    known_answer k;
    terms_left -= record.kind == RP_JOURNAL_TERMS;
    if (record.kind != ANSWER) continue;
    self->empty = false;
    if (!read_answer(self, &record, &k)) return foreign(self, err);
    if (!counts(self, &k, terms_left == 0)) continue;
    if (!rp_sched_known(sched, k.worker, &k.task, &k.answer, k.witness))
      return foreign(self, err);
    ++*n_known;
  }
  return RP_OK;
}

static bool wants_proofs(const rp_ledger *self) {
  return self->file && self->job->options.evidence == RP_KEEP_FULL;
}

static rp_status open_proofs(rp_ledger *self, rp_error *err) {
  const char *const output = self->job->output;
  const char *const sha256 = self->setup->net->sha256;
  if (!wants_proofs(self)) return RP_OK;
  if (!self->resumed)
    return rp_proof_file_create(output, sha256, &self->proofs, err);
  RP_TRY(rp_proof_file_resume(output, sha256, self->proofs_named, &self->proofs,
                              &self->whole, err));
  const uint64_t last = self->whole.last_attempt >> ATTEMPT_RANK_BITS;
  self->first_attempt = (last + 1) << ATTEMPT_RANK_BITS;
  return RP_OK;
}

static rp_status go_on(rp_ledger *self, rp_sched *sched, int64_t *n_known,
                       rp_error *err) {
  size_t cut;
  const int64_t terms = count_terms(self);
  RP_TRY(open_proofs(self, err));
  RP_TRY(replay(self, terms, sched, n_known, err));
  rp_proof_list_fini(&self->whole);
  RP_TRY(rp_journal_begin(self->journal, &self->terms, &cut, err));
  if (cut > 0)
    rp_log(RP_LOG_WARN, "%s: the last %zu bytes were incomplete: cut off",
           self->file, cut);
  return RP_OK;
}

rp_status rp_ledger_begin(rp_ledger *self, rp_sched *sched, int64_t *n_known,
                          rp_error *err) {
  *n_known = 0;
  self->sync_at_s = rp_clock_wall_s() + SYNC_EVERY_S;
  if (!self->file) return RP_OK;
  if (self->resumed) return go_on(self, sched, n_known, err);
  RP_TRY(rp_journal_create(self->file, &self->terms, &self->journal, err));
  return open_proofs(self, err);
}

/* ---- writing ---- */

static void append(rp_ledger *self, uint32_t kind, const rp_wire *wire) {
  const rp_journal_record record = {kind, wire->data, wire->size};
  rp_error err = {""};
  self->unsynced = true;
  if (wire->failed || rp_journal_append(self->journal, &record, &err) != RP_OK)
    rp_log(RP_LOG_WARN, "%s: out of memory: an answer is not kept there",
           self->file);
}

void rp_ledger_answer(rp_ledger *self, int32_t worker,
                      const rp_sched_task *task, const rp_answer *answer,
                      const uint8_t *witness) {
  if (!self->journal) return;
  rp_wire wire = {0};
  rp_wire_put(&wire, (uint64_t)task->query, 8);
  rp_wire_put(&wire, (uint64_t)task->sample, 8);
  rp_wire_put(&wire, (uint64_t)task->radius, 4);
  rp_wire_put_real(&wire, task->cpu_limit_s);
  rp_wire_put(&wire, (uint64_t)worker, 4);
  rp_wire_put(&wire,
              self->proofs ? (uint64_t)rp_proof_file_size(self->proofs) : 0, 8);
  rp_wire_put_answer(&wire, answer);
  if (answer->verdict == RP_VIOLATED && witness)
    rp_wire_put_bytes(&wire, witness, (size_t)self->setup->net->n_in);
  append(self, ANSWER, &wire);
  self->empty = false;
  free(wire.data);
}

rp_status rp_ledger_proof(rp_ledger *self, const rp_proof_key *key,
                          const uint8_t *bytes, size_t size, rp_error *err) {
  if (!self->proofs) return RP_OK;
  rp_proof_key own = *key;
  own.attempt += self->first_attempt;
  return rp_proof_file_append(self->proofs, &own, bytes, size, err);
}

/* A full disk may have room again: what waits is tried again later. */
static void write_journal(rp_ledger *self, double now_s, bool to_disk) {
  rp_error err = {""};
  if (self->failing && now_s < self->retry_at_s) return;
  const rp_status written = rp_journal_write(self->journal, &err);
  rp_status st = written;
  if (st == RP_OK && to_disk) st = rp_journal_sync(self->journal, &err);
  if (st != RP_OK && !self->failing)
    rp_log(RP_LOG_WARN,
           "%s; %sthe run goes on and tries again, but could not be resumed "
           "from here",
           err.text, written != RP_OK ? "make room: " : "");
  if (st == RP_OK && self->failing)
    rp_log(RP_LOG_WARN, "%s: written again", self->file);
  self->failing = st != RP_OK;
  self->retry_at_s = now_s + RETRY_EVERY_S;
}

static rp_status write_all(rp_ledger *self, double now_s, bool to_disk,
                           rp_error *err) {
  if (self->proofs) RP_TRY(rp_proof_file_write(self->proofs, to_disk, err));
  if (self->journal) write_journal(self, now_s, to_disk);
  return RP_OK;
}

rp_status rp_ledger_write(rp_ledger *self, double now_s, rp_error *err) {
  if (!self->unsynced) return RP_OK;
  const bool to_disk = now_s >= self->sync_at_s;
  RP_TRY(write_all(self, now_s, to_disk, err));
  if (!to_disk) return RP_OK;
  const double took_s = rp_clock_wall_s() - now_s;
  const double pause_s = took_s / SYNC_SHARE;
  self->sync_at_s = now_s + (pause_s > SYNC_EVERY_S ? pause_s : SYNC_EVERY_S);
  self->unsynced = self->failing;
  return RP_OK;
}

static rp_status name_proofs(void *context, rp_error *err) {
  rp_ledger *const self = context;
  if (!self->proofs_named) {
    const rp_wire nothing = {0};
    append(self, PROOFS_NAMED, &nothing);
    RP_TRY(write_all(self, rp_clock_wall_s(), true, err));
    self->proofs_named = true;
  }
  return rp_proof_file_flush(self->proofs, err);
}

rp_status rp_ledger_results(rp_ledger *self, rp_results *results,
                            rp_error *err) {
  const rp_file_step step = {name_proofs, self};
  RP_TRY(write_all(self, rp_clock_wall_s(), true, err));
  if (self->proofs)
    rp_proof_file_describe(self->proofs, results->provenance.proofs);
  return rp_results_write_after(results, self->job->output,
                                self->proofs ? &step : NULL, err);
}

const char *rp_ledger_proofs(const rp_ledger *self) {
  if (!self->proofs) return NULL;
  const char *const file = rp_proof_file_place(self->proofs);
  return access(file, F_OK) == 0 ? file : NULL;
}

rp_status rp_ledger_end(rp_ledger *self, rp_error *err) {
  self->retry_at_s = 0;
  return write_all(self, rp_clock_wall_s(), true, err);
}

void rp_ledger_close(rp_ledger *self, bool complete) {
  if (!self) return;
  rp_error err = {""};
  const bool keep = !complete && !self->empty;
  /* An incomplete run's end of the file is cut off when it goes on. */
  if (self->proofs && rp_proof_file_close(self->proofs, keep, &err) != RP_OK &&
      complete)
    rp_log(RP_LOG_ERROR, "%s", err.text);
  if (self->journal && keep)
    rp_journal_close(self->journal);
  else if (self->journal && (complete || !self->resumed))
    rp_journal_remove(self->journal);
  else
    rp_journal_close(self->journal);
  rp_proof_list_fini(&self->whole);
  free(self->file);
  free(self);
}

/* ---- complete results ---- */

static bool is_same_job(const rp_ledger *self, const rp_results *r) {
  const rp_provenance *const p = &r->provenance;
  const rp_options *const own = &self->job->options;
  size_t count;
  const rp_option_info *const row = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++) /* every type has eight bytes */
    if (rp_option_decides(&row[i]) &&
        memcmp((const char *)own + row[i].offset,
               (const char *)&p->options + row[i].offset, 8) != 0)
      return false;
  char shard[32] = "";
  if (self->job->n_shards > 0)
    snprintf(shard, sizeof shard, "%d/%d", self->job->shard,
             self->job->n_shards);
  return !strcmp(p->shard, shard) &&
         !strcmp(p->questions_sha256, self->setup->questions_sha256) &&
         !strcmp(p->network_sha256, self->setup->net->sha256) &&
         !strcmp(p->dataset_sha256, self->setup->data->sha256) &&
         !strcmp(p->labels_sha256, self->setup->data->labels_sha256) &&
         rp_values_agree(p->values, self->job->values, p->in_hi) &&
         !strcmp(p->engine, rp_engine_name(own->engine)) &&
         !strcmp(p->evidence, rp_keep_name(own->evidence)) &&
         p->bits == self->job->bits && p->input_bits == self->job->input_bits;
}

rp_results *rp_ledger_complete(const rp_ledger *self) {
  rp_results *r = NULL;
  if (!self->file || self->journal || self->job->begin != RP_BEGIN_RESUME)
    return NULL;
  if (rp_results_read(self->job->output, &r, NULL) != RP_OK) return NULL;
  if (is_same_job(self, r) && r->n_queries == self->setup->plan.n_queries &&
      r->n_radii == self->setup->plan.n_searches && !rp_results_interrupted(r))
    return r;
  rp_results_free(r);
  return NULL;
}
