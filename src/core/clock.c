/* Clocks by clock_gettime; the stop flag is set by signals. */
#include "core/clock.h"

#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

static double read_clock_s(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double rp_clock_wall_s(void) {
  return read_clock_s(CLOCK_MONOTONIC);
}
double rp_clock_unix_s(void) {
  return read_clock_s(CLOCK_REALTIME);
}
double rp_clock_process_cpu_s(void) {
  return read_clock_s(CLOCK_PROCESS_CPUTIME_ID);
}
double rp_clock_thread_cpu_s(void) {
  return read_clock_s(CLOCK_THREAD_CPUTIME_ID);
}

rp_deadline rp_deadline_after(double seconds, const atomic_bool *stop) {
  rp_deadline deadline = {
      .at_s = rp_clock_wall_s() + seconds, .cpu_at_s = HUGE_VAL, .stop = stop};
  return deadline;
}

void rp_deadline_limit_cpu(rp_deadline *deadline, double seconds) {
  deadline->cpu_at_s =
      isinf(seconds) ? seconds : rp_clock_process_cpu_s() + seconds;
}

/* Reading the process's clock costs a system call. */
static bool is_cpu_limit_over(const rp_deadline *deadline) {
  return !isinf(deadline->cpu_at_s) &&
         rp_clock_process_cpu_s() >= deadline->cpu_at_s;
}

bool rp_deadline_is_interrupted(const rp_deadline *deadline) {
  return deadline->stop && atomic_load(deadline->stop);
}

bool rp_deadline_has_passed(const rp_deadline *deadline) {
  return rp_deadline_is_interrupted(deadline) ||
         rp_clock_wall_s() >= deadline->at_s || is_cpu_limit_over(deadline);
}

double rp_deadline_left_s(const rp_deadline *deadline) {
  if (rp_deadline_is_interrupted(deadline)) return 0;
  double left = deadline->at_s - rp_clock_wall_s();
  if (!isinf(deadline->cpu_at_s))
    left = fmin(left, deadline->cpu_at_s - rp_clock_process_cpu_s());
  return fmax(0, left);
}

static atomic_bool stop_requested = false;

atomic_bool *rp_stop_flag(void) {
  return &stop_requested;
}

static void request_stop(int signal_number) {
  (void)signal_number;
  atomic_store(&stop_requested, true);
}

void rp_stop_install_handlers(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGUSR1};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = request_stop;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, NULL);
  action.sa_handler = SIG_IGN; /* writes then fail, as on a full disk */
  sigaction(SIGXFSZ, &action, NULL);
}
