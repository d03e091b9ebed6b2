/* Reads QVIP's networks: Keras weight files (HDF5) of dense layers.
 *
 * The attribute `layer_names` lists the layers, and `weight_names` of each
 * layer lists its arrays, relative to the layer's group. Layers without arrays
 * (dropout, flatten) are skipped. The list has the order of creation, which is
 * usually that of the network. If the shapes do not chain in this order, the
 * order is derived from the shapes; the file is refused if several are
 * possible. Arrays that no layer names and attributes that Keras does not write
 * are refused, because they might be an omitted part of the network.
 *
 * The file holds float32 weights but no bit widths, which the user must give.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/h5strict.h"
#include "input/network_keras.h"

#include "core/text.h"

enum { MOST_STEPS = 100000 }; /* of the search for an order */

void rp_dense_list_fini(rp_dense_list *list) {
  for (int32_t k = 0; k < list->count; k++) {
    free(list->layer[k].kernel);
    free(list->layer[k].bias);
  }
}

static rp_status check_bits(const char *file, const char *name, int32_t bits,
                            int32_t least, int32_t most, rp_error *err) {
  if (bits == 0)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected %s, %d..%d, found none: a QVIP file does not "
                   "contain its bit widths; give --input-bits and --bits, or "
                   "input_bits and bits in a job",
                   file, name, least, most);
  if (bits < least || bits > most)
    return rp_fail(err, RP_E_INPUT, "%s: %s: expected %d..%d, found %d", file,
                   name, least, most, bits);
  return RP_OK;
}

static bool has_last_component(const char *path, const char *name) {
  const char *slash = strrchr(path, '/');
  return !strcmp(slash ? slash + 1 : path, name);
}

static bool is_model_attribute(const char *name) {
  static const char *const names[] = {"layer_names", "backend", "keras_version",
                                      NULL};
  return rp_h5_is_among(name, names);
}

static bool is_layer_attribute(const char *name) {
  return !strcmp(name, "weight_names");
}

/* Find the names of a dense layer's arrays; refuse any other layer. */
static rp_status find_array_names(hid_t group, const rp_h5_strings *names,
                                  const char **kernel, const char **bias,
                                  rp_error *err) {
  *kernel = *bias = NULL;
  for (int32_t i = 0; i < names->count; i++) {
    if (has_last_component(names->text[i],
                           "kernel:0") || /* Keras 3: without :0 */
        has_last_component(names->text[i], "kernel"))
      *kernel = names->text[i];
    if (has_last_component(names->text[i], "bias:0") ||
        has_last_component(names->text[i], "bias"))
      *bias = names->text[i];
  }
  if (names->count != 2 || !*kernel || !*bias)
    return rp_h5_fail(group, err,
                      "expected a dense layer with kernel:0 and bias:0, found "
                      "%d arrays, the first '%.*s'",
                      names->count, rp_text_fit(names->text[0], 80),
                      names->text[0]);
  return RP_OK;
}

typedef struct array {
  int32_t rank;
  int64_t dims[2];
  void *data;     /* malloc'ed */
  uint64_t place; /* in the file, whatever its name */
} array;

static rp_status read_array(hid_t group, const char *name, array *to,
                            rp_error *err) {
  hid_t id;
  rp_status status = RP_OK;
  RP_TRY(rp_h5_open_array(group, name, to->rank, to->dims, &id, err));
  for (int32_t d = 0; d < to->rank && status == RP_OK; d++)
    if (to->dims[d] < 1 || to->dims[d] > INT32_MAX)
      status = rp_h5_fail(id, err, "expected sizes from 1, found %lld",
                          (long long)to->dims[d]);
  if (status == RP_OK) status = rp_h5_get_place(id, &to->place, err);
  if (status == RP_OK)
    status = rp_h5_read_numbers(id, H5T_NATIVE_FLOAT, RP_MOST_WEIGHT_BYTES,
                                &to->data, err);
  rp_h5_close(id);
  return status;
}

static rp_status read_dense(hid_t group, const char *kernel_name,
                            const char *bias_name, rp_dense *layer,
                            rp_error *err) {
  array kernel = {.rank = 2}, bias = {.rank = 1};
  RP_TRY(read_array(group, kernel_name, &kernel, err));
  *layer = (rp_dense){.n_in = (int32_t)kernel.dims[0],
                      .n_out = (int32_t)kernel.dims[1],
                      .kernel = kernel.data,
                      .kernel_at = kernel.place};
  RP_TRY(read_array(group, bias_name, &bias, err));
  layer->bias = bias.data;
  layer->bias_at = bias.place;
  if (bias.dims[0] != kernel.dims[1])
    return rp_h5_fail(group, err,
                      "expected one bias for each of %lld neurons, found %lld",
                      (long long)kernel.dims[1], (long long)bias.dims[0]);
  return RP_OK;
}

/* Two layers might use one array under two names while another array is
 * omitted, which the count alone would not reveal. */
static rp_status check_last_is_new(hid_t group, const rp_dense_list *list,
                                   rp_error *err) {
  const rp_dense *const last = &list->layer[list->count - 1];
  for (const rp_dense *l = list->layer; l < last; l++)
    if (l->kernel_at == last->kernel_at || l->bias_at == last->bias_at)
      return rp_h5_fail(group, err,
                        "expected arrays of its own, found those of another "
                        "layer");
  return RP_OK;
}

rp_status rp_dense_list_read(hid_t group, const char *kernel, const char *bias,
                             rp_dense_list *list, rp_error *err) {
  if (list->count == RP_MOST_DENSE)
    return rp_h5_fail(group, err, "expected at most %d layers, found more",
                      RP_MOST_DENSE);
  RP_TRY(read_dense(group, kernel, bias, &list->layer[list->count++], err));
  return check_last_is_new(group, list, err);
}

/* Append the layer of an open group, unless it has no arrays. */
static rp_status read_group(hid_t group, rp_dense_list *list, rp_error *err) {
  rp_h5_strings names;
  const char *kernel, *bias;
  RP_TRY(rp_h5_refuse_others(group, is_layer_attribute, rp_h5_is_always_known,
                             err));
  RP_TRY(rp_h5_get_strings(group, "weight_names", &names, err));
  rp_status status = RP_OK;
  if (names.count > 0)
    status = find_array_names(group, &names, &kernel, &bias, err);
  if (names.count > 0 && status == RP_OK)
    status = rp_dense_list_read(group, kernel, bias, list, err);
  rp_h5_strings_fini(&names);
  return status;
}

/* Check that each array of the file belongs to a layer. Groups without arrays
 * do not matter: Keras writes one for weights of the model as a whole. */
static rp_status check_array_count(hid_t file, const rp_dense_list *list,
                                   rp_error *err) {
  int64_t count;
  RP_TRY(rp_h5_count_arrays(file, &count, err));
  if (list->count == 0)
    return rp_h5_fail(file, err, "expected dense layers, found none");
  if (count != 2 * (int64_t)list->count)
    return rp_h5_fail(file, err,
                      "expected %d arrays, two for each layer that "
                      "'layer_names' names, found %lld",
                      2 * list->count, (long long)count);
  return RP_OK;
}

static rp_status read_list(hid_t file, rp_dense_list *list, rp_error *err) {
  rp_h5_strings names;
  RP_TRY(rp_h5_refuse_others(file, is_model_attribute, rp_h5_is_always_known,
                             err));
  RP_TRY(rp_h5_get_strings(file, "layer_names", &names, err));
  rp_status status = RP_OK;
  for (int32_t k = 0; k < names.count && status == RP_OK; k++) {
    hid_t group;
    status = rp_h5_open_group(file, names.text[k], &group, err);
    if (status != RP_OK) break;
    status = read_group(group, list, err);
    rp_h5_close(group);
  }
  rp_h5_strings_fini(&names);
  return status == RP_OK ? check_array_count(file, list, err) : status;
}

/* ---- Order ---- */

static bool is_chain(const rp_dense_list *list) {
  for (int32_t k = 1; k < list->count; k++)
    if (list->layer[k].n_in != list->layer[k - 1].n_out) return false;
  return true;
}

/* Depth-first search for orders in which the shapes chain. It ends as soon as
 * two are found, or after more steps than real networks need. */
typedef struct order_search {
  const rp_dense_list *list;
  int32_t order[RP_MOST_DENSE]; /* the present attempt */
  int32_t found[RP_MOST_DENSE]; /* the last complete order */
  bool used[RP_MOST_DENSE];
  int32_t n_found, steps;
} order_search;

static void search_orders(order_search *search, int32_t depth) {
  const rp_dense_list *list = search->list;
  if (search->steps++ == MOST_STEPS) search->n_found = 2;
  if (search->n_found > 1) return;
  if (depth == list->count) {
    memcpy(search->found, search->order, sizeof search->found);
    search->n_found++;
    return;
  }
  const int32_t width = depth ? list->layer[search->order[depth - 1]].n_out : 0;
  for (int32_t k = 0; k < list->count; k++) {
    if (search->used[k] || (depth && list->layer[k].n_in != width)) continue;
    search->used[k] = true;
    search->order[depth] = k;
    search_orders(search, depth + 1);
    search->used[k] = false;
  }
}

static rp_status sort_layers(hid_t file, rp_dense_list *list, rp_error *err) {
  if (list->is_ordered && is_chain(list)) return RP_OK;
  order_search search = {.list = list};
  search_orders(&search, 0);
  if (search.n_found != 1)
    return rp_h5_fail(file, err,
                      "expected %d layers whose shapes chain in one order, "
                      "found %s",
                      list->count,
                      search.n_found ? "several orders" : "no such order");
  const rp_dense_list copy = *list;
  for (int32_t k = 0; k < list->count; k++)
    list->layer[k] = copy.layer[search.found[k]];
  return RP_OK;
}

/* ---- Network ---- */

/* Choose a square image if the number of inputs is a square. */
static int32_t choose_input_shape(int32_t n_in, int32_t dims[2]) {
  const int32_t side = (int32_t)lround(sqrt((double)n_in));
  dims[0] = dims[1] = side;
  if (n_in > 1 && (int64_t)side * side == n_in) return 2;
  dims[0] = n_in;
  return 1;
}

static rp_status build_net(const rp_dense_list *list,
                           const rp_network_source *source, const char *name,
                           rp_net **net, rp_error *err) {
  int32_t dims[2];
  const int32_t n_dims = choose_input_shape(list->layer[0].n_in, dims);
  const int32_t in_hi = (1 << source->input_bits) - 1;
  rp_net *made;
  RP_TRY(rp_net_create(name, dims, n_dims, in_hi, &made, err));
  rp_status status = RP_OK;
  for (int32_t k = 0; k < list->count && status == RP_OK; k++) {
    const rp_dense *layer = &list->layer[k];
    const rp_qvip_dense spec = {.n_in = layer->n_in,
                                .n_out = layer->n_out,
                                .in_frac =
                                    k ? source->bits - 2 : source->input_bits,
                                .bits = source->bits,
                                .last = k + 1 == list->count,
                                .kernel = layer->kernel,
                                .bias = layer->bias};
    status = rp_net_add_qvip_dense(made, &spec, err);
  }
  if (status == RP_OK) status = rp_net_finish(made, err);
  if (status == RP_OK)
    *net = made;
  else
    rp_net_free(made);
  return status;
}

rp_status rp_dense_list_build(hid_t file, rp_dense_list *list,
                              const rp_network_source *source, const char *stem,
                              rp_net **net, rp_error *err) {
  RP_TRY(sort_layers(file, list, err));
  return rp_network_add_file_name(
      file,
      build_net(list, source, source->name ? source->name : stem, net, err),
      err);
}

rp_status rp_network_check_bits(const rp_network_source *source,
                                rp_error *err) {
  RP_TRY(check_bits(source->file, "input_bits", source->input_bits, 1, 8, err));
  return check_bits(source->file, "bits", source->bits, 2, 16, err);
}

rp_status rp_network_read_qvip(hid_t file, const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err) {
  rp_dense_list list = {.is_ordered = true};
  RP_TRY(rp_network_check_bits(source, err));
  rp_status status = read_list(file, &list, err);
  if (status == RP_OK)
    status = rp_dense_list_build(file, &list, source, stem, net, err);
  rp_dense_list_fini(&list);
  return status;
}
