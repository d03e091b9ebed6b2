/* Runs samples through a file's operators and through the network that was made
 * from it, and compares both. */
#include "input/interpret.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

rp_status rp_interpreter_begin(rp_interpreter *of, int32_t n_tensors,
                               int32_t n_ops, rp_error *err) {
  of->n_tensors = n_tensors;
  of->n_ops = n_ops;
  of->tensor = rp_alloc((size_t)n_tensors, sizeof *of->tensor);
  if (!of->tensor)
    return rp_fail(err, RP_E_MEMORY, "interpreter: out of memory");
  for (int32_t t = 0; t < n_tensors; t++) {
    of->tensor[t].block = RP_NO_BLOCK;
    of->tensor[t].positions = 1;
  }
  return RP_OK;
}

void rp_interpreter_fini(rp_interpreter *of) {
  for (int32_t t = 0; of->tensor && t < of->n_tensors; t++)
    free(of->tensor[t].number);
  free(of->tensor);
  if (of->free) of->free(of->file);
}

/* One sample in the imported network. */
typedef struct pass {
  const rp_net *net;
  int32_t *z;    /* [n_acc] accumulators */
  int32_t *a;    /* [n_acc] activations; block k begins at block[k].first */
  int32_t *out;  /* [n_out] */
  int32_t *work; /* of rp_net_forward */
} pass;

static void pass_fini(pass *p) {
  free(p->z);
  free(p->a);
  free(p->out);
  free(p->work);
}

static rp_status pass_begin(pass *p, const rp_net *net, rp_error *err) {
  *p = (pass){net, rp_alloc((size_t)net->n_acc, sizeof *p->z),
              rp_alloc((size_t)net->n_acc, sizeof *p->a),
              rp_alloc((size_t)net->n_out, sizeof *p->out),
              rp_alloc(rp_net_forward_work(net), sizeof *p->work)};
  if (p->z && p->a && p->out && p->work) return RP_OK;
  pass_fini(p);
  return rp_fail(err, RP_E_MEMORY, "comparison: out of memory");
}

static void activate_block(const pass *p, const rp_block *block) {
  for (int32_t i = 0; i < block->n_out; i++) {
    const rp_rows members = rp_block_accumulators(block, &i);
    int32_t most = INT32_MIN;
    for (int32_t k = 0; k < members.n; k++) {
      const int32_t j = rp_rows_get(members, k);
      const int32_t v =
          (int32_t)rp_stair_apply(&block->stair[j], p->z[block->first + j]);
      if (v > most) most = v;
    }
    p->a[block->first + i] = most;
  }
}

static void run_network(const pass *p, const uint8_t *x) {
  rp_net_forward(p->net, x, p->z, p->out, p->work);
  for (int32_t k = 0; k < p->net->n_blocks; k++)
    activate_block(p, &p->net->block[k]);
}

typedef struct comparison {
  const rp_interpreter *of;
  pass pass;
  int64_t sample;
  rp_network_comparison *found;
} comparison;

static void note_difference(const comparison *c, int32_t op, int32_t t,
                            int32_t i, int32_t ours) {
  char name[RP_PLAIN_NAME_SIZE];
  c->of->name(c->of, op, name);
  c->found->differs = true;
  snprintf(c->found->difference, sizeof c->found->difference,
           "sample %" PRId64 ", %s: %s %d of tensor %d is %d in the "
           "file's own operators, %d in the network (block %d)",
           c->sample, name,
           c->of->tensor[t].is_order ? "the rank of element" : "element", i, t,
           c->of->tensor[t].number[i], ours, c->of->tensor[t].block);
}

/* Number i of a tensor as the network has it. */
static int32_t get_ours(const comparison *c, const rp_plain_tensor *tensor,
                        const uint8_t *x, int32_t i) {
  const rp_net *const net = c->pass.net;
  const int32_t channels = tensor->count / tensor->positions;
  const int32_t at = i % tensor->positions * channels + i / tensor->positions;
  const int32_t above_zero =
      tensor->block == RP_INPUT
          ? x[at] + net->in_lo - net->in_zero
          : c->pass.a[net->block[tensor->block].first + at];
  return above_zero + tensor->zero;
}

/* How many of the block's activations are less than that of number i. */
static int32_t rank_ours(const comparison *c, const rp_plain_tensor *tensor,
                         const uint8_t *x, int32_t i) {
  const int32_t own = get_ours(c, tensor, x, i);
  int32_t rank = 0;
  for (int32_t k = 0; k < tensor->count; k++)
    rank += get_ours(c, tensor, x, k) < own;
  return rank;
}

/* All numbers of a tensor, up to the first that differs. */
static void compare_tensor(const comparison *c, int32_t op, int32_t t,
                           const uint8_t *x) {
  const rp_plain_tensor *const tensor = &c->of->tensor[t];
  if (tensor->block == RP_NO_BLOCK) return;
  for (int32_t i = 0; i < tensor->count; i++) {
    const int32_t ours = tensor->is_order ? rank_ours(c, tensor, x, i)
                                          : get_ours(c, tensor, x, i);
    c->found->elements++;
    if (tensor->number[i] == ours) continue;
    note_difference(c, op, t, i, ours);
    return;
  }
  if (c->sample == 0) c->found->tensors++;
}

static void set_input(const comparison *c, const uint8_t *x) {
  for (int32_t t = 0; t < c->of->n_tensors; t++) {
    const rp_plain_tensor *const tensor = &c->of->tensor[t];
    if (tensor->block != RP_INPUT || !tensor->number) continue;
    for (int32_t i = 0; i < tensor->count; i++)
      tensor->number[i] = get_ours(c, tensor, x, i);
  }
}

static rp_status compare_sample(const comparison *c, const uint8_t *x,
                                rp_error *err) {
  set_input(c, x);
  if (c->of->start) RP_TRY(c->of->start(c->of, err));
  run_network(&c->pass, x);
  for (int32_t op = 0; op < c->of->n_ops && !c->found->differs; op++) {
    const int32_t t = c->of->output(c->of, op);
    if (t < 0) continue;
    RP_TRY(c->of->run(c->of, op, err));
    compare_tensor(c, op, t, x);
  }
  return RP_OK;
}

/* Blocks that a tensor stands for. */
static int32_t count_blocks(const rp_interpreter *of, const rp_net *net) {
  int32_t n = 0;
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t t = 0; t < of->n_tensors; t++)
      if (of->tensor[t].block == k) {
        n++;
        break;
      }
  return n;
}

/* A tensor that is a block has as many numbers. */
static rp_status check_shapes(const rp_interpreter *of, const rp_net *net,
                              rp_error *err) {
  for (int32_t t = 0; t < of->n_tensors; t++) {
    const int32_t block = of->tensor[t].block;
    const int32_t count = block == RP_INPUT ? net->n_in
                          : block >= 0 && block < net->n_blocks
                              ? net->block[block].n_out
                              : of->tensor[t].count;
    if (block >= net->n_blocks || of->tensor[t].count != count ||
        count % of->tensor[t].positions != 0)
      return rp_fail(err, RP_E_INPUT,
                     "comparison: tensor %d: expected %d numbers, found %d", t,
                     count, of->tensor[t].count);
  }
  return RP_OK;
}

rp_status rp_interpreter_compare(const rp_interpreter *of, const rp_net *net,
                                 const uint8_t *x, int64_t n,
                                 rp_network_comparison *found, rp_error *err) {
  comparison c = {.of = of, .found = found};
  *found = (rp_network_comparison){.blocks = count_blocks(of, net)};
  RP_TRY(check_shapes(of, net, err));
  RP_TRY(pass_begin(&c.pass, net, err));
  rp_status status = RP_OK;
  for (; c.sample < n && status == RP_OK && !found->differs; c.sample++) {
    status = compare_sample(&c, x + c.sample * net->n_in, err);
    found->samples++;
  }
  pass_fini(&c.pass);
  return status;
}
