/* Ranges are kept in the order in which they were written: there are few of
 * them, and they are searched seldom. */
#include "core/ranges.h"

#include <ctype.h>
#include <stdlib.h>

static const char *skip_blanks(const char *at) {
  while (isspace((unsigned char)*at)) at++;
  return at;
}

/* Too large a number becomes INT64_MAX. */
static const char *read_number(const char *at, int64_t *value) {
  char *end;
  at = skip_blanks(at);
  if (!isdigit((unsigned char)*at)) return NULL;
  *value = strtoll(at, &end, 10);
  return skip_blanks(end);
}

const char *rp_range_read(const char *at, int64_t *first, int64_t *last) {
  at = read_number(at, first);
  if (!at) return NULL;
  *last = *first;
  if (*at == '-') at = read_number(at + 1, last);
  return at && (!*at || *at == ',') ? at : NULL;
}

bool rp_ranges_parse(const char *text, int64_t least, int64_t greatest,
                     rp_ranges *ranges) {
  for (ranges->n = 0; ranges->n < RP_RANGES_MAX; text++) {
    int64_t first, last;
    text = rp_range_read(text, &first, &last);
    if (!text || first < least || last < first || last > greatest) return false;
    ranges->range[ranges->n].first = first;
    ranges->range[ranges->n++].last = last;
    if (!*text) return true;
  }
  return false;
}

bool rp_ranges_hold(const rp_ranges *ranges, int64_t value) {
  for (int32_t i = 0; i < ranges->n; i++)
    if (ranges->range[i].first <= value && value <= ranges->range[i].last)
      return true;
  return ranges->n == 0;
}
