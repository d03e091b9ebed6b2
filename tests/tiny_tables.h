/* Tiny networks in which every neuron has a staircase of its own, of equal
 * steps or a table of any kind; outputs too, with ranges of their own. */
#ifndef RAMPART_TESTS_TINY_TABLES_H
#define RAMPART_TESTS_TINY_TABLES_H

#include "net/op_dense.h"
#include "random_stair.h"
#include "tiny_net.h"

enum { TINY_STEPS = 15 };

/* Signed ones are about even around 0, so that outputs compete. */
static inline rp_stair tiny_stair_of_any_kind(rp_rng *rng, rp_net *net,
                                              double spread, bool is_signed) {
  int64_t threshold[TINY_STEPS];
  if (rp_rng_below(rng, 4) == 0) return tiny_stair(rng, spread, is_signed);
  const int32_t n = (int32_t)between(rng, is_signed ? 5 : 1, TINY_STEPS);
  const double width = ldexp(spread / n, (int)between(rng, -3, 1));
  rp_stair stair = {.lo = is_signed ? (int32_t)between(rng, -1, 1) - n / 2 : 0};
  stair.hi = stair.lo + n;
  random_thresholds(rng, n, (int32_t)width + 1, threshold);
  if (rp_net_add_table(net, threshold, n, &stair.table, NULL) != RP_OK) abort();
  return stair;
}

/** @param reach  of the inputs; out: of the activations */
static inline rp_status tiny_tables_layer(rp_rng *rng, rp_net *net,
                                          int32_t n_in, int32_t n_out,
                                          int32_t largest, bool last,
                                          int32_t *reach) {
  int32_t weight[TINY_WIDEST * TINY_WIDEST];
  int64_t bias[TINY_WIDEST];
  rp_stair stair[TINY_WIDEST];
  const double spread =
      tiny_weights(rng, n_in, n_out, *reach, largest, weight, bias);
  rp_term term = {net->n_blocks - 1, rp_op_dense_create(n_out, n_in)};
  if (!term.op) abort();
  *reach = 1;
  for (int32_t i = 0; i < n_out; i++) {
    (void)rp_op_dense_set_row(term.op, i, weight + (ptrdiff_t)i * n_in);
    stair[i] = tiny_stair_of_any_kind(rng, net, spread,
                                      last || rp_rng_below(rng, 3) == 0);
    if (stair[i].hi > *reach) *reach = stair[i].hi;
    if (-stair[i].lo > *reach) *reach = -stair[i].lo;
  }
  const rp_block_spec spec = {.n_out = n_out,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = n_out,
                              .stair = stair};
  return rp_net_add_block(net, &spec, NULL);
}

/** A finished network, or NULL if something failed. */
static inline rp_net *tiny_tables_net(rp_rng *rng, const tiny_plan *plan) {
  const int32_t dims[1] = {(int32_t)between(rng, 2, TINY_INPUTS)};
  int32_t in_hi = (int32_t)between(rng, 3, 15);
  while (in_hi > 1 && power(in_hi + 1, dims[0]) > plan->most_inputs) in_hi--;
  rp_net *net;
  if (rp_net_create("tables", dims, 1, in_hi, &net, NULL) != RP_OK) return NULL;
  const int32_t layers =
      (int32_t)between(rng, plan->least_layers, plan->most_layers);
  int32_t n_in = dims[0], reach = in_hi;
  rp_status status = RP_OK;
  for (int32_t k = 0; k < layers && status == RP_OK; k++) {
    const bool last = k + 1 == layers;
    const int32_t n_out = (int32_t)between(rng, 2, last ? 5 : plan->widest);
    status = tiny_tables_layer(rng, net, n_in, n_out, plan->largest_weight,
                               last, &reach);
    n_in = n_out;
  }
  if (status == RP_OK) status = rp_net_finish(net, NULL);
  if (status == RP_OK) return net;
  rp_net_free(net);
  return NULL;
}

#endif
