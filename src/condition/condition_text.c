/* Conditions as people write them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condition/condition.h"
#include "core/number.h"
#include "core/text.h"

enum { MOST_OUTPUT = 1 << 24 };

typedef struct reader {
  const char *text, *at;
  rp_condition *condition;
  bool is_always; /* constraints are negated, a clause each */
  rp_error *err;
} reader;

static rp_status fail(const reader *r, const char *expected) {
  return rp_fail(r->err, RP_E_INPUT,
                 "property, character %lld: expected %s, found '%.*s'",
                 (long long)(r->at - r->text) + 1, expected,
                 rp_text_fit(r->at, 24), r->at);
}

static void skip_blanks(reader *r) {
  while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n') r->at++;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Take a word or a sign if it comes next. */
static bool take(reader *r, const char *word) {
  const size_t n = strlen(word);
  skip_blanks(r);
  if (strncmp(r->at, word, n) != 0) return false;
  if (is_letter(*word) && (is_letter(r->at[n]))) return false;
  r->at += n;
  return true;
}

/* ---- sums ---- */

static rp_status read_output(reader *r, int32_t *output) {
  int64_t number;
  if (r->at[1] < '0' || r->at[1] > '9') return fail(r, "an output such as y0");
  const char *const end = rp_read_whole(r->at + 1, 0, MOST_OUTPUT, &number);
  if (!end) return fail(r, "an output such as y0");
  r->at = end;
  *output = (int32_t)number;
  return RP_OK;
}

/* A number, an output, or a number times an output. */
static rp_status read_summand(reader *r, int sign, rp_sum *sum) {
  rp_decimal factor = {1, 0};
  int32_t output = -1;
  skip_blanks(r);
  if (*r->at != 'y') {
    const bool has_sign = *r->at == '-' || *r->at == '+';
    const char *const end = has_sign ? NULL : rp_decimal_read(r->at, &factor);
    if (!end) return fail(r, "a number or an output such as y0");
    r->at = end;
    if (take(r, "*") && *(skip_blanks(r), r->at) != 'y')
      return fail(r, "an output such as y0");
    skip_blanks(r);
  }
  if (*r->at == 'y') RP_TRY(read_output(r, &output));
  factor.digits *= sign;
  return rp_sum_add(sum, output, factor, r->err);
}

/* Adds a side of a constraint, times side, to the sum. */
static rp_status read_side(reader *r, int side, rp_sum *sum) {
  int sign = take(r, "-") ? -side : side;
  for (;;) {
    RP_TRY(read_summand(r, sign, sum));
    if (take(r, "+"))
      sign = side;
    else if (take(r, "-"))
      sign = -side;
    else
      return RP_OK;
  }
}

static void negate(rp_sum *sum) {
  sum->number.digits = -sum->number.digits;
  for (int32_t i = 0; i < sum->n; i++)
    sum->part[i].factor.digits = -sum->part[i].factor.digits;
}

/* ---- constraints ---- */

/* `sum >= 0` or `sum > 0`, or that the opposite holds. */
static rp_status add(reader *r, rp_sum *sum, bool is_strict) {
  rp_condition *const c = r->condition;
  if (!r->is_always)
    return rp_condition_add(c, c->n_clauses - 1, sum, is_strict, r->err);
  negate(sum);
  const rp_status status =
      rp_condition_add(c, c->n_clauses, sum, !is_strict, r->err);
  negate(sum);
  return status;
}

static rp_status add_comparison(reader *r, const char *sign, rp_sum *sum) {
  const bool is_strict = sign[1] == '\0';
  if (*sign == '=') {
    RP_TRY(add(r, sum, false));
    negate(sum);
    return add(r, sum, false);
  }
  if (*sign == '<') negate(sum);
  return add(r, sum, is_strict);
}

static rp_status read_constraint(reader *r) {
  static const char *const signs[] = {"<=", ">=", "<", ">", "==", "="};
  rp_sum sum = {0};
  size_t i = 0;
  rp_status status = read_side(r, 1, &sum);
  while (status == RP_OK && i < 6 && !take(r, signs[i])) i++;
  if (status == RP_OK && i == 6) status = fail(r, "<=, <, >=, > or =");
  if (status == RP_OK) status = read_side(r, -1, &sum);
  if (status == RP_OK) status = add_comparison(r, signs[i], &sum);
  rp_sum_fini(&sum);
  return status;
}

static rp_status read_constraints(reader *r) {
  for (;;) {
    if (!r->is_always) r->condition->n_clauses++;
    do RP_TRY(read_constraint(r));
    while (take(r, "and"));
    if (*r->at == '\0') return RP_OK;
    if (r->is_always || !take(r, "or"))
      return fail(r,
                  r->is_always ? "'and' or the end" : "'and', 'or' or the end");
  }
}

static rp_status read_number(reader *r, rp_condition_kind kind) {
  int64_t number;
  skip_blanks(r);
  const char *const end = rp_read_whole(r->at, 0, INT32_MAX, &number);
  if (!end) return fail(r, "a whole number");
  r->at = end;
  skip_blanks(r);
  if (*r->at) return fail(r, "the end");
  r->condition->kind = kind;
  r->condition->number = (int32_t)number;
  return RP_OK;
}

static rp_status read_top(reader *r) {
  if (!take(r, "in") || !take(r, "top")) return fail(r, "'in top'");
  return read_number(r, RP_CONDITION_TOP);
}

static rp_status read_each(reader *r) {
  if (!take(r, "class")) return fail(r, "'each class'");
  skip_blanks(r);
  if (*r->at) return fail(r, "the end");
  r->condition->kind = RP_CONDITION_EACH;
  return RP_OK;
}

static rp_status read_property(reader *r) {
  r->is_always = take(r, "always");
  if (r->is_always) {
    skip_blanks(r);
    return *r->at == 'i' ? read_top(r) : read_constraints(r);
  }
  (void)take(r, "never");
  if (take(r, "class")) return read_number(r, RP_CONDITION_CLASS);
  if (take(r, "each")) return read_each(r);
  return take(r, "not") ? read_top(r) : read_constraints(r);
}

rp_status rp_condition_read(const char *text, rp_condition **condition,
                            rp_error *err) {
  reader r = {.text = text, .at = text, .err = err};
  *condition = NULL;
  RP_TRY(rp_condition_create(RP_CONDITION_ROWS, 0, &r.condition, err));
  const rp_status status = read_property(&r);
  if (status == RP_OK)
    *condition = r.condition;
  else
    rp_condition_free(r.condition);
  return status;
}

static rp_status expect_word(const char *text, rp_error *err) {
  reader r = {.text = text, .at = text, .err = err};
  return take(&r, "never") || take(&r, "always") ? RP_OK
                                                 : fail(&r, "never or always");
}

rp_status rp_property_read(const char *text, rp_condition **condition,
                           rp_error *err) {
  *condition = NULL;
  RP_TRY(expect_word(text, err));
  return rp_condition_read(text, condition, err);
}

/* ---- writing ---- */

typedef struct writer {
  char *text;
  size_t used;
} writer;

__attribute__((format(printf, 2, 3))) static void put(writer *w,
                                                      const char *format, ...) {
  va_list args;
  va_start(args, format);
  const size_t left = RP_CONDITION_SIZE - w->used;
  const int n = vsnprintf(w->text + w->used, left, format, args);
  va_end(args);
  w->used =
      n < 0 || (size_t)n >= left ? RP_CONDITION_SIZE - 1 : w->used + (size_t)n;
}

static void put_constraint(writer *w, const rp_condition *c,
                           const rp_constraint *of) {
  if (of->n == 0) put(w, "0");
  for (int32_t i = 0; i < of->n; i++) {
    const rp_summand *const summand = &c->summand[of->first + i];
    const bool negative = summand->factor < 0;
    const int64_t factor = negative ? -summand->factor : summand->factor;
    put(w, i == 0 ? negative ? "-" : "" : negative ? " - " : " + ");
    if (factor != 1) put(w, "%lld ", (long long)factor);
    put(w, "y%d", summand->output);
  }
  put(w, " >= ");
  if (of->least < 0) put(w, "-");
  put(w, "%llu",
      of->least < 0 ? 0 - (unsigned long long)of->least
                    : (unsigned long long)of->least);
}

static void put_clauses(writer *w, const rp_condition *c) {
  for (int32_t i = 0; i < c->n_constraints; i++) {
    if (i > 0)
      put(w, c->constraint[i].clause == c->constraint[i - 1].clause ? " and "
                                                                    : " or ");
    put_constraint(w, c, &c->constraint[i]);
  }
}

rp_status rp_condition_write(const rp_condition *c, char *text, rp_error *err) {
  writer w = {text, 0};
  *text = '\0';
  if (c->kind == RP_CONDITION_CLASS)
    put(&w, "class %d", c->number);
  else if (c->kind == RP_CONDITION_TOP)
    put(&w, "not in top %d", c->number);
  else if (c->kind == RP_CONDITION_EACH)
    put(&w, "each class");
  else
    put_clauses(&w, c);
  if (w.used + 1 < RP_CONDITION_SIZE) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "constraints: expected a text of at most %d characters, found "
                 "more",
                 RP_CONDITION_SIZE - 2);
}

rp_status rp_condition_rewrite(const char *text, char *written, rp_error *err) {
  rp_condition *c;
  RP_TRY(rp_condition_read(text, &c, err));
  const rp_status status = rp_condition_write(c, written, err);
  rp_condition_free(c);
  return status;
}

rp_status rp_property_rewrite(const char *text, char *written, rp_error *err) {
  RP_TRY(expect_word(text, err));
  return rp_condition_rewrite(text, written, err);
}
