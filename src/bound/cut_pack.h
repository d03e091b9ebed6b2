/* Cuts as bytes, in proofs and in subproblems. */
#ifndef RAMPART_BOUND_CUT_PACK_H
#define RAMPART_BOUND_CUT_PACK_H

#include "bound/cut.h"

/** Append a cut. Without memory the trail fails. */
void rp_cut_put(const rp_net *net, const rp_cut *cut, rp_trail *to);

/** Read a cut, which the caller holds. Bytes that are no cut of the network
 *  spoil the reader.
 *  @param space  for one row of the network
 *  Returns NULL if the reader is spoilt, and without memory. */
rp_cut *rp_cut_get(const rp_net *net, rp_trail_reader *from,
                   rp_tap_space space);

#endif
