/* Loading a whole file into memory once, so that the bytes that are hashed are
 * the bytes that are read; and recognizing what kind of file it is. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "files/fileutil.h"

/* Returns the number of bytes read; -1 after an error. */
static ssize_t read_all_bytes(int number, uint8_t *bytes, size_t size) {
  enum { STEP = 1 << 30 };
  size_t used = 0;
  while (used < size) {
    const size_t left = size - used;
    const ssize_t n =
        read(number, bytes + used, left < STEP ? left : (size_t)STEP);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    used += (size_t)n;
  }
  return (ssize_t)used;
}

static rp_status read_content(int number, size_t most, rp_file_content *content,
                              rp_error *err) {
  struct stat info;
  if (fstat(number, &info) != 0 || info.st_size < 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot read: %s", content->file,
                   strerror(errno));
  const size_t size = (size_t)info.st_size;
  if (size > most)
    return rp_fail(err, RP_E_INPUT, "%s: expected at most %zu bytes, found %zu",
                   content->file, most, size);
  content->bytes = rp_alloc(size + 1, 1);
  if (!content->bytes)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory for %zu bytes",
                   content->file, size);
  const ssize_t found = read_all_bytes(number, content->bytes, size + 1);
  if (found < 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot read: %s", content->file,
                   strerror(errno));
  if ((size_t)found != size)
    return rp_fail(err, RP_E_INPUT, "%s: was changed while it was read",
                   content->file);
  content->bytes[size] = 0;
  content->size = size;
  return RP_OK;
}

rp_status rp_file_load(const char *file, size_t most, rp_file_content *content,
                       rp_error *err) {
  int number;
  *content = (rp_file_content){.file = file};
  RP_TRY(rp_file_open_number(file, O_RDONLY, &number, err));
  const rp_status status = read_content(number, most, content, err);
  close(number);
  if (status != RP_OK) rp_file_content_fini(content);
  return status;
}

void rp_file_content_fini(rp_file_content *content) {
  free(content->bytes);
  content->bytes = NULL;
  content->size = 0;
}

/* ---- kinds ---- */

static bool begins_with(const rp_file_content *c, const char *bytes,
                        size_t count) {
  return c->size >= count && !memcmp(c->bytes, bytes, count);
}

bool rp_file_is_text(const rp_file_content *c) {
  enum { LOOKED_AT = 512 };
  const size_t n = c->size < LOOKED_AT ? c->size : LOOKED_AT;
  for (size_t i = 0; i < n; i++) {
    const uint8_t b = c->bytes[i];
    if ((b < ' ' && !strchr("\t\n\r\f", b)) || b == 0 || b == 0x7f)
      return false;
  }
  return n > 0;
}

/* Web pages begin, after white space, with one of two words. */
bool rp_file_is_page(const rp_file_content *c) {
  const char *const text = (const char *)c->bytes;
  size_t at = 0;
  while (at < c->size && isspace(c->bytes[at])) at++;
  const size_t left = c->size - at;
  return (left >= 9 && !strncasecmp(text + at, "<!doctype", 9)) ||
         (left >= 5 && !strncasecmp(text + at, "<html", 5));
}

static const char OTHER[] = "a file of another kind";

bool rp_file_is_known(const rp_file_content *c) {
  return rp_file_describe(c) != OTHER;
}

const char *rp_file_describe(const rp_file_content *c) {
  if (c->size == 0) return "an empty file";
  if (begins_with(c, "\x89HDF\r\n\x1a\n", 8)) return "an HDF5 file";
  if (begins_with(c, "\x1f\x8b", 2))
    return "a gzip file: unpack it with gunzip";
  if (begins_with(c, "PK\3\4", 4))
    return "a zip archive, as .keras and .npz files are";
  if (begins_with(c, "\x93NUMPY", 6)) return "an array of NumPy (.npy)";
  if (begins_with(c, "\0\0\x08", 3)) return "an idx file";
  if (rp_file_is_page(c)) return "an HTML page: a download that failed?";
  return rp_file_is_text(c) ? "text" : OTHER;
}
