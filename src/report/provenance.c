/* Writes the key figures, one column for each result, and the provenance. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page_internal.h"

#include "core/number.h"

/* ---- Key figures ---- */

typedef struct key_row {
  const char *name;
  void (*write)(FILE *out, const rp_page_part *part);
} key_row;

static void put_samples(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  rp_page_count(out, d->n_samples);
  if (d->n_unasked > 0) {
    fputs(", of them ", out);
    rp_page_count(out, d->n_unasked);
    fputs(" not asked", out);
  }
  if (d->n_invalid > 0) {
    fputs(", of them ", out);
    rp_page_count(out, d->n_invalid);
    fputs(" invalid", out);
  }
}

static void put_correct(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  rp_page_count(out, d->n_correct);
  fputs(" (", out);
  rp_page_share(out, d->n_correct, d->n_asked);
  fputs(")", out);
}

/* Write closed and open always, the other states only if there are any. */
static void put_radii(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  const char *before = "";
  if (part->results->n_radii == 0) {
    fputs("–", out);
    return;
  }
  for (int i = RP_RADIUS_CLOSED; i <= RP_RADIUS_UNASKED; i++) {
    const bool always = i == RP_RADIUS_CLOSED || i == RP_RADIUS_OPEN;
    if (!always && d->state[i] == 0) continue;
    fputs(before, out);
    rp_page_amount(out, part, d->state[i], part->results->n_radii);
    fprintf(out, " %s", rp_radius_state_name((rp_radius_state)i));
    before = ", ";
  }
}

static void put_range(FILE *out, const rp_page_part *part,
                      rp_digest_range range, int digits) {
  const rp_page_norm *const norm = rp_page_get_norm(part);
  const bool is_one = range.lo == 1 && range.hi == 1;
  rp_page_range(out, range, digits);
  if (!isnan(range.lo)) fprintf(out, " %s", is_one ? norm->one : norm->many);
}

static void put_mean(FILE *out, const rp_page_part *part) {
  put_range(out, part, part->digest->mean, 2);
}

static void put_median(FILE *out, const rp_page_part *part) {
  put_range(out, part, part->digest->median, -1);
}

static void put_least(FILE *out, const rp_page_part *part) {
  put_range(out, part, part->digest->least, 0);
}

static void put_greatest(FILE *out, const rp_page_part *part) {
  put_range(out, part, part->digest->greatest, 0);
}

static void put_queries(FILE *out, const rp_page_part *part) {
  rp_page_count(out, part->results->n_queries);
}

static void put_decided(FILE *out, const rp_page_part *part) {
  if (part->results->n_queries == 0) {
    fputs("–", out);
    return;
  }
  rp_page_verdict_counts(out, part, "");
}

static void put_busy(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  rp_page_seconds(out, d->busy_s);
  fputs(" (CPU ", out);
  rp_page_seconds(out, d->cpu_s);
  fputs(")", out);
}

static void put_limit(FILE *out, const rp_page_part *part) {
  const double limit_s = part->results->provenance.options.time_limit;
  if (limit_s >= RP_NO_LIMIT_S)
    fputs("none", out);
  else
    rp_page_seconds(out, limit_s);
}

static void put_sample_limit(FILE *out, const rp_page_part *part) {
  const rp_options *const options = &part->results->provenance.options;
  if (part->results->n_radii == 0 || options->sample_limit >= RP_NO_LIMIT_S) {
    fputs("none", out);
    return;
  }
  rp_page_seconds(out, options->sample_limit);
  fputs(" CPU", out);
}

static bool has_sample_limit(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->n_radii > 0 &&
        page->part[i].results->provenance.options.sample_limit < RP_NO_LIMIT_S)
      return true;
  return false;
}

static void put_machine(FILE *out, const rp_page_part *part) {
  const rp_provenance *const p = &part->results->provenance;
  fprintf(out, "%d × %d thread%s", p->ranks, p->threads,
          p->threads == 1 ? "" : "s");
}

static bool has_queries(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->n_queries > 0) return true;
  return false;
}

static bool has_radii(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->n_radii > 0) return true;
  return false;
}

static void write_row(const rp_page *page, const key_row *row) {
  fprintf(page->out, "<tr><th scope=\"row\">%s</th>", row->name);
  for (int i = 0; i < page->n; i++) {
    fputs("<td", page->out);
    if (page->n > 1) {
      fputs(" data-result=\"", page->out);
      rp_xml_text(page->out, page->part[i].name);
      fputs("\"", page->out);
    }
    fputs(">", page->out);
    row->write(page->out, &page->part[i]);
    fputs("</td>", page->out);
  }
  fputs("</tr>\n", page->out);
}

static void write_rows(const rp_page *page, const key_row *rows, int n) {
  for (int i = 0; i < n; i++) write_row(page, &rows[i]);
}

static bool has_property(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (*page->part[i].results->provenance.options.property) return true;
  return false;
}

static void write_names(const rp_page *page) {
  if (page->n == 1) return;
  fputs("<thead><tr><td></td>", page->out);
  for (int i = 0; i < page->n; i++) {
    fprintf(page->out,
            "<th scope=\"col\"><a href=\"#part-%d\"><i "
            "style=\"background:%s\"></i>",
            i, page->part[i].colour);
    rp_xml_text(page->out, page->part[i].name);
    fputs("</a></th>", page->out);
  }
  fputs("</tr></thead>", page->out);
}

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

void rp_page_key_figures(const rp_page *page) {
  static const key_row samples[] = {{"Samples", put_samples},
                                    {"Pairs of sample and target", put_samples},
                                    {"Pairs of sample and place", put_samples}};
  static const key_row correct[] = {{"Classified as labelled", put_correct},
                                    {"Not misclassified", put_correct}};
  static const key_row radii[] = {{"Maximum radii", put_radii},
                                  {"Mean radius", put_mean},
                                  {"Median radius", put_median},
                                  {"Least radius", put_least},
                                  {"Greatest radius", put_greatest}};
  static const key_row queries[] = {{"Queries", put_queries},
                                    {"Verdicts", put_decided}};
  static const key_row last[] = {{"Busy time, last run", put_busy},
                                 {"Time limit, last run", put_limit}};
  static const key_row sample_limit[] = {
      {"Limit per sample", put_sample_limit}};
  static const key_row machine[] = {{"Ranks", put_machine}};
  rp_page_figure_begin(page->out, "key", "Key figures", "");
  fputs("<div class=\"scroll\"><table class=\"key\">", page->out);
  write_names(page);
  fputs("<tbody>", page->out);
  const rp_provenance *const first = &page->part[0].results->provenance;
  write_row(page, &samples[first->patch > 0 ? 2 : first->targets > 0]);
  write_row(page, &correct[has_property(page)]);
  if (has_radii(page)) write_rows(page, radii, COUNT(radii));
  if (has_queries(page)) write_rows(page, queries, COUNT(queries));
  write_rows(page, last, COUNT(last));
  if (has_sample_limit(page)) write_rows(page, sample_limit, 1);
  write_rows(page, machine, 1);
  fputs("</tbody></table></div></figure>", page->out);
}

/* ---- Provenance ---- */

static void write_item(FILE *out, const char *name, const char *text) {
  if (!*text) return;
  fprintf(out, "<dt>%s</dt><dd>", name);
  rp_xml_text(out, text);
  fputs("</dd>\n", out);
}

static void write_digest(FILE *out, const char *name, const char *sha256) {
  if (!*sha256) return;
  fprintf(out, "<dt>%s, SHA-256</dt><dd><code>", name);
  rp_xml_text(out, sha256);
  fputs("</code></dd>\n", out);
}

static void write_options(FILE *out, const rp_options *options) {
  size_t count;
  const rp_option_info *const row = rp_option_rows(&count);
  char text[64], *end;
  fputs("<dt>Options</dt><dd>", out);
  for (size_t i = 0; i < count; i++) {
    rp_options_get(options, &row[i], text, sizeof text);
    fprintf(out, "%s%s ", i > 0 ? ", " : "", row[i].name);
    if (!strcmp(row[i].unit, "s") &&
        rp_read_real(text, &end) >= RP_NO_LIMIT_S) {
      fputs("none", out);
      continue;
    }
    rp_xml_text(out, text);
    fprintf(out, "%s%s", *row[i].unit ? " " : "", row[i].unit);
  }
  fputs("</dd>\n", out);
}

static void write_machine(FILE *out, const rp_results *r) {
  const rp_provenance *const p = &r->provenance;
  fprintf(out, "<dt>Machine</dt><dd>%d rank%s, %d thread%s each", p->ranks,
          p->ranks == 1 ? "" : "s", p->threads, p->threads == 1 ? "" : "s");
  const char *before = "; ";
  int64_t left = 0;
  for (int64_t i = 0; i < r->n_ranks; i++) {
    if (i > 0 && !strcmp(r->rank[i].host, r->rank[i - 1].host)) continue;
    if (*before == ',' && ++left > 7) continue;
    fputs(before, out);
    rp_xml_text(out, r->rank[i].host);
    before = ", ";
  }
  if (left > 7) fprintf(out, " and %" PRId64 " more", left - 7);
  fputs("</dd>\n", out);
}

static void write_step(FILE *out, double step) {
  char text[RP_REAL_SIZE];
  if (step > 0)
    write_item(out, "One step of an input", rp_write_real(step, text));
}

void rp_page_provenance(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_provenance *const p = &part->results->provenance;
  char id[64];
  const int level = rp_page_heading_level(page);
  fprintf(out, "<section class=\"wide\" id=\"%s\"><h%d>Provenance</h%d><dl>",
          rp_page_make_id(id, "provenance", part), level, level);
  write_item(out, "Results", part->source->file);
  write_item(out, "Title", p->title);
  write_item(out, "Command", p->history);
  write_item(out, "Written", p->date_created);
  write_item(out, "Network", p->network_file);
  write_digest(out, "Network", p->network_sha256);
  write_item(out, "Profile", p->network_profile);
  write_digest(out, "Source of the network", p->source_sha256);
  write_item(out, "Counterexamples have outputs with", p->options.property);
  if (p->options.norm != RP_NORM_LINF)
    write_item(out, "Radii", rp_norm_describe(p->options.norm));
  write_item(out, "Boxes or masks", p->box_file);
  write_digest(out, "Boxes or masks", p->box_sha256);
  write_item(out, "Dataset", p->dataset_file);
  write_digest(out, "Dataset", p->dataset_sha256);
  write_item(out, "Dataset's values", rp_values_name(p->values));
  write_step(out, p->in_step);
  write_item(out, "Labels", p->labels_file);
  write_digest(out, "Labels", p->labels_sha256);
  write_digest(out, "Job file", p->job_sha256);
  write_item(out, "Rampart", p->version);
  write_item(out, "Engine", p->engine);
  write_item(out, "Evidence kept", p->evidence);
  write_item(out, "Rounding rule", rp_provenance_rounding(p));
  write_item(out, "Ties", p->tie_rule);
  write_options(out, &p->options);
  write_machine(out, part->results);
  fputs("</dl></section>\n", out);
}
