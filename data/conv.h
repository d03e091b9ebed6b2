/* A small convolutional network in integers, as deployed int8 networks are:
 * weights of 8 bits, one multiplier a channel, activations 0..255.
 *
 * Accumulators are z = W a + b, activations (z m + 2^(s-1)) >> s, clamped to
 * lo..hi, with a multiplier m of 31 bits and a shift s of the channel. The
 * outputs share one multiplier. A dense layer is a convolution whose kernel
 * covers the whole map.
 *
 * Maps are square; activations are ordered [row][column][channel], weights
 * [output channel][kernel row][kernel column][input channel]. What is here is
 * plain and slow: it is the specification of what the trained network does. */
#ifndef RAMPART_DATA_CONV_H
#define RAMPART_DATA_CONV_H

#include <stdbool.h>
#include <stdint.h>

#include "digits.h"

enum { CONV_LAYERS = 3, CONV_MAX_KERNEL = 8, CONV_MAX_WIDTH = 1024 };
enum { CONV_MAX_TAPS = CONV_MAX_KERNEL * CONV_MAX_KERNEL };
enum { CONV_MAX_STEPS = 255 }; /* of a staircase: activations have 8 bits */

typedef struct conv_shape {
  int32_t c_in, in;   /* channels and side of the map below */
  int32_t c_out, out; /* of the layer's own map */
  int32_t kernel, stride, pad;
} conv_shape;

static inline int32_t conv_n_in(const conv_shape *s) {
  return s->in * s->in * s->c_in;
}

static inline int32_t conv_n_out(const conv_shape *s) {
  return s->out * s->out * s->c_out;
}

/** Weights of one output channel. */
static inline int32_t conv_row_size(const conv_shape *s) {
  return s->kernel * s->kernel * s->c_in;
}

static inline int32_t conv_n_weights(const conv_shape *s) {
  return s->c_out * conv_row_size(s);
}

/** A place of the kernel that lies on the map; padding has none. */
typedef struct conv_tap {
  int32_t from;   /* its first activation */
  int32_t weight; /* its first weight, counted within a channel */
} conv_tap;

/** The taps of an output position, counted row by row; returns how many. */
int32_t conv_find_taps(const conv_shape *shape, int32_t position,
                       conv_tap tap[CONV_MAX_TAPS]);

typedef struct conv_layer {
  conv_shape shape;
  int8_t *weight;                     /* [conv_n_weights] */
  int32_t *bias, *multiplier, *shift; /* [c_out]; 2^30 <= multiplier < 2^31 */
  int32_t lo, hi;                     /* least and greatest activation */
} conv_layer;

typedef struct conv_net {
  conv_layer layer[CONV_LAYERS]; /* the last one gives DIGITS_CLASSES */
} conv_net;

/** Room for a layer of this shape. Errors: RP_E_MEMORY. */
rp_status conv_layer_init(conv_layer *layer, const conv_shape *shape);
void conv_net_fini(conv_net *net);

/** Activation of an accumulator. Range: |z| < 2^31. */
int32_t conv_round(const conv_layer *layer, int32_t channel, int64_t z);

/** T(v): the least accumulator whose activation is v or more.
 *  Range: lo < v <= hi. */
int64_t conv_find_threshold(const conv_layer *layer, int32_t channel,
                            int32_t v);

/** Accumulators of the outputs. */
void conv_find_sums(const conv_net *net, const uint8_t *x,
                    int64_t z[DIGITS_CLASSES]);

/** The class: the first maximum of the outputs. */
int32_t conv_predict(const conv_net *net, const uint8_t *x);

/** The greatest radius up to `cap` for which interval arithmetic by itself
 *  proves that all inputs around x are classified as `label`; -1 if x is not.
 *  The true radius is this one or more. */
int32_t conv_certify(const conv_net *net, const uint8_t *x, int32_t label,
                     int32_t cap);

/** The same network for the engine, with a table of thresholds a channel.
 *  Errors: RP_E_MEMORY; RP_E_INPUT if the engine refuses it. */
rp_status conv_build(const conv_net *from, const char *name, rp_net **net,
                     rp_error *err);

/** A network and how it is trained. */
typedef struct conv_plan {
  const char *name;
  int32_t channels[CONV_LAYERS - 1]; /* of the convolutions */
  int32_t radius; /* greatest radius of the boxes, in grey levels */
  int32_t steps;  /* of gradient descent */
  uint64_t seed;
} conv_plan;

/** Train a network on `train`, whose classes are each once in every ten
 *  samples. The same plan gives the same network on every machine.
 *  Errors: RP_E_MEMORY. */
rp_status conv_train(const conv_plan *plan, const digits_set *train,
                     conv_net *net);

#endif
