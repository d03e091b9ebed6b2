/* Assertions: terms become exact sums, and / or become a disjunction of
 * conjunctions. Recursion is bounded by the depth of the tree. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/vnnlib_internal.h"

enum { MOST_CLAUSES = 1 << 14, MOST_WORK = 1 << 24 };

static rp_status fail_memory(const rp_vnnlib_reader *r) {
  return rp_fail(r->err, RP_E_MEMORY, "%s: out of memory", r->source->file);
}

static int32_t get_next(const rp_vnnlib_reader *r, int32_t node) {
  return node < 0 ? -1 : r->tree.node[node].next;
}

static const char *describe(const rp_vnnlib_reader *r, int32_t node) {
  if (node < 0) return "nothing";
  const char *const word = r->tree.node[node].word;
  return word ? word : "a list";
}

/* ---- terms ---- */

static bool multiply(rp_decimal a, rp_decimal b, rp_decimal *product) {
  product->places = a.places + b.places;
  return product->places <= RP_DECIMAL_PLACES &&
         !__builtin_mul_overflow(a.digits, b.digits, &product->digits);
}

static rp_status fail_number(const rp_vnnlib_reader *r, int32_t node) {
  return rp_vnnlib_fail(&r->tree, node, r->err,
                        "expected numbers that are exact with 18 digits, found "
                        "larger ones");
}

/* The word of a node as a number. */
static bool is_number(const rp_vnnlib_reader *r, int32_t node,
                      rp_decimal *number) {
  const char *const word = r->tree.node[node].word;
  const char *const end = word ? rp_decimal_read(word, number) : NULL;
  return end && *end == '\0';
}

static rp_status add_term(rp_vnnlib_reader *r, int32_t node, rp_decimal factor,
                          rp_sum *sum);

/* (* 2 X_0), with any number of constants and at most one other term. */
static rp_status add_product(rp_vnnlib_reader *r, int32_t list,
                             rp_decimal factor, rp_sum *sum) {
  int32_t term = -1;
  for (int32_t node = get_next(r, r->tree.node[list].first); node >= 0;
       node = get_next(r, node)) {
    rp_decimal number;
    if (is_number(r, node, &number)) {
      if (!multiply(factor, number, &factor)) return fail_number(r, node);
    } else if (term >= 0) {
      return rp_vnnlib_fail(&r->tree, node, r->err,
                            "expected a linear constraint, found a product");
    } else {
      term = node;
    }
  }
  return term >= 0 ? add_term(r, term, factor, sum)
                   : rp_sum_add(sum, -1, factor, r->err);
}

static rp_status add_list(rp_vnnlib_reader *r, int32_t list, rp_decimal factor,
                          rp_sum *sum) {
  const char *const head = rp_vnnlib_head(&r->tree, list);
  const rp_decimal minus = {-factor.digits, factor.places};
  int32_t node = get_next(r, r->tree.node[list].first);
  if (!strcmp(head, "*") && node >= 0) return add_product(r, list, factor, sum);
  const bool subtracts = !strcmp(head, "-");
  if ((!subtracts && strcmp(head, "+") != 0) || node < 0)
    return rp_vnnlib_fail(&r->tree, list, r->err,
                          "expected a sum, a difference or a product, found "
                          "'%.40s'",
                          *head ? head : "a list");
  const bool is_sign = subtracts && get_next(r, node) < 0;
  RP_TRY(add_term(r, node, is_sign ? minus : factor, sum));
  while ((node = get_next(r, node)) >= 0)
    RP_TRY(add_term(r, node, subtracts ? minus : factor, sum));
  return RP_OK;
}

/* Add a term, times a factor, to a sum. */
static rp_status add_term(rp_vnnlib_reader *r, int32_t node, rp_decimal factor,
                          rp_sum *sum) {
  const char *const word = r->tree.node[node].word;
  rp_decimal number;
  if (!word) return add_list(r, node, factor, sum);
  if (is_number(r, node, &number)) {
    if (!multiply(factor, number, &factor)) return fail_number(r, node);
    return rp_sum_add(sum, -1, factor, r->err);
  }
  const int32_t variable = rp_vnnlib_find_variable(r, word);
  if (variable < 0)
    return rp_vnnlib_fail(&r->tree, node, r->err,
                          "expected a number of at most 18 digits or a "
                          "declared variable, found '%.40s'",
                          word);
  return rp_sum_add(sum, variable, factor, r->err);
}

/* ---- atoms ---- */

/* left - right >= 0 or > 0; negated by sign -1. */
static rp_status add_atom(rp_vnnlib_reader *r, int32_t list, int64_t sign,
                          bool is_strict) {
  const int32_t left = get_next(r, r->tree.node[list].first);
  const int32_t right = get_next(r, left);
  if (right < 0 || get_next(r, right) >= 0)
    return rp_vnnlib_fail(&r->tree, list, r->err,
                          "expected a comparison of two terms");
  if (r->n_atoms == r->atom_room) {
    const int32_t room = 2 * r->atom_room + 64;
    rp_vnnlib_atom *const grown =
        rp_realloc(r->atom, (size_t)room, sizeof *grown);
    if (!grown) return fail_memory(r);
    r->atom = grown;
    r->atom_room = room;
  }
  rp_vnnlib_atom *const atom = &r->atom[r->n_atoms++];
  *atom = (rp_vnnlib_atom){.is_strict = is_strict, .node = list};
  RP_TRY(add_term(r, left, (rp_decimal){sign, 0}, &atom->sum));
  return add_term(r, right, (rp_decimal){-sign, 0}, &atom->sum);
}

/* ---- clauses ---- */

void rp_vnnlib_clauses_fini(rp_vnnlib_clauses *clauses) {
  for (int32_t i = 0; i < clauses->n; i++) free(clauses->clause[i].atom);
  free(clauses->clause);
  memset(clauses, 0, sizeof *clauses);
}

/* Append the atoms of two clauses as one. */
static rp_status add_clause(rp_vnnlib_reader *r, rp_vnnlib_clauses *to,
                            const struct rp_vnnlib_clause *a,
                            const struct rp_vnnlib_clause *b) {
  const int32_t n = a->n + b->n;
  r->work += n + 1;
  if (to->n >= MOST_CLAUSES || r->work > MOST_WORK)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected at most %d cases, found more", r->source->file,
                   MOST_CLAUSES);
  if (to->n == to->room) {
    const int32_t room = 2 * to->room + 4;
    struct rp_vnnlib_clause *const grown =
        rp_realloc(to->clause, (size_t)room, sizeof *grown);
    if (!grown) return fail_memory(r);
    to->clause = grown;
    to->room = room;
  }
  int32_t *const atom = rp_alloc((size_t)n, sizeof *atom);
  if (!atom) return fail_memory(r);
  if (a->n) memcpy(atom, a->atom, (size_t)a->n * sizeof *atom);
  if (b->n) memcpy(atom + a->n, b->atom, (size_t)b->n * sizeof *atom);
  to->clause[to->n++] = (struct rp_vnnlib_clause){n, atom};
  return RP_OK;
}

/* Replace a disjunction by its conjunction with another one. */
static rp_status conjoin(rp_vnnlib_reader *r, rp_vnnlib_clauses *with,
                         const rp_vnnlib_clauses *other) {
  rp_vnnlib_clauses made = {0};
  rp_status status = RP_OK;
  for (int32_t i = 0; i < with->n && status == RP_OK; i++)
    for (int32_t j = 0; j < other->n && status == RP_OK; j++)
      status = add_clause(r, &made, &with->clause[i], &other->clause[j]);
  rp_vnnlib_clauses_fini(with);
  *with = made;
  return status;
}

static const struct rp_vnnlib_clause nothing = {0, NULL};

/* ---- assertions ---- */

static rp_status read_formula(rp_vnnlib_reader *r, int32_t list,
                              rp_vnnlib_clauses *to);

/* The conjunction of a list of formulas. Atoms among them are kept apart until
 * the end: thousands of bounds would be copied for each otherwise. */
static rp_status read_all(rp_vnnlib_reader *r, int32_t node,
                          rp_vnnlib_clauses *to);

static rp_status read_any(rp_vnnlib_reader *r, int32_t node,
                          rp_vnnlib_clauses *to) {
  for (; node >= 0; node = get_next(r, node)) {
    rp_vnnlib_clauses one = {0};
    rp_status status = read_formula(r, node, &one);
    for (int32_t i = 0; i < one.n && status == RP_OK; i++)
      status = add_clause(r, to, &one.clause[i], &nothing);
    rp_vnnlib_clauses_fini(&one);
    RP_TRY(status);
  }
  return RP_OK;
}

/* Read a comparison. Returns RP_OK with *is_one false if it is none. */
static rp_status read_comparison(rp_vnnlib_reader *r, int32_t list,
                                 bool *is_one) {
  const char *const head = rp_vnnlib_head(&r->tree, list);
  *is_one = true;
  if (!strcmp(head, "<=")) return add_atom(r, list, -1, false);
  if (!strcmp(head, ">=")) return add_atom(r, list, 1, false);
  if (!strcmp(head, "<")) return add_atom(r, list, -1, true);
  if (!strcmp(head, ">")) return add_atom(r, list, 1, true);
  if (!strcmp(head, "=") || !strcmp(head, "==")) {
    RP_TRY(add_atom(r, list, 1, false));
    return add_atom(r, list, -1, false);
  }
  *is_one = false;
  return RP_OK;
}

static rp_status read_formula(rp_vnnlib_reader *r, int32_t list,
                              rp_vnnlib_clauses *to) {
  const char *const head = rp_vnnlib_head(&r->tree, list);
  const int32_t first = r->tree.node[list].first, before = r->n_atoms;
  bool is_comparison;
  RP_TRY(read_comparison(r, list, &is_comparison));
  if (is_comparison) { /* one atom, or two of an equation */
    int32_t atom[2] = {before, before + 1};
    const struct rp_vnnlib_clause one = {r->n_atoms - before, atom};
    return add_clause(r, to, &one, &nothing);
  }
  if (!strcmp(head, "and")) return read_all(r, get_next(r, first), to);
  if (!strcmp(head, "or")) return read_any(r, get_next(r, first), to);
  return rp_vnnlib_fail(&r->tree, list, r->err,
                        "expected and, or, <=, <, >=, > or =, found '%.40s'",
                        *head ? head : describe(r, list));
}

static rp_status read_all(rp_vnnlib_reader *r, int32_t node,
                          rp_vnnlib_clauses *to) {
  struct rp_vnnlib_clause atoms = {0, NULL};
  int32_t room = 0;
  rp_status status = add_clause(r, to, &nothing, &nothing);
  for (; node >= 0 && status == RP_OK; node = get_next(r, node)) {
    const int32_t before = r->n_atoms;
    bool is_comparison;
    status = read_comparison(r, node, &is_comparison);
    for (int32_t a = before; a < r->n_atoms && status == RP_OK; a++) {
      if (atoms.n == room) {
        room = 2 * room + 16;
        int32_t *const grown =
            rp_realloc(atoms.atom, (size_t)room, sizeof *grown);
        if (!grown) status = fail_memory(r);
        if (grown) atoms.atom = grown;
      }
      if (status == RP_OK) atoms.atom[atoms.n++] = a;
    }
    if (status != RP_OK || is_comparison) continue;
    rp_vnnlib_clauses one = {0};
    status = read_formula(r, node, &one);
    if (status == RP_OK) status = conjoin(r, to, &one);
    rp_vnnlib_clauses_fini(&one);
  }
  struct rp_vnnlib_clause all[1] = {atoms};
  const rp_vnnlib_clauses last = {1, 1, all};
  if (status == RP_OK) status = conjoin(r, to, &last);
  free(atoms.atom);
  return status;
}

/* All assertions together are a conjunction; each stands in a list of its
 * own. */
rp_status rp_vnnlib_read_assertions(rp_vnnlib_reader *r,
                                    rp_vnnlib_clauses *clauses) {
  int32_t first = -1, last = -1;
  for (int32_t node = r->tree.node[0].first; node >= 0;
       node = get_next(r, node)) {
    if (strcmp(rp_vnnlib_head(&r->tree, node), "assert") != 0) continue;
    const int32_t formula = get_next(r, r->tree.node[node].first);
    if (formula < 0 || get_next(r, formula) >= 0)
      return rp_vnnlib_fail(&r->tree, node, r->err,
                            "expected one formula in an assertion");
    if (last < 0)
      first = formula;
    else
      r->tree.node[last].next = formula;
    last = formula;
  }
  return read_all(r, first, clauses);
}
