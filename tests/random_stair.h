/* Random staircases, even ones and tables of every kind: near a line, uneven,
 * with skipped values, and with steps that no accumulator reaches. */
#ifndef RAMPART_TESTS_RANDOM_STAIR_H
#define RAMPART_TESTS_RANDOM_STAIR_H

#include <stdint.h>
#include <stdlib.h>

#include "net/net.h"
#include "seeded.h"

enum { TABLE_KINDS = 5 };

/** Thresholds around 0, ascending.
 *  @param width  mean distance; may be 0 */
static inline void random_thresholds(rp_rng *rng, int32_t n, int32_t width,
                                     int64_t *threshold) {
  const uint32_t kind = rp_rng_below(rng, TABLE_KINDS);
  const int64_t start = between(rng, -(int64_t)width * n, width);
  int64_t at = start;
  for (int32_t i = 0; i < n; i++) {
    const bool jumps = kind == 2 && rp_rng_below(rng, 6) == 0;
    if (kind == 0) at = start + (int64_t)i * width;               /* equal */
    if (kind == 1) at = start + (int64_t)i * (2 * width + 1) / 2; /* a line */
    if (kind >= 2) at += jumps ? 5 * width : between(rng, 0, 2 * width);
    if (kind == 3 && rp_rng_below(rng, 2)) at = i ? threshold[i - 1] : at;
    threshold[i] = at;
  }
  if (kind != 4) return;
  for (int32_t i = 0; i < n && rp_rng_below(rng, 4); i++)
    threshold[i] = between(rng, 0, 1) ? INT64_MIN : -RP_ACC_LIMIT - 1;
  for (int32_t i = 1; i < n; i++)
    if (threshold[i] < threshold[i - 1]) threshold[i] = threshold[i - 1];
  for (int32_t i = n - 1; i > 0 && rp_rng_below(rng, 4); i--)
    threshold[i] = between(rng, 0, 1) ? INT64_MAX : RP_ACC_LIMIT + 1;
  for (int32_t i = n - 1; i > 0; i--)
    if (threshold[i - 1] > threshold[i]) threshold[i - 1] = threshold[i];
}

/** A staircase lo..lo + n over a table of random thresholds; give the table
 *  back to rp_stair_table_free.
 *  @param threshold  out, [n] */
static inline rp_stair random_table_stair(rp_rng *rng, int32_t n, int32_t width,
                                          int64_t *threshold,
                                          rp_stair_table **table) {
  random_thresholds(rng, n, width, threshold);
  if (rp_stair_table_create(threshold, n, table, NULL) != RP_OK) abort();
  const int32_t lo = (int32_t)between(rng, -n - 1, 1);
  return (rp_stair){.lo = lo, .hi = lo + n, .table = *table};
}

#endif
