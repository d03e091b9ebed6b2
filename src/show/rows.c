/* Prints rows for the terminal: columns are as wide as their content, numbers
 * are right-aligned, texts left-aligned, and units stand below the names. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "show/table.h"

enum { COLUMNS = 24, CELL_SIZE = 256 };

static bool is_seen(const rp_show_view *rows, int32_t column) {
  return rp_show_is_seen(rows, column, RP_SEEN_TEXT);
}

static const char *format_cell(const rp_cell *cell, char text[CELL_SIZE]) {
  char name[RP_LISTED_SIZE];
  switch (cell->kind) {
  case RP_CELL_WHOLE:
    snprintf(text, CELL_SIZE, "%" PRId64, cell->whole);
    return text;
  case RP_CELL_AT_LEAST:
    snprintf(text, CELL_SIZE, "%" PRId64 "+", cell->whole);
    return text;
  case RP_CELL_REAL:
    snprintf(text, CELL_SIZE, "%.3f", cell->real);
    return text;
  case RP_CELL_TEXT:
    rp_text_make_printable(cell->text, text, CELL_SIZE);
    return text;
  case RP_CELL_LISTED:
    rp_text_copy_listed(name, sizeof name, cell->text, (int32_t)cell->whole);
    rp_text_make_printable(name, text, CELL_SIZE);
    return text;
  case RP_CELL_NONE:
    break;
  }
  return "";
}

typedef struct layout {
  int width[COLUMNS];
  bool left[COLUMNS]; /* left-aligned */
} layout;

static void widen(int *width, const char *text) {
  const int length = (int)strlen(text);
  if (length > *width) *width = length;
}

static void lay_out(const rp_show_view *rows, int64_t shown, layout *l) {
  char text[CELL_SIZE];
  memset(l, 0, sizeof *l);
  for (int32_t c = 0; c < rows->n_columns; c++) {
    widen(&l->width[c], rows->column[c].head);
    widen(&l->width[c], rows->column[c].unit);
    for (int64_t i = 0; i < shown; i++) {
      const rp_cell cell = rp_show_get_cell(rows, i, c);
      widen(&l->width[c], format_cell(&cell, text));
      if (cell.kind == RP_CELL_TEXT || cell.kind == RP_CELL_LISTED)
        l->left[c] = true;
    }
  }
}

/* A line of cells, printed without trailing blanks. */
typedef struct printed {
  FILE *out;
  int blanks, n;
} printed;

static void put_cell_text(printed *p, const char *text, int width, bool left) {
  const int length = (int)strlen(text), pad = width - length;
  p->blanks += p->n++ ? 2 : 0;
  if (!left) p->blanks += pad;
  if (length > 0) {
    fprintf(p->out, "%*s%s", p->blanks, "", text);
    p->blanks = 0;
  }
  p->blanks += left ? pad : length ? 0 : width - pad;
}

static void print_heads(FILE *out, const rp_show_view *rows, const layout *l) {
  bool any_unit = false;
  printed names = {.out = out}, units = {.out = out};
  for (int32_t c = 0; c < rows->n_columns; c++)
    if (is_seen(rows, c)) {
      put_cell_text(&names, rows->column[c].head, l->width[c], l->left[c]);
      any_unit |= *rows->column[c].unit != '\0';
    }
  fputc('\n', out);
  for (int32_t c = 0; any_unit && c < rows->n_columns; c++)
    if (is_seen(rows, c))
      put_cell_text(&units, rows->column[c].unit, l->width[c], l->left[c]);
  if (any_unit) fputc('\n', out);
}

void rp_show_rows(FILE *out, const rp_results *results, rp_show_table table,
                  int64_t limit) {
  const rp_show_view rows =
      rp_show_get_view(results, rp_show_choose_table(results, table));
  const int64_t shown = limit >= 0 && limit < rows.n_rows ? limit : rows.n_rows;
  char text[CELL_SIZE];
  layout l;
  lay_out(&rows, shown, &l);
  print_heads(out, &rows, &l);
  for (int64_t i = 0; i < shown; i++) {
    printed line = {.out = out};
    for (int32_t c = 0; c < rows.n_columns; c++) {
      if (!is_seen(&rows, c)) continue;
      const rp_cell cell = rp_show_get_cell(&rows, i, c);
      put_cell_text(&line, format_cell(&cell, text), l.width[c], l.left[c]);
    }
    fputc('\n', out);
  }
  if (shown < rows.n_rows)
    fprintf(out, "... and %" PRId64 " more row%s: --rows all\n",
            rows.n_rows - shown, rows.n_rows - shown == 1 ? "" : "s");
}
