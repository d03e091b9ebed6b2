/* How the run stands, looked at four times a second on a terminal and once a
 * second for the status file. The scheduler knows no time, so ages of queries
 * are counted from the look that first saw them run: right to within a second,
 * and no event costs anything. */
#include "run/progress.h"

#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/memory.h"
#include "core/pair.h"

static const double ON_TERMINAL_S = 0.25, ELSEWHERE_S = 30;
/* The remaining time is shown from here on. */
static const double FIRST_GUESS_S = 2;
static const double RATE_OVER_S = 10;
static const double WRITE_SHARE = 0.02; /* of the time, for the status file */

/* ---- the terminal ---- */

/* mpirun passes a rank's standard error through a pipe to its own. Returns the
 * terminal it leads to, open for asking its width, or -1. */
static int find_launcher_terminal(void) {
  char link[64], target[64];
  if (!getenv("OMPI_COMM_WORLD_RANK")) return -1;
  snprintf(link, sizeof link, "/proc/%ld/fd/2", (long)getppid());
  const ssize_t n = readlink(link, target, sizeof target - 1);
  if (n < 0) return -1;
  target[n] = '\0';
  if (strncmp(target, "/dev/pts/", 9) && strncmp(target, "/dev/tty", 8))
    return -1;
  return open(target, O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

static void find_terminal(rp_progress *p) {
  if (isatty(STDERR_FILENO))
    p->terminal_fd = dup(STDERR_FILENO);
  else
    p->terminal_fd = find_launcher_terminal();
  p->terminal = p->terminal_fd >= 0;
}

/* ---- looking ---- */

/* Compute the ages of the queries under way, and find the one that has run
 * longest. */
static int32_t look_at_queries(rp_progress *p, const rp_sched *sched,
                               double now_s) {
  int32_t n = 0;
  rp_sched_task task;
  for (int32_t w = 0; p->running && w < p->setting.n_workers; w++) {
    rp_progress_running *const r = &p->running[w];
    if (!rp_sched_running(sched, w, &task)) {
      r->id = 0;
      continue;
    }
    if (r->id != task.id) *r = (rp_progress_running){task.id, now_s};
    p->age[n] = now_s - r->since_s;
    if (p->status.longest_sample < 0 || p->age[n] > p->status.longest_s) {
      p->status.longest_sample =
          rp_pair_sample(task.question.sample, p->setting.targets);
      p->status.longest_radius = task.question.radius;
      p->status.longest_rank = w;
      p->status.longest_s = p->age[n];
    }
    n++;
  }
  return n;
}

static double compute_rate(rp_progress *p, int64_t done, double now_s) {
  if (now_s - p->mark_s[1] >= RATE_OVER_S) {
    p->mark_s[0] = p->mark_s[1];
    p->mark_done[0] = p->mark_done[1];
    p->mark_s[1] = now_s;
    p->mark_done[1] = done;
  }
  const double over_s = now_s - p->mark_s[0];
  return over_s > 0 ? (double)(done - p->mark_done[0]) / over_s : 0;
}

static void take_counts(rp_run_status *s, const rp_sched_progress *counts) {
  s->done = counts->done;
  s->total = counts->total;
  s->count = counts->count;
  s->busy = counts->busy;
  s->ranks = counts->workers;
}

/* Rows that this run did, and that are left, by kind. */
static void count_kinds(const rp_progress *p, int64_t done[RP_FORECAST_KINDS],
                        int64_t left[RP_FORECAST_KINDS]) {
  for (int kind = 0; kind < RP_FORECAST_KINDS; kind++) {
    done[kind] = p->done_of[kind] - p->known_of[kind];
    left[kind] = p->setting.rows[kind] - p->done_of[kind];
  }
}

static void look(rp_progress *p, const rp_sched *sched, double now_s) {
  rp_run_status *const s = &p->status;
  const rp_sched_progress counts = rp_sched_progress_get(sched);
  strcpy(s->state, atomic_load(rp_stop_flag()) ? "stopping" : "running");
  take_counts(s, &counts);
  s->updated = rp_clock_unix_s();
  s->elapsed_s = now_s - p->began_s;
  s->rate = compute_rate(p, counts.done, now_s);
  s->longest_sample = -1;
  s->longest_radius = s->longest_rank = 0;
  s->longest_s = 0;
  int64_t done[RP_FORECAST_KINDS], left_of[RP_FORECAST_KINDS];
  count_kinds(p, done, left_of);
  const rp_forecast_now now = {.n_running = look_at_queries(p, sched, now_s),
                               .done = done,
                               .left = left_of,
                               .workers = counts.workers,
                               .age = p->age,
                               .limit_s = p->setting.limit_s};
  const rp_forecast_range left = rp_forecast_left(&p->forecast, &now);
  const bool early = s->elapsed_s < FIRST_GUESS_S;
  s->left_low_s = early ? NAN : left.low_s;
  s->left_high_s = early ? NAN : left.high_s;
}

/* ---- telling ---- */

static void show(rp_progress *p, double now_s) {
  char text[RP_RUN_LINE];
  if (p->terminal) {
    /* A line as wide as the terminal would make it scroll. */
    rp_run_status_line(&p->status, rp_run_line_columns(p->terminal_fd) - 1,
                       text);
    fprintf(stderr, "\r%s\033[K", text);
  } else {
    rp_run_status_line(&p->status, RP_RUN_LINE, text);
    fprintf(stderr, "rampart: %s\n", text);
  }
  fflush(stderr);
  p->on_screen = p->terminal;
  p->show_at_s = now_s + (p->terminal ? ON_TERMINAL_S : ELSEWHERE_S);
}

/* A slow or full file system must not delay the run. */
static void write_file(rp_progress *p, double now_s) {
  (void)rp_run_status_write(&p->status, p->setting.output, NULL);
  const double took_s = rp_clock_wall_s() - now_s;
  p->write_at_s = now_s + fmax(RP_RUN_STATUS_EVERY_S, took_s / WRITE_SHARE);
}

/* Rows known from a journal are told as the ranks join, before any answer: so
 * what is done at the first update has cost nothing. */
static void count_known(rp_progress *p, const rp_sched *sched) {
  p->known = rp_sched_progress_get(sched).done;
  p->mark_done[0] = p->mark_done[1] = p->known;
  memcpy(p->known_of, p->done_of, sizeof p->known_of);
}

void rp_progress_update(rp_progress *p, const rp_sched *sched, double now_s) {
  if (p->known < 0) count_known(p, sched);
  const bool shows = now_s >= p->show_at_s, writes = now_s >= p->write_at_s;
  if (!shows && !writes) return;
  look(p, sched, now_s);
  if (shows) show(p, now_s);
  if (writes) write_file(p, now_s);
}

int32_t rp_progress_kind(int32_t radius) {
  return radius < RP_FORECAST_KINDS ? radius : RP_FORECAST_KINDS - 1;
}

void rp_progress_answer(rp_progress *p, int32_t kind, double seconds) {
  rp_forecast_add(&p->forecast, kind, seconds);
}

void rp_progress_row(rp_progress *p, int32_t kind) {
  p->done_of[kind]++;
}

void rp_progress_begin(rp_progress *p, const rp_progress_setting *setting,
                       const rp_sched *sched) {
  p->setting = *setting;
  p->began_s = p->mark_s[0] = p->mark_s[1] = rp_clock_wall_s();
  p->running = rp_alloc((size_t)setting->n_workers, sizeof *p->running);
  p->age = rp_alloc((size_t)setting->n_workers, sizeof *p->age);
  if (!p->age) {
    free(p->running);
    p->running = NULL;
  }
  p->terminal_fd = -1;
  if (setting->live) find_terminal(p);
  const double first_s = p->terminal ? ON_TERMINAL_S : ELSEWHERE_S;
  p->show_at_s = setting->live ? p->began_s + first_s : HUGE_VAL;
  p->write_at_s = setting->output ? p->began_s : HUGE_VAL;
  (void)gethostname(p->status.host, sizeof p->status.host - 1);
  p->status.pid = (int64_t)getpid();
  p->status.began = rp_clock_unix_s();
  rp_progress_update(p, sched, p->began_s);
  p->known = -1;
}

void rp_progress_end(rp_progress *p) {
  if (p->on_screen) fprintf(stderr, "\r\033[K");
  p->on_screen = false;
  if (p->terminal_fd >= 0) close(p->terminal_fd);
  p->terminal_fd = -1;
  free(p->running);
  free(p->age);
  p->running = NULL;
  p->age = NULL;
}
