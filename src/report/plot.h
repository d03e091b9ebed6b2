/* Plots as SVG: a frame with axes, series in it, and a legend above it.
 *
 * A plot is 360 units wide, which can be read on a telephone and, side by side,
 * on a wide screen. Texts scale with the plot, and all are written by
 * rp_plot_label; the frame leaves room for the labels of its axes. The output
 * is well-formed XML without scripts, for use inside an XHTML page or, with
 * `standalone`, as a file. Only writing to the FILE can fail; the caller checks
 * ferror once, at the end. */
#ifndef RAMPART_REPORT_PLOT_H
#define RAMPART_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** The style of all plots: CSS without the style element. */
extern const char rp_plot_css[];

/** Write text for XML: markup is escaped; control characters and bytes that are
 *  not UTF-8 are replaced. Suitable for content and for quoted attributes. */
void rp_xml_text(FILE *out, const char *text);

/** Get colour i >= 0 of the qualitative scale, "#rrggbb" (Paul Tol's muted
 *  scheme, which the colour-blind can distinguish). The colours repeat. */
const char *rp_plot_colour(int i);

/** Get the colour at t of the sequential scale (cividis, dark to light).
 *  @param t  0..1, clipped */
void rp_plot_shade(double t, char colour[8]);

/** The part of a text that is at its position. */
typedef enum rp_anchor { RP_START, RP_MIDDLE, RP_END } rp_anchor;

/** Where a text goes in a picture. */
typedef struct rp_label {
  double x, y; /* y: of the line that the letters stand on */
  rp_anchor anchor;
  const char *css; /* a class of the style; NULL: none */
  double room;     /* a text that may be wider is cut; 0: the whole picture */
} rp_label;

/** Compute an upper bound of the width of a text, for all fonts of the style.
 */
double rp_plot_width(const char *text);

/** Write a text in a picture. It is moved sideways if it might stick out of the
 *  picture, so that every text stays in it, whatever a label says. */
void rp_plot_label(FILE *out, const rp_label *label, const char *text);

/** An axis, which maps numbers to positions. */
typedef struct rp_axis {
  const char *label; /* with its unit */
  double lo, hi;     /* lo < hi; on a logarithmic axis 0 < lo */
  bool log;
  bool whole;         /* ticks only at whole numbers */
  bool share;         /* ticks 0..1 are written as 0 %..100 % */
  bool time;          /* values are seconds; ticks in µs, ms or s */
  bool bare;          /* without ticks */
  double label_width; /* bare: of the labels that the caller writes at it */
} rp_axis;

typedef struct rp_plot_about {
  const char *title, *desc; /* plain text, also read by screen readers */
  const char *id;           /* unique in the page; letters, digits, dashes */
  int n_legend;             /* maximum number of entries in the legend; 0: names
                               of series are not drawn */
  double height;            /* of the frame; 0: the default */
  bool standalone;          /* a separate file, with style and visible title */
} rp_plot_about;

/** A plot that is being written. Positions are in units of the picture. */
typedef struct rp_plot {
  FILE *out;
  rp_axis x, y;
  double left, right, top, bottom; /* of the frame */
  double legend;                   /* its first line */
  int n_legend;                    /* entries written */
  bool has_legend;
} rp_plot;

enum { RP_PLOT_WIDTH = 360 };

/** Begin a picture without axes: the svg element, title and description. The
 *  caller closes it with "</svg>".
 *  @param height  of the picture */
void rp_plot_picture(FILE *out, const rp_plot_about *about, double height);

/** Begin a plot: the svg element, title and description, grid, ticks, labels.
 */
void rp_plot_open(rp_plot *plot, FILE *out, const rp_plot_about *about,
                  const rp_axis *x, const rp_axis *y);
void rp_plot_close(rp_plot *plot);

/** Compute the position of a value, clipped to the frame. */
double rp_plot_x(const rp_plot *plot, double value);
double rp_plot_y(const rp_plot *plot, double value);

/** A series of points. */
typedef struct rp_series {
  const char *name; /* in the legend; NULL: no entry */
  const double *x, *y;
  size_t n;
  const char *colour;
  bool steps;  /* the value holds until the next point */
  bool points; /* a dot at each point */
  bool dashed;
  bool thin;
} rp_series;

/** Draw a series and its entry in the legend. The element has the attributes
 *  data-n (number of points), data-name, data-first and data-last (values). */
void rp_plot_series(rp_plot *plot, const rp_series *series);

/** Lightly fill the area between two series with the same x. */
void rp_plot_band(rp_plot *plot, const rp_series *low, const rp_series *high);

/** Add an entry to the legend. A name that is too long is cut. */
void rp_plot_legend(rp_plot *plot, const char *name, const char *colour,
                    bool dashed);

#endif
