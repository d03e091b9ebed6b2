/* Files on disk: opening files that are not trusted, loading them whole, and
 * creating new ones. */
#ifndef RAMPART_FILES_FILEUTIL_H
#define RAMPART_FILES_FILEUTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "files/file.h"

/** Check that a regular file of this name exists and can be read.
 *  Errors: RP_E_INPUT: missing, a directory, a pipe, no permission. */
rp_status rp_file_check(const char *file, rp_error *err);

/** Open a regular file without blocking: opening a pipe without a writer would
 *  hang, and opening a device may have side effects.
 *  @param flags  O_RDONLY or O_RDWR
 *  Errors: RP_E_INPUT, as rp_file_check. */
rp_status rp_file_open_number(const char *file, int flags, int *number,
                              rp_error *err);

/** Create an empty file and open it for reading and writing. An existing file
 *  or link of that name is removed first; a link is never followed.
 *  Errors: RP_E_IO. */
rp_status rp_file_create(const char *file, int *number, rp_error *err);

/** The bytes of a file as they were when it was loaded: the same bytes are
 *  hashed and parsed, even if the file changes later. */
typedef struct rp_file_content {
  const char *file; /* borrowed */
  uint8_t *bytes;   /* [size], followed by a zero byte */
  size_t size;
} rp_file_content;

/** Load a whole file.
 *  @param most  maximum size in bytes; a larger file is an error
 *  Errors: RP_E_INPUT: as rp_file_check, too large, changed while it was read;
 *  RP_E_MEMORY. */
rp_status rp_file_load(const char *file, size_t most, rp_file_content *content,
                       rp_error *err);
void rp_file_content_fini(rp_file_content *content);

/** Maximum size of a network, a dataset or a results file. */
#define RP_MOST_FILE_BYTES ((size_t)1 << 32)

/** True if the first bytes are printable. An empty file is not text. */
bool rp_file_is_text(const rp_file_content *content);

/** True for an HTML page, which servers send in place of missing files. */
bool rp_file_is_page(const rp_file_content *content);

/** Describe the kind of a file, for messages that expected another kind: "an
 *  HTML page", followed by advice where there is any. */
const char *rp_file_describe(const rp_file_content *content);

/** False where the description is only that it is of another kind. */
bool rp_file_is_known(const rp_file_content *content);

/** As rp_file_replace, but without syncing: readers see the old or the new
 *  file, but a crash of the host may lose both. */
rp_status rp_file_swap(const char *file, const void *bytes, size_t size,
                       rp_error *err);

/** Remove the temporary files that processes killed in rp_file_replace or
 *  rp_file_swap left beside a file. The caller must be the only one who writes
 *  the file. What cannot be removed stays.
 *  Cost: the folder is read once. */
void rp_file_remove_temporaries(const char *file);

#endif
