/* Opening files that are not trusted, and replacing a file atomically: after a
 * kill it is the old one or the new one, never a mixture. */
#ifndef RAMPART_FILES_FILE_H
#define RAMPART_FILES_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "rampart/status.h"

/** Open a regular file for reading. A pipe, a device or a folder is refused at
 *  once; the call never blocks on it.
 *  @param stream  out, for fclose
 *  Errors: RP_E_INPUT: missing, not a regular file, no permission. */
rp_status rp_file_open(const char *file, FILE **stream, rp_error *err);

/** Write the bytes to a temporary file with a unique random name in the same
 *  folder, sync it, rename it to `file` and sync the folder. An existing file's
 *  permissions are kept. A kill before the rename leaves FILE.RANDOM.tmp, which
 *  rp_file_remove_temporaries removes.
 *  Errors: RP_E_IO; `file` is unchanged and the temporary file removed. */
rp_status rp_file_replace(const char *file, const void *bytes, size_t size,
                          rp_error *err);

/** A step to take when the new bytes are on the disk and only their rename is
 *  left to do, such as renaming a second file that belongs to them. */
typedef struct rp_file_step {
  rp_status (*take)(void *context, rp_error *err);
  void *context;
} rp_file_step;

/** As rp_file_replace, but take a step just before the rename. If it fails, so
 *  does the replacement.
 *  @param before  may be NULL */
rp_status rp_file_replace_after(const char *file, const void *bytes,
                                size_t size, const rp_file_step *before,
                                rp_error *err);

#endif
