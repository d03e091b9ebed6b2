/* rampart run: decides everything that a job file asks for. */
#include "cli/cli.h"

/* The command line overrides the job file. */
static rp_status apply_overrides(const cli_args *args, rp_job *job,
                                 rp_error *err) {
  cli_set_options(args, &job->options);
  if (job->n_networks == 1)
    RP_TRY(cli_override_text(args, CLI_name, &job->network->name, err));
  RP_TRY(cli_override_text(args, CLI_title, &job->title, err));
  RP_TRY(cli_override_text(args, CLI_output, &job->output, err));
  if (args->text[CLI_known] && job->n_networks > 1 && !args->text[CLI_name])
    return rp_fail(err, RP_E_USAGE,
                   "--known: the answers are about one of the job's networks; "
                   "expected --name beside it");
  return cli_override_text(args, CLI_known, &job->known, err);
}

static rp_status read_job(const cli_args *args, rp_job **job, rp_error *err) {
  rp_job *made;
  RP_TRY(rp_job_read(args->operand[0], &made, err));
  const rp_status st = apply_overrides(args, made, err);
  if (st == RP_OK)
    *job = made;
  else
    rp_job_free(made);
  return st;
}

static int run(const cli_args *args) {
  return cli_run_job(args, read_job);
}

const cli_command cli_run = {
    .name = "run",
    .summary = "decide everything a job file asks for",
    .synopsis = "rampart run [OPTION]... JOB\n"
                "mpirun -n RANKS rampart run [OPTION]... JOB",
    .description =
        "Reads a job file (YAML) and decides what it asks for: local "
        "robustness of samples at given radii (verify), the maximum robustness "
        "radius of samples (radius), or both. All ranks compute; rank 0 also "
        "reads, deals out the queries, prints and writes.\n\nResults go to the "
        "file named by the job's output or by --output; without one they are "
        "only printed. The file's folder is created if it is missing; a file "
        "that is not a results file is never replaced. If the job names known "
        "answers, the results are graded against them at the end.\n\nA decided "
        "answer is kept, whatever limits are given later. If the output holds "
        "results about the same network and dataset, the run takes them over "
        "and asks only what is open or new; other rows stay in the file. "
        "Results of another network, dataset, engine or shard are refused and "
        "left unchanged. --fresh starts anew and keeps the older results, "
        "proofs and journal under another name.\n\nUntil the run is complete, "
        "all answers are kept in a journal beside the results, OUTPUT.journal. "
        "A run that was stopped or killed continues when the same command line "
        "is given again, on any number of ranks. Queries that were running "
        "go on where a signal stopped them; those that were killed begin "
        "again. Queries that reached a limit stay "
        "unknown; --retry or other limits ask them again.\n\n--shard I/N "
        "decides every N-th sample of the job, starting with the I-th. N such "
        "runs, at any time on any machine, are joined by rampart merge. The "
        "name of the results then ends in .I-of-N.h5, unless --output is "
        "given.\n\nA job about several networks is a run for each of them, one "
        "after the other, with results of its own: OUTPUT.NAME.h5. --name asks "
        "about one of them only.\n\nA job file's keys: title; network (file, "
        "format, profile, input_bits, bits, name), or networks, a list of "
        "such entries with names and what is known about each; dataset (file, "
        "labels, format, "
        "layout, x, y, values, classes); verify, a list of entries (samples, "
        "and radius "
        "or radii); "
        "radius (samples, cap); property, target, targets (all) or top_k, as "
        "the options of "
        "rampart verify; options (the engine options below); evidence; "
        "norm; "
        "output; known; box (a file) or patch, as the options of rampart "
        "verify; "
        "or only "
        "instances (a list of VNN-COMP), output (a folder), profile, "
        "values and options. Paths "
        "may contain ${NAME} and ${NAME:-default} and "
        "begin with ~/ (rampart job shows their values); relative inputs are "
        "relative to the job file's folder, the output to the current one. "
        "Options given here override those in the file.",
    .status = cli_decision_status,
    .examples = "rampart run jobs/quickstart.yaml\n"
                "rampart run jobs/quickstart.yaml -o results/mine.h5 "
                "--time-limit 10\n"
                "mpirun -n 8 rampart run jobs/quickstart.yaml --threads 2",
    .takes = CLI_REPORT_BITS | CLI_BIT(name) | CLI_BIT(help),
    .decides = true,
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
