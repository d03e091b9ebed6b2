/* Writing cells of CSV. Untrusted text must reach whoever opens the file as
 * data: a terminal must not obey it, and a spreadsheet must not evaluate it. */
#include "core/csv.h"

#include <string.h>

#include "core/number.h"
#include "core/text.h"

bool rp_is_formula(const char *text) {
  char *end;
  if (!*text || !strchr("=+-@\t\r", *text)) return false;
  (void)rp_read_real(text, &end);
  return end == text || *end;
}

void rp_csv_text(FILE *out, const char *text) {
  const bool formula = rp_is_formula(text);
  const rp_printable_text shown = rp_printable(text);
  if (!formula && !strpbrk(shown.text, ",\"")) {
    fputs(shown.text, out);
    return;
  }
  fputs(formula ? "\"'" : "\"", out);
  for (const char *c = shown.text; *c; c++) {
    if (*c == '"') fputc('"', out);
    fputc(*c, out);
  }
  fputc('"', out);
}
