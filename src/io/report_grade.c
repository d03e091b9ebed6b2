/* A run against known answers.
 *
 * Question by question: what is known, what the run found, and whether both
 * can be right. The run may answer a question in two ways, by the query itself
 * or by the interval [lo, hi] of the sample's radius: robust up to lo, violated
 * above hi (if a counterexample stands there and not just the cap of the
 * search). Both lists are sorted by (sample, radius) and walked side by side,
 * so that what only one of them holds is graded too. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rampart/memory.h"
#include "rampart/report.h"

const char *rp_mark_name(rp_mark mark) {
  static const char *const names[RP_MARK_COUNT] = {
      "ok", "new", "open", "time-out", "missing", "contradiction"};
  return (int)mark >= 0 && mark < RP_MARK_COUNT ? names[mark] : "?";
}

/* The run, sorted. */
typedef struct run {
  const rp_query_row **query;
  int64_t n_queries;
  const rp_radius_row **radius;
  int64_t n_radii;
} run;

static int order_of(int64_t sample_a, int32_t radius_a, int64_t sample_b,
                    int32_t radius_b) {
  if (sample_a != sample_b) return sample_a < sample_b ? -1 : 1;
  return (radius_a > radius_b) - (radius_a < radius_b);
}

static int queries_compared(const void *left, const void *right) {
  const rp_query_row *a = *(const rp_query_row *const *)left;
  const rp_query_row *b = *(const rp_query_row *const *)right;
  return order_of(a->sample, a->radius, b->sample, b->radius);
}

static int radii_compared(const void *left, const void *right) {
  const rp_radius_row *a = *(const rp_radius_row *const *)left;
  const rp_radius_row *b = *(const rp_radius_row *const *)right;
  return order_of(a->sample, 0, b->sample, 0);
}

static void run_fini(run *r) {
  free(r->query);
  free(r->radius);
}

static rp_status run_init(run *r, const rp_results *results, rp_error *err) {
  r->n_queries = results->n_queries;
  r->n_radii = results->n_radii;
  r->query = rp_alloc((size_t)r->n_queries, sizeof *r->query);
  r->radius = rp_alloc((size_t)r->n_radii, sizeof *r->radius);
  if (!r->query || !r->radius) {
    run_fini(r);
    return rp_fail(err, RP_E_MEMORY, "known answers: out of memory");
  }
  for (int64_t i = 0; i < r->n_queries; i++) r->query[i] = &results->query[i];
  for (int64_t i = 0; i < r->n_radii; i++) r->radius[i] = &results->radius[i];
  qsort(r->query, (size_t)r->n_queries, sizeof *r->query, queries_compared);
  qsort(r->radius, (size_t)r->n_radii, sizeof *r->radius, radii_compared);
  return RP_OK;
}

static const rp_radius_row *radius_of(const run *r, int64_t sample) {
  const rp_radius_row key = {.sample = sample}, *at = &key;
  const rp_radius_row **found = bsearch(&at, r->radius, (size_t)r->n_radii,
                                        sizeof *r->radius, radii_compared);
  return found ? *found : NULL;
}

/* What the interval of a radius says about one radius. */
static rp_verdict implied(const rp_radius_row *row, int32_t radius) {
  if (row->verdict == RP_MISCLASSIFIED || row->verdict == RP_INVALID)
    return row->verdict;
  if (radius <= row->lo) return RP_ROBUST;
  if (radius > row->hi && row->counterexample >= 0) return RP_VIOLATED;
  return RP_UNKNOWN;
}

/* ---- Marks ---- */

static rp_mark mark_of_verdict(rp_verdict known, rp_verdict found) {
  if (known == RP_UNKNOWN) {
    if (found == RP_ROBUST || found == RP_VIOLATED) return RP_MARK_NEW;
    return found == RP_MISCLASSIFIED ? RP_MARK_OK : RP_MARK_OPEN;
  }
  if (found == known) return RP_MARK_OK;
  return found == RP_UNKNOWN ? RP_MARK_TIMEOUT : RP_MARK_CONTRADICTION;
}

static rp_mark mark_of_radius(int32_t known, const rp_radius_row *row) {
  const bool nothing_asked =
      row->verdict == RP_MISCLASSIFIED || row->verdict == RP_INVALID;
  const bool closed = row->lo == row->hi;
  if (known < 0) {
    if (nothing_asked)
      return row->verdict == RP_MISCLASSIFIED ? RP_MARK_OK : RP_MARK_OPEN;
    return closed ? RP_MARK_NEW : RP_MARK_OPEN;
  }
  if (nothing_asked || row->lo > known ||
      (row->hi < known && row->counterexample >= 0))
    return RP_MARK_CONTRADICTION;
  return closed ? RP_MARK_OK : RP_MARK_TIMEOUT;
}

static void radius_named(const rp_radius_row *row, char *text, size_t size) {
  if (row->verdict == RP_MISCLASSIFIED || row->verdict == RP_INVALID)
    snprintf(text, size, "%s", rp_verdict_name(row->verdict));
  else if (row->lo == row->hi)
    snprintf(text, size, "%d", row->lo);
  else
    snprintf(text, size, "%d..%d", row->lo, row->hi);
}

/* Room was made for every row beforehand. */
static rp_graded *appended(rp_grade *grade, int64_t sample, int32_t radius,
                           rp_mark mark) {
  rp_graded *row = &grade->row[grade->n_rows++];
  *row = (rp_graded){.sample = sample, .radius = radius, .mark = mark};
  grade->count[mark]++;
  return row;
}

static void verdict_graded(rp_grade *grade, int64_t sample, int32_t radius,
                           rp_verdict known, rp_verdict found) {
  rp_graded *row =
      appended(grade, sample, radius, mark_of_verdict(known, found));
  snprintf(row->known, sizeof row->known, "%s", rp_verdict_name(known));
  snprintf(row->found, sizeof row->found, "%s", rp_verdict_name(found));
}

static void radius_graded(rp_grade *grade, int32_t known,
                          const rp_radius_row *found) {
  rp_graded *row =
      appended(grade, found->sample, 0, mark_of_radius(known, found));
  if (known < 0)
    snprintf(row->known, sizeof row->known, "unknown");
  else
    snprintf(row->known, sizeof row->known, "%d", known);
  radius_named(found, row->found, sizeof row->found);
}

/* Known, and nothing in the run about it; not worth a row if nobody knew. */
static void missing_graded(rp_grade *grade, const rp_known_row *k, bool radii) {
  if (radii ? k->maximum < 0 : k->verdict == RP_UNKNOWN) return;
  rp_graded *row = appended(grade, k->sample, k->radius, RP_MARK_MISSING);
  if (radii)
    snprintf(row->known, sizeof row->known, "%d", k->maximum);
  else
    snprintf(row->known, sizeof row->known, "%s", rp_verdict_name(k->verdict));
  snprintf(row->found, sizeof row->found, "nothing");
}

/* ---- Known verdicts ---- */

/* No query at this radius: the sample's interval may answer all the same. */
static void unasked_graded(rp_grade *grade, const run *r,
                           const rp_known_row *k) {
  const rp_radius_row *radius = radius_of(r, k->sample);
  if (radius)
    verdict_graded(grade, k->sample, k->radius, k->verdict,
                   implied(radius, k->radius));
  else
    missing_graded(grade, k, false);
}

static void asked_graded(rp_grade *grade, const run *r, const rp_query_row *q,
                         rp_verdict known) {
  rp_verdict found = q->verdict;
  if (found == RP_UNKNOWN) {
    const rp_radius_row *radius = radius_of(r, q->sample);
    if (radius) found = implied(radius, q->radius);
  }
  verdict_graded(grade, q->sample, q->radius, known, found);
}

/* Does the next query ask the same? */
static bool asked_again(const run *r, int64_t j) {
  return j + 1 < r->n_queries &&
         !queries_compared(&r->query[j], &r->query[j + 1]);
}

static void verdicts_graded(rp_grade *grade, const run *r,
                            const rp_known *known) {
  int64_t i = 0, j = 0;
  while (i < known->n_rows || j < r->n_queries) {
    const rp_known_row *k = i < known->n_rows ? &known->row[i] : NULL;
    const rp_query_row *q = j < r->n_queries ? r->query[j] : NULL;
    int order = k ? -1 : 1;
    if (k && q) order = order_of(k->sample, k->radius, q->sample, q->radius);
    if (order < 0) {
      unasked_graded(grade, r, k);
      i++;
    } else {
      asked_graded(grade, r, q, order == 0 ? k->verdict : RP_UNKNOWN);
      if (order == 0 && !asked_again(r, j)) i++;
      j++;
    }
  }
}

/* ---- Known maximum radii ---- */

static const rp_known_row *maximum_of(const rp_known *known, int64_t sample) {
  int64_t lo = 0, hi = known->n_rows;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    if (known->row[mid].sample < sample)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < known->n_rows && known->row[lo].sample == sample ? &known->row[lo]
                                                               : NULL;
}

static void radii_graded(rp_grade *grade, const run *r, const rp_known *known) {
  for (int64_t i = 0; i < r->n_radii; i++) {
    const rp_known_row *k = maximum_of(known, r->radius[i]->sample);
    radius_graded(grade, k ? k->maximum : -1, r->radius[i]);
  }
  for (int64_t i = 0; i < known->n_rows; i++)
    if (!radius_of(r, known->row[i].sample))
      missing_graded(grade, &known->row[i], true);
}

static rp_verdict known_at(const rp_known_row *k, int32_t radius) {
  if (!k || k->maximum < 0) return RP_UNKNOWN;
  return radius <= k->maximum ? RP_ROBUST : RP_VIOLATED;
}

static bool has_query(const run *r, int64_t sample) {
  int64_t lo = 0, hi = r->n_queries;
  while (lo < hi) {
    const int64_t mid = lo + (hi - lo) / 2;
    if (r->query[mid]->sample < sample)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < r->n_queries && r->query[lo]->sample == sample;
}

static void queries_graded_by_maxima(rp_grade *grade, const run *r,
                                     const rp_known *known) {
  for (int64_t j = 0; j < r->n_queries; j++) {
    const rp_query_row *q = r->query[j];
    verdict_graded(grade, q->sample, q->radius,
                   known_at(maximum_of(known, q->sample), q->radius),
                   q->verdict);
  }
  for (int64_t i = 0; i < known->n_rows; i++)
    if (!has_query(r, known->row[i].sample))
      missing_graded(grade, &known->row[i], true);
}

/* ---- All ---- */

static int graded_compared(const void *left, const void *right) {
  const rp_graded *a = left, *b = right;
  const int order = order_of(a->sample, a->radius, b->sample, b->radius);
  return order ? order : (int)a->mark - (int)b->mark;
}

rp_status rp_grade_results(const rp_results *results, const rp_known *known,
                           rp_grade **grade, rp_error *err) {
  run r;
  RP_TRY(run_init(&r, results, err));
  const int64_t most = known->n_rows + r.n_queries + r.n_radii;
  rp_grade *g = rp_alloc(1, sizeof *g);
  if (g) g->row = rp_alloc((size_t)most, sizeof *g->row);
  if (!g || !g->row) {
    rp_grade_free(g);
    run_fini(&r);
    return rp_fail(err, RP_E_MEMORY, "known answers: out of memory");
  }
  if (!known->radii)
    verdicts_graded(g, &r, known);
  else if (r.n_radii > 0)
    radii_graded(g, &r, known);
  else
    queries_graded_by_maxima(g, &r, known);
  qsort(g->row, (size_t)g->n_rows, sizeof *g->row, graded_compared);
  run_fini(&r);
  *grade = g;
  return RP_OK;
}

void rp_grade_free(rp_grade *grade) {
  if (!grade) return;
  free(grade->row);
  free(grade);
}

void rp_grade_print(FILE *out, const rp_grade *grade) {
  fputs("known answers:", out);
  for (int mark = 0; mark < RP_MARK_COUNT; mark++)
    fprintf(out, "%s %" PRId64 " %s", mark ? "," : "", grade->count[mark],
            rp_mark_name((rp_mark)mark));
  fputc('\n', out);
  for (int64_t i = 0; i < grade->n_rows; i++) {
    const rp_graded *row = &grade->row[i];
    if (row->mark != RP_MARK_CONTRADICTION) continue;
    fprintf(out, "contradiction: sample %" PRId64, row->sample);
    if (row->radius > 0) fprintf(out, ", radius %d", row->radius);
    fprintf(out, ": known %s, found %s\n", row->known, row->found);
  }
}
