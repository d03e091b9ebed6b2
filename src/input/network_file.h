/* Network files: QVIP's Keras weights, TFLite and ONNX files, and Rampart's own
 * HDF5 format.
 *
 * docs/formats.md is the specification of the native format, versions 1 and 2.
 * Version 1 holds chains of dense layers of rule R0, each with one staircase
 * for all its neurons; version 2 holds any network. */
#ifndef RAMPART_INPUT_NETWORK_FILE_H
#define RAMPART_INPUT_NETWORK_FILE_H

#include "net/net.h"

/* The values of `format`, and those of `profile`: runtimes, which differ in how
 * they round (docs/formats.md). Separated by bars. */
#define RP_NETWORK_FORMATS "auto|native|qvip|tflite|onnx"
#define RP_TFLITE_PROFILES "litert-xnnpack|litert-builtin|tflm"
#define RP_ONNX_PROFILES "ort|qonnx-float32"
#define RP_NETWORK_PROFILES RP_TFLITE_PROFILES "|" RP_ONNX_PROFILES

typedef struct rp_network_source {
  const char *file;
  const char *format;  /* one of RP_NETWORK_FORMATS; NULL: auto */
  const char *name;    /* NULL: the name in the file, or its stem */
  int32_t input_bits;  /* qvip: 1..8; 0: not given */
  int32_t bits;        /* qvip: 2..16; 0: not given */
  const char *profile; /* one of those of the format; NULL: none */
} rp_network_source;

/** Get the name of a rounding rule, as files and provenance have it. */
const char *rp_rule_name(rp_rule rule);

/** Read a network and prove its accumulator ranges. "auto" means TFLite if the
 *  file has its identifier, ONNX if it begins as such files do, native if the
 * attribute `format` says so, and Keras if there is an attribute `layer_names`,
 * a group of layers, or a zip archive.
 * TFLite and ONNX files need a profile; native files made from one keep it.
 * Keras layers come in the order of that list, or else, as in files of Keras 3,
 * in the only order in which their shapes chain; an input of n^2 numbers gets
 * the shape [n][n]. A child process reads the file first, because a damaged
 * file can crash HDF5. Errors: RP_E_INPUT with one line; RP_E_MEMORY; RP_E_IO
 * if no child process can be created. Thread: one at a time (HDF5). */
rp_status rp_network_read(const rp_network_source *source, rp_net **net,
                          rp_error *err);

/** Is this a TFLite or ONNX file by its content or, where that is damaged, by
 *  its name? False if it cannot be read. */
bool rp_network_is_deployed(const char *file);

/** What a comparison of a network with its file found. */
typedef struct rp_network_comparison {
  int64_t samples, elements; /* compared */
  int32_t tensors, blocks;   /* in each sample; blocks that are tensors */
  bool differs;
  char difference[256]; /* the first: sample, operator, element, both numbers */
} rp_network_comparison;

/** Run samples through a plain interpreter of the file that a network was read
 *  from, operator by operator, and through the network, and compare every
 *  number of every tensor that both have.
 *  @param source  as it was for rp_network_read
 *  @param x       [n][net->n_in] inputs, 0..in_hi
 *  Errors: RP_E_INPUT if the file has another digest by now, or is of a format
 *  without an interpreter (native, QVIP); RP_E_MEMORY. A difference is none. */
rp_status rp_network_compare(const rp_network_source *source, const rp_net *net,
                             const uint8_t *x, int64_t n,
                             rp_network_comparison *found, rp_error *err);

/** Write a native file atomically, in version 1 if that can hold the network.
 *  Reading it gives the same network, bit for bit.
 *  Errors: RP_E_IO, with the old file unchanged; RP_E_MEMORY. */
rp_status rp_network_write(const rp_net *net, const char *file, rp_error *err);

#endif
