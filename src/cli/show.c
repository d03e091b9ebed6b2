/* rampart show: what results files say, again, as often as one likes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "rampart/report.h"

typedef struct showing {
  const char *known;
  rp_report_table table;
  int64_t rows;
  bool csv, quiet;
  char *header; /* of the CSV printed last; or NULL */
} showing;

static rp_status showing_from(const cli_args *args, showing *s, rp_error *err) {
  const char *const table = args->text[CLI_table];
  s->known = args->text[CLI_known];
  s->csv = args->text[CLI_csv];
  s->quiet = args->text[CLI_quiet];
  RP_TRY(rp_report_table_parse(table ? table : "auto", &s->table, err));
  return cli_rows(args, &s->rows, err);
}

/* Several files make one CSV: a header that has just been printed is not
 * printed again. */
static rp_status print_csv(showing *s, const rp_results *results,
                           rp_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *const memory = open_memstream(&text, &size);
  if (memory) rp_report_csv(memory, results, s->table);
  if (!memory || fclose(memory) != 0) {
    free(text);
    return rp_fail(err, RP_E_MEMORY, "show: out of memory");
  }
  const size_t header = strcspn(text, "\n") + 1;
  const bool same = s->header && !strncmp(s->header, text, header);
  fwrite(text + (same ? header : 0), 1, size - (same ? header : 0), stdout);
  free(s->header);
  s->header = text;
  return RP_OK;
}

static rp_status show_file(showing *s, const char *file, bool is_first,
                           bool *contradicted, rp_error *err) {
  rp_results *results;
  RP_TRY(rp_results_read(file, &results, err));
  rp_status st = RP_OK;
  if (s->csv)
    st = print_csv(s, results, err);
  else if (!s->quiet) {
    printf("%s%s\n", is_first ? "" : "\n", file);
    rp_report_provenance(stdout, results);
    printf("\n");
    if (s->rows != 0) {
      rp_report_rows(stdout, results, s->table, s->rows);
      printf("\n");
    }
    rp_report_summary(stdout, results);
  }
  bool wrong = false;
  if (st == RP_OK && s->known)
    st = cli_grade(results, s->known, s->csv, &wrong, err);
  *contradicted |= wrong;
  rp_results_free(results);
  return st;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  showing s = {0};
  bool contradicted = false;
  rp_status st = showing_from(args, &s, &err);
  for (int i = 0; st == RP_OK && i < args->n_operands; i++)
    st = show_file(&s, args->operand[i], i == 0, &contradicted, &err);
  free(s.header);
  if (st != RP_OK) return cli_fail(st, &err);
  return contradicted ? CLI_FAILED : CLI_OK;
}

const cli_command cli_show = {
    .name = "show",
    .summary = "print, export and grade results files",
    .synopsis = "rampart show [OPTION]... RESULTS...",
    .description =
        "Prints where results come from, their rows and a summary; with --csv "
        "only rows, for other programs, several files as one table. With "
        "--known the results are graded by known answers: a CSV file with the "
        "columns sample, radius and verdict, or sample and maximum_radius.\n\n"
        "CSV columns of queries: network, sample, label, radius, verdict, "
        "reason, evidence, seconds. Of radii: network, sample, label, lo, hi, "
        "reason, seconds; lo = hi = -1 for a misclassified sample. Of the "
        "timeline: network, rank, sample, radius, piece, begin_s, end_s, "
        "verdict.",
    .status = "0  shown, whatever the verdicts\n"
              "1  known answers are contradicted, or output could not be "
              "written\n"
              "2  wrong command line or unusable input",
    .examples = "rampart show results/quickstart.h5\n"
                "rampart show --csv results/a.h5 results/b.h5 > both.csv\n"
                "rampart show --rows all --table queries results/table2.h5 \\\n"
                "    --known jobs/known/table2_mnist.csv",
    .takes = CLI_BIT(csv) | CLI_BIT(table) | CLI_BIT(known) | CLI_BIT(rows) |
             CLI_BIT(quiet) | CLI_BIT(help),
    .least_operands = 1,
    .most_operands = INT32_MAX,
    .run = run,
};
