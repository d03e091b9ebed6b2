/* The plain specification of a network, read straight from the definition:
 * int64 sums, one staircase at a time, no sharing with the fast pass. */
#include <stdlib.h>

#include "core/memory.h"
#include "net/net.h"

/* All numbers of one pass: activations of all blocks, and the input. */
typedef struct pass {
  const rp_net *net;
  const uint8_t *x;
  int64_t *a; /* [n_acc] */
  rp_tap_space space;
} pass;

static int64_t get_activation(const pass *p, int32_t source, int32_t j) {
  return source == RP_INPUT ? p->x[j] : p->a[p->net->block[source].first + j];
}

static int64_t sum_term(const pass *p, const rp_term *term, int32_t i) {
  const rp_taps taps = rp_op_row(term->op, i, p->space);
  int64_t sum = 0;
  for (int32_t t = 0; t < taps.n; t++)
    sum += taps.weight[t] *
           get_activation(p, term->source, rp_taps_index(taps, t));
  return sum;
}

static int64_t compute_activation(const pass *p, const rp_block *block,
                                  int32_t i) {
  int64_t z = block->bias[i];
  for (int32_t t = 0; t < block->n_terms; t++)
    z += sum_term(p, &block->term[t], i);
  return rp_stair_apply(&block->stair[i], z);
}

static void apply_block(const pass *p, const rp_block *block) {
  int64_t *a = p->a + block->first;
  for (int32_t i = 0; i < block->n_out; i++) a[i] = INT64_MIN;
  for (int32_t i = 0; i < block->n_acc; i++) {
    const int64_t value = compute_activation(p, block, i);
    const int32_t neuron = rp_block_owner(block, i);
    if (value > a[neuron]) a[neuron] = value;
  }
}

rp_status rp_reference_forward(const rp_net *net, const uint8_t *x,
                               int32_t *out) {
  for (int32_t j = 0; j < net->n_in; j++)
    if (x[j] > net->in_hi) return RP_E_RANGE;
  const size_t width = (size_t)net->widest;
  const pass p = {
      net,
      x,
      rp_alloc((size_t)net->n_acc, sizeof *p.a),
      {rp_alloc(width, sizeof(int32_t)), rp_alloc(width, sizeof(int16_t))}};
  const bool enough = p.a && p.space.index && p.space.weight;
  if (enough) {
    for (int32_t k = 0; k < net->n_blocks; k++) apply_block(&p, &net->block[k]);
    const int32_t last = net->n_acc - net->n_out;
    for (int32_t i = 0; i < net->n_out; i++) out[i] = (int32_t)p.a[last + i];
  }
  free(p.a);
  free(p.space.index);
  free(p.space.weight);
  return enough ? RP_OK : RP_E_MEMORY;
}

rp_status rp_reference_predict(const rp_net *net, const uint8_t *x,
                               int32_t *prediction) {
  int32_t *out = rp_alloc((size_t)net->n_out, sizeof *out);
  if (!out) return RP_E_MEMORY;
  const rp_status status = rp_reference_forward(net, x, out);
  if (status == RP_OK) *prediction = rp_first_max(out, net->n_out);
  free(out);
  return status;
}
