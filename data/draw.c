/* Drawing a digit: strokes given by a few control points are jittered, bent
 * into smooth curves, put through a random affine map and rasterized with a
 * soft pen; contrast and noise come last.
 *
 * Coordinates: the unit square, y downward. Each class has up to three
 * variants (a one with or without its foot, a seven with or without its bar),
 * as handwriting has. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "digits.h"

enum { MAX_POINTS = 14, MAX_STROKES = 3, PIECES = 5, MAX_PATH = 80 };

typedef struct point {
  double x, y;
} point;

typedef struct stroke {
  int n;
  bool smooth; /* a curve through the points, else straight lines */
  point p[MAX_POINTS];
} stroke;

typedef struct glyph {
  int label, n;
  stroke s[MAX_STROKES];
} glyph;

/* A table reads better than one number a line. */
/* clang-format off */
static const glyph GLYPHS[] = {
    {0, 1, {{9, true, {{.50, .12}, {.31, .20}, {.23, .50}, {.31, .80},
                       {.50, .88}, {.69, .80}, {.77, .50}, {.69, .20},
                       {.50, .12}}}}},
    {1, 1, {{3, false, {{.36, .28}, {.54, .12}, {.54, .88}}}}},
    {1, 1, {{2, false, {{.52, .12}, {.50, .88}}}}},
    {1, 2, {{3, false, {{.36, .28}, {.52, .12}, {.52, .88}}},
            {2, false, {{.32, .88}, {.72, .88}}}}},
    {2, 2, {{7, true, {{.25, .32}, {.33, .17}, {.52, .12}, {.70, .20},
                       {.72, .38}, {.56, .60}, {.25, .87}}},
            {2, false, {{.25, .87}, {.78, .87}}}}},
    {3, 2, {{6, true, {{.26, .22}, {.42, .12}, {.64, .16}, {.70, .31},
                       {.60, .43}, {.42, .47}}},
            {6, true, {{.42, .47}, {.64, .52}, {.74, .67}, {.64, .83},
                       {.44, .88}, {.24, .78}}}}},
    {4, 2, {{3, false, {{.56, .12}, {.20, .62}, {.82, .62}}},
            {2, false, {{.62, .38}, {.62, .88}}}}},
    {4, 2, {{3, false, {{.28, .12}, {.24, .52}, {.76, .52}}},
            {2, false, {{.68, .12}, {.66, .88}}}}},
    {5, 2, {{3, false, {{.74, .13}, {.32, .13}, {.29, .46}}},
            {7, true, {{.29, .46}, {.46, .40}, {.66, .45}, {.75, .62},
                       {.66, .80}, {.46, .88}, {.24, .80}}}}},
    {6, 1, {{11, true, {{.66, .13}, {.44, .22}, {.30, .42}, {.25, .66},
                        {.36, .84}, {.54, .88}, {.71, .79}, {.73, .62},
                        {.60, .50}, {.42, .52}, {.28, .66}}}}},
    {7, 1, {{3, false, {{.22, .14}, {.76, .14}, {.42, .88}}}}},
    {7, 2, {{3, false, {{.22, .14}, {.76, .14}, {.44, .88}}},
            {2, false, {{.36, .50}, {.74, .50}}}}},
    {8, 2, {{7, true, {{.50, .48}, {.33, .40}, {.32, .22}, {.50, .12},
                       {.68, .22}, {.67, .40}, {.50, .48}}},
            {7, true, {{.50, .48}, {.28, .58}, {.27, .80}, {.50, .88},
                       {.73, .80}, {.72, .58}, {.50, .48}}}}},
    {9, 1, {{11, true, {{.70, .34}, {.58, .48}, {.40, .48}, {.27, .36},
                        {.31, .19}, {.48, .12}, {.66, .18}, {.71, .36},
                        {.69, .58}, {.60, .76}, {.44, .88}}}}},
    {9, 2, {{7, true, {{.68, .26}, {.50, .13}, {.31, .20}, {.27, .36},
                       {.40, .48}, {.58, .46}, {.68, .32}}},
            {2, false, {{.69, .18}, {.62, .88}}}}},
};
/* clang-format on */
enum { N_GLYPHS = sizeof GLYPHS / sizeof *GLYPHS };

/** One affine map and one pen a digit. */
typedef struct style {
  double a[2][2], shift_x, shift_y;
  double half_width, softness; /* in pixels */
  double ink, noise;           /* in grey levels */
} style;

static double uniform(rp_rng *rng, double lo, double hi) {
  return lo + (hi - lo) * rp_rng_unit(rng);
}

/** Mean 0, variance 1, within +-3.5: the sum of twelve uniforms would be the
 *  textbook's, four are enough for ink. */
static double bell(rp_rng *rng) {
  double sum = -2;
  for (int i = 0; i < 4; i++) sum += rp_rng_unit(rng);
  return sum * 1.7320508075688772;
}

static style draw_a_style(rp_rng *rng) {
  const double turn = uniform(rng, -0.30, 0.30), t2 = turn * turn;
  const double c = 1 - t2 / 2 + t2 * t2 / 24, s = turn * (1 - t2 / 6);
  const double wide = uniform(rng, 0.68, 1.05), tall = uniform(rng, 0.74, 1.02);
  const double slant = uniform(rng, -0.35, 0.20);
  style st;
  st.a[0][0] = c * wide;
  st.a[0][1] = c * slant - s * tall;
  st.a[1][0] = s * wide;
  st.a[1][1] = s * slant + c * tall;
  st.shift_x = uniform(rng, -0.09, 0.09);
  st.shift_y = uniform(rng, -0.06, 0.06);
  st.half_width = uniform(rng, 0.45, 0.95);
  st.softness = uniform(rng, 0.8, 1.4);
  st.ink = uniform(rng, 120, 255);
  st.noise = uniform(rng, 4, 18);
  return st;
}

/** Jitter a control point and map it to pixels. */
static point placed(const style *st, point p, rp_rng *rng) {
  const double x = p.x - 0.5 + 0.036 * bell(rng);
  const double y = p.y - 0.5 + 0.036 * bell(rng);
  const double u = st->a[0][0] * x + st->a[0][1] * y + st->shift_x;
  const double v = st->a[1][0] * x + st->a[1][1] * y + st->shift_y;
  const point q = {(u + 0.5) * DIGITS_SIDE - 0.5,
                   (v + 0.5) * DIGITS_SIDE - 0.5};
  return q;
}

/** Catmull-Rom curve between p[1] and p[2]. */
static point on_curve(const point p[4], double t) {
  const double t2 = t * t, t3 = t2 * t;
  const double w[4] = {-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1,
                       -1.5 * t3 + 2 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2};
  point q = {0, 0};
  for (int i = 0; i < 4; i++) {
    q.x += w[i] * p[i].x;
    q.y += w[i] * p[i].y;
  }
  return q;
}

/** The stroke as straight pieces; returns the number of path points. */
static int flatten(const stroke *s, const point *p, point path[MAX_PATH]) {
  int n = 0;
  path[n++] = p[0];
  for (int i = 0; i + 1 < s->n; i++) {
    const point around[4] = {p[i ? i - 1 : 0], p[i], p[i + 1],
                             p[i + 2 < s->n ? i + 2 : i + 1]};
    for (int k = 1; s->smooth && k < PIECES; k++)
      path[n++] = on_curve(around, (double)k / PIECES);
    path[n++] = p[i + 1];
  }
  return n;
}

static double distance_squared(point p, point a, point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, len = dx * dx + dy * dy;
  double t = len > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / len : 0;
  t = t < 0 ? 0 : t > 1 ? 1 : t;
  const double ex = p.x - a.x - t * dx, ey = p.y - a.y - t * dy;
  return ex * ex + ey * ey;
}

/** Lower each pixel's squared distance to the path. */
static void ink_path(const point *path, int n, double *near) {
  for (int k = 0; k + 1 < n; k++)
    for (int i = 0; i < DIGITS_PIXELS; i++) {
      const point p = {i % DIGITS_SIDE, i / DIGITS_SIDE};
      const double d = distance_squared(p, path[k], path[k + 1]);
      if (d < near[i]) near[i] = d;
    }
}

static uint8_t shade(const style *st, double square, rp_rng *rng) {
  const double far = st->half_width + st->softness;
  double cover = 0;
  if (square < far * far) cover = (far - sqrt(square)) / (2 * st->softness);
  if (cover > 1) cover = 1;
  const double grey = st->ink * cover + st->noise * bell(rng) + 0.5;
  return grey < 0 ? 0 : grey >= 256 ? 255 : (uint8_t)grey;
}

static const glyph *pick_glyph(int label, rp_rng *rng) {
  int first = 0, count = 0;
  for (int i = N_GLYPHS - 1; i >= 0; i--)
    if (GLYPHS[i].label == label) {
      first = i;
      count++;
    }
  return &GLYPHS[first + (int)rp_rng_below(rng, (uint32_t)count)];
}

static void draw_one(int label, rp_rng *rng, uint8_t *x) {
  const glyph *g = pick_glyph(label, rng);
  const style st = draw_a_style(rng);
  double near[DIGITS_PIXELS];
  for (int i = 0; i < DIGITS_PIXELS; i++) near[i] = 1e9;
  for (int k = 0; k < g->n; k++) {
    const stroke *s = &g->s[k];
    point p[MAX_POINTS], path[MAX_PATH];
    for (int i = 0; i < s->n; i++) p[i] = placed(&st, s->p[i], rng);
    ink_path(path, flatten(s, p, path), near);
  }
  for (int i = 0; i < DIGITS_PIXELS; i++) x[i] = shade(&st, near[i], rng);
}

/** The ten classes in random order. */
static void shuffle_classes(rp_rng *rng, uint8_t order[DIGITS_CLASSES]) {
  for (int i = 0; i < DIGITS_CLASSES; i++) order[i] = (uint8_t)i;
  for (int i = DIGITS_CLASSES - 1; i > 0; i--) {
    const uint32_t j = rp_rng_below(rng, (uint32_t)i + 1);
    const uint8_t t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
}

rp_status digits_draw(int64_t n, uint64_t seed, digits_set *set) {
  rp_rng rng;
  uint8_t order[DIGITS_CLASSES];
  rp_rng_init(&rng, seed);
  set->n = n;
  set->x = rp_alloc((size_t)n, DIGITS_PIXELS);
  set->y = rp_alloc((size_t)n, 1);
  if (!set->x || !set->y) {
    digits_fini(set);
    return RP_E_MEMORY;
  }
  for (int64_t i = 0; i < n; i++) {
    if (i % DIGITS_CLASSES == 0) shuffle_classes(&rng, order);
    set->y[i] = order[i % DIGITS_CLASSES];
    draw_one(set->y[i], &rng, &set->x[i * DIGITS_PIXELS]);
  }
  return RP_OK;
}

void digits_fini(digits_set *set) {
  free(set->x);
  free(set->y);
  memset(set, 0, sizeof *set);
}
