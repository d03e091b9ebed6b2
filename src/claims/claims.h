/* The claims of a results file and what they are about, as integers: the
 * network, samples and labels, rows, counterexamples, and the bytes of proofs.
 *
 * The readers share nothing with the engine but printable text. They check that
 * a file says one thing, all of it, and nothing else; what it says is checked
 * in the room `check`. A file that cannot be used ends the process. Memory is
 * allocated only for data that were found to be in the file; if memory is
 * lacking, the process fails. Data and HDF5's handles are kept until it ends.
 */
#ifndef RAMPART_CLAIMS_CLAIMS_H
#define RAMPART_CLAIMS_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

typedef __int128 wide;
typedef char text[1024];

static const int64_t MOST_THRESHOLD = (int64_t)1 << 62;
enum { MOST_INPUTS = 1 << 24, ACC_LIMIT = 1 << 30 };

/* ---- networks ---- */

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
/** What a radius measures: the greatest change of an input, the sum of all
 *  changes, or the number of inputs that change; or of a family of images, what
 *  is added to all inputs, or by how many percent they are stretched at most.
 *  And the greatest radius, of balls in L1 and L0, and of all others. */
typedef enum measure { LINF, L1, L0, BRIGHTNESS, CONTRAST } measure;
enum { MOST_RADIUS = 4095, MOST_RADIUS_LINF = 255 };
static inline bool rp_check_is_family(measure m) {
  return m == BRIGHTNESS || m == CONTRAST;
}

typedef struct net {
  int32_t n_blocks, n_in, in_hi; /* inputs are in 0..in_hi */
  int32_t in_lo, in_zero; /* what input 0 is in files; what terms see as 0 */
  int32_t in_channels;    /* of an image, which come last; else 1 */
  int32_t image[3];       /* its rows, columns and channels; or zeros */
  float in_step;        /* what a step of an input is in reals; 0: not known */
  char in_rounding[32]; /* how reals become inputs, as the file says it */
  char profile[32];     /* with which another file became this one, or empty */
  char source_sha256[65]; /* of that file, or empty */
  block *block;           /* a source comes before its readers */
  measure norm; /* of all claims about it; of families LINF, as they are about
                   points */
  /* Set by rp_check_prepare: */
  int32_t n_out, n_vars;
  int32_t *of; /* [n_vars] a variable's block; -1: it is an input */
  char why[128];
} net;

/** The number of inputs, or of a block's neurons, and the first variable. */
static inline int32_t rp_check_count(const net *n, int32_t source) {
  return source < 0 ? n->n_in : n->block[source].n_out;
}
static inline int32_t rp_check_first(const net *n, int32_t source) {
  return source < 0 ? 0 : n->block[source].first;
}

/** The neuron of an accumulator. */
static inline int32_t rp_check_owner(const block *b, int32_t accumulator) {
  return b->owner ? b->owner[accumulator] : accumulator;
}

/* ---- results ---- */

typedef struct row {
  int64_t sample, label;
  int64_t target; /* the class asked about, if results have targets; of a patch
                     the place */
  int64_t lo;     /* of a search; the radius of a query */
  int64_t hi, distance, counterexample;
  char verdict[16], reason[16], evidence[16]; /* of a search no evidence */
} row;

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

/** The files that belong to results. */
enum { NETWORK, DATASET, LABELS, PROOFS, N_FILES };

/** HDF5 over the bytes of a file. */
typedef struct h5 {
  int64_t id;
  const char *file; /* its name */
} h5;

typedef struct results {
  h5 f;
  uint8_t digest[32]; /* SHA-256 of the file's content, unpacked */
  text network_sha256;
  int32_t questions;       /* that had to be asked; 0: not known */
  const char *by[N_FILES]; /* override the names in the results; NULL: do not */
  bool quiet;              /* another process warns about the same files */
  int32_t version;         /* of the format */
  bool full;               /* evidence full */
  text property;           /* of the outputs; "": the class stays */
  int32_t targets;         /* classes, if each is asked about; else 0 */
  int32_t patch, places;   /* size of the patch that may change, and of how
                              many places rows are; else 0 */
  measure norm;            /* of all radii */
  int32_t cap;             /* of searches */
  row *query, *search;
  int64_t *example; /* [n_examples][n_in] */
  int64_t n_queries, n_searches, n_examples, n_in;
  int64_t *box[2]; /* [n_boxes][n_in] least and greatest values of inputs; the
                      least above the greatest: the sample's */
  int64_t n_boxes; /* 0: none; 1: of all samples; else of each */
  blob proofs;     /* content of the file */
} results;
/** Read a results file. @param r  in: `by`, `quiet` */
void rp_check_read_results(const char *file, results *r);
/** Read the streams about a row's sample at radius lo or more, sorted by name,
 * to be freed by the caller. */
stream *rp_check_read_streams(const results *r, const row *about,
                              int64_t *count);

/* ---- properties of outputs ---- */

/** Sums of weighted outputs that are at least a number each; clause after
 *  clause, of which one must be met by all its sums. */
typedef struct constraints {
  int32_t n, n_clauses, n_out;
  int16_t *w; /* [n][n_out] */
  int64_t *least;
  int32_t *clause;
} constraints;
/** Append one, to the last clause or to a new one. Returns its weights, zeros;
 *  NULL: there are too many. */
int16_t *rp_check_add_row(constraints *r, int32_t clause, int64_t least);
/** Read them. False: the text is none, or about other outputs. */
bool rp_check_read_rows(const char *at, constraints *r);

/* ---- what results name ---- */

/** Read the network. Whether its blocks fit together is not checked here.
 *  @param file  out, its name */
void rp_check_read_network(const results *r, net *n, text file);
typedef struct array {
  int64_t *at, n, dim; /* [n][dim] whole numbers, or packed reals */
} array;
/** Arrays of NumPy: an npy file, and a member of an npz archive. False: it is
 * none, or its numbers are not whole.
 * @param reals  numbers of any kind, packed */
bool rp_check_read_npy(blob b, bool reals, array *a);
bool rp_check_read_npz(blob zip, const char *name, bool reals, array *a);
/** A real number as a whole one: its bits in binary32.
 *  False: it is beyond the range of binary32. */
bool rp_check_pack_real(double real, int64_t *packed);
double rp_check_unpack_real(int64_t packed);
/** The input 0..in_hi that a packed real becomes, as docs/formats.md has it.
 *  Range: the network has a step. */
int64_t rp_check_quantize(const net *n, int64_t packed);
/** Read samples and labels. */
void rp_check_read_dataset(const results *r, const net *n, array *x, array *y);

/* ---- claims as text, which rampart-verified-check reads (docs/claims.md) ----
 */

typedef struct assertion {
  char name[64]; /* of its files */
  int64_t sample, label, radius;
  int64_t number; /* of the image in a family, from 1; else 0 */
  int32_t n_in;
  const int32_t *x;      /* [n_in] the sample, or its image */
  const int32_t *box[2]; /* [n_in] in place of the radius, or NULL */
  const char *verdict;
  const int64_t *counterexample; /* [n_in], or NULL */
  const stream *streams;         /* [n_streams] by name */
  int64_t n_streams;
} assertion;
/** The network comes last in a folder: it says that all was written.
 *  @param is_new  the folder must not exist */
void rp_check_create_folder(const char *folder, bool is_new);
void rp_check_write_network(const char *folder, const char *sha256,
                            const net *n);
void rp_check_write_claim(const char *folder, const char *sha256,
                          const assertion *a);

/* ---- the process ---- */

enum { FAILED = 1, BAD_INPUT, UNPROVED }; /* exit statuses */
_Noreturn void rp_check_stop(const char *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Whether a name matches one of the words, as FIELD_3_NAME matches
 * FIELD_*_NAME in "CLASS FIELD_*_NAME". */
bool rp_check_is_one_of(const char *name, const char *words);
/** Allocate zeroed memory, and resize it. The process ends if that fails. */
void *rp_check_alloc(size_t count, size_t size);
void *rp_check_resize(void *memory, size_t bytes);

#endif
