/* Reads a dataset of any format.
 *
 * The format is recognized by content: the signatures of HDF5, npy and zip
 * (npz), the magic number of idx, or printable text for CSV; idx, npy and CSV
 * may be gzipped. */
#include "input/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/h5util.h"
#include "files/packed.h"
#include "files/sha256.h"
#include "files/zip.h"
#include "input/dataset_formats.h"
#include "input/npy.h"

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

static bool is_hdf5(const file_head *head) {
  return head->count >= 4 && !memcmp(head->bytes, "\x89HDF", 4);
}

static bool is_npy(const file_head *head) {
  return rp_npy_has_signature(head->bytes, head->count);
}

static bool is_npz(const file_head *head) {
  return rp_zip_has_signature(head->bytes, head->count);
}

static bool is_idx(const file_head *head) {
  return head->count >= 4 && head->bytes[0] == 0 && head->bytes[1] == 0;
}

static bool is_csv(const file_head *head) {
  const rp_file_content plain = {"", (uint8_t *)head->bytes, head->count};
  return rp_file_is_text(&plain) ||
         (head->count > 3 && !memcmp(head->bytes, "\xef\xbb\xbf", 3));
}

static const struct {
  const char *name; /* of RP_DATASET_FORMATS */
  bool (*is_this)(const file_head *head);
  rp_dataset_reader *read;
} formats[] = {{"hdf5", is_hdf5, rp_dataset_read_hdf5},
               {"npy", is_npy, rp_dataset_read_npy},
               {"npz", is_npz, rp_dataset_read_npz},
               {"idx", is_idx, rp_dataset_read_idx},
               {"csv", is_csv, rp_dataset_read_csv}};

static rp_status find_reader(const char *format, const char *file,
                             const file_head *head, rp_dataset_reader **read,
                             rp_error *err) {
  const bool is_open = !strcmp(format, "auto");
  const rp_file_content plain = {file, (uint8_t *)head->bytes, head->count};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    if (is_open ? formats[i].is_this(head) : !strcmp(format, formats[i].name)) {
      *read = formats[i].read;
      return RP_OK;
    }
  if (is_open)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected a dataset (idx, HDF5, npy, npz or CSV), found "
                   "%s",
                   file, rp_file_describe(&plain));
  return rp_fail(err, RP_E_INPUT,
                 "dataset format: expected auto, idx, hdf5, csv, npy or npz, "
                 "found '%s'",
                 format);
}

static rp_status choose_reader(const rp_dataset_source *source,
                               const rp_dataset_files *files,
                               rp_dataset_reader **read, rp_error *err) {
  const char *format = source->format ? source->format : "auto";
  file_head head;
  if (files->labels.file) RP_TRY(read_head(&files->labels, &head, err));
  RP_TRY(read_head(&files->samples, &head, err));
  return find_reader(format, source->file, &head, read, err);
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

static rp_status check_layout(const rp_dataset_source *source, rp_error *err) {
  if (!source->layout || rp_text_is_one_of(source->layout, RP_DATASET_LAYOUTS))
    return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "dataset layout: expected " RP_DATASET_LAYOUTS
                 ", found '%.*s'",
                 rp_text_fit(source->layout, 80), source->layout);
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
  rp_text_copy(made->layout, sizeof made->layout, source->layout);
  rp_status status = check_layout(source, err);
  if (status == RP_OK) status = load_files(source, &files, err);
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
  free(data->real);
  free(data->label);
  for (int32_t i = 0; i < data->n_class_names; i++) free(data->class_name[i]);
  free(data->class_name);
  free(data);
}
