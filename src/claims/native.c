/* Reads Rampart's own network files (docs/formats.md): chains of dense layers,
 * version 1, and graphs of blocks, version 2. What is read is noted, and
 * nothing else may be there. Whether the blocks fit together is not checked
 * here, but by rp_check_prepare. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/h5.h"

/* A group of the file, and the names that were looked for. */
typedef struct group {
  h5 f;
  char path[64];
  text attributes, members;
  int32_t n_read; /* members */
} group;

static group open_group(h5 f, const char *parent, const char *name, int32_t k) {
  group g = {.f = f};
  snprintf(g.path, sizeof g.path, "%.40s/%s%d", parent, name, k);
  return g;
}

_Noreturn static void refuse(const group *g, const char *name,
                             const char *expected) {
  rp_check_stop(g->f.file, "%s, '%s': expected %s", g->path, name, expected);
}

static void expect_range(const group *g, const char *name, int64_t value,
                         int64_t least, int64_t most) {
  if (value < least || value > most)
    rp_check_stop(g->f.file, "%s, '%s': expected %lld to %lld, found %lld",
                  g->path, name, (long long)least, (long long)most,
                  (long long)value);
}

static void note(text names, const char *name) {
  const size_t used = strlen(names);
  snprintf(names + used, sizeof(text) - used, " %s", name);
}

static void close_group(const group *g) {
  rp_check_h5_only(g->f, g->path, g->attributes, g->members);
  if (rp_check_h5_members(g->f, g->path) != g->n_read)
    refuse(g, g->members, "no others than those");
}

/* ---- numbers ---- */

static bool has_attribute(group *g, const char *name) {
  note(g->attributes, name);
  return rp_check_h5_has(g->f, g->path, name);
}

static bool has_member(group *g, const char *name, char path[128]) {
  note(g->members, name);
  snprintf(path, 128, "%s/%s", g->path, name);
  return rp_check_h5_contains(g->f, path);
}

/* Read an attribute of n numbers. */
static void read_sizes(group *g, const char *name, int64_t n, int32_t *to) {
  int64_t value[MOST_DIMS];
  note(g->attributes, name);
  if (rp_check_h5_wholes(g->f, g->path, name, n, value) != n)
    refuse(g, name, "more numbers");
  for (int64_t i = 0; i < n; i++) to[i] = (int32_t)value[i];
}

static int32_t read_size(group *g, const char *name, int64_t least,
                         int64_t most) {
  int32_t value;
  read_sizes(g, name, 1, &value);
  expect_range(g, name, value, least, most);
  return value;
}

static void read_text(group *g, const char *name, text to) {
  note(g->attributes, name);
  rp_check_h5_text(g->f, g->path, name, to);
}

static void read_word(group *g, const char *name, const char *words, text to) {
  note(g->attributes, name);
  rp_check_h5_word(g->f, g->path, name, words, to);
}

/* Read an array of numbers in a range. */
static int64_t *read_array(group *g, const char *name, int rank, int64_t least,
                           int64_t most, int64_t dims[MOST_DIMS]) {
  char path[128];
  if (!has_member(g, name, path)) refuse(g, name, "numbers, found none");
  rp_check_h5_only(g->f, path, "", NULL);
  g->n_read++;
  int64_t *to = rp_check_h5_array(g->f, path, WHOLE, rank, dims);
  for (int64_t i = 0; i < dims[0] * dims[1] * dims[2] * dims[3]; i++)
    expect_range(g, name, to[i], least, most);
  return to;
}

enum { NEEDED = INT32_MAX };

/* Read a number for each channel: an attribute, an array or, if there is
 * neither, what is usual. If there are both, the array counts as not read. */
static int64_t *read_numbers(group *g, const char *name, int64_t n,
                             int64_t least, int64_t most, int64_t usual) {
  char path[128];
  int64_t dims[MOST_DIMS], *to;
  const bool is_one = has_attribute(g, name);
  if (!is_one && (has_member(g, name, path) || usual == NEEDED)) {
    to = read_array(g, name, 1, least, most, dims);
    if (dims[0] != n)
      rp_check_stop(g->f.file, "%s, '%s': expected %lld numbers, found %lld",
                    g->path, name, (long long)n, (long long)dims[0]);
    return to;
  }
  if (is_one) usual = read_size(g, name, least, most);
  to = rp_check_alloc((size_t)n, sizeof *to);
  for (int64_t i = 0; i < n; i++) to[i] = usual;
  return to;
}

/* Read a place, of so many, for each accumulator. */
static int32_t *read_places(group *g, const char *name, int32_t least,
                            int32_t count, int32_t *n) {
  int64_t dims[MOST_DIMS];
  int64_t *from = read_array(g, name, 1, least, (int64_t)count - 1, dims);
  int32_t *to = rp_check_alloc((size_t)dims[0], sizeof *to);
  for (int64_t i = 0; i < dims[0]; i++) to[i] = (int32_t)from[i];
  *n = (int32_t)dims[0];
  free(from);
  return to;
}

/* ---- staircases ---- */

/* A staircase that descends has the values of one that ascends at -z: below
 * each threshold, that is from 1 - threshold on. */
static int64_t *make_table(const group *g, const int64_t *t, int64_t n,
                           bool descends) {
  int64_t *to = rp_check_alloc((size_t)n, sizeof *to);
  for (int64_t k = 0; k < n; k++) {
    if (k > 0 && t[k] < t[k - 1]) refuse(g, "threshold", "ascending ones");
    to[descends ? n - 1 - k : k] = descends ? 1 - t[k] : t[k];
  }
  return to;
}

/* Read the thresholds of all channels without a shift: end to end, in a row for
 * each channel, or in one row for all. */
static void read_tables(group *g, block *b, const int64_t *shift,
                        const int64_t *descends) {
  int64_t dims[MOST_DIMS], at = 0, total = 0;
  char path[128];
  (void)has_member(g, "threshold", path);
  const int rank = rp_check_h5_rank(g->f, path);
  int64_t *t = read_array(g, "threshold", rank == 2 ? 2 : 1, -MOST_THRESHOLD,
                          MOST_THRESHOLD, dims);
  const bool is_shared = rank == 2 && dims[0] == 1;
  for (int32_t c = 0; c < b->n_stairs; c++) {
    stair *s = &b->stair[c];
    const int64_t n = shift[c] < 0 ? (int64_t)s->hi - s->lo : 0;
    if (n > dims[0] * dims[1] - at ||
        (rank == 2 && n != dims[1] && !(is_shared && n == 0)))
      refuse(g, "threshold", "as many as there are steps");
    if (n > 0) s->threshold = make_table(g, t + at, n, descends[c]);
    if (!is_shared) at += n;
    total += n;
  }
  if (total == 0 || (!is_shared && total != dims[0] * dims[1]))
    refuse(g, "threshold", "as many as there are steps");
  free(t);
}

/* @param descends  out, [n_stairs] whether the channel's rows are negated */
static void read_stairs(group *g, block *b, int64_t **descends) {
  const int64_t n = b->n_stairs;
  char path[128];
  const bool has_tables = has_member(g, "threshold", path);
  int64_t *lo =
      read_numbers(g, "activation_min", n, -ACC_LIMIT, ACC_LIMIT, NEEDED);
  int64_t *hi =
      read_numbers(g, "activation_max", n, -ACC_LIMIT, ACC_LIMIT, NEEDED);
  int64_t *shift = read_numbers(g, "shift", n, has_tables ? -1 : 0, 30,
                                has_tables ? -1 : NEEDED);
  *descends = read_numbers(g, "descending", n, 0, 1, 0);
  b->stair = rp_check_alloc((size_t)n, sizeof *b->stair);
  for (int64_t c = 0; c < n; c++) {
    if (lo[c] > hi[c]) refuse(g, "activation_min", "no more than the greatest");
    if (shift[c] >= 0 && (*descends)[c]) refuse(g, "shift", "thresholds");
    b->stair[c] = (stair){(int32_t)lo[c], (int32_t)hi[c],
                          shift[c] < 0 ? 0 : (int32_t)shift[c], NULL};
  }
  if (has_tables) read_tables(g, b, shift, *descends);
  free(lo);
  free(hi);
  free(shift);
}

/* ---- terms ---- */

/* Take weights of so many rows. Those of a channel that descends are negated.
 */
static int16_t *take_weights(const group *g, const block *b,
                             const int64_t *descends, int64_t rows, int64_t n,
                             int64_t *from) {
  int16_t *w = rp_check_alloc((size_t)(rows * n), sizeof *w);
  for (int64_t k = 0; k < rows * n; k++) {
    const bool is_negated = descends[k / n % b->n_stairs];
    if (is_negated && from[k] == INT16_MIN)
      refuse(g, "weight", "numbers above -2^15 where a channel descends");
    w[k] = (int16_t)(is_negated ? -from[k] : from[k]);
  }
  free(from);
  return w;
}

static void read_dense(group *g, const block *b, const int64_t *descends,
                       term *t) {
  int64_t dims[MOST_DIMS];
  int64_t *w = read_array(g, "weight", 2, INT16_MIN, INT16_MAX, dims);
  if (dims[0] != b->n_acc || dims[1] != t->n_in)
    refuse(g, "weight", "accumulators and inputs");
  t->w = take_weights(g, b, descends, dims[0], dims[1], w);
}

static void read_conv(group *g, const block *b, const int64_t *descends,
                      term *t) {
  int64_t dims[MOST_DIMS], is_mixed = 0;
  shape *s = &t->shape;
  int64_t *w = read_array(g, "weight", 4, INT16_MIN, INT16_MAX, dims);
  read_sizes(g, "input_shape", 3, s->in);
  read_sizes(g, "output_shape", 3, s->out);
  read_sizes(g, "stride", 2, s->stride);
  read_sizes(g, "dilation", 2, s->dilation);
  read_sizes(g, "pad_top_left", 2, s->pad);
  read_sizes(g, "groups", 1, &s->groups);
  s->kernel[0] = (int32_t)dims[1];
  s->kernel[1] = (int32_t)dims[2];
  if (s->groups < 1 || dims[0] != s->out[2] ||
      dims[3] * s->groups != (int64_t)s->in[2])
    refuse(g, "weight", "output channels, and input channels of a group");
  for (int32_t c = 0; c < b->n_stairs; c++) is_mixed |= descends[c];
  if (is_mixed && s->out[2] % b->n_stairs != 0)
    refuse(g, "output_shape", "a multiple of the block's channels");
  t->w = take_weights(g, b, descends, dims[0], dims[1] * dims[2] * dims[3], w);
}

static void read_select(group *g, const block *b, const int64_t *descends,
                        term *t) {
  int32_t rows;
  int64_t *w =
      read_numbers(g, "weight", b->n_acc, INT16_MIN, INT16_MAX, NEEDED);
  t->index = read_places(g, "index", -1, t->n_in, &rows);
  if (rows != b->n_acc) refuse(g, "index", "one for each accumulator");
  t->w = take_weights(g, b, descends, rows, 1, w);
}

static void read_term(group *g, const net *n, int32_t k,
                      const int64_t *descends, term *t) {
  static const char *const kinds[] = {"dense", "conv", "select"};
  static void (*const read[])(group *, const block *, const int64_t *,
                              term *) = {read_dense, read_conv, read_select};
  text kind;
  read_word(g, "kind", "dense conv select", kind);
  while (strcmp(kind, kinds[t->kind]) != 0) t->kind++;
  t->source = read_size(g, "source", -1, k - 1);
  t->n_in = rp_check_count(n, t->source);
  read[t->kind](g, &n->block[k], descends, t);
  close_group(g);
}

/* ---- blocks ---- */

/* Read a bias for each channel, or for each accumulator. */
static void read_biases(group *g, block *b, const int64_t *descends) {
  int64_t dims[MOST_DIMS];
  int64_t *from =
      read_array(g, "bias", 1, -MOST_THRESHOLD, MOST_THRESHOLD, dims);
  if (dims[0] != b->n_stairs && dims[0] != b->n_acc)
    refuse(g, "bias", "one for each channel or accumulator");
  b->b = rp_check_alloc((size_t)b->n_acc, sizeof *b->b);
  for (int32_t i = 0; i < b->n_acc; i++) {
    const int32_t channel = rp_check_owner(b, i) % b->n_stairs;
    if (descends[channel] && b->owner) refuse(g, "descending", "0 for maxima");
    b->b[i] = from[dims[0] == b->n_acc ? i : channel];
    if (descends[channel]) b->b[i] = -b->b[i];
  }
  free(from);
}

static void read_block(group *root, net *n, int32_t k) {
  group g = open_group(root->f, "", "block", k);
  block *b = &n->block[k];
  int64_t *descends;
  char path[128];
  b->n_out = read_size(&g, "neurons", 1, ACC_LIMIT);
  b->n_stairs = read_size(&g, "channels", 1, b->n_out);
  b->n_terms = read_size(&g, "terms", 1, rp_check_h5_members(g.f, g.path));
  b->folds = true;
  b->n_acc = b->n_out;
  if (has_member(&g, "neuron", path)) /* the owners, where neurons are maxima */
    b->owner = read_places(&g, "neuron", 0, b->n_out, &b->n_acc);
  read_stairs(&g, b, &descends);
  read_biases(&g, b, descends);
  b->term = rp_check_alloc((size_t)b->n_terms, sizeof *b->term);
  note(g.members, "term*");
  for (int32_t t = 0; t < b->n_terms; t++, g.n_read++) {
    group own = open_group(g.f, g.path, "term", t);
    read_term(&own, n, k, descends, &b->term[t]);
  }
  close_group(&g);
  free(descends);
  root->n_read++;
}

/* Every output may have a name. */
static void read_class_names(group *g, const net *n) {
  const int32_t outputs = n->block[n->n_blocks - 1].n_out;
  if (!has_attribute(g, "class_names")) return;
  text *names = rp_check_alloc((size_t)outputs, sizeof *names);
  if (rp_check_h5_texts(g->f, "/", "class_names", outputs, names) != outputs)
    refuse(g, "class_names", "one for each output");
  free(names);
}

/* Some attributes are there together or not at all. */
static bool has_both(group *g, const char *one, const char *other) {
  const bool has_one = has_attribute(g, one),
             has_other = has_attribute(g, other);
  if (has_one != has_other)
    rp_check_stop(g->f.file, "%s: expected '%s' and '%s', found one of them",
                  g->path, one, other);
  return has_one;
}

/* Where the network comes from. */
static void read_origin(group *g, net *n) {
  text profile, digest;
  if (!has_both(g, "profile", "source_sha256")) return;
  read_word(g, "profile",
            "litert-xnnpack litert-builtin tflm ort qonnx-float32", profile);
  read_text(g, "source_sha256", digest);
  if (strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64)
    refuse(g, "source_sha256", "a digest of 64 digits");
  memcpy(n->profile, profile, sizeof n->profile - 1);
  memcpy(n->source_sha256, digest, sizeof n->source_sha256 - 1);
}

/* How datasets of reals become inputs. */
static void read_quantizer(group *g, net *n) {
  text rounding;
  if (!has_both(g, "input_scale", "input_rounding")) return;
  read_word(g, "input_rounding",
            "divide-half-even divide-half-away multiply-half-even", rounding);
  memcpy(n->in_rounding, rounding, sizeof n->in_rounding - 1);
  const double scale = rp_check_h5_real(g->f, g->path, "input_scale");
  n->in_step = (float)scale;
  if (!isnormal(n->in_step) || n->in_step < 0 || (double)n->in_step != scale)
    refuse(g, "input_scale", "a positive number of binary32");
}

static void read_graph(group *root, net *n) {
  n->in_lo = read_size(root, "input_min", INT16_MIN, INT16_MAX);
  n->in_hi = read_size(root, "input_max", n->in_lo + 1, INT16_MAX) - n->in_lo;
  n->in_zero = read_size(root, "input_zero", INT16_MIN, INT16_MAX);
  n->n_blocks = read_size(root, "blocks", 1, rp_check_h5_members(root->f, "/"));
  n->block = rp_check_alloc((size_t)n->n_blocks, sizeof *n->block);
  note(root->members, "block*");
  for (int32_t k = 0; k < n->n_blocks; k++) read_block(root, n, k);
  read_class_names(root, n);
  read_origin(root, n);
  read_quantizer(root, n);
}

/* ---- version 1 ---- */

static void read_layer(group *root, net *n, int32_t k) {
  group g = open_group(root->f, "", "layer", k);
  block *b = &n->block[k];
  int64_t dims[MOST_DIMS];
  const int64_t none[1] = {0};
  text kind;
  read_word(&g, "kind", "dense", kind);
  *b = (block){.n_terms = 1, .n_stairs = 1};
  b->stair = rp_check_alloc(1, sizeof *b->stair);
  b->stair->lo = read_size(&g, "activation_min", -ACC_LIMIT, ACC_LIMIT);
  b->stair->hi = read_size(&g, "activation_max", -ACC_LIMIT, ACC_LIMIT);
  b->stair->shift = read_size(&g, "shift", 0, 30);
  b->b = read_array(&g, "bias", 1, -MOST_THRESHOLD, MOST_THRESHOLD, dims);
  b->n_out = b->n_acc = (int32_t)dims[0];
  b->term = rp_check_alloc(1, sizeof *b->term);
  *b->term = (term){.source = k - 1, .n_in = rp_check_count(n, k - 1)};
  read_dense(&g, b, none, b->term);
  close_group(&g);
  root->n_read++;
}

static void read_chain(group *root, net *n) {
  text rule;
  read_word(root, "rule", "R0", rule);
  n->in_hi = read_size(root, "input_max", 1, 255);
  n->n_blocks = rp_check_h5_members(root->f, "/");
  if (has_attribute(root, "layers")) /* older files lack it */
    n->n_blocks = read_size(root, "layers", 1, n->n_blocks);
  n->block = rp_check_alloc((size_t)n->n_blocks, sizeof *n->block);
  note(root->members, "layer*");
  for (int32_t k = 0; k < n->n_blocks; k++) read_layer(root, n, k);
}

void rp_check_read_native(h5 f, net *n) {
  group root = {.f = f, .path = "/"};
  int64_t dims[4] = {0};
  wide n_in = 1;
  text name;
  const int32_t version = read_size(&root, "version", 1, 2);
  note(root.attributes, "format input_shape");
  read_text(&root, "name", name);
  if (strlen(name) > 63) refuse(&root, "name", "at most 63 bytes");
  const int64_t n_dims = rp_check_h5_wholes(f, "/", "input_shape", 4, dims);
  for (int64_t d = 0; d < n_dims; d++) n_in *= dims[d] > 0 ? dims[d] : 0;
  if (n_in < 1 || n_in > MOST_INPUTS)
    refuse(&root, "input_shape", "1 to 2^24 inputs");
  n->n_in = (int32_t)n_in;
  n->in_channels = n_dims == 3 ? (int32_t)dims[2] : 1;
  for (int d = 0; d < 2 && (n_dims == 2 || n_dims == 3); d++)
    n->image[d] = (int32_t)dims[d];
  n->image[2] = n->in_channels;
  if (version == 1)
    read_chain(&root, n);
  else
    read_graph(&root, n);
  close_group(&root);
}
