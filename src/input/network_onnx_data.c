/* The data of constants: raw bytes, or one list or another by type. */
#include <string.h>

#include "input/network_onnx_proto.h"

typedef struct element_range {
  int32_t size; /* bytes in raw data */
  int64_t lo, hi;
} element_range;

static element_range get_range(int32_t type) {
  switch (type) {
  case RP_ONNX_UINT8:
    return (element_range){1, 0, UINT8_MAX};
  case RP_ONNX_INT8:
    return (element_range){1, INT8_MIN, INT8_MAX};
  case RP_ONNX_BOOL:
    return (element_range){1, 0, 1};
  case RP_ONNX_UINT16:
    return (element_range){2, 0, UINT16_MAX};
  case RP_ONNX_INT16:
    return (element_range){2, INT16_MIN, INT16_MAX};
  case RP_ONNX_UINT32:
    return (element_range){4, 0, UINT32_MAX};
  case RP_ONNX_INT64:
    return (element_range){8, INT64_MIN, INT64_MAX};
  default: /* INT32, FLOAT */
    return (element_range){4, INT32_MIN, INT32_MAX};
  }
}

bool rp_onnx_fits(int32_t type, int64_t number) {
  const element_range range = get_range(type);
  return number >= range.lo && number <= range.hi;
}

/* Little-endian bytes, with the sign of the type. */
static int64_t load(const uint8_t *bytes, const element_range *range) {
  uint64_t value = 0;
  memcpy(&value, bytes, (size_t)range->size);
  const int unused = 64 - 8 * range->size;
  return range->lo < 0 ? (int64_t)(value << unused) >> unused : (int64_t)value;
}

/* The list that belongs to a type. */
static size_t get_list_length(const Onnx__TensorProto *from, int32_t type) {
  if (type == RP_ONNX_FLOAT) return from->n_float_data;
  if (type == RP_ONNX_INT64) return from->n_int64_data;
  if (type == RP_ONNX_UINT32) return from->n_uint64_data;
  return from->n_int32_data;
}

static int64_t get_listed(const Onnx__TensorProto *from, int32_t type,
                          size_t i) {
  if (type == RP_ONNX_INT64) return from->int64_data[i];
  if (type == RP_ONNX_UINT32) return (int64_t)from->uint64_data[i];
  return from->int32_data[i];
}

static rp_status check_length(const Onnx__TensorProto *from,
                              const rp_onnx_tensor *to, rp_error *err) {
  const size_t size = (size_t)get_range(to->type).size;
  const size_t found =
      from->has_raw_data ? from->raw_data.len : get_list_length(from, to->type);
  const size_t expected = (size_t)to->count * (from->has_raw_data ? size : 1);
  if (found == expected) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "expected %zu %s of data, found %zu",
                 expected, from->has_raw_data ? "bytes" : "elements", found);
}

static void take_reals(const Onnx__TensorProto *from, rp_onnx_tensor *to) {
  const void *const data =
      from->has_raw_data ? (const void *)from->raw_data.data : from->float_data;
  if (to->count > 0) memcpy(to->real, data, sizeof(float) * (size_t)to->count);
}

static rp_status take_integers(const Onnx__TensorProto *from,
                               rp_onnx_tensor *to, rp_error *err) {
  const element_range range = get_range(to->type);
  for (size_t i = 0; i < (size_t)to->count; i++) {
    const int64_t number =
        from->has_raw_data
            ? load(from->raw_data.data + (size_t)range.size * i, &range)
            : get_listed(from, to->type, i);
    if (number < range.lo || number > range.hi)
      return rp_fail(
          err, RP_E_INPUT, "element %zu: expected %lld..%lld, found %lld", i,
          (long long)range.lo, (long long)range.hi, (long long)number);
    to->integer[i] = number;
  }
  return RP_OK;
}

static bool is_elsewhere(const Onnx__TensorProto *from) {
  return from->n_external_data > 0 || from->segment ||
         (from->has_data_location &&
          from->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT);
}

rp_status rp_onnx_take_tensor(const Onnx__TensorProto *from, rp_onnx_tensor *to,
                              int64_t *budget, rp_error *err) {
  char shape[RP_ONNX_SHAPE_SIZE];
  to->type = from->has_data_type ? from->data_type : RP_ONNX_UNKNOWN;
  RP_TRY(rp_onnx_set_shape(to, from->n_dims, from->dims, err));
  if (is_elsewhere(from))
    return rp_fail(err, RP_E_INPUT,
                   "expected data inside the file, found %s of %s elsewhere: "
                   "save the model with its data in one file",
                   rp_onnx_print_shape(to, shape), rp_onnx_type_name(to->type));
  if (!rp_onnx_is_readable(to->type)) return RP_OK;
  RP_TRY(check_length(from, to, err));
  RP_TRY(rp_onnx_make_constant(to, budget, err));
  if (to->integer) return take_integers(from, to, err);
  take_reals(from, to);
  return RP_OK;
}
