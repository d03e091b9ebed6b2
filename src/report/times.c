/* Draws a cactus plot: the times of all decided queries and searches, fastest
 * first, on a logarithmic axis; all results in one frame. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "report/page_internal.h"

enum { MOST_POINTS = 400, FEW = 30 };
static const double LEAST_S = 1e-5;

/* Ascending times, thinned out for the picture; both ends are kept. Ranks are
 * numbers or, divided by the whole, shares. */
typedef struct cactus {
  double rank[MOST_POINTS], seconds[MOST_POINTS];
  size_t n;
} cactus;

static void thin_times(cactus *c, const double *seconds, int64_t n,
                       double whole) {
  c->n = n < MOST_POINTS ? (size_t)n : MOST_POINTS;
  for (size_t i = 0; i < c->n; i++) {
    const int64_t at =
        c->n < 2 ? 0 : (int64_t)i * (n - 1) / (int64_t)(c->n - 1);
    c->rank[i] = (double)(at + 1) / whole;
    c->seconds[i] = seconds[at] > LEAST_S ? seconds[at] : LEAST_S;
  }
}

/* Choose axes that hold the times of all parts; y spans whole decades. Returns
 * false if there are no times. */
static bool choose_axes(const rp_page *page, rp_axis *x, rp_axis *y) {
  double least = HUGE_VAL, most = LEAST_S;
  int64_t count = 0;
  for (int i = 0; i < page->n; i++) {
    const rp_digest *const d = page->part[i].digest;
    const double *const list[] = {d->query_seconds, d->radius_seconds};
    const int64_t n[] = {d->n_query_seconds, d->n_radius_seconds};
    for (int k = 0; k < 2; k++) {
      if (n[k] == 0) continue;
      least = fmin(least, list[k][0]);
      most = fmax(most, list[k][n[k] - 1]);
      if (n[k] > count) count = n[k];
    }
  }
  const bool in_shares = page->part[0].in_shares;
  *x = (rp_axis){.label = in_shares ? "share decided, fastest first"
                                    : "number decided, fastest first",
                 .hi = count > 1 && !in_shares ? (double)count : 1,
                 .whole = !in_shares,
                 .share = in_shares};
  *y = (rp_axis){.label = "time of each", .log = true, .time = true};
  y->lo = pow(10, floor(log10(fmax(least, LEAST_S)) + 1e-9));
  y->hi = pow(10, ceil(log10(fmax(most, y->lo * 10)) - 1e-9));
  return count > 0;
}

/* Find which kinds occur in the page: queries, maximum radii or both. */
static void find_kinds(const rp_page *page, bool *queries, bool *radii,
                       int *series) {
  *queries = *radii = false;
  *series = 0;
  for (int i = 0; i < page->n; i++) {
    const bool has_queries = page->part[i].digest->n_query_seconds > 0;
    const bool has_radii = page->part[i].digest->n_radius_seconds > 0;
    *series += has_queries + has_radii;
    *queries |= has_queries;
    *radii |= has_radii;
  }
}

static void draw_list(rp_plot *plot, const rp_page_part *part, cactus *c,
                      const char *name, bool radii) {
  const rp_digest *const d = part->digest;
  const int64_t all = radii ? part->results->n_radii : part->results->n_queries;
  const double whole = part->in_shares ? (double)all : 1;
  if (radii)
    thin_times(c, d->radius_seconds, d->n_radius_seconds, whole);
  else
    thin_times(c, d->query_seconds, d->n_query_seconds, whole);
  const rp_series s = {.name = *name ? name : NULL,
                       .x = c->rank,
                       .y = c->seconds,
                       .n = c->n,
                       .colour = part->colour,
                       .points = c->n < FEW,
                       .dashed = radii && d->n_query_seconds > 0};
  if (c->n > 0) rp_plot_series(plot, &s);
}

/* The name of a series says what distinguishes it: the result, the kind, both
 * or, if there is only one series, nothing. */
static void draw_times(rp_plot *plot, const rp_page *page, cactus *c) {
  static const char *const kinds[] = {"queries", "maximum radii"};
  bool queries, radii;
  int series;
  char name[200];
  find_kinds(page, &queries, &radii, &series);
  for (int i = 0; i < page->n; i++)
    for (int kind = 0; kind < 2; kind++) {
      const bool many = page->n > 1, both = queries && radii;
      snprintf(name, sizeof name, "%s%s%s", many ? page->part[i].name : "",
               many && both ? ", " : "", both ? kinds[kind] : "");
      draw_list(plot, &page->part[i], c, name, kind == 1);
    }
}

static const char TIMES_NOTE[] =
    "Wall time of what was decided, in order: the curve of the better solver "
    "runs lower and further right. The time of a maximum radius is that of all "
    "queries of its search, also where that ended at its cap. Times below 10 "
    "µs are drawn as 10 µs.";

rp_status rp_page_times(const rp_page *page, rp_error *err) {
  rp_axis x, y;
  if (!choose_axes(page, &x, &y)) return RP_OK;
  cactus *const c = rp_alloc(1, sizeof *c);
  if (!c) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  bool queries, radii;
  int series;
  find_kinds(page, &queries, &radii, &series);
  const rp_plot_about about = {
      .title = !radii     ? "Time per query"
               : !queries ? "Time per maximum radius"
                          : "Time per query and per maximum radius",
      .desc = TIMES_NOTE,
      .id = "times-plot",
      .n_legend = page->n == 1 && series > 1 ? series : 0};
  rp_plot plot;
  char finding[RP_FINDING_SIZE];
  rp_finding_times(page, finding);
  rp_page_figure_begin(page->out, "times", about.title, finding);
  rp_plot_open(&plot, page->out, &about, &x, &y);
  draw_times(&plot, page, c);
  rp_plot_close(&plot);
  fprintf(page->out, "<p class=\"note\">%s%s</p>", TIMES_NOTE,
          page->n > 1 && queries && radii ? " Maximum radii are dashed." : "");
  rp_page_figure_end(page->out);
  free(c);
  return RP_OK;
}
