/* Small parts that all readers and writers of native network files share. */
#include <stdlib.h>
#include <string.h>

#include "input/network_native.h"

rp_status rp_native_expect_text(hid_t object, const char *name,
                                const char *expected, rp_error *err) {
  char found[64];
  RP_TRY(rp_h5_get_string(object, name, found, sizeof found, err));
  if (strcmp(found, expected) != 0)
    return rp_h5_fail(object, err, "attribute '%s': expected '%s', found '%s'",
                      name, expected, found);
  return RP_OK;
}

rp_status rp_native_read_array(hid_t group, const char *name,
                               rp_native_array *to, rp_error *err) {
  hid_t id;
  RP_TRY(rp_h5_open_array(group, name, to->rank, to->dims, &id, err));
  const rp_status status = rp_h5_read_numbers(
      id, to->mem_type, RP_MOST_WEIGHT_BYTES, &to->data, err);
  rp_h5_close(id);
  return status;
}

bool rp_native_has_numbers(hid_t group, const char *name) {
  return rp_h5_has_attribute(group, name) || rp_h5_has_object(group, name);
}

static rp_status read_number_of_all(hid_t group, const char *name, int32_t n,
                                    rp_native_limits limits, int64_t *number,
                                    rp_error *err) {
  int64_t value;
  RP_TRY(rp_h5_get_integer(group, name, limits.lo, limits.hi, &value, err));
  for (int32_t c = 0; c < n; c++) number[c] = value;
  return RP_OK;
}

static rp_status check_numbers(hid_t group, const char *name, int32_t n,
                               rp_native_limits limits,
                               const rp_native_array *found, rp_error *err) {
  const int64_t *const value = found->data;
  if (found->dims[0] != n)
    return rp_h5_fail(group, err, "%s: expected %d numbers, found %lld", name,
                      n, (long long)found->dims[0]);
  for (int32_t c = 0; c < n; c++)
    if (value[c] < limits.lo || value[c] > limits.hi)
      return rp_h5_fail(
          group, err, "%s: number %d: expected %lld..%lld, found %lld", name, c,
          (long long)limits.lo, (long long)limits.hi, (long long)value[c]);
  return RP_OK;
}

rp_status rp_native_read_list(hid_t group, const char *name, int32_t n,
                              rp_native_limits limits, int64_t **list,
                              rp_error *err) {
  rp_native_array found = {.mem_type = H5T_NATIVE_INT64, .rank = 1};
  rp_status status = rp_native_read_array(group, name, &found, err);
  if (status == RP_OK)
    status = check_numbers(group, name, n, limits, &found, err);
  if (status != RP_OK) free(found.data);
  *list = status == RP_OK ? found.data : NULL;
  return status;
}

rp_status rp_native_read_numbers(hid_t group, const char *name, int32_t n,
                                 rp_native_limits limits, int64_t *number,
                                 rp_error *err) {
  const bool is_one = rp_h5_has_attribute(group, name);
  if (is_one == rp_h5_has_object(group, name))
    return rp_h5_fail(group, err,
                      "expected '%s' as an attribute (for all) or as a dataset "
                      "(one for each), found %s",
                      name, is_one ? "both" : "neither");
  if (is_one) return read_number_of_all(group, name, n, limits, number, err);
  int64_t *list;
  RP_TRY(rp_native_read_list(group, name, n, limits, &list, err));
  memcpy(number, list, (size_t)n * sizeof *number);
  free(list);
  return RP_OK;
}

rp_status rp_native_write_numbers(hid_t group, const char *name, int32_t n,
                                  const int64_t *number, rp_error *err) {
  const int64_t dims[1] = {n};
  int32_t c = 1;
  while (c < n && number[c] == number[0]) c++;
  if (c == n) return rp_native_set_integer(group, name, number[0], err);
  const rp_h5_numbers all = {H5T_STD_I32LE, H5T_NATIVE_INT64, 1, dims, number};
  return rp_h5_write_numbers(group, name, &all, err);
}

rp_status rp_native_set_integer(hid_t object, const char *name, int64_t value,
                                rp_error *err) {
  return rp_h5_set_integers(object, name, H5T_STD_I32LE, &value, 0, err);
}

rp_status rp_native_write_group(hid_t parent, const char *name,
                                rp_native_writer *write, const void *what,
                                rp_error *err) {
  const hid_t group = rp_h5_create_group(parent, name);
  if (group < 0)
    return rp_fail(err, RP_E_IO, "HDF5: cannot create group '%s'", name);
  const rp_status status = write(group, what, err);
  rp_h5_close(group);
  return status;
}
