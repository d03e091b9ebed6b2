/* What all formats of arrays share: shapes of samples, and labels. */
#include "core/memory.h"
#include "core/text.h"
#include "input/dataset_formats.h"

rp_status rp_dataset_set_shape(rp_dataset *data, int32_t rank,
                               const int64_t *shape, rp_error *err) {
  int64_t dim = 1;
  if (rank < 2 || rank > 1 + RP_MAX_DIMS)
    return rp_fail(err, RP_E_INPUT,
                   "expected 2..%d dimensions, samples first, found %d",
                   1 + RP_MAX_DIMS, rank);
  for (int32_t d = 0; d < rank; d++) {
    if (shape[d] < 1 || (d > 0 && shape[d] > RP_MOST_SAMPLE_NUMBERS) ||
        (d > 0 && (dim *= shape[d]) > RP_MOST_SAMPLE_NUMBERS))
      return rp_fail(err, RP_E_INPUT,
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

rp_status rp_dataset_check_labels(const rp_dataset *data,
                                  const rp_label_array *labels, rp_error *err) {
  if (labels->rank != 1 && labels->rank != 2)
    return rp_fail(err, RP_E_INPUT,
                   "expected labels [n] or [n][1], found %d dimensions",
                   labels->rank);
  if (labels->rank == 2 && labels->shape[1] != 1)
    return rp_fail(
        err, RP_E_INPUT,
        "expected one label per sample, found %lld numbers: store classes "
        "instead of one-hot rows (in NumPy, y.argmax(axis=1))",
        (long long)labels->shape[1]);
  if (labels->shape[0] != data->n)
    return rp_fail(err, RP_E_INPUT,
                   "expected %lld labels, one per sample, found %lld",
                   (long long)data->n, (long long)labels->shape[0]);
  if (labels->is_float)
    return rp_fail(err, RP_E_INPUT,
                   "expected whole numbers as labels, found floating-point "
                   "numbers: store integers (in NumPy, y.astype('int64'))");
  return RP_OK;
}

rp_status rp_dataset_take_labels(rp_dataset *data, const int64_t *label,
                                 rp_error *err) {
  data->label = rp_alloc((size_t)data->n, sizeof *data->label);
  if (!data->label) return rp_fail(err, RP_E_MEMORY, "out of memory");
  for (int64_t i = 0; i < data->n; i++) {
    if (label[i] < -INT32_MAX || label[i] > INT32_MAX)
      return rp_fail(err, RP_E_INPUT,
                     "sample %lld: expected a label of 32 bits, found %lld",
                     (long long)i, (long long)label[i]);
    data->label[i] = (int32_t)label[i];
  }
  return RP_OK;
}

rp_status rp_dataset_fail_name(const char *name, const char *what,
                               const char *found, rp_error *err) {
  const char key = *what == 's' ? 'x' : 'y';
  return rp_fail(err, RP_E_INPUT,
                 "expected an array '%.*s' of %s, found %s; name it by "
                 "--%c-name, or by %c in a job",
                 rp_text_fit(name, 80), name, what, found, key, key);
}
