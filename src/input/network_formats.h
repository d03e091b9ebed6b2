/* The readers of network files: from an open HDF5 file to a finished network
 * without its digest. */
#ifndef RAMPART_INPUT_NETWORK_FORMATS_H
#define RAMPART_INPUT_NETWORK_FORMATS_H

#include <hdf5.h>

#include "input/network_file.h"

/** Name in the attribute `format` of a native file. */
#define RP_NATIVE_FORMAT "rampart-network"

/* No layer of a network that can be verified comes near this. */
enum { RP_MOST_WEIGHT_BYTES = 1 << 30 };

/** @param stem  name of the network if nobody gives one */
rp_status rp_network_read_native(hid_t file, const rp_network_source *source,
                                 rp_net **net, rp_error *err);
rp_status rp_network_read_qvip(hid_t file, const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err);

/** Status of a step that builds the network; puts the file's name before the
 *  text of a failure, which speaks of layers and neurons only. */
rp_status rp_network_blame(hid_t file, rp_status status, rp_error *err);

#endif
