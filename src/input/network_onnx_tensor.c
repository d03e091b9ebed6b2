/* Tensors of ONNX files: shapes and elements. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx_model.h"

rp_status rp_onnx_set_shape(rp_onnx_tensor *tensor, size_t n_dims,
                            const int64_t *dims, rp_error *err) {
  int64_t count = 1;
  bool is_empty = false;
  if (n_dims > RP_ONNX_DIMS)
    return rp_fail(err, RP_E_INPUT, "expected at most %d dimensions, found %zu",
                   RP_ONNX_DIMS, n_dims);
  for (size_t d = 0; d < n_dims; d++) {
    if (dims[d] < 0 || dims[d] > RP_ONNX_MOST_ELEMENTS)
      return rp_fail(err, RP_E_INPUT, "expected sizes of 0..2^24, found %lld",
                     (long long)dims[d]);
    count *= dims[d] > 0 ? dims[d] : 1; /* parts of empty ones are small too */
    is_empty |= dims[d] == 0;
    if (count > RP_ONNX_MOST_ELEMENTS)
      return rp_fail(err, RP_E_INPUT,
                     "expected at most 2^24 elements, found %lld or more",
                     (long long)count);
    tensor->dims[d] = (int32_t)dims[d];
  }
  tensor->has_shape = true;
  tensor->n_dims = (int32_t)n_dims;
  tensor->count = is_empty ? 0 : (int32_t)count;
  return RP_OK;
}

bool rp_onnx_is_readable(int32_t type) {
  return (type >= RP_ONNX_FLOAT && type <= RP_ONNX_INT64) ||
         type == RP_ONNX_BOOL || type == RP_ONNX_UINT32;
}

rp_status rp_onnx_make_constant(rp_onnx_tensor *tensor, int64_t *budget,
                                rp_error *err) {
  const size_t n = (size_t)tensor->count;
  if (!rp_onnx_is_readable(tensor->type))
    return rp_fail(err, RP_E_INPUT,
                   "expected a constant of float32 or integers of at most 32 "
                   "bits or int64, found %s",
                   rp_onnx_type_name(tensor->type));
  if (tensor->count > *budget)
    return rp_fail(err, RP_E_INPUT,
                   "expected at most 2^26 elements in all constants, found "
                   "more");
  *budget -= tensor->count;
  if (tensor->type == RP_ONNX_FLOAT)
    tensor->real = rp_alloc(n, sizeof *tensor->real);
  else
    tensor->integer = rp_alloc(n, sizeof *tensor->integer);
  return rp_onnx_is_constant(tensor)
             ? RP_OK
             : rp_fail(err, RP_E_MEMORY, "out of memory for %d elements",
                       tensor->count);
}

void rp_onnx_tensor_fini(rp_onnx_tensor *tensor) {
  free(tensor->real);
  free(tensor->integer);
}

int64_t rp_onnx_get_integer(const rp_onnx_tensor *tensor, int32_t i) {
  return tensor && tensor->integer && i >= 0 && i < tensor->count
             ? tensor->integer[i]
             : 0;
}

float rp_onnx_get_real(const rp_onnx_tensor *tensor, int32_t i) {
  return tensor && tensor->real && i >= 0 && i < tensor->count ? tensor->real[i]
                                                               : 0;
}

const char *rp_onnx_type_name(int32_t type) {
  static const char *const names[] = {
      "an unknown type", "float32", "uint8",  "int8",   "uint16",
      "int16",           "int32",   "int64",  "string", "bool",
      "float16",         "float64", "uint32", "uint64", "complex64",
      "complex128",      "bfloat16"};
  const int32_t n = sizeof names / sizeof *names;
  return type >= 0 && type < n ? names[type] : "a type of newer versions";
}

const char *rp_onnx_print_shape(const rp_onnx_tensor *tensor,
                                char text[RP_ONNX_SHAPE_SIZE]) {
  size_t used = 0;
  if (!tensor) return "nothing";
  if (!tensor->has_shape) return "an unknown shape";
  if (tensor->n_dims == 0) return "a scalar";
  for (int32_t d = 0; d < tensor->n_dims; d++)
    used += (size_t)snprintf(text + used, RP_ONNX_SHAPE_SIZE - used, "%s%d",
                             d ? "x" : "", tensor->dims[d]);
  return text;
}
