/* rampart diff: compares two results files sample by sample. */
#include <stdio.h>

#include "cli/cli.h"
#include "show/diff.h"

static rp_status compare(const cli_args *args, rp_results *side[2], int *status,
                         rp_error *err) {
  const char *const name[2] = {args->operand[0], args->operand[1]};
  rp_diff *diff;
  int64_t limit;
  RP_TRY(cli_parse_rows(args, &limit, err));
  for (int i = 0; i < 2; i++) RP_TRY(rp_results_read(name[i], &side[i], err));
  RP_TRY(rp_diff_results(side[0], side[1], &diff, err));
  if (args->text[CLI_csv])
    rp_diff_csv(stdout, diff);
  else
    rp_diff_print(stdout, diff, name, limit);
  if (diff->n_contradictions) {
    fflush(stdout);
    fprintf(stderr,
            "rampart: CONTRADICTION: both files are about the same network and "
            "samples, but cannot both be right: %lld sample%s\n",
            (long long)diff->n_contradictions,
            diff->n_contradictions == 1 ? "" : "s");
    *status = CLI_FAILED;
  }
  rp_diff_free(diff);
  return RP_OK;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  rp_results *side[2] = {NULL, NULL};
  int status = CLI_OK;
  const rp_status st = compare(args, side, &status, &err);
  for (int i = 0; i < 2; i++) rp_results_free(side[i]);
  return st == RP_OK ? status : cli_fail(st, &err);
}

const cli_command cli_diff = {
    .name = "diff",
    .summary = "compare two results files sample by sample",
    .synopsis = "rampart diff [OPTION]... A B",
    .description =
        "All rows about a sample together say in which interval its maximum "
        "radius lies. Prints for how many samples both files say the same, one "
        "of them knows more (a narrower interval), or the networks differ (the "
        "maximum radius is certainly greater in one of them); the certified "
        "accuracy of both at each radius; and the samples that differ. Both "
        "files must be about the same dataset, and a step of an input must be "
        "the same in both. If they are also about the same "
        "network, intervals that do not meet are contradictions.\n\n--csv "
        "prints all samples with the columns sample, change, lo_a, hi_a, lo_b, "
        "hi_b. The change is none, narrower_a, narrower_b, overlap, greater_a, "
        "greater_b, wrong_a, wrong_b (misclassified only there), only_a or "
        "only_b. hi is empty where no counterexample is known; lo = hi = -1 "
        "for a misclassified sample.",
    .status = "0  compared, whatever differs\n"
              "1  the files contradict each other, or output could not be "
              "written\n"
              "2  wrong command line or unusable input",
    .examples = "rampart diff results/before.h5 results/after.h5\n"
                "rampart diff --csv results/P1-4.h5 results/P1-6.h5 "
                ">both.csv",
    .takes = CLI_BIT(csv) | CLI_BIT(rows) | CLI_BIT(help),
    .least_operands = 2,
    .most_operands = 2,
    .run = run,
};
