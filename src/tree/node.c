/* Nodes, and the heap of open nodes. A node is one block of memory, its region
 * another; node_pack.c makes one small block of both. */
#include "tree/tree_internal.h"

#include <stdlib.h>
#include <string.h>

#include "bound/cut_find.h"
#include "core/assert.h"
#include "core/memory.h"

/* Of both vectors, one behind the other. */
static size_t multipliers(const rp_net *net, int32_t cuts) {
  return 2 * (size_t)net->n_acc + (size_t)cuts;
}

/* The node, multipliers and cuts. */
static size_t block_bytes(const rp_net *net, int32_t cuts) {
  return sizeof(node) + multipliers(net, cuts) * sizeof(double) +
         (size_t)cuts * sizeof(rp_cut *);
}

static size_t bytes_for_cuts(const rp_net *net, int32_t cuts) {
  return block_bytes(net, cuts) + rp_region_bytes(net);
}

size_t node_bytes(const rp_net *net) {
  return bytes_for_cuts(net, rp_cuts_room(net));
}

static void lay_out(const rp_net *net, int32_t cuts, node *n) {
  n->lambda = (double *)(n + 1);
  n->lambda_cut = n->lambda + net->n_acc;
  n->cuts.cut = (rp_cut **)(n->lambda + multipliers(net, cuts));
  n->bytes = bytes_for_cuts(net, cuts);
}

node *node_create(const rp_net *net) {
  node *n = rp_alloc(1, block_bytes(net, rp_cuts_room(net)));
  if (!n) return NULL;
  lay_out(net, rp_cuts_room(net), n);
  if (rp_region_create(net, &n->region) == RP_OK) return n;
  free(n);
  return NULL;
}

/* Multipliers and cuts, for which there is room. */
static void copy_vectors(const rp_net *net, const node *from, node *to) {
  memcpy(to->lambda, from->lambda,
         multipliers(net, from->cuts.n) * sizeof *to->lambda);
  memcpy(to->cuts.cut, from->cuts.cut,
         (size_t)from->cuts.n * sizeof *to->cuts.cut);
}

node *node_make_room(const rp_net *net, node *n, int32_t cuts) {
  RP_ASSERT(!n->packed && cuts >= n->cuts.n);
  if (n->bytes == bytes_for_cuts(net, cuts)) return n;
  node *moved = rp_alloc(1, block_bytes(net, cuts));
  if (!moved) return NULL;
  *moved = *n;
  lay_out(net, cuts, moved);
  copy_vectors(net, n, moved);
  free(n);
  return moved;
}

void node_free(node *n) {
  if (!n) return;
  rp_cut_drop_all(&n->cuts);
  rp_region_free(n->region);
  free(n);
}

static void cut(node *n, const branch *split, bool high) {
  if (split->kind == BRANCH_INPUT) {
    if (high)
      n->region->x_lo[split->at] = (uint8_t)split->value;
    else
      n->region->x_hi[split->at] = (uint8_t)(split->value - 1);
  } else {
    if (high)
      n->region->z_lo[split->at] = split->value;
    else
      n->region->z_hi[split->at] = split->value - 1;
  }
}

node *node_child(const rp_net *net, const node *parent, bool high) {
  RP_ASSERT(parent->split.kind != BRANCH_NONE);
  RP_ASSERT(parent->depth >= 0);
  node *child = node_create(net);
  if (!child) return NULL;
  rp_region_copy(net, child->region, parent->region);
  copy_vectors(net, parent, child);
  child->cuts.n = parent->cuts.n;
  for (int32_t c = 0; c < child->cuts.n; c++) rp_cut_hold(child->cuts.cut[c]);
  child->part = parent->part;
  child->depth = parent->depth + 1;
  child->gap = parent->gap;
  child->hull_gap = parent->hull_gap;
  child->noted_gap = parent->noted_gap;
  child->noted_depth = parent->noted_depth;
  child->proof_node = parent->proof_child + high;
  cut(child, &parent->split, high);
  return child;
}

/* No node has a greater gap than its parent. */
static bool is_in_order(const heap *h, int64_t at) {
  const double gap = h->item[at]->gap;
  if (at > 0 && h->item[(at - 1) / 2]->gap < gap) return false;
  for (int64_t child = 2 * at + 1; child <= 2 * at + 2; child++)
    if (child < h->count && h->item[child]->gap > gap) return false;
  return true;
}

bool heap_push(heap *h, node *n) {
  RP_ASSERT(n->gap == n->gap); /* not NaN: the order is total */
  RP_ASSERT(h->count >= 0 && h->count <= h->room);
  if (h->count == h->room) {
    const int64_t room = h->room ? 2 * h->room : 64;
    node **item = rp_realloc(h->item, (size_t)room, sizeof *item);
    if (!item) return false;
    h->item = item;
    h->room = room;
  }
  h->bytes += (int64_t)n->bytes;
  int64_t at = h->count++;
  for (; at > 0 && h->item[(at - 1) / 2]->gap < n->gap; at = (at - 1) / 2)
    h->item[at] = h->item[(at - 1) / 2];
  h->item[at] = n;
  RP_ASSERT(is_in_order(h, at));
  RP_ASSERT(h->item[0]->gap >= n->gap);
  return true;
}

static int64_t choose_better_child(const heap *h, int64_t at) {
  const int64_t left = 2 * at + 1, right = left + 1;
  return right < h->count && h->item[right]->gap > h->item[left]->gap ? right
                                                                      : left;
}

node *heap_pop(heap *h) {
  if (h->count == 0) return NULL;
  node *best = h->item[0], *moved = h->item[--h->count];
  h->bytes -= (int64_t)best->bytes;
  int64_t at = 0;
  while (2 * at + 1 < h->count) {
    const int64_t child = choose_better_child(h, at);
    if (h->item[child]->gap <= moved->gap) break;
    h->item[at] = h->item[child];
    at = child;
  }
  if (h->count > 0) h->item[at] = moved;
  RP_ASSERT(h->count == 0 || is_in_order(h, at));
  RP_ASSERT(h->count == 0 || best->gap >= h->item[0]->gap);
  return best;
}

void heap_fini(heap *h) {
  for (int64_t i = 0; i < h->count; i++) node_free(h->item[i]);
  free(h->item);
}
