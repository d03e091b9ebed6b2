/* Runs a job on all ranks, whichever command made it: rank 0 makes and checks
 * it, all ranks run it, and rank 0 prints and grades the results.
 *
 * Errors in the input are found before the work starts: in the job, the output
 * files, the known answers and the printing options. Meanwhile the other ranks
 * wait in rp_cluster_run; rank 0 releases them with rp_cluster_release. A job
 * about several networks is a run for each of them, one after the other. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/vnncomp.h"
#include "cluster/cluster.h"
#include "cluster/deal.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "show/show.h"

typedef struct printing {
  rp_show_table table;
  int64_t rows;
  bool csv, quiet;
  char *header; /* of the CSV, once it is printed */
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

/* mpirun and srun report every status but 0 as a crash, so a line before that
 * says what really happened. */
static void explain_status(int status, const rp_results *results) {
  const long long rows = results->n_queries + results->n_radii;
  fflush(stdout);
  fprintf(stderr,
          "rampart: %s with %lld of %lld rows undecided: exit status %d, "
          "which the launcher may report as an abort; this is no crash\n",
          status == CLI_INTERRUPTED ? "stopped by a signal" : "finished",
          (long long)rp_results_count_undecided(results), rows, status);
}

static rp_status print_results(printing *p, const rp_results *results,
                               rp_error *err) {
  if (p->csv)
    return cli_print_csv(&p->header, p->table, results->provenance.network,
                         results, err);
  if (p->quiet) return RP_OK;
  if (p->rows != 0) {
    rp_show_rows(stdout, results, p->table, p->rows);
    printf("\n");
  }
  rp_show_summary(stdout, results);
  return RP_OK;
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
static int report(const rp_job *job, printing *p, const rp_known *known,
                  const rp_results *results) {
  rp_error err = {""};
  bool contradicted = false;
  rp_status st = print_results(p, results, &err);
  if (st == RP_OK && known)
    st = cli_grade(known, job->known, results, p->csv || p->quiet,
                   &contradicted, &err);
  if (st != RP_OK) return cli_fail(st, &err);
  if (contradicted) return CLI_FAILED;
  if (rp_results_is_interrupted(results)) return CLI_INTERRUPTED;
  return rp_results_count_undecided(results) ? CLI_UNDECIDED : CLI_OK;
}

/* A run: the job, about one network. */
typedef struct planned {
  rp_job job; /* see cli_choose_network */
  rp_known *known;
} planned;

typedef struct run_list {
  rp_job *job;
  planned *run; /* [n] */
  int32_t n;
} run_list;

static void free_runs(run_list *runs) {
  for (int32_t i = 0; i < runs->n; i++) {
    rp_known_free(runs->run[i].known);
    free(runs->run[i].job.output);
  }
  free(runs->run);
  rp_job_free(runs->job);
}

static rp_status make_job(const cli_args *args, cli_job_maker *make,
                          rp_job **job, rp_error *err) {
  RP_TRY(make(args, job, err));
  RP_TRY(cli_parse_begin(args, *job, err));
  return cli_override_text(args, CLI_events, &(*job)->events, err);
}

static rp_status prepare(const cli_args *args, cli_job_maker *make,
                         run_list *runs, rp_error *err) {
  int32_t first, end;
  RP_TRY(make_job(args, make, &runs->job, err));
  RP_TRY(cli_select_networks(args, runs->job, &first, &end, err));
  runs->run = rp_alloc((size_t)(end - first), sizeof *runs->run);
  if (!runs->run) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  for (int32_t i = first; i < end; i++) {
    planned *const run = &runs->run[runs->n];
    RP_TRY(cli_choose_network(args, runs->job, i, &run->job, err));
    runs->n++;
    RP_TRY(check_job(&run->job, &run->known, err));
  }
  return RP_OK;
}

static int run_one(const cli_args *args, printing *p, const planned *run,
                   bool more) {
  rp_error err = {""};
  rp_results *results = NULL;
  int status = CLI_OK;
  const unsigned flags =
      (p->quiet ? 0 : RP_RUN_LIVE) | (more ? RP_RUN_MORE : 0);
  const rp_status st =
      rp_cluster_run(&run->job, args->history, flags, &results, &err);
  /* Results that could not be saved are still shown. */
  if (results) status = report(&run->job, p, run->known, results);
  if (st != RP_OK) status = cli_fail(st, &err);
  const bool is_partial = status == CLI_UNDECIDED || status == CLI_INTERRUPTED;
  if (results && is_partial && args->is_launched && !p->quiet)
    explain_status(status, results);
  rp_results_free(results);
  return status;
}

static void print_heading(const printing *p, const run_list *runs, int32_t i) {
  if (runs->n == 1 || p->csv || p->quiet) return;
  const rp_job *const job = &runs->run[i].job;
  printf("%snetwork %s, %d of %d%s%s\n\n", i ? "\n" : "",
         rp_printable(job->network->name).text, (int)i + 1, (int)runs->n,
         job->output ? ": " : "",
         job->output ? rp_printable(job->output).text : "");
}

/* What is undecided about one network does not keep the others from being
 * asked; a failure does. Returns the first status that is not CLI_OK, unless
 * another one is a failure. */
static int run_all(const cli_args *args, printing *p, const run_list *runs) {
  int status = CLI_OK;
  for (int32_t i = 0; i < runs->n; i++) {
    print_heading(p, runs, i);
    const int own = run_one(args, p, &runs->run[i], i + 1 < runs->n);
    if (status == CLI_OK || own != CLI_OK)
      status = own == CLI_OK ? status : own;
    const bool is_last = i + 1 == runs->n;
    if (is_last || (own != CLI_OK && own != CLI_UNDECIDED)) break;
    if (rp_cluster_is_ready()) continue;
    rp_log(RP_LOG_ERROR,
           "a rank was lost: start again to go on with network %s",
           rp_printable(runs->run[i + 1].job.network->name).text);
    return status == CLI_OK ? CLI_UNDECIDED : status;
  }
  return status;
}

/* Pass the names of all results files, one a line. */
static void notify(const char *command, const run_list *runs, int status) {
  char *files = NULL;
  size_t size;
  FILE *const out = open_memstream(&files, &size);
  for (int32_t i = 0; out && i < runs->n; i++)
    if (runs->run[i].job.output)
      fprintf(out, "%s%s", i ? "\n" : "", runs->run[i].job.output);
  if (out && fclose(out) == 0) cli_notify(command, files, status);
  free(files);
}

static int run_rank_0(const cli_args *args, cli_job_maker *make) {
  rp_error err = {""};
  printing p = {.header = NULL};
  run_list runs = {NULL, NULL, 0};
  rp_status st = parse_printing(args, &p, &err);
  if (st == RP_OK) st = prepare(args, make, &runs, &err);
  const int status =
      st == RP_OK ? run_all(args, &p, &runs) : cli_fail(st, &err);
  rp_cluster_release(st);
  if (st == RP_OK && args->text[CLI_notify])
    notify(args->text[CLI_notify], &runs, status);
  free(p.header);
  free_runs(&runs);
  return status;
}

/* The other ranks only compute: rank 0 reports what happened. */
static int run_other_rank(const cli_args *args) {
  rp_error err = {""};
  rp_results *none = NULL;
  (void)rp_cluster_run(NULL, args->history, 0, &none, &err);
  return CLI_OK;
}

/* Refuse options that say nothing about a list of instances. */
static rp_status check_list_options(const cli_args *args, rp_error *err) {
  static const cli_option none[] = {
      CLI_shard, CLI_known,  CLI_fresh,  CLI_csv,   CLI_table,
      CLI_rows,  CLI_events, CLI_notify, CLI_title, CLI_classes};
  char name[32];
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    if (args->text[none[i]])
      return rp_fail(err, RP_E_USAGE,
                     "%s: has no meaning for a job with instances",
                     cli_option_name(none[i], name));
  return RP_OK;
}

/* On rank 0: is the job a list of VNN-COMP's instances? What is wrong with a
 * job is told later, when it is made again. */
static rp_status find_list(const cli_args *args, cli_job_maker *make,
                           cli_list *list, rp_error *err) {
  rp_job *job = NULL;
  rp_error ignored;
  rp_status st = RP_OK;
  if (make(args, &job, &ignored) != RP_OK) return RP_OK;
  list->options = job->options;
  if (job->instances) st = check_list_options(args, err);
  if (job->instances && st == RP_OK) {
    if (job->list_profile)
      rp_text_copy(list->profile, sizeof list->profile, job->list_profile);
    if (job->list_values)
      rp_text_copy(list->values, sizeof list->values, job->list_values);
    st = cli_set_list(job->instances, job->output, list, err);
  }
  rp_job_free(job);
  return st;
}

static int run_list_or_job(const cli_args *args, cli_job_maker *make) {
  const bool is_first = rp_cluster_rank() == 0;
  rp_error err = {""};
  cli_list list = {.is_given = false};
  const rp_status st = is_first ? find_list(args, make, &list, &err) : RP_OK;
  rp_cluster_tell(&list, sizeof list);
  if (list.is_given) return cli_share_list(args, &list);
  if (is_first && st != RP_OK) {
    rp_cluster_release(st);
    return cli_fail(st, &err);
  }
  return is_first ? run_rank_0(args, make) : run_other_rank(args);
}

int cli_run_job(const cli_args *args, cli_job_maker *make) {
  rp_error err = {""};
  rp_stop_install_handlers();
  const rp_status st = rp_cluster_init(NULL, NULL, &err);
  if (st != RP_OK) return args->rank == 0 ? cli_fail(st, &err) : CLI_FAILED;
  rp_log_configure(args->text[CLI_quiet]     ? RP_LOG_ERROR
                   : args->text[CLI_verbose] ? RP_LOG_INFO
                                             : RP_LOG_WARN,
                   rp_cluster_rank());
  const int status = run_list_or_job(args, make);
  rp_cluster_fini(status);
  return status;
}
