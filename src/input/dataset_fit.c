/* Converts samples to inputs of a network. The user states what the numbers of
 * a dataset mean; it is never guessed from the numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "input/dataset_formats.h"
#include "net/input_quantizer.h"

static const char *const names[] = {
    [RP_VALUES_INTEGERS] = "integers",
    [RP_VALUES_PIXELS] = "pixels",
    [RP_VALUES_REALS] = "reals",
    [RP_VALUES_UNSTATED] = "",
};

const char *rp_values_name(rp_values values) {
  return names[values];
}

bool rp_values_parse(const char *name, rp_values *values) {
  for (int i = RP_VALUES_INTEGERS; i < RP_VALUES_UNSTATED; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *values = (rp_values)i;
    return true;
  }
  return false;
}

bool rp_values_agree(rp_values a, rp_values b, int32_t in_lo, int32_t in_hi) {
  return a == b || (a != RP_VALUES_REALS && b != RP_VALUES_REALS &&
                    in_lo == 0 && in_hi == 255);
}

static size_t count_numbers(const rp_dataset *data) {
  return (size_t)data->n * (size_t)data->dim;
}

/* Find the index of the first number outside lo..hi; the count if there is
 * none. */
static size_t find_first_beyond(const rp_dataset *data, int32_t lo,
                                int32_t hi) {
  const size_t count = count_numbers(data);
  const int32_t least = lo - data->base, greatest = hi - data->base;
  for (size_t i = 0; i < count; i++)
    if (data->x[i] < least || data->x[i] > greatest) return i;
  return count;
}

static const char *get_file_name(const rp_dataset *data) {
  return *data->name ? data->name : "dataset";
}

static rp_status fail_beyond(const rp_dataset *data, size_t at, int32_t lo,
                             int32_t hi, const char *what, rp_error *err) {
  const size_t dim = (size_t)data->dim;
  return rp_fail(err, RP_E_INPUT,
                 "%s: sample %zu, number %zu: expected %d..%d, %s, found %d%s",
                 get_file_name(data), at / dim, at % dim, lo, hi, what,
                 data->base + data->x[at],
                 data->values == RP_VALUES_PIXELS
                     ? ""
                     : "; if the numbers are pixels 0..255, give --values "
                       "pixels, or values: pixels in a job");
}

/* Numbers of the network itself: only their base is another one. */
static rp_status take_integers(rp_dataset *data, const rp_net *net,
                               rp_error *err) {
  const int32_t lo = net->in_lo, hi = net->in_lo + net->in_hi;
  const size_t count = count_numbers(data);
  const size_t at = find_first_beyond(data, lo, hi);
  if (at < count)
    return fail_beyond(data, at, lo, hi, "integers as the network takes them",
                       err);
  const int32_t up = data->base - lo;
  for (size_t i = 0; up != 0 && i < count; i++)
    data->x[i] = (uint8_t)(data->x[i] + up);
  return RP_OK;
}

/* Round pixel / 256 to the nearest fraction of so many bits. */
static uint8_t rescale_pixel(uint8_t pixel, int32_t bits, int32_t in_hi) {
  if (bits == 8) return pixel;
  const int32_t v = (pixel + (1 << (7 - bits))) >> (8 - bits);
  return (uint8_t)(v < in_hi ? v : in_hi);
}

static rp_status rescale_pixels(rp_dataset *data, const rp_net *net,
                                rp_error *err) {
  const size_t count = count_numbers(data);
  const size_t at = find_first_beyond(data, 0, 255);
  int32_t bits = 0;
  if (at < count) return fail_beyond(data, at, 0, 255, "pixels", err);
  while ((1 << bits) <= net->in_hi) bits++;
  if (net->in_hi != (1 << bits) - 1)
    return rp_fail(
        err, RP_E_INPUT,
        "%s: pixels can be rescaled only for inputs 0..2^b - 1, found inputs "
        "%d..%d; rescale them yourself and give values: integers",
        get_file_name(data), net->in_lo, net->in_lo + net->in_hi);
  for (size_t i = 0; i < count; i++)
    data->x[i] = rescale_pixel(data->x[i], bits, net->in_hi);
  return RP_OK;
}

static float get_real(const rp_dataset *data, size_t i) {
  return data->real ? data->real[i] : (float)(data->x[i] + data->base);
}

/* Reals beyond the input range become its ends, as the runtime has it. Many of
 * them mean that the numbers are no reals, or of another scale. */
static void warn_of_clipped(const rp_dataset *data, const rp_net *net) {
  const size_t count = count_numbers(data);
  const double least = (double)net->in_step * (net->in_lo - net->in_zero);
  const double most = least + (double)net->in_step * net->in_hi;
  size_t beyond = 0;
  for (size_t i = 0; i < count; i++) {
    const double real = (double)get_real(data, i);
    beyond += real < least - (double)net->in_step ||
              real > most + (double)net->in_step;
  }
  if (beyond > 0)
    rp_log(RP_LOG_WARN,
           "%s: %zu of %zu reals are beyond the input of network %s, %g to %g, "
           "and become its ends: are they reals of its scale?",
           get_file_name(data), beyond, count, net->name, least, most);
}

/* Numbers for the quantizer of the network's input; idx has them as bytes. */
static rp_status quantize_reals(rp_dataset *data, const rp_net *net,
                                rp_error *err) {
  const size_t count = count_numbers(data);
  if (net->in_rounding == RP_INPUT_UNQUANTIZED)
    return rp_fail(err, RP_E_INPUT,
                   "%s: reals need the quantizer of the network's input, and "
                   "network %s has none; quantize them yourself and give "
                   "values: integers",
                   get_file_name(data), net->name);
  uint8_t *const x = data->real ? rp_alloc(count, 1) : data->x;
  if (!x) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", data->name);
  warn_of_clipped(data, net);
  for (size_t i = 0; i < count; i++)
    x[i] = rp_net_quantize(net, get_real(data, i));
  free(data->real);
  data->real = NULL;
  data->x = x;
  return RP_OK;
}

static rp_status convert(rp_dataset *data, const rp_net *net, rp_error *err) {
  if (data->values == RP_VALUES_REALS) return quantize_reals(data, net, err);
  const bool rescales =
      data->values == RP_VALUES_UNSTATED
          ? find_first_beyond(data, net->in_lo, net->in_lo + net->in_hi) <
                count_numbers(data)
          : data->values == RP_VALUES_PIXELS;
  return (rescales ? rescale_pixels : take_integers)(data, net, err);
}

rp_status rp_dataset_fit(rp_dataset *data, const rp_net *net, rp_error *err) {
  bool is_first;
  if (data->dim != net->n_in)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected samples of %d numbers, the inputs of network "
                   "%s, found %d: does the dataset belong to the network?",
                   get_file_name(data), net->n_in, net->name, data->dim);
  RP_TRY(rp_dataset_choose_layout(data, net, &is_first, err));
  RP_TRY(convert(data, net, err));
  data->base = net->in_lo;
  if (is_first) return rp_dataset_put_channels_last(data, net, err);
  *data->layout = '\0';
  if (data->n_dims == 1) {
    data->n_dims = net->n_dims;
    memcpy(data->dims, net->dims, sizeof data->dims);
  }
  return RP_OK;
}

rp_status rp_dataset_check_label(const rp_dataset *data, const rp_net *net,
                                 int64_t sample, rp_error *err) {
  const int32_t label = data->label[sample];
  if (data->lacks_labels)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected labels, found samples alone: name their file "
                   "by --labels, or by labels in a job",
                   get_file_name(data));
  if (label >= 0 && label < net->n_out) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: sample %lld: expected a label 0..%d (the network's "
                 "outputs), found %d",
                 get_file_name(data), (long long)sample, net->n_out - 1, label);
}
