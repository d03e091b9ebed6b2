/* Bytes that grow while they are written and are checked while they are read:
 * messages, records of the journal, steps of proofs.
 *
 * Numbers are little-endian and packed without gaps, so that they mean the same
 * on every host. The first failure (no memory, too short) sticks: later calls
 * do nothing and read zeros, so that one check at the end is enough. */
#ifndef RAMPART_CORE_BYTES_H
#define RAMPART_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zero-initialized: empty. Writing appends; reading moves `at`. */
typedef struct rp_bytes {
  uint8_t *data; /* malloc'ed by writing, borrowed by reading */
  size_t size, capacity, at;
  bool failed;
} rp_bytes;

/** A view for reading. */
rp_bytes rp_bytes_over(const uint8_t *data, size_t size);

/** True if everything was read, to the last byte, and nothing failed. */
bool rp_bytes_are_read(const rp_bytes *b);

/** The part of rp_bytes_make_room that allocates. */
uint8_t *rp_bytes_grow(rp_bytes *b, size_t size);

/** Make room for so many more bytes, and leave the size as it is.
 *  Returns where they go; NULL if the bytes failed. */
static inline uint8_t *rp_bytes_make_room(rp_bytes *b, size_t size) {
  const bool has_room = !b->failed && b->data && b->capacity - b->size >= size;
  return has_room ? b->data + b->size : rp_bytes_grow(b, size);
}

/** Take the next bytes where they lie; NULL if there are not so many. */
static inline const uint8_t *rp_bytes_view(rp_bytes *b, size_t size) {
  if (b->failed || b->size - b->at < size) {
    b->failed = true;
    return NULL;
  }
  b->at += size;
  return b->data + b->at - size;
}

/* Numbers are put and taken in the callers' own code: a message holds dozens,
 * and rank 0 handles tens of thousands of messages a second. */

/** Append the low 1 to 8 bytes of a number. */
static inline void rp_bytes_put(rp_bytes *b, uint64_t value, int n_bytes) {
  uint8_t *const to = rp_bytes_make_room(b, (size_t)n_bytes);
  if (!to) return;
  for (int i = 0; i < n_bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
  b->size += (size_t)n_bytes;
}

static inline uint64_t rp_bytes_get(rp_bytes *b, int n_bytes) {
  const uint8_t *const from = rp_bytes_view(b, (size_t)n_bytes);
  uint64_t value = 0;
  if (!from) return 0;
  for (int i = 0; i < n_bytes; i++) value |= (uint64_t)from[i] << (8 * i);
  return value;
}

static inline int64_t rp_bytes_get_signed(rp_bytes *b, int n_bytes) {
  const int unused = 64 - 8 * n_bytes;
  return (int64_t)(rp_bytes_get(b, n_bytes) << unused) >> unused;
}

void rp_bytes_put_real(rp_bytes *b, double value);
void rp_bytes_append(rp_bytes *b, const void *data, size_t size);
double rp_bytes_get_real(rp_bytes *b);
void rp_bytes_copy(rp_bytes *b, void *to, size_t size);

#endif
