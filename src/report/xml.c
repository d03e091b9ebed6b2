/* Text from files that nobody vouches for, made safe for XML: every sequence
 * that is no UTF-8, and every character that XML does not allow, becomes the
 * replacement character. */
#include <stdint.h>
#include <string.h>

#include "rampart/plot.h"

/* Length of the well-formed sequence at c; 0 if there is none. */
static int sequence_length(const unsigned char *c) {
  const int n = c[0] < 0x80                    ? 1
                : c[0] >= 0xc2 && c[0] < 0xe0  ? 2
                : c[0] >= 0xe0 && c[0] < 0xf0  ? 3
                : c[0] >= 0xf0 && c[0] <= 0xf4 ? 4
                                               : 0;
  for (int i = 1; i < n; i++)
    if ((c[i] & 0xc0) != 0x80) return 0;
  return n;
}

static uint32_t code_point(const unsigned char *c, int n) {
  static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code = c[0] & mask[n];
  for (int i = 1; i < n; i++) code = code << 6 | (c[i] & 0x3f);
  return code;
}

/* Shortest form, not a surrogate, allowed in XML 1.0, no control character. */
static bool is_allowed(uint32_t code, int n) {
  if (n == 1) return code >= 0x20 && code != 0x7f;
  if (n == 2) return code >= 0xa0;
  if (n == 3)
    return code >= 0x800 && !(code >= 0xd800 && code < 0xe000) && code < 0xfffe;
  return code >= 0x10000 && code < 0x110000;
}

static const char *entity_of(unsigned char c) {
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
  const unsigned char *c = (const unsigned char *)text;
  while (*c) {
    const int n = sequence_length(c);
    const char *const entity = entity_of(*c);
    if (entity)
      fputs(entity, out);
    else if (*c == '\t' || *c == '\n' || *c == '\r')
      fputc(' ', out);
    else if (n > 0 && is_allowed(code_point(c, n), n))
      fwrite(c, 1, (size_t)n, out);
    else
      fputs("\xef\xbf\xbd", out);
    c += n > 0 ? n : 1;
  }
}
