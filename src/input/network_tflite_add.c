/* Residual additions. */
#include "input/network_tflite.h"

enum { ACTIVATION };

rp_status rp_tflite_read_add(rp_tflite_reader *r) {
  rp_flat flat = r->model.flat;
  const rp_tflite_value *in[2];
  rp_tflite_value out;
  rp_error why = {""};
  RP_TRY(rp_tflite_get_value(r, 0, false, &in[0]));
  RP_TRY(rp_tflite_get_value(r, 1, false, &in[1]));
  RP_TRY(rp_tflite_describe_output(r, &out));
  if (in[0]->count != out.count || in[1]->count != out.count ||
      in[0]->type != out.type || in[1]->type != out.type)
    return rp_tflite_fail(r, "expected two summands of the output's shape and "
                             "type, found others");
  rp_quantized clipped = out.number;
  RP_TRY(rp_tflite_clip(r, rp_flat_int8(&flat, r->op->options, ACTIVATION, 0),
                        &clipped));
  const rp_quantized number[2] = {in[0]->number, in[1]->number};
  const rp_build_source from[2] = {{in[0]->source, out.count, NULL},
                                   {in[1]->source, out.count, NULL}};
  const rp_status status = rp_build_addition(
      r->net, r->profile->adding, out.count, from, number, &clipped, &why);
  return rp_tflite_set_block(r, status, &why, &out);
}
