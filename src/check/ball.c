/* Balls in L1 and L0: besides lying in the box, the inputs of a region may
 * change against a centre by no more than a radius, in units all together (L1)
 * or in number (L0).
 *
 * An input pays at least what its nearest value to the centre costs. What is
 * left of the radius is a bound for what all inputs pay beyond that; with a
 * price on it, from 0 on,
 *
 *   sum_p c_p x_p <= price left
 *       + sum_p max_{x in [lo,hi]} (c_p x - price (cost(x) - least cost)),
 *
 * whatever the price. The maximum is at lo, hi or the nearest value. The price
 * chosen is the least at which the inputs want no more than is left: then both
 * sides are equal for some x (docs/evidence.md, "Balls"). */
#include <stdlib.h>

#include "check/check.h"

static int32_t find_cost(const net *n, int32_t change) {
  return n->norm == L0 ? change != 0 : abs(change);
}

static int32_t find_nearest(const region *r, int32_t p) {
  const int32_t centre = r->centre[p];
  return centre < r->lo[p] ? r->lo[p] : centre > r->hi[p] ? r->hi[p] : centre;
}

static int32_t find_least_cost(const net *n, const region *r, int32_t p) {
  return find_cost(n, find_nearest(r, p) - r->centre[p]);
}

/* Below 0: box and ball have no common point. */
static int64_t find_left(const net *n, const region *r) {
  int64_t left = r->radius;
  for (int32_t p = 0; p < n->n_in; p++) left -= find_least_cost(n, r, p);
  return left;
}

bool rp_check_shrink(const net *n, region *r) {
  if (!r->centre) return true;
  const int64_t left = find_left(n, r);
  if (left < 0) return false;
  for (int32_t p = 0; p < n->n_in; p++) {
    const bool is_free =
        n->norm == L0 && (left > 0 || find_least_cost(n, r, p));
    const wide nearest = find_nearest(r, p), room = n->norm == L1 ? left : 0;
    if (!is_free) (void)rp_check_cut(n, r, p, nearest - room, nearest + room);
  }
  return true;
}

/* ---- the price ---- */

/* A change by up to so many units, each of which gains as much. */
typedef struct item {
  wide gain;
  int64_t units;
} item;

static item find_item(const net *n, const region *r, int32_t p, int64_t c) {
  const int32_t nearest = find_nearest(r, p);
  const wide up = (wide)c * (r->hi[p] - nearest);
  const wide down = (wide)c * (r->lo[p] - nearest);
  if (n->norm == L0)
    return (item){up > down ? up : down, nearest == r->centre[p]};
  return (item){c < 0 ? -(wide)c : c,
                c > 0 ? r->hi[p] - nearest : nearest - r->lo[p]};
}

static int64_t count_wanted(const item *of, int32_t count, wide price) {
  int64_t units = 0;
  for (int32_t k = 0; k < count; k++)
    units += of[k].gain > price ? of[k].units : 0;
  return units;
}

/* The least price from 0 on at which no more is wanted than is left. */
static wide find_price(const net *n, const region *r, const int64_t *c,
                       int64_t left) {
  item *of = rp_check_alloc((size_t)n->n_in, sizeof *of);
  int32_t count = 0;
  wide from = 0, to = 0;
  for (int32_t p = 0; p < n->n_in; p++) {
    of[count] = find_item(n, r, p, c[p]);
    if (of[count].gain <= 0 || of[count].units == 0) continue;
    if (of[count].gain > to) to = of[count].gain;
    count++;
  }
  while (from < to) {
    const wide middle = from + (to - from) / 2;
    if (count_wanted(of, count, middle) <= left)
      to = middle;
    else
      from = middle + 1;
  }
  free(of);
  return to;
}

/* ---- sums ---- */

/* What an input is worth at x. */
static wide find_worth(const net *n, const region *r, int32_t p, int64_t c,
                       wide price, int32_t x) {
  const int32_t cost = find_cost(n, x - r->centre[p]);
  return (wide)c * x - price * (cost - find_least_cost(n, r, p));
}

static wide find_greatest_worth(const net *n, const region *r, int32_t p,
                                int64_t c, wide price) {
  const int32_t x[] = {r->lo[p], r->hi[p], find_nearest(r, p)};
  wide most = find_worth(n, r, p, c, price, x[0]);
  for (int k = 1; k < 3; k++) {
    const wide worth = find_worth(n, r, p, c, price, x[k]);
    if (worth > most) most = worth;
  }
  return most;
}

wide rp_check_bound_inputs(const net *n, const region *r, const int64_t *c,
                           wide *price, wide *worth) {
  const int64_t found = find_left(n, r);
  const int64_t left = found > 0 ? found : 0; /* a weaker bound, if below 0 */
  *price = find_price(n, r, c, left);
  wide sum = *price * left;
  for (int32_t p = 0; p < n->n_in; p++) {
    const wide most = find_greatest_worth(n, r, p, c[p], *price);
    if (worth) worth[p] = most;
    sum += most;
  }
  return sum;
}

/* The values between those that are worth enough stay, though some may not be:
 * an interval has no holes. */
bool rp_check_tighten_input(const net *n, region *r, int32_t p, int64_t c,
                            wide price, wide need) {
  int32_t lo = r->lo[p], hi = r->hi[p];
  while (lo <= hi && find_worth(n, r, p, c, price, lo) < need) lo++;
  while (lo <= hi && find_worth(n, r, p, c, price, hi) < need) hi--;
  return lo <= hi && rp_check_cut(n, r, p, lo, hi);
}
