/* Convolutions in two dimensions, channels last.
 *
 * Row (oy * out_w + ox) * out_c + oc has the tap (ky, kx, c) at column
 * (iy * in_w + ix) * in_c + group * (in_c / groups) + c, where
 *
 *   iy = oy * stride_h - pad_top + ky * dilation_h,   0 <= iy < in_h,
 *   ix = ox * stride_w - pad_left + kx * dilation_w,  0 <= ix < in_w,
 *   group = oc / (out_c / groups).
 *
 * What falls on padding is no tap. Windows may hang over on every side, and
 * lie outside altogether. A depthwise convolution has as many groups as input
 * channels; an average pool is one with weights 1. */
#ifndef RAMPART_NET_OP_CONV_H
#define RAMPART_NET_OP_CONV_H

#include "net/op.h"
#include "rampart/status.h"

typedef struct rp_conv_shape {
  int32_t in_h, in_w, in_c;
  int32_t out_h, out_w, out_c;
  int32_t kernel_h, kernel_w;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;
  int32_t groups;
} rp_conv_shape;

/** Build a convolution (copied), to be freed by rp_op_free.
 *  @param weights  [out_c][kernel_h][kernel_w][in_c / groups]
 *  Errors: RP_E_INPUT with what was expected and found, if a number of the
 *  shape is less than 1 (a padding: 0), groups do not divide both numbers of
 *  channels, sizes or coordinates leave int32, or a weight leaves int16;
 *  RP_E_MEMORY. */
rp_status rp_op_conv_create(const rp_conv_shape *shape, const int32_t *weights,
                            rp_op **op, rp_error *err);

/** Shape and weights (in the order above), for files and messages between
 *  ranks; NULL if the operator is of another kind. */
const rp_conv_shape *rp_op_conv_shape(const rp_op *op);
const int16_t *rp_op_conv_weights(const rp_op *op);

/** Number of weights. Range: shapes of operators that were built. */
static inline int32_t rp_conv_count_weights(const rp_conv_shape *shape) {
  return shape->out_c * shape->kernel_h * shape->kernel_w *
         (shape->in_c / shape->groups);
}

#endif
