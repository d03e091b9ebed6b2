/* rampart-check: do the claims of a results file hold?
 *
 * Written to be read. It shares nothing with the engine but rp_status and a
 * macro for vector loops; it has its own readers of networks, datasets, results
 * and proofs, and its arithmetic is in whole numbers. The rules of proofs, and
 * why they are sound, are in docs/evidence.md. Memory is asked for only after
 * what it is for was found to be there; without it the check has failed. */
#ifndef RAMPART_CHECK_CHECK_H
#define RAMPART_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"
#include "core/vector.h"
#include "rampart/status.h"

typedef __int128 wide;

/* Ranges. Every accumulator, and every partial sum of one, is proved to stay
 * within ACC_LIMIT over the whole input range: intervals fit int32. Multipliers
 * are below 2^31, weights at most 2^15, layers have at most 2^16 neurons: mu is
 * below 2^62, terms of a bound below 2^94, of which 2^25 fit 128 bits. */
enum { MOST_LAYERS = 64, MOST_NEURONS = 1 << 16, MOST_INPUTS = 1 << 24 };
enum { ACC_LIMIT = 1 << 30, MOST_FRACTION = 40 };

/** z = w a + b; sigma(z) is z rounded to a multiple of 2^shift (half up),
 *  divided by it, clipped to lo..hi. */
typedef struct layer {
  int32_t n_in, n_out, lo, hi, shift;
  int16_t *w; /* [n_out][n_in] */
  int32_t *b; /* [n_out] */
} layer;

/** Variables are numbered: inputs first, then accumulators layer by layer. */
typedef struct net {
  int32_t n_layers, n_in, n_out, in_hi;
  layer layer[MOST_LAYERS];
  int32_t first[MOST_LAYERS + 1]; /* a layer's first variable */
  int32_t n_vars;
} net;

/** Zeroed memory, and realloc: the process ends if there is none. */
void *rp_check_alloc(size_t count, size_t size);
void *rp_check_resize(void *memory, size_t bytes);

/* ---- bound.c: the network, regions, what a step of a proof shows ---- */

/** Chain the layers and prove the ranges. False: they do not fit. */
bool rp_check_prepare(net *n);
/** The first greatest output at x, [n_in], each in 0..in_hi. */
int32_t rp_check_predict(const net *n, const int32_t *x);

/** Intervals of all variables; what is empty is no region. */
typedef struct region {
  int32_t *lo, *hi; /* [n_vars] inclusive */
  int32_t stale;    /* layers from here on are not told what comes in */
} region;
region *rp_check_region(const net *n, const region *from); /* a copy */
region *rp_check_ball(const net *n, const int32_t *x, int32_t radius);
/** Keep lo..hi of a variable. False: nothing is left. */
bool rp_check_cut(const net *n, region *r, int32_t variable, wide lo, wide hi);

/** Rival beats label, one of at most three ways. */
typedef struct part {
  int32_t y, j;      /* variables: last accumulators of label and rival */
  int32_t delta;     /* steps of the output by which rival must be ahead */
  char kind;         /* 'A', 'B', 'C' */
  int64_t threshold; /* of the part's objective */
  bool is_here;      /* in a proof */
} part;
int32_t rp_check_parts(const net *n, int32_t label, int32_t rival, part p[3]);

/** All intervals, and the part's (NULL: of none). False: nothing is left. */
bool rp_check_settle(const net *n, const part *p, region *r);

enum { CLOSE = 1, TIGHTEN, ABOVE, BELOW };

/** A step, and memory for carrying it out. */
typedef struct step {
  int32_t action, frac;
  int32_t at;         /* ABOVE, BELOW: the variable that is bounded */
  int32_t *lambda;    /* [n_vars] unit 2^-frac; none for inputs */
  int64_t *mu, *gain; /* [n_vars] */
  wide *term;         /* [n_vars] the block that holds all four */
} step;
void rp_check_step_memory(const net *n, step *s); /* free its term */
int32_t rp_check_layer_of(const net *n, int32_t variable);
/** Carry out a step. False: no input of the region violates the part. */
bool rp_check_step(const net *n, const part *p, step *s, region *r);

/* proof.c */
typedef struct blob {
  uint8_t *bytes;
  size_t size;
} blob;

/** A proof, or a piece of one, which goes on with nodes left open there. */
typedef struct stream {
  uint64_t name, blocks; /* blocks of it that are here */
  int32_t radius;
  blob plain;    /* inflated; else damaged or not whole */
  int64_t first; /* nodes of the proof before its own; -1: not read */
  int64_t nodes; /* its own, once it was read */
} stream;

/** Does the first stream, with those behind that are its pieces, prove that no
 *  input within its radius of x gets another class?
 *  @param s  [count] by name
 *  Errors: RP_E_INPUT. */
rp_status rp_check_proof(const net *n, const int32_t *x, int32_t label,
                         stream *s, int64_t count, rp_error *err);

/* ---- reading: a file that cannot be used ends the process. What was read
 * stays, as do HDF5's handles, until the process ends. ---- */

enum { FAILED = 1, BAD_INPUT, UNPROVED }; /* exit statuses */
typedef char text[1024];
_Noreturn void rp_check_stop(const char *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

typedef struct row {
  int64_t sample, label;
  int64_t lo; /* of a search; the radius of a query */
  int64_t hi, distance, counterexample;
  char verdict[16], reason[16], evidence[16]; /* of a search no evidence */
} row;

enum { MOST_DIMS = 5 };
enum { RATIO = 1100 }; /* of what is packed: deflate's is at most 1032 */

/* h5.c: HDF5 over a file's bytes; everything is named by its path. */
typedef struct h5 {
  int64_t id;
  const char *file; /* its name */
} h5;
h5 rp_check_h5_open(const char *file, blob b);
/** Stop unless an object has these attributes at most, and these members if it
 *  is a group, each once. Names are parted by spaces; FIELD_* is a family. */
void rp_check_h5_only(h5 f, const char *path, const char *attributes,
                      const char *members);
bool rp_check_h5_has(h5 f, const char *path, const char *attribute);
/** Members of the root. */
int32_t rp_check_h5_members(h5 f);
/** Arrays below a group, each counted once; -1: they cannot be. */
int64_t rp_check_h5_arrays(h5 f, const char *path);
/** Where an object is: the same for all paths that lead to it. */
uint64_t rp_check_h5_place(h5 f, const char *path);
/** Attributes: a number up to ACC_LIMIT, some, a text, several or none. */
int32_t rp_check_h5_whole(h5 f, const char *path, const char *name);
int64_t rp_check_h5_wholes(h5 f, const char *path, const char *name,
                           int64_t most, int64_t *to);
void rp_check_h5_text(h5 f, const char *path, const char *name, text to);
int64_t rp_check_h5_texts(h5 f, const char *path, const char *name,
                          int64_t most, text *to);
/** A whole array of float or int64, of this rank (0: of any); sizes beyond its
 *  rank are 1. */
void *rp_check_h5_array(h5 f, const char *path, bool is_float, int rank,
                        int64_t dims[MOST_DIMS]);

/** Is it one of the words? FIELD_3_NAME is one of "CLASS FIELD_*_NAME". */
bool rp_check_is_one_of(const char *name, const char *words);

enum { MOST_COLUMNS = 8 };

/** Columns of a table, and where their values go. */
typedef struct column {
  const char *name;
  int to; /* in a row */
  bool is_text;
} column;
/** All rows. @param c  [MOST_COLUMNS] all columns of the table */
row *rp_check_h5_table(h5 f, const char *path, const column *c, int64_t *n);

/* files.c */

/** Files beside the results. */
enum { NETWORK, DATASET, LABELS, PROOFS, N_FILES };

typedef struct results {
  h5 f;
  const char *by[N_FILES]; /* go before what the results name; NULL: none */
  int32_t version;         /* of the format */
  bool full;               /* with all evidence */
  int32_t cap;             /* of searches */
  row *query, *search;
  int64_t *example; /* [n_examples][n_in] */
  int64_t n_queries, n_searches, n_examples, n_in;
  blob proofs; /* the file */
} results;
/** @param r  `by` is set */
void rp_check_results(const char *file, results *r);
/** The file that they name, with the hash that they name; no bytes: none. */
blob rp_check_origin(const results *r, int which, text file);
/** The caller's: streams about a row's sample and its lo or more, by name. */
stream *rp_check_streams(const results *r, const row *about, int64_t *count);

/* inputs.c */
void rp_check_network(const results *r, net *n);
typedef struct array {
  int64_t *at, n, dim; /* [n][dim] */
} array;
/** Samples and labels. */
void rp_check_dataset(const results *r, const net *n, array *x, array *y);

/* claims.c: what rampart-verified-check reads (docs/claims.md) */
typedef struct assertion {
  char name[64]; /* of its files */
  int64_t sample, label, radius;
  int32_t n_in;
  const int32_t *x; /* [n_in] the sample */
  const char *verdict;
  const int64_t *counterexample; /* [n_in], or NULL */
  const stream *streams;         /* [n_streams] by name */
  int64_t n_streams;
} assertion;
/** Creates the folder, which must not exist. */
void rp_check_write_network(const char *folder, const char *sha256,
                            const net *n);
void rp_check_write_claim(const char *folder, const char *sha256,
                          const assertion *a);

#endif
