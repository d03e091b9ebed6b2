/* Dense operators: every column reaches every row. */
#ifndef RAMPART_NET_OP_DENSE_H
#define RAMPART_NET_OP_DENSE_H

#include "net/op.h"

/** A dense operator with zero weights, to be freed by rp_op_free; NULL without
 *  memory. Sizes are at least 1. */
rp_op *rp_op_dense_create(int32_t n_out, int32_t n_in);

/** Set the weights of one row, [n_in], while the operator is built.
 *  Returns the first column whose weight leaves int16 (the row is then half
 *  set); n_in if there is none. */
int32_t rp_op_dense_set_row(rp_op *op, int32_t row, const int32_t *weights);

/** The weights of one row, [n_in], of an operator that is dense. */
const int16_t *rp_op_dense_row(const rp_op *op, int32_t row);

/** All weights, [n_out][n_in], for files and messages between ranks; NULL if
 *  the operator is of another kind. */
const int16_t *rp_op_dense_weights(const rp_op *op);

#endif
