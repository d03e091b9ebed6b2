/* Reads and writes Rampart's own network files (docs/formats.md): the header,
 * which says the version. The reader refuses everything that it does not know,
 * because an unknown group might be a layer. All metadata carry checksums (see
 * h5util.h). */
#include "input/network_native.h"

#include <string.h>

#include "core/text.h"
#include "net/input_quantizer.h"

enum { CHAINS = 1, GRAPHS = 2 }; /* the versions */

static const char *const chain_names[] = {"format", "version",   "name",
                                          "rule",   "input_max", "input_shape",
                                          "layers", NULL};
static const char *const graph_names[] = {
    "format",         "version",    "name",          "input_min",
    "input_max",      "input_zero", "input_shape",   "blocks",
    "class_names",    "profile",    "source_sha256", "input_scale",
    "input_rounding", NULL};

static bool is_chain_attribute(const char *name) {
  return rp_h5_is_among(name, chain_names);
}

static bool is_graph_attribute(const char *name) {
  return rp_h5_is_among(name, graph_names);
}

/* Check the version first: files of other versions may hold other things. */
static rp_status read_version(hid_t file, int64_t *version, rp_error *err) {
  RP_TRY(rp_native_expect_text(file, "format", RP_NATIVE_FORMAT, err));
  RP_TRY(rp_h5_get_integer(file, "version", 1, INT32_MAX, version, err));
  if (*version > GRAPHS)
    return rp_h5_fail(file, err,
                      "network of version %lld: this version of Rampart reads "
                      "versions %d and %d",
                      (long long)*version, CHAINS, GRAPHS);
  return rp_h5_refuse_others(
      file, *version == CHAINS ? is_chain_attribute : is_graph_attribute,
      rp_h5_is_always_known, err);
}

static rp_status read_shape(hid_t file, int32_t *dims, int32_t *n_dims,
                            rp_error *err) {
  int64_t shape[RP_MAX_DIMS];
  RP_TRY(
      rp_h5_get_integers(file, "input_shape", shape, RP_MAX_DIMS, n_dims, err));
  for (int32_t d = 0; d < *n_dims; d++) {
    if (shape[d] < 1 || shape[d] > INT32_MAX)
      return rp_h5_fail(file, err,
                        "attribute 'input_shape': expected sizes from 1, "
                        "found %lld",
                        (long long)shape[d]);
    dims[d] = (int32_t)shape[d];
  }
  return RP_OK;
}

/* Make the empty network. */
static rp_status create_net(hid_t file, const rp_network_source *source,
                            int64_t in_hi, rp_net **net, rp_error *err) {
  int32_t n_dims, dims[RP_MAX_DIMS];
  char name[RP_NET_NAME_SIZE];
  RP_TRY(rp_h5_get_string(file, "name", name, sizeof name, err));
  RP_TRY(read_shape(file, dims, &n_dims, err));
  return rp_network_add_file_name(
      file,
      rp_net_create(source->name ? source->name : name, dims, n_dims,
                    (int32_t)in_hi, net, err),
      err);
}

static rp_status read_chain(hid_t file, const rp_network_source *source,
                            rp_net **net, rp_error *err) {
  int64_t in_hi;
  RP_TRY(rp_native_expect_text(file, "rule", "R0", err));
  RP_TRY(rp_h5_get_integer(file, "input_max", 1, 255, &in_hi, err));
  RP_TRY(create_net(file, source, in_hi, net, err));
  return rp_native_read_layers(file, *net, err);
}

static rp_status read_class_names(hid_t file, rp_net *net, rp_error *err) {
  rp_h5_strings names;
  if (!rp_h5_has_attribute(file, "class_names")) return RP_OK;
  RP_TRY(rp_h5_get_strings(file, "class_names", &names, err));
  const rp_status status = rp_network_add_file_name(
      file,
      rp_net_set_class_names(net, (const char *const *)names.text, names.count,
                             err),
      err);
  rp_h5_strings_fini(&names);
  return status;
}

static bool is_digest(const char *text) {
  return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Where the network comes from: both or nothing. */
static rp_status read_origin(hid_t file, rp_net *net, rp_error *err) {
  if (!rp_h5_has_attribute(file, "profile") &&
      !rp_h5_has_attribute(file, "source_sha256"))
    return RP_OK;
  RP_TRY(rp_h5_get_string(file, "profile", net->profile, sizeof net->profile,
                          err));
  RP_TRY(rp_h5_get_string(file, "source_sha256", net->source_sha256,
                          sizeof net->source_sha256, err));
  if (!rp_text_is_one_of(net->profile, RP_NETWORK_PROFILES))
    return rp_h5_fail(file, err,
                      "attribute 'profile': expected " RP_NETWORK_PROFILES
                      ", found '%s'",
                      net->profile);
  if (is_digest(net->source_sha256)) return RP_OK;
  return rp_h5_fail(file, err,
                    "attribute 'source_sha256': expected 64 digits 0-9, a-f, "
                    "found '%s'",
                    net->source_sha256);
}

/* The quantizer of the input: both or nothing. */
static rp_status read_quantizer(hid_t file, rp_net *net, rp_error *err) {
  char name[32];
  double step;
  rp_input_rounding rounding;
  if (!rp_h5_has_attribute(file, "input_scale") &&
      !rp_h5_has_attribute(file, "input_rounding"))
    return RP_OK;
  RP_TRY(rp_h5_get_real(file, "input_scale", &step, err));
  RP_TRY(rp_h5_get_string(file, "input_rounding", name, sizeof name, err));
  if (!rp_input_rounding_parse(name, &rounding))
    return rp_h5_fail(file, err,
                      "attribute 'input_rounding': expected " RP_INPUT_ROUNDINGS
                      ", found '%s'",
                      name);
  return rp_network_add_file_name(
      file, rp_net_set_quantizer(net, step, rounding, err), err);
}

static rp_status read_graph(hid_t file, const rp_network_source *source,
                            rp_net **net, rp_error *err) {
  int64_t lo, hi, zero, blocks;
  RP_TRY(rp_h5_get_integer(file, "input_min", INT16_MIN, INT16_MAX, &lo, err));
  RP_TRY(rp_h5_get_integer(file, "input_max", lo + 1, lo + 255, &hi, err));
  RP_TRY(
      rp_h5_get_integer(file, "input_zero", INT16_MIN, INT16_MAX, &zero, err));
  RP_TRY(rp_h5_get_integer(file, "blocks", 1, INT32_MAX, &blocks, err));
  RP_TRY(create_net(file, source, hi - lo, net, err));
  RP_TRY(rp_network_add_file_name(
      file, rp_net_set_input(*net, (int32_t)lo, (int32_t)zero, err), err));
  RP_TRY(read_quantizer(file, *net, err));
  RP_TRY(rp_native_read_blocks(file, (int32_t)blocks, *net, err));
  RP_TRY(read_class_names(file, *net, err));
  return read_origin(file, *net, err);
}

rp_status rp_network_read_native(hid_t file, const rp_network_source *source,
                                 rp_net **net, rp_error *err) {
  rp_net *made = NULL;
  int64_t version;
  RP_TRY(read_version(file, &version, err));
  rp_status status = version == CHAINS ? read_chain(file, source, &made, err)
                                       : read_graph(file, source, &made, err);
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

static rp_status write_names(hid_t file, const rp_net *net, int32_t version,
                             rp_error *err) {
  RP_TRY(rp_h5_set_string(file, "format", RP_NATIVE_FORMAT, err));
  RP_TRY(rp_native_set_integer(file, "version", version, err));
  return rp_h5_set_string(file, "name", net->name, err);
}

static rp_status write_shape(hid_t file, const rp_net *net, rp_error *err) {
  int64_t shape[RP_MAX_DIMS];
  for (int32_t d = 0; d < net->n_dims; d++) shape[d] = net->dims[d];
  return rp_h5_set_integers(file, "input_shape", H5T_STD_I32LE, shape,
                            net->n_dims, err);
}

static rp_status write_chain(hid_t file, const rp_net *net, rp_error *err) {
  RP_TRY(write_names(file, net, CHAINS, err));
  RP_TRY(rp_h5_set_string(file, "rule", "R0", err));
  RP_TRY(rp_native_set_integer(file, "input_max", net->in_hi, err));
  RP_TRY(rp_native_set_integer(file, "layers", net->n_blocks, err));
  RP_TRY(write_shape(file, net, err));
  return rp_native_write_layers(file, net, err);
}

static rp_status write_origin(hid_t file, const rp_net *net, rp_error *err) {
  if (!*net->profile) return RP_OK;
  RP_TRY(rp_h5_set_string(file, "profile", net->profile, err));
  return rp_h5_set_string(file, "source_sha256", net->source_sha256, err);
}

static rp_status write_quantizer(hid_t file, const rp_net *net, rp_error *err) {
  if (net->in_rounding == RP_INPUT_UNQUANTIZED) return RP_OK;
  RP_TRY(rp_h5_set_real(file, "input_scale", (double)net->in_step, err));
  return rp_h5_set_string(file, "input_rounding",
                          rp_input_rounding_name(net->in_rounding), err);
}

static rp_status write_graph(hid_t file, const rp_net *net, rp_error *err) {
  const rp_h5_strings names = {net->class_name ? net->n_out : 0,
                               net->class_name};
  RP_TRY(write_names(file, net, GRAPHS, err));
  RP_TRY(rp_native_set_integer(file, "input_min", net->in_lo, err));
  RP_TRY(
      rp_native_set_integer(file, "input_max", net->in_lo + net->in_hi, err));
  RP_TRY(rp_native_set_integer(file, "input_zero", net->in_zero, err));
  RP_TRY(rp_native_set_integer(file, "blocks", net->n_blocks, err));
  RP_TRY(write_shape(file, net, err));
  if (names.count > 0)
    RP_TRY(rp_h5_set_strings(file, "class_names", &names, err));
  RP_TRY(write_origin(file, net, err));
  RP_TRY(write_quantizer(file, net, err));
  return rp_native_write_blocks(file, net, err);
}

rp_status rp_network_write(const rp_net *net, const char *file, rp_error *err) {
  hid_t image;
  RP_TRY(rp_h5_create_image(&image, err));
  const bool is_chain = !*net->profile &&
                        net->in_rounding == RP_INPUT_UNQUANTIZED &&
                        rp_native_is_chain_of_layers(net);
  rp_status status =
      is_chain ? write_chain(image, net, err) : write_graph(image, net, err);
  if (status == RP_OK) status = rp_h5_write_image(image, file, NULL, err);
  rp_h5_close(image);
  return status;
}
