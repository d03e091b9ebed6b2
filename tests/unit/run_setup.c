/* From a job to a plan: lines may overlap and come in any order, the plan holds
 * each query once, sorted; what cannot be run is refused with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/setup.h"
#include "temp_folder.h"

static void write_network(const char *file) {
  static const int32_t dims[1] = {2};
  static const int32_t weight[4] = {1, -1, -1, 1};
  static const int64_t bias[2] = {3, -2};
  const rp_dense_spec spec = {.n_in = 2,
                              .n_out = 2,
                              .weight = weight,
                              .bias = bias,
                              .stair = {-8, 7, 2}};
  rp_net *net;
  assert_int_equal(rp_net_create("two", dims, 1, 255, &net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  assert_int_equal(rp_network_write(net, file, NULL), RP_OK);
  rp_net_free(net);
}

static rp_job *job_in(temp_folder *folder) {
  rp_job *job;
  static const char samples[] = "0,1,2\n1,3,4\n0,5,6\n1,7,8\n0,9,9\n";
  assert_int_equal(rp_job_create(&job, NULL), RP_OK);
  job->network_file = temp_file_kept(folder, "net.h5");
  job->dataset_file = temp_file_kept(folder, "data.csv");
  write_network(job->network_file);
  bytes_put(job->dataset_file, samples, strlen(samples));
  return job;
}

static void add_line(rp_job *job, const char *samples, int32_t a, int32_t b) {
  const size_t n = (size_t)job->n_queries;
  job->query = realloc(job->query, (n + 1) * sizeof *job->query);
  int32_t *const radii = malloc(2 * sizeof *radii);
  radii[0] = a;
  radii[1] = b;
  job->query[n] = (rp_job_query){strdup(samples), radii, 2};
  job->n_queries++;
}

static void lines_become_a_sorted_plan(void **state) {
  rp_job *const job = job_in(*state);
  add_line(job, "3-4,1", 5, 2);
  add_line(job, "1,0", 2, 9);
  job->radius_samples = strdup("4,0-1");
  job->radius_cap = 17;
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
  refuse(job_in(*state), RP_E_USAGE, "asks for nothing");
  rp_job *job = job_in(*state);
  add_line(job, "0-5", 1, 2);
  refuse(job, RP_E_INPUT, "0-5");
  job = job_in(*state);
  add_line(job, "0", 1, 256);
  refuse(job, RP_E_USAGE, "256");
  job = job_in(*state);
  job->radius_samples = strdup("all");
  job->radius_cap = 1000000;
  refuse(job, RP_E_USAGE, "radius cap 1000000");
  job = job_in(*state);
  free(job->dataset_file);
  job->dataset_file = NULL;
  refuse(job, RP_E_USAGE, "no dataset");
  job = job_in(*state);
  strcpy(job->network_file + strlen(job->network_file) - 2, "x");
  refuse(job, RP_E_INPUT, job->network_file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_become_a_sorted_plan),
      cmocka_unit_test(what_cannot_be_run_is_refused),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
