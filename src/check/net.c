/* The network as a function of whole numbers. */
#include <stdlib.h>

#include "check.h"

static int64_t half(const layer *l) {
  return l->shift ? (int64_t)1 << (l->shift - 1) : 0;
}

int32_t rp_check_sigma(const layer *l, int64_t z) {
  const int64_t v = (z + half(l)) >> l->shift;
  return (int32_t)(v < l->lo ? l->lo : v > l->hi ? l->hi : v);
}

int64_t rp_check_threshold(const layer *l, int64_t v) {
  return v * ((int64_t)1 << l->shift) - half(l);
}

/* Greatest magnitude of any partial sum of neuron i, given the greatest
 * magnitudes of its inputs; -1: beyond the limit. */
static int64_t reach_of(const layer *l, int32_t i, const int64_t *inputs) {
  int64_t sum = llabs(l->b[i]);
  for (int32_t j = 0; j < l->n_in && sum <= ACC_LIMIT; j++)
    sum += llabs(l->w[(size_t)i * (size_t)l->n_in + (size_t)j]) * inputs[j];
  return sum > ACC_LIMIT ? -1 : sum;
}

/* Greatest magnitudes of the activations, from the exact range of each
 * accumulator over ranges of the inputs. */
static rp_status layer_proved(layer *l, int32_t k, int64_t **lo, int64_t **hi,
                              rp_error *err) {
  int64_t *reach = calloc((size_t)l->n_in, sizeof *reach);
  int64_t *out_lo = calloc((size_t)l->n_out, sizeof *out_lo);
  int64_t *out_hi = calloc((size_t)l->n_out, sizeof *out_hi);
  bool good = reach && out_lo && out_hi;
  for (int32_t j = 0; good && j < l->n_in; j++)
    reach[j] =
        llabs((*lo)[j]) > llabs((*hi)[j]) ? llabs((*lo)[j]) : llabs((*hi)[j]);
  for (int32_t i = 0; good && i < l->n_out; i++) {
    good = reach_of(l, i, reach) >= 0;
    int64_t z_lo = l->b[i], z_hi = l->b[i];
    for (int32_t j = 0; good && j < l->n_in; j++) {
      const int32_t w = l->w[(size_t)i * (size_t)l->n_in + (size_t)j];
      z_lo += w * (w > 0 ? (*lo)[j] : (*hi)[j]);
      z_hi += w * (w > 0 ? (*hi)[j] : (*lo)[j]);
      if (abs(w) > l->largest) l->largest = abs(w);
    }
    out_lo[i] = rp_check_sigma(l, z_lo);
    out_hi[i] = rp_check_sigma(l, z_hi);
  }
  free(reach);
  free(*lo);
  free(*hi);
  *lo = out_lo;
  *hi = out_hi;
  if (good) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "layer %d: no memory, or an accumulator beyond 2^30", k);
}

static rp_status layer_checked(const net *n, int32_t k, rp_error *err) {
  const layer *l = &n->layer[k];
  const int32_t below = k ? n->layer[k - 1].n_out : n->n_in;
  if (l->n_in != below || l->n_out < 1 || l->n_out > MOST_NEURONS)
    return rp_fail(err, RP_E_INPUT, "layer %d: %d x %d does not fit", k,
                   l->n_out, l->n_in);
  if (l->shift < 0 || l->shift > 30 || l->lo > l->hi || l->lo < -ACC_LIMIT ||
      l->hi > ACC_LIMIT)
    return rp_fail(err, RP_E_INPUT, "layer %d: staircase out of range", k);
  return RP_OK;
}

rp_status rp_check_net_finish(net *n, rp_error *err) {
  if (n->n_layers < 1 || n->n_in < 1 || n->n_in > MOST_INPUTS || n->in_hi < 1 ||
      n->in_hi > 255)
    return rp_fail(err, RP_E_INPUT, "no network: layers or inputs missing");
  int64_t *lo = calloc((size_t)n->n_in, sizeof *lo);
  int64_t *hi = calloc((size_t)n->n_in, sizeof *hi);
  rp_status st = lo && hi ? RP_OK : RP_E_MEMORY;
  for (int32_t j = 0; st == RP_OK && j < n->n_in; j++) hi[j] = n->in_hi;
  for (int32_t k = 0; st == RP_OK && k < n->n_layers; k++) {
    st = layer_checked(n, k, err);
    if (st == RP_OK) st = layer_proved(&n->layer[k], k, &lo, &hi, err);
    n->first[k + 1] = n->first[k] + n->layer[k].n_out;
  }
  free(lo);
  free(hi);
  RP_TRY(st);
  const layer *last = &n->layer[n->n_layers - 1];
  n->n_out = last->n_out;
  n->n_acc = n->first[n->n_layers];
  if (n->n_out < 2 || last->lo == last->hi || n->n_acc >= 1 << 16)
    return rp_fail(err, RP_E_INPUT,
                   "expected 2 or more outputs and values, "
                   "and fewer than 65536 accumulators");
  return RP_OK;
}

void rp_check_net_free(net *n) {
  for (int32_t k = 0; k < MOST_LAYERS; k++) {
    free(n->layer[k].w);
    free(n->layer[k].b);
  }
}

rp_status rp_check_predict(const net *n, const uint8_t *x, int32_t *class) {
  int64_t *a = malloc((size_t)n->n_in * sizeof *a);
  for (int32_t p = 0; a && p < n->n_in; p++) a[p] = x[p];
  for (int32_t k = 0; a && k < n->n_layers; k++) {
    const layer *l = &n->layer[k];
    int64_t *out = malloc((size_t)l->n_out * sizeof *out);
    for (int32_t i = 0; out && i < l->n_out; i++) {
      int64_t z = l->b[i];
      for (int32_t j = 0; j < l->n_in; j++)
        z += l->w[(size_t)i * (size_t)l->n_in + (size_t)j] * a[j];
      out[i] = rp_check_sigma(l, z);
    }
    free(a);
    a = out;
  }
  if (!a) return RP_E_MEMORY;
  *class = 0;
  for (int32_t i = 1; i < n->n_out; i++)
    if (a[i] > a[*class]) *class = i;
  free(a);
  return RP_OK;
}
