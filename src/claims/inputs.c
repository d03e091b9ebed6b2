/* Reads QVIP's networks (Keras weights in float32, quantized here by QVIP's
 * rule), and datasets: idx, CSV, HDF5, NumPy's. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/h5.h"

/* ---- networks ---- */

/* Get a weight or a bias as an integer: rounded half away from zero and clipped
 * to signed bits. With Q bits, weights have Q-1 fractional bits and biases Q-2.
 */
static int64_t quantize(float real, int32_t bits, int32_t fraction) {
  const double top = ldexp(1, bits - 1);
  if (!isfinite(real)) return INT64_MAX; /* outside every range */
  return (int64_t)fmin(fmax(round(ldexp(real, fraction)), -top), top - 1);
}

/* The arrays of a layer as stored. */
typedef struct raw {
  float *w, *b; /* [n_in][n_out], [n_out] */
  int64_t n_in, n_out;
  uint64_t place[2]; /* of the arrays in the file */
} raw;

static raw read_raw(h5 f, char path[2][2100]) {
  int64_t w[MOST_DIMS], b[MOST_DIMS];
  raw a = {rp_check_h5_array(f, path[0], SINGLE, 2, w),
           rp_check_h5_array(f, path[1], SINGLE, 1, b),
           w[0],
           w[1],
           {rp_check_h5_place(f, path[0]), rp_check_h5_place(f, path[1])}};
  for (int i = 0; i < 2; i++) rp_check_h5_only(f, path[i], "", NULL);
  if (b[0] != a.n_out || a.n_out < 1 || a.n_in < 1)
    rp_check_stop(f.file, "'%s': expected a bias for each neuron", path[0]);
  return a;
}

/* Make a dense block over the one before it. A bias is scaled to the unit of
 * accumulators. */
static void make_dense(h5 f, int32_t k, const raw *a, int32_t bits, stair of,
                       block *b) {
  const size_t n_out = (size_t)a->n_out, n_in = (size_t)a->n_in;
  bool good = true;
  *b = (block){.n_out = (int32_t)n_out, .n_terms = 1, .n_stairs = 1};
  b->term = rp_check_alloc(1, sizeof *b->term);
  b->stair = rp_check_alloc(1, sizeof *b->stair);
  b->b = rp_check_alloc(n_out, sizeof *b->b);
  *b->stair = of;
  *b->term = (term){.source = k - 1, .n_in = (int32_t)n_in};
  b->term->w = rp_check_alloc(n_in * n_out, sizeof *b->term->w);
  for (size_t i = 0; i < n_out; i++) {
    const int64_t bias = quantize(a->b[i], bits, bits - 2);
    good = good && bias < INT64_MAX;
    b->b[i] = good ? bias * ((int64_t)1 << of.shift) : 0;
    for (size_t j = 0; j < n_in; j++) {
      const int64_t weight = quantize(a->w[j * n_out + i], bits, bits - 1);
      good = good && weight < INT64_MAX;
      b->term->w[i * n_in + j] = (int16_t)weight;
    }
  }
  if (!good) rp_check_stop(f.file, "expected finite weights and biases");
  free(a->w);
  free(a->b);
}

/* ---- QVIP's networks: layers come in the order of the list or, if they do not
 * chain in it, in the only order in which they do ---- */

enum { MOST_LAYERS = 64, MOST_TRIES = 100000 };

typedef struct orders {
  int32_t count, tries, found; /* layers; up to MOST_TRIES; up to 2 */
  raw now[MOST_LAYERS], first[MOST_LAYERS]; /* the present, the first found */
} orders;

/* Try each of the layers that are left at this place. */
static void find_orders(orders *s, int32_t place) {
  if (s->tries++ == MOST_TRIES) s->found = 2;
  if (place == s->count && s->found++ == 0)
    memcpy(s->first, s->now, sizeof s->first);
  for (int32_t k = place; k < s->count && s->found < 2; k++) {
    const raw here = s->now[place], there = s->now[k];
    if (place > 0 && there.n_in != s->now[place - 1].n_out) continue;
    s->now[place] = there;
    s->now[k] = here;
    find_orders(s, place + 1);
    s->now[place] = here;
    s->now[k] = there;
  }
}

/* Put layers that do not chain into their order. */
static void chain_layers(h5 f, raw *layer, int32_t count) {
  bool chains = true;
  for (int32_t k = 1; k < count; k++)
    chains = chains && layer[k].n_in == layer[k - 1].n_out;
  if (chains) return;
  orders s = {.count = count};
  memcpy(s.now, layer, (size_t)count * sizeof *layer);
  find_orders(&s, 0);
  if (s.found != 1)
    rp_check_stop(f.file,
                  "the shapes of the layers do not determine their order");
  memcpy(layer, s.first, (size_t)count * sizeof *layer);
}

/* Keras 2 appends ":0" to the names of arrays, Keras 3 does not. */
static bool is_array(const char *path, const char *name) {
  const char *const slash = strrchr(path, '/');
  const char *const last = slash ? slash + 1 : path;
  const size_t length = strlen(name);
  return !strncmp(last, name, length) &&
         (!last[length] || !strcmp(last + length, ":0"));
}

/* Two layers might use one array under two names while another is omitted. */
static void expect_new(h5 f, const raw *all, int32_t count, const char *name) {
  for (int32_t k = 0; k < count; k++)
    if (all[k].place[0] == all[count].place[0] ||
        all[k].place[1] == all[count].place[1])
      rp_check_stop(f.file, "'%s': its arrays are those of another layer",
                    name);
}

/* Read all layers of the list; layers without arrays are skipped. */
static int32_t read_list(h5 f, raw all[MOST_LAYERS]) {
  static text layers[1024];
  text names[2];
  char group[sizeof(text) + 16], path[2][2100];
  const bool is_whole = !rp_check_h5_has(f, "/", "layer_names");
  const char *const root = is_whole ? "/model_weights/" : "/"; /* of a model */
  int32_t count = 0;
  rp_check_h5_only(f, root, "layer_names backend keras_version", "*");
  const int64_t n = rp_check_h5_texts(f, root, "layer_names", 1024, layers);
  for (int64_t k = 0; k < n; k++) {
    snprintf(group, sizeof group, "%s%s", root, layers[k]);
    rp_check_h5_only(f, group, "weight_names", "*");
    const int64_t m = rp_check_h5_texts(f, group, "weight_names", 2, names);
    if (m == 0) continue;
    const bool swapped = is_array(names[0], "bias");
    if (m != 2 || !is_array(names[swapped], "kernel") ||
        !is_array(names[!swapped], "bias") || count == MOST_LAYERS)
      rp_check_stop(f.file, "'%s': expected a dense layer", layers[k]);
    for (int i = 0; i < 2; i++)
      snprintf(path[i], sizeof path[i], "%s/%s", group, names[i ^ swapped]);
    all[count] = read_raw(f, path);
    expect_new(f, all, count++, layers[k]);
  }
  if (count < 1 || rp_check_h5_arrays(f, root) != 2 * count)
    rp_check_stop(f.file, "expected two arrays for each layer, and no others");
  return count;
}

/* The file has no shape: a square number of inputs is an image. */
static void take_square(net *n) {
  int32_t side = 1;
  while ((int64_t)side * side < n->n_in) side++;
  if (n->n_in < 2 || (int64_t)side * side != n->n_in) return;
  n->image[0] = n->image[1] = side;
  n->image[2] = 1;
}

/* The inputs of the first layer have F fractional bits, those of later layers
 * F = Q-2; the shift is F + 1. Hidden activations are unsigned, outputs signed.
 */
static void read_qvip(h5 f, int32_t bits, int32_t in_bits, net *n) {
  raw all[MOST_LAYERS];
  if (in_bits < 1 || in_bits > 8 || bits < 2 || bits > 16)
    rp_check_stop(f.file, "the results lack its bit widths");
  n->in_hi = (1 << in_bits) - 1;
  n->in_channels = 1;
  n->n_blocks = read_list(f, all);
  n->block = rp_check_alloc((size_t)n->n_blocks, sizeof *n->block);
  chain_layers(f, all, n->n_blocks);
  n->n_in = (int32_t)all[0].n_in;
  take_square(n);
  for (int32_t k = 0; k < n->n_blocks; k++) {
    const bool is_last = k + 1 == n->n_blocks;
    const stair of = {is_last ? -(1 << (bits - 1)) : 0,
                      (1 << (is_last ? bits - 1 : bits)) - 1,
                      (k ? bits - 2 : in_bits) + 1, NULL};
    make_dense(f, k, &all[k], bits, of, &n->block[k]);
  }
}

/* What inputs are in the results and their dataset: in_lo..in_lo + in_hi. */
static bool has_same_inputs(const results *r, const net *n) {
  const int32_t least = rp_check_h5_has(r->f, "/", "input_min")
                            ? rp_check_h5_whole(r->f, "/", "input_min")
                            : 0;
  return n->in_lo == least &&
         n->in_lo + n->in_hi == rp_check_h5_whole(r->f, "/", "input_max") &&
         n->n_in == rp_check_h5_whole(r->f, "/", "n_in") && n->n_in == r->n_in;
}

/* HDF5 begins at the front, or behind 512 bytes or a power of two more. */
static bool is_hdf5(blob b) {
  size_t at = 0;
  while (at + 8 <= b.size && memcmp(b.bytes + at, "\x89HDF\r\n\x1a\n", 8) != 0)
    at = at ? 2 * at : 512;
  return at + 8 <= b.size;
}

/* Whether results repeat a text of the network's file. Those of version 1 may
 * lack it. */
static bool has_same_text(const results *r, const char *name, const char *own) {
  text said;
  if (!rp_check_h5_has(r->f, "/", name)) return true;
  rp_check_h5_text(r->f, "/", name, said);
  return !strcmp(said, own);
}

/* Whether results name the origin of the network, and the scale of its input,
 * as its file does: readers take them from the results. */
static bool has_same_origin(const results *r, const net *n) {
  return has_same_text(r, "network_profile", n->profile) &&
         has_same_text(r, "source_sha256", n->source_sha256) &&
         (!rp_check_h5_has(r->f, "/", "input_scale") ||
          rp_check_h5_real(r->f, "/", "input_scale") == (double)n->in_step);
}

void rp_check_read_network(const results *r, net *n, text file) {
  text asked, format = "";
  const blob b = rp_check_read_origin(r, NETWORK, file);
  if (!is_hdf5(b))
    rp_check_stop(file,
                  "not an HDF5 file%s: write the network as one by rampart "
                  "import, and decide on that",
                  b.size >= 4 && !memcmp(b.bytes, "PK\3\4", 4)
                      ? ", but a zip archive, as Keras 3 saves them"
                      : "");
  const h5 f = rp_check_h5_open(file, b);
  rp_check_h5_text(r->f, "/", "network_format", asked);
  if (rp_check_h5_has(f, "/", "format"))
    rp_check_h5_text(f, "/", "format", format);
  const bool is_native = !strcmp(format, "rampart-network");
  if (!is_native &&
      (rp_check_h5_contains(f, "/layers") ||
       rp_check_h5_contains(f, "/_layer_checkpoint_dependencies")))
    rp_check_stop(file, "weights that Keras 3 saved, which this program does "
                        "not read: write the network as a native file by "
                        "rampart import, and decide on that");
  if (strcmp(asked, is_native ? "qvip" : "native") == 0)
    rp_check_stop(file, "not a network of format %s", asked);
  if (is_native)
    rp_check_read_native(f, n);
  else
    read_qvip(f, rp_check_h5_whole(r->f, "/", "bits"),
              rp_check_h5_whole(r->f, "/", "input_bits"), n);
  if (!has_same_inputs(r, n))
    rp_check_stop(file, "its inputs differ from those of the results");
  if (!has_same_origin(r, n))
    rp_check_stop(file, "its profile, the digest of its source or the scale of "
                        "its input are others than the results say");
  n->norm = rp_check_is_family(r->norm) ? LINF : r->norm;
}

/* ---- datasets ---- */

/* Read an idx file: a head, whose first size is the number of samples, and
 * bytes. */
static array read_idx(blob b) {
  const size_t head = b.size < 8 ? 8 : 4 + 4 * (size_t)b.bytes[3];
  if (head < 8 || b.size <= head || b.bytes[0] || b.bytes[1] || b.bytes[2] != 8)
    return (array){0};
  const uint8_t *at = b.bytes + 4, *data = b.bytes + head;
  const int64_t rest = (int64_t)(b.size - head);
  const int64_t n = (int64_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
  wide size = 1;
  for (size_t d = 4; d < head && size <= rest; d += 4)
    size *= (int64_t)b.bytes[d] << 24 | b.bytes[d + 1] << 16 |
            b.bytes[d + 2] << 8 | b.bytes[d + 3];
  if (n == 0 || size != rest) return (array){0};
  array a = {rp_check_alloc((size_t)rest, sizeof *a.at), n, rest / n};
  for (int64_t i = 0; i < rest; i++) a.at[i] = data[i];
  return a;
}

/* Numbers, doubles or whole, become packed reals in their place. */
static bool pack_reals(bool is_real, array *a) {
  bool good = true;
  for (int64_t i = 0; i < a->n * a->dim; i++) {
    double real = (double)a->at[i];
    if (is_real) memcpy(&real, &a->at[i], sizeof real);
    good = rp_check_pack_real(real, &a->at[i]) && good;
  }
  return good;
}

static bool read_hdf5(h5 f, const char *name, bool reals, array *a) {
  int64_t dims[MOST_DIMS];
  const bool is_real = reals && rp_check_h5_is_real(f, name);
  void *const at =
      rp_check_h5_array(f, name, is_real ? DOUBLE : WHOLE, 0, dims);
  *a = (array){at, dims[0], dims[1] * dims[2] * dims[3] * dims[4]};
  return !reals || pack_reals(is_real, a);
}

/* A header is a line in which every field has a letter. */
static bool is_header(const char *line) {
  bool named = false;
  for (; *line; line++) {
    if (*line == ',' && !named) return false;
    named = *line != ',' && (named || isalpha((unsigned char)*line) ||
                             (unsigned char)*line >= 0x80);
  }
  return named;
}

/* Take a decimal number from a text. */
static bool take_number(char **at, bool is_real, int64_t *to) {
  const char *const digit = *at + (**at == '-' || (is_real && **at == '+'));
  if (!isdigit((unsigned char)*digit) && !(is_real && *digit == '.'))
    return false;
  if (is_real) return rp_check_pack_real(strtod(*at, at), to);
  *to = strtoll(*at, at, 10);
  return true;
}

/* Read lines of a label and numbers, the same count in each. Blanks, empty
 * lines, a byte order mark and a header are allowed. */
static bool read_csv(blob b, bool reals, array *x, array *y) {
  char *at = (char *)b.bytes, *line;
  int64_t count = 0;
  bool good = strlen(at) == b.size; /* there is no zero byte in it */
  *x = (array){rp_check_alloc(b.size, sizeof *x->at), 0, 0};
  *y = (array){rp_check_alloc(b.size, sizeof *y->at), 0, 1};
  if (!strncmp(at, "\xef\xbb\xbf", 3)) at += 3;
  for (bool first = true; good && (line = strsep(&at, "\n")); first = false) {
    int64_t fields = -1; /* not counting the label */
    if (line[strspn(line, " \t\r")] == '\0') continue;
    if (first && is_header(line)) continue;
    for (char *field; (field = strsep(&line, ",")) != NULL; fields++) {
      field += strspn(field, " \t\r");
      int64_t *to = fields < 0 ? &y->at[y->n] : &x->at[count++];
      good = good && take_number(&field, reals && fields >= 0, to) &&
             field[strspn(field, " \t\r")] == '\0';
    }
    if (y->n++ == 0) x->dim = fields;
    good = good && fields == x->dim;
  }
  x->n = y->n;
  return good;
}

/* Pixels 0..255 are rounded to the bits of the network. */
static bool rescale_samples(const net *n, array *x) {
  int64_t bits = 0;
  while (1 << bits <= n->in_hi) bits++;
  for (int64_t i = 0; bits < 8 && i < x->n * x->dim; i++) {
    x->at[i] = (x->at[i] + (1 << (7 - bits))) >> (8 - bits);
    if (x->at[i] > n->in_hi) x->at[i] = n->in_hi;
  }
  return 1 << bits == n->in_hi + 1;
}

/* Whether all numbers are in lo..hi. */
static bool are_within(const array *x, int64_t lo, int64_t hi) {
  for (int64_t i = 0; i < x->n * x->dim; i++)
    if (x->at[i] < lo || x->at[i] > hi) return false;
  return true;
}

/* Results say what the numbers are, except in version 1: there they are pixels
 * if one of them is above the input range. Inside, inputs are counted from 0.
 */
static bool fit_samples(const results *r, const net *n, array *x) {
  const bool says = rp_check_h5_whole(r->f, "/", "format_version") != 1;
  const bool fits = are_within(x, n->in_lo, n->in_lo + (int64_t)n->in_hi);
  text values = "";
  if (says) rp_check_h5_text(r->f, "/", "dataset_values", values);
  if (says ? !strcmp(values, "pixels") : !fits)
    return are_within(x, 0, 255) && rescale_samples(n, x);
  for (int64_t i = 0; fits && i < x->n * x->dim; i++) x->at[i] -= n->in_lo;
  return fits && (!says || strcmp(values, "pixels") != 0);
}

/* The engine puts channels last. */
static bool reorder_samples(const results *r, const net *n, array *x) {
  text layout;
  const size_t channels = (size_t)n->in_channels, dim = (size_t)x->dim;
  if (!rp_check_h5_has(r->f, "/", "dataset_layout")) return true;
  rp_check_h5_text(r->f, "/", "dataset_layout", layout);
  if (strcmp(layout, "nchw") != 0 || dim % channels != 0) return false;
  int64_t *const to = rp_check_alloc(dim, sizeof *to);
  for (int64_t i = 0; i < x->n; i++) {
    int64_t *const from = x->at + (size_t)i * dim;
    for (size_t k = 0; k < dim; k++)
      to[k] = from[k % channels * (dim / channels) + k / channels];
    memcpy(from, to, dim * sizeof *to);
  }
  free(to);
  return true;
}

/* Reals go through the quantizer of the network's input. */
static void quantize_samples(const net *n, array *x) {
  for (int64_t i = 0; i < x->n * x->dim; i++)
    x->at[i] = n->in_lo + rp_check_quantize(n, x->at[i]);
}

/* Whether the numbers are reals. */
static bool are_reals(const results *r, const net *n, const char *file) {
  text values = "";
  if (rp_check_h5_has(r->f, "/", "dataset_values"))
    rp_check_h5_text(r->f, "/", "dataset_values", values);
  if (strcmp(values, "reals") != 0) return false;
  if (n->in_step == 0)
    rp_check_stop(file, "reals, but the network has no quantizer of its input");
  return true;
}

static bool read_arrays(const blob b[2], text name[2], bool reals, array *x,
                        array *y) {
  return b->size >= 4 && !memcmp(b->bytes, "PK\3\4", 4)
             ? rp_check_read_npz(b[0], name[0], reals, x) &&
                   rp_check_read_npz(b[1], name[1], false, y)
             : rp_check_read_npy(b[0], reals, x) &&
                   rp_check_read_npy(b[1], false, y);
}

static bool is_of_numpy(blob b) {
  return b.size >= 6 &&
         (!memcmp(b.bytes, "\x93NUMPY", 6) || !memcmp(b.bytes, "PK\3\4", 4));
}

/* Samples and labels of whatever format it is.
 * @param b  [2] the files of samples and labels, which may be the same */
static bool read_samples(const char *file, const blob b[2], text name[2],
                         bool reals, array *x, array *y) {
  if (b->size >= 8 && !memcmp(b->bytes, "\x89HDF\r\n\x1a\n", 8))
    return read_hdf5(rp_check_h5_open(file, b[0]), name[0], reals, x) &&
           read_hdf5(rp_check_h5_open(file, b[1]), name[1], false, y);
  if (is_of_numpy(*b)) return read_arrays(b, name, reals, x, y);
  if (b->size >= 4 && !b->bytes[0] && !b->bytes[1]) {
    *x = read_idx(b[0]);
    *y = read_idx(b[1]);
    return !reals || pack_reals(false, x);
  }
  return b[0].bytes == b[1].bytes && read_csv(*b, reals, x, y);
}

void rp_check_read_dataset(const results *r, const net *n, array *x, array *y) {
  text file, y_file, name[2];
  blob b[2] = {rp_check_read_origin(r, DATASET, file),
               rp_check_read_origin(r, LABELS, y_file)};
  const bool reals = are_reals(r, n, file);
  if (!b[1].size) b[1] = b[0];
  rp_check_h5_text(r->f, "/", "x_name", name[0]);
  rp_check_h5_text(r->f, "/", "y_name", name[1]);
  if (!name[0][0]) snprintf(name[0], sizeof name[0], "x");
  if (!name[1][0]) snprintf(name[1], sizeof name[1], "y");
  const bool good = read_samples(file, b, name, reals, x, y);
  if (good && reals) quantize_samples(n, x);
  if (!good || x->n < 1 || y->n != x->n || y->dim != 1 || x->dim != n->n_in ||
      !reorder_samples(r, n, x) || !fit_samples(r, n, x))
    rp_check_stop(file, is_of_numpy(*b)
                            ? "no arrays of whole numbers that are samples and "
                              "labels for this network"
                            : "no samples and labels for this network");
}
