/* Nothing of a cut has to be believed: it is a recipe that holds in any region
 * (bound/cut.h), and its multiplier is one of many that prove something. */
#include "tree/subproblem_cuts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/cut_pack.h"
#include "core/assert.h"
#include "core/memory.h"

/* ---- numbers ---- */

static bool is_multiplier(double value) {
  return fabs(value) < 0x1p52;
}

void subproblem_put_multiplier(rp_trail *to, double value) {
  rp_trail_put_real(to, is_multiplier((float)value) ? value : 0);
}

double subproblem_get_multiplier(rp_trail_reader *from) {
  const double value = rp_trail_get_real(from);
  if (!is_multiplier(value)) from->failed = true;
  return from->failed ? 0 : value;
}

/* ---- the table ---- */

static int compare_addresses(const void *a, const void *b) {
  const uintptr_t first = (uintptr_t) * (rp_cut *const *)a;
  const uintptr_t second = (uintptr_t) * (rp_cut *const *)b;
  return (first > second) - (first < second);
}

static int64_t count_cuts(node *const *nodes, int64_t n, int64_t step) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; i += step) count += nodes[i]->cuts.n;
  return count;
}

void cut_table_gather(cut_table *table, node *const *nodes, int64_t n,
                      int64_t step) {
  const int64_t count = count_cuts(nodes, n, step);
  *table = (cut_table){NULL, 0};
  if (count == 0) return;
  rp_cut **const cut = rp_alloc((size_t)count, sizeof(rp_cut *));
  if (!cut) return;
  int64_t k = 0;
  for (int64_t i = 0; i < n; i += step)
    for (int32_t c = 0; c < nodes[i]->cuts.n; c++)
      cut[k++] = nodes[i]->cuts.cut[c];
  qsort(cut, (size_t)count, sizeof *cut, compare_addresses);
  for (k = 0; k < count; k++)
    if (k == 0 || cut[k] != cut[table->n - 1]) cut[table->n++] = cut[k];
  for (k = 0; k < table->n; k++) rp_cut_hold(cut[k]);
  table->cut = cut;
}

void cut_table_fini(cut_table *table) {
  for (int64_t k = 0; k < table->n; k++) rp_cut_release(table->cut[k]);
  free(table->cut);
  *table = (cut_table){NULL, 0};
}

void cut_table_put(const rp_net *net, const cut_table *table, rp_trail *to) {
  rp_trail_put(to, (uint64_t)table->n);
  for (int64_t k = 0; k < table->n; k++) rp_cut_put(net, table->cut[k], to);
}

static rp_status get_cuts(const rp_net *net, rp_trail_reader *from,
                          int64_t count, cut_table *table) {
  const size_t widest = (size_t)net->widest;
  rp_tap_space space = {rp_alloc(widest, sizeof *space.index),
                        rp_alloc(widest, sizeof *space.weight)};
  rp_status st = space.index && space.weight ? RP_OK : RP_E_MEMORY;
  while (st == RP_OK && table->n < count) {
    rp_cut *const cut = rp_cut_get(net, from, space);
    if (cut)
      table->cut[table->n++] = cut;
    else
      st = from->failed ? RP_E_INPUT : RP_E_MEMORY;
  }
  free(space.index);
  free(space.weight);
  return st;
}

rp_status cut_table_get(const rp_net *net, rp_trail_reader *from,
                        cut_table *table) {
  *table = (cut_table){NULL, 0};
  const int64_t count =
      rp_trail_get_up_to(from, (int64_t)(from->size - from->at));
  if (from->failed) return RP_E_INPUT;
  if (count == 0) return RP_OK;
  table->cut = rp_alloc((size_t)count, sizeof(rp_cut *));
  return table->cut ? get_cuts(net, from, count, table) : RP_E_MEMORY;
}

/* ---- nodes ---- */

static int64_t find_number(const cut_table *table, const rp_cut *cut) {
  rp_cut *const *const found = bsearch(&cut, table->cut, (size_t)table->n,
                                       sizeof(rp_cut *), compare_addresses);
  RP_ASSERT(found);
  return found - table->cut;
}

void cut_table_put_node(const rp_net *net, const cut_table *table,
                        const node *n, rp_trail *to) {
  const int32_t count = table->n > 0 ? n->cuts.n : 0;
  rp_trail_put(to, (uint64_t)count);
  if (count == 0) return;
  for (int32_t c = 0; c < count; c++)
    rp_trail_put(to, (uint64_t)find_number(table, n->cuts.cut[c]));
  for (int32_t i = 0; i < net->n_acc + count; i++)
    subproblem_put_multiplier(to, n->lambda_cut[i]);
}

void cut_table_get_node(const rp_net *net, const cut_table *table,
                        rp_trail_reader *from, node *n) {
  RP_ASSERT(n->cuts.n == 0);
  const int64_t count = rp_trail_get_up_to(from, rp_cuts_room(net));
  for (int64_t c = 0; c < count; c++) {
    const int64_t number = rp_trail_get_up_to(from, table->n - 1);
    if (from->failed) return;
    n->cuts.cut[n->cuts.n++] = rp_cut_hold(table->cut[number]);
  }
  for (int64_t i = 0; count > 0 && i < net->n_acc + count; i++)
    n->lambda_cut[i] = subproblem_get_multiplier(from);
}
