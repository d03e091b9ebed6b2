/* Draws verdicts as bars, one for each radius. Every bar has the full width, so
 * it shows fractions; counts are written into it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/page_internal.h"

enum { MOST_ROWS = 40, ROW = 22 };

/* What a segment of a bar counts, in the order of bars and legends. */
typedef struct kind {
  int of; /* an rp_verdict, or an rp_radius_state */
  const char *name, *colour;
  bool dark;
  const char *meaning;
} kind;

enum { MOST_KINDS = 6 };

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static const kind of_queries[] = {
    {RP_ROBUST, "robust", "#0072b2", true,
     "proved for every input within the radius"},
    {RP_VIOLATED, "violated", "#d55e00", false,
     "a counterexample within the radius was found"},
    {RP_UNKNOWN, "unknown", "#f0c24b", false, "a limit was reached first"},
    {RP_MISCLASSIFIED, "misclassified", "#8a8a8a", false,
     "wrong without any change"},
    {RP_INVALID, "invalid", "#c9c9c9", false,
     "nothing to ask about the sample"}};

static const kind of_radii[] = {
    {RP_RADIUS_CLOSED, "closed", "#0072b2", true,
     "the maximum radius is exact"},
    {RP_RADIUS_CAPPED, "capped", "#56b4e9", false,
     "robust at the greatest radius asked, perhaps beyond"},
    {RP_RADIUS_OPEN, "open", "#f0c24b", false,
     "between a radius proved and one with a counterexample"},
    {RP_RADIUS_UNASKED, "unasked", "#f7e6b0", false, "the run ended before"},
    {RP_RADIUS_MISCLASSIFIED, "misclassified", "#8a8a8a", false,
     "wrong without any change"},
    {RP_RADIUS_INVALID, "invalid", "#c9c9c9", false,
     "nothing to ask about the sample"}};

/* The counts of a bar, indexed by kind.of. */
typedef struct bar {
  const kind *kind;
  int n;
  const int64_t *count;
} bar;

static bar make_query_bar(const int64_t count[RP_VERDICT_COUNT]) {
  return (bar){of_queries, COUNT(of_queries), count};
}

static bar make_radius_bar(const rp_digest *d) {
  return (bar){of_radii, COUNT(of_radii), d->state};
}

static int64_t get_count(const bar *b, int i) {
  return b->count[b->kind[i].of];
}

static int64_t sum_counts(const bar *b) {
  int64_t sum = 0;
  for (int i = 0; i < b->n; i++) sum += get_count(b, i);
  return sum;
}

static void draw_segment(FILE *out, const kind *k, int64_t count,
                         const double box[3], const char *text) {
  fprintf(out,
          "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" "
          "fill=\"%s\" data-verdict=\"%s\" data-n=\"%" PRId64 "\"><title>",
          box[0], box[1], fmax(box[2] - 0.5, 0.3), ROW - 6, k->colour, k->name,
          count);
  fprintf(out, "%s %s</title></rect>", text, k->name);
  if (rp_plot_width(text) + 6 > box[2]) return;
  const rp_label at = {
      .x = box[0] + 4, .y = box[1] + 12, .css = k->dark ? "pale" : "cell"};
  rp_plot_label(out, &at, text);
}

/* Draw a bar of the full width, whatever the sum. */
static void draw_bar(FILE *out, const rp_page_part *part, const char *label,
                     const bar *b, double y) {
  enum { FROM = 84, TO = RP_PLOT_WIDTH - 4 };
  const double sum = (double)sum_counts(b);
  char text[40];
  rp_plot_label(out, &(rp_label){.x = FROM - 8, .y = y + 12, .anchor = RP_END},
                label);
  double x = FROM;
  for (int i = 0; i < b->n; i++) {
    const int64_t n = get_count(b, i);
    if (n == 0) continue;
    const double width = (double)n / sum * (TO - FROM);
    rp_page_format_amount(text, part, n, (int64_t)sum);
    draw_segment(out, &b->kind[i], n, (double[]){x, y, width}, text);
    x += width;
  }
  fputc('\n', out);
}

/* Kinds with the same colour share an entry: "robust, closed". */
static void add_name(char names[64], const char *name) {
  if (!strcmp(names, name)) return;
  const size_t used = strlen(names);
  snprintf(names + used, 64 - used, "%s%s", used ? ", " : "", name);
}

static bool occurs(const rp_page *page, bool radii, int i) {
  int64_t n = 0;
  for (int k = 0; k < page->n; k++) {
    const rp_digest *const d = page->part[k].digest;
    const bar b = radii ? make_radius_bar(d) : make_query_bar(d->query_verdict);
    n += get_count(&b, i);
  }
  return n > 0;
}

/* Write the entries of the kinds that occur in any result. */
static void write_kinds(const rp_page *page) {
  const rp_digest *const d = page->part[0].digest;
  const bar bars[] = {make_query_bar(d->query_verdict), make_radius_bar(d)};
  const char *colour[2 * MOST_KINDS];
  char names[2 * MOST_KINDS][64];
  int n = 0;
  for (int which = 0; which < 2; which++)
    for (int i = 0; i < bars[which].n; i++) {
      const kind *const k = &bars[which].kind[i];
      int at = 0;
      if (!occurs(page, which == 1, i)) continue;
      while (at < n && strcmp(colour[at], k->colour) != 0) at++;
      if (at == n) *names[n++] = '\0';
      colour[at] = k->colour;
      add_name(names[at], k->name);
    }
  for (int i = 0; i < n; i++)
    fprintf(page->out, "<span><i style=\"background:%s\"></i>%s</span> ",
            colour[i], names[i]);
}

void rp_page_legend(const rp_page *page) {
  FILE *const out = page->out;
  fputs(page->n > 1 ? "<p class=\"legend all\" id=\"legend\">"
                    : "<p class=\"legend\">",
        out);
  for (int i = 0; page->n > 1 && i < page->n; i++) {
    fprintf(out, "<span><i style=\"background:%s\"></i>", page->part[i].colour);
    rp_xml_text(out, page->part[i].name);
    fputs("</span> ", out);
  }
  if (page->n > 1) fputs("<span>|</span> ", out);
  write_kinds(page);
  fputs("</p>", out);
}

/* Whether a kind of radii has been explained under the same name. */
static bool is_told(const rp_page *page, const kind *k) {
  for (int i = 0; i < COUNT(of_queries); i++)
    if (!strcmp(of_queries[i].name, k->name) && occurs(page, false, i))
      return true;
  return false;
}

void rp_page_meanings(const rp_page *page) {
  FILE *const out = page->out;
  fputs("<p class=\"note\">", out);
  for (int i = 0; i < COUNT(of_queries); i++)
    if (occurs(page, false, i))
      fprintf(out, "<b>%s</b>: %s. ", of_queries[i].name,
              of_queries[i].meaning);
  for (int i = 0; i < COUNT(of_radii); i++)
    if (occurs(page, true, i) && !is_told(page, &of_radii[i]))
      fprintf(out, "<b>%s</b>: %s. ", of_radii[i].name, of_radii[i].meaning);
  fputs("</p>", out);
}

static int64_t count_queries(const rp_digest *d, int radius) {
  const bar b = make_query_bar(d->at_radius[radius]);
  return sum_counts(&b);
}

static int count_query_rows(const rp_digest *d) {
  int rows = 0;
  for (int r = 0; r < RP_DIGEST_RADII; r++) rows += count_queries(d, r) > 0;
  return rows;
}

static void draw_query_bars(FILE *out, const rp_page_part *part, double y) {
  const rp_digest *const d = part->digest;
  char label[32];
  if (count_query_rows(d) > MOST_ROWS) {
    const bar all = make_query_bar(d->query_verdict);
    draw_bar(out, part, "all queries", &all, y);
    return;
  }
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    const bar b = make_query_bar(d->at_radius[r]);
    if (sum_counts(&b) == 0) continue;
    snprintf(label, sizeof label, "radius %d", r);
    draw_bar(out, part, label, &b, y);
    y += ROW;
  }
}

static void write_reasons(FILE *out, const char *what,
                          const int64_t count[RP_REASON_COUNT]) {
  const char *before = ": ";
  for (int i = 0; i < RP_REASON_COUNT; i++) {
    if (count[i] == 0) continue;
    if (*before == ':') fprintf(out, "<p class=\"note\">%s", what);
    fputs(before, out);
    rp_page_count(out, count[i]);
    fprintf(out, " %s", rp_reason_name((rp_reason)i));
    before = ", ";
  }
  if (*before == ',') fputs("</p>", out);
}

void rp_page_verdicts(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_digest *const d = part->digest;
  const bool radii = part->results->n_radii > 0;
  const int asked = count_query_rows(d);
  const int rows = (asked > MOST_ROWS ? 1 : asked) + radii;
  if (rows == 0) return;
  char id[64], plot[64], topic[64], finding[RP_FINDING_SIZE];
  const rp_plot_about about = {
      .title = "Verdicts",
      .desc = "Verdicts of queries, one bar a radius, "
              "and of searches for maximum radii.",
      .id = rp_page_make_id(plot, "verdicts-plot", part)};
  rp_finding_verdicts(part, finding);
  snprintf(topic, sizeof topic, "Verdicts, %s of %s",
           part->in_shares ? "share" : "number", rp_page_get_subject(part, 2));
  rp_page_figure_begin(out, rp_page_make_id(id, "verdicts", part), topic,
                       finding);
  if (page->n == 1) rp_page_legend(page);
  rp_plot_picture(out, &about, rows * ROW + 2);
  const bar all_radii = make_radius_bar(d);
  if (radii) draw_bar(out, part, "max. radius", &all_radii, 2);
  draw_query_bars(out, part, 2 + (radii ? ROW : 0));
  fputs("</svg>", out);
  if (page->n == 1) rp_page_meanings(page);
  write_reasons(out, "Unknown, by reason", d->query_reason);
  write_reasons(out, "Open or unasked, by reason", d->radius_reason);
  rp_page_figure_end(out);
}
