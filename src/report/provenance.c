/* Key figures, one column a result, and where the results come from. */
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

static void samples_put(FILE *out, const rp_page_part *part) {
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

static void correct_put(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  rp_page_count(out, d->n_correct);
  fputs(" (", out);
  rp_page_share(out, (double)d->n_correct, (double)d->n_asked);
  fputs(")", out);
}

/* Closed and open always, the others where there are any. */
static void radii_put(FILE *out, const rp_page_part *part) {
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
    rp_page_count(out, d->state[i]);
    fprintf(out, " %s", rp_radius_state_name((rp_radius_state)i));
    before = ", ";
  }
}

static void range_put(FILE *out, rp_digest_range range, int digits) {
  rp_page_range(out, range, digits);
  const bool is_one = range.lo == 1 && range.hi == 1;
  if (!isnan(range.lo)) fputs(is_one ? " step" : " steps", out);
}

static void mean_put(FILE *out, const rp_page_part *part) {
  range_put(out, part->digest->mean, 2);
}

static void median_put(FILE *out, const rp_page_part *part) {
  range_put(out, part->digest->median, -1);
}

static void least_put(FILE *out, const rp_page_part *part) {
  range_put(out, part->digest->least, 0);
}

static void greatest_put(FILE *out, const rp_page_part *part) {
  range_put(out, part->digest->greatest, 0);
}

static void queries_put(FILE *out, const rp_page_part *part) {
  rp_page_count(out, part->results->n_queries);
}

static void decided_put(FILE *out, const rp_page_part *part) {
  const int64_t *const v = part->digest->query_verdict;
  if (part->results->n_queries == 0) {
    fputs("–", out);
    return;
  }
  rp_page_count(out, v[RP_ROBUST]);
  fputs(" robust, ", out);
  rp_page_count(out, v[RP_VIOLATED]);
  fputs(" violated, ", out);
  rp_page_count(out, v[RP_UNKNOWN]);
  fputs(" unknown", out);
  rp_page_excluded(out, v);
}

static void busy_put(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  rp_page_seconds(out, d->busy_s);
  fputs(" (CPU ", out);
  rp_page_seconds(out, d->cpu_s);
  fputs(")", out);
}

static void limit_put(FILE *out, const rp_page_part *part) {
  const double limit_s = part->results->provenance.options.time_limit;
  if (limit_s >= RP_NO_LIMIT_S)
    fputs("none", out);
  else
    rp_page_seconds(out, limit_s);
}

static void sample_limit_put(FILE *out, const rp_page_part *part) {
  const rp_options *const options = &part->results->provenance.options;
  if (part->results->n_radii == 0 || options->sample_limit >= RP_NO_LIMIT_S) {
    fputs("none", out);
    return;
  }
  rp_page_seconds(out, options->sample_limit);
  fputs(" CPU", out);
}

static bool any_sample_limit(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->n_radii > 0 &&
        page->part[i].results->provenance.options.sample_limit < RP_NO_LIMIT_S)
      return true;
  return false;
}

static void machine_put(FILE *out, const rp_page_part *part) {
  const rp_provenance *const p = &part->results->provenance;
  fprintf(out, "%d × %d thread%s", p->ranks, p->threads,
          p->threads == 1 ? "" : "s");
}

static bool any_queries(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->n_queries > 0) return true;
  return false;
}

static bool any_radii(const rp_page *page) {
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->n_radii > 0) return true;
  return false;
}

static void row_written(const rp_page *page, const key_row *row) {
  fprintf(page->out, "<tr><th scope=\"row\">%s</th>", row->name);
  for (int i = 0; i < page->n; i++) {
    fputs("<td>", page->out);
    row->write(page->out, &page->part[i]);
    fputs("</td>", page->out);
  }
  fputs("</tr>\n", page->out);
}

static void rows_written(const rp_page *page, const key_row *rows, int n) {
  for (int i = 0; i < n; i++) row_written(page, &rows[i]);
}

static void names_written(const rp_page *page) {
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
  static const key_row first[] = {{"Samples", samples_put},
                                  {"Classified as labelled", correct_put}};
  static const key_row radii[] = {{"Maximum radii", radii_put},
                                  {"Mean radius", mean_put},
                                  {"Median radius", median_put},
                                  {"Least radius", least_put},
                                  {"Greatest radius", greatest_put}};
  static const key_row queries[] = {{"Queries", queries_put},
                                    {"Verdicts", decided_put}};
  static const key_row last[] = {{"Busy time, last run", busy_put},
                                 {"Time limit per query", limit_put}};
  static const key_row sample_limit[] = {
      {"Limit per sample", sample_limit_put}};
  static const key_row machine[] = {{"Ranks", machine_put}};
  fputs("<figure id=\"key\"><figcaption>Key figures</figcaption>"
        "<div class=\"scroll\"><table class=\"key\">",
        page->out);
  names_written(page);
  fputs("<tbody>", page->out);
  rows_written(page, first, COUNT(first));
  if (any_radii(page)) rows_written(page, radii, COUNT(radii));
  if (any_queries(page)) rows_written(page, queries, COUNT(queries));
  rows_written(page, last, COUNT(last));
  if (any_sample_limit(page)) rows_written(page, sample_limit, 1);
  rows_written(page, machine, 1);
  fputs("</tbody></table></div></figure>", page->out);
}

/* ---- Provenance ---- */

static void item_written(FILE *out, const char *name, const char *text) {
  if (!*text) return;
  fprintf(out, "<dt>%s</dt><dd>", name);
  rp_xml_text(out, text);
  fputs("</dd>\n", out);
}

static void digest_written(FILE *out, const char *name, const char *sha256) {
  if (!*sha256) return;
  fprintf(out, "<dt>%s, SHA-256</dt><dd><code>", name);
  rp_xml_text(out, sha256);
  fputs("</code></dd>\n", out);
}

static void options_written(FILE *out, const rp_options *options) {
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

static void machine_written(FILE *out, const rp_results *r) {
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

void rp_page_provenance(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_provenance *const p = &part->results->provenance;
  char id[64];
  const int level = rp_page_heading_level(page);
  fprintf(out, "<section class=\"wide\" id=\"%s\"><h%d>Provenance</h%d><dl>",
          rp_page_id(id, "provenance", part), level, level);
  item_written(out, "Results", part->source->file);
  item_written(out, "Title", p->title);
  item_written(out, "Command", p->history);
  item_written(out, "Written", p->date_created);
  item_written(out, "Network", p->network_file);
  digest_written(out, "Network", p->network_sha256);
  item_written(out, "Dataset", p->dataset_file);
  digest_written(out, "Dataset", p->dataset_sha256);
  item_written(out, "Dataset's values", rp_values_name(p->values));
  item_written(out, "Labels", p->labels_file);
  digest_written(out, "Labels", p->labels_sha256);
  digest_written(out, "Job file", p->job_sha256);
  item_written(out, "Rampart", p->version);
  item_written(out, "Engine", p->engine);
  item_written(out, "Evidence kept", p->evidence);
  item_written(out, "Rounding rule", p->rule);
  item_written(out, "Ties", p->tie_rule);
  options_written(out, &p->options);
  machine_written(out, part->results);
  fputs("</dl></section>\n", out);
}
