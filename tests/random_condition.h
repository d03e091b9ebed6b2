/* Random conditions: as a text for the engine, and as numbers that the test
 * judges outputs by in its own plain way. */
#ifndef RAMPART_TESTS_RANDOM_CONDITION_H
#define RAMPART_TESTS_RANDOM_CONDITION_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "seeded.h"

enum { MOST_ROWS = 6, MOST_CLASSES = 8 };

typedef struct random_row {
  bool begins_clause;
  int32_t factor[MOST_CLASSES], bound;
  const char *sign; /* sum of factors times outputs, sign, bound */
} random_row;

typedef enum random_kind { ROWS, ALWAYS, CLASS, TOP } random_kind;

typedef struct random_condition {
  random_kind kind;
  int32_t number, n_rows, n_out;
  random_row row[MOST_ROWS];
  char text[1024];
} random_condition;

static inline void print_row(const random_row *row, int32_t n_out, char *to,
                             size_t size) {
  size_t used = 0;
  for (int32_t j = 0; j < n_out; j++)
    if (row->factor[j])
      used += (size_t)snprintf(to + used, size - used, "%s%d*y%d ",
                               row->factor[j] < 0 ? "- "
                               : used             ? "+ "
                                                  : "",
                               abs(row->factor[j]), j);
  if (!used) used = (size_t)snprintf(to, size, "0 ");
  snprintf(to + used, size - used, "%s %d", row->sign, row->bound);
}

/** About outputs of magnitude up to `reach`.
 *  @param label  of the sample, which is not asked for as a class */
static inline random_condition make_condition(rp_rng *rng, int32_t n_out,
                                              int32_t label, int32_t reach) {
  static const char *const signs[] = {"<=", ">=", "<", ">", "="};
  random_condition c = {.n_out = n_out};
  c.kind = (random_kind)rp_rng_below(rng, 4);
  if (c.kind == CLASS) {
    c.number = (int32_t)between(rng, 0, n_out - 2);
    c.number += c.number >= label;
    snprintf(c.text, sizeof c.text, "class %d", c.number);
  } else if (c.kind == TOP) {
    c.number = (int32_t)between(rng, 1, n_out - 1);
    snprintf(c.text, sizeof c.text, "not in top %d", c.number);
  } else {
    c.n_rows = (int32_t)between(rng, 1, MOST_ROWS);
    const bool all_single = rp_rng_below(rng, 2);
    snprintf(c.text, sizeof c.text, "%s",
             c.kind == ALWAYS       ? "always "
             : rp_rng_below(rng, 2) ? "never "
                                    : "");
    size_t used = strlen(c.text);
    for (int32_t i = 0; i < c.n_rows; i++) {
      random_row *const row = &c.row[i];
      row->begins_clause = i == 0 || all_single || rp_rng_below(rng, 3) == 0;
      for (int32_t j = 0; j < n_out; j++)
        if (rp_rng_below(rng, 2)) row->factor[j] = (int32_t)between(rng, -3, 3);
      row->sign = signs[rp_rng_below(rng, rp_rng_below(rng, 4) ? 4 : 5)];
      row->bound = (int32_t)between(rng, -3 * reach, 3 * reach);
      if (i > 0)
        used += (size_t)snprintf(
            c.text + used, sizeof c.text - used, "%s",
            c.kind == ALWAYS || !row->begins_clause ? " and " : " or ");
      print_row(row, n_out, c.text + used, sizeof c.text - used);
      used = strlen(c.text);
    }
  }
  return c;
}

static inline bool is_row_met(const random_row *row, const int32_t *out,
                              int32_t n_out) {
  int64_t sum = 0;
  for (int32_t j = 0; j < n_out; j++) sum += (int64_t)row->factor[j] * out[j];
  switch (row->sign[0]) {
  case '<':
    return row->sign[1] ? sum <= row->bound : sum < row->bound;
  case '>':
    return row->sign[1] ? sum >= row->bound : sum > row->bound;
  default:
    return sum == row->bound;
  }
}

/* Classes in falling order of outputs, the first of equals first. */
static inline int32_t rank_of(const int32_t *out, int32_t n_out,
                              int32_t class_of) {
  int32_t order[MOST_CLASSES];
  for (int32_t i = 0; i < n_out; i++) {
    int32_t at = i;
    for (; at > 0 && out[order[at - 1]] < out[i]; at--)
      order[at] = order[at - 1];
    order[at] = i;
  }
  for (int32_t i = 0; i < n_out; i++)
    if (order[i] == class_of) return i;
  return -1;
}

/** Are these the outputs of a counterexample? */
static inline bool is_condition_met(const random_condition *c,
                                    const int32_t *out, int32_t label) {
  if (c->kind == CLASS) return rank_of(out, c->n_out, c->number) == 0;
  if (c->kind == TOP) return rank_of(out, c->n_out, label) >= c->number;
  if (c->kind == ALWAYS) {
    for (int32_t i = 0; i < c->n_rows; i++)
      if (!is_row_met(&c->row[i], out, c->n_out)) return true;
    return false;
  }
  bool clause = false;
  for (int32_t i = 0; i < c->n_rows; i++) {
    if (c->row[i].begins_clause) {
      if (clause) return true;
      clause = true;
    }
    clause = clause && is_row_met(&c->row[i], out, c->n_out);
  }
  return clause;
}

#endif
