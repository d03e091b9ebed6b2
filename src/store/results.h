/* Results: tables in memory, written as one HDF5 file, read back to be shown.
 *
 * Schema in results/README.md. Scalar compounds only, so that h5py, PyTables
 * and pandas.read_hdf open every table; times stand apart from verdicts, so
 * that two runs' verdict tables are the same. */
#ifndef RAMPART_STORE_RESULTS_H
#define RAMPART_STORE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/stats.h"
#include "files/file.h"
#include "input/job.h"
#include "net/net.h"
#include "rampart/verdict.h"

/** One decided (or given up) query. */
typedef struct rp_query_row {
  int64_t sample;
  int32_t label, radius;
  rp_verdict verdict;
  rp_reason reason;
  rp_evidence evidence;
  int32_t distance;       /* of the counterexample, L-infinity; 0: none */
  int64_t counterexample; /* row of the counterexamples, -1: none */
  double seconds, cpu_seconds;
  int32_t rank;
  rp_stats stats;
} rp_query_row;

/** One sample's maximum robustness radius: proof at lo, counterexample at
 *  hi + 1 (or hi is the cap). lo == hi: closed. lo = hi = -1: misclassified. */
typedef struct rp_radius_row {
  int64_t sample;
  int32_t label, lo, hi;
  rp_reason reason;       /* why it is open; RP_REASON_NONE when closed */
  rp_verdict verdict;     /* RP_MISCLASSIFIED, RP_INVALID, else RP_ROBUST when
                             closed and RP_UNKNOWN when open */
  int64_t counterexample; /* row, -1: none (cap reached) */
  double seconds, cpu_seconds; /* summed over the sample's queries */
} rp_radius_row;

/** What a maximum radius row says, in one word. */
typedef enum rp_radius_state {
  RP_RADIUS_CLOSED, /* lo == hi, and a counterexample stands at hi + 1 */
  RP_RADIUS_CAPPED, /* robust at the cap, beyond which nobody looked: the
                       maximum is the cap or more */
  RP_RADIUS_OPEN,
  RP_RADIUS_UNASKED, /* given up before anything was asked of the sample, not
                        even whether it is classified as labelled */
  RP_RADIUS_MISCLASSIFIED,
  RP_RADIUS_INVALID,
  RP_RADIUS_STATE_COUNT
} rp_radius_state;

/** Lower-case name of a state; "?" outside the range. */
const char *rp_radius_state_name(rp_radius_state state);

/** The state of a row.
 *  @param cap  of the searches (rp_provenance); 0: not known, then a row
 *              without a counterexample counts as capped */
rp_radius_state rp_radius_state_of(const rp_radius_row *row, int32_t cap);

/** Is hi only where the search ended, and no bound of the maximum radius? */
bool rp_radius_is_unbounded(const rp_radius_row *row, int32_t cap);

/** One rank's share of the work. */
typedef struct rp_rank_row {
  int32_t rank, threads;
  int64_t tasks;
  double busy_seconds, cpu_seconds; /* in tasks; CPU of the whole process */
  double wall_seconds;              /* from its start to its last answer */
  double serving_seconds; /* CPU of the main thread, which serves messages */
  int64_t messages, message_bytes; /* sent to other ranks */
  char host[64];
  rp_stats stats;
} rp_rank_row;

/** One task from its begin to its end, in seconds of rank 0's clock since the
 *  run began. Tasks of radius searches are here too. */
typedef struct rp_task_row {
  int32_t rank;
  int64_t sample;
  int32_t radius;
  int32_t piece; /* 0: the query, or what was left of it; else split off */
  double begin_s, end_s;
  rp_verdict verdict; /* of this task */
} rp_task_row;

/** Where the rows come from. Strings have a fixed size, so that a file read
 * back fills the same struct. */
typedef struct rp_provenance {
  char title[128], network[64], network_file[1024], dataset_file[1024];
  char labels_file[1024], x_name[64], y_name[64];
  char network_format[16], dataset_format[16]; /* "" or "auto": by content */
  char network_sha256[65], dataset_sha256[65], labels_sha256[65];
  char job_sha256[65], evidence[32];
  char questions_sha256[65]; /* of samples and radii asked; "": older files */
  char proofs[96]; /* rp_proof_file_describe; "": none, or older files */
  char shard[32];  /* "3/8": of these samples the third eighth; "" */
  char rule[8], tie_rule[32], engine[16], version[32];
  char date_created[32]; /* when the tables were written, UTC; "": not yet */
  char history[512];     /* the command line */
  int32_t ranks, threads;
  int32_t n_in, in_hi;
  rp_values values; /* of the dataset; unstated: files of format version 1 */
  int32_t input_bits, bits; /* of a QVIP network; 0: none */
  int32_t radius_cap;       /* of the radius searches; 0: none */
  int32_t questions;        /* rows of a complete run; 0: older files */
  rp_options options;
} rp_provenance;

typedef struct rp_results {
  rp_provenance provenance;
  rp_query_row *query;
  int64_t n_queries;
  rp_radius_row *radius;
  int64_t n_radii;
  rp_rank_row *rank;
  int64_t n_ranks;
  rp_task_row *task;
  int64_t n_tasks;
  uint8_t *counterexample; /* [n_counterexamples][provenance.n_in] */
  int64_t n_counterexamples;
} rp_results;

/** Was a query given up before anything was asked of its sample? */
bool rp_query_is_unasked(const rp_query_row *row);

/** Empty tables: default options, this version, its rules. The caller fills
 *  in the rest of the provenance, n_in and in_hi before the first row. */
rp_status rp_results_create(rp_results **results, rp_error *err);
void rp_results_free(rp_results *results); /* NULL is fine */

/** Append a row (copied). The counterexample's row number is filled in from x
 *  ([n_in] or NULL). Errors: RP_E_MEMORY; RP_E_RANGE if a number or x leaves
 *  the range that a reader accepts; the tables are then unchanged. */
rp_status rp_results_add_query(rp_results *results, const rp_query_row *row,
                               const uint8_t *x, rp_error *err);
rp_status rp_results_add_radius(rp_results *results, const rp_radius_row *row,
                                const uint8_t *x, rp_error *err);
rp_status rp_results_add_rank(rp_results *results, const rp_rank_row *row,
                              rp_error *err);
rp_status rp_results_add_task(rp_results *results, const rp_task_row *row,
                              rp_error *err);

/** Sort rows by (sample, radius), renumber counterexamples in that order: the
 *  tables do not depend on the order in which results came in. A radius shares
 *  the counterexample of its query at hi + 1 if it is the same.
 *  Errors: RP_E_MEMORY; the tables are valid, but numbered as before. */
rp_status rp_results_sort(rp_results *results, rp_error *err);

/** True if a row is there only because the run was stopped. */
bool rp_results_is_interrupted(const rp_results *results);

/** Write all tables to `file`: a temporary neighbour is written, synced and
 *  renamed, so that a kill leaves the old file or the new one. An empty
 *  date_created means now.
 *  Errors: RP_E_IO; the old file is untouched. */
rp_status rp_results_write(const rp_results *results, const char *file,
                           rp_error *err);

/** The same with a step before the rename (file.h): that of the proofs. */
rp_status rp_results_write_after(const rp_results *results, const char *file,
                                 const rp_file_step *before, rp_error *err);

/** Read tables back; nothing in the file is trusted.
 *  Errors: RP_E_INPUT with one line; RP_E_MEMORY. */
rp_status rp_results_read(const char *file, rp_results **results,
                          rp_error *err);

#endif
