/* Reads Rampart's own network files (docs/formats.md): chains of dense layers,
 * version 1, and graphs of blocks, version 2. Whatever is there must be read:
 * members are counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

/* A group of the file, and how many of its members were read. */
typedef struct group {
  h5 f;
  char path[64];
  int32_t n_read;
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

/* Allow these attributes and members, and no member that was not read. */
static void close_group(const group *g, const char *attributes,
                        const char *members) {
  rp_check_h5_only(g->f, g->path, attributes, members);
  if (rp_check_h5_members(g->f, g->path) != g->n_read)
    refuse(g, members, "no others than those");
}

/* ---- numbers ---- */

static int64_t read_whole(const group *g, const char *name, int64_t least,
                          int64_t most) {
  const int64_t value = rp_check_h5_whole(g->f, g->path, name);
  if (value < least || value > most) refuse(g, name, "a number in its range");
  return value;
}

static void read_sizes(const group *g, const char *name, int64_t n,
                       int32_t *to) {
  int64_t value[3];
  if (rp_check_h5_wholes(g->f, g->path, name, n, value) != n)
    refuse(g, name, "more numbers");
  for (int64_t i = 0; i < n; i++) to[i] = (int32_t)value[i];
}

static void get_member(const group *g, const char *name, char path[128]) {
  snprintf(path, 128, "%s/%s", g->path, name);
}

static int64_t *read_array(group *g, const char *name, int rank,
                           int64_t dims[MOST_DIMS]) {
  char path[128];
  get_member(g, name, path);
  rp_check_h5_only(g->f, path, "", NULL);
  g->n_read++;
  return rp_check_h5_array(g->f, path, false, rank, dims);
}

static bool has_member(const group *g, const char *name) {
  char path[128];
  get_member(g, name, path);
  return rp_check_h5_contains(g->f, path);
}

static bool has_numbers(const group *g, const char *name) {
  return rp_check_h5_has(g->f, g->path, name) || has_member(g, name);
}

/* Read a number for each of n: one attribute, or an array. If there are both,
 * the array is not read, so that the group is refused. */
static int64_t *read_numbers(group *g, const char *name, int64_t n,
                             int64_t least, int64_t most) {
  const bool is_one = rp_check_h5_has(g->f, g->path, name);
  int64_t dims[MOST_DIMS] = {n};
  int64_t *to = is_one ? rp_check_alloc((size_t)n, sizeof *to)
                       : read_array(g, name, 1, dims);
  if (dims[0] != n) refuse(g, name, "another size");
  for (int64_t i = 0; i < n; i++) {
    if (is_one) to[i] = i ? to[0] : rp_check_h5_whole(g->f, g->path, name);
    if (to[i] < least || to[i] > most)
      refuse(g, name, "numbers in their range");
  }
  return to;
}

/* ---- staircases ---- */

/* The thresholds of all channels. @param steps  [n_stairs] of each */
static int64_t *read_thresholds(group *g, const block *b, const int64_t *steps,
                                bool *is_shared) {
  int64_t dims[MOST_DIMS], total = 0, most = 0, least = INT64_MAX;
  char path[128];
  get_member(g, "threshold", path);
  const int rank = rp_check_h5_rank(g->f, path);
  int64_t *t = read_array(g, "threshold", rank == 2 ? 2 : 1, dims);
  for (int32_t c = 0; c < b->n_stairs; c++) {
    total += steps[c];
    if (steps[c] > most) most = steps[c];
    if (steps[c] > 0 && steps[c] < least) least = steps[c];
  }
  *is_shared = rank == 2 && dims[0] == 1;
  const bool good = rank == 1    ? dims[0] == total
                    : *is_shared ? dims[1] == most && least == most
                                 : dims[0] == b->n_stairs && dims[1] == most &&
                                       total == most * dims[0];
  if (!good || total == 0) refuse(g, "threshold", "as many as there are steps");
  for (int64_t k = 0; k < dims[0] * dims[1]; k++)
    if (t[k] < -MOST_THRESHOLD || t[k] > MOST_THRESHOLD)
      refuse(g, "threshold", "numbers up to 2^62");
  return t;
}

/* Beyond all accumulators only the sign matters. */
static int64_t cut(int64_t threshold) {
  return threshold > INT32_MAX    ? INT32_MAX
         : threshold < -INT32_MAX ? -INT32_MAX
                                  : threshold;
}

/* A staircase that descends has the values of one that ascends at -z: below
 * each threshold, that is from 1 - threshold on. */
static stair make_table(int64_t lo, int64_t hi, const int64_t *t,
                        bool descends) {
  const int64_t n = hi - lo;
  stair s = {(int32_t)lo, (int32_t)hi, 0, rp_check_alloc((size_t)n, sizeof *t)};
  for (int64_t k = 0; k < n; k++)
    s.threshold[k] = descends ? 1 - cut(t[n - 1 - k]) : t[k];
  return s;
}

static bool is_ascending(const int64_t *t, int64_t n) {
  for (int64_t k = 1; k < n; k++)
    if (t[k] < t[k - 1]) return false;
  return true;
}

/* @param descends  out, [n_stairs] whether the channel's row is negated */
static void read_stairs(group *g, block *b, int64_t **descends) {
  const int64_t n = b->n_stairs;
  const bool has_tables = has_member(g, "threshold");
  const bool has_shifts = !has_tables || has_numbers(g, "shift");
  int64_t *lo = read_numbers(g, "activation_min", n, -ACC_LIMIT, ACC_LIMIT);
  int64_t *hi = read_numbers(g, "activation_max", n, -ACC_LIMIT, ACC_LIMIT);
  int64_t *shift = has_shifts
                       ? read_numbers(g, "shift", n, has_tables ? -1 : 0, 30)
                       : rp_check_alloc((size_t)n, sizeof *shift);
  *descends = has_numbers(g, "descending")
                  ? read_numbers(g, "descending", n, 0, 1)
                  : rp_check_alloc((size_t)n, sizeof **descends);
  int64_t *steps = rp_check_alloc((size_t)n, sizeof *steps);
  b->stair = rp_check_alloc((size_t)n, sizeof *b->stair);
  for (int64_t c = 0; c < n; c++) {
    if (!has_shifts) shift[c] = -1;
    if (lo[c] > hi[c]) refuse(g, "activation_min", "no more than the greatest");
    if (shift[c] < 0) steps[c] = hi[c] - lo[c];
    if (steps[c] > MOST_STEPS) refuse(g, "activation_max", "fewer steps");
    if (shift[c] >= 0 && (*descends)[c]) refuse(g, "shift", "thresholds");
  }
  bool is_shared = false;
  int64_t *t = has_tables ? read_thresholds(g, b, steps, &is_shared) : NULL;
  int64_t at = 0;
  for (int64_t c = 0; c < n; c++) {
    b->stair[c] = (stair){(int32_t)lo[c], (int32_t)hi[c],
                          shift[c] < 0 ? 0 : (int32_t)shift[c], NULL};
    if (steps[c] == 0) continue;
    if (!is_ascending(t + at, steps[c]))
      refuse(g, "threshold", "ascending ones");
    b->stair[c] = make_table(lo[c], hi[c], t + at, (*descends)[c]);
    if (!is_shared) at += steps[c];
  }
  free(lo);
  free(hi);
  free(shift);
  free(steps);
  free(t);
}

/* ---- terms ---- */

/* Weights as int16, of rows of the same length, and free them. Those of a
 * channel that descends are negated. */
static int16_t *take_weights(const group *g, const block *b,
                             const int64_t *descends, int64_t rows, int64_t n,
                             int64_t *from) {
  int16_t *w = rp_check_alloc((size_t)(rows * n), sizeof *w);
  for (int64_t i = 0; i < rows; i++) {
    const bool is_negated = descends[i % b->n_stairs];
    for (int64_t k = i * n; k < (i + 1) * n; k++) {
      if (from[k] < INT16_MIN + is_negated || from[k] > INT16_MAX)
        refuse(g, "weight", "numbers of 16 bits");
      w[k] = (int16_t)(is_negated ? -from[k] : from[k]);
    }
  }
  free(from);
  return w;
}

static void read_dense(group *g, const block *b, const int64_t *descends,
                       term *t) {
  int64_t dims[MOST_DIMS];
  int64_t *w = read_array(g, "weight", 2, dims);
  if (dims[0] != b->n_acc || dims[1] != t->n_in)
    refuse(g, "weight", "accumulators and inputs");
  t->w = take_weights(g, b, descends, dims[0], dims[1], w);
  close_group(g, "kind source", "weight");
}

static void read_conv(group *g, const block *b, const int64_t *descends,
                      term *t) {
  int64_t dims[MOST_DIMS];
  shape *s = &t->shape;
  int64_t *w = read_array(g, "weight", 4, dims);
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
  for (int32_t c = 0; c < b->n_stairs; c++)
    if (descends[c] && s->out[2] % b->n_stairs != 0)
      refuse(g, "output_shape", "a multiple of the block's channels");
  t->w = take_weights(g, b, descends, dims[0], dims[1] * dims[2] * dims[3], w);
  close_group(g,
              "kind source input_shape output_shape stride dilation "
              "pad_top_left groups",
              "weight");
}

static void read_select(group *g, const block *b, const int64_t *descends,
                        term *t) {
  int64_t dims[MOST_DIMS];
  int64_t *w = read_numbers(g, "weight", b->n_acc, INT16_MIN, INT16_MAX);
  int64_t *index = read_array(g, "index", 1, dims);
  if (dims[0] != b->n_acc) refuse(g, "index", "one for each accumulator");
  t->index = rp_check_alloc((size_t)b->n_acc, sizeof *t->index);
  for (int32_t i = 0; i < b->n_acc; i++) {
    if (index[i] < -1 || index[i] >= t->n_in)
      refuse(g, "index", "numbers of inputs, or -1");
    t->index[i] = (int32_t)index[i];
  }
  free(index);
  t->w = take_weights(g, b, descends, b->n_acc, 1, w);
  close_group(g, "kind source weight", "index weight");
}

static void read_term(group *g, const net *n, int32_t k,
                      const int64_t *descends, term *t) {
  static const char *const kinds[] = {"dense", "conv", "select"};
  static void (*const read[])(group *, const block *, const int64_t *,
                              term *) = {read_dense, read_conv, read_select};
  text kind;
  rp_check_h5_text(g->f, g->path, "kind", kind);
  while (t->kind <= SELECT && strcmp(kind, kinds[t->kind]) != 0) t->kind++;
  if (t->kind > SELECT) refuse(g, "kind", "dense, conv or select");
  t->source = (int32_t)read_whole(g, "source", -1, k - 1);
  t->n_in = rp_check_count(n, t->source);
  read[t->kind](g, &n->block[k], descends, t);
}

/* ---- blocks ---- */

/* The neuron of each accumulator, where neurons are maxima. */
static void read_owners(group *g, block *b) {
  int64_t dims[MOST_DIMS];
  b->n_acc = b->n_out;
  if (!has_member(g, "neuron")) return;
  int64_t *from = read_array(g, "neuron", 1, dims);
  if (dims[0] > INT32_MAX) refuse(g, "neuron", "fewer accumulators");
  b->n_acc = (int32_t)dims[0];
  b->owner = rp_check_alloc((size_t)b->n_acc, sizeof *b->owner);
  for (int32_t i = 0; i < b->n_acc; i++) {
    if (from[i] < 0 || from[i] >= b->n_out)
      refuse(g, "neuron", "numbers of neurons");
    b->owner[i] = (int32_t)from[i];
  }
  free(from);
}

/* A number for each channel, or for each accumulator. */
static void read_biases(group *g, block *b, const int64_t *descends) {
  int64_t dims[MOST_DIMS];
  int64_t *from = read_array(g, "bias", 1, dims);
  if (dims[0] != b->n_stairs && dims[0] != b->n_acc)
    refuse(g, "bias", "one for each channel or accumulator");
  b->b = rp_check_alloc((size_t)b->n_acc, sizeof *b->b);
  for (int32_t i = 0; i < b->n_acc; i++) {
    const int32_t channel = rp_check_owner(b, i) % b->n_stairs;
    if (descends[channel] && b->owner) refuse(g, "descending", "0 for maxima");
    b->b[i] = from[dims[0] == b->n_acc ? i : channel];
    if (b->b[i] == INT64_MIN) b->b[i] = INT64_MAX; /* it is refused later */
    if (descends[channel]) b->b[i] = -b->b[i];
  }
  free(from);
}

static void read_block(h5 f, net *n, int32_t k) {
  group g = open_group(f, "", "block", k);
  block *b = &n->block[k];
  int64_t *descends;
  b->n_out = (int32_t)read_whole(&g, "neurons", 1, ACC_LIMIT);
  b->n_stairs = (int32_t)read_whole(&g, "channels", 1, b->n_out);
  b->n_terms = (int32_t)read_whole(&g, "terms", 1, ACC_LIMIT);
  b->folds = true;
  if (b->n_out % b->n_stairs != 0)
    refuse(&g, "channels", "a divisor of the neurons");
  read_owners(&g, b);
  read_stairs(&g, b, &descends);
  read_biases(&g, b, descends);
  if (rp_check_h5_members(f, g.path) != g.n_read + b->n_terms)
    refuse(&g, "terms", "as many groups");
  b->term = rp_check_alloc((size_t)b->n_terms, sizeof *b->term);
  for (int32_t t = 0; t < b->n_terms; t++, g.n_read++) {
    group own = open_group(f, g.path, "term", t);
    read_term(&own, n, k, descends, &b->term[t]);
  }
  close_group(
      &g,
      "terms neurons channels activation_min activation_max shift "
      "descending",
      "term* bias neuron activation_min activation_max shift descending "
      "threshold");
  free(descends);
}

/* Every output may have a name. */
static void check_class_names(h5 f, const net *n) {
  const int32_t outputs = n->block[n->n_blocks - 1].n_out;
  if (!rp_check_h5_has(f, "/", "class_names")) return;
  text *names = rp_check_alloc((size_t)outputs, sizeof *names);
  if (rp_check_h5_texts(f, "/", "class_names", outputs, names) != outputs)
    rp_check_stop(f.file, "'class_names': expected one for each output");
  free(names);
}

/* Where the network comes from: both or nothing. */
static void check_origin(h5 f) {
  text profile, digest;
  if (!rp_check_h5_has(f, "/", "profile") &&
      !rp_check_h5_has(f, "/", "source_sha256"))
    return;
  rp_check_h5_text(f, "/", "profile", profile);
  rp_check_h5_text(f, "/", "source_sha256", digest);
  if (!rp_check_is_one_of(profile, "litert-xnnpack litert-builtin tflm") ||
      strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64)
    rp_check_stop(f.file, "expected a profile and a digest of 64 digits");
}

static void read_graph(h5 f, net *n) {
  const group root = {.f = f, .path = "/"};
  n->in_lo = (int32_t)read_whole(&root, "input_min", INT16_MIN, INT16_MAX);
  n->in_hi = (int32_t)read_whole(&root, "input_max", n->in_lo + 1,
                                 n->in_lo < INT16_MAX - 255 ? n->in_lo + 255
                                                            : INT16_MAX) -
             n->in_lo;
  n->in_zero = (int32_t)read_whole(&root, "input_zero", INT16_MIN, INT16_MAX);
  n->n_blocks = (int32_t)read_whole(&root, "blocks", 1, ACC_LIMIT);
  if (rp_check_h5_members(f, "/") != n->n_blocks)
    refuse(&root, "blocks", "as many groups");
  n->block = rp_check_alloc((size_t)n->n_blocks, sizeof *n->block);
  for (int32_t k = 0; k < n->n_blocks; k++) read_block(f, n, k);
  rp_check_h5_only(f, "/",
                   "format version name input_min input_max input_zero "
                   "input_shape blocks class_names profile source_sha256",
                   "block*");
  check_class_names(f, n);
  check_origin(f);
}

/* ---- version 1 ---- */

static void read_layer(h5 f, net *n, int32_t k) {
  group g = open_group(f, "", "layer", k);
  block *b = &n->block[k];
  int64_t dims[MOST_DIMS], w_dims[MOST_DIMS], none[1] = {0};
  text kind;
  rp_check_h5_text(f, g.path, "kind", kind);
  if (strcmp(kind, "dense") != 0) refuse(&g, "kind", "dense");
  int64_t *w = read_array(&g, "weight", 2, w_dims);
  int64_t *bias = read_array(&g, "bias", 1, dims);
  if (dims[0] != w_dims[0] || dims[0] < 1)
    refuse(&g, "bias", "one for each neuron");
  *b = (block){.n_out = (int32_t)dims[0], .n_terms = 1, .n_stairs = 1};
  b->b = bias;
  b->stair = rp_check_alloc(1, sizeof *b->stair);
  *b->stair = (stair){rp_check_h5_whole(f, g.path, "activation_min"),
                      rp_check_h5_whole(f, g.path, "activation_max"),
                      rp_check_h5_whole(f, g.path, "shift"), NULL};
  b->term = rp_check_alloc(1, sizeof *b->term);
  *b->term = (term){.source = k - 1, .n_in = (int32_t)w_dims[1]};
  b->term->w = take_weights(&g, b, none, dims[0], w_dims[1], w);
  close_group(&g, "kind activation_min activation_max shift", "weight bias");
}

static void read_chain(h5 f, net *n) {
  text word;
  rp_check_h5_text(f, "/", "rule", word);
  if (strcmp(word, "R0") != 0) rp_check_stop(f.file, "expected rule R0");
  n->in_hi = rp_check_h5_whole(f, "/", "input_max");
  n->n_blocks = rp_check_h5_members(f, "/");
  if (n->n_blocks < 1 ||
      (rp_check_h5_has(f, "/", "layers") && /* older files lack it */
       rp_check_h5_whole(f, "/", "layers") != n->n_blocks))
    rp_check_stop(f.file, "found another number of layers than expected");
  n->block = rp_check_alloc((size_t)n->n_blocks, sizeof *n->block);
  for (int32_t k = 0; k < n->n_blocks; k++) read_layer(f, n, k);
  rp_check_h5_only(f, "/",
                   "format version name rule input_max input_shape layers",
                   "layer*");
}

void rp_check_read_native(h5 f, net *n) {
  int64_t dims[4];
  wide n_in = 1;
  text name;
  const int32_t version = rp_check_h5_whole(f, "/", "version");
  if (version < 1 || version > 2)
    rp_check_stop(f.file, "a network of an unknown version");
  rp_check_h5_text(f, "/", "name", name);
  for (int64_t d = rp_check_h5_wholes(f, "/", "input_shape", 4, dims); d-- > 0;)
    n_in *= dims[d] > 0 ? dims[d] : 0;
  if (n_in < 1 || n_in > MOST_INPUTS)
    rp_check_stop(f.file, "'input_shape': expected 1 to 2^24 inputs");
  n->n_in = (int32_t)n_in;
  if (version == 1)
    read_chain(f, n);
  else
    read_graph(f, n);
}
