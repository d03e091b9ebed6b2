/* Blocks of native network files, version 2: sizes, biases and terms. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_native.h"
#include "net/block_spec.h"

static const char *const size_names[] = {"terms", "neurons", "channels", NULL};

/* Thresholds are a dataset only. */
static bool is_block_attribute(const char *name) {
  return rp_h5_is_among(name, size_names) ||
         (rp_h5_is_among(name, rp_native_stair_names) &&
          strcmp(name, "threshold") != 0);
}

/* Terms are counted by expect_members. */
static bool is_block_member(const char *name) {
  return !strcmp(name, "bias") || !strcmp(name, "neuron") ||
         !strncmp(name, "term", 4) ||
         rp_h5_is_among(name, rp_native_stair_names);
}

/* The sizes that a block claims. */
typedef struct sizes {
  int64_t terms, neurons, channels;
  int64_t rows; /* accumulators */
} sizes;

/* Every member that is no array must be one of the terms, which are opened by
 * their names later. */
static rp_status expect_members(hid_t group, int64_t terms, rp_error *err) {
  H5G_info_t info;
  hsize_t arrays = (hsize_t)rp_h5_has_object(group, "bias") +
                   rp_h5_has_object(group, "neuron");
  for (const char *const *name = rp_native_stair_names; *name; name++)
    arrays += rp_h5_has_object(group, *name);
  if (H5Gget_info(group, &info) < 0)
    return rp_h5_fail(group, err, "cannot be read: damaged");
  if (info.nlinks == arrays + (hsize_t)terms) return RP_OK;
  return rp_h5_fail(group, err,
                    "expected groups term0, term1, ..., as many as attribute "
                    "'terms' says, %lld, found %lld",
                    (long long)terms,
                    (long long)info.nlinks - (long long)arrays);
}

static rp_status read_sizes(hid_t group, sizes *s, rp_error *err) {
  RP_TRY(rp_h5_get_integer(group, "terms", 1, INT32_MAX, &s->terms, err));
  RP_TRY(rp_h5_get_integer(group, "neurons", 1, INT32_MAX, &s->neurons, err));
  RP_TRY(
      rp_h5_get_integer(group, "channels", 1, s->neurons, &s->channels, err));
  if (s->neurons % s->channels != 0)
    return rp_h5_fail(group, err,
                      "attribute 'channels': expected a divisor of the %lld "
                      "neurons, found %lld",
                      (long long)s->neurons, (long long)s->channels);
  s->rows = s->neurons;
  return expect_members(group, s->terms, err);
}

/* ---- Max pooling ---- */

/* The neuron of each accumulator; *owner stays NULL if there are no maxima. The
 * network proves the numbers. */
static rp_status read_owners(hid_t group, sizes *s, int32_t **owner,
                             rp_error *err) {
  rp_native_array given = {.mem_type = H5T_NATIVE_INT64, .rank = 1};
  if (!rp_h5_has_object(group, "neuron")) return RP_OK;
  RP_TRY(rp_native_read_array(group, "neuron", &given, err));
  const int64_t *const from = given.data;
  rp_status status = RP_OK;
  if (given.dims[0] > INT32_MAX)
    status = rp_h5_fail(group, err,
                        "neuron: expected at most %d accumulators, found %lld",
                        INT32_MAX, (long long)given.dims[0]);
  if (status == RP_OK &&
      !(*owner = rp_alloc((size_t)given.dims[0], sizeof **owner)))
    status = rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
  for (int64_t i = 0; status == RP_OK && i < given.dims[0]; i++) {
    if (from[i] < 0 || from[i] >= s->neurons)
      status = rp_h5_fail(group, err,
                          "neuron: expected numbers of neurons, 0..%lld, found "
                          "%lld at accumulator %lld",
                          (long long)s->neurons - 1, (long long)from[i],
                          (long long)i);
    else
      (*owner)[i] = (int32_t)from[i];
  }
  s->rows = given.dims[0];
  free(given.data);
  return status;
}

/* ---- Biases ---- */

/* One for each channel, or one for each accumulator. They bound the number of
 * channels by what the file really holds. */
static rp_status read_biases(hid_t group, const sizes *s, rp_native_array *bias,
                             rp_error *err) {
  *bias = (rp_native_array){.mem_type = H5T_NATIVE_INT64, .rank = 1};
  RP_TRY(rp_native_read_array(group, "bias", bias, err));
  if (bias->dims[0] == s->channels || bias->dims[0] == s->rows) return RP_OK;
  return rp_h5_fail(group, err,
                    "bias: expected one number for each of %lld channels or "
                    "%lld accumulators, found %lld",
                    (long long)s->channels, (long long)s->rows,
                    (long long)bias->dims[0]);
}

/* The bias of every accumulator, negated where the staircase descends. Beyond
 * 2^60 the sign does not matter any more: no such bias is accepted. */
static void expand_biases(const rp_native_array *given,
                          const rp_native_stairs *stairs, const int32_t *owner,
                          int32_t n, int64_t *bias) {
  const int64_t *const from = given->data;
  for (int32_t i = 0; i < n; i++) {
    const int32_t channel = (owner ? owner[i] : i) % stairs->n;
    const int64_t value = from[given->dims[0] == n ? i : channel];
    const bool negates = stairs->descends[channel] && value > INT64_MIN;
    bias[i] = negates ? -value : value;
  }
}

/* Rows of a descending channel are negated, and rows are known by the channel
 * of their place: with maxima that is another. */
static rp_status refuse_descending_maxima(hid_t group,
                                          const rp_native_stairs *stairs,
                                          const int32_t *owner, rp_error *err) {
  for (int32_t c = 0; owner && c < stairs->n; c++)
    if (stairs->descends[c])
      return rp_h5_fail(group, err,
                        "descending: expected 0 where neurons are maxima, "
                        "found 1 at channel %d",
                        c);
  return RP_OK;
}

/* ---- Terms ---- */

static void free_terms(rp_block_spec *spec) {
  for (int32_t t = 0; t < spec->n_terms; t++) rp_op_free(spec->term[t].op);
  free(spec->term);
}

static rp_status read_terms(hid_t group, const rp_native_place *place,
                            rp_block_spec *spec, rp_error *err) {
  for (int32_t t = 0; t < spec->n_terms; t++) {
    char name[32];
    hid_t id;
    snprintf(name, sizeof name, "term%d", t);
    RP_TRY(rp_h5_open_group(group, name, &id, err));
    const rp_status status =
        rp_native_read_term(id, place, &spec->term[t], err);
    rp_h5_close(id);
    RP_TRY(status);
  }
  return RP_OK;
}

/* ---- Constants ---- */

static int32_t find_common_divisor(int32_t a, int32_t b) {
  while (b != 0) {
    const int32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* Neurons that share weights are folded together. Returns how many channels
 * share none with each other. */
static int32_t count_foldable(const rp_block_spec *spec) {
  int32_t channels = spec->n_out;
  for (int32_t t = 0; t < spec->n_terms; t++) {
    const rp_op *op = spec->term[t].op;
    channels = find_common_divisor(channels, op->kind->period(op));
  }
  return channels;
}

/* Give every foldable channel its own staircase. */
static rp_status prepare_folding(rp_native_stairs *stairs, rp_block_spec *spec,
                                 rp_error *err) {
  const int32_t channels = count_foldable(spec);
  spec->stair = stairs->stair;
  spec->n_stairs = stairs->n;
  if (channels % stairs->n != 0) return RP_OK;
  rp_stair *all =
      rp_realloc(stairs->stair, (size_t)channels, sizeof *stairs->stair);
  if (!all)
    return rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
  for (int32_t c = stairs->n; c < channels; c++) all[c] = all[c - stairs->n];
  stairs->stair = all;
  spec->stair = all;
  spec->n_stairs = channels;
  spec->folds_constants = true;
  return RP_OK;
}

/* ---- A block ---- */

/* What is read of a block. */
typedef struct parts {
  sizes sizes;
  rp_native_array given; /* biases */
  rp_native_stairs stairs;
  int64_t *bias;  /* [accumulators] */
  int32_t *owner; /* [accumulators]; NULL: no maxima */
  rp_block_spec spec;
} parts;

static rp_status read_parts(hid_t group, rp_net *net, parts *p, rp_error *err) {
  RP_TRY(rp_h5_refuse_others(group, is_block_attribute, is_block_member, err));
  RP_TRY(read_sizes(group, &p->sizes, err));
  RP_TRY(read_owners(group, &p->sizes, &p->owner, err));
  RP_TRY(read_biases(group, &p->sizes, &p->given, err));
  const int32_t n = (int32_t)p->sizes.rows;
  p->stairs.n = (int32_t)p->sizes.channels;
  RP_TRY(rp_native_read_stairs(group, net, &p->stairs, err));
  RP_TRY(refuse_descending_maxima(group, &p->stairs, p->owner, err));
  p->spec.n_out = (int32_t)p->sizes.neurons;
  p->spec.n_acc = n;
  p->spec.owner = p->owner;
  p->spec.term = rp_alloc((size_t)p->sizes.terms, sizeof *p->spec.term);
  if (p->spec.term) p->spec.n_terms = (int32_t)p->sizes.terms;
  if (!p->spec.term)
    return rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
  RP_TRY(
      read_terms(group, &(rp_native_place){net, n, &p->stairs}, &p->spec, err));
  p->bias = rp_alloc((size_t)n, sizeof *p->bias); /* n is proved by the terms */
  if (!p->bias)
    return rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
  expand_biases(&p->given, &p->stairs, p->owner, n, p->bias);
  p->spec.bias = p->bias;
  return prepare_folding(&p->stairs, &p->spec, err);
}

static void parts_fini(parts *p) {
  free(p->given.data);
  free(p->bias);
  free(p->owner);
  free_terms(&p->spec);
  rp_native_stairs_fini(&p->stairs);
}

static rp_status read_block(hid_t group, rp_net *net, rp_error *err) {
  parts p = {.bias = NULL};
  rp_status status = read_parts(group, net, &p, err);
  if (status == RP_OK) {
    status = rp_network_add_file_name(group,
                                      rp_net_add_block(net, &p.spec, err), err);
    p.spec.n_terms = 0; /* the network has taken the operators */
  }
  parts_fini(&p);
  return status;
}

rp_status rp_native_read_blocks(hid_t file, int32_t count, rp_net *net,
                                rp_error *err) {
  H5G_info_t info;
  if (H5Gget_info(file, &info) < 0 || info.nlinks != (hsize_t)count)
    return rp_h5_fail(file, err,
                      "expected groups block0, block1, ..., as many as "
                      "attribute 'blocks' says, %d, found %llu",
                      count, (unsigned long long)info.nlinks);
  for (int32_t k = 0; k < count; k++) {
    char name[32];
    hid_t group;
    snprintf(name, sizeof name, "block%d", k);
    RP_TRY(rp_h5_open_group(file, name, &group, err));
    const rp_status status = read_block(group, net, err);
    rp_h5_close(group);
    RP_TRY(status);
  }
  return RP_OK;
}

/* ---- Writing ---- */

static rp_status write_term(hid_t group, const void *what, rp_error *err) {
  return rp_native_write_term(group, what, err);
}

static rp_status write_block(hid_t group, const void *what, rp_error *err) {
  const rp_block_spec *const spec = what;
  const int64_t dims[1] = {spec->owner ? spec->n_acc : spec->n_stairs};
  const rp_h5_numbers bias = {H5T_STD_I64LE, H5T_NATIVE_INT64, 1, dims,
                              spec->bias};
  RP_TRY(rp_native_set_integer(group, "terms", spec->n_terms, err));
  RP_TRY(rp_native_set_integer(group, "neurons", spec->n_out, err));
  RP_TRY(rp_native_set_integer(group, "channels", spec->n_stairs, err));
  RP_TRY(rp_h5_write_numbers(group, "bias", &bias, err));
  const rp_h5_numbers owner = {H5T_STD_I32LE, H5T_NATIVE_INT32, 1, dims,
                               spec->owner};
  if (spec->owner) RP_TRY(rp_h5_write_numbers(group, "neuron", &owner, err));
  RP_TRY(rp_native_write_stairs(group, spec->stair, spec->n_stairs, err));
  for (int32_t t = 0; t < spec->n_terms; t++) {
    char name[32];
    snprintf(name, sizeof name, "term%d", t);
    RP_TRY(rp_native_write_group(group, name, write_term, &spec->term[t], err));
  }
  return RP_OK;
}

rp_status rp_native_write_blocks(hid_t file, const rp_net *net, rp_error *err) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    char name[32];
    rp_block_spec spec;
    snprintf(name, sizeof name, "block%d", k);
    RP_TRY(rp_block_get_spec(net, k, &spec, err));
    const rp_status status =
        rp_native_write_group(file, name, write_block, &spec, err);
    rp_block_spec_fini(&spec);
    RP_TRY(status);
  }
  return RP_OK;
}
