/* What the checker needs of HDF5. Files are opened from bytes already read and
 * hashed; sizes are checked before memory is asked for. That HDF5 itself may
 * crash on a damaged file is main.c's business: all reading is in a child. */
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { RATIO = 1100 }; /* deflate packs at most 1032 bytes into one */

static rp_status bad(rp_error *err, const char *name, const char *what) {
  return rp_fail(err, RP_E_INPUT, "HDF5: '%s': %s", name, what);
}

rp_status rp_check_h5_open(const char *file, const blob *b, h5id *id,
                           rp_error *err) {
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  (void)H5Pset_fapl_core(access, 1 << 16, false);
  (void)H5Pset_file_image(access, b->bytes, b->size);
  /* The core driver wants a name that no file has. */
  *id = b->size ? H5Fopen("/dev/null/image", H5F_ACC_RDONLY, access) : -1;
  H5Pclose(access);
  return *id >= 0 ? RP_OK : bad(err, file, "not an HDF5 file");
}

rp_status rp_check_h5_child(h5id parent, const char *name, h5id *id,
                            rp_error *err) {
  *id = H5Oopen((hid_t)parent, name, H5P_DEFAULT);
  return *id >= 0 ? RP_OK : bad(err, name, "not there");
}

void rp_check_h5_close(h5id id) {
  if (id >= 0 && H5Iget_type((hid_t)id) == H5I_FILE)
    (void)H5Fclose((hid_t)id);
  else if (id >= 0)
    (void)H5Oclose((hid_t)id);
}

bool rp_check_h5_has(h5id object, const char *attribute) {
  return H5Aexists((hid_t)object, attribute) > 0;
}

int64_t rp_check_h5_links(h5id group) {
  H5G_info_t info;
  return H5Gget_info((hid_t)group, &info) < 0 ? -1 : (int64_t)info.nlinks;
}

static hid_t text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  (void)H5Tset_size(type, size);
  (void)H5Tset_strpad(type, H5T_STR_NULLTERM);
  return type;
}

/* An attribute's type and number of values; -1: none. */
static hid_t attribute(h5id object, const char *name, hid_t *type, int64_t *n) {
  const hid_t id = H5Aopen((hid_t)object, name, H5P_DEFAULT);
  *type = id < 0 ? -1 : H5Aget_type(id);
  const hid_t space = id < 0 ? -1 : H5Aget_space(id);
  *n = space < 0 ? -1 : (int64_t)H5Sget_simple_extent_npoints(space);
  if (space >= 0) H5Sclose(space);
  return id;
}

static bool text_read(hid_t id, hid_t type, int64_t n, char (*text)[512]) {
  const bool variable = H5Tis_variable_str(type) > 0;
  memset(text, 0, (size_t)n * sizeof *text);
  if (H5Tget_class(type) != H5T_STRING) return false;
  if (!variable) {
    const hid_t memory = text_type(512);
    (void)H5Tset_cset(memory, H5Tget_cset(type));
    const bool good =
        H5Tget_size(type) <= 512 && H5Aread(id, memory, text) >= 0;
    H5Tclose(memory);
    return good;
  }
  char **own = calloc((size_t)n + 1, sizeof *own);
  bool good = own && H5Aread(id, type, own) >= 0;
  for (int64_t i = 0; good && i < n; i++) {
    good = own[i] && strlen(own[i]) < 512;
    if (good) strcpy(text[i], own[i]);
  }
  for (int64_t i = 0; own && i < n; i++) H5free_memory(own[i]);
  free(own);
  return good;
}

rp_status rp_check_h5_names(h5id object, const char *name, char (**names)[512],
                            int32_t *count, rp_error *err) {
  hid_t type;
  int64_t n;
  const hid_t id = attribute(object, name, &type, &n);
  *names = n >= 0 && n <= 1024 ? calloc((size_t)n + 1, sizeof **names) : NULL;
  /* Keras writes an empty list as floats. */
  const bool good = *names && (n == 0 || text_read(id, type, n, *names));
  if (type >= 0) H5Tclose(type);
  if (id >= 0) H5Aclose(id);
  *count = (int32_t)n;
  if (good) return RP_OK;
  free(*names);
  *names = NULL;
  return bad(err, name, "expected an attribute of texts");
}

rp_status rp_check_h5_text(h5id object, const char *name, char text[512],
                           rp_error *err) {
  char(*texts)[512];
  int32_t n;
  RP_TRY(rp_check_h5_names(object, name, &texts, &n, err));
  if (n == 1) memcpy(text, texts[0], 512);
  free(texts);
  return n == 1 ? RP_OK : bad(err, name, "expected one text");
}

rp_status rp_check_h5_int(h5id object, const char *name, int64_t *value,
                          rp_error *err) {
  hid_t type;
  int64_t n;
  const hid_t id = attribute(object, name, &type, &n);
  const bool good = n == 1 && H5Tget_class(type) == H5T_INTEGER &&
                    H5Aread(id, H5T_NATIVE_INT64, value) >= 0;
  if (type >= 0) H5Tclose(type);
  if (id >= 0) H5Aclose(id);
  return good ? RP_OK : bad(err, name, "expected a whole number");
}

/* Count of an array's elements, if the file can hold them; -1: it cannot. */
static int64_t elements(hid_t id, size_t size, int32_t *rank, int64_t dims[8]) {
  hsize_t extent[8];
  const hid_t space = H5Dget_space(id);
  int64_t n = 1;
  *rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  if (*rank < 1 || *rank > 8 ||
      H5Sget_simple_extent_dims(space, extent, NULL) < 0)
    n = -1;
  for (int32_t d = 0; n >= 0 && d < *rank; d++) {
    dims[d] = extent[d] <= H5_MOST ? (int64_t)extent[d] : -1;
    if (dims[d] < 0 || __builtin_mul_overflow(n, dims[d], &n)) n = -1;
  }
  if (space >= 0) H5Sclose(space);
  const hsize_t stored = H5Dget_storage_size(id);
  if (n < 0 || (uint64_t)n * size > H5_MOST * (uint64_t)4 ||
      (uint64_t)n * size > stored * RATIO + 4096)
    return -1;
  return n;
}

rp_status rp_check_h5_array(h5id parent, const char *name, h5kind kind,
                            int32_t *rank, int64_t dims[8], void **data,
                            rp_error *err) {
  const hid_t memory = kind == H5_INT64   ? H5T_NATIVE_INT64
                       : kind == H5_FLOAT ? H5T_NATIVE_FLOAT
                                          : H5T_NATIVE_UINT8;
  const hid_t id = H5Dopen2((hid_t)parent, name, H5P_DEFAULT);
  const hid_t type = id < 0 ? -1 : H5Dget_type(id);
  const size_t size = H5Tget_size(memory);
  const int64_t n = id < 0 ? -1 : elements(id, size, rank, dims);
  *data = NULL;
  bool good = n >= 0 && H5Tget_class(type) == H5Tget_class(memory);
  if (kind == H5_UINT8) good = good && H5Tget_size(type) == 1;
  if (good) *data = malloc((size_t)n * size + 1);
  if (*data && n > 0 &&
      H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, *data) < 0)
    good = false;
  if (type >= 0) H5Tclose(type);
  if (id >= 0) H5Dclose(id);
  if (good && *data) return RP_OK;
  free(*data);
  *data = NULL;
  return bad(err, name, "not an array of a fair size and type");
}

rp_status rp_check_h5_table(h5id parent, const char *name, const column *c,
                            int32_t n_columns, void **rows, int64_t *n,
                            rp_error *err) {
  size_t size = 0;
  int32_t rank;
  int64_t dims[8];
  for (int32_t i = 0; i < n_columns; i++) size += c[i].text ? TEXT_SIZE : 8;
  const hid_t memory = H5Tcreate(H5T_COMPOUND, size);
  const hid_t text = text_type(TEXT_SIZE);
  size_t offset = 0;
  for (int32_t i = 0; i < n_columns; i++) {
    (void)H5Tinsert(memory, c[i].name, offset,
                    c[i].text ? text : H5T_NATIVE_INT64);
    offset += c[i].text ? TEXT_SIZE : 8;
  }
  const hid_t id = H5Dopen2((hid_t)parent, name, H5P_DEFAULT);
  const hid_t type = id < 0 ? -1 : H5Dget_type(id);
  *n = id < 0 ? -1 : elements(id, size, &rank, dims);
  bool good = *n >= 0 && rank == 1 && H5Tget_class(type) == H5T_COMPOUND;
  for (int32_t i = 0; good && i < n_columns; i++)
    good = H5Tget_member_index(type, c[i].name) >= 0;
  *rows = good ? calloc((size_t)*n + 1, size) : NULL;
  good = *rows && (*n == 0 || H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                      *rows) >= 0);
  if (type >= 0) H5Tclose(type);
  if (id >= 0) H5Dclose(id);
  H5Tclose(text);
  H5Tclose(memory);
  if (good) return RP_OK;
  free(*rows);
  *rows = NULL;
  return bad(err, name, "not the table that was expected");
}
