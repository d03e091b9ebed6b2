/* What a TFLite file holds: tensors and operators, checked as far as one can
 * without knowing what the operators do. */
#ifndef RAMPART_INPUT_NETWORK_TFLITE_MODEL_H
#define RAMPART_INPUT_NETWORK_TFLITE_MODEL_H

#include "input/network_tflite_flat.h"

enum {
  RP_TFLITE_DIMS = 6,
  RP_TFLITE_MOST_ELEMENTS = 1 << 24, /* of one tensor */
  RP_TFLITE_MOST_LISTS = 1 << 16     /* tensors; operators */
};

/* Numbers of the schema. */
typedef enum rp_tflite_type {
  RP_TFLITE_FLOAT32 = 0,
  RP_TFLITE_INT32 = 2,
  RP_TFLITE_UINT8 = 3,
  RP_TFLITE_INT64 = 4,
  RP_TFLITE_INT8 = 9
} rp_tflite_type;

/** A tensor. Sizes are positive and multiply to `count`. */
typedef struct rp_tflite_tensor {
  int32_t type; /* rp_tflite_type, or another number of the schema */
  int32_t n_dims, dims[RP_TFLITE_DIMS];
  int32_t count;        /* elements */
  const uint8_t *data;  /* little-endian; NULL: not a constant */
  uint8_t *computed;    /* data that operators made of constants, owned */
  rp_flat_vector scale; /* floats */
  rp_flat_vector zero;  /* int64 */
  int32_t channel_dim;  /* the dimension that several scales belong to */
} rp_tflite_tensor;

typedef enum rp_tflite_code {
  RP_TFLITE_ADD = 0,
  RP_TFLITE_AVERAGE_POOL_2D = 1,
  RP_TFLITE_CONCATENATION = 2,
  RP_TFLITE_CONV_2D = 3,
  RP_TFLITE_DEPTHWISE_CONV_2D = 4,
  RP_TFLITE_DEQUANTIZE = 6,
  RP_TFLITE_FULLY_CONNECTED = 9,
  RP_TFLITE_MAX_POOL_2D = 17,
  RP_TFLITE_MUL = 18,
  RP_TFLITE_RESHAPE = 22,
  RP_TFLITE_SOFTMAX = 25,
  RP_TFLITE_PAD = 34,
  RP_TFLITE_TRANSPOSE = 39,
  RP_TFLITE_MEAN = 40,
  RP_TFLITE_SUB = 41,
  RP_TFLITE_SQUEEZE = 43,
  RP_TFLITE_LOG_SOFTMAX = 50,
  RP_TFLITE_PADV2 = 60,
  RP_TFLITE_EXPAND_DIMS = 70,
  RP_TFLITE_QUANTIZE = 114
} rp_tflite_code;

typedef struct rp_tflite_op {
  int32_t code; /* rp_tflite_code, or another number of the schema */
  rp_flat_vector input, output;
  size_t options; /* a table; 0: none */
} rp_tflite_op;

typedef struct rp_tflite_model {
  rp_flat flat;
  int32_t n_tensors, n_ops;
  rp_tflite_tensor *tensor; /* [n_tensors] */
  rp_tflite_op *op;         /* [n_ops], as they run */
  rp_flat_vector input, output;
} rp_tflite_model;

/** Parse a file (owned by the caller and used as long as the model is).
 *  Errors: RP_E_INPUT with the file and the place; RP_E_MEMORY. Whatever it
 *  returns, call rp_tflite_model_fini. */
rp_status rp_tflite_model_parse(const rp_file_content *content,
                                rp_tflite_model *model, rp_error *err);
void rp_tflite_model_fini(rp_tflite_model *model);

/** The last operator that computes a tensor; NULL: none. */
const rp_tflite_op *rp_tflite_find_producer(const rp_tflite_model *model,
                                            int32_t tensor);

/** The schema's names: "CONV_2D", "int8". */
const char *rp_tflite_op_name(int32_t code);
const char *rp_tflite_type_name(int32_t type);

/** Bytes of a number: 1, 4 or 8. */
size_t rp_tflite_size(int32_t type);

/** One number of a constant, of integers or of float32.
 *  Range: 0 <= i < tensor->count. */
int64_t rp_tflite_get(const rp_tflite_tensor *tensor, int32_t i);
float rp_tflite_get_real(const rp_tflite_tensor *tensor, int32_t i);

#endif
