/* QVIP's quantizers (Zhang et al., ASE 2022), rule R0.
 *
 * With Q bits: weights have Q-1 fractional bits, biases Q-2, both rounded half
 * away from zero and clipped to signed Q bits. An input with F fractional bits
 * gives accumulators with F + Q - 1, so biases move left by F + 1. Activations
 * have Q - 2 fractional bits: the step drops F + 1. A float32 times a power of
 * two is exact in double, so round() is the rule itself. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "net/net.h"

static bool is_quantized(float real, int32_t frac, int32_t bits,
                         int32_t *whole) {
  if (!isfinite(real)) return false;
  const double top = ldexp(1, bits - 1);
  const double rounded = round(ldexp((double)real, frac));
  *whole = (int32_t)fmin(fmax(rounded, -top), top - 1);
  return true;
}

static rp_status check_dense(const rp_net *net, const rp_qvip_dense *dense,
                             rp_error *err) {
  if (dense->bits < 2 || dense->bits > 16)
    return rp_fail(err, RP_E_INPUT, "bits: expected 2..16, found %d",
                   dense->bits);
  if (dense->in_frac < 0 || dense->in_frac > 14)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: fractional bits of the input: expected 0..14, "
                   "found %d",
                   net->n_blocks, dense->in_frac);
  if (dense->n_in < 1 || dense->n_out < 1)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected inputs and neurons, found %d and %d",
                   net->n_blocks, dense->n_in, dense->n_out);
  return RP_OK;
}

/* The kernel in Keras order, [n_in][n_out], becomes rows of neurons. */
static rp_status quantize_weights(const rp_qvip_dense *dense, int32_t block,
                                  int32_t *weight, rp_error *err) {
  const size_t n_in = (size_t)dense->n_in, n_out = (size_t)dense->n_out;
  for (size_t j = 0; j < n_in; j++)
    for (size_t i = 0; i < n_out; i++) {
      const float real = dense->kernel[j * n_out + i];
      if (!is_quantized(real, dense->bits - 1, dense->bits,
                        &weight[i * n_in + j]))
        return rp_fail(err, RP_E_INPUT,
                       "block %d, neuron %zu, input %zu: expected a finite "
                       "weight, found %g",
                       block, i, j, (double)real);
    }
  return RP_OK;
}

static rp_status quantize_biases(const rp_qvip_dense *dense, int32_t block,
                                 int64_t *bias, rp_error *err) {
  for (int32_t i = 0; i < dense->n_out; i++) {
    int32_t whole;
    if (!is_quantized(dense->bias[i], dense->bits - 2, dense->bits, &whole))
      return rp_fail(err, RP_E_INPUT,
                     "block %d, neuron %d: expected a finite bias, found %g",
                     block, i, (double)dense->bias[i]);
    bias[i] = (int64_t)whole * ((int64_t)1 << (dense->in_frac + 1));
  }
  return RP_OK;
}

rp_status rp_net_add_qvip_dense(rp_net *net, const rp_qvip_dense *dense,
                                rp_error *err) {
  RP_TRY(check_dense(net, dense, err));
  const int32_t half = (int32_t)1 << (dense->bits - 1);
  const rp_stair stair = {.lo = dense->last ? -half : 0,
                          .hi = dense->last ? half - 1 : 2 * half - 1,
                          .shift = dense->in_frac + 1};
  const size_t n_out = (size_t)dense->n_out;
  int32_t *weight = rp_alloc((size_t)dense->n_in * n_out, sizeof *weight);
  int64_t *bias = rp_alloc(n_out, sizeof *bias);
  rp_status status = RP_OK;
  if (!weight || !bias) {
    status = rp_fail(err, RP_E_MEMORY, "out of memory while quantizing");
    goto done;
  }
  RP_TRY_OR(status, done, quantize_weights(dense, net->n_blocks, weight, err));
  RP_TRY_OR(status, done, quantize_biases(dense, net->n_blocks, bias, err));
  const rp_dense_spec spec = {.n_in = dense->n_in,
                              .n_out = dense->n_out,
                              .weight = weight,
                              .bias = bias,
                              .stair = stair};
  status = rp_net_add_dense(net, &spec, err);
done:
  free(weight);
  free(bias);
  return status;
}
