/* The two slopes of every accumulator, and the bounds block after block. The
 * backward pass itself is in lanes.c. */
#include "bound/slopes.h"

#include <math.h>
#include <stdlib.h>

#include "bound/lanes.h"
#include "core/assert.h"
#include "core/memory.h"

enum {
  SLOPE_BITS = 16,      /* of a slope of 1 */
  MOST_SLOPE_BITS = 40, /* where steps are long */
  FIRST_FRACTION = 20,  /* of the objective's multiplier, less where it */
  FRACTION_STEP = 4     /* would leave 32 bits */
};

/* Lengths of an interval's parts: clipped at the bottom, clipped at the top,
 * and between them. */
typedef struct lengths {
  double bottom, top, between;
} lengths;

static lengths measure(const rp_stair *stair, int32_t z_lo, int32_t z_hi,
                       int32_t k0, int32_t k1) {
  lengths l = {0, 0, (double)z_hi - z_lo};
  if (k0 == stair->lo)
    l.bottom = (double)(rp_stair_threshold(stair, k0 + 1) - z_lo);
  if (k1 == stair->hi) l.top = (double)(z_hi - rp_stair_threshold(stair, k1));
  l.between -= l.bottom + l.top;
  return l;
}

double rp_slope_choose(const rp_stair *stair, int32_t z_lo, int32_t z_hi,
                       bool wanted_large) {
  const int32_t k0 = rp_stair_apply(stair, z_lo);
  const int32_t k1 = rp_stair_apply(stair, z_hi);
  if (k0 == k1) return 0;
  const double unit = rp_stair_unit(stair);
  const lengths l = measure(stair, z_lo, z_hi, k0, k1);
  const double clipped = wanted_large ? l.top : l.bottom;
  const double rest = l.between + (wanted_large ? l.bottom : l.top);
  if (clipped > unit) return clipped > rest ? 0 : 1 / unit;
  return fmin(((double)k1 - k0) / ((double)z_hi - z_lo), 1 / unit);
}

struct rp_slopes {
  const rp_net *net;
  rp_stats *stats;
  lanes *lanes;
  int32_t *positive, *negative; /* [n_acc] slopes, unit 2^-bits of the block */
  int32_t *bits;                /* [n_blocks] */
  int32_t *row;                 /* [widest] accumulators to be bounded */
  int64_t *upper, *lower;       /* [widest] their bounds */
  uint8_t *choice;              /* [widest] bounds that are of use */
  int32_t *work;                /* of interval propagation */
};

rp_status rp_slopes_create(const rp_net *net, rp_stats *stats,
                           rp_slopes **slopes) {
  rp_slopes *s = rp_alloc(1, sizeof *s);
  if (!s) return RP_E_MEMORY;
  const size_t n_acc = (size_t)net->n_acc, widest = (size_t)net->widest;
  s->net = net;
  s->stats = stats;
  s->lanes = lanes_create(net);
  s->positive = rp_alloc(n_acc, sizeof *s->positive);
  s->negative = rp_alloc(n_acc, sizeof *s->negative);
  s->bits = rp_alloc((size_t)net->n_blocks, sizeof *s->bits);
  s->row = rp_alloc(widest, sizeof *s->row);
  s->upper = rp_alloc(widest, sizeof *s->upper);
  s->lower = rp_alloc(widest, sizeof *s->lower);
  s->choice = rp_alloc(widest, sizeof *s->choice);
  s->work = rp_alloc(rp_interval_work(net), sizeof *s->work);
  if (!s->lanes || !s->positive || !s->negative || !s->bits || !s->row ||
      !s->upper || !s->lower || !s->choice || !s->work) {
    rp_slopes_free(s);
    return RP_E_MEMORY;
  }
  *slopes = s;
  return RP_OK;
}

void rp_slopes_free(rp_slopes *slopes) {
  if (!slopes) return;
  lanes_free(slopes->lanes);
  free(slopes->positive);
  free(slopes->negative);
  free(slopes->bits);
  free(slopes->row);
  free(slopes->upper);
  free(slopes->lower);
  free(slopes->choice);
  free(slopes->work);
  free(slopes);
}

/* ------------------------------------------------------------- the slopes */

/* So many that the flattest slope that counts keeps SLOPE_BITS of precision. */
static int32_t choose_bits(const rp_block *block) {
  double longest = 1;
  for (int32_t i = 0; i < block->n_acc; i++)
    longest = fmax(longest, rp_stair_unit(&block->stair[i]));
  const int32_t bits = SLOPE_BITS + (int32_t)ilogb(longest) / 2;
  return bits < MOST_SLOPE_BITS ? bits : MOST_SLOPE_BITS;
}

static int32_t round_slope(double slope, int32_t bits) {
  const double scaled = rint(ldexp(slope, bits));
  return scaled < INT32_MAX ? (int32_t)scaled : INT32_MAX;
}

static void choose_slopes(rp_slopes *s, const rp_region *region, int32_t k) {
  const rp_block *block = &s->net->block[k];
  s->bits[k] = choose_bits(block);
  for (int32_t i = 0; i < block->n_acc; i++) {
    const int32_t at = block->first + i;
    const int32_t lo = region->z_lo[at], hi = region->z_hi[at];
    s->positive[at] = round_slope(
        rp_slope_choose(&block->stair[i], lo, hi, true), s->bits[k]);
    s->negative[at] = round_slope(
        rp_slope_choose(&block->stair[i], lo, hi, false), s->bits[k]);
  }
}

static void write_slopes(const rp_slopes *s, int32_t k, rp_trail *trail) {
  const rp_block *block = &s->net->block[k];
  const int32_t *positive = s->positive + block->first;
  const int32_t *negative = s->negative + block->first;
  rp_trail_put(trail, RP_STEP_SLOPES);
  rp_trail_put(trail, (uint64_t)k);
  rp_trail_put(trail, (uint64_t)s->bits[k]);
  for (int32_t i = 0; i < block->n_acc; i++) {
    rp_trail_put_signed(trail, positive[i]);
    rp_trail_put_signed(trail, negative[i]);
    if (positive[i] != 0 || negative[i] != 0) continue;
    int32_t more = 0;
    while (i + 1 < block->n_acc && positive[i + 1] == 0 && negative[i + 1] == 0)
      more++, i++;
    rp_trail_put(trail, (uint64_t)more);
  }
}

/* ------------------------------------------------------------- the bounds */

static int32_t list_unstable(rp_slopes *s, const rp_region *region, int32_t k) {
  const rp_block *block = &s->net->block[k];
  int32_t n = 0;
  for (int32_t i = 0; i < block->n_acc; i++)
    if (rp_region_is_unstable(block, region, i)) s->row[n++] = i;
  return n;
}

/* Bounds of the n listed accumulators of block k, with as many bits of the
 * multipliers as 32 bits allow. Returns these bits, or -1 if there is no bound:
 * the deadline passed, or not even whole multipliers fit. */
static int32_t compute_bounds(rp_slopes *s, int32_t k, int32_t n,
                              const rp_deadline *deadline) {
  const lane_rule rule = {s->positive, s->negative, s->bits};
  int32_t frac = FIRST_FRACTION;
  for (int32_t done = 0; done < n;) {
    if (rp_deadline_has_passed(deadline)) return -1;
    const int32_t count = n - done < LANE_ROWS ? n - done : LANE_ROWS;
    const lane_rows rows = {k, count, s->row + done};
    if (lanes_bound(s->lanes, &rule, &rows, frac, s->upper + done,
                    s->lower + done)) {
      s->stats->exact_evals += 2 * count;
      done += count;
      continue;
    }
    if (frac == 0) return -1;
    frac -= FRACTION_STEP;
    done = 0; /* all bounds of a step share the bits */
  }
  return frac;
}

/* Returns false if an interval became empty. */
static bool apply_bounds(rp_slopes *s, rp_region *region, int32_t k,
                         int32_t n) {
  const rp_block *block = &s->net->block[k];
  for (int32_t i = 0; i < block->n_acc; i++) s->choice[i] = 0;
  for (int32_t r = 0; r < n; r++) {
    const int32_t i = s->row[r], at = block->first + i;
    const int64_t upper = s->upper[r], lower = -s->lower[r];
    if (upper < region->z_hi[at]) s->choice[i] |= 1;
    if (lower > region->z_lo[at]) s->choice[i] |= 2;
    if (upper < lower || upper < region->z_lo[at] || lower > region->z_hi[at])
      return false;
    if (s->choice[i] & 1) region->z_hi[at] = (int32_t)upper;
    if (s->choice[i] & 2) region->z_lo[at] = (int32_t)lower;
  }
  return true;
}

static void write_bounds(const rp_slopes *s, int32_t k, int32_t frac,
                         rp_trail *trail) {
  const int32_t n = s->net->block[k].n_acc;
  rp_trail_put(trail, RP_STEP_BOUNDS);
  rp_trail_put(trail, (uint64_t)k);
  rp_trail_put(trail, (uint64_t)frac);
  for (int32_t i = 0; i < n; i++) {
    rp_trail_put(trail, s->choice[i]);
    if (s->choice[i] != 0) continue;
    int32_t more = 0;
    while (i + 1 < n && s->choice[i + 1] == 0) more++, i++;
    rp_trail_put(trail, (uint64_t)more);
  }
}

/* An empty interval is recorded with the bound that emptied it, since its
 * choice is set before it is noticed. */
static bool tighten_block(rp_slopes *s, rp_region *region, int32_t k,
                          rp_trail *trail, const rp_deadline *deadline) {
  const int32_t n = list_unstable(s, region, k);
  if (n == 0) return true;
  const int32_t frac = compute_bounds(s, k, n, deadline);
  if (frac < 0) return true;
  const bool whole = apply_bounds(s, region, k, n);
  if (trail) write_bounds(s, k, frac, trail);
  return whole;
}

bool rp_slopes_tighten(rp_slopes *slopes, rp_region *region, int32_t last,
                       rp_trail *trail, const rp_deadline *deadline) {
  const rp_net *net = slopes->net;
  RP_ASSERT(last < net->n_blocks);
  for (int32_t k = 0; k <= last; k++) {
    if (!rp_interval_propagate(net, k, k, region, slopes->work)) return false;
    if (k > 0 && !tighten_block(slopes, region, k, trail, deadline))
      return false;
    if (k == last) break; /* nothing above is bounded */
    choose_slopes(slopes, region, k);
    lanes_set_block(slopes->lanes, region, k);
    if (trail) write_slopes(slopes, k, trail);
  }
  return rp_interval_propagate(net, last + 1, net->n_blocks - 1, region,
                               slopes->work);
}
