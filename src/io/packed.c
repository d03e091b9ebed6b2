/* Reading through zlib, which passes files that are not gzipped as they are.
 *
 * Deflate packs at most 1032 bytes into one, so the size of a file bounds what
 * it can unpack to: a header that claims more is refused before memory is asked
 * for. Damage is noticed at the end at the latest, by length and CRC: read
 * until fewer bytes come than asked for. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset_formats.h"
#include "fileutil.h"

enum { BUFFER_BYTES = 1 << 17, MOST_RATIO = 1032, READ_STEP = 1 << 26 };

rp_status rp_packed_open(const char *file, rp_packed *packed, rp_error *err) {
  RP_TRY(rp_file_check(file, err));
  packed->file = file;
  packed->in = gzopen(file, "rb");
  if (!packed->in)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno ? errno : ENOMEM));
  (void)gzbuffer(packed->in, BUFFER_BYTES);
  return RP_OK;
}

void rp_packed_close(rp_packed *packed) {
  (void)gzclose_r(packed->in);
}

rp_status rp_packed_read(rp_packed *packed, void *bytes, size_t size,
                         size_t *count, rp_error *err) {
  *count = 0;
  while (*count < size) {
    const size_t left = size - *count;
    const int n = gzread(packed->in, (char *)bytes + *count,
                         (unsigned)(left < READ_STEP ? left : READ_STEP));
    if (n <= 0) break;
    *count += (size_t)n;
  }
  int code = Z_OK;
  const char *text = gzerror(packed->in, &code);
  if (code == Z_OK || code == Z_STREAM_END) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: damaged or truncated gzip file: %s",
                 packed->file, code == Z_ERRNO ? strerror(errno) : text);
}

size_t rp_packed_bound(const rp_packed *packed) {
  struct stat info;
  if (stat(packed->file, &info) != 0 || info.st_size < 0) return 0;
  return (size_t)info.st_size * MOST_RATIO;
}
