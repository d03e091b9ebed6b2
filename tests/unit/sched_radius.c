/* The radius search against oracles: every maximum radius up to a cap, every
 * (small caps) or random sets of undecidable radii, near and far
 * counterexamples, one to four radii in flight, answers in random order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "core/rng.h"
#include "sched/radius.h"

enum { CAP = 255 };

typedef enum shrinking { SHRINK_NONE, SHRINK_FULL, SHRINK_RANDOM } shrinking;

typedef struct oracle {
  int32_t mrr, cap;     /* mrr may exceed the cap */
  uint64_t undecidable; /* bit r: radius r ends unknown */
  shrinking shrink;
} oracle;

typedef struct flight {
  int32_t radius[4];
  int32_t count;
} flight;

static bool undecidable(const oracle *o, int32_t radius) {
  return radius < 64 && (o->undecidable >> radius & 1);
}

static int32_t distance_of(const oracle *o, int32_t radius, rp_rng *rng) {
  switch (o->shrink) {
  case SHRINK_NONE:
    return radius;
  case SHRINK_FULL:
    return o->mrr + 1;
  case SHRINK_RANDOM:
    break;
  }
  const uint32_t choices = (uint32_t)(radius - o->mrr);
  return o->mrr + 1 + (int32_t)rp_rng_below(rng, choices);
}

static void answer(rp_radius_search *search, const oracle *o, int32_t radius,
                   rp_rng *rng) {
  rp_answer a = {.verdict = RP_ROBUST};
  if (undecidable(o, radius))
    a = (rp_answer){.verdict = RP_UNKNOWN, .reason = RP_REASON_TIME};
  else if (radius > o->mrr)
    a = (rp_answer){.verdict = RP_VIOLATED,
                    .distance = distance_of(o, radius, rng)};
  rp_radius_answer(search, radius, &a);
}

/* An answer that took no time; unknown ones are for want of it. */
static void tell(rp_radius_search *search, int32_t radius, rp_verdict verdict,
                 int32_t distance) {
  const rp_answer a = {.verdict = verdict,
                       .reason = verdict == RP_UNKNOWN ? RP_REASON_TIME
                                                       : RP_REASON_NONE,
                       .distance = distance};
  rp_radius_answer(search, radius, &a);
}

static void check_invariant(const rp_radius_search *search, const oracle *o) {
  assert_true(search->lo >= 0 && search->lo <= search->hi);
  assert_true(search->lo <= o->mrr);
  assert_true(search->hi == o->cap || search->hi >= o->mrr);
  assert_false(search->contradiction);
}

/* Fill up to width, then answer one in random order, until nothing is left.
 * Returns the number of questions. */
static int32_t run_search(rp_radius_search *search, const oracle *o,
                          int32_t width, rp_rng *rng) {
  bool was_asked[RP_RADIUS_MAX + 1] = {false};
  flight f = {.count = 0};
  int32_t questions = 0;
  assert_true(rp_radius_init(search, o->cap, 0));
  for (;;) {
    int32_t r = 0;
    while (f.count < width && (r = rp_radius_next(search)) != 0) {
      assert_true(rp_radius_useful(search, r));
      assert_false(was_asked[r]);
      was_asked[r] = true;
      f.radius[f.count++] = r;
      questions++;
    }
    if (f.count == 0) break;
    const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)f.count);
    r = f.radius[k];
    f.radius[k] = f.radius[--f.count];
    if (rp_radius_useful(search, r) || rp_rng_below(rng, 2))
      answer(search, o, r, rng);
    else
      rp_radius_withdraw(search, r);
    check_invariant(search, o);
  }
  return questions;
}

static void check_end(const rp_radius_search *search, const oracle *o) {
  assert_true(rp_radius_done(search));
  for (int32_t r = search->lo + 1; r <= search->hi; r++) {
    assert_true(undecidable(o, r));
    assert_true(search->mark[r].given_up);
    assert_int_equal(search->mark[r].reason, RP_REASON_TIME);
  }
  const bool closed = search->lo == search->hi;
  assert_int_equal(search->reason, closed ? RP_REASON_NONE : RP_REASON_TIME);
  const int32_t truth = o->mrr < o->cap ? o->mrr : o->cap;
  if (o->undecidable == 0) {
    assert_int_equal(search->lo, truth);
    assert_int_equal(search->hi, truth);
  }
  if (o->shrink != SHRINK_NONE) return;
  int32_t lo = truth, hi = truth;
  while (lo > 0 && undecidable(o, lo)) lo--;
  while (hi < o->cap && undecidable(o, hi + 1)) hi++;
  assert_int_equal(search->lo, lo);
  assert_int_equal(search->hi, hi);
}

static void every_set_of_undecidable_radii_up_to_cap_9(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 1);
  for (int32_t cap = 1; cap <= 9; cap++)
    for (int32_t mrr = 0; mrr <= cap + 1; mrr++)
      for (uint64_t set = 0; set < (uint64_t)2 << cap; set += 2)
        for (int32_t k = 0; k < 12; k++) {
          const oracle o = {mrr, cap, set, (shrinking)(k % 3)};
          rp_radius_search search;
          run_search(&search, &o, 1 + k / 3, &rng);
          check_end(&search, &o);
          rp_radius_fini(&search);
        }
}

static void random_sets_up_to_cap_20(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 2);
  for (int32_t cap = 10; cap <= 20; cap++)
    for (int32_t mrr = 0; mrr <= cap + 1; mrr++)
      for (int32_t k = 0; k < 600; k++) {
        const uint64_t dense = rp_rng_u64(&rng), mask = rp_rng_u64(&rng);
        const uint64_t set = k % 2 ? dense & mask : dense | mask;
        const oracle o = {mrr, cap, k < 12 ? 0 : set, (shrinking)(k % 3)};
        rp_radius_search search;
        run_search(&search, &o, 1 + k / 3 % 4, &rng);
        check_end(&search, &o);
        rp_radius_fini(&search);
      }
}

static void questions_stay_few(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 3);
  int32_t worst = 0;
  for (int32_t mrr = 0; mrr <= CAP; mrr++) {
    rp_radius_search search;
    oracle o = {mrr, CAP, 0, SHRINK_FULL};
    assert_true(run_search(&search, &o, 1, &rng) <= 2);
    rp_radius_fini(&search);
    o.shrink = SHRINK_NONE;
    const int32_t questions = run_search(&search, &o, 1, &rng);
    if (questions > worst) worst = questions;
    assert_int_equal(search.lo, mrr);
    assert_int_equal(search.hi, mrr);
    rp_radius_fini(&search);
  }
  print_message("cap 255, no shrinking: at most %d questions\n", worst);
  assert_true(worst <= 24);
}

/* The greatest cap, which only L1 and L0 can have. */
static void questions_stay_few_up_to_any_radius(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 5);
  for (int32_t mrr = 0; mrr <= RP_RADIUS_MAX; mrr += mrr < 4000 ? 129 : 1) {
    rp_radius_search search;
    const oracle o = {mrr, RP_RADIUS_MAX, 0, SHRINK_NONE};
    assert_true(run_search(&search, &o, 1, &rng) <= 32);
    check_end(&search, &o);
    rp_radius_fini(&search);
  }
}

static void all_radii_may_be_in_flight(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, CAP, 0));
  bool seen[CAP + 1] = {false};
  assert_int_equal(rp_radius_next(&search), CAP);
  for (int32_t k = 1; k < CAP; k++) {
    const int32_t r = rp_radius_next(&search);
    assert_true(r >= 1 && r < CAP && !seen[r]);
    seen[r] = true;
  }
  assert_int_equal(rp_radius_next(&search), 0);
  assert_false(rp_radius_done(&search));
  tell(&search, 7, RP_VIOLATED, 7);
  tell(&search, 6, RP_ROBUST, 0);
  assert_true(rp_radius_done(&search));
  assert_false(rp_radius_useful(&search, 6));
  assert_false(rp_radius_useful(&search, 7));
  rp_radius_fini(&search);
}

/* Workers that ask together and answer together: rounds until the search is
 * over, and questions asked. */
static int32_t rounds_of(const oracle *o, int32_t width, rp_rng *rng,
                         int32_t *questions) {
  rp_radius_search search;
  assert_true(rp_radius_init(&search, o->cap, 0));
  for (int32_t round = 0;; round++) {
    int32_t radius[16], count = 0;
    while (count < width && (radius[count] = rp_radius_next(&search)) != 0)
      count++;
    if (count == 0) {
      rp_radius_fini(&search);
      return round;
    }
    *questions += count;
    for (int32_t i = 0; i < count; i++) answer(&search, o, radius[i], rng);
    check_invariant(&search, o);
  }
}

/* k workers part the interval in k + 1: where counterexamples do not shrink,
 * rounds fall as its logarithm to that base says, the first round's cap and a
 * last look above and below apart. */
static void many_workers_take_few_rounds(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 3);
  double of_one = 0;
  for (int32_t width = 1; width <= 16; width *= 2) {
    int32_t rounds = 0, questions = 0, most = 0;
    for (int32_t mrr = 0; mrr <= CAP; mrr++) {
      const oracle o = {mrr, CAP, 0, SHRINK_NONE};
      const int32_t own = rounds_of(&o, width, &rng, &questions);
      rounds += own;
      if (own > most) most = own;
    }
    const double mean = (double)rounds / (CAP + 1);
    if (width == 1) of_one = mean;
    print_message("%d at once: %.2f rounds in the mean, %d at most, %.1f "
                  "questions\n",
                  width, mean, most, (double)questions / (CAP + 1));
    assert_true(mean * log2(width + 1) < 1.35 * of_one);
  }
}

static void misclassified_ends_at_once(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, 30, 0));
  assert_int_equal(rp_radius_next(&search), 30);
  tell(&search, 30, RP_MISCLASSIFIED, 0);
  assert_true(rp_radius_done(&search));
  assert_int_equal(search.lo, -1);
  assert_int_equal(search.hi, -1);
  assert_int_equal(rp_radius_next(&search), 0);
  rp_radius_fini(&search);
}

static void answers_from_elsewhere_count(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, 30, 0));
  tell(&search, 4, RP_ROBUST, 0);
  tell(&search, 10, RP_VIOLATED, 6);
  assert_int_equal(search.lo, 4);
  assert_int_equal(search.hi, 5);
  assert_int_equal(rp_radius_next(&search), 5);
  rp_radius_withdraw(&search, 5);
  assert_int_equal(rp_radius_next(&search), 5);

  rp_radius_fini(&search);
  assert_true(rp_radius_init(&search, 4, 0));
  tell(&search, 9, RP_UNKNOWN, 0);
  tell(&search, 8, RP_VIOLATED, 7);
  assert_int_equal(search.hi, 4);
  tell(&search, 6, RP_ROBUST, 0);
  assert_int_equal(search.lo, 4);
  assert_true(rp_radius_done(&search) && !search.contradiction);
  rp_radius_fini(&search);
}

static void contradictions_are_not_verdicts(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, 30, 0));
  tell(&search, 8, RP_ROBUST, 0);
  tell(&search, 30, RP_VIOLATED, 5);
  assert_true(search.contradiction && rp_radius_done(&search));
  assert_int_equal(search.lo, 0);
  assert_int_equal(search.hi, 4);
  assert_int_equal(search.reason, RP_REASON_ERROR);
  assert_int_equal(rp_radius_next(&search), 0);

  rp_radius_fini(&search);
  assert_true(rp_radius_init(&search, 30, 0));
  tell(&search, 30, RP_VIOLATED, 5);
  tell(&search, 8, RP_ROBUST, 0);
  assert_true(search.contradiction && rp_radius_done(&search));
  assert_int_equal(search.lo, 0);
  assert_int_equal(search.reason, RP_REASON_ERROR);
  rp_radius_fini(&search);
}

/* ---- a limit of time over all questions ---- */

static void take(rp_radius_search *search, int32_t radius, rp_verdict verdict,
                 double cpu_seconds) {
  const rp_answer a = {.verdict = verdict,
                       .reason = verdict == RP_UNKNOWN ? RP_REASON_TIME
                                                       : RP_REASON_NONE,
                       .distance = verdict == RP_VIOLATED ? radius : 0,
                       .cpu_seconds = cpu_seconds};
  rp_radius_answer(search, radius, &a);
}

static int32_t next_with(rp_radius_search *search, double allowed_s) {
  const int32_t radius = rp_radius_next(search);
  assert_true(radius > 0);
  assert_true(fabs(search->mark[radius].allowed_s - allowed_s) < 1e-9);
  return radius;
}

static void a_limit_is_shared_out_in_passes(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, 4, 100));
  assert_int_equal(next_with(&search, 5), 4);
  take(&search, 4, RP_UNKNOWN, 5);
  for (int32_t i = 0; i < 3; i++)
    take(&search, next_with(&search, 5), RP_UNKNOWN, 5);
  /* All were cut short: 80 s are left, each has a fifth of the limit. */
  assert_int_equal(next_with(&search, 20), 4);
  take(&search, 4, RP_UNKNOWN, 3); /* ended by limits of its own */
  for (int32_t r = 1; r <= 2; r++) {
    assert_int_equal(next_with(&search, 20), r);
    take(&search, r, RP_ROBUST, 7);
  }
  assert_int_equal(next_with(&search, 20), 3);
  take(&search, 3, RP_UNKNOWN, 20);
  assert_int_equal(next_with(&search, 43), 3); /* all that is left */
  take(&search, 3, RP_UNKNOWN, 43.01);
  assert_int_equal(rp_radius_next(&search), 0);
  assert_true(rp_radius_done(&search));
  assert_int_equal(search.lo, 2);
  assert_int_equal(search.hi, 4);
  assert_int_equal(search.reason, RP_REASON_TIME);
  rp_radius_fini(&search);
}

static void the_last_radius_is_granted_all_that_is_left(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, 4, 100));
  assert_int_equal(next_with(&search, 5), 4);
  take(&search, 4, RP_UNKNOWN, 5);
  take(&search, 2, RP_ROBUST, 1); /* answered elsewhere */
  assert_int_equal(next_with(&search, 5), 3);
  take(&search, 3, RP_ROBUST, 1);
  assert_int_equal(next_with(&search, 93), 4);
  take(&search, 4, RP_UNKNOWN, 93);
  assert_int_equal(rp_radius_next(&search), 0);
  assert_true(rp_radius_done(&search));
  rp_radius_fini(&search);
  assert_true(rp_radius_init(&search, 1, 100));
  assert_int_equal(next_with(&search, 100), 1);
  rp_radius_fini(&search);
}

static void what_is_in_flight_is_promised(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, CAP, 1));
  int32_t count = 0, first = 0;
  for (int32_t r; (r = rp_radius_next(&search)) > 0; count++)
    if (!first) first = r;
  assert_int_equal(count, 20);
  assert_false(rp_radius_done(&search));
  rp_radius_withdraw(&search, first);
  assert_int_equal(next_with(&search, 0.05), first);
  take(&search, first, RP_ROBUST, 0.01);
  assert_int_equal(search.lo, CAP);
  assert_true(rp_radius_done(&search));
  rp_radius_fini(&search);
}

static void queries_of_the_sample_count_and_have_no_allowance(void **state) {
  (void)state;
  rp_radius_search search;
  assert_true(rp_radius_init(&search, 10, 8));
  rp_radius_claim(&search, 3, 0);
  take(&search, 3, RP_ROBUST, 9);
  assert_int_equal(rp_radius_next(&search), 0);
  assert_true(rp_radius_done(&search));
  assert_int_equal(search.lo, 3);
  assert_int_equal(search.hi, 10);
  assert_int_equal(search.reason, RP_REASON_TIME);
  rp_radius_fini(&search);
}

/* Questions that need times of their own: no grant is exceeded, whatever the
 * order; one after the other, a limit that suffices for the first pass and the
 * proof closes the search, and none closes it where it is too small for the
 * proof. */
static void random_needs_within_a_limit(void **state) {
  (void)state;
  rp_rng rng;
  rp_rng_init(&rng, 4);
  int32_t closed = 0, open = 0;
  for (int32_t k = 0; k < 20000; k++) {
    const int32_t cap = 1 + (int32_t)rp_rng_below(&rng, 12);
    const int32_t mrr = (int32_t)rp_rng_below(&rng, (uint32_t)cap + 1);
    const double limit_s = 1 + rp_rng_below(&rng, 200);
    const double proof_s = 1 + rp_rng_below(&rng, 100);
    rp_radius_search search;
    assert_true(rp_radius_init(&search, cap, limit_s));
    for (int32_t r; (r = rp_radius_next(&search)) > 0;) {
      const double needs_s = r == mrr ? proof_s : 0.001;
      const double granted_s = search.mark[r].allowed_s;
      assert_true(search.used_s + granted_s <= limit_s + 1e-9);
      if (needs_s > granted_s)
        take(&search, r, RP_UNKNOWN, granted_s);
      else
        take(&search, r, r <= mrr ? RP_ROBUST : RP_VIOLATED, needs_s);
    }
    assert_true(rp_radius_done(&search) && !search.contradiction);
    assert_true(search.lo <= mrr && search.hi >= mrr);
    const bool is_closed = search.lo == search.hi;
    if (mrr == 0 || proof_s < 0.9 * limit_s) assert_true(is_closed);
    if (mrr > 0 && proof_s > limit_s) assert_false(is_closed);
    assert_int_equal(search.reason,
                     is_closed ? RP_REASON_NONE : RP_REASON_TIME);
    closed += is_closed;
    open += !is_closed;
    rp_radius_fini(&search);
  }
  assert_true(closed > 1000 && open > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_set_of_undecidable_radii_up_to_cap_9),
      cmocka_unit_test(random_sets_up_to_cap_20),
      cmocka_unit_test(questions_stay_few),
      cmocka_unit_test(questions_stay_few_up_to_any_radius),
      cmocka_unit_test(all_radii_may_be_in_flight),
      cmocka_unit_test(many_workers_take_few_rounds),
      cmocka_unit_test(misclassified_ends_at_once),
      cmocka_unit_test(answers_from_elsewhere_count),
      cmocka_unit_test(contradictions_are_not_verdicts),
      cmocka_unit_test(a_limit_is_shared_out_in_passes),
      cmocka_unit_test(the_last_radius_is_granted_all_that_is_left),
      cmocka_unit_test(what_is_in_flight_is_promised),
      cmocka_unit_test(queries_of_the_sample_count_and_have_no_allowance),
      cmocka_unit_test(random_needs_within_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
