/* rampart radius: finds maximum robustness radii, without a job file. */
#include "cli/cli.h"
#include "core/text.h"

static rp_status add_search(const cli_args *args, rp_job *job, rp_error *err) {
  const char *const cap = args->text[CLI_cap];
  cli_note_place(CLI_samples, &job->search_at);
  cli_note_place(CLI_cap, &job->cap_at);
  if (cap && !(rp_radii_parse(cap, 1, &job->radius_cap) &&
               rp_radii_is_one(&job->radius_cap)))
    return rp_fail(err, RP_E_USAGE, "--cap: expected %s, found '%.*s'",
                   RP_RADII_ONE_FORM, rp_text_fit(cap, 80), cap);
  return cli_parse_samples(args, &job->radius_samples, err);
}

static rp_status make_job(const cli_args *args, rp_job **job, rp_error *err) {
  return cli_job_create(args, add_search, job, err);
}

static int run(const cli_args *args) {
  return cli_run_job(args, make_job);
}

const cli_command cli_radius = {
    .name = "radius",
    .summary = "find the maximum robustness radius of samples",
    .synopsis = "rampart radius --network FILE --dataset FILE [OPTION]...\n"
                "mpirun -n RANKS rampart radius --network FILE --dataset FILE "
                "[OPTION]...",
    .description =
        "Finds for every sample the greatest radius r at which it is robust, "
        "as an interval lo..hi: there is a proof at lo and a counterexample at "
        "hi + 1. The interval is closed (lo = hi) unless a limit ended the "
        "search first; it is still valid then, only wider. 0 means that radius "
        "1 is already violated, -1 that the sample is misclassified. With "
        "--cap, a sample that is robust at the cap is closed "
        "there.\n\n--time-limit and --cpu-limit apply to one radius, "
        "--sample-limit to the whole search for one sample: all its radii "
        "together, on whatever ranks, take no more CPU time than "
        "that.\n\nWith --property, --target or --top-k, the "
        "radius is that up to which the property holds (see rampart "
        "verify).\n\nNothing is saved without --output.",
    .status = cli_decision_status,
    .examples =
        "rampart radius --network data/digits_net.h5 --dataset data/digits.h5 "
        "\\\n    --samples 0-9\n"
        "mpirun -n 4 rampart radius --network data/digits_net.h5 \\\n"
        "    --dataset data/digits.h5 --cap 32 --sample-limit 30 -o radii.h5",
    .takes = CLI_NETWORK_BITS | CLI_DATASET_BITS | CLI_REPORT_BITS |
             CLI_PROPERTY_BITS | CLI_BIT(cap) | CLI_BIT(help),
    .requires = CLI_BIT(network) | CLI_BIT(dataset),
    .decides = true,
    .run = run,
};
