/* One results file of the shards of a job. */
#ifndef RAMPART_STORE_MERGE_H
#define RAMPART_STORE_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/results.h"

/** What is put together. */
typedef struct rp_merge {
  const char *const *file;       /* [n] names, for messages */
  const rp_results *const *part; /* [n] */
  int32_t n;
  bool partial;            /* shards may be missing, or lack rows */
  const rp_results *older; /* merged before, to be united with; or NULL */
  const char *older_file;
} rp_merge;

/** Put the rows of shards into one table, sorted. Ranks are numbered anew,
 * those of the first shard first.
 *  Answers that several of them have are united (unite.h).
 *  @param missing  out: what is not there, in one line; "" if it is complete
 *  Errors: RP_E_INPUT: a part of another network, dataset, question, engine or
 *  evidence; one that is no shard, or is there twice; a contradiction; unless
 *  partial also what is missing. RP_E_MEMORY. */
rp_status rp_results_merge(const rp_merge *merge, rp_results **results,
                           rp_error *missing, rp_error *err);

#endif
