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
  return col < n_in || col >= n_in + p->n_z;
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

/* The accumulators of a neuron; without max pooling the one of its number. */
static rp_rows get_members(const rp_block *block, const int32_t *i) {
  return block->owner ? rp_block_members(block, *i) : (rp_rows){1, i};
}

static void count_neurons(program *p) {
  const rp_net *net = p->query->net;
  p->n_z = net->n_acc;
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t i = 0; i < net->block[k].n_out; i++) {
      p->n_neurons++;
      p->n_z += get_members(&net->block[k], &i).n > 1;
    }
}

static rp_status allocate_neurons(program *p) {
  const rp_net *net = p->query->net;
  const size_t n = (size_t)p->n_neurons;
  p->reader = rp_alloc((size_t)p->query->threads, sizeof *p->reader);
  if (!p->reader) return RP_E_MEMORY;
  for (int32_t t = 0; t < p->query->threads; t++)
    RP_TRY(sources_init(&p->reader[t], net));
  p->neuron = rp_alloc(n, sizeof *p->neuron);
  p->first_row = rp_alloc(n + 1, sizeof *p->first_row);
  p->first_entry = rp_alloc(n + 1, sizeof *p->first_entry);
  return p->neuron && p->first_row && p->first_entry ? RP_OK : RP_E_MEMORY;
}

/* Returns what its staircase takes. */
static neuron_size describe(program *p, const rp_block *block, int32_t i,
                            neuron *n) {
  const rp_rows members = get_members(block, &i);
  const int32_t first = block->first + rp_rows_get(members, 0);
  n->stair = &block->stair[rp_rows_get(members, 0)];
  n->z_lo = p->region->z_lo[first];
  n->z_hi = p->region->z_hi[first];
  for (int32_t m = 1; m < members.n; m++) {
    const int32_t at = block->first + rp_rows_get(members, m);
    if (p->region->z_lo[at] > n->z_lo) n->z_lo = p->region->z_lo[at];
    if (p->region->z_hi[at] > n->z_hi) n->z_hi = p->region->z_hi[at];
  }
  n->least = rp_stair_apply(n->stair, n->z_lo);
  n->greatest = rp_stair_apply(n->stair, n->z_hi);
  RP_ASSERT(n->least <= n->greatest);
  n->z = p->query->net->n_in + first;
  return is_constant(n) ? (neuron_size){0} : p->encoding->size(n);
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

/* A binary a member says which one is the maximum. */
static void number_pool(neuron *n, int32_t members, extent *e) {
  n->choice = (int32_t)e->cols;
  e->cols += members;
  e->rows += 1 + 2 * members;
  e->entries += 6 * (int64_t)members;
}

static rp_status number_neuron(program *p, int32_t k, int32_t i, neuron *n,
                               int32_t *next_maximum, extent *e) {
  const rp_block *block = &p->query->net->block[k];
  const rp_rows members = get_members(block, &i);
  const neuron_size size = describe(p, block, i, n);
  p->first_row[n - p->neuron] = (int32_t)e->rows;
  p->first_entry[n - p->neuron] = (int32_t)e->entries;
  n->own = (int32_t)e->cols;
  n->n_value_cols = (int32_t)size.value_cols;
  e->cols += size.cols;
  e->rows += members.n + size.rows;
  e->entries += size.entries;
  for (int32_t m = 0; m < members.n; m++)
    e->entries += count_row(p, k, rp_rows_get(members, m));
  if (members.n > 1) n->z = p->query->net->n_in + (*next_maximum)++;
  if (members.n > 1 && !is_constant(n)) number_pool(n, members.n, e);
  return take(e);
}

static rp_status number_neurons(program *p, extent *e) {
  const rp_net *net = p->query->net;
  neuron *next = p->neuron;
  int32_t next_maximum = net->n_acc;
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t i = 0; i < net->block[k].n_out; i++)
      RP_TRY(number_neuron(p, k, i, next++, &next_maximum, e));
  p->first_row[p->n_neurons] = (int32_t)e->rows;
  p->first_entry[p->n_neurons] = (int32_t)e->entries;
  return RP_OK;
}

static void count_property(program *p, extent *e) {
  const int32_t n_out = p->query->net->n_out;
  const neuron *output = p->neuron + p->n_neurons - n_out;
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

static void fill_accumulator(row_writer *w, sources *s, int32_t k, int32_t i) {
  const program *p = w->program;
  const rp_block *block = &p->query->net->block[k];
  const int32_t at = block->first + i, z = p->query->net->n_in + at;
  sources_list(s, p->query->net, k, i);
  col_bound(w, z, p->region->z_lo[at], p->region->z_hi[at]);
  row_begin(w, block->bias[i], block->bias[i]);
  row_put(w, z, 1);
  for (int32_t t = 0; t < s->n; t++) {
    const double minus = -(double)s->weight[s->source[t]];
    const neuron *below = find_neuron(p, s->source[t]);
    if (below)
      put_value(w, below, minus);
    else
      row_put(w, s->source[t], minus);
  }
}

/* The greatest of the members' accumulators. */
static void fill_maximum(row_writer *w, const rp_block *block, rp_rows members,
                         const neuron *n) {
  const program *p = w->program;
  col_bound(w, n->z, n->z_lo, n->z_hi);
  for (int32_t m = 0; m < members.n; m++) {
    const int32_t at = block->first + rp_rows_get(members, m);
    const int32_t z = p->query->net->n_in + at;
    const double most = (double)n->z_hi - p->region->z_lo[at];
    col_bound(w, n->choice + m, 0, 1);
    row_begin(w, 0, HUGE_VAL);
    row_put(w, n->z, 1);
    row_put(w, z, -1);
    row_begin(w, -HUGE_VAL, most);
    row_put(w, n->z, 1);
    row_put(w, z, -1);
    row_put(w, n->choice + m, most);
  }
  row_begin(w, 1, 1);
  for (int32_t m = 0; m < members.n; m++) row_put(w, n->choice + m, 1);
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
  const neuron *output = p->neuron + p->n_neurons - p->query->net->n_out;
  const neuron *j = &output[rival], *y = &output[p->query->label];
  const double wanted = rival > p->query->label;
  const double big_m = fmax(0, wanted - ((double)j->least - y->greatest));
  row_begin(w, wanted - big_m, HUGE_VAL);
  put_value(w, j, 1);
  put_value(w, y, -1);
  row_put(w, p->first_rival + rival, -big_m);
}

static void fill_neuron(program *p, sources *s, int32_t k, int32_t i) {
  const rp_block *block = &p->query->net->block[k];
  const rp_rows members = get_members(block, &i);
  const int32_t at = s->first[k] - p->query->net->n_in + i;
  const neuron *n = &p->neuron[at];
  row_writer w = {p, p->first_row[at], p->first_entry[at]};
  for (int32_t m = 0; m < members.n; m++)
    fill_accumulator(&w, s, k, rp_rows_get(members, m));
  if (!is_constant(n)) {
    if (members.n > 1) fill_maximum(&w, block, members, n);
    p->encoding->fill(n, &w);
  }
  RP_ASSERT(w.row == p->first_row[at + 1]);
  RP_ASSERT(w.entry == p->first_entry[at + 1]);
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
  row_writer w = {p, p->first_row[p->n_neurons], p->first_entry[p->n_neurons]};
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
  *p = (program){.query = query, .encoding = get_encoding(query->encoding)};
  RP_TRY(bound_accumulators(p));
  count_neurons(p);
  RP_TRY(allocate_neurons(p));
  extent e = {.cols = query->net->n_in + p->n_z};
  RP_TRY(number_neurons(p, &e));
  count_property(p, &e);
  RP_TRY(take(&e));
  RP_TRY(allocate_rows(p, &e));
  fill_rows(p);
  return RP_OK;
}
