/* Reads datasets of two HDF5 arrays: x [n][...] of numbers and labels y [n] or
 * [n][1]. Bytes are read directly; wider types are read as int32 so that
 * values out of range are noticed. */
#include <stdlib.h>

#include "files/h5util.h"
#include "input/dataset_formats.h"
#include "input/network_formats.h"

static rp_status get_shape(hid_t array, int32_t *rank, int64_t *shape,
                           rp_error *err) {
  *rank = rp_h5_get_rank(array);
  return *rank >= 1 && *rank <= 1 + RP_MAX_DIMS
             ? rp_h5_get_shape(array, *rank, shape, err)
             : RP_OK;
}

static rp_status read_shape(hid_t x, rp_dataset *data, rp_error *err) {
  int64_t shape[1 + RP_MAX_DIMS] = {0};
  int32_t rank;
  RP_TRY(get_shape(x, &rank, shape, err));
  return rp_network_add_file_name(
      x, rp_dataset_set_shape(data, rank, shape, err), err);
}

static rp_status narrow_samples(hid_t x, const int32_t *wide, rp_dataset *data,
                                rp_error *err) {
  const size_t dim = (size_t)data->dim, count = (size_t)data->n * dim;
  rp_span_of_numbers span;
  char expected[64];
  for (size_t i = 0; i < count; i++) {
    if (rp_dataset_put(data, &span, i, wide[i])) continue;
    rp_dataset_expect(&span, i, expected);
    return rp_h5_fail(x, err, "sample %zu, number %zu: expected %s, found %d",
                      i / dim, i % dim, expected, wide[i]);
  }
  return RP_OK;
}

/* Reals may be stored as integers. */
static rp_status narrow_reals(hid_t x, const void *wide, rp_dataset *data,
                              rp_error *err) {
  const size_t dim = (size_t)data->dim, count = (size_t)data->n * dim;
  const bool is_float = rp_h5_is_float(x);
  for (size_t i = 0; i < count; i++) {
    const double value = is_float ? ((const double *)wide)[i]
                                  : (double)((const int64_t *)wide)[i];
    if (!rp_dataset_put_real(data, i, value))
      return rp_h5_fail(x, err,
                        "sample %zu, number %zu: " RP_DATASET_EXPECT_REAL,
                        i / dim, i % dim, value);
  }
  return RP_OK;
}

static rp_status read_wide(hid_t x, rp_dataset *data, rp_error *err) {
  const bool are_reals = data->values == RP_VALUES_REALS;
  const hid_t type = !are_reals          ? H5T_NATIVE_INT32
                     : rp_h5_is_float(x) ? H5T_NATIVE_DOUBLE
                                         : H5T_NATIVE_INT64;
  void *wide;
  RP_TRY(rp_h5_read_numbers(x, type, RP_MOST_DATA_BYTES, &wide, err));
  rp_status status = rp_dataset_make_room(data, err);
  if (status == RP_OK)
    status = are_reals ? narrow_reals(x, wide, data, err)
                       : narrow_samples(x, wide, data, err);
  free(wide);
  return status;
}

static rp_status read_samples(hid_t x, rp_dataset *data, rp_error *err) {
  void *bytes;
  RP_TRY(read_shape(x, data, err));
  if (rp_h5_is_float(x) && data->values != RP_VALUES_REALS)
    return rp_h5_fail(x, err,
                      "expected whole numbers, found floating-point "
                      "numbers: " RP_DATASET_REAL_ADVICE);
  if (!rp_h5_is_bytes(x) || data->values == RP_VALUES_REALS)
    return read_wide(x, data, err);
  RP_TRY(
      rp_h5_read_numbers(x, H5T_NATIVE_UINT8, RP_MOST_DATA_BYTES, &bytes, err));
  data->x = bytes;
  return RP_OK;
}

static rp_status read_labels(hid_t y, rp_dataset *data, rp_error *err) {
  int64_t shape[1 + RP_MAX_DIMS] = {0};
  rp_label_array labels = {.shape = shape, .is_float = rp_h5_is_float(y)};
  void *wide;
  RP_TRY(get_shape(y, &labels.rank, shape, err));
  RP_TRY(rp_network_add_file_name(
      y, rp_dataset_check_labels(data, &labels, err), err));
  RP_TRY(
      rp_h5_read_numbers(y, H5T_NATIVE_INT64, RP_MOST_DATA_BYTES, &wide, err));
  const rp_status status =
      rp_network_add_file_name(y, rp_dataset_take_labels(data, wide, err), err);
  free(wide);
  return status;
}

/* The task of reading one array from one file. */
typedef struct reading {
  const char *name, *what; /* "samples" or "labels" */
  rp_status (*read)(hid_t, rp_dataset *, rp_error *);
  rp_dataset *data;
} reading;

static rp_status read_arrays(hid_t file, void *arg, rp_error *err) {
  const reading *task = arg;
  hid_t array;
  if (!rp_h5_has_object(file, task->name))
    return rp_network_add_file_name(
        file, rp_dataset_fail_name(task->name, task->what, "none", err), err);
  RP_TRY(rp_h5_open_dataset(file, task->name, &array, err));
  const rp_status status = task->read(array, task->data, err);
  rp_h5_close(array);
  return status;
}

static rp_status read_names(hid_t file, void *arg, rp_error *err) {
  rp_dataset *const data = arg;
  rp_h5_strings names;
  if (!rp_h5_has_attribute(file, "class_names")) return RP_OK;
  RP_TRY(rp_h5_get_strings(file, "class_names", &names, err));
  data->class_name = names.text;
  data->n_class_names = names.count;
  return RP_OK;
}

rp_status rp_dataset_read_hdf5(const rp_dataset_source *source,
                               const rp_dataset_files *files, rp_dataset *data,
                               rp_error *err) {
  reading x = {source->x_name ? source->x_name : "x", "samples", read_samples,
               data};
  reading y = {source->y_name ? source->y_name : "y", "labels", read_labels,
               data};
  RP_TRY(rp_h5_read(&files->samples, read_arrays, &x, err));
  RP_TRY(rp_h5_read(&files->samples, read_names, data, err));
  return rp_h5_read(files->labels.file ? &files->labels : &files->samples,
                    read_arrays, &y, err);
}
