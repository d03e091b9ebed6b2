/* What happens in a run, as lines of JSON that other programs follow while it
 * goes on (RFC 8259, one object a line). Each has "event" and "time" (UTC):
 *
 *   begin   network, output, ranks, threads, queries, searches
 *   task    rank, sample, radius, piece, begin_s, end_s, verdict, reason
 *   query   sample, label, radius, verdict, reason, evidence, seconds
 *   radius  sample, label, lo, hi, verdict, reason, seconds
 *   lost    rank
 *   saved   output, rows
 *   end     status (complete, interrupted, failed), rows, undecided
 *
 * Lines are appended, so that a run that continues goes on in the same file.
 * Events are no results: if they cannot be written, the run says so once and
 * goes on. All functions but the first take NULL, and do nothing then. */
#ifndef RAMPART_RUN_EVENTS_H
#define RAMPART_RUN_EVENTS_H

#include <stdbool.h>

#include "run/setup.h"
#include "store/results.h"

typedef struct rp_events rp_events;

/** Errors: RP_E_INPUT: the file cannot be opened; RP_E_MEMORY. */
rp_status rp_events_open(const char *file, rp_events **events, rp_error *err);
void rp_events_close(rp_events *events);

void rp_events_begin(rp_events *events, const rp_sched_plan *plan,
                     const rp_provenance *run, const char *output);
void rp_events_task(rp_events *events, const rp_task_row *row,
                    rp_reason reason);
void rp_events_query(rp_events *events, const rp_query_row *row);
void rp_events_radius(rp_events *events, const rp_radius_row *row);
void rp_events_lost(rp_events *events, int rank);
void rp_events_saved(rp_events *events, const char *output, int64_t rows);
/** @param results  NULL if there are none */
void rp_events_end(rp_events *events, rp_status status,
                   const rp_results *results);

#endif
