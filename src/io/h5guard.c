/* A damaged file must not take the process with it.
 *
 * HDF5 trusts what it reads: a few changed bytes make the library (1.10.8) read
 * out of bounds, free what it never allocated, or run for ever, in places as
 * plain as reading an attribute. So a child process reads the file first. If it
 * dies or spins, the file is refused; if it lives, the parent does the same,
 * and the same happens: fork has copied the memory, so the two runs see the
 * same bytes everywhere. That costs one fork and a second reading, once a file.
 *
 * The child says that it lived by one byte through a pipe, which works even
 * where SIGCHLD is ignored and exit statuses are lost. Its time is limited in
 * CPU seconds, so that a slow file system is not held against a file. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fileutil.h"
#include "h5util.h"

enum { LEAST_SECONDS = 3, SECONDS_A_MEGABYTE = 4 };

static rlim_t seconds_for(const char *file) {
  struct stat info;
  const rlim_t megabytes =
      stat(file, &info) == 0 ? (rlim_t)info.st_size >> 20 : 0;
  return LEAST_SECONDS + SECONDS_A_MEGABYTE * megabytes;
}

/* In the child: no core file, no words, no more time than is fair. */
static void child_confined(const char *file) {
  const struct rlimit no_core = {0, 0};
  const rlim_t seconds = seconds_for(file);
  const struct rlimit some_time = {seconds, seconds};
  (void)setrlimit(RLIMIT_CORE, &no_core);
  (void)setrlimit(RLIMIT_CPU, &some_time);
  static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL};
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
    (void)signal(deadly[i], SIG_DFL);
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) (void)dup2(nowhere, STDERR_FILENO);
}

static void child_run(const char *file, int lived, rp_h5_task *task,
                      void *arg) {
  rp_error unread;
  child_confined(file);
  (void)task(arg, &unread);
  (void)!write(lived, "", 1);
  _exit(0);
}

/* True if the byte came; false if the pipe closed without it. */
static bool child_lived(pid_t child, int lived) {
  char byte;
  ssize_t n;
  do n = read(lived, &byte, 1);
  while (n < 0 && errno == EINTR);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
  return n == 1;
}

rp_status rp_h5_guarded(const char *file, rp_h5_task *task, void *arg,
                        rp_error *err) {
  int ends[2];
  RP_TRY(rp_file_check(file, err));
  if (pipe2(ends, O_CLOEXEC) != 0)
    return rp_fail(err, RP_E_IO, "%s: cannot be read in safety: pipe: %s", file,
                   strerror(errno));
  const pid_t child = fork();
  if (child == 0) child_run(file, ends[1], task, arg);
  (void)close(ends[1]);
  const bool lived = child > 0 && child_lived(child, ends[0]);
  (void)close(ends[0]);
  if (child < 0)
    return rp_fail(err, RP_E_IO, "%s: cannot be read in safety: fork: %s", file,
                   strerror(errno));
  if (!lived)
    return rp_fail(err, RP_E_INPUT,
                   "%s: damaged HDF5 file: reading it crashes or does not end",
                   file);
  return task(arg, err);
}
