/* Records: the packed form of a table's rows, between the rows in memory and
 * the compounds of HDF5. In a record every whole number is an int64, because
 * HDF5 clips when it converts, and a number that is too large for its column
 * must be noticed. */
#ifndef RAMPART_STORE_RESULTS_RECORD_H
#define RAMPART_STORE_RESULTS_RECORD_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/results_table.h"

typedef struct rp_record_field {
  rp_column column;
  size_t offset; /* in the record */
} rp_record_field;

typedef struct rp_record {
  rp_record_field field[RP_MAX_COLUMNS];
  size_t n_fields, size;
  bool may_lack; /* optional columns may be missing from a file */
  rp_table_pairs pairs;
} rp_record;

/** True if a column is stored as text: texts, and enums by their names. */
bool rp_column_is_text(const rp_column *column);

/** The bytes of a column's text with its zero. */
size_t rp_column_get_text_size(const rp_column *column);

/** Append a field. */
void rp_record_add(rp_record *r, const rp_column *column);

/** Create the HDF5 type of a record in memory; the caller closes it. */
hid_t rp_record_create_type(const rp_record *r);

/** Create the HDF5 type of a record in a file; the caller closes it. */
hid_t rp_record_create_stored_type(const rp_record *r);

/** Write a row as a record.
 *  @param bytes  out, [r->size] */
void rp_record_pack(const rp_record *r, const void *row, char *bytes);

/** Check a record and read it into the columns of a row.
 *  @param bytes  [r->size]
 *  Errors: RP_E_INPUT with column and value. */
rp_status rp_record_unpack(const rp_record *r, const char *bytes, void *row,
                           rp_error *err);

#endif
