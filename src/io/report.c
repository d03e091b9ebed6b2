/* Results as CSV, and the lines that say where they come from. */
#include "rampart/report.h"

#include <inttypes.h>
#include <string.h>

#include "report_table.h"

rp_status rp_report_table_parse(const char *text, rp_report_table *table,
                                rp_error *err) {
  static const char *const names[] = {"auto", "queries", "radii", "timeline"};
  for (int i = RP_REPORT_AUTO; i <= RP_REPORT_TIMELINE; i++)
    if (!strcmp(text, names[i])) {
      *table = (rp_report_table)i;
      return RP_OK;
    }
  return rp_fail(err, RP_E_USAGE,
                 "table: expected queries, radii or timeline, found '%.80s'",
                 text);
}

rp_report_table rp_report_table_chosen(const rp_results *results,
                                       rp_report_table table) {
  if (table != RP_REPORT_AUTO) return table;
  return results->n_radii > 0 ? RP_REPORT_RADII : RP_REPORT_QUERIES;
}

/* RFC 4180: a field with a comma, a quote or a line break is quoted. */
static void print_field(FILE *out, const char *text) {
  if (!strpbrk(text, ",\"\r\n")) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++) {
    if (*text == '"') fputc('"', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

static void print_query(FILE *out, const rp_query_row *q) {
  fprintf(out, ",%" PRId64 ",%d,%d,%s,%s,%s,%.6f\n", q->sample, q->label,
          q->radius, rp_verdict_name(q->verdict), rp_reason_name(q->reason),
          rp_evidence_name(q->evidence), q->seconds);
}

static void print_radius(FILE *out, const rp_radius_row *r) {
  fprintf(out, ",%" PRId64 ",%d,%d,%d,%s,%.6f\n", r->sample, r->label, r->lo,
          r->hi, rp_reason_name(r->reason), r->seconds);
}

static void print_task(FILE *out, const rp_task_row *t) {
  fprintf(out, ",%d,%" PRId64 ",%d,%d,%.6f,%.6f,%s\n", t->rank, t->sample,
          t->radius, t->piece, t->begin_s, t->end_s,
          rp_verdict_name(t->verdict));
}

static void print_radii(FILE *out, const rp_results *r) {
  fputs("network,sample,label,lo,hi,reason,seconds\n", out);
  for (int64_t i = 0; i < r->n_radii; i++) {
    print_field(out, r->provenance.network);
    print_radius(out, &r->radius[i]);
  }
}

static void print_queries(FILE *out, const rp_results *r) {
  fputs("network,sample,label,radius,verdict,reason,evidence,seconds\n", out);
  for (int64_t i = 0; i < r->n_queries; i++) {
    print_field(out, r->provenance.network);
    print_query(out, &r->query[i]);
  }
}

static void print_timeline(FILE *out, const rp_results *r) {
  fputs("network,rank,sample,radius,piece,begin_s,end_s,verdict\n", out);
  for (int64_t i = 0; i < r->n_tasks; i++) {
    print_field(out, r->provenance.network);
    print_task(out, &r->task[i]);
  }
}

void rp_report_csv(FILE *out, const rp_results *results,
                   rp_report_table table) {
  switch (rp_report_table_chosen(results, table)) {
  case RP_REPORT_RADII:
    print_radii(out, results);
    break;
  case RP_REPORT_TIMELINE:
    print_timeline(out, results);
    break;
  case RP_REPORT_AUTO:
  case RP_REPORT_QUERIES:
    print_queries(out, results);
    break;
  }
}

static void print_named(FILE *out, const char *name, const char *value,
                        const char *sha256) {
  if (!*value && !*sha256) return;
  fprintf(out, "%-8s %s", name, value);
  if (*sha256) fprintf(out, "%ssha256 %.12s", *value ? ", " : "", sha256);
  fputc('\n', out);
}

void rp_report_provenance(FILE *out, const rp_results *results) {
  const rp_provenance *p = &results->provenance;
  print_named(out, "title", p->title, "");
  print_named(out, "network", p->network, "");
  print_named(out, "file", p->network_file, p->network_sha256);
  print_named(out, "dataset", p->dataset_file, p->dataset_sha256);
  print_named(out, "job", "", p->job_sha256);
  print_named(out, "command", p->history, "");
  fprintf(out, "%-8s %s %s, engine %s, seed %" PRId64 "\n", "by", "rampart",
          p->version, p->engine[0] ? p->engine : "?", p->options.seed);
  fprintf(out, "%-8s %d rank%s, %d thread%s each\n", "on", p->ranks,
          p->ranks == 1 ? "" : "s", p->threads, p->threads == 1 ? "" : "s");
  print_named(out, "rounding", p->rule, "");
  print_named(out, "ties", p->tie_rule, "");
  print_named(out, "created", p->date_created, "");
}
