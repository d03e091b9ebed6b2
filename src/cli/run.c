/* rampart run: a job file, whole. */
#include "cli/cli.h"

/* What was given on the command line goes before what the file says. */
static rp_status override(const cli_args *args, rp_job *job, rp_error *err) {
  cli_set_options(args, &job->options);
  RP_TRY(cli_job_take(args, CLI_title, &job->title, err));
  RP_TRY(cli_job_take(args, CLI_output, &job->output, err));
  return cli_job_take(args, CLI_known, &job->known, err);
}

static rp_status read_job(const cli_args *args, rp_job **job, rp_error *err) {
  rp_job *made;
  RP_TRY(rp_job_read(args->operand[0], &made, err));
  const rp_status st = override(args, made, err);
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
        "robustness of samples at given radii (verify), the maximum "
        "robustness radius of samples (radius), or both. All ranks compute; "
        "rank 0 reads, deals out the queries, prints and writes.\n\n"
        "Results go to the file named by the job's output, or by --output; "
        "without one they are printed only. Their folder is made if it is "
        "missing; a file that is not a results file is never replaced. Where "
        "the job names known answers, the results "
        "are graded by them at the end.\n\n"
        "A decided answer is kept, whatever limits are given later. Where the "
        "output holds results about the same network and dataset, the run "
        "takes them over and asks only what is open or new; rows that it does "
        "not ask for stay. Results of another network, dataset, engine or "
        "shard are refused and left alone. --fresh starts anew, and keeps "
        "results, proofs and journal under another name.\n\n"
        "Beside the results stands a journal of all answers, OUTPUT.journal, "
        "until the run is complete. A run that was stopped or killed is gone "
        "on with by the same command line, on as many ranks as one likes: at "
        "most what was under way is computed again. What it left unknown for "
        "its limits stays so; --retry or other limits ask it again.\n\n"
        "--shard I/N decides every N-th sample of the job, from the I-th on: N "
        "such runs, at any time on any machine, are put together by rampart "
        "merge. The results' name then ends in .I-of-N.h5, unless --output "
        "names them.\n\n"
        "A job file's keys: title; network (file, format, input_bits, bits, "
        "name); dataset (file, labels, format, x, y, values); verify, a list "
        "of "
        "entries (samples, and radius or radii); radius (samples, cap); "
        "options (the engine options below); evidence; output; known. Paths "
        "may hold ${NAME} and ${NAME:-default} and begin with ~/ (rampart job "
        "shows what they stand for); relative inputs are taken from the job "
        "file's folder, output from the current one. Options given here go "
        "before those in the file.",
    .status = cli_decision_status,
    .examples = "rampart run jobs/quickstart.yaml\n"
                "rampart run jobs/quickstart.yaml -o results/mine.h5 "
                "--time-limit 10\n"
                "mpirun -n 8 rampart run jobs/quickstart.yaml --threads 2",
    .takes = CLI_REPORT_BITS | CLI_BIT(help),
    .decides = true,
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
