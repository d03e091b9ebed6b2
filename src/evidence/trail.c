/* Numbers of variable length: small ones, as most are, take one byte. */
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "evidence/proof.h"

enum { LONGEST = 10 }; /* bytes of a number: 64 bits, seven a byte */

void rp_trail_put(rp_trail *trail, uint64_t value) {
  if (!rp_bytes_make_room(trail, LONGEST)) return;
  for (; value >= 0x80; value >>= 7)
    trail->data[trail->size++] = (uint8_t)(value | 0x80);
  trail->data[trail->size++] = (uint8_t)value;
  RP_ASSERT(trail->size <= trail->capacity);
}

void rp_trail_put_signed(rp_trail *trail, int64_t value) {
  rp_trail_put(trail, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

uint64_t rp_trail_get(rp_trail_reader *reader) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && reader->at < reader->size; shift += 7) {
    const uint8_t byte = reader->data[reader->at++];
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return reader->failed ? 0 : value;
  }
  reader->failed = true;
  return 0;
}

int64_t rp_trail_get_signed(rp_trail_reader *reader) {
  const uint64_t raw = rp_trail_get(reader);
  return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

int64_t rp_trail_get_up_to(rp_trail_reader *reader, int64_t most) {
  const uint64_t value = rp_trail_get(reader);
  if (most < 0 || value > (uint64_t)most) reader->failed = true;
  return reader->failed ? 0 : (int64_t)value;
}

void rp_trail_put_real(rp_trail *trail, double value) {
  const float single = (float)value;
  uint32_t bits;
  memcpy(&bits, &single, sizeof bits);
  rp_trail_put(trail, bits);
}

double rp_trail_get_real(rp_trail_reader *reader) {
  const uint32_t bits = (uint32_t)rp_trail_get(reader);
  float single;
  memcpy(&single, &bits, sizeof single);
  return (double)single;
}

void rp_trail_append(rp_trail *trail, const rp_trail *from) {
  RP_ASSERT(trail != from);
  if (from->failed) trail->failed = true;
  if (from->size > 0) rp_bytes_append(trail, from->data, from->size);
}

void rp_trail_clear(rp_trail *trail) {
  trail->size = 0;
  trail->failed = false;
}

void rp_trail_fini(rp_trail *trail) {
  free(trail->data);
  *trail = (rp_trail){0};
}
