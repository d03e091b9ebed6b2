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
  rp_flat_vector data;  /* bytes; n = 0: not a constant */
  rp_flat_vector scale; /* floats */
  rp_flat_vector zero;  /* int64 */
  int32_t channel_dim;  /* the dimension that several scales belong to */
} rp_tflite_tensor;

typedef struct rp_tflite_op {
  int32_t code; /* builtin operator */
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

/** The schema's names: "CONV_2D", "int8". */
const char *rp_tflite_op_name(int32_t code);
const char *rp_tflite_type_name(int32_t type);

/** One number of a constant. Range: types of 1, 4 and 8 bytes. */
int64_t rp_tflite_get(const rp_tflite_model *model,
                      const rp_tflite_tensor *tensor, int32_t i);

#endif
