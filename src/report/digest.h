/* What one results file says, counted: the numbers behind the report's plots.
 *
 * A sample's rows imply each other: robust at a radius is robust below it, a
 * counterexample stands at every greater one. So queries and radius searches
 * together give each sample an interval lo..hi, and everything else is counted
 * from there. Pure functions of the tables; a file is not trusted to be
 * consistent, only to be in the ranges that rp_results_read checks. */
#ifndef RAMPART_REPORT_DIGEST_H
#define RAMPART_REPORT_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "store/results.h"

enum {
  RP_DIGEST_RADII = RP_JOB_RADIUS_MAX + 1, /* radii 0..255 */
  RP_DIGEST_EXTREMES = 5                   /* samples at either end, at most */
};

/** What is known of one sample. */
typedef struct rp_digest_sample {
  int64_t sample;
  int32_t label;
  int32_t lo;    /* greatest radius proved robust; 0: none, but it is classified
                    as labelled; -1: misclassified */
  int32_t hi;    /* least radius violated, less one; 255 if there is none */
  bool violated; /* a counterexample stands at hi + 1 */
  bool searched; /* its maximum radius was asked */
  bool asked;    /* something was answered: else not even the class is known */
  bool valid;    /* its queries have a meaning */
  int64_t counterexample; /* row of the nearest one kept; -1: none */
  int32_t reached;        /* class of that one; -1: not known */
  rp_reason reason;       /* why its search is open */
} rp_digest_sample;

/** What can be said of a number when some radii are known only as bounds: it is
 *  between lo and hi. hi is HUGE_VAL where a search ended at its cap; both are
 *  NAN where there is no radius. */
typedef struct rp_digest_range {
  double lo, hi;
} rp_digest_range;

/** Samples at each radius 0..255, of those asked there. */
typedef struct rp_digest_curve {
  int64_t certified[RP_DIGEST_RADII]; /* proved robust; at 0: classified well */
  int64_t undecided[RP_DIGEST_RADII];
  int64_t violated[RP_DIGEST_RADII]; /* misclassified ones too */
} rp_digest_curve;

typedef struct rp_digest {
  const rp_results *results; /* borrowed */
  rp_digest_sample *sample;  /* [n_samples], by number */
  int64_t n_samples;
  int64_t n_correct, n_asked; /* classified as labelled, of those asked */
  int64_t n_invalid, n_unasked;

  int64_t query_verdict[RP_VERDICT_COUNT], query_reason[RP_REASON_COUNT];
  /* Of searched samples, by all that is known; reasons of the open ones. */
  int64_t state[RP_RADIUS_STATE_COUNT], radius_reason[RP_REASON_COUNT];
  /* [radius][verdict] of explicit queries */
  int64_t at_radius[RP_DIGEST_RADII][RP_VERDICT_COUNT];

  rp_digest_curve curve;
  int32_t last_radius; /* greatest radius that the curve is drawn to */

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

/** Count.
 *  @param net  to find the class that a counterexample reaches; NULL: not known
 *  Errors: RP_E_MEMORY. Cost: O(rows * 256), and a forward pass for every
 *  sample with a counterexample. Thread: reentrant. */
rp_status rp_digest_create(const rp_results *results, const rp_net *net,
                           rp_digest **digest, rp_error *err);
void rp_digest_free(rp_digest *digest); /* NULL is fine */

/** What is known of a sample at a radius, 0..255. */
rp_verdict rp_digest_at(const rp_digest_sample *sample, int32_t radius);

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

/** Tasks joined to runs: gaps shorter than a share `gap` of the whole span are
 *  closed in the picture, not in busy_s. No tasks: n_runs = 0.
 *  Errors: RP_E_MEMORY. */
rp_status rp_digest_timeline_create(const rp_results *results, double gap,
                                    rp_digest_timeline **timeline,
                                    rp_error *err);
void rp_digest_timeline_free(rp_digest_timeline *timeline); /* NULL is fine */

#endif
