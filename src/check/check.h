/* rampart-check: checks the claims of a results file.
 *
 * This program is written to be read. It shares nothing with the engine but
 * rp_status, printable text and a macro for vector loops. It has its own
 * readers of networks, datasets, results and proofs, and computes only in
 * integers. docs/evidence.md has the rules of proofs and says why they are
 * sound. Memory is allocated only for data that were found to be in the file;
 * if memory is lacking, the check fails. */
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
 * within ACC_LIMIT over the whole input range: intervals fit int32. The weights
 * that read one neuron sum to at most COLUMN_LIMIT, and multipliers are below
 * 2^31: mu is at most 2^62, terms of a bound are below 2^94, and those of 2^31
 * accumulators fit 128 bits. */
static const int64_t MOST_THRESHOLD = (int64_t)1 << 62;
enum { MOST_INPUTS = 1 << 24, ACC_LIMIT = 1 << 30, MOST_STEPS = 1 << 16 };
enum { MOST_FRACTION = 40, MOST_SLOPE_BITS = 40, MOST_SLOPE_FRACTION = 30 };
static const int64_t COLUMN_LIMIT = (int64_t)1 << 31;

/** sigma(z): z rounded to a multiple of 2^shift (half up), divided by it, and
 *  clipped to lo..hi; or with thresholds, lo plus the number of those that are
 *  at most z. */
typedef struct stair {
  int32_t lo, hi, shift;
  int64_t *threshold; /* [hi - lo] ascending; NULL: rounded */
} stair;

enum { DENSE, CONV, SELECT };

/** A convolution in two dimensions: height, width, and channels, which come
 *  last. */
typedef struct shape {
  int32_t in[3], out[3], kernel[2], stride[2], dilation[2];
  int32_t pad[2]; /* at the top and on the left */
  int32_t groups;
} shape;

/** A summand of a block's accumulators: a linear operator on a block below. */
typedef struct term {
  int32_t source; /* a block below; -1: the input */
  int32_t kind, n_in;
  shape shape;    /* CONV */
  int32_t *index; /* SELECT: [rows] the column; -1: none */
  int16_t *w;     /* DENSE [rows][n_in]; SELECT [rows];
                     CONV [out[2]][kernel[0]][kernel[1]][in[2] / groups] */
} term;

/** A part of a row: weights of neighbouring neurons or inputs. */
typedef struct run {
  int32_t first; /* a neuron's number: its block's first, plus its own */
  int32_t n;
  const int16_t *w; /* [n] */
} run;

/** z = b + the sum of all terms; a = sigma(z). With maxima, a neuron is sigma
 * of the greatest of its accumulators. */
typedef struct block {
  int32_t n_out, n_acc; /* neurons, accumulators */
  int32_t n_terms, n_stairs;
  term *term;
  int64_t *b;     /* [n_acc] */
  stair *stair;   /* [n_stairs]: neuron i has stair[i % n_stairs] */
  int32_t *owner; /* [n_acc] the neuron; NULL: no maxima, n_acc is n_out */
  bool folds;     /* channels that are constant may leave the ranges */
  /* Set by rp_check_prepare: */
  int32_t first;   /* its first variable */
  stair *own;      /* [n_out] those of the neurons */
  int32_t *begin;  /* [n_out + 1] of each neuron's accumulators */
  int32_t *member; /* [n_acc] variables, neuron by neuron; begin's memory */
  bool *folded;    /* [n_acc] constant: it has no runs */
  size_t *row;     /* [n_acc + 1] of each accumulator's runs; others are 0 */
  run *run;        /* [row[n_acc]] */
} block;

/** Variables are numbered: inputs first, then accumulators block by block. */
typedef struct net {
  int32_t n_blocks, n_in, in_hi; /* inputs are in 0..in_hi */
  int32_t in_lo, in_zero; /* what input 0 is in files; what terms see as 0 */
  block *block;           /* a source comes before its readers */
  /* Set by rp_check_prepare: */
  int32_t n_out, n_vars;
  int32_t *of; /* [n_vars] a variable's block; -1: it is an input */
  char why[128];
} net;

/** Allocate zeroed memory, and resize it. The process ends if that fails. */
void *rp_check_alloc(size_t count, size_t size);
void *rp_check_resize(void *memory, size_t bytes);

/* ---- network.c: the network, and regions ---- */

/** Number the variables, list the rows and prove the ranges. Whatever reads or
 *  builds a network ends here.
 *  Returns NULL, or what is wrong: blocks do not fit together, or exceed a
 *  limit. */
const char *rp_check_prepare(net *n);
/** Compute the class of x [n_in], each in 0..in_hi: the first greatest output.
 */
int32_t rp_check_predict(const net *n, const int32_t *x);

/** The number of inputs, or of a block's neurons, and the first variable. */
int32_t rp_check_count(const net *n, int32_t source);
int32_t rp_check_first(const net *n, int32_t source);
/** The neuron of an accumulator. */
int32_t rp_check_owner(const block *b, int32_t accumulator);

int32_t rp_check_apply_stair(const stair *s, int64_t z);
/** The least z with sigma(z) >= v. Up to lo that is every z, above hi none. */
int64_t rp_check_threshold(const stair *s, int64_t v);

/** Intervals of all variables, none of which is empty. */
typedef struct region {
  int32_t *lo, *hi; /* [n_vars] inclusive */
  int32_t stale;    /* first block whose intervals are out of date */
} region;
region *rp_check_copy_region(const net *n, const region *from); /* a copy */
region *rp_check_make_ball(const net *n, const int32_t *x, int32_t radius);
/** Intersect a variable's interval with lo..hi. False: it is empty. */
bool rp_check_cut(const net *n, region *r, int32_t variable, wide lo, wide hi);
/** Bring the intervals up to date, to this block. False: one is empty. */
bool rp_check_propagate(const net *n, region *r, int32_t last);

/* ---- bound.c: the property, and steps of proofs ---- */

/** A part of the property: one of at most three ways for a rival to win. */
typedef struct part {
  int32_t y, j;     /* variables: last accumulators of label and rival */
  int32_t delta;    /* steps by which the rival's output must be ahead */
  char kind;        /* 'A', 'B', 'C' */
  int64_t c_y, c_j; /* the objective is c_j z_j - c_y z_y */
  wide threshold;   /* of the part's objective */
  bool is_here;     /* found in the proof */
} part;
int32_t rp_check_make_parts(const net *n, int32_t label, int32_t rival,
                            part p[3]);
/** Give part A other weights, and the threshold that belongs to them. */
void rp_check_weigh_part(const net *n, int64_t c_y, int64_t c_j, part *p);

/** Bring all intervals up to date and apply the bounds of the part (may be
 * NULL). False: the region is empty. */
bool rp_check_settle(const net *n, const part *p, region *r);

enum { CLOSE = 1, TIGHTEN, ABOVE, BELOW, SLOPES, BOUNDS };

typedef struct span {
  int32_t from, to;
} span;

/** A step of a proof, and memory to apply it. */
typedef struct step {
  int32_t action, frac;
  int32_t at;      /* ABOVE, BELOW: the bounded variable */
  int32_t *lambda; /* [n_vars] unit 2^-frac; 0 for inputs */
  int32_t k;       /* BOUNDS: the block */
  int32_t *choice; /* [n_vars] of the block's rows: 1 above, 2 below */
  /* From SLOPES, until the record ends: */
  int32_t *slope[2]; /* [n_vars] where mu is negative, and where it is not */
  int32_t *bits;     /* [n_blocks] */
  bool has_slopes;   /* one was set */
  /* Of the objective: variables and weights; -1: there is none. */
  int32_t at_weight[2];
  int64_t weight[2];
  int64_t *mu; /* [n_vars] of inputs, and of neurons from each block's first
                  variable on; 0 but in `seen` */
  span *seen;  /* [1 + n_blocks] inputs and neurons, from the first of each */
  wide *term;  /* [n_vars] of inputs and accumulators, but those of maxima */
} step;
void rp_check_init_step(const net *n, step *s);
void rp_check_fini_step(step *s);
/** Forget all slopes. */
void rp_check_begin_record(const net *n, step *s);
/** Apply a step. False: no input of the region belongs to the part. */
bool rp_check_apply_step(const net *n, const part *p, step *s, region *r);

/* proof.c */
typedef struct blob {
  uint8_t *bytes;
  size_t size;
} blob;

/** A proof, or a subproblem that continues open nodes of another stream. */
typedef struct stream {
  uint64_t name, blocks; /* blocks found */
  int32_t radius;
  blob plain;    /* inflated; empty if damaged or incomplete */
  int64_t first; /* number of its first node; -1: not read */
  int64_t nodes; /* number of its nodes, after reading */
} stream;

/** Check that the first stream, with the subproblems of it among the others,
 * proves that no input within its radius of x has another class.
 *  @param s  [count] by name
 *  Errors: RP_E_INPUT. */
rp_status rp_check_proof(const net *n, const int32_t *x, int32_t label,
                         stream *s, int64_t count, rp_error *err);

/* ---- reading: a file that cannot be used ends the process. Data and HDF5's
 * handles are kept until the process ends. ---- */

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
enum { RATIO = 1100 }; /* limit for unpacking; that of deflate is 1032 */

/* h5.c: HDF5 over the bytes of a file. Objects are named by their paths. */
typedef struct h5 {
  int64_t id;
  const char *file; /* its name */
} h5;
h5 rp_check_h5_open(const char *file, blob b);
/** Stop if an object has other attributes than these or, as a group, other
 *  members, or one of them twice. Names are separated by spaces; FIELD_* is a
 *  pattern. */
void rp_check_h5_only(h5 f, const char *path, const char *attributes,
                      const char *members);
bool rp_check_h5_has(h5 f, const char *path, const char *attribute);
/** Count the members of a group; -1: there is none. */
int32_t rp_check_h5_members(h5 f, const char *path);
/** Whether there is such an object, of which the parents exist. */
bool rp_check_h5_contains(h5 f, const char *path);
/** Get the number of dimensions of an array; -1: there is none. */
int rp_check_h5_rank(h5 f, const char *path);
/** Count the arrays below a group, each once; -1: they cannot be counted. */
int64_t rp_check_h5_arrays(h5 f, const char *path);
/** Get the place of an object, the same for all paths that lead to it. */
uint64_t rp_check_h5_place(h5 f, const char *path);
/** Read attributes: one number up to ACC_LIMIT, 1..most numbers, one text,
 *  0..most texts. */
int32_t rp_check_h5_whole(h5 f, const char *path, const char *name);
int64_t rp_check_h5_wholes(h5 f, const char *path, const char *name,
                           int64_t most, int64_t *to);
void rp_check_h5_text(h5 f, const char *path, const char *name, text to);
int64_t rp_check_h5_texts(h5 f, const char *path, const char *name,
                          int64_t most, text *to);
/** Read a whole array as float or int64. It must have this rank (0: any); sizes
 *  beyond its rank are 1. */
void *rp_check_h5_array(h5 f, const char *path, bool is_float, int rank,
                        int64_t dims[MOST_DIMS]);

/** Whether a name matches one of the words, as FIELD_3_NAME matches
 * FIELD_*_NAME in "CLASS FIELD_*_NAME". */
bool rp_check_is_one_of(const char *name, const char *words);

enum { MOST_COLUMNS = 8 };

/** A column of a table, and the place of its values in a row. */
typedef struct column {
  const char *name;
  int to; /* in a row */
  bool is_text;
} column;
/** Read all rows of a table.
 *  @param c  [MOST_COLUMNS] all its columns */
row *rp_check_h5_table(h5 f, const char *path, const column *c, int64_t *n);

/* files.c */

/** The files that belong to results. */
enum { NETWORK, DATASET, LABELS, PROOFS, N_FILES };

typedef struct results {
  h5 f;
  const char *by[N_FILES]; /* override the names in the results; NULL: do not */
  int32_t version;         /* of the format */
  bool full;               /* evidence full */
  int32_t cap;             /* of searches */
  row *query, *search;
  int64_t *example; /* [n_examples][n_in] */
  int64_t n_queries, n_searches, n_examples, n_in;
  blob proofs; /* content of the file */
} results;
/** Read a results file. @param r  in: `by` */
void rp_check_read_results(const char *file, results *r);
/** Read a file that the results name, with the hash that they name; no bytes if
 *  they name none. */
blob rp_check_read_origin(const results *r, int which, text file);
/** Read the streams about a row's sample at radius lo or more, sorted by name,
 * to be freed by the caller. */
stream *rp_check_read_streams(const results *r, const row *about,
                              int64_t *count);

/* native.c */
/** Read one of Rampart's own network files. */
void rp_check_read_native(h5 f, net *n);

/* inputs.c */
void rp_check_read_network(const results *r, net *n);
typedef struct array {
  int64_t *at, n, dim; /* [n][dim] */
} array;
/** Read samples and labels. */
void rp_check_read_dataset(const results *r, const net *n, array *x, array *y);

/* claims.c: writes what rampart-verified-check reads (docs/claims.md) */
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
/** It must not exist. The network comes last: it says that all was written. */
void rp_check_create_folder(const char *folder);
void rp_check_write_network(const char *folder, const char *sha256,
                            const net *n);
void rp_check_write_claim(const char *folder, const char *sha256,
                          const assertion *a);

#endif
