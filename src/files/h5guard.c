/* Protects the process from damaged HDF5 files.
 *
 * HDF5 trusts what it reads: a few changed bytes make the library (1.10.8) read
 * out of bounds, free memory that it never allocated, or loop for ever, even
 * while it reads an attribute. So a child process reads the file first. If the
 * child crashes or does not end, the file is refused. If it succeeds, the
 * parent repeats the same work with the same outcome: fork has copied its
 * memory, so both see the same bytes. That costs a fork and a second reading.
 *
 * The child sends its result through a pipe, which works even where SIGCHLD is
 * ignored and exit statuses are lost. It reads no other file, so its limit of
 * CPU time is tight; that of wall time allows for a busy machine.
 *
 * A fork copies the locks that other threads hold at that moment, MPI's threads
 * for example, and nobody releases them in the child. A child that waits for
 * one uses no CPU time, and another child takes its place. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "files/h5util.h"

enum { LEAST_SECONDS = 3, SECONDS_A_MEGABYTE = 4, WALL_FACTOR = 20 };
enum { MOST_CHILDREN = 3 };        /* the last one is not replaced */
static const double GRACE_S = 2;   /* after a signal that stops the run */
static const double STALLED_S = 2; /* without CPU time */
static const rlim_t LEAST_BYTES = (rlim_t)1 << 29, BYTES_A_BYTE = 4096;

typedef struct outcome {
  rp_status status;
  rp_error err;
} outcome;

static rlim_t choose_time_limit(const rp_file_content *content) {
  return LEAST_SECONDS + SECONDS_A_MEGABYTE * (rlim_t)(content->size >> 20);
}

/* Bytes of address space in use; 0 if unknown. */
static rlim_t measure_address_space(void) {
  unsigned long long pages = 0;
  FILE *const in = fopen("/proc/self/statm", "re");
  if (!in) return 0;
  const bool known = fscanf(in, "%llu", &pages) == 1;
  (void)fclose(in);
  return known ? (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) : 0;
}

/* The memory that an undamaged file of this size may need, up to the memory of
 * the machine. */
static rlim_t choose_memory_limit(const rp_file_content *content) {
  const rlim_t machine =
      (rlim_t)sysconf(_SC_PHYS_PAGES) * (rlim_t)sysconf(_SC_PAGESIZE);
  const rlim_t wanted = LEAST_BYTES + BYTES_A_BYTE * (rlim_t)content->size;
  return wanted < machine ? wanted : machine;
}

static void set_limit(int resource, rlim_t most) {
  const struct rlimit both = {most, most};
  (void)setrlimit(resource, &both);
}

/* Called in the child: no core file, no output on standard error, limits of
 * time and memory. Signals and the death of the parent end the child. */
static void confine_child(const rp_file_content *content, pid_t parent) {
  static const int deadly[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGABRT, SIGILL,
                               SIGINT,  SIGTERM, SIGUSR1, SIGALRM};
  const rlim_t in_use = measure_address_space();
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
    (void)signal(deadly[i], SIG_DFL);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, choose_time_limit(content));
  if (in_use > 0) set_limit(RLIMIT_AS, in_use + choose_memory_limit(content));
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) (void)dup2(nowhere, STDERR_FILENO);
}

static void run_child(const rp_file_content *content, int to, rp_h5_task *task,
                      void *arg, pid_t parent) {
  outcome own;
  memset(&own, 0, sizeof own);
  confine_child(content, parent);
  own.status = task(arg, &own.err);
  (void)!write(
      to, &own,
      sizeof own); /* fits into the pipe's buffer, so it is not split */
  _exit(0);
}

/* CPU time of a child so far; 0 if unknown. */
static double measure_cpu_s(pid_t child) {
  clockid_t clock;
  struct timespec t;
  if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &t) != 0)
    return 0;
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct attempt {
  pid_t child;
  bool is_last;    /* no other child takes its place */
  bool is_stalled; /* out */
} attempt;

/* When a child was last seen to use CPU time. */
typedef struct progress {
  double cpu_s, at_s;
} progress;

static bool has_stalled(pid_t child, progress *last) {
  const double cpu_s = measure_cpu_s(child), now_s = rp_clock_wall_s();
  if (cpu_s != last->cpu_s) *last = (progress){cpu_s, now_s};
  return now_s - last->at_s > STALLED_S;
}

typedef enum ending { ARRIVED, STALLED, LOST } ending;

/* Does the child's result arrive before the deadline? After a request to stop,
 * the child still gets a short time to finish. */
static ending read_outcome(int from, const attempt *by, double seconds,
                           outcome *found) {
  double end_s = rp_clock_wall_s() + seconds;
  progress last = {-1, 0};
  bool stopping = false;
  for (;;) {
    if (!stopping && atomic_load(rp_stop_flag())) {
      stopping = true;
      const double soon_s = rp_clock_wall_s() + GRACE_S;
      if (soon_s < end_s) end_s = soon_s;
    }
    const double left_s = end_s - rp_clock_wall_s();
    if (left_s <= 0) return LOST;
    struct pollfd ready = {.fd = from, .events = POLLIN};
    const int n =
        poll(&ready, 1, left_s < 0.1 ? 1 + (int)(1000 * left_s) : 100);
    if (n > 0)
      return read(from, found, sizeof *found) == sizeof *found ? ARRIVED : LOST;
    if (n < 0 && errno != EINTR) return LOST;
    if (n == 0 && !by->is_last && has_stalled(by->child, &last)) return STALLED;
  }
}

/* A signal from a terminal goes to both, and the child may be gone before this
 * process has noticed its own. */
static bool is_ended_by_stop(pid_t child) {
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) {
  }
  if (ended != child || !WIFSIGNALED(status)) return false;
  const int by = WTERMSIG(status);
  return by == SIGINT || by == SIGTERM || by == SIGUSR1;
}

static rp_status await_child(const rp_file_content *content, int from,
                             attempt *by, rp_error *err) {
  outcome found;
  const double seconds = WALL_FACTOR * (double)choose_time_limit(content);
  const ending end = read_outcome(from, by, seconds, &found);
  if (end != ARRIVED) (void)kill(by->child, SIGKILL);
  const bool was_stopped =
      is_ended_by_stop(by->child) || atomic_load(rp_stop_flag());
  by->is_stalled = end == STALLED && !was_stopped;
  if (end != ARRIVED && was_stopped)
    return rp_fail(err, RP_E_STOPPED, "%s: stopped while it was read",
                   content->file);
  if (end != ARRIVED)
    return rp_fail(err, RP_E_INPUT,
                   "%s: damaged file: the reader crashes or does not end",
                   content->file);
  if (found.status == RP_OK) return RP_OK;
  return rp_fail(err, found.status, "%s", found.err.text);
}

/* Do the task in a child. */
static rp_status try_in_child(const rp_file_content *content, rp_h5_task *task,
                              void *arg, attempt *by, rp_error *err) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return rp_fail(err, RP_E_IO, "%s: cannot be read safely: pipe: %s",
                   content->file, strerror(errno));
  const pid_t parent = getpid();
  by->child = fork();
  if (by->child == 0) run_child(content, ends[1], task, arg, parent);
  const int problem = errno;
  (void)close(ends[1]);
  const rp_status status =
      by->child < 0
          ? rp_fail(err, RP_E_IO, "%s: cannot be read safely: fork: %s",
                    content->file, strerror(problem))
          : await_child(content, ends[0], by, err);
  (void)close(ends[0]);
  return status;
}

rp_status rp_h5_run_guarded(const rp_file_content *content, rp_h5_task *task,
                            void *arg, rp_error *err) {
  rp_status status;
  attempt by;
  int left = MOST_CHILDREN;
  do {
    by = (attempt){.is_last = --left == 0};
    status = try_in_child(content, task, arg, &by, err);
  } while (by.is_stalled);
  return status == RP_OK ? task(arg, err) : status;
}
