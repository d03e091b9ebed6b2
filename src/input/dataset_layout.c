/* The order of channels: networks have them last, as files and runtimes of
 * TFLite do; datasets for PyTorch and ONNX often have them first. Which it is
 * follows from the shapes, or is stated; it is never guessed. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/dataset_formats.h"

enum { HEIGHT, WIDTH, CHANNELS, IMAGE };

/* One channel, or one place, looks the same in both orders. */
static bool has_order(const rp_net *net) {
  return net->n_dims == IMAGE && net->dims[CHANNELS] > 1 &&
         net->dims[CHANNELS] < net->n_in;
}

static bool is_channels_last(const rp_dataset *data, const rp_net *net) {
  return data->n_dims == IMAGE &&
         !memcmp(data->dims, net->dims, IMAGE * sizeof *net->dims);
}

static bool is_channels_first(const rp_dataset *data, const rp_net *net) {
  return data->n_dims == IMAGE && data->dims[0] == net->dims[CHANNELS] &&
         data->dims[1] == net->dims[HEIGHT] &&
         data->dims[2] == net->dims[WIDTH];
}

static rp_status fail_shape(const rp_dataset *data, const rp_net *net,
                            const char *expected, rp_error *err) {
  const int32_t h = net->dims[HEIGHT], w = net->dims[WIDTH],
                c = net->dims[CHANNELS];
  return rp_fail(err, RP_E_INPUT,
                 "%s: expected %s: the network has %d rows, %d columns and %d "
                 "channels, and each sample %d dimensions, the first of %d",
                 data->name, expected, h, w, c, data->n_dims, data->dims[0]);
}

static rp_status choose(const rp_dataset *data, const rp_net *net,
                        bool *is_first, rp_error *err) {
  const bool says_first = !strcmp(data->layout, "nchw");
  const bool says_last = !strcmp(data->layout, "nhwc");
  const bool may_be_first = is_channels_first(data, net);
  const bool may_be_last = is_channels_last(data, net);
  *is_first = says_first || (may_be_first && !says_last);
  if (data->n_dims == 1) return RP_OK;
  if (says_first && !may_be_first)
    return fail_shape(data, net, "layout nchw: channels, rows, columns", err);
  if (says_last && !may_be_last && may_be_first)
    return fail_shape(data, net, "layout nhwc: rows, columns, channels", err);
  if (says_first || says_last || may_be_first != may_be_last) return RP_OK;
  return fail_shape(data, net,
                    may_be_first
                        ? "layout: nchw or nhwc, which these shapes leave open"
                        : "samples whose shape is the network's, channels last "
                          "or first, or flat ones (or layout: nhwc, to take "
                          "them as they are)",
                    err);
}

rp_status rp_dataset_choose_layout(const rp_dataset *data, const rp_net *net,
                                   bool *is_first, rp_error *err) {
  *is_first = false;
  if (has_order(net)) return choose(data, net, is_first, err);
  if (strcmp(data->layout, "nchw") != 0 || net->n_dims == IMAGE ||
      net->n_dims == 2)
    return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: layout nchw: expected a network whose input has rows, "
                 "columns and channels, found %d dimension%s",
                 data->name, net->n_dims, net->n_dims == 1 ? "" : "s");
}

rp_status rp_dataset_put_channels_last(rp_dataset *data, const rp_net *net,
                                       rp_error *err) {
  const size_t dim = (size_t)data->dim, channels = (size_t)net->dims[CHANNELS];
  const size_t places = dim / channels;
  uint8_t *const old = rp_alloc(dim, 1);
  if (!old) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", data->name);
  for (int64_t i = 0; i < data->n; i++) {
    uint8_t *const x = data->x + (size_t)i * dim;
    memcpy(old, x, dim);
    for (size_t p = 0; p < places; p++)
      for (size_t c = 0; c < channels; c++)
        x[p * channels + c] = old[c * places + p];
  }
  free(old);
  data->n_dims = IMAGE;
  memcpy(data->dims, net->dims, sizeof data->dims);
  rp_text_copy(data->layout, sizeof data->layout, "nchw");
  return RP_OK;
}
