/* Merges the facts of both results, which are sorted by sample. */
#include "show/diff.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/pair.h"
#include "core/text.h"
#include "show/table.h"
#include "store/same_job.h"

const char *rp_change_name(rp_change change) {
  static const char *const names[RP_CHANGE_COUNT] = {
      "none",      "narrower_a", "narrower_b", "overlap", "greater_a",
      "greater_b", "wrong_a",    "wrong_b",    "only_a",  "only_b"};
  return (unsigned)change < RP_CHANGE_COUNT ? names[change] : "?";
}

/* ---- Comparison ---- */

static bool is_excluded(const rp_facts *f) {
  return f->misclassified || f->invalid;
}

static rp_change compare_intervals(const rp_facts *a, const rp_facts *b) {
  if (a->proved >= b->refuted) return RP_CHANGE_GREATER_A;
  if (b->proved >= a->refuted) return RP_CHANGE_GREATER_B;
  const bool a_inside = a->proved >= b->proved && a->refuted <= b->refuted;
  const bool b_inside = b->proved >= a->proved && b->refuted <= a->refuted;
  if (a_inside && b_inside) return RP_CHANGE_NONE;
  if (a_inside) return RP_CHANGE_NARROWER_A;
  return b_inside ? RP_CHANGE_NARROWER_B : RP_CHANGE_OVERLAP;
}

static rp_change compare_facts(const rp_facts *a, const rp_facts *b) {
  const bool no_a = is_excluded(a), no_b = is_excluded(b);
  if (no_a && no_b) return RP_CHANGE_NONE;
  if (no_a) return RP_CHANGE_WRONG_A;
  return no_b ? RP_CHANGE_WRONG_B : compare_intervals(a, b);
}

static void add_row(rp_diff *diff, const rp_facts *a, const rp_facts *b) {
  rp_diff_row *const row = &diff->row[diff->n_rows++];
  *row = (rp_diff_row){.sample = a ? a->sample : b->sample};
  if (a) row->a = *a;
  if (b) row->b = *b;
  row->change = !b   ? RP_CHANGE_ONLY_A
                : !a ? RP_CHANGE_ONLY_B
                     : compare_facts(a, b);
  diff->count[row->change]++;
}

/* The capacity of the rows suffices for all facts. */
static void merge(rp_diff *diff, const rp_fact_list *a, const rp_fact_list *b) {
  int64_t i = 0, j = 0;
  while (i < a->n || j < b->n) {
    const rp_facts *left = i < a->n ? &a->of[i] : NULL;
    const rp_facts *right = j < b->n ? &b->of[j] : NULL;
    if (left && right && left->sample != right->sample) {
      if (left->sample < right->sample)
        right = NULL;
      else
        left = NULL;
    }
    add_row(diff, left, right);
    i += left != NULL;
    j += right != NULL;
  }
  if (!diff->is_same_network) return;
  for (int c = RP_CHANGE_GREATER_A; c <= RP_CHANGE_WRONG_B; c++)
    diff->n_contradictions += diff->count[c];
}

static rp_status compare(rp_diff *diff, rp_error *err) {
  rp_fact_list a = {.n = 0}, b = {.n = 0};
  rp_status st = rp_facts_collect_results(diff->a, &a, err);
  if (st == RP_OK) st = rp_facts_collect_results(diff->b, &b, err);
  if (st == RP_OK) {
    diff->row = rp_alloc((size_t)(a.n + b.n), sizeof *diff->row);
    if (diff->row)
      merge(diff, &a, &b);
    else
      st = rp_fail(err, RP_E_MEMORY, "diff: out of memory");
  }
  free(a.of);
  free(b.of);
  return st;
}

static rp_status check_samples(const rp_results *a, const rp_results *b,
                               rp_error *err) {
  rp_same_item item, found;
  if (!rp_provenance_has_same_step(&a->provenance, &b->provenance))
    return rp_fail(err, RP_E_USAGE,
                   "diff: expected the same input step in both results; found "
                   "1/%d of the range, %.6g, and 1/%d of the range, %.6g",
                   a->provenance.in_hi, a->provenance.in_step,
                   b->provenance.in_hi, b->provenance.in_step);
  if (!rp_same_differ(&a->provenance, &b->provenance, RP_SAME_SAMPLES, &item,
                      &found))
    return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "diff: expected the same %s in both results, found '%s' and "
                 "'%s'",
                 item.name,
                 *item.value ? rp_printable(item.value).text : "none",
                 *found.value ? rp_printable(found.value).text : "none");
}

rp_status rp_diff_results(const rp_results *a, const rp_results *b,
                          rp_diff **diff, rp_error *err) {
  RP_TRY(check_samples(a, b, err));
  rp_diff *const made = rp_alloc(1, sizeof *made);
  if (!made) return rp_fail(err, RP_E_MEMORY, "diff: out of memory");
  made->a = a;
  made->b = b;
  made->is_same_network = !rp_same_differ(&a->provenance, &b->provenance,
                                          RP_SAME_NETWORK, NULL, NULL);
  const rp_status st = compare(made, err);
  if (st == RP_OK)
    *diff = made;
  else
    rp_diff_free(made);
  return st;
}

void rp_diff_free(rp_diff *diff) {
  if (!diff) return;
  free(diff->row);
  free(diff);
}

/* ---- Printing ---- */

static const char *const says[RP_CHANGE_COUNT] = {"the same in both",
                                                  "a narrower interval in A",
                                                  "a narrower interval in B",
                                                  "intervals that overlap",
                                                  "more robust in A",
                                                  "more robust in B",
                                                  "misclassified only in A",
                                                  "misclassified only in B",
                                                  "only in A",
                                                  "only in B"};

static void print_counts(FILE *out, const rp_diff *diff) {
  fprintf(out, "%" PRId64 " %s%s\n", diff->n_rows,
          diff->a->provenance.targets ? "pair" : "sample",
          diff->n_rows == 1 ? "" : "s");
  for (int c = 0; c < RP_CHANGE_COUNT; c++)
    if (diff->count[c])
      fprintf(out, "%8" PRId64 " %s\n", diff->count[c], says[c]);
}

enum { INTERVAL_SIZE = 32 };

static const char *describe(const rp_facts *f, bool is_there,
                            char text[INTERVAL_SIZE]) {
  if (!is_there)
    snprintf(text, INTERVAL_SIZE, "-");
  else if (is_excluded(f))
    snprintf(text, INTERVAL_SIZE, "%s",
             f->misclassified ? "misclassified" : "invalid");
  else if (f->refuted == INT32_MAX)
    snprintf(text, INTERVAL_SIZE, "%d or more", f->proved);
  else if (f->proved == f->refuted - 1)
    snprintf(text, INTERVAL_SIZE, "%d", f->proved);
  else
    snprintf(text, INTERVAL_SIZE, "%d..%d", f->proved, f->refuted - 1);
  return text;
}

static void print_rows(FILE *out, const rp_diff *diff, int64_t limit) {
  int64_t left = diff->n_rows - diff->count[RP_CHANGE_NONE];
  if (left == 0 || limit == 0) return;
  const int32_t targets = diff->a->provenance.targets;
  fputs("  sample", out);
  if (targets) fprintf(out, " %7s", rp_provenance_part(&diff->a->provenance));
  fprintf(out, " %14s %14s  change\n", "A", "B");
  for (int64_t i = 0; i < diff->n_rows && limit != 0; i++) {
    const rp_diff_row *const row = &diff->row[i];
    char a[INTERVAL_SIZE], b[INTERVAL_SIZE];
    if (row->change == RP_CHANGE_NONE) continue;
    fprintf(out, "%8" PRId64, rp_pair_sample(row->sample, targets));
    if (targets) fprintf(out, " %7d", rp_pair_target(row->sample, targets));
    fprintf(out, " %14s %14s  %s\n",
            describe(&row->a, row->change != RP_CHANGE_ONLY_B, a),
            describe(&row->b, row->change != RP_CHANGE_ONLY_A, b),
            says[row->change]);
    left--;
    limit--;
  }
  if (left > 0)
    fprintf(out, "... and %" PRId64 " more rows: --rows all\n", left);
}

void rp_diff_print(FILE *out, const rp_diff *diff, const char *const name[2],
                   int64_t limit) {
  const rp_results *const side[2] = {diff->a, diff->b};
  for (int i = 0; i < 2; i++)
    fprintf(out, "%c: %s, network %s\n", 'A' + i, rp_printable(name[i]).text,
            rp_printable(side[i]->provenance.network).text);
  fputc('\n', out);
  print_counts(out, diff);
  fputc('\n', out);
  for (int i = 0; i < 2; i++) {
    fprintf(out, "%c, ", 'A' + i);
    rp_show_accuracy(out, side[i]);
  }
  print_rows(out, diff, limit);
}

static void put_interval(FILE *out, const rp_facts *f, bool is_there) {
  if (!is_there || f->invalid)
    fputs(",,", out);
  else if (f->misclassified)
    fputs(",-1,-1", out);
  else if (f->refuted == INT32_MAX)
    fprintf(out, ",%d,", f->proved);
  else
    fprintf(out, ",%d,%d", f->proved, f->refuted - 1);
}

void rp_diff_csv(FILE *out, const rp_diff *diff) {
  const int32_t targets = diff->a->provenance.targets;
  fputs("sample,", out);
  if (targets) fprintf(out, "%s,", rp_provenance_part(&diff->a->provenance));
  fputs("change,lo_a,hi_a,lo_b,hi_b\n", out);
  for (int64_t i = 0; i < diff->n_rows; i++) {
    const rp_diff_row *const row = &diff->row[i];
    fprintf(out, "%" PRId64, rp_pair_sample(row->sample, targets));
    if (targets) fprintf(out, ",%d", rp_pair_target(row->sample, targets));
    fprintf(out, ",%s", rp_change_name(row->change));
    put_interval(out, &row->a, row->change != RP_CHANGE_ONLY_B);
    put_interval(out, &row->b, row->change != RP_CHANGE_ONLY_A);
    fputc('\n', out);
  }
}
