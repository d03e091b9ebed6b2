#include "condition/compile.h"
#include "condition/expand.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "net/op_dense.h"

/* Rows of a dense block behind the network's last one. */
typedef struct draft {
  int32_t n, n_in;
  rp_op *op;
  int64_t *bias;
  rp_stair *stair; /* [n] */
  int32_t *row;    /* [n_in] scratch */
  int32_t *range;  /* [n_in][2] of what it reads */
} draft;

static rp_status fail_memory(rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "condition: out of memory");
}

static void draft_fini(draft *d) {
  rp_op_free(d->op);
  free(d->bias);
  free(d->stair);
  free(d->row);
  free(d->range);
}

static rp_status draft_init(const rp_net *net, int32_t n, draft *d,
                            rp_error *err) {
  const rp_block *const last = &net->block[net->n_blocks - 1];
  const size_t n_in = (size_t)last->n_out;
  *d = (draft){.n = n, .n_in = last->n_out};
  d->op = rp_op_dense_create(n, last->n_out);
  d->bias = rp_alloc((size_t)n, sizeof *d->bias);
  d->stair = rp_alloc((size_t)n, sizeof *d->stair);
  d->row = rp_alloc(n_in, sizeof *d->row);
  d->range = rp_alloc(2 * n_in, sizeof *d->range);
  if (!d->op || !d->bias || !d->stair || !d->row || !d->range) {
    draft_fini(d);
    return fail_memory(err);
  }
  for (int32_t j = 0; j < last->n_out; j++)
    rp_block_range(last, last->z_lo, last->z_hi, j, &d->range[2 * j]);
  return RP_OK;
}

/* The network takes the operator in any case. */
static rp_status draft_add(draft *d, rp_net *net, rp_error *err) {
  rp_term term = {net->n_blocks - 1, d->op};
  const rp_block_spec spec = {.n_out = d->n,
                              .n_terms = 1,
                              .term = &term,
                              .bias = d->bias,
                              .n_stairs = d->n,
                              .stair = d->stair};
  d->op = NULL;
  return rp_net_add_block(net, &spec, err);
}

/* The next summand still fits int64. */
static const int64_t MOST_SUM = (int64_t)1 << 60;

static rp_status fail_sum(int64_t lo, int64_t hi, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "constraints: expected sums of at most 2^30, found %lld to "
                 "%lld",
                 (long long)lo, (long long)hi);
}

/* Set a row to sum - least of a constraint; ends are its least and greatest
 * value. A threshold out of reach is moved to just out of reach. */
static rp_status set_constraint(draft *d, int32_t row, const rp_condition *c,
                                const rp_constraint *of, int64_t ends[2],
                                rp_error *err) {
  int64_t lo = 0, hi = 0;
  memset(d->row, 0, (size_t)d->n_in * sizeof *d->row);
  for (int32_t i = 0; i < of->n; i++) {
    const rp_summand *const s = &c->summand[of->first + i];
    const int32_t *const range = &d->range[2 * s->output];
    if (s->factor < INT16_MIN || s->factor > INT16_MAX)
      return rp_fail(err, RP_E_INPUT,
                     "constraints: expected factors of 16 bits after division "
                     "by common divisors, found %lld y%d",
                     (long long)s->factor, s->output);
    d->row[s->output] = (int32_t)s->factor;
    lo += s->factor * range[s->factor < 0];
    hi += s->factor * range[s->factor >= 0];
    if (lo < -MOST_SUM || hi > MOST_SUM) return fail_sum(lo, hi, err);
  }
  int64_t least = of->least;
  if (least < lo) least = lo;
  if (least > hi) least = hi + 1;
  if (lo - least < -RP_ACC_LIMIT || hi - least > RP_ACC_LIMIT)
    return fail_sum(lo, hi, err);
  (void)rp_op_dense_set_row(d->op, row, d->row);
  d->bias[row] = -least;
  ends[0] = lo - least;
  ends[1] = hi - least;
  return RP_OK;
}

static const rp_stair is_positive = {.lo = 0, .hi = 1};

/* The last block: output 0 is 0. */
static rp_status begin_outputs(const rp_net *net, int32_t n_clauses, draft *d,
                               rp_error *err) {
  RP_TRY(draft_init(net, n_clauses + 1, d, err));
  for (int32_t i = 0; i <= n_clauses; i++) d->stair[i] = is_positive;
  return RP_OK;
}

/* Every clause is one constraint. */
static rp_status add_constraints(const rp_condition *c, rp_net *net,
                                 rp_error *err) {
  draft d;
  RP_TRY(begin_outputs(net, c->n_clauses, &d, err));
  rp_status status = RP_OK;
  for (int32_t i = 0; i < c->n_constraints && status == RP_OK; i++) {
    int64_t ends[2];
    status = set_constraint(&d, 1 + i, c, &c->constraint[i], ends, err);
    d.bias[1 + i]++;
  }
  if (status == RP_OK) status = draft_add(&d, net, err);
  draft_fini(&d);
  return status;
}

/* What each constraint lacks: clamp(sum - least), 0 at most. */
static rp_status add_shortfalls(const rp_condition *c, rp_net *net,
                                rp_error *err) {
  draft d;
  RP_TRY(draft_init(net, c->n_constraints, &d, err));
  rp_status status = RP_OK;
  for (int32_t i = 0; i < c->n_constraints && status == RP_OK; i++) {
    int64_t ends[2];
    status = set_constraint(&d, i, c, &c->constraint[i], ends, err);
    if (status == RP_OK) d.stair[i].lo = ends[0] < 0 ? (int32_t)ends[0] : 0;
  }
  if (status == RP_OK) status = draft_add(&d, net, err);
  draft_fini(&d);
  return status;
}

/* A clause is met where what its constraints lack adds up to 0. */
static rp_status add_clauses(const rp_condition *c, rp_net *net,
                             rp_error *err) {
  draft d;
  RP_TRY(begin_outputs(net, c->n_clauses, &d, err));
  for (int32_t i = 0; i < c->n_constraints;) {
    const int32_t clause = c->constraint[i].clause;
    int64_t most = 0;
    memset(d.row, 0, (size_t)d.n_in * sizeof *d.row);
    for (; i < c->n_constraints && c->constraint[i].clause == clause; i++) {
      d.row[i] = 1;
      most -= d.range[2 * i];
    }
    if (most > RP_ACC_LIMIT) {
      draft_fini(&d);
      return rp_fail(err, RP_E_INPUT,
                     "constraints: expected sums of at most 2^30 in a clause, "
                     "found %lld",
                     (long long)most);
    }
    (void)rp_op_dense_set_row(d.op, 1 + clause, d.row);
    d.bias[1 + clause] = 1;
  }
  const rp_status status = draft_add(&d, net, err);
  draft_fini(&d);
  return status;
}

static rp_status add_rows(const rp_condition *c, rp_net *net, rp_error *err) {
  if (c->n_clauses == c->n_constraints) return add_constraints(c, net, err);
  RP_TRY(add_shortfalls(c, net, err));
  return add_clauses(c, net, err);
}

/* ---- counting ---- */

/* Which classes beat the label, 1 or 0 each. */
static rp_status add_winners(const rp_condition *c, rp_net *net,
                             rp_error *err) {
  draft d;
  RP_TRY(draft_init(net, c->n_constraints, &d, err));
  rp_status status = RP_OK;
  for (int32_t i = 0; i < c->n_constraints && status == RP_OK; i++) {
    int64_t ends[2];
    status = set_constraint(&d, i, c, &c->constraint[i], ends, err);
    d.bias[i]++;
    d.stair[i] = is_positive;
  }
  if (status == RP_OK) status = draft_add(&d, net, err);
  draft_fini(&d);
  return status;
}

/* There are k of them. */
static rp_status add_count(int32_t k, rp_net *net, rp_error *err) {
  draft d;
  RP_TRY(begin_outputs(net, 1, &d, err));
  for (int32_t i = 0; i < d.n_in; i++) d.row[i] = 1;
  (void)rp_op_dense_set_row(d.op, 1, d.row);
  d.bias[1] = 1 - k;
  const rp_status status = draft_add(&d, net, err);
  draft_fini(&d);
  return status;
}

static rp_status add_top(int32_t k, int32_t label, int32_t n_out, rp_net *net,
                         rp_error *err) {
  rp_condition *rivals;
  RP_TRY(rp_condition_expand_rivals(label, n_out, &rivals, err));
  rp_status status = add_winners(rivals, net, err);
  if (status == RP_OK) status = add_count(k, net, err);
  rp_condition_free(rivals);
  return status;
}

/* ---- all of it ---- */

static rp_status add(const rp_condition *c, int32_t label, int32_t n_out,
                     rp_net *net, rp_error *err) {
  rp_condition *rows;
  RP_TRY(rp_condition_expand(c, label, n_out, &rows, err));
  if (!rows) return add_top(c->number, label, n_out, net, err);
  const rp_status status = add_rows(rows, net, err);
  rp_condition_free(rows);
  return status;
}

rp_status rp_condition_compile(const rp_condition *c, const rp_net *net,
                               int32_t label, rp_net **compiled,
                               rp_error *err) {
  rp_net *made;
  RP_TRY(rp_condition_check(c, net->n_out, err));
  RP_ASSERT(!rp_condition_has_label(c) || (label >= 0 && label < net->n_out));
  RP_TRY(rp_net_copy(net, &made, err));
  rp_status status = add(c, label, net->n_out, made, err);
  if (status == RP_OK) status = rp_net_finish(made, err);
  if (status == RP_OK)
    *compiled = made;
  else
    rp_net_free(made);
  return status;
}
