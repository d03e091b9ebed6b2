/* Building a network block by block, each with a proof that int32 is wide
 * enough.
 *
 * For a neuron with bias b, weights w_j and inputs a_j in [lo_j, hi_j], the sum
 * S = |b| + sum_j |w_j| max(|lo_j|, |hi_j|) over all terms bounds every partial
 * sum in every order, not just the accumulator. S <= RP_ACC_LIMIT is demanded,
 * so that loops over int32 may be vectorized, updated in place and taken apart
 * freely. S is summed in int64 and given up as soon as it passes a limit: one
 * summand is at most 2^15 * 2^30. */
#include "net/block.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "net/op_dense.h"

/* Beyond this a sum is not followed: the next summand still fits int64. */
static const int64_t MOST_SUM = (int64_t)1 << 60;

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
}

void rp_block_fini(rp_block *block) {
  for (int32_t t = 0; t < block->n_terms; t++) rp_op_free(block->term[t].op);
  free(block->term);
  free(block->use);
  free(block->is_read);
  free(block->bias);
  free(block->stair);
  free(block->z_lo);
  free(block->z_hi);
  free(block->owner);
  free(block->begin);
  free(block->member);
}

/* ---------------------------------------------------------------- the shape */

static int32_t count_accumulators(const rp_block_spec *spec) {
  return spec->owner ? spec->n_acc : spec->n_out;
}

static rp_status check_inputs(const rp_net *net, int32_t source, int32_t found,
                              rp_error *err) {
  const int32_t given =
      source == RP_INPUT ? net->n_in : net->block[source].n_out;
  if (found == given) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "block %d: expected %d inputs (the numbers it is given), "
                 "found %d",
                 net->n_blocks, given, found);
}

static rp_status check_neurons(const rp_net *net, int32_t n_out,
                               rp_error *err) {
  const int32_t most = INT32_MAX - net->n_acc;
  if (n_out >= 1 && n_out <= most) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "block %d: expected 1..%d neurons, found %d",
                 net->n_blocks, most, n_out);
}

static rp_status check_term(const rp_net *net, const rp_block_spec *spec,
                            int32_t t, rp_error *err) {
  const int32_t k = net->n_blocks;
  const rp_term *term = &spec->term[t];
  if (term->source < RP_INPUT || term->source >= k)
    return rp_fail(err, RP_E_INPUT,
                   "block %d, term %d: expected a source below the block "
                   "(-1: the input), found %d",
                   k, t, term->source);
  RP_TRY(check_inputs(net, term->source, term->op->n_in, err));
  const int32_t n_acc = count_accumulators(spec);
  if (term->op->n_out != n_acc)
    return rp_fail(err, RP_E_INPUT,
                   "block %d, term %d: expected %d rows, one for each "
                   "accumulator, found %d",
                   k, t, n_acc, term->op->n_out);
  return RP_OK;
}

/* Every neuron has accumulators: n_acc is at least n_out, and none is missed
 * below. Long staircases would make the bound of a maximum long. */
static rp_status check_owners(const rp_net *net, const rp_block_spec *spec,
                              rp_error *err) {
  const int32_t k = net->n_blocks;
  RP_TRY(check_neurons(net, spec->n_acc, err));
  for (int32_t i = 0; i < spec->n_acc; i++)
    if (spec->owner[i] < 0 || spec->owner[i] >= spec->n_out)
      return rp_fail(err, RP_E_INPUT,
                     "block %d, accumulator %d: expected the number of its "
                     "neuron, 0..%d, found %d",
                     k, i, spec->n_out - 1, spec->owner[i]);
  for (int32_t c = 0; c < spec->n_stairs; c++)
    if ((int64_t)spec->stair[c].hi - spec->stair[c].lo > RP_MOST_STEPS)
      return rp_fail(err, RP_E_INPUT,
                     "block %d: expected at most %d steps where neurons are "
                     "maxima, found activations %d..%d",
                     k, RP_MOST_STEPS, spec->stair[c].lo, spec->stair[c].hi);
  return RP_OK;
}

static rp_status check_spec(const rp_net *net, const rp_block_spec *spec,
                            rp_error *err) {
  const int32_t k = net->n_blocks;
  RP_TRY(check_neurons(net, spec->n_out, err));
  if (spec->n_terms < 1)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected at least one term, found none", k);
  if (spec->n_stairs < 1 || spec->n_out % spec->n_stairs != 0)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected staircases for a number of channels "
                   "that divides %d, found %d",
                   k, spec->n_out, spec->n_stairs);
  if (spec->owner) RP_TRY(check_owners(net, spec, err));
  for (int32_t t = 0; t < spec->n_terms; t++)
    RP_TRY(check_term(net, spec, t, err));
  for (int32_t c = 0; c < spec->n_stairs; c++)
    RP_TRY(rp_stair_check(&spec->stair[c], k, err));
  return RP_OK;
}

/* The operators belong to the block from here on. */
static bool begin_block(const rp_block_spec *spec, rp_block *block) {
  const size_t n_acc = (size_t)block->n_acc;
  block->term = rp_alloc((size_t)spec->n_terms, sizeof *block->term);
  block->bias = rp_alloc(n_acc, sizeof *block->bias);
  block->stair = rp_alloc(n_acc, sizeof *block->stair);
  block->z_lo = rp_alloc(n_acc, sizeof *block->z_lo);
  block->z_hi = rp_alloc(n_acc, sizeof *block->z_hi);
  return block->term && block->bias && block->stair && block->z_lo &&
         block->z_hi;
}

/* Lists the accumulators of each neuron, by counting. */
static rp_status group_accumulators(const rp_block_spec *spec, int32_t k,
                                    rp_block *block, rp_error *err) {
  const size_t n_acc = (size_t)spec->n_acc, n_out = (size_t)spec->n_out;
  block->owner = rp_alloc(n_acc, sizeof *block->owner);
  block->begin = rp_alloc(n_out + 2, sizeof *block->begin);
  block->member = rp_alloc(n_acc, sizeof *block->member);
  if (!block->owner || !block->begin || !block->member)
    return fail_out_of_memory(err);
  memcpy(block->owner, spec->owner, n_acc * sizeof *block->owner);
  int32_t *next = block->begin + 1; /* begin of each neuron, while filled */
  for (size_t i = 0; i < n_acc; i++) next[spec->owner[i] + 1]++;
  for (size_t i = 0; i < n_out; i++) {
    if (next[i + 1] == 0)
      return rp_fail(err, RP_E_INPUT,
                     "block %d, neuron %zu: expected at least one accumulator, "
                     "found none",
                     k, i);
    next[i + 1] += next[i];
  }
  for (size_t i = 0; i < n_acc; i++)
    block->member[next[spec->owner[i]]++] = (int32_t)i;
  RP_ASSERT(block->begin[n_out] == spec->n_acc);
  return RP_OK;
}

/* ---------------------------------------------------------------- the ranges
 */

/* What an accumulator may be: S, and the ends of its range. */
typedef struct sums {
  int64_t size, lo, hi;
} sums;

/* What proving a block's ranges needs. */
typedef struct proof {
  const rp_net *net;
  rp_block *block;
  int32_t k;
  rp_tap_space space;
} proof;

static void get_source_range(const rp_net *net, int32_t source, int32_t j,
                             int64_t *lo, int64_t *hi) {
  if (source == RP_INPUT) {
    *lo = 0;
    *hi = net->in_hi;
    return;
  }
  int32_t ends[2];
  const rp_block *below = &net->block[source];
  rp_block_range(below, below->z_lo, below->z_hi, j, ends);
  *lo = ends[0];
  *hi = ends[1];
}

static bool is_too_large(const sums *s) {
  return s->size > MOST_SUM;
}

static void add_tap(int64_t w, int64_t lo, int64_t hi, sums *s) {
  const int64_t at_lo = w * lo, at_hi = w * hi;
  s->lo += at_lo < at_hi ? at_lo : at_hi;
  s->hi += at_lo < at_hi ? at_hi : at_lo;
  s->size += llabs(at_lo) > llabs(at_hi) ? llabs(at_lo) : llabs(at_hi);
}

static sums sum_row(const proof *p, int32_t i, int64_t bias) {
  sums s = {llabs(bias), bias, bias};
  for (int32_t t = 0; t < p->block->n_terms; t++) {
    const rp_term *term = &p->block->term[t];
    const rp_taps taps = rp_op_row(term->op, i, p->space);
    for (int32_t n = 0; n < taps.n && !is_too_large(&s); n++) {
      int64_t lo, hi;
      get_source_range(p->net, term->source, rp_taps_index(taps, n), &lo, &hi);
      add_tap(taps.weight[n], lo, hi, &s);
    }
  }
  return s;
}

/* Operators see an input as (own number - zero), and the stored number is
 * (own number - least number): the difference goes into the bias. */
static int64_t shift_bias(const proof *p, int32_t i, int64_t bias) {
  const int64_t by = p->net->in_lo - p->net->in_zero;
  for (int32_t t = 0; by != 0 && t < p->block->n_terms; t++) {
    const rp_term *term = &p->block->term[t];
    if (term->source != RP_INPUT) continue;
    const rp_taps taps = rp_op_row(term->op, i, p->space);
    for (int32_t n = 0; n < taps.n; n++) bias += by * taps.weight[n];
  }
  return bias;
}

static rp_status fail_too_large(int32_t k, int32_t i, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "block %d, neuron %d: expected an accumulator within +-2^30 "
                 "on every input, found bias and weights that sum to more",
                 k, i);
}

static void make_constant(proof *p, int32_t i, int32_t value) {
  for (int32_t t = 0; t < p->block->n_terms; t++) {
    rp_op *op = p->block->term[t].op;
    op->kind->clear_row(op, i);
  }
  p->block->stair[i] = (rp_stair){value, value, 0, NULL};
  p->block->bias[i] = p->block->z_lo[i] = p->block->z_hi[i] = 0;
}

/* Do only accumulators of one channel share weights? */
static bool has_own_weights(const rp_block *block, int32_t n_channels) {
  for (int32_t i = 0; block->owner && i < block->n_acc; i++)
    if (block->owner[i] % n_channels != i % n_channels) return false;
  for (int32_t t = 0; t < block->n_terms; t++) {
    const rp_op *op = block->term[t].op;
    if (op->kind->period(op) % n_channels != 0) return false;
  }
  return true;
}

static int32_t get_channel(const proof *p, const rp_block_spec *spec,
                           int32_t i) {
  return rp_block_owner(p->block, i) % spec->n_stairs;
}

/* A channel with a sum beyond the limit may be constant on all inputs, in all
 * its positions. As positions may share weights, all are looked at before one
 * is changed. */
static rp_status fold_channel(proof *p, const rp_block_spec *spec,
                              int32_t channel, rp_error *err) {
  const rp_stair *stair = &spec->stair[channel];
  if (!has_own_weights(p->block, spec->n_stairs))
    return fail_too_large(p->k, channel, err);
  for (int pass = 0; pass < 2; pass++)
    for (int32_t i = 0; i < p->block->n_acc; i++) {
      if (get_channel(p, spec, i) != channel) continue;
      const int32_t value = p->block->stair[i].lo; /* in the second pass */
      if (pass == 1) {
        make_constant(p, i, value);
        continue;
      }
      if (spec->bias[i] < -MOST_SUM || spec->bias[i] > MOST_SUM)
        return fail_too_large(p->k, i, err);
      const int64_t bias = shift_bias(p, i, spec->bias[i]);
      const sums s = sum_row(p, i, bias);
      if (is_too_large(&s) || !rp_stair_is_constant(stair, s.lo, s.hi))
        return fail_too_large(p->k, i, err);
      p->block->stair[i].lo = rp_stair_apply(stair, s.lo);
    }
  return RP_OK;
}

/* Is a neuron's sum within the limit? If so, its range is set. */
static bool prove_neuron(proof *p, const rp_block_spec *spec, int32_t i) {
  rp_block *block = p->block;
  const int64_t given = spec->bias[i];
  if (given < -MOST_SUM || given > MOST_SUM) return false;
  const int64_t bias = shift_bias(p, i, given);
  const sums s = sum_row(p, i, bias);
  if (s.size > RP_ACC_LIMIT) return false;
  RP_ASSERT(s.lo <= s.hi && s.lo >= -s.size && s.hi <= s.size);
  block->bias[i] = (int32_t)bias;
  block->stair[i] = spec->stair[get_channel(p, spec, i)];
  block->z_lo[i] = (int32_t)s.lo;
  block->z_hi[i] = (int32_t)s.hi;
  return true;
}

/* Channels that are folded are so as a whole: their other accumulators are not
 * looked at again. */
static rp_status prove_accumulators(proof *p, const rp_block_spec *spec,
                                    bool *is_folded, rp_error *err) {
  for (int32_t i = 0; i < p->block->n_acc; i++) {
    const int32_t channel = get_channel(p, spec, i);
    if (is_folded[channel]) continue;
    if (spec->bias[i] < -MOST_SUM || spec->bias[i] > MOST_SUM)
      return fail_too_large(p->k, i, err);
    if (prove_neuron(p, spec, i)) continue;
    if (!spec->folds_constants) return fail_too_large(p->k, i, err);
    RP_TRY(fold_channel(p, spec, channel, err));
    is_folded[channel] = true;
  }
  return RP_OK;
}

static rp_status prove_ranges(rp_net *net, const rp_block_spec *spec,
                              rp_block *block, rp_error *err) {
  size_t most = (size_t)net->widest;
  if ((size_t)block->n_acc > most) most = (size_t)block->n_acc;
  proof p = {
      net,
      block,
      net->n_blocks,
      {rp_alloc(most, sizeof(int32_t)), rp_alloc(most, sizeof(int16_t))}};
  bool *is_folded = rp_alloc((size_t)spec->n_stairs, sizeof *is_folded);
  const bool enough = p.space.index && p.space.weight && is_folded;
  const rp_status status = enough ? prove_accumulators(&p, spec, is_folded, err)
                                  : fail_out_of_memory(err);
  free(is_folded);
  free(p.space.index);
  free(p.space.weight);
  return status;
}

/* ------------------------------------------------------------------- adding */

static void free_operators(const rp_block_spec *spec) {
  for (int32_t t = 0; t < spec->n_terms; t++) rp_op_free(spec->term[t].op);
}

static rp_status append(rp_net *net, const rp_block *block, rp_error *err) {
  rp_block *grown =
      rp_realloc(net->block, (size_t)net->n_blocks + 1, sizeof *grown);
  if (!grown) return fail_out_of_memory(err);
  net->block = grown;
  net->block[net->n_blocks++] = *block;
  net->n_out = block->n_out;
  net->n_acc += block->n_acc;
  if (block->n_acc > net->widest) net->widest = block->n_acc;
  RP_ASSERT(rp_block_end(&net->block[net->n_blocks - 1]) == net->n_acc);
  RP_ASSERT(net->widest >= net->n_in && net->widest >= net->n_out);
  return RP_OK;
}

rp_status rp_net_add_block(rp_net *net, const rp_block_spec *spec,
                           rp_error *err) {
  rp_status status = check_spec(net, spec, err);
  rp_block block = {.n_out = spec->n_out,
                    .n_acc = count_accumulators(spec),
                    .first = net->n_acc};
  if (status == RP_OK && !begin_block(spec, &block))
    status = fail_out_of_memory(err);
  if (status != RP_OK) {
    free_operators(spec);
    rp_block_fini(&block);
    return status;
  }
  block.n_terms = spec->n_terms;
  memcpy(block.term, spec->term, (size_t)spec->n_terms * sizeof *block.term);
  if (spec->owner)
    RP_TRY_OR(status, failed,
              group_accumulators(spec, net->n_blocks, &block, err));
  RP_TRY_OR(status, failed, prove_ranges(net, spec, &block, err));
  RP_TRY_OR(status, failed, append(net, &block, err));
  return RP_OK;
failed:
  rp_block_fini(&block);
  return status;
}

static rp_status set_rows(const rp_net *net, const rp_dense_spec *spec,
                          rp_op *op, rp_error *err) {
  for (int32_t i = 0; i < spec->n_out; i++) {
    const int32_t *row = spec->weight + (size_t)i * (size_t)spec->n_in;
    const int32_t bad = rp_op_dense_set_row(op, i, row);
    if (bad < spec->n_in)
      return rp_fail(err, RP_E_INPUT,
                     "block %d, neuron %d, input %d: expected a weight in "
                     "%d..%d, found %d",
                     net->n_blocks, i, bad, INT16_MIN, INT16_MAX, row[bad]);
  }
  return RP_OK;
}

rp_status rp_net_add_dense(rp_net *net, const rp_dense_spec *spec,
                           rp_error *err) {
  const int32_t source = net->n_blocks - 1;
  RP_TRY(check_inputs(net, source, spec->n_in, err));
  RP_TRY(check_neurons(net, spec->n_out, err));
  rp_op *op = rp_op_dense_create(spec->n_out, spec->n_in);
  if (!op) return fail_out_of_memory(err);
  const rp_status status = set_rows(net, spec, op, err);
  if (status != RP_OK) {
    rp_op_free(op);
    return status;
  }
  rp_term term = {source, op};
  const rp_block_spec block = {.n_out = spec->n_out,
                               .n_terms = 1,
                               .term = &term,
                               .bias = spec->bias,
                               .n_stairs = 1,
                               .stair = &spec->stair};
  return rp_net_add_block(net, &block, err);
}
