/* What net.c and block.c share. */
#ifndef RAMPART_NET_BLOCK_H
#define RAMPART_NET_BLOCK_H

#include "net/net.h"

/** Free what a block owns. */
void rp_block_fini(rp_block *block);

#endif
