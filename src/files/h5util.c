/* Reads HDF5 files that are not trusted.
 *
 * HDF5's own error stack is switched off, because it prints dozens of lines
 * about internals. Instead every expectation is checked before HDF5 is called,
 * so that an error is one line that says what is wrong.
 *
 * Sizes in a file are only claims. The bytes of a dataset are computed with
 * overflow checks and compared with the caller's limit. A dataset that claims
 * elements but stores none is refused, and so are large chunks, which HDF5
 * would allocate by itself. */
#include "files/h5util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum {
  MOST_STRINGS = 4096,    /* in one attribute */
  LONGEST_STRING = 65536, /* in bytes */
  WIDEST_NUMBER = 16,     /* bytes of a stored number */
  MOST_CHUNK_BYTES = 256 * 1024 * 1024
};

void rp_h5_close(hid_t id) {
  if (id >= 0) (void)H5Idec_ref(id);
}

rp_status rp_h5_fail(hid_t object, rp_error *err, const char *format, ...) {
  char file[320], place[160] = "", text[320];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  const char *const name = rp_h5_file_name(object, file, sizeof file);
  (void)H5Iget_name(object, place, sizeof place);
  const bool root = !strcmp(place, "") || !strcmp(place, "/");
  return rp_fail(err, RP_E_INPUT, "%s: %s%s%s", name, root ? "" : place,
                 root ? "" : ": ", text);
}

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory while reading HDF5");
}

/* ---- Attributes ---- */

bool rp_h5_has_attribute(hid_t object, const char *name) {
  return H5Aexists(object, name) > 0;
}

typedef struct attribute {
  hid_t id, type, space;
  hssize_t count;
} attribute;

static void close_attribute(attribute *a) {
  rp_h5_close(a->space);
  rp_h5_close(a->type);
  rp_h5_close(a->id);
}

static rp_status open_attribute(hid_t object, const char *name, attribute *a,
                                rp_error *err) {
  *a = (attribute){-1, -1, -1, 0};
  if (!rp_h5_has_attribute(object, name))
    return rp_h5_fail(object, err, "expected an attribute '%s', found none",
                      name);
  a->id = H5Aopen(object, name, H5P_DEFAULT);
  a->type = a->id < 0 ? -1 : H5Aget_type(a->id);
  a->space = a->id < 0 ? -1 : H5Aget_space(a->id);
  if (a->type < 0 || a->space < 0) {
    close_attribute(a);
    return rp_h5_fail(object, err, "attribute '%s' is damaged", name);
  }
  a->count = H5Sget_simple_extent_npoints(a->space);
  return RP_OK;
}

static bool is_attribute_list(const attribute *a, int32_t most) {
  return a->count >= 1 && a->count <= most &&
         H5Sget_simple_extent_ndims(a->space) <= 1;
}

/* Open an attribute of 1..most whole numbers or, if allowed, real numbers. */
static rp_status open_numbers(hid_t object, const char *name, int32_t most,
                              bool real, attribute *a, rp_error *err) {
  RP_TRY(open_attribute(object, name, a, err));
  const H5T_class_t found = H5Tget_class(a->type);
  if ((found == H5T_INTEGER || (real && found == H5T_FLOAT)) &&
      H5Tget_size(a->type) <= WIDEST_NUMBER && is_attribute_list(a, most))
    return RP_OK;
  close_attribute(a);
  return rp_h5_fail(object, err,
                    "attribute '%s': expected %s%s number%s, found another "
                    "type or shape",
                    name, most == 1 ? "one" : "a list of", real ? "" : " whole",
                    most == 1 ? "" : "s");
}

static rp_status fail_damaged_attribute(hid_t object, const char *name,
                                        rp_error *err) {
  return rp_h5_fail(object, err, "attribute '%s' cannot be read: damaged",
                    name);
}

/* The type of strings in memory: as stored, with room for a final zero. */
static hid_t create_string_type(hid_t stored, bool variable, size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0) return -1;
  if (H5Tset_size(type, variable ? H5T_VARIABLE : size + 1) < 0 ||
      H5Tset_cset(type, H5Tget_cset(stored)) < 0) {
    rp_h5_close(type);
    return -1;
  }
  return type;
}

/* Texts must have one line because messages and tables show them in one. */
static bool is_one_line(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
  return true;
}

static rp_status copy_string(hid_t object, const char *name, const char *text,
                             char **copy, rp_error *err) {
  const size_t length = text ? strnlen(text, LONGEST_STRING) : 0;
  if (length == LONGEST_STRING || (text && !is_one_line(text)))
    return rp_h5_fail(object, err,
                      "attribute '%s': expected printable text, found control "
                      "characters or more than %d bytes",
                      name, LONGEST_STRING - 1);
  *copy = rp_alloc(length + 1, 1);
  if (!*copy) return fail_out_of_memory(err);
  if (text) memcpy(*copy, text, length);
  return RP_OK;
}

static rp_status copy_strings(hid_t object, const char *name, const void *cells,
                              size_t cell_size, rp_h5_strings *list,
                              rp_error *err) {
  for (int32_t i = 0; i < list->count; i++) {
    const char *cell = (const char *)cells + (size_t)i * cell_size;
    const char *text = cell;
    if (cell_size == 0) memcpy(&text, (const char **)cells + i, sizeof text);
    RP_TRY(copy_string(object, name, text, &list->text[i], err));
  }
  return RP_OK;
}

/* Read an open attribute of strings. HDF5 returns variable-length strings as
 * pointers that it allocates, which H5Dvlen_reclaim frees. */
static rp_status read_strings(hid_t object, const char *name,
                              const attribute *a, rp_h5_strings *list,
                              rp_error *err) {
  const bool variable = H5Tis_variable_str(a->type) > 0;
  const size_t size = variable ? 0 : H5Tget_size(a->type);
  if (size >= LONGEST_STRING) return fail_damaged_attribute(object, name, err);
  const hid_t type = create_string_type(a->type, variable, size);
  const size_t cell_size = variable ? sizeof(char *) : size + 1;
  void *cells = rp_alloc((size_t)a->count, cell_size);
  list->text = rp_alloc((size_t)a->count, sizeof *list->text);
  rp_status status = RP_OK;
  if (!cells || !list->text) {
    status = fail_out_of_memory(err);
  } else if (type < 0 || H5Aread(a->id, type, cells) < 0) {
    status = fail_damaged_attribute(object, name, err);
  } else {
    list->count = (int32_t)a->count;
    status =
        copy_strings(object, name, cells, variable ? 0 : cell_size, list, err);
    if (variable) (void)H5Dvlen_reclaim(type, a->space, H5P_DEFAULT, cells);
  }
  free(cells);
  rp_h5_close(type);
  return status;
}

rp_status rp_h5_get_strings(hid_t object, const char *name, rp_h5_strings *list,
                            rp_error *err) {
  attribute a;
  *list = (rp_h5_strings){0, NULL};
  RP_TRY(open_attribute(object, name, &a, err));
  rp_status status = RP_OK;
  if (a.count > 0 && (H5Tget_class(a.type) != H5T_STRING ||
                      !is_attribute_list(&a, MOST_STRINGS)))
    status = rp_h5_fail(object, err,
                        "attribute '%s': expected text, found another type or "
                        "shape",
                        name);
  else if (a.count > 0)
    status = read_strings(object, name, &a, list, err);
  close_attribute(&a);
  if (status != RP_OK) rp_h5_strings_fini(list);
  return status;
}

void rp_h5_strings_fini(rp_h5_strings *list) {
  for (int32_t i = 0; i < list->count; i++) free(list->text[i]);
  free(list->text);
  *list = (rp_h5_strings){0, NULL};
}

rp_status rp_h5_get_string(hid_t object, const char *name, char *text,
                           size_t size, rp_error *err) {
  rp_h5_strings list;
  RP_TRY(rp_h5_get_strings(object, name, &list, err));
  rp_status status = RP_OK;
  if (list.count != 1)
    status =
        rp_h5_fail(object, err, "attribute '%s': expected one text, found %d",
                   name, list.count);
  else if (strlen(list.text[0]) >= size)
    status = rp_h5_fail(object, err,
                        "attribute '%s': expected at most %zu bytes, found %zu",
                        name, size - 1, strlen(list.text[0]));
  else
    strcpy(text, list.text[0]);
  rp_h5_strings_fini(&list);
  return status;
}

rp_status rp_h5_get_integers(hid_t object, const char *name, int64_t *values,
                             int32_t capacity, int32_t *count, rp_error *err) {
  attribute a;
  RP_TRY(open_numbers(object, name, capacity, false, &a, err));
  rp_status status = RP_OK;
  if (H5Aread(a.id, H5T_NATIVE_INT64, values) < 0)
    status = fail_damaged_attribute(object, name, err);
  *count = (int32_t)a.count;
  close_attribute(&a);
  return status;
}

rp_status rp_h5_get_integer(hid_t object, const char *name, int64_t lo,
                            int64_t hi, int64_t *value, rp_error *err) {
  int32_t count;
  RP_TRY(rp_h5_get_integers(object, name, value, 1, &count, err));
  if (*value < lo || *value > hi)
    return rp_h5_fail(object, err,
                      "attribute '%s': expected %lld..%lld, found %lld", name,
                      (long long)lo, (long long)hi, (long long)*value);
  return RP_OK;
}

rp_status rp_h5_get_real(hid_t object, const char *name, double *value,
                         rp_error *err) {
  attribute a;
  RP_TRY(open_numbers(object, name, 1, true, &a, err));
  rp_status status = RP_OK;
  if (H5Aread(a.id, H5T_NATIVE_DOUBLE, value) < 0)
    status = fail_damaged_attribute(object, name, err);
  else if (!(*value - *value == 0))
    status = rp_h5_fail(object, err,
                        "attribute '%s': expected a finite number, found %g",
                        name, *value);
  close_attribute(&a);
  return status;
}

/* ---- Datasets ---- */

int32_t rp_h5_get_rank(hid_t dataset) {
  const hid_t space = H5Dget_space(dataset);
  const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  rp_h5_close(space);
  return rank;
}

bool rp_h5_is_float(hid_t dataset) {
  const hid_t type = H5Dget_type(dataset);
  const bool is_float = type >= 0 && H5Tget_class(type) == H5T_FLOAT;
  rp_h5_close(type);
  return is_float;
}

bool rp_h5_is_bytes(hid_t dataset) {
  const hid_t type = H5Dget_type(dataset);
  const bool is_bytes = type >= 0 && H5Tget_class(type) == H5T_INTEGER &&
                        H5Tget_size(type) == 1 &&
                        H5Tget_sign(type) == H5T_SGN_NONE;
  rp_h5_close(type);
  return is_bytes;
}

static bool read_extent(hid_t dataset, hsize_t extent[H5S_MAX_RANK]) {
  const hid_t space = H5Dget_space(dataset);
  const bool ok =
      space >= 0 && H5Sget_simple_extent_dims(space, extent, NULL) >= 0;
  rp_h5_close(space);
  return ok;
}

rp_status rp_h5_get_shape(hid_t dataset, int32_t rank, int64_t *dims,
                          rp_error *err) {
  hsize_t extent[H5S_MAX_RANK];
  const int32_t found = rp_h5_get_rank(dataset);
  if (found != rank)
    return rp_h5_fail(dataset, err, "expected %d dimensions, found %d", rank,
                      found);
  if (!read_extent(dataset, extent))
    return rp_h5_fail(dataset, err, "shape cannot be read: damaged");
  for (int32_t d = 0; d < rank; d++) {
    if (extent[d] > INT64_MAX)
      return rp_h5_fail(dataset, err, "dimension %d: impossible size", d);
    dims[d] = (int64_t)extent[d];
  }
  return RP_OK;
}

static rp_status check_class(hid_t dataset, hid_t mem_type, rp_error *err) {
  const hid_t type = H5Dget_type(dataset);
  const H5T_class_t wanted = H5Tget_class(mem_type);
  const bool same = type >= 0 && H5Tget_class(type) == wanted &&
                    H5Tget_size(type) <= WIDEST_NUMBER;
  rp_h5_close(type);
  if (!same)
    return rp_h5_fail(dataset, err, "expected %s, found another type",
                      wanted == H5T_FLOAT ? "floating-point numbers"
                                          : "integers");
  return RP_OK;
}

/* Count the elements of a dataset and check that the sizes are plausible. */
static rp_status count_elements(hid_t dataset, size_t width, size_t max_bytes,
                                size_t *count, rp_error *err) {
  hsize_t extent[H5S_MAX_RANK];
  const int32_t rank = rp_h5_get_rank(dataset);
  if (rank < 0 || !read_extent(dataset, extent))
    return rp_h5_fail(dataset, err, "shape cannot be read: damaged");
  size_t n = 1, bytes;
  bool absurd = false;
  for (int32_t d = 0; d < rank; d++)
    absurd = __builtin_mul_overflow(n, extent[d], &n) || absurd;
  absurd = __builtin_mul_overflow(n, width, &bytes) || absurd;
  if (absurd || bytes > max_bytes)
    return rp_h5_fail(dataset, err,
                      "expected at most %zu bytes of numbers, found more",
                      max_bytes);
  if (n > 0 && H5Dget_storage_size(dataset) == 0)
    return rp_h5_fail(dataset, err, "expected %zu numbers, found none stored",
                      n);
  *count = n;
  return RP_OK;
}

static bool has_small_chunks(hid_t dataset) {
  const hid_t plan = H5Dget_create_plist(dataset);
  hsize_t chunk[H5S_MAX_RANK];
  bool small = plan >= 0;
  if (small && H5Pget_layout(plan) == H5D_CHUNKED) {
    const int rank = H5Pget_chunk(plan, H5S_MAX_RANK, chunk);
    size_t n = WIDEST_NUMBER;
    small = rank >= 0;
    for (int d = 0; d < rank; d++)
      small = !__builtin_mul_overflow(n, chunk[d], &n) && small;
    small = small && n <= MOST_CHUNK_BYTES;
  }
  rp_h5_close(plan);
  return small;
}

/* The number of chunks that cover the dataset; 0 if it is not chunked. */
static hsize_t count_chunks(hid_t dataset) {
  hsize_t extent[H5S_MAX_RANK], chunk[H5S_MAX_RANK], count = 0;
  const hid_t plan = H5Dget_create_plist(dataset);
  if (plan >= 0 && H5Pget_layout(plan) == H5D_CHUNKED &&
      read_extent(dataset, extent)) {
    const int rank = H5Pget_chunk(plan, H5S_MAX_RANK, chunk);
    count = 1;
    for (int d = 0; d < rank; d++)
      count *= extent[d] / chunk[d] + (extent[d] % chunk[d] > 0);
  }
  rp_h5_close(plan);
  return count;
}

rp_status rp_h5_check_written(hid_t dataset, rp_error *err) {
  const hsize_t wanted = count_chunks(dataset);
  hsize_t stored = 0;
  if (wanted == 0) return RP_OK;
  const hid_t space = H5Dget_space(dataset);
  const bool counted = H5Dget_num_chunks(dataset, space, &stored) >= 0;
  rp_h5_close(space);
  if (!counted)
    return rp_h5_fail(dataset, err, "chunks cannot be counted: damaged");
  if (stored == wanted) return RP_OK;
  return rp_h5_fail(dataset, err,
                    "expected an array that was written whole, found %llu of "
                    "%llu parts: was the program that wrote it stopped?",
                    (unsigned long long)stored, (unsigned long long)wanted);
}

rp_status rp_h5_read_numbers(hid_t dataset, hid_t mem_type, size_t max_bytes,
                             void **data, rp_error *err) {
  const size_t width = H5Tget_size(mem_type);
  size_t count = 0;
  *data = NULL;
  RP_TRY(check_class(dataset, mem_type, err));
  RP_TRY(count_elements(dataset, width, max_bytes, &count, err));
  if (!has_small_chunks(dataset))
    return rp_h5_fail(dataset, err, "expected chunks of at most %d bytes",
                      MOST_CHUNK_BYTES);
  RP_TRY(rp_h5_check_written(dataset, err));
  void *numbers = rp_alloc(count, width);
  if (!numbers) return fail_out_of_memory(err);
  if (H5Dread(dataset, mem_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0) {
    free(numbers);
    return rp_h5_fail(dataset, err,
                      "numbers cannot be read: damaged, truncated or packed "
                      "with an unknown filter");
  }
  *data = numbers;
  return RP_OK;
}
