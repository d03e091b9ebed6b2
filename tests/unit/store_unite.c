/* Two results files become one: what either knows is kept, and files that
 * cannot both be right, honest or forged, are refused. */
#include "store/unite.h"

#include "results_example.h"

static rp_error err;

static void says(const char *part) {
  if (!strstr(err.text, part))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

static rp_query_row query(int64_t sample, int32_t radius, rp_verdict verdict) {
  return (rp_query_row){.sample = sample,
                        .radius = radius,
                        .verdict = verdict,
                        .distance = verdict == RP_VIOLATED ? radius : 0,
                        .reason = verdict == RP_UNKNOWN ? RP_REASON_TIME
                                                        : RP_REASON_NONE};
}

static rp_radius_row radius(int64_t sample, int32_t lo, int32_t hi) {
  return (rp_radius_row){.sample = sample,
                         .lo = lo,
                         .hi = hi,
                         .verdict = lo < 0     ? RP_MISCLASSIFIED
                                    : lo == hi ? RP_ROBUST
                                               : RP_UNKNOWN,
                         .reason = lo == hi ? RP_REASON_NONE : RP_REASON_TIME};
}

/* One row alone, with an input where it has a counterexample. */
static rp_results *of_query(rp_query_row row) {
  rp_results *r = new_results();
  uint8_t x[N_IN];
  input_filled(x, row.sample, row.radius);
  assert_int_equal(rp_results_add_query(
                       r, &row, row.verdict == RP_VIOLATED ? x : NULL, &err),
                   RP_OK);
  return r;
}

static rp_results *of_radius(rp_radius_row row, int32_t cap) {
  rp_results *r = new_results();
  uint8_t x[N_IN];
  r->provenance.radius_cap = cap;
  input_filled(x, row.sample, row.hi + 1);
  const bool refuted = row.hi >= 0 && row.hi < cap;
  assert_int_equal(rp_results_add_radius(r, &row, refuted ? x : NULL, &err),
                   RP_OK);
  return r;
}

/* Both are the caller's no more. NULL: refused. */
static rp_results *unite(rp_results *a, rp_results *b) {
  rp_results *united;
  strcpy(err.text, "");
  const rp_status st = rp_results_unite(a, b, &united, &err);
  assert_true(st == RP_OK || st == RP_E_INPUT);
  assert_true((st == RP_OK) == (united != NULL));
  rp_results_free(a);
  rp_results_free(b);
  return united;
}

/* Whichever file comes first. */
static void refused(rp_results *(*make)(int), const char *why) {
  for (int first = 0; first < 2; first++) {
    assert_null(unite(make(first), make(!first)));
    says(why);
  }
}

static void a_decided_answer_is_not_replaced_by_an_open_one(void **state) {
  (void)state;
  for (int first = 0; first < 2; first++) {
    rp_results *r =
        unite(of_query(query(3, 2, first ? RP_UNKNOWN : RP_ROBUST)),
              of_query(query(3, 2, first ? RP_ROBUST : RP_UNKNOWN)));
    assert_non_null(r);
    assert_int_equal(r->n_queries, 1);
    assert_int_equal(r->query[0].verdict, RP_ROBUST);
    rp_results_free(r);
  }
}

/* Samples from one number on, every second one: a query and a radius each. */
static rp_results *of_every_second(int64_t from) {
  rp_results *r = new_results();
  for (int64_t sample = from; sample < 20; sample += 2) {
    const rp_query_row asked = query(sample, 3, RP_ROBUST);
    const rp_radius_row found = radius(sample, 3, IN_HI);
    assert_int_equal(rp_results_add_query(r, &asked, NULL, &err), RP_OK);
    assert_int_equal(rp_results_add_radius(r, &found, NULL, &err), RP_OK);
  }
  return r;
}

static void rows_of_either_file_are_kept_in_order(void **state) {
  (void)state;
  rp_results *r = unite(of_every_second(1), of_every_second(0));
  assert_non_null(r);
  assert_int_equal(r->n_queries, 20);
  assert_int_equal(r->n_radii, 20);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(r->query[i].sample, i);
    assert_int_equal(r->radius[i].sample, i);
  }
  assert_int_equal(rp_results_check_order(r, &err), RP_OK);
  rp_results_free(r);
}

static void a_counterexample_is_kept_wherever_it_was(void **state) {
  (void)state;
  for (int first = 0; first < 2; first++) {
    rp_query_row bare = query(3, 2, RP_VIOLATED);
    rp_results *without = new_results();
    bare.counterexample = -1;
    assert_int_equal(rp_results_add_query(without, &bare, NULL, &err), RP_OK);
    rp_results *with = of_query(bare);
    rp_results *r = first ? unite(with, without) : unite(without, with);
    uint8_t x[N_IN];
    input_filled(x, 3, 2);
    assert_non_null(r);
    assert_int_equal(r->n_counterexamples, 1);
    assert_memory_equal(
        rp_results_get_counterexample(r, r->query[0].counterexample), x, N_IN);
    rp_results_free(r);
  }
}

static void intervals_of_a_radius_intersect(void **state) {
  (void)state;
  for (int first = 0; first < 2; first++) {
    rp_results *r =
        unite(of_radius(radius(1, first ? 2 : 4, 9), 30),
              of_radius(radius(1, first ? 4 : 2, first ? 20 : 7), 30));
    assert_non_null(r);
    assert_int_equal(r->radius[0].lo, 4);
    assert_int_equal(r->radius[0].hi, first ? 9 : 7);
    assert_int_equal(r->radius[0].verdict, RP_UNKNOWN);
    rp_results_free(r);
  }
}

static void a_smaller_cap_says_nothing_beyond_it(void **state) {
  (void)state;
  rp_results *r =
      unite(of_radius(radius(1, 5, 5), 5), of_radius(radius(2, 0, 30), 30));
  assert_non_null(r);
  assert_int_equal(r->provenance.radius_cap, 30);
  assert_int_equal(r->radius[0].lo, 5);
  assert_int_equal(r->radius[0].hi, 30);
  assert_int_equal(r->radius[0].verdict, RP_UNKNOWN);
  rp_results_free(r);
}

/* ---- forged, or computed wrongly: nobody can tell which one lies ---- */

static rp_results *two_verdicts(int which) {
  return of_query(query(3, 2, which ? RP_ROBUST : RP_VIOLATED));
}

static rp_results *proof_beyond_a_counterexample(int which) {
  return of_query(which ? query(3, 5, RP_ROBUST) : query(3, 4, RP_VIOLATED));
}

static rp_results *disjoint_intervals(int which) {
  return of_radius(which ? radius(3, 6, 9) : radius(3, 2, 5), 30);
}

static rp_results *query_against_radius(int which) {
  return which ? of_query(query(3, 7, RP_ROBUST))
               : of_radius(radius(3, 2, 5), 30);
}

static rp_results *counterexample_within_a_radius(int which) {
  return which ? of_query(query(3, 4, RP_VIOLATED))
               : of_radius(radius(3, 4, 9), 30);
}

static rp_results *a_radius_where_there_is_none(int which) {
  return of_radius(which ? radius(3, -1, -1) : radius(3, 1, 5), 30);
}

static rp_results *wrong_and_right(int which) {
  return of_query(which ? query(3, 1, RP_MISCLASSIFIED)
                        : query(3, 2, RP_ROBUST));
}

static rp_results *two_labels(int which) {
  rp_query_row row = query(3, 2, RP_ROBUST);
  row.label = which;
  return of_query(row);
}

static void contradictions_are_refused_whichever_file_lies(void **state) {
  (void)state;
  refused(two_verdicts, "contradiction: sample 3, radius 2 is ");
  refused(
      proof_beyond_a_counterexample,
      "sample 3 is robust at radius 5 but has a counterexample at distance 4");
  refused(disjoint_intervals, "the maximum radius of sample 3 is in ");
  refused(
      query_against_radius,
      "sample 3 is robust at radius 7 but has a counterexample at distance 6");
  refused(
      counterexample_within_a_radius,
      "sample 3 is robust at radius 4 but has a counterexample at distance 4");
  refused(a_radius_where_there_is_none,
          "the maximum radius of sample 3 is in ");
  refused(wrong_and_right, "sample 3 is both misclassified and");
  refused(two_labels, "sample 3: label ");
}

static void rows_that_are_there_twice_are_seen(void **state) {
  (void)state;
  rp_results *r = of_query(query(3, 2, RP_ROBUST));
  const rp_query_row again = query(3, 2, RP_ROBUST),
                     before = query(1, 9, RP_ROBUST);
  assert_int_equal(rp_results_check_order(r, &err), RP_OK);
  assert_int_equal(rp_results_add_query(r, &again, NULL, &err), RP_OK);
  assert_int_equal(rp_results_check_order(r, &err), RP_E_INPUT);
  says("sample 3, radius 2: twice or out of order");
  assert_int_equal(rp_results_add_query(r, &before, NULL, &err), RP_OK);
  assert_int_equal(rp_results_check_order(r, &err), RP_E_INPUT);
  rp_results_free(r);
}

static void united_with_itself_or_nothing_a_file_stays(void **state) {
  (void)state;
  for (int twice = 0; twice < 2; twice++) {
    rp_results *a = of_every_second(0);
    rp_results *r =
        unite(of_every_second(0), twice ? of_every_second(0) : NULL);
    assert_non_null(r);
    assert_same_verdicts(a, r);
    rp_results_free(a);
    rp_results_free(r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_decided_answer_is_not_replaced_by_an_open_one),
      cmocka_unit_test(rows_of_either_file_are_kept_in_order),
      cmocka_unit_test(a_counterexample_is_kept_wherever_it_was),
      cmocka_unit_test(intervals_of_a_radius_intersect),
      cmocka_unit_test(a_smaller_cap_says_nothing_beyond_it),
      cmocka_unit_test(contradictions_are_refused_whichever_file_lies),
      cmocka_unit_test(rows_that_are_there_twice_are_seen),
      cmocka_unit_test(united_with_itself_or_nothing_a_file_stays),
  };
  return cmocka_run_group_tests(tests, folder_made, folder_removed);
}
