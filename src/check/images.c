/* Families of images with one parameter: brightness and contrast. All images of
 * a radius are made here from their definition, in the order of the parameter,
 * and the least radius of an image is found from its values alone. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

/* A factor f = p / q with q > 0. As the bound of an interval it may be included
 * in it or not. */
typedef struct fraction {
  int64_t p, q;
  bool included;
} fraction;

static int compare(fraction a, fraction b) {
  const wide x = (wide)a.p * b.q, y = (wide)b.p * a.q;
  return (x > y) - (x < y);
}

static int64_t round_down(int64_t p, int64_t q) {
  return p / q - (p % q < 0);
}

static int64_t round_up(int64_t p, int64_t q) {
  return -round_down(-p, q);
}

static int32_t clip(int64_t v, int64_t hi) {
  return (int32_t)(v < 0 ? 0 : v > hi ? hi : v);
}

/* ---- all images of a radius ---- */

/* Contrast moves v to floor((f d + hi + 1) / 2) with d = 2 v - hi: this is
 * c + f (v - c), rounded halves up. Just above f, the value is the same where d
 * >= 0; where d < 0 it falls below a whole number at once. */
static int32_t move_value(int64_t v, int64_t hi, fraction f, bool above) {
  const int64_t d = 2 * v - hi;
  const int64_t twice = f.p * d + (hi + 1) * f.q;
  return clip(above && d < 0 ? round_up(twice, 2 * f.q) - 1
                             : round_down(twice, 2 * f.q),
              hi);
}

/* The least factor above f at which the value of v, within 0..hi, is another
 * one than just above f. False: there is none. */
static bool find_next(int64_t v, int64_t hi, fraction f, fraction *next) {
  const int64_t d = 2 * v - hi, twice = f.p * d + (hi + 1) * f.q;
  /* The next k with f d + hi + 1 = 2 k, in the direction of d. */
  const int64_t k =
      d > 0 ? round_down(twice, 2 * f.q) + 1 : round_up(twice, 2 * f.q) - 1;
  if (d == 0 || k < 1 || k > hi) return false;
  const int64_t p = 2 * k - hi - 1;
  *next = (fraction){d < 0 ? -p : p, d < 0 ? -d : d, true};
  return true;
}

/* A sample, and who looks at its images. */
typedef struct gallery {
  const net *n;
  const int32_t *x;
  bool *is_there;        /* [in_hi + 1] values of the sample */
  int32_t *image, *last; /* [n_in] */
  bool (*visit)(void *context, const int32_t *image);
  void *context;
} gallery;

/* An image that is that before once more is left out. */
static bool try_image(const gallery *g) {
  const size_t size = (size_t)g->n->n_in * sizeof *g->image;
  if (!memcmp(g->image, g->last, size)) return true;
  memcpy(g->last, g->image, size);
  return g->visit(g->context, g->image);
}

static bool try_contrast(const gallery *g, fraction f, bool above) {
  for (int32_t p = 0; p < g->n->n_in; p++)
    g->image[p] = move_value(g->x[p], g->n->in_hi, f, above);
  return try_image(g);
}

static bool try_brightness(const gallery *g, int32_t b) {
  for (int32_t p = 0; p < g->n->n_in; p++)
    g->image[p] = clip((int64_t)g->x[p] + b, g->n->in_hi);
  return try_image(g);
}

/* The next factor above f at which an image changes; `end` if there is none
 * before. */
static fraction find_change(const gallery *g, fraction f, fraction end) {
  fraction least = end, own;
  for (int64_t v = 0; v <= g->n->in_hi; v++)
    if (g->is_there[v] && find_next(v, g->n->in_hi, f, &own) &&
        compare(own, least) < 0)
      least = own;
  return least;
}

/* From the least factor to the greatest: at each at which some value of the
 * sample changes, and just above it. */
static bool visit_contrast(const gallery *g, int64_t radius) {
  const fraction end = {100 + radius, 100, true};
  fraction f = {100, 100 + radius, true};
  for (; compare(f, end) < 0; f = find_change(g, f, end))
    if (!try_contrast(g, f, false) || !try_contrast(g, f, true)) return false;
  return try_contrast(g, end, false);
}

static bool visit_brightness(const gallery *g, int64_t radius) {
  for (int64_t b = -radius; b <= radius; b++)
    if (!try_brightness(g, (int32_t)b)) return false;
  return true;
}

bool rp_check_visit_images(const net *n, measure of, const int32_t *x,
                           int64_t radius,
                           bool (*visit)(void *context, const int32_t *image),
                           void *context) {
  const size_t n_in = (size_t)n->n_in;
  const gallery g = {
      .n = n,
      .x = x,
      .is_there = rp_check_alloc((size_t)n->in_hi + 1, sizeof *g.is_there),
      .image = rp_check_alloc(n_in, sizeof *g.image),
      .last = rp_check_alloc(n_in, sizeof *g.last),
      .visit = visit,
      .context = context};
  for (size_t p = 0; p < n_in; p++) g.is_there[x[p]] = true;
  g.last[0] = -1; /* no image */
  const bool all = of == CONTRAST ? visit_contrast(&g, radius)
                                  : visit_brightness(&g, radius);
  free(g.is_there);
  free(g.image);
  free(g.last);
  return all;
}

/* ---- the radius of an image ---- */

static void raise_to(fraction *lo, fraction by) {
  const int order = compare(by, *lo);
  if (order > 0 || (order == 0 && !by.included)) *lo = by;
}

static void lower_to(fraction *hi, fraction by) {
  const int order = compare(by, *hi);
  if (order < 0 || (order == 0 && !by.included)) *hi = by;
}

/* Keep the factors that move v to w: those with 2 w <= f d + hi + 1 < 2 w + 2,
 * where values at an end of 0..hi may be beyond it. False: none does. */
static bool keep_factors(int64_t v, int64_t w, int64_t hi, fraction *from,
                         fraction *to) {
  const int64_t d = 2 * v - hi, least = 2 * w - hi - 1, beyond = least + 2;
  if (d == 0) return w == (hi + 1) / 2;
  if (d > 0) {
    if (w > 0) raise_to(from, (fraction){least, d, true});
    if (w < hi) lower_to(to, (fraction){beyond, d, false});
  } else {
    if (w > 0) lower_to(to, (fraction){-least, -d, true});
    if (w < hi) raise_to(from, (fraction){-beyond, -d, false});
  }
  return true;
}

static bool is_empty(fraction from, fraction to) {
  const int order = compare(from, to);
  return order > 0 || (order == 0 && !(from.included && to.included));
}

static bool has_factor(fraction from, fraction to, int64_t radius) {
  raise_to(&from, (fraction){100, 100 + radius, true});
  lower_to(&to, (fraction){100 + radius, 100, true});
  return !is_empty(from, to);
}

static int64_t find_contrast(const net *n, const int32_t *x,
                             const int32_t *image) {
  fraction from = {0, 1, true}, to = {1000, 1, true};
  for (int32_t p = 0; p < n->n_in; p++)
    if (!keep_factors(x[p], image[p], n->in_hi, &from, &to)) return -1;
  for (int64_t radius = 0; radius <= MOST_RADIUS_LINF; radius++)
    if (has_factor(from, to, radius)) return radius;
  return -1;
}

static bool is_brighter(const net *n, const int32_t *x, const int32_t *image,
                        int64_t b) {
  for (int32_t p = 0; p < n->n_in; p++)
    if (image[p] != clip(x[p] + b, n->in_hi)) return false;
  return true;
}

static int64_t find_brightness(const net *n, const int32_t *x,
                               const int32_t *image) {
  for (int64_t radius = 0; radius <= MOST_RADIUS_LINF; radius++)
    if (is_brighter(n, x, image, radius) || is_brighter(n, x, image, -radius))
      return radius;
  return -1;
}

int64_t rp_check_find_radius(const net *n, measure of, const int32_t *x,
                             const int32_t *image) {
  return of == CONTRAST ? find_contrast(n, x, image)
                        : find_brightness(n, x, image);
}
