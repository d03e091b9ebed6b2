/* Bytes of the setup: the build that put them, options by the rows of their
 * table, the network layer by layer. A rank builds the network by the same
 * calls as a file reader, so a damaged message can at worst be refused. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "net/op_dense.h"
#include "run/build.h"
#include "run/wire.h"

static void put_options(rp_bytes *wire, const rp_options *options) {
  size_t count;
  const rp_option_info *const info = rp_option_rows(&count);
  rp_bytes_put(wire, options->engine, 1);
  rp_bytes_put(wire, options->evidence, 1);
  rp_bytes_put(wire, count, 2);
  for (size_t i = 0; i < count; i++) { /* every type has eight bytes */
    uint64_t bits;
    memcpy(&bits, (const char *)options + info[i].offset, sizeof bits);
    rp_bytes_put(wire, bits, 8);
  }
}

static void get_options(rp_bytes *wire, rp_options *options) {
  size_t count;
  const rp_option_info *const info = rp_option_rows(&count);
  rp_options_default(options);
  options->engine = (rp_engine)rp_bytes_get(wire, 1);
  options->evidence = (rp_keep)rp_bytes_get(wire, 1);
  if (rp_bytes_get(wire, 2) != count) wire->failed = true;
  for (size_t i = 0; i < count && !wire->failed; i++) {
    const uint64_t bits = rp_bytes_get(wire, 8);
    memcpy((char *)options + info[i].offset, &bits, sizeof bits);
  }
}

/* A layer is packed with one staircase, as every reader builds it. */
static void put_layer(rp_bytes *wire, const rp_block *layer) {
  const rp_op *op = layer->term[0].op;
  rp_bytes_put(wire, (uint64_t)op->n_in, 4);
  rp_bytes_put(wire, (uint64_t)layer->n_out, 4);
  rp_bytes_put(wire, (uint64_t)layer->stair[0].lo, 4);
  rp_bytes_put(wire, (uint64_t)layer->stair[0].hi, 4);
  rp_bytes_put(wire, (uint64_t)rp_stair_shift(&layer->stair[0]), 4);
  const int16_t *const weight = rp_op_dense_weights(op);
  const size_t weights = (size_t)op->n_in * (size_t)layer->n_out;
  for (size_t i = 0; i < weights; i++)
    rp_bytes_put(wire, (uint64_t)weight[i], 2);
  for (int32_t i = 0; i < layer->n_out; i++)
    rp_bytes_put(wire, (uint64_t)layer->bias[i], 4);
}

static rp_status get_layer(rp_bytes *wire, rp_net *net, rp_error *err) {
  rp_dense_spec spec = {0};
  spec.n_in = (int32_t)rp_bytes_get_signed(wire, 4);
  spec.n_out = (int32_t)rp_bytes_get_signed(wire, 4);
  spec.stair.lo = (int32_t)rp_bytes_get_signed(wire, 4);
  spec.stair.hi = (int32_t)rp_bytes_get_signed(wire, 4);
  spec.stair.shift = (int32_t)rp_bytes_get_signed(wire, 4);
  if (wire->failed || spec.n_in < 1 || spec.n_out < 1)
    return rp_fail(err, RP_E_INTERNAL, "setup message: a layer is damaged");
  const size_t n_in = (size_t)spec.n_in, n_out = (size_t)spec.n_out;
  if (n_in * n_out > wire->size - wire->at)
    return rp_fail(err, RP_E_INTERNAL, "setup message: too short");
  int32_t *const weight = rp_alloc(n_in * n_out, sizeof *weight);
  int64_t *const bias = rp_alloc(n_out, sizeof *bias);
  rp_status st = RP_E_MEMORY;
  if (weight && bias) {
    for (size_t i = 0; i < n_in * n_out; i++)
      weight[i] = (int32_t)rp_bytes_get_signed(wire, 2);
    for (size_t i = 0; i < n_out; i++) bias[i] = rp_bytes_get_signed(wire, 4);
    spec.weight = weight;
    spec.bias = bias;
    st = rp_net_add_dense(net, &spec, err);
  }
  free(weight);
  free(bias);
  return st;
}

static rp_status put_net(rp_bytes *wire, const rp_net *net, rp_error *err) {
  rp_bytes_append(wire, net->name, sizeof net->name);
  rp_bytes_append(wire, net->sha256, sizeof net->sha256);
  rp_bytes_put(wire, net->rule, 1);
  rp_bytes_put(wire, (uint64_t)net->in_hi, 2);
  rp_bytes_put(wire, (uint64_t)net->n_dims, 1);
  for (int32_t i = 0; i < net->n_dims; i++)
    rp_bytes_put(wire, (uint64_t)net->dims[i], 4);
  rp_bytes_put(wire, (uint64_t)net->n_blocks, 2);
  for (int32_t k = 0; k < net->n_blocks; k++) {
    if (!rp_net_is_dense_chain(net) ||
        rp_stair_find_other(net->block[k].stair, net->block[k].n_out) <
            net->block[k].n_out)
      return rp_fail(err, RP_E_INTERNAL,
                     "layer %d: neurons with different staircases cannot be "
                     "sent to other ranks",
                     k);
    put_layer(wire, &net->block[k]);
  }
  return RP_OK;
}

static rp_status get_layers(rp_bytes *wire, rp_net *net, rp_error *err) {
  const int n_blocks = (int)rp_bytes_get(wire, 2);
  for (int k = 0; k < n_blocks; k++) RP_TRY(get_layer(wire, net, err));
  return rp_net_finish(net, err);
}

static rp_status get_net(rp_bytes *wire, rp_net **net, rp_error *err) {
  char name[RP_NET_NAME_SIZE], sha256[65];
  rp_bytes_copy(wire, name, sizeof name);
  rp_bytes_copy(wire, sha256, sizeof sha256);
  name[sizeof name - 1] = sha256[sizeof sha256 - 1] = '\0';
  const rp_rule rule = (rp_rule)rp_bytes_get(wire, 1);
  const int32_t in_hi = (int32_t)rp_bytes_get(wire, 2);
  const int32_t n_dims = (int32_t)rp_bytes_get(wire, 1);
  int32_t dims[RP_MAX_DIMS];
  if (wire->failed || n_dims < 1 || n_dims > RP_MAX_DIMS)
    return rp_fail(err, RP_E_INTERNAL, "setup message: the head is damaged");
  for (int32_t i = 0; i < n_dims; i++)
    dims[i] = (int32_t)rp_bytes_get_signed(wire, 4);
  rp_net *made;
  RP_TRY(rp_net_create(name, dims, n_dims, in_hi, &made, err));
  made->rule = rule;
  memcpy(made->sha256, sha256, sizeof sha256);
  const rp_status st = get_layers(wire, made, err);
  if (st == RP_OK)
    *net = made;
  else
    rp_net_free(made);
  return st;
}

static void put_build(rp_bytes *wire) {
  char build[RP_BUILD_SIZE];
  rp_build_name(build);
  rp_bytes_append(wire, build, sizeof build);
}

/* The build comes first, since the rest may mean something else to another
 * build. */
static rp_status check_build(rp_bytes *wire, rp_error *err) {
  char own[RP_BUILD_SIZE], other[RP_BUILD_SIZE];
  rp_build_name(own);
  rp_bytes_copy(wire, other, sizeof other);
  if (wire->failed)
    return rp_fail(err, RP_E_INTERNAL, "setup message: too short");
  if (!memcmp(own, other, sizeof own)) return RP_OK;
  other[sizeof other - 1] = '\0';
  return rp_fail(err, RP_E_USAGE,
                 "another build of Rampart: expected %s, as rank 0, found %s",
                 other, own);
}

rp_status rp_wire_put_setup(rp_bytes *wire, const rp_net *net,
                            const rp_options *options, rp_error *err) {
  put_build(wire);
  put_options(wire, options);
  RP_TRY(put_net(wire, net, err));
  if (wire->failed)
    return rp_fail(err, RP_E_MEMORY, "setup message: out of memory");
  return RP_OK;
}

rp_status rp_wire_get_setup(rp_bytes *wire, rp_net **net, rp_options *options,
                            rp_error *err) {
  RP_TRY(check_build(wire, err));
  get_options(wire, options);
  RP_TRY(get_net(wire, net, err));
  if (rp_bytes_are_read(wire)) return RP_OK;
  rp_net_free(*net);
  *net = NULL;
  return rp_fail(err, RP_E_INTERNAL, "setup message: of the wrong length");
}
