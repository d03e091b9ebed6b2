/* Untrusted texts: reading UTF-8, making it printable, cutting it. */
#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int rp_utf8_length(const char *at, uint32_t *code) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *const c = (const unsigned char *)at;
  const int n = c[0] < 0x80                    ? 1
                : c[0] >= 0xc2 && c[0] <= 0xdf ? 2
                : c[0] >= 0xe0 && c[0] <= 0xef ? 3
                : c[0] >= 0xf0 && c[0] <= 0xf4 ? 4
                                               : 0;
  if (n == 0) return 0;
  uint32_t value = n == 1 ? c[0] : c[0] & (0x7fu >> n);
  for (int i = 1; i < n; i++) {
    if ((c[i] & 0xc0) != 0x80) return 0; /* also the terminating zero */
    value = value << 6 | (c[i] & 0x3f);
  }
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < least[n] || value > 0x10ffff || is_surrogate) return 0;
  if (code) *code = value;
  return n;
}

bool rp_is_printable(uint32_t code) {
  static const struct {
    uint32_t first, last;
  } hidden[] = {
      {0, 0x1f},        {0x7f, 0x9f},
      {0x61c, 0x61c},   /* Arabic letter mark */
      {0x200b, 0x200b}, /* zero width; its joiners are part of words */
      {0x200e, 0x200f}, /* left-to-right and right-to-left marks */
      {0x2028, 0x202e}, /* line separators, embeddings and overrides */
      {0x2060, 0x206f}, /* isolates, invisible operators */
      {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
  };
  for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
    if (code >= hidden[i].first && code <= hidden[i].last) return false;
  return true;
}

void rp_text_make_printable(const char *from, char *to, size_t size) {
  size_t used = 0;
  while (*from) {
    char piece[8];
    uint32_t code = (unsigned char)*from;
    int length = rp_utf8_length(from, &code), shown = length;
    if (length == 0 || !rp_is_printable(code))
      shown = snprintf(piece, sizeof piece,
                       code < 0x80 || !length ? "\\x%02x" : "\\u%04x",
                       (unsigned)code);
    else
      memcpy(piece, from, (size_t)length);
    if (used + (size_t)shown >= size) break;
    memcpy(to + used, piece, (size_t)shown);
    used += (size_t)shown;
    from += length ? length : 1;
  }
  to[used] = '\0';
}

rp_printable_text rp_printable(const char *from) {
  rp_printable_text shown;
  rp_text_make_printable(from ? from : "", shown.text, sizeof shown.text);
  return shown;
}

int rp_text_fit(const char *text, size_t most) {
  const size_t length = strnlen(text, most + 1);
  if (length <= most) return (int)length;
  size_t end = most;
  for (size_t back = 1; back <= 3 && back <= most; back++)
    if (rp_utf8_length(text + most - back, NULL) > (int)back) end = most - back;
  return (int)end;
}

bool rp_text_is_one_of(const char *text, const char *words) {
  const size_t length = strlen(text);
  for (;;) {
    const size_t n = strcspn(words, "|");
    if (n == length && !memcmp(words, text, n)) return true;
    if (!words[n]) return false;
    words += n + 1;
  }
}

void rp_text_copy_listed(char *to, size_t size, const char *list, int32_t i) {
  const char *at = list;
  for (int32_t k = 0; k < i && at; k++) {
    at = strchr(at, ',');
    if (at) at++;
  }
  if (i < 0 || !at || !*at) {
    snprintf(to, size, "%" PRId32, i);
    return;
  }
  const int length = rp_text_fit(at, size - 1), own = (int)strcspn(at, ",");
  snprintf(to, size, "%.*s", own < length ? own : length, at);
}

void rp_text_copy(char *to, size_t size, const char *from) {
  const size_t length = from ? (size_t)rp_text_fit(from, size - 1) : 0;
  if (length) memmove(to, from, length);
  to[length] = '\0';
}
