/* Datasets: which format a file has.
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
#include "rampart/text.h"

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
  rp_text_copy(made->name, sizeof made->name, source->file);
  made->values = source->values;
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
