/* The tables of a results file, column by column. The terminal, CSV and JSON
 * all print these columns. */
#ifndef RAMPART_SHOW_TABLE_H
#define RAMPART_SHOW_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "show/show.h"

/** Resolve AUTO for these results. */
rp_show_table rp_show_choose_table(const rp_results *results,
                                   rp_show_table table);

typedef enum rp_cell_kind {
  RP_CELL_NONE,
  RP_CELL_WHOLE,
  RP_CELL_AT_LEAST, /* a whole number or more, shown as 5+ */
  RP_CELL_REAL,
  RP_CELL_TEXT,
  RP_CELL_LISTED /* the text with number `whole` of a list that commas separate
                  */
} rp_cell_kind;

typedef struct rp_cell {
  rp_cell_kind kind;
  int64_t whole;
  double real;
  const char *text;
} rp_cell;

/** Where a column is printed. */
enum {
  RP_SEEN_TEXT = 1,
  RP_SEEN_CSV = 2,
  RP_SEEN_JSON = 4,
  RP_SEEN_PAIRS = 8,  /* and only if rows are about targets */
  RP_SEEN_NAMED = 16, /* and only if classes have names */
  RP_SEEN_PLACES = 32 /* and only if rows are about places of a patch */
};

enum { RP_LISTED_SIZE = 96 };

typedef struct rp_show_column {
  const char *name; /* in CSV and JSON */
  const char *head; /* heading in the terminal */
  const char *unit; /* in the terminal; "": none */
  unsigned seen;
  rp_cell (*cell)(const void *row, const rp_provenance *from);
} rp_show_column;

typedef struct rp_show_view {
  const char *name;
  const rp_show_column *column;
  int32_t n_columns;
  const void *row; /* [n_rows] of row_size bytes */
  int64_t n_rows;
  size_t row_size;
  const rp_provenance *from;
} rp_show_view;

/** Get the columns and rows of a table (not AUTO) of these results. */
rp_show_view rp_show_get_view(const rp_results *results, rp_show_table table);

static inline rp_cell rp_show_get_cell(const rp_show_view *rows, int64_t row,
                                       int32_t column) {
  const char *const at = rows->row;
  return rows->column[column].cell(at + (size_t)row * rows->row_size,
                                   rows->from);
}

/** Is a column printed there? @param where  one of RP_SEEN_TEXT, CSV, JSON */
static inline bool rp_show_is_seen(const rp_show_view *rows, int32_t column,
                                   unsigned where) {
  const unsigned seen = rows->column[column].seen;
  return (seen & where) &&
         (!(seen & RP_SEEN_PAIRS) ||
          (rows->from->targets > 0 && !rows->from->patch)) &&
         (!(seen & RP_SEEN_PLACES) || rows->from->patch > 0) &&
         (!(seen & RP_SEEN_NAMED) || *rows->from->class_names);
}

/** How a machine-readable format writes the values of cells. */
typedef struct rp_cell_format {
  void (*put_real)(FILE *out, double value, int decimals);
  void (*put_text)(FILE *out, const char *text);
  const char *none; /* of a cell without a value */
} rp_cell_format;

/** Write one cell. A number that is a lower bound is written as it is. */
void rp_show_put_cell(FILE *out, const rp_cell *cell,
                      const rp_cell_format *format);

/** Print from which class to which inputs can be changed, if the rows are about
 *  pairs. */
void rp_show_pairs(FILE *out, const rp_results *results);

/** Print what a patch can do anywhere in each sample, if the rows are about its
 *  places. */
void rp_show_places(FILE *out, const rp_results *results);

/** Print a table of the certified accuracy at each radius that was asked. The
 * undecided samples make the difference between "at least" and "at most". */
void rp_show_accuracy(FILE *out, const rp_results *results);

#endif
