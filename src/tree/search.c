/* The search: threads that take open nodes from one heap.
 *
 * A thread expands a node, dives to its better child and leaves the other one
 * to whoever is free. What is proved does not depend on the order: the search
 * is exhausted when the heap is empty and nobody holds a node, provided that
 * every node that ever entered is accounted for (census.c). Each thread has its
 * own GLPK environment, worker 0 that of the caller. */
#include "tree/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/assert.h"
#include "core/log.h"
#include "core/memory.h"
#include "tree/tree_internal.h"

/* Helpers start with an empty program: not worth it for a few nodes. */
enum { WORTH_THREADS = 128 };

rp_status rp_search_create(const rp_search_task *task, rp_search **search) {
  rp_search *s = rp_alloc(1, sizeof *s);
  if (!s) return RP_E_MEMORY;
  s->task = task;
  s->nodes = task->nodes_before;
  s->room = RP_MAX_PARTS * task->net->n_out;
  s->part = rp_alloc((size_t)s->room, sizeof *s->part);
  if (task->split)
    s->split_from_s = fmax(task->began_s + task->split->after_s,
                           rp_clock_wall_s() + task->split->again_s);
  omp_init_lock(&s->lock);
  if (!s->part || worker_create(task, s->part, &s->own) != RP_OK) {
    rp_search_free(s);
    return RP_E_MEMORY;
  }
  *search = s;
  return RP_OK;
}

void rp_search_free(rp_search *search) {
  if (!search) return;
  worker_free(search->own);
  heap_fini(&search->open);
  omp_destroy_lock(&search->lock);
  free(search->part);
  free(search);
}

int64_t rp_search_count_open(const rp_search *search) {
  return search->open.count;
}

bool rp_search_is_rival_open(const rp_search *search, int32_t rival) {
  for (int64_t i = 0; i < search->open.count; i++)
    if (search->part[search->open.item[i]->part].rival == rival) return true;
  return false;
}

const rp_stats *rp_search_stats(const rp_search *search) {
  return &search->own->stats;
}

/* ---- outcomes ---- */

/* Under the lock. */
static void note(rp_search *search, rp_search_outcome outcome) {
  search->outcome = rp_search_stronger(search->outcome, outcome);
  RP_ASSERT(search->outcome >= outcome);
  atomic_store(&search->ended, true);
}

void search_end(rp_search *search, rp_search_outcome outcome) {
  omp_set_lock(&search->lock);
  note(search, outcome);
  omp_unset_lock(&search->lock);
}

static void end_with_witness(rp_search *search, const worker *w) {
  if (search->task->found) search->task->found(search);
  omp_set_lock(&search->lock);
  if (search->outcome != RP_SEARCH_FOUND)
    memcpy(search->witness, w->witness, (size_t)search->task->net->n_in);
  note(search, RP_SEARCH_FOUND);
  omp_unset_lock(&search->lock);
}

static void end_at_deadline(rp_search *search) {
  search_end(search, rp_deadline_is_interrupted(search->task->target->deadline)
                         ? RP_SEARCH_INTERRUPTED
                         : RP_SEARCH_TIME);
}

static bool has_ended(const rp_search *search) {
  return atomic_load(&search->ended);
}

/* ---- nodes ---- */

/* The only way out of the tree for a node that a thread holds. */
static void retire(worker *w, node *n, departure why) {
  RP_ASSERT(why < DEPARTURES);
  RP_ASSERT(n || why == LEFT_LOST);
  w->census.left[why]++;
  node_free(n);
}

/* A node is gone: whatever else ends the search, it proves nothing now. */
static void lose(rp_search *search, worker *w, node *n) {
  retire(w, n, LEFT_LOST);
  search_end(search, RP_SEARCH_MEMORY);
}

/* A node in hand when the search ends: a pause must not lose it. */
static void keep_for_later(rp_search *search, worker *w, node *n) {
  n = node_pack(search->task, n);
  omp_set_lock(&search->lock);
  const bool kept = heap_push(&search->open, n);
  omp_unset_lock(&search->lock);
  if (!kept) lose(search, w, n);
}

rp_status rp_search_add(rp_search *search, const rp_part *part,
                        bool *by_interval) {
  const rp_net *net = search->task->net;
  worker *w = search->own;
  RP_ASSERT(search->n_parts < search->room);
  search->part[search->n_parts] = *part;
  w->stats.parts++;
  node *n = node_create(net);
  w->census.entered++;
  if (!n) {
    retire(w, n, LEFT_LOST);
    return RP_E_MEMORY;
  }
  n->part = search->n_parts++;
  if (search->task->proof)
    n->proof_node = proof_begin_part(search->task->proof, part);
  rp_region_copy(net, n->region, search->task->root);
  *by_interval = !rp_part_restrict(net, part, n->region);
  const bool planted = !*by_interval && planted_inside(w, n);
  *by_interval = *by_interval || !node_propagate(w, n);
  bool closed = *by_interval;
  if (!closed) {
    rp_dual_set(w->dual, n->region, &part->objective);
    rp_dual_slopes(w->dual, n->lambda);
    closed = node_bound(w, n, (int32_t)search->task->options->dual_steps) ==
             NODE_CLOSED;
  }
  proof_keep(w, n, closed ? NODE_CLOSED : NODE_OPEN);
  planted_expect(w, n, planted, closed, "bounding a root");
  if (!closed) n = node_pack(search->task, n);
  if (!closed && heap_push(&search->open, n)) return RP_OK;
  retire(w, n, closed ? LEFT_CLOSED : LEFT_LOST);
  return closed ? RP_OK : RP_E_MEMORY;
}

/* What a stopped enumeration has left takes the node's place. Returns
 * true if it had not begun: the node stays. */
static bool leave_rest(rp_search *search, worker *w, node *n) {
  if (!w->left) return true;
  while (w->left) {
    node *rest = w->left;
    w->left = rest->next;
    rest->next = NULL;
    keep_for_later(search, w, rest); /* it has entered the tree already */
  }
  retire(w, n, LEFT_SPLIT);
  return false;
}

/* Relax a node that is not in the heap. Returns true if it stays open. */
static bool relax(rp_search *search, worker *w, node *n) {
  switch (node_relax(w, n)) {
  case NODE_OPEN:
    return true;
  case NODE_STOPPED:
    end_at_deadline(search);
    return leave_rest(search, w, n);
  case NODE_NO_MEMORY:
    search_end(search, RP_SEARCH_MEMORY);
    return true;
  case NODE_CLOSED:
    retire(w, n, LEFT_CLOSED);
    return false;
  case NODE_WITNESS:
    end_with_witness(search, w);
    retire(w, n, LEFT_WITNESS);
    return false;
  }
  return true; /* no such fate: open until proved otherwise */
}

static bool relax_child(rp_search *search, worker *w, const node *parent,
                        bool high, node *c) {
  const bool open = relax(search, w, c);
  const double left = open && c->hull_gap > 0 ? c->hull_gap : 0;
  pseudo_learn(&w->pseudo, &parent->split, high, parent->hull_gap - left);
  return open;
}

/* Split a node, which leaves the tree; the children that stay open, better one
 * first. */
static void expand(rp_search *search, worker *w, node *parent, node *child[2]) {
  int32_t n = 0;
  bool planted = planted_inside(w, parent);
  w->census.entered += 2;
  RP_ASSERT(parent->split.kind != BRANCH_NONE);
  for (int32_t high = 0; high < 2; high++) {
    node *c = node_child(search->task->net, parent, high);
    if (!c) {
      for (; high < 2; high++) lose(search, w, NULL);
      break;
    }
    if (planted && planted_inside(w, c)) planted = false; /* kept by this one */
    if (high) planted_expect(w, c, planted, false, "branching");
    if (relax_child(search, w, parent, high, c)) child[n++] = c;
  }
  retire(w, parent, LEFT_SPLIT);
  if (n == 2 && child[1]->gap > child[0]->gap) {
    node *better = child[1];
    child[1] = child[0];
    child[0] = better;
  }
  RP_ASSERT(!child[1] || child[0]->gap >= child[1]->gap);
}

/* Book-keeping after a node: limits, and the sibling for whoever is free. */
static void account(rp_search *search, worker *w, int32_t nodes,
                    node *sibling) {
  const int64_t each = (int64_t)node_bytes(search->task->net);
  if (sibling) sibling = node_pack(search->task, sibling);
  omp_set_lock(&search->lock);
  search->nodes += nodes;
  RP_ASSERT(nodes >= 1 && search->nodes >= nodes);
  RP_ASSERT(search->busy >= 1);
  const bool kept = !sibling || heap_push(&search->open, sibling);
  const int64_t bytes = search->open.bytes + search->busy * each +
                        rp_lp_thread_bytes() * (1 + search->busy) +
                        rp_cut_all_bytes();
  if (bytes > search->stats.memory_peak) search->stats.memory_peak = bytes;
  const bool too_large = bytes > (search->task->options->memory_limit << 20);
  const bool too_many = search->nodes >= search->task->options->node_limit;
  const bool pause = search->nodes >= search->pause_at;
  omp_unset_lock(&search->lock);
  if (!kept) lose(search, w, sibling);
  if (too_large) search_end(search, RP_SEARCH_MEMORY);
  if (too_many) search_end(search, RP_SEARCH_NODES);
  if (pause) search_end(search, RP_SEARCH_PAUSED);
}

/* From one node down to where both children are closed. */
static void dive(rp_search *search, worker *w, node *n) {
  if (n->split.kind == BRANCH_NONE && !relax(search, w, n)) {
    account(search, w, 1, NULL);
    return;
  }
  while (n && !has_ended(search)) {
    node *child[2] = {NULL, NULL};
    expand(search, w, n, child);
    n = child[0];
    account(search, w, 2, child[1]);
    search_give(search, n != NULL);
  }
  if (n) keep_for_later(search, w, n);
}

/* A node from the heap, ready to be relaxed if it was not yet; NULL without
 * memory: it stays as it is. */
static node *prepare(const rp_search_task *task, node *n) {
  const rp_net *net = task->net;
  if (!n->packed && n->split.kind != BRANCH_NONE) return n; /* is only read */
  if (!n->packed) return node_make_room(net, n, rp_cuts_room(net));
  node *full = node_unpack(task, n);
  if (full) node_free(n);
  return full;
}

static void dive_from_heap(rp_search *search, worker *w, node *n) {
  node *ready = prepare(search->task, n);
  if (ready)
    dive(search, w, ready);
  else
    lose(search, w, n);
}

/* Take a node, or learn that there is nothing left to do. */
static node *take(rp_search *search, bool *finished) {
  omp_set_lock(&search->lock);
  const bool ended = has_ended(search);
  node *n = ended ? NULL : heap_pop(&search->open);
  *finished = ended || (!n && search->busy == 0);
  if (n) search->busy++;
  omp_unset_lock(&search->lock);
  return n;
}

static void put_back(rp_search *search) {
  omp_set_lock(&search->lock);
  search->busy--;
  RP_ASSERT(search->busy >= 0);
  omp_unset_lock(&search->lock);
}

static void work(rp_search *search, worker *w) {
  const struct timespec pause = {0, 50000};
  for (;;) {
    bool finished;
    node *n = take(search, &finished);
    if (finished) return;
    if (!n) {
      nanosleep(&pause, NULL);
      continue;
    }
    dive_from_heap(search, w, n);
    put_back(search);
  }
}

/* What a thread has counted, for all. */
static void hand_in(rp_search *search, worker *w) {
  omp_set_lock(&search->lock);
  census_merge(&search->census, &w->census);
  omp_unset_lock(&search->lock);
  memset(&w->census, 0, sizeof w->census);
}

/* A thread besides the caller: its tools live and die in it. */
static void help(rp_search *search) {
  worker *w;
  if (worker_create(search->task, search->part, &w) != RP_OK) return;
  omp_set_lock(&search->lock);
  w->nodes_before = search->nodes - search->task->nodes_before;
  omp_unset_lock(&search->lock);
  work(search, w);
  hand_in(search, w);
  omp_set_lock(&search->lock);
  rp_stats_merge(&search->stats, &w->stats);
  omp_unset_lock(&search->lock);
  worker_free(w);
  rp_lp_thread_fini();
}

static void log_imbalance(const census *c, int64_t open) {
  rp_log(RP_LOG_ERROR,
         "nodes are unaccounted for: %lld entered; %lld were closed, %lld "
         "split, %lld given away, %lld hold a witness, %lld were lost for "
         "lack of memory; %lld are open",
         (long long)c->entered, (long long)c->left[LEFT_CLOSED],
         (long long)c->left[LEFT_SPLIT], (long long)c->left[LEFT_GIVEN],
         (long long)c->left[LEFT_WITNESS], (long long)c->left[LEFT_LOST],
         (long long)open);
}

rp_search_outcome rp_search_state(const rp_search *search) {
  census all = search->census;
  census_merge(&all, &search->own->census);
  if (!census_is_balanced(&all, search->open.count)) {
    log_imbalance(&all, search->open.count);
    return RP_SEARCH_ERROR;
  }
  if (all.left[LEFT_LOST] > 0) return RP_SEARCH_MEMORY;
  const bool exhausted = search->open.count == 0 && all.left[LEFT_WITNESS] == 0;
  return exhausted ? RP_SEARCH_EXHAUSTED : RP_SEARCH_PAUSED;
}

static int threads_for(const rp_search *search, int64_t nodes) {
  return nodes < WORTH_THREADS ? 1 : (int)search->task->options->threads;
}

rp_search_outcome rp_search_run(rp_search *search, int64_t nodes,
                                uint8_t *witness) {
  RP_ASSERT(nodes > 0 && search->busy == 0);
  search->witness = witness;
  search->outcome = RP_SEARCH_PAUSED;
  atomic_store(&search->ended, false);
  search->pause_at =
      nodes < INT64_MAX - search->nodes ? search->nodes + nodes : INT64_MAX;
#pragma omp parallel num_threads(threads_for(search, nodes))
  {
    if (omp_get_thread_num() == 0)
      work(search, search->own);
    else
      help(search);
  }
  hand_in(search, search->own);
  RP_ASSERT(search->busy == 0);
  rp_stats_merge(&search->own->stats, &search->stats);
  memset(&search->stats, 0, sizeof search->stats);
  return rp_search_stronger(search->outcome, rp_search_state(search));
}
