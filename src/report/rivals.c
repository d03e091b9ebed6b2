/* Draws the classes of counterexamples by label. Every sample counts once, with
 * its nearest stored counterexample. */

#include <inttypes.h>

#include "report/page_internal.h"

enum { MOST_CLASSES = 40, LEFT = 34, TOP = 34 };

static int64_t count_at(const rp_digest *d, int32_t label, int32_t reached) {
  int64_t n = 0;
  for (int64_t k = 0; k < d->n_samples; k++)
    n += d->sample[k].label == label && d->sample[k].reached == reached;
  return n;
}

/* Count the classes on the axes, 0 to the greatest that occurs; any number
 * above MOST_CLASSES means too many. */
static int32_t count_classes(const rp_digest *d) {
  int32_t most = -1;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (s->reached < 0) continue;
    if (s->label > most) most = s->label;
    if (s->reached > most) most = s->reached;
  }
  return most < MOST_CLASSES ? most + 1 : MOST_CLASSES + 1;
}

typedef struct matrix {
  FILE *out;
  const rp_digest *digest;
  int32_t n;
  double cell;
  int64_t most;
} matrix;

/* From nearly white to blue, on dark pages too: numbers in cells are black. */
static void choose_ink(double share, char ink[8]) {
  static const int blue[] = {0, 114, 178};
  const double t = 0.08 + 0.92 * share;
  int part[3];
  for (int k = 0; k < 3; k++) part[k] = (int)(255 + t * (blue[k] - 255) + 0.5);
  snprintf(ink, 8, "#%02x%02x%02x", part[0] & 255, part[1] & 255,
           part[2] & 255);
}

static void draw_cell(const matrix *m, int32_t label, int32_t reached) {
  const int64_t n = count_at(m->digest, label, reached);
  const double x = LEFT + reached * m->cell, y = TOP + label * m->cell;
  const double share = (double)n / (double)m->most;
  const rp_provenance *const of = &m->digest->results->provenance;
  char ink[8];
  if (n == 0) return;
  choose_ink(share, ink);
  fprintf(m->out,
          "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
          "fill=\"%s\" data-label=\"%d\" "
          "data-reached=\"%d\" data-n=\"%" PRId64 "\"><title>label ",
          x, y, m->cell - 1, m->cell - 1, ink, label, reached, n);
  rp_page_put_class(m->out, of, label);
  fputs(" reached as ", m->out);
  rp_page_put_class(m->out, of, reached);
  fprintf(m->out, ": %" PRId64 " samples</title></rect>", n);
  const rp_label at = {.x = x + m->cell / 2,
                       .y = y + m->cell / 2 + 4,
                       .anchor = RP_MIDDLE,
                       .css = share > 0.93 ? "pale" : "cell"};
  if (rp_page_number_width(n) <= m->cell) rp_page_label_number(m->out, &at, n);
}

static void label_classes(const matrix *m) {
  const int every = 1 + (int)(12 / m->cell);
  for (int32_t i = 0; i < m->n; i += every) {
    const double middle = i * m->cell + m->cell / 2;
    const rp_label column = {
        .x = LEFT + middle, .y = TOP - 6, .anchor = RP_MIDDLE};
    const rp_label row = {
        .x = LEFT - 6, .y = TOP + middle + 4, .anchor = RP_END};
    rp_page_label_number(m->out, &column, i);
    rp_page_label_number(m->out, &row, i);
  }
  const rp_label reached = {
      .x = LEFT + m->n * m->cell / 2 + 20, .y = 11, .anchor = RP_MIDDLE};
  rp_plot_label(m->out, &reached, "class of the counterexample");
  rp_plot_label(m->out, &(rp_label){.x = 2, .y = 11}, "label");
  for (int32_t i = 0; i < m->n; i++)
    fprintf(m->out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
            "fill=\"#eee\"/>",
            LEFT + i * m->cell, TOP + i * m->cell, m->cell - 1, m->cell - 1);
}

static void draw_matrix(const rp_page *page, const rp_page_part *part,
                        int32_t n) {
  char id[64];
  const rp_plot_about about = {
      .title = "Rivals",
      .desc = "How many samples of each label have their nearest known "
              "counterexample in each other class.",
      .id = rp_page_make_id(id, "rivals-plot", part)};
  matrix m = {.out = page->out, .digest = part->digest, .n = n, .most = 1};
  m.cell = (double)(RP_PLOT_WIDTH - LEFT - 4) / (n > 6 ? n : 6);
  for (int32_t i = 0; i < n * n; i++) {
    const int64_t count = count_at(part->digest, i / n, i % n);
    if (count > m.most) m.most = count;
  }
  rp_plot_picture(page->out, &about, TOP + n * m.cell + 4);
  label_classes(&m);
  for (int32_t i = 0; i < n * n; i++) draw_cell(&m, i / n, i % n);
  fputs("</svg><p class=\"note\">Number of samples whose nearest known "
        "counterexample is taken for that class.</p>",
        page->out);
}

void rp_page_rivals(const rp_page *page, const rp_page_part *part) {
  const char *const note = part->source->net_note;
  const int32_t n = count_classes(part->digest);
  char id[64];
  if (part->results->n_counterexamples == 0) return;
  char finding[RP_FINDING_SIZE];
  rp_finding_rivals(part, finding);
  rp_page_figure_begin(page->out, rp_page_make_id(id, "rivals", part),
                       "Rivals: label and class reached", finding);
  if (n > 0 && n <= MOST_CLASSES)
    draw_matrix(page, part, n);
  else {
    fputs("<p class=\"missing\">Left out: ", page->out);
    if (n > MOST_CLASSES)
      fprintf(page->out, "a table of more than %d classes", MOST_CLASSES);
    else
      rp_xml_text(page->out, *note ? note : "no class reached is known");
    fputs(".</p>", page->out);
  }
  rp_page_figure_end(page->out);
}
