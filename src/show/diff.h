/* Compares two results files sample by sample.
 *
 * All rows about a sample give one interval in which its maximum radius lies
 * (facts.h). Results about the same network and dataset must have intervals
 * that meet; those of two networks show which one is more robust. */
#ifndef RAMPART_SHOW_DIFF_H
#define RAMPART_SHOW_DIFF_H

#include "show/facts.h"

typedef enum rp_change {
  RP_CHANGE_NONE,
  RP_CHANGE_NARROWER_A, /* the interval of A lies inside that of B */
  RP_CHANGE_NARROWER_B,
  RP_CHANGE_OVERLAP,   /* each excludes something that the other does not */
  RP_CHANGE_GREATER_A, /* the maximum radius is certainly greater in A */
  RP_CHANGE_GREATER_B,
  RP_CHANGE_WRONG_A, /* misclassified (or invalid) only in A */
  RP_CHANGE_WRONG_B,
  RP_CHANGE_ONLY_A, /* B has no row about the sample */
  RP_CHANGE_ONLY_B,
  RP_CHANGE_COUNT
} rp_change;

/** Name of a change in tables: "none", "narrower_a", ... */
const char *rp_change_name(rp_change change);

typedef struct rp_diff_row {
  int64_t sample;
  rp_change change;
  rp_facts a, b; /* zeroed where there is none */
} rp_diff_row;

typedef struct rp_diff {
  const rp_results *a, *b; /* borrowed */
  bool is_same_network;
  rp_diff_row *row; /* [n_rows], by sample */
  int64_t n_rows;
  int64_t count[RP_CHANGE_COUNT];
  int64_t n_contradictions; /* both cannot be right; 0 for two networks */
} rp_diff;

/** Compare two results. Both are borrowed until rp_diff_free.
 *  Errors: RP_E_USAGE if they are about other samples; RP_E_MEMORY. */
rp_status rp_diff_results(const rp_results *a, const rp_results *b,
                          rp_diff **diff, rp_error *err);
void rp_diff_free(rp_diff *diff); /* NULL is fine */

/** Print counts, the certified accuracy of both, and up to `limit` samples that
 * differ; < 0: all.
 *  @param name  of the two files */
void rp_diff_print(FILE *out, const rp_diff *diff, const char *const name[2],
                   int64_t limit);

/** Print all rows as CSV: sample,change,lo_a,hi_a,lo_b,hi_b; hi is empty where
 *  no counterexample is known, lo = hi = -1 for a misclassified sample. */
void rp_diff_csv(FILE *out, const rp_diff *diff);

#endif
