/* Residual additions: two selections with weights, and one staircase. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_tflite.h"
#include "net/op_select.h"

enum { ACTIVATION };

typedef struct addition {
  const rp_tflite_value *in[2];
  rp_tflite_value out;
  rp_quantized clipped;
  int32_t weight[2];
  rp_stair stair;
  int32_t *index, *weights; /* [neurons] */
  int64_t *bias;            /* [neurons] zeros */
} addition;

static rp_status tabulate(rp_tflite_reader *r, addition *a) {
  const rp_quantized in[2] = {a->in[0]->number, a->in[1]->number};
  int64_t threshold[UINT8_MAX];
  rp_pair_rule rule;
  rp_error why = {""};
  RP_TRY(rp_tflite_add_place(
      r, rp_pair_rule_set(&rule, r->profile->adding, in, &a->clipped, &why),
      &why));
  RP_TRY(rp_tflite_add_place(
      r, rp_pair_tabulate(&rule, a->weight, threshold, &why), &why));
  return rp_tflite_use_table(r, threshold, &a->clipped, &a->stair);
}

static rp_status make_term(const rp_tflite_reader *r, const addition *a, int i,
                           rp_term *term) {
  rp_error why = {""};
  const int32_t n = a->out.count;
  for (int32_t k = 0; k < n; k++) a->index[k] = k;
  for (int32_t k = 0; k < n; k++) a->weights[k] = a->weight[i];
  term->source = a->in[i]->source;
  return rp_tflite_add_place(
      r, rp_op_select_create(n, n, a->index, a->weights, &term->op, &why),
      &why);
}

static rp_status make_terms(const rp_tflite_reader *r, const addition *a,
                            rp_term term[2]) {
  RP_TRY(make_term(r, a, 0, &term[0]));
  const rp_status status = make_term(r, a, 1, &term[1]);
  if (status != RP_OK) rp_op_free(term[0].op);
  return status;
}

static rp_status add_terms(rp_tflite_reader *r, addition *a) {
  const size_t n = (size_t)a->out.count;
  rp_term term[2];
  a->index = rp_alloc(n, sizeof *a->index);
  a->weights = rp_alloc(n, sizeof *a->weights);
  a->bias = rp_alloc(n, sizeof *a->bias);
  if (!a->index || !a->weights || !a->bias) return rp_tflite_fail_memory(r);
  RP_TRY(make_terms(r, a, term));
  const rp_block_spec spec = {a->out.count, 0, NULL,      2,    term,
                              a->bias,      1, &a->stair, false};
  return rp_tflite_add_block(r, &spec, &a->out);
}

rp_status rp_tflite_read_add(rp_tflite_reader *r) {
  rp_flat flat = r->model.flat;
  addition a = {0};
  RP_TRY(rp_tflite_get_value(r, 0, false, &a.in[0]));
  RP_TRY(rp_tflite_get_value(r, 1, false, &a.in[1]));
  RP_TRY(rp_tflite_describe_output(r, &a.out));
  if (a.in[0]->count != a.out.count || a.in[1]->count != a.out.count ||
      a.in[0]->type != a.out.type || a.in[1]->type != a.out.type)
    return rp_tflite_fail(r, "expected two summands of the output's shape and "
                             "type, found others");
  a.clipped = a.out.number;
  RP_TRY(rp_tflite_clip(r, rp_flat_int8(&flat, r->op->options, ACTIVATION, 0),
                        &a.clipped));
  RP_TRY(tabulate(r, &a));
  const rp_status status = add_terms(r, &a);
  free(a.index);
  free(a.weights);
  free(a.bias);
  return status;
}
