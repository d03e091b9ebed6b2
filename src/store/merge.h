/* Merging the shards of a job into one results file. */
#ifndef RAMPART_STORE_MERGE_H
#define RAMPART_STORE_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/results.h"

/** What to merge. */
typedef struct rp_merge {
  const char *const *file;       /* [n] names, for messages */
  const rp_results *const *part; /* [n] */
  int32_t n;
  bool partial;            /* shards may be missing or incomplete */
  const rp_results *older; /* the output of an earlier merge; or NULL */
  const char *older_file;
} rp_merge;

/** Merge the rows of shards into sorted tables. Ranks are renumbered, shard by
 *  shard. Answers to the same question are united (unite.h).
 *  @param missing  out: one line about what is missing; "" if nothing is
 *  Errors: RP_E_INPUT: a part with another network, dataset, set of questions,
 *  engine or evidence; one that is no shard or is given twice; a contradiction;
 *  something missing, unless partial. RP_E_MEMORY. */
rp_status rp_results_merge(const rp_merge *merge, rp_results **results,
                           rp_error *missing, rp_error *err);

#endif
