/* Opens HDF5 files in memory, isolated from the file system.
 *
 * The file is loaded whole and given to HDF5 as an image (its core driver), so
 * locks and later changes of the file have no effect. External links, external
 * raw data and virtual datasets are refused before they are followed: their
 * targets were not hashed, and one may be a pipe that never delivers.
 *
 * The core driver refuses an image whose name is that of an existing file, so
 * the name gets a prefix under which no file can exist. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/h5util.h"

static const char NOWHERE[] = "/dev/null/";
enum { DRIVER_STEP = 1 << 20 };

const char *rp_h5_file_name(hid_t object, char *name, size_t size) {
  const size_t prefix = sizeof NOWHERE - 1;
  name[0] = '\0';
  (void)H5Fget_name(object, name, size);
  return strncmp(name, NOWHERE, prefix) ? name : name + prefix;
}

/* ---- a borrowed image ---- */

/* HDF5 would copy the bytes three times, though it only reads them. */
static void *lend_bytes(size_t size, H5FD_file_image_op_t operation,
                        void *bytes) {
  (void)size, (void)operation;
  return bytes;
}

static void *skip_copy(void *to, const void *from, size_t size,
                       H5FD_file_image_op_t operation, void *bytes) {
  (void)from, (void)size, (void)operation, (void)bytes;
  return to;
}

static herr_t skip_free(void *image, H5FD_file_image_op_t operation,
                        void *bytes) {
  (void)image, (void)operation, (void)bytes;
  return 0;
}

static void *return_bytes(void *bytes) {
  return bytes;
}

static herr_t ignore_bytes(void *bytes) {
  (void)bytes;
  return 0;
}

/* Returns -1 if memory is lacking. */
static hid_t create_image_access(const rp_file_content *content) {
  H5FD_file_image_callbacks_t borrowed = {.image_malloc = lend_bytes,
                                          .image_memcpy = skip_copy,
                                          .image_free = skip_free,
                                          .udata_copy = return_bytes,
                                          .udata_free = ignore_bytes,
                                          .udata = content->bytes};
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return -1;
  if (H5Pset_fapl_core(access, DRIVER_STEP, 0) >= 0 &&
      H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
      H5Pset_file_image_callbacks(access, &borrowed) >= 0 &&
      H5Pset_file_image(access, content->bytes, content->size) >= 0)
    return access;
  rp_h5_close(access);
  return -1;
}

static rp_status open_image(const rp_file_content *content, hid_t *id,
                            rp_error *err) {
  const size_t size = sizeof NOWHERE + strlen(content->file);
  char *const name = rp_alloc(size, 1);
  if (!name)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", content->file);
  snprintf(name, size, "%s%s", NOWHERE, content->file);
  const hid_t access = create_image_access(content);
  *id = access < 0 ? -1 : H5Fopen(name, H5F_ACC_RDONLY, access);
  rp_h5_close(access);
  free(name);
  return *id >= 0 ? RP_OK : rp_h5_refuse(content, err);
}

/* ---- reading under guard ---- */

typedef struct reading {
  const rp_file_content *content;
  rp_h5_reader *read;
  void *arg;
} reading;

static rp_status open_and_read_file(void *arg, rp_error *err) {
  const reading *task = arg;
  hid_t file = -1;
  RP_TRY(open_image(task->content, &file, err));
  const rp_status status = task->read(file, task->arg, err);
  rp_h5_close(file);
  return status;
}

rp_status rp_h5_read(const rp_file_content *content, rp_h5_reader *read,
                     void *arg, rp_error *err) {
  reading task = {content, read, arg};
  unsigned plugins = 0;
  if (content->size == 0) return rp_h5_refuse(content, err);
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  (void)H5PLget_loading_state(&plugins);
  (void)H5PLset_loading_state(0); /* no filters from HDF5_PLUGIN_PATH */
  const rp_status status =
      rp_h5_run_guarded(content, open_and_read_file, &task, err);
  (void)H5PLset_loading_state(plugins);
  return status;
}

/* ---- objects ---- */

static herr_t refuse_link(const char *parent_file, const char *parent,
                          const char *file, const char *object, unsigned *flags,
                          hid_t access, void *data) {
  (void)parent_file, (void)parent, (void)file, (void)object;
  (void)flags, (void)access, (void)data;
  return -1;
}

/* Access properties under which no link leads out of the file. */
static hid_t create_link_access(void) {
  const hid_t access = H5Pcreate(H5P_LINK_ACCESS);
  if (access >= 0 && H5Pset_elink_cb(access, refuse_link, NULL) >= 0)
    return access;
  rp_h5_close(access);
  return -1;
}

/* Only hard and soft links stay inside the file. */
static bool leads_outside(hid_t parent, const char *step, hid_t access) {
  H5L_info_t info;
  return H5Lget_info(parent, step, &info, access) >= 0 &&
         info.type != H5L_TYPE_HARD && info.type != H5L_TYPE_SOFT;
}

typedef enum presence { ABSENT, PRESENT, OUTSIDE } presence;

/* Check the path step by step: H5Lexists requires all but the last link to
 * exist. */
static presence find_presence(hid_t parent, const char *path, hid_t access) {
  char step[512];
  if (strlen(path) >= sizeof step) return ABSENT;
  for (size_t i = 1; path[i - 1]; i++) {
    if (path[i] && path[i] != '/') continue;
    memcpy(step, path, i);
    step[i] = '\0';
    if (!strcmp(step, "/")) continue;
    if (H5Lexists(parent, step, access) <= 0) return ABSENT;
    if (leads_outside(parent, step, access)) return OUTSIDE;
  }
  return H5Oexists_by_name(parent, path, access) > 0 ? PRESENT : ABSENT;
}

bool rp_h5_has_object(hid_t parent, const char *path) {
  const hid_t access = create_link_access();
  const bool has = access >= 0 && find_presence(parent, path, access) != ABSENT;
  rp_h5_close(access);
  return has;
}

static rp_status fail_outside(hid_t parent, const char *path, rp_error *err) {
  return rp_h5_fail(parent, err,
                    "expected '%.*s' to lie in this file, found it in another "
                    "one: store a copy here",
                    rp_text_fit(path, 80), path);
}

/* Whether this is a virtual dataset or one with external raw data. */
static bool is_stored_elsewhere(hid_t object) {
  if (H5Iget_type(object) != H5I_DATASET) return false;
  const hid_t made = H5Dget_create_plist(object);
  const bool outside = made < 0 || H5Pget_external_count(made) != 0 ||
                       H5Pget_layout(made) == H5D_VIRTUAL;
  rp_h5_close(made);
  return outside;
}

static rp_status find_object(hid_t parent, const char *path, hid_t access,
                             const char *noun, hid_t *found, rp_error *err) {
  switch (find_presence(parent, path, access)) {
  case ABSENT:
    return rp_h5_fail(parent, err, "expected a %s '%.*s', found none", noun,
                      rp_text_fit(path, 80), path);
  case OUTSIDE:
    return fail_outside(parent, path, err);
  case PRESENT:
    break;
  }
  *found = H5Oopen(parent, path, access);
  return *found >= 0 ? RP_OK
                     : rp_h5_fail(parent, err, "'%.*s' cannot be read: damaged",
                                  rp_text_fit(path, 80), path);
}

static rp_status open_object(hid_t parent, const char *path, H5I_type_t kind,
                             hid_t *object, rp_error *err) {
  const char *noun = kind == H5I_GROUP ? "group" : "dataset";
  const hid_t access = create_link_access();
  hid_t found = *object = -1;
  const rp_status status =
      access < 0 ? rp_h5_fail(parent, err, "out of memory")
                 : find_object(parent, path, access, noun, &found, err);
  rp_h5_close(access);
  RP_TRY(status);
  if (H5Iget_type(found) == kind && !is_stored_elsewhere(found)) {
    *object = found;
    return RP_OK;
  }
  const bool other = H5Iget_type(found) != kind;
  rp_h5_close(found);
  if (!other) return fail_outside(parent, path, err);
  return rp_h5_fail(parent, err,
                    "expected '%.*s' to be a %s, found another kind",
                    rp_text_fit(path, 80), path, noun);
}

rp_status rp_h5_open_group(hid_t parent, const char *path, hid_t *group,
                           rp_error *err) {
  return open_object(parent, path, H5I_GROUP, group, err);
}

rp_status rp_h5_open_dataset(hid_t parent, const char *path, hid_t *dataset,
                             rp_error *err) {
  return open_object(parent, path, H5I_DATASET, dataset, err);
}
