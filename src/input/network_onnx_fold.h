/* Inside the folding of constants in ONNX files. */
#ifndef RAMPART_INPUT_NETWORK_ONNX_FOLD_H
#define RAMPART_INPUT_NETWORK_ONNX_FOLD_H

#include "input/network_onnx_model.h"

/** A node whose operands are constants. */
typedef struct rp_onnx_folding {
  rp_onnx_model *model;
  const rp_onnx_node *node;
  const rp_onnx_tensor *in; /* operand 0; NULL: none */
  rp_onnx_tensor out;       /* to be filled */
  rp_error *err;            /* what was expected and found, without the place */
} rp_onnx_folding;

/** Compute the output. Errors: RP_E_INPUT, RP_E_MEMORY. */
typedef rp_status rp_onnx_fold_op(rp_onnx_folding *f);

/** Give the output a type and a shape, and room for its elements. */
rp_status rp_onnx_begin_output(rp_onnx_folding *f, int32_t type, size_t n_dims,
                               const int64_t *dims);

/** Copy element `from` of a tensor of the output's type to its element `to`.
 *  Range: both exist. */
void rp_onnx_copy_element(rp_onnx_folding *f, int32_t to,
                          const rp_onnx_tensor *tensor, int32_t from);

/** Numbers from an operand, or in older versions from an attribute.
 *  @param n  out; RP_ONNX_NONE: neither is there */
rp_status rp_onnx_get_list(const rp_onnx_folding *f, int32_t operand,
                           const char *attribute, int32_t *n,
                           const int64_t **list);

/** Count an axis from the front.
 *  Errors: RP_E_INPUT if it is none of 0..n-1. */
rp_status rp_onnx_normalize_axis(const rp_onnx_folding *f, int64_t axis,
                                 int32_t n, int32_t *normalized);

/* ---- network_onnx_fold_move.c: elements are moved, not changed. ---- */
rp_onnx_fold_op rp_onnx_fold_reshape, rp_onnx_fold_flatten,
    rp_onnx_fold_squeeze, rp_onnx_fold_unsqueeze, rp_onnx_fold_identity,
    rp_onnx_fold_transpose, rp_onnx_fold_gather, rp_onnx_fold_concat,
    rp_onnx_fold_slice;

/** The shape behind an operator that only changes it. Its first operand need
 *  not be a constant; the others must be.
 *  @param in    its first operand, with a shape
 *  @param dims  out, [RP_ONNX_DIMS]; their product may differ from in->count */
typedef rp_status rp_onnx_find_sizes(const rp_onnx_folding *f,
                                     const rp_onnx_tensor *in, int32_t *n_dims,
                                     int64_t *dims);
rp_onnx_find_sizes rp_onnx_reshape_sizes, rp_onnx_flatten_sizes,
    rp_onnx_squeeze_sizes, rp_onnx_unsqueeze_sizes;

/** The axes of a transposition: axis d of the output is axis from[d]. */
rp_status rp_onnx_get_order(const rp_onnx_folding *f, int32_t n_dims,
                            int32_t *from);

/* ---- network_onnx_fold_math.c ---- */

/** Begin an output of operand 0's type and of the shape of it and b together:
 *  sizes of 1 are repeated, and missing ones at the front. */
rp_status rp_onnx_begin_repeated(rp_onnx_folding *f, const rp_onnx_tensor *b);

/** Where the output's element i comes from. Range: `in` has no more dimensions
 *  than `out`, each of its size or 1. */
int32_t rp_onnx_find_repeated(const rp_onnx_tensor *out,
                              const rp_onnx_tensor *in, int32_t i);

rp_onnx_fold_op rp_onnx_fold_cast, rp_onnx_fold_arithmetic,
    rp_onnx_fold_quantize;

#endif
