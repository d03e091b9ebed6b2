/* Packs rows into records and reads them back, with all checks of values. */
#include "store/results_record.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/pair.h"
#include "core/text.h"
#include "files/h5strict.h"

size_t rp_column_get_text_size(const rp_column *column) {
  return column->kind == RP_COLUMN_TEXT ? column->size : RP_NAME_SIZE;
}

bool rp_column_is_text(const rp_column *column) {
  return column->kind >= RP_COLUMN_TEXT;
}

void rp_record_add(rp_record *r, const rp_column *column) {
  r->field[r->n_fields++] =
      (rp_record_field){.column = *column, .offset = r->size};
  r->size += rp_column_is_text(column) ? rp_column_get_text_size(column)
                                       : sizeof(int64_t);
}

static hid_t create_text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0) {
    (void)H5Tset_size(type, size);
    (void)H5Tset_strpad(type, H5T_STR_NULLTERM);
  }
  return type;
}

/* Create the type of a column in memory or in the file; the caller closes it.
 */
static hid_t create_column_type(const rp_column *column, bool stored) {
  switch (column->kind) {
  case RP_COLUMN_I32:
    return H5Tcopy(stored ? H5T_STD_I32LE : H5T_NATIVE_INT64);
  case RP_COLUMN_I64:
    return H5Tcopy(stored ? H5T_STD_I64LE : H5T_NATIVE_INT64);
  case RP_COLUMN_F64:
    return H5Tcopy(stored ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
  case RP_COLUMN_TEXT:
  case RP_COLUMN_VERDICT:
  case RP_COLUMN_REASON:
  case RP_COLUMN_EVIDENCE:
    break;
  }
  return create_text_type(rp_column_get_text_size(column));
}

hid_t rp_record_create_type(const rp_record *r) {
  const hid_t type = H5Tcreate(H5T_COMPOUND, r->size);
  for (size_t f = 0; f < r->n_fields; f++) {
    const rp_record_field *field = &r->field[f];
    const hid_t member = create_column_type(&field->column, false);
    (void)H5Tinsert(type, field->column.name, field->offset, member);
    rp_h5_close(member);
  }
  return type;
}

hid_t rp_record_create_stored_type(const rp_record *r) {
  size_t size = 0;
  const hid_t type = H5Tcreate(H5T_COMPOUND, r->size);
  for (size_t f = 0; f < r->n_fields; f++) {
    const hid_t member = create_column_type(&r->field[f].column, true);
    (void)H5Tinsert(type, r->field[f].column.name, size, member);
    size += H5Tget_size(member);
    rp_h5_close(member);
  }
  (void)H5Tset_size(type, size);
  return type;
}

/* Get the number that a column stores of a row. */
static int64_t get_whole(const rp_record *r, const rp_column *column,
                         const void *row) {
  const int64_t value = rp_column_get_whole(column, row);
  if (column->part == RP_COLUMN_SAMPLE)
    return rp_pair_sample(value, r->pairs.targets);
  if (column->part == RP_COLUMN_TARGET)
    return rp_pair_target(value, r->pairs.targets);
  return value;
}

/* ---- Packing ---- */

void rp_record_pack(const rp_record *r, const void *row, char *bytes) {
  for (size_t f = 0; f < r->n_fields; f++) {
    const rp_column *column = &r->field[f].column;
    char *to = bytes + r->field[f].offset;
    if (column->kind == RP_COLUMN_F64) {
      memcpy(to, (const char *)row + column->offset, sizeof(double));
    } else if (rp_column_is_text(column)) {
      const char *text =
          column->kind == RP_COLUMN_TEXT
              ? (const char *)row + column->offset
              : rp_column_get_name(column, rp_column_get_whole(column, row));
      const size_t size = rp_column_get_text_size(column);
      memset(to, 0, size);
      memcpy(to, text, strnlen(text, size - 1));
    } else {
      const int64_t value = get_whole(r, column, row);
      memcpy(to, &value, sizeof value);
    }
  }
}

/* ---- Unpacking ---- */

static rp_status unpack_text(const rp_column *column, const char *from,
                             void *row, rp_error *err) {
  char text[256] = "";
  memcpy(text, from, strnlen(from, rp_column_get_text_size(column)));
  if (column->kind == RP_COLUMN_TEXT) {
    text[column->size - 1] = '\0';
    for (char *c = text; *c; c++)
      if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    memcpy((char *)row + column->offset, text, column->size);
    return RP_OK;
  }
  for (int64_t value = column->lo; value <= column->hi; value++)
    if (!strcmp(text, rp_column_get_name(column, value))) {
      rp_column_set_whole(column, row, value);
      return RP_OK;
    }
  return rp_fail(err, RP_E_INPUT, "unknown name '%.*s'", rp_text_fit(text, 16),
                 text);
}

/* The sample comes first, then its target. */
static rp_status unpack_pair(const rp_record *r, const rp_column *column,
                             int64_t value, void *row, rp_error *err) {
  const bool is_target = column->part == RP_COLUMN_TARGET;
  const int64_t most =
      is_target ? r->pairs.targets - 1 : INT64_MAX / r->pairs.targets - 1;
  if (value < 0 || value > most)
    return rp_fail(err, RP_E_INPUT, "expected 0..%" PRId64 ", found %" PRId64,
                   most, value);
  if (is_target)
    value = rp_pair(rp_column_get_whole(column, row), (int32_t)value,
                    r->pairs.targets);
  rp_column_set_whole(column, row, value);
  return RP_OK;
}

static rp_status unpack_whole(const rp_record *r, const rp_column *column,
                              const char *from, void *row, rp_error *err) {
  int64_t value;
  memcpy(&value, from, sizeof value);
  if (r->pairs.targets > 0 && column->part && !column->key)
    return unpack_pair(r, column, value, row, err);
  if (column->key) {
    const int64_t own = get_whole(r, column, row);
    if (value == own) return RP_OK;
    return rp_fail(err, RP_E_INPUT,
                   "expected %" PRId64 " as in the table of verdicts, "
                   "found %" PRId64,
                   own, value);
  }
  if (value < column->lo || value > column->hi)
    return rp_fail(err, RP_E_INPUT,
                   "expected %" PRId64 "..%" PRId64 ", found %" PRId64,
                   column->lo, column->hi, value);
  rp_column_set_whole(column, row, value);
  return RP_OK;
}

static rp_status unpack_real(const rp_column *column, const char *from,
                             void *row, rp_error *err) {
  double value;
  memcpy(&value, from, sizeof value);
  if (!isfinite(value) || value < 0)
    return rp_fail(err, RP_E_INPUT, "expected a finite number >= 0, found %g",
                   value);
  memcpy((char *)row + column->offset, &value, sizeof value);
  return RP_OK;
}

static rp_status unpack_field(const rp_record *r, const rp_column *column,
                              const char *from, void *row, rp_error *err) {
  if (rp_column_is_text(column)) return unpack_text(column, from, row, err);
  if (column->kind == RP_COLUMN_F64) return unpack_real(column, from, row, err);
  return unpack_whole(r, column, from, row, err);
}

rp_status rp_record_unpack(const rp_record *r, const char *bytes, void *row,
                           rp_error *err) {
  for (size_t f = 0; f < r->n_fields; f++) {
    const rp_column *column = &r->field[f].column;
    rp_error why;
    const rp_status status =
        unpack_field(r, column, bytes + r->field[f].offset, row, &why);
    if (status != RP_OK)
      return rp_fail(err, status, "column '%s': %.*s", column->name,
                     rp_text_fit(why.text, 200), why.text);
  }
  return RP_OK;
}
