/* Deciding which earlier answers count, and telling the scheduler about them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "run/ledger_internal.h"
#include "run/replay.h"
#include "store/unite.h"

/* ---- which earlier answers count ---- */

static bool has_proof(const rp_ledger *self, int64_t sample, int32_t radius) {
  return self->job->options.evidence != RP_KEEP_FULL ||
         rp_proof_list_has(&self->whole, sample, radius);
}

static bool has_counterexample(const rp_ledger *self, int64_t number) {
  return self->job->options.evidence == RP_KEEP_NONE || number >= 0;
}

/* A query counts if it is decided and has the evidence that this run wants.
 * Without that evidence it is asked again, and its row stays in the file
 * meanwhile. */
static bool query_counts(const rp_ledger *self, const rp_query_row *q) {
  switch (q->verdict) {
  case RP_ROBUST:
    return has_proof(self, q->sample, q->radius);
  case RP_VIOLATED:
    return has_counterexample(self, q->counterexample);
  case RP_MISCLASSIFIED:
  case RP_INVALID:
    return true;
  case RP_UNKNOWN:
  case RP_VERDICT_COUNT:
    break;
  }
  return false;
}

/* The ends of the interval that have the evidence that this run wants. */
static rp_sched_interval interval_of(const rp_ledger *self,
                                     const rp_radius_row *row) {
  rp_sched_interval known = {.sample = row->sample,
                             .verdict = row->verdict,
                             .seconds = row->seconds,
                             .cpu_seconds = row->cpu_seconds};
  if (row->lo > 0 && has_proof(self, row->sample, row->lo)) known.lo = row->lo;
  if (!rp_radius_is_refuted(self->earlier, row) ||
      !has_counterexample(self, row->counterexample))
    return known;
  known.refuted = row->hi + 1;
  known.witness =
      rp_results_get_counterexample(self->earlier, row->counterexample);
  return known;
}

static bool radius_counts(const rp_ledger *self, const rp_radius_row *row) {
  if (row->verdict != RP_ROBUST) return row->verdict != RP_UNKNOWN;
  const rp_sched_interval known = interval_of(self, row);
  const bool refuted = rp_radius_is_refuted(self->earlier, row);
  return known.lo == row->lo && (known.refuted > 0) == refuted;
}

bool rp_ledger_is_backed_query(const rp_ledger *self, const rp_query_row *q) {
  return q->verdict == RP_UNKNOWN || query_counts(self, q);
}

bool rp_ledger_is_backed_radius(const rp_ledger *self,
                                const rp_radius_row *row) {
  const rp_sched_interval known = interval_of(self, row);
  return row->lo <= known.lo &&
         (known.refuted > 0) == rp_radius_is_refuted(self->earlier, row);
}

static bool is_given(const rp_ledger *self, rp_verdict verdict,
                     rp_reason reason) {
  return self->given_counts && verdict == RP_UNKNOWN &&
         reason != RP_REASON_INTERRUPTED;
}

static bool has_all_answered(const rp_ledger *self) {
  const rp_sched_plan *const plan = &self->setup->plan;
  const rp_results *const r = self->earlier;
  for (int64_t i = 0; i < plan->n_queries; i++) {
    const int64_t at =
        rp_earlier_query(r, plan->query[i].sample, plan->query[i].radius);
    if (at < 0 || !(query_counts(self, &r->query[at]) ||
                    is_given(self, r->query[at].verdict, r->query[at].reason)))
      return false;
  }
  for (int64_t i = 0; i < plan->n_searches; i++) {
    const int64_t at = rp_earlier_radius(r, plan->search[i]);
    if (at < 0 ||
        !(radius_counts(self, &r->radius[at]) ||
          is_given(self, r->radius[at].verdict, r->radius[at].reason)))
      return false;
  }
  return true;
}

rp_results *rp_ledger_complete(const rp_ledger *self) {
  rp_results *r = NULL;
  if (!self->earlier || self->journal || !has_all_answered(self)) return NULL;
  /* Rows of just this job must say so, to be merged with its other shards. */
  if (!self->same_questions && self->n_others == 0) return NULL;
  return rp_earlier_pick(self->earlier, &self->setup->plan, &r, NULL) == RP_OK
             ? r
             : NULL;
}

/* ---- taking over ---- */

static int64_t index_of_query(const rp_sched_plan *plan, int64_t sample,
                              int32_t radius) {
  int64_t lo = 0, hi = plan->n_queries;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    const rp_question *const q = &plan->query[mid];
    if (q->sample < sample || (q->sample == sample && q->radius < radius))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < plan->n_queries && plan->query[lo].sample == sample &&
                 plan->query[lo].radius == radius
             ? lo
             : -1;
}

static void take_query(rp_ledger *self, rp_sched *sched,
                       const rp_query_row *q) {
  const rp_known_answer known = {
      .worker = q->rank,
      .task = {.query =
                   index_of_query(&self->setup->plan, q->sample, q->radius),
               .question = {.sample = q->sample,
                            .label = q->label,
                            .radius = q->radius}},
      .proofs_end = self->proofs ? rp_proof_file_size(self->proofs) : 0,
      .answer = {.verdict = q->verdict,
                 .reason = q->reason,
                 .evidence = q->evidence,
                 .distance = q->distance,
                 .seconds = q->seconds,
                 .cpu_seconds = q->cpu_seconds,
                 .stats = q->stats},
      .witness =
          rp_results_get_counterexample(self->earlier, q->counterexample)};
  if (known.task.query < 0 || !query_counts(self, q)) return;
  (void)rp_sched_known(sched, known.worker, &known.task, &known.answer,
                       known.witness);
  self->taken.queries++;
  if (!self->going_on) rp_ledger_keep_answer(self, &known);
}

static void take_radius(rp_ledger *self, rp_sched *sched,
                        const rp_radius_row *row) {
  const rp_sched_interval known = interval_of(self, row);
  const bool decided = radius_counts(self, row);
  if ((!decided && known.lo == 0 && known.refuted == 0) ||
      !rp_sched_known_radius(sched, &known))
    return;
  const rp_radius_state state =
      rp_radius_get_state(row, self->earlier->provenance.radius_cap);
  self->taken.wrong += state == RP_RADIUS_MISCLASSIFIED;
  self->taken.closed += decided && state == RP_RADIUS_CLOSED;
  self->taken.capped += decided && state == RP_RADIUS_CAPPED;
  self->taken.open += !decided;
  if (self->going_on) return;
  rp_bytes wire = {0};
  rp_record_put_radius(&wire, &known, self->setup->net->n_in);
  rp_ledger_append(self, RP_RECORD_RADIUS_KEPT, &wire);
}

/* If a journal was replayed before, this adds what only the results have. */
void rp_ledger_take_over(rp_ledger *self, rp_sched *sched) {
  const rp_results *const r = self->earlier;
  for (int64_t i = 0; r && i < r->n_queries; i++)
    take_query(self, sched, &r->query[i]);
  for (int64_t i = 0; r && i < r->n_radii; i++)
    take_radius(self, sched, &r->radius[i]);
}

/* ---- going on with a journal ---- */

static rp_status fail_foreign_answer(const rp_ledger *self, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "%s: holds an answer that is not about this job; --fresh "
                 "starts anew",
                 self->file);
}

/* Asked again: what was proved if its proof is gone. It stood before the file's
 * end of then, in one stream or in several. */
static bool counts(const rp_ledger *self, const rp_known_answer *k) {
  return k->answer.verdict != RP_ROBUST || !self->proofs ||
         (k->proofs_end <= self->whole.end &&
          rp_proof_list_has(&self->whole, k->task.question.sample,
                            k->task.question.radius));
}

static rp_status replay_answer(rp_ledger *self, const rp_journal_record *record,
                               rp_sched *sched, rp_error *err) {
  rp_known_answer k;
  self->empty = false;
  if (!rp_record_get_answer(record, self->setup->net->n_in, &k) ||
      (k.witness && (!rp_setup_has(self->setup, k.task.question.sample) ||
                     !rp_replay_confirms(self->setup, k.task.question.sample,
                                         k.answer.distance, k.witness))))
    return fail_foreign_answer(self, err);
  if (!counts(self, &k)) return RP_OK;
  if (!rp_sched_known(sched, k.worker, &k.task, &k.answer, k.witness))
    return fail_foreign_answer(self, err);
  self->taken.answers++;
  return RP_OK;
}

static rp_status replay_radius(rp_ledger *self, const rp_journal_record *record,
                               rp_sched *sched, rp_error *err) {
  rp_sched_interval k;
  if (!rp_record_get_radius(record, self->setup->net->n_in, &k))
    return fail_foreign_answer(self, err);
  if (k.lo > 0 && !has_proof(self, k.sample, k.lo)) k.lo = 0;
  return rp_sched_known_radius(sched, &k) ? RP_OK
                                          : fail_foreign_answer(self, err);
}

rp_status rp_ledger_replay(rp_ledger *self, rp_sched *sched, rp_error *err) {
  rp_journal_record record;
  rp_journal_rewind(self->journal);
  while (rp_journal_next(self->journal, &record)) {
    rp_status st = RP_OK;
    if (record.kind == RP_RECORD_ANSWER_KEPT)
      st = replay_answer(self, &record, sched, err);
    else if (record.kind == RP_RECORD_RADIUS_KEPT)
      st = replay_radius(self, &record, sched, err);
    RP_TRY(st);
  }
  return RP_OK;
}

/* ---- what is said ---- */

/* "195 closed radii, 1 open radius, 12 decided queries" */
static void say_rows(const rp_taken *t, char *to, size_t size) {
  const struct {
    int64_t n;
    const char *one, *many;
  } part[] = {{t->closed, "closed radius", "closed radii"},
              {t->capped, "capped radius", "capped radii"},
              {t->open, "open radius", "open radii"},
              {t->wrong, "misclassified sample", "misclassified samples"},
              {t->queries, "decided query", "decided queries"}};
  size_t used = 0;
  for (size_t i = 0; i < sizeof part / sizeof *part; i++)
    if (part[i].n > 0 && used < size)
      used += (size_t)snprintf(to + used, size - used, "%s%lld %s",
                               used ? ", " : "", (long long)part[i].n,
                               part[i].n == 1 ? part[i].one : part[i].many);
  if (used == 0) snprintf(to, size, "no answers");
}

void rp_ledger_say(const rp_ledger *self, FILE *out) {
  char rows[200];
  if (!self->file) return;
  const rp_printable_text output = rp_printable(self->job->output);
  if (self->job->begin == RP_BEGIN_FRESH) {
    if (*self->said.text)
      fprintf(out, "rampart: %s\n", rp_printable(self->said.text).text);
  } else if (self->going_on) {
    fprintf(out, "rampart: going on with %lld answers",
            (long long)self->taken.answers);
    if (self->taken.left > 0)
      fprintf(out, " and %lld begun question%s", (long long)self->taken.left,
              self->taken.left == 1 ? "" : "s");
    fprintf(out, " of an earlier run%s\n", self->said.text);
    if (self->taken.suspects > 0)
      fprintf(out,
              "rampart: asked alone, at the end: %lld question%s of which a "
              "process may have died\n",
              (long long)self->taken.suspects,
              self->taken.suspects == 1 ? "" : "s");
  } else if (self->earlier) {
    say_rows(&self->taken, rows, sizeof rows);
    fprintf(out, "rampart: %s: took over %s%s\n", output.text, rows,
            self->said.text);
    if (self->n_others > 0)
      fprintf(out, "rampart: %s: %lld rows that were not asked for stay\n",
              output.text, (long long)self->n_others);
  }
}

void rp_ledger_say_complete(const rp_ledger *self, FILE *out) {
  fprintf(out, "rampart: %s: already complete%s\n",
          rp_printable(self->job->output).text, self->said.text);
}
