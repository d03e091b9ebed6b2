/* From a built block back to what a reader hands over for it: for writers of
 * files and messages. */
#ifndef RAMPART_NET_BLOCK_SPEC_H
#define RAMPART_NET_BLOCK_SPEC_H

#include "net/net.h"

/** The specification from which rp_net_add_block builds block k again, in a
 *  network of the same input numbers and the same blocks below.
 *
 *  The number of staircases is the least one with which staircases and biases
 *  repeat: the number of channels, or less. Constants stay folded.
 *  @param spec  out; terms and staircases are the block's own, the biases
 *               belong to the caller, who calls rp_block_spec_fini
 *  Errors: RP_E_MEMORY. Cost: O(weights of terms that read the input). */
rp_status rp_block_get_spec(const rp_net *net, int32_t k, rp_block_spec *spec,
                            rp_error *err);
void rp_block_spec_fini(rp_block_spec *spec);

#endif
