/* Whole numbers from environment variables, which are checked like all other
 * input. */
#ifndef RAMPART_CORE_ENVIRONMENT_H
#define RAMPART_CORE_ENVIRONMENT_H

#include <stdint.h>

#include "rampart/status.h"

/** A whole number from a variable; *value is left alone where the variable is
 *  not set or empty.
 *  Errors: RP_E_USAGE, naming the variable, the range and what was found. */
rp_status rp_environment_whole(const char *name, int64_t least,
                               int64_t greatest, int64_t *value, rp_error *err);

/** The same for the first number of a list, such as OMP_NUM_THREADS=4,2. */
rp_status rp_environment_first(const char *name, int64_t least,
                               int64_t greatest, int64_t *value, rp_error *err);

#endif
