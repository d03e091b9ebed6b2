/* Proofs as bytes, and damage to them. */
#ifndef RAMPART_TESTS_DAMAGE_H
#define RAMPART_TESTS_DAMAGE_H

#include "core/rng.h"
#include "small_world.h"

enum { MOST_BYTES = 1 << 20, HEAD_SIZE = 4 };

typedef struct bytes {
  uint8_t *data;
  size_t size;
} bytes;

static inline void damage_once(rp_rng *rng, bytes *b, const bytes *other) {
  static const uint8_t telling[] = {0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff};
  const size_t at = b->size ? rp_rng_below(rng, (uint32_t)b->size) : 0;
  const size_t left = b->size - at;
  const size_t length = left ? 1 + rp_rng_below(rng, (uint32_t)left) : 0;
  size_t from;
  if (b->size == 0) return;
  switch (rp_rng_below(rng, 8)) {
  case 0: /* one bit */
    b->data[at] ^= (uint8_t)(1u << rp_rng_below(rng, 8));
    break;
  case 1: /* any byte */
    b->data[at] = (uint8_t)rp_rng_below(rng, 256);
    break;
  case 2:
    b->data[at] = telling[rp_rng_below(rng, sizeof telling)];
    break;
  case 3: /* a number a little larger or smaller */
    b->data[at] = (uint8_t)(b->data[at] + (rp_rng_below(rng, 2) ? 2 : -2));
    break;
  case 4: /* bytes dropped */
    memmove(b->data + at, b->data + at + length, left - length);
    b->size -= length;
    break;
  case 5: /* bytes doubled */
    if (b->size + length > MOST_BYTES) break;
    memmove(b->data + at + length, b->data + at, left);
    b->size += length;
    break;
  case 6: /* bytes of another place */
    from = rp_rng_below(rng, (uint32_t)(b->size - length + 1));
    memmove(b->data + at, b->data + from, length);
    break;
  default: /* bytes of another proof */
    if (other->size == 0) break;
    from = rp_rng_below(rng, (uint32_t)other->size);
    for (size_t i = 0; i < length && from + i < other->size; i++)
      b->data[at + i] = other->data[from + i];
  }
}

static inline bytes copied(bytes b) {
  bytes own = {malloc(MOST_BYTES), b.size};
  memcpy(own.data, b.data, b.size);
  return own;
}

/* Heads are four numbers: version, label and radius, below 128, and how far
 * back the source is; the first three are made to fit. */
static inline void fit_head(bytes *b, int32_t label, int32_t radius) {
  if (b->size < 3) return;
  b->data[0] = 2;
  b->data[1] = (uint8_t)label;
  b->data[2] = (uint8_t)radius;
}

#endif
