/* What an ONNX file holds: values, and nodes that compute values from values.
 *
 * Names are resolved and checked: every value is defined once, by an
 * initializer, an input of the graph or a node, and every node reads what is
 * defined before it. Initializers become plain arrays. What operators mean is
 * not looked at. */
#ifndef RAMPART_INPUT_NETWORK_ONNX_MODEL_H
#define RAMPART_INPUT_NETWORK_ONNX_MODEL_H

#include "files/fileutil.h"

enum {
  RP_ONNX_DIMS = 8,
  RP_ONNX_NONE = -1,
  RP_ONNX_MOST_ELEMENTS = 1 << 24,     /* of one tensor */
  RP_ONNX_MOST_ALL_ELEMENTS = 1 << 26, /* of all constants */
  RP_ONNX_MOST_LISTS = 1 << 16         /* values; nodes; operands of a node */
};

/* Numbers of TensorProto.DataType. */
typedef enum rp_onnx_type {
  RP_ONNX_UNKNOWN = 0,
  RP_ONNX_FLOAT = 1,
  RP_ONNX_UINT8 = 2,
  RP_ONNX_INT8 = 3,
  RP_ONNX_UINT16 = 4,
  RP_ONNX_INT16 = 5,
  RP_ONNX_INT32 = 6,
  RP_ONNX_INT64 = 7,
  RP_ONNX_BOOL = 9,
  RP_ONNX_UINT32 = 12
} rp_onnx_type;

/** A tensor. Sizes multiply to `count`; constants may have sizes of 0. */
typedef struct rp_onnx_tensor {
  int32_t type;   /* rp_onnx_type, or another number of the schema */
  bool has_shape; /* else n_dims, dims and count are 0 */
  int32_t n_dims, dims[RP_ONNX_DIMS];
  int32_t count;
  float *real;      /* [count] a constant of type FLOAT */
  int64_t *integer; /* [count] a constant of an integer type or BOOL */
} rp_onnx_tensor;

static inline bool rp_onnx_is_constant(const rp_onnx_tensor *tensor) {
  return tensor->real || tensor->integer;
}

typedef struct rp_onnx_value {
  const char *name; /* distinct */
  int32_t producer; /* a node; RP_ONNX_NONE: an initializer or an input */
  bool is_input;    /* of the graph, without an initializer */
  /* What the file says of it, and the data of constants. A symbolic size in
   * the first place counts as 1, any other leaves the shape out. */
  rp_onnx_tensor tensor;
} rp_onnx_value;

/* Numbers of AttributeProto.AttributeType. */
typedef enum rp_onnx_attribute_type {
  RP_ONNX_ATTR_FLOAT = 1,
  RP_ONNX_ATTR_INT = 2,
  RP_ONNX_ATTR_STRING = 3,
  RP_ONNX_ATTR_TENSOR = 4,
  RP_ONNX_ATTR_FLOATS = 6,
  RP_ONNX_ATTR_INTS = 7
} rp_onnx_attribute_type;

typedef struct rp_onnx_attribute {
  const char *name;
  int32_t type; /* rp_onnx_attribute_type, or another number of the schema */
  float real;
  int64_t integer;
  const uint8_t *text; /* [n] of STRING, without a final zero */
  int32_t n;           /* of text, integers or reals */
  const int64_t *integers;
  const float *reals;
  rp_onnx_tensor tensor;
} rp_onnx_attribute;

typedef struct rp_onnx_node {
  const char *op, *domain, *name; /* "" if left out; domain "" is ai.onnx */
  int64_t opset;                  /* version of the domain's operator set */
  int32_t n_inputs, *input;       /* values; RP_ONNX_NONE: left out */
  int32_t n_outputs, *output;     /* the same */
  int32_t n_attributes;
  rp_onnx_attribute *attribute; /* names are distinct */
} rp_onnx_node;

typedef struct rp_onnx_model {
  const char *file;
  int32_t n_values, n_nodes;
  rp_onnx_value *value;       /* [n_values] by name */
  rp_onnx_node *node;         /* [n_nodes] as they run */
  int32_t n_inputs, *input;   /* values without initializers */
  int32_t n_outputs, *output; /* values */
  int64_t budget;             /* elements that constants may still have */
  void *message;              /* owns all text and lists of attributes */
} rp_onnx_model;

/** Parse a file (owned by the caller and used as long as the model is).
 *  Errors: RP_E_INPUT with the file and the place; RP_E_MEMORY. Whatever it
 *  returns, call rp_onnx_model_fini. */
rp_status rp_onnx_model_parse(const rp_file_content *content,
                              rp_onnx_model *model, rp_error *err);
void rp_onnx_model_fini(rp_onnx_model *model);

/* ---- network_onnx_tensor.c ---- */

/** Give a tensor a shape.
 *  Errors: RP_E_INPUT if it has too many sizes or elements, or a negative size.
 */
rp_status rp_onnx_set_shape(rp_onnx_tensor *tensor, size_t n_dims,
                            const int64_t *dims, rp_error *err);

/** Are constants of this type read: FLOAT, BOOL, integers but uint64? */
bool rp_onnx_is_readable(int32_t type);
/** Is a number one of this integer type? */
bool rp_onnx_fits(int32_t type, int64_t number);

/** Make room for a constant of the tensor's type and shape, zeros.
 *  @param budget  elements that may still be allocated: counted down
 *  Errors: RP_E_INPUT: another type, or over budget; RP_E_MEMORY. */
rp_status rp_onnx_make_constant(rp_onnx_tensor *tensor, int64_t *budget,
                                rp_error *err);
void rp_onnx_tensor_fini(rp_onnx_tensor *tensor);

/** One element of a constant of an integer type, and of type FLOAT; 0 if there
 *  is none.
 *  @param tensor  NULL is fine */
int64_t rp_onnx_get_integer(const rp_onnx_tensor *tensor, int32_t i);
float rp_onnx_get_real(const rp_onnx_tensor *tensor, int32_t i);

/** "float32", "uint8"; "type 16" for others. */
const char *rp_onnx_type_name(int32_t type);

/** "1x28x28x1", "a scalar", "an unknown shape". */
enum { RP_ONNX_SHAPE_SIZE = 112 };
const char *rp_onnx_print_shape(const rp_onnx_tensor *tensor,
                                char text[RP_ONNX_SHAPE_SIZE]);

/* ---- network_onnx_node.c ---- */

/** Fail with RP_E_INPUT, naming file, node, operator and shapes; and put them
 *  before the message of a failed step. */
rp_status rp_onnx_fail(const rp_onnx_model *model, const rp_onnx_node *node,
                       rp_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
rp_status rp_onnx_add_place(const rp_onnx_model *model,
                            const rp_onnx_node *node, rp_status status,
                            const rp_error *why, rp_error *err);

/** Is it this operator of this domain? "" is ai.onnx. */
bool rp_onnx_is_op(const rp_onnx_node *node, const char *domain,
                   const char *op);

/** The i-th operand and output; NULL if it is left out. */
rp_onnx_tensor *rp_onnx_operand(const rp_onnx_model *model,
                                const rp_onnx_node *node, int32_t i);
rp_onnx_tensor *rp_onnx_output(const rp_onnx_model *model,
                               const rp_onnx_node *node, int32_t i);

/** An attribute by name; NULL if it is left out. */
const rp_onnx_attribute *rp_onnx_find_attribute(const rp_onnx_node *node,
                                                const char *name);

/** Numbers and lists by name.
 *  @param absent  what the schema takes where it is left out
 *  @param list    out: NULL if it is left out, and *n 0
 *  Errors: RP_E_INPUT if it is of another type. */
rp_status rp_onnx_get_int(const rp_onnx_model *model, const rp_onnx_node *node,
                          const char *name, int64_t absent, int64_t *value,
                          rp_error *err);
rp_status rp_onnx_get_float(const rp_onnx_model *model,
                            const rp_onnx_node *node, const char *name,
                            float absent, float *value, rp_error *err);
rp_status rp_onnx_get_ints(const rp_onnx_model *model, const rp_onnx_node *node,
                           const char *name, int32_t *n, const int64_t **list,
                           rp_error *err);

/** Refuse a node with other attributes than these.
 *  @param known  separated by bars; "" none */
rp_status rp_onnx_check_attributes(const rp_onnx_model *model,
                                   const rp_onnx_node *node, const char *known,
                                   rp_error *err);

/** Is a text attribute one of these? A text left out is `absent`. */
bool rp_onnx_is_text(const rp_onnx_node *node, const char *name,
                     const char *absent, const char *wanted);

/* ---- network_onnx_fold.c ---- */

/** Compute a node whose operands are constants, or whose output depends on
 *  their shapes alone: its outputs become constants. Shapes of other values
 *  are those that the file or the reader has put into their tensors.
 *  @param folded  out: false: an operand is no constant, or the operator is
 *                 none that is folded
 *  Errors: RP_E_INPUT with the node; RP_E_MEMORY. */
rp_status rp_onnx_fold(rp_onnx_model *model, const rp_onnx_node *node,
                       bool *folded, rp_error *err);

#endif
