/* What rank 0 keeps on the disk while a run goes on.
 *
 * A run that ended too early left a journal. Under the same terms (same_job.h)
 * the scheduler hears all its answers again, as if they came in now. Under
 * other terms, and where there are only results, decided answers and intervals
 * are taken over as rows, and everything open is asked again.
 *
 * No write makes the results file poorer: what was known at the start is united
 * with the run's own rows each time, also rows that this run does not ask for.
 *
 * Order on disk: a proof before its answer, an answer before the results that
 * count it, and rows of an old journal in the results before a new one takes
 * its place. Results and their proofs take the places of older ones together:
 * once both are on the disk under other names only two renames are left, which
 * need no room. Proofs that older results rest on stay in their file, which
 * grows at its end: the older results know their part of it by its digest.
 * After a loss of power an answer may still be there without its
 * proof; so on resuming, an answer whose proof is not whole is asked again. */
#include "run/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "files/fileutil.h"
#include "run/ledger_internal.h"
#include "store/run_status.h"
#include "store/set_aside.h"
#include "store/unite.h"

static const double SYNC_EVERY_S = 5, SYNC_SHARE = 0.02, RETRY_EVERY_S = 10;

rp_status rp_ledger_open(rp_job *job, rp_setup *setup, rp_ledger **ledger,
                         rp_error *err) {
  *ledger = NULL;
  rp_ledger *const self = rp_alloc(1, sizeof *self);
  if (!self) return rp_fail(err, RP_E_MEMORY, "journal: out of memory");
  self->job = job;
  self->setup = setup;
  self->empty = true;
  self->held = RP_KEEP_FULL;
  rp_status st = rp_results_create(&self->own, err);
  if (st == RP_OK) {
    rp_ledger_fill_terms(self);
    st = rp_ledger_look(self, err);
  }
  if (st == RP_OK)
    *ledger = self;
  else
    rp_ledger_close(self, false);
  return st;
}

/* ---- records ---- */

void rp_ledger_append(rp_ledger *self, uint32_t kind, rp_bytes *wire) {
  const rp_journal_record record = {kind, wire->data, wire->size};
  rp_error err = {""};
  self->unsynced = true;
  if (wire->failed || rp_journal_append(self->journal, &record, &err) != RP_OK)
    rp_log(RP_LOG_WARN, "%s: out of memory: an answer is missing from it",
           self->file);
  free(wire->data);
}

void rp_ledger_keep_answer(rp_ledger *self, const rp_known_answer *known) {
  rp_bytes wire = {0};
  rp_record_put_answer(&wire, known, self->setup->net->n_in);
  rp_ledger_append(self, RP_RECORD_ANSWER_KEPT, &wire);
}

static void look_for_names(rp_ledger *self) {
  rp_journal_record record;
  rp_journal_rewind(self->journal);
  while (rp_journal_next(self->journal, &record))
    self->proofs_named |= record.kind == RP_RECORD_PROOFS_NAMED;
}

static rp_status cut_tail(rp_ledger *self, rp_error *err) {
  size_t cut;
  RP_TRY(rp_journal_begin(self->journal, &cut, err));
  if (cut > 0)
    rp_log(RP_LOG_WARN,
           "%s: the last %zu bytes were an incomplete record and are cut off",
           self->file, cut);
  return RP_OK;
}

/* ---- beginning ---- */

static bool has_proofs_wanted(const rp_ledger *self) {
  return self->file && self->job->options.evidence == RP_KEEP_FULL;
}

static rp_status open_proofs(rp_ledger *self, rp_sched *sched, rp_error *err) {
  const char *const output = self->job->output;
  const char *const sha256 = self->setup->net->sha256;
  if (!has_proofs_wanted(self)) return RP_OK;
  if (!self->journal) rp_proof_file_drop_part(output);
  if (!self->journal && !self->proofs_there)
    return rp_proof_file_create(output, sha256, &self->proofs, err);
  rp_proof_list_fini(&self->whole);
  RP_TRY(rp_proof_file_resume(output, sha256,
                              self->proofs_named || self->proofs_there,
                              &self->proofs, &self->whole, err));
  /* Streams are named by their tasks, and no two of them alike. */
  rp_sched_number_after(sched, rp_attempt_task(self->whole.last_attempt));
  return RP_OK;
}

static rp_status set_aside(rp_ledger *self, rp_error *err) {
  char kept[PATH_MAX];
  if (self->job->begin != RP_BEGIN_FRESH) return RP_OK;
  RP_TRY(rp_set_aside(self->job->output, kept, err));
  if (*kept)
    snprintf(self->said.text, sizeof self->said.text,
             "%.*s: earlier results are kept as %.*s",
             rp_text_fit(self->job->output, 200), self->job->output,
             rp_text_fit(kept, 200), kept);
  return RP_OK;
}

/* Rows of the old journal go to the results before it is replaced. */
static rp_status begin_journal(rp_ledger *self, rp_error *err) {
  rp_status st;
  if (self->journal) {
    RP_TRY(cut_tail(self, err));
    RP_TRY(rp_ledger_results(self, self->own, err));
    st = rp_journal_restart(self->journal, &self->terms, err);
  } else {
    st = rp_journal_create(self->file, &self->terms, &self->journal, err);
  }
  self->begun = st == RP_OK;
  return st;
}

static void note_name(rp_ledger *self) {
  rp_bytes nothing = {0};
  self->proofs_named = true;
  rp_ledger_append(self, RP_RECORD_PROOFS_NAMED, &nothing);
}

static rp_status begin_anew(rp_ledger *self, rp_sched *sched, rp_error *err) {
  RP_TRY(set_aside(self, err));
  if (self->journal) look_for_names(self);
  RP_TRY(open_proofs(self, sched, err));
  RP_TRY(rp_ledger_note_unbacked(self, err));
  RP_TRY(begin_journal(self, err));
  if (self->proofs && rp_proof_file_is_named(self->proofs)) note_name(self);
  rp_ledger_take_over(self, sched);
  return rp_journal_write(self->journal, err);
}

static rp_status go_on(rp_ledger *self, rp_sched *sched, rp_error *err) {
  look_for_names(self);
  RP_TRY(open_proofs(self, sched, err));
  RP_TRY(rp_ledger_note_unbacked(self, err));
  RP_TRY(rp_ledger_replay(self, sched, err));
  rp_ledger_take_over(self, sched);
  RP_TRY(rp_ledger_read_losses(self, err));
  RP_TRY(rp_ledger_take_left(self, sched, err));
  rp_ledger_take_losses(self, sched);
  RP_TRY(cut_tail(self, err));
  return rp_journal_write(self->journal, err);
}

/* What killed runs left half written. The lock on the journal says that no
 * other run writes these files. */
static void remove_temporaries(const rp_ledger *self) {
  char status[4096];
  rp_file_remove_temporaries(self->job->output);
  rp_file_remove_temporaries(self->file);
  if (rp_run_status_name(self->job->output, status, NULL) == RP_OK)
    rp_file_remove_temporaries(status);
}

rp_status rp_ledger_begin(rp_ledger *self, rp_sched *sched, rp_error *err) {
  self->sync_at_s = rp_clock_wall_s() + SYNC_EVERY_S;
  if (!self->file) return RP_OK;
  const rp_status st =
      self->going_on ? go_on(self, sched, err) : begin_anew(self, sched, err);
  rp_proof_list_fini(&self->whole);
  if (st != RP_OK) return st;
  remove_temporaries(self);
  self->running = rp_running_open(self->job->output);
  return RP_OK;
}

/* ---- writing ---- */

void rp_ledger_running(rp_ledger *self, int32_t worker,
                       const rp_sched_task *task, int32_t n) {
  if (self->running) rp_running_note(self->running, worker, task, n);
}

void rp_ledger_answer(rp_ledger *self, int32_t worker,
                      const rp_sched_task *task, const rp_answer *answer,
                      const uint8_t *witness) {
  if (!self->journal) return;
  if (answer->verdict == RP_ROBUST) rp_ledger_mark_proof(self, task);
  const rp_known_answer known = {
      .worker = worker,
      .task = *task,
      .proofs_end = self->proofs ? rp_proof_file_size(self->proofs) : 0,
      .answer = *answer,
      .witness = answer->verdict == RP_VIOLATED ? witness : NULL};
  rp_ledger_keep_answer(self, &known);
  self->empty = false;
}

/* A full disk may have room again, so what waits is written later. */
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
    note_name(self);
    RP_TRY(write_all(self, rp_clock_wall_s(), true, err));
  }
  return rp_proof_file_flush(self->proofs, err);
}

/* Add the earlier command lines to the history, as far as there is room. */
static void note_history(const rp_ledger *self, rp_provenance *p) {
  static const char before[] = "; before: ";
  const size_t used = strlen(p->history), link = used ? strlen(before) : 0;
  if (!*self->before || used + link + 1 >= sizeof p->history) return;
  memcpy(p->history + used, before, link);
  rp_text_copy(p->history + used + link, sizeof p->history - used - link,
               self->before);
}

static rp_status write_results(rp_ledger *self, rp_results *results,
                               rp_error *err) {
  const rp_file_step step = {name_proofs, self};
  if (!results->boxes) results->boxes = rp_boxes_share(self->setup->boxes);
  if (self->proofs)
    rp_proof_file_describe(self->proofs, results->provenance.proofs);
  else if (self->earlier) /* as they are */
    rp_text_copy(results->provenance.proofs, sizeof results->provenance.proofs,
                 self->proofs_before);
  return rp_results_write_after(results, self->job->output,
                                self->proofs ? &step : NULL, err);
}

/* A run that may be killed after this: what it has not asked yet has rows. */
static rp_status write_filled(rp_ledger *self, const rp_results *results,
                              rp_error *err) {
  rp_results *filled;
  RP_TRY(rp_earlier_fill(results, self->setup, &filled, err));
  const rp_status st = rp_ledger_results(self, filled, err);
  rp_results_free(filled);
  return st;
}

rp_status rp_ledger_results(rp_ledger *self, rp_results *results,
                            rp_error *err) {
  rp_results *all = NULL;
  if (results->n_queries + results->n_radii < results->provenance.questions)
    return write_filled(self, results, err);
  RP_TRY(write_all(self, rp_clock_wall_s(), true, err));
  if (!self->earlier) return write_results(self, results, err);
  RP_TRY(rp_results_unite(results, self->earlier, &all, err));
  rp_provenance *const p = &all->provenance;
  const int64_t questions = p->questions + self->n_others;
  p->questions = questions < INT32_MAX ? (int32_t)questions : INT32_MAX;
  note_history(self, p);
  rp_ledger_name_evidence(self, results, p);
  const rp_status st = write_results(self, all, err);
  rp_results_free(all);
  return st;
}

rp_status rp_ledger_settle(rp_ledger *self, rp_results **results,
                           rp_error *err) {
  rp_results *all = NULL, *picked = NULL;
  if (!self->earlier) return RP_OK;
  const bool is_stopped = rp_results_is_interrupted(*results);
  rp_ledger_settle_evidence(self, *results);
  RP_TRY(rp_results_unite(*results, self->earlier, &all, err));
  const rp_status st = rp_earlier_pick(all, &self->setup->plan, &picked, err);
  rp_results_free(all);
  if (st != RP_OK) return st;
  rp_results_free(*results);
  picked->is_stopped = is_stopped;
  *results = picked;
  return RP_OK;
}

const char *rp_ledger_proofs(const rp_ledger *self) {
  if (!self->proofs) return NULL;
  const char *const file = rp_proof_file_get_name(self->proofs);
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
  /* The incomplete end of the file is cut off when the run is resumed. */
  if (self->proofs && rp_proof_file_close(self->proofs, keep, &err) != RP_OK &&
      complete)
    rp_log(RP_LOG_ERROR, "%s", err.text);
  if (self->journal && !keep && (complete || self->begun))
    rp_journal_remove(self->journal);
  else
    rp_journal_close(self->journal);
  rp_running_close(self->running, keep);
  rp_ledger_forget_proofs(self);
  free(self->suspect);
  rp_proof_list_fini(&self->whole);
  rp_results_free(self->earlier);
  rp_results_free(self->own);
  free(self->file);
  free(self);
}
