/* Terms of a block in native network files, version 2: the only file that knows
 * how operators lie in them. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_native.h"
#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"

/* Of a number in a shape, a stride or a padding. */
enum { MOST_SIZE = 1 << 30 };

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
}

/* Weights of rows are negated where the row's staircase descends. */
static bool descends(const rp_native_place *place, int32_t row) {
  return place->stairs->descends[row % place->stairs->n];
}

/* Check one row of weights of 16 bits, and negate it if it descends. */
static rp_status orient_row(hid_t group, const rp_native_place *place,
                            int32_t row, int32_t *weight, int64_t n,
                            rp_error *err) {
  const bool negates = descends(place, row);
  const int32_t least = negates ? -INT16_MAX : INT16_MIN;
  for (int64_t i = 0; i < n; i++) {
    if (weight[i] < least || weight[i] > INT16_MAX)
      return rp_h5_fail(group, err,
                        "weight: row %d, number %lld: expected %d..%d, found "
                        "%d",
                        row, (long long)i, least, INT16_MAX, weight[i]);
    if (negates) weight[i] = -weight[i];
  }
  return RP_OK;
}

static rp_status orient_rows(hid_t group, const rp_native_place *place,
                             int32_t rows, int32_t *weight, int64_t n,
                             rp_error *err) {
  for (int32_t i = 0; i < rows; i++)
    RP_TRY(orient_row(group, place, i, weight + i * n, n, err));
  return RP_OK;
}

/* ---- Dense ---- */

static rp_status build_dense(const rp_native_array *weight, rp_op **op,
                             rp_error *err) {
  const int32_t n_out = (int32_t)weight->dims[0];
  const int32_t n_in = (int32_t)weight->dims[1];
  const int32_t *row = weight->data;
  *op = rp_op_dense_create(n_out, n_in);
  if (!*op) return fail_out_of_memory(err);
  for (int32_t i = 0; i < n_out; i++, row += n_in)
    (void)rp_op_dense_set_row(*op, i, row); /* 16 bits: orient_row */
  return RP_OK;
}

static rp_status read_dense(hid_t group, const rp_native_place *place,
                            int32_t n_in, rp_op **op, rp_error *err) {
  rp_native_array weight = {.mem_type = H5T_NATIVE_INT32, .rank = 2};
  rp_status status = rp_native_read_array(group, "weight", &weight, err);
  if (status == RP_OK &&
      (weight.dims[0] != place->n_out || weight.dims[1] != n_in))
    status = rp_h5_fail(group, err,
                        "weight: expected a shape [%d][%d], neurons and "
                        "inputs, found [%lld][%lld]",
                        place->n_out, n_in, (long long)weight.dims[0],
                        (long long)weight.dims[1]);
  if (status == RP_OK)
    status = orient_rows(group, place, place->n_out, weight.data, n_in, err);
  if (status == RP_OK) status = build_dense(&weight, op, err);
  free(weight.data);
  return status;
}

static rp_status write_dense(hid_t group, const rp_op *op, rp_error *err) {
  const int64_t dims[2] = {op->n_out, op->n_in};
  const rp_h5_numbers weight = {H5T_STD_I16LE, H5T_NATIVE_INT16, 2, dims,
                                rp_op_dense_weights(op)};
  return rp_h5_write_numbers(group, "weight", &weight, err);
}

static bool is_dense(const rp_op *op) {
  return rp_op_dense_weights(op) != NULL;
}

/* ---- Convolutions ---- */

/* Read an attribute of exactly n sizes. */
static rp_status read_sizes(hid_t group, const char *name, int32_t n,
                            int32_t least, int32_t *const *size,
                            rp_error *err) {
  int64_t value[3];
  int32_t count;
  RP_TRY(rp_h5_get_integers(group, name, value, 3, &count, err));
  if (count != n)
    return rp_h5_fail(group, err,
                      "attribute '%s': expected %d numbers, found %d", name, n,
                      count);
  for (int32_t i = 0; i < n; i++) {
    if (value[i] < least || value[i] > MOST_SIZE)
      return rp_h5_fail(group, err,
                        "attribute '%s': expected %d..%d, found %lld", name,
                        least, MOST_SIZE, (long long)value[i]);
    *size[i] = (int32_t)value[i];
  }
  return RP_OK;
}

static rp_status read_conv_shape(hid_t group, rp_conv_shape *s, rp_error *err) {
  int32_t *const in[] = {&s->in_h, &s->in_w, &s->in_c};
  int32_t *const out[] = {&s->out_h, &s->out_w, &s->out_c};
  int32_t *const stride[] = {&s->stride_h, &s->stride_w};
  int32_t *const dilation[] = {&s->dilation_h, &s->dilation_w};
  int32_t *const pad[] = {&s->pad_top, &s->pad_left};
  int32_t *const groups[] = {&s->groups};
  RP_TRY(read_sizes(group, "input_shape", 3, 1, in, err));
  RP_TRY(read_sizes(group, "output_shape", 3, 1, out, err));
  RP_TRY(read_sizes(group, "stride", 2, 1, stride, err));
  RP_TRY(read_sizes(group, "dilation", 2, 1, dilation, err));
  RP_TRY(read_sizes(group, "pad_top_left", 2, 0, pad, err));
  return read_sizes(group, "groups", 1, 1, groups, err);
}

static rp_status check_places(hid_t group, const char *name, int64_t h,
                              int64_t w, int64_t c, int32_t expected,
                              rp_error *err) {
  /* The first product fits, and only then is the second one formed. */
  if (h * w <= INT32_MAX && h * w * c == expected) return RP_OK;
  return rp_h5_fail(group, err,
                    "attribute '%s': expected %d numbers in all, found %lld x "
                    "%lld x %lld",
                    name, expected, (long long)h, (long long)w, (long long)c);
}

static rp_status check_kernel(hid_t group, const rp_conv_shape *s,
                              const int64_t *dims, rp_error *err) {
  if (s->in_c % s->groups != 0 || s->out_c % s->groups != 0)
    return rp_h5_fail(group, err,
                      "attribute 'groups': expected a divisor of %d and of %d "
                      "channels, found %d",
                      s->in_c, s->out_c, s->groups);
  const int32_t in_group = s->in_c / s->groups;
  if (dims[0] != s->out_c || dims[3] != in_group || dims[1] < 1 ||
      dims[1] > INT32_MAX || dims[2] < 1 || dims[2] > INT32_MAX)
    return rp_h5_fail(group, err,
                      "weight: expected a shape [%d][height][width][%d], "
                      "output channels and the input channels of a group, "
                      "found [%lld][%lld][%lld][%lld]",
                      s->out_c, in_group, (long long)dims[0],
                      (long long)dims[1], (long long)dims[2],
                      (long long)dims[3]);
  return RP_OK;
}

/* All positions of a channel share their weights. */
static rp_status check_descent(hid_t group, const rp_native_place *place,
                               int32_t channels, rp_error *err) {
  const int32_t n = place->stairs->n;
  int32_t c = 0;
  while (c < n && !place->stairs->descends[c]) c++;
  if (c == n || channels % n == 0) return RP_OK;
  return rp_h5_fail(group, err,
                    "attribute 'output_shape': expected a multiple of the "
                    "block's %d channels, some of which descend, found %d",
                    n, channels);
}

static rp_status build_conv(hid_t group, const rp_native_place *place,
                            rp_conv_shape *s, rp_native_array *weight,
                            rp_op **op, rp_error *err) {
  RP_TRY(check_kernel(group, s, weight->dims, err));
  s->kernel_h = (int32_t)weight->dims[1];
  s->kernel_w = (int32_t)weight->dims[2];
  RP_TRY(check_descent(group, place, s->out_c, err));
  RP_TRY(orient_rows(group, place, s->out_c, weight->data,
                     weight->dims[1] * weight->dims[2] * weight->dims[3], err));
  return rp_network_add_file_name(
      group, rp_op_conv_create(s, weight->data, op, err), err);
}

static rp_status read_conv(hid_t group, const rp_native_place *place,
                           int32_t n_in, rp_op **op, rp_error *err) {
  rp_native_array weight = {.mem_type = H5T_NATIVE_INT32, .rank = 4};
  rp_conv_shape s;
  RP_TRY(read_conv_shape(group, &s, err));
  RP_TRY(check_places(group, "input_shape", s.in_h, s.in_w, s.in_c, n_in, err));
  RP_TRY(check_places(group, "output_shape", s.out_h, s.out_w, s.out_c,
                      place->n_out, err));
  rp_status status = rp_native_read_array(group, "weight", &weight, err);
  if (status == RP_OK) status = build_conv(group, place, &s, &weight, op, err);
  free(weight.data);
  return status;
}

static rp_status write_sizes(hid_t group, const char *name, int32_t n,
                             const int64_t *size, rp_error *err) {
  return rp_h5_set_integers(group, name, H5T_STD_I32LE, size, n, err);
}

static rp_status write_conv(hid_t group, const rp_op *op, rp_error *err) {
  const rp_conv_shape *const s = rp_op_conv_shape(op);
  const int64_t in[3] = {s->in_h, s->in_w, s->in_c};
  const int64_t out[3] = {s->out_h, s->out_w, s->out_c};
  const int64_t stride[2] = {s->stride_h, s->stride_w};
  const int64_t dilation[2] = {s->dilation_h, s->dilation_w};
  const int64_t pad[2] = {s->pad_top, s->pad_left};
  const int64_t dims[4] = {s->out_c, s->kernel_h, s->kernel_w,
                           s->in_c / s->groups};
  const rp_h5_numbers weight = {H5T_STD_I16LE, H5T_NATIVE_INT16, 4, dims,
                                rp_op_conv_weights(op)};
  RP_TRY(write_sizes(group, "input_shape", 3, in, err));
  RP_TRY(write_sizes(group, "output_shape", 3, out, err));
  RP_TRY(write_sizes(group, "stride", 2, stride, err));
  RP_TRY(write_sizes(group, "dilation", 2, dilation, err));
  RP_TRY(write_sizes(group, "pad_top_left", 2, pad, err));
  RP_TRY(rp_native_set_integer(group, "groups", s->groups, err));
  return rp_h5_write_numbers(group, "weight", &weight, err);
}

static bool is_conv(const rp_op *op) {
  return rp_op_conv_shape(op) != NULL;
}

/* ---- Selections ---- */

static rp_status build_select(hid_t group, const rp_native_place *place,
                              int32_t n_in, const int64_t *column,
                              const int64_t *wide, rp_op **op, rp_error *err) {
  const int32_t n = place->n_out;
  int32_t *const index = rp_alloc((size_t)n, sizeof *index);
  int32_t *const weight = rp_alloc((size_t)n, sizeof *weight);
  rp_status status = index && weight ? RP_OK : fail_out_of_memory(err);
  for (int32_t i = 0; status == RP_OK && i < n; i++) {
    index[i] = (int32_t)column[i];
    weight[i] = (int32_t)wide[i];
  }
  if (status == RP_OK) status = orient_rows(group, place, n, weight, 1, err);
  if (status == RP_OK)
    status = rp_network_add_file_name(
        group, rp_op_select_create(n, n_in, index, weight, op, err), err);
  free(index);
  free(weight);
  return status;
}

static rp_status read_select(hid_t group, const rp_native_place *place,
                             int32_t n_in, rp_op **op, rp_error *err) {
  const int32_t n = place->n_out;
  int64_t *column, *weight;
  RP_TRY(rp_native_read_list(group, "index", n,
                             (rp_native_limits){-1, n_in - 1}, &column, err));
  weight = rp_alloc((size_t)n, sizeof *weight);
  rp_status status = weight ? RP_OK : fail_out_of_memory(err);
  if (status == RP_OK)
    status = rp_native_read_numbers(group, "weight", n,
                                    (rp_native_limits){INT16_MIN, INT16_MAX},
                                    weight, err);
  if (status == RP_OK)
    status = build_select(group, place, n_in, column, weight, op, err);
  free(column);
  free(weight);
  return status;
}

static rp_status write_select(hid_t group, const rp_op *op, rp_error *err) {
  const int32_t n = op->n_out;
  const int64_t dims[1] = {n};
  const rp_h5_numbers index = {H5T_STD_I32LE, H5T_NATIVE_INT32, 1, dims,
                               rp_op_select_index(op)};
  int64_t *const weight = rp_alloc((size_t)n, sizeof *weight);
  if (!weight) return fail_out_of_memory(err);
  for (int32_t i = 0; i < n; i++) weight[i] = rp_op_select_weights(op)[i];
  rp_status status = rp_h5_write_numbers(group, "index", &index, err);
  if (status == RP_OK)
    status = rp_native_write_numbers(group, "weight", n, weight, err);
  free(weight);
  return status;
}

static bool is_select(const rp_op *op) {
  return rp_op_select_index(op) != NULL;
}

/* ---- Kinds ---- */

static const char *const dense_attributes[] = {"kind", "source", NULL};
static const char *const dense_arrays[] = {"weight", NULL};
static const char *const conv_attributes[] = {
    "kind",         "source", "input_shape",
    "output_shape", "stride", "dilation",
    "pad_top_left", "groups", NULL};
static const char *const select_attributes[] = {"kind", "source", "weight",
                                                NULL};
static const char *const select_arrays[] = {"index", "weight", NULL};

static bool is_dense_attribute(const char *name) {
  return rp_h5_is_among(name, dense_attributes);
}

static bool is_weight(const char *name) {
  return rp_h5_is_among(name, dense_arrays);
}

static bool is_conv_attribute(const char *name) {
  return rp_h5_is_among(name, conv_attributes);
}

static bool is_select_attribute(const char *name) {
  return rp_h5_is_among(name, select_attributes);
}

static bool is_select_array(const char *name) {
  return rp_h5_is_among(name, select_arrays);
}

static const struct kind {
  const char *name;
  bool (*is)(const rp_op *op);
  rp_h5_is_known *attribute, *array;
  rp_status (*read)(hid_t group, const rp_native_place *place, int32_t n_in,
                    rp_op **op, rp_error *err);
  rp_status (*write)(hid_t group, const rp_op *op, rp_error *err);
} kinds[] = {
    {"dense", is_dense, is_dense_attribute, is_weight, read_dense, write_dense},
    {"conv", is_conv, is_conv_attribute, is_weight, read_conv, write_conv},
    {"select", is_select, is_select_attribute, is_select_array, read_select,
     write_select},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static rp_status read_kind(hid_t group, const struct kind **kind,
                           rp_error *err) {
  char name[64];
  RP_TRY(rp_h5_get_string(group, "kind", name, sizeof name, err));
  for (int32_t i = 0; i < KINDS; i++) {
    if (strcmp(name, kinds[i].name) != 0) continue;
    *kind = &kinds[i];
    return RP_OK;
  }
  return rp_h5_fail(group, err,
                    "attribute 'kind': expected dense, conv or select, found "
                    "'%s'",
                    name);
}

rp_status rp_native_read_term(hid_t group, const rp_native_place *place,
                              rp_term *term, rp_error *err) {
  const rp_net *const net = place->net;
  const struct kind *kind = NULL;
  int64_t source;
  RP_TRY(read_kind(group, &kind, err));
  RP_TRY(rp_h5_refuse_others(group, kind->attribute, kind->array, err));
  RP_TRY(rp_h5_get_integer(group, "source", RP_INPUT, net->n_blocks - 1,
                           &source, err));
  term->source = (int32_t)source;
  const int32_t n_in =
      source == RP_INPUT ? net->n_in : net->block[source].n_out;
  return kind->read(group, place, n_in, &term->op, err);
}

rp_status rp_native_write_term(hid_t group, const rp_term *term,
                               rp_error *err) {
  for (int32_t i = 0; i < KINDS; i++) {
    if (!kinds[i].is(term->op)) continue;
    RP_TRY(rp_h5_set_string(group, "kind", kinds[i].name, err));
    RP_TRY(rp_native_set_integer(group, "source", term->source, err));
    return kinds[i].write(group, term->op, err);
  }
  return rp_fail(err, RP_E_INTERNAL, "operators '%s' cannot be written",
                 term->op->kind->name);
}
