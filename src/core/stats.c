/* Everything the statistics table yields. */
#include "core/stats.h"

#define ROW(name, merge, unit, help)                                           \
  {#name, #merge, unit, help, offsetof(rp_stats, name)},
static const rp_stats_info rows[] = {RP_STATS_TABLE(ROW)};

const rp_stats_info *rp_stats_rows(size_t *count) {
  *count = sizeof rows / sizeof *rows;
  return rows;
}

static int64_t merge_sum(int64_t a, int64_t b) {
  return a + b;
}
static int64_t merge_max(int64_t a, int64_t b) {
  return a > b ? a : b;
}

void rp_stats_merge(rp_stats *into, const rp_stats *from) {
#define MERGE(name, merge, unit, help)                                         \
  into->name = merge_##merge(into->name, from->name);
  RP_STATS_TABLE(MERGE)
}
