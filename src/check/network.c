/* Network files: Rampart's own (HDF5, whole numbers) and QVIP's (Keras weights,
 * float32, quantized here by QVIP's rule). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static rp_status numbers_kept(const int64_t *w, const int64_t *b, layer *l,
                              rp_error *err) {
  const size_t n = (size_t)l->n_in * (size_t)l->n_out;
  l->w = malloc(n * sizeof *l->w + 1);
  l->b = malloc((size_t)l->n_out * sizeof *l->b + 1);
  if (!l->w || !l->b) return rp_fail(err, RP_E_MEMORY, "out of memory");
  for (size_t i = 0; i < n; i++) {
    if (w[i] < INT16_MIN || w[i] > INT16_MAX)
      return rp_fail(err, RP_E_INPUT, "a weight leaves 16 bits");
    l->w[i] = (int16_t)w[i];
  }
  for (int32_t i = 0; i < l->n_out; i++) {
    if (b[i] < -ACC_LIMIT || b[i] > ACC_LIMIT)
      return rp_fail(err, RP_E_INPUT, "a bias leaves 30 bits");
    l->b[i] = (int32_t)b[i];
  }
  return RP_OK;
}

/* ---- Rampart's own ---- */

static rp_status native_layer(h5id group, layer *l, rp_error *err) {
  int64_t lo, hi, shift, dims[8], bias_dims[8];
  int32_t rank, bias_rank;
  void *w = NULL, *b = NULL;
  char kind[512];
  RP_TRY(rp_check_h5_text(group, "kind", kind, err));
  RP_TRY(rp_check_h5_int(group, "activation_min", &lo, err));
  RP_TRY(rp_check_h5_int(group, "activation_max", &hi, err));
  RP_TRY(rp_check_h5_int(group, "shift", &shift, err));
  if (strcmp(kind, "dense") != 0 || lo < INT32_MIN || hi > INT32_MAX ||
      shift < 0 || shift > 30)
    return rp_fail(err, RP_E_INPUT, "expected a dense layer of R0");
  RP_TRY(rp_check_h5_array(group, "weight", H5_INT64, &rank, dims, &w, err));
  rp_status st = rp_check_h5_array(group, "bias", H5_INT64, &bias_rank,
                                   bias_dims, &b, err);
  if (st == RP_OK && (rank != 2 || bias_rank != 1 || bias_dims[0] != dims[0] ||
                      dims[0] > MOST_NEURONS || dims[1] > MOST_INPUTS))
    st = rp_fail(err, RP_E_INPUT, "shapes of a layer do not fit");
  if (st == RP_OK) {
    l->lo = (int32_t)lo;
    l->hi = (int32_t)hi;
    l->shift = (int32_t)shift;
    l->n_out = (int32_t)dims[0];
    l->n_in = (int32_t)dims[1];
    st = numbers_kept(w, b, l, err);
  }
  free(w);
  free(b);
  return st;
}

static rp_status native_read(h5id file, net *n, rp_error *err) {
  char rule[512];
  int64_t version, in_hi;
  RP_TRY(rp_check_h5_text(file, "rule", rule, err));
  RP_TRY(rp_check_h5_int(file, "version", &version, err));
  RP_TRY(rp_check_h5_int(file, "input_max", &in_hi, err));
  const int64_t links = rp_check_h5_links(file);
  if (strcmp(rule, "R0") != 0 || version != 1 || in_hi < 1 || in_hi > 255 ||
      links < 1 || links > MOST_LAYERS)
    return rp_fail(err, RP_E_INPUT, "not a network of version 1, rule R0");
  n->in_hi = (int32_t)in_hi;
  n->n_layers = (int32_t)links;
  for (int32_t k = 0; k < n->n_layers; k++) {
    char name[16];
    h5id group;
    snprintf(name, sizeof name, "layer%d", k);
    RP_TRY(rp_check_h5_child(file, name, &group, err));
    const rp_status st = native_layer(group, &n->layer[k], err);
    rp_check_h5_close(group);
    RP_TRY(st);
  }
  return RP_OK;
}

/* ---- QVIP's ---- */

typedef struct dense {
  void *kernel, *bias; /* float [n_in][n_out], [n_out] */
  int64_t n_in, n_out;
} dense;

static bool ends_in(const char *path, const char *name) {
  const char *slash = strrchr(path, '/');
  return !strcmp(slash ? slash + 1 : path, name);
}

static rp_status dense_read(h5id group, char (*names)[512], int32_t count,
                            dense *d, rp_error *err) {
  const char *kernel = NULL, *bias = NULL;
  int64_t dims[8], bias_dims[8];
  int32_t rank, bias_rank;
  for (int32_t i = 0; i < count; i++) {
    if (ends_in(names[i], "kernel:0")) kernel = names[i];
    if (ends_in(names[i], "bias:0")) bias = names[i];
  }
  if (count != 2 || !kernel || !bias)
    return rp_fail(err, RP_E_INPUT, "expected dense layers, found another");
  RP_TRY(
      rp_check_h5_array(group, kernel, H5_FLOAT, &rank, dims, &d->kernel, err));
  RP_TRY(rp_check_h5_array(group, bias, H5_FLOAT, &bias_rank, bias_dims,
                           &d->bias, err));
  d->n_in = dims[0];
  d->n_out = rank == 2 ? dims[1] : 0;
  if (rank != 2 || bias_rank != 1 || bias_dims[0] != d->n_out ||
      d->n_in > MOST_INPUTS || d->n_out > MOST_NEURONS)
    return rp_fail(err, RP_E_INPUT, "shapes of a layer do not fit");
  return RP_OK;
}

static rp_status dense_listed(h5id file, dense *list, int32_t *count,
                              rp_error *err) {
  char(*layers)[512], (*names)[512];
  int32_t n, n_names;
  *count = 0;
  RP_TRY(rp_check_h5_names(file, "layer_names", &layers, &n, err));
  rp_status st = RP_OK;
  for (int32_t k = 0; k < n && st == RP_OK; k++) {
    h5id group;
    st = rp_check_h5_child(file, layers[k], &group, err);
    if (st != RP_OK) break;
    st = rp_check_h5_names(group, "weight_names", &names, &n_names, err);
    if (st == RP_OK && n_names > 0 && *count == MOST_LAYERS)
      st = rp_fail(err, RP_E_INPUT, "too many layers");
    else if (st == RP_OK && n_names > 0)
      st = dense_read(group, names, n_names, &list[(*count)++], err);
    free(names);
    rp_check_h5_close(group);
  }
  free(layers);
  return st;
}

/* Orders in which the shapes chain, from place `at` on; gives up after two, or
 * many tries. The listed order, where it chains, is found first and counts. */
typedef struct chain {
  dense *list, order[MOST_LAYERS], found[MOST_LAYERS];
  int32_t count, n_found, tries;
} chain;

static void chained(chain *c, int32_t at, uint64_t used) {
  if (c->n_found > 1 || c->tries++ > 100000) return;
  if (at == c->count) {
    if (c->n_found++ == 0) memcpy(c->found, c->order, sizeof c->found);
    return;
  }
  for (int32_t k = 0; k < c->count; k++) {
    if (used >> k & 1 || (at > 0 && c->list[k].n_in != c->order[at - 1].n_out))
      continue;
    c->order[at] = c->list[k];
    chained(c, at + 1, used | (uint64_t)1 << k);
  }
}

static bool is_chained(const dense *list, int32_t count) {
  for (int32_t k = 1; k < count; k++)
    if (list[k].n_in != list[k - 1].n_out) return false;
  return true;
}

static rp_status ordered(dense *list, int32_t count, rp_error *err) {
  static chain c;
  if (count > 0 && is_chained(list, count)) return RP_OK;
  c = (chain){.list = list, .count = count};
  chained(&c, 0, 0);
  if (count == 0 || c.n_found != 1 || c.tries > 100000)
    return rp_fail(err, RP_E_INPUT, "layers do not chain in one order");
  memcpy(list, c.found, (size_t)count * sizeof *list);
  return RP_OK;
}

/* Round half away from zero at `frac` fractional bits, clip to signed `bits`.
 */
static bool quantized(float real, int64_t frac, int64_t bits, int64_t *whole) {
  const double top = ldexp(1, (int)bits - 1);
  if (!isfinite(real)) return false;
  *whole =
      (int64_t)fmin(fmax(round(ldexp((double)real, (int)frac)), -top), top - 1);
  return true;
}

/* With Q bits: weights have Q-1 fractional bits, biases Q-2; inputs F, later
 * Activations drop F + 1; hidden ones are unsigned, the last signed. */
static rp_status dense_quantized(const dense *d, int64_t frac, int64_t bits,
                                 bool last, layer *l, rp_error *err) {
  const size_t n_in = (size_t)d->n_in, n_out = (size_t)d->n_out;
  const int64_t half = (int64_t)1 << (bits - 1);
  int64_t *w = malloc((n_in * n_out + 1) * sizeof *w);
  int64_t *b = malloc((n_out + 1) * sizeof *b);
  bool good = w && b;
  for (size_t i = 0; good && i < n_out; i++) {
    for (size_t j = 0; good && j < n_in; j++)
      good = quantized(((const float *)d->kernel)[j * n_out + i], bits - 1,
                       bits, &w[i * n_in + j]);
    good =
        good && quantized(((const float *)d->bias)[i], bits - 2, bits, &b[i]);
    if (good) b[i] *= (int64_t)1 << (frac + 1);
  }
  *l = (layer){.n_in = (int32_t)d->n_in, .n_out = (int32_t)d->n_out};
  l->lo = (int32_t)(last ? -half : 0);
  l->hi = (int32_t)(last ? half - 1 : 2 * half - 1);
  l->shift = (int32_t)frac + 1;
  const rp_status st =
      good ? numbers_kept(w, b, l, err)
           : rp_fail(err, RP_E_INPUT, "no memory, or a weight not finite");
  free(w);
  free(b);
  return st;
}

static rp_status qvip_read(h5id file, const sources *s, net *n, rp_error *err) {
  dense list[MOST_LAYERS] = {{0}};
  int32_t count;
  if (s->input_bits < 1 || s->input_bits > 8 || s->bits < 2 || s->bits > 16)
    return rp_fail(err, RP_E_INPUT, "the results do not say the bits");
  rp_status st = dense_listed(file, list, &count, err);
  if (st == RP_OK) st = ordered(list, count, err);
  n->in_hi = (1 << s->input_bits) - 1;
  n->n_layers = count;
  for (int32_t k = 0; k < count && st == RP_OK; k++)
    st = dense_quantized(&list[k], k ? s->bits - 2 : s->input_bits, s->bits,
                         k + 1 == count, &n->layer[k], err);
  for (int32_t k = 0; k < MOST_LAYERS; k++) {
    free(list[k].kernel);
    free(list[k].bias);
  }
  return st;
}

rp_status rp_check_network(const sources *s, net *n, rp_error *err) {
  blob b;
  h5id file = -1;
  rp_error why = {""};
  char format[512] = "";
  RP_TRY(rp_check_read(s->network, &b, err));
  rp_status st = RP_OK;
  if (strcmp(b.sha256, s->network_sha256) != 0)
    st = rp_fail(&why, RP_E_INPUT,
                 "not the network of these results: its "
                 "SHA-256 is another one");
  if (st == RP_OK) st = rp_check_h5_open(s->network, &b, &file, &why);
  if (st == RP_OK && rp_check_h5_has(file, "format"))
    st = rp_check_h5_text(file, "format", format, &why);
  const bool native = !strcmp(s->network_format, "native") ||
                      (strcmp(s->network_format, "qvip") != 0 &&
                       !strcmp(format, "rampart-network"));
  if (st == RP_OK)
    st = native ? native_read(file, n, &why) : qvip_read(file, s, n, &why);
  if (st == RP_OK) {
    n->n_in = n->layer[0].n_in;
    st = rp_check_net_finish(n, &why);
  }
  rp_check_h5_close(file);
  free(b.bytes);
  return st == RP_OK ? st
                     : rp_fail(err, st, "%s: %.400s", s->network, why.text);
}
