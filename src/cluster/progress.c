/* The progress line: counts as far as they apply, busy ranks, time left.
 *
 * The time left supposes that what is left takes as long as what is done, which
 * is as good as any guess for tasks whose times nobody can tell. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rampart/clock.h"

static const double ON_TERMINAL_S = 0.25, ELSEWHERE_S = 30;
static const double FIRST_GUESS_S = 2; /* no time left is shown before */

/* mpirun passes a rank's standard error through a pipe to its own. */
static bool launcher_has_terminal(void) {
  char link[64], target[64];
  if (!getenv("OMPI_COMM_WORLD_RANK")) return false;
  snprintf(link, sizeof link, "/proc/%ld/fd/2", (long)getppid());
  const ssize_t n = readlink(link, target, sizeof target - 1);
  if (n < 0) return false;
  target[n] = '\0';
  return !strncmp(target, "/dev/pts/", 9) || !strncmp(target, "/dev/tty", 8);
}

void rp_progress_begin(rp_progress *progress, bool live) {
  progress->live = live;
  progress->terminal = isatty(STDERR_FILENO) || launcher_has_terminal();
  progress->on_screen = false;
  progress->began_s = progress->shown_s = rp_clock_wall_s();
}

typedef struct line {
  char text[256];
  int used;
} line;

static void add(line *l, const char *text) {
  const int left = (int)sizeof l->text - l->used;
  l->used += snprintf(l->text + l->used, (size_t)left, "%s", text);
  if (l->used >= (int)sizeof l->text) l->used = (int)sizeof l->text - 1;
}

static void add_count(line *l, const char *name, int64_t count) {
  char text[64];
  if (count == 0) return;
  snprintf(text, sizeof text, ", %s %lld", name, (long long)count);
  add(l, text);
}

static void add_time(line *l, const char *before, double seconds,
                     const char *after) {
  char text[64];
  const long long s = (long long)(seconds + 0.5);
  if (s < 60)
    snprintf(text, sizeof text, "%s%llds%s", before, s, after);
  else if (s < 3600)
    snprintf(text, sizeof text, "%s%lldm%02llds%s", before, s / 60, s % 60,
             after);
  else
    snprintf(text, sizeof text, "%s%lldh%02lldm%s", before, s / 3600,
             s / 60 % 60, after);
  add(l, text);
}

static void describe(const rp_sched_progress *p, double elapsed_s, line *l) {
  char text[64];
  snprintf(text, sizeof text, "%lld/%lld done", (long long)p->done,
           (long long)p->total);
  add(l, text);
  add_count(l, "robust", p->robust);
  add_count(l, "violated", p->violated);
  add_count(l, "unknown", p->unknown);
  add_count(l, "closed", p->closed);
  add_count(l, "open", p->open);
  add_count(l, "misclassified", p->other);
  snprintf(text, sizeof text, ", busy %d/%d", p->busy, p->workers);
  add(l, text);
  add_time(l, ", ", elapsed_s, "");
  if (p->done > 0 && elapsed_s >= FIRST_GUESS_S)
    add_time(l, ", about ",
             elapsed_s * (double)(p->total - p->done) / (double)p->done,
             " left");
}

void rp_progress_update(rp_progress *progress, const rp_sched *sched,
                        double now_s) {
  const double interval_s = progress->terminal ? ON_TERMINAL_S : ELSEWHERE_S;
  if (!progress->live || now_s - progress->shown_s < interval_s) return;
  const rp_sched_progress p = rp_sched_progress_get(sched);
  line l = {.used = 0};
  describe(&p, now_s - progress->began_s, &l);
  if (progress->terminal)
    fprintf(stderr, "\r%s\033[K", l.text);
  else
    fprintf(stderr, "rampart: %s\n", l.text);
  fflush(stderr);
  progress->shown_s = now_s;
  progress->on_screen = progress->terminal;
}

void rp_progress_end(rp_progress *progress) {
  if (progress->on_screen) fprintf(stderr, "\r\033[K");
  progress->on_screen = false;
}
