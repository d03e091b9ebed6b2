/* Draws accuracy over radius, all results in one frame. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "report/page_internal.h"

static const char ROBUST_INK[] = "#0072b2", OPEN_INK[] = "#e6a200",
                  VIOLATED_INK[] = "#d55e00";

/* Find the greatest radius that the axis must reach. */
static int32_t find_last_radius(const rp_page *page) {
  int32_t last = 1;
  for (int i = 0; i < page->n; i++)
    if (page->part[i].digest->last_radius > last)
      last = page->part[i].digest->last_radius;
  return last;
}

/* The fractions of one result at the radii that were asked. */
typedef struct shares {
  double radius[RP_DIGEST_RADII], zero[RP_DIGEST_RADII];
  double certified[RP_DIGEST_RADII], possible[RP_DIGEST_RADII];
  double one[RP_DIGEST_RADII];
  size_t n;
} shares;

static void compute_shares(shares *s, const rp_digest_curve *curve) {
  s->n = 0;
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    const int64_t proved = curve->certified[r], open = curve->undecided[r];
    const int64_t asked = rp_digest_count_asked(curve, r);
    if (asked == 0) continue;
    s->radius[s->n] = r;
    s->zero[s->n] = 0;
    s->one[s->n] = 1;
    s->certified[s->n] = (double)proved / (double)asked;
    s->possible[s->n++] = (double)(proved + open) / (double)asked;
  }
}

/* A value holds up to the next radius, so it is drawn as a step. Where radii in
 * between were not asked, a step would claim too much, and a line is drawn. */
static rp_series make_series(const shares *s, const double *y,
                             const char *ink) {
  const bool gapless =
      s->n > 0 && s->radius[s->n - 1] - s->radius[0] + 1 == (double)s->n;
  return (rp_series){
      .x = s->radius, .y = y, .n = s->n, .colour = ink, .steps = gapless};
}

static void write_zone(FILE *out, const char *ink, const char *name) {
  fprintf(out, "<span><i style=\"background:%s\"></i>%s</span> ", ink, name);
}

static void write_zones_legend(FILE *out, const rp_digest_curve *curve) {
  bool is_open = false;
  for (int r = 0; r < RP_DIGEST_RADII; r++) is_open |= curve->undecided[r] > 0;
  fputs("<p class=\"legend\">", out);
  write_zone(out, ROBUST_INK, "proved robust");
  if (is_open) write_zone(out, OPEN_INK, "undecided");
  write_zone(out, VIOLATED_INK, "misclassified or counterexample");
  fputs("</p>", out);
}

/* Draw one result as three zones with a colour each. */
static void draw_zones(rp_plot *plot, const shares *s) {
  const rp_series floor = make_series(s, s->zero, ROBUST_INK);
  const rp_series gap = make_series(s, s->certified, OPEN_INK);
  const rp_series sky = make_series(s, s->possible, VIOLATED_INK);
  const rp_series top = make_series(s, s->one, VIOLATED_INK);
  rp_series certified = make_series(s, s->certified, ROBUST_INK);
  rp_series possible = make_series(s, s->possible, VIOLATED_INK);
  rp_plot_band(plot, &floor, &gap);
  rp_plot_band(plot, &gap, &sky);
  rp_plot_band(plot, &sky, &top);
  certified.points = possible.points = !certified.steps;
  certified.name = "certified accuracy";
  possible.name = "accuracy under attack";
  possible.thin = true;
  rp_plot_series(plot, &possible);
  rp_plot_series(plot, &certified);
}

/* Draw one of several results: a line for the certified accuracy and a band up
 * to the accuracy under attack. */
static void draw_result(rp_plot *plot, const shares *s,
                        const rp_page_part *part) {
  rp_series certified = make_series(s, s->certified, part->colour);
  rp_series possible = make_series(s, s->possible, part->colour);
  certified.name = part->name;
  possible.thin = possible.dashed = true;
  certified.points = !certified.steps;
  rp_plot_band(plot, &certified, &possible);
  rp_plot_series(plot, &possible);
  rp_plot_series(plot, &certified);
}

static void write_curve_row(FILE *out, const rp_page_part *part, int radius) {
  const rp_digest_curve *const curve = &part->digest->curve;
  const int64_t count[] = {curve->certified[radius], curve->undecided[radius],
                           curve->violated[radius]};
  const int64_t asked = rp_digest_count_asked(curve, radius);
  if (asked == 0) return;
  fprintf(out, "<tr><td>%d</td>", radius);
  for (int i = 0; i < 3; i++) {
    fputs("<td>", out);
    rp_page_amount(out, part, count[i], asked);
    fputs("</td>", out);
  }
  fputs("</tr>", out);
}

/* Write the numbers of the plot as tables, also for people who cannot see it.
 */
static void write_curve_tables(const rp_page *page) {
  FILE *const out = page->out;
  fputs("<details><summary>Numbers</summary>", out);
  for (int i = 0; i < page->n; i++) {
    fputs("<table class=\"data\"><caption>", out);
    rp_xml_text(out, page->part[i].name);
    fprintf(out,
            ", samples</caption><thead><tr><th scope=\"col\">radius, %s</th>"
            "<th scope=\"col\">certified</th><th scope=\"col\">undecided</th>"
            "<th scope=\"col\">violated or misclassified</th></tr>"
            "</thead><tbody>",
            rp_page_get_norm(&page->part[i])->many);
    for (int r = 0; r < RP_DIGEST_RADII; r++)
      write_curve_row(out, &page->part[i], r);
    fputs("</tbody></table>", out);
  }
  fputs("</details>", out);
}

/* One axis serves all results, whose radii may count different things. */
static const char *get_axis(const rp_page *page) {
  const char *const axis = rp_page_get_norm(&page->part[0])->axis;
  for (int i = 1; i < page->n; i++)
    if (rp_page_get_norm(&page->part[i])->axis != axis)
      return "radius, of each result in its own norm";
  return axis;
}

static const char *get_share(const rp_page *page) {
  bool pairs = false, samples = false;
  for (int i = 0; i < page->n; i++)
    if (page->part[i].results->provenance.targets > 0)
      pairs = true;
    else
      samples = true;
  if (!pairs) return "share of samples";
  return samples ? "share of samples or pairs" : "share of pairs";
}

static const char ACCURACY_NOTE[] =
    "Of the samples asked at a radius: the lower line, the certified accuracy, "
    "is the share proved robust; the upper one, the accuracy under attack, the "
    "share without a known counterexample. Between them it is undecided.";

rp_status rp_page_accuracy(const rp_page *page, rp_error *err) {
  FILE *const out = page->out;
  shares *const s = rp_alloc(1, sizeof *s);
  if (!s) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  const rp_plot_about about = {.title = "Accuracy over radius",
                               .desc = ACCURACY_NOTE,
                               .id = "accuracy-plot"};
  const rp_axis x = {
      .label = get_axis(page), .hi = find_last_radius(page), .whole = true};
  const rp_axis y = {.label = get_share(page), .hi = 1, .share = true};
  rp_plot plot;
  char finding[RP_FINDING_SIZE];
  rp_finding_accuracy(page, finding);
  rp_page_figure_begin(out, "accuracy", about.title, finding);
  if (page->n == 1) write_zones_legend(out, &page->part[0].digest->curve);
  rp_plot_open(&plot, out, &about, &x, &y);
  for (int i = 0; i < page->n; i++) {
    compute_shares(s, &page->part[i].digest->curve);
    if (page->n == 1)
      draw_zones(&plot, s);
    else
      draw_result(&plot, s, &page->part[i]);
  }
  rp_plot_close(&plot);
  fprintf(out, "<p class=\"note\">%s</p>", ACCURACY_NOTE);
  write_curve_tables(page);
  rp_page_figure_end(out);
  free(s);
  return RP_OK;
}
