/* Inside the reader of TFLite files.
 *
 * Operators become blocks in the order in which they run. A tensor that was
 * computed has a value: the block whose activations are its numbers less their
 * zero point. Reshaping only renames a value, and padding is left to the
 * convolution that reads it, so neither makes a block. */
#ifndef RAMPART_INPUT_NETWORK_TFLITE_H
#define RAMPART_INPUT_NETWORK_TFLITE_H

#include "input/network_build.h"
#include "input/network_file.h"
#include "input/network_tflite_model.h"
#include "net/input_quantizer.h"
#include "net/mean_rule.h"

/** What a runtime does, operator by operator. */
typedef struct rp_tflite_profile {
  const char *name;
  rp_input_rounding input;
  rp_rounding conv, depthwise, dense; /* of int8 */
  bool has_uint8;                     /* its rules for uint8 are known: */
  rp_rounding uint8, depthwise_uint8; /* of conv and dense; of depthwise */
  rp_adding adding;
  rp_averaging mean, mean_kept; /* that drops or keeps dimensions of 1 */
  bool has_one_mean;            /* `mean` alone, and not for equal scales */
  bool has_quantizer;           /* of its own, for numbers of one type */
  bool needs_bias_scale;        /* other operators are left to other kernels */
} rp_tflite_profile;

enum { TOP, BOTTOM, LEFT, RIGHT, SIDES };

typedef struct rp_tflite_value {
  bool is_known;
  bool is_real;   /* the network's input before its quantizer */
  int32_t source; /* a block, or RP_INPUT */
  int32_t type;
  rp_quantized number; /* lo..hi: of the type */
  int32_t n_dims, dims[RP_TFLITE_DIMS];
  int32_t count;
  int32_t pad[SIDES]; /* zeros around height and width, not in dims */
} rp_tflite_value;

typedef struct rp_tflite_reader {
  rp_tflite_model model;
  const rp_network_source *source;
  const char *stem;
  const rp_tflite_profile *profile;
  rp_tflite_value *value; /* [model.n_tensors] */
  bool *is_needed;        /* [model.n_tensors] the output depends on it */
  const rp_tflite_op *op; /* at hand; NULL: the input */
  rp_net *net;            /* NULL: no quantized input yet */
  rp_error *err;
} rp_tflite_reader;

/** Read the operator at hand: its value, and perhaps a block.
 *  Errors: RP_E_INPUT with file, operator and shapes; RP_E_MEMORY. */
typedef rp_status rp_tflite_read_op(rp_tflite_reader *r);

rp_tflite_read_op rp_tflite_read_conv, rp_tflite_read_depthwise,
    rp_tflite_read_dense, rp_tflite_read_mean, rp_tflite_read_average_pool,
    rp_tflite_read_max_pool, rp_tflite_read_add, rp_tflite_read_concatenation,
    rp_tflite_read_transpose, rp_tflite_read_reshape, rp_tflite_read_pad,
    rp_tflite_read_quantize;

/** What became of a file's tensors: arrays of [model.n_tensors]. */
typedef struct rp_tflite_tensors {
  int32_t *block;    /* the block whose activations they are; RP_INPUT;
                        RP_NO_BLOCK */
  bool *is_computed; /* the output depends on it, and on the input */
} rp_tflite_tensors;

/** Read a file and fill them in. Errors: those of reading it. */
rp_status rp_tflite_find_blocks(const rp_file_content *content,
                                const rp_network_source *source,
                                rp_tflite_tensors *tensors, rp_error *err);

/* ---- network_tflite_value.c ---- */

bool rp_tflite_has_padding(const rp_tflite_value *value);

/** Fail with RP_E_INPUT, naming the operator at hand and its shapes; with
 *  RP_E_MEMORY. */
rp_status rp_tflite_fail(const rp_tflite_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
rp_status rp_tflite_fail_memory(const rp_tflite_reader *r);

/** Name the operator at hand before the message of a failed step. */
rp_status rp_tflite_add_place(const rp_tflite_reader *r, rp_status status,
                              const rp_error *why);

/** The i-th operand; NULL if it is left out. */
const rp_tflite_tensor *rp_tflite_operand(const rp_tflite_reader *r, int32_t i);

/** The value of the i-th operand.
 *  Errors: if nothing has computed it. With `padded` it may have padding. */
rp_status rp_tflite_get_value(const rp_tflite_reader *r, int32_t i, bool padded,
                              const rp_tflite_value **value);

/** A constant operand of a type and, if count > 0, of so many elements. */
rp_status rp_tflite_get_constant(const rp_tflite_reader *r, int32_t i,
                                 int32_t type, int32_t count,
                                 const rp_tflite_tensor **constant);

/** What the output tensor of the operator at hand says of its numbers. */
rp_status rp_tflite_describe_output(const rp_tflite_reader *r,
                                    rp_tflite_value *value);

/** The same of any tensor. */
rp_status rp_tflite_describe(const rp_tflite_reader *r,
                             const rp_tflite_tensor *tensor,
                             rp_tflite_value *value);

/** Check that two values count in the same numbers, as operators expect that
 *  only move them. */
rp_status rp_tflite_expect_same(const rp_tflite_reader *r,
                                const rp_tflite_value *in,
                                const rp_tflite_value *out);

/** Make a value that of the operator's output. */
rp_status rp_tflite_set_output(rp_tflite_reader *r,
                               const rp_tflite_value *value);

/* ---- network_tflite_stair.c ---- */

const rp_tflite_profile *rp_tflite_find_profile(const char *name);

/** Narrow numbers to what an activation function leaves.
 *  @param activation  the schema's number */
rp_status rp_tflite_clip(const rp_tflite_reader *r, int32_t activation,
                         rp_quantized *number);

/** Make the block that a step has appended the operator's output.
 *  @param status, why  of the step */
rp_status rp_tflite_set_block(rp_tflite_reader *r, rp_status status,
                              const rp_error *why, rp_tflite_value *out);

/* ---- network_tflite_window.c ---- */

/** Windows that slide over height and width. */
typedef struct rp_tflite_windows {
  int32_t padding; /* the schema's number: 0 SAME, 1 VALID */
  int32_t stride[2], dilation[2], kernel[2];
} rp_tflite_windows;

/** The shape of a convolution with these windows, all but groups and channels
 *  of the output. Checks that the output tensor has the same. */
rp_status rp_tflite_place_windows(const rp_tflite_reader *r,
                                  const rp_tflite_windows *windows,
                                  const rp_tflite_value *in,
                                  const rp_tflite_value *out,
                                  rp_conv_shape *shape);

#endif
