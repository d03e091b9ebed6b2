/* Files on disk: what a reader checks before it opens one, and how a file that
 * may be lost is replaced. */
#ifndef RAMPART_IO_FILEUTIL_H
#define RAMPART_IO_FILEUTIL_H

#include "rampart/file.h"

/** Is there a regular file that can be read?
 *  Errors: RP_E_INPUT: missing, a directory, a pipe, no permission. */
rp_status rp_file_check(const char *file, rp_error *err);

/** rp_file_replace without syncing: readers see the old file or the new one, a
 *  crash of the host may leave neither. */
rp_status rp_file_swap(const char *file, const void *bytes, size_t size,
                       rp_error *err);

#endif
