/* Files on disk: what a reader checks before it opens one, and how a writer
 * replaces one so that a kill leaves the old file or the new one, whole. */
#ifndef RAMPART_IO_FILEUTIL_H
#define RAMPART_IO_FILEUTIL_H

#include <stddef.h>

#include "rampart/status.h"

/** Is there a regular file that can be read?
 *  Errors: RP_E_INPUT: missing, a directory, a pipe, no permission. */
rp_status rp_file_check(const char *file, rp_error *err);

/** Write the bytes to a temporary neighbour, sync it, rename it to `file` and
 *  sync the folder.
 *  Errors: RP_E_IO; `file` is as it was, the neighbour is gone. */
rp_status rp_file_replace(const char *file, const void *bytes, size_t size,
                          rp_error *err);

/** The same without syncing: readers see the old file or the new one, a crash
 *  of the host may leave neither. */
rp_status rp_file_swap(const char *file, const void *bytes, size_t size,
                       rp_error *err);

#endif
