/* Creates jobs, reads them from files and frees them. */
#include "input/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/ranges.h"
#include "files/fileutil.h"
#include "files/sha256.h"
#include "input/job_yaml.h"

/* Job files are written by hand; a larger file is something else. */
enum { JOB_FILE_LIMIT = 1 << 20 };

rp_status rp_job_create(rp_job **job, rp_error *err) {
  rp_job *const made = rp_alloc(1, sizeof *made);
  if (!made) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  rp_options_default(&made->options);
  *job = made;
  return RP_OK;
}

void rp_job_free(rp_job *job) {
  if (!job) return;
  free(job->title);
  free(job->network_file);
  free(job->network_format);
  free(job->network_name);
  free(job->dataset_file);
  free(job->labels_file);
  free(job->dataset_format);
  free(job->x_name);
  free(job->y_name);
  for (int32_t i = 0; job->query && i < job->n_queries; i++) {
    free(job->query[i].samples);
    free(job->query[i].radii);
  }
  free(job->query);
  free(job->radius_samples);
  free(job->output);
  free(job->known);
  free(job);
}

bool rp_selection_is_well_formed(const char *text) {
  if (!strcmp(text, "all")) return true;
  for (;; text++) {
    int64_t first, last;
    text = rp_range_read(text, &first, &last);
    if (!text || last < first) return false;
    if (!*text) return true;
  }
}

static rp_status read_bytes(FILE *stream, job_text *text, rp_error *err) {
  text->bytes = rp_alloc(JOB_FILE_LIMIT + 1, 1);
  if (!text->bytes)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", text->file);
  text->size = fread(text->bytes, 1, JOB_FILE_LIMIT + 1, stream);
  if (ferror(stream))
    return rp_fail(err, RP_E_INPUT, "%s: %s", text->file, strerror(errno));
  if (text->size > JOB_FILE_LIMIT)
    return rp_fail(err, RP_E_INPUT, "%s: larger than 1 MiB: not a job file",
                   text->file);
  return RP_OK;
}

static rp_status open_and_read(job_text *text, rp_error *err) {
  FILE *stream;
  RP_TRY(rp_file_open(text->file, &stream, err));
  const rp_status st = read_bytes(stream, text, err);
  fclose(stream);
  return st;
}

rp_status rp_job_read_raw(const char *file, raw_job **raw, rp_job **job,
                          rp_error *err) {
  job_text text = {.file = file};
  raw_job *loaded = NULL;
  rp_job *made = NULL;
  rp_status st;
  RP_TRY_OR(st, done, open_and_read(&text, err));
  RP_TRY_OR(st, done, rp_job_guard(&text, err));
  RP_TRY_OR(st, done, rp_job_load(&text, &loaded, err));
  RP_TRY_OR(st, done, rp_job_create(&made, err));
  RP_TRY_OR(st, done, rp_job_fill(made, loaded, &text, err));
  rp_sha256_bytes(text.bytes, text.size, made->sha256);
  *job = made;
  *raw = loaded;
  made = NULL;
  loaded = NULL;
done:
  rp_job_free(made);
  rp_job_unload(loaded);
  free(text.bytes);
  return st;
}

rp_status rp_job_read(const char *file, rp_job **job, rp_error *err) {
  raw_job *raw;
  RP_TRY(rp_job_read_raw(file, &raw, job, err));
  rp_job_unload(raw);
  return RP_OK;
}
