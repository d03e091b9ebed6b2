/* How one job scales: results files of runs on different numbers of ranks,
 * compared with the one on the fewest. */
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
  double wall_s;    /* rank 0's, from its start to the last answer */
  double busy_s;    /* in tasks, summed over ranks */
  double serving_s; /* CPU of rank 0's main thread */
  /* By comparison: */
  double speedup;    /* over one rank, the base taken as perfect */
  double efficiency; /* speedup / ranks */
  double idle;       /* share of the ranks' time in no task */
} rp_scaling_run;

typedef struct rp_scaling {
  rp_scaling_run *run; /* [n], by ranks */
  int32_t n;
  bool weak; /* work grows with the ranks: time should stay as it is */
} rp_scaling;

/** Compare runs. Of several on as many ranks the one with the median wall time
 *  is taken (of two the faster).
 *  @param results, files  [n]; files are borrowed
 *  Errors: RP_E_INPUT with one line where the runs cannot be compared: another
 *  network or dataset, other rows (unless weak), no wall time, a rank missing;
 *  RP_E_MEMORY. */
rp_status rp_scaling_compare(const rp_results *const *results,
                             const char *const *files, int32_t n, bool weak,
                             rp_scaling *scaling, rp_error *err);
void rp_scaling_free(rp_scaling *scaling);

/** A table for the terminal. */
void rp_scaling_print(FILE *out, const rp_scaling *scaling);

/** The same with more digits: one header line, then a line a run. */
void rp_scaling_csv(FILE *out, const rp_scaling *scaling);

/** Speed-up over ranks as SVG, with the ideal line. */
void rp_scaling_plot(FILE *out, const rp_scaling *scaling);

#endif
