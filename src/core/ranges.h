/* Sets of whole numbers as people write them: "3", "0-9,12". */
#ifndef RAMPART_CORE_RANGES_H
#define RAMPART_CORE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "rampart/status.h"

enum { RP_RANGES_MAX = 64 };

typedef struct rp_ranges {
  int32_t n; /* 0: no restriction, every number is in it */
  struct {
    int64_t first, last; /* inclusive */
  } range[RP_RANGES_MAX];
} rp_ranges;

/** Read the first item of a list such as "0-9, 17": a number or a range, with
 *  blanks around numbers. A number too large for int64_t becomes INT64_MAX.
 *  @param last  out: as *first for a number; may be less than *first
 *  Returns where the item ends, at a comma or at the end of the text; NULL if
 *  there is no such item. */
const char *rp_range_read(const char *at, int64_t *first, int64_t *last);

/** Parse numbers and ascending ranges with commas, each least..greatest.
 *  @return  false if the text is anything else; ranges is then unspecified */
bool rp_ranges_parse(const char *text, int64_t least, int64_t greatest,
                     rp_ranges *ranges);

/** True if the value is in one of the ranges, or if there are none. Cost: O(n).
 */
bool rp_ranges_hold(const rp_ranges *ranges, int64_t value);

#endif
