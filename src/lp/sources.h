/* What one accumulator reads, over all terms of its block: programs have a
 * column a source, and two terms may read the same one. */
#ifndef RAMPART_LP_SOURCES_H
#define RAMPART_LP_SOURCES_H

#include "net/net.h"

/** Inputs are sources 0..n_in - 1, then come the neurons of all blocks. */
typedef struct sources {
  int32_t n;
  int32_t *source; /* [n] distinct */
  int64_t *weight; /* by source */
  bool *is_listed; /* by source */
  int32_t *first;  /* [n_blocks] source of a block's first neuron */
  rp_tap_space space;
} sources;

/** Errors: RP_E_MEMORY; sources_fini in any case. */
rp_status sources_init(sources *s, const rp_net *net);
void sources_fini(sources *s);

/** List what accumulator i of a block reads, with the sum of its weights.
 *  Cost: the taps of its rows. */
void sources_list(sources *s, const rp_net *net, int32_t block, int32_t i);

#endif
