/* Reads the weights of dense layers that Keras 3 saves: model.save_weights
 * (.weights.h5), and model.save (.keras), a zip archive with such a file in it.
 *
 * The group `layers` has one for each layer, whose group `vars` has its arrays:
 * 0 is the kernel and 1 the bias. The names of layers do not say in which order
 * they run, so their shapes must: the file is refused if several orders are
 * possible. Layers without arrays are skipped; the state of a random generator,
 * which dropout has, is no weight. */
#include "input/network_keras.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "files/h5strict.h"
#include "files/zip.h"

static const char LAYERS[] = "layers";
static const char LAYERS_OF_TENSORFLOW[] = "_layer_checkpoint_dependencies";

static bool is_attribute(const char *name) {
  return !strcmp(name, "name");
}

static bool is_root_member(const char *name) {
  static const char *const names[] = {LAYERS, LAYERS_OF_TENSORFLOW, "vars",
                                      "optimizer", NULL};
  return rp_h5_is_among(name, names);
}

static bool is_layer_member(const char *name) {
  static const char *const names[] = {"vars", "seed_generator", NULL};
  return rp_h5_is_among(name, names);
}

static bool is_array_name(const char *name) {
  static const char *const names[] = {"0", "1", NULL};
  return rp_h5_is_among(name, names);
}

bool rp_network_is_keras3(hid_t file) {
  return rp_h5_has_object(file, LAYERS) ||
         rp_h5_has_object(file, LAYERS_OF_TENSORFLOW);
}

static rp_status count_members(hid_t group, hsize_t *count, rp_error *err) {
  H5G_info_t info;
  if (H5Gget_info(group, &info) < 0)
    return rp_h5_fail(group, err, "expected a group that can be read");
  *count = info.nlinks;
  return RP_OK;
}

static rp_status read_vars(hid_t vars, rp_dense_list *list, rp_error *err) {
  hsize_t count = 0;
  RP_TRY(rp_h5_refuse_others(vars, is_attribute, is_array_name, err));
  RP_TRY(count_members(vars, &count, err));
  if (count == 0) return RP_OK;
  if (count != 2)
    return rp_h5_fail(vars, err,
                      "expected a dense layer with arrays 0 (kernel) and 1 "
                      "(bias), found one of them alone");
  return rp_dense_list_read(vars, "0", "1", list, err);
}

static rp_status read_layer(hid_t layer, rp_dense_list *list, rp_error *err) {
  hid_t vars;
  RP_TRY(rp_h5_refuse_others(layer, is_attribute, is_layer_member, err));
  RP_TRY(rp_h5_open_group(layer, "vars", &vars, err));
  const rp_status status = read_vars(vars, list, err);
  rp_h5_close(vars);
  return status;
}

static rp_status read_member(hid_t layers, hsize_t i, rp_dense_list *list,
                             rp_error *err) {
  char name[256];
  hid_t layer;
  const ssize_t length =
      H5Lget_name_by_idx(layers, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                         sizeof name, H5P_DEFAULT);
  if (length < 1 || length >= (ssize_t)sizeof name)
    return rp_h5_fail(layers, err, "expected names of 1 to 255 bytes");
  RP_TRY(rp_h5_open_group(layers, name, &layer, err));
  const rp_status status = read_layer(layer, list, err);
  rp_h5_close(layer);
  return status;
}

static rp_status read_layers(hid_t layers, rp_dense_list *list, rp_error *err) {
  hsize_t count = 0;
  RP_TRY(rp_h5_refuse_others(layers, is_attribute, rp_h5_is_always_known, err));
  RP_TRY(count_members(layers, &count, err));
  for (hsize_t i = 0; i < count; i++) RP_TRY(read_member(layers, i, list, err));
  return list->count > 0
             ? RP_OK
             : rp_h5_fail(layers, err, "expected dense layers, found none");
}

/* Variables of the model as a whole would be weights that no layer has. */
static rp_status check_root(hid_t file, rp_error *err) {
  int64_t count = 0;
  hid_t vars;
  RP_TRY(rp_h5_refuse_others(file, is_attribute, is_root_member, err));
  if (rp_h5_has_object(file, LAYERS) &&
      rp_h5_has_object(file, LAYERS_OF_TENSORFLOW))
    return rp_h5_fail(file, err, "expected one group of layers, found two");
  if (!rp_h5_has_object(file, "vars")) return RP_OK;
  RP_TRY(rp_h5_open_group(file, "vars", &vars, err));
  rp_status status = rp_h5_count_arrays(vars, &count, err);
  if (status == RP_OK && count > 0)
    status = rp_h5_fail(vars, err, "expected no arrays, found some");
  rp_h5_close(vars);
  return status;
}

static rp_status read_list(hid_t file, rp_dense_list *list, rp_error *err) {
  hid_t layers;
  RP_TRY(check_root(file, err));
  RP_TRY(rp_h5_open_group(
      file, rp_h5_has_object(file, LAYERS) ? LAYERS : LAYERS_OF_TENSORFLOW,
      &layers, err));
  const rp_status status = read_layers(layers, list, err);
  rp_h5_close(layers);
  return status;
}

rp_status rp_network_read_keras3(hid_t file, const rp_network_source *source,
                                 const char *stem, rp_net **net,
                                 rp_error *err) {
  rp_dense_list list = {.count = 0};
  RP_TRY(rp_network_check_bits(source, err));
  rp_status status = read_list(file, &list, err);
  if (status == RP_OK)
    status = rp_dense_list_build(file, &list, source, stem, net, err);
  rp_dense_list_fini(&list);
  return status;
}

rp_status rp_network_unpack_keras(const rp_file_content *content,
                                  char place[RP_KERAS_PLACE],
                                  rp_file_content *weights, rp_error *err) {
  static const char member[] = "model.weights.h5";
  char found[200];
  rp_zip zip;
  RP_TRY(rp_zip_open(content, &zip, err));
  const int64_t index = rp_zip_find(&zip, member);
  rp_zip_list(&zip, found, sizeof found);
  snprintf(place, RP_KERAS_PLACE, "%.*s: %s", rp_text_fit(content->file, 300),
           content->file, member);
  const rp_status status =
      index >= 0
          ? rp_zip_load(&zip, index, RP_MOST_WEIGHT_BYTES, place, weights, err)
          : rp_fail(err, RP_E_INPUT,
                    "%s: expected a network: a zip archive of Keras has "
                    "a member %s, found %s",
                    content->file, member, found);
  rp_zip_close(&zip);
  return status;
}
