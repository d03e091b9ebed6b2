/* Own numbers of inputs in results files. Inside, inputs are bytes from 0. */
#include "store/input_range.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "files/h5strict.h"
#include "store/results_table.h"

static const char LEAST[] = "input_min", GREATEST[] = "input_max";

static rp_status write_number(hid_t object, const char *name, int64_t value,
                              rp_error *err) {
  return rp_h5_set_integers(object, name, H5T_STD_I32LE, &value, 0, err);
}

rp_status rp_input_range_write(hid_t object, const rp_provenance *p,
                               rp_error *err) {
  if (p->in_lo != 0) RP_TRY(write_number(object, LEAST, p->in_lo, err));
  return write_number(object, GREATEST, p->in_lo + p->in_hi, err);
}

rp_status rp_input_range_read(hid_t object, rp_provenance *p, rp_error *err) {
  int64_t lo = 0, hi;
  if (rp_h5_has_attribute(object, LEAST))
    RP_TRY(rp_h5_get_integer(object, LEAST, INT16_MIN, INT16_MAX, &lo, err));
  RP_TRY(rp_h5_get_integer(object, GREATEST, lo, lo + 255, &hi, err));
  p->in_lo = (int32_t)lo;
  p->in_hi = (int32_t)(hi - lo);
  return RP_OK;
}

bool rp_input_range_has(const char *attribute) {
  return !strcmp(attribute, LEAST) || !strcmp(attribute, GREATEST);
}

static bool fits_bytes(const rp_provenance *p) {
  return p->in_lo >= 0 && p->in_lo + p->in_hi <= UINT8_MAX;
}

hid_t rp_input_range_type(const rp_provenance *p) {
  return fits_bytes(p) ? H5T_STD_U8LE : H5T_STD_I16LE;
}

static rp_status write_inputs(hid_t dataset, hid_t type, const void *data,
                              rp_error *err) {
  if (H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0)
    return RP_OK;
  return rp_fail(err, RP_E_IO, "counterexamples: HDF5 cannot write");
}

rp_status rp_inputs_write(hid_t dataset, const rp_provenance *p,
                          const uint8_t *x, int64_t n, rp_error *err) {
  const size_t count = (size_t)n * (size_t)p->n_in;
  if (p->in_lo == 0) return write_inputs(dataset, H5T_NATIVE_UINT8, x, err);
  int16_t *const own = rp_alloc(count, sizeof *own);
  if (!own) return rp_fail(err, RP_E_MEMORY, "out of memory for inputs");
  for (size_t i = 0; i < count; i++) own[i] = (int16_t)(x[i] + p->in_lo);
  const herr_t done =
      H5Dwrite(dataset, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, own);
  free(own);
  return done < 0 ? rp_fail(err, RP_E_IO, "inputs: HDF5 cannot write") : RP_OK;
}

static rp_status narrow(hid_t dataset, const rp_provenance *p, size_t count,
                        const int32_t *own, uint8_t *x, rp_error *err) {
  const size_t width = (size_t)p->n_in;
  const int32_t lo = p->in_lo, hi = p->in_lo + p->in_hi;
  for (size_t i = 0; i < count; i++) {
    if (own[i] < lo || own[i] > hi)
      return rp_h5_fail(dataset, err,
                        "row %zu, input %zu: expected %d..%d, found %d",
                        i / width, i % width, lo, hi, own[i]);
    x[i] = (uint8_t)(own[i] - lo);
  }
  return RP_OK;
}

rp_status rp_inputs_read(hid_t dataset, const rp_provenance *p, int64_t count,
                         uint8_t **x, rp_error *err) {
  const size_t n = (size_t)count * (size_t)p->n_in;
  void *own = NULL;
  if (fits_bytes(p) && !rp_h5_is_bytes(dataset))
    return rp_h5_fail(dataset, err, "expected uint8, found another type");
  RP_TRY(rp_h5_read_numbers(dataset, H5T_NATIVE_INT32,
                            4 * rp_table_bound_bytes(dataset), &own, err));
  *x = rp_alloc(n, 1);
  rp_status status =
      *x ? RP_OK : rp_fail(err, RP_E_MEMORY, "out of memory for inputs");
  if (status == RP_OK) status = narrow(dataset, p, n, own, *x, err);
  free(own);
  if (status == RP_OK) return RP_OK;
  free(*x);
  *x = NULL;
  return status;
}
