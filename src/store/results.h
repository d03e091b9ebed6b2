/* Results: tables in memory that are written to one HDF5 file and read back.
 *
 * results/README.md has the schema. Tables have only scalar columns, so that
 * h5py, PyTables and pandas.read_hdf can open them. Times are kept apart from
 * verdicts, so that the tables of verdicts of two runs are equal. */
#ifndef RAMPART_STORE_RESULTS_H
#define RAMPART_STORE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/stats.h"
#include "files/file.h"
#include "input/boxes.h"
#include "input/job.h"
#include "net/net.h"
#include "rampart/verdict.h"

/** A query, decided or left unknown. Here and below `sample` is a pair of a
 * sample and a target if the provenance has targets (core/pair.h); files have
 * two columns for it. */
typedef struct rp_query_row {
  int64_t sample;
  int32_t label, radius;
  rp_verdict verdict;
  rp_reason reason;
  rp_evidence evidence;
  int32_t distance;       /* of the counterexample, in the norm; 0: none */
  int64_t counterexample; /* row of the counterexamples, -1: none */
  double seconds, cpu_seconds;
  int32_t rank;
  rp_stats stats;
} rp_query_row;

/** A sample's maximum robustness radius: it is proved robust at lo, and there
 * is a counterexample at hi + 1, or hi is the cap. lo == hi if closed; lo = hi
 * = -1 if misclassified. */
typedef struct rp_radius_row {
  int64_t sample;
  int32_t label, lo, hi;
  rp_reason reason;       /* why it is open; RP_REASON_NONE when closed */
  rp_verdict verdict;     /* RP_MISCLASSIFIED, RP_INVALID, else RP_ROBUST when
                             closed and RP_UNKNOWN when open */
  int64_t counterexample; /* row, -1: none (cap reached) */
  double seconds, cpu_seconds; /* summed over the sample's queries */
} rp_radius_row;

/** The state of a maximum radius. */
typedef enum rp_radius_state {
  RP_RADIUS_CLOSED, /* lo == hi, with a counterexample at hi + 1 */
  RP_RADIUS_CAPPED, /* robust at the cap of the search: the maximum is the
                       cap or more */
  RP_RADIUS_OPEN,
  RP_RADIUS_UNASKED, /* the run ended before anything was asked about the
                        sample, even its class */
  RP_RADIUS_MISCLASSIFIED,
  RP_RADIUS_INVALID,
  RP_RADIUS_STATE_COUNT
} rp_radius_state;

/** Lower-case name of a state; "?" outside the range. */
const char *rp_radius_state_name(rp_radius_state state);

/** Get the state of a row.
 *  @param cap  of the searches (rp_provenance); if it is 0 (unknown), a row
 *              without a counterexample counts as capped */
rp_radius_state rp_radius_get_state(const rp_radius_row *row, int32_t cap);

/** Whether hi is only the cap of the search and not a bound on the radius. */
bool rp_radius_is_unbounded(const rp_radius_row *row, int32_t cap);

/** What one rank did. */
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

/** A task, from its beginning to its end in seconds of rank 0's clock since the
 *  run began. Tasks of radius searches are included. */
typedef struct rp_task_row {
  int32_t rank;
  int64_t sample;
  int32_t radius;
  int32_t piece; /* 0: the query or its remainder; else a split part */
  double begin_s, end_s;
  rp_verdict verdict; /* of this task */
} rp_task_row;

/** The provenance of the rows. Strings have fixed sizes, so that reading a file
 *  fills the same struct. */
typedef struct rp_provenance {
  char title[128], network[64], network_file[1024], dataset_file[1024];
  char labels_file[1024], x_name[64], y_name[64];
  char network_format[16], dataset_format[16]; /* "" or "auto": recognized */
  char network_sha256[65], dataset_sha256[65], labels_sha256[65];
  char network_profile[32]; /* the runtime whose rounding was verified, and */
  char source_sha256[65];   /* the file that the network was made from; "" */
  char job_sha256[65], evidence[32];
  char box_file[1024], box_sha256[65]; /* of boxes; "": none */
  char questions_sha256[65];           /* of all questions; "": older files */
  char proofs[96]; /* rp_proof_file_describe; "": none, or older files */
  char shard[32];  /* "3/8": the third of eight shards; "": the whole */
  char rule[8], tie_rule[32], engine[16], version[32];
  char date_created[32]; /* when the tables were written, UTC; "": not yet */
  char history[512];     /* the command line */
  int32_t ranks, threads;
  int32_t n_in;
  int32_t in_lo, in_hi; /* inputs are in_lo..in_lo + in_hi in own numbers */
  double in_step;       /* what a step of an input is in reals; 0: not known */
  char class_names[1024]; /* separated by commas; "": not given */
  char dataset_layout[8]; /* "nchw": channels were put last; else "" */
  rp_values values; /* of the dataset; unstated: files of format version 1 */
  int32_t input_bits, bits; /* of a QVIP network; 0: none */
  int32_t radius_cap;       /* of the radius searches; 0: none */
  int32_t questions;        /* rows of a complete run; 0: older files */
  int32_t patch;            /* rows of the patch that may change; 0: none */
  /* Classes, if each is asked about, or places of the patch; else 0. */
  int32_t targets;
  rp_options options;
} rp_provenance;

/** What the rows of pairs have beside the sample. */
static inline const char *rp_provenance_part(const rp_provenance *p) {
  return p->patch > 0 ? "place" : "target";
}

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
  uint8_t *counterexample; /* [n_counterexamples][provenance.n_in], own number
                              less in_lo */
  int64_t n_counterexamples;
  bool is_stopped; /* before decided rows had the evidence that was wanted; of a
                      run, not of the file */
  rp_boxes *boxes; /* that inputs stay in; NULL: none, or a run's own rows */
} rp_results;

/** Whether the run ended before this query was asked. */
bool rp_query_is_unasked(const rp_query_row *row);

/** Describe for people how the network rounds: the profile, or what its file
 * may state. (`rule` is R0 in all files, also where a network has thresholds.)
 */
const char *rp_provenance_rounding(const rp_provenance *p);

/** Describe for people what samples are that are not misclassified: "classified
 *  as labelled", unless the results are about another property than a class. */
const char *rp_provenance_correct(const rp_provenance *p);

/** Whether a step of an input is the same change of a sample in both, so that
 *  their radii can be compared. */
bool rp_provenance_has_same_step(const rp_provenance *a,
                                 const rp_provenance *b);

/** Create empty tables with default options and the version and rules of this
 *  program. The caller sets the rest of the provenance; n_in and in_hi before
 * the first row. */
rp_status rp_results_create(rp_results **results, rp_error *err);
void rp_results_free(rp_results *results); /* NULL is fine */

/** Append a copy of a row. A counterexample x ([n_in] or NULL) is stored, and
 * the row gets its number. Errors: RP_E_MEMORY; RP_E_RANGE if a number or x is
 * outside the range that readers accept. The tables are then unchanged. */
rp_status rp_results_add_query(rp_results *results, const rp_query_row *row,
                               const uint8_t *x, rp_error *err);
rp_status rp_results_add_radius(rp_results *results, const rp_radius_row *row,
                                const uint8_t *x, rp_error *err);
rp_status rp_results_add_rank(rp_results *results, const rp_rank_row *row,
                              rp_error *err);
rp_status rp_results_add_task(rp_results *results, const rp_task_row *row,
                              rp_error *err);

/** Get a counterexample by its number; NULL if the number is -1. */
const uint8_t *rp_results_get_counterexample(const rp_results *results,
                                             int64_t number);

/** Sort rows by sample and radius and renumber counterexamples in that order,
 * so that the tables do not depend on the order of the answers. A radius and
 * the query at hi + 1 share a counterexample if theirs are equal. Errors:
 * RP_E_MEMORY; the tables are valid, with the old numbers. */
rp_status rp_results_sort(rp_results *results, rp_error *err);

/** Whether a row is open, or lacks evidence, because the run was stopped. */
bool rp_results_is_interrupted(const rp_results *results);

/** Count the rows, of queries and of radii, that are UNKNOWN. */
int64_t rp_results_count_undecided(const rp_results *results);

/** Write all tables to a file, atomically (file.h). An empty date_created means
 *  now.
 *  Errors: RP_E_IO; the old file is unchanged. */
rp_status rp_results_write(const rp_results *results, const char *file,
                           rp_error *err);

/** Likewise, with a step before the rename (file.h), which flushes the proofs.
 */
rp_status rp_results_write_after(const rp_results *results, const char *file,
                                 const rp_file_step *before, rp_error *err);

/** Read all tables. Nothing in the file is trusted.
 *  Errors: RP_E_INPUT with one line; RP_E_MEMORY. */
rp_status rp_results_read(const char *file, rp_results **results,
                          rp_error *err);

#endif
