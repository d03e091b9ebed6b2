/* The families of images as the checker makes them, against those of the
 * engine: the same images, each at the same least radius, and no radius for any
 * other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "core/family.h"
#include "seeded.h"

enum { N = 5, TRIES = 600, STRANGERS = 20, MOST_IMAGES = 1 << 14 };

typedef uint8_t image[N];

typedef struct images {
  image *at;
  int64_t n;
} images;

static bool add_of_engine(void *context, const uint8_t *x) {
  images *const all = context;
  assert_true(all->n < MOST_IMAGES);
  memcpy(all->at[all->n++], x, N);
  return true;
}

static bool add_of_checker(void *context, const int32_t *x) {
  image own;
  for (int p = 0; p < N; p++) own[p] = (uint8_t)x[p];
  return add_of_engine(context, own);
}

static int compare(const void *a, const void *b) {
  return memcmp(a, b, N);
}

/* Sort the images, and keep each once. */
static void reduce(images *all) {
  int64_t kept = 0;
  qsort(all->at, (size_t)all->n, sizeof *all->at, compare);
  for (int64_t i = 0; i < all->n; i++)
    if (kept == 0 || memcmp(all->at[kept - 1], all->at[i], N) != 0)
      memcpy(all->at[kept++], all->at[i], N);
  all->n = kept;
}

typedef struct scene {
  net n;
  measure of;
  rp_family family;
  image x;
  int32_t wide[N];
  images engine, checker;
} scene;

static void draw_scene(rp_rng *rng, scene *s) {
  static const int32_t ranges[] = {1, 2, 7, 15, 20, 127, 255};
  const int32_t in_hi = ranges[rp_rng_below(rng, 7)];
  const bool is_contrast = rp_rng_below(rng, 3) > 0;
  s->n = (net){.n_in = N, .in_hi = in_hi};
  s->of = is_contrast ? CONTRAST : BRIGHTNESS;
  for (int p = 0; p < N; p++)
    s->wide[p] = s->x[p] = (uint8_t)rp_rng_below(rng, (uint32_t)in_hi + 1);
  s->family = (rp_family){is_contrast ? RP_NORM_CONTRAST : RP_NORM_BRIGHTNESS,
                          s->x, N, in_hi};
}

static void list_images(scene *s, int32_t radius) {
  image scratch;
  s->engine.n = s->checker.n = 0;
  (void)add_of_engine(&s->engine, s->x);
  for (int32_t ring = 1; ring <= radius; ring++)
    assert_true(
        rp_family_visit(&s->family, ring, scratch, add_of_engine, &s->engine));
  assert_true(rp_check_visit_images(&s->n, s->of, s->wide, radius,
                                    add_of_checker, &s->checker));
  reduce(&s->engine);
  reduce(&s->checker);
}

/* The least radius of an image; beyond the greatest if there is none. */
static int64_t find_by_checker(const scene *s, const uint8_t *x) {
  int32_t values[N];
  for (int p = 0; p < N; p++) values[p] = x[p];
  const int64_t found = rp_check_find_radius(&s->n, s->of, s->wide, values);
  return found < 0 ? MOST_RADIUS_LINF + 1 : found;
}

static void try_strangers(rp_rng *rng, const scene *s) {
  for (int i = 0; i < STRANGERS; i++) {
    image y, scratch;
    for (int p = 0; p < N; p++) /* near an image, so that some are one */
      y[p] = (uint8_t)rp_rng_below(rng, (uint32_t)s->n.in_hi + 1);
    if (rp_rng_below(rng, 2)) {
      memcpy(y, s->engine.at[rp_rng_below(rng, (uint32_t)s->engine.n)], N);
      y[rp_rng_below(rng, N)] ^= 1;
    }
    for (int p = 0; p < N; p++)
      if (y[p] > s->n.in_hi) y[p] = (uint8_t)s->n.in_hi;
    assert_int_equal(
        find_by_checker(s, y),
        rp_family_measure(&s->family, y, MOST_RADIUS_LINF, scratch));
  }
}

static void images_are_those_of_the_engine(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t total = 0;
  scene s = {.engine.at = calloc(MOST_IMAGES, sizeof(image)),
             .checker.at = calloc(MOST_IMAGES, sizeof(image))};
  for (int32_t i = 0; i < TRIES; i++) {
    draw_scene(&rng, &s);
    const int32_t radius = 1 + (int32_t)rp_rng_below(&rng, i % 4 ? 30 : 255);
    list_images(&s, radius);
    assert_int_equal(s.checker.n, s.engine.n);
    assert_memory_equal(s.checker.at, s.engine.at, (size_t)s.engine.n * N);
    for (int64_t k = 0; k < s.engine.n; k += 1 + s.engine.n / 8)
      assert_in_range(find_by_checker(&s, s.engine.at[k]), 0, radius);
    if (i % 8 == 0) try_strangers(&rng, &s);
    total += s.engine.n;
  }
  printf("%lld images\n", (long long)total);
  assert_true(total > 10 * TRIES);
  free(s.engine.at);
  free(s.checker.at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images_are_those_of_the_engine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
