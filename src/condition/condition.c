/* Building conditions from exact numbers, and their plain definition. */
#include "condition/condition.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static rp_status fail_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "condition: out of memory");
}

static rp_status fail_size(rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "expected constraints that are exact in whole numbers of 18 "
                 "digits, found larger ones");
}

rp_status rp_condition_create(rp_condition_kind kind, int32_t number,
                              rp_condition **condition, rp_error *err) {
  *condition = rp_alloc(1, sizeof **condition);
  if (!*condition) return fail_memory(err);
  (*condition)->kind = kind;
  (*condition)->number = number;
  return RP_OK;
}

void rp_condition_free(rp_condition *condition) {
  if (!condition) return;
  free(condition->constraint);
  free(condition->summand);
  free(condition);
}

void rp_condition_choose(rp_condition *condition, int32_t target) {
  if (condition->kind != RP_CONDITION_EACH) return;
  condition->kind = RP_CONDITION_CLASS;
  condition->number = target;
}

/* ---- sums ---- */

static bool add_decimals(rp_decimal a, rp_decimal b, rp_decimal *sum) {
  const int32_t places = a.places > b.places ? a.places : b.places;
  int64_t left, right;
  sum->places = places;
  return rp_decimal_scale(a, places, &left) &&
         rp_decimal_scale(b, places, &right) &&
         !__builtin_add_overflow(left, right, &sum->digits);
}

rp_status rp_sum_add(rp_sum *sum, int32_t output, rp_decimal factor,
                     rp_error *err) {
  if (output < 0)
    return add_decimals(sum->number, factor, &sum->number) ? RP_OK
                                                           : fail_size(err);
  int32_t at = 0;
  while (at < sum->n && sum->part[at].output < output) at++;
  if (at < sum->n && sum->part[at].output == output)
    return add_decimals(sum->part[at].factor, factor, &sum->part[at].factor)
               ? RP_OK
               : fail_size(err);
  if (sum->n == sum->capacity) {
    const int32_t capacity = 2 * sum->capacity + 4;
    struct rp_sum_part *const grown =
        rp_realloc(sum->part, (size_t)capacity, sizeof *grown);
    if (!grown) return fail_memory(err);
    sum->part = grown;
    sum->capacity = capacity;
  }
  memmove(sum->part + at + 1, sum->part + at,
          (size_t)(sum->n++ - at) * sizeof *sum->part);
  sum->part[at] = (struct rp_sum_part){output, factor};
  return RP_OK;
}

void rp_sum_fini(rp_sum *sum) {
  free(sum->part);
  memset(sum, 0, sizeof *sum);
}

/* ---- constraints ---- */

static int64_t find_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

static int64_t divide_up(int64_t a, int64_t b) {
  return a / b + (a % b > 0);
}

static int32_t find_places(const rp_sum *sum) {
  int32_t places = sum->number.places;
  for (int32_t i = 0; i < sum->n; i++)
    if (sum->part[i].factor.places > places)
      places = sum->part[i].factor.places;
  return places;
}

/* The same constraint in the least whole numbers. An output without a factor
 * is left out. */
static bool make_whole(const rp_sum *sum, bool is_strict, rp_summand *summand,
                       rp_constraint *constraint) {
  const int32_t places = find_places(sum);
  int64_t divisor = 0, number;
  if (!rp_decimal_scale(sum->number, places, &number) ||
      __builtin_sub_overflow((int64_t)is_strict, number, &constraint->least))
    return false;
  for (int32_t i = 0; i < sum->n; i++) {
    summand[constraint->n].output = sum->part[i].output;
    int64_t *const factor = &summand[constraint->n].factor;
    if (!rp_decimal_scale(sum->part[i].factor, places, factor) ||
        *factor == INT64_MIN)
      return false;
    divisor = find_divisor(divisor, *factor);
    constraint->n += *factor != 0;
  }
  if (divisor == 0) divisor = 1;
  for (int32_t i = 0; i < constraint->n; i++) summand[i].factor /= divisor;
  constraint->least = divide_up(constraint->least, divisor);
  return true;
}

static rp_status make_room(rp_condition *c, int32_t n, rp_error *err) {
  if (c->n_constraints >= RP_MOST_CONSTRAINTS ||
      n > RP_MOST_SUMMANDS - c->n_summands)
    return rp_fail(err, RP_E_INPUT,
                   "expected at most %d constraints with %d factors, found "
                   "more",
                   RP_MOST_CONSTRAINTS, RP_MOST_SUMMANDS);
  /* Powers of two, so that building takes linear time. */
  if ((c->n_constraints & (c->n_constraints - 1)) == 0) {
    const size_t room = c->n_constraints ? 2 * (size_t)c->n_constraints : 1;
    rp_constraint *const grown = rp_realloc(c->constraint, room, sizeof *grown);
    if (!grown) return fail_memory(err);
    c->constraint = grown;
  }
  if (n <= c->summand_room - c->n_summands) return RP_OK;
  const int32_t room = 2 * c->n_summands + n;
  rp_summand *const summand =
      rp_realloc(c->summand, (size_t)room, sizeof *summand);
  if (!summand) return fail_memory(err);
  c->summand = summand;
  c->summand_room = room;
  return RP_OK;
}

rp_status rp_condition_add(rp_condition *c, int32_t clause, const rp_sum *sum,
                           bool is_strict, rp_error *err) {
  RP_TRY(make_room(c, sum->n, err));
  rp_constraint made = {.clause = clause, .first = c->n_summands};
  if (!make_whole(sum, is_strict, c->summand + made.first, &made))
    return fail_size(err);
  c->n_summands += made.n;
  c->constraint[c->n_constraints++] = made;
  if (clause == c->n_clauses) c->n_clauses++;
  return RP_OK;
}

/* ---- meaning ---- */

rp_status rp_condition_check(const rp_condition *c, int32_t n_out,
                             rp_error *err) {
  if (c->kind == RP_CONDITION_CLASS && (c->number < 0 || c->number >= n_out))
    return rp_fail(err, RP_E_INPUT,
                   "expected a class from 0 to %d (the network's outputs), "
                   "found %d",
                   n_out - 1, c->number);
  if (c->kind == RP_CONDITION_TOP && (c->number < 1 || c->number >= n_out))
    return rp_fail(err, RP_E_INPUT,
                   "expected a top k from 1 to %d (the network has %d "
                   "outputs), found %d",
                   n_out - 1, n_out, c->number);
  if (c->kind == RP_CONDITION_EACH && n_out < 2)
    return rp_fail(err, RP_E_INPUT,
                   "expected a network of several classes, found %d output",
                   n_out);
  for (int32_t i = 0; i < c->n_summands; i++)
    if (c->summand[i].output >= n_out)
      return rp_fail(err, RP_E_INPUT, "expected outputs y0..y%d, found y%d",
                     n_out - 1, c->summand[i].output);
  return RP_OK;
}

bool rp_condition_has_label(const rp_condition *c) {
  return c->kind != RP_CONDITION_ROWS;
}

static bool is_constraint_met(const rp_condition *c, const rp_constraint *of,
                              const int32_t *out) {
  __int128 sum = 0;
  for (int32_t i = 0; i < of->n; i++) {
    const rp_summand *const summand = &c->summand[of->first + i];
    sum += (__int128)summand->factor * out[summand->output];
  }
  return sum >= of->least;
}

static bool is_any_clause_met(const rp_condition *c, const int32_t *out) {
  for (int32_t i = 0; i < c->n_constraints;) {
    const int32_t clause = c->constraint[i].clause;
    bool is_met = true;
    for (; i < c->n_constraints && c->constraint[i].clause == clause; i++)
      is_met = is_met && is_constraint_met(c, &c->constraint[i], out);
    if (is_met) return true;
  }
  return false;
}

static int32_t count_winners(const int32_t *out, int32_t n_out, int32_t label) {
  int32_t n = 0;
  for (int32_t j = 0; j < n_out; j++)
    n += j < label ? out[j] >= out[label] : out[j] > out[label];
  return n;
}

bool rp_condition_is_met(const rp_condition *c, const int32_t *out,
                         int32_t n_out, int32_t label) {
  switch (c->kind) {
  case RP_CONDITION_CLASS:
    return count_winners(out, n_out, c->number) == 0;
  case RP_CONDITION_TOP:
    return count_winners(out, n_out, label) >= c->number;
  case RP_CONDITION_ROWS:
  case RP_CONDITION_EACH:
    break;
  }
  return is_any_clause_met(c, out);
}

bool rp_condition_is_void(const rp_condition *c, const int32_t *out,
                          int32_t n_out, int32_t label) {
  if (c->kind == RP_CONDITION_CLASS)
    return count_winners(out, n_out, label) > 0;
  return rp_condition_is_met(c, out, n_out, label);
}
