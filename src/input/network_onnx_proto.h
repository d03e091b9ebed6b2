/* The message of an ONNX file, parsed by protobuf-c.
 *
 * protobuf-c follows nested messages as deep as a file has them, on the stack,
 * and allocates what a file claims. So the bytes are walked first, without
 * recursion beyond a small depth, and the parser gets an allocator with a
 * ceiling. */
#ifndef RAMPART_INPUT_NETWORK_ONNX_PROTO_H
#define RAMPART_INPUT_NETWORK_ONNX_PROTO_H

#include <onnx/onnx.pb-c.h>

#include "input/network_onnx_model.h"

/** Does the content begin as an ONNX file does? There is no identifier: the
 *  version comes first, and a graph or a list of operator sets among the
 *  well-formed fields after it. */
bool rp_onnx_is_message(const rp_file_content *content);

/** Walk the bytes of a file, as rp_onnx_parse_message does first.
 *  Errors: RP_E_INPUT, see there. */
rp_status rp_onnx_check_message(const rp_file_content *content, rp_error *err);

/** Parse a file.
 *  @param model  out, to be freed by rp_onnx_free_message
 *  Errors: RP_E_INPUT with file and byte, if the bytes are no message, nest
 *  deeper than 16, repeat a field that a message has once, or hold strings with
 *  a zero byte, or if it takes more than 64 MB and 16 times the file's size;
 *  RP_E_MEMORY. Cost: O(bytes). */
rp_status rp_onnx_parse_message(const rp_file_content *content,
                                Onnx__ModelProto **model, rp_error *err);
void rp_onnx_free_message(Onnx__ModelProto *model); /* NULL is fine */

/** Take a tensor's type and shape, and its data unless it is of a type that no
 *  operator here reads.
 *  @param budget  as of rp_onnx_make_constant
 *  Errors: RP_E_INPUT with what was found; RP_E_MEMORY. Call
 *  rp_onnx_tensor_fini, whatever it returns. */
rp_status rp_onnx_take_tensor(const Onnx__TensorProto *from, rp_onnx_tensor *to,
                              int64_t *budget, rp_error *err);

#endif
