/* Quantized networks: exact integer semantics.
 *
 * A network is a list of blocks in topological order. Block k computes
 *
 *   z = bias + sum over its terms t of op_t a(source_t)   (the accumulators)
 *   a_i = sigma_i(z_i)                                    (the activations)
 *
 * with a monotone staircase sigma_i for every neuron. With max pooling a neuron
 * has several accumulators and is the greatest of their activations. A term's
 * source is a block below or the integer image itself. The last block is the
 * output; the prediction is the first maximum of its activations. */
#ifndef RAMPART_NET_NET_H
#define RAMPART_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/op.h"
#include "net/stair.h"
#include "rampart/status.h"

/** Largest magnitude of an accumulator, and of every partial sum of it in any
 *  order, over the whole input range. Proved when a network is built;
 *  differences of two accumulators then fit int32 too. */
#define RP_ACC_LIMIT ((int64_t)1 << 30)

/** Bound of the sum of |w| that a neuron or an input has in all operators that
 *  read it: that many products with a multiplier of 31 bits sum up in int64. */
#define RP_COLUMN_LIMIT ((int64_t)1 << 31)

enum { RP_NET_NAME_SIZE = 64, RP_NET_PROFILE_SIZE = 32, RP_MAX_DIMS = 4 };

/** The network's input as the source of a term. */
enum { RP_INPUT = -1 };

/** One summand of a block's accumulators. */
typedef struct rp_term {
  int32_t source; /* a block below, or RP_INPUT */
  rp_op *op;      /* owned by the network */
} rp_term;

/** A term by its place. */
typedef struct rp_use {
  int32_t block, term;
} rp_use;

/** One block. Arrays are owned by the network. */
typedef struct rp_block {
  int32_t n_out;        /* neurons */
  int32_t n_acc;        /* accumulators; as many, or more: max pooling */
  int32_t first;        /* its first accumulator, counted over all blocks */
  int32_t n_terms;      /* at least 1 */
  rp_term *term;        /* [n_terms] */
  int32_t n_uses;       /* terms of later blocks that read this one */
  rp_use *use;          /* [n_uses], in the order of blocks */
  bool *is_read;        /* [n_out] by a block below the last one */
  int64_t most_weights; /* largest sum of |w| of a neuron over all its uses */
  int32_t *bias;        /* [n_acc], unit of the accumulator */
  rp_stair *stair;      /* [n_acc], of the accumulator's neuron */
  int32_t *z_lo, *z_hi; /* [n_acc], proved over the whole input range */
  /* Max pooling: the neuron of each accumulator, and the accumulators of each
   * neuron. A neuron is the greatest of their activations. NULL: one each. */
  int32_t *owner;          /* [n_acc] */
  int32_t *begin, *member; /* [n_out + 1], [n_acc] */
} rp_block;

/** The accumulators of one neuron. */
static inline rp_rows rp_block_members(const rp_block *of, int32_t neuron) {
  return (rp_rows){of->begin[neuron + 1] - of->begin[neuron],
                   of->member + of->begin[neuron]};
}

/** The same of any neuron: without max pooling it has one, of its own number.
 *  @param neuron  must live as long as what is returned */
static inline rp_rows rp_block_accumulators(const rp_block *of,
                                            const int32_t *neuron) {
  return of->owner ? rp_block_members(of, *neuron) : (rp_rows){1, neuron};
}

/** The neuron of an accumulator. */
static inline int32_t rp_block_owner(const rp_block *of, int32_t accumulator) {
  return of->owner ? of->owner[accumulator] : accumulator;
}

/** One past a block's last accumulator, counted over all blocks. */
static inline int32_t rp_block_end(const rp_block *of) {
  return of->first + of->n_acc;
}

/** How the quantizer of the input rounds real / step before it adds the zero
 *  point, all in binary32: ONNX divides, halves to even; TFLite's kernels
 *  divide, halves away from zero; XNNPACK multiplies by 1 / step, halves to
 *  even. */
typedef enum rp_input_rounding {
  RP_INPUT_UNQUANTIZED, /* no quantizer: reals cannot be inputs */
  RP_INPUT_DIVIDE_HALF_EVEN,
  RP_INPUT_DIVIDE_HALF_AWAY,
  RP_INPUT_MULTIPLY_HALF_EVEN
} rp_input_rounding;

typedef struct rp_net {
  char name[RP_NET_NAME_SIZE];
  rp_rule rule;
  int32_t n_blocks;
  rp_block *block;
  int32_t n_in, n_out; /* of the whole network */
  int32_t n_acc;       /* accumulators of all blocks */
  int32_t widest;      /* largest of n_in and the blocks' n_acc */
  int32_t in_hi;       /* inputs are 0..in_hi, in_hi <= 255 */
  int32_t in_lo;       /* what input 0 is called in files and for people:
                          the model's own least number */
  int32_t in_zero;     /* the own number that operators see as 0 */
  float in_step;       /* what one step of an input is in reals; 0: not known */
  rp_input_rounding in_rounding; /* see net/input_quantizer.h */
  int32_t n_uses;                /* terms that read the input */
  rp_use *use;                   /* [n_uses] */
  int64_t most_weights;          /* largest sum of |w| of an input over them */
  int32_t n_dims;                /* of one input, 1..RP_MAX_DIMS */
  int32_t dims[RP_MAX_DIMS];     /* product is n_in; channels last */
  bool was_channels_first;       /* in the ONNX file that was read */
  int32_t n_tables;              /* of staircases */
  rp_stair_table **table;        /* [n_tables] */
  char **class_name;             /* [n_out] of the outputs; NULL: not given */
  char sha256[65];               /* of the file read, hex; "" if none */
  char profile[RP_NET_PROFILE_SIZE]; /* the runtime whose rounding this is; ""
                                        where the format leaves no choice */
  char source_sha256[65]; /* of the file of another format that it was made
                             from with a profile; "" if none */
} rp_net;

/** Least and greatest value of a neuron whose accumulators lie in intervals.
 *  @param z_lo, z_hi  [n_acc] of the block
 *  @param ends        out */
void rp_block_range(const rp_block *of, const int32_t *z_lo,
                    const int32_t *z_hi, int32_t neuron, int32_t ends[2]);

/** What a reader hands over to build a network block by block. */
typedef struct rp_block_spec {
  int32_t n_out;
  int32_t n_acc;        /* 0: n_out */
  const int32_t *owner; /* [n_acc] the neuron that is the maximum of this and
                           other accumulators; NULL: each is a neuron */
  int32_t n_terms;
  rp_term *term;         /* [n_terms]; the network takes the operators, also if
                            adding the block fails */
  const int64_t *bias;   /* [n_acc], unit of the accumulator */
  int32_t n_stairs;      /* a divisor of n_out: */
  const rp_stair *stair; /* neuron i has stair[i % n_stairs], its channel's */
  bool folds_constants;  /* accept sums beyond the limit where they are constant
                            after rounding, in all positions of a channel that
                            shares its weights with no other */
} rp_block_spec;

/** The same for a dense block over the block before it. */
typedef struct rp_dense_spec {
  int32_t n_in, n_out;
  const int32_t *weight; /* [n_out][n_in] */
  const int64_t *bias;   /* [n_out], unit of the accumulator */
  rp_stair stair;        /* of every neuron of the block */
} rp_dense_spec;

/** An empty network for inputs of the given shape. A longer name is cut.
 *  @param in_hi  greatest input value, 1..255; the least is 0
 *  Errors: RP_E_INPUT if a size is out of range; RP_E_MEMORY. */
rp_status rp_net_create(const char *name, const int32_t *dims, int32_t n_dims,
                        int32_t in_hi, rp_net **net, rp_error *err);

/** The model's own numbers, before the first block is added: its inputs are
 *  lo..lo + in_hi, and its operators see (own number - zero), so that padding
 *  counts as zero. Both are 0 by default.
 *  Errors: RP_E_INPUT if one leaves int16. */
rp_status rp_net_set_input(rp_net *net, int32_t lo, int32_t zero,
                           rp_error *err);

/** A table of thresholds for staircases of this network, which owns it.
 *  Errors: those of rp_stair_table_create. */
rp_status rp_net_add_table(rp_net *net, const int64_t *threshold, int32_t n,
                           const rp_stair_table **table, rp_error *err);

/** Name the outputs of the last block, which is the output (copied). Names that
 *  were given before are replaced.
 *  Errors: RP_E_INPUT if there is not one for each; RP_E_MEMORY. */
rp_status rp_net_set_class_names(rp_net *net, const char *const *name,
                                 int32_t n, rp_error *err);

/** Append a block and prove its accumulators' range. Where the block folds
 *  constants, neurons that are constant on all inputs, in all positions of
 * their channel, may have any weights and bias: they become constants. Blocks
 * and neurons are numbered from 0 in messages. Errors: RP_E_INPUT with block,
 * neuron and what was found, if sizes do not fit, a source is not below, a
 * staircase is malformed (activations beyond
 *  +-RP_ACC_LIMIT too) or a partial sum may leave +-RP_ACC_LIMIT on some input;
 *  the network is then unusable. RP_E_MEMORY.
 *  Cost: O(weights times positions). */
rp_status rp_net_add_block(rp_net *net, const rp_block_spec *spec,
                           rp_error *err);

/** Append a dense block (copied). Errors: also RP_E_INPUT if a weight leaves
 *  int16. */
rp_status rp_net_add_dense(rp_net *net, const rp_dense_spec *spec,
                           rp_error *err);

/** Check that the network is whole: at least one block, every block but the
 *  last is used, the sums of weights are within RP_COLUMN_LIMIT, outputs have
 * at least two values each. Errors: RP_E_INPUT, RP_E_MEMORY. */
rp_status rp_net_finish(rp_net *net, rp_error *err);

/** Check that questions about classes make sense: there are several outputs. A
 *  network with one may be read, described and run.
 *  Errors: RP_E_INPUT. */
rp_status rp_net_expect_classes(const rp_net *net, rp_error *err);

/** Is it a chain of dense blocks with steps of rule R0? The linear programs and
 *  the attacks have fast paths for those. */
bool rp_net_is_dense_chain(const rp_net *net);

/** Has it more than 256 accumulators? Then hundreds of neurons round with about
 *  the same weight, and what pays for a few of them does not: splits at single
 *  steps, bounds of inner accumulators by descent. */
bool rp_net_is_wide(const rp_net *net);

/** Has it 4,096 accumulators or more? Then nodes are worth packing, and a bound
 *  needs more evaluations, each with less of a history. */
bool rp_net_is_large(const rp_net *net);

void rp_net_free(rp_net *net); /* NULL is fine */

/** Copy a network's input and blocks, without the names of classes and of
 *  files: a network that is not finished, so that blocks can be added.
 *  @param net  must outlive the copy, which borrows its tables
 *  Errors: RP_E_MEMORY. Cost: that of building it. */
rp_status rp_net_copy(const rp_net *net, rp_net **copy, rp_error *err);

/** Staircase, weights and biases of QVIP's quantizers (rule R0).
 *  @param kernel  [n_in][n_out] float32, Keras order; bias [n_out]
 *  @param in_frac fractional bits of the layer's input (8, 6, 4; then bits-2)
 *  @param last    outputs are signed, hidden activations unsigned
 *  Errors: RP_E_INPUT if a number is not finite or a size out of range (bits
 *  2..16, in_frac 0..14), and those of rp_net_add_dense. */
typedef struct rp_qvip_dense {
  int32_t n_in, n_out, in_frac, bits;
  bool last;
  const float *kernel, *bias;
} rp_qvip_dense;
rp_status rp_net_add_qvip_dense(rp_net *net, const rp_qvip_dense *dense,
                                rp_error *err);

/** Fast forward pass.
 *  @param x    [n_in], values 0..in_hi
 *  @param z    out, all accumulators layer after layer, [n_acc]; or NULL
 *  @param out  out, [n_out] last activations
 *  @param work [rp_net_forward_work] int32
 *  Cost: O(weights). Thread: reentrant. Spec: rp_reference_forward. */
void rp_net_forward(const rp_net *net, const uint8_t *x, int32_t *z,
                    int32_t *out, int32_t *work);
size_t rp_net_forward_work(const rp_net *net); /* count of int32 */

/** Index of the first maximum. Range: n >= 1. */
int32_t rp_first_max(const int32_t *out, int32_t n);

/** The plain specification: int64 loops over rp_stair_apply, own allocation.
 *  Every counterexample is replayed with it. Errors: RP_E_MEMORY, and
 *  RP_E_RANGE if x leaves 0..in_hi. */
rp_status rp_reference_forward(const rp_net *net, const uint8_t *x,
                               int32_t *out);
rp_status rp_reference_predict(const rp_net *net, const uint8_t *x,
                               int32_t *prediction);

#endif
