/* Bytes of a network, block by block. A rank builds it by the same calls as a
 * file reader, so a damaged message can at worst be refused. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "net/block_spec.h"
#include "net/op_bytes.h"
#include "run/wire.h"

/* How a staircase rounds. */
enum { EVEN, TABLE, LAST_TABLE /* of the same block */ };

static rp_status fail_damaged(rp_error *err) {
  return rp_fail(err, RP_E_INTERNAL, "setup message: the network is damaged");
}

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "setup message: out of memory");
}

/* Errors of building are errors of the message. */
static rp_status fail_to_build(rp_status status, rp_error *err) {
  if (status != RP_E_INPUT || !err) return status;
  const rp_error inner = *err;
  return rp_fail(err, RP_E_INTERNAL, "setup message: %.400s", inner.text);
}

/* Are there so many things of so many bytes? */
static bool has(const rp_bytes *wire, int64_t n, size_t bytes) {
  return !wire->failed && n >= 0 &&
         (uint64_t)n <= (wire->size - wire->at) / bytes;
}

/* ---- Staircases ---- */

static void put_stair(rp_bytes *wire, const rp_stair *stair,
                      const rp_stair_table **last) {
  rp_bytes_put(wire, (uint64_t)stair->lo, 4);
  rp_bytes_put(wire, (uint64_t)stair->hi, 4);
  rp_bytes_put(wire, (uint64_t)rp_stair_shift(stair), 1);
  const int how = rp_stair_is_even(stair) ? EVEN
                  : stair->table == *last ? LAST_TABLE
                                          : TABLE;
  rp_bytes_put(wire, (uint64_t)how, 1);
  if (how != TABLE) return;
  for (int32_t v = stair->lo + 1; v <= stair->hi; v++)
    rp_bytes_put(wire, (uint64_t)rp_stair_threshold(stair, v), 8);
  *last = stair->table;
}

static rp_status get_table(rp_bytes *wire, rp_net *net, int64_t steps,
                           const rp_stair_table **table, rp_error *err) {
  if (steps < 1 || steps > RP_MOST_STEPS || !has(wire, steps, 8))
    return fail_damaged(err);
  int64_t *const threshold = rp_alloc((size_t)steps, sizeof *threshold);
  if (!threshold) return fail_out_of_memory(err);
  for (int64_t i = 0; i < steps; i++)
    threshold[i] = rp_bytes_get_signed(wire, 8);
  const rp_status status =
      rp_net_add_table(net, threshold, (int32_t)steps, table, err);
  free(threshold);
  return fail_to_build(status, err);
}

static rp_status get_stair(rp_bytes *wire, rp_net *net, rp_stair *stair,
                           const rp_stair_table **last, rp_error *err) {
  stair->lo = (int32_t)rp_bytes_get_signed(wire, 4);
  stair->hi = (int32_t)rp_bytes_get_signed(wire, 4);
  stair->shift = (int32_t)rp_bytes_get_signed(wire, 1);
  const uint64_t how = rp_bytes_get(wire, 1);
  if (how > LAST_TABLE || (how == LAST_TABLE && !*last))
    return fail_damaged(err);
  if (how == TABLE)
    RP_TRY(get_table(wire, net, (int64_t)stair->hi - stair->lo, last, err));
  stair->table = how == EVEN ? NULL : *last;
  return RP_OK;
}

static rp_status get_stairs(rp_bytes *wire, rp_net *net, rp_block_spec *spec,
                            rp_error *err) {
  spec->n_stairs = (int32_t)rp_bytes_get_signed(wire, 4);
  if (spec->n_stairs < 1 || !has(wire, spec->n_stairs, 10))
    return fail_damaged(err);
  rp_stair *const stair = rp_alloc((size_t)spec->n_stairs, sizeof *stair);
  if (!stair) return fail_out_of_memory(err);
  spec->stair = stair;
  const rp_stair_table *last = NULL;
  for (int32_t c = 0; c < spec->n_stairs; c++)
    RP_TRY(get_stair(wire, net, &stair[c], &last, err));
  return RP_OK;
}

/* ---- Blocks ---- */

static void put_spec(rp_bytes *wire, const rp_block_spec *spec) {
  rp_bytes_put(wire, (uint64_t)spec->n_out, 4);
  rp_bytes_put(wire, (uint64_t)(spec->owner ? spec->n_acc : 0), 4);
  for (int32_t i = 0; spec->owner && i < spec->n_acc; i++)
    rp_bytes_put(wire, (uint64_t)spec->owner[i], 4);
  const int32_t n_acc = spec->owner ? spec->n_acc : spec->n_out;
  for (int32_t i = 0; i < n_acc; i++)
    rp_bytes_put(wire, (uint64_t)spec->bias[i], 8);
  rp_bytes_put(wire, (uint64_t)spec->n_stairs, 4);
  const rp_stair_table *last = NULL;
  for (int32_t c = 0; c < spec->n_stairs; c++)
    put_stair(wire, &spec->stair[c], &last);
  rp_bytes_put(wire, (uint64_t)spec->n_terms, 4);
  for (int32_t t = 0; t < spec->n_terms; t++) {
    rp_bytes_put(wire, (uint64_t)spec->term[t].source, 4);
    rp_op_put(wire, spec->term[t].op);
  }
}

/* The neuron of each accumulator, where neurons are maxima. */
static rp_status get_owners(rp_bytes *wire, rp_block_spec *spec,
                            rp_error *err) {
  spec->n_out = (int32_t)rp_bytes_get_signed(wire, 4);
  spec->n_acc = (int32_t)rp_bytes_get_signed(wire, 4);
  if (spec->n_out < 1 || spec->n_acc < 0 || !has(wire, spec->n_acc, 4))
    return fail_damaged(err);
  if (spec->n_acc == 0) return RP_OK;
  int32_t *const owner = rp_alloc((size_t)spec->n_acc, sizeof *owner);
  if (!owner) return fail_out_of_memory(err);
  for (int32_t i = 0; i < spec->n_acc; i++)
    owner[i] = (int32_t)rp_bytes_get_signed(wire, 4);
  spec->owner = owner;
  return RP_OK;
}

static int32_t count_rows(const rp_block_spec *spec) {
  return spec->owner ? spec->n_acc : spec->n_out;
}

static rp_status get_biases(rp_bytes *wire, rp_block_spec *spec,
                            rp_error *err) {
  const int32_t n = count_rows(spec);
  if (!has(wire, n, 8)) return fail_damaged(err);
  int64_t *const bias = rp_alloc((size_t)n, sizeof *bias);
  if (!bias) return fail_out_of_memory(err);
  for (int32_t i = 0; i < n; i++) bias[i] = rp_bytes_get_signed(wire, 8);
  spec->bias = bias;
  return RP_OK;
}

static rp_status get_term(rp_bytes *wire, const rp_net *net, int32_t n_out,
                          rp_term *term, rp_error *err) {
  term->source = (int32_t)rp_bytes_get_signed(wire, 4);
  if (term->source < RP_INPUT || term->source >= net->n_blocks)
    return fail_damaged(err);
  const int32_t n_in =
      term->source == RP_INPUT ? net->n_in : net->block[term->source].n_out;
  return fail_to_build(rp_op_get(wire, n_out, n_in, &term->op, err), err);
}

static rp_status get_terms(rp_bytes *wire, const rp_net *net,
                           rp_block_spec *spec, rp_error *err) {
  const int32_t n = (int32_t)rp_bytes_get_signed(wire, 4);
  if (n < 1 || !has(wire, n, 5)) return fail_damaged(err);
  spec->term = rp_alloc((size_t)n, sizeof *spec->term);
  if (!spec->term) return fail_out_of_memory(err);
  for (; spec->n_terms < n; spec->n_terms++)
    RP_TRY(
        get_term(wire, net, count_rows(spec), &spec->term[spec->n_terms], err));
  return RP_OK;
}

static rp_status get_block(rp_bytes *wire, rp_net *net, rp_error *err) {
  rp_block_spec spec = {.n_terms = 0};
  rp_status status = get_owners(wire, &spec, err);
  if (status == RP_OK) status = get_biases(wire, &spec, err);
  if (status == RP_OK) status = get_stairs(wire, net, &spec, err);
  if (status == RP_OK) status = get_terms(wire, net, &spec, err);
  if (status == RP_OK) {
    status = fail_to_build(rp_net_add_block(net, &spec, err), err);
    spec.n_terms = 0; /* the network has taken the operators */
  }
  for (int32_t t = 0; t < spec.n_terms; t++) rp_op_free(spec.term[t].op);
  free(spec.term);
  free((int32_t *)spec.owner);
  rp_block_spec_fini(&spec);
  return status;
}

static rp_status get_blocks(rp_bytes *wire, rp_net *net, rp_error *err) {
  const int32_t n = (int32_t)rp_bytes_get_signed(wire, 4);
  for (int32_t k = 0; k < n; k++) RP_TRY(get_block(wire, net, err));
  return fail_to_build(rp_net_finish(net, err), err);
}

/* ---- The network ---- */

rp_status rp_wire_put_net(rp_bytes *wire, const rp_net *net, rp_error *err) {
  rp_bytes_append(wire, net->name, sizeof net->name);
  rp_bytes_append(wire, net->sha256, sizeof net->sha256);
  rp_bytes_put(wire, net->rule, 1);
  rp_bytes_put(wire, (uint64_t)net->in_hi, 2);
  rp_bytes_put(wire, (uint64_t)net->in_lo, 2);
  rp_bytes_put(wire, (uint64_t)net->in_zero, 2);
  rp_bytes_put(wire, (uint64_t)net->n_dims, 1);
  for (int32_t i = 0; i < net->n_dims; i++)
    rp_bytes_put(wire, (uint64_t)net->dims[i], 4);
  rp_bytes_put(wire, (uint64_t)net->n_blocks, 4);
  for (int32_t k = 0; k < net->n_blocks; k++) {
    rp_block_spec spec;
    RP_TRY(rp_block_get_spec(net, k, &spec, err));
    put_spec(wire, &spec);
    rp_block_spec_fini(&spec);
  }
  return RP_OK;
}

/* Make the empty network. */
static rp_status get_head(rp_bytes *wire, rp_net **net, rp_error *err) {
  char name[RP_NET_NAME_SIZE], sha256[65];
  rp_bytes_copy(wire, name, sizeof name);
  rp_bytes_copy(wire, sha256, sizeof sha256);
  name[sizeof name - 1] = sha256[sizeof sha256 - 1] = '\0';
  const rp_rule rule = (rp_rule)rp_bytes_get(wire, 1);
  const int32_t in_hi = (int32_t)rp_bytes_get(wire, 2);
  const int32_t in_lo = (int32_t)rp_bytes_get_signed(wire, 2);
  const int32_t in_zero = (int32_t)rp_bytes_get_signed(wire, 2);
  const int32_t n_dims = (int32_t)rp_bytes_get(wire, 1);
  int32_t dims[RP_MAX_DIMS];
  if (wire->failed || n_dims < 1 || n_dims > RP_MAX_DIMS || rule != RP_RULE_R0)
    return fail_damaged(err);
  for (int32_t i = 0; i < n_dims; i++)
    dims[i] = (int32_t)rp_bytes_get_signed(wire, 4);
  RP_TRY(
      fail_to_build(rp_net_create(name, dims, n_dims, in_hi, net, err), err));
  (*net)->rule = rule;
  memcpy((*net)->sha256, sha256, sizeof sha256);
  return rp_net_set_input(*net, in_lo, in_zero, err);
}

rp_status rp_wire_get_net(rp_bytes *wire, rp_net **net, rp_error *err) {
  rp_net *made = NULL;
  rp_status status = get_head(wire, &made, err);
  if (status == RP_OK) status = get_blocks(wire, made, err);
  if (status == RP_OK)
    *net = made;
  else
    rp_net_free(made);
  return status;
}
