/* Printing results: CSV and JSON for other programs, tables for the terminal,
 * and grades against known answers.
 *
 * Everything is written to a FILE that the caller opens and checks for write
 * errors. */
#ifndef RAMPART_SHOW_SHOW_H
#define RAMPART_SHOW_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/radii.h"
#include "core/ranges.h"
#include "rampart/status.h"
#include "store/results.h"

/** The table to show. AUTO selects the radii if there are any, else the
 *  queries. */
typedef enum rp_show_table {
  RP_SHOW_AUTO,
  RP_SHOW_QUERIES,
  RP_SHOW_RADII,
  RP_SHOW_RANKS,
  RP_SHOW_TIMELINE
} rp_show_table;

/** Parse the lower-case name of a table. Errors: RP_E_USAGE. */
rp_status rp_show_table_parse(const char *text, rp_show_table *table,
                              rp_error *err);

/** Print rows as CSV (RFC 4180 quoting, lines end in \n) after a header line:
 *    network,sample,label,radius,verdict,reason,evidence,seconds
 *    network,sample,label,lo,hi,reason,seconds,state
 *    network,rank,host,threads,tasks,busy_seconds,cpu_seconds,nodes,...
 *    network,rank,sample,radius,piece,begin_s,end_s,verdict
 *  Verdicts are lower case; a misclassified sample has lo = hi = -1. */
void rp_show_csv(FILE *out, const rp_results *results, rp_show_table table);

/** Print a JSON object: file, provenance, and a table, or queries, radii and
 * ranks for AUTO. Numbers that are not finite become null. For several files
 * the caller prints the brackets and commas of an array. */
void rp_show_json(FILE *out, const char *file, const rp_results *results,
                  rp_show_table table);

/** A selection of rows; zeroed, it selects all. */
typedef struct rp_filter {
  bool by_verdict, verdict[RP_VERDICT_COUNT]; /* of queries and tasks */
  bool state[RP_RADIUS_STATE_COUNT];          /* of radius searches */
  rp_ranges samples, classes;
  rp_radii radii;
} rp_filter;

/** Select comma-separated verdicts, with the states of radii that have them;
 *  closed, capped, open and unasked select only radii. Errors: RP_E_USAGE. */
rp_status rp_filter_parse_verdicts(rp_filter *filter, const char *text,
                                   rp_error *err);
bool rp_filter_is_set(const rp_filter *filter);

/** Remove all rows that are not selected. A radius search is selected by a
 * radius that may be its maximum: lo..hi, or all from lo on if hi is only the
 * cap. Tasks have no class. Ranks and counterexamples are kept.
 *  Errors: RP_E_USAGE if a radius is no whole number of these results' input
 *  steps. */
rp_status rp_filter_apply(const rp_filter *filter, rp_results *results,
                          rp_error *err);

/** Print the provenance: network, dataset, engine, ranks, date. */
void rp_show_provenance(FILE *out, const rp_results *results);

/** Print a summary: counts per verdict and radius, the distribution of the
 * radii, the reasons for open rows, and times. */
void rp_show_summary(FILE *out, const rp_results *results);

/** Print rows for the terminal.
 *  @param limit  maximum number of rows; < 0: all. A last line says how many
 * were omitted. */
void rp_show_rows(FILE *out, const rp_results *results, rp_show_table table,
                  int64_t limit);

/** One known answer: the verdict at a radius, or a maximum radius. */
typedef struct rp_known_row {
  int64_t sample;
  int32_t radius;     /* of a verdict; 0 in a file of maximum radii */
  rp_verdict verdict; /* RP_UNKNOWN: not known */
  int32_t maximum;    /* maximum radius; -1: not known */
} rp_known_row;

/** Known answers, sorted by (sample, radius), each once. */
typedef struct rp_known {
  bool radii; /* maximum radii; else verdicts */
  rp_known_row *row;
  int64_t n_rows;
} rp_known;

/** Read known answers from a CSV file with a header line: columns `sample`,
 *  `radius`, `verdict` or `sample`, `maximum_radius`, in any order among
 *  others. Verdicts, in any case: robust, violated (or non-robust),
 *  misclassified; an empty one, "unknown" or "NA" means not known. Repeated
 * equal answers count once. Answers that contradict each other, also at
 * different radii of a sample, are an error. Errors: RP_E_INPUT with file and
 * line; RP_E_MEMORY. */
rp_status rp_known_read(const char *file, rp_known **known, rp_error *err);
void rp_known_free(rp_known *known); /* NULL is fine */

/** The mark of one row. */
typedef enum rp_mark {
  RP_MARK_OK,            /* the same answer */
  RP_MARK_CAPPED,        /* no contradiction, but the search ended at its cap:
                            the run found "this radius or more" */
  RP_MARK_NEW,           /* decided by the run, not known before */
  RP_MARK_OPEN_IN_BOTH,  /* undecided by the run, not known before */
  RP_MARK_OPEN_HERE,     /* undecided by the run, but known */
  RP_MARK_NOT_ASKED,     /* known, not in the run */
  RP_MARK_CONTRADICTION, /* both cannot be right */
  RP_MARK_COUNT
} rp_mark;

/** Lower-case name of a mark; "?" outside the range. */
const char *rp_mark_name(rp_mark mark);

/** One graded row. The texts are such as "robust" or "3..5". */
typedef struct rp_graded {
  int64_t sample;
  int32_t radius; /* 0 in a file of maximum radii */
  rp_mark mark;
  char known[40], found[40];
} rp_graded;

typedef struct rp_grade {
  int64_t count[RP_MARK_COUNT];
  rp_graded *row; /* [n_rows], sorted by (sample, radius) */
  int64_t n_rows;
} rp_grade;

/** Grade a run: all its questions and the known answers that it lacks.
 *
 *  Rows also imply answers at other radii: robust at a radius means robust at
 *  smaller ones, violated at a radius means violated at greater ones. A known
 *  answer that any row of the run contradicts, at whatever radius, is one
 *  contradiction. A known maximum m contradicts a sample that
 *  was found robust beyond m, or violated at m or less. Where the run did not
 *  search a sample's maximum, each of its queries is compared with m.
 *  A misclassified sample agrees with an unknown answer.
 *  Errors: RP_E_MEMORY. */
rp_status rp_grade_results(const rp_results *results, const rp_known *known,
                           rp_grade **grade, rp_error *err);
void rp_grade_free(rp_grade *grade); /* NULL is fine */

/** Print the counts per mark and every contradiction. */
void rp_grade_print(FILE *out, const rp_grade *grade);

#endif
