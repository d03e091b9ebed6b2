#include "run/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/pair.h"

struct rp_events {
  FILE *out;       /* NULL: given up */
  int32_t targets; /* of the run, for pairs (pair.h) */
  const char *part;
};

rp_status rp_events_open(const char *file, rp_events **events, rp_error *err) {
  rp_events *const made = rp_alloc(1, sizeof *made);
  if (!made) return rp_fail(err, RP_E_MEMORY, "events: out of memory");
  made->out = fopen(file, "ae");
  if (!made->out) {
    free(made);
    return rp_fail(err, RP_E_INPUT, "%s: cannot be written: %s", file,
                   strerror(errno));
  }
  *events = made;
  return RP_OK;
}

void rp_events_close(rp_events *events) {
  if (!events) return;
  if (events->out) fclose(events->out);
  free(events);
}

/* ---- Lines ---- */

static void begin_line(const rp_events *events, const char *event) {
  struct timespec now;
  struct tm utc;
  char date[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  fprintf(events->out, "{\"event\":\"%s\",\"time\":\"%s.%03ldZ\"", event, date,
          now.tv_nsec / 1000000);
}

static void put_whole(const rp_events *events, const char *name,
                      int64_t value) {
  fprintf(events->out, ",\"%s\":%" PRId64, name, value);
}

/* A sample, or a pair. */
static void put_subject(const rp_events *events, int64_t subject) {
  put_whole(events, "sample", rp_pair_sample(subject, events->targets));
  if (events->targets > 0)
    put_whole(events, events->part, rp_pair_target(subject, events->targets));
}

static void put_real(const rp_events *events, const char *name, double value) {
  fprintf(events->out, ",\"%s\":", name);
  rp_json_real(events->out, value, 6);
}

static void put_text(const rp_events *events, const char *name,
                     const char *text) {
  fprintf(events->out, ",\"%s\":", name);
  rp_json_text(events->out, text);
}

/* A reader sees whole lines only. */
static void end_line(rp_events *events) {
  fputs("}\n", events->out);
  if (fflush(events->out) == 0 && !ferror(events->out)) return;
  rp_log(RP_LOG_WARN, "events cannot be written any more: %s", strerror(errno));
  fclose(events->out);
  events->out = NULL;
}

static bool is_open(const rp_events *events) {
  return events && events->out;
}

/* ---- Events ---- */

void rp_events_begin(rp_events *events, const rp_sched_plan *plan,
                     const rp_provenance *run, const char *output) {
  if (!is_open(events)) return;
  events->targets = run->targets;
  events->part = rp_provenance_part(run);
  begin_line(events, "begin");
  put_text(events, "network", run->network);
  if (output) put_text(events, "output", output);
  put_whole(events, "ranks", run->ranks);
  put_whole(events, "threads", run->threads);
  put_whole(events, "queries", plan->n_queries);
  put_whole(events, "searches", plan->n_searches);
  end_line(events);
}

void rp_events_task(rp_events *events, const rp_task_row *row,
                    rp_reason reason) {
  if (!is_open(events)) return;
  begin_line(events, "task");
  put_whole(events, "rank", row->rank);
  put_subject(events, row->sample);
  put_whole(events, "radius", row->radius);
  put_whole(events, "piece", row->piece);
  put_real(events, "begin_s", row->begin_s);
  put_real(events, "end_s", row->end_s);
  put_text(events, "verdict", rp_verdict_name(row->verdict));
  put_text(events, "reason", rp_reason_name(reason));
  end_line(events);
}

void rp_events_query(rp_events *events, const rp_query_row *row) {
  if (!is_open(events)) return;
  begin_line(events, "query");
  put_subject(events, row->sample);
  put_whole(events, "label", row->label);
  put_whole(events, "radius", row->radius);
  put_text(events, "verdict", rp_verdict_name(row->verdict));
  put_text(events, "reason", rp_reason_name(row->reason));
  put_text(events, "evidence", rp_evidence_name(row->evidence));
  put_real(events, "seconds", row->seconds);
  end_line(events);
}

void rp_events_radius(rp_events *events, const rp_radius_row *row) {
  if (!is_open(events)) return;
  begin_line(events, "radius");
  put_subject(events, row->sample);
  put_whole(events, "label", row->label);
  put_whole(events, "lo", row->lo);
  put_whole(events, "hi", row->hi);
  put_text(events, "verdict", rp_verdict_name(row->verdict));
  put_text(events, "reason", rp_reason_name(row->reason));
  put_real(events, "seconds", row->seconds);
  end_line(events);
}

void rp_events_lost(rp_events *events, int rank) {
  if (!is_open(events)) return;
  begin_line(events, "lost");
  put_whole(events, "rank", rank);
  end_line(events);
}

void rp_events_saved(rp_events *events, const char *output, int64_t rows) {
  if (!is_open(events)) return;
  begin_line(events, "saved");
  put_text(events, "output", output);
  put_whole(events, "rows", rows);
  end_line(events);
}

void rp_events_end(rp_events *events, rp_status status,
                   const rp_results *results) {
  if (!is_open(events)) return;
  begin_line(events, "end");
  put_text(events, "status",
           status != RP_OK                                 ? "failed"
           : results && rp_results_is_interrupted(results) ? "interrupted"
                                                           : "complete");
  if (results) {
    put_whole(events, "rows", results->n_queries + results->n_radii);
    put_whole(events, "undecided", rp_results_count_undecided(results));
  }
  end_line(events);
}
