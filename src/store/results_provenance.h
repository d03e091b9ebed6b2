/* The provenance of results, as attributes of the file's root group. */
#ifndef RAMPART_STORE_RESULTS_PROVENANCE_H
#define RAMPART_STORE_RESULTS_PROVENANCE_H

#include <hdf5.h>
#include <stdbool.h>

#include "store/results.h"

/** Write the attributes. Names follow the Attribute Convention for Data
 * Discovery where it has one (title, source, history, date_created,
 * Conventions). Errors: RP_E_IO. */
rp_status rp_provenance_write(hid_t root, const rp_provenance *provenance,
                              rp_error *err);

/** Read the attributes.
 *  @param old  out: the file has version 1, which may lack later attributes;
 *              options that it lacks keep their defaults
 *  Errors: RP_E_INPUT: not a results file, a later version, an attribute that
 * is missing, unknown or out of range. */
rp_status rp_provenance_read(hid_t root, rp_provenance *provenance, bool *old,
                             rp_error *err);

/** The arrays of the boxes, if inputs stay in some. */
#define RP_BOX_LOWER "box_lower"
#define RP_BOX_UPPER "box_upper"

#endif
