/* Datasets: which format a file has, and how samples are fitted to a network.
 *
 * A format is recognized by content: the HDF5 signature, the magic number of
 * idx (gzipped or not), or printable text for CSV. */
#include "rampart/dataset.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_formats.h"
#include "h5util.h"
#include "rampart/memory.h"
#include "rampart/sha256.h"

typedef rp_status reader(const rp_dataset_source *, rp_dataset *, rp_error *);

static bool is_text(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isprint(bytes[i]) && !isspace(bytes[i])) return false;
  return count > 0;
}

static rp_status reader_found(const char *file, reader **read, rp_error *err) {
  static const uint8_t hdf5_magic[4] = {0x89, 'H', 'D', 'F'};
  static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
  uint8_t head[64];
  size_t count;
  rp_packed in;
  RP_TRY(rp_packed_open(file, &in, err));
  const rp_status status = rp_packed_read(&in, head, sizeof head, &count, err);
  rp_packed_close(&in);
  RP_TRY(status);
  if (count >= 4 && !memcmp(head, hdf5_magic, 4))
    *read = rp_dataset_read_hdf5;
  else if (count >= 4 && head[0] == 0 && head[1] == 0)
    *read = rp_dataset_read_idx;
  else if (is_text(head, count) || (count > 3 && !memcmp(head, mark, 3)))
    *read = rp_dataset_read_csv;
  else
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a dataset (idx, HDF5 or CSV), found %s", file,
                   count ? "another format" : "an empty file");
  return RP_OK;
}

static rp_status reader_chosen(const rp_dataset_source *source, reader **read,
                               rp_error *err) {
  const char *format = source->format ? source->format : "auto";
  if (!strcmp(format, "auto")) return reader_found(source->file, read, err);
  if (!strcmp(format, "idx"))
    *read = rp_dataset_read_idx;
  else if (!strcmp(format, "hdf5"))
    *read = rp_dataset_read_hdf5;
  else if (!strcmp(format, "csv"))
    *read = rp_dataset_read_csv;
  else
    return rp_fail(err, RP_E_INPUT,
                   "dataset format: expected auto, idx, hdf5 or csv, found "
                   "'%s'",
                   format);
  return RP_OK;
}

rp_status rp_dataset_read(const rp_dataset_source *source, rp_dataset **data,
                          rp_error *err) {
  reader *read = NULL;
  RP_TRY(reader_chosen(source, &read, err));
  rp_dataset *made = rp_alloc(1, sizeof *made);
  if (!made)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", source->file);
  snprintf(made->name, sizeof made->name, "%s", source->file);
  rp_status status = read(source, made, err);
  if (status == RP_OK) status = rp_sha256_file(source->file, made->sha256, err);
  if (status == RP_OK && source->labels)
    status = rp_sha256_file(source->labels, made->labels_sha256, err);
  if (status != RP_OK) {
    rp_dataset_free(made);
    return status;
  }
  *data = made;
  return RP_OK;
}

void rp_dataset_free(rp_dataset *data) {
  if (!data) return;
  free(data->x);
  free(data->label);
  free(data);
}

/* ---- Fitting ---- */

static size_t number_count(const rp_dataset *data) {
  return (size_t)data->n * (size_t)data->dim;
}

/* The first number above in_hi, or the count of numbers. */
static size_t first_above(const rp_dataset *data, int32_t in_hi) {
  const size_t count = number_count(data);
  for (size_t i = 0; i < count; i++)
    if (data->x[i] > in_hi) return i;
  return count;
}

static void rescaled(rp_dataset *data, int32_t in_hi) {
  const size_t count = number_count(data);
  int32_t bits = 0;
  while ((1 << bits) <= in_hi) bits++;
  for (size_t i = 0; i < count; i++) {
    const int32_t v = (data->x[i] + (1 << (7 - bits))) >> (8 - bits);
    data->x[i] = (uint8_t)(v < in_hi ? v : in_hi);
  }
}

static const char *name_of(const rp_dataset *data) {
  return *data->name ? data->name : "dataset";
}

static rp_status labels_checked(const rp_dataset *data, const rp_net *net,
                                rp_error *err) {
  for (int64_t i = 0; i < data->n; i++)
    if (data->label[i] < 0 || data->label[i] >= net->n_out)
      return rp_fail(err, RP_E_INPUT,
                     "%s: sample %lld: expected a label 0..%d (the "
                     "network's outputs), found %d",
                     name_of(data), (long long)i, net->n_out - 1,
                     data->label[i]);
  return RP_OK;
}

rp_status rp_dataset_fit(rp_dataset *data, const rp_net *net, rp_error *err) {
  if (data->dim != net->n_in)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected samples of %d numbers, the inputs of network "
                   "%s, found %d: does this dataset belong to it?",
                   name_of(data), net->n_in, net->name, data->dim);
  RP_TRY(labels_checked(data, net, err));
  const size_t above = first_above(data, net->in_hi);
  if (above < number_count(data)) {
    if ((net->in_hi & (net->in_hi + 1)) != 0)
      return rp_fail(err, RP_E_INPUT,
                     "dataset: sample %zu, number %zu: expected 0..%d (the "
                     "network's inputs, not a whole number of bits), found %d",
                     above / (size_t)data->dim, above % (size_t)data->dim,
                     net->in_hi, data->x[above]);
    rescaled(data, net->in_hi);
  }
  if (data->n_dims == 1) {
    data->n_dims = net->n_dims;
    memcpy(data->dims, net->dims, sizeof data->dims);
  }
  return RP_OK;
}
