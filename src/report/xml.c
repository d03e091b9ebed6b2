/* Makes text from untrusted files safe for XML: bytes that are not UTF-8, and
 * characters that XML does not allow or that reorder the text around them,
 * become the replacement character. */
#include <stdint.h>

#include "core/text.h"
#include "report/plot.h"

static const char *find_entity(char c) {
  switch (c) {
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '&':
    return "&amp;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return NULL;
  }
}

void rp_xml_text(FILE *out, const char *text) {
  while (*text) {
    uint32_t code;
    const int n = rp_utf8_length(text, &code);
    const char *const entity = find_entity(*text);
    if (entity)
      fputs(entity, out);
    else if (*text == '\t' || *text == '\n' || *text == '\r')
      fputc(' ', out);
    else if (n > 0 && rp_is_printable(code) && (code & 0xfffe) != 0xfffe)
      fwrite(text, 1, (size_t)n, out);
    else
      fputs("\xef\xbf\xbd", out);
    text += n > 0 ? n : 1;
  }
}
