/* Backward over the neurons that a few accumulators depend on.
 *
 * mu and lambda are held in 32 bits, which halves the memory and the
 * instructions against 64. They fit if the largest multiplier times the weights
 * of a column stays below 2^31; the sums wrap where it does not, and before
 * they are used the pass is given up. A term of a neuron is a sum of two
 * products of 31 bits with accumulators or activations of 30 bits, so int64
 * holds it; terms are added up in two halves, each in int64. */
#include "bound/lanes.h"

#include "bound/group.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

typedef __int128 int128;

struct lanes {
  const rp_net *net;
  const rp_region *region; /* borrowed, set by lanes_set_block */
  rp_corners *corner;      /* [n_acc], below the block that was set */

  /* One slot for each accumulator, and after them one for each input. */
  int32_t *mu;    /* [slots][LANE_COUNT], aligned; valid where seen */
  bool *is_seen;  /* [slots] */
  int32_t *seen;  /* [slots] those of a block, from its first slot on */
  int32_t *count; /* [n_blocks + 1] how many; the input's at the end */
  void *memory;   /* mu is a part of it */

  rp_ball_view view;    /* of the region's inputs */
  uint8_t *view_memory; /* [rp_ball_view_bytes] */
  rp_ball_wholes items; /* room for all inputs */

  rp_tap_space space;
  int32_t *of_group; /* [widest][LANE_COUNT] multipliers of a maximum */
  int64_t *lambda;   /* [widest] the same of one lane, by accumulator */
  int64_t most;      /* largest multiplier so far */
  int64_t high[LANE_COUNT], low[LANE_COUNT]; /* of the sums of terms */
};

lanes *lanes_create(const rp_net *net) {
  lanes *l = rp_alloc(1, sizeof *l);
  if (!l) return NULL;
  const size_t n_acc = (size_t)net->n_acc, slots = n_acc + (size_t)net->n_in;
  const size_t width = (size_t)net->widest;
  l->net = net;
  l->corner = rp_alloc(n_acc, sizeof *l->corner);
  l->memory = rp_alloc(slots + 1, LANE_COUNT * sizeof *l->mu);
  l->is_seen = rp_alloc(slots, sizeof *l->is_seen);
  l->seen = rp_alloc(slots, sizeof *l->seen);
  l->count = rp_alloc((size_t)net->n_blocks + 1, sizeof *l->count);
  l->of_group = rp_alloc(width, LANE_COUNT * sizeof *l->of_group);
  l->lambda = rp_alloc(width, sizeof *l->lambda);
  l->view_memory = rp_alloc(rp_ball_view_bytes(net->n_in), 1);
  l->items.gain = rp_alloc((size_t)net->n_in, sizeof *l->items.gain);
  l->items.units = rp_alloc((size_t)net->n_in, sizeof *l->items.units);
  l->space.index = rp_alloc(width, sizeof *l->space.index);
  l->space.weight = rp_alloc(width, sizeof *l->space.weight);
  if (!l->corner || !l->memory || !l->is_seen || !l->seen || !l->count ||
      !l->of_group || !l->lambda || !l->view_memory || !l->items.gain ||
      !l->items.units || !l->space.index || !l->space.weight) {
    lanes_free(l);
    return NULL;
  }
  l->mu = (int32_t *)(((uintptr_t)l->memory + 63) & ~(uintptr_t)63);
  return l;
}

void lanes_free(lanes *l) {
  if (!l) return;
  free(l->corner);
  free(l->memory);
  free(l->is_seen);
  free(l->seen);
  free(l->count);
  free(l->of_group);
  free(l->lambda);
  free(l->view_memory);
  free(l->items.gain);
  free(l->items.units);
  free(l->space.index);
  free(l->space.weight);
  free(l);
}

void lanes_set_block(lanes *l, const rp_region *region, int32_t block) {
  const rp_block *of = &l->net->block[block];
  l->region = region;
  if (block == 0) rp_ball_look(l->net, region, l->view_memory, &l->view);
  for (int32_t i = 0; i < of->n_acc; i++) {
    const int32_t at = of->first + i;
    rp_stair_find_corners(&of->stair[i], region->z_lo[at], region->z_hi[at],
                          &l->corner[at]);
  }
}

/* ------------------------------------------------------------------- slots */

static int32_t get_first_slot(const lanes *l, int32_t source) {
  return source == RP_INPUT ? l->net->n_acc : l->net->block[source].first;
}

static int32_t *get_count(const lanes *l, int32_t source) {
  return &l->count[source == RP_INPUT ? l->net->n_blocks : source];
}

/* Neurons of a source that taps reach for the first time start from 0. */
static void see(lanes *l, int32_t source, rp_taps taps) {
  const int32_t first = get_first_slot(l, source);
  int32_t *count = get_count(l, source);
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t slot = first + rp_taps_index(taps, t);
    if (l->is_seen[slot]) continue;
    l->is_seen[slot] = true;
    l->seen[first + (*count)++] = slot;
    memset(l->mu + (size_t)slot * LANE_COUNT, 0, LANE_COUNT * sizeof *l->mu);
  }
}

static void forget_all(lanes *l) {
  for (int32_t source = RP_INPUT; source < l->net->n_blocks; source++) {
    const int32_t first = get_first_slot(l, source);
    int32_t *count = get_count(l, source);
    for (int32_t n = 0; n < *count; n++) l->is_seen[l->seen[first + n]] = false;
    *count = 0;
  }
}

/* --------------------------------------------------------------- the kernels
 */

/* mu += Op^T lambda for one row. Unsigned, as sums may wrap. */
RP_VECTOR_CLONES
static void add_row(int32_t *mu, rp_taps taps, const int32_t *lambda) {
  uint32_t factor[LANE_COUNT];
  memcpy(factor, lambda, sizeof factor);
  for (int32_t t = 0; t < taps.n; t++) {
    uint32_t *to = (uint32_t *)mu + (size_t)rp_taps_index(taps, t) * LANE_COUNT;
    const uint32_t w = (uint32_t)(int32_t)taps.weight[t];
    for (int32_t lane = 0; lane < LANE_COUNT; lane++)
      to[lane] += w * factor[lane];
  }
}

/* What one neuron needs. */
typedef struct neuron_rule {
  const rp_corners *corners;
  int32_t positive, negative, bits, bias, slack;
} neuron_rule;

static void add_terms(lanes *l, const int64_t *term) {
  for (int32_t lane = 0; lane < LANE_COUNT; lane++) {
    l->high[lane] += term[lane] >> 32;
    l->low[lane] += term[lane] & 0xffffffff;
  }
}

/* lambda := clamp(floor(mu s / 2^bits)), and the neuron's maxima and biases are
 * added. Returns the largest |lambda|. */
RP_VECTOR_CLONES
static int64_t pass_neuron(const neuron_rule *rule, const int32_t *mu,
                           int32_t *lambda, int64_t *term, int64_t *rest) {
  int64_t most = 0;
  for (int32_t lane = 0; lane < LANE_COUNT; lane++) {
    const int64_t slope = mu[lane] >= 0 ? rule->positive : rule->negative;
    int64_t v = (mu[lane] * slope) >> rule->bits;
    v = v > INT32_MAX ? INT32_MAX : v;
    v = v < -INT32_MAX ? -INT32_MAX : v;
    lambda[lane] = (int32_t)v;
    const int64_t size = v < 0 ? -v : v;
    most = size > most ? size : most;
    rest[lane] = v * rule->bias + size * rule->slack;
    term[lane] = INT64_MIN;
  }
  for (int32_t s = 0; s < rule->corners->n; s++) {
    const int32_t a = rule->corners->a[s], z = rule->corners->z[s];
    for (int32_t lane = 0; lane < LANE_COUNT; lane++) {
      const int64_t value = (int64_t)mu[lane] * a - (int64_t)lambda[lane] * z;
      term[lane] = value > term[lane] ? value : term[lane];
    }
  }
  return most;
}

RP_VECTOR_CLONES
static void pass_input(const int32_t *nu, int32_t lo, int32_t hi,
                       int64_t *term) {
  for (int32_t lane = 0; lane < LANE_COUNT; lane++)
    term[lane] = (int64_t)nu[lane] * (nu[lane] > 0 ? hi : lo);
}

/* ------------------------------------------------------------------ the pass
 */

static void pass_row_down(lanes *l, const rp_block *block, int32_t row,
                          const int32_t *lambda) {
  for (int32_t t = 0; t < block->n_terms; t++) {
    const rp_term *term = &block->term[t];
    const rp_taps taps = rp_op_row(term->op, row, l->space);
    see(l, term->source, taps);
    add_row(l->mu + (size_t)get_first_slot(l, term->source) * LANE_COUNT, taps,
            lambda);
  }
}

/* Do the sums that were made for a source fit 32 bits? */
static bool is_narrow(const lanes *l, int32_t source) {
  const int64_t weights = source == RP_INPUT
                              ? l->net->most_weights
                              : l->net->block[source].most_weights;
  return l->most * weights <= INT32_MAX;
}

/* One accumulator of a neuron whose mu is in a slot: its multipliers, its rest,
 * and the maxima if it is the neuron's only one. */
static void pass_accumulator(lanes *l, const lane_rule *rule, int32_t k,
                             int32_t slot, int32_t i, int32_t *lambda) {
  const rp_block *block = &l->net->block[k];
  const int32_t at = block->first + i;
  const neuron_rule neuron = {
      &l->corner[at],     rule->positive[at],
      rule->negative[at], rule->bits[k],
      block->bias[i],     block->owner ? 0 : l->corner[at].slack};
  int64_t term[LANE_COUNT], rest[LANE_COUNT];
  const int64_t most = pass_neuron(&neuron, l->mu + (size_t)slot * LANE_COUNT,
                                   lambda, term, rest);
  if (!block->owner) add_terms(l, term);
  if (most == 0) return;
  add_terms(l, rest);
  if (most > l->most) l->most = most;
  pass_row_down(l, block, i, lambda);
}

/* The term of a maximum, lane by lane; its slack is in it. */
static void pass_group(lanes *l, const lane_rule *rule, int32_t k,
                       int32_t slot) {
  const rp_block *block = &l->net->block[k];
  const group g = {block, slot - block->first, l->region->z_lo + block->first,
                   l->region->z_hi + block->first, l->corner + block->first};
  const rp_rows members = rp_block_members(block, g.neuron);
  int32_t lambda[LANE_COUNT];
  for (int32_t n = 0; n < members.n; n++) {
    const int32_t i = members.row[n];
    pass_accumulator(l, rule, k, slot, i, lambda);
    memcpy(l->of_group + (size_t)n * LANE_COUNT, lambda, sizeof lambda);
  }
  for (int32_t lane = 0; lane < LANE_COUNT; lane++) {
    for (int32_t n = 0; n < members.n; n++)
      l->lambda[members.row[n]] = l->of_group[(size_t)n * LANE_COUNT + lane];
    const int128 term = group_evaluate_exactly(
        &g, l->mu[(size_t)slot * LANE_COUNT + lane], l->lambda);
    l->high[lane] += (int64_t)(term >> 32);
    l->low[lane] += (int64_t)(term & 0xffffffff);
  }
}

static bool pass_block(lanes *l, const lane_rule *rule, int32_t k) {
  const rp_block *block = &l->net->block[k];
  int32_t lambda[LANE_COUNT];
  if (!is_narrow(l, k)) return false;
  for (int32_t n = 0; n < l->count[k]; n++) {
    const int32_t slot = l->seen[block->first + n];
    if (block->owner)
      pass_group(l, rule, k, slot);
    else
      pass_accumulator(l, rule, k, slot, slot - block->first, lambda);
  }
  return true;
}

/* Lane by lane: each spends the ball on its own. */
static void pass_inputs_of_ball(lanes *l) {
  const int32_t first = l->net->n_acc;
  for (int32_t lane = 0; lane < LANE_COUNT; lane++) {
    int64_t sum = 0;
    l->items.n = 0;
    for (int32_t n = 0; n < *get_count(l, RP_INPUT); n++) {
      const int32_t slot = l->seen[first + n], p = slot - first;
      const int64_t nu = l->mu[(size_t)slot * LANE_COUNT + (size_t)lane];
      const bool up = nu > 0;
      sum += nu * l->view.base[up][p];
      RP_BALL_ADD(&l->items, &l->view, p, up, nu);
    }
    sum += rp_ball_spend_wholes(&l->items, l->view.left);
    l->high[lane] += sum >> 32;
    l->low[lane] += sum & 0xffffffff;
  }
}

static bool pass_inputs(lanes *l) {
  const int32_t first = l->net->n_acc;
  if (!is_narrow(l, RP_INPUT)) return false;
  if (l->view.is_used) {
    pass_inputs_of_ball(l);
    return true;
  }
  for (int32_t n = 0; n < *get_count(l, RP_INPUT); n++) {
    const int32_t slot = l->seen[first + n], p = slot - first;
    int64_t term[LANE_COUNT];
    pass_input(l->mu + (size_t)slot * LANE_COUNT, l->region->x_lo[p],
               l->region->x_hi[p], term);
    add_terms(l, term);
  }
  return true;
}

/* Lanes 2r and 2r + 1 are z and -z of row r. */
static void begin(lanes *l, const lane_rows *rows, int32_t frac) {
  const rp_block *block = &l->net->block[rows->block];
  const int32_t one = (int32_t)1 << frac;
  memset(l->high, 0, sizeof l->high);
  memset(l->low, 0, sizeof l->low);
  l->most = one;
  for (int32_t r = 0; r < rows->n; r++) {
    int32_t lambda[LANE_COUNT] = {0};
    int64_t term[LANE_COUNT] = {0};
    lambda[2 * r] = one;
    lambda[2 * r + 1] = -one;
    for (int32_t lane = 2 * r; lane < 2 * r + 2; lane++)
      term[lane] = (int64_t)lambda[lane] * block->bias[rows->row[r]];
    add_terms(l, term);
    pass_row_down(l, block, rows->row[r], lambda);
  }
}

/* floor(D / 2^frac) of a lane. */
static int64_t get_bound(const lanes *l, int32_t lane, int32_t frac) {
  const int128 sum = (int128)l->high[lane] * ((int64_t)1 << 32) + l->low[lane];
  const int128 bound = sum >> frac;
  RP_ASSERT(bound > INT64_MIN && bound < INT64_MAX);
  return (int64_t)bound;
}

bool lanes_bound(lanes *l, const lane_rule *rule, const lane_rows *rows,
                 int32_t frac, int64_t *upper, int64_t *lower) {
  RP_ASSERT(rows->n >= 1 && rows->n <= LANE_ROWS);
  begin(l, rows, frac);
  bool narrow = true;
  for (int32_t k = rows->block - 1; k >= 0 && narrow; k--)
    narrow = pass_block(l, rule, k);
  narrow = narrow && pass_inputs(l);
  for (int32_t r = 0; r < rows->n && narrow; r++) {
    upper[r] = get_bound(l, 2 * r, frac);
    lower[r] = get_bound(l, 2 * r + 1, frac);
  }
  forget_all(l);
  return narrow;
}
