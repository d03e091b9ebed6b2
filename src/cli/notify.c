/* Tells somebody that a run has ended, by a command of the user's. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "core/memory.h"

extern char **environ;

/* Whether a variable tells a rank of MPI who it is. */
static bool is_of_rank(const char *variable) {
  static const char *const starts[] = {"OMPI_COMM_WORLD_", "PMIX_", "PMI_"};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    if (!strncmp(variable, starts[i], strlen(starts[i]))) return true;
  return false;
}

/* The environment of a command that is no rank: what it starts would wait for
 * the others. NULL: no memory. */
static char **list_environment(void) {
  size_t n = 0, kept = 0;
  while (environ[n]) n++;
  char **const list = rp_alloc(n + 1, sizeof *list);
  for (size_t i = 0; list && i < n; i++)
    if (!is_of_rank(environ[i])) list[kept++] = environ[i];
  return list;
}

void cli_notify(const char *command, const char *results, int status) {
  char number[16], *const words[] = {"sh", "-c", (char *)command, NULL};
  pid_t child;
  int ended = 0;
  snprintf(number, sizeof number, "%d", status);
  setenv("RAMPART_RESULTS", results, 1);
  setenv("RAMPART_STATUS", number, 1);
  fflush(stdout);
  char **const list = list_environment();
  int problem =
      list ? posix_spawn(&child, "/bin/sh", NULL, NULL, words, list) : ENOMEM;
  free(list);
  while (!problem && waitpid(child, &ended, 0) < 0)
    if (errno != EINTR) problem = errno;
  if (problem)
    fprintf(stderr, "rampart: --notify: %s\n", strerror(problem));
  else if (ended != 0)
    fprintf(stderr, "rampart: --notify: the command ended with status %d\n",
            WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended));
}
