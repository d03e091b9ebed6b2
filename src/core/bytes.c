/* The parts of core/bytes.h that are not inlined. */
#include "core/bytes.h"

#include <string.h>

#include "core/memory.h"

rp_bytes rp_bytes_over(const uint8_t *data, size_t size) {
  /* Nothing is written through a view. */
  rp_bytes bytes = {.data = (uint8_t *)(uintptr_t)data, .size = size};
  return bytes;
}

bool rp_bytes_are_read(const rp_bytes *bytes) {
  return !bytes->failed && bytes->at == bytes->size;
}

uint8_t *rp_bytes_grow(rp_bytes *bytes, size_t size) {
  if (bytes->failed) return NULL;
  const size_t wanted = 2 * (bytes->size + size) + 256;
  uint8_t *const data = rp_realloc(bytes->data, wanted, 1);
  if (!data) {
    bytes->failed = true;
    return NULL;
  }
  bytes->data = data;
  bytes->capacity = wanted;
  return data + bytes->size;
}

void rp_bytes_put_real(rp_bytes *bytes, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  rp_bytes_put(bytes, bits, 8);
}

void rp_bytes_append(rp_bytes *bytes, const void *data, size_t size) {
  uint8_t *const to = rp_bytes_make_room(bytes, size);
  if (to && size) memcpy(to, data, size);
  if (to) bytes->size += size;
}

double rp_bytes_get_real(rp_bytes *bytes) {
  const uint64_t bits = rp_bytes_get(bytes, 8);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void rp_bytes_copy(rp_bytes *bytes, void *to, size_t size) {
  const uint8_t *const from = rp_bytes_view(bytes, size);
  if (from && size)
    memcpy(to, from, size);
  else
    memset(to, 0, size);
}
