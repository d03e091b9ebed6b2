/* Interval bound propagation through a quantized convolution, and its
 * gradients.
 *
 * A box holds the middle and half the width of the interval of every activation
 * of a map, for LANES samples side by side: that vectorizes every loop without
 * changing the order of any sum. Forward, weights and activations are the
 * integers of the quantized network; sums of their products stay below 2^24,
 * which single precision holds exactly. Backward, rounding counts as the
 * identity, and clamping passes the gradient where nothing is clamped or where
 * it leads back inside (straight-through estimator, Bengio et al. 2013). */
#ifndef RAMPART_DATA_BOXES_H
#define RAMPART_DATA_BOXES_H

#include "conv.h"
#include "descent.h"

enum { LANES = 8 };
typedef float lanes[LANES];

typedef struct box {
  lanes middle[CONV_MAX_WIDTH], half[CONV_MAX_WIDTH];
} box;

/** A layer in training. Parameters are weights and then biases; `rounded` and
 *  gradients are ordered alike. */
typedef struct box_layer {
  conv_shape shape;
  int32_t n_weights;
  float in_unit, out_unit; /* the real number that one step stands for */
  descent parameters;      /* real numbers */
  float *rounded;          /* in integers */
  float *scaled;           /* rounded weights times the multiplier */
  float *multiplier;       /* [c_out] steps for one unit of the accumulator */
  lanes *gradient;         /* of the loss by the parameters, in steps */
  box sum;                 /* accumulators */
  box out;                 /* activations */
  box above;               /* gradient of the loss by the activations */
} box_layer;

/** Room, and all parameters 0. Errors: RP_E_MEMORY; then fini is due too. */
rp_status box_layer_init(box_layer *l, const conv_shape *shape);
void box_layer_fini(box_layer *l);

/** From `parameters` to what the passes use: weights -127..127 with one scale a
 *  channel, or for all if `is_output`. */
void box_round_parameters(box_layer *l, bool is_output);

/** sum and out of a hidden layer. */
void box_forward(box_layer *l, const box *in);

/** Add to `gradient`, and to `below` (the gradient by the activations of `in`;
 *  NULL: not wanted), what `above` gives. */
void box_backward(box_layer *l, const box *in, box *below);

/** Upper bounds of every output of the last layer minus the label's, in real
 *  numbers. The difference is bounded as one sum, which is tighter than its two
 *  sides. */
void box_bound_margins(const box_layer *l, const box *in, int32_t label,
                       lanes margin[DIGITS_CLASSES]);

/** Add to `gradient` and `below` what the gradient by the margins gives. */
void box_pull_margins(box_layer *l, const box *in, int32_t label,
                      const lanes by_margin[DIGITS_CLASSES], box *below);

/** Sum the lanes' gradients into `parameters`, times `factor`, and clear
 *  them. */
void box_gather_gradient(box_layer *l, float factor);

#endif
