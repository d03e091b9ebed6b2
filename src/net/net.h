/* Quantized networks: exact integer semantics.
 *
 * Layer k computes z = W a + b (the accumulators) and a = sigma_i(z), a
 * monotone staircase with finitely many values. The input of layer 0 is the
 * integer image itself. The prediction is the first maximum of the last a. */
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

/** Neurons of a layer: that many products of a multiplier (31 bits) and a
 *  weight (16 bits) sum up in int64. */
enum { RP_MOST_NEURONS = 1 << 16 };

enum { RP_NET_NAME_SIZE = 64, RP_MAX_DIMS = 4, RP_MAX_LAYERS = 64 };

/** One layer: z = W a + b, then a staircase a neuron. Arrays are owned by the
 * network. */
typedef struct rp_layer {
  int32_t n_in, n_out;
  int32_t first;        /* its first accumulator, counted over all layers */
  rp_op *op;            /* W */
  int32_t *bias;        /* [n_out], unit of the accumulator */
  rp_stair *stair;      /* [n_out] */
  int32_t *z_lo, *z_hi; /* [n_out], proved over the whole input range */
} rp_layer;

/** One past a layer's last accumulator, counted over all layers. */
static inline int32_t rp_layer_end(const rp_layer *of) {
  return of->first + of->n_out;
}

typedef struct rp_net {
  char name[RP_NET_NAME_SIZE];
  rp_rule rule;
  int32_t n_layers;
  rp_layer *layer;
  int32_t n_in, n_out;       /* of the whole network */
  int32_t n_acc;             /* accumulators of all layers */
  int32_t widest;            /* largest of n_in and the layers' n_out */
  int32_t in_hi;             /* inputs are 0..in_hi, in_hi <= 255 */
  int32_t n_dims;            /* of one input, 1..RP_MAX_DIMS */
  int32_t dims[RP_MAX_DIMS]; /* product is n_in */
  char sha256[65];           /* of the file read, hex; "" if none */
} rp_net;

/** What a reader hands over to build a network layer by layer. */
typedef struct rp_layer_spec {
  int32_t n_in, n_out;
  const int32_t *weight; /* [n_out][n_in] */
  const int64_t *bias;   /* [n_out], unit of the accumulator */
  rp_stair stair;        /* of every neuron of the layer */
} rp_layer_spec;

/** An empty network for inputs of the given shape. A longer name is cut.
 *  @param in_hi  greatest input value, 1..255; the least is 0
 *  Errors: RP_E_INPUT if a size is out of range; RP_E_MEMORY. */
rp_status rp_net_create(const char *name, const int32_t *dims, int32_t n_dims,
                        int32_t in_hi, rp_net **net, rp_error *err);

/** Append a dense layer (copied) and prove its accumulators' range.
 *  Layers and neurons are numbered from 0 in messages.
 *  Errors: RP_E_INPUT with layer, neuron and what was found, if sizes do not
 *  fit, a weight leaves int16, a staircase is malformed (activations beyond
 *  +-RP_ACC_LIMIT too) or a partial sum may leave +-RP_ACC_LIMIT on some input;
 *  the network is then unusable. RP_E_MEMORY. */
rp_status rp_net_add_dense(rp_net *net, const rp_layer_spec *spec,
                           rp_error *err);

/** Check that the network is whole: at least one layer, at least two outputs,
 *  all last staircases equal (the property compares their steps) and with at
 *  least two values. Errors: RP_E_INPUT. */
rp_status rp_net_finish(rp_net *net, rp_error *err);

void rp_net_free(rp_net *net); /* NULL is fine */

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

/** Largest difference between two inputs of n values each. */
int32_t rp_measure_distance(const uint8_t *a, const uint8_t *b, int32_t n);

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
