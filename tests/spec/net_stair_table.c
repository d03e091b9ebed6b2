/* Tables of thresholds, and what staircases of any kind answer, against their
 * definitions: by a look at every accumulator of a small range. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"
#include "random_stair.h"
#include "seeded.h"

enum { MOST = 300, REACH = 4000 };

static int32_t count_reached(const int64_t *threshold, int32_t n, int64_t z) {
  int32_t reached = 0;
  for (int32_t i = 0; i < n; i++) reached += threshold[i] <= z;
  return reached;
}

static bool is_reachable(int64_t threshold) {
  return threshold >= -RP_ACC_LIMIT && threshold <= RP_ACC_LIMIT;
}

/* ---- values ---- */

static void check_values(const rp_stair *stair, const int64_t *threshold,
                         int64_t lo, int64_t hi) {
  const int32_t n = stair->hi - stair->lo;
  for (int64_t z = lo; z <= hi; z++)
    assert_int_equal(rp_stair_apply(stair, z),
                     stair->lo + count_reached(threshold, n, z));
}

static void values_count_thresholds(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 1500; round++) {
    int64_t threshold[MOST];
    rp_stair_table *table;
    const int32_t n = (int32_t)between(&rng, 1, round % 10 ? 12 : MOST);
    const rp_stair stair = random_table_stair(
        &rng, n, (int32_t)between(&rng, 0, 20), threshold, &table);
    assert_int_equal(rp_stair_check(&stair, 0, NULL), RP_OK);
    check_values(&stair, threshold, -300, 300);
    for (int32_t i = 0; i < n; i++) {
      const int64_t t = threshold[i];
      if (is_reachable(t)) check_values(&stair, threshold, t - 1, t);
    }
    for (int32_t far = 0; far < 2; far++) {
      const int64_t at = far ? RP_STAIR_REACH : RP_ACC_LIMIT;
      check_values(&stair, threshold, at - 2, at);
      check_values(&stair, threshold, -at, -at + 2);
    }
    rp_stair_table_free(table);
  }
}

/* Wide tables of full accumulators, near lines and not. */
static void values_of_wide_tables(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t *threshold = malloc(RP_MOST_STEPS * sizeof *threshold);
  assert_non_null(threshold);
  for (int round = 0; round < 12; round++) {
    rp_stair_table *table;
    const int32_t n = round % 3 ? 255 : RP_MOST_STEPS;
    const rp_stair stair = random_table_stair(
        &rng, n, (int32_t)(((int64_t)1 << 30) / n), threshold, &table);
    for (int32_t k = 0; k < 2000; k++) {
      const int32_t i = (int32_t)between(&rng, 0, n - 1);
      const int64_t t = threshold[i];
      if (!is_reachable(t)) continue;
      assert_int_equal(rp_stair_threshold(&stair, stair.lo + 1 + i), t);
      assert_true(rp_stair_apply(&stair, t) >= stair.lo + 1 + i);
      assert_true(rp_stair_apply(&stair, t - 1) <= stair.lo + i);
    }
    check_values(&stair, threshold, -5, 5);
    check_values(&stair, threshold, -RP_ACC_LIMIT, -RP_ACC_LIMIT + 5);
    check_values(&stair, threshold, RP_ACC_LIMIT - 5, RP_ACC_LIMIT);
    rp_stair_table_free(table);
  }
  free(threshold);
}

static void all_at_once_equals_one_by_one(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  enum { N = 37 };
  for (int round = 0; round < 2000; round++) {
    rp_stair stair[N];
    rp_stair_table *table[N] = {NULL};
    int32_t z[N], a[N];
    for (int i = 0; i < N; i++) {
      int64_t threshold[40];
      stair[i] = random_table_stair(&rng, (int32_t)between(&rng, 1, 40),
                                    (int32_t)between(&rng, 0, 1000), threshold,
                                    &table[i]);
      if (rp_rng_below(&rng, 3) == 0)
        stair[i] = (rp_stair){-3, 9, (int32_t)rp_rng_below(&rng, 12), NULL};
      z[i] = (int32_t)between(&rng, -20000, 20000);
      if (rp_rng_below(&rng, 8) == 0)
        z[i] = (int32_t)(rp_rng_below(&rng, 2) ? RP_ACC_LIMIT : -RP_ACC_LIMIT);
    }
    rp_stair_apply_all(stair, N, z, a);
    for (int i = 0; i < N; i++) {
      assert_int_equal(a[i], rp_stair_apply(&stair[i], z[i]));
      rp_stair_table_free(table[i]);
    }
  }
}

/* ---- building ---- */

static void malformed_tables_are_refused(void **state) {
  (void)state;
  rp_stair_table *table = NULL;
  rp_error err;
  const int64_t falling[4] = {-5, 2, 1, 7}, good[3] = {1, 1, 4};
  assert_int_equal(rp_stair_table_create(falling, 4, &table, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "found 1 after 2 at 2"));
  assert_int_equal(rp_stair_table_create(good, 0, &table, &err), RP_E_INPUT);
  assert_int_equal(rp_stair_table_create(good, RP_MOST_STEPS + 1, &table, &err),
                   RP_E_INPUT);
  assert_int_equal(rp_stair_table_create(good, 3, &table, &err), RP_OK);
  rp_stair stair = {-1, 2, 0, table};
  assert_int_equal(rp_stair_check(&stair, 7, &err), RP_OK);
  stair.shift = 1;
  assert_int_equal(rp_stair_check(&stair, 7, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "block 7"));
  stair.shift = 0;
  stair.hi = 3;
  assert_int_equal(rp_stair_check(&stair, 7, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "expected 4 thresholds"));
  stair.lo = -(1 << 30);
  stair.hi = 1 << 30;
  assert_int_equal(rp_stair_check(&stair, 7, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "expected 2147483648 thresholds"));
  rp_stair_table_free(table);
}

static void equal_numbers_make_equal_staircases(void **state) {
  (void)state;
  const int64_t numbers[3] = {1, 1, 4}, others[3] = {1, 2, 4};
  rp_stair_table *table[3];
  assert_int_equal(rp_stair_table_create(numbers, 3, &table[0], NULL), RP_OK);
  assert_int_equal(rp_stair_table_create(numbers, 3, &table[1], NULL), RP_OK);
  assert_int_equal(rp_stair_table_create(others, 3, &table[2], NULL), RP_OK);
  const rp_stair stair[4] = {{0, 3, 0, table[0]},
                             {0, 3, 0, table[1]},
                             {0, 3, 0, table[2]},
                             {0, 3, 0, NULL}};
  assert_true(rp_stair_is_same(&stair[0], &stair[1]));
  assert_false(rp_stair_is_same(&stair[0], &stair[2]));
  assert_false(rp_stair_is_same(&stair[0], &stair[3]));
  assert_false(rp_stair_is_same(&stair[3], &stair[0]));
  assert_int_equal(rp_stair_find_other(stair, 4), 2);
  assert_false(rp_stair_is_even(&stair[0]));
  assert_true(rp_stair_is_even(&stair[3]));
  for (int i = 0; i < 3; i++) rp_stair_table_free(table[i]);
}

/* A table with a threshold that was cut is not known beyond its reach, however
 * equal its ends look. */
static void constants_are_known_within_reach(void **state) {
  (void)state;
  const int64_t far[2] = {5, (int64_t)1 << 40};
  rp_stair_table *table;
  assert_int_equal(rp_stair_table_create(far, 2, &table, NULL), RP_OK);
  const rp_stair stair = {0, 2, 0, table}, even = {0, 2, 3, NULL};
  const int64_t reach = RP_STAIR_REACH;
  assert_true(rp_stair_is_constant(&stair, 5, reach));
  assert_true(rp_stair_is_constant(&stair, -reach, 4));
  assert_false(rp_stair_is_constant(&stair, 4, 5));
  assert_false(rp_stair_is_constant(&stair, reach + 1, reach + 2));
  assert_false(rp_stair_is_constant(&stair, -reach - 1, -reach - 1));
  assert_true(rp_stair_is_constant(&even, reach + 1, reach + 2));
  assert_int_equal(rp_stair_apply(&stair, reach), 1);
  rp_stair_table_free(table);
}

/* No threshold is cut: beyond the outermost ones nothing changes any more. One
 * at the reach may have been cut before the staircase was mirrored. */
static void constants_are_known_everywhere(void **state) {
  (void)state;
  const int64_t far = (int64_t)1 << 60, reach = RP_STAIR_REACH;
  for (int64_t edge = 1 - reach; edge >= -reach; edge--)
    for (int side = -1; side <= 1; side += 2) {
      const int64_t near[2] = {side < 0 ? edge : -9, side < 0 ? 9 : -edge};
      const bool is_known = edge > -reach;
      rp_stair_table *table;
      assert_int_equal(rp_stair_table_create(near, 2, &table, NULL), RP_OK);
      const rp_stair stair = {-1, 1, 0, table};
      assert_true(rp_stair_is_constant(&stair, reach, reach));
      assert_int_equal(rp_stair_is_constant(&stair, reach, far), is_known);
      assert_int_equal(rp_stair_is_constant(&stair, -far, -reach - 1),
                       is_known);
      assert_false(rp_stair_is_constant(&stair, -far, far));
      assert_false(rp_stair_is_constant(&stair, 0, far));
      if (is_known) assert_int_equal(rp_stair_apply(&stair, far), 1);
      if (is_known) assert_int_equal(rp_stair_apply(&stair, -far), -1);
      rp_stair_table_free(table);
    }
}

/* Falling by one from each threshold on. */
static void mirrored_staircases_descend(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 2000; round++) {
    int64_t threshold[20], mirrored[20];
    rp_stair_table *table;
    const int32_t n = (int32_t)between(&rng, 1, 20);
    random_thresholds(&rng, n, (int32_t)between(&rng, 0, 12), threshold);
    rp_stair_mirror(threshold, n, mirrored);
    assert_int_equal(rp_stair_table_create(mirrored, n, &table, NULL), RP_OK);
    const rp_stair stair = {-2, n - 2, 0, table};
    for (int64_t z = -260; z <= 260; z++)
      assert_int_equal(rp_stair_apply(&stair, -z),
                       n - 2 - count_reached(threshold, n, z));
    for (int32_t far = 0; far < 2; far++) {
      const int64_t z = far ? RP_STAIR_REACH : -RP_STAIR_REACH;
      assert_int_equal(rp_stair_apply(&stair, -z),
                       n - 2 - count_reached(threshold, n, z));
    }
    rp_stair_table_free(table);
  }
}

/* ---- units and lines ---- */

static void units_are_mean_steps(void **state) {
  (void)state;
  const struct {
    int64_t threshold[4];
    double unit;
  } known[] = {
      {{-10, 0, 5, 20}, 10},
      {{INT64_MIN, -RP_ACC_LIMIT - 1, 5, 20}, 15},
      {{7, 10, RP_ACC_LIMIT + 1, INT64_MAX}, 3},
      {{3, 3, 3, 3}, 3},
      {{INT64_MIN, INT64_MIN, -8, INT64_MAX}, 8},
      {{INT64_MIN, INT64_MIN, 0, INT64_MAX}, 1},
      {{INT64_MIN, INT64_MIN, INT64_MAX, INT64_MAX}, 1},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    rp_stair_table *table;
    assert_int_equal(rp_stair_table_create(known[i].threshold, 4, &table, NULL),
                     RP_OK);
    const rp_stair stair = {0, 4, 0, table};
    assert_true(rp_stair_unit(&stair) == known[i].unit);
    assert_true(rp_stair_slope(&stair) == (float)(1 / known[i].unit));
    rp_stair_table_free(table);
  }
}

static void lines_end_half_a_step_outside(void **state) {
  (void)state;
  const int64_t threshold[3] = {-11, 0, 9};
  rp_stair_table *table;
  assert_int_equal(rp_stair_table_create(threshold, 3, &table, NULL), RP_OK);
  const rp_stair stair = {0, 3, 0, table};
  for (int64_t z = -40; z <= 40; z++)
    assert_int_equal(rp_stair_is_clipped(&stair, z), z < -16 || z >= 14);
  rp_stair_table_free(table);
}

/* ---- least differences ---- */

/* Over every value of the label below its top that the rival can beat, without
 * always beating it. */
static void check_least_difference(const rp_stair *j, const rp_stair *y,
                                   int32_t delta, const int32_t factor[2]) {
  int64_t least = INT64_MAX, found = INT64_MAX;
  for (int32_t v = y->lo; v < y->hi; v++) {
    if (v + delta <= j->lo || v + delta > j->hi) continue;
    const int64_t pair = factor[0] * rp_stair_threshold(j, v + delta) -
                         factor[1] * (rp_stair_threshold(y, v + 1) - 1);
    if (pair < least) least = pair;
  }
  const bool any = rp_stair_find_least_difference(j, y, delta, factor, &found);
  assert_int_equal(any, least < INT64_MAX);
  assert_true(found == least);
}

static void differences_are_least(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 20000; round++) {
    int64_t threshold[20];
    rp_stair_table *table[2];
    rp_stair stair[2];
    for (int i = 0; i < 2; i++) {
      stair[i] = random_table_stair(&rng, (int32_t)between(&rng, 1, 20),
                                    (int32_t)between(&rng, 0, 20), threshold,
                                    &table[i]);
      if (rp_rng_below(&rng, 2))
        stair[i] = (rp_stair){stair[i].lo, stair[i].hi,
                              (int32_t)rp_rng_below(&rng, 5), NULL};
    }
    const int32_t factor[2] = {(int32_t)between(&rng, 1, 64),
                               (int32_t)between(&rng, 1, 64)};
    for (int32_t delta = 0; delta < 2; delta++)
      check_least_difference(&stair[0], &stair[1], delta, factor);
    for (int i = 0; i < 2; i++) rp_stair_table_free(table[i]);
  }
}

/* 2^31 values, too many for a loop. */
static void differences_of_huge_ranges(void **state) {
  (void)state;
  const int32_t limit = 1 << 30, factor[2] = {3, 2};
  const rp_stair j = {-limit, limit, 0, NULL}, y = {-limit, limit, 1, NULL};
  int64_t least;
  assert_true(rp_stair_find_least_difference(&j, &y, 1, factor, &least));
  /* 3 (v + 1) - 2 (2 (v + 1) - 1 - 1) = 4 - (v + 1), least at the top. */
  assert_true(least == 4 - (int64_t)limit);
}

/* ---- corners ---- */

typedef struct term {
  int64_t mu, lambda;
} term;

static int64_t evaluate(const term *t, int64_t z, int64_t a) {
  return t->mu * a - t->lambda * z;
}

static int64_t find_greatest(const rp_stair *stair, int32_t lo, int32_t hi,
                             const term *t) {
  int64_t greatest = INT64_MIN;
  for (int32_t z = lo; z <= hi; z++) {
    const int64_t value = evaluate(t, z, rp_stair_apply(stair, z));
    if (value > greatest) greatest = value;
  }
  return greatest;
}

static int64_t find_greatest_corner(const rp_corners *c, const term *t) {
  int64_t greatest = INT64_MIN;
  for (int32_t s = 0; s < c->n; s++) {
    const int64_t value = evaluate(t, c->z[s], c->a[s]);
    if (value > greatest) greatest = value;
  }
  return greatest + llabs(t->lambda) * c->slack;
}

/* How many different thresholds are inside, by its values. */
static int32_t count_jumps(const rp_stair *stair, int32_t lo, int32_t hi) {
  int32_t jumps = 0;
  for (int32_t z = lo; z < hi; z++)
    jumps += rp_stair_apply(stair, z) != rp_stair_apply(stair, z + 1);
  return jumps;
}

static void check_corners(rp_rng *rng, const rp_stair *stair, int32_t lo,
                          int32_t hi) {
  rp_corners c;
  rp_stair_find_corners(stair, lo, hi, &c);
  assert_in_range(c.n, 1, RP_MAX_CORNERS);
  assert_int_equal(c.z[0], lo);
  assert_int_equal(c.z[c.n - 1], hi);
  for (int32_t s = 0; s < c.n; s++) {
    assert_int_equal(c.a[s], rp_stair_apply(stair, c.z[s]));
    assert_true(s == 0 || c.z[s] >= c.z[s - 1]);
  }
  const bool is_exact =
      rp_stair_is_even(stair) || count_jumps(stair, lo, hi) <= 2;
  if (is_exact) assert_int_equal(c.slack, 0);
  for (int k = 0; k < 40; k++) {
    term t = {between(rng, -60, 60), between(rng, -9, 9)};
    if (rp_rng_below(rng, 3) == 0) t.mu *= 40;
    const int64_t greatest = find_greatest(stair, lo, hi, &t);
    const int64_t bound = find_greatest_corner(&c, &t);
    assert_true(bound >= greatest);
    if (is_exact) assert_true(bound == greatest);
  }
}

static void corners_bound_every_term(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 1500; round++) {
    int64_t threshold[60];
    rp_stair_table *table;
    const int32_t n = (int32_t)between(&rng, 1, round % 5 ? 6 : 60);
    rp_stair stair = random_table_stair(&rng, n, (int32_t)between(&rng, 0, 24),
                                        threshold, &table);
    if (round % 7 == 0)
      stair =
          (rp_stair){stair.lo, stair.hi, (int32_t)rp_rng_below(&rng, 5), NULL};
    for (int k = 0; k < 10; k++) {
      const int32_t lo = (int32_t)between(&rng, -150, 150);
      check_corners(&rng, &stair, lo, (int32_t)between(&rng, lo, 200));
    }
    rp_stair_table_free(table);
  }
}

/* The largest distance, rounded up, of a reachable threshold from the chord
 * between any two around it. */
static int64_t find_dent(const int64_t *t, int32_t n) {
  int64_t most = 0;
  for (int32_t i = 0; i < n; i++)
    for (int32_t k = i + 2; k < n; k++)
      for (int32_t j = i + 1; j < k; j++) {
        if (!is_reachable(t[i]) || !is_reachable(t[k])) continue;
        const int64_t off =
            llabs((t[k] - t[i]) * (j - i) - (t[j] - t[i]) * (k - i));
        const int64_t distance = (off + k - i - 1) / (k - i);
        if (distance > most) most = distance;
      }
  return most;
}

/* Never more than the table's largest, and no larger than it need be for all
 * thresholds at once where that is a chord's. */
static void slacks_are_distances_from_chords(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t met = 0;
  for (int round = 0; round < 3000; round++) {
    int64_t threshold[40];
    rp_stair_table *table;
    const int32_t n = (int32_t)between(&rng, 1, 40);
    const rp_stair stair = random_table_stair(
        &rng, n, (int32_t)between(&rng, 0, 90), threshold, &table);
    const int64_t dent = find_dent(threshold, n);
    for (int k = 0; k < 20; k++) {
      rp_corners c;
      const int32_t lo = (int32_t)between(&rng, -REACH, REACH);
      const int32_t hi = (int32_t)between(&rng, lo, REACH);
      rp_stair_find_corners(&stair, lo, hi, &c);
      assert_in_range(c.slack, 0, dent);
      met += dent > 1 && c.slack == dent;
    }
    rp_stair_table_free(table);
  }
  assert_true(met > 100);
}

/* A table near a line does as well as a line would: rounding to whole numbers
 * moves a threshold by less than 1. */
static void lines_have_a_slack_of_one(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 500; round++) {
    int64_t threshold[255];
    const double step = exp(rp_rng_unit(&rng) * 12);
    const double start = (rp_rng_unit(&rng) - 1) * step * 255;
    for (int32_t i = 0; i < 255; i++)
      threshold[i] = (int64_t)ceil(start + step * i);
    rp_stair_table *table;
    assert_int_equal(rp_stair_table_create(threshold, 255, &table, NULL),
                     RP_OK);
    const rp_stair stair = {-128, 127, 0, table};
    for (int k = 0; k < 20; k++) {
      rp_corners c;
      const int64_t reach = (int64_t)(255 * step);
      const int32_t lo = (int32_t)between(&rng, -reach, reach);
      rp_stair_find_corners(&stair, lo, (int32_t)between(&rng, lo, reach), &c);
      assert_in_range(c.slack, 0, 1);
    }
    rp_stair_table_free(table);
  }
}

/* How far thresholds of indices between i and k leave the chord. */
static double measure_distance(const int64_t *t, int32_t i, int32_t k) {
  double most = 0;
  for (int32_t j = i + 1; j < k; j++) {
    const double chord =
        (double)t[i] + (double)(t[k] - t[i]) * (j - i) / (k - i);
    most = fmax(most, fabs(chord - (double)t[j]));
  }
  return most;
}

/* Near a line the table's dent stands for all chords: it must be enough for
 * each of them, wherever one threshold sticks out and to whichever side. */
static void dents_are_found_on_both_sides(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  enum { N = 40, UNIT = 3000 };
  for (int round = 0; round < 400; round++) {
    int64_t t[N];
    for (int32_t i = 0; i < N; i++) t[i] = (int64_t)UNIT * (i - N / 2);
    const int64_t out = between(&rng, -150, 150);
    t[between(&rng, 0, N - 1)] += out;
    rp_stair_table *table;
    assert_int_equal(rp_stair_table_create(t, N, &table, NULL), RP_OK);
    const rp_stair stair = {0, N, 0, table};
    for (int32_t i = 0; i < N; i++)
      for (int32_t k = i; k < N; k++) {
        rp_corners c;
        rp_stair_find_corners(&stair, (int32_t)t[i] - 1, (int32_t)t[k], &c);
        assert_true(c.slack >= measure_distance(t, i, k));
        assert_in_range(c.slack, 0, llabs(out));
      }
    rp_stair_table_free(table);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_count_thresholds),
      cmocka_unit_test(values_of_wide_tables),
      cmocka_unit_test(all_at_once_equals_one_by_one),
      cmocka_unit_test(malformed_tables_are_refused),
      cmocka_unit_test(equal_numbers_make_equal_staircases),
      cmocka_unit_test(constants_are_known_within_reach),
      cmocka_unit_test(constants_are_known_everywhere),
      cmocka_unit_test(mirrored_staircases_descend),
      cmocka_unit_test(units_are_mean_steps),
      cmocka_unit_test(lines_end_half_a_step_outside),
      cmocka_unit_test(differences_are_least),
      cmocka_unit_test(differences_of_huge_ranges),
      cmocka_unit_test(corners_bound_every_term),
      cmocka_unit_test(slacks_are_distances_from_chords),
      cmocka_unit_test(lines_have_a_slack_of_one),
      cmocka_unit_test(dents_are_found_on_both_sides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
