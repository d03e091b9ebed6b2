/* Random networks of random shapes whose accumulators are in range: the
 * weights of a layer are scaled to its inputs. */
#ifndef RAMPART_TESTS_RANDOM_NET_H
#define RAMPART_TESTS_RANDOM_NET_H

#include <stdlib.h>

#include "net/net.h"
#include "random_stair.h"

/** What random_net may draw. */
typedef struct random_net_plan {
  int32_t most_layers, widest;
  int32_t most_activation; /* 2^15 and more take the wide loops */
} random_net_plan;

static inline rp_stair random_stair(rp_rng *rng, int32_t most, bool last) {
  const int32_t hi = (int32_t)between(rng, 1, between(rng, 1, most));
  const bool negative = last || rp_rng_below(rng, 4) == 0;
  return (rp_stair){.lo = negative ? -hi - 1 : 0,
                    .hi = hi,
                    .shift = (int32_t)rp_rng_below(rng, 16)};
}

/** Appends a layer of n_out neurons; inputs are within +-reach. */
static inline rp_status random_layer(rp_rng *rng, rp_net *net, int32_t n_in,
                                     int32_t n_out, int64_t reach,
                                     rp_stair stair) {
  const int64_t fits = ((int64_t)1 << 29) / (n_in * reach);
  const int64_t most = between(rng, 1,
                               fits < 1       ? 1
                               : fits > 32767 ? 32767
                                              : fits);
  int32_t *weight = calloc((size_t)n_in * (size_t)n_out, sizeof *weight);
  int64_t *bias = calloc((size_t)n_out, sizeof *bias);
  for (int32_t i = 0; i < n_in * n_out; i++)
    weight[i] = rp_rng_below(rng, 8) ? (int32_t)between(rng, -most, most) : 0;
  const int64_t shift = between(rng, 0, most * reach);
  for (int32_t i = 0; i < n_out; i++) bias[i] = between(rng, -shift, shift);
  const rp_dense_spec spec = {n_in, n_out, weight, bias, stair};
  const rp_status status = rp_net_add_dense(net, &spec, NULL);
  free(weight);
  free(bias);
  return status;
}

/** The staircase with the same values over a random table. */
static inline rp_stair random_net_table(rp_rng *rng, rp_net *net,
                                        rp_stair even) {
  const int32_t n = even.hi - even.lo;
  const int32_t width = 1 << even.shift;
  int64_t *threshold = calloc((size_t)n, sizeof *threshold);
  rp_stair stair = {.lo = even.lo, .hi = even.hi};
  if (!threshold) abort();
  random_thresholds(rng, n, width, threshold);
  if (rp_net_add_table(net, threshold, n, &stair.table, NULL) != RP_OK) abort();
  free(threshold);
  return stair;
}

/** A finished network, or NULL if something failed.
 *  @param with_tables  two layers of three have tables of thresholds */
static inline rp_net *random_net_of(rp_rng *rng, const random_net_plan *plan,
                                    bool with_tables) {
  const int32_t layers = (int32_t)between(rng, 1, plan->most_layers);
  const int32_t dims[1] = {(int32_t)between(rng, 1, plan->widest)};
  const int32_t in_hi =
      rp_rng_below(rng, 2) ? 255 : (int32_t)between(rng, 1, 255);
  int32_t n_in = dims[0];
  int64_t reach = in_hi;
  rp_net *net;
  if (rp_net_create("random", dims, 1, in_hi, &net, NULL) != RP_OK) return NULL;
  rp_status status = RP_OK;
  for (int32_t k = 0; k < layers && status == RP_OK; k++) {
    const bool last = k + 1 == layers;
    const int32_t n_out =
        (int32_t)between(rng, last ? 2 : 1, plan->widest + last);
    rp_stair stair = random_stair(rng, plan->most_activation, last);
    if (with_tables && stair.hi - stair.lo <= RP_MOST_STEPS &&
        rp_rng_below(rng, 3))
      stair = random_net_table(rng, net, stair);
    status = random_layer(rng, net, n_in, n_out, reach, stair);
    reach = (int64_t)stair.hi + 1;
    n_in = n_out;
  }
  if (status == RP_OK) status = rp_net_finish(net, NULL);
  if (status == RP_OK) return net;
  rp_net_free(net);
  return NULL;
}

static inline rp_net *random_net(rp_rng *rng, const random_net_plan *plan) {
  return random_net_of(rng, plan, false);
}

/** An input: random, or one of the corners. */
static inline void random_input(rp_rng *rng, const rp_net *net, uint8_t *x) {
  const uint32_t kind = rp_rng_below(rng, 4);
  for (int32_t j = 0; j < net->n_in; j++)
    x[j] = (uint8_t)(kind == 0   ? 0
                     : kind == 1 ? net->in_hi
                     : kind == 2 ? net->in_hi * (int32_t)rp_rng_below(rng, 2)
                                 : between(rng, 0, net->in_hi));
}

#endif
