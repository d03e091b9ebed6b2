/* Independent pieces of work that all ranks share, beside runs of jobs. */
#ifndef RAMPART_CLUSTER_DEAL_H
#define RAMPART_CLUSTER_DEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rp_deal {
  int64_t n; /* pieces; less than 0 on rank 0: there is nothing to do */
  size_t answer_size;
  /** On rank 0: is piece i left out? NULL: none is. */
  bool (*is_done)(const void *context, int64_t i);
  /** Do piece i, on the rank that it was given to; one at a time. */
  void (*work)(void *context, int64_t i, void *answer);
  /** Take an answer in on rank 0, in any order. */
  void (*take)(void *context, int64_t i, const void *answer);
  void *context;
} rp_deal;

/** Deal the pieces to all ranks, rank 0 too, one by one as they become free.
 *  Collective, between rp_cluster_init and rp_cluster_fini, in place of runs;
 *  all ranks pass the same sizes. Every piece is answered once, unless rank 0's
 *  stop flag (clock.h) is set, also by `take`: then no more pieces are dealt,
 * and the flag is set on all ranks; `work` should end soon. A rank that dies
 * ends the program, as the launcher does it. Thread: the main thread; rank 0
 * works on another one. */
void rp_cluster_deal(const rp_deal *deal);

/** Collective: copy rank 0's bytes to all. */
void rp_cluster_tell(void *data, size_t size);

/** Collective: the threads that this rank should use. */
int32_t rp_cluster_threads(void);

#endif
