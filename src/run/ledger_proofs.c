/* Which proofs are whole, and what evidence the results may say they have.
 *
 * The proof of a question is the streams of all tasks about it, its
 * subproblems' too, over several runs where one was stopped. Each task that
 * ends robust has left its stream before; if one has not, for lack of room, the
 * proof has a gap. When the question is answered, all of them are there, and a
 * mark behind them in the file says so. A later run takes nothing else for a
 * proof.
 *
 * A run that wants more evidence than earlier results have asks again what
 * lacks it. As long as a row does, the file says that it has less. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "run/ledger_internal.h"
#include "store/unite.h"

/* ---- streams and their answers ---- */

static void note_stream(rp_ledger *self, uint64_t attempt) {
  uint64_t *const more =
      rp_realloc(self->stream, (size_t)self->n_streams + 1, sizeof *more);
  if (!more) return; /* it counts as missing */
  self->stream = more;
  more[self->n_streams++] = attempt;
}

/* The latest ones are the likeliest. */
static bool take_stream(rp_ledger *self, uint64_t attempt) {
  for (int64_t i = self->n_streams - 1; i >= 0; i--)
    if (self->stream[i] == attempt) {
      self->stream[i] = self->stream[--self->n_streams];
      return true;
    }
  return false;
}

rp_status rp_ledger_proof(rp_ledger *self, const rp_proof_key *key,
                          const uint8_t *bytes, size_t size, rp_error *err) {
  if (!self->proofs) return RP_OK;
  RP_TRY(rp_proof_file_append(self->proofs, key, bytes, size, err));
  if (key->last) note_stream(self, key->attempt);
  return RP_OK;
}

void rp_ledger_ended(rp_ledger *self, int32_t worker, const rp_sched_task *task,
                     const rp_answer *answer) {
  if (!self->proofs || take_stream(self, rp_attempt(task->id, worker)) ||
      answer->verdict != RP_ROBUST)
    return;
  rp_sched_task *const more =
      rp_realloc(self->gap, (size_t)self->n_gaps + 1, sizeof *more);
  if (!more) {
    self->is_all_gap = true;
    return;
  }
  self->gap = more;
  more[self->n_gaps++] = *task;
}

bool rp_ledger_has_gap(const rp_ledger *self, const rp_sched_task *task) {
  for (int64_t i = 0; i < self->n_gaps; i++)
    if (self->gap[i].question.sample == task->question.sample &&
        self->gap[i].question.radius == task->question.radius)
      return true;
  return self->is_all_gap;
}

/* The file remembers that it could not be written. */
void rp_ledger_mark_proof(rp_ledger *self, const rp_sched_task *task) {
  if (self->proofs && !rp_ledger_has_gap(self, task))
    (void)rp_proof_file_mark_whole(self->proofs, task->question.sample,
                                   task->question.radius, NULL);
}

/* ---- evidence of earlier results ---- */

static bool note(rp_ledger *self, rp_unbacked row) {
  rp_unbacked *const more =
      rp_realloc(self->unbacked, (size_t)self->n_unbacked + 1, sizeof *more);
  if (!more) return false;
  self->unbacked = more;
  more[self->n_unbacked++] = row;
  return true;
}

rp_status rp_ledger_note_unbacked(rp_ledger *self, rp_error *err) {
  const rp_results *const r = self->earlier;
  bool good = true;
  for (int64_t i = 0; r && good && i < r->n_queries; i++)
    if (!rp_ledger_is_backed_query(self, &r->query[i]))
      good = note(self, (rp_unbacked){.query = i, .radius = -1});
  for (int64_t i = 0; r && good && i < r->n_radii; i++)
    if (!rp_ledger_is_backed_radius(self, &r->radius[i]))
      good = note(self, (rp_unbacked){.query = -1, .radius = i});
  return good ? RP_OK
              : rp_fail(err, RP_E_MEMORY, "%s: out of memory", self->file);
}

/* Rows of this run's own have the evidence that it wants. */
static bool is_backed_now(const rp_ledger *self, const rp_unbacked *one,
                          const rp_results *own) {
  const rp_results *const r = self->earlier;
  if (one->query >= 0) {
    const rp_query_row *const q = &r->query[one->query];
    const int64_t at = rp_earlier_query(own, q->sample, q->radius);
    return at >= 0 && own->query[at].verdict != RP_UNKNOWN;
  }
  const rp_radius_row *const row = &r->radius[one->radius];
  const int64_t at = rp_earlier_radius(own, row->sample);
  return at >= 0 && own->radius[at].lo >= row->lo &&
         (rp_radius_is_refuted(own, &own->radius[at]) ||
          !rp_radius_is_refuted(r, row));
}

static bool are_backed_now(const rp_ledger *self, const rp_results *own) {
  for (int64_t i = 0; i < self->n_unbacked; i++)
    if (!is_backed_now(self, &self->unbacked[i], own)) return false;
  return true;
}

void rp_ledger_settle_evidence(rp_ledger *self, const rp_results *own) {
  self->is_settled = true;
  self->is_backed = are_backed_now(self, own);
}

void rp_ledger_name_evidence(const rp_ledger *self, const rp_results *results,
                             rp_provenance *provenance) {
  const rp_keep held =
      self->held < RP_KEEP_FULL ? self->held : RP_KEEP_COUNTEREXAMPLES;
  const bool is_backed =
      self->is_settled ? self->is_backed : are_backed_now(self, results);
  if (!is_backed && held < self->job->options.evidence)
    snprintf(provenance->evidence, sizeof provenance->evidence, "%s",
             rp_keep_name(held));
}

void rp_ledger_forget_proofs(rp_ledger *self) {
  free(self->stream);
  free(self->gap);
  free(self->unbacked);
}
