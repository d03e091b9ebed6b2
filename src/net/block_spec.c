/* The inverse of building a block (block.c): biases without the part that comes
 * from the model's own input numbers, and the period of channels. */
#include "net/block_spec.h"

#include <stdlib.h>

#include "core/memory.h"

/* The sum of a neuron's weights of inputs. */
static int64_t sum_input_weights(const rp_block *block, int32_t i,
                                 rp_tap_space space) {
  int64_t sum = 0;
  for (int32_t t = 0; t < block->n_terms; t++) {
    if (block->term[t].source != RP_INPUT) continue;
    const rp_taps taps = rp_op_row(block->term[t].op, i, space);
    for (int32_t n = 0; n < taps.n; n++) sum += taps.weight[n];
  }
  return sum;
}

static void unshift_biases(const rp_net *net, const rp_block *block,
                           rp_tap_space space, int64_t *bias) {
  const int64_t by = net->in_lo - net->in_zero;
  for (int32_t i = 0; i < block->n_acc; i++)
    bias[i] = block->bias[i] -
              (by == 0 ? 0 : by * sum_input_weights(block, i, space));
}

/* The staircase of a neuron: that of any of its accumulators. */
static const rp_stair *get_stair(const rp_block *block, int32_t neuron) {
  return &block->stair[block->owner ? rp_block_members(block, neuron).row[0]
                                    : neuron];
}

/* Biases of max pooling are given for every accumulator. */
static bool has_period(const rp_block *block, const int64_t *bias,
                       int32_t period) {
  for (int32_t i = period; i < block->n_out; i++)
    if ((!block->owner && bias[i] != bias[i - period]) ||
        !rp_stair_is_same(get_stair(block, i), get_stair(block, i - period)))
      return false;
  return true;
}

static int32_t find_period(const rp_block *block, const int64_t *bias) {
  for (int32_t p = 1; p < block->n_out; p++)
    if (block->n_out % p == 0 && has_period(block, bias, p)) return p;
  return block->n_out;
}

rp_status rp_block_get_spec(const rp_net *net, int32_t k, rp_block_spec *spec,
                            rp_error *err) {
  const rp_block *const block = &net->block[k];
  const size_t width = (size_t)net->widest;
  const rp_tap_space space = {rp_alloc(width, sizeof *space.index),
                              rp_alloc(width, sizeof *space.weight)};
  int64_t *const bias = rp_alloc((size_t)block->n_acc, sizeof *bias);
  rp_stair *const stair = rp_alloc((size_t)block->n_out, sizeof *stair);
  const bool enough = space.index && space.weight && bias && stair;
  if (enough) unshift_biases(net, block, space, bias);
  free(space.index);
  free(space.weight);
  if (!enough) {
    free(bias);
    free(stair);
    return rp_fail(err, RP_E_MEMORY, "out of memory while copying a network");
  }
  for (int32_t i = 0; i < block->n_out; i++) stair[i] = *get_stair(block, i);
  *spec = (rp_block_spec){.n_out = block->n_out,
                          .n_acc = block->n_acc,
                          .owner = block->owner,
                          .n_terms = block->n_terms,
                          .term = block->term,
                          .bias = bias,
                          .n_stairs = find_period(block, bias),
                          .stair = stair};
  return RP_OK;
}

void rp_block_spec_fini(rp_block_spec *spec) {
  free((int64_t *)spec->bias);
  free((rp_stair *)spec->stair);
}
