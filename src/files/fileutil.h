/* Files on disk: how they are opened without trust, read whole, made anew, and
 * replaced where they may be lost. */
#ifndef RAMPART_FILES_FILEUTIL_H
#define RAMPART_FILES_FILEUTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "files/file.h"

/** Is there a regular file that can be read?
 *  Errors: RP_E_INPUT: missing, a directory, a pipe, no permission. */
rp_status rp_file_check(const char *file, rp_error *err);

/** Open a regular file without waiting: a pipe without a writer would hang the
 *  caller, and opening a device may do something.
 *  @param flags  O_RDONLY or O_RDWR
 *  Errors: RP_E_INPUT, as rp_file_check. */
rp_status rp_file_open_number(const char *file, int flags, int *number,
                              rp_error *err);

/** Make a new, empty file and open it for reading and writing. What has its
 *  name, also a link, is removed, never written through.
 *  Errors: RP_E_IO. */
rp_status rp_file_create(const char *file, int *number, rp_error *err);

/** All bytes of a file as they were at one time: what is hashed is what is
 *  read, whatever happens to the file. */
typedef struct rp_file_content {
  const char *file; /* borrowed */
  uint8_t *bytes;   /* [size], one more byte is zero */
  size_t size;
} rp_file_content;

/** @param most  a larger file is an error
 *  Errors: RP_E_INPUT: as rp_file_check, too large, changed while it was read;
 *  RP_E_MEMORY. */
rp_status rp_file_load(const char *file, size_t most, rp_file_content *content,
                       rp_error *err);
void rp_file_content_fini(rp_file_content *content);

/** Larger networks, datasets and results are not read. */
#define RP_MOST_FILE_BYTES ((size_t)1 << 32)

/** True if its first bytes are printable; an empty file is no text. */
bool rp_file_is_text(const rp_file_content *content);

/** True if it is an HTML page, which servers send instead of files. */
bool rp_file_is_page(const rp_file_content *content);

/** What kind of file this is, for messages that expected another: "an HTML
 *  page", with what to do about it where that is known. */
const char *rp_file_kind(const rp_file_content *content);

/** rp_file_replace without syncing: readers see the old file or the new one, a
 *  crash of the host may leave neither. */
rp_status rp_file_swap(const char *file, const void *bytes, size_t size,
                       rp_error *err);

#endif
