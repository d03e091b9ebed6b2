/* Inside the reader of ONNX files, profile qonnx-float32: float32 operators
 * between integers, each computed alone and rounded to binary32.
 *
 * A quantizer makes numbers of a grid. Sums of products of two grids are exact
 * in binary32, in whatever order they are added, where they stay below 2^24
 * units; others are refused. What follows up to the next quantizer is a list of
 * steps, each a monotone map of one number. So the quantized result is a
 * monotone function of the exact sum, which never rises or never falls: a
 * staircase, whose thresholds are found on the very operations. */
#ifndef RAMPART_INPUT_NETWORK_ONNX_FLOAT_H
#define RAMPART_INPUT_NETWORK_ONNX_FLOAT_H

#include "input/network_onnx.h"
#include "input/network_onnx_fold.h"

/* ---- network_onnx_step.c: one number after the other, in all profiles. ----
 */

typedef enum rp_onnx_step_kind {
  RP_ONNX_PLUS,
  RP_ONNX_MINUS,
  RP_ONNX_FROM, /* number - x */
  RP_ONNX_TIMES,
  RP_ONNX_OVER,
  RP_ONNX_AT_LEAST,
  RP_ONNX_AT_MOST
} rp_onnx_step_kind;

typedef struct rp_onnx_step {
  rp_onnx_step_kind kind;
  int32_t before; /* the step before it, counted from 1; 0: none */
  int32_t n;      /* 1, or one number an element, as they lie in the source */
  float *number;  /* [n], finite */
} rp_onnx_step;

/** The steps of an item in the order in which they run. */
enum { RP_ONNX_MOST_CHAIN = 64 };
typedef struct rp_onnx_chain {
  int32_t n;
  const rp_onnx_step *step[RP_ONNX_MOST_CHAIN];
} rp_onnx_chain;

/** What Add, Sub, Mul or Div does with a constant as second operand, or as
 *  first. Range: these four. */
rp_onnx_step_kind rp_onnx_find_step(const rp_onnx_node *node, bool is_second);

/** Append a step to the item's, or several at its end.
 *  @param constant  repeated over an operand of the item's shape
 *  Errors: RP_E_INPUT: it does not fit, or is not finite; RP_E_MEMORY. */
rp_status rp_onnx_add_step(rp_onnx_reader *r, rp_onnx_step_kind kind,
                           const rp_onnx_tensor *shape,
                           const rp_onnx_tensor *constant, rp_onnx_item *item);

void rp_onnx_get_chain(const rp_onnx_reader *r, const rp_onnx_item *item,
                       rp_onnx_chain *chain);

/** What the steps make of x.
 *  @param place  of the element in the source
 *  @param ok     set to false if a number on the way is not finite */
float rp_onnx_run_chain(const rp_onnx_chain *chain, int32_t place, float x,
                        bool *ok);

/** Do all elements go through the same steps? Or those of a channel? */
bool rp_onnx_is_uniform(const rp_onnx_chain *chain);
bool rp_onnx_is_by_channel(const rp_onnx_chain *chain, int32_t channels);

void rp_onnx_free_steps(rp_onnx_reader *r);

/** Get an operand: integers with a grid, or floats; of the input its bytes.
 *  Errors: RP_E_INPUT: none of these. */
rp_status rp_onnx_get_floats(rp_onnx_reader *r, int32_t i, rp_onnx_item *item);

/** Give the output of the node at hand an item of its first operand's shape. */
rp_status rp_onnx_set_same_shape(rp_onnx_reader *r, int32_t operand,
                                 const rp_onnx_item *item);

rp_onnx_read_node rp_onnx_read_elementwise, rp_onnx_read_batch_norm,
    rp_onnx_read_float_relu, rp_onnx_read_float_clip;

/* ---- network_onnx_level.c: quantizers. ---- */

typedef enum rp_onnx_level_kind {
  RP_ONNX_QUANT,
  RP_ONNX_BIPOLAR,
  RP_ONNX_THRESHOLDS
} rp_onnx_level_kind;

/** How a quantizer finds the level of a number: lo..hi. */
typedef struct rp_onnx_quantizer {
  rp_onnx_level_kind kind;
  int32_t lo, hi;
  float scale, zero; /* QUANT: zero is added before it is rounded. */
  float (*round)(float);
  int32_t n_rows;         /* THRESHOLDS: 1 or one a channel */
  const float *threshold; /* [n_rows][hi] */
  float bias;             /* THRESHOLDS: scale times level plus bias */
} rp_onnx_quantizer;

/** The level of a number that is not NaN, in the least one counted from lo. */
int32_t rp_onnx_find_level(const rp_onnx_quantizer *q, int32_t channel,
                           float x);

/** What a level stands for. */
float rp_onnx_get_level(const rp_onnx_quantizer *q, int32_t level);

rp_onnx_read_node rp_onnx_read_quantizer;

/** Is the node a quantizer of QONNX or FINN? */
bool rp_onnx_is_quantizer(const rp_onnx_node *node);

/** Weights that go through a quantizer. */
rp_onnx_fold_op rp_onnx_fold_quant;

/* ---- network_onnx_grid.c: grids and exact sums. ---- */

/** Find the grid of evenly spaced, rising numbers: number i is that of level
 *  lo + i. Returns false if there is none of small integers. */
bool rp_onnx_find_grid(const float *number, int32_t n, int32_t lo,
                       rp_onnx_grid *grid);

/** What a number stands for: exact up to 2^24 units, else rounded. */
float rp_onnx_apply_grid(const rp_onnx_grid *grid, int64_t number);

/** MatMul, Gemm and Conv. */
rp_onnx_read_node rp_onnx_read_linear;

/** Append the block of floats: their linear operator, or a copy.
 *  @param item  its number: of what the operator reads */
rp_status rp_onnx_append_floats(rp_onnx_reader *r, const rp_onnx_item *item,
                                rp_onnx_make_channels *make,
                                const void *context);

/* ---- network_onnx_neuron.c ---- */

/** What makes the channels of a block. */
typedef struct rp_onnx_maker {
  const rp_onnx_quantizer *q; /* NULL: logits */
  rp_onnx_chain chain;
  rp_onnx_grid grid;    /* offset: of the sum of a channel's weights */
  int32_t reach;        /* greatest magnitude of an input */
  rp_quantized *number; /* of the block; of logits an output */
} rp_onnx_maker;

/** The sum of a channel's weights, and all of them multiplied. */
int32_t rp_onnx_sum_row(const rp_onnx_channels *channels, int32_t c);
void rp_onnx_multiply_row(const rp_onnx_channels *channels, int32_t c,
                          int32_t by);

/** Append the block of floats and of the quantizer behind them.
 *  @param q       NULL: they are logits, of which only the order counts
 *  @param number  out: the block's numbers; may be the item's */
rp_status rp_onnx_add_levels(rp_onnx_reader *r, const rp_onnx_item *item,
                             const rp_onnx_quantizer *q, rp_quantized *number);

/* ---- network_onnx_logits.c ---- */

/** Channels whose outputs are in the order of the logits, and equal where those
 *  are: the exact sums, if all classes go through the same steps and those keep
 *  different sums different; else the ranks of the logits among all that the
 *  classes may have.
 *  @param context  an rp_onnx_maker
 *  Errors: RP_E_INPUT: there are too many ranks. */
rp_onnx_make_channels rp_onnx_make_logits;

/* ---- network_onnx_top.c ---- */

/** Make a block of a value that is the network's end, if it is floats. */
rp_status rp_onnx_end_floats(rp_onnx_reader *r, int32_t value);

rp_onnx_read_node rp_onnx_read_float_end, rp_onnx_read_top;

#endif
