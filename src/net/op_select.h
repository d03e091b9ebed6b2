/* Selections: every row reads one column or none.
 *
 * Reshaping, transposing, slicing, concatenating and padding are selections,
 * and with weights so is each side of a residual addition with scales. */
#ifndef RAMPART_NET_OP_SELECT_H
#define RAMPART_NET_OP_SELECT_H

#include "net/op.h"
#include "rampart/status.h"

/** Build a selection (copied), to be freed by rp_op_free.
 *  @param index   [n_out] the column that a row reads; -1: none
 *  @param weight  [n_out]; NULL: all are 1
 *  Errors: RP_E_INPUT with row and what was found, if a size is not positive,
 *  a column is not -1..n_in-1 or a weight leaves int16; RP_E_MEMORY. */
rp_status rp_op_select_create(int32_t n_out, int32_t n_in, const int32_t *index,
                              const int32_t *weight, rp_op **op, rp_error *err);

/** Columns and weights, [n_out] each, for files and messages between ranks;
 *  NULL if the operator is of another kind. */
const int32_t *rp_op_select_index(const rp_op *op);
const int16_t *rp_op_select_weights(const rp_op *op);

#endif
