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

/** Weights that Keras 3 saves, alone (.weights.h5) or in a zip archive
 * (.keras); network_keras3.c. */
bool rp_network_is_keras3(hid_t file);
rp_status rp_network_read_keras3(hid_t file, const rp_network_source *source,
                                 const char *stem, rp_net **net, rp_error *err);

/** Get the file of weights out of the archive.
 *  @param place    out: a name for messages
 *  @param weights  out: its content, named so, for rp_file_content_fini */
enum { RP_KERAS_PLACE = 400 };
rp_status rp_network_unpack_keras(const rp_file_content *content,
                                  char place[RP_KERAS_PLACE],
                                  rp_file_content *weights, rp_error *err);

/** TFLite files are recognized by their identifier. A file that has none is
 *  explained: returns RP_E_INPUT with one line. */
bool rp_network_is_tflite(const rp_file_content *content);
rp_status rp_network_explain_tflite(const rp_file_content *content,
                                    rp_error *err);
rp_status rp_network_read_tflite(const rp_file_content *content,
                                 const rp_network_source *source,
                                 const char *stem, rp_net **net, rp_error *err);

/** ONNX files have no identifier: their first fields are recognized. A file
 * that has others is explained: returns RP_E_INPUT with the place. */
bool rp_network_is_onnx(const rp_file_content *content);
rp_status rp_network_explain_onnx(const rp_file_content *content,
                                  rp_error *err);
rp_status rp_network_read_onnx(const rp_file_content *content,
                               const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err);

/** Check that the user named a profile.
 *  @param profiles  of the format, for the message
 *  Errors: RP_E_INPUT. */
rp_status rp_network_expect_profile(const rp_network_source *source,
                                    const char *profiles, rp_error *err);

/** Finish a network whose output a block computes, which must be the last one.
 *  @param net   NULL if no operator made a block
 *  @param file  for messages
 *  Errors: RP_E_INPUT; those of rp_net_finish. */
rp_status rp_network_finish(rp_net *net, int32_t output, const char *file,
                            rp_error *err);

/** Put the file's name before the message of a failed step in building the
 *  network, which names only layers and neurons. Returns the status. */
rp_status rp_network_add_file_name(hid_t file, rp_status status, rp_error *err);

#endif
