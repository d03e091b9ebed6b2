/* From a job to a plan: lines may overlap and come in any order, the plan holds
 * each query once, sorted; what cannot be run is refused with a reason. */
#include "small_job.h"

static void lines_become_a_sorted_plan(void **state) {
  rp_job *const job = make_small_job(*state);
  add_line(job, "3-4,1", 5, 2);
  add_line(job, "1,0", 2, 9);
  job->radius_samples = strdup("4,0-1");
  assert_true(rp_radii_parse("17/255", 1, &job->radius_cap));
  rp_setup setup;
  assert_int_equal(rp_setup_load(job, &setup, NULL), RP_OK);
  static const struct {
    int64_t sample;
    int32_t radius;
  } expected[] = {{0, 2}, {0, 9}, {1, 2}, {1, 5}, {1, 9},
                  {3, 2}, {3, 5}, {4, 2}, {4, 5}};
  assert_int_equal(setup.plan.n_queries, 9);
  for (int i = 0; i < 9; i++) {
    assert_int_equal(setup.plan.query[i].sample, expected[i].sample);
    assert_int_equal(setup.plan.query[i].radius, expected[i].radius);
  }
  assert_int_equal(setup.plan.n_searches, 3);
  assert_int_equal(setup.plan.search[0], 0);
  assert_int_equal(setup.plan.search[2], 4);
  assert_int_equal(setup.plan.cap, 17);
  assert_int_equal(setup.plan.n_in, 2);

  rp_provenance p;
  memset(&p, 0, sizeof p);
  rp_setup_describe(&setup, job, "rampart run x", 3, 4, &p);
  assert_string_equal(p.network, "two");
  assert_string_equal(p.rule, "R0");
  assert_string_equal(p.engine, "hull");
  assert_string_equal(p.history, "rampart run x");
  assert_int_equal(strlen(p.network_sha256), 64);
  assert_int_equal(strlen(p.dataset_sha256), 64);
  assert_true(p.ranks == 3 && p.threads == 4 && p.n_in == 2);
  rp_setup_free(&setup);
  rp_job_free(job);
}

static void refuse(rp_job *job, rp_status status, const char *reason) {
  rp_setup setup;
  rp_error err = {""};
  assert_int_equal(rp_setup_load(job, &setup, &err), status);
  if (!strstr(err.text, reason)) fail_msg("%s: no %s", err.text, reason);
  rp_setup_free(&setup);
  rp_job_free(job);
}

static void what_cannot_be_run_is_refused(void **state) {
  refuse(make_small_job(*state), RP_E_USAGE, "asks for nothing");
  rp_job *job = make_small_job(*state);
  add_line(job, "0-5", 1, 2);
  refuse(job, RP_E_INPUT, "0-5");
  job = make_small_job(*state);
  add_line(job, "0", 1, 2);
  assert_true(rp_radii_parse("2/3,1/2", 1, &job->query[0].radii));
  refuse(job, RP_E_USAGE, "radius 1/2: expected a whole number of input steps");
  job = make_small_job(*state);
  job->radius_samples = strdup("all");
  job->radius_cap = (rp_radii){.n = 1, .item = {{256, 256, 0}}};
  refuse(job, RP_E_USAGE, "radius 256: expected at most 255, as inputs are bytes");
  job = make_small_job(*state);
  free(job->dataset_file);
  job->dataset_file = NULL;
  refuse(job, RP_E_USAGE, "no dataset");
  job = make_small_job(*state);
  strcpy(job->network->file + strlen(job->network->file) - 2, "x");
  refuse(job, RP_E_INPUT, job->network->file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_become_a_sorted_plan),
      cmocka_unit_test(what_cannot_be_run_is_refused),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
