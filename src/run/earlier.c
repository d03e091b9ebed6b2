/* Earlier results are untrusted like any other file, so whatever can be checked
 * is checked: labels must be those of the dataset, and counterexamples are
 * replayed. Proofs of robustness are left to rampart-check. */
#include "run/earlier.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/pair.h"
#include "core/text.h"
#include "run/records.h"
#include "run/replay.h"
#include "sched/radius.h"
#include "store/same_job.h"
#include "store/unite.h"

/* ---- rows against network and dataset ---- */

static rp_status refuse_row(const char *table, int64_t sample, const char *what,
                            rp_error *err) {
  return rp_fail(err, RP_E_INPUT, "%s: sample %lld: %s", table,
                 (long long)sample, what);
}

/* What all rows have that make a claim about a sample. */
typedef struct claim {
  const char *table;
  int64_t sample;
  int32_t label, distance; /* distance of the counterexample, if there is one */
  int64_t counterexample;
} claim;

static rp_status check_claim(const rp_results *r, const rp_setup *setup,
                             const claim *c, rp_error *err) {
  if (!rp_setup_has(setup, c->sample))
    return refuse_row(c->table, rp_setup_sample(setup, c->sample),
                      "is not in the dataset", err);
  if (c->label != rp_setup_label(setup, c->sample))
    return refuse_row(c->table, rp_setup_sample(setup, c->sample),
                      "has another label in the dataset", err);
  const uint8_t *const x = rp_results_get_counterexample(r, c->counterexample);
  if (x && !rp_replay_confirms(setup, c->sample, c->distance, x))
    return refuse_row(c->table, rp_setup_sample(setup, c->sample),
                      "the counterexample of its row does not replay", err);
  return RP_OK;
}

static rp_status check_rows(const rp_results *r, const rp_setup *setup,
                            rp_error *err) {
  RP_TRY(rp_results_check_order(r, err));
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *const q = &r->query[i];
    const claim c = {"/queries", q->sample, q->label, q->distance,
                     q->counterexample};
    RP_TRY(check_claim(r, setup, &c, err));
  }
  for (int64_t i = 0; i < r->n_radii; i++) {
    const rp_radius_row *const row = &r->radius[i];
    const claim c = {"/radii", row->sample, row->label, row->hi + 1,
                     row->counterexample};
    RP_TRY(check_claim(r, setup, &c, err));
  }
  return RP_OK;
}

static rp_status check_same(const char *file, const rp_provenance *own,
                            const rp_provenance *found, rp_error *err) {
  rp_same_item expected, other;
  if (!rp_same_differ(own, found, RP_SAME_ANSWERS | RP_SAME_SHARD, &expected,
                      &other))
    return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%.*s: results with another %s: expected %s, found %s; name "
                 "another output, or --fresh starts anew and keeps them under "
                 "another name",
                 rp_text_fit(file, 200), file, expected.name,
                 *expected.value ? expected.value : "none",
                 *other.value ? other.value : "none");
}

rp_status rp_earlier_read(const char *file, const rp_setup *setup,
                          const rp_provenance *own, rp_results **found,
                          rp_error *err) {
  rp_results *r = NULL;
  rp_error why;
  RP_TRY(rp_results_read(file, &r, err));
  rp_status st = check_same(file, own, &r->provenance, err);
  if (st == RP_OK && (st = check_rows(r, setup, &why)) != RP_OK)
    rp_fail(err, st,
            "%.*s: %.*s: not to be relied on; --fresh starts anew and "
            "keeps it under another name",
            rp_text_fit(file, 200), file, rp_text_fit(why.text, 250), why.text);
  if (st == RP_OK)
    *found = r;
  else
    rp_results_free(r);
  return st;
}

/* ---- a journal as rows ---- */

/* What the answers of a search say about a sample. */
typedef struct interval {
  bool asked;
  rp_sched_interval known;
} interval;

/* Samples, or pairs with all of them. */
static int64_t count_subjects(const rp_setup *setup) {
  return rp_pair(setup->data->n, 0, setup->targets);
}

static rp_status fail_foreign_answer(rp_error *err) {
  return rp_fail(err, RP_E_INPUT, "holds an answer that is not about this job");
}

static void note_end(interval *to, int32_t distance, const uint8_t *witness) {
  rp_sched_interval *const k = &to->known;
  if (k->refuted > 0 && k->refuted <= distance) return;
  k->refuted = distance;
  k->witness = witness;
}

static void note_answer(interval *to, const rp_known_answer *k) {
  const rp_answer *const a = &k->answer;
  rp_sched_interval *const known = &to->known;
  to->asked = true;
  known->seconds += a->seconds;
  known->cpu_seconds += a->cpu_seconds;
  if (a->verdict == RP_ROBUST && k->task.question.radius > known->lo)
    known->lo = k->task.question.radius;
  if (a->verdict == RP_VIOLATED) note_end(to, a->distance, k->witness);
  if (a->verdict == RP_MISCLASSIFIED || a->verdict == RP_INVALID)
    known->verdict = a->verdict;
}

static void note_radius(interval *to, const rp_sched_interval *k) {
  to->asked = true;
  to->known.seconds += k->seconds;
  to->known.cpu_seconds += k->cpu_seconds;
  if (k->lo > to->known.lo) to->known.lo = k->lo;
  if (k->refuted > 0) note_end(to, k->refuted, k->witness);
  if (k->verdict == RP_MISCLASSIFIED || k->verdict == RP_INVALID)
    to->known.verdict = k->verdict;
}

/* Counterexamples are left out if the job wants no evidence. */
static const uint8_t *keep(const rp_results *r, const uint8_t *witness) {
  return r->provenance.options.evidence == RP_KEEP_NONE ? NULL : witness;
}

static rp_status add_query(rp_results *r, const rp_setup *setup,
                           const rp_known_answer *k, rp_error *err) {
  const rp_query_row row = {.sample = k->task.question.sample,
                            .label =
                                rp_setup_label(setup, k->task.question.sample),
                            .radius = k->task.question.radius,
                            .verdict = k->answer.verdict,
                            .reason = k->answer.reason,
                            .evidence = k->answer.evidence,
                            .distance = k->answer.distance,
                            .seconds = k->answer.seconds,
                            .cpu_seconds = k->answer.cpu_seconds,
                            .rank = k->worker > 0 ? k->worker : 0,
                            .stats = k->answer.stats};
  return rp_results_add_query(r, &row, keep(r, k->witness), err);
}

static rp_status take_record(const rp_journal_record *record,
                             const rp_setup *setup, interval *of_sample,
                             rp_results *r, rp_error *err) {
  const int32_t n_in = setup->net->n_in;
  rp_known_answer a;
  rp_sched_interval k;
  if (record->kind == RP_RECORD_ANSWER_KEPT) {
    if (!rp_record_get_answer(record, n_in, &a) ||
        !rp_setup_has(setup, a.task.question.sample) ||
        (a.witness && !rp_replay_confirms(setup, a.task.question.sample,
                                          a.answer.distance, a.witness)))
      return fail_foreign_answer(err);
    if (a.task.query >= 0) return add_query(r, setup, &a, err);
    note_answer(&of_sample[a.task.question.sample], &a);
  } else if (record->kind == RP_RECORD_RADIUS_KEPT) {
    if (!rp_record_get_radius(record, n_in, &k) ||
        !rp_setup_has(setup, k.sample))
      return fail_foreign_answer(err);
    note_radius(&of_sample[k.sample], &k);
  }
  return RP_OK;
}

static rp_status add_radius(rp_results *r, int32_t label, int64_t sample,
                            const rp_sched_interval *k, rp_error *err) {
  rp_radius_row row = {.sample = sample,
                       .label = label,
                       .lo = k->lo,
                       .hi = k->refuted ? k->refuted - 1
                                        : r->provenance.radius_cap,
                       .seconds = k->seconds,
                       .cpu_seconds = k->cpu_seconds};
  if (k->verdict == RP_MISCLASSIFIED || k->verdict == RP_INVALID) {
    row.lo = row.hi = -1;
    row.verdict = k->verdict;
    return rp_results_add_radius(r, &row, NULL, err);
  }
  if (row.lo > row.hi)
    return rp_fail(err, RP_E_INPUT,
                   "contradiction: sample %lld is robust at radius %d, and a "
                   "counterexample is at distance %d",
                   (long long)sample, k->lo, k->refuted);
  const bool closed = row.lo == row.hi;
  row.verdict = closed ? RP_ROBUST : RP_UNKNOWN;
  row.reason = closed ? RP_REASON_NONE : RP_REASON_INTERRUPTED;
  const uint8_t *const x = k->refuted ? keep(r, k->witness) : NULL;
  return rp_results_add_radius(r, &row, x, err);
}

static rp_status add_radii(rp_results *r, const rp_setup *setup,
                           const interval *of_sample, rp_error *err) {
  const int64_t n = count_subjects(setup);
  for (int64_t i = 0; i < n; i++)
    if (of_sample[i].known.lo > r->provenance.radius_cap)
      r->provenance.radius_cap = of_sample[i].known.lo;
  for (int64_t i = 0; i < n; i++)
    if (of_sample[i].asked)
      RP_TRY(
          add_radius(r, rp_setup_label(setup, i), i, &of_sample[i].known, err));
  return RP_OK;
}

/* Of several answers to one question, a decided one is kept. */
static rp_status drop_repeated(rp_results *r, rp_error *err) {
  int64_t kept = 0;
  for (int64_t i = 0; i < r->n_queries; i++) {
    rp_query_row *const last = kept > 0 ? &r->query[kept - 1] : NULL;
    const rp_query_row *const q = &r->query[i];
    if (!last || last->sample != q->sample || last->radius != q->radius)
      r->query[kept++] = *q;
    else if (last->verdict == RP_UNKNOWN)
      *last = *q;
    else if (q->verdict != RP_UNKNOWN && q->verdict != last->verdict)
      return rp_fail(
          err, RP_E_INPUT, "contradiction: sample %lld, radius %d is %s and %s",
          (long long)q->sample, q->radius, rp_verdict_name(last->verdict),
          rp_verdict_name(q->verdict));
  }
  r->n_queries = kept;
  return RP_OK;
}

static rp_status fold(rp_journal *journal, const rp_setup *setup,
                      interval *of_sample, rp_results *r, rp_error *err) {
  rp_journal_record record;
  rp_journal_rewind(journal);
  while (rp_journal_next(journal, &record))
    RP_TRY(take_record(&record, setup, of_sample, r, err));
  RP_TRY(add_radii(r, setup, of_sample, err));
  RP_TRY(rp_results_sort(r, err));
  RP_TRY(drop_repeated(r, err));
  return rp_results_sort(r, err);
}

rp_status rp_earlier_fold(rp_journal *journal, const rp_setup *setup,
                          const rp_provenance *own, rp_results **found,
                          rp_error *err) {
  rp_results *r = NULL;
  interval *const of_sample =
      rp_alloc((size_t)count_subjects(setup), sizeof *of_sample);
  if (!of_sample) return rp_fail(err, RP_E_MEMORY, "journal: out of memory");
  rp_status st = rp_results_create(&r, err);
  if (st == RP_OK) {
    r->provenance = *own;
    st = fold(journal, setup, of_sample, r, err);
  }
  free(of_sample);
  if (st == RP_OK)
    *found = r;
  else
    rp_results_free(r);
  return st;
}

/* ---- rows of a plan ---- */

int64_t rp_earlier_query(const rp_results *r, int64_t sample, int32_t radius) {
  int64_t lo = 0, hi = r->n_queries;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    const rp_query_row *const q = &r->query[mid];
    if (q->sample < sample || (q->sample == sample && q->radius < radius))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < r->n_queries && r->query[lo].sample == sample &&
                 r->query[lo].radius == radius
             ? lo
             : -1;
}

int64_t rp_earlier_radius(const rp_results *r, int64_t sample) {
  int64_t lo = 0, hi = r->n_radii;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    if (r->radius[mid].sample < sample)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < r->n_radii && r->radius[lo].sample == sample ? lo : -1;
}

static rp_status pick(const rp_results *from, const rp_sched_plan *plan,
                      rp_results *to, rp_error *err) {
  to->provenance = from->provenance;
  for (int64_t i = 0; i < plan->n_queries; i++) {
    const int64_t at =
        rp_earlier_query(from, plan->query[i].sample, plan->query[i].radius);
    if (at < 0) continue;
    const rp_query_row *const q = &from->query[at];
    RP_TRY(rp_results_add_query(
        to, q, rp_results_get_counterexample(from, q->counterexample), err));
  }
  for (int64_t i = 0; i < plan->n_searches; i++) {
    const int64_t at = rp_earlier_radius(from, plan->search[i]);
    if (at < 0) continue;
    const rp_radius_row *const row = &from->radius[at];
    RP_TRY(rp_results_add_radius(
        to, row, rp_results_get_counterexample(from, row->counterexample),
        err));
  }
  for (int64_t i = 0; i < from->n_ranks; i++)
    RP_TRY(rp_results_add_rank(to, &from->rank[i], err));
  for (int64_t i = 0; i < from->n_tasks; i++)
    RP_TRY(rp_results_add_task(to, &from->task[i], err));
  return rp_results_sort(to, err);
}

rp_status rp_earlier_pick(const rp_results *from, const rp_sched_plan *plan,
                          rp_results **picked, rp_error *err) {
  rp_results *to = NULL;
  RP_TRY(rp_results_create(&to, err));
  const rp_status st = pick(from, plan, to, err);
  if (st == RP_OK)
    *picked = to;
  else
    rp_results_free(to);
  return st;
}

static rp_status add_unasked(rp_results *to, const rp_setup *setup,
                             rp_error *err) {
  const rp_sched_plan *const plan = &setup->plan;
  for (int64_t i = 0; i < plan->n_queries; i++) {
    const int64_t sample = plan->query[i].sample;
    const rp_query_row row = {.sample = sample,
                              .label = rp_setup_label(setup, sample),
                              .radius = plan->query[i].radius,
                              .verdict = RP_UNKNOWN,
                              .reason = RP_REASON_INTERRUPTED};
    RP_TRY(rp_results_add_query(to, &row, NULL, err));
  }
  for (int64_t i = 0; i < plan->n_searches; i++) {
    const int64_t sample = plan->search[i];
    const rp_radius_row row = {.sample = sample,
                               .label = rp_setup_label(setup, sample),
                               .hi = to->provenance.radius_cap,
                               .verdict = RP_UNKNOWN,
                               .reason = RP_REASON_INTERRUPTED};
    RP_TRY(rp_results_add_radius(to, &row, NULL, err));
  }
  return rp_results_sort(to, err);
}

rp_status rp_earlier_fill(const rp_results *results, const rp_setup *setup,
                          rp_results **filled, rp_error *err) {
  rp_results *unasked = NULL;
  RP_TRY(rp_results_create(&unasked, err));
  unasked->provenance = results->provenance;
  rp_status st = add_unasked(unasked, setup, err);
  if (st == RP_OK) st = rp_results_unite(results, unasked, filled, err);
  rp_results_free(unasked);
  return st;
}

int64_t rp_earlier_count_others(const rp_results *r,
                                const rp_sched_plan *plan) {
  int64_t asked = 0;
  for (int64_t i = 0; i < plan->n_queries; i++)
    asked +=
        rp_earlier_query(r, plan->query[i].sample, plan->query[i].radius) >= 0;
  for (int64_t i = 0; i < plan->n_searches; i++)
    asked += rp_earlier_radius(r, plan->search[i]) >= 0;
  return r->n_queries + r->n_radii - asked;
}
