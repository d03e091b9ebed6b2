/* Reading members of a zip archive in memory. Nothing is unpacked to a disk, so
 * a member's name is only a name, whatever path it spells. */
#ifndef RAMPART_FILES_ZIP_H
#define RAMPART_FILES_ZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "files/fileutil.h"

typedef struct rp_zip {
  const char *file;
  size_t size; /* of the archive */
  void *zip;   /* libzip's */
} rp_zip;

/** Whether the first bytes are those of a zip archive. */
bool rp_zip_has_signature(const uint8_t *bytes, size_t size);

/** Open an archive. The content is borrowed until rp_zip_close.
 *  Errors: RP_E_INPUT if it is damaged or truncated, RP_E_MEMORY; do not call
 *  rp_zip_close then. */
rp_status rp_zip_open(const rp_file_content *content, rp_zip *zip,
                      rp_error *err);
void rp_zip_close(rp_zip *zip);

/** Find the member of a name: its index, or -1. No two have one name. */
int64_t rp_zip_find(const rp_zip *zip, const char *name);

/** Print the names of the first members, for messages: "a.npy, b.npy, ...". */
void rp_zip_list(const rp_zip *zip, char *text, size_t size);

/** Unpack a member. What it claims of its size must be possible for its packed
 *  bytes, and right; its checksum too.
 *  @param most   maximum size in bytes
 *  @param place  "FILE: MEMBER", for messages; becomes member->file
 *  @param member out, for rp_file_content_fini
 *  Errors: RP_E_INPUT: encrypted, packed in another way than stored or
 *  deflated, too large, damaged; RP_E_MEMORY. */
rp_status rp_zip_load(const rp_zip *zip, int64_t index, size_t most,
                      const char *place, rp_file_content *member,
                      rp_error *err);

#endif
