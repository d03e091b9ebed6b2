/* Numbers are put and taken byte by byte, whatever the order of the host. */
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

uint8_t *rp_bytes_make_room(rp_bytes *bytes, size_t size) {
  if (bytes->failed) return NULL;
  if (!bytes->data || bytes->capacity - bytes->size < size) {
    const size_t wanted = 2 * (bytes->size + size) + 256;
    uint8_t *const data = rp_realloc(bytes->data, wanted, 1);
    if (!data) {
      bytes->failed = true;
      return NULL;
    }
    bytes->data = data;
    bytes->capacity = wanted;
  }
  return bytes->data + bytes->size;
}

static const uint8_t *take_bytes(rp_bytes *bytes, size_t size) {
  if (bytes->failed || bytes->size - bytes->at < size) {
    bytes->failed = true;
    return NULL;
  }
  const uint8_t *const at = bytes->data + bytes->at;
  bytes->at += size;
  return at;
}

void rp_bytes_put(rp_bytes *bytes, uint64_t value, int n_bytes) {
  uint8_t *const to = rp_bytes_make_room(bytes, (size_t)n_bytes);
  for (int i = 0; to && i < n_bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
  if (to) bytes->size += (size_t)n_bytes;
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

uint64_t rp_bytes_get(rp_bytes *bytes, int n_bytes) {
  const uint8_t *const from = take_bytes(bytes, (size_t)n_bytes);
  uint64_t value = 0;
  for (int i = 0; from && i < n_bytes; i++)
    value |= (uint64_t)from[i] << (8 * i);
  return value;
}

int64_t rp_bytes_get_signed(rp_bytes *bytes, int n_bytes) {
  const int unused = 64 - 8 * n_bytes;
  return (int64_t)(rp_bytes_get(bytes, n_bytes) << unused) >> unused;
}

double rp_bytes_get_real(rp_bytes *bytes) {
  const uint64_t bits = rp_bytes_get(bytes, 8);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void rp_bytes_copy(rp_bytes *bytes, void *to, size_t size) {
  const uint8_t *const from = take_bytes(bytes, size);
  if (from && size)
    memcpy(to, from, size);
  else
    memset(to, 0, size);
}

const uint8_t *rp_bytes_view(rp_bytes *bytes, size_t size) {
  return take_bytes(bytes, size);
}
