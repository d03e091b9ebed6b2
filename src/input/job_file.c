/* The files of jobs: one stream of one document. It is read and, if asked,
 * printed again with all paths absolute, in the same walk (job.c). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/path.h"
#include "files/fileutil.h"
#include "files/sha256.h"
#include "input/job_reader.h"

/* Job files are written by hand; a larger file is something else. */
enum { JOB_FILE_LIMIT = 1 << 20 };

static rp_status expect_event(job_reader *r, yaml_event_type_t type,
                              const char *otherwise) {
  RP_TRY(rp_job_advance(r));
  return r->event.type == type ? RP_OK : rp_job_fail(r, "%s", otherwise);
}

static rp_status read_stream(job_reader *r) {
  const char *const no_job =
      "no job in this file; expected network, dataset, and verify or radius";
  RP_TRY(expect_event(r, YAML_STREAM_START_EVENT, no_job));
  RP_TRY(expect_event(r, YAML_DOCUMENT_START_EVENT, no_job));
  RP_TRY(rp_job_advance(r));
  RP_TRY(rp_job_root.read(r, &rp_job_root));
  RP_TRY(expect_event(r, YAML_DOCUMENT_END_EVENT, "the job has ended here"));
  RP_TRY(expect_event(r, YAML_STREAM_END_EVENT,
                      "a second document begins here; expected one job"));
  return rp_job_print_event(r);
}

static rp_status parse_bytes(job_reader *r, const uint8_t *bytes, size_t size) {
  if (!yaml_parser_initialize(&r->parser)) return rp_job_fail_memory(r);
  yaml_parser_set_input_string(&r->parser, bytes, size);
  const rp_status st = read_stream(r);
  rp_job_drop_event(r);
  yaml_parser_delete(&r->parser);
  if (st == RP_OK) rp_sha256_bytes(bytes, size, r->job->sha256);
  return st;
}

static rp_status read_bytes(const job_reader *r, uint8_t *bytes, size_t *size) {
  FILE *stream;
  RP_TRY(rp_file_open(r->file, &stream, r->err));
  *size = fread(bytes, 1, JOB_FILE_LIMIT + 1, stream);
  const int problem = ferror(stream) ? errno : 0;
  fclose(stream);
  if (problem)
    return rp_fail(r->err, RP_E_INPUT, "%s: %s", r->file, strerror(problem));
  if (*size > JOB_FILE_LIMIT)
    return rp_fail(r->err, RP_E_INPUT, "%s: larger than 1 MiB: not a job file",
                   r->file);
  return RP_OK;
}

static rp_status read_file(const char *file, yaml_emitter_t *copy,
                           const char *output, rp_job **job, rp_error *err) {
  job_reader r = {.file = file, .err = err, .copy = copy, .output = output};
  size_t size;
  uint8_t *const bytes = rp_alloc(JOB_FILE_LIMIT + 1, 1);
  rp_status st = bytes ? RP_OK : rp_job_fail_memory(&r);
  if (st == RP_OK) st = read_bytes(&r, bytes, &size);
  if (st == RP_OK) st = rp_job_create(&r.job, err);
  r.target = r.job;
  if (st == RP_OK) st = parse_bytes(&r, bytes, size);
  free(bytes);
  if (st == RP_OK)
    *job = r.job;
  else
    rp_job_free(r.job);
  return st;
}

rp_status rp_job_read(const char *file, rp_job **job, rp_error *err) {
  return read_file(file, NULL, NULL, job, err);
}

static rp_status print_to(FILE *out, const char *file, const char *output,
                          rp_error *err) {
  yaml_emitter_t emitter;
  rp_job *job = NULL;
  if (!yaml_emitter_initialize(&emitter))
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  yaml_emitter_set_output_file(&emitter, out);
  const rp_status st = read_file(file, &emitter, output, &job, err);
  yaml_emitter_delete(&emitter);
  rp_job_free(job);
  return st;
}

rp_status rp_job_expand(const char *file, const char *output, char **yaml,
                        size_t *size, rp_error *err) {
  char *text = NULL, *whole = NULL;
  FILE *const out = open_memstream(&text, size);
  if (!out) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  rp_status st = output ? rp_path_make_absolute(output, &whole, err) : RP_OK;
  if (st == RP_OK) st = print_to(out, file, whole, err);
  free(whole);
  if (fclose(out) != 0 && st == RP_OK)
    st = rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  if (st == RP_OK)
    *yaml = text;
  else
    free(text);
  return st;
}
