/* Additions: copies with weights, and one staircase.
 *
 * Where a sum of whole multiples is not exact enough, a summand is the sum of
 * up to three terms: itself, a copy that is 256 times as large, for weights of
 * more than 16 bits, and a staircase of what is not a multiple of it. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_build.h"
#include "net/op_select.h"

enum { LARGE = 256, MOST_TERMS = 8 };

typedef struct addition {
  rp_net *net;
  int32_t n; /* neurons */
  int64_t bias;
  int32_t n_terms;
  rp_term term[MOST_TERMS];
} addition;

static rp_status fail_memory(int32_t n, rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory for %d neurons", n);
}

/* A weight of 0 is no term. */
static rp_status add_term(addition *a, const rp_build_source *from,
                          int32_t weight, rp_error *err) {
  if (weight == 0) return RP_OK;
  int32_t *const weights = rp_alloc((size_t)a->n, sizeof *weights);
  if (!weights) return fail_memory(a->n, err);
  for (int32_t k = 0; k < a->n; k++) weights[k] = weight;
  const rp_status status =
      rp_build_copy(from, a->n, weights, &a->term[a->n_terms], err);
  free(weights);
  if (status == RP_OK) a->n_terms++;
  return status;
}

static rp_build_source get_last(const addition *a) {
  return (rp_build_source){a->net->n_blocks - 1, a->n, NULL};
}

/* ---- 256 times a summand. ---- */

static rp_status append_large(const addition *a, const rp_build_source *from,
                              const rp_quantized *in, rp_error *err) {
  addition large = {.net = a->net, .n = a->n};
  const rp_quantized out = {1, 0, LARGE * (in->lo - in->zero),
                            LARGE * (in->hi - in->zero)};
  RP_TRY(add_term(&large, from, LARGE, err));
  return rp_build_selection(a->net, a->n, 1, large.term, &out, err);
}

/* ---- What is no multiple of a summand. ---- */

/* All rises so far, or all falls; from 0 at the least number. */
typedef struct change {
  const rp_quantized *in;
  const int32_t *rest; /* [in->hi - in->lo + 1] */
  int sign;
} change;

/* An rp_stair_rule. */
static int32_t sum_changes(const void *context, int64_t z) {
  const change *const c = context;
  const int64_t n = z + c->in->zero - c->in->lo;
  int32_t sum = 0;
  for (int32_t k = 1; k <= n && k <= c->in->hi - c->in->lo; k++) {
    const int32_t step = c->sign * (c->rest[k] - c->rest[k - 1]);
    if (step > 0) sum += step;
  }
  return sum;
}

static rp_status append_changes(const addition *a, const rp_build_source *from,
                                const change *c, int32_t sum, rp_error *err) {
  const rp_quantized out = {1, 0, 0, sum};
  rp_stair stair;
  int64_t *const threshold = rp_alloc((size_t)sum, sizeof *threshold);
  if (!threshold) return fail_memory(a->n, err);
  rp_status status = rp_stair_tabulate(sum_changes, c, 0, sum, threshold, err);
  if (status == RP_OK)
    status = rp_build_table(a->net, threshold, &out, &stair, err);
  free(threshold);
  RP_TRY(status);
  return rp_build_rounding(a->net, a->n, from, &stair, err);
}

static rp_status add_changes(addition *a, const rp_build_source *from,
                             const rp_quantized *in, const int32_t *rest,
                             int sign, rp_error *err) {
  const change c = {in, rest, sign};
  const int32_t sum = sum_changes(&c, INT32_MAX);
  if (sum == 0) return RP_OK;
  RP_TRY(append_changes(a, from, &c, sum, err));
  const rp_build_source last = get_last(a);
  return add_term(a, &last, sign, err);
}

/* ---- The whole. ---- */

static rp_status add_summand(addition *a, const rp_build_source *from,
                             const rp_quantized *in, int32_t weight,
                             const int32_t *rest, rp_error *err) {
  const int32_t large = weight > INT16_MAX ? weight / LARGE : 0;
  RP_TRY(add_term(a, from, weight - large * LARGE, err));
  if (large > 0) {
    RP_TRY(append_large(a, from, in, err));
    const rp_build_source last = get_last(a);
    RP_TRY(add_term(a, &last, large, err));
  }
  a->bias += rest[0];
  RP_TRY(add_changes(a, from, in, rest, 1, err));
  return add_changes(a, from, in, rest, -1, err);
}

/* The terms are taken. */
static rp_status append_sum(addition *a, const rp_stair *stair, rp_error *err) {
  int64_t *const bias = rp_alloc((size_t)a->n, sizeof *bias);
  if (!bias) return fail_memory(a->n, err);
  for (int32_t k = 0; k < a->n; k++) bias[k] = a->bias;
  const rp_block_spec spec = {.n_out = a->n,
                              .n_terms = a->n_terms,
                              .term = a->term,
                              .bias = bias,
                              .n_stairs = 1,
                              .stair = stair};
  a->n_terms = 0;
  const rp_status status = rp_net_add_block(a->net, &spec, err);
  free(bias);
  return status;
}

rp_status rp_build_addition(rp_net *net, rp_adding adding, int32_t n,
                            const rp_build_source from[2],
                            const rp_quantized in[2], const rp_quantized *out,
                            rp_error *err) {
  int64_t threshold[UINT8_MAX];
  rp_pair_split split;
  rp_pair_rule rule;
  rp_stair stair;
  addition a = {.net = net, .n = n};
  RP_TRY(rp_pair_rule_set(&rule, adding, in, out, err));
  RP_TRY(rp_pair_tabulate(&rule, &split, threshold, err));
  RP_TRY(rp_build_table(net, threshold, out, &stair, err));
  rp_status status = RP_OK;
  for (int i = 0; i < 2 && status == RP_OK; i++)
    status =
        add_summand(&a, &from[i], &in[i], split.weight[i], split.rest[i], err);
  if (status == RP_OK) status = append_sum(&a, &stair, err);
  for (int32_t t = 0; t < a.n_terms; t++) rp_op_free(a.term[t].op);
  return status;
}
