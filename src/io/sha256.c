/* SHA-256 by nettle, over a file read in blocks, or over bytes. */
#include "rampart/sha256.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fileutil.h"

static bool file_hashed(FILE *in, uint8_t digest[SHA256_DIGEST_SIZE]) {
  struct sha256_ctx context;
  uint8_t block[65536];
  sha256_init(&context);
  size_t n;
  while ((n = fread(block, 1, sizeof block, in)) > 0)
    sha256_update(&context, n, block);
  sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
  return !ferror(in);
}

static void hex_written(const uint8_t digest[SHA256_DIGEST_SIZE], char *hex) {
  for (int i = 0; i < SHA256_DIGEST_SIZE; i++)
    (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void rp_sha256_bytes(const void *bytes, size_t size, char *hex) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  struct sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, size, bytes);
  sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
  hex_written(digest, hex);
}

rp_status rp_sha256_file(const char *file, char *hex, rp_error *err) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  RP_TRY(rp_file_check(file, err));
  FILE *in = fopen(file, "rb");
  const bool ok = in && file_hashed(in, digest);
  const int problem = errno;
  if (in) (void)fclose(in);
  if (!ok)
    return rp_fail(err, RP_E_INPUT, "%s: cannot read: %s", file,
                   strerror(problem));
  hex_written(digest, hex);
  return RP_OK;
}
