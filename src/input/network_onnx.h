/* Inside the reader of ONNX files. */
#ifndef RAMPART_INPUT_NETWORK_ONNX_H
#define RAMPART_INPUT_NETWORK_ONNX_H

#include "input/network_file.h"
#include "input/network_onnx_model.h"

typedef struct rp_onnx_reader {
  rp_onnx_model model;
  const rp_network_source *source;
  const char *stem;
  const char *profile;
  const rp_onnx_node *node; /* at hand; NULL: the input */
  rp_net *net;              /* NULL: no quantized input yet */
  rp_error *err;
} rp_onnx_reader;

#endif
