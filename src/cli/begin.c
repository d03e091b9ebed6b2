/* The options that select a shard of the job and say whether a run starts
 * anew or continues. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/number.h"

static rp_status parse_begin(const cli_args *args, rp_job *job, rp_error *err) {
  if (args->text[CLI_fresh] &&
      (args->text[CLI_resume] || args->text[CLI_retry]))
    return rp_fail(
        err, RP_E_USAGE,
        "--fresh starts anew: it cannot be combined with --resume or --retry");
  job->begin = args->text[CLI_fresh]    ? RP_BEGIN_FRESH
               : args->text[CLI_resume] ? RP_BEGIN_RESUME
                                        : RP_BEGIN_AUTO;
  job->retry = args->text[CLI_retry];
  return RP_OK;
}

/* x.h5 becomes x.3-of-8.h5, so that the shards of a job can share a folder. */
static rp_status name_shard(rp_job *job, rp_error *err) {
  const char *const old = job->output;
  const size_t length = strlen(old), size = length + 48;
  const size_t stem =
      length > 3 && !strcmp(old + length - 3, ".h5") ? length - 3 : length;
  char *const name = rp_alloc(size, 1);
  if (!name) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  snprintf(name, size, "%.*s.%d-of-%d%s", (int)stem, old, job->shard,
           job->n_shards, old + stem);
  free(job->output);
  job->output = name;
  return RP_OK;
}

static rp_status parse_shard(const cli_args *args, rp_job *job, rp_error *err) {
  enum { MOST = 1000000 };
  const char *const text = args->text[CLI_shard];
  if (!text) return RP_OK;
  if (!rp_parse_part(text, MOST, &job->shard, &job->n_shards))
    return rp_fail(err, RP_E_USAGE,
                   "--shard: expected I/N with 1 <= I <= N <= %d, such as 3/8, "
                   "found '%s'",
                   MOST, text);
  /* A name given by --output is already the name of this shard's file. */
  return job->output && !args->text[CLI_output] ? name_shard(job, err) : RP_OK;
}

rp_status cli_parse_begin(const cli_args *args, rp_job *job, rp_error *err) {
  RP_TRY(parse_begin(args, job, err));
  return parse_shard(args, job, err);
}
