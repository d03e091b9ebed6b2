/* The plain specification of a network, read straight from the definition:
 * int64 sums, one staircase at a time, no sharing with the fast pass. */
#include <stdlib.h>

#include "core/memory.h"
#include "net/net.h"

static void apply_layer(const rp_layer *layer, const int64_t *in,
                        int16_t *scratch, int64_t *out) {
  for (int32_t i = 0; i < layer->n_out; i++) {
    const int16_t *w = rp_op_row(layer->op, i, scratch);
    int64_t z = layer->bias[i];
    for (int32_t j = 0; j < layer->n_in; j++) z += w[j] * in[j];
    out[i] = rp_stair_apply(&layer->stair[i], z);
  }
}

/* Runs the layers on *a, leaving the last activations there; b is scratch. */
static void apply_layers(const rp_net *net, int16_t *scratch, int64_t **a,
                         int64_t **b) {
  for (int32_t k = 0; k < net->n_layers; k++) {
    apply_layer(&net->layer[k], *a, scratch, *b);
    int64_t *swapped = *a;
    *a = *b;
    *b = swapped;
  }
}

rp_status rp_reference_forward(const rp_net *net, const uint8_t *x,
                               int32_t *out) {
  const size_t width = (size_t)net->widest;
  for (int32_t j = 0; j < net->n_in; j++)
    if (x[j] > net->in_hi) return RP_E_RANGE;
  int64_t *a = rp_alloc(width, sizeof *a), *b = rp_alloc(width, sizeof *b);
  int16_t *scratch = rp_alloc(width, sizeof *scratch);
  const bool enough = a && b && scratch;
  if (enough) {
    for (int32_t j = 0; j < net->n_in; j++) a[j] = x[j];
    apply_layers(net, scratch, &a, &b);
    for (int32_t i = 0; i < net->n_out; i++) out[i] = (int32_t)a[i];
  }
  free(a);
  free(b);
  free(scratch);
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
