/* The tables of a results file, column by column: what is printed for a person,
 * as CSV and as JSON all comes from here. */
#ifndef RAMPART_SHOW_TABLE_H
#define RAMPART_SHOW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "show/show.h"

/** The table that AUTO means for these results. */
rp_show_table rp_show_choose_table(const rp_results *results,
                                   rp_show_table table);

typedef enum rp_cell_kind {
  RP_CELL_NONE,
  RP_CELL_WHOLE,
  RP_CELL_AT_LEAST, /* a whole number, or more: 5+ */
  RP_CELL_REAL,
  RP_CELL_TEXT
} rp_cell_kind;

typedef struct rp_cell {
  rp_cell_kind kind;
  int64_t whole;
  double real;
  const char *text;
} rp_cell;

/** Where a column is seen. */
enum { RP_SEEN_TEXT = 1, RP_SEEN_CSV = 2, RP_SEEN_JSON = 4 };

typedef struct rp_show_column {
  const char *name; /* in CSV and JSON */
  const char *head; /* for people */
  const char *unit; /* for people; "": none */
  unsigned seen;
  rp_cell (*cell)(const void *row, const rp_provenance *from);
} rp_show_column;

typedef struct rp_show_rows_of {
  const char *name;
  const rp_show_column *column;
  int32_t n_columns;
  const void *row; /* [n_rows] of row_size bytes */
  int64_t n_rows;
  size_t row_size;
  const rp_provenance *from;
} rp_show_rows_of;

/** The columns of a table (not AUTO) over its rows in these results. */
rp_show_rows_of rp_show_rows_in(const rp_results *results, rp_show_table table);

static inline rp_cell rp_show_cell(const rp_show_rows_of *rows, int64_t row,
                                   int32_t column) {
  const char *const at = rows->row;
  return rows->column[column].cell(at + (size_t)row * rows->row_size,
                                   rows->from);
}

#endif
