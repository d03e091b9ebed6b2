/* Plots as SVG: a frame with axes, series in it, a legend above it.
 *
 * One plot is 360 units wide, which is readable on a telephone and, side by
 * side, on a wide screen. Texts keep their size relative to the plot. What is
 * written is well-formed XML and needs no script, so that it stands inside an
 * XHTML page or, with `standalone`, in a file of its own. Nothing here fails
 * but the FILE; the caller asks ferror once, at the end. */
#ifndef RAMPART_REPORT_PLOT_H
#define RAMPART_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** The style that every plot relies on: CSS, without the style element. */
extern const char rp_plot_css[];

/** Text for XML: markup characters escaped, bytes that are no UTF-8 and
 *  control characters replaced. Fit for content and for quoted attributes. */
void rp_xml_text(FILE *out, const char *text);

/** Colour i of the qualitative scale, "#rrggbb"; told apart by the colour-blind
 *  too (Paul Tol's muted scheme). Any i >= 0: they repeat. */
const char *rp_plot_colour(int i);

/** Colour at t of the sequential scale (cividis, dark to light), "#rrggbb".
 *  @param t  0..1, clipped */
void rp_plot_shade(double t, char colour[8]);

/** A scale from numbers to a stretch of the picture. */
typedef struct rp_axis {
  const char *label; /* with its unit */
  double lo, hi;     /* lo < hi; on a logarithmic axis 0 < lo */
  bool log;
  bool whole; /* no ticks between whole numbers */
  bool share; /* 0..1 is written as 0 %..100 % */
  bool time;  /* in seconds; ticks are written with µs, ms or s */
  bool bare;  /* no ticks: what is drawn labels itself */
} rp_axis;

typedef struct rp_plot_about {
  const char *title, *desc; /* what is shown, and what to see, in words */
  const char *id;           /* unique in the page; letters, digits, dashes */
  int n_legend;             /* series with a name, at most */
  bool wide_legend;         /* long names: a line each, else two a line */
  double height;            /* of the frame; 0: the usual one */
  bool standalone;          /* a file of its own: own style, visible title */
} rp_plot_about;

/** A plot being written; positions are units of the picture. */
typedef struct rp_plot {
  FILE *out;
  rp_axis x, y;
  double left, right, top, bottom; /* of the frame */
  double legend;                   /* its first line */
  int n_legend, n_columns;         /* entries written; of the legend */
} rp_plot;

enum { RP_PLOT_WIDTH = 360 };

/** A picture drawn by hand: the svg element, title and description; closed by
 *  rp_plot_close or "</svg>". height: of the picture. */
void rp_plot_picture(FILE *out, const rp_plot_about *about, double height);

/** Begin: the svg element, title and description, grid, ticks and labels. */
void rp_plot_open(rp_plot *plot, FILE *out, const rp_plot_about *about,
                  const rp_axis *x, const rp_axis *y);
void rp_plot_close(rp_plot *plot);

/** Position of a value, clipped to the frame. */
double rp_plot_x(const rp_plot *plot, double value);
double rp_plot_y(const rp_plot *plot, double value);

/** Points of one kind. */
typedef struct rp_series {
  const char *name; /* in the legend; NULL: not there */
  const double *x, *y;
  size_t n;
  const char *colour;
  bool steps;  /* the value holds until the next point */
  bool points; /* a dot at each point */
  bool dashed;
  bool thin;
} rp_series;

/** Draw a series, with its entry in the legend. The element carries data-n,
 *  the number of points, data-name, and the first and the last value. */
void rp_plot_series(rp_plot *plot, const rp_series *series);

/** Fill between two series of steps with the same x, lightly. */
void rp_plot_band(rp_plot *plot, const rp_series *low, const rp_series *high);

/** An entry in the legend for something drawn by hand. A name too long for its
 *  place is cut. */
void rp_plot_legend(rp_plot *plot, const char *name, const char *colour,
                    bool dashed);

/** A short text in the frame. anchor: "start", "middle" or "end". */
void rp_plot_note(const rp_plot *plot, double x, double y, const char *anchor,
                  const char *text);

#endif
