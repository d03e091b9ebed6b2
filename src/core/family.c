/* The images of a family, ring by ring. In contrast an image changes only where
 * some value is just rounded to another one: at each of these factors, and
 * between each two neighbours, lies one image. */
#include "core/family.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"

/* A factor; its denominator is positive. */
typedef struct factor {
  int64_t num, den;
} factor;

/* A ring is at most 1/100 wide. A value is rounded otherwise at most every
 * 2/255, so at three factors at most in there. */
enum { VALUES = 256, MOST_FACTORS = 4 * VALUES };

typedef struct factors {
  factor at[MOST_FACTORS];
  int32_t n;
} factors;

static int compare_factors(const void *left, const void *right) {
  const factor *const a = left, *const b = right;
  const int64_t x = a->num * b->den, y = b->num * a->den;
  return (x > y) - (x < y);
}

static int64_t divide_down(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static void add_factor(factors *all, factor f) {
  RP_ASSERT(all->n < MOST_FACTORS);
  all->at[all->n++] = f;
}

/* Add the factors at which a value, 2 v - in_hi away from twice the centre, is
 * just rounded up to some k of 1..in_hi. */
static void add_roundings(factors *all, int64_t away, int32_t in_hi,
                          const factor ends[2]) {
  int64_t k[2]; /* 2 k = away f + in_hi + 1 at the ends */
  for (int i = 0; i < 2; i++)
    k[i] = divide_down(away * ends[i].num + (in_hi + 1) * ends[i].den,
                       2 * ends[i].den);
  const int64_t lo = k[away < 0], hi = k[away > 0];
  for (int64_t v = lo < 1 ? 1 : lo; v <= hi + 1 && v <= in_hi; v++) {
    const int64_t num = 2 * v - 1 - in_hi;
    const factor f = {away < 0 ? -num : num, away < 0 ? -away : away};
    if (compare_factors(&f, &ends[0]) >= 0 &&
        compare_factors(&f, &ends[1]) <= 0)
      add_factor(all, f);
  }
}

/* Make the image of a factor. */
static void apply_factor(const rp_family *family, factor f, uint8_t *image) {
  const int64_t hi = family->in_hi;
  uint8_t to[VALUES];
  for (int64_t v = 0; v <= hi; v++) {
    const int64_t moved =
        divide_down(f.num * (2 * v - hi) + (hi + 1) * f.den, 2 * f.den);
    to[v] = (uint8_t)(moved < 0 ? 0 : moved > hi ? hi : moved);
  }
  for (int32_t p = 0; p < family->n; p++) image[p] = to[family->x[p]];
}

/* Visit all images of the factors from ends[0] to ends[1]. */
static bool visit_range(const rp_family *family, const factor ends[2],
                        uint8_t *image, rp_family_visitor *visitor,
                        void *context) {
  bool is_there[VALUES] = {false};
  factors all = {.n = 0};
  for (int32_t p = 0; p < family->n; p++) is_there[family->x[p]] = true;
  add_factor(&all, ends[0]);
  add_factor(&all, ends[1]);
  for (int32_t v = 0; v <= family->in_hi; v++)
    if (is_there[v] && 2 * v != family->in_hi)
      add_roundings(&all, 2 * v - family->in_hi, family->in_hi, ends);
  qsort(all.at, (size_t)all.n, sizeof *all.at, compare_factors);
  for (int32_t i = 0; i < all.n; i++) {
    const factor f = all.at[i], g = all.at[i + 1 < all.n ? i + 1 : i];
    apply_factor(family, f, image);
    if (!visitor(context, image)) return false;
    if (compare_factors(&f, &g) == 0) continue;
    apply_factor(family,
                 (factor){f.num * g.den + g.num * f.den, 2 * f.den * g.den},
                 image);
    if (!visitor(context, image)) return false;
  }
  return true;
}

static bool visit_contrast(const rp_family *family, int32_t ring,
                           uint8_t *image, rp_family_visitor *visitor,
                           void *context) {
  const factor up[2] = {{99 + ring, 100}, {100 + ring, 100}};
  const factor down[2] = {{100, 100 + ring}, {100, 99 + ring}};
  return visit_range(family, up, image, visitor, context) &&
         visit_range(family, down, image, visitor, context);
}

static bool visit_brightness(const rp_family *family, int32_t ring,
                             uint8_t *image, rp_family_visitor *visitor,
                             void *context) {
  for (int32_t sign = 1; sign >= -1; sign -= 2) {
    for (int32_t p = 0; p < family->n; p++) {
      const int32_t v = family->x[p] + sign * ring;
      image[p] = (uint8_t)(v < 0 ? 0 : v > family->in_hi ? family->in_hi : v);
    }
    if (!visitor(context, image)) return false;
  }
  return true;
}

bool rp_family_visit(const rp_family *family, int32_t ring, uint8_t *image,
                     rp_family_visitor *visitor, void *context) {
  return family->norm == RP_NORM_CONTRAST
             ? visit_contrast(family, ring, image, visitor, context)
             : visit_brightness(family, ring, image, visitor, context);
}

typedef struct sought {
  const uint8_t *image;
  size_t n;
} sought;

static bool is_another(void *context, const uint8_t *image) {
  const sought *const s = context;
  return memcmp(s->image, image, s->n) != 0;
}

int32_t rp_family_measure(const rp_family *family, const uint8_t *image,
                          int32_t most, uint8_t *scratch) {
  sought s = {image, (size_t)family->n};
  if (!memcmp(image, family->x, s.n)) return 0;
  int32_t ring = 1;
  while (ring <= most && rp_family_visit(family, ring, scratch, is_another, &s))
    ring++;
  return ring;
}

int64_t rp_change_measure(const rp_family *from, const uint8_t *image) {
  if (!rp_norm_is_family(from->norm))
    return rp_norm_measure(from->norm, from->x, image, from->n);
  uint8_t *const scratch = rp_alloc((size_t)from->n, 1);
  const int32_t found = scratch
                            ? rp_family_measure(from, image, UINT8_MAX, scratch)
                            : UINT8_MAX + 1;
  free(scratch);
  return found;
}
