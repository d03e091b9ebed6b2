/* rampart-check: checks the claims of a results file.
 *
 * This program is written to be read. This room decides: given a network,
 * samples, rows and the bytes of proofs as integers, it has all that says
 * whether a claim holds. The room `claims` reads these from files; `--claims`
 * shows what it has read. Both share nothing with the engine but rp_status,
 * printable text and a macro for vector loops, and compute only in integers.
 * docs/evidence.md has the rules of proofs and says why they are sound. */
#ifndef RAMPART_CHECK_CHECK_H
#define RAMPART_CHECK_CHECK_H

#include "claims/claims.h"
#include "core/vector.h"
#include "rampart/status.h"

/* Ranges. Every accumulator, and every partial sum of one, is proved to stay
 * within ACC_LIMIT over the whole input range: intervals fit int32. The weights
 * that read one neuron sum to at most COLUMN_LIMIT, and multipliers are below
 * 2^31: mu is at most 2^62, to which the cuts of a step add at most 2^61;
 * terms of a bound are below 2^95, and those of 2^31 accumulators fit 128 bits.
 */
enum { MOST_STEPS = 1 << 16 };
enum { MOST_FRACTION = 40, MOST_SLOPE_BITS = 40, MOST_SLOPE_FRACTION = 30 };
enum { MOST_CUTS = 512, MOST_CUT_UNIT = 1 << 21 };
static const int64_t COLUMN_LIMIT = (int64_t)1 << 31;

/* ---- network.c: the network, and regions ---- */

/** Number the variables, list the rows and prove the ranges. Whatever reads or
 *  builds a network ends here.
 *  Returns NULL, or what is wrong: blocks do not fit together, or exceed a
 *  limit. */
const char *rp_check_prepare(net *n);
/** Compute the class of x [n_in], each in 0..in_hi: the first greatest output.
 */
int32_t rp_check_predict(const net *n, const int32_t *x);

int32_t rp_check_apply_stair(const stair *s, int64_t z);
/** The least z with sigma(z) >= v. Up to lo that is every z, above hi none. */
int64_t rp_check_threshold(const stair *s, int64_t v);

/** Intervals of all variables, none of which is empty. */
typedef struct region {
  int32_t *lo, *hi;      /* [n_vars] inclusive */
  int32_t stale;         /* first block whose intervals are out of date */
  const int32_t *centre; /* [n_in] of a ball; NULL: the box says everything */
  int32_t radius;        /* of it, in the network's norm */
} region;
region *rp_check_copy_region(const net *n, const region *from); /* a copy */
/** All inputs within a radius of x, in the network's norm, or of 0 without x.
 *  @param x  borrowed for the life of the region and its copies, or NULL */
region *rp_check_make_ball(const net *n, const int32_t *x, int32_t radius);
/** Intersect a variable's interval with lo..hi. False: it is empty. */
bool rp_check_cut(const net *n, region *r, int32_t variable, wide lo, wide hi);
/** Bring the intervals up to date, to this block. False: one is empty. */
bool rp_check_propagate(const net *n, region *r, int32_t last);

/* ---- ball.c: balls in L1 and L0 ---- */

/** Cut the box to what the ball leaves of it. False: they have no common point.
 *  True without a ball. */
bool rp_check_shrink(const net *n, region *r);
/** Find the greatest sum of c x over the box and the ball that the region must
 *  have. If they have no common point any number is right.
 *  @param c      [n_in]
 *  @param price  out, of a unit of the radius
 *  @param worth  out, [n_in] what each input is worth at most; or NULL */
wide rp_check_bound_inputs(const net *n, const region *r, const int64_t *c,
                           wide *price, wide *worth);
/** Cut an input to the values that are worth `need` at a price. False: there
 * are none. */
bool rp_check_tighten_input(const net *n, region *r, int32_t p, int64_t c,
                            wide price, wide need);

/* ---- part.c: parts of the property ---- */

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

/* ---- bound.c: steps of proofs ---- */

enum { CLOSE = 1, TIGHTEN, ABOVE, BELOW, SLOPES, BOUNDS, CUTS };

typedef struct span {
  int32_t from, to;
} span;

/** A cut: with sg 1 or -1, and rho the row of an accumulator at some inputs and
 *  0 elsewhere, unit sg sigma(z) <= sg rho x + f. The region says what f is. */
typedef struct cut {
  int32_t v; /* the accumulator's variable */
  int32_t sign, unit;
  int64_t from;    /* the first z of the high side */
  uint8_t *chosen; /* [n_in] 1 where rho has the row's weight */
} cut;

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
  /* Cuts of the proof so far, and from CUTS to the next step those in use. */
  cut *cut;
  int64_t n_cuts, first_cut; /* of all streams; before this one */
  int32_t n_uses;
  const cut *use[MOST_CUTS];
  int64_t pi[MOST_CUTS];
  /* Of the objective: variables and weights; -1: there is none. */
  int32_t at_weight[2];
  int64_t weight[2];
  int64_t *mu; /* [n_vars] of inputs, and of neurons from each block's first
                  variable on; 0 but in `seen` */
  span *seen;  /* [1 + n_blocks] inputs and neurons, from the first of each */
  wide *term;  /* [n_vars] of inputs and accumulators, but those of maxima */
  wide price;  /* of a unit of the ball's radius, if there is one */
} step;
void rp_check_init_step(const net *n, step *s);
void rp_check_fini_step(step *s);
/** Forget all slopes. */
void rp_check_begin_record(const net *n, step *s);
/** Apply a step. False: no input of the region belongs to the part. */
bool rp_check_apply_step(const net *n, const part *p, step *s, region *r);

/* ---- proof.c ---- */

/** The inputs that a claim is about: those of a ball, or the part of it that is
 *  in a box. */
typedef struct ball {
  const int32_t *x;      /* [n_in] its centre */
  const int32_t *box[2]; /* [n_in] least and greatest values; NULL: no box */
} ball;

/** As rp_check_proof, about inputs that are also in the box. */
rp_status rp_check_proof_in(const net *n, const ball *within, int32_t label,
                            stream *s, int64_t count, rp_error *err);

/** Check that the first stream, with the subproblems of it among the others,
 * proves that no input within its radius of x has another class.
 *  @param s  [count] by name
 *  Errors: RP_E_INPUT. */
rp_status rp_check_proof(const net *n, const int32_t *x, int32_t label,
                         stream *s, int64_t count, rp_error *err);

/** A proof, to be freed by the caller, that single inputs have a class: every
 *  part of every rival ends at once, so that the inputs are run. */
blob rp_check_prove_point(const net *n, int32_t label);

/* ---- property.c: what is asked in place of the class ---- */

/** Append the blocks of a property: output 0 is then 0, and another output 1
 *  for inputs that break the property, which so are of another class than 0.
 *  @param base   the network, prepared
 *  @param asked  in: the same as it was read; out: prepared, with more blocks
 *  Returns NULL, or what is wrong. */
const char *rp_check_ask(const net *base, const char *property, int32_t label,
                         net *asked);
/** Whether the property is that a class is never predicted, and which. */
bool rp_check_find_class(const char *property, int32_t *class);

/* ---- patch.c: a patch at any place ---- */

/** The places of a square of inputs in the network's image; 0: it does not fit,
 *  or there is no image. A place is the number of its first corner, row by row.
 */
int32_t rp_check_count_places(const net *n, int32_t patch);
bool rp_check_is_in_patch(const net *n, int32_t patch, int64_t place,
                          int32_t input);
/** Whether the rows of row i's sample are about all places, each exactly once
 * at the same radii. Asked of the first of them; of others it is true. */
bool rp_check_has_all_places(const results *r, int64_t i);
/** Count what queries say of samples, at each radius: refuted at a place,
 *  neither, robust at all places.
 *  @param state  of every query: 1 robust, -1 refuted, 0 neither, UNSEEN */
enum { UNSEEN = -2 };
void rp_check_join_places(const results *r, const int8_t *state,
                          long long of[3]);

/* ---- images.c: families of images ---- */

/** Visit all images that a sample has in a family within a radius, the sample
 *  among them; some come twice. False: the visitor ended it. */
bool rp_check_visit_images(const net *n, measure of, const int32_t *x,
                           int64_t radius,
                           bool (*visit)(void *context, const int32_t *image),
                           void *context);
/** The least radius at which an image is in the family, 0..MOST_RADIUS_LINF;
 *  -1: it
 *  is in none. */
int64_t rp_check_find_radius(const net *n, measure of, const int32_t *x,
                             const int32_t *image);

/* ---- task.c: what the rows of results are about ---- */

/** What is to be checked, and what it is about. */
typedef struct task {
  int64_t sample;     /* only this sample; -1: all */
  const char *folder; /* write the claims here; NULL: check them */
  results results;
  net net;
  net *asked; /* [n_asked] with the blocks of the property: of the label or the
                 target, or one for all; none: the class is asked for */
  int32_t n_asked;
  array data, labels;
} task;
/** Read the results and what they name, of which files may replace some.
 *  @param t  in: sample, folder, results.by, results.quiet */
void rp_check_read_task(const char *file, task *t);

/** The greatest radius that results may name. */
int32_t rp_check_find_most_radius(const results *r);

/* ---- rows.c: what the rows claim ---- */

/** Rows are numbered: queries first, then searches. */
static inline int64_t rp_check_count_rows(const results *r) {
  return r->n_queries + r->n_searches;
}
static inline const row *rp_check_get_row(const results *r, int64_t i) {
  return i < r->n_queries ? &r->query[i] : &r->search[i - r->n_queries];
}

/** What is counted: proofs, counterexamples, rows. */
enum {
  PROVED,
  REFUTED,
  MISCLASSIFIED,
  UNKNOWN,
  BARE,
  FALSE,
  CLOSED,
  AT_LEAST,
  WRITTEN,
  N_COUNTS
};
/** What came of a row's claims, of which it makes at most two. */
enum { MOST_CLAIMS = 2, MOST_LINE = 640 };
typedef struct finding {
  int64_t row;
  int32_t n[N_COUNTS];
  char text[MOST_CLAIMS * MOST_LINE]; /* a line for each claim that failed */
} finding;
/** Check or write the claims of a row. */
void rp_check_row(const task *t, int64_t i, finding *found);
/** Write the networks to the folders that have claims. A folder without any is
 *  removed. */
void rp_check_finish_claims(const task *t);

/* ---- tally.c: every row is checked exactly once ---- */

/** The findings so far, printed in the order of rows whoever found them. */
typedef struct rp_check_tally {
  const task *task;
  int64_t n_rows, next, printed; /* the first not given, not printed */
  int32_t *holder;               /* [n_rows] who checks it, or below 0 */
  char **text;                   /* [n_rows] to be printed, or NULL */
  int8_t *state; /* [n_rows] 1 proved, -1 refuted, 0 neither, UNSEEN */
  long long n[N_COUNTS];
} rp_check_tally;
void rp_check_begin_tally(const task *t, rp_check_tally *y);
/** Give the next row to one of those who check. Returns -1: none is left.
 *  This and rp_check_take_finding may be called from several threads. */
int64_t rp_check_give_row(rp_check_tally *y, int32_t holder);
/** Take what came of it. False: the holder was not given that row, or has
 *  answered before, or the finding is none. */
bool rp_check_take_finding(rp_check_tally *y, int32_t holder,
                           const finding *found);
/** Print the counts. Returns the exit status; it is FAILED, with no counts, if
 *  a row was not checked. */
int rp_check_end_tally(rp_check_tally *y);

/** Check rows as `holder` 0 until none is left. */
void rp_check_remaining_rows(rp_check_tally *y);
/** Check or write the claims of all rows. Prints a line for each that fails,
 *  and the counts. Returns the exit status. */
int rp_check_rows(const task *t, int jobs);

/* ---- program.c: the command line ---- */

typedef struct rp_check_options {
  int64_t jobs;
  int64_t seconds;   /* time limit; 0: none */
  int64_t mebibytes; /* of memory; 0: half of the machine's */
  int32_t sharers;   /* processes that share that half */
} rp_check_options;
/** Set the limits, then read the task. */
void rp_check_read_within_limits(const char *file, const rp_check_options *o,
                                 task *t);

/** Reads the task and checks its rows. Returns the exit status. */
typedef int rp_check_work(const char *file, const rp_check_options *o, task *t);
/** Parse the command line and do the work in a child process. Returns the exit
 *  status. */
int rp_check_start(int argc, char **argv, rp_check_work *work);

#endif
