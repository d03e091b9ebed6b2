/* Integers that keep the order of logits in float32, ties too. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"

/* ---- Whole sums. ---- */

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
static int32_t make_whole(const rp_onnx_maker *m,
                          const rp_onnx_channels *channels) {
  const int32_t n = channels->n_channels, all = n * channels->a_channel;
  int32_t divisor = 0;
  for (int32_t c = 0; c < n; c++) {
    channels->biases[c] =
        (int64_t)m->grid.offset * rp_onnx_sum_row(channels, c);
    rp_onnx_multiply_row(channels, c, m->grid.factor);
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

/* The greatest magnitude of a channel's accumulator: exact in float32. */
static int32_t measure_row(const rp_onnx_maker *m,
                           const rp_onnx_channels *channels, int32_t c) {
  const int32_t *const row =
      channels->w + (size_t)c * (size_t)channels->a_channel;
  int64_t sum = 0;
  for (int32_t i = 0; i < channels->a_channel; i++) sum += llabs(row[i]);
  return (int32_t)(sum * m->reach + llabs(channels->biases[c]));
}

static int32_t measure_reach(const rp_onnx_maker *m,
                             const rp_onnx_channels *channels) {
  int32_t most = 1;
  for (int32_t c = 0; c < channels->n_channels; c++) {
    const int32_t own = measure_row(m, channels, c);
    if (own > most) most = own;
  }
  return most;
}

static void turn_row(const rp_onnx_channels *channels, int32_t c) {
  rp_onnx_multiply_row(channels, c, -1);
  for (int32_t p = 0; p < channels->n_positions; p++)
    channels->biases[p * channels->n_channels + c] *= -1;
}

static float run(const rp_onnx_maker *m, int32_t unit, int32_t c, int32_t z,
                 bool *ok) {
  const rp_onnx_grid grid = {unit, 0, m->grid.exponent};
  return rp_onnx_run_chain(&m->chain, c, rp_onnx_apply_grid(&grid, z), ok);
}

/* ---- Sums. ---- */

/* Do all steps together always rise (1) or always fall (-1) from one integer to
 * the next? Else 0. */
static int find_direction(const rp_onnx_maker *m, int32_t unit, int32_t reach) {
  bool ok = true, rises = true, falls = true;
  float last = run(m, unit, 0, -reach, &ok);
  for (int32_t z = 1 - reach; ok && z <= reach; z++) {
    const float next = run(m, unit, 0, z, &ok);
    rises = rises && next > last;
    falls = falls && next < last;
    last = next;
  }
  return !ok ? 0 : rises ? 1 : falls ? -1 : 0;
}

static void keep_sums(const rp_onnx_maker *m, const rp_onnx_channels *channels,
                      int32_t reach, int direction) {
  for (int32_t c = 0; direction < 0 && c < channels->n_channels; c++)
    turn_row(channels, c);
  *m->number = (rp_quantized){1, 0, -reach, reach};
  for (int32_t c = 0; c < channels->n_channels; c++)
    channels->stair[c] = rp_build_plain_stair(m->number);
}

/* ---- Ranks. ---- */

typedef struct ranks {
  int32_t n, room;
  float *number; /* [n] ascending, distinct once they are sorted */
} ranks;

static int compare_floats(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* The numbers of a class rise with its accumulator, after its signs were turned
 * where they fall. `unit` is that of the sign. */
static bool collect_class(const rp_onnx_maker *m, int32_t unit, int32_t c,
                          int32_t reach, ranks *all) {
  bool ok = true;
  if (all->n > all->room - 2 * reach - 1) return false;
  for (int32_t z = -reach; z <= reach; z++)
    all->number[all->n++] = run(m, unit, c, z, &ok);
  return ok;
}

static bool collect_ranks(const rp_onnx_maker *m,
                          const rp_onnx_channels *channels, int32_t unit,
                          ranks *all) {
  int32_t n = 0;
  for (int32_t c = 0; c < channels->n_channels; c++) {
    const int32_t reach = measure_row(m, channels, c);
    if (reach > RP_MOST_STEPS || !collect_class(m, unit, c, reach, all))
      return false;
  }
  qsort(all->number, (size_t)all->n, sizeof *all->number, compare_floats);
  for (int32_t i = 0; i < all->n; i++)
    if (n == 0 || all->number[i] != all->number[n - 1])
      all->number[n++] = all->number[i];
  all->n = n;
  return n > 1;
}

static int32_t find_rank(const ranks *all, float x) {
  const float *const at = bsearch(&x, all->number, (size_t)all->n,
                                  sizeof *all->number, compare_floats);
  return (int32_t)(at - all->number);
}

/* Thresholds T(1) .. T(n - 1) of one class. */
static void fill_thresholds(const rp_onnx_maker *m, const ranks *all,
                            int32_t unit, int32_t c, int32_t reach,
                            int64_t *threshold) {
  bool ok = true;
  int32_t reached = find_rank(all, run(m, unit, c, -reach, &ok));
  for (int32_t v = 0; v < reached; v++)
    threshold[v] = -(int64_t)RP_STAIR_REACH - 1;
  for (int32_t z = 1 - reach; z <= reach; z++) {
    const int32_t rank = find_rank(all, run(m, unit, c, z, &ok));
    while (reached < rank) threshold[reached++] = z;
  }
  while (reached < all->n - 1)
    threshold[reached++] = (int64_t)RP_STAIR_REACH + 1;
}

static rp_status make_ranks(rp_onnx_reader *r, const rp_onnx_maker *m,
                            const rp_onnx_channels *channels, int32_t unit,
                            const ranks *all) {
  rp_status status = RP_OK;
  rp_error why = {""};
  int64_t *const threshold = rp_alloc((size_t)all->n, sizeof *threshold);
  if (!threshold)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  *m->number = (rp_quantized){1, 0, 0, all->n - 1};
  for (int32_t c = 0; status == RP_OK && c < channels->n_channels; c++) {
    const int32_t reach = measure_row(m, channels, c);
    bool ok = true;
    const bool falls =
        run(m, unit, c, reach, &ok) < run(m, unit, c, -reach, &ok);
    fill_thresholds(m, all, falls ? -unit : unit, c, reach, threshold);
    if (falls) turn_row(channels, c);
    status =
        rp_build_table(r->net, threshold, m->number, &channels->stair[c], &why);
  }
  free(threshold);
  return rp_onnx_place(r, status, &why);
}

static rp_status keep_ranks(rp_onnx_reader *r, const rp_onnx_maker *m,
                            const rp_onnx_channels *channels, int32_t unit) {
  ranks all = {.room = RP_MOST_STEPS};
  rp_status status;
  all.number = rp_alloc((size_t)all.room, sizeof *all.number);
  if (!all.number)
    return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
  if (rp_onnx_is_by_channel(&m->chain, channels->n_channels) &&
      collect_ranks(m, channels, unit, &all))
    status = make_ranks(r, m, channels, unit, &all);
  else
    status = RP_ONNX_FAIL(r,
                          "expected logits of 2 to %d values together, found "
                          "more, or such as differ from position to position: "
                          "a quantizer behind them would be needed",
                          RP_MOST_STEPS);
  free(all.number);
  return status;
}

/* ---- The choice. ---- */

rp_status rp_onnx_make_logits(rp_onnx_reader *r, const void *context,
                              const rp_onnx_channels *channels) {
  const rp_onnx_maker *const m = context;
  const int32_t unit = make_whole(m, channels);
  const int32_t reach = measure_reach(m, channels);
  const int direction =
      rp_onnx_is_uniform(&m->chain) ? find_direction(m, unit, reach) : 0;
  if (direction == 0) return keep_ranks(r, m, channels, unit);
  keep_sums(m, channels, reach, direction);
  return RP_OK;
}
