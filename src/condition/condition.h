/* Conditions: what the outputs of a counterexample look like.
 *
 * Robustness asks for an input that is not classified as its label. A condition
 * asks for other inputs instead:
 *
 *   class 8                          it is classified as 8
 *   each class                       it is classified as the target that the
 *                                    question names
 *   not in top 3                     three other classes at least beat the
 *                                    label, where the first of equals wins
 *   y0 - 2 y3 >= 5 and y1 < 0 or y2 > 7
 *                                    its outputs are such: a disjunction of
 *                                    conjunctions of linear constraints
 *
 * Outputs are the activations of the network's last block, whole numbers; y0 is
 * the first. All arithmetic is exact. */
#ifndef RAMPART_CONDITION_CONDITION_H
#define RAMPART_CONDITION_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "condition/decimal.h"
#include "core/options.h"
#include "rampart/status.h"

typedef enum rp_condition_kind {
  RP_CONDITION_ROWS,
  RP_CONDITION_CLASS,
  RP_CONDITION_TOP,
  RP_CONDITION_EACH /* becomes a class by rp_condition_choose */
} rp_condition_kind;

enum {
  RP_MOST_CONSTRAINTS = 1 << 14,
  RP_MOST_SUMMANDS = 1 << 20,
  RP_CONDITION_SIZE = RP_PROPERTY_SIZE /* of a text, with its zero */
};

typedef struct rp_summand {
  int32_t output;
  int64_t factor;
} rp_summand;

/** The sum of some summands is at least `least`. */
typedef struct rp_constraint {
  int32_t clause;   /* a clause is met if all its constraints are */
  int32_t first, n; /* its summands; outputs rise */
  int64_t least;
} rp_constraint;

typedef struct rp_condition {
  rp_condition_kind kind;
  int32_t number;    /* the class, or k of "top k" */
  int32_t n_clauses; /* it is met if one of them is */
  int32_t n_constraints, n_summands;
  rp_constraint *constraint; /* [n_constraints], clause after clause */
  rp_summand *summand;       /* [n_summands] */
  int32_t summand_room;
} rp_condition;

/** Create a condition of a class or of the top k.
 *  Errors: RP_E_MEMORY. */
rp_status rp_condition_create(rp_condition_kind kind, int32_t number,
                              rp_condition **condition, rp_error *err);
void rp_condition_free(rp_condition *condition); /* NULL is fine */

/** "Each class" becomes the condition of one; others are left as they are.
 * Before this, `each class` can neither be met nor be compiled.
 *  @param target  the class */
void rp_condition_choose(rp_condition *condition, int32_t target);

/** Read a property: a condition that is never met, as above, with or without
 *  the word "never" before it; or what always holds:
 *
 *   always in top 3
 *   always y0 - 2 y3 <= 5 and y1 >= 0
 *
 *  Constraints compare two sums of numbers and of outputs, each with a factor
 *  or without, by <=, <, >=, > or =. Numbers are decimal.
 *  Errors: RP_E_INPUT with the place in the text; RP_E_MEMORY. */
rp_status rp_condition_read(const char *text, rp_condition **condition,
                            rp_error *err);

/** Read a property as people give it: as above, but one of the words "never"
 * and "always" comes first, because a text without either could mean both.
 *  Errors: those of rp_condition_read. */
rp_status rp_property_read(const char *text, rp_condition **condition,
                           rp_error *err);

/** Write a condition, so that equal ones have equal texts, and reading gives
 *  the same condition.
 *  @param text  out, [RP_CONDITION_SIZE]
 *  Errors: RP_E_INPUT if it is too long. */
rp_status rp_condition_write(const rp_condition *condition, char *text,
                             rp_error *err);

/** Read a property and write it.
 *  @param written  out, [RP_CONDITION_SIZE]
 *  Errors: those of both. */
rp_status rp_condition_rewrite(const char *text, char *written, rp_error *err);

/** As rp_condition_rewrite, for a property as people give it. */
rp_status rp_property_rewrite(const char *text, char *written, rp_error *err);

/** Has a network so many outputs?
 *  Errors: RP_E_INPUT with what was expected and found. */
rp_status rp_condition_check(const rp_condition *condition, int32_t n_out,
                             rp_error *err);

/** Is it met by these outputs? The plain definition, which counterexamples are
 *  replayed with.
 *  @param out    [n_out]
 *  @param label  of the sample */
bool rp_condition_is_met(const rp_condition *condition, const int32_t *out,
                         int32_t n_out, int32_t label);

/** Is there nothing to decide about a sample with these outputs, because it is
 *  classified wrongly (where a class is asked for) or meets the condition
 *  itself? */
bool rp_condition_is_void(const rp_condition *condition, const int32_t *out,
                          int32_t n_out, int32_t label);

/** Does the label matter? Where it does not, any will do. */
bool rp_condition_has_label(const rp_condition *condition);

/* ---- built constraint by constraint ---- */

/** One side of a constraint: factors of outputs and a number. Zero-initialized:
 *  0. Freed by rp_sum_fini. */
typedef struct rp_sum {
  int32_t n, capacity;
  struct rp_sum_part {
    int32_t output;
    rp_decimal factor;
  } * part;
  rp_decimal number;
} rp_sum;

/** Add factor * output; with output -1, the number itself.
 *  Errors: RP_E_INPUT if a number does not fit; RP_E_MEMORY. */
rp_status rp_sum_add(rp_sum *sum, int32_t output, rp_decimal factor,
                     rp_error *err);
void rp_sum_fini(rp_sum *sum);

/** Append `sum >= 0`, or `sum > 0`, to a clause of a condition of constraints.
 *  @param clause  the last one, or the one after it
 *  Errors: RP_E_INPUT if it has no exact whole numbers of 64 bits, or if there
 *  are too many; RP_E_MEMORY. */
rp_status rp_condition_add(rp_condition *condition, int32_t clause,
                           const rp_sum *sum, bool is_strict, rp_error *err);

#endif
