/* Reads HDF5 from the bytes of a file: attributes, arrays and tables, and
 * checks that there is nothing else. Sizes are checked against what the file
 * can hold before memory is allocated. Links to other files are not followed,
 * because those were not hashed. */
#include <fnmatch.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/h5.h"

h5 rp_check_h5_open(const char *file, blob b) {
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  (void)H5Lunregister(H5L_TYPE_EXTERNAL);
  (void)H5PLset_loading_state(0); /* no filters from HDF5_PLUGIN_PATH */
  const unsigned in_place =
      H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE;
  const hid_t id = H5LTopen_file_image(b.bytes, b.size, in_place);
  if (id < 0) rp_check_stop(file, "not an HDF5 file");
  return (h5){id, file};
}

static hid_t create_text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  (void)H5Tset_size(type, size);
  return type;
}

bool rp_check_is_one_of(const char *name, const char *words) {
  char all[1024], *rest = NULL;
  snprintf(all, sizeof all, "%s", words);
  for (char *w = strtok_r(all, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
    if (fnmatch(w, name, 0) == 0) return true;
  return false;
}

/* Names are listed in ascending order, so a name that a crafted file has twice
 * follows itself. */
static void check_names(h5 f, hid_t id, bool links, hsize_t n,
                        const char *words) {
  char name[256], last[256] = "";
  H5L_info_t link;
  for (hsize_t i = 0; i < n; i++) {
    const ssize_t length =
        links ? H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                   sizeof name, H5P_DEFAULT)
              : H5Aget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                   sizeof name, H5P_DEFAULT);
    if (links && (H5Lget_info_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i,
                                     &link, H5P_DEFAULT) < 0 ||
                  link.type != H5L_TYPE_HARD))
      rp_check_stop(f.file, "'%s': is a link", name);
    if (length < 0 || length >= (ssize_t)sizeof name ||
        !rp_check_is_one_of(name, words) || !strcmp(name, last))
      rp_check_stop(f.file, "'%s': is unknown or repeated",
                    length < 0 ? "?" : name);
    strcpy(last, name);
  }
}

void rp_check_h5_only(h5 f, const char *path, const char *attributes,
                      const char *members) {
  const hid_t id = H5Oopen(f.id, path, H5P_DEFAULT);
  H5O_info_t info;
  H5G_info_t group = {.nlinks = 0};
  if (id < 0 || H5Oget_info(id, &info) < 0 ||
      (members && H5Gget_info(id, &group) < 0))
    rp_check_stop(f.file, "'%s': is missing or of another kind", path);
  if (info.rc > 1) rp_check_stop(f.file, "'%s': has two names", path);
  check_names(f, id, false, info.num_attrs, attributes);
  check_names(f, id, true, group.nlinks, members);
}

int32_t rp_check_h5_members(h5 f, const char *path) {
  H5G_info_t group;
  return H5Gget_info_by_name(f.id, path, &group, H5P_DEFAULT) < 0 ||
                 group.nlinks > ACC_LIMIT
             ? -1
             : (int32_t)group.nlinks;
}

bool rp_check_h5_contains(h5 f, const char *path) {
  return H5Lexists(f.id, path, H5P_DEFAULT) > 0;
}

int rp_check_h5_rank(h5 f, const char *path) {
  const hid_t id = H5Dopen2(f.id, path, H5P_DEFAULT);
  return H5Sget_simple_extent_ndims(H5Dget_space(id));
}

static herr_t count_array(hid_t group, const char *name, const H5O_info_t *info,
                          void *count) {
  (void)group;
  (void)name;
  *(int64_t *)count += info->type == H5O_TYPE_DATASET;
  return 0;
}

int64_t rp_check_h5_arrays(h5 f, const char *path) {
  const hid_t id = H5Oopen(f.id, path, H5P_DEFAULT);
  int64_t count = 0;
  return H5Ovisit(id, H5_INDEX_NAME, H5_ITER_INC, count_array, &count) < 0
             ? -1
             : count;
}

uint64_t rp_check_h5_place(h5 f, const char *path) {
  H5O_info_t info;
  if (H5Oget_info_by_name(f.id, path, &info, H5P_DEFAULT) < 0)
    rp_check_stop(f.file, "'%s': is missing", path);
  return info.addr;
}

/* Open an attribute and get its number of elements; -1 if there is none. */
static hid_t open_attribute(h5 f, const char *path, const char *name,
                            int64_t *n) {
  if (!rp_check_h5_has(f, path, name)) return -1;
  const hid_t id = H5Aopen_by_name(f.id, path, name, H5P_DEFAULT, H5P_DEFAULT);
  *n = (int64_t)H5Sget_simple_extent_npoints(H5Aget_space(id));
  return id;
}

bool rp_check_h5_has(h5 f, const char *path, const char *name) {
  return H5Aexists_by_name(f.id, path, name, H5P_DEFAULT) > 0;
}

bool rp_check_h5_exists(h5 f, const char *path) {
  return H5Lexists(f.id, path, H5P_DEFAULT) > 0;
}

int64_t rp_check_h5_wholes(h5 f, const char *path, const char *name,
                           int64_t most, int64_t *to) {
  int64_t n;
  const hid_t id = open_attribute(f, path, name, &n);
  bool good = id >= 0 && n >= 1 && n <= most &&
              H5Tget_class(H5Aget_type(id)) == H5T_INTEGER &&
              H5Sget_simple_extent_ndims(H5Aget_space(id)) <= 1 &&
              H5Aread(id, H5T_NATIVE_INT64, to) >= 0;
  for (int64_t i = 0; good && i < n; i++)
    good = to[i] >= -ACC_LIMIT && to[i] <= ACC_LIMIT;
  if (!good) rp_check_stop(f.file, "'%s': expected whole numbers", name);
  return n;
}

double rp_check_h5_real(h5 f, const char *path, const char *name) {
  int64_t n;
  double value = 0;
  const hid_t id = open_attribute(f, path, name, &n);
  if (id < 0 || n != 1 || H5Tget_class(H5Aget_type(id)) != H5T_FLOAT ||
      H5Aread(id, H5T_NATIVE_DOUBLE, &value) < 0)
    rp_check_stop(f.file, "'%s': expected a real number", name);
  return value;
}

int32_t rp_check_h5_whole(h5 f, const char *path, const char *name) {
  int64_t value;
  (void)rp_check_h5_wholes(f, path, name, 1, &value);
  return (int32_t)value;
}

static bool is_one_line(const char *at) {
  for (; *at; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f) return false;
  return true;
}

/* Copy texts of variable length; HDF5 owns their memory. */
static bool copy_words(hid_t id, hid_t type, int64_t n, text *to) {
  char **word = rp_check_alloc((size_t)n, sizeof *word);
  bool good = H5Aread(id, type, word) >= 0;
  for (int64_t i = 0; good && i < n; i++) {
    good = word[i] && strlen(word[i]) < sizeof *to;
    if (good) strcpy(to[i], word[i]);
  }
  return good;
}

int64_t rp_check_h5_texts(h5 f, const char *path, const char *name,
                          int64_t most, text *to) {
  int64_t n;
  const hid_t id = open_attribute(f, path, name, &n),
              fixed = create_text_type(sizeof *to);
  if (id < 0)
    rp_check_stop(f.file, "'%s': expected attribute '%s'", path, name);
  if (n == 0) return 0; /* Keras writes an empty list as floats */
  const hid_t own = H5Aget_type(id);
  bool good = n > 0 && n <= most && H5Tget_class(own) == H5T_STRING &&
              H5Sget_simple_extent_ndims(H5Aget_space(id)) <= 1;
  (void)H5Tset_cset(fixed, H5Tget_cset(own));
  if (good && H5Tis_variable_str(own) > 0)
    good = copy_words(id, own, n, to);
  else if (good)
    good = H5Tget_size(own) < sizeof *to && H5Aread(id, fixed, to) >= 0;
  for (int64_t i = 0; good && i < n; i++) good = is_one_line(to[i]);
  if (!good)
    rp_check_stop(f.file, "'%s': expected printable texts, not too long", name);
  return n;
}

void rp_check_h5_text(h5 f, const char *path, const char *name, text to) {
  if (rp_check_h5_texts(f, path, name, 1, (text *)to) != 1)
    rp_check_stop(f.file, "'%s': expected one text", name);
}

void rp_check_h5_word(h5 f, const char *path, const char *name,
                      const char *words, text to) {
  rp_check_h5_text(f, path, name, to);
  if (to[0] ? !rp_check_is_one_of(to, words) : words[0] != ' ')
    rp_check_stop(f.file, "%s, '%s': expected one of '%s', found '%.99s'", path,
                  name, words, to);
}

/* Whether the data are in this file. Checked before the size, because the size
 * of a virtual array depends on other files. */
static bool is_stored_here(hid_t id) {
  const hid_t made = H5Dget_create_plist(id);
  return made >= 0 && H5Pget_external_count(made) == 0 &&
         H5Pget_layout(made) != H5D_VIRTUAL;
}

/* Whether all parts were written; HDF5 reads the others as fill values. */
static bool is_written(hid_t id, hid_t made, hid_t space, int rank,
                       const hsize_t *extent) {
  hsize_t chunk[MOST_DIMS], stored = 0, wanted = 1;
  if (H5Pget_layout(made) != H5D_CHUNKED) {
    for (int d = 0; d < rank; d++) wanted *= extent[d];
    return wanted == 0 || H5Dget_storage_size(id) > 0;
  }
  if (H5Pget_chunk(made, MOST_DIMS, chunk) != rank ||
      H5Dget_num_chunks(id, space, &stored) < 0)
    return false;
  for (int d = 0; d < rank; d++)
    wanted *= extent[d] / chunk[d] + (extent[d] % chunk[d] > 0);
  return stored == wanted;
}

enum { RATIO = 1100 }; /* limit for unpacking; that of deflate is 1032 */

/* Count the elements; -1 if the file cannot hold so many. */
static int64_t count_elements(hid_t id, int wanted, int64_t dims[MOST_DIMS]) {
  hsize_t extent[MOST_DIMS];
  const hid_t space = H5Dget_space(id), made = H5Dget_create_plist(id);
  const int rank = H5Sget_simple_extent_ndims(space);
  const wide most = (wide)H5Dget_storage_size(id) * RATIO + 4096;
  wide count = 1;
  if (rank < 1 || rank > MOST_DIMS || (wanted && rank != wanted) ||
      H5Sget_simple_extent_dims(space, extent, NULL) < 0 ||
      !is_written(id, made, space, rank, extent))
    return -1;
  for (int d = MOST_DIMS - 1; d >= 0; d--) {
    const hsize_t length = d < rank ? extent[d] : 1;
    if (length < (d > 0) || length > INT32_MAX || count > INT32_MAX) return -1;
    dims[d] = (int64_t)length;
    count *= dims[d];
  }
  const wide size = (wide)H5Tget_size(H5Dget_type(id));
  return count * size <= most ? (int64_t)count : -1;
}

/* Read a whole array, converted to a type in memory. The stored type must have
 * the same class, because HDF5 would convert fractions to integers. */
static void *read_array(h5 f, const char *path, hid_t memory, int rank,
                        int64_t dims[MOST_DIMS]) {
  const hid_t id = H5Dopen2(f.id, path, H5P_DEFAULT), own = H5Dget_type(id);
  const bool good = id >= 0 && is_stored_here(id) &&
                    H5Tget_class(own) == H5Tget_class(memory);
  const int64_t count = good ? count_elements(id, rank, dims) : -1;
  if (count < 0)
    rp_check_stop(f.file, "'%s': expected an array of another kind", path);
  void *data = rp_check_alloc((size_t)count, H5Tget_size(memory));
  if (count > 0 && H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    rp_check_stop(f.file, "'%s': expected readable numbers", path);
  return data;
}

bool rp_check_h5_is_real(h5 f, const char *path) {
  const hid_t id = H5Dopen2(f.id, path, H5P_DEFAULT);
  return id >= 0 && H5Tget_class(H5Dget_type(id)) == H5T_FLOAT;
}

void *rp_check_h5_array(h5 f, const char *path, precision kind, int rank,
                        int64_t dims[MOST_DIMS]) {
  const hid_t types[] = {H5T_NATIVE_INT64, H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE};
  return read_array(f, path, types[kind], rank, dims);
}

/* Whether the table has exactly these columns, with the right types. */
static bool has_columns(hid_t type, const column *c) {
  int n = 0;
  for (; n < MOST_COLUMNS && c[n].name; n++) {
    const int at = H5Tget_member_index(type, c[n].name);
    const hid_t own = at < 0 ? -1 : H5Tget_member_type(type, (unsigned)at);
    if (own < 0 ||
        H5Tget_class(own) != (c[n].is_text ? H5T_STRING : H5T_INTEGER) ||
        H5Tget_size(own) > (c[n].is_text ? sizeof((row *)0)->verdict : 8))
      return false;
  }
  return H5Tget_nmembers(type) == n;
}

row *rp_check_h5_table(h5 f, const char *path, const column *c, int64_t *n) {
  int64_t dims[MOST_DIMS];
  const hid_t memory = H5Tcreate(H5T_COMPOUND, sizeof(row));
  rp_check_h5_only(f, path, "CLASS VERSION TITLE FIELD_*_NAME", NULL);
  if (!has_columns(H5Dget_type(H5Dopen2(f.id, path, H5P_DEFAULT)), c))
    rp_check_stop(f.file, "'%s': expected other columns", path);
  for (int i = 0; i < MOST_COLUMNS && c[i].name; i++)
    (void)H5Tinsert(memory, c[i].name, (size_t)c[i].to,
                    c[i].is_text ? create_text_type(sizeof((row *)0)->verdict)
                                 : H5T_NATIVE_INT64);
  row *rows = read_array(f, path, memory, 1, dims);
  *n = dims[0];
  return rows;
}
