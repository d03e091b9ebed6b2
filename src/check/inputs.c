/* Networks: Rampart's own (whole numbers) and QVIP's (Keras weights in float32,
 * quantized here by QVIP's rule). Datasets: idx, CSV, HDF5. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- networks ---- */

/* A weight or bias as a whole number. QVIP's float32: half away from zero,
 * clipped to signed bits; with Q bits, weights have Q-1 fractional bits, biases
 * Q-2 and the unit of the last. */
static int64_t number_at(const void *from, int64_t at, int32_t bits,
                         bool is_bias, int32_t shift) {
  if (!bits) return ((const int64_t *)from)[at];
  const double real = (double)((const float *)from)[at];
  const double top = ldexp(1, bits - 1);
  if (!isfinite(real)) return INT64_MAX; /* out of every range */
  const double scaled = round(ldexp(real, bits - 1 - is_bias));
  const int64_t whole = (int64_t)fmin(fmax(scaled, -top), top - 1);
  return is_bias ? whole * ((int64_t)1 << shift) : whole;
}

/* Steps are in the layer already.
 * @param path  weights [n_out][n_in] int64, or with bits [n_in][n_out] float;
 *              biases */
static void layer_read(h5 f, char path[2][1700], int32_t bits, layer *l) {
  int64_t w_dims[4], b_dims[4];
  void *w = rp_check_h5_array(f, path[0], bits > 0, w_dims);
  void *b = rp_check_h5_array(f, path[1], bits > 0, b_dims);
  const int64_t n_out = w_dims[bits > 0], n_in = w_dims[bits == 0];
  bool good = w_dims[2] * w_dims[3] == 1 && b_dims[0] == n_out &&
              b_dims[1] * b_dims[2] * b_dims[3] == 1 && n_out > 0;
  l->n_out = (int32_t)n_out;
  l->n_in = (int32_t)n_in;
  l->w = rp_check_alloc((size_t)(n_in * n_out), sizeof *l->w);
  l->b = rp_check_alloc((size_t)n_out, sizeof *l->b);
  for (int64_t i = 0; good && i < n_out; i++) {
    const int64_t bias = number_at(b, i, bits, true, l->shift);
    good = bias <= ACC_LIMIT && bias >= -ACC_LIMIT;
    l->b[i] = (int32_t)bias;
    for (int64_t j = 0; good && j < n_in; j++) {
      const int64_t at = bits ? j * n_out + i : i * n_in + j;
      const int64_t weight = number_at(w, at, bits, false, 0);
      good = weight <= INT16_MAX && weight >= INT16_MIN;
      l->w[i * n_in + j] = (int16_t)weight;
    }
  }
  if (!good) rp_check_stop(f.file, "'%s': expected a layer of int16", path[0]);
  free(w);
  free(b);
}

static void native_read(h5 f, net *n) {
  text rule, kind;
  char group[24], path[2][1700];
  rp_check_h5_text(f, "/", "rule", rule);
  if (rp_check_h5_whole(f, "/", "version") != 1 || strcmp(rule, "R0") != 0)
    rp_check_stop(f.file, "not a network of version 1 and rule R0");
  n->in_hi = rp_check_h5_whole(f, "/", "input_max");
  for (; n->n_layers < MOST_LAYERS; n->n_layers++) {
    layer *l = &n->layer[n->n_layers];
    snprintf(group, sizeof group, "layer%d", n->n_layers);
    if (!rp_check_h5_texts(f, group, "kind", 1, &kind)) break;
    if (strcmp(kind, "dense") != 0)
      rp_check_stop(f.file, "'%s': expected kind dense", group);
    l->lo = rp_check_h5_whole(f, group, "activation_min");
    l->hi = rp_check_h5_whole(f, group, "activation_max");
    l->shift = rp_check_h5_whole(f, group, "shift");
    snprintf(path[0], sizeof path[0], "%s/weight", group);
    snprintf(path[1], sizeof path[1], "%s/bias", group);
    layer_read(f, path, 0, l);
  }
}

/* With or without ":0", as Keras 2 and 3 name arrays. */
static bool is_array(const char *path, const char *name) {
  const char *const slash = strrchr(path, '/');
  const char *const last = slash ? slash + 1 : path;
  const size_t length = strlen(name);
  return !strncmp(last, name, length) &&
         (!last[length] || !strcmp(last + length, ":0"));
}

/* Inputs have F fractional bits, later layers' Q-2; a step drops F + 1. Hidden
 * activations are unsigned, the last ones signed. Layers come in the order of
 * the list; those without arrays say nothing. */
static void qvip_read(h5 f, int32_t bits, int32_t in_bits, net *n) {
  text layers[MOST_LAYERS], names[2];
  char group[sizeof(text) + 16], path[2][1700];
  if (in_bits < 1 || in_bits > 8 || bits < 2 || bits > 16)
    rp_check_stop(f.file, "the results do not say its bits");
  n->in_hi = (1 << in_bits) - 1;
  const char *root = "/"; /* or the weights of a whole model */
  int64_t count =
      rp_check_h5_texts(f, root, "layer_names", MOST_LAYERS, layers);
  if (count == 0) {
    root = "/model_weights/";
    count = rp_check_h5_texts(f, root, "layer_names", MOST_LAYERS, layers);
  }
  for (int64_t k = 0; k < count; k++) {
    layer *l = &n->layer[n->n_layers];
    snprintf(group, sizeof group, "%s%s", root, layers[k]);
    if (!rp_check_h5_texts(f, group, "weight_names", 2, names)) continue;
    const bool swapped = is_array(names[0], "bias");
    for (int i = 0; i < 2; i++)
      snprintf(path[i], sizeof path[i], "%s/%s", group, names[i ^ swapped]);
    if (!is_array(path[0], "kernel") || !is_array(path[1], "bias"))
      rp_check_stop(f.file, "'%s': expected a dense layer", layers[k]);
    l->hi = (1 << bits) - 1;
    l->shift = (n->n_layers++ ? bits - 2 : in_bits) + 1;
    layer_read(f, path, bits, l);
  }
  if (n->n_layers < 1) rp_check_stop(f.file, "no layers");
  n->layer[n->n_layers - 1].lo = -(1 << (bits - 1));
  n->layer[n->n_layers - 1].hi = (1 << (bits - 1)) - 1;
}

void rp_check_network(const results *r, net *n) {
  text file, asked, format;
  const h5 f = rp_check_h5_open(file, rp_check_origin(r, NETWORK, file));
  rp_check_h5_text(r->f, "/", "network_format", asked);
  const bool native = !strcmp(asked, "native") ||
                      (strcmp(asked, "qvip") &&
                       rp_check_h5_texts(f, "/", "format", 1, &format));
  if (native)
    native_read(f, n);
  else
    qvip_read(f, rp_check_h5_whole(r->f, "/", "bits"),
              rp_check_h5_whole(r->f, "/", "input_bits"), n);
  n->n_in = n->layer[0].n_in;
  if (!rp_check_prepare(n))
    rp_check_stop(file, "layers that do not fit, or beyond 2^30");
  if (r->n_examples > 0 && n->n_in != r->n_in)
    rp_check_stop(file, "its inputs are not like the counterexamples");
}

/* ---- datasets ---- */

/* Bytes behind an idx file's head, whose first size is that of the samples. */
static array idx_read(blob b) {
  const size_t head = b.size < 8 ? 8 : 4 + 4 * (size_t)b.bytes[3];
  if (head < 8 || b.size <= head || b.bytes[2] != 8) return (array){0};
  const uint8_t *at = b.bytes + 4, *data = b.bytes + head;
  const int64_t rest = (int64_t)(b.size - head);
  const int64_t n = (int64_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
  if (n == 0 || rest % n != 0) return (array){0};
  array a = {rp_check_alloc((size_t)rest, sizeof *a.at), n, rest / n};
  for (int64_t i = 0; i < rest; i++) a.at[i] = data[i];
  return a;
}

static array hdf5_read(h5 f, const char *name) {
  int64_t dims[4];
  int64_t *at = rp_check_h5_array(f, name, false, dims);
  return (array){at, dims[0], dims[1] * dims[2] * dims[3]};
}

/* A line each of whose fields has a letter. */
static bool is_header(const char *line) {
  bool named = false;
  for (; *line; line++) {
    if (*line == ',' && !named) return false;
    named = *line != ',' && (named || isalpha((unsigned char)*line) ||
                             (unsigned char)*line >= 0x80);
  }
  return named;
}

/* A label and numbers a line, the same count in each. Blanks, empty lines, a
 * byte order mark and a header line are fine. */
static bool csv_read(blob b, array *x, array *y) {
  char *at = (char *)b.bytes, *line;
  int64_t count = 0;
  bool good = true;
  *x = (array){rp_check_alloc(b.size, sizeof *x->at), 0, 0};
  *y = (array){rp_check_alloc(b.size, sizeof *y->at), 0, 1};
  if (!strncmp(at, "\xef\xbb\xbf", 3)) at += 3;
  for (bool first = true; good && (line = strsep(&at, "\n")); first = false) {
    int64_t fields = -1; /* besides the label */
    if (line[strspn(line, " \t\r")] == '\0') continue;
    if (first && is_header(line)) continue;
    for (char *field; (field = strsep(&line, ",")) != NULL; fields++) {
      field += strspn(field, " \t\r");
      good = good && isdigit((unsigned char)field[fields < 0 && *field == '-']);
      int64_t *to = fields < 0 ? &y->at[y->n] : &x->at[count++];
      *to = strtoll(field, &field, 10);
      good = good && field[strspn(field, " \t\r")] == '\0';
    }
    if (y->n++ == 0) x->dim = fields;
    good = good && fields == x->dim;
  }
  x->n = y->n;
  return good;
}

/* Pixels 0..255 are rounded to the bits of the network. */
static bool rescaled(const net *n, array *x) {
  int64_t bits = 0;
  while (1 << bits <= n->in_hi) bits++;
  for (int64_t i = 0; bits < 8 && i < x->n * x->dim; i++) {
    x->at[i] = (x->at[i] + (1 << (7 - bits))) >> (8 - bits);
    if (x->at[i] > n->in_hi) x->at[i] = n->in_hi;
  }
  return 1 << bits == n->in_hi + 1;
}

/* Results say what the numbers are. Version 1 did not: there, pixels if one of
 * them is above the input range. */
static bool fitted(const results *r, const net *n, array *x) {
  const bool says = rp_check_h5_whole(r->f, "/", "format_version") != 1;
  text values = "";
  int64_t most = 0;
  for (int64_t i = 0; i < x->n * x->dim; i++) {
    if (x->at[i] < 0 || x->at[i] > 255) return false;
    if (x->at[i] > most) most = x->at[i];
  }
  if (says) rp_check_h5_text(r->f, "/", "dataset_values", values);
  if (says ? !strcmp(values, "pixels") : most > n->in_hi) return rescaled(n, x);
  return (!says || !strcmp(values, "integers")) && most <= n->in_hi;
}

void rp_check_dataset(const results *r, const net *n, array *x, array *y) {
  text file, y_file, x_name, y_name;
  bool good = true;
  const blob b = rp_check_origin(r, DATASET, file);
  const blob own = rp_check_origin(r, LABELS, y_file), c = own.size ? own : b;
  rp_check_h5_text(r->f, "/", "x_name", x_name);
  rp_check_h5_text(r->f, "/", "y_name", y_name);
  if (b.size >= 4 && !memcmp(b.bytes, "\x89HDF", 4)) {
    *x = hdf5_read(rp_check_h5_open(file, b), x_name[0] ? x_name : "x");
    *y = hdf5_read(rp_check_h5_open(file, c), y_name[0] ? y_name : "y");
  } else if (b.size >= 4 && !b.bytes[0] && !b.bytes[1]) {
    *x = idx_read(b);
    *y = idx_read(c);
  } else {
    good = csv_read(b, x, y);
  }
  if (!good || x->n < 1 || y->n != x->n || y->dim != 1 || x->dim != n->n_in ||
      !fitted(r, n, x))
    rp_check_stop(file, "no samples and labels for this network");
}
