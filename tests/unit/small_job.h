/* A job with a network of two inputs and two classes, and five samples. */
#ifndef RAMPART_TESTS_SMALL_JOB_H
#define RAMPART_TESTS_SMALL_JOB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/setup.h"
#include "small_net.h"
#include "temp_folder.h"

static inline void write_small_network(const char *file) {
  rp_net *const net = make_small_net(255, 2);
  assert_int_equal(rp_network_write(net, file, NULL), RP_OK);
  rp_net_free(net);
}

/** A job without questions and output. */
static inline rp_job *make_small_job(temp_folder *folder) {
  rp_job *job;
  static const char samples[] = "0,1,2\n1,3,4\n0,5,6\n1,7,8\n0,9,9\n";
  assert_int_equal(rp_job_create(&job, NULL), RP_OK);
  job->network->file = temp_file_kept(folder, "net.h5");
  job->dataset_file = temp_file_kept(folder, "data.csv");
  write_small_network(job->network->file);
  bytes_put(job->dataset_file, samples, strlen(samples));
  return job;
}

/** Ask for samples at two radii. */
static inline void add_line(rp_job *job, const char *samples, int32_t a,
                            int32_t b) {
  const size_t n = (size_t)job->n_queries;
  job->query = realloc(job->query, (n + 1) * sizeof *job->query);
  job->query[n] =
      (rp_job_query){.samples = strdup(samples),
                     .radii = {.n = 2, .item = {{a, a, 0}, {b, b, 0}}}};
  job->n_queries++;
}

#endif
