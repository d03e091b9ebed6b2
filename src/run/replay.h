/* Counterexamples of earlier runs are trusted only after they were replayed. */
#ifndef RAMPART_RUN_REPLAY_H
#define RAMPART_RUN_REPLAY_H

#include "run/setup.h"

/** Does the network predict another class than the sample's label, or do its
 *  outputs meet the condition that was asked, at exactly this distance from the
 *  sample, in the norm that was asked?
 *  @param x  [n_in]; values out of range are no counterexample */
bool rp_replay_confirms(const rp_setup *setup, int64_t sample, int32_t distance,
                        const uint8_t *x);

#endif
