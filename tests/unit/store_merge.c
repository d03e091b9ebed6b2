/* Shards become one results file: all of them, each once, about the same job.
 */
#include "store/merge.h"

#include "results_example.h"

enum { SHARDS = 3 };

static rp_error err, missing;
static const char *const names[] = {"one.h5", "two.h5", "three.h5"};

static void says(const char *part) {
  if (!strstr(err.text, part))
    fail_msg("expected '%s' in '%s'", part, err.text);
}

/* Shard number k of SHARDS, from 1, with two rows. */
static rp_results *shard(int k) {
  rp_results *r = new_results();
  snprintf(r->provenance.shard, sizeof r->provenance.shard, "%d/%d", k, SHARDS);
  r->provenance.questions = 2;
  for (int i = 0; i < 2; i++) {
    const rp_query_row row = {
        .sample = k + SHARDS * i, .radius = 2, .rank = i, .verdict = RP_ROBUST};
    assert_int_equal(rp_results_add_query(r, &row, NULL, &err), RP_OK);
  }
  return r;
}

static rp_status merge(rp_results **part, int n, bool partial,
                       rp_results **all) {
  const rp_results *parts[SHARDS];
  for (int i = 0; i < n; i++) parts[i] = part[i];
  const rp_merge what = {
      .file = names, .part = parts, .n = n, .partial = partial};
  strcpy(err.text, "");
  const rp_status st = rp_results_merge(&what, all, &missing, &err);
  for (int i = 0; i < n; i++) rp_results_free(part[i]);
  return st;
}

static void shards_in_any_order_become_one_table(void **state) {
  (void)state;
  rp_results *all, *part[SHARDS] = {shard(3), shard(1), shard(2)};
  assert_int_equal(merge(part, SHARDS, false, &all), RP_OK);
  assert_string_equal(missing.text, "");
  assert_string_equal(all->provenance.shard, "");
  assert_int_equal(all->provenance.questions, 2 * SHARDS);
  assert_int_equal(all->n_queries, 2 * SHARDS);
  for (int i = 0; i < 2 * SHARDS; i++)
    assert_int_equal(all->query[i].sample, i + 1);
  assert_int_equal(all->provenance.ranks, 3 * SHARDS);
  assert_int_equal(all->query[0].rank, 3); /* behind those of shard 3 */
  rp_results_free(all);
}

static void a_missing_shard_is_named(void **state) {
  (void)state;
  for (int partial = 0; partial < 2; partial++) {
    rp_results *all, *part[] = {shard(1), shard(3)};
    assert_int_equal(merge(part, 2, partial, &all),
                     partial ? RP_OK : RP_E_INPUT);
    assert_string_equal(missing.text, "of 3 shards missing: 2");
    if (!partial) says("--partial merges what is there");
    if (partial) assert_string_equal(all->provenance.shard, "partial");
    rp_results_free(all);
  }
}

static void an_unfinished_shard_is_named(void **state) {
  (void)state;
  rp_results *all, *part[SHARDS] = {shard(1), shard(2), shard(3)};
  part[1]->provenance.questions = 3;
  assert_int_equal(merge(part, SHARDS, false, &all), RP_E_INPUT);
  assert_string_equal(missing.text, "of 3 shards not complete: 2");
}

static void a_shard_that_is_there_twice_is_refused(void **state) {
  (void)state;
  rp_results *all, *part[] = {shard(1), shard(1)};
  assert_int_equal(merge(part, 2, true, &all), RP_E_INPUT);
  says("two.h5: shard 1/3 is in one.h5 already");
}

static void what_is_no_shard_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",    "0/3",  "4/3",      "1/3x",
                                      "1",   "-/3",  "1/2",      "partial",
                                      "1/0", "1/-3", "1/9999999"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    rp_results *all, *part[] = {shard(2), shard(1)};
    strcpy(part[1]->provenance.shard, texts[i]);
    assert_int_equal(merge(part, 2, true, &all), RP_E_INPUT);
    assert_null(all);
    says("two.h5: expected ");
  }
}

static void a_shard_of_another_network_or_engine_is_refused(void **state) {
  (void)state;
  rp_results *all, *part[] = {shard(1), shard(2)};
  part[1]->provenance.network_sha256[5] = 'b';
  assert_int_equal(merge(part, 2, true, &all), RP_E_INPUT);
  says("two.h5: another network than one.h5");
  part[0] = shard(1);
  part[1] = shard(2);
  strcpy(part[1]->provenance.engine, "onehot");
  assert_int_equal(merge(part, 2, true, &all), RP_E_INPUT);
  says("two.h5: another engine than one.h5");
}

static void shards_that_contradict_each_other_are_refused(void **state) {
  (void)state;
  const uint8_t x[N_IN] = {1};
  rp_results *all, *part[] = {shard(1), shard(2)};
  const rp_query_row lie = {
      .sample = 4, .radius = 1, .verdict = RP_VIOLATED, .distance = 1};
  assert_int_equal(rp_results_add_query(part[1], &lie, x, &err), RP_OK);
  assert_int_equal(merge(part, 2, true, &all), RP_E_INPUT);
  says("contradiction: sample 4 is robust at radius 2 but has a counterexample "
       "at distance 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shards_in_any_order_become_one_table),
      cmocka_unit_test(a_missing_shard_is_named),
      cmocka_unit_test(an_unfinished_shard_is_named),
      cmocka_unit_test(a_shard_that_is_there_twice_is_refused),
      cmocka_unit_test(what_is_no_shard_is_refused),
      cmocka_unit_test(a_shard_of_another_network_or_engine_is_refused),
      cmocka_unit_test(shards_that_contradict_each_other_are_refused),
  };
  return cmocka_run_group_tests(tests, folder_made, folder_removed);
}
