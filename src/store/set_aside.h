/* Keeping the results of an earlier run under another name. */
#ifndef RAMPART_STORE_SET_ASIDE_H
#define RAMPART_STORE_SET_ASIDE_H

#include <limits.h>

#include "rampart/status.h"

/** Rename the results, their proofs and their journal together: x.h5,
 *  x.h5.proofs and x.h5.journal become x.old-1.h5, x.old-1.h5.proofs and
 *  x.old-1.h5.journal, with the least number that is free. This needs no space
 * on the disk, and after a kill every file has at least one of its two names.
 *  @param kept  out: the new name of the results; "" if there was no file
 *  Errors: RP_E_IO; all files keep their names, unless the file system has no
 *  hard links. */
rp_status rp_set_aside(const char *results, char kept[PATH_MAX], rp_error *err);

#endif
