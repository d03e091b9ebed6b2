/* What the checker needs of HDF5, over bytes that were read and hashed. HDF5
 * may crash or spin on a damaged file: all reading is in a child process
 * (main.c). Sizes are checked against what the file can hold before memory is
 * asked for. Nothing outside of the bytes is followed: it was not hashed. */
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { RATIO = 1100 }; /* deflate packs at most 1032 bytes into one */

static rp_status bad(h5 f, const char *name, const char *expected) {
  return rp_fail(f.err, RP_E_INPUT, "'%.200s': expected %s", name, expected);
}

rp_status rp_check_h5_open(blob b, rp_error *err, h5 *f) {
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  (void)H5Lunregister(H5L_TYPE_EXTERNAL);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  (void)H5Pset_fapl_core(access, 1 << 16, false);
  (void)H5Pset_file_image(access, b.bytes, b.size);
  f->err = err; /* the core driver wants a name that no file has */
  f->id = b.size ? H5Fopen("/dev/null/image", H5F_ACC_RDONLY, access) : -1;
  H5Pclose(access);
  return f->id >= 0 ? RP_OK : rp_fail(err, RP_E_INPUT, "not an HDF5 file");
}

void rp_check_h5_close(h5 f) {
  if (f.id > 0) H5Fclose(f.id);
}

static hid_t text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  (void)H5Tset_size(type, size);
  return type;
}

/* Of variable length, each below 512 bytes. */
static bool texts_copied(hid_t id, hid_t type, int64_t n, char (*to)[512]) {
  char **own = rp_check_alloc((size_t)n, sizeof *own);
  bool good = H5Aread(id, type, own) >= 0;
  for (int64_t i = 0; i < n; i++) {
    good = good && own[i] && strlen(own[i]) < 512;
    if (good) strcpy(to[i], own[i]);
    H5free_memory(own[i]);
  }
  free(own);
  return good;
}

int64_t rp_check_h5_attribute(h5 f, const char *path, const char *name,
                              bool text, int64_t most, void *to) {
  if (H5Aexists_by_name(f.id, path, name, H5P_DEFAULT) <= 0) return -1;
  const hid_t id = H5Aopen_by_name(f.id, path, name, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Aget_space(id), type = H5Aget_type(id);
  const hid_t memory = text ? text_type(512) : H5Tcopy(H5T_NATIVE_INT64);
  int64_t n = (int64_t)H5Sget_simple_extent_npoints(space);
  bool good = n >= 0 && n <= most;
  if (good && n > 0) { /* Keras writes an empty list of texts as floats */
    good = H5Tget_class(type) == H5Tget_class(memory);
    if (text) (void)H5Tset_cset(memory, H5Tget_cset(type));
    if (good && text && H5Tis_variable_str(type) > 0)
      good = texts_copied(id, type, n, to);
    else
      good = good && (!text || H5Tget_size(type) < 512) &&
             H5Aread(id, memory, to) >= 0;
  }
  H5Tclose(memory);
  H5Tclose(type);
  H5Sclose(space);
  H5Aclose(id);
  return good ? n : -1;
}

bool rp_check_h5_text(h5 f, const char *path, const char *name, char to[512]) {
  return rp_check_h5_attribute(f, path, name, true, 1, to) == 1;
}

bool rp_check_h5_int(h5 f, const char *path, const char *name, int64_t *to) {
  return rp_check_h5_attribute(f, path, name, false, 1, to) == 1;
}

/* A whole array as a type in memory. */
static rp_status array_read(h5 f, hid_t id, hid_t memory, const char *name,
                            int64_t dims[8], void **data) {
  hsize_t extent[8];
  const hid_t space = H5Dget_space(id), made = H5Dget_create_plist(id);
  const int rank = H5Sget_simple_extent_ndims(space);
  const uint64_t most = H5Dget_storage_size(id) * RATIO + 4096;
  uint64_t bytes = H5Tget_size(memory), whole = bytes; /* whole: none is 0 */
  bool good = rank >= 1 && rank <= 8 && H5Pget_external_count(made) == 0 &&
              H5Pget_layout(made) != H5D_VIRTUAL &&
              H5Sget_simple_extent_dims(space, extent, NULL) >= 0;
  for (int d = 0; d < 8 && good; d++) {
    dims[d] = d < rank ? (int64_t)extent[d] : 1;
    const uint64_t factor = dims[d] ? (uint64_t)dims[d] : 1;
    good = dims[d] >= (d > 0) && dims[d] <= INT32_MAX &&
           !__builtin_mul_overflow(whole, factor, &whole) && whole <= INT64_MAX;
    bytes *= (uint64_t)dims[d];
  }
  H5Sclose(space);
  H5Pclose(made);
  if (!good || bytes > most) return bad(f, name, "numbers in this file");
  *data = rp_check_alloc(bytes, 1);
  if (bytes == 0 ||
      H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, *data) >= 0)
    return RP_OK;
  free(*data);
  *data = NULL;
  return bad(f, name, "readable numbers");
}

rp_status rp_check_h5_array(h5 f, const char *path, h5kind kind,
                            int64_t dims[8], void **data) {
  const hid_t memory = kind == H5_INT64   ? H5T_NATIVE_INT64
                       : kind == H5_FLOAT ? H5T_NATIVE_FLOAT
                                          : H5T_NATIVE_UINT8;
  const hid_t id = H5Dopen2(f.id, path, H5P_DEFAULT);
  if (id < 0) return bad(f, path, "an array");
  const hid_t type = H5Dget_type(id);
  const bool fits = H5Tget_class(type) == H5Tget_class(memory) &&
                    (kind != H5_UINT8 || H5Tget_size(type) == 1);
  const rp_status st = fits ? array_read(f, id, memory, path, dims, data)
                            : bad(f, path, "another type");
  H5Tclose(type);
  H5Dclose(id);
  return st;
}

rp_status rp_check_h5_table(h5 f, const char *path, const column *c, int count,
                            size_t size, void **rows, int64_t *n) {
  int64_t dims[8];
  const hid_t id = H5Dopen2(f.id, path, H5P_DEFAULT);
  const hid_t type = id < 0 ? -1 : H5Dget_type(id);
  if (id < 0 || H5Tget_class(type) != H5T_COMPOUND)
    return bad(f, path, "a table");
  const hid_t memory = H5Tcreate(H5T_COMPOUND, size), text = text_type(16);
  rp_status st = RP_OK;
  for (int i = 0; i < count && st == RP_OK; i++) {
    if (H5Tget_member_index(type, c[i].name) < 0) st = bad(f, path, c[i].name);
    (void)H5Tinsert(memory, c[i].name, c[i].offset,
                    c[i].text ? text : H5T_NATIVE_INT64);
  }
  if (st == RP_OK) st = array_read(f, id, memory, path, dims, rows);
  H5Tclose(text);
  H5Tclose(memory);
  H5Tclose(type);
  H5Dclose(id);
  *n = st == RP_OK ? dims[0] * dims[1] : 0;
  return st;
}
