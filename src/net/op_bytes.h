/* Operators as bytes, for messages between ranks. */
#ifndef RAMPART_NET_OP_BYTES_H
#define RAMPART_NET_OP_BYTES_H

#include "core/bytes.h"
#include "net/op.h"
#include "rampart/status.h"

/** Append an operator of any kind. Lack of memory sticks to the bytes. */
void rp_op_put(rp_bytes *to, const rp_op *op);

/** Take an operator that was put. The bytes are not trusted: sizes are compared
 *  with what is left of them, and with the operator's rows and columns, before
 *  memory is allocated.
 *  @param n_out  its rows and columns, at least 1, which the bytes do not tell
 *  @param op     out; freed by rp_op_free
 *  Errors: RP_E_INPUT if the bytes are no such operator; RP_E_MEMORY. */
rp_status rp_op_get(rp_bytes *from, int32_t n_out, int32_t n_in, rp_op **op,
                    rp_error *err);

#endif
