/* The encoding of Zhang et al., QVIP (ASE 2022), as an integer program.
 *
 * Columns: inputs x_p, integer; accumulators z_i; for every neuron that can
 * take several values over the box one binary y_iv a value; one binary r_j a
 * rival class. Rows, with z in [l, u] by intervals and a_i = sum_v v y_iv:
 *
 *   z_i = W a + b                           every accumulator
 *   sum_v y_iv = 1                          every neuron with binaries
 *   z_i - (T(v) - l) y_iv >= l              its values but the least
 *   z_i + (u - T(v+1) + 1) y_iv <= u        its values but the greatest
 *   sum_j r_j = 1
 *   a_j - a_y - M_j r_j >= delta_j - M_j    every rival j of the label y
 *
 * Deviations: QVIP writes 2e9 for every big M, which no solver's tolerance
 * bears; here each is the smallest that the intervals allow. Thresholds are
 * integers, so the strict side is one less instead of 1e-4 less. A neuron with
 * one value over the box is a constant and has no binaries. */
#include "rampart/onehot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rampart/lp.h"
#include "rampart/memory.h"
#include "rampart/region.h"

/* The program in compressed rows, and where a neuron's share of it lies. */
typedef struct model {
  const rp_net *net;
  int32_t label;
  int32_t n_acc, n_rows, n_cols;
  rp_region *region;  /* intervals over the box */
  int32_t *first_col; /* [n_acc + 1] binaries of each neuron */
  int32_t *first_row; /* [n_acc + 1] staircase rows of each neuron */
  int32_t *start;     /* [n_rows + 1] */
  int32_t *col;
  double *value;
  double *row_lo, *row_hi; /* [n_rows] */
} model;

static void model_fini(model *m) {
  rp_region_free(m->region);
  free(m->first_col);
  free(m->first_row);
  free(m->start);
  free(m->col);
  free(m->value);
  free(m->row_lo);
  free(m->row_hi);
}

static int32_t col_z(const model *m, int32_t acc) {
  return m->net->n_in + acc;
}

static int32_t n_binaries(const model *m, int32_t acc) {
  return m->first_col[acc + 1] - m->first_col[acc];
}

static const rp_stair *stair_of(const model *m, int32_t layer, int32_t neuron) {
  return &m->net->layer[layer].stair[neuron];
}

static int32_t least_value(const model *m, int32_t layer, int32_t neuron,
                           int32_t acc) {
  return rp_stair_apply(stair_of(m, layer, neuron), m->region->z_lo[acc]);
}

static int32_t greatest_value(const model *m, int32_t layer, int32_t neuron,
                              int32_t acc) {
  return rp_stair_apply(stair_of(m, layer, neuron), m->region->z_hi[acc]);
}

/* ------------------------------------------------- sizes, before the rows */

static rp_status bound_accumulators(model *m, const uint8_t *box_lo,
                                    const uint8_t *box_hi) {
  const rp_net *net = m->net;
  const size_t n_in = (size_t)net->n_in;
  RP_TRY(rp_region_create(net, &m->region));
  int32_t *work = rp_alloc(rp_interval_work(net), sizeof *work);
  if (!work) return RP_E_MEMORY;
  rp_region_ball(net, box_lo, 0, m->region);
  memcpy(m->region->x_hi, box_hi, n_in);
  rp_interval_propagate(net, 0, net->n_layers - 1, m->region, work);
  free(work);
  return RP_OK;
}

static rp_status number_columns_and_rows(model *m) {
  const rp_net *net = m->net;
  const size_t n = (size_t)m->n_acc + 1;
  m->first_col = rp_alloc(n, sizeof *m->first_col);
  m->first_row = rp_alloc(n, sizeof *m->first_row);
  if (!m->first_col || !m->first_row) return RP_E_MEMORY;
  m->first_col[0] = net->n_in + m->n_acc;
  m->first_row[0] = m->n_acc;
  for (int32_t k = 0, acc = 0; k < net->n_layers; k++)
    for (int32_t i = 0; i < net->layer[k].n_out; i++, acc++) {
      const int32_t steps =
          greatest_value(m, k, i, acc) - least_value(m, k, i, acc);
      m->first_col[acc + 1] = m->first_col[acc] + (steps > 0 ? steps + 1 : 0);
      m->first_row[acc + 1] =
          m->first_row[acc] + (steps > 0 ? 2 * steps + 1 : 0);
    }
  m->n_cols = m->first_col[m->n_acc] + net->n_out;
  m->n_rows = m->first_row[m->n_acc] + net->n_out;
  return RP_OK;
}

/* Number of entries of each row, as running sums. */
static void count_entries(model *m) {
  const rp_net *net = m->net;
  int32_t *end = m->start + 1;
  for (int32_t k = 0, acc = 0; k < net->n_layers; k++) {
    const int32_t below = acc - (k > 0 ? net->layer[k].n_in : 0);
    const int32_t inputs =
        k > 0 ? m->first_col[acc] - m->first_col[below] : net->n_in;
    for (int32_t i = 0; i < net->layer[k].n_out; i++, acc++) {
      end[acc] = 1 + inputs;
      for (int32_t row = m->first_row[acc]; row < m->first_row[acc + 1]; row++)
        end[row] = row == m->first_row[acc] ? n_binaries(m, acc) : 2;
    }
  }
  const int32_t outputs = m->n_acc - net->n_out;
  for (int32_t j = 0; j < net->n_out; j++)
    end[m->first_row[m->n_acc] + j] =
        j == m->label ? net->n_out - 1
                      : n_binaries(m, outputs + j) +
                            n_binaries(m, outputs + m->label) + 1;
  for (int32_t row = 0; row < m->n_rows; row++) end[row] += m->start[row];
}

static rp_status allocate_rows(model *m) {
  const size_t rows = (size_t)m->n_rows;
  m->start = rp_alloc(rows + 1, sizeof *m->start);
  m->row_lo = rp_alloc(rows, sizeof *m->row_lo);
  m->row_hi = rp_alloc(rows, sizeof *m->row_hi);
  if (!m->start || !m->row_lo || !m->row_hi) return RP_E_MEMORY;
  count_entries(m);
  const size_t entries = (size_t)m->start[m->n_rows];
  m->col = rp_alloc(entries, sizeof *m->col);
  m->value = rp_alloc(entries, sizeof *m->value);
  return m->col && m->value ? RP_OK : RP_E_MEMORY;
}

/* -------------------------------------------------------------- the rows */

typedef struct cursor {
  model *m;
  int32_t row, at;
} cursor;

static cursor row_of(model *m, int32_t row, double lo, double hi) {
  m->row_lo[row] = lo;
  m->row_hi[row] = hi;
  return (cursor){m, row, m->start[row]};
}

static void put(cursor *c, int32_t col, double value) {
  c->m->col[c->at] = col;
  c->m->value[c->at] = value;
  c->at++;
}

/* factor times a neuron's value: its binaries, or a constant that moves to the
 * other side. */
static void put_value(cursor *c, int32_t layer, int32_t neuron, int32_t acc,
                      double factor) {
  model *m = c->m;
  const int32_t least = least_value(m, layer, neuron, acc);
  const int32_t n = n_binaries(m, acc);
  for (int32_t v = 0; v < n; v++)
    put(c, m->first_col[acc] + v, factor * (least + v));
  if (n > 0) return;
  m->row_lo[c->row] -= factor * least;
  m->row_hi[c->row] -= factor * least;
}

static void fill_accumulator(model *m, int32_t k, int32_t i, int32_t acc) {
  const rp_layer *layer = &m->net->layer[k];
  const int16_t *w = layer->weight + (size_t)i * (size_t)layer->n_in;
  const int32_t below = acc - i - layer->n_in;
  cursor c = row_of(m, acc, layer->bias[i], layer->bias[i]);
  put(&c, col_z(m, acc), 1);
  for (int32_t p = 0; p < layer->n_in; p++)
    if (k == 0)
      put(&c, p, -(double)w[p]);
    else
      put_value(&c, k - 1, p, below + p, -(double)w[p]);
}

static void fill_staircase(model *m, int32_t k, int32_t i, int32_t acc) {
  const int32_t n = n_binaries(m, acc), col = m->first_col[acc];
  if (n == 0) return;
  const int32_t least = least_value(m, k, i, acc);
  const double l = m->region->z_lo[acc], u = m->region->z_hi[acc];
  int32_t row = m->first_row[acc];
  cursor c = row_of(m, row++, 1, 1);
  for (int32_t v = 0; v < n; v++) put(&c, col + v, 1);
  for (int32_t v = 0; v + 1 < n; v++) {
    const double t =
        (double)rp_stair_threshold(stair_of(m, k, i), least + v + 1);
    c = row_of(m, row++, -HUGE_VAL, u);
    put(&c, col_z(m, acc), 1);
    put(&c, col + v, u - t + 1);
    c = row_of(m, row++, l, HUGE_VAL);
    put(&c, col_z(m, acc), 1);
    put(&c, col + v + 1, l - t);
  }
}

/* The label's own row says that some rival is chosen. */
static void fill_property(model *m, int32_t j) {
  const rp_net *net = m->net;
  const int32_t last = net->n_layers - 1, y = m->label;
  const int32_t outputs = m->n_acc - net->n_out;
  const int32_t row = m->first_row[m->n_acc] + j;
  const int32_t col = m->first_col[m->n_acc];
  if (j == y) {
    cursor c = row_of(m, row, 1, 1);
    for (int32_t r = 0; r < net->n_out; r++)
      if (r != y) put(&c, col + r, 1);
    return;
  }
  const int32_t least = least_value(m, last, j, outputs + j) -
                        greatest_value(m, last, y, outputs + y);
  const int32_t wanted = j > y;
  const double big_m = wanted > least ? wanted - least : 0;
  cursor c = row_of(m, row, wanted - big_m, HUGE_VAL);
  put_value(&c, last, j, outputs + j, 1);
  put_value(&c, last, y, outputs + y, -1);
  put(&c, col + j, -big_m);
}

static void fill_rows(model *m) {
  const rp_net *net = m->net;
  for (int32_t k = 0, first = 0; k < net->n_layers; k++) {
    const int32_t n = net->layer[k].n_out;
#pragma omp parallel for schedule(static)
    for (int32_t i = 0; i < n; i++) {
      fill_accumulator(m, k, i, first + i);
      fill_staircase(m, k, i, first + i);
    }
    first += n;
  }
  for (int32_t j = 0; j < net->n_out; j++) fill_property(m, j);
}

static rp_status model_build(model *m, const uint8_t *box_lo,
                             const uint8_t *box_hi) {
  RP_TRY(bound_accumulators(m, box_lo, box_hi));
  RP_TRY(number_columns_and_rows(m));
  RP_TRY(allocate_rows(m));
  fill_rows(m);
  return RP_OK;
}

/* ------------------------------------------------------------ the solver */

static rp_status load_columns(const model *m, rp_lp *lp) {
  const rp_net *net = m->net;
  RP_TRY(rp_lp_add_cols(lp, m->n_cols));
  for (int32_t p = 0; p < net->n_in; p++) {
    RP_TRY(rp_lp_col_bounds(lp, p, m->region->x_lo[p], m->region->x_hi[p]));
    RP_TRY(rp_lp_integer(lp, p));
  }
  for (int32_t acc = 0; acc < m->n_acc; acc++)
    RP_TRY(rp_lp_col_bounds(lp, col_z(m, acc), m->region->z_lo[acc],
                            m->region->z_hi[acc]));
  for (int32_t col = m->first_col[0]; col < m->n_cols; col++) {
    const bool is_label = col == m->first_col[m->n_acc] + m->label;
    RP_TRY(rp_lp_integer(lp, col));
    RP_TRY(rp_lp_col_bounds(lp, col, 0, is_label ? 0 : 1));
  }
  return RP_OK;
}

static rp_status load(const model *m, rp_lp *lp) {
  RP_TRY(load_columns(m, lp));
  RP_TRY(rp_lp_add_rows(lp, m->n_rows));
  for (int32_t row = 0; row < m->n_rows; row++) {
    const int32_t at = m->start[row];
    RP_TRY(rp_lp_set_row(lp, row, m->start[row + 1] - at, m->col + at,
                         m->value + at));
    RP_TRY(rp_lp_row_bounds(lp, row, m->row_lo[row], m->row_hi[row]));
  }
  return RP_OK;
}

static rp_status read_witness(const model *m, const rp_lp *lp,
                              uint8_t *witness) {
  double *x = rp_alloc((size_t)m->n_cols, sizeof *x);
  if (!x) return RP_E_MEMORY;
  rp_lp_int_values(lp, x);
  for (int32_t p = 0; p < m->net->n_in; p++)
    witness[p] =
        (uint8_t)fmin(fmax(rint(x[p]), m->region->x_lo[p]), m->region->x_hi[p]);
  free(x);
  return RP_OK;
}

static rp_status solve(const model *m, rp_lp *lp, const rp_deadline *deadline,
                       uint8_t *witness, rp_onehot_outcome *outcome) {
  switch (rp_lp_solve_integer(lp, deadline, true)) {
  case RP_LP_OPTIMAL:
  case RP_LP_CUTOFF:
    *outcome = RP_ONEHOT_POINT;
    return read_witness(m, lp, witness);
  case RP_LP_INFEASIBLE:
    *outcome = RP_ONEHOT_CLAIMS_ROBUST;
    return RP_OK;
  case RP_LP_LIMIT:
    *outcome = RP_ONEHOT_LIMIT;
    return RP_OK;
  case RP_LP_UNBOUNDED:
  case RP_LP_FAILED:
    *outcome = RP_ONEHOT_FAILED;
    return RP_OK;
  }
  return RP_E_INTERNAL;
}

rp_status rp_onehot_solve(const rp_net *net, const uint8_t *box_lo,
                          const uint8_t *box_hi, int32_t label,
                          const rp_deadline *deadline, uint8_t *witness,
                          rp_onehot_outcome *outcome, rp_stats *stats) {
  model m = {.net = net, .label = label, .n_acc = (int32_t)rp_net_n_acc(net)};
  rp_lp *lp = NULL;
  rp_status status;
  RP_TRY_OR(status, done, model_build(&m, box_lo, box_hi));
  RP_TRY_OR(status, done, rp_lp_create(stats, &lp));
  status = load(&m, lp);
  if (status == RP_E_NUMERIC) { /* an abort, caught */
    *outcome = RP_ONEHOT_FAILED;
    status = RP_OK;
    goto done;
  }
  if (status == RP_OK) status = solve(&m, lp, deadline, witness, outcome);
done:
  rp_lp_free(lp);
  model_fini(&m);
  return status;
}
