/* SHA-256 of files and bytes, for provenance. */
#ifndef RAMPART_SHA256_H
#define RAMPART_SHA256_H

#include <stddef.h>

#include "rampart/status.h"

/** Hex digest of a whole file.
 *  @param hex  out, [65], null-terminated
 *  Errors: RP_E_INPUT. */
rp_status rp_sha256_file(const char *file, char *hex, rp_error *err);

/** Hex digest of bytes in memory. @param hex  out, [65], null-terminated */
void rp_sha256_bytes(const void *bytes, size_t size, char *hex);

#endif
