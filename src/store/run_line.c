/* Formats the progress of a run as one line. Counts that are zero are omitted;
 * if the line is too wide, the least important parts are dropped. The time left
 * is an estimate, so it is shown as a range, rounded to one of a few steps. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "store/run_status.h"

enum { PARTS = 18, PART_SIZE = 96, MINUTE = 60, HOUR = 3600 };
enum { USUAL_COLUMNS = 80 };

int rp_run_line_columns(int terminal) {
  struct winsize size;
  return ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
             ? size.ws_col
             : USUAL_COLUMNS;
}

typedef struct part {
  char text[PART_SIZE];
  int rank; /* the greatest is dropped first; 0: never */
} part;

typedef struct line {
  part part[PARTS];
  int n;
} line;

static char *add_part(line *l, int rank) {
  l->part[l->n].rank = rank;
  return l->part[l->n++].text;
}

static void add_count(line *l, const char *name, int64_t count) {
  if (count > 0)
    snprintf(add_part(l, 1), PART_SIZE, "%s %lld", name, (long long)count);
}

static const char *format_elapsed(double seconds, char text[32]) {
  const long long s = seconds < 1e15 ? (long long)(seconds + 0.5) : 0;
  if (s < MINUTE)
    snprintf(text, 32, "%llds", s);
  else if (s < HOUR)
    snprintf(text, 32, "%lldm%02llds", s / MINUTE, s % MINUTE);
  else
    snprintf(text, 32, "%lldh%02lldm", s / HOUR, s / MINUTE % MINUTE);
  return text;
}

/* Round an estimate to 1 2 3 5 7 10 15 20 30 45 seconds, minutes or hours, or
 * to days. Lower bounds are rounded down and upper bounds up, so that the range
 * shown contains the range computed; an excess of a tenth is ignored. */
static const char *format_roughly(double seconds, bool up, char text[32]) {
  static const int steps[] = {1, 2, 3, 5, 7, 10, 15, 20, 30, 45};
  static const int units[] = {1, MINUTE, HOUR};
  enum { N_STEPS = sizeof steps / sizeof *steps, ALL = 3 * N_STEPS };
  int at = up ? 0 : ALL - 1;
  while (up && at < ALL &&
         1.1 * steps[at % N_STEPS] * units[at / N_STEPS] < seconds)
    at++;
  while (!up && at > 0 &&
         (double)steps[at % N_STEPS] * units[at / N_STEPS] > 1.1 * seconds)
    at--;
  const double days = seconds / (24.0 * HOUR);
  if (at == ALL || days >= 2)
    snprintf(text, 32, "%.0fd", fmin(up ? ceil(days) : floor(days), 1e9));
  else
    snprintf(text, 32, "%d%c", steps[at % N_STEPS], "smh"[at / N_STEPS]);
  return text;
}

static void add_left(line *l, const rp_run_status *s) {
  char low[32], high[32];
  if (isnan(s->left_low_s)) return;
  format_roughly(s->left_low_s, false, low);
  if (isinf(s->left_high_s)) {
    snprintf(add_part(l, 2), PART_SIZE, "%s or more left", low);
    return;
  }
  format_roughly(s->left_high_s, true, high);
  if (!strcmp(low, high))
    snprintf(add_part(l, 2), PART_SIZE, "about %s left", low);
  else
    snprintf(add_part(l, 2), PART_SIZE, "%s to %s left", low, high);
}

static void add_rate(line *l, double rate) {
  if (!(rate > 0)) return;
  if (rate >= 0.95)
    snprintf(add_part(l, 4), PART_SIZE, "%.*f/s", rate < 10 ? 1 : 0,
             fmin(rate, 1e12));
  else
    snprintf(add_part(l, 4), PART_SIZE, "%.1f/min", rate * MINUTE);
}

static void add_longest(line *l, const rp_run_status *s) {
  char text[32];
  if (s->longest_sample < 0 || !(s->longest_s >= 1)) return;
  snprintf(add_part(l, 5), PART_SIZE, "longest: sample %lld radius %lld for %s",
           (long long)s->longest_sample, (long long)s->longest_radius,
           format_elapsed(s->longest_s, text));
}

static void add_parts(line *l, const rp_run_status *s) {
  char text[32];
  if (!strcmp(s->state, "starting")) {
    snprintf(add_part(l, 0), PART_SIZE, "starting: reading files");
    snprintf(add_part(l, 3), PART_SIZE, "%s",
             format_elapsed(s->elapsed_s, text));
    return;
  }
  snprintf(add_part(l, 0), PART_SIZE, "%lld/%lld done", (long long)s->done,
           (long long)s->total);
#define ADD(name, field) add_count(l, #name, s->count.field);
  RP_VERDICT_COUNT_TABLE(ADD)
#undef ADD
  snprintf(add_part(l, 3), PART_SIZE, "busy %lld/%lld", (long long)s->busy,
           (long long)s->ranks);
  add_rate(l, s->rate);
  snprintf(add_part(l, 3), PART_SIZE, "%s", format_elapsed(s->elapsed_s, text));
  if (!strcmp(s->state, "stopping") || !strcmp(s->state, "writing"))
    snprintf(add_part(l, 2), PART_SIZE, "%s", s->state);
  else
    add_left(l, s);
  add_longest(l, s);
}

static int measure_line(const line *l) {
  int length = -2;
  for (int i = 0; i < l->n; i++)
    if (l->part[i].rank >= 0) length += 2 + (int)strlen(l->part[i].text);
  return length;
}

/* Drop the least important part. Returns false if none may be dropped. */
static int drop_part(line *l) {
  int worst = 0;
  for (int i = 1; i < l->n; i++)
    if (l->part[i].rank >= l->part[worst].rank) worst = i;
  if (l->part[worst].rank <= 0) return 0;
  l->part[worst].rank = -1;
  return 1;
}

void rp_run_status_line(const rp_run_status *status, int width,
                        char text[RP_RUN_LINE]) {
  line l = {.n = 0};
  add_parts(&l, status);
  const int most = width < RP_RUN_LINE ? width : RP_RUN_LINE - 1;
  while (measure_line(&l) > most && drop_part(&l)) continue;
  int used = 0;
  text[0] = '\0';
  for (int i = 0; i < l.n && used < RP_RUN_LINE; i++)
    if (l.part[i].rank >= 0)
      used += snprintf(text + used, (size_t)(RP_RUN_LINE - used), "%s%s",
                       used ? ", " : "", l.part[i].text);
}
