/* Building an integer program: intervals, then sizes, then the rows of every
 * block in parallel. What belongs to one staircase comes from its encoding. */
#include "lp/program.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"

void program_fini(program *p) {
  for (int32_t t = 0; p->reader && t < p->query->threads; t++)
    sources_fini(&p->reader[t]);
  free(p->reader);
  rp_region_free(p->region);
  free(p->neuron);
  free(p->first_row);
  free(p->first_entry);
  free(p->start);
  free(p->col);
  free(p->value);
  free(p->row_lo);
  free(p->row_hi);
  free(p->col_lo);
  free(p->col_hi);
}

static bool is_constant(const neuron *n) {
  return n->least == n->greatest;
}

bool program_col_is_integer(const program *p, int32_t col) {
  const int32_t n_in = p->query->net->n_in;
  return col < n_in || col >= n_in + p->n_acc;
}

/* ------------------------------------------------- sizes, before the rows */

static rp_status bound_accumulators(program *p) {
  const rp_net *net = p->query->net;
  RP_TRY(rp_region_create(net, &p->region));
  int32_t *work = rp_alloc(rp_interval_work(net), sizeof *work);
  if (!work) return RP_E_MEMORY;
  rp_region_ball(net, p->query->box_lo, 0, p->region);
  memcpy(p->region->x_hi, p->query->box_hi, (size_t)net->n_in);
  rp_interval_propagate(net, 0, net->n_blocks - 1, p->region, work);
  free(work);
  return RP_OK;
}

static rp_status allocate_neurons(program *p) {
  const size_t n = (size_t)p->n_acc;
  p->reader = rp_alloc((size_t)p->query->threads, sizeof *p->reader);
  if (!p->reader) return RP_E_MEMORY;
  for (int32_t t = 0; t < p->query->threads; t++)
    RP_TRY(sources_init(&p->reader[t], p->query->net));
  p->neuron = rp_alloc(n, sizeof *p->neuron);
  p->first_row = rp_alloc(n + 1, sizeof *p->first_row);
  p->first_entry = rp_alloc(n + 1, sizeof *p->first_entry);
  return p->neuron && p->first_row && p->first_entry ? RP_OK : RP_E_MEMORY;
}

/* Returns what it takes, the row of its accumulator left out. */
static neuron_size describe(program *p, const rp_stair *stair, int32_t acc) {
  neuron *n = &p->neuron[acc];
  n->stair = stair;
  n->z_lo = p->region->z_lo[acc];
  n->z_hi = p->region->z_hi[acc];
  n->least = rp_stair_apply(stair, n->z_lo);
  n->greatest = rp_stair_apply(stair, n->z_hi);
  RP_ASSERT(n->least <= n->greatest);
  n->z = p->query->net->n_in + acc;
  if (is_constant(n)) return (neuron_size){0};
  return p->encoding->size(n);
}

/* Columns, rows and entries so far. */
typedef struct extent {
  int64_t cols, rows, entries;
} extent;

static rp_status take(const extent *e) {
  return e->cols < INT32_MAX && e->rows < INT32_MAX && e->entries < INT32_MAX
             ? RP_OK
             : RP_E_RANGE;
}

/* The neuron that a source is; NULL: an input. */
static const neuron *find_neuron(const program *p, int32_t source) {
  const int32_t n_in = p->query->net->n_in;
  return source < n_in ? NULL : &p->neuron[source - n_in];
}

/* Of the row of an accumulator: itself, inputs, and the columns that make up
 * the values of neurons. */
static int64_t count_row(program *p, int32_t k, int32_t i) {
  sources *s = &p->reader[0];
  int64_t entries = 1;
  sources_list(s, p->query->net, k, i);
  for (int32_t t = 0; t < s->n; t++) {
    const neuron *below = find_neuron(p, s->source[t]);
    entries += below ? below->n_value_cols : 1;
  }
  return entries;
}

static rp_status number_neuron(program *p, int32_t k, int32_t i, extent *e) {
  const rp_block *block = &p->query->net->block[k];
  const int32_t acc = block->first + i;
  const neuron_size size = describe(p, &block->stair[i], acc);
  p->neuron[acc].own = (int32_t)e->cols;
  p->neuron[acc].n_value_cols = (int32_t)size.value_cols;
  p->first_row[acc] = (int32_t)e->rows;
  p->first_entry[acc] = (int32_t)e->entries;
  e->cols += size.cols;
  e->rows += 1 + size.rows;
  e->entries += count_row(p, k, i) + size.entries;
  return take(e);
}

static rp_status number_neurons(program *p, extent *e) {
  const rp_net *net = p->query->net;
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t i = 0; i < net->block[k].n_out; i++)
      RP_TRY(number_neuron(p, k, i, e));
  p->first_row[p->n_acc] = (int32_t)e->rows;
  p->first_entry[p->n_acc] = (int32_t)e->entries;
  return RP_OK;
}

static void count_property(program *p, extent *e) {
  const int32_t n_out = p->query->net->n_out;
  const neuron *output = p->neuron + p->n_acc - n_out;
  p->first_rival = (int32_t)e->cols;
  e->cols += n_out;
  e->rows += n_out;
  e->entries += n_out;
  for (int32_t j = 0; j < n_out; j++)
    if (j != p->query->label)
      e->entries +=
          output[j].n_value_cols + output[p->query->label].n_value_cols + 1;
}

static rp_status allocate_rows(program *p, const extent *e) {
  const size_t rows = (size_t)e->rows, cols = (size_t)e->cols;
  p->n_rows = (int32_t)e->rows;
  p->n_cols = (int32_t)e->cols;
  p->start = rp_alloc(rows + 1, sizeof *p->start);
  p->row_lo = rp_alloc(rows, sizeof *p->row_lo);
  p->row_hi = rp_alloc(rows, sizeof *p->row_hi);
  p->col_lo = rp_alloc(cols, sizeof *p->col_lo);
  p->col_hi = rp_alloc(cols, sizeof *p->col_hi);
  p->col = rp_alloc((size_t)e->entries, sizeof *p->col);
  p->value = rp_alloc((size_t)e->entries, sizeof *p->value);
  return p->start && p->row_lo && p->row_hi && p->col_lo && p->col_hi &&
                 p->col && p->value
             ? RP_OK
             : RP_E_MEMORY;
}

/* -------------------------------------------------------------- the rows */

/* A row ends where the next one starts; the next neuron's place is known. */
void row_begin(row_writer *w, double lo, double hi) {
  program *p = w->program;
  p->start[w->row] = w->entry;
  p->row_lo[w->row] = lo;
  p->row_hi[w->row] = hi;
  w->row++;
}

void row_put(row_writer *w, int32_t col, double value) {
  w->program->col[w->entry] = col;
  w->program->value[w->entry] = value;
  w->entry++;
}

void col_bound(row_writer *w, int32_t col, double lo, double hi) {
  w->program->col_lo[col] = lo;
  w->program->col_hi[col] = hi;
}

/* times a neuron's value: its columns, or a constant that moves to the other
 * side. */
static void put_value(row_writer *w, const neuron *n, double times) {
  program *p = w->program;
  for (int32_t k = 0; k < n->n_value_cols; k++)
    row_put(w, n->own + k, times * p->encoding->factor(n, k));
  if (!is_constant(n)) return;
  p->row_lo[w->row - 1] -= times * n->least;
  p->row_hi[w->row - 1] -= times * n->least;
}

static void fill_accumulator(row_writer *w, sources *s, int32_t k, int32_t i,
                             const neuron *n) {
  const program *p = w->program;
  const int32_t bias = p->query->net->block[k].bias[i];
  sources_list(s, p->query->net, k, i);
  col_bound(w, n->z, n->z_lo, n->z_hi);
  row_begin(w, bias, bias);
  row_put(w, n->z, 1);
  for (int32_t t = 0; t < s->n; t++) {
    const double minus = -(double)s->weight[s->source[t]];
    const neuron *below = find_neuron(p, s->source[t]);
    if (below)
      put_value(w, below, minus);
    else
      row_put(w, s->source[t], minus);
  }
}

/* Some rival is chosen, and it is not the label. */
static void fill_choice(row_writer *w) {
  const rp_integer_query *query = w->program->query;
  const int32_t first = w->program->first_rival;
  row_begin(w, 1, 1);
  for (int32_t j = 0; j < query->net->n_out; j++) {
    row_put(w, first + j, 1);
    col_bound(w, first + j, 0, j != query->label);
  }
}

static void fill_rival(row_writer *w, int32_t rival) {
  const program *p = w->program;
  const neuron *output = p->neuron + p->n_acc - p->query->net->n_out;
  const neuron *j = &output[rival], *y = &output[p->query->label];
  const double wanted = rival > p->query->label;
  const double big_m = fmax(0, wanted - ((double)j->least - y->greatest));
  row_begin(w, wanted - big_m, HUGE_VAL);
  put_value(w, j, 1);
  put_value(w, y, -1);
  row_put(w, p->first_rival + rival, -big_m);
}

static void fill_neuron(program *p, sources *s, int32_t k, int32_t i) {
  const int32_t acc = p->query->net->block[k].first + i;
  row_writer w = {p, p->first_row[acc], p->first_entry[acc]};
  fill_accumulator(&w, s, k, i, &p->neuron[acc]);
  if (!is_constant(&p->neuron[acc])) p->encoding->fill(&p->neuron[acc], &w);
  RP_ASSERT(w.row == p->first_row[acc + 1]);
  RP_ASSERT(w.entry == p->first_entry[acc + 1]);
}

static void fill_block(program *p, int32_t k) {
  const int32_t n = p->query->net->block[k].n_out;
#pragma omp parallel for num_threads(p->query->threads) schedule(static)
  for (int32_t i = 0; i < n; i++)
    fill_neuron(p, &p->reader[omp_get_thread_num()], k, i);
}

static void fill_rows(program *p) {
  const rp_net *net = p->query->net;
  for (int32_t i = 0; i < net->n_in; i++) {
    p->col_lo[i] = p->region->x_lo[i];
    p->col_hi[i] = p->region->x_hi[i];
  }
  for (int32_t k = 0; k < net->n_blocks; k++) fill_block(p, k);
  row_writer w = {p, p->first_row[p->n_acc], p->first_entry[p->n_acc]};
  fill_choice(&w);
  for (int32_t j = 0; j < net->n_out; j++)
    if (j != p->query->label) fill_rival(&w, j);
  p->start[w.row] = w.entry;
  RP_ASSERT(w.row == p->n_rows);
}

static const staircase_encoding *get_encoding(rp_integer_encoding encoding) {
  switch (encoding) {
  case RP_INTEGER_ONEHOT:
    return &onehot_encoding;
  case RP_INTEGER_COMPACT:
    return &compact_encoding;
  }
  return &onehot_encoding;
}

rp_status program_build(const rp_integer_query *query, program *p) {
  *p = (program){.query = query,
                 .encoding = get_encoding(query->encoding),
                 .n_acc = query->net->n_acc};
  extent e = {.cols = query->net->n_in + p->n_acc};
  RP_TRY(bound_accumulators(p));
  RP_TRY(allocate_neurons(p));
  RP_TRY(number_neurons(p, &e));
  count_property(p, &e);
  RP_TRY(take(&e));
  RP_TRY(allocate_rows(p, &e));
  fill_rows(p);
  return RP_OK;
}
