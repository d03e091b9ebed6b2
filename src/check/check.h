/* rampart-check: are the verdicts of a results file true?
 *
 * Written to be read. It shares nothing with the engine but rp_status and the
 * list of verdicts' names in this file's table; networks, datasets, results and
 * proofs have their own readers here, and all arithmetic is in whole numbers.
 * The rules of proofs, and why they are sound, are in docs/evidence.md. */
#ifndef RAMPART_CHECK_H
#define RAMPART_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

typedef __int128 wide;

/* Loops compiled for several instruction sets. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&         \
    !defined(__SANITIZE_ADDRESS__)
#define CLONES                                                                 \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* Limits that the ranges of the arithmetic are argued from. An accumulator,
 * and every partial sum of one, stays within ACC_LIMIT over the whole input
 * range: checked when a network is read. Multipliers are below 2^31 in
 * magnitude, a layer has at most 2^15 neurons and weights are int16, so mu and
 * nu stay below 2^61 and every term below 2^110; a network has fewer than 2^16
 * accumulators and 2^24 inputs, so sums stay below 2^127. */
enum {
  MOST_LAYERS = 64,
  MOST_NEURONS = 1 << 15,
  MOST_INPUTS = 1 << 24,
  ACC_LIMIT = 1 << 30,
  MOST_FRACTION = 40
};

/** Accumulators z = w a + b, activations a = sigma(z): z rounded to multiples
 *  of 2^shift (half up), divided by it, clipped to lo..hi. */
typedef struct layer {
  int32_t n_in, n_out;
  int16_t *w; /* [n_out][n_in] */
  int32_t *b; /* [n_out] */
  int32_t lo, hi, shift;
  int32_t largest; /* |w| */
} layer;

typedef struct net {
  int32_t n_layers, n_in, n_out, in_hi;
  layer layer[MOST_LAYERS];
  int32_t first[MOST_LAYERS + 1]; /* number of a layer's first accumulator */
  int32_t n_acc;
} net;

typedef struct dataset {
  int64_t n;
  int32_t dim;
  uint8_t *x;     /* [n][dim] */
  int64_t *label; /* [n] */
} dataset;

/* ---- net.c: the network as a function ---- */

int32_t rp_check_sigma(const layer *l, int64_t z);
/** The least z with sigma(z) >= v, for lo < v <= hi. */
int64_t rp_check_threshold(const layer *l, int64_t v);
/** Chain the layers and prove their accumulators' ranges. Errors: RP_E_INPUT,
 *  RP_E_MEMORY. */
rp_status rp_check_net_finish(net *n, rp_error *err);
void rp_check_net_free(net *n);
/** The first greatest output. Errors: RP_E_MEMORY. */
rp_status rp_check_predict(const net *n, const uint8_t *x, int32_t *class);

/* ---- region.c: what is left of the ball ---- */

/** Inputs in lo..hi and accumulators in lo..hi. Layers from `stale` on have not
 *  been told yet what their inputs can be. */
typedef struct region {
  int16_t *x_lo, *x_hi; /* [n_in] */
  int32_t *z_lo, *z_hi; /* [n_acc] */
  int32_t stale;
} region;

/** Uninitialized. NULL: no memory. */
region *rp_check_region(const net *n);
void rp_check_region_copy(const net *n, region *to, const region *from);
void rp_check_ball(const net *n, const uint8_t *x, int32_t radius, region *r);
/** Interval arithmetic up to a layer, where it is stale. False: empty. */
bool rp_check_propagate(const net *n, region *r, int32_t last);

/* ---- bound.c: what one step of a proof shows ---- */

/** Rival beats label. delta: by how many steps of the output. */
typedef struct part {
  int32_t label, rival, delta;
  char kind; /* 'A', 'B', 'C' */
  int64_t threshold;
} part;

/** The parts of a rival, in order; their number. */
int32_t rp_check_parts(const net *n, int32_t label, int32_t rival, part p[3]);
/** The part's own bounds on the last accumulators. False: empty. */
bool rp_check_restrict(const net *n, const part *p, region *r);
/** All intervals and the part's step condition (p may be NULL). */
bool rp_check_settle(const net *n, const part *p, region *r);

enum { CLOSE = 1, TIGHTEN, ABOVE, BELOW };

typedef struct step {
  int32_t action, frac;
  int32_t at;      /* ABOVE, BELOW: the accumulator */
  int64_t kappa;   /* weight of the part's objective above its threshold */
  int32_t *lambda; /* [n_acc] unit 2^-frac */
} step;

typedef struct bench bench; /* memory of evaluations */
bench *rp_check_bench(const net *n);
void rp_check_bench_free(bench *b);

/** Carry out a step on a region. Returns false if it leaves nothing: no input
 *  of the region violates the part. */
bool rp_check_step(const net *n, const part *p, const step *s, region *r,
                   bench *b);

/* ---- proof.c, tree.c: the proof of one query ---- */

/** A record's steps, and the next record of the same node. */
typedef struct record {
  size_t at, size;
  int64_t next; /* -1: none */
} record;

typedef struct node {
  int64_t first, last; /* records; -1: none */
  enum { PENDING, LEAF, SPLIT } end;
  bool input;               /* of the split, as the four below */
  int64_t at, value, child; /* low child; high child is one more */
  int32_t rival, kind;      /* of a part's root, else -1 */
} node;

typedef struct proof {
  const uint8_t *bytes;
  size_t size;
  record *record;
  node *node;
  int64_t n_records, n_nodes;
} proof;

/** Take a proof's bytes apart; they are borrowed. Errors: RP_E_INPUT. */
rp_status rp_check_proof_open(const uint8_t *bytes, size_t size, int32_t label,
                              int32_t radius, proof *p, rp_error *err);
void rp_check_proof_close(proof *p);

/** Reading its numbers. False: there is none. */
bool rp_check_number(const uint8_t *bytes, size_t size, size_t *at,
                     uint64_t *value);
bool rp_check_signed(const uint8_t *bytes, size_t size, size_t *at,
                     int64_t *value);

/** Does the proof show that no input within the radius of x gets another class
 *  than the label? Errors: RP_E_INPUT: it does not, and where; RP_E_MEMORY. */
rp_status rp_check_proof(const net *n, const uint8_t *x, int32_t label,
                         int32_t radius, const proof *p, rp_error *err);

/* ---- files.c, h5.c, network.c, dataset.c, results.c ---- */

/** A file's bytes, and their SHA-256 in hex. Errors: RP_E_INPUT. */
typedef struct blob {
  uint8_t *bytes;
  size_t size;
  char sha256[65];
} blob;
rp_status rp_check_read(const char *file, blob *b, rp_error *err);
/** Unpack a gzipped blob in place; others stay. Errors: RP_E_INPUT. */
rp_status rp_check_gunzip(const char *file, blob *b, rp_error *err);
/** Inflate zlib's stream. Errors: RP_E_INPUT, RP_E_MEMORY. */
rp_status rp_check_inflate(const uint8_t *from, size_t size, bool gzip,
                           blob *to, rp_error *err);

typedef int64_t h5id; /* hid_t, so that one file alone knows HDF5's headers */
enum { H5_MOST = 1 << 30 };
/** Open a file's bytes, which must stay. Errors of all: RP_E_INPUT. */
rp_status rp_check_h5_open(const char *file, const blob *b, h5id *id,
                           rp_error *err);
rp_status rp_check_h5_child(h5id parent, const char *name, h5id *id,
                            rp_error *err); /* group or dataset */
void rp_check_h5_close(h5id id);
bool rp_check_h5_has(h5id object, const char *attribute);
rp_status rp_check_h5_text(h5id object, const char *name, char text[512],
                           rp_error *err);
rp_status rp_check_h5_int(h5id object, const char *name, int64_t *value,
                          rp_error *err);
/** A list of names, each at most 511 long; count at most 1024. */
rp_status rp_check_h5_names(h5id object, const char *name, char (**names)[512],
                            int32_t *count, rp_error *err);
int64_t rp_check_h5_links(h5id group);
/** A whole array, as int64, float or bytes; its shape in dims[rank]. */
typedef enum h5kind { H5_INT64, H5_FLOAT, H5_UINT8 } h5kind;
rp_status rp_check_h5_array(h5id parent, const char *name, h5kind kind,
                            int32_t *rank, int64_t dims[8], void **data,
                            rp_error *err);

/** Columns of a table as records: texts of 16 bytes, numbers int64. */
typedef struct column {
  const char *name;
  bool text;
} column;
rp_status rp_check_h5_table(h5id parent, const char *name, const column *c,
                            int32_t n_columns, void **rows, int64_t *n,
                            rp_error *err);

/** Where a results file says its inputs are. */
typedef struct sources {
  char network[512], dataset[512], labels[512], proofs[512];
  char network_format[512], dataset_format[512], x_name[512], y_name[512];
  char network_sha256[512], dataset_sha256[512], labels_sha256[512];
  char evidence[512];
  int64_t input_bits, bits, radius_cap, n_in, in_hi;
} sources;

rp_status rp_check_network(const sources *s, net *n, rp_error *err);
rp_status rp_check_dataset(const sources *s, const net *n, dataset *d,
                           rp_error *err);

enum { TEXT_SIZE = 16 };
typedef struct query_row {
  int64_t sample, label, radius;
  char verdict[TEXT_SIZE], evidence[TEXT_SIZE];
  int64_t distance, counterexample;
} query_row;

typedef struct radius_row {
  int64_t sample, label, lo, hi;
  char verdict[TEXT_SIZE];
  int64_t counterexample;
} radius_row;

typedef struct results {
  sources sources;
  query_row *query;
  radius_row *radius;
  uint8_t *example; /* [n_examples][n_in] */
  int64_t n_queries, n_radii, n_examples;
} results;
rp_status rp_check_results(const char *file, results *r, rp_error *err);

/* ---- store.c: the file of proofs ---- */

typedef struct block {
  int64_t sample;
  uint64_t attempt;
  int32_t radius, index;
  bool last;
  size_t at, size; /* its bytes in the file */
} block;

typedef struct store {
  blob file;
  block *block; /* sorted */
  int64_t n;
} store;

/** No file is an empty store. Errors: RP_E_INPUT: not that of this network, or
 *  damaged. */
rp_status rp_check_store_open(const sources *s, store *st, rp_error *err);
void rp_check_store_close(store *st);
/** The next whole proof of a sample at a radius or a greater one, from block
 *  *from on; *from moves behind it. False: there is none.
 *  @param bytes  out, malloc'ed, still deflated */
bool rp_check_store_find(const store *st, int64_t sample, int32_t radius,
                         int64_t *from, blob *bytes, int32_t *found_radius);

/* ---- rows.c: the tables' claims ---- */

typedef struct totals {
  int64_t proved, refuted, wrong_class, unproved, open, failed;
  int64_t steps, nodes, bytes;
} totals;

typedef struct claims {
  net net;
  dataset data;
  results results;
  store store;
  totals totals;
} claims;

/** Read everything. `s` replaces what is not empty in it.
 *  Errors: RP_E_INPUT, RP_E_MEMORY; free in any case. */
rp_status rp_check_load(const char *file, const sources *s, claims *c,
                        rp_error *err);
void rp_check_unload(claims *c);
/** Check row i of queries and radii together; a failure is one line. */
void rp_check_row(claims *c, int64_t i);

#endif
