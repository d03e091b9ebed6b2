/* rampart-check: do the claims of a results file hold?
 *
 * Written to be read. It shares nothing with the engine but rp_status and a
 * macro for vector loops; it has its own readers of networks, datasets, results
 * and proofs, and its arithmetic is in whole numbers. The rules of proofs, and
 * why they are sound, are in docs/evidence.md. Memory is asked for only after
 * what it is for was found to be there; without memory the process ends, and
 * its check has failed. */
#ifndef RAMPART_CHECK_H
#define RAMPART_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"
#include "rampart/vector.h"

typedef __int128 wide;

/* Ranges. Every accumulator, and every partial sum of one, stays within
 * ACC_LIMIT over the whole input range: proved when a network is read. So
 * intervals fit int32. Multipliers are below 2^31, weights below 2^15, layers
 * have at most 2^15 neurons: mu stays below 2^61, and the terms of a bound
 * below 2^105. There are fewer than 2^20 of them: sums fit 128 bits. */
enum { MOST_LAYERS = 64, MOST_NEURONS = 1 << 15, MOST_INPUTS = 1 << 19 };
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

typedef struct dataset {
  int64_t n, dim;
  int64_t *x; /* [n][dim] */
  int64_t *label;
} dataset;

/** Zeroed, for count elements; ends the process if there is none. */
void *rp_check_alloc(size_t count, size_t size);

/* ---- bound.c: the network, regions, what a step of a proof shows ---- */

/** Chain the layers and prove the ranges. Errors: RP_E_INPUT. */
rp_status rp_check_prepare(net *n, rp_error *err);
/** The first greatest output at x, [n_in]. */
int32_t rp_check_predict(const net *n, const int32_t *x);

/** Intervals of all variables. Layers from `stale` on have not been told yet
 *  what their inputs can be. */
typedef struct region {
  int32_t *lo, *hi; /* [n_vars] inclusive */
  int32_t stale;
  int64_t node; /* of a proof, while it is walked */
} region;
region *rp_check_region(const net *n, const region *from); /* a copy */
region *rp_check_ball(const net *n, const int32_t *x, int32_t radius);

/** Rival beats label, one of at most three ways. */
typedef struct part {
  int32_t y, j;      /* variables: last accumulators of label and rival */
  int32_t delta;     /* steps of the output by which rival must be ahead */
  char kind;         /* 'A', 'B', 'C' */
  int64_t threshold; /* of the part's objective */
} part;
int32_t rp_check_parts(const net *n, int32_t label, int32_t rival, part p[3]);

/** Cut a region to the part's own bounds. False: nothing is left. */
bool rp_check_restrict(const net *n, const part *p, region *r);
/** All intervals and the part's condition (p may be NULL). False: likewise. */
bool rp_check_settle(const net *n, const part *p, region *r);

enum { CLOSE = 1, TIGHTEN, ABOVE, BELOW };

/** A step, and memory for carrying it out. */
typedef struct step {
  int32_t action, frac;
  int32_t at;         /* ABOVE, BELOW: the variable that is bounded */
  int64_t kappa;      /* weight of the part's objective above its threshold */
  int32_t *lambda;    /* [n_vars] unit 2^-frac; none for inputs */
  int64_t *mu, *gain; /* [n_vars] */
  wide *term;         /* [n_vars] the block that holds all four */
} step;
step rp_check_step_memory(const net *n); /* free its term */
int32_t rp_check_layer_of(const net *n, int32_t variable);
/** Carry out a step. False: no input of the region violates the part. */
bool rp_check_step(const net *n, const part *p, step *s, region *r);

/* ---- proof.c ---- */

/** Do the bytes (inflated) prove that no input within the radius of x gets a
 *  class other than the label? Errors: RP_E_INPUT: they do not, and where.
 *  @param nodes  out: of the proof */
rp_status rp_check_proof(const net *n, const int32_t *x, int32_t label,
                         int32_t radius, const uint8_t *bytes, size_t size,
                         int64_t *nodes, rp_error *err);

/* ---- read.c, inputs.c: files. Errors from here on: RP_E_INPUT. ---- */

typedef struct blob {
  uint8_t *bytes;
  size_t size;
} blob;
/** A file whole, unpacked if it is gzipped. @param sha256  hex; NULL: any */
rp_status rp_check_read(const char *file, const char *sha256, blob *b,
                        rp_error *err);
rp_status rp_check_inflate(blob from, uint64_t size, blob *to, rp_error *err);

/* X(name): what a results file says of its origin. */
#define CHECK_TEXTS(X)                                                         \
  X(network_file)                                                              \
  X(dataset_file)                                                              \
  X(labels_file)                                                               \
  X(x_name)                                                                    \
  X(y_name)                                                                    \
  X(network_format)                                                            \
  X(network_sha256) X(dataset_sha256) X(labels_sha256) X(evidence)
#define CHECK_WHOLES(X) X(input_bits) X(bits) X(radius_cap) X(n_in) X(input_max)
#define CHECK_ID(name) S_##name,
enum { CHECK_TEXTS(CHECK_ID) N_TEXTS, S_proofs_file = N_TEXTS };
enum { CHECK_WHOLES(CHECK_ID) N_WHOLES };

typedef struct row {
  int64_t sample, label, radius; /* radius: of a query; lo of a search */
  int64_t hi, distance, counterexample;
  char verdict[16];
} row;

typedef struct block {
  int64_t key[4]; /* sample, radius, attempt, number in its proof */
  bool last;
  uint64_t plain_size; /* of the proof, inflated */
  blob bytes;          /* inside the file's */
} block;

typedef struct results {
  char text[N_TEXTS + 1][512]; /* by their names; the file of proofs */
  int64_t whole[N_WHOLES];
  row *query, *search;
  uint8_t *example; /* [n_examples][n_in] */
  int64_t n_queries, n_searches, n_examples, n_blocks;
  blob proofs;
  block *block; /* sorted by their keys */
} results;
/** @param by  [N_TEXTS + 1] what is not empty goes before the file's own */
rp_status rp_check_results(const char *file, char by[][512], results *r,
                           rp_error *err);
/** The next whole proof of a sample at a radius or a greater one, still
 *  deflated, from block *from on; *from moves behind it; NULL: none. The bytes
 *  are the caller's. */
const block *rp_check_next_proof(const results *r, int64_t sample,
                                 int64_t radius, int64_t *from, blob *bytes);

rp_status rp_check_network(const results *r, net *n, rp_error *err);
rp_status rp_check_dataset(const results *r, const net *n, dataset *d,
                           rp_error *err);

/* ---- h5.c: HDF5 over a file's bytes; everything is named by its path ---- */

typedef struct h5 {
  int64_t id;
  rp_error *err; /* of all that is read from it */
} h5;
typedef enum h5kind { H5_INT64, H5_FLOAT, H5_UINT8 } h5kind;
typedef struct column {
  const char *name;
  size_t offset; /* in the row: an int64, or a text of 16 bytes */
  bool text;
} column;
rp_status rp_check_h5_open(blob b, rp_error *err, h5 *f);
void rp_check_h5_close(h5 f);
/** An attribute's values: texts, into [most][512], or int64. Their number; -1:
 *  not there, more than most, or of another kind. */
int64_t rp_check_h5_attribute(h5 f, const char *path, const char *name,
                              bool text, int64_t most, void *to);
bool rp_check_h5_int(h5 f, const char *path, const char *name, int64_t *to);
bool rp_check_h5_text(h5 f, const char *path, const char *name, char to[512]);
/** A whole array; sizes beyond its rank are 1. The caller frees it. */
rp_status rp_check_h5_array(h5 f, const char *path, h5kind kind,
                            int64_t dims[8], void **data);
rp_status rp_check_h5_table(h5 f, const char *path, const column *c, int count,
                            size_t size, void **rows, int64_t *n);

#endif
