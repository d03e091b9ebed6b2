/* How long a run will still take, as a range, from the times of the queries
 * answered so far and the ages of those under way. Pure: no clock, no rank. */
#ifndef RAMPART_FORECAST_H
#define RAMPART_FORECAST_H

#include <stdint.h>

enum { RP_FORECAST_BUCKETS = 200 };

typedef struct rp_forecast {
  int64_t n;                          /* queries answered */
  double sum_s, sum_squares;          /* of their times */
  int64_t count[RP_FORECAST_BUCKETS]; /* by time, four buckets an octave */
  double sum[RP_FORECAST_BUCKETS];
} rp_forecast;

/** What is known about the rest. */
typedef struct rp_forecast_now {
  int64_t done, left; /* rows; `left` includes those under way */
  int32_t workers;    /* ranks that live */
  const double *age;  /* [n_running], s: of the queries under way */
  int32_t n_running;
  double limit_s; /* no query takes longer */
} rp_forecast_now;

typedef struct rp_forecast_range {
  double low_s, high_s; /* NAN: nothing is known; HUGE_VAL: no upper end */
} rp_forecast_range;

/** Take in the time of an answered query. */
void rp_forecast_add(rp_forecast *forecast, double seconds);

/** The time left: likely between low and high. No upper end is given while a
 *  query decides that has run longer than all before it.
 *  Cost: O(n_running + buckets). */
rp_forecast_range rp_forecast_left(const rp_forecast *forecast,
                                   const rp_forecast_now *now);

#endif
