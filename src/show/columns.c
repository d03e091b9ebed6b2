/* The columns of the tables, a line each. */
#include <stddef.h>

#include "show/table.h"

static rp_cell whole(int64_t value) {
  return (rp_cell){.kind = RP_CELL_WHOLE, .whole = value};
}
static rp_cell real(double value) {
  return (rp_cell){.kind = RP_CELL_REAL, .real = value};
}
static rp_cell text(const char *value) {
  return (rp_cell){.kind = RP_CELL_TEXT, .text = value};
}
static rp_cell none(void) {
  return (rp_cell){.kind = RP_CELL_NONE};
}
static rp_cell whole_if(bool known, int64_t value) {
  return known ? whole(value) : none();
}
static rp_cell text_unless_none(const char *value, bool is_none) {
  return text(is_none ? "" : value);
}

static rp_radius_state state_of(const rp_radius_row *r,
                                const rp_provenance *from) {
  return rp_radius_state_of(r, from->radius_cap);
}

/* Has the row bounds that say something of the sample? */
static bool has_bounds(const rp_radius_row *r, const rp_provenance *from) {
  return r->lo >= 0 && state_of(r, from) != RP_RADIUS_UNASKED &&
         r->verdict != RP_INVALID;
}

static rp_cell upper_bound(const rp_radius_row *r, const rp_provenance *from) {
  rp_cell cell = whole_if(has_bounds(r, from), r->hi);
  if (cell.kind == RP_CELL_WHOLE && rp_radius_is_unbounded(r, from->radius_cap))
    cell.kind = RP_CELL_AT_LEAST;
  return cell;
}

enum {
  PEOPLE = RP_SEEN_TEXT,
  FILES = RP_SEEN_CSV | RP_SEEN_JSON,
  JSON = RP_SEEN_JSON,
  ALL = RP_SEEN_TEXT | RP_SEEN_CSV | RP_SEEN_JSON
};

/* X(id, name, head, unit, seen, cell of r). Columns of CSV are only ever added
 * at the end: people's scripts count on them. */
#define QUERY_COLUMNS(X)                                                       \
  X(q_sample, "sample", "sample", "", ALL, whole(r->sample))                   \
  X(q_label, "label", "label", "", ALL, whole(r->label))                       \
  X(q_radius, "radius", "radius", "steps", ALL, whole(r->radius))              \
  X(q_verdict, "verdict", "verdict", "", ALL,                                  \
    text(rp_verdict_name(r->verdict)))                                         \
  X(q_reason, "reason", "", "", FILES, text(rp_reason_name(r->reason)))        \
  X(q_why, "reason", "reason", "", PEOPLE,                                     \
    text_unless_none(rp_reason_name(r->reason), r->reason == RP_REASON_NONE))  \
  X(q_evidence, "evidence", "", "", FILES,                                     \
    text(rp_evidence_name(r->evidence)))                                       \
  X(q_rests_on, "evidence", "evidence", "", PEOPLE,                            \
    text_unless_none(rp_evidence_name(r->evidence),                            \
                     r->evidence == RP_EVIDENCE_NONE))                         \
  X(q_distance, "distance", "distance", "steps", PEOPLE | JSON,                \
    whole_if(r->distance > 0, r->distance))                                    \
  X(q_seconds, "seconds", "time", "s", ALL, real(r->seconds))                  \
  X(q_cpu, "cpu_seconds", "", "", JSON, real(r->cpu_seconds))                  \
  X(q_rank, "rank", "", "", JSON, whole(r->rank))                              \
  X(q_nodes, "nodes", "nodes", "", PEOPLE | JSON, whole(r->stats.nodes))       \
  X(q_counterexample, "counterexample", "", "", JSON,                          \
    whole_if(r->counterexample >= 0, r->counterexample))

#define RADIUS_COLUMNS(X)                                                      \
  X(r_sample, "sample", "sample", "", ALL, whole(r->sample))                   \
  X(r_label, "label", "label", "", ALL, whole(r->label))                       \
  X(r_lo, "lo", "", "", FILES, whole(r->lo))                                   \
  X(r_hi, "hi", "", "", FILES, whole(r->hi))                                   \
  X(r_low, "lo", "lo", "steps", PEOPLE, whole_if(has_bounds(r, from), r->lo))  \
  X(r_high, "hi", "hi", "steps", PEOPLE, upper_bound(r, from))                 \
  X(r_state, "state", "state", "", PEOPLE,                                     \
    text(rp_radius_state_name(state_of(r, from))))                             \
  X(r_reason, "reason", "", "", FILES, text(rp_reason_name(r->reason)))        \
  X(r_why, "reason", "reason", "", PEOPLE,                                     \
    text_unless_none(rp_reason_name(r->reason), r->reason == RP_REASON_NONE))  \
  X(r_seconds, "seconds", "time", "s", ALL, real(r->seconds))                  \
  X(r_verdict, "verdict", "", "", JSON, text(rp_verdict_name(r->verdict)))     \
  X(r_cpu, "cpu_seconds", "", "", JSON, real(r->cpu_seconds))                  \
  X(r_counterexample, "counterexample", "", "", JSON,                          \
    whole_if(r->counterexample >= 0, r->counterexample))                       \
  X(r_state_named, "state", "", "", FILES,                                     \
    text(rp_radius_state_name(state_of(r, from))))

#define RANK_COLUMNS(X)                                                        \
  X(k_rank, "rank", "rank", "", ALL, whole(r->rank))                           \
  X(k_host, "host", "host", "", ALL, text(r->host))                            \
  X(k_threads, "threads", "threads", "", ALL, whole(r->threads))               \
  X(k_tasks, "tasks", "tasks", "", ALL, whole(r->tasks))                       \
  X(k_busy, "busy_seconds", "busy", "s", ALL, real(r->busy_seconds))           \
  X(k_cpu, "cpu_seconds", "CPU", "s", ALL, real(r->cpu_seconds))               \
  X(k_nodes, "nodes", "nodes", "", ALL, whole(r->stats.nodes))                 \
  X(k_lps, "lp_solves", "LPs", "", ALL, whole(r->stats.lp_solves))             \
  X(k_memory, "memory_peak", "memory", "bytes", ALL,                           \
    whole(r->stats.memory_peak))

#define TASK_COLUMNS(X)                                                        \
  X(t_rank, "rank", "rank", "", ALL, whole(r->rank))                           \
  X(t_sample, "sample", "sample", "", ALL, whole(r->sample))                   \
  X(t_radius, "radius", "radius", "steps", ALL, whole(r->radius))              \
  X(t_piece, "piece", "piece", "", ALL, whole(r->piece))                       \
  X(t_begin, "begin_s", "begin", "s", ALL, real(r->begin_s))                   \
  X(t_end, "end_s", "end", "s", ALL, real(r->end_s))                           \
  X(t_verdict, "verdict", "verdict", "", ALL, text(rp_verdict_name(r->verdict)))

#define GETTER(id, name, head, unit, seen, value)                              \
  static rp_cell id(const void *row, const rp_provenance *from) {              \
    const ROW *const r = row;                                                  \
    (void)from;                                                                \
    return value;                                                              \
  }
#define COLUMN(id, name, head, unit, seen, value) {name, head, unit, seen, id},

#define ROW rp_query_row
QUERY_COLUMNS(GETTER)
#undef ROW
#define ROW rp_radius_row
RADIUS_COLUMNS(GETTER)
#undef ROW
#define ROW rp_rank_row
RANK_COLUMNS(GETTER)
#undef ROW
#define ROW rp_task_row
TASK_COLUMNS(GETTER)
#undef ROW

static const rp_report_column query_columns[] = {QUERY_COLUMNS(COLUMN)};
static const rp_report_column radius_columns[] = {RADIUS_COLUMNS(COLUMN)};
static const rp_report_column rank_columns[] = {RANK_COLUMNS(COLUMN)};
static const rp_report_column task_columns[] = {TASK_COLUMNS(COLUMN)};

#define TABLE(title, columns, rows, count)                                     \
  (rp_report_rows_of) {                                                        \
    title, columns, (int32_t)(sizeof columns / sizeof *columns), rows, count,  \
        sizeof *rows, &results->provenance                                     \
  }

rp_report_rows_of rp_report_rows_in(const rp_results *results,
                                    rp_report_table table) {
  switch (table) {
  case RP_REPORT_RADII:
    return TABLE("radii", radius_columns, results->radius, results->n_radii);
  case RP_REPORT_RANKS:
    return TABLE("ranks", rank_columns, results->rank, results->n_ranks);
  case RP_REPORT_TIMELINE:
    return TABLE("timeline", task_columns, results->task, results->n_tasks);
  case RP_REPORT_AUTO:
  case RP_REPORT_QUERIES:
    break;
  }
  return TABLE("queries", query_columns, results->query, results->n_queries);
}
