/* Tells somebody that a run has ended, by a command of the user's. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"

extern char **environ;

void cli_notify(const char *command, const char *results, int status) {
  char number[16], *const words[] = {"sh", "-c", (char *)command, NULL};
  pid_t child;
  int ended = 0;
  snprintf(number, sizeof number, "%d", status);
  setenv("RAMPART_RESULTS", results, 1);
  setenv("RAMPART_STATUS", number, 1);
  fflush(stdout);
  int problem = posix_spawn(&child, "/bin/sh", NULL, NULL, words, environ);
  while (!problem && waitpid(child, &ended, 0) < 0)
    if (errno != EINTR) problem = errno;
  if (problem)
    fprintf(stderr, "rampart: --notify: %s\n", strerror(problem));
  else if (ended != 0)
    fprintf(stderr, "rampart: --notify: the command ended with status %d\n",
            WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended));
}
