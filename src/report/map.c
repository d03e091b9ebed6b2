/* Draws a map of the samples: one cell for each in the order of the dataset,
 * coloured by the greatest radius proved robust.
 *
 * Up to CELLS_WITH_TEXT samples each cell is an element with a description;
 * beyond that, all cells of one colour are one path, so that the page stays
 * small and fast. */
#include <inttypes.h>
#include <math.h>

#include "report/page_internal.h"
#include "show/digest_internal.h"

enum {
  TOP = 4,
  LEGEND_LEFT = 46,
  MARKS_LEFT = 211,
  CELLS_WITH_TEXT = 2000,
  CELLS_WITH_NUMBER = 120
};

static const char WRONG_INK[] = "#d55e00", UNASKED_INK[] = "#dddddd";

/* The value of a cell is a radius or one of these. */
enum { WRONG = -1, UNASKED = -2 };

typedef struct map {
  FILE *out;
  const char *caption; /* of the scale */
  const rp_digest *digest;
  int64_t n, columns; /* cells: valid samples */
  double left;        /* of the cells */
  double cell;
  int32_t most;
} map;

static int64_t choose_columns(int64_t n) {
  if (n <= CELLS_WITH_NUMBER) return 10;
  if (n <= 400) return 20;
  if (n <= 1200) return 40;
  if (n <= 2500) return 50;
  int64_t columns = 100;
  while (columns * columns < n) columns += 100;
  return columns;
}

static map lay_out_map(FILE *out, const rp_page_part *part) {
  const rp_digest *const d = part->digest;
  map m = {.out = out,
           .caption = rp_page_get_norm(part)->map,
           .digest = d,
           .left = 46,
           .most = 1};
  for (int64_t k = 0; k < d->n_samples; k++) {
    m.n += d->sample[k].valid;
    m.left = fmax(m.left, rp_page_number_width(d->sample[k].sample) + 7);
    if (d->sample[k].lo > m.most) m.most = d->sample[k].lo;
  }
  m.columns = choose_columns(m.n);
  m.cell = (RP_PLOT_WIDTH - m.left - 2) / (double)m.columns;
  if (m.cell > 24) m.cell = 24;
  return m;
}

static double compute_cell_x(const map *m, int64_t i) {
  return m->left + (double)(i % m->columns) * m->cell;
}

static double compute_cell_y(const map *m, int64_t i) {
  return TOP + (double)(i / m->columns) * m->cell;
}

static int32_t find_value(const rp_digest_sample *s) {
  return s->lo < 0 ? WRONG : s->asked ? s->lo : UNASKED;
}

static void choose_ink(const map *m, int32_t value, char ink[8]) {
  if (value < 0)
    snprintf(ink, 8, "%s", value == WRONG ? WRONG_INK : UNASKED_INK);
  else
    rp_plot_shade((double)value / m->most, ink);
}

/* Whether the radius shown is only a lower bound of the maximum. */
static bool is_lower_bound(const map *m, const rp_digest_sample *s) {
  const rp_radius_state state = rp_digest_get_state(m->digest, s);
  return s->searched && (state == RP_RADIUS_OPEN || state == RP_RADIUS_CAPPED);
}

static void describe_cell(const map *m, const rp_digest_sample *s) {
  FILE *const out = m->out;
  fprintf(out, "<title>sample %" PRId64 ", label ", s->sample);
  rp_page_put_class(out, &m->digest->results->provenance, s->label);
  if (m->digest->results->provenance.patch > 0) {
    fprintf(out, ", place %d", s->target);
  } else if (s->target >= 0) {
    fputs(", target ", out);
    rp_page_put_class(out, &m->digest->results->provenance, s->target);
  }
  fputs(": ", out);
  if (s->lo < 0)
    fputs("misclassified", out);
  else if (!s->asked)
    fputs("not asked", out);
  else if (!s->violated)
    fprintf(out, "robust up to %d at least", s->lo);
  else if (s->lo == s->hi)
    fprintf(out, "radius %d", s->lo);
  else
    fprintf(out, "radius %d to %d", s->lo, s->hi);
  fputs("</title>", out);
}

static void draw_cell(const map *m, int64_t i, const rp_digest_sample *s) {
  char ink[8];
  const double size = m->cell - (m->cell > 4 ? 0.6 : 0);
  choose_ink(m, find_value(s), ink);
  fprintf(m->out,
          "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
          "fill=\"%s\">",
          compute_cell_x(m, i), compute_cell_y(m, i), size, size, ink);
  describe_cell(m, s);
  fputs("</rect>", m->out);
  if (m->n > CELLS_WITH_NUMBER || find_value(s) < 0) return;
  char text[32], css[32];
  const int length = snprintf(text, sizeof text, "%d%s", s->lo,
                              is_lower_bound(m, s) ? "+" : "");
  snprintf(css, sizeof css, "cell%s%s",
           (double)s->lo / m->most < 0.51 ? " pale" : "",
           length > 3 ? " tight" : "");
  const rp_label at = {.x = compute_cell_x(m, i) + size / 2,
                       .y = compute_cell_y(m, i) + size / 2 + 3.5,
                       .anchor = RP_MIDDLE,
                       .css = css};
  rp_plot_label(m->out, &at, text);
}

static void draw_cells(const map *m) {
  int64_t i = 0;
  for (int64_t k = 0; k < m->digest->n_samples; k++)
    if (m->digest->sample[k].valid) draw_cell(m, i++, &m->digest->sample[k]);
  fputc('\n', m->out);
}

/* Draw all cells with one value as one path. */
static void draw_value(const map *m, int32_t value) {
  const rp_digest *const d = m->digest;
  char ink[8];
  int64_t i = 0, n = 0;
  choose_ink(m, value, ink);
  for (int64_t k = 0; k < d->n_samples; k++) {
    if (!d->sample[k].valid) continue;
    const int64_t at = i++;
    if (find_value(&d->sample[k]) != value) continue;
    if (n++ == 0) fprintf(m->out, "<path fill=\"%s\" d=\"", ink);
    fprintf(m->out, "M%.2f %.2fh%.2fv%.2fh-%.2fz", compute_cell_x(m, at),
            compute_cell_y(m, at), m->cell, m->cell, m->cell);
  }
  if (n > 0)
    fprintf(m->out, "\" data-radius=\"%d\" data-n=\"%" PRId64 "\"/>\n", value,
            n);
}

/* Draw a dot in every cell whose radius is a lower bound. */
static void draw_dots(const map *m) {
  const rp_digest *const d = m->digest;
  if (m->n <= CELLS_WITH_NUMBER || m->n > CELLS_WITH_TEXT) return;
  int64_t i = 0, n = 0;
  for (int64_t k = 0; k < d->n_samples; k++) {
    if (!d->sample[k].valid) continue;
    const int64_t at = i++;
    if (!is_lower_bound(m, &d->sample[k])) continue;
    if (n++ == 0) fputs("<path class=\"dots\" d=\"", m->out);
    fprintf(m->out, "M%.2f %.2fh0", compute_cell_x(m, at) + m->cell / 2 - 0.3,
            compute_cell_y(m, at) + m->cell / 2 - 0.3);
  }
  if (n > 0)
    fprintf(m->out, "\" stroke-width=\"%.2f\" data-open=\"%" PRId64 "\"/>\n",
            m->cell * 0.3, n);
}

/* Label every few rows with the number of their first sample. */
static void label_rows(const map *m) {
  const rp_digest *const d = m->digest;
  const int64_t every = 1 + (int64_t)(12 / m->cell);
  int64_t i = 0;
  for (int64_t k = 0; k < d->n_samples; k++) {
    if (!d->sample[k].valid) continue;
    const int64_t at = i++;
    if (at % m->columns != 0 || at / m->columns % every != 0) continue;
    const rp_label where = {.x = m->left - 5,
                            .y = compute_cell_y(m, at) +
                                 (m->cell < 11 ? 7 : m->cell / 2 + 4),
                            .anchor = RP_END,
                            .css = "tick"};
    rp_page_label_number(m->out, &where, d->sample[k].sample);
  }
}

/* ---- Legend: a strip with a colour for every radius ---- */

static void draw_scale(const map *m, double y, double caption_y) {
  enum { WIDTH = 150 };
  char ink[8];
  const double step = (double)WIDTH / (m->most + 1);
  for (int32_t lo = 0; lo <= m->most; lo++) {
    choose_ink(m, lo, ink);
    fprintf(m->out,
            "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"9\" "
            "fill=\"%s\"/>",
            LEGEND_LEFT + lo * step, y, step + 0.3, ink);
  }
  const rp_label first = {.x = LEGEND_LEFT, .y = y + 20, .css = "tick"};
  const rp_label last = {
      .x = LEGEND_LEFT + WIDTH, .y = y + 20, .anchor = RP_END, .css = "tick"};
  rp_plot_label(m->out, &first, "0");
  rp_page_label_number(m->out, &last, m->most);
  rp_plot_label(m->out, &(rp_label){.x = LEGEND_LEFT, .y = caption_y},
                m->caption);
}

/* How often each colour and mark beside the scale occurs. */
typedef struct marks {
  int64_t wrong, lower, unasked;
} marks;

static void draw_mark(const map *m, double y, const char *what, int64_t count) {
  char text[64];
  snprintf(text, sizeof text, "%s: %" PRId64, what, count);
  rp_plot_label(m->out, &(rp_label){.x = MARKS_LEFT + 14, .y = y}, text);
}

static void draw_box(const map *m, double y, const char *ink) {
  fprintf(m->out,
          "<rect x=\"%d\" y=\"%.1f\" width=\"9\" height=\"9\" "
          "fill=\"%s\"/>",
          MARKS_LEFT, y, ink);
}

static void draw_marks(const map *m, double y, const marks *c) {
  fprintf(m->out, "<g data-wrong=\"%" PRId64 "\" data-unasked=\"%" PRId64 "\">",
          c->wrong, c->unasked);
  if (c->wrong > 0) {
    draw_box(m, y, WRONG_INK);
    draw_mark(m, y + 8, "misclassified", c->wrong);
  }
  if (c->unasked > 0) {
    draw_box(m, y + 28, UNASKED_INK);
    draw_mark(m, y + 36, "not asked", c->unasked);
  }
  if (c->lower > 0 && m->n <= CELLS_WITH_TEXT) {
    rp_plot_label(m->out, &(rp_label){.x = MARKS_LEFT + 1, .y = y + 22},
                  m->n <= CELLS_WITH_NUMBER ? "+" : "●");
    draw_mark(m, y + 22, "or more", c->lower);
  }
  fputs("</g>", m->out);
}

static void draw_legend(const map *m, double y) {
  marks c = {0, 0, 0};
  for (int64_t k = 0; k < m->digest->n_samples; k++) {
    const rp_digest_sample *const s = &m->digest->sample[k];
    if (!s->valid) continue;
    c.wrong += find_value(s) == WRONG;
    c.unasked += find_value(s) == UNASKED;
    c.lower += is_lower_bound(m, s);
  }
  /* The caption of the scale goes below the marks beside it. */
  draw_scale(m, y, y + (c.unasked > 0 ? 52 : 37));
  draw_marks(m, y, &c);
}

void rp_page_map(const rp_page *page, const rp_page_part *part) {
  const map m = lay_out_map(page->out, part);
  if (m.n == 0) return;
  char id[64], plot_id[64];
  const rp_plot_about about = {
      .title = "Map of the samples",
      .desc = "Every sample as a cell, coloured by the greatest radius proved.",
      .id = rp_page_make_id(plot_id, "map-plot", part)};
  const double end = compute_cell_y(&m, m.n - 1) + m.cell;
  char finding[RP_FINDING_SIZE];
  rp_finding_map(part, finding);
  rp_page_figure_begin(page->out, rp_page_make_id(id, "map", part), about.title,
                       finding);
  rp_plot_picture(page->out, &about,
                  end + (part->digest->n_unasked > 0 ? 66 : 50));
  fprintf(page->out, "<g data-cells=\"%" PRId64 "\">", m.n);
  if (m.n <= CELLS_WITH_TEXT)
    draw_cells(&m);
  else
    for (int32_t v = UNASKED; v <= m.most; v++) draw_value(&m, v);
  fputs("</g>", page->out);
  draw_dots(&m);
  label_rows(&m);
  draw_legend(&m, end + 10);
  fprintf(page->out,
          "</svg><p class=\"note\">%s in the order of the dataset, %" PRId64
          " a row; numbers at the left are those of each row's first.</p>",
          part->results->provenance.targets > 0 ? "Pairs" : "Samples",
          m.columns);
  rp_page_figure_end(page->out);
}
