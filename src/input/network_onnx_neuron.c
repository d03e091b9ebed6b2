/* Neurons of blocks: the staircase of what lies between a sum and a quantizer,
 * and integers that keep the order of logits. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"

static rp_status fail_memory(const rp_onnx_reader *r) {
  return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
}

/* ---- Channels. ---- */

typedef struct maker {
  const rp_onnx_quantizer *q; /* NULL: logits */
  rp_onnx_chain chain;
  rp_onnx_grid grid;    /* offset: of the sum of a channel's weights */
  int32_t reach;        /* greatest magnitude of an input */
  rp_quantized *number; /* of the block; of logits an output */
} maker;

/* The level of a channel's accumulator. */
typedef struct neuron {
  const maker *m;
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

static int32_t sum_row(const rp_onnx_channels *channels, int32_t c) {
  const int32_t *const row =
      channels->w + (size_t)c * (size_t)channels->a_channel;
  int32_t sum = 0; /* below MOST_UNITS */
  for (int32_t i = 0; i < channels->a_channel; i++) sum += row[i];
  return sum;
}

static void multiply_row(const rp_onnx_channels *channels, int32_t c,
                         int32_t by) {
  int32_t *const row = channels->w + (size_t)c * (size_t)channels->a_channel;
  for (int32_t i = 0; i < channels->a_channel; i++) row[i] *= by;
}

/* Steps that fall become steps that rise with all signs turned. */
static rp_status make_neuron(rp_onnx_reader *r, const maker *m,
                             const rp_onnx_channels *channels, int32_t c,
                             int64_t *threshold) {
  neuron of = {m, c, m->grid};
  bool ok = true;
  rp_error why = {""};
  of.grid.offset = m->grid.offset * sum_row(channels, c);
  const float first = run_neuron(&of, -RP_STAIR_REACH, &ok);
  const float last = run_neuron(&of, RP_STAIR_REACH, &ok);
  if (!ok) return RP_ONNX_FAIL(r, "channel %d: numbers overflow float32", c);
  if (last < first) {
    multiply_row(channels, c, -1);
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
  const maker *const m = context;
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

/* ---- Logits. ---- */

static int32_t find_divisor(int32_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = (int32_t)b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

/* Integers in units of their greatest common divisor, which is returned, and
 * with the offsets of the grid as biases. */
static int32_t make_whole(const maker *m, const rp_onnx_channels *channels) {
  const int32_t n = channels->n_channels, all = n * channels->a_channel;
  int32_t divisor = 0;
  for (int32_t c = 0; c < n; c++) {
    channels->biases[c] = (int64_t)m->grid.offset * sum_row(channels, c);
    multiply_row(channels, c, m->grid.factor);
    divisor = find_divisor(divisor, channels->biases[c]);
  }
  for (int32_t i = 0; i < all; i++)
    divisor = find_divisor(divisor, channels->w[i]);
  if (divisor == 0) divisor = 1;
  for (int32_t i = 0; i < all; i++) channels->w[i] /= divisor;
  for (int32_t c = 0; c < n; c++) channels->biases[c] /= divisor;
  for (int32_t i = n; i < n * channels->n_positions; i++)
    channels->biases[i] = channels->biases[i - n];
  return divisor;
}

static int32_t measure_reach(const maker *m, const rp_onnx_channels *channels) {
  int64_t most = 1;
  for (int32_t c = 0; c < channels->n_channels; c++) {
    const int32_t *const row =
        channels->w + (size_t)c * (size_t)channels->a_channel;
    int64_t sum = 0;
    for (int32_t i = 0; i < channels->a_channel; i++) sum += llabs(row[i]);
    sum = sum * m->reach + llabs(channels->biases[c]);
    if (sum > most) most = sum;
  }
  return (int32_t)most; /* within what is exact in float32 */
}

/* Do all steps together always rise (1) or always fall (-1) from one integer to
 * the next? Else 0. */
static int find_direction(const maker *m, int32_t unit, int32_t reach) {
  const rp_onnx_grid grid = {unit, 0, m->grid.exponent};
  bool ok = true, rises = true, falls = true;
  float last =
      rp_onnx_run_chain(&m->chain, 0, rp_onnx_apply_grid(&grid, -reach), &ok);
  for (int32_t z = 1 - reach; ok && z <= reach; z++) {
    const float next =
        rp_onnx_run_chain(&m->chain, 0, rp_onnx_apply_grid(&grid, z), &ok);
    rises = rises && next > last;
    falls = falls && next < last;
    last = next;
  }
  return !ok ? 0 : rises ? 1 : falls ? -1 : 0;
}

/* The classes are ordered as the integers are, or the other way round. */
static rp_status make_logits(rp_onnx_reader *r, const void *context,
                             const rp_onnx_channels *channels) {
  const maker *const m = context;
  const int32_t unit = make_whole(m, channels);
  const int32_t reach = measure_reach(m, channels);
  const int direction =
      rp_onnx_is_uniform(&m->chain) ? find_direction(m, unit, reach) : 0;
  if (direction == 0)
    return RP_ONNX_FAIL(r, "expected float32 operators behind the last sums "
                           "that are the same for all classes and keep "
                           "different sums different, found others: a "
                           "quantizer behind them would be needed");
  for (int32_t c = 0; direction < 0 && c < channels->n_channels; c++)
    multiply_row(channels, c, -1);
  for (int32_t i = 0;
       direction < 0 && i < channels->n_channels * channels->n_positions; i++)
    channels->biases[i] = -channels->biases[i];
  *m->number = (rp_quantized){1, 0, -reach, reach};
  for (int32_t c = 0; c < channels->n_channels; c++)
    channels->stair[c] = rp_build_plain_stair(m->number);
  return RP_OK;
}

/* ---- Blocks. ---- */

rp_status rp_onnx_add_levels(rp_onnx_reader *r, const rp_onnx_item *item,
                             const rp_onnx_quantizer *q, rp_quantized *number) {
  const int32_t lo = item->number.lo - item->number.zero;
  const int32_t hi = item->number.hi - item->number.zero;
  const int32_t zero = q ? (int32_t)q->zero : 0;
  rp_quantized made = {1, 0, q ? q->lo - zero : 0, q ? q->hi - zero : 0};
  maker m = {.q = q,
             .grid = item->grid,
             .reach = abs(lo) > abs(hi) ? abs(lo) : abs(hi),
             .number = &made};
  rp_onnx_get_chain(r, item, &m.chain);
  if (q) made.scale = q->scale;
  RP_TRY(rp_onnx_append_floats(r, item, q ? make_neurons : make_logits, &m));
  *number = made;
  return RP_OK;
}
