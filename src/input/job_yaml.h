/* Inside a job file: the keys as text, before any number is believed.
 *
 * One schema (job_schema.c) drives two readers. The guard walks libyaml's
 * events beside the schema and refuses whatever does not fit, with line and
 * column; libcyaml then loads the text into struct raw_job. Every scalar is
 * kept as text, so that numbers have one parser and one range check. */
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

/** Check a job file's shape against the schema: one document, known keys, each
 *  once, none missing, mappings and lists where they belong, no aliases.
 *  Nesting and size are bounded by the schema: what does not fit is refused
 *  before its inside is read.
 *  Errors: RP_E_INPUT with file, line and column. */
rp_status rp_job_guard(const job_text *text, rp_error *err);

/** Fail at the value of a key, for example "verify[1].radii[0]"; "" is the
 *  whole job. Returns RP_E_INPUT. Cost: one more walk over the file. */
rp_status rp_job_fail_at(const job_text *text, const char *path,
                         const char *message, rp_error *err);

/** Load a text that has passed the guard. Errors: RP_E_MEMORY, RP_E_INPUT. */
rp_status rp_job_load(const job_text *text, raw_job **raw, rp_error *err);
void rp_job_unload(raw_job *raw); /* NULL is fine */

/** Write keys and values as YAML; malloc'ed, without a zero at its end.
 *  @param file  for messages
 *  Errors: RP_E_MEMORY, RP_E_INTERNAL. */
rp_status rp_job_save(const char *file, const raw_job *raw, char **yaml,
                      size_t *size, rp_error *err);

/** rp_job_read, which also hands over the keys as text. Errors: the same. */
rp_status rp_job_read_raw(const char *file, raw_job **raw, rp_job **job,
                          rp_error *err);

/** Take the values over into a job: ranges, names, paths.
 *  Errors: RP_E_INPUT with file, line and column; RP_E_MEMORY. */
rp_status rp_job_fill(rp_job *job, const raw_job *raw, const job_text *text,
                      rp_error *err);

#endif
