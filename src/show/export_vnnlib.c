/* Writes properties in VNN-LIB, the language of VNN-COMP: SMT-LIB over the
 * reals X_i (inputs) and Y_j (outputs). The assertions describe the
 * counterexamples: the box around the sample, clipped to the range of inputs,
 * and a rival class that wins. Inputs and outputs are the network's
 * own integers. A rival before the label wins a tie; one after it needs an
 * output that is greater by at least 1. */
#include <inttypes.h>

#include <stdlib.h>

#include "condition/expand.h"
#include "core/memory.h"

#include "show/export_item.h"

static void declare_variables(FILE *out, char letter, int32_t n) {
  for (int32_t i = 0; i < n; i++)
    fprintf(out, "(declare-const %c_%d Real)\n", letter, i);
}

static void assert_box(FILE *out, const uint8_t *lo, const uint8_t *hi,
                       const rp_net *net) {
  for (int32_t i = 0; i < net->n_in; i++)
    fprintf(out, "(assert (>= X_%d %d))\n(assert (<= X_%d %d))\n", i,
            net->in_lo + lo[i], i, net->in_lo + hi[i]);
}

/* The ball, or what is in the box of it. */
static rp_status assert_region(FILE *out, const rp_export *what,
                               const rp_export_item *item, rp_error *err) {
  const rp_net *const net = what->net;
  const rp_boxes *const boxes = what->results->boxes;
  const uint8_t *const x =
      what->data->x + (size_t)item->sample * (size_t)what->data->dim;
  const size_t n_in = (size_t)net->n_in;
  uint8_t *const lo = rp_alloc(2 * n_in, 1), *const hi = lo ? lo + n_in : NULL;
  int32_t outside = -1;
  bool is_there = boxes && (boxes->n == 1 || item->sample < boxes->n);
  if (!lo) return rp_fail(err, RP_E_MEMORY, "export: out of memory");
  for (size_t i = 0; i < n_in && !boxes; i++) {
    lo[i] = (uint8_t)(x[i] > item->radius ? x[i] - item->radius : 0);
    hi[i] = (uint8_t)(x[i] + item->radius < net->in_hi ? x[i] + item->radius
                                                       : net->in_hi);
  }
  is_there = is_there && rp_boxes_get(boxes, item->sample, x, item->radius, lo,
                                      hi, &outside);
  if (!boxes || is_there) assert_box(out, lo, hi, net);
  free(lo);
  return !boxes || is_there
             ? RP_OK
             : rp_fail(err, RP_E_INPUT,
                       "sample %" PRId64 ": expected it in a box of the "
                       "results, found none",
                       item->sample);
}

static void assert_rival_wins(FILE *out, int32_t label, int32_t n_out) {
  fputs("(assert (or\n", out);
  for (int32_t j = 0; j < n_out; j++) {
    if (j < label) fprintf(out, "  (and (>= Y_%d Y_%d))\n", j, label);
    if (j > label) fprintf(out, "  (and (>= Y_%d (+ Y_%d 1)))\n", j, label);
  }
  fputs("))\n", out);
}

static void put_constraint(FILE *out, const rp_condition *c,
                           const rp_constraint *of) {
  fputs("(>= ", out);
  if (of->n == 0) fputs("0", out);
  if (of->n > 1) fputs("(+", out);
  for (int32_t i = 0; i < of->n; i++) {
    const rp_summand *const s = &c->summand[of->first + i];
    fprintf(out, of->n > 1 ? " " : "");
    if (s->factor == 1)
      fprintf(out, "Y_%d", s->output);
    else
      fprintf(out, "(* %" PRId64 " Y_%d)", s->factor, s->output);
  }
  fprintf(out, "%s %" PRId64 ")", of->n > 1 ? ")" : "", of->least);
}

/* One of the clauses is met. */
static void assert_clauses(FILE *out, const rp_condition *c) {
  fputs("(assert (or\n", out);
  for (int32_t i = 0; i < c->n_constraints; i++) {
    const bool begins =
        i == 0 || c->constraint[i].clause != c->constraint[i - 1].clause;
    const bool ends = i + 1 == c->n_constraints ||
                      c->constraint[i].clause != c->constraint[i + 1].clause;
    fputs(begins ? "  (and " : " ", out);
    put_constraint(out, c, &c->constraint[i]);
    if (ends) fputs(")\n", out);
  }
  fputs("))\n", out);
}

static rp_status assert_condition(FILE *out, const rp_export *what,
                                  const rp_export_item *item, rp_error *err) {
  const char *const property = what->results->provenance.options.property;
  const int32_t n_out = what->net->n_out;
  rp_condition *asked, *rows;
  if (!*property) {
    assert_rival_wins(out, item->label, n_out);
    return RP_OK;
  }
  RP_TRY(rp_condition_read(property, &asked, err));
  rp_condition_choose(asked, item->target);
  const rp_status status =
      rp_condition_expand(asked, item->label, n_out, &rows, err);
  rp_condition_free(asked);
  if (status == RP_OK && !rows)
    return rp_fail(err, RP_E_INPUT,
                   "property '%s': has too many cases for VNN-LIB", property);
  if (status == RP_OK) assert_clauses(out, rows);
  rp_condition_free(rows);
  return status;
}

rp_status rp_export_property(FILE *out, const rp_export *what,
                             const rp_export_item *item, rp_error *err) {
  const rp_dataset *const data = what->data;
  if (item->sample < 0 || item->sample >= data->n ||
      data->label[item->sample] != item->label)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected sample %" PRId64 " with label %d, as in the "
                   "results, found %s",
                   data->name, item->sample, item->label,
                   item->sample < data->n ? "another label" : "fewer samples");
  fprintf(out,
          "; sample %" PRId64 ", label %d: does an input within %d %s?\n"
          "; Inputs and outputs are integers; the first greatest output is the "
          "class.\n",
          item->sample, item->label, item->radius,
          *what->results->provenance.options.property ? "break the property"
                                                      : "change the class");
  declare_variables(out, 'X', what->net->n_in);
  declare_variables(out, 'Y', what->net->n_out);
  RP_TRY(assert_region(out, what, item, err));
  return assert_condition(out, what, item, err);
}
