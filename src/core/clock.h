/* Time, deadlines and the stop flag: everything that may end work early. */
#ifndef RAMPART_CORE_CLOCK_H
#define RAMPART_CORE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

/** Seconds on the monotonic clock. */
double rp_clock_wall_s(void);

/** Seconds since 1970 by this host's clock, which may be set at any time. */
double rp_clock_unix_s(void);

/** CPU seconds of the whole process, and of the calling thread. */
double rp_clock_process_cpu_s(void);
double rp_clock_thread_cpu_s(void);

/** When to stop: an absolute wall time, an absolute CPU time of the process
 *  and an optional flag set from outside (a cancelled task, a signal). Borrowed
 *  by everything that loops. */
typedef struct rp_deadline {
  double at_s;     /* rp_clock_wall_s() value; HUGE_VAL for none */
  double cpu_at_s; /* rp_clock_process_cpu_s() value; HUGE_VAL for none */
  const atomic_bool *stop; /* may be NULL */
} rp_deadline;

/** @param seconds  of wall time from now; CPU time is not limited */
rp_deadline rp_deadline_after(double seconds, const atomic_bool *stop);

/** Limit the CPU time of the process too, counted from now. HUGE_VAL means no
 *  limit. */
void rp_deadline_limit_cpu(rp_deadline *deadline, double seconds);

/** True once the time has passed or the flag is set. Cost: one clock read, two
 *  if CPU time is limited. */
bool rp_deadline_has_passed(const rp_deadline *deadline);

/** True if the flag, not the time, ended the work. */
bool rp_deadline_is_interrupted(const rp_deadline *deadline);

/** Seconds left, never negative. */
double rp_deadline_left_s(const rp_deadline *deadline);

/** The process-wide stop flag that SIGINT, SIGTERM and SIGUSR1 set. From
 *  then on a file-size limit makes a write fail and does not end the process.
 *  Installing the handlers twice is harmless. */
void rp_stop_install_handlers(void);
atomic_bool *rp_stop_flag(void);

#endif
