/* Separation: the cut of a neuron that is best at a point.
 *
 * In coordinates t = sg z the staircase sg sigma rises, and every convex
 * function p(t) above it bounds it. Over the box the concave envelope of p at
 * x* is the mean of p over the vertices of a chain: from the vertex of least t,
 * inputs move to their other ends one by one, those first that have gone
 * farthest in x*, and the share of x*'s way decides the weights. Of all p those
 * count that are flat up to a vertex of the chain, and rise from there to the
 * next step: between two vertices the bound is monotone in the place of the
 * kink, and steps of equal length lie on one line. One pass from the chain's
 * end finds the best kink. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/cut.h"
#include "core/assert.h"
#include "core/memory.h"
#include "core/vector.h"

/* Inputs this near to an end, as a share of the range, count as there. */
static const double NEAR_END = 0.01;

/* An input inside its range. */
typedef struct insider {
  int32_t input;
  double share; /* of its way from the low end */
} insider;

/* The same as one neuron sees it. */
typedef struct mover {
  int32_t tap;
  double way;   /* how far it has gone to the end that raises t: 0..1 */
  int32_t rise; /* of t on the whole way */
} mover;

struct rp_cut_point {
  const rp_net *net;
  const rp_region *region; /* borrowed, the last one set */
  uint8_t *x;              /* [n_in] the nearer end; the low one if inside */
  double *share;           /* [n_in] 0: at an end, else as an insider's */
  insider *inside;         /* [n_in] those inside, greatest share first */
  int32_t n_inside;
  mover *mover; /* [n_in] */
  rp_tap_space space;
  /* What the last separation found. */
  int32_t block, row, sign, unit, from;
  int32_t n_movers, kink; /* movers from the kink on are in the cut */
};

void rp_cut_point_free(rp_cut_point *point) {
  if (!point) return;
  free(point->x);
  free(point->share);
  free(point->inside);
  free(point->mover);
  free(point->space.index);
  free(point->space.weight);
  free(point);
}

rp_status rp_cut_point_create(const rp_net *net, rp_cut_point **point) {
  const size_t n_in = (size_t)net->n_in, widest = (size_t)net->widest;
  rp_cut_point *p = rp_alloc(1, sizeof *p);
  if (!p) return RP_E_MEMORY;
  p->net = net;
  p->x = rp_alloc(n_in, sizeof *p->x);
  p->share = rp_alloc(n_in, sizeof *p->share);
  p->inside = rp_alloc(n_in, sizeof *p->inside);
  p->mover = rp_alloc(n_in, sizeof *p->mover);
  p->space.index = rp_alloc(widest, sizeof *p->space.index);
  p->space.weight = rp_alloc(widest, sizeof *p->space.weight);
  if (!p->x || !p->share || !p->inside || !p->mover || !p->space.index ||
      !p->space.weight) {
    rp_cut_point_free(p);
    return RP_E_MEMORY;
  }
  *point = p;
  return RP_OK;
}

static int compare_shares(const void *a, const void *b) {
  const insider *first = a, *second = b;
  if (first->share != second->share)
    return first->share < second->share ? 1 : -1;
  return first->input - second->input;
}

void rp_cut_point_set(rp_cut_point *point, const rp_region *region,
                      const double *x) {
  point->region = region;
  point->n_inside = 0;
  for (int32_t p = 0; p < point->net->n_in; p++) {
    const int32_t lo = region->x_lo[p], hi = region->x_hi[p];
    const double share = lo < hi ? (x[p] - lo) / (hi - lo) : 0;
    const bool is_inside = share > NEAR_END && share < 1 - NEAR_END;
    point->share[p] = is_inside ? share : 0;
    point->x[p] = (uint8_t)(!is_inside && share > 0.5 ? hi : lo);
    if (is_inside) point->inside[point->n_inside++] = (insider){p, share};
  }
  qsort(point->inside, (size_t)point->n_inside, sizeof *point->inside,
        compare_shares);
}

RP_VECTOR_CLONES
static int32_t apply_to_ends(const int16_t *restrict w,
                             const uint8_t *restrict x, int32_t n) {
  int32_t sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t p = 0; p < n; p++) sum += w[p] * x[p];
  return sum;
}

static int32_t get_rise(const rp_cut_point *point, int32_t p, int32_t weight) {
  return point->sign * weight *
         (point->region->x_hi[p] - point->region->x_lo[p]);
}

/* Add an input to the chain. Returns how far its start lowers t from where t
 * is with the input at its low end. */
static int32_t add_mover(rp_cut_point *point, int32_t tap, int32_t p,
                         int32_t rise) {
  const double share = point->share[p];
  point->mover[point->n_movers++] =
      (mover){tap, rise > 0 ? share : 1 - share, rise > 0 ? rise : -rise};
  return rise < 0 ? rise : 0;
}

static int compare_ways(const void *a, const void *b) {
  const mover *first = a, *second = b;
  if (first->way != second->way) return first->way < second->way ? 1 : -1;
  return (first->tap > second->tap) - (first->tap < second->tap);
}

/* Inputs that raise t come by their shares, those that lower it by what they
 * lack: from both ends of the list. */
static int32_t merge_movers(rp_cut_point *point, const int16_t *w) {
  const insider *inside = point->inside;
  int32_t up = 0, down = point->n_inside - 1, away = 0;
  for (;;) {
    while (up < point->n_inside &&
           get_rise(point, inside[up].input, w[inside[up].input]) <= 0)
      up++;
    while (down >= 0 &&
           get_rise(point, inside[down].input, w[inside[down].input]) >= 0)
      down--;
    if (up == point->n_inside && down < 0) return away;
    const bool take_up =
        down < 0 ||
        (up < point->n_inside && inside[up].share >= 1 - inside[down].share);
    const int32_t p = inside[take_up ? up++ : down--].input;
    away += add_mover(point, p, p, get_rise(point, p, w[p]));
  }
}

static int32_t sort_movers(rp_cut_point *point, rp_taps taps) {
  int32_t away = 0;
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t p = taps.index[t];
    const int32_t rise = get_rise(point, p, taps.weight[t]);
    if (point->share[p] > 0 && rise != 0) away += add_mover(point, t, p, rise);
  }
  qsort(point->mover, (size_t)point->n_movers, sizeof *point->mover,
        compare_ways);
  return away;
}

/* The chain: its movers in order. Returns t at its first vertex. */
static int32_t make_chain(rp_cut_point *point, rp_taps taps) {
  int32_t z = point->net->block[point->block].bias[point->row];
  point->n_movers = 0;
  if (!taps.index) {
    z += apply_to_ends(taps.weight, point->x, taps.n);
    return point->sign * z + merge_movers(point, taps.weight);
  }
  for (int32_t t = 0; t < taps.n; t++)
    z += taps.weight[t] * point->x[taps.index[t]];
  return point->sign * z + sort_movers(point, taps);
}

/* The steps that a neuron's interval meets, rising with t. */
typedef struct rising {
  const rp_stair *stair;
  int32_t sign, z_lo, z_hi;
  int32_t last; /* value of the step with the greatest t */
} rising;

/* The least t of the step `ahead` steps from value v. */
static int64_t get_start(const rising *s, int32_t v, int32_t ahead) {
  return s->sign > 0 ? rp_stair_threshold(s->stair, v + ahead)
                     : 1 - rp_stair_threshold(s->stair, v - ahead + 1);
}

/* A function that is flat at a value up to t and rises from there by 1 / unit:
 * the unit with which it passes above all further steps, 0 if there are none.
 */
static int64_t choose_unit(const rising *s, int64_t t, int32_t *value) {
  int64_t z = s->sign * t;
  z = z < s->z_lo ? s->z_lo : z > s->z_hi ? s->z_hi : z;
  *value = rp_stair_apply(s->stair, z);
  const int32_t further = s->sign * (s->last - *value);
  if (further == 0) return 0;
  const int64_t next = get_start(s, *value, 1) - t;
  const int64_t last = (get_start(s, *value, further) - t) / further;
  return next < last ? next : last;
}

bool rp_cut_separate(rp_cut_point *point, int32_t block, int32_t row,
                     int32_t sign, double *bound) {
  const rp_block *of = &point->net->block[block];
  const int32_t at = of->first + row;
  rising s = {.stair = &of->stair[row],
              .sign = sign,
              .z_lo = point->region->z_lo[at],
              .z_hi = point->region->z_hi[at]};
  s.last = rp_stair_apply(s.stair, sign > 0 ? s.z_hi : s.z_lo);
  point->block = block;
  point->row = row;
  point->sign = sign;
  int64_t t = make_chain(point, rp_op_row(of->term[0].op, row, point->space));
  for (int32_t k = 0; k < point->n_movers; k++) t += point->mover[k].rise;
  double best = HUGE_VAL, rest = 0; /* mean of t beyond the vertex at hand */
  for (int32_t k = point->n_movers;; k--) {
    int32_t value;
    const int64_t unit = choose_unit(&s, t, &value);
    const double found =
        unit > 0 ? sign * value + rest / (double)unit : HUGE_VAL;
    if (found < best && unit <= RP_MOST_CUT_UNIT) {
      best = found;
      point->kink = k;
      point->unit = (int32_t)unit;
      point->from =
          (int32_t)rp_stair_threshold(s.stair, sign > 0 ? value + 1 : value);
    }
    if (k == 0) break;
    t -= point->mover[k - 1].rise;
    rest += point->mover[k - 1].way * point->mover[k - 1].rise;
  }
  *bound = best;
  return best < HUGE_VAL;
}

/* Inputs that move after the kink, and those that have not moved at all. */
static void choose_inputs(const rp_cut_point *point, rp_taps taps,
                          int16_t *rho) {
  const rp_region *region = point->region;
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t p = rp_taps_index(taps, t);
    const bool rises = point->sign * taps.weight[t] > 0;
    const uint8_t start = rises ? region->x_lo[p] : region->x_hi[p];
    const bool is_chosen = region->x_lo[p] < region->x_hi[p] &&
                           point->share[p] == 0 && point->x[p] == start;
    rho[t] = is_chosen ? taps.weight[t] : 0;
  }
  for (int32_t k = point->kink; k < point->n_movers; k++) {
    const int32_t t = point->mover[k].tap;
    rho[t] = taps.weight[t];
  }
}

rp_cut *rp_cut_make(const rp_cut_point *point) {
  const rp_block *of = &point->net->block[point->block];
  const rp_taps taps = rp_op_row(of->term[0].op, point->row, point->space);
  rp_cut *cut = rp_cut_create(taps.n, taps.index);
  if (!cut) return NULL;
  cut->at = of->first + point->row;
  cut->block = point->block;
  cut->sign = point->sign;
  cut->unit = point->unit;
  cut->from = point->from;
  choose_inputs(point, taps, cut->rho);
  return cut;
}
