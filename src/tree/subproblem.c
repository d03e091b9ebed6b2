/* Subproblems of a search: open nodes as bytes, for another process to go on
 * with.
 *
 * Nodes are dealt out in the order of their bounds, in turns, so that the
 * search and every subproblem get as many hard ones; only so many from the top
 * of the heap travel, the others stay. A node takes its region, its split, its
 * multipliers and its cuts along: it is expanded there as it would have been
 * here, with the multipliers rounded to float, which changes no proof.
 *
 * Nothing is lost on the way: nodes leave the heap for good only when their
 * subproblem was taken over, and what is read back is checked against the
 * query.
 *
 * In the proof a node that was given away stays open, or both its children do
 * if it has its split already; the subproblem's own proof goes on with them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/region_pack.h"
#include "core/assert.h"
#include "core/memory.h"
#include "tree/subproblem_cuts.h"

enum { VERSION = 2, MOST_NODES = 256 }; /* in one subproblem */

/* An accumulator takes about ten bytes, so many together 40 MB, and cuts
 * about as much again: of one subproblem where all nodes are wanted. */
enum { MOST_ACCUMULATORS = 1 << 22 };

/* No honest search comes near these, and what is added to them cannot
 * overflow. */
enum { MOST_DEPTH = 1 << 30 };
static const int64_t MOST_COUNTED = INT64_MAX >> 8;

/* ---- writing ---- */

static void put_node(rp_trail *to, const rp_search *search,
                     const cut_table *cuts, const node *n) {
  const rp_part *const part = &search->part[n->part];
  const int32_t n_acc = search->task->net->n_acc;
  rp_trail_put(to, (uint64_t)part->rival);
  rp_trail_put(to, (uint64_t)(part->kind - 'A'));
  rp_trail_put(to, (uint64_t)n->depth);
  rp_trail_put(to, n->split.kind);
  rp_trail_put(to, (uint64_t)n->split.at);
  rp_trail_put(to, (uint64_t)n->split.block);
  rp_trail_put_signed(to, n->split.value);
  subproblem_put_multiplier(to, n->split.score);
  rp_trail_put(to, (uint64_t)(n->split.kind == BRANCH_NONE ? n->proof_node
                                                           : n->proof_child));
  rp_trail_put_real(to, n->gap);
  rp_trail_put_real(to, n->hull_gap);
  rp_trail_put_real(to, n->noted_gap);
  rp_trail_put(to, (uint64_t)(n->depth - n->noted_depth));
  rp_region_put_inputs(search->task->net, search->task->root, n->region, to);
  for (int32_t i = 0; i < n_acc; i++) {
    rp_trail_put_signed(to, n->region->z_lo[i]);
    rp_trail_put_signed(to, n->region->z_hi[i]);
    subproblem_put_multiplier(to, n->lambda[i]);
  }
  cut_table_put_node(search->task->net, cuts, n, to);
}

/* A packed one as it was; its multipliers lose nothing more. */
static void put_open_node(rp_trail *to, const rp_search *search,
                          const cut_table *cuts, const node *n) {
  if (!n->packed) {
    put_node(to, search, cuts, n);
    return;
  }
  node *full = node_unpack(search->task, n);
  if (full)
    put_node(to, search, cuts, full);
  else
    to->failed = true;
  node_free(full);
}

static void put_seconds(rp_trail *to, double seconds) {
  rp_trail_put(to, (uint64_t)(1e6 * (seconds > 0 ? seconds : 0)));
}

static void put_head(rp_trail *to, const rp_search *search) {
  rp_trail_put(to, VERSION);
  put_seconds(to, rp_clock_wall_s() - search->task->began_s);
  put_seconds(to, rp_clock_process_cpu_s() - search->task->began_cpu_s);
  rp_trail_put(to, search->task->split->name);
  rp_trail_put(to, (uint64_t)search->nodes);
}

/* Without cuts, which are found again there, many more nodes fit. */
static bool has_room_for_cuts(const rp_search *search, node *const *nodes,
                              int64_t n, int64_t k) {
  const int64_t n_acc = search->task->net->n_acc;
  int64_t multipliers = 0;
  for (int64_t i = 0; i < n; i += k)
    multipliers +=
        n_acc + (nodes[i]->cuts.n > 0 ? n_acc : 0) + nodes[i]->cuts.n;
  return multipliers <= MOST_ACCUMULATORS;
}

/* Every k-th node from one on, in a subproblem of its own; if it is taken over
 * they are gone. */
static void give_every(rp_search *search, node **taken, int64_t n,
                       int64_t first, int64_t k, bool last) {
  RP_ASSERT(first < n && k >= 1);
  const rp_split *const split = search->task->split;
  rp_trail subproblem = {0};
  cut_table cuts = {NULL, 0};
  if (has_room_for_cuts(search, taken + first, n - first, k))
    cut_table_gather(&cuts, taken + first, n - first, k);
  put_head(&subproblem, search);
  cut_table_put(search->task->net, &cuts, &subproblem);
  rp_trail_put(&subproblem, (uint64_t)((n - first + k - 1) / k));
  for (int64_t i = first; i < n; i += k)
    put_open_node(&subproblem, search, &cuts, taken[i]);
  cut_table_fini(&cuts);
  const bool given = split->give(split->context, subproblem.data,
                                 subproblem.failed ? 0 : subproblem.size, last);
  search->subproblems += given;
  for (int64_t i = first; given && i < n; i += k) {
    search->census.left[LEFT_GIVEN]++;
    node_free(taken[i]);
    taken[i] = NULL;
  }
  rp_trail_fini(&subproblem);
}

static int64_t count_nodes_to_give(const rp_net *net) {
  const int64_t fitting = MOST_ACCUMULATORS / net->n_acc;
  return fitting < 1 ? 1 : fitting > MOST_NODES ? MOST_NODES : fitting;
}

/* Under the lock: the heap has room for every node that comes back to it. */
static void give_from_heap(rp_search *search, int64_t subproblems,
                           bool holds_one) {
  const int64_t to_give = search->open.count - !holds_one;
  if (subproblems > to_give) subproblems = to_give;
  if (subproblems < 1) return;
  int64_t most = count_nodes_to_give(search->task->net) * (subproblems + 1);
  int64_t n = 0;
  if (most > search->open.count) most = search->open.count;
  node **taken = rp_alloc((size_t)most, sizeof(node *));
  if (!taken) return;
  while (n < most) taken[n++] = heap_pop(&search->open);
  RP_ASSERT(taken[0]->gap >= taken[n - 1]->gap);
  atomic_store(&search->task->split->wanted, 0);
  /* With one in hand and none to spare the first goes too. */
  const int64_t own = n > subproblems;
  RP_ASSERT(subproblems >= 1 && subproblems <= n);
  for (int64_t k = own; k < subproblems + own; k++)
    give_every(search, taken, n, k, subproblems + own,
               k + 1 == subproblems + own);
  for (int64_t i = 0; i < n; i++)
    if (taken[i] && !heap_push(&search->open, taken[i])) {
      search->census.left[LEFT_LOST]++;
      node_free(taken[i]);
    }
  free(taken);
  search->split_from_s = rp_clock_wall_s() + search->task->split->again_s;
}

static bool is_all_wanted(const rp_search *search) {
  const rp_split *const split = search->task->split;
  return split && atomic_load(&split->wanted) == RP_SUBPROBLEMS_OF_ALL &&
         rp_clock_wall_s() >= search->split_from_s;
}

void search_give(rp_search *search, bool holds_one) {
  rp_split *const split = search->task->split;
  if (!split || atomic_load_explicit(&split->wanted, memory_order_relaxed) <= 0)
    return;
  if (is_all_wanted(search)) { /* which takes the pause that follows */
    search_end(search, RP_SEARCH_PAUSED);
    return;
  }
  if (search->task->gives_only_all) return;
  omp_set_lock(&search->lock);
  const int wanted = atomic_load(&split->wanted);
  if (wanted > 0 && wanted != RP_SUBPROBLEMS_OF_ALL &&
      !atomic_load(&search->ended) && rp_clock_wall_s() >= search->split_from_s)
    give_from_heap(search, wanted, holds_one);
  omp_unset_lock(&search->lock);
}

/* As few subproblems as there can be: they are read one by one. */
static int64_t count_subproblems_of_all(const rp_search *search) {
  const int64_t fitting = MOST_ACCUMULATORS / search->task->net->n_acc;
  const int64_t most = fitting < 1 ? 1 : fitting;
  return (search->open.count + most - 1) / most;
}

bool rp_search_give_all(rp_search *search) {
  if (!is_all_wanted(search) || search->open.count == 0) return false;
  rp_split *const split = search->task->split;
  const int64_t n = search->open.count, k = count_subproblems_of_all(search);
  atomic_store(&split->wanted, 0);
  if (k > 1 && split->only_one) return false;
  /* They leave the heap in any order: which are best is seen again there. */
  for (int64_t i = 0; i < k; i++)
    give_every(search, search->open.item, n, i, k, i + 1 == k);
  search->open.count = 0;
  search->open.bytes = 0;
  node **const item = search->open.item;
  for (int64_t i = 0; i < n; i++)
    if (item[i]) (void)heap_push(&search->open, item[i]);
  return search->open.count == 0;
}

int32_t rp_search_count_subproblems(const rp_search *search) {
  return search->subproblems;
}

void rp_search_give(rp_search *search) {
  atomic_store(&search->ended, false); /* of the last pause */
  search_give(search, false);
}

/* ---- reading ---- */

static int32_t get_int32(rp_trail_reader *from) {
  const int64_t value = rp_trail_get_signed(from);
  if (value < INT32_MIN || value > INT32_MAX) from->failed = true;
  return from->failed ? 0 : (int32_t)value;
}

/* The number of a part in this search; parts come with their first node. */
static int32_t find_part(rp_search *search, int32_t rival, char kind) {
  rp_part parts[RP_MAX_PARTS];
  for (int32_t i = 0; i < search->n_parts; i++)
    if (search->part[i].rival == rival && search->part[i].kind == kind)
      return i;
  const int32_t label = search->task->target->label;
  const int32_t n = rival == label ? 0
                                   : rp_property_parts(search->task->net, label,
                                                       rival, parts);
  for (int32_t i = 0; i < n; i++)
    if (parts[i].kind == kind) {
      search->part[search->n_parts] = parts[i];
      return search->n_parts++;
    }
  return -1;
}

static void get_split(rp_trail_reader *from, const rp_net *net, branch *split) {
  const int64_t kind = rp_trail_get_up_to(from, BRANCH_INPUT);
  const int64_t n_acc = net->n_acc;
  split->kind = kind == BRANCH_STEP    ? BRANCH_STEP
                : kind == BRANCH_INPUT ? BRANCH_INPUT
                                       : BRANCH_NONE;
  split->at = (int32_t)rp_trail_get_up_to(
      from, split->kind == BRANCH_INPUT ? net->n_in - 1 : n_acc - 1);
  split->block = (int32_t)rp_trail_get_up_to(from, net->n_blocks - 1);
  split->value = get_int32(from);
  split->score = subproblem_get_multiplier(from);
  if (split->kind == BRANCH_INPUT && (split->value < 1 || split->value > 255))
    from->failed = true;
}

static void get_node(rp_trail_reader *from, rp_search *search,
                     const cut_table *cuts, node *n) {
  const rp_net *const net = search->task->net;
  const int32_t rival = (int32_t)rp_trail_get_up_to(from, net->n_out - 1);
  const char kind = (char)('A' + rp_trail_get_up_to(from, RP_MAX_PARTS - 1));
  n->part = find_part(search, rival, kind);
  n->depth = (int32_t)rp_trail_get_up_to(from, MOST_DEPTH);
  get_split(from, net, &n->split);
  n->proof_node = n->proof_child = rp_trail_get_up_to(from, MOST_COUNTED);
  n->gap = rp_trail_get_real(from);
  n->hull_gap = rp_trail_get_real(from);
  n->noted_gap = rp_trail_get_real(from);
  n->noted_depth = n->depth - (int32_t)rp_trail_get_up_to(from, n->depth);
  rp_region_get_inputs(net, search->task->root, from, n->region);
  for (size_t i = 0; i < (size_t)net->n_acc; i++) {
    n->region->z_lo[i] = get_int32(from);
    n->region->z_hi[i] = get_int32(from);
    n->lambda[i] = subproblem_get_multiplier(from);
  }
  cut_table_get_node(net, cuts, from, n);
  if (n->part < 0 || isnan(n->gap) || isnan(n->hull_gap) || isnan(n->noted_gap))
    from->failed = true;
}

/* Its numbers in this proof. */
static void go_on_with(const rp_search *search, node *n) {
  rp_proof *const proof = search->task->proof;
  if (!proof) return;
  const int64_t there = n->proof_node;
  n->proof_node = n->proof_child = rp_proof_continue(proof, there);
  if (n->split.kind != BRANCH_NONE) (void)rp_proof_continue(proof, there + 1);
}

static void get_head(rp_trail_reader *from, rp_subproblem_head *head) {
  if (rp_trail_get(from) != VERSION) from->failed = true;
  head->wall_s = 1e-6 * (double)rp_trail_get(from);
  head->cpu_s = 1e-6 * (double)rp_trail_get(from);
  head->source = rp_trail_get(from);
  head->nodes = rp_trail_get_up_to(from, MOST_COUNTED);
}

rp_status rp_subproblem_read_head(const uint8_t *subproblem, size_t size,
                                  rp_subproblem_head *head) {
  rp_trail_reader from = {.data = subproblem, .size = size};
  get_head(&from, head);
  return from.failed ? RP_E_INPUT : RP_OK;
}

static rp_status add_node(rp_search *search, const cut_table *cuts,
                          rp_trail_reader *from) {
  node *n = node_create(search->task->net);
  if (!n) return RP_E_MEMORY;
  get_node(from, search, cuts, n);
  if (!from->failed) go_on_with(search, n);
  if (!from->failed) n = node_pack(search->task, n);
  if (!from->failed && heap_push(&search->open, n)) return RP_OK;
  node_free(n);
  search->census.left[LEFT_LOST]++;
  return from->failed ? RP_E_INPUT : RP_E_MEMORY;
}

rp_status rp_search_resume(rp_search *search, const uint8_t *subproblem,
                           size_t size) {
  rp_trail_reader from = {.data = subproblem, .size = size};
  rp_subproblem_head head;
  get_head(&from, &head);
  search->nodes = search->own->nodes_before = head.nodes;
  cut_table cuts;
  rp_status status = cut_table_get(search->task->net, &from, &cuts);
  const int64_t count = rp_trail_get_up_to(&from, (int64_t)size);
  search->census.entered += count;
  for (int64_t i = 0; i < count && status == RP_OK; i++)
    status = add_node(search, &cuts, &from);
  cut_table_fini(&cuts);
  if (from.failed || from.at != size || count < 1)
    return status == RP_OK ? RP_E_INPUT : status;
  search->own->stats.parts += search->n_parts;
  return status;
}
