/* Building a network layer by layer, each layer with a proof that int32 is
 * wide enough.
 *
 * For a neuron with bias b, weights w_j and inputs a_j in [lo_j, hi_j], the sum
 * S = |b| + sum_j |w_j| max(|lo_j|, |hi_j|) bounds every partial sum in every
 * order, not just the accumulator. S <= RP_ACC_LIMIT is demanded, so that loops
 * over int32 may be vectorized, updated in place and taken apart freely. S is
 * summed in int64 and given up as soon as it passes the limit: one term is at
 * most 2^15 * 2^30. */
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "core/text.h"
#include "net/op_dense.h"

enum { MOST_INPUTS = 1 << 24 };

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
}

rp_status rp_net_create(const char *name, const int32_t *dims, int32_t n_dims,
                        int32_t in_hi, rp_net **net, rp_error *err) {
  if (n_dims < 1 || n_dims > RP_MAX_DIMS)
    return rp_fail(err, RP_E_INPUT,
                   "input shape: expected 1..%d dimensions, found %d",
                   RP_MAX_DIMS, n_dims);
  if (in_hi < 1 || in_hi > 255)
    return rp_fail(err, RP_E_INPUT,
                   "greatest input value: expected 1..255, found %d", in_hi);
  int64_t n_in = 1;
  for (int32_t d = 0; d < n_dims; d++) {
    if (dims[d] < 1 || (n_in *= dims[d]) > MOST_INPUTS)
      return rp_fail(err, RP_E_INPUT,
                     "input shape: expected 1..%d numbers, found %d in "
                     "dimension %d",
                     MOST_INPUTS, dims[d], d);
  }
  rp_net *made = rp_alloc(1, sizeof *made);
  if (!made) return fail_out_of_memory(err);
  rp_text_copy(made->name, sizeof made->name, name);
  made->rule = RP_RULE_R0;
  made->n_in = made->widest = (int32_t)n_in;
  made->in_hi = in_hi;
  made->n_dims = n_dims;
  memcpy(made->dims, dims, (size_t)n_dims * sizeof *dims);
  *net = made;
  return RP_OK;
}

static void free_layer(rp_layer *layer) {
  rp_op_free(layer->op);
  free(layer->bias);
  free(layer->stair);
  free(layer->z_lo);
  free(layer->z_hi);
}

void rp_net_free(rp_net *net) {
  if (!net) return;
  for (int32_t k = 0; k < net->n_layers; k++) free_layer(&net->layer[k]);
  free(net->layer);
  free(net);
}

static rp_status check_spec(const rp_net *net, const rp_layer_spec *spec,
                            rp_error *err) {
  const int32_t k = net->n_layers;
  const int32_t below = k ? net->layer[k - 1].n_out : net->n_in;
  if (k == RP_MAX_LAYERS)
    return rp_fail(err, RP_E_INPUT, "expected at most %d layers, found more",
                   RP_MAX_LAYERS);
  if (spec->n_in != below)
    return rp_fail(err, RP_E_INPUT,
                   "layer %d: expected %d inputs (the numbers it is given), "
                   "found %d",
                   k, below, spec->n_in);
  if (spec->n_out < 1 || spec->n_out > RP_MOST_NEURONS)
    return rp_fail(err, RP_E_INPUT,
                   "layer %d: expected 1..%d neurons, found %d", k,
                   RP_MOST_NEURONS, spec->n_out);
  return rp_stair_check(&spec->stair, k, err);
}

static bool allocate_layer(rp_layer *layer) {
  const size_t n_out = (size_t)layer->n_out;
  layer->op = rp_op_dense_create(layer->n_out, layer->n_in);
  layer->bias = rp_alloc(n_out, sizeof *layer->bias);
  layer->stair = rp_alloc(n_out, sizeof *layer->stair);
  layer->z_lo = rp_alloc(n_out, sizeof *layer->z_lo);
  layer->z_hi = rp_alloc(n_out, sizeof *layer->z_hi);
  return layer->op && layer->bias && layer->stair && layer->z_lo && layer->z_hi;
}

/* Interval of one input of layer k. */
static void get_input_range(const rp_net *net, int32_t k, int32_t j,
                            int64_t *lo, int64_t *hi) {
  if (k == 0) {
    *lo = 0;
    *hi = net->in_hi;
    return;
  }
  const rp_layer *below = &net->layer[k - 1];
  *lo = rp_stair_apply(&below->stair[j], below->z_lo[j]);
  *hi = rp_stair_apply(&below->stair[j], below->z_hi[j]);
}

static rp_status fail_too_large(int32_t k, int32_t i, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "layer %d, neuron %d: expected an accumulator within +-2^30 "
                 "on every input, found bias and weights that sum to more",
                 k, i);
}

/* Copies the weights of one neuron. */
static rp_status copy_weights(const rp_net *net, const rp_layer_spec *spec,
                              int32_t i, rp_layer *layer, rp_error *err) {
  const int32_t *row = spec->weight + (size_t)i * (size_t)spec->n_in;
  const int32_t bad = rp_op_dense_set_row(layer->op, i, row);
  if (bad == spec->n_in) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "layer %d, neuron %d, input %d: expected a weight in "
                 "%d..%d, found %d",
                 net->n_layers, i, bad, INT16_MIN, INT16_MAX, row[bad]);
}

/* Copies one neuron and proves its accumulator's range. */
static rp_status add_neuron(const rp_net *net, const rp_layer_spec *spec,
                            int32_t i, rp_layer *layer, rp_error *err) {
  const int32_t k = net->n_layers;
  const int64_t b = spec->bias[i];
  if (b < -RP_ACC_LIMIT || b > RP_ACC_LIMIT) return fail_too_large(k, i, err);
  RP_TRY(copy_weights(net, spec, i, layer, err));
  int64_t size = b < 0 ? -b : b, z_lo = b, z_hi = b;
  for (int32_t j = 0; j < spec->n_in; j++) {
    const int64_t w = rp_op_weight(layer->op, i, j);
    int64_t lo, hi;
    get_input_range(net, k, j, &lo, &hi);
    const int64_t at_lo = w * lo, at_hi = w * hi;
    z_lo += at_lo < at_hi ? at_lo : at_hi;
    z_hi += at_lo < at_hi ? at_hi : at_lo;
    size += llabs(at_lo) > llabs(at_hi) ? llabs(at_lo) : llabs(at_hi);
    if (size > RP_ACC_LIMIT) return fail_too_large(k, i, err);
  }
  RP_ASSERT(z_lo <= z_hi && z_lo >= -size && z_hi <= size);
  layer->bias[i] = (int32_t)b;
  layer->stair[i] = spec->stair;
  layer->z_lo[i] = (int32_t)z_lo;
  layer->z_hi[i] = (int32_t)z_hi;
  return RP_OK;
}

rp_status rp_net_add_dense(rp_net *net, const rp_layer_spec *spec,
                           rp_error *err) {
  RP_TRY(check_spec(net, spec, err));
  rp_layer *grown =
      rp_realloc(net->layer, (size_t)net->n_layers + 1, sizeof *grown);
  if (!grown) return fail_out_of_memory(err);
  net->layer = grown;
  rp_layer layer = {
      .n_in = spec->n_in, .n_out = spec->n_out, .first = net->n_acc};
  rp_status status = RP_OK;
  if (!allocate_layer(&layer)) status = fail_out_of_memory(err);
  for (int32_t i = 0; i < spec->n_out && status == RP_OK; i++)
    status = add_neuron(net, spec, i, &layer, err);
  if (status != RP_OK) {
    free_layer(&layer);
    return status;
  }
  net->layer[net->n_layers++] = layer;
  net->n_out = spec->n_out;
  net->n_acc += spec->n_out;
  if (spec->n_out > net->widest) net->widest = spec->n_out;
  RP_ASSERT(rp_layer_end(&net->layer[net->n_layers - 1]) == net->n_acc);
  RP_ASSERT(net->widest >= net->n_in && net->widest >= net->n_out);
  RP_ASSERT(net->n_layers <= RP_MAX_LAYERS);
  return RP_OK;
}

rp_status rp_net_finish(rp_net *net, rp_error *err) {
  if (net->n_layers == 0)
    return rp_fail(err, RP_E_INPUT, "expected at least one layer, found none");
  if (net->n_out < 2)
    return rp_fail(err, RP_E_INPUT, "expected at least 2 outputs, found %d",
                   net->n_out);
  const rp_stair *stair = net->layer[net->n_layers - 1].stair;
  if (stair[0].lo == stair[0].hi)
    return rp_fail(err, RP_E_INPUT,
                   "expected outputs with at least 2 values, found only %d",
                   stair[0].lo);
  const int32_t other = rp_stair_find_other(stair, net->n_out);
  if (other < net->n_out)
    return rp_fail(err, RP_E_INPUT,
                   "last layer: expected one staircase for all outputs, "
                   "found another one at output %d",
                   other);
  return RP_OK;
}

int32_t rp_measure_distance(const uint8_t *a, const uint8_t *b, int32_t n) {
  int32_t most = 0;
  for (int32_t p = 0; p < n; p++)
    if (abs(a[p] - b[p]) > most) most = abs(a[p] - b[p]);
  return most;
}

int32_t rp_first_max(const int32_t *out, int32_t n) {
  RP_ASSERT(n >= 1);
  int32_t best = 0;
  for (int32_t i = 1; i < n; i++)
    if (out[i] > out[best]) best = i;
  return best;
}
