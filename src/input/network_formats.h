/* The readers of network files. Each makes a finished network, without its
 * digest, from an open HDF5 file or from the bytes of a TFLite or ONNX file. */
#ifndef RAMPART_INPUT_NETWORK_FORMATS_H
#define RAMPART_INPUT_NETWORK_FORMATS_H

#include <hdf5.h>

#include "files/fileutil.h"
#include "input/network_file.h"

/** The value of the attribute `format` in a native file. */
#define RP_NATIVE_FORMAT "rampart-network"

/* Layers of networks that can be verified are far smaller. */
enum { RP_MOST_WEIGHT_BYTES = 1 << 30 };

/** @param stem  name of the network if neither the file nor the user names it
 */
rp_status rp_network_read_native(hid_t file, const rp_network_source *source,
                                 rp_net **net, rp_error *err);
rp_status rp_network_read_qvip(hid_t file, const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err);

/** TFLite files are recognized by their identifier. */
bool rp_network_is_tflite(const rp_file_content *content);
rp_status rp_network_read_tflite(const rp_file_content *content,
                                 const rp_network_source *source,
                                 const char *stem, rp_net **net, rp_error *err);

/** ONNX files have no identifier: their first fields are recognized. */
bool rp_network_is_onnx(const rp_file_content *content);
rp_status rp_network_read_onnx(const rp_file_content *content,
                               const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err);

/** Put the file's name before the message of a failed step in building the
 *  network, which names only layers and neurons. Returns the status. */
rp_status rp_network_add_file_name(hid_t file, rp_status status, rp_error *err);

#endif
