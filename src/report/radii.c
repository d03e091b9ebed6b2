/* The distribution of the maximum radii: over all samples, and class by class.
 */
#include <inttypes.h>
#include <math.h>

#include "digest_internal.h"
#include "page_internal.h"

enum { MOST_CLASSES = 20 };

static const char CLOSED_INK[] = "#0072b2", OPEN_INK[] = "#f0c24b";

/* ---- Histogram ---- */

typedef struct bars {
  int64_t closed[RP_DIGEST_RADII], open[RP_DIGEST_RADII];
} bars;

static int64_t most_of(const int64_t *closed, const int64_t *open) {
  int64_t most = 0;
  for (int r = 0; r < RP_DIGEST_RADII; r++)
    if (closed[r] + open[r] > most) most = closed[r] + open[r];
  return most;
}

/* One scale for all results, so that they compare. */
static rp_axis count_axis(const rp_page *page) {
  int64_t most = 1;
  for (int i = 0; i < page->n; i++) {
    const rp_digest *const d = page->part[i].digest;
    const int64_t own = most_of(d->closed, d->open);
    if (own > most) most = own;
  }
  return (rp_axis){
      .label = "samples", .hi = (double)most * 1.05, .whole = true};
}

static void piece_drawn(FILE *out, const char *ink, const double box[4]) {
  if (box[3] > 0)
    fprintf(out,
            "<rect fill=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"%.2f\"/>",
            ink, box[0], box[1], box[2], box[3]);
}

/* Bars stand on `floor`; one sample is `unit` high. */
static void bars_drawn(const rp_plot *p, const bars *b, double floor,
                       double unit) {
  const double step = (p->right - p->left) / (p->x.hi - p->x.lo);
  const double width = fmin(step * 0.86, 26);
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    const int64_t closed = b->closed[r], open = b->open[r];
    if (closed + open == 0) continue;
    const double x = rp_plot_x(p, r) - width / 2;
    const double low = unit * (double)closed, high = unit * (double)open;
    fprintf(p->out,
            "<g data-radius=\"%d\" data-closed=\"%" PRId64
            "\" data-open=\"%" PRId64 "\"><title>radius %d: %" PRId64
            " closed, %" PRId64 " open from here</title>",
            r, closed, open, r, closed, open);
    piece_drawn(p->out, CLOSED_INK, (double[]){x, floor - low, width, low});
    piece_drawn(p->out, OPEN_INK,
                (double[]){x, floor - low - high, width, high});
    fputs("</g>", p->out);
  }
  fputc('\n', p->out);
}

static rp_axis radius_axis(const rp_page *page, const char *label) {
  int32_t most = 1;
  for (int i = 0; i < page->n; i++) {
    const rp_digest *const d = page->part[i].digest;
    for (int r = most; r < RP_DIGEST_RADII; r++)
      if (d->closed[r] + d->open[r] > 0) most = r;
  }
  return (rp_axis){.label = label, .lo = -0.6, .hi = most + 0.6, .whole = true};
}

static void radii_legend_written(FILE *out, bool open) {
  if (open)
    fprintf(out,
            "<p class=\"legend\"><span><i style=\"background:%s\"></i>closed"
            "</span> <span><i style=\"background:%s\"></i>open: proved this "
            "far, perhaps more</span></p>",
            CLOSED_INK, OPEN_INK);
}

static void cap_noted(FILE *out, const rp_page_part *part) {
  const int32_t cap = part->results->provenance.radius_cap;
  if (cap > 0 && part->digest->closed[cap] > 0)
    fprintf(out,
            "<p class=\"note\">Radii were searched up to %d; %" PRId64
            " of the samples withstand that.</p>",
            cap, part->digest->closed[cap]);
}

void rp_page_histogram(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_digest *const d = part->digest;
  if (d->least_lo < 0) return;
  char id[64], plot_id[64];
  const rp_plot_about about = {
      .title = "Maximum radii",
      .desc = "How many samples have each maximum robustness radius.",
      .id = rp_page_id(plot_id, "radii-plot", part)};
  bars b;
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    b.closed[r] = d->closed[r];
    b.open[r] = d->open[r];
  }
  const rp_axis x = radius_axis(page, "maximum radius, input steps");
  const rp_axis y = count_axis(page);
  char title[200];
  rp_plot plot;
  snprintf(title, sizeof title, "Maximum radii%s%s", page->n > 1 ? ": " : "",
           page->n > 1 ? part->name : "");
  rp_page_figure_begin(out, rp_page_id(id, "radii", part), title);
  radii_legend_written(out, d->radius_verdict[RP_UNKNOWN] > 0);
  rp_plot_open(&plot, out, &about, &x, &y);
  bars_drawn(&plot, &b, plot.bottom, (plot.bottom - plot.top) / y.hi);
  rp_plot_close(&plot);
  cap_noted(out, part);
  rp_page_figure_end(out);
}

/* ---- Classes ---- */

typedef struct class_row {
  int32_t label;
  int64_t n, wrong; /* searched samples; misclassified ones among them */
  bars b;
} class_row;

/* The least label above `after` among searched samples; -1: there is none. */
static int32_t next_label(const rp_digest *d, int32_t after) {
  int32_t next = -1;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (s->searched && s->valid && s->label > after &&
        (next < 0 || s->label < next))
      next = s->label;
  }
  return next;
}

static void class_taken(class_row *row, const rp_digest *d, int32_t label) {
  *row = (class_row){.label = label};
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (!s->searched || !s->valid || s->label != label) continue;
    row->n++;
    row->wrong += s->lo < 0;
    if (s->lo < 0) continue;
    (rp_digest_is_closed(d, s) ? row->b.closed : row->b.open)[s->lo]++;
  }
}

/* The lower median: a radius that occurs. */
static int32_t median_of(const class_row *row) {
  int64_t below = 0;
  const int64_t n = row->n - row->wrong;
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    below += row->b.closed[r] + row->b.open[r];
    if (n > 0 && below * 2 >= n) return r;
  }
  return -1;
}

static void class_drawn(const rp_plot *p, const class_row *row, double floor,
                        double unit) {
  const int32_t median = median_of(row);
  fprintf(p->out,
          "<g data-class=\"%d\" data-n=\"%" PRId64 "\" data-wrong=\"%" PRId64
          "\" data-median=\"%d\"><path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
          "<text text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%d</text>",
          row->label, row->n, row->wrong, median, p->left, floor, p->right,
          p->left - 6, floor - 2, row->label);
  bars_drawn(p, &row->b, floor, unit);
  if (median >= 0)
    fprintf(p->out,
            "<path class=\"median\" d=\"M%.1f %.1fl-4 6h8z\"><title>median "
            "%d</title></path>",
            rp_plot_x(p, median), floor + 0.5, median);
  fputs("</g>\n", p->out);
}

static int classes_counted(const rp_digest *d) {
  int n = 0;
  for (int32_t label = next_label(d, -1); label >= 0 && n <= MOST_CLASSES;
       label = next_label(d, label))
    n++;
  return n;
}

/* All rows in one scale, so that a class with few samples looks like one. */
static void classes_drawn(const rp_plot *p, const rp_digest *d, int n) {
  enum { HEADROOM = 8 };
  const double pitch = (p->bottom - p->top) / n;
  class_row row;
  int64_t most = 1;
  int32_t label = -1;
  for (int i = 0; i < n; i++) {
    class_taken(&row, d, label = next_label(d, label));
    const int64_t own = most_of(row.b.closed, row.b.open);
    if (own > most) most = own;
  }
  label = -1;
  for (int i = 0; i < n; i++) {
    class_taken(&row, d, label = next_label(d, label));
    class_drawn(p, &row, p->top + (i + 1) * pitch - HEADROOM,
                (pitch - HEADROOM - 2) / (double)most);
  }
}

void rp_page_classes(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_digest *const d = part->digest;
  const int found = d->least_lo < 0 ? 0 : classes_counted(d);
  const int n = found > MOST_CLASSES ? MOST_CLASSES : found;
  if (n == 0) return;
  char id[64], plot_id[64];
  const rp_plot_about about = {
      .title = "Maximum radii by class",
      .desc = "The same, one row a class; a triangle marks the median.",
      .id = rp_page_id(plot_id, "classes-plot", part),
      .height = n * 32.0};
  const rp_axis x = radius_axis(page, "maximum radius, input steps");
  const rp_axis y = {.label = "class (label)", .hi = 1, .bare = true};
  rp_plot plot;
  rp_page_figure_begin(out, rp_page_id(id, "classes", part), about.title);
  rp_plot_open(&plot, out, &about, &x, &y);
  classes_drawn(&plot, d, n);
  rp_plot_close(&plot);
  fprintf(out,
          "<p class=\"note\">Number of samples, all rows to one scale; "
          "triangles mark medians.%s</p>",
          found > n ? " Only the first 20 classes are shown." : "");
  rp_page_figure_end(out);
}
