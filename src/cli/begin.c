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

static rp_status parse_shard(const cli_args *args, rp_job *job, rp_error *err) {
  enum { MOST = 1000000 };
  const char *const text = args->text[CLI_shard];
  if (text && !rp_parse_part(text, MOST, &job->shard, &job->n_shards))
    return rp_fail(err, RP_E_USAGE,
                   "--shard: expected I/N with 1 <= I <= N <= %d, such as 3/8, "
                   "found '%s'",
                   MOST, text);
  return RP_OK;
}

rp_status cli_parse_begin(const cli_args *args, rp_job *job, rp_error *err) {
  RP_TRY(parse_begin(args, job, err));
  return parse_shard(args, job, err);
}

/* x.h5 becomes x.3-of-8.h5, so that the shards of a job can share a folder. A
 * name given by --output is already the name of this shard's file. */
rp_status cli_name_shard(const cli_args *args, rp_job *job, rp_error *err) {
  char part[32];
  if (!args->text[CLI_shard] || args->text[CLI_output]) return RP_OK;
  snprintf(part, sizeof part, "%d-of-%d", job->shard, job->n_shards);
  return rp_job_name_output(job, part, err);
}

/* Several networks have results of their own: x.h5 becomes x.NAME.h5. A name
 * given by --output together with --name is already that of the file. */
static rp_status name_network(const cli_args *args, rp_job *run,
                              rp_error *err) {
  const bool is_named = args->text[CLI_name] && args->text[CLI_output];
  return run->n_networks == 1 || is_named
             ? RP_OK
             : rp_job_name_output(run, run->network->name, err);
}

rp_status cli_choose_network(const cli_args *args, const rp_job *job, int32_t i,
                             rp_job *run, rp_error *err) {
  *run = *job;
  run->network = &job->networks[i];
  /* Answers given by --known go before those that the job names. */
  if (!run->known) run->known = run->network->known;
  if (!job->output) return RP_OK;
  run->output = strdup(job->output);
  if (!run->output) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  rp_status st = name_network(args, run, err);
  if (st == RP_OK) st = cli_name_shard(args, run, err);
  if (st != RP_OK) free(run->output);
  return st;
}

static rp_status refuse_name(const rp_job *job, const char *wanted,
                             rp_error *err) {
  char names[200] = "";
  int32_t i = 0;
  for (size_t used = 0; i < job->n_networks; i++) {
    const char *const name = job->networks[i].name;
    if (used + strlen(name) + 3 > sizeof names) break;
    used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                             i > 0 ? ", " : "", name);
  }
  return rp_fail(err, RP_E_USAGE,
                 "--name: expected the name of one of the job's networks "
                 "(%s%s), found '%.*s'",
                 names, i < job->n_networks ? ", ..." : "",
                 rp_text_fit(wanted, 80), wanted);
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
  return refuse_name(job, wanted, err);
}
