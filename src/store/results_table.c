/* The descriptors of the result tables, and functions on them that do not need
 * HDF5.
 *
 * Verdicts and times are in separate tables with the same rows: the verdicts of
 * two runs must be equal byte for byte, the times never are. */
#include "store/results_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "store/results.h"

#define COLUMN(row, field, column_kind, least, greatest)                       \
  {                                                                            \
    .name = #field, .kind = (column_kind), .offset = offsetof(row, field),     \
    .lo = (least), .hi = (greatest)                                            \
  }
#define I64(row, field, lo, hi) COLUMN(row, field, RP_COLUMN_I64, lo, hi)
/* What a row is about: a sample, or a pair, which files have in two columns. */
#define SUBJECT_PART(row, title, column_kind, of, is_key)                      \
  {                                                                            \
    .name = title, .kind = (column_kind), .offset = offsetof(row, sample),     \
    .lo = 0, .hi = INT64_MAX, .key = (is_key), .part = (of)                    \
  }
#define SUBJECT(row, is_key)                                                   \
  SUBJECT_PART(row, "sample", RP_COLUMN_I64, RP_COLUMN_SAMPLE, is_key),        \
      SUBJECT_PART(row, "target", RP_COLUMN_I64, RP_COLUMN_TARGET, is_key)
#define I32(row, field, lo, hi) COLUMN(row, field, RP_COLUMN_I32, lo, hi)
#define REAL(row, field) COLUMN(row, field, RP_COLUMN_F64, 0, 0)
#define NAME(row, field, kind, count)                                          \
  COLUMN(row, field, RP_COLUMN_##kind, 0, (count)-1)
#define KEY(row, field, column_kind)                                           \
  {                                                                            \
    .name = #field, .kind = (column_kind), .offset = offsetof(row, field),     \
    .lo = 0, .hi = INT64_MAX, .key = true                                      \
  }
/* A column that older files lack. */
#define LATER(row, field, column_kind)                                         \
  {                                                                            \
    .name = #field, .kind = (column_kind), .offset = offsetof(row, field),     \
    .lo = 0, .hi = INT64_MAX, .optional = true                                 \
  }
#define TEXT(row, field)                                                       \
  {                                                                            \
    .name = #field, .kind = RP_COLUMN_TEXT, .offset = offsetof(row, field),    \
    .size = sizeof(((row *)NULL)->field)                                       \
  }
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const rp_column query_columns[] = {
    SUBJECT(rp_query_row, false),
    I32(rp_query_row, label, INT32_MIN, INT32_MAX),
    I32(rp_query_row, radius, 0, RP_RADIUS_MAX),
    NAME(rp_query_row, verdict, VERDICT, RP_VERDICT_COUNT),
    NAME(rp_query_row, reason, REASON, RP_REASON_COUNT),
    NAME(rp_query_row, evidence, EVIDENCE, RP_EVIDENCE_COUNT),
    I32(rp_query_row, distance, 0, RP_RADIUS_MAX),
    I64(rp_query_row, counterexample, -1, INT64_MAX)};

static const rp_column query_time_columns[] = {
    SUBJECT(rp_query_row, true), KEY(rp_query_row, radius, RP_COLUMN_I32),
    I32(rp_query_row, rank, 0, INT32_MAX), REAL(rp_query_row, seconds),
    REAL(rp_query_row, cpu_seconds)};

static const rp_column radius_columns[] = {
    SUBJECT(rp_radius_row, false),
    I32(rp_radius_row, label, INT32_MIN, INT32_MAX),
    I32(rp_radius_row, lo, -1, RP_RADIUS_MAX),
    I32(rp_radius_row, hi, -1, RP_RADIUS_MAX),
    NAME(rp_radius_row, verdict, VERDICT, RP_VERDICT_COUNT),
    NAME(rp_radius_row, reason, REASON, RP_REASON_COUNT),
    I64(rp_radius_row, counterexample, -1, INT64_MAX)};

static const rp_column radius_time_columns[] = {
    SUBJECT(rp_radius_row, true), REAL(rp_radius_row, seconds),
    REAL(rp_radius_row, cpu_seconds)};

static const rp_column rank_columns[] = {
    I32(rp_rank_row, rank, 0, INT32_MAX),
    I32(rp_rank_row, threads, 0, INT32_MAX),
    I64(rp_rank_row, tasks, 0, INT64_MAX),
    REAL(rp_rank_row, busy_seconds),
    REAL(rp_rank_row, cpu_seconds),
    TEXT(rp_rank_row, host),
    LATER(rp_rank_row, wall_seconds, RP_COLUMN_F64),
    LATER(rp_rank_row, serving_seconds, RP_COLUMN_F64),
    LATER(rp_rank_row, messages, RP_COLUMN_I64),
    LATER(rp_rank_row, message_bytes, RP_COLUMN_I64)};

static const rp_column timeline_columns[] = {
    I32(rp_task_row, rank, 0, INT32_MAX),
    SUBJECT(rp_task_row, false),
    I32(rp_task_row, radius, 0, RP_RADIUS_MAX),
    I32(rp_task_row, piece, 0, INT32_MAX),
    REAL(rp_task_row, begin_s),
    REAL(rp_task_row, end_s),
    NAME(rp_task_row, verdict, VERDICT, RP_VERDICT_COUNT)};

const rp_table rp_table_queries = {.path = "/queries",
                                   .title = "Verdicts by sample and radius",
                                   .row_size = sizeof(rp_query_row),
                                   .column = query_columns,
                                   .n_columns = COUNT(query_columns)};

const rp_table rp_table_query_times = {
    .path = "/timing/queries",
    .title = "Times and counters of /queries, row by row",
    .row_size = sizeof(rp_query_row),
    .column = query_time_columns,
    .n_columns = COUNT(query_time_columns),
    .has_counters = true,
    .stats_offset = offsetof(rp_query_row, stats)};

const rp_table rp_table_radii = {
    .path = "/radii",
    .title = "Maximum robustness radii: proved at lo, refuted at hi + 1",
    .row_size = sizeof(rp_radius_row),
    .column = radius_columns,
    .n_columns = COUNT(radius_columns)};

const rp_table rp_table_radius_times = {.path = "/timing/radii",
                                        .title = "Times of /radii, row by row",
                                        .row_size = sizeof(rp_radius_row),
                                        .column = radius_time_columns,
                                        .n_columns =
                                            COUNT(radius_time_columns)};

const rp_table rp_table_ranks = {.path = "/ranks",
                                 .title = "Each rank's share of the work",
                                 .row_size = sizeof(rp_rank_row),
                                 .column = rank_columns,
                                 .n_columns = COUNT(rank_columns),
                                 .has_counters = true,
                                 .stats_offset = offsetof(rp_rank_row, stats)};

const rp_table rp_table_timeline = {
    .path = "/timeline",
    .title = "Tasks as they ran, by begin; seconds since the run began",
    .row_size = sizeof(rp_task_row),
    .column = timeline_columns,
    .n_columns = COUNT(timeline_columns)};

size_t rp_table_get_columns(const rp_table *table, rp_table_pairs pairs,
                            rp_column *columns) {
  size_t count = 0;
  for (size_t c = 0; c < table->n_columns; c++) {
    const bool is_target = table->column[c].part == RP_COLUMN_TARGET;
    if (is_target && pairs.targets == 0) continue;
    columns[count] = table->column[c];
    if (is_target && pairs.are_places) columns[count].name = "place";
    count++;
  }
  if (!table->has_counters) return count;
  size_t n_counters;
  const rp_stats_info *counter = rp_stats_rows(&n_counters);
  for (size_t i = 0; i < n_counters && count < RP_MAX_COLUMNS; i++)
    columns[count++] =
        (rp_column){.name = counter[i].name,
                    .kind = RP_COLUMN_I64,
                    .offset = table->stats_offset + counter[i].offset,
                    .lo = INT64_MIN,
                    .hi = INT64_MAX,
                    .optional = true};
  return count;
}

int64_t rp_column_get_whole(const rp_column *column, const void *row) {
  const char *field = (const char *)row + column->offset;
  switch (column->kind) {
  case RP_COLUMN_I32:
    return *(const int32_t *)(const void *)field;
  case RP_COLUMN_I64:
    return *(const int64_t *)(const void *)field;
  case RP_COLUMN_VERDICT:
    return *(const rp_verdict *)(const void *)field;
  case RP_COLUMN_REASON:
    return *(const rp_reason *)(const void *)field;
  case RP_COLUMN_EVIDENCE:
    return *(const rp_evidence *)(const void *)field;
  case RP_COLUMN_F64:
  case RP_COLUMN_TEXT:
    break;
  }
  return 0;
}

void rp_column_set_whole(const rp_column *column, void *row, int64_t value) {
  void *field = (char *)row + column->offset;
  switch (column->kind) {
  case RP_COLUMN_I32:
    *(int32_t *)field = (int32_t)value;
    break;
  case RP_COLUMN_I64:
    *(int64_t *)field = value;
    break;
  case RP_COLUMN_VERDICT:
    *(rp_verdict *)field = (rp_verdict)value;
    break;
  case RP_COLUMN_REASON:
    *(rp_reason *)field = (rp_reason)value;
    break;
  case RP_COLUMN_EVIDENCE:
    *(rp_evidence *)field = (rp_evidence)value;
    break;
  case RP_COLUMN_F64:
  case RP_COLUMN_TEXT:
    break;
  }
}

const char *rp_column_get_name(const rp_column *column, int64_t value) {
  switch (column->kind) {
  case RP_COLUMN_VERDICT:
    return rp_verdict_name((rp_verdict)value);
  case RP_COLUMN_REASON:
    return rp_reason_name((rp_reason)value);
  case RP_COLUMN_EVIDENCE:
    return rp_evidence_name((rp_evidence)value);
  case RP_COLUMN_I32:
  case RP_COLUMN_I64:
  case RP_COLUMN_F64:
  case RP_COLUMN_TEXT:
    break;
  }
  return NULL;
}

rp_status rp_table_check(const rp_table *table, const void *row,
                         rp_error *err) {
  rp_column columns[RP_MAX_COLUMNS];
  const size_t count =
      rp_table_get_columns(table, (rp_table_pairs){0}, columns);
  for (size_t c = 0; c < count; c++) {
    const rp_column *column = &columns[c];
    if (column->kind == RP_COLUMN_TEXT) continue;
    if (column->kind == RP_COLUMN_F64) {
      const double real =
          *(const double *)(const void *)((const char *)row + column->offset);
      if (isfinite(real) && real >= 0) continue;
      return rp_fail(err, RP_E_RANGE,
                     "%s: %s: expected a finite number >= 0, found %g",
                     table->path, column->name, real);
    }
    const int64_t value = rp_column_get_whole(column, row);
    if (value >= column->lo && value <= column->hi) continue;
    return rp_fail(err, RP_E_RANGE,
                   "%s: %s: expected %" PRId64 "..%" PRId64 ", found %" PRId64,
                   table->path, column->name, column->lo, column->hi, value);
  }
  return RP_OK;
}
