/* How a run stands, for those who look at it: as one line, and as a small JSON
 * file beside the results, RESULTS.status, which another process can follow
 * while the run is under way (`rampart watch`).
 *
 * The file is replaced by a rename, so that a reader sees a whole one; it is
 * not synced, since it is worth nothing after a crash of the host. It comes
 * before the run reads its files, so that older results are not taken for its
 * own, goes when the run ends, and stays behind if the run is killed: then its
 * `updated` grows old. */
#ifndef RAMPART_STORE_RUN_STATUS_H
#define RAMPART_STORE_RUN_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "rampart/status.h"

enum {
  RP_RUN_STATUS_EVERY_S = 1, /* it is written so often, while it is cheap */
  RP_RUN_STATUS_DEAD_S = 60  /* silence after which a run is taken for dead */
};

typedef struct rp_run_status {
  char state[16];        /* starting, running, stopping, writing, failed */
  char host[64];         /* of rank 0 */
  int64_t pid;           /* of rank 0 */
  double began, updated; /* s since 1970 by that host's clock */
  double elapsed_s;
  int64_t done, total; /* rows */
  rp_verdict_count count;
  int64_t busy, ranks;    /* ranks that compute, and that live */
  double rate;            /* rows done a second, lately */
  int64_t longest_sample; /* of the query under way for longest; -1: none */
  int64_t longest_radius, longest_rank;
  double longest_s;
  double left_low_s, left_high_s; /* NAN: unknown; HUGE_VAL: nobody can say */
} rp_run_status;

/** Name of the status file of a results file. Errors: RP_E_INPUT: too long. */
rp_status rp_run_status_name(const char *results, char name[4096],
                             rp_error *err);

/** Write the status file of a results file.
 *  Errors: RP_E_IO, RP_E_MEMORY, RP_E_INPUT; nothing is left behind.
 *  Cost: one small file. */
rp_status rp_run_status_write(const rp_run_status *status, const char *results,
                              rp_error *err);

/** Read it, opened anew; nothing in it is trusted.
 *  Errors: RP_E_INPUT: there is none, or it is none. */
rp_status rp_run_status_read(const char *results, rp_run_status *status,
                             rp_error *err);

/** Its process is no more, as far as can be told: that of another host, never.
 */
bool rp_run_status_is_gone(const rp_run_status *status);

/** This process will run a job, if its files allow it: the file says so, unless
 *  another run's is there that still lives.
 *  @param results  NULL: none are written */
void rp_run_status_begin(const char *results);

/** Of this process's run: its state, and that it lives. Nothing happens if the
 *  file is another's, or is not there. */
void rp_run_status_say(const char *results, const char *state);

/** This process's run is over: its file goes, unless it says `failed`. */
void rp_run_status_end(const char *results);

enum { RP_RUN_LINE = 256 };

/** The line of a run, at most so wide; what matters least is left out first.
 *  @param text  out, [RP_RUN_LINE] */
void rp_run_status_line(const rp_run_status *status, int width,
                        char text[RP_RUN_LINE]);

#endif
