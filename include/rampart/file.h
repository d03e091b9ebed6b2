/* Replacing a file so that a kill leaves the old one or the new one, whole. */
#ifndef RAMPART_FILE_H
#define RAMPART_FILE_H

#include <stddef.h>

#include "rampart/status.h"

/** Write the bytes to a temporary neighbour, sync it, rename it to `file` and
 *  sync the folder.
 *  Errors: RP_E_IO; `file` is as it was, the neighbour is gone. */
rp_status rp_file_replace(const char *file, const void *bytes, size_t size,
                          rp_error *err);

#endif
