/* The bytes of a cut: its accumulator, whether it bounds from above, unit,
 * first accumulator of the high side, and the inputs that it has chosen: sevens
 * of bits, a number each, where a zero is followed by the number of further
 * zeros.
 */
#include "bound/cut_pack.h"

#include <stdlib.h>

#include "core/memory.h"

/* ---- writing ---- */

static size_t count_sevens(const rp_net *net) {
  return ((size_t)net->n_in + 6) / 7;
}

static void put_chosen(const rp_net *net, const rp_cut *cut, uint8_t *sevens,
                       rp_trail *to) {
  const size_t n = count_sevens(net);
  for (int32_t t = 0; t < cut->n; t++) {
    const int32_t p = rp_cut_get_input(cut, t);
    if (rp_cut_has_chosen(cut, t)) sevens[p / 7] |= (uint8_t)(1 << p % 7);
  }
  for (size_t i = 0; i < n; i++) {
    rp_trail_put(to, sevens[i]);
    if (sevens[i] != 0) continue;
    uint64_t more = 0;
    while (i + 1 < n && sevens[i + 1] == 0) more++, i++;
    rp_trail_put(to, more);
  }
}

void rp_cut_put(const rp_net *net, const rp_cut *cut, rp_trail *to) {
  uint8_t *sevens = rp_alloc(count_sevens(net), 1);
  if (!sevens) {
    to->failed = true;
    return;
  }
  rp_trail_put(to, (uint64_t)cut->at);
  rp_trail_put(to, cut->sign > 0);
  rp_trail_put(to, (uint64_t)cut->unit);
  rp_trail_put_signed(to, cut->from);
  put_chosen(net, cut, sevens, to);
  free(sevens);
}

/* ---- reading ---- */

static void get_sevens(rp_trail_reader *from, uint8_t *sevens, size_t n) {
  for (size_t i = 0; i < n && !from->failed; i++) {
    const uint64_t seven = rp_trail_get(from);
    if (seven > 127) from->failed = true;
    sevens[i] = (uint8_t)seven;
    if (seven != 0 || from->failed) continue;
    const uint64_t more = rp_trail_get(from);
    if (more > n - i - 1) from->failed = true;
    i += from->failed ? 0 : (size_t)more;
  }
}

/* Inputs that the neuron does not read cannot be chosen. */
static void choose_inputs(rp_trail_reader *from, uint8_t *sevens, size_t n,
                          rp_cut *cut) {
  for (int32_t t = 0; t < cut->n; t++) {
    const int32_t p = rp_cut_get_input(cut, t);
    uint8_t *const seven = &sevens[p / 7];
    if (*seven >> p % 7 & 1) rp_cut_choose(cut, t);
    *seven &= (uint8_t) ~(1 << p % 7);
  }
  for (size_t i = 0; i < n; i++)
    if (sevens[i] != 0) from->failed = true;
}

/* The block of an accumulator, if its neurons may have cuts. */
static const rp_block *find_block(const rp_net *net, uint64_t at,
                                  int32_t *number) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    const rp_block *const block = &net->block[k];
    *number = k;
    if (at >= (uint64_t)block->first && at < (uint64_t)rp_block_end(block))
      return rp_cut_is_for(net, k) ? block : NULL;
  }
  return NULL;
}

static rp_cut *get_head(const rp_net *net, rp_trail_reader *from,
                        rp_tap_space space) {
  int32_t number;
  const uint64_t at = rp_trail_get(from), is_above = rp_trail_get(from);
  const uint64_t unit = rp_trail_get(from);
  const int64_t high_from = rp_trail_get_signed(from);
  const rp_block *const block = find_block(net, at, &number);
  if (!block || is_above > 1 || unit < 1 || unit > RP_MOST_CUT_UNIT ||
      high_from < INT32_MIN || high_from > INT32_MAX)
    from->failed = true;
  if (from->failed) return NULL;
  const rp_taps taps =
      rp_op_row(block->term[0].op, (int32_t)at - block->first, space);
  rp_cut *const cut = rp_cut_create(taps.n, taps.index);
  if (!cut) return NULL;
  cut->at = (int32_t)at;
  cut->block = number;
  cut->sign = is_above ? 1 : -1;
  cut->unit = (int32_t)unit;
  cut->from = (int32_t)high_from;
  return cut;
}

rp_cut *rp_cut_get(const rp_net *net, rp_trail_reader *from,
                   rp_tap_space space) {
  const size_t n = count_sevens(net);
  rp_cut *cut = get_head(net, from, space);
  if (!cut) return NULL;
  uint8_t *const sevens = rp_alloc(n, 1);
  if (sevens) {
    get_sevens(from, sevens, n);
    if (!from->failed) choose_inputs(from, sevens, n, cut);
    free(sevens);
  }
  if (sevens && !from->failed) return cut;
  rp_cut_release(cut);
  return NULL;
}
