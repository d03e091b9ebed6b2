/* The fast forward pass: operators and staircases, layer after layer.
 *
 * Building the network proved that every partial sum stays within 2^30, in any
 * order, so int32 sums cannot overflow. */
#include <string.h>

#include "core/assert.h"
#include "net/net.h"

/* Activations, accumulators, and half as many int32 for the narrow inputs. */
size_t rp_net_forward_work(const rp_net *net) {
  const size_t width = (size_t)net->widest;
  return 2 * width + (width + 1) / 2;
}

/* Are accumulators where building the network proved them to be? */
static bool is_within_range(const rp_layer *layer, const int32_t *z) {
  for (int32_t i = 0; i < layer->n_out; i++)
    if (z[i] < layer->z_lo[i] || z[i] > layer->z_hi[i]) return false;
  return true;
}

void rp_net_forward(const rp_net *net, const uint8_t *x, int32_t *z,
                    int32_t *out, int32_t *work) {
  const size_t width = (size_t)net->widest;
  int32_t *a = work, *own_z = work + width;
  int16_t *spare = (int16_t *)(work + 2 * width);
  for (int32_t k = 0; k < net->n_layers; k++) {
    const rp_layer *layer = &net->layer[k];
    const rp_op *op = layer->op;
    int32_t *acc = z ? z + layer->first : own_z;
    memcpy(acc, layer->bias, (size_t)layer->n_out * sizeof *acc);
    if (k == 0)
      op->kind->apply_bytes(op, x, acc);
    else
      op->kind->apply(op, a, spare, acc);
    rp_stair_apply_all(layer->stair, layer->n_out, acc,
                       k + 1 < net->n_layers ? a : out);
    RP_ASSERT(is_within_range(layer, acc));
  }
}
