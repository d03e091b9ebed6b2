/* What is bounded before a search: the region that all parts start from. */
#ifndef RAMPART_VERIFY_ROOT_H
#define RAMPART_VERIFY_ROOT_H

#include "bound/region.h"
#include "core/answer.h"
#include "core/clock.h"
#include "core/options.h"
#include "core/stats.h"
#include "evidence/proof.h"

typedef struct root_task {
  const rp_net *net;
  const rp_options *options;
  int32_t label;
  rp_region *region; /* in: a ball or box; out: tighter intervals */
  rp_proof *proof;   /* NULL: not recorded */
  rp_stats *stats;
  const rp_deadline *deadline;
  int32_t cut_rounds; /* for each bound by evaluations; 0: no cuts */
  /* Asked before evaluations: is the question decided, so that nothing more
   * needs to be bounded? NULL: it never is. */
  bool (*is_decided)(void *context);
  void *context;
} root_task;

/** Intervals over the region, and bounds of inner accumulators where intervals
 *  leave a part open: by slopes, and by evaluations of the dual where a part
 *  still looks open after that and they are not too dear.
 *  Errors: RP_E_MEMORY. */
rp_status root_bound(const root_task *task);

#endif
