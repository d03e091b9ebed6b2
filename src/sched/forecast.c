/* The time left has two parts that a mean alone would hide.
 *
 * The bulk: rows not yet begun cost what rows of their kind cost so far, give
 * or take the spread of the times seen; divided by the ranks. Kinds matter: a
 * job asks small radii first, or queries before searches, and these are so much
 * quicker than the rest that a mean over all rows would promise a fraction of
 * the time. A radius of which little was seen borrows from its neighbours; if
 * none as great was seen yet, nobody can say. What the queries under way have
 * used is counted in only for the upper end.
 *
 * The tail: the last query to end. Of those under way, one as old as few before
 * it lasts as long as those few did; one older than all before it may take as
 * long again, or a multiple (Lindy's rule), up to the limit of a query. Of
 * those to come, the longest is likely as long as one in as many was so far,
 * and may begin last. */
#include "sched/forecast.h"

#include <math.h>
#include <stdbool.h>

/* Buckets from 2^-25 s, below a clock's tick, to 2^25 s, a year. */
static const double LEAST_LOG2 = -25, PER_OCTAVE = 4;

/* With fewer longer queries than that, nothing is known about how long they
 * last. */
enum { FEW = 3 };

/* With fewer answers than that, the long queries may not have been seen yet. */
enum { ENOUGH = 30, ENOUGH_OF_A_KIND = 8 };

static int find_bucket(double seconds) {
  const double at = (log2(fmax(seconds, 1e-9)) - LEAST_LOG2) * PER_OCTAVE;
  if (!(at > 0)) return 0;
  return at < RP_FORECAST_BUCKETS - 1 ? (int)at : RP_FORECAST_BUCKETS - 1;
}

static void add_times(rp_forecast_times *to, const rp_forecast_times *more) {
  to->n += more->n;
  to->sum_s += more->sum_s;
  to->sum_squares += more->sum_squares;
  to->longest_s = fmax(to->longest_s, more->longest_s);
}

void rp_forecast_add(rp_forecast *f, int32_t kind, double seconds) {
  if (!(seconds >= 0) || isinf(seconds)) return;
  if (kind < 0 || kind >= RP_FORECAST_KINDS) return;
  const int b = find_bucket(seconds);
  const rp_forecast_times own = {1, seconds, seconds * seconds, seconds};
  add_times(&f->kind[kind], &own);
  f->n++;
  f->sum_s += seconds;
  f->count[b]++;
  f->sum[b] += seconds;
}

/* The time that one in `count` queries reached. */
static double estimate_longest(const rp_forecast *f, double count) {
  const double expected = (double)f->n / fmax(count, 1);
  double beyond = 0;
  for (int b = RP_FORECAST_BUCKETS - 1; b >= 0; b--) {
    beyond += (double)f->count[b];
    if (f->count[b] && beyond >= expected)
      return f->sum[b] / (double)f->count[b];
  }
  return 0;
}

/* How long queries lasted that were older than this, and how many there were.
 */
static double compute_mean_beyond(const rp_forecast *f, double age,
                                  int64_t *n) {
  double sum = 0;
  *n = 0;
  for (int b = find_bucket(age) + 1; b < RP_FORECAST_BUCKETS; b++) {
    *n += f->count[b];
    sum += f->sum[b];
  }
  return *n ? sum / (double)*n : 0;
}

/* What one query under way still needs. */
static rp_forecast_range estimate_rest(const rp_forecast *f, double age,
                                       double limit_s) {
  int64_t n;
  const double to_limit = fmax(0, limit_s - age);
  const double mean = compute_mean_beyond(f, age, &n);
  if (n >= FEW) {
    const double longest = estimate_longest(f, (double)f->n / (double)n * 10);
    return (rp_forecast_range){fmin((mean - age) / 8, to_limit),
                               fmin(fmax(longest, mean) - age, to_limit)};
  }
  const bool limit_is_near = to_limit <= 10 * age;
  return (rp_forecast_range){fmin(age / 8, to_limit),
                             limit_is_near ? to_limit : HUGE_VAL};
}

/* The longest remaining time of the queries under way. The upper end is left
 * open only where that could matter: not for a query whose multiple is still
 * within the bulk. */
static rp_forecast_range
estimate_tail(const rp_forecast *f, const rp_forecast_now *now, double bulk_s) {
  rp_forecast_range tail = {0, 0};
  for (int32_t i = 0; i < now->n_running; i++) {
    const double age = now->age[i];
    rp_forecast_range rest = estimate_rest(f, age, now->limit_s);
    if (isinf(rest.high_s) && 10 * age <= bulk_s) rest.high_s = 10 * age;
    tail.low_s = fmax(tail.low_s, rest.low_s);
    tail.high_s = fmax(tail.high_s, rest.high_s);
  }
  return tail;
}

/* What was seen of a kind of rows, or of radii near it. */
typedef struct seen {
  rp_forecast_times times;
  int64_t done; /* rows */
} seen;

static void see(seen *s, const rp_forecast *f, const rp_forecast_now *now,
                int32_t kind) {
  if (kind < 1 || kind >= RP_FORECAST_KINDS) return;
  add_times(&s->times, &f->kind[kind]);
  s->done += now->done[kind];
}

static bool is_enough(const seen *s) {
  return s->done > 0 && s->times.n >= ENOUGH_OF_A_KIND;
}

/* Times of this radius or greater ones. Times of smaller radii say little. */
static bool has_as_great(const rp_forecast *f, int32_t radius) {
  int64_t n = 0;
  for (int32_t r = radius; r < RP_FORECAST_KINDS; r++) n += f->kind[r].n;
  return n >= ENOUGH_OF_A_KIND;
}

/* False if too little has been seen for an estimate. */
static bool look_at_kind(const rp_forecast *f, const rp_forecast_now *now,
                         int32_t kind, seen *s) {
  *s = (seen){f->kind[kind], now->done[kind]};
  if (kind == 0 || is_enough(s)) return is_enough(s);
  for (int32_t away = 1; away < RP_FORECAST_KINDS && !is_enough(s); away++) {
    see(s, f, now, kind - away);
    see(s, f, now, kind + away);
  }
  return is_enough(s) && has_as_great(f, kind);
}

/* The seconds that the remaining rows need on one rank. */
typedef struct bulk {
  double low_s, high_s, variance;
  int64_t done, left; /* rows */
  double asked;       /* queries still to be answered, on average */
  bool known;         /* every kind of row was seen */
} bulk;

static void add_kind(bulk *b, const rp_forecast *f, const rp_forecast_now *now,
                     int32_t kind) {
  seen s;
  b->done += now->done[kind];
  b->left += now->left[kind];
  if (now->left[kind] == 0) return;
  b->known &= look_at_kind(f, now, kind, &s);
  if (s.done == 0 || s.times.n == 0) return;
  const double rows = (double)now->left[kind] / (double)s.done;
  const double n = (double)s.times.n, mean = s.times.sum_s / n;
  const double count = fmax(rows * n, 1);
  const double variance = fmax(0, s.times.sum_squares / n - mean * mean);
  b->low_s += rows * (s.times.sum_s - s.times.longest_s);
  b->high_s += rows * s.times.sum_s;
  b->variance += count * count * variance * (1 / n + 1 / count);
  b->asked += rows * n;
}

rp_forecast_range rp_forecast_left(const rp_forecast *f,
                                   const rp_forecast_now *now) {
  bulk b = {.known = true};
  for (int32_t kind = 0; kind < RP_FORECAST_KINDS; kind++)
    add_kind(&b, f, now, kind);
  if (f->n == 0 || b.done == 0 || now->workers < 1)
    return (rp_forecast_range){NAN, NAN};
  double under_way_s = 0;
  for (int32_t i = 0; i < now->n_running; i++) under_way_s += now->age[i];
  const double left = (double)b.left, workers = (double)now->workers;
  const double begun = fmin(left, (double)now->n_running);
  const double to_begin = left > 0 ? (left - begun) / left : 0;
  const double spread = b.high_s > 0 ? sqrt(b.variance) / b.high_s : 0;
  const double bulk_low = b.low_s * to_begin / workers / (1 + 2 * spread);
  const double bulk_high = (b.high_s + under_way_s * left / (double)b.done) /
                           workers * (1 + 2 * spread);
  const rp_forecast_range tail = estimate_tail(f, now, bulk_high);
  const double last =
      left > begun ? estimate_longest(f, 4 * to_begin * b.asked) : 0;
  const bool unseen = !b.known || f->n < ENOUGH;
  return (rp_forecast_range){
      fmax(bulk_low, tail.low_s),
      unseen && left > begun ? HUGE_VAL : fmax(bulk_high + last, tail.high_s)};
}
