/* One query's proof: its bytes taken apart, then walked. Every part of every
 * rival starts from the same region; depth first, each node's region is cut
 * from its parent's as its steps left it. Nothing in the bytes is believed:
 * every number is bounded, and every node has one parent that came before. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { VERSION = 1, END = 0, PART, OPEN, LEAF, SPLIT }; /* records */

typedef struct bytes {
  const uint8_t *data;
  size_t size, at;
} bytes;

/* A record's steps, and the next record of the same node. */
typedef struct record {
  bytes steps;
  int64_t next; /* -1: none */
} record;

typedef struct node {
  int64_t first, last; /* records; -1: none */
  int64_t end;         /* OPEN, LEAF or SPLIT */
  int64_t at, value;   /* of the split: low child below the value */
  int64_t child;       /* the low one; the high one is the next */
  int64_t rival, kind; /* of a part's root, else -1 */
} node;

typedef struct walk {
  const net *n;
  const part *part; /* NULL: at the root of all parts */
  int32_t label, rival;
  bytes in;
  record *record;
  node *node;
  int64_t n_records, n_nodes, n_open;
  region **open; /* a stack */
  step step;
  rp_error *err;
} walk;

static rp_status refused(const walk *w, int64_t at, const char *why) {
  if (!w->part)
    return rp_fail(w->err, RP_E_INPUT, "proof, bounds for all: %s", why);
  return rp_fail(w->err, RP_E_INPUT, "proof, rival %d, part %c, node %lld: %s",
                 w->rival, w->part->kind, (long long)at, why);
}

/* ---- numbers: seven bits a byte, least first ---- */

static bool raw_number(bytes *b, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64 && b->at < b->size; shift += 7) {
    const uint8_t byte = b->data[b->at++];
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

static bool number(bytes *b, int64_t most, int64_t *value) {
  uint64_t raw;
  if (!raw_number(b, &raw) || most < 0 || raw > (uint64_t)most) return false;
  *value = (int64_t)raw;
  return true;
}

/* 0, -1, 1, -2, ... */
static bool signed_number(bytes *b, int64_t *value) {
  uint64_t raw;
  if (!raw_number(b, &raw) || raw > UINT32_MAX) return false;
  *value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
  return true;
}

/* ---- records ---- */

/* Room is doubled whenever a count reaches a power of two. */
static void *one_more(void *array, int64_t count, size_t size) {
  if (count & (count - 1)) return array;
  void *grown = rp_check_alloc(2 * (size_t)count + 1, size);
  if (count > 0) memcpy(grown, array, (size_t)count * size);
  free(array);
  return grown;
}

static void add_node(walk *w, int64_t rival, int64_t kind) {
  w->node = one_more(w->node, w->n_nodes, sizeof *w->node);
  w->node[w->n_nodes++] = (node){
      .first = -1, .last = -1, .end = OPEN, .rival = rival, .kind = kind};
}

static bool part_read(walk *w) {
  int64_t rival, kind;
  if (!number(&w->in, INT32_MAX, &rival) || !number(&w->in, 2, &kind))
    return false;
  add_node(w, rival, 'A' + kind);
  return true;
}

static bool split_read(walk *w, int64_t id) {
  const net *n = w->n;
  node *const own = &w->node[id];
  int64_t input;
  if (!number(&w->in, 1, &input) ||
      !number(&w->in, (input ? n->n_in : n->n_vars - n->n_in) - 1, &own->at) ||
      !signed_number(&w->in, &own->value))
    return false;
  if (!input) own->at += n->n_in;
  own->child = w->n_nodes;
  add_node(w, -1, -1);
  add_node(w, -1, -1);
  return true;
}

/* A record belongs to a node that is there and has not ended. */
static bool record_read(walk *w, int64_t kind) {
  int64_t id, size;
  if (!number(&w->in, w->n_nodes - 1, &id) || w->node[id].end != OPEN ||
      !number(&w->in, INT64_MAX, &size) ||
      (uint64_t)size > w->in.size - w->in.at)
    return false;
  w->record = one_more(w->record, w->n_records, sizeof *w->record);
  w->record[w->n_records] =
      (record){{w->in.data + w->in.at, (size_t)size, 0}, -1};
  w->in.at += (size_t)size;
  node *const own = &w->node[id];
  if (own->last >= 0)
    w->record[own->last].next = w->n_records;
  else
    own->first = w->n_records;
  own->last = w->n_records++;
  own->end = kind;
  return kind != SPLIT || split_read(w, id);
}

static rp_status records_read(walk *w, int32_t radius) {
  int64_t version, label, of_radius, kind;
  if (!number(&w->in, VERSION, &version) || version != VERSION ||
      !number(&w->in, INT32_MAX, &label) || !number(&w->in, 255, &of_radius))
    return refused(w, 0, "no proof of version 1");
  if (label != w->label || of_radius != radius)
    return refused(w, 0, "it is about another label or radius");
  add_node(w, -1, -1);
  for (;;) {
    if (!number(&w->in, SPLIT, &kind)) break;
    if (kind == END && w->in.at == w->in.size) return RP_OK;
    if (kind == END || !(kind == PART ? part_read(w) : record_read(w, kind)))
      break;
  }
  return refused(w, 0, "damaged or cut off");
}

/* ---- steps ---- */

/* Runs of zeros are a zero and the number of further zeros. */
static bool multipliers_read(bytes *b, int32_t count, int32_t *lambda) {
  int64_t value, more;
  memset(lambda, 0, (size_t)count * sizeof *lambda);
  for (int32_t i = 0; i < count; i++) {
    if (!signed_number(b, &value) || llabs(value) > INT32_MAX) return false;
    lambda[i] = (int32_t)value;
    if (value != 0) continue;
    if (!number(b, count - i - 1, &more)) return false;
    i += (int32_t)more;
  }
  return true;
}

static bool step_read(const walk *w, bytes *b, step *s) {
  const net *n = w->n;
  int64_t action, at = 0, frac;
  s->kappa = 0;
  if (!number(b, BELOW, &action) || action < CLOSE) return false;
  const bool bounds = action == ABOVE || action == BELOW;
  if (bounds && (!number(b, n->n_vars - n->n_in - 1, &at) ||
                 !number(b, INT32_MAX, &s->kappa)))
    return false;
  if (!number(b, MOST_FRACTION, &frac)) return false;
  s->action = (int32_t)action;
  s->frac = (int32_t)frac;
  s->at = n->n_in + (int32_t)at;
  const int32_t top =
      bounds && s->kappa == 0 ? rp_check_layer_of(n, s->at) : n->n_layers - 1;
  memset(s->lambda, 0, (size_t)n->n_vars * sizeof *s->lambda);
  return multipliers_read(b, n->first[top + 1] - n->n_in, s->lambda + n->n_in);
}

/* All steps of a node. *left: false if no input is left. */
static rp_status steps_taken(walk *w, int64_t id, region *r, bool *left) {
  *left = true;
  for (int64_t k = w->node[id].first; k >= 0; k = w->record[k].next) {
    bytes b = w->record[k].steps;
    while (b.at < b.size) {
      if (!step_read(w, &b, &w->step)) return refused(w, id, "damaged step");
      const step *s = &w->step;
      if (!w->part && (s->action == CLOSE || s->action == TIGHTEN || s->kappa))
        return refused(w, id, "a step that needs a part");
      *left = rp_check_step(w->n, w->part, &w->step, r);
      if (!*left) return RP_OK;
    }
  }
  return RP_OK;
}

/* ---- nodes ---- */

static void push(walk *w, int64_t id, const region *from) {
  w->open = one_more(w->open, w->n_open, sizeof *w->open);
  w->open[w->n_open] = rp_check_region(w->n, from);
  w->open[w->n_open++]->node = id;
}

/* Whatever value it is split at, an input is in one child. */
static void split(walk *w, int64_t id, const region *r) {
  const node own = w->node[id];
  const bool input = own.at < w->n->n_in;
  const int32_t stale =
      input ? 0 : rp_check_layer_of(w->n, (int32_t)own.at) + 1;
  for (int high = 1; high >= 0; high--) {
    if (high ? r->hi[own.at] < own.value : r->lo[own.at] >= own.value) continue;
    push(w, own.child + high, r);
    region *child = w->open[w->n_open - 1];
    if (high && own.value > child->lo[own.at])
      child->lo[own.at] = (int32_t)own.value;
    if (!high && own.value <= child->hi[own.at])
      child->hi[own.at] = (int32_t)(own.value - 1);
    if (child->stale > stale) child->stale = stale;
  }
}

static rp_status visited(walk *w, int64_t id, region *r) {
  bool left;
  RP_TRY(steps_taken(w, id, r, &left));
  if (!left) return RP_OK;
  if (w->node[id].end == SPLIT) {
    split(w, id, r);
    return RP_OK;
  }
  if (w->node[id].end == OPEN) return refused(w, id, "has no end");
  if (!rp_check_settle(w->n, w->part, r)) return RP_OK;
  if (memcmp(r->lo, r->hi, (size_t)w->n->n_in * sizeof *r->lo) != 0)
    return refused(w, id, "is not closed");
  if (rp_check_predict(w->n, r->lo) != w->label)
    return refused(w, id, "its last input has another class");
  return RP_OK;
}

static rp_status part_walked(walk *w, const region *all) {
  int64_t root = 0;
  while (root < w->n_nodes && (w->node[root].rival != w->rival ||
                               w->node[root].kind != w->part->kind))
    root++;
  if (root == w->n_nodes) return refused(w, root, "is not there");
  push(w, root, all);
  if (!rp_check_restrict(w->n, w->part, w->open[0])) {
    free(w->open[--w->n_open]);
    return RP_OK;
  }
  rp_status st = RP_OK;
  while (w->n_open > 0) {
    region *top = w->open[--w->n_open];
    if (st == RP_OK) st = visited(w, top->node, top);
    free(top);
  }
  return st;
}

static rp_status all_walked(walk *w, region *all) {
  bool left;
  RP_TRY(steps_taken(w, 0, all, &left));
  if (!left || !rp_check_settle(w->n, NULL, all))
    return refused(w, 0, "they leave no input at all");
  for (w->rival = 0; w->rival < w->n->n_out; w->rival++) {
    part parts[3];
    if (w->rival == w->label) continue;
    const int32_t count = rp_check_parts(w->n, w->label, w->rival, parts);
    for (w->part = parts; w->part < parts + count; w->part++)
      RP_TRY(part_walked(w, all));
    w->part = NULL;
  }
  return RP_OK;
}

rp_status rp_check_proof(const net *n, const int32_t *x, int32_t label,
                         int32_t radius, const uint8_t *data, size_t size,
                         int64_t *nodes, rp_error *err) {
  walk w = {.n = n, .label = label, .in = {data, size, 0}, .err = err};
  w.step = rp_check_step_memory(n);
  rp_status st = records_read(&w, radius); /* then it is at most 255 */
  region *all = st == RP_OK ? rp_check_ball(n, x, radius) : NULL;
  if (all) st = all_walked(&w, all);
  *nodes = w.n_nodes;
  free(all);
  free(w.open);
  free(w.record);
  free(w.node);
  free(w.step.term);
  return st;
}
