/* The bytes of a file, gzipped or not. */
#ifndef RAMPART_FILES_PACKED_H
#define RAMPART_FILES_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "files/fileutil.h"

typedef struct rp_packed {
  const char *file;
  const uint8_t *at, *end; /* what was not read yet */
  size_t bound;            /* greatest number of bytes it can unpack to */
  bool is_gzip, at_end;    /* at_end: of the last member */
  z_stream stream;
} rp_packed;

/** The content is borrowed until the close.
 *  Errors: RP_E_MEMORY; nothing is to be closed then. */
rp_status rp_packed_open(const rp_file_content *content, rp_packed *packed,
                         rp_error *err);
void rp_packed_close(rp_packed *packed);

/** Read up to size bytes; fewer only at the end of the file.
 *  Errors: RP_E_INPUT if the packed data are damaged or cut; RP_E_MEMORY. */
rp_status rp_packed_read(rp_packed *packed, void *bytes, size_t size,
                         size_t *count, rp_error *err);

#endif
