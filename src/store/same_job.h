/* Are two runs about the same thing? One table says what must be equal for
 * which purpose; a run that goes on, results that are taken over and shards
 * that are merged all ask it.
 *
 * Names of files, titles, times, ranks and threads are in no row: they may
 * always differ. So may everything that is not demanded: a decided answer holds
 * under any limits, whichever samples were asked beside it. */
#ifndef RAMPART_STORE_SAME_JOB_H
#define RAMPART_STORE_SAME_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "store/results.h"

/** What the equality of an item is needed for. */
typedef enum rp_same {
  RP_SAME_ANSWERS = 1,   /* an answer of one run is an answer of the other:
                            network, dataset, how both are read, engine,
                            version */
  RP_SAME_SHARD = 2,     /* both are the same part of a job */
  RP_SAME_QUESTIONS = 4, /* samples, radii, evidence */
  RP_SAME_EFFORT = 8     /* limits, seed, efforts: what one run could not decide
                            the other will not decide either */
} rp_same;

/** One item, as text. Values too long for their place are cut off at its end,
 *  where no digest or number reaches. */
typedef struct rp_same_item {
  rp_same needed_for;
  char name[48], value[72];
} rp_same_item;

enum { RP_SAME_MOST = 40 };

/** All items of a run, in the order of the table.
 *  @param item  out, [RP_SAME_MOST]
 *  Returns their number. */
size_t rp_same_items(const rp_provenance *run, rp_same_item *item);

/** The first item that is needed for one of the purposes and differs.
 *  @param purposes      bits of rp_same
 *  @param item, found   out when it returns true: the item of `expected`, and
 *                       the value that `other` has; both may be NULL
 *  Returns false if there is no difference. */
bool rp_same_differ(const rp_provenance *expected, const rp_provenance *other,
                    unsigned purposes, rp_same_item *item, rp_same_item *found);

#endif
