/* Inside the reader of job files, which reads and checks a file, and prints it
 * if asked, in one walk over libyaml's events along a table of keys. */
#ifndef RAMPART_INPUT_JOB_READER_H
#define RAMPART_INPUT_JOB_READER_H

#include <yaml.h>

#include "input/job.h"

typedef struct job_key job_key;

typedef struct job_reader {
  const char *file;
  rp_error *err;
  rp_job *job;
  void *target; /* the job, or the entry of verify that is being read */
  yaml_parser_t parser;
  yaml_event_t event;   /* the present one */
  yaml_mark_t place;    /* of the event, for errors */
  bool lacks_radii;     /* an entry of verify has none, */
  yaml_mark_t without;  /* and where it is */
  yaml_emitter_t *copy; /* prints what is read; NULL: print nothing */
  const char *output;   /* replaces the job's own output in the copy; or NULL */
  char *whole_path;     /* replaces the event's text in the copy; or NULL */
} job_reader;

/** Read the value of a key, from the present event to the end of the value.
 *  Errors, here and below: RP_E_INPUT with file, line and column; RP_E_MEMORY.
 */
typedef rp_status job_read(job_reader *r, const job_key *key);

/** Check the text of a single value and put it into the target. */
typedef rp_status job_take(job_reader *r, const job_key *key, const char *text);

/** A row of the table of keys. */
struct job_key {
  const char *name; /* NULL ends a table */
  job_read *read;
  job_take *take;          /* of a single value */
  const job_key *keys;     /* of a mapping; of a list: the row of its entries */
  size_t offset;           /* of the value's member in the target */
  const char *words;       /* to choose from, separated by bars */
  int32_t least, greatest; /* of a whole number */
  bool is_required;
};

job_take rp_job_take_text, rp_job_take_word, rp_job_take_whole;
job_take rp_job_take_samples, rp_job_take_radii, rp_job_take_one_radius,
    rp_job_take_values;
job_take rp_job_take_property, rp_job_take_target, rp_job_take_targets,
    rp_job_take_top;
job_take rp_job_take_option, rp_job_take_input, rp_job_take_output;

/** The job itself: its keys are those of the whole table. */
extern const job_key rp_job_root;

/** Print the present event, if the job is printed, and get the next one. */
rp_status rp_job_advance(job_reader *r);
rp_status rp_job_print_event(job_reader *r);
/** Free the present event. */
void rp_job_drop_event(job_reader *r);

/** Make room in an array for one more element behind the first n. Returns it,
 *  perhaps moved, or NULL without memory: it then stays as it is. */
void *rp_job_grow(void *array, int32_t n, size_t size);

/** Fail with RP_E_INPUT at the present place; with RP_E_MEMORY. */
__attribute__((format(printf, 2, 3))) rp_status
rp_job_fail(const job_reader *r, const char *format, ...);
rp_status rp_job_fail_memory(const job_reader *r);

#endif
