/* The scaling of a job: results of runs on different numbers of ranks, compared
 * with the run on the fewest. */
#ifndef RAMPART_REPORT_SCALING_H
#define RAMPART_REPORT_SCALING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rampart/status.h"
#include "store/results.h"

/** One run. */
typedef struct rp_scaling_run {
  const char *file; /* borrowed */
  int32_t ranks, threads;
  int64_t rows, undecided, tasks, messages, message_bytes;
  double wall_s;    /* of rank 0, from its start to the last answer */
  double busy_s;    /* in tasks, summed over ranks */
  double serving_s; /* CPU of rank 0's main thread */
  /* Computed by the comparison: */
  double speedup;    /* over one rank, assuming a perfect base */
  double efficiency; /* speedup / ranks */
  double idle;       /* fraction of the ranks' time outside tasks */
} rp_scaling_run;

typedef struct rp_scaling {
  rp_scaling_run *run; /* [n], by ranks */
  int32_t n;
  bool weak; /* the work grows with the ranks */
} rp_scaling;

/** Compare runs. Of several runs on the same number of ranks, the one with the
 *  median wall time counts (of two, the faster).
 *  @param results, files  [n]; files are borrowed
 *  Errors: RP_E_INPUT if the runs cannot be compared: another network or
 * dataset, other rows (unless weak), no wall time, a missing rank; RP_E_MEMORY.
 */
rp_status rp_scaling_compare(const rp_results *const *results,
                             const char *const *files, int32_t n, bool weak,
                             rp_scaling *scaling, rp_error *err);
void rp_scaling_free(rp_scaling *scaling);

/** Print a table for the terminal. */
void rp_scaling_print(FILE *out, const rp_scaling *scaling);

/** Print CSV: a header line, then a line for each run. */
void rp_scaling_csv(FILE *out, const rp_scaling *scaling);

/** Draw speed-up over ranks as SVG, with the ideal line. */
void rp_scaling_plot(FILE *out, const rp_scaling *scaling);

#endif
