/* Reads known answers from CSV files as people publish them: with extra
 * columns, quoted fields, CRLF, a byte-order mark, capital letters, NA, and the
 * "3.0" that pandas writes for a whole number in a column with gaps.
 *
 * Two different answers to the same question are an error, because such a file
 * usually holds several networks. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/compare.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "files/fileutil.h"
#include "show/show.h"

enum { MAX_FIELDS = 64, SAMPLE = 0, RADIUS, VERDICT, MAXIMUM, N_COLUMNS };

static const char *const column_names[N_COLUMNS] = {
    "sample", "radius", "verdict", "maximum_radius"};

typedef struct known_file {
  FILE *in;
  const char *name;
  char *line;
  size_t line_size;
  int64_t number; /* of the line, from 1 */
  int column[N_COLUMNS];
  rp_error *err;
} known_file;

/* ---- One line of CSV ---- */

/* Unquote a field in place. Returns the position after the closing quote, or
 * NULL if there is none. */
static char *unquote(char *text) {
  char *to = text, *from = text + 1;
  for (; *from; from++) {
    if (*from == '"') {
      if (from[1] != '"') {
        *to = '\0';
        return from + 1;
      }
      from++;
    }
    *to++ = *from;
  }
  return NULL;
}

/* Split a line in place. Returns the number of fields, -1 if malformed. */
static int split_fields(char *line, char *field[MAX_FIELDS]) {
  int n = 0;
  for (char *at = line;;) {
    if (n == MAX_FIELDS) return -1;
    field[n++] = at;
    char *end = *at == '"' ? unquote(at) : at + strcspn(at, ",");
    if (!end || (*end && *end != ',')) return -1;
    if (!*end) return n;
    *end = '\0';
    at = end + 1;
  }
}

static char *trim(char *text) {
  while (*text == ' ' || *text == '\t') text++;
  char *end = text + strlen(text);
  while (end > text && (end[-1] == ' ' || end[-1] == '\t')) *--end = '\0';
  return text;
}

/* Read the next line that is not empty, without its end. Returns NULL at the
 * end of the file. */
static char *read_line(known_file *f) {
  ssize_t length;
  while ((length = getline(&f->line, &f->line_size, f->in)) >= 0) {
    f->number++;
    while (length > 0 &&
           (f->line[length - 1] == '\n' || f->line[length - 1] == '\r'))
      f->line[--length] = '\0';
    if (length > 0) return f->line;
  }
  return NULL;
}

static rp_status fail_bad_line(const known_file *f, const char *expected,
                               const char *found) {
  return rp_fail(f->err, RP_E_INPUT,
                 "%s:%" PRId64 ": expected %s, found '%.*s'", f->name,
                 f->number, expected, rp_text_fit(found, 60), found);
}

/* ---- Header ---- */

static rp_status read_header(known_file *f, bool *radii) {
  char *field[MAX_FIELDS];
  char *line = read_line(f);
  if (!line)
    return rp_fail(f->err, RP_E_INPUT,
                   "%s: expected a header line, found an empty file", f->name);
  if (!strncmp(line, "\xef\xbb\xbf", 3)) line += 3;
  const int n = split_fields(line, field);
  for (int c = 0; c < N_COLUMNS; c++) f->column[c] = -1;
  for (int i = 0; i < n; i++)
    for (int c = 0; c < N_COLUMNS; c++)
      if (f->column[c] < 0 && !strcasecmp(trim(field[i]), column_names[c]))
        f->column[c] = i;
  *radii = f->column[VERDICT] < 0;
  const bool complete =
      f->column[SAMPLE] >= 0 &&
      (*radii ? f->column[MAXIMUM] >= 0 : f->column[RADIUS] >= 0);
  if (complete) return RP_OK;
  return rp_fail(f->err, RP_E_INPUT,
                 "%s:%" PRId64 ": expected a header with sample, radius, "
                 "verdict or sample, maximum_radius",
                 f->name, f->number);
}

/* ---- Rows ---- */

static bool is_unknown(const char *text) {
  return !*text || !strcasecmp(text, "unknown") || !strcasecmp(text, "na");
}

static bool parse_whole(const char *text, int64_t greatest, int64_t *value) {
  const char *end = rp_read_whole(text, 0, greatest, value);
  if (end && *end == '.') end += 1 + strspn(end + 1, "0");
  return end && !*end;
}

static bool parse_verdict(const char *text, rp_verdict *verdict) {
  static const struct {
    const char *word;
    rp_verdict verdict;
  } words[] = {{"robust", RP_ROBUST},
               {"violated", RP_VIOLATED},
               {"non-robust", RP_VIOLATED}, /* QVIP's word */
               {"misclassified", RP_MISCLASSIFIED}};
  *verdict = RP_UNKNOWN;
  if (is_unknown(text)) return true;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcasecmp(text, words[i].word)) {
      *verdict = words[i].verdict;
      return true;
    }
  return false;
}

/* Get the field of a column; fields missing at the end of a line are empty. */
static const char *get_field(const known_file *f, char **field, int n, int c) {
  const int i = f->column[c];
  return i >= 0 && i < n ? trim(field[i]) : "";
}

static rp_status parse_row(const known_file *f, char *line, bool radii,
                           rp_known_row *row) {
  char *field[MAX_FIELDS];
  int64_t value;
  const int n = split_fields(line, field);
  if (n < 0) return fail_bad_line(f, "comma-separated fields", line);
  *row = (rp_known_row){.verdict = RP_UNKNOWN, .maximum = -1};
  const char *text = get_field(f, field, n, SAMPLE);
  if (!parse_whole(text, INT64_MAX, &row->sample))
    return fail_bad_line(f, "a sample number", text);
  if (radii) {
    text = get_field(f, field, n, MAXIMUM);
    if (is_unknown(text)) return RP_OK;
    if (!parse_whole(text, INT32_MAX, &value))
      return fail_bad_line(f, "a maximum radius or NA", text);
    row->maximum = (int32_t)value;
    return RP_OK;
  }
  text = get_field(f, field, n, RADIUS);
  if (!parse_whole(text, INT32_MAX, &value))
    return fail_bad_line(f, "a radius", text);
  row->radius = (int32_t)value;
  text = get_field(f, field, n, VERDICT);
  if (!parse_verdict(text, &row->verdict))
    return fail_bad_line(f, "robust, violated, misclassified, unknown or NA",
                         text);
  return RP_OK;
}

static rp_status append_row(const known_file *f, rp_known *known,
                            const rp_known_row *row) {
  const int64_t n = known->n_rows;
  if (!(n & (n - 1))) {
    rp_known_row *rows =
        rp_realloc(known->row, n ? (size_t)n * 2 : 1, sizeof *rows);
    if (!rows)
      return rp_fail(f->err, RP_E_MEMORY, "%s: out of memory", f->name);
    known->row = rows;
  }
  known->row[known->n_rows++] = *row;
  return RP_OK;
}

static int compare_rows(const void *left, const void *right) {
  const rp_known_row *a = left, *b = right;
  return rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
}

static bool are_contradictory(const rp_known_row *low,
                              const rp_known_row *high) {
  const rp_verdict a = low->verdict, b = high->verdict;
  if (low->sample != high->sample || a == RP_UNKNOWN || b == RP_UNKNOWN)
    return false;
  return (a == RP_MISCLASSIFIED) != (b == RP_MISCLASSIFIED) ||
         (a == RP_VIOLATED && b == RP_ROBUST);
}

/* The rows are sorted by radius: an answer that contradicts an earlier one
 * about the same sample also contradicts the last one before it. */
static rp_status check_together(const known_file *f, const rp_known *known) {
  const rp_known_row *last = NULL;
  for (int64_t i = 0; !known->radii && i < known->n_rows; i++) {
    const rp_known_row *const row = &known->row[i];
    if (row->verdict == RP_UNKNOWN) continue;
    if (last && are_contradictory(last, row))
      return rp_fail(
          f->err, RP_E_INPUT,
          "%s: sample %" PRId64 ": %s at radius %d and %s at radius "
          "%d contradict each other; does the file hold several networks?",
          f->name, row->sample, rp_verdict_name(last->verdict), last->radius,
          rp_verdict_name(row->verdict), row->radius);
    last = row;
  }
  return RP_OK;
}

/* Sort the rows and join equal questions; an answer replaces "unknown". */
static rp_status merge_rows(const known_file *f, rp_known *known) {
  if (known->n_rows == 0) return RP_OK;
  qsort(known->row, (size_t)known->n_rows, sizeof *known->row, compare_rows);
  int64_t last = 0;
  for (int64_t i = 1; i < known->n_rows; i++) {
    rp_known_row *kept = &known->row[last], *row = &known->row[i];
    if (compare_rows(kept, row) != 0) {
      known->row[++last] = *row;
      continue;
    }
    const bool knew = kept->verdict != RP_UNKNOWN || kept->maximum >= 0;
    const bool knows = row->verdict != RP_UNKNOWN || row->maximum >= 0;
    if (knew && knows &&
        (kept->verdict != row->verdict || kept->maximum != row->maximum))
      return rp_fail(f->err, RP_E_INPUT,
                     "%s: sample %" PRId64 "%s%.0d: two different answers; "
                     "does the file hold several networks?",
                     f->name, row->sample, row->radius ? ", radius " : "",
                     row->radius);
    if (!knew) *kept = *row;
  }
  known->n_rows = last + 1;
  return check_together(f, known);
}

static rp_status read_all(known_file *f, rp_known *known) {
  rp_known_row row;
  RP_TRY(read_header(f, &known->radii));
  for (char *line; (line = read_line(f)) != NULL;) {
    RP_TRY(parse_row(f, line, known->radii, &row));
    RP_TRY(append_row(f, known, &row));
  }
  if (ferror(f->in))
    return rp_fail(f->err, RP_E_INPUT, "%s: cannot read: %s", f->name,
                   strerror(errno));
  return merge_rows(f, known);
}

rp_status rp_known_read(const char *file, rp_known **known, rp_error *err) {
  known_file f = {.name = file, .err = err};
  RP_TRY(rp_file_open(file, &f.in, err));
  rp_known *k = rp_alloc(1, sizeof *k);
  const rp_status status =
      k ? read_all(&f, k)
        : rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  free(f.line);
  fclose(f.in);
  if (status == RP_OK)
    *known = k;
  else
    rp_known_free(k);
  return status;
}

void rp_known_free(rp_known *known) {
  if (!known) return;
  free(known->row);
  free(known);
}
