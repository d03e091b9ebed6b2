/* Reads and writes Rampart's own network files, version 1. The reader refuses
 * everything that it does not know, because an unknown group might be a layer.
 * All metadata carry checksums (see h5util.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/h5strict.h"
#include "input/network_formats.h"
#include "net/op_dense.h"

enum { NATIVE_VERSION = 1 };

static const char *const header_names[] = {"format", "version",   "name",
                                           "rule",   "input_max", "input_shape",
                                           "layers", NULL};
static const char *const layer_names[] = {"kind", "activation_min",
                                          "activation_max", "shift", NULL};
static const char *const array_names[] = {"weight", "bias", NULL};

static rp_status expect_text(hid_t object, const char *name,
                             const char *expected, rp_error *err) {
  char found[64];
  RP_TRY(rp_h5_get_string(object, name, found, sizeof found, err));
  if (strcmp(found, expected) != 0)
    return rp_h5_fail(object, err, "attribute '%s': expected '%s', found '%s'",
                      name, expected, found);
  return RP_OK;
}

static bool is_header_attribute(const char *name) {
  return rp_h5_is_among(name, header_names);
}

static bool is_layer_attribute(const char *name) {
  return rp_h5_is_among(name, layer_names);
}

static bool is_layer_array(const char *name) {
  return rp_h5_is_among(name, array_names);
}

/* Check the version first: files of other versions may hold other things. */
static rp_status check_version(hid_t file, rp_error *err) {
  int64_t version;
  RP_TRY(expect_text(file, "format", RP_NATIVE_FORMAT, err));
  RP_TRY(rp_h5_get_integer(file, "version", 1, INT32_MAX, &version, err));
  if (version != NATIVE_VERSION)
    return rp_h5_fail(
        file, err,
        "network of version %lld: this version of Rampart reads version %d",
        (long long)version, NATIVE_VERSION);
  return rp_h5_refuse_others(file, is_header_attribute, rp_h5_is_always_known,
                             err);
}

static rp_status read_header(hid_t file, const rp_network_source *source,
                             rp_net **net, rp_error *err) {
  int64_t in_hi, shape[RP_MAX_DIMS];
  int32_t n_dims, dims[RP_MAX_DIMS];
  char name[RP_NET_NAME_SIZE];
  RP_TRY(check_version(file, err));
  RP_TRY(expect_text(file, "rule", "R0", err));
  RP_TRY(rp_h5_get_integer(file, "input_max", 1, 255, &in_hi, err));
  RP_TRY(rp_h5_get_string(file, "name", name, sizeof name, err));
  RP_TRY(rp_h5_get_integers(file, "input_shape", shape, RP_MAX_DIMS, &n_dims,
                            err));
  for (int32_t d = 0; d < n_dims; d++) {
    if (shape[d] < 1 || shape[d] > INT32_MAX)
      return rp_h5_fail(file, err,
                        "attribute 'input_shape': expected sizes from 1, "
                        "found %lld",
                        (long long)shape[d]);
    dims[d] = (int32_t)shape[d];
  }
  return rp_network_add_file_name(
      file,
      rp_net_create(source->name ? source->name : name, dims, n_dims,
                    (int32_t)in_hi, net, err),
      err);
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

typedef struct array {
  hid_t mem_type;
  int32_t rank;
  int64_t dims[2];
  void *data; /* malloc'ed */
} array;

/* Read the array `name` of the group. */
static rp_status read_array(hid_t group, const char *name, array *to,
                            rp_error *err) {
  hid_t id;
  RP_TRY(rp_h5_open_array(group, name, to->rank, to->dims, &id, err));
  const rp_status status = rp_h5_read_numbers(
      id, to->mem_type, RP_MOST_WEIGHT_BYTES, &to->data, err);
  rp_h5_close(id);
  return status;
}

/* Weights are read into a wider type because HDF5 would clip them silently. */
static rp_status read_layer(hid_t group, rp_net *net, rp_error *err) {
  array weight = {.mem_type = H5T_NATIVE_INT32, .rank = 2};
  array bias = {.mem_type = H5T_NATIVE_INT64, .rank = 1};
  const int64_t *const shape = weight.dims;
  rp_dense_spec spec;
  rp_status status;
  RP_TRY(rp_h5_refuse_others(group, is_layer_attribute, is_layer_array, err));
  RP_TRY(expect_text(group, "kind", "dense", err));
  RP_TRY(read_stair(group, &spec.stair, err));
  RP_TRY_OR(status, done, read_array(group, "weight", &weight, err));
  RP_TRY_OR(status, done, read_array(group, "bias", &bias, err));
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

static rp_status read_layers(hid_t file, rp_net *net, rp_error *err) {
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

rp_status rp_network_read_native(hid_t file, const rp_network_source *source,
                                 rp_net **net, rp_error *err) {
  rp_net *made = NULL;
  RP_TRY(read_header(file, source, &made, err));
  rp_status status = read_layers(file, made, err);
  if (status == RP_OK)
    status = rp_network_add_file_name(file, rp_net_finish(made, err), err);
  if (status != RP_OK) {
    rp_net_free(made);
    return status;
  }
  *net = made;
  return RP_OK;
}

/* ---- Writing ---- */

static rp_status set_integer(hid_t object, const char *name, int32_t value,
                             rp_error *err) {
  const int64_t wide = value;
  return rp_h5_set_integers(object, name, H5T_STD_I32LE, &wide, 0, err);
}

static rp_status write_header(hid_t file, const rp_net *net, rp_error *err) {
  int64_t shape[RP_MAX_DIMS];
  for (int32_t d = 0; d < net->n_dims; d++) shape[d] = net->dims[d];
  RP_TRY(rp_h5_set_string(file, "format", RP_NATIVE_FORMAT, err));
  RP_TRY(set_integer(file, "version", NATIVE_VERSION, err));
  RP_TRY(rp_h5_set_string(file, "name", net->name, err));
  RP_TRY(rp_h5_set_string(file, "rule", "R0", err));
  RP_TRY(set_integer(file, "input_max", net->in_hi, err));
  RP_TRY(set_integer(file, "layers", net->n_blocks, err));
  return rp_h5_set_integers(file, "input_shape", H5T_STD_I32LE, shape,
                            net->n_dims, err);
}

static rp_status write_layer(hid_t group, const rp_block *layer,
                             rp_error *err) {
  const rp_stair *stair = &layer->stair[0];
  const rp_op *op = layer->term[0].op;
  const int64_t shape[2] = {layer->n_out, op->n_in};
  const int32_t other = rp_stair_find_other(stair, layer->n_out);
  if (other < layer->n_out)
    return rp_fail(err, RP_E_RANGE,
                   "expected one staircase for all neurons of a layer, found "
                   "another one at neuron %d",
                   other);
  RP_TRY(rp_h5_set_string(group, "kind", op->kind->name, err));
  RP_TRY(set_integer(group, "activation_min", stair->lo, err));
  RP_TRY(set_integer(group, "activation_max", stair->hi, err));
  RP_TRY(set_integer(group, "shift", rp_stair_shift(stair), err));
  const rp_h5_numbers weight = {H5T_STD_I16LE, H5T_NATIVE_INT16, 2, shape,
                                rp_op_dense_weights(op)};
  const rp_h5_numbers bias = {H5T_STD_I32LE, H5T_NATIVE_INT32, 1, shape,
                              layer->bias};
  RP_TRY(rp_h5_write_numbers(group, "weight", &weight, err));
  return rp_h5_write_numbers(group, "bias", &bias, err);
}

static rp_status write_layers(hid_t file, const rp_net *net, rp_error *err) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    char name[32];
    name_layer(k, name);
    const hid_t group =
        H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
      return rp_fail(err, RP_E_IO, "HDF5: cannot create group '%s'", name);
    const rp_status status = write_layer(group, &net->block[k], err);
    rp_h5_close(group);
    if (status != RP_OK) return status;
  }
  return RP_OK;
}

rp_status rp_network_write(const rp_net *net, const char *file, rp_error *err) {
  hid_t image;
  RP_TRY(rp_h5_create_image(&image, err));
  rp_status status = write_header(image, net, err);
  if (status == RP_OK) status = write_layers(image, net, err);
  if (status == RP_OK) status = rp_h5_write_image(image, file, NULL, err);
  rp_h5_close(image);
  return status;
}
