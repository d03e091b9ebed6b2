/* A network as a whole: its input, its tables, who reads what. Blocks are built
 * and their ranges proved in block.c. */
#include "net/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "core/text.h"
#include "net/block.h"
#include "net/op_dense.h"

enum { MOST_INPUTS = 1 << 24 };

static rp_status fail_out_of_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
}

rp_status rp_net_create(const char *name, const int32_t *dims, int32_t n_dims,
                        int32_t in_hi, rp_net **net, rp_error *err) {
  if (n_dims < 1 || n_dims > RP_MAX_DIMS)
    return rp_fail(err, RP_E_INPUT,
                   "input shape: expected 1..%d dimensions, found %d",
                   RP_MAX_DIMS, n_dims);
  if (in_hi < 1 || in_hi > 255)
    return rp_fail(err, RP_E_INPUT,
                   "greatest input value: expected 1..255, found %d", in_hi);
  int64_t n_in = 1;
  for (int32_t d = 0; d < n_dims; d++) {
    if (dims[d] < 1 || (n_in *= dims[d]) > MOST_INPUTS)
      return rp_fail(err, RP_E_INPUT,
                     "input shape: expected 1..%d numbers, found %d in "
                     "dimension %d",
                     MOST_INPUTS, dims[d], d);
  }
  rp_net *made = rp_alloc(1, sizeof *made);
  if (!made) return fail_out_of_memory(err);
  rp_text_copy(made->name, sizeof made->name, name);
  made->rule = RP_RULE_R0;
  made->n_in = made->widest = (int32_t)n_in;
  made->in_hi = in_hi;
  made->n_dims = n_dims;
  memcpy(made->dims, dims, (size_t)n_dims * sizeof *dims);
  *net = made;
  return RP_OK;
}

static void free_class_names(rp_net *net) {
  for (int32_t i = 0; net->class_name && i < net->n_out; i++)
    free(net->class_name[i]);
  free(net->class_name);
  net->class_name = NULL;
}

rp_status rp_net_set_class_names(rp_net *net, const char *const *name,
                                 int32_t n, rp_error *err) {
  if (n != net->n_out)
    return rp_fail(err, RP_E_INPUT,
                   "class names: expected one for each of %d outputs, found %d",
                   net->n_out, n);
  free_class_names(net);
  net->class_name = rp_alloc((size_t)n, sizeof *net->class_name);
  if (!net->class_name) return fail_out_of_memory(err);
  for (int32_t i = 0; i < n; i++) {
    const size_t size = strlen(name[i]) + 1;
    net->class_name[i] = rp_alloc(size, 1);
    if (!net->class_name[i]) return fail_out_of_memory(err);
    memcpy(net->class_name[i], name[i], size);
  }
  return RP_OK;
}

void rp_net_free(rp_net *net) {
  if (!net) return;
  for (int32_t k = 0; k < net->n_blocks; k++) rp_block_fini(&net->block[k]);
  for (int32_t t = 0; t < net->n_tables; t++)
    rp_stair_table_free(net->table[t]);
  free_class_names(net);
  free(net->block);
  free(net->table);
  free(net->use);
  free(net);
}

rp_status rp_net_set_input(rp_net *net, int32_t lo, int32_t zero,
                           rp_error *err) {
  RP_ASSERT(net->n_blocks == 0);
  if (lo < INT16_MIN || lo > INT16_MAX - net->in_hi || zero < INT16_MIN ||
      zero > INT16_MAX)
    return rp_fail(err, RP_E_INPUT,
                   "input: expected numbers of 16 bits, found %d..%lld with "
                   "zero %d",
                   lo, (long long)lo + net->in_hi, zero);
  net->in_lo = lo;
  net->in_zero = zero;
  return RP_OK;
}

rp_status rp_net_add_table(rp_net *net, const int64_t *threshold, int32_t n,
                           const rp_stair_table **table, rp_error *err) {
  rp_stair_table **grown =
      rp_realloc(net->table, (size_t)net->n_tables + 1, sizeof *grown);
  if (!grown) return fail_out_of_memory(err);
  net->table = grown;
  RP_TRY(rp_stair_table_create(threshold, n, &grown[net->n_tables], err));
  *table = grown[net->n_tables++];
  return RP_OK;
}

/* ------------------------------------------------------------ who reads what
 */

static rp_status list_uses(const rp_net *net, int32_t source, rp_use **list,
                           int32_t *count, rp_error *err) {
  int32_t n = 0;
  free(*list);
  *list = NULL;
  for (int pass = 0; pass < 2; pass++) {
    if (pass == 1 && !(*list = rp_alloc((size_t)n, sizeof **list)))
      return fail_out_of_memory(err);
    n = 0;
    for (int32_t k = source + 1; k < net->n_blocks; k++)
      for (int32_t t = 0; t < net->block[k].n_terms; t++) {
        if (net->block[k].term[t].source != source) continue;
        if (pass == 1) (*list)[n] = (rp_use){k, t};
        n++;
      }
  }
  *count = n;
  return RP_OK;
}

/* Sums of |w| a column over all operators that read a source. Doubles hold
 * them: each is at most 2^15 times the number of rows. */
static rp_status check_columns(const rp_net *net, int32_t source,
                               const rp_use *use, int32_t n_uses, int64_t *most,
                               rp_error *err) {
  const int32_t n = source == RP_INPUT ? net->n_in : net->block[source].n_out;
  double *ones = rp_alloc((size_t)net->widest, sizeof *ones);
  double *sum = rp_alloc((size_t)n, sizeof *sum);
  rp_status status = ones && sum ? RP_OK : fail_out_of_memory(err);
  for (int32_t i = 0; status == RP_OK && i < net->widest; i++) ones[i] = 1;
  for (int32_t u = 0; status == RP_OK && u < n_uses; u++) {
    const rp_op *op = net->block[use[u].block].term[use[u].term].op;
    op->kind->transpose_sizes(op, ones, sum);
  }
  *most = 0;
  for (int32_t i = 0; status == RP_OK && i < n; i++) {
    if (sum[i] > (double)*most) *most = (int64_t)sum[i];
    if (sum[i] > (double)RP_COLUMN_LIMIT)
      status = rp_fail(err, RP_E_INPUT,
                       "%s %d, neuron %d: expected weights of its readers that "
                       "sum to at most 2^31, found %.0f",
                       source == RP_INPUT ? "input" : "block",
                       source == RP_INPUT ? 0 : source, i, sum[i]);
  }
  free(ones);
  free(sum);
  return status;
}

/* Which neurons have a weight in a block below the last one. */
static rp_status mark_read_neurons(const rp_net *net, rp_block *block,
                                   rp_error *err) {
  const size_t width = (size_t)net->widest;
  const rp_tap_space space = {rp_alloc(width, sizeof *space.index),
                              rp_alloc(width, sizeof *space.weight)};
  free(block->is_read);
  block->is_read = rp_alloc((size_t)block->n_out, sizeof *block->is_read);
  const bool enough = space.index && space.weight && block->is_read;
  for (int32_t u = 0; enough && u < block->n_uses; u++) {
    const rp_use *use = &block->use[u];
    if (use->block + 1 == net->n_blocks) continue;
    const rp_op *op = net->block[use->block].term[use->term].op;
    for (int32_t i = 0; i < op->n_out; i++) {
      const rp_taps taps = rp_op_row(op, i, space);
      for (int32_t t = 0; t < taps.n; t++)
        if (taps.weight[t]) block->is_read[rp_taps_index(taps, t)] = true;
    }
  }
  free(space.index);
  free(space.weight);
  return enough ? RP_OK : fail_out_of_memory(err);
}

static rp_status connect(rp_net *net, rp_error *err) {
  RP_TRY(list_uses(net, RP_INPUT, &net->use, &net->n_uses, err));
  RP_TRY(check_columns(net, RP_INPUT, net->use, net->n_uses, &net->most_weights,
                       err));
  for (int32_t k = 0; k < net->n_blocks; k++) {
    rp_block *block = &net->block[k];
    RP_TRY(list_uses(net, k, &block->use, &block->n_uses, err));
    RP_TRY(check_columns(net, k, block->use, block->n_uses,
                         &block->most_weights, err));
    RP_TRY(mark_read_neurons(net, block, err));
    if (block->n_uses == 0 && k + 1 < net->n_blocks)
      return rp_fail(err, RP_E_INPUT,
                     "block %d: expected a later block that reads it (the last "
                     "one is the output), found none",
                     k);
  }
  return RP_OK;
}

void rp_block_range(const rp_block *of, const int32_t *z_lo,
                    const int32_t *z_hi, int32_t neuron, int32_t ends[2]) {
  const rp_rows members = rp_block_accumulators(of, &neuron);
  for (int32_t n = 0; n < members.n; n++) {
    const int32_t i = members.row[n];
    const int32_t lo = rp_stair_apply(&of->stair[i], z_lo[i]);
    const int32_t hi = rp_stair_apply(&of->stair[i], z_hi[i]);
    if (n == 0 || lo > ends[0]) ends[0] = lo;
    if (n == 0 || hi > ends[1]) ends[1] = hi;
  }
}

rp_status rp_net_finish(rp_net *net, rp_error *err) {
  if (net->n_blocks == 0)
    return rp_fail(err, RP_E_INPUT, "expected at least one block, found none");
  const rp_stair *stair = net->block[net->n_blocks - 1].stair;
  if (net->block[net->n_blocks - 1].owner)
    return rp_fail(err, RP_E_INPUT,
                   "block %d: expected outputs that are no maxima, found max "
                   "pooling",
                   net->n_blocks - 1);
  for (int32_t i = 0; i < net->n_out; i++)
    if (stair[i].lo == stair[i].hi)
      return rp_fail(err, RP_E_INPUT,
                     "output %d: expected at least 2 values, found only the "
                     "value %d",
                     i, stair[i].lo);
  return connect(net, err);
}

rp_status rp_net_expect_classes(const rp_net *net, rp_error *err) {
  if (net->n_out > 1) return RP_OK;
  return rp_fail(
      err, RP_E_INPUT,
      "network %s: expected at least 2 outputs, of which the greatest "
      "is the class, found 1",
      net->name);
}

bool rp_net_is_dense_chain(const rp_net *net) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *block = &net->block[k];
    if (block->owner || block->n_terms != 1 || block->term[0].source != k - 1 ||
        !rp_op_dense_weights(block->term[0].op))
      return false;
    for (int32_t i = 0; i < block->n_out; i++)
      if (!rp_stair_is_even(&block->stair[i])) return false;
  }
  return true;
}

bool rp_net_is_wide(const rp_net *net) {
  enum { MOST_OF_NARROW = 256 };
  return net->n_acc > MOST_OF_NARROW;
}

bool rp_net_is_large(const rp_net *net) {
  enum { LEAST_OF_LARGE = 4096 };
  return net->n_acc >= LEAST_OF_LARGE;
}

int32_t rp_first_max(const int32_t *out, int32_t n) {
  RP_ASSERT(n >= 1);
  int32_t best = 0;
  for (int32_t i = 1; i < n; i++)
    if (out[i] > out[best]) best = i;
  return best;
}
