/* Draws when each rank was busy or idle. */
#include <inttypes.h>
#include <math.h>

#include "report/page_internal.h"

enum { HEIGHT = 150, MOST_ROW = 22, NUMBERED = 16 };

static const char BUSY_INK[] = "#0072b2";

static double choose_row_height(int32_t n_ranks) {
  const double height = (double)HEIGHT / n_ranks;
  return height > MOST_ROW ? MOST_ROW : height;
}

static double sum_busy_seconds(const rp_digest_timeline *t) {
  double busy = 0;
  for (int32_t i = 0; i < t->n_ranks; i++) busy += t->busy_s[i];
  return busy;
}

/* All runs are one path, so that thousands of them are fast to display. */
static void draw_runs(const rp_plot *p, const rp_digest_timeline *t) {
  const double pitch = choose_row_height(t->n_ranks), bar = pitch * 0.72;
  fprintf(p->out,
          "<path fill=\"%s\" data-runs=\"%" PRId64 "\" data-ranks=\"%d\" "
          "data-busy=\"%.6f\" d=\"",
          BUSY_INK, t->n_runs, t->n_ranks, sum_busy_seconds(t));
  for (int64_t i = 0; i < t->n_runs; i++) {
    const rp_digest_run *const run = &t->run[i];
    const double from = rp_plot_x(p, run->begin_s);
    const double width = fmax(rp_plot_x(p, run->end_s) - from, 0.25);
    fprintf(p->out, "M%.2f %.2fh%.2fv%.2fh-%.2fz", from,
            p->top + run->rank * pitch + (pitch - bar) / 2, width, bar, width);
  }
  fputs("\"/>\n", p->out);
}

/* Files of older versions have no timeline, so only the totals are drawn. */
static void draw_totals(const rp_plot *p, const rp_results *r) {
  const double pitch = choose_row_height((int32_t)r->n_ranks);
  for (int64_t i = 0; i < r->n_ranks; i++)
    fprintf(p->out,
            "<rect fill=\"%s\" x=\"%.1f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"%.2f\"/>",
            BUSY_INK, p->left, p->top + (double)i * pitch + pitch * 0.14,
            rp_plot_x(p, r->rank[i].busy_seconds) - p->left, pitch * 0.72);
}

static void label_rows(const rp_plot *p, int32_t n) {
  const double pitch = choose_row_height(n);
  const int32_t every = n <= NUMBERED ? 1 : (n + 7) / 8;
  for (int32_t i = 0; i < n; i += every) {
    const rp_label at = {.x = p->left - 6,
                         .y = p->top + (i + 0.5) * pitch + 4,
                         .anchor = RP_END,
                         .css = "tick"};
    rp_page_label_number(p->out, &at, i);
  }
}

static void write_sums(FILE *out, const rp_digest_timeline *t) {
  const double busy = sum_busy_seconds(t);
  double least = HUGE_VAL, most = 0;
  for (int32_t i = 0; i < t->n_ranks; i++) {
    least = fmin(least, t->busy_s[i]);
    most = fmax(most, t->busy_s[i]);
  }
  const double all = t->span_s * t->n_ranks;
  fputs("<p class=\"note\">Idle, where it is blank: ", out);
  rp_page_seconds(out, fmax(all - busy, 0));
  fputs(" of ", out);
  rp_page_seconds(out, all);
  if (t->n_ranks > 1) {
    fputs(" rank time. Each was busy ", out);
    rp_page_seconds(out, least);
    fputs(" to ", out);
    rp_page_seconds(out, most);
  }
  fputs(".</p>", out);
}

static void write_finding(const rp_digest_timeline *t,
                          char text[RP_FINDING_SIZE]) {
  const double share = sum_busy_seconds(t) / (t->span_s * t->n_ranks);
  snprintf(text, RP_FINDING_SIZE,
           "In the last run the rank%s busy %.1f %% of "
           "the time",
           t->n_ranks == 1 ? " was" : "s were", 100 * share);
}

static double find_longest_busy(const rp_results *r) {
  double most = 0;
  for (int64_t i = 0; i < r->n_ranks; i++)
    most = fmax(most, r->rank[i].busy_seconds);
  return most;
}

void rp_page_ranks(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_digest_timeline *const t = part->timeline;
  const bool is_timed = t->n_runs > 0 && t->span_s > 0;
  const double most = is_timed ? t->span_s : find_longest_busy(part->results);
  const int64_t n = is_timed ? t->n_ranks : part->results->n_ranks;
  if (n == 0 || n > INT32_MAX || !(most > 0)) return;
  char id[64], plot_id[64], finding[RP_FINDING_SIZE] = "";
  const rp_plot_about about = {
      .title = is_timed ? "Ranks over time" : "Busy time of each rank",
      .desc = "A row for every rank, filled where it was busy.",
      .id = rp_page_make_id(plot_id, "ranks-plot", part),
      .height = (double)n * choose_row_height((int32_t)n)};
  const rp_axis x = {.label = is_timed ? "seconds since the run began"
                                       : "busy, seconds",
                     .hi = most};
  const rp_axis y = {.label = "rank",
                     .hi = 1,
                     .bare = true,
                     .label_width = rp_page_number_width(n)};
  rp_plot plot;
  if (is_timed) write_finding(t, finding);
  rp_page_figure_begin(out, rp_page_make_id(id, "ranks", part), about.title,
                       finding);
  rp_plot_open(&plot, out, &about, &x, &y);
  if (is_timed)
    draw_runs(&plot, t);
  else
    draw_totals(&plot, part->results);
  label_rows(&plot, (int32_t)n);
  rp_plot_close(&plot);
  if (is_timed) write_sums(out, t);
  rp_page_figure_end(out);
}
