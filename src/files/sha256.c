/* SHA-256 of files and of bytes in memory, computed by nettle. */
#include "files/sha256.h"

#include <errno.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "files/fileutil.h"

struct rp_sha256 {
  struct sha256_ctx context;
};

/* sha256_digest resets its context, so it gets a copy. */
void rp_sha256_print(const rp_sha256 *sum, char *hex) {
  rp_sha256 own = *sum;
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&own.context, SHA256_DIGEST_SIZE, digest);
  base16_encode_update(hex, SHA256_DIGEST_SIZE, digest);
  hex[BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE)] = '\0';
}

void rp_sha256_add(rp_sha256 *sum, const void *bytes, size_t size) {
  sha256_update(&sum->context, size, bytes);
}

rp_sha256 *rp_sha256_create(void) {
  rp_sha256 *const sum = rp_alloc(1, sizeof *sum);
  if (sum) sha256_init(&sum->context);
  return sum;
}

void rp_sha256_free(rp_sha256 *sum) {
  free(sum);
}

static bool hash_file(FILE *in, char *hex) {
  rp_sha256 sum;
  uint8_t block[65536];
  sha256_init(&sum.context);
  size_t n;
  while ((n = fread(block, 1, sizeof block, in)) > 0)
    rp_sha256_add(&sum, block, n);
  rp_sha256_print(&sum, hex);
  return !ferror(in);
}

void rp_sha256_bytes(const void *bytes, size_t size, char *hex) {
  rp_sha256 sum;
  sha256_init(&sum.context);
  rp_sha256_add(&sum, bytes, size);
  rp_sha256_print(&sum, hex);
}

rp_status rp_sha256_file(const char *file, char *hex, rp_error *err) {
  char found[65];
  FILE *in;
  RP_TRY(rp_file_open(file, &in, err));
  const bool ok = hash_file(in, found);
  const int problem = errno;
  (void)fclose(in);
  if (!ok)
    return rp_fail(err, RP_E_INPUT, "%s: cannot read: %s", file,
                   strerror(problem));
  memcpy(hex, found, sizeof found);
  return RP_OK;
}
