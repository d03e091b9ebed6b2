/* The time left has two parts that a mean alone would hide.
 *
 * The bulk: rows not yet begun cost what rows cost so far, give or take the
 * spread of the times seen; divided by the ranks. What the queries under way
 * have used is counted in only for the upper end.
 *
 * The tail: the last query to end. Of those under way, one as old as few before
 * it lasts as long as those few did; one older than all before it may take as
 * long again, or a multiple (Lindy's rule), up to the limit of a query. Of
 * those to come, the longest is likely as long as one in as many was so far,
 * and may begin last. */
#include "forecast.h"

#include <math.h>
#include <stdbool.h>

/* Buckets from 2^-25 s, below a clock's tick, to 2^25 s, a year. */
static const double LEAST_LOG2 = -25, PER_OCTAVE = 4;

/* Fewer longer queries than that say nothing about how long they last. */
enum { FEW = 3 };

/* With fewer answers than that the long ones may not have been seen. */
enum { ENOUGH = 30 };

static int bucket_of(double seconds) {
  const double at = (log2(fmax(seconds, 1e-9)) - LEAST_LOG2) * PER_OCTAVE;
  if (!(at > 0)) return 0;
  return at < RP_FORECAST_BUCKETS - 1 ? (int)at : RP_FORECAST_BUCKETS - 1;
}

void rp_forecast_add(rp_forecast *f, double seconds) {
  if (!(seconds >= 0) || isinf(seconds)) return;
  const int b = bucket_of(seconds);
  f->n++;
  f->sum_s += seconds;
  f->sum_squares += seconds * seconds;
  f->count[b]++;
  f->sum[b] += seconds;
}

/* Relative uncertainty of a sum of `count` more times: that of the mean so far
 * and that of the sum itself. */
static double spread_of(const rp_forecast *f, double count) {
  const double n = (double)f->n, mean = f->sum_s / n;
  if (!(mean > 0)) return 0;
  const double variance = fmax(0, f->sum_squares / n - mean * mean);
  return sqrt(variance * (1 / n + 1 / fmax(count, 1))) / mean;
}

/* The time that one in `count` queries reached. */
static double longest_of(const rp_forecast *f, double count) {
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
static double mean_beyond(const rp_forecast *f, double age, int64_t *n) {
  double sum = 0;
  *n = 0;
  for (int b = bucket_of(age) + 1; b < RP_FORECAST_BUCKETS; b++) {
    *n += f->count[b];
    sum += f->sum[b];
  }
  return *n ? sum / (double)*n : 0;
}

/* What one query under way still needs. */
static rp_forecast_range rest_of(const rp_forecast *f, double age,
                                 double limit_s) {
  int64_t n;
  const double to_limit = fmax(0, limit_s - age);
  const double mean = mean_beyond(f, age, &n);
  if (n >= FEW) {
    const double longest = longest_of(f, (double)f->n / (double)n * 10);
    return (rp_forecast_range){fmin((mean - age) / 8, to_limit),
                               fmin(fmax(longest, mean) - age, to_limit)};
  }
  const bool limit_is_near = to_limit <= 10 * age;
  return (rp_forecast_range){fmin(age / 8, to_limit),
                             limit_is_near ? to_limit : HUGE_VAL};
}

/* The longest rest of the queries under way; an open end only where it could
 * matter: not for one whose multiple is still within the bulk. */
static rp_forecast_range tail_of(const rp_forecast *f,
                                 const rp_forecast_now *now, double bulk_s) {
  rp_forecast_range tail = {0, 0};
  for (int32_t i = 0; i < now->n_running; i++) {
    const double age = now->age[i];
    rp_forecast_range rest = rest_of(f, age, now->limit_s);
    if (isinf(rest.high_s) && 10 * age <= bulk_s) rest.high_s = 10 * age;
    tail.low_s = fmax(tail.low_s, rest.low_s);
    tail.high_s = fmax(tail.high_s, rest.high_s);
  }
  return tail;
}

rp_forecast_range rp_forecast_left(const rp_forecast *f,
                                   const rp_forecast_now *now) {
  if (f->n == 0 || now->done == 0 || now->workers < 1)
    return (rp_forecast_range){NAN, NAN};
  double under_way_s = 0;
  for (int32_t i = 0; i < now->n_running; i++) under_way_s += now->age[i];
  const double done = (double)now->done, left = (double)now->left;
  const double workers = (double)now->workers, asked = (double)f->n / done;
  const double begun = fmin(left, (double)now->n_running);
  const double spread = spread_of(f, left * asked);
  const double low = (f->sum_s - longest_of(f, (double)f->n)) / done *
                     (left - begun) / workers;
  const double high = (f->sum_s + under_way_s) / done * left / workers;
  const double bulk_low = low / (1 + 2 * spread);
  const double bulk_high = high * (1 + 2 * spread);
  const rp_forecast_range tail = tail_of(f, now, bulk_high);
  const double last =
      left > begun ? longest_of(f, 4 * (left - begun) * asked) : 0;
  const bool few = f->n < ENOUGH && left > begun;
  return (rp_forecast_range){fmax(bulk_low, tail.low_s),
                             few ? HUGE_VAL
                                 : fmax(bulk_high + last, tail.high_s)};
}
