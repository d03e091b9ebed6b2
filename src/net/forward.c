/* The fast forward pass: dot products over int16 that compilers turn into
 * multiply-add instructions, with AVX2 where the processor has it.
 *
 * Building the network proved that every partial sum stays within 2^30, in any
 * order, so int32 sums cannot overflow. Inputs of a layer are narrowed to int16
 * where they fit (always, but for activations of 16 bits and more); the other
 * layers take the wide loop. */
#include "core/vector.h"
#include "net/net.h"

RP_VECTOR_CLONES
static void multiply_narrow(const rp_layer *layer, const int16_t *restrict a,
                            int32_t *restrict z) {
  const int32_t n_in = layer->n_in;
  const int16_t *w = layer->weight;
  for (int32_t i = 0; i < layer->n_out; i++, w += n_in) {
    int32_t sum = 0;
    for (int32_t j = 0; j < n_in; j++) sum += (int32_t)w[j] * (int32_t)a[j];
    z[i] = sum + layer->bias[i];
  }
}

RP_VECTOR_CLONES
static void multiply_wide(const rp_layer *layer, const int32_t *restrict a,
                          int32_t *restrict z) {
  const int32_t n_in = layer->n_in;
  const int16_t *w = layer->weight;
  for (int32_t i = 0; i < layer->n_out; i++, w += n_in) {
    int32_t sum = 0;
    for (int32_t j = 0; j < n_in; j++) sum += (int32_t)w[j] * a[j];
    z[i] = sum + layer->bias[i];
  }
}

static bool is_narrow(const int32_t *a, int32_t n) {
  uint32_t wide = 0;
  for (int32_t j = 0; j < n; j++) wide |= (uint32_t)a[j] + 0x8000u;
  return wide < 0x10000u;
}

/* Accumulators of one layer; spare holds its inputs as int16. */
static void multiply_layer(const rp_layer *layer, const int32_t *a,
                           int16_t *spare, int32_t *z) {
  if (!is_narrow(a, layer->n_in)) {
    multiply_wide(layer, a, z);
    return;
  }
  for (int32_t j = 0; j < layer->n_in; j++) spare[j] = (int16_t)a[j];
  multiply_narrow(layer, spare, z);
}

/* Activations, accumulators, and half as many int32 for the narrow inputs. */
size_t rp_net_forward_work(const rp_net *net) {
  const size_t width = (size_t)net->widest;
  return 2 * width + (width + 1) / 2;
}

void rp_net_forward(const rp_net *net, const uint8_t *x, int32_t *z,
                    int32_t *out, int32_t *work) {
  const size_t width = (size_t)net->widest;
  int32_t *a = work, *own_z = work + width;
  int16_t *spare = (int16_t *)(work + 2 * width);
  for (int32_t j = 0; j < net->n_in; j++) spare[j] = x[j];
  for (int32_t k = 0; k < net->n_layers; k++) {
    const rp_layer *layer = &net->layer[k];
    int32_t *acc = z ? z : own_z;
    if (k == 0)
      multiply_narrow(layer, spare, acc);
    else
      multiply_layer(layer, a, spare, acc);
    rp_stair_apply_all(layer->stair, layer->n_out, acc,
                       k + 1 < net->n_layers ? a : out);
    if (z) z += layer->n_out;
  }
}
