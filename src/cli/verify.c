/* rampart verify: decides samples at given radii, without a job file. */
#include "cli/cli.h"
#include "core/memory.h"

static rp_status add_query(const cli_args *args, rp_job *job, rp_error *err) {
  job->query = rp_alloc(1, sizeof *job->query);
  if (!job->query) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  job->n_queries = 1;
  cli_note_place(CLI_samples, &job->query->samples_at);
  cli_note_place(CLI_radius, &job->query->radii_at);
  RP_TRY(cli_parse_samples(args, &job->query->samples, err));
  if (args->text[CLI_radius])
    return cli_parse_radii(args, 1, &job->query->radii, err);
  if (job->box || job->patch) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "missing option --radius; see 'rampart verify --help'");
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
        "Decides for every sample and radius r: is there an integer input "
        "within distance r of the sample (in the norm --norm, inside the input "
        "range) "
        "that the network does not predict as the sample's label? Robust: "
        "there is none, proved in exact integers. Violated: one was found and "
        "replayed. Unknown: a limit was reached first; the reason is given. A "
        "sample that the network itself predicts wrongly is misclassified, and "
        "no query is asked about it.\n\nWith --property, --target or --top-k, "
        "a "
        "counterexample is an input whose outputs y0, y1, ... (whole numbers) "
        "break that property, whatever its class; misclassified is then a "
        "sample that breaks it itself or, with --target, that is not "
        "classified as its label. --target all asks about every class but the "
        "label by itself: a row for each.\n\nWith --box, inputs are within the "
        "radius and in a "
        "box; without --radius, anywhere in it (jobs/README.md has the file's "
        "formats). With --patch K, inputs change in a square of K x K pixels "
        "alone: a row for each of its places.\n\nNothing is saved without "
        "--output.",
    .status = cli_decision_status,
    .examples =
        "rampart verify --network data/digits_net.h5 --dataset data/digits.h5 "
        "\\\n    --samples 0-9 --radius 1-4\n"
        "rampart verify --network P1-6.h5 --input-bits 8 --bits 6 \\\n"
        "    --dataset t10k-images.gz --labels t10k-labels.gz \\\n"
        "    --samples 0-99 --radius 1 --time-limit 60 -o table2.h5",
    .takes = CLI_NETWORK_BITS | CLI_DATASET_BITS | CLI_REPORT_BITS |
             CLI_PROPERTY_BITS | CLI_BIT(radius) | CLI_BIT(help),
    .requires = CLI_BIT(network) | CLI_BIT(dataset),
    .decides = true,
    .run = run,
};
