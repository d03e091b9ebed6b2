/* Walking a proof: every part of every rival from the same root region, depth
 * first, each node's region cut from its parent's as its steps left it. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { DEEPEST = 1 << 16 };

typedef struct open_node {
  int64_t node;
  region *region;
} open_node;

typedef struct walk {
  const net *n;
  const proof *proof;
  const part *part; /* NULL: at the root of all parts */
  int32_t label;
  bench *bench;
  step step;
  open_node *open; /* a stack */
  int64_t n_open, room;
  rp_error *err;
} walk;

static rp_status refused(const walk *w, int64_t node, const char *why) {
  if (!w->part)
    return rp_fail(w->err, RP_E_INPUT, "proof, bounds for all: %s", why);
  return rp_fail(w->err, RP_E_INPUT, "proof, rival %d, part %c, node %lld: %s",
                 w->part->rival, w->part->kind, (long long)node, why);
}

/* ---- steps ---- */

typedef struct bytes {
  const uint8_t *data;
  size_t size, at;
} bytes;

static bool number(bytes *b, uint64_t most, uint64_t *value) {
  return rp_check_number(b->data, b->size, &b->at, value) && *value <= most;
}

/* Runs of zeros are a zero and the number of further zeros. */
static bool multipliers_read(bytes *b, int32_t count, int32_t *lambda) {
  for (int32_t i = 0; i < count; i++) {
    int64_t value;
    uint64_t more;
    if (!rp_check_signed(b->data, b->size, &b->at, &value) ||
        value < -INT32_MAX || value > INT32_MAX)
      return false;
    lambda[i] = (int32_t)value;
    if (value != 0) continue;
    if (!number(b, (uint64_t)(count - i - 1), &more)) return false;
    memset(lambda + i, 0, (more + 1) * sizeof *lambda);
    i += (int32_t)more;
  }
  return true;
}

static bool step_read(const walk *w, bytes *b, step *s) {
  const net *n = w->n;
  uint64_t action, at = 0, kappa = 0, frac;
  if (!number(b, BELOW, &action) || action < CLOSE) return false;
  const bool bounds = action == ABOVE || action == BELOW;
  if (bounds && (!number(b, (uint64_t)n->n_acc - 1, &at) ||
                 !number(b, INT32_MAX, &kappa)))
    return false;
  if (!number(b, MOST_FRACTION, &frac)) return false;
  s->action = (int32_t)action;
  s->frac = (int32_t)frac;
  s->at = (int32_t)at;
  s->kappa = (int64_t)kappa;
  int32_t k = n->n_layers;
  if (bounds && kappa == 0)
    for (k = 1; n->first[k] <= s->at;) k++;
  memset(s->lambda + n->first[k], 0,
         (size_t)(n->n_acc - n->first[k]) * sizeof *s->lambda);
  return multipliers_read(b, n->first[k], s->lambda);
}

/* All steps of a node. *left: false if the region became empty. */
static rp_status steps_taken(walk *w, int64_t id, region *r, bool *left) {
  const proof *p = w->proof;
  *left = true;
  for (int64_t k = p->node[id].first; k >= 0; k = p->record[k].next) {
    bytes b = {p->bytes + p->record[k].at, p->record[k].size, 0};
    while (b.at < b.size) {
      if (!step_read(w, &b, &w->step))
        return refused(w, id, "a step is damaged");
      const step *s = &w->step;
      if (!w->part && (s->action == CLOSE || s->action == TIGHTEN || s->kappa))
        return refused(w, id, "a step needs a part's objective");
      *left = rp_check_step(w->n, w->part, s, r, w->bench);
      if (!*left) return RP_OK;
    }
  }
  return RP_OK;
}

/* ---- nodes ---- */

static void cut(const node *n, bool high, region *r, int32_t stale) {
  if (n->input) {
    if (high && n->value > r->x_lo[n->at])
      r->x_lo[n->at] = (int16_t)(n->value > 256 ? 256 : n->value);
    if (!high && n->value <= r->x_hi[n->at])
      r->x_hi[n->at] = (int16_t)(n->value < 0 ? -1 : n->value - 1);
  } else {
    if (high && n->value > r->z_lo[n->at]) r->z_lo[n->at] = (int32_t)n->value;
    if (!high && n->value <= r->z_hi[n->at])
      r->z_hi[n->at] = (int32_t)(n->value - 1);
  }
  if (r->stale > stale) r->stale = stale;
}

static bool is_empty_at(const node *n, const region *r) {
  return n->input ? r->x_lo[n->at] > r->x_hi[n->at]
                  : r->z_lo[n->at] > r->z_hi[n->at];
}

static rp_status pushed(walk *w, int64_t id, const region *from, region **own) {
  if (w->n_open == DEEPEST) return refused(w, id, "too deep");
  if (w->n_open == w->room) {
    const int64_t room = 2 * w->room + 64;
    open_node *open = realloc(w->open, (size_t)room * sizeof *open);
    if (!open) return rp_fail(w->err, RP_E_MEMORY, "out of memory");
    w->open = open;
    w->room = room;
  }
  *own = rp_check_region(w->n);
  if (!*own) return rp_fail(w->err, RP_E_MEMORY, "out of memory");
  rp_check_region_copy(w->n, *own, from);
  w->open[w->n_open++] = (open_node){id, *own};
  return RP_OK;
}

static rp_status split(walk *w, int64_t id, const region *r) {
  const node *n = &w->proof->node[id];
  int32_t stale = 0;
  if (n->at >= (n->input ? w->n->n_in : w->n->n_acc) ||
      (!n->input && n->value == INT32_MIN))
    return refused(w, id, "splits what is not there");
  while (!n->input && n->at >= w->n->first[stale]) stale++;
  for (int high = 1; high >= 0; high--) {
    region *own;
    RP_TRY(pushed(w, n->child + high, r, &own));
    cut(n, high, own, stale);
    if (is_empty_at(n, own)) free(w->open[--w->n_open].region);
  }
  return RP_OK;
}

/* The last way to close a leaf: one input is left, and it keeps its class. */
static rp_status replayed(walk *w, int64_t id, const region *r) {
  const int32_t n_in = w->n->n_in;
  if (memcmp(r->x_lo, r->x_hi, (size_t)n_in * sizeof *r->x_lo) != 0)
    return refused(w, id, "is not closed");
  uint8_t *x = malloc((size_t)n_in);
  int32_t class = -1;
  for (int32_t p = 0; x && p < n_in; p++) x[p] = (uint8_t)r->x_lo[p];
  const rp_status st = x ? rp_check_predict(w->n, x, &class) : RP_E_MEMORY;
  free(x);
  if (st != RP_OK) return rp_fail(w->err, st, "out of memory");
  if (class != w->label)
    return refused(w, id, "its last input has another class");
  return RP_OK;
}

static rp_status visited(walk *w, int64_t id, region *r) {
  const node *n = &w->proof->node[id];
  bool left;
  RP_TRY(steps_taken(w, id, r, &left));
  if (!left) return RP_OK;
  if (n->end == SPLIT) return split(w, id, r);
  if (n->end == PENDING) return refused(w, id, "has no end");
  return rp_check_settle(w->n, w->part, r) ? replayed(w, id, r) : RP_OK;
}

static rp_status part_walked(walk *w, int64_t root, const region *all) {
  region *r;
  RP_TRY(pushed(w, root, all, &r));
  if (!rp_check_restrict(w->n, w->part, r)) free(w->open[--w->n_open].region);
  rp_status st = RP_OK;
  while (st == RP_OK && w->n_open > 0) {
    const open_node o = w->open[--w->n_open];
    st = visited(w, o.node, o.region);
    free(o.region);
  }
  while (w->n_open > 0) free(w->open[--w->n_open].region);
  return st;
}

/* The node that is the root of a part; -1: none, or more than one. */
static int64_t root_of(const proof *p, const part *part) {
  int64_t root = -1;
  for (int64_t i = 0; i < p->n_nodes; i++) {
    if (p->node[i].rival != part->rival || p->node[i].kind != part->kind)
      continue;
    if (root >= 0) return -1;
    root = i;
  }
  return root;
}

static rp_status rivals_walked(walk *w, const region *all) {
  for (int32_t rival = 0; rival < w->n->n_out; rival++) {
    part parts[3];
    if (rival == w->label) continue;
    const int32_t count = rp_check_parts(w->n, w->label, rival, parts);
    for (int32_t i = 0; i < count; i++) {
      w->part = &parts[i];
      const int64_t root = root_of(w->proof, w->part);
      if (root < 0) return refused(w, root, "is not there, or twice");
      RP_TRY(part_walked(w, root, all));
    }
  }
  return RP_OK;
}

rp_status rp_check_proof(const net *n, const uint8_t *x, int32_t label,
                         int32_t radius, const proof *p, rp_error *err) {
  walk w = {.n = n, .proof = p, .label = label, .err = err};
  region *all = rp_check_region(n);
  w.bench = rp_check_bench(n);
  w.step.lambda = calloc((size_t)n->n_acc, sizeof *w.step.lambda);
  rp_status st = rp_fail(err, RP_E_MEMORY, "out of memory");
  if (all && w.bench && w.step.lambda) {
    bool left = true;
    rp_check_ball(n, x, radius, all);
    st = steps_taken(&w, 0, all, &left);
    if (st == RP_OK && !left) st = refused(&w, 0, "leave no input at all");
    if (st == RP_OK) st = rivals_walked(&w, all);
  }
  free(all);
  free(w.open);
  free(w.step.lambda);
  rp_check_bench_free(w.bench);
  return st;
}
