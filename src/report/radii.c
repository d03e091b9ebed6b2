/* Draws the distribution of the maximum radii, over all samples and by class.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/page_internal.h"
#include "show/digest_internal.h"

enum { MOST_CLASSES = 20, CLASS_ROOM = 100, MOST_BARS = 64 };

static const char CLOSED_INK[] = "#0072b2", CAPPED_INK[] = "#56b4e9",
                  OPEN_INK[] = "#f0c24b";

/* ---- Histogram ---- */

/* The number of samples whose greatest proved radius is each radius. */
typedef struct bars {
  int64_t closed[RP_DIGEST_RADII], capped[RP_DIGEST_RADII];
  int64_t open[RP_DIGEST_RADII];
} bars;

static int64_t count_at(const bars *b, int radius) {
  return b->closed[radius] + b->capped[radius] + b->open[radius];
}

/* The greatest radius that is proved in any results of the page; at least 1. */
static int32_t find_greatest(const rp_page *page) {
  int32_t most = 1;
  for (int i = 0; i < page->n; i++) {
    const rp_digest *const d = page->part[i].digest;
    for (int r = most; r < RP_DIGEST_RADII; r++)
      if (d->closed[r] + d->capped[r] + d->open[r] > 0) most = r;
  }
  return most;
}

static int64_t find_most(const bars *b) {
  int64_t most = 0;
  for (int r = 0; r < RP_DIGEST_RADII; r++)
    if (count_at(b, r) > most) most = count_at(b, r);
  return most;
}

/* How many radii share a bar, 1, 2, 5, 10 and so on, so that bars stay wide
 * enough to be seen: one where radii are small. */
static int32_t choose_step(const rp_page *page) {
  const int32_t most = find_greatest(page);
  int32_t step = 1;
  for (int k = 0; most / step >= MOST_BARS; k++)
    step = k % 3 == 1 ? step / 2 * 5 : step * 2;
  return step;
}

/* The bars of so many radii each, at the first of them. */
static bars gather_bars(const bars *of, int32_t step) {
  bars b = {.closed = {0}};
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    const int first = r - r % step;
    b.closed[first] += of->closed[r];
    b.capped[first] += of->capped[r];
    b.open[first] += of->open[r];
  }
  return b;
}

static bars compute_bars(const rp_digest *d, int32_t step) {
  bars b;
  memcpy(b.closed, d->closed, sizeof b.closed);
  memcpy(b.capped, d->capped, sizeof b.capped);
  memcpy(b.open, d->open, sizeof b.open);
  return gather_bars(&b, step);
}

/* What the counts of the bars are divided by: 1 where they are drawn. */
static double count_whole(const rp_page_part *part) {
  return part->in_shares ? (double)part->digest->n_radii : 1;
}

/* All results have the same scale, so that they can be compared. */
static rp_axis make_count_axis(const rp_page *page, const rp_page_part *part) {
  const bool in_shares = part->in_shares;
  const int32_t step = choose_step(page);
  double most = in_shares ? 0 : 1;
  for (int i = 0; i < page->n; i++) {
    const bars b = compute_bars(page->part[i].digest, step);
    if (page->part[i].digest->n_radii > 0)
      most = fmax(most, (double)find_most(&b) / count_whole(&page->part[i]));
  }
  return (rp_axis){.label = in_shares ? "share of the radii"
                                      : rp_page_get_subject(part, 2),
                   .hi = most * 1.05,
                   .whole = !in_shares,
                   .share = in_shares};
}

static void draw_segment(FILE *out, const char *ink, const double box[4]) {
  if (box[3] > 0)
    fprintf(out,
            "<rect fill=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"%.2f\"/>",
            ink, box[0], box[1], box[2], box[3]);
}

/* Where bars stand, and how high they are. */
typedef struct bar_place {
  double floor, unit; /* a sample has this height */
  int32_t step;       /* radii of a bar */
} bar_place;

/* Draw a bar of three segments. */
static void draw_bar(const rp_plot *p, const bars *b, int r,
                     const bar_place *at) {
  const double room = at->step * (p->right - p->left) / (p->x.hi - p->x.lo);
  const double width = fmin(room * 0.86, 26);
  const double x = rp_plot_x(p, r + (at->step - 1) / 2.0) - width / 2;
  const struct {
    const char *ink;
    int64_t count;
  } piece[] = {{CLOSED_INK, b->closed[r]},
               {CAPPED_INK, b->capped[r]},
               {OPEN_INK, b->open[r]}};
  double top = at->floor;
  for (int i = 0; i < 3; i++) {
    const double height = at->unit * (double)piece[i].count;
    top -= height;
    draw_segment(p->out, piece[i].ink, (double[]){x, top, width, height});
  }
}

static void draw_bars(const rp_plot *p, const bars *b, const bar_place *at) {
  char radii[32];
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    if (count_at(b, r) == 0) continue;
    snprintf(radii, sizeof radii, at->step > 1 ? "%d to %d" : "%d", r,
             r + at->step - 1);
    fprintf(p->out,
            "<g data-radius=\"%d\" data-closed=\"%" PRId64
            "\" data-capped=\"%" PRId64 "\" data-open=\"%" PRId64
            "\"><title>radius %s: %" PRId64 " closed",
            r, b->closed[r], b->capped[r], b->open[r], radii, b->closed[r]);
    if (b->capped[r] > 0)
      fprintf(p->out, ", %" PRId64 " at the cap: this or more", b->capped[r]);
    fprintf(p->out, ", %" PRId64 " open from here</title>", b->open[r]);
    draw_bar(p, b, r, at);
    fputs("</g>", p->out);
  }
  fputc('\n', p->out);
}

static rp_axis make_radius_axis(const rp_page *page, const rp_page_part *part) {
  const int32_t step = choose_step(page), most = find_greatest(page);
  const rp_norm norm = part->results->provenance.options.norm;
  return (rp_axis){
      .label = norm == RP_NORM_L0         ? "maximum radius, inputs changed"
               : norm == RP_NORM_CONTRAST ? "maximum radius, percent"
                                          : "maximum radius, input steps",
      .lo = -0.6,
      .hi = most - most % step + step - 0.4,
      .whole = true};
}

static void write_radii_legend(FILE *out, const rp_digest *d) {
  const struct {
    const char *ink, *text;
    rp_radius_state state;
  } kinds[] = {{CLOSED_INK, "closed", RP_RADIUS_CLOSED},
               {CAPPED_INK, "capped, perhaps more", RP_RADIUS_CAPPED},
               {OPEN_INK, "open: proved this far", RP_RADIUS_OPEN}};
  if (d->state[RP_RADIUS_CAPPED] + d->state[RP_RADIUS_OPEN] == 0) return;
  fputs("<p class=\"legend\">", out);
  for (int i = 0; i < 3; i++)
    if (i == 0 || d->state[kinds[i].state] > 0)
      fprintf(out, "<span><i style=\"background:%s\"></i>%s</span> ",
              kinds[i].ink, kinds[i].text);
  fputs("</p>", out);
}

static void write_cap_note(FILE *out, const rp_page_part *part) {
  const int32_t cap = part->results->provenance.radius_cap;
  const int64_t capped = part->digest->state[RP_RADIUS_CAPPED];
  if (cap > 0 && capped > 0)
    fprintf(out,
            "<p class=\"note\">Radii were searched up to %d; %" PRId64
            " of the samples withstand%s that.</p>",
            cap, capped, capped == 1 ? "s" : "");
}

void rp_page_histogram(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_digest *const d = part->digest;
  if (d->n_radii == 0) return;
  char id[64], plot_id[64];
  const rp_plot_about about = {
      .title = "Maximum radii",
      .desc = "How many samples have each maximum robustness radius.",
      .id = rp_page_make_id(plot_id, "radii-plot", part)};
  const int32_t step = choose_step(page);
  const bars b = compute_bars(d, step);
  const rp_axis x = make_radius_axis(page, part);
  const rp_axis y = make_count_axis(page, part);
  char finding[RP_FINDING_SIZE];
  rp_plot plot;
  rp_finding_radii(page, part, finding);
  rp_page_figure_begin(out, rp_page_make_id(id, "radii", part), about.title,
                       finding);
  if (page->n == 1) write_radii_legend(out, d);
  rp_plot_open(&plot, out, &about, &x, &y);
  const double unit = (plot.bottom - plot.top) / y.hi / count_whole(part);
  draw_bars(&plot, &b, &(bar_place){plot.bottom, unit, step});
  rp_plot_close(&plot);
  if (step > 1)
    fprintf(out, "<p class=\"note\">A bar stands for %d radii.</p>", step);
  write_cap_note(out, part);
  rp_page_figure_end(out);
}

/* ---- Classes ---- */

typedef struct class_row {
  int32_t label;
  int64_t n, wrong; /* searched samples; misclassified ones of these */
  int64_t n_radii;  /* samples in the bars */
  bars b;
} class_row;

/* Find the least label above `after` of a searched sample; -1 if none. */
static int32_t find_next_label(const rp_digest *d, int32_t after) {
  int32_t next = -1;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (s->searched && s->valid && s->label > after &&
        (next < 0 || s->label < next))
      next = s->label;
  }
  return next;
}

static void count_class(class_row *row, const rp_digest *d, int32_t label) {
  *row = (class_row){.label = label};
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (!s->searched || !s->valid || s->label != label) continue;
    row->n++;
    row->wrong += s->lo < 0;
    if (s->lo < 0) continue;
    const rp_radius_state state = rp_digest_get_state(d, s);
    row->n_radii += state <= RP_RADIUS_OPEN;
    if (state == RP_RADIUS_CLOSED) row->b.closed[s->lo]++;
    if (state == RP_RADIUS_CAPPED) row->b.capped[s->lo]++;
    if (state == RP_RADIUS_OPEN) row->b.open[s->lo]++;
  }
}

/* Find the lower median of the proved radii, which is one of them. */
static int32_t find_median(const class_row *row) {
  int64_t below = 0;
  const int64_t n = row->n_radii;
  for (int r = 0; r < RP_DIGEST_RADII; r++) {
    below += count_at(&row->b, r);
    if (n > 0 && below * 2 >= n) return r;
  }
  return -1;
}

static void draw_class(const rp_plot *p, const class_row *row, const char *name,
                       const bar_place *place) {
  const double floor = place->floor;
  const int32_t median = find_median(row);
  fprintf(p->out,
          "<g data-class=\"%d\" data-n=\"%" PRId64 "\" data-wrong=\"%" PRId64
          "\" data-median=\"%d\"><path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>",
          row->label, row->n, row->wrong, median, p->left, floor, p->right);
  const rp_label at = {
      .x = p->left - 6, .y = floor - 2, .anchor = RP_END, .room = CLASS_ROOM};
  rp_plot_label(p->out, &at, name);
  const bars b = gather_bars(&row->b, place->step);
  draw_bars(p, &b, place);
  if (median >= 0)
    fprintf(p->out,
            "<path class=\"median\" d=\"M%.1f %.1fl-4 6h8z\"><title>median "
            "of the proved radii: %d</title></path>",
            rp_plot_x(p, median), floor + 0.5, median);
  fputs("</g>\n", p->out);
}

/* Count the classes, up to one more than are drawn, and find how wide their
 * names are. */
static int count_classes(const rp_digest *d, double *width) {
  char name[RP_CLASS_SIZE];
  int n = 0;
  for (int32_t label = find_next_label(d, -1); label >= 0 && n <= MOST_CLASSES;
       label = find_next_label(d, label)) {
    rp_page_class(&d->results->provenance, label, name);
    *width = fmax(*width, fmin(rp_plot_width(name), CLASS_ROOM));
    n++;
  }
  return n;
}

/* The classes whose median of the radii proved is least, or greatest. */
typedef struct extreme {
  int32_t median, label; /* -1: none yet */
  int n;
} extreme;

static void note_extreme(extreme *e, bool is_better, int32_t median,
                         int32_t label) {
  if (e->n > 0 && median == e->median) e->n++;
  if (e->n == 0 || (is_better && median != e->median))
    *e = (extreme){median, label, 1};
}

static void write_extreme(FILE *out, const rp_digest *d, const extreme *e) {
  char name[RP_CLASS_SIZE];
  fprintf(out, "%d ", e->median);
  if (e->n == 1)
    fprintf(out, "(class %s)",
            rp_page_class(&d->results->provenance, e->label, name));
  else
    fprintf(out, "(%d classes)", e->n);
}

static void write_classes_finding(const rp_digest *d, int n,
                                  char text[RP_FINDING_SIZE]) {
  extreme least = {0}, most = {0};
  int32_t label = -1;
  class_row row;
  for (int i = 0; i < n; i++) {
    count_class(&row, d, label = find_next_label(d, label));
    const int32_t median = find_median(&row);
    if (median < 0) continue;
    note_extreme(&least, median < least.median, median, label);
    note_extreme(&most, median > most.median, median, label);
  }
  FILE *const out = least.n > 0 ? fmemopen(text, RP_FINDING_SIZE, "w") : NULL;
  if (!out) return;
  if (least.median == most.median) {
    fprintf(out, "The median of the radii proved is %d in every class",
            least.median);
  } else {
    fputs("Medians of the radii proved go from ", out);
    write_extreme(out, d, &least);
    fputs(" to ", out);
    write_extreme(out, d, &most);
  }
  (void)fclose(out);
}

/* All rows have the same scale, so that small classes are recognizable. */
static void draw_classes(const rp_plot *p, const rp_digest *d, int n,
                         int32_t step) {
  enum { HEADROOM = 8 };
  const double pitch = (p->bottom - p->top) / n;
  class_row row;
  char name[RP_CLASS_SIZE];
  int64_t most = 1;
  int32_t label = -1;
  for (int i = 0; i < n; i++) {
    count_class(&row, d, label = find_next_label(d, label));
    const bars b = gather_bars(&row.b, step);
    const int64_t own = find_most(&b);
    if (own > most) most = own;
  }
  label = -1;
  for (int i = 0; i < n; i++) {
    count_class(&row, d, label = find_next_label(d, label));
    rp_page_class(&d->results->provenance, label, name);
    draw_class(p, &row, name,
               &(bar_place){p->top + (i + 1) * pitch - HEADROOM,
                            (pitch - HEADROOM - 2) / (double)most, step});
  }
}

void rp_page_classes(const rp_page *page, const rp_page_part *part) {
  FILE *const out = page->out;
  const rp_digest *const d = part->digest;
  double width = 0;
  const int found = d->n_radii == 0 ? 0 : count_classes(d, &width);
  const int n = found > MOST_CLASSES ? MOST_CLASSES : found;
  if (n == 0) return;
  char id[64], plot_id[64], finding[RP_FINDING_SIZE] = "";
  const rp_plot_about about = {
      .title = "Maximum radii by class",
      .desc = "The same, one row a class; a triangle marks the median.",
      .id = rp_page_make_id(plot_id, "classes-plot", part),
      .height = n * 32.0};
  const rp_axis x = make_radius_axis(page, part);
  const rp_axis y = {
      .label = "class (label)", .hi = 1, .bare = true, .label_width = width};
  rp_plot plot;
  if (n == found) write_classes_finding(d, n, finding);
  rp_page_figure_begin(out, rp_page_make_id(id, "classes", part), about.title,
                       finding);
  rp_plot_open(&plot, out, &about, &x, &y);
  draw_classes(&plot, d, n, choose_step(page));
  rp_plot_close(&plot);
  fprintf(out,
          "<p class=\"note\">Number of samples, all rows to one scale; "
          "triangles mark medians of the radii proved.%s</p>",
          found > n ? " Only the first 20 classes are shown." : "");
  rp_page_figure_end(out);
}
