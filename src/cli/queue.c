/* Does a job wait in SLURM's queue for its turn to write these results?
 *
 * slurm/submit.sh leaves the name of the results in the job's comment; SLURM
 * keeps it when a job goes back to the queue, so that no file has to be kept up
 * to date. Without SLURM, or without such a job, there is none. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"

static const char ASK[] =
    "squeue --me --noheader --array --format='%i|%T|%r|%k'"
    " 2>/dev/null";

/* The absolute name, though the file need not be there. */
static bool find_absolute(const char *file, char name[PATH_MAX]) {
  char folder[PATH_MAX];
  const char *const slash = strrchr(file, '/');
  const int length = slash ? (int)(slash - file) + (slash == file) : 1;
  if (length >= PATH_MAX) return false;
  snprintf(folder, sizeof folder, "%.*s", length, slash ? file : ".");
  char *const real = realpath(folder, NULL);
  if (!real) return false;
  const int n = snprintf(name, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "",
                         slash ? slash + 1 : file);
  free(real);
  return n > 0 && n < PATH_MAX;
}

/* "NAME.3-of-8.h5" is written by task 3 of the array that was submitted for
 * NAME.h5. Returns 0 if it is no shard's name. */
static long strip_shard(char name[PATH_MAX]) {
  long shard = 0, of = 0;
  int end = 0;
  char *const slash = strrchr(name, '/');
  char *at = strstr(slash ? slash : name, "-of-");
  if (!at) return 0;
  while (at > name && at[-1] >= '0' && at[-1] <= '9') at--;
  if (at == name || at[-1] != '.' ||
      sscanf(at, "%ld-of-%ld%n", &shard, &of, &end) != 2 || shard < 1)
    return 0;
  memmove(at - 1, at + end, strlen(at + end) + 1);
  return shard;
}

/* Words from another program: what is no plain letter becomes a '?'. */
static void take_word(char to[64], const char *from) {
  size_t n = 0;
  for (; from[n] && n < 63; n++)
    if (from[n] > ' ' && from[n] <= '~')
      to[n] = from[n];
    else
      to[n] = '?';
  to[n] = '\0';
}

/* A line "12_3|PENDING|Priority|/folder/name.h5", taken apart in place. */
static bool is_job_of(char *line, const char *name, const char *base,
                      long shard, cli_queued *job) {
  char *field[4] = {line, NULL, NULL, NULL};
  line[strcspn(line, "\n")] = '\0';
  for (int i = 1; i < 4; i++) {
    char *const bar = strchr(field[i - 1], '|');
    if (!bar) return false;
    *bar = '\0';
    field[i] = bar + 1;
  }
  const char *const task = strchr(field[0], '_');
  const bool is_task = task && strtol(task + 1, NULL, 10) == shard;
  if (strcmp(field[3], name) != 0 &&
      !(shard > 0 && is_task && !strcmp(field[3], base)))
    return false;
  take_word(job->id, field[0]);
  take_word(job->state, field[1]);
  take_word(job->reason, field[2]);
  return true;
}

bool cli_queue_find(const char *results, cli_queued *job) {
  char name[PATH_MAX], base[PATH_MAX], *line = NULL;
  size_t size = 0;
  if (!find_absolute(results, name)) return false;
  strcpy(base, name);
  const long shard = strip_shard(base);
  FILE *const queue = popen(ASK, "r");
  if (!queue) return false;
  bool found = false;
  while (getline(&line, &size, queue) > 0)
    found = found || is_job_of(line, name, base, shard, job);
  free(line);
  return pclose(queue) == 0 && found;
}
