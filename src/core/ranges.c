/* Ranges are kept as written: few, and asked seldom. */
#include "core/ranges.h"

#include <errno.h>
#include <stdlib.h>

static const char *take_number(const char *text, int64_t least,
                               int64_t greatest, int64_t *value) {
  char *end;
  if (*text < '0' || *text > '9') return NULL;
  errno = 0;
  *value = strtoll(text, &end, 10);
  return errno || *value < least || *value > greatest ? NULL : end;
}

bool rp_ranges_parse(const char *text, int64_t least, int64_t greatest,
                     rp_ranges *ranges) {
  for (ranges->n = 0; ranges->n < RP_RANGES_MAX; text++) {
    int64_t first = 0, last;
    text = take_number(text, least, greatest, &first);
    last = first;
    if (text && *text == '-')
      text = take_number(text + 1, least, greatest, &last);
    if (!text || last < first) return false;
    ranges->range[ranges->n].first = first;
    ranges->range[ranges->n++].last = last;
    if (!*text) return true;
    if (*text != ',') return false;
  }
  return false;
}

bool rp_ranges_hold(const rp_ranges *ranges, int64_t value) {
  for (int32_t i = 0; i < ranges->n; i++)
    if (ranges->range[i].first <= value && value <= ranges->range[i].last)
      return true;
  return ranges->n == 0;
}
