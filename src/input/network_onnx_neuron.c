/* Neurons of blocks: the staircase of what lies between a sum and a quantizer.
 */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"

static rp_status fail_memory(const rp_onnx_reader *r) {
  return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
}

/* ---- Channels. ---- */

/* The level of a channel's accumulator. */
typedef struct neuron {
  const rp_onnx_maker *m;
  int32_t channel;
  rp_onnx_grid grid; /* of its accumulator */
} neuron;

static float run_neuron(const neuron *of, int64_t z, bool *ok) {
  return rp_onnx_run_chain(&of->m->chain, of->channel,
                           rp_onnx_apply_grid(&of->grid, z), ok);
}

static int32_t find_neuron_level(const void *context, int64_t z) {
  const neuron *const of = context;
  const rp_onnx_quantizer *const q = of->m->q;
  bool ok = true;
  return rp_onnx_find_level(q, of->channel, run_neuron(of, z, &ok)) -
         (int32_t)q->zero;
}

int32_t rp_onnx_sum_row(const rp_onnx_channels *channels, int32_t c) {
  const int32_t *const row =
      channels->w + (size_t)c * (size_t)channels->a_channel;
  int32_t sum = 0; /* below MOST_UNITS */
  for (int32_t i = 0; i < channels->a_channel; i++) sum += row[i];
  return sum;
}

void rp_onnx_multiply_row(const rp_onnx_channels *channels, int32_t c,
                          int32_t by) {
  int32_t *const row = channels->w + (size_t)c * (size_t)channels->a_channel;
  for (int32_t i = 0; i < channels->a_channel; i++) row[i] *= by;
}

/* Steps that fall become steps that rise with all signs turned. */
static rp_status make_neuron(rp_onnx_reader *r, const rp_onnx_maker *m,
                             const rp_onnx_channels *channels, int32_t c,
                             int64_t *threshold) {
  neuron of = {m, c, m->grid};
  bool ok = true;
  rp_error why = {""};
  of.grid.offset = m->grid.offset * rp_onnx_sum_row(channels, c);
  const float first = run_neuron(&of, -RP_STAIR_REACH, &ok);
  const float last = run_neuron(&of, RP_STAIR_REACH, &ok);
  if (!ok) return RP_ONNX_FAIL(r, "channel %d: numbers overflow float32", c);
  if (last < first) {
    rp_onnx_multiply_row(channels, c, -1);
    of.grid.factor = -of.grid.factor;
  }
  rp_status status = rp_stair_tabulate(find_neuron_level, &of, m->number->lo,
                                       m->number->hi, threshold, &why);
  if (status == RP_OK)
    status =
        rp_build_table(r->net, threshold, m->number, &channels->stair[c], &why);
  return rp_onnx_place(r, status, &why);
}

static rp_status make_neurons(rp_onnx_reader *r, const void *context,
                              const rp_onnx_channels *channels) {
  const rp_onnx_maker *const m = context;
  const size_t n = (size_t)(m->number->hi - m->number->lo);
  rp_status status = RP_OK;
  if (!rp_onnx_is_by_channel(&m->chain, channels->n_channels) ||
      (m->q->n_rows > 1 && m->q->n_rows != channels->n_channels))
    return RP_ONNX_FAIL(r, "expected constants that are the same in all "
                           "positions of a channel, found others");
  int64_t *const threshold = rp_alloc(n, sizeof *threshold);
  if (!threshold) return fail_memory(r);
  for (int32_t c = 0; status == RP_OK && c < channels->n_channels; c++)
    status = make_neuron(r, m, channels, c, threshold);
  free(threshold);
  return status;
}

/* ---- Blocks. ---- */

rp_status rp_onnx_add_levels(rp_onnx_reader *r, const rp_onnx_item *item,
                             const rp_onnx_quantizer *q, rp_quantized *number) {
  const int32_t lo = item->number.lo - item->number.zero;
  const int32_t hi = item->number.hi - item->number.zero;
  const int32_t zero = q ? (int32_t)q->zero : 0;
  rp_quantized made = {1, 0, q ? q->lo - zero : 0, q ? q->hi - zero : 0};
  rp_onnx_maker m = {.q = q,
                     .grid = item->grid,
                     .reach = abs(lo) > abs(hi) ? abs(lo) : abs(hi),
                     .number = &made};
  rp_onnx_get_chain(r, item, &m.chain);
  if (q) made.scale = q->scale;
  RP_TRY(rp_onnx_append_floats(r, item, q ? make_neurons : rp_onnx_make_logits,
                               &m));
  *number = made;
  return RP_OK;
}
