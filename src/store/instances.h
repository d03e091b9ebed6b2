/* Results about a list of VNN-COMP's instances: one table in an HDF5 file. */
#ifndef RAMPART_STORE_INSTANCES_H
#define RAMPART_STORE_INSTANCES_H

#include <stdint.h>

#include "rampart/status.h"

typedef struct rp_instance_row {
  int32_t line;                               /* of the list, from 1 */
  char network[256], vnnlib[256], result[16]; /* as the list names them */
  double timeout, seconds;
  int32_t rank; /* that decided it; 0 also of an earlier run */
} rp_instance_row;

/** Write the table /instances, atomically: fixed-length texts and numbers, as
 *  pandas.read_hdf and h5py read them.
 *  @param list    the name of the list
 *  @param sha256  of the list
 *  Errors: RP_E_IO, the old file is unchanged; RP_E_MEMORY. */
rp_status rp_instances_write(const char *file, const char *list,
                             const char *sha256, const rp_instance_row *row,
                             int64_t n, rp_error *err);

#endif
