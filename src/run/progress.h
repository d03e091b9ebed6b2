/* What rank 0 tells about a run under way: on standard error, on a terminal one
 * line that is rewritten, elsewhere a line now and then; and the status file
 * beside the results, for `rampart watch`. */
#ifndef RAMPART_RUN_PROGRESS_H
#define RAMPART_RUN_PROGRESS_H

#include <stdbool.h>

#include "sched/forecast.h"
#include "sched/sched.h"
#include "store/run_status.h"

typedef struct rp_progress_setting {
  bool live;                       /* on standard error */
  const char *output;              /* results file; NULL: no status file */
  int32_t n_workers;               /* as the scheduler numbers them */
  int32_t targets;                 /* of pairs (pair.h); 0: samples */
  double limit_s;                  /* time limit of a query */
  int64_t rows[RP_FORECAST_KINDS]; /* of the whole job, by kind */
} rp_progress_setting;

/* A query under way, and when it was first seen. */
typedef struct rp_progress_running {
  int64_t id; /* 0: none */
  double since_s;
} rp_progress_running;

typedef struct rp_progress {
  rp_progress_setting setting;
  bool terminal, on_screen;
  int terminal_fd; /* whose width counts; -1: unknown */
  double began_s, show_at_s, write_at_s;
  int64_t known; /* rows of an earlier run, done at no cost; -1: not counted */
  /* Rows done, and those of them that were known, by kind. */
  int64_t done_of[RP_FORECAST_KINDS], known_of[RP_FORECAST_KINDS];
  double mark_s[2]; /* rows done at two earlier times, for the rate */
  int64_t mark_done[2];
  rp_forecast forecast;
  rp_progress_running *running; /* [n_workers]; NULL: no memory, not shown */
  double *age;                  /* [n_workers] */
  rp_run_status status;
} rp_progress;

/** Nothing here can fail: what cannot be shown is left out.
 *  @param progress  zeroed by the caller; rows of an earlier run may have been
 *                   counted already (rp_progress_row)
 *  @param sched  read, not kept */
void rp_progress_begin(rp_progress *progress,
                       const rp_progress_setting *setting,
                       const rp_sched *sched);

/** The kind of a row (forecast.h).
 *  @param radius  of a query; 0: a search for a maximum radius */
int32_t rp_progress_kind(int32_t radius);

/** Note that an answer came in for a row of this kind, after so many seconds.
 */
void rp_progress_answer(rp_progress *progress, int32_t kind, double seconds);

/** Note that a row of this kind is done. */
void rp_progress_row(rp_progress *progress, int32_t kind);

/** Show the state of the run if it is time to. Cost: a comparison if it is not,
 *  else O(workers) and one small file. */
void rp_progress_update(rp_progress *progress, const rp_sched *sched,
                        double now_s);

/** Wipe the line from the terminal; the status file stays. */
void rp_progress_end(rp_progress *progress);

#endif
