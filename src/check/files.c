/* Files as bytes: read whole, hashed, unpacked. */
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "check.h"

static const size_t MOST_FILE = (size_t)1 << 34,
                    MOST_UNPACKED = (size_t)1 << 31;

static rp_status bytes_read(FILE *in, const char *file, blob *b,
                            rp_error *err) {
  struct stat info;
  if (fstat(fileno(in), &info) != 0 || !S_ISREG(info.st_mode) ||
      (size_t)info.st_size > MOST_FILE)
    return rp_fail(err, RP_E_INPUT, "%s: not a file of a fair size", file);
  b->size = (size_t)info.st_size;
  b->bytes = malloc(b->size + 1);
  if (!b->bytes || fread(b->bytes, 1, b->size, in) != b->size)
    return rp_fail(err, RP_E_INPUT, "%s: cannot read", file);
  b->bytes[b->size] = 0;
  return RP_OK;
}

rp_status rp_check_read(const char *file, blob *b, rp_error *err) {
  struct sha256_ctx sum;
  uint8_t digest[SHA256_DIGEST_SIZE];
  *b = (blob){0};
  FILE *in = fopen(file, "rb");
  if (!in)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno));
  const rp_status st = bytes_read(in, file, b, err);
  (void)fclose(in);
  if (st != RP_OK) {
    free(b->bytes);
    *b = (blob){0};
    return st;
  }
  sha256_init(&sum);
  sha256_update(&sum, b->size, b->bytes);
  sha256_digest(&sum, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++)
    snprintf(b->sha256 + 2 * i, 3, "%02x", digest[i]);
  return RP_OK;
}

static bool grown(blob *b, size_t *room) {
  if (b->size + 1 < *room) return true;
  *room = 2 * *room + 65536;
  uint8_t *bytes = *room > MOST_UNPACKED ? NULL : realloc(b->bytes, *room);
  if (!bytes) return false;
  b->bytes = bytes;
  return true;
}

rp_status rp_check_inflate(const uint8_t *from, size_t size, bool gzip,
                           blob *to, rp_error *err) {
  z_stream z = {.next_in = (Bytef *)(uintptr_t)from};
  size_t left = size, room = 0;
  int code = Z_OK;
  *to = (blob){0};
  if (inflateInit2(&z, gzip ? 31 : 15) != Z_OK) return RP_E_MEMORY;
  while (code == Z_OK || (code == Z_BUF_ERROR && left > 0)) {
    if (z.avail_in == 0) {
      z.avail_in = (uInt)(left < (1u << 30) ? left : 1u << 30);
      left -= z.avail_in;
    }
    if (!grown(to, &room)) break;
    z.next_out = to->bytes + to->size;
    z.avail_out = (uInt)(room - to->size - 1);
    code = inflate(&z, Z_NO_FLUSH);
    to->size = (size_t)(z.next_out - to->bytes);
  }
  inflateEnd(&z);
  if (code == Z_STREAM_END && left == 0 && z.avail_in == 0) {
    to->bytes[to->size] = 0;
    return RP_OK;
  }
  free(to->bytes);
  *to = (blob){0};
  return rp_fail(err, RP_E_INPUT, "damaged, cut off or too large to unpack");
}

rp_status rp_check_gunzip(const char *file, blob *b, rp_error *err) {
  blob plain;
  rp_error why;
  if (b->size < 2 || b->bytes[0] != 0x1f || b->bytes[1] != 0x8b) return RP_OK;
  if (rp_check_inflate(b->bytes, b->size, true, &plain, &why) != RP_OK)
    return rp_fail(err, RP_E_INPUT, "%s: %s", file, why.text);
  memcpy(plain.sha256, b->sha256, sizeof b->sha256);
  free(b->bytes);
  *b = plain;
  return RP_OK;
}
