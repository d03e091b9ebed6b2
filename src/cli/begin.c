/* The options that select a shard of the job and say whether a run starts
 * anew or continues. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

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
  char part[32];
  snprintf(part, sizeof part, "%d-of-%d", job->shard, job->n_shards);
  return rp_job_name_output(job, part, err);
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
  return args->text[CLI_output] ? RP_OK : name_shard(job, err);
}

/* Several networks have results of their own: x.h5 becomes x.NAME.h5. A name
 * given by --output together with --name is already that of the file. Answers
 * given by --known go before those that the job names. */
rp_status cli_choose_network(const cli_args *args, rp_job *job, int32_t i,
                             rp_error *err) {
  job->network = &job->networks[i];
  if (!job->known) {
    job->known = job->network->known;
    job->network->known = NULL;
  }
  if (job->n_networks == 1 || (args->text[CLI_name] && args->text[CLI_output]))
    return RP_OK;
  return rp_job_name_output(job, job->network->name, err);
}

rp_status cli_select_networks(const cli_args *args, const rp_job *job,
                              int32_t *first, int32_t *end, rp_error *err) {
  const char *const wanted = args->text[CLI_name];
  *first = 0;
  *end = job->n_networks;
  if (!wanted || job->n_networks == 1) return RP_OK;
  for (int32_t i = 0; i < job->n_networks; i++) {
    if (strcmp(job->networks[i].name, wanted) != 0) continue;
    *first = i;
    *end = i + 1;
    return RP_OK;
  }
  return rp_fail(err, RP_E_USAGE,
                 "--name: expected the name of one of the job's networks, "
                 "found '%.*s'",
                 rp_text_fit(wanted, 80), wanted);
}

rp_status cli_parse_begin(const cli_args *args, rp_job *job, rp_error *err) {
  RP_TRY(parse_begin(args, job, err));
  return parse_shard(args, job, err);
}
