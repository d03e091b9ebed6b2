/* Finds the job in SLURM's queue that will write given results.
 *
 * slurm/submit.sh puts the name of the results file into the job's comment.
 * SLURM keeps the comment when it requeues the job, so no file has to be kept
 * up to date. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "core/number.h"

static const char ASK[] =
    "squeue --me --noheader --array --format='%i|%T|%r|%k'"
    " 2>/dev/null";

/* Make a name absolute; the file itself need not exist. */
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
 * NAME.h5. Returns 0 if the name is not that of a shard. */
static int64_t strip_shard(char name[PATH_MAX]) {
  int64_t shard = 0, of;
  char *const slash = strrchr(name, '/');
  char *at = strstr(slash ? slash : name, "-of-");
  if (!at) return 0;
  while (at > name && at[-1] >= '0' && at[-1] <= '9') at--;
  if (at == name || at[-1] != '.') return 0;
  const char *end = rp_read_whole(at, 1, INT64_MAX, &shard);
  if (!end || strncmp(end, "-of-", 4) != 0) return 0;
  end = rp_read_whole(end + 4, 1, INT64_MAX, &of);
  if (!end) return 0;
  memmove(at - 1, end, strlen(end) + 1);
  return shard;
}

/* Copy a word that another program printed; spaces, control characters and
 * bytes that are not ASCII become '?'. */
static void copy_plain_word(char to[64], const char *from) {
  size_t n = 0;
  for (; from[n] && n < 63; n++)
    if (from[n] > ' ' && from[n] <= '~')
      to[n] = from[n];
    else
      to[n] = '?';
  to[n] = '\0';
}

/* Parse, in place, a line such as "12_3|PENDING|Priority|/folder/name.h5". */
static bool is_job_of(char *line, const char *name, const char *base,
                      int64_t shard, cli_queued *job) {
  char *field[4] = {line, NULL, NULL, NULL};
  line[strcspn(line, "\n")] = '\0';
  for (int i = 1; i < 4; i++) {
    char *const bar = strchr(field[i - 1], '|');
    if (!bar) return false;
    *bar = '\0';
    field[i] = bar + 1;
  }
  const char *const task = strchr(field[0], '_');
  int64_t number;
  const bool is_task = task && rp_read_whole(task + 1, shard, shard, &number);
  if (strcmp(field[3], name) != 0 &&
      !(shard > 0 && is_task && !strcmp(field[3], base)))
    return false;
  copy_plain_word(job->id, field[0]);
  copy_plain_word(job->state, field[1]);
  copy_plain_word(job->reason, field[2]);
  return true;
}

bool cli_queue_find(const char *results, cli_queued *job) {
  char name[PATH_MAX], base[PATH_MAX], *line = NULL;
  size_t size = 0;
  if (!find_absolute(results, name)) return false;
  strcpy(base, name);
  const int64_t shard = strip_shard(base);
  FILE *const queue = popen(ASK, "r");
  if (!queue) return false;
  bool found = false;
  while (getline(&line, &size, queue) > 0)
    found = found || is_job_of(line, name, base, shard, job);
  free(line);
  return pclose(queue) == 0 && found;
}
