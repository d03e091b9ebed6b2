/* Grades a run against known answers.
 *
 * For every question, what is known and what the run found are compared. They
 * need not be about the same radius: all answers about a sample give an
 * interval (facts.h), so robust at 2 on one side contradicts violated at 1 on
 * the other. A contradiction is reported once, at the known answer; questions
 * of the run without a known answer are graded only where there is no
 * contradiction. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/memory.h"
#include "show/facts.h"

const char *rp_mark_name(rp_mark mark) {
  static const char *const names[RP_MARK_COUNT] = {
      "ok",        "capped",    "new",          "open in both",
      "open here", "not asked", "contradiction"};
  return (int)mark >= 0 && mark < RP_MARK_COUNT ? names[mark] : "?";
}

/* A sample and a radius about which the run or the known answers say
 * something. */
typedef struct question {
  int64_t sample;
  int32_t radius;   /* 0: its maximum */
  bool asked;       /* by the run */
  bool known;       /* has a line among the known answers */
  rp_verdict named; /* the verdict of that line */
} question;

typedef struct grading {
  const rp_known *known;
  rp_fact_list found, facts; /* of the run; of the known answers */
  question *question;
  int64_t n_questions;
  rp_grade *grade;
} grading;

/* ---- questions ---- */

static int compare_questions(const void *left, const void *right) {
  const question *a = left, *b = right;
  return rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
}

/* Sort the questions and join equal ones. */
static void join_questions(grading *g) {
  int64_t kept = 0;
  qsort(g->question, (size_t)g->n_questions, sizeof *g->question,
        compare_questions);
  for (int64_t i = 0; i < g->n_questions; i++) {
    question *const q = &g->question[i];
    question *const last = kept > 0 ? &g->question[kept - 1] : NULL;
    if (!last || compare_questions(last, q) != 0) {
      g->question[kept++] = *q;
      continue;
    }
    last->asked |= q->asked;
    if (q->known) last->known = true, last->named = q->named;
  }
  g->n_questions = kept;
}

static void add_question(grading *g, const question *q) {
  g->question[g->n_questions++] = *q;
}

/* If maximum radii are known, the question about a sample is its maximum if the
 * run searched it, and each of its queries otherwise. */
static void list_questions(grading *g, const rp_results *r) {
  const rp_known *const k = g->known;
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *const q = &r->query[i];
    const rp_facts *const found = rp_facts_find(&g->found, q->sample);
    if (k->radii && found->searched) continue;
    add_question(g, &(question){q->sample, q->radius, true, false, RP_UNKNOWN});
  }
  for (int64_t i = 0; k->radii && i < r->n_radii; i++)
    add_question(g, &(question){.sample = r->radius[i].sample,
                                .asked = true,
                                .named = RP_UNKNOWN});
  for (int64_t i = 0; i < k->n_rows; i++) {
    const rp_known_row *const row = &k->row[i];
    const rp_facts *const found = rp_facts_find(&g->found, row->sample);
    if (k->radii && found && !found->searched) continue;
    add_question(g, &(question){.sample = row->sample,
                                .radius = row->radius,
                                .known = true,
                                .named = row->verdict});
  }
  join_questions(g);
}

/* ---- marks ---- */

/* The capacity suffices for all questions. */
static rp_graded *add_row(grading *g, const question *q, rp_mark mark) {
  rp_graded *const row = &g->grade->row[g->grade->n_rows++];
  *row = (rp_graded){.sample = q->sample, .radius = q->radius, .mark = mark};
  g->grade->count[mark]++;
  return row;
}

/* A search asks nothing beyond its cap. */
static bool is_beyond_search(const rp_facts *found, int32_t radius) {
  return found && found->searched && radius > found->looked_up_to;
}

static rp_mark mark_verdict(const question *q, rp_verdict known,
                            const rp_facts *found) {
  const rp_verdict verdict = rp_facts_get_verdict(found, q->radius);
  if (rp_facts_contradict(found, q->radius, known))
    return RP_MARK_CONTRADICTION;
  if (verdict == RP_UNKNOWN && known != RP_UNKNOWN) {
    if (is_beyond_search(found, q->radius)) return RP_MARK_CAPPED;
    return q->asked || (found && found->searched) ? RP_MARK_OPEN_HERE
                                                  : RP_MARK_NOT_ASKED;
  }
  if (known != RP_UNKNOWN) return RP_MARK_OK;
  if (verdict == RP_ROBUST || verdict == RP_VIOLATED) return RP_MARK_NEW;
  return verdict == RP_MISCLASSIFIED ? RP_MARK_OK : RP_MARK_OPEN_IN_BOTH;
}

/* Describe what the run found; a contradiction may lie at another radius. */
static void describe_found(const question *q, rp_verdict known,
                           const rp_facts *found, char *text, size_t size) {
  const rp_verdict verdict = rp_facts_get_verdict(found, q->radius);
  const bool classified = found && !found->invalid && !found->misclassified;
  if (!classified || !rp_facts_contradict(found, q->radius, known)) {
    snprintf(text, size, "%s", rp_verdict_name(verdict));
    return;
  }
  const bool robust = known != RP_ROBUST && found->proved > 0;
  const int32_t radius = robust ? found->proved : found->refuted;
  if (radius == q->radius)
    snprintf(text, size, "%s", robust ? "robust" : "violated");
  else
    snprintf(text, size, "%s at radius %d", robust ? "robust" : "violated",
             radius);
}

static void grade_verdict(grading *g, const question *q) {
  const rp_facts *const found = rp_facts_find(&g->found, q->sample);
  const rp_facts *const facts = rp_facts_find(&g->facts, q->sample);
  const bool own = q->known && q->named != RP_UNKNOWN;
  const rp_verdict known =
      own ? q->named : rp_facts_get_verdict(facts, q->radius);
  const rp_mark mark = mark_verdict(q, known, found);
  if (!own && !g->known->radii &&
      (mark == RP_MARK_CONTRADICTION ||
       rp_facts_contradict(facts, q->radius,
                           rp_facts_get_verdict(found, q->radius))))
    return; /* reported at the known answer */
  if (!q->asked && !own && !(found && found->searched)) return;
  rp_graded *const row = add_row(g, q, mark);
  snprintf(row->known, sizeof row->known, "%s", rp_verdict_name(known));
  if (mark == RP_MARK_NOT_ASKED)
    snprintf(row->found, sizeof row->found, "nothing");
  else
    describe_found(q, known, found, row->found, sizeof row->found);
}

static bool is_closed(const rp_facts *found) {
  return found->state == RP_RADIUS_CLOSED ||
         (found->refuted < INT32_MAX && found->proved == found->refuted - 1);
}

static rp_mark mark_maximum(int32_t known, const rp_facts *found) {
  if (!found) return RP_MARK_NOT_ASKED;
  const bool nothing_asked = found->misclassified || found->invalid;
  if (known >= 0 &&
      (nothing_asked || found->proved > known || found->refuted <= known))
    return RP_MARK_CONTRADICTION;
  if (nothing_asked) return found->invalid ? RP_MARK_OPEN_IN_BOTH : RP_MARK_OK;
  if (is_closed(found)) return known < 0 ? RP_MARK_NEW : RP_MARK_OK;
  if (found->state == RP_RADIUS_CAPPED) return RP_MARK_CAPPED;
  return known < 0 ? RP_MARK_OPEN_IN_BOTH : RP_MARK_OPEN_HERE;
}

static void describe_maximum(const rp_facts *found, char *text, size_t size) {
  if (!found)
    snprintf(text, size, "nothing");
  else if (found->invalid || found->misclassified)
    snprintf(text, size, "%s",
             rp_verdict_name(found->invalid ? RP_INVALID : RP_MISCLASSIFIED));
  else if (found->refuted == INT32_MAX)
    snprintf(text, size, "%d or more", found->proved);
  else if (is_closed(found))
    snprintf(text, size, "%d", found->proved);
  else
    snprintf(text, size, "%d..%d", found->proved, found->refuted - 1);
}

static void grade_maximum(grading *g, const question *q) {
  const rp_facts *const found = rp_facts_find(&g->found, q->sample);
  const rp_facts *const facts = rp_facts_find(&g->facts, q->sample);
  const bool knows = facts && facts->refuted < INT32_MAX;
  const int32_t known = knows ? facts->proved : -1;
  if (!q->asked && !knows) return; /* neither known nor asked */
  rp_graded *const row = add_row(g, q, mark_maximum(known, found));
  if (knows)
    snprintf(row->known, sizeof row->known, "%d", known);
  else
    snprintf(row->known, sizeof row->known, "unknown");
  describe_maximum(found, row->found, sizeof row->found);
}

/* ---- all ---- */

static rp_status fill_grading(grading *g, const rp_results *r, rp_error *err) {
  const size_t most = (size_t)(g->known->n_rows + r->n_queries + r->n_radii);
  RP_TRY(rp_facts_collect_results(r, &g->found, err));
  RP_TRY(rp_facts_collect_known(g->known, &g->facts, err));
  g->question = rp_alloc(most, sizeof *g->question);
  g->grade = rp_alloc(1, sizeof *g->grade);
  if (g->grade) g->grade->row = rp_alloc(most, sizeof *g->grade->row);
  if (!g->question || !g->grade || !g->grade->row)
    return rp_fail(err, RP_E_MEMORY, "known answers: out of memory");
  list_questions(g, r);
  for (int64_t i = 0; i < g->n_questions; i++) {
    const question *const q = &g->question[i];
    if (g->known->radii && q->radius == 0)
      grade_maximum(g, q);
    else
      grade_verdict(g, q);
  }
  return RP_OK;
}

rp_status rp_grade_results(const rp_results *results, const rp_known *known,
                           rp_grade **grade, rp_error *err) {
  grading g = {.known = known};
  if (results->provenance.targets > 0)
    return rp_fail(err, RP_E_USAGE,
                   "known answers are about samples, not about samples and "
                   "%ss: these results cannot be graded",
                   rp_provenance_part(&results->provenance));
  const rp_status st = fill_grading(&g, results, err);
  free(g.found.of);
  free(g.facts.of);
  free(g.question);
  if (st == RP_OK)
    *grade = g.grade;
  else
    rp_grade_free(g.grade);
  return st;
}

void rp_grade_free(rp_grade *grade) {
  if (!grade) return;
  free(grade->row);
  free(grade);
}

/* The count of capped answers is omitted if it is 0, as in most runs. */
static void print_marks(FILE *out, const rp_grade *grade) {
  const char *before = ":";
  fputs("known answers", out);
  for (int mark = 0; mark < RP_MARK_COUNT; mark++) {
    if (mark == RP_MARK_CAPPED && grade->count[mark] == 0) continue;
    fprintf(out, "%s %" PRId64 " %s", before, grade->count[mark],
            rp_mark_name((rp_mark)mark));
    before = ",";
  }
  fputs(grade->count[RP_MARK_CONTRADICTION] == 1 ? "\n" : "s\n", out);
}

void rp_grade_print(FILE *out, const rp_grade *grade) {
  print_marks(out, grade);
  for (int64_t i = 0; i < grade->n_rows; i++) {
    const rp_graded *row = &grade->row[i];
    if (row->mark != RP_MARK_CONTRADICTION) continue;
    fprintf(out, "contradiction: sample %" PRId64, row->sample);
    if (row->radius > 0) fprintf(out, ", radius %d", row->radius);
    fprintf(out, ": known %s, found %s\n", row->known, row->found);
  }
}
