/* rampart job: prints a job file with its variables and paths expanded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/text.h"

/* A script gets the exact bytes; a terminal gets them made printable. */
static void print_value(const char *value) {
  if (!value) return;
  printf("%s\n", isatty(STDOUT_FILENO) ? rp_printable(value).text : value);
}

static rp_status print_key(const rp_job *job, const char *key, rp_error *err) {
  const struct {
    const char *key, *value;
  } values[] = {
      {"name", job->network->name},    {"title", job->title},
      {"network", job->network->file}, {"dataset", job->dataset_file},
      {"labels", job->labels_file},    {"known", job->known},
      {"output", job->output},         {"instances", job->instances},
  };
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    if (!strcmp(values[i].key, key)) {
      print_value(values[i].value);
      return RP_OK;
    }
  return rp_fail(
      err, RP_E_USAGE,
      "--get: expected title, name, network, dataset, labels, known, output or "
      "instances, found '%.*s'",
      rp_text_fit(key, 80), key);
}

static rp_status print_job(const char *file, const rp_job *job, rp_error *err) {
  char *yaml;
  size_t size;
  RP_TRY(rp_job_expand(file, job->output, &yaml, &size, err));
  fwrite(yaml, 1, size, stdout); /* ASCII: libyaml escapes everything else */
  free(yaml);
  return RP_OK;
}

static rp_status read_job(const cli_args *args, rp_job **job, rp_error *err) {
  rp_job *made;
  RP_TRY(rp_job_read(args->operand[0], &made, err));
  rp_status st = cli_override_text(args, CLI_output, &made->output, err);
  if (st == RP_OK) st = cli_parse_begin(args, made, err);
  if (st == RP_OK)
    *job = made;
  else
    rp_job_free(made);
  return st;
}

/* Print a value: of each network, where networks differ in it. */
static rp_status print_values(const cli_args *args, const rp_job *job,
                              const char *key, rp_error *err) {
  const bool differs = !strcmp(key, "network") || !strcmp(key, "output") ||
                       !strcmp(key, "name") || !strcmp(key, "known");
  int32_t first, end;
  RP_TRY(cli_select_networks(args, job, &first, &end, err));
  for (int32_t i = first; i < (differs ? end : first + 1); i++) {
    rp_job run;
    RP_TRY(cli_choose_network(args, job, i, &run, err));
    const rp_status st = print_key(&run, key, err);
    free(run.output);
    RP_TRY(st);
  }
  return RP_OK;
}

static rp_status print_whole(const cli_args *args, rp_job *job, rp_error *err) {
  if (args->text[CLI_name])
    return rp_fail(err, RP_E_USAGE,
                   "--name: expected together with --get: a job is printed "
                   "with all its networks");
  RP_TRY(cli_name_shard(args, job, err));
  return print_job(args->operand[0], job, err);
}

static int run(const cli_args *args) {
  const char *const key = args->text[CLI_get];
  rp_error err = {""};
  rp_job *job = NULL;
  rp_status st = read_job(args, &job, &err);
  if (st == RP_OK)
    st =
        key ? print_values(args, job, key, &err) : print_whole(args, job, &err);
  rp_job_free(job);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_job = {
    .name = "job",
    .summary = "check a job file, and print it with all its paths written out",
    .synopsis = "rampart job [OPTION]... JOB",
    .description =
        "Reads a job file as rampart run does and prints it as YAML: variables "
        "(${NAME:-default}) and ~ are replaced by their present values, and "
        "every path is absolute. The printed job decides the same from any "
        "folder and under any environment; slurm/submit.sh submits it in place "
        "of the file itself. The network and the dataset are not read.\n\nWith "
        "--get only one value is printed, as a line: title, name (of the "
        "network), network, dataset, "
        "labels, known, output or instances (paths of the files). Nothing is "
        "printed for "
        "a value that the job does not give; a job about several networks "
        "prints "
        "name, network and output once for each.\n\nWith --output or --shard, "
        "the "
        "job's output is named as rampart run with the same option would name "
        "it.",
    .status = cli_plain_status,
    .examples = "rampart job jobs/quickstart.yaml\n"
                "rampart job --get output jobs/quickstart.yaml\n"
                "rampart job jobs/table2_mnist.yaml >table2_here.yaml",
    .takes = CLI_BIT(get) | CLI_BIT(name) | CLI_BIT(output) | CLI_BIT(shard) |
             CLI_BIT(help),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
