#include "condition/expand.h"

#include <string.h>

#include "core/assert.h"

enum { MOST_IN_SETS = 1024 };

/* y_a - y_b >= 0, or > 0 where b would win a tie. */
static rp_status add_winner(rp_condition *c, int32_t clause, int32_t a,
                            int32_t b, rp_error *err) {
  rp_sum sum = {0};
  rp_status status = rp_sum_add(&sum, a, (rp_decimal){1, 0}, err);
  if (status == RP_OK) status = rp_sum_add(&sum, b, (rp_decimal){-1, 0}, err);
  if (status == RP_OK) status = rp_condition_add(c, clause, &sum, b < a, err);
  rp_sum_fini(&sum);
  return status;
}

static rp_status add_class(int32_t class_of, int32_t n_out, rp_condition *c,
                           rp_error *err) {
  for (int32_t j = 0; j < n_out; j++)
    if (j != class_of) RP_TRY(add_winner(c, 0, class_of, j, err));
  return RP_OK;
}

static rp_status add_rivals(int32_t label, int32_t n_out, rp_condition *c,
                            rp_error *err) {
  for (int32_t j = 0; j < n_out; j++)
    if (j != label) RP_TRY(add_winner(c, c->n_clauses, j, label, err));
  return RP_OK;
}

/* Do the sets of k among n rivals have few members in all? */
static bool has_few_sets(int32_t n, int32_t k) {
  int64_t sets = 1;
  for (int32_t i = 1; i <= k; i++) {
    sets = sets * (n - k + i) / i; /* is whole: sets of i among n - k + i */
    if (sets * k > MOST_IN_SETS) return false;
  }
  return true;
}

/* The next set of k numbers below n in alphabetical order; false at the end. */
static bool find_next_set(int32_t *set, int32_t k, int32_t n) {
  int32_t i = k - 1;
  while (i >= 0 && set[i] == n - k + i) i--;
  if (i < 0) return false;
  set[i]++;
  for (int32_t j = i + 1; j < k; j++) set[j] = set[j - 1] + 1;
  return true;
}

static rp_status add_sets(int32_t k, int32_t label, int32_t n_out,
                          rp_condition *c, rp_error *err) {
  int32_t set[MOST_IN_SETS];
  for (int32_t i = 0; i < k; i++) set[i] = i;
  do {
    const int32_t clause = c->n_clauses;
    for (int32_t i = 0; i < k; i++)
      RP_TRY(add_winner(c, clause, set[i] + (set[i] >= label), label, err));
  } while (find_next_set(set, k, n_out - 1));
  return RP_OK;
}

static rp_status add_copy(const rp_condition *from, rp_condition *c,
                          rp_error *err) {
  for (int32_t i = 0; i < from->n_constraints; i++) {
    const rp_constraint *const of = &from->constraint[i];
    rp_sum sum = {.number = {-of->least, 0}};
    rp_status status = RP_OK;
    for (int32_t t = 0; t < of->n && status == RP_OK; t++) {
      const rp_summand *const s = &from->summand[of->first + t];
      status = rp_sum_add(&sum, s->output, (rp_decimal){s->factor, 0}, err);
    }
    if (status == RP_OK)
      status = rp_condition_add(c, of->clause, &sum, false, err);
    rp_sum_fini(&sum);
    RP_TRY(status);
  }
  return RP_OK;
}

static rp_status add(const rp_condition *c, int32_t label, int32_t n_out,
                     rp_condition *rows, rp_error *err) {
  switch (c->kind) {
  case RP_CONDITION_CLASS:
    return add_class(c->number, n_out, rows, err);
  case RP_CONDITION_TOP:
    return add_sets(c->number, label, n_out, rows, err);
  case RP_CONDITION_ROWS:
  case RP_CONDITION_EACH:
    break;
  }
  return add_copy(c, rows, err);
}

rp_status rp_condition_expand(const rp_condition *c, int32_t label,
                              int32_t n_out, rp_condition **rows,
                              rp_error *err) {
  rp_condition *made;
  *rows = NULL;
  RP_ASSERT(c->kind != RP_CONDITION_EACH);
  RP_TRY(rp_condition_check(c, n_out, err));
  if (c->kind == RP_CONDITION_TOP && !has_few_sets(n_out - 1, c->number))
    return RP_OK;
  RP_TRY(rp_condition_create(RP_CONDITION_ROWS, 0, &made, err));
  const rp_status status = add(c, label, n_out, made, err);
  if (status == RP_OK)
    *rows = made;
  else
    rp_condition_free(made);
  return status;
}

rp_status rp_condition_expand_rivals(int32_t label, int32_t n_out,
                                     rp_condition **rows, rp_error *err) {
  RP_TRY(rp_condition_create(RP_CONDITION_ROWS, 0, rows, err));
  const rp_status status = add_rivals(label, n_out, *rows, err);
  if (status != RP_OK) {
    rp_condition_free(*rows);
    *rows = NULL;
  }
  return status;
}
