/* Blocks of copies: what is moved or rounded once more. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_build.h"
#include "net/op_select.h"

static rp_status fail_memory(int32_t n, rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory for %d neurons", n);
}

static void free_terms(rp_term *term, int32_t n_terms) {
  for (int32_t t = 0; t < n_terms; t++) rp_op_free(term[t].op);
}

rp_status rp_build_copy(const rp_build_source *from, int32_t n,
                        const int32_t *weight, rp_term *term, rp_error *err) {
  int32_t *own = NULL;
  term->source = from->block;
  if (!from->index) {
    own = rp_alloc((size_t)n, sizeof *own);
    if (!own) return fail_memory(n, err);
    for (int32_t k = 0; k < n; k++) own[k] = k;
  }
  const rp_status status = rp_op_select_create(
      n, from->n, own ? own : from->index, weight, &term->op, err);
  free(own);
  return status;
}

/* ---- Selections. ---- */

/* What is in the neurons beside the copies.
 * @param value  [n]; NULL: nothing */
static int64_t *make_biases(int32_t n, const int32_t *value, int32_t zero) {
  int64_t *const bias = rp_alloc((size_t)n, sizeof *bias);
  for (int32_t i = 0; bias && value && i < n; i++) bias[i] = value[i] - zero;
  return bias;
}

static rp_status add_copies(rp_net *net, int32_t n, int32_t n_terms,
                            rp_term *term, int64_t *bias, const rp_stair *stair,
                            rp_error *err) {
  if (!bias) {
    free_terms(term, n_terms);
    return fail_memory(n, err);
  }
  const rp_block_spec spec = {n, 0, NULL, n_terms, term, bias, 1, stair, false};
  const rp_status status = rp_net_add_block(net, &spec, err);
  free(bias);
  return status;
}

rp_status rp_build_selection(rp_net *net, int32_t n, int32_t n_terms,
                             rp_term *term, const rp_quantized *out,
                             rp_error *err) {
  const rp_stair stair = rp_build_plain_stair(out);
  return add_copies(net, n, n_terms, term, make_biases(n, NULL, 0), &stair,
                    err);
}

rp_status rp_build_constants(rp_net *net, int32_t n, const int32_t *value,
                             const rp_quantized *number, rp_error *err) {
  const rp_stair stair = rp_build_plain_stair(number);
  int32_t *const none = rp_alloc((size_t)n, sizeof *none);
  if (!none) return fail_memory(n, err);
  for (int32_t i = 0; i < n; i++) none[i] = -1;
  const rp_build_source from = {RP_INPUT, net->n_in, none};
  rp_term term;
  const rp_status status = rp_build_copy(&from, n, NULL, &term, err);
  free(none);
  RP_TRY(status);
  return add_copies(net, n, 1, &term, make_biases(n, value, number->zero),
                    &stair, err);
}

rp_status rp_build_same(rp_net *net, int32_t block, int32_t n,
                        const rp_quantized *number, rp_error *err) {
  const rp_build_source from = {block, n, NULL};
  rp_term term;
  RP_TRY(rp_build_copy(&from, n, NULL, &term, err));
  return rp_build_selection(net, n, 1, &term, number, err);
}

rp_status rp_build_rounding(rp_net *net, int32_t n, const rp_build_source *from,
                            const rp_stair *stair, rp_error *err) {
  rp_term term;
  RP_TRY(rp_build_copy(from, n, NULL, &term, err));
  return add_copies(net, n, 1, &term, make_biases(n, NULL, 0), stair, err);
}
