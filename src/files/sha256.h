/* SHA-256 of files and bytes, for provenance. */
#ifndef RAMPART_FILES_SHA256_H
#define RAMPART_FILES_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

/** Compute the hexadecimal digest of a whole file.
 *  @param hex  out, [65], null-terminated
 *  Errors: RP_E_INPUT. */
rp_status rp_sha256_file(const char *file, char *hex, rp_error *err);

/** Compute the hexadecimal digest of bytes in memory.
 *  @param hex  out, [65], null-terminated */
void rp_sha256_bytes(const void *bytes, size_t size, char *hex);

/** A digest that is computed piece by piece. */
typedef struct rp_sha256 rp_sha256;
rp_sha256 *rp_sha256_create(void); /* NULL if memory is lacking */
void rp_sha256_add(rp_sha256 *sum, const void *bytes, size_t size);
/** Print the digest of all bytes added so far; more may be added.
 *  @param hex  out, [65] */
void rp_sha256_print(const rp_sha256 *sum, char *hex);
void rp_sha256_free(rp_sha256 *sum); /* NULL is fine */

#endif
