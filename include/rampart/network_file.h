/* Network files: QVIP's Keras weights and Rampart's own HDF5 format.
 *
 * Native format, version 1 (see ARCHITECTURE.md for the schema): root
 * attributes `format` = "rampart-network", `version`, `name`, `rule` = "R0",
 * `input_max`, `input_shape`; groups `layer0`, `layer1`, ... each with datasets
 * `weight` [n_out][n_in] int16, `bias` [n_out] int32 and attributes `kind` =
 * "dense", `activation_min`, `activation_max`, `shift`. */
#ifndef RAMPART_NETWORK_FILE_H
#define RAMPART_NETWORK_FILE_H

#include "rampart/net.h"

typedef struct rp_network_source {
  const char *file;
  const char *format;   /* "auto", "native", "qvip" */
  const char *name;     /* NULL: the file's own, or its stem */
  int32_t input_bits;   /* qvip: 1..8; 0: not given */
  int32_t bits;         /* qvip: 2..16; 0: not given */
} rp_network_source;

/** Read and prove a network. Errors: RP_E_INPUT with one line. */
rp_status rp_network_read(const rp_network_source *source, rp_net **net,
                          rp_error *err);

/** Write a native file: to a temporary neighbour, synced, renamed. */
rp_status rp_network_write(const rp_net *net, const char *file, rp_error *err);

#endif
