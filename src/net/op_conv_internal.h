/* What the files of convolutions share: where windows lie. */
#ifndef RAMPART_NET_OP_CONV_INTERNAL_H
#define RAMPART_NET_OP_CONV_INTERNAL_H

#include "core/assert.h"
#include "net/op_conv.h"

/** A window along one axis. Tap k lies at origin + k * dilation, which is
 * inside the input for from <= k < to. */
typedef struct rp_span {
  int32_t origin, from, to;
} rp_span;

typedef struct rp_conv {
  rp_op op;
  rp_conv_shape shape;
  int32_t group_in, group_out; /* channels of a group */
  int32_t taps;                /* of a row whose window is inside */
  bool has_row_runs;           /* a row of a window is one run in the input;
                                  else the channels of one place are */
  bool may_be_run;             /* a window inside the input is one run */
  int64_t count;               /* taps of all rows */
  rp_span *y, *x;              /* [out_h], [out_w] */
  int16_t *weight;             /* [out_c][taps] */
  int16_t *by_tap;             /* [taps][out_c] if is_depthwise, or NULL */
} rp_conv;

static inline const rp_conv *rp_conv_of(const rp_op *op) {
  return (const rp_conv *)op;
}

/** One group at one position: the window of group_out rows. */
typedef struct rp_window {
  const rp_conv *conv;
  rp_span y, x;
  int32_t channel; /* first input channel of the group */
} rp_window;

static inline rp_window rp_conv_window(const rp_conv *conv, int32_t position,
                                       int32_t group) {
  const int32_t out_w = conv->shape.out_w;
  return (rp_window){conv, conv->y[position / out_w], conv->x[position % out_w],
                     group * conv->group_in};
}

/** Taps first_tap..first_tap + n - 1 of a window that exist, and the columns
 *  from col on where they lie. */
typedef struct rp_run {
  int32_t tap, col, n;
} rp_run;

/** Where a walk over a window's runs stands; {0} before the first. */
typedef struct rp_walk {
  bool started;
  int32_t ky, kx;
} rp_walk;

/** The next run, in ascending order of taps and columns; false at the end. */
static inline bool rp_window_next(const rp_window *w, rp_walk *at,
                                  rp_run *run) {
  const rp_conv *c = w->conv;
  const rp_conv_shape *s = &c->shape;
  if (!at->started) {
    *at = (rp_walk){true, w->y.from, w->x.from};
  } else if (c->has_row_runs || ++at->kx >= w->x.to) {
    at->kx = w->x.from;
    at->ky++;
  }
  if (at->ky >= w->y.to || w->x.from >= w->x.to) return false;
  const int32_t iy = w->y.origin + at->ky * s->dilation_h;
  const int32_t ix = w->x.origin + at->kx * s->dilation_w;
  RP_ASSERT(iy >= 0 && iy < s->in_h && ix >= 0 && ix < s->in_w);
  run->tap = (at->ky * s->kernel_w + at->kx) * c->group_in;
  run->col = (iy * s->in_w + ix) * s->in_c + w->channel;
  run->n = c->has_row_runs ? (w->x.to - w->x.from) * c->group_in : c->group_in;
  return true;
}

/** The functions of the kind (op_conv_window.c). */
void rp_conv_apply_bytes(const rp_op *op, const uint8_t *x, int32_t *z);
void rp_conv_apply(const rp_op *op, const int32_t *a, int16_t *spare,
                   int32_t *z);
void rp_conv_range_narrow(const rp_op *op, const int16_t *lo,
                          const int16_t *width, int32_t *z_lo, int32_t *z_hi);
void rp_conv_range(const rp_op *op, const int32_t *lo, const int32_t *width,
                   int32_t *z_lo, int32_t *z_hi);
void rp_conv_apply_float(const rp_op *op, rp_rows rows, const float *a,
                         double *z);
void rp_conv_apply_real(const rp_op *op, rp_rows rows, const double *a,
                        double *z);
void rp_conv_transpose_float(const rp_op *op, rp_rows rows,
                             const double *lambda, float *mu);
void rp_conv_transpose(const rp_op *op, rp_rows rows, const double *lambda,
                       double *mu);
void rp_conv_transpose_exact(const rp_op *op, rp_rows rows,
                             const int64_t *lambda, int64_t *mu);
void rp_conv_transpose_gradient(const rp_op *op, rp_rows rows,
                                const float *above, float *below);
void rp_conv_transpose_sizes(const rp_op *op, const double *size, double *sum);

/** The same over all rows of a depthwise convolution, whose channels are all
 *  that varies in the inner loops (op_conv_depthwise.c). */
void rp_depthwise_apply_bytes(const rp_conv *c, const uint8_t *x, int32_t *z);
void rp_depthwise_apply_narrow(const rp_conv *c, const int16_t *a, int32_t *z);
void rp_depthwise_apply_wide(const rp_conv *c, const int32_t *a, int32_t *z);
void rp_depthwise_range_narrow(const rp_conv *c, const int16_t *lo,
                               const int16_t *width, int32_t *z_lo,
                               int32_t *z_hi);
void rp_depthwise_range(const rp_conv *c, const int32_t *lo,
                        const int32_t *width, int32_t *z_lo, int32_t *z_hi);
void rp_depthwise_apply_float(const rp_conv *c, const float *a, double *z);
void rp_depthwise_apply_real(const rp_conv *c, const double *a, double *z);
void rp_depthwise_transpose_float(const rp_conv *c, const double *lambda,
                                  float *mu);
void rp_depthwise_transpose(const rp_conv *c, const double *lambda, double *mu);
void rp_depthwise_transpose_exact(const rp_conv *c, const int64_t *lambda,
                                  int64_t *mu);
void rp_depthwise_transpose_gradient(const rp_conv *c, const float *above,
                                     float *below);
void rp_depthwise_transpose_sizes(const rp_conv *c, const double *size,
                                  double *sum);

#endif
