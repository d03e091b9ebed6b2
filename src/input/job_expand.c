/* Prints a job that means the same everywhere: reads it, replaces its paths by
 * absolute ones and writes it by the schema that read it. Everything else stays
 * as it is, so no key is forgotten here. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/path.h"
#include "input/job_yaml.h"

/* Replace the text of a path; libcyaml frees the new one like the old one. */
static rp_status replace_path(char **raw, const char *path, rp_error *err) {
  char *whole;
  if (!path) return RP_OK;
  RP_TRY(rp_path_make_absolute(path, &whole, err));
  free(*raw);
  *raw = whole;
  return RP_OK;
}

static rp_status replace_paths(raw_job *raw, const rp_job *job,
                               const char *output, rp_error *err) {
  RP_TRY(replace_path(&raw->network.file, job->network_file, err));
  RP_TRY(replace_path(&raw->dataset.file, job->dataset_file, err));
  RP_TRY(replace_path(&raw->dataset.labels, job->labels_file, err));
  RP_TRY(replace_path(&raw->known, job->known, err));
  return replace_path(&raw->output, output ? output : job->output, err);
}

rp_status rp_job_expand(const char *file, const char *output, char **yaml,
                        size_t *size, rp_error *err) {
  raw_job *raw = NULL;
  rp_job *job = NULL;
  RP_TRY(rp_job_read_raw(file, &raw, &job, err));
  rp_status st = replace_paths(raw, job, output, err);
  if (st == RP_OK) st = rp_job_save(file, raw, yaml, size, err);
  rp_job_free(job);
  rp_job_unload(raw);
  return st;
}
