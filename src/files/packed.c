/* Reads the bytes of a file and unpacks them if it is a gzip file.
 *
 * Deflate packs at most 1032 bytes into one, so the size of a file bounds its
 * unpacked size: a header that claims more is refused before memory is
 * allocated. Length and CRC reveal damage at the end at the latest, so callers
 * read until they get fewer bytes than they asked for. Like gunzip, this reads
 * all members of the file and ignores what follows the last. */
#include <string.h>

#include "core/memory.h"
#include "files/packed.h"

enum { GZIP_ONLY = 16 + MAX_WBITS, STEP = 1 << 30, FIRST_BYTES = 1 << 16 };

static bool is_member(const uint8_t *at, const uint8_t *end) {
  return end - at >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

rp_status rp_packed_open(const rp_file_content *content, rp_packed *packed,
                         rp_error *err) {
  *packed = (rp_packed){.file = content->file,
                        .at = content->bytes,
                        .end = content->bytes + content->size,
                        .bound = content->size};
  packed->is_gzip = is_member(packed->at, packed->end);
  if (!packed->is_gzip) return RP_OK;
  packed->bound = content->size * RP_PACKED_MOST_RATIO;
  if (inflateInit2(&packed->stream, GZIP_ONLY) == Z_OK) return RP_OK;
  return rp_fail(err, RP_E_MEMORY, "%s: out of memory", content->file);
}

void rp_packed_close(rp_packed *packed) {
  if (packed->is_gzip) (void)inflateEnd(&packed->stream);
}

static rp_status fail_damaged(const rp_packed *packed, const char *what,
                              rp_error *err) {
  return rp_fail(err, RP_E_INPUT, "%s: damaged or truncated gzip file: %s",
                 packed->file, what ? what : "unexpected end of file");
}

/* Call inflate once; it may consume and produce only a part. */
static int inflate_some(rp_packed *packed, uint8_t **to, size_t room) {
  z_stream *const z = &packed->stream;
  const size_t left = (size_t)(packed->end - packed->at);
  z->next_in = (Bytef *)packed->at;
  z->avail_in = (uInt)(left < STEP ? left : (size_t)STEP);
  z->next_out = *to;
  z->avail_out = (uInt)(room < STEP ? room : (size_t)STEP);
  const int code = inflate(z, Z_NO_FLUSH);
  packed->at = z->next_in;
  *to = z->next_out;
  return code;
}

static rp_status unpack(rp_packed *packed, uint8_t *to, size_t size,
                        size_t *count, rp_error *err) {
  uint8_t *const first = to;
  while (!packed->at_end && (size_t)(to - first) < size) {
    const int code = inflate_some(packed, &to, size - (size_t)(to - first));
    if (code == Z_STREAM_END) {
      packed->at_end = !is_member(packed->at, packed->end);
      if (!packed->at_end) (void)inflateReset(&packed->stream);
    } else if (code == Z_MEM_ERROR) {
      return rp_fail(err, RP_E_MEMORY, "%s: out of memory", packed->file);
    } else if (code != Z_OK) {
      return fail_damaged(packed, packed->stream.msg, err);
    } else if (packed->at == packed->end && packed->stream.avail_out > 0) {
      return fail_damaged(packed, NULL, err);
    }
  }
  *count = (size_t)(to - first);
  return RP_OK;
}

rp_status rp_packed_read(rp_packed *packed, void *bytes, size_t size,
                         size_t *count, rp_error *err) {
  *count = 0;
  if (packed->is_gzip) return unpack(packed, bytes, size, count, err);
  const size_t left = (size_t)(packed->end - packed->at);
  *count = size < left ? size : left;
  if (*count > 0) memcpy(bytes, packed->at, *count);
  packed->at += *count;
  return RP_OK;
}

static rp_status load_rest(rp_packed *in, size_t most, rp_file_content *loaded,
                           rp_error *err) {
  size_t capacity = FIRST_BYTES, used = 0, count;
  for (;; capacity *= 2) {
    uint8_t *const grown = rp_realloc(loaded->bytes, capacity + 1, 1);
    if (!grown) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", in->file);
    loaded->bytes = grown;
    RP_TRY(rp_packed_read(in, grown + used, capacity - used, &count, err));
    used += count;
    if (used < capacity) break;
    if (used > most)
      return rp_fail(err, RP_E_INPUT,
                     "%s: expected at most %zu bytes, unpacked", in->file,
                     most);
  }
  loaded->bytes[used] = 0;
  loaded->size = used;
  return RP_OK;
}

rp_status rp_packed_load(const rp_file_content *content, size_t most,
                         rp_file_content *loaded, rp_error *err) {
  rp_packed in;
  *loaded = (rp_file_content){.file = content->file};
  RP_TRY(rp_packed_open(content, &in, err));
  const size_t bound = in.bound < most ? in.bound : most;
  const rp_status status = load_rest(&in, bound, loaded, err);
  rp_packed_close(&in);
  if (status != RP_OK) rp_file_content_fini(loaded);
  return status;
}
