/* The job files that ship with Rampart can be read, and every query of a
 * published experiment has its line among the known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/dataset.h"
#include "input/job.h"
#include "show/show.h"

enum { N_MNIST = 10000 };

static rp_error err;

static rp_job *job_of(const char *name) {
  const char *const source = getenv("RAMPART_SOURCE");
  char path[4096];
  rp_job *job = NULL;
  if (!source) skip();
  snprintf(path, sizeof path, "%s/jobs/%s.yaml", source, name);
  if (rp_job_read(path, &job, &err) != RP_OK) fail_msg("%s", err.text);
  return job;
}

static rp_known *known_of(const rp_job *job) {
  rp_known *known = NULL;
  assert_non_null(job->known);
  if (rp_known_read(job->known, &known, &err) != RP_OK)
    fail_msg("%s", err.text);
  return known;
}

static bool holds(const rp_known *known, int64_t sample, int32_t radius) {
  for (int64_t i = 0; i < known->n_rows; i++)
    if (known->row[i].sample == sample && known->row[i].radius == radius)
      return true;
  return false;
}

/* Every selected sample at this radius is known; returns how many. */
static int64_t all_known(const rp_known *known, const char *samples,
                         int32_t radius) {
  int64_t *index = NULL, count = 0;
  assert_int_equal(rp_selection_parse(samples, N_MNIST, &index, &count, &err),
                   RP_OK);
  for (int64_t i = 0; i < count; i++)
    if (!holds(known, index[i], radius))
      fail_msg("sample %d at radius %d", (int)index[i], (int)radius);
  free(index);
  return count;
}

static void check_queries(const char *name, int64_t expected) {
  rp_job *job = job_of(name);
  rp_known *known = known_of(job);
  int64_t count = 0;
  for (int32_t q = 0; q < job->n_queries; q++)
    for (int32_t r = 0; r < job->query[q].radii.n; r++)
      count += all_known(known, job->query[q].samples,
                         job->query[q].radii.item[r].first);
  assert_int_equal(count, expected);
  assert_int_equal(known->n_rows, expected);
  rp_known_free(known);
  rp_job_free(job);
}

static void check_radii(const char *name) {
  rp_job *job = job_of(name);
  rp_known *known = known_of(job);
  assert_true(known->radii);
  assert_int_equal(all_known(known, job->radius_samples, 0), 100);
  assert_int_equal(known->n_rows, 100);
  rp_known_free(known);
  rp_job_free(job);
}

static void published_queries_are_known(void **state) {
  (void)state;
  check_queries("table2_mnist", 400);
  check_queries("table2_fashion", 300);
  check_queries("table3_P1-4", 600);
}

static void radii_are_known(void **state) {
  (void)state;
  check_radii("figure7_P1-4");
  check_radii("quickstart");
}

static void data_folder_can_be_elsewhere(void **state) {
  (void)state;
  unsetenv("RAMPART_DATA");
  rp_job *job = job_of("table2_mnist");
  assert_non_null(strstr(job->network->file, "jobs/../data/public/qvip/"));
  rp_job_free(job);
  setenv("RAMPART_DATA", "/elsewhere", 1);
  job = job_of("table2_mnist");
  assert_string_equal(job->dataset_file,
                      "/elsewhere/mnist/t10k-images-idx3-ubyte.gz");
  rp_job_free(job);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_queries_are_known),
      cmocka_unit_test(radii_are_known),
      cmocka_unit_test(data_folder_can_be_elsewhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
