/* Networks so small that everything about them is found by enumeration: few
 * inputs of few values, activations of 2 to 4 bits, staircases from far too
 * coarse (ties) to far too fine (saturation). */
#ifndef RAMPART_TESTS_TINY_NET_H
#define RAMPART_TESTS_TINY_NET_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "net/net.h"
#include "seeded.h"

enum { TINY_INPUTS = 5 };

/** What tiny_net may draw. */
typedef struct tiny_plan {
  int32_t least_layers, most_layers;
  int32_t widest;      /* hidden layer, least 2 */
  int32_t most_inputs; /* of the whole input range */
  int32_t largest_weight;
} tiny_plan;

static inline int64_t power(int64_t base, int32_t exponent) {
  int64_t result = 1;
  for (int32_t i = 0; i < exponent; i++) result *= base;
  return result;
}

/* A step of the staircase is a fraction of what an accumulator spreads over,
 * from far above it to far below. */
static inline rp_stair tiny_stair(rp_rng *rng, double spread, bool is_signed) {
  const int32_t bits = (int32_t)between(rng, 2, 4), size = 1 << bits;
  const int32_t exact = (int32_t)lrint(log2(spread / size));
  const int32_t shift = exact + (int32_t)between(rng, -3, 2);
  const int32_t lo = is_signed ? -size / 2 : 0;
  return (rp_stair){.lo = lo,
                    .hi = lo + size - 1,
                    .shift = shift < 0    ? 0
                             : shift > 24 ? 24
                                          : shift};
}

enum { TINY_WIDEST = 8 };

/** Weights [n_out][n_in] and biases [n_out] of a layer with inputs of
 *  +-reach. Returns what its accumulators spread over. */
static inline double tiny_weights(rp_rng *rng, int32_t n_in, int32_t n_out,
                                  int32_t reach, int32_t largest,
                                  int32_t *weight, int64_t *bias) {
  const int32_t most = (int32_t)between(rng, 1, largest);
  const double spread = 1 + most * reach * sqrt(n_in);
  const uint32_t zeros = rp_rng_below(rng, 3); /* of four */
  for (int32_t i = 0; i < n_in * n_out; i++)
    weight[i] =
        rp_rng_below(rng, 4) < zeros ? 0 : (int32_t)between(rng, -most, most);
  const int64_t shift = (int64_t)(spread * rp_rng_unit(rng) / 2);
  for (int32_t i = 0; i < n_out; i++) bias[i] = between(rng, -shift, shift);
  return spread;
}

static inline rp_status tiny_layer(rp_rng *rng, rp_net *net, int32_t n_in,
                                   int32_t n_out, int32_t reach,
                                   int32_t largest, bool last,
                                   rp_stair *stair) {
  int32_t weight[TINY_WIDEST * TINY_WIDEST];
  int64_t bias[TINY_WIDEST];
  const double spread =
      tiny_weights(rng, n_in, n_out, reach, largest, weight, bias);
  *stair = tiny_stair(rng, spread, last || rp_rng_below(rng, 4) == 0);
  const rp_dense_spec spec = {n_in, n_out, weight, bias, *stair};
  return rp_net_add_dense(net, &spec, NULL);
}

/** A finished network, or NULL if something failed. */
static inline rp_net *tiny_net(rp_rng *rng, const tiny_plan *plan) {
  const int32_t dims[1] = {(int32_t)between(rng, 2, TINY_INPUTS)};
  int32_t in_hi = (int32_t)between(rng, 3, 15);
  while (in_hi > 1 && power(in_hi + 1, dims[0]) > plan->most_inputs) in_hi--;
  rp_net *net;
  if (rp_net_create("tiny", dims, 1, in_hi, &net, NULL) != RP_OK) return NULL;
  const int32_t layers =
      (int32_t)between(rng, plan->least_layers, plan->most_layers);
  int32_t n_in = dims[0], reach = in_hi;
  rp_status status = RP_OK;
  for (int32_t k = 0; k < layers && status == RP_OK; k++) {
    const bool last = k + 1 == layers;
    const int32_t n_out = (int32_t)between(rng, 2, last ? 5 : plan->widest);
    rp_stair stair;
    status = tiny_layer(rng, net, n_in, n_out, reach, plan->largest_weight,
                        last, &stair);
    reach = stair.hi;
    n_in = n_out;
  }
  if (status == RP_OK) status = rp_net_finish(net, NULL);
  if (status == RP_OK) return net;
  rp_net_free(net);
  return NULL;
}

/** Every input of a network with its prediction by the reference pass. */
typedef struct enumeration {
  int32_t n, n_in;
  uint8_t *x; /* [n][TINY_INPUTS] */
  int32_t *prediction;
} enumeration;

static inline const uint8_t *input_of(const enumeration *all, int32_t k) {
  return all->x + (size_t)k * TINY_INPUTS;
}

static inline void enumerate(const rp_net *net, enumeration *all) {
  const size_t n = (size_t)power(net->in_hi + 1, net->n_in);
  all->n_in = net->n_in;
  all->n = (int32_t)n;
  all->x = calloc(n, TINY_INPUTS);
  all->prediction = calloc(n, sizeof *all->prediction);
  if (!all->x || !all->prediction) abort();
  for (int32_t k = 0; k < all->n; k++) {
    uint8_t *x = all->x + (size_t)k * TINY_INPUTS;
    for (int32_t p = 0, rest = k; p < all->n_in; p++) {
      x[p] = (uint8_t)(rest % (net->in_hi + 1));
      rest /= net->in_hi + 1;
    }
    if (rp_reference_predict(net, x, &all->prediction[k]) != RP_OK) abort();
  }
}

static inline void enumeration_fini(enumeration *all) {
  free(all->x);
  free(all->prediction);
}

static inline int32_t distance_of(const uint8_t *x, const uint8_t *y,
                                  int32_t n) {
  int32_t most = 0;
  for (int32_t p = 0; p < n; p++)
    if (abs(x[p] - y[p]) > most) most = abs(x[p] - y[p]);
  return most;
}

/** The counterexample nearest to an input, as an index; -1: none.
 *  @param distance  out: its distance; INT32_MAX: none */
static inline int32_t nearest_change(const enumeration *all, const uint8_t *x,
                                     int32_t label, int32_t *distance) {
  int32_t nearest = -1;
  *distance = INT32_MAX;
  for (int32_t k = 0; k < all->n; k++) {
    if (all->prediction[k] == label) continue;
    const int32_t d = distance_of(x, input_of(all, k), all->n_in);
    if (d >= *distance) continue;
    *distance = d;
    nearest = k;
  }
  return nearest;
}

#endif
