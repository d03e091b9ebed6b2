/* The tables of a results file. The descriptor of a table determines its HDF5
 * type, its checks and its conversion to and from rows in memory. */
#ifndef RAMPART_STORE_RESULTS_TABLE_H
#define RAMPART_STORE_RESULTS_TABLE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

typedef enum rp_column_kind {
  RP_COLUMN_I32,
  RP_COLUMN_I64,
  RP_COLUMN_F64,
  RP_COLUMN_TEXT, /* char array in the row, fixed-length string in the file */
  RP_COLUMN_VERDICT, /* enums in the row, their names in the file */
  RP_COLUMN_REASON,
  RP_COLUMN_EVIDENCE
} rp_column_kind;

enum { RP_MAX_COLUMNS = 64, RP_NAME_SIZE = 16 };

/** Of a pair (core/pair.h), which rows in memory have as one number. */
typedef enum rp_column_part {
  RP_COLUMN_WHOLE,
  RP_COLUMN_SAMPLE, /* of a pair, if rows are about pairs; else the number */
  RP_COLUMN_TARGET  /* of a pair; there is no such column without pairs */
} rp_column_part;

typedef struct rp_column {
  const char *name;
  rp_column_kind kind;
  size_t offset;  /* in the row */
  size_t size;    /* of a text in the row, with its zero; else 0 */
  int64_t lo, hi; /* whole numbers; inclusive */
  bool key;       /* compared with the row when read, not stored */
  bool optional;  /* files of version 1 may lack it; it is 0 then */
  rp_column_part part;
} rp_column;

typedef struct rp_table {
  const char *path, *title;
  size_t row_size;
  const rp_column *column;
  size_t n_columns;
  bool has_counters; /* followed by the columns of the statistics table */
  size_t stats_offset;
} rp_table;

extern const rp_table rp_table_queries, rp_table_query_times;
extern const rp_table rp_table_radii, rp_table_radius_times;
extern const rp_table rp_table_ranks, rp_table_timeline;

/** What rows are about beside samples: so many targets, or places of a patch; 0
 *  for neither. */
typedef struct rp_table_pairs {
  int32_t targets;
  bool are_places;
} rp_table_pairs;

/** Get all columns of a table, including the counters.
 *  @param columns  out, [RP_MAX_COLUMNS]. Returns their number. */
size_t rp_table_get_columns(const rp_table *table, rp_table_pairs pairs,
                            rp_column *columns);

/** Check that every number of a row is within the range of its column.
 *  Errors: RP_E_RANGE with column, value and range. */
rp_status rp_table_check(const rp_table *table, const void *row, rp_error *err);

/** Get, or set, a whole number or an enum of a row; 0 for other kinds. */
int64_t rp_column_get_whole(const rp_column *column, const void *row);
void rp_column_set_whole(const rp_column *column, void *row, int64_t value);

/** The name of an enum's value; NULL for other kinds. */
const char *rp_column_get_name(const rp_column *column, int64_t value);

/** Rows to write, and of which pairs. */
typedef struct rp_table_content {
  const void *row; /* [n] */
  int64_t n;
  rp_table_pairs pairs;
} rp_table_content;

/** Write rows as a new table below `file`; its group exists.
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_table_write(hid_t file, const rp_table *table,
                         const rp_table_content *rows, rp_error *err);

/** Get the length of a table. It is checked against the bytes stored, so that a
 *  small file cannot demand much memory. Errors: RP_E_INPUT. */
rp_status rp_table_get_length(hid_t file, const rp_table *table, int64_t *n,
                              rp_error *err);

/** A table to read, and the rows to fill. */
typedef struct rp_table_rows {
  const rp_table *table;
  void *row; /* [n] */
  int64_t n;
  bool old; /* of format version 1 */
  rp_table_pairs pairs;
} rp_table_rows;

/** Read the columns of a table into existing rows; other fields are unchanged.
 *  Errors: RP_E_INPUT, also for unknown columns and attributes; RP_E_MEMORY. */
rp_status rp_table_read(hid_t file, const rp_table_rows *to, rp_error *err);

/** An upper bound on the bytes of a dataset, given those stored in the file. */
uint64_t rp_table_bound_bytes(hid_t dataset);

#endif
