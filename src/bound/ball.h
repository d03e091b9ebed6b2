/* Balls in L1 and L0, as a bound on what all inputs of a region may change
 * together.
 *
 * A region's box holds every input of its ball; the ball then says that the
 * changes of all inputs against a centre cost at most a radius: one for each
 * unit (L1), or one for each input that changes (L0). Inputs whose interval
 * leaves out the centre are forced to pay. What is left is spent on the dearest
 * items first, so that the greatest value of a linear function over box and
 * ball is known exactly in integers (docs/method.md, "Balls"). */
#ifndef RAMPART_BOUND_BALL_H
#define RAMPART_BOUND_BALL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/norm.h"
#include "net/net.h"

typedef __int128 rp_int128;

typedef struct rp_ball {
  rp_norm norm; /* of a region L1 or L0: in L-infinity its box says it */
  int32_t radius;
  const uint8_t *x; /* [n_in] the centre; borrowed */
} rp_ball;

struct rp_region;

/** True if a point is in the ball; every point is if there is none.
 *  @param ball  NULL: none */
bool rp_ball_has(const rp_ball *ball, const uint8_t *x, int32_t n);

/** What is left of the radius of a region's ball after all that the box forces;
 *  negative: they have no point in common. */
int32_t rp_ball_find_left(const rp_net *net, const struct rp_region *region);

/** Shrink a region's box to what its ball leaves of it.
 *  Returns false if they have no point in common. Cost: O(inputs). */
bool rp_ball_shrink(const rp_net *net, struct rp_region *region);

/** Move a point of the region's box into its ball: inputs that are far from
 *  what they must be stay, the others go back. Without a ball it stays. */
void rp_ball_project(const rp_net *net, const struct rp_region *region,
                     uint8_t *x);

/** The number of points of the region's box and ball, or any number above
 *  `most` if there are more. */
double rp_ball_count_points(const rp_net *net, const struct rp_region *region,
                            double most);

/** What each input of a region may do, by the sign of its weight: it stays at
 *  its base, or takes `reach` units in the direction of the sign. */
typedef struct rp_ball_view {
  bool is_used;      /* false: the region has no ball, or one that cuts off
                        nothing; the rest is then not set */
  bool counts;       /* L0: reach costs one, in L1 one for each unit */
  int32_t left;      /* what may be spent, after all that is forced */
  uint8_t *base[2];  /* [n_in] of weights <= 0, and > 0 */
  uint8_t *reach[2]; /* [n_in] likewise */
} rp_ball_view;

/** Bytes of memory of a view. */
static inline size_t rp_ball_view_bytes(int32_t n_in) {
  return 4 * (size_t)n_in;
}
/** Look at a region. Its box has been shrunk or not.
 *  @param memory  [rp_ball_view_bytes], borrowed for the view's life */
void rp_ball_look(const rp_net *net, const struct rp_region *region,
                  uint8_t *memory, rp_ball_view *view);

/** Things to be bought, each at most `units` times for one unit of `left`. */
typedef struct rp_ball_reals {
  double *gain;
  int32_t *units;
  int32_t n;
} rp_ball_reals;
typedef struct rp_ball_wholes {
  int64_t *gain;
  int32_t *units;
  int32_t n;
} rp_ball_wholes;
typedef struct rp_ball_longs {
  rp_int128 *gain;
  int32_t *units;
  int32_t n;
} rp_ball_longs;

/** The price at which what is left is spent: the gain of the first item,
 * dearest first, that cannot be bought completely; 0 if all can. The greatest
 * total gain is the sum of units (gain - price) over dearer items, plus left
 * times the price, and any price from 0 on gives an upper bound so. Items
 * change places. Cost: O(n) in the mean. */
double rp_ball_price_reals(rp_ball_reals *items, int64_t left);
int64_t rp_ball_price_wholes(rp_ball_wholes *items, int64_t left);
rp_int128 rp_ball_price_longs(rp_ball_longs *items, int64_t left);

/** An item: what an input gains by its reach.
 *  @param weight  its weight, > 0 or <= 0 as `up` says */
#define RP_BALL_ADD(items, view, p, up, weight)                                \
  do {                                                                         \
    const int32_t reach_ = (view)->reach[up][p];                               \
    if (reach_ == 0 || (weight) == 0) break;                                   \
    const int32_t side_ = (view)->counts ? reach_ : 1;                         \
    (items)->gain[(items)->n] = ((weight) < 0 ? -(weight) : (weight)) * side_; \
    (items)->units[(items)->n++] = (view)->counts ? 1 : reach_;                \
  } while (0)

/** The greatest total gain. */
int64_t rp_ball_spend_wholes(rp_ball_wholes *items, int64_t left);

/** Add the least and the greatest sum of a row's products to two numbers.
 *  @param items  room for the row's taps */
void rp_ball_add_range(const rp_ball_view *view, rp_taps taps,
                       rp_ball_wholes *items, int32_t *lo, int32_t *hi);

/** Greatest sum of nu x over box and ball, in floating point.
 *  @param items  room for all inputs
 *  @param x      out, [n_in]: where it is, in the ball
 *  @param price  out */
double rp_ball_maximize(const rp_ball_view *view, const float *nu, int32_t n,
                        rp_ball_reals *items, uint8_t *x, double *price);

/** The same, softened: means in place of x.
 *  @param x     out, [n] means, which cost what is left
 *  @param sums  out: the softened and the sharp value */
void rp_ball_soften(const rp_ball_view *view, const float *nu, int32_t n,
                    double smoothing, rp_ball_reals *items, float *x,
                    double sums[2]);

/** Best value of one input at a price, and where it is taken. */
static inline double rp_ball_choose(const rp_ball_view *view, int32_t p,
                                    double weight, double price, int32_t *x) {
  const bool up = weight > 0;
  const int32_t base = view->base[up][p], reach = view->reach[up][p];
  const double size = up ? weight : -weight;
  const double gain = size * reach - price * (view->counts ? reach > 0 : reach);
  *x = gain <= 0 ? base : up ? base + reach : base - reach;
  return weight * base + (gain > 0 ? gain : 0);
}

#endif
