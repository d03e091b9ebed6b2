/* Strings and numbers of JSON. Texts come from untrusted files, so every
 * sequence of bytes must become valid JSON. */
#include "core/json.h"

#include <math.h>
#include <stdint.h>

#include "core/number.h"
#include "core/text.h"

void rp_json_text(FILE *out, const char *text) {
  fputc('"', out);
  while (*text) {
    uint32_t code;
    const int length = rp_utf8_length(text, &code);
    if (length == 0)
      fputs("\\ufffd", out);
    else if (code == '"' || code == '\\')
      fprintf(out, "\\%c", *text);
    else if (!rp_is_printable(code)) /* all of these are below U+10000 */
      fprintf(out, "\\u%04x", (unsigned)code);
    else
      fwrite(text, 1, (size_t)length, out);
    text += length ? length : 1;
  }
  fputc('"', out);
}

void rp_json_real(FILE *out, double value, int decimals) {
  if (isfinite(value))
    rp_print_real(out, value, decimals);
  else
    fputs("null", out);
}
