/* Residual additions, and additions of constants. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_tflite.h"

enum { ACTIVATION };

typedef struct addition {
  const rp_tflite_value *in[2];
  int32_t *index[2]; /* [out.count] of constants, which are repeated */
  rp_tflite_value out;
  rp_quantized clipped; /* its numbers behind the activation function */
} addition;

static rp_status check_summand(rp_tflite_reader *r, int i, addition *a) {
  const rp_tflite_value *const in = a->in[i];
  const int32_t n = a->out.count;
  if (in->type == a->out.type && in->count == n) return RP_OK;
  if (in->type != a->out.type || !rp_tflite_operand(r, i)->data)
    return rp_tflite_fail(r, "expected two summands of the output's shape and "
                             "type, found others");
  a->index[i] = rp_alloc((size_t)n, sizeof *a->index[i]);
  if (!a->index[i]) return rp_tflite_fail_memory(r);
  return rp_tflite_index_repeated(r, i, a->index[i]);
}

static rp_status begin(rp_tflite_reader *r, addition *a) {
  RP_TRY(rp_tflite_describe_output(r, &a->out));
  for (int i = 0; i < 2; i++) {
    RP_TRY(rp_tflite_get_any_value(r, i, &a->in[i]));
    RP_TRY(check_summand(r, i, a));
  }
  a->clipped = a->out.number;
  return rp_tflite_clip(r, rp_flat_int8(r->flat, r->op->options, ACTIVATION, 0),
                        &a->clipped);
}

static rp_status add(rp_tflite_reader *r, addition *a) {
  const rp_quantized number[2] = {a->in[0]->number, a->in[1]->number};
  rp_error why = {""};
  rp_build_source from[2];
  for (int i = 0; i < 2; i++)
    from[i] = (rp_build_source){a->in[i]->source, a->in[i]->count, a->index[i]};
  const rp_status status =
      rp_build_addition(r->net, r->profile->adding, a->out.count, from, number,
                        &a->clipped, &why);
  return rp_tflite_set_block(r, status, &why, &a->out);
}

rp_status rp_tflite_read_add(rp_tflite_reader *r) {
  addition a = {.in = {NULL}};
  rp_status status = begin(r, &a);
  if (status == RP_OK) status = add(r, &a);
  for (int i = 0; i < 2; i++) free(a.index[i]);
  return status;
}
