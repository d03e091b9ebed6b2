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
  int32_t range; /* how far its ends are apart */
  double share;  /* of its way from the low end */
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
  /* [n_in] which of those inside raise t of the neuron at hand, and which lower
   * it, in their order. */
  int32_t *up, *down;
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
  free(point->up);
  free(point->down);
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
  p->up = rp_alloc(n_in, sizeof *p->up);
  p->down = rp_alloc(n_in, sizeof *p->down);
  p->space.index = rp_alloc(widest, sizeof *p->space.index);
  p->space.weight = rp_alloc(widest, sizeof *p->space.weight);
  if (!p->x || !p->share || !p->inside || !p->mover || !p->up || !p->down ||
      !p->space.index || !p->space.weight) {
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
    if (is_inside)
      point->inside[point->n_inside++] = (insider){p, hi - lo, share};
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

/* Which inputs inside their ranges raise t, and which lower it? */
static void part_movers(rp_cut_point *point, const int16_t *w, int32_t *n_up,
                        int32_t *n_down) {
  int32_t up = 0, down = 0;
  for (int32_t i = 0; i < point->n_inside; i++) {
    const int32_t slope = point->sign * w[point->inside[i].input];
    point->up[up] = point->down[down] = i;
    up += slope > 0;
    down += slope < 0;
  }
  *n_up = up;
  *n_down = down;
}

/* Inputs that raise t come by their shares, those that lower it by what they
 * lack: from both ends of the list. */
static int32_t merge_movers(rp_cut_point *point, const int16_t *w) {
  const insider *inside = point->inside;
  int32_t n_up, down, up = 0, away = 0;
  part_movers(point, w, &n_up, &down);
  while (up < n_up || down > 0) {
    const bool take_up =
        down == 0 || (up < n_up && inside[point->up[up]].share >=
                                       1 - inside[point->down[down - 1]].share);
    const insider *i = &inside[take_up ? point->up[up++] : point->down[--down]];
    const int32_t rise = point->sign * w[i->input] * i->range;
    away += add_mover(point, i->input, i->input, rise);
  }
  return away;
}

static int32_t sort_movers(rp_cut_point *point, rp_taps taps) {
  int32_t away = 0;
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t p = taps.index[t];
    const int32_t range = point->region->x_hi[p] - point->region->x_lo[p];
    const int32_t rise = point->sign * taps.weight[t] * range;
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
  int32_t first, last; /* values of the steps with the least and greatest t */
  /* The step at hand: */
  int32_t value, further; /* its value, and the number of steps beyond it */
  double start;           /* its least t */
  double next, end;       /* that of the step after it, and of the last one */
} rising;

/* The least t of the step `ahead` steps from the one at hand. */
static double get_start(const rising *s, int32_t ahead) {
  return (double)(s->sign > 0
                      ? rp_stair_threshold(s->stair, s->value + ahead)
                      : 1 - rp_stair_threshold(s->stair, s->value - ahead + 1));
}

/* Look at the step of t, or of the nearest end of the interval. */
static void move_to_step(rising *s, int64_t t) {
  int64_t z = s->sign * t;
  z = z < s->z_lo ? s->z_lo : z > s->z_hi ? s->z_hi : z;
  s->value = rp_stair_apply(s->stair, z);
  s->further = s->sign * (s->last - s->value);
  s->start = s->value == s->first ? -HUGE_VAL : get_start(s, 0);
  if (s->further == 0) return;
  s->next = get_start(s, 1);
  s->end = get_start(s, s->further);
}

static rising look_at_neuron(const rp_cut_point *point, int64_t t) {
  const rp_block *of = &point->net->block[point->block];
  const int32_t at = of->first + point->row;
  rising s = {.stair = &of->stair[point->row],
              .sign = point->sign,
              .z_lo = point->region->z_lo[at],
              .z_hi = point->region->z_hi[at]};
  s.first = rp_stair_apply(s.stair, s.sign > 0 ? s.z_lo : s.z_hi);
  s.last = rp_stair_apply(s.stair, s.sign > 0 ? s.z_hi : s.z_lo);
  move_to_step(&s, t);
  return s;
}

/* A function that is flat at the value of the step at hand up to t and rises
 * from there by 1 / unit: the unit with which it passes above all further
 * steps. It is whole. */
static double choose_unit(const rising *s, double t) {
  const double last = (s->end - t) / s->further, next = s->next - t;
  return (double)(int64_t)(next < last ? next : last);
}

bool rp_cut_separate(rp_cut_point *point, int32_t block, int32_t row,
                     int32_t sign, double *bound) {
  const rp_block *of = &point->net->block[block];
  point->block = block;
  point->row = row;
  point->sign = sign;
  int64_t t = make_chain(point, rp_op_row(of->term[0].op, row, point->space));
  for (int32_t k = 0; k < point->n_movers; k++) t += point->mover[k].rise;
  rising s = look_at_neuron(point, t);
  double best = HUGE_VAL, rest = 0; /* mean of t beyond the vertex at hand */
  for (int32_t k = point->n_movers;; k--) {
    if ((double)t < s.start) move_to_step(&s, t);
    const double unit = s.further > 0 ? choose_unit(&s, (double)t) : 0;
    if (unit >= 1 && unit <= RP_MOST_CUT_UNIT &&
        sign * s.value + rest / unit < best) {
      best = sign * s.value + rest / unit;
      point->kink = k;
      point->unit = (int32_t)unit;
      point->from = (int32_t)rp_stair_threshold(s.stair, sign > 0 ? s.value + 1
                                                                  : s.value);
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
                          rp_cut *cut) {
  const rp_region *region = point->region;
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t p = rp_taps_index(taps, t);
    const bool rises = point->sign * taps.weight[t] > 0;
    const uint8_t start = rises ? region->x_lo[p] : region->x_hi[p];
    const bool is_chosen = region->x_lo[p] < region->x_hi[p] &&
                           point->share[p] == 0 && point->x[p] == start;
    if (is_chosen && taps.weight[t] != 0) rp_cut_choose(cut, t);
  }
  for (int32_t k = point->kink; k < point->n_movers; k++)
    rp_cut_choose(cut, point->mover[k].tap);
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
  choose_inputs(point, taps, cut);
  return cut;
}
