/* Reads datasets of NumPy: npy files, one for the samples and perhaps one for
 * the labels, and npz files, which are zip archives of npy files. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "files/packed.h"
#include "files/zip.h"
#include "input/dataset_formats.h"
#include "input/npy.h"

enum { PLACE_SIZE = 400 };

typedef rp_status reader(const rp_npy *npy, rp_dataset *data, rp_error *err);

/* ---- Arrays. ---- */

static rp_status fail_at_number(const rp_npy *npy, const rp_dataset *data,
                                size_t at, const char *expected,
                                rp_error *err) {
  const size_t dim = (size_t)data->dim;
  char found[RP_REAL_SIZE];
  return rp_fail(err, RP_E_INPUT,
                 "%s: sample %zu, number %zu: expected %s, found %s",
                 npy->place, at / dim, at % dim, expected,
                 rp_write_real(rp_npy_get_real(npy, at), found));
}

static rp_status read_whole_numbers(const rp_npy *npy, rp_dataset *data,
                                    rp_error *err) {
  rp_span_of_numbers span;
  char expected[64];
  int64_t value;
  for (size_t i = 0; i < npy->count; i++) {
    if (rp_npy_get_whole(npy, i, &value) &&
        rp_dataset_put(data, &span, i, value))
      continue;
    rp_dataset_expect(&span, i, expected);
    return fail_at_number(npy, data, i, npy->kind == 'b' ? "0 or 1" : expected,
                          err);
  }
  return RP_OK;
}

static rp_status read_reals(const rp_npy *npy, rp_dataset *data,
                            rp_error *err) {
  for (size_t i = 0; i < npy->count; i++)
    if (!rp_dataset_put_real(data, i, rp_npy_get_real(npy, i)))
      return fail_at_number(npy, data, i, "a finite number of binary32", err);
  return RP_OK;
}

/* Name the array before the message of a step that knows only its shape. */
static rp_status add_place(const rp_npy *npy, rp_status status,
                           const rp_error *why, rp_error *err) {
  return status == RP_OK
             ? RP_OK
             : rp_fail(err, status, "%s: %s", npy->place, why->text);
}

static rp_status read_samples(const rp_npy *npy, rp_dataset *data,
                              rp_error *err) {
  const bool are_reals = data->values == RP_VALUES_REALS;
  rp_error why = {""};
  RP_TRY(add_place(npy, rp_dataset_set_shape(data, npy->rank, npy->dims, &why),
                   &why, err));
  if (npy->kind == 'f' && !are_reals)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected whole numbers, found floating-point "
                   "numbers: " RP_DATASET_REAL_ADVICE,
                   npy->place);
  RP_TRY(rp_dataset_make_room(data, err));
  return (are_reals ? read_reals : read_whole_numbers)(npy, data, err);
}

static rp_status read_label_numbers(const rp_npy *npy, rp_dataset *data,
                                    int64_t *label, rp_error *err) {
  rp_error why = {""};
  for (size_t i = 0; i < npy->count; i++)
    if (!rp_npy_get_whole(npy, i, &label[i]))
      return fail_at_number(npy, data, i * (size_t)data->dim,
                            "a label of 32 bits", err);
  return add_place(npy, rp_dataset_take_labels(data, label, &why), &why, err);
}

static rp_status read_labels(const rp_npy *npy, rp_dataset *data,
                             rp_error *err) {
  const rp_label_array labels = {npy->rank, npy->dims, npy->kind == 'f'};
  rp_error why = {""};
  RP_TRY(
      add_place(npy, rp_dataset_check_labels(data, &labels, &why), &why, err));
  int64_t *const label = rp_alloc(npy->count, sizeof *label);
  if (!label) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", npy->place);
  const rp_status status = read_label_numbers(npy, data, label, err);
  free(label);
  return status;
}

/* ---- Files. ---- */

static rp_status read_plain(const rp_file_content *content, reader *read,
                            rp_dataset *data, rp_error *err) {
  rp_file_content plain;
  rp_npy npy;
  RP_TRY(rp_packed_load(content, RP_MOST_DATA_BYTES, &plain, err));
  rp_status status = rp_npy_parse(&plain, &npy, err);
  if (status == RP_OK) status = read(&npy, data, err);
  rp_file_content_fini(&plain);
  return status;
}

/* numpy.savez calls the member of an array "NAME.npy". */
static rp_status read_member(const rp_zip *zip, const char *name, reader *read,
                             rp_dataset *data, rp_error *err) {
  char member[80], place[PLACE_SIZE], found[200];
  rp_file_content content;
  rp_error why = {""};
  rp_npy npy;
  snprintf(member, sizeof member, "%.*s.npy", rp_text_fit(name, 70), name);
  const int64_t index = rp_zip_find(zip, member);
  if (index < 0) {
    rp_zip_list(zip, found, sizeof found);
    (void)rp_dataset_fail_name(
        name, read == read_samples ? "samples" : "labels", found, &why);
    return rp_fail(err, RP_E_INPUT, "%s: %s", zip->file, why.text);
  }
  snprintf(place, sizeof place, "%.*s: %s", rp_text_fit(zip->file, 300),
           zip->file, member);
  RP_TRY(rp_zip_load(zip, index, RP_MOST_DATA_BYTES, place, &content, err));
  rp_status status = rp_npy_parse(&content, &npy, err);
  if (status == RP_OK) status = read(&npy, data, err);
  rp_file_content_fini(&content);
  return status;
}

static rp_status read_archive(const rp_file_content *content, const char *name,
                              reader *read, rp_dataset *data, rp_error *err) {
  rp_zip zip;
  RP_TRY(rp_zip_open(content, &zip, err));
  const rp_status status = read_member(&zip, name, read, data, err);
  rp_zip_close(&zip);
  return status;
}

/* The two formats may be mixed. */
static rp_status read_array(const rp_file_content *content, const char *name,
                            reader *read, rp_dataset *data, rp_error *err) {
  return rp_zip_has_signature(content->bytes, content->size)
             ? read_archive(content, name, read, data, err)
             : read_plain(content, read, data, err);
}

/* Samples without labels can be predicted, but not verified. */
static rp_status make_no_labels(rp_dataset *data, rp_error *err) {
  data->label = rp_alloc((size_t)data->n, sizeof *data->label);
  if (!data->label)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", data->name);
  for (int64_t i = 0; i < data->n; i++) data->label[i] = -1;
  data->lacks_labels = true;
  return RP_OK;
}

static rp_status read_given_labels(const rp_dataset_source *source,
                                   const rp_file_content *content,
                                   rp_dataset *data, rp_error *err) {
  return read_array(content, source->y_name ? source->y_name : "y", read_labels,
                    data, err);
}

rp_status rp_dataset_read_npy(const rp_dataset_source *source,
                              const rp_dataset_files *files, rp_dataset *data,
                              rp_error *err) {
  RP_TRY(read_plain(&files->samples, read_samples, data, err));
  return files->labels.file
             ? read_given_labels(source, &files->labels, data, err)
             : make_no_labels(data, err);
}

rp_status rp_dataset_read_npz(const rp_dataset_source *source,
                              const rp_dataset_files *files, rp_dataset *data,
                              rp_error *err) {
  RP_TRY(read_archive(&files->samples, source->x_name ? source->x_name : "x",
                      read_samples, data, err));
  return read_given_labels(
      source, files->labels.file ? &files->labels : &files->samples, data, err);
}
