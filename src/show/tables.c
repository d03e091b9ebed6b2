/* Prints the summary of results in tables of at most 80 columns: what was
 * decided, why the rest is open, and what it cost. Lines of zeros are omitted.
 */
#include <inttypes.h>
#include <stdbool.h>

#include "core/pair.h"
#include "show/table.h"

enum { RADII = RP_RADIUS_MAX + 1, BAR_WIDTH = 30 };

/* ---- Queries ---- */

typedef struct tally {
  int64_t verdict[RP_VERDICT_COUNT];
  int64_t n;
  double seconds, longest;
} tally;

static void tally_query(tally *t, const rp_query_row *q) {
  t->verdict[q->verdict]++;
  t->n++;
  t->seconds += q->seconds;
  if (q->seconds > t->longest) t->longest = q->seconds;
}

static void print_tally(FILE *out, const tally *t) {
  static const rp_verdict order[] = {RP_ROBUST, RP_VIOLATED, RP_UNKNOWN,
                                     RP_MISCLASSIFIED, RP_INVALID};
  for (int i = 0; i < RP_VERDICT_COUNT; i++)
    fprintf(out, " %*" PRId64, order[i] == RP_MISCLASSIFIED ? 13 : 8,
            t->verdict[order[i]]);
  fprintf(out, " %10.3f %10.3f\n", t->seconds, t->longest);
}

static void print_queries_by_radius(FILE *out, const rp_results *r) {
  tally by_radius[RADII] = {0}, all = {0};
  for (int64_t i = 0; i < r->n_queries; i++) {
    tally_query(&by_radius[r->query[i].radius], &r->query[i]);
    tally_query(&all, &r->query[i]);
  }
  fprintf(out, "radius %8s %8s %8s %13s %8s %10s %10s\n", "robust", "violated",
          "unknown", "misclassified", "invalid", "seconds", "longest");
  int shown = 0;
  for (int radius = 0; radius < RADII; radius++) {
    if (!by_radius[radius].n) continue;
    fprintf(out, "%6d", radius);
    print_tally(out, &by_radius[radius]);
    shown++;
  }
  if (shown == 1) return;
  fprintf(out, "%6s", "all");
  print_tally(out, &all);
}

/* Print a line such as "unknown: 3 time, 1 memory", unless all counts are 0. */
static void print_counts(FILE *out, const char *title, const int64_t *count,
                         int n, const char *(*name_of)(int)) {
  const char *before = ": ";
  for (int i = 0; i < n; i++) {
    if (!count[i]) continue;
    if (*before == ':') fputs(title, out);
    fprintf(out, "%s%" PRId64 " %s", before, count[i], name_of(i));
    before = ", ";
  }
  if (*before == ',') fputc('\n', out);
}

static const char *get_reason_name(int i) {
  return rp_reason_name((rp_reason)i);
}
static const char *get_evidence_name(int i) {
  return rp_evidence_name((rp_evidence)i);
}

static void print_reasons_of_queries(FILE *out, const rp_results *r) {
  int64_t reason[RP_REASON_COUNT] = {0}, evidence[RP_EVIDENCE_COUNT] = {0};
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *q = &r->query[i];
    if (q->verdict == RP_UNKNOWN) reason[q->reason]++;
    if (q->evidence != RP_EVIDENCE_NONE) evidence[q->evidence]++;
  }
  print_counts(out, "unknown", reason, RP_REASON_COUNT, get_reason_name);
  print_counts(out, "evidence", evidence, RP_EVIDENCE_COUNT, get_evidence_name);
}

/* ---- Radii ---- */

/* The number of rows in each state, and their distribution. */
typedef struct spread {
  int64_t state[RP_RADIUS_STATE_COUNT], reason[RP_REASON_COUNT];
  int64_t closed[RADII], capped[RADII];
  int64_t from[RADII], to[RADII]; /* of open rows */
  int64_t unbounded;              /* open rows whose hi is only the cap */
  int64_t most;
  double sum_lo, sum_hi; /* of closed, capped and open rows */
} spread;

static bool has_radius(rp_radius_state state) {
  return state == RP_RADIUS_CLOSED || state == RP_RADIUS_CAPPED ||
         state == RP_RADIUS_OPEN;
}

static void tally_radius(spread *s, const rp_radius_row *row, int32_t cap) {
  const rp_radius_state state = rp_radius_get_state(row, cap);
  s->state[state]++;
  if (row->verdict == RP_UNKNOWN) s->reason[row->reason]++;
  if (!has_radius(state)) return;
  s->sum_lo += row->lo;
  s->sum_hi += row->hi;
  if (state == RP_RADIUS_CAPPED) s->capped[row->lo]++;
  if (state == RP_RADIUS_CLOSED && ++s->closed[row->lo] > s->most)
    s->most = s->closed[row->lo];
  if (state != RP_RADIUS_OPEN) return;
  s->unbounded += rp_radius_is_unbounded(row, cap);
  s->from[row->lo]++;
  s->to[row->hi]++;
}

static void print_bar(FILE *out, int64_t value, int64_t most) {
  const int64_t length =
      most > BAR_WIDTH ? (value * BAR_WIDTH + most - 1) / most : value;
  if (length) fputs("  ", out);
  for (int64_t i = 0; i < length; i++) fputc('#', out);
  fputc('\n', out);
}

/* Print the mean over all samples that have a radius. If one of them has no
 * upper bound, the mean has none either. */
static void print_mean(FILE *out, const rp_results *r, const spread *s) {
  const int64_t open = s->state[RP_RADIUS_OPEN];
  const int64_t capped = s->state[RP_RADIUS_CAPPED];
  const int64_t count = s->state[RP_RADIUS_CLOSED] + capped + open;
  const double n = (double)count;
  if (count == 0) return;
  fputs("mean radius: ", out);
  if (capped + s->unbounded > 0)
    fprintf(out, "at least %.3f", s->sum_lo / n);
  else if (open > 0)
    fprintf(out, "between %.3f and %.3f", s->sum_lo / n, s->sum_hi / n);
  else
    fprintf(out, "%.3f", s->sum_lo / n);
  fprintf(out, ", of the %" PRId64 " %s%s %s\n", count,
          r->provenance.targets ? "pair" : "sample", count == 1 ? "" : "s",
          rp_provenance_correct(&r->provenance));
}

/* Print closed and open always, the other states only if there are any. */
static void print_states(FILE *out, const spread *s) {
  const char *before = ": ";
  for (int i = 0; i < RP_RADIUS_STATE_COUNT; i++) {
    const bool always = i == RP_RADIUS_CLOSED || i == RP_RADIUS_OPEN;
    if (!always && s->state[i] == 0) continue;
    fprintf(out, "%s%" PRId64 " %s", before, s->state[i],
            rp_radius_state_name((rp_radius_state)i));
    before = ", ";
  }
  fputc('\n', out);
}

static void print_caps(FILE *out, const spread *s, int32_t cap) {
  if (s->state[RP_RADIUS_CAPPED] > 0)
    fprintf(out,
            "capped: searches asked radii up to %" PRId32
            "; the maximum is that or more\n",
            cap);
  if (s->unbounded > 0)
    fprintf(out,
            "open without an upper bound: %" PRId64 "; \"open to\" is only the "
            "cap of %" PRId32 "\n",
            s->unbounded, cap);
}

static void print_radii_by_value(FILE *out, const spread *s) {
  const bool capped = s->state[RP_RADIUS_CAPPED] > 0;
  fprintf(out, "radius %8s %10s %10s", "closed", "open from", "open to");
  fputs(capped ? "   capped\n" : "\n", out);
  for (int i = 0; i < RADII; i++) {
    if (!s->closed[i] && !s->capped[i] && !s->from[i] && !s->to[i]) continue;
    fprintf(out, "%6d %8" PRId64 " %10" PRId64 " %10" PRId64, i, s->closed[i],
            s->from[i], s->to[i]);
    if (capped) fprintf(out, " %8" PRId64, s->capped[i]);
    print_bar(out, s->closed[i], s->most);
  }
}

static void print_radii(FILE *out, const rp_results *r) {
  const int32_t cap = r->provenance.radius_cap;
  spread s = {.most = 0};
  for (int64_t i = 0; i < r->n_radii; i++) tally_radius(&s, &r->radius[i], cap);
  fprintf(out, "maximum %sradius of %" PRId64 " %s%s",
          rp_norm_prefix(r->provenance.options.norm), r->n_radii,
          r->provenance.targets ? "pair" : "sample",
          r->n_radii == 1 ? "" : "s");
  print_states(out, &s);
  print_radii_by_value(out, &s);
  print_mean(out, r, &s);
  print_caps(out, &s, cap);
  print_counts(out, s.state[RP_RADIUS_UNASKED] > 0 ? "open or unasked" : "open",
               s.reason, RP_REASON_COUNT, get_reason_name);
}

/* ---- Times ---- */

static void print_query_times(FILE *out, const rp_results *r) {
  const rp_query_row *longest = NULL;
  double wall = 0, cpu = 0;
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *q = &r->query[i];
    wall += q->seconds;
    cpu += q->cpu_seconds;
    if (!longest || q->seconds > longest->seconds) longest = q;
  }
  if (!longest) return;
  const int32_t targets = r->provenance.targets;
  fprintf(out, "time: %.3f s over all queries, %.3f s CPU\n", wall, cpu);
  fprintf(out, "longest: %.3f s, sample %" PRId64 ", radius %d\n",
          longest->seconds, rp_pair_sample(longest->sample, targets),
          longest->radius);
}

static void print_search_times(FILE *out, const rp_results *r) {
  const rp_radius_row *longest = NULL;
  double wall = 0, cpu = 0;
  for (int64_t i = 0; i < r->n_radii; i++) {
    const rp_radius_row *row = &r->radius[i];
    wall += row->seconds;
    cpu += row->cpu_seconds;
    if (!longest || row->seconds > longest->seconds) longest = row;
  }
  if (!longest) return;
  fprintf(out, "time: %.3f s over all searches, %.3f s CPU\n", wall, cpu);
  fprintf(out, "longest search: %.3f s, sample %" PRId64 "\n", longest->seconds,
          rp_pair_sample(longest->sample, r->provenance.targets));
}

static void print_rank_times(FILE *out, const rp_results *r) {
  if (r->n_ranks == 0) return;
  double sum = 0, least = r->rank[0].busy_seconds, most = least;
  for (int64_t i = 0; i < r->n_ranks; i++) {
    const double busy = r->rank[i].busy_seconds;
    sum += busy;
    if (busy < least) least = busy;
    if (busy > most) most = busy;
  }
  fprintf(out, "ranks of the last run: %" PRId64 ", busy %.3f s", r->n_ranks,
          sum);
  if (r->n_ranks > 1)
    fprintf(out, " in all, %.3f s to %.3f s each", least, most);
  fputc('\n', out);
}

/* Warn about many misclassified samples: nothing else reveals the labels of
 * another dataset or wrong bit widths. */
static void print_doubt(FILE *out, const rp_results *r) {
  int64_t wrong = 0;
  const int64_t all = r->n_queries + r->n_radii;
  for (int64_t i = 0; i < r->n_queries; i++)
    wrong += r->query[i].verdict == RP_MISCLASSIFIED;
  for (int64_t i = 0; i < r->n_radii; i++)
    wrong += r->radius[i].verdict == RP_MISCLASSIFIED;
  if (*r->provenance.options.property) return;
  if (all >= 4 && wrong * 2 > all)
    fprintf(out, "note: most samples are misclassified: do the labels, the "
                 "dataset and\nthe bits belong to this network?\n");
}

void rp_show_summary(FILE *out, const rp_results *results) {
  if (results->n_queries == 0 && results->n_radii == 0)
    fputs("no queries and no radii\n", out);
  if (results->n_radii > 0) {
    print_radii(out, results);
    fputc('\n', out);
  }
  if (results->n_queries > 0) {
    const char *const norm = rp_norm_prefix(results->provenance.options.norm);
    fprintf(out, "%" PRId64 " %s%squer%s%s\n", results->n_queries, norm,
            *norm ? "radius " : "", results->n_queries == 1 ? "y" : "ies",
            results->n_radii > 0 ? " beside those of the searches" : "");
    print_queries_by_radius(out, results);
    print_reasons_of_queries(out, results);
    fputc('\n', out);
  }
  rp_show_accuracy(out, results);
  rp_show_pairs(out, results);
  rp_show_places(out, results);
  print_query_times(out, results);
  print_search_times(out, results);
  print_rank_times(out, results);
  print_doubt(out, results);
}
