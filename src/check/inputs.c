/* Networks: Rampart's own (whole numbers) and QVIP's (Keras weights in float32,
 * quantized here by QVIP's rule). Datasets: idx, CSV, HDF5. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static rp_status bad(rp_error *err, const char *what) {
  return rp_fail(err, RP_E_INPUT, "%s", what);
}

/* ---- networks ---- */

/* Weight k of a layer, or bias k of those behind the weights, as a whole
 * number. QVIP's float32: half away from zero, clipped to signed bits; with Q
 * bits, weights have Q-1 fractional bits, biases Q-2 and the unit of the last.
 */
static int64_t number_at(const void *from, size_t at, int32_t bits,
                         bool is_bias, int32_t shift) {
  if (!bits) return ((const int64_t *)from)[at];
  const double real = (double)((const float *)from)[at];
  const double top = ldexp(1, bits - 1);
  if (!isfinite(real)) return INT64_MAX; /* out of every range */
  const double scaled = round(ldexp(real, bits - 1 - is_bias));
  const int64_t whole = (int64_t)fmin(fmax(scaled, -top), top - 1);
  return is_bias ? whole * ((int64_t)1 << shift) : whole;
}

/* Arrays of a layer: [n_out][n_in] int64, or with bits [n_in][n_out] float. */
static rp_status layer_made(const void *w, const void *b, int32_t bits,
                            layer *l, rp_error *err) {
  const size_t n_in = (size_t)l->n_in, n_out = (size_t)l->n_out;
  l->w = rp_check_alloc(n_in * n_out, sizeof *l->w);
  l->b = rp_check_alloc(n_out, sizeof *l->b);
  for (size_t i = 0; i < n_out; i++) {
    const int64_t bias = number_at(b, i, bits, true, l->shift);
    if (bias > ACC_LIMIT || bias < -ACC_LIMIT) return bad(err, "a large bias");
    l->b[i] = (int32_t)bias;
    for (size_t j = 0; j < n_in; j++) {
      const size_t at = bits ? j * n_out + i : i * n_in + j;
      const int64_t weight = number_at(w, at, bits, false, 0);
      if (weight > INT16_MAX || weight < INT16_MIN)
        return bad(err, "a large weight");
      l->w[i * n_in + j] = (int16_t)weight;
    }
  }
  return RP_OK;
}

/* Steps are in the layer already. */
static rp_status layer_read(h5 f, const char *w_path, const char *b_path,
                            int32_t bits, layer *l) {
  const h5kind kind = bits ? H5_FLOAT : H5_INT64;
  int64_t w_dims[8], b_dims[8];
  void *w, *b = NULL;
  RP_TRY(rp_check_h5_array(f, w_path, kind, w_dims, &w));
  rp_status st = rp_check_h5_array(f, b_path, kind, b_dims, &b);
  if (st == RP_OK && (w_dims[2] != 1 || b_dims[1] != 1 || w_dims[0] < 1 ||
                      w_dims[1] < 1 || b_dims[0] != w_dims[bits > 0]))
    st = bad(f.err, "a layer of another shape");
  l->n_out = st == RP_OK ? (int32_t)w_dims[bits > 0] : 0;
  l->n_in = st == RP_OK ? (int32_t)w_dims[bits == 0] : 0;
  if (st == RP_OK) st = layer_made(w, b, bits, l, f.err);
  free(w);
  free(b);
  return st;
}

static rp_status native_layer(h5 f, const char *group, layer *l) {
  char w[32], b[32];
  int64_t lo, hi, shift;
  snprintf(w, sizeof w, "%.20s/weight", group);
  snprintf(b, sizeof b, "%.20s/bias", group);
  if (!rp_check_h5_int(f, group, "activation_min", &lo) || lo < -ACC_LIMIT ||
      !rp_check_h5_int(f, group, "activation_max", &hi) || hi > ACC_LIMIT ||
      lo > hi || !rp_check_h5_int(f, group, "shift", &shift) || shift < 0 ||
      shift > 30)
    return bad(f.err, "no layer of rule R0");
  l->lo = (int32_t)lo, l->hi = (int32_t)hi, l->shift = (int32_t)shift;
  return layer_read(f, w, b, 0, l);
}

static rp_status native_read(h5 f, net *n) {
  char rule[512], kind[512], group[24];
  int64_t in_hi, version;
  if (!rp_check_h5_int(f, "/", "version", &version) || version != 1 ||
      !rp_check_h5_text(f, "/", "rule", rule) || strcmp(rule, "R0") ||
      !rp_check_h5_int(f, "/", "input_max", &in_hi) || in_hi < 1 || in_hi > 255)
    return bad(f.err, "not a network of version 1 and rule R0");
  n->in_hi = (int32_t)in_hi;
  for (; n->n_layers < MOST_LAYERS; n->n_layers++) {
    snprintf(group, sizeof group, "layer%d", n->n_layers);
    if (!rp_check_h5_text(f, group, "kind", kind)) break;
    if (strcmp(kind, "dense")) return bad(f.err, "not a dense layer");
    RP_TRY(native_layer(f, group, &n->layer[n->n_layers]));
  }
  return RP_OK;
}

/* Inputs have F fractional bits, later layers' Q-2; a step drops F + 1. Hidden
 * activations are unsigned, the last ones signed. */
static rp_status qvip_layer(h5 f, const results *r, const char *group,
                            char names[][512], net *n) {
  const int32_t bits = (int32_t)r->whole[S_bits];
  const int32_t in_bits = (int32_t)r->whole[S_input_bits];
  const bool swapped = strstr(names[0], "bias:0") != NULL;
  char path[2][1100];
  layer *l = &n->layer[n->n_layers];
  for (int i = 0; i < 2; i++)
    snprintf(path[i], sizeof path[i], "%s/%s", group, names[i ^ swapped]);
  if (!strstr(path[0], "kernel:0") || !strstr(path[1], "bias:0"))
    return bad(f.err, "not a dense layer");
  l->hi = (1 << bits) - 1;
  l->shift = (n->n_layers++ ? bits - 2 : in_bits) + 1;
  return layer_read(f, path[0], path[1], bits, l);
}

/* Layers in the order of the list; those without arrays say nothing. */
static rp_status qvip_read(h5 f, const results *r, net *n) {
  const int64_t own_bits = r->whole[S_bits], in_bits = r->whole[S_input_bits];
  char layers[MOST_LAYERS][512], names[2][512];
  if (in_bits < 1 || in_bits > 8 || own_bits < 2 || own_bits > 16)
    return bad(f.err, "the results do not say its bits");
  n->in_hi = (1 << in_bits) - 1;
  const int64_t count =
      rp_check_h5_attribute(f, "/", "layer_names", true, MOST_LAYERS, layers);
  for (int64_t k = 0; k < count; k++) {
    const int64_t arrays_of =
        rp_check_h5_attribute(f, layers[k], "weight_names", true, 2, names);
    if (arrays_of != 0 && arrays_of != 2)
      return bad(f.err, "not a dense layer");
    if (arrays_of) RP_TRY(qvip_layer(f, r, layers[k], names, n));
  }
  if (n->n_layers < 1) return bad(f.err, "no layers");
  n->layer[n->n_layers - 1].lo = -(1 << (own_bits - 1));
  n->layer[n->n_layers - 1].hi = (1 << (own_bits - 1)) - 1;
  return RP_OK;
}

rp_status rp_check_network(const results *r, net *n, rp_error *err) {
  blob b;
  h5 f;
  rp_error why = {""};
  char format[512] = "";
  const char *asked = r->text[S_network_format],
             *file = r->text[S_network_file];
  RP_TRY(rp_check_read(file, r->text[S_network_sha256], &b, err));
  rp_status st = rp_check_h5_open(b, &why, &f);
  if (st == RP_OK) (void)rp_check_h5_text(f, "/", "format", format);
  const bool native =
      !strcmp(asked, "native") || (strcmp(asked, "qvip") && format[0]);
  if (st == RP_OK) st = native ? native_read(f, n) : qvip_read(f, r, n);
  if (st == RP_OK) n->n_in = n->layer[0].n_in;
  if (st == RP_OK) st = rp_check_prepare(n, &why);
  if (st == RP_OK &&
      (n->n_in != r->whole[S_n_in] || n->in_hi != r->whole[S_input_max]))
    st = bad(&why, "has other inputs than the results say");
  rp_check_h5_close(f);
  free(b.bytes);
  return st == RP_OK ? st : rp_fail(err, st, "%s: %.400s", file, why.text);
}

/* ---- datasets ---- */

/* Bytes behind an idx file's head, [n][dim]. */
static int64_t *idx_read(blob b, int64_t *n, int64_t *dim) {
  uint64_t size[5] = {1, 1, 1, 1, 1};
  const size_t rank = b.size < 4 ? 0 : b.bytes[3], head = 4 + 4 * rank;
  if (rank < 1 || rank > 4 || b.size < head || b.bytes[2] != 8) return NULL;
  for (size_t k = 4; k < head; k++)
    size[k / 4 - 1] = (k % 4 ? size[k / 4 - 1] << 8 : 0) | b.bytes[k];
  if (__builtin_mul_overflow(size[1], size[2], &size[4]) ||
      __builtin_mul_overflow(size[4], size[3], &size[4]) || size[4] == 0 ||
      (b.size - head) / size[4] != size[0] || (b.size - head) % size[4])
    return NULL;
  int64_t *numbers = rp_check_alloc(b.size - head, sizeof *numbers);
  for (size_t i = head; i < b.size; i++) numbers[i - head] = b.bytes[i];
  *n = (int64_t)size[0];
  *dim = (int64_t)size[4];
  return numbers;
}

static int64_t *hdf5_read(blob b, const char *name, int64_t *n, int64_t *dim) {
  int64_t dims[8];
  void *data = NULL;
  h5 f;
  if (rp_check_h5_open(b, NULL, &f) != RP_OK) return NULL;
  (void)rp_check_h5_array(f, name, H5_INT64, dims, &data);
  rp_check_h5_close(f);
  if (!data) return NULL;
  *n = dims[0];
  *dim = 1;
  for (int k = 1; k < 8; k++) *dim *= dims[k];
  return data;
}

/* A label and numbers a line, the same count in each. Blanks, empty lines, a
 * byte order mark and a header line are fine. */
static bool csv_read(blob b, dataset *d) {
  char *at = (char *)b.bytes, *line;
  int64_t count = 0;
  bool good = true;
  d->x = rp_check_alloc(b.size, sizeof *d->x);
  d->label = rp_check_alloc(b.size, sizeof *d->label);
  at[b.size] = '\0';
  if (!strncmp(at, "\xef\xbb\xbf", 3)) at += 3;
  for (bool first = true; good && (line = strsep(&at, "\n")); first = false) {
    int64_t fields = -1; /* besides the label */
    if (line[strspn(line, " \t\r")] == '\0') continue;
    if (first && !line[strcspn(line, "0123456789+-")]) continue;
    for (char *field; (field = strsep(&line, ",")) != NULL; fields++) {
      field += strspn(field, " \t");
      good = good && isdigit((unsigned char)*field);
      int64_t *to = fields < 0 ? &d->label[d->n] : &d->x[count++];
      *to = strtoll(field, &field, 10);
      good = good && field[strspn(field, " \t\r")] == '\0';
    }
    if (d->n++ == 0) d->dim = fields;
    good = good && fields == d->dim;
  }
  return good && d->n > 0;
}

/* Samples of more bits than the network takes are rounded to its bits. */
static bool fitted(const net *n, dataset *d) {
  int64_t most = 0, bits = 0;
  if (d->dim != n->n_in) return false;
  for (int64_t i = 0; i < d->n * d->dim; i++) {
    if (d->x[i] < 0 || d->x[i] > 255) return false;
    if (d->x[i] > most) most = d->x[i];
  }
  if (most <= n->in_hi) return true;
  while (1 << bits <= n->in_hi) bits++;
  if (1 << bits != n->in_hi + 1) return false;
  for (int64_t i = 0; i < d->n * d->dim; i++) {
    d->x[i] = (d->x[i] + (1 << (7 - bits))) >> (8 - bits);
    if (d->x[i] > n->in_hi) d->x[i] = n->in_hi;
  }
  return true;
}

rp_status rp_check_dataset(const results *r, const net *n, dataset *d,
                           rp_error *err) {
  const char *x_file = r->text[S_dataset_file],
             *y_file = r->text[S_labels_file];
  const char *x_array = r->text[S_x_name][0] ? r->text[S_x_name] : "x";
  const char *y_array = r->text[S_y_name][0] ? r->text[S_y_name] : "y";
  blob x = {0}, y = {0};
  int64_t labels = 0, one = 0;
  RP_TRY(rp_check_read(x_file, r->text[S_dataset_sha256], &x, err));
  rp_status st = RP_OK;
  if (y_file[0]) st = rp_check_read(y_file, r->text[S_labels_sha256], &y, err);
  const blob from = y.bytes ? y : x;
  if (st == RP_OK && x.size >= 4 && !memcmp(x.bytes, "\x89HDF", 4)) {
    d->x = hdf5_read(x, x_array, &d->n, &d->dim);
    d->label = hdf5_read(from, y_array, &labels, &one);
  } else if (st == RP_OK && x.size >= 4 && !x.bytes[0] && !x.bytes[1]) {
    d->x = idx_read(x, &d->n, &d->dim);
    d->label = idx_read(from, &labels, &one);
  } else if (st == RP_OK && csv_read(x, d)) {
    labels = d->n, one = 1;
  }
  if (st == RP_OK &&
      (!d->x || !d->label || labels != d->n || one != 1 || !fitted(n, d)))
    st = rp_fail(err, RP_E_INPUT, "%s: no samples and labels for this network",
                 x_file);
  free(x.bytes);
  free(y.bytes);
  return st;
}
