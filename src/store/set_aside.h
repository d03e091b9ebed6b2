/* Keeping the results of an earlier run under another name. */
#ifndef RAMPART_STORE_SET_ASIDE_H
#define RAMPART_STORE_SET_ASIDE_H

#include <limits.h>

#include "rampart/status.h"

/** Give the results, their proofs and their journal, whichever are there,
 *  another name together: x.h5, x.h5.proofs and x.h5.journal become
 *  x.old-1.h5, x.old-1.h5.proofs and x.old-1.h5.journal, with the least number
 *  of which nothing exists. No room on the disk is needed, and a kill leaves
 *  every file under at least one of its names.
 *  @param kept  out: the new name of the results; "" if there was nothing
 *  Errors: RP_E_IO; all files are where they were, unless the file system knows
 *  no hard links. */
rp_status rp_set_aside(const char *results, char kept[PATH_MAX], rp_error *err);

#endif
