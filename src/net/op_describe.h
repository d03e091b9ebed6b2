/* Operators in words and figures, for people. */
#ifndef RAMPART_NET_OP_DESCRIBE_H
#define RAMPART_NET_OP_DESCRIBE_H

#include "net/op.h"

/** What tables say of an operator. */
typedef struct rp_op_facts {
  char name[96];      /* "conv 3 x 3, stride 2 x 2, groups 4" */
  char shape[96];     /* "28 x 28 x 1 to 13 x 13 x 4" */
  int64_t weights;    /* numbers that it stores; 0 for a plain selection */
  int32_t n_channels; /* rows with weights of their own; 0 for a selection */
} rp_op_facts;

void rp_op_describe(const rp_op *op, rp_op_facts *facts);

#endif
