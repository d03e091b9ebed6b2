/* What results ask of the outputs in place of the class, as blocks behind them:
 * output 0 is always 0, another one is 1 where a clause is met.
 * docs/evidence.md says how. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

enum { MOST_IN_SETS = 1024 };

/* Output a wins against b: the first of equals does. */
static void add_winner(constraints *r, int32_t clause, int32_t a, int32_t b) {
  int16_t *w = rp_check_add_row(r, clause, b < a);
  if (!w) return;
  w[a] = 1;
  w[b] = -1;
}

/* ---- the top k ---- */

/* Whether the sets of k among n have few members in all. */
static bool has_few_sets(int32_t n, int32_t k) {
  wide sets = 1;
  for (int32_t i = 1; i <= k && sets * k <= MOST_IN_SETS; i++)
    sets = sets * (n - k + i) / i;
  return sets * k <= MOST_IN_SETS;
}

/* A clause for each set of k classes that win against the label, in
 * alphabetical order: those whose first one is at least `from`, behind `n`
 * that were chosen. */
static void add_sets(constraints *r, int32_t label, int32_t k, int32_t *set,
                     int32_t n) {
  if (n == k) {
    const int32_t clause = r->n_clauses;
    for (int32_t i = 0; i < k; i++) add_winner(r, clause, set[i], label);
    return;
  }
  for (int32_t j = n > 0 ? set[n - 1] + 1 : 0; j < r->n_out; j++) {
    if (j == label) continue;
    set[n] = j;
    add_sets(r, label, k, set, n + 1);
  }
}

/* ---- blocks ---- */

/* A dense block behind the last one. */
static block *add_block(net *n, int32_t n_rows, int32_t n_in, int16_t *w) {
  block *b = &n->block[n->n_blocks];
  *b = (block){.n_out = n_rows, .n_terms = 1, .n_stairs = n_rows};
  b->term = rp_check_alloc(1, sizeof *b->term);
  *b->term =
      (term){.source = n->n_blocks++ - 1, .kind = DENSE, .n_in = n_in, .w = w};
  b->b = rp_check_alloc((size_t)n_rows, sizeof *b->b);
  b->stair = rp_check_alloc((size_t)n_rows, sizeof *b->stair);
  return b;
}

/* The last block: output 0 is 0, output 1 + c is [sum of its row > 0]. */
static block *add_outputs(net *n, int32_t n_clauses, int32_t n_in,
                          int16_t **w) {
  *w = rp_check_alloc((size_t)(n_clauses + 1) * (size_t)n_in, sizeof **w);
  block *b = add_block(n, n_clauses + 1, n_in, *w);
  for (int32_t i = 0; i <= n_clauses; i++) b->stair[i] = (stair){.hi = 1};
  return b;
}

/* The least and the greatest sum of a row, over all inputs. */
static void find_ends(const net *base, const region *all, const int16_t *w,
                      wide ends[2]) {
  const block *last = &base->block[base->n_blocks - 1];
  ends[0] = ends[1] = 0;
  for (int32_t j = 0; j < base->n_out; j++) {
    const int32_t at = last->first + j;
    const wide lo = rp_check_apply_stair(&last->own[j], all->lo[at]);
    const wide hi = rp_check_apply_stair(&last->own[j], all->hi[at]);
    ends[0] += w[j] * (w[j] < 0 ? hi : lo);
    ends[1] += w[j] * (w[j] < 0 ? lo : hi);
  }
}

/* Biases of all rows are -least, where a number out of reach is moved to just
 * out of reach, and what a row lacks at most. */
static bool set_biases(const net *base, const constraints *r, int64_t *bias,
                       int32_t *lack) {
  region *all = rp_check_make_ball(base, NULL, base->in_hi);
  (void)rp_check_propagate(base, all, base->n_blocks - 1);
  bool fits = true;
  for (int32_t i = 0; i < r->n; i++) {
    wide ends[2], least = r->least[i];
    find_ends(base, all, r->w + (size_t)i * (size_t)r->n_out, ends);
    if (least < ends[0]) least = ends[0];
    if (least > ends[1]) least = ends[1] + 1;
    fits = fits && ends[0] - least >= -ACC_LIMIT && least <= ACC_LIMIT &&
           least >= -ACC_LIMIT;
    bias[i] = fits ? -(int64_t)least : 0;
    lack[i] = fits && ends[0] < least ? (int32_t)(ends[0] - least) : 0;
  }
  free(all);
  return fits;
}

/* The rows alone, each a clause. */
static void add_clauses_of_one(net *n, const constraints *r,
                               const int64_t *bias) {
  int16_t *w;
  block *b = add_outputs(n, r->n, r->n_out, &w);
  for (int32_t i = 0; i < r->n; i++) b->b[1 + i] = bias[i] + 1;
  memcpy(w + r->n_out, r->w, (size_t)r->n * (size_t)r->n_out * sizeof *w);
}

/* What each row lacks, then the sum of that over a clause; or which rows are
 * met, then whether there are k of them. */
static void add_two_blocks(net *n, const constraints *r, const int64_t *bias,
                           const int32_t *lack, int32_t k) {
  int16_t *w;
  block *b = add_block(n, r->n, r->n_out, r->w);
  for (int32_t i = 0; i < r->n; i++) {
    b->b[i] = bias[i] + (k > 0);
    b->stair[i] = k > 0 ? (stair){.hi = 1} : (stair){.lo = lack[i]};
  }
  b = add_outputs(n, k > 0 ? 1 : r->n_clauses, r->n, &w);
  for (int32_t i = 0; i < b->n_out - 1; i++) b->b[1 + i] = k > 0 ? 1 - k : 1;
  for (int32_t i = 0; i < r->n; i++)
    w[(size_t)(k > 0 ? 1 : 1 + r->clause[i]) * (size_t)r->n + (size_t)i] = 1;
}

/* Read words and the number behind them, written as results write it: without
 * a sign, further blanks or zeros, and not beyond 32 bits. */
static bool read_kind(const char *property, const char *words,
                      int32_t *number) {
  const size_t n = strlen(words);
  if (strncmp(property, words, n) != 0) return false;
  const long value = strtol(property + n, NULL, 10);
  text again;
  snprintf(again, sizeof again, "%s%ld", words, value);
  *number = (int32_t)value;
  return value >= 0 && value <= INT32_MAX && !strcmp(again, property);
}

bool rp_check_find_class(const char *property, int32_t *class) {
  return read_kind(property, "class ", class);
}

/* The rows of a property. k: in the top k that are counted; 0: they are not. */
static bool list_rows(const char *property, int32_t label, constraints *r,
                      int32_t *k) {
  int32_t class, top;
  *k = 0;
  if (rp_check_find_class(property, &class)) {
    for (int32_t j = 0; class < r->n_out && j < r->n_out; j++)
      if (j != class) add_winner(r, 0, class, j);
    return r->n > 0;
  }
  if (!read_kind(property, "not in top ", &top))
    return rp_check_read_rows(property, r);
  if (top < 1 || top >= r->n_out) return false;
  int32_t *set = rp_check_alloc((size_t)top, sizeof *set);
  if (has_few_sets(r->n_out - 1, top)) {
    add_sets(r, label, top, set, 0);
  } else {
    add_sets(r, label, 1, set, 0);
    *k = top;
  }
  free(set);
  return true;
}

const char *rp_check_ask(const net *base, const char *property, int32_t label,
                         net *asked) {
  const size_t n = (size_t)base->n_blocks;
  constraints r = {.n_out = base->n_out};
  int32_t k;
  if (!list_rows(property, label, &r, &k))
    return "expected a property of the network's outputs";
  int64_t *bias = rp_check_alloc((size_t)r.n, sizeof *bias);
  int32_t *lack = rp_check_alloc((size_t)r.n, sizeof *lack);
  const bool fits = set_biases(base, &r, bias, lack);
  asked->block = rp_check_resize(asked->block, (n + 2) * sizeof(block));
  if (fits && r.n == r.n_clauses && k == 0)
    add_clauses_of_one(asked, &r, bias);
  else if (fits)
    add_two_blocks(asked, &r, bias, lack, k);
  free(bias);
  free(lack);
  free(r.least);
  free(r.clause);
  return fits ? rp_check_prepare(asked) : "the property's sums exceed 2^30";
}
