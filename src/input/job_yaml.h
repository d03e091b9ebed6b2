/* The content of a job file as texts, before its values are checked.
 *
 * One schema (job_schema.c) drives two readers: the guard checks libyaml's
 * events against the schema and reports errors with line and column; then
 * libcyaml loads the text into struct raw_job. All scalars are kept as text, so
 * that numbers have one parser and one range check. */
#ifndef RAMPART_INPUT_JOB_YAML_H
#define RAMPART_INPUT_JOB_YAML_H

#include <cyaml/cyaml.h>
#include <stddef.h>
#include <stdint.h>

#include "input/job.h"

enum { JOB_PATH_SIZE = 96 };

/** The bytes of a job file, and its name for messages (borrowed). */
typedef struct job_text {
  const char *file;
  uint8_t *bytes;
  size_t size;
} job_text;

typedef struct raw_network {
  char *file, *format, *input_bits, *bits, *name;
} raw_network;

typedef struct raw_dataset {
  char *file, *labels, *format, *x, *y, *values;
} raw_dataset;

typedef struct raw_query {
  char *samples, *radius;
  char **radii;
  uint32_t radii_count;
} raw_query;

typedef struct raw_radius {
  char *samples, *cap;
} raw_radius;

typedef struct raw_options {
  char *engine;
#define RAW_OPTION(type, name, def, least, greatest, unit, help) char *name;
  RP_OPTION_TABLE(RAW_OPTION)
#undef RAW_OPTION
} raw_options;

typedef struct raw_job {
  char *title, *evidence, *output, *known;
  raw_network network;
  raw_dataset dataset;
  raw_query *verify;
  uint32_t verify_count;
  raw_radius *radius; /* NULL: not given */
  raw_options options;
} raw_job;

extern const cyaml_schema_value_t rp_job_schema;

/** Check the structure of a job file against the schema: one document, every
 * key known and given once, none missing, mappings and lists in their places,
 * no aliases. The schema bounds nesting and size. Errors: RP_E_INPUT with file,
 * line and column. */
rp_status rp_job_guard(const job_text *text, rp_error *err);

/** Fail with the place of a value, for example "verify[1].radii[0]"; "" is the
 *  whole job. Returns RP_E_INPUT. Cost: another walk over the file. */
rp_status rp_job_fail_at(const job_text *text, const char *path,
                         const char *message, rp_error *err);

/** Load a text that the guard has accepted. Errors: RP_E_MEMORY, RP_E_INPUT. */
rp_status rp_job_load(const job_text *text, raw_job **raw, rp_error *err);
void rp_job_unload(raw_job *raw); /* NULL is fine */

/** Print keys and values as YAML, malloc'ed, without a zero at the end.
 *  @param file  for messages
 *  Errors: RP_E_MEMORY, RP_E_INTERNAL. */
rp_status rp_job_save(const char *file, const raw_job *raw, char **yaml,
                      size_t *size, rp_error *err);

/** As rp_job_read, and also return the raw texts. Errors: the same. */
rp_status rp_job_read_raw(const char *file, raw_job **raw, rp_job **job,
                          rp_error *err);

/** Fill a job with the checked values of a job file.
 *  Errors: RP_E_INPUT with file, line and column; RP_E_MEMORY. */
rp_status rp_job_fill(rp_job *job, const raw_job *raw, const job_text *text,
                      rp_error *err);

#endif
