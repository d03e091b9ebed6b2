/* Reads datasets of two HDF5 arrays: x [n][...] of whole numbers and labels y
 * [n] or [n][1]. Bytes are read directly; wider types are read as int32 so that
 * values out of range are noticed. */
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/h5util.h"
#include "input/dataset_formats.h"

static rp_status read_shape(hid_t x, rp_dataset *data, rp_error *err) {
  int64_t shape[1 + RP_MAX_DIMS], dim = 1;
  const int32_t rank = rp_h5_get_rank(x);
  if (rank < 2 || rank > 1 + RP_MAX_DIMS)
    return rp_h5_fail(x, err,
                      "expected 2..%d dimensions, samples first, found %d",
                      1 + RP_MAX_DIMS, rank);
  RP_TRY(rp_h5_get_shape(x, rank, shape, err));
  for (int32_t d = 0; d < rank; d++) {
    if (shape[d] < 1 || (d > 0 && shape[d] > RP_MOST_SAMPLE_NUMBERS) ||
        (d > 0 && (dim *= shape[d]) > RP_MOST_SAMPLE_NUMBERS))
      return rp_h5_fail(x, err,
                        "dimension %d: expected sizes from 1 and at most %d "
                        "numbers in a sample, found %lld",
                        d, RP_MOST_SAMPLE_NUMBERS, (long long)shape[d]);
    if (d > 0) data->dims[d - 1] = (int32_t)shape[d];
  }
  data->n = shape[0];
  data->n_dims = rank - 1;
  data->dim = (int32_t)dim;
  return RP_OK;
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

static rp_status read_samples(hid_t x, rp_dataset *data, rp_error *err) {
  void *numbers;
  RP_TRY(read_shape(x, data, err));
  if (rp_h5_is_float(x))
    return rp_h5_fail(x, err,
                      "expected whole numbers, found floating-point "
                      "numbers: scale, round and store them as integers (in "
                      "NumPy, from 0..1: (x * 255).round().astype('uint8'))");
  if (rp_h5_is_bytes(x)) {
    RP_TRY(rp_h5_read_numbers(x, H5T_NATIVE_UINT8, RP_MOST_DATA_BYTES, &numbers,
                              err));
    data->x = numbers;
    return RP_OK;
  }
  RP_TRY(rp_h5_read_numbers(x, H5T_NATIVE_INT32, RP_MOST_DATA_BYTES, &numbers,
                            err));
  data->x = rp_alloc((size_t)data->n, (size_t)data->dim);
  const rp_status status =
      data->x ? narrow_samples(x, numbers, data, err)
              : rp_fail(err, RP_E_MEMORY, "out of memory for samples");
  free(numbers);
  return status;
}

/* There is one label for each sample: [n], or [n][1] as some tools write. */
static rp_status check_labels(hid_t y, const rp_dataset *data, rp_error *err) {
  const int32_t rank = rp_h5_get_rank(y);
  int64_t shape[2] = {0, 1};
  if (rank != 1 && rank != 2)
    return rp_h5_fail(y, err,
                      "expected labels [n] or [n][1], found %d "
                      "dimensions",
                      rank);
  RP_TRY(rp_h5_get_shape(y, rank, shape, err));
  if (shape[1] != 1)
    return rp_h5_fail(
        y, err,
        "expected one label per sample, found %lld numbers: store classes "
        "instead of one-hot rows (in NumPy, y.argmax(axis=1))",
        (long long)shape[1]);
  if (shape[0] != data->n)
    return rp_h5_fail(y, err,
                      "expected %lld labels, one per sample, found %lld",
                      (long long)data->n, (long long)shape[0]);
  if (rp_h5_is_float(y))
    return rp_h5_fail(y, err,
                      "expected whole numbers as labels, found floating-point "
                      "numbers: store integers (in NumPy, y.astype('int64'))");
  return RP_OK;
}

static rp_status read_labels(hid_t y, rp_dataset *data, rp_error *err) {
  void *wide;
  RP_TRY(check_labels(y, data, err));
  RP_TRY(
      rp_h5_read_numbers(y, H5T_NATIVE_INT64, RP_MOST_DATA_BYTES, &wide, err));
  rp_status status = RP_OK;
  data->label = rp_alloc((size_t)data->n, sizeof *data->label);
  if (!data->label) status = rp_fail(err, RP_E_MEMORY, "out of memory");
  for (int64_t i = 0; i < data->n && status == RP_OK; i++) {
    const int64_t label = ((const int64_t *)wide)[i];
    if (label < -INT32_MAX || label > INT32_MAX)
      status = rp_h5_fail(y, err,
                          "sample %lld: expected a label of 32 bits, found "
                          "%lld",
                          (long long)i, (long long)label);
    data->label[i] = (int32_t)label;
  }
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
    return rp_h5_fail(file, err,
                      "expected an array '%.*s' of %s, found none; name it by "
                      "--%c-name, or by %c in a job",
                      rp_text_fit(task->name, 80), task->name, task->what,
                      *task->what == 's' ? 'x' : 'y',
                      *task->what == 's' ? 'x' : 'y');
  RP_TRY(rp_h5_open_dataset(file, task->name, &array, err));
  const rp_status status = task->read(array, task->data, err);
  rp_h5_close(array);
  return status;
}

rp_status rp_dataset_read_hdf5(const rp_dataset_source *source,
                               const rp_dataset_files *files, rp_dataset *data,
                               rp_error *err) {
  reading x = {source->x_name ? source->x_name : "x", "samples", read_samples,
               data};
  reading y = {source->y_name ? source->y_name : "y", "labels", read_labels,
               data};
  RP_TRY(rp_h5_read(&files->samples, read_arrays, &x, err));
  return rp_h5_read(files->labels.file ? &files->labels : &files->samples,
                    read_arrays, &y, err);
}
