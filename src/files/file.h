/* Reading a file that somebody else may have put there, and replacing one so
 * that a kill leaves the old one or the new one, whole. */
#ifndef RAMPART_FILES_FILE_H
#define RAMPART_FILES_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "rampart/status.h"

/** Open a regular file for reading. A pipe, a device or a folder is refused
 *  without waiting for it.
 *  @param stream  out, for fclose
 *  Errors: RP_E_INPUT: missing, not a regular file, no permission. */
rp_status rp_file_open(const char *file, FILE **stream, rp_error *err);

/** Write the bytes to a temporary neighbour with a random name, which nobody
 *  else has, sync it, rename it to `file` and sync the folder. A file that is
 *  replaced keeps its permissions. A kill before the rename leaves a neighbour,
 *  FILE.RANDOM.tmp, which may be deleted.
 *  Errors: RP_E_IO; `file` is as it was, the neighbour is gone. */
rp_status rp_file_replace(const char *file, const void *bytes, size_t size,
                          rp_error *err);

/** What is to be done once the new bytes are on the disk under another name and
 *  nothing but their rename is left: the rename of what belongs to them. */
typedef struct rp_file_step {
  rp_status (*take)(void *context, rp_error *err);
  void *context;
} rp_file_step;

/** rp_file_replace with such a step before the rename; its failure is that of
 *  the whole.
 *  @param before  NULL: none */
rp_status rp_file_replace_after(const char *file, const void *bytes,
                                size_t size, const rp_file_step *before,
                                rp_error *err);

#endif
