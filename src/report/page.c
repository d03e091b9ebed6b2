/* Lays out the page.
 *
 * It begins with what compares results (key figures, accuracy, times, radii). A
 * section for each result follows: verdicts, classes, map, rivals, blocks,
 * ranks, samples, provenance. The page is well-formed XML, so that a strict
 * parser can check it. */
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "report/page_internal.h"

/* ---- Numbers and figures ---- */

void rp_page_label_number(FILE *out, const rp_label *label, int64_t number) {
  char text[32];
  snprintf(text, sizeof text, "%" PRId64, number);
  rp_plot_label(out, label, text);
}

double rp_page_number_width(int64_t number) {
  char text[32];
  snprintf(text, sizeof text, "%" PRId64, number);
  return rp_plot_width(text);
}

void rp_page_format_count(char text[40], int64_t count) {
  char digits[32];
  const int length = snprintf(digits, sizeof digits, "%" PRId64, count);
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') *text++ = ',';
    *text++ = digits[i];
  }
  *text = '\0';
}

const char *rp_page_class(const rp_provenance *of, int32_t label,
                          char text[RP_CLASS_SIZE]) {
  rp_text_copy_listed(text, RP_CLASS_SIZE, of->class_names, label);
  return text;
}

void rp_page_put_class(FILE *out, const rp_provenance *of, int32_t label) {
  char text[RP_CLASS_SIZE];
  rp_xml_text(out, rp_page_class(of, label, text));
}

void rp_page_count(FILE *out, int64_t count) {
  char text[40];
  rp_page_format_count(text, count);
  fputs(text, out);
}

void rp_page_seconds(FILE *out, double seconds) {
  if (seconds < 0.001)
    fprintf(out, "%.3g ms", seconds * 1000);
  else if (seconds < 1)
    fprintf(out, "%.0f ms", seconds * 1000);
  else if (seconds < 100)
    fprintf(out, "%.3g s", seconds);
  else if (seconds < 3600)
    fprintf(out, "%.0f s", seconds);
  else if (seconds < 360000)
    fprintf(out, "%.3g h", seconds / 3600);
  else
    fprintf(out, "%.4g d", seconds / 86400);
}

static double get_percent(int64_t part, int64_t whole) {
  return rp_share_tenths(part, whole, RP_ROUND_NEAREST) / 10.0;
}

void rp_page_share(FILE *out, int64_t part, int64_t whole) {
  if (whole > 0)
    fprintf(out, "%.1f %%", get_percent(part, whole));
  else
    fputs("–", out);
}

static void put_number(FILE *out, double value, int digits) {
  if (digits < 0)
    fprintf(out, "%g", value);
  else
    fprintf(out, "%.*f", digits, value);
}

void rp_page_range(FILE *out, rp_digest_range range, int digits) {
  if (isnan(range.lo)) {
    fputs("–", out);
    return;
  }
  put_number(out, range.lo, digits);
  if (isinf(range.hi))
    fputs(" or more", out);
  else if (range.hi > range.lo) {
    fputs("–", out);
    put_number(out, range.hi, digits);
  }
}

const char *rp_page_get_subject(const rp_page_part *part, int64_t n) {
  const bool pairs = part->results->provenance.targets > 0;
  if (n == 1) return pairs ? "pair" : "sample";
  return pairs ? "pairs" : "samples";
}

const rp_page_norm *rp_page_get_norm(const rp_page_part *part) {
  static const rp_page_norm norms[RP_NORM_COUNT] = {
      {"step", "steps", "input steps", "L∞ radius, input steps",
       "greatest radius proved, input steps",
       "every input to change by r steps at most"},
      {"step", "steps", "input steps", "L1 radius, input steps",
       "greatest radius proved, input steps",
       "inputs to change by r steps at most, all their changes added up"},
      {"input", "inputs", "inputs", "L0 radius, inputs changed",
       "greatest radius proved, inputs changed",
       "any r inputs to change, by any number of steps"},
      {"step", "steps", "input steps", "brightness, input steps",
       "greatest brightness proved, input steps",
       "one number from -r to r to be added to all inputs, clipped to their "
       "range"},
      {"percent", "percent", "percent", "contrast, percent",
       "greatest contrast proved, percent",
       "one factor from 100 / (100 + r) to (100 + r) / 100 to stretch all "
       "inputs around the centre of their range, rounded and clipped"}};
  return &norms[part->results->provenance.options.norm];
}

void rp_page_figure_begin(FILE *out, const char *id, const char *topic,
                          const char *finding) {
  fprintf(out, "<figure id=\"%s\"><figcaption>", id);
  if (*finding) fputs("<small>", out);
  rp_xml_text(out, topic);
  if (*finding) fputs("</small>", out);
  rp_xml_text(out, finding);
  fputs("</figcaption>\n", out);
}

void rp_page_format_amount(char text[40], const rp_page_part *part,
                           int64_t count, int64_t whole) {
  if (part->in_shares && whole > 0)
    snprintf(text, 40, "%.1f %%", get_percent(count, whole));
  else
    rp_page_format_count(text, count);
}

void rp_page_amount(FILE *out, const rp_page_part *part, int64_t count,
                    int64_t whole) {
  char text[40];
  rp_page_format_amount(text, part, count, whole);
  fputs(text, out);
}

void rp_page_figure_end(FILE *out) {
  fputs("</figure>\n", out);
}

const char *rp_page_make_id(char id[64], const char *name,
                            const rp_page_part *part) {
  snprintf(id, 64, "%s-%d", name, part->number);
  return id;
}

/* ---- Head ---- */

static void write_count(FILE *out, int64_t n, const char *one,
                        const char *many) {
  rp_page_count(out, n);
  fprintf(out, " %s", n == 1 ? one : many);
}

static void write_is_or_are(FILE *out, int64_t n) {
  rp_page_count(out, n);
  fputs(n == 1 ? " is" : " are", out);
}

static void write_state(FILE *out, int64_t count, const char *what) {
  if (count == 0) return;
  fputs("; ", out);
  write_is_or_are(out, count);
  fprintf(out, " %s", what);
}

static void write_radii(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  char cap[64];
  if (d->n_radii == 0) return;
  snprintf(cap, sizeof cap, "at the cap of the search, %" PRId32,
           d->results->provenance.radius_cap);
  fputs(" The maximum robustness radius of ", out);
  rp_page_count(out, d->n_radii);
  fprintf(out, " %s", rp_page_get_subject(part, d->n_radii));
  fputs(" has a mean of ", out);
  rp_page_range(out, d->mean, 2);
  fprintf(out, " %s; the least is ", rp_page_get_norm(part)->unit);
  rp_page_range(out, d->least, 0);
  fputs(", the greatest ", out);
  rp_page_range(out, d->greatest, 0);
  write_state(out, d->state[RP_RADIUS_CAPPED], cap);
  write_state(out, d->state[RP_RADIUS_OPEN], "open");
  fputs(".", out);
}

static void write_samples(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  rp_page_count(out, d->n_correct);
  fputs(" of ", out);
  rp_page_count(out, d->n_asked);
  fprintf(out, " %s %s %s", rp_page_get_subject(part, d->n_asked),
          d->n_asked == 1 ? "is" : "are",
          rp_provenance_correct(&d->results->provenance));
  write_state(out, d->n_unasked, "not asked yet");
  write_state(out, d->n_invalid, "invalid");
  fputs(".", out);
}

/* Write ", 2 misclassified, 1 invalid" as far as they occur, so that the counts
 * in a sentence add up. */
static void write_excluded(FILE *out, const rp_page_part *part) {
  const int64_t *const verdict = part->digest->query_verdict;
  static const rp_verdict excluded[] = {RP_MISCLASSIFIED, RP_INVALID};
  for (int i = 0; i < 2; i++) {
    if (verdict[excluded[i]] == 0) continue;
    fputs(", ", out);
    rp_page_amount(out, part, verdict[excluded[i]], part->results->n_queries);
    fprintf(out, " %s", rp_verdict_name(excluded[i]));
  }
}

void rp_page_verdict_counts(FILE *out, const rp_page_part *part,
                            const char *verb) {
  const int64_t *const verdict = part->digest->query_verdict;
  const int64_t all = part->results->n_queries;
  rp_page_amount(out, part, verdict[RP_ROBUST], all);
  fprintf(out, "%s robust, ", verb);
  rp_page_amount(out, part, verdict[RP_VIOLATED], all);
  fputs(" violated, ", out);
  rp_page_amount(out, part, verdict[RP_UNKNOWN], all);
  fputs(" unknown", out);
  write_excluded(out, part);
}

static void write_queries(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  if (d->results->n_queries == 0) return;
  fputs(" Of ", out);
  write_count(out, d->results->n_queries, "query", "queries");
  fputs(", ", out);
  rp_page_verdict_counts(out, part,
                         d->query_verdict[RP_ROBUST] == 1 ? " is" : " are");
  fputs(".", out);
}

void rp_page_terms(const rp_page *page) {
  const rp_provenance *const p = &page->part[0].results->provenance;
  if (p->in_hi < 1) return;
  fprintf(page->out, "<p class=\"sub\">A radius r allows %s",
          rp_page_get_norm(&page->part[0])->allows);
  if (*p->box_sha256) {
    fputs(", and only within the boxes or masks of ", page->out);
    rp_xml_text(page->out, p->box_file);
  }
  if (p->patch > 0)
    fprintf(page->out, ", and only in a patch of %d × %d", p->patch, p->patch);
  const bool is_pair = p->targets > 0 && !p->patch;
  fprintf(
      page->out,
      "; one step is 1/%d of the input range. A %s is robust at r if no such "
      "change %s.</p>",
      p->in_hi,
      p->patch > 0     ? "pair of a sample and a place of the patch"
      : p->targets > 0 ? "pair of a sample and a target, another class,"
                       : "sample",
      is_pair                ? "makes the network output the target"
      : *p->options.property ? "breaks the property"
                             : "alters the class that the network outputs");
}

/* Write what is known about one result in a few sentences. */
static void write_lead(FILE *out, const rp_page *page) {
  const rp_digest *const d = page->part[0].digest;
  fputs("<p class=\"lead\">", out);
  if (d->n_samples == 0)
    fputs("No queries and no radii.", out);
  else {
    write_samples(out, &page->part[0]);
    write_radii(out, &page->part[0]);
    write_queries(out, &page->part[0]);
  }
  fputs("</p>", out);
  if (d->n_samples > 0) rp_page_terms(page);
}

static const char *get_title(const rp_page *page) {
  const char *const title = page->part[0].results->provenance.title;
  return page->n > 1 ? "Robustness compared"
         : *title    ? title
                     : "Robustness report";
}

static void write_head(const rp_page *page) {
  FILE *const out = page->out;
  fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" "
        "lang=\"en\"><head><meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"/>\n<meta "
        "name=\"generator\" content=\"rampart " RAMPART_VERSION "\"/>\n<meta "
        "name=\"color-scheme\" content=\"light dark\"/>\n<title>",
        out);
  rp_xml_text(out, get_title(page));
  fputs("</title>\n<style>", out);
  fputs(rp_page_css, out);
  fputs(rp_plot_css, out);
  rp_page_write_css(page);
  fputs("</style></head>\n<body><header>", out);
  if (page->n > 1) {
    rp_page_comparison(page);
  } else {
    fputs("<h1>", out);
    rp_xml_text(out, get_title(page));
    fputs("</h1>\n", out);
    write_lead(out, page);
  }
  fputs("</header>\n", out);
}

/* ---- Body ---- */

static rp_status write_part(const rp_page *page, const rp_page_part *part,
                            rp_error *err) {
  FILE *const out = page->out;
  if (page->n > 1) {
    fprintf(out, "<h2 id=\"part-%d\"><i style=\"background:%s\"></i>",
            part->number, part->colour);
    rp_xml_text(out, part->name);
    fputs("</h2>", out);
    fputs("<div class=\"grid\">", out);
    rp_page_verdicts(page, part);
  }
  if (page->n == 1) rp_page_histogram(page, part);
  rp_page_classes(page, part);
  rp_page_map(page, part);
  rp_page_rivals(page, part);
  RP_TRY(rp_page_blocks(page, part, err));
  rp_page_ranks(page, part);
  fputs("</div>\n", out);
  RP_TRY(rp_page_samples(page, part, err));
  rp_page_provenance(page, part);
  return RP_OK;
}

/* A single result continues the columns that the common figures begin. */
static rp_status write_body(const rp_page *page, rp_error *err) {
  FILE *const out = page->out;
  fputs("<main>", out);
  if (page->n > 1) {
    rp_page_legend(page);
    rp_page_meanings(page);
  }
  fputs(page->n > 1 ? "<div class=\"flow\">" : "<div class=\"grid\">", out);
  rp_page_key_figures(page);
  if (page->n == 1) rp_page_verdicts(page, &page->part[0]);
  RP_TRY(rp_page_accuracy(page, err));
  RP_TRY(rp_page_times(page, err));
  for (int i = 0; page->n > 1 && i < page->n; i++)
    rp_page_histogram(page, &page->part[i]);
  if (page->n > 1) fputs("</div>\n", out);
  for (int i = 0; i < page->n; i++)
    RP_TRY(write_part(page, &page->part[i], err));
  fputs("</main>\n", out);
  return RP_OK;
}

static void write_foot(FILE *out) {
  fputs("<footer>Written by rampart " RAMPART_VERSION " report.</footer>"
        "</body></html>\n",
        out);
}

/* ---- Parts ---- */

/* Name a result by its network, and by its file if several share that. */
static void name_part(rp_page_part *part, const rp_page_source *source, int n) {
  const char *const name = source[part->number].results->provenance.network;
  const char *const file = source[part->number].file;
  const char *const slash = strrchr(file, '/');
  int alike = 0;
  for (int i = 0; i < n; i++)
    alike += !strcmp(source[i].results->provenance.network, name);
  if (*name && alike == 1)
    rp_text_copy(part->name, sizeof part->name, name);
  else
    snprintf(part->name, sizeof part->name, "%.*s%s%.*s", rp_text_fit(name, 60),
             name, *name ? ", " : "", rp_text_fit(slash ? slash + 1 : file, 80),
             slash ? slash + 1 : file);
}

int rp_page_heading_level(const rp_page *page) {
  return page->n > 1 ? 3 : 2;
}

/* Choose the length of gaps that are too short to be seen. It grows with the
 * number of ranks, to bound the number of runs. */
static double choose_gap(const rp_results *r) {
  const double gap = (double)r->n_ranks / 50000;
  return gap < 1.0 / 700 ? 1.0 / 700 : gap > 1 ? 1 : gap;
}

static rp_status begin_part(rp_page_part *part, const rp_page_source *source,
                            int i, int n, rp_error *err) {
  *part = (rp_page_part){.source = &source[i],
                         .results = source[i].results,
                         .colour = n == 1 ? "#0072b2" : rp_plot_colour(i),
                         .number = i};
  name_part(part, source, n);
  RP_TRY(rp_digest_create(part->results, source[i].net, &part->digest, err));
  return rp_digest_timeline_create(part->results, choose_gap(part->results),
                                   &part->timeline, err);
}

/* Counts of different numbers of samples cannot be compared. */
static void choose_shares(const rp_page *page) {
  bool differ = false;
  for (int i = 1; i < page->n; i++)
    differ |=
        page->part[i].digest->n_samples != page->part[0].digest->n_samples;
  for (int i = 0; i < page->n; i++) page->part[i].in_shares = differ;
}

rp_status rp_page_write(FILE *out, const rp_page_source *source, int n,
                        rp_error *err) {
  const rp_page page = {out, rp_alloc((size_t)n, sizeof(rp_page_part)), n};
  if (!page.part) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  rp_status st = RP_OK;
  for (int i = 0; st == RP_OK && i < n; i++)
    st = begin_part(&page.part[i], source, i, n, err);
  if (st == RP_OK) {
    choose_shares(&page);
    write_head(&page);
    st = write_body(&page, err);
  }
  if (st == RP_OK) write_foot(out);
  for (int i = 0; i < n; i++) {
    rp_digest_free(page.part[i].digest);
    rp_digest_timeline_free(page.part[i].timeline);
  }
  free(page.part);
  return st;
}
