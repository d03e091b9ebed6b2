/* Reads a dataset of any format.
 *
 * The format is recognized by content: the HDF5 signature, the magic number of
 * idx (gzipped or not), or printable text for CSV. */
#include "input/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/h5util.h"
#include "files/packed.h"
#include "files/sha256.h"
#include "input/dataset_formats.h"

typedef struct file_head {
  uint8_t bytes[512]; /* the first bytes, unpacked */
  size_t count;
} file_head;

/* Refuse a web page that a server sent in place of the file: it is text and
 * would be read as CSV. */
static rp_status read_head(const rp_file_content *content, file_head *head,
                           rp_error *err) {
  rp_packed in;
  RP_TRY(rp_packed_open(content, &in, err));
  const rp_status status =
      rp_packed_read(&in, head->bytes, sizeof head->bytes, &head->count, err);
  rp_packed_close(&in);
  RP_TRY(status);
  const rp_file_content plain = {content->file, head->bytes, head->count};
  if (!rp_file_is_page(&plain)) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: expected a dataset, found %s",
                 content->file, rp_file_describe(&plain));
}

static rp_status recognize_format(const char *file, file_head *head,
                                  rp_dataset_reader **read, rp_error *err) {
  static const uint8_t hdf5_magic[4] = {0x89, 'H', 'D', 'F'};
  static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
  const size_t count = head->count;
  const rp_file_content plain = {file, head->bytes, count};
  if (count >= 4 && !memcmp(head->bytes, hdf5_magic, 4))
    *read = rp_dataset_read_hdf5;
  else if (count >= 4 && head->bytes[0] == 0 && head->bytes[1] == 0)
    *read = rp_dataset_read_idx;
  else if (rp_file_is_text(&plain) ||
           (count > 3 && !memcmp(head->bytes, mark, 3)))
    *read = rp_dataset_read_csv;
  else
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a dataset (idx, HDF5 or CSV), found %s", file,
                   rp_file_describe(&plain));
  return RP_OK;
}

static rp_status choose_reader(const rp_dataset_source *source,
                               const rp_dataset_files *files,
                               rp_dataset_reader **read, rp_error *err) {
  const char *format = source->format ? source->format : "auto";
  file_head head;
  if (files->labels.file) RP_TRY(read_head(&files->labels, &head, err));
  RP_TRY(read_head(&files->samples, &head, err));
  if (!strcmp(format, "auto"))
    return recognize_format(source->file, &head, read, err);
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

static rp_status read_files(const rp_dataset_source *source,
                            const rp_dataset_files *files, rp_dataset *data,
                            rp_error *err) {
  rp_dataset_reader *read = NULL;
  RP_TRY(choose_reader(source, files, &read, err));
  RP_TRY(read(source, files, data, err));
  rp_sha256_bytes(files->samples.bytes, files->samples.size, data->sha256);
  if (files->labels.file)
    rp_sha256_bytes(files->labels.bytes, files->labels.size,
                    data->labels_sha256);
  return RP_OK;
}

static rp_status load_files(const rp_dataset_source *source,
                            rp_dataset_files *files, rp_error *err) {
  RP_TRY(rp_file_load(source->file, RP_MOST_FILE_BYTES, &files->samples, err));
  if (!source->labels) return RP_OK;
  return rp_file_load(source->labels, RP_MOST_FILE_BYTES, &files->labels, err);
}

rp_status rp_dataset_read(const rp_dataset_source *source, rp_dataset **data,
                          rp_error *err) {
  rp_dataset_files files = {{.file = NULL}, {.file = NULL}};
  rp_dataset *made = rp_alloc(1, sizeof *made);
  if (!made)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", source->file);
  rp_text_copy(made->name, sizeof made->name, source->file);
  made->values = source->values;
  rp_status status = load_files(source, &files, err);
  if (status == RP_OK) status = read_files(source, &files, made, err);
  rp_file_content_fini(&files.samples);
  rp_file_content_fini(&files.labels);
  if (status == RP_OK)
    *data = made;
  else
    rp_dataset_free(made);
  return status;
}

void rp_dataset_free(rp_dataset *data) {
  if (!data) return;
  free(data->x);
  free(data->label);
  free(data);
}
