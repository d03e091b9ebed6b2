/* Runs a job on all ranks, whichever command made it: rank 0 makes and checks
 * it, all ranks run it, and rank 0 prints and grades the results.
 *
 * All errors in the input are found before the work starts: in the job, the
 * output file, the known answers and the printing options. Meanwhile the other
 * ranks wait in rp_cluster_run; after an error rank 0 releases them with
 * rp_cluster_decline. */
#include <stdio.h>

#include "cli/cli.h"
#include "cluster/cluster.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/text.h"
#include "show/show.h"

typedef struct printing {
  rp_show_table table;
  int64_t rows;
  bool csv, quiet;
} printing;

static rp_status parse_printing(const cli_args *args, printing *p,
                                rp_error *err) {
  const char *const table = args->text[CLI_table];
  p->csv = args->text[CLI_csv];
  p->quiet = args->text[CLI_quiet];
  RP_TRY(rp_show_table_parse(table ? table : "auto", &p->table, err));
  return cli_parse_rows(args, &p->rows, err);
}

static rp_status check_job(const rp_job *job, rp_known **known, rp_error *err) {
  if (job->output) RP_TRY(cli_check_results_file(job->output, err));
  return job->known ? rp_known_read(job->known, known, err) : RP_OK;
}

static int64_t count_undecided(const rp_results *results) {
  int64_t count = 0;
  for (int64_t i = 0; i < results->n_queries; i++)
    count += results->query[i].verdict == RP_UNKNOWN;
  for (int64_t i = 0; i < results->n_radii; i++)
    count += results->radius[i].verdict == RP_UNKNOWN;
  return count;
}

/* mpirun and srun report every status but 0 as a crash, so a line before that
 * says what really happened. */
static void explain_status(int status, const rp_results *results) {
  const long long rows = results->n_queries + results->n_radii;
  fflush(stdout);
  fprintf(stderr,
          "rampart: %s with %lld of %lld rows undecided: exit status %d, "
          "which the launcher may report as an abort; this is no crash\n",
          status == CLI_INTERRUPTED ? "stopped by a signal" : "finished",
          (long long)count_undecided(results), rows, status);
}

static void print_results(const printing *p, const rp_results *results) {
  if (p->csv) rp_show_csv(stdout, results, p->table);
  if (p->csv || p->quiet) return;
  if (p->rows != 0) {
    rp_show_rows(stdout, results, p->table, p->rows);
    printf("\n");
  }
  rp_show_summary(stdout, results);
}

rp_status cli_grade(const rp_known *known, const char *file,
                    const rp_results *results, bool csv, bool *contradicted,
                    rp_error *err) {
  rp_grade *grade = NULL;
  const rp_status st = rp_grade_results(results, known, &grade, err);
  if (st == RP_OK) {
    const int64_t count = grade->count[RP_MARK_CONTRADICTION];
    FILE *const out = csv ? stderr : stdout;
    const rp_printable_text name = rp_printable(file);
    fprintf(out, "%sKnown answers: %s\n", csv ? "" : "\n", name.text);
    rp_grade_print(out, grade);
    *contradicted = count > 0;
    if (count > 0) {
      fflush(stdout);
      fprintf(stderr,
              "rampart: CONTRADICTION: %s and these results cannot both be "
              "right: %lld contradiction%s\n",
              name.text, (long long)count, count == 1 ? "" : "s");
    }
  }
  rp_grade_free(grade);
  return st;
}

/* Print and grade the results; returns the exit status. */
static int report(const rp_job *job, const printing *p, const rp_known *known,
                  const rp_results *results) {
  rp_error err = {""};
  bool contradicted = false;
  print_results(p, results);
  if (known) {
    const rp_status st = cli_grade(known, job->known, results,
                                   p->csv || p->quiet, &contradicted, &err);
    if (st != RP_OK) return cli_fail(st, &err);
  }
  if (contradicted) return CLI_FAILED;
  if (rp_results_is_interrupted(results)) return CLI_INTERRUPTED;
  return count_undecided(results) ? CLI_UNDECIDED : CLI_OK;
}

static int run_rank_0(const cli_args *args,
                      rp_status (*make)(const cli_args *, rp_job **,
                                        rp_error *)) {
  rp_error err = {""};
  printing p;
  rp_job *job = NULL;
  rp_known *known = NULL;
  rp_results *results = NULL;
  int status = CLI_OK;
  rp_status st = parse_printing(args, &p, &err);
  if (st == RP_OK) st = make(args, &job, &err);
  if (st == RP_OK) st = cli_parse_begin(args, job, &err);
  if (st == RP_OK) st = check_job(job, &known, &err);
  if (st == RP_OK)
    st = rp_cluster_run(job, args->history, !p.quiet, &results, &err);
  else
    rp_cluster_decline(st);
  /* Results that could not be saved are still shown. */
  if (results) status = report(job, &p, known, results);
  if (st != RP_OK) status = cli_fail(st, &err);
  const bool is_partial = status == CLI_UNDECIDED || status == CLI_INTERRUPTED;
  if (results && is_partial && args->is_launched && !p.quiet)
    explain_status(status, results);
  rp_results_free(results);
  rp_known_free(known);
  rp_job_free(job);
  return status;
}

/* The other ranks only compute: rank 0 reports what happened. */
static int run_other_rank(const cli_args *args) {
  rp_error err = {""};
  rp_results *none = NULL;
  (void)rp_cluster_run(NULL, args->history, false, &none, &err);
  return CLI_OK;
}

int cli_run_job(const cli_args *args,
                rp_status (*make)(const cli_args *, rp_job **, rp_error *)) {
  rp_error err = {""};
  rp_stop_install_handlers();
  const rp_status st = rp_cluster_init(NULL, NULL, &err);
  if (st != RP_OK) return args->rank == 0 ? cli_fail(st, &err) : CLI_FAILED;
  rp_log_configure(args->text[CLI_quiet]     ? RP_LOG_ERROR
                   : args->text[CLI_verbose] ? RP_LOG_INFO
                                             : RP_LOG_WARN,
                   rp_cluster_rank());
  const int status =
      rp_cluster_rank() == 0 ? run_rank_0(args, make) : run_other_rank(args);
  rp_cluster_fini(status);
  return status;
}
