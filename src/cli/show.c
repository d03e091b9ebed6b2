/* rampart show: prints results files, as a summary and rows for people or as
 * CSV or JSON for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/text.h"
#include "show/show.h"

typedef struct showing {
  const char *known_file; /* NULL: none */
  rp_known *known;
  rp_show_table table;
  rp_filter filter;
  int64_t rows;
  bool csv, json, quiet;
  char *header; /* of the CSV, or NULL: none is printed yet */
  bool is_first;
} showing;

static rp_status check_together(const cli_args *args, const showing *s,
                                rp_error *err) {
  if (s->csv && s->json)
    return rp_fail(err, RP_E_USAGE, "--csv and --json: expected one of them");
  if (s->filter.classes.n && s->table == RP_SHOW_TIMELINE)
    return rp_fail(err, RP_E_USAGE,
                   "--class: the timeline has no labels; name --samples");
  if (s->json && args->text[CLI_rows])
    return rp_fail(err, RP_E_USAGE, "--rows: JSON holds all rows");
  return RP_OK;
}

static rp_status parse_showing(const cli_args *args, showing *s,
                               rp_error *err) {
  const char *const table = args->text[CLI_table];
  s->known_file = args->text[CLI_known];
  s->csv = args->text[CLI_csv];
  s->json = args->text[CLI_json];
  s->quiet = args->text[CLI_quiet];
  RP_TRY(rp_show_table_parse(table ? table : "auto", &s->table, err));
  RP_TRY(cli_parse_rows(args, &s->rows, err));
  RP_TRY(cli_parse_filter(args, &s->filter, err));
  return check_together(args, s, err);
}

/* Print the summary first, because people want it first. */
static void print_for_people(const showing *s, const char *file,
                             const rp_results *results, int64_t all) {
  const int64_t left = results->n_queries + results->n_radii;
  printf("%s%s\n\n", s->is_first ? "" : "\n\n", rp_printable(file).text);
  if (rp_filter_is_set(&s->filter))
    printf("only %" PRId64 " of %" PRId64 " rows, as asked\n", left, all);
  rp_show_summary(stdout, results);
  printf("\n");
  if (s->rows != 0) {
    rp_show_rows(stdout, results, s->table, s->rows);
    printf("\n");
  }
  rp_show_provenance(stdout, results);
}

static rp_status show_file(showing *s, const char *file, bool *contradicted,
                           rp_error *err) {
  rp_results *results;
  int64_t all;
  RP_TRY(cli_read_rows(file, &s->filter, &results, &all, err));
  rp_status st = RP_OK;
  if (s->csv)
    st = cli_print_csv(&s->header, s->table, file, results, err);
  else if (s->json) {
    fputs(s->is_first ? "[\n" : ",\n", stdout);
    rp_show_json(stdout, file, results, s->table);
  } else if (!s->quiet)
    print_for_people(s, file, results, all);
  s->is_first = false;
  bool wrong = false;
  if (st == RP_OK && s->known)
    st = cli_grade(s->known, s->known_file, results, s->csv || s->json, &wrong,
                   err);
  *contradicted |= wrong;
  rp_results_free(results);
  return st;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  showing s = {.is_first = true};
  bool contradicted = false;
  rp_status st = parse_showing(args, &s, &err);
  if (st == RP_OK && s.known_file)
    st = rp_known_read(s.known_file, &s.known, &err);
  for (int i = 0; st == RP_OK && i < args->n_operands; i++)
    st = show_file(&s, args->operand[i], &contradicted, &err);
  /* Close the array even after an error, so that the output is valid JSON. */
  if (s.json && !s.is_first) printf("\n]\n");
  free(s.header);
  rp_known_free(s.known);
  if (st != RP_OK) return cli_fail(st, &err);
  return contradicted ? CLI_FAILED : CLI_OK;
}

const cli_command cli_show = {
    .name = "show",
    .summary = "print and grade results files",
    .synopsis = "rampart show [OPTION]... RESULTS...",
    .description =
        "Prints a summary with the certified accuracy at each radius, the rows "
        "of a table, and the provenance of the "
        "results. The filters --verdict, --samples, --class and --radius "
        "select rows, also for the summary; --radius selects a radius search "
        "if the given radius may be its maximum.\n\nFor other programs: --csv "
        "prints the rows of one table, several files as one table; --json "
        "prints an array with an object for each file: its provenance and, "
        "unless --table names one, the tables queries, radii and ranks. With "
        "--known the results are graded against known answers: a CSV file with "
        "the columns sample, radius and verdict, or sample and "
        "maximum_radius.\n\nCSV columns of queries: network, sample, label, "
        "radius, verdict, reason, evidence, seconds. Of radii: network, "
        "sample, label, lo, hi, reason, seconds, state; lo = hi = -1 for a "
        "misclassified sample. The state says what lo and hi mean: closed "
        "(there is a counterexample at hi + 1), capped (robust at the cap of "
        "the search, so the maximum is at least that; shown as 5+), open, "
        "unasked (the run ended before it asked; lo and hi mean nothing), "
        "misclassified, invalid. Of ranks: network, rank, host, threads, "
        "tasks, busy_seconds, cpu_seconds, nodes, lp_solves, memory_peak. Of "
        "the timeline: network, rank, sample, radius, piece, begin_s, end_s, "
        "verdict. Results about every class as a target (--target all) have a "
        "column target behind the sample, and their summary ends with a table "
        "of the classes that inputs of each label can be changed to.",
    .status = "0  shown, whatever the verdicts\n"
              "1  known answers are contradicted, or output could not be "
              "written\n"
              "2  wrong command line or unusable input",
    .examples = "rampart show results/quickstart.h5\n"
                "rampart show --verdict violated,unknown --class 3,5 "
                "results/table2.h5\n"
                "rampart show --json --samples 0-9 results/table2.h5\n"
                "rampart show --csv results/a.h5 results/b.h5 > both.csv\n"
                "rampart show --rows all --table queries results/table2.h5 \\\n"
                "    --known jobs/known/table2_mnist.csv",
    .takes = CLI_BIT(csv) | CLI_BIT(json) | CLI_BIT(table) | CLI_BIT(known) |
             CLI_BIT(rows) | CLI_BIT(quiet) | CLI_BIT(help) | CLI_FILTER_BITS,
    .least_operands = 1,
    .most_operands = INT32_MAX,
    .run = run,
};
