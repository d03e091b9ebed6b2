/* The digest of a results file: the counts behind the plots of the report.
 *
 * Robust at a radius implies robust below it, and violated implies violated
 * above. So queries and radius searches together give an interval lo..hi for
 * each sample, from which everything else is counted. The functions are pure.
 * They do not rely on consistent rows, only on the ranges that rp_results_read
 * checks. */
#ifndef RAMPART_SHOW_DIGEST_H
#define RAMPART_SHOW_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "store/results.h"

enum {
  RP_DIGEST_RADII = RP_RADIUS_MAX + 1, /* radii 0 to the greatest */
  RP_DIGEST_EXTREMES = 6 /* maximum number of samples at either end: a full
                            row of the page at any of its widths */
};

/** What is known about one sample, or one pair of a sample and a target. */
typedef struct rp_digest_sample {
  int64_t sample;
  int32_t target; /* -1: none */
  int32_t label;
  int32_t lo;    /* greatest radius proved robust; 0: only classified as
                    labelled; -1: misclassified */
  int32_t hi;    /* least violated radius minus 1; RP_RADIUS_MAX if there is
                    none */
  bool violated; /* there is a counterexample at hi + 1 */
  bool searched; /* its maximum radius was asked */
  bool asked;    /* false: nothing is known, not even its class */
  bool valid;    /* false: its queries are invalid */
  int64_t counterexample; /* row of the nearest one stored; -1: none */
  int32_t reached;        /* class of that counterexample; -1: unknown */
  rp_reason reason;       /* why its search is open */
} rp_digest_sample;

/** The range of a statistic when some radii are known only by bounds. hi is
 *  HUGE_VAL if a search ended at its cap; both are NAN if there is no radius.
 */
typedef struct rp_digest_range {
  double lo, hi;
} rp_digest_range;

/** The number of samples at each radius from 0, of those asked there. */
typedef struct rp_digest_curve {
  int64_t certified[RP_DIGEST_RADII]; /* at 0: classified as labelled */
  int64_t undecided[RP_DIGEST_RADII];
  int64_t violated[RP_DIGEST_RADII]; /* or misclassified */
} rp_digest_curve;

/** Count the samples asked at a radius. */
static inline int64_t rp_digest_count_asked(const rp_digest_curve *curve,
                                            int r) {
  return curve->certified[r] + curve->undecided[r] + curve->violated[r];
}

typedef struct rp_digest {
  const rp_results *results; /* borrowed */
  rp_digest_sample *sample;  /* [n_samples], by number */
  int64_t n_samples;
  int64_t n_correct, n_asked; /* classified as labelled, of those asked */
  int64_t n_invalid, n_unasked;

  int64_t query_verdict[RP_VERDICT_COUNT], query_reason[RP_REASON_COUNT];
  /* States of searched samples, and reasons of the open ones. */
  int64_t state[RP_RADIUS_STATE_COUNT], radius_reason[RP_REASON_COUNT];
  /* [radius][verdict] of explicit queries */
  int64_t at_radius[RP_DIGEST_RADII][RP_VERDICT_COUNT];

  rp_digest_curve curve;
  int32_t last_radius; /* end of the curve */

  /* Searched samples by their greatest proved radius. */
  int64_t closed[RP_DIGEST_RADII], capped[RP_DIGEST_RADII];
  int64_t open[RP_DIGEST_RADII];
  int64_t n_radii; /* closed, capped and open; of these: */
  rp_digest_range mean, median, least, greatest;

  double *query_seconds;  /* [n_query_seconds] of decided queries, ascending */
  double *radius_seconds; /* [n_radius_seconds] of searches that were
                             closed or reached the cap, ascending */
  int64_t n_query_seconds, n_radius_seconds;
  double busy_s, cpu_s; /* over all ranks */

  /* Samples with the least and the greatest radius, indices of `sample`. */
  int64_t fragile[RP_DIGEST_EXTREMES], robust[RP_DIGEST_EXTREMES];
  int n_fragile, n_robust;
} rp_digest;

/** Make the digest of results.
 *  @param net  finds the classes of counterexamples; NULL: they stay unknown
 *  Errors: RP_E_MEMORY. Cost: O(rows * greatest radius), and a forward pass for
 * every sample with a counterexample. Thread: reentrant. */
rp_status rp_digest_create(const rp_results *results, const rp_net *net,
                           rp_digest **digest, rp_error *err);
void rp_digest_free(rp_digest *digest); /* NULL is fine */

/** Get the verdict about a sample at a radius from 0 that follows. */
rp_verdict rp_digest_get_verdict(const rp_digest_sample *sample,
                                 int32_t radius);

/** A stretch of time in which a rank was busy. */
typedef struct rp_digest_run {
  int32_t rank;
  double begin_s, end_s;
  int64_t tasks;
} rp_digest_run;

typedef struct rp_digest_timeline {
  rp_digest_run *run; /* [n_runs], by rank, then begin */
  int64_t n_runs;
  int32_t n_ranks;
  double *busy_s; /* [n_ranks] */
  double span_s;  /* from the run's begin to the last end */
} rp_digest_timeline;

/** Join tasks to runs. Gaps shorter than the fraction `gap` of the whole span
 * are closed in the runs, but not in busy_s. Without tasks n_runs is 0. Errors:
 * RP_E_MEMORY. */
rp_status rp_digest_timeline_create(const rp_results *results, double gap,
                                    rp_digest_timeline **timeline,
                                    rp_error *err);
void rp_digest_timeline_free(rp_digest_timeline *timeline); /* NULL is fine */

#endif
