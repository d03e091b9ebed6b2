/* Strings and numbers of JSON. Texts come from files nobody vouches for, so
 * every byte sequence has an answer. */
#include "rampart/json.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static bool is_continued(const unsigned char *at, int count) {
  for (int i = 1; i <= count; i++)
    if ((at[i] & 0xc0) != 0x80) return false;
  return true;
}

/* Length of the well-formed UTF-8 sequence at `at` (Unicode, table 3-7): no
 * overlong forms, no surrogates, nothing above U+10FFFF. 0: none. */
static int sequence_length(const unsigned char *at) {
  const unsigned char c = at[0];
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return is_continued(at, 1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!is_continued(at, 2)) return 0;
    if (c == 0xe0 && at[1] < 0xa0) return 0;
    return c == 0xed && at[1] > 0x9f ? 0 : 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!is_continued(at, 3)) return 0;
    if (c == 0xf0 && at[1] < 0x90) return 0;
    return c == 0xf4 && at[1] > 0x8f ? 0 : 4;
  }
  return 0;
}

void rp_json_text(FILE *out, const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  fputc('"', out);
  while (*at) {
    const int length = sequence_length(at);
    if (length == 0)
      fputs("\\ufffd", out);
    else if (*at == '"' || *at == '\\')
      fprintf(out, "\\%c", *at);
    else if (*at < 0x20 || *at == 0x7f)
      fprintf(out, "\\u%04x", *at);
    else
      fwrite(at, 1, (size_t)length, out);
    at += length ? length : 1;
  }
  fputc('"', out);
}

void rp_json_real(FILE *out, double value, int decimals) {
  if (isfinite(value))
    fprintf(out, "%.*f", decimals, value);
  else
    fputs("null", out);
}
