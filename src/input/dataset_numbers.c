/* Numbers of samples as bytes above a base.
 *
 * Networks have inputs of 8 bits, which may be called -128..127 as well as
 * 0..255. Which, only rp_dataset_fit can say, so readers take any numbers that
 * fit a byte together. The base is 0 if they are all in 0..255, as they are in
 * most datasets, else the least of them. It falls a few times while the first
 * samples are read. */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "input/dataset_formats.h"

enum { MOST_BYTE = 255 };

static void move_base(rp_dataset *data, size_t count, int32_t base) {
  const int32_t up = data->base - base;
  for (size_t i = 0; i < count; i++) data->x[i] = (uint8_t)(data->x[i] + up);
  data->base = base;
}

bool rp_dataset_put(rp_dataset *data, rp_span_of_numbers *span, size_t at,
                    int64_t value) {
  if (value < INT16_MIN || value > INT16_MAX) return false;
  const int32_t v = (int32_t)value;
  const int32_t lo = at == 0 || v < span->lo ? v : span->lo;
  const int32_t hi = at == 0 || v > span->hi ? v : span->hi;
  if (hi - lo > MOST_BYTE) return false;
  *span = (rp_span_of_numbers){lo, hi};
  const int32_t base = lo >= 0 && hi <= MOST_BYTE ? 0 : lo;
  if (base != data->base) move_base(data, at, base);
  data->x[at] = (uint8_t)(v - base);
  return true;
}

void rp_dataset_expect(const rp_span_of_numbers *span, size_t at,
                       char text[64]) {
  const int32_t lo = at == 0 ? INT16_MIN : span->hi - MOST_BYTE;
  const int32_t hi = at == 0 ? INT16_MAX : span->lo + MOST_BYTE;
  snprintf(text, 64, "%d..%d (numbers at most 255 apart)",
           lo > INT16_MIN ? lo : INT16_MIN, hi < INT16_MAX ? hi : INT16_MAX);
}

bool rp_dataset_put_real(rp_dataset *data, size_t at, double value) {
  data->real[at] = (float)value;
  return isfinite(data->real[at]);
}

rp_status rp_dataset_make_room(rp_dataset *data, rp_error *err) {
  const size_t n = (size_t)data->n, dim = (size_t)data->dim;
  if (data->values == RP_VALUES_REALS)
    data->real = rp_alloc(n, dim * sizeof *data->real);
  else
    data->x = rp_alloc(n, dim);
  return data->real || data->x
             ? RP_OK
             : rp_fail(err, RP_E_MEMORY, "%s: out of memory for samples",
                       data->name);
}
