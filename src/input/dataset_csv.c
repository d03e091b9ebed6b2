/* Reads CSV datasets: one sample per line, the label first, then its numbers,
 * separated by commas; they are whole unless the values are reals. Blanks
 * around a number, carriage returns, empty lines and a byte order mark are
 * tolerated, nothing else. The first line is a header if every field of it has
 * a letter, as in "label,1x1,1x2". A line that mixes words and numbers is an
 * error, because it may be a damaged sample, and skipping it would renumber the
 * others. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "files/packed.h"
#include "input/dataset_formats.h"

typedef struct csv_reader {
  const char *file;
  const char *at, *end; /* of the unread text */
  int64_t line;         /* from 1 */
  int64_t capacity;     /* samples that fit into the arrays */
  rp_span_of_numbers span;
  rp_dataset *data;
} csv_reader;

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end) {
  while (at < end && is_blank(*at)) at++;
  return at;
}

static rp_status fail_at_field(const csv_reader *reader, int64_t column,
                               const char *expected, const char *at,
                               const char *end, rp_error *err) {
  const char *stop = at;
  char shown[25];
  size_t n = 0;
  while (stop < end && *stop != ',' && n < sizeof shown - 1) {
    shown[n++] = isprint((unsigned char)*stop) ? *stop : '?';
    stop++;
  }
  shown[n] = '\0';
  return rp_fail(err, RP_E_INPUT,
                 "%s: as CSV, line %lld, column %lld: expected %s, found '%s'",
                 reader->file, (long long)reader->line, (long long)column,
                 expected, shown);
}

/* Read a number of at most `most` and the blanks around it. Returns the
 * position of the next comma or the end; NULL if anything else is found. */
static const char *read_number(const char *at, const char *end, int64_t most,
                               int64_t *value) {
  *value = 0;
  at = skip_blanks(at, end);
  if (at == end || !isdigit((unsigned char)*at)) return NULL;
  for (; at < end && isdigit((unsigned char)*at); at++) {
    *value = 10 * *value + (*at - '0');
    if (*value > most) return NULL;
  }
  at = skip_blanks(at, end);
  return at == end || *at == ',' ? at : NULL;
}

/* The same with a sign. Labels may be negative: some datasets so mark samples
 * without a class. */
static const char *read_signed(const char *at, const char *end, int64_t most,
                               int64_t *value) {
  at = skip_blanks(at, end);
  const bool negative = at < end && *at == '-';
  if (negative && (++at == end || !isdigit((unsigned char)*at))) return NULL;
  at = read_number(at, end, most, value);
  if (negative) *value = -*value;
  return at;
}

static int64_t count_fields(const char *at, const char *end) {
  int64_t count = 1;
  for (; at < end; at++) count += *at == ',';
  return count;
}

/* Make room for `capacity` samples of bytes or reals. */
static bool grow(rp_dataset *data, size_t capacity) {
  const bool are_reals = data->values == RP_VALUES_REALS;
  const size_t dim = (size_t)data->dim;
  void *const numbers =
      are_reals ? rp_realloc(data->real, capacity, dim * sizeof *data->real)
                : rp_realloc(data->x, capacity, dim);
  if (numbers && are_reals) data->real = numbers;
  if (numbers && !are_reals) data->x = numbers;
  int32_t *label = rp_realloc(data->label, capacity, sizeof *label);
  if (label) data->label = label;
  return numbers && label;
}

static rp_status make_room(csv_reader *reader, rp_error *err) {
  if (reader->data->n < reader->capacity) return RP_OK;
  const int64_t capacity = reader->capacity ? 2 * reader->capacity : 64;
  if (!grow(reader->data, (size_t)capacity))
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", reader->file);
  reader->capacity = capacity;
  return RP_OK;
}

/* The first line determines the size of a sample; the others must agree. */
static rp_status check_fields(csv_reader *reader, int64_t fields,
                              rp_error *err) {
  rp_dataset *data = reader->data;
  if (data->dim == 0) {
    if (fields < 2 || fields > 1 + RP_MOST_SAMPLE_NUMBERS)
      return rp_fail(err, RP_E_INPUT,
                     "%s: line %lld: expected a label and 1..%d numbers, with "
                     "commas between them, found %lld column%s",
                     reader->file, (long long)reader->line,
                     RP_MOST_SAMPLE_NUMBERS, (long long)fields,
                     fields == 1 ? "" : "s");
    data->dim = data->dims[0] = (int32_t)(fields - 1);
    data->n_dims = 1;
  }
  if (fields != 1 + (int64_t)data->dim)
    return rp_fail(err, RP_E_INPUT,
                   "%s: line %lld: expected %lld columns, found %lld",
                   reader->file, (long long)reader->line,
                   1 + (long long)data->dim, (long long)fields);
  return RP_OK;
}

/* The place of number j of the present sample. */
static size_t find_place(const csv_reader *reader, int32_t j) {
  const rp_dataset *data = reader->data;
  return (size_t)data->n * (size_t)data->dim + (size_t)j;
}

/* Read a decimal number, with the blanks around it; the text ends in a zero.
 * Returns as read_number. */
static const char *read_real(const char *at, const char *end, double *value) {
  char *stop;
  at = skip_blanks(at, end);
  const size_t length = strspn(at, "0123456789+-.eE"); /* no nan, no hex */
  if (at == end || length == 0) return NULL;
  *value = rp_read_real(at, &stop);
  if (stop != at + length) return NULL;
  at = skip_blanks(stop, end);
  return at == end || *at == ',' ? at : NULL;
}

/* Returns NULL if there is no number, or none that fits the others. */
static const char *read_pixel(csv_reader *reader, int32_t j, const char *at,
                              const char *end) {
  int64_t value;
  double real;
  if (reader->data->values == RP_VALUES_REALS) {
    at = read_real(at, end, &real);
    return at && rp_dataset_put_real(reader->data, find_place(reader, j), real)
               ? at
               : NULL;
  }
  at = read_signed(at, end, INT32_MAX, &value);
  return at && rp_dataset_put(reader->data, &reader->span,
                              find_place(reader, j), value)
             ? at
             : NULL;
}

static rp_status fail_at_pixel(const csv_reader *reader, int32_t j,
                               const char *at, const char *end, rp_error *err) {
  char expected[64] = "a finite number of binary32";
  if (reader->data->values != RP_VALUES_REALS)
    rp_dataset_expect(&reader->span, find_place(reader, j), expected);
  return fail_at_field(reader, j + 2, expected, at, end, err);
}

static rp_status read_sample(csv_reader *reader, const char *at,
                             const char *end, rp_error *err) {
  rp_dataset *data = reader->data;
  int64_t value;
  RP_TRY(check_fields(reader, count_fields(at, end), err));
  RP_TRY(make_room(reader, err));
  const char *field = at;
  at = read_signed(at, end, INT32_MAX, &value);
  if (!at)
    return fail_at_field(reader, 1,
                         reader->line > 1
                             ? "a label (a whole number)"
                             : "a label, or a header with a letter in "
                               "every field",
                         field, end, err);
  data->label[data->n] = (int32_t)value;
  for (int32_t j = 0; j < data->dim; j++) {
    field = at + 1; /* skip the comma; check_fields has counted them */
    at = read_pixel(reader, j, field, end);
    if (!at) return fail_at_pixel(reader, j, field, end, err);
  }
  data->n++;
  return RP_OK;
}

static bool is_letter(char c) {
  return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool is_header(const char *at, const char *end) {
  bool named = false; /* the present field has a letter */
  for (; at < end; at++) {
    if ((*at == ',' && !named) || *at == '\0') return false;
    named = *at == ',' ? false : named || is_letter(*at);
  }
  return named;
}

static rp_status read_lines(csv_reader *reader, rp_error *err) {
  while (reader->at < reader->end) {
    const char *start = reader->at;
    const char *stop = memchr(start, '\n', (size_t)(reader->end - start));
    if (!stop) stop = reader->end;
    reader->at = stop + (stop < reader->end);
    reader->line++;
    if (skip_blanks(start, stop) == stop) continue;
    if (reader->line == 1 && is_header(start, stop)) continue;
    RP_TRY(read_sample(reader, start, stop, err));
  }
  if (reader->data->n == 0)
    return rp_fail(err, RP_E_INPUT, "%s: expected samples, found none",
                   reader->file);
  return RP_OK;
}

rp_status rp_dataset_read_csv(const rp_dataset_source *source,
                              const rp_dataset_files *files, rp_dataset *data,
                              rp_error *err) {
  if (source->labels)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected no separate labels file (CSV has them in "
                   "column 1), found '%s'",
                   source->file, source->labels);
  rp_file_content text;
  RP_TRY(rp_packed_load(&files->samples, RP_MOST_DATA_BYTES, &text, err));
  const char *const at = (const char *)text.bytes;
  const bool has_mark = text.size >= 3 && !memcmp(at, "\xef\xbb\xbf", 3);
  csv_reader reader = {.file = source->file,
                       .at = at + (has_mark ? 3 : 0),
                       .end = at + text.size,
                       .data = data};
  const rp_status status = read_lines(&reader, err);
  rp_file_content_fini(&text);
  return status;
}
