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
  bool leaves_operators; /* to other kernels: those whose biases have no scale,
                            or whose weights it does not know beforehand */
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
  rp_flat *flat; /* the model's, for options: their damage shows in it */
  const rp_network_source *source;
  const char *stem;
  const rp_tflite_profile *profile;
  rp_tflite_value *value; /* [model.n_tensors] */
  bool *is_needed;        /* [model.n_tensors] the output depends on it */
  const rp_tflite_op *op; /* at hand; NULL: the input */
  rp_net *net;            /* NULL: no quantized input yet */
  int32_t n_folded;       /* numbers in all constants that were computed */
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

/** Compute the output of the operator at hand, whose operands are constants.
 *  Errors: as above. */
typedef rp_status rp_tflite_fold_op(rp_tflite_reader *r);

rp_tflite_fold_op rp_tflite_fold_reshape, rp_tflite_fold_transpose,
    rp_tflite_fold_pad, rp_tflite_fold_concatenation, rp_tflite_fold_quantize,
    rp_tflite_fold_dequantize, rp_tflite_fold_arithmetic;

/** What became of a file's tensors: arrays of [model.n_tensors]. */
typedef struct rp_tflite_tensors {
  rp_tflite_model model; /* with the constants that were computed */
  int32_t *block;        /* the block whose activations they are; RP_INPUT;
                            RP_NO_BLOCK */
  bool *is_known; /* it is a block, or padded, and the output depends on it */
} rp_tflite_tensors;

/** Read a file and fill them in. Errors: those of reading it. Call
 *  rp_tflite_tensors_fini also after an error. */
rp_status rp_tflite_find_blocks(const rp_file_content *content,
                                const rp_network_source *source,
                                rp_tflite_tensors *tensors, rp_error *err);

void rp_tflite_tensors_fini(rp_tflite_tensors *tensors);

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

/** Where the operator at hand writes; NULL: nowhere. */
rp_tflite_tensor *rp_tflite_output(const rp_tflite_reader *r);

/** The value of the i-th operand.
 *  Errors: if nothing has computed it. With `padded` it may have padding. */
rp_status rp_tflite_get_value(const rp_tflite_reader *r, int32_t i, bool padded,
                              const rp_tflite_value **value);

/** The same, also of a constant, which becomes a block. */
rp_status rp_tflite_get_any_value(rp_tflite_reader *r, int32_t i,
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

/* ---- network_tflite_index.c: where moved numbers come from ---- */

/** For each number of the output at hand its place in operand 0; -1: none.
 *  @param index  out, [count of the output] */
typedef rp_status rp_tflite_index(const rp_tflite_reader *r, int32_t *index);
rp_tflite_index rp_tflite_index_transposed, rp_tflite_index_padded;

/** The same of one part of a concatenation.
 *  @param begin  in, out: where along the axis the part begins and ends */
rp_status rp_tflite_index_part(const rp_tflite_reader *r, int32_t part,
                               int32_t axis, int32_t *begin, int32_t *index);

/** The same of an operand that is repeated along dimensions of size 1. */
rp_status rp_tflite_index_repeated(const rp_tflite_reader *r, int32_t operand,
                                   int32_t *index);

/** The axis of a concatenation; that its parts, up to `end`, fill the output.
 */
rp_status rp_tflite_take_axis(const rp_tflite_reader *r, int32_t *axis);
rp_status rp_tflite_expect_filled(const rp_tflite_reader *r, int32_t axis,
                                  int32_t end);

/** What PAD adds before and behind each dimension of operand 0. */
rp_status rp_tflite_take_padding(const rp_tflite_reader *r,
                                 int32_t pad[RP_TFLITE_DIMS][2]);

/** How the profile rounds to other numbers: for rp_requantizer_set. */
rp_status rp_tflite_choose_quantizer(const rp_tflite_reader *r,
                                     const rp_quantized *in,
                                     const rp_quantized *out, bool is_same_type,
                                     rp_rounding *rounding, double *multiplier);

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
