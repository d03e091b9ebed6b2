/* Tables of thresholds: staircases whose steps are not equally long. Only
 * net/stair.c and net/stair_table.c include this. */
#ifndef RAMPART_NET_STAIR_TABLE_H
#define RAMPART_NET_STAIR_TABLE_H

#include <stdint.h>

#include "core/vector.h"
#include "net/net.h"
#include "net/stair.h"

/** Beyond +-RP_STAIR_REACH: stored thresholds end there. */
enum { RP_STAIR_NEVER = RP_STAIR_REACH + 1 };

struct rp_stair_table {
  int32_t n; /* thresholds */
  /* Those that accumulators can reach: first..last - 1. */
  int32_t first, last;
  double unit;  /* typical width of a step */
  int32_t dent; /* rp_stair_table_measure_dent of first..last - 1 */
  bool is_near; /* a dent is small against a step */
  /* A line that guesses the thresholds reached by an accumulator: never too
   * many, and only few too little unless it is rough. */
  double slope, offset;
  bool is_rough;
  int32_t threshold[]; /* [n + 1] ascending, and RP_STAIR_NEVER at the end */
};

/** Indices i < k of two thresholds. How far do those between them lie below
 *  (side 1) or above (side -1) the chord from i to k? Rounded up, at least 0.
 *  Cost: O(k - i). */
int32_t rp_stair_table_measure_chord(const rp_stair_table *table, int32_t i,
                                     int32_t k, int32_t side);

/** How many thresholds are at most z, by bisection. Range: int32 z. */
int32_t rp_stair_table_search(const rp_stair_table *table, int32_t z);

/** The number that the line gives. Range: |z| <= RP_ACC_LIMIT.
 *  The clamp is in this order so that it compiles to two instructions. */
RP_INLINED int32_t rp_stair_table_guess(const rp_stair_table *table,
                                        int32_t z) {
  const double line = (double)z * table->slope + table->offset;
  const double raised = line > table->first ? line : table->first;
  return (int32_t)(raised < table->last ? raised : table->last);
}

/** How many thresholds are at most z. Range: |z| <= RP_ACC_LIMIT.
 *  Cost: a few instructions; O(log n) if the line is rough. */
RP_INLINED int32_t rp_stair_table_count(const rp_stair_table *table,
                                        int32_t z) {
  if (table->is_rough) return rp_stair_table_search(table, z);
  int32_t reached = rp_stair_table_guess(table, z);
  while (table->threshold[reached] <= z) reached++;
  return reached;
}

#endif
