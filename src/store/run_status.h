/* The progress of a run: as one line, and as a small JSON file beside the
 * results, RESULTS.status, which other processes can follow (`rampart watch`).
 *
 * The file is replaced by a rename, so that readers see a whole file. It is not
 * synced, because it is useless after a crash of the host. It is created before
 * the run reads its files, so that older results are not mistaken for those of
 * the run, and is removed when the run ends. A run that is killed leaves it
 * behind with an old `updated`. */
#ifndef RAMPART_STORE_RUN_STATUS_H
#define RAMPART_STORE_RUN_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "rampart/status.h"

enum {
  RP_RUN_STATUS_EVERY_S = 1, /* interval of writing, while that is cheap */
  RP_RUN_STATUS_DEAD_S = 60  /* silence after which a run is presumed dead */
};

typedef struct rp_run_status {
  char state[16];        /* starting, running, stopping, writing, failed */
  char host[64];         /* of rank 0 */
  int64_t pid;           /* of rank 0 */
  double began, updated; /* s since 1970 by that host's clock */
  double elapsed_s;
  int64_t done, total; /* rows */
  rp_verdict_count count;
  int64_t busy, ranks;    /* ranks that compute, and ranks alive */
  double rate;            /* rows done a second, lately */
  int64_t longest_sample; /* of the query that has run longest; -1: none */
  int64_t longest_radius, longest_rank;
  double longest_s;
  double left_low_s, left_high_s; /* NAN: unknown; HUGE_VAL: no upper bound */
} rp_run_status;

/** Make the name of a results file's status file.
 *  Errors: RP_E_INPUT: too long. */
rp_status rp_run_status_name(const char *results, char name[4096],
                             rp_error *err);

/** Write the status file of a results file.
 *  Errors: RP_E_IO, RP_E_MEMORY, RP_E_INPUT; nothing is left behind.
 *  Cost: one small file. */
rp_status rp_run_status_write(const rp_run_status *status, const char *results,
                              rp_error *err);

/** Open and read the status file. Nothing in it is trusted.
 *  Errors: RP_E_INPUT: missing, or not a status file. */
rp_status rp_run_status_read(const char *results, rp_run_status *status,
                             rp_error *err);

/** Whether the run's process is known to have ended. Always false if it is on
 *  another host. */
bool rp_run_status_is_gone(const rp_run_status *status);

/** Write a status file saying that this process is starting a run, unless
 *  there is one of another run that is alive.
 *  @param results  NULL: do nothing */
void rp_run_status_begin(const char *results);

/** Update the state and the time stamp of this process's run. Does nothing if
 * the file is missing or belongs to another process. */
void rp_run_status_set_state(const char *results, const char *state);

/** Remove the status file of this process's run, unless its state is `failed`.
 */
void rp_run_status_end(const char *results);

enum { RP_RUN_LINE = 256 };

/** Get the width of a terminal in columns.
 *  @param terminal  a file descriptor; 80 columns if it is no terminal */
int rp_run_line_columns(int terminal);

/** Format the line of a run. The least important parts are dropped to fit it
 *  into the width.
 *  @param text  out, [RP_RUN_LINE] */
void rp_run_status_line(const rp_run_status *status, int width,
                        char text[RP_RUN_LINE]);

#endif
