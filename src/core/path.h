/* Names of files as people type them. */
#ifndef RAMPART_CORE_PATH_H
#define RAMPART_CORE_PATH_H

#include "rampart/status.h"

/** A file's name, "~/" at its beginning replaced by $HOME; malloc'ed.
 *
 *  Refused, since no shell and no reader of YAML means a file by them: "~NAME",
 *  "~" and "null". A file of such a name is named by "./~" or "./null".
 *  @param what  what is named, for the message: "--output", "output"
 *  Errors: RP_E_USAGE; RP_E_MEMORY. *path is untouched then. */
rp_status rp_path_take(const char *text, const char *what, char **path,
                       rp_error *err);

/** The same file's name from the root of the file system on, whatever the
 *  current folder will be; malloc'ed. Links are not followed.
 *  Errors: RP_E_INPUT if there is no current folder; RP_E_MEMORY. */
rp_status rp_path_make_absolute(const char *name, char **path, rp_error *err);

#endif
