/* The columns of the tables, one line for each. */
#include <stddef.h>

#include "core/pair.h"
#include "show/table.h"

static rp_cell make_whole(int64_t value) {
  return (rp_cell){.kind = RP_CELL_WHOLE, .whole = value};
}
static rp_cell make_real(double value) {
  return (rp_cell){.kind = RP_CELL_REAL, .real = value};
}
static rp_cell make_text(const char *value) {
  return (rp_cell){.kind = RP_CELL_TEXT, .text = value};
}
static rp_cell make_empty(void) {
  return (rp_cell){.kind = RP_CELL_NONE};
}
static rp_cell make_whole_if(bool known, int64_t value) {
  return known ? make_whole(value) : make_empty();
}
static rp_cell make_class(int32_t label, const rp_provenance *from) {
  return (rp_cell){
      .kind = RP_CELL_LISTED, .whole = label, .text = from->class_names};
}
static rp_cell make_text_unless_none(const char *value, bool is_none) {
  return make_text(is_none ? "" : value);
}

static rp_cell get_sample(int64_t subject, const rp_provenance *from) {
  return make_whole(rp_pair_sample(subject, from->targets));
}

static rp_cell get_target(int64_t subject, const rp_provenance *from) {
  return make_whole(rp_pair_target(subject, from->targets));
}

static rp_radius_state get_state(const rp_radius_row *r,
                                 const rp_provenance *from) {
  return rp_radius_get_state(r, from->radius_cap);
}

/* Whether lo and hi are meaningful bounds. */
static bool has_bounds(const rp_radius_row *r, const rp_provenance *from) {
  return r->lo >= 0 && get_state(r, from) != RP_RADIUS_UNASKED &&
         r->verdict != RP_INVALID;
}

static rp_cell get_upper_bound(const rp_radius_row *r,
                               const rp_provenance *from) {
  rp_cell cell = make_whole_if(has_bounds(r, from), r->hi);
  if (cell.kind == RP_CELL_WHOLE && rp_radius_is_unbounded(r, from->radius_cap))
    cell.kind = RP_CELL_AT_LEAST;
  return cell;
}

enum {
  PEOPLE = RP_SEEN_TEXT,
  FILES = RP_SEEN_CSV | RP_SEEN_JSON,
  JSON = RP_SEEN_JSON,
  ALL = RP_SEEN_TEXT | RP_SEEN_CSV | RP_SEEN_JSON,
  PAIRS = ALL | RP_SEEN_PAIRS,
  PLACES = ALL | RP_SEEN_PLACES,
  NAMED = ALL | RP_SEEN_NAMED
};

/* X(id, name, head, unit, seen, cell of r). New columns of CSV are added at the
 * end only, because scripts rely on the positions. */
#define QUERY_COLUMNS(X)                                                       \
  X(q_sample, "sample", "sample", "", ALL, get_sample(r->sample, from))        \
  X(q_target, "target", "target", "", PAIRS, get_target(r->sample, from))      \
  X(q_place, "place", "place", "", PLACES, get_target(r->sample, from))        \
  X(q_label, "label", "label", "", ALL, make_whole(r->label))                  \
  X(q_radius, "radius", "radius", "steps", ALL, make_whole(r->radius))         \
  X(q_verdict, "verdict", "verdict", "", ALL,                                  \
    make_text(rp_verdict_name(r->verdict)))                                    \
  X(q_reason, "reason", "", "", FILES, make_text(rp_reason_name(r->reason)))   \
  X(q_why, "reason", "reason", "", PEOPLE,                                     \
    make_text_unless_none(rp_reason_name(r->reason),                           \
                          r->reason == RP_REASON_NONE))                        \
  X(q_evidence, "evidence", "", "", FILES,                                     \
    make_text(rp_evidence_name(r->evidence)))                                  \
  X(q_rests_on, "evidence", "evidence", "", PEOPLE,                            \
    make_text_unless_none(rp_evidence_name(r->evidence),                       \
                          r->evidence == RP_EVIDENCE_NONE))                    \
  X(q_distance, "distance", "distance", "steps", PEOPLE | JSON,                \
    make_whole_if(r->distance > 0, r->distance))                               \
  X(q_seconds, "seconds", "time", "s", ALL, make_real(r->seconds))             \
  X(q_cpu, "cpu_seconds", "", "", JSON, make_real(r->cpu_seconds))             \
  X(q_rank, "rank", "", "", JSON, make_whole(r->rank))                         \
  X(q_nodes, "nodes", "nodes", "", PEOPLE | JSON, make_whole(r->stats.nodes))  \
  X(q_counterexample, "counterexample", "", "", JSON,                          \
    make_whole_if(r->counterexample >= 0, r->counterexample))                  \
  X(q_class, "class", "class", "", NAMED, make_class(r->label, from))

#define RADIUS_COLUMNS(X)                                                      \
  X(r_sample, "sample", "sample", "", ALL, get_sample(r->sample, from))        \
  X(r_target, "target", "target", "", PAIRS, get_target(r->sample, from))      \
  X(r_place, "place", "place", "", PLACES, get_target(r->sample, from))        \
  X(r_label, "label", "label", "", ALL, make_whole(r->label))                  \
  X(r_lo, "lo", "", "", FILES, make_whole(r->lo))                              \
  X(r_hi, "hi", "", "", FILES, make_whole(r->hi))                              \
  X(r_low, "lo", "lo", "steps", PEOPLE,                                        \
    make_whole_if(has_bounds(r, from), r->lo))                                 \
  X(r_high, "hi", "hi", "steps", PEOPLE, get_upper_bound(r, from))             \
  X(r_state, "state", "state", "", PEOPLE,                                     \
    make_text(rp_radius_state_name(get_state(r, from))))                       \
  X(r_reason, "reason", "", "", FILES, make_text(rp_reason_name(r->reason)))   \
  X(r_why, "reason", "reason", "", PEOPLE,                                     \
    make_text_unless_none(rp_reason_name(r->reason),                           \
                          r->reason == RP_REASON_NONE))                        \
  X(r_seconds, "seconds", "time", "s", ALL, make_real(r->seconds))             \
  X(r_verdict, "verdict", "", "", JSON,                                        \
    make_text(rp_verdict_name(r->verdict)))                                    \
  X(r_cpu, "cpu_seconds", "", "", JSON, make_real(r->cpu_seconds))             \
  X(r_counterexample, "counterexample", "", "", JSON,                          \
    make_whole_if(r->counterexample >= 0, r->counterexample))                  \
  X(r_state_named, "state", "", "", FILES,                                     \
    make_text(rp_radius_state_name(get_state(r, from))))                       \
  X(r_class, "class", "class", "", NAMED, make_class(r->label, from))

#define RANK_COLUMNS(X)                                                        \
  X(k_rank, "rank", "rank", "", ALL, make_whole(r->rank))                      \
  X(k_host, "host", "host", "", ALL, make_text(r->host))                       \
  X(k_threads, "threads", "threads", "", ALL, make_whole(r->threads))          \
  X(k_tasks, "tasks", "tasks", "", ALL, make_whole(r->tasks))                  \
  X(k_busy, "busy_seconds", "busy", "s", ALL, make_real(r->busy_seconds))      \
  X(k_cpu, "cpu_seconds", "CPU", "s", ALL, make_real(r->cpu_seconds))          \
  X(k_nodes, "nodes", "nodes", "", ALL, make_whole(r->stats.nodes))            \
  X(k_lps, "lp_solves", "LPs", "", ALL, make_whole(r->stats.lp_solves))        \
  X(k_memory, "memory_peak", "memory", "bytes", ALL,                           \
    make_whole(r->stats.memory_peak))

#define TASK_COLUMNS(X)                                                        \
  X(t_rank, "rank", "rank", "", ALL, make_whole(r->rank))                      \
  X(t_sample, "sample", "sample", "", ALL, get_sample(r->sample, from))        \
  X(t_target, "target", "target", "", PAIRS, get_target(r->sample, from))      \
  X(t_place, "place", "place", "", PLACES, get_target(r->sample, from))        \
  X(t_radius, "radius", "radius", "steps", ALL, make_whole(r->radius))         \
  X(t_piece, "piece", "piece", "", ALL, make_whole(r->piece))                  \
  X(t_begin, "begin_s", "begin", "s", ALL, make_real(r->begin_s))              \
  X(t_end, "end_s", "end", "s", ALL, make_real(r->end_s))                      \
  X(t_verdict, "verdict", "verdict", "", ALL,                                  \
    make_text(rp_verdict_name(r->verdict)))

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

static const rp_show_column query_columns[] = {QUERY_COLUMNS(COLUMN)};
static const rp_show_column radius_columns[] = {RADIUS_COLUMNS(COLUMN)};
static const rp_show_column rank_columns[] = {RANK_COLUMNS(COLUMN)};
static const rp_show_column task_columns[] = {TASK_COLUMNS(COLUMN)};

#define TABLE(title, columns, rows, count)                                     \
  (rp_show_view) {                                                             \
    title, columns, (int32_t)(sizeof columns / sizeof *columns), rows, count,  \
        sizeof *rows, &results->provenance                                     \
  }

rp_show_view rp_show_get_view(const rp_results *results, rp_show_table table) {
  switch (table) {
  case RP_SHOW_RADII:
    return TABLE("radii", radius_columns, results->radius, results->n_radii);
  case RP_SHOW_RANKS:
    return TABLE("ranks", rank_columns, results->rank, results->n_ranks);
  case RP_SHOW_TIMELINE:
    return TABLE("timeline", task_columns, results->task, results->n_tasks);
  case RP_SHOW_AUTO:
  case RP_SHOW_QUERIES:
    break;
  }
  return TABLE("queries", query_columns, results->query, results->n_queries);
}
