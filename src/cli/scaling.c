/* rampart scaling: compares runs of one job on different numbers of ranks. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "files/file.h"
#include "report/scaling.h"

typedef void writer(FILE *out, const rp_scaling *scaling);

/* Write to memory first, so that a file is written whole or not at all. */
static rp_status write_file(const char *file, writer *write,
                            const rp_scaling *scaling, rp_error *err) {
  if (!file) return RP_OK;
  char *text = NULL;
  size_t size = 0;
  FILE *const memory = open_memstream(&text, &size);
  if (memory) write(memory, scaling);
  rp_status st = memory && fclose(memory) == 0 && size > 0
                     ? RP_OK
                     : rp_fail(err, RP_E_MEMORY, "scaling: out of memory");
  if (st == RP_OK) st = rp_file_replace(file, text, size, err);
  free(text);
  return st;
}

static rp_status check_outputs(const cli_args *args, rp_error *err) {
  const bool force = args->text[CLI_force] != NULL;
  if (args->text[CLI_output])
    RP_TRY(cli_check_new_file(args->text[CLI_output], force, err));
  if (args->text[CLI_plot])
    RP_TRY(cli_check_new_file(args->text[CLI_plot], force, err));
  return RP_OK;
}

static rp_status compare(const cli_args *args, rp_results **results,
                         rp_error *err) {
  rp_scaling s = {.run = NULL};
  const bool weak = args->text[CLI_weak] != NULL;
  const int n = args->n_operands;
  for (int i = 0; i < n; i++)
    RP_TRY(rp_results_read(args->operand[i], &results[i], err));
  RP_TRY(rp_scaling_compare((const rp_results *const *)results,
                            (const char *const *)args->operand, n, weak, &s,
                            err));
  if (args->text[CLI_csv])
    rp_scaling_csv(stdout, &s);
  else
    rp_scaling_print(stdout, &s);
  rp_status st = write_file(args->text[CLI_output], rp_scaling_csv, &s, err);
  if (st == RP_OK)
    st = write_file(args->text[CLI_plot], rp_scaling_plot, &s, err);
  rp_scaling_free(&s);
  return st;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  const size_t n = (size_t)args->n_operands;
  rp_results **const results = rp_alloc(n, sizeof *results);
  rp_status st = results ? check_outputs(args, &err)
                         : rp_fail(&err, RP_E_MEMORY, "scaling: out of memory");
  if (st == RP_OK) st = compare(args, results, &err);
  for (size_t i = 0; results && i < n; i++) rp_results_free(results[i]);
  free(results);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_scaling = {
    .name = "scaling",
    .summary = "compare runs of one job on different numbers of ranks",
    .synopsis = "rampart scaling RESULTS... [OPTION]...",
    .description =
        "Prints for each number of ranks the wall time, speed-up and "
        "efficiency against the run on the fewest ranks, the fraction of the "
        "ranks' time spent idle, messages and their megabytes, and the CPU "
        "seconds that rank 0 spent serving messages. Of several runs on the "
        "same number of ranks the median counts (of two, the faster one). If "
        "there is no run on one rank, the speed-up of the run on the fewest "
        "ranks is taken to be their number.\n\nThe runs must have the same "
        "network, dataset, samples and radii, and the same number of threads "
        "per rank. With --weak the samples grow with the ranks, and the time "
        "should stay the same. slurm/scaling.sh makes such runs.",
    .status = cli_plain_status,
    .examples =
        "rampart scaling sweep/ranks-*.h5\n"
        "rampart scaling sweep/ranks-*.h5 -o sweep.csv --plot sweep.svg",
    .takes = CLI_BIT(weak) | CLI_BIT(csv) | CLI_BIT(output) | CLI_BIT(plot) |
             CLI_BIT(force) | CLI_BIT(help),
    .least_operands = 1,
    .most_operands = 1024,
    .run = run,
};
