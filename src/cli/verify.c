/* rampart verify: samples at given radii, from options alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "rampart/memory.h"

static bool take_radius(const char **text, int32_t *radius) {
  char *end;
  if (**text < '0' || **text > '9') return false;
  errno = 0;
  const long value = strtol(*text, &end, 10);
  if (errno || value < 1 || value > RP_JOB_RADIUS_MAX) return false;
  *text = end;
  *radius = (int32_t)value;
  return true;
}

/* "2", "1,2,4", "1-4" and mixtures, marked in wanted[1..255]. */
static bool mark_radii(const char *text, bool wanted[RP_JOB_RADIUS_MAX + 1]) {
  for (;;) {
    int32_t first, last;
    if (!take_radius(&text, &first)) return false;
    last = first;
    if (*text == '-' && (text++, !take_radius(&text, &last))) return false;
    if (last < first) return false;
    for (int32_t r = first; r <= last; r++) wanted[r] = true;
    if (!*text) return true;
    if (*text++ != ',') return false;
  }
}

static rp_status fill_radii(const char *text, rp_job_query *query,
                            rp_error *err) {
  bool wanted[RP_JOB_RADIUS_MAX + 1] = {false};
  if (!mark_radii(text, wanted))
    return rp_fail(err, RP_E_USAGE,
                   "--radius: expected radii from 1 to 255 such as 2 or 1,2,4 "
                   "or 1-4, found '%s'",
                   text);
  query->radii = rp_alloc(RP_JOB_RADIUS_MAX, sizeof *query->radii);
  if (!query->radii) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  for (int32_t r = 1; r <= RP_JOB_RADIUS_MAX; r++)
    if (wanted[r]) query->radii[query->n_radii++] = r;
  return RP_OK;
}

static rp_status add_query(const cli_args *args, rp_job *job, rp_error *err) {
  job->query = rp_alloc(1, sizeof *job->query);
  if (!job->query) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  job->n_queries = 1;
  RP_TRY(cli_job_samples(args, &job->query->samples, err));
  return fill_radii(args->text[CLI_radius], job->query, err);
}

static rp_status make_job(const cli_args *args, rp_job **job, rp_error *err) {
  return cli_job_create(args, add_query, job, err);
}

static int run(const cli_args *args) {
  return cli_run_job(args, make_job);
}

const cli_command cli_verify = {
    .name = "verify",
    .summary = "decide robustness of samples at given radii",
    .synopsis = "rampart verify --network FILE --dataset FILE --radius LIST "
                "[OPTION]...\n"
                "mpirun -n RANKS rampart verify --network FILE --dataset FILE\n"
                "    --radius LIST [OPTION]...",
    .description =
        "For every sample and radius r: is there an integer input within "
        "distance r of the sample (L-infinity, inside the input range) that "
        "the network does not predict as the sample's label? Robust: there is "
        "none, proved in exact integers. Violated: one was found and "
        "replayed. Unknown: the budget ended first; the reason is given. "
        "A sample that is itself predicted wrongly is misclassified and not "
        "asked.\n\n"
        "Nothing is saved without --output.",
    .status = cli_decision_status,
    .examples =
        "rampart verify --network data/digits_net.h5 --dataset data/digits.h5 "
        "\\\n    --samples 0-9 --radius 1-4\n"
        "rampart verify --network P1-6.h5 --input-bits 8 --bits 6 \\\n"
        "    --dataset t10k-images.gz --labels t10k-labels.gz \\\n"
        "    --samples 0-99 --radius 1 --time-limit 60 -o table2.h5",
    .takes = CLI_NETWORK_BITS | CLI_DATASET_BITS | CLI_REPORT_BITS |
             CLI_BIT(radius) | CLI_BIT(help),
    .requires = CLI_BIT(network) | CLI_BIT(dataset) | CLI_BIT(radius),
    .decides = true,
    .run = run,
};
