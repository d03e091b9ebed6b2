/* What rank 0 shows while a job runs, on standard error: on a terminal one line
 * that is rewritten, elsewhere a line now and then. */
#ifndef RAMPART_PROGRESS_H
#define RAMPART_PROGRESS_H

#include <stdbool.h>

#include "rampart/sched.h"

typedef struct rp_progress {
  bool live, terminal, on_screen;
  double began_s, shown_s;
} rp_progress;

void rp_progress_begin(rp_progress *progress, bool live);

/** Show the counts if it is time to. Cost: a comparison if it is not. */
void rp_progress_update(rp_progress *progress, const rp_sched *sched,
                        double now_s);

/** Wipe the line from the terminal. */
void rp_progress_end(rp_progress *progress);

#endif
