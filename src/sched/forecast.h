/* How long a run will still take, as a range, computed from the times of the
 * queries answered so far and the ages of those under way. It reads no clock
 * and knows no rank. */
#ifndef RAMPART_SCHED_FORECAST_H
#define RAMPART_SCHED_FORECAST_H

#include <stdint.h>

enum {
  RP_FORECAST_BUCKETS = 200,
  RP_FORECAST_KINDS = 256 /* of rows: 0: a search; else a query's radius */
};

/** Times of queries. */
typedef struct rp_forecast_times {
  int64_t n;
  double sum_s, sum_squares, longest_s;
} rp_forecast_times;

typedef struct rp_forecast {
  int64_t n; /* queries answered */
  double sum_s;
  int64_t count[RP_FORECAST_BUCKETS]; /* by time, four buckets an octave */
  double sum[RP_FORECAST_BUCKETS];
  rp_forecast_times kind[RP_FORECAST_KINDS]; /* for rows of that kind */
} rp_forecast;

/** What is known about the rest. */
typedef struct rp_forecast_now {
  /* [RP_FORECAST_KINDS], rows; `left` includes those under way */
  const int64_t *done, *left;
  int32_t workers;   /* ranks that live */
  const double *age; /* [n_running], s: of the queries under way */
  int32_t n_running;
  double limit_s; /* no query takes longer */
} rp_forecast_now;

typedef struct rp_forecast_range {
  double low_s, high_s; /* NAN: nothing is known; HUGE_VAL: no upper end */
} rp_forecast_range;

/** Take in the time of an answered query.
 *  @param kind  of the row that it was asked for */
void rp_forecast_add(rp_forecast *forecast, int32_t kind, double seconds);

/** The time left: likely between low and high. No upper end is given while a
 *  query decides that has run longer than all before it, or while rows are left
 *  of a kind of which next to nothing was seen.
 *  Cost: O(n_running + buckets + kinds^2). */
rp_forecast_range rp_forecast_left(const rp_forecast *forecast,
                                   const rp_forecast_now *now);

#endif
