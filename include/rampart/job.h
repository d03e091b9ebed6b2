/* A job: network, dataset, what to decide, budgets, where results go. Read
 * from a YAML file or filled in by the command line; both take the same way
 * afterwards. */
#ifndef RAMPART_JOB_H
#define RAMPART_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "rampart/dataset.h"
#include "rampart/network_file.h"
#include "rampart/options.h"

/** One line of `verify:`: every selected sample at every radius. */
typedef struct rp_job_query {
  char *samples;     /* a selection, see rp_selection_parse */
  int32_t *radii;    /* [n_radii], each 1..255 */
  int32_t n_radii;
} rp_job_query;

typedef struct rp_job {
  char *title;                /* may be NULL */
  char *network_file, *network_format, *network_name;
  int32_t input_bits, bits;   /* qvip networks; 0: not given */
  char *dataset_file, *labels_file, *dataset_format, *x_name, *y_name;
  rp_job_query *query;        /* local robustness at given radii */
  int32_t n_queries;
  char *radius_samples;       /* maximum radius of these samples; or NULL */
  int32_t radius_cap;         /* radii above are not looked at; 1..255 */
  rp_options options;
  char *output;               /* results file; NULL: none wanted */
  char *known;                /* CSV with known answers, or NULL */
  char sha256[65];            /* of the job file; "" if none */
} rp_job;

/** Read a job file. Relative paths in it are taken from the file's folder,
 *  except `output`, which is taken from the current folder.
 *  Errors: RP_E_INPUT with file, line and column. */
rp_status rp_job_read(const char *file, rp_job **job, rp_error *err);

/** An empty job with default options. */
rp_status rp_job_create(rp_job **job, rp_error *err);
void rp_job_free(rp_job *job);

#endif
