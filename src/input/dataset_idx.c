/* Reads the idx format of MNIST: two zero bytes, a type (8: unsigned bytes),
 * the number of dimensions, a big-endian uint32 for each, then the bytes.
 * Images have 2 to 4 dimensions, the first of which is their number; labels
 * have one. */
#include <stdlib.h>

#include "core/memory.h"
#include "files/packed.h"
#include "input/dataset_formats.h"

enum { TYPE_UBYTE = 8 };

typedef struct idx_array {
  int32_t n_dims;
  uint32_t dims[RP_MAX_DIMS];
  uint8_t *bytes;
  size_t size;
} idx_array;

static rp_status read_all(rp_packed *in, void *bytes, size_t size,
                          const char *what, rp_error *err) {
  size_t count;
  RP_TRY(rp_packed_read(in, bytes, size, &count, err));
  if (count < size)
    return rp_fail(err, RP_E_INPUT, "%s: %s: expected %zu bytes, found %zu",
                   in->file, what, size, count);
  return RP_OK;
}

static uint32_t decode_big_endian(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
         b[3];
}

/* The most likely reason for a wrong header: the two files were exchanged. */
static const char *suggest_exchange(const uint8_t raw[4]) {
  if (raw[0] || raw[1] || raw[2] != TYPE_UBYTE) return "";
  return raw[3] == 1   ? ", labels: are images and labels exchanged?"
         : raw[3] <= 4 ? ", images: are images and labels exchanged?"
                       : "";
}

/* Read the header of an array of least..most dimensions. */
static rp_status read_header(rp_packed *in, int32_t least, int32_t most,
                             idx_array *array, rp_error *err) {
  uint8_t raw[4 * (1 + RP_MAX_DIMS)];
  RP_TRY(read_all(in, raw, 4, "magic number", err));
  if (raw[0] || raw[1] || raw[2] != TYPE_UBYTE || raw[3] < least ||
      raw[3] > most)
    return rp_fail(err, RP_E_INPUT,
                   "%s: magic number: expected 0x%08x%s, found 0x%08x%s",
                   in->file, least == 1 ? 0x801 : 0x803,
                   least == 1 ? " (labels)" : " (images; or 0x802, 0x804)",
                   decode_big_endian(raw), suggest_exchange(raw));
  array->n_dims = raw[3];
  RP_TRY(read_all(in, raw, 4 * (size_t)array->n_dims, "dimensions", err));
  array->size = 1;
  bool absurd = false;
  for (int32_t d = 0; d < array->n_dims; d++) {
    array->dims[d] = decode_big_endian(raw + 4 * d);
    absurd = __builtin_mul_overflow(array->size, (size_t)array->dims[d],
                                    &array->size) ||
             array->dims[d] == 0 || absurd;
  }
  if (absurd || array->size > RP_MOST_DATA_BYTES || array->size > in->bound)
    return rp_fail(err, RP_E_INPUT,
                   "%s: dimensions: expected sizes that the file can hold, "
                   "found %u x ... (%d dimensions)",
                   in->file, array->dims[0], array->n_dims);
  return RP_OK;
}

static rp_status read_body(rp_packed *in, idx_array *array, rp_error *err) {
  uint8_t more;
  size_t count;
  array->bytes = rp_alloc(array->size, 1);
  if (!array->bytes)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory for %zu bytes",
                   in->file, array->size);
  RP_TRY(read_all(in, array->bytes, array->size, "data", err));
  RP_TRY(rp_packed_read(in, &more, 1, &count, err));
  if (count > 0)
    return rp_fail(err, RP_E_INPUT, "%s: data: expected %zu bytes, found more",
                   in->file, array->size);
  return RP_OK;
}

/* Read a whole file. The caller frees array->bytes, also after a failure. */
static rp_status read_array(const rp_file_content *file, int32_t least,
                            int32_t most, idx_array *array, rp_error *err) {
  rp_packed in;
  array->bytes = NULL;
  RP_TRY(rp_packed_open(file, &in, err));
  rp_status status = read_header(&in, least, most, array, err);
  if (status == RP_OK) status = read_body(&in, array, err);
  rp_packed_close(&in);
  return status;
}

static rp_status set_image_shape(const char *file, const idx_array *images,
                                 rp_dataset *data, rp_error *err) {
  data->n = images->dims[0];
  data->n_dims = images->n_dims - 1;
  const size_t dim = images->size / images->dims[0];
  if (dim > RP_MOST_SAMPLE_NUMBERS)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected at most %d numbers in a sample, found %zu",
                   file, RP_MOST_SAMPLE_NUMBERS, dim);
  data->dim = (int32_t)dim;
  for (int32_t d = 0; d < data->n_dims; d++)
    data->dims[d] = (int32_t)images->dims[d + 1];
  return RP_OK;
}

static rp_status copy_labels(const rp_dataset_source *source,
                             const idx_array *labels, rp_dataset *data,
                             rp_error *err) {
  if ((int64_t)labels->dims[0] != data->n)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected %lld labels, as many as %s has images, found "
                   "%u",
                   source->labels, (long long)data->n, source->file,
                   labels->dims[0]);
  data->label = rp_alloc((size_t)data->n, sizeof *data->label);
  if (!data->label)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", source->labels);
  for (int64_t i = 0; i < data->n; i++) data->label[i] = labels->bytes[i];
  return RP_OK;
}

rp_status rp_dataset_read_idx(const rp_dataset_source *source,
                              const rp_dataset_files *files, rp_dataset *data,
                              rp_error *err) {
  if (!source->labels)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a labels file too, since idx has labels in a "
                   "separate file: name it by --labels, or by labels in a job",
                   source->file);
  idx_array images = {.bytes = NULL}, labels = {.bytes = NULL};
  rp_status status = read_array(&files->samples, 2, RP_MAX_DIMS, &images, err);
  data->x = images.bytes;
  if (status == RP_OK)
    status = set_image_shape(source->file, &images, data, err);
  if (status == RP_OK) status = read_array(&files->labels, 1, 1, &labels, err);
  if (status == RP_OK) status = copy_labels(source, &labels, data, err);
  free(labels.bytes);
  return status;
}
