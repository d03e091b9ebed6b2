/* Forecasts against runs played through: queries whose times are drawn from
 * light and heavy distributions are dealt to ranks in order, and at many
 * moments the range that is given is compared with the time the run then takes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "sched/forecast.h"

enum { QUERIES = 400, MOST_WORKERS = 64, LOOKS = 19 };

typedef enum kind {
  EVEN,
  EXPONENTIAL,
  HEAVY,
  TWO_KINDS,
  RISING,  /* radius after radius, each four times as long as the one before */
  IN_TURN, /* the same, sample by sample */
  SEARCHES_LAST,
  KINDS
} kind;

enum { RADII = 5 };

/* The kind of row that a query belongs to. */
static int32_t row_of(kind k, int q) {
  switch (k) {
  case RISING:
    return 1 + q * RADII / QUERIES;
  case IN_TURN:
    return 1 + q % RADII;
  case SEARCHES_LAST:
    return q < QUERIES / 2 ? 3 : 0;
  default:
    return 1;
  }
}

static const double LIMIT_S = 60;

static double time_of(rp_rng *rng, kind k, int q) {
  const double u = 1 - rp_rng_unit(rng);
  switch (k) {
  case EVEN:
    return 1;
  case EXPONENTIAL:
    return -log(u);
  case HEAVY: /* Pareto: a few take nearly all the time */
    return fmin(0.05 * pow(u, -1 / 1.2), LIMIT_S);
  case TWO_KINDS: /* trivial, or at the limit */
    return u < 0.03 ? LIMIT_S : 0.01;
  case RISING:
  case IN_TURN:
    return -log(u) * 0.01 * pow(4, row_of(k, q));
  case SEARCHES_LAST:
    return -log(u) * (row_of(k, q) == 0 ? 2 : 0.1);
  case KINDS:
    break;
  }
  return 0;
}

/* Every query's start and end, dealt in order to whoever is free first. */
typedef struct run {
  double start[QUERIES], end[QUERIES], over;
  int32_t workers;
  kind kind;
} run;

static void play(run *r, rp_rng *rng, kind k, int32_t workers) {
  double free_at[MOST_WORKERS] = {0};
  r->workers = workers;
  r->kind = k;
  r->over = 0;
  for (int q = 0; q < QUERIES; q++) {
    int first = 0;
    for (int w = 1; w < workers; w++)
      if (free_at[w] < free_at[first]) first = w;
    r->start[q] = free_at[first];
    r->end[q] = free_at[first] += time_of(rng, k, q);
    r->over = fmax(r->over, r->end[q]);
  }
}

static rp_forecast_range forecast_at(const run *r, double now_s) {
  rp_forecast f;
  double age[MOST_WORKERS];
  int64_t done[RP_FORECAST_KINDS] = {0}, left[RP_FORECAST_KINDS] = {0};
  memset(&f, 0, sizeof f);
  rp_forecast_now now = {.workers = r->workers,
                         .done = done,
                         .left = left,
                         .age = age,
                         .limit_s = LIMIT_S};
  for (int q = 0; q < QUERIES; q++) {
    const int32_t row = row_of(r->kind, q);
    if (r->end[q] > now_s) {
      left[row]++;
      if (r->start[q] <= now_s) age[now.n_running++] = now_s - r->start[q];
      continue;
    }
    rp_forecast_add(&f, row, r->end[q] - r->start[q]);
    done[row]++;
  }
  return rp_forecast_left(&f, &now);
}

typedef struct score {
  int looks, within, over, open;
  double width; /* sum of log2(high / low) of closed ranges */
  int closed;
} score;

static void look(score *s, const run *r, double now_s) {
  const rp_forecast_range range = forecast_at(r, now_s);
  const double left = r->over - now_s;
  if (isnan(range.low_s)) return;
  assert_true(range.low_s >= 0 && range.low_s <= range.high_s);
  s->looks++;
  s->within += range.low_s <= left && left <= range.high_s;
  s->over += left > range.high_s;
  s->open += isinf(range.high_s);
  if (isinf(range.high_s) || range.low_s <= 0) return;
  s->closed++;
  s->width += log2(range.high_s / range.low_s);
}

static void print_score(const char *what, const score *s) {
  fprintf(stderr,
          "%-12s within %3.0f %%, later %3.0f %%, open %3.0f %%, 2^%.1f wide\n",
          what, 100.0 * s->within / s->looks, 100.0 * s->over / s->looks,
          100.0 * s->open / s->looks, s->closed ? s->width / s->closed : 0.0);
}

static void ranges_hold_what_comes(void **state) {
  static const char *const names[] = {"even",         "exponential", "heavy",
                                      "two kinds",    "rising",      "in turn",
                                      "searches last"};
  static const int32_t workers[] = {1, 8, 64};
  rp_rng rng;
  (void)state;
  rp_rng_init(&rng, 7);
  for (kind k = EVEN; k < KINDS; k++) {
    score s = {0};
    for (int trial = 0; trial < 90; trial++) {
      run r;
      play(&r, &rng, k, workers[trial % 3]);
      for (int i = 1; i <= LOOKS; i++) look(&s, &r, r.over * i / (LOOKS + 1));
    }
    print_score(names[k], &s);
    assert_true(s.within >= 0.8 * s.looks);
    if (k != RISING) assert_true(s.open <= 0.5 * s.looks);
  }
}

static rp_forecast_range with_one_running(double age, double limit_s) {
  rp_forecast f;
  memset(&f, 0, sizeof f);
  int64_t done[RP_FORECAST_KINDS] = {[2] = 100};
  int64_t left[RP_FORECAST_KINDS] = {[2] = 1};
  for (int i = 0; i < 100; i++) rp_forecast_add(&f, 2, 0.01);
  const rp_forecast_now now = {.done = done,
                               .left = left,
                               .workers = 4,
                               .age = &age,
                               .n_running = 1,
                               .limit_s = limit_s};
  return rp_forecast_left(&f, &now);
}

static void the_tail_is_told(void **state) {
  (void)state;
  /* Older than all before it, and the limit far: nobody can say. */
  rp_forecast_range r = with_one_running(100, 1e9);
  assert_true(isinf(r.high_s));
  assert_true(r.low_s >= 10 && r.low_s <= 100);
  /* The limit ends it. */
  r = with_one_running(100, 120);
  assert_true(r.low_s <= 20 && fabs(r.high_s - 20) < 1);
}

static void nothing_is_told_of_nothing(void **state) {
  (void)state;
  rp_forecast f;
  memset(&f, 0, sizeof f);
  int64_t done[RP_FORECAST_KINDS] = {0}, left[RP_FORECAST_KINDS] = {[2] = 10};
  const rp_forecast_now now = {
      .done = done, .left = left, .workers = 2, .limit_s = 1};
  assert_true(isnan(rp_forecast_left(&f, &now).low_s));
  rp_forecast_add(&f, 2, NAN);
  rp_forecast_add(&f, 2, HUGE_VAL);
  rp_forecast_add(&f, 2, -1);
  assert_int_equal(f.n, 0);
  rp_forecast_add(&f, 2, 0);
  rp_forecast_add(&f, 2, 1e300);
  assert_int_equal(f.n, 2);
}

/* Small radii say little of great ones: the old mean over all rows promised a
 * quarter of the time and less. */
static void great_radii_are_not_promised_the_time_of_small_ones(void **state) {
  (void)state;
  rp_forecast f;
  int64_t done[RP_FORECAST_KINDS] = {[1] = 100};
  int64_t left[RP_FORECAST_KINDS] = {[8] = 100};
  memset(&f, 0, sizeof f);
  const rp_forecast_now now = {
      .done = done, .left = left, .workers = 1, .limit_s = 1e9};
  for (int i = 0; i < 100; i++) rp_forecast_add(&f, 1, 0.1);
  assert_true(isinf(rp_forecast_left(&f, &now).high_s));
  for (int i = 0; i < 10; i++) rp_forecast_add(&f, 8, 4);
  done[8] = 10;
  left[8] = 90;
  const rp_forecast_range r = rp_forecast_left(&f, &now);
  assert_true(r.low_s > 200 && r.low_s <= 360);
  assert_true(r.high_s >= 360 && r.high_s < 600);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_hold_what_comes),
      cmocka_unit_test(great_radii_are_not_promised_the_time_of_small_ones),
      cmocka_unit_test(the_tail_is_told),
      cmocka_unit_test(nothing_is_told_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
