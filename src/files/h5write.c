/* Writes HDF5 files in memory.
 *
 * HDF5 builds the file in its core driver, without a backing store; the image
 * is then written with plain system calls. If HDF5 itself wrote to a full disk,
 * it would leave identifiers that cannot be closed and an atexit handler that
 * fails again.
 *
 * H5Fget_file_image clears the byte of the superblock that says "open for
 * writing" but leaves the checksum of the uncleared one (seen in 1.10.8): such
 * an image cannot be opened. So the checksum is computed again here; where HDF5
 * does it right, the result is the same number. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/fileutil.h"
#include "files/h5util.h"

enum { IMAGE_STEP = 4 * 1024 * 1024, SUPERBLOCK_BYTES = 44 };

static rp_status fail_to(rp_error *err, const char *what, const char *name) {
  return rp_fail(err, RP_E_IO, "HDF5: cannot %s '%.*s'", what,
                 rp_text_fit(name, 100), name);
}

/* Files have no dates in them, so that equal content is equal bytes.
 * @param of  what the plan is for: H5P_DATASET_CREATE and the like */
static hid_t create_plan(hid_t of) {
  const hid_t plan = H5Pcreate(of);
  if (plan >= 0) (void)H5Pset_obj_track_times(plan, false);
  return plan;
}

rp_status rp_h5_create_image(hid_t *id, rp_error *err) {
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  const hid_t plan = create_plan(H5P_FILE_CREATE);
  *id = -1;
  if (access >= 0 && plan >= 0 &&
      H5Pset_fapl_core(access, IMAGE_STEP, 0) >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST) >= 0)
    *id = H5Fcreate("rampart-image", H5F_ACC_TRUNC, plan, access);
  rp_h5_close(plan);
  rp_h5_close(access);
  return *id < 0 ? fail_to(err, "create", "file in memory") : RP_OK;
}

static uint32_t rotate(uint32_t x, int k) {
  return (x << k) | (x >> (32 - k));
}

static uint32_t decode_little_endian(const uint8_t *b) {
  return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 |
         b[0];
}

/* Bob Jenkins' lookup3 (public domain) over the 44 bytes before a version 2 or
 * 3 superblock's checksum: three rounds of mixing and the last eight bytes. */
static uint32_t compute_superblock_checksum(const uint8_t *k) {
  static const int mix[6] = {4, 6, 8, 16, 19, 4};
  static const int last[7] = {14, 11, 25, 16, 4, 14, 24};
  uint32_t v[3];
  v[0] = v[1] = v[2] = 0xdeadbeefu + SUPERBLOCK_BYTES;
  for (int round = 0; round < 3; round++, k += 12) {
    for (int i = 0; i < 3; i++) v[i] += decode_little_endian(k + 4 * i);
    for (int i = 0; i < 6; i++) {
      uint32_t *x = &v[i % 3], *y = &v[(i + 1) % 3], *z = &v[(i + 2) % 3];
      *x = (*x - *z) ^ rotate(*z, mix[i]);
      *z += *y;
    }
  }
  v[0] += decode_little_endian(k);
  v[1] += decode_little_endian(k + 4);
  for (int i = 0; i < 7; i++) {
    uint32_t *x = &v[(i + 2) % 3], *y = &v[(i + 1) % 3];
    *x = (*x ^ *y) - rotate(*y, last[i]);
  }
  return v[2];
}

static void renew_checksum(uint8_t *image, size_t size) {
  const bool wide = size >= SUPERBLOCK_BYTES + 4 && image[9] == 8;
  if (!wide || image[8] < 2 || image[8] > 3) return;
  const uint32_t sum = compute_superblock_checksum(image);
  for (int i = 0; i < 4; i++)
    image[SUPERBLOCK_BYTES + i] = (uint8_t)(sum >> (8 * i));
}

rp_status rp_h5_write_image(hid_t id, const char *file,
                            const rp_file_step *before, rp_error *err) {
  if (H5Fflush(id, H5F_SCOPE_GLOBAL) < 0) return fail_to(err, "flush", file);
  const ssize_t size = H5Fget_file_image(id, NULL, 0);
  if (size <= 0) return fail_to(err, "size", file);
  void *bytes = rp_alloc((size_t)size, 1);
  if (!bytes)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory while writing", file);
  rp_status status = RP_OK;
  if (H5Fget_file_image(id, bytes, (size_t)size) != size)
    status = fail_to(err, "copy", file);
  if (status == RP_OK) {
    renew_checksum(bytes, (size_t)size);
    status = rp_file_replace_after(file, bytes, (size_t)size, before, err);
  }
  free(bytes);
  return status;
}

static hid_t create_space(const rp_h5_numbers *numbers) {
  hsize_t extent[H5S_MAX_RANK];
  for (int32_t d = 0; d < numbers->rank; d++)
    extent[d] = (hsize_t)numbers->dims[d];
  return numbers->rank ? H5Screate_simple(numbers->rank, extent, NULL)
                       : H5Screate(H5S_SCALAR);
}

static rp_status set_attribute(hid_t object, const char *name,
                               const rp_h5_numbers *values, rp_error *err) {
  const hid_t space = create_space(values);
  const hid_t id = space < 0 ? -1
                             : H5Acreate2(object, name, values->stored, space,
                                          H5P_DEFAULT, H5P_DEFAULT);
  const bool ok = id >= 0 && H5Awrite(id, values->mem_type, values->data) >= 0;
  rp_h5_close(id);
  rp_h5_close(space);
  return ok ? RP_OK : fail_to(err, "write attribute", name);
}

/* The type of strings of so many bytes, with the final zero; -1 if HDF5 fails.
 */
static hid_t create_text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && H5Tset_size(type, size) >= 0 &&
      H5Tset_strpad(type, H5T_STR_NULLTERM) >= 0 &&
      H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
    return type;
  rp_h5_close(type);
  return -1;
}

static rp_status set_texts(hid_t object, const char *name, size_t size,
                           rp_h5_numbers texts, rp_error *err) {
  const hid_t type = create_text_type(size);
  texts.stored = texts.mem_type = type;
  const rp_status status = type >= 0 ? set_attribute(object, name, &texts, err)
                                     : fail_to(err, "write attribute", name);
  rp_h5_close(type);
  return status;
}

rp_status rp_h5_set_string(hid_t object, const char *name, const char *text,
                           rp_error *err) {
  return set_texts(object, name, strlen(text) + 1,
                   (rp_h5_numbers){.data = text}, err);
}

rp_status rp_h5_set_strings(hid_t object, const char *name,
                            const rp_h5_strings *list, rp_error *err) {
  const int64_t dims[1] = {list->count};
  size_t size = 1;
  for (int32_t i = 0; i < list->count; i++)
    if (strlen(list->text[i]) >= size) size = strlen(list->text[i]) + 1;
  char *const cells = rp_alloc((size_t)list->count, size);
  if (!cells)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory while writing", name);
  for (int32_t i = 0; i < list->count; i++)
    memcpy(cells + (size_t)i * size, list->text[i], strlen(list->text[i]));
  const rp_status status =
      set_texts(object, name, size,
                (rp_h5_numbers){.rank = 1, .dims = dims, .data = cells}, err);
  free(cells);
  return status;
}

rp_status rp_h5_set_integers(hid_t object, const char *name, hid_t stored,
                             const int64_t *values, int32_t count,
                             rp_error *err) {
  const int64_t dims[1] = {count};
  return set_attribute(object, name,
                       &(rp_h5_numbers){.stored = stored,
                                        .mem_type = H5T_NATIVE_INT64,
                                        .rank = count > 0,
                                        .dims = dims,
                                        .data = values},
                       err);
}

rp_status rp_h5_set_real(hid_t object, const char *name, double value,
                         rp_error *err) {
  return set_attribute(object, name,
                       &(rp_h5_numbers){.stored = H5T_IEEE_F64LE,
                                        .mem_type = H5T_NATIVE_DOUBLE,
                                        .data = &value},
                       err);
}

static hid_t create_undated(hid_t parent, const char *name, hid_t type,
                            hid_t space) {
  const hid_t plan = create_plan(H5P_DATASET_CREATE);
  const hid_t id = plan < 0 ? -1
                            : H5Dcreate2(parent, name, type, space, H5P_DEFAULT,
                                         plan, H5P_DEFAULT);
  rp_h5_close(plan);
  return id;
}

rp_status rp_h5_write_numbers(hid_t parent, const char *name,
                              const rp_h5_numbers *numbers, rp_error *err) {
  const hid_t space = create_space(numbers);
  const hid_t id =
      space < 0 ? -1 : create_undated(parent, name, numbers->stored, space);
  const bool ok = id >= 0 && H5Dwrite(id, numbers->mem_type, H5S_ALL, H5S_ALL,
                                      H5P_DEFAULT, numbers->data) >= 0;
  rp_h5_close(id);
  rp_h5_close(space);
  return ok ? RP_OK : fail_to(err, "write dataset", name);
}

hid_t rp_h5_create_group(hid_t parent, const char *name) {
  const hid_t plan = create_plan(H5P_GROUP_CREATE);
  const hid_t id =
      plan < 0 ? -1 : H5Gcreate2(parent, name, H5P_DEFAULT, plan, H5P_DEFAULT);
  rp_h5_close(plan);
  return id;
}
