/* rampart watch: follows the progress of a run from another shell or host.
 *
 * The run replaces its status file about once a second and removes it at the
 * end. The watcher opens the file anew each time, so that a network file system
 * shows its present state. A run is presumed dead when the file has not changed
 * for RP_RUN_STATUS_DEAD_S by the watcher's clock. A time stamp that is old at
 * the first look may only mean that the clocks of the hosts differ, so the file
 * gets a few seconds to change; on the run's own host the watcher checks
 * whether the process still exists. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/clock.h"
#include "core/text.h"
#include "store/run_status.h"

enum { LOOK_EVERY_S = 1, LINE_EVERY_S = 30, DOUBT_S = 5, GONE_LOOKS = 2 };
enum { ASK_QUEUE_EVERY_S = 15, HOUR_S = 3600, DAY_S = 24 * HOUR_S };

typedef enum sight {
  SIGHT_RUNNING, /* the status file changes */
  SIGHT_SILENT,  /* no change for a while, not yet presumed dead */
  SIGHT_DEAD,
  SIGHT_FAILED,
  SIGHT_GONE /* no status file */
} sight;

typedef struct watching {
  const char *results;
  bool once, terminal, on_screen;
  char said[RP_RUN_LINE]; /* last message on standard error */
  bool is_queued;
  cli_queued job;       /* in SLURM's queue, if is_queued */
  double ask_at_s;      /* when to query the queue again */
  rp_run_status status; /* the last one seen */
  bool seen;
  double changed_s; /* when it last changed, by the watcher's clock */
  double shown_s;
  int gone; /* looks in a row that found no file */
} watching;

/* ---- looking ---- */

/* Seconds since the time stamp; wrong if the hosts' clocks differ. */
static double compute_stamp_age(const rp_run_status *s) {
  return (double)time(NULL) - s->updated;
}

static sight check_run(watching *w, double now_s) {
  rp_run_status found;
  if (rp_run_status_read(w->results, &found, NULL) != RP_OK) {
    w->gone++;
    return SIGHT_GONE;
  }
  w->gone = 0;
  const bool first = !w->seen;
  if (first || found.updated != w->status.updated) {
    w->changed_s = now_s;
    w->status = found;
    w->seen = true;
    if (!first)
      return strcmp(found.state, "failed") ? SIGHT_RUNNING : SIGHT_FAILED;
  }
  if (!strcmp(found.state, "failed")) return SIGHT_FAILED;
  const double silent_s = now_s - w->changed_s;
  const bool old = compute_stamp_age(&w->status) > RP_RUN_STATUS_DEAD_S;
  if (silent_s >= RP_RUN_STATUS_DEAD_S || (old && silent_s >= DOUBT_S))
    return SIGHT_DEAD;
  if (compute_stamp_age(&w->status) >= DOUBT_S &&
      rp_run_status_is_gone(&w->status))
    return SIGHT_DEAD;
  return old || silent_s >= DOUBT_S ? SIGHT_SILENT : SIGHT_RUNNING;
}

/* ---- printing ---- */

static void erase_line(watching *w) {
  if (w->on_screen) printf("\r\033[K");
  w->on_screen = false;
}

/* Say why no progress is shown, unless that was the previous message. */
static void report_once(watching *w, const char *text) {
  if (!strcmp(w->said, text)) return;
  snprintf(w->said, sizeof w->said, "%s", text);
  erase_line(w);
  fflush(stdout);
  fprintf(stderr, "rampart: %s: %s\n", rp_printable(w->results).text,
          rp_printable(text).text);
}

static void show_line(watching *w, double now_s) {
  char text[RP_RUN_LINE];
  if (w->terminal) {
    rp_run_status_line(&w->status, rp_run_line_columns(STDOUT_FILENO) - 1,
                       text);
    printf("\r%s\033[K", text);
    w->on_screen = true;
  } else if (w->shown_s == 0 || now_s - w->shown_s >= LINE_EVERY_S) {
    rp_run_status_line(&w->status, RP_RUN_LINE, text);
    printf("%s\n", text);
    w->shown_s = now_s;
  }
  fflush(stdout);
}

static const char *format_date(double since_1970_s, char text[32]) {
  const time_t t = (time_t)since_1970_s;
  struct tm parts;
  if (!localtime_r(&t, &parts) ||
      !strftime(text, 32, "%Y-%m-%d %H:%M:%S", &parts))
    strcpy(text, "?");
  return text;
}

static int report_dead(watching *w) {
  char text[RP_RUN_LINE], date[32];
  erase_line(w);
  rp_run_status_line(&w->status, RP_RUN_LINE, text);
  printf("%s\n", text);
  fflush(stdout);
  fprintf(stderr,
          "rampart: %s: no sign of life since %s: the run on %s (process "
          "%" PRId64 ") was killed, or its host cannot be reached; the same "
          "command line continues the run\n",
          rp_printable(w->results).text, format_date(w->status.updated, date),
          w->status.host, w->status.pid);
  return CLI_FAILED;
}

static void report_silence(watching *w) {
  char text[RP_RUN_LINE], date[32];
  snprintf(text, sizeof text,
           "no news of the run on %s since %s; it is presumed dead after %d s",
           w->status.host, format_date(w->status.updated, date),
           RP_RUN_STATUS_DEAD_S);
  report_once(w, text);
}

static int report_failure(watching *w) {
  erase_line(w);
  fprintf(stderr,
          "rampart: %s: the run on %s failed, or could not write its results; "
          "its own output says why\n",
          rp_printable(w->results).text, w->status.host);
  return CLI_FAILED;
}

static void count_queries(const rp_results *r, rp_verdict_count *count) {
  for (int64_t i = 0; i < r->n_queries; i++) count->of[r->query[i].verdict]++;
}

/* Samples that were never asked are apart from open radii, as in tables. */
static void count_radii(const rp_results *r, rp_verdict_count *count,
                        int64_t *unasked) {
  int64_t *const of_state[RP_RADIUS_STATE_COUNT] = {
      [RP_RADIUS_CLOSED] = &count->closed,
      [RP_RADIUS_CAPPED] = &count->capped,
      [RP_RADIUS_OPEN] = &count->open,
      [RP_RADIUS_UNASKED] = unasked,
      [RP_RADIUS_MISCLASSIFIED] = &count->of[RP_MISCLASSIFIED],
      [RP_RADIUS_INVALID] = &count->of[RP_INVALID]};
  const int32_t cap = r->provenance.radius_cap;
  for (int64_t i = 0; i < r->n_radii; i++)
    ++*of_state[rp_radius_get_state(&r->radius[i], cap)];
}

/* Whether the results are older than the run that was followed, which then
 * ended without writing any. */
static bool has_only_older_rows(const watching *w, const rp_results *r) {
  struct tm utc = {0};
  return w->seen &&
         strptime(r->provenance.date_created, "%Y-%m-%dT%H:%M:%SZ", &utc) &&
         (double)timegm(&utc) + 1 < w->status.began;
}

/* Say how old a date such as "2026-11-29T12:00:00Z" is, so that older results
 * are not mistaken for new ones. */
static void format_age(const char *date, char text[32]) {
  struct tm utc = {0};
  *text = '\0';
  if (!strptime(date, "%Y-%m-%dT%H:%M:%SZ", &utc)) return;
  const double s = difftime(time(NULL), timegm(&utc));
  if (s >= 2 * DAY_S)
    snprintf(text, 32, ", %.0f days ago", s / DAY_S);
  else if (s >= 2 * HOUR_S)
    snprintf(text, 32, ", %.0f hours ago", s / HOUR_S);
  else if (s >= 120)
    snprintf(text, 32, ", %.0f minutes ago", s / 60);
}

static void print_count(const char *name, int64_t count) {
  if (count) printf(", %s %" PRId64, name, count);
}

static void print_counts(const rp_verdict_count *count) {
#define PRINT(name, field) print_count(#name, count->field);
  RP_VERDICT_COUNT_TABLE(PRINT)
#undef PRINT
}

/* Print a line about the results when no run is under way. */
static int print_result_counts(watching *w, rp_error *err) {
  rp_results *r;
  char age[32];
  erase_line(w);
  RP_TRY(rp_results_read(w->results, &r, err));
  rp_verdict_count count = {0};
  int64_t unasked = 0;
  count_queries(r, &count);
  count_radii(r, &count, &unasked);
  const int64_t rows = r->n_queries + r->n_radii;
  printf("%s: %s%s, %" PRId64 " row%s", rp_printable(w->results).text,
         has_only_older_rows(w, r)
             ? "the run ended and wrote none; earlier results: "
             : "",
         rp_results_is_interrupted(r) ? "stopped before the end" : "finished",
         rows, rows == 1 ? "" : "s");
  print_counts(&count);
  print_count("unasked", unasked);
  format_age(r->provenance.date_created, age);
  printf(" (written %s%s)\n", rp_printable(r->provenance.date_created).text,
         age);
  rp_results_free(r);
  return RP_OK;
}

/* ---- following ---- */

static bool has_file(const char *file) {
  struct stat about;
  return stat(file, &about) == 0;
}

/* Whether a job in SLURM's queue will write these results; squeue is called
 * only every few seconds. */
static bool is_queued(watching *w, double now_s) {
  if (now_s < w->ask_at_s) return w->is_queued;
  w->ask_at_s = now_s + ASK_QUEUE_EVERY_S;
  w->is_queued = cli_queue_find(w->results, &w->job);
  return w->is_queued;
}

static void report_queued(watching *w) {
  char text[RP_RUN_LINE];
  const bool waits = !strcmp(w->job.state, "PENDING");
  const char *const why = waits ? w->job.reason : w->job.state;
  const bool says_why = strcmp(why, "None") != 0;
  snprintf(text, sizeof text, "SLURM job %.40s %s%s%.40s%s%s", w->job.id,
           waits ? "waits in the queue" : "has begun, and no run yet",
           says_why ? " (" : "", says_why ? why : "", says_why ? ")" : "",
           has_file(w->results) ? "; the results there are older" : "");
  report_once(w, text);
}

/* There are neither results nor a queued job: say what is waited for. */
static void report_waiting(watching *w) {
  char text[RP_RUN_LINE], name[4096];
  rp_error err = {""};
  rp_run_status none;
  if (rp_run_status_name(w->results, name, NULL) == RP_OK && has_file(name) &&
      rp_run_status_read(w->results, &none, &err) != RP_OK)
    snprintf(text, sizeof text, "its status file cannot be read: %.180s",
             err.text);
  else
    snprintf(text, sizeof text,
             "waiting for a run that writes it: there are no results, no "
             "status file, and no such job in a SLURM queue");
  report_once(w, text);
}

/* Continue where there is no status file.
 * @param ended  out: there is nothing more to follow */
static rp_status follow_nothing(watching *w, double now_s, bool *ended,
                                rp_error *err) {
  *ended = false;
  if (w->seen && w->gone < GONE_LOOKS) return RP_OK;
  if (is_queued(w, now_s)) {
    report_queued(w);
    *ended = w->once;
    return RP_OK;
  }
  *ended = true;
  if (has_file(w->results)) return print_result_counts(w, err);
  if (w->once || w->seen)
    return rp_fail(err, RP_E_INPUT, "%s: no run under way and no results there",
                   w->results);
  *ended = false;
  report_waiting(w);
  return RP_OK;
}

static rp_status follow(watching *w, int *status, rp_error *err) {
  for (;;) {
    const double now_s = rp_clock_wall_s();
    bool ended = false;
    switch (check_run(w, now_s)) {
    case SIGHT_DEAD:
      *status = report_dead(w);
      return RP_OK;
    case SIGHT_FAILED:
      *status = report_failure(w);
      return RP_OK;
    case SIGHT_RUNNING:
      show_line(w, now_s);
      ended = w->once;
      break;
    case SIGHT_SILENT:
      report_silence(w);
      break;
    case SIGHT_GONE:
      RP_TRY(follow_nothing(w, now_s, &ended, err));
      break;
    }
    if (!ended) sleep(LOOK_EVERY_S);
    if (ended || atomic_load(rp_stop_flag())) {
      erase_line(w);
      return RP_OK;
    }
  }
}

/* ---- what to follow ---- */

static bool has_ending(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && !strcasecmp(text + n - m, end);
}

/* The operand is RESULTS, RESULTS.status, or a job that names its output. */
static rp_status find_results_name(const char *file, char name[4096],
                                   rp_error *err) {
  if (has_ending(file, ".yaml") || has_ending(file, ".yml")) {
    rp_job *job;
    RP_TRY(rp_job_read(file, &job, err));
    rp_status st = RP_OK;
    if (job->output)
      snprintf(name, 4096, "%s", job->output);
    else
      st = rp_fail(err, RP_E_INPUT,
                   "%s: names no output; expected the results file that the "
                   "run was given by --output",
                   file);
    rp_job_free(job);
    return st;
  }
  const size_t n = strlen(file);
  const size_t kept = has_ending(file, ".status") ? n - strlen(".status") : n;
  if (kept >= 4096 || kept == 0)
    return rp_fail(err, RP_E_USAGE, "'%.*s': expected a results file or a job",
                   rp_text_fit(file, 80), file);
  snprintf(name, 4096, "%.*s", (int)kept, file);
  return RP_OK;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  char name[4096];
  watching w = {.results = name,
                .once = args->text[CLI_once],
                .terminal = isatty(STDOUT_FILENO)};
  int status = CLI_OK;
  rp_status st = find_results_name(args->operand[0], name, &err);
  rp_stop_install_handlers();
  if (st == RP_OK) st = follow(&w, &status, &err);
  return st == RP_OK ? status : cli_fail(st, &err);
}

const cli_command cli_watch = {
    .name = "watch",
    .summary = "follow a run from another shell while it is under way",
    .synopsis = "rampart watch [OPTION]... RESULTS|JOB",
    .description =
        "A run that has an output keeps a small file beside it, "
        "RESULTS.status, up to date. watch shows it as one line that is "
        "rewritten (or, if standard output is not a terminal, as a line every "
        "30 s) until the run ends; then it prints what the results hold and "
        "when they were written. It works on any host that sees the file. It "
        "waits for a run that has not begun and says what for: it looks in "
        "SLURM's queue for a job of slurm/submit.sh. It says so when a run was "
        "killed: after 60 s without a sign of life.\n\nGiven a job file "
        "(.yaml), watch follows its output, which is relative to the current "
        "folder as for rampart run.\n\nThe time left is a range, computed from "
        "the times of the queries so far; '10m or more left' means that a "
        "query has already run longer than all others, so that nobody can say "
        "when it ends.",
    .status = "0  the run ended, or (--once) is under way or in the queue\n"
              "1  the run was killed or failed\n"
              "2  wrong command line, or no run and no results there",
    .examples = "rampart watch results/quickstart.h5\n"
                "rampart watch --once jobs/quickstart.yaml",
    .takes = CLI_BIT(once) | CLI_BIT(help),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
