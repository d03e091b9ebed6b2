/* Balls over a region's box: what is forced, what is left, how it is spent. */
#include "bound/ball.h"

#include <math.h>
#include <string.h>

#include "bound/region.h"
#include "core/assert.h"

bool rp_ball_has(const rp_ball *ball, const uint8_t *x, int32_t n) {
  return !ball || rp_norm_measure(ball->norm, ball->x, x, n) <= ball->radius;
}

/* ---------------------------------------------------------- boxes and points
 */

/* The value of an input that is nearest to the centre. */
static int32_t find_nearest(const rp_region *region, int32_t p) {
  const int32_t centre = region->ball->x[p];
  const int32_t lo = region->x_lo[p], hi = region->x_hi[p];
  return centre < lo ? lo : centre > hi ? hi : centre;
}

/* What every point of the box must pay for an input. */
static int32_t find_forced(const rp_region *region, int32_t p) {
  return rp_norm_cost(region->ball->norm,
                      find_nearest(region, p) - region->ball->x[p]);
}

int32_t rp_ball_find_left(const rp_net *net, const rp_region *region) {
  int32_t left = region->ball->radius;
  for (int32_t p = 0; p < net->n_in && left >= 0; p++)
    left -= find_forced(region, p);
  return left;
}

/* How far an input may leave its nearest value. */
static int32_t find_room(const rp_region *region, int32_t p, int32_t left) {
  if (region->ball->norm == RP_NORM_L1) return left;
  return left > 0 || find_forced(region, p) > 0 ? UINT8_MAX : 0;
}

bool rp_ball_shrink(const rp_net *net, rp_region *region) {
  if (!region->ball) return true;
  for (int32_t p = 0; p < net->n_in; p++)
    if (region->x_lo[p] > region->x_hi[p]) return false;
  const int32_t left = rp_ball_find_left(net, region);
  if (left < 0) return false;
  for (int32_t p = 0; p < net->n_in; p++) {
    const int32_t nearest = find_nearest(region, p);
    const int32_t room = find_room(region, p, left);
    if (region->x_lo[p] < nearest - room)
      region->x_lo[p] = (uint8_t)(nearest - room);
    if (region->x_hi[p] > nearest + room)
      region->x_hi[p] = (uint8_t)(nearest + room);
  }
  return true;
}

/* By how much a point pays for an input more than it must, in units of the
 * input: these are what can be taken back. */
static int32_t find_excess(const rp_region *region, const uint8_t *x,
                           int32_t p) {
  const int32_t nearest = find_nearest(region, p);
  const bool is_free =
      region->ball->norm == RP_NORM_L0 && find_forced(region, p) > 0;
  return is_free ? 0 : x[p] < nearest ? nearest - x[p] : x[p] - nearest;
}

/* The greatest excesses are kept as long as something is left for them. */
void rp_ball_project(const rp_net *net, const rp_region *region, uint8_t *x) {
  int32_t count[UINT8_MAX + 1] = {0};
  if (!region->ball || rp_ball_has(region->ball, x, net->n_in)) return;
  for (int32_t p = 0; p < net->n_in; p++) count[find_excess(region, x, p)]++;
  int32_t left = rp_ball_find_left(net, region);
  for (int32_t excess = UINT8_MAX; excess > 0; excess--) {
    const int32_t cost = rp_norm_cost(region->ball->norm, excess);
    const int32_t affordable = left > 0 ? left / cost : 0;
    if (count[excess] > affordable) count[excess] = affordable;
    left -= count[excess] * cost;
  }
  for (int32_t p = 0; p < net->n_in; p++) {
    const int32_t excess = find_excess(region, x, p);
    if (excess > 0 && count[excess]-- <= 0)
      x[p] = (uint8_t)find_nearest(region, p);
  }
}

/* ------------------------------------------------------------ counting points
 */

/* ways[c]: points of the inputs so far that cost c more than is forced. */
static void add_values(const rp_region *region, int32_t p, int32_t left,
                       double *ways) {
  const int32_t nearest = find_nearest(region, p);
  const int32_t side[2] = {nearest - region->x_lo[p],
                           region->x_hi[p] - nearest};
  if (region->ball->norm == RP_NORM_L0) {
    const double others = side[0] + side[1];
    const bool is_free = find_forced(region, p) > 0;
    for (int32_t c = left; c >= 0; c--)
      ways[c] = is_free ? ways[c] * (1 + others)
                        : ways[c] + (c > 0 ? ways[c - 1] * others : 0);
    return;
  }
  for (int32_t c = left; c > 0; c--)
    for (int32_t s = 0; s < 2; s++)
      for (int32_t d = 1; d <= side[s] && d <= c; d++) ways[c] += ways[c - d];
}

static double count_box(const rp_net *net, const rp_region *region,
                        double most) {
  double points = 1;
  for (int32_t p = 0; p < net->n_in && points <= most; p++)
    points *= 1 + region->x_hi[p] - region->x_lo[p];
  return points;
}

double rp_ball_count_points(const rp_net *net, const rp_region *region,
                            double most) {
  enum { MOST_LEFT = 255 }; /* from then on the box is counted */
  double ways[MOST_LEFT + 1] = {1}, points = 1;
  const int32_t left = region->ball ? rp_ball_find_left(net, region) : 0;
  if (!region->ball || left > MOST_LEFT) return count_box(net, region, most);
  if (left < 0) return 0;
  for (int32_t p = 0; p < net->n_in && points <= most; p++) {
    if (region->x_lo[p] == region->x_hi[p]) continue;
    add_values(region, p, left, ways);
    points = 0;
    for (int32_t c = 0; c <= left; c++) points += ways[c];
  }
  return points;
}

/* -------------------------------------------------------------------- views
 */

void rp_ball_look(const rp_net *net, const rp_region *region, uint8_t *memory,
                  rp_ball_view *view) {
  const size_t n = (size_t)net->n_in;
  *view = (rp_ball_view){.base = {memory, memory + n},
                         .reach = {memory + 2 * n, memory + 3 * n}};
  if (!region->ball) return;
  view->counts = region->ball->norm == RP_NORM_L0;
  const int32_t left = rp_ball_find_left(net, region);
  view->left = left < 0 ? 0 : left; /* any bound holds of an empty region */
  int64_t units = 0;
  for (int32_t p = 0; p < net->n_in; p++) {
    const int32_t lo = region->x_lo[p], hi = region->x_hi[p];
    const bool is_free = view->counts && find_forced(region, p) > 0;
    const int32_t nearest = find_nearest(region, p);
    view->base[0][p] = (uint8_t)(is_free ? lo : nearest);
    view->base[1][p] = (uint8_t)(is_free ? hi : nearest);
    const int32_t down = view->base[0][p] - lo, up = hi - view->base[1][p];
    view->reach[0][p] = (uint8_t)down;
    view->reach[1][p] = (uint8_t)up;
    const int32_t most = down > up ? down : up;
    units += view->counts ? most > 0 : most;
  }
  view->is_used = units > view->left;
}

/* ----------------------------------------------------------------- spending
 */

/* Of three items from `first` on the middle one, so that sorted lists are
 * divided well. */
#define MIDDLE_OF(gain, a, b, c)                                               \
  ((gain)[a] < (gain)[b] ? ((gain)[b] < (gain)[c]   ? (b)                      \
                            : (gain)[a] < (gain)[c] ? (c)                      \
                                                    : (a))                     \
                         : ((gain)[a] < (gain)[c]   ? (a)                      \
                            : (gain)[b] < (gain)[c] ? (c)                      \
                                                    : (b)))

#define DEFINE_SWAP(type, number)                                              \
  static inline void swap_##type(rp_ball_##type *items, int32_t a,             \
                                 int32_t b) {                                  \
    const number gain = items->gain[a];                                        \
    const int32_t units = items->units[a];                                     \
    items->gain[a] = items->gain[b];                                           \
    items->units[a] = items->units[b];                                         \
    items->gain[b] = gain;                                                     \
    items->units[b] = units;                                                   \
  }

/* A quickselect by gain, weighted by units. Between `first` and `last` are the
 * candidates; what is dearer than these has been bought. */
#define DEFINE_PRICE(type, number)                                             \
  number rp_ball_price_##type(rp_ball_##type *items, int64_t left) {           \
    int32_t first = 0, last = items->n;                                        \
    int64_t all = 0;                                                           \
    for (int32_t i = 0; i < items->n; i++) all += items->units[i];             \
    if (all <= left) return 0;                                                 \
    for (;;) {                                                                 \
      RP_ASSERT(first < last && left >= 0);                                    \
      const int32_t middle = first + (last - first) / 2;                       \
      const number pivot =                                                     \
          items->gain[MIDDLE_OF(items->gain, first, middle, last - 1)];        \
      int32_t dearer = first, cheaper = last;                                  \
      int64_t units_dearer = 0, units_equal = 0;                               \
      for (int32_t i = first; i < cheaper;) {                                  \
        if (items->gain[i] > pivot) {                                          \
          units_dearer += items->units[i];                                     \
          swap_##type(items, i++, dearer++);                                   \
        } else if (items->gain[i] < pivot) {                                   \
          swap_##type(items, i, --cheaper);                                    \
        } else {                                                               \
          units_equal += items->units[i++];                                    \
        }                                                                      \
      }                                                                        \
      if (units_dearer > left) {                                               \
        last = dearer;                                                         \
      } else if (units_dearer + units_equal > left) {                          \
        return pivot;                                                          \
      } else {                                                                 \
        left -= units_dearer + units_equal;                                    \
        first = cheaper;                                                       \
      }                                                                        \
    }                                                                          \
  }

DEFINE_SWAP(reals, double)
DEFINE_SWAP(wholes, int64_t)
DEFINE_SWAP(longs, rp_int128)
DEFINE_PRICE(reals, double)
DEFINE_PRICE(wholes, int64_t)
DEFINE_PRICE(longs, rp_int128)

int64_t rp_ball_spend_wholes(rp_ball_wholes *items, int64_t left) {
  const int64_t price = rp_ball_price_wholes(items, left);
  int64_t sum = left * price;
  for (int32_t i = 0; i < items->n; i++)
    if (items->gain[i] > price)
      sum += items->units[i] * (items->gain[i] - price);
  return sum;
}

/* The greatest sum of weights times sign over the view. */
static int64_t maximize_row(const rp_ball_view *view, rp_taps taps,
                            int32_t sign, rp_ball_wholes *items) {
  int64_t sum = 0;
  items->n = 0;
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t p = rp_taps_index(taps, t);
    const int64_t weight = sign * taps.weight[t];
    const bool up = weight > 0;
    sum += weight * view->base[up][p];
    RP_BALL_ADD(items, view, p, up, weight);
  }
  return sum + rp_ball_spend_wholes(items, view->left);
}

void rp_ball_add_range(const rp_ball_view *view, rp_taps taps,
                       rp_ball_wholes *items, int32_t *lo, int32_t *hi) {
  *hi += (int32_t)maximize_row(view, taps, 1, items);
  *lo -= (int32_t)maximize_row(view, taps, -1, items);
}

/* ------------------------------------------------------------ floating point
 */

/* All inputs' items. */
static void list_items(const rp_ball_view *view, const float *nu, int32_t n,
                       rp_ball_reals *items) {
  items->n = 0;
  for (int32_t p = 0; p < n; p++) {
    const double weight = (double)nu[p];
    const bool up = weight > 0;
    RP_BALL_ADD(items, view, p, up, weight);
  }
}

/* Inputs whose gain equals the price share what is left. */
double rp_ball_maximize(const rp_ball_view *view, const float *nu, int32_t n,
                        rp_ball_reals *items, uint8_t *x, double *price) {
  list_items(view, nu, n, items);
  *price = rp_ball_price_reals(items, view->left);
  int32_t left = view->left;
  double sum = left * *price;
  for (int32_t p = 0; p < n; p++) {
    int32_t at;
    sum += rp_ball_choose(view, p, (double)nu[p], *price, &at);
    x[p] = (uint8_t)at;
    if (at != view->base[nu[p] > 0][p])
      left -= view->counts ? 1 : view->reach[nu[p] > 0][p];
  }
  RP_ASSERT(left >= 0 || isnan(sum));
  for (int32_t p = 0; p < n && left > 0 && *price > 0; p++) {
    const bool up = nu[p] > 0;
    const int32_t reach = view->reach[up][p];
    const double gain = fabs((double)nu[p]) * (view->counts ? reach : 1);
    if (gain != *price || x[p] != view->base[up][p]) continue;
    const int32_t moved = view->counts || reach < left ? reach : left;
    x[p] = (uint8_t)(up ? x[p] + moved : x[p] - moved);
    left -= view->counts ? 1 : moved;
  }
  return sum;
}

/* Units that are bought at a price, softened, and how fast they fall. */
typedef struct demand {
  double units, slope;
} demand;

/* What an input wins over the price if it takes its whole reach. */
static inline double find_win(const rp_ball_view *view, int32_t p, double nu,
                              double price) {
  const int32_t reach = view->reach[nu > 0][p];
  return fabs(nu) * reach - price * (view->counts ? reach > 0 : reach);
}

static demand find_demand(const rp_ball_view *view, const float *nu, int32_t n,
                          double smoothing, double price) {
  demand d = {0, 0};
  for (int32_t p = 0; p < n; p++) {
    const int32_t reach = view->reach[nu[p] > 0][p];
    const double units = view->counts ? reach > 0 : reach;
    const double win = find_win(view, p, (double)nu[p], price);
    const double square = win * win + smoothing * smoothing;
    const double root = sqrt(square);
    d.units += units * (1 + win / root) / 2;
    d.slope += units * units * smoothing * smoothing / (2 * square * root);
  }
  return d;
}

/* Newton's method inside a bracket: demand falls with the price. */
static double find_price(const rp_ball_view *view, const float *nu, int32_t n,
                         double smoothing, double guess) {
  enum { STEPS = 12 };
  double low = 0, high = HUGE_VAL, price = fmax(guess, 0);
  for (int32_t step = 0; step < STEPS; step++) {
    const demand d = find_demand(view, nu, n, smoothing, price);
    const double over = d.units - view->left;
    if (fabs(over) <= 1e-6 * (1 + view->left)) break;
    if (over < 0 && price <= 0) return 0;
    if (over > 0)
      low = price;
    else
      high = price;
    const double next = price + over / d.slope;
    price = next > low && next < high ? next
            : high < HUGE_VAL         ? (low + high) / 2
                                      : 2 * price + smoothing;
  }
  return price;
}

void rp_ball_soften(const rp_ball_view *view, const float *nu, int32_t n,
                    double smoothing, rp_ball_reals *items, float *x,
                    double sums[2]) {
  list_items(view, nu, n, items);
  const double sharp = rp_ball_price_reals(items, view->left);
  const double price = find_price(view, nu, n, smoothing, sharp);
  sums[0] = view->left * price;
  sums[1] = view->left * sharp;
  for (int32_t p = 0; p < n; p++) {
    const double weight = (double)nu[p];
    const int32_t reach = view->reach[weight > 0][p];
    const double middle = (view->base[0][p] + view->base[1][p]) / 2.0;
    const double half = (view->base[1][p] - view->base[0][p]) / 2.0;
    const double pull = weight * half, soften = half > 0 ? smoothing : 0;
    const double root = sqrt(pull * pull + soften * soften);
    const double win = find_win(view, p, weight, price);
    const double root_win = sqrt(win * win + smoothing * smoothing);
    const double sharp_win = find_win(view, p, weight, sharp);
    const double share = reach > 0 ? (1 + win / root_win) / 2 : 0;
    sums[0] += weight * middle + root + (reach > 0 ? (win + root_win) / 2 : 0);
    sums[1] += weight * middle + fabs(pull) + (sharp_win > 0 ? sharp_win : 0);
    const double towards = weight > 0 ? reach : -reach;
    x[p] = (float)(middle + half * pull / (root + 1e-30) + share * towards);
  }
}
