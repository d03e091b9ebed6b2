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
bool rp_bytes_are_read(const rp_bytes *bytes);

/** Make room for so many more bytes, and leave the size as it is.
 *  Returns where they go; NULL if the bytes failed. */
uint8_t *rp_bytes_make_room(rp_bytes *bytes, size_t size);

/** The low 1 to 8 bytes of a number. */
void rp_bytes_put(rp_bytes *bytes, uint64_t value, int n_bytes);
void rp_bytes_put_real(rp_bytes *bytes, double value);
void rp_bytes_append(rp_bytes *bytes, const void *data, size_t size);
uint64_t rp_bytes_get(rp_bytes *bytes, int n_bytes);
int64_t rp_bytes_get_signed(rp_bytes *bytes, int n_bytes);
double rp_bytes_get_real(rp_bytes *bytes);
void rp_bytes_copy(rp_bytes *bytes, void *to, size_t size);

/** The next bytes where they lie; NULL if there are not so many. */
const uint8_t *rp_bytes_view(rp_bytes *bytes, size_t size);

#endif
