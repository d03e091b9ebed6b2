/* The numbers behind the plots: against counting sample by sample, on random
 * tables, and on the tables that have next to nothing in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/rng.h"
#include "show/digest.h"
#include "seeded.h"

enum { N_IN = 4, IN_HI = 255, CAP = 12 };

static rp_results *new_results(int32_t cap) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  r->provenance.n_in = N_IN;
  r->provenance.in_hi = IN_HI;
  r->provenance.radius_cap = cap;
  return r;
}

static void add_query(rp_results *r, int64_t sample, int32_t radius,
                      rp_verdict verdict, double seconds) {
  const uint8_t x[N_IN] = {(uint8_t)sample, (uint8_t)radius, 0, 0};
  const rp_query_row row = {.sample = sample,
                            .label = (int32_t)(sample % 3),
                            .radius = radius,
                            .verdict = verdict,
                            .reason = verdict == RP_UNKNOWN ? RP_REASON_TIME
                                                            : RP_REASON_NONE,
                            .distance = verdict == RP_VIOLATED ? radius : 0,
                            .seconds = seconds};
  assert_int_equal(
      rp_results_add_query(r, &row, verdict == RP_VIOLATED ? x : NULL, NULL),
      RP_OK);
}

/* lo = hi = -1: misclassified. A counterexample unless hi is the cap. */
static void add_radius(rp_results *r, int64_t sample, int32_t lo, int32_t hi,
                       double seconds) {
  const uint8_t x[N_IN] = {(uint8_t)sample, (uint8_t)(hi + 1), 0, 0};
  const rp_radius_row row = {.sample = sample,
                             .label = (int32_t)(sample % 3),
                             .lo = lo,
                             .hi = hi,
                             .verdict = lo < 0    ? RP_MISCLASSIFIED
                                        : lo < hi ? RP_UNKNOWN
                                                  : RP_ROBUST,
                             .reason =
                                 lo < hi ? RP_REASON_MEMORY : RP_REASON_NONE,
                             .seconds = seconds};
  const bool has_x = lo >= 0 && hi < r->provenance.radius_cap;
  assert_int_equal(rp_results_add_radius(r, &row, has_x ? x : NULL, NULL),
                   RP_OK);
}

static rp_digest *digested(rp_results *r) {
  rp_digest *d;
  assert_int_equal(rp_results_sort(r, NULL), RP_OK);
  assert_int_equal(rp_digest_create(r, NULL, &d, NULL), RP_OK);
  return d;
}

static void freed(rp_digest *d, rp_results *r) {
  rp_digest_free(d);
  rp_results_free(r);
}

static void assert_curve(const rp_digest *d, int32_t radius, int64_t certified,
                         int64_t undecided, int64_t violated) {
  assert_int_equal(d->curve.certified[radius], certified);
  assert_int_equal(d->curve.undecided[radius], undecided);
  assert_int_equal(d->curve.violated[radius], violated);
}

static void assert_range(rp_digest_range range, double lo, double hi) {
  assert_true(range.lo == lo);
  assert_true(range.hi == hi);
}

/* ---- Next to nothing ---- */

static void test_empty(void **state) {
  (void)state;
  rp_results *r = new_results(0);
  rp_digest *d = digested(r);
  assert_int_equal(d->n_samples, 0);
  assert_int_equal(d->last_radius, 0);
  assert_int_equal(d->n_radii, 0);
  assert_true(isnan(d->mean.lo) && isnan(d->median.hi));
  assert_int_equal(d->n_fragile + d->n_robust, 0);
  assert_int_equal(d->n_query_seconds + d->n_radius_seconds, 0);
  assert_curve(d, 0, 0, 0, 0);
  freed(d, r);
}

static void test_all_misclassified(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  for (int i = 0; i < 5; i++) add_radius(r, i, -1, -1, 0);
  for (int i = 5; i < 9; i++) add_query(r, i, 3, RP_MISCLASSIFIED, 0);
  rp_digest *d = digested(r);
  assert_int_equal(d->n_samples, 9);
  assert_int_equal(d->n_correct, 0);
  assert_int_equal(d->state[RP_RADIUS_MISCLASSIFIED], 5);
  assert_int_equal(d->query_verdict[RP_MISCLASSIFIED], 4);
  assert_true(isnan(d->mean.lo));
  assert_curve(d, 0, 0, 0, 9);
  assert_curve(d, 3, 0, 0, 4);
  assert_int_equal(d->n_fragile + d->n_robust, 0);
  freed(d, r);
}

static void test_one_sample(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  add_radius(r, 7, 2, 2, 1.5);
  rp_digest *d = digested(r);
  assert_int_equal(d->n_samples, 1);
  assert_int_equal(d->closed[2], 1);
  assert_range(d->mean, 2, 2);
  assert_range(d->median, 2, 2);
  assert_int_equal(d->last_radius, 3);
  assert_curve(d, 2, 1, 0, 0);
  assert_curve(d, 3, 0, 0, 1);
  assert_curve(d, 4, 0, 0, 0);
  assert_int_equal(d->n_fragile, 1);
  assert_int_equal(d->n_robust, 0); /* it is among the fragile already */
  assert_int_equal(d->sample[0].counterexample, 0);
  assert_int_equal(d->n_radius_seconds, 1);
  assert_true(d->radius_seconds[0] == 1.5);
  freed(d, r);
}

static void test_unknown_only(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  for (int i = 0; i < 4; i++) add_query(r, i, 2, RP_UNKNOWN, 9);
  for (int i = 4; i < 6; i++) add_radius(r, i, 0, CAP, 9);
  rp_digest *d = digested(r);
  assert_int_equal(d->query_reason[RP_REASON_TIME], 4);
  assert_int_equal(d->radius_reason[RP_REASON_MEMORY], 2);
  assert_int_equal(d->open[0], 2);
  assert_curve(d, 0, 6, 0, 0); /* they are classified as labelled */
  assert_curve(d, 2, 0, 6, 0);
  assert_curve(d, CAP, 0, 2, 0);
  assert_int_equal(d->n_query_seconds + d->n_radius_seconds, 0);
  assert_int_equal(d->n_fragile + d->n_robust, 0);
  freed(d, r);
}

static void test_invalid_is_not_counted(void **state) {
  (void)state;
  rp_results *r = new_results(0);
  add_query(r, 0, 1, RP_INVALID, 0);
  add_query(r, 1, 1, RP_ROBUST, 0);
  rp_digest *d = digested(r);
  assert_int_equal(d->n_samples, 2);
  assert_int_equal(d->n_correct, 1);
  assert_int_equal(d->n_asked, 1);
  assert_int_equal(d->n_invalid, 1);
  assert_curve(d, 1, 1, 0, 0);
  freed(d, r);
}

/* ---- What rows imply ---- */

static void test_queries_imply_each_other(void **state) {
  (void)state;
  rp_results *r = new_results(0);
  add_query(r, 0, 2, RP_UNKNOWN, 0); /* robust at 4, so here too */
  add_query(r, 0, 4, RP_ROBUST, 0);
  add_query(r, 0, 6, RP_UNKNOWN, 0);
  add_query(r, 1, 2, RP_VIOLATED, 0);
  add_query(r, 1, 4, RP_UNKNOWN, 0); /* violated at 2, so here too */
  rp_digest *d = digested(r);
  assert_curve(d, 2, 1, 0, 1);
  assert_curve(d, 4, 1, 0, 1);
  assert_curve(d, 6, 0, 1, 0);
  assert_curve(d, 3, 0, 0, 0); /* nobody asked there */
  assert_int_equal(d->sample[1].hi, 1);
  assert_int_equal(d->at_radius[2][RP_UNKNOWN], 1);
  assert_int_equal(d->fragile[0], 1);
  assert_int_equal(d->robust[0], 0);
  freed(d, r);
}

static void test_searches_and_queries_of_a_sample_agree(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  add_radius(r, 3, 4, 9, 0);
  add_query(r, 3, 7, RP_ROBUST, 0);
  add_query(r, 3, 9, RP_VIOLATED, 0);
  rp_digest *d = digested(r);
  assert_int_equal(d->n_samples, 1);
  assert_int_equal(d->sample[0].lo, 7);
  assert_int_equal(d->sample[0].hi, 8);
  assert_curve(d, 7, 1, 0, 0);
  assert_curve(d, 8, 0, 1, 0);
  assert_curve(d, 9, 0, 0, 1); /* once, though asked in both ways */
  freed(d, r);
}

static void test_the_cap_is_no_counterexample(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  add_radius(r, 0, CAP, CAP, 0);
  add_radius(r, 1, 1, 1, 0);
  rp_digest *d = digested(r);
  assert_int_equal(d->capped[CAP], 1);
  assert_int_equal(d->closed[CAP] + d->open[CAP], 0);
  assert_int_equal(d->state[RP_RADIUS_CAPPED], 1);
  assert_int_equal(d->state[RP_RADIUS_CLOSED], 1);
  assert_range(d->mean, (CAP + 1) / 2.0, HUGE_VAL);
  assert_range(d->median, (CAP + 1) / 2.0, HUGE_VAL);
  assert_range(d->least, 1, 1);
  assert_range(d->greatest, CAP, HUGE_VAL);
  assert_false(d->sample[0].violated);
  assert_int_equal(d->last_radius, CAP);
  assert_curve(d, CAP, 1, 0, 1);
  assert_int_equal(d->n_fragile, 1);
  assert_int_equal(d->robust[0], 0);
  freed(d, r);
}

static void test_rows_that_contradict_each_other(void **state) {
  (void)state;
  rp_results *r = new_results(0);
  add_query(r, 0, 2, RP_VIOLATED, 0);
  add_query(r, 0, 9, RP_ROBUST, 0);
  add_query(r, 1, 1, RP_MISCLASSIFIED, 0);
  add_query(r, 1, 2, RP_ROBUST, 0);
  rp_digest *d = digested(r);
  for (int64_t k = 0; k < d->n_samples; k++)
    assert_true(d->sample[k].lo <= d->sample[k].hi);
  assert_int_equal(d->sample[1].lo, -1);
  freed(d, r);
}

/* ---- Against counting one by one ---- */

typedef struct truth {
  int32_t lo, hi;
} truth;

static void test_random_radii(void **state) {
  (void)state;
  rp_rng rng = rng_of_test("random radii");
  for (int round = 0; round < 200; round++) {
    const int n = 1 + (int)rp_rng_below(&rng, 40);
    truth t[40];
    rp_results *r = new_results(CAP);
    for (int i = 0; i < n; i++) {
      t[i].lo = (int32_t)rp_rng_below(&rng, CAP + 2) - 1;
      const uint32_t room = t[i].lo < 0 ? 1 : (uint32_t)(CAP - t[i].lo + 1);
      t[i].hi = t[i].lo + (int32_t)rp_rng_below(&rng, room);
      add_radius(r, 1000 - 3 * i, t[i].lo, t[i].hi, rp_rng_unit(&rng));
    }
    rp_digest *d = digested(r);
    for (int32_t radius = 0; radius <= d->last_radius; radius++) {
      int64_t certified = 0, violated = 0;
      for (int i = 0; i < n; i++) {
        certified += t[i].lo >= radius;
        violated += t[i].lo < 0 || (t[i].hi < radius && t[i].hi < CAP);
      }
      assert_curve(d, radius, certified, n - certified - violated, violated);
    }
    int64_t sum = 0, seen = 0;
    double least = HUGE_VAL;
    for (int k = 0; k < RP_DIGEST_RADII; k++)
      sum += d->closed[k] + d->capped[k] + d->open[k];
    assert_int_equal(sum, d->n_correct);
    for (int64_t i = 1; i < d->n_radius_seconds; i++)
      assert_true(d->radius_seconds[i - 1] <= d->radius_seconds[i]);
    for (int64_t k = 0; k < d->n_samples; k++)
      if (d->sample[k].violated) least = fmin(least, d->sample[k].hi), seen++;
    assert_int_equal(d->n_fragile,
                     seen < RP_DIGEST_EXTREMES ? seen : RP_DIGEST_EXTREMES);
    if (seen) assert_true(d->sample[d->fragile[0]].hi == least);
    freed(d, r);
  }
}

static int radii_ascend(const void *a, const void *b) {
  return *(const int32_t *)a - *(const int32_t *)b;
}

static void test_mean_and_median(void **state) {
  (void)state;
  const int32_t lo[] = {5, 1, 9, 3, 3, 8};
  for (int n = 1; n <= 6; n++) {
    rp_results *r = new_results(CAP);
    int32_t sorted[6];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      add_radius(r, i, lo[i], lo[i], 0);
      sorted[i] = lo[i];
      sum += lo[i];
    }
    qsort(sorted, (size_t)n, sizeof *sorted, radii_ascend);
    rp_digest *d = digested(r);
    const double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
    assert_true(fabs(d->mean.lo - sum / n) < 1e-12);
    assert_true(d->mean.lo == d->mean.hi);
    assert_range(d->median, median, median);
    assert_range(d->least, sorted[0], sorted[0]);
    assert_range(d->greatest, sorted[n - 1], sorted[n - 1]);
    freed(d, r);
  }
}

/* Lower bounds are never set beside upper ones as if they were one number. */
static void test_bounds_are_not_mixed(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  add_radius(r, 0, 1, 9, 0);
  add_radius(r, 1, 2, 3, 0);
  add_radius(r, 2, 4, 4, 0);
  rp_digest *d = digested(r);
  assert_range(d->mean, 7 / 3.0, 16 / 3.0);
  assert_range(d->median, 2, 4);
  assert_range(d->least, 1, 3);
  assert_range(d->greatest, 4, 9);
  rp_digest_free(d);
  add_radius(r, 3, 5, CAP, 0); /* open, and the cap is no bound */
  add_radius(r, 4, CAP, CAP, 0);
  d = digested(r);
  assert_range(d->median, 4, 9);
  assert_range(d->greatest, CAP, HUGE_VAL);
  assert_true(isinf(d->mean.hi));
  freed(d, r);
}

/* Nothing is known of what an ended run did not ask: no class, no radius. */
static void test_what_was_not_asked_does_not_count(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  const rp_radius_row unasked = {.sample = 5,
                                 .hi = CAP,
                                 .verdict = RP_UNKNOWN,
                                 .reason = RP_REASON_INTERRUPTED};
  rp_query_row query = {.sample = 6,
                        .radius = 2,
                        .verdict = RP_UNKNOWN,
                        .reason = RP_REASON_INTERRUPTED};
  assert_int_equal(rp_results_add_radius(r, &unasked, NULL, NULL), RP_OK);
  assert_int_equal(rp_results_add_query(r, &query, NULL, NULL), RP_OK);
  query.sample = 7;
  query.seconds = 0.5; /* it ran until the end came */
  assert_int_equal(rp_results_add_query(r, &query, NULL, NULL), RP_OK);
  add_radius(r, 0, 3, 3, 0);
  rp_digest *d = digested(r);
  assert_int_equal(d->n_samples, 4);
  assert_int_equal(d->n_asked, 2);
  assert_int_equal(d->n_unasked, 2);
  assert_int_equal(d->n_correct, 2);
  assert_range(d->mean, 3, 3);
  assert_int_equal(d->state[RP_RADIUS_UNASKED], 1);
  assert_int_equal(d->state[RP_RADIUS_OPEN], 0);
  assert_int_equal(d->radius_reason[RP_REASON_INTERRUPTED], 1);
  assert_curve(d, 0, 2, 2, 0);
  freed(d, r);
}

/* ---- Classes reached ---- */

/* Two outputs: the second wins where the first input is above 9. */
static rp_net *threshold_net(void) {
  const int32_t weight[] = {0, 0, 0, 0, 1, 0, 0, 0};
  const int64_t bias[] = {10, 0};
  const int32_t dims[] = {2, 2};
  rp_net *net;
  assert_int_equal(rp_net_create("t", dims, 2, IN_HI, &net, NULL), RP_OK);
  const rp_dense_spec spec = {N_IN, 2, weight, bias, {0, 255, 0, NULL}};
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

static void test_classes_reached(void **state) {
  (void)state;
  rp_net *net = threshold_net();
  rp_results *r = new_results(0);
  rp_digest *d;
  add_query(r, 3, 1, RP_VIOLATED, 0); /* the first input is the sample */
  add_query(r, 30, 1, RP_VIOLATED, 0);
  add_query(r, 31, 1, RP_ROBUST, 0);
  assert_int_equal(rp_results_sort(r, NULL), RP_OK);
  assert_int_equal(rp_digest_create(r, net, &d, NULL), RP_OK);
  assert_int_equal(d->sample[0].reached, 0);
  assert_int_equal(d->sample[1].reached, 1);
  assert_int_equal(d->sample[2].reached, -1);
  rp_digest_free(d);
  r->provenance.in_hi = 15; /* another network's inputs: nothing is known */
  assert_int_equal(rp_digest_create(r, net, &d, NULL), RP_OK);
  assert_int_equal(d->sample[1].reached, -1);
  freed(d, r);
  rp_net_free(net);
}

/* ---- Timeline ---- */

static void add_task(rp_results *r, int32_t rank, double begin, double end) {
  const rp_task_row row = {.rank = rank, .begin_s = begin, .end_s = end};
  assert_int_equal(rp_results_add_task(r, &row, NULL), RP_OK);
}

static void test_timeline(void **state) {
  (void)state;
  rp_results *r = new_results(0);
  rp_digest_timeline *t;
  add_task(r, 2, 1, 3);
  add_task(r, 0, 0, 4);
  add_task(r, 0, 4.01, 6);
  add_task(r, 0, 8, 10);
  add_task(r, 2, 2, 4); /* overlaps: counted once */
  assert_int_equal(rp_digest_timeline_create(r, 0.01, &t, NULL), RP_OK);
  assert_int_equal(t->n_ranks, 3);
  assert_int_equal(t->n_runs, 3);
  assert_true(t->span_s == 10);
  assert_int_equal(t->run[0].tasks, 2); /* the gap is too short to be seen */
  assert_true(fabs(t->busy_s[0] - 7.99) < 1e-9); /* but it is idle */
  assert_true(t->busy_s[1] == 0);
  assert_true(t->busy_s[2] == 3);
  assert_true(t->run[2].begin_s == 1 && t->run[2].end_s == 4);
  rp_digest_timeline_free(t);
  rp_results_free(r);
}

static void test_no_timeline(void **state) {
  (void)state;
  rp_results *r = new_results(0);
  rp_digest_timeline *t;
  assert_int_equal(rp_digest_timeline_create(r, 0.01, &t, NULL), RP_OK);
  assert_int_equal(t->n_runs, 0);
  assert_int_equal(t->n_ranks, 0);
  rp_digest_timeline_free(t);
  rp_results_free(r);
}

/* ---- Lack of memory ---- */

static void test_failing_allocations(void **state) {
  (void)state;
  rp_results *r = new_results(CAP);
  rp_net *net = threshold_net();
  for (int i = 0; i < 5; i++) add_query(r, i, 2, RP_VIOLATED, 1);
  rp_status st = RP_E_MEMORY;
  for (uint64_t n = 1; st != RP_OK; n++) {
    rp_digest *d = NULL;
    rp_alloc_fail_after(n);
    st = rp_digest_create(r, net, &d, NULL);
    rp_alloc_fail_after(0);
    assert_true(st == RP_OK || st == RP_E_MEMORY);
    assert_true(n < 100);
    if (st == RP_OK) assert_true(n > 5);
    rp_digest_free(d);
  }
  rp_net_free(net);
  rp_results_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_all_misclassified),
      cmocka_unit_test(test_one_sample),
      cmocka_unit_test(test_unknown_only),
      cmocka_unit_test(test_invalid_is_not_counted),
      cmocka_unit_test(test_queries_imply_each_other),
      cmocka_unit_test(test_searches_and_queries_of_a_sample_agree),
      cmocka_unit_test(test_the_cap_is_no_counterexample),
      cmocka_unit_test(test_rows_that_contradict_each_other),
      cmocka_unit_test(test_random_radii),
      cmocka_unit_test(test_mean_and_median),
      cmocka_unit_test(test_bounds_are_not_mixed),
      cmocka_unit_test(test_what_was_not_asked_does_not_count),
      cmocka_unit_test(test_classes_reached),
      cmocka_unit_test(test_timeline),
      cmocka_unit_test(test_no_timeline),
      cmocka_unit_test(test_failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
