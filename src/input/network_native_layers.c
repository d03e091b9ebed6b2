/* Version 1 of native network files: a chain of dense layers, each with one
 * staircase of rule R0. It is still written for such networks. */
#include <stdio.h>
#include <stdlib.h>

#include "input/network_native.h"
#include "net/op_dense.h"

static const char *const layer_names[] = {"kind", "activation_min",
                                          "activation_max", "shift", NULL};
static const char *const array_names[] = {"weight", "bias", NULL};

static bool is_layer_attribute(const char *name) {
  return rp_h5_is_among(name, layer_names);
}

static bool is_layer_array(const char *name) {
  return rp_h5_is_among(name, array_names);
}

static rp_status read_stair(hid_t group, rp_stair *stair, rp_error *err) {
  int64_t lo, hi, shift;
  RP_TRY(rp_h5_get_integer(group, "activation_min", INT32_MIN, INT32_MAX, &lo,
                           err));
  RP_TRY(rp_h5_get_integer(group, "activation_max", INT32_MIN, INT32_MAX, &hi,
                           err));
  RP_TRY(rp_h5_get_integer(group, "shift", 0, 30, &shift, err));
  *stair = (rp_stair){(int32_t)lo, (int32_t)hi, (int32_t)shift, NULL};
  return RP_OK;
}

/* Weights are read into a wider type because HDF5 would clip them silently. */
static rp_status read_layer(hid_t group, rp_net *net, rp_error *err) {
  rp_native_array weight = {.mem_type = H5T_NATIVE_INT32, .rank = 2};
  rp_native_array bias = {.mem_type = H5T_NATIVE_INT64, .rank = 1};
  const int64_t *const shape = weight.dims;
  rp_dense_spec spec;
  rp_status status;
  RP_TRY(rp_h5_refuse_others(group, is_layer_attribute, is_layer_array, err));
  RP_TRY(rp_native_expect_text(group, "kind", "dense", err));
  RP_TRY(read_stair(group, &spec.stair, err));
  RP_TRY_OR(status, done, rp_native_read_array(group, "weight", &weight, err));
  RP_TRY_OR(status, done, rp_native_read_array(group, "bias", &bias, err));
  if (bias.dims[0] != shape[0] || shape[0] > INT32_MAX ||
      shape[1] > INT32_MAX) {
    status = rp_h5_fail(group, err,
                        "expected one bias for each of %lld neurons, found "
                        "%lld",
                        (long long)shape[0], (long long)bias.dims[0]);
    goto done;
  }
  spec.n_out = (int32_t)shape[0];
  spec.n_in = (int32_t)shape[1];
  spec.weight = weight.data;
  spec.bias = bias.data;
  status =
      rp_network_add_file_name(group, rp_net_add_dense(net, &spec, err), err);
done:
  free(weight.data);
  free(bias.data);
  return status;
}

static void name_layer(int32_t k, char name[32]) {
  snprintf(name, 32, "layer%d", k);
}

/* Check the number of layers; older files lack the attribute `layers`. */
static rp_status check_layer_count(hid_t file, int32_t count, rp_error *err) {
  H5G_info_t info;
  int64_t said = count;
  if (rp_h5_has_attribute(file, "layers"))
    RP_TRY(rp_h5_get_integer(file, "layers", 1, INT32_MAX, &said, err));
  if (said != count)
    return rp_h5_fail(file, err,
                      "expected groups layer0 to layer%d (attribute 'layers'), "
                      "found the first %d",
                      (int)said - 1, count);
  if (H5Gget_info(file, &info) < 0 || info.nlinks != (hsize_t)count)
    return rp_h5_fail(file, err,
                      "expected groups layer0, layer1, ... and no others, "
                      "found others after %d of them",
                      count);
  return RP_OK;
}

rp_status rp_native_read_layers(hid_t file, rp_net *net, rp_error *err) {
  char name[32];
  int32_t k = 0;
  for (name_layer(k, name); rp_h5_has_object(file, name);
       name_layer(++k, name)) {
    hid_t group;
    RP_TRY(rp_h5_open_group(file, name, &group, err));
    const rp_status status = read_layer(group, net, err);
    rp_h5_close(group);
    if (status != RP_OK) return status;
  }
  return check_layer_count(file, k, err);
}

/* ---- Writing ---- */

bool rp_native_is_chain_of_layers(const rp_net *net) {
  if (!rp_net_is_dense_chain(net) || net->in_lo != 0 || net->in_zero != 0)
    return false;
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *layer = &net->block[k];
    if (rp_stair_find_other(layer->stair, layer->n_out) < layer->n_out)
      return false;
  }
  return true;
}

static rp_status write_layer(hid_t group, const void *what, rp_error *err) {
  const rp_block *layer = what;
  const rp_stair *stair = &layer->stair[0];
  const rp_op *op = layer->term[0].op;
  const int64_t shape[2] = {layer->n_out, op->n_in};
  RP_TRY(rp_h5_set_string(group, "kind", op->kind->name, err));
  RP_TRY(rp_native_set_integer(group, "activation_min", stair->lo, err));
  RP_TRY(rp_native_set_integer(group, "activation_max", stair->hi, err));
  RP_TRY(rp_native_set_integer(group, "shift", rp_stair_shift(stair), err));
  const rp_h5_numbers weight = {H5T_STD_I16LE, H5T_NATIVE_INT16, 2, shape,
                                rp_op_dense_weights(op)};
  const rp_h5_numbers bias = {H5T_STD_I32LE, H5T_NATIVE_INT32, 1, shape,
                              layer->bias};
  RP_TRY(rp_h5_write_numbers(group, "weight", &weight, err));
  return rp_h5_write_numbers(group, "bias", &bias, err);
}

rp_status rp_native_write_layers(hid_t file, const rp_net *net, rp_error *err) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    char name[32];
    name_layer(k, name);
    RP_TRY(rp_native_write_group(file, name, write_layer, &net->block[k], err));
  }
  return RP_OK;
}
