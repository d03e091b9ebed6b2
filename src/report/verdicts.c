/* Verdicts as bars, one a radius, each over the whole width: shares are seen,
 * counts are written in. */
#include <inttypes.h>
#include <math.h>

#include "page_internal.h"

enum { MOST_ROWS = 40, ROW = 22 };

/* In the order of bars and legends. */
typedef struct kind {
  rp_verdict verdict;
  const char *name, *colour;
} kind;

static const kind kinds[RP_VERDICT_COUNT] = {
    {RP_ROBUST, "robust", "#0072b2"},
    {RP_VIOLATED, "violated", "#d55e00"},
    {RP_UNKNOWN, "unknown", "#f0c24b"},
    {RP_MISCLASSIFIED, "misclassified", "#8a8a8a"},
    {RP_INVALID, "invalid", "#c9c9c9"}};

static bool is_dark(rp_verdict verdict) {
  return verdict == RP_ROBUST || verdict == RP_VIOLATED ||
         verdict == RP_MISCLASSIFIED;
}

static const char *kind_name(const kind *k, bool radii) {
  if (radii && k->verdict == RP_ROBUST) return "closed";
  if (radii && k->verdict == RP_UNKNOWN) return "open";
  return k->name;
}

static void segment_drawn(FILE *out, const kind *k, bool radii, int64_t count,
                          const double box[3]) {
  fprintf(out,
          "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" "
          "fill=\"%s\" data-verdict=\"%s\" data-n=\"%" PRId64 "\"><title>",
          box[0], box[1], fmax(box[2] - 0.5, 0.3), ROW - 6, k->colour,
          kind_name(k, radii), count);
  rp_page_count(out, count);
  fprintf(out, " %s</title></rect>", kind_name(k, radii));
  if (box[2] < 24) return;
  fprintf(out, "<text x=\"%.1f\" y=\"%.0f\" class=\"%s\">", box[0] + 4,
          box[1] + 12, is_dark(k->verdict) ? "pale" : "");
  rp_page_count(out, count);
  fputs("</text>", out);
}

static int64_t sum_of(const int64_t count[RP_VERDICT_COUNT]) {
  int64_t sum = 0;
  for (int i = 0; i < RP_VERDICT_COUNT; i++) sum += count[i];
  return sum;
}

/* One bar over the whole width, whatever the sum. */
static void bar_drawn(FILE *out, const char *label, bool radii,
                      const int64_t count[RP_VERDICT_COUNT], double y) {
  enum { FROM = 74, TO = RP_PLOT_WIDTH - 4 };
  const double sum = (double)sum_of(count);
  fprintf(out, "<text text-anchor=\"end\" x=\"%d\" y=\"%.0f\">%s</text>",
          FROM - 8, y + 12, label);
  double x = FROM;
  for (int i = 0; i < RP_VERDICT_COUNT; i++) {
    const int64_t n = count[kinds[i].verdict];
    if (n == 0) continue;
    const double width = (double)n / sum * (TO - FROM);
    segment_drawn(out, &kinds[i], radii, n, (double[]){x, y, width});
    x += width;
  }
  fputc('\n', out);
}

/* Only what occurs; "closed" and "open" where there are radii alone. */
static void verdict_legend_written(FILE *out, const rp_digest *d) {
  fputs("<p class=\"legend\">", out);
  for (int i = 0; i < RP_VERDICT_COUNT; i++) {
    const kind *const k = &kinds[i];
    const bool in_queries = d->query_verdict[k->verdict] > 0;
    const bool in_radii = d->radius_verdict[k->verdict] > 0;
    const char *const names[] = {kind_name(k, false), kind_name(k, true)};
    if (!in_queries && !in_radii) continue;
    fprintf(out, "<span><i style=\"background:%s\"></i>%s%s%s</span> ",
            k->colour, in_queries ? names[0] : names[1],
            in_queries && in_radii && names[0] != names[1] ? ", " : "",
            in_queries && in_radii && names[0] != names[1] ? names[1] : "");
  }
  fputs("</p>", out);
}

static int rows_of_queries(const rp_digest *d) {
  int rows = 0;
  for (int r = 0; r < RP_DIGEST_RADII; r++) rows += sum_of(d->at_radius[r]) > 0;
  return rows;
}

static void query_bars_drawn(FILE *out, const rp_digest *d, double y) {
  char label[32];
  if (rows_of_queries(d) > MOST_ROWS) {
    bar_drawn(out, "all queries", false, d->query_verdict, y);
    return;
  }
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    if (sum_of(d->at_radius[r]) == 0) continue;
    snprintf(label, sizeof label, "radius %d", r);
    bar_drawn(out, label, false, d->at_radius[r], y);
    y += ROW;
  }
}

static void reasons_written(FILE *out, const char *what,
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
  const int asked = rows_of_queries(d);
  const int rows = (asked > MOST_ROWS ? 1 : asked) + radii;
  if (rows == 0) return;
  char id[64], plot[64];
  const rp_plot_about about = {.title = "Verdicts",
                               .desc = "Verdicts of queries, one bar a radius, "
                                       "and of searches for maximum radii.",
                               .id = rp_page_id(plot, "verdicts-plot", part)};
  rp_page_figure_begin(out, rp_page_id(id, "verdicts", part),
                       "Verdicts, number of samples");
  verdict_legend_written(out, d);
  rp_plot_picture(out, &about, rows * ROW + 2);
  if (radii) bar_drawn(out, "max. radius", true, d->radius_verdict, 2);
  query_bars_drawn(out, d, 2 + (radii ? ROW : 0));
  fputs("</svg>", out);
  reasons_written(out, "Unknown, by reason", d->query_reason);
  reasons_written(out, "Open, by reason", d->radius_reason);
  rp_page_figure_end(out);
}
