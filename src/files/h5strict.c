/* Finds what a file holds beyond its format. Names are listed in ascending
 * order, so a name that occurs twice in a crafted file follows itself. */
#include "files/h5strict.h"

#include <string.h>

enum { LONGEST_NAME = 256 };

typedef struct listing {
  hid_t object;
  const char *noun; /* "attribute" or "member" */
  rp_h5_is_known *is_known;
  ssize_t (*read_name)(hid_t object, hsize_t i, char *name);
  hsize_t count;
} listing;

static ssize_t read_attribute_name(hid_t object, hsize_t i, char *name) {
  return H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                            LONGEST_NAME, H5P_DEFAULT);
}

static ssize_t read_member_name(hid_t object, hsize_t i, char *name) {
  return H5Lget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                            LONGEST_NAME, H5P_DEFAULT);
}

/* The target of a soft link may be a second name for a member, or missing. */
static rp_status check_links(const listing *list, rp_error *err) {
  H5L_info_t link;
  for (hsize_t i = 0; i < list->count; i++)
    if (H5Lget_info_by_idx(list->object, ".", H5_INDEX_NAME, H5_ITER_INC, i,
                           &link, H5P_DEFAULT) < 0 ||
        link.type != H5L_TYPE_HARD)
      return rp_h5_fail(list->object, err,
                        "expected groups and arrays, found a link among its "
                        "members");
  return RP_OK;
}

static rp_status check_names(const listing *list, rp_error *err) {
  char name[LONGEST_NAME], last[LONGEST_NAME] = "";
  for (hsize_t i = 0; i < list->count; i++) {
    const ssize_t length = list->read_name(list->object, i, name);
    if (length < 0)
      return rp_h5_fail(list->object, err, "%s %llu has no readable name",
                        list->noun, (unsigned long long)i);
    if (length >= LONGEST_NAME || !list->is_known(name))
      return rp_h5_fail(list->object, err,
                        "expected only what this version of Rampart knows, "
                        "found %s '%.80s'",
                        list->noun, name);
    if (i > 0 && !strcmp(name, last))
      return rp_h5_fail(list->object, err, "expected one %s '%.80s', found two",
                        list->noun, name);
    strcpy(last, name);
  }
  return RP_OK;
}

rp_status rp_h5_refuse_others(hid_t object, rp_h5_is_known *attribute,
                              rp_h5_is_known *member, rp_error *err) {
  H5O_info_t info;
  H5G_info_t group = {.nlinks = 0};
  if (H5Oget_info(object, &info) < 0 ||
      (member && H5Gget_info(object, &group) < 0))
    return rp_h5_fail(object, err, "cannot be read: damaged");
  const listing attributes = {object, "attribute", attribute,
                              read_attribute_name, info.num_attrs};
  const listing members = {object, "member", member, read_member_name,
                           group.nlinks};
  if (info.rc > 1)
    return rp_h5_fail(object, err, "expected one name for it, found %u",
                      info.rc);
  RP_TRY(check_names(&attributes, err));
  if (!member) return RP_OK;
  RP_TRY(check_links(&members, err));
  return check_names(&members, err);
}

bool rp_h5_is_among(const char *name, const char *const *names) {
  for (; *names; names++)
    if (!strcmp(name, *names)) return true;
  return false;
}

bool rp_h5_is_never_known(const char *name) {
  (void)name;
  return false;
}

bool rp_h5_is_always_known(const char *name) {
  (void)name;
  return true;
}

rp_status rp_h5_get_place(hid_t object, uint64_t *place, rp_error *err) {
  H5O_info_t info;
  if (H5Oget_info(object, &info) < 0)
    return rp_h5_fail(object, err, "cannot be read: damaged");
  *place = info.addr;
  return RP_OK;
}

static herr_t count_array(hid_t group, const char *name, const H5O_info_t *info,
                          void *count) {
  (void)group;
  (void)name;
  *(int64_t *)count += info->type == H5O_TYPE_DATASET;
  return 0;
}

rp_status rp_h5_count_arrays(hid_t group, int64_t *count, rp_error *err) {
  *count = 0;
  if (H5Ovisit(group, H5_INDEX_NAME, H5_ITER_INC, count_array, count) < 0)
    return rp_h5_fail(group, err, "cannot be read: damaged");
  return RP_OK;
}

rp_status rp_h5_open_array(hid_t group, const char *name, int32_t rank,
                           int64_t *dims, hid_t *id, rp_error *err) {
  RP_TRY(rp_h5_open_dataset(group, name, id, err));
  rp_status status = rp_h5_get_shape(*id, rank, dims, err);
  if (status == RP_OK)
    status = rp_h5_refuse_others(*id, rp_h5_is_never_known, NULL, err);
  if (status != RP_OK) rp_h5_close(*id);
  return status;
}
