/* Whether two runs are about the same job. One table says what must be equal
 * for which purpose. It is used when a run continues, takes over results, or
 * merges shards.
 *
 * Names of files, titles, times, ranks and threads are not in the table and may
 * always differ. A decided answer holds under any limits, whatever other
 * samples were asked. */
#ifndef RAMPART_STORE_SAME_JOB_H
#define RAMPART_STORE_SAME_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "store/results.h"

/** The purpose for which an item must be equal. */
typedef enum rp_same {
  RP_SAME_NETWORK = 16,  /* be about the same network, read in the same way */
  RP_SAME_SAMPLES = 32,  /* be about the same samples */
  RP_SAME_ENGINE = 64,   /* come from the same engine and version */
  RP_SAME_ANSWERS = 112, /* take over answers: all of the above */
  RP_SAME_SHARD = 2,     /* use the same output: the shard of the job */
  RP_SAME_QUESTIONS = 4, /* merge shards: samples, radii, evidence */
  RP_SAME_EFFORT = 8     /* continue a journal: limits, seed, efforts; what one
                            run left unknown the other would too */
} rp_same;

/** An item as text. Values that are too long are truncated; digests and numbers
 *  never are. */
typedef struct rp_same_item {
  rp_same needed_for;
  char name[48], value[72];
} rp_same_item;

enum { RP_SAME_MOST = 40 };

/** List all items of a run, in the order of the table.
 *  @param item  out, [RP_SAME_MOST]
 *  Returns their number. */
size_t rp_same_describe(const rp_provenance *run, rp_same_item *item);

/** Find the first item that is needed for one of the purposes and differs.
 *  @param purposes      bits of rp_same
 *  @param item, found   out if it returns true: the item of `expected` and that
 *                       of `other`; both may be NULL
 *  Returns false if there is no difference. */
bool rp_same_differ(const rp_provenance *expected, const rp_provenance *other,
                    unsigned purposes, rp_same_item *item, rp_same_item *found);

#endif
