/* Reading the bytes of a file, which may be gzipped. */
#ifndef RAMPART_FILES_PACKED_H
#define RAMPART_FILES_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "files/fileutil.h"

/** Deflate packs at most so many bytes into one. */
enum { RP_PACKED_MOST_RATIO = 1032 };

typedef struct rp_packed {
  const char *file;
  const uint8_t *at, *end; /* the bytes not yet read */
  size_t bound;            /* maximum unpacked size in bytes */
  bool is_gzip, at_end;    /* at_end: of the last member */
  z_stream stream;
} rp_packed;

/** Start reading. The content is borrowed until rp_packed_close.
 *  Errors: RP_E_MEMORY; do not call rp_packed_close then. */
rp_status rp_packed_open(const rp_file_content *content, rp_packed *packed,
                         rp_error *err);
void rp_packed_close(rp_packed *packed);

/** Read up to size bytes; fewer only at the end of the file.
 *  Errors: RP_E_INPUT if the data are damaged or truncated; RP_E_MEMORY. */
rp_status rp_packed_read(rp_packed *packed, void *bytes, size_t size,
                         size_t *count, rp_error *err);

/** Load all bytes of a file, unpacked and followed by a zero byte.
 *  @param most    maximum size in bytes
 *  @param loaded  out, for rp_file_content_fini
 *  Errors: those above; RP_E_INPUT if there are more. */
rp_status rp_packed_load(const rp_file_content *content, size_t most,
                         rp_file_content *loaded, rp_error *err);

#endif
