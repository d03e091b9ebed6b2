/* Each change takes its choices byte by byte: which kind, which object, which
 * attribute, which name, type, shape and value. Names come from the file
 * itself, so that things meet which have the same name or the wrong one. What
 * HDF5 refuses to do is not done. */
#include "structure.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 64, NAME_SIZE = 96, MOST_CHANGES = 8, MOST_VALUES = 64 };

typedef struct names {
  char name[MOST_NAMES][NAME_SIZE];
  int n;
} names;

typedef struct editor {
  hid_t file;
  fuzz_choices choices;
  names object;    /* paths of all objects, the root is "." */
  names attribute; /* names of all attributes, whatever they are of */
} editor;

static void add_name(names *to, const char *name) {
  if (to->n == MOST_NAMES || strlen(name) >= NAME_SIZE) return;
  snprintf(to->name[to->n++], NAME_SIZE, "%s", name);
}

static herr_t add_attribute(hid_t object, const char *name,
                            const H5A_info_t *info, void *to) {
  (void)object;
  (void)info;
  add_name(to, name);
  return 0;
}

static herr_t add_object(hid_t root, const char *name, const H5O_info_t *info,
                         void *context) {
  editor *const e = context;
  hsize_t at = 0;
  (void)info;
  add_name(&e->object, name);
  const hid_t id = H5Oopen(root, name, H5P_DEFAULT);
  if (id >= 0)
    (void)H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_NATIVE, &at, add_attribute,
                      &e->attribute);
  if (id >= 0) (void)H5Oclose(id);
  return 0;
}

static void list_names(editor *e) {
  e->object.n = e->attribute.n = 0;
  (void)H5Ovisit(e->file, H5_INDEX_NAME, H5_ITER_NATIVE, add_object, e);
}

static uint8_t choose(editor *e) {
  return fuzz_choose(&e->choices);
}

static const char *choose_name(editor *e, const names *from) {
  return from->n ? from->name[choose(e) % from->n] : "nothing";
}

/* One that is there, or a little more or less than it. */
static void choose_new_name(editor *e, const names *from,
                            char name[NAME_SIZE + 8]) {
  snprintf(name, NAME_SIZE + 8, "%s", choose_name(e, from));
  const uint8_t how = choose(e);
  const size_t length = strlen(name);
  if (how % 4 == 1) snprintf(name + length, 8, "%d", how / 4 % 12);
  if (how % 4 == 2 && length > 1) name[length - 1] = '\0';
  if (how % 4 == 3 && length > 0) name[length - 1] = (char)('0' + how / 4 % 10);
}

/* ---- types, shapes and values ---- */

static hid_t make_text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  (void)H5Tset_size(type, size);
  return type;
}

static hid_t make_odd_type(uint8_t choice) {
  if (choice % 4 == 0) return H5Tcreate(H5T_OPAQUE, 4);
  if (choice % 4 == 1) return H5Tenum_create(H5T_NATIVE_INT);
  if (choice % 4 == 2) return H5Tcopy(H5T_STD_REF_OBJ);
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 16);
  (void)H5Tinsert(pair, "sample", 0, H5T_NATIVE_INT64);
  (void)H5Tinsert(pair, "lo", 8, H5T_NATIVE_INT64);
  return pair;
}

static hid_t choose_type(editor *e) {
  const hid_t plain[] = {H5T_STD_I8LE,   H5T_STD_U8LE,   H5T_STD_I16BE,
                         H5T_STD_I32LE,  H5T_STD_I64LE,  H5T_STD_U64LE,
                         H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_STD_B8LE};
  const size_t n_plain = sizeof plain / sizeof *plain;
  const uint8_t choice = choose(e);
  if (choice % 16 < n_plain) return H5Tcopy(plain[choice % 16]);
  if (choice % 16 < 12) return make_text_type(1 + (size_t)(choice / 16) * 8);
  if (choice % 16 < 14) return make_text_type(H5T_VARIABLE);
  return make_odd_type(choice / 16);
}

/* At most MOST_VALUES elements. */
static hid_t choose_space(editor *e) {
  const uint8_t choice = choose(e);
  hsize_t dims[6];
  if (choice == 0) return H5Screate(H5S_SCALAR);
  if (choice == 1) return H5Screate(H5S_NULL);
  const int rank = 1 + choice % 6;
  const hsize_t longest = rank == 1 ? 64 : rank == 2 ? 8 : rank == 3 ? 4 : 2;
  for (int d = 0; d < rank; d++) dims[d] = choose(e) % (longest + 1);
  return H5Screate_simple(rank, dims, NULL);
}

static int64_t choose_number(editor *e) {
  static const int64_t edges[] = {0,         1,         -1,        2,
                                  255,       256,       INT32_MAX, INT32_MIN,
                                  INT64_MAX, INT64_MIN, 1 << 30,   65536};
  const uint8_t choice = choose(e);
  const size_t n = sizeof edges / sizeof *edges;
  return choice < n ? edges[choice] : (int8_t)choice;
}

/* Bytes that every type here can be written from: numbers by their memory type,
 * texts from words. NULL: HDF5 keeps zeros. */
typedef struct values {
  hid_t memory;
  int64_t whole[MOST_VALUES * 2];
  double real[MOST_VALUES];
  char *text[MOST_VALUES];
  char fixed[MOST_VALUES * 200];
} values;

static const void *fill_texts(editor *e, hid_t type, values *v) {
  char *const word = e->attribute.name[choose(e) % MOST_NAMES];
  for (int i = 0; i < MOST_VALUES; i++) v->text[i] = word;
  for (size_t i = 0; i < sizeof v->fixed; i++)
    v->fixed[i] = word[i % (strlen(word) + 1)];
  v->memory = type;
  return H5Tis_variable_str(type) > 0 ? (const void *)v->text : v->fixed;
}

static const void *fill_values(editor *e, hid_t type, values *v) {
  static const double reals[] = {0.5, -1, 1e30, 1e-300, 0.0, -0.0};
  const int64_t whole = choose_number(e);
  for (int i = 0; i < 2 * MOST_VALUES; i++) v->whole[i] = whole;
  for (int i = 0; i < MOST_VALUES; i++)
    v->real[i] = whole == 2     ? (double)INFINITY
                 : whole == 255 ? (double)NAN
                                : reals[(uint64_t)whole % 6];
  v->memory = type;
  switch (H5Tget_class(type)) {
  case H5T_INTEGER:
    v->memory = H5T_NATIVE_INT64;
    return v->whole;
  case H5T_FLOAT:
    v->memory = H5T_NATIVE_DOUBLE;
    return v->real;
  case H5T_STRING:
    return fill_texts(e, type, v);
  case H5T_COMPOUND:
    return v->whole;
  default:
    return NULL;
  }
}

/* ---- changes of attributes ---- */

static void remove_attribute(editor *e, const char *object, const char *name) {
  (void)H5Adelete_by_name(e->file, object, name, H5P_DEFAULT);
}

static void rename_attribute(editor *e, const char *object, const char *name) {
  char other[NAME_SIZE + 8];
  choose_new_name(e, &e->attribute, other);
  (void)H5Arename_by_name(e->file, object, name, other, H5P_DEFAULT);
}

static void write_attribute(editor *e, const char *object, const char *name) {
  static values v;
  const hid_t type = choose_type(e), space = choose_space(e);
  (void)H5Adelete_by_name(e->file, object, name, H5P_DEFAULT);
  const hid_t id = H5Acreate_by_name(e->file, object, name, type, space,
                                     H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const void *const data = fill_values(e, type, &v);
  if (id >= 0 && data) (void)H5Awrite(id, v.memory, data);
  if (id >= 0) (void)H5Aclose(id);
  (void)H5Sclose(space);
  (void)H5Tclose(type);
}

/* Keeps type and shape. */
static void change_attribute(editor *e, const char *object, const char *name) {
  static values v;
  const hid_t id =
      H5Aopen_by_name(e->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
  if (id < 0) return;
  const hid_t type = H5Aget_type(id), space = H5Aget_space(id);
  const hssize_t n = H5Sget_simple_extent_npoints(space);
  const void *const data = fill_values(e, type, &v);
  if (data && n > 0 && n <= MOST_VALUES && /* HDF5 crashes on none */
      (H5Tis_variable_str(type) > 0 || H5Tget_size(type) <= 200))
    (void)H5Awrite(id, v.memory, data);
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  (void)H5Aclose(id);
}

/* ---- changes of objects ---- */

static void remove_object(editor *e, const char *object) {
  (void)H5Ldelete(e->file, object, H5P_DEFAULT);
}

static void move_object(editor *e, const char *object, bool keep) {
  char other[NAME_SIZE + 8];
  choose_new_name(e, &e->object, other);
  if (strcmp(object, ".") == 0) return; /* HDF5 may crash on a root's copy */
  if (keep)
    (void)H5Ocopy(e->file, object, e->file, other, H5P_DEFAULT, H5P_DEFAULT);
  else
    (void)H5Lmove(e->file, object, e->file, other, H5P_DEFAULT, H5P_DEFAULT);
}

static void swap_objects(editor *e, const char *object) {
  const char *const other = choose_name(e, &e->object);
  (void)H5Lmove(e->file, object, e->file, "swapped", H5P_DEFAULT, H5P_DEFAULT);
  (void)H5Lmove(e->file, other, e->file, object, H5P_DEFAULT, H5P_DEFAULT);
  (void)H5Lmove(e->file, "swapped", e->file, other, H5P_DEFAULT, H5P_DEFAULT);
}

static void link_object(editor *e, const char *object) {
  char other[NAME_SIZE + 8];
  const uint8_t how = choose(e) % 3;
  choose_new_name(e, &e->object, other);
  if (how == 0)
    (void)H5Lcreate_hard(e->file, object, e->file, other, H5P_DEFAULT,
                         H5P_DEFAULT);
  if (how == 1)
    (void)H5Lcreate_soft(object, e->file, other, H5P_DEFAULT, H5P_DEFAULT);
  if (how == 2)
    (void)H5Lcreate_external("/dev/null", object, e->file, other, H5P_DEFAULT,
                             H5P_DEFAULT);
}

/* In chunks that were never written, if so chosen. */
static void write_array(editor *e, const char *object) {
  static values v;
  static const hsize_t chunk[] = {1, 1, 1, 1, 1, 1};
  const hid_t type = choose_type(e), space = choose_space(e);
  const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
  const bool empty = choose(e) % 4 == 0;
  const int rank = H5Sget_simple_extent_ndims(space);
  if (empty && rank > 0) (void)H5Pset_chunk(plan, rank, chunk);
  (void)H5Ldelete(e->file, object, H5P_DEFAULT);
  const hid_t id =
      H5Dcreate2(e->file, object, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  const void *const data = fill_values(e, type, &v);
  if (id >= 0 && data && !empty)
    (void)H5Dwrite(id, v.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  if (id >= 0) (void)H5Dclose(id);
  (void)H5Pclose(plan);
  (void)H5Sclose(space);
  (void)H5Tclose(type);
}

/* One element of an array of numbers gets another value. */
static void write_element(editor *e, hid_t id, hid_t space) {
  const int64_t value = choose_number(e);
  hsize_t dims[H5S_MAX_RANK], at[H5S_MAX_RANK];
  const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
  bool is_empty = rank < 1;
  for (int d = 0; d < rank; d++) {
    at[d] = dims[d] ? choose(e) % dims[d] : 0;
    is_empty = is_empty || dims[d] == 0;
  }
  if (is_empty) return;
  const hid_t one = H5Screate(H5S_SCALAR);
  (void)H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
  (void)H5Dwrite(id, H5T_NATIVE_INT64, one, space, H5P_DEFAULT, &value);
  (void)H5Sclose(one);
}

static void change_array(editor *e, const char *object) {
  const hid_t id = H5Dopen2(e->file, object, H5P_DEFAULT);
  if (id < 0) return;
  const hid_t type = H5Dget_type(id), space = H5Dget_space(id);
  const H5T_class_t class = H5Tget_class(type);
  if (class == H5T_INTEGER || class == H5T_FLOAT) write_element(e, id, space);
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  (void)H5Dclose(id);
}

static void make_group(editor *e) {
  char name[NAME_SIZE + 8];
  choose_new_name(e, &e->object, name);
  const hid_t id =
      H5Gcreate2(e->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (id >= 0) (void)H5Gclose(id);
}

/* ---- all of it ---- */

static void change(editor *e) {
  char object[NAME_SIZE], attribute[NAME_SIZE];
  const uint8_t kind = choose(e) % 12;
  snprintf(object, sizeof object, "%s", choose_name(e, &e->object));
  snprintf(attribute, sizeof attribute, "%s",
           kind < 4 ? choose_name(e, &e->attribute) : "");
  if (kind == 0) remove_attribute(e, object, attribute);
  if (kind == 1) rename_attribute(e, object, attribute);
  if (kind == 2) write_attribute(e, object, attribute);
  if (kind == 3) change_attribute(e, object, attribute);
  if (kind == 4) remove_object(e, object);
  if (kind == 5) move_object(e, object, false);
  if (kind == 6) move_object(e, object, true);
  if (kind == 7) swap_objects(e, object);
  if (kind == 8) link_object(e, object);
  if (kind == 9) write_array(e, object);
  if (kind == 10) change_array(e, object);
  if (kind == 11) make_group(e);
}

static void write_image(hid_t file, const char *path) {
  (void)H5Fflush(file, H5F_SCOPE_LOCAL);
  const ssize_t size = H5Fget_file_image(file, NULL, 0);
  void *const image = size > 0 ? malloc((size_t)size) : NULL;
  fuzz_expect(image && H5Fget_file_image(file, image, (size_t)size) == size,
              "HDF5 gives the bytes of a file in memory");
  fuzz_write(path, image, (size_t)size);
  free(image);
}

void fuzz_change_structure(fuzz_bytes good, fuzz_choices choices,
                           const char *path) {
  static editor e;
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  e.choices = choices;
  e.file = H5LTopen_file_image(good.data, good.size, H5LT_FILE_IMAGE_OPEN_RW);
  fuzz_expect(e.file >= 0, "the file before the changes is sound");
  for (int i = 0; i < MOST_CHANGES && e.choices.at < e.choices.end; i++) {
    list_names(&e);
    change(&e);
  }
  write_image(e.file, path);
  (void)H5Fclose(e.file);
}
