/* Inside the interpreter of TFLite files. */
#ifndef RAMPART_INPUT_INTERPRET_TFLITE_H
#define RAMPART_INPUT_INTERPRET_TFLITE_H

#include "input/interpret.h"
#include "input/interpret_round.h"
#include "input/network_tflite.h"

typedef struct rp_tflite_plain {
  rp_tflite_tensors tensors; /* what the reader made of them */
  rp_tflite_model model;     /* that of the tensors */
  rp_flat flat;              /* of the model; reading options changes it */
  const char *profile;
  rp_tflite_op op; /* at hand */
  const rp_plain_tensor *tensor;
} rp_tflite_plain;

/** A field of the options of the operator at hand. */
int32_t rp_plain_option(rp_tflite_plain *p, int field, int32_t absent);
int32_t rp_plain_option_byte(rp_tflite_plain *p, int field);

/** The i-th operand; NULL if there is none. The output. */
const rp_tflite_tensor *rp_plain_operand(const rp_tflite_plain *p, int32_t i);
const rp_tflite_tensor *rp_plain_output(const rp_tflite_plain *p);

/** The numbers of a tensor that was computed, or is to be. */
int32_t *rp_plain_numbers_of(const rp_tflite_plain *p,
                             const rp_tflite_tensor *tensor);

/** What they count in. */
rp_plain_numbers rp_plain_describe(const rp_tflite_plain *p,
                                   const rp_tflite_tensor *tensor);

/** Compute the output of the operator at hand. */
typedef void rp_plain_run(rp_tflite_plain *p);
rp_plain_run rp_plain_conv, rp_plain_depthwise, rp_plain_dense, rp_plain_pool,
    rp_plain_mean, rp_plain_add, rp_plain_pad, rp_plain_transpose,
    rp_plain_concatenation, rp_plain_copy, rp_plain_quantizer;

/** The first position, of height or width, that a window covers; it may be
 *  negative. The schema's padding: 0 SAME, 1 VALID. */
int32_t rp_plain_window(int32_t padding, int32_t at, int32_t stride,
                        int32_t reach, int32_t in, int32_t out);

#endif
