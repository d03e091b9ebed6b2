/* Draws plots: the frame and the series in it.
 *
 * From top to bottom, a plot has a title (only in a separate file), a legend in
 * two columns, the label of the y axis (horizontal, above its ticks), the
 * frame, and the ticks and label of the x axis. Horizontal grid lines suffice.
 */
#include "report/plot.h"

#include <math.h>

enum {
  LEFT = 48, /* least width of the margins */
  RIGHT = 12,
  LEGEND_LINE = 16,
  COLUMNS = 2, /* of the legend */
  USUAL_HEIGHT = 180,
  MOST_TICKS = 6
};

const char rp_plot_css[] =
    "svg text{font:11px/1 system-ui,-apple-system,'Segoe UI',Roboto,"
    "'DejaVu Sans',sans-serif;fill:#333}"
    "svg .tick{fill:#666;font-variant-numeric:tabular-nums}"
    "svg .strong{font-weight:600;fill:#111}"
    "svg .grid{stroke:#e3e3e3;stroke-width:1;fill:none}"
    "svg .base{stroke:#888;stroke-width:1;fill:none}"
    "svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round}"
    "svg .thin{stroke-width:1}"
    "svg .dash{stroke-dasharray:4 3}";

/* ---- Scales ---- */

static double compute_share(const rp_axis *axis, double value) {
  double at;
  if (axis->log)
    at = value > 0 ? log(value / axis->lo) / log(axis->hi / axis->lo) : 0;
  else
    at = (value - axis->lo) / (axis->hi - axis->lo);
  return at > 0 ? (at < 1 ? at : 1) : 0; /* NaN: 0 */
}

double rp_plot_x(const rp_plot *plot, double value) {
  return plot->left +
         compute_share(&plot->x, value) * (plot->right - plot->left);
}

double rp_plot_y(const rp_plot *plot, double value) {
  return plot->bottom -
         compute_share(&plot->y, value) * (plot->bottom - plot->top);
}

/* Choose 1, 2 or 5 times a power of ten, so that at most MOST_TICKS steps fit.
 */
static double choose_nice_step(const rp_axis *axis) {
  const double least = (axis->hi - axis->lo) / MOST_TICKS;
  const double power = pow(10, floor(log10(least)));
  const double factor = least / power;
  const double step = power * (factor <= 1   ? 1
                               : factor <= 2 ? 2
                               : factor <= 5 ? 5
                                             : 10);
  return axis->whole && step < 1 ? 1 : step;
}

/* Choose the ticks of an axis. Returns their number, at most 16. */
static int choose_ticks(const rp_axis *axis, double tick[16]) {
  int n = 0;
  if (!axis->log) {
    const double step = choose_nice_step(axis);
    for (double i = ceil(axis->lo / step - 1e-9); n < 16; i++) {
      if (i * step > axis->hi + step * 1e-9) break;
      tick[n++] = i * step + 0.0; /* no -0 */
    }
    return n;
  }
  const int decades = (int)ceil(log10(axis->hi / axis->lo) - 1e-9);
  const int every =
      decades > MOST_TICKS ? (decades + MOST_TICKS - 1) / MOST_TICKS : 1;
  for (int e = (int)floor(log10(axis->lo) + 1e-9); n < 13; e += every) {
    const double power = pow(10, e);
    if (power > axis->hi * (1 + 1e-9)) break;
    for (int m = 0; m < 3; m++) {
      const double value = power * (m == 0 ? 1 : m == 1 ? 2 : 5);
      if (m > 0 && decades > 2) break;
      if (value >= axis->lo * (1 - 1e-9) && value <= axis->hi * (1 + 1e-9))
        tick[n++] = value;
    }
  }
  return n;
}

static void format_tick(const rp_axis *axis, double value, char text[32]) {
  if (axis->share)
    snprintf(text, 32, "%.4g %%", 100 * value);
  else if (axis->time && value > 0 && value < 0.9995e-3)
    snprintf(text, 32, "%.4g µs", value * 1e6);
  else if (axis->time && value > 0 && value < 0.9995)
    snprintf(text, 32, "%.4g ms", value * 1e3);
  else
    snprintf(text, 32, fabs(value) < 1e6 ? "%.6g%s" : "%.3g%s", value,
             axis->time ? " s" : "");
}

/* ---- Frame ---- */

/* Find the width of the widest label at an axis. */
static double find_widest_label(const rp_axis *axis) {
  double tick[16], widest = axis->label_width;
  char text[32];
  const int n = axis->bare ? 0 : choose_ticks(axis, tick);
  for (int i = 0; i < n; i++) {
    format_tick(axis, tick[i], text);
    widest = fmax(widest, rp_plot_width(text));
  }
  return widest;
}

/* A label that might touch the one before it is left out. */
static void draw_x_axis(const rp_plot *p) {
  double tick[16], end = 0;
  char text[32];
  const int n = p->x.bare ? 0 : choose_ticks(&p->x, tick);
  fprintf(p->out, "<path class=\"base\" d=\"M%.1f %.1fH%.1f\"/>", p->left,
          p->bottom, p->right);
  for (int i = 0; i < n; i++) {
    const double x = rp_plot_x(p, tick[i]);
    format_tick(&p->x, tick[i], text);
    fprintf(p->out, "<path class=\"base\" d=\"M%.1f %.1fv4\"/>", x, p->bottom);
    const double half = rp_plot_width(text) / 2;
    if (x - half < end) continue;
    end = x + half;
    const rp_label at = {
        .x = x, .y = p->bottom + 16, .anchor = RP_MIDDLE, .css = "tick"};
    rp_plot_label(p->out, &at, text);
  }
  const rp_label at = {
      .x = (p->left + p->right) / 2, .y = p->bottom + 33, .anchor = RP_MIDDLE};
  rp_plot_label(p->out, &at, p->x.label);
  fputc('\n', p->out);
}

static void draw_y_axis(const rp_plot *p) {
  double tick[16];
  char text[32];
  const int n = p->y.bare ? 0 : choose_ticks(&p->y, tick);
  for (int i = 0; i < n; i++) {
    const double y = rp_plot_y(p, tick[i]);
    format_tick(&p->y, tick[i], text);
    fprintf(p->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", p->left, y,
            p->right);
    const rp_label at = {
        .x = p->left - 6, .y = y + 4, .anchor = RP_END, .css = "tick"};
    rp_plot_label(p->out, &at, text);
  }
  rp_plot_label(p->out, &(rp_label){.x = 2, .y = p->top - 10}, p->y.label);
  fputc('\n', p->out);
}

void rp_plot_picture(FILE *out, const rp_plot_about *about, double height) {
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" "
          "role=\"img\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
          RP_PLOT_WIDTH, height, about->id, about->id, about->id);
  rp_xml_text(out, about->title);
  fprintf(out, "</title><desc id=\"%s-d\">", about->id);
  rp_xml_text(out, about->desc);
  fputs("</desc>\n", out);
  if (!about->standalone) return;
  fprintf(out,
          "<style>%s</style><rect width=\"%d\" height=\"%.0f\" "
          "fill=\"#fff\"/>",
          rp_plot_css, RP_PLOT_WIDTH, height);
  rp_plot_label(out, &(rp_label){.x = 2, .y = 13, .css = "strong"},
                about->title);
  fputc('\n', out);
}

void rp_plot_open(rp_plot *plot, FILE *out, const rp_plot_about *about,
                  const rp_axis *x, const rp_axis *y) {
  const double frame = about->height > 0 ? about->height : USUAL_HEIGHT;
  const int lines = (about->n_legend + COLUMNS - 1) / COLUMNS;
  const double top = 24.0 + (about->standalone ? 20 : 0) + LEGEND_LINE * lines;
  *plot = (rp_plot){.out = out,
                    .x = *x,
                    .y = *y,
                    .left = fmax(LEFT, find_widest_label(y) + 8),
                    .right = RP_PLOT_WIDTH -
                             fmax(RIGHT, find_widest_label(x) / 2 + 1),
                    .top = top,
                    .bottom = top + frame,
                    .legend = top - 10 - LEGEND_LINE * lines,
                    .has_legend = about->n_legend > 0};
  rp_plot_picture(out, about, plot->bottom + 40);
  draw_y_axis(plot);
  draw_x_axis(plot);
}

void rp_plot_close(rp_plot *plot) {
  fputs("</svg>\n", plot->out);
}

void rp_plot_legend(rp_plot *plot, const char *name, const char *colour,
                    bool dashed) {
  const int n = plot->n_legend++, width = RP_PLOT_WIDTH / COLUMNS;
  const double y = plot->legend + n / COLUMNS * LEGEND_LINE;
  const double x = 2 + n % COLUMNS * width;
  fprintf(plot->out,
          "<path class=\"line%s\" stroke=\"%s\" d=\"M%.1f %.1fh16\"/>",
          dashed ? " dash" : "", colour, x, y - 4);
  const rp_label at = {.x = x + 21, .y = y, .room = width - 24};
  rp_plot_label(plot->out, &at, name);
  fputc('\n', plot->out);
}

/* ---- Series ---- */

static void write_path(const rp_plot *p, const rp_series *s) {
  for (size_t i = 0; i < s->n; i++) {
    const double x = rp_plot_x(p, s->x[i]), y = rp_plot_y(p, s->y[i]);
    if (s->steps && i > 0)
      fprintf(p->out, "H%.1fV%.1f", x, y);
    else
      fprintf(p->out, "%c%.1f %.1f", i > 0 ? 'L' : 'M', x, y);
  }
}

static void write_value(FILE *out, const char *name, double value) {
  if (isfinite(value)) fprintf(out, " %s=\"%.6g\"", name, value);
}

void rp_plot_series(rp_plot *plot, const rp_series *series) {
  if (series->name && plot->has_legend)
    rp_plot_legend(plot, series->name, series->colour, series->dashed);
  if (series->n == 0) return;
  fprintf(plot->out,
          "<path class=\"line%s%s\" stroke=\"%s\" data-n=\"%zu\" data-name=\"",
          series->thin ? " thin" : "", series->dashed ? " dash" : "",
          series->colour, series->n);
  rp_xml_text(plot->out, series->name ? series->name : "");
  fputc('"', plot->out);
  write_value(plot->out, "data-first", series->y[0]);
  write_value(plot->out, "data-last", series->y[series->n - 1]);
  fputs(" d=\"", plot->out);
  write_path(plot, series);
  fputs("\"/>\n", plot->out);
  for (size_t i = 0; series->points && i < series->n; i++)
    fprintf(plot->out,
            "<circle r=\"2.5\" fill=\"%s\" cx=\"%.1f\" cy=\"%.1f\"/>",
            series->colour, rp_plot_x(plot, series->x[i]),
            rp_plot_y(plot, series->y[i]));
}

void rp_plot_band(rp_plot *plot, const rp_series *low, const rp_series *high) {
  if (low->n == 0 || low->n != high->n) return;
  fprintf(plot->out, "<path fill=\"%s\" fill-opacity=\".18\" d=\"",
          low->colour);
  write_path(plot, low);
  for (size_t i = high->n; i-- > 0;) {
    const double x = rp_plot_x(plot, high->x[i]);
    const double y = rp_plot_y(plot, high->y[i]);
    if (high->steps && i + 1 < high->n)
      fprintf(plot->out, "V%.1fH%.1f", y, x);
    else
      fprintf(plot->out, "L%.1f %.1f", x, y);
  }
  fputs("Z\"/>\n", plot->out);
}
